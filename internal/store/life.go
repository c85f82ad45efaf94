package store

import (
	"context"
	"database/sql"
	"encoding/json"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// neverDeclined stands for a group that never entered decline.
const neverDeclined = -1

// PutEntered keeps when a group entered decline, by its weeks until a day; ok false: it never did.
func (s *Store) PutEntered(ctx context.Context, g community.GroupKey, entered measure.Day, ok bool, judged measure.Day) error {
	if !ok {
		entered = neverDeclined
	}
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `INSERT INTO life_entry (group_key, entered, judged) VALUES ($1, $2, $3) ON CONFLICT (group_key) DO UPDATE SET entered = excluded.entered, judged = excluded.judged`,
			int64(g), int64(entered), int64(judged))
		return err
	})
}

// lifeBefore is how many days before the decline two-way talk is looked at.
const lifeBefore = 28

// LifeFacts gives what is known of the groups of the scope that entered decline, and how many groups were looked at in all.
func (d *Desk) LifeFacts(ctx context.Context) (list []measure.LifeFacts, looked int, err error) {
	var c clause
	d.in(&c, "g")
	c.and("NOT g.desk")
	type entry struct {
		measure.LifeFacts
		zone string
	}
	entries, err := rows(ctx, d.s, `SELECT g.key, g.id, g.name, g.zone, e.entered FROM life_entry e JOIN chat_group g ON g.key = e.group_key`+c.String()+` ORDER BY g.key`, c.args, func(r *sql.Rows, v *entry) error {
		var id []byte
		err := r.Scan((*int64)(&v.Group), &id, &v.Name, &v.zone, (*int64)(&v.Entered))
		copy(v.GroupID[:], id)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	looked = len(entries)
	var places []measure.Place
	var from, to measure.Day
	for _, e := range entries {
		if e.Entered == neverDeclined {
			continue
		}
		zone := zoneOf(e.zone)
		today, _ := measure.DayOf(d.s.now(), zone)
		if len(list) == 0 || e.Entered-lifeBefore < from {
			from = e.Entered - lifeBefore
		}
		to = max(to, today-1)
		list, places = append(list, e.LifeFacts), append(places, measure.Place{Group: e.Group, Zone: zone})
	}
	if len(list) == 0 || to < from {
		return list, looked, nil
	}
	return list, looked, d.fillLives(ctx, list, places, from, to)
}

// fillLives adds to each group which days are known, on which people talked, and its renewals.
func (d *Desk) fillLives(ctx context.Context, list []measure.LifeFacts, places []measure.Place, from, to measure.Day) error {
	known, err := d.Covered(ctx, places, from, to)
	if err != nil {
		return err
	}
	at := map[community.GroupKey]int{}
	for i := range list {
		f := &list[i]
		f.From = f.Entered - lifeBefore
		f.Known, at[f.Group] = known[i][f.From-from:], i
	}
	type spoke struct{ group, day int64 }
	talk, err := rows(ctx, d.s, `SELECT group_key, day FROM talk_day WHERE group_key IN (`+keyList(groupsOf(places))+`) AND day >= $1 AND day <= $2 ORDER BY group_key, day`, []any{int64(from), int64(to)},
		func(r *sql.Rows, v *spoke) error { return r.Scan(&v.group, &v.day) })
	if err != nil {
		return err
	}
	for _, t := range talk {
		if f := &list[at[community.GroupKey(t.group)]]; measure.Day(t.day) >= f.From {
			f.Talk = append(f.Talk, measure.Day(t.day))
		}
	}
	renewals, err := d.Renewals(ctx, 0)
	for _, r := range renewals {
		if i, ok := at[r.Group]; ok && r.Voided == 0 {
			list[i].Renewals = append(list[i].Renewals, r.Day)
		}
	}
	return err
}

// Renewals lists what counts as renewals of the groups of the scope by their days: play-books that were started, and what people
// entered, void ones included; g 0 = of all.
func (d *Desk) Renewals(ctx context.Context, g community.GroupKey) ([]measure.Renewal, error) {
	var c clause
	d.in(&c, "g")
	groupOrAll(&c, g)
	return rows(ctx, d.s, `SELECT r.id, r.group_key, r.day, r.what, r.user_name, r.at, r.voided, r.void_user, r.void_why, r.started FROM (
 SELECT id, group_key, day, what, user_name, at, voided, void_user, void_why, 0 AS started FROM group_renewal
 UNION ALL SELECT id, group_key, day, what, user_id, at, 0, '', '', 1 FROM adjustment WHERE kind = 'playbook') r JOIN chat_group g ON g.key = r.group_key`+c.String()+` ORDER BY r.day, r.at, r.id LIMIT 20000`, c.args,
		func(r *sql.Rows, v *measure.Renewal) error {
			var id []byte
			var started int
			err := r.Scan(&id, (*int64)(&v.Group), (*int64)(&v.Day), &v.What, &v.User, &v.At, &v.Voided, &v.VoidUser, &v.VoidWhy, &started)
			copy(v.ID[:], id)
			if started == 1 {
				v.Adjust = v.ID
			}
			return err
		})
}

// AddRenewal keeps a renewal that a person enters.
func (s *Store) AddRenewal(ctx context.Context, v measure.Renewal, audit community.Audit) (measure.Renewal, error) {
	v.ID, v.At, v.User = s.NewID(), s.now(), audit.User
	return v, s.writeTx(ctx, func(t *Tx) error {
		var n int
		if err := t.one(ctx, `SELECT count(*) FROM group_renewal WHERE group_key = $1 AND day = $2 AND what = $3 AND voided = 0`, []any{int64(v.Group), int64(v.Day), v.What}, &n); err != nil {
			return err
		}
		if n > 0 {
			return community.Errorf(community.CodeConflict, "renewal of %s: entered before", v.Day)
		}
		if _, err := t.exec(ctx, `INSERT INTO group_renewal (id, group_key, day, what, user_name, at, voided, void_user, void_why) VALUES ($1, $2, $3, $4, $5, $6, 0, '', '')`,
			v.ID[:], int64(v.Group), int64(v.Day), v.What, v.User, v.At); err != nil {
			return err
		}
		audit.After, _ = json.Marshal(map[string]any{"day": v.Day.String(), "what": v.What}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// VoidRenewal says that a renewal was entered wrongly. CodeConflict: it is void already, or none that a person entered.
func (s *Store) VoidRenewal(ctx context.Context, id community.ID, why string, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE group_renewal SET voided = $1, void_user = $2, void_why = $3 WHERE id = $4 AND voided = 0`, s.now(), audit.User, why, id[:])
		if err == nil && n == 0 {
			return community.Errorf(community.CodeConflict, "renewal %s: void already, or a play-book that was started", id)
		}
		if err != nil {
			return err
		}
		return t.AddAudit(ctx, audit)
	})
}
