package storetest

import (
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/experiment"
	"qunluo/internal/store"
)

// experimentsAreKept: a draft changes by version only, starts once and alone on what it tries, a unit keeps its first arm, what became
// of units is booked once, a decision is archived with its result.
func experimentsAreKept(t *testing.T, s *store.Store) {
	ctx := t.Context()
	org := community.OrgKey(77)
	desk := s.For(community.Scope{Org: org})
	audit := community.Audit{User: "ming", Verb: "experiment.save"}
	d := experiment.Definition{Name: "欢迎语", Switch: experiment.WelcomeCode, Subject: "c1", Arms: [2]string{"甲", "乙"}, ShareB: 50, Primary: experiment.Spoke7, Base: 0.3, Hoped: 0.1, PerDay: 9, Days: 28, Salt: "s"}
	x := must(s.SaveExperiment(ctx, experiment.Row{Org: org, Definition: d, User: "ming"}, audit))(t)
	stale := x
	x.Name = "欢迎语二"
	x = must(s.SaveExperiment(ctx, x, audit))(t)
	if _, err := s.SaveExperiment(ctx, stale, audit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("a stale change: %v, want a conflict", err)
	}
	got := must(desk.ExperimentByID(ctx, x.ID))(t)
	same(t, "a draft", []any{got.Name, got.Version, got.State, got.Hoped, got.Need.Members > 0, got.Result == nil}, []any{"欢迎语二", 2, experiment.Draft, 0.1, true, true})
	if _, err := s.For(community.Scope{Org: org + 1}).ExperimentByID(ctx, x.ID); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("another organisation reads it: %v", err)
	}
	x = must(s.StartExperiment(ctx, x, nil, []community.GroupKey{5}, audit))(t)
	twin := must(s.SaveExperiment(ctx, experiment.Row{Org: org, Definition: d, User: "ming"}, audit))(t)
	if _, err := s.StartExperiment(ctx, twin, nil, nil, audit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("a second one on the same code: %v, want a conflict", err)
	}
	if _, err := s.StartExperiment(ctx, x, nil, nil, audit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("started twice: %v, want a conflict", err)
	}
	on, ok, err := s.RunningOn(ctx, org, experiment.WelcomeCode, "c1", "")
	if err != nil || !ok || on.ID != x.ID {
		t.Errorf("what runs on the code: %v %v (%v)", on.ID, ok, err)
	}
	unitsAreBooked(t, s, x.ID)
	x.State, x.Ended, x.EndedWhy, x.EndedBy = experiment.Stopped, 99, "manual", "ming"
	if err := s.EndExperiment(ctx, x, []string{experiment.Running}, audit); err != nil {
		t.Fatal(err)
	}
	if err := s.EndExperiment(ctx, x, []string{experiment.Running}, audit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("stopped twice: %v, want a conflict", err)
	}
	x.State, x.Decision, x.Reason, x.Decider, x.DecidedAt = experiment.Decided, experiment.TakeNeither, "看不出差别", "ming", 100
	x.Result = &experiment.Result{Verdict: experiment.VerdictNone, P: 1, Points: []experiment.Point{{Day: 3, Diff: -0.1, Low: -0.4, High: 0.2, Drawn: true}}}
	if err := s.EndExperiment(ctx, x, []string{experiment.Running, experiment.Stopped}, audit); err != nil {
		t.Fatal(err)
	}
	got = must(desk.ExperimentByID(ctx, x.ID))(t)
	same(t, "the archive", []any{got.State, got.Decision, got.Reason, got.Result.Verdict, got.Result.Points[0].Low, got.EndedWhy}, []any{experiment.Decided, experiment.TakeNeither, "看不出差别", experiment.VerdictNone, -0.4, "manual"})
	if live := must(s.LiveExperiments(ctx))(t); len(live) != 0 {
		t.Errorf("live: %d, want none", len(live))
	}
	if err := s.DropExperiment(ctx, x, audit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("what was decided is taken away: %v", err)
	}
	if err := s.DropExperiment(ctx, twin, audit); err != nil {
		t.Error(err)
	}
	if list, n, err := desk.FindExperiments(ctx, "", community.Page{}); err != nil || n != 1 || len(list) != 1 {
		t.Errorf("%d of %d experiments (%v)", len(list), n, err)
	}
}

func unitsAreBooked(t *testing.T, s *store.Store, id community.ID) {
	t.Helper()
	ctx := t.Context()
	first := must(s.Assign(ctx, id, experiment.Assignment{Unit: "8", Arm: 1, Group: 5, Member: 8, At: 10}))(t)
	again := must(s.Assign(ctx, id, experiment.Assignment{Unit: "8", Arm: 0, Group: 6, Member: 8, At: 20}))(t)
	if first.Arm != 1 || again.Arm != 1 || again.At != 10 || again.Group != 5 {
		t.Errorf("a unit was drawn anew: %+v, then %+v", first, again)
	}
	heads := must(s.ExperimentHeads(ctx, id))(t)
	if len(heads) != 1 || heads[0].Group != 5 {
		t.Fatalf("heads = %+v", heads)
	}
	step := store.ExperimentStep{Group: 5, From: heads[0].Seq, To: heads[0].Seq + 3, Spoke: map[string]int64{"8": 11}, Words: map[string]string{"m1": "8"}}
	if err := s.ReadExperiment(ctx, id, step); err != nil {
		t.Fatal(err)
	}
	if err := s.ReadExperiment(ctx, id, step); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("read twice: %v, want a conflict", err)
	}
	same(t, "what waits for a reply", must(s.ExperimentWords(ctx, id, 5))(t), map[string]string{"m1": "8"})
	step.From, step.To, step.Spoke, step.Words, step.Replied = step.To, step.To+1, map[string]int64{"8": 50}, nil, map[string]int64{"8": 12}
	if err := s.ReadExperiment(ctx, id, step); err != nil {
		t.Fatal(err)
	}
	units := must(s.ExperimentUnits(ctx, id))(t)
	if len(units) != 1 || units[0].SpokeAt != 11 || units[0].RepliedAt != 12 || units[0].LeftAt != 0 {
		t.Errorf("units = %+v", units)
	}
	if words := must(s.ExperimentWords(ctx, id, 5))(t); len(words) != 0 {
		t.Errorf("what was replied to waits on: %v", words)
	}
	if arm, ok, err := s.ArmOf(ctx, id, "8"); err != nil || !ok || arm != 1 {
		t.Errorf("arm = %d %v (%v)", arm, ok, err)
	}
	if _, ok, err := s.ArmOf(ctx, id, "9"); err != nil || ok {
		t.Errorf("a unit that nobody saw has an arm (%v)", err)
	}
}
