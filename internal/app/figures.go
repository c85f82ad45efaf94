package app

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/console"
	"qunluo/internal/measure"
	"qunluo/internal/store"
)

// figures gives the console its numbers.
type figures struct {
	desk *store.Desk
	app  *App
	org  community.OrgKey
}

// Figures makes the handle through which one person sees numbers.
func (a *App) Figures(org community.OrgKey, groups []community.GroupKey) figures {
	return figures{a.store.For(community.Scope{Org: org, Groups: groups}), a, org}
}

// span is the last days, today included.
func (f figures) span(ctx context.Context, g community.GroupKey, days int) (from, to measure.Day, err error) {
	to, err = f.desk.Today(ctx, g)
	return to - measure.Day(days) + 1, to, err
}

// Days gives one row per day, oldest first, the last being today.
func (f figures) Days(ctx context.Context, g community.GroupKey, tag string, days int) ([]console.Day, error) {
	totals, err := f.desk.Days(ctx, g, tag, days)
	return daysOf(totals), err
}

func daysOf(totals []measure.Total) []console.Day {
	list := make([]console.Day, len(totals))
	for i, t := range totals {
		list[i] = console.Day(t)
	}
	return list
}

// Heat counts messages by weekday (0 = Monday) and hour over the last days.
func (f figures) Heat(ctx context.Context, g community.GroupKey, tag string, days int) ([7][24]int64, error) {
	return f.desk.Heat(ctx, g, tag, days)
}

// MemberDays gives what one member said: per day, and per hour of the day.
func (f figures) MemberDays(ctx context.Context, g community.GroupKey, m community.MemberKey, days int) ([]console.Day, [24]int64, error) {
	totals, hours, err := f.desk.MemberDays(ctx, g, m, days)
	return daysOf(totals), hours, err
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

// Talkers lists who said most in the last days, most first.
func (f figures) Talkers(ctx context.Context, g community.GroupKey, days, limit int) ([]console.Talker, error) {
	a, err := f.activity(ctx, g, days)
	if err != nil {
		return nil, err
	}
	top := a.Top[:min(limit, len(a.Top))]
	keys := make([]community.MemberKey, len(top))
	for i, t := range top {
		keys[i] = t.Member
	}
	people, err := f.desk.MembersByKey(ctx, keys)
	if err != nil {
		return nil, err
	}
	known := make(map[community.MemberKey]community.Member, len(people))
	for _, m := range people {
		known[m.Key] = m
	}
	list := make([]console.Talker, len(top))
	for i, t := range top {
		m := known[t.Member]
		list[i] = console.Talker{Member: t.Member, MemberID: m.ID, Name: m.Name, Messages: t.Messages, Days: t.Days}
	}
	return list, nil
}

func (f figures) activity(ctx context.Context, g community.GroupKey, days int) (measure.Activity, error) {
	from, to, err := f.span(ctx, g, days)
	if err != nil {
		return measure.Activity{}, err
	}
	return f.desk.Activity(ctx, g, "", from, to)
}

// Today is the current day in the group's zone.
func (f figures) Today(ctx context.Context, g community.GroupKey) (measure.Day, error) {
	return f.desk.Today(ctx, g)
}

// Activity measures a group, the groups with a tag, or all of the handle, on the days [from, to].
func (f figures) Activity(ctx context.Context, g community.GroupKey, tag string, from, to measure.Day) (measure.Activity, error) {
	return f.desk.Activity(ctx, g, tag, from, to)
}

// Questions gives the questions asked on the days [from, to] with what is held to answer them, and how they were answered.
func (f figures) Questions(ctx context.Context, g community.GroupKey, tag string, from, to measure.Day) ([]measure.Question, measure.Response, error) {
	return f.desk.Questions(ctx, g, tag, from, to)
}

// MessagesByNumber gives messages by their place in the log.
func (f figures) MessagesByNumber(ctx context.Context, numbers []int64) (map[int64]community.MessageRow, error) {
	return f.desk.MessagesByNumber(ctx, numbers)
}

// History gives what retention in a group is made of, until a day.
func (f figures) History(ctx context.Context, g community.GroupKey, to measure.Day) (measure.History, error) {
	return f.desk.History(ctx, g, to)
}

// Traces gives what happened on members' ways besides stays and words.
func (f figures) Traces(ctx context.Context, g community.GroupKey, h measure.History) (measure.Traces, error) {
	return f.desk.Traces(ctx, g, h)
}

// Contacts gives who turned to whom on the days [from, to], and how many of the days are known.
func (f figures) Contacts(ctx context.Context, g community.GroupKey, from, to measure.Day) ([]measure.Contact, measure.Coverage, error) {
	return f.desk.Contacts(ctx, g, from, to)
}

// Paid gives what stands of a group's payments on the days [from, to], by currency.
func (f figures) Paid(ctx context.Context, g community.GroupKey, from, to measure.Day) (map[string][]measure.Payment, error) {
	return f.desk.Paid(ctx, g, from, to)
}

// MembersByKey names members, at most 200 keys; those outside the handle's scope are left out.
func (f figures) MembersByKey(ctx context.Context, keys []community.MemberKey) ([]community.Member, error) {
	return f.desk.MembersByKey(ctx, keys)
}

// Board measures a group on the days [from, to]; what was paid is counted in the currency that measure.Leading picks.
func (f figures) Board(ctx context.Context, g community.GroupKey, from, to measure.Day) (b measure.Board, currency string, others map[string]int64, err error) {
	h, err := f.desk.History(ctx, g, to)
	if err != nil {
		return b, "", nil, err
	}
	tr, err := f.desk.Traces(ctx, g, h)
	if err != nil {
		return b, "", nil, err
	}
	paid, err := f.desk.Paid(ctx, g, from, to)
	currency, list, others := measure.Leading(paid)
	return measure.MakeBoard(measure.Ways(h, tr), h, from, to, list), currency, others, err
}

// Travels measures how a group's members went on, on the days [from, to].
func (f figures) Travels(ctx context.Context, g community.GroupKey, from, to measure.Day) (measure.Travels, error) {
	h, err := f.desk.History(ctx, g, to)
	if err != nil {
		return measure.Travels{}, err
	}
	tr, err := f.desk.Traces(ctx, g, h)
	if err != nil {
		return measure.Travels{}, err
	}
	return measure.Travel(h, tr, from, to), nil
}
