package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

const adjustColumns = `SELECT x.id, x.org_key, x.group_key, x.kind, x.what, x.ref, x.metric, x.down, x.share_by, x.at, x.day, x.review, x.user_id, x.state, x.decided, x.decider, x.note, x.effect, x.task_id FROM adjustment x`

func scanAdjust(r *sql.Rows, v *measure.Adjustment) error {
	var id, effect, task []byte
	if err := r.Scan(&id, (*int64)(&v.Org), (*int64)(&v.Group), &v.Kind, &v.What, &v.Ref, &v.Metric, &v.Down, &v.By, &v.At, (*int64)(&v.Day), (*int64)(&v.Review), &v.User, &v.State,
		&v.Decided, &v.Decider, &v.Note, &effect, &task); err != nil {
		return err
	}
	copy(v.ID[:], id)
	copy(v.Task[:], task)
	if string(effect) == "{}" {
		return nil
	}
	v.Effect = new(measure.Effect)
	return json.Unmarshal(effect, v.Effect)
}

// AddAdjustment keeps a change with what it should move.
func (s *Store) AddAdjustment(ctx context.Context, v measure.Adjustment, audit community.Audit) (measure.Adjustment, error) {
	v.ID, v.At, v.State = s.NewID(), s.now(), measure.AdjustOpen
	return v, s.writeTx(ctx, func(t *Tx) error { return t.addAdjustment(ctx, v, audit) })
}

// addAdjustment is AddAdjustment inside a transaction; v has its id, time and state.
func (t *Tx) addAdjustment(ctx context.Context, v measure.Adjustment, audit community.Audit) error {
	if _, err := t.exec(ctx, `INSERT INTO adjustment (id, org_key, group_key, kind, what, ref, metric, down, share_by, at, day, review, user_id, state, decided, decider, note, effect, task_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0, '', '', '{}', $15)`,
		v.ID[:], int64(v.Org), int64(v.Group), v.Kind, v.What, v.Ref, v.Metric, v.Down, v.By, v.At, int64(v.Day), int64(v.Review), v.User, v.State, []byte{}); err != nil {
		return err
	}
	audit.Org, audit.Subject = v.Org, "adjustment:"+v.ID.String()
	audit.After, _ = json.Marshal(v) // plain values
	return t.AddAudit(ctx, audit)
}

// Adjustments lists the changes of the scope, the newest first.
func (d *Desk) Adjustments(ctx context.Context, f measure.AdjustFilter, p community.Page) ([]measure.Adjustment, int, error) {
	var c clause
	d.in(&c, "g")
	if f.Group != 0 {
		c.and("x.group_key = ?", int64(f.Group))
	}
	if f.State != "" {
		c.and("x.state = ?", f.State)
	}
	if f.Kind != "" {
		c.and("x.kind = ?", f.Kind)
	}
	if !f.ID.IsZero() {
		c.and("x.id = ?", f.ID[:])
	}
	from := ` JOIN chat_group g ON g.key = x.group_key` + c.String()
	total, err := d.count(ctx, "FROM adjustment x"+from, c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, adjustColumns+from+fmt.Sprintf(` ORDER BY x.at DESC, x.id DESC LIMIT %d OFFSET %d`, limitOf(p.Limit), max(p.Offset, 0)), c.args, scanAdjust)
	return list, total, err
}

// AdjustmentByID gives one; CodeNotFound.
func (d *Desk) AdjustmentByID(ctx context.Context, id community.ID) (measure.Adjustment, error) {
	list, _, err := d.Adjustments(ctx, measure.AdjustFilter{ID: id}, community.Page{Limit: 1})
	return oneOf(list, err, "adjustment", id)
}

// AdjustmentsToReview lists the changes whose day of review is at or before a day, of all organisations.
func (s *Store) AdjustmentsToReview(ctx context.Context, until measure.Day) ([]measure.Adjustment, error) {
	return rows(ctx, s, adjustColumns+` WHERE x.state = 'open' AND x.review <= $1 ORDER BY x.review, x.id LIMIT 500`, []any{int64(until)}, scanAdjust)
}

// AdjustmentDue notes by which task a person was asked to review.
func (s *Store) AdjustmentDue(ctx context.Context, id, task community.ID) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `UPDATE adjustment SET state = 'due', task_id = $1 WHERE id = $2 AND state = 'open'`, task[:], id[:])
		return err
	})
}

// DecideAdjustment records that a change stays or was taken back, with what was seen. CodeConflict: somebody has decided.
func (s *Store) DecideAdjustment(ctx context.Context, v measure.Adjustment, audit community.Audit) error {
	raw, err := json.Marshal(v.Effect)
	if err != nil {
		return err
	}
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE adjustment SET state = $1, decided = $2, decider = $3, note = $4, effect = $5 WHERE id = $6 AND state IN ('open', 'due')`,
			v.State, s.now(), v.Decider, v.Note, string(raw), v.ID[:])
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeConflict, "adjustment %s: somebody has decided", v.ID)
		}
		audit.Org, audit.Subject = v.Org, "adjustment:"+v.ID.String()
		audit.After, _ = json.Marshal(v) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// ReportDays counts members' reports of a group by day of [from, to].
func (d *Desk) ReportDays(ctx context.Context, g community.GroupKey, from, to measure.Day) (map[measure.Day]int64, error) {
	places, err := d.placesFor(ctx, g, "", from, to)
	if err != nil {
		return nil, err
	}
	zone := places[0].Zone
	list, err := rows(ctx, d.s, `SELECT at FROM report WHERE group_key = $1 AND at >= $2 AND at < $3`, []any{int64(g), from.Start(zone), (to + 1).Start(zone)},
		func(r *sql.Rows, v *int64) error { return r.Scan(v) })
	out := map[measure.Day]int64{}
	for _, at := range list {
		day, _ := measure.DayOf(at, zone)
		out[day]++
	}
	return out, err
}

// UnnamedChanges lists changes of rulebooks (after a group's first), SOPs, ways in and caps since a time (UTC ms) of which nobody said what
// they should move, the newest first.
func (d *Desk) UnnamedChanges(ctx context.Context, since int64) ([]measure.Unnamed, error) {
	var c clause
	d.in(&c, "g")
	c.and("b.version > 1")
	c.and("b.state <> 'draft'")
	c.and("b.at >= ?", since)
	list, err := rows(ctx, d.s, `SELECT b.group_key, 'book:' || CAST(b.version AS TEXT), b.note, b.user_name, b.at FROM rulebook b JOIN chat_group g ON g.key = b.group_key`+c.String()+
		` AND NOT EXISTS (SELECT 1 FROM adjustment x WHERE x.group_key = b.group_key AND x.ref = 'book:' || CAST(b.version AS TEXT)) AND NOT EXISTS (SELECT 1 FROM change_unmeasured u WHERE u.org_key = g.org_key AND u.group_key = b.group_key AND u.ref = 'book:' || CAST(b.version AS TEXT)) ORDER BY b.at DESC LIMIT 50`, c.args, scanUnnamed)
	if err != nil || d.scope.Groups != nil { // an SOP is of no group
		return list, err
	}
	rest, err := rows(ctx, d.s, `SELECT h.group_key, h.subject || ':' || CAST(h.n AS TEXT), h.what, h.user_name, h.at FROM change_past h WHERE h.org_key = $1 AND h.at >= $2
AND NOT EXISTS (SELECT 1 FROM adjustment x WHERE x.org_key = h.org_key AND x.ref = h.subject || ':' || CAST(h.n AS TEXT)) AND NOT EXISTS (SELECT 1 FROM change_unmeasured u WHERE u.org_key = h.org_key AND u.ref = h.subject || ':' || CAST(h.n AS TEXT))
ORDER BY h.at DESC LIMIT 50`, []any{int64(d.scope.Org), since}, scanUnnamed)
	if err != nil {
		return nil, err
	}
	old, err := rows(ctx, d.s, unnamedOld, []any{int64(d.scope.Org), since}, scanUnnamed)
	return append(append(list, rest...), old...), err
}

// unnamedOld finds changes of SOPs from before their pasts were kept.
const unnamedOld = `SELECT 0, a.subject, a.reason, a.user_name, a.at FROM audit a WHERE a.org_key = $1 AND a.verb = 'sop.edit' AND a.at >= $2
AND NOT EXISTS (SELECT 1 FROM change_past h WHERE h.org_key = a.org_key AND h.subject = a.subject AND h.at <= a.at)
AND NOT EXISTS (SELECT 1 FROM adjustment x WHERE x.org_key = a.org_key AND x.ref = a.subject AND x.at >= a.at) AND NOT EXISTS (SELECT 1 FROM change_unmeasured u WHERE u.org_key = a.org_key AND u.ref = a.subject AND u.at >= a.at) ORDER BY a.at DESC LIMIT 50`

// PutNoFigure keeps that a change is to move no figure, and why; of a change that was said of before the newer word stands.
func (s *Store) PutNoFigure(ctx context.Context, org community.OrgKey, v measure.NoFigure, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		if _, err := t.exec(ctx, `INSERT INTO change_unmeasured (org_key, ref, group_key, kind, what, why, user_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (org_key, group_key, ref) DO UPDATE SET what = excluded.what, why = excluded.why, user_name = excluded.user_name, at = excluded.at`, int64(org), v.Ref, int64(v.Group), v.Kind, v.What, v.Why, audit.User, s.now()); err != nil {
			return err
		}
		audit.After, _ = json.Marshal(map[string]string{"ref": v.Ref, "why": v.Why}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// NoFigures lists changes that are to move no figure, the newest first; g 0 = all.
func (d *Desk) NoFigures(ctx context.Context, g community.GroupKey) ([]measure.NoFigure, error) {
	var c clause
	c.and("u.org_key = ?", int64(d.scope.Org))
	if g != 0 {
		c.and("u.group_key = ?", int64(g))
	}
	if d.scope.Groups != nil {
		c.and("u.group_key IN (" + keyList(d.scope.Groups) + ")")
	}
	return rows(ctx, d.s, `SELECT u.group_key, u.kind, u.ref, u.what, u.why, u.user_name, u.at FROM change_unmeasured u`+c.String()+` ORDER BY u.at DESC, u.ref LIMIT 100`, c.args,
		func(r *sql.Rows, v *measure.NoFigure) error {
			return r.Scan((*int64)(&v.Group), &v.Kind, &v.Ref, &v.What, &v.Why, &v.User, &v.At)
		})
}

func scanUnnamed(r *sql.Rows, v *measure.Unnamed) error {
	return r.Scan((*int64)(&v.Group), &v.Ref, &v.What, &v.User, &v.At)
}
