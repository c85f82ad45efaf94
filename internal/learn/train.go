package learn

import (
	"math"
	"slices"
)

// Example is a text with what it is.
type Example struct {
	Text string
	Spam bool
	// Weight is how often the example counts; 0 = once. What people of the group judged counts more than what came with
	// the program.
	Weight float64
}

// How a model is trained.
const (
	epochs    = 5
	rate      = 0.5
	shrink    = 3e-6
	maxWeight = 127
)

// Train makes a model that tells the examples apart. Its thresholds are those of the caller to set: see
// [Model.WithThresholds]. With examples of one side only, or none, every text scores alike.
//
// Logistic regression by AdaGrad (Duchi, Hazan, Singer 2011), in an order that depends on nothing but the number of
// examples; weights in steps of a 127th of the largest, the smallest of them left out until the model fits [MaxModel].
func Train(examples []Example) *Model {
	t := newTrainer(examples)
	for range epochs {
		for _, i := range t.order {
			t.learn(i)
		}
		t.shuffle()
		t.keep()
	}
	return t.model()
}

type trainer struct {
	examples []Example
	order    []int32
	marks    [][]uint32
	weights  []float64
	sums     []float64 // of the weights after each round
	squares  []float64
	bias     float64
	biasSq   float64
	chance   uint64
}

func newTrainer(examples []Example) *trainer {
	t := &trainer{examples: examples, weights: make([]float64, space), sums: make([]float64, space), squares: make([]float64, space), chance: 88172645463325252}
	var d reader
	for i := range examples {
		d.read(examples[i].Text)
		buckets := make([]uint32, len(d.marks))
		for k := range d.marks {
			buckets[k] = d.marks[k].bucket
		}
		t.marks = append(t.marks, buckets)
		t.order = append(t.order, int32(i))
	}
	t.shuffle()
	return t
}

// shuffle brings the examples into another order (xorshift, Marsaglia 2003).
func (t *trainer) shuffle() {
	for i := len(t.order) - 1; i > 0; i-- {
		t.chance ^= t.chance << 13
		t.chance ^= t.chance >> 7
		t.chance ^= t.chance << 17
		k := int(t.chance % uint64(i+1))
		t.order[i], t.order[k] = t.order[k], t.order[i]
	}
}

// learn takes one example in. Products are rounded before they are added, so that no machine fuses the two.
func (t *trainer) learn(i int32) {
	marks, ex := t.marks[i], &t.examples[i]
	value := 1 / math.Sqrt(float64(max(len(marks), 1)))
	sum := 0.0
	for _, b := range marks {
		sum += t.weights[b]
	}
	miss := logistic(t.bias + float64(sum*value))
	if ex.Spam {
		miss--
	}
	if ex.Weight > 0 {
		miss *= ex.Weight
	}
	if math.Abs(miss) < 1e-4 {
		return
	}
	t.biasSq += float64(miss * miss)
	t.bias -= float64(0.3 * miss / math.Sqrt(t.biasSq+1e-6))
	step := float64(miss * value)
	square := float64(step * step)
	for _, b := range marks {
		t.squares[b] += square
		w := t.weights[b] - float64(rate*step/math.Sqrt(t.squares[b]+1e-6))
		t.weights[b] = toZero(w, shrink)
	}
}

func toZero(w, by float64) float64 {
	switch {
	case w > by:
		return w - by
	case w < -by:
		return w + by
	}
	return 0
}

// logistic is 1/(1+e^-x), by a series that every machine adds up alike.
func logistic(x float64) float64 {
	x = min(max(x, -30), 30)
	// e^-x = (e^(-x/64))^64
	y := -x / 64
	e := 1.0
	for k := 8; k > 0; k-- {
		e = 1 + float64(y*e/float64(k))
	}
	for range 6 {
		e = float64(e * e)
	}
	return 1 / (1 + e)
}

// keep adds the weights of a round to the sums: their mean knows less of the last examples and more of all.
func (t *trainer) keep() {
	for i, w := range t.weights {
		t.sums[i] += w
	}
}

// model rounds the mean weights.
func (t *trainer) model() *Model {
	for i := range t.weights {
		t.weights[i] = t.sums[i] / epochs
	}
	largest := 0.0
	for _, w := range t.weights {
		largest = max(largest, math.Abs(w))
	}
	m := newModel()
	m.bias, m.step = thousandth(t.bias), largest/maxWeight
	if largest == 0 {
		return m
	}
	for i, w := range t.weights {
		m.weights[i] = int8(math.Round(w / m.step))
		if m.weights[i] != 0 {
			m.size++
		}
	}
	for least := int8(1); len(m.Pack()) > MaxModel; least++ {
		m.prune(least)
	}
	return m
}

// prune leaves out what weighs no more than least.
func (m *Model) prune(least int8) {
	for i, w := range m.weights {
		if w != 0 && -least <= w && w <= least {
			m.weights[i] = 0
			m.size--
		}
	}
}

// Threshold is the score that at most share of the scores of ordinary talk reach, and least more: of few
// texts the highest says little about the next.
func Threshold(ordinary []float64, share, least float64) float64 {
	if len(ordinary) == 0 {
		return least
	}
	sorted := slices.Sorted(slices.Values(ordinary))
	over := int(share * float64(len(sorted)))
	return thousandth(sorted[len(sorted)-1-over] + least)
}
