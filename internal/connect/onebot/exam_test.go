package onebot

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/conntest"
)

// through gives each bubble its own way to the counterpart, though the connector is one.
type through struct{ to *implementation }

func (th *through) RoundTrip(r *http.Request) (*http.Response, error) {
	return th.to.client().Transport.RoundTrip(r)
}

func rig(settings string, reverse, idsText bool) conntest.Rig {
	way := &through{}
	const secret = testToken
	return conntest.Rig{
		Connector: New(&http.Client{Transport: way}),
		Secrets:   []string{secret, testSecret},
		Bad: []conntest.Bad{
			{Settings: `{"mode":"sideways","token":"` + secret + `"}`, Field: "mode"},
			{Settings: `{"mode":"forward","token":"` + secret + `"}`, Field: "url"},
			{Settings: `{"mode":"forward","url":"` + secret + `"}`, Field: "url"},
			{Settings: `{"mode":"forward","url":"ws://h/?access_token=` + secret + `"}`, Field: "token"},
			{Settings: `{"mode":"reverse","self":"1"}`, Field: "token"},
			{Settings: `{"mode":"reverse","token":"` + secret + `"}`, Field: "self"},
			{Settings: `{"mode":"forward","url":"ws://h/","token":"` + secret + `\nx"}`, Field: "token"},
			{Settings: `{"mode":"forward","url":"ws://h/","rate":0}`, Field: "rate"},
			{Settings: `{"mode":"http","secret":"` + testSecret + `"}`, Field: "url"},
			{Settings: `{"mode":"http","url":"ws://h/","secret":"` + testSecret + `"}`, Field: "url"},
			{Settings: `{"mode":"http","url":"http://h/","token":"` + secret + `"}`, Field: "secret"},
			{Settings: `{"mode":"forward","url":"ws://h/","tokn":"` + secret + `"}`, Field: "token"},
		},
		Start: func(t *testing.T) *conntest.Counterpart {
			i := newImplementation(t)
			i.idsText = idsText
			way.to = i
			return counterpart(i, settings, reverse)
		},
	}
}

func counterpart(i *implementation, settings string, reverse bool) *conntest.Counterpart {
	verbs := map[community.Verb]string{community.SetCard: "set_group_card"}
	var session connect.Session
	c := &conntest.Counterpart{
		Settings: json.RawMessage(settings), Self: selfID, Group: groupID, Member: memberID,
		Provoke: map[community.Type]func(){
			community.MessageCreated: func() { i.says("今天走哪条线") },
			community.MessageDeleted: func() {
				i.notice(`"notice_type":"group_recall","operator_id":` + memberID + `,"message_id":` + i.says("说错了"))
			},
			community.MemberJoined:  func() { i.notice(`"notice_type":"group_increase","sub_type":"invite","operator_id":900`) },
			community.MemberLeft:    func() { i.notice(`"notice_type":"group_decrease","sub_type":"leave","operator_id":` + memberID) },
			community.MemberUpdated: func() { i.notice(`"notice_type":"group_card","card_new":"新","card_old":"旧"`) },
			community.MemberMuted:   func() { i.notice(`"notice_type":"group_ban","sub_type":"ban","operator_id":900,"duration":60`) },
			community.GroupUpdated:  func() { i.notice(`"notice_type":"essence","sub_type":"add","operator_id":900,"message_id":7`) },
			community.JoinRequested: func() { i.asks() },
		},
		Again:   func() { i.event(string(i.last)) },
		Message: func() string { return i.says("请撤回我") },
		Ask:     i.asks,
		Did:     i.did,
		Swallow: func() { i.set(func() { i.swallow++ }) },
		Cut:     i.cut,
		Mend:    func() { i.set(func() { i.refusing = false }) },
		Missing: func(verb community.Verb, missing bool) { i.set(func() { i.missing[verbs[verb]] = missing }) },
		Demote: func() {
			i.set(func() { i.members[selfID]["role"] = "member" })
			i.event(i.stamp(`"post_type":"notice","notice_type":"group_admin","sub_type":"unset","group_id":` + groupID + `,"user_id":` + selfID))
		},
		Deliver: func(frame []byte) { i.event(string(frame)) },
		Trouble: map[string]func(){
			"removed": func() {
				i.event(i.stamp(`"post_type":"notice","notice_type":"group_decrease","sub_type":"kick_me","user_id":0,"operator_id":900,"group_id":8`))
			},
			"muted": func() {
				i.event(i.stamp(`"post_type":"notice","notice_type":"group_ban","sub_type":"ban","duration":600,"operator_id":900,"group_id":8,"user_id":` + selfID))
			},
			"logged out": func() {
				i.event(i.stamp(`"post_type":"notice","notice_type":"bot_offline","message":"在别处登录"`))
			},
		},
		Hostile: func(name string) {
			i.event(i.stamp(`"post_type":"message","message_type":"group","sub_type":"normal","message_id":4711,"group_id":` + groupID + `,"user_id":` + memberID +
				`,"message":[{"type":"text","data":{"text":"前"}},{"type":"hologram","data":{"x":1}}],"sender":{"nickname":"` + name + `"}`))
		},
		Malformed: [][]byte{
			[]byte(`{"post_type":"message",`), []byte(`[]`), []byte(`{}`), []byte(groupFrame[:200]),
			[]byte(`{"post_type":"message","message_type":"group","group_id":1.5,"user_id":1,"message_id":1,"message":[]}`),
		},
		Oversized: []byte(message(`"` + strings.Repeat("x", MaxFrame) + `"`)),
	}
	if strings.Contains(settings, `"mode":"http"`) {
		c.Meet = i.posts
		return c
	}
	if reverse {
		c.Meet = func(s connect.Session) { session = s; i.dialInto(s) }
		c.Mend = func() {
			i.set(func() { i.refusing = false })
			i.dialInto(session)
		}
	}
	return c
}

func TestExaminationForward(t *testing.T) {
	conntest.Exercise(t, rig(`{"mode":"forward","url":"ws://qq.example/","token":"`+testToken+`"}`, false, false))
}

func TestExaminationForwardWithIdsAsText(t *testing.T) {
	conntest.Exercise(t, rig(`{"mode":"forward","url":"ws://qq.example/","token":"`+testToken+`","self":"`+selfID+`"}`, false, true))
}

func TestExaminationReverse(t *testing.T) {
	conntest.Exercise(t, rig(`{"mode":"reverse","token":"`+testToken+`","self":"`+selfID+`"}`, true, false))
}

func TestExaminationHTTP(t *testing.T) {
	conntest.Exercise(t, rig(`{"mode":"http","url":"http://qq.example/","token":"`+testToken+`","secret":"`+testSecret+`","self":"`+selfID+`"}`, false, false))
}
