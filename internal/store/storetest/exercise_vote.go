package storetest

import (
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/points"
	"qunluo/internal/store"
)

// votesAreKept: a week opens once; a member's later vote takes the place of the earlier; after the end nothing is taken; rewards
// are booked with the end, and a mark and its undo move points with them, once.
func votesAreKept(t *testing.T, s *store.Store) {
	ctx, l := t.Context(), NewLog(s)
	evs := l.Append(t, say(tea, "writes", "好内容", at("2026-01-01 10:00:00")), say(tea, "votes", "好", at("2026-01-01 10:00:01")))
	g, author, voter := evs[0].Group, evs[0].Actor, evs[1].Actor
	by := func(verb string) community.Audit { return community.Audit{Org: 1, User: "ming", Verb: verb} }
	coded := func(what string, err error, want community.Code) {
		t.Helper()
		if got := community.CodeOf(err); got != want {
			t.Errorf("%s: %v, want %q", what, err, want)
		}
	}
	rules := points.DefaultVote()
	rules.On, rules.Prizes = true, []points.Prize{{Points: 50, Name: "书"}}
	coded("rules", s.SetVote(ctx, 1, g, rules, by("")), "")
	had := must(s.VoteGroups(ctx, g))(t)
	if len(had) != 1 || had[0].Since == 0 || had[0].Rules.Prizes[0].Name != "书" {
		t.Fatalf("rules = %+v", had)
	}
	coded("rules again", s.SetVote(ctx, 1, g, rules, by("")), "")
	same(t, "on since", must(s.VoteGroups(ctx, 0))(t)[0].Since, had[0].Since)

	b := points.Ballot{Group: g, Week: "2026-01-04", From: 1, Opens: 2, Ends: 100, State: points.BallotOpen, Rules: rules}
	list := []points.Candidate{{No: 1, Member: author, Event: evs[0].Number, Score: 3}}
	b = must(s.OpenBallot(ctx, b, list, by("")))(t)
	_, err := s.OpenBallot(ctx, b, list, by(""))
	coded("a week opened twice", err, community.CodeConflict)
	same(t, "seen as opened", must(s.VoteGroups(ctx, g))(t)[0].Week, "2026-01-04")
	added := points.Candidate{No: 2, Member: voter, Event: evs[1].Number, Added: "ming"}
	coded("a candidate", s.PutCandidate(ctx, b, added, true, by("vote.add")), "")
	coded("the same number", s.PutCandidate(ctx, b, added, true, by("vote.add")), community.CodeConflict)
	added.Out, added.OutBy, added.OutWhy = points.OutRemoved, "ming", "跑题"
	coded("removed", s.PutCandidate(ctx, b, added, false, by("vote.remove")), "")
	coded("one that is not there", s.PutCandidate(ctx, b, points.Candidate{No: 9}, false, by("vote.remove")), community.CodeConflict)

	coded("vote", s.CastVote(ctx, b.ID, points.Vote{Member: voter, No: 2, Way: points.ByPage, At: 10}), "")
	coded("changed in chat", s.ReadVotes(ctx, b, b.Seq+1, []points.Vote{{Member: voter, No: 1, Way: points.ByChat, At: 11}}), "")
	coded("read twice", s.ReadVotes(ctx, b, b.Seq+1, nil), community.CodeConflict)
	coded("an earlier one that comes late", s.CastVote(ctx, b.ID, points.Vote{Member: voter, No: 2, Way: points.ByPage, At: 9}), "")
	same(t, "vote", must(s.VoteOf(ctx, b.ID, voter))(t), 1)
	same(t, "no vote", must(s.VoteOf(ctx, b.ID, author))(t), 0)
	same(t, "votes", must(s.Votes(ctx, b.ID))(t), []points.Vote{{Member: voter, No: 1, Way: points.ByChat, At: 11}})
	open := must(s.OpenBallots(ctx))(t)
	if len(open) != 1 || open[0].Stand != 1 || open[0].Votes != 1 || open[0].GroupName != "茶友群" || open[0].Rules.Word != "投票" || open[0].Seq != b.Seq+1 {
		t.Fatalf("open = %+v", open)
	}

	b.State, b.Ended = points.BallotEnded, 101
	ranked := points.Count(must(s.Candidates(ctx, b.ID))(t), must(s.Votes(ctx, b.ID))(t))
	pay := must(s.EndBallot(ctx, b, ranked, points.Payouts(ranked, rules.Prizes), by("vote.end")))(t)
	_, err = s.EndBallot(ctx, b, ranked, pay, by("vote.end"))
	coded("ended twice", err, community.CodeConflict)
	coded("a vote after the end", s.CastVote(ctx, b.ID, points.Vote{Member: author, No: 1, At: 12}), community.CodeLate)
	coded("a candidate after the end", s.PutCandidate(ctx, b, points.Candidate{No: 3}, true, by("vote.add")), community.CodeLate)
	coded("chat after the end", s.ReadVotes(ctx, open[0], b.Seq+2, nil), community.CodeConflict)
	cands := must(s.Candidates(ctx, b.ID))(t)
	if len(cands) != 2 || cands[0].Votes != 1 || cands[0].Place != 1 || cands[0].Name != "writes" || cands[1].Out != points.OutRemoved || cands[1].OutWhy != "跑题" {
		t.Errorf("candidates = %+v", cands)
	}
	ended := must(desk(s).BallotByID(ctx, b.ID))(t)
	same(t, "ended", []any{ended.State, ended.Ended, ended.Stand}, []any{points.BallotEnded, int64(101), 1})
	_, err = s.For(community.Scope{Org: 2}).BallotByID(ctx, b.ID)
	coded("another organisation's", err, community.CodeNotFound)

	balance := func(what string, want int64) {
		t.Helper()
		r, _, err := s.PointsRank(ctx, g, author, 0, community.Page{})
		if err != nil || len(r) != 1 || r[0].Points != want {
			t.Errorf("%s: %+v, %v; want %d", what, r, err, want)
		}
	}
	balance("booked with the end", 50)
	all, n, err := desk(s).Payouts(ctx, store.PayoutFilter{Group: g})
	if err != nil || n != 2 || all[0].Kind != points.PayPrize || all[0].State != points.PayoutOpen || all[1].PaidBy != "system" || all[0].Week != "2026-01-04" || all[0].Name != "writes" {
		t.Fatalf("payouts = %+v, %v", all, err)
	}
	for f, want := range map[store.PayoutFilter]int{{State: points.PayoutOpen}: 1, {State: points.PayoutPaid}: 1, {Before: 101}: 0, {Before: 102}: 2, {Ballot: b.ID}: 2, {Ballot: community.ID{1}}: 0, {Group: g + 1000}: 0} {
		if list, n, err := desk(s).Payouts(ctx, f); err != nil || n != want || len(list) != want {
			t.Errorf("payouts of %+v: %d, %v; want %d", f, n, err, want)
		}
	}
	was := all[1]
	back, err := was.Unmark("算错了")
	coded("unmark", err, "")
	coded("taken back", s.MovePayout(ctx, 1, was, back, by("vote.unpay")), "")
	coded("taken back twice", s.MovePayout(ctx, 1, was, back, by("vote.unpay")), community.CodeConflict)
	balance("taken back", 0)
	again, err := back.Mark("ming", "重新发", 200)
	coded("mark", err, "")
	coded("paid again", s.MovePayout(ctx, 1, back, again, by("vote.pay")), "")
	balance("paid again", 50)
	got := must(desk(s).PayoutByID(ctx, was.ID))(t)
	same(t, "paid", []any{got.State, got.PaidBy, got.Note, got.Times}, []any{points.PayoutPaid, "ming", "重新发", 2})
}
