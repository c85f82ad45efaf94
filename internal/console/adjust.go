package console

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/measure"
)

// moveValue writes a value of a figure that an adjustment names.
func (k *call) moveValue(metric string, v float64) string {
	if metric == measure.MoveAnswered {
		return percent(v)
	}
	return tenth(v)
}

// moveAim says what an adjustment should do to its figure.
func (k *call) moveAim(v measure.Adjustment) string {
	way := "up"
	if v.Down {
		way = "down"
	}
	if v.By > 0 {
		return k.T("adjust.aim_by_"+way, "metric", k.T("adjust.move_"+v.Metric), "by", percent(v.By))
	}
	return k.T("adjust.aim_"+way, "metric", k.T("adjust.move_"+v.Metric))
}

// moveInputs are the fields by which a person says what a change should move. With optional the first choice names no figure.
func (k *call) moveInputs(optional bool) []ui.Input {
	var metrics []ui.Option
	if optional {
		metrics = append(metrics, ui.Option{Text: k.T("adjust.no_figure")})
	}
	for _, m := range measure.MoveMetrics() {
		metrics = append(metrics, ui.Option{Value: m, Text: k.T("adjust.move_" + m)})
	}
	return []ui.Input{
		{Kind: "select", Name: "move", Label: k.T("adjust.metric"), Help: k.T("adjust.metric_help"), Options: metrics},
		{Kind: "select", Name: "move_way", Label: k.T("adjust.way"), Options: []ui.Option{{Value: "up", Text: k.T("adjust.up")}, {Value: "down", Text: k.T("adjust.down")}}},
		{Kind: "number", Name: "move_by", Label: k.T("adjust.by"), Help: k.T("adjust.by_help")},
		{Kind: "number", Name: "move_days", Label: k.T("adjust.days"), Help: k.T("adjust.days_help"), Value: "28"},
	}
}

// moveOffer are those fields on the form of another change, where adjustments are kept.
func (k *call) moveOffer() []ui.Input {
	if k.c.deps.Goals == nil {
		return nil
	}
	var kinds []ui.Option
	for _, kind := range measure.AdjustKinds() {
		if kind != measure.AdjustPlaybook {
			kinds = append(kinds, ui.Option{Value: kind, Text: k.T("adjust.kind_" + kind)})
		}
	}
	inputs := k.moveInputs(true)
	none := ui.Input{Kind: "text", Name: "move_none", Label: k.T("adjust.none_why"), Help: k.T("adjust.none_why_help"), Max: 160}
	return append([]ui.Input{inputs[0], none, {Kind: "select", Name: "move_kind", Label: k.T("adjust.kind"), Value: measure.AdjustRule, Options: kinds}}, inputs[1:]...)
}

// moveOf are those fields where the kind of the change is known.
func (k *call) moveOf() []ui.Input {
	return slices.DeleteFunc(k.moveOffer(), func(in ui.Input) bool { return in.Name == "move_kind" })
}

// moveFields are those fields on a form of changes of one kind; none where adjustments are not kept.
func (k *call) moveFields(note string) []view.PlanFields {
	offer := k.moveOf()
	if len(offer) == 0 {
		return nil
	}
	return []view.PlanFields{{Title: k.T("adjust.offer"), Note: k.T(note), Rows: offer}}
}

// moved reads those fields; ok false when no figure is named.
func (k *call) moved(g community.GroupKey, kind, what, ref string) (v measure.Adjustment, ok bool, err error) {
	v = measure.Adjustment{Group: g, Kind: kind, What: what, Ref: ref, Metric: k.form("move"), Down: k.form("move_way") == "down"}
	if v.Metric == "" {
		return v, false, nil
	}
	if text := k.form("move_by"); text != "" {
		by, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return v, true, community.Errorf(community.CodeBadInput, "by: %w", err)
		}
		v.By = by / 100
	}
	days, err := strconv.Atoi(k.form("move_days"))
	if err != nil {
		return v, true, community.Errorf(community.CodeBadInput, "review: %w", err)
	}
	today, err := k.Figures.Today(k.ctx(), g)
	v.Day, v.Review = today, today+measure.Day(days)
	return v, true, err
}

// whereLooked is the field that names the group in which the figure of a change that holds for all is looked at.
func (k *call) whereLooked() (ui.Input, error) {
	groups, err := k.groupChoice(k.T("adjust.choose_group"), community.GroupRow{})
	return ui.Input{Kind: "select", Name: "move_g", Label: k.T("adjust.where"), Help: k.T("adjust.where_help"), Options: groups}, err
}

// aim reads what those fields say of a change that is about to be made.
func (k *call) aim() (a measure.Aim, err error) {
	a = measure.Aim{Metric: k.form("move"), Down: k.form("move_way") == "down"}
	if kind := k.form("move_kind"); slices.Contains(measure.AdjustKinds(), kind) {
		a.Kind = kind
	}
	if a.Metric == "" {
		a.Why = k.form("move_none")
		return a, a.Check()
	}
	if text := k.form("move_by"); text != "" {
		if a.By, err = strconv.ParseFloat(text, 64); err != nil {
			return a, community.Errorf(community.CodeBadInput, "by: %w", err)
		}
		a.By /= 100
	}
	if a.Days, err = strconv.Atoi(k.form("move_days")); err != nil {
		return a, community.Errorf(community.CodeBadInput, "review: %w", err)
	}
	return a, a.Check()
}

// unsaid reports whether a change may not be made yet: each names the figure that it should move and when that is looked at, or says why it
// moves none. The room behind refuses it, too; here it is said before anything is lost.
func (k *call) unsaid() bool {
	if k.c.deps.Goals == nil {
		return false
	}
	_, err := k.aim()
	return err != nil
}

// aimed lets a change know what it should move.
func (k *call) aimed() context.Context {
	a, _ := k.aim() // what is wrong with it is said by whoever makes the change
	return measure.WithAim(k.ctx(), a)
}

// aimSaid is what to add to the result of a change in a group (0 = several): when it is looked at, or that it moves no figure.
func (k *call) aimSaid(g community.GroupKey) string {
	a, err := k.aim()
	switch {
	case k.c.deps.Goals == nil || err != nil:
		return ""
	case a.Metric == "":
		return " " + k.T("adjust.none_kept")
	case g == 0:
		return " " + k.T("adjust.kept_in", "days", a.Days)
	}
	today, err := k.Figures.Today(k.ctx(), g)
	if err != nil {
		return " " + k.T("adjust.kept_in", "days", a.Days)
	}
	return " " + k.T("adjust.kept_for", "day", (today+measure.Day(a.Days)).String())
}

var adjustLook = map[string][2]string{measure.AdjustOpen: {"", "clock"}, measure.AdjustDue: {"warning", "bell"}, measure.AdjustKept: {"good", "check"}, measure.AdjustReverted: {"info", "arrow-back-up"}}

func (k *call) adjustPill(state string) templ.Component {
	return ui.Pill(adjustLook[state][0], adjustLook[state][1], k.T("adjust.is_"+state))
}

// adjustList lists changes with what they should move, and sums up what such changes did.
func (c *Console) adjustList(k *call) error {
	g, err := k.groupNamed(k.query("g"))
	if err != nil {
		return err
	}
	at := k.page(listLimit)
	list, total, err := k.goals().Adjustments(k.ctx(), measure.AdjustFilter{Group: g.Key, State: k.query("state"), Kind: k.query("kind")}, at)
	if err != nil {
		return err
	}
	t, err := k.adjustTable(list)
	if err != nil {
		return err
	}
	t.Pager = k.pager(at, len(list), total)
	p := view.Insight{Head: ui.Head{Title: k.T("nav.adjustments"), Sub: k.T("adjust.sub")}, Says: k.T("adjust.says")}
	if err := k.adjustAsk(&p, g); err != nil {
		return err
	}
	for _, s := range []string{"", measure.AdjustDue, measure.AdjustOpen, measure.AdjustKept, measure.AdjustReverted} {
		text := k.T("list.any")
		if s != "" {
			text = k.T("adjust.is_" + s)
		}
		p.Presets = append(p.Presets, ui.Tab{Text: text, Link: k.here("state", s), Here: s == k.query("state")})
	}
	p.Notes = []string{k.T("adjust.note_spans"), k.T("adjust.note_interval"), k.T("adjust.note_cause")}
	p.Lead = []view.PlanTable{{Table: t}}
	effects, err := k.effectTable("")
	if err != nil {
		return err
	}
	unnamed, err := k.unnamedTable()
	if err != nil {
		return err
	}
	none, err := k.noFigureTable(g.Key)
	if err != nil {
		return err
	}
	p.Tables = []view.PlanTable{{Title: k.T("adjust.unnamed"), Note: k.T("adjust.unnamed_note"), Table: unnamed}, {Title: k.T("adjust.unmoved"), Note: k.T("adjust.unmoved_note"), Table: none}, {Title: k.T("adjust.effects"), Note: k.T("adjust.effects_note", "least", measure.PooledLeast), Table: effects}}
	return k.show(p.Head.Title, view.InsightPage(p))
}

// unnamedTable lists changes of which nobody said what they should move, each with a way to say it.
func (k *call) unnamedTable() (ui.Table, error) {
	t := ui.Table{Label: k.T("adjust.unnamed"), Columns: []ui.Column{{Title: k.T("adjust.what")}, {Title: k.T("word.group")}, {Title: k.T("audit.at")}, {Title: k.T("audit.who")}}, Empty: ui.Empty{Icon: "circle-check", Title: k.T("adjust.all_named")}}
	list, err := k.goals().Unnamed(k.ctx())
	if err != nil {
		return t, err
	}
	var keys []community.GroupKey
	for _, v := range list {
		keys = append(keys, v.Group)
	}
	groups, who, err := k.groupsAndUsers(keys)
	if err != nil {
		return t, err
	}
	for _, v := range list {
		ask := url.Values{"ref": {v.Ref}, "what": {v.What}}
		kind, name := refKind(v.Ref), k.T("adjust.several")
		if v.Group != 0 {
			name = groups[v.Group].Name
			ask.Set("g", groups[v.Group].ID.String())
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Two(k.T("adjust.kind_"+kind), gist(v.What, 80)), ui.Text(ui.Visible(name)), ui.Moment(v.At), ui.Text(who(v.User))},
			Actions: view.LinkButtons([][3]string{{"/adjustments?" + ask.Encode(), "edit", k.T("adjust.name_it")}})})
	}
	return t, nil
}

// groupsAndUsers are what tables of changes name: groups, and users by their ids.
func (k *call) groupsAndUsers(keys []community.GroupKey) (map[community.GroupKey]community.GroupRow, func(string) string, error) {
	groups, err := k.groupsOf(keys)
	if err != nil {
		return nil, nil, err
	}
	who, err := k.userNames()
	return groups, who, err
}

// noFigureTable lists changes that are to move no figure, with why.
func (k *call) noFigureTable(g community.GroupKey) (ui.Table, error) {
	t := ui.Table{Label: k.T("adjust.unmoved"), Columns: []ui.Column{{Title: k.T("adjust.what")}, {Title: k.T("word.group")}, {Title: k.T("adjust.none_why")}, {Title: k.T("audit.at")}, {Title: k.T("audit.who")}}, Empty: ui.Empty{Icon: "circle-check", Title: k.T("adjust.unmoved_empty")}}
	list, err := k.goals().NoFigures(k.ctx(), g)
	if err != nil {
		return t, err
	}
	var keys []community.GroupKey
	for _, v := range list {
		keys = append(keys, v.Group)
	}
	groups, who, err := k.groupsAndUsers(keys)
	if err != nil {
		return t, err
	}
	for _, v := range list {
		name := k.T("adjust.several")
		if v.Group != 0 {
			name = groups[v.Group].Name
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Two(k.T("adjust.kind_"+v.Kind), gist(v.What, 80)), ui.Text(ui.Visible(name)), ui.Text(gist(v.Why, 80)), ui.Moment(v.At), ui.Text(who(v.User))}})
	}
	return t, nil
}

// refKind is what a change is that a reference names; "" where it is no such reference.
func refKind(ref string) string {
	for prefix, kind := range map[string]string{"book:": measure.AdjustRule, "sop:": measure.AdjustPlan, "tier:": measure.AdjustTier, "code:": measure.AdjustGate, "cap:": measure.AdjustGate, "limits:": measure.AdjustPlan} {
		if strings.HasPrefix(ref, prefix) {
			return kind
		}
	}
	return ""
}

// adjustAsk offers to add a change by hand.
func (k *call) adjustAsk(p *view.Insight, g community.GroupRow) error {
	groups, err := k.groupChoice(k.T("adjust.choose_group"), g)
	if err != nil {
		return err
	}
	var kinds []ui.Option
	for _, kind := range measure.AdjustKinds() {
		kinds = append(kinds, ui.Option{Value: kind, Text: k.T("adjust.kind_" + kind)})
	}
	value := ""
	if g.Key != 0 {
		value = g.ID.String()
	}
	p.Openers = []ui.Opener{{Target: "adjust", Text: k.T("adjust.add"), Icon: "plus"}}
	p.Asks = []ui.Confirm{{ID: "adjust", Title: k.T("adjust.add"), Effect: k.T("adjust.add_effect"), Action: "/adjustments", Button: k.T("adjust.add"),
		Inputs: append([]ui.Input{{Kind: "select", Name: "g", Label: k.T("word.group"), Value: value, Options: groups, Required: true}, {Kind: "select", Name: "kind", Label: k.T("adjust.kind"), Value: refKind(k.query("ref")), Options: kinds},
			{Kind: "text", Name: "what", Label: k.T("adjust.what"), Value: k.query("what"), Required: true, Max: 160}}, k.moveInputs(false)...)}}
	if ref := k.query("ref"); refKind(ref) != "" {
		p.Asks[0].Fields = []ui.Option{{Value: "ref", Text: ref}}
		p.Says = k.T("adjust.naming", "what", k.query("what"))
	}
	return nil
}

func (k *call) adjustTable(list []measure.Adjustment) (ui.Table, error) {
	t := ui.Table{Label: k.T("nav.adjustments"), Columns: []ui.Column{{Title: k.T("adjust.what")}, {Title: k.T("word.group")}, {Title: k.T("adjust.metric")}, {Title: k.T("adjust.review")}, {Title: k.T("adjust.state")}, {Title: k.T("adjust.seen")}},
		Empty: ui.Empty{Icon: "history", Title: k.T("adjust.none"), Text: k.T("adjust.none_text")}}
	var keys []community.GroupKey
	for _, v := range list {
		keys = append(keys, v.Group)
	}
	groups, who, err := k.groupsAndUsers(keys)
	if err != nil {
		return t, err
	}
	for _, v := range list {
		seen := ""
		if v.Effect != nil {
			seen = k.effectWord(v, *v.Effect)
		}
		t.Rows = append(t.Rows, ui.Row{Link: "/adjustments/" + v.ID.String(), Cells: []templ.Component{ui.Two(gist(v.What, 60), k.T("adjust.kind_"+v.Kind)+" · "+v.Day.String()+" · "+who(v.User)), ui.Text(ui.Visible(groups[v.Group].Name)),
			ui.Text(k.moveAim(v)), ui.Text(v.Review.String()), k.adjustPill(v.State), ui.Text(seen)}})
	}
	return t, nil
}

// effectWord says in a few words what is seen.
func (k *call) effectWord(v measure.Adjustment, e measure.Effect) string {
	if e.Few {
		return k.T("adjust.scarce", "b", e.DaysB, "a", e.DaysA)
	}
	return k.T("adjust.seen_"+e.Moved, "before", k.moveValue(v.Metric, e.Before), "after", k.moveValue(v.Metric, e.After))
}

// effectTable sums up reviewed changes; kind "" = all.
func (k *call) effectTable(kind string) (ui.Table, error) {
	t := ui.Table{Label: k.T("adjust.effects"), Columns: []ui.Column{{Title: k.T("adjust.kind")}, {Title: k.T("adjust.metric")}, {Title: "n", Num: true}, {Title: k.T("adjust.as_meant"), Num: true}, {Title: k.T("adjust.against"), Num: true}, {Title: k.T("adjust.still"), Num: true}, {Title: k.T("adjust.change"), Num: true}},
		Empty: ui.Empty{Icon: "history", Title: k.T("adjust.no_effects"), Text: k.T("adjust.no_effects_text")}}
	list, err := k.goals().Effects(k.ctx())
	for _, p := range list {
		if kind != "" && p.Kind != kind {
			continue
		}
		change := k.T("adjust.too_few", "num", p.N-p.Few, "least", measure.PooledLeast)
		if p.Enough {
			change = percent(p.Change)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(k.T("adjust.kind_" + p.Kind)), ui.Text(k.T("adjust.move_" + p.Metric)), ui.Figure(int64(p.N)), ui.Figure(int64(p.AsMeant)), ui.Figure(int64(p.Against)), ui.Figure(int64(p.Still + p.Few)), ui.Text(change)}})
	}
	return t, err
}

// adjustRef is the change that a form names, if it does.
func (k *call) adjustRef() string {
	if ref := k.form("ref"); refKind(ref) != "" {
		return ref
	}
	return ""
}

// adjustAdd keeps a change.
func (c *Console) adjustAdd(k *call) error {
	g, err := k.groupNamed(k.form("g"))
	if err != nil {
		return err
	}
	if g.Key == 0 {
		return k.done("/adjustments", "danger", k.T("adjust.choose_group"), community.ID{})
	}
	v, ok, err := k.moved(g.Key, k.form("kind"), k.typed("what"), k.adjustRef())
	if err == nil && ok {
		v, err = k.goals().AddAdjustment(k.ctx(), k.who(), v)
	}
	if !ok || community.CodeOf(err) == community.CodeBadInput {
		return k.done("/adjustments", "danger", k.T("adjust.bad"), community.ID{})
	}
	if err != nil {
		return k.refused("/adjustments", err)
	}
	return k.ok("/adjustments/"+v.ID.String(), k.T("adjust.added", "day", v.Review.String()))
}

// adjustPage shows one change with its figure before and after.
func (c *Console) adjustPage(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	v, err := k.goals().Adjustment(k.ctx(), id)
	if err != nil {
		return err
	}
	groups, err := k.groupsOf([]community.GroupKey{v.Group})
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	g := groups[v.Group]
	now, err := k.goals().Effect(k.ctx(), v)
	if err != nil {
		return err
	}
	p := view.PlanPage{Head: ui.Head{Title: gist(v.What, 80), Sub: g.Name, Back: "/adjustments"}, State: k.adjustPill(v.State), Means: k.moveAim(v), Text: v.What,
		Links: []ui.Option{{Value: "/groups/" + g.ID.String(), Text: k.T("adjust.to_group")}}}
	p.Stats = k.effectStats(v, now)
	p.Tables = []view.PlanTable{{Title: k.T("adjust.facts"), Note: k.T("adjust.note_cause"), Table: k.adjustFacts(v, g, who)}}
	if v.State == measure.AdjustOpen || v.State == measure.AdjustDue {
		for _, do := range []struct{ id, icon string }{{"keep", "check"}, {"revert", "arrow-back-up"}} {
			p.Openers = append(p.Openers, ui.Opener{Target: do.id, Text: k.T("adjust.do_" + do.id), Icon: do.icon})
			p.Asks = append(p.Asks, ui.Confirm{ID: do.id, Title: k.T("adjust.do_" + do.id), Object: gist(v.What, 60), Effect: k.T("adjust.do_"+do.id+"_effect") + " " + k.effectWord(v, now), Action: "/adjustments/" + id.String() + "/review",
				Button: k.T("adjust.do_" + do.id), Reason: k.T("form.reason"), Need: true, Fields: []ui.Option{{Value: "do", Text: do.id}}})
		}
	}
	return k.show(p.Head.Title, view.PlanShow(p), inZone(g))
}

// effectStats are the figure before and after, and the difference with its interval.
func (k *call) effectStats(v measure.Adjustment, e measure.Effect) []ui.Number {
	side := func(word string, value float64, days, of int, count float64) ui.Number {
		n := ui.Number{Label: k.T("adjust." + word), Value: "–", Note: k.T("adjust.side", "days", days, "of", of)}
		if days > 0 && (v.Metric != measure.MoveAnswered || count > 0) {
			n.Value = k.moveValue(v.Metric, value)
		}
		if v.Metric == measure.MoveAnswered {
			n.Note += k.T("list.semicolon") + "n = " + k.amount(count)
		}
		return n
	}
	diff := ui.Number{Label: k.T("adjust.diff"), Value: "–", Note: k.effectWord(v, e)}
	if !e.Few {
		sign := ""
		if e.Diff > 0 {
			sign = "+"
		}
		diff.Value, diff.Note = sign+k.moveValue(v.Metric, e.Diff), k.T("adjust.interval", "low", k.moveValue(v.Metric, e.Low), "high", k.moveValue(v.Metric, e.High))+k.T("list.semicolon")+k.T("adjust.moved_"+e.Moved)
	}
	return []ui.Number{side("before", e.Before, e.DaysB, e.OfB, e.CountB), side("after", e.After, e.DaysA, e.OfA, e.CountA), diff}
}

func (k *call) adjustFacts(v measure.Adjustment, g community.GroupRow, who func(string) string) ui.Table {
	t := ui.Table{Label: k.T("adjust.facts"), Columns: []ui.Column{{Title: k.T("audit.at")}, {Title: k.T("audit.who")}, {Title: k.T("adjust.what")}}}
	t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Moment(v.At), ui.Text(who(v.User)), ui.Two(k.T("adjust.kind_"+v.Kind)+" · "+k.moveAim(v), k.T("adjust.review")+" "+v.Review.String()+" "+v.Ref)}})
	if v.Decided != 0 {
		seen := ""
		if v.Effect != nil {
			seen = k.effectWord(v, *v.Effect)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Moment(v.Decided), ui.Text(who(v.Decider)), ui.Two(k.T("adjust.is_"+v.State)+" · "+v.Note, seen)}})
	}
	return t
}

// adjustReview records that a change stays or was taken back.
func (c *Console) adjustReview(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	to := "/adjustments/" + id.String()
	if k.form("reason") == "" {
		return k.done(to, "danger", k.T("act.need_reason"), community.ID{})
	}
	if k.form("do") != "keep" && k.form("do") != "revert" {
		return community.Errorf(community.CodeBadInput, "do %q", k.form("do"))
	}
	if _, err := k.goals().Review(k.ctx(), k.who(), id, k.form("do") == "keep", k.form("reason")); err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("adjust.reviewed"))
}
