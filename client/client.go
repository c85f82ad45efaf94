// Package client calls Qunluo's API (/api/v1) from Go. It stands on the standard library alone.
package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Client speaks with one installation under one token. It may be used by several goroutines.
type Client struct {
	Base  string // "https://qunluo.example.org", without /api/v1
	Token string // "qlk_…"
	HTTP  *http.Client
	// Tries bounds how often a call is sent that was told to come later (429, 503) or got no answer. 0 = 4.
	Tries int
}

// Problem is an error of the API (RFC 9457).
type Problem struct {
	Status  int    `json:"status"`
	Title   string `json:"title"`
	Detail  string `json:"detail"`
	Code    string `json:"code"` // bad_input, not_found, conflict, forbidden, limited, …
	Request string `json:"request_id"`
	Errors  []struct {
		Location string `json:"location"`
		Message  string `json:"message"`
	} `json:"errors"`
}

// Error says it in one line.
func (p *Problem) Error() string {
	return fmt.Sprintf("%d %s: %s (request %s)", p.Status, p.Code, p.Detail, p.Request)
}

// Page is a page of a list.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"` // cursor of the next page; "" = this is the last
	Total int    `json:"total"`
	More  bool   `json:"more"`
}

// Get reads path ("/groups/ID") below /api/v1 into out; into a *[]byte as it is.
func (c *Client) Get(ctx context.Context, path string, query url.Values, out any) error {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return c.do(ctx, http.MethodGet, path, "", "", nil, out)
}

// Post changes something, once however often it had to be sent: key is the caller's own name for what is to be done, new for
// each thing; "" = one is drawn. out may be nil.
func (c *Client) Post(ctx context.Context, path, key string, body, out any) error {
	return c.Send(ctx, http.MethodPost, path, key, body, out)
}

// Send is Post with another method: PUT, PATCH or DELETE.
func (c *Client) Send(ctx context.Context, method, path, key string, body, out any) error {
	if key == "" {
		key = rand.Text()
	}
	var raw []byte
	kind := ""
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return err
		}
		kind = "application/json"
	}
	return c.do(ctx, method, path, key, kind, raw, out)
}

// Upload is Post where the body is a file, such as of POST /imports; query says what the file is.
func (c *Client) Upload(ctx context.Context, path, key string, query url.Values, file []byte, out any) error {
	if key == "" {
		key = rand.Text()
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return c.do(ctx, http.MethodPost, path, key, "application/octet-stream", file, out)
}

// Download is Get where the answer is a file, such as of GET /codes/ID/qr.
func (c *Client) Download(ctx context.Context, path string, query url.Values) ([]byte, error) {
	var raw []byte
	err := c.Get(ctx, path, query, &raw)
	return raw, err
}

// All walks through a list, page after page, until its end or the first error.
func All[T any](ctx context.Context, c *Client, path string, query url.Values) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		q := url.Values{}
		for name, values := range query {
			q[name] = values
		}
		for {
			var p Page[T]
			if err := c.Get(ctx, path, q, &p); err != nil {
				yield(none, err)
				return
			}
			for _, one := range p.Items {
				if !yield(one, nil) {
					return
				}
			}
			if p.Next == "" {
				return
			}
			q.Set("cursor", p.Next)
		}
	}
}

// maxAnswer bounds an answer, in bytes.
const maxAnswer = 64 << 20

func (c *Client) do(ctx context.Context, method, path, key, kind string, body []byte, out any) error {
	tries := c.Tries
	if tries == 0 {
		tries = 4
	}
	for n := 1; ; n++ {
		wait, err := c.once(ctx, method, path, key, kind, body, out)
		if wait == 0 || n >= tries {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return err
		case <-timer.C:
		}
	}
}

// once sends a call; wait says when it may come again, 0 = it is over.
func (c *Client) once(ctx context.Context, method, path, key, kind string, body []byte, out any) (wait time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.Base, "/")+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+c.Token)
	req.Header.Set("Accept", "application/json")
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	web := c.HTTP
	if web == nil {
		web = http.DefaultClient
	}
	resp, err := web.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return 0, err
		}
		return time.Second, err // the key makes it safe to ask again
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return time.Second, err
	}
	if resp.StatusCode >= 400 {
		return again(resp), problem(resp, raw)
	}
	switch to := out.(type) {
	case nil:
		return 0, nil
	case *[]byte: // a file, or an answer as it is
		*to = raw
		return 0, nil
	}
	return 0, json.Unmarshal(raw, out)
}

func again(resp *http.Response) time.Duration {
	if resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode != http.StatusServiceUnavailable {
		return 0
	}
	seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err != nil || seconds < 1 {
		seconds = 1
	}
	return time.Duration(seconds) * time.Second
}

func problem(resp *http.Response, raw []byte) error {
	p := &Problem{}
	if json.Unmarshal(raw, p) != nil || p.Code == "" {
		return &Problem{Status: resp.StatusCode, Title: http.StatusText(resp.StatusCode), Code: "internal", Request: resp.Header.Get("X-Request-Id")}
	}
	return p
}
