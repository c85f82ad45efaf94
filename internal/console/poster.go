package console

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/poster"
	"qunluo/internal/rights"
)

// Posters is what the pages of posters ask and change.
type Posters interface {
	List(ctx context.Context, lang string) ([]poster.Kept, error)
	// Get gives one by its reference; community.CodeNotFound.
	Get(ctx context.Context, ref string) (poster.Kept, error)
	Versions(ctx context.Context, name string) ([]poster.Kept, error)
	// Save keeps the next version; base is the one that it was made of. A *poster.Fault says what is wrong with it.
	Save(ctx context.Context, user, name string, base int, l poster.Layout, reason string) (poster.Kept, error)
	Restore(ctx context.Context, user, name string, version int, reason string) (poster.Kept, error)
	Drop(ctx context.Context, user, name, reason string) error
	Draw(ctx context.Context, l poster.Layout, values map[string]string, wide int) ([]byte, []poster.Warned, error)
	// Look draws a small picture, which is kept for a while.
	Look(ctx context.Context, l poster.Layout, values map[string]string, wide int) ([]byte, error)
	Animate(ctx context.Context, l poster.Layout, m poster.Motion, values map[string]string) ([]byte, []poster.Warned, error)
	Frames(ctx context.Context, files [][]byte, delay, wide int) ([]byte, error)
	AddImage(ctx context.Context, raw []byte) (hash string, err error)
	ForCode(ctx context.Context, code community.ID) (poster.ForCode, error)
	SetForCode(ctx context.Context, user string, code community.ID, ref string, filled map[string]string, reason string) error
	Batch(ctx context.Context, user string, o poster.Order, reason string) (poster.Batch, error)
	Batches(ctx context.Context) ([]poster.Batch, error)
	BatchFile(ctx context.Context, id community.ID) (io.ReadCloser, int64, error)
}

// posterRoutes are there where posters are drawn.
func (c *Console) posterRoutes() []route {
	if c.deps.Posters == nil {
		return nil
	}
	return []route{
		{pattern: "GET /posters", may: rights.SeeContent, serve: (*Console).posterList},
		{pattern: "GET /posters/at", may: rights.SeeContent, serve: (*Console).posterPage},
		{pattern: "GET /posters/picture", may: rights.SeeContent, serve: (*Console).posterPicture},
		{pattern: "GET /posters/edit", may: rights.Write, whole: true, serve: (*Console).posterEdit},
		{pattern: "POST /posters/edit", may: rights.Write, whole: true, serve: (*Console).posterChange},
		{pattern: "POST /posters/preview", may: rights.Write, whole: true, serve: (*Console).posterPreview},
		{pattern: "POST /posters/image", may: rights.Write, whole: true, serve: (*Console).posterImage, upload: true},
		{pattern: "POST /posters/drop", may: rights.Write, whole: true, serve: (*Console).posterDrop},
		{pattern: "POST /posters/restore", may: rights.Write, whole: true, serve: (*Console).posterRestore},
		{pattern: "POST /posters/gif", may: rights.Write, serve: (*Console).posterFrames, upload: true},
		{pattern: "POST /posters/batch", may: rights.Write, and: rights.Export, whole: true, serve: (*Console).posterBatch},
		{pattern: "POST /posters/table", may: rights.Write, and: rights.Export, whole: true, serve: (*Console).posterTable, upload: true},
		{pattern: "GET /posters/batches/{id}/zip", may: rights.Export, whole: true, serve: (*Console).posterZIP},
		{pattern: "GET /codes/{id}/poster", may: rights.Codes, serve: (*Console).codePoster},
		{pattern: "POST /codes/{id}/poster", may: rights.Codes, serve: (*Console).codePosterSet},
	}
}

func (k *call) posters() Posters { return k.c.deps.Posters(k.User.Org, k.groups) }

// mayDraft reports whether the person may keep posters: they are the whole organisation's.
func (k *call) mayDraft() bool {
	return k.may(rights.Write) && rights.Of(k.User).Reach == rights.Whole
}

func posterAt(ref string) string { return "/posters/at?ref=" + url.QueryEscape(ref) }

func posterPictureAt(ref string, wide int, values map[string]string, more string) string {
	q := url.Values{"ref": {ref}}
	for f, v := range values {
		q.Set("v."+f, v)
	}
	if wide > 0 {
		q.Set("w", strconv.Itoa(wide))
	}
	if more != "" {
		q.Set(more, "1")
	}
	return "/posters/picture?" + q.Encode()
}

// tileWide is the width of a picture on the list, in pixels.
const tileWide = 240

// posterList shows what can be drawn, as pictures.
func (c *Console) posterList(k *call) error {
	list, err := k.posters().List(k.ctx(), k.Words.Lang)
	if err != nil {
		return err
	}
	canvas := poster.Portrait
	if k.query("canvas") == poster.Square {
		canvas = poster.Square
	}
	p := view.Posters{Head: ui.Head{Title: k.T("nav.posters"), Sub: k.T("poster.sub")}, Note: k.T("poster.note")}
	for _, s := range []string{poster.Portrait, poster.Square} {
		p.Tabs = append(p.Tabs, ui.Tab{Text: k.T("poster.size_" + s), Link: "/posters?canvas=" + s, Here: s == canvas})
	}
	own := view.PosterShelf{Title: k.T("poster.own"), Empty: &ui.Empty{Icon: "copy", Title: k.T("poster.own_none"), Text: k.T("poster.own_none_text")}}
	shipped := view.PosterShelf{Title: k.T("poster.shipped")}
	for _, one := range list {
		if one.Layout.Canvas != canvas {
			continue
		}
		t := view.PosterTile{Link: posterAt(one.Ref), Picture: posterPictureAt(one.Ref, tileWide, nil, ""), Title: one.Layout.Title, Sub: one.Name, Wide: strconv.Itoa(tileWide), High: strconv.Itoa(tileWide * one.Layout.High() / poster.Wide)}
		if one.Own {
			t.Title, t.Sub = one.Name, k.T("poster.version")+" "+strconv.Itoa(one.Version)
			own.Tiles = append(own.Tiles, t)
		} else {
			shipped.Tiles = append(shipped.Tiles, t)
		}
	}
	p.Shelves = []view.PosterShelf{own, shipped}
	if k.may(rights.Export) && k.mayDraft() {
		if err := k.batchesOn(&p); err != nil {
			return err
		}
	}
	if k.may(rights.Write) {
		p.Forms = []view.PosterForm{{Title: k.T("poster.gif"), Note: k.T("poster.gif_note"), Action: "/posters/gif", Multi: true, Button: k.T("poster.gif_make"), Fields: []ui.Input{
			{Kind: "number", Name: "delay", Label: k.T("poster.gif_delay"), Value: "50"}, {Kind: "number", Name: "wide", Label: k.T("poster.gif_wide"), Value: "480"},
			{Kind: "file", Name: "file", Label: k.T("poster.files"), Accept: "image/png,image/jpeg,image/gif", Many: true, Required: true}}}}
	}
	return k.show(p.Head.Title, view.PosterList(p))
}

// batchesOn adds what was drawn for many.
func (k *call) batchesOn(p *view.Posters) error {
	list, err := k.posters().Batches(k.ctx())
	if err != nil {
		return err
	}
	t := ui.Table{Label: k.T("poster.batch"), Empty: ui.Empty{Icon: "users", Title: k.T("poster.batch_none"), Text: k.T("poster.batch_none_text")},
		Columns: []ui.Column{{Title: k.T("poster.batch_poster")}, {Title: k.T("poster.batch_state")}, {Title: k.T("poster.batch_done"), Num: true}, {Title: k.T("poster.batch_size"), Num: true}, {Title: k.T("poster.when")}, {Title: k.T("poster.warnings")}}}
	tones := map[string]string{"waits": "info", "done": "good", "failed": "danger", "gone": ""}
	for _, b := range list {
		p.Busy = p.Busy || b.State == "waits"
		said := strings.Join(b.Warned, k.T("list.comma"))
		if b.Why != "" {
			said = b.Why
		}
		bytes := "–"
		if b.Bytes > 0 {
			bytes = size(b.Bytes)
		}
		row := ui.Row{Cells: []templ.Component{ui.Two(ui.Visible(b.Title), b.Ref), ui.Pill(tones[b.State], "", k.T("poster.batch_is_"+b.State)), ui.Text(outOf(k, int64(b.Done), int64(b.Total))), ui.Text(bytes), ui.Moment(b.Created), ui.Text(gist(ui.Visible(said), 120))}}
		if b.State == "done" {
			row.Actions = view.LinkButtons([][3]string{{"/posters/batches/" + b.ID.String() + "/zip", "download", k.T("poster.batch_download")}})
		}
		t.Rows = append(t.Rows, row)
	}
	p.Batches = view.PlanTable{Title: k.T("poster.batch"), Note: k.T("poster.batch_note"), Table: t}
	return nil
}

// valuesAsked reads the values that an address fills a poster in with; where there are none it is those to look at it with.
func (k *call) valuesAsked(one poster.Kept) map[string]string {
	out := maps.Clone(one.Try)
	if out == nil {
		out = map[string]string{}
	}
	for name, v := range k.R.URL.Query() {
		if f, ok := strings.CutPrefix(name, "v."); ok && slices.Contains(one.Layout.Fields(), f) {
			r := []rune(strings.ToValidUTF8(v[0], ""))
			out[f] = string(r[:min(len(r), poster.MaxFilled)])
		}
	}
	return out
}

// posterPage shows a poster, filled in.
func (c *Console) posterPage(k *call) error {
	one, err := k.posters().Get(k.ctx(), k.query("ref"))
	if err != nil {
		return err
	}
	values := k.valuesAsked(one)
	_, warned, err := k.posters().Draw(k.ctx(), one.Layout, values, tileWide)
	if err != nil {
		return err
	}
	title := one.Layout.Title
	if one.Own {
		title = one.Name
	}
	p := view.PosterPage{Head: ui.Head{Title: title, Sub: k.T("poster.size_" + one.Layout.Canvas), Back: "/posters?canvas=" + one.Layout.Canvas}, Ref: one.Ref, Alt: k.T("poster.preview"), Picture: posterPictureAt(one.Ref, 540, values, ""), Wide: "540", High: strconv.Itoa(one.Layout.High() / 2),
		Title: k.T("poster.values"), Note: k.T("poster.values_note", "name", "{{name}}"), Button: k.T("poster.preview"), Warn: k.T("poster.warnings")}
	if len(one.Layout.Fields()) == 0 {
		p.Note = k.T("poster.fields_none")
	}
	for _, f := range one.Layout.Fields() {
		in := ui.Input{Kind: "text", Name: "v." + f, Label: f, Value: values[f], Max: poster.MaxFilled}
		if len([]rune(values[f])) > 30 {
			in.Kind, in.Rows = "area", 3
		}
		p.Fields = append(p.Fields, in)
	}
	for _, w := range warned {
		p.Warnings = append(p.Warnings, k.T("poster.warned_"+w.What, "text", w.Text))
	}
	if len(p.Warnings) == 0 {
		p.Warnings = []string{k.T("poster.warnings_none")}
	}
	p.Links = [][3]string{{posterPictureAt(one.Ref, 0, values, "save"), "download", k.T("poster.download")}}
	if one.Layout.Moves() {
		p.Links = append(p.Links, [3]string{posterPictureAt(one.Ref, 0, values, "gif"), "download", k.T("poster.animate")})
	}
	if k.mayDraft() {
		word := "poster.use"
		if one.Own {
			word = "poster.edit"
		}
		p.Links = append(p.Links, [3]string{"/posters/edit?ref=" + url.QueryEscape(one.Ref), "edit", k.T(word)})
		if err := k.posterForMany(&p, one); err != nil {
			return err
		}
	}
	if one.Own {
		if err := k.posterHistory(&p, one); err != nil {
			return err
		}
	}
	return k.show(title, view.PosterShow(p))
}

// posterHistory adds the versions of an own poster, and what takes it away.
func (k *call) posterHistory(p *view.PosterPage, one poster.Kept) error {
	list, err := k.posters().Versions(k.ctx(), one.Name)
	if err != nil {
		return err
	}
	t := ui.Table{Label: k.T("poster.versions"), Columns: []ui.Column{{Title: k.T("poster.version")}, {Title: k.T("poster.when")}, {Title: k.T("poster.why")}}}
	newest := len(list) > 0 && list[0].Version == one.Version
	for i, v := range list {
		state := ""
		switch {
		case v.Gone:
			state = k.T("poster.gone")
		case i == 0:
			state = k.T("poster.now")
		}
		row := ui.Row{Cells: []templ.Component{ui.Two("v"+strconv.Itoa(v.Version), state), ui.Moment(v.At), ui.Text(ui.Visible(v.Note))}}
		if !v.Gone {
			row.Link = posterAt(v.Ref)
			if i > 0 && k.mayDraft() {
				ask := "restore-" + strconv.Itoa(v.Version)
				row.Actions = ui.ConfirmButton(ui.Opener{Target: ask, Text: k.T("poster.restore"), Icon: "arrow-back-up", Small: true})
				p.Asks = append(p.Asks, ui.Confirm{ID: ask, Title: k.T("poster.restore"), Object: one.Name + " v" + strconv.Itoa(v.Version), Effect: k.T("poster.restore_effect"), Action: "/posters/restore", Button: k.T("poster.restore"), Reason: k.T("form.reason"),
					Fields: []ui.Option{{Value: "name", Text: one.Name}, {Value: "version", Text: strconv.Itoa(v.Version)}}})
			}
		}
		t.Rows = append(t.Rows, row)
	}
	p.Versions = &view.PlanTable{Title: k.T("poster.versions"), Table: t}
	if newest && k.mayDraft() {
		p.Openers = append(p.Openers, ui.Opener{Target: "drop", Text: k.T("poster.drop"), Icon: "trash", Danger: true})
		p.Asks = append(p.Asks, ui.Confirm{ID: "drop", Title: k.T("poster.drop"), Object: one.Name, Effect: k.T("poster.drop_effect"), Action: "/posters/drop", Button: k.T("poster.drop"), Danger: true, Reason: k.T("form.reason"), Fields: []ui.Option{{Value: "name", Text: one.Name}}})
	}
	return nil
}

// posterForMany adds the forms that draw it for many.
func (k *call) posterForMany(p *view.PosterPage, one poster.Kept) error {
	if !k.may(rights.Export) {
		return nil
	}
	groups, err := k.groupChoice(k.T("code.choose"), community.GroupRow{})
	if err != nil {
		return err
	}
	codes, err := k.codeChoice()
	if err != nil {
		return err
	}
	hidden := []ui.Option{{Value: "ref", Text: one.Ref}}
	p.Forms = []view.PosterForm{
		{Title: k.T("poster.batch_new") + " · " + k.T("poster.batch_group"), Note: k.T("poster.batch_note"), Action: "/posters/batch", Hidden: append(hidden, k.filledHidden(one)...), Button: k.T("poster.batch_start"), Fields: []ui.Input{
			{Kind: "select", Name: "g", Label: k.T("poster.batch_group"), Options: groups, Required: true}, {Kind: "select", Name: "code", Label: k.T("poster.batch_code"), Help: k.T("poster.batch_code_help"), Options: codes}}},
		{Title: k.T("poster.batch_new") + " · " + k.T("poster.batch_rows"), Note: k.T("poster.batch_rows_help"), Action: "/posters/table", Multi: true, Hidden: hidden, Button: k.T("poster.batch_start"), Fields: []ui.Input{
			{Kind: "file", Name: "file", Label: k.T("poster.batch_rows"), Accept: ".csv,text/csv", Required: true}}},
	}
	return nil
}

// filledHidden sends what the page fills in on to a batch, but for what is everybody's own.
func (k *call) filledHidden(one poster.Kept) (out []ui.Option) {
	for f, v := range k.valuesAsked(one) {
		if f != "name" && f != "link" && f != "group" {
			out = append(out, ui.Option{Value: "v." + f, Text: v})
		}
	}
	slices.SortFunc(out, func(a, b ui.Option) int { return strings.Compare(a.Value, b.Value) })
	return out
}

// codeChoice lists the codes that a poster may lead to.
func (k *call) codeChoice() ([]ui.Option, error) {
	out := []ui.Option{{Text: k.T("poster.batch_code_none")}}
	if k.Codes == nil {
		return out, nil
	}
	rows, _, err := k.Codes.Find(k.ctx(), codesInUse)
	for _, r := range rows {
		out = append(out, ui.Option{Value: r.ID.String(), Text: r.Name})
	}
	return out, err
}

// posterPicture gives a poster as a file: PNG of a width, or a GIF.
func (c *Console) posterPicture(k *call) error {
	one, err := k.posters().Get(k.ctx(), k.query("ref"))
	if err != nil {
		return err
	}
	values, wide := k.valuesAsked(one), number(k.query("w"), 60, poster.Wide, 0)
	kind, ext := "image/png", ".png"
	var raw []byte
	switch {
	case k.query("gif") != "":
		kind, ext = "image/gif", ".gif"
		raw, _, err = k.posters().Animate(k.ctx(), one.Layout, poster.Motion{}, values)
	case wide > 0:
		raw, err = k.posters().Look(k.ctx(), one.Layout, values, wide)
	default:
		raw, _, err = k.posters().Draw(k.ctx(), one.Layout, values, 0)
	}
	if err != nil {
		return err
	}
	name := ""
	if k.query("save") != "" || ext == ".gif" {
		name = one.Name + ext
	}
	k.sendPicture(kind, name, raw)
	return nil
}

// sendPicture answers with a picture; with a name it is to be saved.
func (k *call) sendPicture(kind, name string, raw []byte) {
	k.answered = true
	h := k.W.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(raw)))
	h.Set("Cache-Control", "private, no-cache")
	if name != "" {
		h.Set("Content-Disposition", `attachment; filename*=UTF-8''`+url.PathEscape(name))
	}
	if k.R.Method != http.MethodHead {
		k.W.Write(raw) //nolint:errcheck // the browser left
	}
}

func dataAddress(raw []byte) string {
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(raw)
}

// posterDrop takes an own poster away.
func (c *Console) posterDrop(k *call) error {
	name := k.form("name")
	if err := k.posters().Drop(k.ctx(), k.who(), name, k.form("reason")); err != nil {
		return k.refused("/posters", err)
	}
	return k.ok("/posters", k.T("poster.dropped"))
}

// posterRestore makes an earlier version the newest.
func (c *Console) posterRestore(k *call) error {
	one, err := k.posters().Restore(k.ctx(), k.who(), k.form("name"), number(k.form("version"), 1, 1<<30, 1), k.form("reason"))
	if err != nil {
		return k.refused("/posters", err)
	}
	return k.ok(posterAt(one.Ref), k.T("poster.restored", "n", one.Version))
}

// faultOf says what is wrong with a layout, a table or pictures in the person's language; "" = it is another error.
func (k *call) faultOf(err error) string {
	var f *poster.Fault
	switch {
	case errors.As(err, &f) && k.Words.Lang == "en":
		return f.Say()[1]
	case errors.As(err, &f):
		return f.Say()[0]
	}
	return ""
}

// posterFrames makes pictures move.
func (c *Console) posterFrames(k *call) error {
	k.R.Body = http.MaxBytesReader(k.W, k.R.Body, 4*poster.MaxUpload)
	parts, err := k.R.MultipartReader()
	if err != nil {
		return community.Errorf(community.CodeBadInput, "upload: %w", err)
	}
	fields := map[string]string{}
	var files [][]byte
	for range poster.MaxFrames + 8 {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return uploadError(err)
		}
		if part.FileName() == "" {
			if err := readField(part, fields); err != nil {
				return err
			}
			continue
		}
		if err := k.checkToken(fields["_token"]); err != nil {
			return err
		}
		raw, err := io.ReadAll(io.LimitReader(part, poster.MaxUpload+1))
		if err != nil {
			return uploadError(err)
		}
		files = append(files, raw)
	}
	if err := k.checkToken(fields["_token"]); err != nil {
		return err
	}
	raw, err := k.posters().Frames(k.ctx(), files, number(fields["delay"], 0, 1<<20, 50), number(fields["wide"], 0, 1<<20, 480))
	if code := community.CodeOf(err); code == community.CodeBadInput || code == community.CodeTooLarge {
		why := k.faultOf(err)
		if why == "" {
			why = k.T("poster.image_bad")
		}
		return k.done("/posters", "danger", k.T("poster.gif_bad", "why", why), community.ID{})
	}
	if err != nil {
		return err
	}
	k.sendPicture("image/gif", "moving.gif", raw)
	return nil
}

// posterBatch begins a batch for the members of a group.
func (c *Console) posterBatch(k *call) error {
	ref := k.form("ref")
	o := poster.Order{Ref: ref, Filled: map[string]string{}}
	for name, v := range k.R.PostForm {
		if f, ok := strings.CutPrefix(name, "v."); ok {
			o.Filled[f] = v[0]
		}
	}
	id, err := community.ParseID(k.form("g"))
	if err != nil {
		return k.done(posterAt(ref), "danger", k.T("poster.batch_none_text"), community.ID{})
	}
	g, err := k.Desk.GroupByID(k.ctx(), id)
	if err != nil {
		return k.refused(posterAt(ref), err)
	}
	o.Group = g.Key
	if code := k.form("code"); code != "" {
		if o.Code, err = community.ParseID(code); err != nil {
			return k.refused(posterAt(ref), community.Errorf(community.CodeNotFound, "code: %w", err))
		}
	}
	return k.begun(ref, o)
}

func (k *call) begun(ref string, o poster.Order) error {
	if _, err := k.posters().Batch(k.ctx(), k.who(), o, k.form("reason")); err != nil {
		return k.refused(posterAt(ref), err)
	}
	return k.ok("/posters", k.T("poster.batch_started"))
}

// posterTable begins a batch for the rows of a table.
func (c *Console) posterTable(k *call) error {
	k.R.Body = http.MaxBytesReader(k.W, k.R.Body, poster.MaxTable+64<<10)
	up, err := k.upload()
	if err != nil {
		return err
	}
	ref := clip(up.Fields["ref"])
	raw, err := io.ReadAll(io.LimitReader(up.File, poster.MaxTable+1))
	if err != nil {
		return uploadError(err)
	}
	people, err := poster.ReadTable(raw)
	if said := k.faultOf(err); said != "" {
		return k.done(posterAt(ref), "danger", said, community.ID{})
	}
	if err != nil {
		return err
	}
	return k.begun(ref, poster.Order{Ref: ref, People: people})
}

// posterZIP gives the file of a batch.
func (c *Console) posterZIP(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	f, bytes, err := k.posters().BatchFile(k.ctx(), id)
	if err != nil {
		return err
	}
	defer f.Close()
	k.answered = true
	h := k.W.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Length", strconv.FormatInt(bytes, 10))
	h.Set("Content-Disposition", `attachment; filename="posters-`+id.String()+`.zip"`)
	io.Copy(k.W, f) //nolint:errcheck // the browser left
	return nil
}
