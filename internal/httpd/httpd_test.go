package httpd

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func answer(h http.Handler, method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestFilesAreServedForEverUnderTheirHash(t *testing.T) {
	files, err := NewFiles("/static/", fstest.MapFS{
		"a.css":    {Data: []byte(strings.Repeat("body{}", 100))},
		"b.js":     {Data: []byte("plain")},
		"b.js.br":  {Data: []byte("brotli")},
		"b.js.gz":  {Data: []byte("gzipped")},
		"x/no.css": {Data: []byte("deeper")},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ accept, coding, body string }{
		{"", "", "plain"}, {"gzip", "gzip", "gzipped"}, {"gzip, br", "br", "brotli"}, {"br;q=0, gzip;q=0.5", "gzip", "gzipped"}, {"identity", "", "plain"}, {"brx", "", "plain"},
	} {
		w := answer(files, "GET", files.URL("b.js"), "Accept-Encoding", x.accept)
		if w.Code != 200 || w.Header().Get("Content-Encoding") != x.coding || w.Body.String() != x.body {
			t.Errorf("accepting %q = %d %q %q, want %q %q", x.accept, w.Code, w.Header().Get("Content-Encoding"), w.Body, x.coding, x.body)
		}
		if got := w.Header().Get("Cache-Control"); !strings.Contains(got, "immutable") {
			t.Errorf("Cache-Control = %q", got)
		}
	}
	w := answer(files, "GET", files.URL("a.css"), "Accept-Encoding", "gzip")
	zr, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if body, _ := io.ReadAll(zr); len(body) != 600 || w.Header().Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("a.css = %d bytes of %s", len(body), w.Header().Get("Content-Type"))
	}
	for _, path := range []string{"/static/a.css", "/static/../httpd.go", "/static/b.js.gz", "/static/"} {
		if w := answer(files, "GET", path); w.Code != 404 {
			t.Errorf("%s = %d, want 404", path, w.Code)
		}
	}
}

func TestRateLetsABurstThroughAndThenDrips(t *testing.T) {
	now := time.Unix(1000, 0)
	r := NewRate(5, time.Minute, func() time.Time { return now })
	for i := range 5 {
		if ok, _ := r.Allow("a"); !ok {
			t.Fatalf("attempt %d was refused", i+1)
		}
	}
	ok, wait := r.Allow("a")
	if ok || wait <= 0 || wait > 12*time.Second {
		t.Errorf("sixth = %v, wait %v, want refused for at most 12 s", ok, wait)
	}
	if ok, _ := r.Allow("b"); !ok {
		t.Error("another key was refused")
	}
	now = now.Add(12 * time.Second)
	if ok, _ := r.Allow("a"); !ok {
		t.Error("refused after a fifth of the span")
	}
	if ok, _ := r.Allow("a"); ok {
		t.Error("two let through after a fifth of the span")
	}
}

func TestRateHoldsABoundedNumberOfKeys(t *testing.T) {
	now := time.Unix(1000, 0)
	r := NewRate(2, time.Minute, func() time.Time { return now })
	for i := range rateKeys {
		r.Allow(string(rune('a'+i%26)) + strings.Repeat("x", i/26%97) + time.Duration(i).String())
	}
	if ok, _ := r.Allow("new"); ok {
		t.Error("a newcomer was let in although the table is full")
	}
	now = now.Add(time.Hour)
	if ok, _ := r.Allow("new"); !ok || len(r.next) > 2 {
		t.Errorf("after an hour ok = %v with %d keys, want the old ones forgotten", ok, len(r.next))
	}
}

func TestAddressIsBelievedOnlyBehindATrustedRelay(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for _, x := range []struct{ remote, forwarded, want string }{
		{"203.0.113.9:1", "198.51.100.1", "203.0.113.9"},
		{"10.0.0.1:1", "198.51.100.1", "198.51.100.1"},
		{"10.0.0.1:1", "6.6.6.6, 198.51.100.1", "198.51.100.1"},
		{"10.0.0.1:1", "198.51.100.1, 10.0.0.2", "198.51.100.1"},
		{"10.0.0.1:1", "garbage", "10.0.0.1"},
		{"10.0.0.1:1", "", "10.0.0.1"},
		{"[::ffff:203.0.113.9]:1", "", "203.0.113.9"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = x.remote
		if x.forwarded != "" {
			r.Header.Set("X-Forwarded-For", x.forwarded)
		}
		if got := clientIP(r, trusted).String(); got != x.want {
			t.Errorf("%s forwarded %q = %s, want %s", x.remote, x.forwarded, got, x.want)
		}
	}
}

func TestPanicBecomesAnAnswerAndOneLogLine(t *testing.T) {
	var log bytes.Buffer
	broken := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Error(w, "sorry "+RequestID(r.Context()), 500) })
	h := Edge(slog.New(slog.NewTextHandler(&log, nil)), nil, broken, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") }))
	w := answer(h, "GET", "/secret-token")
	id := w.Header().Get("X-Request-Id")
	if w.Code != 500 || id == "" || !strings.Contains(w.Body.String(), id) {
		t.Errorf("answer = %d %q, want 500 with the request id", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "boom") || !strings.Contains(log.String(), id) || strings.Contains(log.String(), "secret-token") {
		t.Errorf("log = %s, want the panic, the id and no path", &log)
	}
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	w := answer(Headers(http.NotFoundHandler()), "GET", "/")
	want := "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
	if got := w.Header().Get("Content-Security-Policy"); got != want {
		t.Errorf("policy = %q", got)
	}
}

func TestBodyIsBounded(t *testing.T) {
	h := MaxBody(4, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
	}))
	for body, want := range map[string]int{"1234": 200, "12345": 413} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("POST", "/", strings.NewReader(body)))
		if w.Code != want {
			t.Errorf("%d bytes = %d, want %d", len(body), w.Code, want)
		}
	}
}

func TestLocalListenerTellsHowItIs(t *testing.T) {
	reg := prometheus.NewRegistry()
	counter := prometheus.NewCounter(prometheus.CounterOpts{Name: "qunluo_test_total"})
	reg.MustRegister(counter)
	var sick error
	h := Local(func(context.Context) error { return sick }, reg)
	if w := answer(h, "GET", "/healthz"); w.Code != 200 {
		t.Errorf("healthz = %d", w.Code)
	}
	if w := answer(h, "GET", "/readyz"); w.Code != 200 {
		t.Errorf("readyz = %d", w.Code)
	}
	sick = errors.New("disk full")
	if w := answer(h, "GET", "/readyz"); w.Code != 503 || !strings.Contains(w.Body.String(), "disk full") {
		t.Errorf("readyz = %d %q, want 503 and why", w.Code, w.Body)
	}
	if w := answer(h, "GET", "/metrics"); !strings.Contains(w.Body.String(), "qunluo_test_total 0") {
		t.Errorf("metrics = %q", w.Body)
	}
}

func TestServeLetsRequestsFinishAndEndsStreams(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	begun := make(chan struct{})
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done() // a stream ends with the server
		io.WriteString(w, "ended")
	})
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, ln, NewServer(h, slog.New(slog.DiscardHandler))) }()
	go func() { <-begun; stop() }()
	res, err := http.Get("http://" + ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, _ := io.ReadAll(res.Body); string(body) != "ended" {
		t.Errorf("body = %q", body)
	}
	if err := <-done; err != nil {
		t.Errorf("Serve = %v", err)
	}
}
