package lexicon

import (
	"math/bits"
	"strings"
	"sync"
	"unicode/utf8"
	"unsafe"

	"qunluo/internal/community"
)

// veil finds phrases through the views that no class of a table can show: sounds, spelling, parts of characters, looks, order.
//
// The technique: each character of a text may be read in a few ways, as syllables and as elements of which it is made. Every two
// neighbouring readings are looked up in a bitmap of the first two of all phrases, which nearly every position fails; only then are
// the phrases that begin so laid against the text, character by character. The work is bounded by credit, of which every
// character of a text brings a little: a text made to cost much is not looked at further, and never costs more than a few times an
// ordinary one.
type veil struct {
	chart  *chart
	fold   *foldTable
	list   []veiled
	sounds pairIndex // by syllables
	looks  pairIndex // by elements
	splits splitIndex
	swaps  swapIndex
	views  View // of all phrases together

	numbers map[rune]rune // words of digits
}

// veiled is a phrase with views.
type veiled struct {
	number int32
	runes  []rune // folded as forms
	views  View
}

// Credit of a text, in steps of laying a phrase against it.
const (
	creditStart = 400
	creditEach  = 6
	creditMost  = 4000
)

// veiledViews are those that a veil knows.
const veiledViews = Pinyin | Split | Emoji | Shape | Sound | Swap | Loose

// veilMaker collects phrases.
type veilMaker struct{ list []veiled }

func (m *veilMaker) add(p phrase) {
	if p.views&veiledViews&^Loose == 0 || len(p.runes) < 2 {
		return
	}
	runes := make([]rune, len(p.runes))
	for i, r := range p.runes {
		runes[i] = forms().fold(r)
	}
	m.list = append(m.list, veiled{p.number, runes, p.views & veiledViews})
}

// finish builds the indexes; nil when no phrase wants one.
func (m *veilMaker) finish() *veil {
	if len(m.list) == 0 {
		return nil
	}
	v := &veil{chart: charted(), fold: forms(), list: m.list, numbers: numbered()}
	for i := range v.list {
		v.views |= v.list[i].views
	}
	v.swaps.size(len(v.list))
	v.splits.size(len(v.list) * 4)
	for i := range v.list {
		v.index(int32(i))
	}
	v.sounds.seal()
	v.looks.seal()
	return v
}

func (v *veil) index(i int32) {
	p, looks := &v.list[i], uint64(0)
	if p.views&Shape != 0 && len(p.runes) > 2 {
		looks = v.chart.lookMask(p.runes[2])
	}
	if p.views&(Sound|Pinyin|Split|Emoji) != 0 {
		for _, a := range v.keysOf(p.runes[0]) {
			for _, b := range v.keysOf(p.runes[1]) {
				if a != 0 && b != 0 {
					v.sounds.add(a, b, p, looks, i)
				}
			}
		}
	}
	if p.views&Shape != 0 {
		for _, a := range v.lookedFor(p.runes[0]) {
			for _, b := range v.lookedFor(p.runes[1]) {
				v.looks.add(lookKey(a), lookKey(b), p, looks, i)
			}
		}
	}
	if p.views&Split != 0 {
		for _, r := range p.runes {
			v.splits.add(v, r)
		}
	}
	if p.views&Swap != 0 && len(p.runes) <= maxSwap {
		v.swaps.add(p.runes, i)
	}
}

// lookedFor gives the looks under which a phrase's character is indexed: itself, and its parts that tell something.
func (v *veil) lookedFor(r rune) []rune {
	out := []rune{-r}
	for _, part := range v.chart.elements(r) {
		if part.isTelling(true) {
			out = append(out, part.r)
		}
	}
	return out
}

// keysOf gives the readings under which a phrase's character is indexed: its syllables, or itself.
func (v *veil) keysOf(r rune) [maxSounds]uint16 {
	s := v.chart.soundsOf(r)
	if s[0] == 0 {
		s[0] = literalKey(r)
	}
	return s
}

// literalKey is the reading of a rune that has no sound: numbers beyond all syllables.
func literalKey(r rune) uint16 { return 0x8000 | uint16(uint32(r)*0x9e3779b1>>17) }

// lookKey is what a character looks like as a reading: one of its parts, or, below 0, it itself.
func lookKey(r rune) uint16 { return uint16(uint32(r) * 0x9e3779b1 >> 16) }

// pairIndex leads from two readings to the phrases that begin with them.
type pairIndex struct {
	bits   []uint64
	shift  uint
	starts []uint32 // by place: where its items begin; they end where those of the next one do
	items  []pairItem
}

type pairItem struct {
	a, b   uint16
	phrase int32
	third  rune   // of the phrase; 0 = it has two
	looks  uint64 // of third, where the phrase is looked for by its looks: lookMask
	views  View
	runes  uint8
}

func (x *pairIndex) add(a, b uint16, p *veiled, looks uint64, phrase int32) {
	it := pairItem{a: a, b: b, phrase: phrase, looks: looks, views: p.views, runes: uint8(len(p.runes))}
	if len(p.runes) > 2 {
		it.third = p.runes[2]
	}
	x.items = append(x.items, it)
}

// seal makes the index ready once all is added: items of one place stand side by side, the last one added first.
func (x *pairIndex) seal() {
	b := max(bits.Len(uint(len(x.items))), 6)
	x.shift = uint(64 - b)
	x.starts, x.bits = make([]uint32, 1<<b+1), make([]uint64, 1<<b/4) // 16 bits for a place
	for i := range x.items {
		h := pairHash(x.items[i].a, x.items[i].b, 0)
		x.starts[h>>x.shift]++
		h >>= x.shift - 4
		x.bits[h>>6] |= 1 << (h & 63)
	}
	sum := uint32(0)
	for i := range x.starts {
		sum += x.starts[i]
		x.starts[i] = sum
	}
	placed := make([]pairItem, len(x.items))
	for _, it := range x.items {
		at := &x.starts[pairHash(it.a, it.b, x.shift)]
		*at--
		placed[*at] = it
	}
	x.items = placed
}

// of are the items that may be those of two readings.
func (x *pairIndex) of(a, b uint16) []pairItem {
	h := pairHash(a, b, 0)
	k := h >> (x.shift - 4)
	if x.bits[k>>6]>>(k&63)&1 == 0 {
		return nil
	}
	k = h >> x.shift
	return x.items[x.starts[k]:x.starts[k+1]]
}

func (x *pairIndex) bytes() int {
	return len(x.bits)*8 + len(x.starts)*4 + len(x.items)*int(unsafe.Sizeof(pairItem{}))
}

func (v *veil) bytes() int {
	if v == nil {
		return 0
	}
	n := v.sounds.bytes() + v.looks.bytes() + v.swaps.bytes() + v.splits.bytes()
	for i := range v.list {
		n += int(unsafe.Sizeof(veiled{})) + 4*len(v.list[i].runes)
	}
	return n
}

// Blocks in which a text is looked at.
const (
	blockTokens  = 4096
	blockOverlap = 160
)

// scratch is what looking at a text needs.
type scratch struct {
	tokens []token
	reach  []uint8
	sums   []uint64
	found  []Match
	credit int
	odd    int      // the next token that is a seldom character, or the end
	loud   int      // the next one that is that or no Han, or the end
	masks  []uint64 // by token: lookMask; 0 = nobody asked
	read   []reading
	readAt []uint32 // by token: 1 + where its readings stand in read, after how many they are; 0 = nobody asked
	looks  []rune
	others []rune
}

// scratches are kept between texts: looking allocates nothing then.
type scratches struct{ pool sync.Pool }

var spare scratches

func (v *veil) find(text string, buf []Match) []Match {
	s, _ := spare.pool.Get().(*scratch)
	if s == nil {
		s = &scratch{}
	}
	s.credit = creditStart
	s.found = s.found[:0]
	for from := 0; from < len(text); {
		next := v.block(text, from, s)
		if next <= from {
			break
		}
		from = next
	}
	buf = append(buf, s.found...)
	spare.pool.Put(s)
	return buf
}

// block looks at the text from a byte on and says where the next block begins.
func (v *veil) block(text string, from int, s *scratch) int {
	end := v.read(text, from, s)
	n, next := len(s.tokens), len(text)
	if end < len(text) {
		n -= blockOverlap
		next = int(s.tokens[n].start)
	}
	v.spell(s)
	s.odd, s.loud = -1, -1
	s.masks = append(s.masks[:0], make([]uint64, len(s.tokens))...)
	s.read, s.readAt = s.read[:0], append(s.readAt[:0], make([]uint32, len(s.tokens))...)
	for i := range n {
		if i > s.odd && v.views&Shape != 0 {
			s.odd = v.nextOdd(s, i)
		}
		s.credit = min(s.credit+creditEach, creditMost)
		v.at(s, i)
	}
	if v.views&Swap != 0 {
		v.swapped(s, n)
	}
	return next
}

// nextOdd is the first token from i on that is a seldom character, or the end: a word hidden by its looks has one.
func (v *veil) nextOdd(s *scratch, i int) int {
	for ; i < len(s.tokens); i++ {
		if s.tokens[i].kind == hanToken && v.chart.singleCost(s.tokens[i].r) >= oddLooks {
			return i
		}
	}
	return i
}

// at lays against the text every phrase that may begin at token i.
func (v *veil) at(s *scratch, i int) {
	for _, a := range v.readingsOf(s, i) {
		if a.next == len(s.tokens) {
			continue
		}
		for _, b := range v.readingsOf(s, a.next) {
			v.try(s, &v.sounds, a.key, b.key, i, b.next)
		}
	}
	if v.views&Shape != 0 && i+1 < len(s.tokens) && s.odd < len(s.tokens) && i+maxShape > s.odd {
		v.looking(s, i)
	}
}

// readingsOf is readings, worked out once.
func (v *veil) readingsOf(s *scratch, i int) []reading {
	if s.readAt[i] == 0 {
		s.readAt[i] = uint32(len(s.read)) + 1
		s.read = v.readings(s, i, append(s.read, reading{}))
		s.read[s.readAt[i]-1].next = len(s.read)
	}
	from := int(s.readAt[i])
	return s.read[from:s.read[from-1].next]
}

// maxShape is how far before an odd character a word may begin that is looked for by its looks.
const maxShape = 6

// looking lays against the text what may begin at token i by its looks.
func (v *veil) looking(s *scratch, i int) {
	if !isTabled(s.tokens[i].r) || !isTabled(s.tokens[i+1].r) || s.tokens[i+1].cut {
		return
	}
	next := i + 2
	if v.views&Split != 0 && (v.splits.may(s.tokens[i].r, s.tokens[i+1].r) || i+2 < len(s.tokens) && v.splits.may(s.tokens[i+1].r, s.tokens[i+2].r)) {
		next = unknown // a part looks like the whole
	}
	s.looks, s.others = v.looksOf(s.tokens[i].r, s.looks[:0]), v.looksOf(s.tokens[i+1].r, s.others[:0])
	for _, a := range s.looks {
		for _, b := range s.others {
			v.try(s, &v.looks, lookKey(a), lookKey(b), i, next)
		}
	}
}

// looksOf appends what a character of a text may be taken for: each of its parts as a whole, and what shares one with it.
func (v *veil) looksOf(r rune, buf []rune) []rune {
	odd := v.chart.singleCost(r) >= oddLooks
	buf = append(buf, -r, r)
	for _, part := range v.chart.elements(r) {
		if buf = append(buf, -part.r); part.isTelling(odd) {
			buf = append(buf, part.r)
		}
	}
	return buf
}

// try lays the phrases of two readings, which end before token next.
func (v *veil) try(s *scratch, x *pairIndex, a, b uint16, i, next int) {
	items := x.of(a, b)
	for k := range items {
		it := &items[k]
		if s.credit--; s.credit <= 0 {
			return
		}
		if it.a != a || it.b != b || !v.goesOn(s, it, i, next) {
			continue
		}
		l := laying{v: v, s: s, p: &v.list[it.phrase], from: i}
		if end, via, ok := l.from0(); ok && via != 0 && !v.isTalk(s, l.p, i, end, via, l.changed) {
			v.note(s, l.p, i, end, via)
		}
	}
}

// unknown is where the third character stands when the two before it may be read in several lengths.
const unknown = -1

// mostParts is of how many tokens a character is made up at most when it is taken apart.
const mostParts = 4

// goesOn reports whether the third character of a phrase may stand at a token, so that it is worth laying.
func (v *veil) goesOn(s *scratch, it *pairItem, i, next int) bool {
	if it.third == 0 || next == unknown {
		return true
	}
	if next >= len(s.tokens) || s.tokens[next].cut {
		return false
	}
	t := &s.tokens[next]
	switch {
	case t.kind != hanToken || t.r == it.third || it.views&Sound != 0 && v.chart.alike(t.r, it.third):
		return true
	case it.views&Split != 0 && next+1 < len(s.tokens) && v.splits.may(t.r, s.tokens[next+1].r):
		return true
	case it.views&Shape == 0:
		return false
	}
	if s.loud < i {
		s.loud = v.nextLoud(s, i)
	}
	if i+mostParts*int(it.runes) <= s.loud {
		return false
	}
	if s.masks[next] == 0 {
		s.masks[next] = v.chart.lookMask(t.r)
	}
	return s.masks[next]&it.looks != 0 && v.chart.looksLike(t.r, it.third)
}

// nextLoud is the first token from i on that is a seldom character or no Han, or the end. Among others no word is believed that is hidden
// by its looks.
func (v *veil) nextLoud(s *scratch, i int) int {
	for ; i < len(s.tokens); i++ {
		if s.tokens[i].kind != hanToken || v.chart.singleCost(s.tokens[i].r) >= oddLooks {
			return i
		}
	}
	return i
}

// note keeps a match, once.
func (v *veil) note(s *scratch, p *veiled, i, end int, via View) {
	m := Match{Phrase: int(p.number), Span: community.Span{Start: int(s.tokens[i].start), End: int(s.tokens[end-1].end)}, View: via}
	for k := len(s.found) - 1; k >= 0 && k >= len(s.found)-16; k-- {
		if s.found[k].Phrase == m.Phrase && s.found[k].Span == m.Span {
			return
		}
	}
	s.found = append(s.found, m)
}

// token is a rune of a text that counts.
type token struct {
	start, end int32
	r          rune
	kind       tokenKind
	gap        uint8 // symbols between it and the one before
	marks      bool  // one of them parts sentences
	cut        bool  // no word goes over the place before it
}

type tokenKind uint8

const (
	otherToken tokenKind = iota
	hanToken
	letterToken
	emojiToken
)

// read makes the tokens of a block and says where it ends.
func (v *veil) read(text string, from int, s *scratch) int {
	s.tokens = s.tokens[:0]
	gap, cut, marks := 0, true, false
	i := from
	for i < len(text) && len(s.tokens) < blockTokens {
		r, n := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && n == 1 || isLineEnd(r) {
			cut, gap, marks = true, 0, false
			i += n
			continue
		}
		t := token{start: int32(i), end: int32(i + n)}
		i += n
		t.r, t.kind = v.classify(r, text[i:])
		if t.kind == otherToken && v.fold.isSkip(r) {
			if gap++; gap > MaxGap {
				cut = true
			}
			marks = marks || isPause(r)
			continue
		}
		if t.kind == emojiToken {
			m := markLen(text[i:])
			i += m
			t.end += int32(m)
		}
		t.gap, t.cut, t.marks = uint8(min(gap, 255)), cut, marks
		gap, cut, marks = 0, false, false
		s.tokens = append(s.tokens, t)
	}
	return i
}

// isPause reports whether a symbol parts what is said: a word may be written over any other.
func isPause(r rune) bool { return strings.ContainsRune("，。？！；：、,.?!;:…", r) }

// classify folds a rune and says what it is, given what follows it.
func (v *veil) classify(r rune, rest string) (rune, tokenKind) {
	if isDigit(r) && rest != "" && rest[0] >= 0xe2 {
		next, n := utf8.DecodeRuneInString(rest)
		if next == 0xfe0f {
			next, _ = utf8.DecodeRuneInString(rest[n:])
		}
		if next == keycap {
			return utf8.MaxRune + 1 + r, emojiToken
		}
	}
	f := v.fold.fold(r)
	switch {
	case isTabled(f):
		return f, hanToken
	case isASCIILetter(f):
		return f, letterToken
	case v.fold.isSkip(r) && v.chart.emoji[r] != "":
		return r, emojiToken
	}
	return f, otherToken
}

// markLen is how many bytes of marks follow a picture.
func markLen(rest string) int {
	n := 0
	for n < len(rest) {
		r, size := utf8.DecodeRuneInString(rest[n:])
		if r != 0xfe0f && r != keycap {
			return n
		}
		n += size
	}
	return n
}
