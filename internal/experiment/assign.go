package experiment

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"
)

// draw is a number in [0, 1) that a salt and a unit make together: the same ones the same, on every machine, for ever.
func draw(salt, unit string) float64 {
	sum := sha256.Sum256([]byte(salt + "\x00" + unit))
	return float64(binary.BigEndian.Uint64(sum[:8])>>11) / (1 << 53)
}

// ArmOf says which arm a unit belongs to, 0 = A or 1 = B; shareB in percent. It is asked once per unit and the answer is kept.
func ArmOf(salt, unit string, shareB int) int {
	if draw(salt, unit)*100 < float64(shareB) {
		return 1
	}
	return 0
}

// Deal puts groups into equal arms (differing by one at most), in the order of their draws.
func Deal(salt string, units []string) map[string]int {
	order := slices.Clone(units)
	slices.Sort(order)
	order = slices.Compact(order)
	slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(draw(salt, a), draw(salt, b)) })
	first := ArmOf(salt, "first", 50)
	out := make(map[string]int, len(order))
	for i, u := range order {
		out[u] = (i + first) % 2
	}
	return out
}

// Switch is a switch-back: everybody gets one way for Length days, then perhaps the other; of each slot the first Wash days are not
// counted, because what was before still has its effect. Slots come in pairs, one of each arm, in drawn order.
type Switch struct {
	Length, Wash int // days; Wash < Length
}

// Slot is which slot a day of the experiment (0 = the first) lies in, which arm it has, and whether its figures count.
func (s Switch) Slot(salt string, day int) (slot, arm int, counts bool) {
	length := max(1, s.Length)
	slot = day / length
	if day < 0 {
		return 0, 0, false
	}
	arm = (slot + ArmOf(salt, "pair "+strconv.Itoa(slot/2), 50)) % 2
	return slot, arm, day%length >= min(max(0, s.Wash), length-1)
}
