package rights

import "slices"

// Role is a bundle of powers.
type Role string

// The eight roles, from the one that may most.
const (
	Owner     Role = "owner"     // everything, keys, second factors and other owners included
	Admin     Role = "admin"     // everything but keys, second factors and owners
	Operator  Role = "operator"  // people, content, order, business and insight
	Moderator Role = "moderator" // review, sanctions, duty; no money, no export, puts no rules in force
	Editor    Role = "editor"    // what is sent and shown; no sanctions, no money, of people no more than figures
	Finance   Role = "finance"   // payments; no texts, no sanctions
	Analyst   Role = "analyst"   // figures about many, no names
	Auditor   Role = "auditor"   // reads the trail, and members under pseudonyms; changes nothing
)

// Roles lists the roles as forms offer them.
func Roles() []Role {
	return []Role{Owner, Admin, Operator, Moderator, Editor, Finance, Analyst, Auditor}
}

// Known reports whether there is such a role.
func (r Role) Known() bool { return slices.Contains(Roles(), r) }

// keyless are all powers but those that an owner keeps.
func keyless() []Power {
	return slices.DeleteFunc(Powers(), func(p Power) bool { return p == Keys || p == SignIns })
}

// Held lists the powers of a role, in the order of Powers; none for a role that nobody knows.
func Held(r Role) []Power {
	switch r {
	case Owner:
		return Powers()
	case Admin:
		return keyless()
	case Operator:
		return []Power{Enter, SeeFigures, SeePeople, SeeTexts, SeeGroups, SeeOrder, SeeContent, SeeMoney, SeeDuty,
			Work, Judge, Draft, Publish, Freeze, RunDuty, Write, Codes, Reward, Pay, Steer, Tune, SetGroups, Merge, Export, Import}
	case Moderator:
		return []Power{Enter, SeeFigures, SeePeople, SeeTexts, SeeGroups, SeeOrder, SeeContent, SeeDuty,
			Work, Judge, Draft, Freeze, RunDuty, Write, Codes, Reward, Steer}
	case Editor:
		return []Power{Enter, SeeFigures, SeeGroups, SeeContent, Write}
	case Finance:
		return []Power{Enter, SeeMoney, Pay, Export}
	case Analyst:
		return []Power{Enter, SeeFigures}
	case Auditor:
		return []Power{Enter, SeeFigures, SeeVeiled, SeeGroups, SeeOrder, SeeContent, SeeAudit}
	}
	return nil
}

// May says whether a role holds a power.
func May(r Role, p Power) bool { return slices.Contains(Held(r), p) }

// Holders lists the roles that hold a power.
func Holders(p Power) []Role {
	return slices.DeleteFunc(Roles(), func(r Role) bool { return !May(r, p) })
}

// Within reports whether everything that one role may is allowed to another, too. Nothing lies within a role that nobody
// knows, and such a role lies within none.
func Within(r, other Role) bool {
	if !r.Known() || !other.Known() {
		return false
	}
	return !slices.ContainsFunc(Held(r), func(p Power) bool { return !May(other, p) })
}
