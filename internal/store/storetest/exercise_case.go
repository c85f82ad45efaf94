package storetest

import (
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/store"
)

// casesAreKept: what a person finds of a decision becomes a case with its offsets; the last word on a message counts; what is
// taken back says nothing any more; other groups see only what holds everywhere.
func casesAreKept(t *testing.T, s *store.Store) {
	l, ctx := NewLog(s), t.Context()
	other := community.Ref{ID: "hike", Name: "徒步群"}
	evs := l.Append(t, say(tea, "spam", "加微信领红包", at("2026-01-01 10:00:00")), say(tea, "anna", "好的", at("2026-01-01 11:00:00")), say(other, "bob", "早", at("2026-01-01 12:00:00")))
	d := community.Decision{ID: community.DeriveID(evs[0].ID, "ad", 0), Decider: "policy", Group: evs[0].Group, Event: evs[0].Number, Seq: evs[0].Seq,
		At: evs[0].At, Member: evs[0].Actor, Book: 1, Verdict: community.Hit,
		Hits: []community.RuleHit{{Rule: "seen", Kind: "keyword"}, {Rule: "ad", Kind: "keyword", Chose: true, Spans: []community.Span{{Start: 0, End: 9}}}}}
	decided(t, s, d)
	caughtUp(t, s)
	label := func(want community.Want) {
		t.Helper()
		tx := must(s.BeginLog(ctx))(t)
		c := community.Case{ID: s.NewID(), Want: want, Decision: d.ID, User: "ming", At: 7, Why: "广告"}
		if err := tx.LabelDecision(ctx, c); err != nil {
			t.Fatal(tx.Rollback(ctx, err))
		}
		if err := tx.Commit(ctx); err != nil {
			t.Fatal(err)
		}
	}
	find := func(f community.CaseFilter) []community.CaseRow {
		t.Helper()
		list, n, err := desk(s).FindCases(ctx, f)
		if err != nil || n != len(list) {
			t.Fatalf("cases: %d of %d, %v", len(list), n, err)
		}
		return list
	}
	label(community.WantHit)
	got := find(community.CaseFilter{})
	if len(got) != 1 {
		t.Fatalf("cases = %+v", got)
	}
	same(t, "of a decision", []any{got[0].Want, got[0].Rule, got[0].Spans, got[0].Event, got[0].Message.Text, got[0].GroupName, got[0].User, got[0].Why},
		[]any{community.WantHit, "ad", []community.Span{{Start: 0, End: 9}}, d.Event, "加微信领红包", "茶友群", "ming", "广告"})
	label(community.WantNone)
	if got = find(community.CaseFilter{Rule: "ad"}); len(got) != 1 || got[0].Want != community.WantNone {
		t.Errorf("after a second word: %+v, want the one case, none wanted", got)
	}
	label("")
	same(t, "taken back, a false hit stays false", len(find(community.CaseFilter{})), 1)
	label(community.WantHit)
	label("")
	same(t, "taken back", len(find(community.CaseFilter{})), 0)

	hand := must(s.AddCase(ctx, community.Case{Group: evs[1].Group, Event: evs[1].Number, Want: community.WantNone, User: "ming", Why: "平常话"}, community.Audit{Org: 1, User: "ming", Verb: "case.add"}))(t)
	wide := must(s.AddCase(ctx, community.Case{Group: evs[2].Group, Event: evs[2].Number, Wide: true, Want: community.WantNone, User: "ming", Why: "平常话"}, community.Audit{Org: 1, User: "ming", Verb: "case.add"}))(t)
	same(t, "of the group alone", len(find(community.CaseFilter{Group: evs[0].Group})), 1)
	same(t, "that hold for the group", len(find(community.CaseFilter{Group: evs[0].Group, For: true})), 2)
	list, said, err := s.CasesFor(ctx, 1, evs[2].Group)
	if err != nil || len(list) != 1 || list[0].ID != wide.ID || said[evs[2].Number].Body.Text != "早" {
		t.Errorf("to judge on: %+v, %v", list, err)
	}
	if list, _, err := s.CasesFor(ctx, 2, evs[2].Group); err != nil || len(list) != 0 {
		t.Errorf("another organisation judges on %+v (%v)", list, err)
	}
	audit := community.Audit{Org: 1, User: "ming", Verb: "case.remove", Reason: "重复"}
	if err := s.RemoveCase(ctx, hand, audit); err != nil {
		t.Fatal(err)
	}
	if err := s.RemoveCase(ctx, hand, audit); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("removed twice: %v, want not found", err)
	}
	if _, err := desk(s).CaseByID(ctx, hand.ID); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("a removed case: %v, want not found", err)
	}
	rows, _, err := desk(s).FindAudit(ctx, community.AuditFilter{Verb: "case.remove"})
	if err != nil || len(rows) != 1 || rows[0].Reason != "重复" {
		t.Errorf("trail = %+v, %v", rows, err)
	}
}
