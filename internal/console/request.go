package console

import (
	"strconv"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/rights"
)

var requestRoutes = []route{
	{pattern: "GET /requests", may: rights.SeePeople, serve: (*Console).requestList},
	{pattern: "POST /requests/{number}", may: rights.Work, serve: (*Console).requestAnswer},
}

// requestList shows who waits to be let in, or what became of those who did.
func (c *Console) requestList(k *call) error {
	f := community.JoinFilter{Tag: k.query("tag"), Answered: k.query("state") == "over", Page: k.page(listLimit)}
	g, err := k.groupNamed(k.query("g"))
	if err != nil {
		return err
	}
	f.Group = g.Key
	f.Page.Desc = f.Page.Desc || f.Answered && f.Page.Sort == ""
	rows, total, err := k.Desk.FindJoins(k.ctx(), f)
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("nav.requests"), Sub: k.T("request.sub")}}
	p.Tabs = []ui.Tab{{Text: k.T("request.waiting"), Link: k.here("state", ""), Here: !f.Answered}, {Text: k.T("request.over"), Link: k.here("state", "over"), Here: f.Answered}}
	if p.Filters, err = requestFilters(k, f, g); err != nil {
		return err
	}
	p.Table = ui.Table{Label: k.T("nav.requests"), Columns: []ui.Column{{Title: k.T("member.name")}, {Title: k.T("word.group")}, {Title: k.T("request.text")}, k.column(k.T("request.asked"), "asked", f.Page), {Title: k.T("request.answer")}},
		Empty: ui.Empty{Icon: "user-check", Title: k.T("request.none"), Text: k.T("request.none_text")}, Pager: k.pager(f.Page, len(rows), total)}
	for _, q := range rows {
		answer := "–"
		if q.Answer != "" {
			answer = k.T("request." + string(q.Answer))
		}
		row := ui.Row{Link: "/members/" + q.MemberID.String(), Cells: []templ.Component{ui.Two(named(q.Name, q.External), q.External), ui.Text(ui.Visible(q.GroupName)),
			ui.Text(ui.Visible(short(q.Text, 200))), ui.When(q.Asked), ui.Text(answer)}}
		if q.Answer == "" {
			p.Asks, row.Actions = append(p.Asks, requestAsks(k, q)...), requestButtons(k, q)
		}
		p.Table.Rows = append(p.Table.Rows, row)
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

func requestFilters(k *call, f community.JoinFilter, g community.GroupRow) (ui.Filters, error) {
	groups, err := k.groupChoice(k.T("list.any"), g)
	if err != nil {
		return ui.Filters{}, err
	}
	tags, err := k.tagFilter(k.T("list.any"))
	if err != nil {
		return ui.Filters{}, err
	}
	out := ui.Filters{Action: "/requests", Fields: []ui.Filter{{Kind: "select", Name: "g", Label: k.T("word.group"), Value: k.query("g"), Options: groups}, tags}}
	if f.Answered {
		out.Keep = []ui.Option{{Value: "state", Text: "over"}}
	}
	if f.Group != 0 || f.Tag != "" {
		out.Clear = "/requests"
	}
	return out, nil
}

// answers are the two ways to answer a request, as forms and buttons call them.
var answers = []string{"approve", "refuse"}

func requestAsks(k *call, q community.JoinRow) []ui.Confirm {
	var out []ui.Confirm
	for _, act := range answers {
		ask := ui.Confirm{ID: act + "-" + strconv.FormatInt(q.Number, 10), Title: k.T("request." + act), Object: named(q.Name, q.External) + k.T("list.colon") + short(q.Text, 60),
			Effect: k.T("request."+act+"_effect", "group", q.GroupName), Action: "/requests/" + strconv.FormatInt(q.Number, 10), Button: k.T("request." + act),
			Reason: k.T("form.reason"), Need: true, Danger: act == "refuse", Fields: []ui.Option{{Value: "act", Text: act}}}
		if act == "refuse" {
			ask.Inputs = []ui.Input{{Kind: "text", Name: "text", Label: k.T("request.told"), Help: k.T("request.told_help")}}
		}
		out = append(out, ask)
	}
	return out
}

func requestButtons(k *call, q community.JoinRow) templ.Component {
	var out []templ.Component
	for _, act := range answers {
		out = append(out, ui.ConfirmButton(ui.Opener{Target: act + "-" + strconv.FormatInt(q.Number, 10), Text: k.T("request." + act), Icon: map[string]string{"approve": "check", "refuse": "x"}[act], Small: true, Danger: act == "refuse"}))
	}
	return templ.Join(out...)
}

// requestAnswer lets somebody in or refuses them.
func (c *Console) requestAnswer(k *call) error {
	number, err := strconv.ParseInt(k.R.PathValue("number"), 10, 64)
	if err != nil {
		return community.Errorf(community.CodeNotFound, "path: %w", err)
	}
	rows, _, err := k.Desk.FindJoins(k.ctx(), community.JoinFilter{Number: number, Page: community.Page{Limit: 1}})
	if err != nil {
		return err
	}
	if len(rows) != 1 {
		return community.Errorf(community.CodeNotFound, "request %d: not found", number)
	}
	refuse, reason := k.form("act") == "refuse", k.form("reason")
	if reason == "" {
		return k.done("/requests", "danger", k.T("act.need_reason"), community.ID{})
	}
	a, err := community.AnswerJoin(rows[0], refuse, k.form("text"))
	if err != nil {
		return k.refused("/requests", err)
	}
	ids, err := k.Hands.Act(k.ctx(), k.who(), []community.Action{a}, reason)
	if err != nil {
		return k.refused("/requests", err)
	}
	said := "request.approve_done"
	if refuse {
		said = "request.refuse_done"
	}
	return k.done("/requests", "ok", k.T(said, "name", rows[0].Name, "group", rows[0].GroupName), first(ids))
}
