package console

import (
	"context"
	"crypto/rand"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/rights"
	"qunluo/internal/table"
)

// Tables is what the pages of shared tables (资料表) and of the register of documents kept elsewhere ask and change. CodeConflict: somebody was there first; CodeBadInput and CodeTooLarge come
// with a sentence for people.
type Tables interface {
	List(ctx context.Context, g community.GroupKey, closed bool, page community.Page) ([]table.Table, int, error)
	ByID(ctx context.Context, id community.ID) (table.Table, error)
	// Rows gives a table with all its rows; every edit up to its Head is in them.
	Rows(ctx context.Context, id community.ID) (table.Table, []table.Row, error)
	// Row gives one row with its history, of one column ("" = of all).
	Row(ctx context.Context, id community.ID, no int64, column string) (table.Table, table.Row, []table.Edit, error)
	// Add keeps a new table; with a file (CSV, XLSX or pasted) its columns and rows are of that.
	Add(ctx context.Context, user string, v table.Table, name string, file []byte) (table.Table, table.Brought, error)
	Set(ctx context.Context, user string, id community.ID, seen int64, want table.Table, reason string) (table.Table, error)
	Close(ctx context.Context, user string, id community.ID, on bool, reason string) (table.Table, error)
	Relink(ctx context.Context, user string, id community.ID, reason string) (table.Table, error)
	// Edit decides on edits and keeps them: each comes back with what became of it and with its row as it stands then.
	Edit(ctx context.Context, user string, id community.ID, list []table.Edit) ([]table.Edit, []table.Row, error)
	Bring(ctx context.Context, user string, id community.ID, key, name string, file []byte) (int, table.Brought, error)
	Write(ctx context.Context, id community.ID, form string, v table.View, w io.Writer) error
	Edits(ctx context.Context, v table.Table, after int64, limit int) ([]table.Edit, error)
	// News gives a signal whenever a table changed, until ctx ends.
	News(ctx context.Context, v table.Table) <-chan struct{}
	// Writers says what those who edited are called.
	Writers(ctx context.Context, list []table.Edit) (map[string]string, error)
	// Link is where a member sees or edits a table; 0 = where everybody does.
	Link(ctx context.Context, id community.ID, m community.MemberKey) (string, error)
	Docs(ctx context.Context, g community.GroupKey, due bool, page community.Page) (list []table.Doc, total int, today int64, err error)
	Doc(ctx context.Context, id community.ID) (table.Doc, error)
	SaveDoc(ctx context.Context, user string, d table.Doc, reason string) (table.Doc, error)
	ReviewDoc(ctx context.Context, user string, id community.ID, note string) (table.Doc, error)
	DropDoc(ctx context.Context, user string, id community.ID, reason string) error
}

// tableRoutes are there where shared tables are kept.
func (c *Console) tableRoutes() []route {
	if c.deps.Tables == nil {
		return nil
	}
	return []route{
		{pattern: "GET /tables", may: rights.SeeContent, serve: (*Console).tableList},
		{pattern: "GET /tables/new", may: rights.Write, serve: (*Console).tableNew},
		{pattern: "POST /tables", may: rights.Write, serve: (*Console).tableAdd},
		{pattern: "GET /tables/from", may: rights.Write, serve: (*Console).tableFrom},
		{pattern: "POST /tables/from", may: rights.Write, serve: (*Console).tableFromFile, upload: true},
		{pattern: "GET /documents", may: rights.SeeContent, serve: (*Console).docList},
		{pattern: "POST /documents", may: rights.Write, serve: (*Console).docSave},
		{pattern: "POST /documents/{id}", may: rights.Write, serve: (*Console).docSave},
		{pattern: "POST /documents/{id}/review", may: rights.Write, serve: (*Console).docReview},
		{pattern: "POST /documents/{id}/drop", may: rights.Write, serve: (*Console).docDrop},
		{pattern: "GET /tables/{id}", may: rights.SeeContent, serve: (*Console).tablePage},
		{pattern: "GET /tables/{id}/live", may: rights.SeeContent, serve: (*Console).tableLive},
		{pattern: "GET /tables/{id}/rows", may: rights.SeeContent, serve: (*Console).tableRowsJSON},
		{pattern: "POST /tables/{id}/edit", may: rights.Write, serve: (*Console).tableEdit},
		{pattern: "GET /tables/{id}/add", may: rights.Write, serve: (*Console).tableRowForm},
		{pattern: "POST /tables/{id}/add", may: rights.Write, serve: (*Console).tableRowAdd},
		{pattern: "GET /tables/{id}/rows/{no}", may: rights.SeeContent, serve: (*Console).tableRowPage},
		{pattern: "POST /tables/{id}/rows/{no}", may: rights.Write, serve: (*Console).tableRowSave},
		{pattern: "POST /tables/{id}/rows/{no}/remove", may: rights.Write, serve: tableRowStep(table.Remove, "table.removed")},
		{pattern: "POST /tables/{id}/rows/{no}/restore", may: rights.Write, serve: tableRowStep(table.Restore, "table.restored")},
		{pattern: "POST /tables/{id}/rows/{no}/back", may: rights.Write, serve: tableRowStep(table.Set, "table.put_back")},
		{pattern: "GET /tables/{id}/import", may: rights.Write, serve: (*Console).tableImport},
		{pattern: "POST /tables/{id}/import", may: rights.Write, serve: (*Console).tableImportFile, upload: true},
		{pattern: "GET /tables/{id}/file", may: rights.Export, and: rights.SeeContent, serve: (*Console).tableFile},
		{pattern: "GET /tables/{id}/settings", may: rights.Write, serve: (*Console).tableSettings},
		{pattern: "POST /tables/{id}/settings", may: rights.Write, serve: (*Console).tableSet},
		{pattern: "GET /tables/{id}/links", may: rights.Write, serve: (*Console).tableLinks},
		{pattern: "POST /tables/{id}/relink", may: rights.Write, serve: step("/tables", nil, func(k *call, id community.ID) (string, error) {
			_, err := k.tables().Relink(k.ctx(), k.who(), id, k.form("reason"))
			return k.T("table.relinked"), err
		})},
		{pattern: "POST /tables/{id}/close", may: rights.Write, serve: step("/tables", nil, func(k *call, id community.ID) (string, error) {
			_, err := k.tables().Close(k.ctx(), k.who(), id, true, k.form("reason"))
			return k.T("table.closed"), err
		})},
		{pattern: "POST /tables/{id}/reopen", may: rights.Write, serve: step("/tables", nil, func(k *call, id community.ID) (string, error) {
			_, err := k.tables().Close(k.ctx(), k.who(), id, false, k.form("reason"))
			return k.T("table.reopened"), err
		})},
	}
}

func (k *call) tables() Tables { return k.c.deps.Tables(k.User.Org, k.groups) }

// tableTabs leads between tables and the register.
func (k *call) tableTabs(here string) []ui.Tab {
	return []ui.Tab{{Text: k.T("table.tab_tables"), Link: "/tables", Here: here == "tables"}, {Text: k.T("table.tab_docs"), Link: "/documents", Here: here == "docs"}, {Text: k.T("table.tab_closed"), Link: "/tables?closed=1", Here: here == "closed"}}
}

func (k *call) accessPill(a table.Access) templ.Component {
	look := map[table.Access][2]string{table.StaffOnly: {"", "lock"}, table.MembersSee: {"info", "eye"}, table.MembersEdit: {"warning", "edit"}}[a]
	return ui.Pill(look[0], look[1], k.T("table.access_"+string(a)))
}

// tableOwner is the group that something belongs to, or the whole organisation.
func (k *call) tableOwner(name string) templ.Component {
	if name == "" {
		return view.Quiet(k.T("table.whole"))
	}
	return ui.Name(name)
}

// tableList lists tables.
func (c *Console) tableList(k *call) error {
	g, err := k.groupNamed(k.query("g"))
	if err != nil {
		return err
	}
	closed := k.query("closed") == "1"
	at := k.page(listLimit)
	list, total, err := k.tables().List(k.ctx(), g.Key, closed, at)
	if err != nil {
		return err
	}
	choice, err := k.groupChoice(k.T("list.any"), g)
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("nav.tables"), Sub: k.T("table.sub")}, Tabs: k.tableTabs(map[bool]string{false: "tables", true: "closed"}[closed]),
		Filters: ui.Filters{Action: "/tables", Fields: []ui.Filter{{Kind: "select", Name: "g", Label: k.T("word.group"), Value: k.query("g"), Options: choice}}}}
	if closed {
		p.Filters.Keep = []ui.Option{{Value: "closed", Text: "1"}}
	}
	if k.may(rights.Write) {
		p.Head.Actions = view.PlanTop("/tables/new", k.T("table.new"), ui.Option{Value: "/tables/from", Text: k.T("table.from")})
	}
	p.Table = ui.Table{Label: k.T("nav.tables"), Columns: []ui.Column{{Title: k.T("table.title")}, {Title: k.T("word.group")}, {Title: k.T("table.rows"), Num: true}, {Title: k.T("table.access")}, {Title: k.T("table.updated")}},
		Empty: ui.Empty{Icon: "list-check", Title: k.T("table.none"), Text: k.T("table.none_text")}, Pager: k.pager(at, len(list), total)}
	for _, t := range list {
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/tables/" + t.ID.String(), Cells: []templ.Component{ui.Name(t.Title), k.tableOwner(t.GroupName), ui.Figure(int64(t.Rows)), k.accessPill(t.Access), ui.Moment(t.Updated)}})
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

// tableView reads from the address how somebody wants to see a table.
func (k *call) tableView() table.View {
	v := table.View{Text: k.query("q"), Sort: k.query("sort"), Desc: k.query("dir") == "desc", Gone: k.query("gone") == "1"}
	if k.query("fc") != "" && k.query("fw") != "" {
		v.Filters = []table.Filter{{Column: k.query("fc"), Way: k.query("fw"), Value: k.query("fv")}}
	}
	return v
}

// gridRows is how many rows a page of a table shows.
const gridRows = 100

// tablePage shows a table as a grid: by keys with script, by forms without.
func (c *Console) tablePage(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	t, rows, err := k.tables().Rows(k.ctx(), id)
	if err != nil {
		return err
	}
	home, v := "/tables/"+id.String(), k.tableView()
	list := t.Arrange(rows, v)
	at := k.page(gridRows)
	from := min(at.Offset, len(list))
	part := list[from:min(len(list), from+at.Limit)]
	sub := t.GroupName
	if sub == "" {
		sub = k.T("table.whole")
	}
	p := view.TablePage{Head: ui.Head{Title: t.Title, Sub: sub, Back: "/tables"}, Note: t.Note, Access: k.accessPill(t.Access), Home: home, After: strconv.FormatInt(t.Head, 10), Live: t.Closed == 0, Count: k.T("table.count", "num", len(list), "all", t.Rows)}
	p.Writes = k.may(rights.Write) && t.Closed == 0
	p.Edits = p.Writes && !v.Gone
	if p.Edits {
		p.Hint = k.T("table.keys")
	}
	if t.Closed != 0 {
		p.Count += " · " + k.T("table.is_closed")
	}
	k.tableActs(&p, t, v)
	cols := t.Shown()
	p.Filters = k.tableFilters(cols, home)
	p.Table = ui.Table{Label: t.Title, Columns: []ui.Column{{Title: k.T("table.row")}}, Pager: k.pager(at, len(part), len(list)), Empty: ui.Empty{Icon: "list-check", Title: k.T("table.empty"), Text: k.T("table.empty_text")}}
	if v.Text != "" || len(v.Filters) > 0 {
		p.Table.Empty = ui.Empty{Icon: "filter", Title: k.T("list.none"), Text: k.T("list.none_text"), Button: k.T("list.clear"), Link: home}
	} else if p.Edits {
		p.Table.Empty.Button, p.Table.Empty.Link = k.T("table.add_row"), home+"/add"
	}
	for _, col := range cols {
		p.Table.Columns = append(p.Table.Columns, k.column(ui.Visible(col.Name), col.ID, at))
		p.Columns = append(p.Columns, view.TableColumn{ID: col.ID, Name: ui.Visible(col.Name), Kind: string(col.Kind), Options: strings.Join(col.Options, "\n"), Needed: col.Needed})
	}
	for n, row := range part {
		no := strconv.FormatInt(row.No, 10)
		line := ui.Row{Link: home + "/rows/" + no, Cells: []templ.Component{ui.Text(strconv.Itoa(from + n + 1))}}
		for _, col := range cols {
			cell := row.Cells[col.ID]
			line.Cells = append(line.Cells, view.Cell(view.TableCell{Row: no, Column: col.ID, Rev: strconv.FormatInt(cell.Rev, 10), Value: cell.Value, Text: k.cellText(col, cell.Value), Link: linkOf(col, cell.Value), Label: ui.Visible(col.Name)}))
		}
		p.Table.Rows = append(p.Table.Rows, line)
	}
	return k.show(p.Head.Title, view.TableGrid(p))
}

func linkOf(c table.Column, v string) string {
	if c.Kind == table.Link {
		return v
	}
	return ""
}

// cellClip is how much of a cell a grid shows, in characters.
const cellClip = 80

func (k *call) cellText(c table.Column, v string) string {
	if c.Kind == table.Check && v == "1" {
		return "✓"
	}
	if r := []rune(v); len(r) > cellClip {
		return string(r[:cellClip]) + "…"
	}
	return v
}

// tableActs are what can be done with a table.
func (k *call) tableActs(p *view.TablePage, t table.Table, v table.View) {
	home := p.Home
	if p.Edits {
		p.Links = append(p.Links, [3]string{home + "/add", "plus", k.T("table.add_row")}, [3]string{home + "/import", "file-import", k.T("table.import")})
	}
	if k.may(rights.Export) {
		q := k.R.URL.Query()
		q.Del("p")
		at := func(form string) string {
			q.Set("form", form)
			return home + "/file?" + q.Encode()
		}
		p.Links = append(p.Links, [3]string{at("xlsx"), "download", "XLSX"}, [3]string{at("csv"), "download", "CSV"})
	}
	gone := [3]string{k.here("gone", "1"), "trash", k.T("table.see_gone")}
	if v.Gone {
		gone = [3]string{home, "arrow-left", k.T("table.see_there")}
	}
	p.Links = append(p.Links, gone)
	if p.Writes {
		if t.Access != table.StaffOnly {
			p.Links = append(p.Links, [3]string{home + "/links", "link", k.T("table.links")})
		}
		p.Links = append(p.Links, [3]string{home + "/settings", "settings", k.T("table.settings")})
	}
	if !k.may(rights.Write) {
		return
	}
	verb, icon := "close", "x"
	if t.Closed != 0 {
		verb, icon = "reopen", "refresh"
	}
	p.Openers = []ui.Opener{{Target: verb, Text: k.T("table." + verb), Icon: icon, Danger: t.Closed == 0}}
	p.Asks = []ui.Confirm{{ID: verb, Title: k.T("table." + verb), Object: t.Title, Effect: k.T("table." + verb + "_effect"), Action: home + "/" + verb, Button: k.T("table." + verb), Reason: k.T("form.reason"), Danger: t.Closed == 0}}
}

func (k *call) tableFilters(cols []table.Column, home string) ui.Filters {
	columns, ways := []ui.Option{{Text: k.T("list.any")}}, []ui.Option{}
	for _, c := range cols {
		columns = append(columns, ui.Option{Value: c.ID, Text: ui.Visible(c.Name)})
	}
	for _, w := range table.Ways() {
		ways = append(ways, ui.Option{Value: w, Text: k.T("table.way_" + w)})
	}
	f := ui.Filters{Action: home, Fields: []ui.Filter{{Kind: "text", Name: "q", Label: k.T("table.find"), Value: k.query("q")}, {Kind: "select", Name: "fc", Label: k.T("table.column"), Value: k.query("fc"), Options: columns},
		{Kind: "select", Name: "fw", Label: k.T("table.way"), Value: k.query("fw"), Options: ways}, {Kind: "text", Name: "fv", Label: k.T("table.value"), Value: k.query("fv")}},
		Keep: []ui.Option{{Value: "sort", Text: k.query("sort")}, {Value: "dir", Text: k.query("dir")}, {Value: "gone", Text: k.query("gone")}}}
	if k.query("q") != "" || k.query("fc") != "" {
		f.Clear = home
	}
	return f
}

// tableGroup reads the group of a form; where nobody was named it is the whole organisation's.
func (k *call) tableGroup(text string) (community.GroupRow, error) {
	return k.groupNamed(strings.TrimSpace(text))
}

// newColumns is how many columns a new table offers, and how many more its settings.
const (
	newColumns  = 6
	moreColumns = 3
)

// columnFields are the fields of one column.
func (k *call) columnFields(n int, c table.Column, fresh bool) view.PlanFields {
	at := "c" + strconv.Itoa(n) + "_"
	var kinds []ui.Option
	for _, kind := range table.Kinds() {
		kinds = append(kinds, ui.Option{Value: string(kind), Text: k.T("table.kind_" + string(kind))})
	}
	f := view.PlanFields{Title: k.T("table.column_no", "no", n+1), Rows: []ui.Input{{Kind: "text", Name: at + "name", Label: k.T("table.column_name"), Value: c.Name, Max: table.MaxName},
		{Kind: "select", Name: at + "kind", Label: k.T("table.kind"), Value: string(c.Kind), Options: kinds}, {Kind: "area", Name: at + "options", Label: k.T("table.options"), Help: k.T("table.options_help"), Value: strings.Join(c.Options, "\n"), Rows: 2}, {Kind: "check", Name: at + "needed", Label: k.T("table.needed"), Value: ticked(c.Needed)}}}
	if !fresh {
		f.Rows = append(f.Rows, ui.Input{Kind: "check", Name: at + "gone", Label: k.T("table.take_out"), Value: ticked(c.Gone)})
	}
	f.Rows = append(f.Rows, ui.Input{Kind: "hidden", Name: at + "id", Value: c.ID})
	return f
}

// readColumns reads the columns of a form; those without a name are none.
func (k *call) readColumns() []table.Column {
	var out []table.Column
	for n := range table.MaxColumns {
		at := "c" + strconv.Itoa(n) + "_"
		c := table.Column{ID: k.form(at + "id"), Name: k.form(at + "name"), Kind: table.Kind(k.form(at + "kind")), Needed: k.form(at+"needed") != ""}
		if c.Name == "" || k.form(at+"gone") != "" {
			continue
		}
		if c.Kind == table.Choice {
			c.Options = strings.Split(k.typed(at+"options"), "\n")
		}
		out = append(out, c)
	}
	return out
}

// tableHead are the fields of a table but its columns.
func (k *call) tableHead(t table.Table, group string, fresh bool) (view.PlanFields, error) {
	var access []ui.Option
	for _, a := range []table.Access{table.StaffOnly, table.MembersSee, table.MembersEdit} {
		access = append(access, ui.Option{Value: string(a), Text: k.T("table.access_" + string(a))})
	}
	f := view.PlanFields{Title: k.T("table.about"), Rows: []ui.Input{{Kind: "text", Name: "title", Label: k.T("table.title"), Value: t.Title, Required: true, Max: table.MaxTitle}}}
	if fresh {
		chosen, err := k.groupNamed(group)
		if err != nil {
			return f, err
		}
		first := k.T("table.whole")
		if k.groups != nil {
			first = k.T("table.choose_group")
		}
		groups, err := k.groupChoice(first, chosen)
		if err != nil {
			return f, err
		}
		f.Rows = append(f.Rows, ui.Input{Kind: "select", Name: "g", Label: k.T("word.group"), Value: group, Options: groups})
	}
	f.Rows = append(f.Rows, ui.Input{Kind: "select", Name: "access", Label: k.T("table.access"), Help: k.T("table.access_help"), Value: string(t.Access), Options: access}, ui.Input{Kind: "area", Name: "note", Label: k.T("table.note"), Value: t.Note, Rows: 2})
	return f, nil
}

func (c *Console) tableNew(k *call) error {
	return k.tableForm(table.Table{Access: table.StaffOnly, Columns: []table.Column{{Kind: table.Text}}}, k.query("g"), nil)
}

func (k *call) tableForm(t table.Table, group string, faults []string) error {
	p := view.PlanForm{Head: ui.Head{Title: k.T("table.new"), Sub: k.T("table.new_sub"), Back: "/tables"}, Action: "/tables", Do: k.T("table.make"), Faults: faults}
	head, err := k.tableHead(t, group, true)
	if err != nil {
		return err
	}
	p.Groups = append(p.Groups, head)
	for n := range max(newColumns, len(t.Columns)) {
		c := table.Column{Kind: table.Text}
		if n < len(t.Columns) {
			c = t.Columns[n]
		}
		p.Groups = append(p.Groups, k.columnFields(n, c, true))
	}
	return k.showFaults(p.Head.Title, faults, view.PlanEdit(p))
}

// showFaults shows a form, as bad input where it has faults.
func (k *call) showFaults(title string, faults []string, body templ.Component) error {
	status := statusOf(community.CodeNone)
	if len(faults) > 0 {
		status = statusOf(community.CodeBadInput)
	}
	return k.showStatus(status, title, body)
}

// tableSaid gives what is said on the form itself; an error that is none of its writer's passes through.
func (k *call) tableSaid(err error) ([]string, error) {
	if said := k.sayOf(err); said != "" {
		return []string{said}, nil
	}
	return nil, err
}

func (c *Console) tableAdd(k *call) error {
	g, err := k.tableGroup(k.form("g"))
	if err != nil {
		return err
	}
	t := table.Table{Group: g.Key, Title: k.form("title"), Note: k.typed("note"), Access: table.Access(k.form("access")), Columns: k.readColumns()}
	for i := range t.Columns {
		t.Columns[i].ID = ""
	}
	made, _, err := k.tables().Add(k.ctx(), k.who(), t, "", nil)
	if err != nil {
		said, err := k.tableSaid(err)
		if err != nil {
			return err
		}
		return k.tableForm(t, k.form("g"), said)
	}
	return k.ok("/tables/"+made.ID.String(), k.T("table.made"))
}

// uploaded reads a form with a file or a pasted text; of both the file counts. name is the file's.
func (k *call) uploaded() (fields map[string]string, name string, body []byte, err error) {
	fields = map[string]string{}
	parts, err := k.R.MultipartReader()
	if err != nil {
		return fields, "", nil, community.Errorf(community.CodeBadInput, "form: %w", err)
	}
	for range 16 {
		part, err := parts.NextPart()
		if err == io.EOF {
			return fields, name, body, k.checkToken(fields["_token"])
		}
		if err != nil {
			return fields, "", nil, uploadError(err)
		}
		field, file := part.FormName(), part.FileName()
		if field != "text" && field != "file" {
			if err := readField(part, fields); err != nil {
				return fields, "", nil, err
			}
			continue
		}
		most := int64(maxPasted)
		if field == "file" {
			most = maxPastedFile
		}
		b, err := io.ReadAll(io.LimitReader(part, most+1))
		switch {
		case err != nil:
			return fields, "", nil, uploadError(err)
		case int64(len(b)) > most:
			return fields, "", nil, table.Fault(community.CodeTooLarge, k.Words.T("table.file_too_large", "most", most>>20), k.Words.T("table.file_too_large", "most", most>>20))
		case len(b) > 0:
			name, body = file, b
		}
	}
	return fields, "", nil, community.Errorf(community.CodeBadInput, "form: too many fields")
}

// bringFields are the fields by which a table comes in.
func (k *call) bringFields() view.PlanFields {
	return view.PlanFields{Title: k.T("table.bring"), Note: k.T("table.bring_note", "rows", table.MaxRows, "columns", table.MaxColumns), Rows: []ui.Input{{Kind: "area", Name: "text", Label: k.T("table.paste"), Rows: 8, Mono: true}, {Kind: "file", Name: "file", Label: k.T("table.file"), Accept: ".xlsx,.csv,.tsv,.txt"}}}
}

func (c *Console) tableFrom(k *call) error {
	return k.tableFromForm(table.Table{Access: table.StaffOnly}, k.query("g"), nil)
}

func (k *call) tableFromForm(t table.Table, group string, faults []string) error {
	p := view.PlanForm{Head: ui.Head{Title: k.T("table.from"), Sub: k.T("table.from_sub"), Back: "/tables"}, Action: "/tables/from", Do: k.T("table.make"), Faults: faults, Multi: true}
	head, err := k.tableHead(t, group, true)
	if err != nil {
		return err
	}
	p.Groups = []view.PlanFields{head, k.bringFields()}
	return k.showFaults(p.Head.Title, faults, view.PlanEdit(p))
}

func (c *Console) tableFromFile(k *call) error {
	fields, name, body, err := k.uploaded()
	var made table.Table
	var got table.Brought
	t := table.Table{Title: clip(fields["title"]), Note: strings.ReplaceAll(fields["note"], "\r\n", "\n"), Access: table.Access(fields["access"])}
	if err == nil && len(body) == 0 {
		err = table.Fault(community.CodeBadInput, k.T("table.nothing"), k.T("table.nothing"))
	}
	if err == nil {
		var g community.GroupRow
		if g, err = k.tableGroup(fields["g"]); err == nil {
			t.Group = g.Key
			made, got, err = k.tables().Add(k.ctx(), k.who(), t, name, body)
		}
	}
	if err != nil {
		said, err := k.tableSaid(err)
		if err != nil {
			return err
		}
		return k.tableFromForm(t, fields["g"], said)
	}
	return k.ok("/tables/"+made.ID.String(), k.brought(len(got.Rows), got))
}

// brought says what came of a file.
func (k *call) brought(n int, got table.Brought) string {
	said := k.T("table.brought", "num", n)
	if len(got.Unknown) > 0 {
		said += " " + k.T("table.unknown", "names", ui.Visible(strings.Join(got.Unknown[:min(len(got.Unknown), 10)], k.T("list.comma"))))
	}
	if got.Formulas > 0 {
		said += " " + k.T("table.formulas", "num", got.Formulas)
	}
	return said
}

func (c *Console) tableImport(k *call) error { return k.tableImportForm(nil) }

func (k *call) tableImportForm(faults []string) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	t, err := k.tables().ByID(k.ctx(), id)
	if err != nil {
		return err
	}
	var names []string
	for _, c := range t.Shown() {
		names = append(names, c.Name)
	}
	home := "/tables/" + id.String()
	p := view.PlanForm{Head: ui.Head{Title: k.T("table.import"), Sub: t.Title, Back: home}, Action: home + "/import", Do: k.T("table.import"), Faults: faults, Multi: true, Hidden: []ui.Option{{Value: "key", Text: rand.Text()}}, Groups: []view.PlanFields{k.bringFields()}}
	p.Groups[0].Note = k.T("table.import_note", "names", ui.Visible(strings.Join(names, k.T("list.comma")))) + " " + p.Groups[0].Note
	return k.showFaults(p.Head.Title, faults, view.PlanEdit(p))
}

func (c *Console) tableImportFile(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	fields, name, body, err := k.uploaded()
	n, got := 0, table.Brought{}
	if err == nil && len(body) == 0 {
		err = table.Fault(community.CodeBadInput, k.T("table.nothing"), k.T("table.nothing"))
	}
	if err == nil {
		n, got, err = k.tables().Bring(k.ctx(), k.who(), id, fields["key"], name, body)
	}
	if err != nil {
		said, err := k.tableSaid(err)
		if err != nil {
			return err
		}
		return k.tableImportForm(said)
	}
	return k.ok("/tables/"+id.String(), k.brought(n, got))
}

func (c *Console) tableFile(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	t, err := k.tables().ByID(k.ctx(), id)
	if err != nil {
		return err
	}
	form := k.query("form")
	kind := exportTypes[form]
	if form != "csv" && form != "xlsx" {
		return community.Errorf(community.CodeBadInput, "form: want csv or xlsx")
	}
	if err := k.bulkExport(t.Rows); err != nil {
		return k.refused("/tables/"+id.String(), err)
	}
	k.W.Header().Set("Content-Type", kind)
	k.W.Header().Set("Content-Disposition", `attachment; filename="table.`+form+`"; filename*=UTF-8''`+url.PathEscape(strings.NewReplacer("/", "_", "\\", "_").Replace(t.Title))+"."+form)
	return k.tables().Write(k.ctx(), id, form, k.tableView(), k.W)
}

func (c *Console) tableSettings(k *call) error { return k.tableSettingsForm(nil) }

func (k *call) tableSettingsForm(faults []string) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	t, err := k.tables().ByID(k.ctx(), id)
	if err != nil {
		return err
	}
	home := "/tables/" + id.String()
	p := view.PlanForm{Head: ui.Head{Title: k.T("table.settings"), Sub: t.Title, Back: home}, Action: home + "/settings", Do: k.T("form.save"), Faults: faults, Hidden: []ui.Option{{Value: "seen", Text: strconv.FormatInt(t.Shape, 10)}}}
	head, err := k.tableHead(t, "", false)
	if err != nil {
		return err
	}
	p.Groups = append(p.Groups, head)
	shown := t.Shown()
	for n, c := range shown {
		p.Groups = append(p.Groups, k.columnFields(n, c, false))
	}
	for n := range min(moreColumns, table.MaxColumns-len(t.Columns)) {
		p.Groups = append(p.Groups, k.columnFields(len(shown)+n, table.Column{Kind: table.Text}, true))
	}
	p.Groups = append(p.Groups, view.PlanFields{Title: k.T("form.reason"), Rows: []ui.Input{{Kind: "text", Name: "reason", Label: k.T("form.reason")}}})
	return k.showFaults(p.Head.Title, faults, view.PlanEdit(p))
}

func (c *Console) tableSet(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	seen, _ := strconv.ParseInt(k.form("seen"), 10, 64)
	want := table.Table{Title: k.form("title"), Note: k.typed("note"), Access: table.Access(k.form("access")), Columns: k.readColumns()}
	if _, err := k.tables().Set(k.ctx(), k.who(), id, seen, want, k.form("reason")); err != nil {
		said, err := k.tableSaid(err)
		if err != nil {
			return err
		}
		return k.tableSettingsForm(said)
	}
	return k.ok("/tables/"+id.String(), k.T("table.set"))
}

// tableLinks shows the link for everybody, and in a group those of its members.
func (c *Console) tableLinks(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	home := "/tables/" + id.String()
	t, err := k.tables().ByID(k.ctx(), id)
	if err != nil {
		return err
	}
	whole, err := k.tables().Link(k.ctx(), id, 0)
	if err != nil {
		return k.refused(home, err)
	}
	p := view.List{Head: ui.Head{Title: k.T("table.links"), Sub: t.Title, Back: home, Actions: ui.ConfirmButton(ui.Opener{Target: "relink", Text: k.T("table.relink"), Icon: "refresh", Danger: true})}, Note: k.T("table.links_"+string(t.Access), "link", whole),
		Asks: []ui.Confirm{{ID: "relink", Title: k.T("table.relink"), Object: t.Title, Effect: k.T("table.relink_effect"), Action: home + "/relink", Button: k.T("table.relink"), Reason: k.T("form.reason"), Danger: true}}}
	p.Table = ui.Table{Label: k.T("table.links"), Columns: []ui.Column{{Title: k.T("member.name")}, {Title: k.T("table.link")}}, Empty: ui.Empty{Icon: "users", Title: k.T("table.no_members"), Text: k.T("table.no_members_text")}}
	if t.Group == 0 || !k.may(rights.SeePeople) {
		return k.show(p.Head.Title, view.ListPage(p))
	}
	here, at := true, k.page(listLimit)
	members, total, err := k.Desk.FindMembers(k.ctx(), community.MemberFilter{Group: t.Group, Present: &here, Text: k.query("q"), Page: at})
	if err != nil {
		return err
	}
	p.Filters = ui.Filters{Action: home + "/links", Fields: []ui.Filter{{Kind: "text", Name: "q", Label: k.T("member.name"), Value: k.query("q")}}}
	for _, m := range members {
		if m.Role == community.RoleSelf || m.Role == community.RoleBot || m.Bot {
			continue
		}
		link, err := k.tables().Link(k.ctx(), id, m.Key)
		if community.CodeOf(err) == community.CodeNotFound {
			continue // gone meanwhile
		}
		if err != nil {
			return err
		}
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/members/" + m.ID.String(), Cells: []templ.Component{ui.Name(named(orWord(m.Card, m.Name), m.External)), view.Quiet(link)}})
	}
	p.Table.Pager = k.pager(at, len(members), total)
	return k.show(p.Head.Title, view.ListPage(p))
}

// tableWriters names who edited, as far as the person may see people.
func (k *call) tableWriters(list []table.Edit) (func(string) string, error) {
	names, err := k.tables().Writers(k.ctx(), list)
	users, err2 := k.userNames()
	if err == nil {
		err = err2
	}
	people := k.may(rights.SeePeople)
	return func(by string) string {
		switch {
		case strings.HasPrefix(by, "member:") && !people:
			return k.T("table.some_member")
		case strings.HasPrefix(by, "member:"):
			return orWord(names[by], k.T("table.some_member"))
		case strings.HasPrefix(by, "guest:") && !people:
			return k.T("table.some_guest")
		case strings.HasPrefix(by, "guest:"):
			return k.T("table.guest", "name", names[by])
		}
		return users(by)
	}, err
}

func hasState(list []table.Edit, states ...string) bool {
	return slices.ContainsFunc(list, func(e table.Edit) bool { return slices.Contains(states, e.State) })
}
