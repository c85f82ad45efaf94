package wecombot

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// Connector makes sessions of 智能机器人.
type Connector struct {
	client *http.Client
}

// New makes the connector. client dials; nil = http.DefaultClient.
func New(client *http.Client) *Connector {
	if client == nil {
		client = http.DefaultClient
	}
	return &Connector{client: client}
}

// home is where the platform listens.
const home = "wss://openws.work.weixin.qq.com"

// Info describes the connector.
func (c *Connector) Info() connect.Info {
	return connect.Info{
		Name: "wecombot", Title: [2]string{"企业微信智能机器人", "WeCom bot"}, Platform: "wecom",
		Summary: [2]string{
			"长连接接入智能机器人，不需要公网地址。只收到 @ 它的话，可以在群里发言；不能管理成员。",
			"The bot over its long connection; no public address is needed. It hears only what is said to it and can speak; it manages nobody.",
		},
		Risk: [2]string{
			"一个机器人同时只能有一个连接：别处连上时这里会被挤下线，群落不会反复抢回。能否进客户群以企业微信为准。",
			"Only one connection at a time: another one displaces this one, and Qunluo does not fight for the place. Whether it may sit in customer groups is for WeCom to say.",
		},
		Fields: []connect.Field{
			{Name: "bot_id", Kind: connect.KindText, Required: true, Title: [2]string{"BotID", "Bot id"}, Help: [2]string{"管理后台机器人详情页，API 模式、长连接。", "The bot's page in the admin console: API mode, long connection."}},
			{Name: "secret", Kind: connect.KindSecret, Required: true, Title: [2]string{"Secret", "Secret"}, Help: [2]string{"长连接专用的 Secret。", "The secret of the long connection."}},
			{Name: "url", Kind: connect.KindURL, Default: home, Title: [2]string{"地址", "Address"}, Help: [2]string{"一般不改。", "Leave it as it is."}},
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
	if !strings.HasPrefix(values["url"], "ws") {
		return nil, community.Errorf(community.CodeBadInput, "settings: url must be a WebSocket address (wss://)")
	}
	s := &Session{client: c.client, host: host, url: values["url"], bot: values["bot_id"], secret: values["secret"], replies: map[string]reply{}}
	s.feed = connect.NewFeed(host, func(err error) { s.report("online", err) })
	return s, nil
}
