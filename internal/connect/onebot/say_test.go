package onebot

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// told gives the last report that says something, and fails where it lacks a language or holds a secret.
func (l *living) told(t *testing.T, what string) connect.Health {
	t.Helper()
	all := l.host.Healths()
	for i := len(all) - 1; i >= 0; i-- {
		h := all[i]
		if h.Say[0] == "" && h.Say[1] == "" {
			continue
		}
		if h.Say[0] == "" || h.Say[1] == "" || strings.Contains(h.Say[0]+h.Say[1], testToken) {
			t.Errorf("%s: %q", what, h.Say)
		}
		return h
	}
	t.Fatalf("%s: nothing is said: %+v", what, all)
	return connect.Health{}
}

// TestOperatorIsToldWhatIsWrongAndWhatToDo in both languages, and what is not concerned goes on.
func TestOperatorIsToldWhatIsWrongAndWhatToDo(t *testing.T) {
	head := `"post_type":"notice","group_id":` + groupID + `,`
	for name, tc := range map[string]struct {
		settings string
		prepare  func(*implementation)
		event    string
		send     bool
		state    string
		says     string // in Chinese
		goesOn   bool   // messages still come
	}{
		"wrong or revoked token": {settings: `{"mode":"forward","url":"ws://q/","token":"wr0ng"}`, state: "failed", says: "复制当前的 access_token"},
		"another account":        {settings: `{"mode":"forward","url":"ws://q/","token":"` + testToken + `","self":"4242"}`, state: "failed", says: "另一个 QQ 号"},
		"logged out":             {event: `"post_type":"notice","notice_type":"bot_offline","message":"在别处登录"`, state: "failed", says: "重新扫码登录", goesOn: true},
		"restricted": {prepare: func(i *implementation) {
			i.answers["send_group_msg"] = `{"status":"failed","retcode":100,"wording":"账号可能被风控"}`
		}, send: true, state: "failed", says: "账号可能被风控", goesOn: true},
		"bot removed": {event: head + `"notice_type":"group_decrease","sub_type":"kick_me","user_id":0,"operator_id":900`, state: "online", says: "900 移出了群 " + groupID, goesOn: true},
		"bot muted":   {event: head + `"notice_type":"group_ban","sub_type":"ban","duration":600,"operator_id":900,"user_id":` + selfID, state: "online", says: "被禁言", goesOn: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := live(t, tc.settings, tc.prepare)
				if tc.event != "" {
					l.i.event(l.i.stamp(tc.event))
				}
				if tc.send {
					_, _ = l.Do(t.Context(), sendTo("在吗"))
				}
				time.Sleep(time.Second)
				synctest.Wait()
				h := l.told(t, name)
				if h.State != tc.state || !strings.Contains(h.Say[0], tc.says) {
					t.Errorf("%s: state %s says %q, want %s and %q", name, h.State, h.Say[0], tc.state, tc.says)
				}
				if !tc.goesOn {
					return
				}
				before := len(l.host.Of(community.MessageCreated))
				l.i.event(l.i.stamp(`"post_type":"message","message_type":"group","sub_type":"normal","message_id":77,"group_id":8,"user_id":` + memberID +
					`,"message":[{"type":"text","data":{"text":"别的群照常"}}],"sender":{"nickname":"阿明"}`))
				l.host.Until(t, "the rest goes on", func() bool { return len(l.host.Of(community.MessageCreated)) == before+1 })
			})
		})
	}
}

// TestHostileNamesAndUnknownKindsAreTaken: names of 5,000 characters, right-to-left marks, and a kind of segment that nobody
// knows: nothing is lost, nothing breaks off.
func TestHostileNamesAndUnknownKindsAreTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, "", nil)
		long := strings.Repeat("名", 5000)
		l.i.event(l.i.stamp(`"post_type":"message","message_type":"group","sub_type":"normal","message_id":78,"group_id":` + groupID + `,"user_id":` + memberID +
			`,"message":[{"type":"text","data":{"text":"前\u202e后"}},{"type":"hologram","data":{"x":1}}],"sender":{"nickname":"` + long + `","card":"\u202e倒"}`))
		l.host.Until(t, "the message", func() bool { return len(l.host.Of(community.MessageCreated)) == 1 })
		in := l.host.Of(community.MessageCreated)[0]
		if len(in.Actor.Name) == 0 || !strings.Contains(in.Body.Text, "前") || len(in.Body.Segments) < 2 {
			t.Errorf("taken as a name of %d bytes, text %q, %d segments", len(in.Actor.Name), in.Body.Text, len(in.Body.Segments))
		}
	})
}
