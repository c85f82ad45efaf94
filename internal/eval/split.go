package eval

import (
	"encoding/binary"
	"slices"
	"unicode"

	"qunluo/internal/lexicon"
)

// labelled is a text that somebody judged.
type labelled struct {
	text     string
	spam     bool
	template uint64 // fixes the part
}

// parts are the three parts of labelled texts: to learn from, to choose by, to measure on. No template stands in two of them.
type parts struct {
	train, check, test []labelled
	templates          int // in all
	largest            int // how many texts the largest template has
}

// salt fixes the parts for good: more data moves no text from one part to another.
const salt = "qunluo/templates/1"

// Shares of templates, in 256ths: the rest is for the test.
const (
	trainShare = 166
	checkShare = 38
)

// split parts labelled texts by template: texts whose sets of character pairs overlap by half (Jaccard), and what is
// linked through such, belong together. Equal texts count once. The order of the input is kept.
func split(texts []labelled) parts {
	texts = distinct(texts)
	roots := templates(texts)
	names := map[int]uint64{} // by root: the smallest of its texts' hashes
	sizes := map[int]int{}
	for i := range texts {
		h := lexicon.HashExact(salt + string(letters(texts[i].text)))
		if old, ok := names[roots[i]]; !ok || h < old {
			names[roots[i]] = h
		}
		sizes[roots[i]]++
	}
	p := parts{templates: len(sizes)}
	for i, t := range texts {
		p.largest = max(p.largest, sizes[roots[i]])
		t.template = mixed(names[roots[i]])
		switch n := t.template >> 56; {
		case n < trainShare:
			p.train = append(p.train, t)
		case n < trainShare+checkShare:
			p.check = append(p.check, t)
		default:
			p.test = append(p.test, t)
		}
	}
	return p
}

func mixed(h uint64) uint64 {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], h)
	return lexicon.HashExact(salt+string(b[:])) * 0x9e3779b97f4a7c15
}

func distinct(texts []labelled) []labelled {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(texts), func(t labelled) bool {
		again := seen[t.text]
		seen[t.text] = true
		return again
	})
}

// letters is what of a text makes its template: folded, without digits, punctuation and symbols.
func letters(text string) []rune {
	var out []rune
	for _, r := range text {
		if f := lexicon.Fold(r); unicode.IsLetter(f) {
			out = append(out, f)
		}
	}
	return out
}

type pair [2]rune

func pairsOf(text string) []pair {
	runes := letters(text)
	var out []pair
	if len(runes) == 1 {
		return []pair{{runes[0], 0}}
	}
	for i := 0; i+1 < len(runes); i++ {
		out = append(out, pair{runes[i], runes[i+1]})
	}
	slices.SortFunc(out, func(a, b pair) int {
		if a[0] != b[0] {
			return int(a[0] - b[0])
		}
		return int(a[1] - b[1])
	})
	return slices.Compact(out)
}

// templates gives each text the number of the text that stands for its template.
func templates(texts []labelled) []int {
	root := make([]int, len(texts))
	sizes := make([]int, len(texts))
	where := map[pair][]int32{}
	common := make([]int, len(texts))
	for i := range texts {
		root[i] = i
		pairs := pairsOf(texts[i].text)
		sizes[i] = len(pairs)
		var met []int32
		for _, p := range pairs {
			for _, k := range where[p] {
				if common[k] == 0 {
					met = append(met, k)
				}
				common[k]++
			}
			where[p] = append(where[p], int32(i))
		}
		for _, k := range met {
			if n := common[k]; 2*n >= sizes[i]+sizes[k]-n {
				join(root, i, int(k))
			}
			common[k] = 0
		}
	}
	for i := range root {
		root[i] = find(root, i)
	}
	return root
}

func join(root []int, a, b int) {
	a, b = find(root, a), find(root, b)
	root[max(a, b)] = min(a, b)
}

func find(root []int, i int) int {
	for root[i] != i {
		root[i] = root[root[i]]
		i = root[i]
	}
	return i
}
