package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/measure"
)

// AskWatch is the watch over one group's questions.
type AskWatch struct {
	duty.QuestionWatch
	Org   community.OrgKey
	Group community.GroupKey
	Name  string
}

// AskWatches lists the watches that are on; g 0 = all groups.
func (s *Store) AskWatches(ctx context.Context, g community.GroupKey) ([]AskWatch, error) {
	return rows(ctx, s, `SELECT w.group_key, w.minutes, w.user_id, w.since, g.org_key, g.name FROM ask_watch w JOIN chat_group g ON g.key = w.group_key
WHERE (w.group_key = $1 OR $1 = 0) AND w.minutes > 0 ORDER BY w.group_key`, []any{int64(g)}, func(r *sql.Rows, v *AskWatch) error {
		return r.Scan((*int64)(&v.Group), &v.Minutes, &v.User, &v.Since, (*int64)(&v.Org), &v.Name)
	})
}

// SetAskWatch keeps how a group's questions are watched. Questions from before it was switched on are left out.
func (s *Store) SetAskWatch(ctx context.Context, g community.GroupKey, w duty.QuestionWatch, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		var was duty.QuestionWatch
		err := t.one(ctx, `SELECT minutes, user_id, since FROM ask_watch WHERE group_key = $1`, []any{int64(g)}, &was.Minutes, &was.User, &was.Since)
		if err != nil && err != sql.ErrNoRows {
			return err
		}
		if w.Since = was.Since; was.Minutes == 0 {
			w.Since = s.now()
		}
		if _, err := t.exec(ctx, `INSERT INTO ask_watch (group_key, minutes, user_id, since) VALUES ($1, $2, $3, $4)
ON CONFLICT (group_key) DO UPDATE SET minutes = excluded.minutes, user_id = excluded.user_id, since = excluded.since`, int64(g), w.Minutes, w.User, w.Since); err != nil {
			return err
		}
		audit.Before, _ = json.Marshal(was) // plain values
		audit.After, _ = json.Marshal(w)    // plain values
		return t.AddAudit(ctx, audit)
	})
}

// stillOpen bounds questions x to those that nobody answered, recalled or took from us: as Questions tells them.
const stillOpen = spokenBy + ` AND NOT EXISTS (SELECT 1 FROM views.people p WHERE p.group_key = x.group_key AND p.member_key = x.member_key AND p.ours)
 AND NOT EXISTS (SELECT 1 FROM views.answer a WHERE a.question = x.number AND NOT EXISTS (SELECT 1 FROM views.recalled r WHERE r.number = a.number)
  AND NOT EXISTS (SELECT 1 FROM views.marked m WHERE m.member_key = a.member_key AND m.bot))`

// Overdue lists a group's questions in [from, to] (UTC ms) that are open and of which nobody was told, the oldest first. What was
// imported waits for nobody.
func (s *Store) Overdue(ctx context.Context, g community.GroupKey, from, to int64) ([]measure.Question, error) {
	return rows(ctx, s, `SELECT x.number, x.group_key, x.at, x.member_key FROM views.question x WHERE x.group_key = $1 AND x.at >= $2 AND x.at <= $3 AND x.import_key = 0`+stillOpen+
		` AND NOT EXISTS (SELECT 1 FROM ask_notice n WHERE n.question = x.number) ORDER BY x.at, x.number LIMIT 500`, []any{int64(g), from, to}, scanQuestion)
}

// NotifyQuestions tells people of open questions of a group: by the alarm that is about them and waits, else by a new one.
func (s *Store) NotifyQuestions(ctx context.Context, al duty.Alarm, list []measure.Question) error {
	return s.writeTx(ctx, func(t *Tx) error {
		now := s.now()
		id := []byte{}
		err := t.one(ctx, `SELECT id FROM alarm WHERE org_key = $1 AND group_key = $2 AND kind = 'question' AND state = 'waiting' ORDER BY opened LIMIT 1`, []any{int64(al.Org), int64(al.Group)}, &id)
		switch {
		case err == sql.ErrNoRows:
			al.ID = s.NewID()
			al.Subject, id = duty.QuestionsOf(al.ID), al.ID[:]
			if _, err := t.OpenAlarm(ctx, al, now); err != nil {
				return err
			}
		case err != nil:
			return err
		}
		for _, q := range list {
			if _, err := t.exec(ctx, `INSERT INTO ask_notice (question, group_key, alarm_id, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, q.Number, int64(al.Group), id, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// EndAnsweredAlarms ends the alarms about questions of which none is open any more, and says how many. A question that the
// projections do not know now is taken for open.
func (s *Store) EndAnsweredAlarms(ctx context.Context) (int, error) {
	subjects, err := rows(ctx, s, `SELECT a.subject FROM alarm a WHERE a.kind = 'question' AND a.state <> 'over' AND NOT EXISTS (
 SELECT 1 FROM ask_notice n LEFT JOIN views.question q ON q.number = n.question WHERE n.alarm_id = a.id AND (q.number IS NULL OR EXISTS (
  SELECT 1 FROM views.question x WHERE x.number = n.question`+stillOpen+`)))`, nil, func(r *sql.Rows, v *string) error { return r.Scan(v) })
	if err != nil || len(subjects) == 0 {
		return 0, err
	}
	return len(subjects), s.writeTx(ctx, func(t *Tx) error {
		for _, subject := range subjects {
			if err := t.endAlarm(ctx, subject, "", "answered", s.now()); err != nil {
				return err
			}
		}
		return nil
	})
}

// AlarmQuestions lists the questions that an alarm is about, the oldest first, with whether they are open still.
func (d *Desk) AlarmQuestions(ctx context.Context, alarm community.ID) ([]duty.ToldQuestion, error) {
	var c clause
	d.in(&c, "g")
	c.and("n.alarm_id = ?", alarm[:])
	return rows(ctx, d.s, fmt.Sprintf(`SELECT n.question, n.at, CASE WHEN EXISTS (SELECT 1 FROM views.question x WHERE x.number = n.question%s) THEN 1 ELSE 0 END
FROM ask_notice n JOIN chat_group g ON g.key = n.group_key%s ORDER BY n.question LIMIT 500`, stillOpen, c.String()), c.args, func(r *sql.Rows, v *duty.ToldQuestion) error {
		var open int64
		err := r.Scan(&v.Number, &v.Told, &open)
		v.Open = open == 1
		return err
	})
}
