package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/morning"
	"qunluo/internal/plan"
)

const morningColumns = `SELECT m.id, m.group_key, g.id, g.name, m.day, m.lang, m.made, m.user_name, m.pieces, m.text, m.edited, m.worded, m.state, m.item, m.version, m.outcome, m.counted`

const morningFrom = ` FROM morning_report m JOIN chat_group g ON g.key = m.group_key`

func scanMorning(r *sql.Rows, v *morning.Report) error {
	var id, group, pieces, item, outcome []byte
	if err := r.Scan(&id, (*int64)(&v.Group), &group, &v.GroupName, &v.Day, &v.Lang, &v.Made, &v.User, &pieces, &v.Text, &v.Edited, &v.Worded, &v.State, &item, &v.Version, &outcome, &v.Counted); err != nil {
		return err
	}
	copy(v.ID[:], id)
	copy(v.GroupID[:], group)
	copy(v.Item[:], item)
	if err := json.Unmarshal(pieces, &v.Pieces); err != nil {
		return err
	}
	return json.Unmarshal(outcome, &v.Outcome)
}

// Mornings lists the morning reports of a group, or (0) of all groups of the scope, the latest days first, with what became of them.
func (d *Desk) Mornings(ctx context.Context, g community.GroupKey, at community.Page) ([]morning.Report, int, error) {
	var c clause
	d.in(&c, "g")
	if g != 0 {
		c.and("m.group_key = ?", int64(g))
	}
	var n int
	if err := d.s.read.QueryRowContext(ctx, `SELECT count(*)`+morningFrom+c.String(), c.args...).Scan(&n); err != nil {
		return nil, 0, coded(d.s.dialect, err)
	}
	page := fmt.Sprintf(" ORDER BY m.day DESC, m.group_key LIMIT %d OFFSET %d", limitOf(at.Limit), at.Offset)
	list, err := rows(ctx, d.s, morningColumns+morningFrom+c.String()+page, c.args, scanMorning)
	if err == nil {
		err = d.s.morningFates(ctx, list)
	}
	return list, n, err
}

// Morning gives one of the scope, with what became of it; CodeNotFound.
func (d *Desk) Morning(ctx context.Context, id community.ID) (morning.Report, error) {
	return d.oneMorning(ctx, id.String(), "m.id = ?", id[:])
}

// MorningOf gives the report of a group's day; CodeNotFound.
func (d *Desk) MorningOf(ctx context.Context, g community.GroupKey, day string) (morning.Report, error) {
	return d.oneMorning(ctx, "of "+day, "m.group_key = ? AND m.day = ?", int64(g), day)
}

func (d *Desk) oneMorning(ctx context.Context, called, which string, args ...any) (morning.Report, error) {
	var c clause
	d.in(&c, "g")
	c.and(which, args...)
	list, err := rows(ctx, d.s, morningColumns+morningFrom+c.String(), c.args, scanMorning)
	if err == nil {
		err = d.s.morningFates(ctx, list)
	}
	return oneOf(list, err, "morning report", called)
}

// MorningsTold lists what the reports of a group that were laid since a day, but that of another day, have told.
func (s *Store) MorningsTold(ctx context.Context, g community.GroupKey, since, but string) ([]morning.Piece, error) {
	list, err := rows(ctx, s, morningColumns+morningFrom+` WHERE m.group_key = $1 AND m.day >= $2 AND m.day <> $3 AND m.state = 'laid'`, []any{int64(g), since, but}, scanMorning)
	var out []morning.Piece
	for _, r := range list {
		out = append(out, r.Picked()...)
	}
	return out, err
}

// UncountedMornings lists the reports of every organisation that were laid, of days since one, and are not counted for good, with what became of them.
func (s *Store) UncountedMornings(ctx context.Context, since string) ([]morning.Report, error) {
	list, err := rows(ctx, s, morningColumns+morningFrom+` WHERE m.state = 'laid' AND m.counted = 0 AND m.day >= $1 ORDER BY m.day, m.group_key`, []any{since}, scanMorning)
	if err == nil {
		err = s.morningFates(ctx, list)
	}
	return list, err
}

// morningFates fills in what became of reports: of their items, in their group, and of their links.
func (s *Store) morningFates(ctx context.Context, list []morning.Report) error {
	items, links := []any{}, []any{}
	for _, r := range list {
		if !r.Item.IsZero() {
			items = append(items, slices.Clone(r.Item[:]))
		}
		for _, p := range r.Pieces {
			if !p.Short.IsZero() {
				links = append(links, slices.Clone(p.Short[:]))
			}
		}
	}
	of := map[community.ID]plan.Item{}
	for part := range slices.Chunk(items, 300) {
		var c clause
		in, args := oneOfThem(part)
		c.and("i.id "+in, args...)
		found, err := rows(ctx, s, itemColumns+c.String(), c.args, scanItem)
		if err == nil {
			err = s.placesOf(ctx, found)
		}
		if err != nil {
			return err
		}
		for _, i := range found {
			of[i.ID] = i
		}
	}
	opened, err := s.openings(ctx, links)
	if err != nil {
		return err
	}
	for i := range list {
		r := &list[i]
		item := of[r.Item]
		r.ItemState = string(item.State)
		for _, p := range item.Places {
			if p.Group == r.Group {
				r.Place, r.SentAt, r.Send = string(p.State), p.DidAt, p.Broadcast
			}
		}
		for _, p := range r.Pieces {
			if !p.Short.IsZero() {
				if r.Opens == nil {
					r.Opens = map[string]int64{}
				}
				r.Opens[p.Slug] = opened[p.Slug]
			}
		}
	}
	return nil
}

// openings tells how often short links were opened, by slug.
func (s *Store) openings(ctx context.Context, ids []any) (map[string]int64, error) {
	type sum struct {
		slug string
		n    int64
	}
	out := map[string]int64{}
	for part := range slices.Chunk(ids, 300) {
		var c clause
		in, args := oneOfThem(part)
		c.and("l.id "+in, args...)
		list, err := rows(ctx, s, `SELECT l.slug, CAST(coalesce(sum(d.known + d.unknown), 0) AS BIGINT) FROM short_link l JOIN short_day d ON d.link_key = l.key`+c.String()+` GROUP BY l.slug`, c.args,
			func(r *sql.Rows, v *sum) error { return r.Scan(&v.slug, &v.n) })
		if err != nil {
			return nil, err
		}
		for _, v := range list {
			out[v.slug] = v.n
		}
	}
	return out, nil
}

// AddMorning keeps a new report. CodeConflict: there is one of this day.
func (s *Store) AddMorning(ctx context.Context, org community.OrgKey, r morning.Report, audit community.Audit) (morning.Report, error) {
	pieces, err := json.Marshal(r.Pieces)
	if err != nil {
		return r, err
	}
	r.ID, r.Made, r.State, r.Version = s.NewID(), s.now(), morning.Draft, 1
	return r, s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `INSERT INTO morning_report (id, org_key, group_key, day, lang, made, user_name, pieces, text, edited, worded, state, item, version, outcome, counted) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11, $12, 1, '{}', 0)
ON CONFLICT (group_key, day) DO NOTHING`, r.ID[:], int64(org), int64(r.Group), r.Day, r.Lang, r.Made, r.User, string(pieces), r.Text, false, r.State, []byte{})
		if err == nil && n == 0 {
			err = community.Errorf(community.CodeConflict, "there is a report of %s", r.Day)
		}
		if err != nil {
			return err
		}
		return t.morningAudit(ctx, org, r, audit)
	})
}

// ChangeMorning keeps a report as it is now, if it still is as it was read (Version). CodeConflict: somebody changed it meanwhile.
func (s *Store) ChangeMorning(ctx context.Context, org community.OrgKey, r morning.Report, audit community.Audit) (morning.Report, error) {
	pieces, err := json.Marshal(r.Pieces)
	if err != nil {
		return r, err
	}
	item := []byte{}
	if !r.Item.IsZero() {
		item = r.Item[:]
	}
	err = s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE morning_report SET lang = $1, made = $2, pieces = $3, text = $4, edited = $5, worded = $6, state = $7, item = $8, version = version + 1 WHERE id = $9 AND org_key = $10 AND version = $11`,
			r.Lang, r.Made, string(pieces), r.Text, r.Edited, r.Worded, r.State, item, r.ID[:], int64(org), r.Version)
		if err == nil && n == 0 {
			err = community.Errorf(community.CodeConflict, "somebody changed this report meanwhile")
		}
		if err != nil {
			return err
		}
		r.Version++
		return t.morningAudit(ctx, org, r, audit)
	})
	return r, err
}

func (t *Tx) morningAudit(ctx context.Context, org community.OrgKey, r morning.Report, audit community.Audit) error {
	audit.Org, audit.Subject = org, "morning:"+r.ID.String()
	audit.After, _ = json.Marshal(map[string]any{"day": r.Day, "state": r.State, "picked": len(r.Picked()), "version": r.Version}) // plain values
	return t.AddAudit(ctx, audit)
}

// CountMorning keeps what a group said in the day after a report came, for good.
func (s *Store) CountMorning(ctx context.Context, r morning.Report) error {
	outcome, err := json.Marshal(r.Outcome)
	if err != nil {
		return err
	}
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `UPDATE morning_report SET outcome = $1, counted = $2 WHERE id = $3`, string(outcome), s.now(), r.ID[:])
		return err
	})
}

// MorningWatches lists how reports come about: in one organisation, or (0) in all.
func (s *Store) MorningWatches(ctx context.Context, org community.OrgKey) ([]morning.Watch, error) {
	return rows(ctx, s, `SELECT group_key, org_key, on_now, hour, at, lang, sources FROM morning_watch WHERE $1 = 0 OR org_key = $1 ORDER BY group_key`, []any{int64(org)}, func(r *sql.Rows, v *morning.Watch) error {
		var sources []byte
		if err := r.Scan((*int64)(&v.Group), (*int64)(&v.Org), &v.On, &v.Hour, &v.At, &v.Lang, &sources); err != nil {
			return err
		}
		return json.Unmarshal(sources, &v.Sources)
	})
}

// SaveMorningWatch keeps how a group's reports come about.
func (s *Store) SaveMorningWatch(ctx context.Context, w morning.Watch, audit community.Audit) error {
	sources, err := json.Marshal(w.Sources)
	if err != nil {
		return err
	}
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `INSERT INTO morning_watch (group_key, org_key, on_now, hour, at, lang, sources) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (group_key) DO UPDATE SET on_now = excluded.on_now, hour = excluded.hour, at = excluded.at, lang = excluded.lang, sources = excluded.sources`, int64(w.Group), int64(w.Org), w.On, int64(w.Hour), w.At, w.Lang, string(sources))
		if err != nil {
			return err
		}
		audit.Org = w.Org
		audit.After, _ = json.Marshal(map[string]any{"on": w.On, "hour": w.Hour, "at": w.At, "sources": len(w.Sources)}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// SaidAfter lists what members said in a group within [from, to) (UTC ms), ours and bots left out, at most so many.
func (s *Store) SaidAfter(ctx context.Context, g community.GroupKey, from, to int64, most int) ([]morning.Said, error) {
	ours, err := s.oursIn(ctx, g)
	if err != nil {
		return nil, err
	}
	var out []morning.Said
	for ev, err := range s.Events(ctx, EventScan{Group: g, Type: community.MessageCreated, Kept: true, From: from, To: to}) {
		if err != nil {
			return nil, err
		}
		if ours[ev.Actor] || ev.Body.Role == community.RoleBot {
			continue
		}
		if out = append(out, morning.Said{Member: ev.Actor, ReplyTo: ev.Body.ReplyTo}); len(out) == most {
			break
		}
	}
	return out, nil
}
