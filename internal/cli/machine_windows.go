package cli

import (
	"os"

	"golang.org/x/sys/windows"
)

// diskSpace gives the free and total bytes of the disk that holds a folder.
func diskSpace(dir string) (free, total uint64, err error) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, 0, err
	}
	err = windows.GetDiskFreeSpaceEx(name, &free, &total, nil)
	return free, total, err
}

// readableByOthers cannot be told from a mode here: folders' access lists decide.
func readableByOthers(os.FileMode) bool { return false }

// keepPrivate has nothing to do here: files take the rights of their folder.
func keepPrivate() {}
