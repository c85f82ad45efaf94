package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"qunluo/internal/community"
)

// JobShield is the kind of job that asks people for what no connection can set when a shield begins and ends. Its key is the shield's
// id and "on" or "off".
const JobShield = "shield"

// ShieldSet keeps a shield as it was switched on or off, in the transaction of its event. What the decision found at fault stands
// as it was.
func (t *Tx) ShieldSet(ctx context.Context, ev *community.Event, list []community.Decision) error {
	var data community.ShieldData
	if json.Unmarshal(ev.Body.Data, &data) != nil || len(list) == 0 || list[0].Verdict == community.Faulted {
		return nil
	}
	if !data.On {
		return t.shieldOver(ctx, data.ID, data.User, ev.At)
	}
	var org int64
	if err := t.one(ctx, `SELECT org_key FROM chat_group WHERE key = $1`, []any{int64(ev.Group)}, &org); err != nil {
		return missing(err, "group %d", ev.Group)
	}
	if _, err := t.exec(ctx, `INSERT INTO shield (id, org_key, group_key, on_now, user_name, reason, book, began, until_at, ended, ended_by, task_id, before)
VALUES ($1, $2, $3, TRUE, $4, $5, $6, $7, $8, 0, '', $9, '') ON CONFLICT (id) DO NOTHING`,
		data.ID[:], org, int64(ev.Group), data.User, data.Reason, int64(list[0].Book), ev.At, data.Until, []byte{}); err != nil {
		return err
	}
	t.Enqueue(Job{Kind: JobShield, Key: data.ID.String() + ":on", RunAt: t.store.now()})
	return nil
}

// ShieldTimed notes that a shield ended because its time had come.
func (t *Tx) ShieldTimed(ctx context.Context, ev *community.Event) error {
	text, ok := strings.CutPrefix(ev.Body.Message, community.WakeShield)
	if !ok {
		return nil
	}
	id, err := community.ParseID(text)
	if err != nil {
		return nil
	}
	return t.shieldOver(ctx, id, "", ev.At)
}

func (t *Tx) shieldOver(ctx context.Context, id community.ID, user string, at int64) error {
	n, err := t.exec(ctx, `UPDATE shield SET on_now = FALSE, ended = $1, ended_by = $2 WHERE id = $3 AND on_now`, at, user, id[:])
	if err == nil && n > 0 {
		t.Enqueue(Job{Kind: JobShield, Key: id.String() + ":off", RunAt: t.store.now()})
	}
	return err
}

// ShieldAsked notes by which task a person was asked.
func (s *Store) ShieldAsked(ctx context.Context, id, task community.ID) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `UPDATE shield SET task_id = $1 WHERE id = $2`, task[:], id[:])
		return err
	})
}

// ShieldBefore notes what the person found set before.
func (s *Store) ShieldBefore(ctx context.Context, id community.ID, before string) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `UPDATE shield SET before = $1 WHERE id = $2`, before, id[:])
		return err
	})
}

const shieldColumns = `SELECT x.id, x.org_key, x.group_key, x.on_now, x.user_name, x.reason, x.book, x.began, x.until_at, x.ended, x.ended_by, x.task_id, x.before FROM shield x`

func scanShield(r *sql.Rows, v *community.Shield) error {
	var id, task []byte
	err := r.Scan(&id, (*int64)(&v.Org), (*int64)(&v.Group), &v.On, &v.User, &v.Reason, &v.Book, &v.Began, &v.Until, &v.Ended, &v.EndedBy, &task, &v.Before)
	copy(v.ID[:], id)
	copy(v.Task[:], task)
	return err
}

// ShieldNow reads a shield; CodeNotFound.
func (s *Store) ShieldNow(ctx context.Context, id community.ID) (community.Shield, error) {
	list, err := rows(ctx, s, shieldColumns+` WHERE x.id = $1`, []any{id[:]}, scanShield)
	return oneOf(list, err, "shield", id)
}

// Shields lists a group's shields, the newest first, at most n; group 0 means those that are on, of all groups of the scope.
func (d *Desk) Shields(ctx context.Context, g community.GroupKey, n int) ([]community.Shield, error) {
	var c clause
	d.in(&c, "g")
	if g != 0 {
		c.and("x.group_key = ?", int64(g))
	} else {
		c.and("x.on_now")
	}
	return rows(ctx, d.s, shieldColumns+` JOIN chat_group g ON g.key = x.group_key`+c.String()+fmt.Sprintf(` ORDER BY x.began DESC, x.id DESC LIMIT %d`, n), c.args, scanShield)
}
