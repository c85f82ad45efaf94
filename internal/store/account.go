package store

import (
	"context"
	"database/sql"
	"encoding/json"

	"qunluo/internal/community"
)

// AllAccounts lists the accounts of all organisations, demonstrations that are being loaded or deleted left out: for those who keep the
// connections alive.
func (s *Store) AllAccounts(ctx context.Context) ([]community.Account, error) {
	return rows(ctx, s, accountColumns+" WHERE a.org_key NOT IN "+inMotion+" ORDER BY a.key", nil, scanAccount)
}

// SaveAccount makes (Key 0) or changes one of our accounts. Switching it on again is a person's word that the platform holds
// it back no longer. The audit row names which settings there are, never their
// values.
func (s *Store) SaveAccount(ctx context.Context, a community.Account, audit community.Audit) (community.Account, error) {
	err := s.writeTx(ctx, func(t *Tx) error {
		var err error
		if a.Connector != "sim" {
			if err := t.mayLeadOut(ctx, a.Org); err != nil {
				return err
			}
		}
		if a.Key == 0 {
			err = t.addAccount(ctx, &a)
		} else {
			err = t.changeAccount(ctx, &a)
		}
		if err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject = a.Org, "account.save", "account:"+a.ID.String()
		audit.After, err = json.Marshal(map[string]any{"name": a.Name, "connector": a.Connector, "enabled": a.Enabled, "settings": settingNames(a.Settings)})
		if err != nil {
			return err
		}
		return t.AddAudit(ctx, audit)
	})
	return a, err
}

func settingNames(raw []byte) []string {
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return nil
	}
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	return names
}

func (t *Tx) addAccount(ctx context.Context, a *community.Account) error {
	key, err := t.keys(ctx, "account", 1)
	if err != nil {
		return err
	}
	a.Key, a.ID, a.Created = community.AccountKey(key), t.store.NewID(), t.store.now()
	_, err = t.exec(ctx, `INSERT INTO account (key, id, org_key, platform, connector, name, external_id, settings, enabled, created)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		key, a.ID[:], int64(a.Org), string(a.Platform), a.Connector, a.Name, a.External, string(a.Settings), a.Enabled, a.Created)
	return err
}

func (t *Tx) changeAccount(ctx context.Context, a *community.Account) error {
	var freed int64 // switching it off and on again is a person's word that the platform lets it go
	err := t.one(ctx, `SELECT count(*) FROM account WHERE key = $1 AND org_key = $2 AND restricted <> 0 AND NOT enabled AND $3`, []any{int64(a.Key), int64(a.Org), a.Enabled}, &freed)
	if err != nil {
		return err
	}
	n, err := t.exec(ctx, `UPDATE account SET name = $1, external_id = $2, settings = $3, enabled = $4,
 restricted = CASE WHEN $4 AND NOT enabled THEN 0 ELSE restricted END,
 restricted_why = CASE WHEN $4 AND NOT enabled THEN '' ELSE restricted_why END WHERE key = $5 AND org_key = $6`,
		a.Name, a.External, string(a.Settings), a.Enabled, int64(a.Key), int64(a.Org))
	if err == nil && n == 0 {
		return community.Errorf(community.CodeNotFound, "account %d: not found", a.Key)
	}
	if err == nil && freed != 0 {
		err = t.recovered(ctx, a.Key, t.store.now())
	}
	return err
}

// DeleteAccount forgets an account and its secrets; what came through it stays.
func (s *Store) DeleteAccount(ctx context.Context, org community.OrgKey, key community.AccountKey, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		var id []byte
		err := t.one(ctx, `SELECT id FROM account WHERE key = $1 AND org_key = $2`, []any{int64(key), int64(org)}, &id)
		if err != nil {
			return missing(err, "account %d", key)
		}
		for _, q := range []string{`DELETE FROM group_account WHERE account_key = $1`, `DELETE FROM account_note WHERE account_key = $1`,
			`DELETE FROM drift_line WHERE account_key = $1`, `DELETE FROM drift_part WHERE account_key = $1`, `DELETE FROM account WHERE key = $1`} {
			if _, err := t.exec(ctx, q, int64(key)); err != nil {
				return err
			}
		}
		audit.Org, audit.Verb, audit.Subject = org, "account.delete", "account:"+community.ID(id).String()
		return t.AddAudit(ctx, audit)
	})
}

// AddRun starts an import run and gives it its key.
func (s *Store) AddRun(ctx context.Context, org community.OrgKey, r community.ImportRow) (community.ImportRow, error) {
	err := s.writeTx(ctx, func(t *Tx) error {
		var err error
		if r.Key, err = t.keys(ctx, "import", 1); err != nil {
			return err
		}
		r.ID, r.Created, r.State = s.NewID(), s.now(), "running"
		if len(r.Report) == 0 {
			r.Report = json.RawMessage("{}")
		}
		_, err = t.exec(ctx, `INSERT INTO import_run (key, id, org_key, group_key, name, format, hash, state, created, finished, user_name, report)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11)`, r.Key, r.ID[:], int64(org), int64(r.Group), r.Name, r.Format, r.Hash, r.State,
			r.Created, r.User, string(r.Report))
		if err != nil {
			return err
		}
		return t.AddAudit(ctx, community.Audit{Org: org, User: r.User, Verb: "import.start", Subject: "import:" + r.ID.String(), Reason: r.Name})
	})
	return r, err
}

// EndRun notes how an import run stands: its state, group and report; finished when the state is not "running".
func (s *Store) EndRun(ctx context.Context, r community.ImportRow) error {
	return s.writeTx(ctx, func(t *Tx) error {
		finished := s.now()
		if r.State == "running" {
			finished = 0
		}
		_, err := t.exec(ctx, `UPDATE import_run SET state = $1, group_key = $2, report = $3, finished = $4, format = $5, hash = $6 WHERE key = $7`,
			r.State, int64(r.Group), string(r.Report), finished, r.Format, r.Hash, r.Key)
		return err
	})
}

// RunGroups lists the groups an import run wrote to.
func (s *Store) RunGroups(ctx context.Context, run int64) ([]community.GroupKey, error) {
	return rows(ctx, s, `SELECT DISTINCT group_key FROM import_range WHERE import_key = $1 ORDER BY group_key`, []any{run},
		func(r *sql.Rows, v *community.GroupKey) error { return r.Scan((*int64)(v)) })
}

// OrgOf is the organisation that a group belongs to.
func (s *Store) OrgOf(ctx context.Context, g community.GroupKey) (org community.OrgKey, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT org_key FROM chat_group WHERE key = $1`, int64(g)).Scan((*int64)(&org))
	return org, missing(coded(s.dialect, err), "group %d", g)
}

// GroupExternal is the platform's id of a group.
func (s *Store) GroupExternal(ctx context.Context, g community.GroupKey) (id string, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT external_id FROM chat_group WHERE key = $1`, int64(g)).Scan(&id)
	return id, missing(coded(s.dialect, err), "group %d", g)
}
