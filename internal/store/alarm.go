package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/duty"
)

// JobAlarm is the kind of job that makes the next move about an alarm. Its key is the alarm's id and the number of steps
// it was asked after: a job that others have overtaken does nothing.
const JobAlarm = "alarm"

// alarmKey is the key of the job that looks at an alarm after n steps.
func alarmKey(id community.ID, n int) string { return fmt.Sprintf("%s:%d", id, n) }

// OpenAlarm opens an alarm in the transaction of what it is about, unless one about the same subject is open.
func (t *Tx) OpenAlarm(ctx context.Context, a duty.Alarm, now int64) (bool, error) {
	if a.ID.IsZero() {
		a.ID = t.store.NewID()
	}
	n, err := t.exec(ctx, `INSERT INTO alarm (id, org_key, kind, subject, group_key, account_key, detail, state, holder, opened, due, ended, steps)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', '', $8, $9, 0, 1) ON CONFLICT DO NOTHING`,
		a.ID[:], int64(a.Org), a.Kind, a.Subject, int64(a.Group), int64(a.Account), a.Detail, now, a.Due)
	if err != nil || n == 0 {
		return false, err
	}
	if err := t.step(ctx, a.ID, 1, duty.Step{At: now, What: duty.Opened}); err != nil {
		return false, err
	}
	t.Enqueue(Job{Kind: JobAlarm, Key: alarmKey(a.ID, 1), RunAt: now})
	return true, nil
}

func (t *Tx) step(ctx context.Context, id community.ID, n int64, s duty.Step) error {
	_, err := t.exec(ctx, `INSERT INTO alarm_step (alarm_id, n, at, what, user_id, way, note, until_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		id[:], n, s.At, s.What, s.User, s.Way, s.Note, s.Until)
	return err
}

// OpenAlarm opens an alarm by itself and gives the one that stands there now, with its audit row when it is new.
func (s *Store) OpenAlarm(ctx context.Context, a duty.Alarm, audit community.Audit) (duty.Alarm, error) {
	err := s.writeTx(ctx, func(t *Tx) error {
		fresh, err := t.OpenAlarm(ctx, a, s.now())
		if err != nil || !fresh || audit.Verb == "" {
			return err
		}
		audit.Org, audit.Subject = a.Org, a.Subject
		return t.AddAudit(ctx, audit)
	})
	if err != nil {
		return a, err
	}
	return s.AlarmOf(ctx, a.Org, a.Subject)
}

// AddSteps appends steps to an alarm as it was read, and asks for the next look at once. False when it has moved on
// meanwhile: then nothing was written. The task that an alarm is about follows.
func (s *Store) AddSteps(ctx context.Context, a duty.Alarm, steps []duty.Step, audit *community.Audit) (bool, error) {
	moved := false
	err := s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE alarm SET steps = steps + $1 WHERE id = $2 AND steps = $3`, int64(len(steps)), a.ID[:], int64(len(a.Steps)))
		if err != nil || n == 0 {
			return err
		}
		moved = true
		for i, step := range steps {
			if err := t.takeStep(ctx, &a, int64(len(a.Steps)+i+1), step); err != nil {
				return err
			}
		}
		t.Enqueue(Job{Kind: JobAlarm, Key: alarmKey(a.ID, len(a.Steps)+len(steps)), RunAt: s.now()})
		if audit == nil {
			return nil
		}
		audit.Org = a.Org
		return t.AddAudit(ctx, *audit)
	})
	return moved, err
}

// takeStep writes one step with what follows from it for the alarm and its task.
func (t *Tx) takeStep(ctx context.Context, a *duty.Alarm, n int64, step duty.Step) error {
	if err := t.step(ctx, a.ID, n, step); err != nil {
		return err
	}
	a.State, a.Holder = duty.After(*a, step)
	if step.What == duty.Expired {
		a.Due = step.At + taskDue
	}
	if a.State == duty.Over {
		a.Ended = step.At
	}
	_, err := t.exec(ctx, `UPDATE alarm SET state = $1, holder = $2, due = $3, ended = $4 WHERE id = $5`, a.State, a.Holder, a.Due, a.Ended, a.ID[:])
	if err != nil || a.Kind != duty.KindTask {
		return err
	}
	return t.taskFollows(ctx, a, step)
}

// taskFollows keeps a task in step with its alarm: who acknowledges it has it; who hands it on or lets its deadline pass
// has it no more.
func (t *Tx) taskFollows(ctx context.Context, a *duty.Alarm, step duty.Step) error {
	id, err := community.ParseID(strings.TrimPrefix(a.Subject, taskSubject))
	if err != nil {
		return err
	}
	switch step.What {
	case duty.Acknowledged:
		_, err = t.exec(ctx, `UPDATE task SET state = 'claimed', assignee = $1 WHERE id = $2 AND state = 'open'`, step.User, id[:])
	case duty.PassedOn, duty.Expired:
		_, err = t.exec(ctx, `UPDATE task SET state = 'open', assignee = '', due = $1 WHERE id = $2 AND state IN ('open', 'claimed')`, a.Due, id[:])
	}
	return err
}

// taskSubject begins the subject of an alarm about a task.
const taskSubject = "task:"

// TaskAlarm is the subject of the alarm about a task.
func TaskAlarm(id community.ID) string { return taskSubject + id.String() }

// endAlarm ends the alarm about a subject, if one is open: what it was about is over.
func (t *Tx) endAlarm(ctx context.Context, subject, by, note string, now int64) error {
	var id []byte
	var n int64
	err := t.one(ctx, `UPDATE alarm SET state = 'over', ended = $1, steps = steps + 1 WHERE subject = $2 AND state <> 'over' RETURNING id, steps`, []any{now, subject}, &id, &n)
	if err == sql.ErrNoRows {
		return nil
	}
	if err != nil {
		return err
	}
	return t.step(ctx, community.ID(id), n, duty.Step{At: now, What: duty.Done, User: by, Note: note})
}

// takeAlarm notes that a person took what an alarm is about by another door; an alarm that is taken stays as it is.
func (t *Tx) takeAlarm(ctx context.Context, subject, by string, now int64) error {
	var id []byte
	var n int64
	err := t.one(ctx, `UPDATE alarm SET state = 'taken', holder = $1, steps = steps + 1 WHERE subject = $2 AND state = 'waiting' RETURNING id, steps`, []any{by, subject}, &id, &n)
	if err == sql.ErrNoRows {
		return nil
	}
	if err != nil {
		return err
	}
	if err := t.step(ctx, community.ID(id), n, duty.Step{At: now, What: duty.Acknowledged, User: by}); err != nil {
		return err
	}
	t.Enqueue(Job{Kind: JobAlarm, Key: alarmKey(community.ID(id), int(n)), RunAt: now})
	return nil
}

const alarmColumns = `SELECT a.id, a.org_key, a.kind, a.subject, a.group_key, a.account_key, a.detail, a.state, a.holder, a.opened, a.due, a.ended FROM alarm a`

func scanAlarm(r *sql.Rows, v *duty.Alarm) error {
	var id []byte
	var org, group, account int64
	err := r.Scan(&id, &org, &v.Kind, &v.Subject, &group, &account, &v.Detail, &v.State, &v.Holder, &v.Opened, &v.Due, &v.Ended)
	copy(v.ID[:], id)
	v.Org, v.Group, v.Account = community.OrgKey(org), community.GroupKey(group), community.AccountKey(account)
	return err
}

func scanStep(r *sql.Rows, v *duty.Step) error {
	return r.Scan(&v.At, &v.What, &v.User, &v.Way, &v.Note, &v.Until)
}

func (s *Store) alarm(ctx context.Context, what, where string, args ...any) (duty.Alarm, error) {
	list, err := rows(ctx, s, alarmColumns+where, args, scanAlarm)
	a, err := oneOf(list, err, "alarm", what)
	if err != nil {
		return a, err
	}
	a.Steps, err = rows(ctx, s, `SELECT at, what, user_id, way, note, until_at FROM alarm_step WHERE alarm_id = $1 ORDER BY n`, []any{a.ID[:]}, scanStep)
	return a, err
}

// AlarmNow reads an alarm with its steps.
func (s *Store) AlarmNow(ctx context.Context, id community.ID) (duty.Alarm, error) {
	return s.alarm(ctx, id.String(), ` WHERE a.id = $1`, id[:])
}

// AlarmOf reads the newest alarm about a subject.
func (s *Store) AlarmOf(ctx context.Context, org community.OrgKey, subject string) (duty.Alarm, error) {
	return s.alarm(ctx, subject, ` WHERE a.org_key = $1 AND a.subject = $2 ORDER BY a.opened DESC, a.id DESC LIMIT 1`, int64(org), subject)
}

// FindAlarms lists alarms, the newest first; open leaves out those that are over. tag is that of the group they are about,
// "" = all.
func (d *Desk) FindAlarms(ctx context.Context, open bool, tag string, p community.Page) ([]duty.Alarm, int, error) {
	var c clause
	d.alarmsHere(&c)
	if open {
		c.and("a.state <> 'over'")
	}
	if tag != "" {
		c.and("EXISTS (SELECT 1 FROM group_tag t WHERE t.group_key = a.group_key AND t.tag = ?)", tag)
	}
	order, err := sorts{"opened": "a.opened"}.newest(p, "a.opened", "a.id")
	if err != nil {
		return nil, 0, err
	}
	total, err := d.count(ctx, "FROM alarm a"+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, alarmColumns+c.String()+order, c.args, scanAlarm)
	return list, total, err
}

// alarmsHere bounds alarms by the scope: those about no group are everybody's.
func (d *Desk) alarmsHere(c *clause) {
	c.and("a.org_key = ?", int64(d.scope.Org))
	if d.scope.Groups != nil {
		c.and("a.group_key IN (0, " + keyList(d.scope.Groups) + ")")
	}
}

// AlarmByID gives one alarm with its steps.
func (d *Desk) AlarmByID(ctx context.Context, id community.ID) (duty.Alarm, error) {
	var c clause
	d.alarmsHere(&c)
	c.and("a.id = ?", id[:])
	return d.s.alarm(ctx, id.String(), c.String(), c.args...)
}
