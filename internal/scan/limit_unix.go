//go:build unix

package scan

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// confine takes from this process what reading a picture does not need: memory, time, writing of files, precedence. The
// runtime reserves addresses when it starts, which cost nothing and are more than the bound: the bound is on top of them.
func confine() error {
	limits := []struct {
		what int
		most uint64
	}{{unix.RLIMIT_CPU, childSeconds}, {unix.RLIMIT_CORE, 0}, {unix.RLIMIT_FSIZE, 0}}
	if reserved := addresses(); reserved > 0 {
		limits = append(limits, struct {
			what int
			most uint64
		}{unix.RLIMIT_AS, reserved + childMemory})
	}
	for _, l := range limits {
		if err := setLimit(l.what, l.most); err != nil {
			return fmt.Errorf("limit %d: %w", l.what, err)
		}
	}
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, 10) // only a courtesy to the belt
	return nil
}

// addresses is how many bytes of addresses this process has reserved; 0 where the system does not tell.
func addresses() uint64 {
	raw, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	pages, _, _ := bytes.Cut(raw, []byte(" "))
	n, err := strconv.ParseUint(string(pages), 10, 64)
	if err != nil {
		return 0
	}
	return n * uint64(os.Getpagesize())
}

// outOfTime reports whether a child was ended for using too much processor time.
func outOfTime(s *os.ProcessState) bool {
	if s == nil {
		return false
	}
	status, ok := s.Sys().(syscall.WaitStatus)
	used := s.UserTime() + s.SystemTime()
	return ok && status.Signaled() && (status.Signal() == syscall.SIGXCPU || status.Signal() == syscall.SIGKILL && used.Seconds() > childSeconds-0.5)
}
