package console

import (
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/duty"
	"qunluo/internal/rights"
)

var lockRoutes = []route{
	{pattern: "GET /duty/lockdown", may: rights.Freeze, serve: (*Console).lockAsk},
	{pattern: "POST /duty/lockdown", may: rights.Freeze, serve: (*Console).lockOn},
	{pattern: "POST /duty/lockdown/{id}/off", may: rights.Freeze, serve: (*Console).lockOff},
}

// lockHours are how long a lockdown may be set for; 0 = until somebody ends it.
var lockHours = []int{1, 2, 6, 12, 24, 0}

// lockOrder reads which groups are meant and for how long.
func lockOrder(k *call, value func(string) string, groups []string) (duty.LockOrder, error) {
	o := duty.LockOrder{Tag: value("tag"), All: value("all") == "1", Text: value("text"), Reason: value("reason")}
	if o.Tag != "" {
		o.All = false
	}
	for _, text := range groups {
		id, err := community.ParseID(text)
		if err != nil {
			return o, community.Errorf(community.CodeBadInput, "group: %w", err)
		}
		g, err := k.Desk.GroupByID(k.ctx(), id)
		if err != nil {
			return o, err
		}
		o.Groups = append(o.Groups, g.Key)
	}
	if hours, err := strconv.Atoi(value("hours")); err == nil && hours > 0 {
		o.Until = k.now() + int64(hours)*3600*1000
	}
	return o, nil
}

// dutyLock fills the section of the page: what is locked down, and the form for more.
func dutyLock(k *call, p *view.Duty, names map[string]string) error {
	list, err := k.Duty.Lockdowns(k.ctx())
	if err != nil {
		return err
	}
	for _, l := range list {
		p.Locks = append(p.Locks, lockLine(k, l, names))
	}
	tags, err := k.Desk.Tags(k.ctx())
	if err != nil {
		return err
	}
	sets := []ui.Option{{Value: "", Text: k.T("lock.all")}}
	for _, t := range tags {
		sets = append(sets, ui.Option{Value: t, Text: k.T("lock.tag", "tag", t)})
	}
	p.Lock = []ui.Input{{Of: "lock", Kind: "select", Name: "tag", Label: k.T("lock.which"), Options: sets},
		{Of: "lock", Kind: "select", Name: "hours", Label: k.T("lock.hours"), Options: hourOptions(k), Value: "2"}}
	return nil
}

func hourOptions(k *call) []ui.Option {
	var out []ui.Option
	for _, h := range lockHours {
		text := k.T("lock.open_end")
		if h > 0 {
			text = k.Words.Seconds(int64(h) * 3600)
		}
		out = append(out, ui.Option{Value: strconv.Itoa(h), Text: text})
	}
	return out
}

func lockLine(k *call, l duty.Lockdown, names map[string]string) view.LockLine {
	line := view.LockLine{ID: l.ID.String(), At: l.Began, Until: l.Until, State: k.T("lock.state." + l.State), On: l.State != duty.LockOver,
		Who: nameOf(names, l.User), Reason: l.Reason, Ended: l.Ended}
	counts := map[string]int{}
	for _, g := range l.Groups {
		counts[lockedState(g)]++
	}
	var said []string
	for _, state := range []string{"muted", "task", "way", "failed", "before", "open"} {
		if counts[state] > 0 {
			said = append(said, k.T("lock.count."+state, "n", counts[state]))
		}
	}
	line.Groups = k.T("lock.groups", "n", len(l.Groups), "people", k.Words.Number(l.People)) + " " + strings.Join(said, " · ")
	if l.State == duty.LockOn {
		line.Off = "/duty/lockdown/" + line.ID + "/off"
	}
	return line
}

// lockedState is how one group of a lockdown stands, in a word of the catalogue.
func lockedState(g duty.LockedGroup) string {
	switch {
	case !g.On:
		return "open"
	case g.Before:
		return "before"
	case g.State == community.Acked || g.State == community.Confirmed:
		return "muted"
	case g.State == community.HumanTask:
		return "task"
	case g.State == community.Failed || g.State == community.Cancelled:
		return "failed"
	}
	return "way"
}

// lockAsk says what a lockdown would do, before it does it.
func (c *Console) lockAsk(k *call) error {
	o, err := lockOrder(k, k.query, k.R.URL.Query()["g"])
	if err != nil {
		return k.refused("/duty", err)
	}
	o.All = o.All || o.Tag == "" && len(o.Groups) == 0
	rows, people, err := k.Duty.LockScope(k.ctx(), o)
	if err != nil {
		return k.refused("/duty", err)
	}
	byHand := 0
	for _, g := range rows {
		if !mutesAll(k, g) {
			byHand++
		}
	}
	p := view.LockAsk{Head: ui.Head{Title: k.T("lock.title"), Back: "/duty"}, Groups: len(rows),
		Effect: k.T("lock.effect", "n", len(rows), "people", k.Words.Number(people)), ByHand: byHand}
	if byHand > 0 {
		p.ByHandText = k.T("lock.by_hand", "n", byHand)
	}
	for _, g := range rows {
		p.Pick = append(p.Pick, view.LockPick{ID: g.ID.String(), Name: g.Name, Members: g.Members})
	}
	p.Fields = []ui.Input{
		{Kind: "select", Name: "hours", Label: k.T("lock.hours"), Options: hourOptions(k), Value: k.query("hours"), Help: k.T("lock.hours_help")},
		{Kind: "area", Name: "text", Label: k.T("lock.text"), Help: k.T("lock.text_help"), Rows: 3},
		{Name: "reason", Label: k.T("lock.reason"), Required: true},
	}
	return k.show(p.Head.Title, view.LockAskPage(p))
}

// mutesAll says whether a connection can mute a whole group.
func mutesAll(k *call, g community.GroupRow) bool {
	for _, a := range g.Accounts {
		able, err := k.c.deps.Wires.Abilities(k.ctx(), a, g.Key)
		if err == nil && able.Level(community.MuteAll) == community.Native {
			return true
		}
	}
	return false
}

func (c *Console) lockOn(k *call) error {
	value := func(name string) string { return strings.TrimSpace(k.R.PostFormValue(name)) }
	o, err := lockOrder(k, value, k.R.PostForm["g"])
	if err != nil {
		return k.refused("/duty", err)
	}
	if o.Reason == "" {
		return k.done("/duty", "danger", k.T("lock.needs_reason"), community.ID{})
	}
	l, err := k.Duty.Lock(k.ctx(), k.who(), o)
	if err != nil {
		return k.refused("/duty", err)
	}
	k.c.sessions.Put(k.ctx(), sessFlash, Flash{Kind: "warning", Text: k.T("lock.is_on", "n", len(l.Groups)), Undo: "/duty/lockdown/" + l.ID.String() + "/off"})
	return k.redirect("/duty")
}

func (c *Console) lockOff(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	if err := k.Duty.Unlock(k.ctx(), k.who(), id, k.form("reason")); err != nil {
		return k.refused("/duty", err)
	}
	return k.ok("/duty", k.T("lock.is_off"))
}
