package eval

import (
	"testing"

	"qunluo/internal/measure"
)

// TestDeclinesAreWarnedOf reports the rooms on which the limit was chosen; those that measure it are for `qunluo eval`.
func TestDeclinesAreWarnedOf(t *testing.T) {
	rows, err := Run(t.Context(), "stage", Options{Data: data(t), Part: Train, Told: func(line string) { t.Log(line) }})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		t.Logf("%-18s %.2f %s (%.2f to %.2f) of %d, plain %.2f, target %.0f, met %v %s", r.Name, r.Value, r.Unit, r.Low, r.High, r.N, r.Baseline, r.Target, r.Met, r.Skipped)
		if (r.Name == "stage.half.days" || r.Name == "stage.false") && !r.Met {
			t.Errorf("%s = %.2f, want at most %.0f", r.Name, r.Value, r.Target)
		}
	}
}

func TestDelayCountsFromTheBeginning(t *testing.T) {
	series := []float64{9, 9, 9, 9, 1, 1, 1}
	low := func(weeks []measure.Week, _ measure.StageRules) bool { return weeks[len(weeks)-1].Speakers < 5 }
	if got := delay(series, 4, measure.StageRules{}, low); got != 7 {
		t.Errorf("told at the end of the first week: %v days, want 7", got)
	}
	if got := delay(series, 5, measure.StageRules{}, low); got != stageNever {
		t.Errorf("what was told before counts: %v", got)
	}
	var a alarms
	for range 3 {
		a.watch(append(make([]float64, stageBegun), 9, 1, 9, 1), measure.StageRules{}, low)
	}
	if a.n != 6 || a.weeks != 12 {
		t.Errorf("alarms = %+v, want 6 in 12 weeks", a)
	}
}
