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

var errShortDetail = errors.New("detail of a day is cut short")

// numberReader takes numbers off a value.
type numberReader struct {
	b   []byte
	err error // errShortDetail; what is read after it is 0
}

func (r *numberReader) number() uint64 {
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

// detailReader reads a day's detail without making lists of it.
type detailReader struct {
	numberReader
	member community.MemberKey
	cells  int // of the member; each must be read
}

func readDetail(b []byte) detailReader { return detailReader{numberReader: numberReader{b: b}} }

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

func decodeSpeech(b []byte) ([]measure.Speech, error) {
	var list []measure.Speech
	r := readDetail(b)
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

// cellCount is by how much a cell changes.
type cellCount struct {
	cellKey
	n int64
}

// dayDelta is what a batch changes about a day.
type dayDelta struct {
	events, messages, recalled, joins, leaves int64
	change                                    int64 // of the number of members, by the beginnings and ends of stays
	first, last                               int64 // numbers of the first and last message
	cells                                     []cellCount
	apart                                     []cellCount // of bots
}

// day gives the batch's delta of a day.
func (f *figures) day(g community.GroupKey, day measure.Day) *dayDelta {
	key := dayKey{g, day}
	d, ok := f.days[key]
	if !ok {
		d = &dayDelta{}
		f.days[key] = d
	}
	return d
}

// say counts n own messages of a member; n is -1 for one that is taken out.
func (d *dayDelta) say(m community.MemberKey, class community.Class, hour int, n int64) {
	d.messages += n
	d.cells = append(d.cells, cellCount{cellKey{m, int64(class)*24 + int64(hour)}, n})
}

// aside counts n messages of a bot, which no figure of the group holds.
func (d *dayDelta) aside(m community.MemberKey, class community.Class, hour int, n int64) {
	d.apart = append(d.apart, cellCount{cellKey{m, int64(class)*24 + int64(hour)}, n})
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
	d.cells, d.apart = packed(d.cells), packed(d.apart)
	f.sumDay(g, k, d, err != nil)
	detail, speakers, err := mergeDetail(raw, d.cells)
	if err != nil {
		return err
	}
	apart, _, err := mergeDetail(rawApart, d.apart)
	if err != nil {
		return err
	}
	for _, n := range []int64{first, last} {
		if n != 0 {
			d.note(n)
		}
	}
	_, err = f.t.exec(ctx, `INSERT INTO views.group_day (group_key, day, events, messages, speakers, recalled, joins, leaves,
 change, first_number, last_number, detail, apart) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (group_key, day) DO UPDATE SET events = group_day.events + excluded.events,
 messages = group_day.messages + excluded.messages, speakers = excluded.speakers, recalled = group_day.recalled + excluded.recalled,
 joins = group_day.joins + excluded.joins, leaves = group_day.leaves + excluded.leaves, change = group_day.change + excluded.change,
 first_number = excluded.first_number, last_number = excluded.last_number, detail = excluded.detail, apart = excluded.apart`,
		int64(k.group), int64(k.day), d.events, d.messages, speakers, d.recalled, d.joins, d.leaves, d.change, d.first, d.last,
		detail, apart)
	return err
}

// packed puts counts in order of their cells, one for each.
func packed(list []cellCount) []cellCount {
	slices.SortFunc(list, func(a, b cellCount) int { return compareCells(a.cellKey, b.cellKey) })
	out := list[:0]
	for _, c := range list {
		if n := len(out); n > 0 && out[n-1].cellKey == c.cellKey {
			out[n-1].n += c.n
			continue
		}
		out = append(out, c)
	}
	return out
}

func compareCells(a, b cellKey) int {
	return cmp.Or(cmp.Compare(a.member, b.member), cmp.Compare(a.slot, b.slot))
}

// mergeDetail adds cells, packed, to a day's detail: what comes out, and how many members stand in it. What comes to nothing is
// left out.
func mergeDetail(b []byte, cells []cellCount) (out []byte, members int, err error) {
	out = make([]byte, 0, len(b)+4*len(cells))
	old := readDetail(b)
	var last community.MemberKey
	var body []byte
	for more := old.next(); more || len(cells) > 0; {
		m, left := old.member, old.cells
		fresh := !more || len(cells) > 0 && cells[0].member < m
		if fresh {
			m, left = cells[0].member, 0
		}
		var n int
		body, n, cells = old.mergeCells(body[:0], left, m, cells)
		if n > 0 {
			out = binary.AppendUvarint(out, uint64(m-last))
			out = append(binary.AppendUvarint(out, uint64(n)), body...)
			last = m
			members++
		}
		if !fresh {
			more = old.next()
		}
	}
	return out, members, old.err
}

// mergeCells takes a member's cells, as many as left, off the detail and appends them to b with those of cells that are the
// member's: how many they are, and the cells of others.
func (r *detailReader) mergeCells(b []byte, left int, m community.MemberKey, cells []cellCount) ([]byte, int, []cellCount) {
	n := 0
	put := func(slot, count int64) {
		if count > 0 {
			b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(slot)), uint64(count))
			n++
		}
	}
	for ; left > 0; left-- {
		slot, count := r.cell()
		for ; len(cells) > 0 && cells[0].member == m && cells[0].slot <= slot; cells = cells[1:] {
			if cells[0].slot == slot {
				count += cells[0].n
			} else {
				put(cells[0].slot, cells[0].n)
			}
		}
		put(slot, count)
	}
	for ; len(cells) > 0 && cells[0].member == m; cells = cells[1:] {
		put(cells[0].slot, cells[0].n)
	}
	return b, n, cells
}

func slot(c measure.Cell) int64 { return int64(c.Class)*24 + int64(c.Hour) }
