package store

import (
	"context"
	"encoding/json"
	"fmt"

	"qunluo/internal/community"
)

// Proved notes the number of the event that was evidence of an action.
func (t *Tx) Proved(ctx context.Context, action community.ID, event int64) error {
	_, err := t.exec(ctx, `UPDATE action SET proved_by = $1 WHERE id = $2`, event, action[:])
	return err
}

// byUndone is what was proved (x) in the group $1 by a row of the import $2.
const byUndone = ` x.group_key = $1 AND x.proved_by > 0
 AND EXISTS (SELECT 1 FROM event e WHERE e.number = x.proved_by AND e.group_key = x.group_key AND e.import_key = $2)`

// withdrawn are decisions of which nothing waits any more.
const withdrawn = ` (SELECT d.id FROM decision d WHERE d.group_key = $1 AND d.resolution IN ('undone', 'false_hit'))`

// Unprove takes back what an import's rows in a group were evidence of, and gives the actions that wait again. Tasks that
// such rows closed are open again, with a note saying why, and whoever had them has them; a task that a person called done
// stays closed. What was decided upon the import itself is not taken up again.
func (t *Tx) Unprove(ctx context.Context, g community.GroupKey, run, now int64) ([]OpenAction, error) {
	again, err := t.unproveActions(ctx, g, run, now)
	if err != nil {
		return nil, err
	}
	found, err := t.query(ctx, `SELECT x.id, x.verb, x.target_key, x.due FROM task x WHERE x.state = 'done' AND`+byUndone+`
 AND NOT EXISTS (SELECT 1 FROM action a WHERE a.id = x.id AND a.decision_id IN`+withdrawn+`) ORDER BY x.created, x.id`, int64(g), run)
	if err != nil {
		return nil, err
	}
	var list []community.Task
	for found.Next() {
		k := community.Task{Group: g}
		var id []byte
		if err := found.Scan(&id, &k.Verb, (*int64)(&k.Target), &k.Due); err != nil {
			found.Close()
			return nil, err
		}
		copy(k.ID[:], id)
		list = append(list, k)
	}
	if err := found.Close(); err != nil {
		return nil, err
	}
	for _, k := range list {
		if err := t.reopen(ctx, k, now); err != nil {
			return nil, fmt.Errorf("reopen task %s: %w", k.ID, err)
		}
	}
	return again, nil
}

func (t *Tx) unproveActions(ctx context.Context, g community.GroupKey, run, now int64) ([]OpenAction, error) {
	found, err := t.query(ctx, `SELECT x.id, x.body, x.mode, x.message, EXISTS (SELECT 1 FROM task k WHERE k.id = x.id AND k.state = 'done' AND k.done_by <> '')
FROM action x WHERE x.state = 'confirmed' AND`+byUndone+` AND x.decision_id NOT IN`+withdrawn+` ORDER BY x.created, x.id`, int64(g), run)
	if err != nil {
		return nil, err
	}
	var list []OpenAction
	for found.Next() {
		var id, body []byte
		var said bool
		o := OpenAction{State: community.Acked, Updated: now}
		if err := found.Scan(&id, &body, &o.Mode, &o.Message, &said); err != nil {
			found.Close()
			return nil, err
		}
		if err := json.Unmarshal(body, &o.Action); err != nil {
			found.Close()
			return nil, fmt.Errorf("action: %w", err)
		}
		copy(o.Action.ID[:], id)
		if o.Mode == community.Human && !said {
			o.State = community.HumanTask
		}
		list = append(list, o)
	}
	if err := found.Close(); err != nil {
		return nil, err
	}
	for _, o := range list {
		if _, err := t.exec(ctx, `UPDATE action SET state = $1, detail = $2, proved_by = 0, updated = $3 WHERE id = $4`,
			string(o.State), string(community.ImportUndone), now, o.Action.ID[:]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// reopen opens a task once more, or adds evidence to another that asks for the same by now. It is announced again where it
// was announced.
func (t *Tx) reopen(ctx context.Context, k community.Task, now int64) error {
	if k.Target != 0 && k.Verb != community.Send {
		n, err := t.exec(ctx, `UPDATE task SET evidence = evidence + 1 WHERE group_key = $1 AND target_key = $2 AND verb = $3 AND state IN ('open', 'claimed')`,
			int64(k.Group), int64(k.Target), string(k.Verb))
		if err != nil || n > 0 {
			return err
		}
	}
	k.Due = max(k.Due, now+taskDue)
	if _, err := t.exec(ctx, `UPDATE task SET state = CASE WHEN assignee = '' THEN 'open' ELSE 'claimed' END, done_by = '', done_at = 0, note = $1, due = $2, proved_by = 0 WHERE id = $3`,
		string(community.ImportUndone), k.Due, k.ID[:]); err != nil {
		return err
	}
	var told int
	if err := t.one(ctx, `SELECT count(*) FROM alarm WHERE subject = $1`, []any{TaskAlarm(k.ID)}, &told); err != nil || told == 0 {
		return err
	}
	return t.alarmTask(ctx, k)
}
