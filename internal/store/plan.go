package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/plan"
)

// Kinds of jobs of what is sent by plan. Their keys: the mass send's id and its round; the target's id and its round.
const (
	JobBroadcast = "plan-broadcast"
	JobTarget    = "plan-target"
)

const broadcastColumns = `SELECT b.id, b.org_key, b.title, b.body, b.filter, b.start_at, b.state, b.user_name, b.force_why, b.created, b.link, b.link_title, b.pieces, b.by_link, b.ai FROM broadcast b`

func scanBroadcast(r *sql.Rows, b *plan.Broadcast) error {
	var id, filter []byte
	var pieces string
	if err := r.Scan(&id, (*int64)(&b.Org), &b.Title, &b.Text, &filter, &b.Start, &b.State, &b.User, &b.Force, &b.Created, &b.Link.URL, &b.Link.Title, &pieces, &b.ByLink, &b.AI); err != nil {
		return err
	}
	copy(b.ID[:], id)
	if err := readList(pieces, &b.Pieces); err != nil {
		return err
	}
	return json.Unmarshal(filter, &b.Filter)
}

// readList reads a list that is kept as JSON; "" = an empty one.
func readList[T any](text string, into *[]T) error {
	if text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), into)
}

// listJSON is a list as it is kept as JSON; "" = an empty one.
func listJSON[T any](list []T) (string, error) {
	if len(list) == 0 {
		return "", nil
	}
	raw, err := json.Marshal(list)
	return string(raw), err
}

// keepFiles is how long the files of a mass send are kept after it begins: so long a sender may take to confirm, and people
// to open a link.
const keepFiles = 30 * 24 * 3600 * 1000

// holdFiles keeps the files of a mass send.
func (t *Tx) holdFiles(ctx context.Context, b plan.Broadcast) error {
	ids := make([]community.ID, len(b.Pieces))
	for i, p := range b.Pieces {
		ids[i] = p.File
	}
	return t.keepUploads(ctx, b.Org, ids, max(b.Start, t.store.now())+keepFiles, b.ByLink)
}

// AddBroadcast keeps a new mass send, a draft or scheduled; a scheduled one gets its job. CodeNotFound when a file of it is
// not kept.
func (s *Store) AddBroadcast(ctx context.Context, b plan.Broadcast, audit community.Audit) (plan.Broadcast, error) {
	b, filter, pieces, err := s.newBroadcast(b)
	if err != nil {
		return b, err
	}
	return b, s.writeTx(ctx, func(t *Tx) error { return t.addBroadcast(ctx, b, filter, pieces, audit) })
}

// newBroadcast gives a mass send its id, if it has none, and its filter and pieces as they are kept.
func (s *Store) newBroadcast(b plan.Broadcast) (out plan.Broadcast, filter, pieces string, err error) {
	if b.Created = s.now(); b.ID.IsZero() {
		b.ID = s.NewID()
	}
	raw, err := json.Marshal(b.Filter)
	if err != nil {
		return b, "", "", err
	}
	pieces, err = listJSON(b.Pieces)
	return b, string(raw), pieces, err
}

// addBroadcast keeps a mass send that has its id.
func (t *Tx) addBroadcast(ctx context.Context, b plan.Broadcast, filter, pieces string, audit community.Audit) error {
	_, err := t.exec(ctx, `INSERT INTO broadcast (id, org_key, title, body, filter, start_at, state, user_name, force_why, created, link, link_title, pieces, by_link, ai)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`, b.ID[:], int64(b.Org), b.Title, b.Text, filter, b.Start, string(b.State), b.User, b.Force, b.Created, b.Link.URL, b.Link.Title, pieces, b.ByLink, b.AI)
	if err != nil {
		return err
	}
	if err := t.holdFiles(ctx, b); err != nil {
		return err
	}
	if b.State == plan.Scheduled {
		t.Enqueue(Job{Kind: JobBroadcast, Key: b.ID.String(), RunAt: b.Start})
	}
	audit.Org, audit.Verb, audit.Subject = b.Org, "broadcast.new", "broadcast:"+b.ID.String()
	audit.After, _ = json.Marshal(map[string]any{"title": b.Title, "state": b.State, "start": b.Start, "filter": b.Filter, "force": b.Force, "pieces": len(b.Pieces)}) // plain values
	return t.AddAudit(ctx, audit)
}

// Broadcasts lists an organisation's mass sends, the newest first, with their counts; tag is that of a group they go to,
// "" = all.
func (s *Store) Broadcasts(ctx context.Context, scope community.Scope, tag string, p community.Page) ([]plan.Broadcast, int, error) {
	var c clause
	if err := s.sendsWithin(ctx, &c, scope); err != nil {
		return nil, 0, err
	}
	if tag != "" {
		waiting, err := s.waitingFor(ctx, scope, tag)
		if err != nil {
			return nil, 0, err
		}
		in, ids := oneOfThem(waiting)
		c.and("(EXISTS (SELECT 1 FROM broadcast_target x JOIN group_tag t ON t.group_key = x.group_key WHERE x.source = b.id AND t.tag = ?)"+
			" OR b.id "+in+")", append([]any{tag}, ids...)...)
	}
	var n int
	if err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM broadcast b`+c.String(), c.args...).Scan(&n); err != nil {
		return nil, 0, coded(s.dialect, err)
	}
	list, err := rows(ctx, s, broadcastColumns+c.String()+fmt.Sprintf(` ORDER BY b.created DESC, b.id LIMIT %d OFFSET %d`, limitOf(p.Limit), max(p.Offset, 0)), c.args, scanBroadcast)
	for i := range list {
		if err == nil {
			list[i].Counts, err = s.targetCounts(ctx, list[i].ID, scope, 0)
		}
	}
	return list, n, err
}

// sendsWithin bounds mass sends (b) to those that go, or would go, to a group of a scope.
func (s *Store) sendsWithin(ctx context.Context, c *clause, scope community.Scope) error {
	c.and("b.org_key = ?", int64(scope.Org))
	if scope.Groups == nil {
		return nil
	}
	waiting, err := s.waitingFor(ctx, scope, "")
	if err != nil {
		return err
	}
	in, ids := oneOfThem(waiting)
	c.and("(EXISTS (SELECT 1 FROM broadcast_target w WHERE w.source = b.id AND w.group_key IN ("+keyList(scope.Groups)+")) OR b.id "+in+")", ids...)
	return nil
}

// ReachesBeyond reports whether a mass send or an SOP touches a group outside a scope.
func (s *Store) ReachesBeyond(ctx context.Context, source community.ID, scope community.Scope) (beyond bool, err error) {
	if scope.Groups == nil {
		return false, nil
	}
	var n int
	err = s.read.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM broadcast_target WHERE source = $1 AND group_key NOT IN (`+keyList(scope.Groups)+`))
+ (SELECT count(*) FROM sop_group WHERE sop_id = $2 AND left_at = 0 AND group_key NOT IN (`+keyList(scope.Groups)+`))`, source[:], source[:]).Scan(&n)
	return n > 0, coded(s.dialect, err)
}

// waitingFor gives the ids of mass sends that have no targets yet and would go to a group of the scope with the tag ("" = any).
func (s *Store) waitingFor(ctx context.Context, scope community.Scope, tag string) ([]any, error) {
	var groups []community.GroupRow
	for g, err := range s.For(scope).AllGroups(ctx, community.GroupFilter{Tag: tag}) {
		if err != nil {
			return nil, err
		}
		groups = append(groups, g)
	}
	list, err := rows(ctx, s, broadcastColumns+` WHERE b.org_key = $1 AND b.state IN ('draft', 'scheduled')`, []any{int64(scope.Org)}, scanBroadcast)
	var ids []any
	for _, b := range list {
		if slices.ContainsFunc(groups, func(g community.GroupRow) bool { return b.Filter.Takes(g.Group) }) {
			ids = append(ids, b.ID[:])
		}
	}
	return ids, err
}

// BroadcastByID gives one mass send; CodeNotFound.
func (s *Store) BroadcastByID(ctx context.Context, scope community.Scope, id community.ID) (plan.Broadcast, error) {
	var c clause
	if err := s.sendsWithin(ctx, &c, scope); err != nil {
		return plan.Broadcast{}, err
	}
	c.and("b.id = ?", id[:])
	list, err := rows(ctx, s, broadcastColumns+c.String(), c.args, scanBroadcast)
	b, err := oneOf(list, err, "mass send", id)
	if err == nil {
		b.Counts, err = s.targetCounts(ctx, id, scope, 0)
	}
	return b, err
}

// BroadcastNow gives one mass send of any organisation, for its job.
func (s *Store) BroadcastNow(ctx context.Context, id community.ID) (plan.Broadcast, error) {
	list, err := rows(ctx, s, broadcastColumns+` WHERE b.id = $1`, []any{id[:]}, scanBroadcast)
	return oneOf(list, err, "mass send", id)
}

// MoveBroadcast brings a mass send from one state to another and, where it goes on, asks anew for what waits. CodeConflict
// when it is not in the state that the caller saw.
func (s *Store) MoveBroadcast(ctx context.Context, b plan.Broadcast, to plan.State, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE broadcast SET state = $1 WHERE id = $2 AND state = $3`, string(to), b.ID[:], string(b.State))
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeConflict, "the mass send is no longer %s", b.State)
		}
		if to == plan.Running || to == plan.Scheduled {
			if err := t.holdFiles(ctx, b); err != nil {
				return err
			}
		}
		switch to {
		case plan.Running:
			err = t.again(ctx, b.ID, `state IN ('waiting', 'blocked')`)
		case plan.Scheduled:
			t.Enqueue(Job{Kind: JobBroadcast, Key: b.ID.String() + ":" + s.NewID().String(), RunAt: b.Start})
		}
		if err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject = b.Org, "broadcast."+string(to), "broadcast:"+b.ID.String()
		audit.Before, audit.After = stateJSON(b.State), stateJSON(to)
		return t.AddAudit(ctx, audit)
	})
}

func stateJSON(s plan.State) json.RawMessage {
	raw, _ := json.Marshal(map[string]plan.State{"state": s}) // plain values
	return raw
}

// again gives targets of a source a new round and a job, due now or at their time.
func (t *Tx) again(ctx context.Context, source community.ID, which string, args ...any) error {
	r, err := t.query(ctx, `SELECT id, round, due FROM broadcast_target WHERE source = $1 AND `+which, append([]any{source[:]}, args...)...)
	if err != nil {
		return err
	}
	type due struct {
		id    []byte
		round int
		at    int64
	}
	var list []due
	for r.Next() {
		var d due
		if err := r.Scan(&d.id, &d.round, &d.at); err != nil {
			return closed(r, err)
		}
		list = append(list, d)
	}
	if err := closed(r, r.Err()); err != nil {
		return err
	}
	for _, d := range list {
		_, err := t.exec(ctx, `UPDATE broadcast_target SET round = round + 1, state = 'waiting', why = '[]', ask = $2, action_id = $2, taken = 0 WHERE id = $1`, d.id, []byte{})
		if err != nil {
			return err
		}
		t.Enqueue(targetJob(community.ID(d.id), d.round+1, d.at))
	}
	return nil
}

func closed(r *sql.Rows, err error) error {
	if end := r.Close(); err == nil {
		return end
	}
	return err
}

func targetJob(id community.ID, round int, due int64) Job {
	return Job{Kind: JobTarget, Key: fmt.Sprintf("%s:%d", id, round), RunAt: due}
}

// StartBroadcast materialises a scheduled mass send: one target per group, each with its job. What is no longer scheduled
// gives false; a second start adds nothing.
func (s *Store) StartBroadcast(ctx context.Context, b plan.Broadcast, groups []community.GroupKey) (started bool, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE broadcast SET state = 'running' WHERE id = $1 AND state = 'scheduled'`, b.ID[:])
		if err != nil || n == 0 {
			return err
		}
		started = true
		for _, g := range groups {
			err := t.addTarget(ctx, plan.Target{Org: b.Org, Kind: plan.OfBroadcast, Source: b.ID, Group: g, Text: b.Text, Due: b.Start, Force: b.Force})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return started, err
}

// addTarget keeps a target with its job, once per source, group and slot.
func (t *Tx) addTarget(ctx context.Context, k plan.Target) error {
	k.ID = t.store.NewID()
	pieces, err := listJSON(k.Pieces)
	if err != nil {
		return err
	}
	values, err := valuesJSON(k.Values)
	if err != nil {
		return err
	}
	n, err := t.exec(ctx, `INSERT INTO broadcast_target (id, org_key, kind, source, group_key, slot, version, body, due, state, round, ask, why, force_why, taken, action_id, reminded, link, link_title, pieces, by_link, library, library_values)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', 1, $10, '[]', $11, 0, $10, '[]', $12, $13, $14, $15, $16, $17) ON CONFLICT (source, group_key, slot) DO NOTHING`,
		k.ID[:], int64(k.Org), string(k.Kind), k.Source[:], int64(k.Group), k.Slot, int64(k.Version), k.Text, k.Due, []byte{}, k.Force, k.Link.URL, k.Link.Title, pieces, k.ByLink, namedItem(k.Library), values)
	if err == nil && n == 1 {
		t.Enqueue(targetJob(k.ID, 1, k.Due))
	}
	return err
}

// namedItem is how a row names an item of the library; "" = none.
func namedItem(id community.ID) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}

// valuesJSON writes what stands for variables; "" = nothing. Equal values are written alike.
func valuesJSON(of map[string]string) (string, error) {
	if len(of) == 0 {
		return "", nil
	}
	raw, err := json.Marshal(of)
	return string(raw), err
}

const targetColumns = `SELECT k.id, k.org_key, k.kind, k.source, k.group_key, g.id, g.name, k.slot, k.version, k.body, k.due, k.state, k.round, k.ask, k.why, k.force_why,
 k.taken, k.action_id, k.reminded, coalesce(a.verb, ''), coalesce(a.state, ''), coalesce(a.mode, ''), coalesce(a.detail, ''), coalesce(a.message, ''), coalesce(a.updated, 0),
 coalesce(b.state, p.state, ''), coalesce(b.user_name, p.user_name, ''), coalesce(r.state, ''), coalesce(r.sender, ''), coalesce(r.why, ''), coalesce(r.at, 0), coalesce(b.link, k.link), coalesce(b.link_title, k.link_title),
 coalesce(b.pieces, k.pieces), coalesce(b.by_link, k.by_link), coalesce(a.parts, ''), k.library, k.library_values, k.library_version
FROM broadcast_target k JOIN chat_group g ON g.key = k.group_key LEFT JOIN action a ON a.id = k.action_id LEFT JOIN mass_result r ON r.action_id = k.action_id AND r.chat = g.external_id
 LEFT JOIN broadcast b ON b.id = k.source LEFT JOIN sop p ON p.id = k.source`

func scanTarget(r *sql.Rows, k *plan.Target) error {
	var id, source, g, ask, why, action, reminded []byte
	var of plan.State
	var told int64
	var pieces, parts, library, values string
	err := r.Scan(&id, (*int64)(&k.Org), &k.Kind, &source, (*int64)(&k.Group), &g, &k.GroupName, &k.Slot, &k.Version, &k.Text, &k.Due, &k.Kept, &k.Round, &ask, &why, &k.Force,
		&k.Taken, &action, &reminded, &k.Verb, &k.Did, &k.Mode, &k.Detail, &k.Message, &k.DidAt, &of, &k.User, &k.Told, &k.Sender, &k.Missed, &told, &k.Link.URL, &k.Link.Title,
		&pieces, &k.ByLink, &parts, &library, &values, &k.LibraryN)
	if err != nil {
		return err
	}
	if library != "" {
		if k.Library, err = community.ParseID(library); err != nil {
			return err
		}
	}
	if values != "" {
		if err := json.Unmarshal([]byte(values), &k.Values); err != nil {
			return err
		}
	}
	if err := errors.Join(readList(pieces, &k.Pieces), readList(parts, &k.Parts)); err != nil {
		return err
	}
	copy(k.ID[:], id)
	copy(k.Source[:], source)
	copy(k.GroupID[:], g)
	copy(k.Action[:], action)
	if k.Told == plan.Sent {
		k.DidAt = told
	}
	k.Order, k.Ended, k.Paused = ask, of == plan.Cancelled, of == plan.Paused
	if err := json.Unmarshal(why, &k.Why); err != nil {
		return err
	}
	return json.Unmarshal(reminded, &k.Reminded)
}

// Targets lists the targets of a mass send or SOP, by time and group; g 0 = of every group.
func (s *Store) Targets(ctx context.Context, scope community.Scope, source community.ID, g community.GroupKey, p community.Page) ([]plan.Target, int, error) {
	var c clause
	c.and("k.org_key = ?", int64(scope.Org))
	c.and("k.source = ?", source[:])
	if scope.Groups != nil {
		c.and("k.group_key IN (" + keyList(scope.Groups) + ")")
	}
	if g != 0 {
		c.and("k.group_key = ?", int64(g))
	}
	var n int
	if err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM broadcast_target k`+c.String(), c.args...).Scan(&n); err != nil {
		return nil, 0, coded(s.dialect, err)
	}
	list, err := rows(ctx, s, targetColumns+c.String()+fmt.Sprintf(` ORDER BY k.due DESC, g.name, k.id LIMIT %d OFFSET %d`, limitOf(p.Limit), max(p.Offset, 0)), c.args, scanTarget)
	return list, n, err
}

func (s *Store) targetCounts(ctx context.Context, source community.ID, scope community.Scope, g community.GroupKey) (n plan.Counts, err error) {
	var c clause
	c.and("k.source = ?", source[:])
	if scope.Groups != nil {
		c.and("k.group_key IN (" + keyList(scope.Groups) + ")")
	}
	if g != 0 {
		c.and("k.group_key = ?", int64(g))
	}
	list, err := rows(ctx, s, targetColumns+c.String(), c.args, scanTarget)
	for _, k := range list {
		n.Add(k)
	}
	return n, err
}

// TargetNow gives a target as it stands; CodeNotFound.
func (s *Store) TargetNow(ctx context.Context, id community.ID) (plan.Target, error) {
	list, err := rows(ctx, s, targetColumns+` WHERE k.id = $1`, []any{id[:]}, scanTarget)
	return oneOf(list, err, "target", id)
}

// live is what a target needs to go on: its round is the one that the job is about, nothing was asked yet, and its source is
// neither paused nor cancelled.
const live = ` WHERE id = $1 AND round = $2 AND state IN ('waiting', 'blocked')
 AND NOT EXISTS (SELECT 1 FROM broadcast b WHERE b.id = source AND b.state IN ('paused', 'cancelled'))
 AND NOT EXISTS (SELECT 1 FROM sop p WHERE p.id = source AND p.state IN ('paused', 'cancelled'))`

// TakeTargets keeps what is about to be asked of the belt for targets, all in one; it gives those that are to go on, and
// takes none when the first is not among them. order makes what is asked of the ones that are left.
func (s *Store) TakeTargets(ctx context.Context, list []plan.Target, order func([]plan.Target) (json.RawMessage, error)) (taken []plan.Target, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		taken = nil
		for i, k := range list {
			n, err := t.exec(ctx, `UPDATE broadcast_target SET state = 'sending', why = '[]', taken = $3`+live, k.ID[:], k.Round, s.now())
			if err != nil || n == 0 && i == 0 {
				return err
			}
			if n == 1 {
				taken = append(taken, k)
			}
		}
		raw, err := order(taken)
		if err != nil {
			return err
		}
		for i := range taken {
			taken[i].Kept, taken[i].Order = plan.Sending, raw
			if err := t.keepSaid(ctx, taken[i]); err != nil {
				return err
			}
			if _, err := t.exec(ctx, `UPDATE broadcast_target SET ask = $1 WHERE id = $2`, []byte(raw), taken[i].ID[:]); err != nil {
				return err
			}
		}
		return nil
	})
	return taken, err
}

// keepSaid keeps what a target that names an item of the library says now, and in which version.
func (t *Tx) keepSaid(ctx context.Context, k plan.Target) error {
	if k.Library.IsZero() {
		return nil
	}
	pieces, err := listJSON(k.Pieces)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `UPDATE broadcast_target SET body = $1, link = $2, link_title = $3, pieces = $4, library_version = $5 WHERE id = $6`,
		k.Text, k.Link.URL, k.Link.Title, pieces, int64(k.LibraryN), k.ID[:])
	return err
}

// WaitingLike lists the other targets of a target's source that say the same, or name the same item of the library, and are due: they may
// go together.
func (s *Store) WaitingLike(ctx context.Context, k plan.Target, now int64, most int) ([]plan.Target, error) {
	if !k.Library.IsZero() {
		values, err := valuesJSON(k.Values)
		if err != nil {
			return nil, err
		}
		return rows(ctx, s, targetColumns+fmt.Sprintf(` WHERE k.source = $1 AND k.due <= $2 AND k.library = $3 AND k.library_values = $4 AND k.id <> $5 AND k.state IN ('waiting', 'blocked') ORDER BY k.id LIMIT %d`, most),
			[]any{k.Source[:], now, k.Library.String(), values, k.ID[:]}, scanTarget)
	}
	return rows(ctx, s, targetColumns+fmt.Sprintf(` WHERE k.source = $1 AND k.due <= $2 AND k.body = $3 AND k.library = '' AND k.id <> $4
 AND EXISTS (SELECT 1 FROM broadcast_target me WHERE me.id = $4 AND me.link = k.link AND me.link_title = k.link_title AND me.pieces = k.pieces AND me.by_link = k.by_link) AND k.state IN ('waiting', 'blocked') ORDER BY k.id LIMIT %d`, most),
		[]any{k.Source[:], now, k.Text, k.ID[:]}, scanTarget)
}

// OpenMasses lists the sends for which a platform has yet to be told by its sender to go, or to say what became of them.
func (s *Store) OpenMasses(ctx context.Context) ([]plan.Target, error) {
	return rows(ctx, s, targetColumns+` WHERE k.state = 'sending' AND a.verb = $1 AND a.state IN ('human_task', 'acked') ORDER BY k.action_id, k.id`,
		[]any{string(community.MassSend)}, scanTarget)
}

// massState keeps one state for some groups of a part.
func (t *Tx) massState(ctx context.Context, action community.ID, p community.MassPart, chats []string, state plan.TargetState) error {
	at, why := int64(0), ""
	switch state {
	case plan.Sent:
		at = p.At
	case plan.Failed:
		why = p.Why
	}
	for _, chat := range chats {
		_, err := t.exec(ctx, `INSERT INTO mass_result (action_id, chat, sender, part, state, why, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (action_id, chat) DO UPDATE SET sender = excluded.sender, part = excluded.part, state = excluded.state, why = excluded.why, at = excluded.at WHERE mass_result.state <> 'sent'`,
			action[:], chat, p.Sender, p.ID, string(state), why, at)
		if err != nil {
			return err
		}
	}
	return nil
}

// MassHeard keeps what a platform says became of a mass send, group by group. What was sent stays sent.
func (t *Tx) MassHeard(ctx context.Context, action community.ID, made community.MassMade) error {
	for _, p := range made.Parts {
		for state, chats := range map[plan.TargetState][]string{plan.Sending: p.Groups, plan.Sent: p.Sent, plan.Failed: p.Failed} {
			if err := t.massState(ctx, action, p, chats, state); err != nil {
				return err
			}
		}
	}
	return nil
}

// Owner is who must confirm what is sent to a group.
type Owner struct{ ID, Name string }

// OwnersOf tells who owns groups, as far as their lists of members say.
func (s *Store) OwnersOf(ctx context.Context, groups []community.GroupKey) (map[community.GroupKey]Owner, error) {
	out := map[community.GroupKey]Owner{}
	type own struct {
		group community.GroupKey
		Owner
	}
	for part := range slices.Chunk(groups, 500) {
		list, err := rows(ctx, s, `SELECT p.group_key, m.external_id, p.shown FROM views.people p JOIN member m ON m.key = p.member_key
WHERE p.present AND p.role = 'owner' AND p.group_key IN (`+keyList(part)+`) ORDER BY p.group_key, p.member_key`, nil,
			func(r *sql.Rows, v *own) error { return r.Scan((*int64)(&v.group), &v.ID, &v.Name) })
		if err != nil {
			return nil, err
		}
		for _, v := range list {
			out[v.group] = v.Owner
		}
	}
	return out, nil
}

// HoldTarget notes why a target does not go: blocked, or over for good.
func (s *Store) HoldTarget(ctx context.Context, k plan.Target, why []plan.Reason, over bool) (bool, error) {
	raw, err := json.Marshal(why)
	if err != nil {
		return false, err
	}
	state := plan.Blocked
	if over {
		state = plan.NotSent
	}
	return s.changeTarget(ctx, `UPDATE broadcast_target SET state = $3, why = $4`+live, k.ID[:], k.Round, string(state), string(raw))
}

func (s *Store) changeTarget(ctx context.Context, query string, args ...any) (did bool, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, query, args...)
		did = n == 1
		return err
	})
	return did, err
}

// NoteTarget notes which action came of what was asked for a target and for all that were asked for with it.
func (s *Store) NoteTarget(ctx context.Context, k plan.Target, action community.ID) error {
	return s.writeTx(ctx, func(t *Tx) error {
		if _, err := t.exec(ctx, `UPDATE broadcast_target SET action_id = $3 WHERE id = $1 AND round = $2`, k.ID[:], k.Round, action[:]); err != nil {
			return err
		}
		_, err := t.exec(ctx, `UPDATE broadcast_target SET action_id = $1 WHERE source = $2 AND state = 'sending' AND ask = $3 AND action_id = $4`, action[:], k.Source[:], []byte(k.Order), []byte{})
		return err
	})
}

// ActionUnder finds the action that a person's decision under a key made in a group; CodeNotFound.
func (s *Store) ActionUnder(ctx context.Context, g community.GroupKey, key string) (community.ID, error) {
	d := Draft{Key: key, Event: community.Event{Group: g, Type: community.PersonDecided}}
	at := d.dedupKey(0)
	list, err := rows(ctx, s, `SELECT a.id FROM event e JOIN decision d ON d.group_key = e.group_key AND d.event_number = e.number JOIN action a ON a.decision_id = d.id
WHERE e.account_key = 0 AND e.dedup = $1`, []any{at[:]}, func(r *sql.Rows, id *[]byte) error { return r.Scan(id) })
	id, err := oneOf(list, err, "action under", key)
	if err != nil {
		return community.ID{}, err
	}
	return community.ID(id), nil
}

// LetPass lets a target pass the guard by a person's word, and asks for it now.
func (s *Store) LetPass(ctx context.Context, k plan.Target, why string, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		if _, err := t.exec(ctx, `UPDATE broadcast_target SET force_why = $1 WHERE id = $2`, why, k.ID[:]); err != nil {
			return err
		}
		if err := t.again(ctx, k.Source, `id = $2 AND state = 'blocked'`, k.ID[:]); err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject, audit.Reason = k.Org, "broadcast.override", "target:"+k.ID.String(), why
		audit.Before, _ = json.Marshal(k.Why)
		return t.AddAudit(ctx, audit)
	})
}

// RetryTargets asks anew for targets that failed or were not sent. They are due now: their mark is that of the new try.
func (s *Store) RetryTargets(ctx context.Context, b plan.Broadcast, list []plan.Target, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		for _, k := range list {
			if _, err := t.exec(ctx, `UPDATE broadcast_target SET due = $1 WHERE id = $2`, s.now(), k.ID[:]); err != nil {
				return err
			}
			if err := t.again(ctx, b.ID, `id = $2`, k.ID[:]); err != nil {
				return err
			}
		}
		audit.Org, audit.Verb, audit.Subject = b.Org, "broadcast.retry", "broadcast:"+b.ID.String()
		audit.After, _ = json.Marshal(map[string]int{"targets": len(list)})
		return t.AddAudit(ctx, audit)
	})
}

// Remind notes that the person who must confirm is reminded, of a target and of all that they were asked for with it, and
// marks their task as asked for once more. CodeLimited when
// that happened plan.MaxReminders times within 24 h, or less than gap milliseconds ago.
func (s *Store) Remind(ctx context.Context, k plan.Target, gap int64, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		var raw []byte
		err := t.one(ctx, `SELECT reminded FROM broadcast_target WHERE id = $1`+t.dialect.lockClause(), []any{k.ID[:]}, &raw)
		if err != nil {
			if errors.Is(err, sql.ErrNoRows) { // somebody else holds the row: they are reminding
				return community.Errorf(community.CodeLimited, "target %s: is being reminded just now", k.ID)
			}
			return err
		}
		var times []int64
		if err := json.Unmarshal(raw, &times); err != nil {
			return err
		}
		next, ok := plan.MayRemind(times, s.now())
		if !ok {
			return &community.Error{Code: community.CodeLimited, Msg: fmt.Sprintf("reminded %d times within 24 h; again from %d", plan.MaxReminders, next)}
		}
		if n := len(times); n > 0 && times[n-1] > s.now()-gap {
			return community.Errorf(community.CodeLimited, "reminded less than %d ms ago", gap)
		}
		times = append(times[max(0, len(times)-2*plan.MaxReminders):], s.now())
		if raw, err = json.Marshal(times); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE broadcast_target SET reminded = $1 WHERE id = $2 OR source = $3 AND action_id = $4 AND state = 'sending'`, string(raw), k.ID[:], k.Source[:], k.Action[:]); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE task SET evidence = evidence + 1 WHERE id = $1 AND state IN ('open', 'claimed')`, k.Action[:]); err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject = k.Org, "broadcast.remind", "target:"+k.ID.String()
		return t.AddAudit(ctx, audit)
	})
}

// SendsSince tells when there were sends by plan in each group of an organisation since a time; what failed or was cancelled
// is no send.
func (s *Store) SendsSince(ctx context.Context, org community.OrgKey, since int64) (map[community.GroupKey][]int64, error) {
	out := map[community.GroupKey][]int64{}
	type send struct {
		group community.GroupKey
		at    int64
	}
	list, err := rows(ctx, s, `SELECT k.group_key, k.taken FROM broadcast_target k JOIN chat_group g ON g.key = k.group_key LEFT JOIN action a ON a.id = k.action_id
 LEFT JOIN mass_result r ON r.action_id = k.action_id AND r.chat = g.external_id
WHERE k.org_key = $1 AND k.taken > $2 AND k.state = 'sending' AND (r.state = 'sent' OR coalesce(a.state, '') NOT IN ('failed', 'cancelled') AND coalesce(r.state, '') <> 'failed') ORDER BY k.taken`, []any{int64(org), since},
		func(r *sql.Rows, v *send) error { return r.Scan((*int64)(&v.group), &v.at) })
	for _, v := range list {
		out[v.group] = append(out[v.group], v.at)
	}
	return out, err
}

// Present calls fn for each member who is in one of the groups, group by group; our own accounts are left out.
func (s *Store) Present(ctx context.Context, groups []community.GroupKey, fn func(community.GroupKey, community.MemberKey)) error {
	type place struct {
		group  community.GroupKey
		member community.MemberKey
	}
	for part := range slices.Chunk(groups, 500) {
		list, err := rows(ctx, s, `SELECT group_key, member_key FROM views.people WHERE present AND role NOT IN ('self', 'bot') AND group_key IN (`+keyList(part)+`) ORDER BY group_key, member_key`, nil,
			func(r *sql.Rows, v *place) error { return r.Scan((*int64)(&v.group), (*int64)(&v.member)) })
		if err != nil {
			return err
		}
		for _, v := range list {
			fn(v.group, v.member)
		}
	}
	return nil
}

// LockedGroups lists the groups of an organisation that a lockdown holds.
func (s *Store) LockedGroups(ctx context.Context, org community.OrgKey) (map[community.GroupKey]bool, error) {
	list, err := rows(ctx, s, `SELECT l.group_key FROM lockdown_group l JOIN chat_group g ON g.key = l.group_key WHERE g.org_key = $1 AND l.on_now`, []any{int64(org)},
		func(r *sql.Rows, g *community.GroupKey) error { return r.Scan((*int64)(g)) })
	out := map[community.GroupKey]bool{}
	for _, g := range list {
		out[g] = true
	}
	return out, err
}
