package app

import (
	"context"
	"sync"

	"qunluo/internal/console"
	"qunluo/internal/engine"
)

// live tells open pages that something changed.
type live struct {
	mu   sync.Mutex
	subs map[chan console.Change]struct{}
}

// liveBuffer is how many changes a slow reader may be behind before it misses some.
const liveBuffer = 32

func newLive() *live { return &live{subs: map[chan console.Change]struct{}{}} }

// Subscribe gives changes until ctx ends.
func (l *live) Subscribe(ctx context.Context) <-chan console.Change {
	ch := make(chan console.Change, liveBuffer)
	l.mu.Lock()
	l.subs[ch] = struct{}{}
	l.mu.Unlock()
	context.AfterFunc(ctx, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.subs, ch)
		close(ch)
	})
	return ch
}

// tell never blocks: a reader whose buffer is full loses the oldest change, so that what it gets last is current.
func (l *live) tell(c console.Change) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for ch := range l.subs {
		for {
			select {
			case ch <- c:
			default:
				select {
				case <-ch:
				default:
				}
				continue
			}
			break
		}
	}
}

func (l *live) committed(c engine.Commit) {
	for _, g := range c.Groups {
		l.tell(console.Change{Kind: "message", Group: g})
	}
	if len(c.Decisions) > 0 {
		l.tell(console.Change{Kind: "decision", Group: c.Decisions[0].Group})
	}
	if c.Tasks {
		l.tell(console.Change{Kind: "task"})
	}
}
