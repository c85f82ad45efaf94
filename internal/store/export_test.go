package store

import (
	"context"
	"database/sql"
	"errors"
)

// CopyFilled is Copy that lets a test change the target between filling and comparing.
func CopyFilled(ctx context.Context, from, to Options, filled func(ctx context.Context, db *sql.DB) error) (Copied, error) {
	return copying{progress: func(string, int64) {}, filled: filled}.do(ctx, from, to)
}

// Levels lists the numbers of a database's migrations.
func Levels(dialect string) ([]int64, error) {
	files, err := migrationsFor(dialect)
	if err != nil {
		return nil, err
	}
	steps, err := stepsOf(files)
	list := make([]int64, len(steps))
	for i, s := range steps {
		list[i] = int64(s.Version)
	}
	return list, err
}

// MigrateTo brings a database to a level; 0 = the newest.
func MigrateTo(ctx context.Context, o Options, level int64) error {
	t, err := parseURL(o.URL, o.DataDir)
	if err != nil {
		return err
	}
	t.unsynced = true
	db, err := t.pool(writer, 1)
	if err != nil {
		return err
	}
	p, err := migrating(t.dialect, db)
	if err == nil && level == 0 {
		_, err = p.Up(ctx)
	} else if err == nil {
		_, err = p.UpTo(ctx, level)
	}
	return errors.Join(err, db.Close())
}

// PlainNumber and Canonical are for tests of how values are compared.
var (
	PlainNumber = plainNumber
	Canonical   = canonical
)

// Classified counts how often each table is told whose its rows are.
func Classified() map[string]int {
	n := map[string]int{}
	for _, list := range [][]leads{ofLog, ofViews} {
		seen := map[string]bool{}
		for _, l := range list {
			seen[l.table] = true
		}
		for name := range seen {
			n[name]++
		}
	}
	for _, list := range []map[string]string{besides, house} {
		for name := range list {
			n[name]++
		}
	}
	return n
}

// HouseTables are the tables of the installation.
func HouseTables() map[string]bool {
	out := map[string]bool{}
	for name := range house {
		out[name] = true
	}
	return out
}
