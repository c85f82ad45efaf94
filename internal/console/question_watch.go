package console

import (
	"strconv"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/duty"
)

// askWatch says on the page of questions when open ones raise an alarm, and offers to change it.
func (k *call) askWatch(p *view.Insight, g community.GroupRow) error {
	switch {
	case k.Duty == nil:
		return nil
	case g.Key == 0:
		p.Says = k.T("askwatch.choose")
		return nil
	}
	set, err := k.Duty.QuestionWatch(k.ctx(), g.Key)
	if err != nil {
		return err
	}
	people, err := k.keeperChoice()
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	switch {
	case set.Minutes == 0:
		p.Says = k.T("askwatch.off")
	case set.User == "":
		p.Says = k.T("askwatch.on_duty", "num", set.Minutes)
	default:
		p.Says = k.T("askwatch.on", "num", set.Minutes, "who", who(set.User))
	}
	minutes := strconv.Itoa(set.Minutes)
	if set.Minutes == 0 {
		minutes = "30"
	}
	p.Openers = []ui.Opener{{Target: "askwatch", Text: k.T("askwatch.set"), Icon: "bell"}}
	p.Asks = []ui.Confirm{{ID: "askwatch", Title: k.T("askwatch.set"), Object: g.Name, Effect: k.T("askwatch.effect"), Action: "/questions/watch", Button: k.T("form.save"), Reason: k.T("form.reason"),
		Fields: []ui.Option{{Value: "g", Text: g.ID.String()}},
		Inputs: []ui.Input{
			{Kind: "check", Name: "on", Label: k.T("askwatch.is_on"), Value: oneIf(set.Minutes > 0)},
			{Kind: "number", Name: "minutes", Label: k.T("askwatch.minutes"), Value: minutes, Required: true},
			{Kind: "select", Name: "user", Label: k.T("askwatch.user"), Value: set.User, Options: people},
		}}}
	return nil
}

// questionWatch changes when open questions raise an alarm.
func (c *Console) questionWatch(k *call) error {
	g, err := k.groupNamed(k.form("g"))
	if err != nil {
		return err
	}
	if g.Key == 0 || k.Duty == nil {
		return community.Errorf(community.CodeNotFound, "no group is named")
	}
	to := "/questions?g=" + g.ID.String()
	set := duty.QuestionWatch{User: k.form("user")}
	if k.form("on") == "1" {
		if set.Minutes, err = strconv.Atoi(k.form("minutes")); err != nil || set.Minutes < duty.MinAskMinutes || set.Minutes > duty.MaxAskMinutes {
			return k.done(to, "danger", k.T("askwatch.bad", "most", duty.MaxAskMinutes), community.ID{})
		}
	}
	if err := k.Duty.SetQuestionWatch(k.ctx(), k.who(), g.Key, set, k.form("reason")); err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("askwatch.saved"))
}

// alarmQuestions adds to the page of an alarm the questions that it is about.
func alarmQuestions(k *call, p *view.Alarm, a duty.Alarm) error {
	if !a.AboutQuestions() {
		return nil
	}
	list, err := k.Duty.AlarmQuestions(k.ctx(), a.ID)
	if err != nil {
		return err
	}
	var numbers []int64
	for _, q := range list {
		numbers = append(numbers, q.Number)
	}
	said, err := k.Figures.MessagesByNumber(k.ctx(), numbers)
	if err != nil {
		return err
	}
	groups, err := k.groupsOf([]community.GroupKey{a.Group})
	if err != nil {
		return err
	}
	g := groups[a.Group]
	t := ui.Table{Label: k.T("nav.questions"), Columns: []ui.Column{{Title: k.T("question.question")}, {Title: k.T("question.asker")}, {Title: k.T("question.asked")}, {Title: k.T("question.state")}}, Empty: ui.Empty{Icon: "message", Title: k.T("question.none")}}
	for _, q := range list {
		m, state := said[q.Number], ui.Pill("good", "check", k.T("askwatch.answered"))
		if q.Open {
			state = ui.Pill("warning", "clock", k.T("question.state_open"))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{
			view.Said(messageLink(g, q.Number), []ui.Part{{Text: gist(m.Text, 120)}}, k.classNote(m.Class), m.Recalled, m.Erased), view.Person("/members/"+m.MemberID.String(), m.Name), ui.Moment(m.OccurredAt), state}})
	}
	p.Tables = []view.PlanTable{{Title: k.T("askwatch.list"), Note: k.T("askwatch.list_note"), Table: t}}
	return nil
}
