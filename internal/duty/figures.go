package duty

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// OddDay is what an alarm about a day says that is unlike the same weekdays before it.
type OddDay struct {
	Group     string // its name
	Metric    string // a name of measure.OddMetrics
	Day       string // 2006-01-02
	Num, Den  float64
	Usual     float64
	Low, High float64 // what it would hardly ever leave
	Weeks     int     // same weekdays that it is compared with
	Up        bool
}

// Detail writes it as an alarm keeps it.
func (o OddDay) Detail() string {
	return fmt.Sprintf("%s: %s %s %g %g %.1f %.1f %.1f %d %t", o.Group, o.Metric, o.Day, o.Num, o.Den, o.Usual, o.Low, o.High, o.Weeks, o.Up)
}

// ReadOddDay reads an alarm's detail.
func ReadOddDay(detail string) (OddDay, bool) {
	group, rest, ok := figuresOf(detail)
	o := OddDay{Group: group}
	if !ok {
		return o, false
	}
	_, err := fmt.Sscan(rest, &o.Metric, &o.Day, &o.Num, &o.Den, &o.Usual, &o.Low, &o.High, &o.Weeks, &o.Up)
	return o, err == nil
}

// Decline is what an alarm about a beginning decline says. Weekly speakers; Since is the Monday of the week in which it began.
type Decline struct {
	Group         string
	Usual, Recent float64
	Score, Limit  float64
	Since         string
}

// Detail writes it as an alarm keeps it.
func (d Decline) Detail() string {
	return fmt.Sprintf("%s: %.1f %.1f %.2f %.2f %s", d.Group, d.Usual, d.Recent, d.Score, d.Limit, d.Since)
}

// ReadDecline reads an alarm's detail.
func ReadDecline(detail string) (Decline, bool) {
	group, rest, ok := figuresOf(detail)
	d := Decline{Group: group}
	if !ok {
		return d, false
	}
	_, err := fmt.Sscan(rest, &d.Usual, &d.Recent, &d.Score, &d.Limit, &d.Since)
	return d, err == nil
}

// figuresOf parts a detail into the group's name and the figures behind it.
func figuresOf(detail string) (group, figures string, ok bool) {
	i := strings.LastIndex(detail, ": ")
	if i < 0 {
		return "", "", false
	}
	return detail[:i], detail[i+2:], true
}

// Says gives the key, and the figures by the names that the sentence uses, of what an alarm's detail says in figures; ok false where
// it is plain text.
func (a Alarm) Says() (key string, args []any, ok bool) {
	switch a.Kind {
	case KindOpinion:
		o, ok := ReadOpinion(a.Detail)
		return "alarm.what.opinion", o.Words(), ok
	case KindOdd:
		o, ok := ReadOddDay(a.Detail)
		way := "down"
		if o.Up {
			way = "up"
		}
		return "alarm.what.odd_" + o.Metric + "_" + way, []any{"group", o.Group, "day", o.Day, "num", o.Num, "usual", math.Round(o.Usual*10) / 10, "low", math.Round(o.Low*10) / 10, "high", math.Round(o.High*10) / 10, "weeks", o.Weeks}, ok
	case KindDecline:
		d, ok := ReadDecline(a.Detail)
		return "alarm.what.decline", []any{"group", d.Group, "usual", strconv.FormatFloat(d.Usual, 'f', 0, 64), "recent", strconv.FormatFloat(d.Recent, 'f', 1, 64), "since", d.Since}, ok
	}
	return "", nil, false
}
