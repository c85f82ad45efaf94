package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"qunluo/internal/community"
)

// Targets of what the program takes, and how long it is left alone before it is looked at: it gives memory back in the second quiet minute.
const (
	programTarget = 45 // MB of 10^6 bytes, of the file
	restTarget    = 80 // MB of 10^6 bytes that are in memory, pages of the file among them
	restAfter     = 150 * time.Second
	restLeast     = 2 * time.Second
	endWithin     = 10 * time.Second
)

// sizes looks at the program's file, and at what a process of it takes over an empty folder when nothing happens. The file is the one that
// runs: built without -ldflags "-s -w" it holds its symbols, too. own is what the process has of its own; all counts the pages of the file
// that are mapped, which the kernel may take back. Linux only.
func sizes(ctx context.Context, o Options) (rows []Row, err error) {
	program := o.Program
	if program == "" {
		if program, err = os.Executable(); err != nil {
			return nil, err
		}
	}
	file, err := os.Stat(program)
	if err != nil {
		return nil, err
	}
	dir, away, err := o.folder("size")
	if err != nil {
		return nil, err
	}
	defer away()
	wait := max(restLeast, time.Duration(float64(restAfter)*min(1, o.Scale)))
	o.tell("size: %s serves an empty folder, and is looked at after %s", filepath.Base(program), wait)
	all, own, err := atRest(ctx, wait, program, "serve", "--set", "data_dir="+dir, "--set", "server.listen=127.0.0.1:0", "--set", "server.local_listen=")
	if err != nil {
		return nil, err
	}
	return []Row{most("size.program", float64(file.Size())/1e6, "MB", programTarget), most("size.rest", all, "MB", restTarget), told("size.rest.own", own, "MB")}, nil
}

// atRest starts a program, and gives what it has in memory after a while, and of that its own, both in MB. It is ended by its id.
func atRest(ctx context.Context, wait time.Duration, program string, args ...string) (all, own float64, err error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Cancel, cmd.WaitDelay = func() error { return cmd.Process.Signal(syscall.SIGTERM) }, endWithin
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		return 0, 0, fmt.Errorf("it ended by itself: %w", cmp.Or(err, ctx.Err(), errors.New("exit 0")))
	case <-time.After(wait):
	}
	all, own, err = memoryOf(cmd.Process.Pid)
	if end := cmd.Process.Signal(syscall.SIGTERM); end != nil {
		return 0, 0, errors.Join(err, end)
	}
	select {
	case <-ended: // what it says about being ended is no matter here
	case <-time.After(endWithin):
		err = errors.Join(err, errors.New("it does not end"), cmd.Process.Kill())
		<-ended
	}
	return all, own, err
}

// memoryOf gives what a process has in memory, and of that its own, in MB.
func memoryOf(pid int) (all, own float64, err error) {
	sizes, err := statusOf(strconv.Itoa(pid))
	if errors.Is(err, os.ErrNotExist) {
		return 0, 0, community.Errorf(community.CodeUnsupported, "the memory of a process can be read on Linux only")
	}
	if err == nil && sizes["VmRSS"] == 0 {
		err = errors.New("it has no memory any more")
	}
	return sizes["VmRSS"] / 1e6, sizes["RssAnon"] / 1e6, err
}

// statusOf reads the sizes, in bytes, by which a process ("self" = this one) is described in proc(5), status.
func statusOf(process string) (map[string]float64, error) {
	status, err := os.ReadFile("/proc/" + process + "/status")
	if err != nil {
		return nil, err
	}
	sizes := map[string]float64{}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		number, ok := strings.CutSuffix(strings.TrimSpace(value), " kB")
		if kib, err := strconv.ParseFloat(strings.TrimSpace(number), 64); ok && err == nil {
			sizes[name] = kib * 1024
		}
	}
	return sizes, nil
}
