package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/store"
	"qunluo/internal/tier"
)

// jobReach addresses lurkers, and stops where one spoke or declined.
const (
	jobReach  = "tier-reach"
	reachEach = 10 * time.Minute
	reachDue  = 3 * day // that a person has for a message
)

// reachRound looks after every reach that has something left to do.
func (a *App) reachRound(ctx context.Context, _ store.Job) error {
	list, err := a.store.Reaches(ctx, 0, community.ID{}, true)
	if err != nil {
		return err
	}
	var errs []error
	for _, r := range list {
		if err := a.tendReach(ctx, r); err != nil {
			errs = append(errs, fmt.Errorf("reach %s: %w", r.ID, err))
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return errors.Join(errs...)
}

// TendReaches looks after every reach at once, as the round does.
func (a *App) TendReaches(ctx context.Context) error { return a.reachRound(ctx, store.Job{}) }

// tendReach stops first and addresses then, so that nobody is addressed who just spoke. While things are frozen nobody is. One tends after
// the other: who stops must know by what those before have addressed.
func (a *App) tendReach(ctx context.Context, r tier.Reach) error {
	a.reaching.Lock()
	defer a.reaching.Unlock()
	r, err := a.store.Reach(ctx, r.ID) // as it is now that it is our turn
	if err != nil {
		return err
	}
	org, err := a.store.OrgOf(ctx, r.Group)
	if err != nil {
		return err
	}
	souls, err := a.store.Souls(ctx, r)
	if err != nil {
		return err
	}
	words, err := a.wordsOf(ctx, org)
	if err != nil {
		return err
	}
	now := a.millis()
	for _, s := range souls {
		if why := r.Stop(s, now); why != "" {
			if err := a.endSoul(ctx, org, r, s, why, words.T("reach.ended_"+why)); err != nil {
				return err
			}
		}
	}
	still, err := a.stands(ctx, org, r.Group)
	if err != nil || still {
		return err
	}
	for _, s := range r.Due(souls, now) {
		if err := a.askSoul(ctx, org, r, s); err != nil {
			return err
		}
	}
	return nil
}

// stands reports whether nothing may be done in a group by itself now.
func (a *App) stands(ctx context.Context, org community.OrgKey, g community.GroupKey) (bool, error) {
	desk := a.store.For(community.Scope{Org: org})
	frozen, err := desk.Frozen(ctx)
	if err != nil || frozen {
		return frozen, err
	}
	locked, err := a.store.LockedGroups(ctx, org)
	if err != nil || locked[g] {
		return locked[g], err
	}
	row, err := desk.GroupByKey(ctx, g)
	return row.Frozen, err
}

// askSoul addresses one member in private: by the connection where it can, else by a task for a person. The note comes first:
// nobody is addressed twice, whatever fails between.
func (a *App) askSoul(ctx context.Context, org community.OrgKey, r tier.Reach, s tier.Soul) error {
	fresh, err := a.store.AskSoul(ctx, r, s.Member)
	if err != nil || !fresh {
		return err
	}
	act := community.Action{Verb: community.Remind, Group: r.Group, Target: s.Member, Text: r.Text, Until: min(r.Ends, a.millis()+reachDue), Cause: community.ByPerson, Rule: community.ReachRule}
	p := community.PersonDecision{Kind: "act", User: r.User, Actions: []community.Action{act}, Reason: "reach:" + r.ID.String()}
	made, err := a.engine.DecideOnce(ctx, r.Group, "reach:"+r.ID.String()+":"+s.MemberID.String(), p,
		community.Audit{Org: org, User: r.User, Verb: "action.act", Subject: subjectOf("group", int64(r.Group)), Reason: p.Reason})
	if err != nil {
		return err
	}
	a.jobs.Wake()
	for _, d := range made {
		for _, one := range d.Actions {
			if err := a.store.SoulAsked(ctx, r, s.Member, one.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// endSoul ends what a reach has with a member: a task that still waits is taken from people's lists, and what is not yet handed out never
// is.
func (a *App) endSoul(ctx context.Context, org community.OrgKey, r tier.Reach, s tier.Soul, why, note string) error {
	if !s.Action.IsZero() {
		audit := community.Audit{Org: org, User: system, Verb: "task.refused", Subject: "task:" + s.Action.String(), Reason: note}
		k, err := a.store.TaskNow(ctx, s.Action)
		switch {
		case community.CodeOf(err) == community.CodeNotFound:
			_, err = a.engine.Decide(ctx, r.Group, community.PersonDecision{Kind: "dismiss", User: system, Action: s.Action, Reason: note}, audit)
		case err == nil && (k.State == "open" || k.State == "claimed"):
			err = a.engine.Report(ctx, s.Action, system, note, false, audit)
		}
		if err != nil && community.CodeOf(err) != community.CodeConflict {
			return err
		}
	}
	return a.store.EndSoul(ctx, r, s.Member, why)
}

// Reaches lists the reaches of a group, the latest first.
func (t tiers) Reaches(ctx context.Context, g community.GroupKey) ([]tier.Reach, error) {
	if err := t.sees(ctx, g); err != nil {
		return nil, err
	}
	return t.app.store.Reaches(ctx, g, community.ID{}, false)
}

// reach is one inside the handle.
func (t tiers) reach(ctx context.Context, id community.ID) (tier.Reach, error) {
	r, err := t.app.store.Reach(ctx, id)
	if err != nil {
		return r, err
	}
	err = t.sees(ctx, r.Group)
	return r, err
}

// Souls lists a reach's members: whom it addressed, and who could be.
func (t tiers) Souls(ctx context.Context, id community.ID) (tier.Reach, []tier.Soul, error) {
	r, err := t.reach(ctx, id)
	if err != nil {
		return r, nil, err
	}
	list, err := t.app.store.Souls(ctx, r)
	return r, list, err
}

// AddReach plans a message to the lurkers of a group. It is for lurkers only and never a post in the group.
func (t tiers) AddReach(ctx context.Context, user string, r tier.Reach) (tier.Reach, error) {
	if err := t.sees(ctx, r.Group); err != nil {
		return r, err
	}
	r.Text = strings.TrimSpace(r.Text)
	if err := r.Check(t.app.millis()); err != nil {
		return r, err
	}
	r, err := t.app.store.AddReach(ctx, r, t.audit(user, "", "", ""))
	if err == nil {
		err = t.app.tendReach(ctx, r)
	}
	return r, err
}

// StopReach ends a reach; messages that people have not sent yet are taken from their lists.
func (t tiers) StopReach(ctx context.Context, user string, id community.ID, reason string) error {
	r, err := t.reach(ctx, id)
	if err != nil {
		return err
	}
	if err := t.app.store.StopReach(ctx, r, t.audit(user, "", "", reason)); err != nil {
		return err
	}
	if r, err = t.reach(ctx, id); err != nil {
		return err
	}
	return t.app.tendReach(ctx, r)
}

// Decline notes that a member wants no more of it: what waits for them stops at once.
func (t tiers) Decline(ctx context.Context, user string, g community.GroupKey, member community.ID, reason string) error {
	if err := t.sees(ctx, g); err != nil {
		return err
	}
	m, err := t.desk().MemberByID(ctx, member)
	if err != nil {
		return err
	}
	if err := t.app.store.DeclineReach(ctx, g, m.Key, t.audit(user, "", "", strings.TrimSpace(reason))); err != nil {
		return err
	}
	list, err := t.app.store.Reaches(ctx, g, community.ID{}, true)
	for _, r := range list {
		err = errors.Join(err, t.app.tendReach(ctx, r))
	}
	return err
}
