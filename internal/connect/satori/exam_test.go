package satori

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/connect/conntest"
)

const settings = `{"url":"` + gateway + `","token":"` + testToken + `","platform":"discord"}`

func TestExamination(t *testing.T) {
	way := &conntest.Way{}
	conntest.Exercise(t, conntest.Rig{
		Connector: New(&http.Client{Transport: way}),
		Secrets:   []string{testToken},
		Bad: []conntest.Bad{
			{Settings: `{"platform":"discord"}`, Field: "url"},
			{Settings: `{"url":"` + gateway + `"}`, Field: "platform"},
			{Settings: `{"url":"` + gateway + `","platform":"a b"}`, Field: "platform"},
			{Settings: `{"url":"` + gateway + `?token=` + testToken + `","platform":"discord"}`, Field: "url"},
			{Settings: `{"url":"http://u:` + testToken + `@gateway.example/","platform":"discord"}`, Field: "url"},
			{Settings: `{"url":"` + testToken + `","platform":"discord"}`, Field: "url"},
			{Settings: `{"url":"` + gateway + `","platform":"discord","token":"` + testToken + `\nx"}`, Field: "token"},
			{Settings: `{"url":"` + gateway + `","platform":"discord","rate":0}`, Field: "rate"},
			{Settings: `{"url":"` + gateway + `","platform":"discord","tokn":"` + testToken + `"}`, Field: "token"},
		},
		Start: func(t *testing.T) *conntest.Counterpart {
			g := newStub(t)
			way.To = g.network.Client(t)
			return counterpart(g)
		},
	})
}

func counterpart(g *stub) *conntest.Counterpart {
	return &conntest.Counterpart{
		Settings: json.RawMessage(settings), Self: selfID, Group: groupID, Member: memberID,
		Provoke: map[community.Type]func(){
			community.MessageCreated: func() { g.says("今天走哪条线") },
			community.MessageEdited: func() {
				g.event("message-updated", here+","+aqing+`,"message":{"id":"`+g.says("原话")+`","content":"改了"}`)
			},
			community.MessageDeleted: func() { g.event("message-deleted", here+","+aqing+`,"message":{"id":"`+g.says("说错了")+`"}`) },
			community.MemberJoined:   func() { g.event("guild-member-added", here+","+aqing) },
			community.MemberLeft:     func() { g.event("guild-member-removed", here+","+aqing) },
			community.MemberUpdated:  func() { g.event("guild-member-updated", here+","+aqing) },
			community.GroupUpdated:   func() { g.event("guild-updated", here) },
			community.JoinRequested:  func() { g.asks() },
			community.ReactionAdded: func() {
				g.event("reaction-added", here+","+aqing+`,"emoji":{"id":"1","name":"👍"},"message":{"id":"m1"}`)
			},
			community.ReactionRemoved: func() {
				g.event("reaction-removed", here+","+aqing+`,"message":{"id":"m1","content":"👍"}`)
			},
		},
		Again: func() {
			g.mu.Lock()
			last := g.last
			g.mu.Unlock()
			g.push(last)
		},
		Message: func() string { return g.says("请撤回我") },
		Ask:     g.asks,
		Did:     g.did,
		Swallow: func() { g.set(func() { g.swallow++ }) },
		Cut:     g.network.Cut,
		Mend:    g.network.Mend,
		Deliver: func(frame []byte) { g.push(string(frame)) },
		Malformed: [][]byte{
			[]byte(`{"op":0,`), []byte(`[]`), []byte(`{}`), []byte(`{"op":0}`), []byte(`{"op":0,"body":{"sn":1}}`), []byte(`{"op":0,"body":{"sn":1,"type":"message-created"}}`),
			[]byte(`{"op":0,"body":{"sn":1,"type":"message-created",` + here + `,"message":{"id":"1","content":"x"}}}`),
			[]byte(`{"op":0,"body":{"sn":1,"type":"message-created",` + here + `,"user":{"id":1.5},"message":{"id":"1","content":"x"}}}`),
			[]byte(`{"op":0,"body":{"sn":1,"type":"guild-member-added",` + here + `}}`),
		},
		Oversized: []byte(`{"op":0,"body":{"sn":1,"type":"message-created","x":"` + strings.Repeat("x", MaxFrame) + `"}}`),
	}
}
