package eval

import (
	"encoding/json"
	"math"

	"qunluo/internal/community"
	"qunluo/internal/policy"
)

// The plain ways that figures stand beside: classifiers over hashed characters as they are, without folding, shapes or
// examples of our own.
const plainSpace = 1 << 20

// plainGrams are one to three characters in a row.
func plainGrams(text string) (out []uint32) {
	runes := []rune(text)
	for i := range runes {
		h := uint64(14695981039346656037)
		for k := i; k < min(i+3, len(runes)); k++ {
			h = (h ^ uint64(runes[k])) * 1099511628211
			out = append(out, uint32(h>>40^h)%plainSpace)
		}
	}
	return out
}

// rawLogistic is logistic regression by AdaGrad over plain grams, four rounds.
func rawLogistic(texts []labelled) scorer {
	weights, squares, bias := make([]float64, plainSpace), make([]float64, plainSpace), 0.0
	score := func(grams []uint32) float64 {
		sum := bias
		for _, g := range grams {
			sum += weights[g]
		}
		return sum
	}
	for range 4 {
		for _, t := range texts {
			grams := plainGrams(t.text)
			miss := 1 / (1 + math.Exp(-score(grams)))
			if t.spam {
				miss--
			}
			bias -= 0.01 * miss
			for _, g := range grams {
				squares[g] += miss * miss
				weights[g] -= 0.1 * miss / math.Sqrt(squares[g]+1e-8)
			}
		}
	}
	return func(text string) float64 { return score(plainGrams(text)) }
}

// rawBayes is naive Bayes over plain grams.
func rawBayes(texts []labelled) scorer {
	const alpha = 0.1
	counts := [2][]float64{make([]float64, plainSpace), make([]float64, plainSpace)}
	var totals, lines [2]float64
	for _, t := range texts {
		side := 0
		if t.spam {
			side = 1
		}
		lines[side]++
		for _, g := range plainGrams(t.text) {
			counts[side][g]++
			totals[side]++
		}
	}
	return func(text string) float64 {
		sum := math.Log(lines[1]+1) - math.Log(lines[0]+1)
		for _, g := range plainGrams(text) {
			sum += math.Log((counts[1][g]+alpha)/(totals[1]+alpha*plainSpace)) - math.Log((counts[0][g]+alpha)/(totals[0]+alpha*plainSpace))
		}
		return sum
	}
}

// wordsOf are the phrases of a rule of kind keyword.
func wordsOf(r policy.Rule) (out []string) {
	var p struct{ Lists []struct{ Words []string } }
	if json.Unmarshal(r.Params, &p) == nil {
		for _, l := range p.Lists {
			out = append(out, l.Words...)
		}
	}
	return out
}

// bookOf is a live book with the given rules, made ready.
func bookOf(rules ...policy.Rule) (*policy.Rulebook, error) {
	book, err := policy.Default(policy.PresetGeneral)
	if err != nil {
		return nil, err
	}
	book.Mode, book.Version, book.Rules = community.Live, 1, rules
	raw, err := json.Marshal(book)
	if err != nil {
		return nil, err
	}
	return policy.NewLibrary(nil).Parse(raw)
}

func jsonOf(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain values only
	}
	return raw
}
