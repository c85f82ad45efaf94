package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/store"
)

// viewsDB opens the projections of a place past the store, and says in front of what its tables stand.
func (p place) viewsDB(t testing.TB) (*sql.DB, string) {
	t.Helper()
	if p.dialect == "postgres" {
		return p.open(t), "views."
	}
	db, err := sql.Open("sqlite", "file:"+p.DataDir+"/qunluo.views.db?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	return db, ""
}

// viewFields lists every column of the projections' tables.
func (p place) viewFields(t testing.TB, db *sql.DB) map[string][]field {
	t.Helper()
	query := `SELECT m.name, c.name, lower(c.type) FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'search\_%' ESCAPE '\' ORDER BY m.name, c.name`
	if p.dialect == "postgres" {
		query = `SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'views' ORDER BY table_name, column_name`
	}
	found, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	by := map[string][]field{}
	for found.Next() {
		var f field
		if err := found.Scan(&f.table, &f.name, &f.kind); err != nil {
			t.Fatal(err)
		}
		by[f.table] = append(by[f.table], f)
	}
	if err := found.Err(); err != nil || len(by) < 10 {
		t.Fatalf("%d tables, %v", len(by), err)
	}
	return by
}

// fillViews adds a row to every table of the projections for each number.
func (p place) fillViews(t testing.TB, numbers []int) {
	t.Helper()
	db, in := p.viewsDB(t)
	defer db.Close()
	for name, list := range p.viewFields(t, db) {
		if name == "cursor" {
			continue // read by the store itself
		}
		names, marks := make([]string, len(list)), make([]string, len(list))
		for i, f := range list {
			names[i], marks[i] = `"`+f.name+`"`, fmt.Sprintf("$%d", i+1)
		}
		if name == "search" {
			names, marks = []string{"rowid", "terms"}, []string{"$1", "$2"}
		}
		for _, n := range numbers {
			values := make([]any, len(list))
			for i, f := range list {
				values[i] = f.value(n)
			}
			if name == "search" {
				values = []any{int64(n + 1), fmt.Sprintf("word%d", n)}
			}
			insert := fmt.Sprintf(`INSERT INTO %s%s (%s) VALUES (%s)`, in, name, strings.Join(names, ", "), strings.Join(marks, ", "))
			if _, err := db.Exec(insert, values...); err != nil {
				t.Fatalf("row %d of %s: %v", n, name, err)
			}
		}
	}
}

// viewRows prints every row of the projections, by table.
func (p place) viewRows(t testing.TB) map[string][]string {
	t.Helper()
	db, in := p.viewsDB(t)
	defer db.Close()
	out := map[string][]string{}
	for name, list := range p.viewFields(t, db) {
		columns := len(list)
		query := `SELECT * FROM ` + in + name
		if name == "search" {
			columns, query = 1, `SELECT rowid FROM `+in+`search`
		}
		found, err := db.Query(query)
		if err != nil {
			t.Fatal(err)
		}
		for found.Next() {
			row, into := make([]any, columns), make([]any, columns)
			for i := range row {
				into[i] = &row[i]
			}
			if err := found.Scan(into...); err != nil {
				t.Fatal(err)
			}
			out[name] = append(out[name], fmt.Sprint(row...))
		}
		if err := found.Close(); err != nil {
			t.Fatal(err)
		}
		slices.Sort(out[name])
	}
	return out
}

// TestEveryTableSaysWhoseItsRowsAre: a table that comes later must be given a place in what is deleted with an organisation, or a reason why
// it has none.
func TestEveryTableSaysWhoseItsRowsAre(t *testing.T) {
	bothPlaces(t, func(t *testing.T, _ func(testing.TB) place) {
		p := full(t, dialectOf(t))
		s, err := store.Open(t.Context(), p.Options) // makes the projections
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		views, _ := p.viewsDB(t)
		defer views.Close()
		there := map[string]bool{"goose_db_version": true}
		for _, list := range []map[string][]field{p.fields(t, p.db(t)), p.viewFields(t, views)} {
			for name := range list {
				there[name] = true
			}
		}
		known := store.Classified()
		for name := range there {
			if known[name] != 1 {
				t.Errorf("table %s is classified %d times, want once: in ofLog, ofViews, besides or house of whole.go", name, known[name])
			}
		}
		for name := range known {
			if !there[name] {
				t.Errorf("%s is classified, but there is no such table", name)
			}
		}
	})
}

// dialectOf reads the database off the name of a subtest.
func dialectOf(t *testing.T) string { return t.Name()[strings.LastIndex(t.Name(), "/")+1:] }

// gone is the number of the row that belongs to the demonstration: all its keys are one more.
const gone = 12

// inhabited is a place with a row for each number in every table, all of whose keys lead to the organisation with that number and one.
func inhabited(t testing.TB, dialect string, numbers []int) place {
	t.Helper()
	p := full(t, dialect) // rows 10 to 24
	s, err := store.Open(t.Context(), p.Options)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	p.fillViews(t, numbers)
	db := p.open(t)
	defer db.Close()
	do := func(query string, args ...any) {
		t.Helper()
		if _, err := db.Exec(query, args...); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	for n := 10; n < 25; n++ {
		id := community.MakeID(int64(n), [10]byte{byte(n)})
		do(`UPDATE console_user SET id = $1 WHERE key = $2`, id[:], n+1)
		do(`UPDATE pass SET user_id = $1 WHERE created = $2`, id.String(), n+1)
		do(`UPDATE duty_way SET user_id = $1 WHERE ordinal = $2`, id.String(), n+1)
		do(`UPDATE job SET id = $1, kind = 'account-deaf', unique_key = $2, lane = 0 WHERE run_at = $3`, id[:], fmt.Sprint(n+1), n+1)
		do(`UPDATE demo_space SET state = 'leaving', home_key = 11 WHERE org_key = $1`, n+1)
	}
	do(`UPDATE org SET demo = (key = $1)`, gone+1)
	return p
}

// TestADemonstrationIsDeletedWhole: with a row of each of several organisations in every table, what is left after one is deleted equals,
// by the proof's SHA-256, a database in which its rows never stood.
func TestADemonstrationIsDeletedWhole(t *testing.T) {
	var all, others []int
	for n := 10; n < 25; n++ {
		all = append(all, n)
		if n != gone {
			others = append(others, n)
		}
	}
	bothPlaces(t, func(t *testing.T, _ func(testing.TB) place) {
		with, without := inhabited(t, dialectOf(t), all), inhabited(t, dialectOf(t), others)
		without.forget(t, gone)
		s, err := store.Open(t.Context(), with.Options)
		if err != nil {
			t.Fatal(err)
		}
		n := int64(0)
		for stop := 1; ; stop += 20 { // broken off ever later, and gone on with
			ctx, cancel := context.WithCancel(t.Context())
			told := 0
			some, err := s.DeleteSpace(ctx, gone+1, func(string, int64) {
				if told++; told == stop {
					cancel()
				}
			})
			cancel()
			if n += some; err == nil {
				break
			}
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		house := store.HouseTables()
		got, want := with.sums(t), without.sums(t)
		tables := 0
		for _, name := range slices.Sorted(maps.Keys(want)) {
			if house[name] {
				continue
			}
			if tables++; got[name] != want[name] || want[name].Rows != 14 {
				t.Errorf("%s: %+v, want %+v of 14 rows", name, got[name], want[name])
			}
		}
		rows, left := with.viewRows(t), without.viewRows(t)
		for name := range left {
			if name == "cursor" {
				continue
			}
			if tables++; !slices.Equal(rows[name], left[name]) || len(left[name]) != 14 {
				t.Errorf("views.%s: %d rows %v, want %d", name, len(rows[name]), rows[name], len(left[name]))
			}
		}
		if int64(tables) > n { // one row at least went from each
			t.Errorf("deleted %d rows of %d tables", n, tables)
		}
	})
}

// forget deletes a number's row from every table of the log that is an organisation's, by its place among the rows as they were filled.
func (p place) forget(t testing.TB, n int) {
	t.Helper()
	db := p.open(t)
	defer db.Close()
	house := store.HouseTables()
	for name, list := range p.fields(t, db) {
		if house[name] {
			continue
		}
		// by a column that the fill gave a value of its own in each row, whatever it means
		var by field
		for _, f := range list {
			if !f.nullable && (f.kind == "bigint" || f.kind == "bytea" && by.name == "") && !moved[name+"."+f.name] {
				by = f
			}
		}
		if by.name == "" {
			for _, f := range list {
				if f.kind == "text" && !moved[name+"."+f.name] {
					by = f
				}
			}
		}
		res, err := db.Exec(fmt.Sprintf(`DELETE FROM "%s" WHERE "%s" = $1`, name, by.name), by.value(n))
		if err != nil {
			t.Fatalf("%s by %s: %v", name, by.name, err)
		}
		if deleted, _ := res.RowsAffected(); deleted != 1 {
			t.Fatalf("%s by %s: %d rows, want 1", name, by.name, deleted)
		}
	}
}

// moved are columns that inhabited gives other values than the fill.
var moved = map[string]bool{"console_user.id": true, "pass.user_id": true, "duty_way.user_id": true, "job.id": true, "job.kind": true, "job.unique_key": true, "job.lane": true,
	"demo_space.state": true, "demo_space.home_key": true}

func (p place) sums(t testing.TB) map[string]community.TableSum {
	t.Helper()
	sums, err := store.Sums(t.Context(), p.Options, quiet)
	if err != nil {
		t.Fatal(err)
	}
	return sums
}

// TestOnlyADemonstrationIsDeleted: neither a real organisation nor one that is open goes, and a real one cannot be made one.
func TestOnlyADemonstrationIsDeleted(t *testing.T) {
	bothPlaces(t, func(t *testing.T, empty func(testing.TB) place) {
		s, err := store.Open(t.Context(), empty(t).Options)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		ctx := t.Context()
		home, err := s.Org(ctx, "群落", false)
		if err != nil {
			t.Fatal(err)
		}
		space, err := s.AddSpace(ctx, "演示", community.DemoSpace{Home: home, User: "cli", Seed: 1, Days: 30}, community.Audit{User: "cli"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.AddSpace(ctx, "演示", community.DemoSpace{Home: home}, community.Audit{User: "cli"}); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("a second one: %v, want a conflict", err)
		}
		if _, err := s.AddSpace(ctx, "演示", community.DemoSpace{Home: space.Org}, community.Audit{User: "cli"}); community.CodeOf(err) != community.CodeForbidden {
			t.Errorf("one of its own: %v, want forbidden", err)
		}
		if _, err := s.DeleteSpace(ctx, home, func(string, int64) {}); community.CodeOf(err) != community.CodeForbidden {
			t.Errorf("deleting the real one: %v, want forbidden", err)
		}
		if _, err := s.DeleteSpace(ctx, space.Org, func(string, int64) {}); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("deleting an open one: %v, want a conflict", err)
		}
		if orgs, err := s.Orgs(ctx); err != nil || len(orgs) != 1 || orgs[0].Key != home {
			t.Errorf("orgs while it is loading = %+v, %v; want the real one", orgs, err)
		}
		if err := s.LeaveSpace(ctx, home, community.Audit{User: "cli"}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.DeleteSpace(ctx, space.Org, func(string, int64) {}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Space(ctx, home); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("after it: %v, want not found", err)
		}
		if err := s.LeaveSpace(ctx, home, community.Audit{User: "cli"}); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("deleting what is not there: %v, want not found", err)
		}
	})
}
