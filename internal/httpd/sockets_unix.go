//go:build unix

package httpd

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// survive keeps a file open when another program is executed in this process.
func survive(f *os.File) (fd int, err error) {
	raw, err := f.SyscallConn() // File.Fd would make the socket a blocking one
	if err != nil {
		return 0, err
	}
	var set error
	err = raw.Control(func(n uintptr) {
		fd = int(n)
		_, set = unix.FcntlInt(n, unix.F_SETFD, 0)
	})
	return fd, errors.Join(err, set)
}
