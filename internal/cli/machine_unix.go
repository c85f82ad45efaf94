//go:build unix

package cli

import (
	"os"

	"golang.org/x/sys/unix"
)

// diskSpace gives the free and total bytes of the disk that holds a folder.
func diskSpace(dir string) (free, total uint64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, 0, err
	}
	return s.Bavail * uint64(s.Bsize), s.Blocks * uint64(s.Bsize), nil
}

// readableByOthers reports whether a file's mode lets other users read it.
func readableByOthers(mode os.FileMode) bool { return mode.Perm()&0o077 != 0 }

// keepPrivate makes every file of this process readable by its owner only, unless it says otherwise.
func keepPrivate() { unix.Umask(0o077) }
