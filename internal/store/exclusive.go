package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/shelf"
)

// MakeExclusive says to the members of which groups an item, as the caller saw it, opens by their own addresses; none = it is exclusive no
// more. CodeConflict: it was changed meanwhile.
func (s *Store) MakeExclusive(ctx context.Context, i shelf.Item, groups []community.GroupKey, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE library_item SET exclusive = $1, updated = $2, changed = changed + 1 WHERE id = $3 AND changed = $4`, len(groups) > 0, s.now(), i.ID[:], i.Changed)
		if err := moved(n, err); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `DELETE FROM library_group WHERE item = $1`, i.ID[:]); err != nil {
			return err
		}
		for _, g := range groups {
			if _, err := t.exec(ctx, `INSERT INTO library_group (item, group_key) VALUES ($1, $2)`, i.ID[:], int64(g)); err != nil {
				return err
			}
		}
		audit.Org, audit.Verb, audit.Subject = i.Org, "library.exclusive", "library:"+i.ID.String()
		audit.Before, _ = json.Marshal(map[string]any{"groups": i.Groups}) // plain values, as below
		audit.After, _ = json.Marshal(map[string]any{"groups": groups})
		return t.AddAudit(ctx, audit)
	})
}

// ExclusiveItems lists an organisation's exclusive items, those put away too: they stay exclusive.
func (s *Store) ExclusiveItems(ctx context.Context, org community.OrgKey) ([]shelf.Item, error) {
	list, err := rows(ctx, s, libraryColumns+` WHERE i.org_key = $1 AND i.exclusive ORDER BY i.id`, []any{int64(org)}, scanLibrary)
	if err != nil {
		return nil, err
	}
	return list, s.libraryGroups(ctx, list)
}

// ExclusiveFiles gives the hashes of the files of every version of an item: what was exclusive once stays so.
func (s *Store) ExclusiveFiles(ctx context.Context, item community.ID) ([]string, error) {
	return rows(ctx, s, `SELECT DISTINCT u.hash FROM library_file f JOIN upload u ON u.id = f.upload_id WHERE f.item = $1 ORDER BY u.hash`, []any{item[:]}, func(r *sql.Rows, v *string) error { return r.Scan(v) })
}

// ReleaseItem keeps that an exclusive item may go to a group that is none of its own, and why.
func (s *Store) ReleaseItem(ctx context.Context, org community.OrgKey, item community.ID, g community.GroupKey, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `INSERT INTO library_release (item, group_key, reason, user_name, at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (item, group_key) DO UPDATE SET reason = excluded.reason, user_name = excluded.user_name, at = excluded.at`, item[:], int64(g), audit.Reason, audit.User, s.now())
		if err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject = org, "library.release", "library:"+item.String()
		audit.After, _ = json.Marshal(map[string]any{"group": g}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// Releases lists where an exclusive item may go besides its own groups, the latest first.
func (s *Store) Releases(ctx context.Context, item community.ID) ([]shelf.Release, error) {
	return rows(ctx, s, `SELECT group_key, reason, user_name, at FROM library_release WHERE item = $1 ORDER BY at DESC, group_key`, []any{item[:]}, func(r *sql.Rows, v *shelf.Release) error {
		return r.Scan((*int64)(&v.Group), &v.Reason, &v.User, &v.At)
	})
}

// Withheld is an action that was stopped, and what it holds, as it was said to people.
type Withheld struct {
	community.Action
	What string
}

// Withheld lists an organisation's actions that were stopped because they hold something exclusive, the oldest first.
func (s *Store) Withheld(ctx context.Context, org community.OrgKey) ([]Withheld, error) {
	return rows(ctx, s, `SELECT a.body, k.text FROM task k JOIN action a ON a.id = k.id JOIN chat_group g ON g.key = k.group_key
WHERE g.org_key = $1 AND k.why = 'exclusive' AND k.state IN ('open', 'claimed') AND a.state = 'human_task' ORDER BY k.created, k.id LIMIT 1000`, []any{int64(org)}, func(r *sql.Rows, v *Withheld) error {
		var body []byte
		if err := r.Scan(&body, &v.What); err != nil {
			return err
		}
		return json.Unmarshal(body, &v.Action)
	})
}

// OpenWords is an action with words that a person is asked to say, and why they are asked.
type OpenWords struct {
	community.Action
	Why string
}

// OpenWords lists an organisation's actions of some verbs that wait for a person and are not withheld, the oldest first, after one of them (zero = from
// the first).
func (s *Store) OpenWords(ctx context.Context, org community.OrgKey, verbs []community.Verb, after community.ID) ([]OpenWords, error) {
	var c clause
	c.and("g.org_key = ?", int64(org))
	c.and("k.id > ?", after[:])
	c.and("k.why <> ?", community.WhyExclusive)
	c.and("k.state IN ('open', 'claimed')")
	c.and("a.state = 'human_task'")
	named := make([]string, len(verbs))
	for n, v := range verbs {
		named[n] = "'" + string(v) + "'" // a word of ours
	}
	c.and("k.verb IN (" + strings.Join(named, ", ") + ")")
	return rows(ctx, s, `SELECT a.body, k.why FROM task k JOIN action a ON a.id = k.id JOIN chat_group g ON g.key = k.group_key`+c.String()+` ORDER BY k.id LIMIT 500`, c.args, func(r *sql.Rows, v *OpenWords) error {
		var body []byte
		if err := r.Scan(&body, &v.Why); err != nil {
			return err
		}
		return json.Unmarshal(body, &v.Action)
	})
}

// WithholdTask takes the words off a task that is open: what says what they hold. CodeConflict: it is not open (any more), or has none.
func (s *Store) WithholdTask(ctx context.Context, a OpenWords, what string, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE task SET why = 'exclusive', text = $1, was = $2 WHERE id = $3 AND why = $4 AND state IN ('open', 'claimed')`, what, a.Why, a.ID[:], a.Why)
		if err := moved(n, err); err != nil {
			return err
		}
		audit.Subject = "task:" + a.ID.String()
		audit.Before, _ = json.Marshal(map[string]string{"why": a.Why}) // plain values, as below
		audit.After, _ = json.Marshal(map[string]string{"why": community.WhyExclusive})
		return t.AddAudit(ctx, audit)
	})
}

// giveBack gives a task its words again that a person had been asked to say already; did = it was such a one.
func (t *Tx) giveBack(ctx context.Context, a community.Action) (did bool, err error) {
	n, err := t.exec(ctx, `UPDATE task SET why = was, was = '', text = $1 WHERE id = $2 AND why = 'exclusive' AND was <> '' AND state IN ('open', 'claimed')`, a.Text, a.ID[:])
	return n == 1, err
}

// LetGo queues an action that was withheld again, now without a deadline: somebody wants it although it is late. Its task is done. What a
// person had been asked before it was exclusive they are asked again: its task gets its words back.
// CodeConflict: it is not withheld (any more).
func (s *Store) LetGo(ctx context.Context, a community.Action, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		audit.Subject = "task:" + a.ID.String()
		if back, err := t.giveBack(ctx, a); back || err != nil {
			if err == nil {
				err = t.AddAudit(ctx, audit)
			}
			return err
		}
		a.Deadline = 0
		body, err := json.Marshal(a)
		if err != nil {
			return err
		}
		n, err := t.exec(ctx, `UPDATE action SET state = 'queued', body = $1, code = '', detail = '', updated = $2 WHERE id = $3 AND state = 'human_task'
 AND EXISTS (SELECT 1 FROM task k WHERE k.id = action.id AND k.why = 'exclusive' AND k.state IN ('open', 'claimed'))`, body, s.now(), a.ID[:])
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeConflict, "action %s: it is not withheld", a.ID)
		}
		if err := t.CloseTask(ctx, a.ID, "done", audit.User, audit.Reason, 0, s.now()); err != nil {
			return err
		}
		t.Enqueue(Job{Kind: JobAction, Key: a.ID.String() + ":" + strconv.FormatInt(s.now(), 10), RunAt: s.now()}) // the job that withheld it may not have ended yet
		return t.AddAudit(ctx, audit)
	})
}

// SentTargets lists the groups that a mass send's action is for; none = it is no such action.
func (s *Store) SentTargets(ctx context.Context, action community.ID) ([]community.GroupKey, error) {
	return rows(ctx, s, `SELECT group_key FROM broadcast_target WHERE action_id = $1 ORDER BY group_key`, []any{action[:]}, func(r *sql.Rows, v *community.GroupKey) error { return r.Scan((*int64)(v)) })
}

// LibraryOpen gives an item by its id alone, for the public pages; CodeNotFound.
func (s *Store) LibraryOpen(ctx context.Context, id community.ID) (shelf.Item, error) {
	list, err := rows(ctx, s, libraryColumns+` WHERE i.id = $1`, []any{id[:]}, scanLibrary)
	if err == nil {
		err = s.libraryGroups(ctx, list)
	}
	return oneOf(list, err, "library item", id)
}

// LibraryReader says whose an address of an item is, where they are now, and which devices opened it. A token that is nobody's gives an
// empty reader.
func (s *Store) LibraryReader(ctx context.Context, i shelf.Item, token, device string) (shelf.Reader, error) {
	var out shelf.Reader
	var closed int64
	list, err := rows(ctx, s, `SELECT p.member_key, l.closed FROM short_person p JOIN short_link l ON l.key = p.link_key WHERE p.token = $1 AND l.id = $2`, []any{token, i.Short[:]}, func(r *sql.Rows, v *[2]int64) error {
		return r.Scan(&v[0], &v[1])
	})
	if err != nil || len(list) == 0 {
		return out, err
	}
	out.Member, closed = community.MemberKey(list[0][0]), list[0][1]
	out.Closed = closed != 0
	out.Groups, err = rows(ctx, s, `SELECT group_key FROM views.people WHERE member_key = $1 AND present ORDER BY group_key`, []any{int64(out.Member)}, func(r *sql.Rows, v *community.GroupKey) error { return r.Scan((*int64)(v)) })
	if err != nil {
		return out, err
	}
	devices, err := rows(ctx, s, `SELECT device FROM library_device WHERE token = $1`, []any{token}, func(r *sql.Rows, v *string) error { return r.Scan(v) })
	for _, d := range devices {
		if out.Devices++; d == device {
			out.Known = true
		}
	}
	return out, err
}

// SeeDevice notes that a device opened an address, unless most others did before: false.
func (s *Store) SeeDevice(ctx context.Context, token, device string, most int) (fine bool, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		var known, others int
		if err := t.one(ctx, `SELECT coalesce(sum(CASE WHEN device = $1 THEN 1 ELSE 0 END), 0), coalesce(sum(CASE WHEN device <> $1 THEN 1 ELSE 0 END), 0) FROM library_device WHERE token = $2`, []any{device, token}, &known, &others); err != nil {
			return err
		}
		if fine = known > 0 || others < most; known > 0 || !fine {
			return nil
		}
		_, err := t.exec(ctx, `INSERT INTO library_device (token, device, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, token, device, s.now())
		return err
	})
	return fine, err
}

// ForgetDevices lets an address be opened on other devices again.
func (s *Store) ForgetDevices(ctx context.Context, token string) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `DELETE FROM library_device WHERE token = $1`, token)
		return err
	})
}
