package onebot

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

// living is a forward session at work.
type living struct {
	*Session
	i    *implementation
	host *conntest.Host
}

// live starts a session in the bubble; prepare changes the implementation before the session meets it.
func live(t *testing.T, settings string, prepare func(i *implementation)) living {
	t.Helper()
	i := newImplementation(t)
	if prepare != nil {
		prepare(i)
	}
	host := conntest.NewHost()
	if settings == "" {
		settings = `{"mode":"forward","url":"ws://qq.example/","token":"` + testToken + `"}`
	}
	s, err := New(i.client()).Open(t.Context(), json.RawMessage(settings), host)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = s.Run(ctx) })
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
	synctest.Wait()
	return living{s.(*Session), i, host}
}

func sendTo(text string) community.Action {
	return community.Action{Verb: community.Send, Text: text, To: community.Address{Group: groupID}}
}

func TestCallsAreWrittenAsTheProtocolSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, "", nil)
		to := community.Address{Group: groupID, Member: memberID, Message: "-77"}
		cases := []struct {
			a            community.Action
			action, want string
		}{
			{community.Action{Verb: community.Send, Text: "<欢迎> & 你好", Mention: true, ReplyTo: "-77", To: to}, "send_group_msg",
				`{"group_id":712345678,"message":[{"type":"reply","data":{"id":"-77"}},{"type":"at","data":{"qq":"1284567890"}},{"type":"text","data":{"text":" <欢迎> & 你好"}}]}`},
			{community.Action{Verb: community.RecallMsg, To: to}, "delete_msg", `{"message_id":-77}`},
			{community.Action{Verb: community.Essence, To: to}, "set_essence_msg", `{"message_id":-77}`},
			{community.Action{Verb: community.Essence, Refuse: true, To: to}, "delete_essence_msg", `{"message_id":-77}`},
			{community.Action{Verb: community.Send, Text: "看图 [图片]", Segments: []community.Segment{{Kind: "text", Text: "看图 "}, {Kind: "image", Ref: "https://e/x.png"}}, To: to}, "send_group_msg",
				`{"group_id":712345678,"message":[{"type":"text","data":{"text":"看图 "}},{"type":"image","data":{"file":"https://e/x.png","url":"https://e/x.png"}}]}`},
			{community.Action{Verb: community.Mute, Seconds: 1 << 40, To: to}, "set_group_ban", `{"duration":2591940,"group_id":712345678,"user_id":1284567890}`},
			{community.Action{Verb: community.Unmute, To: to}, "set_group_ban", `{"duration":0,"group_id":712345678,"user_id":1284567890}`},
			{community.Action{Verb: community.Approve, Message: "invite:f:1", To: to}, "set_group_add_request", `{"approve":true,"flag":"f:1","reason":"","sub_type":"invite"}`},
			{community.Action{Verb: community.MuteAll, Refuse: true, To: to}, "set_group_whole_ban", `{"enable":false,"group_id":712345678}`},
			{community.Action{Verb: community.Remove, Block: true, To: to}, "set_group_kick", `{"group_id":712345678,"reject_add_request":true,"user_id":1284567890}`},
			{community.Action{Verb: community.SetCard, To: community.Address{Group: groupID, Member: "9007199254740993"}}, "set_group_card",
				`{"card":"","group_id":712345678,"user_id":"9007199254740993"}`},
			{community.Action{Verb: community.SetCard, To: community.Address{Group: groupID, Member: "wxid_07"}}, "set_group_card",
				`{"card":"","group_id":712345678,"user_id":"wxid_07"}`},
		}
		for _, c := range cases {
			_, _ = l.Do(t.Context(), c.a) // the implementation knows neither the message nor the flag: only the call counts
			calls := l.i.called(c.action)
			if len(calls) == 0 || calls[len(calls)-1] != c.want {
				t.Errorf("%s: %v\nwant %s", c.a.Verb, calls, c.want)
			}
		}
	})
}

func TestActionsThatLackSomethingAreNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, "", nil)
		for _, verb := range community.Verbs {
			if _, known := recipes[verb]; !known || verb == community.MuteAll {
				continue
			}
			a := community.Action{Verb: verb, To: community.Address{Group: groupID}}
			if _, err := l.Do(t.Context(), a); community.CodeOf(err) != community.CodeBadInput || len(l.i.did()) > 0 {
				t.Errorf("%s without anything: %v, want bad_input", verb, err)
			}
		}
	})
}

func TestAnswersOutOfOrderReachTheirCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, "", func(i *implementation) { i.holding = 3 })
		var wg sync.WaitGroup
		ids := make([]string, 3)
		for n := range ids {
			wg.Go(func() {
				r, err := l.Do(t.Context(), sendTo(fmt.Sprint("第", n)))
				if err != nil {
					t.Error(err)
				}
				ids[n] = r.Message
			})
			synctest.Wait()
		}
		wg.Wait()
		if want := []string{"1001", "1002", "1003"}; !slices.Equal(ids, want) {
			t.Errorf("message ids = %v, want %v", ids, want)
		}
	})
}

func TestFailedAnswersAndWhatTheyMean(t *testing.T) {
	cases := []struct {
		answer string
		code   community.Code
	}{
		{`{"status":"ok","retcode":0,"data":{"message_id":"a1"}}`, community.CodeNone},
		{`{"status":"async","retcode":1,"data":null}`, community.CodeNone},
		{`{"status":"failed","retcode":-1,"msg":"send_group_msg not implemented"}`, community.CodeUnsupported},
		{`{"status":"failed","retcode":1404,"data":null}`, community.CodeUnsupported},
		{`{"status":"failed","retcode":404,"message":"不支持的Api send_group_msg"}`, community.CodeUnsupported},
		{`{"status":"failed","retcode":1200,"message":"Timeout: NTEvent sendMsg"}`, community.CodeTimeout},
		{`{"status":"failed","retcode":100,"wording":"发送过于频繁"}`, community.CodeLimited},
		{`{"status":"failed","retcode":1403}`, community.CodeForbidden},
		{`{"status":"failed","retcode":100,"msg":"SEND_MSG_API_ERROR","wording":"消息发送失败,账号可能被风控"}`, community.CodeRestricted},
		{`{"status":"failed","retcode":100,"wording":"权限不足"}`, community.CodeRefused},
		{`{"status":"failed","retcode":102,"wording":"别的什么"}`, community.CodeRefused},
		{`{"retcode":1400}`, community.CodeRefused},
	}
	for _, c := range cases {
		synctest.Test(t, func(t *testing.T) {
			l := live(t, "", func(i *implementation) { i.answers["send_group_msg"] = c.answer })
			if _, err := l.Do(t.Context(), sendTo("喂")); community.CodeOf(err) != c.code {
				t.Errorf("%s: %v, want %q", c.answer, err, c.code)
			}
		})
	}
}

func TestARestrictedAccountStopsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, "", func(i *implementation) {
			i.answers["send_group_msg"] = `{"status":"failed","retcode":100,"wording":"账号可能被风控"}`
		})
		_, _ = l.Do(t.Context(), sendTo("一"))
		mute := community.Action{Verb: community.Mute, Seconds: 60, To: community.Address{Group: groupID, Member: memberID}}
		if _, err := l.Do(t.Context(), mute); community.CodeOf(err) != community.CodeRefused || len(l.i.did()) != 0 {
			t.Errorf("afterwards: %v, did %v; want refused, nothing done", err, l.i.did())
		}
		if got := l.Abilities(groupID).Verbs[community.Mute]; got.Level != community.Human || !strings.Contains(got.Note, "风控") {
			t.Errorf("abilities say %+v, want human with the reason", got)
		}
		if l.host.State() != "failed" {
			t.Errorf("state %q, want failed", l.host.State())
		}
	})
}

func TestAnAccountThrownOutIsReportedUntilItIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, "", nil)
		l.i.event(l.i.stamp(`"post_type":"notice","notice_type":"bot_offline","message":"在别处登录"`))
		l.host.Until(t, "failed", func() bool { return l.host.State() == "failed" })
		if _, err := l.Do(t.Context(), sendTo("喂")); community.CodeOf(err) != community.CodeRefused {
			t.Errorf("thrown out: %v, want refused", err)
		}
		l.i.event(l.i.stamp(`"post_type":"meta_event","meta_event_type":"heartbeat","interval":5000,"status":{"online":true,"good":true}`))
		l.host.Until(t, "online again", func() bool { return l.host.State() == "online" })
		if _, err := l.Do(t.Context(), sendTo("回来了")); err != nil {
			t.Errorf("back again: %v", err)
		}
	})
}

func TestSendsKeepWithinTheirBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, `{"mode":"forward","url":"ws://q/","token":"`+testToken+`","rate":6}`, nil)
		sent := func() (n int) {
			for range 100 {
				_, err := l.Do(t.Context(), sendTo("广播"))
				if err == nil {
					n++
				} else if community.CodeOf(err) != community.CodeLimited {
					t.Fatal(err)
				}
			}
			return n
		}
		first := sent()
		time.Sleep(time.Minute / 6)
		if next := sent(); first != 3 || next != 1 {
			t.Errorf("%d at once and %d after ten seconds, want 3 and 1 at 6 a minute", first, next)
		}
		if got := l.Abilities(groupID).Verbs[community.Send].Rate; got != 6 {
			t.Errorf("the ability's rate is %d, want 6", got)
		}
	})
}

func TestASilentHeartbeatEndsTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, "", nil)
		l.i.event(l.i.stamp(`"post_type":"meta_event","meta_event_type":"heartbeat","interval":5000,"status":{"online":true}`))
		time.Sleep(14 * time.Second)
		if l.host.State() != "online" {
			t.Fatal("ended before three heartbeats were missed")
		}
		time.Sleep(10 * time.Second)
		found := slices.ContainsFunc(l.host.Healths(), func(h connect.Health) bool {
			return h.Code == community.CodeUnreachable && strings.Contains(h.Detail, "nothing heard")
		})
		if !found || l.host.State() != "online" {
			t.Errorf("state %q, reports %+v; want a silence noticed and a new connection", l.host.State(), l.host.Healths())
		}
	})
}

func TestWithoutHeartbeatsAPingKeepsTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, "", nil)
		before := len(l.host.Healths())
		time.Sleep(time.Hour)
		if got := l.host.Healths()[before:]; len(got) != 0 {
			t.Errorf("an hour of silence: %+v", got)
		}
	})
}

// stuckHost never comes back from Receive before it is let go.
type stuckHost struct {
	*conntest.Host
	let chan struct{}
}

func (h stuckHost) Receive(ctx context.Context, in ...connect.Inbound) error {
	select {
	case <-h.let:
		return h.Host.Receive(ctx, in...)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestAFullQueueStopsReadingAndLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newImplementation(t)
		host := stuckHost{conntest.NewHost(), make(chan struct{})}
		s, err := New(i.client()).Open(t.Context(), json.RawMessage(`{"mode":"forward","url":"ws://q/","token":"`+testToken+`"}`), host)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		wg.Go(func() { _ = s.Run(ctx) })
		t.Cleanup(func() { stop(); wg.Wait() })
		synctest.Wait()
		const n = 512 + 2*64 // more than a feed holds
		told := 0
		wg.Go(func() {
			for k := range n {
				i.says(fmt.Sprint(k))
				told = k + 1
			}
		})
		synctest.Wait()
		if told >= n {
			t.Fatal("all was read although the host takes nothing")
		}
		close(host.let)
		synctest.Wait()
		got := host.Of(community.MessageCreated)
		if len(got) != n {
			t.Fatalf("%d of %d messages came", len(got), n)
		}
		for k, in := range got {
			if in.Body.Text != fmt.Sprint(k) {
				t.Fatalf("message %d reads %q", k, in.Body.Text)
			}
		}
	})
}

func TestAnotherAccountIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, `{"mode":"forward","url":"ws://q/","token":"`+testToken+`","self":"12345"}`, nil)
		time.Sleep(time.Second)
		h := l.host.Healths()
		if last := h[len(h)-1]; last.State != "failed" || last.Code != community.CodeConflict {
			t.Errorf("last report %+v, want failed, conflict", last)
		}
		l.i.set(func() { l.i.refusing = true })
		if got := l.host.Of(community.MessageCreated); len(got) != 0 {
			t.Errorf("events of another account came: %v", got)
		}
	})
}

func TestAWrongTokenIsReportedAndTriedAgainSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, `{"mode":"forward","url":"ws://q/","token":"wr0ng"}`, nil)
		time.Sleep(10 * time.Minute)
		h := l.host.Healths()
		if last := h[len(h)-1]; last.State != "failed" || last.Code != community.CodeForbidden || len(h) > 25 {
			t.Errorf("%d reports, the last %+v; want failed, forbidden, at most one in half a minute", len(h), last)
		}
	})
}

func TestReverseConnectionsProveWhoTheyAre(t *testing.T) {
	open := func(t *testing.T) *Session {
		s, err := New(nil).Open(t.Context(), json.RawMessage(`{"mode":"reverse","token":"`+testToken+`","self":"1"}`), conntest.NewHost())
		if err != nil {
			t.Fatal(err)
		}
		return s.(*Session)
	}
	cases := []struct {
		name, auth, query, self, role string
		want                          int
	}{
		{"no token", "", "", "1", "Universal", http.StatusUnauthorized},
		{"wrong token", "Bearer nope", "", "1", "Universal", http.StatusUnauthorized},
		{"wrong scheme", "Basic " + testToken, "", "1", "Universal", http.StatusUnauthorized},
		{"a header that is wrong is not mended by the query", "Bearer nope", testToken, "1", "Universal", http.StatusUnauthorized},
		{"bearer", "Bearer " + testToken, "", "1", "Universal", http.StatusServiceUnavailable},
		{"token", "Token " + testToken, "", "1", "universal", http.StatusServiceUnavailable},
		{"query", "", testToken, "1", "Universal", http.StatusServiceUnavailable},
		{"another account", "Bearer " + testToken, "", "2", "Universal", http.StatusForbidden},
		{"no account", "Bearer " + testToken, "", "", "Universal", http.StatusForbidden},
		{"events only", "Bearer " + testToken, "", "1", "Event", http.StatusBadRequest},
	}
	for _, c := range cases {
		r := httptest.NewRequest("GET", "/connect/a/?access_token="+c.query, nil)
		r.Header.Set("X-Self-ID", c.self)
		r.Header.Set("X-Client-Role", c.role)
		if c.auth != "" {
			r.Header.Set("Authorization", c.auth)
		}
		w := httptest.NewRecorder()
		open(t).ServeConnect(w, r)
		if w.Code != c.want {
			t.Errorf("%s: %d, want %d", c.name, w.Code, c.want)
		}
	}
}

func TestMemberListsAreCompleteOrAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, "", nil)
		l.i.set(func() {
			for n := range 6000 {
				id := fmt.Sprint(5_000_000 + n)
				l.i.members[id] = map[string]any{
					"user_id": json.Number(id), "nickname": strings.Repeat("昵称", 30), "card": "", "role": "member",
				}
			}
		})
		got, err := l.Members(t.Context(), groupID)
		if err != nil || len(got) != 6003 {
			t.Errorf("%d members, %v; want 6003 from an answer of more than a megabyte", len(got), err)
		}
		l.i.set(func() {
			l.i.answers["get_group_info"] = `{"status":"ok","retcode":0,"data":{"group_id":712345678,"member_count":6100}}`
		})
		if _, err := l.Members(t.Context(), groupID); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("6003 of 6100: %v, want conflict", err)
		}
	})
}

func TestMemberListTellsWhenPeopleJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, "", nil)
		times := map[string]any{"5000001": 1_700_000_000, "5000002": 0, "5000003": "soon", "5000004": -1, "5000005": nil}
		l.i.set(func() {
			for id, at := range times {
				l.i.members[id] = map[string]any{"user_id": json.Number(id), "nickname": "老周", "role": "member", "join_time": at}
			}
		})
		got, err := l.Members(t.Context(), groupID)
		if err != nil {
			t.Fatal(err)
		}
		for _, who := range got {
			want := int64(0)
			if who.ID == "5000001" {
				want = 1_700_000_000_000
			}
			if who.JoinedAt != want {
				t.Errorf("%s joined at %d, want %d (join_time %v)", who.ID, who.JoinedAt, want, times[who.ID])
			}
		}
	})
}

func TestAMemberListThatIsMissingThereIsLearned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, "", func(i *implementation) { i.missing["get_group_member_list"] = true })
		list := community.Action{Verb: community.ListMember, To: community.Address{Group: groupID}}
		if _, err := l.Do(t.Context(), list); community.CodeOf(err) != community.CodeUnsupported {
			t.Errorf("missing there: %v, want unsupported", err)
		}
		if got := l.Abilities(groupID).Level(community.ListMember); got != community.None {
			t.Errorf("member.list = %s, want none", got)
		}
		l.i.set(func() { clear(l.i.missing) })
		if _, err := l.Do(t.Context(), list); err != nil || l.Abilities(groupID).Level(community.ListMember) != community.Native {
			t.Errorf("there again: %v, %s", err, l.Abilities(groupID).Level(community.ListMember))
		}
	})
}

func TestAMutedAccountCannotSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, "", nil)
		l.i.event(l.i.stamp(`"post_type":"notice","notice_type":"group_ban","sub_type":"ban","duration":600,"operator_id":900,"group_id":` +
			groupID + `,"user_id":` + selfID))
		l.host.Until(t, "the mute", func() bool { return len(l.host.Of(community.MemberMuted)) == 1 })
		if got := l.Abilities(groupID).Verbs[community.Send]; got.Level != community.Human || got.Note == "" {
			t.Errorf("send = %+v, want human with a note", got)
		}
		time.Sleep(11 * time.Minute)
		if got := l.Abilities(groupID).Level(community.Send); got != community.Native {
			t.Errorf("after the mute's end send = %s, want native", got)
		}
	})
}

func TestWhatWeDidIsKnownWhenItComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, "", nil)
		id := community.DeriveID(community.ID{}, "r", 1)
		to := community.Address{Group: groupID, Member: memberID}
		for _, a := range []community.Action{
			{ID: id, Verb: community.Mute, Seconds: 60, To: to}, {ID: id, Verb: community.Unmute, To: to},
			{ID: id, Verb: community.SetCard, Text: "新", To: to}, {ID: id, Verb: community.MuteAll, To: to},
			{ID: id, Verb: community.Remove, To: to},
		} {
			if _, err := l.Do(t.Context(), a); err != nil {
				t.Fatal(a.Verb, err)
			}
			synctest.Wait()
		}
		var told []connect.Inbound
		for _, kind := range []community.Type{community.MemberMuted, community.MemberUpdated, community.GroupUpdated, community.MemberLeft} {
			told = append(told, l.host.Of(kind)...)
		}
		if len(told) != 5 {
			t.Fatalf("%d notices, want 5", len(told))
		}
		for _, in := range told {
			if in.Body.Caused != id || in.By.Role != community.RoleSelf {
				t.Errorf("%s: caused by %q, by %+v", in.Type, in.Body.Caused, in.By)
			}
		}
		l.i.notice(`"notice_type":"group_ban","sub_type":"ban","operator_id":900,"duration":60`)
		l.host.Until(t, "another's mute", func() bool { return len(l.host.Of(community.MemberMuted)) == 3 })
		if in := l.host.Of(community.MemberMuted)[2]; !in.Body.Caused.IsZero() {
			t.Error("another's mute is taken for ours")
		}
	})
}

func TestFetchedContentGoesAsBase64AndNotByItsAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, "", nil)
		a := sendTo("x")
		a.Segments = []community.Segment{{Kind: "text", Text: "看"}, {Kind: "image", Ref: "https://qq.example/old.png", File: &community.Medium{Name: "a.png", Data: []byte("PNG")}}}
		if _, err := l.Do(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		said := l.i.called("send_group_msg")
		if len(said) != 1 || !strings.Contains(said[0], "base64://UE5H") || strings.Contains(said[0], "old.png") {
			t.Errorf("sent %v, want the content and not the address", said)
		}
	})
}

func TestContentWithoutAnAddressIsAskedOfTheImplementation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, "", nil)
		if _, err := l.ReadMedia(t.Context(), community.Segment{Kind: "image", Ref: "https://qq.example/a.png"}, 100); community.CodeOf(err) != community.CodeUnsupported {
			t.Errorf("a web address: %v, want it left to the web", err)
		}
		got, err := l.ReadMedia(t.Context(), community.Segment{Kind: "image", Ref: "base64://UE5H"}, 100)
		if err != nil || string(got.Data) != "PNG" {
			t.Errorf("inline content = %q, %v", got.Data, err)
		}
		for ref, code := range map[string]community.Code{"base64://%%%": community.CodeBadInput, "base64://" + strings.Repeat("A", 400): community.CodeTooLarge} {
			if _, err := l.ReadMedia(t.Context(), community.Segment{Kind: "image", Ref: ref}, 100); community.CodeOf(err) != code {
				t.Errorf("%.20s: %v, want %s", ref, err, code)
			}
		}
	})
}
