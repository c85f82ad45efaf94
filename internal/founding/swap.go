package founding

import (
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/policy"
)

// Swapped is an act of a rulebook that cannot be done in a group, and what is done instead.
type Swapped struct {
	Rule string // its name; "" = the common ladder
	policy.Swap
	Off bool // nothing of it can be done: the rule is switched off
}

// Fitted gives a book in which only what can be done in a group is left, and what was changed for that.
func Fitted(b policy.Book, can func(community.Verb) bool) (policy.Book, []Swapped) {
	var out []Swapped
	common := b.Ladder
	if common == nil {
		common = policy.DefaultLadder()
	}
	ladder, swaps := policy.Degrade(common, can)
	for _, s := range swaps {
		out = append(out, Swapped{Swap: s})
	}
	bare := ladder == nil && len(swaps) > 0
	if len(swaps) > 0 {
		b.Ladder = ladder
	}
	b.Rules = slices.Clone(b.Rules)
	for i, r := range b.Rules {
		own, swaps := policy.Degrade(r.Ladder, can)
		for _, s := range swaps {
			out = append(out, Swapped{Rule: r.Name, Swap: s})
		}
		if len(swaps) > 0 {
			r.Ladder = own
		}
		mute := (r.Kind == kindWelcome || r.Kind == "reply") && !can(community.Send)
		if (len(swaps) > 0 && own == nil || bare && r.Ladder == nil || mute) && r.Mode != policy.RuleOff {
			r.Mode = policy.RuleOff
			out = append(out, Swapped{Rule: r.Name, Off: true})
		}
		b.Rules[i] = r
	}
	return b, out
}
