package lexicon

// How far around a place a text is cut into words, in tokens.
const (
	talkAround = 12
	talkMost   = 2*talkAround + MaxPhrase
)

// What makes a disguise believed, in the costs of characters as words of their own: the mean of those that were changed by sound,
// and that of the rarest one changed by looks.
const (
	oddSound   = 58
	oddLooks   = 85
	meanLooks  = 100 // the mean of those changed by looks
	looseLooks = 85  // the same, where weaker signs suffice
)

// isTalk reports whether tokens from i to end are more likely ordinary words than a word in disguise. They are when the text, cut into
// the words that are most often written, has one of them where something was changed; and when what was changed is common by itself.
// Only what is all Han can be told so.
func (v *veil) isTalk(s *scratch, p *veiled, i, end int, via View, changed uint64) bool {
	for k := i; k < end; k++ {
		if s.tokens[k].kind != hanToken {
			return false
		}
		if k > i && s.tokens[k].marks && via&(Sound|Shape|Swap) != 0 {
			return true
		}
	}
	from, to := i, end
	for from > 0 && i-from < talkAround && s.follows(from) {
		from--
	}
	for to < len(s.tokens) && to-end < talkAround && to-from < talkMost && s.follows(to) {
		to++
	}
	if v.chart.reaches(s.tokens[from:to], i-from, end-from, changed) {
		return true
	}
	sum, n, rarest := int32(0), int32(0), int32(0)
	for k := i; k < end && k-i < 64; k++ {
		if changed>>(k-i)&1 != 0 {
			c := v.chart.singleCost(s.tokens[k].r)
			sum, n, rarest = sum+c, n+1, max(rarest, c)
		}
	}
	looks := int32(meanLooks)
	if p.views&Loose != 0 {
		looks = looseLooks
	}
	return via&Sound != 0 && sum < n*oddSound || via&Shape != 0 && (rarest < oddLooks || sum < n*looks)
}

// follows reports whether token i is Han right after another one.
func (s *scratch) follows(i int) bool {
	t := &s.tokens[i]
	return i > 0 && t.kind == hanToken && s.tokens[i-1].kind == hanToken && !t.cut && t.gap == 0
}

// reaches cuts tokens into the likeliest words and reports whether one of two or more characters holds a changed one; changed
// counts from i on.
func (c *chart) reaches(tokens []token, i, end int, changed uint64) bool {
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
	for at := 0; at < min(n, end); at += int(step[at]) {
		for k := max(at, i); step[at] > 1 && k < min(end, at+int(step[at])) && k-i < 64; k++ {
			if changed>>(k-i)&1 != 0 {
				return true
			}
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
