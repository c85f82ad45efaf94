package storetest

import (
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/measure"
	"qunluo/internal/store"
)

// weekliesAreKept: an order stays in its organisation, a week is asked for once, a report is kept as it was sent, and dropping an order
// forgets all of it.
func weekliesAreKept(t *testing.T, s *store.Store) {
	l, ctx := NewLog(s), t.Context()
	g := l.Append(t, say(tea, "a", "早", at("2026-01-01 10:00:00")))[0].Group
	caughtUp(t, s)
	audit := community.Audit{Org: 1, User: "ming", Verb: "weekly.order", Reason: "开年"}
	v := measure.WeeklyOrder{Org: 1, User: "ming", Groups: []community.GroupKey{g}, Weekday: 6, Hour: 23, Lang: "en", Way: "webhook", Address: "https://example.com/h", Secret: "s3cret", Since: 5}
	v = must(s.SaveWeeklyOrder(ctx, v, audit))(t)
	same(t, "kept", must(s.WeeklyOrder(ctx, 1, v.ID))(t), v)
	if _, err := s.WeeklyOrder(ctx, 2, v.ID); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("another organisation: %v", err)
	}
	v.Paused, v.Groups = true, nil
	same(t, "changed", must(s.SaveWeeklyOrder(ctx, v, audit))(t), v)
	same(t, "as it stands", must(s.WeeklyOrders(ctx, 0))(t), []measure.WeeklyOrder{v})
	same(t, "of another", len(must(s.WeeklyOrders(ctx, 2))(t)), 0)
	stray := v
	stray.Org = 2
	if _, err := s.SaveWeeklyOrder(ctx, stray, audit); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("another organisation changes it: %v", err)
	}
	run, fresh, err := s.AddReportRun(ctx, measure.ReportRun{Sub: v.ID, Slot: "2026-01-05", Until: 20_463}, community.Audit{})
	if err != nil || !fresh {
		t.Fatalf("first = %v, %v", fresh, err)
	}
	if _, fresh, err := s.AddReportRun(ctx, measure.ReportRun{Sub: v.ID, Slot: "2026-01-05"}, community.Audit{}); err != nil || fresh {
		t.Errorf("the same week again = %v, %v", fresh, err)
	}
	byHand, fresh, err := s.AddReportRun(ctx, measure.ReportRun{Sub: v.ID, Manual: true, User: "ming"}, audit)
	if err != nil || !fresh {
		t.Fatalf("by hand = %v, %v", fresh, err)
	}
	jobs := must(s.ClaimJobs(ctx, "me", 10, byHand.At+1, 1000))(t)
	kinds := map[string]int{}
	for _, j := range jobs {
		kinds[j.Kind]++
	}
	same(t, "jobs", kinds[store.JobWeekly], 2)
	value := 3.0
	run.State, run.Attempts, run.Done = measure.ReportSent, 2, 99
	run.Report = &measure.Report{ID: "weekly.x", Title: "周报", Sections: []measure.ReportSection{{Name: "茶友群", Lines: []measure.ReportLine{{Metric: "activity.messages", Value: &value}}}}}
	if err := s.PutReportRun(ctx, run); err != nil {
		t.Fatal(err)
	}
	got, order, err := s.ReportRun(ctx, run.ID)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "as it was sent", []any{got, order.Secret}, []any{run, "s3cret"})
	same(t, "both", len(must(s.ReportRuns(ctx, v.ID, 5))(t)), 2)
	if err := s.DropWeeklyOrder(ctx, 2, v.ID, audit); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("another organisation drops it: %v", err)
	}
	if err := s.DropWeeklyOrder(ctx, 1, v.ID, audit); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.ReportRun(ctx, run.ID); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("forgotten: %v", err)
	}
	sheetCounts(t, s, g)
	early := must(desk(s).History(ctx, g, day(t, "2025-12-20")))(t)
	same(t, "before it began", []any{len(early.Watched.Known), len(early.Spoke), len(early.Stays), measure.Keep(early, measure.ByFirst, 4, 4).Coverage}, []any{0, 0, 0, measure.Coverage{}})
}

// sheetCounts: alarms by the time they began, adjustments by their day of review.
func sheetCounts(t *testing.T, s *store.Store, g community.GroupKey) {
	ctx, d := t.Context(), desk(s)
	al := must(s.OpenAlarm(ctx, duty.Alarm{Org: 1, Kind: duty.KindHits, Subject: "hits:x", Group: g}, community.Audit{}))(t)
	must(s.AddAdjustment(ctx, measure.Adjustment{Org: 1, Group: g, Kind: "gate", What: "x", Metric: measure.MoveLeaves, Review: 20_500}, community.Audit{User: "ming", Verb: "adjust.add"}))(t)
	alarms, reviews, err := d.GroupAlarms(ctx, al.Opened, al.Opened+1, 20_500)
	same(t, "counted", []any{alarms[g], reviews[g], err}, []any{1, 1, nil})
	alarms, reviews, err = d.GroupAlarms(ctx, al.Opened+1, al.Opened+9, 20_499)
	same(t, "not yet", []any{alarms[g], reviews[g], err}, []any{0, 0, nil})
	alarms, _, err = s.For(community.Scope{Org: 1, Groups: []community.GroupKey{g + 1}}).GroupAlarms(ctx, al.Opened, al.Opened+1, 20_500)
	same(t, "outside the scope", []any{alarms[g], err}, []any{0, nil})
}
