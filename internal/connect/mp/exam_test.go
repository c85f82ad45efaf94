package mp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/conntest"
)

// booth is the platform's side of one account, without a network.
type booth struct {
	mu      sync.Mutex
	did     []conntest.Done
	down    bool
	swallow bool
	cutOff  chan struct{}
	calls   int
	open    sync.WaitGroup // calls of our address
}

// through gives each bubble its own booth, though the connector is one.
type through struct{ to *booth }

func (th *through) RoundTrip(r *http.Request) (*http.Response, error) { return th.to.RoundTrip(r) }

// RoundTrip answers a call as the platform's documents say.
func (b *booth) RoundTrip(r *http.Request) (*http.Response, error) {
	b.mu.Lock()
	down, lost, cut := b.down, b.swallow && strings.HasSuffix(r.URL.Path, "custom/send"), b.cutOff
	if lost {
		b.swallow = false
	}
	b.mu.Unlock()
	if down {
		return nil, errors.New("connection refused")
	}
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	said := b.answer(r)
	if lost {
		select {
		case <-r.Context().Done():
			return nil, r.Context().Err()
		case <-cut:
			return nil, errors.New("connection reset")
		}
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(said)), Request: r}, nil
}

func (b *booth) answer(r *http.Request) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var body struct {
		To   string `json:"touser"`
		Text struct {
			Content string `json:"content"`
		} `json:"text"`
		Info struct {
			Scene struct {
				State string `json:"scene_str"`
			} `json:"scene"`
		} `json:"action_info"`
	}
	if r.Body != nil {
		raw, _ := io.ReadAll(r.Body)
		_ = json.NewDecoder(bytes.NewReader(raw)).Decode(&body) // calls without a body have nothing to note
	}
	switch strings.TrimPrefix(r.URL.Path, "/cgi-bin/") {
	case "token":
		return `{"access_token":"mp-access-token-1","expires_in":7200}`
	case "user/get":
		return `{"total":1,"count":1,"data":{"openid":["oA"]},"next_openid":"oA"}`
	case "message/custom/send":
		b.did = append(b.did, conntest.Done{Verb: community.Send, Group: appID, Member: body.To, Text: body.Text.Content})
	case "qrcode/create":
		b.did = append(b.did, conntest.Done{Verb: community.Invite, Group: appID, Text: body.Info.Scene.State})
		return `{"ticket":"gQH+/t","url":"http://weixin.qq.com/q/x"}`
	}
	return `{"errcode":0,"errmsg":"ok"}`
}

// call calls our address as the platform does, in plain mode: what is not taken comes again.
func (b *booth) call(ctx context.Context, s connect.Session, body string) {
	b.open.Go(func() {
		for range 60 {
			b.mu.Lock()
			b.calls++
			nonce := fmt.Sprint("exam", b.calls)
			b.mu.Unlock()
			stamp := strconv.FormatInt(time.Now().Unix(), 10)
			q := url.Values{"timestamp": {stamp}, "nonce": {nonce}, "signature": {sign(token, stamp, nonce)}}
			w := httptest.NewRecorder()
			s.(connect.HTTPReceiver).ServeConnect(w, httptest.NewRequest(http.MethodPost, "/?"+q.Encode(), strings.NewReader(body)).WithContext(ctx))
			if w.Code == http.StatusOK {
				return
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Second):
			}
		}
	})
}

func (b *booth) counterpart(t *testing.T) *conntest.Counterpart {
	t.Cleanup(b.open.Wait)
	var session connect.Session
	last, n := "", 0
	tell := func(kind, more string) func() {
		return func() {
			n++
			last = fmt.Sprintf("<xml><ToUserName>gh_1</ToUserName><FromUserName>oNEW%d</FromUserName><CreateTime>%d</CreateTime><MsgType>%s</MsgType>%s</xml>", n, time.Now().Unix(), kind, fmt.Sprintf(more, n))
			b.call(t.Context(), session, last)
		}
	}
	happened := func(event, key string) func() {
		return tell("event", "<Event>"+event+"</Event><EventKey>"+key+"%d</EventKey>")
	}
	raw, err := json.Marshal(map[string]any{"app_id": appID, "secret": secret, "token": token, "certified": true, "base_url": "http://mp.test/"})
	if err != nil {
		t.Fatal(err)
	}
	return &conntest.Counterpart{
		Settings: raw, Self: appID, Group: appID, Member: "oA", Outside: true, Personal: true, NoIDs: true, Sample: community.FollowerAdded,
		Meet: func(s connect.Session) { session = s },
		Provoke: map[community.Type]func(){
			community.FollowerAdded: happened("subscribe", "qrscene_spring-"), community.FollowerRemoved: happened("unsubscribe", ""),
			community.Scanned: happened("SCAN", "spring-"), community.MenuClicked: happened("CLICK", "join"),
			community.MessageCreated: tell("text", "<Content>怎么入群</Content><MsgId>9%d</MsgId>"),
		},
		Again:   func() { b.call(t.Context(), session, last) },
		Message: func() string { return "msg-nobody-sees" },
		Ask:     func() string { return "no-such-request" },
		Did: func() []conntest.Done {
			b.mu.Lock()
			defer b.mu.Unlock()
			return append([]conntest.Done(nil), b.did...)
		},
		Swallow: func() { b.mu.Lock(); b.swallow = true; b.mu.Unlock() },
		Cut:     func() { b.mu.Lock(); b.down = true; close(b.cutOff); b.mu.Unlock() },
		Mend:    func() { b.mu.Lock(); b.down, b.cutOff = false, make(chan struct{}); b.mu.Unlock() },
	}
}

func TestLeafPassesTheExamination(t *testing.T) {
	way := &through{}
	whole := func(change string) string {
		return `{"app_id":"wx1","secret":"` + secret + `","token":"` + token + `",` + change + `}`
	}
	conntest.Exercise(t, conntest.Rig{
		Connector: New(&http.Client{Transport: way}),
		Secrets:   []string{secret, token, aesKey, "mp-access-token"},
		Bad: []conntest.Bad{
			{Settings: `{"secret":"` + secret + `","token":"` + token + `"}`, Field: "app_id"},
			{Settings: `{"app_id":"wx1","token":"` + token + `"}`, Field: "secret"},
			{Settings: `{"app_id":"wx1","secret":"` + secret + `"}`, Field: "token"},
			{Settings: `{"app_id":"w x","secret":"` + secret + `","token":"` + token + `"}`, Field: "app_id"},
			{Settings: whole(`"aes_key":"` + aesKey + `x"`), Field: "aes_key"},
			{Settings: whole(`"kind":"newspaper"`), Field: "kind"},
			{Settings: whole(`"base_url":"ftp://h/"`), Field: "base_url"},
		},
		Start: func(t *testing.T) *conntest.Counterpart {
			way.to = &booth{cutOff: make(chan struct{})}
			return way.to.counterpart(t)
		},
	})
}
