package console

import (
	"context"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/duty"
	"qunluo/internal/rights"
)

// Today is what the page of the day asks.
type Today interface {
	// Day gives every group's next thing, those that are late first; of groups with a tag, "" = of all.
	Day(ctx context.Context, tag string) (list []duty.Agenda, now int64, err error)
}

func (c *Console) todayRoutes() []route {
	if c.deps.Today == nil {
		return nil
	}
	return []route{{pattern: "GET /today", may: rights.Work, serve: (*Console).today}}
}

// dueAt is where a kind of what is due is seen to.
func (k *call) dueAt(d duty.Due, g community.GroupRow) string {
	id := g.ID.String()
	at := map[string][2]string{
		duty.DueRequest: {"/requests", "/requests?g=" + id}, duty.DueCode: {"/codes", "/codes"}, duty.DueTask: {"/inbox", "/inbox?g=" + id}, duty.DueSend: {"/broadcasts", "/broadcasts"},
		duty.DueReview: {"/review", "/review?g=" + id}, duty.DueAppeal: {"/appeals", "/appeals"}, duty.DueReport: {"/reports", "/reports"},
		duty.DueAlarm: {"/duty", "/duty"}, duty.DueAdjust: {"/adjustments", "/adjustments?g=" + id},
		duty.DueDoc: {"/documents", "/documents?due=1&g=" + id},
	}[d.Kind]
	if at[0] != "" && k.c.mounted(at[0], k) {
		return at[1]
	}
	return "/groups/" + id
}

// today lists every group with the next thing that is due: in which part of the loop, until when, and whose it is.
func (c *Console) today(k *call) error {
	list, now, err := k.c.deps.Today(k.User.Org, k.groups).Day(k.ctx(), k.query("tag"))
	if err != nil {
		return err
	}
	busy, late := 0, 0
	for _, a := range list {
		if a.Next.Kind != "" {
			busy++
		}
		if a.Late > 0 {
			late++
		}
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	all := k.query("all") == "1"
	shown := list
	if !all {
		shown = list[:busy]
	}
	p := view.List{Head: ui.Head{Title: k.T("nav.today"), Sub: k.T("today.sub")}, Note: k.T("today.note", "busy", busy, "late", late, "all", len(list))}
	p.Presets = []ui.Tab{{Text: k.T("today.due"), Link: k.here("all", ""), Here: !all}, {Text: k.T("today.every"), Link: k.here("all", "1"), Here: all}}
	p.Table = ui.Table{Label: k.T("nav.today"), Columns: []ui.Column{{Title: k.T("word.group")}, {Title: k.T("today.step"), Hide: true}, {Title: k.T("today.next")}, {Title: k.T("today.deadline")}, {Title: k.T("today.owner")}, {Title: k.T("today.then"), Hide: true}},
		Empty: ui.Empty{Icon: "circle-check", Title: k.T("today.none"), Text: k.T("today.none_text")}}
	if err := k.byTag(&p, "/today"); err != nil {
		return err
	}
	at := k.page(listLimit)
	from := min(at.Offset, len(shown))
	part := shown[from:min(len(shown), from+at.Limit)]
	for _, a := range part {
		p.Table.Rows = append(p.Table.Rows, k.agendaRow(a, now, who))
	}
	p.Table.Pager = k.pager(at, len(part), len(shown))
	return k.show(p.Head.Title, view.ListPage(p))
}

func (k *call) agendaRow(a duty.Agenda, now int64, who func(string) string) ui.Row {
	row := ui.Row{Link: "/groups/" + a.Group.ID.String()}
	if a.Next.Kind == "" {
		row.Cells = []templ.Component{ui.Name(a.Group.Name), view.Quiet("–"), view.Quiet(k.T("today.nothing")), view.Quiet("–"), view.Quiet("–"), view.Quiet("–")}
		return row
	}
	tone, icon := "", "clock"
	if a.Next.At < now {
		tone, icon = "danger", "alert-triangle"
	}
	owner := view.Quiet(k.T("today.nobody"))
	if a.Owner != "" {
		owner = ui.Two(ui.Visible(who(a.Owner)), k.T("today.from_"+a.From))
	}
	then := ""
	for i, d := range a.Rest {
		if i == 3 {
			then += " …"
			break
		}
		if i > 0 {
			then += k.T("list.comma")
		}
		then += k.dueSaid(d)
	}
	row.Cells = []templ.Component{ui.Name(a.Group.Name), ui.Text(k.T("today.step_" + string(a.Next.Part))), view.Link(k.dueAt(a.Next, a.Group), k.dueSaid(a.Next)),
		ui.Pill(tone, icon, timeLeft(k, a.Next.At)), owner, ui.Text(then)}
	return row
}

// dueSaid says what is due, and how many.
func (k *call) dueSaid(d duty.Due) string {
	if d.Kind == duty.DueTask {
		if key := "verb." + d.What; k.Words.Has(key) {
			return k.T("today.kind_task_of", "verb", k.T(key), "num", d.N)
		}
	}
	return k.T("today.kind_"+d.Kind, "num", d.N)
}
