package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"qunluo/internal/community"
)

// Confirmed keeps that a member agreed to a version of the rules, as an event says.
func (t *Tx) Confirmed(ctx context.Context, ev *community.Event) error {
	var c community.Confirmation
	if err := json.Unmarshal(ev.Body.Data, &c); err != nil {
		return community.Errorf(community.CodeBadInput, "confirmation: %w", err)
	}
	who := ev.Subject
	if who == 0 {
		who = ev.Actor
	}
	_, err := t.exec(ctx, insertConfirmation, ev.Number, int64(ev.Group), int64(who), int64(c.Version), ev.At, string(c.Way), c.User, c.Note)
	return err
}

const insertConfirmation = `INSERT INTO confirmation (number, group_key, member_key, version, at, way, user_name, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (number) DO NOTHING`

// agreed keeps that a message was a member's word that they agree to the rules.
func (t *Tx) agreed(d *community.Decision) {
	if d.Confirmed > 0 {
		t.add(insertConfirmation, d.Event, int64(d.Group), int64(d.Member), int64(d.Confirmed), d.At, string(community.ConfirmedInChat), "", "")
	}
}

// CharterPageOf gives the public page of a group's rules; one without a slug when there is none.
func (s *Store) CharterPageOf(ctx context.Context, g community.GroupKey) (community.CharterPage, error) {
	return s.charterPage(ctx, "group_key = $1", int64(g))
}

// CharterPageAt gives the public page of an address, open or not; it is for everybody. CodeNotFound.
func (s *Store) CharterPageAt(ctx context.Context, slug string) (community.CharterPage, error) {
	p, err := s.charterPage(ctx, "slug = $1", slug)
	if err == nil && p.Slug == "" {
		err = community.Errorf(community.CodeNotFound, "no rules at this address")
	}
	return p, err
}

func (s *Store) charterPage(ctx context.Context, where string, arg any) (community.CharterPage, error) {
	list, err := rows(ctx, s, `SELECT group_key, slug, closed, created FROM charter_page WHERE `+where, []any{arg}, func(r *sql.Rows, p *community.CharterPage) error {
		return r.Scan((*int64)(&p.Group), &p.Slug, &p.Closed, &p.Created)
	})
	if err != nil || len(list) == 0 {
		return community.CharterPage{}, err
	}
	return list[0], nil
}

// PageChange is what is to become of a public page.
type PageChange struct {
	Closed  bool
	Another bool // it gets another address: the one before leads nowhere
}

// SetCharterPage makes or changes the public page of a group's rules, with its audit row; its address is drawn here.
func (s *Store) SetCharterPage(ctx context.Context, g community.GroupKey, to PageChange, audit community.Audit) (p community.CharterPage, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		p = community.CharterPage{Group: g}
		err := t.one(ctx, `SELECT slug, closed, created FROM charter_page WHERE group_key = $1`, []any{int64(g)}, &p.Slug, &p.Closed, &p.Created)
		if err != nil && err != sql.ErrNoRows {
			return err
		}
		audit.Before = closedJSON(p)
		if p.Slug == "" || to.Another {
			p.Slug, p.Created = strings.ToLower(rand.Text()[:16]), s.now()
		}
		switch {
		case !to.Closed:
			p.Closed = 0
		case p.Closed == 0:
			p.Closed = s.now()
		}
		if _, err := t.exec(ctx, `INSERT INTO charter_page (group_key, slug, closed, created) VALUES ($1, $2, $3, $4)
ON CONFLICT (group_key) DO UPDATE SET slug = excluded.slug, closed = excluded.closed, created = excluded.created`, int64(g), p.Slug, p.Closed, p.Created); err != nil {
			return err
		}
		audit.Subject, audit.After = fmt.Sprintf("group:%d", g), closedJSON(p)
		return t.AddAudit(ctx, audit)
	})
	return p, err
}

func closedJSON(p community.CharterPage) json.RawMessage {
	raw, _ := json.Marshal(map[string]any{"open": p.Slug != "" && p.Closed == 0, "created": p.Created}) // plain values
	return raw
}

const confirmationFrom = `FROM confirmation c JOIN chat_group g ON g.key = c.group_key JOIN member m ON m.key = c.member_key`

// FindConfirmations lists who agreed to the rules, the latest first; or who of a group has not.
func (d *Desk) FindConfirmations(ctx context.Context, f community.ConfirmationFilter) ([]community.ConfirmationRow, int, error) {
	if f.Missing {
		return d.unconfirmed(ctx, f)
	}
	var c clause
	d.in(&c, "g")
	if f.Group != 0 {
		c.and("c.group_key = ?", int64(f.Group))
	}
	if f.Member != 0 {
		c.and("c.member_key = ?", int64(f.Member))
	}
	if f.Version != 0 {
		c.and("c.version = ?", int64(f.Version))
	}
	if f.Way != "" {
		c.and("c.way = ?", string(f.Way))
	}
	if f.Text != "" {
		c.and(`m.called LIKE ? ESCAPE '\'`, likely(f.Text))
	}
	order, err := sorts{"at": "c.at", "name": "m.called", "version": "c.version"}.newest(f.Page, "c.at", "c.number")
	if err != nil {
		return nil, 0, err
	}
	total, err := d.count(ctx, confirmationFrom+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, `SELECT c.number, c.at, c.version, c.way, c.user_name, c.note, c.group_key, g.id, g.name, c.member_key, m.id, m.called, m.external_id, 0 `+
		confirmationFrom+c.String()+order, c.args, scanConfirmation)
	return list, total, err
}

func scanConfirmation(r *sql.Rows, v *community.ConfirmationRow) error {
	var group, member []byte
	err := r.Scan(&v.Number, &v.At, &v.Version, &v.Way, &v.User, &v.Note, (*int64)(&v.Group), &group, &v.GroupName, (*int64)(&v.Member), &member, &v.MemberName, &v.External, &v.JoinedAt)
	copy(v.GroupID[:], group)
	copy(v.MemberID[:], member)
	return err
}

// unconfirmed lists the members of a group who have not agreed to a version of its rules or a later one; bots are left out.
func (d *Desk) unconfirmed(ctx context.Context, f community.ConfirmationFilter) ([]community.ConfirmationRow, int, error) {
	var c clause
	d.in(&c, "g")
	c.and("p.group_key = ?", int64(f.Group))
	c.and("p.present")
	c.and("NOT m.bot")
	c.and("p.role <> ?", string(community.RoleSelf))
	c.and("NOT EXISTS (SELECT 1 FROM confirmation x WHERE x.group_key = p.group_key AND x.member_key = p.member_key AND x.version >= ?)", int64(f.Version))
	if f.Text != "" {
		c.and(`m.called LIKE ? ESCAPE '\'`, likely(f.Text))
	}
	from := `FROM views.people p JOIN chat_group g ON g.key = p.group_key JOIN member m ON m.key = p.member_key` + c.String()
	order, err := sorts{"at": "p.joined_at", "name": "m.called", "version": "p.joined_at"}.newest(f.Page, "p.joined_at", "p.member_key")
	if err != nil {
		return nil, 0, err
	}
	total, err := d.count(ctx, from, c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, `SELECT 0, 0, 0, '', '', '', p.group_key, g.id, g.name, p.member_key, m.id, m.called, m.external_id, p.joined_at `+from+order, c.args, scanConfirmation)
	return list, total, err
}

// ConfirmationSums counts who of a group agreed: to any version, and to one or a later one.
func (d *Desk) ConfirmationSums(ctx context.Context, g community.GroupKey, version int) (community.ConfirmationSums, error) {
	out := community.ConfirmationSums{Ways: map[community.ConfirmWay]int{}}
	var c clause
	d.in(&c, "g")
	c.and("p.group_key = ?", int64(g))
	c.and("p.present")
	c.and("NOT m.bot")
	c.and("p.role <> ?", string(community.RoleSelf))
	least := c.arg(int64(version))
	type line struct {
		way                     string
		people, agreed, current int
	}
	list, err := rows(ctx, d.s, `SELECT coalesce((SELECT x.way FROM confirmation x WHERE x.group_key = p.group_key AND x.member_key = p.member_key ORDER BY x.number DESC LIMIT 1), '') AS way,
 count(*), sum(CASE WHEN EXISTS (SELECT 1 FROM confirmation x WHERE x.group_key = p.group_key AND x.member_key = p.member_key) THEN 1 ELSE 0 END),
 sum(CASE WHEN EXISTS (SELECT 1 FROM confirmation x WHERE x.group_key = p.group_key AND x.member_key = p.member_key AND x.version >= `+least+`) THEN 1 ELSE 0 END)
FROM views.people p JOIN chat_group g ON g.key = p.group_key JOIN member m ON m.key = p.member_key`+c.String()+` GROUP BY 1`, c.args,
		func(r *sql.Rows, v *line) error { return r.Scan(&v.way, &v.people, &v.agreed, &v.current) })
	for _, v := range list {
		out.Present += v.people
		out.Confirmed += v.agreed
		out.Current += v.current
		if v.way != "" {
			out.Ways[community.ConfirmWay(v.way)] += v.people
		}
	}
	return out, err
}

// ConfirmedVersion is the latest version of a group's rules that a member agreed to; 0 = none.
func (s *Store) ConfirmedVersion(ctx context.Context, g community.GroupKey, m community.MemberKey) (v int, at int64, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT coalesce(max(version), 0), coalesce(max(at), 0) FROM confirmation WHERE group_key = $1 AND member_key = $2`, int64(g), int64(m)).Scan(&v, &at)
	return v, at, coded(s.dialect, err)
}
