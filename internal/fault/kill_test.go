package fault

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"qunluo/internal/connect"
	"qunluo/internal/store"
	"qunluo/internal/store/storetest"
)

// childMark holds the order of the process that is going to be killed, as JSON.
const childMark = "QL_FAULT_CHILD"

// order says what the child does. The last three are known to be bad: tests that must find something use them.
type order struct {
	URL      string
	Dir      string // of the data
	Platform string // folder of the platform's memory, which no fault touches
	From     int    // messages before are sent anew
	Early    bool   // acknowledge before the commit
	Keyless  bool   // each delivery is taken as a new fact
	Unsynced bool   // commits are not forced to disk
}

func TestMain(m *testing.M) {
	if raw, ok := os.LookupEnv(childMark); ok {
		var o order
		err := json.Unmarshal([]byte(raw), &o)
		if err == nil {
			err = live(o)
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

const childSenders = 8

// live runs the belt until it is killed. Every acknowledged message is a line on descriptor 3, written at once: its number
// and when (UTC ns). It begins with messages that were sent before, as a platform does that got no answer.
func live(o order) error {
	ctx := context.Background()
	h, err := openApart(ctx, store.Options{URL: o.URL, DataDir: o.Dir, Clock: time.Now, Unsynced: o.Unsynced}, fmt.Sprint("child-", os.Getpid()), o.Platform)
	if err != nil {
		return err
	}
	if err := h.publish(ctx); err != nil {
		return err
	}
	acks := os.NewFile(3, "acks")
	wake := make(chan struct{}, 1)
	go func() { _ = h.intake.Run(ctx) }()
	go func() { _ = h.jobs.Run(ctx) }()
	go func() { _ = h.store.RunProjections(ctx, wake) }()
	host := h.intake.Host(h.account, "qq")
	var next atomic.Int64
	next.Store(int64(max(0, o.From-2*childSenders*maxHand)))
	errs := make(chan error)
	for s := range childSenders {
		hand := 1 + s%maxHand
		go func() {
			for {
				first := int(next.Add(int64(hand))) - hand
				if err := o.send(ctx, host, acks, first, hand); err != nil {
					errs <- err
					return
				}
			}
		}()
	}
	return <-errs
}

// send delivers some messages and notes that they were acknowledged.
func (o order) send(ctx context.Context, host connect.Host, acks *os.File, first, hand int) error {
	list := make([]inbound, hand)
	for i := range list {
		list[i] = message(first + i)
		if o.Keyless {
			list[i].Key += fmt.Sprint("-", os.Getpid())
		}
	}
	if o.Early {
		if err := acknowledge(acks, first, hand); err != nil {
			return err
		}
	}
	if err := host.Receive(ctx, list...); err != nil || o.Early {
		return err
	}
	return acknowledge(acks, first, hand)
}

func acknowledge(acks *os.File, first, hand int) error {
	for i := range hand {
		if _, err := fmt.Fprintf(acks, "%d %d\n", first+i, time.Now().UnixNano()); err != nil {
			return err
		}
	}
	return nil
}

// maxHand is how many messages a sender delivers at once, at most.
const maxHand = 4

// seed is that of QL_SEED, or a new one; it is printed.
func seed(t *testing.T) *rand.Rand {
	t.Helper()
	n, err := strconv.ParseUint(os.Getenv("QL_SEED"), 10, 64)
	if err != nil {
		n = rand.Uint64()
	}
	t.Logf("QL_SEED=%d", n)
	return rand.New(rand.NewPCG(n, 1))
}

func kills() int {
	if n, err := strconv.Atoi(os.Getenv("QL_KILLS")); err == nil && n > 0 {
		return n
	}
	return 20
}

func TestKillAtAnyMomentLosesNothingAndDoublesNothing(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { killing(t, "") })
	t.Run("postgres", func(t *testing.T) { killing(t, storetest.PostgresURL(t)) })
}

func killing(t *testing.T, url string) {
	chance, dir := seed(t), t.TempDir()
	acked := map[int]bool{}
	o := order{URL: url, Dir: dir, Platform: dir}
	for round := range kills() {
		// Mostly early: the first commits, the first actions; sometimes well under way.
		after, pause := chance.IntN(300), time.Duration(chance.IntN(4000))*time.Microsecond
		if round%4 == 0 {
			after = chance.IntN(8)
		}
		o.note(acked, killOne(t, o, after, pause))
	}
	t.Logf("%d kills, %d messages acknowledged", kills(), len(acked))
	examine(t, o, acked)
}

// note keeps what was acknowledged, and lets the next child go on behind it.
func (o *order) note(acked map[int]bool, list []ack) {
	for _, a := range list {
		acked[a.n] = true
		o.From = max(o.From, a.n+1)
	}
}

// ack is an acknowledged message and when that was (UTC ns).
type ack struct {
	n  int
	at int64
}

// killOne starts the belt, kills it a pause after so many acknowledgements and gives all that were made.
func killOne(t *testing.T, o order, after int, pause time.Duration) []ack {
	t.Helper()
	var once sync.Once
	return watch(t, o, after, func(child *os.Process) {
		once.Do(func() { time.Sleep(pause); _ = child.Kill() }) // the moment is the test
	})
}

// patience is how long a child may take for its acknowledgements.
const patience = time.Minute

// watch starts the belt and calls strike, in a goroutine of its own and perhaps more than once, when so many messages were
// acknowledged; it gives all that were, until the child is gone.
func watch(t *testing.T, o order, after int, strike func(child *os.Process)) []ack {
	t.Helper()
	read, write, err := os.Pipe()
	check(t, err)
	defer read.Close()
	raw, err := json.Marshal(o)
	check(t, err)
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childMark+"="+string(raw))
	child.ExtraFiles = []*os.File{write}
	child.Stderr = os.Stderr
	check(t, child.Start())
	check(t, write.Close())
	watchdog := time.AfterFunc(patience, func() {
		if child.Process.Signal(syscall.SIGQUIT) != nil { // which lets it say where it stands
			_ = child.Process.Kill()
		}
	})
	var list []ack
	var struck sync.WaitGroup
	if after == 0 {
		struck.Go(func() { strike(child.Process) })
	}
	for s := bufio.NewScanner(read); s.Scan(); {
		var a ack
		if _, err := fmt.Sscan(s.Text(), &a.n, &a.at); err != nil {
			t.Fatalf("acknowledgement %q: %v", s.Text(), err)
		}
		list = append(list, a)
		if len(list) == after {
			struck.Go(func() { strike(child.Process) })
		}
	}
	err = child.Wait()
	struck.Wait()
	if !watchdog.Stop() && len(list) < after {
		t.Fatalf("%d of %d acknowledgements within %v", len(list), after, patience)
	}
	if len(list) < after {
		t.Fatalf("the belt ended by itself after %d acknowledgements: %v", len(list), err)
	}
	return list
}
