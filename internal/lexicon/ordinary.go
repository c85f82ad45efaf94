package lexicon

// How far around a place a text is cut into words, in tokens.
const (
	talkAround = 12
	talkMost   = 2*talkAround + MaxPhrase
)

// isTalk reports whether tokens from i to end are more likely ordinary words than a word in disguise: cut into the words
// that are most often written, one of them reaches into these tokens. Only what is all Han can be told so.
func (v *veil) isTalk(s *scratch, i, end int) bool {
	for k := i; k < end; k++ {
		if s.tokens[k].kind != hanToken {
			return false
		}
	}
	from, to := i, end
	for from > 0 && i-from < talkAround && s.tokens[from-1].kind == hanToken && !s.tokens[from].cut && s.tokens[from].gap == 0 {
		from--
	}
	for to < len(s.tokens) && to-end < talkAround && to-from < talkMost && s.tokens[to].kind == hanToken && !s.tokens[to].cut && s.tokens[to].gap == 0 {
		to++
	}
	return v.chart.reaches(s.tokens[from:to], i-from, end-from)
}

// reaches cuts tokens into the likeliest words and reports whether one of two or more characters overlaps [i, end).
func (c *chart) reaches(tokens []token, i, end int) bool {
	var cost [talkMost + 1]int32
	var step [talkMost]uint8
	n := min(len(tokens), talkMost)
	for at := n - 1; at >= 0; at-- {
		cost[at], step[at] = cost[at+1]+c.singleCost(tokens[at].r), 1
		h := (uint64(hashStart) ^ uint64(tokens[at].r)) * hashPrime
		for size := 2; size <= 4 && at+size <= n; size++ {
			h = (h ^ uint64(tokens[at+size-1].r)) * hashPrime
			if w := c.wordCost(h); w != 0 && w+cost[at+size] < cost[at] {
				cost[at], step[at] = w+cost[at+size], uint8(size)
			}
		}
	}
	for at := 0; at < end; at += int(step[at]) {
		if step[at] > 1 && at+int(step[at]) > i {
			return true
		}
	}
	return false
}

// singleCost is what a character costs as a word of its own.
func (c *chart) singleCost(r rune) int32 {
	if r < 0x4e00 || r > lastHan {
		return 200
	}
	return int32(c.single[r-0x4e00])
}

// wordCost is what an ordinary word of two to four characters costs, by its hash; 0 when it is none.
func (c *chart) wordCost(h uint64) int32 {
	h = (h ^ h>>29) * 0xbf58476d1ce4e5b9
	h ^= h >> 32
	mark := uint16(h>>20) & 0xfff0
	for s := h >> 47; ; s = (s + 1) & 0x1ffff {
		switch entry := uint16(c.words[2*s]) | uint16(c.words[2*s+1])<<8; {
		case entry == 0:
			return 0
		case entry&0xfff0 == mark:
			return int32(entry&15)*8 + 4
		}
	}
}
