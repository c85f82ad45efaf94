package tier

import "qunluo/internal/community"

// Reasons of changes that no decision makes.
const (
	Unpinned = "unpin" // a pin was taken away: the member stays until the next decision
	Gone     = "gone"  // no longer in the group
)

// Version is a version of a group's rules.
type Version struct {
	Version int    `json:"version"` // 0 = what every group begins with
	Rules   Rules  `json:"rules"`
	At      int64  `json:"at"` // UTC ms
	User    string `json:"user"`
	Note    string `json:"note"`
}

// Book is how a group stands: the rules in force, and the days (from 1970-01-01 in its zone) up to which numbers were read and
// changes decided; −1 = never.
type Book struct {
	Group   community.GroupKey
	Version int
	Rules   Rules
	Day     int64
	Decided int64
}

// Row is where a member stands.
type Row struct {
	Member   community.MemberKey
	MemberID community.ID
	Name     string
	External string
	Tier     Tier
	Since    int64 // day
	Place    int   // from 1; 0 = not ranked
	Places   int
	Why      string
	Numbers  Numbers
	Day      int64 // of the numbers
	Pin      Tier
	PinUser  string
	PinNote  string
	PinAt    int64 // UTC ms
}

// Percent is the rank among the members: 7 = among the best 7 %.
func (r Row) Percent() float64 { return Ruling{Rank: r.Place, Of: r.Places}.Percent() }

// Change is a change of a member's tier, with what it rests on.
type Change struct {
	ID       community.ID
	Group    community.GroupKey
	Member   community.MemberKey
	MemberID community.ID
	Name     string
	External string
	Was      Tier
	Tier     Tier
	Why      string
	Version  int // of the rules
	Place    int
	Places   int
	Numbers  Numbers
	Day      int64 // at the end of which it was decided
	At       int64 // UTC ms
	User     string
	Note     string
}

// Percent is the rank among the members: 7 = among the best 7 %.
func (c Change) Percent() float64 { return Ruling{Rank: c.Place, Of: c.Places}.Percent() }

// Standing is a row as the next decision sees it.
func (r Row) Standing(p *Person, n Numbers) Standing {
	return Standing{Member: p.Member, Joined: p.Joined, Now: r.Tier, Since: r.Since, Pin: r.Pin, Numbers: n}
}

// Place is where a member stands in a group.
type Place struct {
	Group     community.GroupKey
	GroupID   community.ID
	GroupName string
	Row       Row
}

// Round is what reading a group at the end of a day comes to: changes on the day on which they are decided, and first placings
// and numbers on every other.
func (b Book) Round(people []Person, rows []Row, day int64) (list []Ruling, decided int64) {
	known := make(map[community.MemberKey]Row, len(rows))
	for _, r := range rows {
		known[r.Member] = r
	}
	var standings []Standing
	for i := range people {
		p := &people[i]
		if p.in(day) {
			standings = append(standings, known[p.Member].Standing(p, b.Rules.Measure(p, day)))
		}
	}
	list, decided = b.Rules.Decide(day, standings), b.Rules.DecisionDay(day)
	if decided > b.Decided {
		return list, decided
	}
	for i := range list {
		d, was := &list[i], known[list[i].Member]
		if d.Was != None && d.Why != Pinned {
			d.Tier, d.Why = d.Was, was.Why
		}
	}
	return list, b.Decided
}

// Comparison is what rules would have done over the last weeks, beside those in force.
type Comparison struct {
	Now, New Trial
	Today    []Ruling                                 // who would move, were it decided today by the new rules
	Least    int                                      // members from which on there are tiers
	People   map[community.MemberKey]community.Member // of Today, where they are known
}

// Compare runs two sets of rules over a history up to a day, pins held as they are now.
func Compare(now, fresh Rules, people []Person, rows []Row, day int64, weeks int) Comparison {
	pins := map[community.MemberKey]Tier{}
	for _, r := range rows {
		if r.Pin != None {
			pins[r.Member] = r.Pin
		}
	}
	c := Comparison{Now: now.Simulate(people, pins, day, weeks), New: fresh.Simulate(people, pins, day, weeks), Least: fresh.Least}
	list, _ := Book{Rules: fresh, Decided: -1}.Round(people, rows, day)
	for _, d := range list {
		if d.Changed() {
			c.Today = append(c.Today, d)
		}
	}
	return c
}
