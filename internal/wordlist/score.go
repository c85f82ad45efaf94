package wordlist

import (
	"math"
	"strconv"

	"qunluo/internal/community"
)

// Score is how a word proved itself: what people said of its hits.
type Score struct {
	Word   int64
	Text   string
	Hits   int
	Judged int   // a person looked: kept, or taken back
	Wrong  int   // of these, taken back
	Last   int64 // UTC ms
}

// Thresholds of suspension: a word is taken out when, after MinJudged judged hits, even the upper bound of its precision
// (Wilson's score interval, 95 %) lies below MinPrecision.
const (
	MinJudged    = 10
	MinPrecision = 0.5
	z95          = 1.959963984540054
)

// Precision is the share of the judged hits that were right, and the bounds of Wilson's 95 % interval; 0, 0, 1 when nothing
// was judged.
func (s Score) Precision() (share, low, high float64) {
	if s.Judged <= 0 {
		return 0, 0, 1
	}
	n := float64(s.Judged)
	p := float64(s.Judged-s.Wrong) / n
	middle := p + z95*z95/(2*n)
	wing := z95 * math.Sqrt(p*(1-p)/n+z95*z95/(4*n*n))
	under := 1 + z95*z95/n
	return p, max(0, (middle-wing)/under), min(1, (middle+wing)/under)
}

// Fails reports whether the word is to be suspended.
func (s Score) Fails() bool {
	_, _, high := s.Precision()
	return s.Judged >= MinJudged && high < MinPrecision
}

// Why is the reason of the suspension.
func (s Score) Why() Reason {
	return Reason{"proved", []string{strconv.Itoa(s.Judged), strconv.Itoa(s.Wrong)}}
}

// WordsOf gives the words of word lists that a decision rests on, each once.
func WordsOf(d community.Decision) (out []community.HitWord) {
	type key struct {
		list string
		word int64
	}
	seen := map[key]bool{}
	for _, h := range d.Hits {
		for _, w := range h.Words {
			if k := (key{w.List, w.Word}); !seen[k] {
				seen[k] = true
				out = append(out, w)
			}
		}
	}
	return out
}
