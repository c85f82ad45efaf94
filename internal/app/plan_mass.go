package app

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/plan"
	"qunluo/internal/store"
)

// nameSenders fills in what those who must confirm are called, as the groups' lists of members say.
func (p *plans) nameSenders(ctx context.Context, list []plan.Target) error {
	var keys []community.GroupKey
	for _, k := range list {
		if k.Sender != "" {
			keys = append(keys, k.Group)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	owners, err := p.app.store.OwnersOf(ctx, keys)
	for i, k := range list {
		if who := owners[k.Group]; k.Sender != "" && who.ID == k.Sender {
			list[i].Name = who.Name
		}
	}
	return err
}

// waits gives one target of each request of a source that waits for a person: they are asked once for all their groups.
func (p *plans) waits(ctx context.Context, source community.ID) ([]plan.Target, error) {
	seen := map[community.ID]bool{}
	var out []plan.Target
	err := p.each(ctx, source, func(k plan.Target) error {
		if k.Remindable() && !seen[k.Action] {
			seen[k.Action] = true
			out = append(out, k)
		}
		return nil
	})
	return out, err
}

// Remind reminds everybody whose confirmation a mass send waits for: on the platform where it can be, and by their task. It
// gives how many people were, and how many were not because they were reminded often enough.
func (p *plans) Remind(ctx context.Context, user string, id community.ID) (reminded, enough int, err error) {
	b, err := p.Broadcast(ctx, id)
	if err == nil {
		err = p.within(ctx, id, b.Filter)
	}
	if err != nil {
		return 0, 0, err
	}
	list, err := p.waits(ctx, id)
	if err != nil {
		return 0, 0, err
	}
	for _, k := range list {
		switch err = p.app.remind(ctx, k, 0, user); community.CodeOf(err) {
		case community.CodeNone:
			reminded++
		case community.CodeLimited:
			enough++
		default:
			return reminded, enough, err
		}
	}
	p.app.live.tell(taskChange(p.org))
	return reminded, enough, nil
}

// remind reminds the person whom a target waits for. CodeLimited: often enough, or less than gap milliseconds ago.
func (a *App) remind(ctx context.Context, k plan.Target, gap int64, user string) error {
	if err := a.store.Remind(ctx, k, gap, community.Audit{Org: k.Org, User: user}); err != nil {
		return err
	}
	return a.atPlatform(ctx, k, user, community.MassRemind, "remind:"+strconv.FormatInt(a.millis(), 36))
}

// takeBack stops at the platform what was asked for and is not confirmed: what was sent stays sent.
func (p *plans) takeBack(ctx context.Context, source community.ID) error {
	list, err := p.waits(ctx, source)
	if err != nil {
		return err
	}
	for _, k := range list {
		if err := p.app.atPlatform(ctx, k, k.User, community.MassCancel, "cancel"); err != nil {
			return err
		}
	}
	return nil
}

// atPlatform asks the platform for something about the mass send that a target belongs to, once per key.
func (a *App) atPlatform(ctx context.Context, k plan.Target, user string, verb community.Verb, key string) error {
	if k.Verb != community.MassSend || k.Message == "" {
		return nil // a person pastes it: their task says it
	}
	var order planned
	if err := json.Unmarshal(k.Order, &order); err != nil {
		return err
	}
	act := community.Action{Verb: verb, Group: k.Group, Message: k.Message}
	if len(order.Actions) > 0 {
		act.Group, act.Account = order.Actions[0].Group, order.Actions[0].Account
	}
	reason := string(k.Kind) + ":" + k.Source.String()
	audit := community.Audit{Org: k.Org, User: user, Verb: "action.act", Subject: subjectOf("group", int64(act.Group)), Reason: reason}
	p := community.PersonDecision{Kind: "act", User: user, Actions: []community.Action{act}, Reason: reason}
	_, err := a.engine.DecideOnce(ctx, act.Group, "plan:"+k.Action.String()+":"+key, p, audit)
	a.jobs.Wake()
	return err
}

const (
	jobMasses  = "plan-masses"
	massesEach = 10 * time.Minute
)

// tendMasses reminds those who have not confirmed, and takes back what nobody confirmed in its time.
func (a *App) tendMasses(ctx context.Context, _ store.Job) error {
	list, err := a.store.OpenMasses(ctx)
	if err != nil {
		return err
	}
	seen := map[community.ID]bool{}
	for _, k := range list {
		if seen[k.Action] || !k.ToConfirm() {
			continue
		}
		seen[k.Action] = true
		if err := a.tend(ctx, k); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) tend(ctx context.Context, k plan.Target) error {
	l, err := a.limits(ctx, k.Org)
	if err != nil {
		return err
	}
	g, err := a.store.For(community.Scope{Org: k.Org}).GroupByKey(ctx, k.Group)
	if err != nil {
		return err
	}
	switch now := a.millis(); {
	case k.Ended || k.Lapsed(l, now):
		return a.atPlatform(ctx, k, k.User, community.MassCancel, "cancel")
	case !k.Paused && k.RemindNow(l, zoneFor(g.Zone), now):
		if err := a.remind(ctx, k, int64(l.Remind)*3600*1000, k.User); community.CodeOf(err) != community.CodeLimited {
			return err
		}
	}
	return nil
}
