package h5

import (
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"
)

// visitorsKept bounds how many visits of a day are remembered; beyond it a visit may count twice.
const visitorsKept = 100_000

// visitors tells the first visit of a day from the others without keeping who came: hashes under a salt of the day, in
// memory only. When the day is over the salt is gone, and with it any way back.
type visitors struct {
	clock func() time.Time
	mu    sync.Mutex
	day   string
	salt  [32]byte
	seen  map[[16]byte]struct{}
}

func newVisitors(clock func() time.Time) *visitors { return &visitors{clock: clock} }

// fresh reports whether a visitor comes to a code for the first time today (UTC).
func (v *visitors) fresh(code, address, agent string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if today := v.clock().UTC().Format(time.DateOnly); today != v.day {
		v.day, v.seen = today, map[[16]byte]struct{}{}
		rand.Read(v.salt[:]) //nolint:errcheck // never fails
	}
	h := sha256.New()
	for _, part := range []string{string(v.salt[:]), code, address, agent} {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	var key [16]byte
	copy(key[:], h.Sum(nil))
	if _, known := v.seen[key]; known {
		return false
	}
	if len(v.seen) < visitorsKept {
		v.seen[key] = struct{}{}
	}
	return true
}
