// Package h5 is the public mobile pages: what people see who scan a code. They work without script, load nothing from
// elsewhere and know nobody.
package h5

import (
	"context"
	"embed"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/h5/view"
	"qunluo/internal/httpd"
	"qunluo/internal/i18n"
)

// Deps is what the pages are given.
type Deps struct {
	Codes Codes
	// Showcase may be nil: nothing is shown of what connections can do.
	Showcase Showcase
	Appeals  Appeals  // may be nil: links of appeals then lead nowhere
	Charters Charters // may be nil: rules are then shown to nobody
	Reports  Reports  // may be nil: links of reports then lead nowhere
	Tiers    Tiers    // may be nil: members then see nothing of tiers
	Votes    Votes    // may be nil: links of votes then lead nowhere
	Tables   Tables   // may be nil: links of shared tables then lead nowhere
	Draws    Draws    // may be nil: addresses of draws then lead nowhere
	LiveQAs  LiveQAs  // may be nil: addresses of live Q&As then lead nowhere
	Posters  Posters  // may be nil: nobody is then given a poster
	Exits    Exits    // may be nil: links of leavers then lead nowhere
	Items    Items    // may be nil: items of the library are then shown to nobody
	Sheets   Sheets   // may be nil: pages of drafts and digests are then shown to nobody
	Secure   bool     // people come by TLS
	Words    *i18n.Catalogue
	Clock    func() time.Time // nil = time.Now
	Log      *slog.Logger     // nil = slog.Default()
}

// Codes knows what fixed addresses show.
type Codes interface {
	// Landing gives what an address shows now; community.CodeNotFound. Where arrives says that somebody new looks, it is a scan:
	// it is counted, and a place in the group is held for them for a while. arrives is asked once at most.
	Landing(ctx context.Context, slug string, arrives func() bool) (Landing, error)
	// Picture gives a QR code and its media type; community.CodeNotFound when the address does not lead to the entry.
	Picture(ctx context.Context, slug string, entry community.ID) (body []byte, kind string, err error)
	// Short gives where a short address leads; community.CodeNotFound.
	Short(ctx context.Context, slug string) (Short, error)
	// Opened counts one opening of a short address, made for whom the token says; "" = for nobody.
	Opened(ctx context.Context, s Short, token string) error
	// File reads a file that whoever has its address may read; community.CodeNotFound, or CodeLate when its content is gone.
	File(ctx context.Context, id community.ID) (community.Medium, error)
}

// Landing is what an address shows.
type Landing struct {
	Slug string
	Name string // of the group, or of the code where there is nothing to show
	Line string
	// Difference is what the group gives that others of its operator do not; "" = nothing was written.
	Difference string
	Closed     bool
	Found      bool         // there is a way in; the rest is set with it
	Away       bool         // the group goes on elsewhere: the way leads there
	From       string       // with Away: the group
	Invite     string       // with Away: the words of the invitation
	Picture    string       // with Away: slug under which the picture is; "" = there is none
	Entry      community.ID // of the code shown
	Link       string       // "" = only a picture
	Until      int64        // UTC ms; 0 = does not end
}

// looks is how many pages and pictures one address of the net may ask for per minute.
const looks = 60

//go:embed h5.css
var embedded embed.FS

type pages struct {
	deps     Deps
	files    *httpd.Files
	rate     *httpd.Rate
	asking   *httpd.Rate // new posters of an address of the net
	joining  *httpd.Rate // guests of live Q&As of an address of the net
	visitors *visitors
}

// New makes the public pages, below /j/, /l/, /f/, /i/, /d/, /a/, /g/, /y/, /r/, /s/, /t/, /v/, /p/, /draw/, /live/, /h5/ and /abilities. The handler expects to stand behind httpd.Edge.
func New(d Deps) (http.Handler, error) {
	if d.Clock == nil {
		d.Clock = time.Now
	}
	if d.Log == nil {
		d.Log = slog.Default()
	}
	files, err := httpd.NewFiles("/h5/", embedded)
	if err != nil {
		return nil, err
	}
	p := &pages{deps: d, files: files, rate: httpd.NewRate(looks, time.Minute, d.Clock), asking: httpd.NewRate(asks, time.Hour, d.Clock), joining: httpd.NewRate(joins, time.Hour, d.Clock), visitors: newVisitors(d.Clock)}
	mux := http.NewServeMux()
	mux.Handle("GET /h5/", files)
	mux.HandleFunc("GET /j/{code}", p.limited(p.landing))
	mux.HandleFunc("GET /j/{code}/{entry}/qr", p.limited(p.picture))
	mux.HandleFunc("GET /j/{code}/{token}", p.limited(p.landingOf))
	mux.HandleFunc("GET /p/{code}", p.limited(p.handout))
	mux.HandleFunc("POST /p/{code}", p.limited(p.handoutAsk))
	mux.HandleFunc("GET /p/{code}/{token}", p.limited(p.handoutMine))
	mux.HandleFunc("GET /p/{code}/{token}/poster", p.limited(p.handoutPicture))
	mux.HandleFunc("GET /abilities", p.limited(p.abilities))
	mux.HandleFunc("GET /abilities/{org}", p.limited(p.abilities))
	mux.HandleFunc("GET /l/{link}", p.limited(p.short))
	mux.HandleFunc("GET /l/{link}/{token}", p.limited(p.short))
	mux.HandleFunc("GET /f/{id}", p.limited(p.file))
	mux.HandleFunc("GET /i/{id}", p.limited(p.item))
	mux.HandleFunc("GET /i/{id}/{token}", p.limited(p.item))
	mux.HandleFunc("GET /i/{id}/{token}/{file}", p.limited(p.itemFile))
	mux.HandleFunc("GET /d/{code}", p.limited(p.sheet))
	mux.HandleFunc("GET /d/{code}/{file}", p.limited(p.sheetFile))
	mux.HandleFunc("GET /a/{link}", p.limited(p.appeal))
	mux.HandleFunc("POST /a/{link}", p.limited(p.appealWrite))
	mux.HandleFunc("GET /g/{slug}", p.limited(p.charter))
	mux.HandleFunc("GET /g/{slug}/{version}", p.limited(p.charter))
	mux.HandleFunc("GET /y/{link}", p.limited(p.confirm))
	mux.HandleFunc("POST /y/{link}", p.limited(p.agree))
	mux.HandleFunc("GET /t/{link}", p.limited(p.tier))
	mux.HandleFunc("GET /r/{link}", p.limited(p.report))
	mux.HandleFunc("POST /r/{link}", p.limited(p.reportWrite))
	mux.HandleFunc("GET /s/{link}", p.limited(p.shared))
	mux.HandleFunc("GET /s/{link}/{row}", p.limited(p.sharedRow))
	mux.HandleFunc("POST /s/{link}/{row}", p.limited(p.sharedWrite))
	mux.HandleFunc("GET /v/{link}", p.limited(p.vote))
	mux.HandleFunc("POST /v/{link}", p.limited(p.voteCast))
	mux.HandleFunc("GET /q/{link}", p.limited(p.exit))
	mux.HandleFunc("POST /q/{link}", p.limited(p.exitAnswer))
	mux.HandleFunc("GET /draw/verify.py", p.limited(p.drawScript))
	mux.HandleFunc("GET /draw/{code}", p.limited(p.lot))
	mux.HandleFunc("GET /draw/{code}/proof.json", p.limited(p.lotProof))
	mux.HandleFunc("GET /draw/{code}/{pass}", p.limited(p.lot))
	mux.HandleFunc("POST /draw/{code}/{pass}", p.limited(p.lotEnter))
	mux.HandleFunc("GET /live/{code}", p.limited(p.studio))
	mux.HandleFunc("POST /live/{code}", p.limited(p.studioJoin))
	mux.HandleFunc("GET /live/{code}/go", p.limited(p.studioGo))
	mux.HandleFunc("GET /live/{code}/{pass}", p.limited(p.studio))
	mux.HandleFunc("POST /live/{code}/{pass}", p.limited(p.studioDo))
	mux.HandleFunc("GET /live/{code}/{pass}/go", p.limited(p.studioGo))
	mux.HandleFunc("/", p.limited(func(http.ResponseWriter, *http.Request) error {
		return community.Errorf(community.CodeNotFound, "no page here")
	}))
	return httpd.Headers(mux), nil
}

// limited answers a page, or says in words what is wrong.
func (p *pages) limited(serve func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		httpd.Note(r.Context(), r.Pattern, nil)
		w.Header().Set("X-Robots-Tag", "noindex")
		if ok, wait := p.rate.Allow(httpd.ClientIP(r.Context()).String()); !ok {
			w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())+1))
			p.say(w, r, http.StatusTooManyRequests, "busy")
			return
		}
		if err := serve(w, r); err != nil {
			p.fail(w, r, err)
		}
	}
}

func (p *pages) fail(w http.ResponseWriter, r *http.Request, err error) {
	if code := community.CodeOf(err); code == community.CodeNotFound || code == community.CodeLate {
		p.say(w, r, http.StatusNotFound, "none")
		return
	}
	if !errors.Is(err, context.Canceled) {
		httpd.Note(r.Context(), r.Pattern, err)
	}
	p.say(w, r, http.StatusServiceUnavailable, "broken")
}

func (p *pages) words(r *http.Request) *i18n.Words {
	return p.deps.Words.In(p.deps.Words.Choose(r.Header.Get("Accept-Language")))
}

// say shows a page of one sentence: state is none, busy, broken, closed, expired or empty.
func (p *pages) say(w http.ResponseWriter, r *http.Request, status int, state string) {
	words := p.words(r)
	p.render(w, r, status, words, words.T("h5."+state+"_title"), view.Notice(view.Words{Title: words.T("h5." + state + "_title"), Text: words.T("h5." + state + "_text")}))
}

func (p *pages) render(w http.ResponseWriter, r *http.Request, status int, words *i18n.Words, title string, body templ.Component) {
	frame := view.Frame{Lang: words.Lang, Title: title, Style: p.files.URL("h5.css")}
	buf := templ.GetBuffer()
	defer templ.ReleaseBuffer(buf)
	if err := view.Page(frame).Render(templ.WithChildren(r.Context(), body), buf); err != nil {
		httpd.Note(r.Context(), r.Pattern, err)
		http.Error(w, title, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	buf.WriteTo(w) //nolint:errcheck // the phone left
}

// landing shows the code that is valid now, and counts the scan.
func (p *pages) landing(w http.ResponseWriter, r *http.Request) error {
	slug := r.PathValue("code")
	page, err := p.deps.Codes.Landing(r.Context(), slug, func() bool {
		return r.Method == http.MethodGet && p.visitors.fresh(slug, httpd.ClientIP(r.Context()).String(), r.UserAgent())
	})
	switch {
	case err != nil:
		return err
	case page.Closed:
		p.say(w, r, http.StatusGone, "closed")
		return nil
	case !page.Found:
		p.say(w, r, http.StatusOK, "empty")
		return nil
	}
	words := p.words(r)
	v := view.Landing{Name: plain(page.Name), Line: plain(page.Line), Alt: words.T("h5.alt"),
		Hint: words.T("h5.hint"), Link: page.Link, Button: words.T("h5.open"), Note: words.T("h5.note"), Foot: words.T("h5.foot")}
	if !page.Away {
		page.Picture = page.Slug
	}
	if page.Picture != "" {
		v.Picture = "/j/" + page.Picture + "/" + page.Entry.String() + "/qr"
	}
	if page.Away {
		v.Line, v.Invite = words.T("h5.away", "group", plain(page.From)), plain(page.Invite)
	}
	if v.Difference = plain(page.Difference); v.Difference != "" {
		v.DifferenceTitle = words.T("h5.difference")
	}
	if page.Until != 0 {
		v.Until = words.T("h5.until", "at", i18n.Time(page.Until, nil))
	}
	p.render(w, r, http.StatusOK, words, v.Name, view.Join(v))
	return nil
}

// picture serves a QR code; it stays the same for an entry.
func (p *pages) picture(w http.ResponseWriter, r *http.Request) error {
	entry, err := community.ParseID(r.PathValue("entry"))
	if err != nil {
		return community.Errorf(community.CodeNotFound, "entry: %w", err)
	}
	body, kind, err := p.deps.Codes.Picture(r.Context(), r.PathValue("code"), entry)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "private, max-age=600")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		w.Write(body) //nolint:errcheck // the phone left
	}
	return nil
}

// plain leaves out control and direction characters: a group's name must not reorder the page.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == 0x200B || r == 0xFEFF {
			return -1
		}
		return r
	}, s)
}
