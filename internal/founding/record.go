package founding

import (
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/policy"
)

// States of a founding.
const (
	Begun   = "begun"   // its rules are still to be published
	Done    = "done"    // the group stands as the template says
	Undoing = "undoing" // the rules before are still to be published
	Undone  = "undone"
)

// Marks are the versions that a group had before a founding, or has by it; 0 or zero = none.
type Marks struct {
	Goal    int            `json:"goal,omitempty"`
	Book    int            `json:"book,omitempty"`
	Tiers   int            `json:"tiers,omitempty"`
	SOP     community.ID   `json:"sop,omitzero"`   // that the group entered
	Made    bool           `json:"made,omitempty"` // that plan was made for it
	Adjusts []community.ID `json:"adjusts,omitempty"`
}

// Record is a group that was begun with a template, and what became of it.
type Record struct {
	ID        community.ID
	Org       community.OrgKey
	Group     community.GroupKey
	GroupID   community.ID
	GroupName string
	Use       Use
	Title     string
	Type      string
	KPI       string
	Parts     []Part
	State     string
	Before    Marks
	After     Marks
	Left      []Part // that were not changed, or not changed back: somebody else changed them meanwhile
	User      string
	Reason    string
	At        int64 // UTC ms
	Undone    int64 // UTC ms; 0 = it was not
	UndoneBy  string
	UndoNote  string
}

// NoTemplate is the kind of stays that began while a group stood by no template.
const NoTemplate = "none"

// InForce is what a group stood by at a time (UTC ms); ok false = by none. What was undone later counts until then.
func InForce(list []Record, at int64) (r Record, ok bool) {
	for _, one := range list {
		if one.At <= at && (one.Undone == 0 || one.Undone > at) && (!ok || one.At >= r.At) {
			r, ok = one, true
		}
	}
	return r, ok
}

// StayKind tells stays by the template, with its version, that the group stood by when they began; "" = nobody watched how they came.
func StayKind(list []Record) func(measure.Stay) string {
	return func(s measure.Stay) string {
		if s.Joined <= 0 || s.Seen > s.Joined {
			return ""
		}
		r, ok := InForce(list, s.Joined)
		if !ok {
			return NoTemplate
		}
		return r.Use.Versioned()
	}
}

// Versioned names a template with its version, without purpose and trade: "service v1", of one's own "own:reading v3".
func (u Use) Versioned() string {
	name := u.Name + " v" + number(u.Version)
	if u.Own {
		name = "own:" + name
	}
	return name
}

// Took says whether a part was changed by it.
func (r Record) Took(p Part) bool { return slices.Contains(r.Parts, p) && !slices.Contains(r.Left, p) }

// Kept is a template that may be taken: an organisation's own version, or one that comes with Qunluo.
type Kept struct {
	Template
	Own  bool
	User string // of an own one
	Note string
	At   int64 // UTC ms; 0 = it comes with Qunluo
}

// Use names it.
func (k Kept) Use() Use { return Use{Name: k.Name, Version: k.Version, Lang: k.Lang, Own: k.Own} }

// Preview is what a template would change in a group, before anything is changed.
type Preview struct {
	Foundation
	Now     Standing
	Seen    Marks // the versions it rests on
	Changes []Difference
	Next    policy.Book // the rulebook after the chosen parts
	Swaps   []Swapped   // what the group's connections cannot do, and what is done instead
	Faults  []PartFault
}

// Takes says which parts are changed by a choice (nil = all that differ): what the group has already is left out. A [*Fault]: there is
// nothing to change, a part is not of the template, or it cannot be taken.
func (v Preview) Takes(parts []Part) ([]Part, error) {
	var out []Part
	for _, d := range v.Changes {
		if !d.Same && (parts == nil || slices.Contains(parts, d.Part)) {
			out = append(out, d.Part)
		}
	}
	for _, p := range parts {
		if !slices.Contains(v.Holds(), p) {
			return nil, &Refusal{[2]string{"这份模板没有「" + string(p) + "」这一部分。", "this template has no part " + string(p) + "."}}
		}
	}
	if len(out) == 0 {
		return nil, &Refusal{[2]string{"没有可改的：这个群已经和模板一样。", "there is nothing to change: the group is as the template says already."}}
	}
	for _, f := range v.Faults {
		if slices.Contains(out, f.Part) || f.Part == Rules && slices.Contains(out, Welcome) {
			return nil, &Refusal{f.Say}
		}
	}
	return out, nil
}

// Order is what a person wants a group to be begun with.
type Order struct {
	Group  community.GroupKey
	Use    Use
	Parts  []Part // nil = all that differ
	Seen   *Marks // the versions that the person saw; nil = they did not look
	Reason string
}

// Refusal says why a template is not applied, in Chinese and English.
type Refusal struct{ Words [2]string }

// Say is the sentence in both languages.
func (r *Refusal) Say() [2]string { return r.Words }

// Error is the English sentence.
func (r *Refusal) Error() string { return r.Words[1] }

// As gives the code to community.CodeOf.
func (r *Refusal) As(target any) bool {
	c, ok := target.(**community.Error)
	if ok {
		*c = &community.Error{Code: community.CodeRefused, Msg: r.Error()}
	}
	return ok
}

// PartFault says why a part cannot be taken, in Chinese and English.
type PartFault struct {
	Part Part
	Say  [2]string
}

// Using is how many groups stand by a version of a template.
type Using struct {
	Use    Use
	Groups int
}

// Filter bounds a list of foundings; zero values = all.
type Filter struct {
	Group   community.GroupKey
	ID      community.ID
	Name    string // with Own
	Own     bool
	Version int
	Current bool // the latest that stands, of each group
}
