package app_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
	"qunluo/internal/policy"
	"qunluo/internal/tier"
)

// plain lets changes that a test makes move no figure.
func plain(ctx context.Context) context.Context {
	return measure.WithAim(ctx, measure.Aim{Why: "测试"})
}

// TestEveryChangeNamesItsFigure: whichever way it comes, a change of a rule, a tier, a plan, a way in or a cap is refused, and changes
// nothing, until a figure with its review or a reason is named; then that is kept with it.
func TestEveryChangeNamesItsFigure(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := startNight(t, dbURL, `{"scene":"quiet"}`)
		ctx, key := t.Context(), g.group.Key
		goals, plans, codes := g.app.Goals(g.org, nil), g.app.Plans(g.org, nil), g.app.Codes(g.org, nil)
		book, err := policy.Default(policy.PresetGeneral)
		check(t, err)
		raw, err := json.Marshal(book)
		check(t, err)
		_, err = g.app.Hands(g.org, nil).Publish(ctx, "ming", key, raw, "第一版") // a first book is no change
		check(t, err)
		sop, err := plans.SaveSOP(ctx, "ming", plan.SOP{Name: "七天", Steps: []plan.Step{{Kind: plan.ByDay, At: "09:00", Text: "早安"}}}, "")
		check(t, err)
		check(t, plans.AddToSOP(ctx, "ming", sop.ID, key, ""))
		mayOpen(t, g.app, g.org, key)
		code, err := codes.Save(ctx, "ming", admit.Code{Kind: admit.Group, Name: "海报"}, "")
		check(t, err)
		code.Line = "还不通向哪里"
		_, err = codes.Save(ctx, "ming", code, "") // nobody comes by it yet
		check(t, err)
		_, err = codes.AddEntry(ctx, "ming", code.ID, admit.Entry{Group: key, Link: "https://chat.example/+a"}, nil)
		check(t, err)
		limits, err := plans.Limits(ctx)
		check(t, err)
		limits.PerWeek++
		rules := tier.Default()
		rules.Grace++
		sop.Steps[0].Text, code.Line = "早上好", "每周一本书"
		changes := map[string]func(context.Context) error{
			"book:2": func(ctx context.Context) error {
				_, err := g.app.Charters(g.org, nil).Publish(ctx, "ming", key, raw, "再发", "", "")
				return err
			},
			"tier:1": func(ctx context.Context) error {
				_, err := g.app.Tiers(g.org, nil).SetRules(ctx, "ming", key, 0, rules, "稳一点")
				return err
			},
			"sop:" + sop.ID.String() + ":2": func(ctx context.Context) error {
				_, err := plans.SaveSOP(ctx, "ming", sop, "")
				return err
			},
			"code:" + code.ID.String() + ":2": func(ctx context.Context) error {
				_, err := codes.Save(ctx, "ming", code, "")
				return err
			},
			"cap:":     func(ctx context.Context) error { return codes.SetCap(ctx, "ming", key, 80, 3, "小群") },
			"limits:1": func(ctx context.Context) error { return plans.SaveLimits(ctx, "ming", limits, "多发一条") },
		}
		bad := map[string]context.Context{
			"nothing":           ctx,
			"a blank reason":    measure.WithAim(ctx, measure.Aim{Why: " "}),
			"no such figure":    measure.WithAim(ctx, measure.Aim{Metric: "mood", Days: 28}),
			"a review too soon": measure.WithAim(ctx, measure.Aim{Metric: measure.MoveLeaves, Days: 1}),
		}
		for ref, do := range changes {
			for said, ctx := range bad {
				if err := do(ctx); community.CodeOf(err) != community.CodeBadInput {
					t.Errorf("%s with %s: %v, want bad input", ref, said, err)
				}
			}
		}
		if err := changes["limits:1"](measure.WithAim(ctx, measure.Aim{Metric: measure.MoveLeaves, Days: 28})); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("limits with a figure of no group: %v, want bad input", err)
		}
		if now, err := codes.Cap(ctx, key); err != nil || now.Most != 0 {
			t.Errorf("refused, yet the cap is %+v, %v", now, err)
		}
		aim := measure.WithAim(ctx, measure.Aim{Metric: measure.MoveLeaves, Down: true, By: 0.2, Days: 14, Group: key})
		for ref, do := range changes {
			check(t, do(aim))
			list, _, err := goals.Adjustments(ctx, measure.AdjustFilter{}, community.Page{Limit: 50})
			check(t, err)
			if v := list[0]; !strings.HasPrefix(v.Ref, ref) || v.Metric != measure.MoveLeaves || !v.Down || v.By != 0.2 || v.Review != v.Day+14 || v.Group != key || v.User != "ming" {
				t.Errorf("of %s is kept %+v", ref, v)
			}
		}
		if list, err := goals.Unnamed(ctx); err != nil || len(list) != 0 {
			t.Errorf("unnamed: %+v, %v, want none", list, err)
		}
		check(t, codes.SetCap(ctx, "ming", key, 80, 3, "同样")) // what is so already is no change
		code.Line = "每周两本书"
		_, err = codes.Save(plain(ctx), "ming", code, "")
		check(t, err)
		none, err := goals.NoFigures(ctx, 0)
		check(t, err)
		if len(none) != 2 || none[0].Why != "测试" || none[0].Group != key || !strings.Contains(none[1].Why, "no group is concerned") {
			t.Errorf("without a figure: %+v", none)
		}
	})
}

// TestRevertRestoresPlansGatesAndCaps: an SOP, a way in, the size of a group and the limits of sending are, after a revert, as they were
// before the change; what was changed since is left alone, and so is what nobody knows the past of.
func TestRevertRestoresPlansGatesAndCaps(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := startNight(t, dbURL, `{"scene":"quiet"}`)
		ctx, key := t.Context(), g.group.Key
		goals, plans, codes := g.app.Goals(g.org, nil), g.app.Plans(g.org, nil), g.app.Codes(g.org, nil)
		aim := measure.WithAim(ctx, measure.Aim{Metric: measure.MoveJoins, Days: 28, Group: key})
		newest := func() measure.Adjustment {
			t.Helper()
			list, _, err := goals.Adjustments(ctx, measure.AdjustFilter{}, community.Page{Limit: 1})
			check(t, err)
			return list[0]
		}
		revert := func(v measure.Adjustment) string {
			t.Helper()
			v, err := goals.Review(ctx, "ming", v.ID, false, "没用")
			check(t, err)
			return v.Note
		}
		sop, err := plans.SaveSOP(ctx, "ming", plan.SOP{Name: "七天", Steps: []plan.Step{{Kind: plan.ByDay, At: "09:00", Text: "早安"}}}, "")
		check(t, err)
		check(t, plans.AddToSOP(ctx, "ming", sop.ID, key, ""))
		changed := sop
		changed.Name, changed.Steps = "八天", []plan.Step{{Kind: plan.ByDay, At: "10:00", Text: "早上好"}, {Kind: plan.ByDay, Day: 1, At: "10:00", Text: "第二天"}}
		_, err = plans.SaveSOP(aim, "ming", changed, "")
		check(t, err)
		said := revert(newest())
		now, err := plans.SOP(ctx, sop.ID)
		check(t, err)
		if now.Name != "七天" || now.Version != 3 || len(now.Steps) != 1 || now.Steps[0].Text != "早安" || now.Steps[0].ID != sop.Steps[0].ID || !strings.Contains(said, ":1 → sop:"+sop.ID.String()+":3]") {
			t.Errorf("the SOP after the revert: %+v, %q", now, said)
		}
		mayOpen(t, g.app, g.org, key)
		code, err := codes.Save(ctx, "ming", admit.Code{Kind: admit.Channel, Name: "菜单", State: "menu", Line: "旧", Tags: []string{"公众号"}, Welcome: "你好"}, "")
		check(t, err)
		_, err = codes.AddEntry(ctx, "ming", code.ID, admit.Entry{Group: key, Link: "https://chat.example/+a"}, nil)
		check(t, err)
		next := code
		next.Name, next.Line, next.Tags, next.Welcome, next.State = "新菜单", "新", nil, "", "menu2"
		_, err = codes.Save(aim, "ming", next, "")
		check(t, err)
		said = revert(newest())
		row, err := codes.ByID(ctx, code.ID)
		check(t, err)
		if row.Name != "菜单" || row.Line != "旧" || row.State != "menu" || row.Welcome != "你好" || len(row.Tags) != 1 || !row.Now.Found || !strings.Contains(said, "→ code:"+code.ID.String()+":2]") {
			t.Errorf("the way in after the revert: %+v, %q", row.Code, said)
		}
		check(t, codes.SetCap(aim, "ming", key, 80, 3, "小群"))
		first := newest()
		check(t, codes.SetCap(aim, "ming", key, 90, 3, "大一点"))
		second := newest()
		if said := revert(first); !strings.Contains(said, "changed since") {
			t.Errorf("what was changed since: %q", said)
		}
		revert(second)
		if rule, err := codes.Cap(ctx, key); err != nil || rule.Most != 80 || rule.Lead != 3 {
			t.Errorf("the cap after the revert: %+v, %v, want 80", rule, err)
		}
		before, err := plans.Limits(ctx)
		check(t, err)
		limits := before
		limits.PerDay, limits.QuietFrom = before.PerDay+3, "21:00"
		check(t, plans.SaveLimits(aim, "ming", limits, "多发"))
		revert(newest())
		if now, err := plans.Limits(ctx); err != nil || now != before {
			t.Errorf("the limits after the revert: %+v, %v, want %+v", now, err, before)
		}
		today, err := g.desk.Today(ctx, key)
		check(t, err)
		old, err := goals.AddAdjustment(ctx, "ming", measure.Adjustment{Group: key, Kind: measure.AdjustGate, What: "很早", Ref: "code:" + g.group.ID.String() + ":1", Metric: measure.MoveJoins, Review: today + 28})
		check(t, err)
		if said := revert(old); !strings.Contains(said, "not kept") {
			t.Errorf("a change of which nothing is kept: %q", said)
		}
	})
}
