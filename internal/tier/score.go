package tier

import (
	"math"
	"sort"

	"qunluo/internal/community"
)

// Contact is a day on which a member and another turned to each other: by a reply, a quotation, an @ or a name at the start.
type Contact struct {
	Day   int64
	With  community.MemberKey
	Reply bool // the other replied to the member, or quoted them
}

// Strike counts from the day Day on, and no more from the day Ends on.
type Strike struct{ Day, Ends int64 }

// Span is the days [From, To] on which a member was in the group.
type Span struct{ From, To int64 }

// Person is what a member of a group did. Days count from 1970-01-01 in the group's zone; lists are in their order.
type Person struct {
	Member   community.MemberKey
	Joined   int64 // UTC ms; 0 = before anything that is known
	Spans    []Span
	Active   []int64 // with an own message
	Contacts []Contact
	Answers  []int64 // one for each question of others that they answered first
	Strikes  []Strike
	Tags     []Tagged
}

// in reports whether the member was in the group on a day.
func (p *Person) in(day int64) bool {
	for _, s := range p.Spans {
		if s.From <= day && day <= s.To {
			return true
		}
	}
	return false
}

// Numbers are what a rank rests on. Counts are of the last 28 days, or of those that the rules say for partners.
type Numbers struct {
	Score    float64 `json:"score"`
	Activity float64 `json:"activity"` // Σ 2^(−age / half-life) over active days
	Help     float64 `json:"help"`     // the same over replies received and questions answered
	Penalty  float64 `json:"penalty"`  // Σ 2^(−age / 30 d) over strikes in force
	Days     int     `json:"active_days"`
	Partners int     `json:"partners"`
	Replies  int     `json:"replies"` // from different members, by day
	Answers  int     `json:"answers"`
	Strikes  int     `json:"strikes"`
	Quiet    int64   `json:"quiet"` // days since the last word; −1 = none within the time looked at

	TagPoints int    `json:"tag_points,omitempty"` // what tags add or take away
	Tags      string `json:"tags,omitempty"`       // which: "志愿者 +5, 小号 -8"
}

const (
	window     = 28 // days of what reasons say
	memory     = 10 // half-lives: what is older weighs less than a thousandth
	strikeHalf = 30 // days
)

// Back is how many days before a day its numbers rest on.
func (r Rules) Back() int64 {
	return int64(max(memory*r.HalfLife, r.Silence, r.Reach, window))
}

// half is 2^(−age/life).
func half(age int64, life int) float64 { return math.Exp2(-float64(age) / float64(life)) }

// Measure gives a member's numbers at the end of a day: Activity · (1 + ln(1 + partners)) + Help − Penalty + TagPoints.
func (r Rules) Measure(p *Person, day int64) Numbers {
	n := Numbers{Quiet: -1}
	first, recent := day-int64(memory*r.HalfLife)+1, day-window+1
	for _, d := range upTo(p.Active, day, min(first, day-int64(r.Silence)+1)) {
		n.Quiet = day - d
		if d >= first {
			n.Activity += half(day-d, r.HalfLife)
		}
		if d >= recent {
			n.Days++
		}
	}
	r.reach(p, day, &n)
	r.help(p, day, first, recent, &n)
	for _, s := range p.Strikes {
		if s.Day <= day && day < s.Ends {
			n.Strikes++
			n.Penalty += half(day-s.Day, strikeHalf)
		}
	}
	r.tags(p, day, &n)
	n.Score = n.Activity*(1+math.Log1p(float64(n.Partners))) + n.Help - n.Penalty + float64(n.TagPoints)
	return n
}

// upTo is the part of a list of days in [from, day].
func upTo(days []int64, day, from int64) []int64 {
	end := sort.Search(len(days), func(i int) bool { return days[i] > day })
	begin := sort.Search(end, func(i int) bool { return days[i] >= from })
	return days[begin:end]
}

// between is the part of a list of contacts in [from, day].
func between(list []Contact, day, from int64) []Contact {
	end := sort.Search(len(list), func(i int) bool { return list[i].Day > day })
	begin := sort.Search(end, func(i int) bool { return list[i].Day >= from })
	return list[begin:end]
}

func (r Rules) reach(p *Person, day int64, n *Numbers) {
	seen := map[community.MemberKey]bool{}
	for _, c := range between(p.Contacts, day, day-int64(r.Reach)+1) {
		seen[c.With] = true
	}
	n.Partners = len(seen)
}

// help adds up replies received from different members and questions answered; of one day only so many count.
func (r Rules) help(p *Person, day, first, recent int64, n *Numbers) {
	by := map[int64]map[community.MemberKey]bool{}
	count := map[int64]int{}
	for _, c := range between(p.Contacts, day, first) {
		if !c.Reply {
			continue
		}
		if by[c.Day] == nil {
			by[c.Day] = map[community.MemberKey]bool{}
		}
		if by[c.Day][c.With] {
			continue
		}
		by[c.Day][c.With] = true
		count[c.Day]++
		if c.Day >= recent {
			n.Replies++
		}
	}
	for _, d := range upTo(p.Answers, day, first) {
		count[d]++
		if d >= recent {
			n.Answers++
		}
	}
	for d := first; d <= day && len(count) > 0; d++ {
		if c := count[d]; c > 0 {
			n.Help += float64(min(c, r.AnswerCap)) * half(day-d, r.HalfLife)
		}
	}
}
