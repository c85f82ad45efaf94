package app

import (
	"context"
	"encoding/json"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/store"
)

// goals is what a person sees and changes of goals, stages and adjustments, bounded as hands are.
type goals struct{ *hands }

// Goals makes the handle for goals, stages and adjustments.
func (a *App) Goals(org community.OrgKey, groups []community.GroupKey) goals {
	return goals{a.Hands(org, groups)}
}

// yesterday is the last complete day in a group's zone.
func (p goals) yesterday(ctx context.Context, g community.GroupKey) (measure.Day, error) {
	today, err := p.desk().Today(ctx, g)
	return today - 1, err
}

// Goal is a group's goal as it stands; Version 0: it has none.
func (p goals) Goal(ctx context.Context, g community.GroupKey) (measure.GoalVersion, error) {
	list, err := p.GoalVersions(ctx, g)
	if err != nil || len(list) == 0 || list[0].Taken() {
		return measure.GoalVersion{}, err
	}
	return list[0], nil
}

// GoalVersions lists a group's goals, the newest first.
func (p goals) GoalVersions(ctx context.Context, g community.GroupKey) ([]measure.GoalVersion, error) {
	if err := p.sees(ctx, g); err != nil {
		return nil, err
	}
	return p.desk().GoalVersions(ctx, g)
}

// SetGoal keeps a new version of a group's goal.
func (p goals) SetGoal(ctx context.Context, user string, g community.GroupKey, goal measure.Goal, reason string) (measure.GoalVersion, error) {
	row, err := p.mine(ctx, g)
	if err != nil {
		return measure.GoalVersion{}, err
	}
	if row.Desk {
		return measure.GoalVersion{}, community.Errorf(community.CodeBadInput, "group: an account's desk has no goal")
	}
	if err := goal.Check(); err != nil {
		return measure.GoalVersion{}, err
	}
	return p.app.store.SetGoal(ctx, g, goal, p.audit(user, "goal.set", subjectOf("group", int64(g)), reason))
}

// GoalList lists groups with their goals, by name; tag "" = with any or none.
func (p goals) GoalList(ctx context.Context, tag string, page community.Page) ([]measure.GoalRow, int, error) {
	return p.desk().Goals(ctx, 0, tag, page)
}

// GoalTargets counts the targets of groups; those without a goal are left out.
func (p goals) GoalTargets(ctx context.Context, groups []community.GroupKey) (map[community.GroupKey]int, error) {
	return p.desk().GoalTargets(ctx, groups)
}

// Achieved compares a goal's targets with the days until yesterday.
func (p goals) Achieved(ctx context.Context, g community.GroupKey, goal measure.Goal) ([]measure.Actual, measure.Day, error) {
	to, err := p.yesterday(ctx, g)
	if err != nil {
		return nil, 0, err
	}
	list, err := achieved(ctx, p.desk(), g, goal, to)
	return list, to, err
}

// achieved compares a goal's targets with the days until one.
func achieved(ctx context.Context, desk *store.Desk, g community.GroupKey, goal measure.Goal, to measure.Day) ([]measure.Actual, error) {
	return goal.Achieve(func(days int) (measure.Activity, measure.Response, error) {
		from := to - measure.Day(days) + 1
		a, err := desk.Activity(ctx, g, "", from, to)
		if err != nil {
			return a, measure.Response{}, err
		}
		_, r, err := desk.Questions(ctx, g, "", from, to)
		return a, r, err
	})
}

// stageSetting is the name of an organisation's rules for stages.
const stageSetting = "stage"

// stageRules are an organisation's rules for stages.
func (a *App) stageRules(ctx context.Context, org community.OrgKey) (measure.StageRules, error) {
	r := measure.DefaultStageRules()
	_, err := a.store.Setting(ctx, org, stageSetting, &r)
	return r, err
}

// StageRules are what stages are told by.
func (p goals) StageRules(ctx context.Context) (measure.StageRules, error) {
	return p.app.stageRules(ctx, p.org)
}

// SetStageRules changes them.
func (p goals) SetStageRules(ctx context.Context, user string, r measure.StageRules, reason string) error {
	if err := r.Check(); err != nil {
		return err
	}
	was, err := p.StageRules(ctx)
	if err != nil {
		return err
	}
	audit := p.audit(user, "stage.rules", "setting:"+stageSetting, reason)
	audit.Before, _ = json.Marshal(was) // plain values
	audit.After, _ = json.Marshal(r)    // plain values
	return p.app.store.PutSetting(ctx, p.org, stageSetting, r, audit)
}

// Stage tells a group's stage by its weeks until yesterday.
func (p goals) Stage(ctx context.Context, g community.GroupKey) (measure.Stage, []measure.Week, error) {
	if err := p.sees(ctx, g); err != nil {
		return measure.Stage{}, nil, err
	}
	rules, err := p.StageRules(ctx)
	if err != nil {
		return measure.Stage{}, nil, err
	}
	to, err := p.yesterday(ctx, g)
	if err != nil {
		return measure.Stage{}, nil, err
	}
	weeks, err := p.desk().Weeks(ctx, g, to)
	return measure.Judge(weeks, rules), weeks, err
}

// Rulings lists people's words about a group's stage, the newest first.
func (p goals) Rulings(ctx context.Context, g community.GroupKey) ([]measure.Ruling, error) {
	return p.desk().Rulings(ctx, g)
}

// Overrule keeps a person's word about a group's stage, until a day.
func (p goals) Overrule(ctx context.Context, user string, v measure.Ruling) (measure.Ruling, error) {
	if err := p.sees(ctx, v.Group); err != nil {
		return v, err
	}
	today, err := p.desk().Today(ctx, v.Group)
	if err != nil {
		return v, err
	}
	if err := v.Check(today); err != nil {
		return v, err
	}
	v.User = user
	return p.app.store.AddRuling(ctx, v, p.audit(user, "stage.overrule", subjectOf("group", int64(v.Group)), v.Reason))
}

// Unrule takes the word back that stands about a group's stage.
func (p goals) Unrule(ctx context.Context, user string, g community.GroupKey, reason string) error {
	if err := p.sees(ctx, g); err != nil {
		return err
	}
	return p.app.store.EndRuling(ctx, g, p.audit(user, "stage.unrule", subjectOf("group", int64(g)), reason))
}

// StageLooks lists what the weekly looks at a group found, the newest first.
func (p goals) StageLooks(ctx context.Context, g community.GroupKey) ([]measure.StageLook, error) {
	if err := p.sees(ctx, g); err != nil {
		return nil, err
	}
	return p.app.store.StageLooks(ctx, g, 26)
}
