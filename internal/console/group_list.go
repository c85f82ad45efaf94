package console

import (
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/rights"
)

var groupRoutes = []route{
	{pattern: "GET /groups", may: rights.SeeGroups, serve: (*Console).groupList},
	{pattern: "GET /groups.csv", may: rights.Export, and: rights.SeeGroups, serve: (*Console).groupSheet},
	{pattern: "GET /groups/{id}", may: rights.SeeGroups, serve: (*Console).groupPage},
	{pattern: "POST /groups/{id}/mode", may: rights.Publish, serve: (*Console).groupMode},
	{pattern: "POST /groups/{id}/freeze", may: rights.Freeze, serve: (*Console).groupFreeze},
	{pattern: "POST /groups/{id}/settings", may: rights.SetGroups, serve: (*Console).groupSettings},
	{pattern: "POST /groups/{id}/send", may: rights.Write, serve: (*Console).groupSend},
}

const listLimit = 50

func groupFilter(k *call) community.GroupFilter {
	return community.GroupFilter{Text: k.query("q"), Tag: k.query("tag"), Platform: community.Platform(k.query("platform")),
		Mode: community.Mode(k.query("mode")), Page: k.page(listLimit)}
}

// groupList shows the groups under care.
func (c *Console) groupList(k *call) error {
	f := groupFilter(k)
	rows, total, err := k.Desk.FindGroups(k.ctx(), f)
	if err != nil {
		return err
	}
	tags, err := k.tagFilter(k.T("list.any"))
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("nav.groups"), Sub: k.T("group.list_sub")}, Live: "message health"}
	if k.c.mounted("/groups/new", k) {
		p.Head.Actions = view.AddGroup()
	}
	p.Filters = ui.Filters{Action: "/groups", Fields: []ui.Filter{
		{Kind: "text", Name: "q", Label: k.T("group.text"), Value: f.Text},
		tags,
		{Kind: "select", Name: "platform", Label: k.T("group.platform"), Value: string(f.Platform), Options: k.platformChoice()},
		{Kind: "select", Name: "mode", Label: k.T("group.mode"), Value: string(f.Mode), Options: []ui.Option{
			{Text: k.T("list.any")}, {Value: string(community.Observe), Text: k.T("mode.observe")}, {Value: string(community.Live), Text: k.T("mode.live")}}},
	}}
	p.Table = groupTable(k, rows, f)
	if err := capColumn(k, rows, &p.Table); err != nil {
		return err
	}
	if err := goalColumn(k, rows, &p.Table); err != nil {
		return err
	}
	p.Table.Pager = k.pager(f.Page, len(rows), total)
	if f.Text+f.Tag+string(f.Platform)+string(f.Mode) != "" {
		p.Filters.Clear = "/groups"
		p.Table.Empty = ui.Empty{Icon: "filter", Title: k.T("list.none"), Text: k.T("list.none_text"), Button: k.T("list.clear"), Link: "/groups"}
	}
	k.export(p.Table.Pager, "/groups.csv")
	groupBar(k, &p)
	return k.show(p.Head.Title, view.ListPage(p))
}

// export offers the whole filtered list to those who may have it.
func (k *call) export(p *ui.Pager, path string) {
	if p == nil || !k.c.mounted(path, k) {
		return
	}
	p.Export = path
	if q := k.R.URL.RawQuery; q != "" {
		p.Export += "?" + q
	}
}

func (k *call) platformChoice() []ui.Option {
	out := []ui.Option{{Text: k.T("list.any")}}
	for _, p := range []community.Platform{"qq", "wechat", "wecom", "telegram", "discord", "lark", "dingtalk", "matrix", "kook", "irc", "gitter", "sim"} {
		out = append(out, ui.Option{Value: string(p), Text: k.platform(p)})
	}
	return out
}

func groupTable(k *call, rows []community.GroupRow, f community.GroupFilter) ui.Table {
	num := func(c ui.Column) ui.Column { c.Num = true; return c }
	hide := func(c ui.Column) ui.Column { c.Hide = true; return c }
	t := ui.Table{Label: k.T("nav.groups"), Columns: []ui.Column{
		k.column(k.T("group.name"), "name", f.Page), {Title: k.T("group.mode")},
		num(k.column(k.T("group.members"), "members", f.Page)), num(k.column(k.T("group.messages7"), "messages", f.Page)),
		num(hide(ui.Column{Title: k.T("group.speakers7")})), k.column(k.T("group.last"), "last", f.Page),
		hide(ui.Column{Title: k.T("group.tags")}), {Title: k.T("group.waiting")},
	}, Empty: ui.Empty{Icon: "users-group", Title: k.T("group.none"), Text: k.T("group.none_text")}}
	if k.c.mounted("/connections", k) {
		t.Empty.Button, t.Empty.Link = k.T("connection.add"), "/connections"
	}
	for _, g := range rows {
		under := k.platform(g.Platform)
		if g.ParentName != "" {
			under += " · " + k.T("group.sub_of", "name", g.ParentName)
		}
		t.Rows = append(t.Rows, ui.Row{ID: g.ID.String(), Link: "/groups/" + g.ID.String(), Cells: []templ.Component{
			ui.Two(g.Name, under), modePill(k, g), ui.Figure(int64(g.Members)), ui.Figure(g.Messages7), ui.Figure(g.Speakers7),
			ui.When(g.LastAt), view.Chips(g.Tags), view.Waiting(g.OpenTasks, g.OpenReview, g.ID.String())}})
	}
	return t
}

// modePill says whether a group's rules act.
func modePill(k *call, g community.GroupRow) templ.Component {
	switch {
	case g.Frozen:
		return ui.Pill("info", "snowflake", k.T("mode.frozen"))
	case g.Mode == community.Live:
		return ui.Pill("good", "shield-check", k.T("mode.live"))
	}
	return ui.Pill("warning", "eye", k.T("mode.observe"))
}

// groupSheet is the filtered list as a file.
func (c *Console) groupSheet(k *call) error {
	f := groupFilter(k)
	f.Page.Limit, f.Page.Offset = 200, 0
	head := []string{"id", k.T("group.name"), k.T("group.platform"), k.T("group.external"), k.T("group.mode"), k.T("group.members"), k.T("group.messages7"), k.T("group.speakers7"), k.T("group.last"), k.T("group.tags")}
	return k.sheet("groups", head, func() ([][]string, error) {
		if f.Page.Offset > community.CountCap {
			return nil, nil
		}
		rows, _, err := k.Desk.FindGroups(k.ctx(), f)
		f.Page.Offset += 200
		var out [][]string
		for _, g := range rows {
			out = append(out, []string{g.ID.String(), g.Name, string(g.Platform), g.External, string(g.Mode), strconv.Itoa(g.Members),
				strconv.FormatInt(g.Messages7, 10), strconv.FormatInt(g.Speakers7, 10), moment(g.LastAt, g), strings.Join(g.Tags, " ")})
		}
		return out, err
	})
}

// tagsOf reads tags as people write them: separated by spaces or commas of either width.
func tagsOf(text string) []string {
	tags := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,，、;；\t\n", r) })
	var out []string
	for _, t := range tags {
		if !slices.Contains(out, t) {
			out = append(out, short(t, 30))
		}
	}
	return out[:min(len(out), 20)]
}
