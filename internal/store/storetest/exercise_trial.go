package storetest

import (
	"encoding/json"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/replay"
	"qunluo/internal/store"
)

// trialsAreKept: a trial keeps its books and what came of it; one of a group is under way at a time; what was stopped stays
// stopped; the oldest go.
func trialsAreKept(t *testing.T, s *store.Store) {
	ctx := t.Context()
	add := func() replay.Run {
		t.Helper()
		return must(s.AddTrial(ctx, replay.Run{Group: 3, User: "ming", From: 10, To: 20, Of: 7, Book: json.RawMessage(`{"name":"甲"}`)}, "rule-trial"))(t)
	}
	run := add()
	if _, err := s.AddTrial(ctx, replay.Run{Group: 3, Book: json.RawMessage(`{}`)}, ""); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("a second one at once: %v, want a conflict", err)
	}
	run.Done = 4
	if on, err := s.SetTrial(ctx, run); err != nil || !on {
		t.Errorf("progress: %v (%v)", on, err)
	}
	run.State, run.Done, run.RunReport = replay.RunDone, 7, replay.RunReport{Messages: 7, Concerned: 2, Micros: 90, Rules: []replay.RuleDiff{{Rule: "ads", OnlyB: 3}}, Hits: []replay.Hit{{Event: 5, Rule: "ads"}}}
	if on, err := s.SetTrial(ctx, run); err != nil || !on {
		t.Errorf("done: %v (%v)", on, err)
	}
	got := must(s.TrialNow(ctx, run.ID))(t)
	same(t, "what came of it", []any{got.State, got.Done, got.Messages, got.Concerned, got.Micros, got.Rules[0].OnlyB, got.Hits[0].Event, got.Ended > 0, got.User, got.From, got.To},
		[]any{replay.RunDone, int64(7), int64(7), int64(2), int64(90), int64(3), int64(5), true, "ming", int64(10), int64(20)})
	var book map[string]string
	if err := json.Unmarshal(got.Book, &book); err != nil || book["name"] != "甲" {
		t.Errorf("its book: %s (%v)", got.Book, err)
	}
	run = add()
	run.State = replay.RunStopped
	must(s.SetTrial(ctx, run))(t)
	run.State = replay.RunDone
	if on, err := s.SetTrial(ctx, run); err != nil || on {
		t.Errorf("a stopped one went on: %v (%v)", on, err)
	}
	for range 20 {
		next := add()
		next.State = replay.RunStopped
		must(s.SetTrial(ctx, next))(t)
	}
	list, n, err := s.Trials(ctx, 3, community.Page{Limit: 5})
	if err != nil || n != 20 || len(list) != 5 || list[0].State != replay.RunStopped {
		t.Errorf("%d of %d trials (%v)", len(list), n, err)
	}
	if _, err := s.TrialNow(ctx, got.ID); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("the oldest: %v, want not found", err)
	}
}
