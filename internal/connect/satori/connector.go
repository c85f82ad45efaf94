package satori

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// Connector makes Satori sessions.
type Connector struct {
	client *http.Client
}

var (
	_ connect.Connector = (*Connector)(nil)
	_ connect.Placer    = (*Connector)(nil)
)

// New makes the connector. client carries all calls; nil = http.DefaultClient. Redirects are not followed: the token
// would go along.
func New(client *http.Client) *Connector {
	if client == nil {
		client = http.DefaultClient
	}
	own := *client
	own.Timeout = 0
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Connector{client: &own}
}

const usualRate = 30

// Info describes the connector.
func (c *Connector) Info() connect.Info {
	return connect.Info{
		Name: "satori", Title: [2]string{"Satori 网关(多平台)", "Satori gateway"}, Platform: "satori",
		Summary: [2]string{
			"通过 Koishi、Chronocat 等说 Satori v1 的网关，接入它已登录的平台：Discord、飞书、钉钉、Matrix、KOOK、QQ 等。网关上的一个账号建一个连接。",
			"Groups of whatever a Satori v1 gateway such as Koishi or Chronocat is logged in to: Discord, Lark, DingTalk, Matrix, KOOK, QQ. One connection per account of the gateway.",
		},
		Risk: [2]string{
			"网关转述的话没有平台签名，所以移出成员默认要人在待办里放行一次；可在群规里按群改为不等人。" +
				"网关背后的账号要守各平台的规则；群落不附带任何网关。",
			"What a gateway says is not signed by the platform, so removing a member waits for a person's tap in the inbox unless the group's rulebook says otherwise. " +
				"The account behind the gateway is bound by its platform's rules; Qunluo bundles no gateway.",
		},
		Fields: []connect.Field{
			{Name: "url", Kind: connect.KindURL, Required: true, Title: [2]string{"网关地址", "Gateway"},
				Help: [2]string{"不带 /v1，如 http://127.0.0.1:5140/satori。", "Without /v1, e.g. http://127.0.0.1:5140/satori."}},
			{Name: "token", Kind: connect.KindSecret, Title: [2]string{"令牌", "Token"},
				Help: [2]string{"与网关中设置的相同；网关没有设置就留空。", "As set in the gateway; empty where it has none."}},
			{Name: "platform", Kind: connect.KindText, Required: true, Title: [2]string{"平台", "Platform"},
				Help: [2]string{"网关对这个账号的平台的叫法，如 discord、lark、dingtalk、matrix、telegram、onebot。填错时，连接后会列出网关上有哪些。",
					"What the gateway calls the account's platform, e.g. discord, lark, dingtalk, matrix, telegram, onebot. If it is wrong, what the gateway has is listed after connecting."}},
			{Name: "self", Kind: connect.KindText, Title: [2]string{"账号", "Account id"},
				Help: [2]string{"网关在这个平台上有几个账号时必填。", "Needed where the gateway has several accounts on that platform."}},
			{Name: "rate", Kind: connect.KindNumber, Default: "30", Title: [2]string{"每分钟最多发送", "Sends per minute"},
				Help: [2]string{"1 到 120;越低越安全。", "1 to 120; lower is safer."}},
		},
		Defaults: connect.Abilities{Verbs: declared(usualRate), ReadsAll: true, Media: sendable()}, Unofficial: true,
	}
}

// sameIDs are platforms under the gateway's name that have the same ids as one of ours. The official QQ bot ("qq") is not
// among them: its people and groups have ids of its own.
var sameIDs = map[string]community.Platform{"onebot": "qq", "red": "qq", "chronocat": "qq", "llonebot": "qq", "qq": "qqbot", "qqguild": "qqbot", "feishu": "lark"}

// PlatformOf is the gateway's name for the platform, or ours where people and groups have the same ids there.
func (c *Connector) PlatformOf(settings json.RawMessage) community.Platform {
	values, err := connect.ReadSettings(c.Info().Fields, settings)
	if err != nil {
		return c.Info().Platform
	}
	name := strings.ToLower(values["platform"])
	if ours, ok := sameIDs[name]; ok {
		return ours
	}
	return community.Platform(name)
}

// Open checks the settings and prepares a session. CodeBadInput names the field that is wrong.
func (c *Connector) Open(_ context.Context, settings json.RawMessage, host connect.Host) (connect.Session, error) {
	values, err := connect.ReadSettings(c.Info().Fields, settings)
	if err != nil {
		return nil, err
	}
	if why := faultOf(values); why != "" {
		return nil, community.Errorf(community.CodeBadInput, "settings: %s", why)
	}
	base := strings.TrimSuffix(strings.TrimSuffix(values["url"], "/"), "/v1")
	base = "http" + strings.TrimPrefix(strings.TrimPrefix(base, "http"), "ws")
	s := &Session{
		client: c.client, host: host, base: base, token: values["token"], platform: values["platform"], want: values["self"],
		rate: int(values.Number("rate")), budget: connect.NewBudget(values.Number("rate")),
		place:   place{keeper: connect.KeeperOf(host), waiting: map[string]int64{}},
		learned: map[community.Verb]lesson{}, denied: map[denial]lesson{}, ranks: map[string]rank{},
		texts: map[string]textChannel{}, spoke: map[string]string{},
	}
	s.feed = connect.NewFeed(host, func(err error) { s.report("online", err) })
	s.feed.Taken = s.place.taken
	return s, nil
}

func faultOf(v connect.Values) string {
	rate := v.Number("rate")
	at, err := url.Parse(v["url"])
	switch {
	case err != nil || at.User != nil:
		return "url must not hold a password"
	case at.RawQuery != "" || at.Fragment != "":
		return "url must be the gateway's address alone, without ? or #: the token goes into its own field"
	case !plainName(v["platform"]):
		return "platform must be a name like discord or lark"
	case rate < 1 || rate > 120:
		return "rate must be between 1 and 120"
	}
	return ""
}

// plainName reports whether a platform's name is one: letters, digits, - _ . and :, at most 32.
func plainName(name string) bool {
	for _, r := range name {
		plain := r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("-_.:", r)
		if !plain {
			return false
		}
	}
	return name != "" && len(name) <= 32
}
