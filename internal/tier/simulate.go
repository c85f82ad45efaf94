package tier

import (
	"maps"
	"slices"

	"qunluo/internal/community"
)

// Week is one decision over a history.
type Week struct {
	Day      int64 // at the end of which it was made
	Members  int
	Shares   []Share // nil where there were too few members
	Within   bool    // all three shares lay within their targets
	Changes  int     // members who moved, first placings left out
	Needless int     // of these, back to where they were within two weeks
}

// Trial is what rules would have done over a history.
type Trial struct {
	Weeks []Week
	Last  []Ruling // the last decision, the best first
}

// needlessDays is how soon a change back makes the first one needless.
const needlessDays = 14

// moved is the last change of a member.
type moved struct {
	from Tier
	day  int64
}

// Simulate decides once a week, the last time at the end of day last, for so many weeks, beginning with nobody placed.
func (r Rules) Simulate(people []Person, pins map[community.MemberKey]Tier, last int64, weeks int) Trial {
	var t Trial
	now := map[community.MemberKey]Standing{}
	before := map[community.MemberKey]moved{}
	for w := weeks - 1; w >= 0; w-- {
		day := last - int64(w*weekDays)
		list := r.standings(people, pins, now, day)
		t.Last = r.Decide(day, list)
		week := Week{Day: day, Members: len(list)}
		clear(now)
		tiers := make([]Tier, 0, len(list))
		at := sinceOf(list)
		for _, d := range t.Last {
			s := Standing{Now: d.Tier, Since: at[d.Member]}
			if d.Changed() {
				s.Since = day
				if d.Was != None && d.Tier != None {
					week.Changes++
					if b, ok := before[d.Member]; ok && b.from == d.Tier && day-b.day <= needlessDays {
						week.Needless++
					}
					before[d.Member] = moved{d.Was, day}
				}
			}
			now[d.Member] = s
			tiers = append(tiers, d.Tier)
		}
		if len(list) >= r.Least {
			week.Shares = r.Shares(tiers)
			week.Within = !slices.ContainsFunc(week.Shares, func(s Share) bool { return !s.Within })
		}
		t.Weeks = append(t.Weeks, week)
	}
	return t
}

func sinceOf(list []Standing) map[community.MemberKey]int64 {
	out := make(map[community.MemberKey]int64, len(list))
	for _, s := range list {
		out[s.Member] = s.Since
	}
	return out
}

// standings are those who are in the group on a day, as the last decision left them.
func (r Rules) standings(people []Person, pins map[community.MemberKey]Tier, now map[community.MemberKey]Standing, day int64) []Standing {
	var list []Standing
	for i := range people {
		p := &people[i]
		if !p.in(day) {
			continue
		}
		was := now[p.Member]
		list = append(list, Standing{Member: p.Member, Joined: p.Joined, Now: was.Now, Since: was.Since, Pin: pins[p.Member], Numbers: r.Measure(p, day)})
	}
	return list
}

// Sum adds up a trial: weeks with tiers, those within all targets, member-weeks, changes and needless ones.
func (t Trial) Sum() (weeks, within, memberWeeks, changes, needless int) {
	for _, w := range t.Weeks {
		if w.Shares == nil {
			continue
		}
		weeks++
		memberWeeks += w.Members
		changes += w.Changes
		needless += w.Needless
		if w.Within {
			within++
		}
	}
	return weeks, within, memberWeeks, changes, needless
}

// Spoken makes of active days the days on which a member counts where only words say who is there: from the first word until
// days after the last.
func Spoken(active []int64, days int64) []Span {
	var out []Span
	for _, d := range slices.Sorted(maps.Keys(setOf(active))) {
		if n := len(out); n > 0 && d <= out[n-1].To+1 {
			out[n-1].To = d + days - 1
			continue
		}
		out = append(out, Span{d, d + days - 1})
	}
	return out
}

func setOf(days []int64) map[int64]bool {
	out := make(map[int64]bool, len(days))
	for _, d := range days {
		out[d] = true
	}
	return out
}

// DecisionDay is the last day on which changes are decided, at or before a day. Days count from Thursday,
// 1970-01-01; weekday 0 is Monday.
func (r Rules) DecisionDay(day int64) int64 {
	at := ((day+3)%weekDays + weekDays) % weekDays
	return day - ((at-int64(r.Weekday))%weekDays+weekDays)%weekDays
}
