package console

import (
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/measure"
	"qunluo/internal/rights"
)

// groupSpans are the spans of days that a group's figures can be seen over.
var groupSpans = []int{7, 30, 90}

// groupPage shows one group: figures, talk, what can be done in it.
func (c *Console) groupPage(k *call) error {
	g, err := k.groupHere()
	if err != nil {
		return err
	}
	days := number(k.query("days"), 1, 90, 30)
	p := view.GroupPage{Head: ui.Head{Title: g.Name, Back: "/groups", Sub: k.T("group.sub", "platform", k.platform(g.Platform), "id", g.External)},
		ID: g.ID.String(), Mode: modePill(k, g), Observing: g.Mode != community.Live, Frozen: g.Frozen, Owner: k.may(rights.SetGroups)}
	if c.deps.Standbys != nil {
		p.Standby = standbyAt(g)
	}
	if c.deps.Tags != nil {
		p.Tags = "/groups/" + g.ID.String() + "/tags"
	}
	if c.deps.Overlaps != nil && !g.Desk {
		p.Overlap = overlapAt(g)
	}
	if c.deps.Shields != nil && !g.Desk {
		list, err := k.shields().Of(k.ctx(), g.Key)
		if err != nil {
			return err
		}
		p.Shield, p.Shielded = "/groups/"+g.ID.String()+"/shield", len(list) > 0 && list[0].On
	}
	p.Span = ui.Range{Label: k.T("group.span")}
	for _, n := range groupSpans {
		p.Span.Options = append(p.Span.Options, ui.Tab{Text: k.T("group.days", "count", n), Link: k.here("days", strconv.Itoa(n)), Here: n == days})
	}
	for _, fill := range []func(*call, *view.GroupPage, community.GroupRow, int) error{groupFigures, groupCap, groupTalk, groupAsks, groupHands, groupChannel, groupGoal} {
		if err := fill(k, &p, g, days); err != nil {
			return err
		}
	}
	return k.show(g.Name, view.Group(p), withCharts, inZone(g))
}

func groupFigures(k *call, p *view.GroupPage, g community.GroupRow, days int) error {
	rows, err := k.Figures.Days(k.ctx(), g.Key, "", days)
	if err != nil {
		return err
	}
	heat, err := k.Figures.Heat(k.ctx(), g.Key, "", days)
	if err != nil {
		return err
	}
	today, err := k.Figures.Today(k.ctx(), g.Key)
	if err != nil {
		return err
	}
	a, err := k.Figures.Activity(k.ctx(), g.Key, "", today, today) // its windows are the 30 days that end today
	if err != nil {
		return err
	}
	of := "/activity?g=" + g.ID.String()
	members := "/members?g=" + g.ID.String()
	p.Stats = []ui.Number{
		{Label: k.T("group.members"), Value: k.Words.Number(g.Members), Unit: k.T("unit.people"), Note: k.T("group.members_note"), Link: members},
		{Label: k.T("group.messages"), Value: k.Words.Number(sum(rows, Day.messages)), Unit: k.T("unit.messages"), Note: k.T("group.in_days", "count", days), Link: "/messages?g=" + g.ID.String()},
		activeNow(k, a, of),
		rested(k, k.T("group.rate"), a.SpeakingRate, "rate", of),
		rested(k, k.T("group.never"), a.NeverSpoke, "never", members+"&never=1"),
		{Label: k.T("home.joins"), Value: k.Words.Number(sum(rows, Day.joins)), Unit: k.T("unit.people"), Note: k.T("group.left_days", "count", days, "left", k.Words.Number(sum(rows, Day.leaves)))},
	}
	p.Trend = trend(k, "trend", rows)
	p.Trend.Title = k.T("group.trend", "count", days)
	p.Heat = heatMap(k, "heat", heat)
	p.Heat.Title = k.T("group.heat", "count", days)
	return groupTalkers(k, p, g, days)
}

// activeNow is today's, this week's and this month's speakers; a window of which too little is known has none.
func activeNow(k *call, a measure.Activity, link string) ui.Number {
	end := a.Daily[len(a.Daily)-1]
	word := func(n int64, known bool) string {
		if !known {
			return "–"
		}
		return k.Words.Number(n)
	}
	return ui.Number{Label: k.T("group.active"), Value: word(end.DAU, end.Covered > 0) + " / " + word(end.WAU, end.Week.Enough()) + " / " + word(end.MAU, end.Month.Enough()),
		Note: k.T("group.active_note") + " · " + k.covered(end.Month, a.Groups), Link: link}
}

// rested is a figure of activity with what it rests on: counts, population, coverage or why it is withheld.
func rested(k *call, label string, f measure.Figure, name, link string) ui.Number {
	m := k.metric(f, percent, k.T("activity."+name+"_counts", "num", k.amount(f.Num), "den", k.amount(f.Den)), k.T("activity.population_"+f.Population), 1)
	n := ui.Number{Label: label, Value: m.Lead, Link: link}
	parts := m.Facts
	if f.Population == measure.Present { // it is about now, not about days
		parts = parts[:len(parts)-1]
	}
	if m.Quiet { // a small number stands large, the sentence below it
		n.Value, m.Counts = k.amount(f.Num)+" / "+k.amount(f.Den), m.Lead
	}
	if m.Counts != "" {
		parts = append([]string{m.Counts}, parts...)
	}
	n.Note = strings.Join(parts, " · ")
	return n
}

func groupTalkers(k *call, p *view.GroupPage, g community.GroupRow, days int) error {
	if !k.may(rights.SeePeople) {
		p.Talkers = k.unnamed(k.T("group.talkers"))
		return nil
	}
	rows, err := k.Figures.Talkers(k.ctx(), g.Key, days, 10)
	if err != nil {
		return err
	}
	p.Talkers = ui.Table{Label: k.T("group.talkers"), Columns: []ui.Column{{Title: k.T("member.name")}, {Title: k.T("home.messages"), Num: true}, {Title: k.T("group.talk_days"), Num: true}},
		Empty: ui.Empty{Icon: "message", Title: k.T("home.quiet"), Text: k.T("group.quiet_text")}}
	for _, t := range rows {
		p.Talkers.Rows = append(p.Talkers.Rows, ui.Row{Link: "/members/" + t.MemberID.String(), Cells: []templ.Component{ui.Name(t.Name), ui.Figure(t.Messages), ui.Figure(int64(t.Days))}})
	}
	return nil
}

func groupTalk(k *call, p *view.GroupPage, g community.GroupRow, _ int) error {
	if !k.may(rights.SeeTexts) {
		return nil
	}
	rows, _, err := k.Desk.FindMessages(k.ctx(), community.MessageFilter{Group: g.Key, Limit: 9, Bare: true})
	if err != nil {
		return err
	}
	for i := len(rows) - 1; i >= 0; i-- {
		l := k.line(rows[i], nil, false)
		p.Talk = append(p.Talk, l)
	}
	p.Quiet = ui.Empty{Icon: "message", Title: k.T("home.quiet"), Text: k.T("group.quiet_text")}
	return nil
}

// groupAsks puts the questions behind the buttons together.
func groupAsks(k *call, p *view.GroupPage, g community.GroupRow, _ int) error {
	at := "/groups/" + g.ID.String()
	p.ModeAsk = ui.Confirm{ID: "mode", Object: g.Name, Action: at + "/mode", Reason: k.T("form.reason"), Need: true}
	if g.Mode == community.Live {
		p.ModeAsk.Title, p.ModeAsk.Effect, p.ModeAsk.Button = k.T("mode.to_observe"), k.T("mode.to_observe_effect"), k.T("mode.to_observe")
		p.ModeAsk.Fields = []ui.Option{{Value: "mode", Text: string(community.Observe)}}
	} else {
		p.ModeAsk.Title, p.ModeAsk.Effect, p.ModeAsk.Button = k.T("mode.to_live"), k.T("mode.to_live_effect", "book", bookWord(k, g.Book)), k.T("mode.to_live")
		p.ModeAsk.Fields, p.ModeAsk.Danger = []ui.Option{{Value: "mode", Text: string(community.Live)}}, true
	}
	p.FreezeAsk = ui.Confirm{ID: "freeze-group", Object: g.Name, Action: at + "/freeze", Reason: k.T("form.reason"), Need: true}
	if g.Frozen {
		p.FreezeAsk.Title, p.FreezeAsk.Effect, p.FreezeAsk.Button = k.T("group.thaw"), k.T("group.thaw_effect"), k.T("group.thaw")
		p.FreezeAsk.Fields = []ui.Option{{Value: "on", Text: "0"}}
	} else {
		p.FreezeAsk.Title, p.FreezeAsk.Effect, p.FreezeAsk.Button = k.T("group.freeze"), k.T("group.freeze_effect"), k.T("group.freeze")
		p.FreezeAsk.Fields = []ui.Option{{Value: "on", Text: "1"}}
	}
	choice, err := k.groupChoice(k.T("group.no_parent"), community.GroupRow{})
	if err != nil {
		return err
	}
	parent := ""
	if g.Parent != 0 {
		up, err := k.groupsOf([]community.GroupKey{g.Parent})
		if err != nil {
			return err
		}
		if row, ok := up[g.Parent]; ok {
			parent = row.ID.String()
		}
	}
	keepers, err := k.keeperChoice()
	if err != nil {
		return err
	}
	p.SettingsAsk = ui.Confirm{ID: "settings", Title: k.T("group.settings"), Object: g.Name, Effect: k.T("group.settings_effect"), Action: at + "/settings", Button: k.T("group.save"), Reason: k.T("form.reason"),
		Inputs: []ui.Input{
			{Kind: "text", Name: "tags", Label: k.T("group.tags"), Value: strings.Join(g.Tags, " "), Help: k.T("group.tags_help")},
			{Kind: "text", Name: "zone", Label: k.T("group.zone"), Value: g.Zone, Help: k.T("group.zone_help"), Required: true},
			{Kind: "select", Name: "keeper", Label: k.T("channel.keeper"), Value: g.Keeper, Options: keepers},
			{Kind: "select", Name: "parent", Label: k.T("group.parent"), Value: parent, Options: without(choice, g.ID.String())},
		}}
	return nil
}

func without(options []ui.Option, value string) []ui.Option {
	var out []ui.Option
	for _, o := range options {
		if o.Value != value {
			out = append(out, o)
		}
	}
	return out
}

func bookWord(k *call, version int) string {
	if version == 0 {
		return k.T("rule.no_book")
	}
	return k.T("rule.version", "v", version)
}

// groupHands says what can be done in the group, and by which means.
func groupHands(k *call, p *view.GroupPage, g community.GroupRow, _ int) error {
	up, all := k.online(g)
	p.Facts = []ui.Option{
		{Value: k.T("group.connections"), Text: k.T("group.online", "up", up, "all", all)},
		{Value: k.T("group.book"), Text: bookWord(k, g.Book)},
		{Value: k.T("group.zone"), Text: g.Zone},
		{Value: k.T("group.tags"), Text: strings.Join(g.Tags, "、")},
		{Value: k.T("group.parent"), Text: g.ParentName},
		{Value: k.T("group.since"), Text: moment(g.Created, g)},
	}
	for i := range p.Facts {
		if p.Facts[i].Text == "" {
			p.Facts[i].Text = "–"
		}
	}
	for _, v := range community.Verbs {
		p.Abilities = append(p.Abilities, k.abilityMark(v, k.ability(g, v)))
	}
	p.Rules, p.Members, p.Review = "/rules/"+g.ID.String(), "/members?g="+g.ID.String(), "/review?g="+g.ID.String()
	p.SendNote = k.T("act.level_" + string(k.ability(g, community.Send).Level))
	p.Action = "/groups/" + g.ID.String()
	return nil
}

// groupMode switches between observing and acting.
func (c *Console) groupMode(k *call) error {
	g, err := k.groupHere()
	if err != nil {
		return err
	}
	to, mode, reason := "/groups/"+g.ID.String(), community.Mode(k.form("mode")), k.form("reason")
	if reason == "" {
		return k.done(to, "danger", k.T("act.need_reason"), community.ID{})
	}
	if mode != community.Live && mode != community.Observe {
		return community.Errorf(community.CodeBadInput, "mode %q", mode)
	}
	if err := k.Hands.SetMode(k.ctx(), k.who(), g.Key, mode, reason); err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("mode.is_"+string(mode), "group", g.Name))
}

// groupFreeze holds or frees the automatic actions of one group.
func (c *Console) groupFreeze(k *call) error {
	g, err := k.groupHere()
	if err != nil {
		return err
	}
	to, on, reason := "/groups/"+g.ID.String(), k.form("on") == "1", k.form("reason")
	if reason == "" {
		return k.done(to, "danger", k.T("act.need_reason"), community.ID{})
	}
	if err := k.Hands.Freeze(k.ctx(), k.who(), g.Key, on, reason); err != nil {
		return k.refused(to, err)
	}
	if on {
		return k.done(to, "warning", k.T("group.frozen", "group", g.Name), community.ID{})
	}
	return k.ok(to, k.T("group.thawed", "group", g.Name))
}

// groupSettings changes tags, zone and parent.
func (c *Console) groupSettings(k *call) error {
	g, err := k.groupHere()
	if err != nil {
		return err
	}
	to := "/groups/" + g.ID.String()
	if !goodZone(k.form("zone")) {
		return k.done(to, "danger", k.T("group.bad_zone", "zone", k.form("zone")), community.ID{})
	}
	parent, err := k.groupNamed(k.form("parent"))
	if err != nil {
		return err
	}
	if parent.Key == g.Key || parent.Parent == g.Key {
		return k.done(to, "danger", k.T("group.bad_parent"), community.ID{})
	}
	next := g.Group
	next.Tags, next.Zone, next.Parent, next.Keeper = tagsOf(k.form("tags")), k.form("zone"), parent.Key, k.form("keeper")
	if err := k.Hands.SetGroup(k.ctx(), k.who(), next, k.form("reason")); err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("group.saved", "group", g.Name))
}

// goodZone reports whether days can be cut in a zone.
func goodZone(name string) bool {
	_, err := time.LoadLocation(name)
	return err == nil && name != "" && name != "Local"
}

// maxSend bounds a message sent by hand, in characters.
const maxSend = 2000

// groupSend says something in the group by a person's hand.
func (c *Console) groupSend(k *call) error {
	g, err := k.groupHere()
	if err != nil {
		return err
	}
	to, text := "/groups/"+g.ID.String(), k.typed("text")
	if text == "" || len([]rune(text)) > maxSend {
		return k.done(to, "danger", k.T("group.bad_text", "most", maxSend), community.ID{})
	}
	ids, err := k.Hands.Act(k.ctx(), k.who(), []community.Action{{Verb: community.Send, Group: g.Key, Text: text}}, k.T("group.by_hand"))
	if err != nil {
		return k.refused(to, err)
	}
	return k.done(to, "ok", k.T("group.sent_"+string(k.ability(g, community.Send).Level), "group", g.Name), first(ids))
}

func first(ids []community.ID) community.ID {
	if len(ids) == 0 {
		return community.ID{}
	}
	return ids[0]
}
