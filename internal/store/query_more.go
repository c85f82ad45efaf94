package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"qunluo/internal/community"
)

// memberRows reads rows of people under conditions on p, in an order of its columns. People stand first: what is asked of
// them is narrow, and SQLite joins in this order where it is told to.
func (d *Desk) memberRows(ctx context.Context, c clause, order string) ([]community.MemberRow, error) {
	now := c.arg(d.s.now())
	c.and("m.key = p.member_key AND g.key = p.group_key")
	return rows(ctx, d.s, `SELECT `+fmt.Sprintf(memberColumns, fmt.Sprintf(liveStrikes, now))+` FROM views.people p CROSS JOIN member m CROSS JOIN chat_group g
LEFT JOIN member i ON i.key = p.inviter_key`+c.String()+order, c.args, scanMember)
}

// Memberships gives a member's rows, one per group of the scope they are or were in.
func (d *Desk) Memberships(ctx context.Context, m community.MemberKey) ([]community.MemberRow, error) {
	var c clause
	d.in(&c, "g")
	c.and("p.member_key = ?", int64(m))
	return d.memberRows(ctx, c, " ORDER BY g.name, g.key")
}

// Invited lists the memberships that began by a member's invitation, the latest first.
func (d *Desk) Invited(ctx context.Context, m community.MemberKey, p community.Page) ([]community.MemberRow, int, error) {
	if p.Offset < 0 || p.Sort != "" {
		return nil, 0, community.Errorf(community.CodeBadInput, "invitations have one order")
	}
	var c clause
	d.in(&c, "g")
	c.and("p.inviter_key > 0 AND p.inviter_key = ?", int64(m)) // the first says which index
	c.and("g.key = p.group_key")
	total, err := d.count(ctx, "FROM views.people p CROSS JOIN chat_group g"+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := d.memberRows(ctx, c, fmt.Sprintf(" ORDER BY p.joined_at DESC, p.member_key LIMIT %d OFFSET %d", limitOf(p.Limit), p.Offset))
	return list, total, err
}

// FindMuted lists members whose mute ends after now (UTC ms), by its end. g = 0: all groups of the scope;
// tag "": with any tag or none.
func (d *Desk) FindMuted(ctx context.Context, g community.GroupKey, tag string, now int64, p community.Page) ([]community.MemberRow, int, error) {
	if p.Offset < 0 || p.Sort != "" {
		return nil, 0, community.Errorf(community.CodeBadInput, "mutes have one order")
	}
	var c clause
	d.in(&c, "g")
	tagged(&c, "g", tag)
	c.and("p.muted_till > 0 AND p.muted_till > ?", now) // the first says which index
	if g != 0 {
		c.and("p.group_key = ?", int64(g))
	}
	c.and("g.key = p.group_key")
	total, err := d.count(ctx, "FROM views.people p CROSS JOIN chat_group g"+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := d.memberRows(ctx, c, fmt.Sprintf(" ORDER BY p.muted_till, p.member_key LIMIT %d OFFSET %d", limitOf(p.Limit), p.Offset))
	return list, total, err
}

// MembersByKey names members, at most 200 keys; those outside the scope are left out.
func (d *Desk) MembersByKey(ctx context.Context, keys []community.MemberKey) ([]community.Member, error) {
	if len(keys) > 200 {
		return nil, community.Errorf(community.CodeBadInput, "%d keys: at most 200", len(keys))
	}
	var list []community.Member
	for _, key := range slices.Compact(slices.Sorted(slices.Values(keys))) {
		var c clause
		c.and("m.org_key = ?", int64(d.scope.Org))
		c.and("m.key = ?", int64(key))
		d.knownHere(&c, "m.key")
		got, err := rows(ctx, d.s, memberOnly+c.String(), c.args, scanMemberOnly)
		if err != nil {
			return nil, err
		}
		list = append(list, got...)
	}
	return list, nil
}

// Heads lists those who run groups and are there now, at most 200 groups; groups outside the scope are left out.
func (d *Desk) Heads(ctx context.Context, groups []community.GroupKey) ([]community.Head, error) {
	if len(groups) > 200 {
		return nil, community.Errorf(community.CodeBadInput, "%d groups: at most 200", len(groups))
	}
	var c clause
	d.in(&c, "g")
	c.and("p.present")
	c.and("(p.ours OR p.role IN ('owner', 'admin', 'staff'))")
	c.and("p.group_key IN (" + keyList(groups) + ")")
	return rows(ctx, d.s, `SELECT p.group_key, p.member_key, p.shown FROM views.people p JOIN chat_group g ON g.key = p.group_key`+c.String()+` ORDER BY p.group_key, p.member_key LIMIT 2000`, c.args,
		func(r *sql.Rows, h *community.Head) error {
			return r.Scan((*int64)(&h.Group), (*int64)(&h.Member), &h.Name)
		})
}

func scanMemberOnly(r *sql.Rows, m *community.Member) error {
	var id []byte
	var key, org int64
	err := r.Scan(&key, &id, &org, &m.Platform, &m.External, &m.Name, &m.Certainty, &m.Bot, &m.Mark, &m.Created)
	copy(m.ID[:], id)
	m.Key, m.Org = community.MemberKey(key), community.OrgKey(org)
	return err
}

// BookVersion gives one published version of a group's rulebook, or the draft with version 0.
func (d *Desk) BookVersion(ctx context.Context, g community.GroupKey, version int) (community.BookRow, error) {
	var c clause
	d.in(&c, "g")
	c.and("b.group_key = ?", int64(g))
	c.and("b.version = ?", version)
	list, err := rows(ctx, d.s, bookColumns+c.String(), c.args, scanBook)
	return oneOf(list, err, "rulebook", version)
}
