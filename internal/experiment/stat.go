package experiment

import (
	"cmp"
	"math"
	"slices"
)

// NormalQuantile is z with P(Z ≤ z) = p, for 0 < p < 1.
func NormalQuantile(p float64) float64 { return -math.Sqrt2 * math.Erfcinv(2*p) }

// normalTail is P(Z > z).
func normalTail(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }

// tTail is P(T > t) of Student's t with df degrees of freedom, t ≥ 0.
func tTail(t, df float64) float64 {
	if math.IsInf(df, 1) || df > 1e7 {
		return normalTail(t)
	}
	return betaShare(df/2, 0.5, df/(df+t*t)) / 2
}

// TQuantile is t with P(T ≤ t) = p of Student's t with df ≥ 1 degrees of freedom; 0 < p < 1.
func TQuantile(p, df float64) float64 {
	if p < 0.5 {
		return -TQuantile(1-p, df)
	}
	return tOfTail(1-p, df)
}

// tOfTail is t ≥ 0 with P(T > t) = tail; very small tails are kept apart, which 1 − p could not.
func tOfTail(tail, df float64) float64 {
	low, high := 0.0, 1.0
	for tTail(high, df) > tail && high < 1e15 {
		low, high = high, high*2
	}
	for range 200 {
		mid := (low + high) / 2
		if mid == low || mid == high {
			break
		}
		if tTail(mid, df) > tail {
			low = mid
		} else {
			high = mid
		}
	}
	return (low + high) / 2
}

// betaShare is the regularised incomplete beta function I_x(a, b), by its continued fraction (Lentz).
func betaShare(a, b, x float64) float64 {
	switch {
	case x <= 0:
		return 0
	case x >= 1:
		return 1
	case x > (a+1)/(a+b+2):
		return 1 - betaShare(b, a, 1-x)
	}
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	front := math.Exp(lab-la-lb+a*math.Log(x)+b*math.Log1p(-x)) / a
	const tiny = 1e-300
	keep := func(v float64) float64 {
		if math.Abs(v) < tiny {
			return tiny
		}
		return v
	}
	c, d := 1.0, 1/keep(1-(a+b)*x/(a+1))
	sum := d
	for m := 1.0; m <= 500; m++ {
		for _, step := range []float64{m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m)), -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))} {
			d = 1 / keep(1+step*d)
			c = keep(1 + step/c)
			sum *= c * d
		}
		if math.Abs(c*d-1) < 1e-15 {
			break
		}
	}
	return front * sum
}

// chiTail1 is P(χ² > x) with one degree of freedom.
func chiTail1(x float64) float64 { return math.Erfc(math.Sqrt(max(0, x) / 2)) }

// mean and variance (n − 1) of numbers; the variance of fewer than two is 0.
func meanVar(x []float64) (mean, variance float64) {
	if len(x) == 0 {
		return 0, 0
	}
	for _, v := range x {
		mean += v
	}
	mean /= float64(len(x))
	if len(x) < 2 {
		return mean, 0
	}
	for _, v := range x {
		variance += (v - mean) * (v - mean)
	}
	return mean, variance / float64(len(x)-1)
}

// Wilson is the interval that holds the true share in 95 of 100 such samples; 0 … 1 of nobody.
func Wilson(hits, n int) (low, high float64) {
	if n <= 0 {
		return 0, 1
	}
	const z = 1.959964
	m, p := float64(n), float64(hits)/float64(n)
	mid, wide := p+z*z/(2*m), z*math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return max(0, (mid-wide)/(1+z*z/m)), min(1, (mid+wide)/(1+z*z/m))
}

// Cluster is a group (or time slot) as an analysis sees it: how many were seen there, their sum and the sum of squares.
type Cluster struct {
	N       int
	Sum, Sq float64
}

// Rho is the correlation of members of one cluster, by one-way analysis of variance, floored at 0; ok is false where fewer than
// two clusters, or no cluster of more than one, allow none. ρ = (MSB − MSW)/(MSB + (n₀−1)·MSW), n₀ = (N − Σmⱼ²/N)/(k−1).
func Rho(list []Cluster) (rho float64, ok bool) {
	var n, sum, sq, squares, between float64
	k := 0.0
	for _, c := range list {
		if c.N <= 0 {
			continue
		}
		m := float64(c.N)
		k, n, sum, sq, squares = k+1, n+m, sum+c.Sum, sq+c.Sq, squares+m*m
		between += c.Sum * c.Sum / m
	}
	if k < 2 || n <= k {
		return 0, false
	}
	msb := max(0, between-sum*sum/n) / (k - 1)
	msw := max(0, sq-between) / (n - k)
	n0 := (n - squares/n) / (k - 1)
	low := msb + (n0-1)*msw
	if low <= 0 {
		return 0, msb+msw == 0 // all alike: nothing correlates with anything
	}
	return min(1, max(0, (msb-msw)/low)), true
}

// Holm corrects p values of several questions asked at once; the order is kept.
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	out, highest := make([]float64, len(p)), 0.0
	for rank, i := range order {
		highest = min(1, max(highest, float64(len(p)-rank)*p[i]))
		out[i] = highest
	}
	return out
}

// CUPED takes out of y what x, a figure of before the start, already told: y − θ(x − x̄), θ = cov(y, x)/var(x). Where seen is
// false there is no past and x counts as its mean: that y stays as it is. Without any spread of x nothing changes.
func CUPED(y, x []float64, seen []bool) []float64 {
	out := slices.Clone(y)
	var with, of []float64
	for i := range y {
		if i < len(x) && i < len(seen) && seen[i] && finite(x[i]) {
			with, of = append(with, x[i]), append(of, y[i])
		}
	}
	mx, vx := meanVar(with)
	my, _ := meanVar(of)
	if len(with) < 3 || vx <= 0 {
		return out
	}
	cov := 0.0
	for i := range with {
		cov += (with[i] - mx) * (of[i] - my)
	}
	theta := cov / float64(len(with)-1) / vx
	for i := range out {
		if i < len(seen) && seen[i] && finite(x[i]) {
			out[i] -= theta * (x[i] - mx)
		}
	}
	return out
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// exactMost bounds how many ways of dealing groups to two arms are looked at one by one; with 9 and 9 there are 48,620.
const exactMost = 200_000

// Permute is the two-sided p of the difference of means under every way of dealing the same values to arms of these sizes. ok is
// false where there are too many ways, or an arm has none.
func Permute(a, b []float64) (p float64, ok bool) {
	all := append(slices.Clone(a), b...)
	n, k := len(all), len(a)
	if k == 0 || k == n || ways(n, k) > exactMost {
		return 1, false
	}
	total := 0.0
	for _, v := range all {
		total += v
	}
	gap := func(sum float64) float64 { return math.Abs(sum/float64(k) - (total-sum)/float64(n-k)) }
	seen := 0.0
	for _, v := range a {
		seen += v
	}
	limit := gap(seen) * (1 - 1e-12)
	hits, count := 0, 0
	pick := make([]int, k)
	for i := range pick {
		pick[i] = i
	}
	for {
		sum := 0.0
		for _, i := range pick {
			sum += all[i]
		}
		count++
		if gap(sum) >= limit-1e-15 {
			hits++
		}
		i := k - 1
		for i >= 0 && pick[i] == n-k+i {
			i--
		}
		if i < 0 {
			return float64(hits) / float64(count), true
		}
		pick[i]++
		for j := i + 1; j < k; j++ {
			pick[j] = pick[j-1] + 1
		}
	}
}

// ways is n over k.
func ways(n, k int) float64 {
	w := 1.0
	for i := range min(k, n-k) {
		w = w * float64(n-i) / float64(i+1)
	}
	return math.Round(w)
}

// LeastP is the smallest two-sided p that a permutation test over so many groups a side can give.
func LeastP(a, b int) float64 {
	if a <= 0 || b <= 0 {
		return 1
	}
	w := ways(a+b, a)
	if a == b {
		return 2 / w
	}
	return 1 / w
}
