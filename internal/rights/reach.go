package rights

import (
	"slices"

	"qunluo/internal/community"
)

// Reach says how far somebody sees and acts.
type Reach string

// How far somebody sees.
const (
	Whole  Reach = "org"    // the whole organisation
	Chosen Reach = "groups" // groups that were named, and what happens in them
	Own    Reach = "own"    // groups they look after, and, while their shift lasts, all: a shift stands for every group
)

// Reaches lists them as forms offer them.
func Reaches() []Reach { return []Reach{Whole, Chosen, Own} }

// Known reports whether there is such a reach.
func (r Reach) Known() bool { return slices.Contains(Reaches(), r) }

// MaxGroups bounds how many groups may be named for one person.
const MaxGroups = 1000

// Who is somebody who signs in, as far as rights go.
type Who struct {
	ID     string
	Role   Role
	Reach  Reach
	Groups []community.GroupKey // of Chosen
}

// Of gives a user's rights. No reach is the whole organisation: so it was before there were any.
func Of(u community.User) Who {
	w := Who{ID: u.ID.String(), Role: Role(u.Role), Reach: Reach(u.Reach), Groups: u.Groups}
	if w.Reach == "" {
		w.Reach = Whole
	}
	return w
}

// Sees gives the groups that somebody sees: nil = all. kept are those they look after, onDuty whether their shift lasts now. A
// reach that nobody knows sees none.
func (w Who) Sees(kept []community.GroupKey, onDuty bool) []community.GroupKey {
	switch {
	case w.Reach == Whole, w.Reach == Own && onDuty:
		return nil
	case w.Reach == Chosen:
		return append([]community.GroupKey{}, w.Groups...)
	case w.Reach == Own:
		return append([]community.GroupKey{}, kept...)
	}
	return []community.GroupKey{}
}

// Refusal says why somebody may not. The zero Refusal: they may.
type Refusal struct {
	Power Power
	Role  Role
	Far   bool   // the role would do, but they do not reach the whole organisation
	Roles []Role // who holds the power; of those, only such as reach the whole organisation where Far
}

// Refused reports whether somebody was refused.
func (r Refusal) Refused() bool { return r.Power != "" }

// Ask decides whether somebody may use a power.
func (w Who) Ask(p Power) Refusal {
	switch {
	case !p.Known() || !May(w.Role, p):
		return Refusal{Power: p, Role: w.Role, Roles: Holders(p)}
	case p.Whole() && w.Reach != Whole:
		return Refusal{Power: p, Role: w.Role, Far: true, Roles: Holders(p)}
	}
	return Refusal{}
}

// Covers reports whether somebody reaches everything that another does.
func (w Who) Covers(other Who) bool {
	switch {
	case w.Reach == Whole:
		return true
	case w.Reach == Chosen && other.Reach == Chosen:
		return !slices.ContainsFunc(other.Groups, func(g community.GroupKey) bool { return !slices.Contains(w.Groups, g) })
	}
	return false
}

// Give decides whether one person may make another what is asked. before is the zero Who for somebody new. Nobody gives more than
// they hold, touches somebody who holds more, or changes their own role or reach to more. CodeForbidden, CodeBadInput.
func Give(giver, before, after Who) error {
	if !after.Role.Known() {
		return community.Errorf(community.CodeBadInput, "role %q: there is none", after.Role)
	}
	if !after.Reach.Known() {
		return community.Errorf(community.CodeBadInput, "scope %q: want org, groups or own", after.Reach)
	}
	if len(after.Groups) > MaxGroups {
		return community.Errorf(community.CodeBadInput, "scope: %d groups, at most %d", len(after.Groups), MaxGroups)
	}
	if after.Reach == Chosen && len(after.Groups) == 0 {
		return community.Errorf(community.CodeBadInput, "scope: no group is named")
	}
	if r := giver.Ask(Users); r.Refused() {
		return community.Errorf(community.CodeForbidden, "role %q may not give roles", giver.Role)
	}
	if before.Role != "" && !Within(before.Role, giver.Role) && before.Role.Known() {
		return community.Errorf(community.CodeForbidden, "a %s is not changed by a %s", before.Role, giver.Role)
	}
	if !Within(after.Role, giver.Role) {
		return community.Errorf(community.CodeForbidden, "a %s gives no more than they hold: not %s", giver.Role, after.Role)
	}
	if !giver.Covers(after) {
		return community.Errorf(community.CodeForbidden, "nobody gives a wider scope than they have")
	}
	return nil
}
