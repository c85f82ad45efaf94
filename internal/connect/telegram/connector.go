package telegram

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/go-telegram/bot"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// Connector makes Telegram bot sessions.
type Connector struct {
	client *http.Client
}

var _ connect.Connector = (*Connector)(nil)

// New makes the connector. client carries all calls; nil = http.DefaultClient.
func New(client *http.Client) *Connector {
	if client == nil {
		client = http.DefaultClient
	}
	own := *client
	own.Timeout = 0
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // the token stands in the path
	return &Connector{client: &own}
}

const (
	modePoll    = "poll"
	modeWebhook = "webhook"
	official    = "https://api.telegram.org"
	groupRate   = 20 // messages a minute and group that Telegram allows a bot
)

// Info describes the connector.
func (c *Connector) Info() connect.Info {
	return connect.Info{
		Name: "telegram", Title: [2]string{"Telegram(机器人)", "Telegram (bot)"}, Platform: "telegram",
		Summary: [2]string{
			"用官方 Bot API 接入 Telegram 群。把机器人设为群管理员，它才能看到所有发言、成员进出和入群申请，也才能撤回、禁言、移出。",
			"Telegram groups through the official Bot API. Make the bot an admin: only then does it see every message, who comes and goes " +
				"and join requests, and can recall, mute and remove.",
		},
		Fields: []connect.Field{
			{Name: "token", Kind: connect.KindSecret, Required: true, Title: [2]string{"令牌", "Token"},
				Help: [2]string{"在 @BotFather 处创建机器人时得到，形如 123456:ABC…。", "From @BotFather, when the bot is made; looks like 123456:ABC…."}},
			{Name: "mode", Kind: connect.KindChoice, Choices: []string{modePoll, modeWebhook}, Default: modePoll, Required: true,
				Title: [2]string{"接收方式", "Updates"},
				Help: [2]string{"poll:群落去取，无需公网地址;webhook:Telegram 推送到本机的 HTTPS 地址。",
					"poll: we fetch them, no public address needed; webhook: Telegram pushes them to our HTTPS address."}},
			{Name: "address", Kind: connect.KindURL, Title: [2]string{"公网地址", "Public address"},
				Help: [2]string{"webhook 时填写，如 https://qunluo.example/connect/<连接编号>/；连接时会登记给 Telegram。留空则由你自己登记。",
					"For webhook: e.g. https://qunluo.example/connect/<connection id>/; it is registered with Telegram. Empty = you register it yourself."}},
			{Name: "secret", Kind: connect.KindSecret, Title: [2]string{"推送密钥", "Webhook secret"},
				Help: [2]string{"webhook 必填，8 到 256 个字母、数字、- 或 _；没有它的推送会被拒绝。",
					"Required for webhook: 8 to 256 letters, digits, - or _; pushes without it are refused."}},
			{Name: "server", Kind: connect.KindURL, Default: official, Title: [2]string{"服务器", "Server"},
				Help: [2]string{"自建 Bot API 服务器时修改。", "Change it for a Bot API server of your own."}},
			{Name: "rate", Kind: connect.KindNumber, Default: "20", Title: [2]string{"每群每分钟最多发送", "Sends per group and minute"},
				Help: [2]string{"1 到 20;Telegram 允许 20。", "1 to 20; Telegram allows 20."}},
		},
		Defaults: connect.Abilities{Verbs: declared(groupRate), GroupLimit: groupLimit, ReadsAll: true, Media: sendable()},
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
	s := &Session{
		client: c.client, host: host, token: values["token"], secret: values["secret"], address: values["address"],
		server: strings.TrimSuffix(values["server"], "/"), webhook: values["mode"] == modeWebhook, rate: int(values.Number("rate")),
		urgent: make(chan string, 256), groups: map[string]*standing{}, learned: map[community.Verb]time.Time{},
		moved: map[string]string{}, names: map[string]string{}, uploaded: map[string]string{},
	}
	s.feed = connect.NewFeed(host, func(err error) { s.report("online", err) })
	s.bot, err = bot.New(s.token, bot.WithSkipGetMe(), bot.WithServerURL(s.server), bot.WithHTTPClient(pollFor, doer{c.client}),
		bot.WithErrorsHandler(func(error) {}), bot.WithDebugHandler(func(string, ...any) {}))
	if err != nil {
		return nil, community.Errorf(community.CodeBadInput, "settings: token is not usable")
	}
	return s, nil
}

func faultOf(v connect.Values) string {
	rate := v.Number("rate")
	hook := v["mode"] == modeWebhook
	switch {
	case !only(v["token"], ":-_") || !strings.Contains(v["token"], ":"):
		return "token must look like 123456:ABC…, as @BotFather gave it"
	case rate < 1 || rate > groupRate:
		return "rate must be between 1 and 20"
	case hook && (len(v["secret"]) < 8 || len(v["secret"]) > 256 || !only(v["secret"], "-_")):
		return "secret is required for webhook: 8 to 256 letters, digits, - or _"
	case hook && v["address"] != "" && !strings.HasPrefix(v["address"], "https://"):
		return "address must begin with https://, Telegram pushes to nothing else"
	case !strings.HasPrefix(v["server"], "http"):
		return "server must begin with https:// or http://"
	case strings.Contains(v["server"], "@"):
		return "server must not hold a password"
	}
	return ""
}

// only reports whether text is ASCII letters, digits and the extra characters, and not empty.
func only(text, extra string) bool {
	for _, r := range text {
		plain := r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !plain && !strings.ContainsRune(extra, r) {
			return false
		}
	}
	return text != ""
}
