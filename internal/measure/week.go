package measure

import (
	"context"
	"slices"

	"qunluo/internal/community"
)

// Week is what is known of one calendar week of a group, Monday to Sunday.
type Week struct {
	Start    Day
	Covered  int    // of its seven days
	Holiday  string // known beforehand to be unlike others
	Speakers int64  // distinct
	New      int64  // of them, who spoke for the first time on record
	Messages int64
	Top      int64 // messages of the top ⌈10 %⌉ of speakers
	Fresh    int64 // who spoke for the first time four weeks before
	Kept     int64 // of them, who spoke in this week
	Joins    int64
	Leaves   int64
	Recalled int64 // own messages that were recalled: they are not in Messages
	Spam     int64 // own messages that rules, live or dry, hit and nobody found innocent; known of the last twelve weeks
}

// coveredLeast is how many days of a week must be known: at most a fifth may be unknown.
const coveredLeast = 6

// Usable reports whether a week speaks in tests of trends: enough of it is known, and no holiday lies in it.
func (w Week) Usable() bool { return w.Covered >= coveredLeast && w.Holiday == "" }

// mostWeeks bounds how far back weeks are read.
const mostWeeks = 150

// Weeks gives the complete weeks of a group from the first on record (at most 150) until the day `to`, the oldest first.
func Weeks(ctx context.Context, src Source, place Place, to Day) ([]Week, error) {
	end := to - Day(to.Weekday()) - 1 // the Sunday before, or
	if to.Weekday() == 6 {
		end = to
	}
	from := end - 7*mostWeeks + 1
	covered, err := src.Covered(ctx, []Place{place}, from, end)
	if err != nil {
		return nil, err
	}
	t := weekTally{from: from, list: make([]Week, mostWeeks), first: map[community.MemberKey]int{}}
	for i := range t.list {
		t.list[i].Start = from + Day(7*i)
		t.list[i].Holiday = holidayWeek(t.list[i].Start)
	}
	begun := mostWeeks
	for i, ok := range covered[0] {
		if ok {
			t.list[i/7].Covered++
			begun = min(begun, i/7)
		}
	}
	if err := src.DaySums(ctx, []community.GroupKey{place.Group}, from, end, func(s *DaySum) error {
		begun = min(begun, int(s.Day-from)/7)
		t.add(s)
		return nil
	}); err != nil {
		return nil, err
	}
	t.close()
	for i := 4; i < len(t.list); i++ {
		t.list[i].Fresh = t.list[i-4].New
	}
	return t.list[begun:], nil
}

// weekTally is what is added up while the days are read.
type weekTally struct {
	from  Day
	list  []Week
	at    int
	week  map[community.MemberKey]int64
	first map[community.MemberKey]int // the week in which somebody spoke first
}

func (t *weekTally) add(s *DaySum) {
	if i := int(s.Day-t.from) / 7; t.week == nil || i != t.at {
		t.close()
		t.at, t.week = i, map[community.MemberKey]int64{}
	}
	w := &t.list[t.at]
	w.Messages += s.Messages
	w.Joins += s.Joins
	w.Leaves += s.Leaves
	w.Recalled += s.Recalled
	for _, said := range s.Said {
		t.week[said.Member] += said.Count
	}
}

// close counts the people of the week that ends.
func (t *weekTally) close() {
	if t.week == nil {
		return
	}
	w := &t.list[t.at]
	w.Speakers = int64(len(t.week))
	counts := make([]int64, 0, len(t.week))
	for m, n := range t.week {
		counts = append(counts, n)
		began, known := t.first[m]
		switch {
		case !known:
			t.first[m] = t.at
			w.New++
		case began == t.at-4:
			w.Kept++
		}
	}
	slices.Sort(counts)
	for _, n := range counts[w.Speakers-TopSpeakers(w.Speakers, 10):] {
		w.Top += n
	}
	t.week = nil
}
