package h5

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/h5/view"
	"qunluo/internal/httpd"
)

// Posters knows which posters codes hand out, and draws them.
type Posters interface {
	// Handout gives what a code's poster page shows; community.CodeNotFound when it hands out none.
	Handout(ctx context.Context, slug string) (Handout, error)
	// Ask makes somebody's own poster under a name and gives the token of its address.
	Ask(ctx context.Context, slug, name string) (token string, err error)
	// Mine gives what the page of somebody's own poster shows; community.CodeNotFound.
	Mine(ctx context.Context, slug, token string) (Handout, error)
	// Poster draws it: a PNG, or a small JPEG.
	Poster(ctx context.Context, slug, token string, light bool) ([]byte, error)
	// Scanned counts that somebody else scanned it.
	Scanned(ctx context.Context, slug, token string) error
}

// Handout is a poster that a code hands out.
type Handout struct {
	Name, Line string
	Who        string // whose it is; "" = nobody's yet
	Scans      int64
}

// Bounds of asking.
const (
	asks        = 20 // new posters an hour for one address of the net
	maxPosterBy = 20 // characters of a name
	posterDays  = 180
)

// handoutCookie remembers, for one code alone, which poster a phone asked for: so that it is given the same again.
const handoutCookie = "ql_poster"

// handout asks for a name, or leads on to the poster that this phone asked for before.
func (p *pages) handout(w http.ResponseWriter, r *http.Request) error {
	if p.deps.Posters == nil {
		return community.Errorf(community.CodeNotFound, "no posters here")
	}
	slug := r.PathValue("code")
	h, err := p.deps.Posters.Handout(r.Context(), slug)
	if err != nil {
		return err
	}
	if token := p.asked(r, slug); token != "" {
		http.Redirect(w, r, "/p/"+slug+"/"+token, http.StatusSeeOther)
		return nil
	}
	p.showHandout(w, r, http.StatusOK, h, "", "")
	return nil
}

// asked is the token of the poster that a phone asked for before; "" = it did not, or it is not there any more.
func (p *pages) asked(r *http.Request, slug string) string {
	c, err := r.Cookie(handoutCookie)
	if err != nil {
		return ""
	}
	if _, err := p.deps.Posters.Mine(r.Context(), slug, c.Value); err != nil {
		return ""
	}
	return c.Value
}

func (p *pages) showHandout(w http.ResponseWriter, r *http.Request, status int, h Handout, typed, fault string) {
	t := p.words(r)
	v := view.Handout{Title: t.T("poster.page_title"), Name: plain(h.Name), Line: plain(h.Line), Fault: fault, Label: t.T("poster.page_name"), Typed: typed, Most: strconv.Itoa(maxPosterBy),
		Hint: t.T("poster.page_hint"), Button: t.T("poster.page_make"), Foot: t.T("poster.page_foot")}
	p.render(w, r, status, t, v.Title, view.HandoutAsk(v))
}

// handoutAsk makes a poster under the name that was typed; a phone that has one keeps it.
func (p *pages) handoutAsk(w http.ResponseWriter, r *http.Request) error {
	if p.deps.Posters == nil {
		return community.Errorf(community.CodeNotFound, "no posters here")
	}
	slug := r.PathValue("code")
	h, err := p.deps.Posters.Handout(r.Context(), slug)
	if err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	t := p.words(r)
	if err := r.ParseForm(); err != nil {
		p.showHandout(w, r, http.StatusRequestEntityTooLarge, h, "", t.T("poster.page_fault"))
		return nil
	}
	token := p.asked(r, slug)
	if token == "" {
		name := strings.TrimSpace(plain(r.PostFormValue("name")))
		if n := utf8.RuneCountInString(name); n < 1 || n > maxPosterBy || !utf8.ValidString(name) {
			p.showHandout(w, r, http.StatusUnprocessableEntity, h, name, t.T("poster.page_fault"))
			return nil
		}
		if ok, _ := p.asking.Allow(httpd.ClientIP(r.Context()).String()); !ok {
			p.say(w, r, http.StatusTooManyRequests, "busy")
			return nil
		}
		if token, err = p.deps.Posters.Ask(r.Context(), slug, name); err != nil {
			return err
		}
	}
	http.SetCookie(w, &http.Cookie{Name: handoutCookie, Value: token, Path: "/p/" + slug, MaxAge: posterDays * 24 * 3600, HttpOnly: true, Secure: p.deps.Secure, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, "/p/"+slug+"/"+token, http.StatusSeeOther)
	return nil
}

// handoutMine shows somebody their own poster. The phone that looks at it does not count as one that scanned it, today.
func (p *pages) handoutMine(w http.ResponseWriter, r *http.Request) error {
	if p.deps.Posters == nil {
		return community.Errorf(community.CodeNotFound, "no posters here")
	}
	slug, token := r.PathValue("code"), r.PathValue("token")
	h, err := p.deps.Posters.Mine(r.Context(), slug, token)
	if err != nil {
		return err
	}
	p.visitors.fresh("p/"+token, httpd.ClientIP(r.Context()).String(), r.UserAgent())
	t := p.words(r)
	at := "/p/" + slug + "/" + token + "/poster"
	v := view.Handout{Title: t.T("poster.page_mine"), Name: plain(h.Name), Line: t.T("poster.page_of", "name", plain(h.Who)), Picture: at + "?light=1", Whole: at, Alt: t.T("poster.page_alt"), Hint: t.T("poster.page_save"),
		Button: t.T("poster.page_whole"), Foot: t.T("poster.page_count", "n", strconv.FormatInt(h.Scans, 10))}
	w.Header().Set("Referrer-Policy", "no-referrer") // the address is theirs
	p.render(w, r, http.StatusOK, t, v.Title, view.HandoutMine(v))
	return nil
}

// handoutPicture gives the poster itself.
func (p *pages) handoutPicture(w http.ResponseWriter, r *http.Request) error {
	if p.deps.Posters == nil {
		return community.Errorf(community.CodeNotFound, "no posters here")
	}
	light := r.URL.Query().Get("light") == "1"
	body, err := p.deps.Posters.Poster(r.Context(), r.PathValue("code"), r.PathValue("token"), light)
	if err != nil {
		return err
	}
	kind := "image/png"
	if light {
		kind = "image/jpeg"
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "private, no-cache")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		w.Write(body) //nolint:errcheck // the phone left
	}
	return nil
}

// landingOf is the page of a code, come to by somebody's own poster: their scan is counted, a phone once a day.
func (p *pages) landingOf(w http.ResponseWriter, r *http.Request) error {
	slug, token := r.PathValue("code"), r.PathValue("token")
	if p.deps.Posters != nil && r.Method == http.MethodGet && p.visitors.fresh("p/"+token, httpd.ClientIP(r.Context()).String(), r.UserAgent()) {
		if err := p.deps.Posters.Scanned(r.Context(), slug, token); err != nil && community.CodeOf(err) != community.CodeNotFound {
			p.deps.Log.Warn("scan of a poster not counted", "err", err) // the way in matters more than its count
		}
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	return p.landing(w, r)
}
