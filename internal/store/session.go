package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"qunluo/internal/community"
)

// session is one connection with its prepared statements. It is used by one goroutine at a time.
type session struct {
	dialect dialect
	conn    *sql.Conn
	stmts   map[string]*sql.Stmt
}

func newSession(ctx context.Context, db *sql.DB, d dialect) (*session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, coded(d, err)
	}
	return &session{dialect: d, conn: conn, stmts: map[string]*sql.Stmt{}}, nil
}

func (s *session) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt, ok := s.stmts[query]; ok {
		return stmt, nil
	}
	stmt, err := s.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("prepare %.60q: %w", query, err)
	}
	s.stmts[query] = stmt
	return stmt, nil
}

func (s *session) exec(ctx context.Context, query string, args ...any) (int64, error) {
	stmt, err := s.prepared(ctx, query)
	if err != nil {
		return 0, err
	}
	res, err := stmt.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (s *session) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	stmt, err := s.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

// one reads a single row; sql.ErrNoRows when there is none.
func (s *session) one(ctx context.Context, query string, args []any, dest ...any) error {
	stmt, err := s.prepared(ctx, query)
	if err != nil {
		return err
	}
	return stmt.QueryRowContext(ctx, args...).Scan(dest...)
}

func (s *session) begin(ctx context.Context) error {
	_, err := s.conn.ExecContext(ctx, s.dialect.beginWrite())
	return err
}

// end commits, or rolls back when err is not nil. A connection that cannot even roll back is thrown away.
func (s *session) end(ctx context.Context, err error) error {
	if err == nil {
		if _, err = s.conn.ExecContext(ctx, "COMMIT"); err == nil {
			return nil
		}
	}
	if _, back := s.conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK"); back != nil {
		s.discard()
	}
	return coded(s.dialect, err)
}

// discard marks the connection as broken, so that the pool opens a new one.
func (s *session) discard() {
	_ = s.conn.Raw(func(any) error { return driver.ErrBadConn })
}

func (s *session) close() error {
	var errs []error
	for _, stmt := range s.stmts {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(append(errs, s.conn.Close())...)
}

// coded puts community.CodeBusy on errors that another try may mend.
func coded(d dialect, err error) error {
	if err == nil || community.CodeOf(err) != community.CodeInternal {
		return err
	}
	if d.busy(err) {
		return community.Errorf(community.CodeBusy, "database: %w", err)
	}
	return err
}
