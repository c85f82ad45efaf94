package store

import (
	"context"
	"database/sql"
	"encoding/json"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// AddPayments keeps payments; those whose number was entered before are left out, and stay as they were. added holds what is
// new, with its ids. One audit row says how many.
func (s *Store) AddPayments(ctx context.Context, list []community.Payment, audit community.Audit) (added []community.Payment, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		added = nil
		for _, p := range list {
			p.ID, p.Entered = s.NewID(), s.now()
			n, err := t.exec(ctx, `INSERT INTO payment (id, group_key, member_key, at, amount, currency, what, ref, entered, user_name, voided, void_user, void_why)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, '', '') ON CONFLICT DO NOTHING`,
				p.ID[:], int64(p.Group), int64(p.Member), p.At, p.Amount, p.Currency, p.What, p.Ref, p.Entered, p.User)
			if err != nil {
				return err
			}
			if n == 1 {
				added = append(added, p)
			}
		}
		if len(added) == 0 {
			return nil
		}
		audit.After, _ = json.Marshal(map[string]int{"payments": len(added), "of": len(list)}) // plain values
		return t.AddAudit(ctx, audit)
	})
	return added, err
}

// VoidPayment says that a payment was entered wrongly. CodeConflict: it is void already.
func (s *Store) VoidPayment(ctx context.Context, id community.ID, user, why string, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE payment SET voided = $1, void_user = $2, void_why = $3 WHERE id = $4 AND voided = 0`, s.now(), user, why, id[:])
		if err == nil && n == 0 {
			return community.Errorf(community.CodeConflict, "payment %s is void already", id)
		}
		if err != nil {
			return err
		}
		return t.AddAudit(ctx, audit)
	})
}

const paymentFrom = `FROM payment p JOIN chat_group g ON g.key = p.group_key JOIN member m ON m.key = p.member_key`

// FindPayments lists payments, the latest first. Sort: "at", "amount".
func (d *Desk) FindPayments(ctx context.Context, f community.PaymentFilter) ([]community.PaymentRow, int, error) {
	var c clause
	d.in(&c, "g")
	if f.Group != 0 {
		c.and("p.group_key = ?", int64(f.Group))
	}
	if f.Member != 0 {
		c.and("p.member_key = ?", int64(f.Member))
	}
	if f.From != 0 {
		c.and("p.at >= ?", f.From)
	}
	if f.To != 0 {
		c.and("p.at < ?", f.To)
	}
	if !f.ID.IsZero() {
		c.and("p.id = ?", f.ID[:])
	}
	if f.Standing {
		c.and("p.voided = 0")
	}
	order, err := sorts{"at": "p.at", "amount": "p.amount"}.order(f.Page, "p.at DESC", "p.id")
	if err != nil {
		return nil, 0, err
	}
	total, err := d.count(ctx, paymentFrom+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, `SELECT p.id, p.group_key, p.member_key, p.at, p.amount, p.currency, p.what, p.ref, p.entered, p.user_name, p.voided, p.void_user, p.void_why, g.id, g.name, m.id, m.called `+
		paymentFrom+c.String()+order, c.args, func(r *sql.Rows, p *community.PaymentRow) error {
		var id, group, member []byte
		err := r.Scan(&id, (*int64)(&p.Group), (*int64)(&p.Member), &p.At, &p.Amount, &p.Currency, &p.What, &p.Ref, &p.Entered, &p.User, &p.Voided, &p.VoidedBy, &p.VoidWhy, &group, &p.GroupName, &member, &p.Name)
		copy(p.ID[:], id)
		copy(p.GroupID[:], group)
		copy(p.MemberID[:], member)
		return err
	})
	return list, total, err
}

// Paid gives what stands of a group's payments on the days [from, to], by currency.
func (d *Desk) Paid(ctx context.Context, g community.GroupKey, from, to measure.Day) (map[string][]measure.Payment, error) {
	places, err := d.placesFor(ctx, g, "", from, to)
	if err != nil {
		return nil, err
	}
	type row struct {
		measure.Payment
		currency string
	}
	list, err := rows(ctx, d.s, `SELECT member_key, at, amount, currency FROM payment WHERE group_key = $1 AND at >= $2 AND at < $3 AND voided = 0 ORDER BY at, id`,
		[]any{int64(g), from.Start(places[0].Zone), (to + 1).Start(places[0].Zone)}, func(r *sql.Rows, p *row) error {
			return r.Scan((*int64)(&p.Member), &p.At, &p.Amount, &p.currency)
		})
	out := map[string][]measure.Payment{}
	for _, p := range list {
		out[p.currency] = append(out[p.currency], p.Payment)
	}
	return out, err
}
