package eval

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
)

// data is the folder of labelled texts, or the test is skipped.
func data(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("QL_TESTDATA")
	if dir == "" {
		if slices.Contains(strings.Split(os.Getenv("QL_REQUIRE"), ","), "testdata") {
			t.Fatal("QL_TESTDATA is not set")
		}
		t.Skip("QL_TESTDATA is not set")
	}
	return dir
}

func TestUnknownMeasurementIsNotFound(t *testing.T) {
	if _, err := Run(t.Context(), "nothing", Options{}); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("err = %v, want not_found", err)
	}
}

func TestMissingDataIsNotFound(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		if _, err := Run(t.Context(), "all", Options{Data: dir}); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("folder %q: err = %v, want not_found", dir, err)
		}
	}
}

func TestPartsAreHalves(t *testing.T) {
	in := map[string]int{}
	for i := range 10_000 {
		in[partOf("句子"+string(rune(0x4e00+i)))]++
	}
	if in[Train]+in[Test] != 10_000 || in[Train] < 4700 || in[Train] > 5300 {
		t.Errorf("parts = %v, want halves", in)
	}
}

// The values are those of the formula in Wilson 1927, worked out by hand for 8 of 10 and 0 of 10.
func TestSharesCarryTheirInterval(t *testing.T) {
	for _, c := range []struct {
		of        count
		low, high float64
	}{{count{8, 10}, 0.4902, 0.9433}, {count{0, 10}, 0, 0.2775}, {count{}, 0, 1}} {
		low, high := c.of.wilson()
		if math.Abs(low-c.low) > 5e-4 || math.Abs(high-c.high) > 5e-4 {
			t.Errorf("%v: %.4f to %.4f, want %.4f to %.4f", c.of, low, high, c.low, c.high)
		}
	}
	if r := most("x", count{2, 10}, 10); r.Met || !r.AtMost {
		t.Errorf("2 of 10 are at most a tenth: %+v", r)
	}
	if r := least("x", count{9, 10}, 90); !r.Met {
		t.Errorf("9 of 10 are not nine tenths: %+v", r)
	}
}

func TestDisguisesAreMeasured(t *testing.T) {
	rows, err := Run(t.Context(), "disguises", Options{Data: data(t)})
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]Row{}
	for _, r := range rows {
		t.Logf("%-28s %6.2f %s (%.2f to %.2f) of %5d, plain %.2f, target %.2f, met %v %s", r.Name, r.Value, r.Unit, r.Low, r.High, r.N, r.Baseline, r.Target, r.Met, r.Skipped)
		by[r.Name] = r
	}
	for _, d := range disguiseKinds() {
		if r := by["disguise."+d.name]; r.N < 800 || r.Value < r.Baseline || r.Target != d.target {
			t.Errorf("%s = %+v", d.name, r)
		}
	}
}

// TestListOfOthersIsTamedByTheGroupsOwnPast: what lint leaves of 51,117 words hits about half a percent of the days after, and
// at least 70 % of the longer words stay. The command says whether the figures are met; here they are floors, a fifth apart.
func TestListOfOthersIsTamedByTheGroupsOwnPast(t *testing.T) {
	rows, err := Run(t.Context(), "lint", Options{Data: data(t)})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 3 {
		t.Fatalf("rows = %+v", rows)
	}
	for _, r := range rows {
		t.Logf("%-20s %6.2f %s (%.2f to %.2f) of %d, plain %.2f", r.Name, r.Value, r.Unit, r.Low, r.High, r.N, r.Baseline)
	}
	if hits, stay := rows[0], rows[2]; hits.Name != "lint.hits" || hits.Value > 1.2*hits.Target || stay.Name != "lint.stay" || stay.Value < stay.Target {
		t.Errorf("hits %.2f %% and keeps %.1f %%, want %.2f and %.0f", hits.Value, stay.Value, hits.Target, stay.Target)
	}
	if rows[0].Baseline < 50 || rows[0].N < 13_000 {
		t.Errorf("as it stands the list hits %.2f %% of %d messages: nothing was tamed", rows[0].Baseline, rows[0].N)
	}
}
