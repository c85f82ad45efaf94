package intake_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/engine"
	"qunluo/internal/intake"
)

// belt stands in for the engine: it says when a commit begins and waits until it may end.
type belt struct {
	mu      sync.Mutex
	batches [][]string // keys
	begin   chan int   // size of the batch; nil = nobody watches
	end     chan error
	refuse  func(keys []string) error
}

func (b *belt) Apply(_ context.Context, in ...community.Inbound) ([]engine.Outcome, error) {
	keys := make([]string, len(in))
	for i := range in {
		keys[i] = in[i].Key
	}
	b.mu.Lock()
	b.batches = append(b.batches, keys)
	b.mu.Unlock()
	if b.begin != nil {
		b.begin <- len(in)
		if err := <-b.end; err != nil {
			return nil, err
		}
	}
	if b.refuse != nil {
		if err := b.refuse(keys); err != nil {
			return nil, err
		}
	}
	return make([]engine.Outcome, len(in)), nil
}

func started(t *testing.T, b *belt, clock func() time.Time) *intake.Intake {
	t.Helper()
	q := intake.New(b, clock)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan struct{})
	go func() { defer close(ended); _ = q.Run(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
	return q
}

func ev(key string) connect.Inbound {
	return connect.Inbound{Type: community.MessageCreated, Key: key, Group: community.Ref{ID: "g"}}
}

func TestReceiveReturnsOnlyWhenTheCommitHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &belt{begin: make(chan int), end: make(chan error)}
		q := started(t, b, time.Now)
		got := make(chan error, 1)
		go func() { got <- q.Receive(t.Context(), ev("1")) }()
		<-b.begin
		synctest.Wait()
		select {
		case err := <-got:
			t.Fatalf("answered %v while the commit was under way", err)
		default:
		}
		b.end <- nil
		if err := <-got; err != nil {
			t.Fatal(err)
		}
	})
}

func TestWhatArrivesDuringACommitIsTheNextBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &belt{begin: make(chan int), end: make(chan error)}
		q := started(t, b, time.Now)
		var wg sync.WaitGroup
		send := func(key string) { wg.Go(func() { _ = q.Receive(t.Context(), ev(key)) }) }
		send("1")
		if n := <-b.begin; n != 1 {
			t.Fatalf("first batch of %d, want 1: it is taken at once", n)
		}
		for _, key := range []string{"2", "3", "4"} {
			send(key)
		}
		synctest.Wait()
		b.end <- nil
		if n := <-b.begin; n != 3 {
			t.Errorf("second batch of %d, want the 3 that waited", n)
		}
		b.end <- nil
		wg.Wait()
	})
}

func TestNoBatchIsLargerThanTheBelt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &belt{begin: make(chan int), end: make(chan error)}
		q := started(t, b, time.Now)
		var wg sync.WaitGroup
		for range engine.MaxBatch + 50 {
			wg.Go(func() { _ = q.Receive(t.Context(), ev("x")) })
		}
		synctest.Wait()
		for left := engine.MaxBatch + 50; left > 0; {
			n := <-b.begin
			if n > engine.MaxBatch {
				t.Errorf("batch of %d, want at most %d", n, engine.MaxBatch)
			}
			left -= n
			b.end <- nil
			synctest.Wait()
		}
		wg.Wait()
	})
}

func TestAFailedCommitAcknowledgesNobody(t *testing.T) {
	busy := community.Errorf(community.CodeBusy, "disk full")
	b := &belt{refuse: func([]string) error { return busy }}
	q := started(t, b, time.Now)
	for range 3 {
		if err := q.Receive(t.Context(), ev("1"), ev("2")); !errors.Is(err, busy) {
			t.Fatalf("err = %v, want %v", err, busy)
		}
	}
	if n := q.Counts().Received.Load(); n != 0 {
		t.Errorf("counted %d received, want none", n)
	}
}

func TestOneBadEventKeepsNobodyElseOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bad := errors.New("cannot be stored")
		b := &belt{begin: make(chan int), end: make(chan error), refuse: func(keys []string) error {
			if slices.Contains(keys, "bad") {
				return bad
			}
			return nil
		}}
		q := started(t, b, time.Now)
		go func() {
			for range b.begin {
				b.end <- nil
			}
		}()
		answers := make(map[string]error)
		var mu sync.Mutex
		var wg sync.WaitGroup
		for _, key := range []string{"1", "bad", "2", "3"} {
			wg.Go(func() {
				err := q.Receive(t.Context(), ev(key))
				mu.Lock()
				defer mu.Unlock()
				answers[key] = err
			})
		}
		wg.Wait()
		for key, err := range answers {
			if (key == "bad") != errors.Is(err, bad) || key != "bad" && err != nil {
				t.Errorf("%s was answered %v", key, err)
			}
		}
		close(b.begin)
	})
}

func TestSenderWhoLeavesGetsItsOwnError(t *testing.T) {
	b := &belt{begin: make(chan int, 1), end: make(chan error)}
	q := started(t, b, time.Now)
	ctx, leave := context.WithCancel(t.Context())
	got := make(chan error, 1)
	go func() { got <- q.Receive(ctx, ev("1")) }()
	<-b.begin
	leave()
	if err := <-got; !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v, want canceled", err)
	}
	b.end <- nil
}

func TestStoppedIntakeAnswersThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &belt{begin: make(chan int), end: make(chan error)}
		q := intake.New(b, time.Now)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- q.Run(ctx) }()
		first, second := make(chan error, 1), make(chan error, 1)
		go func() { first <- q.Receive(t.Context(), ev("1")) }()
		<-b.begin
		go func() { second <- q.Receive(t.Context(), ev("2")) }()
		synctest.Wait()
		stop()
		b.end <- nil
		if err := <-first; err != nil {
			t.Errorf("the commit under way was answered %v", err)
		}
		// Between its batches the committer may still take what waits; it may not leave it without an answer.
		select {
		case <-b.begin:
			b.end <- nil
			if err := <-second; err != nil {
				t.Errorf("committed and answered %v", err)
			}
		case err := <-second:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("err = %v, want canceled", err)
			}
		}
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Run = %v, want canceled", err)
		}
	})
}

func TestTwoAccountsInOneGroupCountOnceAndTheSecondTakesOver(t *testing.T) {
	now := time.UnixMilli(1_790_000_000_000)
	b := &belt{}
	q := started(t, b, func() time.Time { return now })
	one, two := q.Host(1, "qq"), q.Host(2, "qq")
	one.Report(connect.Health{State: "online"})
	two.Report(connect.Health{State: "online"})
	send := func(h connect.Host, key string) {
		t.Helper()
		if err := h.Receive(t.Context(), ev(key)); err != nil {
			t.Fatal(err)
		}
	}
	send(one, "a")
	send(two, "a")
	one.Report(connect.Health{State: "offline"})
	now = now.Add(59 * time.Second)
	send(two, "b")
	if taken := b.keys(); !slices.Equal(taken, []string{"a"}) || q.Counts().Second.Load() != 2 {
		t.Fatalf("taken %v, %d counted only; want a, and two of the second account", taken, q.Counts().Second.Load())
	}
	now = now.Add(time.Second)
	send(two, "c")
	one.Report(connect.Health{State: "online"})
	send(one, "d")
	if taken := b.keys(); !slices.Equal(taken, []string{"a", "c"}) {
		t.Errorf("taken %v, want a, c: after 60 s the second listens, and the first only counts when it is back", taken)
	}
	other := ev("e")
	other.Group.ID = "another"
	if err := one.Receive(t.Context(), other); err != nil || len(b.keys()) != 3 {
		t.Errorf("another group: %v, taken %v", err, b.keys())
	}
}

func (b *belt) keys() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Concat(b.batches...)
}
