package learn

import (
	"unicode"
	"unicode/utf8"

	"qunluo/internal/lexicon"
)

// The space of features and what is looked at.
const (
	spaceBits = 18
	space     = 1 << spaceBits
	maxRunes  = 400 // of a text: advertising says early what it wants
)

// mark is a feature as it occurs in a text.
type mark struct {
	bucket     uint32
	start, end int32 // bytes
}

// reader takes texts apart; it keeps its room from text to text. It is for one goroutine.
type reader struct {
	said  []letter
	runs  []run
	marks []mark
	links []lexicon.Link
	seen  [seenSize]uint64 // buckets of this text, each with the text's number above it
	texts uint64
}

// seenSize is twice what a text can have of marks.
const seenSize = 1 << 13

// letter is a character that counts: folded, digits all alike.
type letter struct {
	r          rune
	start, end int32
}

// run is some characters of one sort.
type run struct {
	sort       rune
	n          int
	start, end int32
}

// Sorts of characters.
const (
	sortHan    = 'h'
	sortLatin  = 'l'
	sortDigit  = 'd'
	sortFancy  = 'f' // a letter or digit in another form: Ａ, ⓥ, 𝐯
	sortOther  = 'o' // letters of other scripts
	sortSpace  = 's'
	sortPoint  = 'p' // punctuation
	sortSymbol = 'y'
	sortHidden = 'x' // what is not seen
	sortLink   = 'u'
	sortEdge   = '^'
)

// read fills marks with the text's features.
func (d *reader) read(text string) {
	d.said, d.runs, d.marks = d.said[:0], d.runs[:0], d.marks[:0]
	d.links = lexicon.Links(text, d.links[:0])
	next, count := 0, 0
	for i := lexicon.AfterMentions(text); i < len(text) && count < maxRunes; count++ {
		for next < len(d.links) && d.links[next].Span.End <= i {
			next++
		}
		if next < len(d.links) && i >= d.links[next].Span.Start {
			end := d.links[next].Span.End
			d.extend(sortLink, i, end)
			i = end
			next++
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		d.take(r, i, i+n)
		i += n
	}
	d.grams()
	d.shapes(len(text))
	d.whole(len(text))
	d.once()
}

// once leaves the first of equal marks: what is repeated is said once.
func (d *reader) once() {
	d.texts++
	kept := d.marks[:0]
	for _, m := range d.marks {
		key := d.texts<<spaceBits | uint64(m.bucket)
		at := uint64(m.bucket) * mulA >> (64 - 13)
		for d.seen[at] != key && d.seen[at]>>spaceBits == d.texts {
			at = (at + 1) % seenSize
		}
		if d.seen[at] != key {
			d.seen[at] = key
			kept = append(kept, m)
		}
	}
	d.marks = kept
}

func (d *reader) take(r rune, start, end int) {
	f := lexicon.Fold(r)
	sort := sortOf(r, f)
	d.extend(sort, start, end)
	switch sort {
	case sortDigit:
		f = '0'
	case sortFancy:
		if '0' <= f && f <= '9' {
			f = '0'
		}
	case sortHan, sortLatin, sortOther:
	default:
		return
	}
	d.said = append(d.said, letter{f, int32(start), int32(end)})
}

func (d *reader) extend(sort rune, start, end int) {
	if n := len(d.runs); n > 0 && d.runs[n-1].sort == sort {
		d.runs[n-1].n++
		d.runs[n-1].end = int32(end)
		return
	}
	d.runs = append(d.runs, run{sort, 1, int32(start), int32(end)})
}

// sortOf tells what sort of character r is; f is its folded form.
func sortOf(r, f rune) rune {
	switch {
	case r < utf8.RuneSelf:
		return asciiSort(r)
	case 0x4e00 <= r && r <= 0x9fff:
		return sortHan
	case f < utf8.RuneSelf && (asciiSort(f) == sortLatin || asciiSort(f) == sortDigit):
		return sortFancy
	case unicode.IsLetter(r):
		if unicode.Is(unicode.Han, r) {
			return sortHan
		}
		return sortOther
	case unicode.IsSpace(r):
		return sortSpace
	case unicode.IsPunct(r):
		return sortPoint
	case unicode.In(r, unicode.Cf, unicode.Cc, unicode.Mn, unicode.Me):
		return sortHidden
	case unicode.IsNumber(r):
		return sortFancy
	}
	return sortSymbol
}

func asciiSort(r rune) rune {
	switch {
	case 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z':
		return sortLatin
	case '0' <= r && r <= '9':
		return sortDigit
	case r == ' ' || r == '\t' || r == '\n' || r == '\r':
		return sortSpace
	case r < ' ' || r == 0x7f:
		return sortHidden
	}
	return sortPoint
}

func (d *reader) mark(h uint64, start, end int32) {
	h ^= h >> 29
	h *= 0xbf58476d1ce4e5b9
	d.marks = append(d.marks, mark{uint32(h >> (64 - spaceBits)), start, end})
}

const (
	mulA = 0x9e3779b97f4a7c15
	mulB = 0xc2b2ae3d27d4eb4f
	mulC = 0x165667b19e3779f9
)

// grams are one to three characters in a row.
func (d *reader) grams() {
	var one, two letter
	for i, c := range d.said {
		h := uint64(c.r) * mulA
		d.mark(h+1, c.start, c.end)
		if i > 0 {
			h += uint64(one.r) * mulB
			d.mark(h+2, one.start, c.end)
		}
		if i > 1 {
			d.mark(h+uint64(two.r)*mulC+3, two.start, c.end)
		}
		two, one = one, c
	}
}

// shapes are two to four runs in a row, of so many characters each: one, two, three, four, up to seven, up to eleven, more.
func (d *reader) shapes(size int) {
	var before [3]uint64
	before[0] = sortEdge
	for i := 0; i <= len(d.runs); i++ {
		now, start, end := uint64(sortEdge), int32(size), int32(size)
		if i < len(d.runs) {
			x := d.runs[i]
			now, start, end = uint64(x.sort)<<4|lengthOf(x.n), x.start, x.end
		}
		h := now*mulA ^ before[0]*mulB
		d.mark(h+4, d.startOf(i-1, start), end)
		if i > 0 {
			h ^= before[1] * mulC
			d.mark(h+5, d.startOf(i-2, start), end)
		}
		if i > 1 {
			d.mark(h^before[2]*(mulA^mulB)+6, d.startOf(i-3, start), end)
		}
		before[0], before[1], before[2] = now, before[0], before[1]
	}
}

func (d *reader) startOf(i int, other int32) int32 {
	switch {
	case len(d.runs) == 0:
		return other
	case i < 0:
		return d.runs[0].start
	}
	return d.runs[i].start
}

func lengthOf(n int) uint64 {
	switch {
	case n <= 4:
		return uint64(n)
	case n <= 7:
		return 5
	case n <= 11:
		return 6
	}
	return 7
}

// whole says of the text as a whole how long it is and how much of it is of each sort that advertising likes.
func (d *reader) whole(size int) {
	var counts [128]int
	total := 0
	for _, x := range d.runs {
		counts[x.sort] += x.n
		total += x.n
	}
	d.mark(uint64(log2(total))*mulA+7, 0, int32(size))
	for _, sort := range []rune{sortDigit, sortFancy, sortOther, sortSymbol, sortHidden, sortLink, sortLatin, sortHan} {
		tenths := 0
		if n := counts[sort]; n > 0 {
			tenths = 1 + 8*n/total
		}
		d.mark(uint64(sort)*mulA+uint64(tenths)*mulB+8, 0, int32(size))
	}
}

func log2(n int) (k int) {
	for ; n > 0; n >>= 1 {
		k++
	}
	return k
}
