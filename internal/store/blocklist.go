package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"qunluo/internal/blocklist"
	"qunluo/internal/community"
)

// JobListed is the kind of job that looks whether somebody who comes stands on a list. Its key is the number of the event.
const JobListed = "blocklist-look"

// Comer is the payload of such a job: who came where, by which event.
type Comer struct {
	Group   community.GroupKey  `json:"group"`
	Member  community.MemberKey `json:"member"`
	Event   int64               `json:"event"`
	Flag    string              `json:"flag,omitempty"` // of a request
	Request bool                `json:"request,omitempty"`
}

// AskLists asks for a look at who comes, where any list is followed: without one it costs nothing.
func (t *Tx) AskLists(ctx context.Context, ev *community.Event, who community.MemberKey) error {
	if t.store.followed.Load() == 0 || who == 0 || ev.Origin == community.OriginImport {
		return nil
	}
	raw, err := json.Marshal(Comer{ev.Group, who, ev.Number, ev.Body.Message, ev.Type == community.JoinRequested})
	if err == nil {
		t.Enqueue(Job{Kind: JobListed, Key: fmt.Sprint(ev.Number), RunAt: t.store.now(), Payload: raw})
	}
	return err
}

// CountFollowed counts the lists that are followed, for AskLists.
func (s *Store) CountFollowed(ctx context.Context) error {
	var n int64
	err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM blocklist_sub`).Scan(&n)
	s.followed.Store(n)
	return coded(s.dialect, err)
}

// OwnList is our own list: what it is called, the private key that signs it, and the version that is handed out.
type OwnList struct {
	Org     community.OrgKey
	ID      string
	Name    string
	Secret  []byte
	Salt    string
	Hashed  bool
	Version int64
	Made    int64
	Body    []byte // as it is handed out
}

const ownColumns = `SELECT org_key, id, name, secret, salt, hashed, version, made, body FROM blocklist_own`

func (s *Store) ownList(ctx context.Context, where string, arg any) (OwnList, error) {
	list, err := rows(ctx, s, ownColumns+where, []any{arg}, func(r *sql.Rows, v *OwnList) error {
		return r.Scan((*int64)(&v.Org), &v.ID, &v.Name, &v.Secret, &v.Salt, &v.Hashed, &v.Version, &v.Made, &v.Body)
	})
	return oneOf(list, err, "list", arg)
}

// OwnList gives an organisation's own list; CodeNotFound.
func (s *Store) OwnList(ctx context.Context, org community.OrgKey) (OwnList, error) {
	return s.ownList(ctx, ` WHERE org_key = $1`, int64(org))
}

// OwnListByID gives the list at an address; CodeNotFound.
func (s *Store) OwnListByID(ctx context.Context, id string) (OwnList, error) {
	return s.ownList(ctx, ` WHERE id = $1`, id)
}

// SaveOwnList keeps our own list as it is handed out now. CodeConflict when another version was made meanwhile.
func (s *Store) SaveOwnList(ctx context.Context, l OwnList, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `INSERT INTO blocklist_own (org_key, id, name, secret, salt, hashed, version, made, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (org_key) DO UPDATE SET name = excluded.name, salt = excluded.salt, hashed = excluded.hashed, version = excluded.version, made = excluded.made, body = excluded.body WHERE blocklist_own.version = excluded.version - 1`,
			int64(l.Org), l.ID, l.Name, l.Secret, l.Salt, l.Hashed, l.Version, l.Made, l.Body)
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeConflict, "the list was published meanwhile")
		}
		audit.Org, audit.Verb, audit.Subject = l.Org, "blocklist.publish", "blocklist:"+l.ID
		audit.After, _ = json.Marshal(map[string]any{"version": l.Version, "hashed": l.Hashed, "bytes": len(l.Body)}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// PutMine keeps an entry of our own list, or its withdrawal.
func (s *Store) PutMine(ctx context.Context, org community.OrgKey, m blocklist.Mine, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `INSERT INTO blocklist_mine (org_key, platform, external_id, class, evidence, added, expires, withdrawn, why, user_id, name) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (org_key, platform, external_id) DO UPDATE SET class = excluded.class, evidence = excluded.evidence, added = excluded.added, expires = excluded.expires, withdrawn = excluded.withdrawn, why = excluded.why, user_id = excluded.user_id, name = excluded.name`,
			int64(org), string(m.Platform), m.External, m.Class, m.Evidence, m.Added, m.Expires, m.Withdrawn, m.Why, m.User, m.Name)
		if err != nil {
			return err
		}
		audit.Org, audit.Subject = org, "account:"+string(m.Platform)+":"+m.External
		audit.After, _ = json.Marshal(map[string]any{"class": m.Class, "expires": m.Expires, "withdrawn": m.Withdrawn}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// Mine lists the entries of our own list, the newest first.
func (s *Store) Mine(ctx context.Context, org community.OrgKey) ([]blocklist.Mine, error) {
	return rows(ctx, s, `SELECT platform, external_id, class, evidence, added, expires, withdrawn, why, user_id, name FROM blocklist_mine WHERE org_key = $1 ORDER BY added DESC, platform, external_id`, []any{int64(org)},
		func(r *sql.Rows, v *blocklist.Mine) error {
			return r.Scan(&v.Platform, &v.External, &v.Class, &v.Evidence, &v.Added, &v.Expires, &v.Withdrawn, &v.Why, &v.User, &v.Name)
		})
}

// AddSubscription keeps a list that we follow. CodeConflict: we follow it already.
func (s *Store) AddSubscription(ctx context.Context, b blocklist.Subscription, audit community.Audit) (blocklist.Subscription, error) {
	b.ID, b.Created, b.State = s.NewID(), s.now(), "on"
	err := s.writeTx(ctx, func(t *Tx) error {
		if err := t.mayLeadOut(ctx, b.Org); err != nil {
			return err
		}
		var n int
		if err := t.one(ctx, `SELECT count(*) FROM blocklist_sub WHERE org_key = $1 AND url = $2`, []any{int64(b.Org), b.URL}, &n); err != nil || n > 0 {
			if n > 0 {
				err = community.Errorf(community.CodeConflict, "this list is followed already")
			}
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO blocklist_sub (id, org_key, name, url, key, new_key, state, list, version, digest, salt, hashed, later, created, tried, fetched, error, user_id)
VALUES ($1, $2, $3, $4, $5, '', 'on', '', 0, '', '', TRUE, $6, $7, 0, 0, '', $8)`, b.ID[:], int64(b.Org), b.Name, b.URL, b.Key, string(b.Later), b.Created, b.User)
		if err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject = b.Org, "blocklist.subscribe", "blocklist:"+b.ID.String()
		audit.After, _ = json.Marshal(map[string]any{"url": b.URL, "key": b.Key, "later": b.Later}) // plain values
		return t.AddAudit(ctx, audit)
	})
	if err == nil {
		err = s.CountFollowed(ctx)
	}
	return b, err
}

// DropSubscription forgets a list with its entries: its effect ends. Who was found on it stays on record.
func (s *Store) DropSubscription(ctx context.Context, b blocklist.Subscription, audit community.Audit) error {
	err := s.writeTx(ctx, func(t *Tx) error {
		for _, table := range []string{"blocklist_sub WHERE id", "blocklist_entry WHERE sub_id", "blocklist_group WHERE sub_id"} {
			if _, err := t.exec(ctx, `DELETE FROM `+table+` = $1`, b.ID[:]); err != nil {
				return err
			}
		}
		audit.Org, audit.Verb, audit.Subject = b.Org, "blocklist.unsubscribe", "blocklist:"+b.ID.String()
		audit.Before, _ = json.Marshal(map[string]any{"url": b.URL, "version": b.Version}) // plain values
		return t.AddAudit(ctx, audit)
	})
	if err == nil {
		err = s.CountFollowed(ctx)
	}
	return err
}

// Subscriptions lists the lists that an organisation follows; 0 = of all.
func (s *Store) Subscriptions(ctx context.Context, org community.OrgKey) ([]blocklist.Subscription, error) {
	return rows(ctx, s, `SELECT b.id, b.org_key, b.name, b.url, b.key, b.new_key, b.state, b.list, b.version, b.digest, b.salt, b.hashed, b.later, b.created, b.tried, b.fetched, b.error, b.user_id,
 (SELECT count(*) FROM blocklist_entry e WHERE e.sub_id = b.id) FROM blocklist_sub b WHERE b.org_key = $1 OR $1 = 0 ORDER BY b.created, b.id`, []any{int64(org)},
		func(r *sql.Rows, v *blocklist.Subscription) error {
			var id []byte
			err := r.Scan(&id, (*int64)(&v.Org), &v.Name, &v.URL, &v.Key, &v.NewKey, &v.State, &v.List, &v.Version, &v.Digest, &v.Salt, &v.Hashed, &v.Later, &v.Created, &v.Tried, &v.Fetched, &v.Error, &v.User, &v.Entries)
			copy(v.ID[:], id)
			return err
		})
}

// FetchedList keeps what a try to fetch a list came to: with a document its entries take the place of the old ones.
func (s *Store) FetchedList(ctx context.Context, b blocklist.Subscription, d *blocklist.Document) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE blocklist_sub SET tried = $1, fetched = $2, error = $3, state = $4, new_key = $5, list = $6, version = $7, digest = $8, salt = $9, hashed = $10, key = $11 WHERE id = $12`,
			b.Tried, b.Fetched, b.Error, b.State, b.NewKey, b.List, b.Version, b.Digest, b.Salt, b.Hashed, b.Key, b.ID[:])
		if err != nil || d == nil || n == 0 { // unsubscribed meanwhile
			return err
		}
		if _, err := t.exec(ctx, `DELETE FROM blocklist_entry WHERE sub_id = $1`, b.ID[:]); err != nil {
			return err
		}
		for _, e := range d.Entries {
			t.add(`INSERT INTO blocklist_entry (sub_id, id, class, evidence, added, expires) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`, b.ID[:], e.ID, e.Class, e.Evidence, e.Added, e.Expires)
		}
		return nil
	})
}

// TrustKey pins the new key of a list whose key changed.
func (s *Store) TrustKey(ctx context.Context, b blocklist.Subscription, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE blocklist_sub SET key = new_key, new_key = '', state = 'on', error = '' WHERE id = $1 AND new_key = $2 AND new_key <> ''`, b.ID[:], b.NewKey)
		if err == nil && n == 0 {
			err = community.Errorf(community.CodeConflict, "there is no such new key")
		}
		if err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject = b.Org, "blocklist.trust", "blocklist:"+b.ID.String()
		audit.Before, _ = json.Marshal(map[string]string{"key": b.Key})   // plain values
		audit.After, _ = json.Marshal(map[string]string{"key": b.NewKey}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// ListEffects are what was set for groups about a list.
func (s *Store) ListEffects(ctx context.Context, sub community.ID) (map[community.GroupKey]blocklist.Effect, error) {
	type set struct {
		g community.GroupKey
		e blocklist.Effect
	}
	list, err := rows(ctx, s, `SELECT group_key, effect FROM blocklist_group WHERE sub_id = $1`, []any{sub[:]}, func(r *sql.Rows, v *set) error { return r.Scan((*int64)(&v.g), &v.e) })
	out := map[community.GroupKey]blocklist.Effect{}
	for _, v := range list {
		out[v.g] = v.e
	}
	return out, err
}

// SetListEffect sets what a list does in a group.
func (s *Store) SetListEffect(ctx context.Context, b blocklist.Subscription, g community.GroupKey, e blocklist.Effect, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `INSERT INTO blocklist_group (sub_id, group_key, effect) VALUES ($1, $2, $3) ON CONFLICT (sub_id, group_key) DO UPDATE SET effect = excluded.effect`, b.ID[:], int64(g), string(e))
		if err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject = b.Org, "blocklist.set", "blocklist:"+b.ID.String()
		audit.After, _ = json.Marshal(map[string]any{"group": g, "effect": e}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// OnList looks for an account on a list; found false = it is not there.
func (s *Store) OnList(ctx context.Context, sub community.ID, name string) (e blocklist.Entry, found bool, err error) {
	list, err := rows(ctx, s, `SELECT id, class, evidence, added, expires FROM blocklist_entry WHERE sub_id = $1 AND id = $2`, []any{sub[:], name},
		func(r *sql.Rows, v *blocklist.Entry) error {
			return r.Scan(&v.ID, &v.Class, &v.Evidence, &v.Added, &v.Expires)
		})
	if err != nil || len(list) == 0 {
		return e, false, err
	}
	return list[0], true, nil
}

// LetIn says that a member is let in whatever lists say, or (no) takes that back.
func (s *Store) LetIn(ctx context.Context, m community.Member, on bool, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		query, args := `DELETE FROM blocklist_allow WHERE org_key = $1 AND member_key = $2`, []any{int64(m.Org), int64(m.Key)}
		if on {
			query, args = `INSERT INTO blocklist_allow (org_key, member_key, why, user_id, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`, append(args, audit.Reason, audit.User, s.now())
		}
		n, err := t.exec(ctx, query, args...)
		if err == nil && n == 0 {
			err = community.Errorf(community.CodeConflict, "said before")
		}
		if err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject = m.Org, "blocklist.allow", "member:"+m.ID.String()
		audit.After, _ = json.Marshal(map[string]bool{"allow": on}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// IsLetIn says whether a member is let in whatever lists say.
func (s *Store) IsLetIn(ctx context.Context, org community.OrgKey, m community.MemberKey) (bool, error) {
	var n int
	err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM blocklist_allow WHERE org_key = $1 AND member_key = $2`, int64(org), int64(m)).Scan(&n)
	return n > 0, coded(s.dialect, err)
}

// NoteListed notes who was found on a list, once per event.
func (s *Store) NoteListed(ctx context.Context, org community.OrgKey, h blocklist.Hit, event int64) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `INSERT INTO blocklist_hit (sub_id, event, org_key, source, group_key, member_key, class, effect, request, decision, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING`,
			h.Subscription[:], event, int64(org), h.Source, int64(h.Group), int64(h.Member), h.Class, h.Effect, h.Request, h.Decision[:], s.now())
		return err
	})
}

// ListHits lists who was found on lists, the newest first.
func (d *Desk) ListHits(ctx context.Context, page community.Page) ([]blocklist.Hit, int, error) {
	var c clause
	d.in(&c, "g")
	from := `FROM blocklist_hit h JOIN chat_group g ON g.key = h.group_key JOIN member m ON m.key = h.member_key` + c.String()
	total, err := d.count(ctx, from, c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, `SELECT h.sub_id, h.source, h.group_key, g.name, h.member_key, m.id, m.called, h.class, h.effect, h.request, h.decision, h.at `+from+fmt.Sprintf(` ORDER BY h.at DESC, h.event DESC LIMIT %d OFFSET %d`, limitOf(page.Limit), max(page.Offset, 0)), c.args,
		func(r *sql.Rows, v *blocklist.Hit) error {
			var sub, member, decision []byte
			err := r.Scan(&sub, &v.Source, (*int64)(&v.Group), &v.GroupName, (*int64)(&v.Member), &member, &v.MemberName, &v.Class, &v.Effect, &v.Request, &decision, &v.At)
			copy(v.Subscription[:], sub)
			copy(v.MemberID[:], member)
			copy(v.Decision[:], decision)
			return err
		})
	return list, total, err
}
