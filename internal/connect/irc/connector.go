package irc

import (
	"context"
	"encoding/json"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// Dial has the form of net.Dialer.DialContext.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Connector makes IRC sessions.
type Connector struct{ dial Dial }

var _ connect.Connector = (*Connector)(nil)

// New makes the connector. dial makes its connections; nil = the network.
func New(dial Dial) *Connector {
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialTimeout}).DialContext
	}
	return &Connector{dial: dial}
}

// Info describes the connector.
func (c *Connector) Info() connect.Info {
	return connect.Info{
		Name: "irc", Title: [2]string{"IRC", "IRC"}, Platform: "irc",
		Summary: [2]string{
			"接入 IRC 频道，也可用作备用联络频道。账号须是频道管理员(@)，才能禁言、踢出和改话题。",
			"IRC channels, also as a standby channel. The account must be an operator (@) there to mute, kick and set the topic.",
		},
		Fields: []connect.Field{
			{Name: "server", Kind: connect.KindText, Required: true, Title: [2]string{"服务器", "Server"},
				Help: [2]string{"主机名和端口，如 irc.example.org:6697。", "Host and port, e.g. irc.example.org:6697."}},
			{Name: "tls", Kind: connect.KindBool, Default: "true", Title: [2]string{"加密(TLS)", "Encrypted (TLS)"},
				Help: [2]string{"只有在本机或内网的服务器上才应关闭。", "Switch it off only for a server on this machine or network."}},
			{Name: "nick", Kind: connect.KindText, Required: true, Title: [2]string{"昵称", "Nick"},
				Help: [2]string{"被占用时会在后面加 _。", "If it is taken, _ is put behind it."}},
			{Name: "channels", Kind: connect.KindText, Required: true, Title: [2]string{"频道", "Channels"},
				Help: [2]string{"用逗号或空格分开，如 #chat, #help。", "Separated by commas or spaces, e.g. #chat, #help."}},
			{Name: "account", Kind: connect.KindText, Title: [2]string{"登录账号(SASL)", "Account (SASL)"},
				Help: [2]string{"在服务器登记过昵称时填写。", "If the nick is registered with the server."}},
			{Name: "password", Kind: connect.KindSecret, Title: [2]string{"密码", "Password"},
				Help: [2]string{"填了账号时是 SASL 密码，否则是服务器密码。", "With an account: its SASL password; without: the server's password."}},
			{Name: "rate", Kind: connect.KindNumber, Default: "30", Title: [2]string{"每分钟最多发送行数", "Lines per minute"},
				Help: [2]string{"6 到 600；多数服务器会把发得更快的人踢下线。", "6 to 600; most servers throw out who sends faster."}},
		},
		Defaults: connect.Abilities{Verbs: declared(30), ReadsAll: true, Presence: true, Media: connect.Media{ByWeb: true}},
	}
}

// Open checks the settings and prepares a session. CodeBadInput names the field that is wrong.
func (c *Connector) Open(_ context.Context, settings json.RawMessage, host connect.Host) (connect.Session, error) {
	v, err := connect.ReadSettings(c.Info().Fields, settings)
	if err != nil {
		return nil, err
	}
	rooms := strings.FieldsFunc(v["channels"], func(r rune) bool { return r == ',' || r == ' ' })
	if why := faultOf(v, rooms); why != "" {
		return nil, community.Errorf(community.CodeBadInput, "settings: %s", why)
	}
	rate := v.Number("rate")
	s := &Session{
		dial: c.dial, host: host, server: v["server"], tls: v.Bool("tls"), want: v["nick"], rooms: rooms, account: v["account"],
		password: v["password"], rate: int(rate), epoch: strconv.FormatInt(time.Now().UnixMilli(), 36),
		pace: pace{perMinute: rate, burst: max(4, rate/6), left: max(4, rate/6), at: time.Now()}, learned: map[community.Verb]time.Time{},
	}
	s.feed = connect.NewFeed(host, func(err error) { s.report("online", err) })
	return s, nil
}

func faultOf(v connect.Values, rooms []string) string {
	_, port, err := net.SplitHostPort(v["server"])
	n, bad := strconv.Atoi(port)
	rate := v.Number("rate")
	switch {
	case err != nil || bad != nil || n < 1 || n > 65535:
		return "server must be a host and a port, like irc.example.org:6697"
	case v["nick"] != word(v["nick"]) || strings.ContainsAny(v["nick"], "!@#&,*?") || len(v["nick"]) > 30:
		return "nick must be one word of at most 30 bytes, without ! @ # & , * ?"
	case len(rooms) == 0 || len(rooms) > 50 || slices.ContainsFunc(rooms, func(r string) bool { return !isChannel(r) || r != word(r) || len(r) > 60 }):
		return "channels must be 1 to 50 names like #chat"
	case v["account"] != word(v["account"]) || len(v["account"]) > 100:
		return "account must be one word"
	case v["account"] != "" && v["password"] == "":
		return "password is required with an account"
	case len(v["password"]) > 250 || v["password"] != trail(v["password"]):
		return "password must be one line of at most 250 bytes"
	case rate < 6 || rate > 600:
		return "rate must be between 6 and 600"
	}
	return ""
}

func isChannel(name string) bool { return len(name) > 1 && strings.ContainsAny(name[:1], "#&+!") }
