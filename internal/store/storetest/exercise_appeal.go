package storetest

import (
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/store"
)

// appealsAreKept: what a member writes opens one appeal and adds to it; it is decided once; the ledger says so.
func appealsAreKept(t *testing.T, s *store.Store) {
	l, ctx := NewLog(s), t.Context()
	evs := l.Append(t, say(tea, "spam", "加微信领红包", at("2026-01-01 10:00:00")))
	d := community.Decision{ID: community.DeriveID(evs[0].ID, "ad", 0), Decider: "policy", Group: evs[0].Group, Event: evs[0].Number, Seq: evs[0].Seq,
		At: evs[0].At, Member: evs[0].Actor, Book: 1, Verdict: community.Hit, Hits: []community.RuleHit{{Rule: "ad", Kind: "keyword", Chose: true}}}
	d.Strikes = []community.Strike{{ID: community.DeriveID(d.ID, "strike", 0), Decision: d.ID, Group: d.Group, Member: d.Member, Rule: "ad", Book: 1, Event: d.Event, At: d.At, Expires: at("2030-01-01 00:00:00")}}
	decided(t, s, d)
	write := func(key, words, state string) error {
		t.Helper()
		ev := l.Append(t, community.Inbound{Type: community.AppealWritten, GroupKey: d.Group, ActorKey: d.Member, Key: key, OccurredAt: at("2026-01-02 10:00:00"), Body: community.Body{Text: words, State: state}})
		tx := must(s.BeginLog(ctx))(t)
		if err := tx.AppealWritten(ctx, &ev[0]); err != nil {
			return tx.Rollback(ctx, err)
		}
		return tx.Commit(ctx)
	}
	for i, words := range []string{"不是广告", "是朋友问的"} {
		if err := write(string(rune('a'+i)), words, d.ID.String()); err != nil {
			t.Fatal(err)
		}
	}
	if err := write("x", "乱写", "not an id"); community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("an appeal against nothing: %v, want bad input", err)
	}
	caughtUp(t, s)
	list, n, err := desk(s).FindAppeals(ctx, community.AppealFilter{State: community.AppealOpen})
	if err != nil || n != 1 || len(list[0].Statements) != 2 {
		t.Fatalf("appeals = %+v, %v", list, err)
	}
	a := list[0]
	same(t, "what was written", []any{a.Statements[0].Text, a.Statements[1].Text, a.About.Message.Text, a.Due - a.Created}, []any{"不是广告", "是朋友问的", "加微信领红包", int64(3 * 24 * 3600 * 1000)})
	same(t, "of the decision", must(desk(s).AppealOf(ctx, d.ID))(t).ID, a.ID)
	if _, err := s.For(community.Scope{Org: 2}).AppealByID(ctx, a.ID); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("another organisation's appeal: %v, want not found", err)
	}
	done := a.Appeal
	done.State, done.DecidedBy, done.Answer, done.Despite = community.AppealUpheld, "ming", "证据清楚", "只有我"
	audit := community.Audit{Org: 1, User: "ming", Verb: "appeal.decide", Reason: "证据清楚"}
	if err := s.DecideAppeal(ctx, done, audit); err != nil {
		t.Fatal(err)
	}
	if err := s.DecideAppeal(ctx, done, audit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("decided twice: %v, want a conflict", err)
	}
	got := must(desk(s).AppealByID(ctx, a.ID))(t)
	same(t, "decided", []any{got.State, got.DecidedBy, got.Answer, got.Despite}, []any{community.AppealUpheld, "ming", "证据清楚", "只有我"})
	strikes, _, err := desk(s).FindStrikes(ctx, community.StrikeFilter{Group: d.Group})
	if err != nil || len(strikes) != 1 || strikes[0].Appeal != community.AppealUpheld {
		t.Errorf("ledger = %+v, %v", strikes, err)
	}
}
