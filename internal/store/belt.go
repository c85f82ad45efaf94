package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"qunluo/internal/community"
)

// Head is where a group's log ends and what the belt must know about the group.
type Head struct {
	Seq int64
	At  int64
	Org community.OrgKey
}

// Head reads a group's head. A group without events starts at 0.
func (t *Tx) Head(ctx context.Context, g community.GroupKey) (Head, error) {
	var h Head
	var org int64
	err := t.one(ctx, `SELECT org_key FROM chat_group WHERE key = $1`, []any{int64(g)}, &org)
	if err != nil {
		return h, missing(err, "group %d", g)
	}
	h.Org = community.OrgKey(org)
	err = t.one(ctx, `SELECT seq, at FROM event WHERE group_key = $1 ORDER BY seq DESC LIMIT 1`, []any{int64(g)}, &h.Seq, &h.At)
	if err == sql.ErrNoRows {
		err = nil
	}
	return h, err
}

// Snapshot is a fold of a group's events up to a sequence.
type Snapshot struct {
	Group   community.GroupKey
	Decider string
	Seq     int64
	Version int
	Body    []byte
}

// Snapshot reads a decider's last snapshot of a group; Seq 0 when there is none of this version.
func (t *Tx) Snapshot(ctx context.Context, g community.GroupKey, decider string, version int) (Snapshot, error) {
	snap := Snapshot{Group: g, Decider: decider, Version: version}
	err := t.one(ctx, `SELECT seq, body FROM snapshot WHERE group_key = $1 AND decider = $2 AND code_version = $3`,
		[]any{int64(g), decider, version}, &snap.Seq, &snap.Body)
	if err == sql.ErrNoRows {
		return snap, nil
	}
	return snap, err
}

// SaveSnapshots keeps snapshots; an older one never replaces a newer one.
func (s *Store) SaveSnapshots(ctx context.Context, snaps []Snapshot) error {
	return s.besides(ctx, func(t *Tx) error {
		for _, sn := range snaps {
			_, err := t.exec(ctx, `INSERT INTO snapshot (group_key, decider, seq, code_version, body) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (group_key, decider) DO UPDATE SET seq = excluded.seq, code_version = excluded.code_version, body = excluded.body
WHERE snapshot.seq < excluded.seq OR snapshot.code_version <> excluded.code_version`,
				int64(sn.Group), sn.Decider, sn.Seq, sn.Version, sn.Body)
			if err != nil {
				return fmt.Errorf("snapshot of group %d: %w", sn.Group, err)
			}
		}
		return nil
	})
}

// Tail hands the decided events of a group after a sequence to fn, inside the transaction.
func (t *Tx) Tail(ctx context.Context, g community.GroupKey, after int64, fn func(ev *community.Event)) error {
	scan := EventScan{Group: g, After: after, Decided: true}
	for {
		n, err := t.tailPage(ctx, &scan, fn)
		if err != nil || n < pageSize {
			return err
		}
	}
}

func (t *Tx) tailPage(ctx context.Context, scan *EventScan, fn func(ev *community.Event)) (int, error) {
	query, args := scan.sql()
	rows, err := t.conn.QueryContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var ev community.Event
		if err := scanEvent(rows, &ev); err != nil {
			return n, err
		}
		n++
		scan.After = ev.Seq
		fn(&ev)
	}
	return n, rows.Err()
}

// OpenAction is an action that evidence may still confirm.
type OpenAction struct {
	Action  community.Action
	State   community.State
	Mode    community.Level
	Message string // the platform's id of what was sent
	Updated int64
}

// openFor is how long an action waits for evidence, in milliseconds.
const openFor = 24 * 3600 * 1000

// OpenActions reads a group's unfinished actions that changed within the last day before now.
func (t *Tx) OpenActions(ctx context.Context, g community.GroupKey, now int64) ([]OpenAction, error) {
	rows, err := t.query(ctx, `SELECT body, state, mode, message, updated FROM action
WHERE group_key = $1 AND state NOT IN ('confirmed', 'failed', 'cancelled') AND updated > $2 ORDER BY created, id`, int64(g), now-openFor)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []OpenAction
	for rows.Next() {
		var o OpenAction
		var body []byte
		if err := rows.Scan(&body, &o.State, &o.Mode, &o.Message, &o.Updated); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(body, &o.Action); err != nil {
			return nil, fmt.Errorf("action: %w", err)
		}
		list = append(list, o)
	}
	return list, rows.Err()
}

// Decisions writes decisions with their strikes and actions, and one job for each action. bodies are the canonical
// bytes, in the same order; replay compares with them.
func (t *Tx) Decisions(ctx context.Context, list []community.Decision, bodies [][]byte, now int64) error {
	for i := range list {
		if err := t.decision(ctx, &list[i], i, bodies[i], now); err != nil {
			return fmt.Errorf("decision on event %d: %w", list[i].Event, err)
		}
	}
	return nil
}

const (
	insertDecision = `INSERT INTO decision (id, group_key, event_number, seq, ordinal, decider, member_key, at, book, verdict, rules, body,
 review, resolution, resolved_by, resolved_at, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, '', '', 0, '')`
	insertStrike = `INSERT INTO strike (id, decision_id, group_key, member_key, rule, book, event_number, user_name, at, expires,
 revoked, revoked_by, why, article) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, '', '', $11)`
	insertAction = `INSERT INTO action (id, decision_id, group_key, account_key, verb, target_key, event_number, body, state, mode,
 attempts, code, detail, message, cause, user_name, created, updated)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', 0, '', '', '', $10, $11, $12, $13)`
)

func (t *Tx) decision(ctx context.Context, d *community.Decision, ordinal int, body []byte, now int64) error {
	t.add(insertDecision, d.ID[:], int64(d.Group), d.Event, d.Seq, int64(ordinal), d.Decider, int64(d.Member), d.At, int64(d.Book), string(d.Verdict),
		ruleList(d), body, review(d))
	t.wordHits(d)
	t.agreed(d)
	for i := range d.Strikes {
		s := &d.Strikes[i]
		t.add(insertStrike, s.ID[:], d.ID[:], int64(d.Group), int64(s.Member), s.Rule, int64(s.Book), s.Event, s.User, s.At, s.Expires, int64(s.Article))
	}
	for i := range d.Actions {
		if err := t.plan(ctx, &d.Actions[i], d, now); err != nil {
			return err
		}
	}
	for _, id := range d.Revoke {
		_, err := t.exec(ctx, `UPDATE strike SET revoked = $1, revoked_by = $2, why = $3 WHERE id = $4 AND revoked = 0`, d.At, d.User, d.Why, id[:])
		if err != nil {
			return err
		}
	}
	for _, id := range d.Cancel {
		if err := t.cancel(ctx, id, d, now); err != nil {
			return err
		}
	}
	return t.wakes(d)
}

// ruleList is the rules that hit, in order, with bars around each, so that LIKE '%|name|%' finds one.
func ruleList(d *community.Decision) string {
	if len(d.Hits) == 0 {
		return ""
	}
	var b strings.Builder
	for _, h := range d.Hits {
		b.WriteString("|")
		b.WriteString(h.Rule)
	}
	return b.String() + "|"
}

// review says whether a person should look at a decision: every consequence of a live rule, every fault, everything held.
func review(d *community.Decision) string {
	switch d.Verdict {
	case community.Hit, community.Faulted:
		return "open"
	}
	return ""
}

// JobAction is the kind of job that carries out one action: its key is the action's id, and, of one that was let go, when.
const JobAction = "action"

func (t *Tx) plan(ctx context.Context, a *community.Action, d *community.Decision, now int64) error {
	body, err := json.Marshal(a)
	if err != nil {
		return err
	}
	state := community.Queued
	if a.Hold != "" {
		state = community.HumanTask
	}
	t.add(insertAction, a.ID[:], d.ID[:], int64(a.Group), int64(a.Account), string(a.Verb), int64(a.Target), a.Event, body,
		string(state), string(a.Cause), d.User, now, now)
	if a.Library.Version > 0 {
		t.add(`INSERT INTO library_said (action_id, item, version, group_key, rule, at) VALUES ($1, $2, $3, $4, $5, $6)`, a.ID[:], a.Library.Item[:], int64(a.Library.Version), int64(a.Group), a.Rule, now)
	}
	if a.Hold != "" {
		return t.OpenTask(ctx, TaskFor(a, a.Hold, now))
	}
	t.Enqueue(Job{Kind: JobAction, Key: a.ID.String(), RunAt: max(now-ahead[a.Verb], a.NotBefore)})
	return nil
}

// ahead is how far in the queue of jobs a verb goes before what was wanted earlier, in milliseconds: a group is kept safe
// before it is greeted.
var ahead = map[community.Verb]int64{
	community.Mute: 60_000, community.Remove: 60_000, community.RecallMsg: 60_000, community.Unmute: 60_000, community.MuteAll: 60_000,
}

// cancel stops an action that has not been sent yet, and closes its task.
func (t *Tx) cancel(ctx context.Context, id community.ID, d *community.Decision, now int64) error {
	_, err := t.exec(ctx, `UPDATE action SET state = 'cancelled', detail = $1, updated = $2 WHERE id = $3
 AND state IN ('planned', 'queued', 'human_task')`, d.Why, now, id[:])
	if err != nil {
		return err
	}
	if d.User == "" {
		return t.CloseTask(ctx, id, "expired", "", d.Why, 0, now)
	}
	how := "refused"
	kind, reason, _ := strings.Cut(d.Why, ": ") // as a person's decision is worded
	if kind == "release" {                      // what was asked for goes on as another action
		how = "done"
	}
	return t.CloseTask(ctx, id, how, d.User, reason, 0, now)
}

// JobWake is the kind of job that lets a timer fire.
const JobWake = "wake"

// WakePayload is what a wake job carries.
type WakePayload struct {
	Group community.GroupKey `json:"group"`
	Key   string             `json:"key"`
	At    int64              `json:"at"`
}

func (t *Tx) wakes(d *community.Decision) error {
	for _, w := range d.Wakes {
		payload, err := json.Marshal(WakePayload{d.Group, w.Key, w.At})
		if err != nil {
			return err
		}
		t.Enqueue(Job{Kind: JobWake, Key: fmt.Sprintf("%d:%s:%d", d.Group, w.Key, w.At), RunAt: w.At, Payload: payload})
	}
	return nil
}

// Resolve notes what a person made of a decision: "kept", "undone", "false_hit", "dismissed".
func (t *Tx) Resolve(ctx context.Context, id community.ID, resolution, user, reason string, now int64) error {
	_, err := t.exec(ctx, `UPDATE decision SET review = '', resolution = $1, resolved_by = $2, resolved_at = $3, reason = $4 WHERE id = $5`,
		resolution, user, now, reason, id[:])
	return err
}

// MoveAction notes an action's new state with the platform's words. A final state never changes again; it reports
// whether the row moved.
func (t *Tx) MoveAction(ctx context.Context, id community.ID, to community.State, mode community.Level, rc community.Receipt, attempt int, user string, now int64) (bool, error) {
	parts, err := partsText(rc.Parts)
	if err != nil {
		return false, err
	}
	n, err := t.exec(ctx, `UPDATE action SET state = $1, mode = CASE WHEN $2 = '' THEN mode ELSE $2 END,
 attempts = CASE WHEN $3 > attempts THEN $3 ELSE attempts END, code = $4, detail = $5,
 message = CASE WHEN $6 = '' THEN message ELSE $6 END, user_name = CASE WHEN $7 = '' THEN user_name ELSE $7 END, updated = $8,
 parts = CASE WHEN $10 = '' THEN parts ELSE $10 END
WHERE id = $9 AND state NOT IN ('confirmed', 'failed', 'cancelled')`,
		string(to), string(mode), int64(attempt), string(rc.Code), rc.Detail, rc.Message, user, now, id[:], parts)
	return n > 0, err
}

// AlsoSent keeps the platform's ids of what else a send became, whatever is known of the send by now.
func (t *Tx) AlsoSent(ctx context.Context, id community.ID, also []string) error {
	text, err := listJSON(also)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `UPDATE action SET also = $1 WHERE id = $2`, text, id[:])
	return err
}

// partsText is what became of a send's parts, as it is kept; "" = it had none.
func partsText(parts []community.Fate) (string, error) {
	if len(parts) == 0 {
		return "", nil
	}
	raw, err := json.Marshal(parts)
	return string(raw), err
}

// MarkSent notes, durably and before the call, that an attempt is about to be made, and takes what it spends of the
// account's limits. about is the platform's id of the message of ours that it concerns, "" = none; parts are what is sent
// besides words. It reports false when the action has meanwhile come to an end, or when a limit is reached: then until
// says (UTC ms) from when on there may be room.
func (s *Store) MarkSent(ctx context.Context, id community.ID, mode community.Level, attempt int, about string, parts []community.Fate, spent Spending, now int64) (moved bool, until int64, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		if until, err = t.spend(ctx, spent, now); err != nil || until > 0 {
			return err
		}
		moved, err = t.MoveAction(ctx, id, community.Sent, mode, community.Receipt{Message: about, Parts: parts}, attempt, "", now)
		return err
	})
	return moved && err == nil, until, err
}

// ActionNow is an action with its state, read for carrying it out.
type ActionNow struct {
	Action   community.Action
	State    community.State
	Attempts int
	Updated  int64
	Frozen   bool // automatic actions are held, here or everywhere
	Locked   bool // the group is in a lockdown: nothing is sent by plan
	Twin     bool // a removal of the same member was carried out since this one was wanted
	Org      community.OrgKey
	Accounts []community.AccountKey // that serve the group, the listening one first
	Held     []community.AccountKey // of them, those that the platform holds back
	Before   community.State        // of the send that the action is about (Of); "" = there is none
	Platform community.Platform     // of the group
	SaidAt   int64                  // recall: when what is to be taken back was said, UTC ms; 0 = not known
}

// ActionNow reads an action and fills its address with the platform's ids.
func (s *Store) ActionNow(ctx context.Context, id community.ID) (ActionNow, error) {
	var now ActionNow
	var body []byte
	var org int64
	err := s.read.QueryRowContext(ctx, `SELECT a.body, a.state, a.attempts, a.updated, g.org_key, g.platform, g.external_id, g.frozen,
 coalesce(m.external_id, ''), EXISTS (SELECT 1 FROM lockdown_group l WHERE l.group_key = g.key AND l.on_now),
 (SELECT value FROM setting WHERE org_key = g.org_key AND name = 'freeze')
FROM action a JOIN chat_group g ON g.key = a.group_key LEFT JOIN member m ON m.key = a.target_key WHERE a.id = $1`, id[:]).
		Scan(&body, &now.State, &now.Attempts, &now.Updated, &org, &now.Platform, &now.Action.To.Group, &now.Frozen, &now.Action.To.Member, &now.Locked, (*freezeFlag)(&now.Frozen))
	if err != nil {
		return now, missing(coded(s.dialect, err), "action %s", id)
	}
	to := now.Action.To
	if err := json.Unmarshal(body, &now.Action); err != nil {
		return now, fmt.Errorf("action %s: %w", id, err)
	}
	now.Action.To, now.Org = to, community.OrgKey(org)
	now.Action.To.Message = now.Action.Message
	if err := s.about(ctx, &now); err != nil {
		return now, err
	}
	served, err := s.detour(ctx, &now)
	if err != nil {
		return now, err
	}
	if err = s.serving(ctx, &now, served); err != nil || now.Action.Verb != community.Remove {
		return now, err
	}
	now.Twin, err = s.twin(ctx, id)
	return now, err
}

// twinWithin is how long before an action was wanted a removal of the same member still answers it, in milliseconds: a
// member who speaks on while being removed is wanted out again, once is enough.
const twinWithin = 5_000

func (s *Store) twin(ctx context.Context, id community.ID) (bool, error) {
	var n int
	err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM action a JOIN action b ON b.group_key = a.group_key AND b.target_key = a.target_key
 AND b.verb = a.verb AND b.id <> a.id WHERE a.id = $1 AND b.state IN ('acked', 'confirmed') AND b.updated > a.created - $2`, id[:], int64(twinWithin)).Scan(&n)
	return n > 0, coded(s.dialect, err)
}

// freezeFlag adds the organisation's freeze to the group's: it only ever turns true.
type freezeFlag bool

// Scan reads the setting's JSON.
func (f *freezeFlag) Scan(v any) error {
	var text string
	switch v := v.(type) {
	case []byte:
		text = string(v)
	case string:
		text = v
	}
	if text == "true" {
		*f = true
	}
	return nil
}

// about fills in what a recall is about. Of a send of ours (Of) that is the platform's id of what was sent, "" as long as
// there is none, and where the send stands; of a member's message, when it was said.
func (s *Store) about(ctx context.Context, now *ActionNow) error {
	a := &now.Action
	if !a.Of.IsZero() {
		var also string
		err := s.read.QueryRowContext(ctx, `SELECT message, also, state, updated FROM action WHERE id = $1`, a.Of[:]).Scan(&a.To.Message, &also, &now.Before, &now.SaidAt)
		if err != nil {
			return missing(coded(s.dialect, err), "action %s", a.Of)
		}
		return readList(also, &a.To.Also)
	}
	if a.Verb != community.RecallMsg || a.Event == 0 {
		return nil
	}
	err := s.read.QueryRowContext(ctx, `SELECT occurred_at FROM event WHERE number = $1`, a.Event).Scan(&now.SaidAt)
	if err == sql.ErrNoRows {
		return nil
	}
	return coded(s.dialect, err)
}

// CountActions counts the actions of a verb that stand in a state.
func (s *Store) CountActions(ctx context.Context, v community.Verb, state community.State) (n int, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT count(*) FROM action WHERE verb = $1 AND state = $2`, string(v), string(state)).Scan(&n)
	return n, coded(s.dialect, err)
}

// SentMessages are the platform's ids of what our own sends in a group since a time (UTC ms) are known to have become.
func (s *Store) SentMessages(ctx context.Context, g community.GroupKey, since int64) (map[string]bool, error) {
	list, err := rows(ctx, s, `SELECT message FROM action WHERE group_key = $1 AND created >= $2 AND verb = $3 AND message <> ''`,
		[]any{int64(g), since, string(community.Send)}, func(r *sql.Rows, v *string) error { return r.Scan(v) })
	known := make(map[string]bool, len(list))
	for _, id := range list {
		known[id] = true
	}
	return known, err
}

// serving fills in which accounts serve the group.
func (s *Store) serving(ctx context.Context, now *ActionNow, g community.GroupKey) error {
	type account struct{ key, restricted int64 }
	list, err := rows(ctx, s, `SELECT ga.account_key, a.restricted FROM group_account ga JOIN account a ON a.key = ga.account_key
WHERE ga.group_key = $1 ORDER BY a.enabled DESC, ga.since, ga.account_key`, []any{int64(g)},
		func(r *sql.Rows, v *account) error { return r.Scan(&v.key, &v.restricted) })
	for _, a := range list {
		now.Accounts = append(now.Accounts, community.AccountKey(a.key))
		if a.restricted != 0 {
			now.Held = append(now.Held, community.AccountKey(a.key))
		}
	}
	return err
}

// AddAudit writes an audit row; id and time are filled when empty.
func (t *Tx) AddAudit(ctx context.Context, a community.Audit) error {
	if a.ID.IsZero() {
		a.ID = t.store.NewID()
	}
	if a.At == 0 {
		a.At = t.store.now()
	}
	_, err := t.exec(ctx, `INSERT INTO audit (id, org_key, at, user_name, verb, subject, reason, before, after)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		a.ID[:], int64(a.Org), a.At, a.User, a.Verb, a.Subject, a.Reason, jsonOrNull(a.Before), jsonOrNull(a.After))
	return err
}

func jsonOrNull(raw json.RawMessage) any {
	if len(raw) == 0 {
		return nil
	}
	return string(raw)
}

// Published notes a rulebook version as the one in force from its event on. The group's draft has become it and goes,
// unless it is to be kept.
func (t *Tx) Published(ctx context.Context, b community.BookRow, mode community.Mode, keepDraft bool) error {
	_, err := t.exec(ctx, `INSERT INTO rulebook (group_key, version, state, at, user_name, note, body)
VALUES ($1, $2, 'published', $3, $4, $5, $6)
ON CONFLICT (group_key, version) DO UPDATE SET state = 'published', at = excluded.at, user_name = excluded.user_name,
 note = excluded.note, body = excluded.body`, int64(b.Group), b.Version, b.At, b.User, b.Note, []byte(b.Body))
	if err != nil {
		return err
	}
	if !keepDraft {
		if _, err = t.exec(ctx, `DELETE FROM rulebook WHERE group_key = $1 AND version = 0`, int64(b.Group)); err != nil {
			return err
		}
	}
	_, err = t.exec(ctx, `UPDATE chat_group SET mode = $1 WHERE key = $2`, string(mode), int64(b.Group))
	return err
}

// NameGroup keeps the name a platform gives a group.
func (t *Tx) NameGroup(ctx context.Context, g community.GroupKey, name string) error {
	_, err := t.exec(ctx, `UPDATE chat_group SET name = $1 WHERE key = $2 AND name <> $1`, name, int64(g))
	return err
}

// MoveGroup gives a group another id of its platform: what comes under it belongs to the group from now on, and actions
// go there. The old id leads to the group as before. What came under the new id meanwhile stays a group of its own, which
// nothing leads to any more.
func (t *Tx) MoveGroup(ctx context.Context, g community.GroupKey, external string) error {
	_, err := t.exec(ctx, `INSERT INTO alias (org_key, kind, platform, realm, external_id, key)
SELECT org_key, 'group', platform, '', $1, key FROM chat_group WHERE key = $2
ON CONFLICT (org_key, kind, platform, realm, external_id) DO UPDATE SET key = excluded.key`, external, int64(g))
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `UPDATE chat_group SET external_id = $1 WHERE key = $2`, external, int64(g))
	return err
}

// Requeue takes "sent" back: the platform certainly did nothing.
func (s *Store) Requeue(ctx context.Context, id community.ID) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `UPDATE action SET state = 'queued', updated = $1 WHERE id = $2 AND state = 'sent'`, s.now(), id[:])
		return err
	})
}

// AddImportRange notes that an import run wrote to a group within [first, last] of the log what a program had exported.
func (t *Tx) AddImportRange(ctx context.Context, run int64, exporter string, g community.GroupKey, first, last int64) error {
	_, err := t.exec(ctx, `INSERT INTO import_range (import_key, group_key, first_number, last_number, exporter) VALUES ($1, $2, $3, $4, $5)`,
		run, int64(g), first, last, exporter)
	return err
}
