package console

import (
	"cmp"
	"strings"
	"time"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/plan"
)

var broadcastRoutes = []route{
	{pattern: "GET /broadcasts", may: staff, serve: (*Console).broadcastList},
	{pattern: "GET /broadcasts/new", may: staff, serve: (*Console).broadcastForm},
	{pattern: "POST /broadcasts/estimate", may: staff, serve: (*Console).broadcastForm},
	{pattern: "POST /broadcasts", may: staff, serve: (*Console).broadcastNew},
	{pattern: "GET /broadcasts/{id}", may: staff, serve: (*Console).broadcastPage},
	{pattern: "POST /broadcasts/{id}/move", may: staff, serve: (*Console).broadcastMove},
	{pattern: "POST /broadcasts/{id}/remind", may: staff, serve: (*Console).broadcastRemind},
	{pattern: "POST /broadcasts/{id}/retry", may: staff, serve: (*Console).broadcastRetry},
	{pattern: "POST /broadcasts/targets/{id}/let", may: staff, serve: (*Console).broadcastLet},
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

// startLayout is how people write a time in the form.
const startLayout = "2006-01-02 15:04"

// broadcastAsked reads the form. A start that cannot be read is CodeBadInput.
func broadcastAsked(k *call) (plan.Broadcast, error) {
	text := strings.TrimSpace(strings.ReplaceAll(k.R.PostFormValue("text"), "\r\n", "\n"))
	b := plan.Broadcast{Title: k.form("title"), Text: text, Force: k.form("force"), Filter: plan.Filter{Platform: community.Platform(k.form("platform"))}}
	if b.Link.URL = strings.TrimSpace(k.R.PostFormValue("link")); b.Link.URL != "" {
		b.Link.Title = cmp.Or(k.form("link_title"), short(strings.Join(strings.Fields(text), " "), 20))
	}
	b.Title = cmp.Or(b.Title, short(strings.Join(strings.Fields(text), " "), 20))
	if tag := k.form("tag"); tag != "" {
		b.Filter.Tags = []string{tag}
	}
	if g, err := k.groupNamed(k.form("g")); err != nil {
		return b, err
	} else if g.Key != 0 {
		b.Filter.Groups = []community.GroupKey{g.Key}
	}
	if at := k.form("start"); at != "" {
		t, err := time.ParseInLocation(startLayout, at, zone(""))
		if err != nil {
			return b, community.Errorf(community.CodeBadInput, "start: %w", err)
		}
		b.Start = t.UnixMilli()
	}
	return b, nil
}

// broadcastForm shows the form; once it was filled in, with whom it would reach and what is in the way.
func (c *Console) broadcastForm(k *call) error {
	p, err := broadcastFields(k)
	if err != nil {
		return err
	}
	p.Wait, p.Hint = true, k.T("plan.estimate_first")
	if k.R.PostFormValue("text") == "" {
		if k.R.Method == "POST" {
			p.Faults = []string{k.T("plan.no_text")}
		}
		return k.show(p.Head.Title, view.PlanEdit(p))
	}
	b, err := broadcastAsked(k)
	var e plan.Estimate
	if err == nil {
		e, err = k.plans().Estimate(k.ctx(), b)
	}
	if code := community.CodeOf(err); code == community.CodeBadInput || code == community.CodeTooLarge {
		p.Faults = []string{k.T("plan.bad_form")}
		return k.show(p.Head.Title, view.PlanEdit(p))
	}
	if err != nil {
		return err
	}
	estimated(k, &p, e, b)
	return k.show(p.Head.Title, view.PlanEdit(p))
}

func broadcastFields(k *call) (view.PlanForm, error) {
	p := view.PlanForm{Head: ui.Head{Title: k.T("plan.new"), Sub: k.T("plan.new_sub"), Back: "/broadcasts"}, Action: "/broadcasts", Ask: "/broadcasts/estimate", AskText: k.T("plan.estimate"), Do: k.T("plan.send")}
	chosen, err := k.groupNamed(k.form("g"))
	if err != nil {
		return p, err
	}
	groups, err := k.groupChoice(k.T("plan.every_group"), chosen)
	if err != nil {
		return p, err
	}
	tags, err := k.tagFilter(k.T("plan.every_tag"))
	if err != nil {
		return p, err
	}
	accounts, err := k.Desk.Accounts(k.ctx())
	if err != nil {
		return p, err
	}
	platforms := []ui.Option{{Text: k.T("plan.every_platform")}}
	seen := map[community.Platform]bool{}
	for _, a := range accounts {
		if !seen[a.Platform] {
			seen[a.Platform] = true
			platforms = append(platforms, ui.Option{Value: string(a.Platform), Text: string(a.Platform)})
		}
	}
	p.Groups = []view.PlanFields{{Title: k.T("plan.what"), Rows: []ui.Input{
		{Kind: "area", Name: "text", Label: k.T("plan.text"), Value: k.R.PostFormValue("text"), Required: true, Rows: 5, Max: plan.MaxText},
		{Kind: "text", Name: "link", Label: k.T("plan.add_link"), Value: k.R.PostFormValue("link"), Help: k.T("plan.add_link_help"), Max: plan.MaxLink},
		{Kind: "text", Name: "link_title", Label: k.T("plan.link_title"), Value: k.form("link_title"), Help: k.T("plan.link_title_help"), Max: plan.MaxLinkTitle},
		{Kind: "text", Name: "title", Label: k.T("plan.title"), Value: k.form("title"), Help: k.T("plan.title_help"), Max: plan.MaxTitle},
		{Kind: "text", Name: "start", Label: k.T("plan.start"), Value: k.form("start"), Help: k.T("plan.start_help")},
	}}, {Title: k.T("plan.whom"), Rows: []ui.Input{
		{Kind: "select", Name: "tag", Label: k.T("group.tag"), Value: k.form("tag"), Options: tags.Options},
		{Kind: "select", Name: "platform", Label: k.T("plan.platform"), Value: k.form("platform"), Options: platforms},
		{Kind: "select", Name: "g", Label: k.T("word.group"), Value: k.form("g"), Options: groups},
		{Kind: "text", Name: "force", Label: k.T("plan.force"), Value: k.form("force"), Help: k.T("plan.force_help")},
	}}}
	return p, nil
}

// estimateRows is how many groups an estimate lists.
const estimateRows = 100

func estimated(k *call, p *view.PlanForm, e plan.Estimate, b plan.Broadcast) {
	num := func(key string, n int) ui.Number {
		return ui.Number{Label: k.T("plan." + key), Value: k.Words.Number(int64(n))}
	}
	p.Stats = []ui.Number{num("targets", e.Groups), num("people", e.People), num("level_native", e.Levels[community.Native]), num("level_assisted", e.Levels[community.Assisted]), num("owners", e.Owners), num("level_human", e.Levels[community.Human]), num("will_block", e.Blocked)}
	p.Wait, p.Hint = false, k.T("plan.may_send")
	switch {
	case e.Groups == 0:
		p.Wait, p.Hint = true, k.T("plan.no_group")
	case !e.Ready() && b.Force == "":
		p.Wait, p.Hint = true, k.T("plan.links_refuse")
	}
	found := ui.Table{Label: k.T("plan.links"), Columns: []ui.Column{{Title: k.T("plan.link")}, {Title: k.T("plan.weight")}, {Title: k.T("plan.reason")}, {Title: k.T("plan.instead")}, {Title: k.T("plan.rule")}}}
	for _, f := range e.Findings {
		weight := ui.Pill("warning", "alert-circle", k.T("plan.warns"))
		if f.Refuse {
			weight = ui.Pill("danger", "x", k.T("plan.refuses"))
		}
		rule := f.Rule + " · " + f.Since
		if !f.Verified {
			rule += " · " + k.T("plan.unverified")
		}
		found.Rows = append(found.Rows, ui.Row{Cells: []templ.Component{ui.Two(f.Link, f.Found), weight, ui.Text(k.Words.Pick(f.Reason)), ui.Text(k.Words.Pick(f.Instead)), ui.Two(f.Source, rule)}})
	}
	if len(found.Rows) > 0 {
		p.Tables = append(p.Tables, view.PlanTable{Title: k.T("plan.links"), Note: k.T("plan.links_note"), Table: found})
	}
	rows := ui.Table{Label: k.T("plan.targets"), Columns: []ui.Column{{Title: k.T("word.group")}, {Title: k.T("plan.how")}, {Title: k.T("plan.people"), Num: true}, {Title: k.T("plan.verdict")}}}
	for _, r := range e.Rows[:min(len(e.Rows), estimateRows)] {
		says := ui.Pill("good", "circle-check", k.T("plan.goes"))
		if !r.Verdict.OK() {
			says = view.Stack(planPill(k, "blocked"), planWhy(k, r.Verdict.Reasons, r.Group.Zone))
		}
		rows.Rows = append(rows.Rows, ui.Row{Link: "/groups/" + r.Group.ID.String(), Cells: []templ.Component{ui.Two(r.Group.Name, string(r.Group.Platform)), ui.Two(k.T("plan.level_"+string(r.Level)), r.Owner), ui.Figure(int64(r.Facts.Members)), says}})
	}
	if len(rows.Rows) > 0 {
		p.Tables = append(p.Tables, view.PlanTable{Title: k.T("plan.targets"), Note: k.T("plan.shown", "num", len(rows.Rows), "all", e.Groups), Table: rows})
	}
}

// broadcastNew keeps the mass send of the form.
func (c *Console) broadcastNew(k *call) error {
	b, err := broadcastAsked(k)
	if err == nil {
		b, err = k.plans().NewBroadcast(k.ctx(), k.who(), b)
	}
	switch community.CodeOf(err) {
	case community.CodeNone:
		return k.ok("/broadcasts/"+b.ID.String(), k.T("plan.made", "title", b.Title))
	case community.CodeBadInput, community.CodeTooLarge, community.CodeRefused:
		return c.broadcastForm(k) // shows again what was written, with what is wrong
	}
	return err
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
	p := view.PlanPage{Head: ui.Head{Title: b.Title, Back: "/broadcasts"}, State: planPill(k, string(b.Now())), Means: k.T("plan.means_" + string(b.Now())), Text: b.Link.Whole(b.Text), Stats: countStats(k, b.Counts)}
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
