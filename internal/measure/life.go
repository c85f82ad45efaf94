package measure

import (
	"cmp"
	"slices"
	"strings"

	"qunluo/internal/community"
)

// Declining is the population of curves of groups' lives: groups from the day they entered decline.
const Declining = "declining"

const (
	lifeSilence = 28 // days without two-way talk after which a group has ended
	lifeKnown   = 23 // of them that must be known: at most a fifth may be unknown
)

// Why no more can be said than which groups there are.
const (
	lifeLeast = 8 // groups that entered decline: with equal arms fewer cannot reach p < 0.05 (methods.md §7.2)
	lifeArm   = 4 // of them with and without a renewal
)

// TwoWay is talk both ways: whether a message by somebody follows, within half an hour, one by somebody else, and they are not both
// operators. It asks the state before Hear takes the message.
func (s TalkState) TwoWay(at int64, who community.MemberKey, operator bool) bool {
	apart := at - s.Last
	return s.Who != 0 && s.Who != who && !(operator && s.ByOperator) && max(apart, -apart) <= talkPause
}

// Said notes who spoke last, for TwoWay.
func (s TalkState) Said(who community.MemberKey, operator bool) TalkState {
	s.Who, s.ByOperator = who, operator
	return s
}

// Entered is the first day on which a group is told to decline, by its weeks, the oldest first: the day after the week by which the
// curve says decline or the warning goes off. ok false: it never was.
func Entered(weeks []Week, r StageRules) (day Day, ok bool) {
	for n := stageWeeks; n <= len(weeks); n++ {
		if judge(weeks[:n], r).Alarms() {
			return weeks[n-1].Start + 7, true
		}
	}
	return 0, false
}

// Renewal is an attempt to give a group new life: a play-book that was started, or what a person entered.
type Renewal struct {
	ID       community.ID
	Group    community.GroupKey
	Day      Day // from which on the group counts as renewed
	What     string
	User     string
	At       int64        // when it was entered, UTC ms
	Adjust   community.ID // the adjustment that started a play-book; zero = a person entered it
	Voided   int64        // UTC ms; 0 = it counts
	VoidUser string
	VoidWhy  string
}

// Check says what is wrong with a renewal that a person enters on a day: community.CodeBadInput.
func (r Renewal) Check(today Day) error {
	switch {
	case strings.TrimSpace(r.What) == "" || len(r.What) > maxAdjust:
		return community.Errorf(community.CodeBadInput, "what: want 1 to %d bytes", maxAdjust)
	case r.Day > today || r.Day < today-7*mostWeeks:
		return community.Errorf(community.CodeBadInput, "day: want one of the last %d weeks", mostWeeks)
	}
	return nil
}

// LifeFacts is what is known of a group that entered decline.
type LifeFacts struct {
	Group    community.GroupKey
	GroupID  community.ID
	Name     string
	Entered  Day
	Talk     []Day // with two-way talk, in order, from Entered−28 on
	Known    []bool
	From     Day   // of Known
	Renewals []Day // in order
}

// GroupLife is a group from entering decline to its end, or as long as it was watched.
type GroupLife struct {
	Group   community.GroupKey
	GroupID community.ID
	Name    string
	Entered Day
	Last    Day // with two-way talk; 0 = none since 28 days before the decline
	Until   Day // it ended, or was watched to here
	Ended   bool
	Gone    bool // it had ended when it entered decline: it is in no curve
	Renewed Day  // of the first renewal that counts
	Is      bool // renewed, after it entered decline and before it ended
	Early   int  // renewals before the decline: they count for nothing here
	Late    int  // after the end
}

// Live follows a group from its decline. It has ended on the first day that closes 28 days without two-way talk of which at least 23 are
// known: days nobody watched are no silence.
func (f LifeFacts) Live() GroupLife {
	g := GroupLife{Group: f.Group, GroupID: f.GroupID, Name: f.Name, Entered: f.Entered, Until: f.Entered}
	talked := map[Day]bool{}
	for _, d := range f.Talk {
		talked[d] = true
	}
	silent, known := 0, 0 // days since the last talk, and those known of the last 28
	at := func(d Day) bool { i := int(d - f.From); return i >= 0 && i < len(f.Known) && f.Known[i] }
	for d := f.From; d < f.From+Day(len(f.Known)); d++ {
		silent++
		if at(d) {
			known++
			g.Until = max(g.Until, d)
		}
		if at(d - lifeSilence) {
			known--
		}
		if talked[d] {
			silent = 0
			g.Last, g.Until = d, max(g.Until, d)
		}
		if d >= f.Entered && silent >= lifeSilence && known >= lifeKnown {
			g.Ended, g.Until, g.Gone = true, d, d == f.Entered
			break
		}
	}
	for _, r := range f.Renewals {
		switch {
		case r < g.Entered:
			g.Early++
		case g.Ended && r >= g.Until:
			g.Late++
		case r <= g.Until && !g.Is:
			g.Is, g.Renewed = true, r
		}
	}
	return g
}

// Lives compares groups from entering decline: renewed, counted from the day of the renewal on, against not renewed.
type Lives struct {
	Groups []GroupLife // those that entered decline, the latest first
	Gone   int         // of them, those that had ended already
	N      int         // the rest: what curves rest on
	With   int         // of them renewed
	Ends   int         // of them ended
	Plain  Curve       // not renewed, each until its renewal
	Anew   Curve       // renewed, each from its renewal on (left truncation; Simon and Makuch 1984)
	Test   RankTest    // log-rank with the renewal as time-dependent (Mantel and Byar 1974)
}

// CompareLives puts groups together. A group counts as not renewed until the day of its renewal and as renewed afterwards, so that the
// time it had to live to be renewed at all is not given to the renewal.
func CompareLives(facts []LifeFacts) Lives {
	var l Lives
	var plain, anew []Lived
	for _, f := range facts {
		g := f.Live()
		l.Groups = append(l.Groups, g)
		if g.Gone {
			l.Gone++
			continue
		}
		l.N++
		end, cause := float64(g.Until-g.Entered), Censored
		if g.Ended {
			cause = Dissolved
			l.Ends++
		}
		if !g.Is {
			plain = append(plain, Lived{0, end, cause})
			continue
		}
		l.With++
		from := float64(g.Renewed - g.Entered)
		if from > 0 {
			plain = append(plain, Lived{0, from, Censored})
		}
		if end > from || from == 0 {
			anew = append(anew, Lived{from, end, cause})
		}
	}
	slices.SortStableFunc(l.Groups, func(a, b GroupLife) int {
		return cmp.Or(cmp.Compare(b.Entered, a.Entered), cmp.Compare(a.Group, b.Group))
	})
	l.Plain, l.Anew, l.Test = Survive(plain), Survive(anew), LogRank(plain, anew)
	return l
}

// Missing says how many groups more are needed before anything can be decided: in all, renewed, not renewed, and ends. All zero: it can.
type Missing struct{ Groups, Renewed, Plain, Ends int }

// Missing gives what is missing.
func (l Lives) Missing() Missing {
	m := Missing{Groups: max(0, lifeLeast-l.N), Renewed: max(0, lifeArm-l.With), Plain: max(0, lifeArm-(l.N-l.With))}
	if l.Ends == 0 {
		m.Ends = 1
	}
	return m
}

// Decidable reports whether the curves may be compared at all.
func (l Lives) Decidable() bool { return l.Missing() == Missing{} && l.Test.Withheld == "" }
