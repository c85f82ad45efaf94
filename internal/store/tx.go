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
	later  []laterRows
}

// laterRows are rows of one statement that wait to be written together.
type laterRows struct {
	query string
	rows  [][]any
}

// add writes a row, at the latest before the next other statement or Commit: rows of one statement go together, which
// spares a round trip each on PostgreSQL.
func (t *Tx) add(query string, row ...any) {
	for i := range t.later {
		if t.later[i].query == query {
			t.later[i].rows = append(t.later[i].rows, row)
			return
		}
	}
	t.later = append(t.later, laterRows{query, [][]any{row}})
}

// flush writes what add holds back.
func (t *Tx) flush(ctx context.Context) error {
	if len(t.later) == 0 {
		return nil
	}
	list := t.later
	t.later = nil
	for _, l := range list {
		if _, err := t.bulk(ctx, l.query, l.rows); err != nil {
			return fmt.Errorf("%.40q, %d rows: %w", l.query, len(l.rows), err)
		}
	}
	return nil
}

func (t *Tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	if err := t.flush(ctx); err != nil {
		return 0, err
	}
	return t.session.exec(ctx, query, args...)
}

func (t *Tx) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := t.flush(ctx); err != nil {
		return nil, err
	}
	return t.session.query(ctx, query, args...)
}

func (t *Tx) one(ctx context.Context, query string, args []any, dest ...any) error {
	if err := t.flush(ctx); err != nil {
		return err
	}
	return t.session.one(ctx, query, args, dest...)
}

// BeginLog starts a transaction on the log. On SQLite it waits for the one writer; on PostgreSQL several may run side by
// side until Numbers, which orders them.
func (s *Store) BeginLog(ctx context.Context) (*Tx, error) {
	if s.dialect.name() == "postgres" {
		sess, err := s.logSession(ctx)
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
		sess, err := s.logSession(ctx)
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

func (s *Store) logSession(ctx context.Context) (*session, error) {
	sess, err := newSession(ctx, s.write, s.dialect)
	if err == nil {
		sess.before = s.before
	}
	return sess, err
}

// drop throws the log's connection away; the next BeginLog opens a new one. The caller holds mu.
func (s *Store) drop() {
	s.log.discard()
	_ = s.log.close()
	s.log = nil
}

// Commit makes everything durable, or nothing.
func (t *Tx) Commit(ctx context.Context) error {
	if err := t.flush(ctx); err != nil {
		return t.Rollback(ctx, err)
	}
	return t.finish(ctx, nil)
}

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

// Numbers takes n numbers of the log and gives the last. Its row lock is held to commit: within a partition the order
// of numbers is the order of commits. It must be the first statement; called again, it gives the numbers that follow.
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

// turns is the key of the lock of PostgreSQL that lets one writeTx after another decide, over all processes on a database.
const turns = 0x716c74 // "qlt"

// writeTx runs fn in one transaction on the log, one such after another on both databases: what fn reads does not change until what it
// writes from it is committed. BeginLog and besides go beside it; fn must not call what begins another writeTx.
func (s *Store) writeTx(ctx context.Context, fn func(t *Tx) error) error {
	if s.dialect.name() != "postgres" {
		return s.besides(ctx, fn)
	}
	s.mu.Lock() // whoever waits within this process holds no connection
	defer s.mu.Unlock()
	return s.besides(ctx, func(t *Tx) error {
		if _, err := t.session.exec(ctx, `SELECT pg_advisory_xact_lock($1)`, turns); err != nil {
			return err
		}
		return fn(t)
	})
}

// besides is writeTx for what reads nothing that decides on what it writes, or locks what it reads: on PostgreSQL several run side by side.
func (s *Store) besides(ctx context.Context, fn func(t *Tx) error) error {
	t, err := s.BeginLog(ctx)
	if err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
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
