package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"qunluo/internal/bulk"
	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/store"
)

func jsonInto(raw []byte, v any) error { return json.Unmarshal(raw, v) }

// Bounds of a lockdown.
const (
	maxLocked  = 1000              // groups
	maxLockFor = 7 * 24 * 3600_000 // ms until it ends by itself
)

// LockScope says which groups a lockdown would take: those named, those with a tag, or all, without desks, and how many
// people are in them, counted per group.
func (w *watch) LockScope(ctx context.Context, o duty.LockOrder) (rows []community.GroupRow, people int64, err error) {
	if len(o.Groups) == 0 && o.Tag == "" && !o.All {
		return nil, 0, community.Errorf(community.CodeBadInput, "groups: name some, a tag, or all")
	}
	for page := 0; ; page++ {
		list, _, err := w.desk().FindGroups(ctx, community.GroupFilter{Tag: o.Tag, Keys: o.Groups, Page: community.Page{Limit: 200, Offset: page * 200}})
		if err != nil {
			return nil, 0, err
		}
		for _, g := range list {
			if !g.Desk {
				rows, people = append(rows, g), people+int64(g.Members)
			}
		}
		if len(list) < 200 {
			break
		}
	}
	switch {
	case len(rows) == 0:
		return nil, 0, community.Errorf(community.CodeNotFound, "groups: none of these are there")
	case len(rows) > maxLocked:
		return nil, 0, community.Errorf(community.CodeTooLarge, "groups: at most %d at once", maxLocked)
	}
	return rows, people, nil
}

// Lock begins a lockdown: all of its groups are muted where a connection can, a notice is put up, nothing is sent by plan;
// what no connection can do becomes a task. It ends at Until, or by Unlock. *bulk.Waits: so many groups need a second person.
func (w *watch) Lock(ctx context.Context, user string, o duty.LockOrder) (duty.Lockdown, error) {
	rows, people, err := w.LockScope(ctx, o)
	if err == nil {
		err = w.checkLock(o)
	}
	if err != nil {
		return duty.Lockdown{}, err
	}
	order, err := json.Marshal(o)
	if err != nil {
		return duty.Lockdown{}, err
	}
	p := bulk.Proposal{Kind: bulk.Lockdown, User: user, Reason: o.Reason, Params: bulk.Params{Order: order, Groups: len(rows)}, Total: len(rows), People: people}
	if err := w.pass(ctx, p); err != nil {
		return duty.Lockdown{}, err
	}
	return w.lockNow(ctx, user, o)
}

func (w *watch) checkLock(o duty.LockOrder) error {
	if o.Until != 0 && (o.Until <= w.app.millis() || o.Until > w.app.millis()+maxLockFor) {
		return community.Errorf(community.CodeBadInput, "until: want within the next 7 days")
	}
	if len(o.Text) > duty.MaxNote {
		return community.Errorf(community.CodeTooLarge, "text: at most %d bytes", duty.MaxNote)
	}
	return nil
}

// lockNow begins it, whoever confirmed it.
func (w *watch) lockNow(ctx context.Context, user string, o duty.LockOrder) (duty.Lockdown, error) {
	if err := w.checkLock(o); err != nil {
		return duty.Lockdown{}, err
	}
	rows, people, err := w.LockScope(ctx, o)
	if err != nil {
		return duty.Lockdown{}, err
	}
	l := duty.Lockdown{Org: w.org, User: user, Reason: o.Reason, Text: o.Text, People: people, Until: o.Until}
	for _, g := range rows {
		l.Groups = append(l.Groups, duty.LockedGroup{Group: g.Key, Name: g.Name})
	}
	l, err = w.store().BeginLockdown(ctx, l, w.audit(user, "", "", o.Reason))
	if err != nil {
		return l, err
	}
	w.app.alarmMoved(w.org)
	return w.store().LockdownNow(ctx, l.ID)
}

// Unlock ends a lockdown now; the zero id means the newest that is on. Every group becomes what it was before.
func (w *watch) Unlock(ctx context.Context, user string, id community.ID, reason string) error {
	if id.IsZero() {
		list, err := w.Lockdowns(ctx)
		if err != nil {
			return err
		}
		for _, l := range list {
			if l.State == duty.LockOn {
				id = l.ID
				break
			}
		}
	}
	if id.IsZero() {
		return community.Errorf(community.CodeConflict, "there is no lockdown")
	}
	if err := w.store().EndLockdown(ctx, w.org, id, user, w.audit(user, "", "", reason)); err != nil {
		return err
	}
	w.app.alarmMoved(w.org)
	return nil
}

// shownLockdowns is how many lockdowns pages show.
const shownLockdowns = 10

// Lockdowns lists the newest lockdowns.
func (w *watch) Lockdowns(ctx context.Context) ([]duty.Lockdown, error) {
	return w.store().Lockdowns(ctx, w.org, shownLockdowns)
}

// lockdown does the work of a lockdown: its key says which, and whether it begins or ends.
func (a *App) lockdown(ctx context.Context, j store.Job) error {
	text, what, _ := strings.Cut(j.Key, ":")
	id, err := community.ParseID(text)
	if err != nil {
		return err
	}
	l, err := a.store.LockdownNow(ctx, id)
	switch {
	case err != nil || l.State == duty.LockOver:
		return err
	case what == "on":
		err = a.closeGroups(ctx, l)
	default:
		err = a.openGroups(ctx, l)
	}
	a.alarmMoved(l.Org)
	return err
}

// closeGroups mutes and announces, group by group. A lockdown that is ended meanwhile leaves nobody muted behind.
func (a *App) closeGroups(ctx context.Context, l duty.Lockdown) error {
	var errs []error
	for _, g := range l.Groups {
		now, err := a.store.LockdownNow(ctx, l.ID)
		if err != nil || now.State != duty.LockOn {
			return errors.Join(append(errs, err)...)
		}
		if err := a.closeGroup(ctx, l, g); err != nil {
			errs = append(errs, fmt.Errorf("group %d: %w", g.Group, err))
			continue
		}
		if now, err = a.store.LockdownNow(ctx, l.ID); err == nil && now.State != duty.LockOn {
			return errors.Join(append(errs, a.openGroups(ctx, now))...)
		}
	}
	return errors.Join(errs...)
}

func (a *App) closeGroup(ctx context.Context, l duty.Lockdown, g duty.LockedGroup) error {
	var actions []community.Action
	if !g.Before {
		actions = append(actions, community.Action{Verb: community.MuteAll, Group: g.Group, Rule: duty.LockRule(l.ID)})
	}
	if l.Text != "" {
		actions = append(actions, community.Action{Verb: community.Announce, Group: g.Group, Text: l.Text, Rule: duty.LockRule(l.ID)})
	}
	if len(actions) == 0 {
		return nil
	}
	return a.lockStep(ctx, l, g, "on", community.PersonDecision{Kind: "act", User: l.User, Actions: actions, Reason: l.Reason})
}

// openGroups brings every group back to what it was, and ends the lockdown.
func (a *App) openGroups(ctx context.Context, l duty.Lockdown) error {
	var errs []error
	for _, g := range l.Groups {
		if !g.On {
			continue
		}
		if err := a.openGroup(ctx, l, g); err != nil {
			errs = append(errs, fmt.Errorf("group %d: %w", g.Group, err))
			continue
		}
		errs = append(errs, a.store.GroupUnlocked(ctx, l.ID, g.Group))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return a.store.LockdownOver(ctx, l.ID)
}

func (a *App) openGroup(ctx context.Context, l duty.Lockdown, g duty.LockedGroup) error {
	p := community.PersonDecision{User: l.EndedBy, Reason: "lockdown"}
	if p.User == "" {
		p.User = "system"
	}
	switch g.Restore() {
	case duty.OpenCancel:
		p.Kind, p.Action = "dismiss", g.Action
	case duty.OpenLift:
		p.Kind, p.Actions = "act", []community.Action{{Verb: community.MuteAll, Group: g.Group, Refuse: true, Rule: duty.LockRule(l.ID)}}
	default:
		return nil
	}
	return a.lockStep(ctx, l, g, "off", p)
}

// lockStep takes one step of a lockdown in a group in, once.
func (a *App) lockStep(ctx context.Context, l duty.Lockdown, g duty.LockedGroup, step string, p community.PersonDecision) error {
	key := fmt.Sprintf("lockdown:%s:%d:%s", l.ID, g.Group, step)
	_, err := a.engine.DecideOnce(ctx, g.Group, key, p, community.Audit{Org: l.Org, User: p.User, Verb: "lockdown." + step, Subject: subjectOf("group", int64(g.Group)), Reason: l.Reason})
	return err
}
