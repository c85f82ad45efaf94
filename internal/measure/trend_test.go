package measure

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func spots(v ...float64) []Spot {
	list := make([]Spot, len(v))
	for i, x := range v {
		list[i] = Spot{i, x}
	}
	return list
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > within {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

// The reference values of methods.md §4.
func TestTrendsEqualTheReference(t *testing.T) {
	up := MannKendall(spots(1, 2, 3, 4, 5, 6, 7, 8, 9, 10))
	if up.S != 45 || up.Var != 125 || up.Sen != 1 {
		t.Errorf("1…10: %+v", up)
	}
	near(t, "z", up.Z, 3.9355, 5e-5)
	near(t, "p", up.P, 8.3e-5, 5e-7)
	casual := MannKendall(spots(859, 430, 217, 571, 788, 688, 665, 245, 144, 381, 228, 350))
	if casual.S != -24 {
		t.Errorf("months: S = %d", casual.S)
	}
	near(t, "months: z", casual.Z, -1.5772, 5e-5)
	near(t, "months: p", casual.P, 0.1148, 5e-5)
	near(t, "months: Sen", casual.Sen, -33.267, 5e-4)
}

// naiveTrend computes S, its variance, the slope and the widening in another way: by counting.
func naiveTrend(list []Spot) (s int, variance, sen, widened float64) {
	seen := map[float64]int{}
	var slopes []float64
	for i, a := range list {
		seen[a.Value]++
		for _, b := range list[:i] {
			switch {
			case a.Value > b.Value:
				s++
			case a.Value < b.Value:
				s--
			}
			slopes = append(slopes, (a.Value-b.Value)/float64(a.At-b.At))
		}
	}
	n := float64(len(list))
	variance = n * (n - 1) * (2*n + 5) / 18
	for _, c := range seen {
		k := float64(c)
		variance -= k * (k - 1) * (2*k + 5) / 18
	}
	slices.Sort(slopes)
	if k := len(slopes); k > 0 {
		sen = (slopes[(k-1)/2] + slopes[k/2]) / 2
	}
	rank := make([]float64, len(list))
	for i, a := range list {
		for j, b := range list {
			x, y := a.Value-sen*float64(a.At), b.Value-sen*float64(b.At)
			if y < x || y == x && j == i {
				rank[i]++
			} else if y == x {
				rank[i] += 0.5
			}
		}
	}
	mean, c0 := (n+1)/2, 0.0
	for _, r := range rank {
		c0 += (r - mean) * (r - mean)
	}
	sum := 0.0
	for lag := 1; lag <= len(list)-3; lag++ {
		c := 0.0
		for i := lag; i < len(list); i++ {
			c += (rank[i] - mean) * (rank[i-lag] - mean)
		}
		if r := c / c0; c0 > 0 && math.Abs(r) > 1.96/math.Sqrt(n) {
			k := n - float64(lag)
			sum += k * (k - 1) * (k - 2) * r
		}
	}
	return s, variance, sen, math.Max(1, 1+2*sum/(n*(n-1)*(n-2)))
}

func TestTrendsEqualASecondReckoning(t *testing.T) {
	rng := rand.New(rand.NewPCG(41, 42))
	wider := 0
	for range 500 {
		n := 4 + rng.IntN(30)
		list, at, x := make([]Spot, n), 0, 50.0
		for i := range list {
			at += 1 + rng.IntN(3)
			x += float64(rng.IntN(9) - 4) // a walk: autocorrelated
			list[i] = Spot{at, math.Round(x)}
		}
		s, variance, sen, widened := naiveTrend(list)
		plain, got := MannKendall(list), MannKendallCorrelated(list)
		if plain.S != s || got.S != s {
			t.Fatalf("S = %d, want %d: %v", got.S, s, list)
		}
		near(t, "Var", plain.Var, variance, 1e-9)
		near(t, "Sen", got.Sen, sen, 1e-9)
		near(t, "widened", got.Widened, widened, 1e-9)
		near(t, "widened Var", got.Var, variance*widened, 1e-6)
		if got.P < plain.P-1e-12 {
			t.Fatalf("p fell from %v to %v by autocorrelation", plain.P, got.P)
		}
		if got.Widened > 1 {
			wider++
		}
	}
	if wider < 100 {
		t.Errorf("%d of 500 walks were held for autocorrelated", wider)
	}
}

func TestTrendOfLittleIsNone(t *testing.T) {
	for _, list := range [][]Spot{nil, spots(3), spots(3, 3), spots(0, 0, 0, 0, 0, 0, 0, 0)} {
		for _, got := range []Trend{MannKendall(list), MannKendallCorrelated(list)} {
			if got.P != 1 || got.Z != 0 || got.S != 0 || math.IsNaN(got.Sen+got.Median+got.Var) {
				t.Errorf("%v: %+v", list, got)
			}
		}
	}
}

func TestShiftsAreFound(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var list []Spot
	for i := range 40 {
		level := 60.0
		if i >= 25 {
			level = 25
		}
		list = append(list, Spot{i, math.Round(level + 4*rng.NormFloat64())})
	}
	got := Shifts(list)
	if len(got) != 1 || got[0].At < 24 || got[0].At > 26 || got[0].Before < 55 || got[0].After > 30 {
		t.Errorf("shifts = %+v, want one at week 25 from about 60 to 25", got)
	}
	if got := Shifts(list[:25]); len(got) != 0 {
		t.Errorf("a level series has shifts %+v", got)
	}
	if got := Shifts(list[:5]); got != nil {
		t.Errorf("of five weeks: %+v", got)
	}
}

// newMoon is the k-th new moon after that of January 2000, as days from 1970 (UT), to some minutes: Meeus, Astronomical Algorithms,
// chapter 49, main terms.
func newMoon(k float64) float64 {
	c := k / 1236.85
	jde := 2451550.09766 + 29.530588861*k + 0.00015437*c*c
	rad := func(deg float64) float64 { return deg * math.Pi / 180 }
	m, mm := rad(2.5534+29.10535670*k), rad(201.5643+385.81693528*k)
	f, omega := rad(160.7108+390.67050284*k), rad(124.7746-1.56375588*k)
	jde += -0.40720*math.Sin(mm) + 0.17241*math.Sin(m) + 0.01608*math.Sin(2*mm) + 0.01039*math.Sin(2*f) + 0.00739*math.Sin(mm-m) - 0.00514*math.Sin(mm+m) +
		0.00208*math.Sin(2*m) - 0.00111*math.Sin(mm-2*f) - 0.00057*math.Sin(mm+2*f) + 0.00056*math.Sin(2*mm+m) - 0.00042*math.Sin(3*mm) + 0.00042*math.Sin(m+2*f) -
		0.00024*math.Sin(2*mm-m) - 0.00017*math.Sin(omega)
	return jde - 70.0/86400 - 2440587.5 // terrestrial time is about 70 s ahead
}

func TestSpringFestivalIsANewMoon(t *testing.T) {
	for year := 2015; year <= 2035; year++ {
		from := float64(time.Date(year, 1, 21, 0, 0, 0, 0, time.UTC).Unix())/86400 - 8.0/24
		k := math.Floor((float64(year) - 2000) * 12.3685)
		for newMoon(k) >= from {
			k--
		}
		for newMoon(k) < from {
			k++
		}
		day := Day(math.Floor(newMoon(k) + 8.0/24))
		if Holiday(day) != SpringFestival || Holiday(day-1) != SpringFestival || Holiday(day-2) != "" || Holiday(day+6) != SpringFestival || Holiday(day+7) != "" {
			t.Errorf("%d: the moon is new on %s, the table has %v", year, day, springFestival[year])
		}
	}
	if d, _ := ParseDay("2026-10-03"); Holiday(d) != NationalDay || Holiday(d+7) != "" {
		t.Error("1 to 7 October is National Day")
	}
}
