package proof

import (
	"slices"

	"qunluo/internal/community"
)

// Bounds of how long a proof is good, in minutes.
const (
	MinMinutes   = 1
	MaxMinutes   = 60
	UsualMinutes = 5
)

// Demand is what an organisation asks of those who sign in.
type Demand struct {
	Roles   []string `json:"roles"`   // who must have a second factor
	Minutes int      `json:"minutes"` // how long a proof is good for what is dangerous; 0 = UsualMinutes
}

// Whole gives the demand with what is not said filled in.
func (d Demand) Whole() Demand {
	if d.Minutes == 0 {
		d.Minutes = UsualMinutes
	}
	return d
}

// Of reports whether a role must have a second factor.
func (d Demand) Of(role string) bool { return slices.Contains(d.Roles, role) }

// Check refuses what cannot be meant. known lists the roles there are. CodeBadInput.
func (d Demand) Check(known []string) error {
	if d.Minutes < MinMinutes || d.Minutes > MaxMinutes {
		return community.Errorf(community.CodeBadInput, "minutes: %d, want %d to %d", d.Minutes, MinMinutes, MaxMinutes)
	}
	for i, r := range d.Roles {
		if !slices.Contains(known, r) || slices.Contains(d.Roles[:i], r) {
			return community.Errorf(community.CodeBadInput, "roles: %q is none, or named twice", r)
		}
	}
	return nil
}

// Fresh reports whether a proof given at a time (UTC ms) is good now. One from the future is not.
func (d Demand) Fresh(proved, now int64) bool {
	return proved > 0 && proved <= now && now-proved < int64(d.Whole().Minutes)*60_000
}

// Age says how old the last proof of somebody who is signed in may be for what they do.
type Age int

// Ages of a proof. Whoever holds a stolen session can do what takes Any for as long as it lives, which is up to 12 hours.
const (
	Any     Age = iota // signing in was proof enough
	OfShift            // good for ShiftHours
	Lately             // good for the minutes that the organisation demands
)

// ShiftHours is how long (hours) a proof is good for taking somebody out of a group whom a rule put before people, and for what may end in
// that. What owners do, exports, mass removal and keys ask for a proof of minutes; the removal of one person is a moderator's, within
// limits. So a rule's own proposal, which names one person, is answered once and
// counts towards those limits, must not ask at each: four hours are a third of what a sign-in lives, so that a working day asks twice, and
// a session that was carried off in the morning removes nobody in the afternoon. Whoever removes somebody of their own accord has no
// such proposal to hold on to, and is asked as for what is dangerous.
const ShiftHours = 4

// Good reports whether a proof given at a time (UTC ms) is good now for something that takes one of an age.
func (d Demand) Good(a Age, proved, now int64) bool {
	switch a {
	case Any:
		return true
	case OfShift:
		return proved > 0 && proved <= now && now-proved < ShiftHours*3600_000
	}
	return d.Fresh(proved, now)
}

// Standing is how somebody who is signed in stands at this moment.
type Standing struct {
	Open   bool // their sign-in is theirs and was not ended
	Factor bool // they have a second factor in use
	Demand Demand
}

// Owes reports whether somebody of a role must set up a second factor before anything else.
func (s Standing) Owes(role string) bool { return !s.Factor && s.Demand.Of(role) }
