package app_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/plan"
	"qunluo/internal/shelf"
)

// stepOf is a step that says an item so many minutes from now.
func (p *planner) stepOf(item community.ID, minutes int, values map[string]string) plan.Step {
	p.t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	check(p.t, err)
	return plan.Step{Kind: plan.ByDay, Day: 0, At: time.UnixMilli(p.app.Now()).In(zone).Add(time.Duration(minutes) * time.Minute).Format("15:04"), Library: item, Values: values}
}

// TestAStepSaysAnItemAsItIsWhenItGoes: a step names an item of the library; what is sent is the item's version of that moment, filled in for
// the group, and counts for it. What is named is not put away; what has expired is not sent and asks a person, until it is good again.
func TestAStepSaysAnItemAsItIsWhenItGoes(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		p := startPlanner(t, dbURL)
		ctx, l, plans := t.Context(), p.app.Libraries(p.org, nil), p.app.Plans(p.org, nil)
		content := shelf.Content{Title: "七天邀请", Text: "{group}：第一天，收 {price} 元"}
		i, err := l.Save(ctx, p.lin, community.ID{}, 0, shelf.Post, content, "")
		check(t, err)

		_, err = plans.SaveSOP(plain(ctx), p.lin, plan.SOP{Name: "新群七天", Steps: []plan.Step{p.stepOf(i.ID, 20, nil)}}, "")
		wantCode(t, "a variable without a value", err, community.CodeRefused)
		both := p.stepOf(i.ID, 20, nil)
		both.Text = "还有自己的话"
		_, err = plans.SaveSOP(plain(ctx), p.lin, plan.SOP{Name: "新群七天", Steps: []plan.Step{both}}, "")
		wantCode(t, "an item and words of its own", err, community.CodeBadInput)
		_, err = plans.SaveSOP(plain(ctx), p.lin, plan.SOP{Name: "新群七天", Steps: []plan.Step{p.stepOf(community.ID{7}, 20, nil)}}, "")
		wantCode(t, "an item that is not there", err, community.CodeRefused)

		price := map[string]string{"price": "9"}
		made, err := plans.SaveSOP(plain(ctx), p.lin, plan.SOP{Name: "新群七天", Steps: []plan.Step{p.stepOf(i.ID, 20, price), p.stepOf(i.ID, 40, price)}}, "")
		check(t, err)
		for _, g := range []community.GroupKey{p.one, p.two} {
			check(t, plans.AddToSOP(ctx, p.lin, made.ID, g, ""))
		}
		await(t, func() bool { return len(p.targets(made.ID)) == 4 }) // laid out before the edit
		content.Text = "{group}：第一天，改了，收 {price} 元"
		i, err = l.Save(ctx, p.lin, i.ID, 0, "", content, "改一个字")
		check(t, err)

		uses, beyond, err := l.Uses(ctx, i.ID)
		check(t, err)
		if len(uses) != 1 || beyond != 0 || !uses[0].Named() || uses[0].Ref != made.ID || uses[0].Title != "新群七天" || !slices.Equal(uses[0].Groups, []community.GroupKey{p.one, p.two}) {
			t.Errorf("uses = %+v, %d; want the SOP with its groups", uses, beyond)
		}
		if uses, beyond, err := p.app.Libraries(p.org, []community.GroupKey{p.hand}).Uses(ctx, i.ID); err != nil || len(uses) != 0 || beyond != 1 {
			t.Errorf("uses beyond one's groups = %+v, %d, %v; want them counted alone", uses, beyond, err)
		}
		_, err = l.Archive(ctx, p.lin, i.ID, true, "")
		wantCode(t, "put away what a step names", err, community.CodeConflict)
		if err == nil || !strings.Contains(err.Error(), "新群七天") {
			t.Errorf("it is refused with %v; want the place", err)
		}

		p.later(25 * time.Minute)
		for _, g := range []community.GroupKey{p.one, p.two} {
			await(t, func() bool { return p.said(p.groupName(g)+"：第一天，改了，收 9 元") == 1 })
		}
		plans, l = p.app.Plans(p.org, nil), p.app.Libraries(p.org, nil)
		await(t, func() bool {
			said, err := l.Said(ctx, i.ID)
			return err == nil && len(said) == 1 && said[0].Version == 2 && said[0].Steps == 2 && said[0].Welcomes == 0
		})
		for _, k := range p.targets(made.ID) {
			if sent := k.LibraryN == 2 && strings.Contains(k.Text, "改了"); k.Library != i.ID || sent != (k.State() == plan.Sent) {
				t.Errorf("a turn keeps %s version %d %q; it is %s", k.Library, k.LibraryN, k.Text, k.State())
			}
		}

		// It expires between: the second step sends nothing and asks a person.
		content.Expires = "2020-01-01"
		_, err = l.Save(ctx, p.lin, i.ID, 0, "", content, "过期")
		check(t, err)
		p.later(20 * time.Minute)
		plans, l = p.app.Plans(p.org, nil), p.app.Libraries(p.org, nil)
		await(t, func() bool {
			tasks, _, err := p.desk().FindTasks(ctx, community.TaskFilter{})
			n := 0
			for _, k := range tasks {
				if strings.Contains(k.Action.Text, "七天邀请") && strings.Contains(k.Action.Text, "新群七天") && strings.Contains(k.Action.Text, "已过有效期") {
					n++
				}
			}
			return err == nil && n == 2
		})
		found, err := plans.CheckSOP(ctx, made)
		check(t, err)
		if len(found) != 2 || found[0].Kind != plan.OfLibrary || !found[0].Refuse {
			t.Errorf("findings = %+v, want both steps to be told", found)
		}
		if n := p.said(p.groupName(p.one) + "：第一天，改了，收 9 元"); n != 1 {
			t.Errorf("it was said %d times", n)
		}
		content.Expires = ""
		content.Text = "{group}：第二天，收 {price} 元"
		_, err = l.Save(ctx, p.lin, i.ID, 0, "", content, "又好了")
		check(t, err)
		p.later(16 * time.Minute)
		for _, g := range []community.GroupKey{p.one, p.two} {
			await(t, func() bool { return p.said(p.groupName(g)+"：第二天，收 9 元") == 1 })
		}
		l = p.app.Libraries(p.org, nil)
		await(t, func() bool {
			said, err := l.Said(ctx, i.ID)
			return err == nil && len(said) == 2 && said[0].Version == 4 && said[0].Steps == 2 && said[1].Steps == 2
		})
	})
}
