package app

import (
	"context"
	"time"

	"qunluo/internal/community"
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
func (p *plans) SaveSOP(ctx context.Context, user string, s plan.SOP, reason string) (plan.SOP, error) {
	s.Org, s.User, s.Steps = p.org, user, plan.NameSteps(s.Steps)
	if err := s.Check(); err != nil {
		return s, err
	}
	return p.app.store.SaveSOP(ctx, s, p.audit(user, "", "", reason))
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

// AddToSOP lets a group enter an SOP now.
func (p *plans) AddToSOP(ctx context.Context, user string, id community.ID, g community.GroupKey, reason string) error {
	s, err := p.SOP(ctx, id)
	if err != nil {
		return err
	}
	if _, err := p.mine(ctx, g); err != nil {
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
