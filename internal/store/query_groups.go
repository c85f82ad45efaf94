package store

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

var groupSorts = sorts{
	"name": "g.name", "members": "coalesce(v.members, 0)", "messages": "coalesce(v.messages, 0)", "last": "coalesce(v.last_at, 0)",
	"created": "g.created",
}

const groupColumns = `g.key, g.id, g.org_key, g.platform, g.external_id, g.name, g.zone, g.mode, g.frozen, g.parent_key, g.keeper, g.created, g.desk,
 coalesce(p.name, ''), coalesce(v.members, 0), coalesce(v.last_at, 0)`

const groupFrom = ` FROM chat_group g LEFT JOIN chat_group p ON p.key = g.parent_key LEFT JOIN views.group_fact v ON v.group_key = g.key`

// groupsAtOnce is how many groups AllGroups reads at a time.
const groupsAtOnce = 5000

// AllGroups gives every group that a filter finds, in its order; Limit and Offset of its page do not count.
func (d *Desk) AllGroups(ctx context.Context, f community.GroupFilter) iter.Seq2[community.GroupRow, error] {
	return func(yield func(community.GroupRow, error) bool) {
		c := d.groupsThat(f)
		order, err := groupSorts.by(f.Page, "g.name", "g.key")
		if err != nil {
			yield(community.GroupRow{}, err)
			return
		}
		for from := 0; ; from += groupsAtOnce {
			list, err := d.filledGroups(ctx, fmt.Sprintf("%s%s LIMIT %d OFFSET %d", c.String(), order, groupsAtOnce, from), c.args, f.Bare)
			if err != nil {
				yield(community.GroupRow{}, err)
				return
			}
			for _, g := range list {
				if !yield(g, nil) {
					return
				}
			}
			if len(list) < groupsAtOnce {
				return
			}
		}
	}
}

// groupsThat is what a filter asks for.
func (d *Desk) groupsThat(f community.GroupFilter) (c clause) {
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
	return c
}

// FindGroups lists groups. Sort: "name" (default), "members", "messages", "last", "created".
func (d *Desk) FindGroups(ctx context.Context, f community.GroupFilter) ([]community.GroupRow, int, error) {
	c := d.groupsThat(f)
	order, err := groupSorts.order(f.Page, "g.name", "g.key")
	if err != nil {
		return nil, 0, err
	}
	total, err := d.count(ctx, "FROM chat_group g"+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := d.filledGroups(ctx, c.String()+order, c.args, f.Bare)
	return list, total, err
}

// GroupByID gives one group.
func (d *Desk) GroupByID(ctx context.Context, id community.ID) (community.GroupRow, error) {
	var c clause
	d.in(&c, "g")
	c.and("g.id = ?", id[:])
	list, err := d.wholeGroups(ctx, c)
	return oneOf(list, err, "group", id)
}

// GroupByKey gives one group by its inner key.
func (d *Desk) GroupByKey(ctx context.Context, g community.GroupKey) (community.GroupRow, error) {
	var c clause
	d.in(&c, "g")
	c.and("g.key = ?", int64(g))
	list, err := d.wholeGroups(ctx, c)
	return oneOf(list, err, "group", g)
}

// HasGroup answers community.CodeNotFound when there is no such group, or it lies outside the scope.
func (d *Desk) HasGroup(ctx context.Context, g community.GroupKey) error {
	list, err := d.among(ctx, []community.GroupKey{g})
	_, err = oneOf(list, err, "group", g)
	return err
}

func (d *Desk) groups(ctx context.Context, rest string, args []any) ([]community.GroupRow, error) {
	return rows(ctx, d.s, "SELECT "+groupColumns+groupFrom+rest, args, scanGroup)
}

func (d *Desk) wholeGroups(ctx context.Context, c clause) ([]community.GroupRow, error) {
	return d.filledGroups(ctx, c.String(), c.args, false)
}

// filledGroups reads groups; bare leaves out what other tables say of them.
func (d *Desk) filledGroups(ctx context.Context, rest string, args []any, bare bool) ([]community.GroupRow, error) {
	list, err := d.groups(ctx, rest, args)
	if err != nil || bare {
		return list, err
	}
	return list, d.fillGroups(ctx, list)
}

func scanGroup(r *sql.Rows, g *community.GroupRow) error {
	var id []byte
	var key, org, parent int64
	err := r.Scan(&key, &id, &org, &g.Platform, &g.External, &g.Name, &g.Zone, &g.Mode, &g.Frozen, &parent, &g.Keeper, &g.Created, &g.Desk,
		&g.ParentName, &g.Members, &g.LastAt)
	copy(g.ID[:], id)
	g.Key, g.Org, g.Parent = community.GroupKey(key), community.OrgKey(org), community.GroupKey(parent)
	return err
}

// fillGroups adds tags, accounts, counts and the figures of the last 7 days, today included: one question each, however
// many groups there are.
func (d *Desk) fillGroups(ctx context.Context, list []community.GroupRow) error {
	if len(list) == 0 {
		return nil
	}
	at, keys := make(map[community.GroupKey]*community.GroupRow, len(list)), make([]community.GroupKey, len(list))
	for i := range list {
		at[list[i].Key], keys[i] = &list[i], list[i].Key
	}
	in := " IN (" + keyList(keys) + ")"
	tags, err := rows(ctx, d.s, `SELECT group_key, 0, tag FROM group_tag WHERE group_key`+in+` ORDER BY group_key, tag`, nil, scanOfGroup)
	if err != nil {
		return err
	}
	for _, v := range tags {
		at[v.group].Tags = append(at[v.group].Tags, v.text)
	}
	for _, q := range []struct {
		query string
		put   func(g *community.GroupRow, n int64)
	}{
		{`SELECT group_key, account_key, '' FROM group_account WHERE group_key` + in + ` ORDER BY group_key, since, account_key`,
			func(g *community.GroupRow, n int64) { g.Accounts = append(g.Accounts, community.AccountKey(n)) }},
		{`SELECT group_key, max(version), '' FROM rulebook WHERE state = 'published' AND group_key` + in + ` GROUP BY group_key`,
			func(g *community.GroupRow, n int64) { g.Book = int(n) }},
		{`SELECT group_key, count(*), '' FROM task WHERE state IN ('open', 'claimed') AND group_key` + in + ` GROUP BY group_key`,
			func(g *community.GroupRow, n int64) { g.OpenTasks = int(n) }},
		{`SELECT group_key, count(*), '' FROM decision WHERE review = 'open' AND +group_key` + in + ` GROUP BY group_key`,
			func(g *community.GroupRow, n int64) { g.OpenReview = int(n) }},
	} {
		found, err := rows(ctx, d.s, q.query, nil, scanOfGroup)
		if err != nil {
			return err
		}
		for _, v := range found {
			q.put(at[v.group], v.n)
		}
	}
	return d.lastWeeks(ctx, keys, at)
}

// groupNumber is a number or a text of a group.
type groupNumber struct {
	group community.GroupKey
	n     int64
	text  string
}

func scanOfGroup(r *sql.Rows, v *groupNumber) error { return r.Scan((*int64)(&v.group), &v.n, &v.text) }

// lastWeeks adds messages and speakers of the last 7 days, as each group's zone has them.
func (d *Desk) lastWeeks(ctx context.Context, keys []community.GroupKey, at map[community.GroupKey]*community.GroupRow) error {
	utc, _ := measure.DayOf(d.s.now(), time.UTC)
	today := map[string]measure.Day{}
	who, last := map[community.MemberKey]bool{}, community.GroupKey(0)
	return d.DayRows(ctx, keys, utc-8, utc+1, func(row measure.DayRow) error {
		g := at[row.Group]
		if _, known := today[g.Zone]; !known {
			today[g.Zone], _ = measure.DayOf(d.s.now(), zoneOf(g.Zone))
		}
		if row.Day <= today[g.Zone]-7 || row.Day > today[g.Zone] {
			return nil
		}
		if row.Group != last {
			clear(who)
			last = row.Group
		}
		g.Messages7 += row.Messages
		for _, s := range row.Speech {
			who[s.Member] = true
		}
		g.Speakers7 = int64(len(who))
		return nil
	})
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
