package app

import (
	"testing"

	"qunluo/internal/store"
)

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

// TestEveryJobLeadsToWhoseItIs: jobs of a demonstration go with it only where their kind says what their key leads to.
func TestEveryJobLeadsToWhoseItIs(t *testing.T) {
	whose := map[string]bool{store.JobSpaceLoad: true, store.JobSpaceLeave: true}
	for _, p := range periodic() {
		whose[p.Kind] = true // the installation's
	}
	handlers, leads := new(App).handlers(), store.JobLeads()
	for kind := range handlers {
		if whose[kind] == (leads[kind] != "") {
			t.Errorf("job %q: want it among what comes back, or in jobLeads of the store (now %v, %q)", kind, whose[kind], leads[kind])
		}
	}
	for kind := range leads {
		if handlers[kind] == nil {
			t.Errorf("job %q leads somewhere, and nobody does it", kind)
		}
	}
}
