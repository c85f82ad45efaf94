package app

import (
	"context"
	"encoding/json"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/plan"
	"qunluo/internal/shelf"
)

// moments is what a person sees and makes of posts on employees' pages (客户朋友圈).
type moments struct{ *plans }

// Moments makes the handle for moments.
func (a *App) Moments(org community.OrgKey) moments { return moments{a.Plans(org, nil)} }

// momenter is an account's living session as one that posts moments. CodeNotFound: the organisation has no such account;
// CodeUnreachable: it does not run; CodeUnsupported: it posts none.
func (m moments) momenter(ctx context.Context, key community.AccountKey) (connect.Momenter, community.Account, error) {
	account, err := m.account(ctx, key)
	if err != nil {
		return nil, account, err
	}
	posts, err := able[connect.Momenter](m.app.wires, key, "this connection posts no moments")
	return posts, account, err
}

// Accounts lists the accounts that post moments now.
func (m moments) Accounts(ctx context.Context) ([]community.Account, error) {
	all, err := m.desk().Accounts(ctx)
	var out []community.Account
	for _, a := range all {
		if _, ok := m.app.wires.session(a.Key).(connect.Momenter); ok {
			out = append(out, a)
		}
	}
	return out, err
}

// List asks the platform for the moments of the last days and who has confirmed them.
func (m moments) List(ctx context.Context, key community.AccountKey, days int) ([]community.Moment, error) {
	posts, account, err := m.momenter(ctx, key)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithTimeout(ctx, choreLimit)
	defer stop()
	list, err := posts.Moments(ctx, days)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, one := range list {
		for _, p := range one.Posts {
			ids = append(ids, p.Employee)
		}
	}
	slices.Sort(ids)
	names, err := m.app.store.NamesOf(ctx, m.org, account.Platform, slices.Compact(ids))
	for _, one := range list {
		for i := range one.Posts {
			one.Posts[i].Name = names[one.Posts[i].Employee]
		}
	}
	return list, err
}

// Reactions tells who reacted to a moment, as far as it was read; the latest first. "" = to any.
func (m moments) Reactions(ctx context.Context, moment string, at community.Page) ([]community.MomentReaction, int, error) {
	return m.app.store.MomentReactions(ctx, m.org, moment, at)
}

// Sums tells likes and comments of each moment that has any.
func (m moments) Sums(ctx context.Context) (map[string][2]int64, error) {
	return m.app.store.MomentSums(ctx, m.org)
}

// Post asks employees to publish a moment with pictures that were kept; "" while the platform still makes the tasks.
// CodeRefused: the link check stops it, or it holds something exclusive that is not released for moments. What was tried is in the trail, whatever came of it.
func (m moments) Post(ctx context.Context, user string, key community.AccountKey, order community.MomentOrder, pictures []community.ID, reason string) (string, error) {
	posts, account, err := m.momenter(ctx, key)
	if err != nil {
		return "", err
	}
	for _, id := range pictures {
		f, err := m.FileContent(ctx, id)
		if err != nil {
			return "", err
		}
		order.Pictures = append(order.Pictures, f)
	}
	if err := order.Check(); err != nil {
		return "", err
	}
	found, err := m.CheckLinks(ctx, plan.Attached{URL: order.Link, Title: order.LinkTitle}.Whole(order.Text), account.Platform)
	if err != nil {
		return "", err
	}
	for _, f := range found {
		if f.Refuse {
			return "", connect.Trouble(community.CodeRefused, f.Link+"："+f.Reason[0]+"；"+f.Instead[0]+"。", f.Link+": "+f.Reason[1]+"; "+f.Instead[1]+".")
		}
	}
	if err := m.shut(ctx, order, pictures); err != nil {
		return "", err
	}
	audit := m.audit(user, "moment.create", "account:"+account.ID.String(), reason)
	if audit.After, err = json.Marshal(map[string]any{"text": order.Text, "link": order.Link, "employees": order.Employees, "tags": order.Tags, "pictures": len(order.Pictures)}); err != nil {
		return "", err
	}
	if err := m.app.store.AddAudit(ctx, audit); err != nil {
		return "", err
	}
	ctx, stop := context.WithTimeout(ctx, choreLimit)
	defer stop()
	return posts.NewMoment(ctx, order)
}

// shut refuses a moment that tells everybody's contacts an exclusive item: CodeRefused.
func (m moments) shut(ctx context.Context, order community.MomentOrder, pictures []community.ID) error {
	list, err := m.app.tellings(ctx, m.org, community.ID{}, order.Text+"\n"+order.LinkTitle+"\n"+order.Link, func() (out []string, err error) {
		for _, id := range pictures {
			u, err := m.app.store.UploadByID(ctx, id)
			if err != nil {
				return nil, err
			}
			out = append(out, u.Hash)
		}
		return out, nil
	}, []community.GroupKey{shelf.Moments})
	if err != nil || len(list) == 0 {
		return err
	}
	return outOfBounds(list[0].item.Title, "朋友圈", "moments")
}
