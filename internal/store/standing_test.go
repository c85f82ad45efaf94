package store

import (
	"math/rand/v2"
	"slices"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// TestListsOfMembersTakeChanges compares the two ways of changing a list with a map.
func TestListsOfMembersTakeChanges(t *testing.T) {
	chance := rand.New(rand.NewPCG(5, 6))
	var added, put []measure.Tally
	sums, last := map[community.MemberKey]int64{}, map[community.MemberKey]int64{}
	for range 300 {
		var more, now []measure.Tally
		for range chance.IntN(6) {
			m, n := community.MemberKey(1+chance.IntN(400)*chance.IntN(400)), int64(chance.IntN(9))
			if chance.IntN(3) == 0 {
				n = -sums[m] // comes to nothing
			}
			more = append(more, measure.Tally{Member: m, Count: n})
			sums[m] += n
			bits := int64(8 + chance.IntN(8))
			now = append(now, measure.Tally{Member: m, Count: bits})
			last[m] = bits
		}
		added, put = addTallies(added, more), putTallies(put, now)
		for _, list := range [][]measure.Tally{added, put} {
			back, err := decodeTallies(nil, encodeTallies(list))
			if err != nil || !slices.Equal(back, list) {
				t.Fatalf("written and read: %v (%v), want %v", back, err, list)
			}
		}
	}
	check := func(what string, list []measure.Tally, want map[community.MemberKey]int64) {
		t.Helper()
		n := 0
		for _, m := range sortedKeys(want) {
			if want[m] == 0 {
				continue
			}
			if n >= len(list) || list[n] != (measure.Tally{Member: m, Count: want[m]}) {
				t.Fatalf("%s: place %d of %v, want %d with %d", what, n, list, m, want[m])
			}
			n++
		}
		if n != len(list) {
			t.Errorf("%s: %d members, want %d", what, len(list), n)
		}
	}
	check("added", added, sums)
	check("put", put, last)
	for cut := range len(encodeTallies(put)) {
		if back, err := decodeTallies(nil, encodeTallies(put)[:cut]); err == nil && len(back) >= len(put) {
			t.Fatalf("cut at %d reads as whole", cut)
		}
	}
}

// TestDaysHeardAreASet: in any order, within bounds, equal however they came to be.
func TestDaysHeardAreASet(t *testing.T) {
	chance := rand.New(rand.NewPCG(7, 8))
	for range 50 {
		want := map[measure.Day]bool{}
		var days []measure.Day
		for range 1 + chance.IntN(60) {
			d := measure.Day(20_000 + chance.IntN(1+chance.IntN(900)))
			days, want[d] = append(days, d), true
		}
		var a, b daySet
		fresh := 0
		for _, d := range days {
			if a.add(d) {
				fresh++
			}
		}
		slices.Reverse(days)
		for _, d := range days {
			b.add(d)
		}
		if fresh != len(want) || !slices.Equal(a.encode(), b.encode()) {
			t.Fatalf("%d new days, want %d; equal %v", fresh, len(want), slices.Equal(a.encode(), b.encode()))
		}
		back, err := decodeDays(a.encode())
		if err != nil {
			t.Fatal(err)
		}
		var got []measure.Day
		from, to := measure.Day(20_100), measure.Day(20_300)
		back.each(from, to, func(d measure.Day) { got = append(got, d) })
		n := 0
		for _, d := range sortedKeys(want) {
			if d < from || d > to {
				continue
			}
			if n >= len(got) || got[n] != d {
				t.Fatalf("days %v lack %d", got, d)
			}
			n++
		}
		if n != len(got) {
			t.Errorf("%d days, want %d", len(got), n)
		}
	}
	var s daySet
	if s.add(-1) || s.add(lastHeard+1) || len(s.encode()) != 0 {
		t.Error("a day of a clock gone mad is taken in")
	}
}
