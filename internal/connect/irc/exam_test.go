package irc

import (
	"context"
	"encoding/json"
	"net"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/connect/conntest"
)

// way leads each bubble's dials to its own network, though the connector is one.
type way struct{ to *conntest.Network }

func (w *way) dial(ctx context.Context, network, address string) (net.Conn, error) {
	return w.to.Dial(ctx, network, address)
}

const settings = `{"server":"irc.test:6667","tls":false,"nick":"` + selfNick + `","channels":"` + channel + `","account":"qunluo","password":"` + testPassword + `","rate":600}`

func bad() []conntest.Bad {
	with := func(field, value string) string {
		var doc map[string]any
		_ = json.Unmarshal([]byte(settings), &doc)
		doc[field] = value
		raw, _ := json.Marshal(doc)
		return string(raw)
	}
	return []conntest.Bad{
		{Settings: with("server", "irc.test"), Field: "server"}, {Settings: with("server", "irc.test:99999"), Field: "server"},
		{Settings: with("nick", "two words"), Field: "nick"}, {Settings: with("nick", ""), Field: "nick"}, {Settings: with("nick", "a\r\nQUIT"), Field: "nick"},
		{Settings: with("channels", "chat"), Field: "channels"}, {Settings: with("channels", "#a\r\nQUIT"), Field: "channels"},
		{Settings: with("password", ""), Field: "password"}, {Settings: with("password", testPassword+"\r\nQUIT"), Field: "password"},
		{Settings: with("rate", "5"), Field: "rate"}, {Settings: with("tls", "perhaps"), Field: "tls"},
	}
}

func TestExamination(t *testing.T) {
	w := &way{}
	conntest.Exercise(t, conntest.Rig{
		Connector: New(w.dial), Secrets: []string{testPassword}, Bad: bad(),
		Start: func(t *testing.T) *conntest.Counterpart {
			s := newServer(t)
			s.sasl = true
			w.to = s.network
			return counterpart(s)
		},
	})
}

func counterpart(s *server) *conntest.Counterpart {
	return &conntest.Counterpart{
		Settings: json.RawMessage(settings), Self: selfNick, Group: fold(channel), Member: fold(memberNick), Untimed: true,
		Provoke: map[community.Type]func(){
			community.MessageCreated: func() { s.says("今天走哪条线") },
			community.MemberJoined:   func() { s.set(func() { s.say(":newbie!~n@10.9.9.9 JOIN %s", channel) }) },
			community.MemberLeft:     func() { s.set(func() { s.say(":newbie!~n@10.9.9.9 QUIT :netsplit") }) },
			community.MemberMuted:    func() { s.set(func() { s.say(":boss!~b@10.0.0.9 MODE %s +b *!~qing@10.1.2.3", channel) }) },
			community.MemberUpdated:  func() { s.set(func() { s.say(":boss!~b@10.0.0.9 MODE %s +o %s", channel, memberNick) }) },
			community.GroupUpdated:   func() { s.set(func() { s.say(":boss!~b@10.0.0.9 TOPIC %s :周六见", channel) }) },
		},
		Message: func() string { return s.says("请撤回我") },
		Ask:     func() string { return "nobody asks on IRC" },
		Did:     s.did,
		Swallow: func() { s.set(func() { s.swallow++ }) },
		Cut:     s.network.Cut,
		Mend:    s.network.Mend,
		Demote: func() {
			s.set(func() {
				s.op = false
				s.say(":boss!~b@10.0.0.9 MODE %s -o %s", channel, s.nick)
			})
		},
		Deliver: func(frame []byte) { s.set(func() { s.say("%s", frame) }) },
		Trouble: map[string]func(){
			"removed": func() { s.set(func() { s.say(":boss!~b@10.0.0.9 KICK %s %s :bye", channel, s.nick) }) },
		},
		Malformed: [][]byte{
			[]byte(":only.a.source"), []byte("@tag=1"), []byte(":a!b@c \x01\x02"), []byte(":x!y@z PRIVMSG"), []byte(":x!y@z NICK"), []byte(":x!y@z JOIN"),
		},
		Oversized: []byte(":x!y@z PRIVMSG " + channel + " :" + strings.Repeat("x", maxRead)),
	}
}
