package plan

import (
	"cmp"
	"slices"

	"qunluo/internal/community"
)

// Reach is one group of an estimate.
type Reach struct {
	Group   community.GroupRow
	Level   community.Level // native, assisted or human
	Verb    community.Verb
	Members []community.MemberKey // present
	Owner   string                // who must confirm, as people call them; "" = nobody, or not known
	Takes   Carries
	Facts   Facts
	Verdict Verdict // filled by Foresee
}

// Estimate is what a mass send would do, before it does anything.
type Estimate struct {
	Groups   int
	People   int // distinct members present in the groups
	Levels   map[community.Level]int
	Blocked  int
	Owners   int // distinct people who must confirm
	Rows     []Reach
	Findings []Finding
	At       int64 // for when
}

// Ready reports whether it may be sent without a person's word: there is a group, and nothing found refuses.
func (e Estimate) Ready() bool { return e.Groups > 0 && !Refused(e.Findings) }

// Foresee judges a mass send to groups at a moment. had says how often each member was reached in the last 7 days; the sends
// of this one to groups before count too. links are the findings about links; those about what platforms take are added.
// public is the address of this server; "" = it has none that others can reach.
func Foresee(l Limits, p Post, rows []Reach, had map[community.MemberKey]int, links []Finding, public string, at int64) Estimate {
	findings := append(slices.Clone(links), fits(p, rows, public, at)...)
	slices.SortStableFunc(findings, func(a, b Finding) int { return cmp.Compare(weight(a), weight(b)) })
	e := Estimate{Groups: len(rows), Levels: map[community.Level]int{}, Rows: rows, Findings: findings, At: at}
	reached, owners := map[community.MemberKey]int{}, map[string]bool{}
	for i := range rows {
		r := &rows[i]
		e.Levels[r.Level]++
		if r.Level == community.Assisted && r.Owner != "" {
			owners[r.Owner] = true
		}
		r.Facts.Due, r.Facts.Members, r.Facts.Tired = at, len(r.Members), 0
		for _, m := range r.Members {
			if l.PerMember > 0 && had[m]+reached[m] >= l.PerMember {
				r.Facts.Tired++
			}
		}
		r.Verdict = Guard(l, r.Facts, at)
		if !r.Verdict.OK() {
			e.Blocked++
		}
		for _, m := range r.Members {
			if _, seen := reached[m]; !seen {
				reached[m] = 0
			}
			if r.Verdict.OK() {
				reached[m]++
			}
		}
		r.Members = nil
	}
	e.People, e.Owners = len(reached), len(owners)
	return e
}
