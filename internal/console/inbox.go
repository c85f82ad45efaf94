package console

import (
	"net/url"
	"strings"

	"qunluo/internal/bulk"
	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/i18n"
	"qunluo/internal/rights"
)

var inboxRoutes = []route{
	{pattern: "GET /inbox", may: rights.Work, serve: (*Console).inbox},
	{pattern: "POST /inbox/{id}/claim", may: rights.Work, serve: taskStep("task.claimed", func(k *call, id community.ID, note string) error {
		return k.Hands.TaskClaim(k.ctx(), k.who(), id, note)
	})},
	{pattern: "POST /inbox/{id}/done", may: rights.Work, serve: taskStep("task.is_done", func(k *call, id community.ID, note string) error {
		return k.Hands.TaskDone(k.ctx(), k.who(), id, note)
	})},
	{pattern: "POST /inbox/{id}/release", may: rights.Work, serve: taskStep("task.is_released", func(k *call, id community.ID, note string) error {
		return k.Hands.TaskRelease(k.ctx(), k.who(), id, note)
	})},
	{pattern: "POST /inbox/{id}/refuse", may: rights.Work, serve: taskStep("task.is_refused", func(k *call, id community.ID, note string) error {
		if note == "" {
			return community.Errorf(community.CodeBadInput, "a refusal needs a reason")
		}
		return k.Hands.TaskRefuse(k.ctx(), k.who(), id, note)
	})},
}

// taskStates are the tabs of the inbox; "" = open and claimed.
var taskStates = []string{"", "done", "refused", "expired"}

const inboxPage = 20

// inbox is the queue of what people must do because no connection can.
func (c *Console) inbox(k *call) error {
	page := k.page(inboxPage)
	f := community.TaskFilter{Tag: k.query("tag"), State: k.query("state"), Page: page}
	if k.query("mine") == "1" {
		f.Assignee = k.who()
	}
	rows, total, err := k.Desk.FindTasks(k.ctx(), f)
	if err != nil {
		return err
	}
	names, err := k.names()
	if err != nil {
		return err
	}
	p := view.Inbox{Head: ui.Head{Title: k.T("nav.inbox"), Sub: k.T("task.intro")}, Pager: k.pager(page, len(rows), total),
		Empty: ui.Empty{Icon: "circle-check", Title: k.T("task.none"), Text: k.T("home.no_tasks_text")}}
	cards := cardMaker{k: k, names: names, platforms: map[community.ID]community.Platform{}}
	for _, t := range rows {
		card, err := cards.card(t)
		if err != nil {
			return err
		}
		p.Tasks = append(p.Tasks, card)
	}
	if p.Tabs, err = inboxTabs(k, f); err != nil {
		return err
	}
	if p.Filters, err = inboxFilters(k); err != nil {
		return err
	}
	return k.show(p.Head.Title, view.InboxPage(p))
}

// inboxFilters offers the tags of the groups; without any there is nothing to choose.
func inboxFilters(k *call) (ui.Filters, error) {
	tags, err := k.tagFilter(k.T("list.any"))
	if err != nil || len(tags.Options) < 2 {
		return ui.Filters{}, err
	}
	out := ui.Filters{Action: "/inbox", Fields: []ui.Filter{tags}}
	for _, name := range []string{"state", "mine"} {
		if v := k.query(name); v != "" {
			out.Keep = append(out.Keep, ui.Option{Value: name, Text: v})
		}
	}
	if tags.Value != "" {
		out.Clear = k.here("tag", "")
	}
	return out, nil
}

func inboxTabs(k *call, f community.TaskFilter) ([]ui.Tab, error) {
	var tabs []ui.Tab
	for _, state := range taskStates {
		tab := ui.Tab{Text: k.T("task.tab_waiting"), Link: k.here("state", state, "mine", ""), Here: f.State == state && f.Assignee == ""}
		if state != "" {
			tab.Text = k.T("task.tab_" + state)
		} else if _, n, err := k.Desk.FindTasks(k.ctx(), community.TaskFilter{Tag: f.Tag, Page: community.Page{Limit: 1}}); err != nil {
			return nil, err
		} else {
			tab.Count = n
		}
		tabs = append(tabs, tab)
		if state == "" {
			tabs = append(tabs, ui.Tab{Text: k.T("task.tab_mine"), Link: k.here("state", "", "mine", "1"), Here: f.Assignee != ""})
		}
	}
	if k.c.deps.Bulks != nil {
		_, n, err := k.bulks().List(k.ctx(), bulk.Waiting, community.Page{Limit: 1})
		if err != nil {
			return nil, err
		}
		tabs = append(tabs, ui.Tab{Text: k.T("bulk.title"), Link: "/bulk", Count: n})
	}
	return tabs, nil
}

// cardMaker makes the cards of tasks, for the inbox and for the phone alike.
type cardMaker struct {
	k         *call
	names     map[string]string
	platforms map[community.ID]community.Platform // of groups met before
}

// card says what, why, how it is done on the platform, with which words, until when, and by whom.
func (m cardMaker) card(t community.TaskRow) (ui.Task, error) {
	card := taskCard(m.k, t, m.names)
	platform, known := m.platforms[t.GroupID]
	if !known {
		g, err := m.k.Desk.GroupByID(m.k.ctx(), t.GroupID)
		if err != nil && community.CodeOf(err) != community.CodeNotFound {
			return card, err
		}
		platform = g.Platform
		m.platforms[t.GroupID] = platform
	}
	if card.Closed == "" && t.Why != community.WhyExclusive {
		card.Steps = taskSteps(m.k, platform, t.Verb)
		if confirm := taskSteps(m.k, platform, t.Verb+".confirm"); t.Why == "to_confirm" && confirm != nil {
			card.Steps = confirm // the platform has the task already: nothing is pasted
		}
	}
	if key := "platform." + string(platform); m.k.Words.Has(key) {
		card.Platform = m.k.T(key)
	}
	card.Initial = initial(t.TargetName)
	return card, nil
}

func taskCard(k *call, t community.TaskRow, names map[string]string) ui.Task {
	id := t.ID.String()
	card := ui.Task{ID: id, What: taskWhat(k, t), Why: taskWhy(k, t.Why), Group: t.GroupName, Text: t.Text, TextLabel: k.T("task.text." + textKind(t.Verb)),
		Asked: t.Evidence, Created: t.Created, Due: t.Due, Left: timeLeft(k, t.Due), Share: timeUsed(t.Created, t.Due, k.now()), State: t.State,
		Holder: names[t.Assignee], Mine: t.Assignee == k.who()}
	if t.Target != 0 {
		card.Target = t.TargetName
		if t.TargetRef != "" && t.TargetRef != t.TargetName {
			card.Target += " (" + t.TargetRef + ")"
		}
	}
	if t.Note == string(community.ImportUndone) && t.DoneAt == 0 {
		card.Why = strings.TrimSpace(card.Why + " " + k.T("task.reopened"))
	}
	if t.Rule != "" {
		card.Reason = &ui.Reason{Rule: t.Rule}
	}
	taskPlaces(k, &card, t)
	switch {
	case t.Message.Erased:
		card.Evidence = []ui.Part{{Text: k.T("word.erased")}}
	case t.Message.Text != "":
		card.Evidence = []ui.Part{{Text: shorten(t.Message.Text, 300)}}
	}
	if t.State != "open" && t.State != "claimed" {
		card.Closed = k.T("task.closed_"+closedKind(t.State), "who", named(names[t.DoneBy], k.T("task.nobody")), "note", ui.Visible(t.Note), "at", i18n.Time(t.DoneAt, nil))
		return card
	}
	card.Done, card.Refuse = "/inbox/"+id+"/done", "/inbox/"+id+"/refuse"
	if t.Action.Hold != "" || t.Why == community.WhyExclusive {
		card.Release = "/inbox/" + id + "/release"
	}
	if t.Why == community.WhyExclusive { // not to be done by hand, either
		card.Done, card.Files, card.TextLabel = "", nil, k.T("task.text.exclusive")
	}
	if !card.Mine {
		card.Claim = "/inbox/" + id + "/claim"
	}
	if k.Duty != nil && (card.Mine || card.Holder == "") {
		card.HandOn = "/inbox/" + id + "/hand-on"
	}
	return card
}

// taskPlaces fills in every group that a request to a person is about, and the files that go with its text.
func taskPlaces(k *call, card *ui.Task, t community.TaskRow) {
	for _, g := range t.Groups {
		place := ui.TaskPlace{Name: g.Name}
		if g.State != "" {
			place.Note = k.T("task.there_" + g.State)
		}
		card.Groups = append(card.Groups, place)
	}
	if t.Hidden > 0 {
		card.Hidden = k.T("task.groups_hidden", "num", t.Hidden)
	}
	for _, seg := range t.Action.Segments {
		id, ok := strings.CutPrefix(seg.Ref, community.UploadScheme)
		if !ok {
			continue
		}
		card.Files = append(card.Files, ui.TaskFile{Name: seg.Text, Note: k.T("media.kind." + seg.Kind), Link: "/files/" + id, Image: seg.Kind == "image" || seg.Kind == "app"})
	}
}

func closedKind(state string) string {
	if state == "done" || state == "refused" {
		return state
	}
	return "expired"
}

func textKind(v community.Verb) string {
	if v == community.Announce {
		return "announce"
	}
	if v == community.Send {
		return "send"
	}
	return "plain"
}

// taskWhy says why a person is asked.
func taskWhy(k *call, code string) string {
	if key := "why." + code; k.Words.Has(key) {
		return k.T(key)
	}
	return code
}

// timeUsed is how much of the time until a deadline is gone, in percent; 0 without one.
func timeUsed(from, due, now int64) int {
	if due <= from || due == 0 {
		return 0
	}
	return int(max(0, min(100, (now-from)*100/(due-from))))
}

// shorten cuts a text at a rune after at most n runes.
func shorten(s string, n int) string {
	at := 0
	for i := range s {
		if at == n {
			return s[:i] + "…"
		}
		at++
	}
	return s
}

// names gives the names of people by the id that audit rows, tasks and decisions hold; "cli" and "system" are said.
func (k *call) names() (map[string]string, error) {
	users, err := k.c.deps.People.Users(k.ctx(), k.User.Org)
	if err != nil {
		return nil, err
	}
	names := map[string]string{"cli": k.T("who.cli"), "system": k.T("who.system")}
	for _, u := range users {
		names[u.ID.String()] = named(u.Name, u.Login)
	}
	return names, nil
}

// taskStep makes the handler of one step of a task; it comes back to the list as it was.
func taskStep(said string, do func(k *call, id community.ID, note string) error) func(*Console, *call) error {
	return func(_ *Console, k *call) error {
		id, err := k.id()
		if err != nil {
			return err
		}
		to := "/inbox"
		if ref, err := url.Parse(k.R.Referer()); err == nil && ref.Path == "/inbox" && ref.RawQuery != "" {
			to += "?" + ref.RawQuery
		}
		if err := do(k, id, k.form("reason")); err != nil {
			return k.refused(to, err)
		}
		return k.ok(to, k.T(said))
	}
}
