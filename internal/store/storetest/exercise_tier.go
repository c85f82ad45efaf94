package storetest

import (
	"fmt"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/store"
	"qunluo/internal/tag"
	"qunluo/internal/tier"
)

// tierPeopleAreRead: what tiers rest on is read from the log: days with own words, who turned to whom, who answered first,
// strikes, and who is there; bots, staff and accounts of ours are left out.
func tierPeopleAreRead(t *testing.T, s *store.Store) {
	l := NewLog(s)
	asked := say(tea, "anna", "几点开始？", at("2026-01-05 10:00:00"))
	reply := say(tea, "ben", "九点", at("2026-01-05 10:05:00"))
	reply.Body.ReplyTo = asked.Body.Message
	again := say(tea, "ben", "九点整", at("2026-01-05 10:06:00"))
	again.Body.Segments = []community.Segment{{Kind: "quote", Ref: asked.Body.Message}, {Kind: "text", Text: "九点整"}}
	named := say(tea, "cora", "@ben 谢谢", at("2026-01-06 10:00:00"))
	named.Body.Segments = []community.Segment{{Kind: "at", Ref: who("ben").ID, Text: "@ben"}, {Kind: "text", Text: " 谢谢"}}
	taken := say(tea, "cora", "@ben 错了", at("2026-01-06 10:01:00"))
	taken.Body.Segments = named.Body.Segments
	boss := say(tea, "dora", "@ben 好", at("2026-01-06 11:00:00"))
	boss.Body.Segments, boss.Body.Role = named.Body.Segments, community.RoleOwner
	self := say(tea, "anna", "@anna 自言自语", at("2026-01-07 11:00:00"))
	self.Body.Segments = []community.Segment{{Kind: "at", Ref: who("anna").ID, Text: "@anna"}}
	evs := l.Append(t, rosterOf(tea, at("2026-01-04 10:00:00"), "anna", "ben", "cora", "dora"), asked, reply, again, named, taken, recallOf(taken, at("2026-01-06 10:02:00")), boss, self,
		leave(tea, "cora", at("2026-01-08 10:00:00")))
	g := evs[0].Group
	ben := evs[2].Actor
	d := decisionOn(evs[2])
	d.Strikes = []community.Strike{{ID: community.DeriveID(d.ID, "strike", 0), Decision: d.ID, Group: g, Member: ben, Rule: "ad", Event: d.Event, At: d.At, Expires: at("2026-02-04 00:00:00")}}
	decided(t, s, d)
	caughtUp(t, s)
	got, err := desk(s).TierPeople(t.Context(), g, day(t, "2026-01-01"), day(t, "2026-01-07"), 90)
	if err != nil {
		t.Fatal(err)
	}
	if !got.Listed || got.Apart != 1 || len(got.People) != 3 {
		t.Fatalf("listed %v, %d apart, people %+v; want a list, the owner apart, three people", got.Listed, got.Apart, got.People)
	}
	fifth, sixth := int64(day(t, "2026-01-05")), int64(day(t, "2026-01-06"))
	by := map[community.MemberKey]tier.Person{}
	for _, p := range got.People {
		by[p.Member] = p
	}
	anna, cora := by[evs[1].Actor], by[evs[4].Actor]
	same(t, "what anna got", anna.Contacts, []tier.Contact{{Day: fifth, With: ben, Reply: true}, {Day: fifth, With: ben, Reply: true}})
	same(t, "days anna spoke", anna.Active, []int64{fifth, fifth + 2})
	same(t, "to whom cora turned", cora.Contacts, []tier.Contact{{Day: sixth, With: ben}})
	same(t, "what ben answered", by[ben].Answers, []int64{fifth})
	same(t, "partners of ben", tier.Default().Measure(ptr(by[ben]), sixth+1).Partners, 3) // anna, cora, dora
	same(t, "ben's strike", by[ben].Strikes, []tier.Strike{{Day: fifth, Ends: int64(day(t, "2026-02-04"))}})
	same(t, "cora's last day", cora.Spans[0].To, int64(day(t, "2026-01-07")))
	if _, err := desk(s).TierPeople(t.Context(), 999, 1, 2, 90); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("a group that is not there: %v", err)
	}
}

func ptr[T any](v T) *T { return &v }

// tiersAreKept: a reading is written whole, once; a change holds its numbers; a pin holds at once, survives and is taken away;
// who leaves ends; rules get versions, and the second to change one is told.
func tiersAreKept(t *testing.T, s *store.Store) {
	ctx := t.Context()
	var said []community.Inbound
	for i := range 25 {
		said = append(said, say(tea, fmt.Sprintf("m%02d", i), "在", at("2026-01-05 10:00:00")+int64(i)))
	}
	evs := NewLog(s).Append(t, said...)
	caughtUp(t, s)
	g := evs[0].Group
	today := int64(day(t, "2026-01-06"))
	people := must(desk(s).TierPeople(ctx, g, measure.Day(today-200), measure.Day(today), 90))(t)
	if people.Listed || len(people.People) != 25 {
		t.Fatalf("%d people, listed %v; want the 25 who spoke", len(people.People), people.Listed)
	}
	book := must(s.TierBook(ctx, g))(t)
	if book.Version != 0 || book.Day != -1 || !book.Rules.Equal(tier.Default()) {
		t.Fatalf("a new group's book: %+v", book)
	}
	list, on := book.Round(people.People, nil, today)
	round := store.TierRound{Book: book, Day: today, Decided: on, List: list}
	if err := s.CommitTiers(ctx, round); err != nil {
		t.Fatal(err)
	}
	if err := s.CommitTiers(ctx, round); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("a second time: %v, want a conflict", err)
	}
	rows := must(s.TierRows(ctx, g, 0, ""))(t)
	changes, n, err := s.TierChanges(ctx, g, 0, community.Page{Limit: 5})
	if err != nil || len(rows) != 25 || n != 25 || len(changes) != 5 || changes[0].Why != tier.Placed || changes[0].Numbers.Days != 1 || changes[0].Places != 25 {
		t.Fatalf("%d rows, %d changes: %+v (%v)", len(rows), n, changes, err)
	}
	same(t, "the core", len(must(s.TierRows(ctx, g, 0, tier.Core))(t)), 2)
	last := rows[24]
	if last.Tier != tier.Lurker || last.Percent() != 100 || last.Since != today || last.Name == "" {
		t.Errorf("the last: %+v", last)
	}
	pin := community.Audit{Org: 1, User: "ming", Verb: "tier.pin", Reason: "值班"}
	if err := s.PinTier(ctx, g, last.Member, tier.Core, today+1, pin); err != nil {
		t.Fatal(err)
	}
	if err := s.PinTier(ctx, g, last.Member, tier.Core, today+1, pin); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("pinned again: %v, want a conflict", err)
	}
	got := must(s.TierRows(ctx, g, last.Member, ""))(t)[0]
	same(t, "pinned", []any{got.Tier, got.Pin, got.PinUser, got.PinNote, got.Since, got.Place, got.Numbers}, []any{tier.Core, tier.Core, "ming", "值班", today + 1, 25, last.Numbers})
	rules := book.Rules
	rules.Grace = 21
	if v := must(s.SetTierRules(ctx, 1, g, 0, rules, community.Audit{User: "ming", Reason: "长一点"}))(t); v != 1 {
		t.Errorf("version %d, want 1", v)
	}
	if _, err := s.SetTierRules(ctx, 1, g, 0, rules, community.Audit{User: "hong"}); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("from an old version: %v, want a conflict", err)
	}
	book = must(s.TierBook(ctx, g))(t)
	same(t, "the book", []any{book.Version, book.Rules.Grace, book.Day, book.Decided}, []any{1, 21, today, on})
	list, on = book.Round(people.People[1:], must(s.TierRows(ctx, g, 0, ""))(t), today+7)
	if err := s.CommitTiers(ctx, store.TierRound{Book: book, Day: today + 7, Decided: on, List: list}); err != nil {
		t.Fatal(err)
	}
	gone := must(s.TierRows(ctx, g, people.People[0].Member, ""))(t)[0]
	still := must(s.TierRows(ctx, g, last.Member, ""))(t)[0]
	same(t, "who left, and who is pinned", []any{gone.Tier, gone.Why, still.Tier, still.Why}, []any{tier.None, tier.Gone, tier.Core, tier.Pinned})
	if err := s.PinTier(ctx, g, last.Member, tier.None, today+8, community.Audit{Org: 1, User: "ming", Verb: "tier.unpin", Reason: "下班"}); err != nil {
		t.Fatal(err)
	}
	story, n, err := s.TierChanges(ctx, 0, last.Member, community.Page{})
	if err != nil || n != 3 {
		t.Fatalf("%d changes of the pinned: %+v (%v)", n, story, err)
	}
	why := map[string]bool{}
	for _, c := range story {
		why[c.Why] = true
	}
	same(t, "the story", why, map[string]bool{tier.Placed: true, tier.Pinned: true, tier.Unpinned: true})
	of := must(s.MemberTiers(ctx, last.Member))(t)
	if len(of) != 1 || of[0].Row.Pin != tier.None || of[0].Row.Tier != tier.Core {
		t.Errorf("where they stand: %+v", of)
	}
	if list := must(s.TierGroups(ctx))(t); len(list) != 1 || list[0].Day != today+7 {
		t.Errorf("groups = %+v", list)
	}
}

// benefitsFollowTheTier: a benefit is held by those in its tier, withdrawn and given with each change; a use is proved, and
// refused to who does not hold it; an ended benefit is held by nobody and its uses stay.
func benefitsFollowTheTier(t *testing.T, s *store.Store) {
	ctx := t.Context()
	evs := NewLog(s).Append(t, say(tea, "anna", "在", at("2026-01-05 10:00:00")), say(tea, "ben", "在", at("2026-01-05 10:01:00")))
	caughtUp(t, s)
	g, anna, ben := evs[0].Group, evs[0].Actor, evs[1].Actor
	by := community.Audit{Org: 1, User: "ming", Verb: "tier.pin", Reason: "试"}
	pin := func(m community.MemberKey, to tier.Tier) {
		t.Helper()
		if err := s.PinTier(ctx, g, m, to, 20000, by); err != nil {
			t.Fatal(err)
		}
	}
	pin(anna, tier.Core)
	beta := must(s.AddBenefit(ctx, tier.Benefit{Group: g, Tier: tier.Core, Name: "内测资格", Means: "新功能先用"}, by))(t)
	basic := must(s.AddBenefit(ctx, tier.Benefit{Group: g, Tier: tier.Normal, Name: "基础服务"}, by))(t)
	pin(ben, tier.Normal)
	holders := func(b tier.Benefit) (held, had int) {
		t.Helper()
		for _, x := range must(s.Grants(ctx, b.ID, 0, 0, community.Page{}))(t) {
			if x.Withdrawn == 0 {
				held++
			} else {
				had++
			}
		}
		return held, had
	}
	want := func(what string, b tier.Benefit, held, had int) {
		t.Helper()
		if h, w := holders(b); h != held || w != had {
			t.Errorf("%s: %s is held by %d and was by %d, want %d and %d", what, b.Name, h, w, held, had)
		}
	}
	want("at first", beta, 1, 0)
	want("at first", basic, 1, 0)
	use := must(s.UseBenefit(ctx, beta, anna, "装了 2.0 测试版", by))(t)
	if _, err := s.UseBenefit(ctx, beta, ben, "也想装", by); community.CodeOf(err) != community.CodeForbidden {
		t.Errorf("used by who is not entitled: %v", err)
	}
	pin(anna, tier.Normal)
	want("after the fall", beta, 0, 1)
	want("after the fall", basic, 2, 0)
	if _, err := s.UseBenefit(ctx, beta, anna, "再装一次", by); community.CodeOf(err) != community.CodeForbidden {
		t.Errorf("used after it was withdrawn: %v", err)
	}
	pin(anna, tier.Core)
	if held := must(s.Grants(ctx, community.ID{}, g, anna, community.Page{}))(t); len(held) < 2 || held[0].Name != "内测资格" || held[0].Withdrawn != 0 {
		t.Errorf("what anna holds: %+v", held)
	}
	if err := s.EndBenefit(ctx, beta, by); err != nil {
		t.Fatal(err)
	}
	if err := s.EndBenefit(ctx, beta, by); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("ended twice: %v", err)
	}
	if held, _ := holders(beta); held != 0 {
		t.Errorf("an ended benefit is held by %d", held)
	}
	uses, n, err := s.Uses(ctx, g, beta.ID, community.Page{})
	if err != nil || n != 1 || uses[0].ID != use.ID || uses[0].What != "装了 2.0 测试版" || uses[0].User != "ming" || uses[0].Called != "anna" {
		t.Errorf("uses = %+v (%v)", uses, err)
	}
	list := must(s.Benefits(ctx, g, community.ID{}))(t)
	if len(list) != 2 || list[0].Name != "基础服务" || list[0].Holders != 1 || list[1].Uses != 1 || list[1].Ended == 0 {
		t.Errorf("benefits = %+v", list)
	}
}

// reachesAreKept: who is addressed stands there once; what stops a message can be read; declining is kept.
func reachesAreKept(t *testing.T, s *store.Store) {
	ctx := t.Context()
	evs := NewLog(s).Append(t, say(tea, "anna", "在", at("2026-01-05 10:00:00")), say(tea, "ben", "在", at("2026-01-05 10:01:00")))
	caughtUp(t, s)
	g, anna, ben := evs[0].Group, evs[0].Actor, evs[1].Actor
	by := community.Audit{Org: 1, User: "ming", Verb: "tier.pin", Reason: "试"}
	for _, m := range []community.MemberKey{anna, ben} {
		if err := s.PinTier(ctx, g, m, tier.Lurker, 20000, by); err != nil {
			t.Fatal(err)
		}
	}
	r := must(s.AddReach(ctx, tier.Reach{Group: g, Text: "好久不见", Starts: 1, Ends: 1 << 60, Gap: 14, PerDay: 5}, by))(t)
	if fresh, err := s.AskSoul(ctx, r, anna); err != nil || !fresh {
		t.Fatal(fresh, err)
	}
	if fresh, err := s.AskSoul(ctx, r, anna); err != nil || fresh {
		t.Errorf("asked twice: %v, %v", fresh, err)
	}
	act := s.NewID()
	if err := s.SoulAsked(ctx, r, anna, act); err != nil {
		t.Fatal(err)
	}
	if err := s.DeclineReach(ctx, g, ben, by); err != nil {
		t.Fatal(err)
	}
	if err := s.DeclineReach(ctx, g, ben, by); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("declined twice: %v", err)
	}
	souls := map[community.MemberKey]tier.Soul{}
	for _, x := range must(s.Souls(ctx, r))(t) {
		souls[x.Member] = x
	}
	a, b := souls[anna], souls[ben]
	same(t, "anna", []any{a.Mine, a.State, a.Action, a.Declined, a.Tier, a.Present, a.LastWord, a.LastAsk == a.Asked && a.Asked > 0}, []any{true, tier.Asked, act, false, tier.Lurker, true, at("2026-01-05 10:00:00"), true})
	same(t, "ben", []any{b.Mine, b.Declined, b.LastAsk}, []any{false, true, int64(0)})
	if err := s.EndSoul(ctx, r, anna, tier.Spoke); err != nil {
		t.Fatal(err)
	}
	if err := s.StopReach(ctx, r, by); err != nil {
		t.Fatal(err)
	}
	if err := s.StopReach(ctx, r, by); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("stopped twice: %v", err)
	}
	if busy := must(s.Reaches(ctx, 0, community.ID{}, true))(t); len(busy) != 0 {
		t.Errorf("a stopped reach with nothing open is busy: %+v", busy)
	}
	if got := must(s.Reach(ctx, r.ID))(t); got.Counts[tier.Spoke] != 1 || got.Stopped == 0 {
		t.Errorf("reach = %+v", got)
	}
}

// tagsReachTheScore: a tag counts for the people of the group from the day it was given, and rules keep what tags are worth.
func tagsReachTheScore(t *testing.T, s *store.Store) {
	ctx := t.Context()
	evs := NewLog(s).Append(t, say(tea, "a", "在", at("2026-01-05 10:00:00")), say(tea, "b", "在", at("2026-01-05 10:00:01")))
	caughtUp(t, s)
	g, m := evs[0].Group, evs[0].Actor
	must(s.PutTag(ctx, tag.Person, "志愿者", true, []tag.Target{{Member: m}}, community.Audit{Org: 1, User: "test", Verb: "tag.put"}))(t)
	rules := tier.Default()
	rules.Tags = []tier.TagPoints{{Tag: "志愿者", Points: 7}}
	must(s.SetTierRules(ctx, 1, g, 0, rules, community.Audit{User: "ming", Reason: "算标签"}))(t)
	book := must(s.TierBook(ctx, g))(t)
	if !book.Rules.Equal(rules) {
		t.Errorf("rules = %+v", book.Rules)
	}
	now, _ := measure.DayOf(time.Now().UnixMilli(), time.UTC)
	today := int64(now) + 2 // the tag was given now
	people := must(desk(s).TierPeople(ctx, g, measure.Day(today-1000), measure.Day(today), 300))(t)
	points := map[community.MemberKey]int{}
	for _, p := range people.People {
		points[p.Member] = book.Rules.Measure(&p, today).TagPoints
	}
	same(t, "points", points, map[community.MemberKey]int{m: 7, evs[1].Actor: 0})
	before := must(desk(s).TierPeople(ctx, g, measure.Day(today-1000), measure.Day(today-10), 300))(t)
	for _, p := range before.People {
		same(t, "not yet given", len(p.Tags), 0)
	}
}
