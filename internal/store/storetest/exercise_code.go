package storetest

import (
	"sync"
	"testing"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/store"
)

// codesKept: a code keeps its entries in order with scans, pictures and what a platform made; every change is audited.
func codesKept(t *testing.T, s *store.Store) {
	ctx := t.Context()
	l := NewLog(s)
	evs := l.Append(t, say(tea, "anna", "你好", at("2026-01-01 10:00:00")), say(threeGroups[1], "ben", "你好", at("2026-01-01 10:00:00")))
	audit := community.Audit{User: "test", Verb: "code.save", Reason: "开张"}
	c := must(s.SaveCode(ctx, admit.Code{Org: 1, Kind: admit.Group, Name: "读书群", Line: "每周一本", Tags: []string{"书"}, By: "test"}, audit))(t)
	if len(c.Slug) != 10 || c.ID.IsZero() {
		t.Fatalf("new code = %+v, want a slug of 10 and an id", c)
	}
	one := must(s.AddEntry(ctx, c, admit.Entry{Group: evs[0].Group, Expires: at("2099-01-01 00:00:00"), Most: 200}, []byte("picture"), audit))(t)
	two := must(s.AddEntry(ctx, c, admit.Entry{Group: evs[1].Group, Link: "https://example.org/g2"}, nil, audit))(t)
	same(t, "picture", string(must(s.Picture(ctx, one.Picture))(t)), "picture")
	if _, err := s.Picture(ctx, "none"); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("a picture that is not there: %v, want not found", err)
	}
	for range 3 {
		fine(t, s.Arrive(ctx, nil, 0, 0, func(map[community.GroupKey]admit.Held) store.Arrival {
			return store.Arrival{Code: c.Key, Entry: one.Key, Day: 20000, Group: one.Group}
		}))
	}
	if err := s.LastEntry(ctx, c, one, audit); err != nil {
		t.Fatal(err)
	}
	order := func() (list []string) {
		for _, e := range must(desk(s).CodeByID(ctx, c.ID))(t).Entries {
			list = append(list, e.GroupName)
		}
		return list
	}
	same(t, "order after rotating", order(), []string{threeGroups[1].Name, tea.Name})
	got := must(s.CodeBySlug(ctx, c.Slug))(t)
	same(t, "scans", got.Entries[1].Scans, int64(3))
	same(t, "entry", []any{got.Entries[0].ID, got.Entries[0].Link, got.Tags}, []any{two.ID, "https://example.org/g2", []string{"书"}})
	if err := s.RemoveEntry(ctx, c, two, audit); err != nil {
		t.Fatal(err)
	}
	if err := s.RemoveEntry(ctx, c, two, audit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("taken out twice: %v, want conflict", err)
	}
	same(t, "scans of all", must(desk(s).Flows(ctx, []admit.Code{c}))(t)[c.Key], admit.Flow{Scans: 3})
	codeMade(t, s, c, evs[0].Group)
	codeChanges(t, s, c)
	rows, n, err := desk(s).FindAudit(ctx, community.AuditFilter{Subject: "code:" + c.ID.String()})
	if err != nil || n != 8 || rows[0].User != "test" {
		t.Errorf("audit rows = %d (%v), want 8", n, err)
	}
}

// codeMade: what a platform made is shown by the entry that ordered it, whichever is noted first, and once.
func codeMade(t *testing.T, s *store.Store, c admit.Code, g community.GroupKey) {
	ctx, order := t.Context(), s.NewID()
	for _, url := range []string{"https://t.example/+one", "https://t.example/+two"} {
		tx := must(s.BeginLog(ctx))(t)
		if err := tx.InviteMade(ctx, order, community.InviteMade{URL: url, Expires: 99}); err != nil {
			t.Fatal(tx.Rollback(ctx, err))
		}
		if err := tx.Commit(ctx); err != nil {
			t.Fatal(err)
		}
	}
	e := must(s.AddEntry(ctx, c, admit.Entry{Group: g}, nil, community.Audit{User: "test"}))(t)
	if err := s.EntryOrdered(ctx, e.Key, order); err != nil {
		t.Fatal(err)
	}
	list := must(desk(s).CodeByID(ctx, c.ID))(t).Entries
	last := list[len(list)-1]
	same(t, "made", []any{last.Link, last.Expires, last.Action}, []any{"https://t.example/+one", int64(99), order})
	if err := s.EntryAsked(ctx, e.Key, order, 5); err != nil {
		t.Fatal(err)
	}
	list = must(desk(s).CodeByID(ctx, c.ID))(t).Entries
	same(t, "asked", []any{list[len(list)-1].Task, list[len(list)-1].Warned}, []any{order, int64(5)})
}

// codeChanges: names change, marks are unique among the living, a closed code frees its mark.
func codeChanges(t *testing.T, s *store.Store, c admit.Code) {
	ctx, audit := t.Context(), community.Audit{User: "test", Verb: "code.save"}
	c.State, c.Name = "spring", "读书群二"
	c = must(s.SaveCode(ctx, c, audit))(t)
	other := admit.Code{Org: 1, Kind: admit.Channel, Name: "海报", State: "spring"}
	if _, err := s.SaveCode(ctx, other, audit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("the same mark twice: %v, want conflict", err)
	}
	if _, err := s.SaveCode(ctx, admit.Code{Org: 1, Kind: admit.Channel, Name: "无"}, audit); community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("a channel without a mark: %v, want bad input", err)
	}
	if err := s.CloseCode(ctx, c, audit); err != nil {
		t.Fatal(err)
	}
	if err := s.CloseCode(ctx, c, audit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("closed twice: %v, want conflict", err)
	}
	must(s.SaveCode(ctx, other, audit))(t)
	for f, want := range map[*admit.Filter]string{{}: "海报", {Text: "SPRING"}: "海报", {Closed: true}: "读书群二", {Kind: admit.Group}: "", {Text: "%"}: ""} {
		list, n, err := desk(s).FindCodes(ctx, *f)
		name := ""
		if len(list) > 0 {
			name = list[0].Name
		}
		if err != nil || name != want || n != len(list) {
			t.Errorf("%+v: %q of %d (%v), want %q", *f, name, n, err, want)
		}
	}
	if _, err := s.For(community.Scope{Org: 2}).CodeByID(ctx, c.ID); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("another organisation's code: %v, want not found", err)
	}
	if _, err := s.For(community.Scope{Org: 1, Groups: []community.GroupKey{}}).CodeByID(ctx, c.ID); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("a code outside of the scope: %v, want not found", err)
	}
}

// marksCounted: joins, leaves and who is still here are counted by the mark that the stay keeps.
func marksCounted(t *testing.T, s *store.Store) {
	ctx := t.Context()
	l := NewLog(s)
	plain := join(tea, "dora", at("2026-01-03 10:00:00"))
	plain.Body.State = ""
	evs := l.Append(t, join(tea, "anna", at("2026-01-01 23:30:00")), join(tea, "ben", at("2026-01-02 00:30:00")), leave(tea, "anna", at("2026-01-03 09:00:00")),
		join(tea, "anna", at("2026-01-03 10:00:00")), join(threeGroups[1], "ben", at("2026-01-03 11:00:00")), plain)
	caughtUp(t, s)
	c := must(s.SaveCode(ctx, admit.Code{Org: 1, Kind: admit.Channel, Name: "春", State: "spring", Tags: []string{"春天来的"}}, community.Audit{User: "test"}))(t)
	none := must(s.SaveCode(ctx, admit.Code{Org: 1, Kind: admit.Group, Name: "无标记"}, community.Audit{User: "test"}))(t)
	want := admit.Flow{Joins: 4, Leaves: 1, Here: 2}
	same(t, "alone", must(desk(s).Flows(ctx, []admit.Code{c}))(t)[c.Key], want)
	both := must(desk(s).Flows(ctx, []admit.Code{c, none}))(t)
	same(t, "among others", []any{both[c.Key], both[none.Key], want.Net()}, []any{want, admit.Flow{}, int64(3)})
	days := must(desk(s).CodeDays(ctx, c, 400))(t)
	byDate := map[string]admit.Flow{}
	for _, d := range days {
		byDate[d.Date] = d.Flow
	}
	today := must(desk(s).Today(ctx, 0))(t)
	if today.String() >= "2026-01-03" && today.String() < "2027-01-01" {
		same(t, "by day", []admit.Flow{byDate["2026-01-01"], byDate["2026-01-02"], byDate["2026-01-03"]}, []admit.Flow{{Joins: 1}, {Joins: 1}, {Joins: 2, Leaves: 1}})
	} else {
		t.Errorf("the examination's today is %s: no day to look at", today)
	}
	comers := must(desk(s).Comers(ctx, c, 0))(t)
	same(t, "comers", len(comers), 3)
	for i, want := range []bool{true, false} {
		fresh := must(s.SeeComer(ctx, c, comers[0]))(t)
		if fresh != want {
			t.Errorf("seen to for the %d. time: fresh = %v, want %v", i+1, fresh, want)
		}
	}
	same(t, "tags", must(desk(s).MemberTags(ctx, comers[0].Member))(t), []string{"春天来的"})
	same(t, "comers left", len(must(desk(s).Comers(ctx, c, 0))(t)), 2)
	same(t, "comers since", len(must(desk(s).Comers(ctx, c, at("2026-01-03 10:30:00")))(t)), 1)
	rule := admit.CapRule{Most: 200, Lead: 3}
	if n, err := s.SetCap(ctx, 1, evs[0].Group, admit.CapRule{}, rule, community.Audit{User: "test", Verb: "group.cap"}); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	task := s.NewID()
	if err := s.CapAsked(ctx, evs[0].Group, task, 7); err != nil {
		t.Fatal(err)
	}
	rule.Task, rule.Warned = task, 7
	same(t, "cap", must(desk(s).CapRules(ctx, []community.GroupKey{evs[0].Group, evs[4].Group}))(t), map[community.GroupKey]admit.CapRule{evs[0].Group: rule})
}

// doublesFound: present members of two sub groups of one main group, the place they speak in first; nobody else.
func doublesFound(t *testing.T, s *store.Store) {
	ctx := t.Context()
	l := NewLog(s)
	a, b := threeGroups[1], threeGroups[2]
	evs := l.Append(t, say(tea, "root", "主群", at("2026-01-01 08:00:00")),
		join(a, "anna", at("2026-01-01 10:00:00")), join(b, "anna", at("2026-01-02 10:00:00")), say(b, "anna", "我在这边", at("2026-01-02 11:00:00")),
		join(a, "ben", at("2026-01-01 10:00:00")), join(b, "ben", at("2026-01-02 10:00:00")), leave(b, "ben", at("2026-01-03 10:00:00")),
		join(a, "cora", at("2026-01-01 10:00:00")), join(tea, "cora", at("2026-01-01 10:00:00")))
	caughtUp(t, s)
	if list, n, err := desk(s).Doubles(ctx, 0, community.Page{}); err != nil || n != 0 || len(list) != 0 {
		t.Errorf("without a main group: %v, %d (%v), want none", list, n, err)
	}
	for _, sub := range []community.Event{evs[1], evs[2]} {
		row := must(desk(s).GroupByKey(ctx, sub.Group))(t)
		row.Parent = evs[0].Group
		if err := s.SetGroup(ctx, row.Group, community.Audit{User: "test"}); err != nil {
			t.Fatal(err)
		}
	}
	for _, main := range []community.GroupKey{0, evs[0].Group} {
		list, n, err := desk(s).Doubles(ctx, main, community.Page{})
		if err != nil || n != 1 || len(list) != 1 {
			t.Fatalf("doubles of %d = %v, %d (%v), want one", main, list, n, err)
		}
		got := []any{list[0].Member.Name, list[0].Main, list[0].Places[0].Group, list[0].Places[1].Group, list[0].Places[0].Messages, list[0].Task.IsZero()}
		same(t, "anna", got, []any{"anna", evs[0].Group, evs[2].Group, evs[1].Group, int64(1), true})
	}
	if _, n, err := desk(s).Doubles(ctx, evs[1].Group, community.Page{}); err != nil || n != 0 {
		t.Errorf("of a group that is no main group: %d (%v), want none", n, err)
	}
}

// lastPlaceHeld: of many who arrive at once, as many as there are places are shown the first group, whoever else; the rest the
// next; what is held is over after its time, and is not forgotten before.
func lastPlaceHeld(t *testing.T, s *store.Store) {
	ctx, l := t.Context(), NewLog(s)
	evs := l.Append(t, say(tea, "anna", "你好", at("2026-01-01 10:00:00")), say(threeGroups[1], "ben", "你好", at("2026-01-01 10:00:00")))
	groups := []community.GroupKey{evs[0].Group, evs[1].Group}
	c := must(s.SaveCode(ctx, admit.Code{Org: 1, Kind: admit.Group, Name: "海报", By: "test"}, community.Audit{User: "test"}))(t)
	for _, g := range groups {
		must(s.AddEntry(ctx, c, admit.Entry{Group: g, Link: "https://example.org/g"}, nil, community.Audit{User: "test"}))(t)
	}
	c = must(desk(s).CodeByID(ctx, c.ID))(t)
	sizes := admit.Sizes{groups[0]: {Members: 497, Limit: 500}, groups[1]: {Members: 10, Limit: 500}}
	const now = 1_800_000_000_000
	var mu sync.Mutex
	shown := map[community.GroupKey]int{}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			var chosen community.GroupKey
			err := s.Arrive(ctx, groups, now-1000, now, func(held map[community.GroupKey]admit.Held) store.Arrival {
				pick := admit.Spread(c, sizes, held, now)
				chosen = pick.Entry.Group
				return store.Arrival{Code: c.Key, Entry: pick.Entry.Key, Day: 20000, Group: chosen, Members: sizes[chosen].Members}
			})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			shown[chosen]++
		})
	}
	wg.Wait()
	same(t, "shown the first group and the next", []int{shown[groups[0]], shown[groups[1]]}, []int{3, 17})
	same(t, "held", must(s.Held(ctx, groups, now-1000))(t), map[community.GroupKey]admit.Held{groups[0]: {Count: 3, Members: 497}, groups[1]: {Count: 17, Members: 10}})
	same(t, "held later", must(s.Held(ctx, groups, now+1))(t), map[community.GroupKey]admit.Held{groups[0]: {}, groups[1]: {}})
	scans := 0
	for _, e := range must(desk(s).CodeByID(ctx, c.ID))(t).Entries {
		scans += int(e.Scans)
	}
	same(t, "scans", scans, 20)
}
