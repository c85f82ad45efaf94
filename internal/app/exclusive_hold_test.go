package app_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/policy"
	"qunluo/internal/shelf"
)

// TestWhateverWayAnExclusiveItemWouldGoItIsStopped: a mirror's words and pictures, a reply, a welcome, a plan that asks nobody, and a file by
// hand do not take it to another group. Each waits with a sentence, cannot be said to be done by hand, and goes once the item is released.
func TestWhateverWayAnExclusiveItemWouldGoItIsStopped(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		f := startFamily(t, dbURL, 4)
		ctx, l, plans, hands := t.Context(), f.app.Libraries(f.org, nil), f.app.Plans(f.org, nil), f.app.Hands(f.org, nil)
		const secret = "案例库第七篇：把新人的第一句话接住，三天内有人回应的新人九十天后还在的比例是没人回应的两倍半，其余办法都不如它"
		pixel := onePixel(t)
		f.world.Put("sim:p1", pixel)
		file, err := plans.KeepFile(ctx, "lin", "图.png", pixel)
		check(t, err)
		check(t, f.mirrors("main", "sub1"))
		rule := func(id, kind, params string) policy.Rule {
			return policy.Rule{ID: id, Name: id, Kind: kind, Mode: policy.RuleLive, Params: json.RawMessage(params)}
		}
		for group, r := range map[string]policy.Rule{"sub2": rule("answers", "reply", `{"match":"contains","patterns":["案例"],"text":"`+secret+`","priority":1,"group_cooldown":0,"member_cooldown":0}`),
			"sub3": rule("hello", "welcome", `{"coalesce":0,"entries":[{"text":"欢迎。`+secret+`"}]}`)} {
			_, err := hands.Publish(plain(ctx), "lin", f.keys[group], bookOf(t, community.Live, nil, r), "")
			check(t, err)
		}
		i, err := l.Save(ctx, "lin", community.ID{}, 0, shelf.Post, shelf.Content{Title: "案例库", Text: secret, Files: []shelf.File{{ID: file.File}}}, "")
		check(t, err)
		_, err = l.Exclusive(ctx, "lin", i.ID, []community.GroupKey{f.keys["main"]}, "只给主群")
		check(t, err)

		waiting := func(group string, n int) []community.TaskRow {
			t.Helper()
			var got []community.TaskRow
			await(t, func() bool {
				rows, _, err := f.desk.FindTasks(ctx, community.TaskFilter{Group: f.keys[group], Page: community.Page{Limit: 50}})
				got = slices.DeleteFunc(rows, func(k community.TaskRow) bool { return k.Why != community.WhyExclusive })
				return err == nil && len(got) == n
			})
			for _, k := range got {
				if !strings.Contains(k.Text, "《案例库》") || !strings.Contains(k.Text, "/library/"+i.ID.String()) || strings.Contains(k.Text, "接住") {
					t.Errorf("%s: the task says %q; want what stopped it, and nothing to paste", group, k.Text)
				}
			}
			return got
		}
		f.says("转给大家看：" + secret)
		k := waiting("sub1", 1)[0]
		f.shows("[图片]", community.Image, shot("sim:p1"))
		waiting("sub1", 2)
		_, err = f.world.Say("sub2", "wu", "有案例吗")
		check(t, err)
		waiting("sub2", 1)
		_, err = f.world.Join("sub3", community.Who{ID: "new", Name: "新来的"}, "qr", "", "")
		check(t, err)
		waiting("sub3", 1)
		// What asks nobody before, as a plan does that was made before the item was exclusive.
		_, err = f.app.Engine().Decide(ctx, f.keys["sub4"], community.PersonDecision{Kind: "act", User: "lin", Actions: []community.Action{{Verb: community.Send, Group: f.keys["sub4"], Text: secret, Deadline: f.app.Now() + 60_000}}},
			community.Audit{Org: f.org, User: "lin", Verb: "action.act"})
		check(t, err)
		waiting("sub4", 1)
		for _, act := range []community.Action{{Verb: community.Send, Group: f.keys["sub1"], Text: "图", Segments: []community.Segment{{Kind: "image", Text: "图.png", Ref: community.UploadScheme + file.File.String()}}},
			{Verb: community.Announce, Group: f.keys["sub1"], Text: secret}, {Verb: community.Send, Group: f.keys["sub1"], Target: 1, Mention: true, Text: secret}} {
			_, err := hands.Act(ctx, "lin", []community.Action{act}, "转一下")
			wantCode(t, "by hand", err, community.CodeRefused)
		}
		for _, g := range []string{"sub1", "sub2", "sub3", "sub4"} {
			if got := f.shown(g); len(got) != 0 {
				t.Errorf("%s was told %q", g, got)
			}
		}
		f.says("周三直播") // what holds nothing goes on
		f.copyIn("sub1", 1)

		wantCode(t, "done by hand", hands.TaskDone(ctx, "lin", k.ID, "发了"), community.CodeConflict)
		wantCode(t, "let go before it was released", hands.TaskRelease(ctx, "lin", k.ID, "急用"), community.CodeConflict)
		held, err := l.Withheld(ctx, i.ID)
		check(t, err)
		if len(held) != 5 {
			t.Errorf("withheld = %+v, want five", held)
		}
		if mine, err := f.app.Libraries(f.org, []community.GroupKey{f.keys["main"]}).Withheld(ctx, i.ID); err != nil || len(mine) != 0 {
			t.Errorf("who sees the main group alone is told of %+v, %v", mine, err)
		}
		for _, g := range []string{"sub1", "sub2", "sub4"} {
			check(t, l.Release(ctx, "lin", i.ID, f.keys[g], "与"+g+"合办"))
		}
		f.copyIn("sub1", 3)
		f.copyIn("sub2", 1)
		f.copyIn("sub4", 1)
		if got := f.shown("sub1"); !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "接住") }) {
			t.Errorf("sub1 was told %q, want the copy", got)
		}
		waiting("sub1", 0)
		k = waiting("sub3", 1)[0]
		wantCode(t, "another group's release", hands.TaskRelease(ctx, "lin", k.ID, ""), community.CodeConflict)
		check(t, hands.TaskRefuse(ctx, "lin", k.ID, "新人不需要"))
		waiting("sub3", 0)
		if got := f.shown("sub3"); len(got) != 0 {
			t.Errorf("sub3 was told %q", got)
		}
	})
}

// TestTasksThatAreOpenLoseWordsThatBecomeExclusive: what people are asked to paste before an item was exclusive they are not asked any more; they
// see what it holds, cannot say that they did it, and get it back once it is released.
func TestTasksThatAreOpenLoseWordsThatBecomeExclusive(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		p := startPlanner(t, dbURL)
		ctx, l, hands := t.Context(), p.app.Libraries(p.org, nil), p.app.Hands(p.org, nil)
		const secret = "方法册第三章：每周三晚上八点准时开讲，前十分钟只点名不讲课，连着八周的群到课率从三成升到了七成"
		i, err := l.Save(ctx, p.lin, community.ID{}, 0, shelf.Post, shelf.Content{Title: "方法册", Text: secret}, "")
		check(t, err)
		for _, text := range []string{"周三见。" + secret, "周三见"} {
			_, err = hands.Act(ctx, p.lin, []community.Action{{Verb: community.Send, Group: p.hand, Text: text}}, "发一下")
			check(t, err)
		}
		tasks := func() (out []community.TaskRow) {
			rows, _, err := p.desk().FindTasks(ctx, community.TaskFilter{Group: p.hand, Page: community.Page{Limit: 50}})
			check(t, err)
			slices.SortFunc(rows, func(a, b community.TaskRow) int { return strings.Compare(a.Action.Text, b.Action.Text) })
			return rows
		}
		await(t, func() bool { return len(tasks()) == 2 })
		_, err = l.Exclusive(ctx, p.lin, i.ID, []community.GroupKey{p.one}, "只给一群")
		check(t, err)
		got := tasks()
		if got[0].Text != "周三见" || got[0].Why == community.WhyExclusive {
			t.Errorf("a task that holds nothing = %q, %s", got[0].Text, got[0].Why)
		}
		if k := got[1]; k.Why != community.WhyExclusive || strings.Contains(k.Text, "点名") || !strings.Contains(k.Text, "《方法册》") || !strings.Contains(k.Text, "/library/"+i.ID.String()) {
			t.Errorf("the task says %q, %s; want what it holds and nothing to paste", k.Text, k.Why)
		}
		wantCode(t, "done by hand", hands.TaskDone(ctx, p.lin, got[1].ID, "发了"), community.CodeConflict)
		held, err := l.Withheld(ctx, i.ID)
		check(t, err)
		if len(held) != 1 || held[0].Group != p.hand {
			t.Errorf("withheld = %+v", held)
		}
		rows, _, err := p.desk().FindAudit(ctx, community.AuditFilter{Verb: "task.withhold"})
		if err != nil || len(rows) != 1 || rows[0].Reason != "只给一群" {
			t.Errorf("audit = %+v, %v", rows, err)
		}
		check(t, l.Release(ctx, p.lin, i.ID, p.hand, "与晨读群合办"))
		await(t, func() bool {
			k := tasks()
			return len(k) == 2 && k[1].Why != community.WhyExclusive && k[1].Text == "周三见。"+secret
		})
		check(t, hands.TaskDone(ctx, p.lin, tasks()[1].ID, "发了"))
	})
}

// TestAMomentDoesNotTakeAnExclusiveItemOut: neither its words nor its picture, until it is released for moments.
func TestAMomentDoesNotTakeAnExclusiveItemOut(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		c := startCompany(t, dbURL, "week")
		ctx, moments, l := t.Context(), c.app.Moments(c.org), c.app.Libraries(c.org, nil)
		const secret = "方法册第三章：每周三晚上八点准时开讲，前十分钟只点名不讲课，连着八周的群到课率从三成升到了七成"
		data := posterPNG(t)
		keep := func(name string) community.ID {
			piece, err := c.app.Plans(c.org, nil).KeepFile(ctx, "lin", name, data)
			check(t, err)
			return piece.File
		}
		i, err := l.Save(ctx, "lin", community.ID{}, 0, shelf.Post, shelf.Content{Title: "方法册", Text: secret, Files: []shelf.File{{ID: keep("册.png")}}}, "")
		check(t, err)
		_, err = l.Exclusive(ctx, "lin", i.ID, []community.GroupKey{c.keys["wr1"]}, "只给一群")
		check(t, err)
		words := community.MomentOrder{Text: "分享：" + secret, Employees: []string{"wang"}}
		_, err = moments.Post(ctx, "lin", c.account, words, nil, "")
		wantCode(t, "its words", err, community.CodeRefused)
		if err == nil || !strings.Contains(connect.SayOf(err)[0], "朋友圈") || !strings.Contains(connect.SayOf(err)[0], "方法册") {
			t.Errorf("it says %v", err)
		}
		_, err = moments.Post(ctx, "lin", c.account, community.MomentOrder{Text: "看图", Employees: []string{"wang"}}, []community.ID{keep("换个名字.png")}, "")
		wantCode(t, "its picture under another name", err, community.CodeRefused)
		wantCode(t, "released by who sees some groups alone", c.app.Libraries(c.org, []community.GroupKey{c.keys["wr1"]}).Release(ctx, "lin", i.ID, shelf.Moments, "x"), community.CodeForbidden)
		wantCode(t, "released without a reason", l.Release(ctx, "lin", i.ID, shelf.Moments, " "), community.CodeBadInput)
		if n := len(c.corp.Moments()); n != 0 {
			t.Fatalf("%d moments at the platform, want none", n)
		}
		check(t, l.Release(ctx, "lin", i.ID, shelf.Moments, "招新用"))
		_, err = moments.Post(ctx, "lin", c.account, words, nil, "")
		check(t, err)
		if n := len(c.corp.Moments()); n != 1 {
			t.Errorf("%d moments at the platform, want the one that was released", n)
		}
	})
}
