package store

import (
	"context"
	"database/sql"

	"qunluo/internal/community"
)

// Pass is a way in: Hash is of what opens it, which is kept nowhere.
type Pass struct {
	Hash    string
	Purpose string
	User    string // community.User.ID as text
	Expires int64  // UTC ms
}

// AddPass keeps a way in and forgets those that are over for a day.
func (s *Store) AddPass(ctx context.Context, p Pass) error {
	return s.writeTx(ctx, func(t *Tx) error {
		if _, err := t.exec(ctx, `DELETE FROM pass WHERE expires < $1`, s.now()-24*3600*1000); err != nil {
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO pass (hash, purpose, user_id, created, expires, spent) VALUES ($1, $2, $3, $4, $5, 0)`,
			p.Hash, p.Purpose, p.User, s.now(), p.Expires)
		return err
	})
}

// Pass reads a way in that is neither spent nor over; community.CodeForbidden otherwise.
func (s *Store) Pass(ctx context.Context, hash, purpose string) (Pass, error) {
	p := Pass{Hash: hash, Purpose: purpose}
	err := s.read.QueryRowContext(ctx, `SELECT user_id, expires FROM pass WHERE hash = $1 AND purpose = $2 AND spent = 0 AND expires > $3`, hash, purpose, s.now()).
		Scan(&p.User, &p.Expires)
	return p, refusedPass(coded(s.dialect, err))
}

func refusedPass(err error) error {
	if err == sql.ErrNoRows {
		return community.Errorf(community.CodeForbidden, "the link is spent, over or wrong")
	}
	return err
}

// SpendPass spends a way in that works once and opens the next one in the same transaction. community.CodeForbidden when
// it is spent, over or unknown: the first wins.
func (s *Store) SpendPass(ctx context.Context, hash, purpose string, next Pass) (user string, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		err := t.one(ctx, `UPDATE pass SET spent = $1 WHERE hash = $2 AND purpose = $3 AND spent = 0 AND expires > $1 RETURNING user_id`,
			[]any{s.now(), hash, purpose}, &user)
		if err != nil {
			return refusedPass(err)
		}
		_, err = t.exec(ctx, `INSERT INTO pass (hash, purpose, user_id, created, expires, spent) VALUES ($1, $2, $3, $4, $5, 0)`,
			next.Hash, next.Purpose, user, s.now(), next.Expires)
		return err
	})
	return user, err
}

// DropPass ends a way in, known or not.
func (s *Store) DropPass(ctx context.Context, hash string) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `UPDATE pass SET spent = $1 WHERE hash = $2 AND spent = 0`, s.now(), hash)
		return err
	})
}
