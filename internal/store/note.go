package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Bounds of a note.
const (
	maxNoteName = 200     // bytes
	maxNote     = 4 << 20 // bytes of JSON
)

// PutNote keeps a named value for an account's session; an empty value forgets it. CodeBadInput: no such name, or no
// JSON; CodeTooLarge beyond 4 MiB.
func (s *Store) PutNote(ctx context.Context, account community.AccountKey, name string, value json.RawMessage) error {
	switch {
	case name == "" || len(name) > maxNoteName || !utf8.ValidString(name):
		return community.Errorf(community.CodeBadInput, "note: a name of %d bytes", len(name))
	case len(value) > maxNote:
		return community.Errorf(community.CodeTooLarge, "note %q: %d bytes, at most %d", name, len(value), maxNote)
	case len(value) > 0 && !json.Valid(value):
		return community.Errorf(community.CodeBadInput, "note %q: not JSON", name)
	}
	return s.writeTx(ctx, func(t *Tx) error {
		if len(value) == 0 {
			_, err := t.exec(ctx, `DELETE FROM account_note WHERE account_key = $1 AND name = $2`, int64(account), name)
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO account_note (account_key, name, value, updated) VALUES ($1, $2, $3, $4)
ON CONFLICT (account_key, name) DO UPDATE SET value = excluded.value, updated = excluded.updated`, int64(account), name, []byte(value), s.now())
		return err
	})
}

// Notes reads what was kept for an account under names that begin with prefix.
func (s *Store) Notes(ctx context.Context, account community.AccountKey, prefix string) (map[string]json.RawMessage, error) {
	type note struct {
		name  string
		value []byte
	}
	list, err := rows(ctx, s, `SELECT name, value FROM account_note WHERE account_key = $1 AND substr(name, 1, $2) = $3 ORDER BY name`,
		[]any{int64(account), utf8.RuneCountInString(prefix), prefix}, func(r *sql.Rows, n *note) error { return r.Scan(&n.name, &n.value) })
	if err != nil {
		return nil, err
	}
	out := make(map[string]json.RawMessage, len(list))
	for _, n := range list {
		out[n.name] = n.value
	}
	return out, nil
}

// AddAudit writes a row of the audit trail for something that changes nothing here.
func (s *Store) AddAudit(ctx context.Context, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error { return t.AddAudit(ctx, audit) })
}
