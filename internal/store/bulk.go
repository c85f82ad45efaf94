package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"qunluo/internal/bulk"
	"qunluo/internal/community"
	"qunluo/internal/tag"
)

// JobBulk is the kind of job that starts, carries on, expires or undoes a run over many. Its key is the proposal's id and
// "run", "late" or "undo".
const JobBulk = "bulk"

// BulkSetting is the name of an organisation's limits for what touches many.
const BulkSetting = "bulk"

// BulkSpent counts what was done of a kind since a time, or waits to be: by one person alone, and by everybody.
func (s *Store) BulkSpent(ctx context.Context, org community.OrgKey, k bulk.Kind, user string, since int64) (bulk.Spent, error) {
	var alone, all float64 // sums of BIGINT are numeric on PostgreSQL
	err := s.read.QueryRowContext(ctx, bulkSpentSQL, int64(org), string(k), since, user).Scan(&alone, &all)
	return bulk.Spent{Alone: int(alone), All: int(all)}, coded(s.dialect, err)
}

// bulkSpentSQL counts runs and what was done one by one.
const bulkSpentSQL = `SELECT r.alone + s.alone, r.total + s.total FROM
(SELECT coalesce(sum(CASE WHEN user_id = $4 AND NOT second THEN total ELSE 0 END), 0) AS alone, coalesce(sum(total), 0) AS total FROM bulk
WHERE org_key = $1 AND kind = $2 AND created > $3 AND state NOT IN ('refused', 'expired', 'withdrawn')) r,
(SELECT coalesce(sum(CASE WHEN user_id = $4 THEN 1 ELSE 0 END), 0) AS alone, count(*) AS total FROM bulk_single
WHERE org_key = $1 AND kind = $2 AND at > $3) s`

// AddSingle counts one more act by hand, unless may says no: it is told, within the transaction, what was spent before and when the
// person did the last one alone (0 = never). What is not younger than since is forgotten.
func (s *Store) AddSingle(ctx context.Context, org community.OrgKey, k bulk.Kind, user string, since, now int64, may func(spent bulk.Spent, last int64) error) (community.ID, error) {
	id := s.NewID()
	return id, s.writeTx(ctx, func(t *Tx) error {
		if _, err := t.exec(ctx, `UPDATE org SET name = name WHERE key = $1`, int64(org)); err != nil { // one at a time
			return err
		}
		var alone, all float64
		if err := t.one(ctx, bulkSpentSQL, []any{int64(org), string(k), since, user}, &alone, &all); err != nil {
			return err
		}
		var last int64
		err := t.one(ctx, `SELECT coalesce(max(at), 0) FROM bulk_single WHERE org_key = $1 AND kind = $2 AND user_id = $3`, []any{int64(org), string(k), user}, &last)
		if err != nil {
			return err
		}
		if err := may(bulk.Spent{Alone: int(alone), All: int(all)}, last); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `DELETE FROM bulk_single WHERE org_key = $1 AND at <= $2`, int64(org), since); err != nil {
			return err
		}
		_, err = t.exec(ctx, `INSERT INTO bulk_single (id, org_key, kind, user_id, at) VALUES ($1, $2, $3, $4, $5)`, id[:], int64(org), string(k), user, now)
		return err
	})
}

// DropSingle takes back what AddSingle counted: nothing came of it.
func (s *Store) DropSingle(ctx context.Context, id community.ID) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `DELETE FROM bulk_single WHERE id = $1`, id[:])
		return err
	})
}

// AddBulk keeps a proposal with its people, its audit row and the job that starts it or lets it expire. open decides, within
// the transaction, with what was spent before: two who ask at once do not both pass.
func (s *Store) AddBulk(ctx context.Context, p bulk.Proposal, items []bulk.Item, since int64, open func(bulk.Proposal, bulk.Spent) (bulk.Proposal, error), audit community.Audit) (bulk.Proposal, error) {
	p.ID = s.NewID()
	return p, s.writeTx(ctx, func(t *Tx) error {
		if _, err := t.exec(ctx, `UPDATE org SET name = name WHERE key = $1`, int64(p.Org)); err != nil { // one at a time
			return err
		}
		var alone, all float64
		if err := t.one(ctx, bulkSpentSQL, []any{int64(p.Org), string(p.Kind), since, p.User}, &alone, &all); err != nil {
			return err
		}
		var err error
		if p, err = open(p, bulk.Spent{Alone: int(alone), All: int(all)}); err != nil {
			return err
		}
		if err := t.insertBulk(ctx, p); err != nil {
			return err
		}
		for i, it := range items {
			t.add(`INSERT INTO bulk_item (bulk_id, n, group_key, member_key, ref, state, why, decision, at) VALUES ($1, $2, $3, $4, $5, 'planned', '', $6, 0)`,
				p.ID[:], i+1, int64(it.Group), int64(it.Member), it.Ref[:], []byte{})
		}
		t.bulkJob(p)
		audit.Org, audit.Subject = p.Org, "bulk:"+p.ID.String()
		audit.After, _ = json.Marshal(p) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// bulkJob asks for what a proposal waits for.
func (t *Tx) bulkJob(p bulk.Proposal) {
	switch p.State {
	case bulk.Waiting:
		t.Enqueue(Job{Kind: JobBulk, Key: p.ID.String() + ":late", RunAt: p.Expires})
	case bulk.Approved:
		t.Enqueue(Job{Kind: JobBulk, Key: p.ID.String() + ":run", RunAt: p.Starts})
	case bulk.Undoing:
		t.Enqueue(Job{Kind: JobBulk, Key: p.ID.String() + ":undo", RunAt: t.store.now()})
	}
}

func (t *Tx) insertBulk(ctx context.Context, p bulk.Proposal) error {
	params, err := json.Marshal(p.Params)
	if err != nil {
		return err
	}
	out, err := json.Marshal(p.Out)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO bulk (id, org_key, kind, state, user_id, reason, params, total, people, left_out, second, created, expires, decided, decider, answer, starts, began, ended, ended_by, note)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)`, p.ID[:], int64(p.Org), string(p.Kind), string(p.State), p.User, p.Reason, string(params), p.Total, p.People, string(out), p.Second,
		p.Created, p.Expires, p.Decided, p.Decider, p.Answer, p.Starts, p.Began, p.Ended, p.EndedBy, p.Note)
	return err
}

// MoveBulk keeps what became of a proposal that stood in a state, with its audit row (none without a verb) and the job that
// follows. CodeConflict when it stands there no more.
func (s *Store) MoveBulk(ctx context.Context, from bulk.State, p bulk.Proposal, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE bulk SET state = $1, decided = $2, decider = $3, answer = $4, starts = $5, began = $6, ended = $7, ended_by = $8, note = $9 WHERE id = $10 AND state = $11`,
			string(p.State), p.Decided, p.Decider, p.Answer, p.Starts, p.Began, p.Ended, p.EndedBy, p.Note, p.ID[:], string(from))
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeConflict, "it is not %s any more", from)
		}
		t.bulkJob(p)
		if audit.Verb == "" {
			return nil
		}
		audit.Org, audit.Subject = p.Org, "bulk:"+p.ID.String()
		audit.Before, _ = json.Marshal(map[string]any{"state": from, "proposed_by": p.User})                                    // plain values
		audit.After, _ = json.Marshal(map[string]any{"state": p.State, "decider": p.Decider, "kind": p.Kind, "total": p.Total}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// BulkItemIs notes what became of one person of a run.
func (s *Store) BulkItemIs(ctx context.Context, id community.ID, it bulk.Item) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `UPDATE bulk_item SET state = $1, why = $2, decision = $3, at = $4 WHERE bulk_id = $5 AND n = $6`, it.State, it.Why, it.Decision[:], s.now(), id[:], it.N)
		return err
	})
}

// BulkByID gives a proposal; CodeNotFound.
func (s *Store) BulkByID(ctx context.Context, id community.ID) (bulk.Proposal, error) {
	list, err := s.bulks(ctx, ` WHERE b.id = $1`, id[:])
	return oneOf(list, err, "proposal", id)
}

// Bulks lists the proposals of a scope, those that wait for a second person first, then the newest; state "" = all. by: who may
// have proposed what names no people, where the scope is not the whole organisation.
func (s *Store) Bulks(ctx context.Context, scope community.Scope, by []string, state bulk.State, page community.Page) ([]bulk.Proposal, int, error) {
	var c clause
	bulksWithin(&c, scope, by)
	if state != "" {
		c.and("b.state = ?", string(state))
	}
	var total int
	if err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM bulk b`+c.String(), c.args...).Scan(&total); err != nil {
		return nil, 0, coded(s.dialect, err)
	}
	list, err := s.bulks(ctx, c.String()+fmt.Sprintf(` ORDER BY CASE WHEN b.state = 'waiting' THEN 0 ELSE 1 END, b.created DESC, b.id DESC LIMIT %d OFFSET %d`, limitOf(page.Limit), max(page.Offset, 0)), c.args...)
	return list, total, err
}

// bulksWithin bounds proposals (b) to those whose people are all in groups of a scope; of those that name no people (sends, exports)
// to what was proposed by somebody of by.
func bulksWithin(c *clause, scope community.Scope, by []string) {
	c.and("b.org_key = ?", int64(scope.Org))
	if scope.Groups == nil {
		return
	}
	in, ids := oneOfThem(by)
	c.and("NOT EXISTS (SELECT 1 FROM bulk_item w WHERE w.bulk_id = b.id AND w.group_key NOT IN ("+keyList(scope.Groups)+")) AND (EXISTS (SELECT 1 FROM bulk_item w WHERE w.bulk_id = b.id) OR b.user_id "+in+")", ids...)
}

// BulkWithin reports whether a proposal is one of those that Bulks lists for a scope.
func (s *Store) BulkWithin(ctx context.Context, id community.ID, scope community.Scope, by []string) (bool, error) {
	var c clause
	bulksWithin(&c, scope, by)
	c.and("b.id = ?", id[:])
	var n int
	err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM bulk b`+c.String(), c.args...).Scan(&n)
	return n > 0, coded(s.dialect, err)
}

func (s *Store) bulks(ctx context.Context, where string, args ...any) ([]bulk.Proposal, error) {
	list, err := rows(ctx, s, `SELECT b.id, b.org_key, b.kind, b.state, b.user_id, b.reason, b.params, b.total, b.people, b.left_out, b.second, b.created, b.expires, b.decided, b.decider, b.answer, b.starts, b.began, b.ended, b.ended_by, b.note FROM bulk b`+where, args,
		func(r *sql.Rows, v *bulk.Proposal) error {
			var id, params, out []byte
			err := r.Scan(&id, (*int64)(&v.Org), &v.Kind, &v.State, &v.User, &v.Reason, &params, &v.Total, &v.People, &out, &v.Second, &v.Created, &v.Expires, &v.Decided, &v.Decider, &v.Answer, &v.Starts, &v.Began, &v.Ended, &v.EndedBy, &v.Note)
			copy(v.ID[:], id)
			if err == nil {
				err = json.Unmarshal(params, &v.Params)
			}
			if err == nil {
				err = json.Unmarshal(out, &v.Out)
			}
			return err
		})
	for i := range list {
		if list[i].Progress, err = s.bulkProgress(ctx, list[i].ID); err != nil {
			return nil, err
		}
	}
	return list, err
}

func (s *Store) bulkProgress(ctx context.Context, id community.ID) (bulk.Progress, error) {
	var p bulk.Progress
	into := map[string]*int{"planned": &p.Planned, "done": &p.Done, "left_out": &p.Left, "failed": &p.Failed, "undone": &p.Undone, "kept": &p.Kept}
	type count struct {
		state string
		n     int
	}
	list, err := rows(ctx, s, `SELECT state, count(*) FROM bulk_item WHERE bulk_id = $1 GROUP BY state`, []any{id[:]}, func(r *sql.Rows, v *count) error { return r.Scan(&v.state, &v.n) })
	for _, c := range list {
		if at := into[c.state]; at != nil {
			*at = c.n
		}
	}
	return p, err
}

// BulkItems lists the people of a run in order, beginning after one; state "" = all.
func (s *Store) BulkItems(ctx context.Context, id community.ID, state string, after, most int) ([]bulk.Item, error) {
	where, args := "", []any{id[:], after}
	if state != "" {
		where, args = ` AND i.state = $3`, append(args, state)
	}
	return rows(ctx, s, `SELECT i.n, i.group_key, i.member_key, i.ref, i.state, i.why, i.decision, i.at, coalesce(m.called, ''), m.id, coalesce(g.name, '')
FROM bulk_item i LEFT JOIN member m ON m.key = i.member_key LEFT JOIN chat_group g ON g.key = i.group_key
WHERE i.bulk_id = $1 AND i.n > $2`+where+fmt.Sprintf(` ORDER BY i.n LIMIT %d`, most), args,
		func(r *sql.Rows, v *bulk.Item) error {
			var ref, decision, member []byte
			err := r.Scan(&v.N, (*int64)(&v.Group), (*int64)(&v.Member), &ref, &v.State, &v.Why, &decision, &v.At, &v.Name, &member, &v.InGroup)
			copy(v.Ref[:], ref)
			copy(v.Decision[:], decision)
			copy(v.MemberID[:], member)
			return err
		})
}

// BulkTimes are when people were put out of a group by runs over many since a time.
func (s *Store) BulkTimes(ctx context.Context, g community.GroupKey, since int64) ([]int64, error) {
	return rows(ctx, s, `SELECT i.at FROM bulk_item i JOIN bulk b ON b.id = i.bulk_id WHERE i.group_key = $1 AND i.at > $2 AND i.state = 'done' AND b.kind IN ('remove', 'strike')`,
		[]any{int64(g), since}, func(r *sql.Rows, v *int64) error { return r.Scan(v) })
}

// TagItems sticks a tag on people of a run by a person's hand, or takes it off, and notes what became of each, in one transaction: items
// and targets go together. back takes back what the run did before: what was stuck on is forgotten, not refused for ever.
func (s *Store) TagItems(ctx context.Context, p bulk.Proposal, scope tag.Scope, on, back bool, user string, items []bulk.Item, targets []tag.Target) error {
	return s.writeTx(ctx, func(t *Tx) error {
		name, err := t.tagNow(ctx, p.Org, scope, p.Params.Tag)
		if err != nil {
			return err
		}
		n, err := t.putTag(ctx, scope, name, on, targets, user)
		if err != nil {
			return err
		}
		if on {
			if err := t.knowTag(ctx, p.Org, scope, name, user); err != nil {
				return err
			}
		}
		var done, forget [][]any
		for i, it := range items {
			state, why := "done", ""
			switch {
			case back && n[i] > 0:
				state = "undone"
			case back:
				state, why = "kept", string(community.CodeConflict)
			case n[i] == 0 && on:
				state, why = "left_out", "tagged"
			case n[i] == 0:
				state, why = "left_out", "untagged"
			}
			done = append(done, []any{state, why, s.now(), p.ID[:], it.N})
			forget = append(forget, noArgs(scope, targets[i], name))
		}
		if back && !on && len(forget) > 0 {
			if _, err := t.bulk(ctx, dropNo, forget); err != nil {
				return err
			}
		}
		_, err = t.bulk(ctx, `UPDATE bulk_item SET state = $1, why = $2, at = $3 WHERE bulk_id = $4 AND n = $5`, done)
		return err
	})
}

// TagWorn reports whether somebody wears a tag, by what it is called now; stay: on the stay they have in the group now.
func (d *Desk) TagWorn(ctx context.Context, scope tag.Scope, g community.GroupKey, m community.MemberKey, name string) (bool, error) {
	name, err := d.s.TagNow(ctx, d.scope.Org, scope, name)
	if err != nil {
		return false, err
	}
	query, args := `SELECT count(*) FROM member_tag WHERE member_key = $1 AND tag = $2`, []any{int64(m), name}
	if scope == tag.Stay {
		query, args = `SELECT count(*) FROM stay_tag x JOIN views.stay s ON s.member_key = x.member_key AND s.group_key = x.group_key AND s.id = x.stay_id
WHERE x.member_key = $1 AND x.tag = $2 AND x.group_key = $3 AND s.left_at = 0`, append(args, int64(g))
	}
	var n int
	err = d.s.read.QueryRowContext(ctx, query, args...).Scan(&n)
	return n > 0, coded(d.s.dialect, err)
}
