package console

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/i18n"
	"qunluo/internal/rights"
)

// pasteRoutes are the pages of what people bring by hand (人工通道), on a desk and on a phone.
func (c *Console) pasteRoutes() []route {
	if c.deps.Importer == nil {
		return nil
	}
	all := []route{{pattern: "GET /groups/new", may: rights.SetGroups, serve: (*Console).handNew}, {pattern: "POST /groups/new", may: rights.SetGroups, serve: (*Console).handAdd}}
	roots := []string{"/groups/{id}/paste"}
	if c.deps.Phones != nil {
		roots = append(roots, "/m/paste/{id}")
		all = append(all, route{pattern: "GET /m/paste", may: rights.Work, serve: (*Console).pasteWhere, phone: true})
	}
	for _, at := range roots {
		phone := strings.HasPrefix(at, "/m/")
		all = append(all,
			route{pattern: "GET " + at, may: rights.Work, serve: (*Console).pasteForm, phone: phone},
			route{pattern: "POST " + at, may: rights.Work, serve: (*Console).pasteTry, phone: phone, upload: true},
			route{pattern: "GET " + at + "/{run}", may: rights.Work, serve: (*Console).pastePage, phone: phone},
			route{pattern: "POST " + at + "/{run}/{step}", may: rights.Work, serve: (*Console).pasteStep, phone: phone})
	}
	return all
}

// maxPasted bounds a text in the form, and a file beside it, in bytes.
const (
	maxPasted     = 4 << 20
	maxPastedFile = 8 << 20
)

// PasteShown is how many messages and names of a text are shown.
const PasteShown = 300

// pasteWait is how long a text is waited for before its run is told as it stands.
const pasteWait = 8 * time.Second

// AwaitPaste waits for a run, and no longer than a caller should.
func AwaitPaste(ctx context.Context, from interface {
	Await(ctx context.Context, run community.ID) error
}, run community.ID) error {
	ctx, stop := context.WithTimeout(ctx, pasteWait)
	defer stop()
	if err := from.Await(ctx, run); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// PasteEmpty reports whether a text says nothing.
func PasteEmpty(text []byte) bool {
	return len(bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\uFEFF")))) == 0
}

// PasteTrial is the order that reads a text of a group without writing; kind is talk or roster, at when it was copied (UTC ms).
func PasteTrial(g community.GroupRow, name, kind string, text []byte, at int64) ImportOrder {
	return ImportOrder{Name: name, File: bytes.NewReader(text), Format: pasteFormat(kind, string(text)), Zone: g.Zone, Group: g.Key, At: at, Dry: true, Live: len(g.Accounts) == 0, Show: PasteShown}
}

// ByHand is nil for a run that was brought by hand in a group; community.CodeNotFound.
func ByHand(g community.GroupRow, r community.ImportRow) error {
	if r.Group != g.Key || !slices.Contains(pasteFormats, r.Format) {
		return community.Errorf(community.CodeNotFound, "import %s is not brought by hand in group %s", r.ID, g.ID)
	}
	return nil
}

// pasteAt is the address of a group's form, on the desk or on the phone.
func (k *call) pasteAt(g community.GroupRow) string {
	if k.phone {
		return "/m/paste/" + g.ID.String()
	}
	return "/groups/" + g.ID.String() + "/paste"
}

// showHere renders a page in the frame it was asked for.
func (k *call) showHere(status int, title string, body templ.Component) error {
	if k.phone {
		return k.showPhone(title, "/m/paste", body)
	}
	return k.showStatus(status, title, body)
}

// pasteForm asks for a text.
func (c *Console) pasteForm(k *call) error {
	g, err := k.groupHere()
	if err != nil {
		return err
	}
	return k.pasteAsk(http.StatusOK, g, map[string]string{"kind": k.query("kind")}, "")
}

func (k *call) pasteAsk(status int, g community.GroupRow, was map[string]string, fault string) error {
	at := was["at"]
	if at == "" {
		at = i18n.Time(k.now(), zone(g.Zone))
	}
	p := view.PasteForm{Head: ui.Head{Title: k.T("channel.paste", "group", g.Name), Sub: k.T("channel.paste_sub"), Back: k.pasteBack(g)}, Action: k.pasteAt(g), Err: fault, Note: k.T("channel.note")}
	if len(g.Accounts) > 0 {
		p.Note = k.T("channel.note_heard")
	}
	p.Inputs = []ui.Input{
		{Kind: "select", Name: "kind", Label: k.T("channel.kind"), Value: was["kind"], Options: []ui.Option{{Value: "talk", Text: k.T("channel.talk")}, {Value: "roster", Text: k.T("channel.roster")}}},
		{Kind: "text", Name: "at", Label: k.T("channel.at"), Help: k.T("channel.at_help"), Value: at, Required: true},
		{Kind: "area", Name: "text", Label: k.T("channel.text"), Help: k.T("channel.text_help"), Rows: 10},
		{Kind: "file", Name: "file", Label: k.T("channel.or_file"), Accept: ".txt,.csv,.tsv"},
	}
	return k.showHere(status, p.Head.Title, view.PasteNew(p))
}

func (k *call) pasteBack(g community.GroupRow) string {
	if k.phone {
		return "/m/paste"
	}
	return "/groups/" + g.ID.String()
}

// pasted reads the form; text and file are bounded. Of both, the text counts.
func (k *call) pasted() (fields map[string]string, text []byte, err error) {
	fields = map[string]string{}
	parts, err := k.R.MultipartReader()
	if err != nil {
		return fields, nil, community.Errorf(community.CodeBadInput, "form: %w", err)
	}
	for range 16 {
		part, err := parts.NextPart()
		if err == io.EOF {
			return fields, bytes.ToValidUTF8(text, []byte("\uFFFD")), k.checkToken(fields["_token"])
		}
		if err != nil {
			return fields, nil, uploadError(err)
		}
		most := int64(4 << 10)
		switch part.FormName() {
		case "text":
			most = maxPasted
		case "file":
			most = maxPastedFile
		}
		b, err := io.ReadAll(io.LimitReader(part, most+1))
		switch {
		case err != nil:
			return fields, nil, uploadError(err)
		case int64(len(b)) > most:
			return fields, nil, community.Errorf(community.CodeTooLarge, "%s: over %d bytes", part.FormName(), most)
		case part.FormName() != "text" && part.FormName() != "file":
			fields[part.FormName()] = string(b)
		case len(bytes.TrimSpace(text)) == 0:
			text = b
		}
	}
	return fields, nil, community.Errorf(community.CodeBadInput, "form: too many fields")
}

// pasteTry reads a text without writing and shows what it would change.
func (c *Console) pasteTry(k *call) error {
	g, err := k.groupHere()
	if err != nil {
		return err
	}
	fields, text, err := k.pasted()
	switch {
	case community.CodeOf(err) == community.CodeTooLarge:
		return k.pasteAsk(http.StatusRequestEntityTooLarge, g, fields, k.T("channel.too_long", "most", maxPasted>>20, "file", maxPastedFile>>20))
	case err != nil:
		return err
	case PasteEmpty(text):
		return k.pasteAsk(http.StatusUnprocessableEntity, g, fields, k.T("channel.empty"))
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", strings.TrimSpace(fields["at"]), zone(g.Zone))
	if err != nil {
		return k.pasteAsk(http.StatusUnprocessableEntity, g, fields, k.T("import.bad_at", "at", clip(fields["at"])))
	}
	if now := time.UnixMilli(k.now()); at.Equal(now.Truncate(time.Minute)) {
		at = now // just now: after what was asked for a moment ago
	}
	name := k.T("channel.file_"+pasteKind(fields["kind"]), "at", i18n.Time(k.now(), zone(g.Zone))) + ".txt"
	run, err := c.deps.Importer.Start(k.ctx(), k.who(), k.User.Org, PasteTrial(g, name, fields["kind"], text, at.UnixMilli()))
	if err != nil {
		return k.refused(k.pasteAt(g), err)
	}
	return k.pasteWaits(g, run)
}

// pasteWaits goes on to a run's page once it has ended, or after a while.
func (k *call) pasteWaits(g community.GroupRow, run community.ID) error {
	if err := AwaitPaste(k.ctx(), k.c.deps.Importer, run); err != nil {
		return err
	}
	return k.redirect(k.pasteAt(g) + "/" + run.String())
}

func pasteKind(kind string) string {
	if kind == "roster" {
		return kind
	}
	return "talk"
}

// pasteFormat is the importer's format of a text. A list whose first line names columns is a table.
func pasteFormat(kind, text string) string {
	if kind != "roster" {
		return "wechat-paste"
	}
	first, _, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(text, "\uFEFF")), "\n")
	if strings.ContainsAny(first, ",\t") {
		return "roster-csv"
	}
	return "roster-names"
}

// pasteFormats are the formats of what people bring by hand.
var pasteFormats = []string{"wechat-paste", "roster-csv", "roster-names"}

// pasteRun finds the run of the path, if it is one of the group's and brought by hand.
func (k *call) pasteRun(g community.GroupRow) (community.ImportRow, importReport, error) {
	id, err := community.ParseID(k.R.PathValue("run"))
	if err != nil {
		return community.ImportRow{}, importReport{}, community.Errorf(community.CodeNotFound, "path: %w", err)
	}
	r, err := k.Desk.ImportByID(k.ctx(), id)
	if err == nil {
		err = ByHand(g, r)
	}
	return r, readReport(r.Report), err
}

// pasteStep saves, tries again with renames, or takes back.
func (c *Console) pasteStep(k *call) error {
	g, err := k.groupHere()
	if err != nil {
		return err
	}
	r, rep, err := k.pasteRun(g)
	if err != nil {
		return err
	}
	here := k.pasteAt(g) + "/" + r.ID.String()
	run := r.ID
	switch k.R.PathValue("step") {
	case "save":
		run, err = c.deps.Importer.Commit(k.ctx(), k.who(), k.User.Org, r.ID)
	case "again":
		run, err = c.deps.Importer.Again(k.ctx(), k.who(), k.User.Org, r.ID, ImportOrder{Format: r.Format, Zone: rep.Asked.Zone, Group: g.Key, At: rep.Asked.At, Dry: true,
			Live: rep.Asked.Live, Show: PasteShown, Renamed: k.renames(rep)})
	case "undo":
		reason := k.form("reason")
		if reason == "" {
			return k.done(here, "danger", k.T("act.need_reason"), community.ID{})
		}
		if err := c.deps.Importer.Undo(k.ctx(), k.who(), k.User.Org, r.ID, reason); err != nil {
			return k.refused(here, err)
		}
		return k.ok(here, k.T("channel.undone"))
	default:
		return community.Errorf(community.CodeNotFound, "no such step")
	}
	if community.CodeOf(err) == community.CodeNotFound {
		return k.done(k.pasteAt(g), "danger", k.T("channel.gone"), community.ID{})
	}
	if err != nil {
		return k.refused(here, err)
	}
	return k.pasteWaits(g, run)
}

// renames are the renamings that the person ticked, old names by new ones, and those ticked before.
func (k *call) renames(rep importReport) map[string]string {
	out := map[string]string{}
	for now, old := range rep.Asked.Renamed {
		out[now] = old
	}
	for _, u := range rep.Units {
		for _, r := range u.Rosters {
			for _, m := range r.Maybe {
				if k.R.PostFormValue("same:"+m.To) == "1" {
					out[m.To] = m.From
				}
			}
		}
	}
	return out
}

// pastePage shows the difference that a text makes, and what became of it.
func (c *Console) pastePage(k *call) error {
	g, err := k.groupHere()
	if err != nil {
		return err
	}
	r, rep, err := k.pasteRun(g)
	if err != nil {
		return err
	}
	here := k.pasteAt(g) + "/" + r.ID.String()
	p := view.PasteRun{Head: ui.Head{Title: k.T("channel.paste", "group", g.Name), Sub: r.Name, Back: k.pasteBack(g)}, Anew: k.pasteAt(g), Tone: "info"}
	pasteReport(k, &p, g, rep)
	rows := rep.added()
	switch r.State {
	case "running":
		p.Said, p.Refresh, p.Stats = k.T("channel.reading"), here, nil
	case "dry":
		p.Said = k.T("channel.would", "n", rows)
		if list := listOf(rep); list != nil {
			p.Said = k.T("channel.would_list", "members", list.Members, "joined", list.Joined, "gone", list.Gone)
		}
		switch {
		case rows == 0 && len(p.Faults) > 0:
			p.Said, p.Tone = k.T("channel.unread"), "warning"
		case rows == 0:
			p.Said = k.T("channel.nothing")
		default:
			p.Save = here + "/save"
		}
		p.Again = here + "/again"
	case "failed":
		p.Said, p.Tone = k.T("channel.failed"), "danger"
	case "undone":
		p.Said = k.T("channel.undone")
	default:
		p.Said, p.Tone = k.T("channel.saved", "n", rows), "success"
		if list := listOf(rep); list != nil {
			p.Said = k.T("channel.saved_list", "members", list.Members)
		}
		p.Undo = &ui.Confirm{ID: "undo", Title: k.T("import.undo"), Object: r.Name, Effect: k.T("channel.undo_effect", "n", rows), Action: here + "/undo", Button: k.T("import.undo"), Danger: true, Reason: k.T("form.reason"), Need: true}
	}
	if r.State != "dry" {
		p.Renames = nil
	}
	return k.showHere(http.StatusOK, p.Head.Title, view.PasteDone(p))
}

// listOf is the list of members that a text is; nil for talk.
func listOf(rep importReport) *importRoster {
	for _, u := range rep.Units {
		if len(u.Rosters) > 0 {
			return &u.Rosters[0]
		}
	}
	return nil
}

// pasteReport lays out what is new: messages, people who came, went or took another name, and what could not be read.
func pasteReport(k *call, p *view.PasteRun, g community.GroupRow, rep importReport) {
	if rep.Error != "" {
		p.Faults = append(p.Faults, importFault(k, rep.Why, rep.What, rep.Error))
	}
	for _, u := range rep.Units {
		if u.Error != "" {
			p.Faults = append(p.Faults, importFault(k, u.Why, u.What, u.Error))
		}
		for _, b := range u.BadRows {
			p.Faults = append(p.Faults, k.T("channel.bad_row", "place", b.Place, "why", importWhy(k, b.Why), "text", ui.Visible(shorten(b.Text, 60))))
		}
		pasteTalk(k, p, g, u)
		for _, r := range u.Rosters {
			pasteList(k, p, r)
		}
		if len(u.Rosters) == 0 && u.Messages > 0 {
			p.Stats = append(p.Stats, ui.Number{Label: k.T("channel.new"), Value: k.Words.Number(rep.added()), Tone: "good"}, ui.Number{Label: k.T("channel.known_count"), Value: k.Words.Number(rep.same() + rep.Near)},
				ui.Number{Label: k.T("channel.bad"), Value: k.Words.Number(rep.bad())})
		}
	}
}

func pasteTalk(k *call, p *view.PasteRun, g community.GroupRow, u importUnit) {
	for _, m := range u.Preview {
		line := view.PasteLine{Tone: "good", Icon: "plus", Mark: k.T("channel.is_new"), Name: m.Name, Text: m.Text, At: i18n.Time(m.At, zone(g.Zone))}
		switch {
		case m.Known:
			line.Tone, line.Icon, line.Mark = "", "check", k.T("channel.is_known")
		case m.Whole:
			line.Tone, line.Icon, line.Mark = "info", "edit", k.T("channel.is_whole")
		}
		p.Lines = append(p.Lines, line)
	}
	if n := int(u.Messages) - len(u.Preview); n > 0 && len(u.Preview) > 0 {
		p.More = k.T("channel.more", "n", n)
	}
}

// pasteMarks say what the first character of a sample means.
var pasteMarks = map[byte][3]string{'+': {"good", "plus", "channel.joined"}, '-': {"warning", "user-minus", "channel.left"}, '?': {"info", "user", "channel.doubtful"}}

func pasteList(k *call, p *view.PasteRun, r importRoster) {
	p.Stats = append(p.Stats, ui.Number{Label: k.T("channel.members"), Value: k.Words.Number(r.Members)}, ui.Number{Label: k.T("channel.joined"), Value: k.Words.Number(r.Joined), Tone: "good"},
		ui.Number{Label: k.T("channel.left"), Value: k.Words.Number(r.Gone)}, ui.Number{Label: k.T("channel.renamed"), Value: k.Words.Number(len(r.Renamed))})
	for _, n := range r.Renamed {
		p.Lines = append(p.Lines, view.PasteLine{Tone: "info", Icon: "edit", Mark: k.T("channel.renamed"), Name: n.To, Text: k.T("channel.was", "name", n.From)})
	}
	for _, s := range r.Samples {
		if mark, ok := pasteMarks[s[0]]; ok {
			p.Lines = append(p.Lines, view.PasteLine{Tone: mark[0], Icon: mark[1], Mark: k.T(mark[2]), Name: strings.TrimSpace(s[1:])})
		}
	}
	if n := r.Joined + r.Gone + r.Doubtful - len(r.Samples); n > 0 {
		p.More = k.T("channel.more", "n", n)
	}
	for _, m := range r.Maybe {
		p.Renames = append(p.Renames, ui.Input{Kind: "check", Name: "same:" + m.To, Label: k.T("channel.same", "from", ui.Visible(m.From), "to", ui.Visible(m.To))})
	}
}

// pasteWhere lists, on the phone, the groups that people bring by hand.
func (c *Console) pasteWhere(k *call) error {
	rows, _, err := k.Desk.FindGroups(k.ctx(), community.GroupFilter{Platform: "wechat", Page: community.Page{Limit: 200}})
	if err != nil {
		return err
	}
	p := view.PasteGroups{Title: k.T("channel.title"), Empty: ui.Empty{Icon: "users-group", Title: k.T("channel.none"), Text: k.T("channel.none_text")}}
	for _, g := range rows {
		if len(g.Accounts) == 0 {
			p.Groups = append(p.Groups, ui.Tab{Text: g.Name, Link: k.pasteAt(g)})
		}
	}
	return k.showPhone(p.Title, "/m/paste", view.PasteWhere(p))
}
