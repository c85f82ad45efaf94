package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"qunluo/internal/community"
	"qunluo/internal/replay"
)

// keptTrials is how many trials of a group are kept, the newest.
const keptTrials = 20

// AddTrial begins a trial of a book, with the job that does it, whose key is the trial's id ("" = the caller does it).
// community.CodeConflict: one of the group is under way.
func (s *Store) AddTrial(ctx context.Context, run replay.Run, job string) (replay.Run, error) {
	run.ID, run.At, run.State = s.NewID(), s.now(), replay.RunBusy
	if len(run.Base) == 0 {
		run.Base = json.RawMessage(`{}`)
	}
	err := s.writeTx(ctx, func(t *Tx) error {
		var busy int64
		if err := t.one(ctx, `SELECT count(*) FROM rule_trial WHERE group_key = $1 AND state = 'busy'`, []any{int64(run.Group)}, &busy); err != nil {
			return err
		}
		if busy > 0 {
			return community.Errorf(community.CodeConflict, "a trial of group %d is under way: wait for it or stop it", run.Group)
		}
		_, err := t.exec(ctx, `INSERT INTO rule_trial (id, group_key, user_name, at, ended, from_at, to_at, state, done, total, error, book, base, report)
VALUES ($1, $2, $3, $4, 0, $5, $6, $7, 0, $8, '', $9, $10, '{}')`, run.ID[:], int64(run.Group), run.User, run.At, run.From, run.To, run.State, run.Of, string(run.Book), string(run.Base))
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, fmt.Sprintf(`DELETE FROM rule_trial WHERE group_key = $1 AND id NOT IN (SELECT id FROM rule_trial WHERE group_key = $2 ORDER BY at DESC, id DESC LIMIT %d)`, keptTrials),
			int64(run.Group), int64(run.Group))
		if job != "" {
			t.Enqueue(Job{Kind: job, Key: run.ID.String(), RunAt: run.At, Max: 5})
		}
		return err
	})
	return run, err
}

const trialColumns = `SELECT id, group_key, user_name, at, ended, from_at, to_at, state, done, total, error, report FROM rule_trial`

func scanTrial(r *sql.Rows, v *replay.Run) error {
	var id, report []byte
	if err := r.Scan(&id, (*int64)(&v.Group), &v.User, &v.At, &v.Ended, &v.From, &v.To, &v.State, &v.Done, &v.Of, &v.Error, &report); err != nil {
		return err
	}
	copy(v.ID[:], id)
	return json.Unmarshal(report, &v.RunReport)
}

// TrialNow gives a trial with its books; CodeNotFound.
func (s *Store) TrialNow(ctx context.Context, id community.ID) (replay.Run, error) {
	list, err := rows(ctx, s, trialColumns+` WHERE id = $1`, []any{id[:]}, scanTrial)
	run, err := oneOf(list, err, "trial", id)
	if err != nil {
		return run, err
	}
	var book, base []byte
	err = s.read.QueryRowContext(ctx, `SELECT book, base FROM rule_trial WHERE id = $1`, id[:]).Scan(&book, &base)
	run.Book, run.Base = book, base
	return run, coded(s.dialect, err)
}

// Trials lists the trials of a group without their books, the newest first.
func (s *Store) Trials(ctx context.Context, g community.GroupKey, p community.Page) ([]replay.Run, int, error) {
	var n int
	if err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM rule_trial WHERE group_key = $1`, int64(g)).Scan(&n); err != nil {
		return nil, 0, coded(s.dialect, err)
	}
	out, err := rows(ctx, s, trialColumns+fmt.Sprintf(` WHERE group_key = $1 ORDER BY at DESC, id DESC LIMIT %d OFFSET %d`, limitOf(p.Limit), max(p.Offset, 0)), []any{int64(g)}, scanTrial)
	return out, n, err
}

// SetTrial notes how far a trial is, or what came of it; false when it is under way no longer.
func (s *Store) SetTrial(ctx context.Context, run replay.Run) (bool, error) {
	report, err := json.Marshal(run.RunReport)
	if err != nil {
		return false, err
	}
	if run.State != replay.RunBusy {
		run.Ended = s.now()
	}
	var n int64
	err = s.writeTx(ctx, func(t *Tx) error {
		n, err = t.exec(ctx, `UPDATE rule_trial SET state = $1, done = $2, total = $3, error = $4, report = $5, ended = $6 WHERE id = $7 AND state = 'busy'`,
			run.State, run.Done, run.Of, run.Error, string(report), run.Ended, run.ID[:])
		return err
	})
	return n > 0, err
}
