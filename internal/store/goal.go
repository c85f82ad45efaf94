package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

const goalColumns = `SELECT g.key, g.id, g.name, coalesce(v.version, 0), coalesce(v.body, '{}'), coalesce(v.user_id, ''), coalesce(v.reason, ''), coalesce(v.at, 0),
 coalesce((SELECT w.words FROM goal_waiver w WHERE w.group_key = g.key ORDER BY w.version DESC LIMIT 1), '') FROM chat_group g`

func scanGoal(r *sql.Rows, v *measure.GoalRow) error {
	var id, body []byte
	if err := r.Scan((*int64)(&v.Group), &id, &v.Name, &v.Version, &body, &v.User, &v.Reason, &v.At, &v.Without); err != nil {
		return err
	}
	copy(v.GroupID[:], id)
	return json.Unmarshal(body, &v.Goal)
}

// Goals lists the chat groups of the scope with their goals as they stand, by name; g 0 = all; tag "" = with any or none.
func (d *Desk) Goals(ctx context.Context, g community.GroupKey, tag string, p community.Page) ([]measure.GoalRow, int, error) {
	var c clause
	d.in(&c, "g")
	groupOrAll(&c, g)
	tagged(&c, "g", tag)
	total, err := d.count(ctx, "FROM chat_group g"+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, goalColumns+` LEFT JOIN group_goal v ON v.group_key = g.key AND v.version = (SELECT max(x.version) FROM group_goal x WHERE x.group_key = g.key)`+
		c.String()+fmt.Sprintf(` ORDER BY g.name, g.key LIMIT %d OFFSET %d`, limitOf(p.Limit), max(p.Offset, 0)), c.args, scanGoal)
	for i := range list {
		if list[i].Taken() {
			list[i].GoalVersion = measure.GoalVersion{}
		}
	}
	return list, total, err
}

// GoalVersions lists a group's goals, the newest first.
func (d *Desk) GoalVersions(ctx context.Context, g community.GroupKey) ([]measure.GoalVersion, error) {
	var c clause
	d.in(&c, "g")
	c.and("g.key = ?", int64(g))
	list, err := rows(ctx, d.s, goalColumns+` JOIN group_goal v ON v.group_key = g.key`+c.String()+` ORDER BY v.version DESC LIMIT 200`, c.args, scanGoal)
	out := make([]measure.GoalVersion, len(list))
	for i, row := range list {
		out[i] = row.GoalVersion
	}
	return out, err
}

// GoalTargets counts the targets of groups; those without a goal are left out.
func (d *Desk) GoalTargets(ctx context.Context, groups []community.GroupKey) (map[community.GroupKey]int, error) {
	type row struct {
		group community.GroupKey
		n     int
	}
	list, err := rows(ctx, d.s, `SELECT v.group_key, v.targets FROM group_goal v WHERE v.group_key IN (`+keyList(groups)+`) AND v.version = (SELECT max(x.version) FROM group_goal x WHERE x.group_key = v.group_key)`, nil,
		func(r *sql.Rows, v *row) error { return r.Scan((*int64)(&v.group), &v.n) })
	out := map[community.GroupKey]int{}
	for _, v := range list {
		out[v.group] = v.n
	}
	return out, err
}

// AnyGoal tells whether a group of the scope says what it is for.
func (d *Desk) AnyGoal(ctx context.Context) (bool, error) {
	var c clause
	d.in(&c, "g")
	c.and("v.targets > 0")
	c.and("v.version = (SELECT max(x.version) FROM group_goal x WHERE x.group_key = v.group_key)")
	list, err := rows(ctx, d.s, `SELECT 1 FROM group_goal v JOIN chat_group g ON g.key = v.group_key`+c.String()+` LIMIT 1`, c.args, func(r *sql.Rows, v *int) error { return r.Scan(v) })
	return len(list) > 0, err
}

// SetGoal keeps a new version of a group's goal.
func (s *Store) SetGoal(ctx context.Context, g community.GroupKey, goal measure.Goal, audit community.Audit) (v measure.GoalVersion, err error) {
	return v, s.writeTx(ctx, func(t *Tx) error {
		v, err = t.setGoal(ctx, g, goal, audit)
		return err
	})
}

// setGoal is SetGoal inside a transaction. An empty goal takes the one before back: the group has none.
func (t *Tx) setGoal(ctx context.Context, g community.GroupKey, goal measure.Goal, audit community.Audit) (measure.GoalVersion, error) {
	v := measure.GoalVersion{Goal: goal, User: audit.User, Reason: audit.Reason, At: t.store.now()}
	raw, err := json.Marshal(goal)
	if err != nil {
		return v, err
	}
	var was []byte
	err = t.one(ctx, `SELECT version, body FROM group_goal WHERE group_key = $1 ORDER BY version DESC LIMIT 1`, []any{int64(g)}, &v.Version, &was)
	if err != nil && err != sql.ErrNoRows {
		return v, err
	}
	v.Version++
	if _, err := t.exec(ctx, `INSERT INTO group_goal (group_key, version, body, targets, user_id, reason, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		int64(g), v.Version, string(raw), len(goal.Targets), v.User, v.Reason, v.At); err != nil {
		return v, err
	}
	audit.Before, audit.After = was, raw
	return v, t.AddAudit(ctx, audit)
}

// Weeks gives a group's complete weeks until a day.
func (d *Desk) Weeks(ctx context.Context, g community.GroupKey, to measure.Day) ([]measure.Week, error) {
	places, err := d.placesFor(ctx, g, "", to, to)
	if err != nil {
		return nil, err
	}
	weeks, err := measure.Weeks(ctx, d, places[0], to)
	if err != nil || len(weeks) == 0 {
		return weeks, err
	}
	return weeks, d.spamWeeks(ctx, places[0], weeks[max(0, len(weeks)-spamReach):])
}

// spamReach is of how many of the last weeks it is counted what rules hit.
const spamReach = 12

// spamWeeks counts the messages of weeks that rules, live or dry, hit and that nobody found innocent; each once.
func (d *Desk) spamWeeks(ctx context.Context, place measure.Place, weeks []measure.Week) error {
	first, end := weeks[0].Start, weeks[len(weeks)-1].Start+7
	list, err := rows(ctx, d.s, `SELECT DISTINCT e.number, e.at FROM decision d JOIN event e ON e.number = d.event_number
WHERE d.group_key = $1 AND d.at >= $2 AND e.at >= $2 AND e.at < $3 AND d.verdict IN ('hit', 'dry') AND d.resolution NOT IN ('undone', 'false_hit', 'dismissed') AND e.type = 'message.created'`,
		[]any{int64(place.Group), first.Start(place.Zone), end.Start(place.Zone)}, func(r *sql.Rows, v *[2]int64) error { return r.Scan(&v[0], &v[1]) })
	for _, v := range list {
		if day, _ := measure.DayOf(v[1], place.Zone); day >= first && day < end {
			weeks[(day-first)/7].Spam++
		}
	}
	return err
}

const rulingColumns = `SELECT x.id, x.group_key, x.stage, x.reason, x.user_id, x.at, x.until_day, x.ended, x.ended_by FROM stage_ruling x JOIN chat_group g ON g.key = x.group_key`

func scanRuling(r *sql.Rows, v *measure.Ruling) error {
	var id []byte
	err := r.Scan(&id, (*int64)(&v.Group), &v.Stage, &v.Reason, &v.User, &v.At, (*int64)(&v.Until), &v.Ended, &v.EndedBy)
	copy(v.ID[:], id)
	return err
}

// Rulings lists people's words about a group's stage, the newest first.
func (d *Desk) Rulings(ctx context.Context, g community.GroupKey) ([]measure.Ruling, error) {
	var c clause
	d.in(&c, "g")
	c.and("x.group_key = ?", int64(g))
	return rows(ctx, d.s, rulingColumns+c.String()+` ORDER BY x.at DESC, x.id DESC LIMIT 50`, c.args, scanRuling)
}

// AddRuling keeps a person's word about a stage; the one before it ends.
func (s *Store) AddRuling(ctx context.Context, v measure.Ruling, audit community.Audit) (measure.Ruling, error) {
	v.ID, v.At = s.NewID(), s.now()
	return v, s.writeTx(ctx, func(t *Tx) error {
		if err := t.endRuling(ctx, v.Group, v.User, v.At); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `INSERT INTO stage_ruling (id, group_key, stage, reason, user_id, at, until_day, ended, ended_by) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '')`,
			v.ID[:], int64(v.Group), v.Stage, v.Reason, v.User, v.At, int64(v.Until)); err != nil {
			return err
		}
		audit.After, _ = json.Marshal(v) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// EndRuling takes the word back that stands about a group's stage.
func (s *Store) EndRuling(ctx context.Context, g community.GroupKey, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		if err := t.endRuling(ctx, g, audit.User, s.now()); err != nil {
			return err
		}
		return t.AddAudit(ctx, audit)
	})
}

func (t *Tx) endRuling(ctx context.Context, g community.GroupKey, user string, at int64) error {
	_, err := t.exec(ctx, `UPDATE stage_ruling SET ended = $1, ended_by = $2 WHERE group_key = $3 AND ended = 0`, at, user, int64(g))
	return err
}

// StageLooks lists what the weekly looks at a group found, the newest first, at most n.
func (s *Store) StageLooks(ctx context.Context, g community.GroupKey, n int) ([]measure.StageLook, error) {
	return rows(ctx, s, fmt.Sprintf(`SELECT group_key, week, verdict, warned, at FROM stage_look WHERE group_key = $1 ORDER BY week DESC LIMIT %d`, n), []any{int64(g)},
		func(r *sql.Rows, v *measure.StageLook) error {
			return r.Scan((*int64)(&v.Group), (*int64)(&v.Week), &v.Verdict, &v.Warned, &v.At)
		})
}

// PutStageLook keeps a weekly look, once; false when that week was looked at before.
func (s *Store) PutStageLook(ctx context.Context, v measure.StageLook) (fresh bool, err error) {
	return fresh, s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `INSERT INTO stage_look (group_key, week, verdict, warned, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
			int64(v.Group), int64(v.Week), v.Verdict, v.Warned, s.now())
		fresh = n > 0
		return err
	})
}
