package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/store"
)

func texts(list []community.MessageRow) []string {
	var out []string
	for _, m := range list {
		out = append(out, m.Text)
	}
	return out
}

func searchChinese(t *testing.T, s *store.Store) {
	l := NewLog(s)
	run := threeGroups[1]
	evs := l.Append(t, say(tea, "anna", "押金什么时候退", at("2026-01-01 10:00:00")), say(run, "anna", "押金已退", at("2026-01-02 10:00:00")),
		say(tea, "ben", "退款与金额,押在这里", at("2026-01-03 10:00:00")), say(tea, "ben", "Hello WORLD 押", at("2026-01-04 10:00:00")),
		say(tea, "ben", "什么金什", at("2026-01-05 10:00:00")))
	caughtUp(t, s)
	image := community.Image
	text := community.Text
	for _, c := range []struct {
		f    community.MessageFilter
		want []string
	}{
		{community.MessageFilter{Text: "押金"}, []string{"押金已退", "押金什么时候退"}},
		{community.MessageFilter{Text: "押金", Group: evs[0].Group}, []string{"押金什么时候退"}},
		{community.MessageFilter{Text: "金什么"}, []string{"押金什么时候退"}},
		{community.MessageFilter{Text: "hello wor"}, []string{"Hello WORLD 押"}},
		{community.MessageFilter{Text: "押", Member: evs[2].Actor}, []string{"Hello WORLD 押", "退款与金额,押在这里"}},
		{community.MessageFilter{Member: evs[0].Actor}, []string{"押金已退", "押金什么时候退"}},
		{community.MessageFilter{Text: "押金", From: at("2026-01-02 00:00:00"), To: at("2026-01-03 00:00:00")}, []string{"押金已退"}},
		{community.MessageFilter{Text: "押金", Before: evs[1].Number}, []string{"押金什么时候退"}},
		{community.MessageFilter{Class: &image}, nil},
		{community.MessageFilter{Class: &text, Group: evs[1].Group}, []string{"押金已退"}},
		{community.MessageFilter{Text: "!?"}, nil},
		{community.MessageFilter{Text: "没有的话"}, nil},
		{community.MessageFilter{Group: evs[1].Group}, []string{"押金已退"}},
	} {
		list, total, err := desk(s).FindMessages(t.Context(), c.f)
		if err != nil {
			t.Fatalf("%+v: %v", c.f, err)
		}
		same(t, fmt.Sprintf("%+v", c.f), texts(list), c.want)
		if c.f.Before == 0 && total != len(c.want) {
			t.Errorf("%+v: total %d, want %d", c.f, total, len(c.want))
		}
	}
}

func messagesPaged(t *testing.T, s *store.Store) {
	l := NewLog(s)
	var in []community.Inbound
	for i := range 230 {
		g := threeGroups[i%2]
		in = append(in, say(g, fmt.Sprintf("m%d", i%3), fmt.Sprintf("第%d条消息", i), at("2026-01-01 10:00:00")+int64(i)*1000))
	}
	evs := l.Append(t, in...)
	caughtUp(t, s)
	for name, f := range map[string]community.MessageFilter{
		"of a group": {Group: evs[0].Group}, "of all": {}, "with a word": {Text: "条消息"}, "of a member": {Member: evs[0].Actor},
	} {
		want := 0
		for i := range evs {
			if (f.Group == 0 || evs[i].Group == f.Group) && (f.Member == 0 || evs[i].Actor == f.Member) {
				want++
			}
		}
		f.Limit = 40
		seen := map[int64]bool{}
		last := int64(1 << 62)
		for {
			list, total, err := desk(s).FindMessages(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			if total != want {
				t.Fatalf("%s: total %d, want %d", name, total, want)
			}
			for _, m := range list {
				if m.Number >= last || seen[m.Number] {
					t.Fatalf("%s: %d after %d", name, m.Number, last)
				}
				seen[m.Number], last = true, m.Number
			}
			if len(list) < f.Limit {
				break
			}
			f.Before = last
		}
		if len(seen) != want {
			t.Errorf("%s: %d messages, want %d", name, len(seen), want)
		}
	}
	around := must(desk(s).Around(t.Context(), evs[0].Group, evs[100].Number, 2, 1))(t)
	same(t, "around", texts(around), []string{"第96条消息", "第98条消息", "第100条消息", "第102条消息"})
	if _, err := desk(s).Around(t.Context(), evs[1].Group, evs[100].Number, 2, 1); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("an event of another group gives %v", err)
	}
}

func recalledMessages(t *testing.T, s *store.Store) {
	l := NewLog(s)
	one, two, early := say(tea, "anna", "第一", at("2026-01-01 10:00:00")), say(tea, "anna", "第二", at("2026-01-01 11:00:00")), say(tea, "anna", "第三", at("2026-01-01 12:00:00"))
	two.Key = "another" // the platform's id of the message is not its key
	evs := l.Append(t, one, two)
	caughtUp(t, s)
	l.Append(t, recallOf(one, at("2026-01-02 10:00:00")), recallOf(two, at("2026-01-02 10:00:00")), recallOf(early, at("2026-01-02 10:00:00")))
	caughtUp(t, s)
	again := recallOf(one, at("2026-01-02 11:00:00"))
	again.Key = "twice"
	l.Append(t, early, again, say(tea, "anna", "第四", at("2026-01-01 13:00:00")))
	caughtUp(t, s)
	list, _, err := desk(s).FindMessages(t.Context(), community.MessageFilter{Group: evs[0].Group})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, m := range list {
		got[m.Text] = m.Recalled
	}
	same(t, "recalled", got, map[string]bool{"第一": true, "第二": true, "第三": true, "第四": false})
	a := must(desk(s).Activity(t.Context(), evs[0].Group, "", day(t, "2026-01-01"), day(t, "2026-01-01")))(t)
	same(t, "counted", []int64{a.Messages, a.Daily[0].Recalled}, []int64{1, 3})
}

func hitsAreLinked(t *testing.T, s *store.Store) {
	l := NewLog(s)
	evs := l.Append(t, say(tea, "spam", "加微信领红包", at("2026-01-01 10:00:00")), say(tea, "anna", "好的", at("2026-01-01 11:00:00")))
	d := community.Decision{ID: community.DeriveID(evs[0].ID, "ad", 0), Decider: "policy", Group: evs[0].Group, Event: evs[0].Number, Seq: evs[0].Seq,
		At: evs[0].At, Member: evs[0].Actor, Book: 1, Verdict: community.Hit,
		Hits: []community.RuleHit{{Rule: "ad", Kind: "words", Chose: true}, {Rule: "new_rule", Kind: "words", Dry: true}}}
	d.Strikes = []community.Strike{{ID: community.DeriveID(d.ID, "strike", 0), Decision: d.ID, Group: d.Group, Member: d.Member, Rule: "ad", Book: 1, Event: d.Event, At: d.At, Expires: at("2030-01-01 00:00:00")}}
	d.Actions = []community.Action{{ID: community.DeriveID(d.ID, "act", 0), Decision: d.ID, Group: d.Group, Verb: community.Mute, Target: d.Member, Event: d.Event, Cause: community.ByRule, Rule: "ad", Hold: "removal_cap"}}
	decided(t, s, d)
	caughtUp(t, s)
	want := []community.RuleHits{{Rule: "ad", Hits: 1, Last: d.At}, {Rule: "new_rule", Dry: 1, Last: d.At}}
	same(t, "rules", must(desk(s).RuleHits(t.Context(), d.Group, at("2026-01-01 00:00:00")))(t), want)
	list, total, err := desk(s).FindMessages(t.Context(), community.MessageFilter{Hits: true})
	if err != nil || total != 1 || len(list) != 1 || list[0].Number != d.Event {
		t.Errorf("messages with hits: %v of %d: %v", texts(list), total, err)
	}
	rows, total, err := desk(s).FindDecisions(t.Context(), community.DecisionFilter{Open: true, Rule: "ad"})
	if err != nil || total != 1 {
		t.Fatalf("decisions: %d: %v", total, err)
	}
	same(t, "evidence", []any{rows[0].ID, rows[0].Message.Text, rows[0].MemberName, rows[0].GroupName, rows[0].States[d.Actions[0].ID.String()]},
		[]any{d.ID, "加微信领红包", "spam", "茶友群", community.HumanTask})
	if n := must(desk(s).RuleHits(t.Context(), d.Group, at("2026-01-02 00:00:00")))(t); len(n) != 0 {
		t.Errorf("hits of later days: %v", n)
	}
	members, _, err := desk(s).FindMembers(t.Context(), community.MemberFilter{Group: d.Group, Page: community.Page{Sort: "strikes", Desc: true}})
	if err != nil || len(members) != 2 || members[0].Strikes != 1 || members[1].Strikes != 0 {
		t.Errorf("members by strikes: %+v: %v", members, err)
	}
	tasks, n, err := desk(s).FindTasks(t.Context(), community.TaskFilter{})
	if err != nil || n != 1 || tasks[0].Rule != "ad" || tasks[0].Message.Text != "加微信领红包" || tasks[0].TargetRef != "u-spam" {
		t.Errorf("tasks: %+v: %v", tasks, err)
	}
	judge := community.Inbound{Type: community.PersonDecided, GroupKey: d.Group, OccurredAt: at("2026-01-03 10:00:00"),
		Body: community.Body{Data: fmt.Appendf(nil, `{"kind":"false_hit","user":"x","decision":"%s"}`, d.ID)}}
	l.Append(t, judge)
	judge.Key = "again"
	l.Append(t, judge)
	caughtUp(t, s)
	want[0].Undone = 1
	same(t, "rules after a person looked", must(desk(s).RuleHits(t.Context(), 0, 0))(t), want)
	judged(t, s, d)
	before := must(s.DigestFigures(t.Context()))(t)
	if err := s.Rebuild(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	same(t, "figures built anew", must(s.DigestFigures(t.Context()))(t), before)
}

// judged looks for what people said about decisions: nothing while they are open, then the text with the word, to those who
// may see it.
func judged(t *testing.T, s *store.Store, d community.Decision) {
	t.Helper()
	ctx := t.Context()
	if list := must(desk(s).Judgements(ctx, d.Group, 10))(t); len(list) != 0 {
		t.Errorf("judgements before anybody judged: %+v", list)
	}
	same(t, "spam of the weeks", spamOf(t, s, d.Group), []int64{1})
	tx, err := s.BeginLog(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Resolve(ctx, d.ID, "false_hit", "x", "is no advertisement", d.At); err != nil {
		t.Fatal(tx.Rollback(ctx, err))
	}
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	list := must(desk(s).Judgements(ctx, d.Group, 10))(t)
	if len(list) != 1 || list[0].Resolution != "false_hit" || list[0].Message.Text != "加微信领红包" || list[0].ID != d.ID {
		t.Errorf("judgements: %+v", list)
	}
	if list := must(s.For(community.Scope{Org: 99}).Judgements(ctx, d.Group, 10))(t); len(list) != 0 {
		t.Errorf("another organisation sees %+v", list)
	}
	same(t, "spam once it was a false hit", spamOf(t, s, d.Group), []int64{0})
}

// spamOf is how many messages of each complete week until 4 January 2026 rules hit.
func spamOf(t *testing.T, s *store.Store, g community.GroupKey) (out []int64) {
	t.Helper()
	for _, w := range must(desk(s).Weeks(t.Context(), g, day(t, "2026-01-04")))(t) {
		out = append(out, w.Spam)
	}
	return out
}

// decided writes a decision of an event that is there already, before the projections see it.
func decided(t *testing.T, s *store.Store, d community.Decision) {
	t.Helper()
	ctx := t.Context()
	tx, err := s.BeginLog(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Decisions(ctx, []community.Decision{d}, [][]byte{canonical(d)}, d.At); err != nil {
		t.Fatal(tx.Rollback(ctx, err))
	}
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
}

func scopeHides(t *testing.T, s *store.Store) {
	l := NewLog(s)
	mine := l.Append(t, say(tea, "anna", "我们的押金", at("2026-01-01 10:00:00")), say(threeGroups[1], "ben", "别的押金", at("2026-01-01 10:00:00")))
	l.Org, l.Account = 2, 2
	theirs := l.Append(t, say(community.Ref{ID: "x", Name: "x"}, "carl", "他们的押金", at("2026-01-01 10:00:00")))
	caughtUp(t, s)
	ctx := t.Context()
	for _, c := range []struct {
		scope community.Scope
		want  []string
	}{
		{community.Scope{Org: 1}, []string{"别的押金", "我们的押金"}},
		{community.Scope{Org: 2}, []string{"他们的押金"}},
		{community.Scope{Org: 1, Groups: []community.GroupKey{mine[0].Group}}, []string{"我们的押金"}},
		{community.Scope{Org: 1, Groups: []community.GroupKey{theirs[0].Group}}, nil},
		{community.Scope{Org: 1, Groups: []community.GroupKey{}}, nil},
	} {
		d := s.For(c.scope)
		for _, f := range []community.MessageFilter{{Text: "押金"}, {}} {
			list, total, err := d.FindMessages(ctx, f)
			if err != nil || total != len(c.want) {
				t.Fatalf("%+v: total %d: %v", c.scope, total, err)
			}
			same(t, fmt.Sprintf("%+v", c.scope), texts(list), c.want)
		}
		groups, n, err := d.FindGroups(ctx, community.GroupFilter{})
		if err != nil || n != len(c.want) || len(groups) != n {
			t.Errorf("%+v: %d groups: %v", c.scope, n, err)
		}
		members, n, err := d.FindMembers(ctx, community.MemberFilter{})
		if err != nil || n != len(c.want) || len(members) != n {
			t.Errorf("%+v: %d members: %v", c.scope, n, err)
		}
		for _, m := range members {
			if m.LeftAt == 0 && m.GroupName == "" && len(m.In) != 1 {
				t.Errorf("%+v: %s is in %q, want the name of their group", c.scope, m.Name, m.In)
			}
		}
		stays := must(d.Stays(ctx, theirs[0].Actor))(t)
		if (len(stays) > 0) != (c.scope.Org == 2) {
			t.Errorf("%+v: %d stays of theirs", c.scope, len(stays))
		}
	}
	if _, err := desk(s).Activity(ctx, theirs[0].Group, "", 0, 1); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("their group gives %v", err)
	}
	if list := must(desk(s).Names(ctx, theirs[0].Actor))(t); len(list) != 0 {
		t.Errorf("names of theirs: %v", list)
	}
}

func unknownDays(t *testing.T, s *store.Store) {
	l := NewLog(s)
	run := threeGroups[1]
	l.Account, l.Run = 0, 5
	evs := l.Append(t, say(tea, "anna", "早", at("2026-01-01 10:00:00")), say(tea, "anna", "晚", at("2026-01-04 10:00:00")))
	l.Account, l.Run = 1, 0
	l.Append(t, say(tea, "anna", "在", at("2026-01-08 10:00:00")), say(run, "ben", "跑", at("2026-01-10 10:00:00")))
	caughtUp(t, s)
	got := must(desk(s).Covered(t.Context(), placeOf(evs[0].Group), day(t, "2025-12-31"), day(t, "2026-01-11")))(t)
	want := []bool{false, true, true, true, true, false, false, false, true, false, false, false}
	same(t, "covered", got[0][:10], want[:10])
	a := must(desk(s).Activity(t.Context(), evs[0].Group, "", day(t, "2026-01-01"), day(t, "2026-01-08")))(t)
	same(t, "coverage", a.Coverage, measure.Coverage{Covered: 5, Of: 8})
	same(t, "mean of daily speakers", a.MeanDAU.Withheld, measure.LowCover)
}

func changedZone(t *testing.T, s *store.Store) {
	l := NewLog(s)
	evs := l.Append(t, say(tea, "anna", "夜", at("2026-01-02 01:00:00")))
	caughtUp(t, s)
	messages := func(d string) int64 {
		return must(desk(s).Activity(t.Context(), evs[0].Group, "", day(t, d), day(t, d)))(t).Messages
	}
	same(t, "in Shanghai", []int64{messages("2026-01-01"), messages("2026-01-02")}, []int64{0, 1})
	if err := s.SetGroup(t.Context(), community.Group{Key: evs[0].Group, Org: 1, Zone: "Europe/Berlin"}, community.Audit{Org: 1, User: "test"}); err != nil {
		t.Fatal(err)
	}
	caughtUp(t, s)
	same(t, "in Berlin", []int64{messages("2026-01-01"), messages("2026-01-02")}, []int64{1, 0})
}

func everyList(t *testing.T, s *store.Store) {
	l := NewLog(s)
	evs := l.Append(t, say(tea, "anna", "在", at("2026-01-01 10:00:00")))
	caughtUp(t, s)
	ctx, g := t.Context(), evs[0].Group
	for _, scope := range []community.Scope{{Org: 1}, {Org: 1, Groups: []community.GroupKey{g}}} {
		d := s.For(scope)
		ask := func(what string, n int, err error) {
			t.Helper()
			if err != nil || n != 0 {
				t.Errorf("%s: %d, %v", what, n, err)
			}
		}
		_, n, err := d.FindDecisions(ctx, community.DecisionFilter{Group: g, Tag: "x", Member: 1, Rule: "r", Verdict: community.Hit, From: 1, To: 2})
		ask("decisions", n, err)
		_, n, err = d.FindStrikes(ctx, community.StrikeFilter{Group: g, Member: 1, Live: true, Now: 1, Page: community.Page{Sort: "expires"}})
		ask("strikes", n, err)
		_, n, err = d.FindActions(ctx, community.ActionFilter{Group: g, Member: 1, Decision: community.ID{1}, State: community.Sent, Verb: community.Mute})
		ask("actions", n, err)
		_, n, err = d.FindTasks(ctx, community.TaskFilter{Group: g, Tag: "x", State: "done", Assignee: "y"})
		ask("tasks", n, err)
		_, n, err = d.FindAudit(ctx, community.AuditFilter{User: "u", Verb: "v", Subject: "s", From: 1, To: 2})
		ask("audit", n, err)
		_, n, err = d.FindImports(ctx, community.Page{})
		ask("imports", n, err)
		_, n, err = d.FindBooks(ctx, g, community.Page{})
		ask("rulebooks", n, err)
		_, n, err = d.FindJobs(ctx, "dead", community.Page{})
		ask("jobs", n, err)
		_, n, err = d.FindGroups(ctx, community.GroupFilter{Text: "%", Tag: "x", Platform: "sim", Mode: community.Live, Page: community.Page{Sort: "last", Desc: true}})
		ask("groups", n, err)
		accounts, err := d.Accounts(ctx)
		ask("accounts", len(accounts), err)
		tags, err := d.Tags(ctx)
		ask("tags", len(tags), err)
		if frozen, err := d.Frozen(ctx); err != nil || frozen {
			t.Errorf("frozen %v, %v", frozen, err)
		}
		for what, err := range map[string]error{
			"decision": second(d.DecisionByID(ctx, community.ID{1})), "task": second(d.TaskByID(ctx, community.ID{1})), "group": second(d.GroupByID(ctx, community.ID{1})),
			"member": second(d.MemberByID(ctx, community.ID{1})), "import": second(d.ImportByID(ctx, community.ID{1})),
			"account": second(d.AccountByID(ctx, community.ID{1})), "rulebook": second(d.Book(ctx, g, 1)),
		} {
			if community.CodeOf(err) != community.CodeNotFound {
				t.Errorf("%s that is not there: %v", what, err)
			}
		}
		days := must(d.Days(ctx, 0, "", 7))(t)
		same(t, "days", len(days), 7)
		must(d.Heat(ctx, g, "", 7))(t)
		list, _, err := d.MemberDays(ctx, 0, evs[0].Actor, 3)
		if err != nil || len(list) != 3 {
			t.Errorf("days of a member: %v, %v", list, err)
		}
	}
}

func followsWake(t *testing.T, s *store.Store) {
	l := NewLog(s)
	ctx, cancel := context.WithCancel(t.Context())
	wake, ended := make(chan struct{}, 1), make(chan error, 1)
	go func() { ended <- s.RunProjections(ctx, wake) }()
	l.Append(t, say(tea, "anna", "在", at("2026-01-01 10:00:00")))
	wake <- struct{}{}
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for must(s.Lag(t.Context()))(t)[store.SearchView] > 0 {
		select {
		case <-tick.C:
		case err := <-ended:
			t.Fatal(err)
		case <-deadline.C:
			t.Fatal("nothing was taken in")
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	if err := s.Rebuild(t.Context(), nil, "shoes"); community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("an unknown projection gives %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

// deskIsNoGroup: an account's own log shares an id with nobody, keeps stays of followers, and stands in no list of groups.
func deskIsNoGroup(t *testing.T, s *store.Store) {
	l := NewLog(s)
	desk0 := community.Ref{ID: tea.ID, Name: "茶友公众号", Desk: true}
	follow := community.Inbound{Type: community.FollowerAdded, Key: "f1", Group: desk0, Actor: who("anna"), OccurredAt: at("2026-01-02 10:00:00"),
		Body: community.Body{Scene: "qr", State: "spring"}}
	gone := community.Inbound{Type: community.FollowerRemoved, Key: "f2", Group: desk0, Actor: who("anna"), OccurredAt: at("2026-01-05 10:00:00")}
	evs := l.Append(t, say(tea, "anna", "早", at("2026-01-01 10:00:00")), follow, gone)
	caughtUp(t, s)
	if evs[0].Group == evs[1].Group {
		t.Fatal("the desk and the group of the same id are one")
	}
	names := func(f community.GroupFilter) []string {
		list, _, err := desk(s).FindGroups(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, g := range list {
			out = append(out, fmt.Sprint(g.Name, " ", g.Desk))
		}
		return out
	}
	same(t, "groups", names(community.GroupFilter{}), []string{"茶友群 false"})
	same(t, "desks", names(community.GroupFilter{Desks: true}), []string{"茶友公众号 true"})
	stays := must(desk(s).Stays(t.Context(), evs[1].Actor))(t)
	i := slices.IndexFunc(stays, func(x community.Stay) bool { return x.Group == evs[1].Group })
	if i < 0 || stays[i].JoinedAt != follow.OccurredAt || stays[i].LeftAt != gone.OccurredAt || stays[i].State != "spring" {
		t.Errorf("stays = %+v, want one on the desk from following to unfollowing by the code spring", stays)
	}
	from, _ := measure.DayOf(at("2026-01-01 00:00:00"), time.UTC)
	act := must(desk(s).Activity(t.Context(), 0, "", from, from+6))(t)
	for _, d := range act.Daily {
		if d.Joins != 0 {
			t.Errorf("joins over all groups on %s = %d: followers are no joins", d.Day, d.Joins)
		}
	}
}

// restrictionKept: what a platform says when it holds an account back is kept whatever bytes it is made of, cut at its bound.
func restrictionKept(t *testing.T, s *store.Store) {
	ctx := t.Context()
	a := must(s.SaveAccount(ctx, community.Account{Org: 1, Platform: "qq", Connector: "test", Name: "小助手", Settings: []byte("{}"), Enabled: true}, community.Audit{}))(t)
	tx := must(s.BeginLog(ctx))(t)
	if err := tx.Restrict(ctx, a.Key, 5, "账号\x00异常\xff"+strings.Repeat("长", 400)); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	got := must(s.AllAccounts(ctx))(t)
	if len(got) != 1 || got[0].Restricted != 5 || !strings.HasPrefix(got[0].RestrictedWhy, "账号异常") || len(got[0].RestrictedWhy) > 500 {
		t.Errorf("kept %+v, want the words without what no database keeps", got)
	}
}
