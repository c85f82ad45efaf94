package app

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/console"
	"qunluo/internal/measure"
	"qunluo/internal/store"
)

// figures gives the console its numbers.
type figures struct{ desk *store.Desk }

// Figures makes the handle through which one person sees numbers.
func (a *App) Figures(org community.OrgKey, groups []community.GroupKey) figures {
	return figures{a.store.For(community.Scope{Org: org, Groups: groups})}
}

// span is the last days, today included.
func (f figures) span(ctx context.Context, g community.GroupKey, days int) (from, to measure.Day, err error) {
	to, err = f.desk.Today(ctx, g)
	return to - measure.Day(days) + 1, to, err
}

// Days gives one row per day, oldest first, the last being today.
func (f figures) Days(ctx context.Context, g community.GroupKey, days int) ([]console.Day, error) {
	from, to, err := f.span(ctx, g, days)
	if err != nil {
		return nil, err
	}
	totals, err := f.desk.Totals(ctx, g, from, to)
	list := make([]console.Day, len(totals))
	for i, t := range totals {
		list[i] = console.Day(t)
	}
	return list, err
}

// Heat counts messages by weekday (0 = Monday) and hour over the last days.
func (f figures) Heat(ctx context.Context, g community.GroupKey, days int) ([7][24]int64, error) {
	from, to, err := f.span(ctx, g, days)
	if err != nil {
		return [7][24]int64{}, err
	}
	return f.desk.HeatMap(ctx, g, from, to)
}

// MemberDays gives what one member said: per day, and per hour of the day.
func (f figures) MemberDays(ctx context.Context, g community.GroupKey, m community.MemberKey, days int) ([]console.Day, [24]int64, error) {
	from, to, err := f.span(ctx, g, days)
	if err != nil {
		return nil, [24]int64{}, err
	}
	act, err := f.desk.MemberActivity(ctx, g, m, from, to)
	list := make([]console.Day, len(act.Daily))
	for i, n := range act.Daily {
		list[i] = console.Day{Date: (from + measure.Day(i)).String(), Messages: n, Speakers: min(n, 1)}
	}
	return list, act.Hours, err
}

// MemberClasses counts what one member said by class of content.
func (f figures) MemberClasses(ctx context.Context, g community.GroupKey, m community.MemberKey, days int) (map[community.Class]int64, error) {
	from, to, err := f.span(ctx, g, days)
	if err != nil {
		return nil, err
	}
	act, err := f.desk.MemberActivity(ctx, g, m, from, to)
	return act.Classes, err
}

// Active counts how many different members spoke in the last days, today included.
func (f figures) Active(ctx context.Context, g community.GroupKey, days int) (int64, error) {
	a, err := f.activity(ctx, g, days)
	return a.Speakers, err
}

func (f figures) activity(ctx context.Context, g community.GroupKey, days int) (measure.Activity, error) {
	from, to, err := f.span(ctx, g, days)
	if err != nil {
		return measure.Activity{}, err
	}
	return f.desk.Activity(ctx, g, "", from, to)
}

// Report measures a group on the days [from, to].
func (f figures) Report(ctx context.Context, g community.GroupKey, tag string, from, to measure.Day) (measure.Activity, error) {
	return f.desk.Activity(ctx, g, tag, from, to)
}
