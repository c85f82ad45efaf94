package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// lockName and socketName stand in the data directory. The lock says that a process writes there; the socket leads to it.
const (
	lockName   = "lock"
	socketName = "qunluo.sock"
)

// errHeld says that another process writes to the data directory.
var errHeld = errors.New("the data directory is in use")

// hold is the lock of a data directory. The system frees it when the process ends, however it ends.
type hold struct{ file *os.File }

// takeHold makes the data directory if needed and locks it; errHeld when somebody else has it.
func takeHold(dataDir string) (*hold, error) {
	if err := os.MkdirAll(dataDir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dataDir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lockFile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := writeHolder(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &hold{f}, nil
}

// writeHolder leaves the process id in the file, for people.
func writeHolder(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := fmt.Fprintf(f, "%d\n", os.Getpid())
	return err
}

// holder reads who is said to hold the lock; "?" when nothing stands there.
func holder(dataDir string) string {
	b, err := os.ReadFile(filepath.Join(dataDir, lockName))
	if pid := strings.TrimSpace(string(b)); err == nil && pid != "" {
		return pid
	}
	return "?"
}

// Close frees the lock.
func (h *hold) Close() error { return h.file.Close() }
