package learn

import (
	"bytes"
	"encoding/binary"
	"math"
	"sort"
	"sync"

	"qunluo/internal/community"
)

// MaxModel bounds a packed model, in bytes.
const MaxModel = 150 << 10

// Model scores texts. It is never changed and may be used by many goroutines.
//
// A score above 0 speaks for advertising, below 0 for ordinary talk; its logistic function is the share of advertising
// among texts like the examples with this score. How many of a group's texts are advertising is another matter: hence
// the two thresholds.
type Model struct {
	weights []int8 // by bucket
	step    float64
	bias    float64
	act     float64
	suspect float64
	size    int // weights that are not 0
	readers *sync.Pool
}

func newModel() *Model {
	return &Model{weights: make([]int8, space), readers: &sync.Pool{New: func() any { return new(reader) }}}
}

// Act is the score from which on a text alone is enough to act on.
func (m *Model) Act() float64 { return m.act }

// Suspect is the score from which on a text counts towards a suspicion.
func (m *Model) Suspect() float64 { return m.suspect }

// Features is how many weights are not 0.
func (m *Model) Features() int { return m.size }

// WithThresholds is the same model with other thresholds.
func (m *Model) WithThresholds(act, suspect float64) *Model {
	other := *m
	other.act, other.suspect = thousandth(act), thousandth(suspect)
	return &other
}

func thousandth(x float64) float64 { return math.Round(x*1000) / 1000 }

// Score is the score of a text, in whole thousandths: the same on every machine.
func (m *Model) Score(text string) float64 {
	d := m.readers.Get().(*reader)
	defer m.readers.Put(d)
	d.read(text)
	sum := 0
	for i := range d.marks {
		sum += int(m.weights[d.marks[i].bucket])
	}
	return m.scoreOf(sum, len(d.marks))
}

func (m *Model) scoreOf(sum, marks int) float64 {
	part := float64(float64(sum) * m.step / math.Sqrt(float64(max(marks, 1))))
	return thousandth(float64(m.bias) + part)
}

// Reason is a part of a text that speaks for its score.
type Reason struct {
	Span   community.Span
	Weight float64 // share of the score, in its unit
}

// Explain gives the parts of a text that speak most for advertising, the strongest first, at most most of them. Each
// character carries its share of the features it is part of; a part is characters in a row that together carry most.
func (m *Model) Explain(text string, most int) []Reason {
	d := m.readers.Get().(*reader)
	defer m.readers.Put(d)
	d.read(text)
	shares := m.shares(d)
	scale := m.step / math.Sqrt(float64(max(len(d.marks), 1)))
	var out []Reason
	for len(out) < most {
		from, to, sum := strongest(shares)
		if sum <= 0 {
			break
		}
		out = append(out, Reason{
			Span:   community.Span{Start: int(d.said[from].start), End: int(d.said[to].end)},
			Weight: thousandth(float64(sum * scale)),
		})
		for i := from; i <= to; i++ {
			shares[i] = math.Inf(-1)
		}
	}
	return out
}

// maxShape is how long a run of shapes may be, in bytes, to speak for certain characters rather than for the whole text.
const maxShape = 24

// shares are the weights that the text's letters carry.
func (m *Model) shares(d *reader) []float64 {
	out := make([]float64, len(d.said))
	for _, x := range d.marks {
		w := m.weights[x.bucket]
		if w == 0 || x.end-x.start > maxShape {
			continue
		}
		first := sort.Search(len(d.said), func(i int) bool { return d.said[i].start >= x.start })
		last := first
		for last < len(d.said) && d.said[last].end <= x.end {
			last++
		}
		for i := first; i < last; i++ {
			out[i] += float64(w) / float64(last-first)
		}
	}
	return out
}

// strongest is the run of shares with the largest sum (Kadane); its ends are included. sum 0: none is above 0.
func strongest(shares []float64) (from, to int, sum float64) {
	begin, running := 0, 0.0
	for i, x := range shares {
		if running <= 0 {
			begin, running = i, 0
		}
		if running += x; running > sum {
			from, to, sum = begin, i, running
		}
	}
	return from, to, sum
}

// header begins every packed model: what it is, and of which version features are.
var header = [...]byte{'q', 'l', 'm', 1}

// Pack writes the model. Equal models give equal bytes.
func (m *Model) Pack() []byte {
	out := append([]byte{}, header[:]...)
	for _, x := range []float64{m.step, m.bias, m.act, m.suspect} {
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(x))
	}
	out = binary.AppendUvarint(out, uint64(m.size))
	last := 0
	for i, w := range m.weights {
		if w != 0 {
			out = append(binary.AppendUvarint(out, uint64(i-last)), byte(w))
			last = i
		}
	}
	return out
}

// Read makes a packed model ready. community.CodeTooLarge and community.CodeBadInput: it is none.
func Read(raw []byte) (*Model, error) {
	if len(raw) > MaxModel {
		return nil, community.Errorf(community.CodeTooLarge, "model: %d bytes, at most %d", len(raw), MaxModel)
	}
	bad := community.Errorf(community.CodeBadInput, "model: these bytes are no model")
	if len(raw) < len(header)+32 || !bytes.HasPrefix(raw, header[:]) {
		return nil, bad
	}
	m := newModel()
	raw = raw[len(header):]
	for i, x := range []*float64{&m.step, &m.bias, &m.act, &m.suspect} {
		*x = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
		if math.IsNaN(*x) || math.Abs(*x) > 1e6 {
			return nil, bad
		}
	}
	n, used := binary.Uvarint(raw[32:])
	if used <= 0 || n > space {
		return nil, bad
	}
	raw = raw[32+used:]
	at := 0
	for m.size = range int(n) {
		gap, used := binary.Uvarint(raw)
		if used <= 0 || len(raw) <= used || gap >= space || at+int(gap) >= space || m.size > 0 && gap == 0 || raw[used] == 0 {
			return nil, bad
		}
		at += int(gap)
		m.weights[at] = int8(raw[used])
		raw = raw[used+1:]
	}
	if m.size = int(n); len(raw) > 0 {
		return nil, bad
	}
	return m, nil
}
