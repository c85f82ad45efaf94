package measure

import (
	"cmp"
	"container/heap"
	"context"
	"slices"

	"qunluo/internal/community"
)

// Crowd is who spoke in a span of days, and how much. It is kept in pages of members' keys: figures over all groups touch
// a million member-days, and a map would cost five times as much.
type Crowd struct {
	pages map[int64]*[crowdPage]voice
	size  int
	at    int64 // the page that was touched last
	page  *[crowdPage]voice
}

const crowdPage = 1024

// voice is what one member said.
type voice struct {
	messages int64
	days     int32
	last     int32 // of the days walked through, 1 = the first; 0 = none yet
}

// Speaker is a member of a crowd.
type Speaker struct {
	Member   community.MemberKey
	Messages int64
	Days     int // distinct active days
}

func newCrowd() *Crowd { return &Crowd{pages: map[int64]*[crowdPage]voice{}, at: -1} }

func (c *Crowd) voice(m community.MemberKey) *voice {
	if at := int64(m) / crowdPage; at != c.at {
		c.at, c.page = at, c.pages[at]
		if c.page == nil {
			c.page = new([crowdPage]voice)
			c.pages[at] = c.page
		}
	}
	return &c.page[int64(m)%crowdPage]
}

// hear adds what was said on one more day.
func (c *Crowd) hear(said []Tally) {
	for _, t := range said {
		c.voice(t.Member).hear(c, t.Count)
	}
}

func (v *voice) hear(c *Crowd, n int64) {
	if v.messages == 0 {
		c.size++
	}
	v.messages += n
	v.days++
}

// Len is how many spoke.
func (c *Crowd) Len() int { return c.size }

// Of gives what a member said; Messages 0 = not one of them.
func (c *Crowd) Of(m community.MemberKey) Speaker {
	page := c.pages[int64(m)/crowdPage]
	if page == nil || m < 0 {
		return Speaker{Member: m}
	}
	v := page[int64(m)%crowdPage]
	return Speaker{m, v.messages, int(v.days)}
}

// Each gives every speaker in order of member, until fn says false.
func (c *Crowd) Each(fn func(Speaker) bool) {
	order := make([]int64, 0, len(c.pages))
	for at := range c.pages {
		order = append(order, at)
	}
	slices.Sort(order)
	for _, at := range order {
		for i, v := range c.pages[at] {
			if v.messages > 0 && !fn(Speaker{community.MemberKey(at*crowdPage + int64(i)), v.messages, int(v.days)}) {
				return
			}
		}
	}
}

// Listen gathers who spoke in groups on the days [from, to].
func Listen(ctx context.Context, src Source, groups []community.GroupKey, from, to Day) (*Crowd, error) {
	c := newCrowd()
	return c, src.DaySums(ctx, groups, from, to, func(s *DaySum) error {
		c.hear(s.Said)
		return nil
	})
}

// Top gives the n who said most, most first; ties stand in order of member.
func (c *Crowd) Top(n int) []Speaker {
	if n <= 0 {
		return nil
	}
	h := &speakerHeap{}
	c.Each(func(s Speaker) bool {
		switch {
		case len(*h) < n:
			heap.Push(h, s)
		case before(s, (*h)[0]):
			(*h)[0] = s
			heap.Fix(h, 0)
		}
		return true
	})
	slices.SortFunc(*h, compareSpeakers)
	return *h
}

func compareSpeakers(a, b Speaker) int {
	return cmp.Or(cmp.Compare(b.Messages, a.Messages), cmp.Compare(a.Member, b.Member))
}

func before(a, b Speaker) bool { return compareSpeakers(a, b) < 0 }

// speakerHeap has the one who would be left out first on top.
type speakerHeap []Speaker

func (h speakerHeap) Len() int           { return len(h) }
func (h speakerHeap) Less(i, j int) bool { return before(h[j], h[i]) }
func (h speakerHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push and Pop are container/heap's.
func (h *speakerHeap) Push(x any) { *h = append(*h, x.(Speaker)) }

// Pop is container/heap's.
func (h *speakerHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
