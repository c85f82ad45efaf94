package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// Figures over many groups are read from sums: for each circle, which is all chat groups of an organisation or those with
// a tag, its groups' days added up. They are kept with the days themselves, so one row answers for a day of 500 groups.

// sumKey names a day of a circle.
type sumKey struct {
	org community.OrgKey
	tag string // "" = all chat groups of the organisation
	day measure.Day
}

// sumDelta is what a batch changes about a day of a circle.
type sumDelta struct {
	summed                                    int64 // days of groups in it
	messages, recalled, joins, leaves, change int64
	cells                                     map[int64]int64 // by slot
	said                                      []measure.Tally // in any order, with repeats
}

// maxSumming bounds how many entries of speakers wait in memory to be added to sums.
const maxSumming = 1_000_000

func (f *figures) sum(k sumKey) *sumDelta {
	d, ok := f.sums[k]
	if !ok {
		d = &sumDelta{cells: map[int64]int64{}}
		f.sums[k] = d
	}
	return d
}

// sumDay adds a batch's change of a group's day to its circles.
func (f *figures) sumDay(g *groupFact, k dayKey, d *dayDelta, isNew bool) {
	for _, tag := range g.circles {
		s := f.sum(sumKey{g.org, tag, k.day})
		if isNew {
			s.summed++
		}
		s.messages += d.messages
		s.recalled += d.recalled
		s.joins += d.joins
		s.leaves += d.leaves
		s.change += d.change
		for i, c := range d.cells { // packed
			s.cells[c.slot] += c.n
			if i > 0 && d.cells[i-1].member == c.member {
				s.said[len(s.said)-1].Count += c.n
				continue
			}
			s.said = append(s.said, measure.Tally{Member: c.member, Count: c.n})
		}
		f.summing += len(d.cells)
	}
}

// flushSums adds the batch's changes to the stored sums, in order of their keys.
func (f *figures) flushSums(ctx context.Context) error {
	keys := make([]sumKey, 0, len(f.sums))
	for k := range f.sums {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b sumKey) int {
		return cmp.Or(cmp.Compare(a.org, b.org), cmp.Compare(a.tag, b.tag), cmp.Compare(a.day, b.day))
	})
	for _, k := range keys {
		if err := f.flushSum(ctx, k, f.sums[k]); err != nil {
			return fmt.Errorf("day %s of circle %q: %w", k.day, k.tag, err)
		}
	}
	clear(f.sums)
	f.summing = 0
	return nil
}

func (f *figures) flushSum(ctx context.Context, k sumKey, d *sumDelta) error {
	var summed int64
	var cells, said []byte
	err := f.t.one(ctx, `SELECT summed, cells, said FROM views.circle_day WHERE org_key = $1 AND tag = $2 AND day = $3`,
		[]any{int64(k.org), k.tag, int64(k.day)}, &summed, &cells, &said)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if summed+d.summed == 0 {
		_, err = f.t.exec(ctx, `DELETE FROM views.circle_day WHERE org_key = $1 AND tag = $2 AND day = $3`, int64(k.org), k.tag, int64(k.day))
		return err
	}
	if err := decodeCells(cells, func(slot, n int64) { d.cells[slot] += n }); err != nil {
		return err
	}
	old, err := decodeTallies(nil, said)
	if err != nil {
		return err
	}
	_, err = f.t.exec(ctx, `INSERT INTO views.circle_day (org_key, tag, day, summed, messages, recalled, joins, leaves, change, cells, said)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (org_key, tag, day) DO UPDATE SET summed = circle_day.summed + excluded.summed, messages = circle_day.messages + excluded.messages,
 recalled = circle_day.recalled + excluded.recalled, joins = circle_day.joins + excluded.joins, leaves = circle_day.leaves + excluded.leaves,
 change = circle_day.change + excluded.change, cells = excluded.cells, said = excluded.said`,
		int64(k.org), k.tag, int64(k.day), d.summed, d.messages, d.recalled, d.joins, d.leaves, d.change, encodeCells(d.cells), encodeTallies(addTallies(old, d.said)))
	return err
}

// regroup brings a group into the circles where it belongs now, with all its days, and takes it out of the others.
func (f *figures) regroup(ctx context.Context, g *groupFact) error {
	if g.desk {
		return nil
	}
	want, err := f.tagsOf(ctx, `SELECT tag FROM group_tag WHERE group_key = $1 AND tag <> '' ORDER BY tag`, g.key)
	if err != nil {
		return err
	}
	want = append([]string{""}, want...)
	have, err := f.tagsOf(ctx, `SELECT tag FROM views.circle_group WHERE group_key = $1 ORDER BY tag`, g.key)
	if err != nil {
		return err
	}
	g.circles = want
	if slices.Equal(want, have) {
		return nil
	}
	gone, come := without(have, want), without(want, have)
	if err := f.sumGroup(ctx, g, gone, -1); err != nil {
		return err
	}
	if err := f.sumGroup(ctx, g, come, 1); err != nil {
		return err
	}
	for _, tag := range gone {
		if _, err := f.t.exec(ctx, `DELETE FROM views.circle_group WHERE org_key = $1 AND tag = $2 AND group_key = $3`, int64(g.org), tag, int64(g.key)); err != nil {
			return err
		}
	}
	for _, tag := range come {
		if _, err := f.t.exec(ctx, `INSERT INTO views.circle_group (org_key, tag, group_key) VALUES ($1, $2, $3)`, int64(g.org), tag, int64(g.key)); err != nil {
			return err
		}
	}
	return nil
}

func (f *figures) tagsOf(ctx context.Context, query string, g community.GroupKey) ([]string, error) {
	rows, err := f.t.query(ctx, query, int64(g))
	if err != nil {
		return nil, err
	}
	return texts(rows)
}

func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(other, s) })
}

// sumGroup adds all stored days of a group to sums, or (by = -1) takes them out.
func (f *figures) sumGroup(ctx context.Context, g *groupFact, tags []string, by int64) error {
	if len(tags) == 0 {
		return nil
	}
	rows, err := f.t.query(ctx, `SELECT day, messages, recalled, joins, leaves, change, detail FROM views.group_day WHERE group_key = $1 ORDER BY day`, int64(g.key))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var day measure.Day
		var d dayDelta
		var raw []byte
		if err := rows.Scan((*int64)(&day), &d.messages, &d.recalled, &d.joins, &d.leaves, &d.change, &raw); err != nil {
			return err
		}
		list, err := decodeSpeech(raw)
		if err != nil {
			return err
		}
		for _, tag := range tags {
			f.sum(sumKey{g.org, tag, day}).addDay(&d, list, by)
		}
		f.summing += len(list) * len(tags)
	}
	return rows.Err()
}

func (s *sumDelta) addDay(d *dayDelta, list []measure.Speech, by int64) {
	s.summed += by
	s.messages += by * d.messages
	s.recalled += by * d.recalled
	s.joins += by * d.joins
	s.leaves += by * d.leaves
	s.change += by * d.change
	for _, one := range list {
		for _, c := range one.Cells {
			s.cells[slot(c)] += by * c.Count
		}
		s.said = append(s.said, measure.Tally{Member: one.Member, Count: by * one.Messages()})
	}
}

// misplaced finds groups whose circles are not those of their tags.
const misplaced = `SELECT key FROM (SELECT g.key FROM chat_group g WHERE NOT g.desk
 AND NOT EXISTS (SELECT 1 FROM views.circle_group c WHERE c.group_key = g.key AND c.tag = '')
UNION SELECT t.group_key FROM group_tag t JOIN chat_group g ON g.key = t.group_key WHERE NOT g.desk AND t.tag <> ''
 AND NOT EXISTS (SELECT 1 FROM views.circle_group c WHERE c.group_key = t.group_key AND c.tag = t.tag)
UNION SELECT c.group_key FROM views.circle_group c WHERE c.tag <> ''
 AND NOT EXISTS (SELECT 1 FROM group_tag t WHERE t.group_key = c.group_key AND t.tag = c.tag)) AS found
WHERE key NOT IN ` + goingGroups + ` ORDER BY 1`

// retag brings the circles up to date with the groups' tags: a quiet group has no event that would do it.
func (s *Store) retag(ctx context.Context) error {
	return s.project(ctx, func(t *session) error {
		rows, err := t.query(ctx, misplaced)
		if err != nil {
			return err
		}
		groups, err := ints(rows)
		if err != nil || len(groups) == 0 {
			return err
		}
		f := s.figures()
		f.t = t
		for _, key := range groups {
			g, known := f.groups[community.GroupKey(key)]
			if !known {
				if _, err := f.group(ctx, community.GroupKey(key)); err != nil { // which regroups it
					return err
				}
			} else if err := f.regroup(ctx, g); err != nil {
				return err
			}
			if f.summing > maxSumming {
				if err := f.flushSums(ctx); err != nil {
					return err
				}
			}
		}
		return f.flushSums(ctx)
	})
}
