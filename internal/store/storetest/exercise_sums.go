package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/store"
)

// slow is a desk whose days are added up from the groups' days, whatever sums are kept.
type slow struct{ *store.Desk }

func (d slow) DaySums(ctx context.Context, groups []community.GroupKey, from, to measure.Day, fn func(*measure.DaySum) error) error {
	return measure.SumRows(func(each func(measure.DayRow) error) error { return d.DayRows(ctx, groups, from, to, each) }, fn)
}

// verified fails where a sum is not that of its parts.
func verified(t *testing.T, s *store.Store) {
	t.Helper()
	for _, fault := range must(s.VerifyFigures(t.Context()))(t) {
		t.Error(fault)
	}
}

// sumsEqualTheirDays lives a random life in groups with tags that change, a zone that changes and an import that is taken
// back, and compares the figures of all groups and of each tag with those added up slowly.
func sumsEqualTheirDays(t *testing.T, s *store.Store) {
	rng := rand.New(rand.NewPCG(11, 12))
	groups := append([]community.Ref{{ID: "quiz", Name: "问答群"}, {ID: "sale", Name: "团购群"}}, threeGroups...)
	l := NewLog(s)
	var keys []community.GroupKey
	retag := func(zone string) {
		g := community.Group{Key: keys[rng.IntN(len(keys))], Org: 1, Zone: zone}
		for _, tag := range []string{"学习", "本地", "试运行"} {
			if rng.IntN(2) == 0 {
				g.Tags = append(g.Tags, tag)
			}
		}
		if err := s.SetGroup(t.Context(), g, community.Audit{Org: 1, User: "test"}); err != nil {
			t.Fatal(err)
		}
	}
	story := life(rng, groups, 3000)
	for i := range 5 {
		for _, ev := range write(t, s, l, rng, story[i*600:(i+1)*600]) {
			if len(keys) == 0 || ev.Group > keys[len(keys)-1] {
				keys = append(keys, ev.Group)
			}
		}
		for range 3 {
			retag("Asia/Shanghai")
		}
		if i == 3 {
			retag("America/New_York")
			l.Account, l.Run = 0, 9
			l.Append(t, say(tea, "old", "早", at("2026-01-12 10:00:00")), join(tea, "old", at("2026-01-11 10:00:00")), say(groups[0], "m1", "好", at("2026-01-12 10:00:00")))
			l.Account, l.Run = 1, 0
		}
		compareSums(t, s, keys)
	}
	l.Append(t, community.Inbound{Type: community.ImportUndone, GroupKey: keys[0], Key: "import:9", OccurredAt: at("2026-03-01 10:00:00"), Body: community.Body{Data: []byte(`{"import":9}`)}})
	compareSums(t, s, keys)
	caughtUp(t, s)
	before := must(s.DigestFigures(t.Context()))(t)
	if err := s.Rebuild(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for table, sum := range must(s.DigestFigures(t.Context()))(t) {
		same(t, table+" built anew", sum, before[table])
	}
	verified(t, s)
}

// compareSums compares before the projections have caught up with the tags, and after.
func compareSums(t *testing.T, s *store.Store, keys []community.GroupKey) {
	t.Helper()
	from, to := day(t, "2026-01-05"), day(t, "2026-02-20")
	for _, caught := range []bool{false, true} {
		if caught {
			caughtUp(t, s)
			verified(t, s)
		}
		for _, tag := range []string{"", "学习", "本地", "试运行"} {
			places := placesOf(t, s, tag)
			got := must(desk(s).Activity(t.Context(), 0, tag, from, to))(t)
			want := must(measure.Measure(t.Context(), slow{desk(s)}, places, from, to))(t)
			same(t, fmt.Sprintf("activity of %q, caught up %v", tag, caught), got, want)
			yes := true
			_, silent, err := desk(s).FindMembers(t.Context(), community.MemberFilter{Tag: tag, NeverSpoke: true, Present: &yes})
			if err != nil {
				t.Fatal(err)
			}
			_, present, err := desk(s).FindMembers(t.Context(), community.MemberFilter{Tag: tag, Present: &yes})
			if err != nil {
				t.Fatal(err)
			}
			same(t, fmt.Sprintf("members of %q: silent, present", tag), []float64{got.NeverSpoke.Num, got.NeverSpoke.Den}, []float64{float64(silent), float64(present)})
		}
	}
}

// placesOf are the groups with a tag, in their zones.
func placesOf(t *testing.T, s *store.Store, tag string) []measure.Place {
	t.Helper()
	list, _, err := desk(s).FindGroups(t.Context(), community.GroupFilter{Tag: tag, Page: community.Page{Sort: "created"}})
	if err != nil {
		t.Fatal(err)
	}
	var places []measure.Place
	for _, g := range list {
		places = append(places, measure.Place{Group: g.Key, Zone: zone(t, g.Zone)})
	}
	return places
}

// onlineDays: an account that was online and heard nothing makes the days of its groups known, as they are cut there.
func onlineDays(t *testing.T, s *store.Store) {
	l := NewLog(s)
	evs := l.Append(t, say(tea, "anna", "早", at("2026-01-01 10:00:00")))
	caughtUp(t, s)
	served := must(desk(s).GroupByKey(t.Context(), evs[0].Group))(t).Accounts[0]
	since, _ := measure.DayOf(time.Now().UnixMilli(), shanghai) // the group is served from now on
	from := since + 1
	known := func() []bool {
		return must(desk(s).Covered(t.Context(), placeOf(evs[0].Group), from, from+3))(t)[0]
	}
	same(t, "covered", known(), []bool{false, false, false, false})
	noon := func(day measure.Day) int64 { return day.Start(shanghai) + 12*3_600_000 }
	late := (from + 3).Start(shanghai) + 1000 // still the day before in UTC
	for _, at := range []int64{noon(from), noon(from) + 30_000, noon(from) + 3_600_000, late} {
		if err := s.AccountHeard(t.Context(), served, at, 90_000); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "covered", known(), []bool{true, false, false, true})
	a := must(desk(s).Activity(t.Context(), evs[0].Group, "", from, from))(t)
	same(t, "a silent day", []any{a.Coverage, a.Daily[0].DAU, a.MeanDAU.Withheld}, []any{measure.Coverage{Covered: 1, Of: 1}, int64(0), ""})
}

// presenceCollapsed: in an imported IRC history going offline is not leaving, unless for a day or more.
func presenceCollapsed(t *testing.T, s *store.Store) {
	for i, c := range []struct {
		platform community.Platform
		run      int64
		stays    int
		joins    []int64
		leaves   []int64
	}{
		{"irc", 5, 4, []int64{3, 0, 0, 1, 0}, []int64{0, 0, 1, 1, 0}},
		{"irc", 0, 9, []int64{5, 1, 1, 1, 0}, []int64{3, 2, 1, 1, 0}}, // a live connection says what it means
		{"sim", 6, 9, []int64{5, 1, 1, 1, 0}, []int64{3, 2, 1, 1, 0}},
	} {
		l := NewLog(s)
		l.Platform, l.Run = c.platform, c.run
		if c.run != 0 {
			l.Account = 0
		}
		g := community.Ref{ID: fmt.Sprint("channel", i), Name: "#tea"}
		evs := l.Append(t,
			join(g, "anna", at("2013-01-01 08:00:00")), join(g, "ben", at("2013-01-01 08:00:00")), join(g, "cora", at("2013-01-01 08:00:00")),
			leave(g, "anna", at("2013-01-01 09:00:00")), leave(g, "ben", at("2013-01-01 09:00:00")), leave(g, "cora", at("2013-01-01 09:00:00")), // a split
			join(g, "anna", at("2013-01-01 09:00:00")), join(g, "ben", at("2013-01-01 09:05:00")), join(g, "cora", at("2013-01-02 08:59:59")),
			leave(g, "cora", at("2013-01-02 10:00:00")), leave(g, "anna", at("2013-01-02 11:00:00")), say(g, "anna", "还在", at("2013-01-02 12:00:00")),
			join(g, "cora", at("2013-01-03 09:00:00")), leave(g, "ben", at("2013-01-03 10:00:00")),
			join(g, "ben", at("2013-01-04 10:00:00")), // a whole day later: that was leaving
			leave(g, "cora", at("2013-01-04 12:00:00")),
		)
		caughtUp(t, s)
		verified(t, s)
		what := fmt.Sprintf("%s, run %d", c.platform, c.run)
		a := must(desk(s).Activity(t.Context(), evs[0].Group, "", day(t, "2013-01-01"), day(t, "2013-01-05")))(t)
		var joins, leaves []int64
		for _, d := range a.Daily {
			joins, leaves = append(joins, d.Joins), append(leaves, d.Leaves)
		}
		same(t, what+": joins", joins, c.joins)
		same(t, what+": leaves", leaves, c.leaves)
		stays := 0
		for _, m := range []community.MemberKey{evs[0].Actor, evs[1].Actor, evs[2].Actor} {
			for _, st := range must(desk(s).Stays(t.Context(), m))(t) {
				if st.Group == evs[0].Group {
					stays++
				}
			}
		}
		same(t, what+": stays", stays, c.stays)
	}
	l := NewLog(s)
	l.Account, l.Run = 0, 8
	kicked := leave(tea, "dan", at("2013-01-01 09:00:00"))
	kicked.Body.Reason, kicked.Body.Scene = "kicked", community.Presence
	back := join(tea, "dan", at("2013-01-01 09:10:00"))
	back.Body.Scene = community.Presence
	evs := l.Append(t, join(tea, "dan", at("2013-01-01 08:00:00")), kicked, back)
	caughtUp(t, s)
	same(t, "stays of who was kicked and came back", len(must(desk(s).Stays(t.Context(), evs[0].Actor))(t)), 2)
	before := must(s.DigestFigures(t.Context()))(t)
	if err := s.Rebuild(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	same(t, "figures built anew", must(s.DigestFigures(t.Context()))(t), before)
}
