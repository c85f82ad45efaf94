package h5

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/h5/view"
	"qunluo/internal/httpd"
	"qunluo/internal/i18n"
	"qunluo/internal/policy"
)

// Charters knows the rules of groups as members read them, and takes their agreement.
type Charters interface {
	// Charter gives what an address shows: a version of the rules, 0 = the one in force. CodeNotFound.
	Charter(ctx context.Context, slug string, version int) (Charter, error)
	// Asked gives whom a personal link asks to agree, and to what; CodeNotFound when it was not made here.
	Asked(ctx context.Context, link string) (Asked, error)
	// Agree takes the agreement to a version; once and again are the same. CodeConflict: another version is in force by now.
	Agree(ctx context.Context, link string, version int) error
}

// Charter is a version of a group's rules.
type Charter struct {
	Slug     string
	Zone     string
	Book     policy.Book
	At       int64 // when it came into force, UTC ms
	Force    int   // the version in force
	Versions []CharterVersion
}

// CharterVersion is a version that members read to be another than the one before.
type CharterVersion struct {
	Version int
	At      int64
	First   bool
	Changes []policy.ArticleChange // against the one before; nil = only the opening words
}

// Asked is a member who is asked to agree.
type Asked struct {
	Charter
	Name     string // masked
	Agreed   int    // the latest version that they agreed to; 0 = none
	AgreedAt int64  // when, UTC ms
}

// charter shows a version of a group's rules.
func (p *pages) charter(w http.ResponseWriter, r *http.Request) error {
	version := 0
	if text := r.PathValue("version"); text != "" {
		var err error
		if version, err = strconv.Atoi(text); err != nil || version < 1 || strconv.Itoa(version) != text {
			return community.Errorf(community.CodeNotFound, "version %q", text)
		}
	}
	if p.deps.Charters == nil {
		return community.Errorf(community.CodeNotFound, "no rules here")
	}
	c, err := p.deps.Charters.Charter(r.Context(), r.PathValue("slug"), version)
	if err != nil {
		return err
	}
	t := p.words(r)
	w.Header().Set("Referrer-Policy", "no-referrer")
	v := CharterView(t, c)
	p.render(w, r, http.StatusOK, t, v.Title, view.CharterPage(v))
	return nil
}

// CharterView words a charter: the public page, and its preview before it is published.
func CharterView(t *i18n.Words, c Charter) view.Charter {
	zone := zoneOf(c.Zone)
	on := func(ms int64) string { return time.UnixMilli(ms).In(zone).Format(time.DateOnly) }
	book := c.Book
	group := plain(book.Group)
	v := view.Charter{Title: t.T("charter.page_title", "group", group), Intro: plain(book.Charter.Intro), AppealTitle: t.T("charter.page_appeal"), Appeal: plain(book.Charter.Appeal),
		Follows: t.T("charter.page_follows"), Memory: t.T("charter.page_memory", "days", book.MemoryDays), Foot: t.T("charter.page_foot")}
	v.Line = t.T("charter.page_line", "v", book.Version, "at", on(c.At))
	if c.At == 0 {
		v.Line = t.T("charter.page_draft")
	}
	if v.Appeal == "" {
		v.Appeal = t.T("charter.page_appeal_default")
	}
	if c.Force > book.Version && c.At != 0 {
		v.Old, v.Now, v.NowLink = t.T("charter.page_old", "v", book.Version), t.T("charter.page_now", "v", c.Force), "/g/"+c.Slug
	}
	v.Levels = levelViews(t, book)
	v.VersionsTitle = t.T("charter.page_versions")
	for _, one := range c.Versions {
		line := view.CharterVersion{Text: t.T("charter.page_version", "v", one.Version, "at", on(one.At)), Here: one.Version == book.Version}
		if c.Slug != "" {
			line.Link = "/g/" + c.Slug + "/" + strconv.Itoa(one.Version)
		}
		line.Changes = changeViews(t, one)
		v.Versions = append(v.Versions, line)
	}
	return v
}

func levelViews(t *i18n.Words, book policy.Book) []view.CharterLevel {
	var out []view.CharterLevel
	all := book.Charter.Ordered()
	for _, level := range policy.Levels() {
		one := view.CharterLevel{Title: t.Pick(level.Title), Means: t.T("charter.means_" + level.Value)}
		for i, a := range all {
			if a.Level == level.Value {
				one.Articles = append(one.Articles, view.CharterArticle{ID: "a" + strconv.Itoa(i+1), Number: t.T("charter.number", "no", i+1), Title: plain(a.Title), Body: lines(a.Body), Follows: t.Pick(book.Says(a))})
			}
		}
		if len(one.Articles) > 0 {
			out = append(out, one)
		}
	}
	return out
}

func lines(text string) []string {
	var out []string
	for _, line := range strings.Split(text, "\n") {
		if line = plain(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// changeViews words what changed with a version.
func changeViews(t *i18n.Words, v CharterVersion) []view.CharterChange {
	if v.First {
		return []view.CharterChange{{Text: t.T("charter.change_first")}}
	}
	if len(v.Changes) == 0 {
		return []view.CharterChange{{Text: t.T("charter.change_intro")}}
	}
	var out []view.CharterChange
	for _, ch := range v.Changes {
		title, n := "", ch.Number
		if ch.After != nil {
			title = ch.After.Title
		} else if ch.Before != nil {
			title, n = ch.Before.Title, ch.Was
		}
		one := view.CharterChange{Text: t.T("charter.change_"+ch.Kind, "no", n, "title", plain(title))}
		if ch.Kind == policy.ArticleChanged {
			if ch.Before.Title != ch.After.Title || ch.Before.Body != ch.After.Body {
				one.Before, one.After = plain(ch.Before.Title+" "+ch.Before.Body), plain(ch.After.Title+" "+ch.After.Body)
			}
			if ch.Follows != nil {
				one.Follows = t.T("charter.change_follows", "was", t.Pick(ch.Follows[0]), "now", t.Pick(ch.Follows[1]))
			}
		}
		out = append(out, one)
	}
	return out
}

// confirm shows the rules to a member who is asked to agree.
func (p *pages) confirm(w http.ResponseWriter, r *http.Request) error {
	return p.showConfirm(w, r, http.StatusOK, "")
}

func (p *pages) showConfirm(w http.ResponseWriter, r *http.Request, status int, fault string) error {
	if p.deps.Charters == nil {
		return community.Errorf(community.CodeNotFound, "no rules here")
	}
	a, err := p.deps.Charters.Asked(r.Context(), r.PathValue("link"))
	if err != nil {
		return err
	}
	t := p.words(r)
	c := view.Confirm{Charter: CharterView(t, a.Charter), Fault: fault, Who: t.T("charter.confirm_who", "name", plain(a.Name)), Version: strconv.Itoa(a.Book.Version),
		Label: t.T("charter.confirm_box", "v", a.Book.Version), Button: t.T("charter.confirm_button"), Note: t.T("charter.confirm_note")}
	if a.Agreed >= a.Book.Version {
		c.Done = t.T("charter.confirm_done", "v", a.Agreed, "at", time.UnixMilli(a.AgreedAt).In(zoneOf(a.Zone)).Format("2006-01-02 15:04"))
	}
	w.Header().Set("Referrer-Policy", "no-referrer") // the address is the member's own
	p.render(w, r, status, t, c.Charter.Title, view.ConfirmPage(c))
	return nil
}

// agree takes a member's agreement. The link and the version are what makes it one, however often it is sent.
func (p *pages) agree(w http.ResponseWriter, r *http.Request) error {
	if p.deps.Charters == nil {
		return community.Errorf(community.CodeNotFound, "no rules here")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxDefence)
	t := p.words(r)
	if err := r.ParseForm(); err != nil {
		return p.showConfirm(w, r, http.StatusRequestEntityTooLarge, t.T("charter.confirm_fault"))
	}
	version, err := strconv.Atoi(r.PostFormValue("version"))
	switch {
	case err != nil || version < 1:
		return p.showConfirm(w, r, http.StatusUnprocessableEntity, t.T("charter.confirm_fault"))
	case r.PostFormValue("agree") != "1":
		return p.showConfirm(w, r, http.StatusUnprocessableEntity, t.T("charter.confirm_unticked"))
	}
	err = p.deps.Charters.Agree(r.Context(), r.PathValue("link"), version)
	if community.CodeOf(err) == community.CodeConflict {
		httpd.Note(r.Context(), r.Pattern, nil)
		return p.showConfirm(w, r, http.StatusConflict, t.T("charter.confirm_newer"))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
	return nil
}

// PreviewCharter is the public page of rules that are not published yet, as HTML.
func PreviewCharter(ctx context.Context, t *i18n.Words, c Charter) ([]byte, error) {
	files, err := httpd.NewFiles("/h5/", embedded)
	if err != nil {
		return nil, err
	}
	v := CharterView(t, c)
	var out bytes.Buffer
	err = view.Page(view.Frame{Lang: t.Lang, Title: v.Title, Style: files.URL("h5.css")}).Render(templ.WithChildren(ctx, view.CharterPage(v)), &out)
	return out.Bytes(), err
}
