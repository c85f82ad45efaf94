// Package jobs runs durable work: claim under a lease, do, finish; or try again later, with growing and jittered pauses,
// until it is a dead letter that a person looks at. A job is unique by kind and key while it waits or runs. Periodic
// work fires once per slot, however many processes run.
package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/store"
)

// Handler does one job. An error means: again later.
type Handler func(ctx context.Context, j store.Job) error

// Later is an error that says: nothing to do before then. It does not count as an attempt.
type Later interface {
	error
	LaterThan() int64 // UTC ms
}

// Every is periodic work: one job per slot of Each.
type Every struct {
	Name string
	Each time.Duration
	Kind string
}

// Hurried is an error that wants the next try not after a time, however long the pause would be.
type Hurried interface {
	error
	NotAfter() int64 // UTC ms
}

// Options are what a runner is made of.
type Options struct {
	Store    *store.Store
	Handlers map[string]Handler
	Periodic []Every
	Clock    func() time.Time
	Owner    string // unique per process
	Log      *slog.Logger
	Workers  int // 0 = 16
}

// Runner claims and runs jobs.
type Runner struct {
	o     Options
	wake  chan struct{}
	fired map[string]int64 // the slot each schedule was last asked for; only Run touches it
	hands sync.Map         // community.ID of every job that runs here
	turn  sync.RWMutex     // nothing is settled while jobs are claimed: what a claim gives either runs here or does not
}

const (
	lease    = 10 * time.Second // renewed every third of it
	pollEach = 500 * time.Millisecond
	baseWait = time.Second
	capWait  = 10 * time.Minute
)

// New makes a runner.
func New(o Options) *Runner {
	if o.Workers == 0 {
		o.Workers = 16
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Runner{o: o, wake: make(chan struct{}, 1), fired: map[string]int64{}}
}

// Wake tells the runner that something was enqueued.
func (r *Runner) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends; jobs under way are finished first.
func (r *Runner) Run(ctx context.Context) error {
	slots := make(chan struct{}, r.o.Workers)
	var wg sync.WaitGroup
	defer wg.Wait()
	tick := time.NewTicker(pollEach)
	defer tick.Stop()
	for {
		r.fire(ctx)
		r.claim(ctx, slots, &wg)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-r.wake:
		case <-tick.C:
		}
	}
}

// claim takes as many due jobs as workers are free and starts them.
func (r *Runner) claim(ctx context.Context, slots chan struct{}, wg *sync.WaitGroup) {
	for ctx.Err() == nil {
		list, more, err := r.take(ctx, cap(slots)-len(slots))
		if err != nil {
			r.o.Log.Error("claim jobs", "err", err)
			return
		}
		for _, j := range list {
			slots <- struct{}{}
			wg.Go(func() {
				defer func() { <-slots; r.Wake() }()
				r.run(context.WithoutCancel(ctx), j)
			})
		}
		if !more {
			return
		}
	}
}

// take claims jobs and leaves out those that run here already: a clock that jumped ended their lease, and the claim prolonged it.
func (r *Runner) take(ctx context.Context, n int) (list []store.Job, more bool, err error) {
	r.turn.Lock()
	defer r.turn.Unlock()
	list, err = r.due(ctx, n)
	more = len(list) > 0
	return slices.DeleteFunc(list, func(j store.Job) bool {
		_, runs := r.hands.LoadOrStore(j.ID, true)
		return runs
	}), more, err
}

func (r *Runner) due(ctx context.Context, n int) ([]store.Job, error) {
	if n == 0 {
		return nil, nil
	}
	now := r.now()
	if any, err := r.o.Store.JobsDue(ctx, now); err != nil || !any {
		return nil, err
	}
	return r.o.Store.ClaimJobs(ctx, r.o.Owner, n, now, lease.Milliseconds())
}

// RunDue runs everything that is due by the clock, one after the other, until nothing is left: for those who hold the
// clock themselves. It returns how many jobs ran.
func (r *Runner) RunDue(ctx context.Context) (int, error) {
	ran := 0
	for {
		list, err := r.due(ctx, r.o.Workers)
		if err != nil || len(list) == 0 {
			return ran, err
		}
		for _, j := range list {
			r.run(ctx, j)
			ran++
		}
	}
}

// run does one job and writes down how it ended.
func (r *Runner) run(ctx context.Context, j store.Job) {
	err := r.attempt(ctx, j)
	r.turn.RLock()
	err = r.settle(ctx, j, err)
	r.hands.Delete(j.ID)
	r.turn.RUnlock()
	if err != nil {
		r.o.Log.Error("job", "kind", j.Kind, "key", j.Key, "attempt", j.Attempts, "err", err)
	}
}

func (r *Runner) attempt(ctx context.Context, j store.Job) (err error) {
	handler, ok := r.o.Handlers[j.Kind]
	if !ok {
		return fmt.Errorf("no handler for jobs of kind %q", j.Kind)
	}
	ctx, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); r.renew(ctx, j) }()
	defer func() {
		stop()
		<-done
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return handler(ctx, j)
}

// renew keeps the lease while the job runs.
func (r *Runner) renew(ctx context.Context, j store.Job) {
	tick := time.NewTicker(lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := r.o.Store.ExtendLease(ctx, j, r.o.Owner, r.now()+lease.Milliseconds()); err != nil && ctx.Err() == nil {
				r.o.Log.Warn("renew lease", "kind", j.Kind, "key", j.Key, "err", err)
			}
		}
	}
}

func (r *Runner) settle(ctx context.Context, j store.Job, err error) error {
	if err == nil {
		return r.o.Store.FinishJob(ctx, j, r.o.Owner)
	}
	var later Later
	if errors.As(err, &later) {
		return r.o.Store.RetryJob(ctx, j, r.o.Owner, later.LaterThan(), err.Error(), false)
	}
	if j.Attempts >= j.Max || community.CodeOf(err) == community.CodeNotFound {
		return errors.Join(err, r.o.Store.BuryJob(ctx, j, r.o.Owner, err.Error()))
	}
	next := r.now() + Pause(j.Attempts, rand.Float64()).Milliseconds()
	var hurried Hurried
	if errors.As(err, &hurried) {
		next = max(r.now(), min(next, hurried.NotAfter()))
	}
	return r.o.Store.RetryJob(ctx, j, r.o.Owner, next, err.Error(), true)
}

// Pause is how long to wait after the nth failure: full jitter over base·2ⁿ⁻¹, base 1 s, cap 10 min; chance in [0, 1).
func Pause(n int, chance float64) time.Duration {
	top := capWait
	if n < 20 {
		top = min(capWait, baseWait<<max(0, n-1))
	}
	return time.Duration(chance * float64(top))
}

// fire enqueues what is periodic and due in this slot.
func (r *Runner) fire(ctx context.Context) {
	for _, p := range r.o.Periodic {
		slot := r.now() / p.Each.Milliseconds() * p.Each.Milliseconds()
		if r.fired[p.Name] == slot {
			continue
		}
		_, err := r.o.Store.FireSlot(ctx, p.Name, slot, store.Job{Kind: p.Kind, Key: p.Name, RunAt: slot})
		if community.CodeOf(err) == community.CodeConflict {
			continue // asked again when what runs has ended
		}
		if err != nil {
			r.o.Log.Error("fire", "schedule", p.Name, "err", err)
			continue
		}
		r.fired[p.Name] = slot
	}
}

func (r *Runner) now() int64 { return r.o.Clock().UnixMilli() }
