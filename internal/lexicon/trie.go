package lexicon

import (
	"math/bits"
	"sync"
	"unicode/utf8"
	"unsafe"

	"qunluo/internal/community"
)

// Classes with a meaning of their own. All others number the runes of the phrases in order of first use.
const (
	classBreak = 0 // in no phrase, or a line end: nothing goes over it
	classSkip  = 1
	classFirst = 2
)

// trie holds phrases as flat arrays. Node 0 is the root, whose edges stand in first; all other edges stand in one open
// addressed hash table.
type trie struct {
	fold   *foldTable
	glyph  *foldTable       // what makes two runes one class; fold, unless phrases have views
	class  *[1 << 16]uint16 // basic plane: rune → class
	astral map[rune]uint16  // the planes above it; absent: skip if isSkip, else break
	skips  bool             // skip symbols do not count

	pairs     []uint64 // bitmap over hashed pairs of classes that are a phrase
	triples   []uint64 // the same over three classes that begin one
	pairShift uint
	single    []bool   // by class: a phrase of this one rune
	first     []uint32 // by class: node after the root; 0 = none
	keys      []uint64 // node<<16 | class; 0 = free
	vals      []uint32
	edgeShift uint
	ends      []uint32 // by node: 1 + index of its first ending; 0 = none
	endings   []ending

	chained func() *chain // made when it is needed first

	nodes   uint32
	classes uint16
	phrases []phrase // only while building
}

// ending is a phrase at the node where it ends. Several phrases may end at one node; they stand side by side.
type ending struct {
	tight  uint64
	number int32
	plain  uint32 // with views: hash of the runes, folded only

	allowed uint32 // and folded as far as the views allow
	kinds   View   // the views by which that is further
	views   View   // those it may be found through
	via     View   // those that its runes stand for
	head    wordKind
	tail    wordKind
	last    bool // the last one of its node
}

const golden = 0x9e3779b97f4a7c15

func newTrie(skips bool) *trie { return &trie{fold: folding(), glyph: folding(), skips: skips} }

func (t *trie) add(p phrase) { t.phrases = append(t.phrases, p) }

// addViewed adds a phrase that has views, and its initials where it is to be found by them.
func (t *trie) addViewed(p phrase) {
	t.glyph = glyphs()
	t.add(p)
	if p.views&Initials == 0 {
		return
	}
	if short := initialsOf(p); len(short.runes) > 1 {
		t.add(short)
	}
}

// finish builds the arrays; nil when there is no phrase.
func (t *trie) finish() *trie {
	if len(t.phrases) == 0 {
		return nil
	}
	t.giveClasses()
	t.growEdges()
	t.markPairs()
	t.phrases = nil
	t.chained = sync.OnceValue(t.makeChain)
	return t
}

func (t *trie) giveClasses() {
	t.class = new([1 << 16]uint16)
	t.astral = map[rune]uint16{}
	if t.skips {
		for r := range t.class {
			t.class[r] = uint16(t.glyph.skip[r>>6] >> (r & 63) & 1) // classSkip or classBreak
		}
	}
	t.classes = classFirst
	for _, p := range t.phrases {
		for _, r := range p.runes {
			if r = t.glyph.fold(r); t.classOf(r) < classFirst {
				t.setClass(r, t.classes)
				t.classes++
			}
		}
	}
	for _, p := range t.glyph.pairs {
		if c := t.classOf(p.to); c >= classFirst {
			t.setClass(p.from, c)
		}
	}
}

func (t *trie) setClass(r rune, c uint16) {
	if r < 1<<16 {
		t.class[r] = c
		return
	}
	t.astral[r] = c
}

// classOf is the class of any rune.
func (t *trie) classOf(r rune) uint16 {
	if uint32(r) < 1<<16 {
		return t.class[r]
	}
	if c, ok := t.astral[r]; ok {
		return c
	}
	if t.skips && t.glyph.isSkip(r) {
		return classSkip
	}
	return classBreak
}

func (t *trie) growEdges() {
	total := 0
	for _, p := range t.phrases {
		total += len(p.runes)
	}
	t.first = make([]uint32, t.classes)
	t.sizeEdges(total)
	t.nodes = 1
	at := make([][]int32, 1, total+1) // by node: the phrases that end there
	for i, p := range t.phrases {
		node := t.insert(p.runes)
		for len(at) < int(t.nodes) {
			at = append(at, nil)
		}
		at[node] = append(at[node], int32(i))
	}
	t.ends = make([]uint32, t.nodes)
	for node, list := range at {
		for k, i := range list {
			p := t.phrases[i]
			if k == 0 {
				t.ends[node] = uint32(len(t.endings)) + 1
			}
			t.endings = append(t.endings, t.ending(&p, k == len(list)-1))
		}
	}
	t.shrinkEdges()
}

// sizeEdges makes room for n edges at a load of at most one half.
func (t *trie) sizeEdges(n int) {
	b := max(bits.Len(uint(n*2)), 4)
	t.keys, t.vals, t.edgeShift = make([]uint64, 1<<b), make([]uint32, 1<<b), uint(64-b)
}

// shrinkEdges puts the edges into a table of the right size: shared beginnings made them fewer than reserved.
func (t *trie) shrinkEdges() {
	keys, vals, used := t.keys, t.vals, 0
	for _, k := range keys {
		if k != 0 {
			used++
		}
	}
	t.sizeEdges(used)
	for i, k := range keys {
		if k != 0 {
			s := t.slot(k)
			t.keys[s], t.vals[s] = k, vals[i]
		}
	}
}

func (t *trie) insert(runes []rune) uint32 {
	c := t.classOf(t.glyph.fold(runes[0]))
	if t.first[c] == 0 {
		t.first[c] = t.nodes
		t.nodes++
	}
	node := t.first[c]
	for _, r := range runes[1:] {
		key := uint64(node)<<16 | uint64(t.classOf(t.glyph.fold(r)))
		s := t.slot(key)
		if t.keys[s] == 0 {
			t.keys[s], t.vals[s] = key, t.nodes
			t.nodes++
		}
		node = t.vals[s]
	}
	return node
}

// slot is where key stands, or the free place where it would.
func (t *trie) slot(key uint64) uint64 {
	mask := uint64(len(t.keys) - 1)
	for s := key * golden >> t.edgeShift; ; s = (s + 1) & mask {
		if k := t.keys[s&mask]; k == key || k == 0 {
			return s & mask
		}
	}
}

func (t *trie) markPairs() {
	b := max(bits.Len(uint(len(t.phrases)*32)), 12) // 32 to 64 bits for each phrase
	t.pairs, t.triples, t.pairShift = make([]uint64, 1<<(b-6)), make([]uint64, 1<<(b-6)), uint(64-b)
	t.single = make([]bool, t.classes)
	class := func(r rune) uint16 { return t.classOf(t.glyph.fold(r)) }
	for _, p := range t.phrases {
		switch a := class(p.runes[0]); len(p.runes) {
		case 1:
			t.single[a] = true
		case 2:
			h := pairHash(a, class(p.runes[1]), t.pairShift)
			t.pairs[h>>6] |= 1 << (h & 63)
		default:
			h := tripleHash(a, class(p.runes[1]), class(p.runes[2]), t.pairShift)
			t.triples[h>>6] |= 1 << (h & 63)
		}
	}
}

func tripleHash(a, b, c uint16, shift uint) uint64 {
	return (uint64(a)<<32 | uint64(b)<<16 | uint64(c)) * golden >> (shift & 63)
}

func pairHash(a, b uint16, shift uint) uint64 {
	return (uint64(a)<<16 | uint64(b)) * golden >> (shift & 63)
}

func (t *trie) bytes() int {
	if t == nil {
		return 0
	}
	return len(t.class)*2 + len(t.pairs)*16 + len(t.single) + len(t.first)*4 + len(t.keys)*8 + len(t.vals)*4 +
		len(t.ends)*4 + len(t.endings)*int(unsafe.Sizeof(ending{})) + len(t.astral)*8
}

// find walks the text once. It keeps the last two classes that count and looks at them together with the next one.
func (t *trie) find(text string, buf []Match) []Match {
	class, pairs, triples, single, shift := t.class, t.pairs, t.triples, t.single, t.pairShift
	older, olderAt, prev, prevAt := uint16(classBreak), 0, uint16(classBreak), 0
	kept, steps := len(buf), -walkStart
	for i := 0; i < len(text); {
		c, n := uint16(0), 1
		if b := text[i]; b < utf8.RuneSelf {
			c = class[b]
		} else if r := threeByte(text, i); r != 0 {
			c, n = class[r], 3
		} else {
			c, n = t.classAt(text, i)
		}
		if c < classFirst {
			if c == classBreak {
				older, prev = classBreak, classBreak
			}
			i += n
			continue
		}
		if h := tripleHash(older, prev, c, shift); triples[h>>6]>>(h&63)&1 != 0 && older != classBreak {
			if steps > walkEach*i {
				return t.read(text, olderAt, before(buf, kept, olderAt))
			}
			took, had := 0, len(buf)
			buf, took = t.walk(text, olderAt, 3, MaxPhrase, buf)
			steps += took
			inOrder(buf[kept:], had-kept)
		}
		if h := pairHash(prev, c, shift); pairs[h>>6]>>(h&63)&1 != 0 && prev != classBreak {
			buf, _ = t.walk(text, prevAt, 2, 2, buf)
		}
		if single[c] {
			buf = t.alone(text, c, i, i+n, buf)
		}
		older, olderAt, prev, prevAt = prev, prevAt, c, i
		i += n
	}
	return buf
}

// inOrder moves what was added from an index on before what begins later: a phrase of one rune is seen before a longer one that
// begins earlier.
func inOrder(found []Match, from int) {
	for i := from; i < len(found); i++ {
		for k := i; k > 0 && found[k-1].Span.Start > found[k].Span.Start; k-- {
			found[k-1], found[k] = found[k], found[k-1]
		}
	}
}

// before leaves out, of what was found since kept, what begins at a position or after it.
func before(buf []Match, kept, at int) []Match {
	for len(buf) > kept && buf[len(buf)-1].Span.Start >= at {
		buf = buf[:len(buf)-1]
	}
	return buf
}

// threeByte decodes the usual form of Chinese, or gives 0: 0 also for what is not well formed.
func threeByte(text string, i int) uint16 {
	if i+2 >= len(text) || text[i]&0xf0 != 0xe0 || (text[i+1]^0x80)|(text[i+2]^0x80) >= 0x40 {
		return 0
	}
	r := uint16(text[i])<<12 | uint16(text[i+1]&0x3f)<<6 | uint16(text[i+2]&0x3f)
	if r < 0x800 || r>>11 == 0xd800>>11 { // a longer form than needed, or half of a pair
		return 0
	}
	return r
}

func (t *trie) classAt(text string, i int) (uint16, int) {
	r, n := utf8.DecodeRuneInString(text[i:])
	if r == utf8.RuneError && n == 1 {
		return classBreak, 1
	}
	return t.classOf(r), n
}

// alone reports the phrases of one rune.
func (t *trie) alone(text string, c uint16, start, end int, buf []Match) []Match {
	return t.report(text, t.first[c], start, end, 0, 0, buf)
}

// walk reports every phrase of least to most runes that begins at start, and says how many steps it took.
func (t *trie) walk(text string, start int, least, most uint, buf []Match) ([]Match, int) {
	c, n := t.classAt(text, start)
	if c < classFirst {
		return buf, 1 // the pair's first half was a break
	}
	node := t.first[c]
	if node == 0 {
		return buf, 1
	}
	var gapped, blank uint64
	at := start + n
	for k := uint(1); k < most; k++ {
		gap, blanks, i := t.gap(text, at)
		if gap < 0 {
			return buf, int(k)
		}
		if gap > 0 {
			gapped |= 1 << k
		}
		if blanks {
			blank |= 1 << k
		}
		c, n = t.classAt(text, i)
		s := t.slot(uint64(node)<<16 | uint64(c))
		if t.keys[s] == 0 {
			return buf, int(k)
		}
		node, at = t.vals[s], i+n
		if k+1 >= least {
			buf = t.report(text, node, start, at, gapped, blank, buf)
		}
	}
	return buf, int(most)
}

// gap skips symbols from at on: how many there were, whether all were blanks, and where the next rune that counts
// stands. It gives -1 at a break, at the end, and where there are more than MaxGap.
func (t *trie) gap(text string, at int) (gap int, blanks bool, next int) {
	blanks = true
	for i := at; i < len(text); {
		c, n := t.classAt(text, i)
		if c == classBreak {
			return -1, false, i
		}
		if c != classSkip {
			return gap, gap > 0 && blanks, i
		}
		if gap++; gap > MaxGap {
			return -1, false, i
		}
		r, _ := utf8.DecodeRuneInString(text[i:])
		blanks = blanks && isSpace(r)
		i += n
	}
	return -1, false, len(text)
}

func (t *trie) report(text string, node uint32, start, end int, gapped, blank uint64, buf []Match) []Match {
	e := t.ends[node]
	if e == 0 {
		return buf
	}
	for i := e - 1; ; i++ {
		p := &t.endings[i]
		if p.fits(t.fold, text, start, end, gapped, blank) {
			if via, ok := t.via(p, text[start:end]); ok {
				buf = append(buf, Match{Phrase: int(p.number), Span: community.Span{Start: start, End: end}, View: via})
			}
		}
		if p.last {
			return buf
		}
	}
}

// via says by which views a phrase is seen in a part of a text; false where it would need one that it has not.
func (t *trie) via(p *ending, part string) (View, bool) {
	if p.views == 0 {
		return 0, true
	}
	plain, allowed, seen := uint32(hashStart32), uint32(hashStart32), View(0)
	for _, r := range part {
		if t.glyph.isSkip(r) {
			continue
		}
		f := t.fold.fold(r)
		plain = (plain ^ uint32(f)) * hashPrime32
		g, v := t.further(f, p.views)
		allowed, seen = (allowed^uint32(g))*hashPrime32, seen|v
	}
	switch {
	case plain == p.plain || p.via&Initials != 0:
		return p.via, true
	case allowed != p.allowed:
		return 0, false
	case seen^p.kinds != 0:
		return p.via | seen ^ p.kinds, true
	}
	return p.via | seen, true
}

// further folds a folded rune as far as the views allow, and says by which of them.
func (t *trie) further(f rune, views View) (rune, View) {
	if g := t.glyph.fold(f); g != f {
		if v := glyphView(f) & views; v != 0 {
			return g, v
		}
	}
	return f, 0
}
