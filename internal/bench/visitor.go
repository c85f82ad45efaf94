package bench

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// visitor is somebody at a browser without script, inside the process: no network is measured.
type visitor struct {
	site    *Site
	ctx     context.Context
	cookies map[string]string
}

// answer takes a handler's answer.
type answer struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(code int) {
	if a.code == 0 {
		a.code = code
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}

func (v *visitor) get(path string) (int, string) {
	r, err := http.NewRequestWithContext(v.ctx, http.MethodGet, "http://127.0.0.1"+path, nil)
	if err != nil {
		return 0, err.Error()
	}
	return v.send(r)
}

func (v *visitor) send(r *http.Request) (int, string) {
	r.RemoteAddr, r.RequestURI = "127.0.0.1:50000", r.URL.RequestURI()
	for name, value := range v.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	a := &answer{header: http.Header{}}
	v.site.Handler.ServeHTTP(a, r)
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		v.cookies[c.Name] = c.Value
	}
	return a.code, a.body.String()
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)

// signIn fills in the form, hidden fields and all.
func (v *visitor) signIn(login, password string) error {
	_, page := v.get("/signin")
	form := url.Values{"login": {login}, "password": {password}}
	for _, m := range hidden.FindAllStringSubmatch(page, -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	r, err := http.NewRequestWithContext(v.ctx, http.MethodPost, "http://127.0.0.1/signin", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if code, body := v.send(r); code != http.StatusSeeOther {
		return fmt.Errorf("sign-in answers %d: %.300s", code, body)
	}
	return nil
}

// link is an address in a page: to go to, or that a part of the page is fetched from.
var link = regexp.MustCompile(`(?:href|hx-get|src)="(/[^"#]*)"`)

// id is a part of an address that names a thing.
var id = regexp.MustCompile(`^([-0-9A-Z_a-z]{22}|[0-9]+)$`)

// route is an address without what names a thing: "/groups/{id}/rules".
func route(address string) string {
	path, _, _ := strings.Cut(address, "?")
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if id.MatchString(part) || i > 0 && parts[i-1] == "rule" {
			parts[i] = "{id}"
		}
	}
	return strings.Join(parts, "/")
}

// Bounds of a walk.
const (
	addressesEach = 20  // of one route, to be asked for in turn
	pagesEach     = 3   // of one route, to be read for links
	pagesAll      = 400 // to be read for links
)

// begin is where the walk starts: the first page, and what people type instead of clicking.
func begin() []string {
	return []string{"/", "/messages?q=" + url.QueryEscape("徒步"), "/messages?q=" + url.QueryEscape("读书 活动"), "/messages?q=" + url.QueryEscape("咖"),
		"/members?q=" + url.QueryEscape("书友1"), "/members?silent=7", "/groups?q=" + url.QueryEscape("书友"),
		"/activity?days=30", "/activity?days=90", "/activity?days=90&tag=" + url.QueryEscape(benchTag)}
}

// behind are addresses of a rulebook that forms and scripts lead to.
func behind(address string) []string {
	if route(address) != "/rules/{id}" {
		return nil
	}
	var list []string
	for _, page := range []string{"/book", "/json", "/versions", "/replay", "/test", "/new?kind=keyword", "/rule/words"} {
		list = append(list, address+page)
	}
	return list
}

// explore follows links and gives the addresses found, by route. What is not a page is left out: the live stream, files
// of the console itself, and whatever does not answer 200.
func (v *visitor) explore() map[string][]string {
	found, read := map[string][]string{}, map[string]int{}
	seen := map[string]bool{}
	queue := begin()
	for n := 0; len(queue) > 0 && n < pagesAll; n++ {
		address := queue[0]
		queue = queue[1:]
		name := route(address)
		if read[name] >= pagesEach && len(found[name]) >= addressesEach {
			continue
		}
		code, page := v.get(address)
		if code != http.StatusOK {
			continue
		}
		if len(found[name]) < addressesEach {
			found[name] = append(found[name], address)
		}
		if read[name]++; read[name] > pagesEach {
			continue
		}
		links := behind(address)
		for _, m := range link.FindAllStringSubmatch(page, -1) {
			links = append(links, html.UnescapeString(m[1]))
		}
		for _, next := range links {
			if !seen[next] && !leftOut(next) {
				seen[next] = true
				queue = append(queue, next)
			}
		}
		slices.SortStableFunc(queue, func(a, b string) int { return len(found[route(a)]) - len(found[route(b)]) })
	}
	return found
}

func leftOut(address string) bool {
	path, _, _ := strings.Cut(address, "?")
	return path == "/live" || path == "/signin" || strings.HasPrefix(path, "/static/") || strings.HasPrefix(path, "//")
}
