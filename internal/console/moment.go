package console

import (
	"encoding/json"

	"github.com/a-h/templ"

	"qunluo/internal/community"
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

// driftPage compares what is kept here with what stands at the platform, line by line: tags of contacts and group welcomes.
func (c *Console) driftPage(k *call) error {
	a, err := k.account()
	if err != nil {
		return err
	}
	p := view.PlanPage{Head: ui.Head{Title: k.T("moment.drift"), Sub: a.Name, Back: "/connections/" + a.ID.String() + "/chores"}, Means: k.T("moment.drift_sub"),
		Links: []ui.Option{{Value: "/connections/" + a.ID.String() + "/chores/welcome.add", Text: k.T("moment.new_welcome")}, {Value: "/connections/" + a.ID.String() + "/chores/welcome.settle", Text: k.T("moment.take_welcome")}}}
	for _, one := range [][2]string{{"tag.drift", "tags"}, {"welcome.list", "welcomes"}} {
		t, asks := k.reading(a, one[0], one[1])
		p.Tables, p.Asks = append(p.Tables, t), append(p.Asks, asks...)
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
