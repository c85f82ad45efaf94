package measure_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// TestFiguresEqualANaiveCount compares over random days of three groups that share members.
func TestFiguresEqualANaiveCount(t *testing.T) {
	for seed := range uint64(30) {
		chance := rand.New(rand.NewPCG(seed, 1))
		from, to := measure.Day(20_000), measure.Day(20_000+chance.IntN(50))
		src := rows{size: 100, unknown: map[measure.Day]bool{}}
		for g := range community.GroupKey(3) {
			for d := from - 40; d <= to+3; d++ {
				if chance.IntN(4) > 0 {
					src.days = append(src.days, randomDay(chance, g+1, d))
				}
			}
		}
		for d := from - 29; d <= to; d++ {
			src.unknown[d] = chance.IntN(12) == 0
		}
		places := []measure.Place{{Group: 1, Zone: shanghai}, {Group: 2, Zone: shanghai}, {Group: 3, Zone: shanghai}}
		a, err := measure.Measure(t.Context(), src, places, from, to)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, fmt.Sprintf("seed %d", seed), a, src)
	}
}

func randomDay(chance *rand.Rand, g community.GroupKey, d measure.Day) measure.DayRow {
	row := measure.DayRow{Group: g, Day: d, Events: 1, Joins: chance.Int64N(3), Leaves: chance.Int64N(3), Recalled: chance.Int64N(3)}
	for m := community.MemberKey(1); m < 4000; m += community.MemberKey(1 + chance.IntN(900)) {
		s := measure.Speech{Member: m}
		for class := range 2 {
			n := 1 + chance.Int64N(3)
			if m == 1 {
				n *= 5000 // more than counts are gathered without a map
			}
			s.Cells = append(s.Cells, measure.Cell{Hour: chance.IntN(24), Class: community.Class(class * 7), Count: n})
			row.Messages += n
		}
		row.Speech = append(row.Speech, s)
		row.Speakers++
	}
	return row
}

// naive is who said how much on the days [from, to], and on how many of them.
func naive(src rows, from, to measure.Day) (said map[community.MemberKey]int64, days map[community.MemberKey]map[measure.Day]bool) {
	said, days = map[community.MemberKey]int64{}, map[community.MemberKey]map[measure.Day]bool{}
	for _, row := range src.days {
		if row.Day < from || row.Day > to {
			continue
		}
		for _, s := range row.Speech {
			if days[s.Member] == nil {
				days[s.Member] = map[measure.Day]bool{}
			}
			said[s.Member] += s.Messages()
			days[s.Member][row.Day] = true
		}
	}
	return said, days
}

func compare(t *testing.T, what string, a measure.Activity, src rows) {
	t.Helper()
	for i, d := range a.Daily {
		day := a.From + measure.Day(i)
		var want [3]int64
		for k, window := range []measure.Day{0, 6, 29} {
			said, _ := naive(src, day-window, day)
			want[k] = int64(len(said))
		}
		if got := [3]int64{d.DAU, d.WAU, d.MAU}; got != want {
			t.Errorf("%s, %s: DAU, WAU, MAU = %v, want %v", what, day, got, want)
		}
	}
	said, days := naive(src, a.From, a.To)
	counts := make([]int64, 0, len(said))
	var order []measure.Speaker
	var sum, ones int64
	for m, n := range said {
		counts = append(counts, n)
		order = append(order, measure.Speaker{Member: m, Messages: n, Days: len(days[m])})
		sum += n
		if n == 1 {
			ones++
		}
	}
	slices.Sort(counts)
	slices.SortFunc(order, func(x, y measure.Speaker) int {
		if x.Messages != y.Messages {
			return int(y.Messages - x.Messages)
		}
		return int(x.Member - y.Member)
	})
	n := len(counts)
	var weighted float64
	for i, x := range counts {
		weighted += float64(i+1) * float64(x)
	}
	top := 0.0
	for _, s := range order[:(n+9)/10] {
		top += float64(s.Messages)
	}
	near(t, what+": Gini", a.Gini.Value, 2*weighted/(float64(n)*float64(sum))-float64(n+1)/float64(n))
	near(t, what+": top 10 %", a.Top10.Num, top)
	near(t, what+": median", a.Median, float64(counts[(n-1)/2]+counts[n/2])/2)
	near(t, what+": one message", a.OneMessage.Num, float64(ones))
	if a.P90 != counts[(n*90+99)/100-1] || a.Messages != sum || a.Speakers != int64(n) {
		t.Errorf("%s: p90 %d, messages %d, speakers %d; want %d, %d, %d", what, a.P90, a.Messages, a.Speakers, counts[(n*90+99)/100-1], sum, n)
	}
	if !slices.Equal(a.Top, order[:min(n, 20)]) {
		t.Errorf("%s: top = %v, want %v", what, a.Top, order[:min(n, 20)])
	}
}
