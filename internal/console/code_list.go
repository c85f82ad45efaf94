package console

import (
	"context"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/measure"
	"qunluo/internal/rights"
)

// Codes is what the pages of codes and of groups' sizes ask and change. Every change leaves its audit row.
type Codes interface {
	Find(ctx context.Context, f admit.Filter) ([]admit.Row, int, error)
	ByID(ctx context.Context, id community.ID) (admit.Row, error)
	// Days gives a code's last days, oldest first.
	Days(ctx context.Context, code community.ID, days int) ([]admit.DayFlow, error)
	// Save makes (zero ID) or changes a code. CodeConflict: another living code has its mark.
	Save(ctx context.Context, user string, c admit.Code, reason string) (admit.Code, error)
	// AddEntry adds a picture (PNG or JPEG, at most 1 MiB; nil = none) or a link. CodeConflict: the code is closed.
	AddEntry(ctx context.Context, user string, code community.ID, e admit.Entry, picture []byte) (admit.Entry, error)
	// Order asks the platform for a code; where none can make one, a person.
	Order(ctx context.Context, user string, code community.ID, g community.GroupKey) (admit.Entry, error)
	// Rotate shows the next entry. CodeConflict: no other fits.
	Rotate(ctx context.Context, user string, code community.ID) error
	RemoveEntry(ctx context.Context, user string, code, entry community.ID, reason string) error
	Close(ctx context.Context, user string, code community.ID, reason string) error
	// QR draws a text as PNG.
	QR(text string) ([]byte, error)

	// Caps forecasts when groups are full.
	Caps(ctx context.Context, groups []community.GroupRow) (map[community.GroupKey]measure.Cap, error)
	Cap(ctx context.Context, g community.GroupKey) (admit.CapRule, error)
	// SetCap says how many members a group holds and how many days ahead a person is asked; 0 = as usual.
	SetCap(ctx context.Context, user string, g community.GroupKey, most, lead int64, reason string) error

	// Doubles lists who is in several sub groups of one main group; main 0 = of any.
	Doubles(ctx context.Context, main community.GroupKey, p community.Page) ([]admit.Double, int, error)
	// AskDouble asks a person in private to leave the group that is not theirs. CodeConflict: asked before, or in one only.
	AskDouble(ctx context.Context, user string, main community.GroupKey, member community.ID) error
	MemberTags(ctx context.Context, m community.MemberKey) ([]string, error)
}

var codeRoutes = []route{
	{pattern: "GET /codes", may: rights.Codes, serve: (*Console).codeList},
	{pattern: "GET /codes.csv", may: rights.Export, and: rights.Codes, serve: (*Console).codeSheet},
	{pattern: "GET /codes/new", may: rights.SetGroups, serve: (*Console).codeNew},
	{pattern: "POST /codes", may: rights.SetGroups, serve: (*Console).codeCreate},
	{pattern: "GET /codes/{id}", may: rights.Codes, serve: (*Console).codePage},
	{pattern: "GET /codes/{id}/qr", may: rights.Codes, serve: (*Console).codeQR},
	{pattern: "POST /codes/{id}", may: rights.SetGroups, serve: (*Console).codeSave},
	{pattern: "POST /codes/{id}/upload", may: rights.Codes, serve: (*Console).codeUpload, upload: true},
	{pattern: "POST /codes/{id}/link", may: rights.Codes, serve: (*Console).codeLink},
	{pattern: "POST /codes/{id}/order", may: rights.Codes, serve: (*Console).codeOrder},
	{pattern: "POST /codes/{id}/rotate", may: rights.Codes, serve: (*Console).codeRotate},
	{pattern: "POST /codes/{id}/remove", may: rights.Codes, serve: (*Console).codeRemove},
	{pattern: "POST /codes/{id}/close", may: rights.SetGroups, serve: (*Console).codeClose},
	{pattern: "GET /doubles", may: rights.SeePeople, serve: (*Console).doubleList},
	{pattern: "POST /doubles/{id}", may: rights.Judge, serve: (*Console).doubleAsk},
	{pattern: "POST /groups/{id}/cap", may: rights.SetGroups, serve: (*Console).capSave},
}

// codeRoutes are the routes of codes; none where the house keeps no codes.
func (c *Console) codeRoutes() []route {
	if c.deps.Codes == nil {
		return nil
	}
	return codeRoutes
}

func codeFilter(k *call) admit.Filter {
	return admit.Filter{Text: k.query("q"), Kind: k.query("kind"), Tag: k.query("tag"), Closed: k.query("closed") == "1", Page: k.page(listLimit)}
}

// codeList shows the codes with what came through them.
func (c *Console) codeList(k *call) error {
	f := codeFilter(k)
	rows, total, err := k.Codes.Find(k.ctx(), f)
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("nav.codes"), Sub: k.T("code.sub")}, Note: k.T("code.flow_note")}
	if k.c.mounted("/codes/new", k) {
		p.Head.Actions = view.LinkButton("/codes/new", "plus", k.T("code.new"))
	}
	for _, closed := range []string{"", "1"} {
		word := k.T("code.living_tab")
		if closed != "" {
			word = k.T("code.closed_tab")
		}
		p.Tabs = append(p.Tabs, ui.Tab{Text: word, Link: k.here("closed", closed), Here: f.Closed == (closed != "")})
	}
	p.Filters = ui.Filters{Action: "/codes", Fields: []ui.Filter{
		{Kind: "text", Name: "q", Label: k.T("code.text"), Value: f.Text},
		{Kind: "select", Name: "kind", Label: k.T("code.kind"), Value: f.Kind, Options: append([]ui.Option{{Text: k.T("list.any")}}, kindOptions(k)...)},
	}}
	tags, err := k.tagFilter(k.T("list.any"))
	if err != nil {
		return err
	}
	p.Filters.Fields = append(p.Filters.Fields, tags)
	if f.Closed {
		p.Filters.Keep = []ui.Option{{Value: "closed", Text: "1"}}
	}
	p.Table = codeTable(k, rows, f)
	if f.Text+f.Kind+f.Tag != "" {
		p.Filters.Clear = "/codes"
		p.Table.Empty = ui.Empty{Icon: "filter", Title: k.T("list.none"), Text: k.T("list.none_text"), Button: k.T("list.clear"), Link: "/codes"}
	}
	p.Table.Pager = k.pager(f.Page, len(rows), total)
	k.export(p.Table.Pager, "/codes.csv")
	return k.show(p.Head.Title, view.ListPage(p))
}

func kindOptions(k *call) []ui.Option {
	var out []ui.Option
	for _, kind := range admit.Kinds {
		out = append(out, ui.Option{Value: kind, Text: k.T("code.kind_" + kind)})
	}
	return out
}

func codeTable(k *call, rows []admit.Row, f admit.Filter) ui.Table {
	num := func(key string) ui.Column { return ui.Column{Title: k.T(key), Num: true} }
	t := ui.Table{Label: k.T("nav.codes"), Columns: []ui.Column{k.column(k.T("code.name"), "name", f.Page), {Title: k.T("code.now")}, num("code.scans"), num("code.joins"),
		num("code.leaves"), num("code.net"), num("code.here"), {Title: k.T("code.state"), Hide: true}}, Empty: ui.Empty{Icon: "link", Title: k.T("code.none"), Text: k.T("code.none_text")}}
	if k.c.mounted("/codes/new", k) {
		t.Empty.Button, t.Empty.Link = k.T("code.new"), "/codes/new"
	}
	for _, r := range rows {
		t.Rows = append(t.Rows, ui.Row{Link: "/codes/" + r.ID.String(), Cells: []templ.Component{ui.Two(r.Name, k.T("code.kind_"+r.Kind)), codeNow(k, r), ui.Figure(r.Scans),
			markedFigure(r, r.Joins), markedFigure(r, r.Leaves), markedFigure(r, r.Net()), stillHere(k, r), ui.Text(r.State)}})
	}
	return t
}

// codeNow says what a code shows, or what a person must see to.
func codeNow(k *call, r admit.Row) templ.Component {
	switch {
	case r.Closed != 0:
		return ui.Pill("", "x", k.T("code.closed_tab"))
	case !r.Now.Found:
		return ui.Pill("danger", "alert-triangle", k.T("code.nothing"))
	case len(r.Warnings) > 0:
		return view.Stack(ui.Pill("warning", "clock", r.Now.Entry.GroupName), k.T("code.warn_"+r.Warnings[0].Why))
	}
	return ui.Pill("good", "check", r.Now.Entry.GroupName)
}

// markedFigure is a figure that only a mark makes known.
func markedFigure(r admit.Row, n int64) templ.Component {
	if !r.Marked() {
		return view.Quiet("–")
	}
	return ui.Figure(n)
}

// stillHere leads to the people behind the number.
func stillHere(k *call, r admit.Row) templ.Component {
	if !r.Marked() {
		return view.Quiet("–")
	}
	return view.Link("/members?source="+r.State, k.Words.Number(r.Here))
}

// codeSheet is the filtered list as a file.
func (c *Console) codeSheet(k *call) error {
	f := codeFilter(k)
	f.Page.Limit, f.Page.Offset = 200, 0
	head := []string{"id", k.T("code.name"), k.T("code.kind"), k.T("code.state"), k.T("code.address"), k.T("code.now"), k.T("code.scans"), k.T("code.joins"), k.T("code.leaves"), k.T("code.net"), k.T("code.here"), k.T("code.tags")}
	return k.sheet("codes", head, func() ([][]string, error) {
		if f.Page.Offset > community.CountCap {
			return nil, nil
		}
		rows, _, err := k.Codes.Find(k.ctx(), f)
		f.Page.Offset += 200
		var out [][]string
		for _, r := range rows {
			line := []string{r.ID.String(), r.Name, k.T("code.kind_" + r.Kind), r.State, codeAddress(k, r.Code), r.Now.Entry.GroupName, itoa(r.Scans), "", "", "", "", strings.Join(r.Tags, " ")}
			if r.Marked() {
				line[7], line[8], line[9], line[10] = itoa(r.Joins), itoa(r.Leaves), itoa(r.Net()), itoa(r.Here)
			}
			out = append(out, line)
		}
		return out, err
	})
}

// codeAddress is a code's whole fixed address.
func codeAddress(k *call, c admit.Code) string {
	base := k.c.deps.PublicURL
	if base == "" {
		base = "http://" + k.R.Host
		if k.R.TLS != nil {
			base = "https://" + k.R.Host
		}
	}
	return base + "/j/" + c.Slug
}

// doubleList shows who is in several sub groups of one main group.
func (c *Console) doubleList(k *call) error {
	main, err := k.groupNamed(k.query("g"))
	if err != nil {
		return err
	}
	at := k.page(listLimit)
	rows, total, err := k.Codes.Doubles(k.ctx(), main.Key, at)
	if err != nil {
		return err
	}
	groups, err := k.groupChoice(k.T("list.any"), main)
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("double.title"), Sub: k.T("double.sub"), Back: "/groups"}}
	p.Filters = ui.Filters{Action: "/doubles", Fields: []ui.Filter{{Kind: "select", Name: "g", Label: k.T("double.main"), Value: k.query("g"), Options: groups}}}
	if main.Key != 0 {
		p.Filters.Clear = "/doubles"
	}
	p.Table = ui.Table{Label: k.T("double.title"), Columns: []ui.Column{{Title: k.T("member.name")}, {Title: k.T("double.stay")}, {Title: k.T("double.leave")}},
		Empty: ui.Empty{Icon: "users", Title: k.T("double.none"), Text: k.T("double.none_text")}, Pager: k.pager(at, len(rows), total)}
	for i, d := range rows {
		var leave []string
		for _, place := range d.Places[1:] {
			leave = append(leave, spoke(k, d, place))
		}
		row := ui.Row{Link: "/members/" + d.Member.ID.String(), Cells: []templ.Component{ui.Two(named(d.Member.Name, d.Member.External), d.Member.External), ui.Text(spoke(k, d, d.Places[0])), ui.Text(strings.Join(leave, k.T("list.comma")))}}
		if !d.Task.IsZero() {
			row.Actions = view.Link("/inbox", k.T("double.waiting"))
		} else {
			ask := "double-" + strconv.Itoa(i)
			row.Actions = ui.ConfirmButton(ui.Opener{Target: ask, Text: k.T("double.ask"), Icon: "message", Small: true})
			p.Asks = append(p.Asks, ui.Confirm{ID: ask, Title: k.T("double.ask"), Object: named(d.Member.Name, d.Member.External), Effect: k.T("double.ask_effect", "leave", d.Places[len(d.Places)-1].Name),
				Action: "/doubles/" + d.Member.ID.String(), Button: k.T("double.ask"), Fields: []ui.Option{{Value: "g", Text: k.query("g")}}})
		}
		p.Table.Rows = append(p.Table.Rows, row)
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

// spoke says how much somebody said in a place, and by which account where it is not the one shown.
func spoke(k *call, d admit.Double, p admit.Place) string {
	said := k.T("double.spoke", "name", ui.Visible(p.Name), "count", k.Words.Number(p.Messages))
	if p.Member != d.Member.Key {
		said += " " + k.T("person.by_account", "name", ui.Visible(p.Shown), "platform", k.platform(p.Platform))
	}
	return said
}

// doubleAsk asks one person in private; nobody is removed.
func (c *Console) doubleAsk(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	main, err := k.groupNamed(k.form("g"))
	if err != nil {
		return err
	}
	to := "/doubles"
	if main.Key != 0 {
		to += "?g=" + main.ID.String()
	}
	if err := k.Codes.AskDouble(k.ctx(), k.who(), main.Key, id); err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("double.asked"))
}

// capWord says a forecast in a word, and on what it rests.
func capWord(k *call, c measure.Cap) (word, note string) {
	switch {
	case c.State == "":
		return "–", ""
	case c.State != measure.CapDay:
		word = k.T("cap." + c.State)
	default:
		word = k.T("cap.day", "day", c.Day.String())
	}
	if c.Limit > 0 && c.Size >= 0 {
		note = k.T("cap.counts", "size", k.Words.Number(c.Size), "limit", k.Words.Number(c.Limit))
	}
	if c.State == measure.CapDay {
		note = capSpan(k, c) + " · " + note
	}
	return word, note
}

func capSpan(k *call, c measure.Cap) string {
	if c.Late == 0 {
		return k.T("cap.open_end", "early", c.Early.String())
	}
	return k.T("cap.between", "early", c.Early.String(), "late", c.Late.String())
}

// groupCap adds the forecast to a group's page.
func groupCap(k *call, p *view.GroupPage, g community.GroupRow, _ int) error {
	if k.Codes == nil {
		return nil
	}
	caps, err := k.Codes.Caps(k.ctx(), []community.GroupRow{g})
	if err != nil {
		return err
	}
	rule, err := k.Codes.Cap(k.ctx(), g.Key)
	if err != nil {
		return err
	}
	forecast := caps[g.Key]
	word, note := capWord(k, forecast)
	if forecast.Known > 0 {
		note += " · " + k.T("cap.growth", "growth", strconv.FormatFloat(forecast.Growth, 'f', 1, 64), "known", forecast.Known, "covered", forecast.Coverage.Covered, "of", forecast.Coverage.Of)
	}
	p.Stats = append(p.Stats, ui.Number{Label: k.T("cap.title"), Value: word, Note: strings.Trim(note+" · "+k.T("cap.means"), " ·"), Link: "/doubles?g=" + g.ID.String()})
	p.CapAsk = &ui.Confirm{ID: "cap", Title: k.T("cap.set"), Object: g.Name, Effect: k.T("cap.set_effect"), Action: "/groups/" + g.ID.String() + "/cap", Button: k.T("group.save"), Reason: k.T("form.reason"),
		Inputs: []ui.Input{{Kind: "number", Name: "most", Label: k.T("cap.most"), Value: itoa(rule.Most)}, {Kind: "number", Name: "lead", Label: k.T("cap.lead"), Value: itoa(rule.Lead)}}}
	p.CapAsk.Inputs = append(p.CapAsk.Inputs, k.moveOf()...)
	return nil
}

// capSave says how many a group holds and how early a person is asked.
func (c *Console) capSave(k *call) error {
	g, err := k.groupHere()
	if err != nil {
		return err
	}
	to := "/groups/" + g.ID.String()
	most, lead := number(k.form("most"), 0, 10_000_000, -1), number(k.form("lead"), 0, 90, -1)
	if most < 0 || lead < 0 {
		return k.done(to, "danger", k.T("code.bad_number"), community.ID{})
	}
	if k.unsaid() {
		return k.done(to, "danger", k.T("adjust.ask"), community.ID{})
	}
	if err := k.Codes.SetCap(k.aimed(), k.who(), g.Key, int64(most), int64(lead), k.form("reason")); err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("cap.saved")+k.aimSaid(g.Key))
}

// capColumn adds the forecast to a list of groups, and the way to those who are in two of them.
func capColumn(k *call, rows []community.GroupRow, t *ui.Table) error {
	if k.Codes == nil {
		return nil
	}
	caps, err := k.Codes.Caps(k.ctx(), rows)
	if err != nil {
		return err
	}
	last := len(t.Columns) - 1
	t.Columns = append(t.Columns[:last:last], ui.Column{Title: k.T("cap.title")}, t.Columns[last])
	for i, g := range rows {
		word, note := capWord(k, caps[g.Key])
		cells := t.Rows[i].Cells
		t.Rows[i].Cells = append(cells[:last:last], ui.Two(word, note), cells[last])
	}
	return nil
}
