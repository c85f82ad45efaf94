package console

import (
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/duty"
	"qunluo/internal/rights"
)

var alarmRoutes = []route{
	{pattern: "POST /duty/test", may: rights.RunDuty, serve: (*Console).alarmTest},
	{pattern: "GET /duty/alarms/{id}", may: rights.SeeDuty, serve: (*Console).alarmPage},
	{pattern: "POST /duty/alarms/{id}/ack", may: rights.RunDuty, serve: alarmStep("alarm.acked", func(k *call, id community.ID, _ string) error {
		return k.Duty.Ack(k.ctx(), k.who(), id)
	})},
	{pattern: "POST /duty/alarms/{id}/hand-on", may: rights.RunDuty, serve: alarmStep("alarm.handed", func(k *call, id community.ID, reason string) error {
		return k.Duty.HandOn(k.ctx(), k.who(), id, reason)
	})},
	{pattern: "POST /duty/alarms/{id}/finish", may: rights.RunDuty, serve: alarmStep("alarm.finished", func(k *call, id community.ID, reason string) error {
		return k.Duty.Finish(k.ctx(), k.who(), id, reason)
	})},
	{pattern: "POST /duty/alarms/{id}/false", may: rights.RunDuty, serve: (*Console).alarmFalse},
	{pattern: "POST /inbox/{id}/hand-on", may: rights.Work, serve: taskStep("task.handed", func(k *call, id community.ID, reason string) error {
		return k.Duty.TaskHandOn(k.ctx(), k.who(), id, reason)
	})},
}

// alarmStep makes the handler of one step of an alarm; it comes back to where the person stood.
func alarmStep(said string, do func(k *call, id community.ID, reason string) error) func(*Console, *call) error {
	return func(_ *Console, k *call) error {
		id, err := k.id()
		if err != nil {
			return err
		}
		to := k.back("/duty/alarms/" + id.String())
		if err := do(k, id, k.form("reason")); err != nil {
			return k.refused(to, err)
		}
		return k.ok(to, k.T(said))
	}
}

func (c *Console) alarmTest(k *call) error {
	a, err := k.Duty.Test(k.ctx(), k.who())
	if err != nil {
		return k.refused("/duty", err)
	}
	return k.ok("/duty/alarms/"+a.ID.String(), k.T("alarm.tested"))
}

func dutyAlarms(k *call, p *view.Duty, names map[string]string) error {
	list, total, err := k.Duty.Alarms(k.ctx(), false, k.query("tag"), community.Page{Limit: shownAlarms})
	if err != nil {
		return err
	}
	for _, a := range list {
		line, err := alarmLine(k, a, names)
		if err != nil {
			return err
		}
		p.Alarms = append(p.Alarms, line)
	}
	p.AlarmsOf = total
	return nil
}

// alarmLine says what an alarm is about and how it stands.
func alarmLine(k *call, a duty.Alarm, names map[string]string) (view.AlarmLine, error) {
	what, err := alarmWhat(k, a)
	id := a.ID.String()
	line := view.AlarmLine{ID: id, What: what, Link: "/duty/alarms/" + id, At: a.Opened, State: k.T("alarm.state." + a.State), Tone: alarmTones[a.State]}
	if a.State == duty.Waiting {
		line.Ack = "/duty/alarms/" + id + "/ack"
	}
	if a.Holder != "" {
		line.Holder = nameOf(names, a.Holder)
	}
	return line, err
}

var alarmTones = map[string]string{duty.Waiting: "danger", duty.Taken: "warning", duty.Over: "good"}

// alarmWhat says in one sentence what an alarm is about.
func alarmWhat(k *call, a duty.Alarm) (string, error) {
	if key, args, ok := a.Says(); ok {
		return k.T(key, args...), nil
	}
	if a.Kind != duty.KindTask {
		return k.T("alarm.what."+a.Kind, "name", accountName(k, a.Account), "detail", short(a.Detail, 80)), nil
	}
	id, err := community.ParseID(strings.TrimPrefix(a.Subject, "task:"))
	if err != nil {
		return k.T("alarm.what.gone"), nil
	}
	t, err := k.Desk.TaskByID(k.ctx(), id)
	if community.CodeOf(err) == community.CodeNotFound {
		return k.T("alarm.what.gone"), nil
	}
	return taskWhat(k, t), err
}

func accountName(k *call, key community.AccountKey) string {
	accounts, err := k.Desk.Accounts(k.ctx())
	if err != nil {
		return ""
	}
	for _, a := range accounts {
		if a.Key == key {
			return a.Name
		}
	}
	return ""
}

// alarmPage shows every step of an alarm with its time.
func (c *Console) alarmPage(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	a, err := k.Duty.Alarm(k.ctx(), id)
	if err != nil {
		return err
	}
	names, err := k.names()
	if err != nil {
		return err
	}
	line, err := alarmLine(k, a, names)
	if err != nil {
		return err
	}
	p := view.Alarm{Head: ui.Head{Title: line.What, Back: "/duty"}, Line: line, Detail: alarmDetail(k, a), Steps: alarmSteps(k, a, names)}
	alarmWays(k, &p, a)
	if err := alarmOpinion(k, &p, a); err != nil {
		return err
	}
	if err := alarmQuestions(k, &p, a); err != nil {
		return err
	}
	if a.Kind == duty.KindAccount {
		if p.Missing, err = missingLines(k, a); err != nil {
			return err
		}
		p.Account = true
		if c.deps.Standbys != nil {
			p.Head.Actions = view.StandbyLink()
		}
	}
	return k.show(p.Head.Title, view.AlarmPage(p))
}

// alarmDetail says what the platform said.
func alarmDetail(k *call, a duty.Alarm) string {
	if _, _, said := a.Says(); said || a.Detail == "" {
		return ""
	}
	word, rest, _ := strings.Cut(a.Detail, ":")
	if key := "alarm.detail." + strings.ReplaceAll(strings.Fields(word + " x")[0], ".", "_"); k.Words.Has(key) {
		return strings.TrimSpace(k.T(key) + " " + rest)
	}
	return a.Detail
}

// alarmWays are the buttons that fit the state.
func alarmWays(k *call, p *view.Alarm, a duty.Alarm) {
	at := "/duty/alarms/" + a.ID.String()
	if a.State == duty.Over {
		return
	}
	if a.Holder == "" || a.Holder == k.who() {
		p.HandOn = at + "/hand-on"
	}
	if a.Kind != duty.KindTask {
		p.Finish = at + "/finish"
	}
}

// alarmSteps tells the steps, the oldest first, each with the time since it was opened.
func alarmSteps(k *call, a duty.Alarm, names map[string]string) []view.AlarmStep {
	var out []view.AlarmStep
	for _, s := range a.Steps {
		step := view.AlarmStep{At: s.At, Icon: stepIcons[s.What], Tone: stepTones[s.What], Clock: time.UnixMilli(s.At).In(zone("")).Format("01-02 15:04:05"), After: k.Words.Round((s.At - a.Opened) / 1000)}
		step.Title = k.T("alarm.step."+s.What, "who", named(names[s.User], s.User), "way", wayName(k, s.Way))
		if key := "alarm.note." + s.Note; k.Words.Has(key) {
			step.Text = k.T(key)
		} else {
			step.Text = stepNote(k, s.Note)
		}
		if s.Until != 0 {
			step.Text = strings.TrimSpace(step.Text + " " + k.T("alarm.until", "at", time.UnixMilli(s.Until).In(zone("")).Format("15:04:05")))
		}
		out = append(out, step)
	}
	return out
}

// stepNote says the reason of a way that failed: its code in words, with the answer behind it.
func stepNote(k *call, note string) string {
	code, rest, ok := strings.Cut(note, ": ")
	if ok && k.Words.Has("error."+code+".title") {
		return k.T("error."+code+".title") + " (" + rest + ")"
	}
	return note
}

var stepIcons = map[string]string{duty.Opened: "bell", duty.Asked: "user", duty.Told: "check", duty.Failed: "alert-triangle", duty.Acknowledged: "circle-check",
	duty.PassedOn: "arrow-right", duty.Expired: "clock", duty.Exhausted: "alert-circle", duty.Done: "rosette-discount-check"}

var stepTones = map[string]string{duty.Told: "good", duty.Failed: "warning", duty.Acknowledged: "good", duty.PassedOn: "warning", duty.Expired: "danger",
	duty.Exhausted: "danger", duty.Done: "good"}

func wayName(k *call, way string) string {
	if key := "way." + way; way != "" && k.Words.Has(key) {
		return k.T(key)
	}
	return k.T("way.console")
}

// missingLines say which minutes of which groups nobody heard.
func missingLines(k *call, a duty.Alarm) ([]view.MissingLine, error) {
	list, err := k.Duty.Missing(k.ctx(), a)
	if err != nil {
		return nil, err
	}
	var out []view.MissingLine
	for _, m := range list {
		line := view.MissingLine{Name: m.Name, Link: "/groups/" + m.Group.String()}
		var all int64
		for _, s := range m.Spans {
			all += s.To - s.From
			line.Spans = append(line.Spans, time.UnixMilli(s.From).In(zone("")).Format("01-02 15:04:05")+" – "+time.UnixMilli(s.To).In(zone("")).Format("01-02 15:04:05"))
		}
		line.All = k.Words.Round(all / 1000)
		out = append(out, line)
	}
	return out, nil
}
