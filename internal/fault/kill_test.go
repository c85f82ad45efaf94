package fault

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"qunluo/internal/store/storetest"
)

// childOf marks the process that is going to be killed: its database's URL.
const (
	childMark = "QL_FAULT_CHILD"
	childDir  = "QL_FAULT_DIR"
	childFrom = "QL_FAULT_FROM"
)

func TestMain(m *testing.M) {
	if url, ok := os.LookupEnv(childMark); ok {
		fmt.Fprintln(os.Stderr, live(url))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

const childSenders = 8

// live runs the belt until it is killed. Every acknowledged message is a line on descriptor 3, written at once. It begins
// with messages that were sent before, as a platform does that got no answer.
func live(url string) error {
	ctx := context.Background()
	h, err := open(ctx, url, os.Getenv(childDir), fmt.Sprint("child-", os.Getpid()), time.Now)
	if err != nil {
		return err
	}
	if err := h.publish(ctx); err != nil {
		return err
	}
	from, err := strconv.Atoi(os.Getenv(childFrom))
	if err != nil {
		return err
	}
	acks := os.NewFile(3, "acks")
	wake := make(chan struct{}, 1)
	go func() { _ = h.intake.Run(ctx) }()
	go func() { _ = h.jobs.Run(ctx) }()
	go func() { _ = h.store.RunProjections(ctx, wake) }()
	host := h.intake.Host(h.account, "qq")
	var next atomic.Int64
	next.Store(int64(max(0, from-2*childSenders*maxHand)))
	errs := make(chan error)
	for s := range childSenders {
		hand := 1 + s%maxHand
		go func() {
			for {
				first := int(next.Add(int64(hand))) - hand
				in := message(first)
				list := append(make([]inbound, 0, hand), in)
				for i := 1; i < hand; i++ {
					list = append(list, message(first+i))
				}
				if err := host.Receive(ctx, list...); err != nil {
					errs <- err
					return
				}
				for i := range hand {
					if _, err := fmt.Fprintf(acks, "%d\n", first+i); err != nil {
						errs <- err
						return
					}
				}
			}
		}()
	}
	return <-errs
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
	from := 0
	for round := range kills() {
		// Mostly early: the first commits, the first actions; sometimes well under way.
		after, pause := chance.IntN(300), time.Duration(chance.IntN(4000))*time.Microsecond
		if round%4 == 0 {
			after = chance.IntN(8)
		}
		for _, n := range killOne(t, url, dir, from, after, pause) {
			acked[n] = true
			from = max(from, n+1)
		}
	}
	t.Logf("%d kills, %d messages acknowledged", kills(), len(acked))
	examine(t, url, dir, acked)
}

// killOne starts the belt, kills it a pause after so many acknowledgements and gives all that were made.
func killOne(t *testing.T, url, dir string, from, after int, pause time.Duration) []int {
	t.Helper()
	read, write, err := os.Pipe()
	check(t, err)
	defer read.Close()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childMark+"="+url, childDir+"="+dir, childFrom+"="+strconv.Itoa(from))
	child.ExtraFiles = []*os.File{write}
	child.Stderr = os.Stderr
	check(t, child.Start())
	check(t, write.Close())
	var once sync.Once
	kill := func() { once.Do(func() { time.Sleep(pause); _ = child.Process.Kill() }) } // the moment is the test
	watchdog := time.AfterFunc(30*time.Second, func() { _ = child.Process.Kill() })
	var list []int
	if after == 0 {
		kill()
	}
	for s := bufio.NewScanner(read); s.Scan(); {
		n, err := strconv.Atoi(s.Text())
		check(t, err)
		list = append(list, n)
		if len(list) >= after {
			go kill()
		}
	}
	if err := child.Wait(); err == nil || child.ProcessState.ExitCode() != -1 {
		t.Fatalf("the belt ended by itself: %v", err)
	}
	if !watchdog.Stop() && len(list) < after {
		t.Fatalf("%d of %d acknowledgements within 30 s", len(list), after)
	}
	return list
}
