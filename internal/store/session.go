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
	below   map[string]driver.Stmt // prepared below database/sql, for bulk
	before  func(statement string) error
	rows    [][]any // memory for sheet
	values  []any
}

// sheet is n empty rows with room for some values each, good until it is asked for again.
func (s *session) sheet(n, values int) [][]any {
	if len(s.rows) < n || len(s.values) < n*values {
		s.rows, s.values = make([][]any, n), make([]any, n*values)
	}
	for i := range n {
		s.rows[i] = s.values[i*values : i*values : (i+1)*values]
	}
	return s.rows[:n]
}

func newSession(ctx context.Context, db *sql.DB, d dialect) (*session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, coded(d, err)
	}
	return &session{dialect: d, conn: conn, stmts: map[string]*sql.Stmt{}, below: map[string]driver.Stmt{}}, nil
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

// direct prepares a statement on the driver's own connection, which the caller holds.
func (s *session) direct(ctx context.Context, dc any, query string) (driver.StmtExecContext, error) {
	stmt, ok := s.below[query]
	if !ok {
		var err error
		if stmt, err = dc.(driver.ConnPrepareContext).PrepareContext(ctx, unnamed(query)); err != nil {
			return nil, fmt.Errorf("prepare %.60q: %w", query, err)
		}
		s.below[query] = stmt
	}
	return stmt.(driver.StmtExecContext), nil
}

// fault gives what Options.Before says about a statement.
func (s *session) fault(statement string) error {
	if s.before == nil {
		return nil
	}
	return s.before(statement)
}

func (s *session) exec(ctx context.Context, query string, args ...any) (int64, error) {
	if err := s.fault(query); err != nil {
		return 0, err
	}
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
	if err := s.fault(query); err != nil {
		return nil, err
	}
	stmt, err := s.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

// one reads a single row; sql.ErrNoRows when there is none.
func (s *session) one(ctx context.Context, query string, args []any, dest ...any) error {
	if err := s.fault(query); err != nil {
		return err
	}
	stmt, err := s.prepared(ctx, query)
	if err != nil {
		return err
	}
	return stmt.QueryRowContext(ctx, args...).Scan(dest...)
}

// bulk runs one statement for each row and gives how many rows each changed.
func (s *session) bulk(ctx context.Context, query string, rows [][]any) ([]int64, error) {
	if err := s.fault(query); err != nil {
		return nil, err
	}
	return s.dialect.bulk(ctx, s, query, rows)
}

func (s *session) begin(ctx context.Context) error {
	if err := s.fault(s.dialect.beginWrite()); err != nil {
		return err
	}
	_, err := s.conn.ExecContext(ctx, s.dialect.beginWrite())
	return err
}

// end commits, or rolls back when err is not nil, whatever became of ctx. A connection that cannot even roll back is
// thrown away.
func (s *session) end(ctx context.Context, err error) error {
	ctx = context.WithoutCancel(ctx)
	if err == nil {
		err = s.fault("COMMIT")
	}
	if err == nil {
		if _, err = s.conn.ExecContext(ctx, "COMMIT"); err == nil {
			return nil
		}
	}
	if _, back := s.conn.ExecContext(ctx, "ROLLBACK"); back != nil {
		s.discard()
	}
	return coded(s.dialect, err)
}

// discard marks the connection as broken, so that the pool opens a new one. Statements are closed first: the SQLite
// driver does not survive closing one whose connection is gone.
func (s *session) discard() {
	_ = s.closeStatements() // what they say no longer matters
	_ = s.conn.Raw(func(any) error { return driver.ErrBadConn })
}

func (s *session) close() error {
	err := errors.Join(s.closeStatements(), s.conn.Close())
	if errors.Is(err, sql.ErrConnDone) {
		return nil // it was thrown away before
	}
	return err
}

func (s *session) closeStatements() error {
	var errs []error
	for _, stmt := range s.stmts {
		errs = append(errs, stmt.Close())
	}
	clear(s.stmts)
	if len(s.below) == 0 {
		return errors.Join(errs...)
	}
	return errors.Join(append(errs, s.conn.Raw(func(any) error { return s.closeBelow() }))...)
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

func (s *session) closeBelow() error {
	var errs []error
	for _, stmt := range s.below {
		errs = append(errs, stmt.Close())
	}
	clear(s.below)
	return errors.Join(errs...)
}
