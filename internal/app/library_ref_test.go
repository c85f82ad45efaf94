package app_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect/sim"
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
		for _, g := range []community.GroupKey{p.one, p.two, p.hand} {
			check(t, plans.AddToSOP(ctx, p.lin, made.ID, g, ""))
		}
		await(t, func() bool { return len(p.targets(made.ID)) == 6 }) // laid out before the edit
		content.Text = "{group}：第一天，改了，收 {price} 元"
		i, err = l.Save(ctx, p.lin, i.ID, 0, "", content, "改一个字")
		check(t, err)

		uses, beyond, err := l.Uses(ctx, i.ID)
		check(t, err)
		if len(uses) != 1 || beyond != 0 || !uses[0].Named() || uses[0].Ref != made.ID || uses[0].Title != "新群七天" || !slices.Equal(uses[0].Groups, []community.GroupKey{p.one, p.two, p.hand}) {
			t.Errorf("uses = %+v, %d; want the SOP with its groups", uses, beyond)
		}
		if uses, beyond, err := p.app.Libraries(p.org, []community.GroupKey{p.hand + 1000}).Uses(ctx, i.ID); err != nil || len(uses) != 0 || beyond != 1 {
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
		var byHand community.ID // where no connection is, a person is given the words, and it counts once they said them
		await(t, func() bool {
			rows, _, err := p.desk().FindTasks(ctx, community.TaskFilter{Group: p.hand, Page: community.Page{Limit: 50}})
			for _, k := range rows {
				if k.Text == p.groupName(p.hand)+"：第一天，改了，收 9 元" {
					byHand = k.ID
				}
			}
			return err == nil && !byHand.IsZero()
		})
		check(t, p.app.Hands(p.org, nil).TaskDone(ctx, p.lin, byHand, "发了"))
		await(t, func() bool {
			said, err := l.Said(ctx, i.ID)
			return err == nil && len(said) == 1 && said[0].Steps == 3
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
			return err == nil && n == 3
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
			return err == nil && len(said) == 2 && said[0].Version == 4 && said[0].Steps == 2 && said[1].Steps == 3
		})
	})
}

// TestAWelcomeSaysAnItemAsItIsWhenSomebodyComes: a group's welcome names an item. Who comes is told its version of that moment, by their name,
// with its picture; it counts for the item, and what was decided is decided again in the same way however the item changed. Once it has expired
// nobody is told an empty word: a person is asked, once.
func TestAWelcomeSaysAnItemAsItIsWhenSomebodyComes(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		f := startFamily(t, dbURL, 1)
		ctx, l, hands := t.Context(), f.app.Libraries(f.org, nil), f.app.Hands(f.org, nil)
		main, sub := f.keys["main"], f.keys["sub1"]
		file, err := f.app.Plans(f.org, nil).KeepFile(ctx, "lin", "门.png", onePixel(t))
		check(t, err)
		content := shelf.Content{Title: "进门话", Text: "欢迎{name}来{group}", Files: []shelf.File{{ID: file.File}}}
		i, err := l.Save(ctx, "lin", community.ID{}, 0, shelf.Welcome, content, "")
		check(t, err)
		comes := func(id, name string) {
			t.Helper()
			_, err := f.world.Join("main", community.Who{ID: id, Name: name}, "qr", "", "")
			check(t, err)
		}
		told := func(text string) func() bool {
			return func() bool {
				return slices.ContainsFunc(f.world.Sent(), func(m sim.Sent) bool {
					return m.Group == "main" && strings.HasSuffix(m.Text, text) && slices.ContainsFunc(m.Segments, func(x community.Segment) bool { return x.Kind == "image" && x.File != nil })
				})
			}
		}
		_, err = hands.Publish(plain(ctx), "lin", main, bookOf(t, community.Live, nil), "")
		check(t, err)
		_, err = hands.Publish(plain(ctx), "lin", sub, bookOf(t, community.Live, nil), "")
		check(t, err)

		// What cannot greet is not put in force.
		price, err := l.Save(ctx, "lin", community.ID{}, 0, shelf.Post, shelf.Content{Title: "有价", Text: "只要 {price} 元"}, "")
		check(t, err)
		_, err = l.Greet(plain(ctx), "lin", price.ID, main, "")
		wantCode(t, "a variable that nobody fills", err, community.CodeRefused)
		_, err = l.Greet(ctx, "lin", i.ID, main, "")
		wantCode(t, "a change that names no figure", err, community.CodeBadInput)
		_, err = f.app.Libraries(f.org, []community.GroupKey{sub}).Greet(plain(ctx), "lin", i.ID, main, "")
		if err == nil {
			t.Error("who does not see the group changed its welcome")
		}
		_, err = l.Greet(plain(ctx), "lin", i.ID, main, "")
		check(t, err)

		comes("a", "阿明")
		await(t, told("欢迎阿明来读书main"))
		content.Text = "{name}，进门先看群规"
		i, err = l.Save(ctx, "lin", i.ID, 0, "", content, "改口")
		check(t, err)
		comes("b", "阿兰{name}")
		await(t, told("阿兰{name}，进门先看群规"))
		await(t, func() bool {
			said, err := l.Said(ctx, i.ID)
			return err == nil && len(said) == 2 && said[0].Version == 2 && said[0].Welcomes == 1 && said[1].Welcomes == 1 && said[0].Steps == 0
		})
		uses, beyond, err := l.Uses(ctx, i.ID)
		check(t, err)
		if len(uses) != 1 || beyond != 0 || uses[0].Place != shelf.InGreeting || uses[0].Title != "读书main" {
			t.Errorf("uses = %+v, %d; want the group's welcome", uses, beyond)
		}
		if uses, beyond, err := f.app.Libraries(f.org, []community.GroupKey{sub}).Uses(ctx, i.ID); err != nil || len(uses) != 0 || beyond != 1 {
			t.Errorf("uses beyond one's groups = %+v, %d, %v", uses, beyond, err)
		}
		_, err = l.Archive(ctx, "lin", i.ID, true, "")
		wantCode(t, "put away what a welcome names", err, community.CodeConflict)

		content.Expires = "2020-01-01"
		_, err = l.Save(ctx, "lin", i.ID, 0, "", content, "过期")
		check(t, err)
		before := len(f.world.Sent())
		asked := func() (n int) {
			rows, _, err := f.desk.FindTasks(ctx, community.TaskFilter{Group: main, Page: community.Page{Limit: 50}})
			check(t, err)
			for _, k := range rows {
				if strings.Contains(k.Text, "进门话") && strings.Contains(k.Text, "已过有效期") && strings.Contains(k.Text, "阿竹") {
					n++
				}
			}
			return n
		}
		comes("c", "阿竹")
		await(t, func() bool { return asked() == 1 })
		comes("d", "阿菊")
		await(t, func() bool {
			list, _, err := f.desk.FindDecisions(ctx, community.DecisionFilter{Group: main, Page: community.Page{Limit: 50}})
			n := 0
			for _, d := range list {
				if d.Verdict == community.Served {
					n++
				}
			}
			return err == nil && n == 4
		})
		if n := asked(); n != 1 || len(f.world.Sent()) != before {
			t.Errorf("%d tasks, and %d messages more; want one task and nothing said", n, len(f.world.Sent())-before)
		}
		rep, err := f.app.AsDecided(ctx, main)
		check(t, err)
		if rep.Different != 0 || rep.Decisions < 4 {
			t.Errorf("replayed as decided: %+v; want every decision the same", rep)
		}

		// Taken out of the welcome, it may be put away.
		_, err = hands.Publish(plain(ctx), "lin", main, bookOf(t, community.Live, nil), "")
		check(t, err)
		_, err = l.Archive(ctx, "lin", i.ID, true, "")
		check(t, err)
	})
}
