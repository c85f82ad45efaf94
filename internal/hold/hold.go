// Package hold keeps a data directory for one process: who writes there has its lock.
package hold

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// name stands in the data directory.
const name = "lock"

// ErrTaken says that another process, or another part of this one, writes to the data directory.
var ErrTaken = errors.New("the data directory is in use")

// Hold is the lock of a data directory. The system frees it when the process ends, however it ends.
type Hold struct{ file *os.File }

// Take makes the data directory if needed and locks it; ErrTaken when somebody else has it, this process included.
func Take(dataDir string) (*Hold, error) {
	if err := os.MkdirAll(dataDir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dataDir, name), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lockFile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := writeHolder(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &Hold{f}, nil
}

// writeHolder leaves the process id in the file, for people.
func writeHolder(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := fmt.Fprintf(f, "%d\n", os.Getpid())
	return err
}

// Holder reads which process is said to hold the lock; "?" when nothing stands there.
func Holder(dataDir string) string {
	b, err := os.ReadFile(filepath.Join(dataDir, name))
	if pid := strings.TrimSpace(string(b)); err == nil && pid != "" {
		return pid
	}
	return "?"
}

// Close frees the lock.
func (h *Hold) Close() error { return h.file.Close() }
