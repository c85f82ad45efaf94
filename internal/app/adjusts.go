package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/store"
	"qunluo/internal/tier"
)

const (
	jobAdjusts  = "review-adjustments"
	adjustsEach = time.Hour
	mostSteps   = 12
	maxStep     = 500 // bytes
	stepsDue    = 7 * day
)

// playbookSetting is the name of an organisation's steps against a decline.
const playbookSetting = "playbook"

// AddAdjustment keeps a change of today with the figure that it should move.
func (p goals) AddAdjustment(ctx context.Context, user string, v measure.Adjustment) (measure.Adjustment, error) {
	row, err := p.mine(ctx, v.Group)
	if err != nil {
		return v, err
	}
	if row.Desk {
		return v, community.Errorf(community.CodeBadInput, "group: an account's desk has no figures")
	}
	if v.Day, err = p.desk().Today(ctx, v.Group); err != nil {
		return v, err
	}
	v.Org, v.User = p.org, user
	if err := v.Check(); err != nil {
		return v, err
	}
	return p.app.store.AddAdjustment(ctx, v, p.audit(user, "adjust.add", "", v.What))
}

// Adjustments lists changes, the newest first.
func (p goals) Adjustments(ctx context.Context, f measure.AdjustFilter, page community.Page) ([]measure.Adjustment, int, error) {
	return p.desk().Adjustments(ctx, f, page)
}

// unnamedPast is how far back changes are looked for of which nobody said what they should move, in milliseconds.
const unnamedPast = 60 * day

// Unnamed lists changes of the last weeks of which nobody said what they should move, the newest first.
func (p goals) Unnamed(ctx context.Context) ([]measure.Unnamed, error) {
	return p.desk().UnnamedChanges(ctx, p.app.millis()-unnamedPast)
}

// Adjustment gives one; CodeNotFound.
func (p goals) Adjustment(ctx context.Context, id community.ID) (measure.Adjustment, error) {
	return p.desk().AdjustmentByID(ctx, id)
}

// Effect compares the days before a change with those after it, as far as they have passed.
func (p goals) Effect(ctx context.Context, v measure.Adjustment) (measure.Effect, error) {
	today, err := p.desk().Today(ctx, v.Group)
	if err != nil {
		return measure.Effect{}, err
	}
	from, to, since, until := v.Spans(today)
	before, err := p.dayValues(ctx, v.Group, v.Metric, from, to)
	if err != nil {
		return measure.Effect{}, err
	}
	var after []measure.DayValue
	if until >= since {
		if after, err = p.dayValues(ctx, v.Group, v.Metric, since, until); err != nil {
			return measure.Effect{}, err
		}
	}
	return v.Compare(before, after), nil
}

// dayValues gives a figure of a group day by day.
func (p goals) dayValues(ctx context.Context, g community.GroupKey, metric string, from, to measure.Day) ([]measure.DayValue, error) {
	a, err := p.desk().Activity(ctx, g, "", from, to)
	if err != nil {
		return nil, err
	}
	out := make([]measure.DayValue, len(a.Daily))
	for i, d := range a.Daily {
		out[i] = measure.DayValue{Day: d.Day, Known: d.Covered > 0}
		switch metric {
		case measure.MoveSpeakers:
			out[i].Num = float64(d.DAU)
		case measure.MoveMessages:
			out[i].Num = float64(d.Messages)
		case measure.MoveJoins:
			out[i].Num = float64(d.Joins)
		case measure.MoveLeaves:
			out[i].Num = float64(d.Leaves)
		}
	}
	if metric == measure.MoveAnswered {
		err = p.answeredDays(ctx, g, from, to, out)
	}
	return out, err
}

// answeredDays counts the questions of each day, and those that were answered.
func (p goals) answeredDays(ctx context.Context, g community.GroupKey, from, to measure.Day, out []measure.DayValue) error {
	list, _, err := p.desk().Questions(ctx, g, "", from, to)
	if err != nil {
		return err
	}
	row, err := p.mine(ctx, g)
	if err != nil {
		return err
	}
	zone, err := time.LoadLocation(row.Zone)
	if err != nil {
		return err
	}
	for _, q := range list {
		day, _ := measure.DayOf(q.At, zone)
		if day < from || day > to {
			continue
		}
		out[day-from].Den++
		if state, _ := q.State(); state != measure.OpenQuestion {
			out[day-from].Num++
		}
	}
	return nil
}

// NoFigure keeps that a change is to move no figure, and why.
func (p goals) NoFigure(ctx context.Context, user string, v measure.NoFigure) error {
	if v.Group != 0 {
		if err := p.sees(ctx, v.Group); err != nil {
			return err
		}
	}
	if err := v.Check(); err != nil {
		return err
	}
	v.What = clipped(v.What, mostWhat)
	return p.app.store.PutNoFigure(ctx, p.org, v, p.audit(user, "adjust.none", "", v.Why))
}

// mostWhat bounds what is kept of a change's words, in bytes.
const mostWhat = 400

// NoFigures lists changes that are to move no figure, the newest first; g 0 = all.
func (p goals) NoFigures(ctx context.Context, g community.GroupKey) ([]measure.NoFigure, error) {
	return p.desk().NoFigures(ctx, g)
}

// undoBook publishes the rulebook before a version anew. CodeConflict: it is not in force any more, or was the first.
func (p goals) undoBook(ctx context.Context, user string, u undoing) (int, error) {
	g, version := u.group, u.n
	row, err := p.mine(ctx, g)
	if err != nil {
		return 0, err
	}
	if row.Book != version || version < 2 {
		return 0, community.Errorf(community.CodeConflict, "book %d: not the one in force, or the first", version)
	}
	body, err := p.app.store.BookBody(ctx, g, version-1)
	if err != nil {
		return 0, err
	}
	var doc map[string]any
	if err := json.Unmarshal(body, &doc); err != nil {
		return 0, err
	}
	doc["mode"] = row.Mode
	if body, err = json.Marshal(doc); err != nil {
		return 0, err
	}
	return p.Publish(ctx, user, g, body, u.note)
}

// undoTier makes the rules of tiers before a version those of the group. CodeConflict: it is not in force any more.
func (p goals) undoTier(ctx context.Context, user string, u undoing) (int, error) {
	g, version := u.group, u.n
	t := p.app.Tiers(p.org, p.groups)
	list, err := t.Versions(ctx, g)
	if err != nil {
		return 0, err
	}
	if len(list) == 0 || list[0].Version != version {
		return 0, community.Errorf(community.CodeConflict, "rules %d: not those in force", version)
	}
	before := tier.Default()
	for _, v := range list {
		if v.Version == version-1 {
			before = v.Rules
		}
	}
	return t.SetRules(ctx, user, g, version, before, u.note)
}

// Review records that a change stays or is taken back, with what is seen of its figure now. Taking back restores what stood before where
// that is known and nothing was changed since. CodeConflict: somebody has decided.
func (p goals) Review(ctx context.Context, user string, id community.ID, keep bool, note string) (measure.Adjustment, error) {
	v, err := p.Adjustment(ctx, id)
	if err != nil {
		return v, err
	}
	if strings.TrimSpace(note) == "" {
		return v, community.Errorf(community.CodeBadInput, "note: say why")
	}
	e, err := p.Effect(ctx, v)
	if err != nil {
		return v, err
	}
	if v.State != measure.AdjustOpen && v.State != measure.AdjustDue {
		return v, community.Errorf(community.CodeConflict, "somebody has decided")
	}
	v.State, v.Decider, v.Note, v.Effect = measure.AdjustReverted, user, note, &e
	if keep {
		v.State = measure.AdjustKept
	} else if did, err := p.undo(ctx, user, v, note); err != nil {
		return v, err
	} else if did != "" {
		v.Note += " " + did
	}
	if err := p.app.store.DecideAdjustment(ctx, v, p.audit(user, "adjust.review", "", note)); err != nil {
		return v, err
	}
	if err := p.app.todoDone(ctx, p.hands, v.Group, adjustPath(id), user, note); err != nil {
		return v, err
	}
	return p.Adjustment(ctx, id)
}

func adjustPath(id community.ID) string { return "/adjustments/" + id.String() }

// reviewAdjustments asks people to look at changes whose day has come.
func (a *App) reviewAdjustments(ctx context.Context, _ store.Job) error {
	tomorrow := measure.Day(a.millis()/day) + 1 // zones are less than a day from UTC; the group's own day is looked at below
	list, err := a.store.AdjustmentsToReview(ctx, tomorrow)
	if err != nil {
		return err
	}
	var errs []error
	for _, v := range list {
		errs = append(errs, a.askReview(ctx, v))
	}
	return errors.Join(errs...)
}

func (a *App) askReview(ctx context.Context, v measure.Adjustment) error {
	today, err := a.store.For(community.Scope{Org: v.Org}).Today(ctx, v.Group)
	if err != nil || today < v.Review {
		return err
	}
	p := community.PersonDecision{Kind: "act", User: system, Reason: "adjustment", Actions: []community.Action{{
		Verb: community.Todo, Group: v.Group, Until: a.millis() + stepsDue,
		Text: "到了复盘的日子，看前后对比，决定保留还是撤回：" + v.What + " " + a.base() + adjustPath(v.ID),
	}}}
	made, err := a.engine.DecideOnce(ctx, v.Group, "adjust:"+v.ID.String(), p, community.Audit{Org: v.Org, User: system, Verb: "adjust.ask", Subject: "adjustment:" + v.ID.String()})
	if err != nil {
		return err
	}
	task := community.ID{}
	if len(made) > 0 && len(made[0].Actions) > 0 {
		task = made[0].Actions[0].ID
	}
	return a.store.AdjustmentDue(ctx, v.ID, task)
}

// Playbook are the steps against a decline that the organisation wrote; empty = it has written none.
func (p goals) Playbook(ctx context.Context) (steps []string, err error) {
	_, err = p.app.store.Setting(ctx, p.org, playbookSetting, &steps)
	return steps, err
}

// SetPlaybook changes them.
func (p goals) SetPlaybook(ctx context.Context, user string, steps []string, reason string) error {
	if err := checkSteps(steps); err != nil {
		return err
	}
	return p.app.store.PutSetting(ctx, p.org, playbookSetting, steps, p.audit(user, "playbook.set", "setting:"+playbookSetting, reason))
}

func checkSteps(steps []string) error {
	if len(steps) == 0 || len(steps) > mostSteps {
		return community.Errorf(community.CodeBadInput, "steps: want 1 to %d", mostSteps)
	}
	for _, s := range steps {
		if strings.TrimSpace(s) == "" || len(s) > maxStep {
			return community.Errorf(community.CodeBadInput, "steps: want 1 to %d bytes each", maxStep)
		}
	}
	return nil
}

// StartPlaybook makes a task of every step and keeps the change, so that its effect is looked at on the day of review.
func (p goals) StartPlaybook(ctx context.Context, user string, g community.GroupKey, steps []string, review measure.Day) (measure.Adjustment, error) {
	if err := checkSteps(steps); err != nil {
		return measure.Adjustment{}, err
	}
	v, err := p.AddAdjustment(ctx, user, measure.Adjustment{Group: g, Kind: measure.AdjustPlaybook, What: fmt.Sprintf("%d: %s", len(steps), clipped(steps[0], 120)), Metric: measure.MoveSpeakers, Review: review})
	if err != nil {
		return v, err
	}
	var actions []community.Action
	for i, s := range steps {
		actions = append(actions, community.Action{Verb: community.Todo, Group: g, Text: fmt.Sprintf("%d/%d %s", i+1, len(steps), s), Until: p.app.millis() + stepsDue, Rule: community.NoticeRule})
	}
	_, err = p.app.engine.DecideOnce(ctx, g, "playbook:"+v.ID.String(), community.PersonDecision{Kind: "act", User: user, Reason: "playbook", Actions: actions}, p.audit(user, "playbook.start", "adjustment:"+v.ID.String(), v.What))
	p.app.jobs.Wake()
	return v, err
}

// clipped is the beginning of a text, cut between characters.
func clipped(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return clipText(s, most) + "…"
}

// Effects sums up what reviewed changes of each kind did to each figure.
func (p goals) Effects(ctx context.Context) ([]measure.Pooled, error) {
	var list []measure.Adjustment
	for at := (community.Page{Limit: 200}); at.Offset < 5000; at.Offset += at.Limit {
		part, total, err := p.desk().Adjustments(ctx, measure.AdjustFilter{}, at)
		if err != nil {
			return nil, err
		}
		if list = append(list, part...); len(part) == 0 || len(list) >= total {
			break
		}
	}
	var out []measure.Pooled
	for _, kind := range measure.AdjustKinds() {
		for _, metric := range measure.MoveMetrics() {
			var effects []measure.Effect
			for _, v := range list {
				if v.Kind == kind && v.Metric == metric && v.Effect != nil {
					effects = append(effects, *v.Effect)
				}
			}
			if len(effects) > 0 {
				out = append(out, measure.Pool(kind, metric, effects))
			}
		}
	}
	return out, nil
}
