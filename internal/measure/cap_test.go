package measure

import (
	"math/rand/v2"
	"testing"
)

// grown makes the sizes of a group that ends at size with the daily growth given, oldest first.
func grown(end int64, growth ...int64) ([]int64, []bool) {
	sizes, covered := make([]int64, len(growth)+1), make([]bool, len(growth)+1)
	sizes[len(growth)] = end
	for i := len(growth) - 1; i >= 0; i-- {
		sizes[i] = sizes[i+1] - growth[i]
	}
	for i := range covered {
		covered[i] = true
	}
	return sizes, covered
}

func steady(n int, by int64) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = by
	}
	return out
}

func TestGroupThatGrowsEvenlyIsFullOnTheDay(t *testing.T) {
	sizes, covered := grown(480, steady(28, 4)...)
	got := ForecastCap(sizes, covered, 500, 1000)
	if got.State != CapDay || got.Day != 1005 || got.Early != 1005 || got.Late != 1005 || got.Growth != 4 || got.Known != 28 {
		t.Errorf("forecast = %+v, want day 1005 without any doubt", got)
	}
}

func TestForecastSaysWhatIsNotKnown(t *testing.T) {
	even, all := grown(300, steady(28, 1)...)
	shrinking, _ := grown(300, steady(28, -2)...)
	few, fewDays := grown(300, steady(6, 5)...)
	gaps, _ := grown(300, steady(28, 5)...)
	holes := make([]bool, len(gaps))
	for i := range holes {
		holes[i] = i%2 == 0
	}
	unread := make([]int64, 29)
	for i := range unread {
		unread[i] = -1
	}
	full, _ := grown(500, steady(28, 1)...)
	slow, _ := grown(100, append(steady(27, 0), 1)...)
	for name, c := range map[string]struct {
		sizes   []int64
		covered []bool
		limit   int64
		want    string
		known   int
	}{
		"no limit": {even, all, 0, CapNone, 0}, "full": {full, all, 500, CapFull, 0}, "shrinking": {shrinking, all, 500, CapFar, 28},
		"a week is too short": {few, fewDays, 500, CapFew, 6}, "every second day": {gaps, holes, 500, CapDay, 14}, "never read": {unread, all, 500, CapUnknown, 0},
		"nothing at all": {nil, nil, 500, CapUnknown, 0}, "beyond a year": {slow, all, 500, CapFar, 28},
	} {
		if got := ForecastCap(c.sizes, c.covered, c.limit, 1000); got.State != c.want || got.Known != c.known {
			t.Errorf("%s: %+v, want %s from %d days", name, got, c.want, c.known)
		}
	}
}

// TestIntervalHoldsTheDayFourTimesInFive follows invented groups until they are full and counts how often the interval
// was right.
func TestIntervalHoldsTheDayFourTimesInFive(t *testing.T) {
	chance := rand.New(rand.NewPCG(7, 11))
	step := func() int64 { return int64(chance.IntN(9)) - 2 } // mean 2, standard deviation 2.58
	const groups = 2000
	held := 0
	for range groups {
		growth := make([]int64, CapSpan)
		for i := range growth {
			growth[i] = step()
		}
		sizes, covered := grown(430, growth...)
		got := ForecastCap(sizes, covered, 500, 0)
		size, day := int64(430), Day(0)
		for size < 500 {
			size += step()
			day++
		}
		if got.State == CapDay && got.Early <= day && (got.Late == 0 || day <= got.Late) {
			held++
		}
	}
	if share := float64(held) / groups; share < 0.74 || share > 0.88 {
		t.Errorf("the interval held %.3f of %d, want about 0.80", share, groups)
	}
}
