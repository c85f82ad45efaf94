package measure_test

import (
	"math"
	"testing"

	"qunluo/internal/measure"
)

func lives(n, left int) []measure.Lived {
	var out []measure.Lived
	for i := range n {
		l := measure.Lived{End: 60}
		if i < left {
			l = measure.Lived{End: 5 + float64(i%20), Cause: measure.Left}
		}
		out = append(out, l)
	}
	return out
}

// TestClaimsAreComparedAndNeverTakenForTrue: with data they agree or differ, without they say what is needed.
func TestClaimsAreComparedAndNeverTakenForTrue(t *testing.T) {
	for _, c := range []struct {
		name    string
		facts   measure.ClaimFacts
		claim   string
		verdict string
		value   float64
	}{
		{"nothing", measure.ClaimFacts{}, "screened", measure.Undecided, 0},
		{"nothing", measure.ClaimFacts{}, "marks", measure.Undecided, 0},
		{"leavers whom nobody asked", measure.ClaimFacts{Leavers: 900}, "goal", measure.Undecided, 0},
		{"as told", measure.ClaimFacts{Screened: lives(400, 80), Others: lives(400, 204)}, "screened", measure.Agrees, 0.8 / 0.49},
		{"no difference", measure.ClaimFacts{Screened: lives(400, 80), Others: lives(400, 80)}, "screened", measure.Differs, 1},
		{"too few", measure.ClaimFacts{Screened: lives(25, 5), Others: lives(25, 10)}, "screened", measure.Undecided, 0.8 / 0.6},
		{"nobody left", measure.ClaimFacts{Screened: lives(400, 0), Others: lives(400, 0)}, "screened", measure.Undecided, 0},
		{"all left", measure.ClaimFacts{Screened: lives(40, 40), Others: lives(40, 40)}, "screened", measure.Undecided, 0},
		{"judged as told", measure.ClaimFacts{Judged: 400, Held: 288}, "marks", measure.Agrees, 0.72},
		{"better", measure.ClaimFacts{Judged: 400, Held: 392}, "marks", measure.Differs, 0.98},
		{"few judged", measure.ClaimFacts{Judged: 25, Held: 18}, "marks", measure.Undecided, 0.72},
		{"impossible", measure.ClaimFacts{Judged: 25, Held: 30}, "marks", measure.Undecided, 0},
	} {
		list := measure.Claims(c.facts)
		if len(list) != 7 {
			t.Fatalf("%d claims", len(list))
		}
		for _, got := range list {
			for _, v := range []float64{got.Value, got.Low, got.High, got.P} {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Errorf("%s: %+v", c.name, got)
				}
			}
			if got.Verdict == measure.Undecided && got.Need <= 0 {
				t.Errorf("%s: undecided, and nothing would be needed: %+v", c.name, got)
			}
			if got.Known && !(got.Low <= got.Value && got.Value <= got.High) || !got.Known && got.Verdict != measure.Undecided {
				t.Errorf("%s: %+v", c.name, got)
			}
			if got.Name == c.claim && (got.Verdict != c.verdict || math.Abs(got.Value-c.value) > 1e-9) {
				t.Errorf("%s: %s %v, want %s %v (%+v)", c.name, got.Verdict, got.Value, c.verdict, c.value, got)
			}
		}
	}
}
