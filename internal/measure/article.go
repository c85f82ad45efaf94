package measure

import (
	"time"

	"qunluo/internal/community"
)

// ArticleRead is what came of asking a platform for a day.
type ArticleRead struct {
	Day   Day
	Told  int64          // when it last told, UTC ms; 0 = never
	Asked int64          // when it was last asked, UTC ms; 0 = never
	Code  community.Code // why it did not tell when it was last asked; "" = it did
}

// ArticleRow is one article on one day.
type ArticleRow struct {
	Day Day
	community.ArticleDay
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

// ArticleSpans puts the days from one to another together, the latest first: a day that was not told is there too, with the reason.
// now is UTC ms.
func ArticleSpans(from, to Day, reads map[Day]ArticleRead, sums map[Day]ArticleSum, now int64, zone *time.Location) []ArticleSpan {
	today, hour := DayOf(now, zone)
	yesterday, early := today-1, hour < tellsFrom
	var out []ArticleSpan
	for day := to; day >= from; day-- {
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
	today, hour := DayOf(now, zone)
	newest := today - 1
	if hour < tellsFrom {
		newest--
	}
	var out []Day
	for day := newest; day >= today-ArticleDays; day-- {
		r := reads[day]
		if r.Code == community.CodeNone && r.Told > 0 && now-r.Told < againTold || r.Asked > 0 && now-r.Asked < againUntold {
			continue
		}
		out = append(out, day)
	}
	return out
}
