package store

import (
	"context"
	"database/sql"
	"fmt"

	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/policy"
)

// taskDue is how long a person has, in milliseconds. An action's own deadline is for sending it natively.
const taskDue = 60 * 60 * 1000

// correction is what to post where a message can no longer be taken back, ready to paste.
const correction = "更正：前面的一条消息有误，请以本条为准。"

// TaskFor is the task card of an action that no connection can carry out. Suspicions have no alarm of their own: people are told
// of them by the group, so that nobody is flooded.
func TaskFor(a *community.Action, why string, now int64) community.Task {
	if why == "too_old" || why == "no_recall" {
		a = &community.Action{ID: a.ID, Group: a.Group, Verb: a.Verb, Target: a.Target, Text: correction}
	}
	due := now + taskDue
	if a.Verb != community.Mute && a.Until > due {
		due = a.Until
	}
	return community.Task{Quiet: a.Rule == community.NoticeRule || a.Rule == community.ReachRule || a.Hold == community.HoldSuspicion || a.Verb == community.TakeOver || a.Verb == community.MoveOut, ID: a.ID, Group: a.Group, Verb: a.Verb, Target: a.Target, State: "open", Why: why, Text: a.Text,
		Created: now, Due: due, Evidence: 1}
}

// OpenTask opens a task, or adds evidence to the open one for the same group, target and verb with the same words: of two prizes
// for one member none is lost.
func (t *Tx) OpenTask(ctx context.Context, k community.Task) error {
	if k.Target != 0 && k.Verb != community.Send {
		var id []byte
		err := t.one(ctx, `SELECT id FROM task WHERE group_key = $1 AND target_key = $2 AND verb = $3 AND text = $4 AND state IN ('open', 'claimed') LIMIT 1`,
			[]any{int64(k.Group), int64(k.Target), string(k.Verb), k.Text}, &id)
		if err == nil {
			_, err = t.exec(ctx, `UPDATE task SET evidence = evidence + 1 WHERE id = $1`, id)
			return err
		}
		if err != sql.ErrNoRows {
			return err
		}
	}
	n, err := t.exec(ctx, `INSERT INTO task (id, group_key, verb, target_key, state, assignee, why, text, created, due, done_by, done_at, note, evidence)
VALUES ($1, $2, $3, $4, 'open', '', $5, $6, $7, $8, '', 0, '', 1) ON CONFLICT (id) DO UPDATE SET state = 'open', assignee = '', why = excluded.why, text = excluded.text,
 created = excluded.created, due = excluded.due, done_by = '', done_at = 0, note = '' WHERE task.why = 'exclusive' AND task.state = 'done'`, // once let go it may need a person after all
		k.ID[:], int64(k.Group), string(k.Verb), int64(k.Target), k.Why, k.Text, k.Created, k.Due)
	if err != nil || n == 0 || k.Quiet {
		return err
	}
	return t.alarmTask(ctx, k)
}

// AlarmFor alarms whoever is on duty about what a decision saw: a raid, or several members who complain about one thing.
func (t *Tx) AlarmFor(ctx context.Context, d *community.Decision, now int64) error {
	figures, opinion := policy.IsOpinion(d.Alarm)
	if !opinion {
		return t.AlarmRaid(ctx, d.Group, d.Alarm, now)
	}
	var org int64
	var name string
	if err := t.one(ctx, `SELECT org_key, name FROM chat_group WHERE key = $1`, []any{int64(d.Group)}, &org, &name); err != nil {
		return missing(err, "group %d", d.Group)
	}
	_, err := t.OpenAlarm(ctx, duty.Alarm{Org: community.OrgKey(org), Kind: duty.KindOpinion, Subject: duty.OpinionOf(d.ID), Group: d.Group, Detail: name + ": " + figures}, now)
	return err
}

// AlarmRaid alarms whoever is on duty about many who joined a group at once, unless they are about that already. figures say
// how many.
func (t *Tx) AlarmRaid(ctx context.Context, g community.GroupKey, figures string, now int64) error {
	var org int64
	var name string
	if err := t.one(ctx, `SELECT org_key, name FROM chat_group WHERE key = $1`, []any{int64(g)}, &org, &name); err != nil {
		return missing(err, "group %d", g)
	}
	_, err := t.OpenAlarm(ctx, duty.Alarm{Org: community.OrgKey(org), Kind: duty.KindRaid, Subject: fmt.Sprintf("raid:%d", g), Group: g, Detail: name + ": " + figures}, now)
	return err
}

// alarmTask opens the alarm that goes with a task.
func (t *Tx) alarmTask(ctx context.Context, k community.Task) error {
	var org int64
	if err := t.one(ctx, `SELECT org_key FROM chat_group WHERE key = $1`, []any{int64(k.Group)}, &org); err != nil {
		return missing(err, "group %d", k.Group)
	}
	_, err := t.OpenAlarm(ctx, duty.Alarm{Org: community.OrgKey(org), Kind: duty.KindTask, Subject: TaskAlarm(k.ID), Group: k.Group, Due: k.Due}, k.Created)
	return err
}

// CloseTask ends a task if it is still open: "done", "refused" or "expired". event is the number of what proved it, 0 = a
// person's word.
func (t *Tx) CloseTask(ctx context.Context, id community.ID, state, by, note string, event, now int64) error {
	n, err := t.exec(ctx, `UPDATE task SET state = $1, done_by = $2, done_at = $3, note = $4, proved_by = $6 WHERE id = $5 AND state IN ('open', 'claimed')`,
		state, by, now, note, id[:], event)
	if err != nil || n == 0 {
		return err
	}
	return t.endAlarm(ctx, TaskAlarm(id), by, state, now)
}

// CloseTasksFor ends every open task for a group, target and verb: what was asked for has happened, as an event shows
// (0 = a person said so).
func (t *Tx) CloseTasksFor(ctx context.Context, g community.GroupKey, target community.MemberKey, verb community.Verb, note string, event, now int64) error {
	found, err := t.query(ctx, `SELECT id FROM task WHERE group_key = $1 AND target_key = $2 AND verb = $3 AND state IN ('open', 'claimed')`,
		int64(g), int64(target), string(verb))
	if err != nil {
		return err
	}
	ids, err := idsOf(found)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := t.CloseTask(ctx, id, "done", "", note, event, now); err != nil {
			return err
		}
	}
	return nil
}

func idsOf(r *sql.Rows) ([]community.ID, error) {
	defer r.Close()
	var list []community.ID
	for r.Next() {
		var id []byte
		if err := r.Scan(&id); err != nil {
			return nil, err
		}
		list = append(list, community.ID(id))
	}
	return list, r.Err()
}

// RemovalTasks lists whom people were asked to remove from a group and have not yet.
func (t *Tx) RemovalTasks(ctx context.Context, g community.GroupKey) ([]community.Task, error) {
	found, err := t.query(ctx, `SELECT id, target_key, created FROM task WHERE group_key = $1 AND verb = 'member.remove' AND state IN ('open', 'claimed')`, int64(g))
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var list []community.Task
	for found.Next() {
		var id []byte
		var k community.Task
		if err := found.Scan(&id, (*int64)(&k.Target), &k.Created); err != nil {
			return nil, err
		}
		copy(k.ID[:], id)
		list = append(list, k)
	}
	return list, found.Err()
}

// ClaimTask gives a task to a person. CodeConflict when somebody else has it or it is closed; the message names them.
func (s *Store) ClaimTask(ctx context.Context, id community.ID, user string, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		var state, assignee, by string
		err := t.one(ctx, `SELECT state, assignee, done_by FROM task WHERE id = $1`, []any{id[:]}, &state, &assignee, &by)
		switch {
		case err != nil:
			return missing(err, "task %s", id)
		case state == "claimed" && assignee == user:
			return nil
		case state == "claimed":
			return community.Errorf(community.CodeConflict, "claimed by %s", assignee)
		case state != "open":
			return community.Errorf(community.CodeConflict, "already %s by %s", state, by)
		}
		if _, err = t.exec(ctx, `UPDATE task SET state = 'claimed', assignee = $1 WHERE id = $2`, user, id[:]); err != nil {
			return err
		}
		if err := t.takeAlarm(ctx, TaskAlarm(id), user, s.now()); err != nil {
			return err
		}
		return t.AddAudit(ctx, audit)
	})
}

// TaskNow reads a task's state and who ended it.
func (s *Store) TaskNow(ctx context.Context, id community.ID) (community.Task, error) {
	k := community.Task{ID: id}
	var g, target int64
	err := s.read.QueryRowContext(ctx, `SELECT group_key, verb, target_key, state, assignee, why, text, created, due, done_by, done_at, note, evidence
FROM task WHERE id = $1`, id[:]).Scan(&g, &k.Verb, &target, &k.State, &k.Assignee, &k.Why, &k.Text, &k.Created, &k.Due, &k.DoneBy, &k.DoneAt, &k.Note, &k.Evidence)
	k.Group, k.Target = community.GroupKey(g), community.MemberKey(target)
	return k, missing(err, "task %s", id)
}
