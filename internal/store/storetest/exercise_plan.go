package storetest

import (
	"encoding/json"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/plan"
	"qunluo/internal/store"
)

func takenOnce(t *testing.T, s *store.Store) {
	ctx := t.Context()
	group := NewLog(s).Append(t, say(tea, "anna", "早", at("2026-01-01 10:00:00")))[0].Group
	g, err := s.For(community.Scope{}).GroupByKey(ctx, group)
	if err == nil {
		t.Fatalf("a group of another organisation is seen: %+v", g)
	}
	const org = community.OrgKey(1)
	b, err := s.AddBroadcast(ctx, plan.Broadcast{Org: org, Title: "一", Text: "早", State: plan.Scheduled, Start: at("2026-01-02 10:00:00"), User: "lin", Filter: plan.Filter{Tags: []string{"茶"}}}, community.Audit{User: "lin"})
	fine(t, err)
	for i, want := range []bool{true, false} {
		if started, err := s.StartBroadcast(ctx, b, []community.GroupKey{group, group}); err != nil || started != want {
			t.Fatalf("start %d = %v, %v; want %v", i+1, started, err, want)
		}
	}
	list, n, err := s.Targets(ctx, community.Scope{Org: org}, b.ID, 0, community.Page{})
	fine(t, err)
	if n != 1 || list[0].State() != plan.Waiting || list[0].User != "lin" || list[0].Text != "早" {
		t.Fatalf("%d targets %+v, want one that waits", n, list)
	}
	k := list[0]
	old := k
	old.Round = 0
	for i, try := range []struct {
		k    plan.Target
		want bool
	}{{old, false}, {k, true}, {k, false}} {
		did, err := s.TakeTargets(ctx, []plan.Target{try.k}, func([]plan.Target) (json.RawMessage, error) { return []byte(`{"kind":"act"}`), nil })
		if err != nil || (len(did) == 1) != try.want {
			t.Errorf("taking %d = %v, %v; want %v", i+1, did, err, try.want)
		}
	}
	if held, err := s.HoldTarget(ctx, k, []plan.Reason{{Code: plan.DayCap}}, false); err != nil || held {
		t.Errorf("holding what was taken = %v, %v; want false", held, err)
	}
	sends, err := s.SendsSince(ctx, org, 0)
	if err != nil || len(sends[group]) != 1 {
		t.Errorf("sends = %v, %v; want one", sends, err)
	}
	got, err := s.BroadcastByID(ctx, community.Scope{Org: org}, b.ID)
	if err != nil || got.State != plan.Running || got.Counts.Sending != 1 || len(got.Filter.Tags) != 1 {
		t.Errorf("mass send = %+v, %v; want it running with one under way", got, err)
	}
	if _, err := s.BroadcastByID(ctx, community.Scope{Org: org + 1}, b.ID); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("asked by another organisation: %v, want not_found", err)
	}
	fine(t, s.MoveBroadcast(ctx, got, plan.Paused, community.Audit{User: "lin"}))
	if err := s.MoveBroadcast(ctx, got, plan.Paused, community.Audit{}); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("pausing twice: %v, want a conflict", err)
	}
}

func turnsKept(t *testing.T, s *store.Store) {
	ctx := t.Context()
	group := NewLog(s).Append(t, say(tea, "anna", "早", at("2026-01-01 10:00:00")))[0].Group
	const org = community.OrgKey(1)
	p, err := s.SaveSOP(ctx, plan.SOP{Org: org, Name: "七天", User: "lin", Steps: []plan.Step{{ID: "s1", Kind: plan.ByDay, At: "09:00", Text: "旧"}}}, community.Audit{})
	fine(t, err)
	fine(t, s.EnterSOP(ctx, p, group, community.Audit{}))
	fine(t, s.EnterSOP(ctx, p, group, community.Audit{}))
	in, err := s.SOPGroups(ctx, p.ID)
	fine(t, err)
	if len(in) != 1 || in[0].Left != 0 {
		t.Fatalf("groups = %+v, want one", in)
	}
	slots := []plan.Slot{{Key: "s1@2026-01-02", Step: "s1", Due: in[0].Entered + 1, Post: plan.Post{Text: "旧"}}}
	fine(t, s.Materialise(ctx, p, in[0], slots, in[0].Entered+10))
	slots[0].Text = "新"
	fine(t, s.Materialise(ctx, p, in[0], slots, in[0].Entered+20)) // by who read the group before
	list, n, err := s.Targets(ctx, community.Scope{Org: org}, p.ID, group, community.Page{})
	fine(t, err)
	if n != 1 || list[0].Text != "旧" || list[0].Version != 1 {
		t.Errorf("%d turns %+v, want the first one only", n, list)
	}
	fine(t, s.LeaveSOP(ctx, p, group, community.Audit{}))
	if err := s.LeaveSOP(ctx, p, group, community.Audit{}); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("leaving twice: %v, want not_found", err)
	}
	if k, err := s.TargetNow(ctx, list[0].ID); err != nil || k.State() != plan.NotSent {
		t.Errorf("after the group left: %s, %v; want not_sent", k.State(), err)
	}
}

func fine(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
