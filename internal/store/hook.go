package store

import (
	"context"

	"qunluo/internal/community"
)

// hookCallLives is how long a key of an outside system's call is remembered, in milliseconds.
const hookCallLives = 72 * 3600 * 1000

// BeginHookCall notes that a call under a key begins. fresh: it is the first; else answer is what that one was answered,
// "" while nothing is known of its end. CodeConflict: the key was used for another body.
func (s *Store) BeginHookCall(ctx context.Context, bot int64, key, bodyHash string, now int64) (fresh bool, answer string, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		if _, err := t.exec(ctx, `DELETE FROM hook_call WHERE at < $1`, now-hookCallLives); err != nil {
			return err
		}
		n, err := t.exec(ctx, `INSERT INTO hook_call (bot_key, call_key, body_hash, at, answer) VALUES ($1, $2, $3, $4, '') ON CONFLICT DO NOTHING`, bot, key, bodyHash, now)
		if fresh = n > 0; err != nil || fresh {
			return err
		}
		var had string
		if err := t.one(ctx, `SELECT body_hash, answer FROM hook_call WHERE bot_key = $1 AND call_key = $2`, []any{bot, key}, &had, &answer); err != nil {
			return err
		}
		if had != bodyHash {
			return community.Errorf(community.CodeConflict, "the idempotency key was used for another body")
		}
		return nil
	})
	return fresh, answer, err
}

// EndHookCall keeps what a call was answered; with "" it is forgotten, as one that came to nothing and may come again.
func (s *Store) EndHookCall(ctx context.Context, bot int64, key, answer string) error {
	return s.writeTx(ctx, func(t *Tx) error {
		query, args := `UPDATE hook_call SET answer = $1 WHERE bot_key = $2 AND call_key = $3`, []any{answer, bot, key}
		if answer == "" {
			query, args = `DELETE FROM hook_call WHERE bot_key = $1 AND call_key = $2`, args[1:]
		}
		_, err := t.exec(ctx, query, args...)
		return err
	})
}
