package storetest

import (
	"sync"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/store"
)

// livesAreKept: days of two-way talk are added once by reading, begun anew with a new reading, and stand beside what is known of a group
// that declined; renewals are play-books and what people entered, void ones counting for nothing.
func livesAreKept(t *testing.T, s *store.Store) {
	l, ctx := NewLog(s), t.Context()
	g := l.Append(t, say(tea, "a", "早", at("2026-01-01 10:00:00")), say(tea, "b", "早", at("2026-02-20 10:00:00")))[0].Group
	caughtUp(t, s)
	d, entered := desk(s), day(t, "2026-02-10")
	facts, looked, err := d.LifeFacts(ctx)
	if err != nil || looked != 0 || len(facts) != 0 {
		t.Fatalf("before any look: %+v, %d, %v", facts, looked, err)
	}
	fine(t, s.PutEntered(ctx, g, 0, false, entered))
	if facts, looked, err = d.LifeFacts(ctx); err != nil || looked != 1 || len(facts) != 0 {
		t.Fatalf("never declined: %+v, %d, %v", facts, looked, err)
	}
	fine(t, s.PutEntered(ctx, g, entered, true, entered+30))
	head := store.GrowthHead{Seq: 2, State: map[int64]measure.TalkState{0: {Last: 5, Who: 7, ByOperator: true}}}
	read := store.GrowthRead{Months: map[string]measure.Talked{"2026-01": {Messages: 2}}, Turns: map[measure.Day]int64{entered - 29: 1, entered - 3: 2, entered + 5: 1}}
	fine(t, s.ReadGrowth(ctx, g, 0, head, read))
	same(t, "state", must(s.GrowthHead(ctx, g))(t).State[0], measure.TalkState{Last: 5, Who: 7, ByOperator: true})
	audit := community.Audit{Org: 1, User: "ming", Verb: "renewal.add"}
	v := must(s.AddRenewal(ctx, measure.Renewal{Group: g, Day: entered + 7, What: "重开"}, audit))(t)
	if _, err := s.AddRenewal(ctx, measure.Renewal{Group: g, Day: entered + 7, What: "重开"}, audit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("the same twice: %v", err)
	}
	a := must(s.AddAdjustment(ctx, measure.Adjustment{Org: 1, Group: g, Kind: measure.AdjustPlaybook, What: "三步", Metric: measure.MoveSpeakers, Day: entered + 3, Review: entered + 30, User: "ming"}, audit))(t)
	list := must(d.Renewals(ctx, 0))(t)
	if len(list) != 2 || list[0].Adjust != a.ID || list[0].Day != entered+3 || list[1].ID != v.ID || !list[1].Adjust.IsZero() || list[1].User != "ming" {
		t.Errorf("renewals = %+v", list)
	}
	facts = first(d.LifeFacts(ctx))
	if len(facts) != 1 {
		t.Fatalf("facts = %+v", facts)
	}
	f := facts[0]
	same(t, "facts", []any{f.Entered, f.From, f.Talk, f.Renewals, f.Name, len(f.Known) > 30}, []any{entered, entered - 28, []measure.Day{entered - 3, entered + 5}, []measure.Day{entered + 3, entered + 7}, tea.Name, true})
	same(t, "known is the day something was heard", f.Known[day(t, "2026-02-20")-f.From], true)
	fine(t, s.VoidRenewal(ctx, v.ID, "记错", audit))
	for _, id := range []community.ID{v.ID, a.ID} {
		if err := s.VoidRenewal(ctx, id, "再", audit); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("void of %s: %v", id, err)
		}
	}
	same(t, "a void one counts for nothing", first(d.LifeFacts(ctx))[0].Renewals, []measure.Day{entered + 3})
	fine(t, s.ReadGrowth(ctx, g, 0, head, store.GrowthRead{Turns: map[measure.Day]int64{entered: 1}}))
	same(t, "read anew", first(d.LifeFacts(ctx))[0].Talk, []measure.Day{entered})
	same(t, "another's scope", len(first(s.For(community.Scope{Org: 2}).LifeFacts(ctx))), 0)
	manyReadAtOnce(t, s, l)
}

// manyReadAtOnce: of many who read the same stretch of a log at once, one adds what it counted; the others are told so, or put the same in
// its place.
func manyReadAtOnce(t *testing.T, s *store.Store, l *Log) {
	ctx := t.Context()
	g := l.Append(t, say(community.Ref{ID: "books", Name: "书友群"}, "a", "早", at("2026-01-01 10:00:00")))[0].Group
	head := store.GrowthHead{Seq: 1, State: map[int64]measure.TalkState{}}
	read := store.GrowthRead{Months: map[string]measure.Talked{"2026-01": {Messages: 3}}}
	for round, from := range []int64{0, 1, 2} {
		head.Seq = from + 1
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if err := s.ReadGrowth(ctx, g, from, head, read); err != nil && community.CodeOf(err) != community.CodeConflict {
					t.Errorf("from %d: %v", from, err)
				}
			})
		}
		all.Wait()
		same(t, "messages, read by many at once", must(s.GrowthTalk(ctx, g, "2026-01"))(t)["2026-01"].Messages, int64(3*(round+1)))
	}
}
