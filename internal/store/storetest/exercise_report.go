package storetest

import (
	"encoding/json"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/store"
)

// reportsAreKept: reports about one thing are one case, whose state only goes forward; it ends once, and ends the decision by
// which people were asked; another organisation sees nothing of it.
func reportsAreKept(t *testing.T, s *store.Store) {
	l, ctx := NewLog(s), t.Context()
	evs := l.Append(t, say(tea, "spam", "加微信领红包", at("2026-01-01 10:00:00")))
	bad := evs[0]
	first := community.DeriveID(bad.ID, "case", 0)
	report := func(key string, reporter community.MemberKey, total int, raised bool) community.Decision {
		t.Helper()
		data, err := json.Marshal(community.ReportData{Way: community.ReportByPage, Kind: community.ReportMessage, Event: bad.Number, Verified: reporter != 0, Named: "大刘"})
		if err != nil {
			t.Fatal(err)
		}
		ev := l.Append(t, community.Inbound{Type: community.MemberReported, GroupKey: bad.Group, ActorKey: reporter, SubjectKey: bad.Actor, Key: key, OccurredAt: at("2026-01-02 10:00:00"), Body: community.Body{Text: "骗人 " + key, Data: data}})[0]
		ev.Actor = reporter
		w := &community.ReportWeighed{Case: first, Member: bad.Actor, Event: bad.Number, Kind: community.ReportMessage, Weight: 100, Total: total, Need: 2, Raised: raised}
		d := community.Decision{ID: community.DeriveID(ev.ID, "policy", 0), Decider: "policy", Group: ev.Group, Event: ev.Number, Seq: ev.Seq, At: ev.At, Member: bad.Actor, Verdict: community.Served, Report: w}
		if raised {
			d.Verdict, w.Flags, d.Hits = community.Hit, []string{"joined_together"}, []community.RuleHit{{Rule: "report", Kind: "report", Chose: true}}
		}
		decided(t, s, d)
		tx := must(s.BeginLog(ctx))(t)
		if err := tx.Reported(ctx, &ev, []community.Decision{d}); err != nil {
			t.Fatal(tx.Rollback(ctx, err))
		}
		if err := tx.Commit(ctx); err != nil {
			t.Fatal(err)
		}
		return d
	}
	report("a", bad.Actor+1, 100, false)
	asked := report("b", 0, 200, true)
	report("c", bad.Actor+2, 300, false)
	caughtUp(t, s)
	list, n, err := desk(s).FindReports(ctx, community.ReportFilter{Group: bad.Group, Member: bad.Actor, Reporter: bad.Actor + 1, Kind: community.ReportMessage, Waiting: true})
	if err != nil || n != 1 {
		t.Fatalf("reports = %+v, %v", list, err)
	}
	r := must(desk(s).ReportOf(ctx, asked.ID))(t)
	same(t, "the case", []any{r.ID, r.State, r.Count, r.Total, r.Need, r.Message.Text, len(r.Reports), len(r.Flags)}, []any{first, community.ReportRaised, 3, 300, 2, "加微信领红包", 3, 1})
	same(t, "a report", []any{r.Reports[1].Words, r.Reports[1].Verified, r.Reports[1].Named, r.Reports[0].Way}, []any{"骗人 b", false, "大刘", community.ReportByPage})
	same(t, "the decision is about the message", must(desk(s).DecisionByID(ctx, asked.ID))(t).Message.Text, "加微信领红包")
	if _, err := s.For(community.Scope{Org: 2}).ReportByID(ctx, first); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("another organisation's report: %v, want not found", err)
	}
	if _, n, err := s.For(community.Scope{Org: 1, Groups: []community.GroupKey{}}).FindReports(ctx, community.ReportFilter{}); err != nil || n != 0 {
		t.Errorf("somebody who sees no group sees %d reports (%v)", n, err)
	}
	same(t, "unverified since", must(s.ReportsSince(ctx, bad.Group, 0, true))(t), 1)
	settle := func(upheld bool, user string) {
		t.Helper()
		tx := must(s.BeginLog(ctx))(t)
		p := community.PersonDecision{Kind: "report", User: user, Reason: "看过", Report: &community.ReportVerdict{Case: first, Upheld: upheld}}
		if err := tx.ReportsSettled(ctx, p, community.Decision{}, at("2026-01-03 10:00:00")); err != nil {
			t.Fatal(tx.Rollback(ctx, err))
		}
		if err := tx.Commit(ctx); err != nil {
			t.Fatal(err)
		}
	}
	settle(true, "ming")
	settle(false, "hua")
	r = must(desk(s).ReportByID(ctx, first))(t)
	same(t, "ended once", []any{r.State, r.SettledBy, r.Answer, r.Reports[0].Upheld, r.Reports[0].Rejected}, []any{community.ReportUpheld, "ming", "看过", 1, 0})
	d := must(desk(s).DecisionByID(ctx, asked.ID))(t)
	same(t, "the decision", []any{d.Resolution, d.ResolvedBy, d.Review}, []any{"kept", "ming", ""})
	same(t, "its receipt", must(s.ReportState(ctx, r.Reports[1].Event))(t), community.ReportUpheld)
	if _, err := s.ReportState(ctx, 1<<40); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("a receipt of nothing: %v, want not found", err)
	}
	found, ok, err := s.SaidBefore(ctx, bad.Group, bad.Seq+1, func(ev *community.Event) bool { return ev.Body.Text == "加微信领红包" })
	if err != nil || !ok || found.Number != bad.Number {
		t.Errorf("the message looked back for = %+v, %v", found, err)
	}
}
