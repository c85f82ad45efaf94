// Package wxapi calls Tencent's REST interfaces, those of 企业微信 and of 公众号: one access token per account, asked for once
// however many wait and refreshed once when it is refused; errcode counts, not the HTTP status; an answer that was lost says
// so. What the numbers mean differs between the two and is handed in.
package wxapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

const (
	callTimeout = 15 * time.Second
	maxAnswer   = 16 << 20 // bytes
	tokenSpare  = 5 * time.Minute
)

// effect says what it means when an answer to a call is lost.
type effect int

const (
	reads  effect = iota // nothing: it may simply be asked again
	writes               // nobody knows whether it was done
)

// Options are what a client is made of.
type Options struct {
	HTTP   *http.Client
	Base   string     // where cgi-bin is
	Secret string     // never to be told
	Token  string     // the path that gives a token, below cgi-bin
	Ask    url.Values // its query, the secret included
	// Meaning says what a number of the platform means for us.
	Meaning func(errcode int, text string) Meaning
	Stale   []int // the numbers that refuse a call for its token alone
	Quiet   bool  // an answer without errcode is a yes
}

// Meaning is what an errcode means for us: the code that decides what follows, and what a person is told.
type Meaning struct {
	Code    community.Code
	Account bool // it concerns the whole account, not this call: the connection is not well
	Say     [2]string
}

// Refusal is the platform's no, with its number.
type Refusal struct {
	Errcode int
	Text    string
	Meaning Meaning
}

// Error is the number with the platform's words.
func (r *Refusal) Error() string { return fmt.Sprintf("errcode %d: %s", r.Errcode, r.Text) }

// Say is what a person is told, in Chinese and English.
func (r *Refusal) Say() [2]string { return r.Meaning.Say }

// RefusalIn finds the platform's no in an error; nil when it is none.
func RefusalIn(err error) *Refusal {
	var r *Refusal
	if errors.As(err, &r) {
		return r
	}
	return nil
}

// Client speaks to the platform's REST side for one account. Errors never hold the secret or a token.
type Client struct {
	o      Options
	client *http.Client
	base   string // ends with a slash

	turn    chan struct{} // held by whoever looks at or refreshes the token
	token   string
	expires time.Time
}

// New makes a client.
func New(o Options) *Client {
	own := *o.HTTP
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // a token never follows
	return &Client{o: o, client: &own, base: strings.TrimSuffix(o.Base, "/") + "/", turn: make(chan struct{}, 1)}
}

// Get asks; the answer is read into out.
func (a *Client) Get(ctx context.Context, path string, query url.Values, out any) error {
	return a.call(ctx, call{path: path, query: query}, out)
}

// Read asks by a body.
func (a *Client) Read(ctx context.Context, path string, body, out any) error {
	return a.call(ctx, call{path: path, body: body}, out)
}

// Write changes something.
func (a *Client) Write(ctx context.Context, path string, body, out any) error {
	return a.call(ctx, call{path: path, body: body, effect: writes}, out)
}

// Part is a file that is sent along.
type Part struct {
	Field string // of the form
	Name  string
	Data  []byte
}

// Upload sends a file. An answer that was lost means nothing: it may simply be sent again.
func (a *Client) Upload(ctx context.Context, path string, query url.Values, file Part, out any) error {
	return a.call(ctx, call{path: path, query: query, file: &file}, out)
}

type call struct {
	path   string
	query  url.Values
	body   any // nil = GET
	file   *Part
	effect effect
}

// encoded is what is posted, and its type; nil = nothing.
func (c call) encoded() ([]byte, string, error) {
	if c.file == nil {
		if c.body == nil {
			return nil, "application/json", nil
		}
		var raw bytes.Buffer
		enc := json.NewEncoder(&raw)
		enc.SetEscapeHTML(false) // addresses in menus are kept as they are
		err := enc.Encode(c.body)
		return bytes.TrimSpace(raw.Bytes()), "application/json", err
	}
	var out bytes.Buffer
	form := multipart.NewWriter(&out)
	part, err := form.CreateFormFile(c.file.Field, c.file.Name)
	if err != nil {
		return nil, "", err
	}
	if _, err := part.Write(c.file.Data); err != nil {
		return nil, "", err
	}
	if err := form.Close(); err != nil {
		return nil, "", err
	}
	return out.Bytes(), form.FormDataContentType(), nil
}

// call makes a call with a valid token. One that turns out to be invalid is refreshed once, and the call made once more:
// a call that was refused for its token was certainly not done.
func (a *Client) call(ctx context.Context, c call, out any) error {
	token, err := a.valid(ctx, "")
	if err != nil {
		return err
	}
	raw, err := a.once(ctx, c, token)
	if refused := RefusalIn(err); refused != nil && slices.Contains(a.o.Stale, refused.Errcode) {
		if token, err = a.valid(ctx, token); err != nil {
			return err
		}
		raw, err = a.once(ctx, c, token)
	}
	if err != nil {
		return err
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return c.lost("%s: the answer cannot be read", c.path)
	}
	return nil
}

// valid gives a token other than the stale one; it is asked for once however many wait.
func (a *Client) valid(ctx context.Context, stale string) (string, error) {
	select {
	case a.turn <- struct{}{}:
	case <-ctx.Done():
		return "", community.Errorf(community.CodeUnreachable, "waiting for a token: %w", ctx.Err())
	}
	defer func() { <-a.turn }()
	if a.token != "" && a.token != stale && time.Now().Before(a.expires) {
		return a.token, nil
	}
	raw, err := a.once(ctx, call{path: a.o.Token, query: a.o.Ask}, "")
	if err != nil {
		return "", err
	}
	var got struct {
		Token   string `json:"access_token"`
		Expires int64  `json:"expires_in"`
	}
	if json.Unmarshal(raw, &got) != nil || got.Token == "" {
		return "", community.Errorf(community.CodeUnreachable, "%s: the answer holds no token", a.o.Token)
	}
	a.token = got.Token
	a.expires = time.Now().Add(max(time.Duration(got.Expires)*time.Second-tokenSpare, time.Minute))
	return a.token, nil
}

// lost is the error for an answer that never came, or that says nothing.
func (c call) lost(format string, args ...any) error {
	if c.effect == writes {
		return community.Errorf(community.CodeTimeout, format, args...)
	}
	return community.Errorf(community.CodeUnreachable, format, args...)
}

// once makes one exchange and gives the answer's JSON.
func (a *Client) once(ctx context.Context, c call, token string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var written atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { written.Store(true) }})
	req, err := a.request(ctx, c, token)
	if err != nil {
		return nil, err
	}
	resp, err := a.client.Do(req)
	if err != nil {
		if !written.Load() {
			return nil, community.Errorf(community.CodeUnreachable, "%s: %s", c.path, a.hush(cause(err), token))
		}
		return nil, c.lost("%s: no answer: %s", c.path, a.hush(cause(err), token))
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, c.lost("%s: the answer broke off: %s", c.path, a.hush(cause(err), token))
	case len(raw) > maxAnswer:
		return nil, c.lost("%s: the answer is larger than %d bytes", c.path, maxAnswer)
	case resp.StatusCode == http.StatusTooManyRequests:
		return nil, community.Errorf(community.CodeLimited, "%s: HTTP 429", c.path)
	case resp.StatusCode != http.StatusOK:
		return nil, c.lost("%s: HTTP %d", c.path, resp.StatusCode)
	}
	return raw, a.judge(c, raw, token)
}

func (a *Client) request(ctx context.Context, c call, token string) (*http.Request, error) {
	query := url.Values{}
	for k, v := range c.query {
		query[k] = v
	}
	if token != "" {
		query.Set("access_token", token)
	}
	raw, kind, err := c.encoded()
	if err != nil {
		return nil, err
	}
	method, body := http.MethodGet, io.Reader(nil)
	if raw != nil {
		method, body = http.MethodPost, bytes.NewReader(raw)
	}
	path, whole := strings.CutPrefix(c.path, "/") // some interfaces are beside cgi-bin
	if !whole {
		path = "cgi-bin/" + path
	}
	req, err := http.NewRequestWithContext(ctx, method, a.base+path+"?"+query.Encode(), body)
	if err != nil {
		return nil, community.Errorf(community.CodeBadInput, "settings: base_url cannot be called")
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("User-Agent", "qunluo")
	return req, nil
}

// judge reads errcode: it is what counts, the status is 200 either way. An answer that is no JSON (a proxy's page) says
// nothing about what was done.
func (a *Client) judge(c call, raw []byte, token string) error {
	var got struct {
		Errcode *int   `json:"errcode"`
		Errmsg  string `json:"errmsg"`
	}
	err := json.Unmarshal(raw, &got)
	if err == nil && got.Errcode == nil && a.o.Quiet {
		return nil
	}
	if err != nil || got.Errcode == nil {
		return c.lost("%s: the answer is not the platform's", c.path)
	}
	if *got.Errcode == 0 {
		return nil
	}
	return a.refused(c.path, *got.Errcode, Clip(a.hush(got.Errmsg, token), 300))
}

// Refused is the error for a number that came inside an answer.
func (a *Client) Refused(what string, errcode int, text string) error {
	return a.refused(what, errcode, Clip(text, 300))
}

func (a *Client) refused(what string, errcode int, text string) error {
	r := &Refusal{Errcode: errcode, Text: text, Meaning: a.o.Meaning(errcode, text)}
	return community.Errorf(r.Meaning.Code, "%s: %w", what, r)
}

// hush keeps secrets out of what is told.
func (a *Client) hush(text, token string) string {
	for _, secret := range []string{a.o.Secret, url.QueryEscape(a.o.Secret), token} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, connect.Masked)
		}
	}
	return text
}

// cause is an error without the address, which holds secrets.
func cause(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return err.Error()
}

// Clip cuts a text to so many bytes, at a rune.
func Clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "")
}
