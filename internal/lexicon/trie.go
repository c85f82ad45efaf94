package lexicon

import (
	"math/bits"
	"slices"
	"sync"
	"unicode/utf8"
	"unsafe"

	"qunluo/internal/community"
)

// trie holds phrases as flat arrays. Its edges stand in one open addressed hash table, those of the root by the first three
// classes of a phrase at once, or by as many as it has. Where only one phrase goes on, no more edges are made: its classes are
// compared.
type trie struct {
	fold  *foldTable
	glyph *foldTable // what makes two runes one class; fold, unless phrases have views
	class *classes
	skips bool // skip symbols do not count

	begins    *filter // three classes that begin a phrase of more than two runes
	beginMask uint64  // of its places in use
	threes    bitmap  // three classes that are a phrase
	fours     bitmap  // four classes that begin a phrase of more than three runes
	pairs     *filter // two classes that are a phrase
	pairMask  uint64
	singles   uint64 // how many phrases of one rune there are, whose classes are the first ones
	short     bool   // there are phrases of one or two runes

	edges   edges
	endings []ending
	closer  []closer // of each ending
	all     []uint16 // the phrases' classes, one after another
	texts   string   // the phrases, folded, one after another

	chained func() *chain // made when it is needed first

	nodes   uint32
	used    int // edges
	classes uint16
	most    int      // how many phrases are expected
	phrases []phrase // only while building
}

// edges are a hash table.
type edges struct {
	slots []edge
	shift uint
}

// edge leads to a node.
type edge struct {
	key  uint64 // rootKey, or number<<16 | class; 0 = free
	node uint32 // number of the node, or alone and where in all the rest stands; 0 = nothing goes on
	end  uint32 // 1 + index of its first ending; 0 = no phrase ends there
}

// alone marks an edge from which one list of classes goes on; it ends at the edge's ending.
const alone = 1 << 31

// rootKey is the key of the root's edge for one to three classes.
func rootKey(size int, v uint64) uint64 { return uint64(size)<<62 | v }

// sized makes room for n edges at a load of at most two thirds.
func sized(n int) edges {
	b := max(bits.Len(uint(n*3/2)), 4)
	return edges{make([]edge, 1<<b), uint(64 - b)}
}

// at is the edge of a key, or the free place where it would stand.
func (x *edges) at(key uint64) *edge {
	mask := uint64(len(x.slots) - 1)
	for s := key * golden >> (x.shift & 63); ; s++ {
		if e := &x.slots[s&mask]; e.key == key || e.key == 0 {
			return e
		}
	}
}

// ending is a phrase at the node where it ends. Several phrases may end at one node; they stand side by side.
type ending struct {
	number int32
	text   uint32 // where the phrase, folded only, begins in texts
	size   uint16 // and its bytes
	via    View   // the views that its runes stand for
	runes  uint8
	head   wordKind
	tail   wordKind
	last   bool // the last one of its node
}

// closer is what more is looked at where a phrase does not stand as it is written.
type closer struct {
	tight   uint64
	plain   uint32 // with views: the hash of its runes
	allowed uint32 // and folded as far as the views allow
	kinds   View   // the views by which that is further
	views   View   // those it may be found through
}

const golden = 0x9e3779b97f4a7c15

// newTrie makes a trie for phrases of which there are about so many at most.
func newTrie(skips bool, most int) *trie {
	return &trie{fold: folding(), glyph: folding(), skips: skips, most: most}
}

func (t *trie) add(p phrase) {
	if t.phrases == nil {
		t.phrases = make([]phrase, 0, t.most)
	}
	t.phrases = append(t.phrases, p)
}

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
func (t *trie) finish() (*trie, error) {
	if len(t.phrases) == 0 {
		return nil, nil
	}
	lists, ok := t.giveClasses()
	if !ok {
		return nil, community.Errorf(community.CodeTooLarge, "phrases of more than %d different characters", maxClasses)
	}
	t.growEdges(lists)
	t.markBegins(lists)
	t.phrases = nil
	t.chained = sync.OnceValue(t.makeChain)
	return t, nil
}

// maxClasses is how many different runes phrases may have.
const maxClasses = classLast + 1 - classFirst

// giveClasses gives each rune of the phrases its class, and each phrase as a list of classes; false: there are too many.
func (t *trie) giveClasses() (lists [][]uint16, ok bool) {
	t.class = unclassed().clone()
	if t.skips {
		t.class = t.glyph.kinds().clone()
	}
	t.classes = classFirst
	total := 0
	for i := range t.phrases {
		if total += len(t.phrases[i].runes); len(t.phrases[i].runes) == 1 && !t.giveClass(t.phrases[i].runes[0]) {
			return nil, false
		}
	}
	t.all = make([]uint16, 0, total)
	lists = make([][]uint16, len(t.phrases))
	for i := range t.phrases {
		from := len(t.all)
		for _, r := range t.phrases[i].runes {
			if !t.giveClass(r) {
				return nil, false
			}
			t.all = append(t.all, t.classOf(t.glyph.fold(r)))
		}
		lists[i] = t.all[from:]
	}
	for _, p := range t.glyph.pairs {
		if c := t.classOf(p.to); classFirst <= c && c <= classLast {
			t.class.set(p.from, c)
		}
	}
	return lists, true
}

// giveClass gives a rune its class, where it has none yet; false: there are too many.
func (t *trie) giveClass(r rune) bool {
	r = t.glyph.fold(r)
	if c := t.classOf(r); classFirst <= c && c <= classLast {
		return true
	}
	if t.classes == classLast {
		return false
	}
	t.class.set(r, t.classes)
	t.classes++
	return true
}

func (t *trie) growEdges(lists [][]uint16) {
	t.edges = sized(len(lists))
	for i := range lists {
		if room := len(t.edges.slots) * 2 / 3; t.used+len(lists[i]) > room {
			t.moveEdges(sized(room + len(lists[i])))
		}
		t.insert(lists, i)
	}
	t.placeEndings(lists)
	if small := sized(t.used); len(small.slots) < len(t.edges.slots) {
		t.moveEdges(small)
	}
}

// moveEdges puts the edges into another table.
func (t *trie) moveEdges(to edges) {
	for _, e := range t.edges.slots {
		if e.key != 0 {
			*to.at(e.key) = e
		}
	}
	t.edges = to
}

// insert makes the edges of a phrase, so many as are needed to tell it from those that are there. While edges grow, one that is alone
// names its list, and an end is only marked.
func (t *trie) insert(lists [][]uint16, i int) {
	c := lists[i]
	e, size := t.root(c)
	if e.key == 0 {
		t.lead(e, rootKey(size, packed(c[:size])), lists, i, size)
		return
	}
	for {
		if e.node&alone != 0 {
			k := int(e.node &^ alone)
			other := lists[k]
			if slices.Equal(other[size:], c[size:]) {
				return
			}
			t.nodes++
			e.node = t.nodes
			key := edgeKey(e.node, other[size])
			t.lead(t.edges.at(key), key, lists, k, size+1)
		}
		if len(c) == size {
			e.end = 1
			return
		}
		if e.node == 0 {
			t.nodes++
			e.node = t.nodes
		}
		key := edgeKey(e.node, c[size])
		e, size = t.edges.at(key), size+1
		if e.key == 0 {
			t.lead(e, key, lists, i, size)
			return
		}
	}
}

// lead makes an edge behind which only a list goes on, or that is its end.
func (t *trie) lead(e *edge, key uint64, lists [][]uint16, i, size int) {
	t.used++
	if e.key = key; len(lists[i]) == size {
		e.end = 1
		return
	}
	e.node = alone | uint32(i)
}

// root is the root's edge of a list, or its free place, and how many classes it takes.
func (t *trie) root(c []uint16) (*edge, int) {
	size := min(len(c), 3)
	return t.edges.at(rootKey(size, packed(c[:size]))), size
}

// locate is the edge at which a list ends or is alone, and how many classes lead there.
func (t *trie) locate(c []uint16) (*edge, int) {
	e, size := t.root(c)
	for e.node&alone == 0 && size < len(c) {
		e, size = t.edges.at(edgeKey(e.node, c[size])), size+1
	}
	return e, size
}

func edgeKey(node uint32, class uint16) uint64 { return uint64(node)<<16 | uint64(class) }

// packed are up to three classes as a number.
func packed(c []uint16) (v uint64) {
	for _, class := range c {
		v = v<<16 | uint64(class)
	}
	return v
}

// placeEndings puts the endings side by side, those of one node in the order of their phrases.
func (t *trie) placeEndings(lists [][]uint16) {
	at, from := make([]*edge, len(lists)), 0
	for i, c := range lists {
		e, size := t.locate(c)
		if e.node&alone != 0 {
			e.node = alone | uint32(from+size)
		}
		at[i], from, e.end = e, from+len(c), 0
	}
	same := make([]uint32, len(at)) // by phrase: how many earlier ones end with it
	for i, e := range at {
		same[i] = e.end
		e.end++
	}
	t.endings, t.closer = make([]ending, len(at)), make([]closer, len(at))
	next, texts := uint32(1), make([]byte, 0, 3*len(t.all))
	for i, e := range at {
		if same[i] == 0 {
			next, e.end = next+e.end, next
		}
		k := e.end - 1 + same[i]
		t.endings[k], t.closer[k] = t.ending(&t.phrases[i])
		t.endings[k].text = uint32(len(texts))
		for _, r := range t.phrases[i].runes {
			texts = utf8.AppendRune(texts, r)
		}
		t.endings[k].size, t.endings[k].last = uint16(uint32(len(texts))-t.endings[k].text), true
		if same[i] > 0 {
			t.endings[k-1].last = false
		}
	}
	t.texts = string(texts)
}

// bitmap says of numbers whether they may be in a set: a word for the hash of a number, a bit in it for the last class. The empty
// one holds none.
type bitmap struct {
	words []uint64
	shift uint
}

// newBitmap makes room for n, with per to twice as many bits for each.
func newBitmap(n, per int) bitmap {
	b := max(bits.Len(uint(n*per)), 12) - 6
	return bitmap{make([]uint64, 1<<b), uint(64 - b)}
}

func (b *bitmap) add(v uint64, class uint16) { b.words[v*golden>>(b.shift&63)] |= 1 << (class & 63) }

func (b *bitmap) bit(v, class uint64) uint64 {
	return b.words[v*golden>>(b.shift&63)] >> (class & 63) & 1
}

// filter is a bitmap of a size known beforehand, of which no more is used than its mask says.
type filter [1 << filterBits]uint64

const (
	filterBits  = 14
	filterShift = 64 - filterBits
)

// newFilter makes room for n, with 32 to 64 bits for each, as long as there is so much.
func newFilter(n int) (*filter, uint64) {
	return new(filter), uint64(min(1<<max(bits.Len(uint(n))-1, 3), 1<<filterBits) - 1)
}

// bit says of a number whether it may be in the set, its lowest bits being those of the last class.
func (f *filter) bit(v, mask, class uint64) uint64 {
	return f[v*golden>>filterShift&mask] >> (class & 63) & 1
}

func (f *filter) add(v, mask, class uint64) { f[v*golden>>filterShift&mask] |= 1 << (class & 63) }

// markBegins fills the bitmaps. A number is made of four classes, 16 bits for each, the last one lowest; or of three and 0; or, of pairs,
// of two.
func (t *trie) markBegins(lists [][]uint16) {
	var of [5]int // phrases of so many runes; of more than three: the last
	for _, c := range lists {
		of[min(len(c), 4)]++
	}
	t.begins, t.beginMask = newFilter(of[3] + of[4])
	if of[1]+of[2] > 0 {
		t.pairs, t.pairMask = newFilter(of[2])
	}
	t.threes, t.fours, t.short = newBitmap(of[3], 16), newBitmap(of[4], 16), of[1]+of[2] > 0
	for _, c := range lists {
		switch v := packed(c[:min(len(c), 3)]) << 16; len(c) {
		case 1:
			t.singles = max(t.singles, uint64(c[0]))
		case 2:
			t.pairs.add(v>>16, t.pairMask, uint64(c[1]))
		case 3:
			t.begins.add(v, t.beginMask, uint64(c[2]))
			t.threes.add(v, c[2])
		default:
			t.begins.add(v, t.beginMask, uint64(c[2]))
			t.fours.add(v|uint64(c[3]), c[3])
		}
	}
}

func pairHash(a, b uint16, shift uint) uint64 {
	return (uint64(a)<<16 | uint64(b)) * golden >> (shift & 63)
}

func (t *trie) bytes() int {
	if t == nil {
		return 0
	}
	words := len(t.begins) + len(t.threes.words) + len(t.fours.words)
	if t.pairs != nil {
		words += len(t.pairs)
	}
	return t.class.bytes() + words*8 + len(t.edges.slots)*int(unsafe.Sizeof(edge{})) +
		len(t.endings)*int(unsafe.Sizeof(ending{})+unsafe.Sizeof(closer{})) + 2*len(t.all) + len(t.texts)
}

// report reports the phrases from an ending on that belong to one node.
func (t *trie) report(text string, first uint32, start, end int, gapped, blank uint64, buf []Match) []Match {
	for i := first - 1; ; i++ {
		buf = t.accept(i, text, start, end, gapped, blank, buf)
		if t.endings[i].last {
			return buf
		}
	}
}

// accept keeps the phrase of the ith ending if it may be said to stand there.
func (t *trie) accept(i uint32, text string, start, end int, gapped, blank uint64, buf []Match) []Match {
	p, more := &t.endings[i], &t.closer[i]
	if !p.stands(t.fold, text, start, end) || blank&more.tight != 0 && !spelled(more.tight, gapped, blank) {
		return buf
	}
	if via, ok := t.via(more, text[start:end], p.via); ok {
		return append(buf, Match{Phrase: int(p.number), Span: community.Span{Start: start, End: end}, View: via})
	}
	return buf
}

// via says by which views a phrase is seen in a part of a text, written as it is by some already; false where it would need one that it has not.
func (t *trie) via(p *closer, part string, written View) (View, bool) {
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
	case plain == p.plain || written&Initials != 0:
		return written, true
	case allowed != p.allowed:
		return 0, false
	case seen^p.kinds != 0:
		return written | seen ^ p.kinds, true
	}
	return written | seen, true
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
