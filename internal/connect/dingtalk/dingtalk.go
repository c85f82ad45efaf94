// Package dingtalk is the leaf for 钉钉 groups, in two ways. stream: an app's robot over the long connection (Stream 模式) hears
// what addresses it and who comes and goes, and speaks and recalls by HTTP. webhook: a group's own robot (自定义机器人) speaks
// in one group, signed, and hears nothing.
//
// Written from the platform's own documents (open-dingtalk.github.io: Stream 协议描述; open.dingtalk.com: 机器人发送群聊消息,
// 批量撤回群聊机器人消息, 自定义机器人接入 and its 安全设置, 群会话事件); no real organisation has been asked yet.
package dingtalk

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/webapi"
)

// Connector makes sessions of 钉钉 robots.
type Connector struct{ client *http.Client }

var _ connect.Connector = (*Connector)(nil)

// New makes the connector. client makes all calls; nil = http.DefaultClient.
func New(client *http.Client) *Connector { return &Connector{client} }

const (
	modeStream  = "stream"
	modeWebhook = "webhook"
	officialAPI = "https://api.dingtalk.com"
	officialBot = "https://oapi.dingtalk.com"
)

// Info describes the connector.
func (c *Connector) Info() connect.Info {
	return connect.Info{
		Name: "dingtalk", Title: [2]string{"钉钉(机器人)", "DingTalk (robot)"}, Platform: "dingtalk",
		Summary: [2]string{
			"stream：用企业内部应用的机器人，经长连接收 @ 它的消息和成员进出，能发言、撤回自己的发言，不需要公网地址。webhook：往一个群里发消息，每分钟 20 条，收不到消息。按官方文档编写，尚未在真实企业核对；成员进出事件的字段尤其如此。",
			"stream: an internal app's robot hears over a long connection what addresses it and who comes and goes, speaks, and recalls its own words; no public address needed. " +
				"webhook: speaks in one group, 20 a minute, hears nothing. Written from the documents, not yet checked with a real organisation, the fields of membership events above all.",
		},
		Fields: []connect.Field{
			{Name: "mode", Kind: connect.KindChoice, Choices: []string{modeStream, modeWebhook}, Default: modeStream, Required: true, Title: [2]string{"方式", "Mode"}},
			{Name: "client_id", Kind: connect.KindText, Title: [2]string{"Client ID（AppKey）", "Client ID (AppKey)"}, Help: [2]string{"stream 必填：开发者后台 → 凭证与基础信息。", "For stream: developer console, credentials."}},
			{Name: "client_secret", Kind: connect.KindSecret, Title: [2]string{"Client Secret（AppSecret）", "Client Secret (AppSecret)"}, Help: [2]string{"stream 必填。", "For stream."}},
			{Name: "robot_code", Kind: connect.KindText, Title: [2]string{"机器人编码", "Robot code"}, Help: [2]string{"留空用 Client ID。", "Empty = the Client ID."}},
			{Name: "access_token", Kind: connect.KindSecret, Title: [2]string{"Webhook 的 access_token", "The webhook's access_token"}, Help: [2]string{"webhook 必填：地址里 access_token= 后面的部分。", "For webhook: what stands after access_token= in its address."}},
			{Name: "sign", Kind: connect.KindSecret, Title: [2]string{"加签密钥", "Signing key"}, Help: [2]string{"webhook 的安全设置选“加签”时填，以 SEC 开头。", "For webhook with signing: begins with SEC."}},
			{Name: "group", Kind: connect.KindText, Title: [2]string{"群的名称", "Name of the group"}, Help: [2]string{"webhook 必填：平台不告诉我们，自己起一个。", "For webhook: the platform does not tell; any name by which you know it."}},
			{Name: "base_url", Kind: connect.KindURL, Title: [2]string{"接口地址", "Base address"}, Help: [2]string{"一般不填。", "Leave it empty."}},
		},
		Defaults: abilities(modeStream),
	}
}

// Open checks the settings and prepares a session.
func (c *Connector) Open(_ context.Context, settings json.RawMessage, host connect.Host) (connect.Session, error) {
	v, err := connect.ReadSettings(c.Info().Fields, settings)
	if err != nil {
		return nil, err
	}
	if why := faultOf(v); why != "" {
		return nil, community.Errorf(community.CodeBadInput, "settings: %s", why)
	}
	base := v["base_url"]
	if base == "" {
		base = map[string]string{modeStream: officialAPI, modeWebhook: officialBot}[v["mode"]]
	}
	api := webapi.New(c.client, base, v["client_secret"], v["access_token"], v["sign"])
	if v["mode"] == modeWebhook {
		w := &webhook{api: api, token: v["access_token"], sign: v["sign"], group: v["group"]}
		w.tell.Host = host
		return w, nil
	}
	s := &Session{api: api, id: v["client_id"], secret: v["client_secret"], robot: v["robot_code"], learned: map[community.Verb]time.Time{}}
	if s.robot == "" {
		s.robot = s.id
	}
	s.tell.Host = host
	s.feed = connect.NewFeed(host, func(err error) { s.tell.Tell("online", err) })
	return s, nil
}

func faultOf(v connect.Values) string {
	hook := v["mode"] == modeWebhook
	switch {
	case !hook && (v["client_id"] == "" || strings.ContainsAny(v["client_id"], " /?&")):
		return "client_id is required for stream"
	case !hook && v["client_secret"] == "":
		return "client_secret is required for stream"
	case hook && (v["access_token"] == "" || strings.ContainsAny(v["access_token"], "/?=& ")):
		return "access_token is the part after access_token= alone, required for webhook"
	case hook && v["sign"] != "" && !strings.HasPrefix(v["sign"], "SEC"):
		return "sign begins with SEC"
	case hook && (v["group"] == "" || len(v["group"]) > 128):
		return "group is required for webhook, at most 128 bytes"
	case v["base_url"] != "" && !strings.HasPrefix(v["base_url"], "http"):
		return "base_url must begin with https://"
	}
	return ""
}

// perMinute is how often a robot may speak in a group.
const perMinute = 20

// abilities says what each mode can do. A robot recalls its own words only; others' are refused and a person is asked.
func abilities(mode string) connect.Abilities {
	verbs := map[community.Verb]community.Ability{community.Send: {Level: community.Native, Evidence: "declared", Rate: perMinute,
		Limits: []community.Limit{{Count: perMinute, Window: 60, Per: community.PerGroup}}}}
	if mode == modeStream {
		verbs[community.RecallMsg] = community.Ability{Level: community.Native, Evidence: "declared", Note: "its own words only"}
	}
	return connect.Abilities{Verbs: verbs}
}

// Session is an app's robot over the long connection.
type Session struct {
	api               *webapi.Client
	id, secret, robot string
	access            webapi.Token
	tell              webapi.Teller
	feed              *connect.Feed // of what we did ourselves: 钉钉 does not tell it

	mu      sync.Mutex
	learned map[community.Verb]time.Time
}

var _ connect.Session = (*Session)(nil)

// Abilities says what the robot can do.
func (s *Session) Abilities(string) connect.Abilities {
	out := abilities(modeStream)
	s.mu.Lock()
	defer s.mu.Unlock()
	for verb, at := range s.learned {
		if time.Since(at) < 6*time.Hour {
			out.Verbs[verb] = community.Ability{Level: community.None, Evidence: "learned", Note: "not there", Checked: at.UnixMilli()}
		}
	}
	return out
}

func badSecret() error {
	return connect.Trouble(community.CodeForbidden, "Client ID 或 Client Secret 不对，或应用没有开通机器人。请到开发者后台核对。", "Client ID or Client Secret is wrong, or the app has no robot: compare them in the developer console.")
}

// bearer asks for an access token.
func (s *Session) bearer(ctx context.Context) (string, time.Duration, error) {
	var got struct {
		Token  string `json:"accessToken"`
		Expire int64  `json:"expireIn"`
	}
	c := webapi.Call{Method: http.MethodPost, Path: "/v1.0/oauth2/accessToken", Body: map[string]string{"appKey": s.id, "appSecret": s.secret}}
	if err := s.ask(ctx, c, &got); err != nil {
		return "", 0, err
	}
	if got.Token == "" {
		return "", 0, community.Errorf(community.CodeUnreachable, "the answer holds no token")
	}
	return got.Token, time.Duration(got.Expire) * time.Second, nil
}

// ask makes a call without a token and reads the answer.
func (s *Session) ask(ctx context.Context, c webapi.Call, out any) error {
	got, err := s.api.Do(ctx, c)
	if err != nil {
		return err
	}
	if err := s.judge(got); err != nil {
		return err
	}
	if json.Unmarshal(got.Body, out) != nil {
		code := community.CodeUnreachable
		if c.Writes {
			code = community.CodeTimeout
		}
		return community.Errorf(code, "the answer cannot be read")
	}
	return nil
}

// call makes a call with a token, which is refreshed once.
func (s *Session) call(ctx context.Context, c webapi.Call, out any) error {
	token, err := s.access.Valid(ctx, "", s.bearer)
	if err != nil {
		return err
	}
	c.Header = http.Header{"X-Acs-Dingtalk-Access-Token": {token}}
	err = s.ask(ctx, c, out)
	if err == nil || !strings.Contains(err.Error(), "InvalidAuthentication") {
		return err
	}
	if token, err = s.access.Valid(ctx, token, s.bearer); err != nil {
		return err
	}
	c.Header = http.Header{"X-Acs-Dingtalk-Access-Token": {token}}
	return s.ask(ctx, c, out)
}

// judge reads the code words of a refusal (服务端 API 错误码).
func (s *Session) judge(got webapi.Answer) error {
	if got.Status >= 200 && got.Status < 300 {
		return nil
	}
	var no struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	_ = json.Unmarshal(got.Body, &no) // else the status says it
	said := "HTTP " + http.StatusText(got.Status) + ", " + s.api.Hush(no.Code+": "+no.Message)
	word := strings.ToLower(no.Code)
	switch {
	case strings.Contains(word, "invalidclient"), strings.Contains(word, "authfailed"), strings.Contains(word, "invalid.clientsecret"), strings.Contains(word, "invalidappkey"):
		return badSecret()
	case got.Status == http.StatusTooManyRequests, strings.Contains(word, "throttl"), strings.Contains(word, "toomany"), strings.Contains(word, "flowlimit"):
		return community.Errorf(community.CodeLimited, "%s", said)
	case strings.Contains(word, "accessdenied"), strings.Contains(word, "forbidden.accessdenied"):
		return connect.Trouble(community.CodeRefused, "应用没有这项权限。请在开发者后台“权限管理”申请。", "The app lacks the permission: ask for it in the developer console ("+said+").")
	case got.Status == http.StatusNotFound:
		return community.Errorf(community.CodeUnsupported, "%s", said)
	case got.Status >= 500:
		return community.Errorf(community.CodeTimeout, "%s", said)
	}
	return community.Errorf(community.CodeRefused, "%s", said)
}

// Do carries an action out.
func (s *Session) Do(ctx context.Context, a community.Action) (connect.Receipt, error) {
	how, ok := map[community.Verb]func(*Session, context.Context, community.Action) (connect.Receipt, error){
		community.Send: (*Session).send, community.RecallMsg: (*Session).recall,
	}[a.Verb]
	switch {
	case !ok:
		return connect.Receipt{}, community.Errorf(community.CodeUnsupported, "钉钉 cannot do %q", a.Verb)
	case !s.tell.Online():
		return connect.Receipt{}, community.Errorf(community.CodeUnreachable, "not connected")
	case a.To.Group == "":
		return connect.Receipt{}, community.Errorf(community.CodeBadInput, "%s without group", a.Verb)
	}
	rc, err := how(s, ctx, a)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch community.CodeOf(err) {
	case community.CodeNone:
		delete(s.learned, a.Verb)
	case community.CodeUnsupported:
		s.learned[a.Verb] = time.Now()
	}
	return rc, err
}

const maxText = 15_000 // bytes

// words is what is said: 钉钉 takes words and links from a robot of this kind.
func words(a community.Action) string {
	text := a.Text
	if len(a.Segments) > 0 {
		var b strings.Builder
		for _, seg := range a.Segments {
			switch {
			case seg.Kind == "link":
				b.WriteString(strings.TrimSpace(seg.Text + " " + seg.Ref))
			case seg.Kind != "quote" && !seg.IsMedia():
				b.WriteString(seg.Text)
			}
		}
		text = b.String()
	}
	return text
}

func sayable(a community.Action, text string) error {
	switch {
	case strings.TrimSpace(text) == "":
		return community.Errorf(community.CodeBadInput, "%s without text", a.Verb)
	case len(text) > maxText:
		return community.Errorf(community.CodeTooLarge, "a message of %d bytes, at most %d", len(text), maxText)
	}
	return nil
}

// send speaks in a group; a mention is the name in the text, the platform offers no other to this kind of robot. What was
// said comes back as an event of ours.
func (s *Session) send(ctx context.Context, a community.Action) (connect.Receipt, error) {
	text := words(a)
	if a.Mention && a.To.Member != "" {
		text = "@" + a.To.Member + " " + text
	}
	if err := sayable(a, text); err != nil {
		return connect.Receipt{}, err
	}
	param, err := json.Marshal(map[string]string{"content": text})
	if err != nil {
		return connect.Receipt{}, err
	}
	var got struct {
		Key string `json:"processQueryKey"`
	}
	err = s.call(ctx, webapi.Call{Method: http.MethodPost, Path: "/v1.0/robot/groupMessages/send", Writes: true,
		Body: map[string]string{"msgKey": "sampleText", "msgParam": string(param), "openConversationId": a.To.Group, "robotCode": s.robot}}, &got)
	if err != nil {
		return connect.Receipt{}, err
	}
	in := connect.Inbound{Type: community.MessageCreated, Key: "own:" + got.Key, OccurredAt: time.Now().UnixMilli(), Group: community.Ref{ID: a.To.Group},
		Actor: community.Who{ID: s.tell.Self(), Role: community.RoleSelf}, Body: community.Body{Message: got.Key, Text: webapi.Clip(text, community.MaxText), Caused: a.ID}}
	_ = s.feed.Put(ctx, in) // else only the record lacks it: the receipt says that it was sent
	return connect.Receipt{State: community.Acked, Message: got.Key}, nil
}

func (s *Session) recall(ctx context.Context, a community.Action) (connect.Receipt, error) {
	if a.To.Message == "" {
		return connect.Receipt{}, community.Errorf(community.CodeBadInput, "%s without message", a.Verb)
	}
	var got struct {
		Done   []string          `json:"successResult"`
		Failed map[string]string `json:"failedResult"`
	}
	err := s.call(ctx, webapi.Call{Method: http.MethodPost, Path: "/v1.0/robot/groupMessages/recall", Writes: true,
		Body: map[string]any{"openConversationId": a.To.Group, "robotCode": s.robot, "processQueryKeys": []string{a.To.Message}}}, &got)
	if err == nil && len(got.Failed) > 0 {
		err = community.Errorf(community.CodeRefused, "not recalled: %s", s.api.Hush(got.Failed[a.To.Message]))
	}
	if err != nil {
		return connect.Receipt{}, err
	}
	return connect.Receipt{State: community.Acked}, nil
}

// query makes the signed query of a webhook (自定义机器人安全设置, 加签).
func query(token, key string, now time.Time) url.Values {
	q := url.Values{"access_token": {token}}
	if key != "" {
		stamp, sign := Sign(key, now.UnixMilli())
		q.Set("timestamp", stamp)
		q.Set("sign", sign)
	}
	return q
}
