package onebot

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// Connector makes OneBot v11 sessions.
type Connector struct {
	client *http.Client
}

var _ connect.Connector = (*Connector)(nil)

// New makes the connector. client dials the forward connections; nil = http.DefaultClient.
func New(client *http.Client) *Connector {
	if client == nil {
		client = http.DefaultClient
	}
	return &Connector{client: client}
}

// Info describes the connector.
func (c *Connector) Info() connect.Info {
	return connect.Info{
		Name: "onebot", Title: [2]string{"QQ(OneBot v11)", "QQ (OneBot v11)"}, Platform: "qq",
		Summary: [2]string{
			"通过 NapCat、Lagrange、LLBot 等 OneBot v11 实现接入 QQ 群，也可接入使用同一协议的其他平台网桥。",
			"QQ groups through a OneBot v11 implementation such as NapCat, Lagrange or LLBot, or a bridge that speaks the same protocol.",
		},
		Risk: [2]string{
			"第三方 QQ 客户端违反腾讯的软件许可协议，账号有被限制或封禁的风险；请使用专门的小号，不要用群主本人的号。" +
				"它转述的消息没有平台签名，所以移出成员默认要人在待办里放行一次；可在群规里按群改为不等人。" +
				"群落不附带任何 OneBot 实现，需自行安装并遵守其许可(NapCat 只允许有限再分发)。发送有每分钟上限；一旦平台限制账号，群落立即停止一切动作并报告。",
			"Third-party QQ clients break Tencent's terms: the account may be restricted or banned. Use a separate account, never the owner's own. " +
				"What they say is not signed by the platform, so removing a member waits for a person's tap in the inbox unless the group's rulebook says otherwise. " +
				"Qunluo bundles no OneBot implementation; install one yourself under its own licence (NapCat's allows limited redistribution only). " +
				"Sending has a limit per minute; as soon as the platform restricts the account, every action stops and is reported.",
		},
		Fields: []connect.Field{
			{Name: "mode", Kind: connect.KindChoice, Choices: []string{modeForward, modeReverse, modeHTTP}, Default: modeForward, Required: true,
				Title: [2]string{"连接方式", "Direction"},
				Help: [2]string{"forward:群落去连 OneBot 实现;reverse:OneBot 实现来连群落;http:群落调用实现的 HTTP 接口，实现把事件 POST 到群落。",
					"forward: we dial the implementation; reverse: it dials us; http: we call its HTTP API and it posts events to us."}},
			{Name: "url", Kind: connect.KindURL, Title: [2]string{"地址", "Address"},
				Help: [2]string{"forward 填 WebSocket 地址，如 ws://127.0.0.1:3001/;http 填 HTTP 地址，如 http://127.0.0.1:3000/。",
					"For forward a WebSocket, e.g. ws://127.0.0.1:3001/; for http its API, e.g. http://127.0.0.1:3000/."}},
			{Name: "token", Kind: connect.KindSecret, Title: [2]string{"令牌", "Token"},
				Help: [2]string{"与 OneBot 实现中设置的 access token 相同；反向连接必填。",
					"The access token set in the implementation; required for reverse."}},
			{Name: "secret", Kind: connect.KindSecret, Title: [2]string{"事件签名密钥", "Signing secret"},
				Help: [2]string{"http 必填：与实现中 HTTP 上报的 secret 相同，用来核对 X-Signature。",
					"Required for http: the secret of its event reports, which X-Signature is checked with."}},
			{Name: "self", Kind: connect.KindText, Title: [2]string{"QQ 号", "Account id"},
				Help: [2]string{"机器人账号；反向连接必填。填写后，登录了别的账号的实现会被拒绝。",
					"Our account; required for reverse. If set, an implementation logged in as another account is refused."}},
			{Name: "rate", Kind: connect.KindNumber, Default: "20", Title: [2]string{"每分钟最多发送", "Sends per minute"},
				Help: [2]string{"1 到 120;越低越安全。", "1 to 120; lower is safer."}},
		},
		Defaults: connect.Abilities{Verbs: declared(20), ReadsAll: true, Media: sendable()}, Unofficial: true,
	}
}

const (
	modeForward = "forward"
	modeReverse = "reverse"
	modeHTTP    = "http"
)

// Open checks the settings and prepares a session. CodeBadInput names the field that is wrong.
func (c *Connector) Open(_ context.Context, settings json.RawMessage, host connect.Host) (connect.Session, error) {
	values, err := connect.ReadSettings(c.Info().Fields, settings)
	if err != nil {
		return nil, err
	}
	rate := values.Number("rate")
	mode := values["mode"]
	reverse := mode == modeReverse
	scheme, _, _ := strings.Cut(values["url"], "://")
	switch {
	case rate < 1 || rate > 120:
		return nil, badSetting("rate must be between 1 and 120")
	case reverse && values["token"] == "":
		return nil, badSetting("token is required for reverse: anybody could dial in")
	case reverse && values["self"] == "":
		return nil, badSetting("self is required for reverse")
	case !reverse && values["url"] == "":
		return nil, badSetting("url is required for " + mode)
	case mode == modeHTTP && scheme != "http" && scheme != "https":
		return nil, badSetting("url must be an address like http://127.0.0.1:3000/ for http")
	case mode == modeHTTP && values["secret"] == "":
		return nil, badSetting("secret is required for http: anybody could post")
	case strings.Contains(values["url"], "access_token="):
		return nil, badSetting("url carries an access_token: put it into token, where it is kept secret")
	}
	s := &Session{
		client: c.client, host: host, mode: mode, url: values["url"], token: values["token"], secret: values["secret"], want: values["self"],
		rate:     int(rate),
		arrivals: make(chan *arrival),
		posts:    make(chan struct{}, maxPosts),
		urgent:   make(chan string, 256),
		self:     values["self"],
		budget:   connect.NewBudget(rate),
		learned:  map[community.Verb]time.Time{},
		ranks:    map[string]ranked{},
		silenced: map[string]int64{},
	}
	s.feed = connect.NewFeed(host, func(err error) { s.report("online", err) })
	return s, nil
}

func badSetting(text string) error {
	return community.Errorf(community.CodeBadInput, "settings: %s", text)
}
