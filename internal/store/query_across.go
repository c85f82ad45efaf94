package store

import (
	"context"
	"database/sql"
	"slices"

	"qunluo/internal/community"
)

// Copies says what a message of a group was a copy of when it came in. What stands in groups outside the scope is only counted.
// community.CodeNotFound: the group does not hold it, or lies outside the scope.
func (d *Desk) Copies(ctx context.Context, g community.GroupKey, number int64) (community.CopiesRow, error) {
	var row community.CopiesRow
	mine, err := d.groupKeys(ctx, g, "")
	if err != nil {
		return row, err
	}
	list, err := rows(ctx, d.s, `SELECT `+eventColumns+` FROM event WHERE number = $1 AND group_key = $2`, []any{number, int64(g)}, scanEvent)
	if err != nil {
		return row, err
	}
	if len(mine) == 0 || len(list) == 0 {
		return row, community.Errorf(community.CodeNotFound, "event %d in group %d: not found", number, g)
	}
	said := list[0].Body.Elsewhere
	var groups []community.GroupKey
	for _, e := range said {
		groups = append(groups, e.Group)
	}
	slices.Sort(groups)
	groups = slices.Compact(groups)
	row.Copies, row.Groups = len(said), len(groups)
	if len(said) == 0 {
		return row, nil
	}
	seen, err := d.among(ctx, groups)
	if err != nil {
		return row, err
	}
	row.HiddenGroups = len(groups) - len(seen)
	var numbers []int64
	for _, e := range said {
		if slices.Contains(seen, e.Group) {
			numbers = append(numbers, e.Event)
		}
	}
	row.HiddenCopies = len(said) - len(numbers)
	messages, err := d.messagesAt(ctx, numbers)
	for _, n := range numbers {
		if m, here := messages[n]; here {
			row.Seen = append(row.Seen, m)
		}
	}
	return row, err
}

// among gives those of some groups that lie in the scope.
func (d *Desk) among(ctx context.Context, keys []community.GroupKey) ([]community.GroupKey, error) {
	var c clause
	d.in(&c, "g")
	c.and("g.key IN (" + keyList(keys) + ")")
	return rows(ctx, d.s, "SELECT g.key FROM chat_group g"+c.String()+" ORDER BY g.key", c.args,
		func(r *sql.Rows, v *community.GroupKey) error { return r.Scan((*int64)(v)) })
}
