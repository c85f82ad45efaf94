package satori

import (
	"encoding/json"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/north"
)

func TestEventsAreWhatTheProtocolSays(t *testing.T) {
	login := Login{SN: 1, Adapter: Platform, Platform: Platform, SelfID: "9", User: User{ID: "9", Name: "助手", IsBot: true}, Status: 1, Features: []string{"message.create"}}
	who := north.Person{ID: 3, Name: "老周", Card: "周哥", Role: community.RoleMember}
	by := north.Person{ID: 4, Name: "群主"}
	for _, c := range []struct {
		h    north.Happening
		want string
	}{
		{north.Happening{Number: 5, Type: community.MessageCreated, At: 1000, Group: 7, Actor: who, Text: "a<b", Quote: 2},
			`"type":"message-created","timestamp":1000,"platform":"qunluo","self_id":"9","login":{"sn":1,"adapter":"qunluo","platform":"qunluo","self_id":"9","user":{"id":"9","name":"助手","is_bot":true},"status":1,"features":["message.create"]},"guild":{"id":"7"},"channel":{"id":"7","type":0},"user":{"id":"3","name":"老周"},"member":{"nick":"周哥","roles":[{"id":"member"}]},"message":{"id":"5","content":"\u003cquote id=\"2\"/\u003ea\u0026lt;b","created_at":1000}`},
		{north.Happening{Number: 6, Type: community.MessageDeleted, Group: 7, Actor: by, Subject: who, Message: 5}, `"user":{"id":"4","name":"群主"}`},
		{north.Happening{Number: 6, Type: community.MemberLeft, Group: 7, Actor: who, Subject: who, By: by}, `"type":"guild-member-removed"`},
		{north.Happening{Number: 6, Type: community.MemberLeft, Group: 7, Actor: who, Subject: who, By: by}, `"operator":{"id":"4","name":"群主"}`},
		{north.Happening{Number: 8, Type: community.JoinRequested, Group: 7, Actor: who, Text: "<x>"}, `"message":{"id":"8","content":"\u0026lt;x\u0026gt;"}`},
	} {
		got, err := json.Marshal(EventOf(c.h, login))
		if err != nil || !strings.Contains(string(got), c.want) || !strings.Contains(string(got), `"sn":`) {
			t.Errorf("%s\n got %s\nwant %s (%v)", c.h.Type, got, c.want, err)
		}
	}
	for _, h := range []north.Happening{{Type: community.MemberMuted}, {Type: community.MessageDeleted}, {Type: community.TimerFired}} {
		if e := EventOf(h, login); e != nil {
			t.Errorf("%s (message %d) is told as %s", h.Type, h.Message, e.Type)
		}
	}
}
