package mp

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/wxapi"
	"qunluo/internal/connect/wxcrypt"
)

// Connector makes sessions of Official Accounts.
type Connector struct {
	client *http.Client
}

var _ connect.Connector = (*Connector)(nil)

// New makes the connector. client makes the calls; nil = http.DefaultClient.
func New(client *http.Client) *Connector {
	if client == nil {
		client = http.DefaultClient
	}
	return &Connector{client: client}
}

const (
	home      = "https://api.weixin.qq.com/"
	maxWindow = 200_000 // calls remembered against replay
)

// Kinds of accounts.
const (
	subscription = "subscription" // 订阅号
	service      = "service"      // 服务号
)

// Info describes the connector.
func (c *Connector) Info() connect.Info {
	return connect.Info{
		Name: "mp", Title: [2]string{"公众号", "WeChat Official Account"}, Platform: "mp",
		Summary: [2]string{
			"关注、扫码、菜单点击进入成员档案；带标记的二维码；5 秒内自动回复。公众号看不到群，也管不了群。",
			"Follows, scans and menu clicks enter the person's history; codes with your mark; answers within 5 s. An Official Account sees no group and manages none.",
		},
		Risk: [2]string{
			"官方接口，没有封号风险。粉丝发来的话属于一对一私聊：只有在配置里打开私聊（intake.private_chats）才会收下并能自动回复。",
			"Official interfaces, no risk. What followers write is one to one: it is taken in, and answered, only where private chats are switched on (intake.private_chats).",
		},
		Fields: []connect.Field{
			{Name: "app_id", Kind: connect.KindText, Required: true, Title: [2]string{"AppID", "AppID"},
				Help: [2]string{"公众平台“设置与开发 → 基本配置”。", "Official Accounts Platform, Basic Configuration."}},
			{Name: "secret", Kind: connect.KindSecret, Required: true, Title: [2]string{"AppSecret", "AppSecret"},
				Help: [2]string{"同一页；还要把这台服务器的出口 IP 加进“IP 白名单”。", "On the same page; this server's public address must be on the IP allow-list."}},
			{Name: "token", Kind: connect.KindSecret, Required: true, Title: [2]string{"服务器配置 Token", "Server token"},
				Help: [2]string{"与“服务器配置”里填的相同。", "As entered under Server Configuration."}},
			{Name: "aes_key", Kind: connect.KindSecret, Title: [2]string{"EncodingAESKey", "EncodingAESKey"},
				Help: [2]string{"43 个字符。填了就只收安全模式的消息；不填为明文模式。", "43 characters. With it only safe mode is taken; without it plain mode."}},
			{Name: "kind", Kind: connect.KindChoice, Choices: []string{service, subscription}, Default: service, Title: [2]string{"账号类型", "Kind of account"},
				Help: [2]string{"service 服务号，subscription 订阅号；能做的事不同，会如实显示。", "service (服务号) or subscription (订阅号): they may do different things, and the abilities say so."}},
			{Name: "certified", Kind: connect.KindBool, Default: "false", Title: [2]string{"已认证", "Certified"}},
			{Name: "base_url", Kind: connect.KindURL, Default: home, Title: [2]string{"接口地址", "Base address"},
				Help: [2]string{"一般不改。", "Leave it."}},
		},
		Called: true, Defaults: abilities(service, true),
	}
}

// abilities are what an account of a kind may do (platforms document; customer-service messages and codes with a mark are
// for certified service accounts, unverified beyond it). Passive replies are everybody's.
func abilities(kind string, certified bool) connect.Abilities {
	full := kind == service && certified
	verbs := map[community.Verb]community.Ability{
		community.Send: {Level: community.Native, Evidence: "declared", Note: "within 5 s of their message; later only a certified service account, within 48 h"},
	}
	if certified {
		verbs[community.ListMember] = community.Ability{Level: community.Native, Evidence: "declared", Note: "who follows, without names"}
	}
	if full {
		verbs[community.Invite] = community.Ability{Level: community.Native, Evidence: "declared"}
		verbs[community.Send] = community.Ability{Level: community.Native, Evidence: "declared", Note: "within 48 h of their last word"}
	} else {
		verbs[community.Invite] = community.Ability{Level: community.None, Evidence: "declared", Note: "only a certified service account makes codes with a mark"}
	}
	return connect.Abilities{Verbs: verbs}
}

// Open checks the settings and prepares a session. CodeBadInput names the field that is wrong.
func (c *Connector) Open(_ context.Context, settings json.RawMessage, host connect.Host) (connect.Session, error) {
	values, err := connect.ReadSettings(c.Info().Fields, settings)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(values["base_url"], "http") {
		return nil, badSetting("base_url must begin with https://")
	}
	if len(values["app_id"]) > 64 || strings.ContainsAny(values["app_id"], ": /") {
		return nil, badSetting("app_id is no AppID")
	}
	s := &Session{
		host: host, app: values["app_id"], token: values["token"], window: wxcrypt.NewWindow(maxWindow),
		can: abilities(values["kind"], values.Bool("certified")), column: column(values["kind"], values.Bool("certified")), waiting: map[string]*caller{}, ill: make(chan struct{}, 1),
		api: wxapi.New(wxapi.Options{
			HTTP: c.client, Base: values["base_url"], Secret: values["secret"], Token: "token", Meaning: meaningOf, Stale: []int{40001, 40014, 42001}, Quiet: true,
			Ask: url.Values{"grant_type": {"client_credential"}, "appid": {values["app_id"]}, "secret": {values["secret"]}},
		}),
	}
	if key := values["aes_key"]; key != "" {
		if s.crypt, err = wxcrypt.New(values["token"], key, values["app_id"]); err != nil {
			return nil, badSetting(err.Error())
		}
	}
	return s, nil
}

func badSetting(text string) error {
	return community.Errorf(community.CodeBadInput, "settings: %s", text)
}
