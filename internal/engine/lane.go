package engine

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// laneWidth is how many calls one account makes at a time: one that never answers leaves the others their hands.
const laneWidth = 4

// lanes hold the calls under way, per account.
type lanes struct {
	mu      sync.Mutex
	places  map[community.AccountKey]chan struct{}
	refused map[community.AccountKey]int64 // since a call last ended
}

func newLanes() *lanes {
	return &lanes{places: map[community.AccountKey]chan struct{}{}, refused: map[community.AccountKey]int64{}}
}

// laneWait is how long a call waits for a place before its job is put back.
const laneWait = 100 * time.Millisecond

// enter takes a place in an account's lane; false when none came free in time.
func (l *lanes) enter(ctx context.Context, a community.AccountKey) bool {
	lane := l.lane(a)
	select {
	case lane <- struct{}{}:
		return true
	default:
	}
	timer := time.NewTimer(laneWait)
	defer timer.Stop()
	select {
	case lane <- struct{}{}:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

func (l *lanes) lane(a community.AccountKey) chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.places[a] == nil {
		l.places[a] = make(chan struct{}, laneWidth)
	}
	return l.places[a]
}

func (l *lanes) leave(a community.AccountKey) {
	<-l.lane(a)
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.refused, a)
}

const (
	lanePause    = 50     // ms that each who found the lane full waits longer than the one before
	maxLanePause = 10_000 // ms
)

// pause is how long to wait for a place: longer the more wait already, so that a lane that stands still costs little.
func (l *lanes) pause(a community.AccountKey) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused[a]++
	return min(l.refused[a]*lanePause, maxLanePause)
}

// settles is how long (ms) a platform is given until what was sent stands in its history.
const settles = 5_000

// canLookBack reports whether what was sent can be read back.
func (e *Engine) canLookBack(t *attempt) bool {
	_, ok := t.session.(connect.HistoryReader)
	return ok && t.Action.Verb == community.Send
}

// lookBack looks whether a message of unknown outcome stands in the group: there = it worked; not there = it may be sent
// again. A platform that cannot be read leaves it to a person.
func (e *Engine) lookBack(ctx context.Context, t *attempt) (bool, error) {
	e.choose(t)
	reader, ok := t.session.(connect.HistoryReader)
	if !ok {
		return true, e.unknown(ctx, t)
	}
	if ready := t.Updated + settles; e.now() < ready {
		return true, &Wait{Until: ready, Why: "the outcome is read back soon"}
	}
	list, err := reader.History(ctx, t.Action.To.Group, t.Updated-echoWindow)
	switch {
	case community.CodeOf(err) == community.CodeUnsupported:
		return true, e.unknown(ctx, t)
	case err != nil:
		return true, fmt.Errorf("read history back: %w", err)
	}
	told, err := e.o.Store.SentMessages(ctx, t.Action.Group, t.Updated-echoWindow)
	if err != nil {
		return true, err
	}
	for i := range list {
		if ours(&list[i], t) && !told[list[i].Body.Message] {
			return true, e.report(ctx, t, community.Confirmed, community.Receipt{Message: list[i].Body.Message, Detail: "found in the history"})
		}
	}
	return false, nil
}

// ours reports whether a message read back is what the action sent.
func ours(in *connect.Inbound, t *attempt) bool {
	self := in.Actor.Role == community.RoleSelf || in.Body.Role == community.RoleSelf
	return self && in.Type == community.MessageCreated && in.OccurredAt >= t.Updated-settles && sameWords(t.Action.Text, in.Body.Text)
}

// restricted notes that the platform holds the account back, in the group's log, and hands the action to a person.
func (e *Engine) restricted(ctx context.Context, t *attempt, rc community.Receipt) error {
	_, err := e.Apply(ctx, community.Inbound{
		Account: t.account, Type: community.AccountRestricted, GroupKey: t.Action.Group, Key: t.Action.ID.String(),
		Body: community.Body{Reason: strings.TrimSpace(rc.Detail)},
	})
	if err != nil {
		return err
	}
	rc.Detail = "restricted"
	return e.ask(ctx, t, rc)
}
