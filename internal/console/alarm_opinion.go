package console

import (
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/duty"
)

// alarmOpinion adds to the page of an alarm what several members complain about: the subject, the people, the thread and how it
// grew.
func alarmOpinion(k *call, p *view.Alarm, a duty.Alarm) error {
	o, ok := duty.ReadOpinion(a.Detail)
	id, is := a.OpinionDecision()
	if !ok || !is {
		return nil
	}
	p.Opinion = &view.Opinion{Figures: opinionFigures(k, o)}
	d, err := k.Desk.DecisionByID(k.ctx(), id)
	if community.CodeOf(err) == community.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if err := opinionThread(k, p.Opinion, d); err != nil {
		return err
	}
	if a.State != duty.Over {
		p.Opinion.False = &ui.Confirm{ID: "false", Title: k.T("opinion.false"), Object: o.Group, Effect: k.T("opinion.false_effect"), Action: "/duty/alarms/" + a.ID.String() + "/false",
			Button: k.T("opinion.false"), Reason: k.T("form.reason"), Need: true}
	}
	return nil
}

func opinionFigures(k *call, o duty.Opinion) []ui.Option {
	counts := make([]string, len(o.Curve))
	for i, n := range o.Curve {
		counts[i] = strconv.Itoa(n)
	}
	return []ui.Option{
		{Value: k.T("opinion.members"), Text: k.T("opinion.members_n", o.Words()...)},
		{Value: k.T("opinion.messages"), Text: k.T("opinion.messages_n", o.Words()...)},
		{Value: k.T("opinion.curve"), Text: k.T("opinion.curve_n", "minutes", o.Minutes/max(1, len(o.Curve)), "curve", strings.Join(counts, " → "))},
	}
}

// opinionThread reads the messages that a decision about public opinion names.
func opinionThread(k *call, o *view.Opinion, d community.DecisionRow) error {
	i := slices.IndexFunc(d.Hits, func(h community.RuleHit) bool { return h.Kind == "opinion" })
	if i < 0 {
		return nil
	}
	hit := d.Hits[i]
	numbers := append(slices.Clone(hit.Near), d.Event)
	slices.Sort(numbers)
	o.People = ui.Table{Label: k.T("opinion.people"), Columns: []ui.Column{{Title: k.T("grouprole.member")}, {Title: k.T("opinion.said_n"), Num: true}}}
	said, names := map[community.ID]int64{}, map[community.ID]string{}
	var order []community.ID
	for _, n := range numbers {
		near, err := k.Desk.Around(k.ctx(), d.Group, n, 0, 0)
		if err != nil {
			return err
		}
		if len(near) != 1 {
			continue
		}
		m := near[0]
		line := ui.Line{ID: strconv.FormatInt(n, 10), Name: m.Name, At: m.OccurredAt, Link: "/members/" + m.MemberID.String(), Parts: marked(m.Text, nil), Erased: m.Erased, Recalled: m.Recalled}
		if n == d.Event && !m.Erased {
			o.Subject, line.Parts, line.Focus = spanned(m.Text, hit.Spans), marked(m.Text, hit.Spans), true
		}
		o.Thread = append(o.Thread, line)
		if said[m.MemberID]++; said[m.MemberID] == 1 {
			order = append(order, m.MemberID)
		}
		names[m.MemberID] = m.Name
	}
	for _, id := range order {
		o.People.Rows = append(o.People.Rows, ui.Row{Link: "/members/" + id.String(), Cells: []templ.Component{ui.Name(names[id]), ui.Figure(said[id])}})
	}
	return nil
}

// spanned is the part of a text that the first span names; "" = it is not there any more.
func spanned(text string, spans []community.Span) string {
	if len(spans) == 0 || spans[0].Start < 0 || spans[0].End > len(text) || spans[0].Start >= spans[0].End {
		return ""
	}
	return text[spans[0].Start:spans[0].End]
}

// alarmFalse ends an alarm about public opinion as a false one: what was said becomes a labelled case.
func (c *Console) alarmFalse(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	to := "/duty/alarms/" + id.String()
	if k.form("reason") == "" {
		return k.done(to, "danger", k.T("act.need_reason"), community.ID{})
	}
	switch err := k.Duty.FalseAlarm(k.ctx(), k.who(), id, k.form("reason")); community.CodeOf(err) {
	case community.CodeNone:
		return k.ok(to, k.T("opinion.false_done"))
	case community.CodeNotFound:
		return err
	default:
		return k.refused(to, err)
	}
}
