package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// askedKey names the questions of a UTC day.
type askedKey struct {
	org community.OrgKey
	day int64 // since 1970
}

// utcDay is the day of a moment, also of one before 1970.
func utcDay(at int64) int64 {
	day, _ := measure.DayOf(at, time.UTC)
	return int64(day)
}

// askedPart is the length from which on a part gets no more entries. Where parts end depends on the log alone.
const askedPart = 16 << 10

// askedDay is the end of a day's list: the part that is written on.
type askedDay struct {
	part, last int64
	list       []byte
}

// maxAskedDays bounds how many ends are remembered between transactions.
const maxAskedDays = 2000

// askedEntry is a question, or an answer to one.
type askedEntry struct {
	number   int64              // of the message
	question int64              // 0 for a question
	group    community.GroupKey // of a question
	at       int64
	member   community.MemberKey
	by       measure.Evidence // of an answer
	run      int64
}

// appendAsked writes an entry after one with the number last, in a list of a day: number less last and whether it is an answer,
// member, moment within the day, the import; then the group of a question, or how far back the question is and the evidence.
func appendAsked(b []byte, e askedEntry, last, day int64) []byte {
	kind := uint64(0)
	if e.question != 0 {
		kind = 1
	}
	b = binary.AppendUvarint(b, uint64(e.number-last)<<1|kind)
	b = binary.AppendUvarint(b, uint64(e.member))
	b = binary.AppendVarint(b, e.at-day*dayLong)
	b = binary.AppendUvarint(b, uint64(e.run))
	if kind == 0 {
		return binary.AppendUvarint(b, uint64(e.group))
	}
	b = binary.AppendUvarint(b, uint64(e.number-e.question))
	return binary.AppendUvarint(b, uint64(e.by))
}

// askedLeast is about how many bytes a question takes, rather too few than too many.
const askedLeast = 10

// decodeAsked hands the entries of a part to fn. The number of a part's first entry is written whole.
func decodeAsked(b []byte, day int64, fn func(*askedEntry)) error {
	r := numberReader{b: b}
	var e askedEntry
	last := int64(0)
	for len(r.b) > 0 {
		head := r.number()
		last += int64(head >> 1)
		e = askedEntry{number: last, member: community.MemberKey(r.number()), at: day*dayLong + unzigzag(r.number()), run: int64(r.number())}
		if head&1 == 0 {
			e.group = community.GroupKey(r.number())
		} else {
			e.question, e.by = last-int64(r.number()), measure.Evidence(r.number())
		}
		if r.err != nil {
			return r.err
		}
		fn(&e)
	}
	return nil
}

// unzigzag undoes what binary.AppendVarint does to a number's sign.
func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }

// flushDays writes the questions and the answers to them on the lists of their days.
func (q *questions) flushDays(ctx context.Context) error {
	entries := map[askedKey][]askedEntry{}
	put := func(g community.GroupKey, asked int64, e askedEntry) error {
		place, err := q.place(ctx, g)
		key := askedKey{place.org, utcDay(asked)}
		entries[key] = append(entries[key], e)
		return err
	}
	for _, a := range q.asked {
		if err := put(a.Group, a.At, askedEntry{number: a.Number, group: a.Group, at: a.At, member: a.Member, run: a.run}); err != nil {
			return err
		}
	}
	for _, a := range q.links {
		if err := put(a.group, q.known[a.question].At, askedEntry{number: a.number, question: a.question, at: a.at, member: a.member, by: a.by, run: a.run}); err != nil {
			return err
		}
	}
	keys := slices.SortedFunc(maps.Keys(entries), func(a, b askedKey) int { return cmp.Or(cmp.Compare(a.org, b.org), cmp.Compare(a.day, b.day)) })
	for _, key := range keys {
		list := entries[key]
		slices.SortFunc(list, func(a, b askedEntry) int {
			return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.question, b.question))
		})
		if err := q.writeDay(ctx, key, list); err != nil {
			return fmt.Errorf("questions of day %d: %w", key.day, err)
		}
	}
	if len(q.days) > maxAskedDays {
		clear(q.days)
	}
	return nil
}

// writeDay appends entries, whose numbers ascend, to a day.
func (q *questions) writeDay(ctx context.Context, key askedKey, list []askedEntry) error {
	d := q.days[key]
	if d == nil {
		d = &askedDay{}
		err := q.t.one(ctx, `SELECT part, last, list FROM views.asked_day WHERE org_key = $1 AND day = $2 ORDER BY part DESC LIMIT 1`,
			[]any{int64(key.org), key.day}, &d.part, &d.last, &d.list)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		q.days[key] = d
	}
	var full [][]any
	row := func() []any { return []any{int64(key.org), key.day, d.part, d.last, slices.Clone(d.list)} }
	for _, e := range list {
		if len(d.list) >= askedPart {
			full = append(full, row())
			d.part, d.last, d.list = d.part+1, 0, d.list[:0]
		}
		d.list, d.last = appendAsked(d.list, e, d.last, key.day), e.number
	}
	_, err := q.t.dialect.bulk(ctx, q.t, `INSERT INTO views.asked_day (org_key, day, part, last, list) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (org_key, day, part) DO UPDATE SET last = excluded.last, list = excluded.list`, append(full, row()))
	return err
}

// unask takes the questions and answers of an import off the days, and the answers to its questions.
func (q *questions) unask(ctx context.Context, g community.GroupKey, run int64) error {
	place, err := q.place(ctx, g)
	if err != nil {
		return err
	}
	rows, err := q.t.query(ctx, `SELECT DISTINCT day FROM views.asked_day WHERE org_key = $1 AND day IN (SELECT `+dayOf("at")+` FROM views.question WHERE group_key = $2 AND import_key = $3
 UNION SELECT `+dayOf("asked_at")+` FROM views.answer WHERE group_key = $2 AND import_key = $3)`, int64(place.org), int64(g), run)
	if err != nil {
		return err
	}
	days, err := ints(rows)
	for _, day := range days {
		if err := q.unaskDay(ctx, askedKey{place.org, day}, g, run); err != nil {
			return fmt.Errorf("questions of day %d: %w", day, err)
		}
	}
	return err
}

// dayOf is utcDay of a column, in both dialects: what they divide they round towards 0.
func dayOf(column string) string {
	return `(` + column + ` - CASE WHEN ` + column + ` % 86400000 < 0 THEN 86400000 ELSE 0 END) / 86400000`
}

func (q *questions) unaskDay(ctx context.Context, key askedKey, g community.GroupKey, run int64) error {
	rows, err := q.t.query(ctx, `SELECT list FROM views.asked_day WHERE org_key = $1 AND day = $2 ORDER BY part`, int64(key.org), key.day)
	if err != nil {
		return err
	}
	var stay []askedEntry
	here, out := map[int64]bool{}, map[int64]bool{} // the group's questions, and those that go
	err = eachAsked(rows, key.day, func(e *askedEntry) {
		switch {
		case e.question == 0 && e.group == g:
			here[e.number] = true
			if out[e.number] = e.run == run; out[e.number] {
				return
			}
		case e.question != 0 && (out[e.question] || here[e.question] && e.run == run):
			return
		}
		stay = append(stay, *e)
	})
	if err != nil {
		return err
	}
	if _, err := q.t.exec(ctx, `DELETE FROM views.asked_day WHERE org_key = $1 AND day = $2`, int64(key.org), key.day); err != nil {
		return err
	}
	if q.days[key] = (&askedDay{}); len(stay) == 0 {
		return nil
	}
	return q.writeDay(ctx, key, stay)
}

// eachAsked hands all entries of a day's parts to fn.
func eachAsked(r *sql.Rows, day int64, fn func(*askedEntry)) error {
	defer r.Close()
	var list sql.RawBytes
	for r.Next() {
		if err := r.Scan(&list); err != nil {
			return err
		}
		if err := decodeAsked(list, day, fn); err != nil {
			return err
		}
	}
	return r.Err()
}
