package lexicon

// laying is a phrase laid against a text from one token on.
type laying struct {
	v    *veil
	s    *scratch
	p    *veiled
	from int

	changed uint64 // bit k: token from+k is not what the phrase has there
}

// from0 lays the whole phrase: the token after it, and the views that were used.
func (l *laying) from0() (end int, via View, ok bool) { return l.rest(0, l.from, 0) }

// rest lays the phrase's runes from k on against the tokens from i on. What is plain is tried first.
func (l *laying) rest(k, i int, via View) (int, View, bool) {
	if k == len(l.p.runes) {
		return i, via, l.fits(i, via)
	}
	for passed := 0; i < len(l.s.tokens) && passed <= MaxGap; passed++ {
		t := &l.s.tokens[i]
		if l.s.credit--; l.s.credit < 0 || t.cut && i > l.from {
			return 0, 0, false
		}
		if end, used, ok := l.here(k, i, via, t); ok {
			return end, used, true
		}
		if t.kind != emojiToken || i == l.from {
			return 0, 0, false
		}
		i++ // a picture between two characters
	}
	return 0, 0, false
}

// here lays rune k against token i itself, in every way that the phrase's views allow.
func (l *laying) here(k, i int, via View, t *token) (int, View, bool) {
	want, views, c := l.p.runes[k], l.p.views, l.v.chart
	if t.r == want || t.kind == otherToken && isDigit(t.r) && l.v.numbers[want] == t.r {
		if end, used, ok := l.rest(k+1, i+1, via); ok {
			return end, used, true
		}
	}
	if views&Split != 0 {
		if end, used, ok := l.parts(k, i, via); ok {
			return end, used, true
		}
	}
	switch t.kind {
	case hanToken:
		if views&Sound != 0 && t.r != want && c.alike(t.r, want) {
			if end, used, ok := l.instead(k, i, 1, via|Sound); ok {
				return end, used, true
			}
		}
		if views&Shape != 0 && t.r != want && c.looksLike(t.r, want) {
			if end, used, ok := l.instead(k, i, 1, via|Shape); ok {
				return end, used, true
			}
		}
	case letterToken:
		if views&Pinyin != 0 {
			return l.spelled(k, i, via)
		}
	case emojiToken:
		if views&Emoji != 0 {
			for _, r := range c.emoji[t.r] {
				if r == want || c.alike(r, want) {
					return l.rest(k+1, i+1, via|Emoji)
				}
			}
		}
	}
	return 0, 0, false
}

// instead lays the rest when n tokens from i on stand instead of rune k.
func (l *laying) instead(k, i, n int, via View) (int, View, bool) {
	before := l.changed
	if off := i - l.from; off < 64 {
		l.changed |= (1<<n - 1) << off
	}
	end, used, ok := l.rest(k+1, i+n, via)
	if !ok {
		l.changed = before
	}
	return end, used, ok
}

// spelled lays rune k against letters that spell one of its syllables.
func (l *laying) spelled(k, i int, via View) (int, View, bool) {
	if l.s.joined(i) && l.s.reach[i]&fromStart == 0 {
		return 0, 0, false
	}
	for _, syl := range l.v.chart.soundsOf(l.p.runes[k]) {
		name := l.v.chart.names[syl]
		if syl == 0 || i+len(name) > len(l.s.tokens) {
			continue
		}
		n := 0
		for n < len(name) && l.s.tokens[i+n].r == rune(name[n]) && (n == 0 || l.s.joined(i+n)) {
			n++
		}
		if n < len(name) {
			continue
		}
		if end, used, ok := l.rest(k+1, i+n, via|Pinyin); ok {
			return end, used, true
		}
	}
	return 0, 0, false
}

// parts lays rune k against the parts it is made of.
func (l *laying) parts(k, i int, via View) (int, View, bool) {
	if i+1 >= len(l.s.tokens) {
		return 0, 0, false
	}
	a, b := l.s.tokens[i].r, l.s.tokens[i+1].r
	if !l.v.splits.may(a, b) {
		return 0, 0, false
	}
	for _, w := range l.v.splits.ways[[2]rune{a, b}] {
		if w.whole == l.p.runes[k] && l.s.holds(i, w.parts) {
			if end, used, ok := l.rest(k+1, i+len(w.parts), via|Split); ok {
				return end, used, true
			}
		}
	}
	return 0, 0, false
}

// fits checks the ends of a phrase against its neighbours: letters must be whole words, or whole syllables of a run.
func (l *laying) fits(end int, via View) bool {
	first, last := &l.s.tokens[l.from], &l.s.tokens[end-1]
	if first.kind == letterToken && l.s.joined(l.from) && (via&Pinyin == 0 || l.s.reach[l.from]&fromStart == 0) {
		return false
	}
	if via&Pinyin != 0 && !l.isSpelledWell(end) {
		return false
	}
	if last.kind == letterToken && end < len(l.s.tokens) && l.s.joined(end) && (via&Pinyin == 0 || l.s.reach[end]&toEnd == 0) {
		return false
	}
	return true
}

// How many letters a word has at least that is spelled and nothing else: in one run, and where its syllables stand apart or it stands
// right beside Han.
const (
	minSpelled = 5
	minSpaced  = 3
)

// isSpaced reports whether letters stand apart by syllables, or right beside Han.
func (l *laying) isSpaced(end int) bool {
	for i := l.from + 1; i < end; i++ {
		if l.s.tokens[i].gap > 0 {
			return true
		}
	}
	besideBefore := l.from > 0 && l.s.tokens[l.from-1].kind == hanToken && l.s.tokens[l.from].gap == 0 && !l.s.tokens[l.from].cut
	besideAfter := end < len(l.s.tokens) && l.s.tokens[end].kind == hanToken && l.s.tokens[end].gap == 0 && !l.s.tokens[end].cut
	return besideBefore || besideAfter
}

// isSpelledWell reports whether no mark stands between letters and what they belong to, and whether there are enough of them.
func (l *laying) isSpelledWell(end int) bool {
	letters, others := 0, 0
	for i := l.from; i < end; i++ {
		t := &l.s.tokens[i]
		if t.kind != letterToken {
			others++
			continue
		}
		letters++
		if i > l.from && t.marks || i+1 < end && l.s.tokens[i+1].marks {
			return false
		}
	}
	return others > 0 || letters >= minSpelled || letters >= minSpaced && l.isSpaced(end)
}
