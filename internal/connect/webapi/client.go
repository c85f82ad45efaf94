// Package webapi is what leaves share that speak JSON over HTTP and WebSocket: one exchange that says whether it can have
// been done, a token that is asked for once however many wait, frames that are bounded, health that is not told twice.
// What an answer means is each leaf's own matter.
package webapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

const (
	callTimeout = 15 * time.Second
	maxAnswer   = 32 << 20 // bytes
	tokenSpare  = 5 * time.Minute
)

// Client calls a platform for one account. Errors never hold its secrets or the address.
type Client struct {
	http *http.Client
	base string
	hide []string
}

// New makes a client; secrets are never to be told.
func New(client *http.Client, base string, secrets ...string) *Client {
	if client == nil {
		client = http.DefaultClient
	}
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // a secret never follows
	return &Client{http: &own, base: strings.TrimSuffix(base, "/"), hide: secrets}
}

// HTTP is the client below, for dialling.
func (c *Client) HTTP() *http.Client { return c.http }

// Call is one call. Writes: it changes something, so that a lost answer leaves its outcome unknown.
type Call struct {
	Method string
	Path   string // below the base, or a whole address
	Query  url.Values
	Header http.Header
	Body   any    // as JSON; nil = none
	Fields []Part // a form with files instead
	Writes bool
	Most   int64 // bytes of the answer; 0 = 32 MiB
}

// Part is a field of a form; with a file name, a file.
type Part struct {
	Name string
	File string
	Data []byte
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do makes a call. CodeUnreachable: certainly not done, or only read; CodeTimeout: nobody knows; CodeTooLarge: the answer is.
func (c *Client) Do(ctx context.Context, call Call) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var written atomic.Bool
	req, err := c.request(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { written.Store(true) }}), call)
	if err != nil {
		return Answer{}, err
	}
	lost := community.CodeUnreachable
	resp, err := c.http.Do(req)
	if written.Load() && call.Writes {
		lost = community.CodeTimeout
	}
	if err != nil {
		return Answer{}, community.Errorf(lost, "no answer: %s", c.Hush(cause(err)))
	}
	defer resp.Body.Close()
	most := call.Most
	if most == 0 {
		most = maxAnswer
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	switch {
	case err != nil:
		return Answer{}, community.Errorf(lost, "the answer broke off: %s", c.Hush(cause(err)))
	case int64(len(body)) > most:
		return Answer{}, community.Errorf(community.CodeTooLarge, "the answer has more than %d bytes", most)
	}
	return Answer{resp.StatusCode, resp.Header, body}, nil
}

func (c *Client) request(ctx context.Context, call Call) (*http.Request, error) {
	at := call.Path
	if !strings.HasPrefix(at, "http") {
		at = c.base + at
	}
	if len(call.Query) > 0 {
		at += "?" + call.Query.Encode()
	}
	body, kind, err := call.encoded()
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, call.Method, at, body)
	if err != nil {
		return nil, community.Errorf(community.CodeBadInput, "the address cannot be called")
	}
	for k, v := range call.Header {
		req.Header[k] = v
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	req.Header.Set("User-Agent", "DiscordBot (qunluo, 1)") // one platform insists on the form, the others do not mind
	return req, nil
}

func (call Call) encoded() (io.Reader, string, error) {
	if len(call.Fields) == 0 {
		if call.Body == nil {
			return nil, "", nil
		}
		raw, err := json.Marshal(call.Body)
		return bytes.NewReader(raw), "application/json; charset=utf-8", err
	}
	var out bytes.Buffer
	form := multipart.NewWriter(&out)
	for _, p := range call.Fields {
		w, err := form.CreateFormField(p.Name)
		if p.File != "" {
			w, err = form.CreateFormFile(p.Name, p.File)
		}
		if err != nil {
			return nil, "", err
		}
		if _, err := w.Write(p.Data); err != nil {
			return nil, "", err
		}
	}
	if err := form.Close(); err != nil {
		return nil, "", err
	}
	return &out, form.FormDataContentType(), nil
}

// Hush keeps secrets out of a text and shortens it.
func (c *Client) Hush(text string, more ...string) string {
	for _, secret := range append(append([]string{}, c.hide...), more...) {
		if secret != "" {
			text = strings.ReplaceAll(strings.ReplaceAll(text, url.QueryEscape(secret), connect.Masked), secret, connect.Masked)
		}
	}
	return Clip(text, 300)
}

// cause is an error without the address, which may hold secrets.
func cause(err error) string {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return err.Error()
}

// Clip cuts a text to so many bytes, at a rune.
func Clip(text string, most int) string {
	if len(text) <= most {
		return strings.ToValidUTF8(text, "\uFFFD")
	}
	return strings.ToValidUTF8(text[:most], "")
}

// Token is a key to the platform that lives for a while. The zero value is ready.
type Token struct {
	turn  sync.Mutex
	value string
	until time.Time
}

// Valid gives a token other than the stale one; ask is called once however many wait.
func (t *Token) Valid(ctx context.Context, stale string, ask func(context.Context) (string, time.Duration, error)) (string, error) {
	t.turn.Lock()
	defer t.turn.Unlock()
	if t.value != "" && t.value != stale && time.Now().Before(t.until) {
		return t.value, nil
	}
	value, lives, err := ask(ctx)
	if err != nil {
		return "", err
	}
	t.value, t.until = value, time.Now().Add(max(lives-tokenSpare, time.Minute))
	return value, nil
}

// Teller reports health, the same not twice in a row.
type Teller struct {
	Host connect.Host

	mu         sync.Mutex
	self, name string
	last       connect.Health
}

// Known notes our account's id and name.
func (t *Teller) Known(self, name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.self, t.name = self, name
}

// Self is our account's id; "" while not known.
func (t *Teller) Self() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.self
}

// Online reports whether the last word was that all is well.
func (t *Teller) Online() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last.State == "online"
}

// Tell reports a state with what is wrong, if anything is.
func (t *Teller) Tell(state string, err error) {
	t.mu.Lock()
	h := connect.Health{State: state, Self: t.self, Name: t.name, Say: connect.SayOf(err)}
	if err != nil {
		h.Code, h.Detail = community.CodeOf(err), err.Error()
	}
	same := h == t.last
	t.last = h
	t.mu.Unlock()
	if !same {
		h.At = time.Now().UnixMilli()
		t.Host.Report(h)
	}
}

// ReadFrame gives the next frame; one with more than most bytes is skipped with CodeTooLarge. CodeUnreachable: the connection
// ended, its close status is with it (websocket.CloseStatus).
func ReadFrame(ctx context.Context, conn *websocket.Conn, most int) ([]byte, error) {
	_, r, err := conn.Reader(ctx)
	if err != nil {
		return nil, &ended{err}
	}
	buf, n := make([]byte, 0, 4096), 0
	chunk := make([]byte, 32<<10)
	for {
		k, err := r.Read(chunk)
		if n += k; n <= most {
			buf = append(buf, chunk[:k]...)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, &ended{err}
		}
	}
	if n > most {
		return nil, community.Errorf(community.CodeTooLarge, "a frame of %d bytes, at most %d", n, most)
	}
	return buf, nil
}

// ended is the end of a connection.
type ended struct{ err error }

// Error says so.
func (e *ended) Error() string { return "the connection ended: " + Clip(e.err.Error(), 200) }

// Unwrap gives the cause, for its close status.
func (e *ended) Unwrap() error { return e.err }

// As gives the code to community.CodeOf.
func (e *ended) As(target any) bool {
	to, ok := target.(**community.Error)
	if ok {
		*to = &community.Error{Code: community.CodeUnreachable, Msg: e.Error()}
	}
	return ok
}
