package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/jobs"
	"qunluo/internal/store"
	"qunluo/internal/store/storetest"
)

// shop is a runner over a store whose clock the test holds.
type shop struct {
	t   testing.TB
	st  *store.Store
	now time.Time
	did []string // keys, in the order in which they were tried
	err error    // what the work says
	run *jobs.Runner
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func newShop(t testing.TB, st *store.Store, owner string) *shop {
	s := &shop{t: t, st: st, now: time.UnixMilli(1_790_000_000_000)}
	s.run = jobs.New(jobs.Options{Store: st, Owner: owner, Clock: func() time.Time { return s.now }, Log: quiet, Handlers: map[string]jobs.Handler{
		"work": func(_ context.Context, j store.Job) error { s.did = append(s.did, j.Key); return s.err },
		"trip": func(context.Context, store.Job) error { panic("stumbled") },
	}})
	return s
}

func (s *shop) add(key string, in time.Duration) {
	s.t.Helper()
	check(s.t, s.st.AddJob(s.t.Context(), store.Job{Kind: "work", Key: key, RunAt: s.now.Add(in).UnixMilli()}))
}

func (s *shop) due() int {
	s.t.Helper()
	n, err := s.run.RunDue(s.t.Context())
	check(s.t, err)
	return n
}

func (s *shop) claim(owner string, n int) []store.Job {
	s.t.Helper()
	list, err := s.st.ClaimJobs(s.t.Context(), owner, n, s.now.UnixMilli(), 10_000)
	check(s.t, err)
	return list
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func both(t *testing.T, run func(t *testing.T, s *shop)) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.Store) { run(t, newShop(t, open(t), "me")) })
}

func TestDueJobsRunOnceInOrderAndAreGone(t *testing.T) {
	both(t, func(t *testing.T, s *shop) {
		s.add("later", time.Hour)
		s.add("second", -time.Second)
		s.add("first", -time.Minute)
		if s.due() != 2 || !slices.Equal(s.did, []string{"first", "second"}) {
			t.Fatalf("did %v, want first, second", s.did)
		}
		if n := s.due(); n != 0 {
			t.Errorf("%d jobs ran again", n)
		}
		s.now = s.now.Add(time.Hour)
		if s.due() != 1 || s.did[2] != "later" {
			t.Errorf("did %v, want later in its time", s.did)
		}
	})
}

func TestSameKindAndKeyIsOneJobWhileItWaitsOrRuns(t *testing.T) {
	both(t, func(t *testing.T, s *shop) {
		s.add("a", 0)
		s.add("a", 0)
		list := s.claim("me", 10)
		if len(list) != 1 {
			t.Fatalf("claimed %d, want 1", len(list))
		}
		s.add("a", 0)
		if n := len(s.claim("you", 10)); n != 0 {
			t.Fatalf("asked for while it runs: %d more, want none", n)
		}
		check(t, s.st.FinishJob(t.Context(), list[0], "me"))
		s.add("a", 0)
		if n := len(s.claim("me", 10)); n != 1 {
			t.Errorf("asked for when it is done: %d, want 1", n)
		}
	})
}

func TestManyClaimersShareJobsWithoutOverlap(t *testing.T) {
	both(t, func(t *testing.T, s *shop) {
		for i := range 60 {
			s.add(fmt.Sprint(i), 0)
		}
		var mu sync.Mutex
		times := map[string]int{}
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() {
				for {
					list, err := s.st.ClaimJobs(t.Context(), fmt.Sprint("w", w), 7, s.now.UnixMilli(), 10_000)
					if err != nil {
						t.Error(err)
					}
					if len(list) == 0 {
						return
					}
					mu.Lock()
					for _, j := range list {
						times[j.Key]++
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		left := len(s.claim("last", 100)) // a claimer that found all locked may have gone early
		for key, n := range times {
			if n != 1 {
				t.Errorf("job %s was claimed %d times", key, n)
			}
		}
		if len(times)+left != 60 {
			t.Errorf("%d jobs claimed, %d left, want 60", len(times), left)
		}
	})
}

func TestLeaseThatRanOutIsClaimedAgainAndTheFirstOwnerIsTold(t *testing.T) {
	both(t, func(t *testing.T, s *shop) {
		s.add("a", 0)
		mine := s.claim("me", 1)[0]
		s.now = s.now.Add(9 * time.Second)
		if n := len(s.claim("you", 1)); n != 0 {
			t.Fatal("claimed under a living lease")
		}
		check(t, s.st.ExtendLease(t.Context(), mine, "me", s.now.Add(10*time.Second).UnixMilli()))
		s.now = s.now.Add(5 * time.Second)
		if n := len(s.claim("you", 1)); n != 0 {
			t.Fatal("claimed under a renewed lease")
		}
		s.now = s.now.Add(6 * time.Second)
		yours := s.claim("you", 1)
		if len(yours) != 1 || yours[0].Attempts != 2 {
			t.Fatalf("claimed %+v, want the second attempt", yours)
		}
		for what, err := range map[string]error{
			"finish": s.st.FinishJob(t.Context(), mine, "me"),
			"extend": s.st.ExtendLease(t.Context(), mine, "me", s.now.UnixMilli()),
			"retry":  s.st.RetryJob(t.Context(), mine, "me", 0, "", true),
		} {
			if community.CodeOf(err) != community.CodeConflict {
				t.Errorf("%s by the first owner: %v, want a conflict", what, err)
			}
		}
		check(t, s.st.FinishJob(t.Context(), yours[0], "you"))
	})
}

func TestFailingJobIsTriedTwelveTimesThenBuriedAndRevived(t *testing.T) {
	both(t, func(t *testing.T, s *shop) {
		s.add("a", 0)
		s.err = errors.New("no luck")
		for range 30 {
			s.due()
			s.now = s.now.Add(10 * time.Minute) // the longest pause
		}
		if len(s.did) != 12 {
			t.Fatalf("tried %d times, want 12", len(s.did))
		}
		dead := s.dead()
		if len(dead) != 1 || dead[0].Error != "no luck" || dead[0].Key != "a" {
			t.Fatalf("dead letters = %+v, want a with its reason", dead)
		}
		s.err = nil
		n, err := s.st.ReviveJobs(t.Context(), dead[0].ID)
		check(t, err)
		if n != 1 {
			t.Fatalf("revived %d, want 1", n)
		}
		s.now = time.Now().Add(time.Hour) // revived by the clock of the store, which is the real one
		if s.due() != 1 || len(s.dead()) != 0 {
			t.Errorf("after reviving: did %v, dead %v", s.did, s.dead())
		}
	})
}

func TestWaitingCountsAsNoAttempt(t *testing.T) {
	both(t, func(t *testing.T, s *shop) {
		s.add("a", 0)
		for range 20 {
			s.err = later(s.now.Add(time.Second).UnixMilli())
			s.due()
			if s.due() != 0 {
				t.Fatal("ran before its time")
			}
			s.now = s.now.Add(time.Second)
		}
		s.err = nil
		if s.due() != 1 || len(s.did) != 21 || len(s.dead()) != 0 {
			t.Errorf("did %d times, dead %v; want 20 waits and a success", len(s.did), s.dead())
		}
	})
}

type later int64

func (l later) Error() string    { return "not yet" }
func (l later) LaterThan() int64 { return int64(l) }

func TestPanicIsAFailedAttempt(t *testing.T) {
	both(t, func(t *testing.T, s *shop) {
		check(t, s.st.AddJob(t.Context(), store.Job{Kind: "trip", Key: "x", RunAt: s.now.UnixMilli(), Max: 1}))
		s.due()
		if dead := s.dead(); len(dead) != 1 || dead[0].Error != "panic: stumbled" {
			t.Errorf("dead = %+v, want the panic's words", dead)
		}
	})
}

func TestNotFoundIsBuriedAtOnce(t *testing.T) {
	both(t, func(t *testing.T, s *shop) {
		s.add("a", 0)
		s.err = community.Errorf(community.CodeNotFound, "gone")
		s.due()
		if len(s.did) != 1 || len(s.dead()) != 1 {
			t.Errorf("tried %d times, %d dead; want once and buried", len(s.did), len(s.dead()))
		}
	})
}

func TestPauseGrowsWithJitterUpToTenMinutes(t *testing.T) {
	for n, top := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 11: 10 * time.Minute, 64: 10 * time.Minute} {
		if got := jobs.Pause(n, 0); got != 0 {
			t.Errorf("Pause(%d, 0) = %v, want 0: full jitter", n, got)
		}
		if got := jobs.Pause(n, 0.5); got != top/2 {
			t.Errorf("Pause(%d, 0.5) = %v, want %v", n, got, top/2)
		}
	}
}

func TestSlotFiresOnceHoweverManyRunnersThereAre(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.Store) {
		st := open(t)
		now := time.UnixMilli(1_790_000_000_000)
		var clock atomic.Int64
		clock.Store(now.UnixMilli())
		fired := 0
		for slot := range 3 {
			at := now.Add(time.Duration(slot) * time.Minute).UnixMilli()
			for range 4 {
				ok, err := st.FireSlot(t.Context(), "digest", at, store.Job{Kind: "work", Key: "digest", RunAt: at})
				check(t, err)
				if ok {
					fired++
				}
			}
			list, err := st.ClaimJobs(t.Context(), "me", 10, at, 1000)
			check(t, err)
			if len(list) != 1 {
				t.Fatalf("slot %d gave %d jobs, want 1", slot, len(list))
			}
			check(t, st.FinishJob(t.Context(), list[0], "me"))
		}
		if fired != 3 {
			t.Errorf("fired %d times, want once for each of 3 slots", fired)
		}
	})
}

func TestRunWorksPeriodicallyAndFinishesWhatItBegan(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.Store) {
		ran, release := make(chan struct{}), make(chan struct{})
		var once sync.Once
		r := jobs.New(jobs.Options{Store: open(t), Owner: "me", Clock: time.Now, Log: quiet,
			Periodic: []jobs.Every{{Name: "tick", Each: time.Hour, Kind: "work"}},
			Handlers: map[string]jobs.Handler{"work": func(ctx context.Context, _ store.Job) error {
				once.Do(func() { close(ran) })
				<-release
				return ctx.Err()
			}}})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.Run(ctx) }()
		<-ran
		stop()
		select {
		case <-ended:
			t.Fatal("Run ended while a job was under way")
		default:
		}
		close(release)
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Run = %v, want canceled", err)
		}
	})
}

func (s *shop) dead() []community.JobRow {
	s.t.Helper()
	list, _, err := s.st.For(community.Scope{Org: 1}).FindJobs(s.t.Context(), "dead", community.Page{})
	check(s.t, err)
	return list
}
