package conntest

import (
	"context"
	"slices"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

func hostRefuses(t *testing.T, rig Rig) {
	l := start(t, rig)
	if l.Deaf {
		t.Skip("the platform tells nothing")
	}
	l.host.Refuse(community.Errorf(community.CodeBusy, "disk full"))
	for range 3 {
		l.Provoke[l.sample()]()
	}
	l.host.Until(t, "the host was asked twice", func() bool { return l.host.Refused() >= 2 })
	if got := l.host.Of(l.sample()); len(got) != 0 {
		t.Fatalf("taken although refused: %v", got)
	}
	if l.Abilities(l.Group).Level(community.Send) == community.Native {
		if _, err := l.Do(t.Context(), l.say(community.ID{}, "还在")); err != nil {
			t.Errorf("the connection did not survive a refusing host: %v", err)
		}
	}
	l.host.Refuse(nil)
	others := func() []connect.Inbound {
		return slices.DeleteFunc(l.host.Of(l.sample()), func(in connect.Inbound) bool { return in.Actor.ID == l.Self })
	}
	l.host.Until(t, "all three messages", func() bool { return len(others()) >= 3 })
	got := others()
	if len(got) != 3 || got[0].Key == got[1].Key || got[1].Key == got[2].Key {
		t.Errorf("after the refusal %d messages came, want the three", len(got))
	}
}

func badFrames(t *testing.T, rig Rig) {
	l := start(t, rig)
	if l.Deliver == nil {
		t.Skip("no frames here")
	}
	if len(l.Malformed) == 0 || len(l.Oversized) == 0 {
		t.Fatal("the counterpart has frames, but no bad ones")
	}
	cases := make([]struct {
		frame []byte
		code  community.Code
	}, 0, len(l.Malformed)+1)
	for _, frame := range l.Malformed {
		cases = append(cases, struct {
			frame []byte
			code  community.Code
		}{frame, community.CodeBadInput})
	}
	cases = append(cases, struct {
		frame []byte
		code  community.Code
	}{l.Oversized, community.CodeTooLarge})
	for _, c := range cases {
		before := len(l.host.Healths())
		l.Deliver(c.frame)
		refused := func(h connect.Health) bool { return h.Code == c.code && h.Detail != "" && h.State == "online" }
		l.host.Until(t, "a refusal with a reason", func() bool { return slices.ContainsFunc(l.host.Healths()[before:], refused) })
	}
	before := len(l.host.Of(l.sample()))
	l.Provoke[l.sample()]()
	l.host.Until(t, "a message after the bad frames", func() bool { return len(l.host.Of(l.sample())) > before })
	for _, h := range l.host.Healths() {
		if h.State != "online" && h.State != "connecting" || h.Code == community.CodeUnreachable {
			t.Errorf("the connection was not kept: %+v", h)
		}
	}
}

func unanswered(t *testing.T, rig Rig) {
	l := start(t, rig)
	if l.Swallow == nil {
		t.Skip("the counterpart always answers")
	}
	say := l.say(community.ID{}, "没有回音")
	l.Swallow()
	if _, err := l.Do(t.Context(), say); community.CodeOf(err) != community.CodeTimeout {
		t.Errorf("done and unanswered: %v, want timeout", err)
	}
	l.Swallow()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := l.Do(ctx, say); community.CodeOf(err) != community.CodeTimeout {
		t.Errorf("given up after it was sent: %v, want timeout", err)
	}
	if _, err := l.Do(t.Context(), say); err != nil {
		t.Errorf("after two unanswered calls: %v, want it done", err)
	}
	n := 0
	for _, d := range l.Did() {
		if d.Verb == community.Send {
			n++
		}
	}
	if n != 3 {
		t.Errorf("%d messages were sent, want 3: nothing may be repeated blindly", n)
	}
}

func cut(t *testing.T, rig Rig) {
	l := start(t, rig)
	if l.Cut == nil {
		t.Skip("the connection cannot be cut")
	}
	say := l.say(community.ID{}, "有人吗")
	if l.Swallow != nil {
		l.Swallow()
		failed := make(chan error, 1)
		go func() {
			_, err := l.Do(t.Context(), say)
			failed <- err
		}()
		l.host.Until(t, "the call is on its way", func() bool { return len(l.Did()) > 0 })
		l.Cut()
		if err := <-failed; community.CodeOf(err) != community.CodeTimeout {
			t.Errorf("cut after sending: %v, want timeout", err)
		}
	} else {
		l.Cut()
	}
	l.host.Until(t, "the cut is noticed", func() bool { return l.host.State() != "online" })
	if _, err := l.Do(t.Context(), say); community.CodeOf(err) != community.CodeUnreachable {
		t.Errorf("certainly not sent: %v, want unreachable", err)
	}
	l.Mend()
	l.host.Until(t, "it is online again", func() bool { return l.host.State() == "online" })
	if l.Deaf {
		return
	}
	before := len(l.host.Of(l.sample()))
	l.Provoke[l.sample()]()
	l.host.Until(t, "a message over the new connection", func() bool { return len(l.host.Of(l.sample())) > before })
}

func missing(t *testing.T, rig Rig) {
	l := start(t, rig)
	if l.Missing == nil {
		t.Skip("no verb can be missing there")
	}
	l.settleRank(t, community.Native)
	l.Missing(community.SetCard, true)
	a, _ := l.trial(community.SetCard, community.ID{})
	if _, err := l.Do(t.Context(), a); community.CodeOf(err) != community.CodeUnsupported {
		t.Errorf("a verb that is missing there: %v, want unsupported", err)
	}
	if got := l.Abilities(l.Group).Verbs[community.SetCard]; got.Level != community.None || got.Evidence != "learned" {
		t.Errorf("afterwards it is %+v, want none, learned", got)
	}
	l.Missing(community.SetCard, false)
	if _, err := l.Do(t.Context(), a); err != nil {
		t.Errorf("it is there now: %v", err)
	}
	if got := l.Abilities(l.Group).Level(community.SetCard); got != community.Native {
		t.Errorf("after a success it is %s, want native", got)
	}
}

func demoted(t *testing.T, rig Rig) {
	l := start(t, rig)
	if l.Demote == nil {
		t.Skip("our rank cannot be changed")
	}
	if l.Abilities(l.Group).Level(community.Mute) == community.None {
		t.Skip("muting is not claimed at any rank")
	}
	l.settleRank(t, community.Native)
	l.Demote()
	l.settleRank(t, community.Human)
	got := l.Abilities(l.Group)
	if a := got.Verbs[community.Mute]; a.Note == "" || a.Evidence != "probed" {
		t.Errorf("mute as a plain member = %+v, want probed, with a note", a)
	}
	if got.Level(community.Send) != community.Native {
		t.Errorf("send as a plain member = %s, want native", got.Level(community.Send))
	}
}

// settleRank waits until muting stands at a level; where our rank does not matter it stands at once.
func (l *living) settleRank(t *testing.T, level community.Level) {
	t.Helper()
	now := l.Abilities(l.Group).Level(community.Mute)
	if l.Demote == nil || now != community.Native && now != community.Human {
		return
	}
	l.Provoke[community.MessageCreated]()
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		if a := l.Abilities(l.Group).Verbs[community.Mute]; a.Level == level && a.Evidence == "probed" {
			return
		}
		<-time.After(10 * time.Millisecond)
	}
	t.Fatalf("mute = %+v, want %s by probing", l.Abilities(l.Group).Verbs[community.Mute], level)
}
