package console

import (
	"context"
	"slices"
	"time"

	"github.com/a-h/templ"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/duty"
	"qunluo/internal/rights"
)

// Standbys says where groups go on when their account is lost. Every change leaves its audit row.
type Standbys interface {
	// List gives the groups that have a standby; g: only that group's, 0 = all.
	List(ctx context.Context, g community.GroupKey) ([]duty.Standby, error)
	// Set says where a group goes. CodeBadInput: to itself, or nowhere.
	Set(ctx context.Context, user string, one duty.Standby, reason string) error
	Clear(ctx context.Context, user string, g community.GroupKey, reason string) error
	// Begin lets a group go on in its standby by a person's word. CodeNotFound: it has none.
	Begin(ctx context.Context, user string, g community.GroupKey, reason string) error
	// End lets a group go on where it was. CodeConflict: it does.
	End(ctx context.Context, user string, g community.GroupKey, reason string) error
	// Detours lists when groups went on elsewhere, those that are on first; g: only that group's, 0 = all.
	Detours(ctx context.Context, g community.GroupKey, p community.Page) ([]duty.Detour, int, error)
	// Roll holds a group's last member list against who is in its standby.
	Roll(ctx context.Context, one duty.Standby) (duty.Roll, error)
	// Unheard says when nobody heard what a group said, around the time between two moments (UTC ms; 0 = now).
	Unheard(ctx context.Context, g community.GroupKey, since, until int64) ([]duty.Span, error)
}

// standbyRoutes are absent where the house knows no standbys.
func (c *Console) standbyRoutes() []route {
	if c.deps.Standbys == nil {
		return nil
	}
	return []route{
		{pattern: "GET /standbys", may: rights.SeeGroups, serve: (*Console).standbyList},
		{pattern: "GET /groups/{id}/standby", may: rights.SeeGroups, serve: (*Console).standbyPage},
		{pattern: "POST /groups/{id}/standby", may: rights.SetGroups, serve: (*Console).standbySet},
		{pattern: "POST /groups/{id}/standby/clear", may: rights.SetGroups, serve: standbyStep("standby.cleared", Standbys.Clear)},
		{pattern: "POST /groups/{id}/standby/move", may: rights.Freeze, serve: standbyStep("standby.moved", Standbys.Begin)},
		{pattern: "POST /groups/{id}/standby/back", may: rights.Freeze, serve: standbyStep("standby.returned", Standbys.End)},
	}
}

func (k *call) standbys() Standbys { return k.c.deps.Standbys(k.User.Org, k.groups) }

// standbyStep makes the handler of one change; it comes back to the group's page of standbys.
func standbyStep(said string, do func(s Standbys, ctx context.Context, user string, g community.GroupKey, reason string) error) func(*Console, *call) error {
	return func(_ *Console, k *call) error {
		g, err := k.groupHere()
		if err != nil {
			return err
		}
		reason := k.form("reason")
		if reason == "" {
			return k.done(standbyAt(g), "danger", k.T("act.need_reason"), community.ID{})
		}
		return standbyDone(k, g, said, do(k.standbys(), k.ctx(), k.who(), g.Key, reason))
	}
}

func standbyAt(g community.GroupRow) string { return "/groups/" + g.ID.String() + "/standby" }

// standbyDone goes back with what was done, or with the reason why not in words.
func standbyDone(k *call, g community.GroupRow, said string, err error) error {
	if key := "standby.error_" + string(community.CodeOf(err)); err != nil && k.Words.Has(key) {
		return k.done(standbyAt(g), "danger", k.T(key), community.ID{})
	}
	if err != nil {
		return k.refused(standbyAt(g), err)
	}
	return k.ok(standbyAt(g), k.T(said))
}

func (c *Console) standbySet(k *call) error {
	g, err := k.groupHere()
	if err != nil {
		return err
	}
	to, err := k.groupNamed(k.form("to"))
	if err != nil {
		return err
	}
	invite := k.R.PostFormValue("invite")
	return standbyDone(k, g, "standby.saved", k.standbys().Set(k.ctx(), k.who(), duty.Standby{Group: g.Key, To: to.Key, Invite: invite}, k.form("reason")))
}

// standbyList shows which groups have a standby, and which go on there now.
func (c *Console) standbyList(k *call) error {
	list, err := k.standbys().List(k.ctx(), 0)
	if err != nil {
		return err
	}
	on, _, err := k.standbys().Detours(k.ctx(), 0, community.Page{Limit: 200})
	if err != nil {
		return err
	}
	away := map[community.GroupKey]bool{}
	for _, d := range on {
		away[d.Group] = away[d.Group] || d.Ended == 0
	}
	p := view.List{Head: ui.Head{Title: k.T("standby.title"), Sub: k.T("standby.sub"), Back: "/duty"}}
	p.Table = ui.Table{Label: k.T("standby.title"), Columns: []ui.Column{{Title: k.T("standby.group")}, {Title: k.T("standby.to")}, {Title: k.T("standby.invite"), Hide: true}, {Title: k.T("standby.state")}},
		Empty: ui.Empty{Icon: "users-group", Title: k.T("standby.none"), Text: k.T("standby.none_text"), Button: k.T("nav.groups"), Link: "/groups"}}
	for _, s := range list {
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/groups/" + s.GroupID.String() + "/standby", Cells: []templ.Component{ui.Name(s.GroupName), ui.Text(standbyTo(k, s)), ui.Text(short(ui.Visible(s.Invite), 40)), standbyState(k, away[s.Group])}})
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

func standbyTo(k *call, s duty.Standby) string {
	if s.To == 0 {
		return k.T("standby.no_group")
	}
	return ui.Visible(s.ToName) + " · " + k.platform(s.ToOn)
}

func standbyState(k *call, away bool) templ.Component {
	if away {
		return ui.Pill("warning", "arrow-right", k.T("standby.on"))
	}
	return ui.Pill("good", "check", k.T("standby.off"))
}

// standbyPage shows a group's standby: whether it goes on there, who arrived, which minutes are missing.
func (c *Console) standbyPage(k *call) error {
	g, err := k.groupHere()
	if err != nil {
		return err
	}
	list, err := k.standbys().List(k.ctx(), g.Key)
	if err != nil {
		return err
	}
	detours, _, err := k.standbys().Detours(k.ctx(), g.Key, community.Page{Limit: 20})
	if err != nil {
		return err
	}
	now, away := duty.Standby{Group: g.Key}, false
	if len(list) > 0 {
		now = list[0]
	}
	set := now
	if len(detours) > 0 && detours[0].Ended == 0 {
		now, away = detours[0].Standby, true
	}
	p := view.Standby{Head: ui.Head{Title: k.T("standby.open"), Sub: g.Name, Back: "/groups/" + g.ID.String()}, State: standbyState(k, away)}
	if now.To != 0 || len(list) > 0 {
		p.To, p.Invite = standbyTo(k, now), ui.Visible(set.Invite)
	}
	if err := standbyAsks(k, &p, g, set, len(list) > 0, away); err != nil {
		return err
	}
	if err := standbyCodes(k, &p, g); err != nil {
		return err
	}
	if err := standbyRoll(k, &p, now); err != nil {
		return err
	}
	if err := standbyHistory(k, &p, detours); err != nil {
		return err
	}
	return k.show(p.Head.Title, view.StandbyPage(p))
}

// standbyAsks are the questions behind the buttons.
func standbyAsks(k *call, p *view.Standby, g community.GroupRow, set duty.Standby, has, away bool) error {
	add := func(c ui.Confirm, icon string) {
		c.Object, c.Action = g.Name, standbyAt(g)+c.Action
		p.Asks = append(p.Asks, c)
		p.Buttons = append(p.Buttons, ui.Opener{Target: c.ID, Text: c.Title, Icon: icon, Danger: c.Danger})
	}
	if away {
		add(ui.Confirm{ID: "back", Title: k.T("standby.back"), Effect: k.T("standby.back_effect"), Action: "/back", Button: k.T("standby.back"), Reason: k.T("form.reason"), Need: true}, "arrow-back-up")
	} else if has {
		add(ui.Confirm{ID: "move", Title: k.T("standby.move"), Effect: k.T("standby.move_effect"), Action: "/move", Button: k.T("standby.move"), Danger: true, Reason: k.T("form.reason"), Need: true}, "arrow-right")
	}
	if !k.may(rights.SetGroups) {
		return nil
	}
	groups, err := k.groupChoice(k.T("standby.no_group"), community.GroupRow{})
	if err != nil {
		return err
	}
	to := ""
	if set.To != 0 {
		to = set.ToID.String()
	}
	add(ui.Confirm{ID: "set", Title: k.T("standby.set"), Effect: k.T("standby.set_effect"), Button: k.T("form.save"), Reason: k.T("form.reason"), Inputs: []ui.Input{
		{Kind: "select", Name: "to", Label: k.T("standby.to"), Value: to, Options: without(groups, g.ID.String())},
		{Kind: "area", Name: "invite", Label: k.T("standby.invite"), Value: set.Invite, Help: k.T("standby.invite_help"), Max: duty.MaxInvite, Rows: 3}}}, "settings")
	if has {
		add(ui.Confirm{ID: "clear", Title: k.T("standby.clear"), Effect: k.T("standby.clear_effect"), Action: "/clear", Button: k.T("standby.clear"), Reason: k.T("form.reason"), Need: true}, "x")
	}
	return nil
}

// standbyCodes lists the fixed addresses that lead to a group, and where each leads now.
func standbyCodes(k *call, p *view.Standby, g community.GroupRow) error {
	if k.Codes == nil {
		return nil
	}
	rows, _, err := k.Codes.Find(k.ctx(), admit.Filter{Group: g.Key, Page: community.Page{Limit: 200}})
	if err != nil {
		return err
	}
	p.Codes = ui.Table{Label: k.T("standby.codes"), Columns: []ui.Column{{Title: k.T("code.name")}, {Title: k.T("code.address")}, {Title: k.T("standby.leads")}},
		Empty: ui.Empty{Icon: "link", Title: k.T("standby.no_codes"), Text: k.T("standby.no_codes_text"), Button: k.T("nav.codes"), Link: "/codes"}}
	for _, r := range rows {
		leads, tone, icon := k.T("code.nothing"), "danger", "alert-triangle"
		if away, ok := r.Away(); ok {
			leads, tone, icon = awayTo(k, away), "warning", "arrow-right"
		} else if r.Now.Found {
			leads, tone, icon = ui.Visible(r.Now.Entry.GroupName), "good", "check"
		}
		p.Codes.Rows = append(p.Codes.Rows, ui.Row{Link: "/codes/" + r.ID.String(), Cells: []templ.Component{ui.Name(r.Name), ui.Text(codeAddress(k, r.Code)), ui.Pill(tone, icon, leads)}})
	}
	return nil
}

// standbyRoll shows the group's last member list against who is in the standby.
func standbyRoll(k *call, p *view.Standby, now duty.Standby) error {
	roll, err := k.standbys().Roll(k.ctx(), now)
	if err != nil {
		return err
	}
	unit := k.T("unit.people")
	p.Stats = []ui.Number{
		{Label: k.T("standby.expected"), Value: k.Words.Number(roll.Expected), Unit: unit, Note: k.T("standby.expected_note")},
		{Label: k.T("standby.here"), Value: k.Words.Number(roll.Here), Unit: unit},
		{Label: k.T("standby.by_name"), Value: k.Words.Number(roll.ByName), Unit: unit, Note: k.T("standby.by_name_note")},
		{Label: k.T("standby.new"), Value: k.Words.Number(roll.New), Unit: unit},
	}
	p.People = ui.Table{Label: k.T("standby.people"), Columns: []ui.Column{{Title: k.T("member.name")}, {Title: k.T("standby.how")}, {Title: k.T("standby.as")}},
		Empty: ui.Empty{Icon: "users", Title: k.T("standby.no_roll"), Text: k.T("standby.no_roll_text")}}
	people, tabs := roll.People, k.query("who") == "missing"
	p.Tabs = []ui.Tab{{Text: k.T("standby.everybody"), Link: k.here("who", ""), Here: !tabs}, {Text: k.T("standby.not_here"), Link: k.here("who", "missing"), Here: tabs}}
	if tabs {
		people = slices.DeleteFunc(people, func(a duty.Arrived) bool { return a.How != "" })
	}
	page := k.page(listLimit)
	shown := people[min(page.Offset, len(people)):min(page.Offset+page.Limit, len(people))]
	p.People.Pager = k.pager(page, len(shown), len(people))
	for _, one := range shown {
		as := ""
		if one.How != "" {
			as = named(one.As.Name, one.As.External)
		}
		p.People.Rows = append(p.People.Rows, ui.Row{Link: "/members/" + one.MemberID.String(), Cells: []templ.Component{ui.Two(named(one.Name, one.External), one.External), ui.Text(k.T("standby.how_" + one.How)), ui.Name(as)}})
	}
	return nil
}

// standbyHistory lists detours, and the minutes around the last one that nobody heard.
func standbyHistory(k *call, p *view.Standby, detours []duty.Detour) error {
	who, err := k.userNames()
	if err != nil {
		return err
	}
	p.History = ui.Table{Label: k.T("standby.history"), Columns: []ui.Column{{Title: k.T("standby.to")}, {Title: k.T("standby.began")}, {Title: k.T("standby.ended")}, {Title: k.T("standby.members"), Num: true}},
		Empty: ui.Empty{Icon: "history", Title: k.T("standby.no_history"), Text: k.T("standby.no_history_text")}}
	for _, d := range detours {
		ended := view.Quiet(k.T("standby.still"))
		if d.Ended != 0 {
			why := d.Why
			if k.Words.Has("standby.why_" + d.Why) {
				why = k.T("standby.why_" + d.Why)
			}
			ended = view.Stack(ui.Moment(d.Ended), ui.Visible(why))
		}
		p.History.Rows = append(p.History.Rows, ui.Row{Cells: []templ.Component{ui.Text(standbyTo(k, d.Standby)), view.Stack(ui.Moment(d.Began), who(d.BegunBy)), ended, ui.Figure(d.Members)}})
	}
	if len(detours) == 0 {
		return nil
	}
	p.Away = true
	spans, err := k.standbys().Unheard(k.ctx(), detours[0].Group, detours[0].Began, detours[0].Ended)
	for _, s := range spans {
		p.Missing = append(p.Missing, time.UnixMilli(s.From).In(zone("")).Format("01-02 15:04:05")+" – "+time.UnixMilli(s.To).In(zone("")).Format("01-02 15:04:05")+" ("+k.Words.Round((s.To-s.From)/1000)+")")
	}
	return err
}
