package conntest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// Host is a host that remembers.
type Host struct {
	mu      sync.Mutex
	err     error
	refused int
	events  []connect.Inbound
	healths []connect.Health
	changed chan struct{}
}

var _ connect.Host = (*Host)(nil)

// NewHost makes a host that takes everything.
func NewHost() *Host { return &Host{changed: make(chan struct{})} }

// Receive implements connect.Host.
func (h *Host) Receive(_ context.Context, in ...connect.Inbound) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	defer h.wake()
	if h.err != nil {
		h.refused++
		return h.err
	}
	h.events = append(h.events, in...)
	return nil
}

// Report implements connect.Host.
func (h *Host) Report(health connect.Health) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.healths = append(h.healths, health)
	h.wake()
}

func (h *Host) wake() {
	close(h.changed)
	h.changed = make(chan struct{})
}

// Refuse lets Receive fail from now on; nil ends that.
func (h *Host) Refuse(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err = err
}

// Refused counts the failed Receives.
func (h *Host) Refused() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.refused
}

// Of lists the events of a type, in the order they came.
func (h *Host) Of(kind community.Type) []connect.Inbound {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(h.events), func(in connect.Inbound) bool { return in.Type != kind })
}

// Healths lists all reports.
func (h *Host) Healths() []connect.Health {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.healths)
}

// State is the last reported state; "" before the first.
func (h *Host) State() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.healths) == 0 {
		return ""
	}
	return h.healths[len(h.healths)-1].State
}

// Until waits until cond holds, looking whenever something came and now and then; it fails the test after half a minute.
func (h *Host) Until(t *testing.T, what string, cond func() bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		h.mu.Lock()
		changed := h.changed
		h.mu.Unlock()
		if cond() {
			return
		}
		select {
		case <-changed:
		case <-time.After(20 * time.Millisecond):
		case <-deadline:
			t.Fatalf("waited in vain for: %s; last reports %+v", what, lastOf(h.Healths(), 3))
		}
	}
}
