package store

import (
	"bytes"
	"testing"

	"qunluo/internal/community"
)

// TestIDsOfOneMillisecondAscend: on a clock that stands still, goes on and goes back; none comes twice.
func TestIDsOfOneMillisecondAscend(t *testing.T) {
	var c chance
	seen := map[community.ID]bool{}
	make := func(at int64) community.ID {
		id := community.MakeID(at, c.at(at))
		if seen[id] {
			t.Fatalf("%s came twice", id)
		}
		seen[id] = true
		return id
	}
	last := make(1000)
	for i := range 100_000 {
		id := make(1000 + int64(i/90_000))
		if bytes.Compare(id[:], last[:]) <= 0 {
			t.Fatalf("id %d = %s after %s", i, id, last)
		}
		last = id
	}
	early := make(999)
	if next := make(1001); bytes.Compare(next[:], last[:]) <= 0 || bytes.Compare(early[:], next[:]) >= 0 {
		t.Errorf("after a step back: %s, then %s, before it %s", early, next, last)
	}
	if id := make(2000); id[6]>>4 != 7 || id[8]>>6 != 2 {
		t.Errorf("version and variant of %x, want 7 and 2", id)
	}
}
