package console

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/measure"
)

// lifeTicks are the days that the axis of lives marks.
var lifeTicks = []int{0, 30, 60, 90, 180, 365}

// lifeSpan is how many days the drawing shows.
const lifeSpan = 365

// life shows how long groups live from entering decline, renewed against not renewed.
func (c *Console) life(k *call) error {
	l, looked, err := k.goals().Lives(k.ctx())
	if err != nil {
		return err
	}
	g, err := k.groupNamed(k.query("g"))
	if err != nil {
		return err
	}
	p := view.Insight{Head: ui.Head{Title: k.T("nav.life"), Sub: k.T("life.sub")}, Says: k.lifeSays(l)}
	p.Notes = []string{k.T("life.note_entered"), k.T("life.note_end"), k.T("life.note_exposure"), k.T("life.note_renewal"), k.T("life.note_rank"), k.T("life.note_read")}
	if err := k.lifeAsk(&p, g); err != nil {
		return err
	}
	count := func(name string, n int) view.Metric {
		return view.Metric{Label: k.T("life." + name), Lead: k.Words.Number(n), Means: k.T("life." + name + "_means")}
	}
	p.Metrics = []view.Metric{count("looked", looked), count("declined", len(l.Groups)), count("gone", l.Gone), count("with", l.With), count("ends", l.Ends)}
	p.Curves = []view.Curve{k.lifeCurve(l)}
	p.Lead = []view.PlanTable{{Title: k.T("life.groups"), Table: k.lifeTable(l)}}
	renewals, asks, err := k.renewalTable(g.Key)
	if err != nil {
		return err
	}
	p.Asks = append(p.Asks, asks...)
	p.Tables = []view.PlanTable{{Title: k.T("life.renewals"), Note: k.T("life.note_renewal"), Table: renewals}}
	return k.show(p.Head.Title, view.InsightPage(p))
}

// lifeSays says what the comparison shows, or what is missing for one.
func (k *call) lifeSays(l measure.Lives) string {
	if !l.Decidable() {
		m := l.Missing()
		var parts []string
		for _, need := range []struct {
			name string
			n    int
		}{{"groups", m.Groups}, {"renewed", m.Renewed}, {"plain", m.Plain}, {"ends", m.Ends}} {
			if need.n > 0 {
				parts = append(parts, k.T("life.need_"+need.name, "num", need.n))
			}
		}
		if len(parts) == 0 {
			return k.T("life.no_test")
		}
		return k.T("life.undecided", "num", l.N) + strings.Join(parts, k.T("list.semicolon")) + k.T("life.stop")
	}
	said := "life.no_difference"
	if l.Test.P < 0.05 {
		said = "life.differ"
	}
	return k.T(said, "num", l.N, "with", l.With, "ends", l.Ends, "chi", strconv.FormatFloat(l.Test.Chi2, 'f', 2, 64), "p", strconv.FormatFloat(l.Test.P, 'g', 2, 64))
}

// lifeCurve draws the two curves once there are enough groups; their numbers stand in the table of groups before.
func (k *call) lifeCurve(l measure.Lives) view.Curve {
	var ticks []view.AxisMark
	for _, d := range lifeTicks {
		ticks = append(ticks, view.AxisMark{At: place(view.CurveWide * float64(d) / lifeSpan), Text: k.T("question.days", "n", d)})
	}
	var curves []namedCurve
	if l.Decidable() {
		curves = []namedCurve{{k.T("life.plain"), l.Plain}, {k.T("life.renewed"), l.Anew}}
	}
	out := k.drawing(k.T("life.curve"), k.T("life.curve_note"), lifeSpan, ticks, curves...)
	out.Empty = ui.Empty{Icon: "activity", Title: k.T("life.cannot"), Text: k.lifeSays(l)}
	return out
}

func (k *call) lifeTable(l measure.Lives) ui.Table {
	t := ui.Table{Label: k.T("life.groups"), Columns: []ui.Column{{Title: k.T("word.group")}, {Title: k.T("life.entered")}, {Title: k.T("life.last")}, {Title: k.T("life.renewal")}, {Title: k.T("life.state")}, {Title: k.T("life.days"), Num: true}},
		Empty: ui.Empty{Icon: "circle-check", Title: k.T("life.none"), Text: k.T("life.none_text")}}
	for _, g := range l.Groups {
		renewed, under := "–", ""
		if g.Is {
			renewed = g.Renewed.String()
		}
		if g.Early > 0 {
			under = k.T("life.early", "num", g.Early)
		}
		if g.Late > 0 {
			under += " " + k.T("life.late", "num", g.Late)
		}
		state := ui.Pill("info", "clock", k.T("life.is_watched"))
		switch {
		case g.Gone:
			state = ui.Pill("", "", k.T("life.is_gone"))
		case g.Ended:
			state = ui.Pill("warning", "", k.T("life.is_ended"))
		}
		last := "–"
		if g.Last != 0 {
			last = g.Last.String()
		}
		t.Rows = append(t.Rows, ui.Row{Link: "/stage?g=" + g.GroupID.String(), Cells: []templ.Component{ui.Name(g.Name), ui.Text(g.Entered.String()), ui.Text(last), ui.Two(renewed, strings.TrimSpace(under)), state, ui.Two(k.Words.Number(int(g.Until-g.Entered)), g.Until.String())}})
	}
	return t
}

// lifeAsk offers to enter a renewal.
func (k *call) lifeAsk(p *view.Insight, g community.GroupRow) error {
	groups, err := k.groupChoice(k.T("adjust.choose_group"), g)
	if err != nil {
		return err
	}
	value := ""
	if g.Key != 0 {
		value = g.ID.String()
	}
	p.Openers = []ui.Opener{{Target: "renewal", Text: k.T("life.add"), Icon: "plus"}}
	p.Asks = []ui.Confirm{{ID: "renewal", Title: k.T("life.add"), Effect: k.T("life.add_effect"), Action: "/life/renewals", Button: k.T("life.add"), Inputs: []ui.Input{
		{Kind: "select", Name: "g", Label: k.T("word.group"), Value: value, Options: groups, Required: true}, {Kind: "text", Name: "what", Label: k.T("life.what"), Help: k.T("life.what_help"), Required: true, Max: 160},
		{Kind: "date", Name: "day", Label: k.T("life.day"), Help: k.T("life.day_help"), Required: true}}}}
	return nil
}

// renewalTable lists what counts as renewals, each that a person entered with a way to void it.
func (k *call) renewalTable(g community.GroupKey) (ui.Table, []ui.Confirm, error) {
	t := ui.Table{Label: k.T("life.renewals"), Columns: []ui.Column{{Title: k.T("life.day")}, {Title: k.T("word.group")}, {Title: k.T("life.what")}, {Title: k.T("life.source")}, {Title: k.T("audit.who")}}, Empty: ui.Empty{Icon: "history", Title: k.T("life.no_renewals")}}
	list, err := k.goals().Renewals(k.ctx(), g)
	if err != nil {
		return t, nil, err
	}
	var keys []community.GroupKey
	for _, r := range list {
		keys = append(keys, r.Group)
	}
	groups, who, err := k.groupsAndUsers(keys)
	if err != nil {
		return t, nil, err
	}
	var asks []ui.Confirm
	for i := len(list) - 1; i >= 0 && len(t.Rows) < listLimit; i-- {
		r := list[i]
		row := ui.Row{}
		source := templ.Component(ui.Text(k.T("life.by_hand")))
		switch {
		case !r.Adjust.IsZero():
			source, row.Link = ui.Text(k.T("life.by_playbook")), "/adjustments/"+r.Adjust.String()
		case r.Voided != 0:
			source = ui.Two(k.T("life.void"), r.VoidWhy)
		default:
			ask := "void-" + strconv.Itoa(i)
			row.Actions = ui.ConfirmButton(ui.Opener{Target: ask, Text: k.T("life.void_it"), Icon: "x", Small: true})
			asks = append(asks, ui.Confirm{ID: ask, Title: k.T("life.void_it"), Object: gist(r.What, 60), Effect: k.T("life.void_effect"), Action: "/life/renewals/" + r.ID.String() + "/void", Button: k.T("life.void_it"), Reason: k.T("form.reason"), Need: true})
		}
		row.Cells = []templ.Component{ui.Text(r.Day.String()), ui.Text(ui.Visible(groups[r.Group].Name)), ui.Text(gist(r.What, 80)), source, ui.Text(who(r.User))}
		t.Rows = append(t.Rows, row)
	}
	return t, asks, nil
}

// renewalAdd keeps a renewal that a person enters.
func (c *Console) renewalAdd(k *call) error {
	g, err := k.groupNamed(k.form("g"))
	if err != nil {
		return err
	}
	day, err := measure.ParseDay(k.form("day"))
	if err != nil || g.Key == 0 {
		return k.done("/life", "danger", k.T("life.bad"), community.ID{})
	}
	_, err = k.goals().AddRenewal(k.ctx(), k.who(), measure.Renewal{Group: g.Key, Day: day, What: k.form("what")})
	switch community.CodeOf(err) {
	case community.CodeNone:
		return k.ok("/life", k.T("life.added"))
	case community.CodeBadInput:
		return k.done("/life", "danger", k.T("life.bad"), community.ID{})
	case community.CodeConflict:
		return k.done("/life", "danger", k.T("life.twice"), community.ID{})
	}
	return k.refused("/life", err)
}

// renewalVoid says that a renewal was entered wrongly.
func (c *Console) renewalVoid(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	if k.form("reason") == "" {
		return k.done("/life", "danger", k.T("act.need_reason"), community.ID{})
	}
	if err := k.goals().VoidRenewal(k.ctx(), k.who(), id, k.form("reason")); err != nil {
		return k.refused("/life", err)
	}
	return k.ok("/life", k.T("life.voided"))
}
