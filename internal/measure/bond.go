package measure

import (
	"cmp"
	"slices"

	"qunluo/internal/community"
)

// Contact is a message by which one member turns to another: by @, by the name at its start, or (Reply) by answering or
// quoting a message of the other.
type Contact struct {
	From, To community.MemberKey
	At       int64 // UTC ms
	Reply    bool
}

// Pairs is the population of figures of who talks with whom: ordered pairs of members, one of whom turned to the other.
const Pairs = "pairs"

// Bond is with whom one member talks.
type Bond struct {
	Member   community.MemberKey
	Sent     int // messages to others
	Received int // messages from others
	Reach    int // distinct partners, in either direction
	Between  int // pairs of partners who did not turn to each other
	Couples  int // all pairs of partners
}

// Brokerage is the share of pairs of partners who have no talk among themselves (methods.md §1.2).
func (b Bond) Brokerage(c Coverage) Figure {
	return ratio(float64(b.Between), float64(b.Couples), Pairs, c)
}

// Bonds is who talks with whom.
type Bonds struct {
	Edges       int // ordered pairs
	Messages    int
	Reciprocity Figure
	Members     []Bond // widest reach first, then most messages, then the key
}

// mostPartners bounds for how many partners pairs are looked through: of more only the most talked with.
const mostPartners = 500

// Bind makes the graph of contacts. Whoever turns to himself is left out; whom to leave out besides (bots, own accounts) is the caller's.
func Bind(list []Contact, c Coverage) Bonds {
	weight, partners := map[[2]community.MemberKey]int{}, map[community.MemberKey]map[community.MemberKey]int{}
	bonds := map[community.MemberKey]*Bond{}
	of := func(m community.MemberKey) *Bond {
		if bonds[m] == nil {
			bonds[m], partners[m] = &Bond{Member: m}, map[community.MemberKey]int{}
		}
		return bonds[m]
	}
	var out Bonds
	for _, x := range list {
		if x.From == x.To || x.From == 0 || x.To == 0 {
			continue
		}
		of(x.From).Sent++
		of(x.To).Received++
		weight[[2]community.MemberKey{x.From, x.To}]++
		partners[x.From][x.To]++
		partners[x.To][x.From]++
		out.Messages++
	}
	mutual := 0
	for e := range weight {
		if weight[[2]community.MemberKey{e[1], e[0]}] > 0 {
			mutual++
		}
	}
	out.Edges, out.Reciprocity = len(weight), ratio(float64(mutual), float64(len(weight)), Pairs, c)
	for m, b := range bonds {
		b.Reach = len(partners[m])
		b.bridge(partners)
		out.Members = append(out.Members, *b)
	}
	slices.SortFunc(out.Members, func(a, b Bond) int {
		return cmp.Or(cmp.Compare(b.Reach, a.Reach), cmp.Compare(b.Sent+b.Received, a.Sent+a.Received), cmp.Compare(a.Member, b.Member))
	})
	return out
}

// bridge counts the pairs of partners without talk among themselves.
func (b *Bond) bridge(partners map[community.MemberKey]map[community.MemberKey]int) {
	mine := partners[b.Member]
	list := make([]community.MemberKey, 0, len(mine))
	for p := range mine {
		list = append(list, p)
	}
	slices.SortFunc(list, func(x, y community.MemberKey) int { return cmp.Or(cmp.Compare(mine[y], mine[x]), cmp.Compare(x, y)) })
	list = list[:min(len(list), mostPartners)]
	for i, p := range list {
		for _, q := range list[i+1:] {
			b.Couples++
			if partners[p][q] == 0 {
				b.Between++
			}
		}
	}
}
