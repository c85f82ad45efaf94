package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"qunluo/internal/community"
)

// Tx is one transaction on the log. It ends with Commit or Rollback, whatever happened.
type Tx struct {
	*session
	store  *Store
	done   bool
	shared bool // the session goes back to the pool (PostgreSQL) or stays the log's own (SQLite)
}

// BeginLog starts a transaction on the log. On SQLite it waits for the one writer; on PostgreSQL several may run side by
// side until Numbers, which orders them.
func (s *Store) BeginLog(ctx context.Context) (*Tx, error) {
	if s.dialect.name() == "postgres" {
		sess, err := newSession(ctx, s.write, s.dialect)
		if err != nil {
			return nil, err
		}
		t := &Tx{session: sess, store: s, shared: true}
		if err := sess.begin(ctx); err != nil {
			return nil, errors.Join(coded(s.dialect, err), sess.close())
		}
		return t, nil
	}
	s.mu.Lock()
	if s.log == nil {
		sess, err := newSession(ctx, s.write, s.dialect)
		if err != nil {
			s.mu.Unlock()
			return nil, err
		}
		s.log = sess
	}
	if err := s.log.begin(ctx); err != nil {
		s.drop()
		s.mu.Unlock()
		return nil, coded(s.dialect, err)
	}
	return &Tx{session: s.log, store: s}, nil
}

// drop throws the log's connection away; the next BeginLog opens a new one. The caller holds mu.
func (s *Store) drop() {
	s.log.discard()
	_ = s.log.close()
	s.log = nil
}

// Commit makes everything durable.
func (t *Tx) Commit(ctx context.Context) error { return t.finish(ctx, nil) }

// Rollback undoes everything; after Commit it does nothing. It returns cause, with a code if the database is at fault.
func (t *Tx) Rollback(ctx context.Context, cause error) error {
	if t.done {
		return cause
	}
	if cause == nil {
		cause = errRolledBack
	}
	return t.finish(ctx, cause)
}

var errRolledBack = errors.New("rolled back")

func (t *Tx) finish(ctx context.Context, cause error) error {
	if t.done {
		return errors.New("transaction has ended")
	}
	t.done = true
	err := t.end(ctx, cause)
	if t.shared {
		return errors.Join(err, t.close())
	}
	if err != nil && cause == nil {
		t.store.drop() // a failed commit leaves an unknown connection behind
	}
	t.store.mu.Unlock()
	return err
}

func (t *Tx) savepoint(ctx context.Context) error {
	_, err := t.conn.ExecContext(ctx, "SAVEPOINT rows")
	return err
}

func (t *Tx) rollbackTo(ctx context.Context) error {
	_, err := t.conn.ExecContext(ctx, "ROLLBACK TO SAVEPOINT rows")
	return err
}

// Numbers takes n numbers of the log and gives the last. Its row lock is held to commit: within a partition the order
// of numbers is the order of commits. It must be the first statement.
func (t *Tx) Numbers(ctx context.Context, n int) (last int64, err error) {
	err = t.one(ctx, `UPDATE log_head SET n = n + $1 WHERE part = $2 RETURNING n`, []any{n, 0}, &last)
	if err != nil {
		return 0, fmt.Errorf("take %d numbers: %w", n, err)
	}
	return last, nil
}

// keys takes n inner keys of a kind and gives the first.
func (t *Tx) keys(ctx context.Context, kind string, n int) (int64, error) {
	var last int64
	err := t.one(ctx, `INSERT INTO counter (name, n) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET n = counter.n + excluded.n RETURNING n`, []any{kind, n}, &last)
	return last - int64(n) + 1, err
}

// write runs fn in one transaction on the log.
func (s *Store) writeTx(ctx context.Context, fn func(t *Tx) error) error {
	t, err := s.BeginLog(ctx)
	if err != nil {
		return err
	}
	if err := fn(t); err != nil {
		return t.Rollback(ctx, err)
	}
	return t.Commit(ctx)
}

// missing turns "no row" into community.CodeNotFound.
func missing(err error, format string, args ...any) error {
	if errors.Is(err, sql.ErrNoRows) {
		return community.Errorf(community.CodeNotFound, format+": not found", args...)
	}
	return err
}
