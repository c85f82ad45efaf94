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

// detailReader reads a day's detail without making lists of it.
type detailReader struct {
	b      []byte
	member community.MemberKey
	cells  int // of the member; each must be read
	err    error
}

// next goes to the next member.
func (r *detailReader) next() bool {
	if len(r.b) == 0 || r.err != nil {
		return false
	}
	r.member += community.MemberKey(r.number())
	r.cells = int(min(r.number(), uint64(len(r.b)))) // a cell has two bytes at least
	return r.err == nil
}

func (r *detailReader) cell() (slot, count int64) { return int64(r.number()), int64(r.number()) }

func (r *detailReader) number() uint64 {
	if len(r.b) > 0 && r.b[0] < 0x80 { // nearly all
		v := r.b[0]
		r.b = r.b[1:]
		return uint64(v)
	}
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.b, r.err = nil, errShortDetail
		return 0
	}
	r.b = r.b[n:]
	return v
}

func decodeSpeech(b []byte) ([]measure.Speech, error) {
	var list []measure.Speech
	r := detailReader{b: b}
	for r.next() {
		s := measure.Speech{Member: r.member, Cells: make([]measure.Cell, r.cells)}
		for i := range s.Cells {
			s.Cells[i] = cellOf(r.cell())
		}
		list = append(list, s)
	}
	return list, r.err
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
	change                                    int64 // of the number of members, by the beginnings and ends of stays
	first, last                               int64 // numbers of the first and last message
	cells                                     map[cellKey]int64
	apart                                     map[cellKey]int64 // of bots
}

// day gives the batch's delta of a day.
func (f *figures) day(g community.GroupKey, day measure.Day) *dayDelta {
	key := dayKey{g, day}
	d, ok := f.days[key]
	if !ok {
		d = &dayDelta{cells: map[cellKey]int64{}, apart: map[cellKey]int64{}}
		f.days[key] = d
	}
	return d
}

// say counts n own messages of a member; n is -1 for one that is taken out.
func (d *dayDelta) say(m community.MemberKey, class community.Class, hour int, n int64) {
	d.messages += n
	d.cells[cellKey{m, int64(class)*24 + int64(hour)}] += n
}

// aside counts n messages of a bot, which no figure of the group holds.
func (d *dayDelta) aside(m community.MemberKey, class community.Class, hour int, n int64) {
	d.apart[cellKey{m, int64(class)*24 + int64(hour)}] += n
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
	g, err := f.group(ctx, k.group)
	if err != nil {
		return err
	}
	var raw, rawApart []byte
	var first, last int64
	err = f.t.one(ctx, `SELECT detail, apart, first_number, last_number FROM views.group_day WHERE group_key = $1 AND day = $2`,
		[]any{int64(k.group), int64(k.day)}, &raw, &rawApart, &first, &last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	f.sumDay(g, k, d, err != nil)
	old, err := decodeSpeech(raw)
	if err != nil {
		return err
	}
	bots, err := decodeSpeech(rawApart)
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
 change, first_number, last_number, detail, apart) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (group_key, day) DO UPDATE SET events = group_day.events + excluded.events,
 messages = group_day.messages + excluded.messages, speakers = excluded.speakers, recalled = group_day.recalled + excluded.recalled,
 joins = group_day.joins + excluded.joins, leaves = group_day.leaves + excluded.leaves, change = group_day.change + excluded.change,
 first_number = excluded.first_number, last_number = excluded.last_number, detail = excluded.detail, apart = excluded.apart`,
		int64(k.group), int64(k.day), d.events, d.messages, len(list), d.recalled, d.joins, d.leaves, d.change, d.first, d.last,
		encodeSpeech(list), encodeSpeech(merge(bots, d.apart)))
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
