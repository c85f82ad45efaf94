package app

import (
	"context"
	"errors"

	"qunluo/internal/bulk"
	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// errSecond: one more is for two people.
var errSecond = errors.New("a second person is needed")

// single is one act by hand that counts towards the limits of runs over many.
type single struct {
	kind   bulk.Kind
	params bulk.Params
	group  community.GroupKey
	member community.MemberKey
}

// singleOf says whether an action counts.
func singleOf(a community.Action) (single, bool) {
	s := single{group: a.Group, member: a.Target}
	switch {
	case a.Target == 0:
	case a.Verb == community.Remove:
		s.kind, s.params = bulk.Remove, bulk.Params{Block: a.Block}
	case a.Verb == community.Mute:
		s.kind, s.params = bulk.Mute, bulk.Params{Seconds: a.Seconds}
	}
	return s, s.kind != ""
}

// singly does one act by hand and counts it. What one person has done alone beyond the limit is proposed instead: *bulk.Waits. Where
// there is nobody else it goes on, slowly. What the program does by itself is bounded elsewhere.
func (h *hands) singly(ctx context.Context, user, reason string, s single, do func() error) error {
	if user == system {
		return do()
	}
	b := bulks{h}
	rules, err := b.Rules(ctx)
	if err != nil {
		return err
	}
	others, err := b.Others(ctx, user, s.kind)
	if err != nil {
		return err
	}
	now := h.app.millis()
	id, err := h.app.store.AddSingle(ctx, h.org, s.kind, user, now-dayMillis, now, func(spent bulk.Spent, last int64) error {
		second, err := rules.Single(s.kind, spent, others, last, now)
		if err == nil && second {
			err = errSecond
		}
		return err
	})
	if errors.Is(err, errSecond) {
		return h.proposeSingle(ctx, user, reason, s)
	}
	if err != nil {
		return err
	}
	err = do()
	if err == nil {
		return nil
	}
	if undo := h.app.store.DropSingle(ctx, id); undo != nil {
		return errors.Join(err, undo)
	}
	return err
}

// proposeSingle lets a second person confirm what one may not do alone any more.
func (h *hands) proposeSingle(ctx context.Context, user, reason string, s single) error {
	p, err := bulks{h}.add(ctx, bulk.Proposal{Org: h.org, Kind: s.kind, User: user, Reason: reason, Params: s.params, Total: 1, People: 1},
		[]bulk.Item{{Group: s.group, Member: s.member}}, false)
	if err != nil {
		return err
	}
	return &bulk.Waits{Proposal: p.ID, Err: connect.Trouble(community.CodeConflict, "24 小时内你独自做的已到上限，这一次已提交复核，等第二个人确认（编号 "+p.ID.String()+"）。",
		"you have done as many alone in 24 hours as one person may: this one was proposed and waits for a second person ("+p.ID.String()+")")}
}
