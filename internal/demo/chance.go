package demo

import "math/rand/v2"

// chance draws from a seed: the same seed gives the same draws.
type chance struct{ r *rand.Rand }

func newChance(seed, stream uint64) chance { return chance{rand.New(rand.NewPCG(seed, stream))} }

func (c chance) happens(p float64) bool { return c.r.Float64() < p }

// between draws from lo to hi, both possible.
func (c chance) between(lo, hi int64) int64 {
	if hi <= lo {
		return lo
	}
	return lo + c.r.Int64N(hi-lo+1)
}

func pick[T any](c chance, list []T) T { return list[c.r.IntN(len(list))] }

// weighted draws an index by weight; -1 when no weight is positive.
func (c chance) weighted(weights []float64) int {
	sum := 0.0
	for _, x := range weights {
		sum += x
	}
	if sum <= 0 {
		return -1
	}
	at := c.r.Float64() * sum
	last := -1
	for i, x := range weights {
		if x <= 0 {
			continue
		}
		last = i
		if at -= x; at < 0 {
			return i
		}
	}
	return last
}
