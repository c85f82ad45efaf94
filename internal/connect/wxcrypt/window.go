package wxcrypt

import (
	"crypto/sha256"
	"strconv"
	"sync"

	"qunluo/internal/community"
)

const (
	// skew is how far a call's timestamp may lie from our clock, in seconds. Calls are repeated within seconds.
	skew = 600
	// memory is how long a nonce is remembered, in seconds: platforms promise it unique for two hours.
	memory = 2 * 3600
)

// Window refuses calls that come a second time, or at the wrong time. Call it only with what a right signature covers:
// nobody without the token can fill it.
type Window struct {
	most int

	mu    sync.Mutex
	seen  map[[16]byte]sighting
	order [][16]byte // oldest first
}

type sighting struct {
	signature [16]byte
	timestamp int64
	at        int64
	state     Admission // Fresh while it is worked on, Repeated once it is taken, Refused when it was not
}

// NewWindow makes a window that remembers at most so many calls (64 bytes each).
func NewWindow(most int) *Window {
	return &Window{most: most, seen: map[[16]byte]sighting{}}
}

// Admission is how a call stands.
type Admission int

// Admissions.
const (
	Refused  Admission = iota
	Fresh              // never seen: end it with Taken or Failed
	Repeated           // the very same call was taken before: nothing is to be done, it may be answered as then
)

// Admit looks at a call of which the signature was found right; now is our time in seconds. CodeClock: its time and ours
// differ by more than ten minutes. CodeConflict: its nonce came before with something else in it. CodeBusy: the same call
// is being worked on, or there is no more room.
func (w *Window) Admit(q Query, now int64) (Admission, error) {
	stamp, err := strconv.ParseInt(q.Timestamp, 10, 64)
	if err != nil || stamp < 0 || stamp > 1<<40 {
		return Refused, community.Errorf(community.CodeBadInput, "query: timestamp is no time")
	}
	if away := now - stamp; away > skew || away < -skew {
		return Refused, community.Errorf(community.CodeClock, "a call is dated %d s away from our clock: set the clock of this machine (NTP)", away)
	}
	key, signature := digest(q.Timestamp+"\x00"+q.Nonce), digest(q.Signature)
	w.mu.Lock()
	defer w.mu.Unlock()
	was, known := w.seen[key]
	switch {
	case known && was.signature != signature:
		return Refused, community.Errorf(community.CodeConflict, "a nonce came twice with different content")
	case known && was.state == Repeated:
		return Repeated, nil
	case known && was.state == Fresh:
		return Refused, community.Errorf(community.CodeBusy, "the same call is being worked on")
	case known:
		was.state = Fresh
		w.seen[key] = was
		return Fresh, nil
	}
	if !w.room(now) {
		return Refused, community.Errorf(community.CodeBusy, "too many calls within %d s", skew)
	}
	w.seen[key] = sighting{signature: signature, timestamp: stamp, at: now, state: Fresh}
	w.order = append(w.order, key)
	return Fresh, nil
}

// Taken says that a fresh call is safely ours: the same again is a repeat.
func (w *Window) Taken(q Query) { w.end(q, Repeated) }

// Failed says that a fresh call was not taken: the platform may bring it again.
func (w *Window) Failed(q Query) { w.end(q, Refused) }

func (w *Window) end(q Query, state Admission) {
	key := digest(q.Timestamp + "\x00" + q.Nonce)
	w.mu.Lock()
	defer w.mu.Unlock()
	if was, ok := w.seen[key]; ok && was.state == Fresh {
		was.state = state
		w.seen[key] = was
	}
}

// room forgets what is two hours old and, when the window is full, what its timestamp refuses anyway.
func (w *Window) room(now int64) bool {
	for len(w.order) > 0 {
		first := w.order[0]
		was := w.seen[first]
		if now-was.at <= memory && (len(w.seen) < w.most || now-was.timestamp <= skew) {
			break
		}
		delete(w.seen, first)
		w.order = w.order[1:]
	}
	return len(w.seen) < w.most
}

func digest(text string) [16]byte {
	sum := sha256.Sum256([]byte(text))
	return [16]byte(sum[:16])
}
