package client

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestCallThatIsToComeLaterKeepsItsKey is told to wait once, and sends the same call under the same key.
func TestCallThatIsToComeLaterKeepsItsKey(t *testing.T) {
	var keys []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		keys = append(keys, r.Method+" "+r.URL.Path+" "+r.Header.Get("Idempotency-Key")+" "+r.Header.Get("Authorization"))
		if len(keys) == 1 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		w.Write([]byte(`{"done":true}`)) //nolint:errcheck // a test
	}))
	defer server.Close()
	c := &Client{Base: server.URL + "/", Token: "qlk_X"}
	var out struct{ Done bool }
	if err := c.Post(t.Context(), "/freeze", "", map[string]any{"on": true}, &out); err != nil || !out.Done {
		t.Fatalf("post = %+v, %v", out, err)
	}
	if len(keys) != 2 || keys[0] != keys[1] || keys[0] == "POST /api/v1/freeze  Bearer qlk_X" {
		t.Errorf("calls = %q, want two of one key", keys)
	}
}

// TestRefusalIsAProblem reads the code, and gives up at once.
func TestRefusalIsAProblem(t *testing.T) {
	calls := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls++
		w.WriteHeader(http.StatusConflict)
		w.Write([]byte(`{"status":409,"code":"conflict","detail":"undone before","request_id":"R"}`)) //nolint:errcheck // a test
	}))
	defer server.Close()
	var p *Problem
	err := (&Client{Base: server.URL}).Get(t.Context(), "/me", nil, nil)
	if !errors.As(err, &p) || p.Code != "conflict" || calls != 1 {
		t.Errorf("err = %v after %d calls, want one conflict", err, calls)
	}
}

// TestAllGoesOnUntilNothingIsNext follows the cursor.
func TestAllGoesOnUntilNothingIsNext(t *testing.T) {
	pages := map[string]string{"": `{"items":[1,2],"next":"a"}`, "a": `{"items":[3]}`}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte(pages[r.URL.Query().Get("cursor")])) //nolint:errcheck // a test
	}))
	defer server.Close()
	sum := 0
	for n, err := range All[int](t.Context(), &Client{Base: server.URL}, "/groups", nil) {
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	if sum != 6 {
		t.Errorf("sum = %d, want 6", sum)
	}
}
