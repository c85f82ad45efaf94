package console

import (
	"regexp"
	"time"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/i18n"
	"qunluo/internal/rights"
)

var importRoutes = []route{
	{pattern: "GET /imports", may: rights.Import, serve: (*Console).importList},
	{pattern: "POST /imports", may: rights.Import, serve: (*Console).importStart, upload: true},
	{pattern: "GET /imports/{id}", may: rights.Import, serve: (*Console).importPage},
	{pattern: "POST /imports/{id}/again", may: rights.Import, serve: (*Console).importAgain},
	{pattern: "POST /imports/{id}/commit", may: rights.Import, serve: (*Console).importCommit},
	{pattern: "POST /imports/{id}/undo", may: rights.Import, serve: (*Console).importUndo},
}

// importList shows the runs and the form for a new one.
func (c *Console) importList(k *call) error {
	at := k.page(20)
	rows, total, err := k.Desk.FindImports(k.ctx(), at)
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	groups, err := k.groupChoice(k.T("import.as_file"), community.GroupRow{})
	if err != nil {
		return err
	}
	p := view.ImportList{Head: ui.Head{Title: k.T("nav.imports"), Sub: k.T("import.sub")}}
	formats := []ui.Option{{Text: k.T("import.sniff")}}
	for _, f := range c.deps.Importer.Formats() {
		formats = append(formats, ui.Option{Value: f, Text: f})
	}
	p.Drop = ui.FileDrop{Action: "/imports", Name: "file", Label: k.T("import.file"), Help: k.T("import.file_help"), Button: k.T("import.try"), Inputs: []ui.Input{
		{Kind: "select", Name: "format", Label: k.T("import.format"), Options: formats},
		{Kind: "select", Name: "group", Label: k.T("import.group"), Options: groups, Help: k.T("import.group_help")},
		{Kind: "text", Name: "new_group", Label: k.T("import.new_group"), Help: k.T("import.new_group_help")},
		{Kind: "text", Name: "zone", Label: k.T("group.zone"), Help: k.T("import.zone_help")},
	}}
	p.Runs = ui.Table{Label: k.T("import.runs"), Columns: []ui.Column{{Title: k.T("import.file")}, {Title: k.T("import.format"), Hide: true}, {Title: k.T("import.state")}, {Title: k.T("import.rows"), Num: true},
		{Title: k.T("import.added"), Num: true}, {Title: k.T("import.bad"), Num: true}, {Title: k.T("import.started")}, {Title: k.T("import.by"), Hide: true}},
		Empty: ui.Empty{Icon: "file-import", Title: k.T("import.none"), Text: k.T("import.none_text")}, Pager: k.pager(at, len(rows), total)}
	for _, r := range rows {
		rep := readReport(r.Report)
		p.Runs.Rows = append(p.Runs.Rows, ui.Row{Link: "/imports/" + r.ID.String(), Cells: []templ.Component{ui.Text(r.Name), ui.Text(r.Format), importState(k, r), ui.Figure(rep.Rows), ui.Figure(rep.added()), ui.Figure(rep.bad()),
			ui.Moment(r.Created), ui.Name(who(r.User))}})
	}
	return k.show(p.Head.Title, view.Imports(p))
}

func importState(k *call, r community.ImportRow) templ.Component {
	look := map[string][2]string{"running": {"info", "refresh"}, "done": {"good", "circle-check"}, "reserved": {"warning", "alert-circle"}, "failed": {"danger", "alert-triangle"}, "undone": {"", "arrow-back-up"}, "dry": {"info", "eye"}}[r.State]
	return ui.Pill(look[0], look[1], k.T("import.is_"+r.State))
}

// importStart takes a file and tries it: the first reading of a file never writes.
func (c *Console) importStart(k *call) error {
	up, err := k.upload()
	if err != nil {
		return k.refused("/imports", err)
	}
	o, fault, err := importOrder(k, func(name string) string { return clip(up.Fields[name]) })
	if err != nil {
		return err
	}
	if up.Name == "" {
		fault = k.T("import.no_file")
	}
	if fault != "" {
		return k.done("/imports", "danger", fault, community.ID{})
	}
	o.Name, o.File = clip(up.Name), up.File
	id, err := c.deps.Importer.Start(k.ctx(), k.who(), k.User.Org, o)
	if err != nil {
		return k.refused("/imports", err)
	}
	return k.redirect("/imports/" + id.String())
}

// importOrder reads what a person chose; fault says in words what does not go together.
func importOrder(k *call, field func(string) string) (o ImportOrder, fault string, err error) {
	g, err := k.groupNamed(field("group"))
	if err != nil {
		return o, "", err
	}
	o = ImportOrder{Format: field("format"), Zone: field("zone"), Group: g.Key, Called: field("new_group"), KeepNear: field("near") == "keep", Dry: true}
	if other := field("zone_other"); other != "" {
		o.Zone = other
	}
	if o.Group != 0 && o.Called != "" {
		return o, k.T("import.two_groups"), nil
	}
	if _, err := time.LoadLocation(o.Zone); (err != nil || o.Zone == "Local") && !offset.MatchString(o.Zone) {
		return o, k.T("group.bad_zone", "zone", o.Zone), nil
	}
	if at := field("at"); at != "" {
		t, err := time.ParseInLocation("2006-01-02 15:04", at, i18n.Zone(nil))
		if err != nil {
			return o, k.T("import.bad_at", "at", at), nil
		}
		o.At = t.UnixMilli()
	}
	return o, "", nil
}

// offset is a time zone as hours from UTC.
var offset = regexp.MustCompile(`^[+-]\d\d:\d\d$`)

// fileRoutes are there where files can be imported.
func (c *Console) fileRoutes() []route {
	if c.deps.Importer == nil {
		return nil
	}
	return importRoutes
}
