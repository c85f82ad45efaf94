package engine

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/store"
)

// snapshotEvery is after how many events of a group its states are written down.
const snapshotEvery = 1000

// measureEvery is after how many events of a group its size in memory is looked at anew: looking goes over all members.
const measureEvery = 100

// group is what the belt remembers of one group. Only the goroutine that holds the engine's lock touches it.
type group struct {
	key      community.GroupKey
	org      community.OrgKey
	seq, at  int64 // committed
	nextSeq  int64 // of the batch under way
	nextAt   int64
	deciders []Decider
	folds    []Fold
	open     []store.OpenAction
	since    int64 // events since the last snapshot
	size     int
	inBatch  *batch
	elem     *list.Element
	cache    *cache
}

// load gives a group's state, from memory or from its snapshot and the events behind it.
func (e *Engine) load(ctx context.Context, b *batch, key community.GroupKey) (*group, error) {
	g := e.groups.get(key)
	if g == nil {
		var err error
		if g, err = e.read(ctx, b, key); err != nil {
			return nil, fmt.Errorf("load group %d: %w", key, err)
		}
		e.groups.add(g)
	}
	if g.inBatch != b {
		g.inBatch = b
		g.nextSeq, g.nextAt = g.seq, g.at
		b.touched = append(b.touched, g)
	}
	return g, nil
}

func (e *Engine) read(ctx context.Context, b *batch, key community.GroupKey) (*group, error) {
	head, err := b.tx.Head(ctx, key)
	if err != nil {
		return nil, err
	}
	g := &group{key: key, org: head.Org, seq: head.Seq, at: head.At, deciders: e.o.Deciders, cache: e.groups}
	for _, d := range e.o.Deciders {
		fold, err := e.fold(ctx, b, key, d)
		if err != nil {
			return nil, err
		}
		g.folds = append(g.folds, fold)
	}
	if g.open, err = b.tx.OpenActions(ctx, key, e.now()); err != nil {
		return nil, err
	}
	g.measure()
	return g, nil
}

// fold rebuilds one decider's state. A snapshot that cannot be read is as good as none: the log is the truth.
func (e *Engine) fold(ctx context.Context, b *batch, key community.GroupKey, d Decider) (Fold, error) {
	snap, err := b.tx.Snapshot(ctx, key, d.Name(), d.Version())
	if err != nil {
		return nil, err
	}
	fold := d.New(key)
	if snap.Seq > 0 {
		restored, err := d.Restore(key, snap.Body)
		if err == nil {
			fold = restored
		} else {
			snap.Seq = 0
		}
	}
	var trouble error
	err = b.tx.Tail(ctx, key, snap.Seq, func(ev *community.Event) {
		if trouble == nil {
			trouble = ready(fold, ev)
		}
		if trouble == nil {
			fold.Step(ev)
		}
	})
	return fold, errors.Join(err, trouble)
}

// ready says whether a decider can judge the event now; what it cannot now, it may later.
func ready(f Fold, ev *community.Event) error {
	if r, ok := f.(interface {
		Ready(ev *community.Event) error
	}); ok {
		return r.Ready(ev)
	}
	return nil
}

// ready asks every decider about the batch's events before one of them decides.
func (b *batch) ready() error {
	for _, it := range b.items {
		for _, f := range it.g.folds {
			if err := ready(f, &it.draft.Event); err != nil {
				return fmt.Errorf("group %d: %w", it.g.key, err)
			}
		}
	}
	return nil
}

// reader is a fold that says whether the pictures of an event it stepped over are to be read.
type reader interface {
	Reads(ev *community.Event) bool
}

// hearer is a fold that says whether an event it stepped over is a member's report.
type hearer interface {
	Reports(ev *community.Event) bool
}

// anyFold reports whether one of the group's folds that can be asked says yes.
func anyFold[T any](g *group, ask func(T) bool) bool {
	return slices.ContainsFunc(g.folds, func(f Fold) bool {
		t, ok := f.(T)
		return ok && ask(t)
	})
}

// reads reports whether a decider wants to know what stands in the pictures of an event it stepped over.
func (g *group) reads(ev *community.Event) bool {
	return anyFold(g, func(r reader) bool { return r.Reads(ev) })
}

// reports reports whether a decider takes an event that it stepped over for a member's report.
func (g *group) reports(ev *community.Event) bool {
	return anyFold(g, func(h hearer) bool { return h.Reports(ev) })
}

// step lets every decider look at the group's next event.
func (g *group) step(it *item) {
	for i, f := range g.folds {
		it.list = append(it.list, guarded(g.deciders[i].Name(), f, &it.draft.Event)...)
	}
}

// guarded is the second wall: deciders catch their own rules' panics. What still gets through becomes a faulted decision
// and the belt goes on.
func guarded(name string, f Fold, ev *community.Event) (list []community.Decision) {
	defer func() {
		if p := recover(); p != nil {
			list = []community.Decision{{
				ID: community.DeriveID(ev.ID, name+":fault", 0), Decider: name, Group: ev.Group, Event: ev.Number, Seq: ev.Seq, At: ev.At,
				Member: ev.Actor, Verdict: community.Faulted, Why: fmt.Sprint(p),
			}}
		}
	}()
	return f.Step(ev)
}

func (g *group) snapshots() []store.Snapshot {
	snaps := make([]store.Snapshot, 0, len(g.folds))
	for i, f := range g.folds {
		snaps = append(snaps, store.Snapshot{
			Group: g.key, Decider: g.deciders[i].Name(), Version: g.deciders[i].Version(), Seq: g.seq, Body: f.Snapshot(),
		})
	}
	return snaps
}

func (g *group) measure() {
	g.size = 512
	for _, f := range g.folds {
		g.size += f.Size()
	}
}

func (g *group) resize() {
	before := g.size
	g.measure()
	g.cache.bytes += g.size - before
}

// cache keeps groups, the least recently used leaving first when the bound in bytes is passed.
type cache struct {
	limit, bytes int
	byKey        map[community.GroupKey]*group
	order        *list.List // front = most recent
}

func newCache(limit int) *cache {
	return &cache{limit: limit, byKey: map[community.GroupKey]*group{}, order: list.New()}
}

func (c *cache) get(key community.GroupKey) *group {
	g := c.byKey[key]
	if g != nil {
		c.order.MoveToFront(g.elem)
	}
	return g
}

func (c *cache) add(g *group) {
	g.elem = c.order.PushFront(g)
	c.byKey[g.key] = g
	c.bytes += g.size
}

func (c *cache) remove(key community.GroupKey) {
	if g := c.byKey[key]; g != nil {
		c.order.Remove(g.elem)
		delete(c.byKey, key)
		c.bytes -= g.size
	}
}

func (c *cache) clear() {
	clear(c.byKey)
	c.order.Init()
	c.bytes = 0
}

// trim evicts until the bound holds, always keeping the latest; it returns the snapshots of those that leave.
func (c *cache) trim() []store.Snapshot {
	var snaps []store.Snapshot
	for c.bytes > c.limit && c.order.Len() > 1 {
		g := c.order.Back().Value.(*group)
		if g.since > 0 {
			snaps = append(snaps, g.snapshots()...)
		}
		c.remove(g.key)
	}
	return snaps
}
