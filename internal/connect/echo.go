package connect

import (
	"slices"
	"sync"
	"time"

	"qunluo/internal/community"
)

const (
	echoLives  = time.Minute // how long an event of our own doing may take to come back
	mostEchoes = 512
)

// Echoes remembers what we have just done, so that the events it brings about can be told to be ours. The zero value is
// ready.
type Echoes struct {
	mu   sync.Mutex
	list []echo
}

type echo struct {
	key string
	id  community.ID
	at  time.Time
}

// Expect notes that an event with this key, if it comes within a minute, comes from the action.
func (e *Echoes) Expect(key string, id community.ID) {
	if id.IsZero() {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.list) >= mostEchoes {
		e.list = append([]echo{}, e.list[mostEchoes/2:]...)
	}
	e.list = append(e.list, echo{key, id, time.Now()})
}

// Take gives the action expected under a key and forgets it; the zero id = none.
func (e *Echoes) Take(key string) community.ID {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, one := range e.list {
		if one.key == key && time.Since(one.at) < echoLives {
			e.list = append(e.list[:i], e.list[i+1:]...)
			return one.id
		}
	}
	return community.ID{}
}

// TakeOf gives the action expected under the first of the keys that any is expected under, and forgets all that was
// expected of it: an action that may come back under several names comes back once.
func (e *Echoes) TakeOf(keys ...string) community.ID {
	for _, key := range keys {
		if id := e.Take(key); !id.IsZero() {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.list = slices.DeleteFunc(e.list, func(one echo) bool { return one.id == id })
			return id
		}
	}
	return community.ID{}
}
