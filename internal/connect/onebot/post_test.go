package onebot

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"qunluo/internal/community"
	"qunluo/internal/connect/onebot/wire"
)

const httpSettings = `{"mode":"http","url":"http://qq.example/","token":"` + testToken + `","secret":"` + testSecret + `","self":"` + selfID + `"}`

const spoken = `"post_type":"message","message_type":"group","sub_type":"normal","message_id":7,"group_id":` + groupID + `,"user_id":` + memberID +
	`,"message":[{"type":"text","data":{"text":"你好"}}],"sender":{"nickname":"阿青","role":"member"}`

func TestOnlySignedPostsAreTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, httpSettings, nil)
		frame := l.i.stamp(spoken)
		for _, c := range []struct {
			body, signature string
			want            int
		}{
			{frame, "", http.StatusUnauthorized},
			{frame, "sha1=", http.StatusForbidden},
			{frame, wire.Signature("another", []byte(frame)), http.StatusForbidden},
			{frame + " ", wire.Signature(testSecret, []byte(frame)), http.StatusForbidden},
			{frame[:40], wire.Signature(testSecret, []byte(frame[:40])), http.StatusBadRequest},
			{"", wire.Signature(testSecret, nil), http.StatusBadRequest},
			{strings.Repeat("x", MaxFrame+1), "sha1=x", http.StatusRequestEntityTooLarge},
		} {
			if got := post(l.Session, c.body, c.signature); got != c.want {
				t.Errorf("%.30q signed %q: HTTP %d, want %d", c.body, c.signature, got, c.want)
			}
		}
		if got := l.host.Of(community.MessageCreated); len(got) != 0 {
			t.Fatalf("taken without a good signature: %v", got)
		}
		if got := post(l.Session, frame, wire.Signature(testSecret, []byte(frame))); got != http.StatusNoContent || len(l.host.Of(community.MessageCreated)) != 1 {
			t.Errorf("a signed post: HTTP %d, %d messages; want 204 and one", got, len(l.host.Of(community.MessageCreated)))
		}
	})
}

func TestPostIsAnsweredOnlyWhenItIsOnDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, httpSettings, nil)
		l.host.Refuse(community.Errorf(community.CodeBusy, "disk full"))
		frame := l.i.stamp(spoken)
		if got := post(l.Session, frame, wire.Signature(testSecret, []byte(frame))); got != http.StatusServiceUnavailable {
			t.Errorf("HTTP %d while nothing can be written, want 503", got)
		}
	})
}

func TestMutedAccountSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, "", func(i *implementation) {
			i.answers["send_group_msg"] = `{"status":"failed","retcode":120,"wording":"发送失败，你已被禁言"}`
		})
		for range 2 {
			if _, err := l.Do(t.Context(), sendTo("在吗")); community.CodeOf(err) != community.CodeRefused {
				t.Errorf("a send while muted: %v, want refused", err)
			}
		}
		synctest.Wait()
		got := l.host.Of(community.AccountMuted)
		if len(got) != 1 || got[0].Group.ID != groupID || got[0].Actor.ID != selfID || !strings.Contains(got[0].Body.Reason, "禁言") {
			t.Fatalf("account.muted = %+v, want one in the group", got)
		}
		if a := l.Abilities(groupID).Verbs[community.Send]; a.Level != community.Human {
			t.Errorf("sending is %+v while muted, want human", a)
		}
	})
}

func TestRestrictionIsTheBeltsToKnowAndStopsSending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, "", func(i *implementation) {
			i.answers["send_group_msg"] = `{"status":"failed","retcode":100,"wording":"账号可能被风控"}`
		})
		if _, err := l.Do(t.Context(), sendTo("在吗")); community.CodeOf(err) != community.CodeRestricted {
			t.Errorf("the platform restricts: %v, want restricted", err)
		}
		if _, err := l.Do(t.Context(), sendTo("在吗")); err == nil {
			t.Error("a restricted account sends")
		}
		if n := len(l.i.called("send_group_msg")); n != 1 {
			t.Errorf("%d sends reached the platform, want 1", n)
		}
	})
}

func TestReactionsAndUploadsAreTold(t *testing.T) {
	head := `{"time":1763870401,"self_id":1,"group_id":7,"user_id":2,"post_type":"notice",`
	for rest, want := range map[string]string{
		`"notice_type":"group_msg_emoji_like","message_id":9,"likes":[{"emoji_id":"76","count":1}]}`:              "reaction.added 9 76",
		`"notice_type":"group_msg_emoji_like","message_id":9,"is_add":false,"likes":[{"emoji_id":76,"count":0}]}`: "reaction.removed 9 76",
		`"notice_type":"group_upload","file":{"id":"/a","name":"表.pdf","size":3,"url":"https://e/f"}}`:            "message.created  [文件] 表.pdf",
		`"notice_type":"group_card","card_new":"新","card_old":"旧"}`:                                               "member.updated  ",
	} {
		in, kind, err := Parse([]byte(head + rest))
		if got := fmt.Sprintf("%s %s %s", in.Type, in.Body.Message, in.Body.Text); err != nil || kind != Event || got != want {
			t.Errorf("%s: %q (%d, %v), want %q", rest, got, kind, err, want)
		}
	}
	if _, _, err := Parse([]byte(head + `"notice_type":"group_msg_emoji_like","message_id":9}`)); community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("a reaction without a sign: %v, want bad input", err)
	}
}
