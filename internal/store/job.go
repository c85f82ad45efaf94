package store

import (
	"context"
	"fmt"

	"qunluo/internal/community"
)

// Job is durable work. Kind and Key together are unique while it waits or runs: asking twice gives one.
type Job struct {
	ID       community.ID
	Kind     string
	Key      string
	RunAt    int64
	Attempts int // made so far, the running one included once claimed
	Max      int // 0 = 12
	Payload  []byte
}

const defaultAttempts = 12

const insertJob = `INSERT INTO job (id, kind, unique_key, state, run_at, attempts, max_attempts, lease_owner, lease_until, error, payload, created, finished, lane)
VALUES ($1, $2, $3, 'ready', $4, 0, $5, '', 0, '', $6, $7, 0, $8) ON CONFLICT DO NOTHING`

// Enqueue adds a job in the transaction of the change it follows from.
func (t *Tx) Enqueue(j Job) {
	if j.Max == 0 {
		j.Max = defaultAttempts
	}
	payload := "{}"
	if len(j.Payload) > 0 {
		payload = string(j.Payload)
	}
	id := t.store.NewID()
	t.add(insertJob, id[:], j.Kind, j.Key, j.RunAt, int64(j.Max), payload, t.store.now(), int64(t.store.lane))
}

// AddJob is Enqueue in a transaction of its own.
func (s *Store) AddJob(ctx context.Context, j Job) error {
	return s.besides(ctx, func(t *Tx) error {
		t.Enqueue(j)
		return nil
	})
}

// ClaimJobs leases up to n due jobs to an owner until now+lease (milliseconds), oldest first. A lease that ran out is
// claimed again, before what is ready; that attempt counts.
func (s *Store) ClaimJobs(ctx context.Context, owner string, n int, now, lease int64) ([]Job, error) {
	var list []Job
	err := s.besides(ctx, func(t *Tx) error {
		var err error
		if list, err = t.dueJobs(ctx, n, now); err != nil {
			return err
		}
		for i := range list {
			list[i].Attempts++
			_, err := t.exec(ctx, `UPDATE job SET state = 'leased', attempts = attempts + 1, lease_owner = $1, lease_until = $2 WHERE id = $3`,
				owner, now+lease, list[i].ID[:])
			if err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

// dueJobs picks up to n due jobs: leases that ran out, then what is ready. One question each, so that either index gives its
// rows in order: asked as one, all that is due would be read and sorted for each handful that is claimed.
func (t *Tx) dueJobs(ctx context.Context, n int, now int64) ([]Job, error) {
	var list []Job
	for _, due := range []string{"state = 'leased' AND lease_until <= $1 AND lane = $2 ORDER BY lease_until, id", "state = 'ready' AND run_at <= $1 AND lane = $2 ORDER BY run_at, id"} {
		if len(list) == n {
			break
		}
		rows, err := t.query(ctx, fmt.Sprintf(`SELECT id, kind, unique_key, run_at, attempts, max_attempts, payload FROM job WHERE %s LIMIT %d%s`,
			due, n-len(list), t.dialect.lockClause()), now, int64(t.store.lane))
		if err != nil {
			return nil, err
		}
		more, err := scanJobs(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	return list, nil
}

type jobRows interface {
	Next() bool
	Scan(...any) error
	Err() error
	Close() error
}

func scanJobs(rows jobRows) ([]Job, error) {
	defer rows.Close()
	var list []Job
	for rows.Next() {
		var j Job
		var id []byte
		if err := rows.Scan(&id, &j.Kind, &j.Key, &j.RunAt, &j.Attempts, &j.Max, &j.Payload); err != nil {
			return nil, err
		}
		copy(j.ID[:], id)
		list = append(list, j)
	}
	return list, rows.Err()
}

// JobsDue reports whether any job waits that is due at now, without taking the writer.
func (s *Store) JobsDue(ctx context.Context, now int64) (bool, error) {
	var n int
	err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT 1 FROM job WHERE (state = 'ready' AND run_at <= $1 AND lane = $2)
 OR (state = 'leased' AND lease_until <= $1 AND lane = $2) LIMIT 1) due`, now, int64(s.lane)).Scan(&n)
	return n > 0, coded(s.dialect, err)
}

// ExtendLease keeps a running job; CodeConflict when the lease was lost.
func (s *Store) ExtendLease(ctx context.Context, j Job, owner string, until int64) error {
	return s.leased(ctx, j, owner, `UPDATE job SET lease_until = $3 WHERE id = $1 AND lease_owner = $2 AND state = 'leased'`, until)
}

// FinishJob removes a job that is done.
func (s *Store) FinishJob(ctx context.Context, j Job, owner string) error {
	return s.leased(ctx, j, owner, `DELETE FROM job WHERE id = $1 AND lease_owner = $2 AND state = 'leased'`)
}

// RetryJob puts a job back for a later time, with the reason. A job that only waits (no attempt was made) does not count.
func (s *Store) RetryJob(ctx context.Context, j Job, owner string, runAt int64, why string, counts bool) error {
	minus := 1
	if counts {
		minus = 0
	}
	return s.leased(ctx, j, owner, `UPDATE job SET state = 'ready', run_at = $3, error = $4, attempts = attempts - $5, lease_owner = '', lease_until = 0
WHERE id = $1 AND lease_owner = $2 AND state = 'leased'`, runAt, why, minus)
}

// BuryJob makes a job a dead letter: listed, retried only by a person.
func (s *Store) BuryJob(ctx context.Context, j Job, owner, why string) error {
	return s.leased(ctx, j, owner, `UPDATE job SET state = 'dead', error = $3, finished = $4, lease_owner = '', lease_until = 0
WHERE id = $1 AND lease_owner = $2 AND state = 'leased'`, why, s.now())
}

func (s *Store) leased(ctx context.Context, j Job, owner, query string, args ...any) error {
	return s.besides(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, query, append([]any{j.ID[:], owner}, args...)...)
		if err == nil && n == 0 {
			return community.Errorf(community.CodeConflict, "job %s is no longer leased to %s", j.ID, owner)
		}
		return err
	})
}

// ReviveJobs gives dead letters another round of attempts: the one with the id, or all when it is zero.
func (s *Store) ReviveJobs(ctx context.Context, id community.ID) (n int64, err error) {
	err = s.besides(ctx, func(t *Tx) error {
		n, err = t.exec(ctx, `UPDATE job SET state = 'ready', attempts = 0, run_at = $1, finished = 0 WHERE state = 'dead' AND ($2 = 1 OR id = $3)`,
			s.now(), flag(id.IsZero()), id[:])
		return err
	})
	return n, err
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// TakeSlot claims a slot (UTC milliseconds) of a schedule: true for the first to ask, ever.
func (t *Tx) TakeSlot(ctx context.Context, schedule string, slot int64) (bool, error) {
	n, err := t.exec(ctx, `INSERT INTO schedule_fire (schedule, slot) VALUES ($1, $2) ON CONFLICT DO NOTHING`, schedule, slot)
	return n == 1, err
}

// FireSlot enqueues a schedule's job once per slot, over all processes and restarts. CodeConflict: the job of the slot before still
// runs; the slot is not taken, so that it is not lost.
func (s *Store) FireSlot(ctx context.Context, schedule string, slot int64, j Job) (fired bool, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		var busy int
		if err := t.one(ctx, `SELECT count(*) FROM job WHERE kind = $1 AND unique_key = $2 AND state = 'leased'`, []any{j.Kind, j.Key}, &busy); err != nil {
			return err
		}
		if busy > 0 {
			return community.Errorf(community.CodeConflict, "schedule %s: the last job still runs", schedule)
		}
		if fired, err = t.TakeSlot(ctx, schedule, slot); err != nil || !fired {
			return err
		}
		t.Enqueue(j)
		return nil
	})
	return fired, err
}

// NextJob is when the earliest waiting job is due (UTC ms); 0 = none waits.
func (s *Store) NextJob(ctx context.Context) (at int64, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT coalesce(min(run_at), 0) FROM job WHERE state = 'ready' AND lane = $1`, int64(s.lane)).Scan(&at)
	return at, coded(s.dialect, err)
}
