package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"qunluo/internal/admit"
	"qunluo/internal/bulk"
	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
)

// change is a change of a gate, a rule, a plan, a tier's threshold or a cap that was made.
type change struct {
	kind, what string
	ref        string // "book:12", "tier:3", "sop:<id>:4", "code:<id>:2", "cap:<group>:1", "limits:5"
	groups     []community.GroupKey
}

// mostLooked bounds in how many groups one change is looked at.
const mostLooked = 20

// asked gives what was said that a change should move, before it is made. CodeBadInput: neither a figure nor why there is none was said,
// or the figure cannot be had of a group.
func (h *hands) asked(ctx context.Context, groups ...community.GroupKey) (measure.Aim, error) {
	a := measure.AimOf(ctx)
	if err := a.Check(); err != nil {
		return a, connect.Trouble(community.CodeBadInput, "每次改动要写要动哪个数字、几天后复盘（7 到 180），或为什么不动数字。", "every change names the figure it should move and its review (after 7 to 180 days), or says why it moves none: "+err.Error())
	}
	if a.Metric == "" {
		return a, nil
	}
	if a.Group != 0 {
		groups = append(groups[:len(groups):len(groups)], a.Group)
	}
	for _, g := range groups {
		row, err := h.mine(ctx, g)
		if err != nil {
			return a, err
		}
		if row.Desk {
			return a, connect.Trouble(community.CodeBadInput, "账号的私聊没有这些数字：写为什么不动数字。", "an account's desk has no such figures: say why the change moves none")
		}
	}
	return a, nil
}

// noteAim keeps what a change that was just made should move, of each group that it concerns. Whatever stops here leaves the change among
// those of which nobody said so.
func (h *hands) noteAim(ctx context.Context, user string, a measure.Aim, c change) error {
	p, kind, what := goals{h}, cmp.Or(a.Kind, c.kind), clipped(c.what, mostWhat)
	groups := c.groups
	if a.Metric != "" && len(groups) == 0 && a.Group != 0 {
		groups = []community.GroupKey{a.Group}
	}
	if a.Metric == "" || len(groups) == 0 {
		g := community.GroupKey(0)
		if len(groups) == 1 {
			g = groups[0]
		}
		return p.NoFigure(ctx, user, measure.NoFigure{Group: g, Kind: kind, Ref: c.ref, What: what, Why: cmp.Or(strings.TrimSpace(a.Why), concernsNone)})
	}
	for _, g := range groups[:min(len(groups), mostLooked)] {
		today, err := h.desk().Today(ctx, g)
		if err != nil {
			return err
		}
		if _, err := p.AddAdjustment(ctx, user, measure.Adjustment{Group: g, Kind: kind, What: what, Ref: c.ref, Metric: a.Metric, Down: a.Down, By: a.By, Review: today + measure.Day(a.Days)}); err != nil {
			return err
		}
	}
	return nil
}

const concernsNone = "还不涉及任何群 / no group is concerned yet"

// sopGroups are the groups in an SOP now.
func (h *hands) sopGroups(ctx context.Context, id community.ID) (out []community.GroupKey, err error) {
	list, err := h.app.store.SOPGroups(ctx, id)
	for _, m := range list {
		if m.Left == 0 {
			out = append(out, m.Group)
		}
	}
	return out, err
}

// undo restores what stood before a change, where its reference says what that is and nothing was changed since. It gives what was done,
// or why not; a change that is only described is taken back by people.
func (p goals) undo(ctx context.Context, user string, v measure.Adjustment, note string) (did string, err error) {
	at := strings.LastIndex(v.Ref, ":")
	kind, _, _ := strings.Cut(v.Ref, ":")
	restore, ok := map[string]func(goals, context.Context, string, undoing) (int, error){
		"book": goals.undoBook, "tier": goals.undoTier, "sop": goals.undoSOP, "code": goals.undoCode, "cap": goals.undoCap, "limits": goals.undoLimits,
	}[kind]
	if at < 0 || !ok {
		return "", nil
	}
	u := undoing{group: v.Group, subject: v.Ref[:at], note: note}
	if u.n, err = strconv.Atoi(v.Ref[at+1:]); err != nil {
		return "", nil
	}
	ctx = measure.WithAim(ctx, measure.Aim{Why: "撤回 / revert " + v.Ref + ": " + clipped(note, 300)})
	now, err := restore(p, ctx, user, u)
	var waits *bulk.Waits
	switch {
	case errors.As(err, &waits): // restored, and paused until a second person agrees
		return fmt.Sprintf("[%s → %s:%d: %s]", v.Ref, u.subject, now, errPaused), nil
	case err == nil:
		return fmt.Sprintf("[%s:%d → %s:%d]", u.subject, u.n-1, u.subject, now), nil
	case community.CodeOf(err) == community.CodeConflict:
		return fmt.Sprintf("[%s: %s]", v.Ref, errChanged), nil
	case community.CodeOf(err) == community.CodeNotFound:
		return fmt.Sprintf("[%s: %s]", v.Ref, errUnknown), nil
	}
	return "", err
}

// undoing is a change that is taken back.
type undoing struct {
	group   community.GroupKey
	subject string
	n       int
	note    string
}

// id is that of what the subject names.
func (u undoing) id() (community.ID, error) {
	_, text, _ := strings.Cut(u.subject, ":")
	return community.ParseID(text)
}

const (
	errChanged = "已有更新的改动，未自动恢复 / changed since, not restored"
	errUnknown = "改动前的样子没有留存，未自动恢复 / what stood before is not kept, not restored"
	errPaused  = "已恢复，等第二个人同意后继续 / restored, paused until a second person agrees"
)

// undoSOP saves the version of an SOP before another as a new one.
func (p goals) undoSOP(ctx context.Context, user string, u undoing) (int, error) {
	id, err := u.id()
	if err != nil {
		return 0, err
	}
	var was plan.SOP
	if err := p.app.store.PastOf(ctx, p.org, u.subject, u.n, &was); err != nil {
		return 0, err
	}
	plans := p.app.Plans(p.org, p.groups)
	now, err := plans.SOP(ctx, id)
	if err != nil {
		return 0, err
	}
	now.Name, now.Steps, now.Force = was.Name, was.Steps, u.note // what was sent before may be sent again
	made, err := plans.SaveSOP(ctx, user, now, u.note)
	return made.Version, err
}

// undoCode makes a way in as it was before a change. What it leads to stays.
func (p goals) undoCode(ctx context.Context, user string, u undoing) (int, error) {
	id, err := u.id()
	if err != nil {
		return 0, err
	}
	var was admit.Code
	if err := p.app.store.PastOf(ctx, p.org, u.subject, u.n, &was); err != nil {
		return 0, err
	}
	c := p.app.Codes(p.org, p.groups)
	row, err := c.ByID(ctx, id)
	if err != nil {
		return 0, err
	}
	if row.Closed != 0 {
		return 0, community.Errorf(community.CodeConflict, "code %s: closed", id)
	}
	now := row.Code
	now.Name, now.Line, now.State, now.Tags, now.Welcome, now.Overflow, now.Base = was.Name, was.Line, was.State, was.Tags, was.Welcome, was.Overflow, was.Base
	made, err := c.Save(ctx, user, now, u.note)
	return made.Change, err
}

// undoCap makes the size of a group what it was.
func (p goals) undoCap(ctx context.Context, user string, u undoing) (int, error) {
	var was admit.CapRule
	if err := p.app.store.PastOf(ctx, p.org, u.subject, u.n, &was); err != nil {
		return 0, err
	}
	return p.app.Codes(p.org, p.groups).setCap(ctx, user, u.group, was.Most, was.Lead, u.note)
}

// undoLimits makes the limits of sending what they were.
func (p goals) undoLimits(ctx context.Context, user string, u undoing) (int, error) {
	was := plan.DefaultLimits()
	if err := p.app.store.PastOf(ctx, p.org, u.subject, u.n, &was); err != nil {
		return 0, err
	}
	return p.app.Plans(p.org, p.groups).saveLimits(ctx, user, was, u.note)
}
