package eval

import "testing"

// TestOpinionsAreMeasured: at most one false alarm a week on recorded talk, the planted waves are found, and the same subjects
// without complaint alarm nobody.
func TestOpinionsAreMeasured(t *testing.T) {
	rows, err := Run(t.Context(), "opinion", Options{Data: data(t)})
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]Row{}
	for _, r := range rows {
		t.Logf("%-28s %6.2f %s (%.2f to %.2f) of %d, target %.2f, met %v %s", r.Name, r.Value, r.Unit, r.Low, r.High, r.N, r.Target, r.Met, r.Skipped)
		by[r.Name] = r
	}
	for _, name := range []string{"opinion.zh.false", "opinion.zh.found", "opinion.zh.calm", "opinion.en.false", "opinion.en.found", "opinion.en.calm", "opinion.gitter.false"} {
		if r, ok := by[name]; !ok || !r.Met {
			t.Errorf("%s = %+v, want its target met", name, r)
		}
	}
	if by["opinion.zh.found"].N != 10 || by["opinion.gitter.false.weeks"].Value < 50 {
		t.Errorf("%d waves, %.1f weeks: too little was measured", by["opinion.zh.found"].N, by["opinion.gitter.false.weeks"].Value)
	}
}
