package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"qunluo/internal/community"
)

// Copied is what a copy came to: every table of both sides, and the files that must be there beside the database.
type Copied struct {
	Source, Target map[string]community.TableSum
	Pinned         []string // hashes, in hexadecimal digits
}

// Progress is told how much of a table was done; rows is 0 when it begins.
type Progress = func(table string, rows int64)

// Copy fills an empty database with every row of another, as of one instant, and compares both. The source is only read; it may be served
// meanwhile, then what comes later is not in the copy. Projections are left out: they are made from the log when the copy is first opened.
// Until all is equal the target is refused by Open, and Copy begins it anew. CodeConflict: the target is not empty, the source is itself
// unfinished, or of another level than this program. What differs is no error: see community.Unequal; then the target stays unfinished.
func Copy(ctx context.Context, from, to Options, progress Progress) (Copied, error) {
	c := copying{progress: progress}
	return c.do(ctx, from, to)
}

// copying is one run of Copy.
type copying struct {
	progress Progress
	filled   func(ctx context.Context, db *sql.DB) error // after the target was filled, before it is compared; for tests, nil = nothing
}

func (c copying) do(ctx context.Context, from, to Options) (out Copied, err error) {
	source, err := parseURL(from.URL, from.DataDir)
	if err != nil {
		return out, err
	}
	target, err := parseURL(to.URL, to.DataDir)
	if err != nil {
		return out, err
	}
	if source.dsn == target.dsn {
		return out, community.Errorf(community.CodeBadInput, "source and target are the same")
	}
	err = source.atOnce(ctx, func(tx *sql.Tx) error {
		if err := Begin(ctx, to, "copy"); err != nil {
			return err
		}
		out.Source, err = c.fill(ctx, source, tx, target)
		if err != nil {
			return err
		}
		out.Pinned, err = pinnedIn(ctx, tx, from)
		return err
	})
	if err != nil {
		return out, err
	}
	if err := target.atOnce(ctx, func(tx *sql.Tx) (err error) {
		out.Target, err = sumsOf(ctx, target.dialect, tx, func(table string, rows int64) { c.progress("= "+table, rows) })
		return err
	}); err != nil {
		return out, err
	}
	if len(community.Unequal(out.Source, out.Target)) > 0 {
		return out, nil
	}
	return out, Finish(ctx, to)
}

// Sums adds up every table as of one instant, without touching anything; a place that was begun and is to be proved before it is
// finished, too.
func Sums(ctx context.Context, o Options, progress Progress) (sums map[string]community.TableSum, err error) {
	t, err := parseURL(o.URL, o.DataDir)
	if err != nil {
		return nil, err
	}
	err = t.atOnce(ctx, func(tx *sql.Tx) (err error) {
		sums, err = sumsOf(ctx, t.dialect, tx, progress)
		return err
	})
	return sums, err
}

// atOnce lets do read the log as of one instant.
func (t target) atOnce(ctx context.Context, do func(tx *sql.Tx) error) error {
	db, err := t.onlyRead()
	if err != nil {
		return err
	}
	defer db.Close()
	o := &sql.TxOptions{ReadOnly: true}
	if t.dialect.name() == "postgres" {
		o.Isolation = sql.LevelRepeatableRead
	}
	tx, err := db.BeginTx(ctx, o)
	if err != nil {
		return coded(t.dialect, err)
	}
	return errors.Join(do(tx), tx.Rollback())
}

// readOnlyURL names a SQLite file that may only be read.
func readOnlyURL(path string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?mode=ro"
}

// fill makes the schema in the target and puts every row of the source there. It gives what the source came to while it was read.
func (c copying) fill(ctx context.Context, source target, tx *sql.Tx, to target) (map[string]community.TableSum, error) {
	if err := refuseHalf(ctx, source.dialect, tx); err != nil {
		return nil, err
	}
	if err := sameLevel(ctx, source.dialect, tx); err != nil {
		return nil, err
	}
	list, err := layouts(ctx, source.dialect, tx)
	if err != nil {
		return nil, err
	}
	to.unsynced = true // Finish makes all of it durable
	db, err := to.pool(writer, 1)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if err := migrateUp(ctx, to.dialect, db); err != nil {
		return nil, err
	}
	there, err := layouts(ctx, to.dialect, db)
	if err != nil {
		return nil, err
	}
	if err := sameLayouts(list, there); err != nil {
		return nil, err
	}
	sums := make(map[string]community.TableSum, len(list))
	for _, s := range list {
		if sums[s.table], err = c.table(ctx, source.dialect, tx, to.dialect, db, s); err != nil {
			return nil, fmt.Errorf("copy %s: %w", s.table, err)
		}
	}
	if c.filled != nil {
		err = c.filled(ctx, db)
	}
	return sums, err
}

// table copies one table in one transaction.
func (c copying) table(ctx context.Context, from dialect, tx *sql.Tx, to dialect, db *sql.DB, s layout) (community.TableSum, error) {
	c.progress(s.table, 0)
	t := &tally{layout: s}
	if s.table == ledger { // the target has its own, by its migrations
		err := eachRow(ctx, from, tx, s, t.add)
		return t.total(), err
	}
	r, err := read(ctx, from, tx, s)
	if err != nil {
		return community.TableSum{}, err
	}
	defer r.rows.Close()
	next := func() ([]any, error) {
		values, err := r.next()
		if err != nil || values == nil {
			return nil, err
		}
		if to.name() == "postgres" {
			if err := s.fitsPostgres(values); err != nil {
				return nil, err
			}
		}
		if err := t.add(values); err != nil {
			return nil, err
		}
		if t.rows%1000 == 0 {
			c.progress(s.table, t.rows)
		}
		return values, nil
	}
	if to.name() == "postgres" {
		err = pour(ctx, db, s, next)
	} else {
		err = insert(ctx, db, s, next)
	}
	return t.total(), coded(to, err)
}

// insert puts rows into SQLite. Migrations leave some rows in new tables: they go first.
func insert(ctx context.Context, db *sql.DB, s layout, next func() ([]any, error)) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	return ended(tx, func() error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM `+quoted(s.table)); err != nil {
			return err
		}
		marks := strings.TrimSuffix(strings.Repeat("?, ", len(s.columns)), ", ")
		put, err := tx.PrepareContext(ctx, `INSERT INTO `+quoted(s.table)+` (`+s.selects()+`) VALUES (`+marks+`)`) //nolint:gosec // names are the schema's own
		if err != nil {
			return err
		}
		defer put.Close()
		for {
			values, err := next()
			if err != nil || values == nil {
				return err
			}
			if _, err := put.ExecContext(ctx, values...); err != nil {
				return err
			}
		}
	}())
}

// ended commits a transaction whose work went well.
func ended(tx *sql.Tx, err error) error {
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// pour puts rows into PostgreSQL with COPY.
func pour(ctx context.Context, db *sql.DB, s layout, next func() ([]any, error)) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(dc any) error {
		tx, err := dc.(*stdlib.Conn).Conn().Begin(ctx)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM `+quoted(s.table))
		if err == nil {
			_, err = tx.CopyFrom(ctx, pgx.Identifier{s.table}, s.names(), &stream{next: next})
		}
		if err != nil {
			return errors.Join(err, tx.Rollback(ctx))
		}
		return tx.Commit(ctx)
	})
}

// stream hands rows to pgx.
type stream struct {
	next   func() ([]any, error)
	values []any
	err    error
}

func (s *stream) Next() bool {
	s.values, s.err = s.next()
	return s.err == nil && s.values != nil
}

func (s *stream) Values() ([]any, error) { return s.values, nil }
func (s *stream) Err() error             { return s.err }

// levelError refuses a database whose schema is not this program's.
type levelError struct{ missing, unknown []int64 }

func (e levelError) Error() string {
	return fmt.Sprintf("%s (missing %v, unknown %v)", e.Words()[1], e.missing, e.unknown)
}

func (e levelError) Unwrap() error {
	return community.Errorf(community.CodeConflict, "another level")
}

// Why gives the code for programs.
func (e levelError) Why() (code, what string) { return string(community.CodeConflict), "database.url" }

// Words says it in Chinese and English.
func (e levelError) Words() [2]string {
	if len(e.unknown) > 0 {
		return [2]string{"数据库结构比这个程序新：请用更新的程序", "the database's schema is newer than this program: use a newer program"}
	}
	return [2]string{"数据库结构比这个程序旧：先运行 qunluo migrate up", "the database's schema is older than this program: run qunluo migrate up first"}
}

// sameLevel refuses a database to which other migrations were applied than this program has.
func sameLevel(ctx context.Context, d dialect, db answering) error {
	applied, err := versionsIn(ctx, db)
	if err != nil {
		return fmt.Errorf("the source is no database of this program: %w", coded(d, err))
	}
	files, err := migrationsFor(d.name())
	if err != nil {
		return err
	}
	steps, err := stepsOf(files)
	if err != nil {
		return err
	}
	var e levelError
	for _, step := range steps {
		if at := slices.Index(applied, int64(step.Version)); at >= 0 {
			applied = slices.Delete(applied, at, at+1)
		} else {
			e.missing = append(e.missing, int64(step.Version))
		}
	}
	e.unknown = applied
	if len(e.missing)+len(e.unknown) > 0 {
		return e
	}
	return nil
}

// versionsIn lists the migrations that were applied, without the zeroth.
func versionsIn(ctx context.Context, db answering) ([]int64, error) {
	texts, err := namesIn(ctx, db, `SELECT DISTINCT version_id FROM `+ledger+` WHERE is_applied AND version_id > 0 ORDER BY version_id`)
	list := make([]int64, len(texts))
	for i, text := range texts {
		list[i], _ = strconv.ParseInt(text, 10, 64) // an integer of the database
	}
	return list, err
}

// sameLayouts refuses schemas that differ.
func sameLayouts(a, b []layout) error {
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(b) || i < len(a) && a[i].table < b[i].table:
			return community.Errorf(community.CodeConflict, "table %s is in the source only", a[i].table)
		case i >= len(a) || a[i].table > b[i].table:
			return community.Errorf(community.CodeConflict, "table %s is in the target only", b[i].table)
		case !slices.Equal(a[i].columns, b[i].columns):
			return community.Errorf(community.CodeConflict, "columns of table %s differ: %v, %v", a[i].table, a[i].columns, b[i].columns)
		}
	}
	return nil
}

// pinnedIn lists the files that must be there beside the database.
func pinnedIn(ctx context.Context, tx *sql.Tx, o Options) ([]string, error) {
	clock := o.Clock
	if clock == nil {
		clock = time.Now
	}
	found, err := tx.QueryContext(ctx, pinnedQuery, clock().UnixMilli())
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var list []string
	for found.Next() {
		var hash string
		if err := found.Scan(&hash); err != nil {
			return nil, err
		}
		list = append(list, hash)
	}
	return list, found.Err()
}
