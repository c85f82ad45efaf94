package replay

import (
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/policy"
)

// Labelled is a labelled case with the message that it rests on.
type Labelled struct {
	community.Case
	Said     community.Event
	JoinedMs int64 // how long the author had been in the group, ms; 0 = not known
}

// Fate says how a labelled case stands under a book.
type Fate string

// Fates. A case cannot be judged when its words are erased, or its rule judges a message by others before it.
const (
	Right   Fate = "right"
	Broken  Fate = "broken"
	Unknown Fate = "unknown"
)

// Why a case cannot be judged.
const (
	WhyErased = "erased"
	WhyWindow = "window"
)

// Standing is how one case stands.
type Standing struct {
	Case community.ID        `json:"case"`
	Fate Fate                `json:"fate"`
	Why  string              `json:"why,omitempty"`  // of Unknown
	Hits []community.RuleHit `json:"hits,omitempty"` // what the book finds in the message
}

// CaseSums are the labelled cases under a book: how many stand right, and how precise what it hits is.
type CaseSums struct {
	Cases   int         `json:"cases"`
	Right   int         `json:"right"`
	Broken  int         `json:"broken"`
	Unknown int         `json:"unknown"`
	Found   int         `json:"found"`  // wanted hit and hit
	Missed  int         `json:"missed"` // wanted hit and not hit
	False   int         `json:"false"`  // wanted none and hit
	Rules   []RuleCases `json:"rules"`  // those that hit any, by the book's order; dry ones too
}

// RuleCases is one rule's share.
type RuleCases struct {
	Rule  string `json:"rule"`
	Found int    `json:"found"`
	False int    `json:"false"`
}

// Precision is the share of hits that were wanted, in thousandths; -1 = nothing was hit.
func (s CaseSums) Precision() int { return permille(s.Found, s.Found+s.False) }

// Recall is the share of wanted hits that were made, in thousandths; -1 = none was wanted.
func (s CaseSums) Recall() int { return permille(s.Found, s.Found+s.Missed) }

// Precision is the share of a rule's hits that were wanted, in thousandths; -1 = none.
func (r RuleCases) Precision() int { return permille(r.Found, r.Found+r.False) }

func permille(part, all int) int {
	if all == 0 {
		return -1
	}
	return (part*1000 + all/2) / all
}

// dayMs parts newcomers, who count as having said nothing yet, from the others.
const dayMs = 24 * 3600 * 1000

// settled is how many messages a member counts as having written who is no newcomer.
const settled = 1000

// Cases judges labelled cases under a book as if the group were switched on. Each message stands alone: its author has no
// strikes, is in no window, joined when they did (always there where that is not known), and has written nothing before in
// their first day and enough later. A message counts as hit when a live rule hits it.
func Cases(rb *policy.Rulebook, cases []Labelled) ([]Standing, CaseSums) {
	out, sum := make([]Standing, len(cases)), CaseSums{Cases: len(cases), Rules: []RuleCases{}}
	rules := map[string]*RuleCases{}
	for i := range cases {
		hit := false
		out[i], hit = stand(rb, &cases[i])
		sum.add(&out[i], cases[i].Want, hit, rules)
	}
	for _, r := range rb.Book().Rules {
		if n := rules[r.ID]; n != nil {
			sum.Rules = append(sum.Rules, *n)
		}
	}
	return out, sum
}

func stand(rb *policy.Rulebook, c *Labelled) (s Standing, hit bool) {
	s = Standing{Case: c.ID, Fate: Unknown}
	switch {
	case c.Said.Number == 0 || Erased(&c.Said):
		s.Why = WhyErased
		return s, false
	case c.Rule != "" && rb.NeedsMore(c.Rule):
		s.Why = WhyWindow
		return s, false
	}
	b := &c.Said.Body
	p := policy.Probe{Text: b.Text, Class: b.Class, Segments: b.Segments, Role: b.Role, Name: b.Name, JoinedMs: c.JoinedMs, At: c.Said.At, Messages: settled}
	if c.JoinedMs > 0 && c.JoinedMs < dayMs {
		p.Messages = 0
	}
	for _, d := range policy.Test(rb, p).Decisions {
		hit = hit || d.Verdict == community.Hit
		s.Hits = append(s.Hits, d.Hits...)
	}
	if s.Fate = Broken; hit == (c.Want == community.WantHit) {
		s.Fate = Right
	}
	return s, hit
}

func (sum *CaseSums) add(s *Standing, want community.Want, hit bool, rules map[string]*RuleCases) {
	switch s.Fate {
	case Right:
		sum.Right++
	case Broken:
		sum.Broken++
	default:
		sum.Unknown++
		return
	}
	wanted := want == community.WantHit
	switch {
	case wanted && hit:
		sum.Found++
	case wanted:
		sum.Missed++
	case hit:
		sum.False++
	}
	for _, h := range s.Hits {
		if policy.IsSpared(h.Why) {
			continue
		}
		n := rules[h.Rule]
		if n == nil {
			n = &RuleCases{Rule: h.Rule}
			rules[h.Rule] = n
		}
		if wanted {
			n.Found++
		} else {
			n.False++
		}
	}
}

// NewlyBroken gives the cases, by their place, that stand right under a book and wrong under the one to follow it.
func NewlyBroken(before, after []Standing) []int {
	var out []int
	for i := range after {
		if before[i].Fate == Right && after[i].Fate == Broken {
			out = append(out, i)
		}
	}
	return slices.Clip(out)
}
