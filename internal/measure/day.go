// Package measure turns daily counts into the figures that operators are shown: each with its numerator, denominator,
// population and coverage, so that every number can be explained and doubted.
package measure

import (
	"time"

	"qunluo/internal/community"
)

// Day is a day of the calendar, counted from 1970-01-01. Which instants it covers depends on the zone of the group.
type Day int64

// DayOf gives the day and the hour (0–23) of an instant (UTC milliseconds) in a zone.
func DayOf(ms int64, zone *time.Location) (Day, int) {
	t := time.UnixMilli(ms)
	_, offset := t.In(zone).Zone()
	local := t.Unix() + int64(offset)
	day := local / 86400
	if local%86400 < 0 {
		day--
	}
	return Day(day), int((local - day*86400) / 3600)
}

// String is the day as "2006-01-02".
func (d Day) String() string { return time.Unix(int64(d)*86400, 0).UTC().Format(time.DateOnly) }

// ParseDay reads "2006-01-02".
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, community.Errorf(community.CodeBadInput, "day %q: want 2006-01-02", s)
	}
	return Day(t.Unix() / 86400), nil
}

// Weekday counts from Monday = 0.
func (d Day) Weekday() int { return int(((int64(d)+3)%7 + 7) % 7) }

// Start is the first instant of the day in a zone, in UTC milliseconds.
func (d Day) Start(zone *time.Location) int64 {
	y, m, day := time.Unix(int64(d)*86400, 0).UTC().Date()
	return time.Date(y, m, day, 0, 0, 0, 0, zone).UnixMilli()
}

// Cell is how many own messages of one class fell into one hour of a day.
type Cell struct {
	Hour  int // 0–23
	Class community.Class
	Count int64
}

// Speech is what one member said on one day. Cells are in order of class, then hour; none has a count of zero.
type Speech struct {
	Member community.MemberKey
	Cells  []Cell
}

// Messages is how many own messages the speech has.
func (s Speech) Messages() int64 {
	var n int64
	for _, c := range s.Cells {
		n += c.Count
	}
	return n
}

// DayRow is what is kept about one day of one group. Messages counts own messages only: those of bots, copies made by
// our mirroring, system rows, red-packet notices and recalled messages are left out. What bots said stands in Apart and
// is part of no figure but their own.
type DayRow struct {
	Group    community.GroupKey
	Day      Day
	Events   int64 // of any kind, dated on this day
	Messages int64
	Speakers int64
	Recalled int64 // own messages of this day that were recalled, whenever that was
	Joins    int64
	Leaves   int64
	Speech   []Speech // in order of member
	Apart    []Speech // of bots, in order of member
}

// Tally is how many own messages a member sent.
type Tally struct {
	Member community.MemberKey
	Count  int64
}

// DaySum is one day, added up over groups. Each group's day is cut in its own zone.
type DaySum struct {
	Day      Day
	Messages int64
	Recalled int64
	Joins    int64
	Leaves   int64
	Cells    []Cell  // own messages of all, by class and hour
	Said     []Tally // who sent them: each member once, in order of member
}
