package app

import (
	"context"
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// Lives compares the groups that entered decline, renewed against not renewed; looked is how many groups were looked at in all.
func (p goals) Lives(ctx context.Context) (l measure.Lives, looked int, err error) {
	facts, looked, err := p.desk().LifeFacts(ctx)
	if err != nil {
		return l, 0, err
	}
	return measure.CompareLives(facts), looked, nil
}

// ReadLives brings what lives rest on up to now: two-way talk, and when groups entered decline.
func (p goals) ReadLives(ctx context.Context) error {
	rules, err := p.StageRules(ctx)
	if err != nil {
		return err
	}
	for g, err := range p.desk().AllGroups(ctx, community.GroupFilter{}) {
		if err != nil {
			return err
		}
		if err := p.app.readGrowth(ctx, g); err != nil {
			return err
		}
		look := glance{app: p.app, desk: p.desk(), org: p.org, group: g.Key, name: g.Name}
		if err := look.life(ctx, rules); err != nil {
			return err
		}
	}
	return nil
}

// life looks when the group entered decline: by its curve, or earlier by a person's word that stands. It looks at all its weeks, since a
// past may be imported and rules may change.
func (l glance) life(ctx context.Context, rules measure.StageRules) error {
	today, err := l.desk.Today(ctx, l.group)
	if err != nil {
		return err
	}
	weeks, err := l.desk.Weeks(ctx, l.group, today-1)
	if err != nil {
		return err
	}
	entered, ok := measure.Entered(weeks, rules)
	words, err := l.desk.Rulings(ctx, l.group)
	if err != nil {
		return err
	}
	words = slices.DeleteFunc(words, func(w measure.Ruling) bool { return w.Stage != measure.StageDecline || w.Ended != 0 })
	if len(words) > 0 {
		g, err := l.desk.GroupByKey(ctx, l.group)
		if err != nil {
			return err
		}
		for _, w := range words {
			if d, _ := measure.DayOf(w.At, zoneFor(g.Zone)); !ok || d < entered {
				entered, ok = d, true
			}
		}
	}
	return l.app.store.PutEntered(ctx, l.group, entered, ok, today-1)
}

// Renewals lists what counts as renewals, by day; g 0 = of all groups.
func (p goals) Renewals(ctx context.Context, g community.GroupKey) ([]measure.Renewal, error) {
	return p.desk().Renewals(ctx, g)
}

// AddRenewal keeps a renewal that a person enters, of today or of the past.
func (p goals) AddRenewal(ctx context.Context, user string, v measure.Renewal) (measure.Renewal, error) {
	row, err := p.mine(ctx, v.Group)
	if err != nil {
		return v, err
	}
	if row.Desk {
		return v, community.Errorf(community.CodeBadInput, "group: an account's desk is no group")
	}
	today, err := p.desk().Today(ctx, v.Group)
	if err != nil {
		return v, err
	}
	if err := v.Check(today); err != nil {
		return v, err
	}
	return p.app.store.AddRenewal(ctx, v, p.audit(user, "renewal.add", subjectOf("group", int64(v.Group)), v.What))
}

// VoidRenewal says that a renewal was entered wrongly: it stays on record and counts for nothing. A play-book that was started is none
// that can be void.
func (p goals) VoidRenewal(ctx context.Context, user string, id community.ID, why string) error {
	if why = strings.TrimSpace(why); why == "" {
		return community.Errorf(community.CodeBadInput, "void: a reason is wanted")
	}
	list, err := p.Renewals(ctx, 0)
	if err != nil {
		return err
	}
	for _, r := range list {
		if r.ID == id {
			return p.app.store.VoidRenewal(ctx, id, why, p.audit(user, "renewal.void", subjectOf("group", int64(r.Group)), why))
		}
	}
	return community.Errorf(community.CodeNotFound, "renewal %s: not found", id)
}
