package console

import (
	"github.com/a-h/templ"

	"qunluo/internal/console/view/ui"
)

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
