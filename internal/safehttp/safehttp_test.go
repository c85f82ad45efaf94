package safehttp

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"qunluo/internal/community"
)

func loopback() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }

func get(t *testing.T, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAddressesInsideAreRefused(t *testing.T) {
	for _, address := range []string{
		"127.0.0.1:80", "127.255.255.254:443", "0.0.0.0:80", "10.1.2.3:80", "172.16.0.1:80", "172.31.255.255:80", "192.168.1.1:443", "169.254.169.254:80",
		"100.64.0.1:80", "100.127.255.255:80", "192.0.0.170:80", "192.0.2.1:80", "198.18.0.1:80", "198.51.100.7:80", "203.0.113.7:80", "224.0.0.1:80", "255.255.255.255:80",
		"[::1]:80", "[::]:80", "[::ffff:127.0.0.1]:80", "[::ffff:10.0.0.1]:443", "[::127.0.0.1]:80", "[64:ff9b::a00:1]:80", "[2002:7f00:1::]:80", "[2001::1]:80",
		"[fc00::1]:80", "[fd12::1]:80", "[fe80::1%eth0]:80", "[ff02::1]:80", "[2001:db8::1]:80", "[100::1]:80", "8.8.8.8:25", "8.8.8.8:6379", "[2606:4700::1111]:22", "nonsense",
	} {
		if err := Check(address, nil); community.CodeOf(err) != community.CodeForbidden {
			t.Errorf("%s: %v, want it refused", address, err)
		}
	}
	for _, address := range []string{"8.8.8.8:80", "1.1.1.1:443", "[2606:4700::1111]:443"} {
		if err := Check(address, nil); err != nil {
			t.Errorf("%s: %v, want it allowed", address, err)
		}
	}
}

func TestAllowedRangesAreCalledOnAnyPort(t *testing.T) {
	allow := []netip.Prefix{netip.MustParsePrefix("10.20.0.0/16")}
	if err := Check("10.20.3.4:8080", allow); err != nil {
		t.Errorf("allowed: %v", err)
	}
	if err := Check("[::ffff:10.20.3.4]:8080", allow); err != nil {
		t.Errorf("allowed in its other form: %v", err)
	}
	if err := Check("10.21.3.4:8080", allow); err == nil {
		t.Error("a neighbour of what was allowed is called")
	}
}

// TestCanaryInsideIsNeverReached: whatever name, number or redirect leads there, the listener on loopback hears nothing.
func TestCanaryInsideIsNeverReached(t *testing.T) {
	var hits atomic.Int64
	canary := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer canary.Close()
	_, port, _ := strings.Cut(strings.TrimPrefix(canary.URL, "http://"), ":")
	c := New(nil)
	for _, host := range []string{"127.0.0.1", "localhost", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "127.1", "2130706433", "0x7f000001", "0177.0.0.1"} {
		if a, err := c.Do(t.Context(), get(t, "http://"+host+":"+port+"/?token=s3cret")); err == nil {
			t.Errorf("%s answered %d", host, a.Status)
		} else if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: the error names the address: %v", host, err)
		}
	}
	for _, address := range []string{"file:///etc/passwd", "gopher://127.0.0.1/", "http://user:pw@127.0.0.1/", "//127.0.0.1/"} {
		if _, err := c.Do(t.Context(), get(t, address)); community.CodeOf(err) != community.CodeForbidden {
			t.Errorf("%s: %v, want it refused", address, err)
		}
	}
	if n := hits.Load(); n != 0 {
		t.Errorf("the canary was reached %d times", n)
	}
}

// TestEveryHopIsChecked: an allowed server may not lead to one that is not.
func TestEveryHopIsChecked(t *testing.T) {
	var hits atomic.Int64
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer inside.Close()
	outside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, strings.Replace(inside.URL, "127.0.0.1", "127.0.0.2", 1), http.StatusTemporaryRedirect)
	}))
	defer outside.Close()
	c := New([]netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")})
	if _, err := c.Do(t.Context(), get(t, outside.URL)); community.CodeOf(err) != community.CodeForbidden {
		t.Errorf("second hop: %v, want it refused", err)
	}
	if hits.Load() != 0 {
		t.Error("the second hop was reached")
	}
}

func TestRedirectsAreCounted(t *testing.T) {
	hops := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hops++
		http.Redirect(w, r, "/again", http.StatusTemporaryRedirect)
	}))
	defer s.Close()
	if _, err := New(loopback()).Do(t.Context(), get(t, s.URL)); community.CodeOf(err) != community.CodeRefused {
		t.Errorf("a circle: %v, want it refused", err)
	}
	if hops != MaxRedirects+1 {
		t.Errorf("called %d times, want %d", hops, MaxRedirects+1)
	}
}

func TestPostIsNotTurnedIntoARead(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			http.Redirect(w, r, "/", http.StatusFound)
		}
	}))
	defer s.Close()
	r, err := http.NewRequest(http.MethodPost, s.URL, strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(loopback()).Do(t.Context(), r); community.CodeOf(err) != community.CodeRefused {
		t.Errorf("302 on a post: %v, want it refused", err)
	}
}

func TestAnswerIsBounded(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		chunk := make([]byte, 64<<10)
		for range 64 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}))
	defer s.Close()
	a, err := New(loopback()).Do(t.Context(), get(t, s.URL))
	if err != nil || len(a.Body) != MaxBody || a.Said() != nil {
		t.Errorf("%d bytes read, %v, %v; want %d", len(a.Body), err, a.Said(), MaxBody)
	}
}

func TestStatusIsSaid(t *testing.T) {
	for status, want := range map[int]community.Code{204: "", 404: community.CodeRefused, 429: community.CodeLimited, 503: community.CodeUnreachable} {
		if got := community.CodeOf(Answer{Status: status}.Said()); got != want {
			t.Errorf("%d = %q, want %q", status, got, want)
		}
	}
}

// TestWhatDidNotChangeIsNotReadAgain: what an address was known by is given back to it, and only then may it say that nothing changed.
func TestWhatDidNotChangeIsNotReadAgain(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
		if r.URL.Path == "/liar" || r.Header.Get("If-None-Match") == `"v1"` && r.Header.Get("If-Modified-Since") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		io.WriteString(w, "words") //nolint:errcheck // the test reads it
	}))
	defer s.Close()
	c := New(loopback())
	body, header, fresh, err := c.Renew(t.Context(), s.URL, 100, Known{})
	if err != nil || !fresh || string(body) != "words" {
		t.Fatalf("at first: %q, %v, %v", body, fresh, err)
	}
	body, _, fresh, err = c.Renew(t.Context(), s.URL, 100, Known{ETag: header.Get("ETag"), Modified: header.Get("Last-Modified")})
	if err != nil || fresh || len(body) != 0 {
		t.Errorf("again: %q, %v, %v; want nothing new", body, fresh, err)
	}
	if _, _, fresh, err := c.Renew(t.Context(), s.URL+"/liar", 100, Known{}); fresh || community.CodeOf(err) != community.CodeRefused {
		t.Errorf("nothing new to somebody who knows nothing: %v, %v; want it refused", fresh, err)
	}
}
