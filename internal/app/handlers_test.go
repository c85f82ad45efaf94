package app

import "testing"

// What a house does by the clock has somebody who does it, and the rounds that it promises are among it.
func TestRoundsAreKept(t *testing.T) {
	handlers, kinds := new(App).handlers(), map[string]bool{}
	for _, p := range periodic() {
		if handlers[p.Kind] == nil {
			t.Errorf("nobody does %q", p.Kind)
		}
		if kinds[p.Kind] {
			t.Errorf("%q stands twice", p.Kind)
		}
		kinds[p.Kind] = true
	}
	for _, kind := range []string{jobLookAround, jobWipe, jobSOPs, jobMasses, jobCodes, jobComers, jobCaps, jobMedia, jobDrifts, jobSuggests, jobBlocklists, jobHits, jobAsks, jobLooks, jobAdjusts, jobArticles, jobTiers, jobTags, jobExperiments, jobGrowth, jobReach} {
		if !kinds[kind] {
			t.Errorf("%q is never due", kind)
		}
	}
}
