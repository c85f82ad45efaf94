package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/pressly/goose/v3"

	"qunluo/internal/community"
)

// Org is an organisation of the installation.
type Org struct {
	Key  community.OrgKey
	ID   community.ID
	Name string
	Demo bool
}

// inMotion are demonstrations that are being loaded or deleted: for all but that they are not there.
const inMotion = `(SELECT p.org_key FROM demo_space p WHERE p.state <> 'ready')`

// Orgs lists the organisations in the order of their making, without demonstrations that are being loaded or deleted.
func (s *Store) Orgs(ctx context.Context) ([]Org, error) {
	return rows(ctx, s, `SELECT key, id, name, demo FROM org WHERE key NOT IN `+inMotion+` ORDER BY key`, nil, func(r *sql.Rows, o *Org) error {
		var id []byte
		err := r.Scan((*int64)(&o.Key), &id, &o.Name, &o.Demo)
		copy(o.ID[:], id)
		return err
	})
}

// Snapshot writes the log's database as of one instant into a new file, readable by its owner only; views are left out,
// they are rebuilt. community.CodeUnsupported on PostgreSQL, which has its own tools.
func (s *Store) Snapshot(ctx context.Context, path string) error {
	if s.dialect.name() != "sqlite" {
		return community.Errorf(community.CodeUnsupported, "snapshots are made with pg_dump")
	}
	db, err := s.target.pool(writer, 1)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `VACUUM main INTO $1`, path)
	if err = errors.Join(coded(s.dialect, err), db.Close()); err != nil {
		return err
	}
	return os.Chmod(path, 0o600)
}

// AtOneInstant adds up every table and lets dump copy the database as it was added up: it is given the name of the instant, for
// pg_dump --snapshot. CodeUnsupported on SQLite, where Snapshot makes a file that can be inspected.
func (s *Store) AtOneInstant(ctx context.Context, progress Progress, dump func(snapshot string) error) (sums map[string]community.TableSum, err error) {
	if s.dialect.name() != "postgres" {
		return nil, community.Errorf(community.CodeUnsupported, "only PostgreSQL names its instants")
	}
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return nil, coded(s.dialect, err)
	}
	defer func() { err = errors.Join(err, tx.Rollback()) }()
	var snapshot string
	if err := tx.QueryRowContext(ctx, `SELECT pg_export_snapshot()`).Scan(&snapshot); err != nil {
		return nil, coded(s.dialect, err)
	}
	if sums, err = sumsOf(ctx, s.dialect, tx, progress); err != nil {
		return nil, err
	}
	return sums, dump(snapshot)
}

// Inspect opens a snapshot for reading, checks it whole and adds up every table. Any damage is an error.
func Inspect(ctx context.Context, path string, progress Progress) (map[string]community.TableSum, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", readOnlyURL(path)+"&immutable=1")
	if err != nil {
		return nil, err
	}
	sums, err := inspect(ctx, db, progress)
	return sums, errors.Join(err, db.Close())
}

func inspect(ctx context.Context, db *sql.DB, progress Progress) (map[string]community.TableSum, error) {
	var verdict string
	if err := db.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&verdict); err != nil {
		return nil, err
	}
	if verdict != "ok" {
		return nil, errors.New(verdict)
	}
	return sumsOf(ctx, sqliteDialect{}, db, progress)
}

// answering is what answers questions: a database or a transaction.
type answering interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func namesIn(ctx context.Context, db answering, query string) ([]string, error) {
	found, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var names []string
	for found.Next() {
		var name string
		if err := found.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, found.Err()
}

// Facts is what the open store says about itself.
type Facts struct {
	Dialect     string // sqlite or postgres
	Version     string // of the database
	Level       int    // migrations applied
	Wants       int    // migrations of this program
	Journal     string // SQLite: "wal"
	Synchronous string // SQLite: "2" is FULL; PostgreSQL: "on"
	Integrity   string // SQLite: "ok" or what is wrong; PostgreSQL: ""
	Head        int64  // number of the last event
	Dead        int64  // jobs given up
	Oldest      int64  // since when the oldest job waits that is due, UTC ms; 0 = none
	Unknown     int64  // actions whose outcome is not known
	Lag         Lag
}

// Facts asks the database about itself. On SQLite the whole file is checked, which takes its time.
func (s *Store) Facts(ctx context.Context) (Facts, error) {
	f := Facts{Dialect: s.dialect.name()}
	questions := []fact{
		{`SELECT coalesce(max(number), 0) FROM event`, nil, &f.Head},
		{`SELECT count(*) FROM job WHERE state = 'dead'`, nil, &f.Dead},
		{`SELECT coalesce(min(run_at), 0) FROM job WHERE state = 'ready' AND run_at <= $1`, []any{s.now()}, &f.Oldest},
		{`SELECT count(*) FROM action WHERE state = 'unknown'`, nil, &f.Unknown},
		{`SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`, nil, &f.Level},
	}
	if f.Dialect == "sqlite" {
		questions = append(questions, fact{`SELECT sqlite_version()`, nil, &f.Version}, fact{`PRAGMA main.journal_mode`, nil, &f.Journal},
			fact{`PRAGMA main.synchronous`, nil, &f.Synchronous}, fact{`PRAGMA main.quick_check(1)`, nil, &f.Integrity})
	} else {
		questions = append(questions, fact{`SHOW server_version`, nil, &f.Version}, fact{`SHOW synchronous_commit`, nil, &f.Synchronous})
	}
	for _, q := range questions {
		if err := s.read.QueryRowContext(ctx, q.sql, q.args...).Scan(q.into); err != nil {
			return f, fmt.Errorf("%.40q: %w", q.sql, coded(s.dialect, err))
		}
	}
	var err error
	if f.Wants, err = wantedLevel(f.Dialect); err != nil {
		return f, err
	}
	f.Lag, err = s.Lag(ctx)
	return f, err
}

type fact struct {
	sql  string
	args []any
	into any
}

func wantedLevel(dialect string) (int, error) {
	files, err := migrationsFor(dialect)
	if err != nil {
		return 0, err
	}
	names, err := fs.Glob(files, "*.sql")
	top := 0
	for _, name := range names {
		number, _, _ := strings.Cut(name, "_")
		n, err := strconv.Atoi(number)
		if err != nil {
			return 0, fmt.Errorf("migration %s: %w", name, err)
		}
		top = max(top, n)
	}
	return top, err
}

// Migration is a step of the schema. Applied is its time, UTC ms; 0 = not yet.
type Migration struct {
	Version int
	Name    string
	Applied int64
}

// Migrations lists the steps of the schema; with up those that are missing are applied first. The database must be free.
func Migrations(ctx context.Context, o Options, up bool) ([]Migration, error) {
	t, err := parseURL(o.URL, o.DataDir)
	if err != nil {
		return nil, err
	}
	if up {
		s, err := Open(ctx, o)
		if err != nil {
			return nil, err
		}
		if err := s.Close(); err != nil {
			return nil, err
		}
	}
	if _, err := os.Stat(t.dsn); t.dialect.name() == "sqlite" && errors.Is(err, fs.ErrNotExist) {
		files, err := migrationsFor(t.dialect.name())
		if err != nil {
			return nil, err
		}
		return stepsOf(files)
	}
	db, err := t.pool(writer, 1)
	if err != nil {
		return nil, err
	}
	steps, err := status(ctx, t.dialect, db)
	return steps, errors.Join(err, db.Close())
}

// stepsOf is the steps of a database that is not there yet.
func stepsOf(files fs.FS) ([]Migration, error) {
	names, err := fs.Glob(files, "*.sql")
	steps := make([]Migration, len(names))
	for i, name := range names {
		number, _, _ := strings.Cut(name, "_")
		steps[i].Name = name
		steps[i].Version, _ = strconv.Atoi(number) // checked by wantedLevel's test
	}
	return steps, err
}

func status(ctx context.Context, d dialect, db *sql.DB) ([]Migration, error) {
	p, err := migrating(d, db)
	if err != nil {
		return nil, err
	}
	list, err := p.Status(ctx)
	if err != nil {
		return nil, coded(d, err)
	}
	steps := make([]Migration, len(list))
	for i, st := range list {
		steps[i] = Migration{Version: int(st.Source.Version), Name: st.Source.Path}
		if st.State == goose.StateApplied {
			steps[i].Applied = st.AppliedAt.In(time.UTC).UnixMilli()
		}
	}
	return steps, nil
}
