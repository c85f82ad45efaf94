//go:build freebsd || dragonfly

package scan

import "golang.org/x/sys/unix"

func setLimit(what int, most uint64) error {
	return unix.Setrlimit(what, &unix.Rlimit{Cur: int64(most), Max: int64(most)})
}
