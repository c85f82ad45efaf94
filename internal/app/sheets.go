package app

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/store"
	"qunluo/internal/tier"
)

// sheets gather what is known of groups, bounded as a desk is.
type sheets struct {
	app  *App
	desk *store.Desk
	org  community.OrgKey
}

// sheetsFor opens them for some groups of an organisation; nil = all.
func (a *App) sheetsFor(org community.OrgKey, groups []community.GroupKey) sheets {
	return sheets{a, a.store.For(community.Scope{Org: org, Groups: groups}), org}
}

// sheet is every figure of one group on the days [from, to].
func (s sheets) sheet(ctx context.Context, g community.GroupRow, from, to measure.Day) (measure.Sheet, error) {
	out := measure.Sheet{Group: g.Key, GroupID: g.ID, Name: g.Name, From: from, To: to}
	f, err := s.basics(ctx, g, from, to)
	if err != nil {
		return out, err
	}
	if err := s.depths(ctx, g, from, to, &f); err != nil {
		return out, err
	}
	out.Lines = measure.MakeSheet(f)
	return out, nil
}

// basics are what a weekly report says of a group too.
func (s sheets) basics(ctx context.Context, g community.GroupRow, from, to measure.Day) (measure.SheetFacts, error) {
	f := measure.SheetFacts{From: from, To: to}
	var err error
	if f.Activity, err = s.desk.Activity(ctx, g.Key, "", from, to); err != nil {
		return f, err
	}
	if _, f.Response, err = s.desk.Questions(ctx, g.Key, "", from, to); err != nil {
		return f, err
	}
	rules, err := s.app.stageRules(ctx, s.org)
	if err != nil {
		return f, err
	}
	weeks, err := s.desk.Weeks(ctx, g.Key, to)
	if err != nil {
		return f, err
	}
	stage := measure.Judge(weeks, rules)
	f.Stage = &stage
	if err := s.decided(ctx, g, to, &f); err != nil {
		return f, err
	}
	zone := zoneFor(g.Zone)
	alarms, reviews, err := s.desk.GroupAlarms(ctx, from.Start(zone), (to + 1).Start(zone), to)
	f.Alarms, f.Reviews = alarms[g.Key], reviews[g.Key]
	return f, err
}

// decided are what people said of a group, and what its rules made of its members.
func (s sheets) decided(ctx context.Context, g community.GroupRow, to measure.Day, f *measure.SheetFacts) error {
	rulings, err := s.desk.Rulings(ctx, g.Key)
	if err != nil {
		return err
	}
	for _, r := range rulings {
		if r.Ended == 0 && r.Until >= to {
			f.Ruled = r.Stage
		}
	}
	goals, err := s.desk.GoalVersions(ctx, g.Key)
	if err != nil {
		return err
	}
	if len(goals) > 0 {
		f.HasGoal = true
		if f.Targets, err = achieved(ctx, s.desk, g.Key, goals[0].Goal, to); err != nil {
			return err
		}
	}
	rows, err := s.app.store.TierRows(ctx, g.Key, 0, tier.None)
	if err != nil {
		return err
	}
	var stands []tier.Tier
	for _, r := range rows {
		if r.Tier != tier.None {
			stands = append(stands, r.Tier)
		}
	}
	for _, share := range tier.Default().Shares(stands) {
		f.Tiers = append(f.Tiers, measure.TierPart{Tier: string(share.Tier), Count: share.Count, Of: share.Of})
	}
	return nil
}

// depths are the figures that take more reading.
func (s sheets) depths(ctx context.Context, g community.GroupRow, from, to measure.Day, f *measure.SheetFacts) error {
	h, err := s.desk.History(ctx, g.Key, to)
	if err != nil {
		return err
	}
	kept := measure.Keep(h, measure.ByFirst, 1, 1)
	f.Retention = &kept
	tr, err := s.desk.Traces(ctx, g.Key, h)
	if err != nil {
		return err
	}
	board := measure.MakeBoard(measure.Ways(h, tr), h, from, to, nil)
	f.Board = &board
	contacts, cover, err := s.desk.Contacts(ctx, g.Key, from, to)
	if err != nil {
		return err
	}
	bonds := measure.Bind(contacts, cover)
	f.Bonds = &bonds
	months, err := figures{s.desk, s.app, s.org}.Growth(ctx, g, 1)
	if err == nil && len(months) > 0 {
		f.Growth = &months[0]
	}
	return err
}

// Beside gives the sheets of two to four groups, in their order.
func (f figures) Beside(ctx context.Context, groups []community.GroupKey, from, to measure.Day) ([]measure.Sheet, error) {
	if err := measure.CheckBeside(groups, from, to); err != nil {
		return nil, err
	}
	var out []measure.Sheet
	for _, key := range groups {
		g, err := f.desk.GroupByKey(ctx, key)
		if err != nil {
			return nil, err
		}
		one, err := sheets{f.app, f.desk, f.org}.sheet(ctx, g, from, to)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}
