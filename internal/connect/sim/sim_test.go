package sim

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// host notes what it receives; while err is set it takes nothing.
type host struct {
	mu     sync.Mutex
	err    error
	events []connect.Inbound
	health []connect.Health
}

func (h *host) Receive(_ context.Context, in ...connect.Inbound) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err != nil {
		return h.err
	}
	h.events = append(h.events, in...)
	return nil
}

func (h *host) Report(health connect.Health) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.health = append(h.health, health)
}

func (h *host) of(t community.Type) []connect.Inbound {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(h.events), func(in connect.Inbound) bool { return in.Type != t })
}

func (h *host) setErr(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err = err
}

func realClock() int64 { return time.Now().UnixMilli() }

func realWait(ctx context.Context, until int64) error {
	if until-realClock() > int64(time.Hour/time.Millisecond)*24*365 {
		<-ctx.Done()
		return ctx.Err()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Duration(until-realClock()) * time.Millisecond):
		return nil
	}
}

// held opens a session whose clock the test moves by hand, driven by Flush.
func held(t *testing.T, settings string) (*Session, *host, *int64) {
	t.Helper()
	now := int64(1_700_000_000_000)
	h := &host{}
	c := New(func() int64 { return now }, func(_ context.Context, until int64) error { now = until; return nil }, Scenes()[1])
	s, err := c.OpenSession(json.RawMessage(settings), h)
	if err != nil {
		t.Fatal(err)
	}
	s.Attach()
	return s, h, &now
}

func do(t *testing.T, s *Session, a community.Action) connect.Receipt {
	t.Helper()
	r, err := s.Do(t.Context(), a)
	if err != nil {
		t.Fatalf("%s: %v", a.Verb, err)
	}
	return r
}

func TestMutedMemberIsNotHeardUntilTheMuteEnds(t *testing.T) {
	s, h, now := held(t, `{}`)
	w := s.World()
	id := community.DeriveID(community.ID{1}, "r", 0)
	do(t, s, community.Action{
		ID: id, Verb: community.Mute, Until: *now + 60_000, To: community.Address{Group: "sim-1", Member: "20001"},
	})
	if got, _ := w.Say("sim-1", "20001", "听得到吗"); len(got) != 0 {
		t.Errorf("a muted member was heard: %v", got)
	}
	*now += 60_000
	if got, _ := w.Say("sim-1", "20001", "又能说了"); len(got) != 1 {
		t.Error("the mute did not end")
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	notice := h.of(community.MemberMuted)
	if len(notice) != 1 || notice[0].Body.Caused != id || notice[0].Body.Seconds != 60 || notice[0].Subject.ID != "20001" ||
		notice[0].By.Role != community.RoleSelf {
		t.Errorf("mute notice = %+v", notice)
	}
	if got := h.of(community.MessageCreated); len(got) != 1 || got[0].Body.Text != "又能说了" {
		t.Errorf("heard %+v", got)
	}
}

func TestRemovedMemberIsGoneAndBlockedOnesMayNotAsk(t *testing.T) {
	s, h, _ := held(t, `{}`)
	w := s.World()
	do(t, s, community.Action{Verb: community.Remove, Block: true, To: community.Address{Group: "sim-1", Member: "20002"}})
	if got, _ := w.Say("sim-1", "20002", "我还在"); len(got) != 0 {
		t.Error("a removed member spoke")
	}
	if got, _ := w.Ask("sim-1", community.Who{ID: "20002"}, "让我进"); len(got) != 0 {
		t.Error("a blocked one could ask")
	}
	_ = s.Flush(t.Context())
	left := h.of(community.MemberLeft)
	if len(left) != 1 || left[0].Body.Reason != "kicked" || left[0].Actor.ID != "20002" || left[0].By.ID != "10000" {
		t.Errorf("left = %+v", left)
	}
}

func TestOwnMessagesComeBackWithTheirCause(t *testing.T) {
	s, h, _ := held(t, `{}`)
	id := community.DeriveID(community.ID{2}, "r", 0)
	r := do(t, s, community.Action{
		ID: id, Verb: community.Send, Text: "欢迎", Mention: true, ReplyTo: "m-1", To: community.Address{Group: "sim-1", Member: "20001"},
	})
	do(t, s, community.Action{Verb: community.RecallMsg, To: community.Address{Group: "sim-1", Message: r.Message}})
	_ = s.Flush(t.Context())
	got := h.of(community.MessageCreated)
	if len(got) != 1 || got[0].Actor.Role != community.RoleSelf || got[0].Body.Caused != id || got[0].Key != r.Message ||
		got[0].Body.Text != "@阿青 欢迎" || got[0].Body.ReplyTo != "m-1" {
		t.Errorf("echo = %+v", got)
	}
	sent := s.World().Sent()
	if len(sent) != 1 || sent[0].Text != "@阿青 欢迎" || sent[0].Mention != "20001" || !sent[0].Recalled {
		t.Errorf("sent = %+v", sent)
	}
	if got := h.of(community.MessageDeleted); len(got) != 1 || got[0].Body.Message != r.Message {
		t.Errorf("recall notice = %+v", got)
	}
}

func TestApprovedApplicantJoins(t *testing.T) {
	s, h, _ := held(t, `{}`)
	asked, err := s.World().Ask("sim-1", community.Who{ID: "40001", Name: "新人"}, "朋友介绍")
	if err != nil || len(asked) != 1 {
		t.Fatal(asked, err)
	}
	do(t, s, community.Action{Verb: community.Approve, Message: asked[0].Body.Message, To: community.Address{Group: "sim-1"}})
	_ = s.Flush(t.Context())
	joined := h.of(community.MemberJoined)
	if len(joined) != 1 || joined[0].Actor.ID != "40001" || joined[0].Body.Scene != "request" {
		t.Errorf("joined = %+v", joined)
	}
}

func TestAdminsCannotBeSanctionedAndPlainBotsCannotSanction(t *testing.T) {
	s, _, _ := held(t, `{}`)
	owner := community.Address{Group: "sim-1", Member: "10001"}
	if _, err := s.Do(t.Context(), community.Action{Verb: community.Mute, Seconds: 60, To: owner}); community.CodeOf(err) != community.CodeRefused {
		t.Errorf("muting the owner: %v, want refused", err)
	}
	if _, err := s.World().Rename("sim-1", "10000", "", community.RoleMember); err != nil {
		t.Fatal(err)
	}
	if got := s.Abilities("sim-1").Verbs[community.Mute]; got.Level != community.Human || got.Note != "bot is not an admin" {
		t.Errorf("mute as plain member = %+v", got)
	}
	if got := s.Abilities("sim-1").Level(community.Send); got != community.Native {
		t.Errorf("send as plain member = %s", got)
	}
	if got := s.Abilities("elsewhere").Level(community.Send); got != community.None {
		t.Errorf("send where we are not = %s", got)
	}
}

func TestFailuresOnPurpose(t *testing.T) {
	cases := []struct {
		how  Failure
		code community.Code
		sent int
	}{
		{NoFailure, community.CodeNone, 1}, {Timeout, community.CodeTimeout, 1}, {Refuse, community.CodeRefused, 0},
		{Limited, community.CodeLimited, 0}, {Unreachable, community.CodeUnreachable, 0}, {Slow, community.CodeNone, 1},
	}
	for _, c := range cases {
		s, _, _ := held(t, `{}`)
		s.Fail(community.Send, c.how)
		_, err := s.Do(t.Context(), community.Action{Verb: community.Send, Text: "喂", To: community.Address{Group: "sim-1"}})
		if community.CodeOf(err) != c.code || len(s.World().Sent()) != c.sent {
			t.Errorf("%q: %v with %d sent, want %q with %d", c.how, err, len(s.World().Sent()), c.code, c.sent)
		}
	}
}

func TestConnectionThatCanDoNothing(t *testing.T) {
	s, _, _ := held(t, `{"abilities":"*=human, message.recall=none"}`)
	for _, v := range community.Verbs {
		want := community.Human
		if v == community.RecallMsg {
			want = community.None
		}
		if got := s.Abilities("sim-1").Level(v); got != want {
			t.Errorf("%s = %s, want %s", v, got, want)
		}
		if _, err := s.Do(t.Context(), community.Action{Verb: v, To: community.Address{Group: "sim-1"}}); community.CodeOf(err) != community.CodeUnsupported {
			t.Errorf("%s: %v, want unsupported", v, err)
		}
	}
}

func TestRunKeepsOrderThroughAFailingHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &host{err: errors.New("disk full")}
		s, err := New(realClock, realWait, Scenes()[1]).OpenSession(nil, h)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- s.Run(ctx) }()
		synctest.Wait()
		for _, text := range []string{"一", "二", "三"} {
			if _, err := s.World().Say("sim-1", "20001", text); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		if len(h.of(community.MessageCreated)) != 0 {
			t.Error("the host took nothing, yet has events")
		}
		h.setErr(nil)
		time.Sleep(time.Minute)
		if got := h.of(community.MessageCreated); len(got) != 3 || got[0].Body.Text != "一" || got[2].Body.Text != "三" {
			t.Errorf("after the pause: %+v", got)
		}
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Run = %v", err)
		}
	})
}

func TestLivelySceneTalksJoinsAndSpams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &host{}
		s, err := New(realClock, realWait).OpenSession(json.RawMessage(`{"speed":60}`), h)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- s.Run(ctx) }()
		time.Sleep(2 * time.Minute) // two hours of the scene
		stop()
		<-ended
		spam := slices.ContainsFunc(h.of(community.MessageCreated), func(in connect.Inbound) bool {
			return slices.Contains(pitches, in.Body.Text)
		})
		if n := len(h.of(community.MessageCreated)); n < 200 || !spam || len(h.of(community.MemberJoined)) < 10 {
			t.Errorf("%d messages, %d joins, spam %v", n, len(h.of(community.MemberJoined)), spam)
		}
	})
}

func TestFullQueueStopsTheWorldAndLosesNothing(t *testing.T) {
	s, h, _ := held(t, `{}`)
	for range maxWaiting {
		if _, err := s.World().Say("sim-1", "20001", "x"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.World().Say("sim-1", "20001", "y"); community.CodeOf(err) != community.CodeBusy {
		t.Errorf("one too many: %v, want busy", err)
	}
	if err := s.Flush(t.Context()); err != nil || len(h.of(community.MessageCreated)) != maxWaiting {
		t.Errorf("%d handed over, %v", len(h.of(community.MessageCreated)), err)
	}
}

func TestSettingsAreRefusedByName(t *testing.T) {
	c := New(realClock, realWait)
	for settings, field := range map[string]string{
		`{"scene":"mars"}`: "scene", `{"speed":0}`: "speed", `{"abilities":"fly=native"}`: "abilities",
		`{"abilities":"*=perhaps"}`: "abilities", `{"failures":"*=explode"}`: "failures", `{"self":" "}`: "self", `{"sceen":"quiet"}`: "scene",
	} {
		_, err := c.Open(t.Context(), json.RawMessage(settings), &host{})
		if community.CodeOf(err) != community.CodeBadInput || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v, want bad_input naming %s", settings, err, field)
		}
	}
}
