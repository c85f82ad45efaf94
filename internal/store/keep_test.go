package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/store"
	"qunluo/internal/store/storetest"
)

func TestFactsSayThatAcknowledgedMeansDurable(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.Store) {
		s := open(t)
		f, err := s.Facts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		durable := f.Journal == "wal" && f.Synchronous == "2" && f.Integrity == "ok"
		if f.Dialect == "postgres" {
			durable = f.Synchronous == "on" || f.Synchronous == "off" // the test's cluster runs without durability: only read back
		}
		if !durable || f.Level == 0 || f.Level != f.Wants || f.Version == "" || f.Lag["search"] != 0 {
			t.Errorf("facts = %+v", f)
		}
	})
}

func TestSnapshotHoldsEveryRow(t *testing.T) {
	s := storetest.SQLite(t)
	if _, err := s.Org(t.Context(), "群落", false); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := s.Snapshot(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	counts, err := store.Inspect(t.Context(), path, quiet)
	if err != nil || counts["org"].Rows != 1 || len(counts) < 20 {
		t.Errorf("counts = %v, %v", counts, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
}

func TestInspectNoticesDamage(t *testing.T) {
	s := storetest.SQLite(t)
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := s.Snapshot(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 4096; i < 8192; i++ {
		whole[i] = 0xff
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if counts, err := store.Inspect(t.Context(), path, quiet); err == nil {
		t.Errorf("a page was overwritten; counts = %v", counts)
	}
}

func TestSnapshotOfPostgresIsForItsOwnTools(t *testing.T) {
	s := storetest.Postgres(t)
	if err := s.Snapshot(t.Context(), filepath.Join(t.TempDir(), "x")); community.CodeOf(err) != community.CodeUnsupported {
		t.Errorf("err = %v, want unsupported", err)
	}
}

func TestMigrationsOfADatabaseThatIsNotThere(t *testing.T) {
	o := store.Options{DataDir: t.TempDir()}
	before, err := store.Migrations(t.Context(), o, false)
	if err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(o.DataDir); len(left) != 0 {
		t.Errorf("asking made %v", left)
	}
	after, err := store.Migrations(t.Context(), o, true)
	if err != nil {
		t.Fatal(err)
	}
	if len(before) == 0 || len(after) != len(before) {
		t.Fatalf("%d steps before, %d after", len(before), len(after))
	}
	for i := range after {
		if before[i].Applied != 0 || after[i].Applied == 0 || before[i].Version != after[i].Version {
			t.Errorf("step %d: before %+v, after %+v", i, before[i], after[i])
		}
	}
}

func TestOrgsInTheOrderOfTheirMaking(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.Store) {
		s := open(t)
		for _, demo := range []bool{false, true} {
			if _, err := s.Org(t.Context(), "", demo); err != nil {
				t.Fatal(err)
			}
		}
		orgs, err := s.Orgs(t.Context())
		if err != nil || len(orgs) != 2 || orgs[0].Demo || !orgs[1].Demo || orgs[0].ID.IsZero() {
			t.Errorf("orgs = %+v, %v", orgs, err)
		}
	})
}
