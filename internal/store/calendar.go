package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/plan"
)

const itemColumns = `SELECT i.id, i.org_key, i.body, i.state, i.version, i.approved, i.maker, i.asker, i.approver, i.override_why, i.why, i.created, i.updated, i.changed FROM calendar_item i`

func scanItem(r *sql.Rows, v *plan.Item) error {
	var id, body []byte
	if err := r.Scan(&id, (*int64)(&v.Org), &body, &v.State, &v.Version, &v.Approved, &v.Maker, &v.Asker, &v.Approver, &v.Override, &v.Why, &v.Created, &v.Updated, &v.Changed); err != nil {
		return err
	}
	copy(v.ID[:], id)
	return json.Unmarshal(body, &v.Content)
}

// ItemFilter asks for items of the calendar.
type ItemFilter struct {
	From, To string             // dates, both included; "" = open
	Group    community.GroupKey // 0 = any
	States   []plan.ItemState   // empty = any
}

// Items lists the items of a scope by day and time, with their places.
func (s *Store) Items(ctx context.Context, scope community.Scope, f ItemFilter) ([]plan.Item, error) {
	var c clause
	itemsWithin(&c, scope)
	if f.From != "" {
		c.and("i.day >= ?", f.From)
	}
	if f.To != "" {
		c.and("i.day <= ?", f.To)
	}
	if f.Group != 0 {
		c.and("EXISTS (SELECT 1 FROM calendar_place q WHERE q.item = i.id AND q.group_key = ?)", int64(f.Group))
	}
	if len(f.States) > 0 {
		states := make([]string, len(f.States))
		for n, one := range f.States {
			states[n] = string(one)
		}
		in, args := oneOfThem(states)
		c.and("i.state "+in, args...)
	}
	list, err := rows(ctx, s, itemColumns+c.String()+` ORDER BY i.day, i.created, i.id`, c.args, scanItem)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(list, func(a, b plan.Item) int { return cmp.Compare(a.Date+a.At, b.Date+b.At) })
	return list, s.placesOf(ctx, list)
}

func itemsWithin(c *clause, scope community.Scope) {
	c.and("i.org_key = ?", int64(scope.Org))
	if scope.Groups != nil {
		c.and("EXISTS (SELECT 1 FROM calendar_place p WHERE p.item = i.id AND p.group_key IN (" + keyList(scope.Groups) + "))")
	}
}

// ItemByID gives one item; CodeNotFound.
func (s *Store) ItemByID(ctx context.Context, scope community.Scope, id community.ID) (plan.Item, error) {
	var c clause
	itemsWithin(&c, scope)
	c.and("i.id = ?", id[:])
	list, err := rows(ctx, s, itemColumns+c.String(), c.args, scanItem)
	if err == nil {
		err = s.placesOf(ctx, list)
	}
	return oneOf(list, err, "calendar item", id)
}

// DueItems lists the approved items of every organisation whose day is no later than one ("2006-01-02").
func (s *Store) DueItems(ctx context.Context, day string) ([]plan.Item, error) {
	list, err := rows(ctx, s, itemColumns+` WHERE i.state = $1 AND i.day <= $2 ORDER BY i.day, i.id LIMIT 1000`, []any{string(plan.ItemApproved), day}, scanItem)
	if err != nil {
		return nil, err
	}
	return list, s.placesOf(ctx, list)
}

type itemPlace struct {
	item community.ID
	plan.Place
}

// placesOf reads the groups of items, with when each is due by the group's zone now, and what became of its mass send.
func (s *Store) placesOf(ctx context.Context, list []plan.Item) error {
	at := map[community.ID]int{}
	for part := range slices.Chunk(list, 300) {
		ids := make([]any, len(part))
		for i := range part {
			ids[i] = part[i].ID[:]
		}
		var c clause
		in, args := oneOfThem(ids)
		c.and("p.item "+in, args...)
		for i := range list {
			at[list[i].ID] = i
		}
		places, err := rows(ctx, s, `SELECT p.item, p.group_key, g.id, g.name, g.zone, p.goal, p.broadcast, p.missed FROM calendar_place p JOIN chat_group g ON g.key = p.group_key`+c.String()+` ORDER BY g.name, g.key`, c.args,
			func(r *sql.Rows, v *itemPlace) error {
				var item, group, send []byte
				err := r.Scan(&item, (*int64)(&v.Group), &group, &v.Name, &v.Zone, &v.Goal, &send, &v.Missed)
				copy(v.item[:], item)
				copy(v.GroupID[:], group)
				copy(v.Broadcast[:], send)
				return err
			})
		if err != nil {
			return err
		}
		if err := s.fates(ctx, places); err != nil {
			return err
		}
		for _, p := range places {
			i := &list[at[p.item]]
			p.Place.Due = i.Due(zoneOf(p.Zone))
			i.Places = append(i.Places, p.Place)
		}
	}
	return nil
}

// fates fills in what became of the mass sends of places.
func (s *Store) fates(ctx context.Context, list []itemPlace) error {
	var ids []any
	for i := range list {
		if b := list[i].Broadcast; !b.IsZero() {
			ids = append(ids, list[i].Broadcast[:])
		}
	}
	for part := range slices.Chunk(ids, 300) {
		var c clause
		in, args := oneOfThem(part)
		c.and("k.source "+in, args...)
		targets, err := rows(ctx, s, targetColumns+c.String(), c.args, scanTarget)
		if err != nil {
			return err
		}
		for _, k := range targets {
			for i := range list {
				if list[i].Broadcast == k.Source && list[i].Group == k.Group {
					if list[i].State = k.State(); list[i].State == plan.Sent {
						list[i].DidAt = k.DidAt
					}
				}
			}
		}
	}
	return nil
}

// SaveItem keeps a new item (ID zero), or the next version of one as the caller saw it (Changed): a draft again. CodeConflict: it
// was changed meanwhile, or another item stands in its slot in one of its groups.
func (s *Store) SaveItem(ctx context.Context, i plan.Item, audit community.Audit) (plan.Item, error) {
	now := s.now()
	fresh := i.ID.IsZero()
	if fresh {
		i.ID, i.Created, i.Maker = s.NewID(), now, audit.User
	}
	i.Version++
	i.State, i.Updated, i.Changed, i.Why = plan.ItemDraft, now, i.Changed+1, ""
	body, err := json.Marshal(i.Content)
	if err != nil {
		return i, err
	}
	err = s.writeTx(ctx, func(t *Tx) error {
		if err := t.putItem(ctx, i, body, fresh); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `INSERT INTO calendar_version (item, version, body, user_name, at) VALUES ($1, $2, $3, $4, $5)`, i.ID[:], int64(i.Version), string(body), audit.User, now); err != nil {
			return err
		}
		if err := t.putPlaces(ctx, i); err != nil {
			return err
		}
		if !i.Topic.IsZero() && fresh {
			if _, err := t.exec(ctx, `UPDATE topic SET state = $1, used = $2 WHERE id = $3 AND org_key = $4`, string(plan.TopicUsed), now, i.Topic[:], int64(i.Org)); err != nil {
				return err
			}
		}
		audit.Org, audit.Verb, audit.Subject, audit.After = i.Org, "calendar.save", "calendar:"+i.ID.String(), body
		return t.AddAudit(ctx, audit)
	})
	return i, err
}

func (t *Tx) putItem(ctx context.Context, i plan.Item, body []byte, fresh bool) error {
	if fresh {
		_, err := t.exec(ctx, `INSERT INTO calendar_item (id, org_key, body, class, minutes, day, state, version, approved, maker, asker, approver, override_why, why, created, updated, changed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, '', '', '', '', $10, $10, $11)`, i.ID[:], int64(i.Org), string(body), string(i.Class), i.Minutes, i.Date, string(i.State), int64(i.Version), i.Maker, i.Created, i.Changed)
		return err
	}
	n, err := t.exec(ctx, `UPDATE calendar_item SET body = $1, class = $2, minutes = $3, day = $4, state = $5, version = $6, why = '', updated = $7, changed = $8 WHERE id = $9 AND changed = $10`,
		string(body), string(i.Class), i.Minutes, i.Date, string(i.State), int64(i.Version), i.Updated, i.Changed, i.ID[:], i.Changed-1)
	return moved(n, err)
}

// moved says that a row was changed by somebody else.
func moved(n int64, err error) error {
	if err == nil && n == 0 {
		err = community.Errorf(community.CodeConflict, "it was changed meanwhile")
	}
	return err
}

func (t *Tx) putPlaces(ctx context.Context, i plan.Item) error {
	if _, err := t.exec(ctx, `DELETE FROM calendar_place WHERE item = $1`, i.ID[:]); err != nil {
		return err
	}
	for _, p := range i.Places {
		n, err := t.exec(ctx, `INSERT INTO calendar_place (item, group_key, goal, held, broadcast, missed) VALUES ($1, $2, $3, $4, $5, '') ON CONFLICT DO NOTHING`, i.ID[:], int64(p.Group), int64(p.Goal), i.Held(), []byte{})
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeConflict, "slot: something stands in it on %s in %s", i.Date, p.Name)
		}
	}
	return nil
}

// MoveItem brings an item, as the caller saw it, into a state with who asked, approved, overrode and why. What is skipped frees
// its slot. CodeConflict: it was changed meanwhile.
func (s *Store) MoveItem(ctx context.Context, i plan.Item, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE calendar_item SET state = $1, approved = $2, asker = $3, approver = $4, override_why = $5, why = $6, updated = $7, changed = changed + 1 WHERE id = $8 AND changed = $9`,
			string(i.State), int64(i.Approved), i.Asker, i.Approver, i.Override, i.Why, s.now(), i.ID[:], i.Changed)
		if err := moved(n, err); err != nil {
			return err
		}
		if i.State == plan.ItemSkipped {
			if _, err := t.exec(ctx, `UPDATE calendar_place SET held = '' WHERE item = $1`, i.ID[:]); err != nil {
				return err
			}
		}
		audit.Org, audit.Verb, audit.Subject = i.Org, "calendar."+string(i.State), "calendar:"+i.ID.String()
		audit.After, _ = json.Marshal(map[string]any{"state": i.State, "version": i.Version, "override": i.Override}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// ItemVersions lists what an item was, the newest first.
func (s *Store) ItemVersions(ctx context.Context, id community.ID) ([]plan.ItemVersion, error) {
	return rows(ctx, s, `SELECT version, body, user_name, at FROM calendar_version WHERE item = $1 ORDER BY version DESC LIMIT 500`, []any{id[:]}, func(r *sql.Rows, v *plan.ItemVersion) error {
		var body []byte
		if err := r.Scan(&v.Version, &body, &v.User, &v.At); err != nil {
			return err
		}
		return json.Unmarshal(body, &v.Content)
	})
}

// LaunchItem makes the mass send of an approved item, as the caller saw it, for some of its groups: both or neither. CodeConflict:
// it was changed meanwhile, or went there before.
func (s *Store) LaunchItem(ctx context.Context, i plan.Item, b plan.Broadcast, audit community.Audit) (plan.Broadcast, error) {
	b, filter, pieces, err := s.newBroadcast(b)
	if err != nil {
		return b, err
	}
	return b, s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE calendar_item SET changed = changed + 1, updated = $1 WHERE id = $2 AND changed = $3 AND state = $4`, s.now(), i.ID[:], i.Changed, string(plan.ItemApproved))
		if err := moved(n, err); err != nil {
			return err
		}
		n, err = t.exec(ctx, `UPDATE calendar_place SET broadcast = $1 WHERE item = $2 AND broadcast = $3 AND missed = '' AND group_key IN (`+keyList(b.Filter.Groups)+`)`, b.ID[:], i.ID[:], []byte{})
		if err == nil && n != int64(len(b.Filter.Groups)) {
			err = community.Errorf(community.CodeConflict, "it went there before")
		}
		if err != nil {
			return err
		}
		if err := t.addBroadcast(ctx, b, filter, pieces, audit); err != nil {
			return err
		}
		_, err = t.exec(ctx, `INSERT INTO content_said (org_key, kind, source, step, group_key, title, sent_at, format, minutes, fen, reads, user_name, at) VALUES ($1, 'broadcast', $2, '', 0, '', 0, $3, $4, $5, -1, $6, $7)`,
			int64(i.Org), b.ID[:], i.Format, i.Minutes, i.Fen, audit.User, s.now())
		if err != nil {
			return err
		}
		return t.settleItem(ctx, i.ID, audit)
	})
}

// MissPlaces notes that an approved item, as the caller saw it, does not go to some of its groups, and why.
func (s *Store) MissPlaces(ctx context.Context, i plan.Item, groups []community.GroupKey, why string, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE calendar_item SET changed = changed + 1, updated = $1 WHERE id = $2 AND changed = $3 AND state = $4`, s.now(), i.ID[:], i.Changed, string(plan.ItemApproved))
		if err := moved(n, err); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE calendar_place SET missed = $1 WHERE item = $2 AND broadcast = $3 AND group_key IN (`+keyList(groups)+`)`, why, i.ID[:], []byte{}); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE calendar_item SET why = $1 WHERE id = $2`, why, i.ID[:]); err != nil {
			return err
		}
		return t.settleItem(ctx, i.ID, audit)
	})
}

// settleItem ends an item that is handed over, or given up, in every group.
func (t *Tx) settleItem(ctx context.Context, id community.ID, audit community.Audit) error {
	var open, missed int
	err := t.one(ctx, `SELECT coalesce(sum(CASE WHEN missed = '' AND broadcast = $1 THEN 1 ELSE 0 END), 0), coalesce(sum(CASE WHEN missed <> '' THEN 1 ELSE 0 END), 0) FROM calendar_place WHERE item = $2`, []any{[]byte{}, id[:]}, &open, &missed)
	if err != nil || open > 0 {
		return err
	}
	state := plan.ItemSent
	if missed > 0 {
		state = plan.ItemFailed
	}
	if _, err := t.exec(ctx, `UPDATE calendar_item SET state = $1 WHERE id = $2`, string(state), id[:]); err != nil {
		return err
	}
	audit.Verb, audit.Subject, audit.Before = "calendar."+string(state), "calendar:"+id.String(), nil
	audit.After, _ = json.Marshal(map[string]any{"state": state, "missed": missed}) // plain values
	return t.AddAudit(ctx, audit)
}

// GroupPost is a post of ours in a group.
type GroupPost struct {
	Group community.GroupKey
	plan.Weighed
}

// PostsSince lists what an organisation said in its groups (nil = in all) since a time: what was sent or is on its way by plan,
// with the class of its item; ballots, which invite to take part; and what people entered by hand, of which no class is known.
func (s *Store) PostsSince(ctx context.Context, org community.OrgKey, groups []community.GroupKey, since int64) ([]GroupPost, error) {
	within := func(column string) string {
		if groups == nil {
			return ""
		}
		return " AND " + column + " IN (" + keyList(groups) + ")"
	}
	scan := func(r *sql.Rows, v *GroupPost) error {
		return r.Scan((*int64)(&v.Group), &v.At, &v.Class, &v.Minutes)
	}
	var out []GroupPost
	for _, q := range []string{
		`SELECT k.group_key, k.taken, coalesce(i.class, ''), coalesce(i.minutes, 0) FROM broadcast_target k JOIN chat_group g ON g.key = k.group_key LEFT JOIN action a ON a.id = k.action_id
 LEFT JOIN mass_result r ON r.action_id = k.action_id AND r.chat = g.external_id LEFT JOIN calendar_place p ON p.broadcast = k.source AND p.group_key = k.group_key LEFT JOIN calendar_item i ON i.id = p.item
WHERE k.org_key = $1 AND k.taken > $2 AND k.state = 'sending' AND (r.state = 'sent' OR coalesce(a.state, '') NOT IN ('failed', 'cancelled') AND coalesce(r.state, '') <> 'failed')` + within("k.group_key"),
		`SELECT b.group_key, b.opens, 'interactive', 0 FROM vote_ballot b JOIN chat_group g ON g.key = b.group_key WHERE g.org_key = $1 AND b.opens > $2` + within("b.group_key"),
		`SELECT group_key, sent_at, '', minutes FROM content_said WHERE org_key = $1 AND sent_at > $2 AND kind = 'hand'` + within("group_key"),
	} {
		list, err := rows(ctx, s, q, []any{int64(org), since}, scan)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	for i := range out {
		out[i].Minutes = max(0, out[i].Minutes)
	}
	slices.SortStableFunc(out, func(a, b GroupPost) int { return cmp.Compare(a.At, b.At) })
	return out, nil
}

// Closed reports whether a group was dissolved, as its latest records say: nobody wrote in it after.
func (s *Store) Closed(ctx context.Context, g community.GroupKey) (bool, error) {
	types, err := rows(ctx, s, `SELECT type FROM event WHERE group_key = $1 ORDER BY seq DESC LIMIT 200`, []any{int64(g)}, func(r *sql.Rows, v *community.Type) error { return r.Scan(v) })
	for _, one := range types {
		switch one {
		case community.GroupDissolved:
			return true, err
		case community.MessageCreated, community.MemberJoined:
			return false, err
		}
	}
	return false, err
}

// SayIn lists what members wrote in a group in [from, to) (UTC ms), ours and bots left out, at most so many.
func (s *Store) SayIn(ctx context.Context, g community.GroupKey, from, to int64, most int) ([]plan.Answer, error) {
	ours, err := s.oursIn(ctx, g)
	if err != nil {
		return nil, err
	}
	var out []plan.Answer
	for ev, err := range s.Events(ctx, EventScan{Group: g, Type: community.MessageCreated, Kept: true, From: from, To: to}) {
		if err != nil {
			return nil, err
		}
		if ours[ev.Actor] || strings.TrimSpace(ev.Body.Text) == "" {
			continue
		}
		if out = append(out, plan.Answer{Member: ev.Actor, Text: ev.Body.Text, At: ev.OccurredAt}); len(out) == most {
			break
		}
	}
	return out, nil
}

// oursIn are the accounts, bots and staff of ours in a group.
func (s *Store) oursIn(ctx context.Context, g community.GroupKey) (map[community.MemberKey]bool, error) {
	list, err := rows(ctx, s, `SELECT member_key FROM views.people WHERE group_key = $1 AND role IN ('self', 'bot', 'staff')`, []any{int64(g)}, func(r *sql.Rows, v *community.MemberKey) error { return r.Scan((*int64)(v)) })
	ours := map[community.MemberKey]bool{}
	for _, m := range list {
		ours[m] = true
	}
	return ours, err
}
