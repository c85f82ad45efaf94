package wechaty

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/conntest"
	"qunluo/internal/connect/wechaty/wire"
)

// living is a session at work with a puppet.
type living struct {
	*puppet
	*Session
	host *conntest.Host
}

func live(t *testing.T, p *puppet, settings string) *living {
	t.Helper()
	host := conntest.NewHost()
	opened, err := New(p.network.Dial).Open(t.Context(), json.RawMessage(settings), host)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() {
		defer close(over)
		_ = opened.Run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-over })
	return &living{p, opened.(*Session), host}
}

func alive(t *testing.T, test func(t *testing.T, l *living)) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, newPuppet(t), settings)
		l.host.Until(t, "online", func() bool { return l.host.State() == "online" })
		test(t, l)
	})
}

// with changes one setting.
func with(name, value string) string {
	var doc map[string]any
	_ = json.Unmarshal([]byte(settings), &doc)
	doc[name] = value
	raw, _ := json.Marshal(doc)
	return string(raw)
}

func (l *living) reported(t *testing.T, code community.Code) connect.Health {
	t.Helper()
	var found connect.Health
	l.host.Until(t, "a report with "+string(code), func() bool {
		i := slices.IndexFunc(l.host.Healths(), func(h connect.Health) bool { return h.Code == code })
		if i >= 0 {
			found = l.host.Healths()[i]
		}
		return i >= 0
	})
	return found
}

func TestWhatIsWrongIsSaidInASentence(t *testing.T) {
	for name, c := range map[string]struct {
		settings string
		break_   func(p *puppet)
		code     community.Code
		says     [2]string
	}{
		"wrong token":   {with("token", "puppet-test_other"), nil, community.CodeForbidden, [2]string{"不认这个令牌", "refuses the token"}},
		"impostor":      {with("fingerprint", strings.Repeat("ab:", 31)+"ab"), nil, community.CodeForbidden, [2]string{"指纹", "fingerprint"}},
		"not there":     {settings, func(p *puppet) { p.network.Cut() }, community.CodeUnreachable, [2]string{"连不上", "cannot be reached"}},
		"is taken":      {settings, func(p *puppet) { p.Fail("Event", status.Error(codes.AlreadyExists, "can not call twice")) }, community.CodeConflict, [2]string{"另一个程序", "another program"}},
		"waits for QR":  {settings, func(p *puppet) {}, community.CodeUnreachable, [2]string{"扫码", "QR code"}},
		"is logged out": {settings, func(p *puppet) {}, community.CodeUnreachable, [2]string{"退出登录", "logged out"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPuppet(t)
				if c.break_ != nil {
					c.break_(p)
				}
				l := live(t, p, c.settings)
				switch name {
				case "waits for QR":
					l.host.Until(t, "online", func() bool { return l.host.State() == "online" })
					p.Tell(wire.EventScan, `{"qrcode":"http://weixin.qq.com/x/secret-login","status":2}`)
				case "is logged out":
					l.host.Until(t, "online", func() bool { return l.host.State() == "online" })
					p.Tell(wire.EventLogout, fmt.Sprintf(`{"contactId":%q,"data":"手机上退出"}`, selfID))
				}
				got := l.reported(t, c.code)
				if !strings.Contains(got.Say[0], c.says[0]) || !strings.Contains(got.Say[1], c.says[1]) || strings.Contains(got.Detail, testToken) || strings.Contains(got.Say[0], "secret-login") {
					t.Errorf("said %q (%s), want %q", got.Say, got.Detail, c.says)
				}
			})
		})
	}
}

func TestTheRightFingerprintIsAccepted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPuppet(t)
		l := live(t, p, with("fingerprint", strings.ToUpper(p.Pin)))
		l.host.Until(t, "online", func() bool { return l.host.State() == "online" })
	})
}

func TestFirstRestrictionStopsEverything(t *testing.T) {
	for name, restrict := range map[string]func(t *testing.T, l *living){
		"told by an answer": func(t *testing.T, l *living) {
			l.Fail("MessageSendText", status.Error(codes.Unknown, "操作过于频繁，请稍后再试"))
			if _, err := l.Do(t.Context(), community.Action{Verb: community.Send, Text: "x", To: community.Address{Group: roomID}}); community.CodeOf(err) != community.CodeRestricted {
				t.Errorf("send = %v, want restricted", err)
			}
			l.Fail("MessageSendText", nil)
		},
		"told by a logout": func(_ *testing.T, l *living) {
			l.Tell(wire.EventLogout, `{"data":"该账号涉嫌违规，已被限制登录"}`)
		},
		"told by an error": func(_ *testing.T, l *living) { l.Tell(wire.EventError, `{"gerror":"account restricted"}`) },
	} {
		t.Run(name, func(t *testing.T) {
			alive(t, func(t *testing.T, l *living) {
				restrict(t, l)
				if h := l.reported(t, community.CodeRestricted); h.State != "failed" || !strings.Contains(h.Say[0], "停用再启用") {
					t.Errorf("reported %+v, want failed with what to do", h)
				}
				if name != "told by an answer" { // then the code tells the house
					l.host.Until(t, "the house is told", func() bool { return len(l.host.Of(community.AccountRestricted)) == 1 })
				}
				l.Tell(wire.EventLogin, fmt.Sprintf(`{"contactId":%q}`, selfID)) // a login does not end it
				before := len(l.Did())
				for _, v := range []community.Verb{community.Send, community.Remove, community.Announce} {
					_, err := l.Do(t.Context(), community.Action{Verb: v, Text: "x", To: community.Address{Group: roomID, Member: memberID}})
					if code := community.CodeOf(err); code != community.CodeRefused {
						t.Errorf("%s of a restricted account: %v, want refused", v, err)
					}
					if got := l.Abilities(roomID).Level(v); got != community.Human {
						t.Errorf("%s = %s, want human", v, got)
					}
				}
				if got := l.Did()[before:]; len(got) != 0 {
					t.Errorf("a restricted account did %+v", got)
				}
			})
		})
	}
}

func TestSendingHasALowLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, newPuppet(t), strings.Replace(settings, `"rate":20`, `"rate":2`, 1))
		l.host.Until(t, "online", func() bool { return l.host.State() == "online" })
		sent := 0
		for range 10 {
			_, err := l.Do(t.Context(), community.Action{Verb: community.Send, Text: "x", To: community.Address{Group: roomID}})
			if err == nil {
				sent++
			} else if community.CodeOf(err) != community.CodeLimited {
				t.Fatal(err)
			}
		}
		if sent != 3 || len(l.Did()) != 3 {
			t.Errorf("%d of 10 were sent (%d there), want 3", sent, len(l.Did()))
		}
		if got := l.Abilities("").Verbs[community.Send]; got.Rate != 2 || len(got.Limits) != 1 || got.Limits[0] != (community.Limit{Count: 300, Window: 86400, Per: community.PerAccount}) {
			t.Errorf("send = %+v, want its limits", got)
		}
	})
}

func TestMutingIsForPeople(t *testing.T) {
	alive(t, func(t *testing.T, l *living) {
		for _, v := range []community.Verb{community.Mute, community.Unmute} {
			if got := l.Abilities(roomID).Verbs[v]; got.Level != community.Human || got.Note == "" {
				t.Errorf("%s = %+v, want human, with why", v, got)
			}
			if _, err := l.Do(t.Context(), community.Action{Verb: v, Seconds: 60, To: community.Address{Group: roomID, Member: memberID}}); community.CodeOf(err) != community.CodeUnsupported {
				t.Errorf("%s: %v, want unsupported", v, err)
			}
		}
	})
}

func TestMessagesAreReadByThePuppetsNumbers(t *testing.T) {
	for kind, want := range map[uint64]struct {
		class community.Class
		text  string
	}{
		7: {community.Text, "原话"}, 6: {community.Image, "[图片] a.png"}, 15: {community.Video, "[视频] a.png"}, 12: {community.RedPack, "[红包] a.png"},
		1: {community.File, "[文件] a.png"}, 4: {community.Forward, "[聊天记录] a.png"}, 99: {community.Text, "原话"},
	} {
		m := readBack(t, new(wire.Message).Text(wire.MsgID, "m1").Text(wire.MsgFile, "a.png").Text(wire.MsgText, "原话").Number(wire.MsgKind, kind))
		got, body, told := bodyOf(m)
		if !told || got != community.MessageCreated || body.Class != want.class || body.Text != want.text {
			t.Errorf("kind %d is %s %+v (%v), want class %d %q", kind, got, body, told, want.class, want.text)
		}
	}
	if _, _, told := bodyOf(readBack(t, new(wire.Message).Text(wire.MsgID, "m1").Text(wire.MsgText, "<xml>").Number(wire.MsgKind, wire.KindRecalled))); told {
		t.Error("a recall that names no message is told")
	}
	m := readBack(t, new(wire.Message).Text(wire.MsgText, "@阿青 早").Number(wire.MsgKind, wire.KindText).Text(wire.MsgMentions, memberID, "@all"))
	if _, body, _ := bodyOf(m); !reflect.DeepEqual(body.Segments, []community.Segment{{Kind: "at", Ref: memberID}, {Kind: "text", Text: "@阿青 早"}}) {
		t.Errorf("segments %+v", body.Segments)
	}
}

func readBack(t *testing.T, m *wire.Message) *wire.Message {
	t.Helper()
	var got wire.Message
	if err := got.Read(m.Raw()); err != nil {
		t.Fatal(err)
	}
	return &got
}

func TestTimesAreReadInSecondsAndMilliseconds(t *testing.T) {
	for in, want := range map[float64]int64{1_700_000_000: 1_700_000_000_000, 1_700_000_000_123: 1_700_000_000_123, 0: 0, -5: 0, 1e18: 0} {
		if got := millis(in); got != want {
			t.Errorf("%v = %d, want %d", in, got, want)
		}
	}
	m := readBack(t, new(wire.Message).Inner(wire.MsgTime, new(wire.Message).Number(1, 1_700_000_000).Number(2, 250_000_000)))
	if got := timeOf(m); got != 1_700_000_000_250 {
		t.Errorf("received at %d", got)
	}
}

func TestMentionsCarryNameAndID(t *testing.T) {
	alive(t, func(t *testing.T, l *living) {
		if _, err := l.Do(t.Context(), community.Action{Verb: community.Send, Text: "欢迎", Mention: true, To: community.Address{Group: roomID, Member: memberID}}); err != nil {
			t.Fatal(err)
		}
		if got := l.Did(); len(got) != 1 || got[0].Member != memberID || got[0].Text != "@阿青\u2005欢迎" {
			t.Errorf("sent %+v", got)
		}
	})
}

func TestPrivateWordsStayPrivate(t *testing.T) {
	alive(t, func(t *testing.T, l *living) {
		l.Put(wire.KindText, memberID, "", "悄悄话")
		l.host.Until(t, "heard", func() bool { return len(l.host.Of(community.MessageCreated)) == 1 })
		if in := l.host.Of(community.MessageCreated)[0]; !in.Private {
			t.Errorf("a private message is not marked so: %+v", in)
		}
	})
}

func TestMessageThatCannotBeFetchedIsReported(t *testing.T) {
	alive(t, func(t *testing.T, l *living) {
		l.Tell(wire.EventMessage, `{"messageId":"nowhere"}`)
		l.host.Until(t, "the loss is told", func() bool {
			return slices.ContainsFunc(l.host.Healths(), func(h connect.Health) bool {
				return strings.Contains(h.Detail, "nowhere is lost") && h.State == "online"
			})
		})
		l.Says("还在")
		l.host.Until(t, "the next one comes", func() bool { return len(l.host.Of(community.MessageCreated)) == 1 })
		if n := slices.Index(l.Calls(), "MessagePayload"); n < 0 || strings.Count(strings.Join(l.Calls(), " "), "MessagePayload") != 4 {
			t.Errorf("fetched %v, want three tries and the next", l.Calls())
		}
	})
}

func TestMissingIsLearnedAndUnlearned(t *testing.T) {
	alive(t, func(t *testing.T, l *living) {
		say := community.Action{Verb: community.Announce, Text: "公告", To: community.Address{Group: roomID}}
		l.Fail("RoomAnnounce", status.Error(codes.Internal, "Puppet method not implemented"))
		if _, err := l.Do(t.Context(), say); community.CodeOf(err) != community.CodeUnsupported {
			t.Errorf("announce = %v, want unsupported", err)
		}
		if got := l.Abilities(roomID).Verbs[community.Announce]; got.Level != community.None || got.Evidence != "learned" {
			t.Errorf("announce = %+v, want none, learned", got)
		}
		l.Fail("RoomAnnounce", nil)
		if _, err := l.Do(t.Context(), say); err != nil {
			t.Fatal(err)
		}
		if got := l.Abilities(roomID).Level(community.Announce); got != community.Native {
			t.Errorf("announce = %s, want native", got)
		}
	})
}

func TestRemovedAccountIsSaid(t *testing.T) {
	alive(t, func(t *testing.T, l *living) {
		l.Moved(wire.EventRoomLeave, fmt.Sprintf(`"removeeIdList":[%q]`, selfID), fmt.Sprintf(`"removerId":%q`, ownerID))
		if h := l.reported(t, community.CodeRefused); !strings.Contains(h.Say[0], "移出了「周末徒步群」") {
			t.Errorf("said %q", h.Say)
		}
		l.host.Until(t, "we left", func() bool { return len(l.host.Of(community.MemberLeft)) == 1 })
		left := l.host.Of(community.MemberLeft)
		if left[0].Actor.Role != community.RoleSelf || left[0].Body.Reason != "kicked" {
			t.Errorf("told %+v", left)
		}
	})
}

func TestQuietServiceIsKeptAndADeadOneLeft(t *testing.T) {
	alive(t, func(t *testing.T, l *living) {
		time.Sleep(5 * time.Minute) // in the bubble
		if n := len(l.host.Healths()); n != 2 {
			t.Errorf("a quiet service was left: %+v", l.host.Healths())
		}
		l.Die()
		time.Sleep(time.Minute)
		l.reported(t, community.CodeUnreachable)
	})
}

func FuzzMessagesNeverPanic(f *testing.F) {
	f.Add([]byte{})
	f.Add(new(wire.Message).Text(1, "a", "b").Number(5, 7).Inner(10, new(wire.Message).Number(1, 5)).Raw())
	f.Add([]byte{0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, raw []byte) {
		var m wire.Message
		if m.Read(raw) != nil {
			return
		}
		_, body, _ := bodyOf(&m)
		if len(body.Text) > community.MaxText {
			t.Errorf("a text of %d bytes", len(body.Text))
		}
		_ = timeOf(&m)
	})
}
