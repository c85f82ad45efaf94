package store_test

import (
	"database/sql"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/store"
	"qunluo/internal/store/storetest"
)

// emptied are tables whose rows a migration throws away on purpose: they are read from the log anew.
var emptied = map[string]int64{"growth_month": 62, "growth_read": 62}

// TestEveryEarlierSchemaIsBroughtUp: from every level that there ever was a database with rows in each of its tables comes to the newest
// level, without losing a row, and its schema is that of a new installation.
func TestEveryEarlierSchemaIsBroughtUp(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { // a database of each level, brought up at once
		dir, err := os.MkdirTemp(storetest.InMemory(), "ql-up-")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := os.RemoveAll(dir); err != nil {
				t.Error(err)
			}
		})
		want := schemaOf(t, place{store.Options{DataDir: storetest.DataDir(t)}, "sqlite"})
		rung := place{store.Options{DataDir: dir}, "sqlite"} // climbs, empty, from level to level
		for i, level := range levelsOf(t, "sqlite") {
			if testing.Short() && i%shortSteps != 0 { // all of them are tried without the race detector, under which each takes five seconds
				continue
			}
			up(t, rung, level)
			old := rung.copyFile(t, fmt.Sprint(level))
			old.fill(t, 10, 13)
			before := countsOf(t, old)
			up(t, old, 0)
			compareCounts(t, level, 0, before, countsOf(t, old))
			compareSchema(t, level, schemaOf(t, old), want)
			if err := os.RemoveAll(old.DataDir); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("postgres", func(t *testing.T) { // one database, which gets rows at every level and takes all steps
		want := schemaOf(t, place{store.Options{URL: storetest.PostgresURL(t)}, "postgres"})
		p := postgresPlace(t)
		before := map[string]int64{}
		for i, level := range levelsOf(t, "postgres") {
			up(t, p, level)
			compareCounts(t, level-1, level, before, countsOf(t, p))
			p.fill(t, 10+3*i, 13+3*i)
			before = countsOf(t, p)
		}
		compareSchema(t, 1, schemaOf(t, p), want)
	})
}

// shortSteps is of how many levels a shortened test tries one.
const shortSteps = 10

func levelsOf(t *testing.T, dialect string) []int64 {
	t.Helper()
	levels, err := store.Levels(dialect)
	if err != nil || len(levels) < 90 || !slices.IsSorted(levels) {
		t.Fatalf("%d levels, %v", len(levels), err)
	}
	return levels
}

// up migrates to a level; 0 = the newest.
func up(t *testing.T, p place, level int64) {
	t.Helper()
	if err := store.MigrateTo(t.Context(), p.Options, level); err != nil {
		t.Fatalf("to level %d: %v", level, err)
	}
}

// compareCounts wants every row that was there before the way from one level to another; 0 = the newest.
func compareCounts(t *testing.T, from, to int64, before, after map[string]int64) {
	t.Helper()
	for table, n := range before {
		if at := emptied[table]; at > from && (to == 0 || to >= at) {
			n = 0
		}
		if left, there := after[table]; !there || left != n {
			t.Errorf("from level %d to %d: table %s had %d rows to keep, now has %d (it is there: %t)", from, to, table, n, left, there)
		}
	}
}

// compareSchema wants a schema to be that of a new installation.
func compareSchema(t *testing.T, from int64, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("from level %d the schema differs from a new one: %s", from, firstDifference(got, want))
	}
}

// copyFile copies a SQLite database into a folder below its own.
func (p place) copyFile(t *testing.T, folder string) place {
	t.Helper()
	to := place{store.Options{DataDir: filepath.Join(p.DataDir, folder)}, p.dialect}
	raw, err := os.ReadFile(filepath.Join(p.DataDir, "qunluo.db"))
	if err == nil {
		err = os.MkdirAll(to.DataDir, 0o700)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(to.DataDir, "qunluo.db"), raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func firstDifference(got, want []string) string {
	for _, line := range got {
		if !slices.Contains(want, line) {
			return "only here: " + line
		}
	}
	for _, line := range want {
		if !slices.Contains(got, line) {
			return "missing: " + line
		}
	}
	return "in its order"
}

// look opens a place for one question.
func look(t *testing.T, p place, ask func(db *sql.DB)) {
	t.Helper()
	db := p.open(t)
	ask(db)
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

func countsOf(t *testing.T, p place) (counts map[string]int64) {
	look(t, p, func(db *sql.DB) { counts = p.counts(t, db) })
	return counts
}

// schemaOf is every table, column with its type, null and default, key and index of a database, as it describes them itself.
func schemaOf(t *testing.T, p place) []string {
	t.Helper()
	questions := []string{
		`SELECT m.name || ' ' || c.name || ' ' || c.type || ' ' || c."notnull" || ' ' || c.pk || ' ' || coalesce(c.dflt_value, '-') FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'`,
		`SELECT type || ' ' || name || ' ' || tbl_name || ' ' || coalesce(sql, '') FROM sqlite_master`,
	}
	if p.dialect == "postgres" {
		questions = []string{
			`SELECT table_name || ' ' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '-') FROM information_schema.columns WHERE table_schema = 'public'`,
			`SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'`,
			`SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace`,
		}
	}
	lines := map[string]bool{}
	look(t, p, func(db *sql.DB) {
		for _, q := range questions {
			found, err := db.Query(q)
			if err != nil {
				t.Fatal(err)
			}
			for found.Next() {
				var line string
				if err := found.Scan(&line); err != nil {
					t.Fatal(err)
				}
				lines[strings.Join(strings.Fields(line), " ")] = true
			}
			if err := found.Err(); err != nil {
				t.Fatal(err)
			}
			found.Close()
		}
	})
	if len(lines) < 100 {
		t.Fatalf("the schema has %d lines", len(lines))
	}
	return slices.Sorted(maps.Keys(lines))
}
