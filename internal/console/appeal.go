package console

import (
	"context"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/rights"
)

// Appeals is what the pages of appeals ask and change.
type Appeals interface {
	Find(ctx context.Context, f community.AppealFilter) ([]community.AppealRow, int, error)
	ByID(ctx context.Context, id community.ID) (community.AppealRow, error)
	// Of gives the appeal about a decision; CodeNotFound when nobody wrote against it.
	Of(ctx context.Context, decision community.ID) (community.AppealRow, error)
	// Link gives where the member appeals against a decision, and until when. CodeConflict: it held nothing against anybody.
	Link(ctx context.Context, decision community.ID) (link string, until int64, err error)
	Rules(ctx context.Context) (community.AppealRules, error)
	SetRules(ctx context.Context, user string, rules community.AppealRules, reason string) error
	// Alone says whether a person acted in what an appeal is about, and whether nobody else may decide it.
	Alone(ctx context.Context, user string, row community.AppealRow) (acted, alone bool, err error)
	// Decide ends an appeal. CodeForbidden: the person acted in it. CodeConflict: it is decided.
	Decide(ctx context.Context, user string, id community.ID, overturn bool, answer, despite string) error
}

// appealRoutes are there where appeals are kept.
func (c *Console) appealRoutes() []route {
	if c.deps.Appeals == nil {
		return nil
	}
	return []route{
		{pattern: "GET /appeals", may: rights.SeePeople, serve: (*Console).appealList},
		{pattern: "POST /appeals/rules", may: rights.Tune, whole: true, serve: (*Console).appealRules},
		{pattern: "GET /appeals/{id}", may: rights.SeePeople, serve: (*Console).appealPage},
		{pattern: "POST /appeals/{id}/decide", may: rights.Judge, serve: (*Console).appealDecide},
	}
}

func (k *call) appeals() Appeals { return k.c.deps.Appeals(k.User.Org, k.groups) }

// appealList shows appeals, those that wait first, and the rules for them.
func (c *Console) appealList(k *call) error {
	g, err := k.groupNamed(k.query("g"))
	if err != nil {
		return err
	}
	f := community.AppealFilter{Group: g.Key, State: community.AppealState(k.query("state")), Page: k.page(listLimit)}
	rows, total, err := k.appeals().Find(k.ctx(), f)
	if err != nil {
		return err
	}
	rules, err := k.appeals().Rules(k.ctx())
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("nav.appeals"), Sub: k.T("appeal.sub")}, Note: k.appealRulesSaid(rules)}
	groups, err := k.groupChoice(k.T("list.any"), g)
	if err != nil {
		return err
	}
	states := []ui.Option{{Text: k.T("list.any")}}
	for _, s := range []community.AppealState{community.AppealOpen, community.AppealUpheld, community.AppealOverturned} {
		states = append(states, ui.Option{Value: string(s), Text: k.T("appeal.is_" + string(s))})
	}
	p.Filters = ui.Filters{Action: "/appeals", Fields: []ui.Filter{{Kind: "select", Name: "g", Label: k.T("word.group"), Value: k.query("g"), Options: groups},
		{Kind: "select", Name: "state", Label: k.T("appeal.state"), Value: k.query("state"), Options: states}}}
	p.Table = ui.Table{Label: k.T("nav.appeals"), Columns: []ui.Column{{Title: k.T("member.name")}, {Title: k.T("appeal.state")}, {Title: k.T("appeal.written")}, {Title: k.T("appeal.due")}, {Title: k.T("appeal.words")}},
		Empty: ui.Empty{Icon: "message", Title: k.T("appeal.none"), Text: k.T("appeal.none_text")}, Pager: k.pager(f.Page, len(rows), total)}
	for _, a := range rows {
		said := k.T("appeal.erased")
		if n := len(a.Statements); n > 0 && a.Statements[n-1].Text != "" {
			said = short(a.Statements[n-1].Text, 60)
		}
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/appeals/" + a.ID.String(), Cells: []templ.Component{ui.Two(a.About.MemberName, a.About.GroupName), k.appealState(a), ui.Moment(a.Created), ui.Moment(a.Due), ui.Text(said)}})
	}
	if k.may(rights.Tune) {
		ask := ui.Confirm{ID: "rules", Title: k.T("appeal.rules"), Object: k.appealRulesSaid(rules), Effect: k.T("appeal.rules_effect"), Action: "/appeals/rules", Button: k.T("appeal.rules"), Reason: k.T("form.reason"),
			Inputs: []ui.Input{{Kind: "number", Name: "days", Label: k.T("appeal.days"), Value: strconv.Itoa(rules.Days)}, {Kind: "number", Name: "answer", Label: k.T("appeal.answer_days"), Value: strconv.Itoa(rules.Answer)},
				{Kind: "check", Name: "off", Label: k.T("appeal.off"), Value: oneIf(rules.Off)}}}
		p.Asks = append(p.Asks, ask)
		p.Head.Actions = ui.ConfirmButton(ui.Opener{Target: "rules", Text: k.T("appeal.rules"), Icon: "settings"})
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

func oneIf(on bool) string {
	if on {
		return "1"
	}
	return ""
}

func (k *call) appealRulesSaid(r community.AppealRules) string {
	said := k.T("appeal.rules_now", "days", r.Days, "answer", r.Answer)
	switch {
	case r.Off:
		said += " " + k.T("appeal.rules_off")
	case k.c.deps.PublicURL == "":
		said += " " + k.T("appeal.rules_no_url")
	}
	return said
}

func (k *call) appealState(a community.AppealRow) templ.Component {
	look := map[community.AppealState][2]string{community.AppealOpen: {"warning", "clock"}, community.AppealUpheld: {"", "scale"}, community.AppealOverturned: {"good", "arrow-back-up"}}[a.State]
	pill := ui.Pill(look[0], look[1], k.T("appeal.is_"+string(a.State)))
	if a.State == community.AppealOpen && a.Due <= k.now() {
		return view.Stack(pill, k.T("appeal.late"))
	}
	return pill
}

// appealRules changes the rules for appeals.
func (c *Console) appealRules(k *call) error {
	rules := community.AppealRules{Off: k.form("off") == "1", Days: number(k.form("days"), 0, 1<<20, 0), Answer: number(k.form("answer"), 0, 1<<20, 0)}
	if err := k.appeals().SetRules(k.ctx(), k.who(), rules, k.form("reason")); err != nil {
		return k.refused("/appeals", err)
	}
	return k.ok("/appeals", k.T("appeal.saved"))
}

// appealPage shows one appeal, what it is about, and who may decide it.
func (c *Console) appealPage(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	a, err := k.appeals().ByID(k.ctx(), id)
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	p := view.PlanPage{Head: ui.Head{Title: k.T("appeal.about") + k.T("list.colon") + a.About.MemberName, Sub: a.About.GroupName, Back: "/appeals"}, State: k.appealState(a),
		Links: []ui.Option{{Value: "/review?all=1&d=" + a.Decision.String(), Text: k.T("appeal.see")}}}
	if a.State == community.AppealOpen {
		if err := k.appealAsks(&p, a); err != nil {
			return err
		}
	} else {
		p.Means, p.Text = k.T("appeal.decided", "who", who(a.DecidedBy), "at", moment(a.Decided, community.GroupRow{})), a.Answer
		if a.Despite != "" {
			p.Text += "\n" + k.T("appeal.despite_was", "why", a.Despite)
		}
	}
	said := ui.Table{Label: k.T("appeal.words"), Columns: []ui.Column{{Title: k.T("appeal.written")}, {Title: k.T("appeal.words")}}}
	for _, s := range a.Statements {
		text := s.Text
		if text == "" {
			text = k.T("appeal.erased")
		}
		said.Rows = append(said.Rows, ui.Row{Cells: []templ.Component{ui.Moment(s.At), ui.Text(text)}})
	}
	p.Tables = []view.PlanTable{{Title: k.T("appeal.words"), Table: said}, {Title: k.T("appeal.decision"), Table: k.appealAbout(a, who)}}
	return k.show(p.Head.Title, view.PlanShow(p))
}

// appealAbout is the decision: message, rules, what was done, and by whom.
func (k *call) appealAbout(a community.AppealRow, who func(string) string) ui.Table {
	t := ui.Table{Label: k.T("appeal.decision"), Columns: []ui.Column{{Title: k.T("case.message")}, {Title: k.T("appeal.rule")}, {Title: k.T("appeal.actions")}, {Title: k.T("appeal.by")}}}
	var rules []string
	for _, h := range a.About.Hits {
		rules = append(rules, h.Rule+" v"+strconv.Itoa(a.About.Book)+" "+k.whyWord(h.Why))
	}
	by := k.T("appeal.by_rule")
	var people []string
	for _, u := range a.Acted() {
		people = append(people, ui.Visible(who(u)))
	}
	if len(people) > 0 {
		by = strings.Join(people, k.T("list.comma"))
	}
	t.Rows = []ui.Row{{Link: "/review?all=1&d=" + a.Decision.String(), Cells: []templ.Component{ui.Text(short(a.About.Message.Text, 120)), ui.Text(strings.Join(rules, k.T("list.semicolon"))), ui.Text(actionsSaid(k, a.About)), ui.Text(by)}}}
	return t
}

// appealAsks puts the two questions, or says why this person may not decide.
func (k *call) appealAsks(p *view.PlanPage, a community.AppealRow) error {
	acted, alone, err := k.appeals().Alone(k.ctx(), k.who(), a)
	if err != nil {
		return err
	}
	var more []ui.Input
	switch {
	case acted && !alone:
		p.Means = k.T("appeal.acted")
		return nil
	case alone:
		p.Means = k.T("appeal.alone")
		if !k.may(rights.Users) {
			return nil
		}
		more = []ui.Input{{Kind: "text", Name: "despite", Label: k.T("appeal.despite"), Required: true}}
	}
	for _, do := range []struct {
		name, icon string
		danger     bool
	}{{"overturn", "arrow-back-up", false}, {"uphold", "scale", true}} {
		p.Asks = append(p.Asks, ui.Confirm{ID: do.name, Title: k.T("appeal." + do.name), Object: a.About.MemberName, Effect: k.T("appeal." + do.name + "_effect"), Action: "/appeals/" + a.ID.String() + "/decide", Button: k.T("appeal." + do.name),
			Danger: do.danger, Reason: k.T("appeal.answer"), Need: true, Fields: []ui.Option{{Value: "do", Text: do.name}}, Inputs: more})
		p.Openers = append(p.Openers, ui.Opener{Target: do.name, Text: k.T("appeal." + do.name), Icon: do.icon, Danger: do.danger})
	}
	return nil
}

// appealDecide ends an appeal.
func (c *Console) appealDecide(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	to, overturn := "/appeals/"+id.String(), k.form("do") == "overturn"
	if !overturn && k.form("do") != "uphold" {
		return community.Errorf(community.CodeBadInput, "do %q", k.form("do"))
	}
	err = k.appeals().Decide(k.ctx(), k.who(), id, overturn, k.form("reason"), k.form("despite"))
	switch community.CodeOf(err) {
	case community.CodeNone:
	case community.CodeForbidden:
		return k.done(to, "danger", k.T("appeal.forbidden"), community.ID{})
	default:
		return k.refused(to, err)
	}
	if overturn {
		return k.ok(to, k.T("appeal.said_overturned"))
	}
	return k.ok(to, k.T("appeal.said_upheld"))
}

// reviewAppeal adds to an open item of the review where its appeal stands: the link, or what became of it.
func reviewAppeal(k *call, it *view.ReviewItem, d community.DecisionRow) error {
	if k.c.deps.Appeals == nil || len(d.Strikes) == 0 && !sharedHit(d) {
		return nil
	}
	a, err := k.appeals().Of(k.ctx(), d.ID)
	if err == nil {
		it.Appeal, it.AppealNote = "/appeals/"+a.ID.String(), k.T("appeal.is_"+string(a.State))
		return nil
	}
	if community.CodeOf(err) != community.CodeNotFound {
		return err
	}
	link, until, err := k.appeals().Link(k.ctx(), d.ID)
	it.Appeal, it.AppealNote = link, k.T("appeal.link_until", "at", moment(until, community.GroupRow{}))
	return err
}
