package measure_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"qunluo/internal/measure"
)

// remission are the two groups of Freireich 1963 in weeks; negative = censored.
func remission() (treated, control []measure.Lived) {
	for _, t := range []float64{6, 6, 6, -6, 7, -9, 10, -10, -11, 13, 16, -17, -19, -20, 22, 23, -25, -32, -32, -34, -35} {
		treated = append(treated, stay(t))
	}
	for _, t := range []float64{1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23} {
		control = append(control, stay(t))
	}
	return treated, control
}

func stay(t float64) measure.Lived {
	if t < 0 {
		return measure.Lived{End: -t}
	}
	return measure.Lived{End: t, Cause: measure.Left}
}

func within(t *testing.T, what string, got, want, by float64) {
	t.Helper()
	if math.Abs(got-want) > by || math.IsNaN(got) {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

func TestRemissionCurves(t *testing.T) {
	treated, control := remission()
	c := measure.Survive(treated)
	want := []struct {
		time             float64
		risk, events     int
		s, se, low, high float64
	}{
		{6, 21, 3, .8571, .0764, .6197, .9516}, {7, 17, 1, .8067, .0869, .5631, .9228}, {10, 15, 1, .7529, .0963, .5032, .8894},
		{13, 12, 1, .6902, .1068, .4316, .8491}, {16, 11, 1, .6275, .1141, .3675, .8049}, {22, 7, 1, .5378, .1282, .2678, .7468}, {23, 6, 1, .4482, .1346, .1881, .6801},
	}
	if len(c.Points) != len(want) || c.N != 21 || c.Ends != 9 || c.Last != 35 {
		t.Fatalf("curve = %+v", c)
	}
	for i, w := range want {
		p := c.Points[i]
		if p.Time != w.time || p.AtRisk != w.risk || p.Events != w.events || p.Thin != (w.risk < 10) {
			t.Errorf("point %d = %+v, want %+v", i, p, w)
		}
		within(t, "S", p.Survival, w.s, 5e-5)
		within(t, "SE", p.SE, w.se, 5e-5)
		within(t, "low", p.Low, w.low, 5e-5)
		within(t, "high", p.High, w.high, 5e-5)
	}
	d := measure.Survive(control)
	for time, s := range map[float64]float64{1: .9048, 2: .8095, 3: .7619, 4: .6667, 5: .5714, 8: .3810, 11: .2857, 12: .1905, 15: .1429, 17: .0952, 22: .0476, 23: 0} {
		p, known := d.At(time)
		if !known {
			t.Errorf("nothing known at %v", time)
		}
		within(t, "S of control", p.Survival, s, 5e-5)
	}
	if m, ok := c.Median(); !ok || m != 23 {
		t.Errorf("median = %v, %v, want 23", m, ok)
	}
	if m, ok := d.Median(); !ok || m != 8 {
		t.Errorf("median of control = %v, %v, want 8", m, ok)
	}
	if last := d.Points[len(d.Points)-1]; last.Drawn || last.Survival != 0 || last.SE != 0 {
		t.Errorf("limits at S = 0: %+v", last)
	}
	if _, reached := c.Quantile(0.9); reached {
		t.Error("nine tenths were not reached")
	}
	if _, known := c.At(36); known {
		t.Error("nobody was watched for 36 weeks")
	}
}

func TestRemissionLogRank(t *testing.T) {
	treated, control := remission()
	r := measure.LogRank(treated, control)
	within(t, "O", r.Observed[0], 9, 0)
	within(t, "E", r.Expected[0], 19.2505, 5e-5)
	within(t, "O of control", r.Observed[1], 21, 0)
	within(t, "E of control", r.Expected[1], 10.7495, 5e-5)
	within(t, "chi2", r.Chi2, 16.7929, 5e-5)
	within(t, "V", math.Pow(r.Observed[0]-r.Expected[0], 2)/r.Chi2, 6.2570, 5e-5)
	within(t, "p", r.P, 4.17e-5, 5e-8)
	if r.Free != 1 || r.Withheld != "" {
		t.Errorf("test = %+v", r)
	}
}

// With three groups of which two are one split in half at random, the statistic has two degrees; order does not matter.
func TestLogRankOfSeveralGroups(t *testing.T) {
	treated, control := remission()
	a := measure.LogRank(treated, control[:10], control[10:])
	b := measure.LogRank(control[10:], treated, control[:10])
	if a.Free != 2 || b.Free != 2 {
		t.Fatalf("degrees %d, %d, want 2", a.Free, b.Free)
	}
	within(t, "chi2 in another order", b.Chi2, a.Chi2, 1e-9)
	within(t, "p", a.P, math.Exp(-a.Chi2/2), 1e-12)
	sum := 0.0
	for i := range a.Observed {
		sum += a.Observed[i] - a.Expected[i]
	}
	within(t, "sum of O−E", sum, 0, 1e-9)
}

// Tables of the chi-square distribution: 5 % points.
func TestChiSquareTail(t *testing.T) {
	point := map[int]float64{1: 3.841459, 2: 5.991465, 3: 7.814728, 4: 9.487729, 5: 11.070498, 10: 18.307038}
	for free, x := range point {
		groups := rankOf(free + 1)
		if got := measure.LogRank(groups...); got.Free != free || got.P <= 0 || got.P > 1 {
			t.Errorf("%d groups: %+v", free+1, got)
		}
		within(t, "tail", measure.ChiSquareTail(x, free), 0.05, 1e-7)
	}
}

func rankOf(k int) (groups [][]measure.Lived) {
	chance := rand.New(rand.NewPCG(uint64(k), 3))
	for range k {
		groups = append(groups, randomStays(chance, 12, false))
	}
	return groups
}

func TestHolmsCorrection(t *testing.T) {
	got := measure.Holm([]float64{0.01, 0.04, 0.03, 0.005})
	for i, want := range []float64{0.03, 0.06, 0.06, 0.02} {
		within(t, "corrected", got[i], want, 1e-12)
	}
}

func TestTooFewAreNoNumbers(t *testing.T) {
	for _, list := range [][]measure.Lived{nil, {stay(-3)}, {stay(0)}, {stay(4)}, {{End: math.NaN(), Cause: 1}, {End: math.Inf(1)}, {End: -1, Cause: 1}, {End: 5, Cause: 77}}, {stay(3), stay(3), stay(3)}} {
		c := measure.Survive(list)
		for _, p := range c.Points {
			for _, v := range []float64{p.Survival, p.SE, p.Low, p.High, p.Ended[1]} {
				if math.IsNaN(v) || v < 0 || v > 1 {
					t.Errorf("%v: point %+v", list, p)
				}
			}
		}
		if r := measure.LogRank(list, nil); r.Withheld != measure.NoData || r.P != 0 {
			t.Errorf("%v against nobody: %+v", list, r)
		}
	}
}

func randomStays(chance *rand.Rand, n int, late bool) []measure.Lived {
	list := make([]measure.Lived, n)
	for i := range list {
		list[i] = measure.Lived{End: float64(1 + chance.IntN(30)), Cause: measure.Cause(chance.IntN(4))}
		if late && chance.IntN(3) == 0 {
			list[i].Enter = float64(chance.IntN(int(list[i].End)))
		}
	}
	return list
}

// TestCurvesEqualANaiveCount counts those at risk anew for each time.
func TestCurvesEqualANaiveCount(t *testing.T) {
	for seed := range uint64(50) {
		list := randomStays(rand.New(rand.NewPCG(seed, 2)), 3+int(seed)*2, seed%2 == 1)
		c := measure.Survive(list)
		s, sum := 1.0, 0.0
		var cif [4]float64
		k := 0
		for at := 1.0; at <= 30; at++ {
			var n, d float64
			var by [4]float64
			for _, l := range list {
				if (l.Enter < at || l.Enter == 0) && l.End >= at {
					n++
					if l.End == at && l.Cause > 0 {
						d++
						by[l.Cause]++
					}
				}
			}
			if d == 0 {
				continue
			}
			for i := range by {
				cif[i] += s * by[i] / n
			}
			s *= (n - d) / n
			sum += d / (n * (n - d))
			p := c.Points[k]
			k++
			if p.Time != at || p.AtRisk != int(n) || p.Events != int(d) {
				t.Fatalf("seed %d: point %+v, want %v of %v at %v", seed, p, d, n, at)
			}
			within(t, "S", p.Survival, s, 1e-9)
			within(t, "sum of incidences and S", p.Survival+p.Ended[1]+p.Ended[2]+p.Ended[3], 1, 1e-9)
			for i := 1; i < 4; i++ {
				within(t, "incidence", p.Ended[i], cif[i], 1e-9)
			}
			if s > 0 && s < 1 {
				se := s * math.Sqrt(sum)
				within(t, "SE", p.SE, se, 1e-6)
				v := 1.959963984540054 * se / (s * -math.Log(s))
				within(t, "low", p.Low, math.Exp(math.Log(s)*math.Exp(v)), 1e-6)
				within(t, "high", p.High, math.Exp(math.Log(s)*math.Exp(-v)), 1e-6)
			}
		}
		if k != len(c.Points) {
			t.Fatalf("seed %d: %d points, want %d", seed, len(c.Points), k)
		}
	}
}
