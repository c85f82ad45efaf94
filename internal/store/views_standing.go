package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// How a person stands in a group: bits of the numbers in views.standing.
const (
	standsPresent = 1 << iota
	standsSpoke   // a word of theirs is on record, whether they are still there or not
	standsOurs    // an own account or a bot
	standsKnown   // is on record: everybody on the list
)

// standing is a person's bits.
func (p *person) standing() int64 {
	bits := int64(standsKnown)
	if p.present {
		bits |= standsPresent
	}
	if p.lastWord != 0 {
		bits |= standsSpoke
	}
	if p.ours {
		bits |= standsOurs
	}
	return bits
}

// stands notes the change of a person's standing since the last flush.
func (f *figures) stands(p *person) {
	if now := p.standing(); now != p.stood {
		f.standing[p.key.group] = append(f.standing[p.key.group], measure.Tally{Member: p.key.member, Count: now})
		p.stood = now
	}
}

// putTallies puts members with their numbers into a list in order; of several numbers of a member the last counts.
func putTallies(old, now []measure.Tally) []measure.Tally {
	slices.SortStableFunc(now, func(a, b measure.Tally) int { return cmp.Compare(a.Member, b.Member) })
	out := make([]measure.Tally, 0, len(old)+len(now))
	for i, t := range now {
		if i+1 < len(now) && now[i+1].Member == t.Member {
			continue
		}
		n, there := slices.BinarySearchFunc(old, t, func(a, b measure.Tally) int { return cmp.Compare(a.Member, b.Member) })
		out = append(append(out, old[:n]...), t)
		if there {
			n++
		}
		old = old[n:]
	}
	return append(out, old...)
}

// flushStanding writes the groups' lists anew where somebody's standing changed.
func (f *figures) flushStanding(ctx context.Context) error {
	for _, g := range sortedKeys(f.standing) {
		var raw []byte
		err := f.t.one(ctx, `SELECT list FROM views.standing WHERE group_key = $1`, []any{int64(g)}, &raw)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		list, err := decodeTallies(nil, raw)
		if err != nil {
			return err
		}
		_, err = f.t.exec(ctx, `INSERT INTO views.standing (group_key, list) VALUES ($1, $2) ON CONFLICT (group_key) DO UPDATE SET list = excluded.list`,
			int64(g), encodeTallies(putTallies(list, f.standing[g])))
		if err != nil {
			return err
		}
	}
	clear(f.standing)
	return nil
}

// roll is how members stand in several groups taken together.
type roll map[int64]*[rollPage]uint8

const rollPage = 1024

func (r roll) add(list []measure.Tally) {
	var page *[rollPage]uint8
	at := int64(-1)
	for _, t := range list {
		if k := int64(t.Member) / rollPage; k != at {
			at, page = k, r[k]
			if page == nil {
				page = new([rollPage]uint8)
				r[k] = page
			}
		}
		page[int64(t.Member)%rollPage] |= uint8(t.Count)
	}
}

// know puts members on the roll who are named by their keys, with blanks between.
func (r roll) know(keys string) error {
	for key := range strings.FieldsSeq(keys) {
		n, err := strconv.ParseInt(key, 10, 64)
		if err != nil {
			return err
		}
		r.add([]measure.Tally{{Member: community.MemberKey(n), Count: standsKnown}})
	}
	return nil
}

// count gives how many are present and not ours, and of how many of them no word is on record.
func (r roll) count() (silent, present int64) {
	for _, page := range r {
		for _, bits := range page {
			switch bits &^ standsKnown {
			case standsPresent:
				silent++
				present++
			case standsPresent | standsSpoke:
				present++
			}
		}
	}
	return silent, present
}

// members lists, in order, those who are present, or not (nil = either way), or of whom no word is on record.
func (r roll) members(present *bool, silent bool) []measure.Speaker {
	var list []measure.Speaker
	for _, at := range sortedKeys(r) {
		for i, bits := range r[at] {
			switch {
			case bits&standsKnown == 0, present != nil && *present != (bits&standsPresent != 0), silent && bits&(standsSpoke|standsOurs) != 0:
				continue
			}
			list = append(list, measure.Speaker{Member: community.MemberKey(at*rollPage + int64(i))})
		}
	}
	return list
}

// rollOf reads how members stand in groups.
func (d *Desk) rollOf(ctx context.Context, groups []community.GroupKey) (roll, error) {
	var c clause
	d.in(&c, "g")
	c.and("v.group_key IN (" + keyList(groups) + ")")
	r, err := d.s.read.QueryContext(ctx, `SELECT v.list FROM views.standing v JOIN chat_group g ON g.key = v.group_key`+c.String(), c.args...)
	if err != nil {
		return nil, coded(d.s.dialect, err)
	}
	defer r.Close()
	all, list := roll{}, []measure.Tally(nil)
	var raw sql.RawBytes
	for r.Next() {
		if err := r.Scan(&raw); err != nil {
			return nil, err
		}
		if list, err = decodeTallies(list[:0], raw); err != nil {
			return nil, err
		}
		all.add(list)
	}
	return all, r.Err()
}
