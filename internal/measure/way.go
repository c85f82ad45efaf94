package measure

import (
	"cmp"
	"slices"

	"qunluo/internal/community"
)

// Point is a touch point on a member's way through a group.
type Point int8

// Touch points, in their order.
const (
	Asked     Point = iota // asked to be let in
	Admitted               // was let in
	Joined                 // became a member
	Confirmed              // confirmed the charter
	Spoke                  // said the first word of their own
	Heard                  // within 7 days of joining somebody answered, quoted or addressed them after it: activated
	Stayed                 // was active on a day of 22 … 28 after joining
	Invited                // somebody came by their invitation and stayed 7 days
	points    = 8
)

// PointNames are the names of the touch points.
func PointNames() [points]string {
	return [points]string{"asked", "admitted", "joined", "confirmed", "spoke", "heard", "stayed", "invited"}
}

// Way is one member's way through a group. Times are UTC ms; 0 = it did not happen.
type Way struct {
	Member  community.MemberKey
	Source  string              // how the member came, as the platform says; "" = unknown
	Inviter community.MemberKey // 0 = nobody, or unknown
	At      [points]int64
	Left    int64 // the end of the first stay
}

// Request is a wish to be let in.
type Request struct {
	Member   community.MemberKey
	Asked    int64 // UTC ms
	Answered int64 // 0 = not yet
	Admitted bool
}

// Moment is something that happened to a member once.
type Moment struct {
	Member community.MemberKey
	At     int64 // UTC ms
}

// Traces are what happened on the ways of a group's members, besides stays and days of talk.
type Traces struct {
	Requests   []Request
	Confirmed  []Moment
	FirstWords []Moment
	Contacts   []Contact // in the order of time
}

// activateWithin is how long after joining a member counts as activated when heard (methods.md §6).
const activateWithin = 7 * dayMS

// Asked is when each of those who asked did so first.
func (s Traces) Asked() map[community.MemberKey]int64 {
	first := make(map[community.MemberKey]int64, len(s.Requests))
	for _, r := range s.Requests {
		if was, ok := first[r.Member]; !ok || r.Asked < was {
			first[r.Member] = r.Asked
		}
	}
	return first
}

// Ways puts together the way of each member of whom the asking or the joining is on record: of the first request and the first stay.
// Whoever was there before the group was watched has no way.
func Ways(h History, s Traces) []Way {
	ways := map[community.MemberKey]*Way{}
	of := func(m community.MemberKey) *Way {
		if ways[m] == nil {
			ways[m] = &Way{Member: m}
		}
		return ways[m]
	}
	for _, r := range s.Requests {
		w := of(r.Member)
		if w.At[Asked] == 0 || r.Asked < w.At[Asked] {
			w.At[Asked] = r.Asked
		}
		if r.Admitted && (w.At[Admitted] == 0 || r.Answered < w.At[Admitted]) {
			w.At[Admitted] = r.Answered
		}
	}
	old := map[community.MemberKey]bool{}
	for _, st := range h.Stays {
		if st.Joined <= 0 || st.Seen > st.Joined {
			old[st.Member] = true
			continue
		}
		if w := of(st.Member); w.At[Joined] == 0 || st.Joined < w.At[Joined] {
			w.At[Joined], w.Left, w.Source, w.Inviter = st.Joined, st.Left, st.Source, st.Inviter
		}
	}
	for m := range old {
		delete(ways, m)
	}
	s.mark(ways)
	h.mark(ways)
	out := make([]Way, 0, len(ways))
	for _, w := range ways {
		out = append(out, *w)
	}
	slices.SortFunc(out, func(a, b Way) int { return cmp.Compare(a.Member, b.Member) })
	return out
}

// mark puts confirmations, first words and the first time somebody turned to a member on the ways.
func (s Traces) mark(ways map[community.MemberKey]*Way) {
	first := func(list []Moment, p Point) {
		for _, m := range list {
			if w := ways[m.Member]; w != nil && w.At[Joined] > 0 && m.At >= w.At[Joined] && (w.At[p] == 0 || m.At < w.At[p]) {
				w.At[p] = m.At
			}
		}
	}
	first(s.Confirmed, Confirmed)
	first(s.FirstWords, Spoke)
	for _, c := range s.Contacts {
		w := ways[c.To]
		if w != nil && c.From != c.To && w.At[Spoke] > 0 && c.At >= w.At[Spoke] && c.At <= w.At[Joined]+activateWithin && (w.At[Heard] == 0 || c.At < w.At[Heard]) {
			w.At[Heard] = c.At
		}
	}
}

// mark puts the fourth week and the first guest that stayed on the ways.
func (h History) mark(ways map[community.MemberKey]*Way) {
	for _, l := range h.Spoke {
		w := ways[l.Member]
		if w == nil || w.At[Joined] == 0 {
			continue
		}
		from := h.DayOf(w.At[Joined]) + 22
		if i, _ := slices.BinarySearch(l.Days, from); i < len(l.Days) && l.Days[i] <= from+6 {
			w.At[Stayed] = w.At[Joined] + int64(22+l.Days[i]-from)*dayMS
		}
	}
	for _, guest := range ways {
		host := ways[guest.Inviter]
		if host == nil || guest.Inviter == guest.Member || !guest.lasted(h.Until) {
			continue
		}
		if at := guest.At[Joined]; at >= host.At[Joined] && host.At[Joined] > 0 && (host.At[Invited] == 0 || at < host.At[Invited]) {
			host.At[Invited] = at
		}
	}
}

// lasted reports whether a member was still there 7 days after joining: only such count as invited.
func (w Way) lasted(until int64) bool {
	end := w.At[Joined] + activateWithin
	return w.At[Joined] > 0 && end <= until && (w.Left == 0 || w.Left >= end)
}

// Step is one step between two touch points.
type Step struct {
	From, To Point
	Within   int64                 // ms
	Of       []community.MemberKey // those at From of whom Within has passed since
	Went     []community.MemberKey // of them those who came to To in time
	Waiting  int                   // Within has not passed yet: they count nowhere
	Unused   bool                  // nobody ever came to To, and what is known of it hangs on the group: confirming is not asked for, inviters are not named
	Took     Curve                 // days from one to the other, over everybody at From; whoever did not come is censored
}

// Figure is the share that went on; what it lacks is the drop-off.
func (s Step) Figure(c Coverage) Figure {
	return ratio(float64(len(s.Went)), float64(len(s.Of)), Joiners, c)
}

// Steps are the steps that are looked at, and how long each may take.
func Steps() []Step {
	return []Step{
		{From: Asked, To: Admitted, Within: 14 * dayMS}, {From: Admitted, To: Joined, Within: 14 * dayMS}, {From: Joined, To: Confirmed, Within: 14 * dayMS},
		{From: Joined, To: Spoke, Within: 14 * dayMS}, {From: Spoke, To: Heard, Within: activateWithin}, {From: Joined, To: Stayed, Within: 29 * dayMS},
		{From: Joined, To: Invited, Within: 35 * dayMS},
	}
}

// Journey follows those who came to the beginning of each step on the days [from, to]. A member who did not come to it, or of
// whom the days that the step's end asks for were not watched, counts nowhere.
func Journey(ways []Way, h History, from, to Day) []Step {
	out := Steps()
	for i := range out {
		out[i].follow(ways, h, from, to)
	}
	return out
}

func (s *Step) follow(ways []Way, h History, from, to Day) {
	var lived []Lived
	for _, w := range ways {
		at := w.At[s.From]
		if day := h.DayOf(at); at == 0 || day < from || day > to {
			continue
		}
		next := w.At[s.To]
		if next < at {
			next = 0
		}
		lived = append(lived, w.between(at, next, h.Until))
		s.count(w, h, at, next)
	}
	s.Took = Survive(lived)
	s.Unused = (s.To == Confirmed || s.To == Invited) && !anyAt(ways, s.To)
}

// anyAt reports whether anybody ever came to a point; to that of inviting, whether any inviter is named.
func anyAt(ways []Way, p Point) bool {
	return slices.ContainsFunc(ways, func(w Way) bool { return w.At[p] > 0 || p == Invited && w.Inviter != 0 })
}

// count takes a member into a step's share once the time it may take has passed.
func (s *Step) count(w Way, h History, at, next int64) {
	day := h.DayOf(at)
	switch {
	case at+s.Within > h.Until:
		s.Waiting++
	case s.To == Stayed && !h.Watched.known(day+22, day+28):
	default:
		s.Of = append(s.Of, w.Member)
		if next > 0 && next <= at+s.Within {
			s.Went = append(s.Went, w.Member)
		}
	}
}

// between is how many days one step took; it is censored where the member left, or nobody watched any longer.
func (w Way) between(at, next, until int64) Lived {
	if next > 0 {
		return Lived{End: float64(next-at) / dayMS, Cause: Gone}
	}
	end := until
	if w.Left > at {
		end = min(end, w.Left)
	}
	return Lived{End: float64(max(0, end-at)) / dayMS}
}
