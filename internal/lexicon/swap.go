package lexicon

import (
	"math/bits"
	"slices"
	"unsafe"
)

// maxSwap is how many characters a word has at most that is looked for in any order.
const maxSwap = 8

// swapIndex leads from the characters of a word, in whatever order, to it.
type swapIndex struct {
	bits    []uint64
	shift   uint
	lengths uint16 // bit n: a word of n characters
	sums    map[uint64][]int32
}

func (x *swapIndex) size(n int) {
	b := max(bits.Len(uint(n*32)), 10)
	x.bits, x.shift, x.sums = make([]uint64, 1<<(b-6)), uint(64-b), map[uint64][]int32{}
}

// runeSum is a rune's share in the sum that stands for a set of runes.
func runeSum(r rune) uint64 {
	h := (uint64(uint32(r)) + 1) * golden
	return (h ^ h>>31) * 0xbf58476d1ce4e5b9
}

func (x *swapIndex) add(runes []rune, i int32) {
	sum := uint64(0)
	for _, r := range runes {
		sum += runeSum(r)
	}
	x.sums[sum] = append(x.sums[sum], i)
	x.lengths |= 1 << len(runes)
	h := sum * golden >> x.shift
	x.bits[h>>6] |= 1 << (h & 63)
}

func (x *swapIndex) bytes() int {
	n := len(x.bits) * 8
	for _, list := range x.sums {
		n += 40 + 4*len(list)
	}
	return n + int(unsafe.Sizeof(*x))
}

// swapped finds the words whose characters stand side by side in another order, beginning before token n.
func (v *veil) swapped(s *scratch, n int) {
	s.sums = append(s.sums[:0], 0)
	for i := range s.tokens {
		s.sums = append(s.sums, s.sums[i]+runeSum(s.tokens[i].r))
	}
	x := &v.swaps
	for i := range n {
		for lengths := x.lengths; lengths != 0; lengths &= lengths - 1 {
			size := bits.TrailingZeros16(lengths)
			if i+size > len(s.tokens) || s.tokens[i+size-1].cut && size > 1 {
				break
			}
			sum := s.sums[i+size] - s.sums[i]
			v.swappedAs(s, i, size, sum, -1)
			if v.views&Loose == 0 || size < minMixed || i+size == len(s.tokens) {
				continue
			}
			sum = s.sums[i+size+1] - s.sums[i]
			for k := i + 1; k < i+size; k++ {
				v.swappedAs(s, i, size+1, sum-runeSum(s.tokens[k].r), k)
			}
		}
	}
}

// minMixed is how many characters a word has at least that is looked for with a foreign one among them.
const minMixed = 3

// swappedAs notes the words of whose characters size tokens from i on are made, all but the foreign one (-1: there is none).
func (v *veil) swappedAs(s *scratch, i, size int, sum uint64, foreign int) {
	x := &v.swaps
	if h := sum * golden >> x.shift; x.bits[h>>6]>>(h&63)&1 == 0 {
		return
	}
	for _, p := range x.sums[sum] {
		l := laying{v: v, s: s, p: &v.list[p], from: i}
		if foreign >= 0 && l.p.views&Loose == 0 || !l.isSwapped(size, foreign) {
			continue
		}
		if !v.isTalk(s, l.p, i, i+size, Swap, l.moved(size)) {
			v.note(s, l.p, i, i+size, Swap)
		}
	}
}

// isSwapped reports whether the tokens, but for the foreign one, are the phrase's runes, in another order
// where there is none.
func (l *laying) isSwapped(size, foreign int) bool {
	if foreign < 0 && (size != len(l.p.runes) || l.s.holds(l.from, l.p.runes)) || foreign >= 0 && size != len(l.p.runes)+1 {
		return false
	}
	var room [maxSwap]rune
	left := append(room[:0], l.p.runes...)
	for i := l.from; i < l.from+size; i++ {
		t := &l.s.tokens[i]
		if i == foreign && !t.cut {
			continue
		}
		k := slices.Index(left, t.r)
		if k < 0 || i > l.from && t.cut {
			return false
		}
		left = slices.Delete(left, k, k+1)
	}
	return true
}

// moved marks the tokens that do not stand beside the one that they stand beside in the phrase.
func (l *laying) moved(size int) uint64 {
	changed := uint64(0)
	for i := range size {
		r := l.s.tokens[l.from+i].r
		beside := false
		for k, want := range l.p.runes {
			beside = beside || want == r && (i > 0 && k > 0 && l.s.tokens[l.from+i-1].r == l.p.runes[k-1] ||
				i+1 < size && k+1 < len(l.p.runes) && l.s.tokens[l.from+i+1].r == l.p.runes[k+1])
		}
		if !beside {
			changed |= 1 << i
		}
	}
	return changed
}
