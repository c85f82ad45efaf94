package console

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/plan"
)

// startLayout is how people write a time in the form.
const startLayout = "2006-01-02 15:04"

// letter is what a form holds that goes with a text. n follows the names of its fields: "" of a mass send, the number of a
// step of an SOP.
type letter struct {
	n      string
	link   plan.Attached
	pieces []plan.Piece // all but the mini program
	app    plan.App
	cover  []plan.Piece // of the mini program: the one chosen last
	byLink bool
	faults []string
}

// letter reads a form with files: those that came with it and those that it kept before.
func (k *call) letter() (l letter, err error) {
	files, faults, err := k.given(maxGivenParts)
	if err != nil {
		return l, err
	}
	l, err = k.lettered(files, "")
	l.faults = append(faults, l.faults...)
	return l, err
}

// lettered reads one letter of a form whose files were kept.
func (k *call) lettered(files map[string][]plan.Piece, n string) (l letter, err error) {
	l = letter{n: n, link: plan.Attached{URL: k.typed("link" + n), Title: k.form("link_title" + n)}, byLink: k.form("by_link"+n) == "1",
		app: plan.App{ID: k.typed("app_id" + n), Page: k.typed("app_page" + n), Title: k.typed("app_title" + n), Link: k.typed("app_link" + n)}}
	if l.pieces, err = k.keptPieces("piece" + n); err == nil {
		l.cover, err = k.keptPieces("app_file" + n)
	}
	if code := community.CodeOf(err); code == community.CodeNotFound {
		l.faults, err = append(l.faults, k.T("plan.piece_gone")), nil
	}
	l.pieces = append(l.pieces, files["files"+n]...)
	if covers := files["app_cover"+n]; len(covers) > 0 {
		l.cover = covers[len(covers)-1:]
	}
	return l, err
}

// letterOf lays a post out in a form.
func letterOf(p plan.Post, n string) letter {
	l := letter{n: n, link: p.Link, byLink: p.ByLink}
	for _, piece := range p.Pieces {
		if piece.Kind != "app" {
			l.pieces = append(l.pieces, piece)
			continue
		}
		l.app = piece.App
		piece.Kind, piece.App = plan.KindOf(piece.Type), plan.App{}
		l.cover = []plan.Piece{piece}
	}
	return l
}

// all are the pieces of the letter: its files and its mini program, which is none where no AppID was entered.
func (l letter) all() []plan.Piece {
	out := slices.Clone(l.pieces)
	if l.app.ID == "" {
		return out
	}
	piece := plan.Piece{Name: l.app.Title}
	if len(l.cover) > 0 {
		piece = l.cover[0]
	}
	piece.Kind, piece.App = "app", l.app
	return append(out, piece)
}

// card is the link of the letter; one without a title is called by the beginning of the text.
func (l letter) card(text string) plan.Attached {
	if l.link.URL == "" {
		return plan.Attached{}
	}
	return plan.Attached{URL: l.link.URL, Title: cmp.Or(l.link.Title, gist(text, 20))}
}

// broadcastAsked reads the form. A start that cannot be read is CodeBadInput.
func broadcastAsked(k *call, l letter) (plan.Broadcast, error) {
	text := k.typed("text")
	b := plan.Broadcast{Title: k.form("title"), Text: text, Force: k.form("force"), Filter: plan.Filter{Platform: community.Platform(k.form("platform"))}}
	b.Link, b.Pieces, b.ByLink = l.card(text), l.all(), l.byLink
	b.Title = cmp.Or(b.Title, gist(text, 20))
	if tag := k.form("tag"); tag != "" {
		b.Filter.Tags = []string{tag}
	}
	if g, err := k.groupNamed(k.form("g")); err != nil {
		return b, err
	} else if g.Key != 0 {
		b.Filter.Groups = []community.GroupKey{g.Key}
	}
	if at := k.form("start"); at != "" {
		t, err := time.ParseInLocation(startLayout, at, zone(""))
		if err != nil {
			return b, community.Errorf(community.CodeBadInput, "start: %w", err)
		}
		b.Start = t.UnixMilli()
	}
	return b, nil
}

// broadcastForm shows the empty form.
func (c *Console) broadcastForm(k *call) error { return k.broadcastShow(letter{}) }

// broadcastEstimate shows the form with whom it would reach and what is in the way.
func (c *Console) broadcastEstimate(k *call) error {
	l, err := k.letter()
	if err != nil {
		return err
	}
	return k.broadcastShow(l)
}

// broadcastShow shows the form; once it was filled in, with its estimate.
func (k *call) broadcastShow(l letter) error {
	p, err := broadcastFields(k, l)
	if err != nil {
		return err
	}
	p.Wait, p.Hint, p.Faults = true, k.T("plan.estimate_first"), l.faults
	if k.R.PostFormValue("text") == "" {
		if k.R.Method == "POST" {
			p.Faults = append(p.Faults, k.T("plan.no_text"))
		}
		return k.show(p.Head.Title, view.PlanEdit(p))
	}
	b, err := broadcastAsked(k, l)
	var e plan.Estimate
	if err == nil {
		e, err = k.plans().Estimate(k.ctx(), b)
	}
	if code := community.CodeOf(err); code == community.CodeBadInput || code == community.CodeTooLarge {
		p.Faults = append(p.Faults, badBroadcast(k, b, err))
		return k.show(p.Head.Title, view.PlanEdit(p))
	}
	if err != nil {
		return err
	}
	estimated(k, &p, e, b)
	return k.show(p.Head.Title, view.PlanEdit(p))
}

// badBroadcast says what is wrong with what was entered.
func badBroadcast(k *call, b plan.Broadcast, err error) string {
	if len(b.Pieces) == 0 || strings.HasPrefix(err.Error(), "start") {
		return k.T("plan.bad_form")
	}
	b.Pieces = nil
	if b.Check() != nil {
		return k.T("plan.bad_form")
	}
	return k.T("plan.bad_piece", "why", err.Error())
}

func broadcastFields(k *call, l letter) (view.PlanForm, error) {
	p := view.PlanForm{Multi: true, Head: ui.Head{Title: k.T("plan.new"), Sub: k.T("plan.new_sub"), Back: "/broadcasts"}, Action: "/broadcasts", Ask: "/broadcasts/estimate", AskText: k.T("plan.estimate"), Do: k.T("plan.send")}
	chosen, err := k.groupNamed(cmp.Or(k.form("g"), k.query("g")))
	if err != nil {
		return p, err
	}
	d, err := k.draftHere()
	if err != nil {
		return p, err
	}
	p.Hidden = d.hidden()
	if d.model != "" {
		p.Head.Sub = k.T("draft.model_was", "model", d.model)
	}
	if k.c.deps.Models != nil && d.id.IsZero() {
		p.HintLink = ui.Option{Value: "/wordings/new", Text: k.T("draft.new")}
	}
	into := ""
	if chosen.Key != 0 {
		into = chosen.ID.String()
	}
	groups, err := k.groupChoice(k.T("plan.every_group"), chosen)
	if err != nil {
		return p, err
	}
	tags, err := k.tagFilter(k.T("plan.every_tag"))
	if err != nil {
		return p, err
	}
	accounts, err := k.Desk.Accounts(k.ctx())
	if err != nil {
		return p, err
	}
	platforms := []ui.Option{{Text: k.T("plan.every_platform")}}
	seen := map[community.Platform]bool{}
	for _, a := range accounts {
		if !seen[a.Platform] {
			seen[a.Platform] = true
			platforms = append(platforms, ui.Option{Value: string(a.Platform), Text: string(a.Platform)})
		}
	}
	p.Groups = []view.PlanFields{{Title: k.T("plan.what"), Rows: []ui.Input{
		{Kind: "area", Name: "text", Label: k.T("plan.text"), Value: cmp.Or(k.R.PostFormValue("text"), d.one.Text), Required: true, Rows: 5, Max: plan.MaxText},
		{Kind: "text", Name: "link", Label: k.T("plan.add_link"), Value: k.R.PostFormValue("link"), Help: k.T("plan.add_link_help"), Max: plan.MaxLink},
		{Kind: "text", Name: "link_title", Label: k.T("plan.link_title"), Value: k.form("link_title"), Help: k.T("plan.link_title_help"), Max: plan.MaxLinkTitle},
		{Kind: "text", Name: "title", Label: k.T("plan.title"), Value: cmp.Or(k.form("title"), d.one.Title), Help: k.T("plan.title_help"), Max: plan.MaxTitle},
		{Kind: "text", Name: "start", Label: k.T("plan.start"), Value: k.form("start"), Help: k.T("plan.start_help")},
	}}, k.pieceFields(l), {Title: k.T("plan.whom"), Rows: []ui.Input{
		{Kind: "select", Name: "tag", Label: k.T("group.tag"), Value: k.form("tag"), Options: tags.Options},
		{Kind: "select", Name: "platform", Label: k.T("plan.platform"), Value: k.form("platform"), Options: platforms},
		{Kind: "select", Name: "g", Label: k.T("word.group"), Value: into, Options: groups},
		{Kind: "text", Name: "force", Label: k.T("plan.force"), Value: k.form("force"), Help: k.T("plan.force_help")},
	}}}
	return p, nil
}

// pieceFields are the files and the mini program of the form.
func (k *call) pieceFields(l letter) view.PlanFields {
	byLink := k.T("plan.by_link_help", "url", k.c.deps.PublicURL)
	if k.c.deps.PublicURL == "" {
		byLink = k.T("plan.by_link_no_url")
	}
	n, checked := l.n, ""
	if l.byLink {
		checked = "1"
	}
	return view.PlanFields{Title: k.T("plan.pieces"), Files: append(pieceViews(k, "piece"+n, l.pieces), pieceViews(k, "app_file"+n, l.cover)...), Rows: []ui.Input{
		{Kind: "file", Name: "files" + n, Label: k.T("plan.files"), Help: k.T("plan.files_help"), Many: true},
		{Kind: "text", Name: "app_id" + n, Label: k.T("plan.app") + " · " + k.T("plan.app_id"), Value: l.app.ID, Help: k.T("plan.app_id_help"), Max: 64},
		{Kind: "text", Name: "app_page" + n, Label: k.T("plan.app_page"), Value: l.app.Page, Max: 1024},
		{Kind: "text", Name: "app_title" + n, Label: k.T("plan.app_title"), Value: l.app.Title, Max: 64},
		{Kind: "file", Name: "app_cover" + n, Label: k.T("plan.app_cover"), Help: k.T("plan.app_cover_help"), Accept: "image/png,image/jpeg"},
		{Kind: "text", Name: "app_link" + n, Label: k.T("plan.app_link"), Value: l.app.Link, Help: k.T("plan.app_link_help"), Max: plan.MaxLink},
		{Kind: "check", Name: "by_link" + n, Label: k.T("plan.by_link"), Value: checked, Help: byLink},
	}}
}

// pieceFiles shows what goes with a mass send.
func pieceFiles(k *call, list []plan.Piece) []ui.TaskFile {
	var out []ui.TaskFile
	for _, p := range list {
		out = append(out, ui.TaskFile{Name: p.Called(), Note: k.T("media.kind." + p.Kind), Link: "/files/" + p.File.String(), Image: strings.HasPrefix(p.Type, "image/")})
	}
	return out
}

// estimateRows is how many groups an estimate lists.
const estimateRows = 100

func estimated(k *call, p *view.PlanForm, e plan.Estimate, b plan.Broadcast) {
	num := func(key string, n int) ui.Number {
		return ui.Number{Label: k.T("plan." + key), Value: k.Words.Number(int64(n))}
	}
	p.Stats = []ui.Number{num("targets", e.Groups), num("people", e.People), num("level_native", e.Levels[community.Native]), num("level_assisted", e.Levels[community.Assisted]), num("owners", e.Owners), num("level_human", e.Levels[community.Human]), num("will_block", e.Blocked)}
	p.Wait, p.Hint = false, k.T("plan.may_send")
	switch {
	case e.Groups == 0:
		p.Wait, p.Hint = true, k.T("plan.no_group")
	case plan.Impossible(e.Findings):
		p.Wait, p.Hint = true, k.T("plan.piece_refused")
	case !e.Ready() && b.Force == "":
		p.Wait, p.Hint = true, k.T("plan.links_refuse")
	}
	if len(e.Findings) > 0 {
		p.Tables = append(p.Tables, foundTable(k, e.Findings))
	}
	rows := ui.Table{Label: k.T("plan.targets"), Columns: []ui.Column{{Title: k.T("word.group")}, {Title: k.T("plan.how")}, {Title: k.T("plan.people"), Num: true}, {Title: k.T("plan.verdict")}}}
	for _, r := range e.Rows[:min(len(e.Rows), estimateRows)] {
		says := ui.Pill("good", "circle-check", k.T("plan.goes"))
		if !r.Verdict.OK() {
			says = view.Stack(planPill(k, "blocked"), planWhy(k, r.Verdict.Reasons, r.Group.Zone))
		}
		rows.Rows = append(rows.Rows, ui.Row{Link: "/groups/" + r.Group.ID.String(), Cells: []templ.Component{ui.Two(r.Group.Name, string(r.Group.Platform)), ui.Two(k.T("plan.level_"+string(r.Level)), r.Owner), ui.Figure(int64(r.Facts.Members)), says}})
	}
	if len(rows.Rows) > 0 {
		p.Tables = append(p.Tables, view.PlanTable{Title: k.T("plan.targets"), Note: k.T("plan.shown", "num", len(rows.Rows), "all", e.Groups), Table: rows})
	}
}

// foundTable lists what is in the way of a send, each with its rule, date and what may stand in its place.
func foundTable(k *call, list []plan.Finding) view.PlanTable {
	found := ui.Table{Label: k.T("plan.found"), Columns: []ui.Column{{Title: k.T("plan.link")}, {Title: k.T("plan.weight")}, {Title: k.T("plan.reason")}, {Title: k.T("plan.instead")}, {Title: k.T("plan.rule")}}}
	for _, f := range list {
		weight := ui.Pill("warning", "alert-circle", k.T("plan.warns"))
		if f.Refuse {
			weight = ui.Pill("danger", "x", k.T("plan.refuses"))
		}
		rule := strings.Trim(f.Rule+" · "+f.Since, " ·")
		if !f.Verified {
			rule += " · " + k.T("plan.unverified")
		}
		found.Rows = append(found.Rows, ui.Row{Cells: []templ.Component{ui.Two(f.Link, f.Found), weight, ui.Text(k.Words.Pick(f.Reason)), ui.Text(k.Words.Pick(f.Instead)), ui.Two(f.Source, rule)}})
	}
	return view.PlanTable{Title: k.T("plan.found"), Note: k.T("plan.found_note"), Table: found}
}

// broadcastNew keeps the mass send of the form.
func (c *Console) broadcastNew(k *call) error {
	l, err := k.letter()
	if err != nil {
		return err
	}
	b, err := broadcastAsked(k, l)
	if err == nil && len(l.faults) > 0 {
		return k.broadcastShow(l)
	}
	d, wrong := k.draftHere()
	if wrong != nil {
		return wrong
	}
	b.AI = d.model
	if err == nil {
		b, err = k.plans().NewBroadcast(k.ctx(), k.who(), b)
	}
	switch community.CodeOf(err) {
	case community.CodeNone:
		if err := k.became(d, "broadcast:"+b.ID.String()); err != nil {
			return err
		}
		return k.ok("/broadcasts/"+b.ID.String(), k.T("plan.made", "title", b.Title))
	case community.CodeBadInput, community.CodeTooLarge, community.CodeRefused:
		return k.broadcastShow(l) // what was written, with what is wrong
	}
	return err
}
