package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"qunluo/internal/community"
)

// AppealSetting is the name of an organisation's rules for appeals.
const AppealSetting = "appeals"

const dayLong = 24 * 3600 * 1000

// appealOf is the id of the appeal against a decision: there is one at most.
func appealOf(decision community.ID) community.ID { return community.DeriveID(decision, "appeal", 0) }

// AppealWritten keeps that a member wrote against a decision: the first time opens the appeal, later ones add to it while it
// is open.
func (t *Tx) AppealWritten(ctx context.Context, ev *community.Event) error {
	decision, err := community.ParseID(ev.Body.State)
	if err != nil {
		return community.Errorf(community.CodeBadInput, "appeal: %w", err)
	}
	var org int64
	if err := t.one(ctx, `SELECT org_key FROM chat_group WHERE key = $1`, []any{int64(ev.Group)}, &org); err != nil {
		return missing(err, "group %d", ev.Group)
	}
	var rules community.AppealRules
	if _, err := t.setting(ctx, community.OrgKey(org), AppealSetting, &rules); err != nil {
		return err
	}
	id := appealOf(decision)
	if _, err := t.exec(ctx, `INSERT INTO appeal (id, org_key, group_key, member_key, decision_id, state, created, due, decided, decided_by, answer, despite)
VALUES ($1, $2, $3, $4, $5, 'open', $6, $7, 0, '', '', '') ON CONFLICT (decision_id) DO NOTHING`,
		id[:], org, int64(ev.Group), int64(ev.Actor), decision[:], ev.At, ev.At+int64(rules.Or().Answer)*dayLong); err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO appeal_word (appeal_id, event_number, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, id[:], ev.Number, ev.At)
	return err
}

// DecideAppeal ends an open appeal, with its audit row. CodeConflict when it was decided before.
func (s *Store) DecideAppeal(ctx context.Context, a community.Appeal, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE appeal SET state = $1, decided = $2, decided_by = $3, answer = $4, despite = $5 WHERE id = $6 AND state = 'open'`,
			string(a.State), s.now(), a.DecidedBy, a.Answer, a.Despite, a.ID[:])
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeConflict, "the appeal is decided already")
		}
		audit.Org, audit.Subject = a.Org, "appeal:"+a.ID.String()
		audit.After, _ = json.Marshal(map[string]any{"state": a.State, "decision": a.Decision, "despite": a.Despite}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

const appealColumns = `SELECT a.id, a.org_key, a.group_key, a.member_key, a.decision_id, a.state, a.created, a.due, a.decided, a.decided_by, a.answer, a.despite
FROM appeal a JOIN chat_group g ON g.key = a.group_key`

func scanAppeal(r *sql.Rows, v *community.AppealRow) error {
	var id, decision []byte
	err := r.Scan(&id, (*int64)(&v.Org), (*int64)(&v.Group), (*int64)(&v.Member), &decision, &v.State, &v.Created, &v.Due, &v.Decided, &v.DecidedBy, &v.Answer, &v.Despite)
	copy(v.ID[:], id)
	copy(v.Decision[:], decision)
	return err
}

// FindAppeals lists appeals, open ones first, of these the most urgent; then the newest.
func (d *Desk) FindAppeals(ctx context.Context, f community.AppealFilter) ([]community.AppealRow, int, error) {
	var c clause
	d.in(&c, "g")
	if f.Group != 0 {
		c.and("a.group_key = ?", int64(f.Group))
	}
	if f.State != "" {
		c.and("a.state = ?", string(f.State))
	}
	total, err := d.count(ctx, "FROM appeal a JOIN chat_group g ON g.key = a.group_key"+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, appealColumns+c.String()+fmt.Sprintf(` ORDER BY CASE WHEN a.state = 'open' THEN 0 ELSE 1 END, CASE WHEN a.state = 'open' THEN a.due ELSE -a.decided END, a.id LIMIT %d OFFSET %d`,
		limitOf(f.Page.Limit), max(f.Page.Offset, 0)), c.args, scanAppeal)
	if err != nil {
		return nil, 0, err
	}
	return list, total, d.appealFacts(ctx, list)
}

// AppealByID gives one appeal; CodeNotFound.
func (d *Desk) AppealByID(ctx context.Context, id community.ID) (community.AppealRow, error) {
	return d.oneAppeal(ctx, "a.id = ?", id)
}

// AppealOf gives the appeal about a decision; CodeNotFound when nobody wrote against it.
func (d *Desk) AppealOf(ctx context.Context, decision community.ID) (community.AppealRow, error) {
	return d.oneAppeal(ctx, "a.decision_id = ?", decision)
}

func (d *Desk) oneAppeal(ctx context.Context, where string, id community.ID) (community.AppealRow, error) {
	var c clause
	d.in(&c, "g")
	c.and(where, id[:])
	list, err := rows(ctx, d.s, appealColumns+c.String(), c.args, scanAppeal)
	if err == nil {
		err = d.appealFacts(ctx, list)
	}
	return oneOf(list, err, "appeal", id)
}

// appealFacts adds what appeals are about and what was written.
func (d *Desk) appealFacts(ctx context.Context, list []community.AppealRow) error {
	for i := range list {
		a := &list[i]
		var err error
		if a.About, err = d.DecisionByID(ctx, a.Decision); err != nil && community.CodeOf(err) != community.CodeNotFound {
			return err
		}
		if a.Statements, err = rows(ctx, d.s, `SELECT event_number, at FROM appeal_word WHERE appeal_id = $1 ORDER BY event_number`, []any{a.ID[:]},
			func(r *sql.Rows, v *community.Statement) error { return r.Scan(&v.Event, &v.At) }); err != nil {
			return err
		}
		numbers := make([]int64, len(a.Statements))
		for k, s := range a.Statements {
			numbers[k] = s.Event
		}
		said, err := d.s.eventsNumbered(ctx, numbers)
		if err != nil {
			return err
		}
		for k := range a.Statements {
			a.Statements[k].Text = strings.TrimSpace(said[a.Statements[k].Event].Body.Text)
		}
	}
	return nil
}
