package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/identity"
)

// accountsOf gives the member alone, or with person every account of the same human.
func (d *Desk) accountsOf(ctx context.Context, m community.MemberKey, person bool) ([]int64, error) {
	if !person {
		return []int64{int64(m)}, nil
	}
	list, err := rows(ctx, d.s, `SELECT o.member_key FROM person_member p JOIN person_member o ON o.person_key = p.person_key WHERE p.member_key = $1 ORDER BY o.member_key`,
		[]any{int64(m)}, func(r *sql.Rows, v *int64) error { return r.Scan(v) })
	if len(list) == 0 {
		list = []int64{int64(m)}
	}
	return list, err
}

// Person gives every account of the human whom a member is, that member first; those outside the scope are left out.
func (d *Desk) Person(ctx context.Context, m community.MemberKey) ([]identity.Account, error) {
	keys, err := d.accountsOf(ctx, m, true)
	if err != nil {
		return nil, err
	}
	var c clause
	c.and("m.org_key = ?", int64(d.scope.Org))
	c.and("m.key IN (" + keyList(keys) + ")")
	d.knownHere(&c, "m.key")
	members, err := rows(ctx, d.s, memberOnly+c.String()+fmt.Sprintf(" ORDER BY CASE WHEN m.key = %d THEN 0 ELSE 1 END, m.key", int64(m)), c.args, scanMemberOnly)
	if err != nil {
		return nil, err
	}
	out := make([]identity.Account, len(members))
	for i, one := range members {
		out[i].Member = one
		if out[i].Places, err = d.Memberships(ctx, one.Key); err != nil {
			return nil, err
		}
		if out[i].Tags, err = d.MemberTags(ctx, one.Key); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// dress fills what lists show of members beside their own row: tags, and how many accounts the person has.
func (d *Desk) dress(ctx context.Context, list []community.MemberRow) error {
	if len(list) == 0 {
		return nil
	}
	at, keys := map[int64][]*community.MemberRow{}, make([]int64, 0, len(list))
	for i := range list {
		key := int64(list[i].Key)
		if at[key] == nil {
			keys = append(keys, key)
		}
		at[key] = append(at[key], &list[i])
	}
	type tagged struct {
		member int64
		tag    string
		n      int
	}
	tags, err := rows(ctx, d.s, `SELECT member_key, tag FROM member_tag WHERE member_key IN (`+keyList(keys)+`) ORDER BY member_key, tag`, nil,
		func(r *sql.Rows, v *tagged) error { return r.Scan(&v.member, &v.tag) })
	if err != nil {
		return err
	}
	for _, t := range tags {
		for _, row := range at[t.member] {
			row.Tags = append(row.Tags, t.tag)
		}
	}
	if err := d.stayTags(ctx, list); err != nil {
		return err
	}
	several, err := rows(ctx, d.s, `SELECT p.member_key, (SELECT count(*) FROM person_member o WHERE o.person_key = p.person_key)
FROM person_member p WHERE p.member_key IN (`+keyList(keys)+`)`, nil, func(r *sql.Rows, v *tagged) error { return r.Scan(&v.member, &v.n) })
	for _, s := range several {
		for _, row := range at[s.member] {
			row.Accounts = s.n
		}
	}
	if err != nil {
		return err
	}
	return d.whereabouts(ctx, keys, at)
}

// whereabouts says of rows over all groups in which groups the member is. People stand first: SQLite joins in this order
// where it is told to, and would else read every group's people for a page of them.
func (d *Desk) whereabouts(ctx context.Context, keys []int64, at map[int64][]*community.MemberRow) error {
	keys = slices.DeleteFunc(slices.Clone(keys), func(key int64) bool {
		return !slices.ContainsFunc(at[key], func(m *community.MemberRow) bool { return m.Group == 0 })
	})
	if len(keys) == 0 {
		return nil
	}
	type place struct {
		member int64
		name   string
	}
	var c clause
	d.in(&c, "g")
	c.and("g.key = p.group_key AND NOT g.desk AND p.present AND p.member_key IN (" + keyList(keys) + ")")
	places, err := rows(ctx, d.s, `SELECT p.member_key, g.name FROM views.people p CROSS JOIN chat_group g`+c.String()+` ORDER BY p.member_key, g.name`,
		c.args, func(r *sql.Rows, v *place) error { return r.Scan(&v.member, &v.name) })
	for _, v := range places {
		for _, row := range at[v.member] {
			if row.Group == 0 {
				row.In = append(row.In, v.name)
			}
		}
	}
	return err
}

// PersonFacts lists the link log, the newest first: of the persons that a member belongs or belonged to, or (0) all.
func (d *Desk) PersonFacts(ctx context.Context, m community.MemberKey, p community.Page) ([]identity.FactRow, int, error) {
	if p.Offset < 0 || p.Sort != "" {
		return nil, 0, community.Errorf(community.CodeBadInput, "the link log has one order")
	}
	var c clause
	c.and("f.org_key = ?", int64(d.scope.Org))
	if m != 0 {
		c.and("EXISTS (SELECT 1 FROM person_move v WHERE v.fact_number = f.number AND v.member_key = ?)", int64(m))
	}
	total, err := d.count(ctx, "FROM person_fact f"+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, factColumns+c.String()+fmt.Sprintf(" ORDER BY f.number DESC LIMIT %d OFFSET %d", limitOf(p.Limit), p.Offset), c.args, scanFact)
	if err != nil {
		return nil, 0, err
	}
	return list, total, d.fillFacts(ctx, list)
}

// PersonFact gives one line of the link log; community.CodeNotFound.
func (d *Desk) PersonFact(ctx context.Context, id community.ID) (identity.FactRow, error) {
	list, err := rows(ctx, d.s, factColumns+" WHERE f.org_key = $1 AND f.id = $2", []any{int64(d.scope.Org), id[:]}, scanFact)
	if err == nil {
		err = d.fillFacts(ctx, list)
	}
	return oneOf(list, err, "merge or split", id)
}

const factColumns = `SELECT f.number, f.id, f.org_key, f.kind, f.at, f.user_name, f.reason, f.evidence, f.undoes,
 EXISTS (SELECT 1 FROM person_fact u WHERE u.undoes = f.number) FROM person_fact f`

func scanFact(r *sql.Rows, f *identity.FactRow) error {
	var id []byte
	err := r.Scan(&f.Number, &id, (*int64)(&f.Org), &f.Kind, &f.At, &f.User, &f.Reason, &f.Evidence, &f.Undoes, &f.Undone)
	copy(f.ID[:], id)
	return err
}

// fillFacts reads the moves of facts and whom they concern.
func (d *Desk) fillFacts(ctx context.Context, list []identity.FactRow) error {
	at, numbers := map[int64]*identity.FactRow{}, make([]int64, len(list))
	for i := range list {
		at[list[i].Number], numbers[i] = &list[i], list[i].Number
	}
	if len(list) == 0 {
		return nil
	}
	type move struct {
		fact int64
		identity.Move
	}
	moves, err := rows(ctx, d.s, `SELECT fact_number, member_key, from_person, to_person FROM person_move WHERE fact_number IN (`+keyList(numbers)+`) ORDER BY fact_number, member_key`, nil,
		func(r *sql.Rows, v *move) error {
			return r.Scan(&v.fact, (*int64)(&v.Member), (*int64)(&v.From), (*int64)(&v.To))
		})
	if err != nil {
		return err
	}
	var keys []community.MemberKey
	for _, v := range moves {
		at[v.fact].Moves = append(at[v.fact].Moves, v.Move)
		keys = append(keys, v.Member)
	}
	known, err := d.known(ctx, keys)
	for i := range list {
		for _, v := range list[i].Moves {
			if m, ok := known[v.Member]; ok {
				list[i].Accounts = append(list[i].Accounts, m)
			}
		}
	}
	return err
}

// known reads members by key, some hundred at a time; those outside the scope are not there.
func (d *Desk) known(ctx context.Context, keys []community.MemberKey) (map[community.MemberKey]community.Member, error) {
	out := map[community.MemberKey]community.Member{}
	for len(keys) > 0 {
		n := min(len(keys), maxLimit)
		list, err := d.MembersByKey(ctx, keys[:n])
		if err != nil {
			return nil, err
		}
		for _, m := range list {
			out[m.Key] = m
		}
		keys = keys[n:]
	}
	return out, nil
}

// PersonFold adds the whole link log of the organisation up, and gives what is kept as its sum: the two are equal.
func (d *Desk) PersonFold(ctx context.Context) (folded, kept identity.Book, err error) {
	moves, err := rows(ctx, d.s, `SELECT v.member_key, v.from_person, v.to_person FROM person_move v JOIN person_fact f ON f.number = v.fact_number
WHERE f.org_key = $1 ORDER BY v.fact_number, v.member_key`, []any{int64(d.scope.Org)}, func(r *sql.Rows, v *identity.Move) error {
		return r.Scan((*int64)(&v.Member), (*int64)(&v.From), (*int64)(&v.To))
	})
	if err != nil {
		return nil, nil, err
	}
	folded = identity.Book{}
	folded.Take(moves)
	kept, err = d.personBook(ctx)
	return folded, kept, err
}

// personBook reads who was merged. They stand first in the question: SQLite joins in this order where it is told to, and would
// else go through every member.
func (d *Desk) personBook(ctx context.Context) (identity.Book, error) {
	list, err := rows(ctx, d.s, `SELECT p.member_key, p.person_key FROM person_member p CROSS JOIN member m WHERE m.key = p.member_key AND m.org_key = $1`, []any{int64(d.scope.Org)},
		func(r *sql.Rows, v *identity.Move) error { return r.Scan((*int64)(&v.Member), (*int64)(&v.To)) })
	book := identity.Book{}
	book.Take(list)
	return book, err
}

// personSorts are the sorts of members by person.
var personSorts = sorts{"": "min(p.shown)", "name": "min(p.shown)", "joined": "min(p.since)", "last_word": "max(p.last_word)", "messages": "sum(p.messages)", "strikes": "strikes"}

// personOf is what people are grouped by: their person, or themselves alone.
const personOf = `coalesce(pm.person_key, -p.member_key)`

// persons lists one row per person in groups: the sums of all accounts, shown under the account known longest. It is made by
// grouping, which costs time in proportion to the members of the groups.
func (d *Desk) persons(ctx context.Context, groups []community.GroupKey, f community.MemberFilter) ([]community.MemberRow, int, error) {
	c, from, err := personsFrom(groups, f)
	if err != nil {
		return nil, 0, err
	}
	total, err := d.count(ctx, from, c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := d.personRows(ctx, c, from, f.Page, limitOf(f.Page.Limit))
	return list, total, err
}

func (d *Desk) personRows(ctx context.Context, c clause, from string, page community.Page, limit int) ([]community.MemberRow, error) {
	strikes := `CAST(sum((SELECT count(*) FROM strike s WHERE s.member_key = p.member_key AND s.group_key = p.group_key AND s.revoked = 0 AND s.expires > ` + c.arg(d.s.now()) + `)) AS BIGINT)`
	dir := ""
	if page.Desc {
		dir = " DESC"
	}
	k := strings.Replace(personSorts[page.Sort], "strikes", strikes, 1)
	return rows(ctx, d.s, `SELECT m.key, m.id, m.org_key, m.platform, m.external_id, m.called, m.certainty, m.bot, m.mark, m.created, 0, '', '', '',
 t.joined, '', '', '', t.left_at, t.last_word, t.messages, t.muted, t.strikes FROM (
SELECT min(p.member_key) AS member_key, coalesce(min(CASE WHEN p.joined_at > 0 THEN p.joined_at END), 0) AS joined,
 CASE WHEN max(CASE WHEN p.present THEN 1 ELSE 0 END) = 1 THEN 0 ELSE max(p.left_at) END AS left_at, max(p.last_word) AS last_word,
 CAST(sum(p.messages) AS BIGINT) AS messages, max(p.muted_till) AS muted, `+strikes+` AS strikes, `+k+` AS k
`+from+fmt.Sprintf(` ORDER BY k%s, min(p.member_key)%s LIMIT %d OFFSET %d`, dir, dir, limit, page.Offset)+`) t JOIN member m ON m.key = t.member_key
ORDER BY t.k`+dir+`, t.member_key`+dir, c.args, scanMember)
}

// sheetPersons is how many persons of a whole list are read at a time: each reading groups everybody.
const sheetPersons = 20_000

// allPersons gives every person that a filter finds, in its order.
func (d *Desk) allPersons(ctx context.Context, groups []community.GroupKey, f community.MemberFilter, yield func([]community.MemberRow, error) bool) {
	c, from, err := personsFrom(groups, f)
	for f.Page.Offset = 0; ; f.Page.Offset += sheetPersons {
		var list []community.MemberRow
		if err == nil {
			list, err = d.personRows(ctx, c, from, f.Page, sheetPersons)
		}
		for chunk := range slices.Chunk(list, sheetChunk) {
			if err == nil {
				err = d.dress(ctx, chunk)
			}
			if err != nil {
				break
			}
			if !yield(chunk, nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
			return
		}
		if len(list) < sheetPersons {
			return
		}
	}
}

// personsFrom is the question for persons, up to its grouping.
func personsFrom(groups []community.GroupKey, f community.MemberFilter) (clause, string, error) {
	var c clause
	if f.Chosen() {
		return c, "", community.Errorf(community.CodeBadInput, "persons: not together with days of speaking, joining or leaving")
	}
	c.and("p.group_key IN (" + keyList(groups) + ")")
	peopleConditions(&c, f)
	having := overConditions(&c, f)
	return c, `FROM views.people p LEFT JOIN person_member pm ON pm.member_key = p.member_key` + c.String() + ` GROUP BY ` + personOf + having, nil
}
