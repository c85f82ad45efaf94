package storetest

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/store"
)

// botsLeaveFigures marks members as bots and as people again, some of whom the platform calls bots, and counts anew each
// time: past days follow, recalled messages too.
func botsLeaveFigures(t *testing.T, s *store.Store) {
	rng := rand.New(rand.NewPCG(21, 22))
	story := life(rng, threeGroups, 2400)
	for i := range story { // the platform calls m3 a bot always, m5 now and then
		if in := &story[i]; in.Type == community.MessageCreated && (in.Actor.ID == "u-m3" || in.Actor.ID == "u-m5" && i%3 == 0) {
			in.Body.Role = community.RoleBot
		}
	}
	l := NewLog(s)
	keys := map[string]community.MemberKey{}
	marks := map[community.MemberKey]community.Role{}
	var events []community.Event
	for i, c := range []struct {
		name string
		mark community.Role
	}{{"m1", community.RoleBot}, {"m5", community.RoleBot}, {"m3", community.RoleMember}, {"m1", community.RoleStaff}, {"m5", community.RoleMember}, {"m3", community.RoleBot}} {
		for _, ev := range write(t, s, l, rng, story[i*400:(i+1)*400]) {
			events = append(events, ev)
			keys[ev.Body.Name] = ev.Actor
		}
		m := keys[c.name]
		l.Mark(t, events[0].Group, m, c.mark)
		marks[m] = c.mark
		caughtUp(t, s)
		verified(t, s)
		withoutBots(t, s, fmt.Sprintf("%s is %s", c.name, c.mark), events, marks)
	}
	before := must(s.DigestFigures(t.Context()))(t)
	if err := s.Rebuild(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for table, sum := range must(s.DigestFigures(t.Context()))(t) {
		same(t, table+" built anew", sum, before[table])
	}
	inSmallReadings(t, s, before)
	withoutBots(t, s, "built anew", events, marks)
	days, hours, err := desk(s).MemberDays(t.Context(), 0, keys["m3"], 1000)
	if err != nil {
		t.Fatal(err)
	}
	var said, byHour int64
	for i := range days {
		said += days[i].Messages
	}
	for _, n := range hours {
		byHour += n
	}
	if said == 0 || said != byHour {
		t.Errorf("a bot's own page says %d messages by day and %d by hour", said, byHour)
	}
}

// withoutBots compares the figures with a recount of everything that no bot said.
func withoutBots(t *testing.T, s *store.Store, what string, events []community.Event, marks map[community.MemberKey]community.Role) {
	t.Helper()
	var people []community.Event
	for _, ev := range events {
		bot := ev.Body.Role == community.RoleBot
		if mark, marked := marks[ev.Actor]; marked {
			bot = mark == community.RoleBot
		}
		if ev.Type != community.MessageCreated || !bot {
			people = append(people, ev)
		}
	}
	from, to := day(t, "2026-01-01"), day(t, "2026-02-15")
	for _, g := range []community.GroupKey{0, events[0].Group} {
		got := must(desk(s).Activity(t.Context(), g, "", from, to))(t)
		want := recount(people, g, from, to)
		for _, d := range got.Daily {
			w := want.days[d.Day]
			same(t, fmt.Sprintf("%s: group %d, %s", what, g, d.Day), []int64{d.Messages, d.DAU, d.WAU, d.MAU, d.Recalled},
				[]int64{w.messages, int64(len(w.speakers)), w.trailing(7), w.trailing(30), w.recalled})
		}
		same(t, what+": messages", got.Messages, want.messages)
		same(t, what+": speakers", got.Speakers, int64(len(want.said)))
	}
}
