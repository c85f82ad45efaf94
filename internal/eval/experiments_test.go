package eval

import "testing"

// TestExperimentsClaimNoMoreThanTheyMay runs the simulations as the command does: every target is met, and peeking, which they are
// measured against, is as bad as it is known to be.
func TestExperimentsClaimNoMoreThanTheyMay(t *testing.T) {
	rows, err := Run(t.Context(), "experiments", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 13 {
		t.Fatalf("rows = %+v", rows)
	}
	for _, r := range rows {
		t.Logf("%-36s %6.2f %s (%.2f to %.2f) of %d, plain %.2f, target %v", r.Name, r.Value, r.Unit, r.Low, r.High, r.N, r.Baseline, r.Target)
		if !r.Met {
			t.Errorf("%s = %.2f (%.2f to %.2f), want %v", r.Name, r.Value, r.Low, r.High, r.Target)
		}
	}
	for _, i := range []int{0, 4} {
		if rows[i].Baseline < 15 || rows[i].N != aaRuns {
			t.Errorf("%s: any look |z| > 1.96 claims %.1f %% of %d, want far more than 5", rows[i].Name, rows[i].Baseline, rows[i].N)
		}
	}
	again, err := Run(t.Context(), "experiments", Options{})
	if err != nil || len(again) != len(rows) || again[0] != rows[0] || again[9] != rows[9] {
		t.Errorf("the same seed gives other figures: %+v, %v", again, err)
	}
}
