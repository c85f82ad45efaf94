package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"qunluo/internal/community"
	"qunluo/internal/duty"
)

// SetStandby says where a group goes when its account is lost, with an audit row.
func (s *Store) SetStandby(ctx context.Context, org community.OrgKey, one duty.Standby, audit community.Audit) error {
	if err := one.Check(); err != nil {
		return err
	}
	return s.writeTx(ctx, func(t *Tx) error {
		if one.To != 0 { // a circle of standbys would lead nowhere
			var back int
			if err := t.one(ctx, `SELECT count(*) FROM group_move WHERE group_key = $1 AND ended = 0`, []any{int64(one.To)}, &back); err != nil {
				return err
			}
			if back > 0 {
				return community.Errorf(community.CodeConflict, "group %d: goes on elsewhere itself", one.To)
			}
		}
		_, err := t.exec(ctx, `INSERT INTO group_standby (group_key, to_key, invite, updated) VALUES ($1, $2, $3, $4)
ON CONFLICT (group_key) DO UPDATE SET to_key = excluded.to_key, invite = excluded.invite, updated = excluded.updated`, int64(one.Group), int64(one.To), one.Invite, s.now())
		if err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject = org, "standby.set", fmt.Sprintf("group:%d", one.Group)
		audit.After, _ = json.Marshal(map[string]any{"to": one.To, "invite": one.Invite}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// ClearStandby forgets a group's standby, with an audit row. CodeConflict: it has none.
func (s *Store) ClearStandby(ctx context.Context, org community.OrgKey, g community.GroupKey, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `DELETE FROM group_standby WHERE group_key = $1`, int64(g))
		if err == nil && n == 0 {
			err = community.Errorf(community.CodeConflict, "group %d: has no standby", g)
		}
		if err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject = org, "standby.clear", fmt.Sprintf("group:%d", g)
		return t.AddAudit(ctx, audit)
	})
}

const standbyColumns = `g.key, g.id, g.name, coalesce(o.key, 0), o.id, coalesce(o.name, ''), coalesce(o.platform, '')`

func standbyInto(v *duty.Standby, id, to *[]byte) []any {
	return []any{(*int64)(&v.Group), id, &v.GroupName, (*int64)(&v.To), to, &v.ToName, &v.ToOn}
}

// Standbys lists the groups that have a standby, by name; g: only that group's, 0 = all.
func (d *Desk) Standbys(ctx context.Context, g community.GroupKey) ([]duty.Standby, error) {
	var c clause
	d.in(&c, "g")
	if g != 0 {
		c.and("g.key = ?", int64(g))
	}
	return rows(ctx, d.s, `SELECT `+standbyColumns+`, b.invite, b.updated FROM group_standby b JOIN chat_group g ON g.key = b.group_key LEFT JOIN chat_group o ON o.key = b.to_key`+
		c.String()+` ORDER BY g.name, g.key`, c.args, func(r *sql.Rows, v *duty.Standby) error {
		var id, to []byte
		err := r.Scan(append(standbyInto(v, &id, &to), &v.Invite, &v.Updated)...)
		copy(v.GroupID[:], id)
		copy(v.ToID[:], to)
		return err
	})
}

// BeginDetour lets a group with so many members go on in its standby, with an audit row. fresh false: it does already.
// CodeNotFound: it has none.
func (s *Store) BeginDetour(ctx context.Context, org community.OrgKey, g community.GroupKey, members int, alarm community.ID, audit community.Audit) (fresh bool, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		var to, on int64
		err := t.one(ctx, `SELECT to_key, (SELECT count(*) FROM group_move v WHERE v.group_key = b.group_key AND v.ended = 0) FROM group_standby b WHERE b.group_key = $1`,
			[]any{int64(g)}, &to, &on)
		if err != nil {
			return missing(err, "standby of group %d", g)
		}
		if on > 0 {
			return nil
		}
		id := s.NewID()
		n, err := t.exec(ctx, `INSERT INTO group_move (id, org_key, group_key, to_key, alarm_id, began, began_by, ended, ended_by, why, members)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '', '', $8) ON CONFLICT DO NOTHING`, id[:], int64(org), int64(g), to, idOrNull(alarm), s.now(), audit.User, int64(members))
		if fresh = n > 0; err != nil || !fresh {
			return err
		}
		audit.Org, audit.Verb, audit.Subject = org, "standby.begin", fmt.Sprintf("group:%d", g)
		audit.After, _ = json.Marshal(map[string]any{"to": to, "members": members}) // plain values
		return t.AddAudit(ctx, audit)
	})
	return fresh, err
}

// EndDetour lets a group go on where it was, with an audit row; the tasks of telling its people go. CodeConflict: it does.
func (s *Store) EndDetour(ctx context.Context, org community.OrgKey, g community.GroupKey, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE group_move SET ended = $1, ended_by = $2, why = $3 WHERE group_key = $4 AND ended = 0`, s.now(), audit.User, audit.Reason, int64(g))
		if err == nil && n == 0 {
			err = community.Errorf(community.CodeConflict, "group %d: goes on where it was", g)
		}
		if err != nil {
			return err
		}
		if err := t.CloseTasksFor(ctx, g, 0, community.MoveOut, audit.Reason, 0, s.now()); err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject = org, "standby.end", fmt.Sprintf("group:%d", g)
		return t.AddAudit(ctx, audit)
	})
}

// endDetours ends the detours that answered the loss of an account, which is back, each with an audit row.
func (t *Tx) endDetours(ctx context.Context, key community.AccountKey, now int64) error {
	found, err := t.query(ctx, `SELECT group_key FROM group_move WHERE ended = 0 AND alarm_id IN (SELECT id FROM alarm WHERE account_key = $1)`, int64(key))
	if err != nil {
		return err
	}
	groups, err := ints(found)
	if err != nil {
		return err
	}
	for _, g := range groups {
		var org int64
		err := t.one(ctx, `UPDATE group_move SET ended = $1, ended_by = 'system', why = 'online' WHERE group_key = $2 AND ended = 0 RETURNING org_key`, []any{now, g}, &org)
		if err != nil {
			return err
		}
		if err := t.AddAudit(ctx, community.Audit{Org: community.OrgKey(org), User: "system", Verb: "standby.end", Subject: fmt.Sprintf("group:%d", g), Reason: "online"}); err != nil {
			return err
		}
	}
	return nil
}

// Detours lists when groups went on elsewhere, those that are on first, then the newest; g: only that group's, 0 = all.
func (d *Desk) Detours(ctx context.Context, g community.GroupKey, p community.Page) ([]duty.Detour, int, error) {
	if p.Offset < 0 || p.Sort != "" {
		return nil, 0, community.Errorf(community.CodeBadInput, "detours have one order")
	}
	var c clause
	d.in(&c, "g")
	if g != 0 {
		c.and("g.key = ?", int64(g))
	}
	from := `FROM group_move v JOIN chat_group g ON g.key = v.group_key LEFT JOIN chat_group o ON o.key = v.to_key` + c.String()
	total, err := d.count(ctx, from, c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, `SELECT `+standbyColumns+`, v.id, v.org_key, v.alarm_id, v.began, v.began_by, v.ended, v.ended_by, v.why, v.members `+from+
		fmt.Sprintf(` ORDER BY CASE WHEN v.ended = 0 THEN 0 ELSE 1 END, v.began DESC, v.id LIMIT %d OFFSET %d`, limitOf(p.Limit), p.Offset), c.args, func(r *sql.Rows, v *duty.Detour) error {
		var group, to, id, alarm []byte
		err := r.Scan(append(standbyInto(&v.Standby, &group, &to), &id, (*int64)(&v.Org), &alarm, &v.Began, &v.BegunBy, &v.Ended, &v.EndedBy, &v.Why, &v.Members)...)
		copy(v.GroupID[:], group)
		copy(v.ToID[:], to)
		copy(v.ID[:], id)
		copy(v.Alarm[:], alarm)
		return err
	})
	return list, total, err
}

// MemberSouls is who is on a group's member list, as last read or heard: our own accounts and bots left out, by name.
func (d *Desk) MemberSouls(ctx context.Context, g community.GroupKey) ([]duty.Soul, error) {
	var c clause
	d.in(&c, "g")
	c.and("g.key = ?", int64(g))
	c.and("p.present")
	c.and("NOT p.ours")
	return rows(ctx, d.s, `SELECT m.key, m.id, coalesce(pm.person_key, 0), m.called, m.external_id FROM views.people p JOIN chat_group g ON g.key = p.group_key
JOIN member m ON m.key = p.member_key LEFT JOIN person_member pm ON pm.member_key = p.member_key`+c.String()+` ORDER BY p.shown, m.key`, c.args, func(r *sql.Rows, v *duty.Soul) error {
		var id []byte
		err := r.Scan((*int64)(&v.Member), &id, &v.Person, &v.Name, &v.External)
		copy(v.MemberID[:], id)
		return err
	})
}

// detoured are the verbs that follow a group to its standby: what is said to all of it.
var detoured = map[community.Verb]bool{community.Send: true, community.Announce: true, community.MassSend: true}

// detour turns an action to where its group goes on. What people on duty are told stays, as does what names its groups
// itself; a recall of what was sent there follows it.
func (s *Store) detour(ctx context.Context, now *ActionNow) (community.GroupKey, error) {
	a := &now.Action
	named := a.Verb == community.MassSend && len(a.Args) > 0
	if a.Rule == community.NoticeRule || named || !detoured[a.Verb] && (a.Verb != community.RecallMsg || a.Of.IsZero()) {
		return a.Group, nil
	}
	var g int64
	err := s.read.QueryRowContext(ctx, `SELECT g.key, g.external_id, g.platform FROM group_move v JOIN chat_group g ON g.key = v.to_key WHERE v.group_key = $1 AND v.ended = 0`, int64(a.Group)).
		Scan(&g, &a.To.Group, &now.Platform)
	if err == sql.ErrNoRows {
		return a.Group, nil
	}
	a.Account, a.ReplyTo = 0, "" // another group's: neither its account nor its messages are there
	return community.GroupKey(g), coded(s.dialect, err)
}
