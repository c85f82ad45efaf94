package measure

import (
	"context"
	"math"
)

// States of a forecast.
const (
	CapNone    = "none"     // the group has no known limit
	CapFull    = "full"     // the limit is reached
	CapDay     = "day"      // reached about Day
	CapFar     = "far"      // not in sight: it does not grow, or not within CapHorizon
	CapFew     = "few_days" // fewer than capDays days are known
	CapUnknown = "unknown"  // nobody ever read a member list
)

const (
	// CapSpan is how many days back a forecast looks, today included.
	CapSpan = 28
	// CapHorizon is how many days ahead it looks.
	CapHorizon = 365
	capDays    = 7      // days with known growth that a forecast needs
	capZ       = 1.2816 // normal quantile of an 80 % interval
)

// Cap is the forecast of the day on which a group reaches its limit. The interval holds the day in four of five cases, as
// far as the coming weeks are like the last ones.
type Cap struct {
	State    string
	Size     int64
	Limit    int64
	Day      Day // with CapDay
	Early    Day // the interval's first day; 0 = none
	Late     Day // its last day; 0 = open
	Growth   float64
	Known    int // days of growth it rests on
	Coverage Coverage
}

// ForecastCap looks at the sizes of a group at the end of each day (-1 = not known), the last being today, and at which
// days were covered. The daily net growth is taken for a random walk with drift: after t days the size is normal around
// size + m·t with variance s²·(t + t²/n), the second part being what n days leave open about m. Day is where the mean
// passes the limit, Early and Late where the upper and lower bound do.
func ForecastCap(sizes []int64, covered []bool, limit int64, today Day) Cap {
	c := Cap{Limit: limit, Size: -1, Coverage: Coverage{Of: max(0, len(sizes)-1)}}
	for i, ok := range covered {
		if ok && i > 0 {
			c.Coverage.Covered++
		}
	}
	if len(sizes) > 0 {
		c.Size = sizes[len(sizes)-1]
	}
	switch {
	case limit <= 0:
		c.State = CapNone
		return c
	case c.Size < 0:
		c.State = CapUnknown
		return c
	case c.Size >= limit:
		c.State = CapFull
		return c
	}
	mean, spread, n := growth(sizes, covered)
	c.Growth, c.Known = mean, n
	if n < capDays {
		c.State = CapFew
		return c
	}
	left := float64(limit - c.Size)
	c.State = CapFar
	for t := Day(1); t <= CapHorizon; t++ {
		at := float64(t)
		wide := capZ * spread * math.Sqrt(at+at*at/float64(n))
		if c.Early == 0 && mean*at+wide >= left {
			c.Early = today + t
		}
		if c.Day == 0 && mean*at >= left {
			c.Day, c.State = today+t, CapDay
		}
		if c.Late == 0 && mean*at-wide >= left {
			c.Late = today + t
		}
	}
	if c.State == CapFar {
		c.Early, c.Late = 0, 0
	}
	return c
}

// growth is the mean and standard deviation of the net growth on covered days whose size and the day before's are known.
func growth(sizes []int64, covered []bool) (mean, spread float64, n int) {
	var list []float64
	for i := 1; i < len(sizes); i++ {
		if i < len(covered) && covered[i] && sizes[i] >= 0 && sizes[i-1] >= 0 {
			list = append(list, float64(sizes[i]-sizes[i-1]))
		}
	}
	n = len(list)
	if n == 0 {
		return 0, 0, 0
	}
	for _, d := range list {
		mean += d
	}
	mean /= float64(n)
	for _, d := range list {
		spread += (d - mean) * (d - mean)
	}
	return mean, math.Sqrt(spread / math.Max(1, float64(n-1))), n
}

// Caps forecasts groups, in the order given; limits are theirs.
func Caps(ctx context.Context, src Source, places []Place, limits []int64, today Day) ([]Cap, error) {
	from := today - CapSpan // one day more: growth is a difference
	out := make([]Cap, len(places))
	for i := range places {
		one := places[i : i+1]
		sizes, err := src.Roster(ctx, one, from, today)
		if err != nil {
			return nil, err
		}
		covered, err := src.Covered(ctx, one, from, today)
		if err != nil {
			return nil, err
		}
		out[i] = ForecastCap(sizes, covered[0], limits[i], today)
	}
	return out, nil
}
