package mcp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync"
)

// Handler answers assistants over HTTP (Streamable HTTP, without streams and sessions): one message a POST, with the token of the API as
// Authorization: Bearer. It offers what reads and nothing else. api is the door under /api/v1; a call from a page of another place is refused.
func Handler(api http.Handler, version string) http.Handler {
	described := sync.OnceValues(func() (*document, error) { // it says the same as long as the program runs
		doc, r := &document{}, &http.Request{Header: http.Header{}}
		return doc, ask(context.Background(), within(api, r), "/openapi.json", doc)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "want POST", http.StatusMethodNotAllowed)
			return
		}
		if r.Header.Get("Origin") != "" { // assistants are no pages: a browser that was led here has no business (DNS rebinding)
			http.Error(w, "not from a page", http.StatusForbidden)
			return
		}
		raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxLine))
		if err != nil {
			http.Error(w, "too large", http.StatusRequestEntityTooLarge)
			return
		}
		door := within(api, r)
		doc, err := described()
		var s *Server
		if err == nil {
			s, err = doc.server(r.Context(), door, Options{Version: version})
		}
		if no, ok := errors.AsType[*refusal](err); ok { // the API says what is wrong with the token
			w.Header().Set("Content-Type", "application/problem+json")
			w.Header().Set("WWW-Authenticate", "Bearer")
			w.WriteHeader(no.status)
			w.Write(no.body) //nolint:errcheck // the caller left
			return
		}
		if err != nil {
			http.Error(w, "the API did not answer", http.StatusBadGateway)
			return
		}
		said := s.Handle(r.Context(), raw)
		if said == nil {
			w.WriteHeader(http.StatusAccepted)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		w.Write(said) //nolint:errcheck // the caller left
	})
}

// within calls the API in this process, as the caller of r.
func within(api http.Handler, r *http.Request) Door {
	return func(ctx context.Context, method, path string, query url.Values, body []byte, key string) (int, []byte, error) {
		at := "/api/v1" + path
		if len(query) > 0 {
			at += "?" + query.Encode()
		}
		inner, err := http.NewRequestWithContext(ctx, method, at, bytes.NewReader(body))
		if err != nil {
			return 0, nil, err
		}
		inner.Header.Set("Authorization", r.Header.Get("Authorization"))
		inner.RemoteAddr = r.RemoteAddr
		kept := &kept{header: http.Header{}, status: http.StatusOK}
		api.ServeHTTP(kept, inner)
		return kept.status, kept.body.Bytes(), nil
	}
}

// kept is an answer that stays in this process.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *kept) Header() http.Header         { return k.header }
func (k *kept) WriteHeader(status int)      { k.status = status }
func (k *kept) Write(b []byte) (int, error) { return k.body.Write(b) }
