package duty

import "qunluo/internal/community"

// States of a lockdown.
const (
	LockOn     = "on"
	LockEnding = "ending" // groups are being opened again
	LockOver   = "over"
)

// Lockdown (一键封控) is a set of groups in which everybody is muted for a while, and nothing is sent by plan.
type Lockdown struct {
	ID      community.ID
	Org     community.OrgKey
	State   string
	User    string
	Reason  string
	Text    string // announced where it begins; "" = nothing
	People  int64  // members of the groups when it began, counted per group
	Began   int64
	Until   int64 // when it ends by itself, UTC ms; 0 = not by itself
	Ended   int64
	EndedBy string
	Groups  []LockedGroup
}

// LockedGroup is one group of a lockdown.
type LockedGroup struct {
	Group  community.GroupKey
	Name   string
	On     bool
	Before bool         // all were muted already: nothing is changed, and nothing is restored
	Action community.ID // our mute; zero = not wanted yet, or not needed
	State  community.State
}

// LockRule marks the actions of a lockdown.
func LockRule(id community.ID) string { return "lockdown:" + id.String() }

// Opening is how a group is brought back to what it was.
type Opening string

// Ways of opening a group again.
const (
	OpenNothing Opening = "nothing" // it is as it was
	OpenCancel  Opening = "cancel"  // our mute was never done: it is not wanted any more
	OpenLift    Opening = "lift"    // our mute was done, or may have been
)

// Restore says how to bring a group back to exactly what it was before.
func (g LockedGroup) Restore() Opening {
	switch {
	case g.Before || g.Action.IsZero() || g.State == community.Failed || g.State == community.Cancelled:
		return OpenNothing
	case g.State == community.Planned || g.State == community.Queued || g.State == community.HumanTask:
		return OpenCancel
	}
	return OpenLift
}

// LockOrder says which groups to lock down: those named, or those with a tag, or all.
type LockOrder struct {
	Groups []community.GroupKey
	Tag    string
	All    bool
	Until  int64 // UTC ms; 0 = until somebody ends it
	Text   string
	Reason string
}
