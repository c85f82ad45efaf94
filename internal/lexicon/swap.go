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
			v.swappedAs(s, i, size, s.sums[i+size]-s.sums[i], 0)
			if v.views&Loose != 0 {
				v.parted(s, i, size)
			}
		}
	}
}

// parted finds the words of size characters, beginning at token i, among which stand foreign ones.
func (v *veil) parted(s *scratch, i, size int) {
	if i+size >= len(s.tokens) {
		return
	}
	one := s.sums[i+size+1] - s.sums[i]
	for k := 1; k < size; k++ {
		v.swappedAs(s, i, size+1, one-runeSum(s.tokens[i+k].r), 1<<k)
	}
	if i+size+1 >= len(s.tokens) || size > maxParted {
		return
	}
	two := s.sums[i+size+2] - s.sums[i]
	for k := 1; k <= size; k++ {
		for m := k + 1; m <= size; m++ {
			v.swappedAs(s, i, size+2, two-runeSum(s.tokens[i+k].r)-runeSum(s.tokens[i+m].r), 1<<k|1<<m)
		}
	}
}

// maxParted is how many characters a word has at most that is looked for with two foreign ones among them.
const maxParted = 5

// What is believed to be a word in another order, or among others, whatever else could be read there: one of so many characters, and one
// more for each foreign one. Of a word of two characters that foreign ones part, the mean cost of the two as words of their own must
// be so high.
const (
	surelySwapped = 4
	oddParted     = 54
	oddParted2    = 62
)

// swappedAs notes the words of whose characters size tokens from i on are made, all but the foreign ones, counted from i on.
func (v *veil) swappedAs(s *scratch, i, size int, sum, foreign uint64) {
	x := &v.swaps
	if h := sum * golden >> x.shift; x.bits[h>>6]>>(h&63)&1 == 0 {
		return
	}
	for _, p := range x.sums[sum] {
		l := laying{v: v, s: s, p: &v.list[p], from: i}
		if (foreign == 0 || l.p.views&Loose != 0) && l.isSwapped(size, foreign) && l.isBelieved(size, foreign) {
			v.note(s, l.p, i, i+size, Swap)
		}
	}
}

// isBelieved reports whether tokens that are the phrase's runes in another order, or among foreign ones, are hardly said otherwise.
func (l *laying) isBelieved(size int, foreign uint64) bool {
	runes, others := l.p.runes, bits.OnesCount64(foreign)
	if len(runes) >= surelySwapped+others {
		return true
	}
	if len(runes) > 2 || others == 0 {
		return !l.v.isTalk(l.s, l.p, l.from, l.from+size, Swap, l.moved(size))
	}
	least := int32(2 * oddParted)
	if others > 1 {
		least = 2 * oddParted2
	}
	first, last := l.s.tokens[l.from].r, l.s.tokens[l.from+size-1].r
	return first == runes[0] && last == runes[1] && l.v.chart.singleCost(first)+l.v.chart.singleCost(last) >= least &&
		!l.v.isTalk(l.s, l.p, l.from, l.from+size, Swap, 1|1<<(size-1))
}

// isSwapped reports whether the tokens, but for the foreign ones, are the phrase's runes, in another order where there are none.
func (l *laying) isSwapped(size int, foreign uint64) bool {
	if size != len(l.p.runes)+bits.OnesCount64(foreign) || foreign == 0 && l.s.holds(l.from, l.p.runes) {
		return false
	}
	var room [maxSwap]rune
	left := append(room[:0], l.p.runes...)
	for k := range size {
		t := &l.s.tokens[l.from+k]
		if k > 0 && t.cut {
			return false
		}
		if foreign>>k&1 != 0 {
			continue
		}
		at := slices.Index(left, t.r)
		if at < 0 {
			return false
		}
		left = slices.Delete(left, at, at+1)
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
