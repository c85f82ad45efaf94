package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/duty"
)

// JobLockdown is the kind of job that closes and opens groups. Its key is the lockdown's id and "on" or "off".
const JobLockdown = "lockdown"

// BeginLockdown keeps a lockdown with its groups and asks for the work, and for the end where one is set. Groups that are
// in another lockdown are left out; community.CodeConflict when none is left.
func (s *Store) BeginLockdown(ctx context.Context, l duty.Lockdown, audit community.Audit) (duty.Lockdown, error) {
	l.ID, l.State, l.Began = s.NewID(), duty.LockOn, s.now()
	return l, s.writeTx(ctx, func(t *Tx) error {
		taken := 0
		for _, g := range l.Groups {
			before, err := t.allMuted(ctx, g.Group)
			if err != nil {
				return err
			}
			n, err := t.exec(ctx, `INSERT INTO lockdown_group (lockdown_id, group_key, on_now, before) VALUES ($1, $2, TRUE, $3) ON CONFLICT DO NOTHING`,
				l.ID[:], int64(g.Group), before)
			if err != nil {
				return err
			}
			taken += int(n)
		}
		if taken == 0 {
			return community.Errorf(community.CodeConflict, "every one of these groups is in a lockdown already")
		}
		_, err := t.exec(ctx, `INSERT INTO lockdown (id, org_key, state, user_id, reason, text, people, began, until_at, ended, ended_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, '')`, l.ID[:], int64(l.Org), l.State, l.User, l.Reason, l.Text, l.People, l.Began, l.Until)
		if err != nil {
			return err
		}
		t.Enqueue(Job{Kind: JobLockdown, Key: l.ID.String() + ":on", RunAt: l.Began})
		if l.Until != 0 {
			t.Enqueue(Job{Kind: JobLockdown, Key: l.ID.String() + ":off", RunAt: l.Until})
		}
		audit.Org, audit.Verb, audit.Subject = l.Org, "lockdown.on", "lockdown:"+l.ID.String()
		audit.After, _ = json.Marshal(map[string]any{"groups": taken, "people": l.People, "until": l.Until}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// allMuted is whether all of a group are muted, by our last word about it that was done.
func (t *Tx) allMuted(ctx context.Context, g community.GroupKey) (bool, error) {
	var body []byte
	err := t.one(ctx, `SELECT body FROM action WHERE group_key = $1 AND verb = 'group.mute_all' AND state IN ('acked', 'confirmed')
ORDER BY created DESC, id DESC LIMIT 1`, []any{int64(g)}, &body)
	if err == sql.ErrNoRows {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var a community.Action
	err = json.Unmarshal(body, &a)
	return !a.Refuse, err
}

// EndLockdown notes that a lockdown is to end and asks for the work now. community.CodeConflict when it has ended.
func (s *Store) EndLockdown(ctx context.Context, org community.OrgKey, id community.ID, user string, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE lockdown SET state = 'ending', ended = $1, ended_by = $2 WHERE id = $3 AND org_key = $4 AND state = 'on'`, s.now(), user, id[:], int64(org))
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeConflict, "the lockdown has ended")
		}
		t.Enqueue(Job{Kind: JobLockdown, Key: id.String() + ":now", RunAt: s.now()})
		audit.Org, audit.Verb, audit.Subject = org, "lockdown.off", "lockdown:"+id.String()
		return t.AddAudit(ctx, audit)
	})
}

// LockdownOver notes that every group of a lockdown is open again.
func (s *Store) LockdownOver(ctx context.Context, id community.ID) error {
	return s.writeTx(ctx, func(t *Tx) error {
		if _, err := t.exec(ctx, `UPDATE lockdown SET state = 'over', ended = CASE WHEN ended = 0 THEN $1 ELSE ended END WHERE id = $2`, s.now(), id[:]); err != nil {
			return err
		}
		_, err := t.exec(ctx, `UPDATE lockdown_group SET on_now = FALSE WHERE lockdown_id = $1 AND on_now`, id[:])
		return err
	})
}

// GroupUnlocked notes that one group of a lockdown is open again.
func (s *Store) GroupUnlocked(ctx context.Context, id community.ID, g community.GroupKey) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `UPDATE lockdown_group SET on_now = FALSE WHERE lockdown_id = $1 AND group_key = $2`, id[:], int64(g))
		return err
	})
}

// LockedDown reports whether a group is in a lockdown. Whoever sends by plan asks it before each send.
func (s *Store) LockedDown(ctx context.Context, g community.GroupKey) (bool, error) {
	var n int
	err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM lockdown_group WHERE group_key = $1 AND on_now`, int64(g)).Scan(&n)
	return n > 0, coded(s.dialect, err)
}

// LockdownNow reads a lockdown with its groups.
func (s *Store) LockdownNow(ctx context.Context, id community.ID) (duty.Lockdown, error) {
	list, err := s.lockdowns(ctx, ` WHERE l.id = $1`, id[:])
	l, err := oneOf(list, err, "lockdown", id)
	return l, err
}

// Lockdowns lists an organisation's lockdowns, the newest first, at most n.
func (s *Store) Lockdowns(ctx context.Context, org community.OrgKey, n int) ([]duty.Lockdown, error) {
	return s.lockdowns(ctx, fmt.Sprintf(` WHERE l.org_key = $1 ORDER BY l.began DESC, l.id DESC LIMIT %d`, n), int64(org))
}

func (s *Store) lockdowns(ctx context.Context, where string, args ...any) ([]duty.Lockdown, error) {
	list, err := rows(ctx, s, `SELECT l.id, l.org_key, l.state, l.user_id, l.reason, l.text, l.people, l.began, l.until_at, l.ended, l.ended_by FROM lockdown l`+where, args,
		func(r *sql.Rows, v *duty.Lockdown) error {
			var id []byte
			err := r.Scan(&id, (*int64)(&v.Org), &v.State, &v.User, &v.Reason, &v.Text, &v.People, &v.Began, &v.Until, &v.Ended, &v.EndedBy)
			copy(v.ID[:], id)
			return err
		})
	for i := range list {
		if list[i].Groups, err = s.lockedGroups(ctx, list[i].ID); err != nil {
			return nil, err
		}
	}
	return list, err
}

// lockedGroups reads the groups of a lockdown, each with what became of its mute.
func (s *Store) lockedGroups(ctx context.Context, id community.ID) ([]duty.LockedGroup, error) {
	list, err := rows(ctx, s, `SELECT lg.group_key, g.name, lg.on_now, lg.before FROM lockdown_group lg JOIN chat_group g ON g.key = lg.group_key
WHERE lg.lockdown_id = $1 ORDER BY g.name, lg.group_key`, []any{id[:]},
		func(r *sql.Rows, v *duty.LockedGroup) error {
			return r.Scan((*int64)(&v.Group), &v.Name, &v.On, &v.Before)
		})
	if err != nil {
		return nil, err
	}
	made, err := rows(ctx, s, `SELECT a.group_key, a.id, a.state, a.body FROM action a JOIN lockdown_group lg ON lg.group_key = a.group_key
WHERE lg.lockdown_id = $1 AND a.verb = 'group.mute_all' AND a.created >= (SELECT began FROM lockdown WHERE id = $1) ORDER BY a.created, a.id`, []any{id[:]}, scanMuted)
	if err != nil {
		return nil, err
	}
	for _, m := range made {
		for i := range list {
			if list[i].Group == m.Group && m.rule == duty.LockRule(id) && !m.lifts {
				list[i].Action, list[i].State = m.Action, m.State
			}
		}
	}
	return list, nil
}

// muted is a mute of a whole group that we wanted.
type muted struct {
	duty.LockedGroup
	rule  string
	lifts bool
}

func scanMuted(r *sql.Rows, v *muted) error {
	var id, body []byte
	if err := r.Scan((*int64)(&v.Group), &id, &v.State, &body); err != nil {
		return err
	}
	copy(v.Action[:], id)
	var a community.Action
	err := json.Unmarshal(body, &a)
	v.rule, v.lifts = strings.TrimSpace(a.Rule), a.Refuse
	return err
}
