package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/plan"
	"qunluo/internal/store"
)

// SOPs lists the SOPs, the newest first.
func (p *plans) SOPs(ctx context.Context, tag string) ([]plan.SOP, error) {
	return p.app.store.SOPs(ctx, p.org, tag)
}

// SOP gives one SOP.
func (p *plans) SOP(ctx context.Context, id community.ID) (plan.SOP, error) {
	return p.app.store.SOPByID(ctx, p.org, id)
}

// SaveSOP makes an SOP (zero ID) or a new version of the one whose version the caller read; steps without an id get one.
// CodeRefused when a group in it cannot get a step at all, or the link check stops one and nothing forces it.
func (p *plans) SaveSOP(ctx context.Context, user string, s plan.SOP, reason string) (plan.SOP, error) {
	s, err := p.readySOP(ctx, s)
	if err != nil {
		return s, err
	}
	found, err := p.CheckSOP(ctx, s)
	if err == nil {
		err = stepRefusal(s.Force, found)
	}
	if err != nil {
		return s, err
	}
	s.User = user
	return p.app.store.SaveSOP(ctx, s, p.audit(user, "", "", cmp.Or(reason, s.Force)))
}

// readySOP checks an SOP and fills in what its files are.
func (p *plans) readySOP(ctx context.Context, s plan.SOP) (plan.SOP, error) {
	s.Org, s.Steps = p.org, plan.NameSteps(s.Steps)
	if err := s.Check(); err != nil {
		return s, err
	}
	for i, step := range s.Steps {
		pieces := slices.Clone(step.Pieces)
		for j, piece := range pieces {
			kept, err := p.KeptFile(ctx, piece.File)
			if err != nil {
				return s, fmt.Errorf("step %d: %w", i+1, err)
			}
			if pieces[j] = kept; piece.Kind == "app" {
				pieces[j].Kind, pieces[j].App = piece.Kind, piece.App
			}
		}
		s.Steps[i].Pieces = pieces
	}
	return s, nil
}

// CheckSOP says what is wrong with the steps of an SOP for the groups in it now: the dated limits of their platforms, what
// their connections take, and the links. Where no group is in it, only the links are judged: a group is when it enters.
func (p *plans) CheckSOP(ctx context.Context, s plan.SOP) ([]plan.StepFinding, error) {
	s, err := p.readySOP(ctx, s)
	if err != nil {
		return nil, err
	}
	var groups []community.GroupRow
	if !s.ID.IsZero() {
		in, err := p.app.store.SOPGroups(ctx, s.ID)
		if err != nil {
			return nil, err
		}
		for _, m := range in {
			if m.Left != 0 {
				continue
			}
			g, err := p.app.store.For(community.Scope{Org: p.org}).GroupByKey(ctx, m.Group)
			if err != nil {
				return nil, err
			}
			groups = append(groups, g)
		}
	}
	return p.stepFindings(ctx, s, groups)
}

// stepFindings judges steps for groups.
func (p *plans) stepFindings(ctx context.Context, s plan.SOP, groups []community.GroupRow) ([]plan.StepFinding, error) {
	now := p.app.millis()
	rules, err := p.LinkRules(ctx)
	if err != nil {
		return nil, err
	}
	var links []string
	for _, step := range s.Steps {
		links = append(links, plan.LinksOf(plan.Spoken(step.Post()))...)
	}
	slices.Sort(links)
	chains := p.follow(ctx, slices.Compact(links), plan.MaxSteps)
	var out []plan.StepFinding
	for i, step := range s.Steps {
		for _, f := range linkFindings(rules, plan.Spoken(step.Post()), chains, platformsOf(groups), now) {
			out = append(out, plan.StepFinding{Step: i + 1, Finding: f})
		}
	}
	rows := make([]plan.Reach, len(groups))
	for i, g := range groups {
		rows[i] = plan.Reach{Group: g, Takes: p.app.way(ctx, g).Takes}
	}
	return append(out, s.Fits(rows, p.app.publicURL(), now)...), nil
}

// stepRefusal says why steps may not be: CodeRefused.
func stepRefusal(force string, list []plan.StepFinding) error {
	for _, f := range list {
		if f.Refuse && (force == "" || plan.Impossible([]plan.Finding{f.Finding})) {
			return connect.Trouble(community.CodeRefused, fmt.Sprintf("第 %d 步：%s：%s（%s）。", f.Step, f.Link, f.Reason[0], f.Found), fmt.Sprintf("Step %d: %s: %s (%s).", f.Step, f.Link, f.Reason[1], f.Found))
		}
	}
	return nil
}

// MoveSOP pauses an SOP or lets it go on.
func (p *plans) MoveSOP(ctx context.Context, user string, id community.ID, to plan.State, reason string) error {
	s, err := p.SOP(ctx, id)
	if err != nil {
		return err
	}
	if to == plan.Scheduled || !plan.MayBecome(s.State, to) {
		return community.Errorf(community.CodeConflict, "it is %s and cannot become %s", s.State, to)
	}
	err = p.app.store.MoveSOP(ctx, s, to, p.audit(user, "", "", reason))
	p.app.jobs.Wake()
	return err
}

// AddToSOP lets a group enter an SOP now. CodeRefused when it cannot get one of the steps at all, or the
// link check of its platform stops one and no reason is given.
func (p *plans) AddToSOP(ctx context.Context, user string, id community.ID, g community.GroupKey, reason string) error {
	s, err := p.SOP(ctx, id)
	if err != nil {
		return err
	}
	group, err := p.mine(ctx, g)
	if err != nil {
		return err
	}
	found, err := p.stepFindings(ctx, s, []community.GroupRow{group})
	if err == nil {
		err = stepRefusal(reason, found)
	}
	if err != nil {
		return err
	}
	if err := p.app.store.EnterSOP(ctx, s, g, p.audit(user, "", "", reason)); err != nil {
		return err
	}
	return p.app.materialise(ctx, s)
}

// RemoveFromSOP takes a group out: nothing more of the SOP is sent to it.
func (p *plans) RemoveFromSOP(ctx context.Context, user string, id community.ID, g community.GroupKey, reason string) error {
	s, err := p.SOP(ctx, id)
	if err != nil {
		return err
	}
	return p.app.store.LeaveSOP(ctx, s, g, p.audit(user, "", "", reason))
}

// foresight is how far ahead a group's next turn is looked for, in milliseconds.
const foresight = 60 * 24 * 3600 * 1000

// SOPGroups lists the groups in an SOP with their next turns.
func (p *plans) SOPGroups(ctx context.Context, id community.ID) ([]plan.Member, error) {
	s, err := p.SOP(ctx, id)
	if err != nil {
		return nil, err
	}
	list, err := p.app.store.SOPGroups(ctx, id)
	now := p.app.millis()
	for i := range list {
		m := &list[i]
		if m.Left != 0 {
			continue
		}
		if slots := plan.Due(s.Steps, m.Entered, zoneFor(m.Zone), now, now+foresight); len(slots) > 0 {
			m.Next = slots[0].Due
		}
	}
	return list, err
}

const (
	jobSOPs = "plan-sops"
	// ahead is how long before their time turns become targets, in milliseconds: an edit that comes later does not change them.
	ahead = 3600 * 1000
)

// lookSOPs materialises the turns that come soon.
func (a *App) lookSOPs(ctx context.Context, _ store.Job) error {
	list, err := a.store.RunningSOPs(ctx)
	if err != nil {
		return err
	}
	for _, s := range list {
		if err := a.materialise(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) materialise(ctx context.Context, s plan.SOP) error {
	groups, err := a.store.SOPGroups(ctx, s.ID)
	if err != nil || s.State != plan.Running {
		return err
	}
	through := a.millis() + ahead
	for _, m := range groups {
		if m.Left != 0 {
			continue
		}
		slots := plan.Due(s.Steps, m.Entered, zoneFor(m.Zone), m.Through, through)
		if len(slots) == 0 {
			continue
		}
		if err := a.store.Materialise(ctx, s, m, slots, through); err != nil {
			return err
		}
	}
	a.jobs.Wake()
	return nil
}

// zoneFor is a group's zone; that of the organisation's figures where the machine does not know it.
func zoneFor(name string) *time.Location {
	for _, n := range []string{name, store.DefaultZone} {
		if zone, err := time.LoadLocation(n); err == nil && n != "" {
			return zone
		}
	}
	return time.UTC
}
