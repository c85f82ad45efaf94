package app

import "testing"

func TestMemoryIsGivenBackInQuietMinutesOnly(t *testing.T) {
	for _, tc := range []struct {
		lately, since uint64
		want          bool
	}{{0, 0, false}, {0, restWorth, true}, {restQuiet, 1 << 30, true}, {restQuiet + 1, 1 << 30, false}, {1 << 20, restWorth - 1, false}} {
		if got := resting(tc.lately, tc.since); got != tc.want {
			t.Errorf("%d lately, %d since: %v", tc.lately, tc.since, got)
		}
	}
	before := allocated()
	kept = make([]byte, 1<<20)
	if got := allocated() - before; got < 1<<20 {
		t.Errorf("a megabyte was counted as %d bytes", got)
	}
}

var kept []byte
