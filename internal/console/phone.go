package console

import (
	"net/http"
	"slices"
	"strings"
	"unicode"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/duty"
	"qunluo/internal/rights"
)

// phoneRoutes are the pages of people on duty on their phones. A session opens them, and so does a device that came in by
// a link; a device has a moderator's rights at most, whoever it belongs to.
func (c *Console) phoneRoutes() []route {
	if c.deps.Phones == nil {
		return nil
	}
	return []route{
		{pattern: "GET /m", may: rights.Work, serve: (*Console).phoneTasks, phone: true},
		{pattern: "GET /m/review", may: rights.Work, serve: (*Console).phoneReview, phone: true},
		{pattern: "GET /m/duty", may: rights.Work, serve: (*Console).phoneDuty, phone: true},
		{pattern: "POST /m/tasks/{id}/{step}", may: rights.Work, serve: (*Console).phoneTaskStep, phone: true},
		{pattern: "POST /m/alarms/{id}/{step}", may: rights.RunDuty, serve: (*Console).phoneAlarmStep, phone: true},
		{pattern: "POST /m/review/{id}/{kind}", may: rights.Judge, serve: (*Console).phoneJudge, phone: true},
		{pattern: "POST /m/notes", may: rights.RunDuty, serve: (*Console).noteAdd, phone: true},
		{pattern: "POST /m/out", may: rights.Enter, serve: (*Console).phoneOut, phone: true},
		{pattern: "POST /me/phone", may: rights.Enter, serve: (*Console).phoneLink},
		{pattern: "GET /m/in/{token}", may: anybody, serve: (*Console).phoneDoor},
		{pattern: "POST /m/in/{token}", may: anybody, serve: (*Console).phoneEnter},
	}
}

// deviceCookie is what a phone keeps.
const deviceCookie = "qunluo-m"

func (c *Console) setDevice(k *call, value string, seconds int) {
	http.SetCookie(k.W, &http.Cookie{Name: cookieName(deviceCookie, c.plain()), Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: !c.plain(), SameSite: http.SameSiteLaxMode})
}

// byDevice finds the person of the phone's cookie, with a moderator's rights at most.
func (c *Console) byDevice(k *call) error {
	k.phone = true
	if k.User.Key != 0 {
		return nil
	}
	got, err := k.R.Cookie(cookieName(deviceCookie, c.plain()))
	if err != nil || len(got.Value) > 200 {
		return nil //nolint:nilerr // no device: they are asked to sign in
	}
	u, err := c.deps.Phones.Who(k.ctx(), got.Value)
	if code := community.CodeOf(err); code == community.CodeForbidden || code == community.CodeNotFound {
		c.setDevice(k, "", -1)
		return nil
	}
	if err != nil {
		return err
	}
	if rights.Within(rights.Moderator, rights.Role(u.Role)) {
		u.Role = RoleModerator
	}
	return c.greet(k, u)
}

// phoneDoor shows whom a link lets in, without spending it: chats and mail programs open links by themselves.
func (c *Console) phoneDoor(k *call) error {
	k.phone = true
	token := k.R.PathValue("token")
	if err := c.deps.Phones.Look(k.ctx(), token); err != nil {
		return doorError(err)
	}
	return k.showPhone(k.T("phone.door"), "", view.PhoneDoor("/m/in/"+token))
}

func doorError(err error) error {
	if community.CodeOf(err) == community.CodeForbidden {
		return &community.Error{Code: codeSetup, Msg: err.Error(), Err: err}
	}
	return err
}

// phoneEnter spends the link; from then on the device's cookie opens /m.
func (c *Console) phoneEnter(k *call) error {
	k.phone = true
	device, lives, err := c.deps.Phones.Enter(k.ctx(), k.R.PathValue("token"))
	if err != nil {
		return doorError(err)
	}
	c.setDevice(k, device, int(lives.Seconds()))
	return k.redirect("/m")
}

func (c *Console) phoneOut(k *call) error {
	if got, err := k.R.Cookie(cookieName(deviceCookie, c.plain())); err == nil {
		if err := c.deps.Phones.Leave(k.ctx(), got.Value); err != nil {
			return err
		}
	}
	c.setDevice(k, "", -1)
	return k.redirect("/signin")
}

// phoneLink shows a link that lets oneself in on a phone.
func (c *Console) phoneLink(k *call) error {
	link, err := c.deps.Phones.Link(k.ctx(), k.User)
	if err != nil {
		return err
	}
	return k.show(k.T("phone.link"), view.PhoneLink(ui.Head{Title: k.T("phone.link"), Sub: k.T("phone.link_text"), Back: "/me"}, link))
}

// showPhone renders a page in the phone's frame. tab is the address of its tab.
func (k *call) showPhone(title, tab string, body templ.Component) error {
	f := k.frame(title)
	f.Phone, f.User = true, named(k.User.Name, k.User.Login)
	if k.User.Key != 0 {
		if err := k.dressSpace(f); err != nil {
			return err
		}
	}
	if said, ok := k.result(); ok {
		f.Flash = &ui.Flash{Kind: said.Kind, Text: said.Text}
	}
	if k.User.Key != 0 {
		badges, err := k.badges()
		if err != nil {
			return err
		}
		for _, t := range []struct {
			path, key, icon string
			n               int
		}{{"/m", "nav.inbox", "inbox", badges.Tasks}, {"/m/review", "nav.review", "gavel", badges.Review}, {"/m/duty", "nav.duty", "bell", badges.Alarms}, {"/m/paste", "channel.tab", "upload", 0}} {
			if !k.c.mounted(t.path, k) {
				continue
			}
			f.Tabs = append(f.Tabs, ui.MenuEntry{Title: k.T(t.key), Icon: t.icon, Path: t.path, Here: t.path == tab, Badge: t.n})
		}
	}
	return k.render(http.StatusOK, f, body)
}

// mostPhoneCards is how many cards a phone is shown at once.
const mostPhoneCards = 20

// phoneTasks shows what waits for a person, one's own first, then the most urgent.
func (c *Console) phoneTasks(k *call) error {
	rows, total, err := k.Desk.FindTasks(k.ctx(), community.TaskFilter{Page: community.Page{Limit: mostPhoneCards}})
	if err != nil {
		return err
	}
	names, err := k.names()
	if err != nil {
		return err
	}
	p := view.Phone{Title: k.T("nav.inbox"), More: max(0, total-len(rows)), Empty: ui.Empty{Icon: "circle-check", Title: k.T("task.none"), Text: k.T("home.no_tasks_text")}}
	acks := map[string]string{}
	if p.Alarms, err = phoneAlarms(k, names, rows, acks); err != nil {
		return err
	}
	cards := cardMaker{k: k, names: names, platforms: map[community.ID]community.Platform{}}
	for _, mine := range []bool{true, false} {
		for _, t := range rows {
			if (t.Assignee == k.who()) != mine {
				continue
			}
			card, err := cards.phone(t)
			if err != nil {
				return err
			}
			if card.Ack = acks[card.ID]; card.Ack != "" {
				card.Claim = "" // acknowledging is taking it
			}
			p.Tasks = append(p.Tasks, card)
		}
	}
	return k.showPhone(p.Title, "/m", view.PhoneTasks(p))
}

// phone is a task's card with the addresses of the phone.
func (m cardMaker) phone(t community.TaskRow) (ui.Task, error) {
	card, err := m.card(t)
	at := "/m/tasks/" + t.ID.String()
	card.Refuse, card.HandOn = at+"/refuse", at+"/hand-on"
	if card.Done != "" {
		card.Done = at + "/done"
	}
	if card.Claim != "" {
		card.Claim = at + "/claim"
	}
	if card.Release != "" {
		card.Release = at + "/release"
	}
	return card, err
}

// initial is the first letter of a name, where no picture is known; "" for no name.
func initial(name string) string {
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return strings.ToUpper(string(r))
		}
	}
	return ""
}

// taskSteps says exactly how a person does a verb on a platform; what a platform has no steps for is done as on any.
func taskSteps(k *call, p community.Platform, v community.Verb) []string {
	verb := strings.ReplaceAll(string(v), ".", "_")
	for _, name := range []string{string(p), "any"} {
		if key := "steps." + name + "." + verb; k.Words.Has(key) {
			return strings.Split(strings.TrimSpace(k.T(key)), "\n")
		}
	}
	return nil
}

// phoneAlarms are the alarms that nobody has taken, and one's own, newest first. Those about tasks that are shown go to
// the task's card: acks gets their addresses by the task's id.
func phoneAlarms(k *call, names map[string]string, tasks []community.TaskRow, acks map[string]string) ([]view.AlarmLine, error) {
	list, _, err := k.Duty.Alarms(k.ctx(), true, "", community.Page{Limit: mostPhoneCards})
	var out []view.AlarmLine
	for _, a := range list {
		if a.State == duty.Taken && a.Holder != k.who() {
			continue
		}
		at := "/m/alarms/" + a.ID.String()
		if task, ok := strings.CutPrefix(a.Subject, "task:"); ok && slices.ContainsFunc(tasks, func(t community.TaskRow) bool { return t.ID.String() == task }) {
			if a.State == duty.Waiting {
				acks[task] = at + "/ack"
			}
			continue
		}
		line, err := alarmLine(k, a, names)
		if err != nil {
			return nil, err
		}
		if line.Ack != "" {
			line.Ack = at + "/ack"
		}
		line.HandOn = at + "/hand-on"
		if a.Kind != duty.KindTask && a.State == duty.Taken {
			line.Finish = at + "/finish"
		}
		line.Link = ""
		out = append(out, line)
	}
	return out, err
}

// phoneStep is one step of a task on the phone.
type phoneStep struct {
	said string
	do   func(k *call, id community.ID, note string) error
	was  string // the state that a repeated step finds
}

// phoneSteps are the steps of a task, by the last part of the address.
func phoneSteps() map[string]phoneStep {
	return map[string]phoneStep{
		"claim": {"task.claimed", func(k *call, id community.ID, note string) error {
			return k.Hands.TaskClaim(k.ctx(), k.who(), id, note)
		}, "claimed"},
		"done": {"task.is_done", func(k *call, id community.ID, note string) error { return k.Hands.TaskDone(k.ctx(), k.who(), id, note) }, "done"},
		"refuse": {"task.is_refused", func(k *call, id community.ID, note string) error {
			if note == "" {
				return community.Errorf(community.CodeBadInput, "a refusal needs a reason")
			}
			return k.Hands.TaskRefuse(k.ctx(), k.who(), id, note)
		}, "refused"},
		"release": {"task.is_released", func(k *call, id community.ID, note string) error {
			return k.Hands.TaskRelease(k.ctx(), k.who(), id, note)
		}, ""},
		"hand-on": {"task.handed", func(k *call, id community.ID, note string) error {
			return k.Duty.TaskHandOn(k.ctx(), k.who(), id, note)
		}, ""},
	}
}

// phoneTaskStep takes a step; saying it again after the line broke changes nothing and is no fault.
func (c *Console) phoneTaskStep(k *call) error {
	step, ok := phoneSteps()[k.R.PathValue("step")]
	if !ok {
		return community.Errorf(community.CodeNotFound, "no such step")
	}
	id, err := k.id()
	if err != nil {
		return err
	}
	err = step.do(k, id, k.form("reason"))
	if community.CodeOf(err) == community.CodeConflict {
		if t, now := k.Desk.TaskByID(k.ctx(), id); now == nil && t.State == step.was && (t.DoneBy == k.who() || t.State == "claimed" && t.Assignee == k.who()) {
			err = nil
		}
	}
	if err != nil {
		return k.refused("/m", err)
	}
	return k.ok("/m", k.T(step.said))
}

func (c *Console) phoneAlarmStep(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	said := ""
	switch k.R.PathValue("step") {
	case "ack":
		said, err = "alarm.acked", k.Duty.Ack(k.ctx(), k.who(), id)
	case "hand-on":
		said, err = "alarm.handed", k.Duty.HandOn(k.ctx(), k.who(), id, k.form("reason"))
	case "finish":
		said, err = "alarm.finished", k.Duty.Finish(k.ctx(), k.who(), id, k.form("reason"))
	default:
		return community.Errorf(community.CodeNotFound, "no such step")
	}
	if err != nil {
		return k.refused(k.back("/m"), err)
	}
	return k.ok(k.back("/m"), k.T(said))
}

// phoneReview shows decisions that wait for a person.
func (c *Console) phoneReview(k *call) error {
	rows, total, err := k.Desk.FindDecisions(k.ctx(), community.DecisionFilter{Open: true, Page: community.Page{Limit: mostPhoneCards}})
	if err != nil {
		return err
	}
	p := view.Phone{Title: k.T("nav.review"), More: max(0, total-len(rows)), Empty: ui.Empty{Icon: "circle-check", Title: k.T("review.none"), Text: k.T("review.none_text")}}
	for _, d := range rows {
		card := view.PhoneCase{ID: d.ID.String(), At: d.At, Name: d.MemberName, Group: d.GroupName, Text: shorten(d.Message.Text, 300), Did: actionsSaid(k, d), Held: held(d) != nil}
		for _, h := range d.Hits {
			card.Reasons = append(card.Reasons, k.reason(d, h))
		}
		p.Cases = append(p.Cases, card)
	}
	return k.showPhone(p.Title, "/m/review", view.PhoneReview(p))
}

func (c *Console) phoneJudge(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	if err := k.Hands.Judge(k.ctx(), k.who(), id, k.R.PathValue("kind"), k.form("reason")); err != nil {
		return k.refused("/m/review", err)
	}
	return k.ok("/m/review", k.T("phone.judged"))
}

// phoneDuty shows who is on duty, one's own next stretches, the notes and the alarms.
func (c *Console) phoneDuty(k *call) error {
	roster, err := k.Duty.Roster(k.ctx())
	if err != nil {
		return err
	}
	names, err := k.names()
	if err != nil {
		return err
	}
	p := view.Phone{Title: k.T("nav.duty")}
	p.Now, p.Next = dutyNow(roster, k.now(), names)
	for _, s := range roster.Spans(k.now(), k.now()+weekDays*24*3600*1000) {
		if s.User == k.who() {
			p.Mine = append(p.Mine, s.Date[5:]+" "+clockSpan(s, roster.Zone))
		}
	}
	var page view.Duty
	if err := dutyNotes(k, &page, names); err != nil {
		return err
	}
	if err := dutyAlarms(k, &page, names); err != nil {
		return err
	}
	p.Notes, p.Alarms = page.Notes, page.Alarms
	for i := range p.Alarms {
		p.Alarms[i].Link = ""
		if p.Alarms[i].Ack != "" {
			p.Alarms[i].Ack = "/m/alarms/" + p.Alarms[i].ID + "/ack"
		}
	}
	return k.showPhone(p.Title, "/m/duty", view.PhoneDuty(p))
}
