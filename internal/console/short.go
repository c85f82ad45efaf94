package console

import (
	"context"
	"time"

	"github.com/a-h/templ"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/rights"
)

// Shorts is what the pages of short links ask and change, and what a member did besides speaking.
type Shorts interface {
	Find(ctx context.Context, p community.Page) ([]admit.Short, int, error)
	ByID(ctx context.Context, id community.ID) (admit.Short, error)
	// New makes one. CodeRefused: the link check does not let the target pass.
	New(ctx context.Context, user string, l admit.Short, reason string) (admit.Short, error)
	// Close ends one, or opens it again. CodeConflict: it is that already.
	Close(ctx context.Context, user string, id community.ID, closed bool, reason string) error
	Days(ctx context.Context, id community.ID, days int) ([]admit.ShortDay, error)
	Readers(ctx context.Context, id community.ID, p community.Page) ([]admit.Reading, int, error)
	// For gives the path that is one person's own.
	For(ctx context.Context, id, member community.ID) (string, error)
	Trail(ctx context.Context, m community.MemberKey) ([]community.Event, error)
	ReadBy(ctx context.Context, m community.MemberKey) ([]admit.Reading, error)
	// Leads lists who reacted to moments, the latest first.
	Leads(ctx context.Context, p community.Page) ([]admit.Lead, int, error)
}

// shortRoutes are there where there are short links.
func (c *Console) shortRoutes() []route {
	if c.deps.Shorts == nil {
		return nil
	}
	return []route{
		{pattern: "GET /shorts", may: rights.SeeContent, serve: (*Console).shortList},
		{pattern: "GET /shorts/new", may: rights.Write, serve: (*Console).shortForm},
		{pattern: "POST /shorts", may: rights.Write, serve: (*Console).shortNew},
		{pattern: "GET /shorts/{id}", may: rights.SeeContent, serve: (*Console).shortPage},
		{pattern: "POST /shorts/{id}/for", may: rights.Write, serve: (*Console).shortOwn},
		{pattern: "POST /shorts/{id}/close", may: rights.Write, serve: (*Console).shortClose},
	}
}

func (k *call) shorts() Shorts { return k.c.deps.Shorts(k.User.Org, k.groups) }

// at is a path as people outside reach it.
func (k *call) at(path string) string {
	if base := k.c.deps.PublicURL; base != "" {
		return base + path
	}
	return path
}

// shortList shows the short links.
func (c *Console) shortList(k *call) error {
	at := k.page(listLimit)
	list, total, err := k.shorts().Find(k.ctx(), at)
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("nav.shorts"), Sub: k.T("short.sub"), Actions: view.PlanNew("/shorts/new", k.T("short.new"))}}
	p.Table = ui.Table{Label: k.T("nav.shorts"), Columns: []ui.Column{{Title: k.T("short.title")}, {Title: k.T("short.for")}, {Title: k.T("short.address")}, {Title: k.T("short.people"), Num: true}, {Title: k.T("short.unknown"), Num: true}, {Title: k.T("short.created")}},
		Empty: ui.Empty{Icon: "link", Title: k.T("short.none"), Text: k.T("short.none_text"), Button: k.T("short.new"), Link: "/shorts/new"}, Pager: k.pager(at, len(list), total)}
	for _, l := range list {
		name := l.Title
		if l.Closed != 0 {
			name += " · " + k.T("short.is_closed")
		}
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/shorts/" + l.ID.String(), Cells: []templ.Component{ui.Two(name, short(l.Target, 60)), ui.Text(k.T("short.for_" + l.For)), ui.Text(k.at("/l/" + l.Slug)),
			ui.Figure(l.People), ui.Figure(l.Unknown), ui.Moment(l.Created)}})
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

func (c *Console) shortForm(k *call) error {
	return k.shortEdit(admit.Short{For: admit.ForArticle}, nil)
}

func (k *call) shortEdit(l admit.Short, faults []string) error {
	var fors []ui.Option
	for _, f := range admit.ShortFors {
		fors = append(fors, ui.Option{Value: f, Text: k.T("short.for_" + f)})
	}
	p := view.PlanForm{Head: ui.Head{Title: k.T("short.new"), Sub: k.T("short.new_sub"), Back: "/shorts"}, Action: "/shorts", Do: k.T("short.make"), Faults: faults,
		Groups: []view.PlanFields{{Title: k.T("short.what"), Rows: []ui.Input{
			{Kind: "text", Name: "target", Label: k.T("short.target"), Value: l.Target, Help: k.T("short.target_help"), Required: true, Max: 1000},
			{Kind: "text", Name: "title", Label: k.T("short.title"), Value: l.Title, Help: k.T("short.title_help"), Required: true, Max: admit.MaxName},
			{Kind: "select", Name: "for", Label: k.T("short.for"), Value: l.For, Options: fors, Help: k.T("short.for_help")}}}}}
	return k.show(p.Head.Title, view.PlanEdit(p))
}

// shortNew makes one.
func (c *Console) shortNew(k *call) error {
	l := admit.Short{Title: k.form("title"), Target: k.R.PostFormValue("target"), For: k.form("for")}
	made, err := k.shorts().New(k.ctx(), k.who(), l, k.form("reason"))
	switch community.CodeOf(err) {
	case community.CodeNone:
		return k.ok("/shorts/"+made.ID.String(), k.T("short.made", "title", made.Title))
	case community.CodeBadInput:
		return k.shortEdit(l, []string{k.T("short.bad")})
	case community.CodeRefused:
		return k.shortEdit(l, []string{k.T("short.refused")})
	}
	return err
}

// shortDays is how many days a short link's page counts.
const shortDays = 14

// shortPage shows one: who opened it, and how often it was opened by day.
func (c *Console) shortPage(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	l, err := k.shorts().ByID(k.ctx(), id)
	if err != nil {
		return err
	}
	days, err := k.shorts().Days(k.ctx(), id, shortDays)
	if err != nil {
		return err
	}
	at := k.page(listLimit)
	readers, total, err := k.shorts().Readers(k.ctx(), id, at)
	if err != nil {
		return err
	}
	here := "/shorts/" + id.String()
	p := view.PlanPage{Head: ui.Head{Title: l.Title, Back: "/shorts"}, State: ui.Pill("good", "circle-check", k.T("short.in_use")), Means: k.at("/l/" + l.Slug), Text: l.Target}
	ask := ui.Confirm{ID: "close", Title: k.T("short.close"), Object: l.Title, Effect: k.T("short.close_effect"), Action: here + "/close", Button: k.T("short.close"), Danger: true, Reason: k.T("form.reason"), Fields: []ui.Option{{Value: "closed", Text: "1"}}}
	if l.Closed != 0 {
		p.State = ui.Pill("", "x", k.T("short.is_closed"))
		ask = ui.Confirm{ID: "close", Title: k.T("short.open"), Object: l.Title, Effect: k.T("short.open_effect"), Action: here + "/close", Button: k.T("short.open"), Reason: k.T("form.reason")}
	}
	own := ui.Confirm{ID: "own", Title: k.T("short.own"), Object: l.Title, Effect: k.T("short.own_effect"), Action: here + "/for", Button: k.T("short.own"), Inputs: []ui.Input{{Kind: "text", Name: "member", Label: k.T("short.member"), Help: k.T("short.member_help"), Required: true}}}
	p.Asks = []ui.Confirm{ask, own}
	p.Openers = []ui.Opener{{Target: "own", Text: own.Title, Icon: "user-check"}, {Target: "close", Text: ask.Title, Icon: "x", Danger: ask.Danger}}
	num := func(key string, n int64) ui.Number {
		return ui.Number{Label: k.T("short." + key), Value: k.Words.Number(n), Note: k.T("short." + key + "_note")}
	}
	p.Stats = []ui.Number{num("people", l.People), num("made_for", l.Made), num("known", l.Known), num("unknown", l.Unknown)}
	p.Tables = []view.PlanTable{{Title: k.T("short.readers"), Note: k.T("short.note_" + l.For), Table: readerTable(k, readers, total, at)}, {Title: k.T("short.by_day", "num", shortDays), Table: shortDayTable(k, days)}}
	return k.show(l.Title, view.PlanShow(p))
}

func readerTable(k *call, list []admit.Reading, total int, at community.Page) ui.Table {
	t := ui.Table{Label: k.T("short.readers"), Columns: []ui.Column{{Title: k.T("short.person")}, {Title: k.T("short.known"), Num: true}, {Title: k.T("short.first")}, {Title: k.T("short.last")}, {Title: k.T("short.address")}},
		Empty: ui.Empty{Icon: "users", Title: k.T("short.no_readers"), Text: k.T("short.no_readers_text")}, Pager: k.pager(at, len(list), total)}
	for _, r := range list {
		t.Rows = append(t.Rows, ui.Row{Link: "/members/" + r.Member.ID.String(), Cells: []templ.Component{ui.Two(named(r.Member.Name, r.Member.External), k.platform(r.Member.Platform)), ui.Figure(r.Opens), momentOrDash(r.First), momentOrDash(r.Last), ui.Text(shorten(r.Token, 6))}})
	}
	return t
}

func momentOrDash(at int64) templ.Component {
	if at == 0 {
		return ui.Text("–")
	}
	return ui.Moment(at)
}

func shortDayTable(k *call, days []admit.ShortDay) ui.Table {
	t := ui.Table{Label: k.T("short.by_day", "num", shortDays), Columns: []ui.Column{{Title: k.T("short.day")}, {Title: k.T("short.known"), Num: true}, {Title: k.T("short.unknown"), Num: true}},
		Empty: ui.Empty{Icon: "activity", Title: k.T("short.no_days"), Text: k.T("short.no_days_text")}}
	for i := len(days) - 1; i >= 0; i-- {
		d := days[i]
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(time.Unix(d.Day*86400, 0).UTC().Format(time.DateOnly)), ui.Figure(d.Known), ui.Figure(d.Unknown)}})
	}
	return t
}

// shortOwn makes the address of one person.
func (c *Console) shortOwn(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	to := "/shorts/" + id.String()
	member, err := community.ParseID(k.form("member"))
	if err != nil {
		return k.done(to, "danger", k.T("short.bad_member"), community.ID{})
	}
	path, err := k.shorts().For(k.ctx(), id, member)
	if err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("short.own_done", "at", k.at(path)))
}

// shortClose ends one, or opens it again.
func (c *Console) shortClose(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	to := "/shorts/" + id.String()
	if err := k.shorts().Close(k.ctx(), k.who(), id, k.form("closed") == "1", k.form("reason")); err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("plan.moved"))
}

// memberTrail lists what a member did besides speaking, and what they read by their own addresses.
func memberTrail(k *call, p *view.MemberPage, m community.Member) error {
	if k.c.deps.Shorts == nil {
		return nil
	}
	trail, err := k.shorts().Trail(k.ctx(), m.Key)
	if err != nil {
		return err
	}
	read, err := k.shorts().ReadBy(k.ctx(), m.Key)
	if err != nil {
		return err
	}
	t := ui.Table{Label: k.T("short.trail"), Columns: []ui.Column{{Title: k.T("short.when")}, {Title: k.T("short.did")}, {Title: k.T("short.detail")}}, Empty: ui.Empty{Icon: "history", Title: k.T("short.no_trail"), Text: k.T("short.no_trail_text")}}
	for _, ev := range trail {
		detail := ev.Body.State
		if detail == "" {
			detail = ev.Body.Text
		}
		key := "short.did_" + map[community.Type]string{community.FollowerAdded: "followed", community.FollowerRemoved: "left", community.Scanned: "scanned", community.MenuClicked: "clicked", community.ReactionAdded: "reacted"}[ev.Type]
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Moment(ev.OccurredAt), ui.Text(k.T(key)), ui.Text(detail)}})
	}
	for _, r := range read {
		t.Rows = append(t.Rows, ui.Row{Link: "/shorts/" + r.Short.String(), Cells: []templ.Component{ui.Moment(r.Last), ui.Text(k.T("short.did_read", "num", r.Opens)), ui.Text(r.Title)}})
	}
	p.Trail = &t
	return nil
}
