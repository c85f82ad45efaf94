package store

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// VerifyFigures counts the sums of the figures anew from what they sum and says where they differ: days of circles from
// days of groups, joins, leaves and sizes from stays, standing from people, days heard from days with events. It reads
// every row.
func (s *Store) VerifyFigures(ctx context.Context) (faults []string, err error) {
	v := &verifier{s: s, sums: map[sumKey]*sumDelta{}}
	groups, err := rows(ctx, s, `SELECT f.group_key, g.org_key, f.zone, f.heard, g.desk FROM views.group_fact f JOIN chat_group g ON g.key = f.group_key ORDER BY 1`,
		nil, func(r *sql.Rows, g *verified) error {
			return r.Scan((*int64)(&g.key), (*int64)(&g.org), &g.zone, &g.heard, &g.desk)
		})
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		if err := v.group(ctx, g); err != nil {
			return nil, fmt.Errorf("group %d: %w", g.key, err)
		}
	}
	return v.faults, v.circles(ctx)
}

type verifier struct {
	s      *Store
	sums   map[sumKey]*sumDelta
	faults []string
}

// verified is a group under examination.
type verified struct {
	key   community.GroupKey
	org   community.OrgKey
	zone  string
	heard []byte
	desk  bool
}

func (v *verifier) differ(what string, got, want any) {
	if b, ok := got.([]byte); ok && len(b) == 0 && len(want.([]byte)) == 0 {
		return
	}
	if !reflect.DeepEqual(got, want) {
		v.faults = append(v.faults, fmt.Sprintf("%s: kept %v, counted %v", what, got, want))
	}
}

// comeAndGo is what stays say about a day: joins, leaves, change of size.
type comeAndGo struct{ joins, leaves, change int64 }

func (v *verifier) group(ctx context.Context, g verified) error {
	tags, err := rows(ctx, v.s, `SELECT tag FROM views.circle_group WHERE group_key = $1`, []any{int64(g.key)}, func(r *sql.Rows, v *string) error { return r.Scan(v) })
	if err != nil {
		return err
	}
	kept, heard := map[measure.Day]comeAndGo{}, daySet{}
	r, err := v.s.read.QueryContext(ctx, `SELECT day, events, messages, recalled, joins, leaves, change, detail FROM views.group_day WHERE group_key = $1 ORDER BY day`, int64(g.key))
	if err != nil {
		return err
	}
	defer r.Close()
	for r.Next() {
		var day measure.Day
		var d dayDelta
		var raw []byte
		if err := r.Scan((*int64)(&day), &d.events, &d.messages, &d.recalled, &d.joins, &d.leaves, &d.change, &raw); err != nil {
			return err
		}
		list, err := decodeSpeech(raw)
		if err != nil {
			return err
		}
		if c := (comeAndGo{d.joins, d.leaves, d.change}); c != (comeAndGo{}) {
			kept[day] = c
		}
		if d.events > 0 {
			heard.add(day)
		}
		for _, tag := range tags {
			k := sumKey{g.org, tag, day}
			if v.sums[k] == nil {
				v.sums[k] = &sumDelta{cells: map[int64]int64{}}
			}
			v.sums[k].addDay(&d, list, 1)
		}
	}
	v.differ(fmt.Sprintf("group %d: days heard", g.key), g.heard, heard.encode())
	if err := v.stays(ctx, g, kept); err != nil {
		return err
	}
	return v.standing(ctx, g)
}

func (v *verifier) stays(ctx context.Context, g verified, kept map[measure.Day]comeAndGo) error {
	zone, counted := zoneOf(g.zone), map[measure.Day]comeAndGo{}
	type stay struct {
		since, joined, left int64
		counted             bool
	}
	list, err := rows(ctx, v.s, `SELECT since, joined_at, left_at, counted FROM views.stay WHERE group_key = $1`, []any{int64(g.key)},
		func(r *sql.Rows, s *stay) error { return r.Scan(&s.since, &s.joined, &s.left, &s.counted) })
	add := func(at int64, c comeAndGo) {
		day, _ := measure.DayOf(at, zone)
		was := counted[day]
		counted[day] = comeAndGo{was.joins + c.joins, was.leaves + c.leaves, was.change + c.change}
		if counted[day] == (comeAndGo{}) {
			delete(counted, day)
		}
	}
	for _, s := range list {
		add(s.since, comeAndGo{change: 1})
		if s.counted {
			add(s.joined, comeAndGo{joins: 1})
		}
		if s.left != 0 {
			add(s.left, comeAndGo{leaves: 1, change: -1})
		}
	}
	v.differ(fmt.Sprintf("group %d: joins, leaves and sizes", g.key), kept, counted)
	return err
}

func (v *verifier) standing(ctx context.Context, g verified) error {
	people, err := rows(ctx, v.s, `SELECT member_key, present, last_word, ours FROM views.people WHERE group_key = $1 ORDER BY member_key`, []any{int64(g.key)},
		func(r *sql.Rows, t *measure.Tally) error {
			var p person
			err := r.Scan((*int64)(&t.Member), &p.present, &p.lastWord, &p.ours)
			t.Count = p.standing()
			return err
		})
	if err != nil {
		return err
	}
	lists, err := rows(ctx, v.s, `SELECT list FROM views.standing WHERE group_key = $1`, []any{int64(g.key)}, func(r *sql.Rows, v *[]byte) error { return r.Scan(v) })
	if err != nil {
		return err
	}
	kept := []byte{}
	if len(lists) > 0 {
		kept = lists[0]
	}
	v.differ(fmt.Sprintf("group %d: standing", g.key), kept, encodeTallies(people))
	return nil
}

// circles compares the kept sums with those of the groups.
func (v *verifier) circles(ctx context.Context) error {
	r, err := v.s.read.QueryContext(ctx, `SELECT org_key, tag, day, summed, messages, recalled, joins, leaves, change, cells, said FROM views.circle_day`)
	if err != nil {
		return err
	}
	defer r.Close()
	n := 0
	for r.Next() {
		var k sumKey
		var kept sumDelta
		var cells, said []byte
		err := r.Scan((*int64)(&k.org), &k.tag, (*int64)(&k.day), &kept.summed, &kept.messages, &kept.recalled, &kept.joins, &kept.leaves, &kept.change, &cells, &said)
		if err != nil {
			return err
		}
		want := v.sums[k]
		if want == nil {
			v.faults = append(v.faults, fmt.Sprintf("circle %+v sums nothing", k))
			continue
		}
		n++
		v.differ(fmt.Sprintf("circle %q, %s", k.tag, k.day), []int64{kept.summed, kept.messages, kept.recalled, kept.joins, kept.leaves, kept.change},
			[]int64{want.summed, want.messages, want.recalled, want.joins, want.leaves, want.change})
		v.differ(fmt.Sprintf("circle %q, %s: cells", k.tag, k.day), cells, encodeCells(want.cells))
		v.differ(fmt.Sprintf("circle %q, %s: speakers", k.tag, k.day), said, encodeTallies(addTallies(nil, want.said)))
	}
	v.differ("days of circles", n, len(v.sums))
	return r.Err()
}
