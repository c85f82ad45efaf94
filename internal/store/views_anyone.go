package store

import (
	"context"

	"qunluo/internal/community"
)

// sumAnyone adds a member's rows of people up, those of desks left out. A member without any gets none.
const sumAnyone = `INSERT INTO views.anyone (member_key, org_key, shown, look, present, ours, joined_at, since, left_at, last_word, messages, muted_till)
SELECT p.member_key, min(m.org_key), min(p.shown), string_agg(p.look, ' ' ORDER BY p.group_key), max(CASE WHEN p.present THEN 1 ELSE 0 END),
 max(CASE WHEN p.ours THEN 1 ELSE 0 END), coalesce(min(CASE WHEN p.joined_at > 0 THEN p.joined_at END), 0), min(p.since),
 CASE WHEN max(CASE WHEN p.present THEN 1 ELSE 0 END) = 1 THEN 0 ELSE max(p.left_at) END, max(p.last_word), CAST(sum(p.messages) AS BIGINT), max(p.muted_till)
FROM views.people p JOIN member m ON m.key = p.member_key JOIN chat_group g ON g.key = p.group_key
WHERE p.member_key = $1 AND NOT g.desk GROUP BY p.member_key
ON CONFLICT (member_key) DO UPDATE SET shown = excluded.shown, look = excluded.look, present = excluded.present, ours = excluded.ours,
 joined_at = excluded.joined_at, since = excluded.since, left_at = excluded.left_at, last_word = excluded.last_word, messages = excluded.messages,
 muted_till = excluded.muted_till`

// addUp brings the sums of members up to date. members is sorted.
func (f *figures) addUp(ctx context.Context, members []int64) error {
	args := make([][]any, len(members))
	for i, m := range members {
		args[i] = []any{m}
	}
	_, err := f.t.dialect.bulk(ctx, f.t, sumAnyone, args)
	return err
}

// unsum takes a group about to be emptied out of the sums of its circles.
func (f *figures) unsum(ctx context.Context, key community.GroupKey) error {
	g, err := f.group(ctx, key)
	if err != nil {
		return err
	}
	return f.sumGroup(ctx, g, g.circles, -1)
}

// leaving lists the members on record in a group about to be emptied, and takes their sums away.
func (f *figures) leaving(ctx context.Context, g community.GroupKey) ([]int64, error) {
	rows, err := f.t.query(ctx, `SELECT member_key FROM views.people WHERE group_key = $1 ORDER BY member_key`, int64(g))
	if err != nil {
		return nil, err
	}
	members, err := ints(rows)
	if err != nil {
		return nil, err
	}
	_, err = f.t.exec(ctx, `DELETE FROM views.anyone WHERE member_key IN (SELECT member_key FROM views.people WHERE group_key = $1)`, int64(g))
	return members, err
}
