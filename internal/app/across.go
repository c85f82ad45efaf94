package app

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/policy"
	"qunluo/internal/replay"
)

// maxSpoken bounds how many messages of all groups are compared when a book is tried on the past.
const maxSpoken = 2_000_000

// acrossPast is what a group's recorded messages were copies of in the organisation's groups, as if each of these had the tried
// rule. Nil where no book looks across groups.
type acrossPast struct {
	found map[int64][]community.Elsewhere
	seen  replay.Across
}

// lookAcross compares a group's messages of a span with those of the organisation's other groups, for books that are tried.
func (a *App) lookAcross(ctx context.Context, g community.GroupKey, from, to int64, books ...*policy.Rulebook) (*acrossPast, error) {
	var rb *policy.Rulebook
	for _, b := range books {
		if b.LooksAcross() {
			rb = b
		}
	}
	if rb == nil {
		return nil, nil
	}
	if to == 0 {
		to = a.millis()
	}
	org, keys, err := a.store.Siblings(ctx, g)
	if err != nil {
		return nil, err
	}
	mirrors, err := a.mirrorsOf(ctx, org, keys)
	if err != nil {
		return nil, err
	}
	mirrors[g] = rb.MirrorTargets()
	roles, marks, err := a.store.Standing(ctx, keys)
	if err != nil {
		return nil, err
	}
	past := &acrossPast{found: map[int64][]community.Elsewhere{}, seen: replay.Across{Groups: len(keys)}}
	crowd := policy.NewCrowd()
	for ev, err := range a.store.Spoken(ctx, keys, max(0, from-policy.CrowdWindow), to, maxSpoken) {
		if err != nil {
			return nil, err
		}
		past.seen.Messages++
		ev.At, ev.Mark = ev.OccurredAt, community.OnTime
		role := ev.Body.Role
		if role == community.RoleNone {
			role = roles[ev.Group][ev.Actor]
		}
		list := crowd.Hear(org, rb, mirrors[ev.Group], &ev, role, marks[ev.Actor])
		if ev.Group == g && len(list) > 0 {
			past.found[ev.Number] = list
		}
	}
	return past, nil
}

// mirrorsOf says into which groups each group's messages are copied today.
func (a *App) mirrorsOf(ctx context.Context, org community.OrgKey, keys []community.GroupKey) (map[community.GroupKey][]community.GroupKey, error) {
	h := a.Hands(org, nil)
	all := make(map[community.GroupKey][]community.GroupKey, len(keys))
	for _, key := range keys {
		book, err := h.bookInForce(ctx, community.GroupRow{Group: community.Group{Key: key}})
		if err != nil {
			return nil, err
		}
		all[key] = book.MirrorTargets()
	}
	return all, nil
}

// over gives events with what was found about them instead of what stands in them.
func (p *acrossPast) over(events replay.Events) replay.Events {
	if p == nil {
		return events
	}
	return func(yield func(community.Event, error) bool) {
		for ev, err := range events {
			ev.Body.Elsewhere = p.found[ev.Number]
			if !yield(ev, err) {
				return
			}
		}
	}
}

// told is what a report says of the comparison; nil = there was none.
func (p *acrossPast) told() *replay.Across {
	if p == nil {
		return nil
	}
	return &p.seen
}
