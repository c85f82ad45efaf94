package engine

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/store"
)

// A mark (bot, staff, neither) is a person's word about a member everywhere. Deciders see it as an event of each group's
// log, so that replay sees it too: in the groups where the member is on record at once, in any other right before the
// member's first event there.

// Mark takes a person's word about a member in, in the groups named. audit is written once.
func (e *Engine) Mark(ctx context.Context, groups []community.GroupKey, m community.MemberKey, mark community.Role, user, reason string, audit community.Audit) error {
	in := make([]community.Inbound, len(groups))
	for i, g := range groups {
		in[i] = community.Inbound{Type: community.MemberMarked, GroupKey: g, SubjectKey: m, Key: e.o.Store.NewID().String(),
			Body: community.Body{Role: mark, Source: user, Reason: reason}}
	}
	if len(in) == 0 {
		return community.Errorf(community.CodeConflict, "member %d: in no group", m)
	}
	in[0].Audit = &audit
	_, err := e.Apply(ctx, in...)
	return err
}

// tellMarks puts before an event the marks of its people that the group's log does not hold yet.
func (e *Engine) tellMarks(ctx context.Context, b *batch, it *item) error {
	ev := &it.draft.Event
	if ev.Type == community.MemberMarked {
		return nil
	}
	for _, m := range []community.MemberKey{ev.Actor, ev.Subject} {
		if m == 0 {
			continue
		}
		mark, err := e.registry.Untold(ctx, b.tx, ev.Group, m)
		if err != nil {
			return err
		}
		if mark == "" {
			continue
		}
		told := &item{in: &community.Inbound{}, g: it.g, out: &Outcome{}, draft: store.Draft{Key: e.o.Store.NewID().String(), Event: community.Event{
			Group: ev.Group, Type: community.MemberMarked, OccurredAt: ev.OccurredAt, ReceivedAt: ev.ReceivedAt, Subject: m, Body: community.Body{Role: mark},
		}}}
		told.draft.Seal()
		it.marks = append(it.marks, told)
	}
	return nil
}

// takeMarks puts the marks among the batch's events, each before the event that led to it.
func (b *batch) takeMarks(ctx context.Context) error {
	n := 0
	for _, it := range b.items {
		n += len(it.marks)
	}
	if n == 0 {
		return nil
	}
	all := make([]*item, 0, len(b.items)+n)
	for _, it := range b.items {
		all = append(append(all, it.marks...), it)
	}
	b.items = all
	last, err := b.tx.Numbers(ctx, n)
	b.last = last
	return err
}
