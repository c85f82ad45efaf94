package lexicon

import (
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// foldTable is the folding worked out once: flat for the basic plane, a map for the planes above it.
type foldTable struct {
	base   [1 << 16]uint16 // rune → its folded form; a rune that folds out of the plane stands for itself
	astral map[rune]rune
	pairs  []foldPair           // every rune that does not fold to itself
	skip   [1 << 16 / 64]uint64 // bit set: isSkip
	counts [1 << 16]uint16      // base, with 0 for what Hash leaves out
	kinds  func() *classes      // no phrase yet
}

type foldPair struct{ from, to rune }

// folding is a constant that is too large to write down: worked out at first use, never changed.
var folding = sync.OnceValue(makeFolding)

func makeFolding() *foldTable {
	t := &foldTable{astral: map[rune]rune{}}
	t.kinds = sync.OnceValue(func() *classes { return newClasses(t) })
	for r := rune(0); r < 1<<16; r++ {
		t.base[r] = uint16(r)
		if isSkip(r) {
			t.skip[r>>6] |= 1 << (r & 63)
		}
	}
	note := func(from rune) {
		to := slowFold(from)
		if to == from {
			return
		}
		t.pairs = append(t.pairs, foldPair{from, to})
		if from < 1<<16 && to < 1<<16 {
			t.base[from] = uint16(to)
		} else {
			t.astral[from] = to
		}
	}
	for r := rune(0); r < 0x20000; r++ {
		note(r)
	}
	for r := rune(0x2f800); r < 0x2fa20; r++ { // compatibility ideographs
		note(r)
	}
	for r := rune(0); r < 1<<16; r++ {
		if !t.isSkip(r) && !isLineEnd(r) {
			t.counts[r] = t.base[r]
		}
	}
	return t
}

// unclassed is what foldings have where nothing is skipped.
var unclassed = sync.OnceValue(func() *classes { return newClasses(nil) })

func (t *foldTable) fold(r rune) rune {
	if uint32(r) < 1<<16 {
		return rune(t.base[r])
	}
	if to, ok := t.astral[r]; ok {
		return to
	}
	return r
}

func (t *foldTable) isSkip(r rune) bool {
	if uint32(r) < 1<<16 {
		return t.skip[r>>6]>>(r&63)&1 != 0
	}
	if isPicture(r) {
		return !isWordRune(t.fold(r)) || t.fold(r) == r
	}
	return (r < 0x20000 || r >= 0xe0000) && isSkip(r) // between them only ideographs
}

// Fold gives the rune that stands for r wherever texts are compared: compatibility forms of a single rune (full width,
// circled, mathematical, radicals), then case. It is idempotent and maps one rune to one rune.
func Fold(r rune) rune { return folding().fold(r) }

func slowFold(r rune) rune {
	for range 4 {
		next := foldOnce(r)
		if next == r {
			return r
		}
		r = next
	}
	return r
}

func foldOnce(r rune) rune {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}
	if !utf8.ValidRune(r) {
		return r
	}
	var in [utf8.UTFMax]byte
	n := utf8.EncodeRune(in[:], r)
	if out := norm.NFKC.Bytes(in[:n]); utf8.RuneCount(out) == 1 {
		r, _ = utf8.DecodeRune(out)
	}
	return unicode.ToLower(unicode.ToUpper(r))
}

// isSkip reports whether a rune is written between the runes of a word to disguise it: spaces, punctuation, symbols,
// emoji, invisible and combining characters. Line ends are not among them: no word goes over a line end.
func isSkip(r rune) bool {
	if isLineEnd(r) {
		return false
	}
	if isPicture(r) {
		return slowFold(r) == r || !isWordRune(slowFold(r))
	}
	if isWordRune(slowFold(r)) {
		return false
	}
	return unicode.In(r, unicode.Z, unicode.P, unicode.S, unicode.Cf, unicode.Cc, unicode.Mn, unicode.Me)
}

// isPicture covers the blocks of emoji and their kin, code points not assigned yet included.
func isPicture(r rune) bool { return 0x1f000 <= r && r < 0x1fb00 }

func isLineEnd(r rune) bool {
	switch r {
	case '\n', '\r', '\v', '\f', 0x85, 0x2028, 0x2029:
		return true
	}
	return false
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

func isASCIIWord(r rune) bool { return isASCIILetter(r) || isDigit(r) }

func isASCIILetter(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// isSpace is what stands between words: blanks, not line ends, not invisible characters.
func isSpace(r rune) bool { return r == '\t' || !isLineEnd(r) && unicode.Is(unicode.Zs, r) }
