package store

import (
	"context"
	"database/sql"
	"encoding/json"

	"qunluo/internal/community"
)

// change is what is kept of a change beside what it made: what stood before.
type change struct {
	org     community.OrgKey
	subject string             // "sop:<id>", "code:<id>", "cap:<group>", "limits"
	group   community.GroupKey // 0 = of several
	what    string             // in a person's words
	before  any                // JSON
	user    string
}

// keepPast keeps what stood before a change as n, or (0) as the next of its subject, and gives that.
func (t *Tx) keepPast(ctx context.Context, c change, n int) (int, error) {
	body, err := json.Marshal(c.before)
	if err != nil {
		return 0, err
	}
	if n == 0 {
		if err := t.one(ctx, `SELECT coalesce(max(n), 0) + 1 FROM change_past WHERE org_key = $1 AND subject = $2`, []any{int64(c.org), c.subject}, &n); err != nil {
			return 0, err
		}
	}
	_, err = t.exec(ctx, `INSERT INTO change_past (org_key, subject, n, group_key, what, body, user_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		int64(c.org), c.subject, n, int64(c.group), c.what, string(body), c.user, t.store.now())
	return n, err
}

// PastOf reads what stood before change n of a subject into v. community.CodeConflict: something was changed since; CodeNotFound: it is
// not known, the change being older than the keeping of pasts.
func (s *Store) PastOf(ctx context.Context, org community.OrgKey, subject string, n int, v any) error {
	var last sql.NullInt64
	if err := s.read.QueryRowContext(ctx, `SELECT max(n) FROM change_past WHERE org_key = $1 AND subject = $2`, int64(org), subject).Scan(&last); err != nil {
		return coded(s.dialect, err)
	}
	if last.Valid && last.Int64 != int64(n) {
		return community.Errorf(community.CodeConflict, "%s: change %d is the last one, not %d", subject, last.Int64, n)
	}
	var body []byte
	err := s.read.QueryRowContext(ctx, `SELECT body FROM change_past WHERE org_key = $1 AND subject = $2 AND n = $3`, int64(org), subject, n).Scan(&body)
	if err := missing(coded(s.dialect, err), "what stood before %s:%d", subject, n); err != nil {
		return err
	}
	return json.Unmarshal(body, v)
}

// ChangeSetting keeps a setting with its audit row and what stood before, and gives the number of the change.
func (s *Store) ChangeSetting(ctx context.Context, org community.OrgKey, name, subject, what string, before, after any, audit community.Audit) (n int, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		if n, err = t.keepPast(ctx, change{org: org, subject: subject, what: what, before: before, user: audit.User}, 0); err != nil {
			return err
		}
		if err := t.putSetting(ctx, org, name, after); err != nil {
			return err
		}
		audit.Org, audit.Subject = org, "setting:"+name
		return t.AddAudit(ctx, audit)
	})
	return n, err
}
