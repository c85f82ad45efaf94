package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"qunluo/internal/community"
)

// addSpace marks an organisation as a demonstration beside another. Only who makes an organisation marks it: nothing turns a real one into
// one that can be deleted.
func (t *Tx) addSpace(ctx context.Context, p community.DemoSpace) error {
	_, err := t.exec(ctx, `INSERT INTO demo_space (org_key, home_key, user_id, seed, days, state, step, done, total, error, began, ended)
VALUES ($1, $2, $3, $4, $5, $6, '', 0, 0, '', $7, 0)`, int64(p.Org), int64(p.Home), p.User, int64(p.Seed), int64(p.Days), string(community.SpaceLoading), t.store.now())
	return err
}

// AddSpace makes the organisation of a demonstration beside the organisation p.Home, empty and loading, and asks for the job that fills it.
// community.CodeConflict: there is one already. community.CodeForbidden: p.Home is a demonstration itself.
func (s *Store) AddSpace(ctx context.Context, name string, p community.DemoSpace, audit community.Audit) (community.DemoSpace, error) {
	err := s.writeTx(ctx, func(t *Tx) error {
		var there, demo int64
		if err := t.one(ctx, `SELECT (SELECT count(*) FROM org WHERE demo), (SELECT count(*) FROM org WHERE demo AND key = $1)`, []any{int64(p.Home)}, &there, &demo); err != nil {
			return err
		}
		switch {
		case demo > 0:
			return community.Errorf(community.CodeForbidden, "a demonstration has none of its own")
		case there > 0:
			return community.Errorf(community.CodeConflict, "there is a demonstration already")
		}
		var err error
		if p.Org, err = t.addOrg(ctx, name, true); err != nil {
			return err
		}
		p.State, p.Began = community.SpaceLoading, s.now()
		if err := t.addSpace(ctx, p); err != nil {
			return err
		}
		t.Enqueue(Job{Kind: JobSpaceLoad, Key: fmt.Sprint(p.Org), RunAt: s.now()})
		audit.Org, audit.Verb, audit.Subject = p.Home, "demo.load", spaceSubject
		audit.After, _ = json.Marshal(map[string]any{"name": name, "days": p.Days, "seed": p.Seed}) // plain values
		return t.AddAudit(ctx, audit)
	})
	return p, err
}

// Jobs of demonstrations; their key is that of the organisation.
const (
	JobSpaceLoad  = "demo-load"
	JobSpaceLeave = "demo-leave"
)

const spaceSubject = "demo:space"

const spaceColumns = `SELECT s.org_key, s.home_key, s.user_id, s.seed, s.days, s.state, s.step, s.done, s.total, s.error, s.began, s.ended, o.name, o.id
FROM demo_space s JOIN org o ON o.key = s.org_key AND o.demo`

// Space gives the demonstration beside an organisation; community.CodeNotFound: there is none.
func (s *Store) Space(ctx context.Context, home community.OrgKey) (community.DemoSpace, error) {
	list, err := rows(ctx, s, spaceColumns+` WHERE s.home_key = $1`, []any{int64(home)}, scanSpace)
	return oneOf(list, err, "demonstration beside", home)
}

// SpaceOf gives the demonstration that an organisation is; community.CodeNotFound: it is none, or the only one of the installation.
func (s *Store) SpaceOf(ctx context.Context, org community.OrgKey) (community.DemoSpace, error) {
	list, err := rows(ctx, s, spaceColumns+` WHERE s.org_key = $1`, []any{int64(org)}, scanSpace)
	return oneOf(list, err, "demonstration", org)
}

func scanSpace(r *sql.Rows, p *community.DemoSpace) error {
	var org, home, seed int64
	var id []byte
	err := r.Scan(&org, &home, &p.User, &seed, &p.Days, &p.State, &p.Step, &p.Done, &p.Total, &p.Error, &p.Began, &p.Ended, &p.Name, &id)
	p.Org, p.Home, p.Seed = community.OrgKey(org), community.OrgKey(home), uint64(seed)
	copy(p.ID[:], id)
	return err
}

// SpaceProgress notes how far a demonstration's loading or leaving has come.
func (s *Store) SpaceProgress(ctx context.Context, org community.OrgKey, step string, done, total int64) error {
	return s.besides(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `UPDATE demo_space SET step = $1, done = $2, total = $3, error = '' WHERE org_key = $4`, step, done, total, int64(org))
		return err
	})
}

// SpaceTrouble notes why a demonstration's loading or leaving stopped; it is tried again.
func (s *Store) SpaceTrouble(ctx context.Context, org community.OrgKey, why string) error {
	return s.besides(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `UPDATE demo_space SET error = $1 WHERE org_key = $2`, why, int64(org))
		return err
	})
}

// SpaceReady opens a demonstration that is loaded: from now on it is an organisation like others, and its jobs are everybody's.
func (s *Store) SpaceReady(ctx context.Context, org community.OrgKey) error {
	return s.writeTx(ctx, func(t *Tx) error {
		if _, err := t.exec(ctx, `UPDATE job SET lane = 0 WHERE lane = $1`, int64(org)); err != nil {
			return err
		}
		n, err := t.exec(ctx, `UPDATE demo_space SET state = $1, step = '', error = '', ended = $2 WHERE org_key = $3 AND state = $4`,
			string(community.SpaceReady), s.now(), int64(org), string(community.SpaceLoading))
		if err == nil && n == 0 {
			return community.Errorf(community.CodeConflict, "the demonstration is no longer loading")
		}
		return err
	})
}

// LeaveSpace closes a demonstration, whatever state it is in: nobody enters it any more, its connections end, and the job that deletes it is
// asked for. community.CodeNotFound: there is none beside that organisation.
func (s *Store) LeaveSpace(ctx context.Context, home community.OrgKey, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		var org int64
		var state, name string
		err := t.one(ctx, `SELECT s.org_key, s.state, o.name FROM demo_space s JOIN org o ON o.key = s.org_key AND o.demo WHERE s.home_key = $1`, []any{int64(home)}, &org, &state, &name)
		if err != nil {
			return missing(err, "demonstration beside %v", home)
		}
		t.Enqueue(Job{Kind: JobSpaceLeave, Key: fmt.Sprint(org), RunAt: s.now()})
		if state == string(community.SpaceLeaving) {
			return nil // asked for before
		}
		if _, err := t.exec(ctx, `UPDATE demo_space SET state = $1, step = '', done = 0, total = 0, error = '', ended = 0 WHERE org_key = $2`, string(community.SpaceLeaving), org); err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject = home, "demo.delete", spaceSubject
		audit.Before, _ = json.Marshal(map[string]any{"name": name}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// SpaceCounts says what stands in a demonstration.
func (s *Store) SpaceCounts(ctx context.Context, org community.OrgKey) (c community.SpaceCounts, err error) {
	const groups = `(SELECT key FROM chat_group WHERE org_key = $1)`
	err = s.read.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM chat_group WHERE org_key = $1 AND NOT desk), (SELECT count(*) FROM member WHERE org_key = $1),
 (SELECT count(*) FROM event WHERE group_key IN `+groups+` AND type = $2), (SELECT count(*) FROM event WHERE group_key IN `+groups+`),
 (SELECT count(*) FROM decision WHERE group_key IN `+groups+`)`, int64(org), string(community.MessageCreated)).
		Scan(&c.Groups, &c.People, &c.Messages, &c.Records, &c.Decisions)
	return c, coded(s.dialect, err)
}

// ClearSpace deletes all that belongs to a demonstration but the organisation itself, so that it can be loaded anew. It can be stopped anywhere
// and called again. community.CodeForbidden: the organisation is no demonstration beside another; community.CodeConflict: it is open.
func (s *Store) ClearSpace(ctx context.Context, org community.OrgKey, told func(table string, rows int64)) (int64, error) {
	p, err := s.SpaceOf(ctx, org)
	switch {
	case community.CodeOf(err) == community.CodeNotFound:
		return 0, community.Errorf(community.CodeForbidden, "organisation %d is no demonstration: it cannot be deleted", org)
	case err != nil:
		return 0, err
	case p.State != community.SpaceClearing && p.State != community.SpaceLeaving:
		return 0, community.Errorf(community.CodeConflict, "the demonstration is open")
	}
	all := int64(0)
	for _, roots := range []bool{false, true} { // as long as the roots are there all that hangs on them can be found
		for {
			// What was under way when it was closed may have written behind us: it is over when a round finds nothing.
			n, err := s.sweep(ctx, org, roots, func(table string, rows int64) { told(table, all+rows) })
			if all += n; err != nil {
				return all, err
			}
			if n == 0 {
				break
			}
		}
	}
	return all, nil
}

// BeginSpace makes ready for loading: clearing = what an earlier try left is deleted now. community.CodeConflict: it is not loading (any more).
func (s *Store) BeginSpace(ctx context.Context, org community.OrgKey, clearing bool) error {
	state := community.SpaceLoading
	if clearing {
		state = community.SpaceClearing
	}
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE demo_space SET state = $1 WHERE org_key = $2 AND state IN ('loading', 'clearing')`, string(state), int64(org))
		if err == nil && n == 0 {
			return community.Errorf(community.CodeConflict, "the demonstration is no longer loading")
		}
		return err
	})
}

// DeleteSpace is ClearSpace, and deletes the organisation.
func (s *Store) DeleteSpace(ctx context.Context, org community.OrgKey, told func(table string, rows int64)) (int64, error) {
	n, err := s.ClearSpace(ctx, org, told)
	if err != nil {
		return n, err
	}
	err = s.writeTx(ctx, func(t *Tx) error {
		for _, q := range []string{`DELETE FROM org WHERE demo AND key IN (SELECT org_key FROM demo_space WHERE org_key = $1 AND state = 'leaving')`, `DELETE FROM demo_space WHERE org_key = $1`} {
			if _, err := t.exec(ctx, q, int64(org)); err != nil {
				return err
			}
		}
		return nil
	})
	return n + 2, err
}

// OrgGroups lists all groups of an organisation, private chats' among them.
func (s *Store) OrgGroups(ctx context.Context, org community.OrgKey) ([]community.GroupKey, error) {
	return rows(ctx, s, `SELECT key FROM chat_group WHERE org_key = $1 ORDER BY key`, []any{int64(org)}, scanGroupKey)
}

// SpaceVisitor gives the person through whom owners look at a demonstration: the first of its owners. community.CodeNotFound: it is not open.
func (s *Store) SpaceVisitor(ctx context.Context, home community.OrgKey) (community.User, error) {
	u, err := scanUser(s.read.QueryRowContext(ctx, `SELECT `+userColumns+` FROM console_user WHERE role = 'owner' AND enabled
 AND org_key IN (SELECT s.org_key FROM demo_space s WHERE s.home_key = $1 AND s.state = 'ready') ORDER BY key LIMIT 1`, int64(home)))
	return u, missing(coded(s.dialect, err), "demonstration beside %v", home)
}

// NoteVisit puts on record, in both organisations, that a person of one goes into its demonstration as visitor, or comes back.
func (s *Store) NoteVisit(ctx context.Context, person, visitor community.User, verb string) error {
	return s.writeTx(ctx, func(t *Tx) error {
		if err := t.AddAudit(ctx, community.Audit{Org: person.Org, User: person.ID.String(), Verb: verb, Subject: spaceSubject}); err != nil || visitor.Key == 0 {
			return err
		}
		return t.AddAudit(ctx, community.Audit{Org: visitor.Org, User: visitor.ID.String(), Verb: verb, Subject: spaceSubject, Reason: person.Login})
	})
}

// IsDemo says whether an organisation was made as a demonstration; it stays one.
func (s *Store) IsDemo(ctx context.Context, org community.OrgKey) (bool, error) {
	var n int
	err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM org WHERE key = $1 AND demo`, int64(org)).Scan(&n)
	return n > 0, coded(s.dialect, err)
}

// BatchesOf lists the batches of posters of an organisation, whose files lie beside the database.
func (s *Store) BatchesOf(ctx context.Context, org community.OrgKey) ([]community.ID, error) {
	return rows(ctx, s, `SELECT id FROM poster_batch WHERE org_key = $1`, []any{int64(org)}, func(r *sql.Rows, v *community.ID) error {
		var id []byte
		err := r.Scan(&id)
		copy(v[:], id)
		return err
	})
}
