package measure

import (
	"cmp"
	"slices"
	"strings"

	"qunluo/internal/community"
)

// Standings of a person in a group, as the journey knows them.
const (
	Applicant = "applicant" // asked to be let in
	Member    = "member"
	Lapsed    = "lapsed"   // a member without a word for 28 days
	Departed  = "left"     // left, was removed, or is no longer on the list
	Returned  = "returned" // spoke again after lapsing, or joined again after leaving
)

// lapseAfter is after how many days without a word a member has lapsed (methods.md §2.2, the usual silence).
const lapseAfter = 28

// Turn is the beginning of a standing.
type Turn struct {
	Standing string
	At       int64 // UTC ms
}

// Standing is how long people stay in a standing, and what they go over to.
type Standing struct {
	Name string
	Took Curve // days in it; whoever is in it still, or was when the watch ended, is censored
	Now  int   // who is in it
	To   []Passage
}

// Passage is how often people went from a standing to another, and the median of how many days they had been in it.
type Passage struct {
	To     string
	Count  int
	Median float64 // days; of those who went
}

// Path is a course through standings, at most five of them, repeats collapsed.
type Path struct {
	Standings []string
	Count     int
}

const pathDepth = 5

// Course is what became of one person: requests, stays and days of talk, in the order of time.
func Course(asked int64, stays []Stay, days []Day, h History) []Turn {
	var turns []Turn
	add := func(name string, at int64) {
		if n := len(turns); n == 0 || turns[n-1].Standing != name {
			turns = append(turns, Turn{name, at})
		}
	}
	if asked > 0 && (len(stays) == 0 || asked <= stays[0].Joined) {
		add(Applicant, asked)
	}
	for i, s := range stays {
		if i == 0 {
			add(Member, s.Joined)
		} else {
			add(Returned, s.Joined)
		}
		end := h.Until
		if s.Left > 0 {
			end = min(end, s.Left)
		}
		silent := s.Joined // since when nothing was said
		from, _ := slices.BinarySearch(days, h.DayOf(s.Joined))
		for _, d := range days[from:] {
			at := max(s.Joined, s.Joined+int64(d-h.DayOf(s.Joined))*dayMS)
			if at > end {
				break
			}
			if at-silent > lapseAfter*dayMS {
				add(Lapsed, silent+lapseAfter*dayMS)
				add(Returned, at)
			}
			silent = at
		}
		if end-silent > lapseAfter*dayMS {
			add(Lapsed, silent+lapseAfter*dayMS)
		}
		if s.Left > 0 && s.Left <= h.Until {
			add(Departed, s.Left)
		}
	}
	return turns
}

// Courses follows everybody whose asking or joining is on record. Standings come in the order of the constants; paths by how many
// took them, then by their names.
func Courses(h History, asked map[community.MemberKey]int64) ([]Standing, []Path) {
	stays, days, old := map[community.MemberKey][]Stay{}, map[community.MemberKey][]Day{}, map[community.MemberKey]bool{}
	for _, s := range h.Stays {
		if s.Joined <= 0 || s.Seen > s.Joined {
			old[s.Member] = true
			continue
		}
		stays[s.Member] = append(stays[s.Member], s)
	}
	for _, l := range h.Spoke {
		days[l.Member] = l.Days
	}
	for m := range asked {
		if len(stays[m]) == 0 {
			stays[m] = nil // asked and never came
		}
	}
	c := courseCount{lived: map[string][]Lived{}, went: map[[2]string][]float64{}, now: map[string]int{}, paths: map[string]int{}}
	for m, list := range stays {
		if old[m] {
			continue
		}
		slices.SortFunc(list, func(a, b Stay) int { return cmp.Compare(a.Joined, b.Joined) })
		c.add(Course(asked[m], list, days[m], h), h.Until)
	}
	return c.standings(), c.ways()
}

// courseCount adds courses up.
type courseCount struct {
	lived map[string][]Lived
	went  map[[2]string][]float64
	now   map[string]int
	paths map[string]int
}

func (c *courseCount) add(turns []Turn, until int64) {
	if len(turns) == 0 {
		return
	}
	names := make([]string, 0, pathDepth)
	for i, t := range turns {
		if i < pathDepth {
			names = append(names, t.Standing)
		}
		if i+1 == len(turns) {
			c.lived[t.Standing] = append(c.lived[t.Standing], Lived{End: float64(max(0, until-t.At)) / dayMS})
			c.now[t.Standing]++
			continue
		}
		next := turns[i+1]
		took := float64(max(0, next.At-t.At)) / dayMS
		c.lived[t.Standing] = append(c.lived[t.Standing], Lived{End: took, Cause: Gone})
		c.went[[2]string{t.Standing, next.Standing}] = append(c.went[[2]string{t.Standing, next.Standing}], took)
	}
	c.paths[strings.Join(names, " ")]++
}

func (c *courseCount) standings() []Standing {
	all := []string{Applicant, Member, Lapsed, Departed, Returned}
	out := make([]Standing, 0, len(all))
	for _, name := range all {
		s := Standing{Name: name, Took: Survive(c.lived[name]), Now: c.now[name]}
		for _, to := range all {
			if took := c.went[[2]string{name, to}]; len(took) > 0 {
				slices.Sort(took)
				s.To = append(s.To, Passage{to, len(took), took[(len(took)-1)/2]})
			}
		}
		out = append(out, s)
	}
	return out
}

func (c *courseCount) ways() []Path {
	out := make([]Path, 0, len(c.paths))
	for names, n := range c.paths {
		out = append(out, Path{strings.Split(names, " "), n})
	}
	slices.SortFunc(out, func(a, b Path) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), slices.Compare(a.Standings, b.Standings))
	})
	return out
}
