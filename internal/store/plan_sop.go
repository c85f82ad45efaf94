package store

import (
	"context"
	"database/sql"
	"encoding/json"

	"qunluo/internal/community"
	"qunluo/internal/plan"
)

const sopColumns = `SELECT p.id, p.org_key, p.name, p.version, p.steps, p.state, p.user_name, p.created,
 (SELECT count(*) FROM sop_group m WHERE m.sop_id = p.id AND m.left_at = 0) FROM sop p`

func scanSOP(r *sql.Rows, p *plan.SOP) error {
	var id, steps []byte
	if err := r.Scan(&id, (*int64)(&p.Org), &p.Name, &p.Version, &steps, &p.State, &p.User, &p.Created, &p.Groups); err != nil {
		return err
	}
	copy(p.ID[:], id)
	return json.Unmarshal(steps, &p.Steps)
}

// SaveSOP makes an SOP (zero ID) or a new version of one. What was materialised keeps its text. CodeConflict when another
// version was saved since the caller read it, CodeNotFound when a file of it is not kept.
func (s *Store) SaveSOP(ctx context.Context, p plan.SOP, audit community.Audit) (plan.SOP, error) {
	return p, s.writeTx(ctx, func(t *Tx) error {
		made, err := t.saveSOP(ctx, p, audit)
		p = made
		return err
	})
}

// saveSOP is SaveSOP inside a transaction.
func (t *Tx) saveSOP(ctx context.Context, p plan.SOP, audit community.Audit) (plan.SOP, error) {
	steps, err := json.Marshal(p.Steps)
	if err != nil {
		return p, err
	}
	audit.Org, audit.Verb = p.Org, "sop.edit"
	audit.After = steps
	s := t.store
	if p.ID.IsZero() {
		p.ID, p.Version, p.State, p.Created, audit.Verb = s.NewID(), 1, plan.Running, s.now(), "sop.new"
		_, err = t.exec(ctx, `INSERT INTO sop (id, org_key, name, version, steps, state, user_name, created) VALUES ($1, $2, $3, 1, $4, $5, $6, $7)`,
			p.ID[:], int64(p.Org), p.Name, string(steps), string(p.State), p.User, p.Created)
	} else {
		if err := t.keepSOP(ctx, p, audit.User); err != nil {
			return p, err
		}
		var n int64
		n, err = t.exec(ctx, `UPDATE sop SET name = $1, steps = $2, version = version + 1 WHERE id = $3 AND org_key = $4 AND version = $5`, p.Name, string(steps), p.ID[:], int64(p.Org), p.Version)
		if err == nil && n == 0 {
			return p, community.Errorf(community.CodeConflict, "somebody else saved a version since")
		}
		p.Version++
		if err == nil { // a step that is new does not come for the past
			_, err = t.exec(ctx, `UPDATE sop_group SET through = $1 WHERE sop_id = $2 AND through < $1`, s.now(), p.ID[:])
		}
	}
	if err != nil {
		return p, err
	}
	if err := t.holdSteps(ctx, p); err != nil {
		return p, err
	}
	audit.Subject = "sop:" + p.ID.String()
	return p, t.AddAudit(ctx, audit)
}

// keepSOP keeps the version of an SOP that another replaces. CodeNotFound: there is no such SOP; of a version that is not the latest nothing
// is kept, for it replaces nothing.
func (t *Tx) keepSOP(ctx context.Context, p plan.SOP, user string) error {
	var was plan.SOP
	var steps []byte
	if err := t.one(ctx, `SELECT name, version, steps FROM sop WHERE id = $1 AND org_key = $2`, []any{p.ID[:], int64(p.Org)}, &was.Name, &was.Version, &steps); err != nil {
		return missing(err, "SOP %s", p.ID)
	}
	if was.Version != p.Version {
		return nil
	}
	if err := json.Unmarshal(steps, &was.Steps); err != nil {
		return err
	}
	_, err := t.keepPast(ctx, change{org: p.Org, subject: "sop:" + p.ID.String(), what: p.Name, before: was, user: user}, p.Version+1)
	return err
}

// holdSteps keeps the files of an SOP as long as its steps name them; what a version no longer names stays for the turns
// that are under way. CodeNotFound when one is not kept.
func (t *Tx) holdSteps(ctx context.Context, p plan.SOP) error {
	if _, err := t.exec(ctx, `DELETE FROM sop_file WHERE sop_id = $1`, p.ID[:]); err != nil {
		return err
	}
	for _, step := range p.Steps {
		for _, piece := range step.Pieces {
			if err := t.keepUploads(ctx, p.Org, []community.ID{piece.File}, t.store.now()+keepFiles, step.ByLink); err != nil {
				return err
			}
			if _, err := t.exec(ctx, `INSERT INTO sop_file (sop_id, upload_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, p.ID[:], piece.File[:]); err != nil {
				return err
			}
		}
	}
	return nil
}

// SOPs lists an organisation's SOPs, the newest first, with counts; tag is that of a group in them, "" = all.
func (s *Store) SOPs(ctx context.Context, scope community.Scope, tag string) ([]plan.SOP, error) {
	var c clause
	sopsWithin(&c, scope)
	if tag != "" {
		c.and("EXISTS (SELECT 1 FROM sop_group x JOIN group_tag t ON t.group_key = x.group_key WHERE x.sop_id = p.id AND x.left_at = 0 AND t.tag = ?)", tag)
	}
	list, err := rows(ctx, s, sopColumns+c.String()+` ORDER BY p.created DESC, p.id`, c.args, scanSOP)
	for i := range list {
		if err == nil {
			list[i].Counts, err = s.targetCounts(ctx, list[i].ID, scope, 0)
		}
	}
	return list, err
}

// sopsWithin bounds SOPs (p) to those in which a group of the scope is or was, and those that no group ever entered.
func sopsWithin(c *clause, scope community.Scope) {
	c.and("p.org_key = ?", int64(scope.Org))
	if scope.Groups != nil {
		c.and("(EXISTS (SELECT 1 FROM sop_group w WHERE w.sop_id = p.id AND w.group_key IN (" + keyList(scope.Groups) + ")) OR NOT EXISTS (SELECT 1 FROM sop_group w WHERE w.sop_id = p.id))")
	}
}

// RunningSOPs lists the SOPs that go on, of every organisation.
func (s *Store) RunningSOPs(ctx context.Context) ([]plan.SOP, error) {
	return rows(ctx, s, sopColumns+` WHERE p.state = 'running' ORDER BY p.created, p.id`, nil, scanSOP)
}

// SOPByID gives one SOP; CodeNotFound.
func (s *Store) SOPByID(ctx context.Context, scope community.Scope, id community.ID) (plan.SOP, error) {
	var c clause
	sopsWithin(&c, scope)
	c.and("p.id = ?", id[:])
	list, err := rows(ctx, s, sopColumns+c.String(), c.args, scanSOP)
	p, err := oneOf(list, err, "SOP", id)
	if err == nil {
		p.Counts, err = s.targetCounts(ctx, id, scope, 0)
	}
	return p, err
}

// MoveSOP pauses an SOP or lets it go on; what waits is asked for anew.
func (s *Store) MoveSOP(ctx context.Context, p plan.SOP, to plan.State, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE sop SET state = $1 WHERE id = $2 AND state = $3`, string(to), p.ID[:], string(p.State))
		if err == nil && n == 0 {
			return community.Errorf(community.CodeConflict, "the SOP is no longer %s", p.State)
		}
		if err == nil && to == plan.Running {
			err = t.again(ctx, p.ID, `state IN ('waiting', 'blocked')`)
		}
		if err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject = p.Org, "sop."+string(to), "sop:"+p.ID.String()
		audit.Before, audit.After = stateJSON(p.State), stateJSON(to)
		return t.AddAudit(ctx, audit)
	})
}

// EnterSOP lets a group enter an SOP now; one that left enters anew, one that is in it stays as it is.
func (s *Store) EnterSOP(ctx context.Context, p plan.SOP, g community.GroupKey, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error { return t.enterSOP(ctx, p, g, audit) })
}

func (t *Tx) enterSOP(ctx context.Context, p plan.SOP, g community.GroupKey, audit community.Audit) error {
	_, err := t.exec(ctx, `INSERT INTO sop_group (sop_id, group_key, entered, left_at, through) VALUES ($1, $2, $3, 0, $3)
ON CONFLICT (sop_id, group_key) DO UPDATE SET entered = excluded.entered, through = excluded.through, left_at = 0 WHERE sop_group.left_at <> 0`, p.ID[:], int64(g), t.store.now())
	if err != nil {
		return err
	}
	audit.Org, audit.Verb, audit.Subject = p.Org, "sop.add_group", "sop:"+p.ID.String()
	audit.After, _ = json.Marshal(map[string]community.GroupKey{"group": g})
	return t.AddAudit(ctx, audit)
}

// LeaveSOP takes a group out: what waits of it is not sent any more. CodeNotFound when it is not in it.
func (s *Store) LeaveSOP(ctx context.Context, p plan.SOP, g community.GroupKey, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error { return t.leaveSOP(ctx, p, g, audit) })
}

func (t *Tx) leaveSOP(ctx context.Context, p plan.SOP, g community.GroupKey, audit community.Audit) error {
	n, err := t.exec(ctx, `UPDATE sop_group SET left_at = $1 WHERE sop_id = $2 AND group_key = $3 AND left_at = 0`, t.store.now(), p.ID[:], int64(g))
	if err != nil {
		return err
	}
	if n == 0 {
		return community.Errorf(community.CodeNotFound, "group %d is not in the SOP", g)
	}
	if _, err := t.exec(ctx, `UPDATE broadcast_target SET state = 'not_sent' WHERE source = $1 AND group_key = $2 AND state IN ('waiting', 'blocked')`, p.ID[:], int64(g)); err != nil {
		return err
	}
	audit.Org, audit.Verb, audit.Subject = p.Org, "sop.remove_group", "sop:"+p.ID.String()
	audit.Before, _ = json.Marshal(map[string]community.GroupKey{"group": g})
	return t.AddAudit(ctx, audit)
}

// SOPGroups lists the groups in an SOP and those that left, the newest first.
func (s *Store) SOPGroups(ctx context.Context, id community.ID) ([]plan.Member, error) {
	list, err := rows(ctx, s, `SELECT m.group_key, g.id, g.name, g.zone, m.entered, m.left_at, m.through FROM sop_group m JOIN chat_group g ON g.key = m.group_key
WHERE m.sop_id = $1 ORDER BY m.left_at, m.entered DESC, m.group_key`, []any{id[:]}, func(r *sql.Rows, m *plan.Member) error {
		var g []byte
		err := r.Scan((*int64)(&m.Group), &g, &m.GroupName, &m.Zone, &m.Entered, &m.Left, &m.Through)
		copy(m.GroupID[:], g)
		return err
	})
	for i := range list {
		if err == nil {
			list[i].Counts, err = s.targetCounts(ctx, id, community.Scope{}, list[i].Group)
		}
	}
	return list, err
}

// Materialise keeps the turns of a group up to a moment as targets, each with its job, by the SOP's version. A group that
// left, entered anew or was brought further meanwhile stays as it is.
func (s *Store) Materialise(ctx context.Context, p plan.SOP, m plan.Member, slots []plan.Slot, through int64) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE sop_group SET through = $1 WHERE sop_id = $2 AND group_key = $3 AND left_at = 0 AND entered = $4 AND through = $5`,
			through, p.ID[:], int64(m.Group), m.Entered, m.Through)
		if err != nil || n == 0 {
			return err
		}
		for _, slot := range slots {
			err := t.addTarget(ctx, plan.Target{Org: p.Org, Kind: plan.OfSOP, Source: p.ID, Group: m.Group, Slot: slot.Key, Version: p.Version, Due: slot.Due,
				Text: slot.Text, Link: slot.Link, Pieces: slot.Pieces, ByLink: slot.ByLink, Library: slot.Library, Values: slot.Values})
			if err != nil {
				return err
			}
			for _, piece := range slot.Pieces {
				err := t.keepUploads(ctx, p.Org, []community.ID{piece.File}, slot.Due+keepFiles, slot.ByLink)
				if err != nil && community.CodeOf(err) != community.CodeNotFound { // the send itself says what is gone
					return err
				}
			}
		}
		return nil
	})
}
