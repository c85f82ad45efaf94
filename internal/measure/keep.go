package measure

import (
	"cmp"
	"slices"

	"qunluo/internal/community"
)

// History is what retention in one group is made of.
type History struct {
	Spoke   []Life // by member: the first day is the first with an own message
	Stays   []Stay
	Watched Watched // from the first day on record
	Until   int64   // until when stays are known, UTC ms
	DayOf   func(ms int64) Day
}

// How members are put into cohorts.
const (
	ByJoin  = "join"  // by the day of joining: only members whose joining is on record
	ByFirst = "first" // by the day of the first own message
)

// NDay is retention after k days.
type NDay struct {
	K                  Day
	Bounded, Unbounded Retained
}

// Retention is how a group keeps its members (methods.md §2).
type Retention struct {
	By            string
	Began         int // members in cohorts
	Undated       int // stays whose beginning nobody knows: left out
	Inferred      int // stays whose end is known only as an interval
	Wide          int // of these, of more than two days: curves for both bounds
	Days          []NDay
	Week4         Retained // active in days 22 … 28
	Cohorts       []Cohort
	Flows         []Flow
	Silence       Silence
	Participation Curve
	Membership    Curve // ends in the middle of their interval
	Earliest      Curve // with Wide: all ends at the left bound, and at the right one
	Latest        Curve
	Sources       []SourceCurve // by how members came; the largest first
	Test          RankTest      // whether they differ
	Coverage      Coverage
}

// SourceCurve is how long members stay who came in one way.
type SourceCurve struct {
	Source string
	Curve  Curve
}

// Sources are compared where each has at least this many stays.
const sourceLeast = 10

// Keep measures retention: weekly cohorts of the last cohorts weeks, each followed for so many weeks.
func Keep(h History, by string, cohorts, weeks int) Retention {
	r := Retention{By: by, Coverage: h.Watched.Coverage()}
	lives := h.Spoke
	if by == ByJoin {
		lives = h.joined()
	}
	r.Began = len(lives)
	for _, k := range []Day{1, 7, 30} {
		r.Days = append(r.Days, NDay{k, Bracket(lives, h.Watched, k, k), Unbounded(lives, h.Watched, k)})
	}
	r.Week4 = Bracket(lives, h.Watched, 22, 28)
	all := Cohorts(lives, h.Watched, weeks)
	r.Cohorts = all[max(0, len(all)-cohorts):]
	flows := Flows(h.Spoke, h.Watched, h.Watched.From, h.Watched.To)
	r.Flows = flows[max(0, len(flows)-cohorts):]
	r.Silence = SilenceOf(h.Spoke)
	r.Participation = Survive(Participation(h.Spoke, h.Watched.To, r.Silence.Days))
	r.memberships(h)
	return r
}

// memberships makes the curves of stays.
func (r *Retention) memberships(h History) {
	list, dated, wide := Memberships(h.Stays, h.Until, Midpoint)
	r.Undated, r.Wide, r.Membership = len(h.Stays)-dated, wide, Survive(list)
	for _, s := range h.Stays {
		if s.Low > 0 && s.Left > 0 && s.Joined > 0 {
			r.Inferred++
		}
	}
	if wide > 0 {
		early, _, _ := Memberships(h.Stays, h.Until, Earliest)
		late, _, _ := Memberships(h.Stays, h.Until, Latest)
		r.Earliest, r.Latest = Survive(early), Survive(late)
	}
	r.Sources, r.Test = SplitStays(h, func(s Stay) string { return s.Source })
}

// Kinds of stays that retention is compared by.
const (
	BySource  = "source"  // how members came, as the platform says
	ByGate    = "gate"    // whether they asked and were let in, or came straight
	ByInviter = "inviter" // who brought them, by key
	ByTier    = "tier"    // where they stand now

	ByTemplate = "template" // what the group stood by when they came
)

// What ByGate tells apart.
const (
	Screened = "screened" // asked within the 14 days before joining, and was let in
	Straight = "straight"
)

// GateOf tells whether a stay began with a request that was granted.
func GateOf(requests []Request) func(Stay) string {
	by := map[community.MemberKey][]Request{}
	for _, r := range requests {
		if r.Admitted {
			by[r.Member] = append(by[r.Member], r)
		}
	}
	return func(s Stay) string {
		if s.Joined <= 0 || s.Seen > s.Joined {
			return "" // nobody watched how they came
		}
		for _, r := range by[s.Member] {
			if r.Asked <= s.Joined && r.Asked >= s.Joined-14*dayMS {
				return Screened
			}
		}
		return Straight
	}
}

// SplitStays compares how long those stay who came in different ways: a curve for each kind of stay of which there are at least
// ten, the largest first, and whether they differ. A kind "" is left out. It names no cause: who comes in which way is no draw.
func SplitStays(h History, kind func(Stay) string) ([]SourceCurve, RankTest) {
	by := map[string][]Stay{}
	for _, s := range h.Stays {
		by[kind(s)] = append(by[kind(s)], s)
	}
	var curves []SourceCurve
	lived := map[string][]Lived{}
	for name, stays := range by {
		one, _, _ := Memberships(stays, h.Until, Midpoint)
		if name == "" || len(one) < sourceLeast {
			continue
		}
		curves, lived[name] = append(curves, SourceCurve{name, Survive(one)}), one
	}
	slices.SortFunc(curves, func(a, b SourceCurve) int {
		return cmp.Or(cmp.Compare(b.Curve.N, a.Curve.N), cmp.Compare(a.Source, b.Source))
	})
	groups := make([][]Lived, len(curves))
	for i, c := range curves {
		groups[i] = lived[c.Source]
	}
	return curves, LogRank(groups...)
}

// joined are the lives of those whose joining is on record since somebody watched: the first day is that of the first joining.
func (h History) joined() []Life {
	spoke := make(map[community.MemberKey][]Day, len(h.Spoke))
	for _, l := range h.Spoke {
		spoke[l.Member] = l.Days
	}
	first := map[community.MemberKey]Day{}
	for _, s := range h.Stays {
		if s.Joined <= 0 || s.Seen > s.Joined {
			continue
		}
		day := h.DayOf(s.Joined)
		if was, ok := first[s.Member]; !ok || day < was {
			first[s.Member] = day
		}
	}
	out := make([]Life, 0, len(first))
	for m, day := range first {
		out = append(out, Life{Member: m, First: day, Days: spoke[m]})
	}
	slices.SortFunc(out, func(a, b Life) int { return cmp.Compare(a.Member, b.Member) })
	return out
}
