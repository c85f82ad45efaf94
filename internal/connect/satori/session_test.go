package satori

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/conntest"
)

// keepingHost remembers what a session keeps.
type keepingHost struct {
	*conntest.Host
	notes map[string]json.RawMessage
}

func (h *keepingHost) Keep(_ context.Context, name string, value json.RawMessage) error {
	h.notes[name] = value
	return nil
}

func (h *keepingHost) Kept(context.Context, string) (map[string]json.RawMessage, error) {
	return h.notes, nil
}

// living is a session at work with the stub.
type living struct {
	*stub
	*Session
	host *keepingHost
	stop func()
}

func live(t *testing.T, g *stub, host *keepingHost, settings string) *living {
	t.Helper()
	if host == nil {
		host = &keepingHost{conntest.NewHost(), map[string]json.RawMessage{}}
	}
	opened, err := New(g.network.Client(t)).Open(t.Context(), json.RawMessage(settings), host)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() {
		defer close(over)
		_ = opened.Run(ctx)
	}()
	l := &living{g, opened.(*Session), host, func() { cancel(); <-over }}
	t.Cleanup(l.stop)
	return l
}

// alive runs a test in a bubble with a session that is online.
func alive(t *testing.T, test func(t *testing.T, l *living)) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, newStub(t), nil, settings)
		l.host.Until(t, "online", func() bool { return l.host.State() == "online" })
		test(t, l)
	})
}

func (l *living) last() connect.Health {
	all := l.host.Healths()
	return all[len(all)-1]
}

func (l *living) do(t *testing.T, a community.Action) (connect.Receipt, error) {
	t.Helper()
	if a.To.Group == "" {
		a.To.Group = groupID
	}
	return l.Do(t.Context(), a)
}

func TestWhatIsWrongIsSaidInASentence(t *testing.T) {
	for name, c := range map[string]struct {
		settings string
		break_   func(g *stub)
		code     community.Code
		says     [2]string
	}{
		"wrong token":       {strings.ReplaceAll(settings, testToken, "guess"), nil, community.CodeForbidden, [2]string{"令牌", "token"}},
		"gateway down":      {settings, func(g *stub) { g.network.Cut() }, community.CodeUnreachable, [2]string{"连不上网关", "cannot be reached"}},
		"wrong address":     {strings.ReplaceAll(settings, "/satori", "/stori"), nil, community.CodeUnreachable, [2]string{"没有 Satori", "no Satori"}},
		"not logged in":     {strings.ReplaceAll(settings, "discord", "kook"), nil, community.CodeConflict, [2]string{"discord 514 小群; lark ou_1 另一个", "discord 514"}},
		"which of two":      {settings, func(g *stub) { g.logins = `[` + g.login() + `,{"platform":"discord","user":{"id":"515"}}]` }, community.CodeConflict, [2]string{"几个账号", "several accounts"}},
		"gateway behind":    {settings, func(g *stub) { g.ahead = -5 * time.Minute }, community.CodeClock, [2]string{"时钟", "clock"}},
		"account is away":   {settings, func(g *stub) { g.status = 0 }, community.CodeUnreachable, [2]string{"不在线", "not online"}},
		"answers no READY":  {settings, func(g *stub) { g.logins = `{` }, community.CodeUnreachable, [2]string{"READY", "READY"}},
		"gateway is broken": {settings, func(g *stub) { g.refusing = true }, community.CodeUnreachable, [2]string{"没有 Satori", "no Satori"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newStub(t)
				if c.break_ != nil {
					c.break_(g)
				}
				l := live(t, g, nil, c.settings)
				var found connect.Health
				l.host.Until(t, "a report with "+string(c.code), func() bool {
					i := slices.IndexFunc(l.host.Healths(), func(h connect.Health) bool { return h.Code == c.code })
					if i >= 0 {
						found = l.host.Healths()[i]
					}
					return i >= 0
				})
				if !strings.Contains(found.Say[0], c.says[0]) || !strings.Contains(found.Say[1], c.says[1]) || strings.Contains(found.Detail, testToken) {
					t.Errorf("said %q, want %q", found.Say, c.says)
				}
			})
		})
	}
}

func TestTheAccountsOwnComingAndGoingIsFollowed(t *testing.T) {
	alive(t, func(t *testing.T, l *living) {
		tell := func(status int, kind string) {
			l.push(fmt.Sprintf(`{"op":0,"body":{"sn":1,"type":%q,"timestamp":1,"login":{"platform":"discord","user":{"id":%q,"name":"小群"},"status":%d}}}`, kind, selfID, status))
		}
		tell(0, "login-updated")
		l.host.Until(t, "failed while the account is away", func() bool { return l.host.State() == "failed" })
		if _, err := l.do(t, community.Action{Verb: community.Send, Text: "在吗"}); community.CodeOf(err) != community.CodeUnreachable {
			t.Errorf("send while away: %v, want unreachable", err)
		}
		if got := l.Abilities(groupID).Level(community.Mute); got != community.Human {
			t.Errorf("mute while away = %s, want human", got)
		}
		tell(1, "login-updated")
		l.host.Until(t, "online again", func() bool { return l.host.State() == "online" })
		if got := l.Abilities(groupID).Verbs[community.Mute]; got.Level != community.Native || got.Evidence != "probed" {
			t.Errorf("mute afterwards = %+v, want native by what was known of it", got)
		}
		tell(1, "login-removed")
		l.host.Until(t, "failed once it is removed", func() bool { return l.host.State() == "failed" })
		l.event("guild-removed", here)
		l.host.Until(t, "we left", func() bool {
			left := l.host.Of(community.MemberLeft)
			return len(left) == 1 && left[0].Actor.ID == selfID && left[0].Actor.Role == community.RoleSelf && left[0].Body.Reason == "kicked"
		})
	})
}

func TestRemovedBotIsSaid(t *testing.T) {
	alive(t, func(t *testing.T, l *living) {
		l.event("guild-removed", here+`,"operator":{"id":"`+ownerID+`"}`)
		l.host.Until(t, "a sentence", func() bool { return strings.Contains(l.last().Say[0], "移出了「周末徒步群」") })
		if h := l.last(); h.Code != community.CodeRefused || h.State != "online" {
			t.Errorf("reported %+v, want online, refused", h)
		}
	})
}

func TestOtherLoginsOfTheGatewayStayOutside(t *testing.T) {
	alive(t, func(t *testing.T, l *living) {
		l.push(`{"op":0,"body":{"sn":5,"type":"message-created","timestamp":1,"login":{"platform":"lark","user":{"id":"ou_1"}},` + here + `,` + aqing + `,"message":{"id":"x1","content":"不是我们的"}}}`)
		l.says("我们的")
		l.host.Until(t, "ours", func() bool { return len(l.host.Of(community.MessageCreated)) > 0 })
		if got := l.host.Of(community.MessageCreated); len(got) != 1 || got[0].Body.Text != "我们的" {
			t.Errorf("heard %+v, want only ours", got)
		}
		if _, err := l.do(t, community.Action{Verb: community.Send, Text: "嗯"}); err != nil {
			t.Fatal(err)
		}
		if h := l.headers; h.Get("Satori-Platform") != "discord" || h.Get("X-Platform") != "discord" || h.Get("Satori-User-ID") != selfID || h.Get("X-Self-ID") != selfID {
			t.Errorf("headers name %v", h)
		}
	})
}

func TestUnitsAndElementsGoOutAsTheProtocolSays(t *testing.T) {
	alive(t, func(t *testing.T, l *living) {
		for _, a := range []community.Action{
			{Verb: community.Mute, Seconds: 90, To: community.Address{Member: "7"}},
			{Verb: community.Unmute, To: community.Address{Member: "7"}},
			{Verb: community.Remove, Block: true, To: community.Address{Member: "7"}},
			{Verb: community.Approve, Message: "r1", Text: "满了", Refuse: true},
			{Verb: community.Send, Text: `<b> & "引号"`, ReplyTo: "m5"},
			{Verb: community.Send, Text: "看", Mention: true, To: community.Address{Member: "7"}, Segments: []community.Segment{
				{Kind: "image", Ref: "https://e/x.png?a=1&b=2"}, {Kind: "unknown", Text: "[x]", Raw: json.RawMessage(`{}`)}, {Kind: "link", Ref: "https://e/", Text: "点"}}},
		} {
			if _, err := l.do(t, a); err != nil {
				t.Errorf("%s: %v", a.Verb, err)
			}
		}
		want := []string{
			`guild.member.mute {"duration":90000,"guild_id":"g-700","user_id":"7"}`,
			`guild.member.mute {"duration":0,"guild_id":"g-700","user_id":"7"}`,
			`guild.member.kick {"guild_id":"g-700","permanent":true,"user_id":"7"}`,
			`guild.member.approve {"approve":false,"comment":"满了","message_id":"r1"}`,
		}
		got := l.called()
		if !reflect.DeepEqual(got[:4], want) {
			t.Errorf("called\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		var said []string
		for _, d := range l.did() {
			if d.Verb == community.Send {
				said = append(said, d.Text)
			}
		}
		if want := []string{`<quote id="m5"/>&lt;b&gt; &amp; "引号"`, `<at id="7"/> <img src="https://e/x.png?a=1&amp;b=2"/>[x]<a href="https://e/">点</a>`}; !slices.Equal(said, want) {
			t.Errorf("said %q, want %q", said, want)
		}
	})
}

func TestSeveralMessagesMadeOfOneAreAllOurs(t *testing.T) {
	alive(t, func(t *testing.T, l *living) {
		l.set(func() { l.answers["message.create"] = `200 [{"id":"a"},{"id":"b"}]` })
		id := community.DeriveID(community.ID{}, "long", 1)
		got, err := l.do(t, community.Action{ID: id, Verb: community.Send, Text: "很长"})
		if err != nil || got.Message != "a" || got.Detail != "sent as 2 messages" {
			t.Errorf("receipt %+v, %v", got, err)
		}
		l.host.Until(t, "both come back", func() bool { return len(l.host.Of(community.MessageCreated)) == 2 })
		for _, in := range l.host.Of(community.MessageCreated) {
			if in.Body.Caused != id || in.Actor.Role != community.RoleSelf {
				t.Errorf("%+v is not known as ours", in)
			}
		}
		if !slices.Equal(got.Also, []string{"b"}) {
			t.Errorf("also = %q, want the second message", got.Also)
		}
		before := len(l.called())
		if _, err := l.do(t, community.Action{Verb: community.RecallMsg, To: community.Address{Message: got.Message, Also: got.Also}}); err != nil {
			t.Errorf("recall: %v", err)
		}
		if calls := strings.Join(l.called()[before:], "\n"); strings.Count(calls, "message.delete") != 2 || strings.Index(calls, `"b"`) > strings.Index(calls, `"a"`) {
			t.Errorf("recalled by %s, want both, the first last", calls)
		}
		l.set(func() { l.answers["message.delete"] = "404 message not found" })
		if _, err := l.do(t, community.Action{Verb: community.RecallMsg, To: community.Address{Message: "a", Also: []string{"b"}}}); community.CodeOf(err) != community.CodeRefused {
			t.Errorf("nothing can be taken back: %v", err)
		}
		l.set(func() { l.answers["message.create"] = `200 []` })
		if _, err := l.do(t, community.Action{Verb: community.Send, Text: "x"}); community.CodeOf(err) != community.CodeTimeout {
			t.Errorf("no message named: %v, want timeout", err)
		}
	})
}

func TestAnswersAreMappedToCodes(t *testing.T) {
	alive(t, func(t *testing.T, l *living) {
		for answer, want := range map[string]community.Code{
			"400 bad":                              community.CodeRefused,
			"401 no":                               community.CodeUnreachable, // nothing was done; the report says what is wrong
			"403 bot not found":                    community.CodeRefused,
			"403 Missing Permissions":              community.CodeRefused,
			"404 guild not found":                  community.CodeRefused,
			"404 method not found":                 community.CodeUnsupported,
			"405 ":                                 community.CodeUnsupported,
			"429 slow down":                        community.CodeLimited,
			"500 bot.kickMember is not a function": community.CodeUnsupported,
			"500 Internal Server Error":            community.CodeRefused,
			"500 账号异常，已被限制":                        community.CodeRestricted,
			"501 ":                                 community.CodeUnsupported,
			"502 ":                                 community.CodeUnreachable,
			"503 ":                                 community.CodeUnreachable,
			"504 ":                                 community.CodeTimeout,
		} {
			l.set(func() { l.answers["guild.member.kick"] = answer })
			if _, err := l.do(t, community.Action{Verb: community.Remove, To: community.Address{Member: "7"}}); community.CodeOf(err) != want {
				t.Errorf("%s: %v, want %s", answer, err, want)
			}
		}
	})
}

func TestMissingAndForbiddenAreLearnedAndUnlearned(t *testing.T) {
	alive(t, func(t *testing.T, l *living) {
		kick := community.Action{Verb: community.Remove, To: community.Address{Member: "7"}}
		for _, c := range []struct {
			answer string
			level  community.Level
		}{{"404 method not found", community.None}, {"500 no permission", community.Human}} {
			l.set(func() { l.answers["guild.member.kick"] = c.answer })
			_, _ = l.do(t, kick)
			if got := l.Abilities(groupID).Verbs[community.Remove]; got.Level != c.level || got.Evidence != "learned" || got.Note == "" {
				t.Errorf("after %q remove = %+v, want %s, learned", c.answer, got, c.level)
			}
			l.set(func() { delete(l.answers, "guild.member.kick") })
			if _, err := l.do(t, kick); err != nil {
				t.Fatal(err)
			}
			if got := l.Abilities(groupID).Level(community.Remove); got != community.Native {
				t.Errorf("after a success remove = %s, want native", got)
			}
		}
		l.set(func() { l.roles = `[{"id":"member"}]` })
		if _, err := l.Members(t.Context(), groupID); err != nil {
			t.Fatal(err)
		}
		if got := l.Abilities(groupID).Verbs[community.Mute]; got.Level != community.Human || got.Evidence != "probed" {
			t.Errorf("mute as a plain member = %+v, want human, probed", got)
		}
		if got := l.Abilities(groupID).Level(community.Send); got != community.Native {
			t.Errorf("send as a plain member = %s, want native", got)
		}
	})
}

func TestFeaturesAreWhatTheLoginCanDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newStub(t)
		g.features = []string{"message.create"}
		l := live(t, g, nil, settings)
		l.host.Until(t, "online", func() bool { return l.host.State() == "online" })
		for v := range methods {
			want := community.Human
			switch v {
			case community.Send:
				want = community.Native
			case community.ListMember:
				want = community.None
			}
			if got := l.Abilities("").Verbs[v]; got.Level != want || got.Evidence != "probed" {
				t.Errorf("%s = %+v, want %s, probed", v, got, want)
			}
		}
		if _, err := l.do(t, community.Action{Verb: community.Mute, Seconds: 60, To: community.Address{Member: "7"}}); community.CodeOf(err) != community.CodeUnsupported {
			t.Errorf("mute without the feature: %v, want unsupported", err)
		}
		if _, err := l.Groups(t.Context()); community.CodeOf(err) != community.CodeUnsupported {
			t.Errorf("groups without the feature: %v, want unsupported", err)
		}
		if n := len(l.called()); n != 0 {
			t.Errorf("%d calls were made", n)
		}
	})
}

const guildRoom = `"guild":{"id":"` + groupID + `"},"channel":{"id":"c-2","type":0}`

func TestChannelsOfAGuildAreFoundAgain(t *testing.T) {
	alive(t, func(t *testing.T, l *living) {
		l.set(func() {
			l.answers["channel.list"] = `200 {"data":[{"id":"v","type":3,"position":0},{"id":"c-9","type":0,"position":9},{"id":"c-1","type":0,"position":1}]}`
		})
		asked := l.saysIn(guildRoom, "在哪个频道")
		l.host.Until(t, "heard", func() bool { return len(l.host.Of(community.MessageCreated)) == 1 })
		in := l.host.Of(community.MessageCreated)[0]
		if in.Group.ID != groupID || in.Body.Message != "@c-2/"+asked || in.Private {
			t.Fatalf("heard %+v", in)
		}
		for _, c := range []struct {
			a    community.Action
			want string
		}{
			{community.Action{Verb: community.Send, Text: "答", ReplyTo: in.Body.Message}, `"channel_id":"c-2","content":"\u003cquote id=\"` + asked + `\"/\u003e答"`},
			{community.Action{Verb: community.Send, Text: "警告", Mention: true, To: community.Address{Member: memberID}}, `"channel_id":"c-2"`},
			{community.Action{Verb: community.Send, Text: "大家好"}, `"channel_id":"c-1"`},
			{community.Action{Verb: community.RecallMsg, To: community.Address{Message: in.Body.Message}}, `{"channel_id":"c-2","message_id":"` + asked + `"}`},
		} {
			if _, err := l.do(t, c.a); err != nil {
				t.Fatal(err)
			}
			calls := l.called()
			if got := calls[len(calls)-1]; !strings.Contains(got, c.want) {
				t.Errorf("called %s, want %s", got, c.want)
			}
		}
	})
}

func TestFetchedContentGoesAlong(t *testing.T) {
	alive(t, func(t *testing.T, l *living) {
		picture := &community.Medium{Type: "image/png", Data: []byte("PNG")}
		segments := []community.Segment{{Kind: "image", Ref: "https://expired.example/x", File: picture}, {Kind: "text", Text: " 看"}}
		if _, err := l.do(t, community.Action{Verb: community.Send, Segments: segments}); err != nil {
			t.Fatal(err)
		}
		if got := l.did(); len(got) != 1 || got[0].Text != `<img src="data:image/png;base64,UE5H"/> 看` || segments[0].Ref != "https://expired.example/x" {
			t.Errorf("sent %+v, the action's segments are %+v", got, segments)
		}
		if got := l.Abilities(groupID).Media; got.Upload["image"] == 0 || !got.ByWeb {
			t.Errorf("media = %+v", got)
		}
	})
}

func TestDirectMessagesArePrivate(t *testing.T) {
	alive(t, func(t *testing.T, l *living) {
		l.saysIn(`"channel":{"id":"dm-1","type":1}`, "悄悄话")
		l.host.Until(t, "heard", func() bool { return len(l.host.Of(community.MessageCreated)) == 1 })
		if in := l.host.Of(community.MessageCreated)[0]; !in.Private {
			t.Errorf("a direct message is not marked private: %+v", in)
		}
	})
}

func TestListsWithoutEndOrRowsWithoutIDAreRefused(t *testing.T) {
	alive(t, func(t *testing.T, l *living) {
		for answer, want := range map[string]community.Code{
			`200 {"data":[{"user":{"id":"1"}}],"next":"x"}`: community.CodeConflict,
			`200 {"data":[{"user":{"name":"无名"}}]}`:         community.CodeBadInput,
			`200 {"data":[]}`: community.CodeConflict,
			`200 half`:        community.CodeTimeout,
			`500 boom`:        community.CodeRefused,
		} {
			l.set(func() { l.answers["guild.member.list"] = answer })
			if got, err := l.Members(t.Context(), groupID); community.CodeOf(err) != want {
				t.Errorf("%s: %v, %v; want %s", answer, got, err, want)
			}
		}
	})
}

func TestPlaceSurvivesARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newStub(t)
		first := live(t, g, nil, settings)
		first.host.Until(t, "online", func() bool { return first.host.State() == "online" })
		g.event("guild-member-added", here+","+aqing)
		g.event("guild-member-added", here+","+aqing)
		first.host.Until(t, "both", func() bool { return len(first.host.Of(community.MemberJoined)) == 2 })
		first.stop()
		again := live(t, g, &keepingHost{conntest.NewHost(), first.host.notes}, settings)
		again.host.Until(t, "online", func() bool { return again.host.State() == "online" })
		if want := []int64{0, 2}; !slices.Equal(g.asked, want) {
			t.Errorf("identified after %v, want %v", g.asked, want)
		}
		g.push(g.last) // told again: the same key
		again.host.Until(t, "told again", func() bool { return len(again.host.Of(community.MemberJoined)) == 1 })
		if a, b := first.host.Of(community.MemberJoined)[1].Key, again.host.Of(community.MemberJoined)[0].Key; a != b {
			t.Errorf("the same event has keys %q and %q", a, b)
		}
	})
}

func TestGatewayThatStartsOverBeginsANewEpoch(t *testing.T) {
	alive(t, func(t *testing.T, l *living) {
		join := func() {
			l.push(fmt.Sprintf(`{"op":0,"body":{"sn":1,"type":"guild-member-added","timestamp":5,"login":{"platform":"discord","user":{"id":%q}},%s,%s}}`, selfID, here, aqing))
		}
		join()
		l.says("第二件事")
		l.event("guild-member-removed", here+","+aqing)
		l.host.Until(t, "all", func() bool { return len(l.host.Of(community.MemberLeft)) == 1 })
		l.network.Cut()
		l.host.Until(t, "gone", func() bool { return l.host.State() != "online" })
		l.network.Mend()
		l.host.Until(t, "back", func() bool { return l.host.State() == "online" })
		join()
		l.host.Until(t, "joined twice", func() bool { return len(l.host.Of(community.MemberJoined)) == 2 })
		if joins := l.host.Of(community.MemberJoined); joins[0].Key == joins[1].Key {
			t.Error("number 1 of a gateway that started over has the key of the old number 1")
		}
	})
}

func TestWhatTheHostHasNotTakenIsNotKept(t *testing.T) {
	alive(t, func(t *testing.T, l *living) {
		l.host.Refuse(community.Errorf(community.CodeBusy, "disk full"))
		l.event("guild-member-added", here+","+aqing)
		l.host.Until(t, "asked", func() bool { return l.host.Refused() > 0 })
		l.stop()
		if note := string(l.host.notes[placeNote]); strings.Contains(note, `"sn":1`) {
			t.Errorf("kept %s although the host took nothing", note)
		}
	})
}

func TestSilentGatewayIsLeftAndAQuietOneKept(t *testing.T) {
	alive(t, func(t *testing.T, l *living) {
		time.Sleep(5 * time.Minute) // in the bubble
		if n := len(l.host.Healths()); l.host.State() != "online" || n != 2 {
			t.Fatalf("%s after %d reports, want it online all the time: pings are answered", l.host.State(), n)
		}
		l.set(func() { l.silent = true })
		time.Sleep(time.Minute)
		if !slices.ContainsFunc(l.host.Healths()[2:], func(h connect.Health) bool {
			return h.Code == community.CodeUnreachable && strings.Contains(h.Say[0], "没有声音")
		}) {
			t.Errorf("after a minute of silence: %+v, want it said", l.host.Healths()[2:])
		}
	})
}

func TestPlatformNamesKeepIDsApart(t *testing.T) {
	for name, want := range map[string]community.Platform{"discord": "discord", "Lark": "lark", "feishu": "lark", "onebot": "qq", "qq": "qqbot", "matrix": "matrix"} {
		raw, _ := json.Marshal(map[string]string{"url": gateway, "platform": name})
		if got := New(nil).PlatformOf(raw); got != want {
			t.Errorf("%s is %s to us, want %s", name, got, want)
		}
	}
	if got := New(nil).PlatformOf(json.RawMessage(`{}`)); got != "satori" {
		t.Errorf("bad settings are on %s", got)
	}
}

func TestMessageNamesAreUnambiguous(t *testing.T) {
	for _, c := range [][3]string{{"g", "g", "m"}, {"g", "", "m"}, {"g", "c/1", "$a/b:h"}, {"g", "g", "@odd"}, {"g", "c", "%2F"}} {
		name := nameOf(c[0], c[1], c[2])
		channel, message := read(name)
		if message != c[2] || first(channel, c[0]) != first(c[1], c[0]) {
			t.Errorf("%v is named %q, read as %q in %q", c, name, message, channel)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	alive(t, func(t *testing.T, l *living) {
		l.set(func() { l.answers["guild.list"] = "302 elsewhere" })
		if _, err := l.Groups(t.Context()); community.CodeOf(err) != community.CodeRefused {
			t.Errorf("a redirect: %v, want refused", err)
		}
	})
	if New(nil).client.CheckRedirect(nil, nil) != http.ErrUseLastResponse {
		t.Error("redirects would be followed, and the token with them")
	}
}

func FuzzParseNeverFails(f *testing.F) {
	f.Add([]byte(`{"sn":1,"type":"message-created","timestamp":5,` + here + `,` + aqing + `,"message":{"id":"m","content":"<at id=\"1\"/><x y=1/>z<quote id=\"3\">q</quote>"}}`))
	f.Add([]byte(`{"sn":1,"type":"guild-member-removed",` + here + `,` + aqing + `,"operator":{"id":"9"}}`))
	f.Add([]byte(`{"sn":1,"type":"reaction-added","channel":{"id":5},"message":{"id":7},"emoji":{"id":"x"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		in, err := Parse(body, selfID, "1")
		if (err != nil) != (in == nil) && err != nil {
			t.Error("an event and an error")
		}
		if in != nil && (in.Key == "" || in.Group.ID == "" || len(in.Body.Text) > community.MaxText) {
			t.Errorf("%q gives %+v", body, in)
		}
	})
}
