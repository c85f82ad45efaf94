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
	// DayRows hands the days of groups in [from, to] that have counts to fn.
	DayRows(ctx context.Context, groups []community.GroupKey, from, to Day, fn func(DayRow) error) error
	// Covered says for each group, in the order given, and for each day of [from, to] whether somebody listened in the
	// group. Where nobody did, its counts are unknown and not zero.
	Covered(ctx context.Context, places []Place, from, to Day) ([][]bool, error)
	// Roster gives for each group, in the order given, the number of members at the end of each day of [from, to]; -1
	// where no member list was read before.
	Roster(ctx context.Context, places []Place, from, to Day) ([][]int64, error)
	// Silent counts the members who are in the groups now: all, and those of whom no message is on record.
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
	NoData     = "no_data"   // the denominator is zero
	LowCover   = "low_cover" // more than a fifth of the days is unknown
	NoRoster   = "no_roster" // no member list was ever read
	fullWindow = 30          // days of a month, trailing
	weekWindow = 7           // days of a week, trailing
	maxUnknown = 0.2         // share of days that may be unknown
	smallDenom = 20          // below it a ratio is greyed and the counts lead
	topListed  = 20          // how many talkers are listed
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

// Talker is a member in the list of those who say most; ties are in order of member.
type Talker struct {
	Member   community.MemberKey
	Messages int64
	Days     int // distinct active days
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
	Top          []Talker     // at most 20
}

// tally is what is added up while the days are read.
type tally struct {
	from, to Day // with the window before
	speakers []map[community.MemberKey]bool
	said     map[community.MemberKey]int64
	active   map[community.MemberKey]map[Day]bool
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
	covered, err := t.cover(ctx, src, places)
	if err != nil {
		return a, err
	}
	if err := src.DayRows(ctx, keysOf(places), t.from, to, t.add); err != nil {
		return a, err
	}
	t.trailing(covered)
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
	t := &tally{from: from, to: to, out: a, said: map[community.MemberKey]int64{}, classes: map[community.Class]int64{},
		active: map[community.MemberKey]map[Day]bool{}, speakers: make([]map[community.MemberKey]bool, to-from+1)}
	for i := range t.speakers {
		t.speakers[i] = map[community.MemberKey]bool{}
	}
	a.Daily = make([]Daily, to-a.From+1)
	for i := range a.Daily {
		a.Daily[i] = Daily{Day: a.From + Day(i), Roster: -1}
	}
	return t
}

// cover counts known group-days, and the known hours of the week.
func (t *tally) cover(ctx context.Context, src Source, places []Place) ([]int, error) {
	covered := make([]int, t.to-t.from+1)
	known, err := src.Covered(ctx, places, t.from, t.to)
	if err != nil {
		return nil, err
	}
	for n, p := range places {
		for i, ok := range known[n] {
			day := t.from + Day(i)
			if !ok {
				continue
			}
			covered[i]++
			if day >= t.out.From {
				t.hours(day, p.Zone)
			}
		}
	}
	for i := range t.out.Daily {
		n := covered[int(t.out.From-t.from)+i]
		t.out.Daily[i].Covered = n
		t.out.Coverage.Covered += n
		t.out.Coverage.Of += len(places)
	}
	return covered, nil
}

// hours counts the hours that a day has in a zone: none or two of an hour when clocks are changed.
func (t *tally) hours(day Day, zone *time.Location) {
	end := (day + 1).Start(zone)
	for at := day.Start(zone); at < end; at += 3_600_000 {
		if d, hour := DayOf(at, zone); d == day {
			t.out.Heat[day.Weekday()][hour].Hours++
		}
	}
}

func (t *tally) add(row DayRow) error {
	speakers := t.speakers[row.Day-t.from]
	for _, s := range row.Speech {
		speakers[s.Member] = true
	}
	if row.Day < t.out.From {
		return nil
	}
	d := &t.out.Daily[row.Day-t.out.From]
	d.Messages += row.Messages
	d.Joins += row.Joins
	d.Leaves += row.Leaves
	d.Recalled += row.Recalled
	t.out.Messages += row.Messages
	for _, s := range row.Speech {
		t.speech(row.Day, s)
	}
	return nil
}

func (t *tally) speech(day Day, s Speech) {
	if t.active[s.Member] == nil {
		t.active[s.Member] = map[Day]bool{}
	}
	t.active[s.Member][day] = true
	for _, c := range s.Cells {
		t.said[s.Member] += c.Count
		t.classes[c.Class] += c.Count
		t.out.Heat[day.Weekday()][c.Hour].Messages += c.Count
		t.out.Hours[c.Hour] += c.Count
		t.out.Weekdays[day.Weekday()] += c.Count
	}
}

// trailing walks through the days once: byLast counts the members by the last day on which they spoke.
func (t *tally) trailing(covered []int) {
	last := map[community.MemberKey]int{}
	byLast := make([]int64, len(t.speakers))
	for i, speakers := range t.speakers {
		for m := range speakers {
			if was, ok := last[m]; ok {
				byLast[was]--
			}
			last[m] = i
			byLast[i]++
		}
		day := t.from + Day(i)
		if day < t.out.From {
			continue
		}
		d := &t.out.Daily[day-t.out.From]
		d.DAU = int64(len(speakers))
		for j := max(0, i-int(month)); j <= i; j++ {
			d.MAU += byLast[j]
			d.Month.Covered += covered[j]
			d.Month.Of += t.out.Groups
			if j >= i-int(week) {
				d.WAU += byLast[j]
				d.Week.Covered += covered[j]
				d.Week.Of += t.out.Groups
			}
		}
	}
}

// roster adds the sizes of the groups; a day's size is known when that of every group is.
func (t *tally) roster(ctx context.Context, src Source, places []Place) error {
	size := make([]int64, t.to-t.from+1)
	sizes, err := src.Roster(ctx, places, t.from, t.to)
	if err != nil {
		return err
	}
	for _, one := range sizes {
		for i, n := range one {
			if n < 0 || size[i] < 0 {
				size[i] = -1
				continue
			}
			size[i] += n
		}
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
	for i := max(0, len(t.speakers)-fullWindow); i < len(t.speakers); i++ {
		window += float64(len(t.speakers[i]))
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
	a := t.out
	talkers := make([]Talker, 0, len(t.said))
	for m, n := range t.said {
		talkers = append(talkers, Talker{m, n, len(t.active[m])})
	}
	slices.SortFunc(talkers, func(x, y Talker) int {
		return cmp.Or(cmp.Compare(y.Messages, x.Messages), cmp.Compare(x.Member, y.Member))
	})
	n := len(talkers)
	a.Speakers = int64(n)
	counts := make([]int64, n) // ascending
	ones := 0
	for i, talker := range talkers {
		counts[n-1-i] = talker.Messages
		if talker.Messages == 1 {
			ones++
		}
	}
	a.Median, a.P90 = Median(counts), NearestRank(counts, 90)
	a.Gini = Gini(counts)
	a.Gini.Coverage = a.Coverage
	a.Top1, a.Top10 = topShare(talkers, 1, a.Coverage), topShare(talkers, 10, a.Coverage)
	a.OneMessage = ratio(float64(ones), float64(n), Speakers, a.Coverage)
	a.Top = talkers[:min(n, topListed)]
	for c, count := range t.classes {
		a.Classes = append(a.Classes, ClassCount{c, count})
	}
	slices.SortFunc(a.Classes, func(x, y ClassCount) int { return cmp.Compare(x.Class, y.Class) })
}

// topShare is the share of messages of the top ceil(percent) of speakers, at least one of them.
func topShare(talkers []Talker, percent int, c Coverage) Figure {
	top := (len(talkers)*percent + 99) / 100
	var num, den float64
	for i, talker := range talkers {
		if i < top {
			num += float64(talker.Messages)
		}
		den += float64(talker.Messages)
	}
	f := ratio(num, den, Speakers, c)
	f.Grey = len(talkers) < smallDenom
	return f
}
