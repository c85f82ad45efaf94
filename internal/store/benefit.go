package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"qunluo/internal/community"
	"qunluo/internal/tier"
)

// AddBenefit keeps a new benefit and gives it to everybody who stands in its tier.
func (s *Store) AddBenefit(ctx context.Context, b tier.Benefit, audit community.Audit) (tier.Benefit, error) {
	b.ID, b.Created, b.User = s.NewID(), s.now(), audit.User
	return b, s.writeTx(ctx, func(t *Tx) error {
		if _, err := t.exec(ctx, `INSERT INTO benefit (id, group_key, tier, name, means, created, user_id, ended) VALUES ($1, $2, $3, $4, $5, $6, $7, 0)`,
			b.ID[:], int64(b.Group), string(b.Tier), b.Name, b.Means, b.Created, b.User); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `INSERT INTO benefit_grant (benefit_id, member_key, granted, withdrawn) SELECT $1, member_key, $2, 0 FROM tier_standing WHERE group_key = $3 AND tier = $4`,
			b.ID[:], b.Created, int64(b.Group), string(b.Tier)); err != nil {
			return err
		}
		audit.Verb, audit.Subject = "benefit.add", fmt.Sprintf("group:%d", b.Group)
		audit.After, _ = json.Marshal(b) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// EndBenefit gives a benefit to nobody any more and withdraws it; CodeConflict when it was ended before. Uses stay on record.
func (s *Store) EndBenefit(ctx context.Context, b tier.Benefit, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		now := s.now()
		n, err := t.exec(ctx, `UPDATE benefit SET ended = $1 WHERE id = $2 AND ended = 0`, now, b.ID[:])
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeConflict, "benefit %s: ended before", b.ID)
		}
		if _, err := t.exec(ctx, `UPDATE benefit_grant SET withdrawn = $1 WHERE benefit_id = $2 AND withdrawn = 0`, now, b.ID[:]); err != nil {
			return err
		}
		audit.Verb, audit.Subject = "benefit.end", fmt.Sprintf("group:%d", b.Group)
		audit.Before, _ = json.Marshal(b) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// moveBenefits withdraws what a member's tier no longer gives, and gives what it does. It belongs to every change.
func (t *Tx) moveBenefits(ctx context.Context, c tier.Change) error {
	if c.Was == c.Tier {
		return nil
	}
	now := t.store.now()
	if _, err := t.exec(ctx, `UPDATE benefit_grant SET withdrawn = $1 WHERE member_key = $2 AND withdrawn = 0 AND benefit_id IN (SELECT id FROM benefit WHERE group_key = $3 AND tier <> $4)`,
		now, int64(c.Member), int64(c.Group), string(c.Tier)); err != nil {
		return err
	}
	_, err := t.exec(ctx, `INSERT INTO benefit_grant (benefit_id, member_key, granted, withdrawn) SELECT b.id, $1, $2, 0 FROM benefit b WHERE b.group_key = $3 AND b.tier = $4 AND b.ended = 0
 AND NOT EXISTS (SELECT 1 FROM benefit_grant g WHERE g.benefit_id = b.id AND g.member_key = $1 AND g.withdrawn = 0) ON CONFLICT (benefit_id, member_key, granted) DO UPDATE SET withdrawn = 0`,
		int64(c.Member), now, int64(c.Group), string(c.Tier))
	return err
}

// Benefits lists the benefits of a group, by tier and age; one with id.
func (s *Store) Benefits(ctx context.Context, g community.GroupKey, id community.ID) ([]tier.Benefit, error) {
	where, arg := `b.group_key = $1`, any(int64(g))
	if !id.IsZero() {
		where, arg = `b.id = $1`, any(id[:])
	}
	return rows(ctx, s, `SELECT b.id, b.group_key, b.tier, b.name, b.means, b.created, b.user_id, b.ended,
 (SELECT count(*) FROM benefit_grant x WHERE x.benefit_id = b.id AND x.withdrawn = 0), (SELECT count(*) FROM benefit_use u WHERE u.benefit_id = b.id)
FROM benefit b WHERE `+where+` ORDER BY b.ended, b.tier, b.created, b.id`, []any{arg}, func(r *sql.Rows, v *tier.Benefit) error {
		var id []byte
		err := r.Scan(&id, (*int64)(&v.Group), &v.Tier, &v.Name, &v.Means, &v.Created, &v.User, &v.Ended, &v.Holders, &v.Uses)
		copy(v.ID[:], id)
		return err
	})
}

// Benefit gives one; CodeNotFound.
func (s *Store) Benefit(ctx context.Context, id community.ID) (tier.Benefit, error) {
	list, err := s.Benefits(ctx, 0, id)
	return oneOf(list, err, "benefit", id)
}

// Grants lists who holds and held benefits: of one benefit, or of one member in a group; the held ones first, then the latest.
func (s *Store) Grants(ctx context.Context, benefit community.ID, g community.GroupKey, m community.MemberKey, page community.Page) ([]tier.Grant, error) {
	where, args := `x.benefit_id = $1`, []any{benefit[:]}
	if benefit.IsZero() {
		where, args = `b.group_key = $1 AND x.member_key = $2`, []any{int64(g), int64(m)}
	}
	return rows(ctx, s, `SELECT x.benefit_id, b.name, b.tier, b.group_key, x.member_key, m.id, m.called, x.granted, x.withdrawn FROM benefit_grant x JOIN benefit b ON b.id = x.benefit_id JOIN member m ON m.key = x.member_key
WHERE `+where+fmt.Sprintf(` ORDER BY CASE WHEN x.withdrawn = 0 THEN 0 ELSE 1 END, x.granted DESC, x.member_key LIMIT %d OFFSET %d`, limitOf(page.Limit), max(page.Offset, 0)), args, func(r *sql.Rows, v *tier.Grant) error {
		var id, who []byte
		err := r.Scan(&id, &v.Name, &v.Tier, &v.Group, (*int64)(&v.Member), &who, &v.Called, &v.Granted, &v.Withdrawn)
		copy(v.Benefit[:], id)
		copy(v.MemberID[:], who)
		return err
	})
}

// UseBenefit records that somebody used a benefit. CodeForbidden: they do not hold it.
func (s *Store) UseBenefit(ctx context.Context, b tier.Benefit, m community.MemberKey, what string, audit community.Audit) (tier.Use, error) {
	u := tier.Use{ID: s.NewID(), Benefit: b.ID, Name: b.Name, Tier: b.Tier, Member: m, At: s.now(), What: what, User: audit.User}
	return u, s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `INSERT INTO benefit_use (id, benefit_id, group_key, member_key, at, what, user_id) SELECT $1, x.benefit_id, $2, x.member_key, $3, $4, $5 FROM benefit_grant x
 WHERE x.benefit_id = $6 AND x.member_key = $7 AND x.withdrawn = 0`, u.ID[:], int64(b.Group), u.At, what, u.User, b.ID[:], int64(m))
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeForbidden, "benefit %s: the member is not entitled to it", b.ID)
		}
		audit.Verb, audit.Subject = "benefit.use", fmt.Sprintf("group:%d", b.Group)
		audit.After, _ = json.Marshal(u) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// Uses lists uses of the benefits of a group, of one with id, the latest first.
func (s *Store) Uses(ctx context.Context, g community.GroupKey, id community.ID, page community.Page) ([]tier.Use, int, error) {
	where, args := ` FROM benefit_use u JOIN benefit b ON b.id = u.benefit_id JOIN member m ON m.key = u.member_key WHERE u.group_key = $1`, []any{int64(g)}
	if !id.IsZero() {
		where, args = where+` AND u.benefit_id = $2`, append(args, id[:])
	}
	var total int
	if err := s.read.QueryRowContext(ctx, `SELECT count(*)`+where, args...).Scan(&total); err != nil {
		return nil, 0, coded(s.dialect, err)
	}
	list, err := rows(ctx, s, `SELECT u.id, u.benefit_id, b.name, b.tier, u.member_key, m.id, m.called, u.at, u.what, u.user_id`+where+fmt.Sprintf(` ORDER BY u.at DESC, u.id DESC LIMIT %d OFFSET %d`, limitOf(page.Limit), max(page.Offset, 0)), args,
		func(r *sql.Rows, v *tier.Use) error {
			var id, benefit, who []byte
			err := r.Scan(&id, &benefit, &v.Name, &v.Tier, (*int64)(&v.Member), &who, &v.Called, &v.At, &v.What, &v.User)
			copy(v.ID[:], id)
			copy(v.Benefit[:], benefit)
			copy(v.MemberID[:], who)
			return err
		})
	return list, total, err
}
