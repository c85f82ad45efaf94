package app

import (
	"context"
	"slices"
	"strconv"

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
		if _, err := c.order(ctx, system, code, g.Key); err != nil {
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
