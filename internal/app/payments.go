package app

import (
	"context"
	"io"
	"strings"
	"time"

	"qunluo/internal/community"
)

// payments are what members paid, as people enter it, bounded as hands are.
type payments struct{ *hands }

// Payments makes the handle for payments.
func (a *App) Payments(org community.OrgKey, groups []community.GroupKey) payments {
	return payments{a.Hands(org, groups)}
}

// Find lists payments, the latest first.
func (p payments) Find(ctx context.Context, f community.PaymentFilter) ([]community.PaymentRow, int, error) {
	return p.desk().FindPayments(ctx, f)
}

// Add enters payments, all or none; those whose number stands already are left out. CodeBadInput names the first bad row.
func (p payments) Add(ctx context.Context, user string, list []community.Payment) (added []community.Payment, err error) {
	if len(list) == 0 || len(list) > community.MaxPayments {
		return nil, community.Errorf(community.CodeBadInput, "%d payments: want 1 to %d", len(list), community.MaxPayments)
	}
	known := map[community.GroupKey]bool{}
	for i := range list {
		one := &list[i]
		one.User = user
		if err := one.Check(); err != nil {
			return nil, community.Errorf(community.CodeBadInput, "payment %d: %w", i+1, err)
		}
		if !known[one.Group] {
			if err := p.sees(ctx, one.Group); err != nil {
				return nil, err
			}
			known[one.Group] = true
		}
	}
	return p.app.store.AddPayments(ctx, list, p.audit(user, "payment.add", "", ""))
}

// Void says that a payment was entered wrongly: it stays on record and counts nowhere.
func (p payments) Void(ctx context.Context, user string, id community.ID, why string) error {
	if why = strings.TrimSpace(why); why == "" {
		return community.Errorf(community.CodeBadInput, "void: a reason is wanted")
	}
	list, _, err := p.desk().FindPayments(ctx, community.PaymentFilter{ID: id, Page: community.Page{Limit: 1}})
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return community.Errorf(community.CodeNotFound, "payment %s: not found", id)
	}
	return p.app.store.VoidPayment(ctx, id, user, why, p.audit(user, "payment.void", "payment:"+id.String(), why))
}

// AddFile enters a CSV of payments in a group, all or none; see community.ReadPayments. Members are named by id, platform's id or
// name. known is how many were entered before. With faults nothing was entered.
func (p payments) AddFile(ctx context.Context, user string, g community.GroupKey, file io.Reader) (added []community.Payment, known int, faults []community.PaymentFault, err error) {
	group, err := p.mine(ctx, g)
	if err != nil {
		return nil, 0, nil, err
	}
	zone, err := time.LoadLocation(group.Zone)
	if err != nil {
		return nil, 0, nil, err
	}
	lines, faults, err := community.ReadPayments(file, zone)
	if err != nil || len(faults) > 0 || len(lines) == 0 {
		return nil, 0, faults, err
	}
	list, seen := make([]community.Payment, len(lines)), map[string]community.MemberKey{}
	for i, line := range lines {
		key, ok := seen[line.Who]
		if !ok {
			if key, err = p.payer(ctx, g, line.Who); err != nil {
				return nil, 0, nil, err
			}
			seen[line.Who] = key
		}
		if key == 0 && len(faults) < 20 {
			faults = append(faults, community.PaymentFault{Line: i + 2, What: "member"})
		}
		list[i] = line.Payment
		list[i].Group, list[i].Member = g, key
	}
	if len(faults) > 0 {
		return nil, 0, faults, nil
	}
	added, err = p.Add(ctx, user, list)
	return added, len(list) - len(added), nil, err
}

// payer finds the one member of a group who is called so; 0 = none, or more than one.
func (p payments) payer(ctx context.Context, g community.GroupKey, who string) (community.MemberKey, error) {
	if id, err := community.ParseID(who); err == nil {
		m, err := p.desk().MemberByID(ctx, id)
		if err == nil || community.CodeOf(err) != community.CodeNotFound {
			return m.Key, err
		}
	}
	rows, _, err := p.desk().FindMembers(ctx, community.MemberFilter{Group: g, Text: who, Page: community.Page{Limit: 200}})
	var found community.MemberKey
	for _, r := range rows {
		switch {
		case r.External == who:
			return r.Key, nil
		case r.Name != who && r.Card != who:
		case found != 0 && found != r.Key:
			return 0, nil
		default:
			found = r.Key
		}
	}
	return found, err
}
