package console

import (
	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/plan"
	"qunluo/internal/rights"
)

var broadcastRoutes = []route{
	{pattern: "GET /broadcasts", may: rights.SeeContent, serve: (*Console).broadcastList},
	{pattern: "GET /broadcasts/new", may: rights.Write, serve: (*Console).broadcastForm},
	{pattern: "POST /broadcasts/estimate", may: rights.Write, serve: (*Console).broadcastEstimate, upload: true},
	{pattern: "POST /broadcasts", may: rights.Write, serve: (*Console).broadcastNew, upload: true},
	{pattern: "GET /broadcasts/{id}", may: rights.SeeContent, serve: (*Console).broadcastPage},
	{pattern: "POST /broadcasts/{id}/move", may: rights.Write, serve: (*Console).broadcastMove},
	{pattern: "POST /broadcasts/{id}/remind", may: rights.Write, serve: (*Console).broadcastRemind},
	{pattern: "POST /broadcasts/{id}/retry", may: rights.Write, serve: (*Console).broadcastRetry},
	{pattern: "POST /broadcasts/targets/{id}/let", may: rights.Write, serve: (*Console).broadcastLet},
}

// broadcastList shows the mass sends.
func (c *Console) broadcastList(k *call) error {
	at := k.page(listLimit)
	rows, total, err := k.plans().Broadcasts(k.ctx(), k.query("tag"), at)
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("nav.broadcasts"), Sub: k.T("plan.sub"), Actions: view.PlanTop("/broadcasts/new", k.T("plan.new"), ui.Option{Value: "/broadcasts/limits", Text: k.T("guard.title")})}, Live: "task decision"}
	p.Table = ui.Table{Label: k.T("nav.broadcasts"), Columns: []ui.Column{{Title: k.T("plan.title")}, {Title: k.T("plan.state")}, {Title: k.T("plan.due")}, {Title: k.T("plan.targets"), Num: true}, {Title: k.T("plan.is_sent"), Num: true}, {Title: k.T("plan.open"), Num: true}, {Title: k.T("plan.gone"), Num: true}},
		Empty: ui.Empty{Icon: "message", Title: k.T("plan.none"), Text: k.T("plan.none_text"), Button: k.T("plan.new"), Link: "/broadcasts/new"}, Pager: k.pager(at, len(rows), total)}
	for _, b := range rows {
		n := b.Counts
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/broadcasts/" + b.ID.String(), Cells: []templ.Component{ui.Two(b.Title, short(b.Text, 40)), planPill(k, string(b.Now())), ui.Moment(b.Start),
			ui.Figure(int64(n.All)), ui.Figure(int64(n.Sent)), ui.Figure(int64(n.Open())), ui.Figure(int64(n.Failed + n.NotSent))}})
	}
	if err := k.byTag(&p, "/broadcasts"); err != nil {
		return err
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

// broadcastPage shows one mass send, group by group.
func (c *Console) broadcastPage(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	b, err := k.plans().Broadcast(k.ctx(), id)
	if err != nil {
		return err
	}
	limits, err := k.plans().Limits(k.ctx())
	if err != nil {
		return err
	}
	at := k.page(listLimit)
	list, total, err := k.plans().Targets(k.ctx(), id, 0, at)
	if err != nil {
		return err
	}
	p := view.PlanPage{Head: ui.Head{Title: b.Title, Back: "/broadcasts"}, State: planPill(k, string(b.Now())), Means: k.T("plan.means_" + string(b.Now())), Text: b.Link.Whole(b.Text), Files: pieceFiles(k, b.Pieces), Stats: countStats(k, b.Counts)}
	table, asks, err := targetTable(k, list, limits, total, at)
	if err != nil {
		return err
	}
	p.Tables, p.Asks = []view.PlanTable{{Title: k.T("plan.results"), Table: table}}, asks
	broadcastAsks(k, &p, b)
	return k.show(b.Title, view.PlanShow(p))
}

// broadcastAsks offers what may be done with it now.
func broadcastAsks(k *call, p *view.PlanPage, b plan.Broadcast) {
	at := "/broadcasts/" + b.ID.String()
	offer := func(key, icon, action string, danger bool, fields ...ui.Option) {
		p.Openers = append(p.Openers, ui.Opener{Target: key, Text: k.T("plan." + key), Icon: icon, Danger: danger})
		p.Asks = append(p.Asks, ui.Confirm{ID: key, Title: k.T("plan." + key), Object: b.Title, Effect: k.T("plan."+key+"_effect", "open", b.Counts.Open(), "person", b.Counts.Person, "gone", b.Counts.Failed+b.Counts.NotSent),
			Action: at + action, Button: k.T("plan." + key), Danger: danger, Reason: k.T("form.reason"), Fields: fields})
	}
	to := func(s plan.State) ui.Option { return ui.Option{Value: "to", Text: string(s)} }
	if b.Counts.Person > 0 {
		offer("remind", "bell", "/remind", false)
	}
	if b.Counts.Failed+b.Counts.NotSent > 0 && b.State != plan.Cancelled {
		offer("retry", "refresh", "/retry", false)
	}
	if b.Now() == plan.Finished {
		return
	}
	switch b.State {
	case plan.Draft:
		offer("schedule", "clock", "/move", false, to(plan.Scheduled))
	case plan.Paused:
		offer("resume", "refresh", "/move", false, to(plan.Running))
	case plan.Cancelled:
		offer("uncancel", "arrow-back-up", "/move", false, to(plan.Running))
	default:
		offer("pause", "clock", "/move", false, to(plan.Paused))
	}
	if b.State != plan.Cancelled {
		offer("cancel", "x", "/move", true, to(plan.Cancelled))
	}
}

// broadcastMove changes the state of one.
func (c *Console) broadcastMove(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	to := "/broadcasts/" + id.String()
	if err := k.plans().MoveBroadcast(k.ctx(), k.who(), id, plan.State(k.form("to")), k.form("reason")); err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("plan.moved"))
}

// broadcastRemind reminds those who must confirm.
func (c *Console) broadcastRemind(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	to := "/broadcasts/" + id.String()
	reminded, enough, err := k.plans().Remind(k.ctx(), k.who(), id)
	if err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("plan.reminded", "num", reminded, "enough", enough))
}

// broadcastRetry tries again what was not sent.
func (c *Console) broadcastRetry(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	to := "/broadcasts/" + id.String()
	n, err := k.plans().Retry(k.ctx(), k.who(), id, k.form("reason"))
	if err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("plan.retried", "num", n))
}

// broadcastLet lets a blocked send pass.
func (c *Console) broadcastLet(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	to := k.back("/broadcasts")
	if k.form("reason") == "" {
		return k.done(to, "danger", k.T("act.need_reason"), community.ID{})
	}
	if err := k.plans().Override(k.ctx(), k.who(), id, k.form("reason")); err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("plan.let_done"))
}
