package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/drift"
)

// Bounds of a report: lines that are kept of a part, and bytes of what a line says of a side.
const (
	maxDriftLines = 2000
	maxDriftText  = 4096
)

// BeginDrift notes that a part of an account's report is being read.
func (s *Store) BeginDrift(ctx context.Context, account community.AccountKey, part drift.Part) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `INSERT INTO drift_part (account_key, part, state, read_at, looked, lines, unread, say) VALUES ($1, $2, $3, $4, 0, 0, '[]', '["",""]')
ON CONFLICT (account_key, part) DO UPDATE SET state = excluded.state`, int64(account), string(part), string(drift.Busy), s.now())
		return err
	})
}

// KeepDrift keeps what a reading of a part brought. A line that was there keeps its id, since when, and its task. What a
// whole reading does not hold any more goes; a partial or failed one takes nothing away.
func (s *Store) KeepDrift(ctx context.Context, account community.AccountKey, r drift.Reading, lines []drift.Line) error {
	return s.writeTx(ctx, func(t *Tx) error {
		unread, _ := json.Marshal(orEmpty(r.Unread)) // plain values
		say, _ := json.Marshal(r.Why)
		_, err := t.exec(ctx, `INSERT INTO drift_part (account_key, part, state, read_at, looked, lines, unread, say) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (account_key, part) DO UPDATE SET state = excluded.state, read_at = excluded.read_at, looked = excluded.looked, lines = excluded.lines, unread = excluded.unread, say = excluded.say`,
			int64(account), string(r.Part), string(r.State), r.At, int64(r.Looked), int64(len(lines)), string(unread), string(say))
		if err != nil {
			return err
		}
		for _, l := range lines[:min(len(lines), maxDriftLines)] {
			if err := t.keepLine(ctx, account, r, l); err != nil {
				return err
			}
		}
		if r.State != drift.Read {
			return nil
		}
		_, err = t.exec(ctx, `DELETE FROM drift_line WHERE account_key = $1 AND part = $2 AND seen < $3`, int64(account), string(r.Part), r.At)
		return err
	})
}

func (t *Tx) keepLine(ctx context.Context, account community.AccountKey, r drift.Reading, l drift.Line) error {
	id, ways := t.store.NewID(), l.Ways
	if ways == nil {
		ways = []drift.Way{}
	}
	raw, err := json.Marshal(ways)
	if err != nil {
		return err
	}
	since := l.Since
	if since == 0 {
		since = r.At
	}
	_, err = t.exec(ctx, `INSERT INTO drift_line (account_key, part, subject, field, owner, id, name, here, there, why, since, seen, ways, task_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, NULL)
ON CONFLICT (account_key, part, subject, field, owner) DO UPDATE SET name = excluded.name, here = excluded.here, there = excluded.there, why = excluded.why,
 since = CASE WHEN excluded.since < drift_line.since THEN excluded.since ELSE drift_line.since END, seen = excluded.seen, ways = excluded.ways`,
		int64(account), string(r.Part), clip(l.Subject, maxDriftText), string(l.Field), clip(l.Owner, maxDriftText), id[:], clip(l.Name, maxDriftText), clip(l.Here, maxDriftText),
		clip(l.There, maxDriftText), l.Why, since, r.At, string(raw))
	return err
}

// clip cuts a text to so many bytes, and leaves out what no database keeps.
func clip(text string, most int) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "�"), "\x00", "")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "")
	}
	return text
}

const driftColumns = `SELECT l.id, l.part, l.subject, l.field, l.owner, l.name, l.here, l.there, l.why, l.since, l.seen, l.ways,
 CASE WHEN coalesce(k.state, 'open') IN ('open', 'claimed') THEN l.task_id END FROM drift_line l LEFT JOIN task k ON k.id = l.task_id`

func scanDrift(r *sql.Rows, l *drift.Line) error {
	var id, ways, task []byte
	err := r.Scan(&id, &l.Part, &l.Subject, &l.Field, &l.Owner, &l.Name, &l.Here, &l.There, &l.Why, &l.Since, &l.Seen, &ways, &task)
	if err != nil {
		return err
	}
	copy(l.ID[:], id)
	copy(l.Task[:], task)
	return json.Unmarshal(ways, &l.Ways)
}

// Drift gives an account's report as it was read last: the oldest differences first.
func (s *Store) Drift(ctx context.Context, account community.AccountKey) (drift.Report, error) {
	readings, err := rows(ctx, s, `SELECT part, state, read_at, looked, lines, unread, say FROM drift_part WHERE account_key = $1 ORDER BY part`, []any{int64(account)},
		func(r *sql.Rows, v *drift.Reading) error {
			var unread, say []byte
			if err := r.Scan(&v.Part, &v.State, &v.At, &v.Looked, &v.Lines, &unread, &say); err != nil {
				return err
			}
			if err := json.Unmarshal(unread, &v.Unread); err != nil {
				return err
			}
			return json.Unmarshal(say, &v.Why)
		})
	if err != nil {
		return drift.Report{}, err
	}
	lines, err := rows(ctx, s, driftColumns+` WHERE l.account_key = $1 ORDER BY l.part, l.since, l.subject, l.field, l.owner`, []any{int64(account)}, scanDrift)
	return drift.Report{Readings: readings, Lines: lines}, err
}

// DriftLine gives one difference; community.CodeNotFound.
func (s *Store) DriftLine(ctx context.Context, account community.AccountKey, id community.ID) (drift.Line, error) {
	list, err := rows(ctx, s, driftColumns+` WHERE l.account_key = $1 AND l.id = $2`, []any{int64(account), id[:]}, scanDrift)
	return oneOf(list, err, "difference", id)
}

// DriftAsked notes the task by which a person settles a difference.
func (s *Store) DriftAsked(ctx context.Context, id, task community.ID) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `UPDATE drift_line SET task_id = $1 WHERE id = $2`, task[:], id[:])
		return err
	})
}

// DropDrift forgets a difference that is settled.
func (s *Store) DropDrift(ctx context.Context, id community.ID) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `DELETE FROM drift_line WHERE id = $1`, id[:])
		return err
	})
}

// LeaveGroup notes that an account is in a group no more; what was said there stays.
func (s *Store) LeaveGroup(ctx context.Context, account community.AccountKey, g community.GroupKey) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `DELETE FROM group_account WHERE account_key = $1 AND group_key = $2`, int64(account), int64(g))
		return err
	})
}
