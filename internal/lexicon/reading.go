package lexicon

import (
	"math/bits"
	"unicode/utf8"
	"unsafe"
)

// reading is what a token, or some of them together, may stand for.
type reading struct {
	key  uint16
	next int // the token after
}

// readings appends what may be read at token i. Pictures that mean nothing here are passed over.
func (v *veil) readings(s *scratch, i int, buf []reading) []reading {
	had := len(buf)
	for skipped := 0; i < len(s.tokens) && skipped <= MaxGap; skipped++ {
		t := &s.tokens[i]
		if len(buf) > had && t.cut {
			return buf
		}
		switch t.kind {
		case hanToken:
			return v.split(s, i, appendSounds(v.keysOf(t.r), i+1, buf))
		case letterToken:
			return v.spelled(s, i, append(buf, reading{literalKey(t.r), i + 1}))
		case emojiToken:
			for _, r := range v.chart.emoji[t.r] {
				buf = appendSounds(v.chart.soundsOf(r), i+1, buf)
			}
			i++
		default:
			return v.split(s, i, append(buf, reading{literalKey(t.r), i + 1}))
		}
	}
	return buf
}

func appendSounds(sounds [maxSounds]syllable, next int, buf []reading) []reading {
	for _, s := range sounds {
		if s != 0 {
			buf = append(buf, reading{s, next})
		}
	}
	return buf
}

// spelled appends the syllables that are spelled from token i on.
func (v *veil) spelled(s *scratch, i int, buf []reading) []reading {
	if s.reach[i]&fromStart == 0 {
		return buf
	}
	var name [maxSpelled]byte
	for n := range maxSpelled {
		if i+n >= len(s.tokens) || n > 0 && !s.joined(i+n) {
			break
		}
		name[n] = byte(s.tokens[i+n].r)
		if syl, ok := v.chart.spelled[string(name[:n+1])]; ok {
			buf = append(buf, reading{syl, i + n + 1})
		}
	}
	return buf
}

// maxSpelled is how many letters a syllable has at most.
const maxSpelled = 6

// joined reports whether token i is a letter right after another one.
func (s *scratch) joined(i int) bool {
	t := &s.tokens[i]
	return t.kind == letterToken && i > 0 && s.tokens[i-1].kind == letterToken && t.gap == 0 && !t.cut
}

// What is known about the place before a token in a run of letters.
const (
	fromStart = 1 << iota // syllables end here, from the run's start on
	toEnd                 // syllables go from here to the run's end
)

// spell works out where syllables may begin and end in runs of letters.
func (v *veil) spell(s *scratch) {
	n := len(s.tokens)
	s.reach = append(s.reach[:0], make([]uint8, n+1)...)
	var name [maxSpelled]byte
	step := func(i int, reached func(next int)) {
		for k := range maxSpelled {
			if i+k >= n || s.tokens[i+k].kind != letterToken || k > 0 && !s.joined(i+k) {
				return
			}
			name[k] = byte(s.tokens[i+k].r)
			if _, ok := v.chart.spelled[string(name[:k+1])]; ok {
				reached(i + k + 1)
			}
		}
	}
	for i := range n {
		if s.tokens[i].kind == letterToken && !s.joined(i) {
			s.reach[i] |= fromStart
		}
		if s.tokens[i].kind == letterToken && s.reach[i]&fromStart != 0 {
			step(i, func(next int) {
				if next < n && s.joined(next) {
					s.reach[next] |= fromStart
				}
			})
		}
	}
	for i := n; i >= 0; i-- {
		if i == n || !s.joined(i) {
			s.reach[i] |= toEnd
			continue
		}
		step(i, func(next int) {
			if next == n || !s.joined(next) || s.reach[next]&toEnd != 0 {
				s.reach[i] |= toEnd
			}
		})
	}
}

// splitIndex leads from the first two parts of a character to it.
type splitIndex struct {
	bits  []uint64
	shift uint
	known map[rune]bool
	ways  map[[2]rune][]splitWay
}

type splitWay struct {
	whole rune
	parts []rune
}

func (x *splitIndex) size(n int) {
	b := max(bits.Len(uint(n*32)), 10)
	x.bits, x.shift = make([]uint64, 1<<(b-6)), uint(64-b)
	x.known, x.ways = map[rune]bool{}, map[[2]rune][]splitWay{}
}

func (x *splitIndex) add(v *veil, r rune) {
	if x.known[r] {
		return
	}
	x.known[r] = true
	for way := range v.chart.ways(r) {
		parts := foldedParts(v.fold, way)
		key := [2]rune{parts[0], parts[1]}
		x.ways[key] = append(x.ways[key], splitWay{r, parts})
		h := runeHash(key[0], key[1]) >> x.shift
		x.bits[h>>6] |= 1 << (h & 63)
	}
}

// may reports whether two runes may be the first parts of a character.
func (x *splitIndex) may(a, b rune) bool {
	h := runeHash(a, b) >> (x.shift & 63)
	return x.bits[h>>6]>>(h&63)&1 != 0
}

func foldedParts(fold *foldTable, way string) []rune {
	parts := make([]rune, 0, utf8.RuneCountInString(way))
	for _, r := range way {
		parts = append(parts, fold.fold(r))
	}
	return parts
}

func runeHash(a, b rune) uint64 { return (uint64(uint32(a))<<32 | uint64(uint32(b))) * golden }

func (x *splitIndex) bytes() int {
	n := len(x.bits)*8 + len(x.known)*16
	for _, ways := range x.ways {
		n += 48
		for _, w := range ways {
			n += int(unsafe.Sizeof(w)) + 4*len(w.parts)
		}
	}
	return n
}

// split appends the characters whose parts stand from token i on.
func (v *veil) split(s *scratch, i int, buf []reading) []reading {
	if v.views&Split == 0 || i+1 >= len(s.tokens) || s.tokens[i+1].cut {
		return buf
	}
	a, b := s.tokens[i].r, s.tokens[i+1].r
	if !v.splits.may(a, b) {
		return buf
	}
	for _, w := range v.splits.ways[[2]rune{a, b}] {
		if s.holds(i, w.parts) {
			buf = appendSounds(v.keysOf(w.whole), i+len(w.parts), buf)
		}
	}
	return buf
}

// holds reports whether the runes stand one after another from token i on.
func (s *scratch) holds(i int, runes []rune) bool {
	if i+len(runes) > len(s.tokens) {
		return false
	}
	for k, r := range runes {
		if t := &s.tokens[i+k]; t.r != r || k > 0 && t.cut {
			return false
		}
	}
	return true
}
