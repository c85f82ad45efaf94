package telegram

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/conntest"
)

type living struct {
	*Session
	c    *cloud
	host *conntest.Host
}

// live lets a session poll until the test ends.
func live(t *testing.T, prepare func(c *cloud)) *living {
	c := newCloud(t)
	if prepare != nil {
		prepare(c)
	}
	host := conntest.NewHost()
	s, err := New(c.network.Client(t)).Open(t.Context(), json.RawMessage(pollSettings), host)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.Run(ctx) })
	t.Cleanup(func() { stop(); wg.Wait() })
	synctest.Wait()
	return &living{s.(*Session), c, host}
}

func (l *living) last() connect.Health {
	all := l.host.Healths()
	return all[len(all)-1]
}

func sendTo(text string) community.Action {
	return community.Action{Verb: community.Send, Text: text, To: community.Address{Group: groupID}}
}

func TestAnUpdateIsConfirmedOnlyWhenTheHostHasIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, nil)
		l.host.Refuse(community.Errorf(community.CodeBusy, "disk full"))
		l.c.says("别丢了我")
		time.Sleep(time.Minute)
		before, _ := l.c.polled()
		l.host.Refuse(nil)
		time.Sleep(time.Minute)
		after, allowed := l.c.polled()
		confirmed := func(list []int64) bool { return slices.ContainsFunc(list, func(n int64) bool { return n > 100 }) }
		if confirmed(before) || !confirmed(after) || len(l.host.Of(community.MessageCreated)) != 1 {
			t.Errorf("polled from %v while the host refused, then %v, %d messages; want confirmed only then", before, after, len(l.host.Of(community.MessageCreated)))
		}
		if !strings.Contains(allowed, "chat_member") || !strings.Contains(allowed, "chat_join_request") {
			t.Errorf("asked for %s, want chat_member and chat_join_request among them", allowed)
		}
	})
}

func TestARevokedTokenIsReportedWithWhatToDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, func(c *cloud) { c.answers["getMe"] = `{"ok":false,"error_code":401,"description":"Unauthorized"}` })
		if h := l.last(); h.State != "failed" || h.Code != community.CodeForbidden || !strings.Contains(h.Detail, "@BotFather") {
			t.Errorf("health %+v, want failed, forbidden, with what to do", h)
		}
		l.c.set(func() { clear(l.c.answers) })
		time.Sleep(2 * time.Minute)
		if l.host.State() != "online" {
			t.Fatalf("with a good token again: %+v", l.last())
		}
		l.c.set(func() { l.c.answers["sendMessage"] = `{"ok":false,"error_code":401,"description":"Unauthorized"}` })
		if _, err := l.Do(t.Context(), sendTo("喂")); community.CodeOf(err) != community.CodeUnreachable || l.host.State() != "failed" {
			t.Errorf("revoked while running: %v, state %s; want unreachable, failed", err, l.host.State())
		}
		if got := l.Abilities(groupID).Level(community.Mute); got != community.Human {
			t.Errorf("mute = %s, want human while the token is refused", got)
		}
	})
}

func TestTwoProgramsOnOneBotAreReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, func(c *cloud) {
			c.answers["getUpdates"] = `{"ok":false,"error_code":409,"description":"Conflict: terminated by other getUpdates request"}`
		})
		if h := l.last(); h.State != "failed" || h.Code != community.CodeConflict {
			t.Errorf("health %+v, want failed, conflict", h)
		}
	})
}

func TestTheBotIsToldThatItWasRemovedOrMuted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, nil)
		l.c.says("先认识这个群")
		synctest.Wait()
		l.c.becomes("my_chat_member", selfID, ownerID, `"status":"administrator"`, `"status":"restricted","is_member":true,"can_send_messages":false,"until_date":0`, "")
		synctest.Wait()
		if h := l.last(); h.Code != community.CodeRefused || !strings.Contains(h.Detail, "muted") || len(l.host.Of(community.AccountMuted)) != 1 {
			t.Errorf("muted: health %+v, %d account.muted", h, len(l.host.Of(community.AccountMuted)))
		}
		if got := l.Abilities(groupID).Verbs[community.Send]; got.Level != community.Human || got.Note == "" {
			t.Errorf("muted: send = %+v", got)
		}
		l.c.becomes("my_chat_member", selfID, ownerID, `"status":"member"`, `"status":"kicked","until_date":0`, "")
		synctest.Wait()
		if h := l.last(); h.State != "online" || !strings.Contains(h.Detail, "add it to the group again") {
			t.Errorf("removed: health %+v, want a sentence with what to do", h)
		}
		if got := l.Abilities(groupID).Verbs[community.Send]; got.Level != community.Human || got.Note != "the bot is not in the group" {
			t.Errorf("removed: send = %+v", got)
		}
		left := l.host.Of(community.MemberLeft)
		if len(left) != 1 || left[0].Actor.Role != community.RoleSelf || left[0].Body.Reason != "kicked" {
			t.Errorf("left = %+v, want ourselves, kicked", left)
		}
	})
}

func TestAPauseThatTelegramAsksForIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, func(c *cloud) {
			c.answers["sendMessage"] = `{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 35","parameters":{"retry_after":35}}`
		})
		_, err := l.Do(t.Context(), sendTo("一"))
		l.c.set(func() { clear(l.c.answers) })
		_, again := l.Do(t.Context(), sendTo("二"))
		if community.CodeOf(err) != community.CodeLimited || community.CodeOf(again) != community.CodeLimited || len(l.c.called("sendMessage")) != 1 {
			t.Errorf("%v, then %v, %d calls; want limited twice, one call", err, again, len(l.c.called("sendMessage")))
		}
		time.Sleep(36 * time.Second)
		if _, err := l.Do(t.Context(), sendTo("三")); err != nil {
			t.Errorf("after the pause: %v", err)
		}
	})
}

func TestAGroupGetsTwentyMessagesAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, nil)
		sent := func() (n int) {
			for range 50 {
				if _, err := l.Do(t.Context(), sendTo("广播")); err == nil {
					n++
				} else if community.CodeOf(err) != community.CodeLimited {
					t.Fatal(err)
				}
			}
			return n
		}
		first := sent()
		time.Sleep(59 * time.Second)
		second := sent()
		time.Sleep(2 * time.Second)
		if third := sent(); first != 20 || second != 0 || third != 20 {
			t.Errorf("%d, after 59 s %d, after 61 s %d; want 20, 0, 20", first, second, third)
		}
	})
}

func TestAGroupThatMovedIsReachedUnderItsNewID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, nil)
		a := sendTo("搬家了吗")
		a.To.Group = "-4321"
		l.c.set(func() {
			l.c.answers["sendMessage"] = `{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":` + groupID + `}}`
		})
		_, err := l.Do(t.Context(), a)
		if community.CodeOf(err) != community.CodeRefused {
			t.Fatalf("the stub keeps refusing: %v", err)
		}
		l.c.set(func() { clear(l.c.answers) })
		if _, err := l.Do(t.Context(), a); err != nil {
			t.Errorf("after the move: %v", err)
		}
		synctest.Wait()
		moved := l.host.Of(community.GroupMoved)
		if len(moved) == 0 || moved[0].Group.ID != "-4321" || moved[0].Body.State != groupID {
			t.Errorf("moves told: %+v", moved)
		}
	})
}

func TestAnAdminBotIsNotToldTwiceWhoCame(t *testing.T) {
	const service = `"message":{"message_id":61,"from":{"id":512345678,"first_name":"阿青"},%s,"date":1763870400,"new_chat_members":[{"id":512345678,"first_name":"阿青"}]}`
	for status, want := range map[string]int{"administrator": 0, "member": 1} {
		synctest.Test(t, func(t *testing.T) {
			l := live(t, func(c *cloud) { c.status = status })
			l.c.tell(fmt.Sprintf(service, l.c.chat()))
			synctest.Wait()
			if got := len(l.host.Of(community.MemberJoined)); got != want {
				t.Errorf("as %s: %d joins from the service message, want %d", status, got, want)
			}
		})
	}
}

func TestAdminsAreKnownFromTheFirstMessageOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, nil)
		l.c.tell(fmt.Sprintf(`"message":{"message_id":62,"from":{"id":%s,"first_name":"群主"},%s,"date":1763870400,"text":"我是群主"}`, ownerID, l.c.chat()))
		synctest.Wait()
		got := l.host.Of(community.MessageCreated)
		if len(got) != 1 || got[0].Actor.Role != community.RoleOwner {
			t.Errorf("the owner's first message: %+v", got)
		}
		if l.Abilities("").ReadsAll || !l.Abilities(groupID).ReadsAll {
			t.Error("with privacy mode on, everything is read only where the bot is an admin")
		}
	})
}

func TestWhatTheBotDidIsKnownWhenItComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, nil)
		action := community.DeriveID(community.ID{}, "r", 1)
		to := community.Address{Group: groupID, Member: memberID, Message: "7"}
		for _, verb := range []community.Verb{community.Mute, community.Remove, community.RecallMsg} {
			if _, err := l.Do(t.Context(), community.Action{ID: action, Verb: verb, Seconds: 60, To: to}); err != nil {
				t.Fatal(verb, err)
			}
		}
		const in = `"status":"member"`
		l.c.becomes("chat_member", memberID, selfID, in, `"status":"restricted","is_member":true,"can_send_messages":false,"until_date":0`, "")
		l.c.becomes("chat_member", memberID, selfID, in, `"status":"kicked","until_date":0`, "")
		synctest.Wait()
		for _, kind := range []community.Type{community.MemberMuted, community.MemberLeft, community.MessageDeleted} {
			got := l.host.Of(kind)
			if len(got) != 1 || got[0].Body.Caused != action {
				t.Errorf("%s: %+v, want one, caused by our action", kind, got)
			}
		}
	})
}

func TestARemovalWithoutBlockLetsThePersonComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, nil)
		a := community.Action{Verb: community.Remove, Block: true, To: community.Address{Group: groupID, Member: memberID}}
		_, _ = l.Do(t.Context(), a)
		if n := len(l.c.called("unbanChatMember")); n != 0 {
			t.Errorf("a blocked person was let off %d times", n)
		}
		a.Block = false
		_, _ = l.Do(t.Context(), a)
		if got := l.c.called("unbanChatMember"); len(got) != 1 || !strings.Contains(got[0], `"only_if_banned":"true"`) {
			t.Errorf("unban calls %v, want one, only if banned", got)
		}
	})
}

func TestAMethodThatThisServerLacksIsLearned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, func(c *cloud) {
			c.answers["pinChatMessage"] = `{"ok":false,"error_code":404,"description":"Not Found: method not found"}`
		})
		a := community.Action{Verb: community.Essence, To: community.Address{Group: groupID, Message: "7"}}
		if _, err := l.Do(t.Context(), a); community.CodeOf(err) != community.CodeUnsupported {
			t.Errorf("%v, want unsupported", err)
		}
		if got := l.Abilities(groupID).Verbs[community.Essence]; got.Level != community.None || got.Evidence != "learned" {
			t.Errorf("essence = %+v, want none, learned", got)
		}
		l.c.set(func() { clear(l.c.answers) })
		if _, err := l.Do(t.Context(), a); err != nil || l.Abilities(groupID).Level(community.Essence) != community.Native {
			t.Errorf("there again: %v, %s", err, l.Abilities(groupID).Level(community.Essence))
		}
	})
}

func TestRefusalsMeanWhatTheySay(t *testing.T) {
	cases := []struct {
		answer string
		code   community.Code
	}{
		{`{"ok":false,"error_code":400,"description":"Bad Request: not enough rights to send text messages to the chat"}`, community.CodeRefused},
		{`{"ok":false,"error_code":403,"description":"Forbidden: bot was kicked from the supergroup chat"}`, community.CodeRefused},
		{`{"ok":false,"error_code":502,"description":"Bad Gateway"}`, community.CodeTimeout},
		{`<html>bad gateway</html>`, community.CodeTimeout},
	}
	for _, c := range cases {
		synctest.Test(t, func(t *testing.T) {
			l := live(t, func(k *cloud) { k.answers["sendMessage"] = c.answer })
			if _, err := l.Do(t.Context(), sendTo("喂")); community.CodeOf(err) != c.code {
				t.Errorf("%s: %v, want %s", c.answer, err, c.code)
			}
		})
	}
}

func TestWhatIsTooLongOrLacksSomethingIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, nil)
		if _, err := l.Do(t.Context(), sendTo(strings.Repeat("长", 4097))); community.CodeOf(err) != community.CodeTooLarge {
			t.Errorf("4097 characters: %v, want too_large", err)
		}
		for verb, how := range recipes {
			if !how.member && !how.message && !how.flag && !how.text {
				continue
			}
			if _, err := l.Do(t.Context(), community.Action{Verb: verb, To: community.Address{Group: groupID}}); community.CodeOf(err) != community.CodeBadInput {
				t.Errorf("%s without anything: %v, want bad_input", verb, err)
			}
		}
		if len(l.c.did()) != 0 {
			t.Errorf("done all the same: %+v", l.c.did())
		}
	})
}

func TestPushesProveThemselves(t *testing.T) {
	s, err := New(nil).Open(t.Context(), json.RawMessage(hookSettings), conntest.NewHost())
	if err != nil {
		t.Fatal(err)
	}
	push := func(secret string) int {
		r := httptest.NewRequest("POST", "/connect/a/", strings.NewReader(`{"update_id":1}`))
		r.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
		w := httptest.NewRecorder()
		s.(connect.HTTPReceiver).ServeConnect(w, r)
		return w.Code
	}
	if none, wrong, right := push(""), push("guess"), push(testSecret); none != http.StatusUnauthorized || wrong != http.StatusUnauthorized || right != http.StatusServiceUnavailable {
		t.Errorf("no secret %d, wrong %d, right but not running %d; want 401, 401, 503", none, wrong, right)
	}
}

func TestContentIsUploadedOnceAndThenNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, nil)
		a := sendTo("x")
		a.Segments = []community.Segment{{Kind: "text", Text: "看"}, {Kind: "image", Ref: "https://qq.example/a.png", File: &community.Medium{Hash: "h", Name: "a.png", Data: []byte("PNG")}}}
		for range 2 {
			if _, err := l.Do(t.Context(), a); err != nil {
				t.Fatal(err)
			}
		}
		said := l.c.called("sendPhoto")
		if len(said) != 2 || !strings.Contains(said[0], "content:a.png:3") || !strings.Contains(said[0], "看") || !strings.Contains(said[1], `"photo":"again"`) {
			t.Errorf("sent %v, want the content once, then what Telegram calls it", said)
		}
	})
}

func TestFilesOfTheBotAreReadAndGoneOnesSaySo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, func(c *cloud) { c.files = map[string][]byte{"photos/f1": []byte("PNG")} })
		got, err := l.ReadMedia(t.Context(), community.Segment{Kind: "image", Ref: "telegram:f1"}, 100)
		if err != nil || string(got.Data) != "PNG" || got.Name != "f1" {
			t.Errorf("read %+v, %v", got, err)
		}
		for ref, code := range map[string]community.Code{"telegram:f2": community.CodeLate, "https://a.example/": community.CodeUnsupported} {
			if _, err := l.ReadMedia(t.Context(), community.Segment{Kind: "image", Ref: ref}, 100); community.CodeOf(err) != code {
				t.Errorf("%s: %v, want %s", ref, err, code)
			}
		}
		if _, err := l.ReadMedia(t.Context(), community.Segment{Kind: "image", Ref: "telegram:f1"}, 2); community.CodeOf(err) != community.CodeTooLarge {
			t.Errorf("too large: %v", err)
		}
	})
}
