package store

import (
	"errors"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/identity"
)

// Who has something in common is read anew after a minute, at once for another organisation, after a failure, and when the
// clock was put back.
func TestCandidatesOfManyAreKeptForAMinute(t *testing.T) {
	var a alikes
	now, reads := int64(1_000_000), 0
	ask := func(org community.OrgKey, fails error) (int, error) {
		list, err := a.get(org, func() int64 { return now }, func() ([]identity.Candidate, error) {
			reads++
			return make([]identity.Candidate, reads), fails
		})
		return len(list), err
	}
	minute := candidatesFresh.Milliseconds()
	for _, step := range []struct {
		what  string
		org   community.OrgKey
		after int64
		want  int
	}{
		{"the first time", 1, 0, 1}, {"at once", 1, 0, 1}, {"just before the minute", 1, minute - 1, 1}, {"of another organisation", 2, 0, 2},
		{"after a minute", 1, 1, 3}, {"the clock put back", 1, -2 * minute, 4}, {"at once after that", 1, 1, 4},
	} {
		now += step.after
		if got, err := ask(step.org, nil); err != nil || got != step.want {
			t.Errorf("%s: reading %d (%v), want %d", step.what, got, err, step.want)
		}
	}
	now += 2 * minute
	broken := errors.New("broken")
	if _, err := ask(1, broken); err != broken {
		t.Errorf("a failure gave %v", err)
	}
	if got, err := ask(1, nil); err != nil || got != 6 {
		t.Errorf("after a failure: reading %d (%v), want 6", got, err)
	}
}
