package founding

import "slices"

// The first steps of a new house, in the order in which it is led through them.
const (
	StepConnect = "connect" // a platform, or the simulator
	StepGoal    = "goal"    // a group that says what it is for, best by a template
	StepPeople  = "people"  // somebody else, and somebody on duty
	StepLive    = "live"    // a group whose rules act
	StepSafe    = "safe"    // what is not yet safe
)

// FirstSteps lists them.
func FirstSteps() []string { return []string{StepConnect, StepGoal, StepPeople, StepLive, StepSafe} }

// FirstStep is how one of them stands.
type FirstStep struct {
	Name    string
	Done    bool
	Skipped bool     // somebody said: later, or not here
	Missing []string // parts that are not done, as codes: second, duty; tls, address, owners, factor
}

// Start is what people decided of the first steps.
type Start struct {
	Skipped []string `json:"skipped"`
	Closed  bool     `json:"closed"` // it is spoken of no more
}

// Lead puts together how the steps stand; missing tells of each what is not done, and steps that it does not name are done.
func (s Start) Lead(missing map[string][]string) []FirstStep {
	var out []FirstStep
	for _, name := range FirstSteps() {
		m, open := missing[name]
		out = append(out, FirstStep{Name: name, Done: !open, Skipped: open && slices.Contains(s.Skipped, name), Missing: m})
	}
	return out
}

// Next is the first step that is neither done nor skipped, and how many are; "" and 0 = none.
func Next(steps []FirstStep) (name string, left int) {
	for _, s := range steps {
		if s.Done || s.Skipped {
			continue
		}
		if left++; name == "" {
			name = s.Name
		}
	}
	return name, left
}
