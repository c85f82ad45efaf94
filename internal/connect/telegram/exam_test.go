package telegram

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/conntest"
)

const pollSettings = `{"token":"` + testToken + `","server":"http://cloud"}`

const hookSettings = `{"token":"` + testToken + `","server":"http://cloud","mode":"webhook","secret":"` + testSecret +
	`","address":"https://qunluo.example/connect/a/"}`

func rig(settings string, webhook bool) conntest.Rig {
	way := &conntest.Way{}
	return conntest.Rig{
		Connector: New(&http.Client{Transport: way}),
		Secrets:   []string{testToken, testSecret},
		Bad: []conntest.Bad{
			{Settings: `{}`, Field: "token"},
			{Settings: `{"token":"has spaces: ` + testToken + `"}`, Field: "token"},
			{Settings: `{"token":"../` + testToken + `"}`, Field: "token"},
			{Settings: `{"token":"` + testToken + `","mode":"sideways"}`, Field: "mode"},
			{Settings: `{"token":"` + testToken + `","mode":"webhook"}`, Field: "secret"},
			{Settings: `{"token":"` + testToken + `","mode":"webhook","secret":"` + testSecret + `","address":"http://plain.example/"}`, Field: "address"},
			{Settings: `{"token":"` + testToken + `","server":"wss://x/"}`, Field: "server"},
			{Settings: `{"token":"` + testToken + `","rate":21}`, Field: "rate"},
			{Settings: `{"tokn":"` + testToken + `"}`, Field: "token"},
		},
		Start: func(t *testing.T) *conntest.Counterpart {
			c := newCloud(t)
			way.To = c.network.Client(t)
			return counterpart(c, settings, webhook)
		},
	}
}

func counterpart(c *cloud, settings string, webhook bool) *conntest.Counterpart {
	const in, out = `"status":"member"`, `"status":"left"`
	p := &conntest.Counterpart{
		Settings: json.RawMessage(settings), Self: selfID, Group: groupID, Member: memberID,
		Provoke: map[community.Type]func(){
			community.MessageCreated: func() { c.says("今天走哪条线") },
			community.MessageEdited: func() {
				c.tell(fmt.Sprintf(`"edited_message":{"message_id":%s,"from":{"id":%s,"first_name":"阿青"},%s,"date":%d,"edit_date":%d,"text":"改了"}`,
					c.says("原话"), memberID, c.chat(), time.Now().Unix(), time.Now().Unix()))
			},
			community.MemberJoined: func() {
				c.becomes("chat_member", memberID, memberID, out, in, `,"invite_link":{"invite_link":"https://t.me/+x","name":"spring-01"}`)
			},
			community.MemberLeft:    func() { c.becomes("chat_member", memberID, memberID, in, out, "") },
			community.MemberUpdated: func() { c.becomes("chat_member", memberID, ownerID, in, `"status":"administrator"`, "") },
			community.MemberMuted: func() {
				c.becomes("chat_member", memberID, ownerID, in, `"status":"restricted","is_member":true,"can_send_messages":false,"until_date":0`, "")
			},
			community.JoinRequested: func() { c.asks() },
			community.ReactionAdded: func() {
				c.tell(fmt.Sprintf(`"message_reaction":{%s,"message_id":5,"user":{"id":%s,"first_name":"阿青"},"date":%d,"old_reaction":[],"new_reaction":[{"type":"emoji","emoji":"👍"}]}`,
					c.chat(), memberID, time.Now().Unix()))
			},
		},
		Again: func() {
			var last json.RawMessage
			c.set(func() { last = c.last })
			c.deliver(last)
		},
		Message: func() string { return c.says("请撤回我") },
		Ask:     c.asks,
		Did:     c.did,
		Swallow: func() { c.set(func() { c.swallow++ }) },
		Cut:     c.network.Cut,
		Mend:    c.network.Mend,
		Demote: func() {
			c.set(func() { c.status = "member" })
			c.becomes("my_chat_member", selfID, ownerID, `"status":"administrator"`, `"status":"member"`, "")
		},
		Deliver: func(frame []byte) { c.deliver(frame) },
		Trouble: map[string]func(){
			"removed": func() {
				c.becomes("my_chat_member", selfID, ownerID, `"status":"administrator"`, `"status":"kicked","until_date":0`, "")
			},
			"muted": func() {
				c.becomes("my_chat_member", selfID, ownerID, `"status":"administrator"`, `"status":"restricted","is_member":true,"can_send_messages":false,"until_date":0`, "")
			},
		},
		Hostile: func(name string) {
			c.tell(fmt.Sprintf(`"message":{"message_id":4711,"from":{"id":%s,"first_name":%q},%s,"date":%d,"text":"前","hologram":{"x":1}}`, memberID, name, c.chat(), time.Now().Unix()))
		},
		Malformed: [][]byte{
			[]byte(`{"update_id":41,"message":{"message_id":"x"}}`), []byte(`{"update_id":42,"message":[]}`),
			[]byte(`{"update_id":43,"message":{}}`), []byte(`{"update_id":44,"chat_member":{}}`),
		},
		Oversized: []byte(`{"update_id":45,"message":{"text":"` + strings.Repeat("x", MaxUpdate) + `"}}`),
	}
	if webhook {
		p.Meet = func(s connect.Session) { c.pushTo(s) }
		p.Malformed = append(p.Malformed, []byte(`{"update_id":`), []byte(`[]`), []byte(`{"message":{}}`))
	}
	return p
}

func TestExaminationPoll(t *testing.T) { conntest.Exercise(t, rig(pollSettings, false)) }

func TestExaminationWebhook(t *testing.T) { conntest.Exercise(t, rig(hookSettings, true)) }
