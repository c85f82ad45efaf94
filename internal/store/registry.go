package store

import (
	"context"
	"database/sql"
	"strconv"

	"qunluo/internal/community"
)

// Registry leads from platforms' ids to our keys. It is a cache over alias, one belt owns it and
// resets it when a transaction fails. Groups and members that are new get their rows in the transaction that first sees them.
type Registry struct {
	members  map[circle]map[string]community.MemberKey // by the platform's id
	known    int                                       // how many members are remembered
	groups   map[groupRef]community.GroupKey
	served   map[serving]bool
	accounts map[community.AccountKey]accountRef
	marks    map[community.MemberKey]community.Role // who is marked; nil = not read
	told     map[telling]community.Role             // which groups' logs hold the mark
}

type accountRef struct {
	org      community.OrgKey
	platform community.Platform
}

// circle is where an external id names one member.
type circle struct {
	org      community.OrgKey
	platform community.Platform
	realm    community.GroupKey // for people known by name only
}

type groupRef struct {
	org      community.OrgKey
	platform community.Platform
	external string
	desk     bool
}

type serving struct {
	group   community.GroupKey
	account community.AccountKey
}

// maxCached bounds the registry; beyond it everything is forgotten and read again.
const maxCached = 500_000

// NewRegistry makes an empty registry.
func NewRegistry() *Registry {
	r := &Registry{}
	r.Reset()
	return r
}

// Reset forgets everything.
func (r *Registry) Reset() {
	*r = Registry{
		members: map[circle]map[string]community.MemberKey{}, groups: map[groupRef]community.GroupKey{},
		served: map[serving]bool{}, accounts: map[community.AccountKey]accountRef{}, told: map[telling]community.Role{},
	}
}

// ForgetGroups makes the registry read groups' ids anew.
func (r *Registry) ForgetGroups() { clear(r.groups) }

// Trim keeps the registry within its bound. After a transaction that failed, call Reset: its keys never came to be.
func (r *Registry) Trim() {
	if r.known > maxCached {
		clear(r.members)
		r.known = 0
	}
}

// Origin is where an event comes from: one of our accounts, or a file or person of an organisation.
type Origin struct {
	Account  community.AccountKey
	Org      community.OrgKey
	Platform community.Platform
	Zone     string // for groups not seen before; "" = Asia/Shanghai
}

// origin completes o from the account's row.
func (r *Registry) origin(ctx context.Context, t *Tx, o Origin) (Origin, error) {
	if o.Account == 0 || o.Org != 0 {
		return o, nil
	}
	ref, ok := r.accounts[o.Account]
	if !ok {
		var org int64
		err := t.one(ctx, `SELECT org_key, platform FROM account WHERE key = $1`, []any{int64(o.Account)}, &org, &ref.platform)
		if err != nil {
			return o, missing(err, "account %d", o.Account)
		}
		ref.org = community.OrgKey(org)
		r.accounts[o.Account] = ref
	}
	o.Org, o.Platform = ref.org, ref.platform
	return o, nil
}

// Group finds or makes the group that a platform calls ref.
func (r *Registry) Group(ctx context.Context, t *Tx, o Origin, ref community.Ref) (community.GroupKey, error) {
	o, err := r.origin(ctx, t, o)
	if err != nil {
		return 0, err
	}
	at := groupRef{o.Org, o.Platform, ref.ID, ref.Desk}
	key, ok := r.groups[at]
	if !ok {
		if key, err = t.group(ctx, o, ref); err != nil {
			return 0, err
		}
		r.groups[at] = key
	}
	return key, r.serve(ctx, t, key, o.Account)
}

// serve notes that an account is in a group.
func (r *Registry) serve(ctx context.Context, t *Tx, g community.GroupKey, a community.AccountKey) error {
	if a == 0 || r.served[serving{g, a}] {
		return nil
	}
	_, err := t.exec(ctx, `INSERT INTO group_account (group_key, account_key, since) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		int64(g), int64(a), t.store.now())
	r.served[serving{g, a}] = true
	return err
}

// Member finds or makes the member that a platform calls who. An empty id gives 0.
func (r *Registry) Member(ctx context.Context, t *Tx, o Origin, g community.GroupKey, who community.Who) (community.MemberKey, error) {
	if who.ID == "" {
		return 0, nil
	}
	o, err := r.origin(ctx, t, o)
	if err != nil {
		return 0, err
	}
	at := circle{org: o.Org, platform: o.Platform}
	if who.Certainty == community.NameOnly {
		at.realm = g
	}
	key, ok := r.members[at][who.ID]
	if !ok {
		if key, err = t.member(ctx, o, at, who); err != nil {
			return 0, err
		}
		if r.members[at] == nil {
			r.members[at] = map[string]community.MemberKey{}
		}
		r.members[at][who.ID] = key
		r.known++
	}
	if _, ok := r.members[at][who.Also]; ok || who.Also == "" || who.Certainty == community.NameOnly {
		return key, nil
	}
	owner, err := t.know(ctx, o, who.Also, key)
	if err == nil {
		r.members[at][who.Also] = owner
		r.known++
	}
	return key, err
}

const findAlias = `SELECT key FROM alias WHERE org_key = $1 AND kind = $2 AND platform = $3 AND realm = $4 AND external_id = $5`
const addAlias = `INSERT INTO alias (org_key, kind, platform, realm, external_id, key) VALUES ($1, $2, $3, $4, $5, $6)`

func (t *Tx) group(ctx context.Context, o Origin, ref community.Ref) (community.GroupKey, error) {
	kind := "group"
	if ref.Desk {
		kind = "desk"
	}
	alias := []any{int64(o.Org), kind, string(o.Platform), "", ref.ID}
	var key int64
	err := t.one(ctx, findAlias, alias, &key)
	if err != sql.ErrNoRows {
		return community.GroupKey(key), err
	}
	if key, err = t.keys(ctx, "group", 1); err != nil {
		return 0, err
	}
	name, zone := ref.Name, o.Zone
	if name == "" {
		name = ref.ID
	}
	if zone == "" {
		zone = DefaultZone
	}
	id := t.store.NewID()
	_, err = t.exec(ctx, `INSERT INTO chat_group (key, id, org_key, platform, external_id, name, zone, mode, frozen, parent_key, created, desk)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11)`,
		key, id[:], int64(o.Org), string(o.Platform), ref.ID, name, zone, string(community.Observe), false, t.store.now(), ref.Desk)
	if err != nil {
		return 0, err
	}
	_, err = t.exec(ctx, addAlias, append(alias, key)...)
	return community.GroupKey(key), err
}

// DefaultZone is where days are cut unless a group says otherwise.
const DefaultZone = "Asia/Shanghai"

// also finds a member that was known by a further id of theirs only, and notes the first one. 0 = there is none.
func (t *Tx) also(ctx context.Context, o Origin, who community.Who) (int64, error) {
	if who.Also == "" || who.Certainty == community.NameOnly {
		return 0, nil
	}
	var key int64
	err := t.one(ctx, findAlias, []any{int64(o.Org), "member", string(o.Platform), "", who.Also}, &key)
	if err == sql.ErrNoRows {
		return 0, nil
	}
	if err == nil {
		_, err = t.exec(ctx, addAlias, int64(o.Org), "member", string(o.Platform), "", who.ID, key)
	}
	return key, err
}

// know notes a further id of a member and gives whose it is: one that is another's already stays theirs.
func (t *Tx) know(ctx context.Context, o Origin, id string, key community.MemberKey) (community.MemberKey, error) {
	alias := []any{int64(o.Org), "member", string(o.Platform), "", id}
	if _, err := t.exec(ctx, addAlias+` ON CONFLICT DO NOTHING`, append(alias, int64(key))...); err != nil {
		return 0, err
	}
	var owner int64
	err := t.one(ctx, findAlias, alias, &owner)
	return community.MemberKey(owner), err
}

func (t *Tx) member(ctx context.Context, o Origin, at circle, who community.Who) (community.MemberKey, error) {
	realm := ""
	if at.realm != 0 {
		realm = strconv.FormatInt(int64(at.realm), 10)
	}
	alias := []any{int64(o.Org), "member", string(o.Platform), realm, who.ID}
	var key int64
	err := t.one(ctx, findAlias, alias, &key)
	if err != sql.ErrNoRows {
		return community.MemberKey(key), err
	}
	if key, err = t.also(ctx, o, who); err != nil || key != 0 {
		return community.MemberKey(key), err
	}
	if key, err = t.keys(ctx, "member", 1); err != nil {
		return 0, err
	}
	name := who.Name
	if name == "" {
		name = who.ID
	}
	id := t.store.NewID()
	_, err = t.exec(ctx, `INSERT INTO member (key, id, org_key, platform, external_id, name, certainty, bot, created)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		key, id[:], int64(o.Org), string(o.Platform), who.ID, name, string(who.Certainty), who.Role == community.RoleBot, t.store.now())
	if err != nil {
		return 0, err
	}
	_, err = t.exec(ctx, addAlias, append(alias, key)...)
	return community.MemberKey(key), err
}
