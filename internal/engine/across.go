package engine

import (
	"context"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/policy"
	"qunluo/internal/store"
)

// A message is compared with what is said in the organisation's other groups before it is written, and what is found is written
// with it: the groups are decided upon each by itself, and a replay of one reads what was found then.

// sayer is a fold that says how far its group's next message is compared with other groups'.
type sayer interface {
	Says(ev *community.Event) (policy.Saying, bool)
}

// says asks the group's folds about an event that they have not stepped over yet.
func (g *group) says(ev *community.Event) (policy.Saying, bool) {
	for _, f := range g.folds {
		if y, ok := f.(sayer); ok {
			return y.Says(ev)
		}
	}
	return policy.Saying{}, false
}

// compare notes in the batch's messages what they are copies of. Numbers must have been given.
func (e *Engine) compare(ctx context.Context, b *batch) error {
	e.crowd.Drop()
	if !b.live() {
		return nil
	}
	for _, it := range b.items {
		ev := &it.draft.Event
		if ev.Type != community.MessageCreated {
			continue
		}
		s, ok := it.g.says(ev)
		if !ok {
			it.draft.Note(nil)
			continue
		}
		if err := e.catchUp(ctx, b); err != nil {
			return err
		}
		it.draft.Note(e.crowd.See(it.g.org, ev, &s))
	}
	return nil
}

// keepSaid remembers what a committed batch said.
func (e *Engine) keepSaid(b *batch) {
	e.crowd.Keep()
	if e.heard == b.before {
		e.heard = b.last
	}
}

// crowdBack is how many messages are read again after a start, or when somebody else has written into the log.
const crowdBack = 4096

// catchUp reads what the crowd has not heard: after a start the last hour, as far as it is bounded, by who people are now. Of what
// came through an import nothing was decided, and nothing is compared.
func (e *Engine) catchUp(ctx context.Context, b *batch) error {
	if e.heard == b.before {
		return nil
	}
	missed, err := b.tx.Lately(ctx, store.Lately{After: e.heard, Until: b.before, Since: e.now() - policy.CrowdWindow, Most: crowdBack})
	if err != nil {
		return err
	}
	slices.Reverse(missed)
	for i := range missed {
		ev := &missed[i]
		g, err := e.load(ctx, b, ev.Group)
		if community.CodeOf(err) == community.CodeNotFound {
			continue // the group is gone
		}
		if err != nil {
			return err
		}
		if s, ok := g.says(ev); ok {
			e.crowd.See(g.org, ev, &s)
		}
	}
	e.crowd.Keep()
	e.heard = b.before
	return nil
}

// Forget takes what a member said out of what messages of other groups are compared with.
func (e *Engine) Forget(m community.MemberKey) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.crowd.Forget(m)
}

// Drop forgets groups that are to be deleted: nothing of them is written any more when it returns.
func (e *Engine) Drop(groups []community.GroupKey) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, g := range groups {
		e.groups.remove(g)
	}
	e.registry.Reset()
	e.saving.Wait()
}
