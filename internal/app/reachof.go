package app

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/rights"
)

// reachOf finds the groups that a person sees at this moment; nil of them = all.
func (a *App) reachOf(ctx context.Context, u community.User) ([]community.GroupKey, error) {
	who := rights.Of(u)
	if who.Reach != rights.Own {
		return who.Sees(nil, false), nil
	}
	kept, err := a.store.KeptBy(ctx, u)
	if err != nil {
		return nil, err
	}
	roster, err := a.store.Roster(ctx, u.Org)
	if err != nil {
		return nil, err
	}
	now := a.clock().UnixMilli()
	for _, s := range roster.Spans(now, now+1) {
		if s.User == who.ID && s.From <= now && now < s.To {
			return who.Sees(kept, true), nil
		}
	}
	return who.Sees(kept, false), nil
}
