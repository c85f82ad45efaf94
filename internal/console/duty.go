package console

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/duty"
	"qunluo/internal/rights"
)

// dutyRoutes are absent where nothing is known of duty.
func (c *Console) dutyRoutes() []route {
	if c.deps.Duty == nil {
		return nil
	}
	return slices.Concat([]route{
		{pattern: "GET /duty", may: rights.SeeDuty, serve: (*Console).dutyPage},
		{pattern: "POST /duty/shifts", may: rights.RunDuty, whole: true, serve: (*Console).shiftAdd},
		{pattern: "POST /duty/shifts/{id}/remove", may: rights.RunDuty, whole: true, serve: (*Console).shiftRemove},
		{pattern: "POST /duty/changes", may: rights.RunDuty, whole: true, serve: (*Console).changeAdd},
		{pattern: "POST /duty/changes/{id}/remove", may: rights.RunDuty, whole: true, serve: (*Console).changeRemove},
		{pattern: "POST /duty/undo/{id}", may: rights.RunDuty, whole: true, serve: (*Console).dutyUndo},
		{pattern: "POST /duty/notes", may: rights.RunDuty, serve: (*Console).noteAdd},
		{pattern: "POST /duty/settings", may: rights.Tune, whole: true, serve: (*Console).dutySet},
	}, alarmRoutes, lockRoutes, wayRoutes, c.phoneRoutes())
}

// weekDays is how many days the grid shows, from today on.
const weekDays = 7

// shownNotes and shownAlarms are how many of them the page shows.
const (
	shownNotes  = 3
	shownAlarms = 10
)

// dutyPage shows who is on duty and when nobody is, the hand-over notes, and the alarms.
func (c *Console) dutyPage(k *call) error {
	roster, err := k.Duty.Roster(k.ctx())
	if err != nil {
		return err
	}
	names, err := k.names()
	if err != nil {
		return err
	}
	p := view.Duty{Head: ui.Head{Title: k.T("nav.duty"), Sub: k.T("duty.intro"), Actions: view.DutyTest()}, Owner: k.may(rights.Tune)}
	p.Now, p.Next = dutyNow(roster, k.now(), names)
	dutyWeek(k, &p, roster, names)
	if err := dutyForms(k, &p, roster); err != nil {
		return err
	}
	p.Shifts, p.Changes = shiftTable(k, roster, names), changeTable(k, roster, names)
	for _, fill := range []func(*call, *view.Duty, map[string]string) error{dutyNotes, dutyAlarms, dutySettings, dutyLock} {
		if err := fill(k, &p, names); err != nil {
			return err
		}
	}
	return k.show(p.Head.Title, view.DutyPage(p))
}

// dutyNow names who is on duty now, and who comes next.
func dutyNow(r duty.Roster, at int64, names map[string]string) (now, next string) {
	users, n := duty.On(r, at)
	var on []string
	for _, u := range users[:n] {
		on = append(on, nameOf(names, u))
	}
	if n < len(users) {
		next = nameOf(names, users[n])
	}
	return strings.Join(on, "、"), next
}

func nameOf(names map[string]string, user string) string { return named(names[user], user) }

// dutyWeek lays the days out: an hour by hour strip for wide windows, a list of stretches for phones, and the gaps.
func dutyWeek(k *call, p *view.Duty, r duty.Roster, names map[string]string) {
	zone := r.Zone
	today := time.UnixMilli(k.now()).In(zone)
	for n := range weekDays {
		from := time.Date(today.Year(), today.Month(), today.Day()+n, 0, 0, 0, 0, zone)
		to := time.Date(today.Year(), today.Month(), today.Day()+n+1, 0, 0, 0, 0, zone)
		day := view.DutyDay{Date: from.Format("01-02"), Weekday: k.T("weekday." + strconv.Itoa((int(from.Weekday())+6)%7+1)), Today: n == 0}
		spans := r.Spans(from.UnixMilli(), to.UnixMilli())
		for _, s := range spans {
			day.Lines = append(day.Lines, view.DutyLine{Times: clockSpan(s, zone), Name: nameOf(names, s.User), Swap: !s.Swap.IsZero()})
		}
		for _, g := range duty.Gaps(r, from.UnixMilli(), 1) {
			day.Gaps = append(day.Gaps, clockSpan(g, zone))
		}
		day.Cells = hourCells(k, spans, from, to, names)
		p.Days = append(p.Days, day)
	}
	for h := 0; h < 24; h += 3 {
		p.Hours = append(p.Hours, duty.Clock(h*60))
	}
	var all int64
	for _, g := range duty.Gaps(r, k.now(), weekDays) {
		all += g.To - g.From
	}
	if all > 0 {
		p.Gaps = k.T("duty.gaps", "t", k.Words.Round(all/1000))
	}
}

func clockSpan(s duty.Span, zone *time.Location) string {
	from, to := time.UnixMilli(s.From).In(zone), time.UnixMilli(s.To).In(zone)
	end := to.Format("15:04")
	if to.Format(time.DateOnly) != from.Format(time.DateOnly) && end == "00:00" {
		end = "24:00"
	}
	return from.Format("15:04") + "–" + end
}

// hourCells gives the hours of a day, neighbours with the same people joined. A cell is a gap when nobody is there for
// the whole of it, and marked when nobody is for a part.
func hourCells(k *call, spans []duty.Span, from, to time.Time, names map[string]string) []view.DutyCell {
	var cells []view.DutyCell
	for at := from; at.Before(to); at = at.Add(time.Hour) {
		cell := view.DutyCell{Span: 1}
		var who []string
		covered := at.UnixMilli()
		end := at.Add(time.Hour).UnixMilli()
		for _, s := range spans {
			if s.To <= at.UnixMilli() || s.From >= end {
				continue
			}
			if name := nameOf(names, s.User); !slices.Contains(who, name) {
				who = append(who, name)
			}
			if s.From <= covered {
				covered = max(covered, s.To)
			}
		}
		cell.Text, cell.Gap, cell.Part = strings.Join(who, "、"), len(who) == 0, covered < end && len(who) > 0
		if n := len(cells); n > 0 && cells[n-1].Text == cell.Text && cells[n-1].Gap == cell.Gap && cells[n-1].Part == cell.Part {
			cells[n-1].Span++
			continue
		}
		cells = append(cells, cell)
	}
	for i := range cells {
		if cells[i].Gap {
			cells[i].Text = k.T("duty.nobody")
		}
	}
	return cells
}

// people are the persons who may be on duty, as options.
func (k *call) people() ([]ui.Option, error) {
	users, err := k.c.deps.People.Users(k.ctx(), k.User.Org)
	if err != nil {
		return nil, err
	}
	var out []ui.Option
	for _, u := range users {
		if u.Enabled {
			out = append(out, ui.Option{Value: u.ID.String(), Text: named(u.Name, u.Login)})
		}
	}
	return out, nil
}

// dutyForms fills in what may be chosen.
func dutyForms(k *call, p *view.Duty, r duty.Roster) error {
	people, err := k.people()
	if err != nil {
		return err
	}
	days := []ui.Option{{Value: "all", Text: k.T("duty.every_day")}, {Value: "work", Text: k.T("duty.workdays")}}
	for d := range 7 {
		days = append(days, ui.Option{Value: strconv.Itoa(d), Text: k.T("weekday." + strconv.Itoa(d+1))})
	}
	p.Add = []ui.Input{
		{Of: "shift", Kind: "select", Name: "user", Label: k.T("duty.person"), Options: people, Value: k.who()},
		{Of: "shift", Kind: "select", Name: "weekday", Label: k.T("duty.weekday"), Options: days},
		{Of: "shift", Name: "start", Label: k.T("duty.start"), Value: "08:00", Required: true, Max: 5},
		{Of: "shift", Name: "end", Label: k.T("duty.end"), Value: "20:00", Required: true, Max: 5, Help: k.T("duty.end_help")},
	}
	stretches := []ui.Option{{Value: "", Text: k.T("duty.extra")}}
	names, err := k.names()
	if err != nil {
		return err
	}
	for _, s := range r.Spans(k.now(), k.now()+14*24*3600*1000) {
		if !s.Shift.IsZero() {
			stretches = append(stretches, ui.Option{Value: s.Shift.String() + "@" + s.Date, Text: s.Date[5:] + " " + clockSpan(s, r.Zone) + " " + nameOf(names, s.User)})
		}
	}
	p.Swap = []ui.Input{
		{Of: "change", Kind: "select", Name: "stretch", Label: k.T("duty.which"), Options: stretches},
		{Of: "change", Kind: "select", Name: "user", Label: k.T("duty.instead"), Options: append(people, ui.Option{Value: "", Text: k.T("duty.nobody")}), Value: k.who()},
		{Of: "change", Kind: "date", Name: "date", Label: k.T("duty.date"), Help: k.T("duty.extra_help")},
		{Of: "change", Name: "start", Label: k.T("duty.start"), Max: 5},
		{Of: "change", Name: "end", Label: k.T("duty.end"), Max: 5},
		{Of: "change", Name: "note", Label: k.T("duty.note"), Max: 200},
	}
	return nil
}

func shiftTable(k *call, r duty.Roster, names map[string]string) ui.Table {
	t := ui.Table{Label: k.T("duty.shifts"), Columns: []ui.Column{{Title: k.T("duty.weekday")}, {Title: k.T("duty.times")}, {Title: k.T("duty.person")}},
		Empty: ui.Empty{Icon: "calendar", Title: k.T("duty.no_shifts"), Text: k.T("duty.no_shifts_text")}}
	for _, s := range r.Shifts {
		times := duty.Clock(s.Start) + "–" + duty.Clock(s.End)
		if s.End <= s.Start {
			times += " " + k.T("duty.next_day")
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(k.T("weekday." + strconv.Itoa(s.Weekday+1))), ui.Text(times), ui.Name(nameOf(names, s.User))},
			Actions: view.PostButton("/duty/shifts/"+s.ID.String()+"/remove", "trash", k.T("duty.remove"))})
	}
	return t
}

func changeTable(k *call, r duty.Roster, names map[string]string) ui.Table {
	t := ui.Table{Label: k.T("duty.changes"), Columns: []ui.Column{{Title: k.T("duty.date")}, {Title: k.T("duty.times")}, {Title: k.T("duty.person")}, {Title: k.T("duty.note"), Hide: true}},
		Empty: ui.Empty{Icon: "calendar", Title: k.T("duty.no_changes"), Text: k.T("duty.no_changes_text")}}
	today := time.UnixMilli(k.now()).In(r.Zone).AddDate(0, 0, -1).Format(time.DateOnly)
	for _, c := range r.Changes {
		if c.Date < today {
			continue
		}
		who := nameOf(names, c.User)
		if c.User == "" {
			who = k.T("duty.nobody")
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(c.Date), ui.Text(duty.Clock(c.Start) + "–" + duty.Clock(c.End)), ui.Name(who), ui.Text(c.Note)},
			Actions: view.PostButton("/duty/changes/"+c.ID.String()+"/remove", "trash", k.T("duty.remove"))})
	}
	return t
}

func dutyNotes(k *call, p *view.Duty, names map[string]string) error {
	notes, err := k.Duty.Notes(k.ctx(), shownNotes)
	for _, n := range notes {
		p.Notes = append(p.Notes, ui.Step{At: n.At, Icon: "message", Title: n.Text, Actor: nameOf(names, n.User)})
	}
	return err
}

func dutySettings(k *call, p *view.Duty, _ map[string]string) error {
	set, err := k.Duty.Settings(k.ctx())
	p.Settings = []ui.Input{
		{Of: "set", Kind: "number", Name: "minutes", Label: k.T("duty.minutes"), Value: strconv.FormatInt(set.Ack/60_000, 10), Required: true, Help: k.T("duty.minutes_help")},
		{Of: "set", Name: "zone", Label: k.T("duty.zone"), Value: set.Zone, Required: true},
	}
	p.Minutes = k.T("duty.policy", "n", set.Ack/60_000, "zone", set.Zone)
	return err
}
