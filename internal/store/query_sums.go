package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// circleKey names a set of groups whose days are kept added up.
type circleKey struct {
	org community.OrgKey
	tag string
}

// circleOf finds the circle that holds exactly these groups; false when there is none. groups rise.
func (d *Desk) circleOf(ctx context.Context, groups []community.GroupKey) (circleKey, bool, error) {
	if len(groups) == 0 {
		return circleKey{}, false, nil
	}
	of := circleKey{org: d.scope.Org}
	tags, err := rows(ctx, d.s, `SELECT tag FROM views.circle_group WHERE org_key = $1 AND tag IN
 (SELECT tag FROM views.circle_group WHERE group_key = $2) GROUP BY tag HAVING count(*) = $3 ORDER BY tag`,
		[]any{int64(of.org), int64(groups[0]), len(groups)}, func(r *sql.Rows, v *string) error { return r.Scan(v) })
	if err != nil {
		return of, false, err
	}
	for _, of.tag = range tags {
		have, err := rows(ctx, d.s, `SELECT group_key FROM views.circle_group WHERE org_key = $1 AND tag = $2 ORDER BY group_key`, []any{int64(of.org), of.tag},
			func(r *sql.Rows, v *community.GroupKey) error { return r.Scan((*int64)(v)) })
		if err != nil || slices.Equal(have, groups) {
			return of, err == nil, err
		}
	}
	return of, false, nil
}

// DaySums hands the days of [from, to] that have counts, added up over groups, to fn in order of day. It is fast for one
// group, for all chat groups and for those with a tag; other sets, and circles that the projections have not caught up
// with, are added up from the groups' days.
func (d *Desk) DaySums(ctx context.Context, groups []community.GroupKey, from, to measure.Day, fn func(*measure.DaySum) error) error {
	if len(groups) == 1 {
		return d.groupSums(ctx, groups, from, to, fn)
	}
	of, kept, err := d.circleOf(ctx, groups)
	switch {
	case err != nil:
		return err
	case kept:
		return d.circleSums(ctx, of, from, to, fn)
	}
	return measure.SumRows(func(each func(measure.DayRow) error) error { return d.DayRows(ctx, groups, from, to, each) }, fn)
}

// groupSums hands the days of one group on.
func (d *Desk) groupSums(ctx context.Context, groups []community.GroupKey, from, to measure.Day, fn func(*measure.DaySum) error) error {
	var c clause
	d.in(&c, "g")
	c.and("v.group_key IN (" + keyList(groups) + ")")
	c.and("v.day >= ?", int64(from))
	c.and("v.day <= ?", int64(to))
	r, err := d.s.read.QueryContext(ctx, `SELECT v.day, v.messages, v.recalled, v.joins, v.leaves, v.detail
FROM views.group_day v JOIN chat_group g ON g.key = v.group_key`+c.String()+` ORDER BY v.day`, c.args...)
	if err != nil {
		return coded(d.s.dialect, err)
	}
	defer r.Close()
	var s measure.DaySum
	var detail sql.RawBytes
	var slots slotCounts
	for r.Next() {
		if err := r.Scan((*int64)(&s.Day), &s.Messages, &s.Recalled, &s.Joins, &s.Leaves, &detail); err != nil {
			return err
		}
		if s.Said, err = slots.sum(s.Said[:0], detail); err != nil {
			return fmt.Errorf("group %d, %s: %w", groups[0], s.Day, err)
		}
		s.Cells = slots.cells(s.Cells[:0])
		if err := fn(&s); err != nil {
			return err
		}
	}
	return r.Err()
}

// slotCounts counts messages by slot (class*24 + hour); it is emptied by cells.
type slotCounts struct {
	usual [usualSlots]int64
	rare  map[int64]int64 // of classes that no platform of ours has, but a file may
}

// usualSlots holds the classes of ChatLab, which end with 99.
const usualSlots = 100 * 24

// sum adds a day's detail up: its slots into c, its members to said.
func (c *slotCounts) sum(said []measure.Tally, detail []byte) ([]measure.Tally, error) {
	list := readDetail(detail)
	for list.next() {
		t := measure.Tally{Member: list.member}
		for range list.cells {
			slot, n := list.cell()
			c.add(slot, n)
			t.Count += n
		}
		said = append(said, t)
	}
	return said, list.err
}

func (c *slotCounts) add(slot, n int64) {
	if slot >= 0 && slot < usualSlots {
		c.usual[slot] += n
		return
	}
	if c.rare == nil {
		c.rare = map[int64]int64{}
	}
	c.rare[slot] += n
}

func (c *slotCounts) cells(list []measure.Cell) []measure.Cell {
	for slot, n := range c.usual {
		if n != 0 {
			list = append(list, cellOf(int64(slot), n))
			c.usual[slot] = 0
		}
	}
	for _, slot := range sortedKeys(c.rare) {
		list = append(list, cellOf(slot, c.rare[slot]))
	}
	c.rare = nil
	return list
}

func cellOf(slot, n int64) measure.Cell {
	return measure.Cell{Class: community.Class(slot / 24), Hour: int(slot % 24), Count: n}
}

func (d *Desk) circleSums(ctx context.Context, of circleKey, from, to measure.Day, fn func(*measure.DaySum) error) error {
	r, err := d.s.read.QueryContext(ctx, `SELECT day, messages, recalled, joins, leaves, cells, said FROM views.circle_day
WHERE org_key = $1 AND tag = $2 AND day >= $3 AND day <= $4 ORDER BY day`, int64(of.org), of.tag, int64(from), int64(to))
	if err != nil {
		return coded(d.s.dialect, err)
	}
	defer r.Close()
	var s measure.DaySum
	var cells, said sql.RawBytes
	for r.Next() {
		if err := r.Scan((*int64)(&s.Day), &s.Messages, &s.Recalled, &s.Joins, &s.Leaves, &cells, &said); err != nil {
			return err
		}
		if s.Said, err = decodeTallies(s.Said[:0], said); err != nil {
			return fmt.Errorf("circle %q, %s: %w", of.tag, s.Day, err)
		}
		s.Cells = s.Cells[:0]
		err := decodeCells(cells, func(slot, n int64) { s.Cells = append(s.Cells, cellOf(slot, n)) })
		if err != nil {
			return fmt.Errorf("circle %q, %s: %w", of.tag, s.Day, err)
		}
		if err := fn(&s); err != nil {
			return err
		}
	}
	return r.Err()
}

// Roster gives the number of members of groups at the end of each day, by the beginnings and ends of stays; -1 while
// there is a group of which no member list was read before.
func (d *Desk) Roster(ctx context.Context, places []measure.Place, from, to measure.Day) ([]int64, error) {
	size := make([]int64, to-from+1)
	if len(places) == 0 {
		return size, nil
	}
	if err := d.comings(ctx, groupsOf(places), from, to, size); err != nil {
		return nil, err
	}
	known, err := d.listedFrom(ctx, places, to)
	if err != nil {
		return nil, err
	}
	var n int64
	for i := range size {
		n += size[i]
		if size[i] = n; from+measure.Day(i) < known {
			size[i] = -1
		}
	}
	return size, nil
}

// listedFrom is the first day on which a member list of every group had been read; after to where there is none.
func (d *Desk) listedFrom(ctx context.Context, places []measure.Place, to measure.Day) (measure.Day, error) {
	zones := make(map[int64]int, len(places))
	for i, p := range places {
		zones[int64(p.Group)] = i
	}
	type listed struct{ group, at int64 }
	list, err := rows(ctx, d.s, `SELECT group_key, roster_since FROM views.group_fact WHERE roster_since > 0 AND group_key IN (`+keyList(groupsOf(places))+`)`, nil,
		func(r *sql.Rows, v *listed) error { return r.Scan(&v.group, &v.at) })
	if err != nil || len(list) < len(places) {
		return to + 1, err
	}
	first, _ := measure.DayOf(list[0].at, places[zones[list[0].group]].Zone)
	for _, l := range list {
		day, _ := measure.DayOf(l.at, places[zones[l.group]].Zone)
		first = max(first, day)
	}
	return first, nil
}

// comings puts into size by how much each day changes the number of members; all that was before counts for the first.
func (d *Desk) comings(ctx context.Context, groups []community.GroupKey, from, to measure.Day, size []int64) error {
	query, args := `SELECT day, change FROM views.group_day WHERE group_key IN (`+keyList(groups)+`) AND day <= $1 AND change <> 0`, []any{int64(to)}
	if len(groups) > 1 {
		of, kept, err := d.circleOf(ctx, groups)
		if err != nil {
			return err
		}
		if kept {
			query, args = `SELECT day, change FROM views.circle_day WHERE org_key = $1 AND tag = $2 AND day <= $3 AND change <> 0`, []any{int64(of.org), of.tag, int64(to)}
		}
	}
	type change struct{ day, n int64 }
	list, err := rows(ctx, d.s, query, args, func(r *sql.Rows, v *change) error { return r.Scan(&v.day, &v.n) })
	for _, c := range list {
		size[max(0, measure.Day(c.day)-from)] += c.n
	}
	return err
}

// Silent counts the members who are in the groups now, own accounts and bots left out: all, and those of whom no message
// is on record in them. Who is in several groups counts once; one word in any of them is enough.
func (d *Desk) Silent(ctx context.Context, groups []community.GroupKey) (silent, present int64, err error) {
	all, err := d.rollOf(ctx, groups)
	if err != nil {
		return 0, 0, err
	}
	silent, present = all.count()
	return silent, present, nil
}

// zoneGroups are the groups whose days are cut in one zone.
type zoneGroups struct {
	zone   *time.Location
	groups []community.GroupKey
}

// zonesOf sorts groups by their zones.
func (d *Desk) zonesOf(ctx context.Context, groups []community.GroupKey) ([]zoneGroups, error) {
	type named struct {
		group community.GroupKey
		zone  string
	}
	all, err := rows(ctx, d.s, `SELECT key, zone FROM chat_group WHERE key IN (`+keyList(groups)+`) ORDER BY zone, key`, nil,
		func(r *sql.Rows, v *named) error { return r.Scan((*int64)(&v.group), &v.zone) })
	var list []zoneGroups
	for i, one := range all {
		if i == 0 || one.zone != all[i-1].zone {
			list = append(list, zoneGroups{zone: zoneOf(one.zone)})
		}
		last := &list[len(list)-1]
		last.groups = append(last.groups, one.group)
	}
	return list, err
}
