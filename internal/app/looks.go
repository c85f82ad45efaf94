package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/measure"
	"qunluo/internal/store"
)

const (
	jobLooks  = "look-at-groups"
	looksEach = 6 * time.Hour
)

// lookAtGroups looks at every group once its day is over: what is unlike the same weekdays before, and once a week at its stage.
func (a *App) lookAtGroups(ctx context.Context, _ store.Job) error {
	orgs, err := a.store.Orgs(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, o := range orgs {
		rules, err := a.stageRules(ctx, o.Key)
		if err != nil {
			return err
		}
		desk := a.store.For(community.Scope{Org: o.Key})
		for at := (community.Page{Limit: 200}); ; at.Offset += at.Limit {
			rows, _, err := desk.Goals(ctx, 0, "", at)
			if err != nil {
				return err
			}
			for _, g := range rows {
				look := glance{app: a, desk: desk, org: o.Key, group: g.Group, name: g.Name}
				errs = append(errs, look.day(ctx), look.week(ctx, rules), look.life(ctx, rules))
			}
			if len(rows) < at.Limit {
				break
			}
		}
	}
	return errors.Join(errs...)
}

// glance is a look at one group.
type glance struct {
	app   *App
	desk  *store.Desk
	org   community.OrgKey
	group community.GroupKey
	name  string
}

// day looks at yesterday: at most one alarm for each figure.
func (l glance) day(ctx context.Context) error {
	today, err := l.desk.Today(ctx, l.group)
	if err != nil {
		return err
	}
	yesterday := today - 1
	series, err := l.series(ctx, yesterday)
	if err != nil {
		return err
	}
	for _, m := range measure.OddMetrics() {
		odd, is := measure.LookOdd(m.Name, series[m.Name], m.Downwards)
		if !is {
			continue
		}
		subject := "odd:" + dayRef(l.group, yesterday) + ":" + m.Name
		if done, err := l.told(ctx, subject); err != nil {
			return err
		} else if done {
			continue
		}
		if err := l.alarm(ctx, duty.KindOdd, subject, duty.OddDay{Group: l.name, Metric: m.Name, Day: odd.Day.String(), Num: odd.Num, Den: odd.Den, Usual: odd.Usual, Low: odd.Low, High: odd.High, Weeks: odd.Weeks, Up: odd.Up}.Detail()); err != nil {
			return err
		}
	}
	return nil
}

func dayRef(g community.GroupKey, d measure.Day) string { return fmt.Sprintf("%d:%d", g, d) }

// told reports whether there ever was an alarm about a subject.
func (l glance) told(ctx context.Context, subject string) (bool, error) {
	_, err := l.app.store.AlarmOf(ctx, l.org, subject)
	if community.CodeOf(err) == community.CodeNotFound {
		return false, nil
	}
	return err == nil, err
}

func (l glance) alarm(ctx context.Context, kind, subject, detail string) error {
	_, err := l.app.store.OpenAlarm(ctx, duty.Alarm{Org: l.org, Kind: kind, Subject: subject, Group: l.group, Detail: detail}, community.Audit{})
	if err == nil {
		l.app.alarmMoved(l.org)
	}
	return err
}

// series gives the watched figures day by day until a day.
func (l glance) series(ctx context.Context, to measure.Day) (map[string][]measure.DayValue, error) {
	from := to - measure.OddSpan + 1
	a, err := l.desk.Activity(ctx, l.group, "", from, to)
	if err != nil {
		return nil, err
	}
	reports, err := l.desk.ReportDays(ctx, l.group, from, to)
	if err != nil {
		return nil, err
	}
	out := map[string][]measure.DayValue{}
	listed := !slices.ContainsFunc(a.Daily, func(d measure.Daily) bool { return d.Roster < 1 }) // else the days could not be compared
	for _, d := range a.Daily {
		add := func(metric string, num, den float64, known bool) {
			out[metric] = append(out[metric], measure.DayValue{Day: d.Day, Known: known && d.Covered > 0, Num: num, Den: den})
		}
		roster := 0.0
		if listed {
			roster = float64(max(d.Roster, d.DAU))
		}
		add(measure.OddSpeakers, float64(d.DAU), roster, true)
		add(measure.OddJoins, float64(d.Joins), 0, true)
		add(measure.OddLeaves, float64(d.Leaves), 0, true)
		add(measure.OddComplaints, float64(reports[d.Day]), float64(d.Messages), d.Messages > 0)
	}
	return out, nil
}

// week looks at the stage once the week is complete, and warns of a decline when it begins.
func (l glance) week(ctx context.Context, rules measure.StageRules) error {
	today, err := l.desk.Today(ctx, l.group)
	if err != nil {
		return err
	}
	last, err := l.app.store.StageLooks(ctx, l.group, 1)
	if err != nil {
		return err
	}
	monday := today - measure.Day(today.Weekday()) - 7
	if len(last) > 0 && last[0].Week >= monday {
		return nil
	}
	weeks, err := l.desk.Weeks(ctx, l.group, today-1)
	if err != nil || len(weeks) == 0 {
		return err
	}
	s := measure.Judge(weeks, rules)
	if s.Verdict == measure.StageYoung || s.Verdict == measure.StageUnknown {
		return nil // nothing was seen: when a past is imported, the week is looked at again
	}
	if _, err := l.app.store.PutStageLook(ctx, measure.StageLook{Group: l.group, Week: monday, Verdict: s.Verdict, Warned: s.Alarms()}); err != nil {
		return err
	}
	if !s.Alarms() || len(last) > 0 && last[0].Warned {
		return nil
	}
	w := s.Warning
	if !w.On { // too young for a warning, or it fell too slowly
		w.Usual, w.Recent, w.Since = s.Usual, s.Level, len(weeks)-8
	}
	return l.alarm(ctx, duty.KindDecline, "decline:"+dayRef(l.group, monday), duty.Decline{Group: l.name, Usual: w.Usual, Recent: w.Recent, Score: w.Score, Limit: w.Limit, Since: weeks[max(0, w.Since)].Start.String()}.Detail())
}
