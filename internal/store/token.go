package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"

	"qunluo/internal/community"
)

const tokenColumns = `SELECT k.key, k.id, k.org_key, u.id, u.login, k.name, k.hash, k.hint, k.scopes, k.created, k.expires, k.revoked, k.last_used
FROM api_token k JOIN console_user u ON u.key = k.user_key`

func scanToken(r *sql.Rows, t *community.Token) error {
	var id, user []byte
	var org int64
	var scopes string
	err := r.Scan(&t.Key, &id, &org, &user, &t.Login, &t.Name, &t.Hash, &t.Hint, &scopes, &t.Created, &t.Expires, &t.Revoked, &t.LastUsed)
	copy(t.ID[:], id)
	copy(t.User[:], user)
	t.Org = community.OrgKey(org)
	for text := range strings.FieldsSeq(scopes) {
		if s, err := community.ParseTokenScope(text); err == nil { // a scope that no longer exists opens nothing
			t.Scopes = append(t.Scopes, s)
		}
	}
	return err
}

// Tokens lists an organisation's keys to the API, the newest first.
func (s *Store) Tokens(ctx context.Context, org community.OrgKey) ([]community.Token, error) {
	return rows(ctx, s, tokenColumns+` WHERE k.org_key = $1 ORDER BY k.key DESC`, []any{int64(org)}, scanToken)
}

// TokenByHash finds a key by the hash of its secret, however it stands; community.CodeNotFound.
func (s *Store) TokenByHash(ctx context.Context, hash string) (community.Token, error) {
	list, err := rows(ctx, s, tokenColumns+` WHERE k.hash = $1`, []any{hash}, scanToken)
	return oneOf(list, err, "token", "of this hash")
}

// maxTokens bounds the live keys of one person.
const maxTokens = 50

// AddToken keeps a new key. community.CodeNotFound: its user is not of the organisation. CodeTooLarge: they have too many.
func (s *Store) AddToken(ctx context.Context, k community.Token, audit community.Audit) (community.Token, error) {
	err := s.writeTx(ctx, func(t *Tx) error {
		var user int64
		if err := t.one(ctx, `SELECT key, login FROM console_user WHERE id = $1 AND org_key = $2`, []any{k.User[:], int64(k.Org)}, &user, &k.Login); err != nil {
			return missing(err, "user %s", k.User)
		}
		var have int
		if err := t.one(ctx, `SELECT count(*) FROM api_token WHERE user_key = $1 AND revoked = 0 AND expires > $2`, []any{user, s.now()}, &have); err != nil {
			return err
		}
		if have >= maxTokens {
			return community.Errorf(community.CodeTooLarge, "tokens: %s has %d already; revoke some first", k.Login, have)
		}
		var err error
		if k.Key, err = t.keys(ctx, "api_token", 1); err != nil {
			return err
		}
		k.ID, k.Created, k.Revoked, k.LastUsed = s.NewID(), s.now(), 0, 0
		scopes := make([]string, len(k.Scopes))
		for i, sc := range k.Scopes {
			scopes[i] = sc.String()
		}
		if _, err := t.exec(ctx, `INSERT INTO api_token (key, id, org_key, user_key, name, hash, hint, scopes, created, expires, revoked, last_used)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 0)`, k.Key, k.ID[:], int64(k.Org), user, k.Name, k.Hash, k.Hint, strings.Join(scopes, " "), k.Created, k.Expires); err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject = k.Org, "token.make", "token:"+k.ID.String()
		audit.After, _ = json.Marshal(map[string]any{"name": k.Name, "user": k.Login, "scopes": scopes, "expires": k.Expires}) // plain values
		return t.AddAudit(ctx, audit)
	})
	return k, err
}

// RevokeToken ends a key at once. community.CodeConflict: it was ended before.
func (s *Store) RevokeToken(ctx context.Context, org community.OrgKey, id community.ID, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		var revoked int64
		if err := t.one(ctx, `SELECT revoked FROM api_token WHERE id = $1 AND org_key = $2`, []any{id[:], int64(org)}, &revoked); err != nil {
			return missing(err, "token %s", id)
		}
		if revoked != 0 {
			return community.Errorf(community.CodeConflict, "token %s was revoked before", id)
		}
		if _, err := t.exec(ctx, `UPDATE api_token SET revoked = $1 WHERE id = $2`, s.now(), id[:]); err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject = org, "token.revoke", "token:"+id.String()
		return t.AddAudit(ctx, audit)
	})
}

// TokenUsed notes that a key was used (UTC ms).
func (s *Store) TokenUsed(ctx context.Context, key, at int64) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `UPDATE api_token SET last_used = $1 WHERE key = $2 AND last_used < $1`, at, key)
		return err
	})
}

// callLives is how long the key of a writing call is remembered, in milliseconds.
const callLives = 72 * 3600 * 1000

// BeginCall notes that a writing call under a key of the caller's begins. fresh: it is the first; else status and answer are
// what that one was answered, status 0 while nothing is known of its end. community.CodeConflict: the key was used for
// another call.
func (s *Store) BeginCall(ctx context.Context, token int64, key, bodyHash string) (fresh bool, status int, answer string, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		fresh, status, answer = false, 0, ""
		now := s.now()
		if _, err := t.exec(ctx, `DELETE FROM api_call WHERE at < $1`, now-callLives); err != nil {
			return err
		}
		n, err := t.exec(ctx, `INSERT INTO api_call (token_key, call_key, body_hash, at, status, answer) VALUES ($1, $2, $3, $4, 0, '') ON CONFLICT DO NOTHING`, token, key, bodyHash, now)
		if fresh = n > 0; err != nil || fresh {
			return err
		}
		var had string
		if err := t.one(ctx, `SELECT body_hash, status, answer FROM api_call WHERE token_key = $1 AND call_key = $2`, []any{token, key}, &had, &status, &answer); err != nil {
			return err
		}
		if had != bodyHash {
			return community.Errorf(community.CodeConflict, "the idempotency key was used for another call")
		}
		return nil
	})
	return fresh, status, answer, err
}

// EndCall keeps what a call was answered; with status 0 it is forgotten, as one that came to nothing and may come again.
func (s *Store) EndCall(ctx context.Context, token int64, key string, status int, answer string) error {
	return s.writeTx(ctx, func(t *Tx) error {
		query, args := `UPDATE api_call SET status = $1, answer = $2 WHERE token_key = $3 AND call_key = $4`, []any{status, answer, token, key}
		if status == 0 {
			query, args = `DELETE FROM api_call WHERE token_key = $1 AND call_key = $2`, args[2:]
		}
		_, err := t.exec(ctx, query, args...)
		return err
	})
}
