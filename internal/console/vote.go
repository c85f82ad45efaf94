package console

import (
	"context"
	"strconv"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/i18n"
	"qunluo/internal/points"
	"qunluo/internal/rights"
)

// Votes is what the pages of the weekly vote ask and change.
type Votes interface {
	Rules(ctx context.Context, g community.GroupKey) (points.VoteRules, error)
	SetRules(ctx context.Context, user string, g community.GroupKey, r points.VoteRules, reason string) error
	List(ctx context.Context, g community.GroupKey, page community.Page) ([]points.Ballot, int, error)
	ByID(ctx context.Context, id community.ID) (points.Ballot, []points.Candidate, error)
	Open(ctx context.Context, user string, g community.GroupKey, reason string) (points.Ballot, error)
	Add(ctx context.Context, user string, id community.ID, event int64, reason string) (points.Candidate, error)
	Stand(ctx context.Context, user string, id community.ID, no int, stands bool, reason string) error
	// End counts a vote before its time, or (count false) calls it off.
	End(ctx context.Context, user string, id community.ID, count bool, reason string) (points.Ballot, error)
	// Link is where a member votes; m 0 = the group's page.
	Link(ctx context.Context, g community.GroupKey, m community.MemberKey) (string, error)
	// Payouts lists those of a group and a vote (0 = all); state is "", open, paid or unclaimed.
	Payouts(ctx context.Context, g community.GroupKey, ballot community.ID, state string, page community.Page) ([]points.Payout, int, error)
	Payout(ctx context.Context, id community.ID) (points.Payout, error)
	Pay(ctx context.Context, user string, id community.ID, note string) (points.Payout, error)
	Unpay(ctx context.Context, user string, id community.ID, reason string) (points.Payout, error)
}

// voteRoutes are there where votes are kept.
func (c *Console) voteRoutes() []route {
	if c.deps.Votes == nil {
		return nil
	}
	return []route{
		{pattern: "GET /vote", may: rights.SeePeople, serve: (*Console).voteList},
		{pattern: "GET /vote/rules", may: rights.SeePeople, serve: (*Console).voteRules},
		{pattern: "POST /vote/rules", may: rights.Tune, serve: (*Console).voteRulesSave},
		{pattern: "POST /vote/open", may: rights.Reward, serve: (*Console).voteOpen},
		{pattern: "GET /vote/links", may: rights.SeePeople, serve: (*Console).voteLinks},
		{pattern: "GET /vote/payouts", may: rights.SeeMoney, serve: (*Console).votePayouts},
		{pattern: "GET /vote/payouts.csv", may: rights.Export, and: rights.SeeMoney, serve: (*Console).votePayoutSheet},
		{pattern: "GET /vote/payouts.json", may: rights.Export, and: rights.SeeMoney, serve: (*Console).votePayoutJSON},
		{pattern: "GET /vote/payouts/{id}", may: rights.SeeMoney, serve: (*Console).votePayout},
		{pattern: "POST /vote/payouts/{id}/pay", may: rights.Pay, serve: (*Console).votePay},
		{pattern: "POST /vote/payouts/{id}/unpay", may: rights.Pay, serve: (*Console).voteUnpay},
		{pattern: "GET /vote/{id}", may: rights.SeePeople, serve: (*Console).votePage},
		{pattern: "POST /vote/{id}/add", may: rights.Reward, serve: (*Console).voteAdd},
		{pattern: "POST /vote/{id}/remove", may: rights.Reward, serve: voteStep("vote.removed", func(k *call, id community.ID) error {
			return k.votes().Stand(k.ctx(), k.who(), id, number(k.form("no"), 1, 1000, 0), false, k.form("reason"))
		})},
		{pattern: "POST /vote/{id}/restore", may: rights.Reward, serve: voteStep("vote.restored", func(k *call, id community.ID) error {
			return k.votes().Stand(k.ctx(), k.who(), id, number(k.form("no"), 1, 1000, 0), true, k.form("reason"))
		})},
		{pattern: "POST /vote/{id}/end", may: rights.Reward, serve: voteStep("vote.counted", func(k *call, id community.ID) error {
			_, err := k.votes().End(k.ctx(), k.who(), id, true, k.form("reason"))
			return err
		})},
		{pattern: "POST /vote/{id}/cancel", may: rights.Reward, serve: voteStep("vote.called_off", func(k *call, id community.ID) error {
			_, err := k.votes().End(k.ctx(), k.who(), id, false, k.form("reason"))
			return err
		})},
	}
}

func (k *call) votes() Votes { return k.c.deps.Votes(k.User.Org, k.groups) }

func voteStep(said string, do func(k *call, id community.ID) error) func(*Console, *call) error {
	return func(_ *Console, k *call) error {
		id, err := k.id()
		if err != nil {
			return err
		}
		if err := do(k, id); err != nil {
			return k.voteRefused("/vote/"+id.String(), err)
		}
		return k.ok("/vote/"+id.String(), k.T(said))
	}
}

// voteRefused says in words of the vote why something was not done.
func (k *call) voteRefused(to string, err error) error {
	if key := "vote.no_" + string(community.CodeOf(err)); k.Words.Has(key) {
		return k.done(to, "danger", k.T(key), community.ID{})
	}
	return k.refused(to, err)
}

var voteTones = map[string][2]string{points.BallotOpen: {"info", "clock"}, points.BallotEnded: {"ok", "check"}, points.BallotCalled: {"warning", "x"}}

func (k *call) votePill(b points.Ballot) templ.Component {
	tone := voteTones[b.State]
	return ui.Pill(tone[0], tone[1], k.T("vote.is_"+b.State))
}

// voteList lists the votes of a group.
func (c *Console) voteList(k *call) error {
	g, err := k.pointGroup(k.query("g"))
	if err != nil {
		return err
	}
	p := view.PlanPage{Head: ui.Head{Title: k.T("nav.vote"), Sub: k.T("vote.sub")}}
	t := ui.Table{Label: k.T("nav.vote"), Empty: ui.Empty{Icon: "list-check", Title: k.T("vote.none"), Text: k.T("vote.none_text")}}
	if g.Key == 0 {
		p.Tables = []view.PlanTable{{Title: k.T("nav.vote"), Table: t}}
		return k.show(p.Head.Title, view.PlanShow(p))
	}
	r, err := k.votes().Rules(k.ctx(), g.Key)
	if err != nil {
		return err
	}
	p.Means = g.Name + " · " + k.T("vote.off")
	if r.On {
		p.Means = g.Name + " · " + k.T("vote.on", "day", k.T("vote.day_"+strconv.Itoa(r.Weekday)), "hour", r.Hour, "hours", r.Hours)
	}
	at := k.page(listLimit)
	list, total, err := k.votes().List(k.ctx(), g.Key, at)
	if err != nil {
		return err
	}
	q := "?g=" + g.ID.String()
	if len(list) == 0 || list[0].State != points.BallotOpen {
		p.Openers = []ui.Opener{{Target: "open", Text: k.T("vote.open_now"), Icon: "plus"}}
		p.Asks = []ui.Confirm{{ID: "open", Title: k.T("vote.open_now"), Object: g.Name, Effect: k.T("vote.open_effect"), Action: "/vote/open", Button: k.T("vote.open_now"), Reason: k.T("form.reason"), Fields: []ui.Option{{Value: "g", Text: g.ID.String()}}}}
	}
	p.Links = []ui.Option{{Value: "/vote/payouts" + q, Text: k.T("vote.payouts")}, {Value: "/vote/links" + q, Text: k.T("vote.links")}, {Value: "/vote/rules" + q, Text: k.T("vote.rules")}}
	t.Columns = []ui.Column{{Title: k.T("vote.week")}, {Title: k.T("vote.state")}, {Title: k.T("vote.stand"), Num: true}, {Title: k.T("vote.votes"), Num: true}, {Title: k.T("vote.ends")}}
	for _, b := range list {
		t.Rows = append(t.Rows, ui.Row{Link: "/vote/" + b.ID.String(), Cells: []templ.Component{ui.Text(b.Week), k.votePill(b), ui.Figure(int64(b.Stand)), ui.Figure(int64(b.Votes)), ui.Moment(b.Ends)}})
	}
	t.Pager = k.pager(at, len(list), total)
	p.Tables = []view.PlanTable{{Title: k.T("vote.weeks"), Table: t}}
	groups, err := k.groupChoice(g.Name, g)
	if err != nil {
		return err
	}
	return k.show(p.Head.Title, view.VoteList(ui.Filters{Action: "/vote", Fields: []ui.Filter{{Kind: "select", Name: "g", Label: k.T("word.group"), Value: g.ID.String(), Options: groups}}}, p))
}

// voteOpen opens a vote out of turn.
func (c *Console) voteOpen(k *call) error {
	g, err := k.groupNamed(k.form("g"))
	if err != nil {
		return err
	}
	if g.Key == 0 {
		return community.Errorf(community.CodeBadInput, "g: no group")
	}
	b, err := k.votes().Open(k.ctx(), k.who(), g.Key, k.form("reason"))
	switch {
	case community.CodeOf(err) == community.CodeConflict:
		return k.done("/vote?g="+g.ID.String(), "danger", k.T("vote.no_open"), community.ID{})
	case err != nil:
		return k.refused("/vote?g="+g.ID.String(), err)
	}
	return k.ok("/vote/"+b.ID.String(), k.T("vote.opened"))
}

// votePage shows a vote and its candidates.
func (c *Console) votePage(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	b, list, err := k.votes().ByID(k.ctx(), id)
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	q := "?g=" + b.GroupID.String()
	p := view.PlanPage{Head: ui.Head{Title: k.T("vote.title", "week", b.Week), Sub: b.GroupName, Back: "/vote" + q}, State: k.votePill(b)}
	p.Stats = []ui.Number{{Label: k.T("vote.stand"), Value: strconv.Itoa(b.Stand)}, {Label: k.T("vote.votes"), Value: strconv.Itoa(b.Votes)}}
	zone := i18n.Time(b.Ends, nil)
	p.Means = k.T("vote.means_"+b.State, "at", zone)
	if b.Why != "" {
		p.Means += " " + k.T("vote.ended_by", "who", who(b.By), "why", ui.Visible(b.Why))
	}
	if b.State == points.BallotOpen && b.Stand == 0 {
		p.Means = k.T("vote.nothing")
	}
	home := "/vote/" + id.String()
	if b.State == points.BallotOpen {
		p.Openers = []ui.Opener{{Target: "add", Text: k.T("vote.add"), Icon: "plus"}, {Target: "end", Text: k.T("vote.end"), Icon: "check"}, {Target: "cancel", Text: k.T("vote.cancel"), Icon: "x", Danger: true}}
		p.Asks = []ui.Confirm{
			{ID: "add", Title: k.T("vote.add"), Object: b.GroupName, Effect: k.T("vote.add_effect"), Action: home + "/add", Button: k.T("vote.add"), Reason: k.T("form.reason"), Inputs: []ui.Input{{Kind: "text", Name: "message", Label: k.T("vote.message"), Help: k.T("vote.message_help"), Required: true}}},
			{ID: "end", Title: k.T("vote.end"), Object: b.GroupName, Effect: k.T("vote.end_effect", "num", b.Votes), Action: home + "/end", Button: k.T("vote.end"), Reason: k.T("form.reason"), Need: true},
			{ID: "cancel", Title: k.T("vote.cancel"), Object: b.GroupName, Effect: k.T("vote.cancel_effect"), Action: home + "/cancel", Button: k.T("vote.cancel"), Reason: k.T("form.reason"), Need: true, Danger: true},
		}
	}
	p.Links = []ui.Option{{Value: "/vote/links" + q, Text: k.T("vote.links")}, {Value: "/vote/payouts" + q + "&b=" + id.String(), Text: k.T("vote.payouts")}}
	t := ui.Table{Label: k.T("vote.candidates"), Empty: ui.Empty{Icon: "message", Title: k.T("vote.nothing_title"), Text: k.T("vote.nothing")},
		Columns: []ui.Column{{Title: k.T("vote.no")}, {Title: k.T("vote.said")}, {Title: k.T("vote.score"), Num: true}, {Title: k.T("vote.votes"), Num: true}, {Title: k.T("vote.standing")}}}
	if b.State == points.BallotEnded {
		list = points.Count(list, spread(list))
	}
	for _, one := range list {
		row := ui.Row{Link: "/messages/" + b.GroupID.String() + "/" + itoa(one.Event), Cells: []templ.Component{ui.Text(strconv.Itoa(one.No)), ui.Two(orWord(one.Text, k.T("vote.no_text")), one.Name), ui.Figure(int64(one.Score)), ui.Figure(int64(one.Votes)), ui.Two(k.voteStanding(list, one), k.voteOut(one, who))}}
		if b.State == points.BallotOpen && (one.Out == "" || one.Out == points.OutRemoved) {
			verb := "remove"
			if one.Out != "" {
				verb = "restore"
			}
			ask := verb + strconv.Itoa(one.No)
			row.Actions = ui.ConfirmButton(ui.Opener{Target: ask, Text: k.T("vote." + verb), Small: true, Danger: verb == "remove"})
			p.Asks = append(p.Asks, ui.Confirm{ID: ask, Title: k.T("vote." + verb), Object: one.Name, Effect: k.T("vote." + verb + "_effect"), Action: home + "/" + verb, Button: k.T("vote." + verb), Reason: k.T("form.reason"), Need: verb == "remove", Danger: verb == "remove", Fields: []ui.Option{{Value: "no", Text: strconv.Itoa(one.No)}}})
		}
		t.Rows = append(t.Rows, row)
	}
	p.Tables = []view.PlanTable{{Title: k.T("vote.candidates"), Note: k.T("vote.candidates_note"), Table: t}}
	return k.show(p.Head.Title, view.PlanShow(p))
}

// spread gives as many votes as candidates are said to have.
func spread(list []points.Candidate) []points.Vote {
	var out []points.Vote
	for _, c := range list {
		for range c.Votes {
			out = append(out, points.Vote{No: c.No})
		}
	}
	return out
}

func orWord(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func (k *call) voteStanding(list []points.Candidate, c points.Candidate) string {
	switch {
	case c.Out != "":
		return k.T("vote.out_" + c.Out)
	case c.Place == 0:
		return k.T("vote.stands")
	}
	said := k.T("vote.place", "place", c.Place)
	if points.Tied(list, c.Place) {
		said += k.T("vote.tell_tied")
	}
	return said
}

func (k *call) voteOut(c points.Candidate, who func(string) string) string {
	switch {
	case c.Out == points.OutRemoved:
		return k.T("vote.ended_by", "who", who(c.OutBy), "why", c.OutWhy)
	case c.Added != "":
		return k.T("vote.added_by", "who", who(c.Added))
	}
	return ""
}

// voteAdd makes a message a candidate: by its number, or the address of its page.
func (c *Console) voteAdd(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	home := "/vote/" + id.String()
	event := lastNumber(k.form("message"))
	if event == 0 {
		return k.done(home, "danger", k.T("vote.no_bad_input"), community.ID{})
	}
	if _, err := k.votes().Add(k.ctx(), k.who(), id, event, k.form("reason")); err != nil {
		return k.voteRefused(home, err)
	}
	return k.ok(home, k.T("vote.added"))
}

// lastNumber reads the number with which a text ends; 0 = none.
func lastNumber(text string) int64 {
	from := len(text)
	for from > 0 && text[from-1] >= '0' && text[from-1] <= '9' {
		from--
	}
	n, err := strconv.ParseInt(text[from:], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// voteLinks lists where each member of a group votes.
func (c *Console) voteLinks(k *call) error {
	g, err := k.pointGroup(k.query("g"))
	if err != nil {
		return err
	}
	if g.Key == 0 {
		return k.redirect("/vote")
	}
	here := true
	at := k.page(listLimit)
	rows, total, err := k.Desk.FindMembers(k.ctx(), community.MemberFilter{Group: g.Key, Present: &here, Text: k.query("q"), Page: at})
	if err != nil {
		return err
	}
	whole, err := k.votes().Link(k.ctx(), g.Key, 0)
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("vote.links"), Sub: g.Name, Back: "/vote?g=" + g.ID.String()}, Note: k.T("vote.links_note", "link", whole)}
	p.Filters = ui.Filters{Action: "/vote/links", Keep: []ui.Option{{Value: "g", Text: g.ID.String()}}, Fields: []ui.Filter{{Kind: "text", Name: "q", Label: k.T("member.name"), Value: k.query("q")}}}
	p.Table = ui.Table{Label: k.T("vote.links"), Columns: []ui.Column{{Title: k.T("member.name")}, {Title: k.T("vote.link")}}, Empty: ui.Empty{Icon: "users", Title: k.T("list.none"), Text: k.T("list.none_text")}}
	for _, m := range rows {
		if m.Role == community.RoleSelf || m.Role == community.RoleBot || m.Bot {
			continue
		}
		link, err := k.votes().Link(k.ctx(), g.Key, m.Key)
		if err != nil {
			return err
		}
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/members/" + m.ID.String(), Cells: []templ.Component{ui.Name(named(orWord(m.Card, m.Name), m.External)), view.Quiet(link)}})
	}
	p.Table.Pager = k.pager(at, len(rows), total)
	return k.show(p.Head.Title, view.ListPage(p))
}
