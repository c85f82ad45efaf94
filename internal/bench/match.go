package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode"

	"qunluo/internal/lexicon"
)

// Sizes and targets of match.
const (
	matchLines   = 20_000
	matchPasses  = 20  // over the lines, in a round
	matchGate    = 4.0 // times the fastest library; 5 is what is reached for
	matchBuild   = 10  // ms, 10,000 words
	matchMemory  = 4   // MB, 10,000 words
	matchHostile = 3   // times as dear as ordinary text, by the byte
)

// corpus is words, talk in which some of them stand, and that talk as libraries get it: folded, without symbols.
type corpus struct {
	words  []string
	lines  []string
	folded []string
	bytes  int
}

// newCorpus makes n words and talk. A fiftieth of the lines holds a word, half of these with symbols or wide forms.
func newCorpus(seed uint64, n, lines int) *corpus {
	c := &corpus{}
	chance := rand.New(rand.NewPCG(seed, 0x51ed))
	talk := vocabulary()
	for seen := map[string]bool{}; len(c.words) < n; {
		w := listWord(chance, talk)
		if !seen[w] {
			seen[w] = true
			c.words = append(c.words, w)
		}
	}
	sp := newSpeaker(seed)
	for i := range lines {
		line := sp.line(false)
		if i%50 == 0 {
			line += disguise(chance, c.words[chance.IntN(n)]) + sp.line(false)
		}
		c.lines = append(c.lines, line)
		c.folded = append(c.folded, foldedText(line))
		c.bytes += len(line)
	}
	return c
}

// listWord is a word as lists hold them: put together of words and characters that are in everybody's talk, and of rarer ones.
func listWord(chance *rand.Rand, talk []string) string {
	var b strings.Builder
	for b.Len() < 9 || chance.IntN(3) > 0 && b.Len() < 27 {
		if chance.IntN(2) == 0 {
			b.WriteRune(rune(0x4e20 + chance.IntN(3500)*5))
			continue
		}
		b.WriteString(talk[chance.IntN(len(talk))])
	}
	return b.String()
}

// disguise puts symbols between the characters of a word, at times.
func disguise(chance *rand.Rand, word string) string {
	if chance.IntN(2) == 0 {
		return word
	}
	var b strings.Builder
	for i, r := range word {
		if i > 0 && chance.IntN(3) == 0 {
			b.WriteString([]string{" ", ".", "😂", "\u200b", "～"}[chance.IntN(5)])
		}
		b.WriteRune(r)
	}
	return b.String()
}

// foldedText is a text as a library without folding wants it.
func foldedText(text string) string {
	return strings.Map(func(r rune) rune {
		if r = lexicon.Fold(r); unicode.IsLetter(r) || unicode.IsNumber(r) {
			return r
		}
		return -1
	}, text)
}

// matched measures how fast phrases are found, folding, positions and metadata included, beside libraries that get the folded text.
func matched(ctx context.Context, o Options) ([]Row, error) {
	c := newCorpus(o.Seed, 10_000, o.rows(matchLines, 2000))
	m, rows, err := buildRows(c)
	if err != nil {
		return nil, err
	}
	against, err := c.rivals(ctx, o, m)
	if err != nil {
		return rows, err
	}
	rows = append(against, rows...)
	for _, more := range []func(context.Context, Options, *corpus) ([]Row, error){manyWords, viewRows, hostileRows} {
		got, err := more(ctx, o, c)
		if err != nil {
			return rows, err
		}
		rows = append(rows, got...)
	}
	return rows, nil
}

// ours is our matcher over the raw talk; its room for matches is used again, as the belt does.
func (c *corpus) ours(name string, m *lexicon.Matcher) *side {
	var buf []lexicon.Match
	return c.side(name, len(c.lines), func(i int) int {
		buf = m.Find(c.lines[i], buf[:0])
		return len(buf)
	})
}

// side is one who looks for the words: find says how many it found in line i.
func (c *corpus) side(name string, lines int, find func(i int) int) *side {
	sum := 0
	return &side{name: name, prepare: func(context.Context) error { return nil }, tidy: func() error {
		if sum < 0 {
			return fmt.Errorf("%s: %d found", name, sum) // the sum is used, so that nothing is left out as useless
		}
		return nil
	}, run: func(_ context.Context, p part) (int, error) {
		first, end := p.rows(lines*matchPasses, 1)
		for i := first; i < end; i++ {
			sum += find(i % lines)
		}
		return end - first, nil
	}}
}

// buildRows compiles the words with folding on, and says what that takes.
func buildRows(c *corpus) (*lexicon.Matcher, []Row, error) {
	phrases := make([]lexicon.Phrase, len(c.words))
	for i, w := range c.words {
		phrases[i] = lexicon.Phrase{Text: w, Views: lexicon.Letters} // the libraries have no traditional characters
	}
	var took []float64
	var m *lexicon.Matcher
	for range 7 {
		cpu := cpuSeconds()
		var err error
		if m, err = lexicon.CompileViews(phrases); err != nil {
			return nil, nil, err
		}
		took = append(took, (cpuSeconds()-cpu)*1000)
	}
	return m, []Row{
		most("match.build", median(took), "ms", matchBuild), most("match.memory", float64(m.Size())/1e6, "MB", matchMemory),
	}, nil
}

// manyWords is the same with ten times the words: no library could be had for it that neither takes minutes nor gigabytes.
func manyWords(ctx context.Context, o Options, _ *corpus) ([]Row, error) {
	c := newCorpus(o.Seed, o.rows(100_000, 20_000), o.rows(matchLines, 2000))
	m, _, err := buildRows(c)
	if err != nil {
		return nil, err
	}
	s := c.ours("100,000 words", m)
	if err := compare(ctx, o, 1, s); err != nil {
		return nil, err
	}
	return []Row{told("match.100k", median(s.rates), "messages/CPU-s"), told("match.100k.memory", float64(m.Size())/1e6, "MB")}, nil
}

// viewRows is what looking through views costs, beside the plain words of the same run.
func viewRows(ctx context.Context, o Options, c *corpus) ([]Row, error) {
	plain, err := lexicon.Compile(c.words)
	if err != nil {
		return nil, err
	}
	sides := []*side{c.ours("plain words", plain)}
	var rows []Row
	for _, v := range []struct {
		name string
		of   func(string) lexicon.View
	}{{"careful", lexicon.CarefulViews}, {"wide", lexicon.WideViews}} {
		phrases := make([]lexicon.Phrase, len(c.words))
		for i, w := range c.words {
			phrases[i] = lexicon.Phrase{Text: w, Views: v.of(w)}
		}
		cpu := cpuSeconds()
		m, err := lexicon.CompileViews(phrases)
		if err != nil {
			return nil, err
		}
		rows = append(rows, told("match.views."+v.name+".build", (cpuSeconds()-cpu)*1000, "ms"), told("match.views."+v.name+".memory", float64(m.Size())/1e6, "MB"))
		sides = append(sides, c.ours("views: "+v.name, m))
	}
	if err := compare(ctx, o, 4, sides...); err != nil {
		return nil, err
	}
	for i, name := range []string{"careful", "wide"} {
		row := ratioRow("match.views."+name, sides[0], sides[i+1], 0)
		row.Unit = "messages/CPU-s"
		rows = append(rows, row)
	}
	return rows, nil
}

// hostile texts cost a matcher most: beginnings of the longest word again and again, near misses, symbols only, and characters that begin
// very many words.
func (c *corpus) hostile() map[string]string {
	long := c.words[0]
	for _, w := range c.words {
		if len(w) > len(long) {
			long = w
		}
	}
	near := string([]rune(long)[:len([]rune(long))-1])
	var heads strings.Builder
	for _, w := range c.words[:2000] {
		heads.WriteString(string([]rune(w)[:2]))
	}
	return map[string]string{
		"beginnings": strings.Repeat(near, 300), "one": strings.Repeat("长", 6000), "symbols": strings.Repeat("。.~", 2500),
		"heads": heads.String(), "words": strings.Join(c.words[:1500], "、"),
	}
}

// hostileRows is the worst of such texts beside ordinary talk, by the byte, for words without views and with all.
func hostileRows(ctx context.Context, o Options, c *corpus) ([]Row, error) {
	words := append([]string{strings.Repeat("长", lexicon.MaxPhrase-1) + "短"}, c.words[1:]...)
	hard := &corpus{words: words}
	talk := strings.Join(c.lines[:500], "\n")
	var rows []Row
	for _, v := range []struct {
		name string
		of   func(string) lexicon.View
	}{{"plain", func(string) lexicon.View { return 0 }}, {"wide", lexicon.WideViews}} {
		phrases := make([]lexicon.Phrase, len(words))
		for i, w := range words {
			phrases[i] = lexicon.Phrase{Text: w, Views: v.of(w)}
		}
		m, err := lexicon.CompileViews(phrases)
		if err != nil {
			return nil, err
		}
		worst, name := 0.0, ""
		base := costOf(m, talk)
		for kind, text := range hard.hostile() {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if r := costOf(m, text) / base; r > worst {
				worst, name = r, kind
			}
		}
		o.tell("match: the worst text with %s words is %s: %.2f times as dear as talk", v.name, name, worst)
		rows = append(rows, most("match.hostile."+v.name, worst, "times", matchHostile))
	}
	return rows, nil
}

// costOf is the CPU-seconds of a byte of the text, the best of some tries: what disturbs only makes it dearer.
func costOf(m *lexicon.Matcher, text string) float64 {
	var buf []lexicon.Match
	best := 1e9
	for range 7 {
		n, cpu := 0, cpuSeconds()
		for n < 1<<20 {
			buf = m.Find(text, buf[:0])
			n += len(text)
		}
		best = min(best, (cpuSeconds()-cpu)/float64(n))
	}
	return best
}
