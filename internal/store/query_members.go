package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

var memberSorts = sorts{"name": "p.shown", "joined": "p.joined_at", "last_word": "p.last_word", "messages": "p.messages", "strikes": "p.shown"}

// FindMembers lists members: of a group one row each; without a group one row per member over all groups of the
// question, with sums. Sort: "name" (default), "joined", "last_word", "messages", "strikes". Without a group the list is
// made by grouping and costs time in proportion to the members of all groups.
func (d *Desk) FindMembers(ctx context.Context, f community.MemberFilter) ([]community.MemberRow, int, error) {
	groups, err := d.groupsAsked(ctx, f)
	if err == nil {
		err = d.labelNow(ctx, &f)
	}
	if err != nil || len(groups) == 0 {
		return nil, 0, err
	}
	list, total, err := d.findMembers(ctx, groups, f)
	if err != nil {
		return nil, 0, err
	}
	return list, total, d.dress(ctx, list)
}

func (d *Desk) findMembers(ctx context.Context, groups []community.GroupKey, f community.MemberFilter) ([]community.MemberRow, int, error) {
	if f.Persons {
		return d.persons(ctx, groups, f)
	}
	if f.Chosen() {
		return d.chosen(ctx, groups, f)
	}
	switch d.tableOf(f) {
	case ofGroup:
		return d.peopleOf(ctx, f)
	case ofAll:
		return d.anyone(ctx, f)
	}
	if byName(f) {
		list, err := d.matching(ctx, groups, f)
		if err != nil {
			return nil, 0, err
		}
		return d.pageOf(ctx, groups, f, list)
	}
	return d.peopleOver(ctx, groups, f)
}

// groupsAsked checks a question for members and gives the groups it is about.
func (d *Desk) groupsAsked(ctx context.Context, f community.MemberFilter) ([]community.GroupKey, error) {
	_, ok := memberSorts[f.Page.Sort]
	ok = ok || f.Page.Sort == "" || !f.Spoke.IsZero() && (f.Page.Sort == "said" || f.Page.Sort == "said_days")
	if !ok || f.Page.Offset < 0 {
		return nil, community.Errorf(community.CodeBadInput, "sort %q, offset %d: not offered", f.Page.Sort, f.Page.Offset)
	}
	for _, s := range []community.DaySpan{f.Spoke, f.Joined, f.Left} {
		if s.To < s.From || s.To-s.From > maxSpan {
			return nil, community.Errorf(community.CodeBadInput, "from %s to %s: want 1 to %d days", measure.Day(s.From), measure.Day(s.To), maxSpan)
		}
	}
	return d.groupKeys(ctx, f.Group, f.Tag)
}

// peopleConditions are the conditions on a row of people, apart from presence.
func peopleConditions(c *clause, f community.MemberFilter) {
	if f.Text != "" {
		c.and(`p.look LIKE ? ESCAPE '\'`, likely(fold(f.Text)))
	}
	if f.NeverSpoke && f.Group != 0 { // our own accounts and bots are no members that one waits for
		c.and("NOT p.ours")
	}
	if f.Source != "" {
		c.and("(p.scene = ? OR p.state = ?)", f.Source, f.Source)
	}
	labelled(c, f.Label)
}

// silenceConditions are the conditions on a row of people of one group, apart from presence.
func silenceConditions(c *clause, f community.MemberFilter) {
	peopleConditions(c, f)
	if f.NeverSpoke {
		c.and("p.last_word = 0")
	}
	if f.SilentSince != 0 {
		c.and("p.last_word < ?", f.SilentSince)
	}
}

// groupConditions are all conditions on a row of people of one group.
func groupConditions(c *clause, f community.MemberFilter) {
	silenceConditions(c, f)
	if f.Present != nil {
		c.and("p.present = ?", *f.Present)
	}
}

// liveStrikes counts a member's strikes that still count, in one group.
const liveStrikes = `(SELECT count(*) FROM strike s WHERE s.member_key = p.member_key AND s.group_key = p.group_key AND s.revoked = 0 AND s.expires > %s)`

func (d *Desk) peopleOf(ctx context.Context, f community.MemberFilter) ([]community.MemberRow, int, error) {
	var c clause
	c.and("p.group_key = ?", int64(f.Group))
	silenceConditions(&c, f)
	counted := clause{append([]string(nil), c.parts...), append([]any(nil), c.args...)}
	if f.Present != nil {
		counted.and("p.present = ?", *f.Present)
	}
	total, err := d.counted(ctx, &c, counted, f)
	if err != nil {
		return nil, 0, err
	}
	now := c.arg(d.s.now())
	keys := pageKeys(&c, f, now)
	list, err := rows(ctx, d.s, `SELECT `+fmt.Sprintf(memberColumns, fmt.Sprintf(liveStrikes, now))+` FROM (`+keys+`) k
JOIN views.people p ON p.group_key = k.group_key AND p.member_key = k.member_key JOIN member m ON m.key = p.member_key
JOIN chat_group g ON g.key = p.group_key LEFT JOIN member i ON i.key = p.inviter_key ORDER BY `+outerOrder(f.Page), c.args, scanMember)
	return list, total, err
}

// fewFound is up to how many members found by text are named in the question for the page, so that the names are read
// through once only; of more, a page is full soon.
const fewFound = 1000

// counted counts what a question finds. With a text it puts those found into c, when they are few.
func (d *Desk) counted(ctx context.Context, c *clause, counted clause, f community.MemberFilter) (int, error) {
	if f.Text == "" {
		return d.count(ctx, "FROM views.people p"+counted.String(), counted.args)
	}
	keys, err := rows(ctx, d.s, fmt.Sprintf("SELECT p.member_key FROM views.people p%s LIMIT %d", counted.String(), community.CountCap+1), counted.args,
		func(r *sql.Rows, v *int64) error { return r.Scan(v) })
	if err == nil && len(keys) <= fewFound {
		*c = clause{}
		c.and("p.group_key = ?", int64(f.Group))
		c.and("p.member_key IN (" + keyList(keys) + ")")
	}
	return len(keys), err
}

const memberColumns = `m.key, m.id, m.org_key, m.platform, m.external_id, m.called, m.certainty, m.bot, m.mark, m.created, p.group_key, g.name, p.card,
 p.role, p.joined_at, p.scene, p.state, coalesce(i.name, ''), CASE WHEN p.present THEN 0 ELSE p.left_at END, p.last_word, p.messages, p.muted_till, %s`

func scanMember(r *sql.Rows, m *community.MemberRow) error {
	var id []byte
	var key, org, g int64
	err := r.Scan(&key, &id, &org, &m.Platform, &m.External, &m.Name, &m.Certainty, &m.Bot, &m.Mark, &m.Created, &g, &m.GroupName, &m.Card,
		&m.Role, &m.JoinedAt, &m.Scene, &m.State, &m.Inviter, &m.LeftAt, &m.LastWord, &m.Messages, &m.MutedTill, &m.Strikes)
	copy(m.ID[:], id)
	m.Key, m.Org, m.Group = community.MemberKey(key), community.OrgKey(org), community.GroupKey(g)
	return err
}

// pageKeys selects the keys of a page. Each part follows an index in order, as far as the page can reach: people who are
// here and people who have left apart, and for strikes those who have any and the rest.
func pageKeys(c *clause, f community.MemberFilter, now string) string {
	dir := ""
	if f.Page.Desc {
		dir = " DESC"
	}
	limit := limitOf(f.Page.Limit)
	var parts []string
	part := func(present bool, strikes string) {
		where := c.String()
		if f.Present != nil && *f.Present != present {
			return
		}
		where += " AND p.present = " + c.arg(present)
		column, first := memberSort(f.Page.Sort), "0"
		switch strikes {
		case "some":
			first = fmt.Sprintf(liveStrikes, now)
			where += " AND p.member_key IN (SELECT s.member_key FROM strike s WHERE s.group_key = p.group_key AND s.revoked = 0 AND s.expires > " + now + ")"
		case "none":
			where += " AND " + fmt.Sprintf(liveStrikes, now) + " = 0"
		}
		order := column + dir
		if strikes == "some" {
			order = "first" + dir + ", " + order
		}
		parts = append(parts, fmt.Sprintf("SELECT * FROM (SELECT p.group_key, p.member_key, %s AS k, %s AS first FROM views.people p%s ORDER BY %s, p.member_key%s LIMIT %d) AS part%d",
			column, first, where, order, dir, f.Page.Offset+limit, len(parts)))
	}
	kinds := []string{""}
	if f.Page.Sort == "strikes" {
		kinds = []string{"some", "none"}
	}
	for _, present := range []bool{true, false} {
		for _, kind := range kinds {
			part(present, kind)
		}
	}
	return fmt.Sprintf("SELECT group_key, member_key, k, first FROM (%s) AS parts ORDER BY first%s, k%s, member_key%s LIMIT %d OFFSET %d",
		strings.Join(parts, " UNION ALL "), dir, dir, dir, limit, f.Page.Offset)
}

func memberSort(name string) string {
	if name == "" {
		name = "name"
	}
	return memberSorts[name]
}

func outerOrder(p community.Page) string {
	if p.Desc {
		return "k.first DESC, k.k DESC, k.member_key DESC"
	}
	return "k.first, k.k, k.member_key"
}

// totalSorts are the sorts of members over several groups.
var totalSorts = sorts{"name": "min(p.shown)", "joined": "min(p.since)", "last_word": "max(p.last_word)", "messages": "sum(p.messages)"}

func (d *Desk) peopleOver(ctx context.Context, groups []community.GroupKey, f community.MemberFilter) ([]community.MemberRow, int, error) {
	var c clause
	c.and("p.group_key IN (" + keyList(groups) + ")")
	peopleConditions(&c, f)
	having := overConditions(&c, f)
	from := `FROM views.people p` + c.String() + ` GROUP BY p.member_key` + having
	total, err := d.count(ctx, from, c.args)
	if err != nil {
		return nil, 0, err
	}
	dir := ""
	if f.Page.Desc {
		dir = " DESC"
	}
	column := f.Page.Sort
	if column == "" {
		column = "name"
	}
	list, err := d.totalRows(ctx, c, groups, having, totalSorts[column], fmt.Sprintf(" ORDER BY k%s, p.member_key%s LIMIT %d OFFSET %d", dir, dir, limitOf(f.Page.Limit), f.Page.Offset))
	return list, total, err
}

// strikesIn counts a member's strikes that still count, in groups.
func strikesIn(groups []community.GroupKey, now string) string {
	return `(SELECT count(*) FROM strike s WHERE s.member_key = p.member_key AND s.revoked = 0 AND s.expires > ` + now +
		` AND s.group_key IN (` + keyList(groups) + `))`
}

// totalRows adds people up by member. column "" sorts by strikes; order is that of the page.
func (d *Desk) totalRows(ctx context.Context, c clause, groups []community.GroupKey, having, column, order string) ([]community.MemberRow, error) {
	where := c.String()
	strikes := strikesIn(groups, c.arg(d.s.now()))
	if column == "" {
		column = strikes
	}
	outer := ""
	if i := strings.Index(order, " LIMIT"); i >= 0 {
		outer = strings.NewReplacer("ORDER BY k", "ORDER BY t.k", "p.member_key", "t.member_key").Replace(order[:i])
	}
	return rows(ctx, d.s, `SELECT m.key, m.id, m.org_key, m.platform, m.external_id, m.called, m.certainty, m.bot, m.mark, m.created, 0, '', '', '',
 t.joined, '', '', '', t.left_at, t.last_word, t.messages, t.muted, t.strikes FROM (
SELECT p.member_key, coalesce(min(CASE WHEN p.joined_at > 0 THEN p.joined_at END), 0) AS joined,
 CASE WHEN max(CASE WHEN p.present THEN 1 ELSE 0 END) = 1 THEN 0 ELSE max(p.left_at) END AS left_at, max(p.last_word) AS last_word,
 CAST(sum(p.messages) AS BIGINT) AS messages, max(p.muted_till) AS muted, `+strikes+` AS strikes, `+column+` AS k
FROM views.people p`+where+` GROUP BY p.member_key`+having+order+`) t JOIN member m ON m.key = t.member_key`+outer, c.args, scanMember)
}

// anyoneSorts are the sorts of members over every group of the organisation; each follows an index.
var anyoneSorts = sorts{"": "a.shown", "name": "a.shown", "joined": "a.since", "last_word": "a.last_word", "messages": "a.messages"}

// anyone lists the organisation's members from their sums.
func (d *Desk) anyone(ctx context.Context, f community.MemberFilter) ([]community.MemberRow, int, error) {
	var c clause
	d.anyoneConditions(&c, f)
	total, err := d.count(ctx, "FROM views.anyone a"+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	if f.Page.Sort == "strikes" {
		list, err := d.anyoneByStrikes(ctx, c, f.Page, total)
		return list, total, err
	}
	dir := ""
	if f.Page.Desc {
		dir = " DESC"
	}
	list, err := d.anyoneRows(ctx, c, fmt.Sprintf(" ORDER BY %s%s, a.member_key%s", anyoneSorts[f.Page.Sort], dir, dir), limitOf(f.Page.Limit), f.Page.Offset)
	return list, total, err
}

func (d *Desk) anyoneConditions(c *clause, f community.MemberFilter) {
	c.and("a.org_key = ?", int64(d.scope.Org))
	if f.Text != "" {
		c.and(`a.look LIKE ? ESCAPE '\'`, likely(fold(f.Text)))
	}
	if f.Present != nil {
		c.and("a.present = ?", flag(*f.Present))
	}
	if f.NeverSpoke {
		c.and("a.last_word = 0 AND a.ours = 0")
	}
	if f.SilentSince != 0 { // the plus keeps the index of the order: most members are silent, few fill the page
		c.and("+a.last_word < ?", f.SilentSince)
	}
}

// struck is the members of an organisation with strikes that count now; few, so they are sorted apart from the rest.
const struck = `(SELECT s.member_key FROM strike s WHERE s.revoked = 0 AND s.expires > %s)`

// anyoneByStrikes puts those with strikes first (or last), most (or fewest) first, and the rest by name.
func (d *Desk) anyoneByStrikes(ctx context.Context, c clause, p community.Page, total int) ([]community.MemberRow, error) {
	some, rest := c, c
	some.args, rest.args = slices.Clone(c.args), slices.Clone(c.args)
	some.parts = append(slices.Clone(c.parts), "a.member_key IN "+fmt.Sprintf(struck, some.arg(d.s.now())))
	rest.parts = append(slices.Clone(c.parts), "a.member_key NOT IN "+fmt.Sprintf(struck, rest.arg(d.s.now())))
	n, err := d.count(ctx, "FROM views.anyone a"+some.String(), some.args)
	if err != nil {
		return nil, err
	}
	limit := limitOf(p.Limit)
	byStrikes, byName := " ORDER BY strikes, a.shown, a.member_key", " ORDER BY a.shown, a.member_key"
	if !p.Desc {
		list, err := d.anyoneRows(ctx, rest, byName, limit, p.Offset)
		if err != nil || len(list) == limit || total > community.CountCap {
			return list, err
		}
		more, err := d.anyoneRows(ctx, some, byStrikes, limit-len(list), max(0, p.Offset-(total-n)))
		return append(list, more...), err
	}
	list, err := d.anyoneRows(ctx, some, " ORDER BY strikes DESC, a.shown, a.member_key", limit, p.Offset)
	if err != nil || len(list) == limit {
		return list, err
	}
	more, err := d.anyoneRows(ctx, rest, byName, limit-len(list), max(0, p.Offset-n))
	return append(list, more...), err
}

func (d *Desk) anyoneRows(ctx context.Context, c clause, order string, limit, offset int) ([]community.MemberRow, error) {
	where := c.String()
	now := c.arg(d.s.now())
	return rows(ctx, d.s, `SELECT m.key, m.id, m.org_key, m.platform, m.external_id, m.called, m.certainty, m.bot, m.mark, m.created, 0, '', '', '',
 a.joined_at, '', '', '', a.left_at, a.last_word, a.messages, a.muted_till,
 (SELECT count(*) FROM strike s WHERE s.member_key = a.member_key AND s.revoked = 0 AND s.expires > `+now+`) AS strikes
FROM views.anyone a JOIN member m ON m.key = a.member_key`+where+order+fmt.Sprintf(" LIMIT %d OFFSET %d", limit, offset), c.args, scanMember)
}

// overConditions are the conditions on a member as a whole.
func overConditions(c *clause, f community.MemberFilter) string {
	h := clause{args: c.args}
	if f.Present != nil {
		want := 0
		if *f.Present {
			want = 1
		}
		h.and("max(CASE WHEN p.present THEN 1 ELSE 0 END) = ?", want)
	}
	if f.NeverSpoke {
		h.and("max(p.last_word) = 0 AND max(CASE WHEN p.ours THEN 1 ELSE 0 END) = 0")
	}
	if f.SilentSince != 0 {
		h.and("max(p.last_word) < ?", f.SilentSince)
	}
	c.args = h.args
	return strings.Replace(h.String(), "WHERE", "HAVING", 1)
}

const memberOnly = `SELECT m.key, m.id, m.org_key, m.platform, m.external_id, m.called, m.certainty, m.bot, m.mark, m.created FROM member m`

// MemberByID gives one member. With a scope of some groups only, the member must be known in one of them.
func (d *Desk) MemberByID(ctx context.Context, id community.ID) (community.Member, error) {
	var c clause
	c.and("m.org_key = ?", int64(d.scope.Org))
	c.and("m.id = ?", id[:])
	d.knownHere(&c, "m.key")
	list, err := rows(ctx, d.s, memberOnly+c.String(), c.args, scanMemberOnly)
	return oneOf(list, err, "member", id)
}

// knownHere asks that a member is on record in a group of the scope.
func (d *Desk) knownHere(c *clause, member string) {
	if d.scope.Groups != nil {
		c.and("EXISTS (SELECT 1 FROM views.people x WHERE x.member_key = " + member + " AND x.group_key IN (" + keyList(d.scope.Groups) + "))")
	}
}

// Stays lists a member's times in groups of the scope, the latest first.
func (d *Desk) Stays(ctx context.Context, m community.MemberKey) ([]community.Stay, error) {
	var c clause
	d.in(&c, "g")
	c.and("s.member_key = ?", int64(m))
	return rows(ctx, d.s, `SELECT s.id, s.group_key, g.name, s.joined_at, s.scene, s.state, s.inviter_key, coalesce(i.name, ''), s.left_at, s.left_low,
 s.left_reason, s.certainty FROM views.stay s JOIN chat_group g ON g.key = s.group_key LEFT JOIN member i ON i.key = s.inviter_key`+
		c.String()+` ORDER BY s.since DESC, s.group_key, s.n DESC`, c.args, func(r *sql.Rows, s *community.Stay) error {
		var id []byte
		var g, inviter int64
		err := r.Scan(&id, &g, &s.GroupName, &s.JoinedAt, &s.Scene, &s.State, &inviter, &s.InviterName, &s.LeftAt, &s.LeftLow, &s.LeftReason, &s.Certainty)
		copy(s.ID[:], id)
		s.Group, s.Inviter, s.Member = community.GroupKey(g), community.MemberKey(inviter), m
		return err
	})
}

// Names lists what a member was called: account names (group 0) and names in groups of the scope, each in order of time.
func (d *Desk) Names(ctx context.Context, m community.MemberKey) ([]community.NameSpan, error) {
	var c clause
	d.in(&c, "g")
	c.and("n.member_key = ?", int64(m))
	seen, err := rows(ctx, d.s, `SELECT CASE WHEN n.kind = 'card' THEN n.group_key ELSE 0 END AS shown_in, n.name, n.from_at
FROM views.name_span n JOIN chat_group g ON g.key = n.group_key`+c.String()+` ORDER BY 1, n.from_at, n.group_key`, c.args,
		func(r *sql.Rows, s *community.NameSpan) error { return r.Scan((*int64)(&s.Group), &s.Name, &s.From) })
	var list []community.NameSpan
	for _, s := range seen {
		if n := len(list); n > 0 && list[n-1].Group == s.Group {
			if list[n-1].Name == s.Name {
				continue // the same name, seen in another group
			}
			list[n-1].To = s.From
		}
		list = append(list, s)
	}
	return list, err
}
