package connect

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"qunluo/internal/community"
)

// Redial keeps a session connected: when a connection ends, the next is made after a growing, jittered pause.
type Redial struct {
	First   time.Duration // the shortest pause
	Longest time.Duration // the longest, and the one after a hopeless end
	Settled time.Duration // a connection that lived longer than this starts the pauses over
	// Hopeless are the codes of ends after which somebody must do something first: the state is then "failed", else
	// "connecting". It is tried again all the same: what is wrong may be mended at the other side.
	Hopeless []community.Code
	// Tell hears of every end.
	Tell func(state string, err error)
}

// Run calls once, which connects and serves until the connection ends, until ctx ends; it gives ctx's error.
func (r Redial) Run(ctx context.Context, once func(context.Context) error) error {
	for pause := r.First; ; pause = min(pause*2, r.Longest) {
		began := time.Now()
		err := once(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Since(began) > r.Settled {
			pause = r.First
		}
		state := "connecting"
		if slices.Contains(r.Hopeless, community.CodeOf(err)) {
			state, pause = "failed", r.Longest
		}
		r.Tell(state, err)
		if !Sleep(ctx, pause/2+rand.N(pause/2)) {
			return ctx.Err()
		}
	}
}
