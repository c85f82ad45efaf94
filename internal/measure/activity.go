package measure

import (
	"cmp"
	"context"
	"slices"
	"time"

	"qunluo/internal/community"
)

// Source gives the daily counts that figures are made of.
type Source interface {
	// DaySums hands the days of [from, to] that have counts, added up over groups, to fn in order of day. A sum is only
	// good until fn returns.
	DaySums(ctx context.Context, groups []community.GroupKey, from, to Day, fn func(*DaySum) error) error
	// DayRows hands the days of groups in [from, to] that have counts to fn, each group's apart.
	DayRows(ctx context.Context, groups []community.GroupKey, from, to Day, fn func(DayRow) error) error
	// Covered says for each group, in the order given, and for each day of [from, to] whether somebody listened in the
	// group. Where nobody did, its counts are unknown and not zero.
	Covered(ctx context.Context, places []Place, from, to Day) ([][]bool, error)
	// Roster gives the number of members at the end of each day of [from, to], added up over groups; -1 while there is a
	// group of which no member list was read yet.
	Roster(ctx context.Context, places []Place, from, to Day) ([]int64, error)
	// Silent counts the members who are in the groups now, own accounts and bots left out: all, and those of whom no
	// message is on record in them.
	Silent(ctx context.Context, groups []community.GroupKey) (silent, present int64, err error)
}

// Place is a group with the zone that its days are cut in.
type Place struct {
	Group community.GroupKey
	Zone  *time.Location
}

// Populations of figures; the word is part of a figure's label.
const (
	Speakers = "speakers" // sent at least one own message in the interval
	Roster   = "roster"   // members on the day, by lists and stays
	Present  = "present"  // members in the group now
)

// Why a figure is withheld.
const (
	NoData     = "no_data"    // the denominator is zero
	NoInviter  = "no_inviter" // the platform never said who invited
	LowCover   = "low_cover"  // more than a fifth of the days is unknown
	NoRoster   = "no_roster"  // no member list was ever read
	fullWindow = 30           // days of a month, trailing
	weekWindow = 7            // days of a week, trailing
	maxUnknown = 0.2          // share of days that may be unknown
	smallDenom = 20           // below it a ratio is greyed and the counts lead
	topListed  = 20           // how many talkers are listed
	week       = Day(weekWindow) - 1
	month      = Day(fullWindow) - 1
)

// Figure is a number that can be explained: Value = Num / Den.
type Figure struct {
	Value      float64
	Num, Den   float64
	Population string
	Coverage   Coverage
	Grey       bool   // Den < 20: show the counts first
	Withheld   string // "" or why there is no number
}

// Coverage is how many of the days asked for are known; for several groups, group-days.
type Coverage struct {
	Covered, Of int
}

// Enough reports whether at most a fifth is unknown.
func (c Coverage) Enough() bool {
	return c.Of > 0 && float64(c.Of-c.Covered) <= maxUnknown*float64(c.Of)
}

func ratio(num, den float64, population string, c Coverage) Figure {
	f := Figure{Num: num, Den: den, Population: population, Coverage: c, Grey: den < smallDenom}
	switch {
	case !c.Enough():
		f.Withheld = LowCover
	case den == 0:
		f.Withheld = NoData
	default:
		f.Value = num / den
	}
	return f
}

// Daily is one day of the activity.
type Daily struct {
	Day      Day
	Covered  int   // of the groups asked for, how many are known on this day; 0 = the day is unknown
	Messages int64 // own messages
	DAU      int64 // distinct speakers of the day
	WAU      int64 // of the trailing 7 days, this one included
	MAU      int64 // of the trailing 30 days
	Week     Coverage
	Month    Coverage
	Joins    int64
	Leaves   int64
	Recalled int64
	Roster   int64 // members at its end, -1 = not known
}

// Slot is an hour of the week in the heat map.
type Slot struct {
	Messages int64
	Hours    int     // covered hours of this kind
	Mean     float64 // messages per covered hour
	Known    bool
}

// ClassCount is how many own messages were of a class.
type ClassCount struct {
	Class community.Class
	Count int64
}

// Activity is what was said in [From, To] (methods.md §0, §1).
type Activity struct {
	From, To     Day
	Groups       int
	Coverage     Coverage
	Messages     int64
	Speakers     int64
	Daily        []Daily
	MeanDAU      Figure // distinct speakers per covered day
	Stickiness   Figure // mean DAU of the trailing 30 days over their MAU
	SpeakingRate Figure // MAU over the mean roster of the trailing 30 days
	NeverSpoke   Figure // members here now without any message on record
	Median       float64
	P90          int64       // messages per speaker; nearest rank
	Gini         Figure      // over speakers; Den = their number
	Top1, Top10  Figure      // share of messages of the top ceil(1 %), ceil(10 %) of speakers
	OneMessage   Figure      // speakers with exactly one message
	Heat         [7][24]Slot // weekday (0 = Monday) by hour
	Hours        [24]int64
	Weekdays     [7]int64
	Classes      []ClassCount // in order of class
	Top          []Speaker    // at most 20, most first; ties in order of member
}

// tally is what is added up while the days are read.
type tally struct {
	from, to Day // with the window before
	crowd    *Crowd
	last     []int64 // how many members spoke last on each day
	dau      []int64
	next     int // the first day whose windows are not closed yet
	covered  []int
	classes  map[community.Class]int64
	out      *Activity
}

// Measure computes the activity of groups in [from, to]. It reads 29 days more at the beginning, for trailing windows.
func Measure(ctx context.Context, src Source, places []Place, from, to Day) (Activity, error) {
	a := Activity{From: from, To: to, Groups: len(places)}
	if to < from {
		return a, community.Errorf(community.CodeBadInput, "from %s to %s", from, to)
	}
	t := newTally(&a, from-month, to)
	if err := t.cover(ctx, src, places); err != nil {
		return a, err
	}
	if err := src.DaySums(ctx, keysOf(places), t.from, to, t.add); err != nil {
		return a, err
	}
	t.closeUntil(len(t.last))
	if err := t.roster(ctx, src, places); err != nil {
		return a, err
	}
	t.rates()
	t.spread()
	silent, present, err := src.Silent(ctx, keysOf(places))
	if err != nil {
		return a, err
	}
	a.NeverSpoke = ratio(float64(silent), float64(present), Present, Coverage{1, 1})
	return a, nil
}

func keysOf(places []Place) []community.GroupKey {
	keys := make([]community.GroupKey, len(places))
	for i, p := range places {
		keys[i] = p.Group
	}
	return keys
}

func newTally(a *Activity, from, to Day) *tally {
	n := to - from + 1
	t := &tally{from: from, to: to, out: a, crowd: newCrowd(), last: make([]int64, n), dau: make([]int64, n), covered: make([]int, n),
		classes: map[community.Class]int64{}}
	a.Daily = make([]Daily, to-a.From+1)
	for i := range a.Daily {
		a.Daily[i] = Daily{Day: a.From + Day(i), Roster: -1}
	}
	return t
}

// cover counts known group-days, and the known hours of the week.
func (t *tally) cover(ctx context.Context, src Source, places []Place) error {
	known, err := src.Covered(ctx, places, t.from, t.to)
	if err != nil {
		return err
	}
	zones := map[string]*zoneDays{}
	for n, p := range places {
		z := zones[p.Zone.String()]
		if z == nil {
			z = &zoneDays{p.Zone, make([]int, len(t.covered))}
			zones[p.Zone.String()] = z
		}
		for i, ok := range known[n] {
			if ok {
				t.covered[i]++
				z.days[i]++
			}
		}
	}
	for _, z := range zones {
		t.hours(z)
	}
	for i := range t.out.Daily {
		n := t.covered[int(t.out.From-t.from)+i]
		t.out.Daily[i].Covered = n
		t.out.Coverage.Covered += n
		t.out.Coverage.Of += len(places)
	}
	return nil
}

// zoneDays is how many groups of a zone are known on each day.
type zoneDays struct {
	zone *time.Location
	days []int
}

// hours counts the hours that the known days have in a zone: none or two of an hour when clocks are changed.
func (t *tally) hours(z *zoneDays) {
	for i, groups := range z.days {
		day := t.from + Day(i)
		if groups == 0 || day < t.out.From {
			continue
		}
		end := (day + 1).Start(z.zone)
		for at := day.Start(z.zone); at < end; at += 3_600_000 {
			if d, hour := DayOf(at, z.zone); d == day {
				t.out.Heat[day.Weekday()][hour].Hours += groups
			}
		}
	}
}

func (t *tally) add(s *DaySum) error {
	i := int(s.Day - t.from)
	t.closeUntil(i)
	t.dau[i] = int64(len(s.Said))
	shown := s.Day >= t.out.From
	for _, x := range s.Said {
		v := t.crowd.voice(x.Member)
		if v.last > 0 {
			t.last[v.last-1]--
		}
		v.last = int32(i) + 1
		if shown {
			v.hear(t.crowd, x.Count)
		}
	}
	t.last[i] += t.dau[i]
	if shown {
		t.count(s)
	}
	return nil
}

// count adds a day of the span itself.
func (t *tally) count(s *DaySum) {
	d := &t.out.Daily[s.Day-t.out.From]
	d.Messages, d.Joins, d.Leaves, d.Recalled = s.Messages, s.Joins, s.Leaves, s.Recalled
	t.out.Messages += s.Messages
	week := s.Day.Weekday()
	for _, c := range s.Cells {
		t.classes[c.Class] += c.Count
		t.out.Heat[week][c.Hour].Messages += c.Count
		t.out.Hours[c.Hour] += c.Count
		t.out.Weekdays[week] += c.Count
	}
}

// closeUntil computes the windows that end on the days before the one at place until: later days must not be added yet.
// Who spoke last on a day of the window spoke in it.
func (t *tally) closeUntil(until int) {
	for ; t.next < until; t.next++ {
		i := t.next
		if t.from+Day(i) < t.out.From {
			continue
		}
		d := &t.out.Daily[t.from+Day(i)-t.out.From]
		d.DAU = t.dau[i]
		for j := max(0, i-int(month)); j <= i; j++ {
			d.MAU += t.last[j]
			d.Month.Covered += t.covered[j]
			d.Month.Of += t.out.Groups
			if j >= i-int(week) {
				d.WAU += t.last[j]
				d.Week.Covered += t.covered[j]
				d.Week.Of += t.out.Groups
			}
		}
	}
}

// roster takes over the sizes of the groups.
func (t *tally) roster(ctx context.Context, src Source, places []Place) error {
	size, err := src.Roster(ctx, places, t.from, t.to)
	if err != nil {
		return err
	}
	for i := range t.out.Daily {
		t.out.Daily[i].Roster = size[int(t.out.From-t.from)+i]
	}
	t.speakingRate(size[max(0, len(size)-fullWindow):])
	return nil
}

func (t *tally) speakingRate(sizes []int64) {
	var sum, days float64
	for _, n := range sizes {
		if n >= 0 {
			sum += float64(n)
			days++
		}
	}
	end := t.out.Daily[len(t.out.Daily)-1]
	if days == 0 {
		t.out.SpeakingRate = Figure{Num: float64(end.MAU), Population: Roster, Coverage: end.Month, Withheld: NoRoster}
		return
	}
	t.out.SpeakingRate = ratio(float64(end.MAU), sum/days, Roster, end.Month)
}

func (t *tally) rates() {
	a := t.out
	var sum float64
	days := 0
	for _, d := range a.Daily {
		if d.Covered > 0 {
			sum += float64(d.DAU)
			days++
		}
	}
	a.MeanDAU = ratio(sum, float64(days), Speakers, a.Coverage)
	a.MeanDAU.Grey = false // days are few by nature
	end := a.Daily[len(a.Daily)-1]
	var window float64
	known := 0
	for _, n := range t.dau[max(0, len(t.dau)-fullWindow):] {
		window += float64(n)
		known++
	}
	if a.Groups > 0 && end.Month.Of > 0 {
		covered := float64(known) * float64(end.Month.Covered) / float64(end.Month.Of)
		if covered > 0 {
			window /= covered
		}
	}
	a.Stickiness = ratio(window, float64(end.MAU), Speakers, end.Month)
	for d := range a.Heat {
		for h := range a.Heat[d] {
			if s := &a.Heat[d][h]; s.Hours > 0 {
				s.Known, s.Mean = true, float64(s.Messages)/float64(s.Hours)
			}
		}
	}
}

// spread says how the messages are spread over the speakers.
func (t *tally) spread() {
	a, s := t.out, spreadOf(t.crowd)
	a.Speakers = int64(t.crowd.Len())
	a.Median, a.P90 = s.median(), s.nearestRank(90)
	a.Gini = s.gini()
	a.Gini.Coverage = a.Coverage
	a.Top1, a.Top10 = s.topShare(1, a.Coverage), s.topShare(10, a.Coverage)
	ones := int64(0)
	if len(s) > 0 && s[0].count == 1 {
		ones = s[0].speakers
	}
	a.OneMessage = ratio(float64(ones), float64(a.Speakers), Speakers, a.Coverage)
	a.Top = t.crowd.Top(topListed)
	for c, count := range t.classes {
		a.Classes = append(a.Classes, ClassCount{c, count})
	}
	slices.SortFunc(a.Classes, func(x, y ClassCount) int { return cmp.Compare(x.Class, y.Class) })
}
