package eval

import (
	"context"
	"encoding/base32"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"time"

	"qunluo/internal/draw"
	"qunluo/internal/measure"
)

// What the simulated draws are made of.
const (
	drawRuns    = 1_000_000
	drawPeople  = 8
	drawSeed    = 20261129
	drawLeast   = 0.001 // a p-value below says that some win too often
	drawLarge   = 100_000
	drawSeconds = 5.0 // a draw of so many entrants takes at most; its order is worked out once
)

// fair is the table of what can be measured of draws.
func fair() []test { return []test{{"draw", draws}} }

// Draws lists the measurements of draws.
func Draws() []string { return namesOf(fair()) }

// draws draws a million times among a few entrants, each time with another seed, and asks by Pearson's χ² whether every entrant is equally often first,
// every one equally often last, and every ordered pair equally often first and second. Beside stands the draw that takes a byte modulo the number of
// entrants left, which such a test must see. Seeds come from a generator with a fixed seed of its own, so that the figures are the same every time.
func draws(ctx context.Context, o Options) ([]Row, error) {
	o.tell("draw: %d draws among %d, seed %d", drawRuns, drawPeople, drawSeed)
	chance := rand.NewChaCha8([32]byte(binary.BigEndian.AppendUint64(make([]byte, 24), drawSeed)))
	var seed [draw.SeedBytes]byte
	codes := make([]string, drawPeople)
	var first, last, skewed [drawPeople]int
	var pairs [drawPeople * drawPeople]int
	chance.Read(seed[:]) //nolint:errcheck // never fails
	for i := range codes {
		codes[i] = base32.StdEncoding.EncodeToString(seed[i : i+8])[:12]
	}
	codes = draw.Sorted(codes)
	place := map[string]int{}
	for i, c := range codes {
		place[c] = i
	}
	began := time.Now()
	for i := range drawRuns {
		if i%10_000 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		chance.Read(seed[:]) //nolint:errcheck // never fails
		order := draw.Order(seed[:], "commitment", "", codes)
		a, b := place[order[0]], place[order[1]]
		first[a]++
		last[place[order[len(order)-1]]]++
		pairs[a*drawPeople+b]++
		skewed[int(seed[0])%(drawPeople-1)]++ // 7 of 256: some are drawn 37 times of 256, some 36
	}
	took := time.Since(began)
	var apart []int
	for i, n := range pairs {
		if i/drawPeople != i%drawPeople {
			apart = append(apart, n)
		}
	}
	rows := []Row{
		chiRow("draw.first.p", first[:]), chiRow("draw.last.p", last[:]), chiRow("draw.pairs.p", apart),
		{Name: "draw.modulo.p", Value: chiP(skewed[:drawPeople-1]), Unit: "p", N: drawRuns, Target: drawLeast, AtMost: true, Met: chiP(skewed[:drawPeople-1]) <= drawLeast},
		{Name: "draw.time.each", Value: float64(took.Nanoseconds()) / drawRuns / 1000, Unit: "µs", N: drawRuns, Met: true},
	}
	many := make([]string, drawLarge)
	for i := range many {
		chance.Read(seed[:]) //nolint:errcheck // never fails
		many[i] = base32.StdEncoding.EncodeToString(seed[:8])[:12]
	}
	began = time.Now()
	if n := len(draw.Order(seed[:], "commitment", "", many)); n != drawLarge {
		o.tell("draw: %d of %d codes differ", n, drawLarge)
	}
	large := time.Since(began).Seconds()
	return append(rows, Row{Name: "draw.time.large", Value: large, Unit: "s", N: drawLarge, Target: drawSeconds, AtMost: true, Met: large <= drawSeconds}), nil
}

// chiRow is the p-value of counts that ought to be alike.
func chiRow(name string, counts []int) Row {
	p := chiP(counts)
	n := 0
	for _, c := range counts {
		n += c
	}
	return Row{Name: name, Value: p, Unit: "p", N: n, Target: drawLeast, Met: p >= drawLeast && slices.Min(counts) > 0}
}

func chiP(counts []int) float64 {
	sum := 0
	for _, c := range counts {
		sum += c
	}
	want, x := float64(sum)/float64(len(counts)), 0.0
	for _, c := range counts {
		x += (float64(c) - want) * (float64(c) - want) / want
	}
	return measure.ChiSquareTail(x, len(counts)-1)
}
