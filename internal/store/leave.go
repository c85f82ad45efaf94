package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// Waiver gives why a group opens without a goal; no words = nobody wrote that.
func (s *Store) Waiver(ctx context.Context, g community.GroupKey) (measure.Waiver, error) {
	list, err := rows(ctx, s, `SELECT version, words, user_id, at FROM goal_waiver WHERE group_key = $1 ORDER BY version DESC LIMIT 1`, []any{int64(g)}, func(r *sql.Rows, v *measure.Waiver) error {
		return r.Scan(&v.Version, &v.Words, &v.User, &v.At)
	})
	if err != nil || len(list) == 0 {
		return measure.Waiver{}, err
	}
	return list[0], nil
}

// Waive keeps why a group opens without a goal; no words take it back.
func (s *Store) Waive(ctx context.Context, g community.GroupKey, words string, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		var version int
		var was string
		err := t.one(ctx, `SELECT version, words FROM goal_waiver WHERE group_key = $1 ORDER BY version DESC LIMIT 1`, []any{int64(g)}, &version, &was)
		if err != nil && err != sql.ErrNoRows {
			return err
		}
		if _, err := t.exec(ctx, `INSERT INTO goal_waiver (group_key, version, words, user_id, at) VALUES ($1, $2, $3, $4, $5)`, int64(g), version+1, words, audit.User, s.now()); err != nil {
			return err
		}
		audit.Before, _ = json.Marshal(map[string]string{"without_goal": was})  // plain values
		audit.After, _ = json.Marshal(map[string]string{"without_goal": words}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// LeaveWatch tells whether those who leave a group are asked why.
func (s *Store) LeaveWatch(ctx context.Context, g community.GroupKey) (measure.LeaveWatch, error) {
	list, err := s.leaveWatches(ctx, `WHERE group_key = $1`, int64(g))
	if err != nil || len(list) == 0 {
		return measure.LeaveWatch{Group: g}, err
	}
	return list[0], nil
}

// LeaveWatches lists the groups, of every organisation, whose leavers are asked why.
func (s *Store) LeaveWatches(ctx context.Context) ([]measure.LeaveWatch, error) {
	return s.leaveWatches(ctx, `WHERE since > 0 ORDER BY group_key`)
}

func (s *Store) leaveWatches(ctx context.Context, which string, args ...any) ([]measure.LeaveWatch, error) {
	return rows(ctx, s, `SELECT group_key, org_key, since FROM leave_watch `+which, args, func(r *sql.Rows, v *measure.LeaveWatch) error {
		return r.Scan((*int64)(&v.Group), (*int64)(&v.Org), &v.Since)
	})
}

// SaveLeaveWatch changes that.
func (s *Store) SaveLeaveWatch(ctx context.Context, w measure.LeaveWatch, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		if _, err := t.exec(ctx, `INSERT INTO leave_watch (group_key, org_key, since) VALUES ($1, $2, $3) ON CONFLICT (group_key) DO UPDATE SET since = excluded.since`, int64(w.Group), int64(w.Org), w.Since); err != nil {
			return err
		}
		audit.After, _ = json.Marshal(map[string]bool{"asked": w.Since > 0}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// Leaver is somebody who left a group by themselves.
type Leaver struct {
	Member community.MemberKey
	Name   string
	Left   int64 // UTC ms
}

// Leavers lists who left a group by themselves since a time, is not back and was not asked why since another (UTC ms), the first first; bots,
// staff and our own accounts are left out, and so is whoever a platform said was removed.
func (d *Desk) Leavers(ctx context.Context, g community.GroupKey, since, asked int64, most int) ([]Leaver, error) {
	var c clause
	d.in(&c, "g")
	c.and("g.key = ?", int64(g))
	c.and("x.left_at >= ?", since)
	c.and("x.left_reason NOT IN ('kicked', 'dissolved')")
	c.and("NOT p.present AND NOT m.bot AND NOT p.ours AND p.role NOT IN ('self', 'bot', 'owner', 'admin', 'staff')")
	c.and("x.left_at = (SELECT max(y.left_at) FROM views.stay y WHERE y.group_key = x.group_key AND y.member_key = x.member_key)")
	c.and("NOT EXISTS (SELECT 1 FROM leave_ask a WHERE a.group_key = x.group_key AND a.member_key = x.member_key AND (a.at >= ? OR a.left_at = x.left_at))", asked)
	return rows(ctx, d.s, `SELECT x.member_key, p.shown, x.left_at FROM views.stay x JOIN chat_group g ON g.key = x.group_key JOIN member m ON m.key = x.member_key
 JOIN views.people p ON p.group_key = x.group_key AND p.member_key = x.member_key`+c.String()+fmt.Sprintf(` ORDER BY x.left_at, x.member_key LIMIT %d`, most), c.args, func(r *sql.Rows, v *Leaver) error {
		return r.Scan((*int64)(&v.Member), &v.Name, &v.Left)
	})
}

// LeaversAsked counts who was asked in a group since a time (UTC ms).
func (s *Store) LeaversAsked(ctx context.Context, g community.GroupKey, since int64) (n int, err error) {
	list, err := rows(ctx, s, `SELECT count(*) FROM leave_ask WHERE group_key = $1 AND at >= $2`, []any{int64(g), since}, func(r *sql.Rows, v *int) error { return r.Scan(v) })
	if err != nil {
		return 0, err
	}
	return list[0], nil
}

// AddLeaveAsk keeps that somebody is asked why they left; false: they were, for that time.
func (s *Store) AddLeaveAsk(ctx context.Context, g community.GroupKey, m community.MemberKey, left int64) (first bool, err error) {
	return first, s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `INSERT INTO leave_ask (group_key, member_key, left_at, at, answered) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`, int64(g), int64(m), left, s.now(), false)
		first = n > 0
		return err
	})
}

// LeaveAnswered tells whether somebody answered; community.CodeNotFound: they were not asked.
func (s *Store) LeaveAnswered(ctx context.Context, g community.GroupKey, m community.MemberKey, left int64) (bool, error) {
	list, err := rows(ctx, s, `SELECT answered FROM leave_ask WHERE group_key = $1 AND member_key = $2 AND left_at = $3`, []any{int64(g), int64(m), left}, func(r *sql.Rows, v *bool) error { return r.Scan(v) })
	return oneOf(list, err, "question", "of somebody who left")
}

// AnswerLeave keeps an answer, apart from who gave it. community.CodeConflict: they answered before; CodeNotFound: they were not asked.
func (s *Store) AnswerLeave(ctx context.Context, m community.MemberKey, left int64, said measure.LeaveSaid) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE leave_ask SET answered = $1 WHERE group_key = $2 AND member_key = $3 AND left_at = $4 AND NOT answered`, true, int64(said.Group), int64(m), left)
		if err == nil && n == 0 {
			var there int
			if err = t.one(ctx, `SELECT count(*) FROM leave_ask WHERE group_key = $1 AND member_key = $2 AND left_at = $3`, []any{int64(said.Group), int64(m), left}, &there); err == nil {
				if err = community.Errorf(community.CodeConflict, "answered before"); there == 0 {
					err = community.Errorf(community.CodeNotFound, "not asked")
				}
			}
		}
		if err != nil {
			return err
		}
		var last int64
		if err := t.one(ctx, `SELECT coalesce(max(n), 0) FROM leave_answer WHERE group_key = $1`, []any{int64(said.Group)}, &last); err != nil {
			return err
		}
		_, err = t.exec(ctx, `INSERT INTO leave_answer (group_key, n, day, answer, words) VALUES ($1, $2, $3, $4, $5)`, int64(said.Group), last+1, int64(said.Day), said.Answer, said.Words)
		return err
	})
}

// LeaveTally counts what those who left answered: of a group, or (0) of all of the scope, on days from one on.
func (d *Desk) LeaveTally(ctx context.Context, g community.GroupKey, from measure.Day) (measure.LeaveTally, error) {
	var c clause
	d.in(&c, "g")
	groupOrAll(&c, g)
	asks, answers := c, c
	asks.and("a.at >= ?", int64(from)*86_400_000)
	asked, err := d.count(ctx, `FROM leave_ask a JOIN chat_group g ON g.key = a.group_key`+asks.String(), asks.args)
	if err != nil {
		return measure.LeaveTally{}, err
	}
	answers.and("a.day >= ?", int64(from))
	type row struct {
		answer string
		n      int
	}
	list, err := rows(ctx, d.s, `SELECT a.answer, count(*) FROM leave_answer a JOIN chat_group g ON g.key = a.group_key`+answers.String()+` GROUP BY a.answer`, answers.args, func(r *sql.Rows, v *row) error { return r.Scan(&v.answer, &v.n) })
	n := map[string]int{}
	for _, v := range list {
		n[v.answer] = v.n
	}
	return measure.TallyLeaves(asked, n), err
}

// LeaveSaid lists what those who left said in words, the latest first.
func (d *Desk) LeaveSaid(ctx context.Context, g community.GroupKey, from measure.Day, p community.Page) ([]measure.LeaveSaid, int, error) {
	var c clause
	d.in(&c, "g")
	groupOrAll(&c, g)
	c.and("a.day >= ?", int64(from))
	c.and("a.words <> ''")
	total, err := d.count(ctx, `FROM leave_answer a JOIN chat_group g ON g.key = a.group_key`+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, `SELECT a.group_key, a.day, a.answer, a.words FROM leave_answer a JOIN chat_group g ON g.key = a.group_key`+c.String()+fmt.Sprintf(` ORDER BY a.day DESC, a.group_key, a.n DESC LIMIT %d OFFSET %d`, limitOf(p.Limit), max(p.Offset, 0)), c.args,
		func(r *sql.Rows, v *measure.LeaveSaid) error {
			return r.Scan((*int64)(&v.Group), (*int64)(&v.Day), &v.Answer, &v.Words)
		})
	return list, total, err
}
