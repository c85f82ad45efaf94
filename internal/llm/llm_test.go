package llm

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/draft"
)

func here() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")} }

func TestAddressesOfModels(t *testing.T) {
	for text, want := range map[string]string{
		"https://m.example/v1": "https://m.example/v1/chat/completions", " https://m.example/v1/ ": "https://m.example/v1/chat/completions", "https://m.example/v1/chat/completions": "https://m.example/v1/chat/completions", "http://10.0.0.8:8000/v1": "http://10.0.0.8:8000/v1/chat/completions",
		"http://m.example/v1": "", "": "", "m.example": "", "ftp://m.example": "", "https://u:p@m.example": "", "https://m.example/v1?key=x": "", "https://m.example/#x": "", "https://" + strings.Repeat("a", 1000) + ".example": "",
	} {
		got, host, err := Address(text)
		if got != want || (err == nil) != (want != "") || (host == "") != (want == "") {
			t.Errorf("%q: %q, %q, %v; want %q", text, got, host, err, want)
		}
		if err != nil && community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestOneCallWithoutToolsOrStream: the model, its key and the messages are sent, nothing else; its words and its count come back.
func TestOneCallWithoutToolsOrStream(t *testing.T) {
	var got map[string]any
	var key string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key = r.Header.Get("Authorization")
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		io.WriteString(w, `{"choices": [{"message": {"content": "好"}}], "usage": {"prompt_tokens": 7, "completion_tokens": -3}}`) //nolint:errcheck // the caller looks
	}))
	defer s.Close()
	a, err := New(here(), 0).Ask(t.Context(), draft.Endpoint{URL: s.URL + "/v1", Key: "k"}, "m1", []draft.Message{{Role: "user", Content: "早"}})
	if err != nil || a.Text != "好" || a.TokensIn != 7 || a.TokensOut != 0 || a.Bytes == 0 {
		t.Fatalf("answer = %+v, %v", a, err)
	}
	if key != "Bearer k" || got["model"] != "m1" || got["stream"] != false || got["tools"] != nil || len(got["messages"].([]any)) != 1 {
		t.Errorf("asked %v with %q", got, key)
	}
}

func TestWhatAServerDoesWrongIsSaidByItsCode(t *testing.T) {
	const secret = "k-secret"
	for name, c := range map[string]struct {
		serve http.HandlerFunc
		want  community.Code
	}{
		"500":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, community.CodeUnreachable},
		"429":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) }, community.CodeLimited},
		"401":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }, community.CodeRefused},
		"redirect": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", 308) }, community.CodeRefused},
		"huge":     {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, strings.Repeat(" ", 10<<20)) }, community.CodeTooLarge}, //nolint:errcheck // cut off
		"no JSON":  {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>") }, community.CodeBadInput},                    //nolint:errcheck // the caller looks
		"nothing":  {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"choices": []}`) }, community.CodeBadInput},           //nolint:errcheck // the caller looks
		"slow":     {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, community.CodeUnreachable},
	} {
		calls := 0
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			calls++
			io.Copy(io.Discard, r.Body) //nolint:errcheck // so that a hang-up is seen
			c.serve(w, r)
		}))
		_, err := New(here(), 500*time.Millisecond).Ask(t.Context(), draft.Endpoint{URL: s.URL + "/v1", Key: secret}, "m1", nil)
		s.Close()
		if community.CodeOf(err) != c.want || calls != 1 {
			t.Errorf("%s: %v after %d calls, want %s", name, err, calls, c.want)
		}
		if err != nil && (strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), s.URL)) {
			t.Errorf("%s: the error tells secrets: %v", name, err)
		}
	}
	if _, err := New(nil, 0).Ask(t.Context(), draft.Endpoint{URL: "http://127.0.0.1:1/v1"}, "m1", nil); community.CodeOf(err) != community.CodeForbidden {
		t.Errorf("inside a network that nobody allowed: %v", err)
	}
}
