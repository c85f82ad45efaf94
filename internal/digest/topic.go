package digest

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// Bounds of phrases.
const (
	longestPhrase = 7     // units
	longestWords  = 3     // units of a phrase that holds a word of letters
	mostPhrases   = 60    // that are joined to topics
	telling       = 10.83 // of the log-likelihood ratio: p < 0.001 with one degree of freedom
	scarceUsual   = Scarce
	contained     = 0.8 // of a phrase's messages hold a longer one: the longer one stands for it
	together      = 0.4 // of a phrase's messages are of a topic: it belongs there
	quoteLeast    = 6   // units of a quote
	quoteMost     = 60
)

// gram is a phrase by number; 0 = none.
type gram int32

// grams numbers the phrases that at least LeastMessages messages hold, level by level: a phrase of n units can only be frequent if
// both phrases of n−1 units within it are (Agrawal and Srikant, 1994).
type grams struct {
	first map[string]gram  // a unit, folded
	next  map[[2]gram]gram // two phrases that overlap by all but one unit
	parts []part           // by gram
}

// part is what is known of a frequent phrase.
type part struct {
	text     string // as first written
	units    int
	han      int     // of them ideographs
	plain    bool    // a word that is no phrase by itself
	in       []int32 // messages, by index
	within   [2]gram // the phrases of one unit fewer
	speakers int
	usual    int // messages of the usual talk
	score    float64
}

// spelled is a text's units as one level of phrases.
type spelled struct {
	unit []unit
	id   []gram // of the phrase that begins at a unit; 0 = not frequent
}

// topics finds what was talked about more than usual.
func topics(lines []Line, usual, named []string) []Topic {
	g := count(lines)
	if len(g.parts) == 1 {
		return nil
	}
	g.compare(usual)
	return join(lines, g.choose(lines, len(usual), names(lines, named)))
}

// names are the folded words that name people and the group.
func names(lines []Line, more []string) map[string]bool {
	out := map[string]bool{}
	for _, n := range more {
		out[folded(n)] = true
	}
	for _, l := range lines {
		out[folded(l.Name)] = true
	}
	delete(out, "")
	return out
}

func folded(s string) string { return strings.Map(lexicon.Fold, s) }

// count finds the frequent phrases of the lines.
func count(lines []Line) *grams {
	g := &grams{first: map[string]gram{}, next: map[[2]gram]gram{}, parts: make([]part, 1)}
	texts := make([]spelled, len(lines))
	single := map[string]*tally{}
	for i, l := range lines {
		for u := range units(l.Text) {
			texts[i].unit = append(texts[i].unit, u)
			w := folded(l.Text[u.span.Start:u.span.End])
			t := single[w]
			if t == nil {
				t = &tally{last: -1}
				single[w] = t
			}
			t.see(int32(i))
		}
	}
	for i, l := range lines {
		texts[i].id = make([]gram, len(texts[i].unit))
		for j, u := range texts[i].unit {
			word := l.Text[u.span.Start:u.span.End]
			w := folded(word)
			if single[w].n < LeastMessages {
				continue
			}
			id, ok := g.first[w]
			if !ok {
				id = g.add(part{text: word, units: 1, han: count1(u.han), plain: u.han || plain(w)})
				g.first[w] = id
			}
			texts[i].id[j] = id
			g.hold(id, int32(i))
		}
	}
	for n := 2; n <= longestPhrase && g.extend(lines, texts, n); n++ {
	}
	return g
}

// tally counts messages, each once.
type tally struct{ n, last int32 }

func (t *tally) see(line int32) {
	if t.last != line {
		t.n, t.last = t.n+1, line
	}
}

func count1(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// plain reports whether a folded word says nothing by itself: a common one, a number, or too short.
func plain(w string) bool {
	return plainWords()[w] || utf8.RuneCountInString(w) < 3 || strings.Trim(w, "0123456789.-_") == ""
}

func (g *grams) add(p part) gram {
	g.parts = append(g.parts, p)
	return gram(len(g.parts) - 1)
}

// hold notes that a message holds a phrase.
func (g *grams) hold(id gram, line int32) {
	in := &g.parts[id].in
	if n := len(*in); n == 0 || (*in)[n-1] != line {
		*in = append(*in, line)
	}
}

// extend makes of the phrases of n−1 units those of n; it reports whether there are any.
func (g *grams) extend(lines []Line, texts []spelled, n int) bool {
	seen := map[[2]gram]*tally{}
	pair := func(t spelled, j int) (k [2]gram, ok bool) {
		if j+n > len(t.unit) || t.id[j] == 0 || t.id[j+1] == 0 || !t.unit[j+n-1].joined {
			return k, false
		}
		return [2]gram{t.id[j], t.id[j+1]}, n <= longestWords || g.parts[t.id[j]].han == n-1 && t.unit[j+n-1].han
	}
	for i, t := range texts {
		for j := range t.unit {
			if k, ok := pair(t, j); ok {
				s := seen[k]
				if s == nil {
					s = &tally{last: -1}
					seen[k] = s
				}
				s.see(int32(i))
			}
		}
	}
	any := false
	for i, t := range texts {
		for j := range t.unit { // the phrase at j+1 is still the shorter one when j is asked
			k, ok := pair(t, j)
			if !ok || seen[k].n < LeastMessages {
				t.id[j] = 0
				continue
			}
			id, had := g.next[k]
			if !had {
				text := lines[i].Text[t.unit[j].span.Start:t.unit[j+n-1].span.End]
				id = g.add(part{text: text, units: n, han: g.parts[k[0]].han + count1(t.unit[j+n-1].han), within: k})
				g.next[k] = id
			}
			t.id[j] = id
			g.hold(id, int32(i))
			any = true
		}
	}
	return any
}

// compare counts in how many messages of the usual talk each phrase stands.
func (g *grams) compare(usual []string) {
	last := make([]int32, len(g.parts))
	see := func(id gram, line int) {
		if last[id] != int32(line)+1 {
			last[id] = int32(line) + 1
			g.parts[id].usual++
		}
	}
	var unit []unit
	var id []gram
	for i, text := range usual {
		unit, id = unit[:0], id[:0]
		for u := range units(text) {
			unit = append(unit, u)
			id = append(id, g.first[folded(text[u.span.Start:u.span.End])])
		}
		for n := 1; n <= longestPhrase; n++ {
			any := false
			for j := range unit {
				if n > 1 {
					if j+n > len(unit) || id[j] == 0 || id[j+1] == 0 || !unit[j+n-1].joined {
						id[j] = 0
						continue
					}
					id[j] = g.next[[2]gram{id[j], id[j+1]}]
				}
				if id[j] != 0 {
					see(id[j], i)
					any = true
				}
			}
			if !any {
				break
			}
		}
	}
}

// choose gives the phrases that topics are made of, the most telling first.
func (g *grams) choose(lines []Line, usual int, names map[string]bool) []part {
	longer := make([]int, len(g.parts)) // most messages of a longer phrase around it
	for _, p := range g.parts[1:] {
		for _, w := range p.within {
			if w != 0 {
				longer[w] = max(longer[w], len(p.in))
			}
		}
	}
	var out []part
	for id := 1; id < len(g.parts); id++ {
		p := g.parts[id]
		if p.units == 1 && p.plain || !sound(p, names) || float64(longer[id]) >= contained*float64(len(p.in)) {
			continue
		}
		if p.speakers = speakers(lines, p.in); p.speakers < LeastSpeakers {
			continue
		}
		if p.score = surprise(len(p.in), len(lines), p.usual, usual); p.score < telling && usual >= scarceUsual {
			continue
		}
		if usual < scarceUsual { // nothing to compare with: what many people say at some length
			p.score = float64(p.speakers) * math.Sqrt(float64(p.units))
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(x, y part) int {
		return cmp.Or(cmp.Compare(y.score, x.score), y.units-x.units, cmp.Compare(x.in[0], y.in[0]), cmp.Compare(x.text, y.text))
	})
	return out[:min(len(out), mostPhrases)]
}

// sound reports whether a phrase may stand for a topic: its ends are no mere particles, and it names nobody.
func sound(p part, names map[string]bool) bool {
	if names[folded(p.text)] {
		return false
	}
	head, _ := utf8.DecodeRuneInString(p.text)
	tail, _ := utf8.DecodeLastRuneInString(p.text)
	if notFirst[head] || notLast[tail] {
		return false
	}
	if p.han == p.units {
		return p.units >= 2
	}
	words := strings.FieldsFunc(folded(p.text), func(r rune) bool { return r == ' ' || r == '\u00a0' })
	telling := 0
	for i, w := range words {
		edge := i == 0 || i == len(words)-1
		if names[w] || edge && p.han == 0 && plainWords()[w] {
			return false
		}
		if !plain(w) {
			telling++
		}
	}
	return telling > 0 || p.han > 1
}

func speakers(lines []Line, in []int32) int {
	who := map[community.MemberKey]bool{}
	for _, i := range in {
		who[lines[i].Member] = true
	}
	return len(who)
}

// surprise is the log-likelihood ratio that a phrase of k of n messages is no more frequent than with k0 of n0; 0 when it is not.
func surprise(k, n, k0, n0 int) float64 {
	if n == 0 || n0 == 0 || k*n0 <= k0*n {
		return 0
	}
	all := float64(k+k0) / float64(n+n0)
	return 2 * (likely(k, n, float64(k)/float64(n)) + likely(k0, n0, float64(k0)/float64(n0)) - likely(k, n, all) - likely(k0, n0, all))
}

// likely is the logarithm of the binomial likelihood, without the coefficient.
func likely(k, n int, p float64) float64 {
	var out float64
	if k > 0 {
		out += float64(k) * math.Log(p)
	}
	if k < n {
		out += float64(n-k) * math.Log1p(-p)
	}
	return out
}

// heap is a topic in the making.
type heap struct {
	phrases []part
	in      map[int32]int // how many of its phrases a message holds
	score   float64
}

// join makes topics of phrases: one that stands mostly in the messages of a topic belongs to it.
func join(lines []Line, phrases []part) []Topic {
	var heaps []*heap
	for _, p := range phrases {
		var home *heap
		for _, h := range heaps {
			n := 0
			for _, i := range p.in {
				n += min(h.in[i], 1)
			}
			if float64(n) >= together*float64(len(p.in)) {
				home = h
				break
			}
		}
		if home == nil {
			home = &heap{in: map[int32]int{}}
			heaps = append(heaps, home)
		}
		home.phrases = append(home.phrases, p)
		home.score = max(home.score, p.score)
		for _, i := range p.in {
			home.in[i]++
		}
	}
	slices.SortStableFunc(heaps, func(x, y *heap) int { return cmp.Compare(y.score, x.score) })
	var out []Topic
	for _, h := range heaps[:min(len(heaps), maxTopics)] {
		out = append(out, h.topic(lines))
	}
	return out
}

func (h *heap) topic(lines []Line) Topic {
	in := make([]int32, 0, len(h.in))
	for i := range h.in {
		in = append(in, i)
	}
	slices.Sort(in)
	t := Topic{Speakers: speakers(lines, in), From: lines[in[0]].At, To: lines[in[0]].At, Usual: h.phrases[0].usual}
	for _, i := range in {
		t.Messages = append(t.Messages, lines[i].Number)
		t.From, t.To = min(t.From, lines[i].At), max(t.To, lines[i].At)
	}
	for _, p := range h.phrases {
		if len(t.Phrases) < 3 && !slices.ContainsFunc(t.Phrases, func(had string) bool {
			return strings.Contains(folded(had), folded(p.text)) || strings.Contains(folded(p.text), folded(had))
		}) {
			t.Phrases = append(t.Phrases, p.text)
		}
	}
	t.Quotes = h.quotes(lines, in)
	return t
}

// quotes are the one or two messages, of different people, that hold most of the topic's phrases; of equal ones the longer.
func (h *heap) quotes(lines []Line, in []int32) []int64 {
	type choice struct {
		i           int32
		held, units int
	}
	var list []choice
	for _, i := range in {
		list = append(list, choice{i, h.in[i], words(lines[i].Text)})
	}
	fit := func(c choice) int { return count1(c.units >= quoteLeast && c.units <= quoteMost) }
	slices.SortStableFunc(list, func(x, y choice) int {
		return cmp.Or(fit(y)-fit(x), y.held-x.held, min(y.units, quoteMost)-min(x.units, quoteMost))
	})
	out := []int64{lines[list[0].i].Number}
	for _, c := range list[1:] {
		if lines[c.i].Member != lines[list[0].i].Member && fit(c) == 1 {
			return append(out, lines[c.i].Number)
		}
	}
	return out
}
