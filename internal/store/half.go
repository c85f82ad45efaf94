package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"qunluo/internal/community"
)

// halfMark is a table that stands in a database while it is being filled from elsewhere, and goes when all of it is there and was
// compared. It is made before anything else: a database with it holds nothing but half of something.
const halfMark = "unfinished_copy"

// halfError refuses a database that is half of a copy or of a restore.
type halfError struct{ what string }

func (e halfError) Error() string { return e.Words()[1] }

func (e halfError) Unwrap() error {
	return community.Errorf(community.CodeConflict, "half of a %s", e.what)
}

// Why gives the code for programs.
func (e halfError) Why() (code, what string) { return string(community.CodeConflict), "database.url" }

// Words says it in Chinese and English.
func (e halfError) Words() [2]string {
	if e.what == "restore" {
		return [2]string{"数据库只恢复了一半或没有通过核对：再运行一次 qunluo restore，会从头开始；或换一个空的数据库",
			"the database is half of a restore, or did not pass its check: run qunluo restore again, which begins anew, or use an empty database"}
	}
	return [2]string{"数据库只复制了一半或没有通过核对：再运行一次 qunluo storage copy，会从头开始；或继续用原来的数据库",
		"the database is half of a copy, or did not pass its check: run qunluo storage copy again, which begins anew, or go on with the database that was copied"}
}

// notEmptyError refuses a place that holds something.
type notEmptyError struct{ table string }

func (e notEmptyError) Error() string { return e.Words()[1] }

func (e notEmptyError) Unwrap() error {
	return community.Errorf(community.CodeConflict, "not empty: %s", e.table)
}

// Why gives the code for programs.
func (e notEmptyError) Why() (code, what string) { return string(community.CodeConflict), e.table }

// Words says it in Chinese and English.
func (e notEmptyError) Words() [2]string {
	return [2]string{fmt.Sprintf("目标不是空的，里面已有 %s：只能写到空的地方", e.table), fmt.Sprintf("the target holds %s already: it must be empty", e.table)}
}

// tablesAnywhere lists every table, projections included.
var tablesAnywhere = map[string]string{
	"sqlite":   `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name`,
	"postgres": `SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE table_schema IN ('public', 'views') ORDER BY 1`,
}

// half says of what the database is half: "copy" or "restore"; "" = it is whole, or empty.
func half(ctx context.Context, d dialect, db answering) (what string, err error) {
	there := `SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = $1`
	if d.name() == "postgres" {
		there = `SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public' AND table_name = $1`
	}
	var n int
	if err := db.QueryRowContext(ctx, there, halfMark).Scan(&n); err != nil || n == 0 {
		return "", coded(d, err)
	}
	err = db.QueryRowContext(ctx, `SELECT coalesce(min(what), 'copy') FROM `+halfMark).Scan(&what)
	return what, coded(d, err)
}

// refuseHalf is an error for a database that is half of something.
func refuseHalf(ctx context.Context, d dialect, db answering) error {
	what, err := half(ctx, d, db)
	if err == nil && what != "" {
		err = halfError{what}
	}
	return err
}

// Begin makes an empty place ready to be filled from elsewhere: what is "copy" or "restore". Until Finish the place is refused by Open.
// What an earlier attempt left half done is thrown away; CodeConflict, with words for people, when anything else is there.
func Begin(ctx context.Context, o Options, what string) error {
	t, err := parseURL(o.URL, o.DataDir)
	if err != nil {
		return err
	}
	if err := t.clear(ctx); err != nil {
		return err
	}
	db, err := t.pool(writer, 1)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `CREATE TABLE `+halfMark+` (what TEXT NOT NULL, began BIGINT NOT NULL)`)
	if err == nil {
		_, err = db.ExecContext(ctx, `INSERT INTO `+halfMark+` (what, began) VALUES ($1, $2)`, what, time.Now().UnixMilli())
	}
	return errors.Join(coded(t.dialect, err), db.Close())
}

// Finish says that a place that was begun is whole. It is durable when it returns.
func Finish(ctx context.Context, o Options) error {
	t, err := parseURL(o.URL, o.DataDir)
	if err != nil {
		return err
	}
	db, err := t.pool(writer, 1)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `DROP TABLE `+halfMark)
	if err == nil && t.dialect.name() == "sqlite" {
		_, err = db.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	}
	return errors.Join(coded(t.dialect, err), db.Close())
}

// clear proves that nothing is there, but for what an unfinished attempt left, which it takes away.
func (t target) clear(ctx context.Context) error {
	if t.dialect.name() == "sqlite" {
		return t.clearFiles(ctx)
	}
	db, err := t.pool(writer, 1)
	if err != nil {
		return err
	}
	defer db.Close()
	names, err := namesIn(ctx, db, tablesAnywhere["postgres"])
	if err != nil || len(names) == 0 {
		return coded(t.dialect, err)
	}
	what, err := half(ctx, t.dialect, db)
	if err != nil {
		return err
	}
	if what == "" {
		return notEmptyError{strings.TrimPrefix(names[0], "public.")}
	}
	for _, name := range names { // the mark last: until then it is half of something
		if name == "public."+halfMark {
			continue
		}
		schema, table, _ := strings.Cut(name, ".")
		if _, err := db.ExecContext(ctx, `DROP TABLE `+quoted(schema)+`.`+quoted(table)+` CASCADE`); err != nil {
			return coded(t.dialect, err)
		}
	}
	_, err = db.ExecContext(ctx, `DROP TABLE `+halfMark)
	return coded(t.dialect, err)
}

// clearFiles is clear for SQLite.
func (t target) clearFiles(ctx context.Context) error {
	views := (&sqliteConnector{path: t.dsn}).views()
	if _, err := os.Stat(t.dsn); errors.Is(err, fs.ErrNotExist) {
		for _, left := range []string{t.dsn + "-wal", views} {
			if _, err := os.Lstat(left); err == nil {
				return notEmptyError{left}
			}
		}
		return nil
	} else if err != nil {
		return err
	}
	db, err := t.onlyRead()
	if err != nil {
		return err
	}
	names, err := namesIn(ctx, db, tablesAnywhere["sqlite"])
	what := ""
	if err == nil && len(names) > 0 {
		what, err = half(ctx, t.dialect, db)
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("%s: %w", t.dsn, err)
	}
	if len(names) > 0 && what == "" {
		return notEmptyError{t.dsn}
	}
	var errs []error
	for _, name := range []string{views + "-wal", views + "-shm", views, t.dsn + "-shm", t.dsn, t.dsn + "-wal"} {
		if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// onlyRead opens the log so that nothing in it can be changed: no schema, no row, no page. One connection.
func (t target) onlyRead() (*sql.DB, error) {
	if t.dialect.name() == "postgres" {
		return t.pool(reader, 1)
	}
	if _, err := os.Stat(t.dsn); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", readOnlyURL(t.dsn)+"&_pragma=busy_timeout("+lockWait+")")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}
