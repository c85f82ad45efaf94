package httpd

import (
	"sync"
	"time"
)

// Rate allows n things per span and key, spread evenly after the first n (GCRA). It holds at most 10,000 keys; when
// full, keys that owe nothing are forgotten, and if none is left newcomers are refused.
type Rate struct {
	clock func() time.Time
	step  time.Duration
	burst time.Duration

	mu   sync.Mutex
	next map[string]time.Time // the time at which the key owes nothing any more
}

const rateKeys = 10000

// NewRate makes a Rate; n ≥ 1.
func NewRate(n int, span time.Duration, clock func() time.Time) *Rate {
	return &Rate{clock: clock, step: span / time.Duration(n), burst: span, next: map[string]time.Time{}}
}

// Allow counts one thing for the key, or says how long to wait; a refused thing does not count.
func (r *Rate) Allow(key string) (ok bool, wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.clock()
	due, known := r.next[key]
	if !known && len(r.next) >= rateKeys && !r.sweep(now) {
		return false, r.step
	}
	if due.Before(now) {
		due = now
	}
	due = due.Add(r.step)
	if over := due.Sub(now) - r.burst; over > 0 {
		return false, over
	}
	r.next[key] = due
	return true, 0
}

func (r *Rate) sweep(now time.Time) bool {
	for k, due := range r.next {
		if !due.After(now) {
			delete(r.next, k)
		}
	}
	return len(r.next) < rateKeys
}
