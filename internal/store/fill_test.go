package store_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"qunluo/internal/store"
	"qunluo/internal/store/storetest"
)

// place is a database of a test, whichever it is, that can be looked at past the store.
type place struct {
	store.Options
	dialect string
}

func sqlitePlace(t testing.TB) place {
	return place{store.Options{DataDir: t.TempDir()}, "sqlite"}
}

// postgresPlace is a new, empty database.
func postgresPlace(t testing.TB) place {
	return place{store.Options{URL: storetest.EmptyPostgresURL(t), DataDir: t.TempDir()}, "postgres"}
}

// bothPlaces runs a test on each database.
func bothPlaces(t *testing.T, run func(t *testing.T, empty func(testing.TB) place)) {
	t.Run("sqlite", func(t *testing.T) { run(t, sqlitePlace) })
	t.Run("postgres", func(t *testing.T) { run(t, postgresPlace) })
}

// db opens the place past the store, until the test ends.
func (p place) db(t testing.TB) *sql.DB {
	t.Helper()
	db := p.open(t)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// open opens it until the caller closes it.
func (p place) open(t testing.TB) *sql.DB {
	t.Helper()
	driver, name := "sqlite", "file:"+p.DataDir+"/qunluo.db?_pragma=busy_timeout(5000)&_pragma=synchronous(0)"
	if p.dialect == "postgres" {
		driver, name = "pgx", p.URL
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	return db
}

// field is a column as its database describes it.
type field struct {
	table, name, kind string
	nullable          bool
}

// fields lists every column of every table, the migrations' ledger and the mark of half a copy left out.
func (p place) fields(t testing.TB, db *sql.DB) map[string][]field {
	t.Helper()
	query := `SELECT m.name, c.name, lower(c.type), c."notnull" = 0 AND c.pk = 0 FROM sqlite_master m JOIN pragma_table_info(m.name) c
WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'goose%' ORDER BY m.name, c.name`
	if p.dialect == "postgres" {
		query = `SELECT table_name, column_name, data_type, is_nullable = 'YES' FROM information_schema.columns
WHERE table_schema = 'public' AND table_name NOT LIKE 'goose%' ORDER BY table_name, column_name`
	}
	found, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	by := map[string][]field{}
	for found.Next() {
		var f field
		if err := found.Scan(&f.table, &f.name, &f.kind, &f.nullable); err != nil {
			t.Fatal(err)
		}
		by[f.table] = append(by[f.table], f)
	}
	if err := found.Err(); err != nil || len(by) == 0 {
		t.Fatalf("%d tables, %v", len(by), err)
	}
	return by
}

// Values that databases keep in different ways, or lose when somebody is careless.
var (
	documents = []string{`{"b": 1.50, "a": [1e3, -0, 0.15e1, true, null], "名": {"z": "<&>", "y": "\u4f60\"\\"}}`, `[]`, `"文"`, `-12.50`, `1200`, `{"k": 1, "k": 2}`}
	wordsOf   = []string{"", "群落", "it's \"quoted\" \\ %", "表情👩‍👩‍👧", "a\tb\r\nc\u2028"}
	reals     = []float64{0.1, -1e300, 5e-324, 0, 1234567.875}
	numbers   = []int64{0, -1, 1<<63 - 1, -1 << 63, 1 << 53}
)

// value is the n-th value of a column, unlike all values before it in that column where the class has so many.
func (f field) value(n int) any {
	if f.nullable && n%3 == 1 {
		return nil
	}
	switch f.kind {
	case "bigint", "integer":
		if n < 5 && f.kind == "bigint" && f.name == "n" { // of counters: no key, and nothing is made of it
			return numbers[n]
		}
		return int64(n + 1)
	case "boolean":
		return n%2 == 0
	case "double precision":
		return reals[n%len(reals)]
	case "text":
		return fmt.Sprint(wordsOf[n%len(wordsOf)], n)
	case "bytea":
		return []byte(fmt.Sprintf("\x00\xff%016d", n))
	case "jsonb":
		return documents[n%len(documents)]
	}
	return fmt.Sprintf("no value for %q", f.kind)
}

// fill adds rows to every table, the from-th to the one before to, and gives how many tables there are.
func (p place) fill(t testing.TB, from, to int) int {
	t.Helper()
	db := p.open(t)
	defer db.Close()
	tables := p.fields(t, db)
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	for name, list := range tables {
		names, marks := make([]string, len(list)), make([]string, len(list))
		for i, f := range list {
			names[i], marks[i] = `"`+f.name+`"`, fmt.Sprintf("$%d", i+1)
		}
		insert := fmt.Sprintf(`INSERT INTO "%s" (%s) VALUES (%s)`, name, strings.Join(names, ", "), strings.Join(marks, ", "))
		for n := from; n < to; n++ {
			values := make([]any, len(list))
			for i, f := range list {
				values[i] = f.value(n)
			}
			if _, err := tx.Exec(insert, values...); err != nil {
				t.Fatalf("row %d of %s: %v", n, name, err)
			}
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	return len(tables)
}

// counts are the rows of each table.
func (p place) counts(t testing.TB, db *sql.DB) map[string]int64 {
	t.Helper()
	out := map[string]int64{}
	for name := range p.fields(t, db) {
		var n int64
		if err := db.QueryRow(`SELECT count(*) FROM "` + name + `"`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		out[name] = n
	}
	return out
}

// full is a migrated place with rows in every table.
func full(t testing.TB, dialect string) place {
	t.Helper()
	p := place{dialect: dialect}
	if dialect == "postgres" {
		p.URL, p.DataDir = storetest.PostgresURL(t), t.TempDir()
	} else {
		p.DataDir = storetest.DataDir(t)
	}
	p.fill(t, 10, 25)
	return p
}
