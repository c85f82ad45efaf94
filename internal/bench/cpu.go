package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// cpuSeconds is what this process has used of the processors so far, user and system.
func cpuSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0 // cannot happen: the address is good and the question known
	}
	return seconds(u.Utime) + seconds(u.Stime)
}

func seconds(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }

// side is one of two things that are compared: run does a part of the work and says how many rows it did. What prepares
// and tidies stands outside and is not counted.
type side struct {
	name    string
	prepare func(ctx context.Context) error
	run     func(ctx context.Context, p part) (rows int, err error)
	tidy    func() error
	rates   []float64 // rows per CPU-second, a value a round
	walls   []float64 // rows per second

	rows       int // of the round under way
	cpu, clock float64
}

// part is the nth of some equal parts of the work.
type part struct{ nth, of int }

// inOne is all the work at once.
var inOne = part{0, 1}

// rows gives the rows of this part out of n, in whole batches.
func (p part) rows(n, batch int) (first, end int) {
	batches := (n + batch - 1) / batch
	return min(n, p.nth*batches/p.of*batch), min(n, (p.nth+1)*batches/p.of*batch)
}

// step runs a part and adds up what it took.
func (s *side) step(ctx context.Context, p part) error {
	cpu, began := cpuSeconds(), time.Now()
	n, err := s.run(ctx, p)
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	s.rows, s.cpu, s.clock = s.rows+n, s.cpu+cpuSeconds()-cpu, s.clock+time.Since(began).Seconds()
	return nil
}

// compare runs the sides alternately, part by part, so that what else the machine does meets both; the heap is swept
// before each round, and the first round is not counted. One side alone is only measured.
func compare(ctx context.Context, o Options, parts int, sides ...*side) error {
	for i := range o.Rounds + 1 {
		if err := round(ctx, parts, sides); err != nil {
			return err
		}
		for _, s := range sides {
			if i > 0 {
				s.rates, s.walls = append(s.rates, float64(s.rows)/max(s.cpu, 1e-9)), append(s.walls, float64(s.rows)/s.clock)
			}
		}
	}
	for _, s := range sides {
		o.tell("%s: median %.0f rows per CPU-second (%.0f to %.0f), %.0f a second by the clock, %d rounds",
			s.name, median(s.rates), slices.Min(s.rates), slices.Max(s.rates), median(s.walls), len(s.rates))
	}
	return nil
}

func round(ctx context.Context, parts int, sides []*side) (err error) {
	for _, s := range sides {
		if err := s.prepare(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		defer func() { err = errors.Join(err, s.tidy()) }()
		s.rows, s.cpu, s.clock = 0, 0, 0
	}
	runtime.GC()
	for nth := range parts {
		for _, s := range sides {
			if err := s.step(ctx, part{nth, parts}); err != nil {
				return err
			}
		}
	}
	return nil
}

// ratioRow is a candidate's rate beside its baseline's.
func ratioRow(name string, baseline, candidate *side, target float64) Row {
	r := Row{Name: name, Value: median(candidate.rates), Unit: "rows/CPU-s", Baseline: median(baseline.rates), Target: target}
	r.Ratio = r.Value / r.Baseline
	r.Met = r.Ratio >= target
	return r
}

// most is a row whose value must not pass a bound.
func most(name string, value float64, unit string, bound float64) Row {
	return Row{Name: name, Value: value, Unit: unit, Target: bound, Met: value <= bound}
}

// told is a row without a target.
func told(name string, value float64, unit string) Row {
	return Row{Name: name, Value: value, Unit: unit, Met: true}
}

func median(list []float64) float64 { return quantile(list, 0.5) }

// quantile is the q-th of the values by nearest rank; of an even number the median is the mean of the middle two.
func quantile(list []float64, q float64) float64 {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	n := len(sorted)
	if q == 0.5 && n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[min(n-1, int(q*float64(n)))]
}
