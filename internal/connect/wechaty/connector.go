package wechaty

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"net"
	"net/netip"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// Dial opens a connection to an address; it has the form of net.Dialer.DialContext.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Connector makes sessions with puppet services.
type Connector struct {
	dial Dial
}

var _ connect.Connector = (*Connector)(nil)

// New makes the connector. nil = dials by itself.
func New(dial Dial) *Connector {
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	return &Connector{dial}
}

const (
	usualRate = 6
	mostRate  = 20
)

// Consent is the setting by which an operator says that the risk was read.
const Consent = "accept_risk"

// Info describes the connector.
func (c *Connector) Info() connect.Info {
	return connect.Info{
		Name: "wechaty", Title: [2]string{"个人微信(有封号风险)", "Personal WeChat (ban risk)"}, Platform: "wechat",
		Summary: [2]string{
			"通过你自己运行的 Wechaty puppet 服务接入个人微信的群。腾讯不允许第三方微信客户端，账号随时可能被限制或永久封禁。能用企业微信客户群或人工通道的，请用那两种。",
			"Groups of a personal WeChat account, through a Wechaty puppet service that you run yourself. Tencent does not allow third-party clients: the account may be restricted or banned for good at any time. Where WeCom customer groups or the human channel will do, use those.",
		},
		Risk: [2]string{
			"第三方微信客户端违反腾讯的软件许可协议，账号可能被限制功能、强制下线，直至永久封禁，并可能连累同一设备和实名下的其他账号。" +
				"只用专门的小号，绝不用群主本人的号，也不要放重要的联系人和钱。群落不附带任何 puppet；发送有很低的上限，一旦平台限制账号，群落立即停止一切动作并报告。" +
				"它转述的消息没有平台签名，所以移出成员默认要人在待办里放行一次。禁言由人处理：应用里没有。",
			"Third-party WeChat clients break Tencent's terms: the account may lose functions, be logged out, or be banned for good, and other accounts of the same device or person with it. " +
				"Use a separate account, never the owner's own, with no contacts or money on it that matter. Qunluo bundles no puppet; sending has a very low limit, and as soon as the platform restricts the account every action stops and is reported. " +
				"What it says is not signed by the platform, so removing a member waits for a person's tap in the inbox unless the group's rulebook says otherwise. Muting is for people: the app has none.",
		},
		Fields: []connect.Field{
			{Name: "endpoint", Kind: connect.KindText, Required: true, Title: [2]string{"puppet 服务", "Puppet service"},
				Help: [2]string{"主机:端口，如 127.0.0.1:8788。", "Host and port, e.g. 127.0.0.1:8788."}},
			{Name: "token", Kind: connect.KindSecret, Required: true, Title: [2]string{"令牌", "Token"},
				Help: [2]string{"形如 puppet_xxx_<uuid>，与服务启动时的相同。", "Looks like puppet_xxx_<uuid>; the one that the service was started with."}},
			{Name: "fingerprint", Kind: connect.KindText, Title: [2]string{"证书指纹", "Certificate's fingerprint"},
				Help: [2]string{"服务证书的 SHA-256 指纹；服务不在本机或内网时必填，否则令牌可能交给冒充者。",
					"SHA-256 of the service's certificate; needed unless the service is on this machine or in its network, or the token might go to an impostor."}},
			{Name: "rate", Kind: connect.KindNumber, Default: "6", Title: [2]string{"每分钟最多发送", "Sends per minute"},
				Help: [2]string{"1 到 20;越低越安全。", "1 to 20; lower is safer."}},
			{Name: Consent, Kind: connect.KindBool, Default: "false", Title: [2]string{"我知道这个微信号可能被限制或永久封禁，愿意承担", "I know that this WeChat account may be restricted or banned for good, and take the risk"},
				Help: [2]string{"不勾选就不能启用。", "Without it the connection cannot be added."}},
		},
		Defaults: connect.Abilities{Verbs: declared(usualRate), GroupLimit: 500, ReadsAll: true, Media: connect.Media{ByWeb: true}}, Consent: Consent, Unofficial: true,
	}
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
	s := &Session{dial: c.dial, host: host, endpoint: values["endpoint"], token: values["token"], pin: plainPin(values["fingerprint"]),
		rate: int(values.Number("rate")), budget: connect.NewBudget(values.Number("rate")), rooms: map[string]room{}, people: map[string]community.Who{},
		learned: map[community.Verb]int64{}}
	s.feed = connect.NewFeed(host, func(err error) { s.report("online", err) })
	return s, nil
}

func faultOf(v connect.Values) string {
	rate := v.Number("rate")
	host, port, err := net.SplitHostPort(v["endpoint"])
	pin, bad := hex.DecodeString(plainPin(v["fingerprint"]))
	name, _, _ := strings.Cut(v["token"], "_")
	switch {
	case err != nil || host == "" || port == "":
		return "endpoint must be host:port, like 127.0.0.1:8788"
	case !strings.Contains(v["token"], "_") || name == "" || strings.ContainsAny(v["token"], " \t"):
		return "token must look like puppet_xxx_<uuid>"
	case v["fingerprint"] != "" && (bad != nil || len(pin) != 32):
		return "fingerprint must be 64 hexadecimal digits (SHA-256)"
	case v["fingerprint"] == "" && !near(host):
		return "fingerprint is required for a service outside: the token might go to an impostor"
	case rate < 1 || rate > mostRate:
		return "rate must be between 1 and 20"
	case !v.Bool(Consent):
		return Consent + " must be accepted: the account may be restricted or banned for good"
	}
	return ""
}

// plainPin is a fingerprint without what people write between its digits.
func plainPin(text string) string {
	return strings.ToLower(strings.NewReplacer(":", "", " ", "").Replace(text))
}

// near reports whether a host is this machine or an address of a private network.
func near(host string) bool {
	at, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && (at.IsLoopback() || at.IsPrivate() || at.IsLinkLocalUnicast())
}
