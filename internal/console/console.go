package console

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/scs/v2"

	"qunluo/internal/community"
	"qunluo/internal/console/static"
	"qunluo/internal/httpd"
	"qunluo/internal/i18n"
	"qunluo/internal/rights"
)

// maxForm bounds the body of an ordinary form, in bytes. Rulebooks are the largest.
const maxForm = 2 << 20

// Console is the web console.
type Console struct {
	deps      Deps
	clock     func() time.Time
	log       *slog.Logger
	sessions  *scs.SessionManager
	words     *i18n.Catalogue
	files     *httpd.Files
	hashing   hashing
	nobody    string // a hash that no password fits: unknown logins take as long as known ones
	byAccount *httpd.Rate
	byAddress *httpd.Rate
	byRefusal *httpd.Rate
	byCode    *httpd.Rate
	table     []route
}

// Attempts to sign in that are allowed per minute.
const (
	triesPerAccount = 5
	triesPerAddress = 20
)

// Codes that somebody whose password fits may try: few enough that a code of six digits is not found by trying.
const (
	triesPerCode = 10
	codeSpan     = 15 * time.Minute
)

// New makes the console. The handler expects to stand behind httpd.Edge, which gives request id and client address.
func New(d Deps) (http.Handler, error) {
	c := &Console{deps: d, clock: d.Clock, log: d.Log, hashing: newHashing(), nobody: unfitting()}
	if c.clock == nil {
		c.clock = time.Now
	}
	if c.log == nil {
		c.log = slog.Default()
	}
	if c.deps.MaxUpload == 0 {
		c.deps.MaxUpload = 512 << 20
	}
	var err error
	if c.words, err = i18n.New(); err != nil {
		return nil, err
	}
	if c.files, err = static.New(); err != nil {
		return nil, err
	}
	c.sessions = newSessions(d.Sessions, c.plain())
	c.sessions.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		httpd.Note(r.Context(), "session", err)
		c.fail(c.stranger(w, r), err)
	}
	c.byAccount = httpd.NewRate(triesPerAccount, time.Minute, c.clock)
	c.byAddress = httpd.NewRate(triesPerAddress, time.Minute, c.clock)
	c.byCode = httpd.NewRate(triesPerCode, codeSpan, c.clock)
	c.byRefusal = httpd.NewRate(1, refusalEvery, c.clock)
	c.table = c.routes()
	if bare := undeclared(c.table); len(bare) > 0 {
		return nil, fmt.Errorf("routes without a power: %s", strings.Join(bare, ", "))
	}
	return c.handler(), nil
}

// plain says whether cookies go over plain HTTP.
func (c *Console) plain() bool { return c.deps.Insecure || c.deps.Loopback }

func (c *Console) handler() http.Handler {
	pages := http.NewServeMux()
	for _, one := range c.table {
		pages.Handle(one.pattern, c.sessions.LoadAndSave(c.serve(one)))
	}
	pages.Handle("/", c.sessions.LoadAndSave(c.serve(route{pattern: "/", may: anybody, serve: (*Console).nowhere})))

	mux := http.NewServeMux()
	mux.Handle("GET /static/", c.files)
	refused := c.sessions.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.fail(c.stranger(w, r), community.Errorf(community.CodeForbidden, "another site started this request"))
	}))
	mux.Handle("/", httpd.SameSite(refused, pages))
	return httpd.Headers(mux)
}

// nowhere answers addresses that no route knows.
func (c *Console) nowhere(k *call) error {
	return community.Errorf(community.CodeNotFound, "no page here")
}

// serve answers one route: who is it, may they, is the form theirs; then the handler.
func (c *Console) serve(one route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		httpd.Note(r.Context(), one.pattern, nil)
		w.Header().Set("Cache-Control", "no-store")
		k, err := c.answer(w, r)
		if err == nil && one.phone {
			err = c.byDevice(k)
		}
		if err != nil {
			c.fail(k, err)
			return
		}
		if err := c.admit(k, one); err != nil {
			c.fail(k, err)
			return
		}
		if k.answered {
			return
		}
		if err := one.serve(c, k); err != nil {
			c.fail(k, err)
		}
	})
}

// admit checks rights and form token. A stranger is sent to sign in and comes back to the page they wanted.
func (c *Console) admit(k *call, one route) error {
	if one.may != anybody && k.User.Key == 0 {
		return c.askSignIn(k)
	}
	if err := c.allowed(k, one); err != nil {
		return err
	}
	if err := k.ownThings(one); err != nil {
		return k.refused("/", err)
	}
	if k.stands.Owes(k.User.Role) && !one.early && one.may != anybody {
		return k.away("/me/factor")
	}
	if values := k.R.URL.Query(); storable(values) {
		k.R.URL.RawQuery = values.Encode()
	}
	if k.R.Method == http.MethodGet || k.R.Method == http.MethodHead {
		return c.proven(k, one)
	}
	if one.upload {
		k.R.Body = http.MaxBytesReader(k.W, k.R.Body, c.deps.MaxUpload)
		return httpd.Unhurried(k.W)
	}
	k.R.Body = http.MaxBytesReader(k.W, k.R.Body, maxForm)
	if err := k.R.ParseForm(); err != nil {
		return community.Errorf(community.CodeTooLarge, "form: %w", err)
	}
	storable(k.R.Form)
	storable(k.R.PostForm)
	if err := k.checkToken(k.R.PostFormValue("_token")); err != nil {
		return err
	}
	return c.proven(k, one)
}

// storable takes out of values what no database keeps as text, and reports whether there was any.
func storable(values url.Values) (changed bool) {
	for name, list := range values {
		for i, text := range list {
			if strings.ContainsRune(text, 0) || !utf8.ValidString(text) {
				values[name][i], changed = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", ""), true
			}
		}
	}
	return changed
}

// mounted reports whether a GET route exists at a path and the person may use it.
func (c *Console) mounted(path string, k *call) bool {
	want := "GET " + path
	if path == "/" {
		want = "GET /{$}"
	}
	for _, one := range c.table {
		if one.pattern == want {
			return !one.ask(rights.Of(k.User)).Refused()
		}
	}
	return false
}

// fail answers an error as a page, in words, with its code and request id; what the operator must know goes to the log.
func (c *Console) fail(k *call, err error) {
	code := community.CodeOf(err)
	status := statusOf(code)
	if status >= 500 {
		httpd.Note(k.R.Context(), k.R.Pattern, err)
	}
	if err := k.errorPage(err, code, status); err != nil {
		c.log.Error("error page", "id", httpd.RequestID(k.R.Context()), "err", fmt.Errorf("%s: %w", code, err))
	}
}
