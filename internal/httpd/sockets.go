package httpd

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Names of doors: FileDescriptorName of a systemd socket, too.
const (
	ConsoleDoor = "console"
	LocalDoor   = "local"
)

// Environment variables through which sockets come: systemd's (sd_listen_fds(3)), and our own from the process that was here before.
const (
	listenPID   = "LISTEN_PID"
	listenFDs   = "LISTEN_FDS"
	listenNames = "LISTEN_FDNAMES"
	handedOver  = "QUNLUO_SOCKETS" // PID,NAME=DESCRIPTOR,… : for that process alone, as systemd's
)

// firstGiven is the first descriptor that systemd gives.
const firstGiven = 3

// Sockets are listening sockets that outlive a process: they come from systemd or from the process before, and go to the next. Whoever
// calls meanwhile waits in the system's queue and is answered by whoever listens next. The zero value has none.
type Sockets struct {
	mu    sync.Mutex
	given map[string]net.Listener
	kept  map[string]*os.File
}

// Inherit takes the sockets that this process was started with.
func Inherit(env []string, pid int) (*Sockets, error) {
	s := &Sockets{given: map[string]net.Listener{}}
	for name, fd := range descriptors(env, pid) {
		f := os.NewFile(uintptr(fd), name)
		if f == nil {
			return s, fmt.Errorf("socket %s: no descriptor %d", name, fd)
		}
		ln, err := net.FileListener(f)
		if err = errors.Join(err, f.Close()); err != nil {
			return s, fmt.Errorf("socket %s, descriptor %d: %w", name, fd, err)
		}
		s.given[name] = ln
	}
	return s, nil
}

// descriptors reads which sockets come. systemd's first and second without names of ours are the console's and the local door.
func descriptors(env []string, pid int) map[string]int {
	value := func(name string) string {
		for _, pair := range slices.Backward(env) {
			if v, ok := strings.CutPrefix(pair, name+"="); ok {
				return v
			}
		}
		return ""
	}
	found := map[string]int{}
	if value(listenPID) == strconv.Itoa(pid) {
		n, _ := strconv.Atoi(value(listenFDs)) // no number: none
		names := strings.Split(value(listenNames), ":")
		for i := range n {
			name := ""
			if i < len(names) {
				name = names[i]
			}
			if name != ConsoleDoor && name != LocalDoor {
				name = []string{ConsoleDoor, LocalDoor}[min(i, 1)]
			}
			found[name] = firstGiven + i
		}
	}
	who, list, _ := strings.Cut(value(handedOver), ",")
	if who != strconv.Itoa(pid) {
		return found
	}
	for _, pair := range strings.Split(list, ",") {
		name, number, _ := strings.Cut(pair, "=")
		if fd, err := strconv.Atoi(number); err == nil && fd >= firstGiven {
			found[name] = fd
		}
	}
	return found
}

// Listen gives the socket of a door that came with the process, whatever the address, or opens one at the address. It stays open for the
// next process, too, when the listener is closed.
func (s *Sockets) Listen(door, address string) (net.Listener, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ln := s.given[door]
	if delete(s.given, door); ln == nil {
		var err error
		if ln, err = net.Listen("tcp", address); err != nil {
			return nil, err
		}
	}
	tcp, ok := ln.(*net.TCPListener)
	if !ok {
		return ln, nil
	}
	f, err := tcp.File()
	if err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	if s.kept == nil {
		s.kept = map[string]*os.File{}
	}
	s.kept[door] = f
	return ln, nil
}

// Leave lets the sockets survive the execution of another program in this process and gives the environment that tells it of them.
func (s *Sockets) Leave(env []string) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []string
	for door, f := range s.kept {
		fd, err := survive(f)
		if err != nil {
			return nil, fmt.Errorf("socket %s: %w", door, err)
		}
		list = append(list, door+"="+strconv.Itoa(fd))
	}
	slices.Sort(list)
	env = slices.DeleteFunc(slices.Clone(env), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return name == listenPID || name == listenFDs || name == listenNames || name == handedOver
	})
	return append(env, handedOver+"="+strings.Join(append([]string{strconv.Itoa(os.Getpid())}, list...), ",")), nil
}
