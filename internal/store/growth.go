package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strconv"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// GrowthHead is how far a group's log was read for its talk, and where each course of it stood: by import, 0 = live.
type GrowthHead struct {
	Seq   int64
	State map[int64]measure.TalkState
}

// GrowthHead gives it; of a group that was never read the beginning.
func (s *Store) GrowthHead(ctx context.Context, g community.GroupKey) (h GrowthHead, err error) {
	var raw []byte
	h.State = map[int64]measure.TalkState{}
	err = s.read.QueryRowContext(ctx, `SELECT seq, state FROM growth_read WHERE group_key = $1`, int64(g)).Scan(&h.Seq, &raw)
	if errors.Is(err, sql.ErrNoRows) {
		return h, nil
	}
	if err != nil {
		return h, coded(s.dialect, err)
	}
	return h, json.Unmarshal(raw, &h.State)
}

// GrowthRead is what a reading counted: messages by month, and turns of two-way talk by day.
type GrowthRead struct {
	Months map[string]measure.Talked
	Turns  map[measure.Day]int64
}

// ReadGrowth adds what a reading counted, once: community.CodeConflict when another read on meanwhile. A reading from the
// beginning (from.Seq 0) takes the place of what was counted.
func (s *Store) ReadGrowth(ctx context.Context, g community.GroupKey, from int64, to GrowthHead, counted GrowthRead) error {
	raw, err := json.Marshal(to.State)
	if err != nil {
		return err
	}
	return s.writeTx(ctx, func(t *Tx) error {
		var at int64
		err := t.one(ctx, `SELECT seq FROM growth_read WHERE group_key = $1`, []any{int64(g)}, &at)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if from != 0 && at != from {
			return community.Errorf(community.CodeConflict, "read by another")
		}
		if from == 0 {
			for _, table := range []string{"growth_month", "talk_day"} {
				if _, err := t.exec(ctx, `DELETE FROM `+table+` WHERE group_key = $1`, int64(g)); err != nil {
					return err
				}
			}
		}
		if _, err := t.exec(ctx, `INSERT INTO growth_read (group_key, seq, state) VALUES ($1, $2, $3) ON CONFLICT (group_key) DO UPDATE SET seq = excluded.seq, state = excluded.state`, int64(g), to.Seq, string(raw)); err != nil {
			return err
		}
		for _, m := range inOrder(counted.Months) {
			_, err := t.exec(ctx, `INSERT INTO growth_month (group_key, month, messages, by_members) VALUES ($1, $2, $3, $4)
ON CONFLICT (group_key, month) DO UPDATE SET messages = growth_month.messages + excluded.messages, by_members = growth_month.by_members + excluded.by_members`, int64(g), m, counted.Months[m].Messages, counted.Months[m].Members)
			if err != nil {
				return err
			}
		}
		for _, d := range inOrder(counted.Turns) {
			_, err := t.exec(ctx, `INSERT INTO talk_day (group_key, day, turns) VALUES ($1, $2, $3) ON CONFLICT (group_key, day) DO UPDATE SET turns = talk_day.turns + excluded.turns`, int64(g), int64(d), counted.Turns[d])
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// GrowthTalk gives a group's counts by month from a month on.
func (s *Store) GrowthTalk(ctx context.Context, g community.GroupKey, from string) (map[string]measure.Talked, error) {
	type counted struct {
		month string
		measure.Talked
	}
	list, err := rows(ctx, s, `SELECT month, messages, by_members FROM growth_month WHERE group_key = $1 AND month >= $2`, []any{int64(g), from}, func(r *sql.Rows, v *counted) error { return r.Scan(&v.month, &v.Messages, &v.Members) })
	out := map[string]measure.Talked{}
	for _, c := range list {
		out[c.month] = c.Talked
	}
	return out, err
}

// GrowthJoins gives who joined a group since a time (UTC ms), and how; our own accounts and bots are left out.
func (s *Store) GrowthJoins(ctx context.Context, g community.GroupKey, since int64) ([]measure.Arrival, error) {
	return rows(ctx, s, `SELECT y.joined_at, y.inviter_key, y.scene FROM views.stay y WHERE y.group_key = $1 AND y.counted AND y.joined_at >= $2
 AND NOT EXISTS (SELECT 1 FROM views.people p WHERE p.group_key = y.group_key AND p.member_key = y.member_key AND p.ours)
 AND NOT EXISTS (SELECT 1 FROM views.marked m WHERE m.member_key = y.member_key AND m.bot) ORDER BY y.joined_at, y.member_key`, []any{int64(g), since}, func(r *sql.Rows, v *measure.Arrival) error {
		return r.Scan(&v.At, (*int64)(&v.Inviter), &v.Scene)
	})
}

// Operators are those who run a group: its owner, admins, our own accounts and staff.
func (s *Store) Operators(ctx context.Context, g community.GroupKey) (map[community.MemberKey]bool, error) {
	list, err := rows(ctx, s, `SELECT member_key FROM views.people WHERE group_key = $1 AND (ours OR role IN ('owner', 'admin', 'staff', 'self'))`, []any{int64(g)}, func(r *sql.Rows, v *int64) error { return r.Scan(v) })
	out := make(map[community.MemberKey]bool, len(list))
	for _, k := range list {
		out[community.MemberKey(k)] = true
	}
	return out, err
}

// claimStays bounds how many stays claims look at: of more the latest.
const claimStays = 20_000

// ClaimStays gives the stays that began since a time (UTC ms) in groups that an account of ours serves, the latest first: their bounds,
// why they ended and how they began.
func (d *Desk) ClaimStays(ctx context.Context, since int64) ([]measure.Stay, error) {
	var c clause
	d.in(&c, "g")
	served, err := rows(ctx, d.s, `SELECT DISTINCT a.group_key FROM group_account a JOIN chat_group g ON g.key = a.group_key`+c.String(), c.args,
		func(r *sql.Rows, v *community.GroupKey) error { return r.Scan((*int64)(v)) })
	if err != nil || len(served) == 0 {
		return nil, err
	}
	return rows(ctx, d.s, `SELECT y.member_key, y.joined_at, y.left_at, y.left_low, y.left_reason, y.scene FROM views.stay y
WHERE y.counted AND y.joined_at >= $1 AND +y.group_key IN (`+keyList(served)+`)`+ // by time, not group by group
		` ORDER BY y.joined_at DESC, y.member_key DESC LIMIT `+strconv.Itoa(claimStays), []any{since}, func(r *sql.Rows, s *measure.Stay) error {
		var reason string
		err := r.Scan((*int64)(&s.Member), &s.Joined, &s.Left, &s.Low, &reason, &s.Source)
		s.Cause = causeOf(s.Left, reason)
		return err
	})
}

// ClaimJudged counts decisions that rules made and people looked at since a time, and those that they upheld.
func (d *Desk) ClaimJudged(ctx context.Context, since int64) (judged, held int, err error) {
	var c clause
	d.in(&c, "g")
	c.and("x.at >= ?", since)
	c.and("x.decider = 'policy'")
	c.and("x.resolution IN ('kept', 'undone', 'false_hit')")
	type counted struct{ judged, held int }
	list, err := rows(ctx, d.s, `SELECT count(*), CAST(coalesce(sum(CASE WHEN x.resolution = 'kept' THEN 1 ELSE 0 END), 0) AS BIGINT) FROM decision x JOIN chat_group g ON g.key = x.group_key`+c.String(), c.args,
		func(r *sql.Rows, v *counted) error { return r.Scan(&v.judged, &v.held) })
	if err != nil || len(list) == 0 {
		return 0, 0, err
	}
	return list[0].judged, list[0].held, nil
}
