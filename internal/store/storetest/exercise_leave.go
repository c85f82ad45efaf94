package storetest

import (
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/store"
)

// leaversAreKept: why a group opens without a goal is kept by version; who left by themselves is found once; an answer is kept apart from who
// gave it, once, and counted within the scope.
func leaversAreKept(t *testing.T, s *store.Store) {
	l, ctx := NewLog(s), t.Context()
	gone := func(name, reason, when string) community.Inbound {
		in := leave(tea, name, at(when))
		in.Body.Reason = reason
		return in
	}
	events := l.Append(t, join(tea, "a", at("2026-01-01 10:00:00")), join(tea, "b", at("2026-01-01 10:00:00")), join(tea, "c", at("2026-01-01 10:00:00")), join(tea, "d", at("2026-01-01 10:00:00")),
		gone("a", "left", "2026-01-02 10:00:00"), gone("b", "kicked", "2026-01-03 10:00:00"), gone("c", "unknown", "2026-01-03 11:00:00"), gone("d", "left", "2026-01-03 12:00:00"), join(tea, "d", at("2026-01-03 13:00:00")))
	g := events[0].Group
	caughtUp(t, s)
	audit := community.Audit{Org: 1, User: "ming", Verb: "goal.waive", Subject: "group:1"}
	same(t, "nothing written", must(s.Waiver(ctx, g))(t), measure.Waiver{})
	for i, words := range []string{"试两周", "再试两周", ""} {
		if err := s.Waive(ctx, g, words, audit); err != nil {
			t.Fatal(err)
		}
		w := must(s.Waiver(ctx, g))(t)
		listed, _, err := desk(s).Goals(ctx, g, "", community.Page{})
		same(t, "listed", []any{len(listed), listed[0].Without, err}, []any{1, words, nil})
		same(t, "written", []any{w.Version, w.Words, w.User, w.At > 0}, []any{i + 1, words, "ming", true})
	}

	same(t, "nobody asks", len(must(s.LeaveWatches(ctx))(t)), 0)
	w := measure.LeaveWatch{Group: g, Org: 1, Since: 5}
	if err := s.SaveLeaveWatch(ctx, w, audit); err != nil {
		t.Fatal(err)
	}
	same(t, "asked", must(s.LeaveWatches(ctx))(t), []measure.LeaveWatch{w})
	same(t, "of the group", must(s.LeaveWatch(ctx, g))(t), w)
	list := must(desk(s).Leavers(ctx, g, 0, 0, 10))(t)
	if len(list) != 2 || list[0].Name != "a" || list[1].Name != "c" || list[0].Left != at("2026-01-02 10:00:00") {
		t.Fatalf("leavers = %+v", list)
	}
	same(t, "since", len(must(desk(s).Leavers(ctx, g, at("2026-01-03 00:00:00"), 0, 10))(t)), 1)
	same(t, "bounded", len(must(desk(s).Leavers(ctx, g, 0, 0, 1))(t)), 1)
	a := list[0]
	same(t, "asks first", must(s.AddLeaveAsk(ctx, g, a.Member, a.Left))(t), true)
	same(t, "asks again", must(s.AddLeaveAsk(ctx, g, a.Member, a.Left))(t), false)
	same(t, "left to ask", len(must(desk(s).Leavers(ctx, g, 0, 0, 10))(t)), 1)
	same(t, "asked so far", must(s.LeaversAsked(ctx, g, 0))(t), 1)
	same(t, "has not answered", must(s.LeaveAnswered(ctx, g, a.Member, a.Left))(t), false)
	if _, err := s.LeaveAnswered(ctx, g, list[1].Member, list[1].Left); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("who was not asked: %v", err)
	}
	said := measure.LeaveSaid{Group: g, Day: 20_455, Answer: "noise", Words: "太吵"}
	if err := s.AnswerLeave(ctx, list[1].Member, list[1].Left, said); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("who was not asked answers: %v", err)
	}
	if err := s.AnswerLeave(ctx, a.Member, a.Left, said); err != nil {
		t.Fatal(err)
	}
	if err := s.AnswerLeave(ctx, a.Member, a.Left, said); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("answered twice: %v", err)
	}
	same(t, "has answered", must(s.LeaveAnswered(ctx, g, a.Member, a.Left))(t), true)
	tally := must(desk(s).LeaveTally(ctx, g, 20_455))(t)
	same(t, "counted", []any{tally.Asked, tally.Answered, tally.Counts[1].N, tally.Withheld}, []any{1, 1, 1, measure.TooFew})
	same(t, "not of days before", must(desk(s).LeaveTally(ctx, g, 20_456))(t).Answered, 0)
	words, n, err := desk(s).LeaveSaid(ctx, 0, 0, community.Page{})
	same(t, "words", []any{words, n, err}, []any{[]measure.LeaveSaid{said}, 1, nil})
	elsewhere := s.For(community.Scope{Org: 1, Groups: []community.GroupKey{g + 1}})
	same(t, "outside the scope", must(elsewhere.LeaveTally(ctx, 0, 0))(t).Answered, 0)
	words, n, err = elsewhere.LeaveSaid(ctx, 0, 0, community.Page{})
	same(t, "words outside the scope", []any{len(words), n, err}, []any{0, 0, nil})
}
