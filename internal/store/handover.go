package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/duty"
)

// owning are the questions for what a person who signs in owns of what is ours: id or key, name, group.
var owning = []struct {
	kind  duty.HandKind
	query string
}{
	{duty.HandTask, `SELECT k.id, g.name, k.group_key FROM task k JOIN chat_group g ON g.key = k.group_key
WHERE g.org_key = $1 AND k.assignee = $2 AND k.state = 'claimed' ORDER BY k.created, k.id`},
	{duty.HandAlarm, `SELECT id, kind, group_key FROM alarm WHERE org_key = $1 AND holder = $2 AND state = 'taken' AND kind <> 'task' ORDER BY opened, id`},
	{duty.HandShift, `SELECT id, CAST(weekday AS TEXT), 0 FROM duty_shift WHERE org_key = $1 AND user_id = $2 ORDER BY weekday, start_minute, id`},
	{duty.HandSwap, `SELECT id, day, 0 FROM duty_change WHERE org_key = $1 AND user_id = $2 AND day >= $3 ORDER BY day, id`},
	{duty.HandBroadcast, `SELECT id, title, 0 FROM broadcast WHERE org_key = $1 AND user_name = $2 AND state NOT IN ('finished', 'cancelled') ORDER BY created, id`},
	{duty.HandSOP, `SELECT id, name, 0 FROM sop WHERE org_key = $1 AND user_name = $2 AND state NOT IN ('finished', 'cancelled') ORDER BY created, id`},
	{duty.HandCode, `SELECT id, name, 0 FROM code WHERE org_key = $1 AND by_user = $2 AND closed = 0 ORDER BY name, key`},
}

// Owned lists what a person who signs in owns of what is ours: claimed tasks, taken alarms, duty, sends by plan, codes.
func (s *Store) Owned(ctx context.Context, org community.OrgKey, user string) ([]duty.HandItem, error) {
	if user == "" {
		return nil, nil
	}
	set, err := s.DutySettings(ctx, org)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(set.Zone)
	if err != nil {
		return nil, err
	}
	today := time.UnixMilli(s.now()).In(zone).Format(time.DateOnly)
	var all []duty.HandItem
	for _, ask := range owning {
		args := []any{int64(org), user}
		if ask.kind == duty.HandSwap {
			args = append(args, today)
		}
		list, err := rows(ctx, s, ask.query, args, func(r *sql.Rows, v *duty.HandItem) error {
			var id []byte
			err := r.Scan(&id, &v.Name, (*int64)(&v.Group))
			if len(id) == len(community.ID{}) {
				v.Subject = community.ID(id).String()
			}
			v.Kind, v.From, v.State = ask.kind, user, duty.HandOpen
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("%ss of a person: %w", ask.kind, err)
		}
		all = append(all, list...)
	}
	return all, nil
}

// OwnedGroups lists the groups in which accounts of a person are the owner, and the desks that are theirs (an employee's
// contacts). from are the accounts, to gives the taker's id on a platform ("" = none).
func (d *Desk) OwnedGroups(ctx context.Context, from []community.Member, to func(community.Platform) string) ([]duty.HandItem, error) {
	var all []duty.HandItem
	for _, m := range from {
		var c clause
		d.in(&c, "g")
		c.and("NOT g.desk")
		c.and("p.member_key = ?", int64(m.Key))
		c.and("p.present")
		c.and("p.role = 'owner'")
		groups, err := rows(ctx, d.s, `SELECT g.key, g.external_id, g.name, g.platform FROM views.people p JOIN chat_group g ON g.key = p.group_key`+c.String()+` ORDER BY g.name, g.key`,
			c.args, scanOwned(duty.HandGroup, m, to))
		if err != nil {
			return nil, err
		}
		var k clause
		d.in(&k, "g")
		k.and("g.desk")
		k.and("g.platform = 'wecom'")
		k.and(`g.external_id LIKE ? ESCAPE '\'`, strings.TrimSuffix(likely(":"+m.External), "%"))
		k.and("? = 'wecom'", string(m.Platform))
		desks, err := rows(ctx, d.s, `SELECT g.key, g.external_id, g.name, g.platform FROM chat_group g`+k.String()+` ORDER BY g.key`, k.args, scanOwned(duty.HandContacts, m, to))
		if err != nil {
			return nil, err
		}
		all = append(append(all, groups...), desks...)
	}
	return all, nil
}

func scanOwned(kind duty.HandKind, m community.Member, to func(community.Platform) string) func(*sql.Rows, *duty.HandItem) error {
	return func(r *sql.Rows, v *duty.HandItem) error {
		err := r.Scan((*int64)(&v.Group), &v.Subject, &v.Name, &v.Platform)
		v.Kind, v.From, v.To, v.State = kind, m.External, to(v.Platform), duty.HandOpen
		return err
	}
}

// AddHandover keeps a handover with its items, which are numbered from 1, and an audit row.
func (s *Store) AddHandover(ctx context.Context, h duty.Handover, audit community.Audit) (duty.Handover, error) {
	if err := h.Check(); err != nil {
		return h, err
	}
	h.ID, h.Created = s.NewID(), s.now()
	return h, s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `INSERT INTO handover (id, org_key, from_user, to_user, from_member, to_member, reason, user_name, created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			h.ID[:], int64(h.Org), h.FromUser, h.ToUser, int64(h.FromMember), int64(h.ToMember), h.Reason, h.By, h.Created)
		if err != nil {
			return err
		}
		for i := range h.Items {
			it := &h.Items[i]
			it.N, it.Updated = i+1, h.Created
			_, err := t.exec(ctx, `INSERT INTO handover_item (handover_id, n, kind, subject, name, platform, group_key, account_key, from_id, to_id, state, why, detail, rest, action_id, tried, updated)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, '', NULL, 0, $14)`, h.ID[:], int64(it.N), string(it.Kind), it.Subject, it.Name, string(it.Platform),
				int64(it.Group), int64(it.Account), it.From, it.To, string(it.State), it.Why, string(it.Detail.Raw()), it.Updated)
			if err != nil {
				return err
			}
		}
		audit.Org, audit.Verb, audit.Subject = h.Org, "handover.begin", "handover:"+h.ID.String()
		audit.After, _ = json.Marshal(map[string]any{"from_user": h.FromUser, "to_user": h.ToUser, "from_member": h.FromMember, "to_member": h.ToMember, "items": len(h.Items)}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

const handColumns = `SELECT id, org_key, from_user, to_user, from_member, to_member, reason, user_name, created FROM handover`

func scanHandover(r *sql.Rows, h *duty.Handover) error {
	var id []byte
	err := r.Scan(&id, (*int64)(&h.Org), &h.FromUser, &h.ToUser, (*int64)(&h.FromMember), (*int64)(&h.ToMember), &h.Reason, &h.By, &h.Created)
	copy(h.ID[:], id)
	return err
}

// Handovers lists an organisation's handovers with their items, the newest first.
func (s *Store) Handovers(ctx context.Context, org community.OrgKey, p community.Page) ([]duty.Handover, int, error) {
	if p.Offset < 0 || p.Sort != "" {
		return nil, 0, community.Errorf(community.CodeBadInput, "handovers have one order")
	}
	total, err := s.For(community.Scope{Org: org}).count(ctx, "FROM handover WHERE org_key = $1", []any{int64(org)})
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, s, handColumns+fmt.Sprintf(" WHERE org_key = $1 ORDER BY created DESC, id LIMIT %d OFFSET %d", limitOf(p.Limit), p.Offset), []any{int64(org)}, scanHandover)
	for i := range list {
		if err == nil {
			list[i].Items, err = s.handItems(ctx, list[i].ID)
		}
	}
	return list, total, err
}

// HandoverByID gives one handover; community.CodeNotFound.
func (s *Store) HandoverByID(ctx context.Context, org community.OrgKey, id community.ID) (duty.Handover, error) {
	list, err := rows(ctx, s, handColumns+` WHERE org_key = $1 AND id = $2`, []any{int64(org), id[:]}, scanHandover)
	h, err := oneOf(list, err, "handover", id)
	if err == nil {
		h.Items, err = s.handItems(ctx, id)
	}
	return h, err
}

// HandoverNow is HandoverByID for a job, which knows no organisation.
func (s *Store) HandoverNow(ctx context.Context, id community.ID) (duty.Handover, error) {
	org, err := s.oneKey(ctx, `SELECT org_key FROM handover WHERE id = $1`, id[:])
	if err != nil {
		return duty.Handover{}, err
	}
	return s.HandoverByID(ctx, community.OrgKey(org), id)
}

// handItems reads items; what a person was asked for stands as their task does.
func (s *Store) handItems(ctx context.Context, id community.ID) ([]duty.HandItem, error) {
	return rows(ctx, s, `SELECT i.n, i.kind, i.subject, i.name, i.platform, i.group_key, i.account_key, i.from_id, i.to_id, i.state, i.why, i.detail, i.rest, i.action_id, i.tried, i.updated,
 coalesce(k.state, '') FROM handover_item i LEFT JOIN task k ON k.id = i.action_id WHERE i.handover_id = $1 ORDER BY i.n`, []any{id[:]}, func(r *sql.Rows, v *duty.HandItem) error {
		var action, detail []byte
		var rest, task string
		err := r.Scan(&v.N, &v.Kind, &v.Subject, &v.Name, &v.Platform, (*int64)(&v.Group), (*int64)(&v.Account), &v.From, &v.To, &v.State, &v.Why, &detail, &rest, &action, &v.Tried, &v.Updated, &task)
		if err != nil {
			return err
		}
		copy(v.Action[:], action)
		if rest != "" {
			v.Rest = strings.Split(rest, ",")
		}
		if v.State == duty.HandAsked {
			switch task {
			case "done":
				v.State = duty.HandDone
			case "refused", "expired":
				v.State, v.Why = duty.HandFailed, duty.Dropped
			}
		}
		return json.Unmarshal(detail, &v.Detail)
	})
}

// NoteHandItem keeps what came of an item, with an audit row.
func (s *Store) NoteHandItem(ctx context.Context, h duty.Handover, it duty.HandItem, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error { return t.noteHandItem(ctx, h, it, audit) })
}

func (t *Tx) noteHandItem(ctx context.Context, h duty.Handover, it duty.HandItem, audit community.Audit) error {
	_, err := t.exec(ctx, `UPDATE handover_item SET state = $1, why = $2, detail = $3, rest = $4, action_id = $5, tried = $6, updated = $7, account_key = $8, to_id = $9 WHERE handover_id = $10 AND n = $11`,
		string(it.State), it.Why, string(it.Detail.Raw()), strings.Join(it.Rest, ","), idOrNull(it.Action), int64(it.Tried), t.store.now(), int64(it.Account), it.To, h.ID[:], int64(it.N))
	if err != nil {
		return err
	}
	audit.Org, audit.Verb, audit.Subject = h.Org, "handover."+string(it.Kind), "handover:"+h.ID.String()
	audit.After, _ = json.Marshal(map[string]any{"n": it.N, "subject": it.Subject, "state": it.State, "why": it.Why}) // plain values
	return t.AddAudit(ctx, audit)
}

// reassign are the statements that give what is ours to another person: to, from, id, organisation.
var reassign = map[duty.HandKind]string{
	duty.HandTask: `UPDATE task SET assignee = $1 WHERE assignee = $2 AND id = $3 AND state = 'claimed'
 AND EXISTS (SELECT 1 FROM chat_group g WHERE g.key = task.group_key AND g.org_key = $4)`,
	duty.HandShift: `UPDATE duty_shift SET user_id = $1 WHERE user_id = $2 AND id = $3 AND org_key = $4 AND NOT EXISTS (SELECT 1 FROM duty_shift o
 WHERE o.org_key = duty_shift.org_key AND o.user_id = $1 AND o.weekday = duty_shift.weekday AND o.start_minute = duty_shift.start_minute AND o.end_minute = duty_shift.end_minute)`,
	duty.HandSwap:      `UPDATE duty_change SET user_id = $1 WHERE user_id = $2 AND id = $3 AND org_key = $4`,
	duty.HandBroadcast: `UPDATE broadcast SET user_name = $1 WHERE user_name = $2 AND id = $3 AND org_key = $4`,
	duty.HandSOP:       `UPDATE sop SET user_name = $1 WHERE user_name = $2 AND id = $3 AND org_key = $4`,
	duty.HandCode:      `UPDATE code SET by_user = $1 WHERE by_user = $2 AND id = $3 AND org_key = $4`,
}

// HandOver gives a thing of ours from one person to another and notes it, in one transaction. What is not theirs any more
// fails, and so does a shift that the other has already.
func (s *Store) HandOver(ctx context.Context, h duty.Handover, it duty.HandItem, audit community.Audit) (duty.HandItem, error) {
	query, ok := reassign[it.Kind]
	id, err := community.ParseID(it.Subject)
	if !ok || err != nil {
		return it, community.Errorf(community.CodeBadInput, "item %d: %s %q cannot be given", it.N, it.Kind, it.Subject)
	}
	return it, s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, query, h.ToUser, h.FromUser, id[:], int64(h.Org))
		if err != nil {
			return err
		}
		it.Tried++
		it.State, it.Why, it.To = duty.HandDone, "", h.ToUser
		if n == 0 {
			it.State, it.Why = duty.HandFailed, duty.Changed
		}
		if n > 0 && it.Kind == duty.HandTask {
			if err := t.regiveAlarm(ctx, TaskAlarm(id), h.ToUser); err != nil {
				return err
			}
		}
		return t.noteHandItem(ctx, h, it, audit)
	})
}

// regiveAlarm notes that another person has what an alarm is about.
func (t *Tx) regiveAlarm(ctx context.Context, subject, to string) error {
	var id []byte
	var n int64
	err := t.one(ctx, `UPDATE alarm SET holder = $1, steps = steps + 1 WHERE subject = $2 AND state = 'taken' RETURNING id, steps`, []any{to, subject}, &id, &n)
	if err == sql.ErrNoRows {
		return nil
	}
	if err != nil {
		return err
	}
	return t.step(ctx, community.ID(id), n, duty.Step{At: t.store.now(), What: duty.Acknowledged, User: to})
}
