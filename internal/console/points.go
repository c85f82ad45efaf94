package console

import (
	"context"
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/points"
	"qunluo/internal/rights"
)

// Points is what the pages of points ask and change.
type Points interface {
	Rules(ctx context.Context, g community.GroupKey) (points.Rules, error)
	SetRules(ctx context.Context, user string, g community.GroupKey, r points.Rules, reason string) error
	// Ranking lists a group's members by points from a time on (0 = all); m 0 = all members.
	Ranking(ctx context.Context, g community.GroupKey, m community.MemberKey, from int64, page community.Page) ([]points.Row, int, error)
	Entries(ctx context.Context, g community.GroupKey, m community.MemberKey, page community.Page) ([]points.Entry, error)
	Give(ctx context.Context, user string, g community.GroupKey, member community.ID, amount int, reason string) (points.Entry, error)
	Undo(ctx context.Context, user string, entry community.ID, reason string) (points.Entry, error)
}

// pointRoutes are there where points are kept.
func (c *Console) pointRoutes() []route {
	if c.deps.Points == nil {
		return nil
	}
	return []route{
		{pattern: "GET /points", may: rights.SeePeople, serve: (*Console).pointList},
		{pattern: "GET /points.csv", may: rights.Export, and: rights.SeePeople, serve: (*Console).pointSheet},
		{pattern: "POST /points/give", may: rights.Reward, serve: (*Console).pointGive},
		{pattern: "POST /points/undo", may: rights.Reward, serve: (*Console).pointUndo},
		{pattern: "GET /points/rules", may: rights.SeePeople, serve: (*Console).pointRules},
		{pattern: "POST /points/rules", may: rights.Tune, serve: (*Console).pointRulesSave},
		{pattern: "GET /points/members/{id}", may: rights.SeePeople, serve: (*Console).pointMember},
	}
}

func (k *call) points() Points { return k.c.deps.Points(k.User.Org, k.groups) }

// pointGroup is the group of the address, or the first there is.
func (k *call) pointGroup(named string) (community.GroupRow, error) {
	g, err := k.groupNamed(named)
	if err != nil || g.Key != 0 {
		return g, err
	}
	list, _, err := k.Desk.FindGroups(k.ctx(), community.GroupFilter{Page: community.Page{Limit: 1}})
	if err != nil || len(list) == 0 {
		return g, err
	}
	return list[0], nil
}

// pointSince reads the span of the ranking; 0 = all.
func (k *call) pointSince() int64 {
	if days := number(k.query("days"), 1, 3650, 0); days > 0 {
		return k.now() - int64(days)*24*3600_000
	}
	return 0
}

// pointList ranks the members of a group.
func (c *Console) pointList(k *call) error {
	g, err := k.pointGroup(k.query("g"))
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("nav.points"), Sub: g.Name}}
	p.Table = ui.Table{Label: k.T("nav.points"), Empty: ui.Empty{Icon: "users", Title: k.T("points.none"), Text: k.T("points.none_text")}}
	if g.Key == 0 {
		return k.show(p.Head.Title, view.ListPage(p))
	}
	groups, err := k.groupChoice(g.Name, g)
	if err != nil {
		return err
	}
	spans := []ui.Option{{Text: k.T("points.ever")}}
	for _, n := range []int{7, 30, 90} {
		spans = append(spans, ui.Option{Value: strconv.Itoa(n), Text: k.T("points.last", "num", n)})
	}
	p.Filters = ui.Filters{Action: "/points", Fields: []ui.Filter{{Kind: "select", Name: "g", Label: k.T("word.group"), Value: g.ID.String(), Options: groups}, {Kind: "select", Name: "days", Label: k.T("points.span"), Value: k.query("days"), Options: spans}}}
	r, err := k.points().Rules(k.ctx(), g.Key)
	if err != nil {
		return err
	}
	p.Note = k.T("points.off")
	if r.On {
		p.Note = k.T("points.rules_now", "word", r.Word, "sign", r.Sign, "streak", r.Streak, "most", r.Most, "speak", r.Speak, "cap", r.SpeakCap, "invite", r.Invite, "days", r.Days, "mine", r.Mine, "rank", r.Rank)
	}
	at := k.page(listLimit)
	rows, total, err := k.points().Ranking(k.ctx(), g.Key, 0, k.pointSince(), at)
	if err != nil {
		return err
	}
	p.Table.Columns = []ui.Column{{Title: k.T("member.name")}, {Title: k.T("points.place"), Num: true}, {Title: k.T("nav.points"), Num: true}, {Title: k.T("points.sign"), Num: true}, {Title: k.T("points.speak"), Num: true}, {Title: k.T("points.invite"), Num: true}, {Title: k.T("points.hand"), Num: true}, {Title: k.T("points.streak"), Num: true}}
	for _, m := range rows {
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/points/members/" + m.MemberID.String() + "?g=" + g.ID.String(), Cells: []templ.Component{ui.Name(m.Name), ui.Figure(int64(m.Place)), ui.Figure(m.Points), ui.Figure(m.Signed), ui.Figure(m.Spoke), ui.Figure(m.Invited), ui.Figure(m.Hand), ui.Figure(int64(m.Streak))}})
	}
	p.Table.Pager = k.pager(at, len(rows), total)
	k.export(p.Table.Pager, "/points.csv")
	p.Head.Actions = view.LinkButtons([][3]string{{"/points/rules?g=" + g.ID.String(), "settings", k.T("points.rules")}})
	return k.show(p.Head.Title, view.ListPage(p))
}

// pointSheet is the ranking as a file.
func (c *Console) pointSheet(k *call) error {
	g, err := k.pointGroup(k.query("g"))
	if err != nil {
		return err
	}
	at, first := community.Page{Limit: 200}, true
	_, total, err := k.points().Ranking(k.ctx(), g.Key, 0, k.pointSince(), at)
	if err == nil {
		err = k.bulkExport(total)
	}
	if err != nil {
		return k.refused("/points", err)
	}
	head := []string{"id", k.T("member.name"), k.T("points.place"), k.T("nav.points"), k.T("points.sign"), k.T("points.speak"), k.T("points.invite"), k.T("points.hand"), k.T("points.streak")}
	return k.sheet("points", head, func() ([][]string, error) {
		if !first {
			at.Offset += at.Limit
		}
		first = false
		rows, _, err := k.points().Ranking(k.ctx(), g.Key, 0, k.pointSince(), at)
		out := make([][]string, len(rows))
		for i, m := range rows {
			out[i] = []string{m.MemberID.String(), m.Name, strconv.Itoa(m.Place), itoa(m.Points), itoa(m.Signed), itoa(m.Spoke), itoa(m.Invited), itoa(m.Hand), strconv.Itoa(m.Streak)}
		}
		return out, err
	})
}

// pointMember is a member's ledger in a group.
func (c *Console) pointMember(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	m, err := k.Desk.MemberByID(k.ctx(), id)
	if err != nil {
		return err
	}
	g, err := k.pointGroup(k.query("g"))
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	list, _, err := k.points().Ranking(k.ctx(), g.Key, m.Key, 0, community.Page{Limit: 1})
	if err != nil {
		return err
	}
	row := points.Row{}
	if len(list) > 0 {
		row = list[0]
	}
	p := view.PlanPage{Head: ui.Head{Title: named(m.Name, m.External), Sub: g.Name, Back: "/points?g=" + g.ID.String()}, State: ui.Pill("info", "users", k.T("points.now", "num", k.Words.Number(row.Points))), Links: []ui.Option{{Value: "/members/" + id.String(), Text: k.T("points.member")}}}
	p.Stats = []ui.Number{{Label: k.T("points.sign"), Value: k.Words.Number(row.Signed)}, {Label: k.T("points.speak"), Value: k.Words.Number(row.Spoke)}, {Label: k.T("points.invite"), Value: k.Words.Number(row.Invited)}, {Label: k.T("points.hand"), Value: k.Words.Number(row.Hand)}, {Label: k.T("points.streak"), Value: strconv.Itoa(row.Streak)}}
	here := []ui.Option{{Value: "g", Text: g.ID.String()}, {Value: "member", Text: id.String()}}
	p.Openers = []ui.Opener{{Target: "give", Text: k.T("points.give"), Icon: "plus"}}
	p.Asks = []ui.Confirm{{ID: "give", Title: k.T("points.give"), Object: named(m.Name, m.External), Effect: k.T("points.give_effect"), Action: "/points/give", Button: k.T("points.give"), Reason: k.T("form.reason"), Need: true, Fields: here,
		Inputs: []ui.Input{{Kind: "number", Name: "amount", Label: k.T("points.amount"), Required: true}}}}
	entries, err := k.points().Entries(k.ctx(), g.Key, m.Key, k.page(listLimit))
	if err != nil {
		return err
	}
	t := ui.Table{Label: k.T("points.ledger"), Columns: []ui.Column{{Title: k.T("audit.at")}, {Title: k.T("points.why")}, {Title: k.T("points.amount"), Num: true}, {Title: k.T("audit.who")}}, Empty: ui.Empty{Icon: "history", Title: k.T("points.empty"), Text: k.T("points.none_text")}}
	for _, e := range entries {
		note := e.Note
		if e.Reason == points.Undone || e.Reason == points.Recalled {
			note = ""
		}
		why := ui.Two(k.T("points.did_"+e.Reason), note)
		line := ui.Row{Cells: []templ.Component{ui.Moment(e.At), why, ui.Text(signedNumber(e.Amount)), ui.Text(k.pointBy(e, who))}}
		if e.MayUndo() {
			ask := "undo-" + e.ID.String()
			line.Actions = ui.ConfirmButton(ui.Opener{Target: ask, Text: k.T("points.undo"), Small: true, Icon: "arrow-back-up"})
			p.Asks = append(p.Asks, ui.Confirm{ID: ask, Title: k.T("points.undo"), Object: k.T("points.did_"+e.Reason) + " " + signedNumber(e.Amount), Effect: k.T("points.undo_effect"), Action: "/points/undo", Button: k.T("points.undo"), Reason: k.T("form.reason"),
				Fields: append([]ui.Option{{Value: "entry", Text: e.ID.String()}}, here...)})
		}
		t.Rows = append(t.Rows, line)
	}
	p.Tables = []view.PlanTable{{Title: k.T("points.ledger"), Note: k.T("points.ledger_note"), Table: t}}
	return k.show(p.Head.Title, view.PlanShow(p))
}

func (k *call) pointBy(e points.Entry, who func(string) string) string {
	if e.User == "" {
		return k.T("points.by_rule")
	}
	return who(e.User)
}

func signedNumber(n int) string {
	if n > 0 {
		return "+" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

func (k *call) pointHome() string {
	v := url.Values{"g": {k.form("g")}}
	return "/points/members/" + url.PathEscape(k.form("member")) + "?" + v.Encode()
}

// pointGive gives points by hand, or takes some.
func (c *Console) pointGive(k *call) error {
	g, err := k.groupNamed(k.form("g"))
	if err != nil {
		return err
	}
	id, err := community.ParseID(k.form("member"))
	if err != nil {
		return community.Errorf(community.CodeBadInput, "member: %w", err)
	}
	amount, err := strconv.Atoi(k.form("amount"))
	if err != nil || g.Key == 0 {
		return k.done(k.pointHome(), "danger", k.T("points.bad_amount"), community.ID{})
	}
	if _, err := k.points().Give(k.ctx(), k.who(), g.Key, id, amount, k.form("reason")); err != nil {
		return k.refused(k.pointHome(), err)
	}
	return k.ok(k.pointHome(), k.T("points.given"))
}

// pointUndo takes a row back.
func (c *Console) pointUndo(k *call) error {
	id, err := community.ParseID(k.form("entry"))
	if err != nil {
		return community.Errorf(community.CodeBadInput, "entry: %w", err)
	}
	if _, err := k.points().Undo(k.ctx(), k.who(), id, k.form("reason")); err != nil {
		return k.refused(k.pointHome(), err)
	}
	return k.ok(k.pointHome(), k.T("points.taken"))
}

// pointRules shows a group's rules; an owner changes them.
func (c *Console) pointRules(k *call) error {
	g, err := k.pointGroup(k.query("g"))
	if err != nil {
		return err
	}
	r, err := k.points().Rules(k.ctx(), g.Key)
	if err != nil {
		return err
	}
	return k.pointRulesShow(g, r, nil)
}

func (k *call) pointRulesShow(g community.GroupRow, r points.Rules, faults []string) error {
	n := func(name string, v int) ui.Input {
		return ui.Input{Kind: "number", Name: name, Label: k.T("points.rule_" + name), Value: strconv.Itoa(v), Required: true}
	}
	w := func(name, v string) ui.Input {
		return ui.Input{Kind: "text", Name: name, Label: k.T("points.rule_" + name), Value: v, Required: true, Max: 20}
	}
	p := view.PlanForm{Head: ui.Head{Title: k.T("points.rules"), Sub: g.Name, Back: "/points?g=" + g.ID.String()}, Action: "/points/rules", Do: k.T("form.save"), Faults: faults, Hidden: []ui.Option{{Value: "g", Text: g.ID.String()}}}
	if !k.may(rights.Tune) {
		p.Wait, p.Hint = true, k.T("bulk.rules_owner")
	}
	p.Groups = []view.PlanFields{
		{Title: k.T("points.rules"), Note: k.T("points.rules_note"), Rows: []ui.Input{{Kind: "check", Name: "on", Label: k.T("points.rule_on"), Value: oneIf(r.On)}, w("word", r.Word), w("mine", r.Mine), w("rank", r.Rank), k.toldIn(r.Lang)}},
		{Title: k.T("points.sign"), Rows: []ui.Input{n("sign", r.Sign), n("streak", r.Streak), n("most", r.Most)}},
		{Title: k.T("points.speak"), Note: k.T("points.speak_note"), Rows: []ui.Input{n("speak", r.Speak), n("speak_cap", r.SpeakCap), n("runes", r.Runes), n("gap", r.Gap)}},
		{Title: k.T("points.invite"), Rows: []ui.Input{n("invite", r.Invite), n("days", r.Days), {Kind: "text", Name: "reason", Label: k.T("form.reason"), Value: k.form("reason")}}},
	}
	return k.show(p.Head.Title, view.PlanEdit(p))
}

// pointRulesSave changes a group's rules.
func (c *Console) pointRulesSave(k *call) error {
	g, err := k.groupNamed(k.form("g"))
	if err != nil {
		return err
	}
	n := func(name string) int {
		v, err := strconv.Atoi(k.form(name))
		if err != nil {
			return -1
		}
		return v
	}
	r := points.Rules{On: k.form("on") == "1", Word: k.form("word"), Mine: k.form("mine"), Rank: k.form("rank"), Sign: n("sign"), Streak: n("streak"), Most: n("most"), Speak: n("speak"), SpeakCap: n("speak_cap"), Runes: n("runes"), Gap: n("gap"), Invite: n("invite"), Days: n("days"), Lang: k.form("lang")}
	err = k.points().SetRules(k.ctx(), k.who(), g.Key, r, k.form("reason"))
	if community.CodeOf(err) == community.CodeBadInput {
		return k.pointRulesShow(g, r, []string{k.T("points.bad_rules")})
	}
	if err != nil {
		return k.refused("/points", err)
	}
	return k.ok("/points?g="+g.ID.String(), k.T("points.saved"))
}
