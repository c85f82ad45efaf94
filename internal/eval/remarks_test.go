package eval

import "testing"

// TestRemarksAreMeasured on texts of others: harmless sentences are left alone, advertising is seen more often than not.
func TestRemarksAreMeasured(t *testing.T) {
	rows, err := Run(t.Context(), "remarks", Options{Data: data(t)})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		t.Logf("%-28s %6.2f %s (%.2f to %.2f) of %5d", r.Name, r.Value, r.Unit, r.Low, r.High, r.N)
		if !r.Met || r.N < 200 {
			t.Errorf("%+v", r)
		}
	}
	if len(rows) != 9 {
		t.Errorf("%d rows, want 9", len(rows))
	}
}
