package console

import (
	"context"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/plan"
	"qunluo/internal/rights"
)

// Moments is what is posted on employees' pages (客户朋友圈), who confirmed it and who reacted.
type Moments interface {
	// Accounts lists the accounts that post moments now.
	Accounts(ctx context.Context) ([]community.Account, error)
	// List asks the platform for the moments of the last days, at most 30.
	List(ctx context.Context, a community.AccountKey, days int) ([]community.Moment, error)
	// Reactions tells who reacted to a moment, as far as it was read; "" = to any.
	Reactions(ctx context.Context, moment string, p community.Page) ([]community.MomentReaction, int, error)
	// Sums tells likes and comments of each moment that has any.
	Sums(ctx context.Context) (map[string][2]int64, error)
	// Post asks employees to publish a moment with pictures that were kept; "" while the platform still makes the tasks.
	// CodeRefused: the link check stops it.
	Post(ctx context.Context, user string, a community.AccountKey, order community.MomentOrder, pictures []community.ID, reason string) (string, error)
}

// momentRoutes are there where moments can be posted.
func (c *Console) momentRoutes() []route {
	if c.deps.Moments == nil {
		return nil
	}
	return []route{
		{pattern: "GET /moments", may: rights.Connect, serve: (*Console).momentList},
		{pattern: "GET /moments/{id}/new", may: rights.Connect, serve: (*Console).momentForm},
		{pattern: "POST /moments/{id}/new", may: rights.Connect, serve: (*Console).momentNew, upload: true},
		{pattern: "GET /moments/{id}/post", may: rights.Connect, serve: (*Console).momentPage},
	}
}

func (k *call) moments() Moments { return k.c.deps.Moments(k.User.Org) }

// momentDays is how far back the list of moments goes.
const momentDays = 30

// momentList shows 客户朋友圈 of every connection that has it, who reacted, and says what a personal 朋友圈 can tell.
func (c *Console) momentList(k *call) error {
	accounts, err := k.moments().Accounts(k.ctx())
	if err != nil {
		return err
	}
	sums, err := k.moments().Sums(k.ctx())
	if err != nil {
		return err
	}
	p := view.PlanPage{Head: ui.Head{Title: k.T("nav.moments"), Sub: k.T("moment.sub")}, Means: k.T("moment.personal")}
	for _, a := range accounts {
		p.Links = append(p.Links, ui.Option{Value: "/moments/" + a.ID.String() + "/new", Text: k.T("moment.new", "name", a.Name)})
		p.Tables = append(p.Tables, k.momentTable(a, sums))
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

// momentTable lists an account's moments; where the platform does not answer, its words stand in the table's place.
func (k *call) momentTable(a community.Account, sums map[string][2]int64) view.PlanTable {
	t := view.PlanTable{Title: k.T("moment.posts") + " · " + a.Name, Note: k.T("moment.posts_note")}
	list, err := k.moments().List(k.ctx(), a.Key, momentDays)
	if err != nil {
		t.Table = ui.Table{Empty: ui.Empty{Icon: "alert-triangle", Title: k.T("moment.not_told"), Text: choreFault(k, err)}}
		return t
	}
	t.Table = ui.Table{Label: k.T("moment.posts"), Columns: []ui.Column{{Title: k.T("moment.text")}, {Title: k.T("moment.when")}, {Title: k.T("moment.seen_by")}, {Title: k.T("moment.confirmed")}, {Title: k.T("moment.likes"), Num: true}, {Title: k.T("moment.comments"), Num: true}},
		Empty: ui.Empty{Icon: "eye", Title: k.T("moment.none"), Text: k.T("moment.none_text"), Button: k.T("moment.new", "name", a.Name), Link: "/moments/" + a.ID.String() + "/new"}}
	for _, m := range list {
		n := sums[m.ID]
		t.Table.Rows = append(t.Table.Rows, ui.Row{Link: "/moments/" + a.ID.String() + "/post?m=" + url.QueryEscape(m.ID), Cells: []templ.Component{
			ui.Two(momentCalled(k, m), momentHolds(k, m)), ui.Moment(m.At), ui.Text(momentSeen(k, m)), momentPill(k, m), ui.Figure(n[0]), ui.Figure(n[1])}})
	}
	return t
}

func momentCalled(k *call, m community.Moment) string {
	if text := gist(m.Text, 60); text != "" {
		return text
	}
	return k.T("moment.no_text")
}

// momentHolds says what goes with a moment's text.
func momentHolds(k *call, m community.Moment) string {
	switch {
	case m.Pictures > 0:
		return k.T("moment.pictures", "num", m.Pictures)
	case m.Link != "":
		return m.Link
	}
	return ""
}

func momentSeen(k *call, m community.Moment) string {
	if m.Partly {
		return k.T("moment.seen_some")
	}
	return k.T("moment.seen_all")
}

func momentPill(k *call, m community.Moment) templ.Component {
	n, all := m.Published(), len(m.Posts)
	switch {
	case m.Creator != "":
		return ui.Pill("good", "circle-check", k.T("moment.by_themselves"))
	case all > 0 && n == all:
		return ui.Pill("good", "circle-check", k.T("moment.all_confirmed", "num", n))
	}
	return ui.Pill("info", "clock", k.T("moment.some_confirmed", "num", n, "all", all))
}

// momentPage shows one moment: which employees confirmed it, which contacts reacted.
func (c *Console) momentPage(k *call) error {
	a, err := k.account()
	if err != nil {
		return err
	}
	id := k.query("m")
	p := view.PlanPage{Head: ui.Head{Title: k.T("moment.single"), Sub: a.Name, Back: "/moments"}, Means: k.T("moment.read_hourly")}
	list, err := k.moments().List(k.ctx(), a.Key, momentDays)
	if err != nil {
		p.Tables = append(p.Tables, view.PlanTable{Title: k.T("moment.employees"), Table: ui.Table{Empty: ui.Empty{Icon: "alert-triangle", Title: k.T("moment.not_told"), Text: choreFault(k, err)}}})
	}
	found := err != nil
	for _, m := range list {
		if m.ID == id {
			found = true
			k.momentShown(&p, a, m)
		}
	}
	if !found {
		return community.Errorf(community.CodeNotFound, "moment: not found among the last %d days", momentDays)
	}
	at := k.page(listLimit)
	who, total, err := k.moments().Reactions(k.ctx(), id, at)
	if err != nil {
		return err
	}
	t := ui.Table{Label: k.T("moment.contacts"), Columns: []ui.Column{{Title: k.T("short.person")}, {Title: k.T("moment.likes"), Num: true}, {Title: k.T("moment.comments"), Num: true}, {Title: k.T("short.last")}},
		Empty: ui.Empty{Icon: "users", Title: k.T("moment.no_contacts"), Text: k.T("moment.no_leads_text")}, Pager: k.pager(at, len(who), total)}
	for _, r := range who {
		t.Rows = append(t.Rows, ui.Row{Link: "/members/" + r.Member.ID.String(), Cells: []templ.Component{ui.Two(named(r.Member.Name, r.Member.External), k.platform(r.Member.Platform)), ui.Figure(r.Likes), ui.Figure(r.Comments), ui.Moment(r.Last)}})
	}
	p.Tables = append(p.Tables, view.PlanTable{Title: k.T("moment.contacts"), Note: k.T("moment.contacts_note"), Table: t})
	return k.show(p.Head.Title, view.PlanShow(p))
}

func (k *call) momentShown(p *view.PlanPage, a community.Account, m community.Moment) {
	p.State, p.Text = momentPill(k, m), m.Text
	if m.Link != "" {
		p.Text += "\n" + m.Link
	}
	sums, err := k.moments().Sums(k.ctx())
	if err == nil {
		n := sums[m.ID]
		p.Stats = []ui.Number{{Label: k.T("moment.confirmed"), Value: k.Words.Number(int64(m.Published())), Note: k.T("moment.of_all", "all", len(m.Posts))},
			{Label: k.T("moment.pictures_title"), Value: k.Words.Number(int64(m.Pictures))}, {Label: k.T("moment.seen_by"), Value: momentSeen(k, m)},
			{Label: k.T("moment.likes"), Value: k.Words.Number(n[0])}, {Label: k.T("moment.comments"), Value: k.Words.Number(n[1])}}
	}
	t := ui.Table{Label: k.T("moment.employees"), Columns: []ui.Column{{Title: k.T("moment.employee")}, {Title: k.T("moment.confirmed")}}, Empty: ui.Empty{Icon: "users", Title: k.T("moment.no_employees")}}
	for _, one := range m.Posts {
		state := ui.Pill("info", "clock", k.T("moment.waits"))
		if one.Published {
			state = ui.Pill("good", "circle-check", k.T("moment.is_published"))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Two(named(one.Name, one.Employee), one.Employee), state}})
	}
	p.Tables = append(p.Tables, view.PlanTable{Title: k.T("moment.employees"), Note: k.T("moment.employees_note"), Table: t})
	at := "/connections/" + a.ID.String() + "/chores/"
	ask := func(id, chore, icon string, danger bool, fields ...ui.Option) {
		p.Openers = append(p.Openers, ui.Opener{Target: id, Text: k.T("moment." + id), Icon: icon, Danger: danger})
		p.Asks = append(p.Asks, ui.Confirm{ID: id, Title: k.T("moment." + id), Object: momentCalled(k, m), Effect: k.T("moment." + id + "_effect"), Action: at + chore, Button: k.T("moment." + id), Danger: danger, Fields: fields})
	}
	ask("read_now", "moment.read", "refresh", false)
	if m.Published() < len(m.Posts) && m.Creator == "" {
		ask("stop", "moment.cancel", "x", true, ui.Option{Value: "moment", Text: m.ID})
	}
}

func (c *Console) momentForm(k *call) error {
	a, err := k.account()
	if err != nil {
		return err
	}
	return k.momentEdit(a, letter{})
}

// momentEdit shows the form of a moment as it was entered.
func (k *call) momentEdit(a community.Account, l letter) error {
	p := view.PlanForm{Multi: true, Head: ui.Head{Title: k.T("moment.new_title"), Sub: a.Name, Back: "/moments"}, Action: "/moments/" + a.ID.String() + "/new", Do: k.T("moment.do"), Hint: k.T("moment.do_hint"), Faults: l.faults,
		Groups: []view.PlanFields{{Title: k.T("moment.content"), Note: k.T("moment.content_note"), Files: pieceViews(k, "piece", l.pieces), Rows: []ui.Input{
			{Kind: "area", Name: "text", Label: k.T("moment.text"), Value: k.R.PostFormValue("text"), Rows: 5},
			{Kind: "file", Name: "files", Label: k.T("moment.add_pictures"), Help: k.T("moment.add_pictures_help"), Accept: "image/png,image/jpeg", Many: true},
			{Kind: "text", Name: "link", Label: k.T("moment.link"), Value: k.typed("link"), Help: k.T("moment.link_help"), Max: plan.MaxLink},
			{Kind: "text", Name: "link_title", Label: k.T("plan.link_title"), Value: k.typed("link_title"), Max: plan.MaxLinkTitle},
		}}, {Title: k.T("moment.scope"), Rows: []ui.Input{
			{Kind: "text", Name: "employees", Label: k.T("moment.employees_field"), Value: k.typed("employees"), Help: k.T("moment.employees_help"), Max: 4000},
			{Kind: "text", Name: "tags", Label: k.T("moment.tags_field"), Value: k.typed("tags"), Help: k.momentTags(a), Max: 2000},
			{Kind: "text", Name: "reason", Label: k.T("form.reason"), Value: k.typed("reason")},
		}}}}
	return k.show(p.Head.Title, view.PlanEdit(p))
}

// momentTags names the tags of contacts that there are, for who fills in the form.
func (k *call) momentTags(a community.Account) string {
	out, err := k.Hands.DoChore(k.ctx(), k.who(), a.Key, "tag.list", []byte(`{}`), "")
	if err != nil || len(out.Rows) == 0 {
		return k.T("moment.tags_help")
	}
	var names []string
	for _, row := range out.Rows[:min(len(out.Rows), 30)] {
		names = append(names, row[0])
	}
	return k.T("moment.tags_help") + " " + k.T("moment.tags_are", "list", strings.Join(names, k.T("list.comma")))
}

// momentNew asks the employees to publish what was entered.
func (c *Console) momentNew(k *call) error {
	l, err := k.letter()
	if err != nil {
		return err
	}
	a, err := k.account()
	if err != nil {
		return err
	}
	if len(l.faults) > 0 {
		return k.momentEdit(a, l)
	}
	order := community.MomentOrder{Text: k.typed("text"), Link: k.typed("link"), LinkTitle: k.typed("link_title"), Employees: listed(k.typed("employees")), Tags: listed(k.typed("tags"))}
	if order.Link != "" && order.LinkTitle == "" {
		order.LinkTitle = gist(order.Text, 20)
	}
	ids := make([]community.ID, len(l.pieces))
	for i, one := range l.pieces {
		ids[i] = one.File
	}
	id, err := k.moments().Post(k.ctx(), k.who(), a.Key, order, ids, k.form("reason"))
	switch {
	case err != nil:
		l.faults = []string{choreFault(k, err)}
		return k.momentEdit(a, l)
	case id == "":
		return k.ok("/moments", k.T("moment.making"))
	}
	return k.ok("/moments/"+a.ID.String()+"/post?m="+url.QueryEscape(id), k.T("moment.made"))
}

// listed cuts a list written with commas or lines; a name may hold blanks.
func listed(text string) []string {
	var out []string
	for _, one := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",，;；、\r\n", r) }) {
		if one = strings.TrimSpace(one); one != "" {
			out = append(out, one)
		}
	}
	return out
}
