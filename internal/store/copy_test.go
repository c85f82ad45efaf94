package store_test

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/store"
	"qunluo/internal/store/storetest"
)

func quiet(string, int64) {}

// copied copies and wants both sides to be equal.
func copied(t *testing.T, from, to place) store.Copied {
	t.Helper()
	c, err := store.Copy(t.Context(), from.Options, to.Options, quiet)
	if err != nil {
		t.Fatalf("%s to %s: %v", from.dialect, to.dialect, err)
	}
	if diff := community.Unequal(c.Source, c.Target); len(diff) != 0 {
		t.Fatalf("%s to %s: %v differ", from.dialect, to.dialect, diff)
	}
	return c
}

// TestEveryTableGoesAroundAndComesBackTheSame: SQLite to PostgreSQL and back, with rows of awkward values in every table of the schema.
func TestEveryTableGoesAroundAndComesBackTheSame(t *testing.T) {
	first, second, third := full(t, "sqlite"), postgresPlace(t), sqlitePlace(t)
	before, err := os.ReadFile(filepath.Join(first.DataDir, "qunluo.db"))
	if err != nil {
		t.Fatal(err)
	}
	there := copied(t, first, second)
	back := copied(t, second, third)
	if diff := community.Unequal(there.Source, back.Target); len(diff) != 0 {
		t.Errorf("after the way there and back %v differ", diff)
	}
	if after, err := os.ReadFile(filepath.Join(first.DataDir, "qunluo.db")); err != nil || string(after) != string(before) {
		t.Errorf("the source's file was changed, %v", err)
	}
	for _, p := range []place{first, second, third} {
		db := p.db(t)
		for table, n := range p.counts(t, db) {
			if sum := there.Source[table]; n < 15 || sum.Rows != n || len(sum.Hash) != 64 {
				t.Errorf("%s: table %s holds %d rows, the proof says %+v", p.dialect, table, n, sum)
			}
		}
	}
	for _, p := range []place{second, third} { // and is a store
		s, err := store.Open(t.Context(), p.Options)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestPostgresGoesAroundAndComesBackTheSame(t *testing.T) {
	first, second, third := full(t, "postgres"), sqlitePlace(t), postgresPlace(t)
	there := copied(t, first, second)
	back := copied(t, second, third)
	if diff := community.Unequal(there.Source, back.Target); len(diff) != 0 {
		t.Errorf("after the way there and back %v differ", diff)
	}
	again := copied(t, third, postgresPlace(t))
	if diff := community.Unequal(there.Source, again.Target); len(diff) != 0 {
		t.Errorf("PostgreSQL to PostgreSQL: %v differ", diff)
	}
}

// TestACopyIsAStoreThatWorks copies what a store itself wrote, and goes on there.
func TestACopyIsAStoreThatWorks(t *testing.T) {
	from, to := sqlitePlace(t), postgresPlace(t)
	s, err := store.Open(t.Context(), from.Options)
	if err != nil {
		t.Fatal(err)
	}
	l := storetest.NewLog(s)
	l.Append(t, inTea("a", 1), inTea("b", 2))
	copied(t, from, to) // while it is open: of one instant
	l.Append(t, inTea("c", 3))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	other, err := store.Open(t.Context(), to.Options)
	if err != nil {
		t.Fatal(err)
	}
	facts, err := other.Facts(t.Context())
	if err != nil || facts.Head != 2 || facts.Lag["search"] == 0 {
		t.Errorf("facts = %+v, %v; want two events, which projections have not read yet", facts, err)
	}
	if err := other.CatchUp(t.Context()); err != nil {
		t.Error(err)
	}
	if err := other.Close(); err != nil {
		t.Error(err)
	}
}

// TestOneChangedValueIsFound: in a text, a blob, a number, a truth, a document, a null, and a row that is gone. Nobody serves such a copy.
func TestOneChangedValueIsFound(t *testing.T) {
	spoilt := map[string]string{
		"member": `UPDATE member SET name = name || ' ' WHERE key = 11`, "chat_group": `UPDATE chat_group SET created = created + 1 WHERE key = 11`,
		"event": `UPDATE event SET body = substr(body, 2) WHERE number = 12`, "account": `UPDATE account SET enabled = NOT enabled WHERE key = 12`,
		"setting": `UPDATE setting SET value = '{"b": 1.51}' WHERE org_key = 11`, "audit": `UPDATE audit SET before = 'null' WHERE org_key = 11 AND before IS NULL`,
		"org": `DELETE FROM org WHERE key = 11`,
	}
	bothPlaces(t, func(t *testing.T, empty func(testing.TB) place) {
		from, to := full(t, "sqlite"), empty(t)
		got, err := store.CopyFilled(t.Context(), from.Options, to.Options, func(ctx context.Context, db *sql.DB) error {
			for _, statement := range spoilt {
				res, err := db.ExecContext(ctx, statement)
				if err != nil {
					return err
				}
				if n, err := res.RowsAffected(); err != nil || n != 1 {
					t.Errorf("%s: %d rows, %v", statement, n, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff, want := community.Unequal(got.Source, got.Target), slices.Sorted(maps.Keys(spoilt)); !slices.Equal(diff, want) {
			t.Errorf("%v differ, want %v", diff, want)
		}
		if s, err := store.Open(t.Context(), to.Options); err == nil || !strings.Contains(err.Error(), "half of a copy") {
			t.Errorf("a copy that is not equal was opened: %v, %v", s != nil, err)
		}
	})
}

// TestHalfACopyIsRefusedAndBegunAnew stops a copy at its end, and in its middle.
func TestHalfACopyIsRefusedAndBegunAnew(t *testing.T) {
	bothPlaces(t, func(t *testing.T, empty func(testing.TB) place) {
		from, to := full(t, "sqlite"), empty(t)
		stopped := errors.New("stopped")
		if _, err := store.CopyFilled(t.Context(), from.Options, to.Options, func(context.Context, *sql.DB) error { return stopped }); !errors.Is(err, stopped) {
			t.Fatalf("err = %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		if _, err := store.Copy(ctx, from.Options, to.Options, func(table string, _ int64) {
			if table == "member" {
				cancel()
			}
		}); err == nil {
			t.Fatal("a copy went on after it was told to stop")
		}
		s, err := store.Open(t.Context(), to.Options)
		if err == nil {
			t.Fatalf("half a copy was opened: %v", s.Close())
		}
		if words, ok := errors.AsType[interface {
			error
			Words() [2]string
		}](err); !ok || !strings.Contains(words.Words()[0], "从头开始") || !strings.Contains(words.Words()[1], "begins anew") {
			t.Errorf("%v does not say how to go on", err)
		}
		if _, err := store.Copy(t.Context(), to.Options, empty(t).Options, quiet); err == nil {
			t.Error("half a copy was copied")
		}
		copied(t, from, to)
	})
}

// TestBadPlacesAreRefused: a target that holds something, a source of another level, and one that is none.
func TestBadPlacesAreRefused(t *testing.T) {
	bothPlaces(t, func(t *testing.T, empty func(testing.TB) place) {
		dialect := empty(t).dialect
		from := full(t, dialect)
		taken := full(t, dialect)
		sums, err := store.Sums(t.Context(), taken.Options, quiet)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.Copy(t.Context(), from.Options, taken.Options, quiet); err == nil || !strings.Contains(err.Error(), "must be empty") {
			t.Errorf("onto what is there: %v", err)
		}
		after, err := store.Sums(t.Context(), taken.Options, quiet)
		if err != nil || len(community.Unequal(sums, after)) != 0 {
			t.Errorf("the refused target was changed: %v, %v", community.Unequal(sums, after), err)
		}
		if _, err := store.Copy(t.Context(), from.Options, from.Options, quiet); err == nil {
			t.Error("onto itself")
		}
		if _, err := store.Copy(t.Context(), empty(t).Options, empty(t).Options, quiet); err == nil {
			t.Error("an empty source was copied")
		}
		levels, err := store.Levels(from.dialect)
		if err != nil {
			t.Fatal(err)
		}
		old := empty(t)
		if err := store.MigrateTo(t.Context(), old.Options, levels[len(levels)-2]); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Copy(t.Context(), old.Options, empty(t).Options, quiet); err == nil || !strings.Contains(err.Error(), "run qunluo migrate up first") {
			t.Errorf("an older source: %v", err)
		}
		newer := full(t, dialect)
		if _, err := newer.db(t).Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (999999, '1')`); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Copy(t.Context(), newer.Options, empty(t).Options, quiet); err == nil || !strings.Contains(err.Error(), "unknown [999999]") {
			t.Errorf("a newer source: %v", err)
		}
	})
}

// TestWhatPostgresCannotKeepIsSaid names table and column of a text with a NUL.
func TestWhatPostgresCannotKeepIsSaid(t *testing.T) {
	from := full(t, "sqlite")
	if _, err := from.db(t).Exec(`UPDATE member SET name = CAST(X'610062' AS TEXT) WHERE key = 11`); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Copy(t.Context(), from.Options, postgresPlace(t).Options, quiet); err == nil || !strings.Contains(err.Error(), "member.name") {
		t.Errorf("err = %v, want member.name", err)
	}
	copied(t, from, sqlitePlace(t))
}

func TestNumbersAndDocumentsHaveOneForm(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"0", "0"}, {"-0", "0"}, {"0.00", "0"}, {"0e9", "0"}, {"1", "1"}, {"100", "1e2"}, {"1e2", "1e2"}, {"1.50", "15e-1"}, {"0.15E1", "15e-1"},
		{"-0.0015", "-15e-4"}, {"1.5e-3", "15e-4"}, {"12345678901234567890.10", "123456789012345678901e-1"}, {"1E+2", "1e2"},
	} {
		if got := store.PlainNumber(c.in); got != c.want {
			t.Errorf("%s = %s, want %s", c.in, got, c.want)
		}
	}
	a, err := store.Canonical(`{"b":1.0,"a":{"y":[1e0,null],"x":"<"}}`)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := store.Canonical(` {"a": {"x": "\u003c", "y": [1, null]}, "b": 1}`); err != nil || a != b {
		t.Errorf("%s, %s, %v", a, b, err)
	}
	for _, bad := range []string{"", "{", "{} {}", "nul"} {
		if _, err := store.Canonical(bad); err == nil {
			t.Errorf("%q was taken for JSON", bad)
		}
	}
}

// inTea is something that was said.
func inTea(text string, minute int64) community.Inbound {
	return community.Inbound{Type: community.MessageCreated, Key: text, Group: community.Ref{ID: "tea", Name: "茶友群"}, Actor: community.Who{ID: "u1", Name: "小满"},
		OccurredAt: minute * 60_000, Body: community.Body{Text: text, Message: text}}
}
