package console

import (
	"math"
	"strconv"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/founding"
	"qunluo/internal/measure"
	"qunluo/internal/tier"
)

// What the triangle shows: cohorts of the last weeks, each followed for as many.
const (
	cohortWeeks = 16
	followWeeks = 12
)

// retentionAsk is what the address asks for. By is by joining or by the first word; until a day.
type retentionAsk struct {
	group community.GroupRow
	by    string
	to    measure.Day
	bad   bool
}

func (k *call) retentionAsk() (retentionAsk, error) {
	g, err := k.groupNamed(k.query("g"))
	ask := retentionAsk{group: g, by: measure.ByFirst}
	if err != nil {
		return ask, err
	}
	if k.query("by") == measure.ByJoin {
		ask.by = measure.ByJoin
	}
	today, err := k.Figures.Today(k.ctx(), g.Key)
	if err != nil {
		return ask, err
	}
	ask.to = today
	if text := k.query("to"); text != "" {
		day, err := measure.ParseDay(text)
		if ask.bad = err != nil || day > today || day < 0; !ask.bad {
			ask.to = day
		}
	}
	return ask, nil
}

// retention shows how one group keeps its members.
func (c *Console) retention(k *call) error {
	ask, err := k.retentionAsk()
	if err != nil {
		return err
	}
	p := view.Insight{Head: ui.Head{Title: k.T("nav.retention"), Sub: k.T("retention.sub")}}
	if err := retentionFilters(k, &p, ask); err != nil {
		return err
	}
	if ask.group.Key == 0 {
		p.Grids = []view.Grid{{Title: k.T("retention.triangle"), Empty: ui.Empty{Icon: "users-group", Title: k.T("retention.choose"), Text: k.T("retention.choose_text")}}}
		return k.show(p.Head.Title, view.InsightPage(p))
	}
	h, err := k.Figures.History(k.ctx(), ask.group.Key, ask.to)
	if err != nil {
		return err
	}
	r := measure.Keep(h, ask.by, cohortWeeks, followWeeks)
	p.Head.Back = "/groups/" + ask.group.ID.String()
	p.Notes = retentionNotes(k, ask, h, r)
	p.Metrics = retentionMetrics(k, r)
	p.Grids = []view.Grid{triangle(k, ask, r)}
	split, err := k.splitOf(ask, h)
	if err != nil {
		return err
	}
	p.Curves = retentionCurves(k, r, split)
	if done, err := k.taken(album{about: []string{p.Chosen, k.covered(r.Coverage, 1)}, curves: curvesOf(p.Curves)}); done || err != nil {
		return err
	}
	p.Tables = []view.PlanTable{endTable(k, r), flowTable(k, r)}
	return k.show(p.Head.Title, view.InsightPage(p), inZone(ask.group))
}

func retentionFilters(k *call, p *view.Insight, ask retentionAsk) error {
	groups, err := k.groupChoice(k.T("retention.choose"), ask.group)
	if err != nil {
		return err
	}
	chosen := ""
	p.Chosen = k.T("retention.choose")
	if ask.group.Key != 0 {
		chosen = ask.group.ID.String()
		p.Chosen = ui.Visible(ask.group.Name) + " · " + k.T("retention.until", "day", ask.to.String())
	}
	p.Filters = ui.Filters{Action: "/retention", Fields: []ui.Filter{
		{Kind: "select", Name: "g", Label: k.T("word.group"), Value: chosen, Options: groups},
		{Kind: "select", Name: "by", Label: k.T("retention.by"), Value: ask.by, Options: []ui.Option{{Value: measure.ByFirst, Text: k.T("retention.by_first")}, {Value: measure.ByJoin, Text: k.T("retention.by_join")}}},
		{Kind: "select", Name: "split", Label: k.T("retention.split"), Value: k.query("split"), Options: k.splitChoice()},
		{Kind: "date", Name: "to", Label: k.T("activity.to"), Value: ask.to.String()},
	}}
	if k.R.URL.RawQuery != "" {
		p.Filters.Clear = "/retention"
	}
	if ask.group.Key != 0 {
		for _, by := range []string{measure.ByFirst, measure.ByJoin} {
			p.Presets = append(p.Presets, ui.Tab{Text: k.T("retention.by_" + by), Link: k.here("by", by), Here: by == ask.by})
		}
	}
	return nil
}

func retentionNotes(k *call, ask retentionAsk, h measure.History, r measure.Retention) []string {
	notes := []string{k.T("retention.span", "from", h.Watched.From.String(), "to", h.Watched.To.String(), "zone", ask.group.Zone),
		k.T("activity.coverage_note", "covered", k.Words.Number(r.Coverage.Covered), "of", k.Words.Number(r.Coverage.Of)), k.T("retention.edge"), k.T("retention.cohort_" + r.By),
		k.T("retention.silence", "days", int(r.Silence.Days), "regular", k.Words.Number(r.Silence.Regular))}
	if r.Silence.Usual {
		notes = append(notes, k.T("retention.silence_usual"))
	}
	notes = append(notes, k.T("retention.undated", "count", k.Words.Number(r.Undated)), k.T("retention.inferred", "count", k.Words.Number(r.Inferred), "wide", k.Words.Number(r.Wide)), k.T("retention.causes"))
	if ask.bad {
		notes = append([]string{k.T("activity.bad_span", "most", activityMost)}, notes...)
	}
	return notes
}

func retentionMetrics(k *call, r measure.Retention) []view.Metric {
	var out []view.Metric
	share := func(label, means string, kept measure.Retained) {
		f := kept.Figure(r.Coverage)
		m := k.metric(f, percent, k.T("retention.counts", "num", k.amount(f.Num), "den", k.amount(f.Den)), k.T("retention.population_"+r.By), 1)
		m.Label, m.Means = label, means
		out = append(out, m)
	}
	for _, d := range r.Days {
		share(k.T("retention.bounded", "k", int(d.K)), k.T("retention.bounded_means", "k", int(d.K)), d.Bounded)
		share(k.T("retention.unbounded", "k", int(d.K)), k.T("retention.unbounded_means", "k", int(d.K)), d.Unbounded)
	}
	share(k.T("retention.w4"), k.T("retention.w4_means"), r.Week4)
	for _, c := range []struct {
		name  string
		curve measure.Curve
	}{{"stay", r.Membership}, {"part", r.Participation}} {
		m := view.Metric{Label: k.T("retention." + c.name + "_median"), Lead: "–", Means: k.T("retention." + c.name + "_median_means"),
			Facts: []string{k.T("retention.sample", "n", k.Words.Number(c.curve.N), "ends", k.Words.Number(c.curve.Ends))}}
		switch at, reached := c.curve.Median(); {
		case c.curve.N < fewest:
			m.Facts = append(m.Facts, k.T("insight.too_few"))
		case !reached:
			m.Facts = append(m.Facts, k.T("retention.not_reached"))
		default:
			m.Lead = k.T("question.days", "n", tenth(at))
		}
		out = append(out, m)
	}
	if n := len(r.Flows); n > 0 {
		f := r.Flows[n-1].Rolling(r.Coverage)
		m := k.metric(f, percent, k.T("retention.counts", "num", k.amount(f.Num), "den", k.amount(f.Den)), k.T("activity.population_speakers"), 1)
		m.Label, m.Means = k.T("retention.rolling"), k.T("retention.rolling_means", "week", r.Flows[n-1].Week.String())
		out = append(out, m)
	}
	return out
}

// depths are backgrounds by fifths of a share.
var depths = []string{"", "bg-primary bg-opacity-10", "bg-primary bg-opacity-10", "bg-primary bg-opacity-25", "bg-primary bg-opacity-25"}

func triangle(k *call, ask retentionAsk, r measure.Retention) view.Grid {
	g := view.Grid{Title: k.T("retention.triangle"), Note: k.T("retention.triangle_note"), Corner: k.T("retention.week"), Empty: ui.Empty{Icon: "users", Title: k.T("insight.too_few"), Text: k.T("retention.none")}}
	for j := 0; j <= followWeeks; j++ {
		g.Heads = append(g.Heads, k.T("retention.w", "j", j))
	}
	for i := len(r.Cohorts) - 1; i >= 0; i-- {
		c := r.Cohorts[i]
		row := view.GridRow{Name: c.Week.String(), Size: k.T("retention.size", "count", k.Words.Number(len(c.Lives)))}
		for j, cell := range c.Weeks {
			row.Cells = append(row.Cells, triangleCell(k, ask, c.Week, j, cell, r.Coverage))
		}
		g.Rows = append(g.Rows, row)
	}
	return g
}

// triangleCell is a share with its counts; with fewer than 20 the counts lead.
func triangleCell(k *call, ask retentionAsk, week measure.Day, j int, r measure.Retained, c measure.Coverage) view.GridCell {
	if len(r.Of) == 0 {
		return view.GridCell{}
	}
	f := r.Figure(c)
	counts := k.Words.Number(len(r.Kept)) + "/" + k.Words.Number(len(r.Of))
	cell := view.GridCell{Text: percent(f.Value), Sub: counts, Depth: depths[min(4, int(math.Ceil(f.Value*5))-1+b2i(f.Value == 0))],
		Link: "/retention/people?g=" + ask.group.ID.String() + "&by=" + ask.by + "&to=" + ask.to.String() + "&week=" + week.String() + "&j=" + strconv.Itoa(j)}
	switch {
	case f.Withheld != "":
		cell.Text, cell.Depth = "–", ""
	case f.Grey:
		cell.Text, cell.Sub, cell.Quiet = counts, percent(f.Value), true
	}
	return cell
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// dayTicks are the marks of an axis of days.
func dayTicks(upTo float64) (ticks []view.AxisMark) {
	for _, d := range []float64{0, 1, 7, 14, 30, 60, 90, 180, 270, 365, 540, 730, 1095} {
		if d <= upTo && (d >= upTo/15 || d == 0) {
			ticks = append(ticks, view.AxisMark{At: place(view.CurveWide * d / upTo), Text: tenth(d)})
		}
	}
	return ticks
}

func (k *call) splitChoice() (out []ui.Option) {
	for _, kind := range k.stayKinds() {
		out = append(out, ui.Option{Value: kind, Text: k.T("retention.split_" + kind)})
	}
	return out
}

// stayKinds are what the page compares stays by.
func (k *call) stayKinds() []string {
	kinds := []string{measure.BySource, measure.ByGate, measure.ByInviter}
	if k.c.deps.Tiers != nil {
		kinds = append(kinds, measure.ByTier)
	}
	if k.c.deps.Foundings != nil {
		kinds = append(kinds, measure.ByTemplate)
	}
	return kinds
}

// splitCurves are curves of kinds of stays, and whether they differ.
type splitCurves struct {
	kind   string
	curves []namedCurve
	test   measure.RankTest
	few    bool // no two kinds have enough stays
}

// splitOf compares the stays of a group by what the address asks for, and names the kinds in words.
func (k *call) splitOf(ask retentionAsk, h measure.History) (splitCurves, error) {
	out := splitCurves{kind: measure.BySource}
	for _, kind := range k.stayKinds() {
		if k.query("split") == kind {
			out.kind = kind
		}
	}
	kind, word, err := k.kindOf(ask.group.Key, h, out.kind)
	if err != nil {
		return out, err
	}
	list, test := measure.SplitStays(h, kind)
	out.test, out.few = test, len(list) < 2
	for _, s := range list[:min(len(list), len(curveLook))] {
		name, err := word(s.Source)
		if err != nil {
			return out, err
		}
		out.curves = append(out.curves, namedCurve{name, s.Curve})
	}
	return out, nil
}

// kindOf says how stays are told apart, and what a kind is called.
func (k *call) kindOf(g community.GroupKey, h measure.History, by string) (kind func(measure.Stay) string, word func(string) (string, error), err error) {
	word = func(name string) (string, error) { return k.T("retention.kind_" + name), nil }
	switch by {
	case measure.ByGate:
		tr, err := k.Figures.Traces(k.ctx(), g, h)
		return measure.GateOf(tr.Requests), word, err
	case measure.ByInviter:
		return inviterOf, func(name string) (string, error) {
			key, _ := strconv.ParseInt(name, 10, 64)
			list, err := k.Desk.MembersByKey(k.ctx(), []community.MemberKey{community.MemberKey(key)})
			if err != nil || len(list) == 0 {
				return "–", err
			}
			return ui.Visible(named(list[0].Name, list[0].External)), nil
		}, nil
	case measure.ByTemplate:
		list, err := k.foundings().GroupUses(k.ctx(), g)
		return founding.StayKind(list), func(name string) (string, error) {
			if name == founding.NoTemplate {
				return k.T("retention.kind_no_template"), nil
			}
			for _, r := range list {
				if r.Use.Versioned() == name {
					return ui.Visible(r.Title) + " v" + strconv.Itoa(r.Use.Version), nil
				}
			}
			return name, nil
		}, err
	case measure.ByTier:
		rows, err := k.tiers().Rows(k.ctx(), g, 0, tier.None)
		at := make(map[community.MemberKey]string, len(rows))
		for _, r := range rows {
			at[r.Member] = string(r.Tier)
		}
		return func(s measure.Stay) string { return at[s.Member] }, word, err
	}
	return func(s measure.Stay) string { return s.Source }, func(name string) (string, error) { return k.sourceWord(name), nil }, nil
}

func inviterOf(s measure.Stay) string {
	if s.Inviter == 0 {
		return ""
	}
	return strconv.FormatInt(int64(s.Inviter), 10)
}

func retentionCurves(k *call, r measure.Retention, split splitCurves) []view.Curve {
	reach := func(curves ...namedCurve) float64 {
		upTo := 7.0
		for _, c := range curves {
			upTo = max(upTo, c.curve.Last)
		}
		return math.Ceil(upTo)
	}
	stays := []namedCurve{{k.T("retention.stay"), r.Membership}}
	note := k.T("retention.stay_note")
	if r.Wide > 0 {
		stays = []namedCurve{{k.T("retention.earliest"), r.Earliest}, {k.T("retention.latest"), r.Latest}}
		note = k.T("retention.wide_note", "count", k.Words.Number(r.Wide))
	}
	part := namedCurve{k.T("retention.part"), r.Participation}
	out := []view.Curve{
		k.drawing(k.T("retention.stay_curve"), note, reach(stays...), dayTicks(reach(stays...)), stays...),
		k.drawing(k.T("retention.part_curve"), k.T("retention.part_note", "days", int(r.Silence.Days)), reach(part), dayTicks(reach(part)), part),
	}
	said := k.T("retention.split_note_" + split.kind)
	if split.few {
		said += " " + k.T("retention.split_few")
	} else {
		said += " " + k.rankSaid(split.test)
	}
	return append(out, k.drawing(k.T("retention.split_"+split.kind), said, reach(split.curves...), dayTicks(reach(split.curves...)), split.curves...))
}

// rankSaid says what the log-rank test says, and what it does not.
func (k *call) rankSaid(t measure.RankTest) string {
	if t.Withheld != "" {
		return k.T("retention.rank_none")
	}
	return k.T("retention.rank", "chi", tenth(t.Chi2), "free", t.Free, "p", strconv.FormatFloat(t.P, 'g', 2, 64))
}

// sourceWord is how members came, in words where the platform's word is known.
func (k *call) sourceWord(source string) string {
	if key := "retention.source_" + source; k.Words.Has(key) {
		return k.T(key)
	}
	return source
}

// endTable is the cumulative incidence of each way a stay may end.
func endTable(k *call, r measure.Retention) view.PlanTable {
	t := ui.Table{Label: k.T("retention.ends"), Empty: ui.Empty{Icon: "users", Title: k.T("insight.too_few"), Text: k.T("insight.too_few_text")},
		Columns: []ui.Column{{Title: k.T("insight.time")}, {Title: k.T("retention.still"), Num: true}}}
	for c := measure.Left; c <= measure.Gone; c++ {
		t.Columns = append(t.Columns, ui.Column{Title: k.T("retention.cause_" + strconv.Itoa(int(c))), Num: true})
	}
	t.Columns = append(t.Columns, ui.Column{Title: k.T("retention.risk"), Num: true})
	for _, at := range []float64{1, 7, 30, 90, 180, 365} {
		p, known := r.Membership.At(at)
		if !known || r.Membership.N < fewest {
			continue
		}
		cells := []templ.Component{ui.Text(k.T("question.days", "n", tenth(at))), ui.Text(k.curveAt(r.Membership, at))}
		for c := measure.Left; c <= measure.Gone; c++ {
			cells = append(cells, ui.Text(percent(p.Ended[c])))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: append(cells, ui.Figure(int64(p.AtRisk)))})
	}
	return view.PlanTable{Title: k.T("retention.ends"), Note: k.T("retention.ends_note"), Table: t}
}

// flowTable is what each week is made of, the latest first.
func flowTable(k *call, r measure.Retention) view.PlanTable {
	t := ui.Table{Label: k.T("retention.flows"), Columns: []ui.Column{{Title: k.T("retention.week")}}, Empty: ui.Empty{Icon: "activity", Title: k.T("insight.too_few"), Text: k.T("retention.no_week")}}
	for _, c := range []string{"active", "new", "returning", "resurrecting", "dormant"} {
		t.Columns = append(t.Columns, ui.Column{Title: k.T("retention.flow_" + c), Num: true})
	}
	for i := len(r.Flows) - 1; i >= 0; i-- {
		f := r.Flows[i]
		row := ui.Row{Cells: []templ.Component{ui.Text(f.Week.String())}}
		for _, n := range []int{f.Active, f.New, f.Returning, f.Resurrecting, f.Dormant} {
			if !f.Known {
				row.Cells = append(row.Cells, view.Unknown())
				continue
			}
			row.Cells = append(row.Cells, ui.Figure(int64(n)))
		}
		t.Rows = append(t.Rows, row)
	}
	return view.PlanTable{Title: k.T("retention.flows"), Note: k.T("retention.flows_note"), Table: t}
}

// retentionPeople lists the people behind a cell: those of a cohort who could be seen in a week, and whether they were active.
func (c *Console) retentionPeople(k *call) error {
	ask, err := k.retentionAsk()
	if err != nil {
		return err
	}
	week, err := measure.ParseDay(k.query("week"))
	j, bad := strconv.Atoi(k.query("j"))
	if err != nil || bad != nil || j < 0 || j > followWeeks || ask.group.Key == 0 {
		return community.Errorf(community.CodeNotFound, "cohort %q, week %q", k.query("week"), k.query("j"))
	}
	h, err := k.Figures.History(k.ctx(), ask.group.Key, ask.to)
	if err != nil {
		return err
	}
	var cell measure.Retained
	for _, one := range measure.Keep(h, ask.by, cohortWeeks, followWeeks).Cohorts {
		if one.Week == week {
			cell = one.Weeks[j]
		}
	}
	return k.showCounted(countedPeople{head: ui.Head{Title: k.T("retention.people", "week", week.String(), "j", j), Sub: k.T("retention.people_sub", "kept", len(cell.Kept), "of", len(cell.Of)), Back: "/retention?g=" + ask.group.ID.String() + "&by=" + ask.by},
		column: k.T("retention.here"), yes: k.T("retention.was"), no: k.T("retention.was_not"), empty: ui.Empty{Icon: "users", Title: k.T("insight.too_few"), Text: k.T("retention.nobody")}, of: cell.Of, kept: cell.Kept}, ask.group)
}
