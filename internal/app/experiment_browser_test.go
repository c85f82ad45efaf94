package app_test

import (
	"math"
	"testing"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/experiment"
)

// TestExperimentsWorkInABrowser looks at the pages of experiments at both widths: nothing may stick out, and the browser's console
// stays silent.
func TestExperimentsWorkInABrowser(t *testing.T) {
	looksAtBothWidths(t, "experiment", func(t *testing.T, s *shift, owner community.User) []visited {
		ctx := t.Context()
		ming, lab := owner.ID.String(), s.app.Experiments(s.org, nil)
		code, err := s.app.Codes(s.org, nil).Save(ctx, ming, admit.Code{Kind: admit.Channel, Name: "公众号菜单", State: "gzh", Line: "每周一本书", Welcome: "{{name}}，欢迎！先看群公告。"}, "")
		check(t, err)
		d := experiment.Definition{Name: "欢迎语里问一句", Why: "有人问就有话说", Switch: experiment.WelcomeCode, Subject: code.ID.String(), Arms: [2]string{"", "{{name}}，欢迎！你在读什么书？"}, Hoped: 0.1, Base: 0.4, PerDay: 40, Secondary: []string{experiment.Replied7, experiment.Stay7}}
		kept, err := lab.Save(ctx, ming, experiment.Row{Definition: d}, "")
		check(t, err)
		_, err = lab.Start(ctx, ming, kept.ID, "")
		check(t, err)
		few := d
		few.Name, few.Switch, few.PerDay, few.Arms[1], few.Sigma, few.Secondary, few.Base, few.Hoped = "进群页换一句", experiment.JoinPage, 0, "和三百人一起读", 0.3, nil, 0.3, 0.05
		draft, err := lab.Save(ctx, ming, experiment.Row{Definition: few}, "")
		check(t, err)
		old := archived(t, s, kept.Definition)
		return []visited{
			{"list", "/experiments"}, {"choose", "/experiments/new"}, {"form", "/experiments/new?switch=welcome_code"}, {"edit", "/experiments/" + draft.ID.String() + "/edit"},
			{"draft", "/experiments/" + draft.ID.String()}, {"running", "/experiments/" + kept.ID.String()}, {"decided", "/experiments/" + old.String()},
			{"growth", "/growth?g=" + s.group.ID.String()}, {"growth-all", "/growth"}, {"claims", "/claims"}, {"glossary", "/glossary"},
		}
	})
}

// archived is an experiment that was decided, with 40 newcomers a day over four weeks.
func archived(t *testing.T, s *shift, d experiment.Definition) community.ID {
	t.Helper()
	ctx := t.Context()
	by := map[string][]experiment.Seen{}
	for i := range 1120 {
		arm, day := i%2, 7+i/40
		for n, name := range []string{experiment.Spoke7, experiment.Replied7, experiment.Stay7, experiment.Left24} {
			share := []float64{0.38, 0.2, 0.8, 0.1}[n] + float64(arm)*[]float64{0.13, 0.05, 0.01, -0.01}[n]
			y := 0.0
			if math.Mod(float64(i/2)*0.6180339887+float64(n)*0.31, 1) < share {
				y = 1
			}
			by[name] = append(by[name], experiment.Seen{Arm: arm, Day: day, Y: y})
		}
	}
	d.Name = "上一次的欢迎语"
	x, err := s.app.Store().SaveExperiment(ctx, experiment.Row{Org: s.org, Definition: d, User: "ming"}, community.Audit{User: "ming", Verb: "experiment.save"})
	check(t, err)
	r := experiment.LookAt(d, experiment.Data{Assigned: [2]int{560, 560}, Today: 35, By: by})
	if r.Verdict != experiment.VerdictBetter {
		t.Fatalf("verdict = %s", r.Verdict)
	}
	x.State, x.Decision, x.Reason, x.Decider, x.Result, x.Started, x.EndedWhy = experiment.Decided, experiment.TakeB, "说话的人多了一成多，离开的没有多", "ming", &r, 1, "decided"
	check(t, s.app.Store().EndExperiment(ctx, x, []string{experiment.Draft}, community.Audit{User: "ming", Verb: "experiment.decide"}))
	return x.ID
}
