package eval

import "testing"

// TestEverybodyWinsAlike runs the simulation as the command does: fair places pass, the draw by a remainder does not.
func TestEverybodyWinsAlike(t *testing.T) {
	rows, err := Run(t.Context(), "draw", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 6 {
		t.Fatalf("rows = %+v", rows)
	}
	for _, r := range rows {
		t.Logf("%-18s %.4g %s of %d, target %v", r.Name, r.Value, r.Unit, r.N, r.Target)
		if !r.Met {
			t.Errorf("%s = %g, want %v", r.Name, r.Value, r.Target)
		}
	}
	if p := chiP([]int{1000, 1000, 1000, 1200}); p > drawLeast {
		t.Errorf("one of four who wins a fifth more often is not seen: p = %g", p)
	}
}
