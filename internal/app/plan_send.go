package app

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/console"
	"qunluo/internal/engine"
	"qunluo/internal/plan"
	"qunluo/internal/store"
)

// How long a held send waits before it looks again, in milliseconds: while things are frozen, and where nobody can tell.
const (
	heldPause  = 60 * 1000
	blindPause = 15 * 60 * 1000
)

// startBroadcast materialises a mass send when its time has come.
func (a *App) startBroadcast(ctx context.Context, j store.Job) error {
	text, _, _ := strings.Cut(j.Key, ":")
	id, err := community.ParseID(text)
	if err != nil {
		return err
	}
	b, err := a.store.BroadcastNow(ctx, id)
	if err != nil || b.State != plan.Scheduled {
		return err
	}
	groups, err := a.Plans(b.Org, nil).filtered(ctx, b.Filter)
	if err != nil {
		return err
	}
	keys := make([]community.GroupKey, len(groups))
	for i, g := range groups {
		keys[i] = g.Key
	}
	if _, err = a.store.StartBroadcast(ctx, b, keys); err == nil {
		a.jobs.Wake()
	}
	return err
}

// sendTarget lets one send go, or says why not. The round in the key makes an old job harmless.
func (a *App) sendTarget(ctx context.Context, j store.Job) error {
	text, round, _ := strings.Cut(j.Key, ":")
	id, err := community.ParseID(text)
	if err != nil {
		return err
	}
	k, err := a.store.TargetNow(ctx, id)
	if err != nil || strconv.Itoa(k.Round) != round {
		return err
	}
	if k.Kept == plan.Waiting || k.Kept == plan.Blocked {
		if taken, err := a.takeTarget(ctx, &k); err != nil || !taken {
			return err
		}
	}
	if k.Kept != plan.Sending || !k.Action.IsZero() {
		return nil
	}
	return a.askFor(ctx, k)
}

// takeTarget asks the guard and takes the target or holds it. What the guard looks at and the taking go together: two sends
// never pass the same cap.
func (a *App) takeTarget(ctx context.Context, k *plan.Target) (bool, error) {
	if k.Paused || k.Ended {
		return false, nil // who lets it go on asks anew
	}
	a.sending.Lock()
	defer a.sending.Unlock()
	limits, err := a.limits(ctx, k.Org)
	if err != nil {
		return false, err
	}
	group, facts, err := a.facts(ctx, limits, *k)
	if err != nil {
		return false, err
	}
	now := a.millis()
	v := plan.Guard(limits, facts, now)
	if !v.OK() {
		held, err := a.store.HoldTarget(ctx, *k, v.Reasons, v.Over)
		if err != nil || !held || v.Over {
			return false, err
		}
		return false, &engine.Wait{Until: again(v, facts, limits, now), Why: v.Reasons[0].Code}
	}
	order, err := a.order(ctx, group, *k, limits)
	if err != nil {
		return false, err
	}
	k.Kept, k.Order = plan.Sending, order
	return a.store.TakeTarget(ctx, *k, order)
}

// again is when a held send looks again: when it is possible, or when its time is over.
func again(v plan.Verdict, f plan.Facts, l plan.Limits, now int64) int64 {
	next := v.Possible
	switch {
	case f.Frozen || f.Lockdown:
		next = now + heldPause
	case next == 0:
		next = now + blindPause
	}
	return min(next, max(now+heldPause, f.Due+int64(l.GiveUp)*3600*1000+1))
}

// facts gathers what the guard is told.
func (a *App) facts(ctx context.Context, l plan.Limits, k plan.Target) (community.GroupRow, plan.Facts, error) {
	desk := a.store.For(community.Scope{Org: k.Org})
	g, err := desk.GroupByKey(ctx, k.Group)
	if err != nil {
		return g, plan.Facts{}, err
	}
	f := plan.Facts{Zone: zoneFor(g.Zone), Due: k.Due, Force: k.Force != ""}
	if f.Frozen, err = desk.Frozen(ctx); err != nil {
		return g, f, err
	}
	f.Frozen = f.Frozen || g.Frozen
	locked, err := a.store.LockedGroups(ctx, k.Org)
	if err != nil {
		return g, f, err
	}
	f.Lockdown = locked[k.Group]
	now := a.millis()
	sends, err := a.store.SendsSince(ctx, k.Org, now-week)
	if err != nil {
		return g, f, err
	}
	f.Sends = sends[k.Group]
	reached := map[community.MemberKey][]int64{}
	err = a.store.Present(ctx, []community.GroupKey{k.Group}, func(_ community.GroupKey, m community.MemberKey) { reached[m] = nil })
	if err != nil {
		return g, f, err
	}
	f.Members = len(reached)
	err = a.store.Present(ctx, keysOf(sends), func(g community.GroupKey, m community.MemberKey) {
		if had, here := reached[m]; here {
			reached[m] = append(had, sends[g]...)
		}
	})
	f.Tired, f.Rested = l.Tire(reached, f.Members, now)
	return g, f, err
}

// way chooses how a text gets into a group by what its connections can do now.
func (a *App) way(ctx context.Context, g community.GroupRow) (community.Verb, community.Level) {
	best := map[community.Verb]community.Level{community.Send: community.None, community.MassSend: community.None}
	rank := map[community.Level]int{community.None: 0, community.Human: 1, community.Assisted: 2, community.Native: 3}
	for _, account := range g.Accounts {
		all, err := a.wires.Abilities(ctx, account, g.Key)
		if err != nil {
			continue // a connection that cannot be asked can do nothing now
		}
		for verb, level := range best {
			if got := all.Of(verb).Level; rank[got] > rank[level] {
				best[verb] = got
			}
		}
	}
	return plan.VerbFor(best[community.Send], best[community.MassSend])
}

// order is what is asked of the belt for a target.
func (a *App) order(ctx context.Context, g community.GroupRow, k plan.Target, l plan.Limits) (json.RawMessage, error) {
	verb, _ := a.way(ctx, g)
	act := community.Action{Verb: verb, Group: k.Group, Text: k.Text, Deadline: max(k.Due, a.millis()) + int64(l.GiveUp)*3600*1000}
	if verb == community.MassSend {
		args, err := json.Marshal(community.MassOrder{})
		if err != nil {
			return nil, err
		}
		act.Args = args
	}
	reason := string(k.Kind) + ":" + k.Source.String()
	return json.Marshal(community.PersonDecision{Kind: "act", User: k.User, Actions: []community.Action{act}, Reason: reason})
}

// askFor asks the belt for what was noted, under a key of the target's own: however often, it happens once.
func (a *App) askFor(ctx context.Context, k plan.Target) error {
	var p community.PersonDecision
	if err := json.Unmarshal(k.Order, &p); err != nil {
		return err
	}
	key := "plan:" + k.ID.String() + ":" + strconv.Itoa(k.Round)
	audit := community.Audit{Org: k.Org, User: k.User, Verb: "action.act", Subject: subjectOf("group", int64(k.Group)), Reason: p.Reason}
	made, err := a.engine.DecideOnce(ctx, k.Group, key, p, audit)
	if err != nil {
		return err
	}
	if len(made) > 0 && len(made[0].Actions) > 0 {
		return a.store.NoteTarget(ctx, k, made[0].Actions[0].ID)
	}
	action, err := a.store.ActionUnder(ctx, k.Group, key)
	if err != nil {
		return err
	}
	return a.store.NoteTarget(ctx, k, action)
}

func taskChange(org community.OrgKey) console.Change { return console.Change{Org: org, Kind: "task"} }
