package console

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/measure"
	"qunluo/internal/rights"
)

var stageLook = map[string][2]string{measure.StageBurst: {"info", "activity"}, measure.StageStable: {"good", "circle-check"}, measure.StageDecline: {"danger", "alert-triangle"}, measure.StageYoung: {"", "clock"}, measure.StageUnknown: {"", "clock"}}

func (k *call) stagePill(stage string) templ.Component {
	return ui.Pill(stageLook[stage][0], stageLook[stage][1], k.T("stage.is_"+stage))
}

// stagePage shows the stage of one group with its evidence, or of all groups side by side.
func (c *Console) stagePage(k *call) error {
	g, err := k.groupNamed(k.query("g"))
	if err != nil {
		return err
	}
	if g.Key == 0 {
		return k.stageList()
	}
	return k.stageOf(g)
}

// stageList is a table of all groups.
func (k *call) stageList() error {
	p := view.List{Head: ui.Head{Title: k.T("nav.stage"), Sub: k.T("stage.sub"), Actions: view.LinkButtons([][3]string{{"/stage/rules", "settings", k.T("stage.rules")}})}, Note: k.T("stage.list_note")}
	num := func(key string) ui.Column { return ui.Column{Title: k.T(key), Num: true} }
	p.Table = ui.Table{Label: k.T("nav.stage"), Columns: []ui.Column{{Title: k.T("word.group")}, {Title: k.T("stage.verdict")}, {Title: k.T("stage.by_age")}, num("stage.speakers"), num("stage.sen"), num("stage.p"), num("stage.level"), num("stage.new_share"), {Title: k.T("stage.warning")}},
		Empty: ui.Empty{Icon: "users-group", Title: k.T("group.none"), Text: k.T("group.none_text")}}
	return k.showGroups(p, "/stage", k.stageRow)
}

func (k *call) stageRow(row measure.GoalRow) (ui.Row, error) {
	line := ui.Row{Link: "/stage?g=" + row.GroupID.String()}
	s, _, err := k.goals().Stage(k.ctx(), row.Group)
	if err != nil {
		return line, err
	}
	ruling, err := k.rulingNow(row.Group)
	if err != nil {
		return line, err
	}
	verdict := k.stagePill(s.Verdict)
	if ruling.Stage != "" {
		verdict = view.Stack(verdict, k.T("stage.ruled", "stage", k.T("stage.is_"+ruling.Stage)))
	}
	age := k.T("stage.weeks", "usable", s.Usable, "of", s.Weeks)
	word := "–"
	if s.ByAge != "" {
		word = k.T("stage.is_" + s.ByAge)
	}
	cells := []templ.Component{ui.Name(row.Name), verdict, ui.Two(word, age)}
	if !trended(s) {
		for range 5 {
			cells = append(cells, ui.Text("–"))
		}
	} else {
		cells = append(cells, ui.Text(tenth(s.Speakers.First)+" → "+tenth(s.Speakers.Last)), ui.Text(signedTenth(s.Speakers.Sen)), ui.Text(thousandth(s.Speakers.P)), ui.Text(k.levelShare(s)), ui.Text(k.shareOf(s.NewShare)))
	}
	line.Cells = append(cells, k.warningCell(s.Warning))
	return line, nil
}

// trended reports whether a stage rests on a trend.
func trended(s measure.Stage) bool {
	return s.Verdict != measure.StageYoung && s.Verdict != measure.StageUnknown
}

func signedTenth(v float64) string {
	if v > 0 {
		return "+" + tenth(v)
	}
	return tenth(v)
}

func (k *call) levelShare(s measure.Stage) string {
	if s.Usual == 0 {
		return "–"
	}
	return percent(s.Level / s.Usual)
}

func (k *call) shareOf(f measure.Figure) string {
	if f.Withheld != "" {
		return "–"
	}
	return percent(f.Value)
}

func (k *call) warningCell(w measure.Warning) templ.Component {
	switch {
	case w.Known == 0:
		return ui.Text("–")
	case w.On:
		return ui.Pill("danger", "alert-triangle", k.T("stage.warns"))
	}
	return ui.Text(k.T("stage.calm", "score", tenth(w.Score), "limit", strconv.FormatFloat(w.Limit, 'g', 4, 64)))
}

// rulingNow is the word of a person that stands about a group's stage; Stage "" = none.
func (k *call) rulingNow(g community.GroupKey) (measure.Ruling, error) {
	list, err := k.goals().Rulings(k.ctx(), g)
	if err != nil || len(list) == 0 {
		return measure.Ruling{}, err
	}
	today, err := k.Figures.Today(k.ctx(), g)
	if err != nil || !list[0].Holds(today) {
		return measure.Ruling{}, err
	}
	return list[0], nil
}

// stageOf shows a group's stage with the numbers that it rests on.
func (k *call) stageOf(g community.GroupRow) error {
	s, weeks, err := k.goals().Stage(k.ctx(), g.Key)
	if err != nil {
		return err
	}
	ruling, err := k.rulingNow(g.Key)
	if err != nil {
		return err
	}
	p := view.Insight{Head: ui.Head{Title: k.T("nav.stage"), Sub: g.Name, Back: "/stage"}}
	p.Says = k.stageSays(s, ruling)
	p.Notes = []string{k.T("stage.note_rules"), k.T("stage.note_test"), k.T("stage.note_holiday"), k.T("stage.note_age"), k.T("stage.note_warning")}
	p.Metrics = k.stageMetrics(s)
	if err := k.stageAsks(&p, g, ruling); err != nil {
		return err
	}
	p.Curves = []view.Curve{k.weekCurve(s, weeks)}
	if done, err := k.taken(album{about: []string{ui.Visible(g.Name), k.T("stage.weeks", "usable", s.Usable, "of", s.Weeks)}, curves: curvesOf(p.Curves)}); done || err != nil {
		return err
	}
	p.Tables, err = k.stageTables(g, s, weeks)
	if err != nil {
		return err
	}
	return k.show(p.Head.Title, view.InsightPage(p), inZone(g))
}

// stageSays tells the verdict in words, and where age or a person says otherwise.
func (k *call) stageSays(s measure.Stage, ruling measure.Ruling) string {
	said := k.T("stage.says_"+s.Verdict, "usable", s.Usable, "of", s.Weeks)
	if s.Differ() {
		said += " " + k.T("stage.differ", "curve", k.T("stage.is_"+s.Verdict), "age", k.T("stage.is_"+s.ByAge), "days", s.Age)
	}
	if ruling.Stage != "" {
		said += " " + k.T("stage.ruled_until", "stage", k.T("stage.is_"+ruling.Stage), "until", ruling.Until.String(), "why", ruling.Reason)
	}
	if s.Warning.On {
		said += " " + k.T("stage.warned", "usual", tenth(s.Warning.Usual), "recent", tenth(s.Warning.Recent))
	}
	return said
}

// stageMetrics are the numbers of the evidence.
func (k *call) stageMetrics(s measure.Stage) []view.Metric {
	weeks := k.T("stage.weeks", "usable", s.Usable, "of", s.Weeks)
	age := view.Metric{Label: k.T("stage.age"), Lead: k.T("stage.age_days", "days", s.Age), Facts: []string{weeks}, Means: k.T("stage.age_means")}
	if s.ByAge != "" {
		age.Counts = k.T("stage.by_age") + k.T("list.colon") + k.T("stage.is_"+s.ByAge)
	}
	if !trended(s) {
		return []view.Metric{age}
	}
	trend := func(key string, t measure.Trend) view.Metric {
		return view.Metric{Label: k.T("stage." + key), Lead: tenth(t.First) + " → " + tenth(t.Last), Counts: k.T("stage.trend", "sen", signedTenth(t.Sen), "p", thousandth(t.P)),
			Facts: []string{k.T("stage.trend_facts", "num", t.N, "s", t.S, "z", strconv.FormatFloat(t.Z, 'f', 2, 64), "wide", strconv.FormatFloat(t.Widened, 'f', 2, 64))}, Means: k.T("stage." + key + "_means")}
	}
	share := func(key string, f measure.Figure) view.Metric {
		m := k.metric(f, percent, k.amount(f.Num)+" / "+k.amount(f.Den), k.T("activity.population_"+f.Population), 1)
		m.Label, m.Means = k.T("stage."+key), k.T("stage."+key+"_means")
		m.Facts[len(m.Facts)-1] = k.T("stage.weeks", "usable", f.Coverage.Covered, "of", f.Coverage.Of)
		return m
	}
	level := view.Metric{Label: k.T("stage.level"), Lead: k.levelShare(s), Counts: tenth(s.Level) + " / " + tenth(s.Usual), Facts: []string{weeks}, Means: k.T("stage.level_means")}
	core := share("core", s.CoreNow)
	core.Counts += k.T("list.semicolon") + k.T("stage.core_then", "share", k.shareOf(s.CoreThen))
	spam := k.metric(s.Spam, percent, k.amount(s.Spam.Num)+" / "+k.amount(s.Spam.Den), k.T("stage.spam_of"), 1)
	spam.Label, spam.Means = k.T("stage.spam"), k.T("stage.spam_means")
	spam.Facts[len(spam.Facts)-1] = weeks
	w := s.Warning
	warn := view.Metric{Label: k.T("stage.warning"), Lead: strconv.FormatFloat(w.Score, 'f', 2, 64), Counts: k.T("stage.warn_limit", "limit", strconv.FormatFloat(w.Limit, 'g', 4, 64)), Means: k.T("stage.warning_means"),
		Facts: []string{k.T("stage.warn_facts", "usual", tenth(w.Usual), "recent", tenth(w.Recent), "num", w.Known)}}
	if w.Known == 0 {
		warn.Lead, warn.Facts = "–", []string{k.T("stage.warn_young")}
	}
	return []view.Metric{trend("speakers", s.Speakers), trend("messages", s.Messages), level, share("new_share", s.NewShare), spam, core, share("kept", s.Kept), warn, age}
}

// stageAsks offers to overrule, and to begin the play-book.
func (k *call) stageAsks(p *view.Insight, g community.GroupRow, ruling measure.Ruling) error {
	here := []ui.Option{{Value: "g", Text: g.ID.String()}}
	steps, err := k.playbook()
	if err != nil {
		return err
	}
	p.Openers = append(p.Openers, ui.Opener{Target: "playbook", Text: k.T("playbook.start"), Icon: "list-check"})
	p.Asks = append(p.Asks, ui.Confirm{ID: "playbook", Title: k.T("playbook.start"), Object: g.Name, Effect: k.T("playbook.start_effect"), Action: "/stage/playbook", Button: k.T("playbook.start"), Fields: here,
		Inputs: []ui.Input{{Kind: "area", Name: "steps", Label: k.T("playbook.steps"), Help: k.T("playbook.steps_help"), Value: strings.Join(steps, "\n"), Required: true, Max: 4000, Rows: 8}, {Kind: "number", Name: "days", Label: k.T("adjust.days"), Value: "28", Required: true},
			{Kind: "check", Name: "keep", Label: k.T("playbook.keep")}}})
	if !k.may(rights.Tune) {
		return nil
	}
	var stages []ui.Option
	for _, s := range []string{measure.StageBurst, measure.StageStable, measure.StageDecline} {
		stages = append(stages, ui.Option{Value: s, Text: k.T("stage.is_" + s)})
	}
	p.Openers = append(p.Openers, ui.Opener{Target: "overrule", Text: k.T("stage.overrule"), Icon: "edit"})
	p.Asks = append(p.Asks, ui.Confirm{ID: "overrule", Title: k.T("stage.overrule"), Object: g.Name, Effect: k.T("stage.overrule_effect"), Action: "/stage/overrule", Button: k.T("stage.overrule"), Reason: k.T("form.reason"), Need: true, Fields: here,
		Inputs: []ui.Input{{Kind: "select", Name: "stage", Label: k.T("stage.verdict"), Value: ruling.Stage, Options: stages}, {Kind: "number", Name: "days", Label: k.T("stage.overrule_days"), Value: "28", Required: true}}})
	if ruling.Stage != "" {
		p.Openers = append(p.Openers, ui.Opener{Target: "unrule", Text: k.T("stage.unrule"), Icon: "arrow-back-up"})
		p.Asks = append(p.Asks, ui.Confirm{ID: "unrule", Title: k.T("stage.unrule"), Object: g.Name, Effect: k.T("stage.unrule_effect"), Action: "/stage/unrule", Button: k.T("stage.unrule"), Reason: k.T("form.reason"), Fields: here})
	}
	return nil
}

// playbook are the steps to begin with: the organisation's own, else those of the catalogue.
func (k *call) playbook() ([]string, error) {
	steps, err := k.goals().Playbook(k.ctx())
	if err != nil || len(steps) > 0 {
		return steps, err
	}
	for i := 1; k.Words.Has("playbook.step_" + strconv.Itoa(i)); i++ {
		steps = append(steps, k.T("playbook.step_"+strconv.Itoa(i)))
	}
	return steps, nil
}

// weekCurve draws the speakers of the weeks; unknown weeks are left out, holidays are marked in the table.
func (k *call) weekCurve(s measure.Stage, weeks []measure.Week) view.Curve {
	weeks = weeks[max(0, len(weeks)-52):]
	out := view.Curve{Title: k.T("stage.curve"), Note: k.T("stage.curve_note"), Empty: ui.Empty{Icon: "activity", Title: k.T("insight.too_few"), Text: k.T("stage.says_young", "usable", s.Usable, "of", s.Weeks)}}
	var most int64 = 1
	for _, w := range weeks {
		most = max(most, w.Speakers)
	}
	x := func(i int) string { return place(view.CurveWide * float64(i) / float64(max(1, len(weeks)-1))) }
	y := func(v float64) string { return place(view.CurveHigh * (1 - v/float64(most))) }
	var path strings.Builder
	pen := "M"
	shown := 0
	for i, w := range weeks {
		if i%max(1, len(weeks)/6) == 0 {
			out.X = append(out.X, view.AxisMark{At: x(i), Text: w.Start.String()[2:]})
		}
		if w.Covered < 6 {
			pen = "M"
			continue
		}
		path.WriteString(pen + x(i) + " " + y(float64(w.Speakers)))
		pen, shown = "L", shown+1
	}
	if shown < 2 {
		return out
	}
	for _, part := range []float64{0, 0.5, 1} {
		out.Y = append(out.Y, view.AxisMark{At: place(view.CurveHigh * (1 - part)), Text: tenth(part * float64(most))})
	}
	out.Lines = []view.CurveLine{{Name: k.T("stage.speakers"), Path: path.String(), Class: "text-blue"}}
	if s.Usual > 0 {
		out.Lines = append(out.Lines, view.CurveLine{Name: k.T("stage.usual", "num", tenth(s.Usual)), Path: "M0 " + y(min(s.Usual, float64(most))) + "H" + place(view.CurveWide), Dash: "6 4", Class: "text-orange"})
	}
	return out
}

// stageTables are the weeks, the changes of level, people's words and the looks.
func (k *call) stageTables(g community.GroupRow, s measure.Stage, weeks []measure.Week) ([]view.PlanTable, error) {
	shifts := ui.Table{Label: k.T("stage.shifts"), Columns: []ui.Column{{Title: k.T("stage.week")}, {Title: k.T("adjust.before"), Num: true}, {Title: k.T("adjust.after"), Num: true}}, Empty: ui.Empty{Icon: "activity", Title: k.T("stage.no_shifts")}}
	for _, one := range s.Shifts {
		shifts.Rows = append(shifts.Rows, ui.Row{Cells: []templ.Component{ui.Text(weeks[one.At].Start.String()), ui.Text(tenth(one.Before)), ui.Text(tenth(one.After))}})
	}
	list, err := k.goals().Rulings(k.ctx(), g.Key)
	if err != nil {
		return nil, err
	}
	who, err := k.userNames()
	if err != nil {
		return nil, err
	}
	words := ui.Table{Label: k.T("stage.rulings"), Columns: []ui.Column{{Title: k.T("audit.at")}, {Title: k.T("audit.who")}, {Title: k.T("stage.verdict")}, {Title: k.T("stage.until")}, {Title: k.T("form.reason")}}, Empty: ui.Empty{Icon: "history", Title: k.T("stage.no_rulings")}}
	for _, v := range list {
		until := v.Until.String()
		if v.Ended != 0 {
			until = k.T("stage.ended", "at", moment(v.Ended, g), "who", who(v.EndedBy))
		}
		words.Rows = append(words.Rows, ui.Row{Cells: []templ.Component{ui.Moment(v.At), ui.Text(who(v.User)), k.stagePill(v.Stage), ui.Text(until), ui.Text(v.Reason)}})
	}
	looks, err := k.goals().StageLooks(k.ctx(), g.Key)
	if err != nil {
		return nil, err
	}
	seen := ui.Table{Label: k.T("stage.looks"), Columns: []ui.Column{{Title: k.T("stage.week")}, {Title: k.T("stage.verdict")}, {Title: k.T("stage.warning")}}, Empty: ui.Empty{Icon: "history", Title: k.T("stage.no_looks")}}
	for _, v := range looks {
		warned := ui.Text("–")
		if v.Warned {
			warned = ui.Pill("danger", "alert-triangle", k.T("stage.warns"))
		}
		seen.Rows = append(seen.Rows, ui.Row{Cells: []templ.Component{ui.Text(v.Week.String()), k.stagePill(v.Verdict), warned}})
	}
	effects, err := k.effectTable(measure.AdjustPlaybook)
	if err != nil {
		return nil, err
	}
	return []view.PlanTable{{Title: k.T("stage.shifts"), Note: k.T("stage.shifts_note"), Table: shifts}, {Title: k.T("playbook.effects"), Note: k.T("adjust.effects_note", "least", measure.PooledLeast), Table: effects},
		{Title: k.T("stage.rulings"), Table: words}, {Title: k.T("stage.looks"), Table: seen}, {Title: k.T("stage.weeks_title"), Note: k.T("stage.weeks_note"), Table: k.weekTable(weeks)}}, nil
}

func (k *call) weekTable(weeks []measure.Week) ui.Table {
	num := func(key string) ui.Column { return ui.Column{Title: k.T(key), Num: true} }
	t := ui.Table{Label: k.T("stage.weeks_title"), Columns: []ui.Column{{Title: k.T("stage.week")}, num("stage.speakers"), num("stage.new"), num("home.messages"), num("stage.top"), num("home.joins"), {Title: k.T("stage.covered")}}, Empty: ui.Empty{Icon: "activity", Title: k.T("insight.too_few")}}
	for i := len(weeks) - 1; i >= max(0, len(weeks)-26); i-- {
		w := weeks[i]
		known := k.T("stage.covered_n", "num", w.Covered)
		if w.Holiday != "" {
			known += " · " + k.T("stage.holiday_"+w.Holiday)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(w.Start.String()), ui.Figure(w.Speakers), ui.Figure(w.New), ui.Figure(w.Messages), ui.Figure(w.Top), ui.Figure(w.Joins), ui.Text(known)}})
	}
	return t
}

// stageHome is where a change of a group's stage comes back to.
func (k *call) stageHome() (community.GroupRow, string, error) {
	g, err := k.groupNamed(k.form("g"))
	if err == nil && g.Key == 0 {
		err = community.Errorf(community.CodeNotFound, "no group is named")
	}
	return g, "/stage?g=" + g.ID.String(), err
}

// stageOverrule keeps a person's word about a stage.
func (c *Console) stageOverrule(k *call) error {
	g, to, err := k.stageHome()
	if err != nil {
		return err
	}
	if k.form("reason") == "" {
		return k.done(to, "danger", k.T("act.need_reason"), community.ID{})
	}
	today, err := k.Figures.Today(k.ctx(), g.Key)
	if err != nil {
		return err
	}
	days := number(k.form("days"), 1, 366, -1)
	if days < 0 {
		return k.done(to, "danger", k.T("stage.bad_days"), community.ID{})
	}
	if _, err := k.goals().Overrule(k.ctx(), k.who(), measure.Ruling{Group: g.Key, Stage: k.form("stage"), Reason: k.form("reason"), Until: today + measure.Day(days)}); err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("stage.overruled"))
}

// stageUnrule takes it back.
func (c *Console) stageUnrule(k *call) error {
	g, to, err := k.stageHome()
	if err != nil {
		return err
	}
	if err := k.goals().Unrule(k.ctx(), k.who(), g.Key, k.form("reason")); err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("stage.unruled"))
}

// playbookStart makes tasks of the steps.
func (c *Console) playbookStart(k *call) error {
	g, to, err := k.stageHome()
	if err != nil {
		return err
	}
	var steps []string
	for line := range strings.Lines(k.typed("steps")) {
		if line = strings.TrimSpace(line); line != "" {
			steps = append(steps, line)
		}
	}
	today, err := k.Figures.Today(k.ctx(), g.Key)
	if err != nil {
		return err
	}
	if k.form("keep") == "1" {
		if err := k.goals().SetPlaybook(k.ctx(), k.who(), steps, k.T("playbook.keep")); err != nil {
			return k.done(to, "danger", k.T("playbook.bad"), community.ID{})
		}
	}
	v, err := k.goals().StartPlaybook(k.ctx(), k.who(), g.Key, steps, today+measure.Day(number(k.form("days"), 1, 366, 0)))
	if community.CodeOf(err) == community.CodeBadInput {
		return k.done(to, "danger", k.T("playbook.bad"), community.ID{})
	}
	if err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("playbook.started", "num", len(steps), "day", v.Review.String()))
}

// stageRules shows what stages are told by; an owner changes it.
func (c *Console) stageRules(k *call) error {
	r, err := k.goals().StageRules(k.ctx())
	if err != nil {
		return err
	}
	return k.stageRulesShow(r, nil)
}

// stageFields are the rules by the names of their fields; those in percent are kept as shares.
func stageFields(r *measure.StageRules) []struct {
	name  string
	whole *int
	share *float64
	plain *float64
} {
	return []struct {
		name  string
		whole *int
		share *float64
		plain *float64
	}{{"young", &r.YoungMonths, nil, nil}, {"old", &r.OldMonths, nil, nil}, {"new_share", nil, &r.NewShare, nil}, {"slope", nil, &r.Slope, nil}, {"level", nil, &r.Level, nil}, {"p", nil, nil, &r.P}, {"spam", nil, &r.Spam, nil}, {"alarm", nil, nil, &r.Alarm}}
}

func (k *call) stageRulesShow(r measure.StageRules, faults []string) error {
	p := view.PlanForm{Head: ui.Head{Title: k.T("stage.rules"), Sub: k.T("stage.rules_sub"), Back: "/stage"}, Action: "/stage/rules", Do: k.T("form.save"), Faults: faults}
	if !k.may(rights.Tune) {
		p.Wait, p.Hint = true, k.T("bulk.rules_owner")
	}
	var rows []ui.Input
	for _, f := range stageFields(&r) {
		in := ui.Input{Kind: "text", Name: f.name, Label: k.T("stage.rule_" + f.name), Required: true}
		switch {
		case f.whole != nil:
			in.Value = strconv.Itoa(*f.whole)
		case f.share != nil:
			in.Value = tenth(*f.share * 100)
		default:
			in.Value = strconv.FormatFloat(*f.plain, 'g', -1, 64)
		}
		rows = append(rows, in)
	}
	p.Groups = []view.PlanFields{{Title: k.T("stage.rules"), Note: k.T("stage.rules_note"), Rows: append(rows, ui.Input{Kind: "text", Name: "reason", Label: k.T("form.reason")})}}
	return k.show(p.Head.Title, view.PlanEdit(p))
}

// stageRulesSave changes them.
func (c *Console) stageRulesSave(k *call) error {
	var r measure.StageRules
	bad := false
	for _, f := range stageFields(&r) {
		v, err := strconv.ParseFloat(k.form(f.name), 64)
		bad = bad || err != nil
		switch {
		case f.whole != nil:
			*f.whole = int(min(max(v, -1), 1e6))
		case f.share != nil:
			*f.share = v / 100
		default:
			*f.plain = v
		}
	}
	if bad || r.Check() != nil {
		return k.stageRulesShow(r, []string{k.T("stage.bad_rules")})
	}
	if err := k.goals().SetStageRules(k.ctx(), k.who(), r, k.form("reason")); err != nil {
		return k.refused("/stage/rules", err)
	}
	return k.ok("/stage", k.T("stage.rules_saved"))
}
