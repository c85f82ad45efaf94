// Package peertest lets tests talk to counterparts that nobody here wrote: programs for Node, pinned in
// connect/peers/<name>, started on this machine and ended by their own process id.
//
// The packages are installed beside the repository, not in it: `.ci/run` puts them into the folder that QL_PEERS names,
// by default the user's cache folder. Where they are missing, or installed from another lock file, a test skips and says
// so; QL_REQUIRE=node turns that into a failure.
package peertest

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a counterpart may take for a line.
const patience = 30 * time.Second

// Script is a program for Node to be started.
type Script struct {
	Peers string            // folder below connect/peers whose packages it needs
	Name  string            // file name, such as "main.js"; other files of the run stand in Files
	Files map[string]string // by name: what is written beside each other before the start; paths may have folders
	Flags []string          // for node, before the file's name
	Args  []string          // after it
	Env   []string          // "KEY=value", besides PATH and HOME
	Ready string            // part of the line, on either output, that says it is up; "" = nothing is waited for
}

// Peer is a counterpart at work. It ends with the test.
type Peer struct {
	Dir string // its working folder

	cmd    *exec.Cmd
	stdin  io.WriteCloser
	lines  chan string
	exited chan struct{} // closed when the process is gone

	mu   sync.Mutex
	said []string // everything it said, for the message of a failure
}

// Need gives the folder that holds node_modules of connect/peers/<name>, or skips (fails with QL_REQUIRE=node).
func Need(t testing.TB, name string) string {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		lack(t, "no node in PATH")
	}
	dir := filepath.Join(home(t), name)
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		lack(t, "counterparts are not installed: no node_modules in "+dir)
	}
	pinned, err := os.ReadFile(filepath.Join(pins(t), name, "package-lock.json"))
	if err != nil {
		t.Fatalf("connect/peers/%s has no lock file: %v", name, err)
	}
	installed, err := os.ReadFile(filepath.Join(dir, "package-lock.json"))
	if err != nil || !bytes.Equal(pinned, installed) {
		lack(t, "counterparts in "+dir+" were installed from another lock file")
	}
	return dir
}

// Home is where packages are installed; "" = this machine has no such folder.
func Home() string {
	if dir := os.Getenv("QL_PEERS"); dir != "" {
		return dir
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "qunluo", "peers")
}

func home(t testing.TB) string {
	t.Helper()
	dir := Home()
	if dir == "" {
		lack(t, "no folder for counterparts: set QL_PEERS")
	}
	return dir
}

// pins is the folder connect/peers of this source tree.
func pins(t testing.TB) string {
	t.Helper()
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("the source tree cannot be found")
	}
	return filepath.Join(filepath.Dir(file), "..", "peers")
}

// lack skips, or fails where QL_REQUIRE lists node.
func lack(t testing.TB, why string) {
	t.Helper()
	if slices.Contains(strings.Split(os.Getenv("QL_REQUIRE"), ","), "node") {
		t.Fatalf("%s, and QL_REQUIRE asks for node", why)
	}
	t.Skip(why)
}

// Start starts a script in a folder of the test and waits until it says that it is ready.
func Start(t testing.TB, s Script) *Peer {
	t.Helper()
	modules := filepath.Join(Need(t, s.Peers), "node_modules")
	p := &Peer{Dir: t.TempDir(), lines: make(chan string, 4096), exited: make(chan struct{})}
	if err := lay(p.Dir, modules, s.Files); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.cmd = exec.CommandContext(ctx, "node", slices.Concat(s.Flags, []string{s.Name}, s.Args)...)
	p.cmd.Dir = p.Dir
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.Dir, "NO_COLOR=1", "NODE_OPTIONS="}, s.Env...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.Cancel = func() error { return syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) } // its own group and nobody else
	if err := p.run(); err != nil {
		cancel()
		t.Fatalf("start %s: %v", s.Name, err)
	}
	t.Cleanup(func() {
		cancel()
		<-p.exited
		if t.Failed() {
			t.Logf("%s said:\n%s", s.Name, p.Said())
		}
	})
	if s.Ready != "" {
		p.Until(t, s.Ready)
	}
	return p
}

// lay writes the run's files, with node_modules beside them.
func lay(dir, modules string, files map[string]string) error {
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		return err
	}
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// run starts the process and reads both its outputs, line by line.
func (p *Peer) run() error {
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	errs, err := p.cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := p.cmd.Start(); err != nil {
		return err
	}
	var readers sync.WaitGroup
	readers.Go(func() { p.read(out) })
	readers.Go(func() { p.read(errs) })
	go func() {
		readers.Wait()
		_ = p.cmd.Wait() // it is ended by a signal
		close(p.exited)
	}()
	return nil
}

// read keeps what is said; a line that nobody waits for is dropped from the queue when that is full, never from Said.
func (p *Peer) read(from io.Reader) {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 8<<20)
	for lines.Scan() {
		p.mu.Lock()
		p.said = append(p.said, lines.Text())
		p.mu.Unlock()
		select {
		case p.lines <- lines.Text():
		default:
		}
	}
	_, _ = io.Copy(io.Discard, from) // a line too long must not stop the program
}

// Line gives the next line of either output.
func (p *Peer) Line(t testing.TB) string {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case line := <-p.lines:
		return line
	default:
	}
	select {
	case line := <-p.lines:
		return line
	case <-p.exited:
		select {
		case line := <-p.lines:
			return line
		default:
		}
		t.Fatalf("the counterpart ended; it said:\n%s", p.Said())
	case <-timer.C:
		t.Fatalf("the counterpart is silent; it said:\n%s", p.Said())
	}
	return ""
}

// Until gives the next line that contains part; the lines before it are skipped.
func (p *Peer) Until(t testing.TB, part string) string {
	t.Helper()
	for {
		if line := p.Line(t); strings.Contains(line, part) {
			return line
		}
	}
}

// Tell writes a line to the counterpart's standard input.
func (p *Peer) Tell(t testing.TB, line string) {
	t.Helper()
	if _, err := fmt.Fprintln(p.stdin, line); err != nil {
		t.Fatalf("tell the counterpart: %v", err)
	}
}

// Said is everything the counterpart has said so far.
func (p *Peer) Said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.said, "\n")
}
