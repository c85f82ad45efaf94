package lexicon

import (
	"math/bits"
	"slices"
)

// chain is what a trie needs to read a text in one go, never going back (Aho and Corasick, 1975). Ordinary texts are found faster by the
// pair filter; a text made of beginnings of phrases would cost it the length of the longest at every position, and is read with the
// chain instead. It is made when the first such text comes.
type chain struct {
	fail  []uint32 // by node: the node of the longest proper ending of its path that is a path too; 0 = none
	found []uint32 // by node: the first node along fail where a phrase ends; 0 = none
	depth []uint8
}

func (t *trie) makeChain() *chain {
	c := &chain{make([]uint32, t.nodes), make([]uint32, t.nodes), make([]uint8, t.nodes)}
	parent, class := make([]uint32, t.nodes), make([]uint16, t.nodes)
	for k, node := range t.first {
		if node != 0 {
			class[node] = uint16(k)
		}
	}
	for i, key := range t.keys {
		if key != 0 {
			parent[t.vals[i]], class[t.vals[i]] = uint32(key>>16), uint16(key)
		}
	}
	order := make([][]uint32, MaxPhrase+1)
	for node := uint32(1); node < t.nodes; node++ { // a parent's number is below its children's
		c.depth[node] = c.depth[parent[node]] + 1
		order[c.depth[node]] = append(order[c.depth[node]], node)
	}
	for _, nodes := range order[2:] {
		for _, node := range nodes {
			c.fail[node] = t.goOn(c, c.fail[parent[node]], class[node])
			if c.found[node] = c.fail[node]; t.ends[c.fail[node]] == 0 {
				c.found[node] = c.found[c.fail[node]]
			}
		}
	}
	return c
}

// goOn is where a class leads from a node, or from the longest of its endings from which it leads anywhere; 0 = nowhere.
func (t *trie) goOn(c *chain, node uint32, class uint16) uint32 {
	for ; node != 0; node = c.fail[node] {
		if s := t.slot(uint64(node)<<16 | uint64(class)); t.keys[s] != 0 {
			return t.vals[s]
		}
	}
	return t.first[class]
}

// path is the last runes that count, as the chain is read: where they begin, and which gaps before them held symbols.
type path struct {
	starts        [MaxPhrase]int
	n             int
	gapped, blank uint64 // bit k: before the rune k steps ago
}

func (p *path) push(start, gap int, blanks bool) {
	p.starts[p.n%MaxPhrase] = start
	p.n++
	p.gapped, p.blank = p.gapped<<1, p.blank<<1
	if gap > 0 {
		p.gapped |= 1
	}
	if blanks {
		p.blank |= 1
	}
}

// last gives where the last size runes begin, and their gaps as a phrase counts them: bit k before its rune k.
func (p *path) last(size int) (start int, gapped, blank uint64) {
	turn := func(v uint64) uint64 { return bits.Reverse64(v) >> (64 - size) &^ 1 }
	return p.starts[(p.n-size)%MaxPhrase], turn(p.gapped), turn(p.blank)
}

// read finds what begins at a position or after it, in one go, and keeps the order of find.
func (t *trie) read(text string, from int, buf []Match) []Match {
	c := t.chained()
	var p path
	node, kept := uint32(0), len(buf)
	for at := from; at < len(text); {
		gap, blanks, next := t.gap(text, at)
		if gap < 0 {
			gap, blanks, node = 0, false, 0
			if next = t.nextCounted(text, next); next == len(text) {
				break
			}
		}
		class, n := t.classAt(text, next)
		p.push(next, gap, blanks)
		node, at = t.goOn(c, node, class), next+n
		for end := node; end != 0; end = c.found[end] {
			if t.ends[end] != 0 {
				start, gapped, blank := p.last(int(c.depth[end]))
				buf = t.report(text, end, start, at, gapped, blank, buf)
			}
		}
	}
	slices.SortStableFunc(buf[kept:], func(a, b Match) int {
		if a.Span.Start != b.Span.Start {
			return a.Span.Start - b.Span.Start
		}
		return a.Span.End - b.Span.End
	})
	return buf
}

// nextCounted is where the next rune stands that is in some phrase.
func (t *trie) nextCounted(text string, at int) int {
	for at < len(text) {
		class, n := t.classAt(text, at)
		if class >= classFirst {
			return at
		}
		at += n
	}
	return at
}

// Steps that walking may take before a text counts as hostile: some at once, and some for each byte.
const (
	walkStart = 96
	walkEach  = 1
)
