package console

import (
	"context"
	"io"
	"iter"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/rights"
	"qunluo/internal/wordlist"
)

// Wordlists is what the pages of word lists ask and change.
type Wordlists interface {
	Find(ctx context.Context, p community.Page) ([]wordlist.List, int, error)
	ByID(ctx context.Context, id community.ID) (wordlist.List, error)
	New(ctx context.Context, user string, l wordlist.List, reason string) (wordlist.List, error)
	// Set changes name and note, puts a list away or takes it back. CodeConflict: groups use it.
	Set(ctx context.Context, user string, l wordlist.List, closed bool, reason string) error
	List(ctx context.Context, id community.ID, f wordlist.Filter) ([]wordlist.Entry, int, error)
	Categories(ctx context.Context, id community.ID) ([]wordlist.Counted, error)
	// Add adds typed words, linted; CodeConflict: none of them changes anything.
	Add(ctx context.Context, user string, id community.ID, rows []wordlist.Row, reason string) (wordlist.Version, []wordlist.Linted, error)
	Edit(ctx context.Context, user string, id community.ID, numbers []int64, p wordlist.Patch, reason string) (wordlist.Version, error)
	Versions(ctx context.Context, id community.ID, p community.Page) ([]wordlist.Version, int, error)
	Changes(ctx context.Context, id community.ID, from, to int, p community.Page) ([]wordlist.Change, int, error)
	Rollback(ctx context.Context, user string, id community.ID, to int, reason string) (wordlist.Version, error)
	Export(ctx context.Context, id community.ID, version int) (wordlist.List, iter.Seq2[wordlist.Entry, error], error)
	Write(w io.Writer, form string, head []string, words iter.Seq2[wordlist.Entry, error]) error
	Zone() *time.Location
	Scores(ctx context.Context, id community.ID, p community.Page) ([]wordlist.Score, int, error)
	// Import begins to lint a file; wait nil: as a job.
	Import(ctx context.Context, user string, id community.ID, file string, raw []byte, note string, wait func(done, of int64)) (wordlist.Run, error)
	Runs(ctx context.Context, id community.ID, p community.Page) ([]wordlist.Run, int, error)
	Run(ctx context.Context, id, run community.ID) (wordlist.Run, error)
	Preview(ctx context.Context, id, run community.ID, verdict wordlist.Verdict, code string, p community.Page) ([]wordlist.Linted, int, error)
	Take(ctx context.Context, user string, id, run community.ID, reason string) (wordlist.Version, error)
	Discard(ctx context.Context, user string, id, run community.ID) error
	// Named names words that hits rest on: list, version and word.
	Named(ctx context.Context, words []community.HitWord) ([]wordlist.Named, error)
	// UsesIn tells which of these groups use the list.
	UsesIn(ctx context.Context, id community.ID, groups []community.GroupKey) (map[community.GroupKey]wordlist.Use, error)
	Publish(ctx context.Context, user string, id community.ID, reason string, wait func(done, of int64)) (wordlist.Run, error)
	Use(ctx context.Context, user string, id community.ID, groups []community.GroupKey, mode, reason string, wait func(done, of int64)) (wordlist.Run, error)
}

// wordRoutes are there where there are word lists.
func (c *Console) wordRoutes() []route {
	if c.deps.Words == nil {
		return nil
	}
	return []route{
		{pattern: "GET /words", may: rights.SeeOrder, serve: (*Console).wordLists},
		{pattern: "POST /words", may: rights.Draft, serve: (*Console).wordNew},
		{pattern: "GET /words/{id}", may: rights.SeeOrder, serve: (*Console).wordPage},
		{pattern: "POST /words/{id}/add", may: rights.Draft, serve: (*Console).wordAdd},
		{pattern: "POST /words/{id}/edit", may: rights.Draft, serve: (*Console).wordEdit},
		{pattern: "POST /words/{id}/set", may: rights.Draft, serve: (*Console).wordSet},
		{pattern: "POST /words/{id}/close", may: rights.Publish, serve: (*Console).wordClose},
		{pattern: "POST /words/{id}/publish", may: rights.Publish, serve: (*Console).wordPublish},
		{pattern: "GET /words/{id}/export", may: rights.Export, and: rights.SeeOrder, serve: (*Console).wordExport},
		{pattern: "GET /words/{id}/import", may: rights.Draft, serve: (*Console).wordImport},
		{pattern: "POST /words/{id}/import", may: rights.Draft, serve: (*Console).wordUpload, upload: true},
		{pattern: "GET /words/{id}/runs/{run}", may: rights.SeeOrder, serve: (*Console).wordRun},
		{pattern: "POST /words/{id}/runs/{run}/take", may: rights.Draft, serve: (*Console).wordTake},
		{pattern: "POST /words/{id}/runs/{run}/discard", may: rights.Draft, serve: (*Console).wordDiscard},
		{pattern: "GET /words/{id}/versions", may: rights.SeeOrder, serve: (*Console).wordVersions},
		{pattern: "GET /words/{id}/versions/{n}", may: rights.SeeOrder, serve: (*Console).wordVersion},
		{pattern: "POST /words/{id}/versions/{n}/rollback", may: rights.Publish, serve: (*Console).wordRollback},
		{pattern: "GET /words/{id}/groups", may: rights.SeeOrder, serve: (*Console).wordGroups},
		{pattern: "POST /words/{id}/groups", may: rights.Publish, serve: (*Console).wordUse},
		{pattern: "GET /words/{id}/scores", may: rights.SeeTexts, serve: (*Console).wordScores},
	}
}

func (k *call) words() Wordlists { return k.c.deps.Words(k.User.Org, k.groups) }

// wordHere is the list of the address.
func (k *call) wordHere() (wordlist.List, error) {
	id, err := k.id()
	if err != nil {
		return wordlist.List{}, err
	}
	return k.words().ByID(k.ctx(), id)
}

func atList(l wordlist.List) string { return "/words/" + l.ID.String() }

// wordLists shows the lists, and the shipped ones that are not there yet.
func (c *Console) wordLists(k *call) error {
	at := k.page(listLimit)
	list, total, err := k.words().Find(k.ctx(), at)
	if err != nil {
		return err
	}
	ask := ui.Confirm{ID: "new", Title: k.T("words.new"), Effect: k.T("words.new_effect"), Action: "/words", Button: k.T("words.make"), Reason: k.T("form.reason"), Inputs: []ui.Input{
		{Kind: "text", Name: "name", Label: k.T("words.name"), Required: true, Max: wordlist.MaxName},
		{Kind: "area", Name: "note", Label: k.T("words.note"), Rows: 2, Max: wordlist.MaxNote},
	}}
	p := view.List{Head: ui.Head{Title: k.T("nav.words"), Sub: k.T("words.sub"), Actions: view.Openers([]ui.Opener{{Target: "new", Text: ask.Title, Icon: "plus"}})}, Asks: []ui.Confirm{ask}}
	p.Table = ui.Table{Label: k.T("nav.words"), Columns: []ui.Column{{Title: k.T("words.name")}, {Title: k.T("words.active"), Num: true}, {Title: k.T("words.held"), Num: true}, {Title: k.T("words.suspended"), Num: true},
		{Title: k.T("words.groups"), Num: true}, {Title: k.T("words.version"), Num: true}, {Title: k.T("words.changed"), Hide: true}},
		Empty: ui.Empty{Icon: "book", Title: k.T("words.none"), Text: k.T("words.none_text")}, Pager: k.pager(at, len(list), total)}
	begun := map[string]bool{}
	for _, l := range list {
		begun[l.Pack] = true
		p.Table.Rows = append(p.Table.Rows, listRow(k, l))
	}
	for _, pack := range wordlist.Packs() {
		if begun[pack.Name] || at.Offset > 0 {
			continue
		}
		ask := ui.Confirm{ID: "pack-" + pack.Name, Title: k.T("words.pack"), Object: k.Words.Pick(pack.Title), Effect: k.T("words.pack_effect", "n", len(pack.Entries())), Action: "/words", Button: k.T("words.pack"),
			Fields: []ui.Option{{Value: "pack", Text: pack.Name}, {Value: "name", Text: k.Words.Pick(pack.Title)}}}
		p.Asks = append(p.Asks, ask)
		p.Table.Rows = append(p.Table.Rows, ui.Row{Cells: []templ.Component{ui.Two(k.Words.Pick(pack.Title)+" · "+k.T("words.shipped"), k.Words.Pick(pack.Summary)), ui.Figure(int64(len(pack.Entries()))), ui.Text("–"), ui.Text("–"), ui.Text(k.T("words.off")), ui.Text("–"), ui.Text("–")},
			Actions: view.Openers([]ui.Opener{{Target: ask.ID, Text: ask.Title, Icon: "plus", Small: true}})})
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

func listRow(k *call, l wordlist.List) ui.Row {
	name := l.Name
	if l.Closed != 0 {
		name += " · " + k.T("words.closed")
	}
	groups := k.Words.Number(l.Groups)
	if l.Behind > 0 {
		groups += " · " + k.T("words.behind", "n", l.Behind)
	}
	return ui.Row{Link: atList(l), Cells: []templ.Component{ui.Two(name, short(l.Note, 60)), ui.Figure(int64(l.Active)), ui.Figure(int64(l.Held)), ui.Figure(int64(l.Suspended)), ui.Text(groups), ui.Figure(int64(l.Version)), ui.Moment(l.Changed)}}
}

// wordNew makes a list, empty or a shipped one.
func (c *Console) wordNew(k *call) error {
	l, err := k.words().New(k.ctx(), k.who(), wordlist.List{Name: k.form("name"), Note: k.form("note"), Pack: k.form("pack")}, k.form("reason"))
	if err != nil {
		return k.refused("/words", err)
	}
	return k.ok(atList(l), k.T("words.made", "name", l.Name))
}

// wordTabs are the pages of a list.
func (k *call) wordTabs(l wordlist.List, here string) (ui.Head, []ui.Tab) {
	head := ui.Head{Title: l.Name, Back: "/words", Sub: k.T("words.head", "v", l.Version, "n", l.Active, "held", l.Held, "groups", l.Groups)}
	if l.Closed != 0 {
		head.Sub = k.T("words.closed") + " · " + head.Sub
	}
	var tabs []ui.Tab
	for _, t := range []struct{ name, path string }{{"words", ""}, {"import", "/import"}, {"versions", "/versions"}, {"groups", "/groups"}, {"scores", "/scores"}} {
		tabs = append(tabs, ui.Tab{Text: k.T("words.tab_" + t.name), Link: atList(l) + t.path, Here: t.name == here})
	}
	return head, tabs
}

// wordsAPage is how many words a page shows; pages go to the end of the longest list.
const wordsAPage = 50

func (k *call) wordsPage() community.Page {
	p := k.page(wordsAPage)
	if n := number(k.query("p"), 1, 1_000_000, 1); n > 1 {
		p.Offset = (n - 1) * p.Limit
	}
	return p
}

// wordPage shows the words of a list.
func (c *Console) wordPage(k *call) error {
	l, err := k.wordHere()
	if err != nil {
		return err
	}
	f := wordlist.Filter{Text: k.query("q"), Category: k.query("category"), State: wordlist.State(k.query("state")), Page: k.wordsPage()}
	rows, total, err := k.words().List(k.ctx(), l.ID, f)
	if err != nil {
		return err
	}
	categories, err := k.words().Categories(k.ctx(), l.ID)
	if err != nil {
		return err
	}
	var p view.List
	p.Head, p.Tabs = k.wordTabs(l, "words")
	p.Filters = k.wordFilters(l, f, categories)
	p.Asks = k.wordAsks(l)
	var open []ui.Opener
	for _, a := range p.Asks {
		open = append(open, ui.Opener{Target: a.ID, Text: a.Button, Danger: a.Danger})
	}
	p.Head.Actions = view.Wrapped(open)
	p.Table = ui.Table{Label: k.T("words.tab_words"), Select: "w", Form: "bulk-form", Columns: []ui.Column{k.column(k.T("words.word"), "text", f.Page), k.column(k.T("words.category"), "category", f.Page), k.column(k.T("words.level"), "level", f.Page),
		{Title: k.T("words.views"), Hide: true}, k.column(k.T("words.expires"), "expires", f.Page), {Title: k.T("words.state")}},
		Empty: ui.Empty{Icon: "filter", Title: k.T("words.no_words"), Text: k.T("words.no_words_text"), Button: k.T("words.tab_import"), Link: atList(l) + "/import"}, Pager: k.pager(f.Page, len(rows), total)}
	if p.Table.Pager != nil {
		p.Table.Pager.Over = false
		p.Table.Pager.Export = atList(l) + "/export?form=csv"
	}
	for _, e := range rows {
		p.Table.Rows = append(p.Table.Rows, ui.Row{ID: itoa(e.Number), Cells: k.wordCells(e)})
	}
	return k.show(l.Name, view.ListPage(p))
}

func (k *call) wordCells(e wordlist.Entry) []templ.Component {
	return []templ.Component{ui.Text(e.Text), ui.Text(orDash(e.Category)), ui.Text(k.levelOf(e.Level)), ui.Text(e.Views), ui.Text(k.expiryOf(e.Expires)), ui.Two(k.wordState(e), k.reasons(wordlist.ParseReasons(e.Why)))}
}

func (k *call) wordState(e wordlist.Entry) string {
	if e.Expires != 0 && e.Expires <= k.now() {
		return k.T("words.expired")
	}
	return k.T("words.state_" + string(e.State))
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

func (k *call) levelOf(n int) string {
	if n == 0 {
		return k.T("words.level_rule")
	}
	return k.T("words.level_n", "n", n)
}

// expiryOf is the last day on which a word counts.
func (k *call) expiryOf(end int64) string {
	if end == 0 {
		return "–"
	}
	return time.UnixMilli(end - 1).In(k.words().Zone()).Format(time.DateOnly)
}

func (k *call) reasons(list []wordlist.Reason) string {
	var out []string
	for _, r := range list {
		out = append(out, k.Words.Pick(r.Words()))
	}
	return strings.Join(out, k.T("words.and"))
}

func (k *call) wordFilters(l wordlist.List, f wordlist.Filter, categories []wordlist.Counted) ui.Filters {
	states := []ui.Option{{Text: k.T("words.any_state")}}
	for _, s := range wordlist.States() {
		states = append(states, ui.Option{Value: string(s), Text: k.T("words.state_" + string(s))})
	}
	kinds := []ui.Option{{Text: k.T("words.any_category")}}
	for _, c := range categories {
		value, name := c.Name, c.Name
		if name == "" {
			value, name = "-", k.T("words.no_category")
		}
		kinds = append(kinds, ui.Option{Value: value, Text: name + " (" + strconv.Itoa(c.N) + ")"})
	}
	out := ui.Filters{Action: atList(l), Fields: []ui.Filter{{Kind: "text", Name: "q", Label: k.T("words.search"), Value: f.Text},
		{Kind: "select", Name: "category", Label: k.T("words.category"), Value: f.Category, Options: kinds}, {Kind: "select", Name: "state", Label: k.T("words.state"), Value: string(f.State), Options: states}}}
	if f.Text+f.Category+string(f.State) != "" {
		out.Clear = atList(l)
	}
	return out
}

// wordAsks are what can be done with a list and its words.
func (k *call) wordAsks(l wordlist.List) []ui.Confirm {
	at := atList(l)
	set := ui.Confirm{ID: "set", Title: k.T("words.set"), Object: l.Name, Effect: k.T("words.set_effect"), Action: at + "/set", Button: k.T("words.set"), Reason: k.T("form.reason"), Inputs: []ui.Input{
		{Kind: "text", Name: "name", Label: k.T("words.name"), Value: l.Name, Required: true, Max: wordlist.MaxName}, {Kind: "area", Name: "note", Label: k.T("words.note"), Value: l.Note, Rows: 2, Max: wordlist.MaxNote}}}
	if l.Closed != 0 {
		return []ui.Confirm{{ID: "open", Title: k.T("words.reopen"), Object: l.Name, Effect: k.T("words.reopen_effect"), Action: at + "/close", Button: k.T("words.reopen"), Reason: k.T("form.reason"), Fields: []ui.Option{{Value: "closed", Text: "0"}}}, set}
	}
	fields := []ui.Input{
		{Kind: "text", Name: "category", Label: k.T("words.category"), Max: wordlist.MaxName},
		{Kind: "number", Name: "level", Label: k.T("words.level"), Help: k.T("words.level_help")},
		{Kind: "text", Name: "views", Label: k.T("words.views"), Help: k.T("words.views_help"), Max: wordlist.MaxViews},
		{Kind: "text", Name: "expires", Label: k.T("words.expires"), Help: k.T("words.expires_help"), Max: 10},
	}
	add := ui.Confirm{ID: "add", Title: k.T("words.add"), Object: l.Name, Effect: k.T("words.add_effect"), Action: at + "/add", Button: k.T("words.add"), Reason: k.T("form.reason"),
		Inputs: append([]ui.Input{{Kind: "area", Name: "words", Label: k.T("words.words"), Help: k.T("words.words_help"), Required: true, Rows: 5, Max: 100_000}}, fields...)}
	var does []ui.Option
	for _, d := range []string{"release", "suspend", "remove", "edit"} {
		does = append(does, ui.Option{Value: d, Text: k.T("words.do_" + d)})
	}
	bulk := ui.Confirm{ID: "bulk", Title: k.T("words.bulk"), Effect: k.T("words.bulk_effect"), Action: at + "/edit", Button: k.T("words.bulk"), Form: "bulk-form", Reason: k.T("form.reason"),
		Inputs: append([]ui.Input{{Kind: "select", Name: "do", Label: k.T("words.do"), Options: does}}, fields...)}
	asks := []ui.Confirm{add, bulk}
	if l.Behind > 0 {
		asks = append(asks, ui.Confirm{ID: "publish", Title: k.T("words.publish"), Object: l.Name, Effect: k.T("words.publish_effect", "n", l.Behind, "v", l.Version), Action: at + "/publish", Button: k.T("words.publish_n", "n", l.Behind), Reason: k.T("form.reason")})
	}
	asks = append(asks, set)
	if l.Groups == 0 {
		asks = append(asks, ui.Confirm{ID: "close", Title: k.T("words.close"), Object: l.Name, Effect: k.T("words.close_effect"), Action: at + "/close", Button: k.T("words.close"), Danger: true, Reason: k.T("form.reason"), Fields: []ui.Option{{Value: "closed", Text: "1"}}})
	}
	return asks
}

// maxTyped is how much of a form's words is read, in bytes.
const maxTyped = 512 << 10

// wordAdd adds the words that a person typed, one a line.
func (c *Console) wordAdd(k *call) error {
	l, err := k.wordHere()
	if err != nil {
		return err
	}
	text := k.R.PostFormValue("words")
	if len(text) > maxTyped {
		return k.done(atList(l), "danger", k.T("words.too_much"), community.ID{})
	}
	var rows []wordlist.Row
	for i, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		if strings.TrimSpace(line) != "" {
			rows = append(rows, wordlist.Row{Line: i + 1, Text: line, Category: k.form("category"), Level: k.form("level"), Views: k.form("views"), Expires: k.form("expires")})
		}
	}
	v, linted, err := k.words().Add(k.ctx(), k.who(), l.ID, rows, k.form("reason"))
	if err != nil && len(linted) == 0 {
		return k.refused(atList(l), err)
	}
	said, kind := k.T("words.added", "v", v.Number, "n", v.Added, "changed", v.Changed), "ok"
	if err != nil {
		said, kind = k.T("words.nothing_added"), "warning"
	}
	shown := 0
	for i := range linted {
		r := &linted[i]
		if r.Verdict() == wordlist.Keep {
			continue
		}
		if shown++; shown > 5 {
			said += " …"
			break
		}
		said += " " + k.T("words.lint_"+string(r.Verdict()), "word", short(ui.Visible(r.Entry.Text), 20), "why", k.reasons(r.Reasons))
		kind = "warning"
	}
	return k.done(atList(l), kind, said, community.ID{})
}

// wordEdit does something to the words that are ticked.
func (c *Console) wordEdit(k *call) error {
	l, err := k.wordHere()
	if err != nil {
		return err
	}
	var numbers []int64
	for _, text := range k.R.PostForm["w"] {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			numbers = append(numbers, n)
		}
	}
	if len(numbers) == 0 {
		return k.done(atList(l), "danger", k.T("words.none_ticked"), community.ID{})
	}
	p, fault := k.patch()
	if fault != "" {
		return k.done(atList(l), "danger", fault, community.ID{})
	}
	v, err := k.words().Edit(k.ctx(), k.who(), l.ID, numbers, p, k.form("reason"))
	if err != nil {
		return k.refused(atList(l), err)
	}
	return k.ok(atList(l), k.T("words.edited", "v", v.Number, "n", v.Changed+v.Removed))
}

// patch reads what is to be done; empty fields stay as they are, "-" empties a category, "never" an expiry.
func (k *call) patch() (p wordlist.Patch, fault string) {
	switch k.form("do") {
	case "release":
		p.Release = true
	case "suspend":
		p.Suspend = true
	case "remove":
		p.Remove = true
	case "edit":
		if c := k.form("category"); c != "" {
			c = strings.TrimPrefix(c, "-")
			p.Category = &c
		}
		if text := k.form("level"); text != "" {
			n := number(text, 0, wordlist.MaxLevel, -1)
			if n < 0 {
				return p, k.T("words.bad_level")
			}
			p.Level = &n
		}
		if v := k.form("views"); v != "" {
			p.Views = &v
		}
		if text := k.form("expires"); text != "" {
			end := int64(0)
			if text != "never" {
				var err error
				if end, err = wordlist.ReadExpiry(text, k.words().Zone()); err != nil {
					return p, k.T("words.bad_day")
				}
			}
			p.Expires = &end
		}
		if p == (wordlist.Patch{}) {
			return p, k.T("words.nothing_given")
		}
	}
	return p, ""
}

// wordSet changes name and note.
func (c *Console) wordSet(k *call) error {
	l, err := k.wordHere()
	if err != nil {
		return err
	}
	l.Name, l.Note = k.form("name"), k.R.PostFormValue("note")
	if err := k.words().Set(k.ctx(), k.who(), l, l.Closed != 0, k.form("reason")); err != nil {
		return k.refused(atList(l), err)
	}
	return k.ok(atList(l), k.T("words.saved"))
}

// wordClose puts a list away, or takes it back.
func (c *Console) wordClose(k *call) error {
	l, err := k.wordHere()
	if err != nil {
		return err
	}
	if err := k.words().Set(k.ctx(), k.who(), l, k.form("closed") == "1", k.form("reason")); err != nil {
		return k.refused(atList(l), err)
	}
	return k.ok(atList(l), k.T("words.saved"))
}

// exportTypes are the kinds of files.
var exportTypes = map[string]string{"txt": "text/plain; charset=utf-8", "csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}

// wordExport sends a list as a file.
func (c *Console) wordExport(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	form := k.query("form")
	kind, ok := exportTypes[form]
	if !ok {
		return community.Errorf(community.CodeNotFound, "form %q", form)
	}
	l, words, err := k.words().Export(k.ctx(), id, number(k.query("v"), 0, 1<<30, 0))
	if err != nil {
		return err
	}
	lang := 0
	if k.Words.Lang == "en" {
		lang = 1
	}
	k.answered = true
	k.W.Header().Set("Content-Type", kind)
	k.W.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": l.Name + "-v" + strconv.Itoa(l.Version) + "." + form}))
	k.W.Header().Set("X-Content-Type-Options", "nosniff")
	k.W.WriteHeader(http.StatusOK)
	return k.words().Write(k.W, form, wordlist.Head(lang), words)
}
