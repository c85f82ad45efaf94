package bench

import (
	"database/sql"
	"os"
	"strconv"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/store/storetest"
)

// options are tiny by default; QL_BENCH=1 measures in full, as `qunluo bench` does.
func options(t *testing.T) Options {
	scale := 0.02
	if s, err := strconv.ParseFloat(os.Getenv("QL_BENCH"), 64); err == nil {
		scale = s
	}
	o := Options{Scale: scale, Rounds: 5, Dir: t.TempDir(), Told: func(line string) { t.Log(line) }}
	if scale < 0.1 {
		o.Rounds = 1
	}
	return o
}

func measured(t *testing.T, name string) map[string]Row {
	t.Helper()
	rows, err := Run(t.Context(), name, options(t))
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]Row{}
	for _, r := range rows {
		t.Logf("%-24s %12.2f %-12s baseline %12.2f ratio %.3f target %.2f met %v", r.Name, r.Value, r.Unit, r.Baseline, r.Ratio, r.Target, r.Met)
		by[r.Name] = r
	}
	return by
}

func TestIngestIsMeasuredAgainstTheSameRows(t *testing.T) {
	rows := measured(t, "ingest")
	r := rows["ingest"]
	if r.Value <= 0 || r.Baseline <= 0 || r.Ratio != r.Value/r.Baseline || r.Target != 0.60 {
		t.Errorf("ingest = %+v", r)
	}
	if hits := rows["ingest.hits"].Value; hits < 1 || hits > 4 {
		t.Errorf("hits = %.2f %%, want about 2", hits)
	}
	if rows["ingest.receive.p99"].Value <= 0 || rows["ingest.fsync.p99"].Value <= 0 {
		t.Errorf("no waits measured: %+v", rows)
	}
}

func TestUnknownBenchIsNotFound(t *testing.T) {
	if _, err := Run(t.Context(), "nothing", Options{}); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("err = %v, want not_found", err)
	}
}

func TestReplayIsMeasuredAgainstAScan(t *testing.T) {
	rows := measured(t, "replay")
	if r := rows["replay"]; r.Value <= 0 || r.Baseline <= 0 || r.Target != 0.35 {
		t.Errorf("replay = %+v", r)
	}
	if hits := rows["replay.hits"].Value; hits < 1 || hits > 4 {
		t.Errorf("hits = %.2f %%, want about 2", hits)
	}
}

func TestImportIsMeasuredAgainstTheSameRows(t *testing.T) {
	rows := measured(t, "import")
	if r := rows["import"]; r.Value <= 0 || r.Baseline <= 0 || r.Target != 0.5 {
		t.Errorf("import = %+v", r)
	}
	for _, name := range []string{"import.search", "import.search.lag", "import.wall", "import.memory"} {
		if rows[name].Value <= 0 {
			t.Errorf("%s = %+v", name, rows[name])
		}
	}
}

func TestActionsAreTimedFromTheirCommit(t *testing.T) {
	rows := measured(t, "wire")
	if r := rows["wire.p99"]; r.Value <= 0 || r.Target != 20 || r.Met != (r.Value <= 20) {
		t.Errorf("wire.p99 = %+v", r)
	}
	if rows["wire.actions"].Value < 1 || rows["wire.rate"].Value <= 0 {
		t.Errorf("nothing went out: %+v", rows)
	}
}

func TestMirrorUnderCutsIsCounted(t *testing.T) {
	rows := measured(t, "mirror")
	if n := rows["mirror.copies"].Value; n < 800 {
		t.Errorf("copies = %.0f, want at least 800", n)
	}
	for _, name := range []string{"mirror.lost", "mirror.doubled"} {
		if r := rows[name]; r.Value != 0 || !r.Met {
			t.Errorf("%s = %+v, want none", name, r)
		}
	}
}

func TestOnPostgresOnlyTheClockIsRead(t *testing.T) {
	url := storetest.EmptyPostgresURL(t)
	for _, name := range []string{"ingest", "replay", "import"} {
		o := options(t)
		o.Database = url
		rows, err := Run(t.Context(), name, o)
		if err != nil {
			t.Fatal(name, err)
		}
		for _, r := range rows {
			t.Logf("%-24s %12.2f %s", r.Name, r.Value, r.Unit)
			if r.Baseline != 0 || r.Ratio != 0 {
				t.Errorf("%+v: a baseline on PostgreSQL", r)
			}
		}
		if rows[0].Name != name+".wall" || rows[0].Value <= 0 {
			t.Errorf("%s = %+v", name, rows)
		}
	}
	o := options(t)
	o.Database = url
	if _, err := Run(t.Context(), "pages", o); community.CodeOf(err) != community.CodeUnsupported {
		t.Errorf("pages on PostgreSQL: %v, want unsupported", err)
	}
	o.Database = "mysql://x"
	if _, err := Run(t.Context(), "ingest", o); community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("another database: %v, want bad_input", err)
	}
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var left int
	if err := db.QueryRow(`SELECT count(*) FROM pg_database WHERE datname LIKE 'qunluo_bench_%'`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d databases are left behind, %v", left, err)
	}
}
