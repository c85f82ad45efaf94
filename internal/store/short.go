package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"qunluo/internal/admit"
	"qunluo/internal/community"
)

// AddShort keeps a new short link, with its audit row; its slug is drawn here.
func (s *Store) AddShort(ctx context.Context, l admit.Short, audit community.Audit) (admit.Short, error) {
	if err := l.Check(); err != nil {
		return l, err
	}
	err := s.writeTx(ctx, func(t *Tx) error {
		key, err := t.keys(ctx, "short_link", 1)
		if err != nil {
			return err
		}
		l.Key, l.ID, l.Created, l.Slug = key, s.NewID(), s.now(), strings.ToLower(rand.Text()[:10])
		_, err = t.exec(ctx, `INSERT INTO short_link (key, id, org_key, slug, title, target, made_for, created, by_user, closed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0)`,
			l.Key, l.ID[:], int64(l.Org), l.Slug, l.Title, l.Target, l.For, l.Created, l.By)
		if err != nil {
			return err
		}
		audit.Org, audit.Subject = l.Org, "short:"+l.ID.String()
		audit.After, _ = json.Marshal(map[string]string{"title": l.Title, "target": l.Target, "for": l.For}) // plain values
		return t.AddAudit(ctx, audit)
	})
	return l, err
}

// CloseShort ends a short link, or (at 0) takes that back, with its audit row.
func (s *Store) CloseShort(ctx context.Context, l admit.Short, at int64, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		if _, err := t.exec(ctx, `UPDATE short_link SET closed = $1 WHERE key = $2`, at, l.Key); err != nil {
			return err
		}
		audit.Org, audit.Subject = l.Org, "short:"+l.ID.String()
		audit.Before, audit.After = []byte(fmt.Sprintf(`{"closed":%d}`, l.Closed)), []byte(fmt.Sprintf(`{"closed":%d}`, at))
		return t.AddAudit(ctx, audit)
	})
}

const shortColumns = `SELECT l.key, l.id, l.org_key, l.slug, l.title, l.target, l.made_for, l.created, l.by_user, l.closed,
 coalesce((SELECT sum(d.known) FROM short_day d WHERE d.link_key = l.key), 0), coalesce((SELECT sum(d.unknown) FROM short_day d WHERE d.link_key = l.key), 0),
 (SELECT count(*) FROM short_person p WHERE p.link_key = l.key AND p.opens > 0), (SELECT count(*) FROM short_person p WHERE p.link_key = l.key) FROM short_link l`

func scanShort(r *sql.Rows, l *admit.Short) error {
	var id []byte
	err := r.Scan(&l.Key, &id, (*int64)(&l.Org), &l.Slug, &l.Title, &l.Target, &l.For, &l.Created, &l.By, &l.Closed, &l.Known, &l.Unknown, &l.People, &l.Made)
	copy(l.ID[:], id)
	return err
}

// Shorts lists an organisation's short links, the newest first; those of morning reports stand with their report.
func (s *Store) Shorts(ctx context.Context, org community.OrgKey, p community.Page) ([]admit.Short, int, error) {
	var n int
	if err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM short_link WHERE org_key = $1 AND made_for <> 'report'`, int64(org)).Scan(&n); err != nil {
		return nil, 0, coded(s.dialect, err)
	}
	list, err := rows(ctx, s, shortColumns+fmt.Sprintf(` WHERE l.org_key = $1 AND l.made_for <> 'report' ORDER BY l.created DESC, l.key DESC LIMIT %d OFFSET %d`, limitOf(p.Limit), max(p.Offset, 0)), []any{int64(org)}, scanShort)
	return list, n, err
}

// ShortByID gives one short link; CodeNotFound.
func (s *Store) ShortByID(ctx context.Context, org community.OrgKey, id community.ID) (admit.Short, error) {
	list, err := rows(ctx, s, shortColumns+` WHERE l.org_key = $1 AND l.id = $2`, []any{int64(org), id[:]}, scanShort)
	return oneOf(list, err, "short link", id)
}

// ShortBySlug gives the short link of a public address, closed or not; it is for everybody. CodeNotFound.
func (s *Store) ShortBySlug(ctx context.Context, slug string) (admit.Short, error) {
	list, err := rows(ctx, s, shortColumns+` WHERE l.slug = $1`, []any{slug}, scanShort)
	return oneOf(list, err, "short link", slug)
}

// ShortFor gives the token of the address that is a person's own, made when there is none.
func (s *Store) ShortFor(ctx context.Context, l admit.Short, m community.MemberKey) (token string, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `INSERT INTO short_person (token, link_key, member_key, created, opens, first_at, last_at) VALUES ($1, $2, $3, $4, 0, 0, 0) ON CONFLICT (link_key, member_key) DO NOTHING`,
			strings.ToLower(rand.Text()[:16]), l.Key, int64(m), s.now())
		if err != nil {
			return err
		}
		return t.one(ctx, `SELECT token FROM short_person WHERE link_key = $1 AND member_key = $2`, []any{l.Key, int64(m)}, &token)
	})
	return token, err
}

// CountOpening counts that a short link was opened on a day, by whom its token says; an unknown token counts as nobody's.
func (s *Store) CountOpening(ctx context.Context, l admit.Short, token string, day int64) error {
	return s.writeTx(ctx, func(t *Tx) error {
		known := int64(0)
		if token != "" {
			n, err := t.exec(ctx, `UPDATE short_person SET opens = opens + 1, last_at = $1, first_at = CASE WHEN first_at = 0 THEN $1 ELSE first_at END WHERE token = $2 AND link_key = $3`, s.now(), token, l.Key)
			if err != nil {
				return err
			}
			known = n
		}
		_, err := t.exec(ctx, `INSERT INTO short_day (link_key, day, known, unknown) VALUES ($1, $2, $3, $4)
ON CONFLICT (link_key, day) DO UPDATE SET known = short_day.known + excluded.known, unknown = short_day.unknown + excluded.unknown`, l.Key, day, known, 1-known)
		return err
	})
}

// ShortDays gives a short link's days since one, oldest first; days without an opening are left out.
func (s *Store) ShortDays(ctx context.Context, l admit.Short, since int64) ([]admit.ShortDay, error) {
	return rows(ctx, s, `SELECT day, known, unknown FROM short_day WHERE link_key = $1 AND day >= $2 ORDER BY day`, []any{l.Key, since},
		func(r *sql.Rows, d *admit.ShortDay) error { return r.Scan(&d.Day, &d.Known, &d.Unknown) })
}

const readingColumns = `SELECT l.id, l.title, p.token, p.opens, p.first_at, p.last_at, m.key, m.id, m.platform, m.external_id, m.called
FROM short_person p JOIN short_link l ON l.key = p.link_key JOIN member m ON m.key = p.member_key`

func scanReading(r *sql.Rows, v *admit.Reading) error {
	var link, member []byte
	err := r.Scan(&link, &v.Title, &v.Token, &v.Opens, &v.First, &v.Last, (*int64)(&v.Member.Key), &member, &v.Member.Platform, &v.Member.External, &v.Member.Name)
	copy(v.Short[:], link)
	copy(v.Member.ID[:], member)
	return err
}

// Readers lists for whom a short link's addresses were made and how often each was opened, the latest first.
func (s *Store) Readers(ctx context.Context, l admit.Short, p community.Page) ([]admit.Reading, int, error) {
	list, err := rows(ctx, s, readingColumns+fmt.Sprintf(` WHERE p.link_key = $1 ORDER BY p.last_at DESC, p.created DESC, p.token LIMIT %d OFFSET %d`, limitOf(p.Limit), max(p.Offset, 0)), []any{l.Key}, scanReading)
	return list, int(l.Made), err
}

// ReadBy lists what a member opened, the latest first.
func (s *Store) ReadBy(ctx context.Context, org community.OrgKey, m community.MemberKey) ([]admit.Reading, error) {
	return rows(ctx, s, readingColumns+` WHERE p.member_key = $1 AND l.org_key = $2 AND p.opens > 0 ORDER BY p.last_at DESC, p.token LIMIT 50`, []any{int64(m), int64(org)}, scanReading)
}

// Reacted counts a reaction on a desk as that of a lead (a like or a comment under a moment of ours) and tags who reacted; a
// reaction in a group of people is none.
func (t *Tx) Reacted(ctx context.Context, ev *community.Event) error {
	var desk bool
	var org int64
	if err := t.one(ctx, `SELECT desk, org_key FROM chat_group WHERE key = $1`, []any{int64(ev.Group)}, &desk, &org); err != nil || !desk || ev.Actor == 0 {
		return err
	}
	likes, comments := int64(1), int64(0)
	if ev.Body.Text == "comment" {
		likes, comments = 0, 1
	}
	_, err := t.exec(ctx, `INSERT INTO moment_lead (org_key, member_key, likes, comments, last_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (org_key, member_key) DO UPDATE SET likes = moment_lead.likes + excluded.likes, comments = moment_lead.comments + excluded.comments,
 last_at = CASE WHEN excluded.last_at > moment_lead.last_at THEN excluded.last_at ELSE moment_lead.last_at END`, org, int64(ev.Actor), likes, comments, ev.OccurredAt)
	if err != nil {
		return err
	}
	if ev.Body.Message != "" {
		if _, err = t.exec(ctx, `INSERT INTO moment_reaction (org_key, moment, member_key, likes, comments, last_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (org_key, moment, member_key) DO UPDATE SET likes = moment_reaction.likes + excluded.likes, comments = moment_reaction.comments + excluded.comments,
 last_at = CASE WHEN excluded.last_at > moment_reaction.last_at THEN excluded.last_at ELSE moment_reaction.last_at END`, org, ev.Body.Message, int64(ev.Actor), likes, comments, ev.OccurredAt); err != nil {
			return err
		}
	}
	_, err = t.exec(ctx, `INSERT INTO member_tag (member_key, tag, source, created) VALUES ($1, $2, 'moment', $3) ON CONFLICT DO NOTHING`, int64(ev.Actor), admit.LeadTag, t.store.now())
	return err
}

// MomentReactions tells who reacted to moments, the latest first; "" = to any.
func (s *Store) MomentReactions(ctx context.Context, org community.OrgKey, moment string, p community.Page) ([]community.MomentReaction, int, error) {
	var c clause
	c.and("r.org_key = ?", int64(org))
	if moment != "" {
		c.and("r.moment = ?", moment)
	}
	var n int
	if err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM moment_reaction r`+c.String(), c.args...).Scan(&n); err != nil {
		return nil, 0, coded(s.dialect, err)
	}
	list, err := rows(ctx, s, `SELECT m.key, m.id, m.platform, m.external_id, m.called, r.moment, r.likes, r.comments, r.last_at FROM moment_reaction r JOIN member m ON m.key = r.member_key`+
		c.String()+fmt.Sprintf(` ORDER BY r.last_at DESC, m.key LIMIT %d OFFSET %d`, limitOf(p.Limit), max(p.Offset, 0)), c.args,
		func(r *sql.Rows, v *community.MomentReaction) error {
			var id []byte
			err := r.Scan((*int64)(&v.Member.Key), &id, &v.Member.Platform, &v.Member.External, &v.Member.Name, &v.Moment, &v.Likes, &v.Comments, &v.Last)
			copy(v.Member.ID[:], id)
			return err
		})
	return list, n, err
}

// MomentSums tells how many likes and comments moments have; those without any are left out.
func (s *Store) MomentSums(ctx context.Context, org community.OrgKey) (map[string][2]int64, error) {
	type sum struct {
		moment string
		n      [2]int64
	}
	list, err := rows(ctx, s, `SELECT moment, CAST(sum(likes) AS BIGINT), CAST(sum(comments) AS BIGINT) FROM moment_reaction WHERE org_key = $1 GROUP BY moment`, []any{int64(org)},
		func(r *sql.Rows, v *sum) error { return r.Scan(&v.moment, &v.n[0], &v.n[1]) })
	out := map[string][2]int64{}
	for _, v := range list {
		out[v.moment] = v.n
	}
	return out, err
}

// NamesOf tells what people are called whom a platform knows by these ids.
func (s *Store) NamesOf(ctx context.Context, org community.OrgKey, platform community.Platform, ids []string) (map[string]string, error) {
	out := map[string]string{}
	for part := range slices.Chunk(ids, 500) {
		var c clause
		c.and("org_key = ?", int64(org))
		c.and("platform = ?", string(platform))
		in, values := oneOfThem(part)
		c.and("external_id "+in, values...)
		type named struct{ id, name string }
		list, err := rows(ctx, s, `SELECT external_id, called FROM member`+c.String(), c.args, func(r *sql.Rows, v *named) error { return r.Scan(&v.id, &v.name) })
		if err != nil {
			return nil, err
		}
		for _, v := range list {
			out[v.id] = v.name
		}
	}
	return out, nil
}

// Leads lists who reacted to moments, the latest first.
func (s *Store) Leads(ctx context.Context, org community.OrgKey, p community.Page) ([]admit.Lead, int, error) {
	var n int
	if err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM moment_lead WHERE org_key = $1`, int64(org)).Scan(&n); err != nil {
		return nil, 0, coded(s.dialect, err)
	}
	list, err := rows(ctx, s, `SELECT m.key, m.id, m.platform, m.external_id, m.called, l.likes, l.comments, l.last_at FROM moment_lead l JOIN member m ON m.key = l.member_key
WHERE l.org_key = $1`+fmt.Sprintf(` ORDER BY l.last_at DESC, m.key LIMIT %d OFFSET %d`, limitOf(p.Limit), max(p.Offset, 0)), []any{int64(org)},
		func(r *sql.Rows, v *admit.Lead) error {
			var id []byte
			err := r.Scan((*int64)(&v.Member.Key), &id, &v.Member.Platform, &v.Member.External, &v.Member.Name, &v.Likes, &v.Comments, &v.Last)
			copy(v.Member.ID[:], id)
			return err
		})
	return list, n, err
}
