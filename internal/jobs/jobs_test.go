package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/jobs"
	"qunluo/internal/store"
	"qunluo/internal/store/storetest"
)

// bench is a runner over a store with a clock that the test holds.
type bench struct {
	t   *testing.T
	st  *store.Store
	now time.Time
	did []string
	err error
}

func both(t *testing.T, run func(b *bench)) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.Store) {
		run(&bench{t: t, st: open(t), now: time.UnixMilli(1_790_000_000_000)})
	})
}

func (b *bench) runner(owner string) *jobs.Runner {
	return jobs.New(jobs.Options{Store: b.st, Owner: owner, Clock: func() time.Time { return b.now }, Log: slog.New(slog.DiscardHandler),
		Handlers: map[string]jobs.Handler{"work": func(_ context.Context, j store.Job) error { b.did = append(b.did, j.Key); return b.err },
			"panics": func(context.Context, store.Job) error { panic("in a job") }}})
}

func (b *bench) add(kind, key string, in time.Duration, most int) {
	b.t.Helper()
	check(b.t, b.st.AddJob(b.t.Context(), store.Job{Kind: kind, Key: key, RunAt: b.now.Add(in).UnixMilli(), Max: most}))
}

func (b *bench) run(want int) {
	b.t.Helper()
	n, err := b.runner("one").RunDue(b.t.Context())
	check(b.t, err)
	if n != want {
		b.t.Fatalf("ran %d jobs, want %d", n, want)
	}
}

func (b *bench) listed(state string) []community.JobRow {
	b.t.Helper()
	rows, _, err := b.st.For(community.Scope{Org: 1}).FindJobs(b.t.Context(), state, community.Page{})
	check(b.t, err)
	return rows
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestJobIsUniqueWhileItWaitsAndRunsWhenItIsDue(t *testing.T) {
	both(t, func(b *bench) {
		b.add("work", "a", time.Minute, 0)
		b.add("work", "a", time.Minute, 0)
		b.add("work", "b", 0, 0)
		b.run(1)
		b.now = b.now.Add(time.Minute)
		b.run(1)
		if len(b.did) != 2 || b.did[0] != "b" || b.did[1] != "a" {
			b.t.Errorf("did %v, want b, then a once", b.did)
		}
		b.add("work", "a", 0, 0)
		b.run(1)
	})
}

func TestFailedJobComesAgainLaterAndIsADeadLetterInTheEnd(t *testing.T) {
	both(t, func(b *bench) {
		b.err = errors.New("the platform is down")
		b.add("work", "a", 0, 3)
		for range 3 {
			b.run(1)
			b.now = b.now.Add(10 * time.Minute)
		}
		b.run(0)
		dead := b.listed("dead")
		if len(dead) != 1 || dead[0].Error != "the platform is down" || dead[0].Attempts != 3 {
			b.t.Fatalf("dead letters = %+v, want one with its reason after 3 tries", dead)
		}
		b.err = nil
		n, err := b.st.ReviveJobs(b.t.Context(), dead[0].ID)
		check(b.t, err)
		b.now = time.Now().Add(time.Hour)
		if n != 1 {
			b.t.Fatalf("revived %d, want 1", n)
		}
		b.run(1)
		if left := b.listed(""); len(left) != 0 {
			b.t.Errorf("left over: %+v", left)
		}
	})
}

func TestPanickingJobKeepsTheOthersRunning(t *testing.T) {
	both(t, func(b *bench) {
		b.add("panics", "a", 0, 1)
		b.add("work", "b", time.Millisecond, 0)
		b.now = b.now.Add(time.Second)
		b.run(2)
		if len(b.did) != 1 || len(b.listed("dead")) != 1 {
			b.t.Errorf("did %v, dead %d; want b done and the other buried", b.did, len(b.listed("dead")))
		}
	})
}

func TestLeaseThatRanOutIsClaimedAgainAndTheOldOwnerIsToldSo(t *testing.T) {
	both(t, func(b *bench) {
		ctx, now := b.t.Context(), b.now.UnixMilli()
		b.add("work", "a", 0, 0)
		first, err := b.st.ClaimJobs(ctx, "one", 5, now, 10_000)
		check(b.t, err)
		if again, err := b.st.ClaimJobs(ctx, "two", 5, now+9_999, 10_000); err != nil || len(again) != 0 {
			b.t.Fatalf("a leased job was claimed twice: %v %v", again, err)
		}
		second, err := b.st.ClaimJobs(ctx, "two", 5, now+10_001, 10_000)
		check(b.t, err)
		if len(first) != 1 || len(second) != 1 || second[0].Attempts != 2 {
			b.t.Fatalf("claims = %v, %v; want one each, the second being attempt 2", first, second)
		}
		if err := b.st.FinishJob(ctx, first[0], "one"); community.CodeOf(err) != community.CodeConflict {
			b.t.Errorf("the old owner finishing gives %v, want a conflict", err)
		}
		check(b.t, b.st.FinishJob(ctx, second[0], "two"))
	})
}

// A job that runs while the clock jumps past its lease is not begun a second time beside itself.
func TestJumpOfTheClockDoesNotRunAJobTwiceAtOnce(t *testing.T) {
	both(t, func(b *bench) {
		b.add("work", "slow", 0, 0)
		var now atomic.Int64
		now.Store(b.now.UnixMilli())
		began, beside, goOn := make(chan string, 9), make(chan string, 9), make(chan bool)
		work := func(_ context.Context, j store.Job) error {
			if j.Key == "slow" {
				began <- j.Key
				<-goOn
				return nil
			}
			beside <- j.Key
			return nil
		}
		r := jobs.New(jobs.Options{Store: b.st, Owner: "one", Clock: func() time.Time { return time.UnixMilli(now.Load()) }, Log: slog.New(slog.DiscardHandler),
			Handlers: map[string]jobs.Handler{"work": work}})
		ctx, stop := context.WithCancel(b.t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.Run(ctx) }()
		<-began
		now.Add(24 * time.Hour.Milliseconds())
		b.add("work", "after", 0, 0) // claimed in the round that finds the lease of the slow one over, or after it
		r.Wake()
		<-beside
		b.add("work", "last", 0, 0)
		r.Wake()
		<-beside
		close(goOn)
		stop()
		<-ended
		if len(began) != 0 || len(b.listed("")) != 0 {
			b.t.Errorf("begun %d times more, left over: %+v", len(began), b.listed(""))
		}
	})
}

func TestExpiredLeasesAreClaimedBeforeABacklogAndNoMoreThanAsked(t *testing.T) {
	both(t, func(b *bench) {
		ctx, now := b.t.Context(), b.now.UnixMilli()
		b.add("work", "lost", 0, 0)
		if first, err := b.st.ClaimJobs(ctx, "one", 5, now, 1000); err != nil || len(first) != 1 {
			b.t.Fatalf("claimed %v, %v", first, err)
		}
		for _, key := range []string{"c", "a", "b"} {
			b.add("work", key, time.Duration(key[0])*time.Millisecond, 0)
		}
		list, err := b.st.ClaimJobs(ctx, "two", 3, now+5000, 10_000)
		check(b.t, err)
		var keys []string
		for _, j := range list {
			keys = append(keys, j.Key)
		}
		if !slices.Equal(keys, []string{"lost", "a", "b"}) {
			b.t.Errorf("claimed %v, want the lost one, then the oldest", keys)
		}
	})
}

func TestSlotFiresOnceHoweverManyAsk(t *testing.T) {
	both(t, func(b *bench) {
		fired := 0
		for range 3 {
			ok, err := b.st.FireSlot(b.t.Context(), "nightly", 42, store.Job{Kind: "work", Key: "nightly", RunAt: b.now.UnixMilli()})
			check(b.t, err)
			if ok {
				fired++
			}
		}
		b.run(1)
		if fired != 1 || len(b.did) != 1 {
			b.t.Errorf("fired %d times, ran %d; want 1 and 1", fired, len(b.did))
		}
	})
}

// A slot that comes while the job of the slot before runs is not lost.
func TestSlotWaitsForTheOneBefore(t *testing.T) {
	both(t, func(b *bench) {
		ctx, j := b.t.Context(), store.Job{Kind: "work", Key: "tick", RunAt: 1}
		if fired, err := b.st.FireSlot(ctx, "tick", 1000, j); err != nil || !fired {
			b.t.Fatalf("the first slot: %v, %v", fired, err)
		}
		list, err := b.st.ClaimJobs(ctx, "one", 5, b.now.UnixMilli(), 10_000)
		check(b.t, err)
		if _, err := b.st.FireSlot(ctx, "tick", 2000, j); community.CodeOf(err) != community.CodeConflict {
			b.t.Errorf("while the first runs: %v, want a conflict", err)
		}
		check(b.t, b.st.FinishJob(ctx, list[0], "one"))
		if fired, err := b.st.FireSlot(ctx, "tick", 2000, j); err != nil || !fired || len(b.listed("ready")) != 1 {
			b.t.Errorf("afterwards: %v, %v, %d wait; want it fired", fired, err, len(b.listed("ready")))
		}
	})
}

func TestPausesGrowAreJitteredAndBounded(t *testing.T) {
	for n, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 12: 10 * time.Minute, 60: 10 * time.Minute} {
		if got := jobs.Pause(n, 0.5); got != want/2 {
			t.Errorf("after failure %d: %v at half chance, want %v", n, got, want/2)
		}
		if got := jobs.Pause(n, 0); got != 0 {
			t.Errorf("after failure %d: %v at no chance, want 0", n, got)
		}
	}
}
