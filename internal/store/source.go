package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"qunluo/internal/community"
)

// GroupsCalled finds the groups of an organisation whose name, or id on their platform, is just that text.
func (s *Store) GroupsCalled(ctx context.Context, org community.OrgKey, text string) ([]community.Group, error) {
	return rows(ctx, s, `SELECT key, id, platform, external_id, name, zone FROM chat_group WHERE org_key = $1 AND (name = $2 OR external_id = $2) ORDER BY key`,
		[]any{int64(org), text}, func(r *sql.Rows, g *community.Group) error {
			var id []byte
			err := r.Scan((*int64)(&g.Key), &id, &g.Platform, &g.External, &g.Name, &g.Zone)
			copy(g.ID[:], id)
			g.Org = org
			return err
		})
}

// GroupOf finds the group that a platform calls external; 0 when there is none.
func (s *Store) GroupOf(ctx context.Context, org community.OrgKey, p community.Platform, external string) (community.GroupKey, error) {
	key, err := s.oneKey(ctx, findAlias, int64(org), "group", string(p), "", external)
	return community.GroupKey(key), err
}

// SourceGroup is the group that a source of chats was imported into when somebody chose it; 0 when nobody did.
func (s *Store) SourceGroup(ctx context.Context, org community.OrgKey, p community.Platform, source string) (community.GroupKey, error) {
	key, err := s.oneKey(ctx, `SELECT group_key FROM import_source WHERE org_key = $1 AND platform = $2 AND source = $3`, int64(org), string(p), source)
	return community.GroupKey(key), err
}

// oneKey reads one key; 0 when there is no row.
func (s *Store) oneKey(ctx context.Context, query string, args ...any) (int64, error) {
	var key int64
	err := s.read.QueryRowContext(ctx, query, args...).Scan(&key)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return key, coded(s.dialect, err)
}

// RememberSource notes which group a source of chats goes into from now on, as chosen for an import run.
func (s *Store) RememberSource(ctx context.Context, org community.OrgKey, p community.Platform, source string, g community.GroupKey, run int64) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `INSERT INTO import_source (org_key, platform, source, group_key, import_key) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (org_key, platform, source) DO UPDATE SET group_key = excluded.group_key, import_key = excluded.import_key`,
			int64(org), string(p), source, int64(g), run)
		return err
	})
}

// ForgetSources forgets what was chosen for an import run, because it is taken back.
func (s *Store) ForgetSources(ctx context.Context, run int64) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `DELETE FROM import_source WHERE import_key = $1`, run)
		return err
	})
}

// StopRuns ends the import runs that the end of an earlier process left under way, and gives how many.
func (s *Store) StopRuns(ctx context.Context) (int64, error) {
	var n int64
	err := s.writeTx(ctx, func(t *Tx) error {
		var err error
		n, err = t.exec(ctx, `UPDATE import_run SET state = 'failed', finished = $1, report = $2 WHERE state = 'running'`,
			s.now(), `{"error":"stopped","why":"stopped"}`)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("stop import runs: %w", err)
	}
	return n, nil
}
