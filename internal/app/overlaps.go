package app

import (
	"cmp"
	"context"
	"slices"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/plan"
)

// What an overlap check looks at: texts of the last weeks, so many of each group, and so many groups' texts; those with shared people
// come first, then the liveliest.
const (
	overlapPast   = 28 * day
	overlapSaid   = 200
	overlapGroups = 100
)

// Overlap says what a group shares with the others of its operator: people, and texts that are near-copies.
func (c codes) Overlap(ctx context.Context, g community.GroupKey) (admit.OverlapCheck, error) {
	return c.overlap(ctx, g, nil)
}

// overlap is Overlap where a code is about to lead to the group; its other groups are sisters if the code leads to one offer.
func (c codes) overlap(ctx context.Context, g community.GroupKey, code *admit.Code) (admit.OverlapCheck, error) {
	var out admit.OverlapCheck
	row, err := c.mine(ctx, g)
	if err != nil {
		return out, err
	}
	if row.Desk {
		return out, community.Errorf(community.CodeBadInput, "group: an account's desk is not opened to anybody")
	}
	if out.People, err = c.desk().GroupPeople(ctx, g); err != nil {
		return out, err
	}
	shared, err := c.desk().SharedPeople(ctx, g)
	if err != nil {
		return out, err
	}
	list, others, err := c.alongside(ctx, row, shared)
	if err != nil {
		return out, err
	}
	out.Others = others
	if err := c.compare(ctx, row, list, &out); err != nil {
		return out, err
	}
	sisters, opened, err := c.desk().GroupCodes(ctx, g)
	if err != nil {
		return out, err
	}
	if out.Open = opened; code != nil && (code.Kind == admit.Group || code.Overflow) {
		sisters = append(sisters, groupsOf([]admit.Code{*code})...)
	}
	if err := c.sisters(ctx, row, list, sisters); err != nil {
		return out, err
	}
	out.Overlaps = admit.Rank(list)
	versions, err := c.desk().Differences(ctx, g)
	if len(versions) > 0 {
		out.Difference = versions[0]
	}
	return out, err
}

// alongside are the groups that a group is compared with: those with shared people, then the liveliest, and how many there are in all.
func (c codes) alongside(ctx context.Context, g community.GroupRow, list []admit.Overlap) ([]admit.Overlap, int, error) {
	rows, total, err := c.desk().FindGroups(ctx, community.GroupFilter{Page: community.Page{Limit: overlapGroups + 1, Sort: "last", Desc: true}})
	if err != nil {
		return nil, 0, err
	}
	for _, r := range rows {
		if r.Key != g.Key && len(list) < overlapGroups && !slices.ContainsFunc(list, func(o admit.Overlap) bool { return o.Group == r.Key }) {
			list = append(list, admit.Overlap{Group: r.Key, GroupID: r.ID, Name: r.Name})
		}
	}
	return list, max(0, total-1), nil
}

// compare looks for near-copies of a group's texts in those of others.
func (c codes) compare(ctx context.Context, g community.GroupRow, list []admit.Overlap, out *admit.OverlapCheck) error {
	heard := list[:min(len(list), overlapGroups)]
	keys := []community.GroupKey{g.Key}
	for _, o := range heard {
		keys = append(keys, o.Group)
	}
	planned, err := c.planned(ctx, keys)
	if err != nil {
		return err
	}
	said, err := c.said(ctx, g.Key)
	if err != nil {
		return err
	}
	mine := admit.Hear(append(planned[g.Key], said...))
	out.Said, out.Heard = mine.Len(), len(heard)
	if mine.Len() == 0 {
		return nil
	}
	for i := range heard {
		if said, err = c.said(ctx, heard[i].Group); err != nil {
			return err
		}
		copies := mine.Copies(admit.Hear(append(planned[heard[i].Group], said...)))
		heard[i].Copies, heard[i].Examples = len(copies), copies[:min(len(copies), admit.CopyExamples)]
	}
	return nil
}

// said are the last weeks' messages of a group's people, the newest first.
func (c codes) said(ctx context.Context, g community.GroupKey) ([]admit.Said, error) {
	rows, _, err := c.desk().FindMessages(ctx, community.MessageFilter{Group: g, Counted: true, From: c.app.millis() - overlapPast, Limit: overlapSaid, Bare: true})
	if err != nil {
		return nil, err
	}
	var out []admit.Said
	for _, m := range rows {
		if m.Text != "" && !m.Erased {
			out = append(out, admit.Said{Group: g, Source: admit.SaidMessage, Ref: m.ID.String(), Text: m.Text, At: m.OccurredAt})
		}
	}
	return out, nil
}

// planned is what was and is to be sent to groups by plan, by group: a text that comes again and again stands there once.
func (c codes) planned(ctx context.Context, keys []community.GroupKey) (map[community.GroupKey][]admit.Said, error) {
	list, err := c.desk().Planned(ctx, keys, c.app.millis()-overlapPast)
	if err != nil {
		return nil, err
	}
	rows, _, err := c.desk().FindGroups(ctx, community.GroupFilter{Keys: keys, Page: community.Page{Limit: 200}})
	if err != nil {
		return nil, err
	}
	waiting, _, err := c.app.store.Broadcasts(ctx, c.scope(), "", community.Page{Limit: 200})
	if err != nil {
		return nil, err
	}
	for _, b := range waiting {
		if b.Counts.All > 0 || b.State == plan.Cancelled {
			continue // it has its turns, or will have none
		}
		for _, g := range rows {
			if b.Filter.Takes(g.Group) {
				list = append(list, admit.Said{Group: g.Key, Source: admit.SaidBroadcast, Ref: b.ID.String(), Text: b.Text, At: b.Start})
			}
		}
	}
	out := map[community.GroupKey][]admit.Said{}
	for _, s := range list {
		if !slices.ContainsFunc(out[s.Group], func(o admit.Said) bool { return o.Text == s.Text }) {
			out[s.Group] = append(out[s.Group], s)
		}
	}
	return out, nil
}

// sisters marks the groups that are one offer with a group: one code leads to both, or they belong to one main group.
func (c codes) sisters(ctx context.Context, g community.GroupRow, list []admit.Overlap, known []community.GroupKey) error {
	keys := make([]community.GroupKey, 0, len(list))
	for _, o := range list {
		keys = append(keys, o.Group)
	}
	main := cmp.Or(g.Parent, g.Key)
	parents := map[community.GroupKey]community.GroupKey{}
	for part := range slices.Chunk(keys, 200) {
		rows, _, err := c.desk().FindGroups(ctx, community.GroupFilter{Keys: part, Bare: true, Page: community.Page{Limit: 200}})
		if err != nil {
			return err
		}
		for _, r := range rows {
			parents[r.Key] = r.Parent
		}
	}
	for i := range list {
		o := &list[i]
		o.Sister = slices.Contains(known, o.Group) || o.Group == main || parents[o.Group] == main
	}
	return nil
}

// SharedIn lists people of a group who are in others too; other 0 = in any.
func (c codes) SharedIn(ctx context.Context, g, other community.GroupKey, p community.Page) ([]admit.Double, int, error) {
	if err := c.sees(ctx, g); err != nil {
		return nil, 0, err
	}
	return c.desk().SharedIn(ctx, g, other, p)
}

// Differences lists what was written about what a group gives that others do not, the newest first.
func (c codes) Differences(ctx context.Context, g community.GroupKey) ([]admit.Difference, error) {
	return c.desk().Differences(ctx, g)
}

// SetDifference keeps what a group gives that others do not; it tells the group from those that overlap with it now.
func (c codes) SetDifference(ctx context.Context, user string, g community.GroupKey, text string) (admit.Difference, error) {
	v := admit.Difference{Group: g, Text: text}
	if err := admit.CheckDifference(text); err != nil {
		return v, err
	}
	check, err := c.Overlap(ctx, g)
	if err != nil {
		return v, err
	}
	for _, o := range check.Overlaps {
		v.Against = append(v.Against, o.Group)
	}
	return c.app.store.PutDifference(ctx, v, c.audit(user, "group.difference", subjectOf("group", int64(g)), ""))
}

// mayOpen refuses to let a code lead to a group without a goal (see mayTakeIn), and a first code to one that overlaps with others as long
// as nobody wrote what it gives that they do not: admit.ErrSameAsOthers.
func (c codes) mayOpen(ctx context.Context, code admit.Code, g community.GroupKey) error {
	if err := c.mayTakeIn(ctx, code, g); err != nil {
		return err
	}
	if _, opened, err := c.desk().GroupCodes(ctx, g); err != nil || opened {
		return err // its texts need not be compared with all others' for each further code
	}
	check, err := c.overlap(ctx, g, &code)
	if err != nil || check.MayOpen() {
		return err
	}
	names := ""
	for _, o := range check.Missing() {
		if names != "" {
			names += ", "
		}
		names += o.Name
	}
	return community.Errorf(community.CodeConflict, "group: %w: %s", admit.ErrSameAsOthers, clipped(names, 300))
}
