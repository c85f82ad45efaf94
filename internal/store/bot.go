package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"qunluo/internal/community"
)

const botColumns = `SELECT b.key, b.id, b.org_key, b.name, b.hash, b.scopes, b.all_groups, b.mode, b.url, b.secret, b.enabled, b.created, b.last_used, b.event_cursor FROM bot b`

func scanBot(r *sql.Rows, b *community.Bot) error {
	var id []byte
	var org int64
	var scopes string
	var all bool
	err := r.Scan(&b.Key, &id, &org, &b.Name, &b.Hash, &scopes, &all, &b.Mode, &b.URL, &b.Secret, &b.Enabled, &b.Created, &b.LastUsed, &b.Cursor)
	copy(b.ID[:], id)
	b.Org = community.OrgKey(org)
	for s := range strings.FieldsSeq(scopes) {
		b.Scopes = append(b.Scopes, community.BotScope(s))
	}
	if !all {
		b.Groups = []community.GroupKey{}
	}
	return err
}

// AllBots lists the attached bots of all organisations: for those who keep the connections.
func (s *Store) AllBots(ctx context.Context) ([]community.Bot, error) {
	return s.bots(ctx, botColumns+" ORDER BY b.key")
}

// Bots lists the organisation's attached bots. One that sees a group outside the handle's scope is left out.
func (d *Desk) Bots(ctx context.Context) ([]community.Bot, error) {
	var c clause
	c.and("b.org_key = ?", int64(d.scope.Org))
	if d.scope.Groups != nil {
		c.and("NOT b.all_groups AND NOT EXISTS (SELECT 1 FROM bot_group x WHERE x.bot_key = b.key AND x.group_key NOT IN (" + keyList(d.scope.Groups) + "))")
	}
	return d.s.bots(ctx, botColumns+c.String()+" ORDER BY b.key", c.args...)
}

func (s *Store) bots(ctx context.Context, query string, args ...any) ([]community.Bot, error) {
	list, err := rows(ctx, s, query, args, scanBot)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if b := &list[i]; b.Groups != nil {
			b.Groups, err = rows(ctx, s, `SELECT group_key FROM bot_group WHERE bot_key = $1 ORDER BY group_key`, []any{b.Key},
				func(r *sql.Rows, v *community.GroupKey) error { return r.Scan((*int64)(v)) })
			if err != nil {
				return nil, err
			}
			if b.Groups == nil {
				b.Groups = []community.GroupKey{} // none is not all
			}
		}
	}
	return list, nil
}

// SaveBot makes (Key 0) or changes an attached bot, its token's hash included. CodeConflict: the name is taken. The trail says what it may do and where,
// never its secrets.
func (s *Store) SaveBot(ctx context.Context, b community.Bot, audit community.Audit) (community.Bot, error) {
	err := s.writeTx(ctx, func(t *Tx) error {
		if err := t.mayLeadOut(ctx, b.Org); err != nil {
			return err
		}
		if err := t.saveBot(ctx, &b); err != nil {
			return err
		}
		audit.Org, audit.Subject = b.Org, "bot:"+b.ID.String()
		audit.After, _ = json.Marshal(map[string]any{"name": b.Name, "scopes": b.Scopes, "groups": b.Groups, "mode": b.Mode, "enabled": b.Enabled}) // plain values
		return t.AddAudit(ctx, audit)
	})
	return b, err
}

func (t *Tx) saveBot(ctx context.Context, b *community.Bot) error {
	var other int64
	err := t.one(ctx, `SELECT key FROM bot WHERE org_key = $1 AND name = $2 AND key <> $3`, []any{int64(b.Org), b.Name, b.Key}, &other)
	if err == nil {
		return community.Errorf(community.CodeConflict, "bot %q is there already", b.Name)
	}
	if err != sql.ErrNoRows {
		return err
	}
	scopes := make([]string, len(b.Scopes))
	for i, s := range b.Scopes {
		scopes[i] = string(s)
	}
	values := []any{b.Name, b.Hash, strings.Join(scopes, " "), b.Groups == nil, string(b.Mode), b.URL, b.Secret, b.Enabled}
	query := `UPDATE bot SET name = $1, hash = $2, scopes = $3, all_groups = $4, mode = $5, url = $6, secret = $7, enabled = $8 WHERE key = $9 AND org_key = $10`
	if b.Key == 0 {
		key, err := t.keys(ctx, "bot", 1)
		if err != nil {
			return err
		}
		b.Key, b.ID, b.Created = key, t.store.NewID(), t.store.now()
		query = `INSERT INTO bot (name, hash, scopes, all_groups, mode, url, secret, enabled, key, org_key, id, created, last_used, event_cursor)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, (SELECT n FROM log_head WHERE part = 0))`
		values = append(values, b.Key, int64(b.Org), b.ID[:], b.Created)
	} else {
		values = append(values, b.Key, int64(b.Org))
	}
	n, err := t.exec(ctx, query, values...)
	if err != nil {
		return err
	}
	if n == 0 {
		return community.Errorf(community.CodeNotFound, "bot %d: not found", b.Key)
	}
	return t.botGroups(ctx, b)
}

func (t *Tx) botGroups(ctx context.Context, b *community.Bot) error {
	if _, err := t.exec(ctx, `DELETE FROM bot_group WHERE bot_key = $1`, b.Key); err != nil {
		return err
	}
	for _, g := range b.Groups {
		n, err := t.exec(ctx, `INSERT INTO bot_group (bot_key, group_key) SELECT CAST($1 AS BIGINT), key FROM chat_group WHERE key = $2 AND org_key = $3`, b.Key, int64(g), int64(b.Org))
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeNotFound, "group %d: not found", g)
		}
	}
	return nil
}

// DeleteBot forgets an attached bot and its token; what it did stays.
func (s *Store) DeleteBot(ctx context.Context, org community.OrgKey, id community.ID, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		var key int64
		err := t.one(ctx, `SELECT key FROM bot WHERE id = $1 AND org_key = $2`, []any{id[:], int64(org)}, &key)
		if err != nil {
			return missing(err, "bot %s", id)
		}
		for _, q := range []string{`DELETE FROM bot_group WHERE bot_key = $1`, `DELETE FROM bot WHERE key = $1`} {
			if _, err := t.exec(ctx, q, key); err != nil {
				return err
			}
		}
		audit.Org, audit.Subject = org, "bot:"+id.String()
		return t.AddAudit(ctx, audit)
	})
}

// BotUsed notes when a bot was last heard of (UTC ms) and, where it is not 0, how far it was told what happened.
func (s *Store) BotUsed(ctx context.Context, key, at, cursor int64) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `UPDATE bot SET last_used = $1, event_cursor = CASE WHEN $2 > event_cursor THEN $2 ELSE event_cursor END WHERE key = $3`, at, cursor, key)
		return err
	})
}

// LogHead is the number of the last event.
func (s *Store) LogHead(ctx context.Context) (n int64, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT n FROM log_head WHERE part = 0`).Scan(&n)
	return n, coded(s.dialect, err)
}

// botSees is the condition for events of a bot's groups; $1 is its organisation.
func botSees(b *community.Bot) string {
	where := `group_key IN (SELECT key FROM chat_group WHERE org_key = $1 AND NOT desk)`
	if b.Groups != nil {
		where += " AND group_key IN (" + keyList(b.Groups) + ")"
	}
	return where
}

// BotGroups lists a bot's groups with how many are in them; desks are none.
func (s *Store) BotGroups(ctx context.Context, b *community.Bot) ([]community.GroupRow, error) {
	return rows(ctx, s, `SELECT g.key, g.id, g.name, g.platform, g.frozen, coalesce(v.members, 0) FROM chat_group g LEFT JOIN views.group_fact v ON v.group_key = g.key
WHERE g.key IN (SELECT key FROM chat_group WHERE `+strings.ReplaceAll(botSees(b), "group_key IN", "key IN")+`) ORDER BY g.key`, []any{int64(b.Org)},
		func(r *sql.Rows, v *community.GroupRow) error {
			var id []byte
			err := r.Scan((*int64)(&v.Key), &id, &v.Name, &v.Platform, &v.Frozen, &v.Members)
			copy(v.ID[:], id)
			return err
		})
}

// BotEvents reads what happened live in a bot's groups, numbers in (after, until], at most limit, oldest first.
func (s *Store) BotEvents(ctx context.Context, b *community.Bot, after, until int64, limit int) ([]community.Event, error) {
	query := fmt.Sprintf(`SELECT %s FROM event WHERE %s AND number > $2 AND number <= $3 AND origin <> 1 ORDER BY number LIMIT %d`, eventColumns, botSees(b), limit)
	return rows(ctx, s, query, []any{int64(b.Org), after, until}, scanEvent)
}

// BotEvent gives one event of a bot's groups; CodeNotFound.
func (s *Store) BotEvent(ctx context.Context, b *community.Bot, number int64) (community.Event, error) {
	list, err := rows(ctx, s, `SELECT `+eventColumns+` FROM event WHERE `+botSees(b)+` AND number = $2`, []any{int64(b.Org), number}, scanEvent)
	return oneOf(list, err, "event", number)
}

// NumberOf finds an event of an account by the source's own id; 0 = not on record.
func (s *Store) NumberOf(ctx context.Context, g community.GroupKey, a community.AccountKey, typ community.Type, key string) (n int64, err error) {
	d := Draft{Event: community.Event{Type: typ, Account: a, Group: g}, Key: key}
	dedup := d.dedupKey(0)
	err = s.read.QueryRowContext(ctx, `SELECT number FROM event WHERE account_key = $1 AND dedup = $2`, int64(a), dedup[:]).Scan(&n)
	if err == sql.ErrNoRows {
		return 0, nil
	}
	return n, coded(s.dialect, err)
}

// MemberKeyOf finds a member by what the group's platform calls them; 0 = not known.
func (s *Store) MemberKeyOf(ctx context.Context, org community.OrgKey, p community.Platform, external string) (key community.MemberKey, err error) {
	err = s.read.QueryRowContext(ctx, findAlias, int64(org), "member", string(p), "", external).Scan((*int64)(&key))
	if err == sql.ErrNoRows {
		return 0, nil
	}
	return key, coded(s.dialect, err)
}

// SentAs finds the event that decided a send, by the platform's id of what was sent, among those made after since (UTC
// ms); 0 = none.
func (s *Store) SentAs(ctx context.Context, g community.GroupKey, message string, since int64) (int64, error) {
	list, err := rows(ctx, s, fateOf+` WHERE a.group_key = $1 AND a.created > $2 AND a.verb = 'message.send' AND a.message = $3`, []any{int64(g), since, message}, scanFate)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	return list[0].Event, nil
}

// ActionFate is how an action stands.
type ActionFate struct {
	ID      community.ID
	Event   int64 // the number of the event that was decided about
	State   community.State
	Code    community.Code
	Detail  string
	Message string // the platform's id of what was sent
}

const fateOf = `SELECT a.id, d.event_number, a.state, a.code, a.detail, a.message FROM action a JOIN decision d ON d.id = a.decision_id`

func scanFate(r *sql.Rows, f *ActionFate) error {
	var id []byte
	err := r.Scan(&id, &f.Event, &f.State, &f.Code, &f.Detail, &f.Message)
	copy(f.ID[:], id)
	return err
}

// Fate says how an action stands.
func (s *Store) Fate(ctx context.Context, id community.ID) (ActionFate, error) {
	list, err := rows(ctx, s, fateOf+` WHERE a.id = $1`, []any{id[:]}, scanFate)
	return oneOf(list, err, "action", id)
}

// FatesOf says how the actions stand that were decided about an event.
func (s *Store) FatesOf(ctx context.Context, event int64) ([]ActionFate, error) {
	return rows(ctx, s, fateOf+` WHERE d.event_number = $1 ORDER BY a.created, a.id`, []any{event}, scanFate)
}

// Serving lists the accounts that serve a group, the listening one first.
func (s *Store) Serving(ctx context.Context, g community.GroupKey) ([]community.AccountKey, error) {
	return rows(ctx, s, `SELECT ga.account_key FROM group_account ga JOIN account a ON a.key = ga.account_key
WHERE ga.group_key = $1 ORDER BY a.enabled DESC, ga.since, ga.account_key`, []any{int64(g)},
		func(r *sql.Rows, v *community.AccountKey) error { return r.Scan((*int64)(v)) })
}
