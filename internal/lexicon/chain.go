package lexicon

import (
	"cmp"
	"math/bits"
	"slices"
)

// chain is what a trie needs to read a text in one go, never going back (Aho and Corasick, 1975). Ordinary texts are found faster by the
// bitmaps; a text made of beginnings of phrases would cost them the length of the longest at every position, and is read with the
// chain instead. It is made when the first such text comes. Node 0 is the root.
type chain struct {
	edges edges // number<<16 | class, or rootKey of one class
	nodes []chainNode
}

type chainNode struct {
	fail  uint32 // the node of the longest proper ending of its path that is a path too
	found uint32 // the first node along fail where a phrase ends; 0 = none
	end   uint32 // as in edge
	depth uint8
	class uint16
	up    uint32 // the node before it

	first   uint16 // the class that leads to its first child; 0 = it has none
	several bool   // it has more, which the edges know
	child   uint32
}

func (t *trie) makeChain() *chain {
	c := t.unroll()
	order := make([][]uint32, MaxPhrase+1)
	for node := 1; node < len(c.nodes); node++ {
		d := c.nodes[node].depth
		order[d] = append(order[d], uint32(node))
	}
	for _, nodes := range order[2:] {
		for _, node := range nodes {
			n := &c.nodes[node]
			n.fail = c.goOn(c.nodes[n.up].fail, n.class)
			if n.found = n.fail; c.nodes[n.fail].end == 0 {
				n.found = c.nodes[n.fail].found
			}
		}
	}
	return c
}

// unroll makes a chain's nodes, each class of a phrase one.
func (t *trie) unroll() *chain {
	var list []edge
	for _, e := range t.edges.slots {
		if e.key != 0 {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b edge) int { // an edge that leads to a node stands before those from it
		if root := int(b.key>>62) - int(a.key>>62); root != 0 {
			return root
		}
		return cmp.Compare(a.key, b.key)
	})
	c := &chain{sized(len(t.all)), make([]chainNode, 1, len(list)+1)}
	node := make([]uint32, t.nodes+1) // by number in the trie
	for _, e := range list {
		at, size := uint32(0), int(e.key>>62)
		if size == 0 {
			at, size = node[e.key>>16], 1
		}
		for k := size - 1; k >= 0; k-- {
			at = c.child(at, uint16(e.key>>(16*k)))
		}
		if e.node&alone == 0 {
			node[e.node] = at
		} else {
			from := int(e.node &^ alone)
			for _, class := range t.all[from : from+int(t.endings[e.end-1].runes)-int(c.nodes[at].depth)] {
				at = c.child(at, class)
			}
		}
		if e.end != 0 {
			c.nodes[at].end = e.end
		}
	}
	return c
}

// child is the node to which a class leads, made where there is none.
func (c *chain) child(node uint32, class uint16) uint32 {
	key := chainKey(node, class)
	e := c.edges.at(key)
	if e.key == 0 {
		e.key, e.node = key, uint32(len(c.nodes))
		c.nodes = append(c.nodes, chainNode{depth: c.nodes[node].depth + 1, class: class, up: node})
		if up := &c.nodes[node]; up.first == 0 {
			up.first, up.child = class, e.node
		} else {
			up.several = true
		}
	}
	return e.node
}

func chainKey(node uint32, class uint16) uint64 { return 1<<62 | uint64(node)<<16 | uint64(class) }

// goOn is where a class leads from a node, or from the longest of its endings from which it leads anywhere; 0 = nowhere.
func (c *chain) goOn(node uint32, class uint16) uint32 {
	for {
		n := &c.nodes[node]
		if n.first == class {
			return n.child
		}
		if n.several {
			if e := c.edges.at(chainKey(node, class)); e.key != 0 {
				return e.node
			}
		}
		if node == 0 {
			return 0
		}
		node = n.fail
	}
}

// path is the last runes that count, as the chain is read: where they begin, and which gaps before them held symbols.
type path struct {
	starts        [MaxPhrase]int
	n             int
	gapped, blank uint64 // bit k: before the rune k steps ago
}

func (p *path) push(start int, gapped, blank uint64) {
	p.starts[p.n%MaxPhrase] = start
	p.n++
	p.gapped, p.blank = p.gapped<<1|gapped, p.blank<<1|blank
}

// last gives where the last size runes begin, and their gaps as a phrase counts them: bit k before its rune k.
func (p *path) last(size int) (start int, gapped, blank uint64) {
	turn := func(v uint64) uint64 { return bits.Reverse64(v) >> (64 - size) &^ 1 }
	return p.starts[(p.n-size)%MaxPhrase], turn(p.gapped), turn(p.blank)
}

// read finds what begins at a position or after it, in one go, and keeps the order of find. Once it read some bytes at least it stops
// where a phrase is hardly under way, and says from where on nothing was found.
func (t *trie) read(text string, from, least int, buf []Match) ([]Match, int) {
	c := t.chained()
	var p path
	node, depth, kept, end := uint32(0), 0, len(buf), from
	for at, size := from, 0; at < len(text); at += size {
		class := uint16(classOther)
		if rest := text[at:]; len(rest) > 3 && rest[0] >= 0xe0 {
			class, size = t.class.rows[t.class.rowOf[(uint16(rest[0])<<8|uint16(rest[1]))&0x1fff]|uint32(rest[2])], 3
		}
		if class == classOther {
			class, size = t.classAt(text[at:])
		}
		if class == classSkip {
			continue
		}
		if at >= from+least && depth <= chainLoose {
			next := at
			if depth > 0 {
				next, _, _ = p.last(depth)
			}
			return before(inOrder(buf, kept), kept, next), next
		}
		if class == classBreak {
			node, depth = 0, 0
			continue
		}
		gapped, blank := uint64(0), uint64(0)
		if at != end && node != 0 {
			number, blanks := t.gap(text, end, at)
			if gapped = 1; blanks {
				blank = 1
			}
			if number > MaxGap {
				node = 0
			}
		}
		p.push(at, gapped, blank)
		end = at + size
		node = c.goOn(node, class)
		n := &c.nodes[node]
		if depth = int(n.depth); n.end|n.found != 0 {
			buf = t.ended(text, c, node, end, &p, buf)
		}
	}
	return inOrder(buf, kept), len(text)
}

// before leaves out, of what was found since kept, what begins at a position or after it.
func before(buf []Match, kept, at int) []Match {
	for len(buf) > kept && buf[len(buf)-1].Span.Start >= at {
		buf = buf[:len(buf)-1]
	}
	return buf
}

// inOrder sorts what was found since kept by where it stands.
func inOrder(buf []Match, kept int) []Match {
	slices.SortStableFunc(buf[kept:], func(a, b Match) int {
		if a.Span.Start != b.Span.Start {
			return a.Span.Start - b.Span.Start
		}
		return a.Span.End - b.Span.End
	})
	return buf
}

// ended reports the phrases that end at a node.
func (t *trie) ended(text string, c *chain, node uint32, end int, p *path, buf []Match) []Match {
	for ; node != 0; node = c.nodes[node].found {
		if n := &c.nodes[node]; n.end != 0 {
			start, gapped, blank := p.last(int(n.depth))
			buf = t.report(text, n.end, start, end, gapped, blank, buf)
		}
	}
	return buf
}

// Steps that walking may take before a text counts as hostile: some at once, and one for some bytes.
const (
	walkStart  = 64
	walkCost   = 2    // bytes
	chainEach  = 1024 // bytes that are read with the chain at least
	chainLoose = 3    // runes of a phrase that may be under way where it stops
)
