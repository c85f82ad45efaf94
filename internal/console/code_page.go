package console

import (
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/i18n"
)

// maxQR is how much of an uploaded picture is read: one byte more than is taken, so that too much is seen.
const maxQR = 1<<20 + 1

// codeDays is how many days a code's page lists.
const codeDays = 14

func (k *call) codeHere() (admit.Row, error) {
	id, err := k.id()
	if err != nil {
		return admit.Row{}, err
	}
	return k.Codes.ByID(k.ctx(), id)
}

// codePage shows one code.
func (c *Console) codePage(k *call) error {
	r, err := k.codeHere()
	if err != nil {
		return err
	}
	at := "/codes/" + r.ID.String()
	p := view.CodePage{Head: ui.Head{Title: r.Name, Back: "/codes", Sub: codeUnder(k, r)}, Address: codeAddress(k, r.Code), QR: at + "/qr", Living: r.Closed == 0, Note: k.T("code.flow_note")}
	if k.c.deps.Posters != nil && r.Closed == 0 {
		p.Head.Actions = view.LinkButton(at+"/poster", "copy", k.T("poster.for_code_open"))
	}
	if !r.Marked() {
		p.Note = k.T("code.unmarked")
	}
	if away, ok := r.Away(); ok {
		p.Warnings = append(p.Warnings, awayTo(k, away)+k.T("list.colon")+k.T("code.away_note", "group", ui.Visible(away.Group)))
	}
	for _, w := range r.Warnings {
		p.Warnings = append(p.Warnings, ui.Visible(w.Entry.GroupName)+k.T("list.colon")+k.T("code.warn_"+w.Why))
	}
	p.Stats = codeStats(k, r)
	p.Entries, p.Asks = entryTable(k, r)
	if err := codeForms(k, &p, r); err != nil {
		return err
	}
	days, err := k.Codes.Days(k.ctx(), r.ID, codeDays)
	if err != nil {
		return err
	}
	p.Days = dayTable(k, r, days)
	return k.show(r.Name, view.Code(p))
}

func codeUnder(k *call, r admit.Row) string {
	parts := []string{k.T("code.kind_" + r.Kind)}
	if r.State != "" {
		parts = append(parts, r.State)
	}
	parts = append(parts, r.Tags...)
	if r.Closed != 0 {
		parts = append(parts, k.T("code.closed_tab"))
	}
	return strings.Join(parts, " · ")
}

func codeStats(k *call, r admit.Row) []ui.Number {
	stats := []ui.Number{{Label: k.T("code.scans"), Value: k.Words.Number(r.Scans)}}
	if !r.Marked() {
		return stats
	}
	here := "/members?source=" + r.State
	return append(stats,
		ui.Number{Label: k.T("code.joins"), Value: k.Words.Number(r.Joins), Link: here + "&there=all", Note: k.T("code.people")},
		ui.Number{Label: k.T("code.leaves"), Value: k.Words.Number(r.Leaves), Link: here + "&there=left", Note: k.T("code.people_left")},
		ui.Number{Label: k.T("code.net"), Value: k.Words.Number(r.Net()), Link: here},
		ui.Number{Label: k.T("code.here"), Value: k.Words.Number(r.Here), Unit: k.T("unit.people"), Link: here, Note: k.T("code.people")})
}

func entryTable(k *call, r admit.Row) (ui.Table, []ui.Confirm) {
	t := ui.Table{Label: k.T("code.entries"), Columns: []ui.Column{{Title: k.T("code.entry_group")}, {Title: k.T("code.entry_state")}, {Title: k.T("code.entry_until")}, {Title: k.T("code.entry_scans"), Num: true}, {Title: k.T("code.entry_fills"), Num: true}},
		Empty: ui.Empty{Icon: "link", Title: k.T("code.entries_none"), Text: k.T("code.entries_none_text")}}
	var asks []ui.Confirm
	for i, e := range r.Entries {
		kind := k.T("code.entry_picture")
		if e.Picture == "" {
			kind = e.Link
		}
		until := "–"
		if e.Expires != 0 {
			until = i18n.Time(e.Expires, nil)
		}
		row := ui.Row{Cells: []templ.Component{ui.Two(e.GroupName, short(kind, 40)), entryState(k, r, e), ui.Text(until), ui.Text(outOf(k, e.Scans, e.Most)), ui.Text(fills(k, r.Sizes, e.Group))}}
		if e.Removed == 0 && r.Closed == 0 {
			ask := "remove-" + strconv.Itoa(i)
			row.Actions = ui.ConfirmButton(ui.Opener{Target: ask, Text: k.T("code.remove"), Icon: "x", Small: true})
			asks = append(asks, ui.Confirm{ID: ask, Title: k.T("code.remove"), Object: e.GroupName, Effect: k.T("code.remove_effect"), Action: "/codes/" + r.ID.String() + "/remove", Button: k.T("code.remove"),
				Reason: k.T("form.reason"), Fields: []ui.Option{{Value: "entry", Text: e.ID.String()}}})
		}
		t.Rows = append(t.Rows, row)
	}
	return t, asks
}

// awayTo says where an address leads because its group goes on elsewhere.
func awayTo(k *call, away admit.Away) string {
	if away.To == "" {
		return k.T("code.away_words")
	}
	return k.T("code.away", "to", ui.Visible(away.To))
}

func entryState(k *call, r admit.Row, e admit.Entry) templ.Component {
	if _, ok := r.Aways[e.Group]; ok && e.Removed == 0 {
		return ui.Pill("warning", "arrow-right", k.T("code.fit_away"))
	}
	if r.Now.Found && e.ID == r.Now.Entry.ID {
		return ui.Pill("good", "check", k.T("code.fit_here"))
	}
	why := r.Fit(e, r.Sizes[e.Group], k.now())
	tone := map[string]string{"": "info", admit.Expired: "danger", admit.UsedUp: "danger", admit.IsFull: "danger", admit.Scanned: "warning", admit.Bare: "warning"}[why]
	return ui.Pill(tone, "", k.T("code.fit_"+why))
}

func outOf(k *call, n, most int64) string {
	if most == 0 {
		return k.Words.Number(n)
	}
	return k.Words.Number(n) + " / " + k.Words.Number(most)
}

func fills(k *call, sizes admit.Sizes, g community.GroupKey) string {
	size := sizes[g]
	if size.Members < 0 {
		return "–"
	}
	return outOf(k, int64(size.Members), int64(size.Limit))
}

func dayTable(k *call, r admit.Row, days []admit.DayFlow) ui.Table {
	num := func(key string) ui.Column { return ui.Column{Title: k.T(key), Num: true} }
	t := ui.Table{Label: k.T("code.by_day", "count", len(days)), Columns: []ui.Column{{Title: k.T("code.date")}, num("code.scans"), num("code.joins"), num("code.leaves"), num("code.net")}}
	for i := len(days) - 1; i >= 0; i-- {
		d := days[i]
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(d.Date), ui.Figure(d.Scans), markedFigure(r, d.Joins), markedFigure(r, d.Leaves), markedFigure(r, d.Net())}})
	}
	return t
}

// codeForms puts the forms of a code's page together.
func codeForms(k *call, p *view.CodePage, r admit.Row) error {
	at := "/codes/" + r.ID.String()
	groups, err := k.groupChoice(k.T("code.choose"), community.GroupRow{})
	if err != nil {
		return err
	}
	in := func(of string) ui.Input {
		return ui.Input{Kind: "select", Name: "g", Label: k.T("code.entry_group"), Options: groups, Required: true, Of: of}
	}
	p.Drop = ui.FileDrop{Action: at + "/upload", Name: "file", Label: k.T("code.upload_file"), Help: k.T("code.upload_file_help"), Accept: "image/png,image/jpeg", Button: k.T("code.upload_button"), Inputs: []ui.Input{
		in("up"), {Kind: "number", Name: "days", Label: k.T("code.days"), Value: "7", Help: k.T("code.days_help")}, {Kind: "number", Name: "most", Label: k.T("code.most"), Value: "0", Help: k.T("code.most_help")}}}
	p.Link = view.Form{Action: at + "/link", Button: k.T("code.link_button"), Fields: []ui.Input{in("li"), {Kind: "url", Name: "link", Label: k.T("code.link"), Help: k.T("code.link_help"), Required: true, Max: 1000},
		{Kind: "number", Name: "days", Label: k.T("code.days"), Value: "0", Of: "li"}, {Kind: "number", Name: "most", Label: k.T("code.most"), Value: "0", Of: "li"}}}
	p.Order = view.Form{Action: at + "/order", Button: k.T("code.order_button"), Fields: []ui.Input{in("or")}}
	p.Edit = ui.Confirm{ID: "edit", Title: k.T("code.edit"), Object: r.Name, Effect: k.T("code.edit_effect"), Action: at, Button: k.T("code.save"), Reason: k.T("form.reason"), Inputs: codeFields(k, r.Code, nil)[1:]}
	if r.Now.Found {
		p.Edit.Inputs = append(p.Edit.Inputs, k.moveOf()...)
	}
	p.Close = ui.Confirm{ID: "close", Title: k.T("code.close"), Object: r.Name, Effect: k.T("code.close_effect"), Action: at + "/close", Button: k.T("code.close"), Danger: true, Reason: k.T("form.reason"), Need: true}
	if r.Now.Found {
		p.Rotate = &ui.Confirm{ID: "rotate", Title: k.T("code.rotate"), Object: r.Now.Entry.GroupName, Effect: k.T("code.rotate_effect"), Action: at + "/rotate", Button: k.T("code.rotate")}
	}
	return nil
}

func codeFields(k *call, c admit.Code, faults map[string]string) []ui.Input {
	overflow := ""
	if c.Overflow {
		overflow = "1"
	}
	list := []ui.Input{
		{Kind: "select", Name: "kind", Value: c.Kind, Options: kindOptions(k)},
		{Kind: "text", Name: "name", Value: c.Name, Required: true, Max: admit.MaxName, Help: k.T("code.name_help")},
		{Kind: "text", Name: "line", Value: c.Line, Max: admit.MaxLine, Help: k.T("code.line_help")},
		{Kind: "text", Name: "state", Value: c.State, Max: admit.MaxState, Help: k.T("code.state_help")},
		{Kind: "text", Name: "tags", Value: strings.Join(c.Tags, " "), Help: k.T("code.tags_help")},
		{Kind: "area", Name: "welcome", Value: c.Welcome, Max: admit.MaxWelcome, Rows: 3, Help: k.T("code.welcome_help", "name", "{{name}}")},
		{Kind: "check", Name: "overflow", Value: overflow, Help: k.T("code.overflow_help")},
		{Kind: "text", Name: "base", Value: c.Base, Max: admit.MaxBase, Help: k.T("code.base_help")},
	}
	for i := range list {
		list[i].Label, list[i].Err = k.T("code."+list[i].Name), faults[list[i].Name]
	}
	return list
}

// codeOf reads a code as a form gives it.
func codeOf(k *call) admit.Code {
	return admit.Code{Kind: k.form("kind"), Name: k.typed("name"), Line: k.typed("line"), State: k.typed("state"), Tags: tagsOf(k.typed("tags")), Welcome: k.typed("welcome"), Overflow: k.form("overflow") != "", Base: k.typed("base")}
}

func (c *Console) codeNew(k *call) error {
	return k.show(k.T("code.new"), view.FormPage(codeForm(k, admit.Code{Kind: admit.Channel}, nil)))
}

func codeForm(k *call, c admit.Code, faults map[string]string) view.Form {
	return view.Form{Head: ui.Head{Title: k.T("code.new"), Back: "/codes"}, Action: "/codes", Button: k.T("code.save"), Fields: codeFields(k, c, faults)}
}

// codeCreate makes a code; what is wrong stands at its field.
func (c *Console) codeCreate(k *call) error {
	code := codeOf(k)
	made, err := k.Codes.Save(k.ctx(), k.who(), code, "")
	if at := community.CodeOf(err); at == community.CodeBadInput || at == community.CodeConflict {
		return k.showStatus(http.StatusUnprocessableEntity, k.T("code.new"), view.FormPage(codeForm(k, code, codeFaults(k, err))))
	}
	if err != nil {
		return err
	}
	return k.ok("/codes/"+made.ID.String(), k.T("code.created"))
}

// codeFaults puts an error at the field that it names.
func codeFaults(k *call, err error) map[string]string {
	field, _, _ := strings.Cut(err.Error(), ":")
	return map[string]string{field: k.T("error." + string(community.CodeOf(err)) + ".title")}
}

// codeSave changes a code.
func (c *Console) codeSave(k *call) error {
	r, err := k.codeHere()
	if err != nil {
		return err
	}
	to, next := "/codes/"+r.ID.String(), codeOf(k)
	next.ID, next.Kind = r.ID, r.Kind
	if r.Now.Found && k.unsaid() {
		return k.done(to, "danger", k.T("adjust.ask"), community.ID{})
	}
	if _, err := k.Codes.Save(k.aimed(), k.who(), next, k.form("reason")); err != nil {
		for field := range codeFaults(k, err) {
			if key := "code." + field; k.Words.Has(key) {
				return k.done(to, "danger", k.T("code.bad_form", "why", k.T(key)), community.ID{})
			}
		}
		return k.refused(to, err)
	}
	said := k.T("code.saved")
	if r.Now.Found {
		said += k.aimSaid(r.Now.Entry.Group)
	}
	return k.ok(to, said)
}

// codeUpload takes in the next QR picture.
func (c *Console) codeUpload(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	up, err := k.upload()
	if err != nil {
		return err
	}
	to := "/codes/" + id.String()
	raw, err := io.ReadAll(io.LimitReader(up.File, maxQR))
	if err != nil {
		return uploadError(err)
	}
	e, ok, err := entryOf(k, up.Fields["g"], up.Fields["days"], up.Fields["most"])
	if err != nil || !ok {
		return k.badEntry(to, err)
	}
	if raw == nil {
		raw = []byte{} // an empty file is a picture that nobody can read, not none
	}
	if _, err := k.Codes.AddEntry(k.ctx(), k.who(), id, e, raw); err != nil {
		return k.notOpened(to, e.Group, err)
	}
	return k.ok(to, k.T("code.added"))
}

// entryOf reads the fields that every entry has; false: a number is none.
func entryOf(k *call, group, days, most string) (admit.Entry, bool, error) {
	g, err := k.groupNamed(clip(group))
	if err != nil {
		return admit.Entry{}, false, err
	}
	last, bound := number(clip(days), 0, 3650, -1), number(clip(most), 0, 1_000_000_000, -1)
	e := admit.Entry{Group: g.Key, Most: int64(bound)}
	if last > 0 {
		e.Expires = k.now() + int64(last)*24*60*60*1000
	}
	return e, last >= 0 && bound >= 0 && g.Key != 0, nil
}

func (k *call) badEntry(to string, err error) error {
	if err != nil {
		return k.refused(to, err)
	}
	return k.done(to, "danger", k.T("code.bad_number"), community.ID{})
}

// codeLink adds a link.
func (c *Console) codeLink(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	to := "/codes/" + id.String()
	e, ok, err := entryOf(k, k.form("g"), k.form("days"), k.form("most"))
	if err != nil || !ok {
		return k.badEntry(to, err)
	}
	if e.Link = strings.TrimSpace(k.R.PostFormValue("link")); !admit.GoodLink(e.Link) {
		return k.done(to, "danger", k.T("code.bad_form", "why", k.T("code.link_help")), community.ID{})
	}
	if _, err := k.Codes.AddEntry(k.ctx(), k.who(), id, e, nil); err != nil {
		return k.notOpened(to, e.Group, err)
	}
	return k.ok(to, k.T("code.added"))
}

// codeOrder asks the platform for a code.
func (c *Console) codeOrder(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	to := "/codes/" + id.String()
	g, err := k.groupNamed(k.form("g"))
	if err != nil || g.Key == 0 {
		return k.badEntry(to, err)
	}
	if _, err := k.Codes.Order(k.ctx(), k.who(), id, g.Key); err != nil {
		return k.notOpened(to, g.Key, err)
	}
	return k.ok(to, k.T("code.ordered"))
}

// codeRotate shows the next entry.
func (c *Console) codeRotate(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	to := "/codes/" + id.String()
	if err := k.Codes.Rotate(k.ctx(), k.who(), id); err != nil {
		if community.CodeOf(err) == community.CodeConflict {
			return k.done(to, "danger", k.T("code.rotate_none"), community.ID{})
		}
		return k.refused(to, err)
	}
	return k.ok(to, k.T("code.rotated"))
}

// codeRemove takes an entry out.
func (c *Console) codeRemove(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	entry, err := community.ParseID(k.form("entry"))
	if err != nil {
		return community.Errorf(community.CodeNotFound, "entry: %w", err)
	}
	to := "/codes/" + id.String()
	if err := k.Codes.RemoveEntry(k.ctx(), k.who(), id, entry, k.form("reason")); err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("code.removed"))
}

// codeClose ends a code.
func (c *Console) codeClose(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	to := "/codes/" + id.String()
	if k.form("reason") == "" {
		return k.done(to, "danger", k.T("act.need_reason"), community.ID{})
	}
	if err := k.Codes.Close(k.ctx(), k.who(), id, k.form("reason")); err != nil {
		return k.refused(to, err)
	}
	return k.ok("/codes", k.T("code.closed"))
}

// codeQR is the fixed address as a picture, for posters.
func (c *Console) codeQR(k *call) error {
	r, err := k.codeHere()
	if err != nil {
		return err
	}
	png, err := k.Codes.QR(codeAddress(k, r.Code))
	if err != nil {
		return err
	}
	k.W.Header().Set("Content-Type", "image/png")
	k.W.Header().Set("Content-Disposition", `inline; filename="code-`+r.Slug+`.png"`)
	_, err = k.W.Write(png)
	if err != nil {
		return nil //nolint:nilerr // the browser left
	}
	return nil
}
