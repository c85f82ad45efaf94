package app_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"qunluo/internal/bulk"
	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/tag"
)

// TestRulesOfTagsLeaveHandsAlone: a rule is tried, kept and run by the daily round on the record of two groups; what people put on or took off by
// hand stays; a rule that names a group tag that is gone stands still and says so.
func TestRulesOfTagsLeaveHandsAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGate(t, dbURL)
		ctx, tags := t.Context(), g.app.Tags(g.org, nil)
		for _, name := range []string{"阿敏", "大刘", "老周", "小陈"} {
			g.join(g.group, name, "")
		}
		g.join(g.second, "阿敏", "poster")
		for i := range 3 {
			g.ms.Add(60_000)
			g.say(g.group, "阿敏", fmt.Sprint("读完第", i, "章"), fmt.Sprint("a", i), "")
		}
		g.ms.Add(60_000)
		g.say(g.group, "大刘", "在读", "b", "")
		check(t, g.app.Store().CatchUp(ctx))
		who := func(name string) community.Member {
			t.Helper()
			rows, _, err := g.desk.FindMembers(ctx, community.MemberFilter{Text: name})
			if err != nil || len(rows) != 1 {
				t.Fatalf("members called %s = %d, %v", name, len(rows), err)
			}
			return rows[0].Member
		}
		g.pass(24 * time.Hour)
		r := tag.Rule{Scope: tag.Person, Tag: "活跃", When: []tag.Condition{{Fact: "messages", Op: "least", Value: "1", Days: 7}}}
		trial, err := tags.TryRule(ctx, r, community.ID{})
		if err != nil || trial.Put != 2 || trial.Take != 0 || len(trial.Lines) != 2 || !strings.Contains(trial.Lines[0].Why, "messages least 1 in 7 (3) @ 读书1群") {
			t.Fatalf("trial = %+v, %v", trial, err)
		}
		if list, err := tags.List(ctx, tag.Person); err != nil || len(list) != 0 {
			t.Errorf("a trial tagged: %+v, %v", list, err)
		}
		hand := func(name string, on bool) {
			t.Helper()
			if _, err := tags.Put(ctx, "ming", tag.Order{Scope: tag.Person, Name: "活跃", On: on, Member: who(name).ID}); err != nil {
				t.Fatal(err)
			}
		}
		hand("老周", true) // does not fit, and keeps it
		rule, err := tags.AddRule(ctx, "ming", r, true, "看谁在说话")
		check(t, err)
		worn := func(name string) string {
			t.Helper()
			own, _, err := tags.WornByMember(ctx, who(name).Key)
			check(t, err)
			var out []string
			for _, v := range own {
				source, _, _ := strings.Cut(v.Source, ":")
				out = append(out, v.Tag+"/"+source)
			}
			return strings.Join(out, " ")
		}
		g.pass(24 * time.Hour) // the daily round
		await(t, func() bool { return worn("阿敏") == "活跃/rule" && worn("大刘") == "活跃/rule" })
		if got := worn("老周"); got != "活跃/hand" {
			t.Errorf("by hand: %q", got)
		}
		hand("大刘", false)
		trial, err = tags.RunRule(ctx, "ming", rule.ID)
		if err != nil || trial.Put != 0 || trial.No != 1 || trial.Hand != 1 || trial.Keep != 1 || worn("大刘") != "" {
			t.Errorf("after a person took it off: %+v, %v; %q", trial, err, worn("大刘"))
		}
		r.When[0].Value = "100"
		if _, err := tags.SetRule(ctx, "ming", rule.ID, 1, r, true, "收紧"); err != nil {
			t.Fatal(err)
		}
		if _, err := tags.SetRule(ctx, "anna", rule.ID, 1, r, true, "也想改"); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("two people edit the same version: %v", err)
		}
		trial, err = tags.RunRule(ctx, "ming", rule.ID)
		if err != nil || trial.Take != 1 || worn("阿敏") != "" || worn("老周") != "活跃/hand" {
			t.Errorf("nobody fits: %+v, %v", trial, err)
		}

		// a stay's tag, only in tagged groups; the tag of groups is renamed, then deleted
		if _, err := tags.Put(ctx, "ming", tag.Order{Scope: tag.Group, Name: "海报", On: true, Group: g.second.ID}); err != nil {
			t.Fatal(err)
		}
		stay := tag.Rule{Scope: tag.Stay, Tag: "扫码来的", GroupTag: "海报", When: []tag.Condition{{Fact: "source", Op: "is", Value: "poster"}}}
		second, err := tags.AddRule(ctx, "ming", stay, false, "分来源")
		check(t, err)
		if trial, err = tags.RunRule(ctx, "ming", second.ID); err != nil || trial.Put != 1 {
			t.Errorf("stays: %+v, %v", trial, err)
		}
		if _, err := tags.Rename(ctx, "ming", tag.Group, "海报", "线下海报", false, "更清楚"); err != nil {
			t.Fatal(err)
		}
		if trial, err = tags.RunRule(ctx, "ming", second.ID); err != nil || trial.Keep != 1 || trial.Trouble != "" {
			t.Errorf("after renaming the groups' tag: %+v, %v", trial, err)
		}
		if _, err := tags.Delete(ctx, "ming", tag.Group, "线下海报", "不用了"); err != nil {
			t.Fatal(err)
		}
		if trial, err = tags.RunRule(ctx, "ming", second.ID); err != nil || trial.Trouble != "tag_gone" {
			t.Errorf("after deleting the groups' tag: %+v, %v", trial, err)
		}
		if v, _, err := tags.Rule(ctx, second.ID); err != nil || v.Trouble != "tag_gone" {
			t.Errorf("rule = %+v, %v", v, err)
		}
		bad := stay
		bad.Groups, bad.GroupTag = []community.ID{{9}}, ""
		if _, err := tags.AddRule(ctx, "ming", bad, true, "x"); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("a rule of a group that is not there: %v", err)
		}
		for _, name := range []string{"", " ", "两 个", "a,b", "\u202eevil", "a\x00b", strings.Repeat("长", 31), "\xff"} {
			if _, err := tags.Put(ctx, "ming", tag.Order{Scope: tag.Group, Name: name, On: true, Group: g.group.ID}); community.CodeOf(err) != community.CodeBadInput {
				t.Errorf("tag %q: %v", name, err)
			}
		}
		some := g.app.Tags(g.org, []community.GroupKey{g.second.Key})
		if _, err := some.Rules(ctx); community.CodeOf(err) != community.CodeForbidden {
			t.Errorf("rules for who sees one group: %v", err)
		}
		if _, err := some.Put(ctx, "anna", tag.Order{Scope: tag.Group, Name: "x", On: true, Group: g.group.ID}); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("another's group: %v", err)
		}
	})
}

// TestManyAreTaggedAtOnce: many people through the guard, on their stays too, and undone; groups with preview and undo.
func TestManyAreTaggedAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGate(t, dbURL)
		ctx, bulks, tags := t.Context(), g.app.Bulks(g.org, nil), g.app.Tags(g.org, nil)
		g.roster(g.group, 20)
		run := func(o bulk.Order, want int) bulk.Proposal {
			t.Helper()
			v, err := bulks.Preview(ctx, "cli", o)
			if err != nil || len(v.Items) != want {
				t.Fatalf("preview = %d, %v; want %d", len(v.Items), err, want)
			}
			o.Expect = want
			p, err := bulks.Propose(ctx, "cli", o, "分组")
			check(t, err)
			await(t, func() bool {
				got, err := bulks.ByID(ctx, p.ID)
				check(t, err)
				p = got
				return got.State == bulk.Done
			})
			return p
		}
		label := func(name string) int {
			t.Helper()
			_, n, err := g.desk.FindMembers(ctx, community.MemberFilter{Group: g.group.Key, Label: name})
			check(t, err)
			return n
		}
		all := community.MemberFilter{Group: g.group.Key}
		p := run(bulk.Order{Kind: bulk.Tag, Members: all, Params: bulk.Params{Tag: "首批"}}, 20)
		if p.Progress.Done != 20 || label("首批") != 20 {
			t.Errorf("tagged %+v, %d", p.Progress, label("首批"))
		}
		stay := run(bulk.Order{Kind: bulk.Tag, Members: all, Params: bulk.Params{Tag: "在群", Stay: true}}, 20)
		if stay.Progress.Done != 20 || label("在群") != 20 {
			t.Errorf("stays tagged %+v, %d", stay.Progress, label("在群"))
		}
		for _, one := range []bulk.Proposal{p, stay} {
			if _, err := bulks.Undo(ctx, "cli", one.ID, "试完了"); err != nil {
				t.Fatal(err)
			}
			await(t, func() bool {
				got, err := bulks.ByID(ctx, one.ID)
				check(t, err)
				return got.State == bulk.Undone
			})
		}
		if label("首批") != 0 || label("在群") != 0 {
			t.Errorf("undone: %d, %d", label("首批"), label("在群"))
		}
		o := tag.EditOrder{Name: "华东", Put: true, Filter: community.GroupFilter{Text: "读书"}}
		v, err := tags.Preview(ctx, o)
		if err != nil || len(v.Groups) != 2 || len(v.Names) != 2 {
			t.Fatalf("preview = %+v, %v", v, err)
		}
		o.Expect = 1
		if _, err := tags.Edit(ctx, "ming", o, "分区"); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("not what the preview said: %v", err)
		}
		o.Expect = 2
		e, err := tags.Edit(ctx, "ming", o, "分区")
		check(t, err)
		rows, n, err := g.desk.FindGroups(ctx, community.GroupFilter{Tag: "华东"})
		if err != nil || n != 2 || !slices.Equal(rows[0].Tags, []string{"华东"}) {
			t.Errorf("groups = %+v, %v", rows, err)
		}
		if _, err := tags.UndoEdit(ctx, "ming", e.ID, "错了"); err != nil {
			t.Fatal(err)
		}
		if _, n, err := g.desk.FindGroups(ctx, community.GroupFilter{Tag: "华东"}); err != nil || n != 0 {
			t.Errorf("undone: %d, %v", n, err)
		}
	})
}

// TestTheWorkingScopeNarrowsEveryPage: with a tag of the address, or chosen for every page, no list, report or sheet shows another group.
func TestTheWorkingScopeNarrowsEveryPage(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "")
		at := "/groups/" + s.group.ID.String()
		s.does(at+"/tags", at+"/tags", url.Values{"name": {"徒步"}, "on": {"1"}})
		accounts, err := s.desk.Accounts(t.Context())
		check(t, err)
		_, err = s.app.Engine().Apply(t.Context(), community.Inbound{Account: accounts[0].Key, Type: community.MessageCreated, Key: "x", OccurredAt: s.app.Now(),
			Group: community.Ref{ID: "other", Name: "无关的群"}, Actor: community.Who{ID: "u9", Name: "路人乙"}, Body: community.Body{Text: "无关的话", Message: "x"}})
		check(t, err)
		check(t, s.app.Store().CatchUp(t.Context()))
		pages := []string{"/groups", "/members", "/messages?q=" + url.QueryEscape("的话"), "/today?all=1", "/life", "/stage", "/goals", "/growth", "/retention", "/compare", "/appeals", "/reports", "/adjustments", "/requests",
			"/rules", "/groups.csv", "/members.csv", "/strikes", "/hits", "/codes", "/inbox", "/review", "/payments"}
		shows := func(page string) bool {
			t.Helper()
			code, body := s.get(page)
			if code != 200 {
				t.Errorf("GET %s = %d: %s", page, code, excerpt(body))
			}
			return strings.Contains(body, "无关的群") || strings.Contains(body, "路人乙")
		}
		for _, page := range []string{"/groups", "/members", "/today?all=1", "/groups.csv", "/members.csv"} {
			if !shows(page) {
				t.Errorf("%s does not show the other group", page)
			}
		}
		for _, page := range pages {
			sep := "?"
			if strings.Contains(page, "?") {
				sep = "&"
			}
			if shows(page + sep + "tag=" + url.QueryEscape("徒步")) {
				t.Errorf("%s with the tag shows another group", page)
			}
		}
		s.does("/groups", "/scope", url.Values{"tag": {"徒步"}, "back": {"/groups"}})
		for _, page := range pages {
			if shows(page) {
				t.Errorf("%s within the scope shows another group", page)
			}
		}
		if _, body := s.get("/groups"); !strings.Contains(body, "现在只看带标签") {
			t.Error("the page does not say that it is narrowed")
		}
		s.does("/groups", "/scope", url.Values{"tag": {""}, "back": {"/groups"}})
		if !shows("/groups") {
			t.Error("the scope cannot be taken back")
		}
		rows, _, err := s.desk.FindGroups(t.Context(), community.GroupFilter{Text: "无关"})
		check(t, err)
		s.does("/groups", "/scope", url.Values{"tag": {"徒步"}, "back": {"/groups"}})
		if code, body := s.get("/groups/" + rows[0].ID.String()); code != 200 || !strings.Contains(body, "无关的群") {
			t.Errorf("a page about one group is hidden by the scope: %d", code)
		}
	})
}

// TestTheDayListsEveryGroup: what waits is the next thing of its group, whose it is, until when; groups without anything come last.
func TestTheDayListsEveryGroup(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGate(t, dbURL)
		ctx := t.Context()
		var day []duty.Agenda
		var now int64
		var err error
		await(t, func() bool { // the connection's own group comes by itself
			day, now, err = g.app.Today(g.org, nil).Day(ctx, "")
			check(t, err)
			return len(day) == 3
		})
		if len(day) != 3 || now != g.ms.Load() || day[0].Next.Kind != "" {
			t.Fatalf("at first: %+v, %v", day, err)
		}
		g.apply(community.Inbound{Type: community.JoinRequested, Key: "r1", Group: community.Ref{ID: g.second.External}, Actor: community.Who{ID: "u-new", Name: "新人"}, Body: community.Body{Message: "f1", Text: "想读书"}})
		await(t, func() bool {
			day, _, err = g.app.Today(g.org, nil).Day(ctx, "")
			check(t, err)
			return day[0].Group.Key == g.second.Key && day[0].Next.Kind != "" && day[0].Next.Part == duty.Screening
		})
		g.pass(9 * 24 * time.Hour)
		day, _, err = g.app.Today(g.org, nil).Day(ctx, "")
		if err != nil || len(day) != 3 || day[0].Group.Key != g.second.Key || day[0].Late == 0 || day[1].Next.Kind != duty.DueObserve {
			t.Errorf("nine days later: %+v, %v", day, err)
		}
		if day, _, err = g.app.Today(g.org, nil).Day(ctx, "没有"); err != nil || len(day) != 0 {
			t.Errorf("of no group: %+v, %v", day, err)
		}
	})
}
