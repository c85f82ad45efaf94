package bench_test

import (
	"os"
	"strconv"
	"testing"

	"qunluo/internal/bench"
	"qunluo/internal/store/storetest"
)

// TestManyEditOneTableWhileTheNetIsCut: nothing that was answered is lost, nothing counts twice, all screens are equal. QL_BENCH=1 is what the issue asks for.
func TestManyEditOneTableWhileTheNetIsCut(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { tablesHold(t, "") })
	t.Run("postgres", func(t *testing.T) { tablesHold(t, storetest.EmptyPostgresURL(t)) })
}

func tablesHold(t *testing.T, database string) {
	o := bench.Options{Database: database, Scale: 0.02, Dir: t.TempDir(), Told: func(line string) { t.Log(line) }}
	if s, err := strconv.ParseFloat(os.Getenv("QL_BENCH"), 64); err == nil {
		o.Scale = s
	}
	o.Open = openSite
	rows, err := bench.Run(t.Context(), "tables", o)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]bench.Row{}
	for _, r := range rows {
		by[r.Name] = r
		t.Logf("%-20s %8.2f %s met %v", r.Name, r.Value, r.Unit, r.Met)
	}
	for _, name := range []string{"tables.lost", "tables.doubled", "tables.unequal"} {
		if r, ok := by[name]; !ok || r.Value != 0 || !r.Met {
			t.Errorf("%s = %+v, want none", name, r)
		}
	}
	if by["tables.answered"].Value < 200 || by["tables.cuts"].Value < 10 || by["tables.editors"].Value < 6 {
		t.Errorf("too little was tried: %+v", by)
	}
}
