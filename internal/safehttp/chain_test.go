package safehttp

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"qunluo/internal/community"
)

// signposts answers /n with a redirect to /n-1, /0 with a page, and /inside with a redirect to an address inside.
func signposts(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var n int
		switch _, err := fmt.Sscanf(r.URL.Path, "/%d", &n); {
		case r.URL.Path == "/inside":
			http.Redirect(w, r, "http://10.0.0.1/secret", http.StatusFound)
		case r.URL.Path == "/file":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		case err == nil && n > 0:
			http.Redirect(w, r, fmt.Sprint("/", n-1), http.StatusFound)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func TestChainIsFollowedToItsEndAndNoFurther(t *testing.T) {
	s, c := signposts(t), New(loopback())
	got, err := c.Chain(t.Context(), s.URL+"/3")
	if want := []string{s.URL + "/2", s.URL + "/1", s.URL + "/0"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("chain = %v, %v; want %v", got, err, want)
	}
	if got, err := c.Chain(t.Context(), s.URL+"/4"); community.CodeOf(err) != community.CodeRefused || len(got) != 3 {
		t.Errorf("four redirects: %v, %v; want three and a refusal", got, err)
	}
	if got, err := c.Chain(t.Context(), s.URL+"/0"); err != nil || len(got) != 0 {
		t.Errorf("a page: %v, %v; want no hop", got, err)
	}
}

func TestEveryHopOfAChainIsLookedAt(t *testing.T) {
	s, c := signposts(t), New(loopback())
	for _, path := range []string{"/inside", "/file"} {
		if got, err := c.Chain(t.Context(), s.URL+path); community.CodeOf(err) != community.CodeForbidden || len(got) != 1 {
			t.Errorf("%s: %v, %v; want the hop named and refused", path, got, err)
		}
	}
	for _, address := range []string{"http://127.0.0.1/x", "ftp://example.com/", "javascript:alert(1)", "http://u:p@example.com/", "://", ""} {
		if _, err := New(nil).Chain(t.Context(), address); community.CodeOf(err) != community.CodeForbidden {
			t.Errorf("%q: %v, want it refused", address, err)
		}
	}
}
