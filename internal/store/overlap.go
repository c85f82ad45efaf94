package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"strconv"

	"qunluo/internal/admit"
	"qunluo/internal/community"
)

// inside are the people of chat groups as overlaps count them: who is there, without bots, owners, admins, staff and our own.
const inside = `p.present AND NOT m.bot AND NOT p.ours AND p.role NOT IN ('self', 'bot', 'owner', 'admin', 'staff')`

const insideFrom = `FROM views.people p JOIN chat_group g ON g.key = p.group_key JOIN member m ON m.key = p.member_key
LEFT JOIN person_member pm ON pm.member_key = p.member_key`

// sharedWith bounds people of other groups to those who are in a group too, whichever of their accounts is where. It is a condition of
// insideFrom.
const sharedWith = personOf + ` IN (SELECT ` + personOf + ` FROM views.people p JOIN member m ON m.key = p.member_key LEFT JOIN person_member pm ON pm.member_key = p.member_key
 WHERE p.group_key = ? AND ` + inside + `)`

// GroupPeople counts the people of a group, each once; staff, bots and our own accounts are left out.
func (d *Desk) GroupPeople(ctx context.Context, g community.GroupKey) (int, error) {
	var c clause
	d.in(&c, "g")
	c.and("g.key = ?", int64(g))
	c.and(inside)
	list, err := rows(ctx, d.s, `SELECT count(DISTINCT `+personOf+`) `+insideFrom+c.String(), c.args, func(r *sql.Rows, n *int) error { return r.Scan(n) })
	if err != nil || len(list) == 0 {
		return 0, err
	}
	return list[0], nil
}

// SharedPeople counts the people of a group who are in other chat groups of the scope too, by group.
func (d *Desk) SharedPeople(ctx context.Context, g community.GroupKey) ([]admit.Overlap, error) {
	var c clause
	d.in(&c, "g")
	c.and("NOT g.desk")
	c.and("g.key <> ?", int64(g))
	c.and(inside)
	c.and(sharedWith, int64(g))
	return rows(ctx, d.s, `SELECT g.key, g.id, g.name, count(DISTINCT `+personOf+`) `+insideFrom+c.String()+` GROUP BY g.key, g.id, g.name ORDER BY count(DISTINCT `+personOf+`) DESC, g.key`, c.args,
		func(r *sql.Rows, o *admit.Overlap) error {
			var id []byte
			err := r.Scan((*int64)(&o.Group), &id, &o.Name, &o.Shared)
			copy(o.GroupID[:], id)
			return err
		})
}

// SharedIn lists the people of a group who are in other chat groups of the scope too, those in most groups first; other 0 = in any.
func (d *Desk) SharedIn(ctx context.Context, g, other community.GroupKey, p community.Page) ([]admit.Double, int, error) {
	var c clause
	d.in(&c, "g")
	c.and("NOT g.desk")
	c.and(inside)
	c.and(sharedWith, int64(g))
	if other != 0 {
		c.and(sharedWith, int64(other))
		c.and("g.key IN (" + keyList([]community.GroupKey{g, other}) + ")")
	}
	from := insideFrom + c.String()
	grouped := from + ` GROUP BY ` + personOf + ` HAVING count(DISTINCT p.group_key) > 1`
	total, err := d.count(ctx, grouped, c.args)
	if err != nil {
		return nil, 0, err
	}
	pairs, err := rows(ctx, d.s, `SELECT 0, `+personOf+`, min(p.member_key) `+grouped+` ORDER BY count(DISTINCT p.group_key) DESC, min(p.member_key) LIMIT `+
		strconv.Itoa(limitOf(p.Limit))+` OFFSET `+strconv.Itoa(max(0, p.Offset)), c.args, func(r *sql.Rows, v *double) error { return r.Scan(&v.main, &v.person, &v.head) })
	if err != nil || len(pairs) == 0 {
		return nil, total, err
	}
	list, err := d.doubles(ctx, pairs, "0", from, c.args)
	return list, total, err
}

// Planned gives what was and is to be sent to groups by plan since a time (UTC ms): what already has its turn, and the steps of SOPs
// that they are in.
func (d *Desk) Planned(ctx context.Context, groups []community.GroupKey, since int64) ([]admit.Said, error) {
	var c clause
	d.in(&c, "g")
	c.and("g.key IN (" + keyList(groups) + ")")
	targets := c
	targets.and("k.due >= ?", since)
	out, err := rows(ctx, d.s, `SELECT k.group_key, k.kind, k.source, k.body, k.due FROM broadcast_target k JOIN chat_group g ON g.key = k.group_key`+targets.String()+` ORDER BY k.due DESC, k.id LIMIT 20000`, targets.args,
		func(r *sql.Rows, v *admit.Said) error {
			var source []byte
			err := r.Scan((*int64)(&v.Group), &v.Source, &source, &v.Text, &v.At)
			var id community.ID
			copy(id[:], source)
			v.Ref = id.String()
			return err
		})
	if err != nil {
		return nil, err
	}
	c.and("x.left_at = 0")
	c.and("s.state <> 'cancelled'")
	type plans struct {
		group community.GroupKey
		id    community.ID
		steps []byte
	}
	list, err := rows(ctx, d.s, `SELECT x.group_key, s.id, s.steps FROM sop_group x JOIN sop s ON s.id = x.sop_id JOIN chat_group g ON g.key = x.group_key`+c.String()+` ORDER BY x.group_key, s.created LIMIT 20000`, c.args,
		func(r *sql.Rows, v *plans) error {
			var id []byte
			err := r.Scan((*int64)(&v.group), &id, &v.steps)
			copy(v.id[:], id)
			return err
		})
	for _, p := range list {
		var steps []struct{ Text string }
		if err := json.Unmarshal(p.steps, &steps); err != nil {
			return nil, err
		}
		for _, step := range steps {
			out = append(out, admit.Said{Group: p.group, Source: admit.SaidSOP, Ref: p.id.String(), Text: step.Text})
		}
	}
	return out, err
}

// Differences lists what was written about what a group gives that others do not, the newest first.
func (d *Desk) Differences(ctx context.Context, g community.GroupKey) ([]admit.Difference, error) {
	var c clause
	d.in(&c, "g")
	c.and("v.group_key = ?", int64(g))
	return rows(ctx, d.s, `SELECT v.group_key, v.version, v.words, v.against, v.user_id, v.at FROM group_difference v JOIN chat_group g ON g.key = v.group_key`+c.String()+` ORDER BY v.version DESC LIMIT 50`, c.args,
		func(r *sql.Rows, v *admit.Difference) error {
			var against []byte
			if err := r.Scan((*int64)(&v.Group), &v.Version, &v.Text, &against, &v.User, &v.At); err != nil {
				return err
			}
			return json.Unmarshal(against, &v.Against)
		})
}

// Difference gives what a group's page says of it; "" = nothing.
func (s *Store) Difference(ctx context.Context, g community.GroupKey) (string, error) {
	list, err := rows(ctx, s, `SELECT words FROM group_difference WHERE group_key = $1 ORDER BY version DESC LIMIT 1`, []any{int64(g)}, func(r *sql.Rows, v *string) error { return r.Scan(v) })
	if err != nil || len(list) == 0 {
		return "", err
	}
	return list[0], nil
}

// PutDifference keeps a new version of what a group gives that others do not.
func (s *Store) PutDifference(ctx context.Context, v admit.Difference, audit community.Audit) (admit.Difference, error) {
	against, err := listJSON(v.Against)
	if err != nil {
		return v, err
	}
	if against == "" {
		against = "[]"
	}
	v.User, v.At = audit.User, s.now()
	return v, s.writeTx(ctx, func(t *Tx) error {
		var was string
		err := t.one(ctx, `SELECT version, words FROM group_difference WHERE group_key = $1 ORDER BY version DESC LIMIT 1`, []any{int64(v.Group)}, &v.Version, &was)
		if err != nil && err != sql.ErrNoRows {
			return err
		}
		v.Version++
		if _, err := t.exec(ctx, `INSERT INTO group_difference (group_key, version, words, against, user_id, at) VALUES ($1, $2, $3, $4, $5, $6)`, int64(v.Group), v.Version, v.Text, against, v.User, v.At); err != nil {
			return err
		}
		audit.Before, _ = json.Marshal(map[string]string{"difference": was})   // plain values
		audit.After, _ = json.Marshal(map[string]string{"difference": v.Text}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// GroupCodes lists the groups that a code leads or led to, by code: those of group codes that are in use, with the group among them, and
// whether any code ever led to the group.
func (d *Desk) GroupCodes(ctx context.Context, g community.GroupKey) (sisters []community.GroupKey, opened bool, err error) {
	type row struct {
		group  community.GroupKey
		sister bool
	}
	list, err := rows(ctx, d.s, `SELECT DISTINCT e.group_key, c.kind = 'group' AND c.closed = 0 FROM code_entry e JOIN code c ON c.key = e.code_key
 WHERE c.org_key = $1 AND e.code_key IN (SELECT x.code_key FROM code_entry x WHERE x.group_key = $2) ORDER BY e.group_key`, []any{int64(d.scope.Org), int64(g)},
		func(r *sql.Rows, v *row) error { return r.Scan((*int64)(&v.group), &v.sister) })
	for _, v := range list {
		switch {
		case v.group == g:
			opened = true
		case v.sister:
			sisters = append(sisters, v.group)
		}
	}
	return sisters, opened, err
}
