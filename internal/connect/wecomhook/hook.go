// Package wecomhook is the leaf for the group webhook (群机器人) of 企业微信: it speaks in one internal group, 20 times a minute,
// and hears nothing. Good for alarms to people on duty.
//
// Source: developer.work.weixin.qq.com, document 91770 (群机器人配置说明).
package wecomhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// Connector makes sessions of group webhooks.
type Connector struct {
	client *http.Client
}

var _ connect.Connector = (*Connector)(nil)

// New makes the connector. client makes the calls; nil = http.DefaultClient.
func New(client *http.Client) *Connector {
	if client == nil {
		client = http.DefaultClient
	}
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // the key never follows
	return &Connector{client: &own}
}

// home is where the platform's interfaces are.
const home = "https://qyapi.weixin.qq.com/"

// Info describes the connector.
func (c *Connector) Info() connect.Info {
	return connect.Info{
		Name: "wecomhook", Title: [2]string{"企业微信群机器人", "WeCom group webhook"}, Platform: "wecom",
		Summary: [2]string{
			"往一个企业内部群里发消息，每分钟最多 20 条；收不到任何消息。适合通知值班的人。",
			"Speaks in one internal group, at most 20 messages a minute, and hears nothing. Good for telling people on duty.",
		},
		Fields: []connect.Field{
			{Name: "key", Kind: connect.KindSecret, Required: true, Title: [2]string{"密钥", "Key"}, Help: [2]string{"Webhook 地址里 key= 后面的部分；谁有它谁就能往群里发消息。", "What stands after key= in the webhook's address; whoever has it can speak in the group."}},
			{Name: "group", Kind: connect.KindText, Required: true, Title: [2]string{"群的名称", "Name of the group"}, Help: [2]string{"平台不告诉我们，自己起一个，用来认它。", "The platform does not tell; any name by which you know it."}},
			{Name: "base_url", Kind: connect.KindURL, Default: home, Title: [2]string{"接口地址", "Base address"}, Help: [2]string{"一般不改。", "Leave it as it is."}},
		},
		Defaults: declared(),
	}
}

// Open checks the settings and prepares a session.
func (c *Connector) Open(_ context.Context, settings json.RawMessage, host connect.Host) (connect.Session, error) {
	values, err := connect.ReadSettings(c.Info().Fields, settings)
	if err != nil {
		return nil, err
	}
	switch {
	case strings.ContainsAny(values["key"], "/?=& "):
		return nil, community.Errorf(community.CodeBadInput, "settings: key is the part after key= alone, not the whole address")
	case !strings.HasPrefix(values["base_url"], "http"):
		return nil, community.Errorf(community.CodeBadInput, "settings: base_url must begin with https://")
	case len(values["group"]) > 128:
		return nil, community.Errorf(community.CodeBadInput, "settings: group is too long: at most 128 bytes")
	}
	return &Session{client: c.client, host: host, key: values["key"], group: values["group"], base: strings.TrimSuffix(values["base_url"], "/") + "/"}, nil
}

// Session is one webhook.
type Session struct {
	client           *http.Client
	host             connect.Host
	key, group, base string

	mu  sync.Mutex
	ill connect.Health // told last
}

var (
	_ connect.Session     = (*Session)(nil)
	_ connect.GroupLister = (*Session)(nil)
)

// Run has nothing to do: a webhook is there or not, and only speaking shows it.
func (s *Session) Run(ctx context.Context) error {
	s.report("connecting", nil, [2]string{})
	s.report("online", nil, [2]string{})
	<-ctx.Done()
	s.report("offline", nil, [2]string{})
	return ctx.Err()
}

func (s *Session) report(state string, err error, say [2]string) {
	h := connect.Health{State: state, Self: s.group, Name: s.group, Say: say}
	if err != nil {
		h.Code, h.Detail = community.CodeOf(err), err.Error()
	}
	s.mu.Lock()
	same := h == s.ill
	s.ill = h
	s.mu.Unlock()
	if !same {
		h.At = time.Now().UnixMilli()
		s.host.Report(h)
	}
}

// perMinute is how often a webhook may speak.
const perMinute = 20

func declared() connect.Abilities {
	return connect.Abilities{Verbs: map[community.Verb]community.Ability{community.Send: {
		Level: community.Native, Evidence: "declared", Rate: perMinute, Limits: []community.Limit{{Count: perMinute, Window: 60, Per: community.PerAccount}},
	}}}
}

// Abilities says what a webhook can do: speak.
func (s *Session) Abilities(string) connect.Abilities { return declared() }

// Groups is the one group that the webhook speaks in.
func (s *Session) Groups(context.Context) ([]community.Ref, error) {
	return []community.Ref{{ID: s.group, Name: s.group}}, nil
}

const (
	callTimeout = 15 * time.Second
	maxText     = 2048 // bytes of a text message
)

// Do speaks. A lost answer is CodeTimeout: nothing can be read back here, so it is not repeated.
func (s *Session) Do(ctx context.Context, a community.Action) (connect.Receipt, error) {
	switch {
	case a.Verb != community.Send:
		return connect.Receipt{}, community.Errorf(community.CodeUnsupported, "a webhook cannot do %q", a.Verb)
	case a.Text == "":
		return connect.Receipt{}, community.Errorf(community.CodeBadInput, "message.send without text")
	case len(a.Text) > maxText:
		return connect.Receipt{}, community.Errorf(community.CodeTooLarge, "a text of %d bytes, at most %d", len(a.Text), maxText)
	}
	text := map[string]any{"content": a.Text}
	if a.Mention && a.To.Member != "" {
		text["mentioned_list"] = []string{a.To.Member}
	}
	err := s.post(ctx, map[string]any{"msgtype": "text", "text": text})
	s.learn(ctx, err)
	if err != nil {
		return connect.Receipt{}, err
	}
	return connect.Receipt{State: community.Confirmed}, nil // the platform's yes is all there will ever be
}

// learn tells how the webhook is from what came of speaking.
func (s *Session) learn(ctx context.Context, err error) {
	switch community.CodeOf(err) {
	case community.CodeNone:
		s.report("online", nil, [2]string{})
	case community.CodeForbidden:
		s.report("failed", err, [2]string{"这个群机器人的密钥不对，或者它已被移出群。请在群里重新添加并复制新的 Webhook 地址。",
			"The webhook's key is wrong, or it was removed from the group. Add it again and copy its new address."})
	case community.CodeUnreachable, community.CodeTimeout:
		if ctx.Err() == nil {
			s.report("failed", err, [2]string{"连不上企业微信；下一次发送成功后自动恢复。", "WeCom cannot be reached; it is well again with the next message that gets through."})
		}
	}
}

func (s *Session) post(ctx context.Context, body any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var written atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { written.Store(true) }})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.base+"cgi-bin/webhook/send?key="+url.QueryEscape(s.key), bytes.NewReader(raw))
	if err != nil {
		return community.Errorf(community.CodeBadInput, "settings: base_url cannot be called")
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err // without the address, which holds the key
		}
		if !written.Load() {
			return community.Errorf(community.CodeUnreachable, "not sent: %s", err)
		}
		return community.Errorf(community.CodeTimeout, "no answer: %s", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil || resp.StatusCode != http.StatusOK {
		return community.Errorf(community.CodeTimeout, "HTTP %d", resp.StatusCode)
	}
	return judge(answer, s.key)
}

// codes are the platform's numbers that we know what to do about.
var codes = map[int]community.Code{
	93000: community.CodeForbidden, 93004: community.CodeForbidden, 93008: community.CodeForbidden, // no such webhook, disabled, not in the group
	45009: community.CodeLimited, 45033: community.CodeLimited, -1: community.CodeLimited, 40058: community.CodeBadInput, 45002: community.CodeTooLarge,
}

func judge(answer []byte, key string) error {
	var got struct {
		Errcode *int   `json:"errcode"`
		Errmsg  string `json:"errmsg"`
	}
	switch {
	case json.Unmarshal(answer, &got) != nil || got.Errcode == nil:
		return community.Errorf(community.CodeTimeout, "the answer is not the platform's")
	case *got.Errcode == 0:
		return nil
	}
	code, known := codes[*got.Errcode]
	if !known {
		code = community.CodeRefused
	}
	words := strings.ReplaceAll(got.Errmsg, key, connect.Masked)
	return community.Errorf(code, "errcode %d: %s", *got.Errcode, strings.ToValidUTF8(words[:min(len(words), 300)], ""))
}
