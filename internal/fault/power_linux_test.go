package fault

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"qunluo/internal/store"
)

// A power cut without hardware: an ext4 file system on a loop device is shut down under the belt, which drops every page
// that was not forced to disk; then the process is killed and the file system mounted again, as after a reboot. It needs
// root and a minute, so it runs only when QL_POWERCUT is set: to the number of rounds.

// shutdown is EXT4_IOC_SHUTDOWN, _IOR('X', 125, u32); noLogFlush drops what is not forced.
const (
	shutdown   = 0x8004587D
	noLogFlush = 2
)

func TestPowerCutLosesNothingThatWasAcknowledged(t *testing.T) {
	rounds := powerRounds(t)
	disk := loopDisk(t)
	lost, acked := disk.cuts(t, rounds, false)
	if lost > 0 {
		t.Errorf("%d of %d acknowledged messages lost in %d power cuts", lost, acked, rounds)
	}
	t.Logf("%d power cuts, %d acknowledged messages, %d lost", rounds, acked, lost)
}

// The same cuts over commits that are not forced to disk must lose something, or the cuts are none.
func TestPowerCutFindsWhatWasNotForcedToDisk(t *testing.T) {
	rounds := powerRounds(t)
	disk := loopDisk(t)
	lost, acked := disk.cuts(t, rounds, true)
	if lost == 0 {
		t.Errorf("%d power cuts over commits that were not forced to disk lost none of %d messages: the harness is broken", rounds, acked)
	}
	t.Logf("%d power cuts, %d acknowledged messages, %d lost", rounds, acked, lost)
}

// powerRounds is how often the power is cut; it skips where nobody asked.
func powerRounds(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("QL_POWERCUT"))
	if err != nil || n < 1 {
		t.Skip("QL_POWERCUT does not say how often to cut the power; it needs root and an ext4 loop mount")
	}
	return n
}

// disk is a file system in a file.
type disk struct{ image, at string }

// loopDisk makes and mounts one; where that is not allowed it skips, or fails when QL_REQUIRE names mount.
func loopDisk(t *testing.T) disk {
	t.Helper()
	d := disk{filepath.Join(t.TempDir(), "disk.img"), filepath.Join(t.TempDir(), "mnt")}
	check(t, os.Mkdir(d.at, 0o700))
	f, err := os.Create(d.image)
	check(t, err)
	check(t, errors.Join(f.Truncate(600<<20), f.Close()))
	_, err = exec.LookPath("mkfs.ext4")
	if err == nil {
		err = run("mkfs.ext4", "-q", "-F", d.image)
	}
	if err == nil {
		err = d.mount()
	}
	if err != nil {
		if slices.Contains(strings.Split(os.Getenv("QL_REQUIRE"), ","), "mount") {
			t.Fatal(err)
		}
		t.Skipf("no disk can be made here: %v", err)
	}
	t.Cleanup(func() { check(t, run("umount", d.at)) })
	return d
}

func run(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

func (d disk) mount() error { return run("mount", "-o", "loop", d.image, d.at) }

// cut takes the power away and says when it began (UTC ns).
func (d disk) cut() (int64, error) {
	f, err := os.Open(d.at)
	if err != nil {
		return 0, err
	}
	flags, began := uint32(noLogFlush), time.Now().UnixNano()
	_, _, code := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), shutdown, uintptr(unsafe.Pointer(&flags)))
	if err = f.Close(); code != 0 {
		err = code
	}
	return began, err
}

// cuts lets the belt work and cuts the power, again and again. It gives how many of the messages that were acknowledged
// before a cut are gone after it. Where nothing may be lost, what is left is examined as after kills.
func (d disk) cuts(t *testing.T, rounds int, unsynced bool) (lost, all int) {
	chance, acked := seed(t), map[int]bool{}
	o := order{Dir: filepath.Join(d.at, "data"), Platform: t.TempDir(), Unsynced: unsynced}
	for range rounds {
		var began int64
		list := watch(t, o, 20+chance.IntN(1500), func(child *os.Process) {
			time.Sleep(time.Duration(chance.IntN(20)) * time.Millisecond) // the moment is the test
			var err error
			if began, err = d.cut(); err != nil {
				t.Error(err)
			}
			_ = child.Kill()
		})
		check(t, run("umount", d.at))
		check(t, d.mount())
		before := slices.DeleteFunc(list, func(a ack) bool { return a.at >= began }) // what is said during the cut is open
		o.note(acked, before)
		fresh := map[int]bool{}
		for _, a := range before {
			fresh[a.n] = true
		}
		st, err := store.Open(t.Context(), store.Options{DataDir: o.Dir, Clock: time.Now})
		check(t, err)
		gone, doubled := astray(t, st, fresh)
		check(t, st.Close())
		if doubled > 0 {
			t.Errorf("%d messages are there twice", doubled)
		}
		lost, all = lost+gone, all+len(fresh)
	}
	if !unsynced {
		examine(t, o, acked)
	}
	return lost, all
}
