package measure

import (
	"cmp"
	"math"
	"slices"
)

// Trend is what a series of weeks does (methods.md §4). N is how many values it rests on.
type Trend struct {
	N           int
	S           int     // Mann-Kendall: pairs that rise less pairs that fall
	Var         float64 // of S, with ties, and widened for autocorrelation where it was asked for
	Z, P        float64 // P two-sided, normal
	Sen         float64 // median slope per step
	Median      float64 // of the values
	First, Last float64
	Widened     float64 // by how much the variance was widened for autocorrelation; 1 = not
}

// Spot is a value at a place; places that are not known are left out of a series.
type Spot struct {
	At    int
	Value float64
}

// zSignificant is the normal quantile beyond which a rank correlation counts as autocorrelation.
const zSignificant = 1.96

// MannKendall tests a series for a trend, with the variance for ties and without a correction for autocorrelation.
func MannKendall(list []Spot) Trend {
	t := Trend{N: len(list), Widened: 1, P: 1}
	if t.N == 0 {
		return t
	}
	t.First, t.Last, t.Median, t.Sen = list[0].Value, list[t.N-1].Value, medianOf(valuesOf(list)), senSlope(list)
	for i := range list {
		for j := i + 1; j < len(list); j++ {
			t.S += cmp.Compare(list[j].Value, list[i].Value)
		}
	}
	t.Var = mkVariance(list)
	t.finish()
	return t
}

// MannKendallCorrelated is MannKendall with the variance widened by the autocorrelation of the ranks of the detrended series
// (Hamed and Rao 1998), over the lags at which it is significant. Negative autocorrelation never narrows it.
func MannKendallCorrelated(list []Spot) Trend {
	t := MannKendall(list)
	n := float64(t.N)
	if t.N < 4 || t.Var == 0 {
		return t
	}
	sum, bound := 0.0, zSignificant/math.Sqrt(n)
	ranks := ranksOf(detrended(list, t.Sen))
	for lag := 1; lag <= t.N-3; lag++ {
		if r := autocorrelation(ranks, lag); math.Abs(r) > bound {
			k := n - float64(lag)
			sum += k * (k - 1) * (k - 2) * r
		}
	}
	t.Widened = max(1, 1+2*sum/(n*(n-1)*(n-2)))
	t.Var *= t.Widened
	t.finish()
	return t
}

// finish computes z and p.
func (t *Trend) finish() {
	t.Z, t.P = 0, 1
	if t.Var <= 0 || t.S == 0 {
		return
	}
	t.Z = (float64(t.S) - math.Copysign(1, float64(t.S))) / math.Sqrt(t.Var)
	t.P = math.Erfc(math.Abs(t.Z) / math.Sqrt2)
}

func mkVariance(list []Spot) float64 {
	v := valuesOf(list)
	slices.Sort(v)
	ties := 0.0
	for i := 0; i < len(v); {
		j := i
		for j < len(v) && v[j] == v[i] {
			j++
		}
		n := float64(j - i)
		ties += n * (n - 1) * (2*n + 5)
		i = j
	}
	n := float64(len(v))
	return (n*(n-1)*(2*n+5) - ties) / 18
}

// senSlope is the median of the slopes between all pairs; 0 where there is no pair.
func senSlope(list []Spot) float64 {
	slopes := make([]float64, 0, len(list)*(len(list)-1)/2)
	for i := range list {
		for j := i + 1; j < len(list); j++ {
			if step := list[j].At - list[i].At; step > 0 {
				slopes = append(slopes, (list[j].Value-list[i].Value)/float64(step))
			}
		}
	}
	return medianOf(slopes)
}

func detrended(list []Spot, slope float64) []float64 {
	out := make([]float64, len(list))
	for i, p := range list {
		out[i] = p.Value - slope*float64(p.At)
	}
	return out
}

// ranksOf gives the ranks of values, from 1; ties share the mean of theirs.
func ranksOf(v []float64) []float64 {
	order := make([]int, len(v))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(v[a], v[b]) })
	ranks := make([]float64, len(v))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && v[order[j]] == v[order[i]] {
			j++
		}
		for k := i; k < j; k++ {
			ranks[order[k]] = float64(i+j+1) / 2
		}
		i = j
	}
	return ranks
}

// autocorrelation is that of a series at a lag; 0 for a constant one.
func autocorrelation(v []float64, lag int) float64 {
	mean := meanOf(v)
	var top, bottom float64
	for i, x := range v {
		bottom += (x - mean) * (x - mean)
		if i+lag < len(v) {
			top += (x - mean) * (v[i+lag] - mean)
		}
	}
	if bottom == 0 {
		return 0
	}
	return top / bottom
}

func valuesOf(list []Spot) []float64 {
	v := make([]float64, len(list))
	for i, p := range list {
		v[i] = p.Value
	}
	return v
}

func meanOf(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// medianOf is the middle value, of an even number the mean of the two; 0 for none. v stays as it is.
func medianOf(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(v))
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}

// madScale makes a median absolute deviation comparable with a standard deviation of normal values.
const madScale = 1.4826

// madOf is the scaled median absolute deviation from the median.
func madOf(v []float64) float64 {
	m := medianOf(v)
	d := make([]float64, len(v))
	for i, x := range v {
		d[i] = math.Abs(x - m)
	}
	return madScale * medianOf(d)
}

// Shift is a place at which the level of a series changes: the first of the new level.
type Shift struct {
	At            int
	Before, After float64 // medians of the two stretches, in the units of the series
}

const (
	shiftLeast   = 3   // weeks that a level lasts at least
	shiftPenalty = 3.0 // in units of the noise's variance times ln n: a shift must explain more
)

// Shifts finds where the level changes: binary segmentation on ln(1+x), by squared error; a split must lower it by
// shiftPenalty·σ²·ln n, σ from the differences of neighbours. The oldest comes first.
func Shifts(list []Spot) []Shift {
	y := make([]float64, len(list))
	for i, p := range list {
		y[i] = math.Log1p(max(0, p.Value))
	}
	if len(y) < 2*shiftLeast {
		return nil
	}
	var steps []float64
	for i := 1; i < len(y); i++ {
		steps = append(steps, y[i]-y[i-1])
	}
	sigma := max(madOf(steps)/math.Sqrt2, 0.02)
	cuts := sumsOf(y).split(0, len(y), shiftPenalty*sigma*sigma*math.Log(float64(len(y))))
	slices.Sort(cuts)
	bounds := append(append([]int{0}, cuts...), len(y))
	var out []Shift
	for i, c := range cuts {
		out = append(out, Shift{At: list[c].At, Before: medianOf(valuesOf(list[bounds[i]:c])), After: medianOf(valuesOf(list[c:bounds[i+2]]))})
	}
	return out
}

// sums holds, for each place, the sum of the values before it and that of their squares.
type sums struct{ plain, square []float64 }

func sumsOf(y []float64) sums {
	s := sums{make([]float64, len(y)+1), make([]float64, len(y)+1)}
	for i, v := range y {
		s.plain[i+1], s.square[i+1] = s.plain[i]+v, s.square[i]+v*v
	}
	return s
}

// errors is the squared error of [from, to) around its mean.
func (s sums) errors(from, to int) float64 {
	sum := s.plain[to] - s.plain[from]
	return s.square[to] - s.square[from] - sum*sum/float64(to-from)
}

// split gives the places in [from, to) at which the squared error falls by more than the penalty.
func (s sums) split(from, to int, penalty float64) []int {
	best, gain := 0, penalty
	whole := s.errors(from, to)
	for c := from + shiftLeast; c+shiftLeast <= to; c++ {
		if g := whole - s.errors(from, c) - s.errors(c, to); g > gain {
			best, gain = c, g
		}
	}
	if best == 0 {
		return nil
	}
	return append(append(s.split(from, best, penalty), best), s.split(best, to, penalty)...)
}
