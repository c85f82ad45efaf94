package measure_test

import (
	"testing"

	"qunluo/internal/measure"
)

func TestEveryMetricIsListedOnceWithFormulaAndPopulation(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range measure.Metrics() {
		if m.Formula == "" || m.Population == "" || seen[m.Area+"."+m.Name] {
			t.Errorf("metric %+v", m)
		}
		seen[m.Area+"."+m.Name] = true
	}
	if len(seen) < 53 {
		t.Errorf("%d metrics", len(seen))
	}
}
