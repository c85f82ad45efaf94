package storetest

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
)

// classes are the storage classes that a declared type may have in SQLite, which itself would take anything. Nulls are
// the business of NOT NULL.
var classes = map[string][]string{
	"BIGINT": {"integer"}, "INTEGER": {"integer"}, "TEXT": {"text"}, "BYTEA": {"blob"}, "JSONB": {"text"}, "BOOLEAN": {"integer"},
	"DOUBLE PRECISION": {"real"},
}

// sampled bounds how many rows of a table are looked at.
const sampled = 5000

// noForeignClass fails the test if a column of the store in dir holds values of a class that its type does not have.
func noForeignClass(t testing.TB, dir string) {
	t.Helper()
	for _, file := range []string{"qunluo.db", "qunluo.views.db"} {
		db, err := sql.Open("sqlite", // the driver that store registers
			"file:"+filepath.Join(dir, file)+"?mode=ro")
		if err != nil {
			t.Error(err)
			continue
		}
		if err := errors.Join(foreignClasses(db), db.Close()); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func foreignClasses(db *sql.DB) error {
	columns, err := db.Query(`SELECT m.name, c.name, c.type FROM sqlite_master m JOIN pragma_table_info(m.name) c
WHERE m.type = 'table' AND m.name NOT LIKE 'search%' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'goose%' ORDER BY m.name, c.cid`)
	if err != nil {
		return err
	}
	defer columns.Close()
	var errs []error
	for columns.Next() {
		var table, column, declared string
		if err := columns.Scan(&table, &column, &declared); err != nil {
			return err
		}
		errs = append(errs, foreignClass(db, table, column, declared))
	}
	return errors.Join(append(errs, columns.Err())...)
}

func foreignClass(db *sql.DB, table, column, declared string) error {
	allowed, ok := classes[declared]
	if !ok {
		return fmt.Errorf("%s.%s is declared %q, which PostgreSQL or SQLite does not know", table, column, declared)
	}
	found, err := db.Query(fmt.Sprintf(`SELECT DISTINCT typeof(c) FROM (SELECT "%s" AS c FROM "%s" LIMIT %d)`, column, table, sampled))
	if err != nil {
		return err
	}
	defer found.Close()
	for found.Next() {
		var class string
		if err := found.Scan(&class); err != nil {
			return err
		}
		if class != "null" && !slices.Contains(allowed, class) {
			return fmt.Errorf("%s.%s holds a value of class %s, declared %s", table, column, class, declared)
		}
	}
	return found.Err()
}
