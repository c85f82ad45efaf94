// Package engine is the belt: it takes events in, lets the deciders decide, commits everything together, carries
// actions out and takes their outcome back in as events. It holds no rule of its own.
//
// One transaction per batch (Apply): numbers, events, decisions, strikes, actions and jobs become durable together or
// not at all; only then are the senders answered. State is a fold of a group's events, kept in memory up to a bound and
// rebuilt from a snapshot and the events behind it. After any error the touched groups are forgotten and read again, so
// nothing is ever decided on an uncommitted batch.
package engine

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/policy"
	"qunluo/internal/store"
)

// Decider is a row of the table of deciders: who decides about events, each with a state of its own per group.
type Decider interface {
	Name() string
	// Version changes when a snapshot written by earlier code must not be read.
	Version() int
	New(group community.GroupKey) Fold
	Restore(group community.GroupKey, snapshot []byte) (Fold, error)
}

// Fold is a decider's state of one group: the fold of the group's events. One that also has Ready(*community.Event) error is
// asked before each Step: an error is a trouble of the moment, and the batch is put back. One that also has
// Reads(*community.Event) bool says after the Step whether the event's pictures are to be read (store.JobRead), one with
// Reports(*community.Event) bool whether it is a member's report (store.JobReport), one with Says(*community.Event)
// (policy.Saying, bool), before the event is written, whether it is compared with what is said in other groups.
type Fold interface {
	// Step takes the next event in and says what is to be done about it. It reads no clock, chance, disk or net.
	Step(ev *community.Event) []community.Decision
	Snapshot() []byte
	// Size is about how many bytes the state takes in memory.
	Size() int
}

// Options are what an engine is made of. Store, Deciders and Clock are needed.
type Options struct {
	Store    *store.Store
	Deciders []Decider
	Clock    func() time.Time
	// Sessions finds the living connection of an account; nil when there is none.
	Sessions func(community.AccountKey) connect.Session
	// Committed is told, after each commit, what became durable. It must not block. May be nil.
	Committed func(Commit)
	// Media makes the parts of a send that lie elsewhere ready for the session that sends it. Nil = addresses are passed on.
	Media Media
	// Exclusive looks, as the last thing before anything leaves, by whatever way it was wanted, for what is not for those who would get it.
	// Nil = nothing is exclusive.
	Exclusive Exclusive
	// Notice finishes the words by which a member is told of a sanction, and words in which addresses of the rules are still
	// marks (community.RulesMark, community.LibraryMark), before they are kept to be sent: what was decided stays as it was decided. May be nil. It
	// must not write. ev is what was decided upon. A greeting whose words it empties is not said: somebody else greets.
	Notice func(ctx context.Context, d *community.Decision, ev *community.Event, a *community.Action) error
	// Varies says whether what a rule says in a group is tried two ways now: such words are finished by Notice too. May be nil. It
	// must be quick.
	Varies func(g community.GroupKey, rule string) bool
	// CacheBytes bounds the states kept in memory; 0 = 256 MiB.
	CacheBytes int
	// Private lets private chats in.
	Private bool
}

// Media fetches what a send is to show.
type Media interface {
	// Ready gives the action as the session can send it, and what became of each part. An error means: try again later.
	Ready(ctx context.Context, a community.Action, way Way) (community.Action, []community.Fate, error)
}

// Way is how the parts of a send come to where they are sent.
type Way struct {
	Account community.AccountKey // through which they were heard; 0 = not known
	Source  connect.Session      // its session; nil = there is none
	Same    bool                 // the account that sends is the one that heard them
	Last    bool                 // what cannot be had now is not waited for any longer
	Look    bool                 // contents are looked at before they go: none is passed on by its address
	Can     connect.Media        // of the session that sends
}

// Exclusive knows what is for some groups alone.
type Exclusive interface {
	// Looks reports whether the contents of an action's parts must be known before it goes.
	Looks(ctx context.Context, org community.OrgKey, a community.Action) (bool, error)
	// Withholds says, for a person, what an action would tell groups that it is not for; "" = nothing. Contents that were made ready are looked at, too.
	Withholds(ctx context.Context, org community.OrgKey, a community.Action) (string, error)
}

// Commit is what one transaction made durable.
type Commit struct {
	Groups    []community.GroupKey
	Last      int64 // the log's last number
	Events    int
	Decisions []community.Decision
	Tasks     bool // a task was opened or closed
}

// Outcome is what became of one inbound event.
type Outcome struct {
	Number    int64 // 0 when refused or repeated
	Repeated  bool  // the platform told us twice
	Refused   community.Code
	Group     community.GroupKey
	Decisions []community.Decision
}

// Engine is the belt. One commit runs at a time; everything else may run beside it.
type Engine struct {
	o        Options
	mu       sync.Mutex // held over one commit
	registry *store.Registry
	groups   *cache
	lanes    *lanes
	last     int64 // the number our last commit ended with
	crowd    *policy.Crowd
	heard    int64 // up to which number the crowd knows the log; 0 = it was just started
	room     room

	saving  sync.WaitGroup
	waiting atomic.Int64 // live batches that wait for their turn: imports give way
}

const defaultCache = 256 << 20

// New makes an engine.
func New(o Options) *Engine {
	if o.CacheBytes == 0 {
		o.CacheBytes = defaultCache
	}
	if o.Committed == nil {
		o.Committed = func(Commit) {}
	}
	if o.Sessions == nil {
		o.Sessions = func(community.AccountKey) connect.Session { return nil }
	}
	return &Engine{o: o, registry: store.NewRegistry(), groups: newCache(o.CacheBytes), lanes: newLanes(), crowd: policy.NewCrowd()}
}

// Close waits for snapshots under way.
func (e *Engine) Close() error {
	e.saving.Wait()
	return nil
}

func (e *Engine) now() int64 { return e.o.Clock().UnixMilli() }
