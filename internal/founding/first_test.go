package founding

import (
	"slices"
	"testing"
)

// TestFirstStepsLeadOn: what is done or skipped is passed over; what was skipped and then done is done.
func TestFirstStepsLeadOn(t *testing.T) {
	missing := map[string][]string{StepConnect: nil, StepGoal: nil, StepSafe: {"tls"}}
	steps := Start{}.Lead(missing)
	if len(steps) != len(FirstSteps()) || steps[0].Done || !steps[2].Done || !slices.Equal(steps[4].Missing, []string{"tls"}) {
		t.Errorf("steps = %+v", steps)
	}
	for _, c := range []struct {
		skipped []string
		missing map[string][]string
		name    string
		left    int
	}{{nil, missing, StepConnect, 3}, {[]string{StepConnect}, missing, StepGoal, 2}, {[]string{StepConnect, StepGoal, StepSafe}, missing, "", 0}, {[]string{StepPeople}, missing, StepConnect, 3}, {nil, nil, "", 0}} {
		if name, left := Next(Start{Skipped: c.skipped}.Lead(c.missing)); name != c.name || left != c.left {
			t.Errorf("%v of %v: %q, %d left", c.skipped, c.missing, name, left)
		}
	}
	if s := (Start{Skipped: []string{StepPeople}}).Lead(missing); s[2].Skipped || !s[2].Done {
		t.Errorf("skipped, then done = %+v", s[2])
	}
}
