package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// The detail of a day is one value, not a row per member: a batch of events then costs one write per group and day.
// Its form: for each member in order: uvarint key minus the last key, uvarint number of cells; for each cell in order:
// uvarint class*24+hour, uvarint count.

func encodeSpeech(list []measure.Speech) []byte {
	b := []byte{}
	var last community.MemberKey
	for _, s := range list {
		b = binary.AppendUvarint(b, uint64(s.Member-last))
		b = binary.AppendUvarint(b, uint64(len(s.Cells)))
		for _, c := range s.Cells {
			b = binary.AppendUvarint(b, uint64(c.Class)*24+uint64(c.Hour))
			b = binary.AppendUvarint(b, uint64(c.Count))
		}
		last = s.Member
	}
	return b
}

var errShortDetail = errors.New("detail of a day is cut short")

func decodeSpeech(b []byte) ([]measure.Speech, error) {
	var list []measure.Speech
	var member community.MemberKey
	next := func() uint64 {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			b = nil
			return 0
		}
		b = b[n:]
		return v
	}
	for len(b) > 0 {
		member += community.MemberKey(next())
		n := next()
		if n > uint64(len(b)) {
			return nil, errShortDetail
		}
		cells := make([]measure.Cell, n)
		for i := range cells {
			slot := next()
			if b == nil {
				return nil, errShortDetail
			}
			cells[i] = measure.Cell{Class: community.Class(slot / 24), Hour: int(slot % 24), Count: int64(next())}
		}
		list = append(list, measure.Speech{Member: member, Cells: cells})
	}
	return list, nil
}

// dayKey names a day of a group.
type dayKey struct {
	group community.GroupKey
	day   measure.Day
}

// cellKey names a cell of a day.
type cellKey struct {
	member community.MemberKey
	slot   int64 // class*24 + hour
}

// dayDelta is what a batch changes about a day.
type dayDelta struct {
	events, messages, recalled, joins, leaves int64
	first, last                               int64 // numbers of the first and last message
	cells                                     map[cellKey]int64
}

// day gives the batch's delta of a day.
func (f *figures) day(g community.GroupKey, day measure.Day) *dayDelta {
	key := dayKey{g, day}
	d, ok := f.days[key]
	if !ok {
		d = &dayDelta{cells: map[cellKey]int64{}}
		f.days[key] = d
	}
	return d
}

// say counts n own messages of a member; n is -1 for one that is taken out.
func (d *dayDelta) say(m community.MemberKey, class community.Class, hour int, n int64) {
	d.messages += n
	d.cells[cellKey{m, int64(class)*24 + int64(hour)}] += n
}

// note keeps the range of numbers that holds the day's messages.
func (d *dayDelta) note(number int64) {
	if d.first == 0 || number < d.first {
		d.first = number
	}
	d.last = max(d.last, number)
}

// flushDays adds the batch's deltas to the stored days, in order of their keys.
func (f *figures) flushDays(ctx context.Context) error {
	keys := make([]dayKey, 0, len(f.days))
	for k := range f.days {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b dayKey) int {
		return cmp.Or(cmp.Compare(a.group, b.group), cmp.Compare(a.day, b.day))
	})
	for _, k := range keys {
		if err := f.flushDay(ctx, k, f.days[k]); err != nil {
			return fmt.Errorf("day %s of group %d: %w", k.day, k.group, err)
		}
	}
	clear(f.days)
	return nil
}

func (f *figures) flushDay(ctx context.Context, k dayKey, d *dayDelta) error {
	var raw []byte
	var first, last int64
	err := f.t.one(ctx, `SELECT detail, first_number, last_number FROM views.group_day WHERE group_key = $1 AND day = $2`,
		[]any{int64(k.group), int64(k.day)}, &raw, &first, &last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	old, err := decodeSpeech(raw)
	if err != nil {
		return err
	}
	for _, n := range []int64{first, last} {
		if n != 0 {
			d.note(n)
		}
	}
	list := merge(old, d.cells)
	_, err = f.t.exec(ctx, `INSERT INTO views.group_day (group_key, day, events, messages, speakers, recalled, joins, leaves,
 first_number, last_number, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (group_key, day) DO UPDATE SET events = group_day.events + excluded.events,
 messages = group_day.messages + excluded.messages, speakers = excluded.speakers, recalled = group_day.recalled + excluded.recalled,
 joins = group_day.joins + excluded.joins, leaves = group_day.leaves + excluded.leaves,
 first_number = excluded.first_number, last_number = excluded.last_number, detail = excluded.detail`,
		int64(k.group), int64(k.day), d.events, d.messages, len(list), d.recalled, d.joins, d.leaves, d.first, d.last, encodeSpeech(list))
	return err
}

// merge adds cells to a day's speech. What comes to nothing is left out.
func merge(old []measure.Speech, cells map[cellKey]int64) []measure.Speech {
	keys := make([]cellKey, 0, len(cells))
	for k := range cells {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compareCells)
	out := make([]measure.Speech, 0, len(old)+len(keys))
	for len(old) > 0 || len(keys) > 0 {
		var s measure.Speech
		switch {
		case len(keys) == 0 || len(old) > 0 && old[0].Member < keys[0].member:
			s, old = old[0], old[1:]
		default:
			n := slices.IndexFunc(keys, func(k cellKey) bool { return k.member != keys[0].member })
			if n < 0 {
				n = len(keys)
			}
			s = measure.Speech{Member: keys[0].member}
			var was []measure.Cell
			if len(old) > 0 && old[0].Member == s.Member {
				was, old = old[0].Cells, old[1:]
			}
			s.Cells = mergeCells(was, keys[:n], cells)
			keys = keys[n:]
		}
		if len(s.Cells) > 0 {
			out = append(out, s)
		}
	}
	return out
}

func compareCells(a, b cellKey) int {
	return cmp.Or(cmp.Compare(a.member, b.member), cmp.Compare(a.slot, b.slot))
}

// mergeCells adds the cells named by keys, in order, to a member's.
func mergeCells(was []measure.Cell, keys []cellKey, cells map[cellKey]int64) []measure.Cell {
	out := make([]measure.Cell, 0, len(was)+len(keys))
	for len(was) > 0 || len(keys) > 0 {
		var c measure.Cell
		switch {
		case len(keys) == 0 || len(was) > 0 && slot(was[0]) < keys[0].slot:
			c, was = was[0], was[1:]
		case len(was) > 0 && slot(was[0]) == keys[0].slot:
			c, was = was[0], was[1:]
			c.Count += cells[keys[0]]
			keys = keys[1:]
		default:
			c = measure.Cell{Class: community.Class(keys[0].slot / 24), Hour: int(keys[0].slot % 24), Count: cells[keys[0]]}
			keys = keys[1:]
		}
		if c.Count > 0 {
			out = append(out, c)
		}
	}
	return out
}

func slot(c measure.Cell) int64 { return int64(c.Class)*24 + int64(c.Hour) }
