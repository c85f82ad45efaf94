package console

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/experiment"
	"qunluo/internal/rights"
)

// Experiments is what the pages of experiments ask and change.
type Experiments interface {
	Find(ctx context.Context, state string, p community.Page) ([]experiment.Row, int, error)
	// Look books what happened and says what may be said of an experiment now; of a draft the result is empty.
	Look(ctx context.Context, id community.ID) (experiment.Row, experiment.Result, error)
	// Plan fills in what one's own past says, and what the experiment needs.
	Plan(ctx context.Context, d experiment.Definition) (experiment.Definition, experiment.Need, error)
	Save(ctx context.Context, user string, row experiment.Row, reason string) (experiment.Row, error)
	Start(ctx context.Context, user string, id community.ID, override string) (experiment.Row, error)
	Stop(ctx context.Context, user string, id community.ID, reason string) error
	Decide(ctx context.Context, user string, id community.ID, decision, reason string) error
	Drop(ctx context.Context, user string, id community.ID, reason string) error
	// Subjects lists what a switch can be tried on: id and name.
	Subjects(ctx context.Context, kind string) ([][2]string, error)
	NameOf(ctx context.Context, d experiment.Definition) string
	// Choices lists what B may be where it is chosen rather than written: reference and name; nil = it is written.
	Choices(ctx context.Context, kind, lang string) ([][2]string, error)
}

// experimentRoutes are there where experiments are kept.
func (c *Console) experimentRoutes() []route {
	if c.deps.Experiments == nil {
		return nil
	}
	return []route{
		{pattern: "GET /experiments", may: rights.SeeFigures, serve: (*Console).experimentList},
		{pattern: "GET /experiments/new", may: rights.Tune, serve: (*Console).experimentNew},
		{pattern: "POST /experiments/plan", may: rights.Tune, serve: (*Console).experimentPlan},
		{pattern: "POST /experiments", may: rights.Tune, serve: (*Console).experimentSave},
		{pattern: "GET /experiments/{id}", may: rights.SeeFigures, serve: (*Console).experimentPage},
		{pattern: "GET /experiments/{id}/edit", may: rights.Tune, serve: (*Console).experimentEdit},
		{pattern: "POST /experiments/{id}/{act}", may: rights.Tune, serve: (*Console).experimentAct},
	}
}

func (k *call) experiments() Experiments { return k.c.deps.Experiments(k.User.Org, k.groups) }

// experimentTones are how states and verdicts look.
var experimentTones = map[string]string{
	experiment.Draft: "secondary", experiment.Running: "info", experiment.Stopped: "warning", experiment.Decided: "success",
	experiment.VerdictBetter: "success", experiment.VerdictWorse: "danger", experiment.VerdictHarm: "danger", experiment.VerdictSplit: "danger",
}

func (k *call) experimentPill(key string) templ.Component {
	tone := experimentTones[key]
	if tone == "" {
		tone = "secondary"
	}
	return ui.Pill(tone, "", k.T("experiment.is_"+key))
}

// experimentList lists experiments: what is tried, what is known, what was decided.
func (c *Console) experimentList(k *call) error {
	at, state := k.page(listLimit), k.query("state")
	rows, total, err := k.experiments().Find(k.ctx(), state, at)
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("nav.experiments"), Sub: k.T("experiment.sub")}, Note: k.T("experiment.note")}
	if k.may(rights.Tune) {
		p.Head.Actions = view.LinkButtons([][3]string{{"/experiments/new", "plus", k.T("experiment.new")}})
	}
	states := []ui.Option{{Text: k.T("experiment.all")}}
	for _, s := range []string{experiment.Draft, experiment.Running, experiment.Stopped, experiment.Decided} {
		states = append(states, ui.Option{Value: s, Text: k.T("experiment.is_" + s)})
	}
	p.Filters = ui.Filters{Action: "/experiments", Fields: []ui.Filter{{Kind: "select", Name: "state", Label: k.T("experiment.state"), Value: state, Options: states}}}
	p.Table = ui.Table{Label: k.T("nav.experiments"), Pager: k.pager(at, len(rows), total), Empty: ui.Empty{Icon: "scale", Title: k.T("experiment.none"), Text: k.T("experiment.none_text")},
		Columns: []ui.Column{{Title: k.T("experiment.name")}, {Title: k.T("experiment.state")}, {Title: k.T("experiment.primary")}, {Title: k.T("experiment.result")}, {Title: k.T("experiment.since")}}}
	for _, x := range rows {
		said := ui.Text("–")
		switch {
		case x.State == experiment.Decided:
			said = ui.Two(k.T("experiment.took_"+x.Decision), x.Reason)
		case x.EndedWhy != "":
			said = ui.Text(k.T("experiment.ended_" + x.EndedWhy))
		}
		since := x.Created
		if x.Started > 0 {
			since = x.Started
		}
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/experiments/" + x.ID.String(), Cells: []templ.Component{
			ui.Two(x.Name, k.T("experiment.switch_"+x.Switch)+" · "+k.experiments().NameOf(k.ctx(), x.Definition)), k.experimentPill(x.State), ui.Text(k.T("experiment.outcome_" + x.Primary)), said, ui.Moment(since)}})
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

// experimentNew is an empty form: first what is tried, then the rest.
func (c *Console) experimentNew(k *call) error {
	kind := k.query("switch")
	if experiment.UnitOf(kind) != "" {
		return k.experimentForm(experiment.Row{Definition: experiment.Definition{Switch: kind}}, nil, nil)
	}
	p := view.List{Head: ui.Head{Title: k.T("experiment.new"), Sub: k.T("experiment.choose"), Back: "/experiments"}}
	p.Table = ui.Table{Label: k.T("experiment.choose"), Columns: []ui.Column{{Title: k.T("experiment.what")}, {Title: k.T("experiment.unit")}, {Title: k.T("experiment.primary")}}}
	for _, s := range experiment.Switches() {
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/experiments/new?switch=" + s, Cells: []templ.Component{
			ui.Two(k.T("experiment.switch_"+s), k.T("experiment.switch_"+s+"_means")), ui.Text(k.T("experiment.unit_" + experiment.UnitOf(s))), ui.Text(k.T("experiment.outcome_" + experiment.OutcomesOf(s)[0]))}})
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

// experimentEdit is the form of a draft.
func (c *Console) experimentEdit(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	x, _, err := k.experiments().Look(k.ctx(), id)
	if err != nil {
		return err
	}
	if x.State != experiment.Draft {
		return k.done("/experiments/"+id.String(), "warning", k.T("experiment.no_draft"), community.ID{})
	}
	return k.experimentForm(x, nil, &x.Need)
}

// experimentAsked reads the form. Shares are written in percent.
func (k *call) experimentAsked() (experiment.Row, []string) {
	var faults []string
	num := func(name string, scale float64) float64 {
		text := strings.TrimSuffix(k.form(name), "%")
		if text == "" {
			return 0
		}
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			faults = append(faults, k.T("experiment.bad", "field", k.T("experiment."+name)))
			return 0
		}
		return v / scale
	}
	d := experiment.Definition{Name: k.form("name"), Why: k.typed("why"), Switch: k.form("switch"), Primary: k.form("primary")}
	d.Subject, d.Rule, _ = strings.Cut(k.form("subject"), " ")
	d.Arms[1] = k.typed("b")
	d.Hoped, d.Base, d.Sigma = num("hoped", inPercent), num("base", inPercent), num("sigma", inPercent)
	d.Rho, d.PerDay, d.ShareB, d.Days, d.Length, d.Wash = num("rho", 1), num("per_day", 1), int(num("share_b", 1)), int(num("days", 1)), int(num("slot_days", 1)), int(num("wash_days", 1))
	for _, o := range experiment.OutcomesOf(d.Switch) {
		if o != d.Primary {
			d.Secondary = append(d.Secondary, o)
		}
	}
	x := experiment.Row{Definition: d, Version: number(k.form("version"), 0, 1_000_000, 0)}
	if id, err := community.ParseID(k.form("id")); err == nil {
		x.ID = id
	}
	return x, faults
}

// inPercent is by how much outcomes are written larger than they are kept: all of them are shares.
const inPercent = 100

// experimentFault says which field is wrong.
func (k *call) experimentFault(err error) string {
	field, _, _ := strings.Cut(err.Error(), ":")
	if key := "experiment." + field; k.Words.Has(key) {
		return k.T("experiment.bad", "field", k.T(key))
	}
	return k.T("experiment.bad", "field", field)
}

// experimentPlan says what is needed, and changes nothing.
func (c *Console) experimentPlan(k *call) error {
	x, faults := k.experimentAsked()
	if len(faults) > 0 {
		return k.experimentForm(x, faults, nil)
	}
	d, need, err := k.experiments().Plan(k.ctx(), x.Definition)
	if code := community.CodeOf(err); code == community.CodeBadInput || code == community.CodeNotFound {
		return k.experimentForm(x, []string{k.experimentFault(err)}, nil)
	}
	if err != nil {
		return err
	}
	x.Definition = d
	return k.experimentForm(x, nil, &need)
}

// experimentSave keeps a draft.
func (c *Console) experimentSave(k *call) error {
	x, faults := k.experimentAsked()
	if len(faults) > 0 {
		return k.experimentForm(x, faults, nil)
	}
	kept, err := k.experiments().Save(k.ctx(), k.who(), x, "")
	if code := community.CodeOf(err); code == community.CodeBadInput || code == community.CodeNotFound {
		return k.experimentForm(x, []string{k.experimentFault(err)}, nil)
	}
	if err != nil {
		return k.refused("/experiments", err)
	}
	return k.ok("/experiments/"+kept.ID.String(), k.T("experiment.saved"))
}

// trim writes a figure without needless digits; 0 = "".
func trimmed(v float64) string {
	if v == 0 {
		return ""
	}
	return strconv.FormatFloat(math.Round(v*1e4)/1e4, 'f', -1, 64)
}

func (k *call) experimentForm(x experiment.Row, faults []string, need *experiment.Need) error {
	d := x.Definition
	d = d.Usual()
	subjects, err := k.experiments().Subjects(k.ctx(), d.Switch)
	if err != nil {
		return err
	}
	p := view.PlanForm{Head: ui.Head{Title: k.T("experiment.new"), Sub: k.T("experiment.switch_" + d.Switch), Back: "/experiments"}, Faults: faults, Action: "/experiments", Do: k.T("experiment.keep"), Ask: "/experiments/plan", AskText: k.T("experiment.ask")}
	p.Hidden = []ui.Option{{Value: "switch", Text: d.Switch}}
	if !x.ID.IsZero() {
		p.Hidden = append(p.Hidden, ui.Option{Value: "id", Text: x.ID.String()}, ui.Option{Value: "version", Text: strconv.Itoa(x.Version)})
	}
	chosen := strings.TrimSpace(d.Subject + " " + d.Rule)
	var choice, outcomes []ui.Option
	for _, s := range subjects {
		choice = append(choice, ui.Option{Value: s[0], Text: s[1]})
	}
	for _, o := range experiment.OutcomesOf(d.Switch) {
		outcomes = append(outcomes, ui.Option{Value: o, Text: k.T("experiment.outcome_" + o)})
	}
	if len(choice) == 0 {
		p.Wait, p.Hint = true, k.T("experiment.no_subject_"+d.Switch)
	}
	b := ui.Input{Kind: "area", Name: "b", Label: k.T("experiment.b"), Value: d.Arms[1], Help: k.T("experiment.b_"+d.Switch, "name", "{{name}}"), Max: experiment.MaxText, Required: true}
	if d.Switch == experiment.SendTime {
		b.Kind, b.Max = "text", 5
	}
	ways, err := k.experiments().Choices(k.ctx(), d.Switch, k.Words.Lang)
	if err != nil {
		return err
	}
	for _, w := range ways {
		b.Kind, b.Options = "select", append(b.Options, ui.Option{Value: w[0], Text: w[1] + " (" + w[0] + ")"})
	}
	text := func(name, value string) ui.Input {
		return ui.Input{Kind: "text", Name: name, Label: k.T("experiment." + name), Value: value, Help: k.T("experiment." + name + "_help")}
	}
	declared := []ui.Input{{Kind: "select", Name: "primary", Label: k.T("experiment.primary"), Value: d.Primary, Options: outcomes}, text("hoped", trimmed(d.Hoped*inPercent)), text("days", strconv.Itoa(d.Days))}
	past := []ui.Input{text("base", trimmed(d.Base*inPercent))}
	switch d.Unit() {
	case experiment.Member:
		declared = append(declared, text("share_b", strconv.Itoa(d.ShareB)))
		past = append(past, text("per_day", trimmed(d.PerDay)))
	case experiment.Group:
		past = append(past, text("sigma", trimmed(d.Sigma*inPercent)), text("rho", trimmed(d.Rho)))
	case experiment.Slot:
		declared = append(declared, text("slot_days", strconv.Itoa(d.Length)), text("wash_days", strconv.Itoa(d.Wash)))
		past = append(past, text("sigma", trimmed(d.Sigma*inPercent)), text("rho", trimmed(d.Rho)))
	}
	p.Groups = []view.PlanFields{
		{Title: k.T("experiment.what"), Note: k.T("experiment.switch_" + d.Switch + "_means"), Rows: []ui.Input{{Kind: "text", Name: "name", Label: k.T("experiment.name"), Value: d.Name, Required: true, Max: experiment.MaxName},
			{Kind: "select", Name: "subject", Label: k.T("experiment.subject"), Value: chosen, Options: choice}, b, {Kind: "area", Name: "why", Label: k.T("experiment.why"), Value: d.Why, Max: experiment.MaxWhy, Rows: 2}}},
		{Title: k.T("experiment.declared"), Note: k.T("experiment.declared_note"), Rows: declared},
		{Title: k.T("experiment.past"), Note: k.T("experiment.past_note"), Rows: past},
	}
	if need != nil {
		p.Stats = k.needStats(d, *need)
		p.Tables = k.needTables(*need)
	}
	return k.show(p.Head.Title, view.PlanEdit(p))
}

// points of percent: shares are compared in them.
func (k *call) pointsOf(v float64) string {
	return k.T("experiment.points", "n", strconv.FormatFloat(v*100, 'f', 1, 64))
}

// needStats are what an experiment needs before it starts.
func (k *call) needStats(d experiment.Definition, n experiment.Need) []ui.Number {
	amount := func(v int) string {
		if v == 0 {
			return "–"
		}
		return k.Words.Number(v)
	}
	var out []ui.Number
	if d.Unit() == experiment.Member {
		days := "–"
		if n.Days > 0 {
			days = k.Words.Number(n.Days)
		}
		out = append(out, ui.Number{Label: k.T("experiment.need"), Value: amount(n.Members), Note: k.T("experiment.need_note", "daily", amount(n.Daily))},
			ui.Number{Label: k.T("experiment.need_days"), Value: days, Note: k.T("experiment.need_days_note", "n", trimmed(d.PerDay))})
	} else {
		out = append(out, ui.Number{Label: k.T("experiment.need_units_" + d.Unit()), Value: amount(n.Groups), Note: k.T("experiment.need_units_note", "n", d.Units)},
			ui.Number{Label: k.T("experiment.effect"), Value: strconv.FormatFloat(n.Effect, 'f', 1, 64), Note: k.T("experiment.effect_note", "rho", strconv.FormatFloat(d.Rho, 'f', 3, 64))})
	}
	mde := "–"
	if n.MDE > 0 {
		mde = k.pointsOf(n.MDE)
	}
	return append(out, ui.Number{Label: k.T("experiment.mde"), Value: mde, Note: k.T("experiment.mde_note", "hoped", k.pointsOf(d.Hoped))})
}

// needTables are the warnings before the start.
func (k *call) needTables(n experiment.Need) []view.PlanTable {
	if len(n.Problems) == 0 {
		return nil
	}
	t := ui.Table{Label: k.T("experiment.warnings"), Columns: []ui.Column{{Title: k.T("experiment.warnings")}}}
	for _, p := range n.Problems {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Two(k.T("experiment."+p), k.T("experiment."+p+"_means"))}})
	}
	return []view.PlanTable{{Title: k.T("experiment.warnings"), Table: t}}
}

// experimentPage shows one: what was declared, who got what, what may be said, and what was decided.
func (c *Console) experimentPage(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	x, r, err := k.experiments().Look(k.ctx(), id)
	if err != nil {
		return err
	}
	p := view.PlanPage{Head: ui.Head{Title: x.Name, Sub: k.T("experiment.switch_"+x.Switch) + " · " + k.experiments().NameOf(k.ctx(), x.Definition), Back: "/experiments"}, State: k.experimentPill(x.State)}
	p.Text = k.experimentSaid(x)
	k.experimentDoes(&p, x)
	if x.State == experiment.Draft {
		p.Means, p.Stats = k.T("experiment.draft_means"), k.needStats(x.Definition, x.Need)
		p.Tables = append(k.needTables(x.Need), k.declaredTable(x))
		return k.show(x.Name, view.PlanShow(p))
	}
	p.Means = k.T("experiment.verdict_" + r.Verdict)
	p.Stats = k.resultStats(x, r)
	if !r.Withheld {
		p.Curves = []view.Curve{k.sequence(x, r)}
		if done, err := k.taken(album{about: []string{ui.Visible(x.Name), p.Means}, curves: curvesOf(p.Curves)}); done || err != nil {
			return err
		}
		p.Tables = append(p.Tables, k.sideTable(x, r))
	}
	p.Tables = append(p.Tables, k.declaredTable(x))
	return k.show(x.Name, view.PlanShow(p))
}

// experimentSaid are both ways, one under the other.
func (k *call) experimentSaid(x experiment.Row) string {
	text := "A: " + x.Arms[0] + "\nB: " + x.Arms[1]
	if x.Decision != "" {
		text += "\n\n" + k.T("experiment.took_"+x.Decision) + ": " + x.Reason
	}
	return text
}

// experimentDoes are the buttons of a state, each asking first.
func (k *call) experimentDoes(p *view.PlanPage, x experiment.Row) {
	if !k.may(rights.Tune) {
		return
	}
	home := "/experiments/" + x.ID.String()
	add := func(act, icon string, danger bool, ask ui.Confirm) {
		ask.ID, ask.Title, ask.Object, ask.Action, ask.Button, ask.Danger = act, k.T("experiment.do_"+act), x.Name, home+"/"+act, k.T("experiment.do_"+act), danger
		p.Openers = append(p.Openers, ui.Opener{Target: act, Text: ask.Title, Icon: icon, Danger: danger})
		p.Asks = append(p.Asks, ask)
	}
	switch x.State {
	case experiment.Draft:
		start := ui.Confirm{Effect: k.T("experiment.start_effect", "days", x.Days)}
		if len(x.Need.Undecidable()) > 0 {
			start.Effect, start.Reason, start.Need = k.T("experiment."+x.Need.Undecidable()[0]), k.T("experiment.override"), true
		}
		add("start", "check", false, start)
		p.Links = append(p.Links, ui.Option{Value: home + "/edit", Text: k.T("experiment.edit")})
		add("drop", "trash", true, ui.Confirm{Effect: k.T("experiment.drop_effect")})
	case experiment.Running, experiment.Stopped:
		options := []ui.Option{}
		for _, d := range experiment.Decisions {
			options = append(options, ui.Option{Value: d, Text: k.T("experiment.took_" + d)})
		}
		add("decide", "gavel", false, ui.Confirm{Effect: k.T("experiment.decide_effect"), Reason: k.T("form.reason"), Need: true, Inputs: []ui.Input{{Kind: "select", Name: "decision", Label: k.T("experiment.decision"), Options: options}}})
		if x.State == experiment.Running {
			add("stop", "x", true, ui.Confirm{Effect: k.T("experiment.stop_effect"), Reason: k.T("form.reason"), Need: true})
		}
	}
}

// resultStats are the arms, the difference and the split.
func (k *call) resultStats(x experiment.Row, r experiment.Result) []ui.Number {
	o, _ := experiment.OutcomeNamed(x.Primary)
	var out []ui.Number
	for arm, a := range r.Arms {
		value, note := "–", k.T("experiment.known", "n", k.Words.Number(a.Known), "of", k.Words.Number(r.Split.Assigned[arm]))
		if a.Known > 0 && !r.Withheld {
			value = percent(a.Mean)
			if o.Proportion {
				note += " · " + k.T("experiment.between", "low", percent(a.Low), "high", percent(a.High))
			}
		}
		out = append(out, ui.Number{Label: k.T("experiment.arm", "arm", []string{"A", "B"}[arm]), Value: value, Note: note})
	}
	diff, note := "–", k.T("experiment.diff_few")
	if n := len(r.Points); n > 0 && r.Points[n-1].Drawn {
		last := r.Points[n-1]
		diff, note = k.pointsOf(last.Diff), k.T("experiment.between", "low", k.pointsOf(last.Low), "high", k.pointsOf(last.High))
	}
	if r.P < 1 {
		note += " · " + k.T("experiment.permuted", "p", strconv.FormatFloat(r.P, 'g', 2, 64))
	}
	split := k.T("experiment.split_fine")
	if r.Split.Broken {
		split = k.T("experiment.split_broken")
	}
	return append(out, ui.Number{Label: k.T("experiment.diff"), Value: diff, Note: note},
		ui.Number{Label: k.T("experiment.split"), Value: k.Words.Number(r.Split.Assigned[0]) + " : " + k.Words.Number(r.Split.Assigned[1]), Note: split + " (p = " + strconv.FormatFloat(r.Split.P, 'g', 2, 64) + ")"})
}

// sequence draws the difference day by day with the band in which it may be believed however often somebody looks.
func (k *call) sequence(x experiment.Row, r experiment.Result) view.Curve {
	c := view.Curve{Title: k.T("experiment.sequence"), Note: k.T("experiment.sequence_note"), Empty: ui.Empty{Icon: "activity", Title: k.T("experiment.is_few"), Text: k.T("experiment.no_sequence")}}
	drawn := slices.DeleteFunc(slices.Clone(r.Points), func(p experiment.Point) bool { return !p.Drawn })
	if len(drawn) == 0 {
		return c
	}
	last := drawn[len(drawn)-1]
	top := math.Max(2*x.Hoped, 1.2*math.Max(math.Abs(last.Low), math.Abs(last.High)))
	end := float64(max(7, last.Day))
	at := func(day int) string { return place(view.CurveWide * float64(day) / end) }
	up := func(v float64) string {
		return place(view.CurveHigh * (0.5 - math.Max(-top, math.Min(top, v))/(2*top)))
	}
	var line, high, low strings.Builder
	back := ""
	for i, p := range drawn {
		step := "L"
		if i == 0 {
			step = "M"
		}
		line.WriteString(step + at(p.Day) + " " + up(p.Diff))
		high.WriteString(step + at(p.Day) + " " + up(p.High))
		back = "L" + at(p.Day) + " " + up(p.Low) + back
	}
	low.WriteString(high.String() + back + "Z")
	c.Lines = []view.CurveLine{{Name: k.T("experiment.line"), Path: line.String(), Band: low.String(), Class: "text-primary"},
		{Name: k.T("experiment.no_diff"), Path: "M0 " + up(0) + "H" + strconv.Itoa(view.CurveWide), Class: "text-secondary", Dash: "2 4"}}
	for _, v := range []float64{top, top / 2, 0, -top / 2, -top} {
		c.Y = append(c.Y, view.AxisMark{At: up(v), Text: strconv.FormatFloat(v*100, 'f', 1, 64)})
	}
	c.Table = ui.Table{Label: c.Title, Columns: []ui.Column{{Title: k.T("experiment.day"), Num: true}, {Title: k.T("experiment.outcomes"), Num: true}, {Title: k.T("experiment.diff"), Num: true}, {Title: k.T("experiment.band"), Num: true}}}
	for d := 0; d <= int(end); d += max(1, int(end)/7) {
		c.X = append(c.X, view.AxisMark{At: at(d), Text: k.T("experiment.on_day", "n", d)})
	}
	for _, p := range drawn {
		c.Table.Rows = append(c.Table.Rows, ui.Row{Cells: []templ.Component{ui.Figure(int64(p.Day)), ui.Figure(int64(p.Known)), ui.Text(k.pointsOf(p.Diff)), ui.Text(k.T("experiment.between", "low", k.pointsOf(p.Low), "high", k.pointsOf(p.High)))}})
	}
	return c
}

// sideTable are the guardrails and the secondary outcomes.
func (k *call) sideTable(x experiment.Row, r experiment.Result) view.PlanTable {
	t := ui.Table{Label: k.T("experiment.others"), Empty: ui.Empty{Icon: "list-check", Title: k.T("experiment.no_others"), Text: k.T("experiment.no_others_text")},
		Columns: []ui.Column{{Title: k.T("experiment.outcome")}, {Title: "A", Num: true}, {Title: "B", Num: true}, {Title: k.T("experiment.diff"), Num: true}, {Title: k.T("experiment.says")}}}
	row := func(s experiment.Side, says string) {
		diff := "–"
		if s.Drawn {
			diff = k.pointsOf(s.Diff)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(k.T("experiment.outcome_" + s.Name)), ui.Text(k.armShare(s.Arms[0])), ui.Text(k.armShare(s.Arms[1])), ui.Text(diff), ui.Text(says)}})
	}
	for _, s := range r.Guards {
		says := k.T("experiment.guard_fine")
		switch {
		case s.Harms:
			says = k.T("experiment.guard_harms")
		case !s.Drawn:
			says = k.T("experiment.is_few")
		}
		row(s, says)
	}
	for _, s := range r.Seconds {
		says := k.T("experiment.holm", "p", strconv.FormatFloat(s.Holm, 'g', 2, 64))
		if !s.Drawn {
			says = k.T("experiment.is_few")
		}
		row(s, says)
	}
	return view.PlanTable{Title: k.T("experiment.others"), Note: k.T("experiment.others_note"), Table: t}
}

func (k *call) armShare(a experiment.ArmSum) string {
	if a.Known == 0 {
		return "–"
	}
	return percent(a.Mean) + " / " + k.Words.Number(a.Known)
}

// declaredTable is what was fixed before the start.
func (k *call) declaredTable(x experiment.Row) view.PlanTable {
	t := ui.Table{Label: k.T("experiment.declared"), Columns: []ui.Column{{Title: k.T("experiment.declared")}, {Title: ""}}}
	row := func(key, value string) {
		if value != "" {
			t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(k.T("experiment." + key)), ui.Text(value)}})
		}
	}
	row("why", x.Why)
	row("unit", k.T("experiment.unit_"+x.Unit()))
	row("primary", k.T("experiment.outcome_"+x.Primary)+": "+k.T("experiment.outcome_"+x.Primary+"_means"))
	row("hoped", k.pointsOf(x.Hoped))
	row("base", k.pointsOf(x.Base))
	row("days", k.Words.Number(x.Days))
	row("rule_stop", k.T("experiment.rule_stop_means", "days", x.Days))
	if x.Unit() == experiment.Member {
		row("share_b", strconv.Itoa(x.ShareB)+"%")
	}
	row("override", x.Override)
	if x.EndedWhy != "" {
		row("ended", k.T("experiment.ended_"+x.EndedWhy))
	}
	return view.PlanTable{Title: k.T("experiment.declared"), Note: k.T("experiment.declared_kept"), Table: t}
}

// experimentActs are what can be done with an experiment.
var experimentActs = map[string]func(k *call, id community.ID) error{
	"start": func(k *call, id community.ID) error {
		_, err := k.experiments().Start(k.ctx(), k.who(), id, k.typed("reason"))
		return err
	},
	"stop": func(k *call, id community.ID) error {
		return k.experiments().Stop(k.ctx(), k.who(), id, k.typed("reason"))
	},
	"decide": func(k *call, id community.ID) error {
		return k.experiments().Decide(k.ctx(), k.who(), id, k.form("decision"), k.typed("reason"))
	},
	"drop": func(k *call, id community.ID) error {
		return k.experiments().Drop(k.ctx(), k.who(), id, k.typed("reason"))
	},
}

// experimentAct does one of them.
func (c *Console) experimentAct(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	act := k.R.PathValue("act")
	do := experimentActs[act]
	if do == nil {
		return community.Errorf(community.CodeNotFound, "act %q", act)
	}
	home := "/experiments/" + id.String()
	err = do(k, id)
	switch {
	case community.CodeOf(err) == community.CodeRefused && act == "start":
		return k.done(home, "warning", k.T("experiment.need_override"), community.ID{})
	case err != nil:
		return k.refused(home, err)
	case act == "drop":
		home = "/experiments"
	}
	return k.ok(home, k.T("experiment.did_"+act))
}
