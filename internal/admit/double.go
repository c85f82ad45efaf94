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
	JoinedAt int64 // 0 = not known: was there when we came
	Messages int64
	LastWord int64
}

// Double is a person who is in more than one sub group of the same main group.
type Double struct {
	Member community.Member
	Main   community.GroupKey
	Places []Place // the one to stay in first
	Task   community.ID
}

// Settle puts the places in order: the group where somebody speaks most is home, then where they spoke last, then where
// they came first. Nobody is removed for being in two groups: the order is a proposal.
func Settle(places []Place) {
	slices.SortStableFunc(places, func(a, b Place) int {
		for _, d := range []int64{b.Messages - a.Messages, b.LastWord - a.LastWord, a.JoinedAt - b.JoinedAt, int64(a.Group - b.Group)} {
			if d != 0 {
				return int(max(-1, min(1, d)))
			}
		}
		return 0
	})
}
