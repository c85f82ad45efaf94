package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/experiment"
)

const experimentColumns = `SELECT x.id, x.org_key, x.state, x.version, x.definition, x.user_name, x.created, x.started, x.ended, x.ended_why, x.ended_by, x.decision, x.reason, x.decider, x.decided_at, x.result FROM experiment x`

func scanExperiment(r *sql.Rows, v *experiment.Row) error {
	var id, definition, result []byte
	if err := r.Scan(&id, (*int64)(&v.Org), &v.State, &v.Version, &definition, &v.User, &v.Created, &v.Started, &v.Ended, &v.EndedWhy, &v.EndedBy, &v.Decision, &v.Reason, &v.Decider, &v.DecidedAt, &result); err != nil {
		return err
	}
	copy(v.ID[:], id)
	if err := json.Unmarshal(definition, &v.Definition); err != nil {
		return err
	}
	v.Need = experiment.Plan(v.Ask())
	if string(result) == "{}" {
		return nil
	}
	v.Result = &experiment.Result{}
	return json.Unmarshal(result, v.Result)
}

// SaveExperiment makes a draft (zero ID) or changes one of the version that the caller read. community.CodeConflict: somebody
// changed it, or it was started meanwhile.
func (s *Store) SaveExperiment(ctx context.Context, x experiment.Row, audit community.Audit) (experiment.Row, error) {
	raw, err := json.Marshal(x.Definition)
	if err != nil {
		return x, err
	}
	err = s.writeTx(ctx, func(t *Tx) error {
		if x.ID.IsZero() {
			x.ID, x.Version, x.State, x.Created = s.NewID(), 1, experiment.Draft, s.now()
			_, err := t.exec(ctx, `INSERT INTO experiment (id, org_key, state, version, switch, subject, rule, definition, user_name, created, started, ended, ended_why, ended_by, decision, reason, decider, decided_at, result)
VALUES ($1, $2, $3, 1, $4, $5, $6, $7, $8, $9, 0, 0, '', '', '', '', '', 0, '{}')`, x.ID[:], int64(x.Org), x.State, x.Switch, x.Subject, x.Rule, string(raw), x.User, x.Created)
			if err != nil {
				return err
			}
		} else {
			n, err := t.exec(ctx, `UPDATE experiment SET version = version + 1, switch = $1, subject = $2, rule = $3, definition = $4 WHERE id = $5 AND org_key = $6 AND version = $7 AND state = 'draft'`,
				x.Switch, x.Subject, x.Rule, string(raw), x.ID[:], int64(x.Org), x.Version)
			if err == nil && n == 0 {
				err = community.Errorf(community.CodeConflict, "experiment %s: changed meanwhile, or started", x.ID)
			}
			if err != nil {
				return err
			}
			x.Version++
		}
		return t.auditExperiment(ctx, x, audit, raw)
	})
	return x, err
}

func (t *Tx) auditExperiment(ctx context.Context, x experiment.Row, audit community.Audit, after json.RawMessage) error {
	audit.Org, audit.Subject, audit.After = x.Org, "experiment:"+x.ID.String(), after
	return t.AddAudit(ctx, audit)
}

// StartExperiment begins a draft with the arms of groups, where they are dealt, and the groups whose logs are read. Nothing else may
// run on the same thing. community.CodeConflict says so.
func (s *Store) StartExperiment(ctx context.Context, x experiment.Row, dealt []experiment.Assignment, groups []community.GroupKey, audit community.Audit) (experiment.Row, error) {
	x.Started, x.State = s.now(), experiment.Running
	raw, err := json.Marshal(x.Definition)
	if err != nil {
		return x, err
	}
	return x, s.writeTx(ctx, func(t *Tx) error {
		var busy int64
		if err := t.one(ctx, `SELECT count(*) FROM experiment WHERE org_key = $1 AND state = 'running' AND switch = $2 AND subject = $3 AND rule = $4`, []any{int64(x.Org), x.Switch, x.Subject, x.Rule}, &busy); err != nil {
			return err
		}
		if busy > 0 {
			return community.Errorf(community.CodeConflict, "another experiment runs on the same thing")
		}
		n, err := t.exec(ctx, `UPDATE experiment SET state = 'running', started = $1, definition = $2 WHERE id = $3 AND version = $4 AND state = 'draft'`, x.Started, string(raw), x.ID[:], x.Version)
		if err == nil && n == 0 {
			err = community.Errorf(community.CodeConflict, "experiment %s: started or changed before", x.ID)
		}
		if err != nil {
			return err
		}
		for _, a := range dealt {
			a.At = x.Started
			if _, err := t.assign(ctx, x.ID, a); err != nil {
				return err
			}
		}
		for _, g := range groups {
			if err := t.readFrom(ctx, x.ID, g); err != nil {
				return err
			}
		}
		return t.auditExperiment(ctx, x, audit, raw)
	})
}

// assign keeps a unit's arm and reports whether it is the first that was drawn.
func (t *Tx) assign(ctx context.Context, id community.ID, a experiment.Assignment) (bool, error) {
	n, err := t.exec(ctx, `INSERT INTO experiment_unit (experiment_id, unit, arm, group_key, member_key, at, spoke_at, replied_at) VALUES ($1, $2, $3, $4, $5, $6, 0, 0) ON CONFLICT (experiment_id, unit) DO NOTHING`,
		id[:], a.Unit, a.Arm, int64(a.Group), int64(a.Member), a.At)
	return n > 0, err
}

// readFrom notes that a group's log is read for an experiment from here on.
func (t *Tx) readFrom(ctx context.Context, id community.ID, g community.GroupKey) error {
	var head int64
	if err := t.one(ctx, `SELECT coalesce(max(seq), 0) FROM event WHERE group_key = $1`, []any{int64(g)}, &head); err != nil {
		return err
	}
	_, err := t.exec(ctx, `INSERT INTO experiment_read (experiment_id, group_key, seq) VALUES ($1, $2, $3) ON CONFLICT (experiment_id, group_key) DO NOTHING`, id[:], int64(g), head)
	return err
}

// Assign keeps a member's arm, once: whoever has one keeps it, and that one is given back.
func (s *Store) Assign(ctx context.Context, id community.ID, a experiment.Assignment) (experiment.Assignment, error) {
	err := s.writeTx(ctx, func(t *Tx) error {
		fresh, err := t.assign(ctx, id, a)
		if err != nil || fresh {
			if err == nil && a.Group != 0 {
				err = t.readFrom(ctx, id, a.Group)
			}
			return err
		}
		return t.one(ctx, `SELECT arm, group_key, at FROM experiment_unit WHERE experiment_id = $1 AND unit = $2`, []any{id[:], a.Unit}, &a.Arm, (*int64)(&a.Group), &a.At)
	})
	return a, err
}

// EndExperiment stops a running experiment, or archives the decision about one that is over or stopped with what was seen then.
func (s *Store) EndExperiment(ctx context.Context, x experiment.Row, from []string, audit community.Audit) error {
	result := json.RawMessage(`{}`)
	if x.Result != nil {
		var err error
		if result, err = json.Marshal(x.Result); err != nil {
			return err
		}
	}
	in, args := oneOfThem(from)
	var c clause
	c.and("id = ?", x.ID[:])
	c.and("state "+in, args...)
	return s.writeTx(ctx, func(t *Tx) error {
		n := len(c.args)
		query := fmt.Sprintf(`UPDATE experiment SET state = $%d, ended = $%d, ended_why = $%d, ended_by = $%d, decision = $%d, reason = $%d, decider = $%d, decided_at = $%d, result = $%d`, n+1, n+2, n+3, n+4, n+5, n+6, n+7, n+8, n+9) + c.String()
		hit, err := t.exec(ctx, query, append(c.args, x.State, x.Ended, x.EndedWhy, x.EndedBy, x.Decision, x.Reason, x.Decider, x.DecidedAt, string(result))...)
		if err == nil && hit == 0 {
			err = community.Errorf(community.CodeConflict, "experiment %s: ended meanwhile", x.ID)
		}
		if err != nil {
			return err
		}
		after, err := json.Marshal(map[string]any{"state": x.State, "why": x.EndedWhy, "decision": x.Decision, "result": result})
		if err != nil {
			return err
		}
		return t.auditExperiment(ctx, x, audit, after)
	})
}

// DropExperiment takes a draft away.
func (s *Store) DropExperiment(ctx context.Context, x experiment.Row, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `DELETE FROM experiment WHERE id = $1 AND state = 'draft'`, x.ID[:])
		if err == nil && n == 0 {
			err = community.Errorf(community.CodeConflict, "experiment %s: it is no draft", x.ID)
		}
		if err != nil {
			return err
		}
		return t.auditExperiment(ctx, x, audit, nil)
	})
}

// FindExperiments lists those of the scope's organisation, the newest first; state "" = all.
func (d *Desk) FindExperiments(ctx context.Context, state string, p community.Page) ([]experiment.Row, int, error) {
	var c clause
	c.and("x.org_key = ?", int64(d.scope.Org))
	if state != "" {
		c.and("x.state = ?", state)
	}
	order, err := sorts{"created": "x.created"}.newest(p, "x.created", "x.id")
	if err != nil {
		return nil, 0, err
	}
	total, err := d.count(ctx, "FROM experiment x"+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, experimentColumns+c.String()+order, c.args, scanExperiment)
	return list, total, err
}

// ExperimentByID gives one; community.CodeNotFound.
func (d *Desk) ExperimentByID(ctx context.Context, id community.ID) (experiment.Row, error) {
	list, err := rows(ctx, d.s, experimentColumns+` WHERE x.org_key = $1 AND x.id = $2`, []any{int64(d.scope.Org), id[:]}, scanExperiment)
	return oneOf(list, err, "experiment", id)
}

// LiveExperiments lists those of every organisation whose outcomes are still read: running ones and stopped ones.
func (s *Store) LiveExperiments(ctx context.Context) ([]experiment.Row, error) {
	return rows(ctx, s, experimentColumns+` WHERE x.state IN ('running', 'stopped') ORDER BY x.created, x.id`, nil, scanExperiment)
}

// RunningOn gives what runs on something; ok is false where nothing does.
func (s *Store) RunningOn(ctx context.Context, org community.OrgKey, kind, subject, rule string) (x experiment.Row, ok bool, err error) {
	list, err := rows(ctx, s, experimentColumns+` WHERE x.org_key = $1 AND x.state = 'running' AND x.switch = $2 AND x.subject = $3 AND x.rule = $4`, []any{int64(org), kind, subject, rule}, scanExperiment)
	if err != nil || len(list) == 0 {
		return x, false, err
	}
	return list[0], true, nil
}

// UnitRow is a unit with what became of it.
type UnitRow struct {
	experiment.Assignment
	SpokeAt, RepliedAt int64
	ScannedAt          int64 // when somebody else first scanned their poster
	LeftAt             int64 // of the stay in which the arm was given; 0 = still there
	Inferred           bool  // when they left was seen between two lists
	External           string
}

// ExperimentUnits lists the units, in the order in which they got their arms; of members with their stay.
func (s *Store) ExperimentUnits(ctx context.Context, id community.ID) ([]UnitRow, error) {
	return rows(ctx, s, `SELECT u.unit, u.arm, u.group_key, u.member_key, u.at, u.spoke_at, u.replied_at, u.scanned_at, coalesce(y.left_at, 0), coalesce(y.certainty, ''), coalesce(m.external_id, '')
FROM experiment_unit u LEFT JOIN member m ON m.key = u.member_key
LEFT JOIN views.stay y ON y.member_key = u.member_key AND y.group_key = u.group_key AND u.member_key > 0
 AND y.n = (SELECT max(z.n) FROM views.stay z WHERE z.member_key = u.member_key AND z.group_key = u.group_key AND z.since <= u.at)
WHERE u.experiment_id = $1 ORDER BY u.at, u.unit`, []any{id[:]}, func(r *sql.Rows, v *UnitRow) error {
		var sure string
		err := r.Scan(&v.Unit, &v.Arm, (*int64)(&v.Group), (*int64)(&v.Member), &v.At, &v.SpokeAt, &v.RepliedAt, &v.ScannedAt, &v.LeftAt, &sure, &v.External)
		v.Inferred = v.LeftAt > 0 && sure != "" && sure != string(community.Observed)
		return err
	})
}

// ExperimentHead is how far a group's log was read for an experiment.
type ExperimentHead struct {
	Group community.GroupKey
	Seq   int64
}

// ExperimentHeads lists the groups whose logs are read for one.
func (s *Store) ExperimentHeads(ctx context.Context, id community.ID) ([]ExperimentHead, error) {
	return rows(ctx, s, `SELECT group_key, seq FROM experiment_read WHERE experiment_id = $1 ORDER BY group_key`, []any{id[:]}, func(r *sql.Rows, v *ExperimentHead) error {
		return r.Scan((*int64)(&v.Group), &v.Seq)
	})
}

// ExperimentWords gives which messages of members with an arm wait for a reply, by the platform's id, and whose they are.
func (s *Store) ExperimentWords(ctx context.Context, id community.ID, g community.GroupKey) (map[string]string, error) {
	type word struct{ message, unit string }
	list, err := rows(ctx, s, `SELECT message, unit FROM experiment_word WHERE experiment_id = $1 AND group_key = $2`, []any{id[:], int64(g)}, func(r *sql.Rows, v *word) error { return r.Scan(&v.message, &v.unit) })
	out := make(map[string]string, len(list))
	for _, w := range list {
		out[w.message] = w.unit
	}
	return out, err
}

// ExperimentStep is what one reading of a group's log brought: first words and first replies by unit, new messages, and those that
// wait no longer.
type ExperimentStep struct {
	Group          community.GroupKey
	From, To       int64 // seq
	Spoke, Replied map[string]int64
	Words          map[string]string
}

// ReadExperiment keeps it, once: community.CodeConflict when another read on meanwhile.
func (s *Store) ReadExperiment(ctx context.Context, id community.ID, step ExperimentStep) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE experiment_read SET seq = $1 WHERE experiment_id = $2 AND group_key = $3 AND seq = $4`, step.To, id[:], int64(step.Group), step.From)
		if err == nil && n == 0 {
			err = community.Errorf(community.CodeConflict, "read by another")
		}
		for _, u := range inOrder(step.Spoke) {
			if err == nil {
				_, err = t.exec(ctx, `UPDATE experiment_unit SET spoke_at = $1 WHERE experiment_id = $2 AND unit = $3 AND spoke_at = 0`, step.Spoke[u], id[:], u)
			}
		}
		for _, m := range inOrder(step.Words) {
			if err == nil {
				_, err = t.exec(ctx, `INSERT INTO experiment_word (experiment_id, group_key, message, unit) VALUES ($1, $2, $3, $4) ON CONFLICT (experiment_id, group_key, message) DO NOTHING`, id[:], int64(step.Group), m, step.Words[m])
			}
		}
		for _, u := range inOrder(step.Replied) {
			if err == nil {
				_, err = t.exec(ctx, `UPDATE experiment_unit SET replied_at = $1 WHERE experiment_id = $2 AND unit = $3 AND replied_at = 0`, step.Replied[u], id[:], u)
			}
			if err == nil {
				_, err = t.exec(ctx, `DELETE FROM experiment_word WHERE experiment_id = $1 AND unit = $2`, id[:], u)
			}
		}
		return err
	})
}

func inOrder[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// GroupSpeech is how many spoke in a group on a day of its zone.
type GroupSpeech struct {
	Group    community.GroupKey
	Day      int64
	Speakers int64
}

// SpeakersByDay counts who spoke in groups on the days [from, to].
func (s *Store) SpeakersByDay(ctx context.Context, groups []community.GroupKey, from, to int64) ([]GroupSpeech, error) {
	return rows(ctx, s, `SELECT group_key, day, speakers FROM views.group_day WHERE group_key IN (`+keyList(groups)+`) AND day >= $1 AND day <= $2 ORDER BY group_key, day`, []any{from, to}, func(r *sql.Rows, v *GroupSpeech) error {
		return r.Scan((*int64)(&v.Group), &v.Day, &v.Speakers)
	})
}

// ArmOf gives the arm of a unit that has one.
func (s *Store) ArmOf(ctx context.Context, id community.ID, unit string) (arm int, ok bool, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT arm FROM experiment_unit WHERE experiment_id = $1 AND unit = $2`, id[:], unit).Scan(&arm)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return arm, err == nil, coded(s.dialect, err)
}

// LastAssigned is when the last unit of an experiment got its arm, UTC ms; 0 = none did.
func (s *Store) LastAssigned(ctx context.Context, id community.ID) (at int64, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT coalesce(max(at), 0) FROM experiment_unit WHERE experiment_id = $1`, id[:]).Scan(&at)
	return at, coded(s.dialect, err)
}

// Fates counts what became of those who joined in a span of time.
type Fates struct{ Joins, Spoke7, Stay7, Stay30, Left24 int64 }

// JoinFates counts what became of those who joined within [from, to): in a group (0 = any of the scope), by a code's mark ("" = any).
func (d *Desk) JoinFates(ctx context.Context, g community.GroupKey, state string, from, to int64) (f Fates, err error) {
	var c clause
	d.in(&c, "g")
	if g != 0 {
		c.and("y.group_key = ?", int64(g))
	}
	if state != "" {
		c.and("y.state = ?", state)
	}
	c.and("y.counted")
	c.and("y.joined_at >= ?", from)
	c.and("y.joined_at < ?", to)
	sum := func(when string) string {
		return `CAST(coalesce(sum(CASE WHEN ` + when + ` THEN 1 ELSE 0 END), 0) AS BIGINT)`
	}
	list, err := rows(ctx, d.s, `SELECT count(*), `+sum(`p.first_word > y.joined_at AND p.first_word <= y.joined_at + 604800000`)+`, `+sum(`y.left_at = 0 OR y.left_at >= y.joined_at + 604800000`)+`, `+
		sum(`y.left_at = 0 OR y.left_at >= y.joined_at + 2592000000`)+`, `+sum(`y.left_at > 0 AND y.left_at < y.joined_at + 86400000`)+`
FROM views.stay y JOIN chat_group g ON g.key = y.group_key LEFT JOIN views.people p ON p.group_key = y.group_key AND p.member_key = y.member_key`+c.String(), c.args,
		func(r *sql.Rows, v *Fates) error { return r.Scan(&v.Joins, &v.Spoke7, &v.Stay7, &v.Stay30, &v.Left24) })
	if err != nil || len(list) == 0 {
		return f, err
	}
	return list[0], nil
}
