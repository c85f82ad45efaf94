package bench

import (
	"strings"
	"testing"
)

func TestTriangleEqualsSetsAndIsMeasuredBesideThem(t *testing.T) {
	rows, err := Run(t.Context(), "insight", Options{Scale: 0.03, Rounds: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 6 || rows[0].Name != "insight.triangle" || rows[0].Ratio <= 0 || rows[0].Target != 5 || rows[2].Value < 30_000 {
		t.Errorf("rows = %+v", rows)
	}
	for _, r := range rows[3:] {
		if !strings.HasPrefix(r.Name, "insight.upkeep.") || r.Value <= 0 || r.Target != 2 || r.Met != (r.Value <= 2) {
			t.Errorf("upkeep = %+v", r)
		}
	}
}
