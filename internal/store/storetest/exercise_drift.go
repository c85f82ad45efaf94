package storetest

import (
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/drift"
	"qunluo/internal/store"
)

// driftIsKept: lines keep their id and since when while they stand; a whole reading takes away what is gone, a partial or failed
// one nothing; what no database keeps is left out.
func driftIsKept(t *testing.T, s *store.Store) {
	ctx, account := t.Context(), community.AccountKey(7)
	keep := func(r drift.Reading, lines ...drift.Line) drift.Report {
		t.Helper()
		if err := s.KeepDrift(ctx, account, r, lines); err != nil {
			t.Fatal(err)
		}
		return must(s.Drift(ctx, account))(t)
	}
	if err := s.BeginDrift(ctx, account, drift.Groups); err != nil {
		t.Fatal(err)
	}
	same(t, "while read", must(s.Drift(ctx, account))(t).Of(drift.Groups).State, drift.Busy)
	one := drift.Line{Subject: "g1", Field: drift.Name, Name: "一群", Here: "一群\x00" + strings.Repeat("长", 3000), There: "1群", Why: drift.Differs, Ways: []drift.Way{{Kind: drift.Take, Args: map[string]string{"group": "g1"}}}}
	two := drift.Line{Subject: "g2", Field: drift.Known, Here: "二群", Why: drift.OnlyHere}
	first := keep(drift.Came(drift.Groups, 2, nil, 1000), one, two)
	if len(first.Lines) != 2 || first.Lines[0].ID.IsZero() || len(first.Lines[0].Here) > 4096 || strings.Contains(first.Lines[0].Here, "\x00") || first.Lines[0].Ways[0].Args["group"] != "g1" {
		t.Fatalf("lines = %+v", first.Lines)
	}
	second := keep(drift.Came(drift.Groups, 1, []string{"g2"}, 2000), one)
	same(t, "after a partial reading", []any{len(second.Lines), second.Lines[0].ID, second.Lines[0].Since, second.Lines[0].Seen, second.Lines[1].Seen, second.Of(drift.Groups).State, second.Of(drift.Groups).Unread},
		[]any{2, first.Lines[0].ID, int64(1000), int64(2000), int64(1000), drift.Partly, []string{"g2"}})
	failed := keep(drift.Reading{Part: drift.Groups, State: drift.Failed, At: 3000, Why: [2]string{"不行", "no"}})
	same(t, "after a failed reading", []any{len(failed.Lines), failed.Of(drift.Groups).Why[0]}, []any{2, "不行"})
	task := s.NewID()
	if err := s.DriftAsked(ctx, first.Lines[0].ID, task); err != nil {
		t.Fatal(err)
	}
	same(t, "its task", must(s.DriftLine(ctx, account, first.Lines[0].ID))(t).Task, task)
	whole := keep(drift.Came(drift.Groups, 2, nil, 4000), one)
	same(t, "after a whole reading", []any{len(whole.Lines), whole.Lines[0].Task}, []any{1, task})
	same(t, "of another account", len(must(s.Drift(ctx, 8))(t).Lines), 0)
	if _, err := s.DriftLine(ctx, 8, first.Lines[0].ID); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("another account's line: %v, want not found", err)
	}
	if err := s.DropDrift(ctx, first.Lines[0].ID); err != nil {
		t.Fatal(err)
	}
	same(t, "settled", len(must(s.Drift(ctx, account))(t).Lines), 0)
}
