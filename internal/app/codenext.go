package app

import (
	"context"
	"slices"
	"strconv"
	"sync"

	"qunluo/internal/admit"
	"qunluo/internal/community"
)

// namedBy lists the groups that are called by a code's prefix and a number, by that number.
func (c codes) namedBy(ctx context.Context, code admit.Code) ([]community.GroupRow, error) {
	var out []community.GroupRow
	if code.Base == "" {
		return nil, nil
	}
	for g, err := range c.desk().AllGroups(ctx, community.GroupFilter{Text: code.Base, Bare: true}) {
		if err != nil {
			return nil, err
		}
		if _, ok := admit.Serial(code.Base, g.Name); ok {
			out = append(out, g)
		}
	}
	slices.SortStableFunc(out, func(a, b community.GroupRow) int {
		m, _ := admit.Serial(code.Base, a.Name)
		n, _ := admit.Serial(code.Base, b.Name)
		return m - n
	})
	return out, nil
}

// nextSerial is the number of the group that comes next under a code's prefix.
func (c codes) nextSerial(ctx context.Context, code admit.Code) (int, error) {
	groups, err := c.namedBy(ctx, code)
	names := make([]string, len(groups))
	for i, g := range groups {
		names[i] = g.Name
	}
	return admit.NextSerial(code.Base, names), err
}

// nextName is what the next group of a code is to be called; "" = as people like.
func (c codes) nextName(ctx context.Context, code admit.Code) (string, error) {
	if code.Base == "" || !code.Overflow {
		return "", nil
	}
	n, err := c.nextSerial(ctx, code)
	return code.Base + strconv.Itoa(n), err
}

// adopt takes the groups that were opened for a code since it was made, known by the code's prefix and a number, into it: a
// code for each is ordered, or asked of a person. Where the platform leads on by itself there is nothing to do.
func (c codes) adopt(ctx context.Context, code admit.Code, sizes admit.Sizes) (adopted bool, err error) {
	if !code.Overflow || code.Base == "" || code.Closed != 0 {
		return false, nil
	}
	known, platforms := map[community.GroupKey]bool{}, map[community.Platform]bool{}
	for _, e := range code.Entries {
		known[e.Group] = true
		if e.Removed == 0 && code.LeadsOn(e, sizes[e.Group]) {
			return false, nil
		}
	}
	groups, err := c.namedBy(ctx, code)
	if err != nil {
		return false, err
	}
	for g := range known {
		row, err := c.desk().GroupByKey(ctx, g)
		if err != nil {
			return false, err
		}
		platforms[row.Platform] = true
	}
	for _, g := range groups {
		if known[g.Key] || g.Created < code.Created || !platforms[g.Platform] {
			continue
		}
		if _, err := c.Order(ctx, system, code.ID, g.Key); err != nil {
			return adopted, err
		}
		adopted = true
	}
	return adopted, nil
}

// leadsInto is what the group is called that a full group's code leads into, where the platform opens the next one: the
// newest of its prefix, or the prefix.
func (c codes) leadsInto(ctx context.Context, code admit.Code, e admit.Entry) (string, error) {
	groups, err := c.namedBy(ctx, code)
	switch {
	case err != nil:
		return "", err
	case len(groups) > 0:
		return groups[len(groups)-1].Name, nil
	case code.Base != "":
		return code.Base, nil
	}
	return e.GroupName, nil
}

// holdFor is how long a scan counts as somebody on the way in, in milliseconds.
const holdFor = 2 * 60 * 1000

// comings are those who were shown the way into a group and are perhaps not in it yet, so that the last place is not offered
// to two at the same moment.
type comings struct {
	mu sync.Mutex
	at map[community.GroupKey][]coming
}

type coming struct {
	at      int64
	members int // in the group then
}

// maxComings bounds how many are remembered of a group: more than any group holds.
const maxComings = 5000

func (c *comings) add(g community.GroupKey, now int64, members int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at == nil {
		c.at = map[community.GroupKey][]coming{}
	}
	list := c.fresh(g, now)
	if len(list) < maxComings {
		c.at[g] = append(list, coming{now, members})
	}
}

func (c *comings) fresh(g community.GroupKey, now int64) []coming {
	list := slices.DeleteFunc(c.at[g], func(one coming) bool { return now-one.at > holdFor })
	if len(list) == 0 {
		delete(c.at, g)
	} else {
		c.at[g] = list
	}
	return list
}

// expected is how many will be in a group once those on the way are there: whoever came in meanwhile is counted once.
func (c *comings) expected(g community.GroupKey, now int64, members int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := c.fresh(g, now)
	if len(list) == 0 {
		return members
	}
	return max(members, list[0].members+len(list))
}

// spread chooses for whoever comes next: a group whose last places others are on the way to counts as full while there is
// another that fits.
func (a *App) spread(code admit.Code, sizes admit.Sizes, now int64) admit.Choice {
	first := admit.Pick(code, sizes, now)
	held := admit.Sizes{}
	for g, size := range sizes {
		if size.Limit > 0 && size.Members >= 0 {
			size.Members = a.comings.expected(g, now, size.Members)
		}
		held[g] = size
	}
	if next := admit.Pick(code, held, now); next.Found {
		return next
	}
	return first
}
