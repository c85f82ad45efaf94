package tier

import (
	"cmp"
	"slices"

	"qunluo/internal/community"
)

// Standing is where a member stands before a decision.
type Standing struct {
	Member  community.MemberKey
	Joined  int64 // UTC ms; 0 = before anything that is known
	Now     Tier
	Since   int64 // the day of the last change; without meaning where Now is None
	Pin     Tier  // by a person's hand; None = not pinned
	Numbers Numbers
}

// Reasons of a ruling.
const (
	Placed = "first"  // for the first time, by rank
	Rose   = "in"     // the rank lies inside the line that leads up
	Fell   = "out"    // the rank lies outside the line that leads down
	Silent = "silent" // no word for so long
	Shared = "share"  // a tier would have left its target share
	Pinned = "pin"    // by a person's hand
	Few    = "few"    // the group has too few members
	Stays  = "stay"   // between the lines
	Graced = "grace"  // would fall, but came only lately
	Waits  = "week"   // changed less than a week ago
)

// Ruling is what is decided of a member, with what it rests on.
type Ruling struct {
	Member  community.MemberKey
	Was     Tier
	Tier    Tier
	Rank    int // from 1; 0 in a group without tiers
	Of      int // members ranked
	Why     string
	Numbers Numbers
}

// Percent is the rank among the members: 7 = among the best 7 %.
func (d Ruling) Percent() float64 {
	if d.Of == 0 {
		return 0
	}
	return 100 * float64(d.Rank) / float64(d.Of)
}

// Changed reports whether the member moves.
func (d Ruling) Changed() bool { return d.Was != d.Tier }

// weekDays lie at least between two changes of a member.
const weekDays = 7

// Decide places all members of a group at the end of a day, the best first. The list holds everybody who counts: no bots, no
// staff.
func (r Rules) Decide(day int64, list []Standing) []Ruling {
	order := slices.Clone(list)
	slices.SortFunc(order, func(a, b Standing) int {
		return cmp.Or(cmp.Compare(b.Numbers.Score, a.Numbers.Score), cmp.Compare(a.Joined, b.Joined), cmp.Compare(a.Member, b.Member))
	})
	out := make([]Ruling, len(order))
	if len(order) < r.Least {
		for i, s := range order {
			out[i] = Ruling{Member: s.Member, Was: s.Now, Why: Few, Numbers: s.Numbers}
			if s.Pin != None {
				out[i].Tier, out[i].Why = s.Pin, Pinned
			}
		}
		return out
	}
	fixed := make([]bool, len(order))
	for i, s := range order {
		out[i] = Ruling{Member: s.Member, Was: s.Now, Rank: i + 1, Of: len(order), Numbers: s.Numbers}
		out[i].Tier, out[i].Why = r.place(day, s, out[i].Percent())
		fixed[i] = slices.Contains([]string{Pinned, Graced, Waits, Silent}, out[i].Why) || s.Now != None && (day-s.Since < weekDays || s.Now == Core && day-s.Since < int64(r.Grace))
	}
	if r.KeepShare {
		r.keep(out, fixed)
	}
	return out
}

// quiet reports whether somebody has said nothing for as long as makes a lurker.
func (r Rules) quiet(n Numbers) bool { return n.Quiet < 0 || n.Quiet >= int64(r.Silence) }

// place is the tier of one member, and why.
func (r Rules) place(day int64, s Standing, percent float64) (Tier, string) {
	to, why := r.wish(s, percent)
	switch {
	case why == Pinned || s.Now == None || to == s.Now:
	case day-s.Since < weekDays:
		return s.Now, Waits
	case s.Now == Core && day-s.Since < int64(r.Grace):
		return s.Now, Graced
	}
	return to, why
}

// wish is the tier that the numbers ask for.
func (r Rules) wish(s Standing, percent float64) (Tier, string) {
	rank := func(core, normal int) Tier {
		switch {
		case percent <= float64(core):
			return Core
		case percent <= float64(normal):
			return Normal
		}
		return Lurker
	}
	switch {
	case s.Pin != None:
		return s.Pin, Pinned
	case r.quiet(s.Numbers):
		return Lurker, Silent
	case s.Now == None:
		return rank(r.CoreCut, r.NormalCut), Placed
	}
	if up := rank(r.CoreIn, r.NormalIn); height(up) > height(s.Now) {
		return up, Rose
	}
	if down := rank(r.CoreOut, r.NormalOut); height(down) < height(s.Now) {
		return down, Fell
	}
	return s.Now, Stays
}

// height orders tiers.
func height(t Tier) int { return map[Tier]int{Core: 3, Normal: 2, Lurker: 1}[t] }

// keep brings the shares back to their targets: of a tier that is too large those next to its border leave it, worst or best
// first, and of the other side of the border those next to it come where it is too small. Who is pinned, silent or protected
// by time stays.
func (r Rules) keep(out []Ruling, fixed []bool) {
	n := len(out)
	least := func(b Band) int { return (n*b.Low + 99) / 100 }
	most := func(b Band) int { return n * b.High / 100 }
	core := countOf(out, Core)
	core -= shift(out, fixed, Core, Normal, core-most(r.Core))
	core += shift(out, fixed, Normal, Core, least(r.Core)-core)
	core += shift(out, fixed, Lurker, Core, least(r.Core)-core)
	low, high := max(least(r.Lurker), n-core-most(r.Normal)), min(most(r.Lurker), n-core-least(r.Normal))
	lurkers := countOf(out, Lurker)
	lurkers -= shift(out, fixed, Lurker, Normal, lurkers-max(low, high))
	shift(out, fixed, Normal, Lurker, min(low, high)-lurkers)
}

func countOf(out []Ruling, t Tier) (n int) {
	for _, d := range out {
		if d.Tier == t {
			n++
		}
	}
	return n
}

// shift moves so many members from one tier to another, those next to the border first, and says how many it could move.
func shift(out []Ruling, fixed []bool, from, to Tier, many int) (moved int) {
	for k := 0; k < len(out) && moved < many; k++ {
		i := k
		if height(to) < height(from) {
			i = len(out) - 1 - k
		}
		if out[i].Tier != from || fixed[i] {
			continue
		}
		out[i].Tier, out[i].Why = to, Shared
		if out[i].Was == to {
			out[i].Why = Stays
		}
		moved++
	}
	return moved
}

// Share is how large a tier is.
type Share struct {
	Tier   Tier    `json:"tier"`
	Count  int     `json:"count"`
	Of     int     `json:"of"`
	Share  float64 `json:"share"` // percent
	Target Band    `json:"target"`
	Within bool    `json:"within"`
}

// Shares counts the tiers, the highest first. A share lies within its target when it does so exactly, without rounding.
func (r Rules) Shares(tiers []Tier) []Share {
	out := make([]Share, 0, 3)
	for _, t := range Tiers() {
		s := Share{Tier: t, Of: len(tiers), Target: r.Band(t)}
		for _, one := range tiers {
			if one == t {
				s.Count++
			}
		}
		if s.Of > 0 {
			s.Share = 100 * float64(s.Count) / float64(s.Of)
		}
		s.Within = s.Of > 0 && s.Count*100 >= s.Target.Low*s.Of && s.Count*100 <= s.Target.High*s.Of
		out = append(out, s)
	}
	return out
}
