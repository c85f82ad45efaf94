package h5

import (
	"context"
	"net/http"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/h5/view"
	"qunluo/internal/httpd"
	"qunluo/internal/i18n"
)

// Appeals knows what links of appeals lead to. Whoever holds a link may use it.
type Appeals interface {
	// Appeal gives what a link shows; community.CodeNotFound when it was not made here.
	Appeal(ctx context.Context, link string) (Appeal, error)
	// Write takes what the member says. CodeLate: the time is over; CodeConflict: it is decided, or enough was written;
	// CodeBadInput: nothing was written; CodeTooLarge.
	Write(ctx context.Context, link, words string) error
}

// Appeal is a decision as the public page tells of it. Notices stand in groups, so the page says nothing that the group has not
// seen: not who it is about, not their message, and not what was written.
type Appeal struct {
	Group   string
	Zone    string
	Rule    string // name; "" = given by a person
	Version int    // of the rules
	Article int    // of that version; 0 = none
	Title   string // of the article
	At      int64
	Did     []community.Verb
	Until   int64 // one may write until then, UTC ms
	Over    bool
	Undone  bool
	State   community.AppealState // "" = nobody wrote yet
	Written int
	Due     int64 // when it will be decided
	Answer  string
}

// maxDefence bounds the form of an appeal, in bytes.
const maxDefence = 32 << 10

// appeal shows a decision and how far the appeal against it has come.
func (p *pages) appeal(w http.ResponseWriter, r *http.Request) error {
	return p.showAppeal(w, r, http.StatusOK, "", "")
}

func (p *pages) showAppeal(w http.ResponseWriter, r *http.Request, status int, fault, words string) error {
	if p.deps.Appeals == nil {
		return community.Errorf(community.CodeNotFound, "no appeals here")
	}
	a, err := p.deps.Appeals.Appeal(r.Context(), r.PathValue("link"))
	if err != nil {
		return err
	}
	t := p.words(r)
	w.Header().Set("Referrer-Policy", "no-referrer") // the address opens the page
	p.render(w, r, status, t, t.T("h5.appeal_title"), view.AppealPage(appealView(t, a, fault, words)))
	return nil
}

func appealView(t *i18n.Words, a Appeal, fault, words string) view.Appeal {
	at := func(ms int64) string { return time.UnixMilli(ms).In(zoneOf(a.Zone)).Format("2006-01-02 15:04") }
	v := view.Appeal{Title: t.T("h5.appeal_title"), Line: t.T("h5.appeal_line", "group", plain(a.Group), "at", at(a.At)), Fault: fault, Words: words, Most: community.MaxAppeal,
		Label: t.T("h5.appeal_words"), Button: t.T("h5.appeal_send"), Foot: t.T("h5.appeal_foot")}
	fact := func(key, text string) {
		if text != "" {
			v.Facts = append(v.Facts, view.Fact{Name: t.T("h5.appeal_" + key), Text: plain(text)})
		}
	}
	rule := a.Rule
	if rule == "" {
		rule = t.T("h5.appeal_by_hand")
	}
	if a.Version > 0 {
		rule += t.T("h5.appeal_version", "v", a.Version)
	}
	if a.Article > 0 {
		fact("article", t.T("charter.number", "no", a.Article)+" "+a.Title)
	}
	fact("rule", rule)
	var did []string
	for _, verb := range a.Did {
		did = append(did, t.T("verb."+string(verb)))
	}
	fact("did", strings.Join(did, t.T("list.comma")))
	state := string(a.State)
	switch {
	case a.State == "" && a.Undone:
		state = "undone"
	case a.State == "" && a.Over:
		state = "over"
	case a.State == "":
		state = "none"
	}
	fact("state", t.T("h5.appeal_is_"+state, "until", at(a.Until), "due", at(a.Due)))
	fact("answer", a.Answer)
	v.Form = !a.Over && !a.Undone && (a.State == "" || a.State == community.AppealOpen && a.Written < community.MaxStatements)
	if a.Written > 0 {
		v.Label = t.T("h5.appeal_more", "left", community.MaxStatements-a.Written)
	}
	return v
}

func zoneOf(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return loc
}

// appealWrite takes what the member says.
func (p *pages) appealWrite(w http.ResponseWriter, r *http.Request) error {
	if p.deps.Appeals == nil {
		return community.Errorf(community.CodeNotFound, "no appeals here")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxDefence)
	words := ""
	err := r.ParseForm()
	if err != nil {
		err = community.Errorf(community.CodeTooLarge, "form: %w", err)
	} else {
		words = r.PostFormValue("words")
		err = p.deps.Appeals.Write(r.Context(), r.PathValue("link"), words)
	}
	faults := map[community.Code]int{community.CodeLate: http.StatusGone, community.CodeConflict: http.StatusConflict, community.CodeBadInput: http.StatusUnprocessableEntity, community.CodeTooLarge: http.StatusRequestEntityTooLarge}
	code := community.CodeOf(err)
	if status, said := faults[code]; said {
		httpd.Note(r.Context(), r.Pattern, nil)
		return p.showAppeal(w, r, status, p.words(r).T("h5.appeal_fault_"+string(code)), words)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
	return nil
}
