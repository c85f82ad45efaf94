package storetest

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/store"
)

// figuresLeadToTheirPeople lives a random life with bots, tags and two zones, and compares the lists that figures lead to
// with a recount: the same people and messages, no more and no fewer.
func figuresLeadToTheirPeople(t *testing.T, s *store.Store) {
	rng := rand.New(rand.NewPCG(31, 32))
	l := NewLog(s)
	story := life(rng, threeGroups, 2500)
	events := write(t, s, l, rng, story)
	zones := map[community.GroupKey]string{}
	for i, ev := range events {
		if zones[ev.Group] != "" {
			continue
		}
		g := community.Group{Key: ev.Group, Org: 1, Zone: []string{"Asia/Shanghai", "America/New_York"}[len(zones)%2]}
		if len(zones) < 2 {
			g.Tags = []string{"本地"}
		}
		zones[ev.Group] = g.Zone
		if err := s.SetGroup(t.Context(), g, community.Audit{Org: 1, User: "test"}); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			l.Mark(t, ev.Group, ev.Actor, community.RoleBot)
		}
	}
	caughtUp(t, s)
	verified(t, s)
	c := &behind{t: t, s: s, events: events, zones: zones, bot: events[0].Actor}
	for name, q := range map[string]community.MemberFilter{"a group": {Group: events[0].Group}, "a tag": {Tag: "本地"}, "all": {}} {
		for _, span := range [][2]string{{"2026-01-20", "2026-01-20"}, {"2026-01-14", "2026-01-20"}, {"2026-01-01", "2026-02-15"}} {
			c.compare(fmt.Sprintf("%s, %s to %s", name, span[0], span[1]), q, day(t, span[0]), day(t, span[1]))
		}
	}
}

// behind compares what stands behind figures with the events.
type behind struct {
	t      *testing.T
	s      *store.Store
	events []community.Event
	zones  map[community.GroupKey]string
	bot    community.MemberKey
}

// holds reports whether an event is one of the question's groups and days.
func (c *behind) holds(ev *community.Event, groups map[community.GroupKey]bool, from, to measure.Day) bool {
	d, _ := measure.DayOf(ev.OccurredAt, zone(c.t, c.zones[ev.Group]))
	return groups[ev.Group] && d >= from && d <= to
}

func (c *behind) compare(what string, f community.MemberFilter, from, to measure.Day) {
	c.t.Helper()
	ctx, d := c.t.Context(), desk(c.s)
	groups := map[community.GroupKey]bool{}
	for _, p := range placesOf(c.t, c.s, f.Tag) {
		groups[p.Group] = f.Group == 0 || p.Group == f.Group
	}
	recalled := map[string]bool{}
	for _, ev := range c.events {
		if ev.Type == community.MessageDeleted {
			recalled[ev.Body.Message] = true
		}
	}
	said, days := map[community.MemberKey]int64{}, map[community.MemberKey]map[measure.Day]bool{}
	var counted, gone []int64
	for i := range c.events {
		ev := &c.events[i]
		b := &ev.Body
		if ev.Type != community.MessageCreated || !c.holds(ev, groups, from, to) || !b.Caused.IsZero() || b.Class == community.RedPack || b.Class == community.System || ev.Actor == c.bot {
			continue
		}
		if recalled[b.Message] {
			gone = append(gone, ev.Number)
			continue
		}
		counted = append(counted, ev.Number)
		said[ev.Actor]++
		if days[ev.Actor] == nil {
			days[ev.Actor] = map[measure.Day]bool{}
		}
		at, _ := measure.DayOf(ev.OccurredAt, zone(c.t, c.zones[ev.Group]))
		days[ev.Actor][at] = true
	}
	a := must(d.Activity(ctx, f.Group, f.Tag, from, to))(c.t)
	span := community.DaySpan{From: int64(from), To: int64(to)}
	same(c.t, what+": figures", []int64{a.Speakers, a.Messages}, []int64{int64(len(said)), int64(len(counted))})
	c.speakers(what, f, span, said, days)
	c.messages(what+": messages", community.MessageFilter{Group: f.Group, Tag: f.Tag, Days: span, Counted: true}, counted)
	c.messages(what+": recalled", community.MessageFilter{Group: f.Group, Tag: f.Tag, Days: span, Recalled: true}, gone)
	c.comings(what, f, span, groups, a)
}

// speakers compares who spoke, how much and on how many days, in every order and page by page.
func (c *behind) speakers(what string, f community.MemberFilter, span community.DaySpan, said map[community.MemberKey]int64, days map[community.MemberKey]map[measure.Day]bool) {
	c.t.Helper()
	f.Spoke = span
	got := c.list(what, f)
	order := slices.SortedFunc(maps.Keys(said), func(a, b community.MemberKey) int { return cmp.Or(cmp.Compare(said[b], said[a]), cmp.Compare(a, b)) })
	for i, m := range got {
		if i >= len(order) || m.Key != order[i] || m.Said != said[m.Key] || m.SaidDays != len(days[m.Key]) {
			c.t.Fatalf("%s: place %d is %s with %d messages on %d days; want %v", what, i, m.Name, m.Said, m.SaidDays, said)
		}
	}
	same(c.t, what+": speakers", len(got), len(said))
	for _, sort := range []string{"name", "joined", "last_word", "messages", "strikes", "said", "said_days"} {
		f.Page = community.Page{Sort: sort, Desc: sort == "joined"}
		got := c.list(what+" by "+sort, f)
		same(c.t, what+" by "+sort, len(got), len(said))
		if sort == "name" && !slices.IsSortedFunc(got, func(a, b community.MemberRow) int { return cmp.Compare(shown(a), shown(b)) }) {
			c.t.Errorf("%s by name is out of order", what)
		}
	}
	f.Page = community.Page{}
	f.First = 3
	same(c.t, what+": the first three", keysOf(c.list(what, f)), order[:min(3, len(order))])
	f.First, f.Most = 0, 2
	few := slices.DeleteFunc(slices.Clone(order), func(m community.MemberKey) bool { return said[m] > 2 })
	same(c.t, what+": who said two at most", keysOf(c.list(what, f)), few)
	f.Most = 0
	yes := true
	f.Present, f.Text = &yes, "m1"
	present := f
	present.Spoke = community.DaySpan{}
	here := map[community.MemberKey]bool{}
	for _, m := range c.list(what, present) {
		here[m.Key] = true
	}
	want := slices.DeleteFunc(slices.Clone(order), func(m community.MemberKey) bool { return !here[m] })
	same(c.t, what+": those of them who are here and called so", keysOf(c.list(what, f)), want)
}

func shown(m community.MemberRow) string {
	if m.Card != "" {
		return m.Card
	}
	return m.Name
}

func keysOf(list []community.MemberRow) []community.MemberKey {
	var keys []community.MemberKey
	for _, m := range list {
		keys = append(keys, m.Key)
	}
	return keys
}

// list reads a list page by page and as a whole, which must be the same.
func (c *behind) list(what string, f community.MemberFilter) []community.MemberRow {
	c.t.Helper()
	var list, whole []community.MemberRow
	f.Page.Limit = 7
	for {
		f.Page.Offset = len(list)
		rows, total, err := desk(c.s).FindMembers(c.t.Context(), f)
		if err != nil {
			c.t.Fatalf("%s: %v", what, err)
		}
		list = append(list, rows...)
		if len(rows) < f.Page.Limit {
			same(c.t, what+": total", total, len(list))
			break
		}
	}
	for rows, err := range desk(c.s).AllMembers(c.t.Context(), f) {
		if err != nil {
			c.t.Fatalf("%s: %v", what, err)
		}
		whole = append(whole, rows...)
	}
	same(c.t, what+": the whole list", whole, list)
	return list
}

// messages compares a list of messages, page by page, the newest first.
func (c *behind) messages(what string, f community.MessageFilter, want []int64) {
	c.t.Helper()
	var got []int64
	f.Limit = 30
	for {
		list, total, err := desk(c.s).FindMessages(c.t.Context(), f)
		if err != nil {
			c.t.Fatalf("%s: %v", what, err)
		}
		if total != len(want) {
			c.t.Errorf("%s: total %d, want %d", what, total, len(want))
		}
		for _, m := range list {
			got = append(got, m.Number)
		}
		if len(list) < f.Limit {
			break
		}
		f.Before = got[len(got)-1]
	}
	slices.Reverse(got)
	if !slices.Equal(got, want) {
		c.t.Errorf("%s: %d of them, want %d", what, len(got), len(want))
	}
}

// comings compares who joined and who left with the stays; the figures count each time.
func (c *behind) comings(what string, f community.MemberFilter, span community.DaySpan, groups map[community.GroupKey]bool, a measure.Activity) {
	c.t.Helper()
	within := func(g community.GroupKey, at int64) bool {
		d, _ := measure.DayOf(at, zone(c.t, c.zones[g]))
		return at != 0 && groups[g] && int64(d) >= span.From && int64(d) <= span.To
	}
	joined, left := map[community.MemberKey]bool{}, map[community.MemberKey]bool{}
	var joins, leaves, joinFigure, leaveFigure int64
	people := map[community.MemberKey]bool{}
	for _, ev := range c.events {
		if ev.Actor == 0 || people[ev.Actor] {
			continue
		}
		people[ev.Actor] = true
		for _, st := range must(desk(c.s).Stays(c.t.Context(), ev.Actor))(c.t) {
			if within(st.Group, st.JoinedAt) {
				joined[ev.Actor] = true
				joins++
			}
			if within(st.Group, st.LeftAt) {
				left[ev.Actor] = true
				leaves++
			}
		}
	}
	for _, d := range a.Daily {
		joinFigure, leaveFigure = joinFigure+d.Joins, leaveFigure+d.Leaves
	}
	same(c.t, what+": joins and leaves", []int64{joinFigure, leaveFigure}, []int64{joins, leaves})
	byJoin, byLeave := f, f
	byJoin.Joined, byLeave.Left = span, span
	for _, x := range []struct {
		what string
		f    community.MemberFilter
		want map[community.MemberKey]bool
	}{{what + ": who joined", byJoin, joined}, {what + ": who left", byLeave, left}} {
		got := map[community.MemberKey]bool{}
		for _, m := range c.list(x.what, x.f) {
			got[m.Key] = true
		}
		same(c.t, x.what, got, x.want)
	}
}
