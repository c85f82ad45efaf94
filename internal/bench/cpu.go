package bench

import (
	"context"
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

// side is one of two things that are compared: run does the work once over everything and says how many rows it did.
// What prepares and tidies stands outside and is not counted.
type side struct {
	name    string
	prepare func(ctx context.Context) error
	run     func(ctx context.Context) (rows int, err error)
	tidy    func() error
	rates   []float64 // rows per CPU-second, a value a round
	walls   []float64 // rows per second
}

// round runs the side once. The heap is swept before, so that nobody pays for what another left behind.
func (s *side) round(ctx context.Context, counts bool) error {
	if err := s.prepare(ctx); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	runtime.GC()
	cpu, began := cpuSeconds(), time.Now()
	n, err := s.run(ctx)
	spent, took := cpuSeconds()-cpu, time.Since(began).Seconds()
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	if err := s.tidy(); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	if counts {
		s.rates, s.walls = append(s.rates, float64(n)/max(spent, 1e-9)), append(s.walls, float64(n)/took)
	}
	return nil
}

// compare runs baseline and candidate alternately, after a round each that is not counted.
func compare(ctx context.Context, o Options, baseline, candidate *side) error {
	for i := range o.Rounds + 1 {
		for _, s := range []*side{baseline, candidate} {
			if err := s.round(ctx, i > 0); err != nil {
				return err
			}
		}
	}
	for _, s := range []*side{baseline, candidate} {
		o.tell("%s: median %.0f rows per CPU-second (%.0f to %.0f), %.0f a second by the clock, %d rounds",
			s.name, median(s.rates), slices.Min(s.rates), slices.Max(s.rates), median(s.walls), len(s.rates))
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
