// Package intake is how events reach the belt in one process: a queue in memory with group commit. Receive returns when
// the events are durable, and only then may a platform be answered. The committer takes at once when idle; while a
// commit runs, what arrives gathers into the next batch.
package intake

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/engine"
)

// Belt is what intake feeds.
type Belt interface {
	Apply(ctx context.Context, in ...community.Inbound) ([]engine.Outcome, error)
}

// queueSize bounds the senders that wait; when it is full, Receive waits with its context: the platform is slowed down,
// nothing is dropped.
const queueSize = 4096

// Intake is the queue. Run must be running for Receive to return.
type Intake struct {
	belt   Belt
	clock  func() time.Time
	queue  chan request
	over   chan struct{} // closed when Run has ended
	health *health
	counts Counts
}

// Counts say what happened at the door since the start.
type Counts struct {
	Received atomic.Int64 // events taken
	Repeated atomic.Int64
	Private  atomic.Int64 // private chats refused
	Bad      atomic.Int64 // malformed, refused
	Second   atomic.Int64 // delivered by an account that does not listen in the group
}

type request struct {
	in    []connect.Inbound
	reply chan error
}

// New makes an intake for a belt.
func New(belt Belt, clock func() time.Time) *Intake {
	return &Intake{belt: belt, clock: clock, queue: make(chan request, queueSize), over: make(chan struct{}), health: newHealth()}
}

// Counts gives the figures of the door.
func (q *Intake) Counts() *Counts { return &q.counts }

// Run commits batches until ctx ends; senders still waiting then get ctx's error, and so does whoever comes later. It is
// called once.
func (q *Intake) Run(ctx context.Context) error {
	defer close(q.over)
	for {
		select {
		case <-ctx.Done():
			q.drain(ctx.Err())
			return ctx.Err()
		case first := <-q.queue:
			q.commit(context.WithoutCancel(ctx), q.gather(first))
		}
	}
}

// gather takes what else waits, up to one batch.
func (q *Intake) gather(first request) []request {
	batch, n := []request{first}, len(first.in)
	for n < engine.MaxBatch {
		select {
		case r := <-q.queue:
			batch = append(batch, r)
			n += len(r.in)
		default:
			return batch
		}
	}
	return batch
}

// commit applies a batch. When it fails as a whole, every sender is tried alone, so that one bad event cannot keep the
// others out.
func (q *Intake) commit(ctx context.Context, batch []request) {
	var in []connect.Inbound
	for _, r := range batch {
		in = append(in, r.in...)
	}
	out, err := q.belt.Apply(ctx, in...)
	if err != nil && len(batch) > 1 && community.CodeOf(err) != community.CodeBusy {
		for _, r := range batch {
			q.commit(ctx, []request{r})
		}
		return
	}
	q.count(out)
	for _, r := range batch {
		r.reply <- err
	}
}

func (q *Intake) count(out []engine.Outcome) {
	for i := range out {
		switch {
		case out[i].Repeated:
			q.counts.Repeated.Add(1)
		case out[i].Refused == community.CodePrivate:
			q.counts.Private.Add(1)
		case out[i].Refused != "":
			q.counts.Bad.Add(1)
		default:
			q.counts.Received.Add(1)
		}
	}
}

func (q *Intake) drain(err error) {
	for {
		select {
		case r := <-q.queue:
			r.reply <- err
		default:
			return
		}
	}
}

// Receive takes events in. It returns nil once they are durable; any error means that none of them was taken.
func (q *Intake) Receive(ctx context.Context, in ...connect.Inbound) error {
	if len(in) == 0 {
		return nil
	}
	r := request{in, make(chan error, 1)}
	select {
	case q.queue <- r:
	case <-q.over:
		return errOver()
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-r.reply:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-q.over:
	}
	select {
	case err := <-r.reply: // it was answered before the end
		return err
	default:
		return errOver()
	}
}

func errOver() error {
	return community.Errorf(community.CodeBusy, "the house is closing: nothing more is taken in")
}

// Host is the entrance of one account. realm tells groups of different platforms and organisations apart.
func (q *Intake) Host(account community.AccountKey, realm string) connect.Host {
	return &host{q, account, realm}
}

type host struct {
	q       *Intake
	account community.AccountKey
	realm   string
}

func (h *host) Receive(ctx context.Context, in ...connect.Inbound) error {
	now := h.q.clock().UnixMilli()
	mine := make([]connect.Inbound, 0, len(in))
	for _, ev := range in {
		ev.Account = h.account
		if ev.Group.ID != "" && !h.q.health.listens(h.realm+"\x00"+ev.Group.ID, h.account, now) {
			h.q.counts.Second.Add(1)
			continue
		}
		mine = append(mine, ev)
	}
	return h.q.Receive(ctx, mine...)
}

func (h *host) Report(st connect.Health) {
	if st.At == 0 {
		st.At = h.q.clock().UnixMilli()
	}
	h.q.health.report(h.account, st)
}

// Health tells how an account's connection is; State "" when it never reported.
func (q *Intake) Health(account community.AccountKey) connect.Health { return q.health.of(account) }

// health knows how connections are and which account listens in which group.
type health struct {
	mu       sync.Mutex
	states   map[community.AccountKey]connect.Health
	listener map[string]community.AccountKey
}

// takeOver is after how long of bad health another account listens in its place, in milliseconds.
const takeOver = 60_000

func newHealth() *health {
	return &health{states: map[community.AccountKey]connect.Health{}, listener: map[string]community.AccountKey{}}
}

func (h *health) report(a community.AccountKey, st connect.Health) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if before := h.states[a]; before.State == st.State {
		st.At = before.At // since when it is so
		if st.Self == "" {
			st.Self, st.Name = before.Self, before.Name
		}
	}
	h.states[a] = st
}

func (h *health) of(a community.AccountKey) connect.Health {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.states[a]
}

// listens reports whether an account's deliveries count in a group: two of our accounts in one group never count twice.
func (h *health) listens(group string, a community.AccountKey, now int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	who, ok := h.listener[group]
	if ok && who != a {
		st := h.states[who]
		if st.State == "online" || now-st.At < takeOver {
			return false
		}
	}
	h.listener[group] = a
	return true
}
