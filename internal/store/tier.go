package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"qunluo/internal/community"
	"qunluo/internal/tier"
)

// TierGroup is a group that may have tiers.
type TierGroup struct {
	Group community.GroupKey
	Org   community.OrgKey
	Zone  string
	Day   int64 // up to which it was read, from 1970-01-01 in its zone; −1 = never
}

// TierGroups lists all chat groups; desks are left out.
func (s *Store) TierGroups(ctx context.Context) ([]TierGroup, error) {
	return rows(ctx, s, `SELECT g.key, g.org_key, g.zone, coalesce(t.day, -1) FROM chat_group g LEFT JOIN tier_group t ON t.group_key = g.key WHERE NOT g.desk ORDER BY g.key`, nil, func(r *sql.Rows, v *TierGroup) error {
		return r.Scan((*int64)(&v.Group), (*int64)(&v.Org), &v.Zone, &v.Day)
	})
}

// TierBook gives a group's rules and how far it was decided.
func (s *Store) TierBook(ctx context.Context, g community.GroupKey) (tier.Book, error) {
	b := tier.Book{Group: g, Rules: tier.Default(), Day: -1, Decided: -1}
	list, err := s.TierVersions(ctx, g, 1)
	if err != nil {
		return b, err
	}
	if len(list) > 0 {
		b.Version, b.Rules = list[0].Version, list[0].Rules
	}
	err = s.read.QueryRowContext(ctx, `SELECT day, decided FROM tier_group WHERE group_key = $1`, int64(g)).Scan(&b.Day, &b.Decided)
	if err == sql.ErrNoRows {
		return b, nil
	}
	return b, coded(s.dialect, err)
}

// TierVersions lists the versions of a group's rules, the latest first, at most so many.
func (s *Store) TierVersions(ctx context.Context, g community.GroupKey, most int) ([]tier.Version, error) {
	return rows(ctx, s, `SELECT version, rules, at, user_id, note FROM tier_rules WHERE group_key = $1 ORDER BY version DESC LIMIT $2`, []any{int64(g), most}, func(r *sql.Rows, v *tier.Version) error {
		var raw []byte
		if err := r.Scan(&v.Version, &raw, &v.At, &v.User, &v.Note); err != nil {
			return err
		}
		v.Rules = tier.Default() // what a version does not name is as every group begins
		return json.Unmarshal(raw, &v.Rules)
	})
}

// SetTierRules adds a version to a group's rules; CodeConflict when base is not the latest. The next decision is by it.
func (s *Store) SetTierRules(ctx context.Context, org community.OrgKey, g community.GroupKey, base int, r tier.Rules, audit community.Audit) (version int, err error) {
	return base + 1, s.writeTx(ctx, func(t *Tx) error { return t.setTierRules(ctx, org, g, base, r, audit) })
}

func (t *Tx) setTierRules(ctx context.Context, org community.OrgKey, g community.GroupKey, base int, r tier.Rules, audit community.Audit) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return err
	}
	var latest int
	if err := t.one(ctx, `SELECT coalesce(max(version), 0) FROM tier_rules WHERE group_key = $1`, []any{int64(g)}, &latest); err != nil {
		return err
	}
	if latest != base {
		return community.Errorf(community.CodeConflict, "tier rules: version %d is in force, not %d", latest, base)
	}
	if _, err := t.exec(ctx, `INSERT INTO tier_rules (group_key, version, rules, at, user_id, note) VALUES ($1, $2, $3, $4, $5, $6)`, int64(g), base+1, string(raw), t.store.now(), audit.User, audit.Reason); err != nil {
		return err
	}
	audit.Org, audit.Verb, audit.Subject, audit.After = org, "tier.rules", fmt.Sprintf("group:%d", g), raw
	return t.AddAudit(ctx, audit)
}

// TierRows gives where the members of a group stand, the best first; of one member with m, of one tier with of.
func (s *Store) TierRows(ctx context.Context, g community.GroupKey, m community.MemberKey, of tier.Tier) ([]tier.Row, error) {
	return rows(ctx, s, `SELECT x.member_key, m.id, m.called, m.external_id, x.tier, x.since, x.place, x.places, x.why, x.numbers, x.day, x.pin, x.pin_user, x.pin_note, x.pin_at
FROM tier_standing x JOIN member m ON m.key = x.member_key WHERE x.group_key = $1 AND (x.member_key = $2 OR $2 = 0) AND (x.tier = $3 OR $3 = '') ORDER BY CASE WHEN x.place = 0 THEN 1 ELSE 0 END, x.place, x.member_key`,
		[]any{int64(g), int64(m), string(of)}, func(r *sql.Rows, v *tier.Row) error {
			var id, raw []byte
			err := r.Scan((*int64)(&v.Member), &id, &v.Name, &v.External, &v.Tier, &v.Since, &v.Place, &v.Places, &v.Why, &raw, &v.Day, &v.Pin, &v.PinUser, &v.PinNote, &v.PinAt)
			if err != nil {
				return err
			}
			copy(v.MemberID[:], id)
			return json.Unmarshal(raw, &v.Numbers)
		})
}

// MemberTier is where a member stands in a group.
type MemberTier struct {
	Group community.GroupKey
	Row   tier.Row
}

// MemberTiers gives where a member stands, group by group.
func (s *Store) MemberTiers(ctx context.Context, m community.MemberKey) ([]MemberTier, error) {
	groups, err := rows(ctx, s, `SELECT group_key FROM tier_standing WHERE member_key = $1 ORDER BY group_key`, []any{int64(m)}, func(r *sql.Rows, v *int64) error { return r.Scan(v) })
	var out []MemberTier
	for _, g := range groups {
		var list []tier.Row
		if list, err = s.TierRows(ctx, community.GroupKey(g), m, ""); err != nil {
			return nil, err
		}
		out = append(out, MemberTier{community.GroupKey(g), list[0]})
	}
	return out, err
}

// TierRound is what a reading of a group writes.
type TierRound struct {
	Book    tier.Book // as it was read
	Day     int64
	Decided int64
	List    []tier.Ruling
}

// CommitTiers keeps a reading of a group: where everybody stands, every change with its numbers, and who is gone. CodeConflict
// when somebody else read it meanwhile, or the rules changed.
func (s *Store) CommitTiers(ctx context.Context, r TierRound) error {
	return s.writeTx(ctx, func(t *Tx) error {
		if err := t.claimTiers(ctx, r); err != nil {
			return err
		}
		rows, err := t.tierNow(ctx, r.Book.Group)
		if err != nil {
			return err
		}
		for _, d := range r.List {
			was, known := rows[d.Member]
			delete(rows, d.Member)
			if known && was.tier != d.Was || !known && d.Was != tier.None {
				return community.Errorf(community.CodeConflict, "tiers of group %d: changed meanwhile", r.Book.Group)
			}
			if err := t.keepStanding(ctx, r, d, was); err != nil {
				return err
			}
		}
		for _, m := range sortedKeys(rows) {
			if err := t.tierGone(ctx, r, m, rows[m].tier); err != nil {
				return err
			}
		}
		return nil
	})
}

// claimTiers moves a group on, once.
func (t *Tx) claimTiers(ctx context.Context, r TierRound) error {
	g := int64(r.Book.Group)
	if _, err := t.exec(ctx, `INSERT INTO tier_group (group_key, day, decided) VALUES ($1, -1, -1) ON CONFLICT DO NOTHING`, g); err != nil {
		return err
	}
	n, err := t.exec(ctx, `UPDATE tier_group SET day = $1, decided = $2 WHERE group_key = $3 AND day = $4 AND decided = $5 AND $6 = (SELECT coalesce(max(version), 0) FROM tier_rules WHERE group_key = $3)`,
		r.Day, r.Decided, g, r.Book.Day, r.Book.Decided, r.Book.Version)
	if err == nil && n == 0 {
		err = community.Errorf(community.CodeConflict, "tiers of group %d: read by another", g)
	}
	return err
}

// tierStand is where a member stood.
type tierStand struct {
	tier  tier.Tier
	since int64
}

func (t *Tx) tierNow(ctx context.Context, g community.GroupKey) (map[community.MemberKey]tierStand, error) {
	rows, err := t.query(ctx, `SELECT member_key, tier, since FROM tier_standing WHERE group_key = $1`, int64(g))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[community.MemberKey]tierStand{}
	for rows.Next() {
		var m int64
		var v tierStand
		if err := rows.Scan(&m, &v.tier, &v.since); err != nil {
			return nil, err
		}
		out[community.MemberKey(m)] = v
	}
	return out, rows.Err()
}

func (t *Tx) keepStanding(ctx context.Context, r TierRound, d tier.Ruling, was tierStand) error {
	since := was.since
	if d.Changed() {
		since = r.Day
	}
	raw, err := json.Marshal(d.Numbers)
	if err != nil {
		return err
	}
	if _, err := t.exec(ctx, `INSERT INTO tier_standing (group_key, member_key, tier, since, place, places, why, numbers, day, pin, pin_user, pin_note, pin_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', '', '', 0)
ON CONFLICT (group_key, member_key) DO UPDATE SET tier = excluded.tier, since = excluded.since, place = excluded.place, places = excluded.places, why = excluded.why, numbers = excluded.numbers, day = excluded.day`,
		int64(r.Book.Group), int64(d.Member), string(d.Tier), since, d.Rank, d.Of, d.Why, string(raw), r.Day); err != nil || !d.Changed() {
		return err
	}
	return t.changeTier(ctx, tier.Change{Group: r.Book.Group, Member: d.Member, Was: d.Was, Tier: d.Tier, Why: d.Why, Version: r.Book.Version, Place: d.Rank, Places: d.Of, Numbers: d.Numbers, Day: r.Day})
}

// tierGone ends the standing of somebody who left. A pin stays for those who come again.
func (t *Tx) tierGone(ctx context.Context, r TierRound, m community.MemberKey, was tier.Tier) error {
	if was == tier.None {
		return nil
	}
	if _, err := t.exec(ctx, `UPDATE tier_standing SET tier = '', since = $1, place = 0, places = 0, why = $2, day = $1 WHERE group_key = $3 AND member_key = $4`, r.Day, tier.Gone, int64(r.Book.Group), int64(m)); err != nil {
		return err
	}
	return t.changeTier(ctx, tier.Change{Group: r.Book.Group, Member: m, Was: was, Why: tier.Gone, Version: r.Book.Version, Day: r.Day})
}

// changeTier adds a row to the history; benefits follow.
func (t *Tx) changeTier(ctx context.Context, c tier.Change) error {
	raw, err := json.Marshal(c.Numbers)
	if err != nil {
		return err
	}
	id := t.store.NewID()
	_, err = t.exec(ctx, `INSERT INTO tier_change (id, group_key, member_key, was, tier, why, version, place, places, numbers, day, at, user_id, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		id[:], int64(c.Group), int64(c.Member), string(c.Was), string(c.Tier), c.Why, c.Version, c.Place, c.Places, string(raw), c.Day, t.store.now(), c.User, c.Note)
	if err != nil {
		return err
	}
	return t.moveBenefits(ctx, c)
}

// PinTier puts a member into a tier by a person's hand, at once; None takes the pin away, and the member stays where they are
// until the next decision. CodeConflict: so it was before.
func (s *Store) PinTier(ctx context.Context, g community.GroupKey, m community.MemberKey, to tier.Tier, day int64, audit community.Audit) error {
	rows, err := s.TierRows(ctx, g, m, "")
	if err != nil {
		return err
	}
	was := tier.Row{}
	if len(rows) > 0 {
		was = rows[0]
	}
	if was.Pin == to && (to == tier.None || was.Tier == to) {
		return community.Errorf(community.CodeConflict, "pin: so it is")
	}
	c := tier.Change{Group: g, Member: m, Was: was.Tier, Tier: to, Why: tier.Pinned, Place: was.Place, Places: was.Places, Numbers: was.Numbers, Day: day, User: audit.User, Note: audit.Reason}
	if to == tier.None {
		c.Tier, c.Why = was.Tier, tier.Unpinned
	}
	return s.writeTx(ctx, func(t *Tx) error {
		if err := t.one(ctx, `SELECT coalesce(max(version), 0) FROM tier_rules WHERE group_key = $1`, []any{int64(g)}, &c.Version); err != nil {
			return err
		}
		if err := t.pinStanding(ctx, c, to); err != nil {
			return err
		}
		audit.Subject = fmt.Sprintf("group:%d", g)
		audit.Before, _ = json.Marshal(map[string]any{"tier": was.Tier, "pin": was.Pin}) // plain values
		audit.After, _ = json.Marshal(map[string]any{"tier": c.Tier, "pin": to, "member": was.MemberID})
		if err := t.AddAudit(ctx, audit); err != nil {
			return err
		}
		return t.changeTier(ctx, c)
	})
}

func (t *Tx) pinStanding(ctx context.Context, c tier.Change, pin tier.Tier) error {
	since := `CASE WHEN tier_standing.tier = excluded.tier THEN tier_standing.since ELSE excluded.since END`
	who, note, at := c.User, c.Note, t.store.now()
	if pin == tier.None {
		who, note, at = "", "", 0
	}
	_, err := t.exec(ctx, `INSERT INTO tier_standing (group_key, member_key, tier, since, place, places, why, numbers, day, pin, pin_user, pin_note, pin_at) VALUES ($1, $2, $3, $4, 0, 0, $5, '{}', $4, $6, $7, $8, $9)
ON CONFLICT (group_key, member_key) DO UPDATE SET since = `+since+`, tier = excluded.tier, why = excluded.why, pin = excluded.pin, pin_user = excluded.pin_user, pin_note = excluded.pin_note, pin_at = excluded.pin_at`,
		int64(c.Group), int64(c.Member), string(c.Tier), c.Day, c.Why, string(pin), who, note, at)
	return err
}

// TierChanges lists the changes of a group (0 = all) or of a member (0 = all), the latest first.
func (s *Store) TierChanges(ctx context.Context, g community.GroupKey, m community.MemberKey, page community.Page) ([]tier.Change, int, error) {
	where := ` FROM tier_change x JOIN member m ON m.key = x.member_key WHERE (x.group_key = $1 OR $1 = 0) AND (x.member_key = $2 OR $2 = 0)`
	args := []any{int64(g), int64(m)}
	var total int
	if err := s.read.QueryRowContext(ctx, `SELECT count(*)`+where, args...).Scan(&total); err != nil {
		return nil, 0, coded(s.dialect, err)
	}
	list, err := rows(ctx, s, `SELECT x.id, x.group_key, x.member_key, m.id, m.called, m.external_id, x.was, x.tier, x.why, x.version, x.place, x.places, x.numbers, x.day, x.at, x.user_id, x.note`+where+
		fmt.Sprintf(` ORDER BY x.at DESC, x.id DESC LIMIT %d OFFSET %d`, limitOf(page.Limit), max(page.Offset, 0)), args, func(r *sql.Rows, v *tier.Change) error {
		var id, who, raw []byte
		err := r.Scan(&id, (*int64)(&v.Group), (*int64)(&v.Member), &who, &v.Name, &v.External, &v.Was, &v.Tier, &v.Why, &v.Version, &v.Place, &v.Places, &raw, &v.Day, &v.At, &v.User, &v.Note)
		if err != nil {
			return err
		}
		copy(v.ID[:], id)
		copy(v.MemberID[:], who)
		return json.Unmarshal(raw, &v.Numbers)
	})
	return list, total, err
}
