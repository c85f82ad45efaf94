package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"strconv"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/measure"
)

const codeColumns = `SELECT c.key, c.id, c.org_key, c.kind, c.slug, c.name, c.line, c.state, c.tags, c.welcome, c.overflow, c.base, c.created, c.by_user, c.closed FROM code c`

func scanCode(r *sql.Rows, c *admit.Code) error {
	var id, tags []byte
	var org int64
	err := r.Scan(&c.Key, &id, &org, &c.Kind, &c.Slug, &c.Name, &c.Line, &c.State, &tags, &c.Welcome, &c.Overflow, &c.Base, &c.Created, &c.By, &c.Closed)
	if err != nil {
		return err
	}
	copy(c.ID[:], id)
	c.Org = community.OrgKey(org)
	return json.Unmarshal(tags, &c.Tags)
}

// codesIn bounds codes by the scope: those of the organisation that lead to a group of it.
func (d *Desk) codesIn(c *clause) {
	c.and("c.org_key = ?", int64(d.scope.Org))
	if d.scope.Groups != nil {
		c.and("EXISTS (SELECT 1 FROM code_entry e WHERE e.code_key = c.key AND e.group_key IN (" + keyList(d.scope.Groups) + "))")
	}
}

// FindCodes lists codes with their entries. Sort: "name" (default), "created".
func (d *Desk) FindCodes(ctx context.Context, f admit.Filter) ([]admit.Code, int, error) {
	var c clause
	d.codesIn(&c)
	if f.Text != "" {
		c.and(`(lower(c.name) LIKE ? ESCAPE '\' OR lower(c.state) LIKE ? ESCAPE '\')`, likely(fold(f.Text)), likely(fold(f.Text)))
	}
	if f.Kind != "" {
		c.and("c.kind = ?", f.Kind)
	}
	if f.Tag != "" {
		c.and("EXISTS (SELECT 1 FROM code_entry e JOIN group_tag t ON t.group_key = e.group_key WHERE e.code_key = c.key AND e.removed = 0 AND t.tag = ?)", f.Tag)
	}
	if f.Group != 0 {
		c.and("EXISTS (SELECT 1 FROM code_entry e WHERE e.code_key = c.key AND e.removed = 0 AND e.group_key = ?)", int64(f.Group))
	}
	if f.Closed {
		c.and("c.closed > 0")
	} else {
		c.and("c.closed = 0")
	}
	order, err := sorts{"name": "c.name", "created": "c.created"}.order(f.Page, "c.name", "c.key")
	if err != nil {
		return nil, 0, err
	}
	total, err := d.count(ctx, "FROM code c"+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, codeColumns+c.String()+order, c.args, scanCode)
	if err != nil {
		return nil, 0, err
	}
	return list, total, d.s.fillEntries(ctx, list)
}

// CodeByID gives one code with its entries, those taken out among them.
func (d *Desk) CodeByID(ctx context.Context, id community.ID) (admit.Code, error) {
	var c clause
	d.codesIn(&c)
	c.and("c.id = ?", id[:])
	list, err := rows(ctx, d.s, codeColumns+c.String(), c.args, scanCode)
	if err == nil {
		err = d.s.fillEntries(ctx, list)
	}
	return oneOf(list, err, "code", id)
}

// CodeBySlug gives the code of a public address, closed or not; it is for everybody.
func (s *Store) CodeBySlug(ctx context.Context, slug string) (admit.Code, error) {
	list, err := rows(ctx, s, codeColumns+` WHERE c.slug = $1`, []any{slug}, scanCode)
	if err == nil {
		err = s.fillEntries(ctx, list)
	}
	return oneOf(list, err, "code", slug)
}

func (s *Store) fillEntries(ctx context.Context, list []admit.Code) error {
	at, keys := map[int64]*admit.Code{}, make([]int64, len(list))
	for i := range list {
		at[list[i].Key], keys[i] = &list[i], list[i].Key
	}
	if len(keys) == 0 {
		return nil
	}
	entries, err := rows(ctx, s, `SELECT e.key, e.id, e.code_key, e.group_key, g.name, CASE WHEN e.link = '' THEN coalesce(i.url, '') ELSE e.link END, CASE WHEN e.picture = '' THEN coalesce(i.picture, '') ELSE e.picture END,
 CASE WHEN e.expires = 0 THEN coalesce(i.expires, 0) ELSE e.expires END, e.most, e.scans, e.created, e.removed, e.action_id, e.task_id, e.warned
FROM code_entry e JOIN chat_group g ON g.key = e.group_key LEFT JOIN invite_made i ON i.action_id = e.action_id WHERE e.code_key IN (`+keyList(keys)+`) ORDER BY e.code_key, e.place, e.key`, nil, scanEntry)
	for _, e := range entries {
		at[e.Code].Entries = append(at[e.Code].Entries, e)
	}
	return err
}

func scanEntry(r *sql.Rows, e *admit.Entry) error {
	var id, action, task []byte
	var g int64
	err := r.Scan(&e.Key, &id, &e.Code, &g, &e.GroupName, &e.Link, &e.Picture, &e.Expires, &e.Most, &e.Scans, &e.Created, &e.Removed, &action, &task, &e.Warned)
	copy(e.ID[:], id)
	copy(e.Action[:], action)
	copy(e.Task[:], task)
	e.Group = community.GroupKey(g)
	return err
}

// Picture gives a kept picture (JPEG) by its hash.
func (s *Store) Picture(ctx context.Context, hash string) (body []byte, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT body FROM picture WHERE hash = $1`, hash).Scan(&body)
	return body, missing(coded(s.dialect, err), "picture %s", hash)
}

// Flows counts what came through codes, by the code's key. Scans are those of all its entries.
func (d *Desk) Flows(ctx context.Context, codes []admit.Code) (map[int64]admit.Flow, error) {
	out := map[int64]admit.Flow{}
	keys, byState := make([]int64, len(codes)), map[string]int64{}
	for i, c := range codes {
		keys[i] = c.Key
		if c.State != "" {
			byState[c.State] = c.Key
		}
	}
	if len(codes) == 0 {
		return out, nil
	}
	type counted struct {
		key   int64
		state string
		admit.Flow
	}
	scans, err := rows(ctx, d.s, `SELECT code_key, sum(scans) FROM code_entry WHERE code_key IN (`+keyList(keys)+`) GROUP BY code_key`, nil,
		func(r *sql.Rows, v *counted) error { return r.Scan(&v.key, &v.Scans) })
	if err != nil {
		return nil, err
	}
	for _, s := range scans {
		out[s.key] = s.Flow
	}
	var c clause
	d.in(&c, "g")
	c.and("s.state <> ''")
	if len(codes) == 1 {
		c.and("s.state = ?", codes[0].State)
	}
	stays, err := rows(ctx, d.s, `SELECT s.state, count(*), sum(CASE WHEN s.left_at > 0 THEN 1 ELSE 0 END), count(DISTINCT CASE WHEN s.left_at = 0 THEN s.member_key END)
FROM views.stay s JOIN chat_group g ON g.key = s.group_key`+c.String()+` GROUP BY s.state`, c.args,
		func(r *sql.Rows, v *counted) error { return r.Scan(&v.state, &v.Joins, &v.Leaves, &v.Here) })
	for _, s := range stays {
		if key, ok := byState[s.state]; ok {
			s.Scans = out[key].Scans
			out[key] = s.Flow
		}
	}
	return out, err
}

// shanghai is by how much days of Asia/Shanghai begin before those of UTC, in milliseconds.
const shanghai = 8 * 60 * 60 * 1000

// CodeDays gives a code's last days, oldest first, the last being today in Asia/Shanghai.
func (d *Desk) CodeDays(ctx context.Context, c admit.Code, days int) ([]admit.DayFlow, error) {
	if days < 1 || days > maxSpan {
		return nil, community.Errorf(community.CodeBadInput, "days: want 1 to %d", maxSpan)
	}
	today, err := d.Today(ctx, 0)
	if err != nil {
		return nil, err
	}
	from := int64(today) - int64(days) + 1
	list := make([]admit.DayFlow, days)
	for i := range list {
		list[i].Date = measure.Day(from + int64(i)).String()
	}
	type counted struct{ day, n int64 }
	count := func(query string, args []any, put func(*admit.DayFlow, int64)) error {
		found, err := rows(ctx, d.s, query, args, func(r *sql.Rows, v *counted) error { return r.Scan(&v.day, &v.n) })
		for _, f := range found {
			if i := f.day - from; i >= 0 && i < int64(days) {
				put(&list[i], f.n)
			}
		}
		return err
	}
	if err := count(`SELECT day, sum(scans) FROM code_day WHERE code_key = $1 AND day >= $2 GROUP BY day`, []any{c.Key, from},
		func(f *admit.DayFlow, n int64) { f.Scans = n }); err != nil || c.State == "" {
		return list, err
	}
	for _, side := range []struct {
		column string
		put    func(*admit.DayFlow, int64)
	}{{"since", func(f *admit.DayFlow, n int64) { f.Joins = n }}, {"left_at", func(f *admit.DayFlow, n int64) { f.Leaves = n }}} {
		var where clause
		d.in(&where, "g")
		where.and("s.state = ?", c.State)
		where.and("s."+side.column+" >= ?", from*86_400_000-shanghai)
		if err := count(`SELECT day, count(*) FROM (SELECT (s.`+side.column+` + 28800000) / 86400000 AS day FROM views.stay s JOIN chat_group g ON g.key = s.group_key`+
			where.String()+`) AS cut GROUP BY day`, where.args, side.put); err != nil {
			return list, err
		}
	}
	return list, nil
}

// comersCap bounds how many newcomers one look finds; the next look finds the rest.
const comersCap = 500

// Comers lists who came by a code's mark since a time (UTC ms) and was not seen to yet, oldest first.
func (d *Desk) Comers(ctx context.Context, c admit.Code, since int64) ([]admit.Comer, error) {
	var where clause
	d.in(&where, "g")
	where.and("s.state = ?", c.State)
	where.and("s.left_at = 0")
	where.and("s.since >= ?", since)
	where.and("NOT EXISTS (SELECT 1 FROM code_comer k WHERE k.code_key = ? AND k.member_key = s.member_key AND k.group_key = s.group_key AND k.joined_at = s.since)", c.Key)
	return rows(ctx, d.s, `SELECT s.member_key, s.group_key, m.called, s.since FROM views.stay s JOIN chat_group g ON g.key = s.group_key JOIN member m ON m.key = s.member_key`+
		where.String()+` ORDER BY s.since LIMIT `+strconv.Itoa(comersCap), where.args, func(r *sql.Rows, v *admit.Comer) error {
		return r.Scan((*int64)(&v.Member), (*int64)(&v.Group), &v.Name, &v.JoinedAt)
	})
}

// MemberTags lists a member's tags, in order.
func (d *Desk) MemberTags(ctx context.Context, m community.MemberKey) ([]string, error) {
	return rows(ctx, d.s, `SELECT t.tag FROM member_tag t JOIN member m ON m.key = t.member_key WHERE t.member_key = $1 AND m.org_key = $2 ORDER BY t.tag`,
		[]any{int64(m), int64(d.scope.Org)}, func(r *sql.Rows, v *string) error { return r.Scan(v) })
}

// CapRules gives what was set about groups' sizes; a group nobody set anything for is not there.
func (d *Desk) CapRules(ctx context.Context, groups []community.GroupKey) (map[community.GroupKey]admit.CapRule, error) {
	out := map[community.GroupKey]admit.CapRule{}
	if len(groups) == 0 {
		return out, nil
	}
	type set struct {
		group int64
		admit.CapRule
	}
	list, err := rows(ctx, d.s, `SELECT group_key, most, lead, task_id, warned FROM group_cap WHERE group_key IN (`+keyList(groups)+`)`, nil, func(r *sql.Rows, v *set) error {
		var task []byte
		err := r.Scan(&v.group, &v.Most, &v.Lead, &task, &v.Warned)
		copy(v.Task[:], task)
		return err
	})
	for _, s := range list {
		out[community.GroupKey(s.group)] = s.CapRule
	}
	return out, err
}

// Doubles lists who is in more than one sub group of the same main group, people in most groups first; whoever has several
// accounts is one, whichever of them is where. main 0: of every main group. Owners, admins, our own accounts and bots belong
// everywhere and are left out.
func (d *Desk) Doubles(ctx context.Context, main community.GroupKey, p community.Page) ([]admit.Double, int, error) {
	var c clause
	d.in(&c, "g")
	c.and("g.parent_key > 0")
	if main != 0 {
		c.and("g.parent_key = ?", int64(main))
	}
	c.and("p.present")
	c.and("NOT m.bot")
	c.and("p.role NOT IN ('self', 'bot', 'owner', 'admin', 'staff')")
	from := `FROM views.people p JOIN chat_group g ON g.key = p.group_key JOIN member m ON m.key = p.member_key
LEFT JOIN person_member pm ON pm.member_key = p.member_key` + c.String()
	grouped := from + ` GROUP BY g.parent_key, ` + personOf + ` HAVING count(DISTINCT p.group_key) > 1`
	total, err := d.count(ctx, grouped, c.args)
	if err != nil {
		return nil, 0, err
	}
	pairs, err := rows(ctx, d.s, `SELECT g.parent_key, `+personOf+`, min(p.member_key) `+grouped+` ORDER BY count(DISTINCT p.group_key) DESC, g.parent_key, min(p.member_key) LIMIT `+
		strconv.Itoa(limitOf(p.Limit))+` OFFSET `+strconv.Itoa(max(0, p.Offset)), c.args, func(r *sql.Rows, v *double) error { return r.Scan(&v.main, &v.person, &v.head) })
	if err != nil || len(pairs) == 0 {
		return nil, total, err
	}
	list, err := d.doubles(ctx, pairs, "g.parent_key", from, c.args)
	return list, total, err
}

// double is somebody in several sub groups of one main group; head is the account known longest.
type double struct{ main, person, head int64 }

// doubles reads where they are and whether they were asked; main is the column that says of which main group.
func (d *Desk) doubles(ctx context.Context, pairs []double, main, from string, args []any) ([]admit.Double, error) {
	type place struct {
		main, person int64
		admit.Place
	}
	list, at, persons := make([]admit.Double, len(pairs)), map[[2]int64]int{}, make([]int64, len(pairs))
	for i, f := range pairs {
		at[[2]int64{f.main, f.person}], persons[i] = i, f.person
		list[i].Main, list[i].Member.Key = community.GroupKey(f.main), community.MemberKey(f.head)
	}
	places, err := rows(ctx, d.s, `SELECT `+main+`, `+personOf+`, g.key, g.id, g.name, g.platform, p.joined_at, p.messages, p.last_word, p.member_key, p.shown `+from+
		` AND `+personOf+` IN (`+keyList(persons)+`) ORDER BY g.key, p.member_key`, args,
		func(r *sql.Rows, v *place) error {
			var id []byte
			err := r.Scan(&v.main, &v.person, (*int64)(&v.Group), &id, &v.Name, &v.Platform, &v.JoinedAt, &v.Messages, &v.LastWord, (*int64)(&v.Member), &v.Shown)
			copy(v.GroupID[:], id)
			return err
		})
	if err != nil {
		return nil, err
	}
	var keys []community.MemberKey
	for _, p := range places {
		keys = append(keys, p.Member)
		if i, ok := at[[2]int64{p.main, p.person}]; ok {
			list[i].Places = append(list[i].Places, p.Place)
		}
	}
	people, err := d.known(ctx, keys)
	if err != nil {
		return nil, err
	}
	asked, err := d.reminders(ctx, keys)
	for i := range list {
		list[i].Member = people[list[i].Member.Key]
		for _, p := range list[i].Places {
			if id, ok := asked[p.Member]; ok {
				list[i].Task = id
			}
		}
		list[i].Places = admit.Settle(list[i].Places)
	}
	return list, err
}

// reminders are the open tasks to remind members in private.
func (d *Desk) reminders(ctx context.Context, keys []community.MemberKey) (map[community.MemberKey]community.ID, error) {
	type open struct {
		member int64
		id     []byte
	}
	list, err := rows(ctx, d.s, `SELECT target_key, id FROM task WHERE verb = $1 AND state IN ('open', 'claimed') AND target_key IN (`+keyList(keys)+`)`, []any{string(community.Remind)},
		func(r *sql.Rows, v *open) error { return r.Scan(&v.member, &v.id) })
	out := map[community.MemberKey]community.ID{}
	for _, o := range list {
		var id community.ID
		copy(id[:], o.id)
		out[community.MemberKey(o.member)] = id
	}
	return out, err
}
