package measure

import (
	"cmp"
	"math"
	"slices"
)

// Cause is how a stay, or a wait, ended. Censored: it had not ended when it was last looked at; that is never a loss.
type Cause int8

// Causes of an end. What they mean is said by who counts: for members leaving, being removed, the group's end; for questions,
// the answer.
const (
	Censored  Cause = 0
	Left      Cause = 1
	Removed   Cause = 2
	Dissolved Cause = 3
	Gone      Cause = 4 // no longer on the list; nobody knows how
	causes          = 5
)

// Lived is one stay: under observation in (Enter, End]. Enter is 0 unless nobody watched in the beginning (left truncation).
type Lived struct {
	Enter, End float64
	Cause      Cause
}

// CurvePoint is a step of a survival curve (methods.md §2.3).
type CurvePoint struct {
	Time     float64
	AtRisk   int // under observation just before
	Events   int // ends of any cause
	Survival float64
	SE       float64         // Greenwood
	Low      float64         // 95 % limits on the log-log scale
	High     float64         // where Drawn
	Drawn    bool            // the limits exist: Survival is neither 0 nor 1
	Thin     bool            // fewer than 10 at risk: to be greyed
	Ended    [causes]float64 // cumulative incidence by cause; with Survival they add up to 1
}

// Curve is a Kaplan-Meier curve. It has a point for each time at which somebody's stay ended.
type Curve struct {
	N      int // stays
	Ends   int // of which ended
	Points []CurvePoint
	Last   float64 // how long anybody was watched
}

// thinRisk is how many must be at risk for a point to be drawn in full.
const thinRisk = 10

// normal975 is the quantile of the normal distribution that 95 % limits use.
const normal975 = 1.959963984540054

// Survive makes the curve of stays. Whoever is censored at a time is still at risk then. Stays without any length of
// observation (End before Enter) and such that are no numbers are left out.
func Survive(stays []Lived) Curve {
	list := usable(stays)
	c := Curve{N: len(list)}
	enter := make([]float64, len(list))
	for i, s := range list {
		enter[i] = s.Enter
		c.Last = max(c.Last, s.End)
	}
	slices.Sort(enter)
	slices.SortFunc(list, func(a, b Lived) int { return cmp.Compare(a.End, b.End) })
	now := CurvePoint{Survival: 1}
	greenwood, entered := 0.0, 0
	for i := 0; i < len(list); {
		at := list[i].End
		for entered < len(enter) && (enter[entered] < at || enter[entered] == 0) {
			entered++
		}
		now.Time, now.AtRisk, now.Events = at, entered-i, 0
		before, ended := now.Survival, [causes]int{}
		for ; i < len(list) && list[i].End == at; i++ {
			ended[list[i].Cause]++
		}
		for k := 1; k < causes; k++ {
			now.Events += ended[k]
			now.Ended[k] += before * float64(ended[k]) / float64(now.AtRisk)
		}
		if now.Events == 0 {
			continue
		}
		c.Ends += now.Events
		n, d := float64(now.AtRisk), float64(now.Events)
		now.Survival *= 1 - d/n
		greenwood += d / (n * (n - d))
		now.limits(greenwood)
		c.Points = append(c.Points, now)
	}
	return c
}

func usable(stays []Lived) []Lived {
	var list []Lived
	for _, s := range stays {
		if s.End >= s.Enter && s.Enter >= 0 && (s.End > s.Enter || s.Enter == 0) && !math.IsInf(s.End, 0) && s.Cause >= 0 && s.Cause < causes {
			list = append(list, s)
		}
	}
	return list
}

// limits puts standard error and limits beside the survival; sum is Greenwood's.
func (p *CurvePoint) limits(sum float64) {
	p.Thin = p.AtRisk < thinRisk
	if p.Drawn = p.Survival > 0 && p.Survival < 1; !p.Drawn {
		p.SE, p.Low, p.High = 0, p.Survival, p.Survival
		return
	}
	p.SE = p.Survival * math.Sqrt(sum)
	wide := math.Exp(normal975 * p.SE / (p.Survival * math.Abs(math.Log(p.Survival))))
	p.Low, p.High = math.Pow(p.Survival, wide), math.Pow(p.Survival, 1/wide)
}

// At is the curve's step at a time: the last point not after it. Before the first end everybody is still there. known is
// false after the time up to which anybody was watched.
func (c Curve) At(t float64) (p CurvePoint, known bool) {
	p = CurvePoint{Survival: 1, Low: 1, High: 1, AtRisk: c.N}
	for _, x := range c.Points {
		if x.Time > t {
			break
		}
		p = x
	}
	return p, c.N > 0 && t <= c.Last
}

// Quantile is the first time by which at least a share q has ended; reached is false when it was not reached.
func (c Curve) Quantile(q float64) (t float64, reached bool) {
	const slip = 1e-12 // products of shares do not come out even
	for _, p := range c.Points {
		if p.Survival <= 1-q+slip {
			return p.Time, true
		}
	}
	return 0, false
}

// Median is the first time with a survival of at most one half.
func (c Curve) Median() (t float64, reached bool) { return c.Quantile(0.5) }

// RankTest is a log-rank test: whether groups of stays end at different paces. It names no cause of a difference.
type RankTest struct {
	Observed, Expected []float64 // ends by group
	Chi2               float64
	Free               int // degrees of freedom
	P                  float64
	Withheld           string // "" or why there is no test: NoData
}

// LogRank compares groups of stays. A group of nobody is left out of the degrees of freedom.
func LogRank(groups ...[]Lived) RankTest {
	k := len(groups)
	t := RankTest{Observed: make([]float64, k), Expected: make([]float64, k)}
	lists := make([][]Lived, k)
	var all []Lived
	for g := range groups {
		lists[g] = usable(groups[g])
		all = append(all, lists[g]...)
	}
	spread := make([][]float64, k)
	for g := range spread {
		spread[g] = make([]float64, k)
	}
	for _, at := range ends(all) {
		t.step(lists, at, spread)
	}
	t.sum(spread)
	return t
}

// ends are the times at which somebody's stay ended, each once.
func ends(list []Lived) []float64 {
	var times []float64
	for _, s := range list {
		if s.Cause != Censored {
			times = append(times, s.End)
		}
	}
	slices.Sort(times)
	return slices.Compact(times)
}

// step adds what happened at a time.
func (t *RankTest) step(lists [][]Lived, at float64, spread [][]float64) {
	k := len(lists)
	risk, dead := make([]float64, k), 0.0
	n := 0.0
	for g, list := range lists {
		for _, s := range list {
			if s.End < at || s.Enter >= at && s.Enter > 0 {
				continue
			}
			risk[g]++
			n++
			if s.End == at && s.Cause != Censored {
				dead++
				t.Observed[g]++
			}
		}
	}
	for g := range risk {
		t.Expected[g] += dead * risk[g] / n
		if n < 2 {
			continue
		}
		for h := range risk {
			same := 0.0
			if g == h {
				same = 1
			}
			spread[g][h] += dead * (n - dead) / (n - 1) * risk[g] / n * (same - risk[h]/n)
		}
	}
}

// sum makes the statistic: (O−E)ᵀ V⁻¹ (O−E) over all groups but one.
func (t *RankTest) sum(spread [][]float64) {
	var use []int
	for g := range spread {
		if spread[g][g] > 0 {
			use = append(use, g)
		}
	}
	if len(use) < 2 {
		t.Withheld = NoData
		return
	}
	use = use[:len(use)-1]
	t.Free = len(use)
	m := make([][]float64, t.Free)
	for i, g := range use {
		for _, h := range use {
			m[i] = append(m[i], spread[g][h])
		}
		m[i] = append(m[i], t.Observed[g]-t.Expected[g])
	}
	x, ok := solve(m)
	if !ok {
		t.Withheld = NoData
		return
	}
	for i, g := range use {
		t.Chi2 += x[i] * (t.Observed[g] - t.Expected[g])
	}
	t.P = ChiSquareTail(t.Chi2, t.Free)
}

// solve solves equations given as rows with the right side behind; false when they do not have one solution.
func solve(m [][]float64) ([]float64, bool) {
	n := len(m)
	for i := range n {
		pivot := i
		for r := i; r < n; r++ {
			if math.Abs(m[r][i]) > math.Abs(m[pivot][i]) {
				pivot = r
			}
		}
		m[i], m[pivot] = m[pivot], m[i]
		if math.Abs(m[i][i]) < 1e-12 {
			return nil, false
		}
		for r := range n {
			if r == i {
				continue
			}
			by := m[r][i] / m[i][i]
			for c := i; c <= n; c++ {
				m[r][c] -= by * m[i][c]
			}
		}
	}
	x := make([]float64, n)
	for i := range x {
		x[i] = m[i][n] / m[i][i]
	}
	return x, true
}

// ChiSquareTail is the probability of a chi-square of at least x with so many degrees of freedom. For whole degrees it is a finite
// sum (Abramowitz and Stegun 26.4.4, 26.4.5).
func ChiSquareTail(x float64, free int) float64 {
	if x <= 0 {
		return 1
	}
	p, term, from := math.Erfc(math.Sqrt(x/2)), math.Sqrt(2*x/math.Pi)*math.Exp(-x/2), 1
	if free%2 == 0 {
		p, term, from = math.Exp(-x/2), x/2*math.Exp(-x/2), 2
	}
	for v := from; v < free; v += 2 {
		p += term
		term *= x / float64(v+2)
	}
	return min(1, p)
}

// Holm corrects probabilities of several tests, so that the chance of any false one stays what it was for one (Holm 1979).
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	out := make([]float64, len(p))
	most := 0.0
	for rank, i := range order {
		most = max(most, min(1, p[i]*float64(len(p)-rank)))
		out[i] = most
	}
	return out
}
