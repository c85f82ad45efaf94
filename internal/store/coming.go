package store

import (
	"context"
	"database/sql"

	"qunluo/internal/admit"
	"qunluo/internal/community"
)

// Arrival is what somebody who scanned a code was shown.
type Arrival struct {
	Code    int64 // key of the code; 0 = nothing was shown
	Entry   int64 // of the entry; 0 = none of the code's
	Day     int64 // days since 1970-01-01
	Group   community.GroupKey
	Members int // in the group now
}

// Arrive lets somebody choose by who else is on the way into the groups since a time (UTC ms), and keeps the choice with its
// scan: whoever chooses at the same moment waits and sees it. choose may be asked more than once.
func (s *Store) Arrive(ctx context.Context, groups []community.GroupKey, since, now int64, choose func(map[community.GroupKey]admit.Held) Arrival) error {
	return s.writeTx(ctx, func(t *Tx) error {
		for _, g := range groups { // in order of keys: the row 0 of a group is its turn
			if _, err := t.exec(ctx, `INSERT INTO coming (group_key, n, at, members) VALUES ($1, 0, 0, 0) ON CONFLICT (group_key, n) DO UPDATE SET at = 0`, int64(g)); err != nil {
				return err
			}
			if _, err := t.exec(ctx, `DELETE FROM coming WHERE group_key = $1 AND n > 0 AND at < $2`, int64(g), since); err != nil {
				return err
			}
		}
		held, err := heldIn(ctx, t.query, groups, since)
		if err != nil {
			return err
		}
		a := choose(held)
		if a.Code == 0 {
			return nil
		}
		if _, bounded := held[a.Group]; bounded {
			if _, err := t.exec(ctx, `INSERT INTO coming (group_key, n, at, members) SELECT CAST($1 AS BIGINT), max(n) + 1, CAST($2 AS BIGINT), CAST($3 AS BIGINT) FROM coming WHERE group_key = $1`, int64(a.Group), now, int64(a.Members)); err != nil {
				return err
			}
		}
		return t.countScan(ctx, a)
	})
}

func (t *Tx) countScan(ctx context.Context, a Arrival) error {
	if _, err := t.exec(ctx, `UPDATE code_entry SET scans = scans + 1 WHERE key = $1`, a.Entry); err != nil {
		return err
	}
	_, err := t.exec(ctx, `INSERT INTO code_day (code_key, entry_key, day, scans) VALUES ($1, $2, $3, 1)
ON CONFLICT (code_key, day, entry_key) DO UPDATE SET scans = code_day.scans + 1`, a.Code, a.Entry, a.Day)
	return err
}

// Held tells who is on the way into groups since a time (UTC ms).
func (s *Store) Held(ctx context.Context, groups []community.GroupKey, since int64) (map[community.GroupKey]admit.Held, error) {
	return heldIn(ctx, s.read.QueryContext, groups, since)
}

func heldIn(ctx context.Context, ask func(context.Context, string, ...any) (*sql.Rows, error), groups []community.GroupKey, since int64) (map[community.GroupKey]admit.Held, error) {
	out := map[community.GroupKey]admit.Held{}
	for _, g := range groups {
		var h admit.Held
		found, err := ask(ctx, `SELECT members FROM coming WHERE group_key = $1 AND n > 0 AND at >= $2 ORDER BY n`, int64(g), since)
		if err != nil {
			return nil, err
		}
		for found.Next() {
			var members int
			if err := found.Scan(&members); err != nil {
				found.Close()
				return nil, err
			}
			if h.Count++; h.Count == 1 {
				h.Members = members
			}
		}
		if err := found.Close(); err != nil {
			return nil, err
		}
		out[g] = h
	}
	return out, nil
}
