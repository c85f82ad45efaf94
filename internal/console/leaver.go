package console

import (
	"errors"
	"strconv"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/measure"
	"qunluo/internal/rights"
)

// leaveSpan is of how many days answers are shown.
const leaveSpan = 90

// leaverPage shows what those who left answered; of a chosen group it is switched on and off.
func (c *Console) leaverPage(k *call) error {
	g, err := k.groupNamed(k.query("g"))
	if err != nil {
		return err
	}
	choice, err := k.groupChoice(k.T("digest.all_groups"), g)
	if err != nil {
		return err
	}
	tally, err := k.goals().LeaveTally(k.ctx(), g.Key, leaveSpan)
	if err != nil {
		return err
	}
	p := view.Insight{Head: ui.Head{Title: k.T("nav.leavers"), Sub: k.T("leave.sub")}, Notes: []string{k.T("leave.note_who"), k.T("leave.note_name"), k.T("leave.note_sample")},
		Filters: ui.Filters{Action: "/leavers", Fields: []ui.Filter{{Kind: "select", Name: "g", Label: k.T("word.group"), Value: k.query("g"), Options: choice}}}}
	if err := k.leaveSwitch(&p, g); err != nil {
		return err
	}
	p.Metrics = []view.Metric{{Label: k.T("leave.asked"), Lead: k.Words.Number(tally.Asked), Means: k.T("leave.asked_means", "days", leaveSpan)}, {Label: k.T("leave.answered"), Lead: k.Words.Number(tally.Answered), Means: k.T("leave.answered_means")}}
	p.Lead = []view.PlanTable{{Title: k.T("leave.why"), Note: k.T("leave.why_note", "days", leaveSpan), Table: k.leaveTable(tally)}}
	if !k.may(rights.SeeTexts) {
		return k.show(p.Head.Title, view.InsightPage(p))
	}
	page := k.page(listLimit)
	said, total, err := k.goals().LeaveSaid(k.ctx(), g.Key, leaveSpan, page)
	if err != nil {
		return err
	}
	words, err := k.leaveWords(said)
	if err != nil {
		return err
	}
	words.Pager = k.pager(page, len(said), total)
	p.Tables = []view.PlanTable{{Title: k.T("leave.words"), Note: k.T("leave.note_name"), Table: words}}
	return k.show(p.Head.Title, view.InsightPage(p))
}

// leaveSwitch says whether those who leave a group are asked, and offers to change it.
func (k *call) leaveSwitch(p *view.Insight, g community.GroupRow) error {
	if g.Key == 0 {
		p.Says = k.T("leave.choose")
		return nil
	}
	w, err := k.goals().LeaveWatch(k.ctx(), g.Key)
	if err != nil {
		return err
	}
	state, next := "off", "begin"
	if w.Since > 0 {
		state, next = "on", "stop"
	}
	p.Says = k.T("leave.is_"+state, "num", measure.LeaveDaily)
	if !k.may(rights.Tune) {
		return nil
	}
	p.Openers = []ui.Opener{{Target: "leave-switch", Text: k.T("leave." + next), Icon: "clock"}}
	p.Asks = []ui.Confirm{{ID: "leave-switch", Title: k.T("leave." + next), Object: g.Name, Effect: k.T("leave."+next+"_effect", "num", measure.LeaveDaily), Action: "/leavers", Button: k.T("leave." + next), Reason: k.T("form.reason"),
		Fields: []ui.Option{{Value: "g", Text: g.ID.String()}, {Value: "on", Text: oneIf(w.Since == 0)}}}}
	return nil
}

func (k *call) leaveTable(t measure.LeaveTally) ui.Table {
	out := ui.Table{Label: k.T("leave.why"), Columns: []ui.Column{{Title: k.T("leave.answer")}, {Title: k.T("leave.n"), Num: true}, {Title: k.T("leave.share"), Num: true}, {Title: k.T("leave.interval"), Num: true, Hide: true}},
		Empty: ui.Empty{Icon: "users-group", Title: k.T("leave.none"), Text: k.T("leave.none_text")}}
	if t.Answered == 0 {
		return out
	}
	for _, c := range t.Counts {
		share, interval := "–", k.T("leave.too_few", "least", measure.LeaveLeast)
		if t.Withheld == "" {
			share, interval = percent(c.Share), percent(c.Low)+" – "+percent(c.High)
		}
		line := ui.Row{Cells: []templ.Component{ui.Text(k.T("leave.is_" + c.Answer)), ui.Figure(int64(c.N)), ui.Text(share), ui.Text(interval)}}
		if c.Answer == measure.LeaveUnclear && c.N > 0 {
			line.Link = "/goals"
		}
		out.Rows = append(out.Rows, line)
	}
	return out
}

func (k *call) leaveWords(said []measure.LeaveSaid) (ui.Table, error) {
	t := ui.Table{Label: k.T("leave.words"), Columns: []ui.Column{{Title: k.T("word.group")}, {Title: k.T("leave.day")}, {Title: k.T("leave.answer")}, {Title: k.T("leave.words")}}, Empty: ui.Empty{Icon: "message", Title: k.T("leave.no_words")}}
	var keys []community.GroupKey
	for _, v := range said {
		keys = append(keys, v.Group)
	}
	groups, err := k.groupsOf(keys)
	if err != nil {
		return t, err
	}
	for _, v := range said {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Name(groups[v.Group].Name), ui.Text(v.Day.String()), ui.Text(k.T("leave.is_" + v.Answer)), ui.Text(v.Words)}})
	}
	return t, nil
}

// leaverSwitch has those who leave a group asked, or not any more.
func (c *Console) leaverSwitch(k *call) error {
	g, err := k.groupNamed(k.form("g"))
	if err != nil {
		return err
	}
	if g.Key == 0 {
		return community.Errorf(community.CodeNotFound, "no group is named")
	}
	on, to := k.form("on") == "1", "/leavers?g="+g.ID.String()
	if err := k.goals().AskLeavers(k.ctx(), k.who(), g.Key, on, k.form("reason")); err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("leave.turned_"+strconv.FormatBool(on)))
}

// waiverForm shows why a group opens without a goal, to be written.
func (c *Console) waiverForm(k *call) error {
	g, err := k.groupHere()
	if err != nil {
		return err
	}
	w, err := k.goals().Waiver(k.ctx(), g.Key)
	if err != nil {
		return err
	}
	return k.waiverShow(g, w.Words, nil)
}

func (k *call) waiverShow(g community.GroupRow, words string, faults []string) error {
	at := "/groups/" + g.ID.String() + "/goal"
	p := view.PlanForm{Head: ui.Head{Title: k.T("goal.without"), Sub: g.Name, Back: at}, Action: at + "/without", Do: k.T("form.save"), Faults: faults}
	if !k.may(rights.Tune) {
		p.Wait, p.Hint = true, k.T("bulk.rules_owner")
	}
	p.Groups = []view.PlanFields{{Title: k.T("goal.without"), Note: k.T("goal.without_note"), Rows: []ui.Input{
		{Kind: "area", Name: "because", Label: k.T("goal.because"), Help: k.T("goal.because_help"), Value: words, Max: measure.MaxWaiver, Rows: 3}}}}
	return k.show(p.Head.Title, view.PlanEdit(p))
}

// waiverSave keeps it; empty words take it back.
func (c *Console) waiverSave(k *call) error {
	g, err := k.groupHere()
	if err != nil {
		return err
	}
	words, to := k.typed("because"), "/groups/"+g.ID.String()+"/goal"
	if words != "" && measure.CheckWaiver(words) != nil {
		return k.waiverShow(g, words, []string{k.T("goal.because_bad", "most", measure.MaxWaiver)})
	}
	if err := k.goals().Waive(k.ctx(), k.who(), g.Key, words); err != nil {
		return k.refused(to, err)
	}
	if words == "" {
		return k.ok(to, k.T("goal.unwaived"))
	}
	return k.ok(to, k.T("goal.waived"))
}

// noGoal leads to the goal of a group when that is why no code may lead to it; false = it is not.
func (k *call) noGoal(g community.GroupKey, cause error) (bool, error) {
	if !errors.Is(cause, measure.ErrNoGoal) || k.c.deps.Goals == nil {
		return false, nil
	}
	groups, err := k.groupsOf([]community.GroupKey{g})
	if err != nil {
		return true, err
	}
	return true, k.done("/groups/"+groups[g].ID.String()+"/goal", "warning", k.T("goal.first"), community.ID{})
}
