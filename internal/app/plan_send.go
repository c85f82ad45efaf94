package app

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/connect"
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
	if stopped, err := a.shelfStops(ctx, b, keys); stopped || err != nil {
		return err
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
// never pass the same cap. Where somebody must confirm, their other groups that may be sent to now are taken with it: they
// are asked once.
func (a *App) takeTarget(ctx context.Context, k *plan.Target) (bool, error) {
	if k.Paused || k.Ended {
		return false, nil // who lets it go on asks anew
	}
	a.sending.Lock()
	defer a.sending.Unlock()
	around, err := a.surroundings(ctx, k.Org)
	if err != nil {
		return false, err
	}
	lead, err := a.candidate(ctx, around, *k)
	if err != nil {
		return false, err
	}
	if v := lead.verdict; !v.OK() {
		held, err := a.store.HoldTarget(ctx, *k, v.Reasons, v.Over)
		if err != nil || !held || v.Over {
			return false, err
		}
		if lead.unsaid != nil {
			if err := a.askInstead(ctx, lead.target, *lead.unsaid); err != nil {
				return false, err
			}
		}
		return false, &engine.Wait{Until: again(v, lead.facts, around.limits, around.now), Why: v.Reasons[0].Code}
	}
	group := []candidate{lead}
	if lead.way.Verb == community.MassSend {
		if group, err = a.together(ctx, around, lead); err != nil {
			return false, err
		}
	}
	targets, groups := make([]plan.Target, len(group)), map[community.ID]string{}
	for i, c := range group {
		targets[i], groups[c.target.ID] = c.target, c.group.External
	}
	taken, err := a.store.TakeTargets(ctx, targets, func(list []plan.Target) (json.RawMessage, error) {
		return around.order(lead.way, list, groups, a.publicURL())
	})
	if err != nil || len(taken) == 0 {
		return false, err
	}
	*k = taken[0]
	return true, nil
}

// surroundings is what the guard looks at that is the same for every target of an organisation at a moment.
type surroundings struct {
	limits plan.Limits
	now    int64
	frozen bool
	locked map[community.GroupKey]bool
	sends  map[community.GroupKey][]int64  // of the last 7 days
	had    map[community.MemberKey][]int64 // the same, by who was reached
}

func (a *App) surroundings(ctx context.Context, org community.OrgKey) (*surroundings, error) {
	s := &surroundings{now: a.millis(), had: map[community.MemberKey][]int64{}}
	var err error
	if s.limits, err = a.limits(ctx, org); err != nil {
		return nil, err
	}
	if s.frozen, err = a.store.For(community.Scope{Org: org}).Frozen(ctx); err != nil {
		return nil, err
	}
	if s.locked, err = a.store.LockedGroups(ctx, org); err != nil {
		return nil, err
	}
	if s.sends, err = a.store.SendsSince(ctx, org, s.now-week); err != nil {
		return nil, err
	}
	return s, a.store.Present(ctx, keysOf(s.sends), func(g community.GroupKey, m community.MemberKey) { s.had[m] = append(s.had[m], s.sends[g]...) })
}

// candidate is a target with what the guard says of it.
type candidate struct {
	target  plan.Target
	group   community.GroupRow
	way     plan.Way
	facts   plan.Facts
	verdict plan.Verdict
	unsaid  *plan.Said // why the item that it names cannot go; nil = it can
	members []community.MemberKey
}

func (a *App) candidate(ctx context.Context, s *surroundings, k plan.Target) (c candidate, err error) {
	c.target = k
	if c.group, err = a.store.For(community.Scope{Org: k.Org}).GroupByKey(ctx, k.Group); err != nil {
		return c, err
	}
	c.way = a.way(ctx, c.group)
	if c.way.Verb == community.MassSend {
		owners, err := a.store.OwnersOf(ctx, []community.GroupKey{k.Group})
		if err != nil {
			return c, err
		}
		c.way.Owner = owners[k.Group].ID
	}
	if c.unsaid, err = a.say(ctx, &c.target); err != nil {
		return c, err
	}
	return c, a.judge(ctx, s, &c)
}

// judge asks the guard about a target.
func (a *App) judge(ctx context.Context, s *surroundings, c *candidate) error {
	c.facts = plan.Facts{Zone: zoneFor(c.group.Zone), Due: c.target.Due, Force: c.target.Force != "", Until: c.way.Until, Sends: s.sends[c.group.Key],
		Frozen: s.frozen || c.group.Frozen, Lockdown: s.locked[c.group.Key], Shelf: c.unsaid}
	var err error
	if c.facts.Closed, err = a.store.Closed(ctx, c.group.Key); err != nil {
		return err
	}
	reached := map[community.MemberKey][]int64{}
	err = a.store.Present(ctx, []community.GroupKey{c.group.Key}, func(_ community.GroupKey, m community.MemberKey) {
		reached[m] = s.had[m]
		c.members = append(c.members, m)
	})
	if err != nil {
		return err
	}
	c.facts.Members, c.facts.Unfit = len(reached), plan.Unfit(c.target.Post(), c.group, c.way.Takes, a.publicURL(), s.now)
	c.facts.Tired, c.facts.Rested = s.limits.Tire(reached, c.facts.Members, s.now)
	c.verdict = plan.Guard(s.limits, c.facts, s.now)
	return nil
}

// together finds the other groups that the same person confirms and that may be sent to now.
func (a *App) together(ctx context.Context, s *surroundings, lead candidate) ([]candidate, error) {
	out := []candidate{lead}
	others, err := a.store.WaitingLike(ctx, lead.target, s.now, 2*plan.MaxBatch)
	if err != nil {
		return nil, err
	}
	keys := make([]community.GroupKey, len(others))
	for i, k := range others {
		keys[i] = k.Group
	}
	owners, err := a.store.OwnersOf(ctx, keys)
	if err != nil {
		return nil, err
	}
	s.use(lead)
	for _, k := range others {
		if owners[k.Group].ID != lead.way.Owner || k.Paused || k.Ended {
			continue
		}
		c, err := a.candidate(ctx, s, k)
		if err != nil {
			return nil, err
		}
		if c.way.Together(lead.way) && c.verdict.OK() && sameWords(c.target, lead.target) {
			s.use(c)
			out = append(out, c)
		}
		if len(out) == plan.MaxBatch {
			break
		}
	}
	return out, nil
}

// sameWords reports whether targets that name the same item say the same: its variables may stand for other things in other groups.
func sameWords(a, b plan.Target) bool {
	return a.Text == b.Text && a.Link == b.Link && a.LibraryN == b.LibraryN && slices.Equal(a.Pieces, b.Pieces)
}

// use counts a send that is about to go.
func (s *surroundings) use(c candidate) {
	s.sends[c.group.Key] = append(s.sends[c.group.Key], s.now)
	for _, m := range c.members {
		s.had[m] = append(s.had[m], s.now)
	}
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

// rank orders levels.
var rank = map[community.Level]int{community.None: 0, community.Human: 1, community.Assisted: 2, community.Native: 3}

// way chooses how a text gets into a group by what its connections can do now.
func (a *App) way(ctx context.Context, g community.GroupRow) plan.Way {
	best := map[community.Verb]community.Ability{community.Send: {Level: community.None}, community.MassSend: {Level: community.None}}
	by := map[community.Verb]community.AccountKey{}
	media := map[community.Verb]connect.Media{}
	for _, account := range g.Accounts {
		all, err := a.wires.Abilities(ctx, account, g.Key)
		if err != nil {
			continue // a connection that cannot be asked can do nothing now
		}
		for verb, had := range best {
			if got := all.Of(verb); rank[got.Level] > rank[had.Level] {
				best[verb], by[verb], media[verb] = got, account, all.Media
			}
		}
	}
	verb, level := plan.VerbFor(best[community.Send].Level, best[community.MassSend].Level)
	w := plan.Way{Verb: verb, Level: level, Takes: carries(verb, level, media[verb])}
	if verb == community.MassSend {
		w.Account, w.Until = by[verb], best[verb].NotBefore
	}
	return w
}

// planned is what is asked of the belt for a target, and under which key: the targets that go together have the same.
type planned struct {
	Key string `json:"key,omitempty"`
	community.PersonDecision
}

func keyOf(k plan.Target) string { return "plan:" + k.ID.String() + ":" + strconv.Itoa(k.Round) }

// order is what is asked of the belt for targets that go together, of which the first names the whole. groups are the
// platform's ids; public is this server's address.
func (s *surroundings) order(w plan.Way, list []plan.Target, groups map[community.ID]string, public string) (json.RawMessage, error) {
	k := list[0]
	post, _ := plan.Fit(k.Post(), w.Takes, public)
	act := community.Action{Verb: w.Verb, Group: k.Group, Text: post.Link.Whole(post.Text), Segments: segments(post), Deadline: max(k.Due, s.now) + int64(s.limits.GiveUp)*3600*1000}
	if !k.Library.IsZero() {
		act.Library = community.FromLibrary{Item: k.Library, Version: k.LibraryN}
	}
	if w.Verb == community.MassSend {
		order := community.MassOrder{Groups: make([]string, len(list))}
		for i, one := range list {
			order.Groups[i] = groups[one.ID]
		}
		var err error
		if act.Args, err = json.Marshal(order); err != nil {
			return nil, err
		}
		act.Account = w.Account
	}
	reason := string(k.Kind) + ":" + k.Source.String()
	return json.Marshal(planned{keyOf(k), community.PersonDecision{Kind: "act", User: k.User, Actions: []community.Action{act}, Reason: reason}})
}

// segments are the parts of a post; nil when its text is all.
func segments(p plan.Post) []community.Segment {
	if p.Link.URL == "" && len(p.Pieces) == 0 {
		return nil
	}
	out := []community.Segment{{Kind: "text", Text: p.Text}}
	if p.Link.URL != "" {
		out = append(out, community.Segment{Kind: "link", Text: p.Link.Title, Ref: p.Link.URL})
	}
	for _, piece := range p.Pieces {
		out = append(out, piece.Segment())
	}
	return out
}

// askFor asks the belt for what was noted, under a key of its own: however often, it happens once.
func (a *App) askFor(ctx context.Context, k plan.Target) error {
	var p planned
	if err := json.Unmarshal(k.Order, &p); err != nil {
		return err
	}
	key, group := cmp.Or(p.Key, keyOf(k)), p.Actions[0].Group
	audit := community.Audit{Org: k.Org, User: k.User, Verb: "action.act", Subject: subjectOf("group", int64(group)), Reason: p.Reason}
	made, err := a.engine.DecideOnce(ctx, group, key, p.PersonDecision, audit)
	if err != nil {
		return err
	}
	if len(made) > 0 && len(made[0].Actions) > 0 {
		return a.store.NoteTarget(ctx, k, made[0].Actions[0].ID)
	}
	action, err := a.store.ActionUnder(ctx, group, key)
	if err != nil {
		return err
	}
	return a.store.NoteTarget(ctx, k, action)
}

func taskChange(org community.OrgKey) console.Change { return console.Change{Org: org, Kind: "task"} }
