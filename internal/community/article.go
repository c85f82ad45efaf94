package community

import (
	"strconv"
	"time"
)

// Day is a day of a platform's own calendar, as 20060102.
type Day int64

// DayOf is the day of a moment in a zone.
func DayOf(at int64, zone *time.Location) Day {
	t := time.UnixMilli(at).In(zone)
	return Day(t.Year()*10000 + int(t.Month())*100 + t.Day())
}

// String is the day as "2006-01-02".
func (d Day) String() string {
	return time.Date(int(d)/10000, time.Month(int(d)/100%100), int(d)%100, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}

// Before is the day that lies n days before.
func (d Day) Before(n int) Day {
	t := time.Date(int(d)/10000, time.Month(int(d)/100%100), int(d)%100-n, 0, 0, 0, 0, time.UTC)
	return Day(t.Year()*10000 + int(t.Month())*100 + t.Day())
}

// ParseDay reads "2006-01-02"; CodeBadInput.
func ParseDay(text string) (Day, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return 0, Errorf(CodeBadInput, "day %s: want 2006-01-02", strconv.Quote(text))
	}
	return Day(t.Year()*10000 + int(t.Month())*100 + t.Day()), nil
}

// ArticleDay is what a platform says of one article on one day: totals of readings that name nobody.
type ArticleDay struct {
	Article string // the platform's id
	Title   string
	People  int64 // who opened it that day; the same person counts on each day
	Times   int64 // how often
	Shares  int64
	Saves   int64 // who saved it
}

// ArticleRead is what came of asking a platform for a day.
type ArticleRead struct {
	Day   Day
	Told  int64 // when it last told, UTC ms; 0 = never
	Asked int64 // when it was last asked, UTC ms; 0 = never
	Code  Code  // why it did not tell when it was last asked; "" = it did
}

// ArticleRow is one article on one day.
type ArticleRow struct {
	Day Day
	ArticleDay
}

// ArticleSum is one day of all articles. Readers are not added up: who read two articles would count twice.
type ArticleSum struct{ Articles, Times, Shares int64 }

// Why a platform's totals of a day are not there.
const (
	DayTold    = "told"
	DayNotYet  = "not_yet" // the platform tells a day on the next morning
	DayFailed  = "failed"  // it was asked and did not tell
	DayUnasked = "unasked" // nobody asked in time: the account was not connected then
)

// ArticleSpan is one day of an account: the platform's totals, or why there are none.
type ArticleSpan struct {
	Day   Day
	State string // one of the Day… words
	Sum   ArticleSum
	Read  ArticleRead
}

// tellsFrom is the hour of the next day, in the platform's zone, from which on it tells a day.
const tellsFrom = 8

// Spans puts the days from one to another together, the latest first: a day that was not told is there too, with the reason.
// now is UTC ms.
func Spans(from, to Day, reads map[Day]ArticleRead, sums map[Day]ArticleSum, now int64, zone *time.Location) []ArticleSpan {
	yesterday := DayOf(now, zone).Before(1)
	early := time.UnixMilli(now).In(zone).Hour() < tellsFrom
	var out []ArticleSpan
	for day := to; day >= from; day = day.Before(1) {
		s := ArticleSpan{Day: day, State: DayUnasked, Sum: sums[day], Read: reads[day]}
		switch {
		case s.Read.Told > 0:
			s.State = DayTold
		case day > yesterday || day == yesterday && early:
			s.State = DayNotYet
		case s.Read.Asked > 0:
			s.State = DayFailed
		}
		out = append(out, s)
	}
	return out
}

// ArticleDays is how far back a platform's totals of a day may still change, and are read again each day.
const ArticleDays = 7

// again is after how long a day is asked for once more, in milliseconds: one that was told, and one that was not.
const (
	againTold   = 20 * 3600 * 1000
	againUntold = 3600 * 1000
)

// DaysToAsk says for which days a platform is asked now, the latest first.
func DaysToAsk(reads map[Day]ArticleRead, now int64, zone *time.Location) []Day {
	today := DayOf(now, zone)
	first := 1
	if time.UnixMilli(now).In(zone).Hour() < tellsFrom {
		first = 2
	}
	var out []Day
	for n := first; n <= ArticleDays; n++ {
		day := today.Before(n)
		r := reads[day]
		if r.Code == CodeNone && r.Told > 0 && now-r.Told < againTold || r.Asked > 0 && now-r.Asked < againUntold {
			continue
		}
		out = append(out, day)
	}
	return out
}
