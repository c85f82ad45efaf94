package app

import (
	"context"
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/tag"
)

// tags is what people see and change of tags, bounded as hands are.
type tags struct{ *hands }

// Tags makes the handle of tags.
func (a *App) Tags(org community.OrgKey, groups []community.GroupKey) tags {
	return tags{a.Hands(org, groups)}
}

// List lists the tags of a scope with who wears them, and whether a rule gives them.
func (t tags) List(ctx context.Context, scope tag.Scope) ([]tag.Tag, error) {
	list, err := t.desk().TagList(ctx, scope)
	if err != nil {
		return nil, err
	}
	rules, err := t.app.store.TagRules(ctx, t.org)
	for _, r := range rules {
		for i := range list {
			if list[i].Scope == r.Scope && list[i].Name == r.Tag {
				list[i].Rule = r.ID.String()
			}
		}
	}
	return list, err
}

// whole refuses who sees some groups only: what is done touches the whole organisation.
func (t tags) whole() error {
	if t.groups != nil {
		return community.Errorf(community.CodeForbidden, "this touches every group of the organisation")
	}
	return nil
}

// said reads a reason: community.CodeBadInput for none.
func said(reason string) (string, error) {
	if reason = strings.TrimSpace(reason); reason == "" || len(reason) > noteMost {
		return "", community.Errorf(community.CodeBadInput, "reason: want one of at most %d bytes", noteMost)
	}
	return reason, nil
}

// Put sticks a tag on one by hand, or takes it off; changed says whether that was new. CodeNotFound: who is named is not known here, or
// (a stay) not there now. CodeBadInput: the name, when the tag is put on.
func (t tags) Put(ctx context.Context, user string, o tag.Order) (changed bool, err error) {
	if _, err := tag.ParseScope(string(o.Scope)); err != nil {
		return false, err
	}
	name := strings.TrimSpace(o.Name)
	if o.On {
		if name, err = tag.Name(o.Name); err != nil {
			return false, err
		}
	}
	to, subject, err := t.target(ctx, o)
	if err != nil {
		return false, err
	}
	verb := map[bool]string{true: "tag.put", false: "tag.drop"}[o.On]
	n, err := t.app.store.PutTag(ctx, o.Scope, name, o.On, []tag.Target{to}, t.audit(user, verb, subject, strings.TrimSpace(o.Reason)))
	return n > 0, err
}

// target finds what an order is about, and how audit rows name it.
func (t tags) target(ctx context.Context, o tag.Order) (to tag.Target, subject string, err error) {
	if o.Scope != tag.Person {
		g, err := t.desk().GroupByID(ctx, o.Group)
		if err != nil {
			return to, "", err
		}
		to.Group, subject = g.Key, "group:"+g.ID.String()
	}
	if o.Scope != tag.Group {
		m, err := t.desk().MemberByID(ctx, o.Member)
		if err != nil {
			return to, "", err
		}
		to.Member, subject = m.Key, "member:"+m.ID.String()
	}
	if o.Scope == tag.Stay {
		to.Stay, err = t.desk().StayNow(ctx, to.Group, to.Member)
	}
	return to, subject, err
}

// WornByMember gives the tags of a person, and of their stays in the groups of the handle.
func (t tags) WornByMember(ctx context.Context, m community.MemberKey) ([]tag.Worn, []tag.Worn, error) {
	own, err := t.desk().WornBy(ctx, tag.Person, []community.MemberKey{m}, nil)
	if err != nil {
		return nil, nil, err
	}
	stays, err := t.desk().WornBy(ctx, tag.Stay, []community.MemberKey{m}, nil)
	return own, stays, err
}

// WornByGroup gives the tags of a group, with where they came from.
func (t tags) WornByGroup(ctx context.Context, g community.GroupKey) ([]tag.Worn, error) {
	if err := t.sees(ctx, g); err != nil {
		return nil, err
	}
	return t.desk().WornBy(ctx, tag.Group, nil, []community.GroupKey{g})
}

// Write writes down how a tag looks and what it means. CodeConflict: it is called otherwise now.
func (t tags) Write(ctx context.Context, user string, v tag.Tag, reason string) error {
	if err := t.whole(); err != nil {
		return err
	}
	v, err := v.Check()
	if err != nil {
		return err
	}
	return t.app.store.WriteTag(ctx, t.org, v, t.audit(user, "tag.write", "", strings.TrimSpace(reason)))
}

// Rename gives a tag another name, or (merge) makes it one with another tag; moved is how many wore it. CodeConflict: the name is another
// tag's and they are not to be merged, there is none to merge with, or both have a rule.
func (t tags) Rename(ctx context.Context, user string, scope tag.Scope, old, name string, merge bool, reason string) (moved int, err error) {
	if err := t.whole(); err != nil {
		return 0, err
	}
	if reason, err = said(reason); err != nil {
		return 0, err
	}
	if _, err = tag.ParseScope(string(scope)); err != nil {
		return 0, err
	}
	if !merge {
		if name, err = tag.Name(name); err != nil {
			return 0, err
		}
	}
	if old == name {
		return 0, community.Errorf(community.CodeBadInput, "the tag is called so")
	}
	return t.app.store.RenameTag(ctx, t.org, scope, old, name, merge, t.audit(user, "", "", reason))
}

// Delete takes a tag off everything and forgets it; a rule that gives it stands still. CodeNotFound.
func (t tags) Delete(ctx context.Context, user string, scope tag.Scope, name, reason string) (off int, err error) {
	if err := t.whole(); err != nil {
		return 0, err
	}
	if reason, err = said(reason); err != nil {
		return 0, err
	}
	if _, err = tag.ParseScope(string(scope)); err != nil {
		return 0, err
	}
	return t.app.store.DeleteTag(ctx, t.org, scope, name, t.audit(user, "", "", reason))
}

// Bounds of edits of many groups.
const (
	editMost  = 10_000
	editNames = 20 // groups that a preview names
)

// Preview says which groups an edit would change now.
func (t tags) Preview(ctx context.Context, o tag.EditOrder) (tag.EditPreview, error) {
	var v tag.EditPreview
	if !o.Put {
		o.Name = strings.TrimSpace(o.Name)
	} else if _, err := tag.Name(o.Name); err != nil {
		return v, err
	}
	groups, err := t.chosen(ctx, o)
	if err != nil {
		return v, err
	}
	name, err := t.app.store.TagNow(ctx, t.org, tag.Group, strings.TrimSpace(o.Name))
	if err != nil {
		return v, err
	}
	v.Tag, v.Put, v.Chosen = name, o.Put, len(groups)
	worn := map[community.GroupKey]string{}
	for part := range slices.Chunk(groups, 1000) {
		keys := make([]community.GroupKey, len(part))
		for i, g := range part {
			keys[i] = g.Key
		}
		list, err := t.desk().WornBy(ctx, tag.Group, nil, keys)
		if err != nil {
			return v, err
		}
		for _, w := range list {
			if w.Tag == name {
				worn[w.Group] = w.Source
			}
		}
	}
	for _, g := range groups {
		source, has := worn[g.Key]
		if !tag.Changes(source, has, o.Put) {
			continue
		}
		v.Groups = append(v.Groups, g.Key)
		if len(v.Names) < editNames {
			v.Names = append(v.Names, g.Name)
		}
	}
	return v, nil
}

// chosen gives the groups of an order: those named, or all that a filter finds.
func (t tags) chosen(ctx context.Context, o tag.EditOrder) ([]community.GroupRow, error) {
	var out []community.GroupRow
	if len(o.Picked) > 0 {
		if len(o.Picked) > editMost {
			return nil, community.Errorf(community.CodeTooLarge, "more than %d groups at once", editMost)
		}
		for _, id := range o.Picked {
			g, err := t.desk().GroupByID(ctx, id)
			if err != nil {
				return nil, err
			}
			out = append(out, g)
		}
		slices.SortFunc(out, func(a, b community.GroupRow) int { return int(a.Key - b.Key) })
		return slices.CompactFunc(out, func(a, b community.GroupRow) bool { return a.Key == b.Key }), nil
	}
	f := o.Filter
	f.Bare, f.Desks, f.Page = true, false, community.Page{}
	for g, err := range t.desk().AllGroups(ctx, f) {
		if err != nil {
			return nil, err
		}
		if out = append(out, g); len(out) > editMost {
			return nil, community.Errorf(community.CodeTooLarge, "more than %d groups at once: narrow the filter", editMost)
		}
	}
	return out, nil
}

// Edit does what Preview says. CodeConflict: it would not touch as many as the preview said, or none.
func (t tags) Edit(ctx context.Context, user string, o tag.EditOrder, reason string) (tag.Edit, error) {
	reason, err := said(reason)
	if err != nil {
		return tag.Edit{}, err
	}
	v, err := t.Preview(ctx, o)
	if err != nil {
		return tag.Edit{}, err
	}
	if o.Expect != 0 && o.Expect != len(v.Groups) {
		return tag.Edit{}, community.Errorf(community.CodeConflict, "%d now, the preview said %d: look again", len(v.Groups), o.Expect)
	}
	return t.app.store.EditTags(ctx, t.org, v.Tag, o.Put, v.Groups, t.audit(user, "", "", reason))
}

// UndoEdit gives the groups of an edit back what they wore; what was changed since stays. CodeConflict: it was undone.
func (t tags) UndoEdit(ctx context.Context, user string, id community.ID, reason string) (tag.Edit, error) {
	reason, err := said(reason)
	if err != nil {
		return tag.Edit{}, err
	}
	return t.app.store.UndoTagEdit(ctx, t.scope(), id, t.audit(user, "", "", reason))
}

// Edits lists edits of many groups, the latest first.
func (t tags) Edits(ctx context.Context) ([]tag.Edit, error) {
	return t.app.store.TagEdits(ctx, t.scope(), 50)
}

// taggedOf narrows what somebody sees to groups with a tag; nil = all.
func (a *App) taggedOf(ctx context.Context, org community.OrgKey, groups []community.GroupKey, name string) ([]community.GroupKey, error) {
	return a.store.For(community.Scope{Org: org, Groups: groups}).GroupsTagged(ctx, name)
}
