package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/identity"
)

// Registry leads from platforms' ids to our keys. It is a cache over alias, one belt owns it and
// resets it when a transaction fails. Groups and members that are new get their rows in the transaction that first sees them.
type Registry struct {
	circles map[circleRef]*circle
	doors   map[doorRef]*door
	last    *door                                  // the one asked for before: events come in runs
	known   int                                    // how many members are remembered
	marks   map[community.MemberKey]community.Role // who is marked; nil = not read
	told    map[telling]community.Role             // which groups' logs hold the mark
}

type circleRef struct {
	org      community.OrgKey
	platform community.Platform
}

// circle is where an external id names one group and one member: a platform, as one organisation knows it. What it
// remembers is by the platform's ids.
type circle struct {
	circleRef
	groups, desks map[string]community.GroupKey
	members       map[string]known
	named         map[nameRef]community.MemberKey // people known by name only
}

// known is a member by key, and what they are called now.
type known struct {
	key    community.MemberKey
	called string
}

type nameRef struct {
	group community.GroupKey
	name  string
}

// doorRef is an Origin without what is for new groups only.
type doorRef struct {
	account  community.AccountKey
	org      community.OrgKey
	platform community.Platform
}

// door is how the events of one origin get to their circle, and the groups where its account is known to be.
type door struct {
	doorRef
	*circle
	served map[community.GroupKey]bool
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
	*r = Registry{circles: map[circleRef]*circle{}, doors: map[doorRef]*door{}, told: map[telling]community.Role{}}
}

// ForgetGroups makes the registry read groups' ids anew.
func (r *Registry) ForgetGroups() {
	for _, c := range r.circles {
		clear(c.groups)
		clear(c.desks)
	}
}

// Trim keeps the registry within its bound. After a transaction that failed, call Reset: its keys never came to be.
func (r *Registry) Trim() {
	if r.known > maxCached {
		for _, c := range r.circles {
			clear(c.members)
			clear(c.named)
		}
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

// door finds where the events of an origin belong: for an account that is in its row.
func (r *Registry) door(ctx context.Context, t *Tx, o Origin) (*door, error) {
	ref := doorRef{o.Account, o.Org, o.Platform}
	if r.last != nil && r.last.doorRef == ref {
		return r.last, nil
	}
	d := r.doors[ref]
	if d == nil {
		at, err := t.circleOf(ctx, o)
		if err != nil {
			return nil, err
		}
		d = &door{ref, r.circle(at), map[community.GroupKey]bool{}}
		r.doors[ref] = d
	}
	r.last = d
	return d, nil
}

func (t *Tx) circleOf(ctx context.Context, o Origin) (circleRef, error) {
	if o.Account == 0 || o.Org != 0 {
		return circleRef{o.Org, o.Platform}, nil
	}
	var org int64
	var at circleRef
	err := t.one(ctx, `SELECT org_key, platform FROM account WHERE key = $1`, []any{int64(o.Account)}, &org, &at.platform)
	at.org = community.OrgKey(org)
	return at, missing(err, "account %d", o.Account)
}

func (r *Registry) circle(at circleRef) *circle {
	c := r.circles[at]
	if c == nil {
		c = &circle{at, map[string]community.GroupKey{}, map[string]community.GroupKey{}, map[string]known{}, map[nameRef]community.MemberKey{}}
		r.circles[at] = c
	}
	return c
}

// Group finds or makes the group that a platform calls ref.
func (r *Registry) Group(ctx context.Context, t *Tx, o Origin, ref community.Ref) (community.GroupKey, error) {
	d, err := r.door(ctx, t, o)
	if err != nil {
		return 0, err
	}
	groups := d.groups
	if ref.Desk {
		groups = d.desks
	}
	key, ok := groups[ref.ID]
	if !ok {
		if key, err = t.group(ctx, d.circleRef, o.Zone, ref); err != nil {
			return 0, err
		}
		groups[strings.Clone(ref.ID)] = key // not all of the frame that it came in
	}
	if o.Account == 0 || d.served[key] {
		return key, nil
	}
	return key, d.serve(ctx, t, key)
}

// serve notes that an account is in a group.
func (d *door) serve(ctx context.Context, t *Tx, g community.GroupKey) error {
	_, err := t.exec(ctx, `INSERT INTO group_account (group_key, account_key, since) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		int64(g), int64(d.account), t.store.now())
	d.served[g] = true
	return err
}

// Member finds or makes the member that a platform calls who. An empty id gives 0.
func (r *Registry) Member(ctx context.Context, t *Tx, o Origin, g community.GroupKey, who community.Who) (community.MemberKey, error) {
	if who.ID == "" {
		return 0, nil
	}
	d, err := r.door(ctx, t, o)
	if err != nil {
		return 0, err
	}
	if who.Certainty == community.NameOnly {
		return r.named(ctx, t, d.circle, g, who)
	}
	m, ok := d.members[who.ID]
	if !ok {
		if m, err = t.member(ctx, d.circleRef, "", who); err != nil {
			return 0, err
		}
		d.members[strings.Clone(who.ID)] = m
		r.known++
	}
	if m.isRenamed(o, who) {
		if err := d.rename(ctx, t, m.key, who); err != nil {
			return 0, err
		}
	}
	key := m.key
	if who.Union != "" {
		if err := t.sign(ctx, identity.SameUnion, who.Union, key); err != nil {
			return 0, err
		}
	}
	if who.Also == "" {
		return key, nil
	}
	if _, ok := d.members[who.Also]; ok {
		return key, nil
	}
	owner, err := t.know(ctx, d.circleRef, who.Also, key)
	if err == nil {
		d.members[strings.Clone(who.Also)] = owner
		r.known++
	}
	return key, err
}

// isRenamed reports whether who tells a newer name. What a file tells is history: there a name only takes the place of
// none.
func (m known) isRenamed(o Origin, who community.Who) bool {
	return who.Name != "" && who.Name != m.called && (o.Account != 0 || m.called == who.ID)
}

func (d *door) rename(ctx context.Context, t *Tx, key community.MemberKey, who community.Who) error {
	name := strings.Clone(who.Name)
	d.members[strings.Clone(who.ID)] = known{key, name}
	_, err := t.exec(ctx, `UPDATE member SET called = $1 WHERE key = $2`, name, int64(key))
	return err
}

// named finds or makes somebody of whom only the name in one group is known.
func (r *Registry) named(ctx context.Context, t *Tx, c *circle, g community.GroupKey, who community.Who) (community.MemberKey, error) {
	key, ok := c.named[nameRef{g, who.ID}]
	if !ok {
		realm := ""
		if g != 0 {
			realm = strconv.FormatInt(int64(g), 10)
		}
		m, err := t.member(ctx, c.circleRef, realm, who)
		if err != nil {
			return 0, err
		}
		key = m.key
		c.named[nameRef{g, strings.Clone(who.ID)}] = key
		r.known++
	}
	return key, nil
}

const findAlias = `SELECT key FROM alias WHERE org_key = $1 AND kind = $2 AND platform = $3 AND realm = $4 AND external_id = $5`
const addAlias = `INSERT INTO alias (org_key, kind, platform, realm, external_id, key) VALUES ($1, $2, $3, $4, $5, $6)`

func (t *Tx) group(ctx context.Context, at circleRef, zone string, ref community.Ref) (community.GroupKey, error) {
	kind := "group"
	if ref.Desk {
		kind = "desk"
	}
	alias := []any{int64(at.org), kind, string(at.platform), "", ref.ID}
	var key int64
	err := t.one(ctx, findAlias, alias, &key)
	if err != sql.ErrNoRows {
		return community.GroupKey(key), err
	}
	if key, err = t.keys(ctx, "group", 1); err != nil {
		return 0, err
	}
	name := ref.Name
	if name == "" {
		name = ref.ID
	}
	if zone == "" {
		zone = DefaultZone
	}
	id := t.store.NewID()
	_, err = t.exec(ctx, `INSERT INTO chat_group (key, id, org_key, platform, external_id, name, zone, mode, frozen, parent_key, created, desk)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11)`,
		key, id[:], int64(at.org), string(at.platform), ref.ID, name, zone, string(community.Observe), false, t.store.now(), ref.Desk)
	if err != nil {
		return 0, err
	}
	_, err = t.exec(ctx, addAlias, append(alias, key)...)
	return community.GroupKey(key), err
}

// DefaultZone is where days are cut unless a group says otherwise.
const DefaultZone = "Asia/Shanghai"

// also finds a member that was known by a further id of theirs only, and notes the first one. 0 = there is none.
func (t *Tx) also(ctx context.Context, at circleRef, who community.Who) (bool, error) {
	if who.Also == "" || who.Certainty == community.NameOnly {
		return false, nil
	}
	var key int64
	err := t.one(ctx, findAlias, []any{int64(at.org), "member", string(at.platform), "", who.Also}, &key)
	if err == sql.ErrNoRows {
		return false, nil
	}
	if err == nil {
		_, err = t.exec(ctx, addAlias, int64(at.org), "member", string(at.platform), "", who.ID, key)
	}
	return key != 0, err
}

// know notes a further id of a member and gives whose it is: one that is another's already stays theirs.
func (t *Tx) know(ctx context.Context, at circleRef, id string, key community.MemberKey) (known, error) {
	alias := []any{int64(at.org), "member", string(at.platform), "", id}
	if _, err := t.exec(ctx, addAlias+` ON CONFLICT DO NOTHING`, append(alias, int64(key))...); err != nil {
		return known{}, err
	}
	return t.knownAs(ctx, alias)
}

// knownAs is the member that an alias leads to.
func (t *Tx) knownAs(ctx context.Context, alias []any) (known, error) {
	var m known
	err := t.one(ctx, `SELECT m.key, m.called FROM alias a JOIN member m ON m.key = a.key
WHERE a.org_key = $1 AND a.kind = $2 AND a.platform = $3 AND a.realm = $4 AND a.external_id = $5`, alias, (*int64)(&m.key), &m.called)
	return m, err
}

func (t *Tx) member(ctx context.Context, at circleRef, realm string, who community.Who) (known, error) {
	alias := []any{int64(at.org), "member", string(at.platform), realm, who.ID}
	m, err := t.knownAs(ctx, alias)
	if err != sql.ErrNoRows {
		return m, err
	}
	if found, err := t.also(ctx, at, who); err != nil {
		return known{}, err
	} else if found {
		return t.knownAs(ctx, alias)
	}
	key, err := t.keys(ctx, "member", 1)
	if err != nil {
		return known{}, err
	}
	name := who.Name
	if name == "" {
		name = who.ID
	}
	id := t.store.NewID()
	_, err = t.exec(ctx, `INSERT INTO member (key, id, org_key, platform, external_id, name, called, certainty, bot, created)
VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9)`,
		key, id[:], int64(at.org), string(at.platform), who.ID, name, string(who.Certainty), who.Role == community.RoleBot, t.store.now())
	if err != nil {
		return known{}, err
	}
	_, err = t.exec(ctx, addAlias, append(alias, key)...)
	return known{community.MemberKey(key), name}, err
}
