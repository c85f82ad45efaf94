package h5

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/h5/view"
	"qunluo/internal/httpd"
	"qunluo/internal/i18n"
	"qunluo/internal/table"
)

// Tables knows shared tables by their links: whoever holds one may use it.
type Tables interface {
	// Table gives what a link shows. community.CodeNotFound: it was not made here, or only staff see the table now; CodeLate: the link is over.
	Table(ctx context.Context, link string) (SharedTable, error)
	// Edit decides on edits and keeps them; name is what a guest calls themselves. Each comes back with what became of it and with the row as it stands then.
	Edit(ctx context.Context, link, name string, list []table.Edit) ([]table.Edit, []table.Row, error)
}

// SharedTable is a table as a link shows it.
type SharedTable struct {
	table.Table
	Rows  []table.Row
	Name  string // of the member whose link it is
	Guest bool   // the link is for everybody
	Edits bool
}

// Bounds of what a page shows, and of a form in bytes.
const (
	sharedCards = 20
	sharedFacts = 12
	sharedClip  = 100 // characters
	maxShared   = 512 << 10
)

// sharedOf reads the table of a link; false = it was said that there is none.
func (p *pages) sharedOf(w http.ResponseWriter, r *http.Request) (SharedTable, bool, error) {
	if p.deps.Tables == nil {
		return SharedTable{}, false, community.Errorf(community.CodeNotFound, "no tables here")
	}
	s, err := p.deps.Tables.Table(r.Context(), r.PathValue("link"))
	if community.CodeOf(err) == community.CodeLate {
		p.say(w, r, http.StatusGone, "expired")
		return s, false, nil
	}
	w.Header().Set("Referrer-Policy", "no-referrer") // the address may be a member's own
	return s, err == nil, err
}

// shared shows a table, twenty rows a page.
func (p *pages) shared(w http.ResponseWriter, r *http.Request) error {
	s, ok, err := p.sharedOf(w, r)
	if !ok {
		return err
	}
	t := p.words(r)
	who := ""
	if s.Guest {
		who = clipped(plain(r.URL.Query().Get("who")), table.MaxName)
	}
	v := view.SharedTable{Title: plain(s.Title), Line: plain(s.GroupName), Note: plain(s.Note), Search: plain(r.URL.Query().Get("q")), SearchWord: t.T("table.page_search"), Find: t.T("table.page_find"), Who: who,
		PrevText: t.T("table.page_prev"), NextText: t.T("table.page_next"), Foot: t.T("table.page_foot")}
	if r.URL.Query().Get("said") == "1" {
		v.Said = t.T("table.page_saved")
	}
	list := s.Arrange(s.Rows, table.View{Text: v.Search, Desc: true})
	v.Count = t.T("table.page_count", "num", len(list))
	home := "/s/" + r.PathValue("link")
	keep := func(at string, more ...string) string {
		q := url.Values{}
		if who != "" {
			q.Set("who", who)
		}
		for i := 0; i+1 < len(more); i += 2 {
			if more[i+1] != "" {
				q.Set(more[i], more[i+1])
			}
		}
		if len(q) == 0 {
			return at
		}
		return at + "?" + q.Encode()
	}
	if s.Edits {
		v.Add, v.AddText = keep(home+"/new"), t.T("table.page_add")
	}
	from, _ := strconv.Atoi(r.URL.Query().Get("from"))
	from = max(0, min(from, max(0, len(list)-1)))
	if from > 0 {
		v.Prev = keep(home, "q", v.Search, "from", strconv.Itoa(max(0, from-sharedCards)))
	}
	if from+sharedCards < len(list) {
		v.Next = keep(home, "q", v.Search, "from", strconv.Itoa(from+sharedCards))
	}
	cols := s.Shown()
	for _, row := range list[from:min(len(list), from+sharedCards)] {
		c := view.SharedCard{ID: "r" + strconv.FormatInt(row.No, 10), Title: clipped(plain(row.Cells[cols[0].ID].Value), sharedClip), Facts: factsOf(t, cols[1:], row, sharedFacts, sharedClip), Link: keep(home + "/" + strconv.FormatInt(row.No, 10)), LinkText: t.T("table.page_see")}
		if c.Title == "" {
			c.Title = t.T("table.row_no", "no", row.No)
		}
		if s.Edits {
			c.LinkText = t.T("table.page_edit")
		}
		v.Cards = append(v.Cards, c)
	}
	p.render(w, r, http.StatusOK, t, v.Title, view.SharedTablePage(v))
	return nil
}

func clipped(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// factsOf are the cells of a row that hold something.
func factsOf(t *i18n.Words, cols []table.Column, row table.Row, most, clip int) []view.SharedFact {
	var out []view.SharedFact
	for _, c := range cols {
		v := row.Cells[c.ID].Value
		if v == "" || len(out) == most {
			continue
		}
		f := view.SharedFact{Name: plain(c.Name), Text: clipped(kept(v), clip)}
		switch c.Kind {
		case table.Check:
			f.Text = t.T("table.yes")
		case table.Link:
			f.Link = v
		}
		out = append(out, f)
	}
	return out
}

// kept is plain, and keeps line breaks.
func kept(s string) string {
	list := strings.Split(s, "\n")
	for i := range list {
		list[i] = plain(list[i])
	}
	return strings.Join(list, "\n")
}

// sharedRow shows a row of a table, or the form for another.
func (p *pages) sharedRow(w http.ResponseWriter, r *http.Request) error {
	s, row, ok, err := p.sharedAt(w, r)
	if !ok {
		return err
	}
	return p.showShared(w, r, http.StatusOK, s, row, "", nil)
}

// sharedAt reads the row of the path; of "new" it has no number.
func (p *pages) sharedAt(w http.ResponseWriter, r *http.Request) (SharedTable, table.Row, bool, error) {
	s, ok, err := p.sharedOf(w, r)
	if !ok {
		return s, table.Row{}, false, err
	}
	if r.PathValue("row") == "new" && s.Edits {
		return s, table.Row{}, true, nil
	}
	no, err := strconv.ParseInt(r.PathValue("row"), 10, 64)
	if err != nil {
		return s, table.Row{}, false, community.Errorf(community.CodeNotFound, "no such row")
	}
	for _, row := range s.Rows {
		if row.No == no && !row.Gone {
			return s, row, true, nil
		}
	}
	return s, table.Row{}, false, community.Errorf(community.CodeNotFound, "no such row")
}

// sharedSent is a field as it came: what is shown again, and what somebody else wrote meanwhile.
type sharedSent struct {
	value  string
	theirs string
	met    bool
}

func (p *pages) showShared(w http.ResponseWriter, r *http.Request, status int, s SharedTable, row table.Row, fault string, sent map[string]sharedSent) error {
	t := p.words(r)
	home := "/s/" + r.PathValue("link")
	who := clipped(plain(r.FormValue("who")), table.MaxName)
	v := view.SharedForm{Title: plain(s.Title), Line: plain(s.GroupName), Fault: fault, Guest: s.Guest, Who: who, WhoLabel: t.T("table.page_who"), Button: t.T("table.page_save"), Back: home, BackText: t.T("table.page_back"), Foot: t.T("table.page_foot")}
	if s.Guest && who != "" {
		v.Back += "?who=" + url.QueryEscape(who)
	}
	if s.Name != "" && s.Edits {
		v.Line = t.T("table.page_as", "name", plain(s.Name))
	}
	switch {
	case !s.Edits:
		v.Facts = factsOf(t, s.Shown(), row, table.MaxColumns, table.MaxCell)
	case row.No == 0:
		v.Button = t.T("table.page_add")
	}
	if s.Edits {
		v.Key = rand.Text()
		for _, c := range s.Shown() {
			cell := row.Cells[c.ID]
			f := view.SharedField{Name: c.ID, Label: plain(c.Name), Kind: string(c.Kind), Value: kept(cell.Value), Was: cell.Value, Seen: strconv.FormatInt(cell.Rev, 10), Options: c.Options, Needed: c.Needed, None: t.T("table.none_chosen"), Most: strconv.Itoa(table.MaxCell)}
			if back, ok := sent[c.ID]; ok {
				if f.Value = kept(back.value); back.met {
					f.Theirs = t.T("table.page_theirs", "value", plain(clipped(back.theirs, sharedClip)))
				}
			}
			v.Fields = append(v.Fields, f)
		}
	}
	p.render(w, r, status, t, v.Title, view.SharedFormPage(v))
	return nil
}

// sharedWrite takes a row as it was filled in. What somebody else changed meanwhile is shown beside, and asked.
func (p *pages) sharedWrite(w http.ResponseWriter, r *http.Request) error {
	s, row, ok, err := p.sharedAt(w, r)
	if !ok {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxShared)
	t := p.words(r)
	if err := r.ParseForm(); err != nil {
		return p.showShared(w, r, http.StatusRequestEntityTooLarge, s, row, t.T("table.fault_too_large"), nil)
	}
	if !s.Edits {
		httpd.Note(r.Context(), r.Pattern, nil)
		return p.showShared(w, r, http.StatusForbidden, s, row, t.T("table.fault_forbidden"), nil)
	}
	sent, list, err := sharedEdits(s.Table, row, r.PostForm)
	var now []table.Row
	if err == nil && len(list) > 0 {
		list, now, err = p.deps.Tables.Edit(r.Context(), r.PathValue("link"), r.PostFormValue("who"), list)
	}
	if fault, status := sharedFault(t, err); fault != "" {
		httpd.Note(r.Context(), r.Pattern, nil)
		return p.showShared(w, r, status, s, row, fault, sent)
	}
	if err != nil {
		return err
	}
	met := false
	for i, e := range list {
		if row = now[i]; e.State == table.Conflict || e.State == table.Gone {
			met = true
			sent[e.Column] = sharedSent{value: e.Value, theirs: row.Cells[e.Column].Value, met: true}
		} else {
			delete(sent, e.Column) // it stands in the table now
		}
	}
	if met {
		return p.showShared(w, r, http.StatusConflict, s, row, t.T("table.page_met"), sent)
	}
	q := url.Values{"said": {"1"}}
	if who := r.PostFormValue("who"); s.Guest && who != "" {
		q.Set("who", clipped(plain(who), table.MaxName))
	}
	http.Redirect(w, r, "/s/"+r.PathValue("link")+"?"+q.Encode(), http.StatusSeeOther)
	return nil
}

// sharedEdits makes edits of a form: of another row one, of a row one for every cell that was changed.
func sharedEdits(t table.Table, row table.Row, form url.Values) (map[string]sharedSent, []table.Edit, error) {
	sent, key := map[string]sharedSent{}, form.Get("key")
	values := map[string]string{}
	var fields []table.Change
	for _, c := range t.Shown() {
		v := form.Get("v_" + c.ID)
		seen, _ := strconv.ParseInt(form.Get("seen_"+c.ID), 10, 64)
		sent[c.ID], values[c.ID] = sharedSent{value: v}, v
		// A column that came while the form was open is in no form.
		fields = append(fields, table.Change{Column: c.ID, Was: strings.ReplaceAll(form.Get("was_"+c.ID), "\r\n", "\n"), Seen: seen, Value: v, Dropped: !form.Has("seen_" + c.ID)})
	}
	if row.No == 0 {
		return sent, []table.Edit{{Key: key, Verb: table.Add, Values: values}}, nil
	}
	list, err := t.Changes(row.No, key, fields)
	return sent, list, err
}

// sharedFault is what is said of an edit that could not be kept; "" = it is no fault of who edits.
func sharedFault(t *i18n.Words, err error) (string, int) {
	code := community.CodeOf(err)
	status := map[community.Code]int{community.CodeBadInput: http.StatusUnprocessableEntity, community.CodeTooLarge: http.StatusRequestEntityTooLarge, community.CodeConflict: http.StatusConflict, community.CodeForbidden: http.StatusForbidden}[code]
	if status == 0 {
		return "", 0
	}
	if said, ok := err.(interface{ Say() [2]string }); ok {
		return t.Pick(said.Say()), status
	}
	return t.T("table.fault_" + string(code)), status
}
