package store

import (
	"cmp"
	"encoding/binary"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// A list of members with a number each is one value: for each member in order uvarint key minus the last key, uvarint
// number. So the speakers of a day, or the people of a group, are read with one row.

func encodeTallies(list []measure.Tally) []byte {
	b := make([]byte, 0, 3*len(list))
	var last community.MemberKey
	for _, t := range list {
		b = binary.AppendUvarint(b, uint64(t.Member-last))
		b = binary.AppendUvarint(b, uint64(t.Count))
		last = t.Member
	}
	return b
}

// decodeTallies appends what b holds.
func decodeTallies(list []measure.Tally, b []byte) ([]measure.Tally, error) {
	var member community.MemberKey
	for i := 0; i < len(b); {
		if i+1 < len(b) && b[i] < 0x80 && b[i+1] < 0x80 { // nearly all
			member += community.MemberKey(b[i])
			list = append(list, measure.Tally{Member: member, Count: int64(b[i+1])})
			i += 2
			continue
		}
		key, k := binary.Uvarint(b[i:])
		if k <= 0 {
			return nil, errShortDetail
		}
		count, n := binary.Uvarint(b[i+k:])
		if n <= 0 {
			return nil, errShortDetail
		}
		member += community.MemberKey(key)
		list = append(list, measure.Tally{Member: member, Count: int64(count)})
		i += k + n
	}
	return list, nil
}

// addTallies adds changes, in any order and with repeats, to a list in order. Who comes to nothing is left out.
func addTallies(old, changes []measure.Tally) []measure.Tally {
	slices.SortFunc(changes, func(a, b measure.Tally) int { return cmp.Compare(a.Member, b.Member) })
	out := make([]measure.Tally, 0, len(old)+len(changes))
	for len(old) > 0 || len(changes) > 0 {
		var t measure.Tally
		if len(changes) == 0 || len(old) > 0 && old[0].Member <= changes[0].Member {
			t, old = old[0], old[1:]
		} else {
			t.Member = changes[0].Member
		}
		for len(changes) > 0 && changes[0].Member == t.Member {
			t.Count += changes[0].Count
			changes = changes[1:]
		}
		if t.Count != 0 {
			out = append(out, t)
		}
	}
	return out
}

// Cells of a day of a circle: for each in order uvarint slot (class*24 + hour), uvarint count.

func encodeCells(cells map[int64]int64) []byte {
	slots := make([]int64, 0, len(cells))
	for s, n := range cells {
		if n != 0 {
			slots = append(slots, s)
		}
	}
	slices.Sort(slots)
	b := make([]byte, 0, 4*len(slots))
	for _, s := range slots {
		b = binary.AppendUvarint(b, uint64(s))
		b = binary.AppendUvarint(b, uint64(cells[s]))
	}
	return b
}

// decodeCells hands what b holds to fn, in order.
func decodeCells(b []byte, fn func(slot, count int64)) error {
	for len(b) > 0 {
		slot, k := binary.Uvarint(b)
		if k <= 0 {
			return errShortDetail
		}
		count, n := binary.Uvarint(b[k:])
		if n <= 0 {
			return errShortDetail
		}
		fn(int64(slot), int64(count))
		b = b[k+n:]
	}
	return nil
}
