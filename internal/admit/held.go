package admit

import "qunluo/internal/community"

// Held is who was shown the way into a group and is perhaps not in it yet.
type Held struct {
	Count   int
	Members int // in the group when the first of them was shown it
}

// expected is how many will be in a group once those on the way are there: whoever came in meanwhile is counted once.
func (h Held) expected(members int) int {
	if h.Count == 0 {
		return members
	}
	return max(members, h.Members+h.Count)
}

// Spread chooses for whoever comes next: a group whose last places others are on the way to counts as full while there is
// another that fits.
func Spread(c Code, sizes Sizes, held map[community.GroupKey]Held, now int64) Choice {
	first, soon := Pick(c, sizes, now), Sizes{}
	for g, size := range sizes {
		if size.Limit > 0 && size.Members >= 0 {
			size.Members = held[g].expected(size.Members)
		}
		soon[g] = size
	}
	if next := Pick(c, soon, now); next.Found {
		return next
	}
	return first
}
