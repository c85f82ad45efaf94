package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// JobWeekly sends a weekly report; its key is the run's id.
const JobWeekly = "weekly-send"

// weeklyBody is what of an order stands in its document.
type weeklyBody struct {
	Groups  []community.GroupKey `json:"groups"`
	Weekday int                  `json:"weekday"`
	Hour    int                  `json:"hour"`
	Lang    string               `json:"lang"`
	Way     string               `json:"way"`
	Address string               `json:"address"`
}

const weeklyOrderColumns = `SELECT id, org_key, user_id, body, secret, paused, since, created FROM weekly_order`

func scanWeeklyOrder(r *sql.Rows, v *measure.WeeklyOrder) error {
	var id, raw []byte
	if err := r.Scan(&id, (*int64)(&v.Org), &v.User, &raw, &v.Secret, &v.Paused, &v.Since, &v.Created); err != nil {
		return err
	}
	copy(v.ID[:], id)
	var b weeklyBody
	err := json.Unmarshal(raw, &b)
	v.Groups, v.Weekday, v.Hour, v.Lang, v.Way, v.Address = b.Groups, b.Weekday, b.Hour, b.Lang, b.Way, b.Address
	return err
}

// WeeklyOrders lists the orders of the weekly report of an organisation (0 = of all), the oldest first. Secrets are whole.
func (s *Store) WeeklyOrders(ctx context.Context, org community.OrgKey) ([]measure.WeeklyOrder, error) {
	return rows(ctx, s, weeklyOrderColumns+` WHERE org_key = $1 OR $1 = 0 ORDER BY created, id LIMIT 1000`, []any{int64(org)}, scanWeeklyOrder)
}

// WeeklyOrder gives one; community.CodeNotFound.
func (s *Store) WeeklyOrder(ctx context.Context, org community.OrgKey, id community.ID) (measure.WeeklyOrder, error) {
	list, err := rows(ctx, s, weeklyOrderColumns+` WHERE org_key = $1 AND id = $2`, []any{int64(org), id[:]}, scanWeeklyOrder)
	return oneOf(list, err, "weekly report", id)
}

// SaveWeeklyOrder keeps an order: a new one where it has no id. The audit row never holds the secret.
func (s *Store) SaveWeeklyOrder(ctx context.Context, v measure.WeeklyOrder, audit community.Audit) (measure.WeeklyOrder, error) {
	raw, err := json.Marshal(weeklyBody{v.Groups, v.Weekday, v.Hour, v.Lang, v.Way, v.Address})
	if err != nil {
		return v, err
	}
	return v, s.writeTx(ctx, func(t *Tx) error {
		if err := t.mayLeadOut(ctx, v.Org); err != nil {
			return err
		}
		audit.After, _ = json.Marshal(map[string]any{"user": v.User, "way": v.Way, "weekday": v.Weekday, "hour": v.Hour, "lang": v.Lang, "groups": len(v.Groups), "paused": v.Paused}) // plain values
		if v.ID.IsZero() {
			v.ID, v.Created = s.NewID(), s.now()
			var n int
			if err := t.one(ctx, `SELECT count(*) FROM weekly_order WHERE org_key = $1`, []any{int64(v.Org)}, &n); err != nil {
				return err
			}
			if n >= measure.WeeklyOrderMost {
				return community.Errorf(community.CodeTooLarge, "weekly reports: at most %d", measure.WeeklyOrderMost)
			}
			if _, err := t.exec(ctx, `INSERT INTO weekly_order (id, org_key, user_id, body, secret, paused, since, created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
				v.ID[:], int64(v.Org), v.User, string(raw), v.Secret, v.Paused, v.Since, v.Created); err != nil {
				return err
			}
		} else if n, err := t.exec(ctx, `UPDATE weekly_order SET user_id = $1, body = $2, secret = $3, paused = $4, since = $5 WHERE id = $6 AND org_key = $7`,
			v.User, string(raw), v.Secret, v.Paused, v.Since, v.ID[:], int64(v.Org)); err != nil {
			return err
		} else if n == 0 {
			return community.Errorf(community.CodeNotFound, "weekly report %s: not found", v.ID)
		}
		audit.Subject = "weekly:" + v.ID.String()
		return t.AddAudit(ctx, audit)
	})
}

// DropWeeklyOrder forgets an order with its address, its secret and what was sent.
func (s *Store) DropWeeklyOrder(ctx context.Context, org community.OrgKey, id community.ID, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `DELETE FROM weekly_order WHERE id = $1 AND org_key = $2`, id[:], int64(org))
		if err == nil && n == 0 {
			err = community.Errorf(community.CodeNotFound, "weekly report %s: not found", id)
		}
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, `DELETE FROM weekly_run WHERE order_id = $1`, id[:]); err != nil {
			return err
		}
		audit.Subject = "weekly:" + id.String()
		return t.AddAudit(ctx, audit)
	})
}

// AddReportRun asks for a report to be sent, once for each slot of an order; fresh false: it was asked for before.
func (s *Store) AddReportRun(ctx context.Context, v measure.ReportRun, audit community.Audit) (run measure.ReportRun, fresh bool, err error) {
	v.ID, v.At, v.State = s.NewID(), s.now(), measure.ReportWaits
	if v.Slot == "" {
		v.Slot = v.ID.String()
	}
	return v, fresh, s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `INSERT INTO weekly_run (id, order_id, slot, manual, state, attempts, error, until_day, report, at, done, user_id)
VALUES ($1, $2, $3, $4, $5, 0, '', $6, '', $7, 0, $8) ON CONFLICT DO NOTHING`, v.ID[:], v.Sub[:], v.Slot, v.Manual, v.State, int64(v.Until), v.At, v.User)
		if fresh = n > 0; err != nil || !fresh {
			return err
		}
		t.Enqueue(Job{Kind: JobWeekly, Key: v.ID.String(), RunAt: v.At})
		if audit.Verb == "" {
			return nil
		}
		audit.Subject = "weekly:" + v.Sub.String()
		return t.AddAudit(ctx, audit)
	})
}

const reportRunColumns = `SELECT x.id, x.order_id, x.slot, x.manual, x.state, x.attempts, x.error, x.until_day, x.report, x.at, x.done, x.user_id FROM weekly_run x`

func scanReportRun(r *sql.Rows, v *measure.ReportRun) error {
	var id, sub []byte
	var report string
	if err := r.Scan(&id, &sub, &v.Slot, &v.Manual, &v.State, &v.Attempts, &v.Error, (*int64)(&v.Until), &report, &v.At, &v.Done, &v.User); err != nil {
		return err
	}
	copy(v.ID[:], id)
	copy(v.Sub[:], sub)
	if report == "" {
		return nil
	}
	v.Report = new(measure.Report)
	return json.Unmarshal([]byte(report), v.Report)
}

// ReportRuns lists what was sent by an order, the latest first, at most n.
func (s *Store) ReportRuns(ctx context.Context, sub community.ID, n int) ([]measure.ReportRun, error) {
	return rows(ctx, s, reportRunColumns+fmt.Sprintf(` WHERE x.order_id = $1 ORDER BY x.at DESC, x.id DESC LIMIT %d`, n), []any{sub[:]}, scanReportRun)
}

// ReportRun gives one with the order that it is of; community.CodeNotFound.
func (s *Store) ReportRun(ctx context.Context, id community.ID) (measure.ReportRun, measure.WeeklyOrder, error) {
	list, err := rows(ctx, s, reportRunColumns+` WHERE x.id = $1`, []any{id[:]}, scanReportRun)
	run, err := oneOf(list, err, "report", id)
	if err != nil {
		return run, measure.WeeklyOrder{}, err
	}
	subs, err := rows(ctx, s, weeklyOrderColumns+` WHERE id = $1`, []any{run.Sub[:]}, scanWeeklyOrder)
	sub, err := oneOf(subs, err, "weekly report", run.Sub)
	return run, sub, err
}

// reportsKept is how many reports of an order are kept.
const reportsKept = 60

// PutReportRun keeps how a report stands. What was sent long ago is forgotten.
func (s *Store) PutReportRun(ctx context.Context, v measure.ReportRun) error {
	report := []byte{}
	if v.Report != nil {
		var err error
		if report, err = json.Marshal(v.Report); err != nil {
			return err
		}
	}
	return s.writeTx(ctx, func(t *Tx) error {
		if _, err := t.exec(ctx, `UPDATE weekly_run SET state = $1, attempts = $2, error = $3, report = $4, done = $5 WHERE id = $6`, v.State, int64(v.Attempts), v.Error, string(report), v.Done, v.ID[:]); err != nil {
			return err
		}
		_, err := t.exec(ctx, fmt.Sprintf(`DELETE FROM weekly_run WHERE order_id = $1 AND state <> 'waits' AND id NOT IN (SELECT id FROM weekly_run WHERE order_id = $1 ORDER BY at DESC, id DESC LIMIT %d)`, reportsKept), v.Sub[:])
		return err
	})
}

// GroupAlarms counts by group the alarms that began in a time (UTC ms, the end left out), those over too; 0 = about no group. And the
// adjustments whose day of review has come.
func (d *Desk) GroupAlarms(ctx context.Context, from, to int64, until measure.Day) (alarms, reviews map[community.GroupKey]int, err error) {
	type counted struct {
		group community.GroupKey
		n     int
	}
	scan := func(r *sql.Rows, v *counted) error { return r.Scan((*int64)(&v.group), &v.n) }
	var c clause
	d.alarmsHere(&c)
	c.and("a.opened >= ?", from)
	c.and("a.opened < ?", to)
	list, err := rows(ctx, d.s, `SELECT a.group_key, count(*) FROM alarm a`+c.String()+` GROUP BY a.group_key`, c.args, scan)
	if err != nil {
		return nil, nil, err
	}
	var w clause
	d.in(&w, "g")
	w.and("x.state IN ('open', 'due')")
	w.and("x.review <= ?", int64(until))
	due, err := rows(ctx, d.s, `SELECT x.group_key, count(*) FROM adjustment x JOIN chat_group g ON g.key = x.group_key`+w.String()+` GROUP BY x.group_key`, w.args, scan)
	alarms, reviews = map[community.GroupKey]int{}, map[community.GroupKey]int{}
	for _, v := range list {
		alarms[v.group] = v.n
	}
	for _, v := range due {
		reviews[v.group] = v.n
	}
	return alarms, reviews, err
}
