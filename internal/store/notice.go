package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/duty"
)

// HitSetting is the name of an organisation's rules for telling people about hits.
const HitSetting = "hits"

// unnoticedMost bounds how many decisions are looked at in one go.
const unnoticedMost = 2000

func scanWaiting(r *sql.Rows, v *community.WaitingHit) error {
	var body []byte
	err := r.Scan(&body, (*int64)(&v.Org), &v.GroupName)
	if err == nil {
		err = json.Unmarshal(body, &v.Decision)
	}
	return err
}

// Unnoticed lists decisions since a time (UTC ms) that wait for review and of which it is not settled whether anybody is told, the
// oldest first.
func (s *Store) Unnoticed(ctx context.Context, since int64) ([]community.WaitingHit, error) {
	return rows(ctx, s, fmt.Sprintf(`SELECT d.body, g.org_key, g.name FROM decision d JOIN chat_group g ON g.key = d.group_key LEFT JOIN hit_notice n ON n.decision_id = d.id
WHERE d.review = 'open' AND d.at >= $1 AND n.decision_id IS NULL ORDER BY d.at, d.id LIMIT %d`, unnoticedMost), []any{since}, scanWaiting)
}

// UnnoticedDry lists dry hits since a time of which nobody is told, of groups that have at least so many.
func (s *Store) UnnoticedDry(ctx context.Context, org community.OrgKey, since int64, least int) ([]community.WaitingHit, error) {
	return rows(ctx, s, fmt.Sprintf(`SELECT d.body, g.org_key, g.name FROM decision d JOIN chat_group g ON g.key = d.group_key LEFT JOIN hit_notice n ON n.decision_id = d.id
WHERE g.org_key = $1 AND d.verdict = 'dry' AND d.at >= $2 AND n.decision_id IS NULL AND d.group_key IN (
 SELECT x.group_key FROM decision x LEFT JOIN hit_notice y ON y.decision_id = x.id WHERE x.verdict = 'dry' AND x.at >= $2 AND y.decision_id IS NULL GROUP BY x.group_key HAVING count(*) >= $3)
ORDER BY d.at, d.id LIMIT %d`, unnoticedMost), []any{int64(org), since, int64(least)}, scanWaiting)
}

// NoticedLast is when people were told of a group's hits last, UTC ms; 0 = never.
func (s *Store) NoticedLast(ctx context.Context, g community.GroupKey) (at int64, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT coalesce(max(n.at), 0) FROM hit_notice n JOIN alarm a ON a.id = n.alarm_id WHERE n.group_key = $1 AND a.kind = 'hits'`, int64(g)).Scan(&at)
	return at, coded(s.dialect, err)
}

// NotifyHits settles for decisions of one group whether people are told: by one alarm about all of them, by the alarm that an
// action of theirs has, or not at all. Those that were settled before stay.
func (s *Store) NotifyHits(ctx context.Context, about *duty.Alarm, list []community.WaitingHit, why func(*community.Decision) string) error {
	if about == nil && len(list) == 0 {
		return nil
	}
	return s.writeTx(ctx, func(t *Tx) error {
		now := s.now()
		if about != nil {
			about.ID = s.NewID()
			if _, err := t.OpenAlarm(ctx, *about, now); err != nil {
				return err
			}
		}
		for i := range list {
			d := &list[i].Decision
			alarm, err := t.noticeOf(ctx, d, about)
			if err != nil {
				return err
			}
			if _, err := t.exec(ctx, `INSERT INTO hit_notice (decision_id, group_key, why, alarm_id, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
				d.ID[:], int64(d.Group), why(d), alarm, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// noticeOf is the id of the alarm by which people are told of a decision; empty = none.
func (t *Tx) noticeOf(ctx context.Context, d *community.Decision, about *duty.Alarm) ([]byte, error) {
	if about != nil {
		return about.ID[:], nil
	}
	for _, a := range d.Actions {
		if a.Hold == "" {
			continue
		}
		var id []byte
		err := t.one(ctx, `SELECT id FROM alarm WHERE subject = $1 ORDER BY opened LIMIT 1`, []any{TaskAlarm(a.ID)}, &id)
		if err != sql.ErrNoRows {
			return id, err
		}
	}
	return []byte{}, nil
}

// EndHitAlarms ends the alarms about hits that somebody has looked at, all of them, and says how many.
func (s *Store) EndHitAlarms(ctx context.Context) (n int, err error) {
	subjects, err := rows(ctx, s, `SELECT a.subject FROM alarm a WHERE a.kind = 'hits' AND a.state <> 'over' AND a.subject LIKE 'hits:%' AND NOT EXISTS (
 SELECT 1 FROM hit_notice n JOIN decision d ON d.id = n.decision_id WHERE n.alarm_id = a.id AND d.review = 'open')`, nil,
		func(r *sql.Rows, v *string) error { return r.Scan(v) })
	if err != nil || len(subjects) == 0 {
		return 0, err
	}
	return len(subjects), s.writeTx(ctx, func(t *Tx) error {
		for _, subject := range subjects {
			if err := t.endAlarm(ctx, subject, "", "done", s.now()); err != nil {
				return err
			}
		}
		return nil
	})
}

// noticed adds to decisions whether somebody was told of them.
func (d *Desk) noticed(ctx context.Context, list []community.DecisionRow) error {
	if len(list) == 0 {
		return nil
	}
	var c clause
	at := map[community.ID]*community.DecisionRow{}
	holders := make([]string, len(list))
	for i := range list {
		at[list[i].ID] = &list[i]
		holders[i] = c.arg(append([]byte{}, list[i].ID[:]...))
	}
	found, err := rows(ctx, d.s, `SELECT n.decision_id, n.why, n.alarm_id, n.at, coalesce(a.holder, ''), coalesce(s.at, 0), coalesce(s.user_id, ''), coalesce(s.way, '')
FROM hit_notice n LEFT JOIN alarm a ON a.id = n.alarm_id LEFT JOIN alarm_step s ON s.alarm_id = n.alarm_id AND s.what = 'told'
WHERE n.decision_id IN (`+strings.Join(holders, ", ")+`) ORDER BY s.n DESC`, c.args, scanNotice)
	for _, f := range found { // the first who was told comes last, and stays
		if row := at[f.decision]; row != nil {
			row.Notice = f.HitNotice
		}
	}
	return err
}

type noticeRow struct {
	community.HitNotice
	decision community.ID
}

func scanNotice(r *sql.Rows, v *noticeRow) error {
	var id, alarm []byte
	err := r.Scan(&id, &v.Why, &alarm, &v.Asked, &v.Holder, &v.Told, &v.User, &v.Way)
	copy(v.decision[:], id)
	copy(v.Alarm[:], alarm)
	return err
}

// noticedOnly bounds decisions by whether somebody was told.
func noticedOnly(c *clause, want string) {
	const told = `EXISTS (SELECT 1 FROM hit_notice n JOIN alarm_step s ON s.alarm_id = n.alarm_id AND s.what = 'told' WHERE n.decision_id = d.id)`
	switch want {
	case "yes":
		c.and(told)
	case "no":
		c.and("NOT " + told)
	}
}
