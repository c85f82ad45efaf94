package console

import (
	"time"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/tier"
)

// reachPage lists the messages to lurkers of a group.
func (c *Console) reachPage(k *call) error {
	g, err := k.tierGroup(k.query("g"))
	if err != nil {
		return err
	}
	list, err := k.tiers().Reaches(k.ctx(), g.Key)
	if err != nil {
		return err
	}
	p := view.Insight{Head: ui.Head{Title: k.T("reach.title"), Sub: g.Name, Back: "/tiers?g=" + g.ID.String()}, Notes: []string{k.T("reach.note_how"), k.T("reach.note_stop")}}
	t := ui.Table{Label: k.T("reach.title"), Columns: []ui.Column{{Title: k.T("reach.text")}, {Title: k.T("reach.state")}, {Title: k.T("reach.when")}, {Title: k.T("reach.asked"), Num: true}, {Title: k.T("reach.spoke"), Num: true}, {Title: k.T("reach.declined"), Num: true}},
		Empty: ui.Empty{Icon: "message", Title: k.T("reach.none"), Text: k.T("reach.none_text")}}
	for _, r := range list {
		all := 0
		for _, n := range r.Counts {
			all += n
		}
		row := ui.Row{Link: "/tiers/reach/" + r.ID.String(), Cells: []templ.Component{ui.Text(clip(r.Text)), k.reachPill(r), ui.Two(k.timeIn(r.Starts, g), k.timeIn(r.Ends, g)), ui.Figure(int64(all)), ui.Figure(int64(r.Counts[tier.Spoke])), ui.Figure(int64(r.Counts[tier.Declined]))}}
		if r.Stopped == 0 && k.now() < r.Ends {
			ask := ui.Confirm{ID: "stop-" + r.ID.String(), Title: k.T("reach.stop"), Object: clip(r.Text), Effect: k.T("reach.stop_effect"), Action: "/tiers/reach/stop", Button: k.T("reach.stop"), Danger: true, Reason: k.T("form.reason"), Fields: []ui.Option{{Value: "g", Text: g.ID.String()}, {Value: "reach", Text: r.ID.String()}}}
			p.Asks = append(p.Asks, ask)
			row.Actions = view.ConfirmButtons([]ui.Opener{{Target: ask.ID, Text: ask.Title, Small: true}})
		}
		t.Rows = append(t.Rows, row)
	}
	p.Tables = []view.PlanTable{{Title: k.T("reach.title"), Table: t}}
	p.Asks = append(p.Asks, ui.Confirm{ID: "reach-new", Title: k.T("reach.add"), Object: g.Name, Effect: k.T("reach.add_effect"), Action: "/tiers/reach", Button: k.T("reach.add"), Fields: []ui.Option{{Value: "g", Text: g.ID.String()}},
		Inputs: []ui.Input{{Kind: "area", Name: "text", Label: k.T("reach.text"), Required: true, Rows: 4, Max: 1000}, {Kind: "number", Name: "wait", Label: k.T("reach.wait"), Value: "0", Required: true}, {Kind: "number", Name: "days", Label: k.T("reach.days"), Value: "14", Required: true},
			{Kind: "number", Name: "gap", Label: k.T("reach.gap"), Value: "30", Required: true}, {Kind: "number", Name: "per_day", Label: k.T("reach.per_day"), Value: "20", Required: true}}})
	p.Openers = []ui.Opener{{Target: "reach-new", Text: k.T("reach.add"), Icon: "plus"}}
	return k.show(p.Head.Title, view.InsightPage(p), inZone(g))
}

// timeIn writes a time in the group's zone.
func (k *call) timeIn(ms int64, g community.GroupRow) string {
	zone, err := time.LoadLocation(g.Zone)
	if err != nil {
		zone = time.UTC
	}
	return time.UnixMilli(ms).In(zone).Format("2006-01-02 15:04")
}

func (k *call) reachPill(r tier.Reach) templ.Component {
	switch now := k.now(); {
	case r.Stopped != 0:
		return ui.Pill("", "", k.T("reach.is_stopped"))
	case now >= r.Ends:
		return ui.Pill("", "", k.T("reach.is_over"))
	case now < r.Starts:
		return ui.Pill("info", "clock", k.T("reach.waits"))
	}
	return ui.Pill("good", "", k.T("reach.runs"))
}

func reachHome(g community.GroupRow) string { return "/tiers/reach?g=" + g.ID.String() }

// reachAdd plans a message to lurkers.
func (c *Console) reachAdd(k *call) error {
	g, err := k.tierGroup(k.form("g"))
	if err != nil {
		return err
	}
	const dayMS = 24 * 3600e3
	n := func(name string) int { return number(k.form(name), 0, 9999, -1) }
	starts := k.now() + int64(n("wait"))*dayMS
	if n("wait") < 0 || n("days") < 0 {
		return k.done(reachHome(g), "danger", k.T("reach.bad"), community.ID{})
	}
	r, err := k.tiers().AddReach(k.ctx(), k.who(), tier.Reach{Group: g.Key, Text: k.typed("text"), Starts: starts, Ends: starts + int64(n("days"))*dayMS, Gap: n("gap"), PerDay: n("per_day")})
	if community.CodeOf(err) == community.CodeBadInput {
		return k.done(reachHome(g), "danger", k.T("reach.bad"), community.ID{})
	}
	if err != nil {
		return k.refused(reachHome(g), err)
	}
	return k.ok("/tiers/reach/"+r.ID.String(), k.T("reach.added"))
}

// reachStop ends a reach.
func (c *Console) reachStop(k *call) error {
	g, err := k.tierGroup(k.form("g"))
	if err != nil {
		return err
	}
	id, err := community.ParseID(k.form("reach"))
	if err != nil {
		return community.Errorf(community.CodeBadInput, "reach: %w", err)
	}
	if err := k.tiers().StopReach(k.ctx(), k.who(), id, k.form("reason")); err != nil {
		return k.refused(reachHome(g), err)
	}
	return k.ok(reachHome(g), k.T("reach.stopped"))
}

// reachShow lists whom a reach addressed and who may still be, and lets people note who wants no more of it.
func (c *Console) reachShow(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	r, souls, err := k.tiers().Souls(k.ctx(), id)
	if err != nil {
		return err
	}
	groups, err := k.groupsOf([]community.GroupKey{r.Group})
	if err != nil {
		return err
	}
	g := groups[r.Group]
	p := view.Insight{Head: ui.Head{Title: k.T("reach.title"), Sub: g.Name, Back: reachHome(g)}, Notes: []string{k.T("reach.note_caps", "gap", r.Gap, "day", r.PerDay, "from", k.timeIn(r.Starts, g), "to", k.timeIn(r.Ends, g)), k.T("reach.note_how"), k.T("reach.note_stop")}}
	t := ui.Table{Label: k.T("reach.members"), Columns: []ui.Column{{Title: k.T("member.name")}, {Title: k.T("reach.state")}, {Title: k.T("reach.asked_at")}}, Empty: ui.Empty{Icon: "users", Title: k.T("reach.nobody"), Text: k.T("reach.nobody_text")}}
	page := k.page(listLimit)
	first := min(page.Offset, len(souls))
	shown := souls[first:min(first+page.Limit, len(souls))]
	for _, s := range shown {
		state, asked := "open", templ.Component(view.Quiet("–"))
		switch {
		case s.Mine:
			state, asked = s.State, ui.Moment(s.Asked)
		case s.Declined:
			state = tier.Declined
		case s.LastAsk > k.now()-int64(r.Gap)*24*3600e3:
			state = "gap"
		}
		row := ui.Row{Link: "/members/" + s.MemberID.String(), Cells: []templ.Component{ui.Name(named(s.Called, "–")), ui.Text(k.T("reach.state_" + state)), asked}}
		if !s.Declined {
			ask := ui.Confirm{ID: "decline-" + s.MemberID.String(), Title: k.T("reach.decline"), Object: named(s.Called, "–"), Effect: k.T("reach.decline_effect"), Action: "/tiers/reach/decline", Button: k.T("reach.decline"), Reason: k.T("form.reason"),
				Fields: []ui.Option{{Value: "g", Text: g.ID.String()}, {Value: "member", Text: s.MemberID.String()}, {Value: "reach", Text: r.ID.String()}}}
			p.Asks = append(p.Asks, ask)
			row.Actions = view.ConfirmButtons([]ui.Opener{{Target: ask.ID, Text: ask.Title, Small: true}})
		}
		t.Rows = append(t.Rows, row)
	}
	t.Pager = k.pager(page, len(shown), len(souls))
	p.Tables = []view.PlanTable{{Title: k.T("reach.members"), Note: ui.Visible(r.Text), Table: t}}
	return k.show(p.Head.Title, view.InsightPage(p), inZone(g))
}

// reachDecline notes that a member wants no more of it.
func (c *Console) reachDecline(k *call) error {
	g, err := k.tierGroup(k.form("g"))
	if err != nil {
		return err
	}
	member, err := community.ParseID(k.form("member"))
	if err != nil {
		return community.Errorf(community.CodeBadInput, "member: %w", err)
	}
	back := reachHome(g)
	if id, err := community.ParseID(k.form("reach")); err == nil {
		back = "/tiers/reach/" + id.String()
	}
	if err := k.tiers().Decline(k.ctx(), k.who(), g.Key, member, k.form("reason")); err != nil {
		return k.refused(back, err)
	}
	return k.ok(back, k.T("reach.noted"))
}
