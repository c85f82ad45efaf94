package console

import (
	"encoding/json"
	"slices"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
)

// reading asks a connection for something that changes nothing there, and gives it as a table; what went wrong stands in
// the table's place.
func (k *call) reading(a community.Account, name, of string) (view.PlanTable, []ui.Confirm) {
	t := view.PlanTable{Title: k.T("moment." + of)}
	out, err := k.Hands.DoChore(k.ctx(), k.who(), a.Key, name, json.RawMessage(`{}`), "")
	if err != nil {
		t.Note = choreFault(k, err)
		return t, nil
	}
	t.Note = k.Words.Pick(out.Say)
	table, asks := choreTable(k, a, of, out)
	if table != nil {
		t.Table = *table
	}
	return t, asks
}

// momentPage shows 客户朋友圈 of every connection that has it, who reacted, and says what a personal 朋友圈 can tell.
func (c *Console) momentPage(k *call) error {
	accounts, err := k.Desk.Accounts(k.ctx())
	if err != nil {
		return err
	}
	p := view.PlanPage{Head: ui.Head{Title: k.T("nav.moments"), Sub: k.T("moment.sub")}, Means: k.T("moment.personal")}
	for _, a := range accounts {
		list, err := c.deps.Wires.Chores(k.ctx(), a.Key)
		if err != nil || !slices.ContainsFunc(list, func(one connect.Chore) bool { return one.Name == "moment.list" }) {
			continue // it does not run, or has none
		}
		at := "/connections/" + a.ID.String() + "/chores/"
		p.Links = append(p.Links, ui.Option{Value: at + "moment.create", Text: k.T("moment.new", "name", a.Name)})
		t, asks := k.reading(a, "moment.list", "posts")
		t.Title += " · " + a.Name
		for i := range asks {
			asks[i].ID = a.ID.String() + asks[i].ID
		}
		p.Tables, p.Asks = append(p.Tables, t), append(p.Asks, asks...)
	}
	if len(p.Tables) == 0 {
		p.Tables = []view.PlanTable{{Title: k.T("moment.posts"), Table: ui.Table{Empty: ui.Empty{Icon: "plug", Title: k.T("moment.no_account"), Text: k.T("moment.no_account_text"), Button: k.T("nav.connections"), Link: "/connections"}}}}
	}
	if c.deps.Shorts != nil {
		leads, err := k.leadTable()
		if err != nil {
			return err
		}
		p.Tables = append(p.Tables, view.PlanTable{Title: k.T("moment.leads"), Note: k.T("moment.leads_note"), Table: leads})
		p.Links = append(p.Links, ui.Option{Value: "/shorts/new", Text: k.T("moment.new_short")})
	}
	return k.show(p.Head.Title, view.PlanShow(p))
}

func (k *call) leadTable() (ui.Table, error) {
	at := k.page(listLimit)
	list, total, err := k.shorts().Leads(k.ctx(), at)
	t := ui.Table{Label: k.T("moment.leads"), Columns: []ui.Column{{Title: k.T("short.person")}, {Title: k.T("moment.likes"), Num: true}, {Title: k.T("moment.comments"), Num: true}, {Title: k.T("short.last")}},
		Empty: ui.Empty{Icon: "users", Title: k.T("moment.no_leads"), Text: k.T("moment.no_leads_text")}, Pager: k.pager(at, len(list), total)}
	for _, l := range list {
		t.Rows = append(t.Rows, ui.Row{Link: "/members/" + l.Member.ID.String(), Cells: []templ.Component{ui.Two(named(l.Member.Name, l.Member.External), k.platform(l.Member.Platform)), ui.Figure(l.Likes), ui.Figure(l.Comments), ui.Moment(l.Last)}})
	}
	return t, err
}
