package store

import (
	"context"
	"database/sql"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

var groupSorts = sorts{
	"name": "g.name", "members": "coalesce(v.members, 0)", "messages": "coalesce(v.messages, 0)", "last": "coalesce(v.last_at, 0)",
	"created": "g.created",
}

const groupColumns = `g.key, g.id, g.org_key, g.platform, g.external_id, g.name, g.zone, g.mode, g.frozen, g.parent_key, g.created, g.desk,
 coalesce(p.name, ''), coalesce(v.members, 0), coalesce(v.last_at, 0),
 (SELECT coalesce(max(b.version), 0) FROM rulebook b WHERE b.group_key = g.key AND b.state = 'published'),
 (SELECT count(*) FROM task t WHERE t.group_key = g.key AND t.state IN ('open', 'claimed')),
 (SELECT count(*) FROM decision d WHERE d.group_key = g.key AND d.review = 'open')`

const groupFrom = ` FROM chat_group g LEFT JOIN chat_group p ON p.key = g.parent_key LEFT JOIN views.group_fact v ON v.group_key = g.key`

// FindGroups lists groups. Sort: "name" (default), "members", "messages", "last", "created".
func (d *Desk) FindGroups(ctx context.Context, f community.GroupFilter) ([]community.GroupRow, int, error) {
	var c clause
	d.in(&c, "g")
	tagged(&c, "g", f.Tag)
	c.and("g.desk = ?", f.Desks)
	if f.Text != "" {
		c.and(`lower(g.name) LIKE lower(?) ESCAPE '\'`, likely(f.Text))
	}
	if f.Platform != "" {
		c.and("g.platform = ?", string(f.Platform))
	}
	if f.Mode != "" {
		c.and("g.mode = ?", string(f.Mode))
	}
	if f.Keys != nil {
		c.and("g.key IN (" + keyList(f.Keys) + ")")
	}
	order, err := groupSorts.order(f.Page, "g.name", "g.key")
	if err != nil {
		return nil, 0, err
	}
	total, err := d.count(ctx, "FROM chat_group g"+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := d.groups(ctx, c.String()+order, c.args)
	return list, total, err
}

// GroupByID gives one group.
func (d *Desk) GroupByID(ctx context.Context, id community.ID) (community.GroupRow, error) {
	var c clause
	d.in(&c, "g")
	c.and("g.id = ?", id[:])
	list, err := d.groups(ctx, c.String(), c.args)
	return oneOf(list, err, "group", id)
}

// GroupByKey gives one group by its inner key.
func (d *Desk) GroupByKey(ctx context.Context, g community.GroupKey) (community.GroupRow, error) {
	var c clause
	d.in(&c, "g")
	c.and("g.key = ?", int64(g))
	list, err := d.groups(ctx, c.String(), c.args)
	return oneOf(list, err, "group", g)
}

func (d *Desk) groups(ctx context.Context, rest string, args []any) ([]community.GroupRow, error) {
	list, err := rows(ctx, d.s, "SELECT "+groupColumns+groupFrom+rest, args, scanGroup)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if err := d.fillGroup(ctx, &list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func scanGroup(r *sql.Rows, g *community.GroupRow) error {
	var id []byte
	var key, org, parent int64
	err := r.Scan(&key, &id, &org, &g.Platform, &g.External, &g.Name, &g.Zone, &g.Mode, &g.Frozen, &parent, &g.Created, &g.Desk,
		&g.ParentName, &g.Members, &g.LastAt, &g.Book, &g.OpenTasks, &g.OpenReview)
	copy(g.ID[:], id)
	g.Key, g.Org, g.Parent = community.GroupKey(key), community.OrgKey(org), community.GroupKey(parent)
	return err
}

// fillGroup adds tags, accounts and the figures of the last 7 days, today included.
func (d *Desk) fillGroup(ctx context.Context, g *community.GroupRow) error {
	tags, err := rows(ctx, d.s, `SELECT tag FROM group_tag WHERE group_key = $1 ORDER BY tag`, []any{int64(g.Key)}, func(r *sql.Rows, v *string) error {
		return r.Scan(v)
	})
	if err != nil {
		return err
	}
	g.Tags = tags
	g.Accounts, err = rows(ctx, d.s, `SELECT account_key FROM group_account WHERE group_key = $1 ORDER BY since, account_key`, []any{int64(g.Key)},
		func(r *sql.Rows, v *community.AccountKey) error { return r.Scan((*int64)(v)) })
	if err != nil {
		return err
	}
	today, _ := measure.DayOf(d.s.now(), zoneOf(g.Zone))
	who := map[community.MemberKey]bool{}
	err = d.DayRows(ctx, []community.GroupKey{g.Key}, today-6, today, func(row measure.DayRow) error {
		g.Messages7 += row.Messages
		for _, s := range row.Speech {
			who[s.Member] = true
		}
		return nil
	})
	g.Speakers7 = int64(len(who))
	return err
}

// groupKeys are the groups of the scope that a question is about: one, those with a tag, or all.
func (d *Desk) groupKeys(ctx context.Context, g community.GroupKey, tag string) ([]community.GroupKey, error) {
	var c clause
	d.in(&c, "g")
	tagged(&c, "g", tag)
	groupOrAll(&c, g)
	return rows(ctx, d.s, "SELECT g.key FROM chat_group g"+c.String()+" ORDER BY g.key", c.args,
		func(r *sql.Rows, v *community.GroupKey) error { return r.Scan((*int64)(v)) })
}

// groupOrAll bounds a question to one group, or (g = 0) to all chat groups, desks left out.
func groupOrAll(c *clause, g community.GroupKey) {
	if g != 0 {
		c.and("g.key = ?", int64(g))
		return
	}
	c.and("NOT g.desk")
}

// Tags lists the tags of the scope's groups.
func (d *Desk) Tags(ctx context.Context) ([]string, error) {
	var c clause
	d.in(&c, "g")
	return rows(ctx, d.s, "SELECT DISTINCT t.tag FROM group_tag t JOIN chat_group g ON g.key = t.group_key"+c.String()+" ORDER BY t.tag", c.args,
		func(r *sql.Rows, v *string) error { return r.Scan(v) })
}
