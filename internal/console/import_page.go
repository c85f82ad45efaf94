package console

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/i18n"
)

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
	BadRows     []importBad    `json:"bad_rows"`
	Error       string         `json:"error"`
	Why         string         `json:"why"`
	What        string         `json:"what"`
	Asked       importAsked    `json:"asked"`
	Chats       []importChoice `json:"chats"`
	Blocked     string         `json:"blocked"`
	BlockedWhat string         `json:"blocked_what"`
}

// importAsked is what was chosen for a run.
type importAsked struct {
	Format   string   `json:"format"`
	Zone     string   `json:"zone"`
	Group    string   `json:"group"`
	Called   string   `json:"called"`
	Chats    []string `json:"chats"`
	KeepNear bool     `json:"keep_near"`
	At       int64    `json:"at"`
	Live     bool     `json:"live"`

	Renamed map[string]string `json:"renamed"`
}

type importChoice struct {
	Value string `json:"value"`
	Text  string `json:"text"`
}

type importRoster struct {
	At       int64    `json:"at"`
	Before   int64    `json:"before"`
	Members  int      `json:"members"`
	Joined   int      `json:"joined"`
	Gone     int      `json:"gone"`
	Doubtful int      `json:"doubtful"`
	Samples  []string `json:"samples"`

	Renamed []importRename `json:"renamed"`
	Maybe   []importRename `json:"maybe_renamed"`
}

type importRename struct {
	From string `json:"from"`
	To   string `json:"to"`
}

type importPreview struct {
	At    int64  `json:"at"`
	Name  string `json:"name"`
	Text  string `json:"text"`
	Known bool   `json:"known"`
	Whole bool   `json:"whole"`
}

type importNear struct {
	At   int64  `json:"at"`
	Name string `json:"name"`
	Text string `json:"text"`
	Old  string `json:"old"`
	From string `json:"from"`
}

type importCounts struct {
	Rows       int64 `json:"rows"`
	Extra      int64 `json:"extra"`
	Added      int64 `json:"added"`
	Duplicates int64 `json:"duplicates"`
	Near       int64 `json:"near"`
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
	Why      string           `json:"why"`
	What     string           `json:"what"`
	GroupHow string           `json:"group_how"`
	NeedZone bool             `json:"need_zone"`
	Rosters  []importRoster   `json:"rosters"`
	Preview  []importPreview  `json:"preview"`
	Nears    struct {
		Found   int64        `json:"found"`
		Kept    bool         `json:"kept"`
		Samples []importNear `json:"samples"`
	} `json:"nears"`
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

// zone is the zone in which the first chat that names none was read.
func (r importReport) zone() string {
	for i := range r.Units {
		if r.Units[i].NeedZone {
			return r.Units[i].Zone
		}
	}
	return r.Asked.Zone
}

// adds reports whether rows + extra = added + duplicates + near + skipped + bad.
func (r importReport) adds() bool {
	return r.Rows+r.Extra == r.added()+r.same()+r.Near+r.Skipped+r.bad()
}

// guessed reports whether times were read in a zone that nobody stated.
func (r importReport) guessed() bool {
	return slices.ContainsFunc(r.Units, func(u importUnit) bool { return u.NeedZone })
}

// dated reports whether there are lists of members or pasted texts, which do not say when they were made.
func (r importReport) dated() bool {
	return slices.ContainsFunc(r.Units, func(u importUnit) bool {
		return len(u.Rosters) > 0 || strings.HasPrefix(u.Run.Format, "roster-") || u.Run.Format == "chatlog-chatroom" || u.Run.Format == "wechat-paste"
	})
}

// nears counts the rows that are near to something another program brought, kept or not.
func (r importReport) nears() (n int64) {
	for i := range r.Units {
		n += r.Units[i].Nears.Found
	}
	return n
}

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
		{Label: k.T("import.same"), Value: k.Words.Number(rep.same()), Note: k.T("import.same_note")}, {Label: k.T("import.near"), Value: k.Words.Number(rep.Near), Note: k.T("import.near_note")},
		{Label: k.T("import.skipped"), Value: k.Words.Number(rep.Skipped), Note: k.T("import.skipped_note")},
		{Label: k.T("import.bad"), Value: k.Words.Number(rep.bad()), Note: k.T("import.bad_note")},
	}
	sumWords := []any{"rows", k.Words.Number(rep.Rows), "extra", k.Words.Number(rep.Extra), "added", k.Words.Number(rep.added()), "same", k.Words.Number(rep.same()), "near", k.Words.Number(rep.Near), "skipped", k.Words.Number(rep.Skipped), "bad", k.Words.Number(rep.bad())}
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
		again, err := importChoices(k, rep, at)
		if err != nil {
			return err
		}
		p.Again = again
		if rep.Blocked != "" {
			break
		}
		effect := k.T("import.commit_effect", "rows", k.Words.Number(rep.added()))
		if rep.guessed() {
			effect += k.T("import.commit_guessed", "zone", rep.zone())
		}
		p.Commit = &ui.Confirm{ID: "commit", Title: k.T("import.commit"), Object: r.Name, Effect: effect, Action: at + "/commit", Button: k.T("import.commit")}
	case "done", "reserved":
		p.Undo = &ui.Confirm{ID: "undo", Title: k.T("import.undo"), Object: r.Name, Effect: k.T("import.undo_effect", "rows", k.Words.Number(rep.added())), Action: at + "/undo", Button: k.T("import.undo"), Danger: true, Reason: k.T("form.reason"), Need: true}
	}
	return k.show(r.Name, view.Import(p))
}

func importTables(k *call, p *view.ImportRun, rep importReport) {
	p.Units = ui.Table{Label: k.T("import.chats"), Columns: []ui.Column{{Title: k.T("import.chat")}, {Title: k.T("import.format")}, {Title: k.T("import.span")}, {Title: k.T("group.zone")}, {Title: k.T("import.rows"), Num: true}, {Title: k.T("import.added"), Num: true}, {Title: k.T("import.same"), Num: true}, {Title: k.T("import.near"), Num: true}, {Title: k.T("import.skipped"), Num: true}, {Title: k.T("import.bad"), Num: true}}}
	bad := slices.Clone(rep.BadRows)
	if rep.Error != "" {
		p.Faults = append(p.Faults, importFault(k, rep.Why, rep.What, rep.Error))
	}
	if rep.Blocked != "" {
		p.Faults = append(p.Faults, importFault(k, rep.Blocked, rep.BlockedWhat, rep.Blocked))
	}
	for _, u := range rep.Units {
		name := cmp.Or(u.Run.Group.Name, u.Run.Group.ID, u.Run.Name)
		how := u.Zone
		if u.ZoneHow == "guessed" {
			how += k.T("import.zone_guessed")
		}
		from := u.Run.Name
		if u.GroupHow != "" {
			from += " · " + k.T("import.into_"+u.GroupHow)
		}
		p.Units.Rows = append(p.Units.Rows, ui.Row{Cells: []templ.Component{ui.Two(name, from), ui.Text(u.Run.Format), ui.Two(i18n.Time(u.From, nil), i18n.Time(u.To, nil)), ui.Text(how),
			ui.Figure(u.Rows), ui.Figure(u.Added), ui.Figure(u.Duplicates), ui.Figure(u.Near), ui.Figure(u.Skipped), ui.Figure(u.Bad)}})
		bad = append(bad, u.BadRows...)
		for _, why := range slices.Sorted(maps.Keys(u.Skips)) {
			p.Skips = append(p.Skips, ui.Option{Value: importWhy(k, why), Text: k.Words.Number(u.Skips[why])})
		}
		for _, r := range u.Reserved {
			p.Faults = append(p.Faults, name+k.T("list.colon")+importWhy(k, r))
		}
		if u.Error != "" {
			p.Faults = append(p.Faults, name+k.T("list.colon")+importFault(k, u.Why, u.What, u.Error))
		}
	}
	importNearTable(k, p, rep)
	importRosterTable(k, p, rep)
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

// importRosterTable says what lists of members change against those before them.
func importRosterTable(k *call, p *view.ImportRun, rep importReport) {
	p.Rosters = ui.Table{Label: k.T("import.rosters"), Columns: []ui.Column{{Title: k.T("import.roster_at")}, {Title: k.T("import.roster_members"), Num: true}, {Title: k.T("import.roster_before")},
		{Title: k.T("import.roster_joined"), Num: true}, {Title: k.T("import.roster_gone"), Num: true}, {Title: k.T("import.roster_doubtful"), Num: true}, {Title: k.T("import.roster_who")}}}
	for _, u := range rep.Units {
		for _, r := range u.Rosters {
			before := k.T("import.roster_first")
			if r.Before != 0 {
				before = i18n.Time(r.Before, nil)
			}
			p.Rosters.Rows = append(p.Rosters.Rows, ui.Row{Cells: []templ.Component{ui.Text(i18n.Time(r.At, nil)), ui.Figure(int64(r.Members)), ui.Text(before), ui.Figure(int64(r.Joined)), ui.Figure(int64(r.Gone)),
				ui.Figure(int64(r.Doubtful)), view.Raw(strings.Join(r.Samples, "\n"))}})
		}
	}
}

// importNearTable lists rows beside what they are near to.
func importNearTable(k *call, p *view.ImportRun, rep importReport) {
	p.Near = ui.Table{Label: k.T("import.nears"), Columns: []ui.Column{{Title: k.T("import.near_at")}, {Title: k.T("import.near_who")}, {Title: k.T("import.near_text")}, {Title: k.T("import.near_old")}, {Title: k.T("import.near_from")}}}
	for _, u := range rep.Units {
		for _, n := range u.Nears.Samples {
			p.Near.Rows = append(p.Near.Rows, ui.Row{Cells: []templ.Component{ui.Text(i18n.Time(n.At, nil)), ui.Name(n.Name), view.Raw(n.Text), view.Raw(n.Old), ui.Text(cmp.Or(n.From, k.T("import.near_live")))}})
		}
	}
	if n := rep.nears(); n > int64(len(p.Near.Rows)) {
		p.MoreNear = k.T("import.more_near", "shown", len(p.Near.Rows), "all", k.Words.Number(n))
	}
}

// importFault says why something was not read, and what that concerns; what the catalogue does not know is said as it came.
func importFault(k *call, why, what, otherwise string) string {
	if why == "" || !k.Words.Has("import_why."+why) {
		return otherwise
	}
	if what == "" {
		return k.T("import_why." + why)
	}
	return k.T("import_why."+why) + k.T("list.colon") + what
}

// importWhy says a reason code of the importer where the catalogue knows it.
func importWhy(k *call, code string) string {
	if key := "import_why." + code; k.Words.Has(key) {
		return k.T(key)
	}
	return code
}
