package cli

import (
	"context"
	"errors"
	"slices"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// Overlaps is what the command line asks and writes of what groups share.
type Overlaps interface {
	Overlap(ctx context.Context, g community.GroupKey) (admit.OverlapCheck, error)
	// SharedIn lists people of a group who are in others too; other 0 = in any.
	SharedIn(ctx context.Context, g, other community.GroupKey, p community.Page) ([]admit.Double, int, error)
	SetDifference(ctx context.Context, user string, g community.GroupKey, text string) (admit.Difference, error)
}

type groupOverlapCmd struct {
	fresh      `kong:"-"`
	Group      string `arg:"" help:"编号、名称或平台群号|id, name or the platform's id"`
	Difference string `placeholder:"TEXT" help:"写这个群有、重合的群没有的，进群页会显示|write what it gives that they do not; the join page shows it"`
	People     bool   `help:"列出两边都在的人|list the people in both"`
	paging
}

// saidLine is a text beside its near-copy.
type saidLine struct {
	Mine   string `json:"mine"`
	Source string `json:"mine_from"` // message, broadcast, sop
	Theirs string `json:"theirs"`
	From   string `json:"theirs_from"`
}

// overlapLine is another group with what is shared.
type overlapLine struct {
	ID       string     `json:"id" col:"编号|id"`
	Name     string     `json:"name" col:"名称|name"`
	Shared   int        `json:"shared_people" col:"两边都在|in both"`
	Copies   int        `json:"near_copies" col:"近乎相同|near-copies"`
	Told     string     `json:"difference" col:"不同之处|difference"` // written, missing, sister
	Examples []saidLine `json:"examples"`
}

// sharedLine is a person who is in other groups too.
type sharedLine struct {
	ID   string   `json:"id" col:"编号|id"`
	Name string   `json:"name" col:"名称|name"`
	Also []string `json:"also_in" col:"还在|also in"`
}

// overlapReport is what a group shares with others.
type overlapReport struct {
	Group      string        `json:"group" col:"群|group"`
	People     int           `json:"people" col:"人数|people"`
	Texts      int           `json:"texts_compared" col:"比了几条|texts compared"`
	Others     int           `json:"other_groups" col:"别的群|other groups"`
	Heard      int           `json:"other_groups_texts"`
	Opened     bool          `json:"opened" col:"已开|opened"`
	MayOpen    bool          `json:"may_open" col:"可以开|may open"`
	Difference string        `json:"difference" col:"不同之处|difference"`
	Overlaps   []overlapLine `json:"overlaps"`
	Shared     []sharedLine  `json:"people_shared,omitempty"`
}

func (groupOverlapCmd) Shape() any { return overlapReport{} }
func (groupOverlapCmd) Examples() []example {
	return []example{{"group overlap 读书二群 --json", [2]string{"开群前看重合", "look at the overlap before opening it"}},
		{"group overlap 读书二群 --difference 只有这里每周三有作者答疑", [2]string{"写不同之处", "write the difference"}}}
}

// Do shows what a group shares with others, and writes what it gives that they do not.
func (q *groupOverlapCmd) Do(c *call, h *House) error {
	p, err := inOrg(c, h, h.Overlaps)
	if err != nil {
		return err
	}
	_, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	if q.Difference != "" {
		if _, err := p.SetDifference(c.ctx, user, g.Key, q.Difference); err != nil {
			return err
		}
	}
	check, err := p.Overlap(c.ctx, g.Key)
	if err != nil {
		return err
	}
	r := reportOfOverlap(g.Name, check)
	if q.People {
		list, _, err := p.SharedIn(c.ctx, g.Key, 0, q.page())
		if err != nil {
			return err
		}
		r.Shared = mapped(list, func(d admit.Double) sharedLine { return sharedOf(g.Key, d) })
	}
	if c.json {
		return c.printJSON(r)
	}
	if err := printOne(c, r); err != nil {
		return err
	}
	if q.People {
		return printList(c, r.Shared, len(r.Shared))
	}
	return printList(c, r.Overlaps, len(r.Overlaps))
}

func reportOfOverlap(name string, c admit.OverlapCheck) overlapReport {
	r := overlapReport{Group: name, People: c.People, Texts: c.Said, Others: c.Others, Heard: c.Heard, Opened: c.Open, MayOpen: c.MayOpen(), Difference: c.Difference.Text, Overlaps: []overlapLine{}}
	missing := c.Missing()
	for _, o := range c.Overlaps {
		l := overlapLine{ID: o.GroupID.String(), Name: o.Name, Shared: o.Shared, Copies: o.Copies, Told: "written", Examples: []saidLine{}}
		switch {
		case o.Sister:
			l.Told = "sister"
		case slices.ContainsFunc(missing, func(m admit.Overlap) bool { return m.Group == o.Group }):
			l.Told = "missing"
		}
		for _, x := range o.Examples {
			l.Examples = append(l.Examples, saidLine{x.Mine.Text, x.Mine.Source, x.Theirs.Text, x.Theirs.Source})
		}
		r.Overlaps = append(r.Overlaps, l)
	}
	return r
}

func sharedOf(g community.GroupKey, d admit.Double) sharedLine {
	l := sharedLine{ID: d.Member.ID.String(), Name: d.Member.Name, Also: []string{}}
	for _, p := range d.Places {
		if p.Group != g {
			l.Also = append(l.Also, p.Name)
		}
	}
	return l
}

// notOpened says in words why no code may lead to a group.
func notOpened(group string, err error) error {
	if errors.Is(err, measure.ErrNoGoal) {
		return failed(err, "%[1]s 没有目标：先写 qunluo goal set %[1]s …，或写明为什么先开放：qunluo goal without %[1]s --because …", "%[1]s has no goal: write one with qunluo goal set %[1]s …, or why it opens without: qunluo goal without %[1]s --because …", group)
	}
	if !errors.Is(err, admit.ErrSameAsOthers) {
		return err
	}
	return failed(err, "%[1]s 和你别的群重合，先写不同之处：qunluo group overlap %[1]s --difference …", "%[1]s overlaps with other groups of yours; write the difference first: qunluo group overlap %[1]s --difference …", group)
}
