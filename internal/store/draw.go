package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/draw"
)

const drawColumns = `SELECT d.id, d.org_key, d.group_key, g.id, g.name, d.state, d.terms, d.budget, d.slot, d.slot_date, d.sealed, d.seed, d.commitment, d.list_hash, d.beacon, d.beacon_source, d.override_why, d.maker,
 d.created, d.opened, d.closed, d.drawn, d.ended_by, d.why, d.told, d.version, (SELECT count(*) FROM draw_entry e WHERE e.draw = d.id AND e.out_why = ''), (SELECT count(*) FROM draw_payout p WHERE p.draw = d.id AND p.state = 'open')`

const drawFrom = ` FROM draw d JOIN chat_group g ON g.key = d.group_key`

func scanDraw(r *sql.Rows, v *draw.Draw) error {
	var id, group []byte
	var terms string
	err := r.Scan(&id, (*int64)(&v.Org), (*int64)(&v.Group), &group, &v.GroupName, (*string)(&v.State), &terms, &v.Budget, &v.Slot, &v.Date, &v.Sealed, &v.Seed, &v.Commitment, &v.List, &v.Beacon, &v.Source, &v.Override, &v.Maker,
		&v.Created, &v.Opened, &v.ClosedAt, &v.DrawnAt, &v.By, &v.Why, (*string)(&v.Told), &v.Version, &v.Entries, &v.Open)
	if err != nil {
		return err
	}
	copy(v.ID[:], id)
	copy(v.GroupID[:], group)
	if v.Commitment != "" {
		v.Text = terms
	}
	v.Terms, err = draw.ParseTerms(terms)
	return err
}

// AddDraw keeps a new draft and draws the code of its public address. CodeConflict: the slot has one on this date.
func (s *Store) AddDraw(ctx context.Context, d draw.Draw, audit community.Audit) (draw.Draw, error) {
	d.ID, d.Created, d.Version = s.NewID(), s.now(), 1
	d.Terms.Code = strings.ToLower(rand.Text()[:16])
	text, err := d.Terms.Text()
	if err != nil {
		return d, err
	}
	return d, s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `INSERT INTO draw (id, org_key, group_key, code, state, terms, budget, slot, slot_date, sealed, seed, commitment, list_hash, beacon, beacon_source, override_why, maker, created, opened, closed, drawn, ended_by, why, told, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', '', '', '', '', '', $11, $12, 0, 0, 0, '', '', '', 1) ON CONFLICT DO NOTHING`,
			d.ID[:], int64(d.Org), int64(d.Group), d.Terms.Code, string(d.State), text, d.Budget, d.Slot, d.Date, []byte{}, d.Maker, d.Created)
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeConflict, "the slot has a draw on %s", d.Date)
		}
		return t.auditDraw(ctx, d, nil, audit)
	})
}

func (t *Tx) auditDraw(ctx context.Context, d draw.Draw, before json.RawMessage, audit community.Audit) error {
	audit.Org, audit.Subject, audit.Before = d.Org, "draw:"+d.ID.String(), before
	audit.After, _ = json.Marshal(map[string]any{"state": d.State, "terms": d.Terms, "budget": d.Budget, "commitment": d.Commitment, "list": d.List}) // plain values
	return t.AddAudit(ctx, audit)
}

// moveDraw writes what changes of a draw, once: CodeConflict when somebody or something else changed it since it was read.
func (t *Tx) moveDraw(ctx context.Context, d draw.Draw) error {
	text := d.Text
	if text == "" {
		var err error
		if text, err = d.Terms.Text(); err != nil {
			return err
		}
	}
	if d.Sealed == nil {
		d.Sealed = []byte{}
	}
	n, err := t.exec(ctx, `UPDATE draw SET state = $1, terms = $2, budget = $3, slot = $4, slot_date = $5, sealed = $6, seed = $7, commitment = $8, list_hash = $9, beacon = $10, beacon_source = $11, override_why = $12,
 opened = $13, closed = $14, drawn = $15, ended_by = $16, why = $17, version = version + 1 WHERE id = $18 AND version = $19`,
		string(d.State), text, d.Budget, d.Slot, d.Date, d.Sealed, d.Seed, d.Commitment, d.List, d.Beacon, d.Source, d.Override, d.Opened, d.ClosedAt, d.DrawnAt, d.By, d.Why, d.ID[:], d.Version)
	if err == nil && n == 0 {
		err = community.Errorf(community.CodeConflict, "it was changed meanwhile")
	}
	return err
}

// MoveDraw keeps a change of a draw: a draft that was written anew, published or called off, a public number. CodeConflict: it was changed meanwhile,
// or the slot has one on this date.
func (s *Store) MoveDraw(ctx context.Context, d draw.Draw, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		if d.Slot != "" {
			var n int64
			if err := t.one(ctx, `SELECT count(*) FROM draw WHERE group_key = $1 AND slot = $2 AND slot_date = $3 AND id <> $4`, []any{int64(d.Group), d.Slot, d.Date, d.ID[:]}, &n); err != nil {
				return err
			}
			if n > 0 {
				return community.Errorf(community.CodeConflict, "the slot has a draw on %s", d.Date)
			}
		}
		if err := t.moveDraw(ctx, d); err != nil {
			return err
		}
		return t.auditDraw(ctx, d, nil, audit)
	})
}

// EnterDraw keeps that a member entered a draw; again changes nothing. CodeLate: its entries are closed.
func (s *Store) EnterDraw(ctx context.Context, id community.ID, e draw.Entry) error {
	return s.writeTx(ctx, func(t *Tx) error {
		if err := t.drawTakes(ctx, id); err != nil {
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO draw_entry (draw, member_key, code, entered, out_why, place) VALUES ($1, $2, $3, $4, '', 0) ON CONFLICT (draw, member_key) DO NOTHING`, id[:], int64(e.Member), e.Code, e.Entered)
		return err
	})
}

// LeaveDraw takes an entry back. CodeLate: entries are closed; CodeNotFound: there is none.
func (s *Store) LeaveDraw(ctx context.Context, id community.ID, m community.MemberKey) error {
	return s.writeTx(ctx, func(t *Tx) error {
		if err := t.drawTakes(ctx, id); err != nil {
			return err
		}
		n, err := t.exec(ctx, `DELETE FROM draw_entry WHERE draw = $1 AND member_key = $2`, id[:], int64(m))
		if err == nil && n == 0 {
			err = community.Errorf(community.CodeNotFound, "they did not enter")
		}
		return err
	})
}

// drawTakes keeps a draw from being closed meanwhile; CodeLate.
func (t *Tx) drawTakes(ctx context.Context, id community.ID) error {
	n, err := t.exec(ctx, `UPDATE draw SET state = state WHERE id = $1 AND state = 'published'`, id[:])
	if err == nil && n == 0 {
		err = community.Errorf(community.CodeLate, "entries are closed")
	}
	return err
}

// CloseDraw freezes the list of a draw, all or nothing. CodeConflict: another worker did, or somebody entered since it was read.
func (s *Store) CloseDraw(ctx context.Context, d draw.Draw, list []draw.Entry, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		if err := t.moveDraw(ctx, d); err != nil {
			return err
		}
		var want, had [2]int64
		for _, e := range list {
			if e.Entered > 0 {
				want[0], want[1] = want[0]+1, want[1]+int64(e.Member)
			}
		}
		if err := t.one(ctx, `SELECT count(*), CAST(coalesce(sum(member_key), 0) AS BIGINT) FROM draw_entry WHERE draw = $1`, []any{d.ID[:]}, &had[0], &had[1]); err != nil {
			return err
		}
		if had != want {
			return community.Errorf(community.CodeConflict, "somebody entered or left meanwhile")
		}
		if _, err := t.exec(ctx, `DELETE FROM draw_entry WHERE draw = $1`, d.ID[:]); err != nil {
			return err
		}
		for _, e := range list {
			t.add(`INSERT INTO draw_entry (draw, member_key, code, entered, out_why, place) VALUES ($1, $2, $3, $4, $5, $6)`, d.ID[:], int64(e.Member), e.Code, e.Entered, e.Out, 0)
		}
		return t.auditDraw(ctx, d, nil, audit)
	})
}

// RevealDraw keeps the winners of a draw with its seed, and what they get. CodeConflict: it was drawn before.
func (s *Store) RevealDraw(ctx context.Context, d draw.Draw, pay []draw.Payout, audit community.Audit) ([]draw.Payout, error) {
	err := s.writeTx(ctx, func(t *Tx) error {
		if err := t.moveDraw(ctx, d); err != nil {
			return err
		}
		for i := range pay {
			p := &pay[i]
			p.ID, p.Draw, p.Group, p.State, p.Made = s.NewID(), d.ID, d.Group, draw.Open, d.DrawnAt
			n, err := t.exec(ctx, `UPDATE draw_entry SET place = $1 WHERE draw = $2 AND code = $3 AND out_why = ''`, p.Place, d.ID[:], p.Code)
			if err != nil {
				return err
			}
			if n != 1 {
				return community.Errorf(community.CodeInternal, "winner %s is not in the list", p.Code)
			}
			if err := t.one(ctx, `SELECT member_key FROM draw_entry WHERE draw = $1 AND code = $2`, []any{d.ID[:], p.Code}, (*int64)(&p.Member)); err != nil {
				return err
			}
			if _, err := t.exec(ctx, `INSERT INTO draw_payout (id, draw, group_key, member_key, code, place, prize, kind, fen, state, made, until, paid_at, paid_by, receipt, times) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, '', '', 0)`,
				p.ID[:], d.ID[:], int64(d.Group), int64(p.Member), p.Code, p.Place, p.Prize, p.Kind, p.Fen, p.State, p.Made, p.Until); err != nil {
				return err
			}
		}
		return t.auditDraw(ctx, d, nil, audit)
	})
	return pay, err
}

// DrawTold keeps that a group was told of the state of a draw, as it was read.
func (s *Store) DrawTold(ctx context.Context, id community.ID, state draw.State) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `UPDATE draw SET told = $1 WHERE id = $2 AND state = $1`, string(state), id[:])
		return err
	})
}

// RunningDraws lists the draws of all organisations with which something is to be done: published and not yet drawn, or not yet told.
func (s *Store) RunningDraws(ctx context.Context) ([]draw.Draw, error) {
	return rows(ctx, s, drawColumns+drawFrom+` WHERE d.commitment <> '' AND (d.state IN ('published', 'closed') OR d.told <> d.state) ORDER BY d.created, d.id`, nil, scanDraw)
}

// DrawAt gives the draw of a public address, of whatever organisation; drafts have none. CodeNotFound.
func (s *Store) DrawAt(ctx context.Context, code string) (draw.Draw, error) {
	list, err := rows(ctx, s, drawColumns+drawFrom+` WHERE d.code = $1 AND d.commitment <> ''`, []any{code}, scanDraw)
	return oneOf(list, err, "draw", code)
}

// Draws lists the draws of one group, or (0) of all of the scope, the newest first.
func (d *Desk) Draws(ctx context.Context, g community.GroupKey, page community.Page) ([]draw.Draw, int, error) {
	var c clause
	d.in(&c, "g")
	if g != 0 {
		c.and("d.group_key = ?", int64(g))
	}
	total, err := d.count(ctx, drawFrom+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, drawColumns+drawFrom+c.String()+fmt.Sprintf(` ORDER BY d.created DESC, d.id DESC LIMIT %d OFFSET %d`, limitOf(page.Limit), max(page.Offset, 0)), c.args, scanDraw)
	return list, total, err
}

// DrawByID gives one; CodeNotFound.
func (d *Desk) DrawByID(ctx context.Context, id community.ID) (draw.Draw, error) {
	var c clause
	d.in(&c, "g")
	c.and("d.id = ?", id[:])
	list, err := rows(ctx, d.s, drawColumns+drawFrom+c.String(), c.args, scanDraw)
	return oneOf(list, err, "draw", id)
}

const drawEntryColumns = `SELECT e.member_key, m.id, m.called, e.code, e.entered, e.out_why, e.place FROM draw_entry e JOIN member m ON m.key = e.member_key`

func scanDrawEntry(r *sql.Rows, v *draw.Entry) error {
	var id []byte
	err := r.Scan((*int64)(&v.Member), &id, &v.Name, &v.Code, &v.Entered, &v.Out, &v.Place)
	copy(v.MemberID[:], id)
	return err
}

// DrawEntries lists everybody of a draw's list by their codes, those who take no part included.
func (s *Store) DrawEntries(ctx context.Context, id community.ID) ([]draw.Entry, error) {
	return rows(ctx, s, drawEntryColumns+` WHERE e.draw = $1 ORDER BY e.code`, []any{id[:]}, scanDrawEntry)
}

// DrawEntryPage lists a page of them: winners by their place, then who takes part, then who does not.
func (s *Store) DrawEntryPage(ctx context.Context, id community.ID, page community.Page) ([]draw.Entry, int, error) {
	var n int
	if err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM draw_entry WHERE draw = $1`, id[:]).Scan(&n); err != nil {
		return nil, 0, coded(s.dialect, err)
	}
	list, err := rows(ctx, s, drawEntryColumns+fmt.Sprintf(` WHERE e.draw = $1 ORDER BY CASE WHEN e.place > 0 THEN 0 WHEN e.out_why = '' THEN 1 ELSE 2 END, e.place, e.code LIMIT %d OFFSET %d`, limitOf(page.Limit), max(page.Offset, 0)), []any{id[:]}, scanDrawEntry)
	return list, n, err
}

// DrawWinners lists the winners of a draw by their places.
func (s *Store) DrawWinners(ctx context.Context, id community.ID) ([]draw.Entry, error) {
	return rows(ctx, s, drawEntryColumns+` WHERE e.draw = $1 AND e.place > 0 ORDER BY e.place`, []any{id[:]}, scanDrawEntry)
}

// DrawEntryOf gives the entry of a member, or of a code where m is 0. CodeNotFound.
func (s *Store) DrawEntryOf(ctx context.Context, id community.ID, m community.MemberKey, code string) (draw.Entry, error) {
	list, err := rows(ctx, s, drawEntryColumns+` WHERE e.draw = $1 AND (e.member_key = $2 OR $2 = 0 AND e.code = $3)`, []any{id[:], int64(m), code}, scanDrawEntry)
	return oneOf(list, err, "entry", code)
}

// DrawPersons says of the members of a group whose accounts they are, where that is known.
func (s *Store) DrawPersons(ctx context.Context, g community.GroupKey) (map[community.MemberKey]int64, error) {
	list, err := rows(ctx, s, `SELECT pm.member_key, pm.person_key FROM person_member pm JOIN views.people p ON p.member_key = pm.member_key WHERE p.group_key = $1`, []any{int64(g)}, func(r *sql.Rows, v *[2]int64) error { return r.Scan(&v[0], &v[1]) })
	out := map[community.MemberKey]int64{}
	for _, v := range list {
		out[community.MemberKey(v[0])] = v[1]
	}
	return out, err
}

const drawPayColumns = `SELECT p.id, p.draw, d.terms, p.group_key, g.name, p.member_key, m.id, m.called, p.code, p.place, p.prize, p.kind, p.fen, p.state, p.made, p.until, p.paid_at, p.paid_by, p.receipt, p.times`
const drawPayFrom = ` FROM draw_payout p JOIN draw d ON d.id = p.draw JOIN chat_group g ON g.key = p.group_key JOIN member m ON m.key = p.member_key`

func scanDrawPayout(r *sql.Rows, v *draw.Payout) error {
	var id, of, member []byte
	var terms string
	if err := r.Scan(&id, &of, &terms, (*int64)(&v.Group), &v.GroupName, (*int64)(&v.Member), &member, &v.Name, &v.Code, &v.Place, &v.Prize, &v.Kind, &v.Fen, &v.State, &v.Made, &v.Until, &v.PaidAt, &v.PaidBy, &v.Receipt, &v.Times); err != nil {
		return err
	}
	copy(v.ID[:], id)
	copy(v.Draw[:], of)
	copy(v.MemberID[:], member)
	t, err := draw.ParseTerms(terms)
	v.Title = t.Title
	return err
}

// DrawPayFilter asks for prizes that were won.
type DrawPayFilter struct {
	Group  community.GroupKey // 0 = of all
	Draw   community.ID
	State  string // "" = all
	Before int64  // to be fetched before this time (UTC ms); 0 = whenever
	Page   community.Page
}

// DrawPayouts lists the prizes that were won: what is open first, then the newest.
func (d *Desk) DrawPayouts(ctx context.Context, f DrawPayFilter) ([]draw.Payout, int, error) {
	var c clause
	d.in(&c, "g")
	if f.Group != 0 {
		c.and("p.group_key = ?", int64(f.Group))
	}
	if !f.Draw.IsZero() {
		c.and("p.draw = ?", f.Draw[:])
	}
	if f.State != "" {
		c.and("p.state = ?", f.State)
	}
	if f.Before != 0 {
		c.and("p.until <= ?", f.Before)
	}
	total, err := d.count(ctx, drawPayFrom+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, drawPayColumns+drawPayFrom+c.String()+fmt.Sprintf(` ORDER BY CASE WHEN p.state = 'open' THEN 0 ELSE 1 END, p.made DESC, p.draw, p.place LIMIT %d OFFSET %d`, limitOf(f.Page.Limit), max(f.Page.Offset, 0)), c.args, scanDrawPayout)
	return list, total, err
}

// DrawPayoutByID gives one; CodeNotFound.
func (d *Desk) DrawPayoutByID(ctx context.Context, id community.ID) (draw.Payout, error) {
	var c clause
	d.in(&c, "g")
	c.and("p.id = ?", id[:])
	list, err := rows(ctx, d.s, drawPayColumns+drawPayFrom+c.String(), c.args, scanDrawPayout)
	return oneOf(list, err, "prize", id)
}

// DrawSums adds up what came of the prizes of a draw at a time (UTC ms).
func (s *Store) DrawSums(ctx context.Context, d draw.Draw, now int64) (draw.Sums, error) {
	list, err := rows(ctx, s, `SELECT fen, state, until FROM draw_payout WHERE draw = $1`, []any{d.ID[:]}, func(r *sql.Rows, v *draw.Payout) error { return r.Scan(&v.Fen, &v.State, &v.Until) })
	return draw.Sum(d, list, now), err
}

// MoveDrawPayout keeps that a prize was handed over or lapsed, or that this was taken back. CodeConflict: somebody else was first.
func (s *Store) MoveDrawPayout(ctx context.Context, org community.OrgKey, was, p draw.Payout, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE draw_payout SET state = $1, paid_at = $2, paid_by = $3, receipt = $4, times = $5 WHERE id = $6 AND state = $7 AND times = $8`, p.State, p.PaidAt, p.PaidBy, p.Receipt, p.Times, p.ID[:], was.State, was.Times)
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeConflict, "somebody else marked it meanwhile")
		}
		audit.Org, audit.Subject = org, "prize:"+p.ID.String()
		audit.Before, _ = json.Marshal(was) // plain values
		audit.After, _ = json.Marshal(p)    // plain values
		return t.AddAudit(ctx, audit)
	})
}
