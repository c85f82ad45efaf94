package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/tag"
)

// SaveCode makes (Key 0) or changes a code, with its audit row; the slug of a new one is drawn here and never changes.
// community.CodeConflict: another living code has the mark.
func (s *Store) SaveCode(ctx context.Context, c admit.Code, audit community.Audit) (admit.Code, error) {
	if err := c.Check(); err != nil {
		return c, err
	}
	err := s.writeTx(ctx, func(t *Tx) error {
		if err := t.freeState(ctx, c); err != nil {
			return err
		}
		var before json.RawMessage
		var err error
		if c.Key == 0 {
			err = t.addCode(ctx, &c)
		} else {
			before, err = t.changeCode(ctx, &c, audit.User)
		}
		if err != nil {
			return err
		}
		return t.auditCode(ctx, c, audit, before, codeFacts(c))
	})
	return c, err
}

func (t *Tx) freeState(ctx context.Context, c admit.Code) error {
	if c.State == "" {
		return nil
	}
	var n int
	err := t.one(ctx, `SELECT count(*) FROM code WHERE org_key = $1 AND state = $2 AND closed = 0 AND key <> $3`, []any{int64(c.Org), c.State, c.Key}, &n)
	if err == nil && n > 0 {
		err = community.Errorf(community.CodeConflict, "state: another code has the mark %q", c.State)
	}
	return err
}

func (t *Tx) addCode(ctx context.Context, c *admit.Code) error {
	key, err := t.keys(ctx, "code", 1)
	if err != nil {
		return err
	}
	c.Key, c.ID, c.Created = key, t.store.NewID(), t.store.now()
	c.Slug = strings.ToLower(rand.Text()[:10]) // 50 bits: found only by who was given it
	tags, err := json.Marshal(orEmpty(c.Tags))
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO code (key, id, org_key, kind, slug, name, line, state, tags, welcome, overflow, base, created, by_user, closed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0)`, c.Key, c.ID[:], int64(c.Org), c.Kind, c.Slug, c.Name, c.Line, c.State,
		string(tags), c.Welcome, c.Overflow, c.Base, c.Created, c.By)
	return err
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// changeCode writes what may change, and keeps what stood before; kind, slug and making stay.
func (t *Tx) changeCode(ctx context.Context, c *admit.Code, user string) (before json.RawMessage, err error) {
	var old admit.Code
	var tags []byte
	err = t.one(ctx, `SELECT name, line, state, tags, welcome, overflow, base FROM code WHERE key = $1 AND org_key = $2`, []any{c.Key, int64(c.Org)},
		&old.Name, &old.Line, &old.State, &tags, &old.Welcome, &old.Overflow, &old.Base)
	if err != nil {
		return nil, missing(err, "code %s", c.ID)
	}
	if err = json.Unmarshal(tags, &old.Tags); err != nil {
		return nil, err
	}
	now, err := json.Marshal(orEmpty(c.Tags))
	if err != nil {
		return nil, err
	}
	if c.Change, err = t.keepPast(ctx, change{org: c.Org, subject: "code:" + c.ID.String(), what: c.Name, before: old, user: user}, 0); err != nil {
		return nil, err
	}
	_, err = t.exec(ctx, `UPDATE code SET name = $1, line = $2, state = $3, tags = $4, welcome = $5, overflow = $6, base = $7 WHERE key = $8`,
		c.Name, c.Line, c.State, string(now), c.Welcome, c.Overflow, c.Base, c.Key)
	return codeFacts(old), err
}

func codeFacts(c admit.Code) json.RawMessage {
	raw, _ := json.Marshal(map[string]any{"name": c.Name, "line": c.Line, "state": c.State, "tags": c.Tags, "welcome": c.Welcome, "overflow": c.Overflow, "base": c.Base}) // plain values
	return raw
}

func (t *Tx) auditCode(ctx context.Context, c admit.Code, audit community.Audit, before, after json.RawMessage) error {
	audit.Org, audit.Subject, audit.Before, audit.After = c.Org, "code:"+c.ID.String(), before, after
	return t.AddAudit(ctx, audit)
}

// AddEntry puts a picture or a link at the end of a code's entries. picture (JPEG) is kept once under its hash.
func (s *Store) AddEntry(ctx context.Context, c admit.Code, e admit.Entry, picture []byte, audit community.Audit) (admit.Entry, error) {
	if err := e.Check(s.now()); err != nil {
		return e, err
	}
	err := s.writeTx(ctx, func(t *Tx) error {
		var n, last int64
		if err := t.one(ctx, `SELECT count(*), coalesce(max(place), 0) FROM code_entry WHERE code_key = $1`, []any{c.Key}, &n, &last); err != nil {
			return err
		}
		if n >= admit.MaxEntries {
			return community.Errorf(community.CodeTooLarge, "code %s: has %d entries", c.ID, n)
		}
		if len(picture) > 0 {
			var err error
			if e.Picture, err = t.keepPicture(ctx, picture); err != nil {
				return err
			}
		}
		key, err := t.keys(ctx, "code_entry", 1)
		if err != nil {
			return err
		}
		e.Key, e.ID, e.Code, e.Created, e.Scans, e.Removed = key, s.NewID(), c.Key, s.now(), 0, 0
		_, err = t.exec(ctx, `INSERT INTO code_entry (key, id, code_key, place, group_key, link, picture, expires, most, scans, created, removed, action_id, task_id, warned)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, 0, $11, NULL, 0)`, e.Key, e.ID[:], c.Key, last+1, int64(e.Group), e.Link, e.Picture, e.Expires, e.Most, e.Created, idOrNull(e.Action))
		if err != nil {
			return err
		}
		return t.auditCode(ctx, c, audit, nil, entryFacts(e))
	})
	return e, err
}

// keepPicture keeps a picture (JPEG) once and gives its hash.
func (t *Tx) keepPicture(ctx context.Context, picture []byte) (string, error) {
	sum := sha256.Sum256(picture)
	hash := hex.EncodeToString(sum[:])
	_, err := t.exec(ctx, `INSERT INTO picture (hash, kind, body, created) VALUES ($1, 'image/jpeg', $2, $3) ON CONFLICT (hash) DO NOTHING`, hash, picture, t.store.now())
	return hash, err
}

func idOrNull(id community.ID) any {
	if id.IsZero() {
		return nil
	}
	return id[:]
}

func entryFacts(e admit.Entry) json.RawMessage {
	raw, _ := json.Marshal(map[string]any{"entry": e.ID, "group": e.Group, "link": e.Link, "picture": e.Picture, "expires": e.Expires, "most": e.Most}) // plain values
	return raw
}

// RemoveEntry takes an entry out; its scans stay counted.
func (s *Store) RemoveEntry(ctx context.Context, c admit.Code, e admit.Entry, audit community.Audit) error {
	return s.onEntry(ctx, c, e, audit, `UPDATE code_entry SET removed = $1 WHERE key = $2 AND removed = 0`, s.now(), e.Key)
}

// LastEntry puts an entry behind the others, so that the next one is shown.
func (s *Store) LastEntry(ctx context.Context, c admit.Code, e admit.Entry, audit community.Audit) error {
	return s.onEntry(ctx, c, e, audit, `UPDATE code_entry SET place = (SELECT max(o.place) + 1 FROM code_entry o WHERE o.code_key = code_entry.code_key) WHERE key = $1`, e.Key)
}

func (s *Store) onEntry(ctx context.Context, c admit.Code, e admit.Entry, audit community.Audit, query string, args ...any) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, query, args...)
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeConflict, "entry %s: taken out before", e.ID)
		}
		return t.auditCode(ctx, c, audit, entryFacts(e), nil)
	})
}

// CloseCode ends a code: its address says so, its mark is free again.
func (s *Store) CloseCode(ctx context.Context, c admit.Code, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE code SET closed = $1 WHERE key = $2 AND closed = 0`, s.now(), c.Key)
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeConflict, "code %s: closed before", c.ID)
		}
		return t.auditCode(ctx, c, audit, codeFacts(c), nil)
	})
}

// EntryOrdered notes which order asks the platform for an entry's code.
func (s *Store) EntryOrdered(ctx context.Context, entry int64, action community.ID) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `UPDATE code_entry SET action_id = $1 WHERE key = $2`, idOrNull(action), entry)
		return err
	})
}

// EntryAsked notes that a person was asked about an entry; a zero task means that nothing waits any more.
func (s *Store) EntryAsked(ctx context.Context, entry int64, task community.ID, at int64) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `UPDATE code_entry SET task_id = $1, warned = $2 WHERE key = $3`, idOrNull(task), at, entry)
		return err
	})
}

// AskAgain counts that an open task was asked for once more.
func (s *Store) AskAgain(ctx context.Context, task community.ID) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `UPDATE task SET evidence = evidence + 1 WHERE id = $1 AND state IN ('open', 'claimed')`, task[:])
		return err
	})
}

// InviteMade keeps what a platform made by an order; the entry that names the order shows it. Once kept it stays.
func (t *Tx) InviteMade(ctx context.Context, action community.ID, made community.InviteMade) error {
	if !admit.GoodLink(made.URL) {
		made.URL = "" // nothing that a page may offer
	}
	n, err := t.exec(ctx, `INSERT INTO invite_made (action_id, url, image, expires) VALUES ($1, $2, $3, $4) ON CONFLICT (action_id) DO NOTHING`,
		action[:], made.URL, made.Image, made.Expires)
	if err == nil && n == 1 && made.URL == "" && made.Image != "" {
		t.Enqueue(Job{Kind: JobPicture, Key: action.String()})
	}
	return err
}

// JobPicture is the kind of job that fetches the picture of a code that a platform made; its key is the order's action.
const JobPicture = "code-picture"

// InviteImage gives the address of the picture that a platform made by an order; "" when it is fetched already.
func (s *Store) InviteImage(ctx context.Context, action community.ID) (image string, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT CASE WHEN picture = '' THEN image ELSE '' END FROM invite_made WHERE action_id = $1`, action[:]).Scan(&image)
	return image, missing(coded(s.dialect, err), "code made by %s", action)
}

// KeepInvitePicture keeps the picture (JPEG) of a code that a platform made, once under its hash: entries that name the
// order show it.
func (s *Store) KeepInvitePicture(ctx context.Context, action community.ID, picture []byte) error {
	return s.writeTx(ctx, func(t *Tx) error {
		hash, err := t.keepPicture(ctx, picture)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `UPDATE invite_made SET picture = $1 WHERE action_id = $2`, hash, action[:])
		return err
	})
}

// SetCap says how many a group holds and how early a person is asked, with its audit row and what stood before. It gives the number of the
// change.
func (s *Store) SetCap(ctx context.Context, org community.OrgKey, g community.GroupKey, was, rule admit.CapRule, audit community.Audit) (n int, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		what := fmt.Sprintf("%d/%d → %d/%d", was.Most, was.Lead, rule.Most, rule.Lead)
		if n, err = t.keepPast(ctx, change{org: org, subject: fmt.Sprintf("cap:%d", g), group: g, what: what, before: was, user: audit.User}, 0); err != nil {
			return err
		}
		if err := t.capRule(ctx, g, rule); err != nil {
			return err
		}
		audit.Org, audit.Subject = org, fmt.Sprintf("group:%d", g)
		audit.Before, _ = json.Marshal(map[string]int64{"most": was.Most, "lead": was.Lead})
		audit.After, _ = json.Marshal(map[string]int64{"most": rule.Most, "lead": rule.Lead})
		return t.AddAudit(ctx, audit)
	})
	return n, err
}

func (t *Tx) capRule(ctx context.Context, g community.GroupKey, rule admit.CapRule) error {
	_, err := t.exec(ctx, `INSERT INTO group_cap (group_key, most, lead, task_id, warned) VALUES ($1, $2, $3, NULL, 0)
ON CONFLICT (group_key) DO UPDATE SET most = excluded.most, lead = excluded.lead`, int64(g), rule.Most, rule.Lead)
	return err
}

// CapAsked notes that a person was asked to open the next group; a zero task means that nothing waits any more.
func (s *Store) CapAsked(ctx context.Context, g community.GroupKey, task community.ID, at int64) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `INSERT INTO group_cap (group_key, most, lead, task_id, warned) VALUES ($1, 0, 0, $2, $3)
ON CONFLICT (group_key) DO UPDATE SET task_id = excluded.task_id, warned = excluded.warned`, int64(g), idOrNull(task), at)
		return err
	})
}

// CodeGreets reports whether an open code of a group's organisation greets by itself whoever comes with its mark.
func (s *Store) CodeGreets(ctx context.Context, g community.GroupKey, state string) (bool, error) {
	if state == "" {
		return false, nil
	}
	var n int
	err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM code c JOIN chat_group g ON g.org_key = c.org_key WHERE g.key = $1 AND c.state = $2 AND c.closed = 0 AND c.welcome <> ''`, int64(g), state).Scan(&n)
	return n > 0, coded(s.dialect, err)
}

// SeeComer notes that somebody who came by a code is seen to now, and gives them the code's tags. False: that was done.
func (s *Store) SeeComer(ctx context.Context, c admit.Code, who admit.Comer) (fresh bool, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `INSERT INTO code_comer (code_key, member_key, group_key, joined_at, seen) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
			c.Key, int64(who.Member), int64(who.Group), who.JoinedAt, s.now())
		if fresh = n == 1; err != nil || !fresh {
			return err
		}
		for _, given := range c.Tags {
			name, err := t.tagNow(ctx, c.Org, tag.Person, given)
			if err != nil {
				return err
			}
			if _, err := t.exec(ctx, `INSERT INTO member_tag (member_key, tag, source, created) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
				int64(who.Member), name, "code:"+c.ID.String(), s.now()); err != nil {
				return err
			}
		}
		return nil
	})
	return fresh, err
}
