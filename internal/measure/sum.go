package measure

import (
	"cmp"
	"slices"

	"qunluo/internal/community"
)

// SumRows makes what Source.DaySums gives out of what Source.DayRows gives: rows hands the days of groups, in any order.
// Everything is held until the last is read.
func SumRows(rows func(fn func(DayRow) error) error, fn func(*DaySum) error) error {
	days := map[Day]*daySum{}
	err := rows(func(row DayRow) error {
		d := days[row.Day]
		if d == nil {
			d = &daySum{DaySum: DaySum{Day: row.Day}, cells: map[Cell]int64{}, said: map[community.MemberKey]int64{}}
			days[row.Day] = d
		}
		d.add(&row)
		return nil
	})
	if err != nil {
		return err
	}
	order := make([]Day, 0, len(days))
	for day := range days {
		order = append(order, day)
	}
	slices.Sort(order)
	for _, day := range order {
		if err := fn(days[day].sum()); err != nil {
			return err
		}
	}
	return nil
}

// daySum is a day while it is added up; the keys of cells have no count.
type daySum struct {
	DaySum
	cells map[Cell]int64
	said  map[community.MemberKey]int64
}

func (d *daySum) add(row *DayRow) {
	d.Messages += row.Messages
	d.Recalled += row.Recalled
	d.Joins += row.Joins
	d.Leaves += row.Leaves
	for _, s := range row.Speech {
		for _, c := range s.Cells {
			d.cells[Cell{Hour: c.Hour, Class: c.Class}] += c.Count
			d.said[s.Member] += c.Count
		}
	}
}

func (d *daySum) sum() *DaySum {
	for c, n := range d.cells {
		d.Cells = append(d.Cells, Cell{c.Hour, c.Class, n})
	}
	slices.SortFunc(d.Cells, func(a, b Cell) int { return cmp.Or(cmp.Compare(a.Class, b.Class), cmp.Compare(a.Hour, b.Hour)) })
	for m, n := range d.said {
		d.Said = append(d.Said, Tally{m, n})
	}
	slices.SortFunc(d.Said, func(a, b Tally) int { return cmp.Compare(a.Member, b.Member) })
	return &d.DaySum
}
