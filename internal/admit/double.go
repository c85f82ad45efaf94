package admit

import (
	"slices"

	"qunluo/internal/community"
)

// Place is one of several sub groups that a person is in.
type Place struct {
	Group    community.GroupKey
	GroupID  community.ID
	Name     string
	Platform community.Platform
	Member   community.MemberKey // the account of theirs that is there
	Shown    string              // what it is called there
	JoinedAt int64               // 0 = not known: was there when we came
	Messages int64
	LastWord int64
}

// Double is a person who is in more than one sub group of the same main group.
type Double struct {
	Member community.Member // the account known longest
	Main   community.GroupKey
	Places []Place // the one to stay in first
	Task   community.ID
}

// Settle puts the places in order: the group where somebody speaks most is home, then where they spoke last, then where
// they came first. Two accounts in one group are one place, told by the one that speaks more. Nobody is removed for being in
// two groups: the order is a proposal.
func Settle(places []Place) []Place {
	places = joined(places)
	slices.SortStableFunc(places, func(a, b Place) int {
		for _, d := range []int64{b.Messages - a.Messages, b.LastWord - a.LastWord, a.JoinedAt - b.JoinedAt, int64(a.Group - b.Group)} {
			if d != 0 {
				return int(max(-1, min(1, d)))
			}
		}
		return 0
	})
	return places
}

// joined makes places in one group one.
func joined(places []Place) []Place {
	var out []Place
	for _, p := range places {
		i := slices.IndexFunc(out, func(o Place) bool { return o.Group == p.Group })
		if i < 0 {
			out = append(out, p)
			continue
		}
		all, last := out[i].Messages+p.Messages, max(out[i].LastWord, p.LastWord)
		if p.Messages > out[i].Messages {
			out[i] = p
		}
		out[i].Messages, out[i].LastWord = all, last
	}
	return out
}
