package console

import (
	"strconv"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/measure"
	"qunluo/internal/rights"
)

var insightRoutes = []route{
	{pattern: "GET /questions", may: rights.SeeTexts, serve: (*Console).questions},
	{pattern: "GET /questions.csv", may: rights.Export, and: rights.SeeTexts, serve: (*Console).questionSheet},
	{pattern: "POST /questions/watch", may: rights.Work, serve: (*Console).questionWatch},
	{pattern: "GET /glossary", may: rights.Enter, serve: (*Console).glossary},
	{pattern: "GET /retention", may: rights.SeeFigures, serve: (*Console).retention},
	{pattern: "GET /retention/people", may: rights.SeePeople, serve: (*Console).retentionPeople},
}

// questionMost bounds the time, in minutes, that the drawing of waits shows.
const questionMost = 180

// insightFilters are those of activity on another page.
func insightFilters(k *call, ask activityAsk, at string) (ui.Filters, error) {
	out, err := activityFilters(k, ask)
	out.Action = at
	if out.Clear != "" {
		out.Clear = at
	}
	return out, err
}

// insightHead fills what the pages of insight have in common.
func (k *call) insightHead(p *view.Insight, ask activityAsk, at string) (err error) {
	if ask.group.Key != 0 {
		p.Head.Back = "/groups/" + ask.group.ID.String()
	}
	if p.Filters, err = insightFilters(k, ask, at); err != nil {
		return err
	}
	p.Chosen = activityChosen(k, ask)
	p.Span.Label = k.T("group.span")
	for _, n := range groupSpans {
		p.Span.Options = append(p.Span.Options, ui.Tab{Text: k.T("group.days", "count", n), Link: k.here("days", strconv.Itoa(n), "from", "", "to", ""), Here: n == ask.days})
	}
	return nil
}

// questionCurves are the drawings of the page.
func questionCurves(k *call, r measure.Response) []view.Curve {
	return []view.Curve{k.drawing(k.T("question.curve"), k.T("question.curve_note"), questionMost, minuteTicks(k), namedCurve{k.T("question.still_open"), r.Waits})}
}

// questions shows who asked, what answered, and first of all what is still open.
func (c *Console) questions(k *call) error {
	ask, err := k.activityAsk()
	if err != nil {
		return err
	}
	list, r, err := k.Figures.Questions(k.ctx(), ask.group.Key, ask.tag, ask.from, ask.to)
	if err != nil {
		return err
	}
	p := view.Insight{Head: ui.Head{Title: k.T("nav.questions"), Sub: k.T("question.sub")}}
	if err := k.insightHead(&p, ask, "/questions"); err != nil {
		return err
	}
	state := k.questionState()
	for _, s := range questionStates {
		n := map[string]int{"all": r.Questions, measure.OpenQuestion: r.Open, measure.AnsweredLikely: r.Likely, measure.AnsweredCertain: r.Certain}[s]
		p.Presets = append(p.Presets, ui.Tab{Text: k.T("question.state_"+s) + " " + k.Words.Number(n), Link: k.here("state", s), Here: s == state})
	}
	p.Notes = []string{k.T("question.asks"), k.T("question.evidence"), k.T("question.quality"), k.T("question.censored")}
	if ask.bad {
		p.Notes = append([]string{k.T("activity.bad_span", "most", activityMost)}, p.Notes...)
	}
	p.Metrics = questionMetrics(k, ask, r)
	p.Curves = questionCurves(k, r)
	if done, err := k.taken(album{about: []string{p.Chosen, k.covered(r.Answered.Coverage, 1)}, curves: curvesOf(p.Curves)}); done || err != nil {
		return err
	}
	t, err := questionTable(k, inState(list, state))
	if err != nil {
		return err
	}
	p.Lead = []view.PlanTable{{Title: k.T("question.list_" + state), Note: k.T("question.list_note"), Table: t}}
	if err := k.askWatch(&p, ask.group); err != nil {
		return err
	}
	if ask.group.Key != 0 {
		return k.show(p.Head.Title, view.InsightPage(p), inZone(ask.group))
	}
	return k.show(p.Head.Title, view.InsightPage(p))
}

// questionStates are the presets; the open ones are the work.
var questionStates = []string{measure.OpenQuestion, measure.AnsweredLikely, measure.AnsweredCertain, "all"}

func (k *call) questionState() string {
	for _, s := range questionStates {
		if s == k.query("state") {
			return s
		}
	}
	return measure.OpenQuestion
}

// inState keeps the questions in a state.
func inState(list []measure.Question, state string) []measure.Question {
	if state == "all" {
		return list
	}
	var out []measure.Question
	for _, q := range list {
		if s, _ := q.State(); s == state {
			out = append(out, q)
		}
	}
	return out
}

func questionMetrics(k *call, ask activityAsk, r measure.Response) []view.Metric {
	groups := 1
	if ask.group.Key == 0 {
		groups = 2 // said as group-days
	}
	share := k.metric(r.Answered, percent, k.T("question.answered_counts", "num", k.amount(r.Answered.Num), "den", k.amount(r.Answered.Den)), k.T("question.population"), groups)
	share.Label, share.Means, share.Link = k.T("question.answered"), k.T("question.answered_means"), k.here("state", "all")
	cover := k.covered(r.Answered.Coverage, groups)
	out := []view.Metric{share}
	for _, l := range []struct {
		name, state string
		n           int
	}{{"open", measure.OpenQuestion, r.Open}, {"certain", measure.AnsweredCertain, r.Certain}, {"likely", measure.AnsweredLikely, r.Likely}} {
		out = append(out, view.Metric{Label: k.T("question.state_" + l.state), Lead: k.Words.Number(l.n), Unit: k.T("question.unit"), Link: k.here("state", l.state), Facts: []string{cover}, Means: k.T("question." + l.name + "_means")})
	}
	for _, l := range []struct {
		name  string
		v     float64
		known bool
	}{{"median", r.Median, r.MedianKnown}, {"p90", r.P90, r.P90Known}} {
		m := view.Metric{Label: k.T("question." + l.name), Lead: "–", Means: k.T("question." + l.name + "_means"), Facts: []string{k.T("question.of", "count", k.Words.Number(r.Questions)), cover}}
		switch {
		case r.Answered.Withheld != "":
			m.Facts = append(m.Facts, k.T("activity.withheld_"+r.Answered.Withheld))
		case !l.known:
			m.Facts = append(m.Facts, k.T("question.not_reached"))
		default:
			m.Lead, m.Quiet = k.minutes(l.v), r.Answered.Grey
		}
		out = append(out, m)
	}
	return out
}

// minutes says a length of time.
func (k *call) minutes(v float64) string {
	switch {
	case v < 60:
		return k.T("question.minutes", "n", tenth(v))
	case v < 48*60:
		return k.T("question.hours", "n", tenth(v/60))
	}
	return k.T("question.days", "n", tenth(v/60/24))
}

// minuteTicks are the marks of the time axis of waits.
func minuteTicks(k *call) (ticks []view.AxisMark) {
	for _, m := range []float64{0, 5, 15, 30, 60, 90, 120, 180} {
		ticks = append(ticks, view.AxisMark{At: place(view.CurveWide * m / questionMost), Text: tenth(m)})
	}
	return ticks
}

func questionTable(k *call, list []measure.Question) (ui.Table, error) {
	page := k.page(listLimit)
	first := min(page.Offset, len(list))
	shown := list[first:min(first+page.Limit, len(list))]
	t := ui.Table{Label: k.T("nav.questions"), Columns: []ui.Column{{Title: k.T("question.question")}, {Title: k.T("question.asker")}, {Title: k.T("question.asked")}, {Title: k.T("question.state")}, {Title: k.T("question.answer")}},
		Empty: ui.Empty{Icon: "message", Title: k.T("question.none"), Text: k.T("question.none_text")}, Pager: k.pager(page, len(shown), len(list))}
	k.export(t.Pager, "/questions.csv")
	var numbers []int64
	var keys []community.GroupKey
	for _, q := range shown {
		_, a := q.State()
		numbers, keys = append(numbers, q.Number, a.Number), append(keys, q.Group)
	}
	said, err := k.Figures.MessagesByNumber(k.ctx(), numbers)
	if err != nil {
		return t, err
	}
	groups, err := k.groupsOf(keys)
	if err != nil {
		return t, err
	}
	for _, q := range shown {
		t.Rows = append(t.Rows, questionRow(k, q, said, groups[q.Group]))
	}
	return t, nil
}

func questionRow(k *call, q measure.Question, said map[int64]community.MessageRow, g community.GroupRow) ui.Row {
	state, a := q.State()
	line := func(number int64) templ.Component {
		m, ok := said[number]
		if !ok {
			return ui.Text("–")
		}
		return view.Said(messageLink(g, number), []ui.Part{{Text: gist(m.Text, 120)}}, k.classNote(m.Class), m.Recalled, m.Erased)
	}
	person := func(number int64) templ.Component {
		m, ok := said[number]
		if !ok {
			return ui.Text("–")
		}
		return view.Person("/members/"+m.MemberID.String(), m.Name)
	}
	row := ui.Row{Cells: []templ.Component{line(q.Number), view.Stack(person(q.Number), ui.Visible(g.Name)), ui.Moment(q.At)}}
	if state == measure.OpenQuestion {
		return ui.Row{Cells: append(row.Cells, view.Stack(ui.Pill("warning", "clock", k.T("question.state_open")), k.T("question.waits", "for", k.Words.Ago(q.At, k.now()))), ui.Text("–"))}
	}
	tone := "info"
	if state == measure.AnsweredCertain {
		tone = "success"
	}
	return ui.Row{Cells: append(row.Cells, view.Stack(ui.Pill(tone, "check", k.T("question.state_"+state)), k.T("question.by_"+strconv.Itoa(int(a.By)))+" · "+k.minutes(float64(max(0, a.At-q.At))/60_000)), view.Stack(line(a.Number), said[a.Number].Name))}
}

// questionSheet is the list as a file.
func (c *Console) questionSheet(k *call) error {
	ask, err := k.activityAsk()
	if err != nil {
		return err
	}
	list, _, err := k.Figures.Questions(k.ctx(), ask.group.Key, ask.tag, ask.from, ask.to)
	if err != nil {
		return err
	}
	list = inState(list, k.questionState())
	if err := k.bulkExport(len(list)); err != nil {
		return k.refused("/questions", err)
	}
	head := []string{"number", k.T("question.asked"), k.T("question.asker"), k.T("question.question"), k.T("question.state"), "answer_number", "minutes"}
	return k.sheet("questions", head, func() ([][]string, error) {
		part := list[:min(200, len(list))]
		list = list[len(part):]
		return questionLines(k, part, ask.group)
	})
}

func questionLines(k *call, part []measure.Question, g community.GroupRow) ([][]string, error) {
	var numbers []int64
	for _, q := range part {
		numbers = append(numbers, q.Number)
	}
	said, err := k.Figures.MessagesByNumber(k.ctx(), numbers)
	var out [][]string
	for _, q := range part {
		state, a := q.State()
		number, wait := "", ""
		if state != measure.OpenQuestion {
			number, wait = itoa(a.Number), tenth(float64(max(0, a.At-q.At))/60_000)
		}
		out = append(out, []string{itoa(q.Number), moment(q.At, g), said[q.Number].Name, said[q.Number].Text, k.T("question.state_" + state), number, wait})
	}
	return out, err
}
