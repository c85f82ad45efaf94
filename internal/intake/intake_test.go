package intake_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/engine"
	"qunluo/internal/intake"
)

// belt notes what it is given; it fails or waits as told.
type belt struct {
	mu      sync.Mutex
	batches [][]string
	fail    func(in []community.Inbound) error
	slow    time.Duration
}

func (b *belt) Apply(_ context.Context, in ...community.Inbound) ([]engine.Outcome, error) {
	time.Sleep(b.slow)
	if b.fail != nil {
		if err := b.fail(in); err != nil {
			return nil, err
		}
	}
	var keys []string
	for _, one := range in {
		keys = append(keys, one.Key)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.batches = append(b.batches, keys)
	return make([]engine.Outcome, len(in)), nil
}

func message(key string) connect.Inbound {
	return connect.Inbound{Type: community.MessageCreated, Key: key, Group: community.Ref{ID: "g"}}
}

// door runs an intake over a belt inside a bubble with its own clock.
func door(t *testing.T, b *belt, run func(t *testing.T, q *intake.Intake)) {
	synctest.Test(t, func(t *testing.T) {
		q := intake.New(b, time.Now)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- q.Run(ctx) }()
		run(t, q)
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Run ended with %v, want context.Canceled", err)
		}
	})
}

func TestReceiveReturnsOnlyAfterTheCommit(t *testing.T) {
	b := &belt{slow: time.Second}
	door(t, b, func(t *testing.T, q *intake.Intake) {
		began := time.Now()
		if err := q.Receive(t.Context(), message("1")); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(began); waited < time.Second || len(b.batches) != 1 {
			t.Errorf("answered after %v with %d commits, want after the one commit", waited, len(b.batches))
		}
	})
}

func TestWhatArrivesDuringACommitIsTheNextBatch(t *testing.T) {
	b := &belt{slow: time.Second}
	door(t, b, func(t *testing.T, q *intake.Intake) {
		var wg sync.WaitGroup
		for _, key := range []string{"1", "2", "3", "4"} {
			wg.Go(func() {
				if err := q.Receive(t.Context(), message(key)); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		wg.Wait()
		if len(b.batches) != 2 || len(b.batches[0]) != 1 || len(b.batches[1]) != 3 {
			t.Errorf("batches = %v, want the first alone and the other three together", b.batches)
		}
	})
}

func TestAFailedCommitAcknowledgesNothing(t *testing.T) {
	full := community.Errorf(community.CodeBusy, "the disk is full")
	b := &belt{fail: func([]community.Inbound) error { return full }}
	door(t, b, func(t *testing.T, q *intake.Intake) {
		if err := q.Receive(t.Context(), message("1")); community.CodeOf(err) != community.CodeBusy {
			t.Errorf("err = %v, want busy", err)
		}
		b.fail = nil
		if err := q.Receive(t.Context(), message("1")); err != nil || q.Counts().Received.Load() != 1 {
			t.Errorf("after the disk has room again: %v, received %d", err, q.Counts().Received.Load())
		}
	})
}

func TestOneBadEventKeepsNobodyElseOut(t *testing.T) {
	b := &belt{slow: time.Second, fail: func(in []community.Inbound) error {
		for _, one := range in {
			if one.Key == "bad" {
				return errors.New("cannot be written")
			}
		}
		return nil
	}}
	door(t, b, func(t *testing.T, q *intake.Intake) {
		var wg sync.WaitGroup
		got := map[string]error{}
		var mu sync.Mutex
		for _, key := range []string{"first", "good", "bad"} {
			wg.Go(func() {
				err := q.Receive(t.Context(), message(key))
				mu.Lock()
				defer mu.Unlock()
				got[key] = err
			})
			synctest.Wait()
		}
		wg.Wait()
		if got["first"] != nil || got["good"] != nil || got["bad"] == nil {
			t.Errorf("errors = %v, want only the bad one refused", got)
		}
	})
}

func TestTwoAccountsInAGroupCountOnceAndTheSecondTakesOver(t *testing.T) {
	b := &belt{}
	door(t, b, func(t *testing.T, q *intake.Intake) {
		one, two := q.Host(1, "qq"), q.Host(2, "qq")
		one.Report(connect.Health{State: "online"})
		two.Report(connect.Health{State: "online"})
		say := func(h connect.Host, key string) {
			if err := h.Receive(t.Context(), message(key)); err != nil {
				t.Fatal(err)
			}
		}
		say(one, "a")
		say(two, "a")
		if n := q.Counts().Second.Load(); n != 1 {
			t.Errorf("second deliveries = %d, want 1", n)
		}
		one.Report(connect.Health{State: "offline"})
		time.Sleep(59 * time.Second)
		say(two, "b")
		if n := q.Counts().Second.Load(); n != 2 {
			t.Errorf("after 59 s of bad health: %d second deliveries, want 2", n)
		}
		time.Sleep(2 * time.Second)
		say(two, "c")
		if n := q.Counts().Received.Load(); n != 2 {
			t.Errorf("received = %d, want a by the first and c by the second", n)
		}
	})
}

// TestWhoComesAfterTheEndIsTold: a job that finishes while the house closes must not wait for a door that nobody keeps.
func TestWhoComesAfterTheEndIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := intake.New(&belt{}, time.Now)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- q.Run(ctx) }()
		stop()
		<-ended
		for range 10 { // a queue with room takes some of them before they look whether anybody is there
			if err := q.Receive(context.Background(), connect.Inbound{Type: community.MessageCreated}); community.CodeOf(err) != community.CodeBusy {
				t.Fatalf("err = %v, want busy", err)
			}
		}
	})
}
