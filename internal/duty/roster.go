package duty

import (
	"cmp"
	"slices"
	"time"

	"qunluo/internal/community"
)

// DayMinutes is how many minutes the clock on the wall shows in a day.
const DayMinutes = 24 * 60

// Shift is a weekly stretch of duty. Minutes count from local midnight; an End not after Start lies on the next day, and
// Start = End is a whole day.
type Shift struct {
	ID      community.ID
	User    string // community.User.ID as text
	Weekday int    // 0 = Monday … 6 = Sunday
	Start   int    // 0..1439
	End     int    // 0..1440
}

// length is how long a shift lasts by the clock on the wall, in minutes.
func (s Shift) length() int {
	if s.End > s.Start {
		return s.End - s.Start
	}
	return s.End - s.Start + DayMinutes
}

// Change is what is different on one date: somebody else stands in for a shift, nobody does, or somebody stands there
// besides.
type Change struct {
	ID    community.ID
	Date  string       // "2006-01-02", the local day the shift begins on
	Shift community.ID // the shift that is changed; zero = an additional one from Start to End
	User  string       // "" = nobody
	Start int          // additional ones only, as in Shift
	End   int
	Note  string
}

// Roster is an organisation's duty, week by week.
type Roster struct {
	Zone    *time.Location // nil = UTC
	Shifts  []Shift
	Changes []Change
}

// Span is somebody's duty, or nobody's, in UTC milliseconds: from From up to but not including To.
type Span struct {
	From  int64
	To    int64
	User  string
	Shift community.ID // zero for an additional one and for a gap
	Date  string       // the local day it begins on
	Swap  community.ID // the change that made it so; zero = as every week
}

// reach is how far from a moment a span that covers it may begin, in days.
const reach = 2

// ahead is how far the search for who comes next looks, in days.
const ahead = 8

// Spans lists the duty that touches [from, to), by its beginning.
func (r Roster) Spans(from, to int64) []Span {
	var out []Span
	first := r.day(from).AddDate(0, 0, -reach)
	for day := first; day.UnixMilli() < to+reach*DayMinutes*60_000; day = day.AddDate(0, 0, 1) {
		for _, s := range r.of(day) {
			if s.To > from && s.From < to {
				out = append(out, s)
			}
		}
	}
	slices.SortFunc(out, earlier)
	return out
}

func earlier(a, b Span) int {
	return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.User, b.User))
}

// of gives the duty that begins on a local day.
func (r Roster) of(day time.Time) []Span {
	date := day.Format(time.DateOnly)
	weekday := (int(day.Weekday()) + 6) % 7
	var out []Span
	for _, s := range r.Shifts {
		if s.Weekday != weekday {
			continue
		}
		span := Span{From: r.instant(day, s.Start), To: r.instant(day, s.Start+s.length()), User: s.User, Shift: s.ID, Date: date}
		if c, ok := r.changed(date, s.ID); ok {
			span.User, span.Swap = c.User, c.ID
		}
		out = append(out, span)
	}
	for _, c := range r.Changes {
		if c.Date == date && c.Shift.IsZero() {
			extra := Shift{Start: c.Start, End: c.End}
			out = append(out, Span{From: r.instant(day, c.Start), To: r.instant(day, c.Start+extra.length()), User: c.User, Date: date, Swap: c.ID})
		}
	}
	return slices.DeleteFunc(out, func(s Span) bool { return s.User == "" || s.To <= s.From })
}

// changed finds the last change of a shift on a date.
func (r Roster) changed(date string, shift community.ID) (Change, bool) {
	for _, c := range slices.Backward(r.Changes) {
		if c.Date == date && c.Shift == shift && !c.Shift.IsZero() {
			return c, true
		}
	}
	return Change{}, false
}

// day is the local date of a moment, as a midnight in UTC: only its date counts.
func (r Roster) day(at int64) time.Time {
	y, m, d := time.UnixMilli(at).In(r.zone()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// instant is when the clock on the wall shows so many minutes after the midnight of a day. A time that daylight saving
// leaves out is the same instant for the shift that ends there and the one that begins there.
func (r Roster) instant(day time.Time, minutes int) int64 {
	y, m, d := day.Date()
	d += minutes / DayMinutes
	minutes %= DayMinutes
	return time.Date(y, m, d, minutes/60, minutes%60, 0, 0, r.zone()).UnixMilli()
}

func (r Roster) zone() *time.Location {
	if r.Zone == nil {
		return time.UTC
	}
	return r.Zone
}

// On says who is on duty at a moment, whoever began first standing first, and then who comes next, each person once.
// now counts those who are on duty at this moment.
func On(r Roster, at int64) (users []string, now int) {
	for _, s := range r.Spans(at, at+ahead*DayMinutes*60_000) {
		if slices.Contains(users, s.User) {
			continue
		}
		if s.From <= at {
			now++
		}
		users = append(users, s.User)
	}
	return users, now
}

// Gaps lists when nobody is on duty in the days (at most 366) that begin with the moment from.
func Gaps(r Roster, from int64, days int) []Span {
	y, m, d := time.UnixMilli(from).In(r.zone()).Date()
	clock := time.UnixMilli(from).In(r.zone())
	to := time.Date(y, m, d+min(days, 366), clock.Hour(), clock.Minute(), clock.Second(), clock.Nanosecond(), r.zone()).UnixMilli()
	var gaps []Span
	at := from
	for _, s := range r.Spans(from, to) {
		if s.From > at {
			gaps = append(gaps, Span{From: at, To: s.From})
		}
		at = max(at, s.To)
	}
	if at < to {
		gaps = append(gaps, Span{From: at, To: to})
	}
	return gaps
}

// MissingMinutes is when nobody heard what a group said.
type MissingMinutes struct {
	Group community.ID
	Name  string
	Spans []Span
}

// Missing says when none of several listeners heard anything: the time that all of their silences have in common. Each
// list is one listener's silences; without any listener nothing is missing that could be known.
func Missing(silences [][]Span) []Span {
	if len(silences) == 0 {
		return nil
	}
	common := joined(silences[0])
	for _, more := range silences[1:] {
		common = both(common, joined(more))
	}
	return common
}

// joined puts spans in order and joins those that touch.
func joined(list []Span) []Span {
	list = slices.Clone(list)
	slices.SortFunc(list, earlier)
	var out []Span
	for _, s := range list {
		if s.To <= s.From {
			continue
		}
		if n := len(out); n > 0 && s.From <= out[n-1].To {
			out[n-1].To = max(out[n-1].To, s.To)
			continue
		}
		out = append(out, Span{From: s.From, To: s.To})
	}
	return out
}

// both is the time that two lists of joined spans have in common.
func both(a, b []Span) []Span {
	var out []Span
	for len(a) > 0 && len(b) > 0 {
		from, to := max(a[0].From, b[0].From), min(a[0].To, b[0].To)
		if from < to {
			out = append(out, Span{From: from, To: to})
		}
		if a[0].To < b[0].To {
			a = a[1:]
		} else {
			b = b[1:]
		}
	}
	return out
}
