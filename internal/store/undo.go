package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"

	"qunluo/internal/community"
)

// JobRelease is the kind of job that frees the keys of an undone import, so that its files may come again.
const JobRelease = "release-import"

// keepUndone is how long the words of an undone import stay, in milliseconds.
const keepUndone = 7 * 24 * 3600 * 1000

// Releasing reports whether keys of undone imports are still being freed.
func (s *Store) Releasing(ctx context.Context) (bool, error) {
	var n int
	err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM job WHERE kind = $1 AND state IN ('ready', 'leased')`, JobRelease).Scan(&n)
	return n > 0, coded(s.dialect, err)
}

// importSpan is a stretch of the log that an import wrote to.
type importSpan struct {
	group, first, last int64
}

func (s *Store) importSpans(ctx context.Context, run int64) ([]importSpan, error) {
	return rows(ctx, s, `SELECT group_key, first_number, last_number FROM import_range WHERE import_key = $1 ORDER BY first_number`, []any{run},
		func(r *sql.Rows, sp *importSpan) error { return r.Scan(&sp.group, &sp.first, &sp.last) })
}

// ReleaseImport frees the keys of an undone import's rows, a stretch at a time: the rows stay with their numbers and
// sequences, the facts may come again. It may be repeated.
func (s *Store) ReleaseImport(ctx context.Context, run int64) error {
	spans, err := s.importSpans(ctx, run)
	if err != nil {
		return err
	}
	for _, sp := range spans {
		if err := s.releaseSpan(ctx, run, sp); err != nil {
			return fmt.Errorf("release import %d from %d on: %w", run, sp.first, err)
		}
	}
	return nil
}

func (s *Store) releaseSpan(ctx context.Context, run int64, sp importSpan) error {
	args, err := rows(ctx, s, `SELECT number FROM event WHERE number BETWEEN $1 AND $2 AND import_key = $3 AND group_key = $4`,
		[]any{sp.first, sp.last, run, sp.group}, func(r *sql.Rows, v *[]any) error {
			var n int64
			err := r.Scan(&n)
			key := sha256.Sum256(fmt.Appendf(nil, "undone:%d:%d", run, n))
			*v = []any{key[:16], n}
			return err
		})
	if err != nil {
		return err
	}
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.dialect.bulk(ctx, t.session, `UPDATE event SET dedup = $1 WHERE number = $2`, args)
		return err
	})
}

// WipeUndone erases the words of imports that were undone seven days ago or earlier; numbers and sequences stay. It gives how
// many runs were wiped.
func (s *Store) WipeUndone(ctx context.Context) (int, error) {
	runs, err := rows(ctx, s, `SELECT key FROM import_run WHERE state = 'undone' AND finished <= $1 AND wiped = 0`, []any{s.now() - keepUndone},
		func(r *sql.Rows, v *int64) error { return r.Scan(v) })
	if err != nil {
		return 0, err
	}
	for i, run := range runs {
		if err := s.wipe(ctx, run); err != nil {
			return i, err
		}
	}
	return len(runs), nil
}

// wipe empties the bodies of a run, and its report of everything but the figures: samples of rows are words too.
func (s *Store) wipe(ctx context.Context, run int64) error {
	spans, err := s.importSpans(ctx, run)
	if err != nil {
		return err
	}
	for _, sp := range spans {
		err := s.writeTx(ctx, func(t *Tx) error {
			if _, err := t.exec(ctx, `UPDATE event SET body = $1 WHERE number BETWEEN $2 AND $3 AND import_key = $4`, []byte{}, sp.first, sp.last, run); err != nil {
				return err
			}
			_, err := t.eraseCards(ctx, "number BETWEEN $1 AND $2 AND EXISTS (SELECT 1 FROM event e WHERE e.number = essence_card.number AND e.import_key = $3)", sp.first, sp.last, run)
			return err
		})
		if err != nil {
			return fmt.Errorf("wipe import %d: %w", run, err)
		}
	}
	return s.writeTx(ctx, func(t *Tx) error {
		var report []byte
		if err := t.one(ctx, `SELECT report FROM import_run WHERE key = $1`, []any{run}, &report); err != nil {
			return err
		}
		_, err := t.exec(ctx, `UPDATE import_run SET wiped = $1, report = $2 WHERE key = $3`, s.now(), figuresOnly(report), run)
		return err
	})
}

// figuresOnly leaves the numbers that stand at the top of a report.
func figuresOnly(report []byte) string {
	var all map[string]json.RawMessage
	if json.Unmarshal(report, &all) != nil {
		return "{}"
	}
	maps.DeleteFunc(all, func(_ string, v json.RawMessage) bool {
		var n int64
		return json.Unmarshal(v, &n) != nil
	})
	raw, _ := json.Marshal(all) // numbers always marshal
	return string(raw)
}

// GroupNamed reports whether the group that an account calls ref is known under just that name.
func (s *Store) GroupNamed(ctx context.Context, a community.AccountKey, ref community.Ref) (bool, error) {
	var n int
	err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM chat_group g JOIN account a ON a.org_key = g.org_key AND a.platform = g.platform
WHERE a.key = $1 AND g.external_id = $2 AND g.name = $3`, int64(a), ref.ID, ref.Name).Scan(&n)
	return n > 0, coded(s.dialect, err)
}

// DecisionsOfImport lists the hits that were decided upon an import's events and not resolved as undone yet, in order.
func (s *Store) DecisionsOfImport(ctx context.Context, run int64) ([]community.ID, error) {
	return rows(ctx, s, `SELECT d.id FROM import_range r JOIN decision d ON d.event_number BETWEEN r.first_number AND r.last_number AND d.group_key = r.group_key
JOIN event e ON e.number = d.event_number
WHERE r.import_key = $1 AND e.import_key = $1 AND d.verdict = $2 AND d.resolution NOT IN ('undone', 'false_hit') ORDER BY d.event_number, d.ordinal`,
		[]any{run, string(community.Hit)}, func(r *sql.Rows, v *community.ID) error {
			var id []byte
			err := r.Scan(&id)
			copy(v[:], id)
			return err
		})
}
