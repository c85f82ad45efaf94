package connect

import (
	"sync"
	"time"
)

// Budget is how much may be sent: so many a minute, a third of that (at least three) at once.
type Budget struct {
	mu                     sync.Mutex
	perMinute, burst, left float64
	at                     time.Time
}

// NewBudget makes a budget that is full.
func NewBudget(perMinute float64) *Budget {
	burst := max(3, perMinute/3)
	return &Budget{perMinute: perMinute, burst: burst, left: burst, at: time.Now()}
}

// Take takes one; false = none is left now.
func (b *Budget) Take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.left = min(b.burst, b.left+now.Sub(b.at).Minutes()*b.perMinute)
	b.at = now
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}
