package measure

import "math"

// Figures of a day that are watched against the group's own past.
const (
	OddSpeakers   = "speakers"   // speakers of the day, of the roster where it is known
	OddJoins      = "joins"      // joinings of the day
	OddLeaves     = "leaves"     // departures of the day
	OddComplaints = "complaints" // members' reports of the day, of its messages
)

// OddMetrics lists them in order; downwards says whether too little is odd, too.
func OddMetrics() []struct {
	Name      string
	Downwards bool
} {
	return []struct {
		Name      string
		Downwards bool
	}{{OddSpeakers, true}, {OddJoins, true}, {OddLeaves, false}, {OddComplaints, false}}
}

const (
	// OddSpan is how many days back the past of a day is looked for, the day itself included.
	OddSpan   = 12*7 + 1
	oddLeast  = 5     // same weekdays that must be known
	oddSpread = 4.0   // spreads from the usual beyond which a day is odd
	oddShare  = 0.3   // and by which share of the usual at least
	oddCount  = 3.0   // and by how many people, messages or reports at least
	countSet  = 0.375 // Anscombe's correction
)

// DayValue is a figure of a day: Num, or of a rate Num of Den.
type DayValue struct {
	Day   Day
	Known bool
	Num   float64
	Den   float64 // 0 = a plain count
}

// Odd is a day that is unlike the same weekdays before it.
type Odd struct {
	Metric    string
	Day       Day
	Num, Den  float64
	Usual     float64 // what Num would be on a usual day
	Low, High float64 // what it would hardly ever leave
	Weeks     int     // same weekdays that it is compared with
	Up        bool
}

// LookOdd compares the last day of a series with the same weekdays before it: their median and median absolute deviation, on a scale
// on which the spread of counts and shares does not depend on their size (Anscombe; arc sine). Unknown days and holidays do not
// speak; with fewer than five such days nothing is said.
func LookOdd(metric string, list []DayValue, downwards bool) (Odd, bool) {
	if len(list) == 0 {
		return Odd{}, false
	}
	last := list[len(list)-1]
	o := Odd{Metric: metric, Day: last.Day, Num: last.Num, Den: last.Den}
	if !last.Known || Holiday(last.Day) != "" {
		return o, false
	}
	rate := last.Den > 0
	var past []float64
	for _, v := range list[:len(list)-1] {
		if v.Known && v.Day.Weekday() == last.Day.Weekday() && Holiday(v.Day) == "" && (v.Den > 0) == rate {
			past = append(past, evened(v))
		}
	}
	if o.Weeks = len(past); o.Weeks < oddLeast {
		return o, false
	}
	usual := medianOf(past)
	spread := max(madOf(past), chance(last))
	o.Usual, o.Low, o.High = backFrom(usual, last), backFrom(usual-oddSpread*spread, last), backFrom(usual+oddSpread*spread, last)
	z := (evened(last) - usual) / spread
	away := math.Abs(last.Num - o.Usual)
	if o.Up = z > 0; !o.Up && !downwards {
		return o, false
	}
	return o, math.Abs(z) > oddSpread && away >= oddCount && away >= oddShare*o.Usual
}

// evened puts a value on a scale on which chance spreads it alike wherever it lies.
func evened(v DayValue) float64 {
	if v.Den <= 0 {
		return 2 * math.Sqrt(v.Num+countSet)
	}
	return 2 * math.Asin(math.Sqrt(min(1, (v.Num+countSet)/(v.Den+2*countSet))))
}

// chance is how far chance alone spreads a value on that scale.
func chance(v DayValue) float64 {
	if v.Den <= 0 {
		return 1
	}
	return 1 / math.Sqrt(v.Den+0.5)
}

// backFrom turns a value of that scale back into a count of the day it is said of.
func backFrom(y float64, of DayValue) float64 {
	y = max(0, y)
	if of.Den <= 0 {
		return max(0, y*y/4-countSet)
	}
	s := math.Sin(min(y, math.Pi) / 2)
	return min(of.Den, max(0, s*s*(of.Den+2*countSet)-countSet))
}
