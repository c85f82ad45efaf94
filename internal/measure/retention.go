package measure

import (
	"cmp"
	"math"
	"slices"

	"qunluo/internal/community"
)

// Life is when a member was active. Days are distinct and rise.
type Life struct {
	Member community.MemberKey
	First  Day // day 0: joined, or first spoke; the cohort says which
	Days   []Day
}

// Watched says which days are known: those of [From, To] for which Known says so.
type Watched struct {
	From, To Day
	Known    []bool // by day from From
}

// known reports whether all days of [from, to] were watched.
func (w Watched) known(from, to Day) bool {
	if from < w.From || to > w.To {
		return false
	}
	for d := from; d <= to; d++ {
		if !w.Known[d-w.From] {
			return false
		}
	}
	return true
}

// Coverage counts the days watched.
func (w Watched) Coverage() Coverage {
	c := Coverage{Of: len(w.Known)}
	for _, ok := range w.Known {
		if ok {
			c.Covered++
		}
	}
	return c
}

// Joiners is the population of retention: members whose first day lies in the span.
const Joiners = "joiners"

// Retained is how many of those who could be seen were active in a window of days after their first.
type Retained struct {
	Of   []community.MemberKey // the whole window asked for lies in time that was watched
	Kept []community.MemberKey // active in it
}

// Figure is the share.
func (r Retained) Figure(c Coverage) Figure {
	return ratio(float64(len(r.Kept)), float64(len(r.Of)), Joiners, c)
}

// Bracket is retention in days [k1, k2] after the first (methods.md §2.1). k1 = k2 is the bounded Dk: active on exactly that
// day. W4 is the bracket [22, 28].
func Bracket(lives []Life, w Watched, k1, k2 Day) (r Retained) {
	for _, l := range lives {
		from, to := l.First+k1, l.First+k2
		if !w.known(from, to) {
			continue
		}
		r.take(l, from, to)
	}
	return r
}

// Unbounded is retention on day k after the first or later. A member counts when day k was watched; later gaps may hide a
// return.
func Unbounded(lives []Life, w Watched, k Day) (r Retained) {
	for _, l := range lives {
		if from := l.First + k; w.known(from, from) {
			r.take(l, from, w.To)
		}
	}
	return r
}

func (r *Retained) take(l Life, from, to Day) {
	r.Of = append(r.Of, l.Member)
	i, there := slices.BinarySearch(l.Days, from)
	if there || i < len(l.Days) && l.Days[i] <= to {
		r.Kept = append(r.Kept, l.Member)
	}
}

// Cohort is the members who began in one week, and what became of them by week.
type Cohort struct {
	Week  Day // its Monday
	Lives []Life
	Weeks []Retained // Weeks[0]: day 0 (who began); Weeks[j]: active in days 7j-6 … 7j after the first
}

// Cohorts makes the weekly triangle up to weeks after the first day. Cells that nobody can be seen in yet have an empty Of.
func Cohorts(lives []Life, w Watched, weeks int) []Cohort {
	by := map[Day][]Life{}
	for _, l := range lives {
		if l.First >= w.From && l.First <= w.To {
			monday := l.First - Day(l.First.Weekday())
			by[monday] = append(by[monday], l)
		}
	}
	var out []Cohort
	for monday, list := range by {
		c := Cohort{Week: monday, Lives: list, Weeks: make([]Retained, weeks+1)}
		for _, l := range list {
			c.Weeks[0].Of = append(c.Weeks[0].Of, l.Member)
			c.Weeks[0].Kept = append(c.Weeks[0].Kept, l.Member)
		}
		for j := 1; j <= weeks; j++ {
			c.Weeks[j] = Bracket(list, w, Day(7*j-6), Day(7*j))
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Cohort) int { return cmp.Compare(a.Week, b.Week) })
	return out
}

// Flow is what a week is made of: New + Returning + Resurrecting = Active.
type Flow struct {
	Week         Day // its Monday
	Known        bool
	Active       int
	New          int // active for the first time ever
	Returning    int // active in the week before, too
	Resurrecting int // active before, but not in the week before
	Dormant      int // active in the week before, not in this one
}

// Rolling is the share of those active in the week before who are active again.
func (f Flow) Rolling(c Coverage) Figure {
	return ratio(float64(f.Returning), float64(f.Returning+f.Dormant), Speakers, c)
}

// Flows explains every change of the weekly number of active members over the whole weeks of [from, to]. Days of lives before
// from count as having been active.
func Flows(lives []Life, w Watched, from, to Day) []Flow {
	first := from + Day((7-from.Weekday())%7)
	var out []Flow
	for monday := first; monday+6 <= to; monday += 7 {
		out = append(out, Flow{Week: monday, Known: w.known(monday, monday+6)})
	}
	for _, l := range lives {
		ever, last := false, 0 // last: the week of ours that the member was active in last
		for _, d := range l.Days {
			i := int(math.Floor(float64(d-first) / 7))
			if i >= len(out) {
				break
			}
			if ever && i == last {
				continue
			}
			if i >= 0 {
				f := &out[i]
				f.Active++
				switch {
				case !ever:
					f.New++
				case last == i-1:
					f.Returning++
				default:
					f.Resurrecting++
				}
			}
			if ever && last != i-1 && last+1 >= 0 && last+1 < len(out) {
				out[last+1].Dormant++
			}
			ever, last = true, i
		}
		if ever && last+1 >= 0 && last+1 < len(out) {
			out[last+1].Dormant++
		}
	}
	return out
}

// Silence is the gap in days from which on a member's participation counts as ended (methods.md §2.2).
type Silence struct {
	Days    Day
	Regular int  // members with at least 10 active days, whose gaps it rests on
	Usual   bool // fewer than 30 of them: the default of 28 days
}

// Bounds of Silence.
const (
	regularDays   = 10
	regularMost   = 30
	silenceUsual  = 28
	silenceLeast  = 7
	silenceMost   = 60
	silenceRank   = 95 // percentile, nearest rank
	dayMS         = 86_400_000
	exactReadDays = 2 // rosters read this often are exact enough for a midpoint
)

// SilenceOf is the 95th percentile of the gaps between active days of regular members, held to 7 … 60 days.
func SilenceOf(lives []Life) Silence {
	s := Silence{Days: silenceUsual, Usual: true}
	var gaps []Day
	for _, l := range lives {
		if len(l.Days) < regularDays {
			continue
		}
		s.Regular++
		for i := 1; i < len(l.Days); i++ {
			gaps = append(gaps, l.Days[i]-l.Days[i-1])
		}
	}
	if s.Regular < regularMost {
		return s
	}
	slices.Sort(gaps)
	p95 := gaps[(len(gaps)*silenceRank+99)/100-1]
	s.Days, s.Usual = min(max(p95, silenceLeast), silenceMost), false
	return s
}

// Participation is from each member's first to last active day, in whole days: ended when they have been silent for more than
// silence days at the end of what was watched, else censored at that length.
func Participation(lives []Life, last, silence Day) []Lived {
	var out []Lived
	for _, l := range lives {
		if len(l.Days) == 0 {
			continue
		}
		end := l.Days[len(l.Days)-1]
		s := Lived{End: float64(end - l.Days[0])}
		if last-end > silence {
			s.Cause = Left
		}
		out = append(out, s)
	}
	return out
}

// Stay is one membership. Times are UTC ms.
type Stay struct {
	Member community.MemberKey
	Joined int64  // 0 = not known: such a stay is left out, never dated to the day of connecting
	Seen   int64  // since when the group was watched, for those who had joined before; 0 = from the beginning of the stay
	Left   int64  // 0 = still there
	Low    int64  // the departure lies in (Low, Left]; 0 = known exactly
	Cause  Cause  // why it ended
	Source string // the platform's word for how they came; "" = not known

	Inviter community.MemberKey // who brought them; 0 = nobody, or not known
}

// Bound says where in its interval a departure is put that was inferred from two member lists.
type Bound int8

// Bounds.
const (
	Midpoint Bound = 0
	Earliest Bound = 1
	Latest   Bound = 2
)

// Memberships turns stays into lengths in days, watched until a time (UTC ms). dated tells how many have a known beginning;
// wide how many ends lie in an interval of more than two days: where there are any, curves for Earliest and Latest are both to
// be shown.
func Memberships(stays []Stay, until int64, bound Bound) (out []Lived, dated, wide int) {
	for _, s := range stays {
		if s.Joined <= 0 || s.Joined > until {
			continue
		}
		dated++
		l := Lived{End: float64(until-s.Joined) / dayMS}
		if s.Seen > s.Joined {
			l.Enter = float64(s.Seen-s.Joined) / dayMS
		}
		if s.Left > 0 && s.Left <= until {
			if s.Low > 0 && s.Left-s.Low > exactReadDays*dayMS {
				wide++
			}
			l.End, l.Cause = max(0, float64(s.leftAt(bound)-s.Joined)/dayMS), max(Left, s.Cause)
		}
		if l.End < l.Enter || l.Enter > 0 && l.End == l.Enter {
			continue // gone before anybody watched
		}
		out = append(out, l)
	}
	return out, dated, wide
}

// leftAt is when a stay ended. Departures between lists that were read often enough are put in the middle, whatever the bound.
func (s Stay) leftAt(bound Bound) int64 {
	low := max(s.Low, s.Joined)
	switch {
	case s.Low == 0 || low >= s.Left:
		return s.Left
	case bound == Midpoint || s.Left-s.Low <= exactReadDays*dayMS:
		return low + (s.Left-low)/2
	case bound == Earliest:
		return low
	}
	return s.Left
}
