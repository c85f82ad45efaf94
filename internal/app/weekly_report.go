package app

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/i18n"
	"qunluo/internal/measure"
)

// reportGroups are the groups of an order that may be seen within a scope (nil = all of the organisation), at most so many as a
// report holds, and how many there are besides.
func (a *App) reportGroups(ctx context.Context, v measure.WeeklyOrder, scope []community.GroupKey) (list []community.GroupRow, left int, err error) {
	chosen := map[community.GroupKey]bool{}
	for _, g := range v.Groups {
		chosen[g] = true
	}
	for g, err := range a.store.For(community.Scope{Org: v.Org, Groups: scope}).AllGroups(ctx, community.GroupFilter{}) {
		switch {
		case err != nil:
			return nil, 0, err
		case g.Desk || len(v.Groups) > 0 && !chosen[g.Key]:
		case len(list) < measure.ReportGroups:
			list = append(list, g)
		default:
			left++
		}
	}
	return list, left, nil
}

// composeReport puts the report of the seven days until a day into words.
func (a *App) composeReport(ctx context.Context, v measure.WeeklyOrder, scope []community.GroupKey, until measure.Day) (measure.Report, error) {
	w := a.words.In(v.Lang)
	from := until - 6
	out := measure.Report{Lang: v.Lang, From: from.String(), To: until.String()}
	orgs, err := a.store.Orgs(ctx)
	if err != nil {
		return out, err
	}
	for _, o := range orgs {
		if o.Key == v.Org {
			out.Org = o.Name
		}
	}
	out.Title = w.T("weekly.subject", "org", out.Org, "from", out.From, "to", out.To)
	groups, left, err := a.reportGroups(ctx, v, scope)
	if err != nil {
		return out, err
	}
	out.Left = left
	keys := make([]community.GroupKey, len(groups)) // not nil: no groups are none, not all
	for i, g := range groups {
		keys[i] = g.Key
	}
	s := a.sheetsFor(v.Org, keys)
	var facts []measure.SheetFacts
	for _, g := range groups {
		f, err := s.basics(ctx, g, from, until)
		if err != nil {
			return out, err
		}
		before, err := s.desk.Activity(ctx, g.Key, "", from-7, from-1)
		if err != nil {
			return out, err
		}
		facts = append(facts, f)
		out.Sections = append(out.Sections, a.reportSection(w, g, measure.MakeSheet(f), measure.MakeSheet(measure.SheetFacts{Activity: before}), until))
	}
	all, err := a.reportAll(ctx, s, w, facts, from, until)
	out.Sections = append([]measure.ReportSection{all}, out.Sections...)
	return out, err
}

// comparedMetrics are those that are shown beside the week before.
func comparedMetrics() map[string]bool {
	return map[string]bool{"activity.joins": true, "activity.leaves": true, "activity.speakers": true, "activity.messages": true}
}

func (a *App) reportSection(w *i18n.Words, g community.GroupRow, now, before []measure.Line, until measure.Day) measure.ReportSection {
	out := measure.ReportSection{Group: g.ID.String(), Name: g.Name}
	for _, l := range measure.Pick(now, measure.WeeklyMetrics()...) {
		out.Lines = append(out.Lines, measure.ReportLineOf(l, comparedWith(l, before), w, a.base()+linkOf(l, g.ID, until)))
	}
	return out
}

func comparedWith(l measure.Line, before []measure.Line) *measure.Line {
	if was := measure.Pick(before, l.Metric); comparedMetrics()[l.Metric] && len(was) > 0 {
		return &was[0]
	}
	return nil
}

// linkOf leads to the page of a figure, of the same days where the page has days.
func linkOf(l measure.Line, g community.ID, until measure.Day) string {
	at := l.Path
	if !g.IsZero() {
		if at == "/duty" || at == "/adjustments" || at == "/goals" {
			return at // lists of all groups
		}
		at += "?g=" + g.String()
	}
	if l.Path == "/activity" || l.Path == "/questions" {
		sign := "?"
		if !g.IsZero() {
			sign = "&"
		}
		at += sign + "from=" + (until - 6).String() + "&to=" + until.String()
	}
	return at
}

// reportAll is the section of all groups together: people who speak in two groups count once.
func (a *App) reportAll(ctx context.Context, s sheets, w *i18n.Words, facts []measure.SheetFacts, from, until measure.Day) (measure.ReportSection, error) {
	out := measure.ReportSection{Name: w.T("weekly.all")}
	if len(facts) == 0 {
		return out, nil
	}
	f := measure.SumFacts(facts)
	var err error
	if f.Activity, err = s.desk.Activity(ctx, 0, "", from, until); err != nil {
		return out, err
	}
	before, err := s.desk.Activity(ctx, 0, "", from-7, from-1)
	if err != nil {
		return out, err
	}
	if _, f.Response, err = s.desk.Questions(ctx, 0, "", from, until); err != nil {
		return out, err
	}
	zone, err := a.zoneOf(ctx, s.org)
	if err != nil {
		return out, err
	}
	alarms, _, err := s.desk.GroupAlarms(ctx, from.Start(zone), (until + 1).Start(zone), until)
	if err != nil {
		return out, err
	}
	f.Alarms += alarms[0]
	lines := measure.Pick(measure.MakeSheet(f), measure.WeeklyMetrics()...)
	lines = append(lines, measure.StageLines(facts)...)
	past := measure.MakeSheet(measure.SheetFacts{Activity: before})
	for _, l := range lines {
		out.Lines = append(out.Lines, measure.ReportLineOf(l, comparedWith(l, past), w, a.base()+linkOf(l, community.ID{}, until)))
	}
	return out, nil
}
