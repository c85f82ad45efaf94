package hook

import "sync"

// window remembers signatures for as long as their timestamps are good. A signature is good for Window on either side of
// now, so the halves are changed each twice Window and two of them cover it.
type window struct {
	mu       sync.Mutex
	now, old map[string]struct{}
	since    int64
}

func newWindow() *window { return &window{now: map[string]struct{}{}} }

// first reports whether a signature was not seen before. A full window refuses: better a call too few than one twice.
func (w *window) first(signature string, now int64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now-w.since > 2*Window {
		if now-w.since > 4*Window {
			w.now = nil
		}
		w.old, w.now, w.since = w.now, map[string]struct{}{}, now
	}
	_, a := w.now[signature]
	_, b := w.old[signature]
	if a || b || len(w.now) >= replays {
		return false
	}
	w.now[signature] = struct{}{}
	return true
}
