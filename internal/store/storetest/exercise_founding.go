package storetest

import (
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/founding"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
	"qunluo/internal/store"
	"qunluo/internal/tier"
)

// templatesAreKept: versions stay, a number that is new is kept, and nobody writes over what somebody else kept meanwhile.
func templatesAreKept(t *testing.T, s *store.Store) {
	ctx := t.Context()
	one := must(founding.ShippedNamed(founding.Interest, "zh-CN"))(t)
	one.Name = "hike"
	audit := community.Audit{User: "ming", Verb: "template.import", Reason: "第一版"}
	same(t, "the first", must(s.SaveTemplate(ctx, 1, 0, one, audit))(t).Version, 1)
	one.Title, one.Version = "徒步群", 5
	same(t, "a new number", must(s.SaveTemplate(ctx, 1, 1, one, audit))(t).Version, 5)
	one.Version = 2
	same(t, "an old number", must(s.SaveTemplate(ctx, 1, 5, one, audit))(t).Version, 6)
	if _, err := s.SaveTemplate(ctx, 1, 5, one, audit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("over another's: %v", err)
	}
	list := must(s.TemplateVersions(ctx, 1, "hike"))(t)
	same(t, "all stay", []any{len(list), list[0].Version, list[1].Version, list[2].Version, list[2].Title, list[0].User, list[0].Own, list[0].At > 0}, []any{3, 6, 5, 1, "兴趣群", "ming", true, true})
	same(t, "the newest of each", must(s.Templates(ctx, 1))(t)[0].Version, 6)
	same(t, "by number", must(s.TemplateOf(ctx, 1, "hike", 5))(t).Title, "徒步群")
	raw := must(founding.Encode(list[2].Template))(t)
	same(t, "it reads", must(founding.Decode(raw))(t).Name, "hike")
	for _, org := range []community.OrgKey{2} {
		same(t, "nobody else's", len(must(s.Templates(ctx, org))(t)), 0)
		if _, err := s.TemplateOf(ctx, org, "hike", 0); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("another organisation: %v", err)
		}
	}
}

// foundingsAreKept: all parts or none, by what the person saw; undone they are as before, but for what others changed.
func foundingsAreKept(t *testing.T, s *store.Store) {
	l, ctx := NewLog(s), t.Context()
	g := l.Append(t, say(tea, "a", "早", at("2026-01-01 10:00:00")))[0].Group
	caughtUp(t, s)
	d := desk(s)
	f := must(must(founding.ShippedNamed(founding.Knowledge, "en"))(t).Compose(founding.Brand, ""))(t)
	before := measure.Goal{Goal: "喝茶", Value: "好茶", Targets: f.Goal.Targets}
	must(s.SetGoal(ctx, g, before, community.Audit{Org: 1, User: "ming", Verb: "goal.set"}))(t)
	order := store.FoundOrder{Record: founding.Record{Org: 1, Group: g, Use: f.Use, Title: f.Title, Type: f.Type, KPI: f.KPI, Parts: []founding.Part{founding.Goal, founding.Tiers, founding.Plan}, Before: founding.Marks{Goal: 1}, User: "ming", Reason: "新群"},
		Goal: f.Goal, Tiers: f.Tiers, Plan: &plan.SOP{Org: 1, Name: "共学", Steps: f.Steps, User: "ming"},
		Adjusts: []measure.Adjustment{{Org: 1, Group: g, Kind: measure.AdjustPlan, What: "共学", Metric: measure.MoveSpeakers, Day: 20_500, Review: 20_528, User: "ming"}}}
	audit := community.Audit{User: "ming", Reason: "新群"}
	stale := order
	stale.Record.Before = founding.Marks{}
	if _, err := s.Found(ctx, stale, audit); community.CodeOf(err) != community.CodeConflict {
		t.Fatalf("on what changed: %v", err)
	}
	same(t, "nothing of it", []any{must(s.TierBook(ctx, g))(t).Version, len(must(s.GroupSOPs(ctx, g))(t))}, []any{0, 0})
	r := must(s.Found(ctx, order, audit))(t)
	got := must(d.FoundingByID(ctx, r.ID))(t)
	same(t, "kept", []any{got.State, got.Use, got.GroupName, got.Parts, got.After.Goal, got.After.Tiers, got.After.Made, len(got.After.Adjusts), got.Left}, []any{founding.Done, f.Use, "茶友群", order.Record.Parts, 2, 1, true, 1, []founding.Part{}})
	same(t, "in force", []any{goalNow(t, d, g).Goal.Goal, must(s.TierBook(ctx, g))(t).Rules.HalfLife, must(s.GroupSOPs(ctx, g))(t)[0].Name}, []any{f.Goal.Goal, 28, "共学"})
	uses := must(d.TemplateUses(ctx))(t)
	same(t, "used", []any{len(uses), uses[0].Groups, uses[0].Use.Name, uses[0].Use.Version}, []any{1, 1, founding.Knowledge, 1})
	same(t, "the same plan", must(s.SameSOP(ctx, 1, f.Use, f.Steps))(t).ID, got.After.SOP)
	same(t, "another plan", must(s.SameSOP(ctx, 1, f.Use, f.Steps[1:]))(t).ID, community.ID{})
	must(s.SetTierRules(ctx, 1, g, 1, tier.Default(), community.Audit{User: "anna", Reason: "自己改"}))(t)
	u := must(s.UndoFounding(ctx, got, nil, community.Audit{User: "ming", Reason: "不合适"}))(t)
	same(t, "undone but for what anna changed", []any{u.State, u.Left}, []any{founding.Undone, []founding.Part{founding.Tiers}})
	same(t, "as before", []any{goalNow(t, d, g).Goal.Goal, len(must(s.GroupSOPs(ctx, g))(t)), len(must(d.TemplateUses(ctx))(t))}, []any{"喝茶", 0, 0})
	same(t, "its plan ended", must(s.SOPByID(ctx, community.Scope{Org: 1}, got.After.SOP))(t).State, plan.Cancelled)
	same(t, "its figure is settled", must(d.AdjustmentByID(ctx, got.After.Adjusts[0]))(t).State, measure.AdjustReverted)
	if _, err := s.UndoFounding(ctx, got, nil, audit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("undone twice: %v", err)
	}
	rulesWait(t, s, g, order)
	other := s.For(community.Scope{Org: 2})
	if list, n, err := other.Foundings(ctx, founding.Filter{}, community.Page{}); err != nil || n != 0 || len(list) != 0 {
		t.Errorf("another organisation sees %+v, %v", list, err)
	}
}

// rulesWait: what is to be published waits, and is noted once; an undone goal of a group that had none is none.
func rulesWait(t *testing.T, s *store.Store, g community.GroupKey, order store.FoundOrder) {
	ctx, d := t.Context(), desk(s)
	order.Record.Parts, order.Record.Before, order.Goal, order.Tiers, order.Plan, order.Adjusts = []founding.Part{founding.Rules}, founding.Marks{Goal: 3, Tiers: 2}, nil, nil, nil, nil
	order.Book, order.Move = []byte(`{"version":1,"name":"茶"}`), &founding.Move{Metric: measure.MoveLeaves, Down: true, Review: 28}
	r := must(s.Found(ctx, order, community.Audit{User: "ming", Reason: "规则"}))(t)
	w := must(s.FoundingWork(ctx, r.ID))(t)
	same(t, "waits", []any{w.State, string(w.Book), *w.Move, w.After.Book}, []any{founding.Begun, `{"version":1,"name":"茶"}`, *order.Move, 1})
	a := measure.Adjustment{Org: 1, Group: g, Kind: measure.AdjustRule, What: "茶", Ref: "book:1", Metric: measure.MoveLeaves, Day: 20_500, Review: 20_528, User: "ming"}
	if err := s.FoundingPublished(ctx, w.Record, false, &a, community.Audit{User: "ming"}); err != nil {
		t.Fatal(err)
	}
	if err := s.FoundingPublished(ctx, w.Record, false, &a, community.Audit{User: "ming"}); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("noted twice: %v", err)
	}
	list, n, err := d.Adjustments(ctx, measure.AdjustFilter{Kind: measure.AdjustRule}, community.Page{})
	if err != nil || n != 1 || list[0].Ref != "book:1" {
		t.Errorf("figures = %+v, %v", list, err)
	}
	done := must(d.FoundingByID(ctx, r.ID))(t)
	same(t, "done", []any{done.State, len(done.After.Adjusts)}, []any{founding.Done, 1})
	back := must(s.UndoFounding(ctx, done, []byte(`{"version":2}`), community.Audit{User: "ming", Reason: "回去"}))(t)
	same(t, "is undone", back.State, founding.Undoing)
	w = must(s.FoundingWork(ctx, r.ID))(t)
	if err := s.FoundingPublished(ctx, w.Record, true, nil, community.Audit{User: "ming"}); err != nil {
		t.Fatal(err)
	}
	done = must(d.FoundingByID(ctx, r.ID))(t)
	same(t, "left as it was", []any{done.State, done.Left}, []any{founding.Undone, []founding.Part{founding.Rules}})
}

func goalNow(t *testing.T, d *store.Desk, g community.GroupKey) measure.GoalRow {
	t.Helper()
	list, _, err := d.Goals(t.Context(), g, "", community.Page{})
	if err != nil || len(list) != 1 {
		t.Fatalf("goals = %+v, %v", list, err)
	}
	return list[0]
}
