package wordlist

import "qunluo/internal/lexicon"

// talk is how characters follow one another in ordinary talk, as far as the words of a list need it: counts of their
// characters and of their pairs, by fold.
type talk struct {
	words [][]rune         // by phrase
	one   map[rune]int32   // character → its place in ones
	two   map[uint64]int32 // pair → its place in twos
	ones  [folds][]int32
	twos  [folds][]int32
	n     [folds]int // characters
	seen  map[[2]int32]int32
}

func newTalk(list []lexicon.Word) talk {
	t := talk{words: make([][]rune, len(list)), one: map[rune]int32{}, two: map[uint64]int32{}}
	for i := range list {
		w := lexicon.LettersOf(list[i].Text, nil)
		t.words[i] = w
		for k, r := range w {
			place(t.one, r)
			if k > 0 {
				place(t.two, pair(w[k-1], r))
			}
		}
	}
	for f := range folds {
		t.ones[f], t.twos[f] = make([]int32, len(t.one)), make([]int32, len(t.two))
	}
	return t
}

func place[K comparable](in map[K]int32, key K) {
	if _, ok := in[key]; !ok {
		in[key] = int32(len(in))
	}
}

func pair(a, b rune) uint64 { return uint64(a)<<32 | uint64(uint32(b)) }

func (t *talk) add(fold int, runes []rune) {
	t.n[fold] += len(runes)
	for i, r := range runes {
		k, known := t.one[r]
		if !known {
			continue
		}
		t.ones[fold][k]++
		if i == 0 {
			continue
		}
		if k, known := t.two[pair(runes[i-1], r)]; known {
			t.twos[fold][k]++
		}
	}
}

// Smoothing: a character or pair that was never heard is not impossible. After settled characters the pairs are believed
// nine tenths, after few of them less.
const (
	unheard  = 0.1
	alphabet = 1000
	half     = 20
	believed = 0.9
)

// expect is how often a phrase would be said in the talk of all folds but one (-1: of all), if every character depended on
// the one before it only: a chain of pairs, smoothed by single characters (Jelinek and Mercer's interpolation).
func (t *talk) expect(phrase, without int) float64 {
	n := 0
	for f := range folds {
		if f != without {
			n += t.n[f]
		}
	}
	w := t.words[phrase]
	if len(w) == 0 {
		return 0 // symbols only: nothing is known of them
	}
	p := float64(n)
	for i, r := range w {
		alone := (t.sum(t.ones, t.one[r], without) + unheard) / (float64(n) + alphabet)
		if i == 0 {
			p *= alone
			continue
		}
		before := t.sum(t.ones, t.one[w[i-1]], without)
		if before == 0 {
			p *= alone
			continue
		}
		trust := believed * before / (before + half)
		p *= trust*t.sum(t.twos, t.two[pair(w[i-1], r)], without)/before + (1-trust)*alone
	}
	return p
}

func (t *talk) sum(counts [folds][]int32, place int32, without int) (n float64) {
	for f := range folds {
		if f != without {
			n += float64(counts[f][place])
		}
	}
	return n
}
