package storetest

import (
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/store"
)

// noticesAreKept: a decision waits until it is settled whether anybody is told, once; the ledger tells who was told and finds those of
// which nobody was; the alarm ends when everything of it was looked at.
func noticesAreKept(t *testing.T, s *store.Store) {
	l, ctx := NewLog(s), t.Context()
	evs := l.Append(t, say(tea, "a", "可疑一", at("2026-01-01 10:00:00")), say(tea, "b", "可疑二", at("2026-01-01 10:00:01")), say(tea, "c", "可疑三", at("2026-01-01 10:00:02")))
	var ids []community.ID
	for i, ev := range evs {
		d := community.Decision{ID: community.DeriveID(ev.ID, "x", 0), Decider: "policy", Group: ev.Group, Event: ev.Number, Seq: ev.Seq, At: ev.At, Member: ev.Actor, Verdict: community.Hit, Hits: []community.RuleHit{{Rule: "ads", Kind: "keyword"}}}
		if i == 2 {
			d.Verdict, d.Hits[0].Dry = community.DryHit, true
		}
		decided(t, s, d)
		ids = append(ids, d.ID)
	}
	caughtUp(t, s)
	waiting := must(s.Unnoticed(ctx, 0))(t)
	same(t, "waiting", []any{len(waiting), waiting[0].ID, waiting[0].GroupName, waiting[0].Org}, []any{2, ids[0], "茶友群", community.OrgKey(1)})
	same(t, "dry, of two", len(must(s.UnnoticedDry(ctx, 1, 0, 2))(t)), 0)
	same(t, "dry, of one", len(must(s.UnnoticedDry(ctx, 1, 0, 1))(t)), 1)
	same(t, "dry, of another organisation", len(must(s.UnnoticedDry(ctx, 2, 0, 1))(t)), 0)
	why := func(*community.Decision) string { return community.NoticeSuspect }
	al := duty.Alarm{Org: 1, Kind: duty.KindHits, Subject: "hits:1:1", Group: evs[0].Group, Detail: "茶友群: 2"}
	for range 2 { // told once
		if err := s.NotifyHits(ctx, &al, waiting, why); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "none waits", len(must(s.Unnoticed(ctx, 0))(t)), 0)
	opened := must(s.AlarmOf(ctx, 1, "hits:1:1"))(t)
	if ok, err := s.AddSteps(ctx, opened, []duty.Step{{At: 5, What: duty.Told, User: "anna", Way: duty.ByMail}, {At: 9, What: duty.Told, User: "ben", Way: duty.ByMail}}, nil); err != nil || !ok {
		t.Fatal(ok, err)
	}
	rows, n, err := desk(s).FindDecisions(ctx, community.DecisionFilter{Hits: true, Noticed: "yes", Unresolved: true})
	if err != nil || n != 2 {
		t.Fatalf("told = %+v, %v", rows, err)
	}
	same(t, "who was told first", []any{rows[0].Notice.User, rows[0].Notice.Told, rows[0].Notice.Way, rows[0].Notice.Why}, []any{"anna", int64(5), duty.ByMail, community.NoticeSuspect})
	rows, n, err = desk(s).FindDecisions(ctx, community.DecisionFilter{Hits: true, Noticed: "no"})
	if err != nil || n != 1 || rows[0].ID != ids[2] {
		t.Errorf("not told = %+v, %v", rows, err)
	}
	same(t, "nothing ends yet", must(s.EndHitAlarms(ctx))(t), 0)
	for _, id := range ids[:2] {
		tx := must(s.BeginLog(ctx))(t)
		if err := tx.Resolve(ctx, id, "dismissed", "ming", "看过", 10); err != nil {
			t.Fatal(tx.Rollback(ctx, err))
		}
		if err := tx.Commit(ctx); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "it ends", must(s.EndHitAlarms(ctx))(t), 1)
	same(t, "once", must(s.EndHitAlarms(ctx))(t), 0)
}
