package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"
	"time"

	"qunluo/internal/community"
)

const userColumns = `key, id, org_key, login, name, role, hash, lang, enabled, created, reach`

func scanUser(row interface{ Scan(...any) error }) (community.User, error) {
	var u community.User
	var id []byte
	var org int64
	err := row.Scan(&u.Key, &id, &org, &u.Login, &u.Name, &u.Role, &u.Hash, &u.Lang, &u.Enabled, &u.Created, &u.Reach)
	copy(u.ID[:], id)
	u.Org = community.OrgKey(org)
	return u, err
}

// UserByLogin finds a person by login, compared without case; community.CodeNotFound when there is none.
func (s *Store) UserByLogin(ctx context.Context, login string) (community.User, error) {
	u, err := scanUser(s.read.QueryRowContext(ctx, `SELECT `+userColumns+` FROM console_user WHERE login = $1`, strings.ToLower(login)))
	if err != nil {
		return u, missing(coded(s.dialect, err), "user %q", login)
	}
	u.Groups, err = s.userGroups(ctx, u)
	return u, err
}

// UserByID finds a person; community.CodeNotFound when there is none.
func (s *Store) UserByID(ctx context.Context, id community.ID) (community.User, error) {
	u, err := scanUser(s.read.QueryRowContext(ctx, `SELECT `+userColumns+` FROM console_user WHERE id = $1`, id[:]))
	if err != nil {
		return u, missing(coded(s.dialect, err), "user %s", id)
	}
	u.Groups, err = s.userGroups(ctx, u)
	return u, err
}

// Users lists an organisation's people by login; org 0 = of all organisations.
func (s *Store) Users(ctx context.Context, org community.OrgKey) ([]community.User, error) {
	list, err := rows(ctx, s, `SELECT `+userColumns+` FROM console_user WHERE org_key = $1 OR $2 = 1 ORDER BY login`, []any{int64(org), flag(org == 0)},
		func(r *sql.Rows, u *community.User) (err error) { *u, err = scanUser(r); return err })
	for i := range list {
		if err == nil {
			list[i].Groups, err = s.userGroups(ctx, list[i])
		}
	}
	return list, err
}

// reachGroups is the reach of people who see the groups that were named for them.
const reachGroups = "groups"

// userGroups reads the groups that were named for a person, in order; none for those who see otherwise.
func (s *Store) userGroups(ctx context.Context, u community.User) ([]community.GroupKey, error) {
	if u.Reach != reachGroups {
		return nil, nil
	}
	return rows(ctx, s, `SELECT group_key FROM user_group WHERE user_key = $1 ORDER BY group_key`, []any{u.Key}, scanGroupKey)
}

func scanGroupKey(r *sql.Rows, g *community.GroupKey) error {
	var key int64
	err := r.Scan(&key)
	*g = community.GroupKey(key)
	return err
}

// KeptBy lists the groups that a person looks after, by key.
func (s *Store) KeptBy(ctx context.Context, u community.User) ([]community.GroupKey, error) {
	return rows(ctx, s, `SELECT key FROM chat_group WHERE org_key = $1 AND keeper = $2 ORDER BY key`, []any{int64(u.Org), u.ID.String()}, scanGroupKey)
}

// NoteRefusal puts on record that a person was refused a page or a change (what), and why.
func (s *Store) NoteRefusal(ctx context.Context, u community.User, what, why string) error {
	return s.writeTx(ctx, func(t *Tx) error {
		return t.AddAudit(ctx, community.Audit{Org: u.Org, User: u.ID.String(), Verb: "access.refuse", Subject: "route:" + what, Reason: why})
	})
}

// SaveUser makes (Key 0) or changes a person. community.CodeConflict: the login is taken, or the organisation would be
// without an enabled owner.
func (s *Store) SaveUser(ctx context.Context, by string, u community.User, reason string) (community.User, error) {
	err := s.writeTx(ctx, func(t *Tx) error {
		before, err := t.userBefore(ctx, u.Key)
		if err != nil {
			return err
		}
		if err := t.saveUser(ctx, &u); err != nil {
			return err
		}
		var owners int
		if err := t.one(ctx, `SELECT count(*) FROM console_user WHERE org_key = $1 AND role = 'owner' AND enabled`, []any{int64(u.Org)}, &owners); err != nil {
			return err
		}
		if owners == 0 {
			return community.Errorf(community.CodeConflict, "the organisation needs an enabled owner")
		}
		return t.AddAudit(ctx, community.Audit{Org: u.Org, User: by, Verb: "user.save", Subject: "user:" + u.ID.String(), Reason: reason,
			Before: before, After: userFacts(u)})
	})
	return u, err
}

func (t *Tx) userBefore(ctx context.Context, key int64) (json.RawMessage, error) {
	if key == 0 {
		return nil, nil
	}
	stmt, err := t.prepared(ctx, `SELECT `+userColumns+` FROM console_user WHERE key = $1`)
	if err != nil {
		return nil, err
	}
	u, err := scanUser(stmt.QueryRowContext(ctx, key))
	if err != nil {
		return nil, missing(err, "user %d", key)
	}
	if u.Groups, err = t.userGroups(ctx, u); err != nil {
		return nil, err
	}
	return userFacts(u), nil
}

// userFacts is what the audit trail keeps of a person: no password, in no form.
func userFacts(u community.User) json.RawMessage {
	facts := map[string]any{"login": u.Login, "name": u.Name, "role": u.Role, "enabled": u.Enabled, "scope": u.Reach}
	if u.Reach == reachGroups {
		facts["groups"] = u.Groups
	}
	raw, _ := json.Marshal(facts) // plain values always marshal
	return raw
}

func (t *Tx) saveUser(ctx context.Context, u *community.User) error {
	u.Login = strings.ToLower(strings.TrimSpace(u.Login))
	if u.Login == "" {
		return community.Errorf(community.CodeBadInput, "login: empty")
	}
	if u.Reach == "" {
		u.Reach = "org"
	}
	if u.Reach != reachGroups {
		u.Groups = nil
	}
	var other int64
	err := t.one(ctx, `SELECT key FROM console_user WHERE login = $1 AND key <> $2`, []any{u.Login, u.Key}, &other)
	if err == nil {
		return community.Errorf(community.CodeConflict, "login %q is taken", u.Login)
	}
	if err != sql.ErrNoRows {
		return err
	}
	if u.Key != 0 {
		if err := t.dropDevices(ctx, *u); err != nil {
			return err
		}
		if err := t.dropSignIns(ctx, *u); err != nil {
			return err
		}
		n, err := t.exec(ctx, `UPDATE console_user SET login = $1, name = $2, role = $3, hash = $4, lang = $5, enabled = $6, reach = $7 WHERE key = $8 AND org_key = $9`,
			u.Login, u.Name, u.Role, u.Hash, u.Lang, u.Enabled, u.Reach, u.Key, int64(u.Org))
		if err == nil && n == 0 {
			return community.Errorf(community.CodeNotFound, "user %d: not found", u.Key)
		}
		if err != nil {
			return err
		}
		return t.nameGroups(ctx, *u)
	}
	if u.Key, err = t.keys(ctx, "user", 1); err != nil {
		return err
	}
	u.ID, u.Created = t.store.NewID(), t.store.now()
	_, err = t.exec(ctx, `INSERT INTO console_user (key, id, org_key, login, name, role, hash, lang, enabled, created, reach)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, u.Key, u.ID[:], int64(u.Org), u.Login, u.Name, u.Role, u.Hash, u.Lang, u.Enabled, u.Created, u.Reach)
	if err != nil {
		return err
	}
	return t.nameGroups(ctx, *u)
}

// userGroups is Store.userGroups within a transaction.
func (t *Tx) userGroups(ctx context.Context, u community.User) (out []community.GroupKey, err error) {
	if u.Reach != reachGroups {
		return nil, nil
	}
	r, err := t.query(ctx, `SELECT group_key FROM user_group WHERE user_key = $1 ORDER BY group_key`, u.Key)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for r.Next() {
		var g community.GroupKey
		if err := scanGroupKey(r, &g); err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, r.Err()
}

// nameGroups writes the groups that a person sees; community.CodeBadInput names one of another organisation.
func (t *Tx) nameGroups(ctx context.Context, u community.User) error {
	if _, err := t.exec(ctx, `DELETE FROM user_group WHERE user_key = $1`, u.Key); err != nil {
		return err
	}
	for _, g := range u.Groups {
		n, err := t.exec(ctx, `INSERT INTO user_group (user_key, group_key) SELECT $1, key FROM chat_group WHERE key = $2 AND org_key = $3
ON CONFLICT (user_key, group_key) DO NOTHING`, u.Key, int64(g), int64(u.Org))
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeBadInput, "group %d: not one of this organisation, or named twice", g)
		}
	}
	return nil
}

// dropDevices ends the ways in of a person who has a new password or may no longer sign in.
func (t *Tx) dropDevices(ctx context.Context, u community.User) error {
	_, err := t.exec(ctx, `UPDATE pass SET spent = $1 WHERE user_id = $2 AND spent = 0 AND ($3 = 0 OR EXISTS (SELECT 1 FROM console_user WHERE key = $4 AND hash <> $5))`,
		t.store.now(), u.ID.String(), flag(u.Enabled), u.Key, u.Hash)
	return err
}

// NeedsSetup says that nobody can sign in yet.
func (s *Store) NeedsSetup(ctx context.Context) (bool, error) {
	var n int
	err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM console_user WHERE enabled AND role = 'owner'`).Scan(&n)
	return n == 0, coded(s.dialect, err)
}

// setupTTL is how long a set-up token lives, in milliseconds.
const setupTTL = 15 * 60 * 1000

const setupSetting = "setup_token"

type setupToken struct {
	Hash    string `json:"hash"`
	Expires int64  `json:"expires"`
}

// AddSetup keeps the hash of a new set-up token, good for 15 minutes; it replaces the one before.
func (s *Store) AddSetup(ctx context.Context, hash string) error {
	return s.PutSetting(ctx, 0, setupSetting, setupToken{hash, s.now() + setupTTL}, community.Audit{User: "cli", Verb: "setup.token"})
}

// SetupValid says whether a set-up token is known, unspent and not expired at now (UTC ms).
func (s *Store) SetupValid(ctx context.Context, hash string, now int64) (bool, error) {
	var tok setupToken
	found, err := s.Setting(ctx, 0, setupSetting, &tok)
	return found && tok.Hash != "" && tok.Hash == hash && now < tok.Expires, err
}

// Setup spends the token and makes the owner, with the organisation when there is none; a login that exists gets the new
// password and the role of owner. A login with a second factor in use is taken over only by whoever proved it: the link stands in for
// a lost password, not for both. community.CodeForbidden: the token is not valid. community.CodeConflict: the second factor was not
// proved; the token is not spent.
func (s *Store) Setup(ctx context.Context, hash string, now int64, org string, owner community.User, proved bool) (community.User, error) {
	err := s.writeTx(ctx, func(t *Tx) error {
		var tok setupToken
		found, err := t.setting(ctx, 0, setupSetting, &tok)
		if err != nil {
			return err
		}
		if !found || tok.Hash == "" || tok.Hash != hash || now >= tok.Expires {
			return community.Errorf(community.CodeForbidden, "set-up token is not valid")
		}
		if err := t.putSetting(ctx, 0, setupSetting, setupToken{}); err != nil {
			return err
		}
		if owner.Org, err = t.firstOrg(ctx, org); err != nil {
			return err
		}
		if err := t.takeOver(ctx, &owner, proved); err != nil {
			return err
		}
		return t.AddAudit(ctx, community.Audit{Org: owner.Org, User: owner.ID.String(), Verb: "setup", Subject: "user:" + owner.ID.String(), After: userFacts(owner)})
	})
	return owner, err
}

// takeOver saves the owner; an existing login is taken over.
func (t *Tx) takeOver(ctx context.Context, owner *community.User, proved bool) error {
	owner.Role, owner.Enabled = "owner", true
	var id []byte
	var org int64
	err := t.one(ctx, `SELECT key, id, org_key FROM console_user WHERE login = $1`, []any{strings.ToLower(strings.TrimSpace(owner.Login))}, &owner.Key, &id, &org)
	if err != nil && err != sql.ErrNoRows {
		return err
	}
	if err == nil {
		copy(owner.ID[:], id)
		owner.Org = community.OrgKey(org)
		var on int
		if err := t.one(ctx, `SELECT count(*) FROM user_factor WHERE user_key = $1 AND confirmed > 0`, []any{owner.Key}, &on); err != nil {
			return err
		}
		if on > 0 && !proved {
			return community.Errorf(community.CodeConflict, "user %s has a second factor, which was not proved", owner.ID)
		}
	}
	return t.saveUser(ctx, owner)
}

// firstOrg finds the installation's own organisation or makes it.
func (t *Tx) firstOrg(ctx context.Context, name string) (community.OrgKey, error) {
	var key int64
	err := t.one(ctx, `SELECT key FROM org WHERE NOT demo ORDER BY key LIMIT 1`, nil, &key)
	if err != sql.ErrNoRows {
		return community.OrgKey(key), err
	}
	return t.addOrg(ctx, name, false)
}

func (t *Tx) addOrg(ctx context.Context, name string, demo bool) (community.OrgKey, error) {
	key, err := t.keys(ctx, "org", 1)
	if err != nil {
		return 0, err
	}
	id := t.store.NewID()
	if name == "" {
		name = "群落"
	}
	_, err = t.exec(ctx, `INSERT INTO org (key, id, name, demo, created) VALUES ($1, $2, $3, $4, $5)`, key, id[:], name, demo, t.store.now())
	return community.OrgKey(key), err
}

// Org finds the installation's own organisation (or the demo one) by being first of its kind, making it when there is none.
func (s *Store) Org(ctx context.Context, name string, demo bool) (key community.OrgKey, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		if !demo {
			key, err = t.firstOrg(ctx, name)
			return err
		}
		var n int64
		if err = t.one(ctx, `SELECT key FROM org WHERE demo ORDER BY key LIMIT 1`, nil, &n); err == sql.ErrNoRows {
			key, err = t.addOrg(ctx, name, true)
			return err
		}
		key = community.OrgKey(n)
		return err
	})
	return key, err
}

// Find gives the data of a session that has not expired. key is the hash of its token.
func (s *Store) Find(ctx context.Context, key string) (data []byte, found bool, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT data FROM session WHERE token = $1 AND expires > $2`, key, s.now()).Scan(&data)
	if err == sql.ErrNoRows {
		return nil, false, nil
	}
	return data, err == nil, coded(s.dialect, err)
}

// Commit keeps a session's data until it expires, and clears away those that have.
func (s *Store) Commit(ctx context.Context, key string, data []byte, expires time.Time) error {
	return s.writeTx(ctx, func(t *Tx) error {
		if _, err := t.exec(ctx, `DELETE FROM session WHERE expires <= $1`, s.now()); err != nil {
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO session (token, data, expires) VALUES ($1, $2, $3)
ON CONFLICT (token) DO UPDATE SET data = excluded.data, expires = excluded.expires`, key, data, expires.UnixMilli())
		return err
	})
}

// Delete ends a session; it is silent about one that is not there.
func (s *Store) Delete(ctx context.Context, key string) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `DELETE FROM session WHERE token = $1`, key)
		return err
	})
}
