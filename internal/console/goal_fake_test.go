package console

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// goalKeeper keeps one goal, a stage that declines while age says it is stable, and one adjustment.
type goalKeeper struct {
	h       *house
	goal    measure.GoalVersion
	rulings []measure.Ruling
	adjusts []measure.Adjustment
	steps   []string
	rules   measure.StageRules
	young   bool
	waiver  string
	asking  bool

	none     []measure.NoFigure
	lives    measure.Lives
	renewals []measure.Renewal
}

func newGoalKeeper(h *house) *goalKeeper {
	return &goalKeeper{h: h, rules: measure.DefaultStageRules()}
}

func (f *goalKeeper) Goal(context.Context, community.GroupKey) (measure.GoalVersion, error) {
	return f.goal, f.h.err
}
func (f *goalKeeper) Waiver(context.Context, community.GroupKey) (measure.Waiver, error) {
	return measure.Waiver{Version: 1, Words: f.waiver, User: "lin"}, f.h.err
}
func (f *goalKeeper) Waive(_ context.Context, _ string, _ community.GroupKey, words string) error {
	f.waiver = words
	return f.h.err
}
func (f *goalKeeper) LeaveWatch(context.Context, community.GroupKey) (w measure.LeaveWatch, err error) {
	if f.asking {
		w.Since = 1
	}
	return w, f.h.err
}
func (f *goalKeeper) AskLeavers(_ context.Context, _ string, _ community.GroupKey, on bool, _ string) error {
	f.asking = on
	return f.h.err
}
func (f *goalKeeper) LeaveTally(context.Context, community.GroupKey, int) (measure.LeaveTally, error) {
	return measure.TallyLeaves(40, map[string]int{measure.LeaveUnclear: 12, "noise": 3}), f.h.err
}
func (f *goalKeeper) LeaveSaid(context.Context, community.GroupKey, int, community.Page) ([]measure.LeaveSaid, int, error) {
	return []measure.LeaveSaid{{Group: f.h.groups[0].Key, Day: 20_000, Answer: "noise", Words: "<b>每天几百条</b>"}}, 1, f.h.err
}
func (f *goalKeeper) GoalVersions(context.Context, community.GroupKey) ([]measure.GoalVersion, error) {
	if f.goal.Version == 0 {
		return nil, f.h.err
	}
	return []measure.GoalVersion{f.goal}, f.h.err
}
func (f *goalKeeper) SetGoal(_ context.Context, user string, _ community.GroupKey, goal measure.Goal, reason string) (measure.GoalVersion, error) {
	if err := goal.Check(); err != nil {
		return f.goal, err
	}
	f.goal = measure.GoalVersion{Goal: goal, Version: f.goal.Version + 1, User: user, Reason: reason, At: fakeNow.UnixMilli()}
	return f.goal, nil
}
func (f *goalKeeper) GoalList(context.Context, string, community.Page) ([]measure.GoalRow, int, error) {
	var out []measure.GoalRow
	for i, g := range f.h.groups {
		row := measure.GoalRow{Group: g.Key, GroupID: g.ID, Name: g.Name, Without: f.waiver}
		if i == 0 {
			row.GoalVersion = f.goal
		}
		out = append(out, row)
	}
	return out, len(out), f.h.err
}
func (f *goalKeeper) GoalTargets(_ context.Context, groups []community.GroupKey) (map[community.GroupKey]int, error) {
	if f.goal.Version == 0 || len(groups) == 0 {
		return nil, f.h.err
	}
	return map[community.GroupKey]int{groups[0]: len(f.goal.Targets)}, f.h.err
}
func (f *goalKeeper) Achieved(_ context.Context, _ community.GroupKey, goal measure.Goal) ([]measure.Actual, measure.Day, error) {
	list, err := goal.Achieve(func(days int) (measure.Activity, measure.Response, error) {
		c := measure.Coverage{Covered: days, Of: days}
		if days == 30 {
			c.Covered = 10
		}
		return measure.Activity{Coverage: c, Speakers: 25}, measure.Response{Answered: measure.Figure{Coverage: c, Withheld: measure.LowCover}}, nil
	})
	return list, 20_000, err
}
func (f *goalKeeper) StageRules(context.Context) (measure.StageRules, error) {
	return f.rules, f.h.err
}
func (f *goalKeeper) SetStageRules(_ context.Context, _ string, r measure.StageRules, _ string) error {
	f.rules = r
	return r.Check()
}
func (f *goalKeeper) Stage(context.Context, community.GroupKey) (measure.Stage, []measure.Week, error) {
	var weeks []measure.Week
	for i, n := range []int64{60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 55, 50, 46, 41, 37, 32, 28, 23} {
		weeks = append(weeks, measure.Week{Start: measure.Day(20_150 + 7*i), Covered: 7, Speakers: n, New: n / 10, Messages: 5 * n, Top: 2 * n})
	}
	weeks[3].Holiday = measure.NationalDay
	if f.young {
		weeks = weeks[:3]
	}
	return measure.Judge(weeks, f.rules), weeks, f.h.err
}
func (f *goalKeeper) Rulings(context.Context, community.GroupKey) ([]measure.Ruling, error) {
	return f.rulings, f.h.err
}
func (f *goalKeeper) Overrule(_ context.Context, user string, v measure.Ruling) (measure.Ruling, error) {
	v.User, v.At = user, fakeNow.UnixMilli()
	f.rulings = append([]measure.Ruling{v}, f.rulings...)
	return v, nil
}
func (f *goalKeeper) Unrule(_ context.Context, user string, _ community.GroupKey, _ string) error {
	f.rulings[0].Ended, f.rulings[0].EndedBy = fakeNow.UnixMilli(), user
	return nil
}
func (f *goalKeeper) StageLooks(_ context.Context, g community.GroupKey) ([]measure.StageLook, error) {
	return []measure.StageLook{{Group: g, Week: 20_339, Verdict: measure.StageDecline, Warned: true}}, f.h.err
}
func (f *goalKeeper) Playbook(context.Context) ([]string, error) { return f.steps, f.h.err }
func (f *goalKeeper) SetPlaybook(_ context.Context, _ string, steps []string, _ string) error {
	f.steps = steps
	return nil
}
func (f *goalKeeper) StartPlaybook(_ context.Context, user string, g community.GroupKey, steps []string, review measure.Day) (measure.Adjustment, error) {
	if len(steps) == 0 {
		return measure.Adjustment{}, community.Errorf(community.CodeBadInput, "steps: none")
	}
	return f.AddAdjustment(context.Background(), user, measure.Adjustment{Group: g, Kind: measure.AdjustPlaybook, What: steps[0], Metric: measure.MoveSpeakers, Review: review})
}
func (f *goalKeeper) AddAdjustment(ctx context.Context, user string, v measure.Adjustment) (measure.Adjustment, error) {
	v.ID, v.User, v.State, v.At = fakeID(900+len(f.adjusts)), user, measure.AdjustOpen, fakeNow.UnixMilli()
	v.Day, _ = f.h.Today(ctx, v.Group)
	if err := v.Check(); err != nil {
		return v, err
	}
	f.adjusts = append(f.adjusts, v)
	return v, nil
}
func (f *goalKeeper) Adjustments(context.Context, measure.AdjustFilter, community.Page) ([]measure.Adjustment, int, error) {
	return f.adjusts, len(f.adjusts), f.h.err
}
func (f *goalKeeper) Unnamed(context.Context) ([]measure.Unnamed, error) {
	return []measure.Unnamed{{Group: f.h.groups[0].Key, Ref: "book:7", What: "广告从严", At: fakeNow.UnixMilli()}, {Ref: "sop:x", What: "换了文案", At: fakeNow.UnixMilli()}}, f.h.err
}
func (f *goalKeeper) Adjustment(_ context.Context, id community.ID) (measure.Adjustment, error) {
	return one(f.adjusts, func(v measure.Adjustment) bool { return v.ID == id })
}
func (f *goalKeeper) Effect(_ context.Context, v measure.Adjustment) (measure.Effect, error) {
	return measure.Effect{Before: 20, After: 14, DaysB: 28, DaysA: 27, OfB: 28, OfA: 27, Diff: -6, Low: -9.5, High: -2.5, Moved: measure.MovedAsMeant}, f.h.err
}
func (f *goalKeeper) Review(ctx context.Context, user string, id community.ID, keep bool, note string) (measure.Adjustment, error) {
	for i := range f.adjusts {
		v := &f.adjusts[i]
		if v.ID != id {
			continue
		}
		if v.Effect != nil {
			return *v, community.Errorf(community.CodeConflict, "decided")
		}
		e, _ := f.Effect(ctx, *v)
		v.State, v.Decider, v.Note, v.Effect, v.Decided = measure.AdjustReverted, user, note, &e, fakeNow.UnixMilli()
		if keep {
			v.State = measure.AdjustKept
		}
		return *v, nil
	}
	return measure.Adjustment{}, community.Errorf(community.CodeNotFound, "no such adjustment")
}
func (f *goalKeeper) Effects(context.Context) ([]measure.Pooled, error) {
	var list []measure.Effect
	for _, v := range f.adjusts {
		if v.Effect != nil {
			list = append(list, *v.Effect)
		}
	}
	if len(list) == 0 {
		return nil, f.h.err
	}
	return []measure.Pooled{measure.Pool(measure.AdjustGate, measure.MoveLeaves, list)}, f.h.err
}
func (f *goalKeeper) Lives(context.Context) (measure.Lives, int, error) { return f.lives, 3, f.h.err }
func (f *goalKeeper) Renewals(context.Context, community.GroupKey) ([]measure.Renewal, error) {
	return f.renewals, f.h.err
}
func (f *goalKeeper) AddRenewal(_ context.Context, user string, v measure.Renewal) (measure.Renewal, error) {
	v.ID, v.User, v.At = fakeID(950+len(f.renewals)), user, fakeNow.UnixMilli()
	if err := v.Check(20_779); err != nil {
		return v, err
	}
	f.renewals = append(f.renewals, v)
	return v, nil
}
func (f *goalKeeper) VoidRenewal(_ context.Context, user string, id community.ID, why string) error {
	for i := range f.renewals {
		if f.renewals[i].ID == id {
			f.renewals[i].Voided, f.renewals[i].VoidUser, f.renewals[i].VoidWhy = fakeNow.UnixMilli(), user, why
			return nil
		}
	}
	return community.Errorf(community.CodeNotFound, "no such renewal")
}
func (f *goalKeeper) NoFigure(_ context.Context, user string, v measure.NoFigure) error {
	v.User, v.At = user, fakeNow.UnixMilli()
	if err := v.Check(); err != nil {
		return err
	}
	f.none = append(f.none, v)
	return nil
}
func (f *goalKeeper) NoFigures(context.Context, community.GroupKey) ([]measure.NoFigure, error) {
	return f.none, f.h.err
}
