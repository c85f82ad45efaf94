package console

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/measure"
	"qunluo/internal/rights"
)

// Goals is what the pages of goals, stages and adjustments ask and change.
type Goals interface {
	Goal(ctx context.Context, g community.GroupKey) (measure.GoalVersion, error)
	GoalVersions(ctx context.Context, g community.GroupKey) ([]measure.GoalVersion, error)
	SetGoal(ctx context.Context, user string, g community.GroupKey, goal measure.Goal, reason string) (measure.GoalVersion, error)
	// GoalList lists groups with their goals, by name; tag "" = with any or none.
	GoalList(ctx context.Context, tag string, page community.Page) ([]measure.GoalRow, int, error)
	// GoalTargets counts the targets of groups; those without a goal are left out.
	GoalTargets(ctx context.Context, groups []community.GroupKey) (map[community.GroupKey]int, error)
	// Waiver gives why a group opens without a goal; Waive writes it, and no words take it back.
	Waiver(ctx context.Context, g community.GroupKey) (measure.Waiver, error)
	Waive(ctx context.Context, user string, g community.GroupKey, words string) error
	// LeaveWatch tells whether those who leave a group are asked why; AskLeavers changes that. LeaveTally counts their answers of the last
	// days, of a group or (0) of all, and LeaveSaid lists those in words.
	LeaveWatch(ctx context.Context, g community.GroupKey) (measure.LeaveWatch, error)
	AskLeavers(ctx context.Context, user string, g community.GroupKey, on bool, reason string) error
	LeaveTally(ctx context.Context, g community.GroupKey, days int) (measure.LeaveTally, error)
	LeaveSaid(ctx context.Context, g community.GroupKey, days int, page community.Page) ([]measure.LeaveSaid, int, error)
	// Achieved compares a goal's targets with the days until the one it gives.
	Achieved(ctx context.Context, g community.GroupKey, goal measure.Goal) ([]measure.Actual, measure.Day, error)

	StageRules(ctx context.Context) (measure.StageRules, error)
	SetStageRules(ctx context.Context, user string, r measure.StageRules, reason string) error
	Stage(ctx context.Context, g community.GroupKey) (measure.Stage, []measure.Week, error)
	// Rulings lists people's words about a group's stage, the newest first; Overrule keeps one, Unrule takes it back.
	Rulings(ctx context.Context, g community.GroupKey) ([]measure.Ruling, error)
	Overrule(ctx context.Context, user string, v measure.Ruling) (measure.Ruling, error)
	Unrule(ctx context.Context, user string, g community.GroupKey, reason string) error
	StageLooks(ctx context.Context, g community.GroupKey) ([]measure.StageLook, error)

	// Playbook are the organisation's steps against a decline; empty = it has written none.
	Playbook(ctx context.Context) ([]string, error)
	SetPlaybook(ctx context.Context, user string, steps []string, reason string) error
	// StartPlaybook makes a task of every step, and keeps the change with its day of review.
	StartPlaybook(ctx context.Context, user string, g community.GroupKey, steps []string, review measure.Day) (measure.Adjustment, error)

	AddAdjustment(ctx context.Context, user string, v measure.Adjustment) (measure.Adjustment, error)
	Adjustments(ctx context.Context, f measure.AdjustFilter, page community.Page) ([]measure.Adjustment, int, error)
	Adjustment(ctx context.Context, id community.ID) (measure.Adjustment, error)
	// Unnamed lists changes of the last weeks of which nobody said what they should move, the newest first.
	Unnamed(ctx context.Context) ([]measure.Unnamed, error)
	// Effect compares the days before a change with those after it, as far as they have passed.
	Effect(ctx context.Context, v measure.Adjustment) (measure.Effect, error)
	// Review records that a change stays or was taken back. CodeConflict: somebody has decided.
	Review(ctx context.Context, user string, id community.ID, keep bool, note string) (measure.Adjustment, error)
	// NoFigure keeps that a change is to move no figure, and why; NoFigures lists such changes, the newest first.
	NoFigure(ctx context.Context, user string, v measure.NoFigure) error
	NoFigures(ctx context.Context, g community.GroupKey) ([]measure.NoFigure, error)
	// Effects sums up what reviewed changes of each kind did to each figure.
	Effects(ctx context.Context) ([]measure.Pooled, error)

	// Formats compares the formats of what came to a group on the days [from, to], with the things and the polls that it rests on.
	Formats(ctx context.Context, g community.GroupKey, from, to measure.Day) (measure.FormatReport, []measure.Sent, []measure.FormatPollRow, error)
	FormatsOver(ctx context.Context, tag string, from, to measure.Day) (measure.FormatOver, error)
	// SaySent keeps what a person says of a thing sent; AddSent enters one that came without Qunluo, AddFormatPoll a poll.
	SaySent(ctx context.Context, user string, k measure.SentKey, v measure.SentSaid, reason string) error
	AddSent(ctx context.Context, user string, g community.GroupKey, title string, at int64, v measure.SentSaid) (measure.SentKey, error)
	AddFormatPoll(ctx context.Context, user string, v measure.FormatPollRow) (measure.FormatPollRow, error)
	DropFormatPoll(ctx context.Context, user string, id community.ID, reason string) error

	// Lives compares the groups that entered decline, renewed against not renewed; looked is how many groups were looked at.
	Lives(ctx context.Context) (l measure.Lives, looked int, err error)
	// Renewals lists what counts as renewals, by day; AddRenewal keeps one that a person enters, VoidRenewal takes it out of all counts.
	Renewals(ctx context.Context, g community.GroupKey) ([]measure.Renewal, error)
	AddRenewal(ctx context.Context, user string, v measure.Renewal) (measure.Renewal, error)
	VoidRenewal(ctx context.Context, user string, id community.ID, why string) error
}

// goalRoutes are there where goals are kept.
func (c *Console) goalRoutes() []route {
	if c.deps.Goals == nil {
		return nil
	}
	return []route{
		{pattern: "GET /life", may: rights.SeeFigures, serve: (*Console).life},
		{pattern: "POST /life/renewals", may: rights.Steer, serve: (*Console).renewalAdd},
		{pattern: "POST /life/renewals/{id}/void", may: rights.Steer, serve: (*Console).renewalVoid},
		{pattern: "GET /formats", may: rights.SeeFigures, serve: (*Console).formatPage},
		{pattern: "GET /formats.csv", may: rights.SeeFigures, serve: (*Console).formatSheet},
		{pattern: "GET /formats/people", may: rights.SeePeople, serve: (*Console).formatPeople},
		{pattern: "POST /formats/said", may: rights.Steer, serve: (*Console).formatSaid},
		{pattern: "POST /formats/hand", may: rights.Steer, serve: (*Console).formatHand},
		{pattern: "POST /formats/polls", may: rights.Steer, serve: (*Console).formatPoll},
		{pattern: "POST /formats/polls/{id}/drop", may: rights.Steer, serve: (*Console).formatDrop},
		{pattern: "GET /goals", may: rights.SeeFigures, serve: (*Console).goalList},
		{pattern: "GET /groups/{id}/goal", may: rights.SeeFigures, serve: (*Console).goalForm},
		{pattern: "POST /groups/{id}/goal", may: rights.Tune, serve: (*Console).goalSave},
		{pattern: "GET /groups/{id}/goal/without", may: rights.SeeFigures, serve: (*Console).waiverForm},
		{pattern: "POST /groups/{id}/goal/without", may: rights.Tune, serve: (*Console).waiverSave},
		{pattern: "GET /leavers", may: rights.SeeFigures, serve: (*Console).leaverPage},
		{pattern: "POST /leavers", may: rights.Tune, serve: (*Console).leaverSwitch},
		{pattern: "GET /stage", may: rights.SeeFigures, serve: (*Console).stagePage},
		{pattern: "POST /stage/overrule", may: rights.Tune, serve: (*Console).stageOverrule},
		{pattern: "POST /stage/unrule", may: rights.Tune, serve: (*Console).stageUnrule},
		{pattern: "POST /stage/playbook", may: rights.Steer, serve: (*Console).playbookStart},
		{pattern: "GET /stage/rules", may: rights.SeeFigures, serve: (*Console).stageRules},
		{pattern: "POST /stage/rules", may: rights.Tune, whole: true, serve: (*Console).stageRulesSave},
		{pattern: "GET /adjustments", may: rights.SeeFigures, serve: (*Console).adjustList},
		{pattern: "POST /adjustments", may: rights.Steer, serve: (*Console).adjustAdd},
		{pattern: "GET /adjustments/{id}", may: rights.SeeFigures, serve: (*Console).adjustPage},
		{pattern: "POST /adjustments/{id}/review", may: rights.Steer, serve: (*Console).adjustReview},
	}
}

func (k *call) goals() Goals { return k.c.deps.Goals(k.User.Org, k.groups) }

// targetName is the name of the figure that a target is about.
func (k *call) targetName(metric string) string {
	name, _ := metricWords(k, metricOf(metric))
	return name
}

// metricOf finds a figure by "area.name".
func metricOf(metric string) measure.Metric {
	area, name, _ := strings.Cut(metric, ".")
	return measure.Metric{Area: area, Name: name}
}

// targetValue writes a value of a target's figure.
func (k *call) targetValue(m measure.TargetMetric, v float64) string {
	switch {
	case m.Share:
		return percent(v)
	case m.Minutes:
		return k.minutes(v)
	}
	return k.amount(v)
}

var targetLook = map[string][2]string{measure.TargetMet: {"good", "check"}, measure.TargetMissed: {"danger", "x"}, measure.TargetUnknown: {"", "clock"}}

// targetPill says how a target stands.
func (k *call) targetPill(state string) templ.Component {
	return ui.Pill(targetLook[state][0], targetLook[state][1], k.T("goal.is_"+state))
}

// goalTable shows targets against what was reached.
func (k *call) goalTable(list []measure.Actual, to measure.Day) ui.Table {
	t := ui.Table{Label: k.T("goal.targets"), Columns: []ui.Column{{Title: k.T("goal.target")}, {Title: k.T("goal.want"), Num: true}, {Title: k.T("goal.actual"), Num: true}, {Title: k.T("goal.state")}, {Title: k.T("goal.rests")}},
		Empty: ui.Empty{Icon: "list-check", Title: k.T("goal.none"), Text: k.T("goal.none_text")}}
	for _, a := range list {
		sign := "≥ "
		if a.AtMost {
			sign = "≤ "
		}
		actual := "–"
		rests := k.T("goal.n", "num", k.Words.Number(int(a.N))) + " · " + k.covered(a.Figure.Coverage, 1)
		if a.Figure.Withheld == "" {
			actual = k.targetValue(a.Of(), a.Figure.Value)
		} else {
			rests += " · " + k.T("goal.withheld_"+a.Figure.Withheld)
		}
		from := to - measure.Day(a.Days) + 1
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Two(k.targetName(a.Metric), k.T("goal.days", "num", a.Days, "from", from.String(), "to", to.String())),
			ui.Text(sign + k.targetValue(a.Of(), a.Value)), ui.Text(actual), k.targetPill(a.State), ui.Text(rests)}})
	}
	return t
}

// groupGoal puts the goal of a group and its targets on the group's page.
func groupGoal(k *call, p *view.GroupPage, g community.GroupRow, _ int) error {
	if k.c.deps.Goals == nil || g.Desk {
		return nil
	}
	goal, err := k.goals().Goal(k.ctx(), g.Key)
	if err != nil {
		return err
	}
	at := "/groups/" + g.ID.String() + "/goal"
	p.Goal = &view.GroupGoal{Edit: at, Goal: goal.Goal.Goal, Value: goal.Value, Stage: "/stage?g=" + g.ID.String()}
	if err := k.foundedWith(p.Goal, g); err != nil {
		return err
	}
	if goal.Version == 0 {
		p.Goal.Table = ui.Table{Label: k.T("goal.targets"), Empty: ui.Empty{Icon: "list-check", Title: k.T("goal.none"), Text: k.T("goal.none_text")}}
		return nil
	}
	list, to, err := k.goals().Achieved(k.ctx(), g.Key, goal.Goal)
	p.Goal.Table = k.goalTable(list, to)
	return err
}

// goalColumn adds to the list of groups whether each has a goal.
func goalColumn(k *call, rows []community.GroupRow, t *ui.Table) error {
	if k.c.deps.Goals == nil {
		return nil
	}
	keys := make([]community.GroupKey, len(rows))
	for i, g := range rows {
		keys[i] = g.Key
	}
	have, err := k.goals().GoalTargets(k.ctx(), keys)
	if err != nil {
		return err
	}
	last := len(t.Columns) - 1
	t.Columns = append(t.Columns[:last:last], ui.Column{Title: k.T("nav.goals")}, t.Columns[last])
	for i, g := range rows {
		cell := ui.Pill("warning", "alert-triangle", k.T("goal.none"))
		if n := have[g.Key]; n > 0 {
			cell = ui.Text(k.T("goal.count", "num", n))
		}
		cells := t.Rows[i].Cells
		t.Rows[i].Cells = append(cells[:last:last], cell, cells[last])
	}
	return nil
}

// goalPage is how many groups are measured on one page.
const goalPage = 25

// goalList shows the groups with their goals and how far each is reached.
func (c *Console) goalList(k *call) error {
	p := view.List{Head: ui.Head{Title: k.T("nav.goals"), Sub: k.T("goal.sub")}, Note: k.T("goal.note")}
	p.Table = ui.Table{Label: k.T("nav.goals"), Columns: []ui.Column{{Title: k.T("word.group")}, {Title: k.T("goal.goal")}, {Title: k.T("goal.reached")}, {Title: k.T("goal.missing")}},
		Empty: ui.Empty{Icon: "users-group", Title: k.T("group.none"), Text: k.T("group.none_text")}}
	return k.showGroups(p, "/goals", k.goalRow)
}

// showGroups shows a list with a line for each group, and the tags that groups have to choose from.
func (k *call) showGroups(p view.List, at string, line func(measure.GoalRow) (ui.Row, error)) error {
	page := k.page(goalPage)
	rows, total, err := k.goals().GoalList(k.ctx(), k.query("tag"), page)
	if err != nil {
		return err
	}
	if err := k.byTag(&p, at); err != nil {
		return err
	}
	for _, row := range rows {
		one, err := line(row)
		if err != nil {
			return err
		}
		p.Table.Rows = append(p.Table.Rows, one)
	}
	p.Table.Pager = k.pager(page, len(rows), total)
	return k.show(p.Head.Title, view.ListPage(p))
}

func (k *call) goalRow(row measure.GoalRow) (ui.Row, error) {
	line := ui.Row{Link: "/groups/" + row.GroupID.String()}
	if row.Version == 0 {
		what := ui.Pill("warning", "alert-triangle", k.T("goal.none"))
		if row.Without != "" {
			what = ui.Two(k.T("goal.none"), k.T("goal.opens_without", "because", gist(row.Without, 80)))
		}
		line.Cells = []templ.Component{ui.Name(row.Name), what, ui.Text("–"), ui.Text("–")}
		line.Actions = view.LinkButtons([][3]string{{"/groups/" + row.GroupID.String() + "/goal", "edit", k.T("goal.write")}})
		return line, nil
	}
	list, _, err := k.goals().Achieved(k.ctx(), row.Group, row.Goal)
	if err != nil {
		return line, err
	}
	n := map[string]int{}
	var missing []string
	for _, a := range list {
		n[a.State]++
		if a.State == measure.TargetMissed {
			missing = append(missing, k.targetName(a.Metric)+" "+k.targetValue(a.Of(), a.Figure.Value))
		}
	}
	tone := "good"
	if n[measure.TargetMissed] > 0 {
		tone = "danger"
	} else if n[measure.TargetUnknown] > 0 {
		tone = ""
	}
	reached := k.T("goal.met_of", "met", n[measure.TargetMet], "of", len(list))
	if u := n[measure.TargetUnknown]; u > 0 {
		reached += k.T("list.semicolon") + k.T("goal.unknown_n", "num", u)
	}
	line.Cells = []templ.Component{ui.Name(row.Name), ui.Two(gist(row.Goal.Goal, 60), gist(row.Value, 60)), ui.Pill(tone, "list-check", reached), ui.Text(strings.Join(missing, k.T("list.semicolon")))}
	return line, nil
}

// goalForm shows a group's goal to be changed, with its versions.
func (c *Console) goalForm(k *call) error {
	g, err := k.groupHere()
	if err != nil {
		return err
	}
	goal, err := k.goals().Goal(k.ctx(), g.Key)
	if err != nil {
		return err
	}
	return k.goalShow(g, goal.Goal, nil)
}

func (k *call) goalShow(g community.GroupRow, goal measure.Goal, faults []string) error {
	at := "/groups/" + g.ID.String()
	p := view.PlanForm{Head: ui.Head{Title: k.T("goal.title"), Sub: g.Name, Back: at}, Action: at + "/goal", Do: k.T("form.save"), Faults: faults}
	if !k.may(rights.Tune) {
		p.Wait, p.Hint = true, k.T("bulk.rules_owner")
	}
	p.Groups = []view.PlanFields{{Title: k.T("goal.title"), Note: k.T("goal.title_note"), Rows: []ui.Input{
		{Kind: "area", Name: "goal", Label: k.T("goal.goal"), Help: k.T("goal.goal_help"), Value: goal.Goal, Required: true, Max: 300, Rows: 2},
		{Kind: "area", Name: "value", Label: k.T("goal.value"), Help: k.T("goal.value_help"), Value: goal.Value, Required: true, Max: 300, Rows: 2}}}}
	metrics := []ui.Option{{Text: k.T("goal.no_target")}}
	for _, m := range measure.TargetMetrics() {
		name := k.targetName(m.Metric)
		if unit := targetUnit(m); unit != "" {
			name += k.T("goal.unit_" + unit)
		}
		metrics = append(metrics, ui.Option{Value: m.Metric, Text: name})
	}
	for i := range max(measure.LeastTargets+3, len(goal.Targets)+1) {
		if i == measure.MostTargets {
			break
		}
		var t measure.Target
		if i < len(goal.Targets) {
			t = goal.Targets[i]
		}
		p.Groups = append(p.Groups, view.PlanFields{Title: k.T("goal.target_n", "num", i+1), Rows: k.targetFields(i, t, metrics)})
	}
	waiver, err := k.goals().Waiver(k.ctx(), g.Key)
	if err != nil {
		return err
	}
	p.Head.Actions = view.LinkButtons([][3]string{{at + "/goal/without", "edit", k.T("goal.without")}})
	if waiver.Words != "" {
		p.Head.Sub += " · " + k.T("goal.opens_without", "because", waiver.Words)
	}
	p.Groups = append(p.Groups, view.PlanFields{Title: k.T("form.reason"), Rows: []ui.Input{{Kind: "text", Name: "reason", Label: k.T("form.reason"), Value: k.form("reason")}}})
	past, err := k.goalPast(g)
	if err != nil {
		return err
	}
	p.Tables = []view.PlanTable{{Title: k.T("goal.past"), Table: past}}
	return k.show(p.Head.Title, view.PlanEdit(p), inZone(g))
}

func targetUnit(m measure.TargetMetric) string {
	switch {
	case m.Share && m.Month:
		return "share_month"
	case m.Share:
		return "share"
	case m.Minutes:
		return "minutes"
	}
	return ""
}

func (k *call) targetFields(i int, t measure.Target, metrics []ui.Option) []ui.Input {
	n := strconv.Itoa(i)
	value, sign := "", ">="
	if t.Metric != "" {
		v := t.Value
		if t.Of().Share {
			v *= 100
		}
		value = strconv.FormatFloat(v, 'g', 10, 64)
	}
	if t.AtMost {
		sign = "<="
	}
	return []ui.Input{
		{Kind: "select", Name: "metric" + n, Label: k.T("goal.target"), Value: t.Metric, Options: metrics},
		{Kind: "select", Name: "sign" + n, Label: k.T("goal.sign"), Value: sign, Options: []ui.Option{{Value: ">=", Text: k.T("goal.at_least")}, {Value: "<=", Text: k.T("goal.at_most")}}},
		{Kind: "text", Name: "value" + n, Label: k.T("goal.number"), Value: value},
		{Kind: "select", Name: "days" + n, Label: k.T("goal.window"), Value: strconv.Itoa(max(7, t.Days)), Options: []ui.Option{{Value: "7", Text: k.T("group.days", "count", 7)}, {Value: "30", Text: k.T("group.days", "count", 30)}}},
	}
}

// goalPast lists the versions of a group's goal.
func (k *call) goalPast(g community.GroupRow) (ui.Table, error) {
	t := ui.Table{Label: k.T("goal.past"), Columns: []ui.Column{{Title: k.T("goal.version")}, {Title: k.T("audit.at")}, {Title: k.T("audit.who")}, {Title: k.T("goal.goal")}, {Title: k.T("goal.targets")}, {Title: k.T("form.reason")}},
		Empty: ui.Empty{Icon: "history", Title: k.T("goal.none")}}
	list, err := k.goals().GoalVersions(k.ctx(), g.Key)
	if err != nil {
		return t, err
	}
	who, err := k.userNames()
	if err != nil {
		return t, err
	}
	for _, v := range list {
		var targets []string
		for _, one := range v.Targets {
			sign := "≥"
			if one.AtMost {
				sign = "≤"
			}
			targets = append(targets, k.targetName(one.Metric)+" "+sign+" "+k.targetValue(one.Of(), one.Value)+" / "+k.T("group.days", "count", one.Days))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text("v" + strconv.Itoa(v.Version)), ui.Moment(v.At), ui.Text(who(v.User)), ui.Two(gist(v.Goal.Goal, 80), gist(v.Value, 80)), ui.Text(strings.Join(targets, k.T("list.semicolon"))), ui.Text(v.Reason)}})
	}
	return t, nil
}

// goalSave keeps a new version of a group's goal.
func (c *Console) goalSave(k *call) error {
	g, err := k.groupHere()
	if err != nil {
		return err
	}
	goal := measure.Goal{Goal: k.typed("goal"), Value: k.typed("value")}
	var faults []string
	for i := range measure.MostTargets {
		n := strconv.Itoa(i)
		if k.form("metric"+n) == "" {
			continue
		}
		t := measure.Target{Metric: k.form("metric" + n), AtMost: k.form("sign"+n) == "<=", Days: number(k.form("days"+n), 7, 30, 0)}
		v, err := strconv.ParseFloat(strings.TrimSuffix(k.form("value"+n), "%"), 64)
		if t.Value = v; t.Of().Share {
			t.Value = v / 100
		}
		if err != nil || t.Check() != nil {
			faults = append(faults, k.T("goal.bad_target", "num", i+1))
		}
		goal.Targets = append(goal.Targets, t)
	}
	if goal.Goal == "" || goal.Value == "" || len(goal.Goal) > 1000 || len(goal.Value) > 1000 {
		faults = append(faults, k.T("goal.bad_words"))
	}
	if len(goal.Targets) < measure.LeastTargets {
		faults = append(faults, k.T("goal.too_few", "least", measure.LeastTargets))
	}
	if len(faults) == 0 && goal.Check() != nil {
		faults = append(faults, k.T("goal.twice"))
	}
	if len(faults) > 0 {
		goal.Targets = slices.DeleteFunc(goal.Targets, func(t measure.Target) bool { return t.Of().Metric == "" })
		return k.goalShow(g, goal, faults)
	}
	if _, err := k.goals().SetGoal(k.ctx(), k.who(), g.Key, goal, k.form("reason")); err != nil {
		return k.refused("/groups/"+g.ID.String(), err)
	}
	return k.ok("/groups/"+g.ID.String(), k.T("goal.saved"))
}
