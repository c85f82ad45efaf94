package console

import (
	"math"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/measure"
	"qunluo/internal/rights"
)

var activityRoutes = []route{
	{pattern: "GET /activity", may: rights.SeeFigures, serve: (*Console).activity},
	{pattern: "GET /activity.csv", may: rights.SeeFigures, serve: (*Console).activitySheet},
}

// Spans of the page, in days; the presets are those of a group.
const (
	activitySpan = 30
	activityMost = 366
	activityRows = 31 // days of the table on one page
)

// activityAsk is what the address asks for.
type activityAsk struct {
	group    community.GroupRow
	tag      string
	from, to measure.Day
	days     int  // of the preset; 0 = dates were chosen
	bad      bool // the dates did not fit
}

func (a activityAsk) of() int { return int(a.to-a.from) + 1 }

func (k *call) activityAsk() (activityAsk, error) {
	g, err := k.groupNamed(k.query("g"))
	if err != nil {
		return activityAsk{}, err
	}
	ask := activityAsk{group: g, tag: k.query("tag")}
	if g.Key != 0 {
		ask.tag = ""
	}
	today, err := k.Figures.Today(k.ctx(), g.Key)
	if err != nil {
		return ask, err
	}
	ask.days = number(k.query("days"), 1, activityMost, activitySpan)
	ask.from, ask.to = today-measure.Day(ask.days)+1, today
	if k.query("from")+k.query("to") == "" {
		return ask, nil
	}
	from, to, ok := k.activityDates(today)
	if !ok {
		ask.bad = true
		return ask, nil
	}
	ask.from, ask.to, ask.days = from, to, 0
	return ask, nil
}

// activityDates reads from and to; without an end it is today, without a beginning the usual span before the end.
func (k *call) activityDates(today measure.Day) (from, to measure.Day, ok bool) {
	to = today
	if text := k.query("to"); text != "" {
		day, err := measure.ParseDay(text)
		if err != nil {
			return 0, 0, false
		}
		to = day
	}
	from = to - activitySpan + 1
	if text := k.query("from"); text != "" {
		day, err := measure.ParseDay(text)
		if err != nil {
			return 0, 0, false
		}
		from = day
	}
	return from, to, from <= to && to-from < activityMost && from >= 0 && to <= today
}

// activity shows the figures of one group, of the groups with a tag, or of all.
func (c *Console) activity(k *call) error {
	ask, err := k.activityAsk()
	if err != nil {
		return err
	}
	a, err := k.Figures.Activity(k.ctx(), ask.group.Key, ask.tag, ask.from, ask.to)
	if err != nil {
		return err
	}
	p := view.Activity{Head: ui.Head{Title: k.T("nav.activity"), Sub: k.T("activity.sub")}}
	if ask.group.Key != 0 {
		p.Head.Back = "/groups/" + ask.group.ID.String()
	}
	if p.Filters, err = activityFilters(k, ask); err != nil {
		return err
	}
	p.Span.Label = k.T("group.span")
	for _, n := range groupSpans {
		p.Span.Options = append(p.Span.Options, ui.Tab{Text: k.T("group.days", "count", n), Link: k.here("days", strconv.Itoa(n), "from", "", "to", ""), Here: n == ask.days})
	}
	p.Chosen = activityChosen(k, ask)
	p.Notes = activityNotes(k, ask, a)
	p.Sums, p.Metrics = activitySums(k, ask, a), activityMetrics(k, ask, a)
	activityGraphs(k, &p, a)
	if done, err := k.taken(activityAlbum(k, &p, p.Chosen, a)); done || err != nil {
		return err
	}
	if p.Talkers, err = activityTalkers(k, ask, a); err != nil {
		return err
	}
	p.Days = activityDays(k, ask, a)
	if ask.group.Key != 0 {
		return k.show(p.Head.Title, view.ActivityPage(p), withCharts, inZone(ask.group))
	}
	return k.show(p.Head.Title, view.ActivityPage(p), withCharts)
}

func activityFilters(k *call, ask activityAsk) (ui.Filters, error) {
	groups, err := k.groupChoice(k.T("activity.all_groups"), ask.group)
	if err != nil {
		return ui.Filters{}, err
	}
	tags, err := k.tagFilter(k.T("activity.all_tags"))
	if err != nil {
		return ui.Filters{}, err
	}
	chosen := ""
	if ask.group.Key != 0 {
		chosen = ask.group.ID.String()
	}
	out := ui.Filters{Action: "/activity", Fields: []ui.Filter{
		{Kind: "select", Name: "g", Label: k.T("word.group"), Value: chosen, Options: groups}, tags,
		{Kind: "date", Name: "from", Label: k.T("activity.from"), Value: ask.from.String()},
		{Kind: "date", Name: "to", Label: k.T("activity.to"), Value: ask.to.String()},
	}}
	if k.R.URL.RawQuery != "" {
		out.Clear = "/activity"
	}
	return out, nil
}

func activityNotes(k *call, ask activityAsk, a measure.Activity) []string {
	cut := k.T("activity.own_zones")
	if ask.group.Key != 0 {
		cut = ask.group.Zone
	}
	notes := []string{k.T("activity.span", "from", ask.from.String(), "to", ask.to.String(), "zone", cut, "count", ask.of())}
	if ask.bad {
		notes = append([]string{k.T("activity.bad_span", "most", activityMost)}, notes...)
	}
	if ask.group.Key == 0 {
		notes = append(notes, k.T("activity.groups", "count", a.Groups))
	}
	notes = append(notes, k.T("activity.coverage_note", "covered", k.Words.Number(a.Coverage.Covered), "of", k.Words.Number(a.Coverage.Of)), k.T("activity.own_note"))
	return notes
}

// activityChosen says in a few words what the page is about, for a filter that is folded.
func activityChosen(k *call, ask activityAsk) string {
	about := k.T("activity.all_groups")
	switch {
	case ask.group.Key != 0:
		about = ui.Visible(ask.group.Name)
	case ask.tag != "":
		about = ui.Visible(ask.tag)
	}
	return about + " · " + ask.from.String() + " – " + ask.to.String()
}

// within adds the groups that the page is about to an address.
func (a activityAsk) within(address string) string {
	switch {
	case a.group.Key != 0:
		address += "&g=" + a.group.ID.String()
	case a.tag != "":
		address += "&tag=" + url.QueryEscape(a.tag)
	}
	return address
}

// people leads to the members of the groups that the page is about.
func (a activityAsk) people(query string) string { return a.within("/members?" + query) }

// moved leads to exactly those who "spoke", "joined" or "left" on days; more narrows them down.
func (a activityAsk) moved(did string, from, to measure.Day, more ...string) string {
	return a.people(did + "_from=" + from.String() + "&" + did + "_to=" + to.String() + strings.Join(more, ""))
}

// spoke leads to exactly those who spoke on days.
func (a activityAsk) spoke(from, to measure.Day, more ...string) string {
	return a.moved("spoke", from, to, more...)
}

// said leads to exactly the messages of days that are "counted", or that were "recalled".
func (a activityAsk) said(only string, from, to measure.Day) string {
	return a.within("/messages?only=" + only + "&from=" + from.String() + "&to=" + to.String())
}

// Days of the trailing windows before their last.
const (
	weekBefore  = measure.Day(6)
	monthBefore = measure.Day(29)
)

// covered says how many of the days, or of the group-days, are known.
func (k *call) covered(c measure.Coverage, groups int) string {
	key := "activity.covered"
	if groups != 1 {
		key = "activity.covered_groups"
	}
	return k.T(key, "covered", k.Words.Number(c.Covered), "of", k.Words.Number(c.Of))
}

// activitySums are the counts. Where too few days are known they are withheld like any figure.
func activitySums(k *call, ask activityAsk, a measure.Activity) []view.Metric {
	var joins, leaves, recalled int64
	for _, d := range a.Daily {
		joins, leaves, recalled = joins+d.Joins, leaves+d.Leaves, recalled+d.Recalled
	}
	end := a.Daily[len(a.Daily)-1]
	lines := []struct {
		name, unit string
		n          int64
		over       measure.Coverage
		link       string
	}{
		{"messages", "unit.messages", a.Messages, a.Coverage, ask.said("counted", ask.from, ask.to)},
		{"speakers", "unit.people", a.Speakers, a.Coverage, ask.spoke(ask.from, ask.to)},
		{"wau", "unit.people", end.WAU, end.Week, ask.spoke(ask.to-weekBefore, ask.to)},
		{"mau", "unit.people", end.MAU, end.Month, ask.spoke(ask.to-monthBefore, ask.to)},
		{"joins", "activity.times", joins, a.Coverage, ask.moved("joined", ask.from, ask.to)},
		{"leaves", "activity.times", leaves, a.Coverage, ask.moved("left", ask.from, ask.to)},
		{"recalled", "unit.messages", recalled, a.Coverage, ask.said("recalled", ask.from, ask.to)},
	}
	var out []view.Metric
	for _, l := range lines {
		m := view.Metric{Label: k.T("activity." + l.name), Lead: k.Words.Number(l.n), Unit: k.T(l.unit), Link: l.link, Facts: []string{k.covered(l.over, a.Groups)},
			Means: k.T("activity."+l.name+"_means", "to", ask.to.String())}
		if !l.over.Enough() {
			m.Lead, m.Unit, m.Link = "–", "", ""
			m.Facts = append(m.Facts, k.T("activity.withheld_"+measure.LowCover))
		}
		out = append(out, m)
	}
	return out
}

// activityMetrics are the figures that have a denominator.
func activityMetrics(k *call, ask activityAsk, a measure.Activity) []view.Metric {
	speakers, month := ask.spoke(ask.from, ask.to), ask.spoke(ask.to-monthBefore, ask.to)
	first := func(percent int64) string {
		return ask.spoke(ask.from, ask.to, "&said_first=", itoa(measure.TopSpeakers(a.Speakers, percent)))
	}
	lines := []struct {
		name, counts, population string
		f                        measure.Figure
		write                    func(float64) string
		link                     string
	}{
		{"mean_dau", "mean_dau", "days", a.MeanDAU, tenth, "#days"}, // each day's number leads to its people
		{"stickiness", "stickiness", a.Stickiness.Population, a.Stickiness, percent, month},
		{"rate", "rate", a.SpeakingRate.Population, a.SpeakingRate, percent, month},
		{"never", "never", a.NeverSpoke.Population, a.NeverSpoke, percent, ask.people("never=1")},
		{"gini", "gini", a.Gini.Population, a.Gini, thousandth, speakers},
		{"top1", "top", "messages", a.Top1, percent, first(1)},
		{"top10", "top", "messages", a.Top10, percent, first(10)},
		{"once", "once", a.OneMessage.Population, a.OneMessage, percent, ask.spoke(ask.from, ask.to, "&said_most=1")},
	}
	var out []view.Metric
	for _, l := range lines {
		m := k.metric(l.f, l.write, k.T("activity."+l.counts+"_counts", "num", k.amount(l.f.Num), "den", k.amount(l.f.Den)), k.T("activity.population_"+l.population), a.Groups)
		m.Label, m.Means = k.T("activity."+l.name), k.T("activity."+l.name+"_means", "to", ask.to.String())
		if l.f.Withheld == "" {
			m.Link = l.link
		}
		if l.name == "never" { // it is about now, not about days
			m.Facts = m.Facts[:len(m.Facts)-1]
			if m.Lead == "–" {
				m.Facts = append(m.Facts, k.T("activity.withheld_"+l.f.Withheld))
			}
		}
		out = append(out, m)
	}
	spread := []struct {
		name string
		n    float64
	}{{"median", a.Median}, {"p90", float64(a.P90)}}
	for _, s := range spread {
		f := a.Gini // the same people, the same days
		f.Value = s.n
		m := k.metric(f, tenth, k.T("activity.gini_counts", "den", k.amount(f.Den)), k.T("activity.population_speakers"), a.Groups)
		m.Label, m.Means, m.Link = k.T("activity."+s.name), k.T("activity."+s.name+"_means"), speakers
		out = append(out, m)
	}
	return out
}

// metric says a figure: the value leads where the denominator is large enough, else the counts; where it is withheld,
// the reason stands last, after the coverage.
func (k *call) metric(f measure.Figure, write func(float64) string, counts, population string, groups int) view.Metric {
	m := view.Metric{Lead: write(f.Value), Counts: counts, Facts: []string{population}}
	switch {
	case f.Withheld != "":
		m.Lead = "–"
		m.Facts = append(m.Facts, k.T("activity.withheld_"+f.Withheld))
	case f.Grey:
		m.Lead, m.Counts, m.Quiet = counts, "", true
		m.Facts = append(m.Facts, k.T("activity.thin", "ratio", write(f.Value)))
	}
	m.Facts = append(m.Facts, k.covered(f.Coverage, groups))
	return m
}

func percent(v float64) string    { return strconv.FormatFloat(v*100, 'f', 1, 64) + "%" }
func tenth(v float64) string      { return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0") }
func thousandth(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }

// amount writes a count; a mean keeps one digit behind the point.
func (k *call) amount(v float64) string {
	if v == math.Trunc(v) {
		return k.Words.Number(int64(v))
	}
	return tenth(v)
}

func activityGraphs(k *call, p *view.Activity, a measure.Activity) {
	quiet := ui.Empty{Icon: "activity", Title: k.T("home.quiet"), Text: k.T("home.quiet_text")}
	p.Trend = ui.Graph{ID: "activity-messages", Title: k.T("activity.trend"), Kind: "bars", Unit: k.T("unit.messages"), Series: []ui.Series{{Name: k.T("activity.messages")}}, Empty: quiet}
	p.People = ui.Graph{ID: "activity-people", Title: k.T("activity.people"), Kind: "lines", Unit: k.T("unit.people"), Series: []ui.Series{{Name: k.T("activity.dau")}, {Name: k.T("activity.w")}, {Name: k.T("activity.m")}}, Empty: quiet}
	for _, d := range a.Daily {
		for _, g := range []*ui.Graph{&p.Trend, &p.People} {
			g.Labels = append(g.Labels, d.Day.String()[5:])
			g.Gaps = append(g.Gaps, d.Covered == 0)
		}
		p.Trend.Series[0].Data = append(p.Trend.Series[0].Data, d.Messages)
		for i, n := range []int64{d.DAU, d.WAU, d.MAU} {
			p.People.Series[i].Data = append(p.People.Series[i].Data, n)
		}
	}
	p.Heat = ui.Graph{ID: "activity-heat", Title: k.T("activity.heat"), Kind: "heat", Unit: k.T("unit.messages"), Empty: quiet}
	p.Hours = ui.Graph{ID: "activity-hours", Title: k.T("activity.by_hour"), Kind: "bars", Unit: k.T("unit.messages"), Series: []ui.Series{{Name: k.T("activity.messages"), Data: a.Hours[:]}}, Empty: quiet}
	p.Weekdays = ui.Graph{ID: "activity-weekdays", Title: k.T("activity.by_weekday"), Kind: "bars", Unit: k.T("unit.messages"), Series: []ui.Series{{Name: k.T("activity.messages"), Data: a.Weekdays[:]}}, Empty: quiet}
	p.Classes = ui.Graph{ID: "activity-classes", Title: k.T("activity.by_class"), Kind: "bars", Unit: k.T("unit.messages"), Series: []ui.Series{{Name: k.T("activity.messages")}}, Empty: quiet}
	for h := range 24 {
		p.Heat.Labels, p.Hours.Labels = append(p.Heat.Labels, strconv.Itoa(h)), append(p.Hours.Labels, strconv.Itoa(h))
	}
	for d := range a.Heat {
		day := k.T("weekday." + strconv.Itoa(d+1))
		p.Heat.Rows, p.Weekdays.Labels = append(p.Heat.Rows, day), append(p.Weekdays.Labels, day)
		row := make([]float64, 24)
		for h, s := range a.Heat[d] {
			if row[h] = math.Round(s.Mean*100) / 100; !s.Known {
				row[h] = math.NaN()
			}
		}
		p.Heat.Means = append(p.Heat.Means, row)
	}
	for _, c := range a.Classes {
		p.Classes.Labels = append(p.Classes.Labels, k.className(c.Class))
		p.Classes.Series[0].Data = append(p.Classes.Series[0].Data, c.Count)
	}
}

func activityTalkers(k *call, ask activityAsk, a measure.Activity) (ui.Table, error) {
	if !k.may(rights.SeePeople) {
		return k.unnamed(k.T("activity.talkers")), nil
	}
	keys := make([]community.MemberKey, len(a.Top))
	for i, t := range a.Top {
		keys[i] = t.Member
	}
	known, err := k.membersOf(keys)
	if err != nil {
		return ui.Table{}, err
	}
	t := ui.Table{Label: k.T("activity.talkers"), Columns: []ui.Column{{Title: k.T("member.name")}, {Title: k.T("activity.messages"), Num: true}, {Title: k.T("activity.share"), Num: true}, {Title: k.T("group.talk_days"), Num: true}},
		Empty: ui.Empty{Icon: "message", Title: k.T("home.quiet"), Text: k.T("group.quiet_text")}}
	for _, line := range a.Top {
		row := ui.Row{Cells: []templ.Component{ui.Text("–"), ui.Figure(line.Messages), ui.Text(percent(float64(line.Messages) / float64(a.Messages))), ui.Figure(int64(line.Days))}}
		if m, ok := known[line.Member]; ok {
			row.Link, row.Cells[0] = "/members/"+m.ID.String(), ui.Name(named(m.Name, m.External))
			row.Cells[1] = view.Link(ask.said("counted", ask.from, ask.to)+"&m="+m.ID.String(), k.Words.Number(line.Messages))
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}

// activityDays is the table of days, the newest first. Each number leads to its people or messages. On a phone it shows
// the messages, the speakers, who came and who went.
func activityDays(k *call, ask activityAsk, a measure.Activity) ui.Table {
	num := func(key string, hide bool) ui.Column { return ui.Column{Title: k.T(key), Num: true, Hide: hide} }
	t := ui.Table{Label: k.T("activity.daily"), Columns: []ui.Column{{Title: k.T("activity.day")}, num("activity.messages", false), num("activity.dau", false),
		num("activity.w", true), num("activity.m", true), num("activity.joins", false), num("activity.leaves", false), num("activity.recalled", true),
		num("activity.roster", true), {Title: k.T("activity.coverage"), Hide: true}}}
	page := k.page(activityRows)
	first := min(page.Offset, len(a.Daily))
	last := min(first+activityRows, len(a.Daily))
	for i := first; i < last; i++ {
		d := a.Daily[len(a.Daily)-1-i]
		cells := []templ.Component{ui.Text(d.Day.String() + " " + k.T("weekday."+strconv.Itoa(d.Day.Weekday()+1)))}
		links := ask.dayLinks(d.Day)
		for i, text := range k.dayFigures(d) {
			switch {
			case text == "":
				cells = append(cells, view.Unknown())
			case text == "0" || links[i] == "":
				cells = append(cells, ui.Text(text))
			default:
				cells = append(cells, view.Link(links[i], text))
			}
		}
		t.Rows = append(t.Rows, ui.Row{Cells: append(cells, ui.Text(k.dayCover(d, a.Groups)))})
	}
	t.Pager = k.pager(page, last-first, len(a.Daily))
	k.export(t.Pager, "/activity.csv")
	return t
}

// dayLinks leads from each of a day's figures to what it counts; the size of the roster on a past day has no list.
func (a activityAsk) dayLinks(d measure.Day) [8]string {
	return [8]string{a.said("counted", d, d), a.spoke(d, d), a.spoke(d-weekBefore, d), a.spoke(d-monthBefore, d), a.moved("joined", d, d), a.moved("left", d, d), a.said("recalled", d, d), ""}
}

// dayFigures writes a day's messages, DAU, WAU, MAU, joins, leaves, recalls and roster; "" = not known. A trailing window
// with gaps says how much of it is known; with more than a fifth unknown it is not known itself.
func (k *call) dayFigures(d measure.Daily) []string {
	out := make([]string, 8)
	if d.Covered > 0 {
		out[0], out[1] = k.Words.Number(d.Messages), k.Words.Number(d.DAU)
		out[4], out[5], out[6] = k.Words.Number(d.Joins), k.Words.Number(d.Leaves), k.Words.Number(d.Recalled)
	}
	out[2], out[3] = k.window(d.WAU, d.Week), k.window(d.MAU, d.Month)
	if d.Roster >= 0 {
		out[7] = k.Words.Number(d.Roster)
	}
	return out
}

func (k *call) window(n int64, c measure.Coverage) string {
	switch {
	case !c.Enough():
		return ""
	case c.Covered == c.Of:
		return k.Words.Number(n)
	}
	return k.T("activity.window", "value", k.Words.Number(n), "covered", k.Words.Number(c.Covered), "of", k.Words.Number(c.Of))
}

func (k *call) dayCover(d measure.Daily, groups int) string {
	switch {
	case d.Covered == 0:
		return k.T("activity.unknown")
	case groups == 1:
		return k.T("activity.known")
	}
	return k.T("activity.day_groups", "covered", d.Covered, "of", groups)
}

// activitySheet is the table of days as a file, the oldest first. What is not known is empty; windows stand with their
// coverage beside them.
func (c *Console) activitySheet(k *call) error {
	ask, err := k.activityAsk()
	if err != nil {
		return err
	}
	a, err := k.Figures.Activity(k.ctx(), ask.group.Key, ask.tag, ask.from, ask.to)
	if err != nil {
		return err
	}
	head := []string{"day", "groups_covered", "groups", "messages", "dau", "wau", "wau_covered", "wau_of", "mau", "mau_covered", "mau_of", "joins", "leaves", "recalled", "members"}
	done := false
	return k.sheet("activity", head, func() ([][]string, error) {
		if done {
			return nil, nil
		}
		done = true
		rows := make([][]string, len(a.Daily))
		for i, d := range a.Daily {
			rows[i] = activityLine(d, a.Groups)
		}
		return rows, nil
	})
}

func activityLine(d measure.Daily, groups int) []string {
	when := func(known bool, n int64) string {
		if !known {
			return ""
		}
		return itoa(n)
	}
	here := d.Covered > 0
	return []string{d.Day.String(), strconv.Itoa(d.Covered), strconv.Itoa(groups), when(here, d.Messages), when(here, d.DAU),
		when(d.Week.Enough(), d.WAU), strconv.Itoa(d.Week.Covered), strconv.Itoa(d.Week.Of), when(d.Month.Enough(), d.MAU), strconv.Itoa(d.Month.Covered), strconv.Itoa(d.Month.Of),
		when(here, d.Joins), when(here, d.Leaves), when(here, d.Recalled), when(d.Roster >= 0, d.Roster)}
}
