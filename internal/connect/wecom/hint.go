package wecom

import (
	"context"
	"maps"
	"sync"
	"time"
)

// settle is how long a group rests after a hint before it is read: the platform's details lag about two seconds behind.
const settle = 2500 * time.Millisecond

// maxHints bounds how many groups may wait; one more is read by the next full reading.
const maxHints = 20_000

// hints are groups to be read again: one entry per group however many hints came.
type hints struct {
	mu   sync.Mutex
	due  map[string]*hint
	busy map[string]bool // being read now
	wake chan struct{}
}

type hint struct {
	at    time.Time
	quit  map[string]string // who is said to have left, and how
	tries int
}

func newHints() hints {
	return hints{due: map[string]*hint{}, busy: map[string]bool{}, wake: make(chan struct{}, 1)}
}

// add asks for a reading of a group at a time; earlier wishes for it keep their time, so that a busy group is read too.
func (h *hints) add(chat string, quit map[string]string, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	was := h.due[chat]
	if was == nil {
		if len(h.due) >= maxHints {
			return
		}
		was = &hint{at: at, quit: map[string]string{}}
		h.due[chat] = was
	}
	for id, reason := range quit {
		if len(was.quit) < maxItems {
			was.quit[id] = reason
		}
	}
	h.ring()
}

func (h *hints) ring() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// next gives a group that is due, or how long until one is. A group is never read twice at once.
func (h *hints) next(now time.Time) (string, *hint, time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	chat, first := "", time.Time{}
	for id, it := range h.due {
		if !h.busy[id] && (chat == "" || it.at.Before(first)) {
			chat, first = id, it.at
		}
	}
	if chat == "" {
		return "", nil, time.Hour
	}
	if wait := first.Sub(now); wait > 0 {
		return "", nil, wait
	}
	it := h.due[chat]
	delete(h.due, chat)
	h.busy[chat] = true
	return chat, it, 0
}

// done ends a reading. One that failed in passing is tried again after a growing pause, with what was known.
func (h *hints) done(chat string, it *hint, again bool) {
	h.mu.Lock()
	delete(h.busy, chat)
	h.mu.Unlock()
	if again && it.tries < 12 {
		pause := min(5*time.Second<<it.tries, 5*time.Minute)
		h.add(chat, it.quit, time.Now().Add(pause))
		h.mu.Lock()
		if now := h.due[chat]; now != nil {
			now.tries = it.tries + 1
		}
		h.mu.Unlock()
	}
	h.ring()
}

// waiting are the groups that are due or being read.
func (h *hints) waiting() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.due) + len(h.busy)
}

// readHinted reads groups as they become due.
func (s *Session) readHinted(ctx context.Context) {
	for {
		chat, it, wait := s.hints.next(time.Now())
		if it == nil {
			timer := time.NewTimer(wait)
			select {
			case <-ctx.Done():
				timer.Stop()
				return
			case <-s.hints.wake:
				s.hints.pass(time.Now())
			case <-timer.C:
			}
			timer.Stop()
			continue
		}
		err := s.reread(ctx, chat, maps.Clone(it.quit))
		s.hints.done(chat, it, err != nil && passing(err))
		if ctx.Err() != nil {
			return
		}
	}
}

// pass wakes the next reader where more than one group waits, so that each waits for the earliest.
func (h *hints) pass(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for id, it := range h.due {
		if !h.busy[id] && !it.at.After(now) {
			n++
		}
	}
	if n > 1 {
		h.ring()
	}
}
