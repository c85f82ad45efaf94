package measure

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestTermIndexHoldsWhatAMapWouldHold lets windows pass by, with few terms (long lists), many (the table grows) and terms that
// fall on the same slot.
func TestTermIndexHoldsWhatAMapWouldHold(t *testing.T) {
	for _, kinds := range []int{5, 300, 1 << 20} {
		chance := rand.New(rand.NewPCG(7, uint64(kinds)))
		th, want := NewThreads(), map[uint32][]int{}
		for n := range 1200 {
			var terms []uint32
			for range chance.IntN(wordTerms + 1) {
				if w := uint32(chance.IntN(kinds)) << 20; !slices.Contains(terms, w) {
					terms = append(terms, w)
				}
			}
			if len(th.turns) == threadTurns {
				for _, w := range th.turns[0].terms {
					want[w] = want[w][1:]
				}
			}
			th.push(turn{number: int64(n), terms: terms})
			for _, w := range terms {
				want[w] = append(want[w], n)
			}
			for w, places := range want {
				if got := held(th, w); !slices.Equal(got, places) {
					t.Fatalf("of %d kinds, after %d: term %d in %v, want %v", kinds, n, w, got, places)
				}
				if len(places) == 0 {
					delete(want, w)
				}
			}
			if th.holds.used != len(want) {
				t.Fatalf("of %d kinds, after %d: %d slots used, want %d", kinds, n, th.holds.used, len(want))
			}
		}
	}
}

// held are the turns that hold a term, by their places from the beginning.
func held(th *Threads, w uint32) (places []int) {
	s := th.holds.slots[th.holds.at(w)]
	for place, left := s.head, s.count; left > 0; left-- {
		i, term := place.in(th.first)
		places = append(places, th.first+i)
		place = th.turns[i].before[term]
	}
	slices.Reverse(places)
	return places
}
