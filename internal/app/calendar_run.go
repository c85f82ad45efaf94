package app

import (
	"context"
	"errors"
	"slices"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/plan"
	"qunluo/internal/store"
)

const (
	jobCalendar  = "plan-calendar"
	calendarEach = 30 * time.Second
)

func (a *App) runCalendar(ctx context.Context, _ store.Job) error { return a.RunCalendar(ctx) }

// RunCalendar hands over the approved items whose time has come: when that is, each group's zone says now.
func (a *App) RunCalendar(ctx context.Context) error {
	day := time.UnixMilli(a.millis()).UTC().AddDate(0, 0, 1).Format(time.DateOnly)
	list, err := a.store.DueItems(ctx, day)
	if err != nil {
		return err
	}
	var errs []error
	for _, i := range list {
		if err := a.launch(ctx, i); err != nil && community.CodeOf(err) != community.CodeConflict { // who changed it looks again
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// launch hands one item over in the groups where its time has come. A group that was closed meanwhile becomes a task for a person.
func (a *App) launch(ctx context.Context, i plan.Item) error {
	c := a.Calendars(i.Org, nil)
	limits, err := a.limits(ctx, i.Org)
	if err != nil {
		return err
	}
	now := a.millis()
	turns := map[int64][]community.GroupKey{}
	for _, p := range i.Places {
		if p.Due > now || !p.Broadcast.IsZero() || p.Missed != "" {
			continue
		}
		closed, err := a.store.Closed(ctx, p.Group)
		if err != nil {
			return err
		}
		if closed {
			return errors.Join(c.miss(ctx, i, []community.GroupKey{p.Group}, "closed", ""), a.launchAgain(ctx, i.ID))
		}
		if now > p.Due+int64(limits.GiveUp)*3600*1000 {
			return errors.Join(c.miss(ctx, i, []community.GroupKey{p.Group}, "late", ""), a.launchAgain(ctx, i.ID))
		}
		turns[p.Due] = append(turns[p.Due], p.Group)
	}
	for due, groups := range turns { // one at a time: the next look sees the item as it then is
		slices.Sort(groups)
		b := c.broadcast(i, groups, due)
		e, err := c.Estimate(ctx, b)
		if err == nil {
			err = refusal(b, e)
		}
		switch community.CodeOf(err) {
		case community.CodeNone:
			if _, err = a.store.LaunchItem(ctx, i, b, c.audit(b.User, "", "", "calendar:"+i.ID.String())); err != nil {
				return err
			}
		case community.CodeRefused, community.CodeTooLarge, community.CodeBadInput:
			err = c.miss(ctx, i, groups, "refused", err.Error())
		}
		if err != nil {
			return err
		}
		a.jobs.Wake()
		return a.launchAgain(ctx, i.ID)
	}
	return nil
}

// launchAgain looks at an item once more, as it is now.
func (a *App) launchAgain(ctx context.Context, id community.ID) error {
	list, err := a.store.DueItems(ctx, time.UnixMilli(a.millis()).UTC().AddDate(0, 0, 1).Format(time.DateOnly))
	if err != nil {
		return err
	}
	if n := slices.IndexFunc(list, func(i plan.Item) bool { return i.ID == id }); n >= 0 {
		return a.launch(ctx, list[n])
	}
	return nil
}

// miss notes that an item does not go to groups, and asks a person to look at it.
func (c calendars) miss(ctx context.Context, i plan.Item, groups []community.GroupKey, why, detail string) error {
	words, err := c.app.wordsOf(ctx, c.org)
	if err != nil {
		return err
	}
	for _, g := range groups {
		n := slices.IndexFunc(i.Places, func(p plan.Place) bool { return p.Group == g })
		said := words.T("calendar.missed_"+why, "title", i.Title, "group", i.Places[n].Name, "detail", detail)
		order := community.PersonDecision{Kind: "act", User: system, Reason: "calendar", Actions: []community.Action{{
			Verb: community.Todo, Group: g, Until: c.app.millis() + day, Text: said + "\n" + c.app.base() + "/calendar/" + i.ID.String(),
		}}}
		_, err := c.app.engine.DecideOnce(ctx, g, "calendar:"+i.ID.String()+":"+why, order, c.audit(system, "calendar.miss", "calendar:"+i.ID.String(), why))
		if err != nil {
			return err
		}
		if err := c.app.store.MissPlaces(ctx, i, []community.GroupKey{g}, said, c.audit(system, "", "", why)); err != nil {
			return err
		}
		i.Changed++
	}
	c.app.live.tell(taskChange(c.org))
	return nil
}
