package measure_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

func life(m community.MemberKey, days ...measure.Day) measure.Life {
	return measure.Life{Member: m, First: days[0], Days: days}
}

// watched are days all known but for some.
func watched(from, to measure.Day, unknown ...measure.Day) measure.Watched {
	w := measure.Watched{From: from, To: to}
	for d := from; d <= to; d++ {
		w.Known = append(w.Known, !slices.Contains(unknown, d))
	}
	return w
}

func TestRightEdgeIsNoLoss(t *testing.T) {
	lives := []measure.Life{life(1, 100, 107), life(2, 100), life(3, 104, 107), life(4, 106, 107)}
	w := watched(100, 107)
	seven := measure.Bracket(lives, w, 7, 7)
	if len(seven.Of) != 2 || len(seven.Kept) != 1 || seven.Kept[0] != 1 {
		t.Errorf("D7 = %+v: only 1 and 2 could be seen on their seventh day", seven)
	}
	if f := seven.Figure(w.Coverage()); f.Value != 0.5 || f.Den != 2 || !f.Grey || f.Population != measure.Joiners {
		t.Errorf("D7 = %+v", f)
	}
	if later := measure.Unbounded(lives, w, 1); len(later.Of) != 4 || len(later.Kept) != 3 {
		t.Errorf("D1 or later = %+v", later)
	}
	if none := measure.Bracket(lives, w, 8, 8); len(none.Of) != 0 || none.Figure(w.Coverage()).Withheld != measure.NoData {
		t.Errorf("D8 = %+v: nobody can be seen", none)
	}
}

func TestUnknownDaysAreLeftOut(t *testing.T) {
	lives := []measure.Life{life(1, 100), life(2, 101, 108)}
	if r := measure.Bracket(lives, watched(100, 120, 107), 7, 7); len(r.Of) != 1 || r.Of[0] != 2 {
		t.Errorf("D7 = %+v: nobody listened on the seventh day of 1", r)
	}
	if r := measure.Bracket(lives, watched(100, 120, 107), 1, 7); len(r.Of) != 0 {
		t.Errorf("bracket 1 to 7 = %+v: the gap lies in both windows", r)
	}
}

// W4 is days 22 to 28, both included.
func TestWeekFourIsABracket(t *testing.T) {
	lives := []measure.Life{life(1, 0, 21), life(2, 0, 22), life(3, 0, 28), life(4, 0, 29)}
	c := measure.Cohorts(lives, watched(0, 40), 5)
	if len(c) != 1 || c[0].Week != -3 || c[0].Week.Weekday() != 0 {
		t.Fatalf("cohorts = %+v, want one that begins on the Monday before day 0", c)
	}
	if got := c[0].Weeks[4].Kept; !slices.Equal(got, []community.MemberKey{2, 3}) {
		t.Errorf("W4 keeps %v, want 2 and 3", got)
	}
	if got := c[0].Weeks[0]; len(got.Of) != 4 || len(got.Kept) != 4 {
		t.Errorf("week 0 = %+v, want all who began", got)
	}
}

// naiveRetained asks every member and every day.
func naiveRetained(lives []measure.Life, w measure.Watched, from, to func(measure.Life) (measure.Day, measure.Day)) (of, kept int) {
	for _, l := range lives {
		a, z := from(l)
		_, end := to(l)
		seen, active := true, false
		for d := a; d <= z; d++ {
			seen = seen && d >= w.From && d <= w.To && w.Known[max(0, min(int(d-w.From), len(w.Known)-1))]
		}
		for d := a; d <= end; d++ {
			active = active || slices.Contains(l.Days, d)
		}
		if seen {
			of++
			if active {
				kept++
			}
		}
	}
	return of, kept
}

func randomLives(chance *rand.Rand, n, span int) []measure.Life {
	var out []measure.Life
	for m := range n {
		first := measure.Day(1000 + chance.IntN(span))
		l := life(community.MemberKey(m+1), first)
		for d := first + 1; d < measure.Day(1000+span); d++ {
			if chance.IntN(6) == 0 {
				l.Days = append(l.Days, d)
			}
		}
		out = append(out, l)
	}
	return out
}

func TestRetentionEqualsANaiveCount(t *testing.T) {
	for seed := range uint64(20) {
		chance := rand.New(rand.NewPCG(seed, 4))
		lives := randomLives(chance, 60, 80)
		w := watched(1000, 1079, measure.Day(1000+chance.IntN(80)))
		for _, k := range []measure.Day{0, 1, 7, 30, 79} {
			for _, c := range []struct {
				what string
				r    measure.Retained
				to   measure.Day
			}{{"bounded", measure.Bracket(lives, w, k, k), 0}, {"bracket", measure.Bracket(lives, w, k, k+6), 6}} {
				of, kept := naiveRetained(lives, w, func(l measure.Life) (measure.Day, measure.Day) { return l.First + k, l.First + k + c.to },
					func(l measure.Life) (measure.Day, measure.Day) { return 0, l.First + k + c.to })
				if len(c.r.Of) != of || len(c.r.Kept) != kept {
					t.Errorf("seed %d, %s D%d: %d of %d, want %d of %d", seed, c.what, k, len(c.r.Kept), len(c.r.Of), kept, of)
				}
			}
			of, kept := naiveRetained(lives, w, func(l measure.Life) (measure.Day, measure.Day) { return l.First + k, l.First + k },
				func(l measure.Life) (measure.Day, measure.Day) { return 0, w.To })
			if r := measure.Unbounded(lives, w, k); len(r.Of) != of || len(r.Kept) != kept {
				t.Errorf("seed %d, unbounded D%d: %d of %d, want %d of %d", seed, k, len(r.Kept), len(r.Of), kept, of)
			}
		}
		flowsAddUp(t, fmt.Sprintf("seed %d", seed), lives, w)
	}
}

// flowsAddUp compares the weekly states with sets of members.
func flowsAddUp(t *testing.T, what string, lives []measure.Life, w measure.Watched) {
	t.Helper()
	active := func(l measure.Life, monday measure.Day) bool {
		return slices.ContainsFunc(l.Days, func(d measure.Day) bool { return d >= monday && d < monday+7 })
	}
	flows := measure.Flows(lives, w, w.From+10, w.To)
	if len(flows) == 0 {
		t.Fatalf("%s: no weeks", what)
	}
	for i, f := range flows {
		var want measure.Flow
		for _, l := range lives {
			now, before := active(l, f.Week), active(l, f.Week-7)
			switch {
			case now && l.Days[0] >= f.Week:
				want.New++
			case now && before:
				want.Returning++
			case now:
				want.Resurrecting++
			case before && i > 0:
				want.Dormant++
			}
			if now {
				want.Active++
			}
		}
		if i == 0 {
			want.Dormant = f.Dormant // the week before lies outside for those who were active then alone
		}
		want.Week, want.Known = f.Week, f.Known
		if f != want || f.New+f.Returning+f.Resurrecting != f.Active {
			t.Errorf("%s: week %s = %+v, want %+v", what, f.Week, f, want)
		}
		if i > 0 {
			if p := flows[i-1]; f.Active-p.Active != f.New+f.Resurrecting-f.Dormant || p.Active != f.Returning+f.Dormant {
				t.Errorf("%s: %+v does not explain the change from %+v", what, f, p)
			}
		}
	}
}

func TestSilenceNeedsRegulars(t *testing.T) {
	var lives []measure.Life
	for m := range 30 {
		l := life(community.MemberKey(m+1), 0)
		for i := 1; i < 10; i++ {
			l.Days = append(l.Days, measure.Day(i*12))
		}
		lives = append(lives, l)
	}
	if s := measure.SilenceOf(lives[:29]); !s.Usual || s.Days != 28 || s.Regular != 29 {
		t.Errorf("29 regulars: %+v, want the usual 28 days", s)
	}
	if s := measure.SilenceOf(lives); s.Usual || s.Days != 12 {
		t.Errorf("30 regulars with gaps of 12 days: %+v", s)
	}
	ended := measure.Participation(lives[:1], 108+12, 12)
	if more := measure.Participation(lives[:1], 108+13, 12); ended[0].Cause != measure.Censored || more[0].Cause != measure.Left || more[0].End != 108 {
		t.Errorf("silent for 12 days %+v, for 13 %+v", ended, more)
	}
}

const dayMS = 86_400_000

func TestMembershipsKnowWhatTheyDoNotKnow(t *testing.T) {
	until := int64(100 * dayMS)
	stays := []measure.Stay{
		{Joined: 10 * dayMS, Left: 30 * dayMS, Cause: measure.Removed}, // exact
		{Joined: 10 * dayMS}, // still there
		{Joined: 0, Left: 30 * dayMS},
		{Joined: 10 * dayMS, Left: 30 * dayMS, Low: 29 * dayMS},                           // between two lists a day apart
		{Joined: 10 * dayMS, Left: 30 * dayMS, Low: 20 * dayMS},                           // ten days apart
		{Joined: 10 * dayMS, Seen: 50 * dayMS, Left: 60 * dayMS},                          // joined before anybody watched
		{Joined: 10 * dayMS, Seen: 50 * dayMS, Left: 40 * dayMS},                          // gone before
		{Joined: 10 * dayMS, Left: 200 * dayMS},                                           // will leave later than was looked
		{Joined: 95 * dayMS, Left: 96 * dayMS, Low: 90 * dayMS, Cause: measure.Dissolved}, // the interval begins before the joining
	}
	for bound, wideEnd := range map[measure.Bound]float64{measure.Midpoint: 15, measure.Earliest: 10, measure.Latest: 20} {
		got, dated, wide := measure.Memberships(stays, until, bound)
		want := []measure.Lived{
			{End: 20, Cause: measure.Removed}, {End: 90}, {End: 19.5, Cause: measure.Left}, {End: wideEnd, Cause: measure.Left},
			{Enter: 40, End: 50, Cause: measure.Left}, {End: 90}, {End: map[measure.Bound]float64{0: .5, 1: 0, 2: 1}[bound], Cause: measure.Dissolved},
		}
		if !slices.Equal(got, want) || dated != 8 || wide != 2 {
			t.Errorf("bound %d: %+v (%d dated, %d wide), want %+v", bound, got, dated, wide, want)
		}
	}
}

func TestFewAndNothing(t *testing.T) {
	for _, lives := range [][]measure.Life{nil, {life(1, 5)}, {life(1, 5), life(2, 5), life(3, 5)}, {{Member: 1, First: 5}}} {
		for _, w := range []measure.Watched{{}, watched(5, 5), watched(0, 40, 5)} {
			measure.Cohorts(lives, w, 8)
			measure.Flows(lives, w, w.From, w.To)
			if s := measure.SilenceOf(lives); s.Days != 28 {
				t.Errorf("silence of %d = %+v", len(lives), s)
			}
			for _, p := range measure.Survive(measure.Participation(lives, w.To, 28)).Points {
				if p.Survival != p.Survival {
					t.Error("NaN")
				}
			}
		}
	}
}

func TestTriangleEqualsSets(t *testing.T) {
	chance := rand.New(rand.NewPCG(5, 5))
	const days, members = 40, 300
	tri := measure.NewTriangle(days, members)
	began := make([]int, members)
	for m := range began {
		began[m] = chance.IntN(days+4) - 2 // some never
		tri.Begin(uint32(m), began[m])
		tri.Begin(uint32(m), 3) // once is enough
		if began[m] < 0 || began[m] >= days {
			began[m] = 3
		}
	}
	want := map[[2]int]int64{}
	for d := range days {
		var list []uint32
		for m := range began {
			if chance.IntN(3) == 0 {
				list = append(list, uint32(m))
				if began[m] <= d {
					want[[2]int{began[m], d}]++
				}
			}
		}
		tri.Add(d, list[:len(list)/2])
		tri.Add(d, list[len(list)/2:])
	}
	for b := range days {
		for d := range days {
			if got, _ := tri.Cell(b, d); got != want[[2]int{b, d}] {
				t.Fatalf("began %d, day %d: %d, want %d", b, d, got, want[[2]int{b, d}])
			}
		}
		of := int64(0)
		for _, x := range began {
			if x == b {
				of++
			}
		}
		if _, n := tri.Cell(b, b); n != of {
			t.Errorf("%d began on day %d, want %d", n, b, of)
		}
	}
}
