// Package eval measures how good verdicts and guesses are, over labelled texts that stand outside the repository: how many of the
// disguised words are found, how often innocent talk is hit, which message answers which.
//
// A figure is a share of messages with the interval in which it may be believed (Wilson, 95 %). What is built upon one part of the
// data is measured on another: texts are told apart by a hash of their source, so that the parts never change.
package eval

import (
	"context"
	"fmt"
	"slices"

	"qunluo/internal/community"
)

// Row is one figure. A row without a target is only told: Met is true then. A row that could not be measured says so in
// Skipped, and is not met.
type Row struct {
	Name     string  `json:"name"`
	Value    float64 `json:"value"`
	Unit     string  `json:"unit"` // %, ms, messages/CPU-s, …
	Low      float64 `json:"low"`  // where Value is a share: 95 % of it lies between Low and High
	High     float64 `json:"high"`
	N        int     `json:"n"`        // of how many
	Baseline float64 `json:"baseline"` // in Unit: what the plain way reaches; 0 where there is none
	Target   float64 `json:"target"`   // 0 where there is none
	AtMost   bool    `json:"at_most"`  // Value must not pass Target
	Met      bool    `json:"met"`
	Skipped  string  `json:"skipped"` // why it was not measured
}

// Options say what is measured with.
type Options struct {
	Data string                 // the folder of data
	Part string                 // "test", or "train" while something is being built; "" = test
	Told func(line string)      // what is being done; may be nil
	Show func(missed ...string) // single texts that were missed or wrongly hit, for those who build; may be nil
}

// Parts of the data.
const (
	Train = "train"
	Test  = "test"
)

type test struct {
	name string
	run  func(ctx context.Context, o Options) ([]Row, error)
}

// moderation is the table of what can be measured.
func moderation() []test {
	return []test{
		{"disguises", disguises},
		{"lint", lint},
		{"live", liveSpam},
		{"shipped", shipped},
		{"cold", coldStart},
		{"copies", nearCopies},
		{"opinion", opinions},
		{"raids", raids},
		{"decision", wholeDecision},
	}
}

// Names lists the measurements of verdicts in the order in which "all" runs them.
func Names() []string { return namesOf(moderation()) }

func namesOf(tests []test) []string {
	var names []string
	for _, t := range tests {
		names = append(names, t.name)
	}
	return names
}

// Run runs the measurement called name, or all of verdicts ("" or "all"). community.CodeNotFound for another name, and where the
// folder does not hold the data.
func Run(ctx context.Context, name string, o Options) ([]Row, error) {
	if o.Told == nil {
		o.Told = func(string) {}
	}
	if o.Show == nil {
		o.Show = func(...string) {}
	}
	if o.Part == "" {
		o.Part = Test
	}
	all := name == "" || name == "all"
	tests := moderation()
	if !all {
		tests = slices.DeleteFunc(slices.Concat(tests, insight(), fair()), func(t test) bool { return t.name != name })
	}
	if len(tests) == 0 {
		return nil, community.Errorf(community.CodeNotFound, "no measurement %q: want one of %v or all", name, slices.Concat(Names(), Insights(), Draws()))
	}
	var rows []Row
	for _, t := range tests {
		got, err := t.run(ctx, o)
		if err != nil {
			return rows, fmt.Errorf("eval %s: %w", t.name, err)
		}
		rows = append(rows, got...)
	}
	return rows, nil
}

func (o Options) tell(format string, args ...any) { o.Told(fmt.Sprintf(format, args...)) }
