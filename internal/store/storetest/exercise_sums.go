package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

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
