package app

import (
	"context"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/founding"
	"qunluo/internal/rights"
)

// beginSetting keeps what people decided of the first steps.
const beginSetting = "begin"

// beginning leads through the first steps of a house.
type beginning struct{ *hands }

// Beginning makes the handle of an organisation's first steps.
func (a *App) Beginning(org community.OrgKey) beginning { return beginning{a.Hands(org, nil)} }

// start is what people decided of the steps.
func (b beginning) start(ctx context.Context) (s founding.Start, err error) {
	_, err = b.app.store.Setting(ctx, b.org, beginSetting, &s)
	return s, err
}

// Steps gives how the first steps stand; closed = it is spoken of no more.
func (b beginning) Steps(ctx context.Context) (steps []founding.FirstStep, closed bool, err error) {
	s, err := b.start(ctx)
	if err != nil {
		return nil, false, err
	}
	steps, err = b.lead(ctx, s)
	return steps, s.Closed, err
}

// Next names the first step that is open, and how many are; nothing is looked at where nobody is to be reminded.
func (b beginning) Next(ctx context.Context) (name string, left int, err error) {
	s, err := b.start(ctx)
	if err != nil || s.Closed {
		return "", 0, err
	}
	steps, err := b.lead(ctx, s)
	name, left = founding.Next(steps)
	return name, left, err
}

// lead looks at how the steps stand.
func (b beginning) lead(ctx context.Context, s founding.Start) ([]founding.FirstStep, error) {
	missing := map[string][]string{}
	for _, look := range []func(context.Context, map[string][]string) error{b.lookGroups, b.lookPeople} {
		if err := look(ctx, missing); err != nil {
			return nil, err
		}
	}
	return s.Lead(missing), nil
}

func (b beginning) lookGroups(ctx context.Context, missing map[string][]string) error {
	accounts, err := b.desk().Accounts(ctx)
	if err != nil {
		return err
	}
	if len(accounts) == 0 {
		missing[founding.StepConnect] = nil
	}
	goal, err := b.desk().AnyGoal(ctx)
	if err != nil {
		return err
	}
	if !goal {
		missing[founding.StepGoal] = nil
	}
	_, live, err := b.desk().FindGroups(ctx, community.GroupFilter{Mode: community.Live, Bare: true, Page: community.Page{Limit: 1}})
	if err == nil && live == 0 {
		missing[founding.StepLive] = nil
	}
	return err
}

func (b beginning) lookPeople(ctx context.Context, missing map[string][]string) error {
	users, err := b.app.store.Users(ctx, b.org)
	if err != nil {
		return err
	}
	people, owners, bare := 0, 0, 0
	for _, u := range users {
		if !u.Enabled {
			continue
		}
		if people++; rights.Role(u.Role) != rights.Owner {
			continue
		}
		owners++
		f, err := b.app.store.Factor(ctx, u.Key)
		if err != nil {
			return err
		}
		if !f.On() {
			bare++
		}
	}
	roster, err := b.app.store.Roster(ctx, b.org)
	if err != nil {
		return err
	}
	lacks := func(step, what string, is bool) {
		if is {
			missing[step] = append(missing[step], what)
		}
	}
	lacks(founding.StepPeople, "second", people < 2)
	lacks(founding.StepPeople, "duty", len(roster.Shifts) == 0)
	lacks(founding.StepSafe, "tls", b.app.cfg.Server.Insecure)
	lacks(founding.StepSafe, "address", b.app.cfg.Server.PublicURL == "")
	lacks(founding.StepSafe, "owners", owners < 2)
	lacks(founding.StepSafe, "factor", bare > 0)
	return nil
}

// Skip leaves a step out, or takes that back. community.CodeBadInput: there is no such step.
func (b beginning) Skip(ctx context.Context, user, step string, skip bool) error {
	if !slices.Contains(founding.FirstSteps(), step) {
		return community.Errorf(community.CodeBadInput, "step: want one of %v", founding.FirstSteps())
	}
	s, err := b.start(ctx)
	if err != nil {
		return err
	}
	s.Skipped = slices.DeleteFunc(s.Skipped, func(have string) bool { return have == step })
	verb := "begin.unskip"
	if skip {
		s.Skipped, verb = append(s.Skipped, step), "begin.skip"
	}
	return b.app.store.PutSetting(ctx, b.org, beginSetting, s, b.audit(user, verb, "setting:begin", step))
}

// Close says that the steps are spoken of no more, or again.
func (b beginning) Close(ctx context.Context, user string, closed bool) error {
	s, err := b.start(ctx)
	if err != nil {
		return err
	}
	verb := "begin.open"
	if s.Closed = closed; closed {
		verb = "begin.close"
	}
	return b.app.store.PutSetting(ctx, b.org, beginSetting, s, b.audit(user, verb, "setting:begin", ""))
}
