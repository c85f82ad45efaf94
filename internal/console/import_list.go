package console

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/i18n"
)

var importRoutes = []route{
	{pattern: "GET /imports", may: owners, serve: (*Console).importList},
	{pattern: "POST /imports", may: owners, serve: (*Console).importStart, upload: true},
	{pattern: "GET /imports/{id}", may: owners, serve: (*Console).importPage},
	{pattern: "POST /imports/{id}/commit", may: owners, serve: (*Console).importCommit},
	{pattern: "POST /imports/{id}/undo", may: owners, serve: (*Console).importUndo},
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
		{Kind: "text", Name: "zone", Label: k.T("group.zone"), Value: "Asia/Shanghai", Help: k.T("import.zone_help")},
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

// importReport is what a run's report may hold: figures of the whole, of each chat, and progress while it runs.
type importReport struct {
	Done   int64 `json:"done"` // bytes
	Of     int64 `json:"of"`
	DryRun bool  `json:"dry_run"`
	importCounts
	Taken    int64        `json:"taken"`
	Same     int64        `json:"same"`
	Rejected int64        `json:"rejected"`
	Units    []importUnit `json:"units"`
	Ignored  []struct {
		Path string `json:"path"`
		Why  string `json:"why"`
	} `json:"ignored"`
	BadRows []importBad `json:"bad_rows"`
	Error   string      `json:"error"`
}

type importCounts struct {
	Rows       int64 `json:"rows"`
	Extra      int64 `json:"extra"`
	Added      int64 `json:"added"`
	Duplicates int64 `json:"duplicates"`
	Skipped    int64 `json:"skipped"`
	Bad        int64 `json:"bad"`
}

type importUnit struct {
	Run struct {
		Format string        `json:"format"`
		Name   string        `json:"name"`
		Group  community.Ref `json:"group"`
	} `json:"run"`
	From     int64            `json:"from"`
	To       int64            `json:"to"`
	Zone     string           `json:"zone"`
	ZoneHow  string           `json:"zone_how"`
	Types    map[string]int64 `json:"types"`
	Skips    map[string]int64 `json:"skips"`
	Messages int64            `json:"messages"`
	BadRows  []importBad      `json:"bad_rows"`
	Reserved []string         `json:"reservations"`
	Error    string           `json:"error"`
	importCounts
}

type importBad struct {
	File  string `json:"file"`
	Place int64  `json:"place"`
	Why   string `json:"why"`
	Text  string `json:"text"`
}

// readReport reads a report; one that is not readable counts as empty.
func readReport(raw json.RawMessage) importReport {
	var r importReport
	if json.Unmarshal(raw, &r) != nil {
		return importReport{}
	}
	return r
}

func (r importReport) added() int64 { return r.Added + r.Taken }
func (r importReport) same() int64  { return r.Duplicates + r.Same }
func (r importReport) bad() int64   { return r.Bad + r.Rejected }

// adds reports whether rows + extra = added + duplicates + skipped + bad.
func (r importReport) adds() bool { return r.Rows+r.Extra == r.added()+r.same()+r.Skipped+r.bad() }

// importPage is one run: progress, the report that adds up, and what to do next.
func (c *Console) importPage(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	r, err := k.Desk.ImportByID(k.ctx(), id)
	if err != nil {
		return err
	}
	rep := readReport(r.Report)
	p := view.ImportRun{Head: ui.Head{Title: r.Name, Back: "/imports", Sub: r.Format}, State: importState(k, r), Means: k.T("import.means_" + r.State), Running: r.State == "running"}
	if rep.Of > 0 {
		p.Percent = int(min(100, rep.Done*100/rep.Of))
	}
	p.Stats = []ui.Number{
		{Label: k.T("import.rows"), Value: k.Words.Number(rep.Rows), Note: k.T("import.rows_note")}, {Label: k.T("import.added"), Value: k.Words.Number(rep.added()), Note: k.T("import.added_note"), Tone: "good"},
		{Label: k.T("import.same"), Value: k.Words.Number(rep.same()), Note: k.T("import.same_note")}, {Label: k.T("import.skipped"), Value: k.Words.Number(rep.Skipped), Note: k.T("import.skipped_note")},
		{Label: k.T("import.bad"), Value: k.Words.Number(rep.bad()), Note: k.T("import.bad_note")},
	}
	sumWords := []any{"rows", k.Words.Number(rep.Rows), "extra", k.Words.Number(rep.Extra), "added", k.Words.Number(rep.added()), "same", k.Words.Number(rep.same()), "skipped", k.Words.Number(rep.Skipped), "bad", k.Words.Number(rep.bad())}
	p.Adds = k.T("import.adds", sumWords...)
	if !rep.adds() {
		p.Adds, p.Wrong = k.T("import.adds_not", sumWords...), true
	}
	if p.Running {
		p.Adds = ""
	}
	importTables(k, &p, rep)
	at := "/imports/" + r.ID.String()
	switch r.State {
	case "dry":
		p.Commit = &ui.Confirm{ID: "commit", Title: k.T("import.commit"), Object: r.Name, Effect: k.T("import.commit_effect", "rows", k.Words.Number(rep.added())), Action: at + "/commit", Button: k.T("import.commit")}
	case "done", "reserved":
		p.Undo = &ui.Confirm{ID: "undo", Title: k.T("import.undo"), Object: r.Name, Effect: k.T("import.undo_effect", "rows", k.Words.Number(rep.added())), Action: at + "/undo", Button: k.T("import.undo"), Danger: true, Reason: k.T("form.reason"), Need: true}
	}
	return k.show(r.Name, view.Import(p))
}

func importTables(k *call, p *view.ImportRun, rep importReport) {
	p.Units = ui.Table{Label: k.T("import.chats"), Columns: []ui.Column{{Title: k.T("import.chat")}, {Title: k.T("import.format")}, {Title: k.T("import.span")}, {Title: k.T("group.zone")}, {Title: k.T("import.rows"), Num: true}, {Title: k.T("import.added"), Num: true}, {Title: k.T("import.same"), Num: true}, {Title: k.T("import.skipped"), Num: true}, {Title: k.T("import.bad"), Num: true}}}
	bad := slices.Clone(rep.BadRows)
	if rep.Error != "" {
		p.Faults = append(p.Faults, rep.Error)
	}
	for _, u := range rep.Units {
		name := cmp.Or(u.Run.Group.Name, u.Run.Group.ID, u.Run.Name)
		how := u.Zone
		if u.ZoneHow == "guessed" {
			how += k.T("import.zone_guessed")
		}
		p.Units.Rows = append(p.Units.Rows, ui.Row{Cells: []templ.Component{ui.Two(name, u.Run.Name), ui.Text(u.Run.Format), ui.Two(i18n.Time(u.From, nil), i18n.Time(u.To, nil)), ui.Text(how),
			ui.Figure(u.Rows), ui.Figure(u.Added), ui.Figure(u.Duplicates), ui.Figure(u.Skipped), ui.Figure(u.Bad)}})
		bad = append(bad, u.BadRows...)
		for _, why := range slices.Sorted(maps.Keys(u.Skips)) {
			p.Skips = append(p.Skips, ui.Option{Value: importWhy(k, why), Text: k.Words.Number(u.Skips[why])})
		}
		for _, r := range u.Reserved {
			p.Faults = append(p.Faults, name+k.T("list.colon")+importWhy(k, r))
		}
		if u.Error != "" {
			p.Faults = append(p.Faults, name+k.T("list.colon")+u.Error)
		}
	}
	for _, f := range rep.Ignored {
		p.Skips = append(p.Skips, ui.Option{Value: f.Path, Text: importWhy(k, f.Why)})
	}
	p.Bad = ui.Table{Label: k.T("import.bad_rows"), Columns: []ui.Column{{Title: k.T("import.place")}, {Title: k.T("import.why")}, {Title: k.T("import.text")}}, Empty: ui.Empty{Icon: "circle-check", Title: k.T("import.no_bad")}}
	for _, b := range bad {
		place := k.Words.Number(b.Place)
		if b.File != "" {
			place = b.File + ":" + itoa(b.Place)
		}
		p.Bad.Rows = append(p.Bad.Rows, ui.Row{Cells: []templ.Component{ui.Text(place), ui.Text(importWhy(k, b.Why)), view.Raw(b.Text)}})
	}
	if n := int(rep.bad()); n > len(bad) && len(bad) > 0 {
		p.MoreBad = k.T("import.more_bad", "shown", len(bad), "all", k.Words.Number(n))
	}
}

// importWhy says a reason code of the importer where the catalogue knows it.
func importWhy(k *call, code string) string {
	if key := "import_why." + code; k.Words.Has(key) {
		return k.T(key)
	}
	return code
}

// importStart takes a file and tries it: the first reading of a file never writes.
func (c *Console) importStart(k *call) error {
	up, err := k.upload()
	if err != nil {
		return k.refused("/imports", err)
	}
	g, err := k.groupNamed(up.Fields["group"])
	if err != nil {
		return err
	}
	if z := up.Fields["zone"]; z != "" {
		if _, err := time.LoadLocation(z); err != nil || z == "Local" {
			return k.done("/imports", "danger", k.T("group.bad_zone", "zone", clip(z)), community.ID{})
		}
	}
	if up.Name == "" {
		return k.done("/imports", "danger", k.T("import.no_file"), community.ID{})
	}
	id, err := c.deps.Importer.Start(k.ctx(), k.who(), k.User.Org, ImportOrder{Name: clip(up.Name), File: up.File, Format: up.Fields["format"], Zone: up.Fields["zone"], Group: g.Key, Dry: true})
	if err != nil {
		return k.refused("/imports", err)
	}
	return k.redirect("/imports/" + id.String())
}

// importCommit reads the kept file in earnest.
func (c *Console) importCommit(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	if _, err := k.Desk.ImportByID(k.ctx(), id); err != nil {
		return err
	}
	run, err := c.deps.Importer.Commit(k.ctx(), k.who(), k.User.Org, id)
	if community.CodeOf(err) == community.CodeNotFound {
		return k.done("/imports", "danger", k.T("import.gone"), community.ID{})
	}
	if err != nil {
		return k.refused("/imports/"+id.String(), err)
	}
	return k.redirect("/imports/" + run.String())
}

// importUndo takes a run back.
func (c *Console) importUndo(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	r, err := k.Desk.ImportByID(k.ctx(), id)
	if err != nil {
		return err
	}
	to, reason := "/imports/"+id.String(), k.form("reason")
	if reason == "" {
		return k.done(to, "danger", k.T("act.need_reason"), community.ID{})
	}
	if err := c.deps.Importer.Undo(k.ctx(), k.who(), k.User.Org, id, reason); err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("import.undone", "name", r.Name))
}

// fileRoutes are there where files can be imported.
func (c *Console) fileRoutes() []route {
	if c.deps.Importer == nil {
		return nil
	}
	return importRoutes
}
