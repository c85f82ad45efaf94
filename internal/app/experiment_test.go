package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/experiment"
	"qunluo/internal/plan"
	"qunluo/internal/policy"
)

// said are the texts meant for each member of a group.
func (g *gate) said(group community.GroupRow) map[string][]string {
	g.t.Helper()
	out := map[string][]string{}
	acts, _, err := g.desk.FindActions(g.t.Context(), community.ActionFilter{Group: group.Key, Verb: community.Send, Page: community.Page{Limit: 200}})
	check(g.t, err)
	for _, a := range acts {
		out[a.TargetName] = append(out[a.TargetName], a.Text)
	}
	return out
}

func (g *gate) say(group community.GroupRow, name, text, id, reply string) {
	g.t.Helper()
	g.apply(community.Inbound{Type: community.MessageCreated, Key: id, Group: community.Ref{ID: group.External}, Actor: community.Who{ID: "u-" + name, Name: name},
		Body: community.Body{Class: community.Text, Text: text, Message: id, ReplyTo: reply}})
}

// TestAWelcomeIsTriedTwoWays goes from the plan to the archive on a platform that can do nothing by itself: who joins by the code gets
// arm A or B, once, as a task with the words ready; what becomes of them is read from the log.
func TestAWelcomeIsTriedTwoWays(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGate(t, dbURL)
		ctx, codes, lab := t.Context(), g.app.Codes(g.org, nil), g.app.Experiments(g.org, nil)
		c, err := codes.Save(ctx, "ming", admit.Code{Kind: admit.Channel, Name: "公众号菜单", State: "gzh", Welcome: "{{name}}，欢迎！"}, "")
		check(t, err)
		_, err = codes.AddEntry(ctx, "ming", c.ID, admit.Entry{Group: g.group.Key, Link: "https://chat.example/+abc"}, nil)
		check(t, err)
		d := experiment.Definition{Name: "问一句", Switch: experiment.WelcomeCode, Subject: c.ID.String(), Arms: [2]string{"", "{{name}}，你在读什么？"}, Hoped: 0.1, Secondary: []string{experiment.Replied7, experiment.Stay7}}
		row, err := lab.Save(ctx, "ming", experiment.Row{Definition: d}, "试试")
		check(t, err)
		if row.Arms[0] != "{{name}}，欢迎！" || row.Need.Members < 300 || row.State != experiment.Draft {
			t.Errorf("draft = %+v", row)
		}
		row.PerDay = 1
		row, err = lab.Save(ctx, "ming", row, "")
		check(t, err)
		if _, err := lab.Start(ctx, "ming", row.ID, " "); community.CodeOf(err) != community.CodeRefused {
			t.Fatalf("28 members for 780: %v, want a refusal", err)
		}
		row, err = lab.Start(ctx, "ming", row.ID, "只是练习")
		check(t, err)
		var names []string
		for i := range 24 {
			names = append(names, fmt.Sprintf("组员%d", i))
			g.join(g.group, names[i], "gzh")
		}
		check(t, g.app.Store().CatchUp(ctx))
		g.pass(time.Minute)
		await(t, func() bool { return len(g.said(g.group)) == 24 })
		arms := [2]int{}
		var asked string // somebody with arm B
		for name, texts := range g.said(g.group) {
			switch texts[0] {
			case name + "，欢迎！":
				arms[0]++
			case name + "，你在读什么？":
				arms[1]++
				asked = name
			default:
				t.Errorf("%s was told %q", name, texts)
			}
		}
		if arms[0]+arms[1] != 24 || arms[0] < 4 || arms[1] < 4 {
			t.Fatalf("arms = %v", arms)
		}
		if tasks := g.open(community.Send, 24); !strings.Contains(fmt.Sprint(tasks), asked+"，你在读什么？") {
			t.Errorf("no task has the words of arm B ready")
		}
		g.say(g.group, asked, "《边城》", "m1", "")
		other := names[0]
		if other == asked {
			other = names[1] // an answer to oneself is none
		}
		g.say(g.group, other, "我也在读", "m2", "m1")
		g.apply(community.Inbound{Type: community.MemberLeft, Key: "l", Group: community.Ref{ID: g.group.External}, Actor: community.Who{ID: "u-" + asked}, Body: community.Body{Reason: "left"}})
		g.ms.Add(time.Minute.Milliseconds())
		g.join(g.group, asked, "gzh") // comes again: the same arm
		check(t, g.app.Store().CatchUp(ctx))
		g.pass(time.Minute)
		await(t, func() bool { return len(g.said(g.group)[asked]) == 2 })
		if again := g.said(g.group)[asked]; again[0] != again[1] {
			t.Errorf("told %q: an arm was drawn anew", again)
		}
		check(t, g.app.Store().CatchUp(ctx))
		g.pass(8 * 24 * time.Hour)
		check(t, g.app.Store().CatchUp(ctx))
		_, r, err := lab.Look(ctx, row.ID)
		check(t, err)
		if r.Verdict != experiment.VerdictFew || r.Arms[0].Known+r.Arms[1].Known != 24 || r.Arms[1].Mean <= 0 || r.Arms[1].Assigned != arms[1] || !r.Sane() {
			t.Errorf("look = %+v", r)
		}
		replied := r.Seconds[0].Arms[0].Mean*float64(arms[0]) + r.Seconds[0].Arms[1].Mean*float64(arms[1])
		if r.Seconds[0].Name != experiment.Replied7 || replied < 0.99 || replied > 1.01 {
			t.Errorf("replied to = %v, want one", replied)
		}
		if err := lab.Decide(ctx, "ming", row.ID, experiment.TakeNeither, ""); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("decided without a reason: %v", err)
		}
		check(t, lab.Decide(ctx, "ming", row.ID, experiment.TakeNeither, "人太少"))
		kept, r2, err := lab.Look(ctx, row.ID)
		check(t, err)
		if kept.State != experiment.Decided || kept.Reason != "人太少" || r2.Verdict != r.Verdict || r2.Arms != r.Arms {
			t.Errorf("the archive: %+v %+v", kept, r2)
		}
		g.join(g.group, "后来的", "gzh")
		check(t, g.app.Store().CatchUp(ctx))
		g.pass(time.Minute)
		await(t, func() bool { return len(g.said(g.group)["后来的"]) == 1 })
		if got := g.said(g.group)["后来的"][0]; got != "后来的，欢迎！" {
			t.Errorf("after the decision: %q", got)
		}
	})
}

// TestWhatARuleSaysIsTriedTwoWays: a welcome rule says B to those whose arm is B; the record of what was decided stays.
func TestWhatARuleSaysIsTriedTwoWays(t *testing.T) {
	g := openGate(t, "")
	ctx, lab := t.Context(), g.app.Experiments(g.org, nil)
	_, err := g.app.Hands(g.org, nil).SaveAccount(ctx, "test", community.Account{Key: g.acct, Connector: "sim", Name: "群助手", Enabled: true, Settings: []byte(`{"scene":"quiet","abilities":"*=human"}`)}, "")
	check(t, err)
	enforce(t, g, policy.Rule{ID: "hello", Name: "欢迎", Kind: "welcome", Mode: policy.RuleLive, Params: json.RawMessage(`{"entries":[{"text":"欢迎 {name}！"}],"coalesce":0}`)})
	d := experiment.Definition{Name: "问一句", Switch: experiment.WelcomeRule, Subject: g.group.ID.String(), Rule: "hello", Arms: [2]string{"", "{name}，你在读什么？"}, Hoped: 0.1, PerDay: 40}
	row, err := lab.Save(ctx, "ming", experiment.Row{Definition: d}, "")
	check(t, err)
	row, err = lab.Start(ctx, "ming", row.ID, "")
	check(t, err)
	for i := range 16 {
		g.join(g.group, fmt.Sprintf("组员%d", i), "")
	}
	arms := [2]int{}
	for name, texts := range g.said(g.group) {
		switch texts[0] {
		case "欢迎 " + name + "！":
			arms[0]++
		case name + "，你在读什么？":
			arms[1]++
		default:
			t.Errorf("%s was told %q", name, texts)
		}
	}
	if arms[0]+arms[1] != 16 || arms[0] == 0 || arms[1] == 0 {
		t.Fatalf("arms = %v", arms)
	}
	_, r, err := lab.Look(ctx, row.ID)
	check(t, err)
	if r.Arms[0].Assigned != arms[0] || r.Arms[1].Assigned != arms[1] {
		t.Errorf("kept %d and %d, said %v", r.Arms[0].Assigned, r.Arms[1].Assigned, arms)
	}
	if err := lab.Stop(ctx, "ming", row.ID, ""); community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("stopped without a reason: %v", err)
	}
	check(t, lab.Stop(ctx, "ming", row.ID, "换题"))
	for i := range 8 {
		g.join(g.group, fmt.Sprintf("后来%d", i), "")
	}
	for name, texts := range g.said(g.group) {
		if strings.HasPrefix(name, "后来") && texts[0] != "欢迎 "+name+"！" {
			t.Errorf("after the stop %s was told %q", name, texts)
		}
	}
}

// enforce puts a book of live rules in force in the first group.
func enforce(t *testing.T, g *gate, rules ...policy.Rule) {
	t.Helper()
	raw := bookOf(t, community.Live, nil, rules...)
	await(t, func() bool { // the connection may not have begun with its settings yet
		_, err := g.app.Hands(g.org, nil).Publish(plain(t.Context()), "ming", g.group.Key, raw, "")
		return err == nil
	})
}

// TestAJoinPageIsTriedDayByDay: everybody sees the line of the day's arm; each pair of days holds both.
func TestAJoinPageIsTriedDayByDay(t *testing.T) {
	g := openGate(t, "")
	ctx, codes, lab := t.Context(), g.app.Codes(g.org, nil), g.app.Experiments(g.org, nil)
	c, err := codes.Save(ctx, "ming", admit.Code{Kind: admit.Channel, Name: "海报", State: "hb", Line: "每周一本书"}, "")
	check(t, err)
	_, err = codes.AddEntry(ctx, "ming", c.ID, admit.Entry{Group: g.group.Key, Link: "https://chat.example/+abc"}, nil)
	check(t, err)
	d := experiment.Definition{Name: "换一句", Switch: experiment.JoinPage, Subject: c.ID.String(), Arms: [2]string{"", "和三百人一起读"}, Hoped: 0.4, Sigma: 0.3}
	row, err := lab.Save(ctx, "ming", experiment.Row{Definition: d}, "")
	check(t, err)
	_, err = lab.Start(ctx, "ming", row.ID, "")
	check(t, err)
	seen := [2]int{}
	for range 4 {
		code, body := g.scan(c.Slug, "a")
		a, b := strings.Contains(body, "每周一本书"), strings.Contains(body, "和三百人一起读")
		if code != http.StatusOK || a == b {
			t.Fatalf("the page = %d: %s", code, excerpt(body))
		}
		if b {
			seen[1]++
		} else {
			seen[0]++
		}
		g.pass(24 * time.Hour)
	}
	if seen != [2]int{2, 2} {
		t.Errorf("days = %v, want two of each", seen)
	}
	_, r, err := lab.Look(ctx, row.ID)
	check(t, err)
	if r.Split.Assigned[0]+r.Split.Assigned[1] < 4 || r.Verdict != experiment.VerdictOnce || !r.Sane() {
		t.Errorf("look = %+v", r)
	}
}

// TestASendTimeIsTriedByGroups: groups of an SOP get its steps at the time of their arm.
func TestASendTimeIsTriedByGroups(t *testing.T) {
	g := openGate(t, "")
	ctx, plans, lab := t.Context(), g.app.Plans(g.org, nil), g.app.Experiments(g.org, nil)
	sop, err := plans.SaveSOP(plain(ctx), "ming", plan.SOP{Name: "晚读", Steps: []plan.Step{{Kind: plan.Weekly, Weekday: 2, At: "12:00", Text: "今晚读什么？"}}}, "")
	check(t, err)
	for i := range 8 {
		group := g.newGroup(fmt.Sprintf("晚读%d群", i))
		g.roster(group, 12)
		check(t, plans.AddToSOP(ctx, "ming", sop.ID, group.Key, ""))
	}
	d := experiment.Definition{Name: "几点发", Switch: experiment.SendTime, Subject: sop.ID.String(), Arms: [2]string{"", "20:30"}, Hoped: 0.9, Sigma: 0.2}
	row, err := lab.Save(ctx, "ming", experiment.Row{Definition: d}, "")
	check(t, err)
	if !row.Need.Once || row.Units != 8 {
		t.Errorf("plan = %+v", row.Need)
	}
	_, err = lab.Start(ctx, "ming", row.ID, "")
	check(t, err)
	for range 36 { // from Monday morning over Tuesday
		g.pass(time.Hour)
	}
	turns := map[string]int{}
	await(t, func() bool {
		list, _, err := plans.Targets(ctx, sop.ID, 0, community.Page{Limit: 50})
		check(t, err)
		clear(turns)
		for _, k := range list {
			turns[time.UnixMilli(k.Due).In(time.FixedZone("", 8*3600)).Format("15:04")]++
		}
		return len(list) == 8
	})
	if turns["12:00"] != 4 || turns["20:30"] != 4 {
		t.Errorf("turns = %v, want four at each time", turns)
	}
	_, r, err := lab.Look(ctx, row.ID)
	check(t, err)
	if r.Verdict != experiment.VerdictOnce || r.Split.Assigned != [2]int{4, 4} || !r.Sane() {
		t.Errorf("look = %+v", r)
	}
}

// TestAnExperimentIsMadeAndEndedInTheConsole goes through the pages by hand: what is wrong is said, a start that cannot be decided wants
// a reason in writing, and the decision is kept.
func TestAnExperimentIsMadeAndEndedInTheConsole(t *testing.T) {
	s := startShift(t, "", "", reachable)
	ctx := t.Context()
	code, err := s.app.Codes(s.org, nil).Save(ctx, "ming", admit.Code{Kind: admit.Channel, Name: "公众号菜单", State: "gzh", Welcome: "{{name}}，欢迎！"}, "")
	check(t, err)
	form := func(change ...string) url.Values {
		v := url.Values{"switch": {"welcome_code"}, "subject": {code.ID.String()}, "name": {"问一句"}, "b": {"{{name}}，你在读什么？"}, "primary": {"spoke7"}, "hoped": {"10"}, "base": {"40"}, "per_day": {"2"}, "days": {"28"}, "share_b": {"50"}}
		for i := 0; i+1 < len(change); i += 2 {
			v.Set(change[i], change[i+1])
		}
		return v
	}
	for _, bad := range [][]string{{"hoped", "NaN"}, {"hoped", ""}, {"hoped", "-3"}, {"days", "9999"}, {"b", ""}, {"name", strings.Repeat("长", 61)}, {"subject", "nothing"}, {"share_b", "100"}, {"base", "1e999"}, {"b", "{{name}}，欢迎！"}} {
		if code, body := s.send("/experiments/new?switch=welcome_code", "/experiments", form(bad...)); code != http.StatusOK || !strings.Contains(body, "填得不对") {
			t.Errorf("%v: %d %s", bad, code, excerpt(body))
		}
	}
	if _, body := s.send("/experiments/new?switch=welcome_code", "/experiments/plan", form()); !strings.Contains(body, "人数判断不出来") || !strings.Contains(body, "389") {
		t.Errorf("the plan: %s", excerpt(body))
	}
	list, _, err := s.app.Experiments(s.org, nil).Find(ctx, "", community.Page{})
	if err != nil || len(list) != 0 {
		t.Fatalf("asking kept %d experiments (%v)", len(list), err)
	}
	s.send("/experiments/new?switch=welcome_code", "/experiments", form())
	list, _, err = s.app.Experiments(s.org, nil).Find(ctx, "", community.Page{})
	if err != nil || len(list) != 1 {
		t.Fatalf("kept %d experiments (%v)", len(list), err)
	}
	home := "/experiments/" + list[0].ID.String()
	state := func() string {
		t.Helper()
		x, err := s.app.Experiments(s.org, nil).ByID(ctx, list[0].ID)
		check(t, err)
		return x.State
	}
	if _, body := s.send(home, home+"/start", url.Values{}); !strings.Contains(body, "要开始请写明理由") || state() != experiment.Draft {
		t.Errorf("started without a reason: %s", excerpt(body))
	}
	s.send(home, home+"/start", url.Values{"reason": {"只是练习"}})
	if got := state(); got != experiment.Running {
		t.Fatalf("state = %s, want running", got)
	}
	s.send(home, home+"/stop", url.Values{"reason": {"换题"}})
	if got := state(); got != experiment.Stopped {
		t.Fatalf("state = %s, want stopped", got)
	}
	if _, body := s.send(home, home+"/decide", url.Values{"decision": {"neither"}, "reason": {"人太少"}}); !strings.Contains(body, "都不用: 人太少") || state() != experiment.Decided {
		t.Errorf("the decision: %s", excerpt(body))
	}
	if code, _ := s.send(home, home+"/nothing", url.Values{}); code != http.StatusNotFound {
		t.Errorf("an unknown act = %d, want 404", code)
	}
}
