package app_test

import (
	"encoding/json"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/policy"
	"qunluo/internal/tier"
)

// TestRevertRestoresWhatStoodBefore: a rulebook and rules of tiers that are reverted on review are as they were before the change; what was
// changed since is left alone, and that is recorded.
func TestRevertRestoresWhatStoodBefore(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := startNight(t, dbURL, `{"scene":"quiet"}`)
		ctx, goals, hands, tiers := t.Context(), g.app.Goals(g.org, nil), g.app.Hands(g.org, nil), g.app.Tiers(g.org, nil)
		publish := func(memory int) int {
			t.Helper()
			book, err := policy.Default(policy.PresetGeneral)
			check(t, err)
			book.MemoryDays, book.Mode = memory, community.Observe
			raw, err := json.Marshal(book)
			check(t, err)
			v, err := hands.Publish(plain(ctx), "ming", g.group.Key, raw, "记分期")
			check(t, err)
			return v
		}
		today, err := g.desk.Today(ctx, g.group.Key)
		check(t, err)
		note := func(kind, ref string) measure.Adjustment {
			t.Helper()
			v, err := goals.AddAdjustment(ctx, "ming", measure.Adjustment{Group: g.group.Key, Kind: kind, What: "改动", Ref: ref, Metric: measure.MoveSpeakers, Review: today + 28})
			check(t, err)
			return v
		}
		revert := func(v measure.Adjustment) measure.Adjustment {
			t.Helper()
			v, err := goals.Review(ctx, "ming", v.ID, false, "没用")
			check(t, err)
			return v
		}
		memory := func() int {
			t.Helper()
			row, err := g.desk.BookVersion(ctx, g.group.Key, 0)
			if err != nil {
				rows, _, e := g.desk.FindBooks(ctx, g.group.Key, community.Page{})
				check(t, e)
				row = rows[0]
			}
			var book policy.Book
			check(t, json.Unmarshal(row.Body, &book))
			return book.MemoryDays
		}
		publish(30)
		publish(60)
		v := note(measure.AdjustRule, "book:2")
		if v = revert(v); v.State != measure.AdjustReverted || memory() != 30 || !strings.Contains(v.Note, "book:1 → book:3") {
			t.Errorf("reverted: %d days, %q", memory(), v.Note)
		}
		if _, err := goals.Review(ctx, "ming", v.ID, false, "再"); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("reverted twice: %v", err)
		}
		publish(90)
		v = note(measure.AdjustRule, "book:4")
		publish(120)
		if v = revert(v); memory() != 120 || !strings.Contains(v.Note, "changed since") {
			t.Errorf("what was changed since: %d days, %q", memory(), v.Note)
		}
		rules := tier.Default()
		rules.Grace++
		_, err = tiers.SetRules(plain(ctx), "ming", g.group.Key, 0, rules, "稳一点")
		check(t, err)
		v = revert(note(measure.AdjustTier, "tier:1"))
		if book, err := tiers.Book(ctx, g.group.Key); err != nil || !book.Rules.Equal(tier.Default()) || book.Version != 2 {
			t.Errorf("rules of tiers: %+v, %v, %q", book, err, v.Note)
		}
		if v = revert(note(measure.AdjustGate, "")); v.State != measure.AdjustReverted || v.Note != "没用" {
			t.Errorf("what is only described: %+v", v)
		}
		check(t, hands.SetMode(ctx, "ming", g.group.Key, community.Live, "看了两周")) // which is switched on, not changed
		unnamed, err := goals.Unnamed(ctx)
		check(t, err)
		before := len(unnamed)
		check(t, goals.NoFigure(ctx, "ming", measure.NoFigure{Group: g.group.Key, Kind: measure.AdjustRule, Ref: "book:6", What: "改动", Why: "只改错字"}))
		if unnamed, err = goals.Unnamed(ctx); err != nil || len(unnamed) != before-1 {
			t.Errorf("unnamed %d, before %d, %v", len(unnamed), before, err)
		}
		if none, err := goals.NoFigures(ctx, g.group.Key); err != nil || none[0].Why != "只改错字" || none[0].User != "ming" {
			t.Errorf("without a figure: %+v, %v", none, err)
		}
		if err := goals.NoFigure(ctx, "ming", measure.NoFigure{Kind: measure.AdjustRule, Ref: "book:5", Why: " "}); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("without a reason: %v", err)
		}
	})
}
