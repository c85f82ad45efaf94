package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"

	bobusumisu "github.com/BobuSumisu/aho-corasick"
	anknown "github.com/anknown/ahocorasick"
	cloudflare "github.com/cloudflare/ahocorasick"
	petar "github.com/petar-dambovaliev/aho-corasick"

	"qunluo/internal/lexicon"
)

// rivals measures us beside each public matcher of Go, one after another so that only one's tables are in memory; each gets the folded
// talk for nothing. They must find
// (nearly) the same: all matches, or, where a library only says which words there are, these. The first row is
// that of the fastest.
func (c *corpus) rivals(ctx context.Context, o Options, m *lexicon.Matcher) ([]Row, error) {
	all, distinct := c.wanted(m)
	var rows []Row
	best := Row{}
	for _, lib := range []struct {
		name string
		make func() (func(i int) int, error)
		want []int
	}{
		{"anknown", c.anknown, all}, {"BobuSumisu", c.bobuSumisu, all}, {"petar-dambovaliev", c.petar, all}, {"cloudflare", c.cloudflare, distinct},
	} {
		cpu := cpuSeconds()
		find, err := lib.make()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", lib.name, err)
		}
		o.tell("match: %s is made in %.0f ms", lib.name, (cpuSeconds()-cpu)*1000)
		wrong, of := c.wrong(find, lib.want)
		o.tell("match: %s differs from us in %d of %d matches", lib.name, wrong, of)
		if wrong*1000 > of*maxWrong {
			continue // another work than ours
		}
		ours, theirs := c.ours("qunluo", m), c.side(lib.name, len(c.folded), find)
		if err := compare(ctx, o, 10, ours, theirs); err != nil {
			return nil, err
		}
		row := ratioRow("match."+lib.name, theirs, ours, 0)
		row.Unit = "messages/CPU-s"
		if rows = append(rows, row); best.Name == "" || row.Ratio < best.Ratio {
			best = row
		}
	}
	if best.Name == "" {
		return nil, errors.New("no library finds what is there: nothing to compare with")
	}
	best.Name, best.Target, best.Met = "match", matchGate, best.Ratio >= matchGate
	return append([]Row{best}, rows...), nil
}

// maxWrong is in how many of a thousand matches a library may differ from us and still be compared: one of them loses a few.
const maxWrong = 10

// wrong counts by how much what a library finds differs from what there is.
func (c *corpus) wrong(find func(i int) int, want []int) (wrong, of int) {
	for i := range c.folded {
		d := find(i) - want[i]
		wrong, of = wrong+max(d, -d), of+want[i]
	}
	return wrong, of
}

// wanted is what we find in each line: matches, and words.
func (c *corpus) wanted(m *lexicon.Matcher) (all, distinct []int) {
	for _, line := range c.lines {
		found := m.Find(line, nil)
		var words []int
		for _, f := range found {
			words = append(words, f.Phrase)
		}
		slices.Sort(words)
		all, distinct = append(all, len(found)), append(distinct, len(slices.Compact(words)))
	}
	return all, distinct
}

func (c *corpus) anknown() (func(i int) int, error) {
	words, texts := make([][]rune, len(c.words)), make([][]rune, len(c.folded))
	for i, w := range c.words {
		words[i] = []rune(w)
	}
	for i, t := range c.folded {
		texts[i] = []rune(t) // free, as folding is
	}
	m := new(anknown.Machine)
	if err := m.Build(words); err != nil {
		return nil, err
	}
	return func(i int) int { return len(m.MultiPatternSearch(texts[i], false)) }, nil
}

func (c *corpus) bobuSumisu() (func(i int) int, error) {
	m := bobusumisu.NewTrieBuilder().AddStrings(c.words).Build()
	return func(i int) int { return len(m.MatchString(c.folded[i])) }, nil
}

func (c *corpus) petar() (func(i int) int, error) {
	builder := petar.NewAhoCorasickBuilder(petar.Opts{MatchKind: petar.StandardMatch, DFA: true})
	m := builder.Build(c.words)
	return func(i int) int {
		n := 0
		for it := m.IterOverlapping(c.folded[i]); it.Next() != nil; {
			n++
		}
		return n
	}, nil
}

func (c *corpus) cloudflare() (func(i int) int, error) {
	m := cloudflare.NewStringMatcher(c.words)
	texts := make([][]byte, len(c.folded))
	for i, t := range c.folded {
		texts[i] = []byte(t)
	}
	return func(i int) int { return len(m.Match(texts[i])) }, nil
}
