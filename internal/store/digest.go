package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"qunluo/internal/community"
	"qunluo/internal/digest"
	"qunluo/internal/measure"
)

// Talks reads what was said in a group, stretch by stretch: the messages in [from, to) (UTC ms) in the order of time; recalled and erased ones are
// left out. What bots said, what is a copy, and what a rule hit is marked as none of people's talk. Who counts is read once, now.
// CodeTooLarge: a stretch holds more than most messages.
func (d *Desk) Talks(ctx context.Context, g community.GroupKey) (func(from, to int64, most int) ([]digest.Line, error), error) {
	skip, recalled, err := d.unheard(ctx, g)
	if err != nil {
		return nil, err
	}
	hits, err := rows(ctx, d.s, `SELECT DISTINCT event_number FROM views.hit WHERE group_key = $1`, []any{int64(g)}, func(r *sql.Rows, v *int64) error { return r.Scan(v) })
	if err != nil {
		return nil, err
	}
	hit := map[int64]bool{}
	for _, n := range hits {
		hit[n] = true
	}
	return func(from, to int64, most int) ([]digest.Line, error) {
		var out []digest.Line
		numbers := map[string]int64{} // by the platform's id
		for ev, err := range d.s.Spoken(ctx, []community.GroupKey{g}, from, to, most) {
			if err != nil {
				return nil, err
			}
			b := &ev.Body
			if b.Message != "" {
				numbers[b.Message] = ev.Number
			}
			if b.Text == "" || recalled[ev.Number] || b.Class == community.Recalled {
				continue
			}
			bot, marked := skip[ev.Actor]
			if !marked {
				bot = b.Role == community.RoleBot
			}
			who := community.Who{Name: b.Name, Card: b.Card}
			out = append(out, digest.Line{Number: ev.Number, At: ev.OccurredAt, Member: ev.Actor, Name: who.Shown(), Text: b.Text, ReplyTo: numbers[b.ReplyTo], Bot: bot || !content(&ev) || hit[ev.Number]})
		}
		return out, nil
	}, nil
}

const digestColumns = `SELECT d.id, d.group_key, g.id, g.name, d.from_day, d.to_day, d.made, d.user_name, d.found, d.text, d.edited, d.state, d.sent, d.version`

const digestFrom = ` FROM digest d JOIN chat_group g ON g.key = d.group_key`

func scanDigest(r *sql.Rows, v *digest.Record) error {
	var id, group, found []byte
	if err := r.Scan(&id, (*int64)(&v.Group), &group, &v.GroupName, &v.From, &v.To, &v.Made, &v.User, &found, &v.Text, &v.Edited, &v.State, &v.Sent, &v.Version); err != nil {
		return err
	}
	copy(v.ID[:], id)
	copy(v.GroupID[:], group)
	return json.Unmarshal(found, &v.Found)
}

// Digests lists what was made of a group's talk, or (0) of all groups of the scope, the latest days first.
func (d *Desk) Digests(ctx context.Context, g community.GroupKey, at community.Page) ([]digest.Record, int, error) {
	var c clause
	d.in(&c, "g")
	if g != 0 {
		c.and("d.group_key = ?", int64(g))
	}
	var n int
	if err := d.s.read.QueryRowContext(ctx, `SELECT count(*)`+digestFrom+c.String(), c.args...).Scan(&n); err != nil {
		return nil, 0, coded(d.s.dialect, err)
	}
	page := fmt.Sprintf(" ORDER BY d.to_day DESC, d.from_day DESC, d.group_key LIMIT %d OFFSET %d", limitOf(at.Limit), at.Offset)
	list, err := rows(ctx, d.s, digestColumns+digestFrom+c.String()+page, c.args, scanDigest)
	return list, n, err
}

// Digest gives one of the scope; CodeNotFound.
func (d *Desk) Digest(ctx context.Context, id community.ID) (digest.Record, error) {
	return d.oneDigest(ctx, id.String(), "d.id = ?", id[:])
}

// DigestOf gives the digest of a group's days; CodeNotFound.
func (d *Desk) DigestOf(ctx context.Context, g community.GroupKey, from, to int64) (digest.Record, error) {
	return d.oneDigest(ctx, fmt.Sprintf("of %s to %s", measure.Day(from), measure.Day(to)), "d.group_key = ? AND d.from_day = ? AND d.to_day = ?", int64(g), from, to)
}

func (d *Desk) oneDigest(ctx context.Context, called, which string, args ...any) (digest.Record, error) {
	var c clause
	d.in(&c, "g")
	c.and(which, args...)
	list, err := rows(ctx, d.s, digestColumns+digestFrom+c.String(), c.args, scanDigest)
	return oneOf(list, err, "digest", called)
}

// AddDigest keeps a new digest. CodeConflict: there is one of these days.
func (s *Store) AddDigest(ctx context.Context, org community.OrgKey, r digest.Record, audit community.Audit) (digest.Record, error) {
	found, err := json.Marshal(r.Found)
	if err != nil {
		return r, err
	}
	r.ID, r.Made, r.State, r.Version = s.NewID(), s.now(), digest.Draft, 1
	return r, s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `INSERT INTO digest (id, org_key, group_key, from_day, to_day, made, user_name, found, text, edited, state, sent, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, '', 1)
ON CONFLICT (group_key, from_day, to_day) DO NOTHING`, r.ID[:], int64(org), int64(r.Group), r.From, r.To, r.Made, r.User, string(found), r.Text, r.State)
		if err == nil && n == 0 {
			err = community.Errorf(community.CodeConflict, "there is a digest of these days")
		}
		if err != nil {
			return err
		}
		if audit.Verb == "" {
			return nil
		}
		audit.Org, audit.Subject = org, "digest:"+r.ID.String()
		return t.AddAudit(ctx, audit)
	})
}

// ChangeDigest keeps a digest as it is now, if it still is as it was read (Version). CodeConflict: somebody changed it meanwhile.
func (s *Store) ChangeDigest(ctx context.Context, org community.OrgKey, r digest.Record, audit community.Audit) (digest.Record, error) {
	found, err := json.Marshal(r.Found)
	if err != nil {
		return r, err
	}
	err = s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE digest SET found = $1, text = $2, edited = $3, state = $4, sent = $5, made = $6, version = version + 1 WHERE id = $7 AND org_key = $8 AND version = $9`,
			string(found), r.Text, r.Edited, r.State, r.Sent, r.Made, r.ID[:], int64(org), r.Version)
		if err == nil && n == 0 {
			err = community.Errorf(community.CodeConflict, "somebody changed this digest meanwhile")
		}
		if err != nil {
			return err
		}
		audit.Org, audit.Subject = org, "digest:"+r.ID.String()
		return t.AddAudit(ctx, audit)
	})
	r.Version++
	return r, err
}

// DigestWatches lists whose digests are drafted by themselves: of one organisation, or (0) of all.
func (s *Store) DigestWatches(ctx context.Context, org community.OrgKey) ([]digest.Watch, error) {
	return rows(ctx, s, `SELECT group_key, org_key, daily, weekly, hour, lang FROM digest_watch WHERE $1 = 0 OR org_key = $1 ORDER BY group_key`, []any{int64(org)}, func(r *sql.Rows, v *digest.Watch) error {
		return r.Scan((*int64)(&v.Group), (*int64)(&v.Org), &v.Daily, &v.Weekly, &v.Hour, &v.Lang)
	})
}

// SaveDigestWatch keeps which digests of a group are drafted by themselves.
func (s *Store) SaveDigestWatch(ctx context.Context, w digest.Watch, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `INSERT INTO digest_watch (group_key, org_key, daily, weekly, hour, lang) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (group_key) DO UPDATE SET daily = excluded.daily, weekly = excluded.weekly, hour = excluded.hour, lang = excluded.lang`, int64(w.Group), int64(w.Org), w.Daily, w.Weekly, w.Hour, w.Lang)
		if err != nil {
			return err
		}
		audit.Org = w.Org
		audit.After, _ = json.Marshal(map[string]any{"daily": w.Daily, "weekly": w.Weekly, "hour": w.Hour}) // plain values
		return t.AddAudit(ctx, audit)
	})
}
