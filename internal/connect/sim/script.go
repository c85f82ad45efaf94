package sim

import "qunluo/internal/connect"

// Script says what happens in a world by itself. A session's Run asks it for one moment at a time, so a script may
// look at the world before it answers.
type Script interface {
	// Next is the next moment at which something happens and what; now and at are UTC milliseconds, at not before now.
	// ok = false: nothing will happen any more. Events without a time happen when their moment has come.
	Next(now int64) (at int64, in []connect.Inbound, ok bool)
}

// Scene is a ready-made world.
type Scene struct {
	Name  string // the setting's value
	Title [2]string
	// Open makes or hands out the world, and what happens in it by itself (nil = nothing). Sessions that get the same
	// world live in it together; each runs its own script.
	Open func(clock func() int64) (*World, Script)
}
