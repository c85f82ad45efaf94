package importer

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"qunluo/internal/community"
)

// zone turns local times into instants. It is made once per file.
type zone struct {
	loc  *time.Location
	mark string // MarkZoneGuessed or ""
	day  int64  // cache: the day (days since 1970) whose whole extent has one offset
	off  int64  // that offset, in ms
	ok   bool
	amb  *int64 // counts local times that exist twice
}

// LoadZone reads a zone as operators write it: an IANA name, "UTC", or an offset like +08:00.
func LoadZone(name string) (*time.Location, error) {
	if off, ok := parseOffset(name); ok {
		return time.FixedZone(name, off), nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, community.Errorf(community.CodeBadInput, "zone %q: want an IANA name like Asia/Shanghai or an offset like +08:00", name)
	}
	return loc, nil
}

func parseOffset(s string) (seconds int, ok bool) {
	if len(s) != 6 || (s[0] != '+' && s[0] != '-') || s[3] != ':' {
		return 0, false
	}
	h, err1 := strconv.ParseUint(s[1:3], 10, 8)
	m, err2 := strconv.ParseUint(s[4:], 10, 8)
	if err1 != nil || err2 != nil || h > 15 || m > 59 {
		return 0, false
	}
	seconds = int(h*3600 + m*60)
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}

// offsetName writes an offset in seconds as ±HH:MM.
func offsetName(seconds int64) string {
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	return fmt.Sprintf("%c%02d:%02d", sign, seconds/3600, seconds/60%60)
}

// zoneFor takes the operator's zone, else what the dialect documents, else the guess, and says in facts which it was.
func zoneFor(opt Options, dialect string, facts *Facts) (*zone, error) {
	name, how := opt.Zone, "given"
	if name == "" {
		name, how = dialect, "dialect"
	}
	if name == "" {
		name, how = GuessedZone, "guessed"
	}
	loc, err := LoadZone(name)
	if err != nil {
		return nil, err
	}
	facts.Zone, facts.ZoneHow = name, how
	z := &zone{loc: loc, amb: &facts.Ambiguous}
	if how == "guessed" {
		z.mark = MarkZoneGuessed
	}
	return z, nil
}

const dayMS = 24 * 3600 * 1000

// instant turns a local time, given as if it were UTC in milliseconds, into UTC milliseconds. A local time that exists
// twice takes its first reading and is counted; one that does not exist is read with the offset before the change.
func (z *zone) instant(local int64) int64 {
	day := floorDiv(local, dayMS)
	if !z.ok || z.day != day {
		before := z.offset((day - 1) * dayMS)
		after := z.offset((day + 2) * dayMS)
		if before != after {
			return z.across(local, before, after)
		}
		z.day, z.off, z.ok = day, before, true
	}
	return local - z.off
}

func (z *zone) across(local, before, after int64) int64 {
	first, second := local-before, local-after
	okFirst, okSecond := z.offset(first) == before, z.offset(second) == after
	if okFirst && okSecond && first != second {
		*z.amb++
		return min(first, second)
	}
	if okSecond && !okFirst {
		return second
	}
	return first
}

func (z *zone) offset(at int64) int64 {
	_, off := time.UnixMilli(at).In(z.loc).Zone()
	return int64(off) * 1000
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Plausible times: 1990 to a day after now.
const earliest = 631152000000 // 1990-01-01 UTC, ms

// plausible reports whether a time, UTC ms, can be that of a chat message.
func (opt *Options) plausible(at int64) bool {
	return at >= earliest && (opt.Now == 0 && at < 4102444800000 || at <= opt.Now+dayMS)
}

// epoch reads a number of seconds or milliseconds: from 10^11 on it is milliseconds.
func epoch(n int64) int64 {
	if n >= 1e11 {
		return n
	}
	return n * 1000
}

// civil gives a date's midnight as if in UTC, ms; ok is false for a date that does not exist.
func civil(year, month, day int) (ms int64, ok bool) {
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return t.UnixMilli(), t.Day() == day && int(t.Month()) == month && year >= 1970 && year < 2200
}

// localTime reads "2006-01-02 15:04:05" (or T between, seconds optional, hour of one digit) as if in UTC, ms.
func localTime(s string) (ms int64, ok bool) {
	s = strings.TrimSpace(s)
	if len(s) < 14 || s[4] != '-' && s[4] != '/' {
		return 0, false
	}
	date, clock, found := strings.Cut(strings.Replace(s, "T", " ", 1), " ")
	if !found || len(date) != 10 {
		return 0, false
	}
	y, ok1 := digits(date[:4])
	m, ok2 := digits(date[5:7])
	d, ok3 := digits(date[8:])
	day, ok4 := civil(y, m, d)
	at, ok5 := clockMS(clock)
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 {
		return 0, false
	}
	return day + at, true
}

// clockMS reads H:MM, HH:MM or HH:MM:SS as milliseconds of the day.
func clockMS(s string) (int64, bool) {
	part := strings.SplitN(s, ":", 4)
	if len(part) < 2 || len(part) > 3 || len(part[1]) != 2 {
		return 0, false
	}
	h, ok := digits(part[0])
	m, ok2 := digits(part[1])
	sec, ok3 := 0, true
	if len(part) == 3 {
		sec, ok3 = digits(part[2])
		ok3 = ok3 && len(part[2]) == 2
	}
	if !ok || !ok2 || !ok3 || len(part[0]) > 2 || h > 23 || m > 59 || sec > 60 {
		return 0, false
	}
	return int64(h)*3600_000 + int64(m)*60_000 + int64(sec)*1000, true
}

func digits(s string) (int, bool) {
	if s == "" || len(s) > 9 {
		return 0, false
	}
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}
