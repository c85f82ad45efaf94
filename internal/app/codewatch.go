package app

import (
	"context"
	"errors"
	"slices"
	"time"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/policy"
	"qunluo/internal/store"
)

// Jobs that look after codes and groups' sizes.
const (
	jobCodes  = "code-watch"
	jobComers = "code-comers"
	jobCaps   = "cap-watch"
)

const day = 24 * 60 * 60 * 1000 // ms

// askAgainAfter is how long a person's question about a code rests before it is asked again, in milliseconds.
const askAgainAfter = day / 2

// greetWithin is how long after somebody came a greeting still makes sense, in milliseconds.
const greetWithin = 30 * 60 * 1000

// system is who does what nobody asked for.
const system = "system"

// eachCode hands every living code of the installation to do; what goes wrong with one does not keep the others waiting.
func (a *App) eachCode(ctx context.Context, do func(c codes, code admit.Code) error) error {
	orgs, err := a.store.Orgs(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, org := range orgs {
		handle := a.Codes(org.Key, nil)
		for page := (community.Page{Limit: 200}); ; page.Offset += page.Limit {
			list, _, err := handle.desk().FindCodes(ctx, admit.Filter{Page: page})
			if err != nil {
				return err
			}
			for _, code := range list {
				errs = append(errs, do(handle, code))
			}
			if len(list) < page.Limit {
				break
			}
		}
	}
	return errors.Join(errs...)
}

// watchCodes asks people for the next QR code where one is needed.
func (a *App) watchCodes(ctx context.Context, _ store.Job) error {
	return a.eachCode(ctx, func(c codes, code admit.Code) error { return c.watch(ctx, code) })
}

// watchCode looks after one code at once.
func (a *App) watchCode(ctx context.Context, org community.OrgKey, id community.ID) error {
	c := a.Codes(org, nil)
	code, err := c.desk().CodeByID(ctx, id)
	if err != nil {
		return err
	}
	return c.watch(ctx, code)
}

// watch looks after one code; the next asks only when what this one asked is noted.
func (c codes) watch(ctx context.Context, code admit.Code) error {
	c.app.asking.Lock()
	defer c.app.asking.Unlock()
	code, err := c.desk().CodeByID(ctx, code.ID)
	if err != nil {
		return err
	}
	sizes, err := c.app.sizes(ctx, c.org, groupsOf([]admit.Code{code}))
	if err != nil {
		return err
	}
	if more, err := c.adopt(ctx, code, sizes); err != nil || more {
		if err != nil {
			return err
		}
		if code, err = c.desk().CodeByID(ctx, code.ID); err != nil {
			return err
		}
		if sizes, err = c.app.sizes(ctx, c.org, groupsOf([]admit.Code{code})); err != nil {
			return err
		}
	}
	warned := map[int64]string{}
	for _, w := range admit.Warnings(code, sizes, c.app.millis()) {
		warned[w.Entry.Key] = w.Why
	}
	for i := range code.Entries {
		e := &code.Entries[i]
		if why := warned[e.Key]; why != "" {
			err = c.warn(ctx, code, e, why, sizes[e.Group])
		} else {
			err = c.app.settleTask(ctx, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// warn opens the question about an entry, asks once more where it has been open for long, and opens it again where it was
// closed without the next code.
func (c codes) warn(ctx context.Context, code admit.Code, e *admit.Entry, why string, size admit.Size) error {
	now := c.app.millis()
	if !e.Action.IsZero() && !e.Shows() { // it was ordered and is on its way, or a person was asked for it
		if comes, err := c.app.waits(ctx, e.Action, e.Created); err != nil || comes {
			return err
		}
	}
	waits, err := c.app.waits(ctx, e.Task, e.Warned)
	rests := now-e.Warned < askAgainAfter
	switch {
	case err != nil || rests && (waits || e.Warned != 0):
		return err
	case waits:
		if err := c.app.store.AskAgain(ctx, e.Task); err != nil {
			return err
		}
		return c.app.store.EntryAsked(ctx, e.Key, e.Task, now)
	}
	words, err := c.app.wordsOf(ctx, c.org)
	if err != nil {
		return err
	}
	until := e.Expires
	if until <= now {
		until = now + 60*60*1000
	}
	text := words.T("code.warn_"+why) + "\n" + words.T("code.task_renew", "code", code.Name, "group", e.GroupName, "page", "/codes/"+code.ID.String())
	if size.Nearly() {
		name, err := c.nextName(ctx, code)
		if err != nil {
			return err
		}
		key := "code.task_open"
		if name != "" {
			key = "code.task_open_named"
		}
		text = words.T("code.warn_"+why) + "\n" + words.T(key, "code", code.Name, "group", e.GroupName, "name", name, "page", "/codes/"+code.ID.String())
	}
	task, err := c.chore(ctx, community.Action{Verb: community.RenewCode, Group: e.Group, Text: text, Until: until}, code.Name)
	if err != nil {
		return err
	}
	e.Task, e.Warned = task, now
	return c.app.store.EntryAsked(ctx, e.Key, task, now)
}

// chore asks a person for something and gives the task's id.
func (c codes) chore(ctx context.Context, a community.Action, reason string) (community.ID, error) {
	made, err := c.Act(ctx, system, []community.Action{a}, reason)
	if err != nil {
		return community.ID{}, err
	}
	return c.actionOf(ctx, made[0])
}

// waits reports whether a task is still with people; one just asked for may not be written yet.
func (a *App) waits(ctx context.Context, task community.ID, asked int64) (bool, error) {
	if task.IsZero() {
		return false, nil
	}
	k, err := a.store.TaskNow(ctx, task)
	if community.CodeOf(err) == community.CodeNotFound {
		return a.millis()-asked < askAgainAfter, nil
	}
	return k.State == "open" || k.State == "claimed", err
}

// answered closes a question that what happened answers, and reports whether it may be forgotten: one that was asked and is not yet
// written stays noted, so that it is closed when it is.
func (a *App) answered(ctx context.Context, task community.ID, asked int64) (bool, error) {
	if _, err := a.store.TaskNow(ctx, task); community.CodeOf(err) == community.CodeNotFound && a.millis()-asked < askAgainAfter {
		return false, nil
	}
	return true, a.answerTask(ctx, task)
}

// settleTask closes the question about an entry: what it asked for is there.
func (a *App) settleTask(ctx context.Context, e *admit.Entry) error {
	if e.Task.IsZero() {
		return nil
	}
	if over, err := a.answered(ctx, e.Task, e.Warned); err != nil || !over {
		return err
	}
	e.Task, e.Warned = community.ID{}, 0
	return a.store.EntryAsked(ctx, e.Key, e.Task, 0)
}

// answerTask reports a task as done by what happened, if it still waits.
func (a *App) answerTask(ctx context.Context, task community.ID) error {
	k, err := a.store.TaskNow(ctx, task)
	if err != nil || k.State != "open" && k.State != "claimed" {
		if community.CodeOf(err) == community.CodeNotFound {
			return nil
		}
		return err
	}
	org, err := a.store.OrgOf(ctx, k.Group)
	if err != nil {
		return err
	}
	err = a.engine.Report(ctx, task, system, "", true, community.Audit{Org: org, User: system, Verb: "task.done", Subject: "task:" + task.String()})
	if community.CodeOf(err) == community.CodeConflict {
		return nil // somebody was quicker
	}
	return err
}

// seeComers greets and tags those who came by a code's mark, each once. Who came long ago is tagged and not greeted.
func (a *App) seeComers(ctx context.Context, _ store.Job) error {
	return a.eachCode(ctx, func(c codes, code admit.Code) error {
		if code.State == "" || code.Welcome == "" && len(code.Tags) == 0 {
			return nil
		}
		list, err := c.desk().Comers(ctx, code, code.Created)
		if err != nil {
			return err
		}
		for _, who := range list {
			if err := c.see(ctx, code, who); err != nil {
				return err
			}
		}
		return nil
	})
}

// outranked leaves a rule's greeting unsaid where the code by which somebody came has a welcome of its own: one of the two greets.
// In a group whose rules ask newcomers to agree, the rule's greeting carries the question and is said all the same.
func (a *App) outranked(ctx context.Context, d *community.Decision, ev *community.Event, act *community.Action) (bool, error) {
	if d.Verdict != community.Served || act.Verb != community.Send || act.Target == 0 || !slices.ContainsFunc(d.Hits, func(h community.RuleHit) bool { return h.Chose && h.Kind == "welcome" }) {
		return false, nil
	}
	state := ev.Body.State
	if ev.Type != community.MemberJoined { // it waited for others to join
		org, err := a.store.OrgOf(ctx, d.Group)
		if err != nil {
			return false, err
		}
		places, err := a.store.For(community.Scope{Org: org}).Memberships(ctx, act.Target)
		if err != nil {
			return false, err
		}
		for _, p := range places {
			if p.Group == d.Group && p.LeftAt == 0 {
				state = p.State
			}
		}
	}
	greets, err := a.store.CodeGreets(ctx, d.Group, state)
	if err != nil || !greets {
		return false, err
	}
	raw, err := a.store.BookBody(ctx, d.Group, d.Book)
	if err != nil {
		return false, err
	}
	book, err := policy.Read(raw)
	if err != nil {
		return false, err
	}
	if slices.ContainsFunc(book.Rules, func(r policy.Rule) bool { return r.Kind == "confirm" && r.Mode == policy.RuleLive }) {
		return false, nil
	}
	act.Text = ""
	return true, nil
}

// see marks first and greets then: a greeting may be lost when we stop in between, it is never said twice.
func (c codes) see(ctx context.Context, code admit.Code, who admit.Comer) error {
	fresh, err := c.app.store.SeeComer(ctx, code, who)
	if err != nil || !fresh || code.Welcome == "" || c.app.millis()-who.JoinedAt > greetWithin {
		return err
	}
	text, err := c.greeting(ctx, code, who)
	if err != nil {
		return err
	}
	_, err = c.Act(ctx, system, []community.Action{{Verb: community.Send, Group: who.Group, Target: who.Member, Mention: true, Text: text,
		Deadline: c.app.millis() + greetWithin}}, code.Name)
	return err
}

// watchCaps asks people to open the next sub group before one is full.
func (a *App) watchCaps(ctx context.Context, _ store.Job) error {
	orgs, err := a.store.Orgs(ctx)
	if err != nil {
		return err
	}
	for _, org := range orgs {
		c := a.Codes(org.Key, nil)
		list, err := c.everyCode(ctx)
		if err != nil {
			return err
		}
		for page := (community.Page{Limit: 200}); ; page.Offset += page.Limit {
			rows, _, err := c.desk().FindGroups(ctx, community.GroupFilter{Page: page})
			if err != nil {
				return err
			}
			if err := c.watchSizes(ctx, rows, list); err != nil {
				return err
			}
			if len(rows) < page.Limit {
				break
			}
		}
	}
	return nil
}

// everyCode reads all living codes.
func (c codes) everyCode(ctx context.Context) ([]admit.Code, error) {
	var all []admit.Code
	for page := (community.Page{Limit: 200}); ; page.Offset += page.Limit {
		list, _, err := c.desk().FindCodes(ctx, admit.Filter{Page: page})
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
		if len(list) < page.Limit {
			return all, nil
		}
	}
}

func (c codes) watchSizes(ctx context.Context, rows []community.GroupRow, list []admit.Code) error {
	caps, err := c.Caps(ctx, rows)
	if err != nil {
		return err
	}
	_, rules, err := c.app.capLimits(ctx, c.desk(), rows)
	if err != nil {
		return err
	}
	sizes, err := c.app.sizes(ctx, c.org, groupsOf(list))
	if err != nil {
		return err
	}
	today, err := c.desk().Today(ctx, 0)
	if err != nil {
		return err
	}
	for _, g := range rows {
		lead := rules[g.Key].Lead
		if lead == 0 {
			lead = admit.DefaultLead
		}
		near := caps[g.Key].State == measure.CapFull || caps[g.Key].State == measure.CapDay && caps[g.Key].Day <= today+measure.Day(lead)
		for _, code := range list {
			near = near && !admit.Follows(code, g.Key, sizes, c.app.millis())
		}
		if err := c.askNext(ctx, g, caps[g.Key], rules[g.Key], near); err != nil {
			return err
		}
	}
	return nil
}

// askNext opens, repeats or closes the question to open the next group.
func (c codes) askNext(ctx context.Context, g community.GroupRow, forecast measure.Cap, rule admit.CapRule, near bool) error {
	now := c.app.millis()
	waits, err := c.app.waits(ctx, rule.Task, rule.Warned)
	switch {
	case err != nil || !near && rule.Task.IsZero():
		return err
	case !near:
		if over, err := c.app.answered(ctx, rule.Task, rule.Warned); err != nil || !over {
			return err
		}
		return c.app.store.CapAsked(ctx, g.Key, community.ID{}, 0)
	case rule.Warned != 0 && now-rule.Warned < askAgainAfter:
		return nil
	case waits:
		if err := c.app.store.AskAgain(ctx, rule.Task); err != nil {
			return err
		}
		return c.app.store.CapAsked(ctx, g.Key, rule.Task, now)
	}
	words, err := c.app.wordsOf(ctx, c.org)
	if err != nil {
		return err
	}
	text, until := words.T("code.task_full", "group", g.Name, "size", forecast.Size, "limit", forecast.Limit), now+day
	if forecast.State == measure.CapDay {
		zone, err := time.LoadLocation(g.Zone)
		if err != nil {
			return err
		}
		text = words.T("code.task_next", "group", g.Name, "size", forecast.Size, "limit", forecast.Limit, "day", forecast.Day.String())
		until = forecast.Day.Start(zone)
	}
	task, err := c.chore(ctx, community.Action{Verb: community.OpenNext, Group: g.Key, Text: text, Until: until}, g.Name)
	if err != nil {
		return err
	}
	return c.app.store.CapAsked(ctx, g.Key, task, now)
}
