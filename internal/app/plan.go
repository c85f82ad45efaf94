package app

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"qunluo/internal/bulk"
	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
	"qunluo/internal/safehttp"
)

// Names of settings of what is sent by plan.
const (
	settingLimits    = "plan.limits"
	settingLinkRules = "plan.link_rules"
)

// plans is what people do with mass sends and SOPs, bounded by an organisation and the groups they may see (nil = all).
type plans struct {
	*hands
	links *safehttp.Client
}

// Plans makes the handle for what is sent by plan.
func (a *App) Plans(org community.OrgKey, groups []community.GroupKey) *plans {
	return &plans{a.Hands(org, groups), safehttp.New(nil)}
}

// Limits are those of the organisation.
func (p *plans) Limits(ctx context.Context) (plan.Limits, error) { return p.app.limits(ctx, p.org) }

func (a *App) limits(ctx context.Context, org community.OrgKey) (plan.Limits, error) {
	l := plan.DefaultLimits()
	_, err := a.store.Setting(ctx, org, settingLimits, &l)
	return l, err
}

// SaveLimits changes the organisation's limits. CodeBadInput: nobody says what that should move, or of which group the figure is.
func (p *plans) SaveLimits(ctx context.Context, user string, l plan.Limits, reason string) error {
	_, err := p.saveLimits(ctx, user, l, reason)
	return err
}

// saveLimits is SaveLimits; it gives the number of the change, 0 = they were so.
func (p *plans) saveLimits(ctx context.Context, user string, l plan.Limits, reason string) (int, error) {
	if err := l.Check(); err != nil {
		return 0, err
	}
	before, err := p.Limits(ctx)
	if err != nil || before == l {
		return 0, err
	}
	aim, err := p.asked(ctx)
	if err != nil {
		return 0, err
	}
	if aim.Metric != "" && aim.Group == 0 {
		return 0, connect.Trouble(community.CodeBadInput, "发送上限对所有群有效：写明在哪个群看这个数字。", "limits hold for all groups: say in which group the figure is looked at")
	}
	audit := p.audit(user, "setting.set", "", reason)
	if audit.Before, err = json.Marshal(before); err != nil {
		return 0, err
	}
	if audit.After, err = json.Marshal(l); err != nil {
		return 0, err
	}
	what := limitsChanged(audit.Before, audit.After)
	n, err := p.app.store.ChangeSetting(ctx, p.org, settingLimits, limitsRef, what, before, l, audit)
	if err != nil {
		return 0, err
	}
	return n, p.noteAim(ctx, user, aim, change{measure.AdjustPlan, what, limitsRef + ":" + strconv.Itoa(n), nil})
}

// limitsRef names the limits of sending in references of adjustments.
const limitsRef = "limits"

// limitsChanged says which limits are others now: "per_day 2 → 3".
func limitsChanged(before, after []byte) string {
	var was, is map[string]any
	if json.Unmarshal(before, &was) != nil || json.Unmarshal(after, &is) != nil {
		return limitsRef
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(is)) {
		if was[name] != is[name] {
			out = append(out, fmt.Sprintf("%s %v → %v", name, was[name], is[name]))
		}
	}
	return strings.Join(out, ", ")
}

func (p *plans) keep(ctx context.Context, user, name string, before, after any, reason string) error {
	audit := p.audit(user, "setting.set", "setting:"+name, reason)
	var err error
	if audit.Before, err = json.Marshal(before); err != nil {
		return err
	}
	if audit.After, err = json.Marshal(after); err != nil {
		return err
	}
	return p.app.store.PutSetting(ctx, p.org, name, after, audit)
}

// LinkRules are those of the organisation.
func (p *plans) LinkRules(ctx context.Context) ([]plan.LinkRule, error) {
	var list []plan.LinkRule
	found, err := p.app.store.Setting(ctx, p.org, settingLinkRules, &list)
	if err == nil && !found {
		list = plan.DefaultLinkRules()
	}
	return list, err
}

// SaveLinkRules changes the organisation's rules about links; nil = those of the program again.
func (p *plans) SaveLinkRules(ctx context.Context, user string, list []plan.LinkRule, reason string) error {
	if list == nil {
		list = plan.DefaultLinkRules()
	}
	if err := plan.CheckLinkRules(list); err != nil {
		return err
	}
	before, err := p.LinkRules(ctx)
	if err != nil {
		return err
	}
	return p.keep(ctx, user, settingLinkRules, before, list, reason)
}

// maxLinks is how many links of a text are followed.
const maxLinks = 20

// CheckLinks judges the links of a text for platforms ("" alone = only what holds everywhere), following each to its end.
func (p *plans) CheckLinks(ctx context.Context, text string, platforms ...community.Platform) ([]plan.Finding, error) {
	if len(text) > community.MaxText {
		return nil, community.Errorf(community.CodeTooLarge, "text: more than %d bytes", community.MaxText)
	}
	rules, err := p.LinkRules(ctx)
	if err != nil {
		return nil, err
	}
	return linkFindings(rules, text, p.follow(ctx, plan.LinksOf(text), maxLinks), platforms, p.app.millis()), nil
}

// linkFindings judges the links of a text for platforms, each finding once.
func linkFindings(rules []plan.LinkRule, text string, chains []plan.Chain, platforms []community.Platform, now int64) []plan.Finding {
	seen := map[[2]string]bool{}
	var out []plan.Finding
	for _, at := range platforms {
		for _, f := range plan.CheckLinks(rules, text, chains, at, now) {
			if key := [2]string{f.Rule, f.Link}; !seen[key] {
				seen[key] = true
				out = append(out, f)
			}
		}
	}
	return out
}

// follow finds out where links lead, at most so many, all at once.
func (p *plans) follow(ctx context.Context, links []string, most int) []plan.Chain {
	out := make([]plan.Chain, min(len(links), most))
	var wg sync.WaitGroup
	for i := range out {
		wg.Go(func() {
			hops, err := p.links.Chain(ctx, plan.Address(links[i]))
			out[i] = plan.Chain{URL: links[i], Hops: hops, Fault: string(community.CodeOf(err))}
		})
	}
	wg.Wait()
	return out
}

// Estimate says what a mass send would do at its time, or now.
func (p *plans) Estimate(ctx context.Context, b plan.Broadcast) (plan.Estimate, error) {
	if err := b.Check(); err != nil {
		return plan.Estimate{}, err
	}
	if err := p.checkFiles(ctx, b.Pieces); err != nil {
		return plan.Estimate{}, err
	}
	at := max(b.Start, p.app.millis())
	limits, err := p.Limits(ctx)
	if err != nil {
		return plan.Estimate{}, err
	}
	groups, err := p.filtered(ctx, b.Filter)
	if err != nil {
		return plan.Estimate{}, err
	}
	rows, had, err := p.reach(ctx, groups, at)
	if err != nil {
		return plan.Estimate{}, err
	}
	findings, err := p.CheckLinks(ctx, plan.Spoken(b.Post()), platformsOf(groups)...)
	if err != nil {
		return plan.Estimate{}, err
	}
	shelved, err := p.shelved(ctx, b, at)
	if err != nil {
		return plan.Estimate{}, err
	}
	away, err := p.givenAway(ctx, b.Post(), b.Library, keysOfGroups(groups))
	if err != nil {
		return plan.Estimate{}, err
	}
	shelved = append(shelved, away...)
	return plan.Foresee(limits, b.Post(), rows, had, append(findings, shelved...), p.app.publicURL(), at), nil
}

func keysOfGroups(groups []community.GroupRow) []community.GroupKey {
	out := make([]community.GroupKey, len(groups))
	for i, g := range groups {
		out[i] = g.Key
	}
	return out
}

func platformsOf(groups []community.GroupRow) []community.Platform {
	seen := map[community.Platform]bool{}
	var out []community.Platform
	for _, g := range groups {
		if !seen[g.Platform] {
			seen[g.Platform] = true
			out = append(out, g.Platform)
		}
	}
	if out == nil {
		out = []community.Platform{""}
	}
	return out
}

// filtered gives the groups that a filter means, of those the handle may see. CodeTooLarge beyond plan.MaxTargets.
func (p *plans) filtered(ctx context.Context, f plan.Filter) ([]community.GroupRow, error) {
	var out []community.GroupRow
	at := community.Page{Limit: 200}
	q := community.GroupFilter{Platform: f.Platform, Page: at}
	if len(f.Groups) > 0 {
		q.Keys = f.Groups
	}
	for {
		rows, total, err := p.desk().FindGroups(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, g := range rows {
			if f.Takes(g.Group) {
				out = append(out, g)
			}
		}
		q.Page.Offset += len(rows)
		switch {
		case len(out) > plan.MaxTargets:
			return nil, community.Errorf(community.CodeTooLarge, "more than %d groups", plan.MaxTargets)
		case len(rows) == 0 || q.Page.Offset >= total:
			return out, nil
		}
	}
}

// reach gathers what the estimate is made of: per group its level, members and recent sends, and how often each member was
// reached.
func (p *plans) reach(ctx context.Context, groups []community.GroupRow, at int64) ([]plan.Reach, map[community.MemberKey]int, error) {
	sends, err := p.app.store.SendsSince(ctx, p.org, at-week)
	if err != nil {
		return nil, nil, err
	}
	frozen, err := p.desk().Frozen(ctx)
	if err != nil {
		return nil, nil, err
	}
	locked, err := p.app.store.LockedGroups(ctx, p.org)
	if err != nil {
		return nil, nil, err
	}
	rows := make([]plan.Reach, len(groups))
	place := map[community.GroupKey]*plan.Reach{}
	keys := make([]community.GroupKey, len(groups))
	for i, g := range groups {
		way := p.app.way(ctx, g)
		rows[i] = plan.Reach{Group: g, Verb: way.Verb, Level: way.Level, Takes: way.Takes,
			Facts: plan.Facts{Zone: zoneFor(g.Zone), Until: way.Until, Sends: sends[g.Key], Frozen: frozen || g.Frozen, Lockdown: locked[g.Key]}}
		place[g.Key], keys[i] = &rows[i], g.Key
	}
	err = p.app.store.Present(ctx, keys, func(g community.GroupKey, m community.MemberKey) { place[g].Members = append(place[g].Members, m) })
	if err != nil {
		return nil, nil, err
	}
	owners, err := p.app.store.OwnersOf(ctx, keys)
	if err != nil {
		return nil, nil, err
	}
	for g, who := range owners {
		if place[g].Level == community.Assisted {
			place[g].Owner = cmp.Or(who.Name, who.ID)
		}
	}
	had := map[community.MemberKey]int{}
	err = p.app.store.Present(ctx, keysOf(sends), func(g community.GroupKey, m community.MemberKey) { had[m] += len(sends[g]) })
	return rows, had, err
}

const week = 7 * 24 * 3600 * 1000

func keysOf(sends map[community.GroupKey][]int64) []community.GroupKey {
	out := make([]community.GroupKey, 0, len(sends))
	for g := range sends {
		out = append(out, g)
	}
	return out
}

// NewBroadcast keeps a mass send: a draft, or scheduled for its time (0 = now). Without a reason to force it, what the link
// check refuses is not taken: CodeRefused. What a platform cannot take is not, whoever forces it.
func (p *plans) NewBroadcast(ctx context.Context, user string, b plan.Broadcast) (plan.Broadcast, error) {
	e, err := p.Estimate(ctx, b)
	if err != nil {
		return b, err
	}
	b.Org, b.User = p.org, user
	if b.AI != "" {
		b.Text = plan.Marked(b.Text)
	}
	if b.Start == 0 {
		b.Start = p.app.millis()
	}
	if b.State != plan.Draft {
		b.State = plan.Scheduled
		if e.Groups == 0 {
			return b, community.Errorf(community.CodeBadInput, "filter: no group")
		}
		if err := refusal(b, e); err != nil {
			return b, err
		}
	}
	if p.groups != nil && len(e.Rows) == 0 {
		return b, community.Errorf(community.CodeBadInput, "filter: no group")
	}
	if p.groups != nil { // who sees some groups sends to those
		b.Filter.Groups = nil
		for _, r := range e.Rows {
			b.Filter.Groups = append(b.Filter.Groups, r.Group.Key)
		}
	}
	return p.addBroadcast(ctx, user, b, e)
}

// addBroadcast keeps it; one to more groups than a person may send to alone is kept as a draft and waits for a second person.
func (p *plans) addBroadcast(ctx context.Context, user string, b plan.Broadcast, e plan.Estimate) (plan.Broadcast, error) {
	wait := false
	if b.State == plan.Scheduled {
		var err error
		if wait, err = p.mustWait(ctx, bulk.Send, user, e.Groups); err == nil && !wait {
			err = p.passSend(ctx, user, b, e, b.Force)
		}
		if err != nil {
			return b, err
		}
	}
	if wait {
		b.State = plan.Draft
	}
	b, err := p.app.store.AddBroadcast(ctx, b, p.audit(user, "", "", b.Force))
	if err == nil && wait {
		err = p.passSend(ctx, user, b, e, b.Force)
	}
	p.app.jobs.Wake()
	return b, err
}

// passSend asks the guard over what touches many: *bulk.Waits when so many groups need a second person.
func (p *plans) passSend(ctx context.Context, user string, b plan.Broadcast, e plan.Estimate, reason string) error {
	var people int64
	for _, r := range e.Rows {
		people += int64(r.Group.Members)
	}
	return p.pass(ctx, bulk.Proposal{Kind: bulk.Send, User: user, Reason: cmp.Or(reason, b.Title), Params: bulk.Params{Ref: b.ID, Groups: e.Groups}, Total: e.Groups, People: people})
}

// refusal says why a mass send may not be scheduled: CodeRefused.
func refusal(b plan.Broadcast, e plan.Estimate) error {
	for _, f := range e.Findings {
		if f.Refuse && (b.Force == "" || plan.Impossible([]plan.Finding{f})) {
			return connect.Trouble(community.CodeRefused, f.Link+"："+f.Reason[0]+"（"+f.Found+"）。", f.Link+": "+f.Reason[1]+" ("+f.Found+").")
		}
	}
	return nil
}

// Broadcasts lists mass sends, the newest first.
func (p *plans) Broadcasts(ctx context.Context, tag string, at community.Page) ([]plan.Broadcast, int, error) {
	return p.app.store.Broadcasts(ctx, p.scope(), tag, at)
}

// Broadcast gives one mass send.
func (p *plans) Broadcast(ctx context.Context, id community.ID) (plan.Broadcast, error) {
	return p.app.store.BroadcastByID(ctx, p.scope(), id)
}

// Targets lists the sends of a mass send or SOP; g 0 = to every group.
func (p *plans) Targets(ctx context.Context, source community.ID, g community.GroupKey, at community.Page) ([]plan.Target, int, error) {
	list, n, err := p.app.store.Targets(ctx, p.scope(), source, g, at)
	if err != nil {
		return nil, 0, err
	}
	return list, n, p.nameSenders(ctx, list)
}

// within says whether everything that a mass send (with its filter) or an SOP touches lies inside the handle; CodeForbidden if not.
func (p *plans) within(ctx context.Context, source community.ID, f plan.Filter) error {
	beyond, err := p.app.store.ReachesBeyond(ctx, source, p.scope())
	if err != nil {
		return err
	}
	if p.groups != nil && (beyond || !inside(f.Groups, p.groups)) {
		return errBeyond()
	}
	return nil
}

// MoveBroadcast schedules a draft, pauses, resumes or cancels. Paused and cancelled ones come back where they were with
// plan.Running. CodeConflict when that may not be; *bulk.Waits when so many groups need a second person.
func (p *plans) MoveBroadcast(ctx context.Context, user string, id community.ID, to plan.State, reason string) error {
	b, to, err := p.mayMove(ctx, id, to)
	if err != nil {
		return err
	}
	if (b.State == plan.Draft || b.State == plan.Cancelled) && to == plan.Scheduled { // a draft may have been cancelled unconfirmed
		e, err := p.Estimate(ctx, b)
		if err == nil {
			err = refusal(b, e)
		}
		if err == nil {
			err = p.passSend(ctx, user, b, e, reason)
		}
		if err != nil {
			return err
		}
	}
	return p.move(ctx, user, b, to, reason)
}

// moveNow is MoveBroadcast for what two people confirmed.
func (p *plans) moveNow(ctx context.Context, user string, id community.ID, to plan.State, reason string) error {
	b, to, err := p.mayMove(ctx, id, to)
	if err != nil {
		return err
	}
	if to == plan.Scheduled {
		e, err := p.Estimate(ctx, b)
		if err == nil {
			err = refusal(b, e)
		}
		if err != nil {
			return err
		}
	}
	return p.move(ctx, user, b, to, reason)
}

func (p *plans) mayMove(ctx context.Context, id community.ID, to plan.State) (plan.Broadcast, plan.State, error) {
	b, err := p.Broadcast(ctx, id)
	if err == nil {
		err = p.within(ctx, b.ID, b.Filter)
	}
	if err != nil {
		return b, to, err
	}
	if to == plan.Running && b.Counts.All == 0 {
		to = plan.Scheduled // its time has not come yet
	}
	if !plan.MayBecome(b.State, to) || b.Now() == plan.Finished {
		err = community.Errorf(community.CodeConflict, "it is %s and cannot become %s", b.Now(), to)
	}
	return b, to, err
}

func (p *plans) move(ctx context.Context, user string, b plan.Broadcast, to plan.State, reason string) error {
	err := p.app.store.MoveBroadcast(ctx, b, to, p.audit(user, "", "", reason))
	p.app.jobs.Wake()
	if err != nil || to != plan.Cancelled {
		return err
	}
	return p.takeBack(ctx, b.ID)
}

// each goes over all targets of a source.
func (p *plans) each(ctx context.Context, source community.ID, fn func(plan.Target) error) error {
	for at := (community.Page{Limit: 200}); ; at.Offset += at.Limit {
		list, total, err := p.Targets(ctx, source, 0, at)
		if err != nil {
			return err
		}
		for _, k := range list {
			if err := fn(k); err != nil {
				return err
			}
		}
		if at.Offset+at.Limit >= total {
			return nil
		}
	}
}

// Retry asks anew for what failed or was not sent, and gives how many. What was sent, or may have been, is left alone.
func (p *plans) Retry(ctx context.Context, user string, id community.ID, reason string) (int, error) {
	b, err := p.Broadcast(ctx, id)
	if err == nil {
		err = p.within(ctx, b.ID, b.Filter)
	}
	if err != nil {
		return 0, err
	}
	if b.State == plan.Cancelled {
		return 0, community.Errorf(community.CodeConflict, "it is cancelled")
	}
	var list []plan.Target
	err = p.each(ctx, id, func(k plan.Target) error {
		if s := k.State(); s == plan.Failed || s == plan.NotSent {
			list = append(list, k)
		}
		return nil
	})
	if err != nil || len(list) == 0 {
		return 0, err
	}
	err = p.app.store.RetryTargets(ctx, b, list, p.audit(user, "", "", reason))
	p.app.jobs.Wake()
	return len(list), err
}

// Override lets a blocked send pass the guard; the reason is needed and stays in the trail.
func (p *plans) Override(ctx context.Context, user string, target community.ID, reason string) error {
	if reason == "" {
		return community.Errorf(community.CodeBadInput, "reason: empty")
	}
	k, err := p.app.store.TargetNow(ctx, target)
	if err == nil && (k.Org != p.org || p.groups != nil && !slices.Contains(p.groups, k.Group)) {
		err = community.Errorf(community.CodeNotFound, "target %s: not found", target)
	}
	if err != nil {
		return err
	}
	if k.State() != plan.Blocked {
		return community.Errorf(community.CodeConflict, "it is %s, not blocked", k.State())
	}
	err = p.app.store.LetPass(ctx, k, reason, p.audit(user, "", "", reason))
	p.app.jobs.Wake()
	return err
}
