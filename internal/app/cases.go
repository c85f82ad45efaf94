package app

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/policy"
	"qunluo/internal/replay"
)

// cases is what a person sees and changes of labelled cases.
type cases struct{ *hands }

// Cases makes the handle for labelled cases.
func (a *App) Cases(org community.OrgKey, groups []community.GroupKey) cases {
	return cases{a.Hands(org, groups)}
}

// Find lists labelled cases, the newest first.
func (c cases) Find(ctx context.Context, f community.CaseFilter) ([]community.CaseRow, int, error) {
	return c.desk().FindCases(ctx, f)
}

// maxWhyCase bounds a case's reason, in bytes.
const maxWhyCase = 2000

// Add makes a case of a message: what ought to come of it, and why. The rule may be left out.
func (c cases) Add(ctx context.Context, user string, one community.Case) (community.Case, error) {
	if err := c.sees(ctx, one.Group); err != nil {
		return one, err
	}
	switch {
	case one.Want != community.WantHit && one.Want != community.WantNone:
		return one, community.Errorf(community.CodeBadInput, "want: hit or none, not %q", one.Want)
	case strings.TrimSpace(one.Why) == "":
		return one, community.Errorf(community.CodeBadInput, "why: say why")
	case len(one.Why) > maxWhyCase || len(one.Rule) > community.MaxName:
		return one, community.Errorf(community.CodeTooLarge, "why: at most %d bytes", maxWhyCase)
	case one.Wide && c.groups != nil:
		return one, community.Errorf(community.CodeForbidden, "only who sees all groups may label for all of them")
	}
	near, err := c.desk().Around(ctx, one.Group, one.Event, 0, 0)
	if err != nil {
		return one, err
	}
	if len(near) != 1 || near[0].Type != community.MessageCreated {
		return one, community.Errorf(community.CodeNotFound, "no message %d in group %d", one.Event, one.Group)
	}
	one.User = user
	return c.app.store.AddCase(ctx, one, c.audit(user, "case.add", "", one.Why))
}

// Remove forgets a case: books are judged on it no longer.
func (c cases) Remove(ctx context.Context, user string, id community.ID, reason string) error {
	row, err := c.desk().CaseByID(ctx, id)
	if err != nil {
		return err
	}
	if reason == "" {
		return community.Errorf(community.CodeBadInput, "reason: say why")
	}
	return c.app.store.RemoveCase(ctx, row.Case, c.audit(user, "case.remove", "", reason))
}

// Judge says how the cases that hold for a group stand under a book (empty = the one in force).
func (c cases) Judge(ctx context.Context, g community.GroupKey, book json.RawMessage) ([]replay.Standing, replay.CaseSums, error) {
	group, err := c.mine(ctx, g)
	if err != nil {
		return nil, replay.CaseSums{}, err
	}
	rb, err := c.bookInForce(ctx, group)
	if len(book) > 0 {
		rb, err = c.app.library.Parse(book)
	}
	if err != nil {
		return nil, replay.CaseSums{}, err
	}
	return c.app.standings(ctx, c.org, g, rb)
}

// Publish puts a book in force although labelled cases break by it; despite says why and stays in the trail.
func (c cases) Publish(ctx context.Context, user string, g community.GroupKey, raw json.RawMessage, note, despite string) (int, error) {
	return c.publishDespite(ctx, user, g, raw, note, strings.TrimSpace(despite))
}

func (a *App) standings(ctx context.Context, org community.OrgKey, g community.GroupKey, rb *policy.Rulebook) ([]replay.Standing, replay.CaseSums, error) {
	list, _, err := a.labelled(ctx, org, g)
	out, sum := replay.Cases(rb, list)
	return out, sum, err
}

// caseSums sums up how the labelled cases that hold for a group stand under a book.
func (a *App) caseSums(ctx context.Context, g community.GroupKey, rb *policy.Rulebook) (replay.CaseSums, error) {
	org, err := a.store.OrgOf(ctx, g)
	if err != nil {
		return replay.CaseSums{}, err
	}
	_, sum, err := a.standings(ctx, org, g, rb)
	return sum, err
}

// labelled gives the cases that a group's book is judged on, with their messages and how long the authors had been there.
func (a *App) labelled(ctx context.Context, org community.OrgKey, g community.GroupKey) ([]replay.Labelled, []community.CaseRow, error) {
	rows, said, err := a.store.CasesFor(ctx, org, g)
	if err != nil {
		return nil, nil, err
	}
	desk, stays := a.store.For(community.Scope{Org: org}), map[community.MemberKey][]community.Stay{}
	out := make([]replay.Labelled, len(rows))
	for i, row := range rows {
		ev := said[row.Event]
		if _, read := stays[ev.Actor]; !read && ev.Actor != 0 {
			if stays[ev.Actor], err = desk.Stays(ctx, ev.Actor); err != nil {
				return nil, nil, err
			}
		}
		out[i] = replay.Labelled{Case: row.Case, Said: ev, JoinedMs: beenThere(stays[ev.Actor], &ev)}
	}
	return out, rows, nil
}

// beenThere is for how long the author of a message had been in the group, ms; 0 = not known.
func beenThere(stays []community.Stay, ev *community.Event) int64 {
	for _, s := range stays {
		if s.Group == ev.Group && s.JoinedAt != 0 && s.JoinedAt <= ev.OccurredAt && (s.LeftAt == 0 || s.LeftAt >= ev.OccurredAt) {
			return max(1, ev.OccurredAt-s.JoinedAt)
		}
	}
	return 0
}

// broken are labelled cases that a book to be published breaks.
type broken []community.CaseRow

func (b broken) facts(despite string) []fact {
	if len(b) == 0 {
		return nil
	}
	ids := make([]string, len(b))
	for i, c := range b {
		ids[i] = c.ID.String()
	}
	return []fact{{"broken_cases", ids}, {"despite", despite}}
}

// breaks gives the labelled cases that stand right under the book in force and would stand wrong under another.
func (h *hands) breaks(ctx context.Context, group community.GroupRow, next *policy.Rulebook) (broken, error) {
	list, rows, err := h.app.labelled(ctx, h.org, group.Key)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	now, err := h.bookInForce(ctx, group)
	if err != nil {
		return nil, err
	}
	before, _ := replay.Cases(now, list)
	after, _ := replay.Cases(next, list)
	var out broken
	for _, i := range replay.NewlyBroken(before, after) {
		out = append(out, rows[i])
	}
	return out, nil
}

// refusedFor says that a book is not published because of labelled cases, and the way out.
func refusedFor(b broken) error {
	one := b[0]
	why := one.Why
	if len(why) > 120 {
		why = strings.ToValidUTF8(why[:120], "") + "…"
	}
	want := map[community.Want][2]string{community.WantHit: {"应当命中", "ought to be hit"}, community.WantNone: {"不应命中", "ought not to be hit"}}[one.Want]
	return connect.Trouble(community.CodeConflict,
		fmt.Sprintf("没有发布：这一版会把 %d 个现在判得对的标注案例判错，例如第 %d 条消息（%s：%s）。改规则，或写明为什么仍要发布。", len(b), one.Event, want[0], why),
		fmt.Sprintf("not published: this version judges %d labelled case(s) wrongly that stand right now, e.g. message %d (%s: %s). Change the rules, or say why it is to be published all the same.", len(b), one.Event, want[1], why))
}
