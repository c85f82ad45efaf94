package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"qunluo/internal/community"
	"qunluo/internal/points"
)

// PointsGroup is a group that keeps points: its rules, and how far its log was read.
type PointsGroup struct {
	Group community.GroupKey
	Rules points.Rules
	Seq   int64
}

// PointsGroups lists the groups with rules for points; g 0 = all.
func (s *Store) PointsGroups(ctx context.Context, g community.GroupKey) ([]PointsGroup, error) {
	return rows(ctx, s, `SELECT group_key, rules, seq FROM points_group WHERE group_key = $1 OR $1 = 0 ORDER BY group_key`, []any{int64(g)}, func(r *sql.Rows, v *PointsGroup) error {
		var raw []byte
		if err := r.Scan((*int64)(&v.Group), &raw, &v.Seq); err != nil {
			return err
		}
		return json.Unmarshal(raw, &v.Rules)
	})
}

// SetPoints keeps a group's rules. A group that is switched on begins with what is said from now on.
func (s *Store) SetPoints(ctx context.Context, org community.OrgKey, g community.GroupKey, r points.Rules, audit community.Audit) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return s.writeTx(ctx, func(t *Tx) error {
		var head int64
		if err := t.one(ctx, `SELECT coalesce(max(seq), 0) FROM event WHERE group_key = $1`, []any{int64(g)}, &head); err != nil {
			return err
		}
		var was []byte
		on := false
		switch err := t.one(ctx, `SELECT rules FROM points_group WHERE group_key = $1`, []any{int64(g)}, &was); err {
		case nil:
			var before points.Rules
			if err := json.Unmarshal(was, &before); err != nil {
				return err
			}
			on = before.On
		case sql.ErrNoRows:
		default:
			return err
		}
		query := `INSERT INTO points_group (group_key, rules, seq) VALUES ($1, $2, $3) ON CONFLICT (group_key) DO UPDATE SET rules = excluded.rules`
		if r.On && !on {
			query += `, seq = excluded.seq`
		}
		if _, err := t.exec(ctx, query, int64(g), string(raw), head); err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject, audit.Before, audit.After = org, "points.rules", fmt.Sprintf("group:%d", g), was, raw
		return t.AddAudit(ctx, audit)
	})
}

// PointsBook is what a step over a group's events writes.
type PointsBook struct {
	From, To int64 // seq
	Entries  []points.Entry
	States   map[community.MemberKey]points.State
	Guests   []points.Guest
	Gone     []community.MemberKey // guests who left
	Recalls  []points.Recall
}

// BookPoints writes it, once: CodeConflict when another worker read these events.
func (s *Store) BookPoints(ctx context.Context, g community.GroupKey, b PointsBook) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE points_group SET seq = $1 WHERE group_key = $2 AND seq = $3`, b.To, int64(g), b.From)
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeConflict, "read by another")
		}
		for _, e := range b.Entries {
			if err := t.addPoints(ctx, e); err != nil {
				return err
			}
		}
		for _, r := range b.Recalls {
			if err := t.recallPoints(ctx, g, r); err != nil {
				return err
			}
		}
		for _, m := range sortedKeys(b.States) {
			raw, err := json.Marshal(b.States[m])
			if err != nil {
				return err
			}
			if _, err := t.exec(ctx, `INSERT INTO points_state (group_key, member_key, body) VALUES ($1, $2, $3) ON CONFLICT (group_key, member_key) DO UPDATE SET body = excluded.body`, int64(g), int64(m), string(raw)); err != nil {
				return err
			}
		}
		for _, x := range b.Guests {
			if _, err := t.exec(ctx, `INSERT INTO points_guest (group_key, member_key, inviter_key, event, due) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`, int64(g), int64(x.Member), int64(x.Inviter), x.Event, x.Due); err != nil {
				return err
			}
		}
		for _, m := range b.Gone {
			if _, err := t.exec(ctx, `DELETE FROM points_guest WHERE group_key = $1 AND member_key = $2`, int64(g), int64(m)); err != nil {
				return err
			}
		}
		return nil
	})
}

// addPoints adds a row to the ledger, once for what it is for; what somebody earns by speaking grows while the day lasts.
func (t *Tx) addPoints(ctx context.Context, e points.Entry) error {
	if e.ID.IsZero() {
		e.ID = t.store.NewID()
	}
	query := `INSERT INTO points_entry (id, group_key, member_key, reason, amount, ref, event, at, user_id, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (group_key, ref) DO `
	if e.Reason == points.Spoke {
		query += `UPDATE SET amount = excluded.amount, event = excluded.event, at = excluded.at`
	} else {
		query += `NOTHING`
	}
	n, err := t.exec(ctx, query, e.ID[:], int64(e.Group), int64(e.Member), e.Reason, e.Amount, e.Ref, e.Event, e.At, e.User, e.Note)
	if err != nil || n == 0 || e.Message == "" || e.Gain == 0 {
		return err
	}
	return t.said(ctx, e)
}

// said remembers which message earned what, and takes it back at once where its recall came first.
func (t *Tx) said(ctx context.Context, e points.Entry) error {
	n, err := t.exec(ctx, `INSERT INTO points_said (group_key, message, member_key, ref, gain, event, gone) VALUES ($1, $2, $3, $4, $5, $6, FALSE) ON CONFLICT DO NOTHING`,
		int64(e.Group), e.Message, int64(e.Member), e.Ref, e.Gain, e.Event)
	if err != nil || n > 0 {
		return err
	}
	r := points.Recall{Message: e.Message, At: e.At}
	if err := t.one(ctx, `SELECT event FROM points_said WHERE group_key = $1 AND message = $2 AND gone AND gain = 0`, []any{int64(e.Group), e.Message}, &r.Event); err != nil {
		if err == sql.ErrNoRows {
			return nil
		}
		return err
	}
	if _, err := t.exec(ctx, `UPDATE points_said SET member_key = $1, ref = $2, gain = $3 WHERE group_key = $4 AND message = $5`, int64(e.Member), e.Ref, e.Gain, int64(e.Group), e.Message); err != nil {
		return err
	}
	return t.addPoints(ctx, points.TakenBack(r, e.Group, e.Member, e.Ref, e.Gain))
}

// recallPoints takes back what a message had earned, once; a recall that comes before its message is remembered. Where a
// person took the whole row back there is nothing left of it.
func (t *Tx) recallPoints(ctx context.Context, g community.GroupKey, r points.Recall) error {
	var m community.MemberKey
	var ref string
	var gain int
	var gone bool
	err := t.one(ctx, `SELECT member_key, ref, gain, gone FROM points_said WHERE group_key = $1 AND message = $2`, []any{int64(g), r.Message}, (*int64)(&m), &ref, &gain, &gone)
	switch {
	case err == sql.ErrNoRows:
		_, err = t.exec(ctx, `INSERT INTO points_said (group_key, message, member_key, ref, gain, event, gone) VALUES ($1, $2, 0, '', 0, $3, TRUE)`, int64(g), r.Message, r.Event)
		return err
	case err != nil || gone:
		return err
	}
	if _, err := t.exec(ctx, `UPDATE points_said SET gone = TRUE WHERE group_key = $1 AND message = $2`, int64(g), r.Message); err != nil {
		return err
	}
	var undone int64
	if err := t.one(ctx, `SELECT count(*) FROM points_entry WHERE group_key = $1 AND reason = 'undo' AND note = $2`, []any{int64(g), ref}, &undone); err != nil || undone > 0 {
		return err
	}
	return t.addPoints(ctx, points.TakenBack(r, g, m, ref, gain))
}

// PointsRecalled adds up what was taken back from a row since its messages were recalled: 0 or less.
func (s *Store) PointsRecalled(ctx context.Context, g community.GroupKey, ref string) (n int, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT CAST(coalesce(sum(amount), 0) AS BIGINT) FROM points_entry WHERE group_key = $1 AND reason = 'recall' AND note = $2`, int64(g), ref).Scan(&n)
	return n, coded(s.dialect, err)
}

// PointsState is what is remembered of a member.
func (s *Store) PointsState(ctx context.Context, g community.GroupKey, m community.MemberKey) (points.State, error) {
	var v points.State
	var raw []byte
	err := s.read.QueryRowContext(ctx, `SELECT body FROM points_state WHERE group_key = $1 AND member_key = $2`, int64(g), int64(m)).Scan(&raw)
	if err == sql.ErrNoRows {
		return v, nil
	}
	if err != nil {
		return v, coded(s.dialect, err)
	}
	return v, json.Unmarshal(raw, &v)
}

// GuestsDue lists who has stayed long enough.
func (s *Store) GuestsDue(ctx context.Context, now int64) ([]points.Guest, error) {
	return rows(ctx, s, `SELECT group_key, member_key, inviter_key, event, due FROM points_guest WHERE due <= $1 ORDER BY due, member_key LIMIT 500`, []any{now}, func(r *sql.Rows, v *points.Guest) error {
		return r.Scan((*int64)(&v.Group), (*int64)(&v.Member), (*int64)(&v.Inviter), &v.Event, &v.Due)
	})
}

// GuestStayed pays for a guest who stayed, or (amount 0) only forgets that they were waited for.
func (s *Store) GuestStayed(ctx context.Context, x points.Guest, e points.Entry) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `DELETE FROM points_guest WHERE group_key = $1 AND member_key = $2 AND event = $3`, int64(x.Group), int64(x.Member), x.Event)
		if err != nil || n == 0 || e.Amount == 0 {
			return err
		}
		return t.addPoints(ctx, e)
	})
}

// GivePoints adds a row by a person's hand, or the counter-entry of one, with its audit row. CodeConflict: it is there already.
func (s *Store) GivePoints(ctx context.Context, org community.OrgKey, e points.Entry, audit community.Audit) (points.Entry, error) {
	e.ID, e.At = s.NewID(), s.now()
	if e.Ref == "" {
		e.Ref = "hand:" + e.ID.String()
	}
	return e, s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `INSERT INTO points_entry (id, group_key, member_key, reason, amount, ref, event, at, user_id, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (group_key, ref) DO NOTHING`,
			e.ID[:], int64(e.Group), int64(e.Member), e.Reason, e.Amount, e.Ref, e.Event, e.At, e.User, e.Note)
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeConflict, "it was taken back before")
		}
		audit.Org, audit.Subject = org, "points:"+e.ID.String()
		audit.After, _ = json.Marshal(e) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// PointsEntry gives a row of the ledger with its group and member; CodeNotFound.
func (s *Store) PointsEntry(ctx context.Context, id community.ID) (points.Entry, error) {
	list, err := s.pointsEntries(ctx, ` WHERE e.id = $1`, id[:])
	return oneOf(list, err, "entry", id)
}

// PointsEntries lists a member's rows in a group, the newest first.
func (s *Store) PointsEntries(ctx context.Context, g community.GroupKey, m community.MemberKey, page community.Page) ([]points.Entry, error) {
	return s.pointsEntries(ctx, fmt.Sprintf(` WHERE e.group_key = $1 AND e.member_key = $2 ORDER BY e.at DESC, e.id DESC LIMIT %d OFFSET %d`, limitOf(page.Limit), max(page.Offset, 0)), int64(g), int64(m))
}

func (s *Store) pointsEntries(ctx context.Context, where string, args ...any) ([]points.Entry, error) {
	return rows(ctx, s, `SELECT e.id, e.group_key, e.member_key, e.reason, e.amount, e.ref, e.event, e.at, e.user_id, e.note,
 EXISTS (SELECT 1 FROM points_entry u WHERE u.group_key = e.group_key AND u.reason = 'undo' AND u.note = e.ref) FROM points_entry e`+where, args, func(r *sql.Rows, v *points.Entry) error {
		var id []byte
		err := r.Scan(&id, (*int64)(&v.Group), (*int64)(&v.Member), &v.Reason, &v.Amount, &v.Ref, &v.Event, &v.At, &v.User, &v.Note, &v.Undone)
		copy(v.ID[:], id)
		return err
	})
}

// PointsRank lists a group's members by points from a time on (UTC ms, 0 = all); of one member with m.
func (s *Store) PointsRank(ctx context.Context, g community.GroupKey, m community.MemberKey, from int64, page community.Page) ([]points.Row, int, error) {
	where := ` FROM points_entry e WHERE e.group_key = $1 AND e.at >= $2 AND (e.member_key = $3 OR $3 = 0)`
	args := []any{int64(g), from, int64(m)}
	var total int
	if err := s.read.QueryRowContext(ctx, `SELECT count(DISTINCT e.member_key)`+where, args...).Scan(&total); err != nil {
		return nil, 0, coded(s.dialect, err)
	}
	sum := func(reason string) string { // what a recall took back is taken from what its message had earned
		return `CAST(sum(CASE WHEN e.reason = '` + reason + `' OR e.reason = 'recall' AND e.note LIKE '` + reason + `:%' THEN e.amount ELSE 0 END) AS BIGINT)`
	}
	list, err := rows(ctx, s, `SELECT t.member_key, m.id, m.called, t.points, t.signed, t.spoke, t.invited, t.hand FROM (SELECT e.member_key, CAST(sum(e.amount) AS BIGINT) AS points, `+
		sum(points.Signed)+` AS signed, `+sum(points.Spoke)+` AS spoke, `+sum(points.Invited)+` AS invited, `+sum(points.ByHand)+` AS hand`+where+
		` GROUP BY e.member_key) t JOIN member m ON m.key = t.member_key`+fmt.Sprintf(` ORDER BY t.points DESC, t.member_key LIMIT %d OFFSET %d`, limitOf(page.Limit), max(page.Offset, 0)), args,
		func(r *sql.Rows, v *points.Row) error {
			var id []byte
			err := r.Scan((*int64)(&v.Member), &id, &v.Name, &v.Points, &v.Signed, &v.Spoke, &v.Invited, &v.Hand)
			copy(v.MemberID[:], id)
			return err
		})
	return list, total, err
}
