package app

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// A house in which nothing happens gives its memory back. The heap may grow far beyond what lives before it is collected, which spares
// a busy house much work; one at rest would keep the memory of its last busy hour.
const (
	restEach  = time.Minute
	restQuiet = 32 << 20 // bytes allocated in restEach, at most, while nothing happens
	restWorth = 4 << 20  // bytes allocated since memory was given back, at least, for it to be worth a collection
)

// keepRest gives memory back in quiet minutes, until ctx ends.
func (a *App) keepRest(ctx context.Context) error {
	tick := time.NewTicker(restEach)
	defer tick.Stop()
	last, given := allocated(), uint64(0)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		now := allocated()
		if resting(now-last, now-given) {
			debug.FreeOSMemory()
			given = allocated()
		}
		last = allocated()
	}
}

// resting decides whether memory is given back: lately and since are what was allocated in the last restEach and since the last time,
// in bytes.
func resting(lately, since uint64) bool { return lately <= restQuiet && since >= restWorth }

// allocated is what the program has allocated since it began, in bytes.
func allocated() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}
