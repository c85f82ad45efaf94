package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/tag"
)

// wornHere bounds worn tags (x) of a scope to what the handle may see.
func (d *Desk) wornHere(c *clause, scope tag.Scope) {
	c.and(tagTables[scope].mine, int64(d.scope.Org))
	switch {
	case d.scope.Groups == nil:
	case scope == tag.Person:
		c.and("EXISTS (SELECT 1 FROM views.people h WHERE h.member_key = x.member_key AND h.group_key IN (" + keyList(d.scope.Groups) + "))")
	default:
		c.and("x.group_key IN (" + keyList(d.scope.Groups) + ")")
	}
}

// TagList lists the tags of a scope: those that are written down, and those that are only worn, by category and name. Who sees some
// groups only is told of those worn there.
func (d *Desk) TagList(ctx context.Context, scope tag.Scope) ([]tag.Tag, error) {
	w, ok := tagTables[scope]
	if !ok {
		return nil, community.Errorf(community.CodeBadInput, "scope %q", scope)
	}
	out, err := rows(ctx, d.s, `SELECT name, family, colour, note, created, user_id FROM tag WHERE org_key = $1 AND scope = $2`, []any{int64(d.scope.Org), string(scope)},
		func(r *sql.Rows, v *tag.Tag) error {
			v.Scope = scope
			return r.Scan(&v.Name, &v.Family, &v.Colour, &v.Note, &v.Created, &v.User)
		})
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for i, v := range out {
		at[v.Name] = i
	}
	var c clause
	d.wornHere(&c, scope)
	worn, err := rows(ctx, d.s, `SELECT x.tag, count(*), sum(CASE WHEN x.source LIKE 'rule:%' THEN 1 ELSE 0 END) FROM `+w.name+` x`+c.String()+` GROUP BY x.tag`, c.args,
		func(r *sql.Rows, v *tag.Tag) error { return r.Scan(&v.Name, &v.Worn, &v.Auto) })
	for _, v := range worn {
		i, ok := at[v.Name]
		if !ok {
			out = append(out, tag.Tag{Scope: scope, Name: v.Name})
			i = len(out) - 1
		}
		out[i].Worn, out[i].Auto = v.Worn, v.Auto
	}
	if d.scope.Groups != nil { // what is worn only elsewhere is nothing to them
		out = slices.DeleteFunc(out, func(v tag.Tag) bool { return v.Worn == 0 })
	}
	slices.SortFunc(out, func(a, b tag.Tag) int {
		return cmp.Or(cmp.Compare(flag(a.Family == ""), flag(b.Family == "")), strings.Compare(a.Family, b.Family), strings.Compare(a.Name, b.Name))
	})
	return out, err
}

// WornBy gives the tags on persons (scope Person), on all their stays (Stay) or on groups (Group), in order of target and name.
func (d *Desk) WornBy(ctx context.Context, scope tag.Scope, members []community.MemberKey, groups []community.GroupKey) ([]tag.Worn, error) {
	w := tagTables[scope]
	var c clause
	d.wornHere(&c, scope)
	if scope == tag.Group {
		c.and("x.group_key IN (" + keyList(groups) + ")")
	} else {
		c.and("x.member_key IN (" + keyList(members) + ")")
	}
	columns := map[tag.Scope]string{tag.Person: "0, x.member_key, NULL", tag.Stay: "x.group_key, x.member_key, x.stay_id", tag.Group: "x.group_key, 0, NULL"}[scope]
	return rows(ctx, d.s, `SELECT `+columns+`, x.tag, x.source, x.why, x.created, x.user_id FROM `+w.name+` x`+c.String()+` ORDER BY 1, 2, 3, x.tag`, c.args,
		func(r *sql.Rows, v *tag.Worn) error {
			var stay []byte
			err := r.Scan((*int64)(&v.Group), (*int64)(&v.Member), &stay, &v.Tag, &v.Source, &v.Why, &v.At, &v.User)
			copy(v.Stay[:], stay)
			return err
		})
}

// StayNow gives the stay that a member has in a group now: community.CodeNotFound when they are not there.
func (d *Desk) StayNow(ctx context.Context, g community.GroupKey, m community.MemberKey) (community.ID, error) {
	var c clause
	d.in(&c, "g")
	c.and("g.key = ?", int64(g))
	c.and("s.member_key = ?", int64(m))
	c.and("s.left_at = 0")
	list, err := rows(ctx, d.s, `SELECT s.id FROM views.stay s JOIN chat_group g ON g.key = s.group_key`+c.String()+` ORDER BY s.n DESC LIMIT 1`, c.args,
		func(r *sql.Rows, v *community.ID) error {
			var id []byte
			err := r.Scan(&id)
			copy(v[:], id)
			return err
		})
	return oneOf(list, err, "stay of member", m)
}

// GroupsTagged gives the groups of the scope with a tag, by what it is called now; desks are left out.
func (d *Desk) GroupsTagged(ctx context.Context, name string) ([]community.GroupKey, error) {
	list, err := d.groupKeys(ctx, 0, name)
	if list == nil {
		list = []community.GroupKey{} // none, not all
	}
	return list, err
}

// stayTags adds the tags of the stays that rows of one group are about.
func (d *Desk) stayTags(ctx context.Context, list []community.MemberRow) error {
	at, keys := map[[2]int64]*community.MemberRow{}, []community.MemberKey{}
	for i := range list {
		if list[i].Group != 0 {
			at[[2]int64{int64(list[i].Group), int64(list[i].Key)}] = &list[i]
			keys = append(keys, list[i].Key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	var c clause
	d.wornHere(&c, tag.Stay)
	c.and("x.member_key IN (" + keyList(keys) + ")")
	worn, err := rows(ctx, d.s, `SELECT x.group_key, x.member_key, x.tag FROM stay_tag x JOIN views.people p ON p.group_key = x.group_key AND p.member_key = x.member_key
 JOIN views.stay s ON s.member_key = p.member_key AND s.group_key = p.group_key AND s.n = p.stay_n AND s.id = x.stay_id`+c.String()+` ORDER BY x.tag`, c.args,
		func(r *sql.Rows, v *tag.Worn) error { return r.Scan((*int64)(&v.Group), (*int64)(&v.Member), &v.Tag) })
	for _, v := range worn {
		if row := at[[2]int64{int64(v.Group), int64(v.Member)}]; row != nil {
			row.StayTags = append(row.StayTags, v.Tag)
		}
	}
	return err
}

// labelled asks for those who wear a tag themselves, or on the latest stay in the group of a row of people (p).
func labelled(c *clause, label string) {
	if label != "" {
		c.and(`(p.member_key IN (SELECT x.member_key FROM member_tag x WHERE x.tag = ?) OR EXISTS (SELECT 1 FROM stay_tag y JOIN views.stay s ON s.member_key = y.member_key
 AND s.group_key = y.group_key AND s.id = y.stay_id WHERE y.tag = ? AND y.member_key = p.member_key AND y.group_key = p.group_key AND s.n = p.stay_n))`, label, label)
	}
}

// labelNow is what a label of persons or stays is called now.
func (d *Desk) labelNow(ctx context.Context, f *community.MemberFilter) error {
	if f.Label == "" {
		return nil
	}
	asked := f.Label
	var err error
	for _, scope := range []tag.Scope{tag.Person, tag.Stay} {
		if f.Label, err = d.s.TagNow(ctx, d.scope.Org, scope, asked); err != nil || f.Label != asked {
			return err
		}
	}
	return nil
}
