package bench

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/RoaringBitmap/roaring"

	"qunluo/internal/measure"
)

// Sizes and target of insight.
const (
	triangleMembers = 1_000_000
	triangleDays    = 180
	triangleTimes   = 5.0 // times as fast as cutting sets with sets
	triangleBatch   = 8192
)

// memberDays is who began and who was active on which day, as compressed sets.
type memberDays struct {
	members int
	began   []int // by member
	cohort  []*roaring.Bitmap
	active  []*roaring.Bitmap
	stored  uint64 // member-days
}

// newMemberDays invents members: most begin early, and are active on about an eighth of the days after.
func newMemberDays(seed uint64, members int) *memberDays {
	chance := rand.New(rand.NewPCG(seed, 0x7a1e))
	m := &memberDays{members: members, began: make([]int, members)}
	for range triangleDays {
		m.cohort, m.active = append(m.cohort, roaring.New()), append(m.active, roaring.New())
	}
	for i := range m.began {
		m.began[i] = chance.IntN(triangleDays)
		m.cohort[m.began[i]].Add(uint32(i))
		share := 1 + chance.IntN(16) // of 64
		m.active[m.began[i]].Add(uint32(i))
		for d := m.began[i] + 1; d < triangleDays; d++ {
			if chance.IntN(64) < share {
				m.active[d].Add(uint32(i))
			}
		}
	}
	for d := range triangleDays {
		m.active[d].RunOptimize()
		m.cohort[d].RunOptimize()
		m.stored += m.active[d].GetCardinality()
	}
	return m
}

// pairwise cuts every cohort with every later day.
func (m *memberDays) pairwise(cells []int64) {
	for b := range triangleDays {
		for d := b; d < triangleDays; d++ {
			cells[b*triangleDays+d] = int64(m.cohort[b].AndCardinality(m.active[d]))
		}
	}
}

// empty is a triangle that knows when everybody began.
func (m *memberDays) empty() *measure.Triangle {
	t := measure.NewTriangle(triangleDays, m.members)
	for i, b := range m.began {
		t.Begin(uint32(i), b)
	}
	return t
}

// fill goes through the days once.
func (m *memberDays) fill(t *measure.Triangle, buf []uint32) {
	for d, set := range m.active {
		it := set.ManyIterator()
		for n := it.NextMany(buf); n > 0; n = it.NextMany(buf) {
			t.Add(d, buf[:n])
		}
	}
}

// insights measures the retention of a million members, and what the counters cost that the figures are made from.
func insights(ctx context.Context, o Options) ([]Row, error) {
	rows, err := triangle(ctx, o)
	if err != nil {
		return nil, err
	}
	kept, err := upkeep(ctx, o)
	return append(rows, kept...), err
}

// triangle measures the retention of a million members by day, beside cutting compressed sets pair by pair: the same sets, the same
// 16,290 cells, compared before they are timed.
func triangle(ctx context.Context, o Options) ([]Row, error) {
	m := newMemberDays(o.Seed, o.rows(triangleMembers, 20_000))
	o.tell("insight: %d members, %d member-days", m.members, m.stored)
	want, buf := make([]int64, triangleDays*triangleDays), make([]uint32, triangleBatch)
	m.pairwise(want)
	t := m.empty()
	m.fill(t, buf)
	for b := range triangleDays {
		for d := b; d < triangleDays; d++ {
			if got, _ := t.Cell(b, d); got != want[b*triangleDays+d] {
				return nil, fmt.Errorf("began %d, day %d: %d, by sets %d", b, d, got, want[b*triangleDays+d])
			}
		}
	}
	const cells = triangleDays * (triangleDays + 1) / 2
	nothing := func() error { return nil }
	sets := &side{name: "sets pair by pair", prepare: func(context.Context) error { return nil }, tidy: nothing, run: func(context.Context, part) (int, error) {
		m.pairwise(want)
		return cells, nil
	}}
	once := &side{name: "one pass", prepare: func(context.Context) error { t = m.empty(); return nil }, tidy: nothing, run: func(context.Context, part) (int, error) {
		m.fill(t, buf)
		return cells, nil
	}}
	if err := compare(ctx, o, 1, sets, once); err != nil {
		return nil, err
	}
	row := ratioRow("insight.triangle", sets, once, triangleTimes)
	row.Unit = "cells/CPU-s"
	return []Row{row, told("insight.triangle.time", 1000*cells/median(once.rates), "ms"), told("insight.member_days", float64(m.stored), "member-days")}, nil
}
