package console

import (
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
)

// acrossKind is the kind of rules that look across groups.
const acrossKind = "across"

// reviewCopies names the messages in other groups on which a decision rests. What the reader may not see is only counted.
func reviewCopies(k *call, it *view.ReviewItem, d community.DecisionRow) error {
	if !slices.ContainsFunc(d.Hits, func(h community.RuleHit) bool { return h.Kind == acrossKind }) {
		return nil
	}
	c, err := k.Desk.Copies(k.ctx(), d.Group, d.Event)
	if err != nil || c.Copies == 0 {
		return err
	}
	it.Copies = k.T("across.copies", "copies", k.Words.Number(int64(c.Copies)), "groups", k.Words.Number(int64(c.Groups)))
	keys := make([]community.GroupKey, len(c.Seen))
	for i, m := range c.Seen {
		keys[i] = m.Group
	}
	groups, err := k.groupsOf(keys)
	if err != nil {
		return err
	}
	for _, m := range c.Seen {
		g := groups[m.Group]
		line := view.Copy{Group: m.GroupName, Name: m.Name, At: moment(m.OccurredAt, g), Link: messageLink(g, m.Number), Text: short(m.Text, 60)}
		if m.Erased {
			line.Text = k.T("case.erased")
		}
		it.CopyLines = append(it.CopyLines, line)
	}
	if c.HiddenCopies > 0 {
		it.CopiesHidden = k.T("across.hidden", "copies", k.Words.Number(int64(c.HiddenCopies)), "groups", k.Words.Number(int64(c.HiddenGroups)))
	}
	return nil
}
