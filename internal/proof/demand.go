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

// Standing is how somebody who is signed in stands at this moment.
type Standing struct {
	Open   bool // their sign-in is theirs and was not ended
	Factor bool // they have a second factor in use
	Demand Demand
}

// Owes reports whether somebody of a role must set up a second factor before anything else.
func (s Standing) Owes(role string) bool { return !s.Factor && s.Demand.Of(role) }
