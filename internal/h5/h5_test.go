package h5

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"image"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"qunluo/internal/browsertest"
	"qunluo/internal/community"
	"qunluo/internal/httpd"
	"qunluo/internal/i18n"
	"qunluo/internal/table"
)

// board is what addresses show, in memory.
type board struct {
	page    map[string]Landing
	picture []byte
	scans   int
	short   map[string]Short
	opened  []string
	files   map[community.ID]community.Medium
	err     error
}

func (b *board) Landing(_ context.Context, slug string, arrives func() bool) (Landing, error) {
	p, ok := b.page[slug]
	if !ok && b.err == nil {
		return p, community.Errorf(community.CodeNotFound, "code %s", slug)
	}
	if b.err == nil && p.Found && arrives() {
		b.scans++
	}
	return p, b.err
}

func (b *board) Picture(_ context.Context, slug string, entry community.ID) ([]byte, string, error) {
	if b.page[slug].Entry != entry {
		return nil, "", community.Errorf(community.CodeNotFound, "entry")
	}
	return b.picture, "image/png", nil
}

func (b *board) File(_ context.Context, id community.ID) (community.Medium, error) {
	if f, ok := b.files[id]; ok {
		return f, nil
	}
	return community.Medium{}, community.Errorf(community.CodeNotFound, "no file")
}

func (b *board) Short(_ context.Context, slug string) (Short, error) {
	s, ok := b.short[slug]
	if !ok {
		return s, community.Errorf(community.CodeNotFound, "short link %s", slug)
	}
	return s, nil
}

func (b *board) Opened(_ context.Context, s Short, token string) error {
	b.opened = append(b.opened, s.Slug+":"+token)
	return nil
}

var entry = community.MakeID(1_800_000_000_000, [10]byte{7})

func newBoard() *board {
	evil := "\u202e<script>alert(1)</script>" + strings.Repeat("超长群名", 20)
	return &board{picture: []byte("\x89PNG"), page: map[string]Landing{
		"live":   {Slug: "live", Found: true, Name: "读书 1 群", Line: "每周一本好书，周三晚八点直播答疑", Entry: entry, Link: "https://chat.example/+abc", Until: 1_800_000_000_000},
		"wechat": {Slug: "wechat", Found: true, Name: "读书 2 群", Entry: entry},
		"evil":   {Slug: "evil", Found: true, Name: evil, Line: evil, Entry: entry, Link: "javascript:alert(1)"},
		"closed": {Slug: "closed", Closed: true}, "empty": {Slug: "empty"},
	}}
}

// street serves the pages under a held clock.
func street(t *testing.T, b *board) (*httptest.Server, *time.Time) {
	t.Helper()
	words, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	quiet := slog.New(slog.DiscardHandler)
	h, err := New(Deps{Codes: b, Votes: &ballots{}, LiveQAs: &studios{}, Draws: &drums{}, Tables: &papers{rows: map[string][]table.Row{}}, Words: words, Clock: func() time.Time { return now }, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(httpd.Edge(quiet, nil, http.NotFoundHandler(), h))
	t.Cleanup(srv.Close)
	return srv, &now
}

func ask(t *testing.T, url, phone, lang string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("User-Agent", phone)
	req.Header.Set("Accept-Language", lang)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

func TestPageShowsTheCodeInBothLanguages(t *testing.T) {
	srv, _ := street(t, newBoard())
	for lang, words := range map[string][]string{"zh-CN": {"长按识别二维码", "有效期至", "打开入群链接"}, "en": {"Press and hold", "Valid until", "Open the link"}} {
		res, body := ask(t, srv.URL+"/j/live", "phone", lang)
		if res.StatusCode != http.StatusOK || !strings.Contains(body, `<html lang="`+lang+`"`) || !strings.Contains(body, "读书 1 群") || strings.Contains(body, "<script") {
			t.Errorf("%s: %d %s", lang, res.StatusCode, body)
		}
		for _, w := range append(words, `src="/j/live/`+entry.String()+`/qr"`, "https://chat.example/+abc") {
			if !strings.Contains(body, w) {
				t.Errorf("%s: the page does not say %q", lang, w)
			}
		}
		if csp := res.Header.Get("Content-Security-Policy"); csp != httpd.CSP || res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("headers = %v", res.Header)
		}
	}
	for path, want := range map[string]int{"closed": 410, "empty": 200, "nothing": 404, "live/" + entry.String() + "/qr": 200, "live/none/qr": 404, "wechat/" + strings.Repeat("-", 22) + "/qr": 404} {
		if res, body := ask(t, srv.URL+"/j/"+path, "phone", "zh-CN"); res.StatusCode != want || strings.Contains(body, "[h5.") {
			t.Errorf("/j/%s = %d, want %d: %s", path, res.StatusCode, want, body)
		}
	}
	if _, body := ask(t, srv.URL+"/j/evil", "phone", "zh-CN"); strings.Contains(body, "<script") || strings.Contains(body, `href="javascript`) || strings.Contains(body, "\u202e") {
		t.Errorf("a hostile name or link came through: %s", body)
	}
}

func TestVisitorCountsOnceADay(t *testing.T) {
	b := newBoard()
	srv, now := street(t, b)
	for _, phone := range []string{"a", "a", "b", "a"} {
		ask(t, srv.URL+"/j/live", phone, "zh-CN")
	}
	ask(t, srv.URL+"/j/wechat", "a", "zh-CN")
	if b.scans != 3 {
		t.Errorf("scans = %d, want two phones at one code and one at another", b.scans)
	}
	ask(t, srv.URL+"/j/empty", "a", "zh-CN")
	res, err := http.Head(srv.URL + "/j/live")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if b.scans != 3 {
		t.Errorf("scans = %d, a look at nothing and a HEAD counted", b.scans)
	}
	*now = now.Add(24 * time.Hour)
	ask(t, srv.URL+"/j/live", "a", "zh-CN")
	if b.scans != 4 {
		t.Errorf("scans on the next day = %d, want one more", b.scans)
	}
}

func TestVisitorsAreForgottenAtTheEndOfTheDay(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	v := newVisitors(func() time.Time { return now })
	v.fresh("c", "10.0.0.1", "phone")
	salt := v.salt
	now = now.Add(24 * time.Hour)
	v.fresh("c", "10.0.0.2", "phone")
	if v.salt == salt || len(v.seen) != 1 {
		t.Errorf("after the day: the same salt = %v, %d visits kept, want another salt and one", v.salt == salt, len(v.seen))
	}
}

func TestOneAddressMayNotAskWithoutEnd(t *testing.T) {
	srv, _ := street(t, newBoard())
	last := 0
	for range looks + 1 {
		res, _ := ask(t, srv.URL+"/j/live", "phone", "zh-CN")
		last = res.StatusCode
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("look %d = %d, want 429", looks+1, last)
	}
}

func TestFaultIsSaidWithoutItsInside(t *testing.T) {
	b := newBoard()
	b.err = errors.New("secret path /var/db")
	srv, _ := street(t, b)
	if res, body := ask(t, srv.URL+"/j/live", "phone", "zh-CN"); res.StatusCode != http.StatusServiceUnavailable || strings.Contains(body, "secret") || !strings.Contains(body, "暂时打不开") {
		t.Errorf("a fault = %d: %s", res.StatusCode, body)
	}
}

// TestFirstLoadIsSmall: page, style and the largest picture that is kept, compressed, within 60 KB.
func TestFirstLoadIsSmall(t *testing.T) {
	srv, _ := street(t, newBoard())
	_, page := ask(t, srv.URL+"/j/live", "phone", "zh-CN")
	css, err := embedded.ReadFile("h5.css")
	if err != nil {
		t.Fatal(err)
	}
	if len(css) > 20<<10 {
		t.Errorf("style = %d bytes, at most 20 KB", len(css))
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	for _, part := range [][]byte{[]byte(page), css} {
		if _, err := w.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	const largest = 44 << 10 // of a kept picture
	if b.Len()+largest > 60<<10 {
		t.Errorf("first load = %d + %d bytes", b.Len(), largest)
	}
}

// TestPagesFitAPhone looks at the pages in a real browser at 360 px: no console error, nothing wider than the window, nobody shut out.
func TestPagesFitAPhone(t *testing.T) {
	browsertest.Need(t)
	b := newBoard()
	b.picture = tile(t)
	srv, _ := street(t, b)
	browser := browsertest.New(chromedp.Flag("lang", "zh-CN"))
	defer browser.End()
	tab, cancel := browser.Profile(t)
	defer cancel()
	tab, end := context.WithTimeout(tab, 3*time.Minute)
	defer end()
	if err := chromedp.Do(tab, chromedp.EmulateViewport(360, 740)); err != nil {
		t.Fatal(err)
	}
	pages := map[string]string{"vote-open": "/v/open", "vote-ended": "/v/ended", "vote-group": "/v/group", "live-guest": "/live/open", "live-mine": "/live/open/mine", "live-new": "/live/live/new", "live-end": "/live/answered", "live-go": "/live/open/go",
		"draw-open": "/draw/open", "draw-new": "/draw/open/new", "draw-in": "/draw/open/in", "draw-drawn": "/draw/drawn", "draw-won": "/draw/drawn/won", "draw-off": "/draw/cancelled",
		"table": "/s/edit", "table-row": "/s/edit/1", "table-new": "/s/edit/new", "table-guest": "/s/guest/1", "table-see": "/s/see", "table-see-row": "/s/see/1"}
	for name := range b.page {
		pages[name] = "/j/" + name
	}
	for name, at := range pages {
		if err := chromedp.Do(tab, chromedp.Navigate(srv.URL+at)); err != nil {
			t.Fatal(err)
		}
		wide, err := chromedp.Run(tab, chromedp.Evaluate[int](`document.documentElement.scrollWidth`))
		if err != nil || wide != 360 {
			t.Errorf("%s is %d px wide (%v), want 360", name, wide, err)
		}
		shown, err := chromedp.Run(tab, chromedp.Evaluate[bool](`[...document.images].every(i => i.naturalWidth > 0) && getComputedStyle(document.body).fontSize === "17px"`))
		if err != nil || !shown {
			t.Errorf("%s: picture or style did not load (%v)", name, err)
		}
		if shut, err := browsertest.ForEverybody(tab); err != nil || shut != "" {
			t.Errorf("%s shuts people out: %s (%v)", name, shut, err)
		}
		if missed, err := browsertest.ByKeys(tab); err != nil || missed != "" {
			t.Errorf("%s by keys: %s (%v)", name, missed, err)
		}
		if dir := os.Getenv("QL_SHOTS"); dir != "" {
			shot, err := chromedp.Run(tab, chromedp.FullScreenshot(100))
			if err == nil {
				err = errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "h5-"+name+".png"), shot, 0o644))
			}
			if err != nil {
				t.Error(err)
			}
		}
	}
}

// tile is a picture that a browser can show.
func tile(t *testing.T) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 240, 240))
	for i := range img.Pix {
		if (i/8+i/240/8)%2 == 0 {
			img.Pix[i] = 255
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestShortLinkLeadsToItsTargetAndCounts: the target is the one that was fixed, whatever the request says.
func TestShortLinkLeadsToItsTargetAndCounts(t *testing.T) {
	b := newBoard()
	b.short = map[string]Short{"abc": {Slug: "abc", Target: "https://mp.example/s/1?x=1", Key: 1}, "old": {Slug: "old", Closed: true, Target: "https://mp.example/"}}
	srv, now := street(t, b)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	open := func(method, path string) *http.Response {
		t.Helper()
		req, err := http.NewRequest(method, srv.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res
	}
	for _, path := range []string{"/l/abc", "/l/abc", "/l/abc/token1", "/l/abc?target=https://evil.example/", "/l/abc/token1?url=//evil.example"} {
		res := open(http.MethodGet, path)
		if res.StatusCode != http.StatusFound || res.Header.Get("Location") != "https://mp.example/s/1?x=1" || res.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s = %d to %q", path, res.StatusCode, res.Header.Get("Location"))
		}
	}
	open(http.MethodHead, "/l/abc/token2")
	if want := []string{"abc:", "abc:token1"}; !slices.Equal(b.opened, want) {
		t.Errorf("counted %q, want %q: a phone once a day, a HEAD never", b.opened, want)
	}
	*now = now.Add(24 * time.Hour)
	open(http.MethodGet, "/l/abc/token1")
	if len(b.opened) != 3 {
		t.Errorf("counted %q, want one more on the next day", b.opened)
	}
	for path, want := range map[string]int{"/l/old": 410, "/l/none": 404, "/l/": 404, "/l/abc/a/b": 404} {
		if res := open(http.MethodGet, path); res.StatusCode != want || res.Header.Get("Location") != "" {
			t.Errorf("%s = %d to %q, want %d and nowhere", path, res.StatusCode, res.Header.Get("Location"), want)
		}
	}
}
