package storetest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/store"
)

// historyEqualsTheLog compares days spoken and stays with a reading of the events.
func historyEqualsTheLog(t *testing.T, s *store.Store) {
	rng := rand.New(rand.NewPCG(41, 42))
	events := write(t, s, NewLog(s), rng, life(rng, threeGroups, 3000))
	g, to := events[0].Group, day(t, "2026-02-10")
	want, left := map[community.MemberKey]map[measure.Day]bool{}, 0
	recalled := map[string]bool{}
	for _, ev := range events {
		if ev.Type == community.MessageDeleted {
			recalled[fmt.Sprint(ev.Group, ev.Body.Message)] = true
		}
	}
	for _, ev := range events {
		if ev.Group == g && (ev.Type == community.MemberLeft || ev.Type == community.MemberJoined) { // who comes again had gone
			left++
		}
		d, _ := measure.DayOf(ev.OccurredAt, shanghai)
		if ev.Group != g || ev.Type != community.MessageCreated || d > to || !ev.Body.Caused.IsZero() || recalled[fmt.Sprint(ev.Group, ev.Body.Message)] ||
			ev.Body.Class == community.System || ev.Body.Class == community.RedPack {
			continue
		}
		if want[ev.Actor] == nil {
			want[ev.Actor] = map[measure.Day]bool{}
		}
		want[ev.Actor][d] = true
	}
	h := must(desk(s).History(t.Context(), g, to))(t)
	if len(h.Spoke) != len(want) || len(h.Watched.Known) != int(h.Watched.To-h.Watched.From)+1 {
		t.Fatalf("%d lives, want %d; watched %+v", len(h.Spoke), len(want), h.Watched)
	}
	for _, l := range h.Spoke {
		if len(l.Days) != len(want[l.Member]) || l.First != l.Days[0] {
			t.Errorf("member %d spoke on %d days from %s, want %d", l.Member, len(l.Days), l.First, len(want[l.Member]))
		}
		for i, d := range l.Days {
			if !want[l.Member][d] || i > 0 && d <= l.Days[i-1] {
				t.Errorf("member %d did not speak on %s, or twice", l.Member, d)
			}
		}
	}
	ended := 0
	for _, st := range h.Stays {
		if st.Left > 0 {
			ended++
		}
	}
	if ended == 0 || ended > left {
		t.Errorf("%d stays ended by %d comings and goings", ended, left)
	}
	for _, by := range []string{measure.ByFirst, measure.ByJoin} {
		r := measure.Keep(h, by, 12, 12)
		if by == measure.ByFirst && r.Began != len(want) || len(r.Cohorts) == 0 || r.Participation.N != len(want) {
			t.Errorf("%s: %d began, %d cohorts, %d take part", by, r.Began, len(r.Cohorts), r.Participation.N)
		}
	}
	if h, err := desk(s).History(t.Context(), 999, to); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("a group that is not there: %+v, %v", h, err)
	}
	if _, err := desk(s).History(t.Context(), 0, to); community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("no group: %v", err)
	}
}

// staysSayHowTheyEnded tells apart leaving, removal and being gone from a list, and keeps what nobody knows.
func staysSayHowTheyEnded(t *testing.T, s *store.Store) {
	l := NewLog(s)
	kick := leave(tea, "k", at("2026-01-08 10:00:00"))
	kick.Body.Reason = "kicked"
	roster := func(when string, names ...string) community.Inbound {
		list := []community.Who{}
		for _, n := range names {
			list = append(list, who(n))
		}
		raw, err := json.Marshal(list)
		if err != nil {
			t.Fatal(err)
		}
		return community.Inbound{Type: community.RosterRead, Group: tea, Key: "roster:" + when, OccurredAt: at(when), Body: community.Body{Data: raw}}
	}
	events := l.Append(t, say(tea, "old", "早", at("2026-01-01 09:00:00")), say(tea, "owner", "早", at("2026-01-01 09:00:00")), roster("2026-01-01 10:00:00", "old", "owner"), join(tea, "k", at("2026-01-03 10:00:00")), join(tea, "n", at("2026-01-03 10:00:00")), join(tea, "gone", at("2026-01-03 10:00:00")),
		leave(tea, "n", at("2026-01-05 10:00:00")), kick, roster("2026-01-12 10:00:00", "owner"), say(tea, "owner", "早", at("2026-01-20 10:00:00")))
	caughtUp(t, s)
	h := must(desk(s).History(t.Context(), events[0].Group, day(t, "2026-01-20")))(t)
	causes := map[measure.Cause]int{}
	for _, st := range h.Stays {
		causes[st.Cause]++
		if st.Cause == measure.Gone && st.Joined > 0 && (st.Low == 0 || st.Low >= st.Left) {
			t.Errorf("gone from a list without an interval: %+v", st)
		}
	}
	same(t, "causes", causes, map[measure.Cause]int{measure.Censored: 1, measure.Left: 1, measure.Removed: 1, measure.Gone: 2})
	r := measure.Keep(h, measure.ByJoin, 12, 12)
	if r.Undated != 2 || r.Membership.N != 3 || r.Membership.Ends != 3 || r.Wide != 1 || r.Inferred != 1 || r.Earliest.N != 3 {
		t.Errorf("retention: %d undated, %d of %d ended, %d wide of %d inferred", r.Undated, r.Membership.Ends, r.Membership.N, r.Wide, r.Inferred)
	}
	if r.Began != 3 || r.By != measure.ByJoin {
		t.Errorf("%d began, want the three whose joining was seen", r.Began)
	}
}
