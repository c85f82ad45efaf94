package app

import (
	"context"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/measure"
	"qunluo/internal/store"
)

// today is what is due in each group, bounded as hands are.
type today struct{ *hands }

// Today makes the handle of what is due today.
func (a *App) Today(org community.OrgKey, groups []community.GroupKey) today {
	return today{a.Hands(org, groups)}
}

// Day gives every group's next thing until the end of the day in the default zone, those that are late first; of groups with a tag, "" = of
// all. Time is now (UTC ms).
func (t today) Day(ctx context.Context, tag string) (list []duty.Agenda, now int64, err error) {
	var groups []community.GroupRow
	for g, err := range t.desk().AllGroups(ctx, community.GroupFilter{Tag: tag, Bare: true}) {
		if err != nil {
			return nil, 0, err
		}
		groups = append(groups, g)
	}
	dues, err := t.desk().Dues(ctx)
	if err != nil {
		return nil, 0, err
	}
	roster, err := t.app.store.Roster(ctx, t.org)
	if err != nil {
		return nil, 0, err
	}
	now = t.app.millis()
	users, n := duty.On(roster, now)
	zone := zoneFor(store.DefaultZone)
	day, _ := measure.DayOf(now, zone)
	return duty.Day(groups, dues, now, (day+1).Start(zone)-1, strings.Join(users[:min(n, 1)], "")), now, nil
}

// Names gives what users are called.
func (t today) Names(ctx context.Context) (map[string]string, error) {
	users, err := t.app.store.Users(ctx, t.org)
	out := map[string]string{}
	for _, u := range users {
		if out[u.ID.String()] = u.Name; u.Name == "" {
			out[u.ID.String()] = u.Login
		}
	}
	return out, err
}
