package wecom

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/conntest"
	"qunluo/internal/connect/wecom/wecomtest"
)

// through gives each bubble its own corp, though the connector is one.
type through struct{ to *wecomtest.Corp }

func (th *through) RoundTrip(r *http.Request) (*http.Response, error) { return th.to.RoundTrip(r) }

const (
	base    = "http://qyapi.test/"
	groupID = "wrGROUP0001"
	guestID = "wmGUEST0001"
)

// settings with a mistake each; a secret that stands in them may not be repeated.
func badSettings() []conntest.Bad {
	whole := func(change string) string {
		return `{"corp_id":"` + wecomtest.ID + `","agent_id":1000002,"secret":"` + wecomtest.Secret + `",` + change + `}`
	}
	return []conntest.Bad{
		{Settings: `{"agent_id":1,"secret":"` + wecomtest.Secret + `"}`, Field: "corp_id"},
		{Settings: `{"corp_id":"ww1","secret":"` + wecomtest.Secret + `"}`, Field: "agent_id"},
		{Settings: `{"corp_id":"ww1","agent_id":1.5,"secret":"` + wecomtest.Secret + `"}`, Field: "agent_id"},
		{Settings: `{"corp_id":"ww 1","agent_id":1,"secret":"` + wecomtest.Secret + `"}`, Field: "corp_id"},
		{Settings: whole(`"token":"` + wecomtest.Token + `"`), Field: "aes_key"},
		{Settings: whole(`"aes_key":"` + wecomtest.AESKey + `"`), Field: "token"},
		{Settings: whole(`"token":"t","aes_key":"` + wecomtest.AESKey + `x"`), Field: "aes_key"},
		{Settings: whole(`"quota":"often"`), Field: "quota"},
		{Settings: whole(`"base_url":"ws://h/"`), Field: "base_url"},
		{Settings: whole(`"owners":"` + strings.Repeat("u,", 101) + `"`), Field: "owners"},
		{Settings: whole(`"welcome":"` + strings.Repeat("好", 2000) + `"`), Field: "welcome"},
	}
}

func TestLeafPassesTheExamination(t *testing.T) {
	way := &through{}
	conntest.Exercise(t, conntest.Rig{
		Connector: New(&http.Client{Transport: way}),
		Secrets:   []string{wecomtest.Secret, wecomtest.Token, wecomtest.AESKey, "access-token-"},
		Bad:       badSettings(),
		Start: func(t *testing.T) *conntest.Counterpart {
			way.to = corpWithGroup()
			return counterpart(t, way.to)
		},
	})
}

func corpWithGroup() *wecomtest.Corp {
	corp := wecomtest.New()
	corp.AddChat(groupID, "周末徒步群", "owner", wecomtest.Member{ID: guestID, Name: "老周", Joined: time.Now().Unix() - 3600, Scene: 3, State: "spring"})
	return corp
}

func counterpart(t *testing.T, corp *wecomtest.Corp) *conntest.Counterpart {
	var session connect.Session
	last := ""
	// tell calls back as the platform does: what is not taken comes again.
	tell := func(xml string) {
		last = xml
		go func() {
			for range 60 {
				if corp.Call(session.(wecomtest.Receiver), xml) == http.StatusOK || t.Context().Err() != nil {
					return
				}
				if !sleep(t.Context(), time.Second) {
					return
				}
			}
		}()
	}
	n := 0
	return &conntest.Counterpart{
		Settings: wecomtest.Settings(base, map[string]any{"contacts": false, "quota": "week"}), Self: wecomtest.ID, Group: groupID, Member: guestID,
		Outside: true, Sample: community.FollowerAdded,
		Meet: func(s connect.Session) { session = s },
		Provoke: map[community.Type]func(){
			community.FollowerAdded: func() {
				n++
				tell(corp.Event("change_external_contact", "add_external_contact", wecomtest.Field("UserID", "helper"),
					wecomtest.Field("ExternalUserID", fmt.Sprintf("wmNEW%04d", n)), wecomtest.Field("State", "poster-1")))
			},
			community.FollowerRemoved: func() {
				tell(corp.Event("change_external_contact", "del_follow_user", wecomtest.Field("UserID", "helper"), wecomtest.Field("ExternalUserID", "wmNEW0001")))
			},
			community.GroupCreated: func() { tell(corp.Event("change_external_chat", "create", wecomtest.Field("ChatId", groupID))) },
		},
		Again:     func() { tell(last) },
		Message:   func() string { return "msg-nobody-sees" },
		Ask:       func() string { return "no-such-request" },
		Broadcast: func() string { return corp.Broadcast("owner", "管理员群发", groupID) },
		Did:       func() []conntest.Done { return done(corp) },
		Cut:       func() { corp.Down(true) },
		Mend:      func() { corp.Down(false) },
	}
}

// done reads what the corp noted in the examination's words.
func done(corp *wecomtest.Corp) []conntest.Done {
	var all []conntest.Done
	masses := map[string]wecomtest.Mass{}
	for _, m := range corp.Masses() {
		masses[m.ID] = m
	}
	for _, line := range corp.Did() {
		words := strings.Fields(line)
		switch words[0] {
		case "add_join_way":
			all = append(all, conntest.Done{Verb: community.Invite, Group: words[1], Text: words[2]})
		case "add_msg_template":
			m := masses[words[1]]
			all = append(all, conntest.Done{Verb: community.MassSend, Group: m.Chats[0], Text: m.Text}, conntest.Done{Verb: community.Send, Group: m.Chats[0], Text: m.Text})
		case "remind_groupmsg_send":
			all = append(all, conntest.Done{Verb: community.MassRemind, Group: groupID, Message: words[1]})
		case "cancel_groupmsg_send":
			all = append(all, conntest.Done{Verb: community.MassCancel, Group: groupID, Message: words[1]})
		}
	}
	return all
}
