package app

import (
	"context"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/duty"
)

// aways are the groups of an organisation that go on in their standby now, with the way there. Nearly always there is none,
// which costs one question.
func (a *App) aways(ctx context.Context, org community.OrgKey) (admit.Aways, error) {
	desk := a.store.For(community.Scope{Org: org})
	list, _, err := desk.Detours(ctx, 0, community.Page{Limit: 200})
	if err != nil {
		return nil, err
	}
	var out admit.Aways
	for _, d := range list {
		if d.Ended != 0 {
			break // those that are on come first
		}
		if out == nil {
			out = admit.Aways{}
		}
		if out[d.Group], err = a.away(ctx, org, d); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (a *App) away(ctx context.Context, org community.OrgKey, d duty.Detour) (admit.Away, error) {
	away := admit.Away{ID: d.ID, Group: d.GroupName, To: d.ToName}
	desk := a.store.For(community.Scope{Org: org})
	set, err := desk.Standbys(ctx, d.Group)
	if err != nil {
		return away, err
	}
	if len(set) > 0 {
		away.Words = set[0].Invite
	}
	if d.To != 0 {
		if err := a.wayInto(ctx, org, d.To, &away); err != nil {
			return away, err
		}
	}
	if away.Link == "" && away.Slug == "" {
		away.Link = admit.LinkIn(away.Words)
	}
	return away, nil
}

// wayInto finds a code of ours that leads into a group now.
func (a *App) wayInto(ctx context.Context, org community.OrgKey, g community.GroupKey, away *admit.Away) error {
	list, _, err := a.store.For(community.Scope{Org: org}).FindCodes(ctx, admit.Filter{Group: g, Page: community.Page{Limit: 200}})
	if err != nil {
		return err
	}
	sizes, err := a.sizes(ctx, org, []community.GroupKey{g})
	if err != nil {
		return err
	}
	for _, code := range list {
		for _, e := range code.Entries {
			if e.Group != g || code.Fit(e, sizes[g], a.millis()) != "" {
				continue
			}
			away.Link, away.Slug, away.Entry = e.Link, code.Slug, e.ID
			return nil
		}
	}
	return nil
}
