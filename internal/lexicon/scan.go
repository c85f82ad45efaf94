package lexicon

import (
	"unicode/utf8"

	"qunluo/internal/community"
)

// window is a stretch of a text as the classes of its runes that count: skip symbols are not among them, a break is.
type window struct {
	class [MaxPhrase]uint16
	at    [MaxPhrase]int32 // where each stands in the text
	n     int
	next  int // from where on the text was not read yet
}

// fill reads the text on until the window holds so many classes, and says whether it does.
func (t *trie) fill(text string, w *window, most int) bool {
	for w.n < most && w.next < len(text) {
		at := w.next
		c, size := t.classAt(text[at:])
		if w.next += int(size); c != classSkip {
			w.class[w.n], w.at[w.n] = c, int32(at)
			w.n++
		}
	}
	return w.n >= most
}

// find reads the text once and looks at every three classes in a row, which mostly begin no phrase, when it sees what stands behind them.
// Where they may begin one, it walks the trie.
func (t *trie) find(text string, buf []Match) []Match {
	var v uint64 // the last three classes, and room for one
	for i, behind, steps := 0, 0, -walkStart; ; {
		var next place
		if t.short {
			v, next = t.skimAll(text, i, v)
		} else {
			v, next = t.skim(text, i, v)
		}
		if next.at == len(text) {
			if behind++; behind > 3 {
				return buf
			}
		} else if next.size == 0 {
			if next.class, next.size = t.classAt(text[next.at:]); next.class == classSkip {
				i = next.at + next.size
				continue
			}
		}
		long, short := t.mayBegin(v, next.class), t.short && t.isShort(v)
		if !long && !short {
			if behind > 0 && !t.short {
				return buf
			}
			v, i = (v|uint64(next.class))<<16, next.at+next.size
			continue
		}
		if steps > next.at {
			buf, i = t.read(text, t.back(text, next.at, 3-max(behind-1, 0)), chainEach, buf)
			v, behind, steps = 0, 0, i-walkStart
			continue
		}
		if short {
			buf = t.walkShort(text, t.back(text, next.at, 3-max(behind-1, 0)), v>>16, buf)
		}
		if took := 0; long {
			buf, took = t.walk(text, v>>16, next, buf)
			steps += walkCost * took
		}
		v, i = (v|uint64(next.class))<<16, next.at+next.size
	}
}

// place is where a rune that counts stands in a text, its bytes and its class. Behind the text stands a break of no bytes.
type place struct {
	at, size int
	class    uint16
}

// skim reads on until the three classes that it saw may begin a phrase, and says what stands behind them; or until it meets what has none
// of the usual forms: no bytes. It is what nearly all time goes into, and calls nothing.
func (t *trie) skim(text string, i int, v uint64) (uint64, place) {
	begins, mask, rowOf, low, rows := t.begins, t.beginMask, &t.class.rowOf, &t.class.low, t.class.rows
	rest := text[i:]
	for len(rest) > 3 {
		two := uint16(rest[0])<<8 | uint16(rest[1])
		if two >= 0xe000 { // three bytes, the usual form of Chinese
			c := rows[rowOf[two&0x1fff]|uint32(rest[2])]
			if c >= classOther {
				if c == classOther {
					break
				}
				rest = rest[3:]
				continue
			}
			if begins.bit(v, mask, v>>16) != 0 {
				return v, place{len(text) - len(rest), 3, c}
			}
			v = (v | uint64(c)) << 16
			rest = rest[3:]
		} else if two < utf8.RuneSelf<<8 {
			c := low[two>>8]
			if c == classSkip {
				rest = rest[1:]
				continue
			}
			if begins.bit(v, mask, v>>16) != 0 {
				return v, place{len(text) - len(rest), 1, c}
			}
			v = (v | uint64(c)) << 16
			rest = rest[1:]
		} else {
			break
		}
	}
	if len(rest) == 3 && rest[0] >= 0xe0 { // mostly the last one
		if c := rows[rowOf[(uint16(rest[0])<<8|uint16(rest[1]))&0x1fff]|uint32(rest[2])]; c < classOther {
			if begins.bit(v, mask, v>>16) != 0 {
				return v, place{len(text) - len(rest), 3, c}
			}
			return (v | uint64(c)) << 16, place{at: len(text)}
		}
	}
	return v, place{at: len(text) - len(rest)}
}

// skimAll is skim where there are phrases of one rune or two.
func (t *trie) skimAll(text string, i int, v uint64) (uint64, place) {
	begins, mask, rowOf, low, rows := t.begins, t.beginMask, &t.class.rowOf, &t.class.low, t.class.rows
	pairs, pairMask, singles := t.pairs, t.pairMask, t.singles
	rest := text[i:]
	for len(rest) > 3 {
		two := uint16(rest[0])<<8 | uint16(rest[1])
		if two >= 0xe000 {
			c := rows[rowOf[two&0x1fff]|uint32(rest[2])]
			if c >= classOther {
				if c == classOther {
					break
				}
				rest = rest[3:]
				continue
			}
			if begins.bit(v, mask, v>>16) != 0 || pairs.bit(v>>32, pairMask, v>>32) != 0 || v>>48-1 < singles {
				return v, place{len(text) - len(rest), 3, c}
			}
			v = (v | uint64(c)) << 16
			rest = rest[3:]
		} else if two < utf8.RuneSelf<<8 {
			c := low[two>>8]
			if c == classSkip {
				rest = rest[1:]
				continue
			}
			if begins.bit(v, mask, v>>16) != 0 || pairs.bit(v>>32, pairMask, v>>32) != 0 || v>>48-1 < singles {
				return v, place{len(text) - len(rest), 1, c}
			}
			v = (v | uint64(c)) << 16
			rest = rest[1:]
		} else {
			break
		}
	}
	return v, place{at: len(text) - len(rest)}
}

// back is where the nth class before a place stands.
func (t *trie) back(text string, i, n int) int {
	rowOf, rows := &t.class.rowOf, t.class.rows
	for n > 0 && i > 0 {
		if i >= 3 && text[i-3] >= 0xe0 {
			if c := rows[rowOf[(uint16(text[i-3])<<8|uint16(text[i-2]))&0x1fff]|uint32(text[i-1])]; c != classOther {
				if i -= 3; c != classSkip {
					n--
				}
				continue
			}
		}
		r, size := utf8.DecodeLastRuneInString(text[:i])
		if i -= size; r == utf8.RuneError && size == 1 || t.classOf(r) != classSkip {
			n--
		}
	}
	return i
}

// mayBegin reports whether a phrase of more than two runes may begin with three classes and a fourth one behind them.
func (t *trie) mayBegin(v uint64, fourth uint16) bool {
	return t.begins.bit(v, t.beginMask, v>>16) != 0 && t.mayGoOn(v|uint64(fourth))
}

// mayGoOn looks closer at three classes that seem to begin a phrase, together with the one behind them.
func (t *trie) mayGoOn(four uint64) bool {
	return t.fours.bit(four, four)|t.threes.bit(four>>16<<16, four>>16) != 0
}

// isShort reports whether the first of three classes is a phrase, or the first two may be one.
func (t *trie) isShort(v uint64) bool {
	return v>>48-1 < t.singles || t.pairs.bit(v>>32, t.pairMask, v>>32) != 0
}

// after is the place of the next rune that counts.
func (t *trie) after(text string, p place) place {
	for p.at += p.size; p.at < len(text); p.at += p.size {
		if p.class, p.size = t.classAt(text[p.at:]); p.class != classSkip {
			return p
		}
	}
	return place{at: len(text)}
}

// walk reports every phrase of three runes or more that begins with three classes, which stand before a place, and says how many steps
// it took.
func (t *trie) walk(text string, v uint64, next place, buf []Match) ([]Match, int) {
	e, size := t.edges.at(rootKey(3, v)), 3
	if e.key == 0 {
		return buf, size
	}
	start := t.back(text, next.at, 3)
	for ; e.key != 0; size++ {
		if e.node&alone != 0 {
			return t.compare(text, start, size, e, next, buf)
		}
		if e.end != 0 {
			p := &t.endings[e.end-1]
			if !p.last || !p.isWritten(t.texts, text, start) {
				return t.follow(text, start, size, e, buf)
			}
			buf = p.take(t.fold, text, start, buf)
		}
		if e.node == 0 || next.class == classBreak {
			return buf, size
		}
		e = t.edges.at(edgeKey(e.node, next.class))
		next = t.after(text, next)
	}
	return buf, size
}

// compare reports what is alone behind an edge, to which the first size classes lead, where the rest of it stands at a place.
func (t *trie) compare(text string, start, size int, e *edge, next place, buf []Match) ([]Match, int) {
	from := int(e.node &^ alone)
	if t.all[from] != next.class {
		return buf, size
	}
	p := &t.endings[e.end-1]
	if p.last && p.isWritten(t.texts, text, start) {
		return p.take(t.fold, text, start, buf), size
	}
	for _, class := range t.all[from+1 : from+int(p.runes)-size] {
		if next = t.after(text, next); class != next.class {
			return buf, size
		}
	}
	return t.follow(text, start, size, e, buf)
}

// walkShort reports the phrases of one rune and of two that begin at a place with three classes.
func (t *trie) walkShort(text string, start int, v uint64, buf []Match) []Match {
	for size := 1; size < 3; size++ {
		e := t.edges.at(rootKey(size, v>>(48-16*size)))
		if e.key == 0 {
			continue
		}
		if p := &t.endings[e.end-1]; p.last && p.isWritten(t.texts, text, start) {
			buf = p.take(t.fold, text, start, buf)
			continue
		}
		buf, _ = t.follow(text, start, size, &edge{key: e.key, end: e.end}, buf)
	}
	return buf
}

// follow walks on from an edge to which the first size classes lead, where symbols may stand between them.
func (t *trie) follow(text string, start, size int, e *edge, buf []Match) ([]Match, int) {
	w := window{next: start}
	g := gaps{end: runeEnd(text, start)}
	for ; e.key != 0; size++ {
		if e.node&alone != 0 {
			return t.rest(text, &w, size, e, &g, buf)
		}
		more := t.fill(text, &w, size+1)
		if e.end != 0 {
			buf = t.reach(text, &w, size, e.end, &g, buf)
		}
		if e.node == 0 || !more {
			return buf, size
		}
		e = t.edges.at(edgeKey(e.node, w.class[size]))
	}
	return buf, size
}

// rest compares what is alone behind an edge.
func (t *trie) rest(text string, w *window, size int, e *edge, g *gaps, buf []Match) ([]Match, int) {
	t.fill(text, w, size)
	runes := int(t.endings[e.end-1].runes)
	from := int(e.node &^ alone)
	for n, class := range t.all[from : from+runes-size] {
		if !t.fill(text, w, size+n+1) || w.class[size+n] != class {
			return buf, size + n
		}
	}
	return t.reach(text, w, runes, e.end, g, buf), size
}

// isWritten reports whether the phrase stands at a place rune by rune as it is.
func (p *ending) isWritten(texts, text string, start int) bool {
	end := start + int(p.size)
	return end <= len(text) && text[start:end] == texts[p.text:p.text+uint32(p.size)]
}

// take keeps a phrase that stands at a place as it is written, where its neighbours let it.
func (p *ending) take(fold *foldTable, text string, start int, buf []Match) []Match {
	end := start + int(p.size)
	if p.head|p.tail != noWord && !p.stands(fold, text, start, end) {
		return buf
	}
	return append(buf, Match{Phrase: int(p.number), Span: community.Span{Start: start, End: end}, View: p.via})
}

// reach reports the phrases, from an ending on, whose classes are the first size ones.
func (t *trie) reach(text string, w *window, size int, first uint32, g *gaps, buf []Match) []Match {
	start, end := int(w.at[0]), runeEnd(text, int(w.at[size-1]))
	for i := first - 1; ; i++ {
		p := &t.endings[i]
		if end-start == int(p.size) && p.isWritten(t.texts, text, start) {
			buf = p.take(t.fold, text, start, buf)
		} else if t.join(text, w, size, g) {
			buf = t.accept(i, text, start, end, g.gapped, g.blank, buf)
		}
		if p.last {
			return buf
		}
	}
}

// gaps is where the runes of a phrase were looked at for symbols between them.
type gaps struct {
	size          int // runes joined to the first
	end           int // of the last one joined
	gapped, blank uint64
}

// join goes on until size runes are joined; false where more symbols stand between two than may.
func (t *trie) join(text string, w *window, size int, g *gaps) bool {
	for n := g.size + 1; n < size; n++ {
		at := int(w.at[n])
		if at != g.end {
			number, blanks := t.gap(text, g.end, at)
			if number > MaxGap {
				return false
			}
			g.gapped |= 1 << n
			if blanks {
				g.blank |= 1 << n
			}
		}
		g.size, g.end = n, runeEnd(text, at)
	}
	return true
}

// gap counts the skip symbols between two places, up to one more than MaxGap, and says whether all are blanks.
func (t *trie) gap(text string, from, to int) (number int, blanks bool) {
	blanks = true
	for from < to && number <= MaxGap {
		r, n := utf8.DecodeRuneInString(text[from:])
		blanks = blanks && isSpace(r)
		number, from = number+1, from+n
	}
	return number, blanks
}

// runeEnd is where a well formed rune ends.
func runeEnd(text string, at int) int {
	switch b := text[at]; {
	case b < utf8.RuneSelf:
		return at + 1
	case b < 0xe0:
		return at + 2
	case b < 0xf0:
		return at + 3
	}
	return at + 4
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

// classOf is the class of any rune.
func (t *trie) classOf(r rune) uint16 {
	if c, ok := t.class.of(r); ok {
		return c
	}
	if t.skips && t.glyph.isSkip(r) {
		return classSkip
	}
	return classBreak
}

// classAt is the class of the first rune, and how many bytes it has. What is not well formed is a break.
func (t *trie) classAt(text string) (uint16, int) {
	switch b := text[0]; {
	case b < utf8.RuneSelf:
		return t.class.low[b], 1
	case b == 0xf0 && len(text) >= 4 && text[1] == 0x9f && isTail(text[2]) && isTail(text[3]):
		return t.class.figure[int(text[2]&0x3f)<<6|int(text[3]&0x3f)], 4
	case b >= 0xe0 && len(text) >= 3:
		if c := t.class.rows[t.class.rowOf[(uint16(b)<<8|uint16(text[1]))&0x1fff]|uint32(text[2])]; c != classOther {
			return c, 3
		}
	}
	r, n := utf8.DecodeRuneInString(text)
	if r == utf8.RuneError && n == 1 {
		return classBreak, 1
	}
	return t.classOf(r), n
}

func isTail(b byte) bool { return b&0xc0 == 0x80 }
