package store

import (
	"context"
	"encoding/json"

	"qunluo/internal/admit"
	"qunluo/internal/community"
)

// AddGroup makes a group that no connection brings (人工通道). Its name stands for the platform's id, as for groups that were
// imported by name. most is its size limit; 0 = as is usual there. community.CodeConflict when there is such a group.
func (s *Store) AddGroup(ctx context.Context, g community.Group, most int64, audit community.Audit) (community.Group, error) {
	err := s.writeTx(ctx, func(t *Tx) error {
		var known int
		err := t.one(ctx, `SELECT count(*) FROM alias WHERE org_key = $1 AND kind = 'group' AND platform = $2 AND realm = '' AND external_id = $3`,
			[]any{int64(g.Org), string(g.Platform), g.Name}, &known)
		switch {
		case err != nil:
			return err
		case known > 0:
			return community.Errorf(community.CodeConflict, "group %q: there is one of that name", g.Name)
		}
		if g.Key, err = t.group(ctx, circleRef{g.Org, g.Platform}, g.Zone, community.Ref{ID: g.Name, Name: g.Name}); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE chat_group SET keeper = $1 WHERE key = $2`, g.Keeper, int64(g.Key)); err != nil {
			return err
		}
		if most > 0 {
			if err := t.capRule(ctx, g.Key, admit.CapRule{Most: most}); err != nil {
				return err
			}
		}
		var id []byte
		if err := t.one(ctx, `SELECT id, created FROM chat_group WHERE key = $1`, []any{int64(g.Key)}, &id, &g.Created); err != nil {
			return err
		}
		copy(g.ID[:], id)
		g.External = g.Name
		audit.Org, audit.Verb, audit.Subject = g.Org, "group.add", "group:"+g.ID.String()
		audit.After, _ = json.Marshal(map[string]any{"name": g.Name, "platform": g.Platform, "zone": g.Zone, "keeper": g.Keeper, "most": most}) // plain values
		return t.AddAudit(ctx, audit)
	})
	return g, err
}

// KeeperOf is who looks after a group; "" = nobody in particular.
func (s *Store) KeeperOf(ctx context.Context, g community.GroupKey) (keeper string, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT keeper FROM chat_group WHERE key = $1`, int64(g)).Scan(&keeper)
	return keeper, missing(coded(s.dialect, err), "group %d", g)
}
