package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"qunluo/internal/bulk"
	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/console"
	"qunluo/internal/i18n"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
	"qunluo/internal/rights"
	"qunluo/internal/store"
)

// settingFixtures is the name of an organisation's slots.
const settingFixtures = "plan.fixtures"

// calendars is what people do with the content calendar, bounded as hands are.
type calendars struct{ *plans }

// Calendars makes the handle for the content calendar.
func (a *App) Calendars(org community.OrgKey, groups []community.GroupKey) calendars {
	return calendars{a.Plans(org, groups)}
}

// Fixtures are the slots of the organisation.
func (c calendars) Fixtures(ctx context.Context) ([]plan.Fixture, error) {
	var list []plan.Fixture
	found, err := c.app.store.Setting(ctx, c.org, settingFixtures, &list)
	if err == nil && !found {
		list = plan.DefaultFixtures()
	}
	return list, err
}

// SaveFixtures changes them; nil = those of the program again.
func (c calendars) SaveFixtures(ctx context.Context, user string, list []plan.Fixture, reason string) error {
	if list == nil {
		list = plan.DefaultFixtures()
	}
	if err := plan.CheckFixtures(list); err != nil {
		return err
	}
	for _, f := range list {
		if !slices.Contains(measure.AllFormats(), f.Format) {
			return community.Errorf(community.CodeBadInput, "slot %q: format: want one of %s", f.ID, strings.Join(measure.AllFormats(), ", "))
		}
	}
	before, err := c.Fixtures(ctx)
	if err != nil {
		return err
	}
	return c.keep(ctx, user, settingFixtures, before, list, reason)
}

// maxShown is how many days a calendar shows at once.
const maxShown = 62

// Calendar shows the days [from, to] ("2006-01-02") of one group, or (0) of all; "" = from today, for a week. CodeBadInput: they cannot
// be read, or are too many.
func (c calendars) Calendar(ctx context.Context, g community.GroupKey, from, to string) (plan.Calendar, error) {
	out := plan.Calendar{Zone: store.DefaultZone}
	if g != 0 {
		row, err := c.mine(ctx, g)
		if err != nil {
			return out, err
		}
		out.Zone = cmp.Or(row.Zone, store.DefaultZone)
	}
	zone := zoneFor(out.Zone)
	now := c.app.millis()
	out.Today = time.UnixMilli(now).In(zone).Format(time.DateOnly)
	from = cmp.Or(from, out.Today)
	a, err := time.Parse(time.DateOnly, from)
	if to == "" {
		to = a.AddDate(0, 0, 6).Format(time.DateOnly)
	}
	b, other := time.Parse(time.DateOnly, to)
	if err != nil || other != nil || b.Before(a) || b.Sub(a) > maxShown*24*time.Hour {
		return out, community.Errorf(community.CodeBadInput, "from, to: want dates, at most %d days", maxShown)
	}
	out.From, out.To = from, to
	if out.Items, err = c.app.store.Items(ctx, c.scope(), store.ItemFilter{From: from, To: to, Group: g}); err != nil {
		return out, err
	}
	if out.Fixtures, err = c.Fixtures(ctx); err != nil {
		return out, err
	}
	if out.Limits, err = c.Limits(ctx); err != nil {
		return out, err
	}
	end, err := plan.Moment(to, "23:59", zone)
	if err != nil {
		return out, err
	}
	end = max(end, now)
	only := c.groups
	if g != 0 {
		only = []community.GroupKey{g}
	}
	sent, planned, _, err := c.weighed(ctx, only, now, end, community.ID{})
	if err != nil {
		return out, err
	}
	flat := func(by map[community.GroupKey][]plan.Weighed) (list []plan.Weighed) {
		for _, posts := range by {
			list = append(list, posts...)
		}
		return list
	}
	real := flat(sent)
	out.Real = plan.MixOf(real, now)
	out.Projected = plan.MixOf(append(real, flat(planned)...), end)
	return out, nil
}

// weighed gives what came to groups (nil = to all) within plan.MixDays days before now, and what is planned until a moment; items
// that stand as one are left out. members are how many people are in each group.
func (c calendars) weighed(ctx context.Context, only []community.GroupKey, now, until int64, but community.ID) (sent, planned map[community.GroupKey][]plan.Weighed, members map[community.GroupKey]int64, err error) {
	posts, err := c.app.store.PostsSince(ctx, c.org, only, now-plan.MixDays*day)
	if err != nil {
		return nil, nil, nil, err
	}
	items, err := c.app.store.Items(ctx, community.Scope{Org: c.org, Groups: only}, store.ItemFilter{States: []plan.ItemState{plan.ItemDraft, plan.ItemAsked, plan.ItemApproved}})
	if err != nil {
		return nil, nil, nil, err
	}
	if members, err = c.memberCounts(ctx, only); err != nil {
		return nil, nil, nil, err
	}
	sent, planned = map[community.GroupKey][]plan.Weighed{}, map[community.GroupKey][]plan.Weighed{}
	for _, p := range posts {
		p.Reach = members[p.Group]
		sent[p.Group] = append(sent[p.Group], p.Weighed)
	}
	for _, i := range items {
		for _, p := range i.Places {
			if i.ID == but || !p.Broadcast.IsZero() || p.Missed != "" || p.Due <= now || p.Due > until || only != nil && !slices.Contains(only, p.Group) {
				continue
			}
			planned[p.Group] = append(planned[p.Group], plan.Weighed{Class: i.Class, At: p.Due, Reach: members[p.Group], Minutes: i.Minutes})
		}
	}
	return sent, planned, members, nil
}

// memberCounts says how many people are in groups (nil = in all of the handle).
func (c calendars) memberCounts(ctx context.Context, only []community.GroupKey) (map[community.GroupKey]int64, error) {
	out := map[community.GroupKey]int64{}
	for g, err := range c.app.store.For(community.Scope{Org: c.org, Groups: only}).AllGroups(ctx, community.GroupFilter{}) {
		if err != nil {
			return nil, err
		}
		out[g.Key] = int64(g.Members)
	}
	return out, nil
}

// Item gives one item of the calendar.
func (c calendars) Item(ctx context.Context, id community.ID) (plan.Item, error) {
	return c.app.store.ItemByID(ctx, c.scope(), id)
}

// own gives an item of which every group lies inside the handle; CodeForbidden if one does not.
func (c calendars) own(ctx context.Context, id community.ID) (plan.Item, error) {
	i, err := c.Item(ctx, id)
	if err == nil && !inside(i.Groups, c.groups) {
		err = errBeyond()
	}
	return i, err
}

// Versions lists what an item was, the newest first.
func (c calendars) Versions(ctx context.Context, id community.ID) ([]plan.ItemVersion, error) {
	if _, err := c.Item(ctx, id); err != nil {
		return nil, err
	}
	return c.app.store.ItemVersions(ctx, id)
}

// Outlook says of an item, kept or not, how it goes beyond the mix, what is to be remarked in its text, and what its sending
// would meet.
func (c calendars) Outlook(ctx context.Context, i plan.Item) (plan.Outlook, error) {
	out := plan.Outlook{Ad: plan.Advertises(i.Content), Says: i.Post()}
	fixtures, err := c.Fixtures(ctx)
	if err != nil {
		return out, err
	}
	out.Remarks = plan.Remarks(i.Content, fixtures)
	if out.Beyond, err = c.beyond(ctx, i); err != nil {
		return out, err
	}
	before, err := c.app.store.Formers(ctx, c.org, c.app.millis()-plan.RepeatDays*day)
	if err != nil {
		return out, err
	}
	before = slices.DeleteFunc(before, func(f plan.Former) bool { return f.ID == i.ID || f.ID == i.Topic })
	if strings.TrimSpace(i.Text) == "" {
		return out, nil
	}
	out.Repeats = plan.Repeats(i.Text, before, c.app.millis())
	out.Estimate, err = c.Estimate(ctx, c.broadcast(i, i.Groups, i.First()))
	return out, err
}

// broadcast is the mass send of an item to some of its groups.
func (c calendars) broadcast(i plan.Item, groups []community.GroupKey, due int64) plan.Broadcast {
	post := i.Post()
	return plan.Broadcast{Org: c.org, Title: i.Title, Text: post.Text, Link: post.Link, Filter: plan.Filter{Groups: groups}, Start: due, State: plan.Scheduled, User: cmp.Or(i.Asker, i.Maker),
		Library: i.Library, LibraryWhy: i.LibraryWhy, AI: i.AI}
}

// beyond judges an item in each of its groups by what they got and will get.
func (c calendars) beyond(ctx context.Context, i plan.Item) ([]plan.PlaceBeyond, error) {
	limits, err := c.Limits(ctx)
	if err != nil {
		return nil, err
	}
	last := int64(0)
	for _, p := range i.Places {
		last = max(last, p.Due)
	}
	sent, planned, members, err := c.weighed(ctx, i.Groups, c.app.millis(), last, i.ID)
	if err != nil {
		return nil, err
	}
	var out []plan.PlaceBeyond
	for _, p := range i.Places {
		list := plan.Against(limits, zoneFor(p.Zone), append(sent[p.Group], planned[p.Group]...), plan.Weighed{Class: i.Class, At: p.Due, Reach: members[p.Group], Minutes: i.Minutes})
		if len(list) > 0 {
			out = append(out, plan.PlaceBeyond{Group: p.Group, Name: p.Name, List: list})
		}
	}
	return out, nil
}

// SaveItem keeps a new item (ID zero), or what was written of one as the caller saw it (seen: its Changed; 0 = as it is now). It is
// a draft again. CodeBadInput too when it goes beyond the mix and says no reason, or serves what a group's goal does not name; CodeConflict:
// a group has no goal, the slot is taken, or it was changed meanwhile.
func (c calendars) SaveItem(ctx context.Context, user string, id community.ID, seen int64, content plan.Content, note string) (plan.Item, error) {
	i := plan.Item{Org: c.org}
	if !id.IsZero() {
		var err error
		if i, err = c.own(ctx, id); err != nil {
			return i, err
		}
		if seen != 0 && seen != i.Changed {
			return i, community.Errorf(community.CodeConflict, "it was changed meanwhile")
		}
		if err := i.MayEdit(); err != nil {
			return i, err
		}
		content.Topic, content.AI = i.Topic, cmp.Or(content.AI, i.AI) // what a machine wrote stays marked whoever edits it
		if content.Library.IsZero() {
			content.Library, content.LibraryWhy = i.Library, i.LibraryWhy
		}
	}
	i.Content = content
	if err := c.check(ctx, &i); err != nil {
		return i, err
	}
	list, err := c.beyond(ctx, i)
	if err != nil {
		return i, err
	}
	if err := c.unreasoned(i, list); err != nil {
		return i, err
	}
	if i, err = c.app.store.SaveItem(ctx, i, c.audit(user, "", "", cmp.Or(note, content.Reason))); err != nil {
		return i, err
	}
	c.app.live.tell(taskChange(c.org))
	return c.Item(ctx, i.ID)
}

// check looks at what was written and fills in the places.
func (c calendars) check(ctx context.Context, i *plan.Item) error {
	if err := i.Content.Check(); err != nil {
		return err
	}
	if !slices.Contains(measure.AllFormats(), i.Format) {
		return community.Errorf(community.CodeBadInput, "format: want one of %s", strings.Join(measure.AllFormats(), ", "))
	}
	if i.Fixture != "" {
		fixtures, err := c.Fixtures(ctx)
		if err != nil {
			return err
		}
		if _, known := plan.FixtureNamed(fixtures, i.Fixture); !known {
			return community.Errorf(community.CodeBadInput, "slot: there is no %q", i.Fixture)
		}
	}
	i.Places = nil
	for _, g := range i.Groups {
		row, err := c.mine(ctx, g)
		if err != nil {
			return err
		}
		if row.Desk {
			return community.Errorf(community.CodeBadInput, "groups: an account's desk is none")
		}
		goal, err := c.goal(ctx, row, i.Serves)
		if err != nil {
			return err
		}
		i.Places = append(i.Places, plan.Place{Group: g, GroupID: row.ID, Name: row.Name, Zone: row.Zone, Goal: goal, Due: i.Due(zoneFor(row.Zone))})
	}
	return nil
}

// goal gives the version of a group's goal that something serves; CodeConflict when it has none, CodeBadInput when that has no such target.
func (c calendars) goal(ctx context.Context, g community.GroupRow, serves string) (int, error) {
	list, err := c.desk().GoalVersions(ctx, g.Key)
	if err != nil {
		return 0, err
	}
	if len(list) == 0 || list[0].Taken() {
		return 0, connect.Trouble(community.CodeConflict, "群“"+g.Name+"”还没有目标：先写下目标，再排内容（/groups/"+g.ID.String()+"/goal）。",
			"The group “"+g.Name+"” has no goal yet: write one before content is planned for it (/groups/"+g.ID.String()+"/goal).")
	}
	if serves != plan.ServesGoal && !slices.ContainsFunc(list[0].Goal.Targets, func(t measure.Target) bool { return t.Metric == serves }) {
		return 0, connect.Trouble(community.CodeBadInput, "群“"+g.Name+"”的目标里没有指标 "+serves+"。", "The goal of the group “"+g.Name+"” has no target for "+serves+".")
	}
	return list[0].Version, nil
}

// unreasoned says with its numbers how an item goes beyond without a reason: CodeBadInput.
func (c calendars) unreasoned(i plan.Item, list []plan.PlaceBeyond) error {
	if !(plan.Outlook{Beyond: list}).Demands(i.Content) {
		return nil
	}
	said := func(w *i18n.Words) string {
		var out []string
		for _, p := range list {
			for _, b := range p.List {
				out = append(out, p.Name+"："+console.BeyondSaid(w, b))
			}
		}
		return strings.Join(out, "；")
	}
	zh, en := c.app.words.In(i18n.Chinese), c.app.words.In("en")
	return connect.Trouble(community.CodeBadInput, zh.T("calendar.needs_reason", "what", said(zh)), en.T("calendar.needs_reason", "what", said(en)))
}

// MoveItem puts an item on another date and time. It keeps its slot where that comes then, too, and leaves it otherwise.
func (c calendars) MoveItem(ctx context.Context, user string, id community.ID, date, at, reason string) (plan.Item, error) {
	i, err := c.own(ctx, id)
	if err != nil {
		return i, err
	}
	content := i.Content
	content.Date, content.At = date, cmp.Or(at, content.At)
	if reason != "" {
		content.Reason = reason
	}
	fixtures, err := c.Fixtures(ctx)
	if err != nil {
		return i, err
	}
	if f, known := plan.FixtureNamed(fixtures, content.Fixture); !known || !f.On(date, 0) || !f.Holds(content.At) {
		content.Fixture = ""
	}
	return c.SaveItem(ctx, user, id, i.Changed, content, reason)
}

// AskItem lays an item before a second person. CodeRefused: what it says cannot be sent; CodeBadInput: it goes beyond without a reason.
func (c calendars) AskItem(ctx context.Context, user string, id community.ID, reason string) (plan.Item, error) {
	i, err := c.own(ctx, id)
	if err != nil {
		return i, err
	}
	if err := i.MayAsk(c.app.millis()); err != nil {
		return i, err
	}
	if err := c.sendable(ctx, i); err != nil {
		return i, err
	}
	i.State, i.Asker, i.Approver, i.Override, i.Why = plan.ItemAsked, user, "", "", ""
	return c.moveItem(ctx, user, i, reason)
}

// sendable says why an item cannot go as it is: CodeRefused, CodeTooLarge.
func (c calendars) sendable(ctx context.Context, i plan.Item) error {
	o, err := c.Outlook(ctx, i)
	if err != nil {
		return err
	}
	if err := c.unreasoned(i, o.Beyond); err != nil {
		return err
	}
	return refusal(c.broadcast(i, i.Groups, i.First()), o.Estimate)
}

func (c calendars) moveItem(ctx context.Context, user string, i plan.Item, reason string) (plan.Item, error) {
	if err := c.app.store.MoveItem(ctx, i, c.audit(user, "", "", reason)); err != nil {
		return i, err
	}
	c.app.live.tell(taskChange(c.org))
	c.app.jobs.Wake()
	return c.Item(ctx, i.ID)
}

// Others counts who else may approve an item: enabled people with the right to send who see all of its groups.
func (c calendars) Others(ctx context.Context, user string, i plan.Item) (int, error) {
	users, err := c.app.store.Users(ctx, c.org)
	n := 0
	for _, u := range users {
		who := rights.Of(u) // who sees groups only while they look after them may not be there when it is time
		if u.Enabled && who.ID != user && inside(i.Groups, who.Sees(nil, false)) && rights.May(who.Role, rights.Write) {
			n++
		}
	}
	return n, err
}

// Writers lists who wrote in an item since it was last approved.
func (c calendars) Writers(ctx context.Context, i plan.Item) ([]string, error) {
	list, err := c.app.store.ItemVersions(ctx, i.ID)
	var out []string
	for _, v := range list {
		if v.Version > i.Approved && !slices.Contains(out, v.User) {
			out = append(out, v.User)
		}
	}
	return out, err
}

// ApproveItem lets the version of an item that the caller saw go at its time. Who wrote in it or asked does not approve it; where
// nobody else is there, override says in writing why it goes all the same. CodeForbidden, CodeConflict as plan.Item.MayApprove.
func (c calendars) ApproveItem(ctx context.Context, user string, id community.ID, version int, override string) (plan.Item, error) {
	i, err := c.own(ctx, id)
	if err != nil {
		return i, err
	}
	writers, err := c.Writers(ctx, i)
	if err != nil {
		return i, err
	}
	others, err := c.Others(ctx, user, i)
	if err != nil {
		return i, err
	}
	if err := i.MayApprove(user, version, writers, others, override, c.app.millis()); err != nil {
		return i, saidApproval(err, others)
	}
	own := user == i.Asker || slices.Contains(writers, user)
	if own {
		if many, err := c.mustWait(ctx, bulk.Send, user, len(i.Groups)); err != nil || many {
			return i, cmp.Or(err, connect.Trouble(community.CodeForbidden, "发给这么多群必须由第二个人批准。", "so many groups need a second person."))
		}
	} else {
		override = ""
	}
	if err := c.sendable(ctx, i); err != nil {
		return i, err
	}
	i.State, i.Approver, i.Override, i.Approved = plan.ItemApproved, user, override, i.Version
	return c.moveItem(ctx, user, i, override)
}

// saidApproval says in both languages why somebody may not approve.
func saidApproval(err error, others int) error {
	switch community.CodeOf(err) {
	case community.CodeForbidden:
		if others > 0 {
			return connect.Trouble(community.CodeForbidden, fmt.Sprintf("写的人和送审的人不能自己批准：另有 %d 人可以批准。", others), fmt.Sprintf("Who wrote it or asked does not approve it: %d others may.", others))
		}
		return connect.Trouble(community.CodeForbidden, "这里没有别人能批准：要写明为什么不经第二个人就发。", "Nobody else may approve here: say in writing why it goes without a second person.")
	case community.CodeConflict:
		return connect.Trouble(community.CodeConflict, "它已被改动或已有人处理：请看过现在的样子再决定。", "It was changed, or somebody decided already: look at it as it is now.")
	}
	return err
}

// SkipItem leaves an item out, for a reason.
func (c calendars) SkipItem(ctx context.Context, user string, id community.ID, reason string) (plan.Item, error) {
	i, err := c.own(ctx, id)
	if err != nil {
		return i, err
	}
	if err := i.MaySkip(reason); err != nil {
		return i, err
	}
	i.State, i.Why = plan.ItemSkipped, reason
	return c.moveItem(ctx, user, i, reason)
}

// Propose proposes what a group may get in its free slots on the days [from, to].
func (c calendars) Propose(ctx context.Context, g community.GroupKey, from, to string) (plan.Proposal, error) {
	row, err := c.mine(ctx, g)
	if err != nil {
		return plan.Proposal{}, err
	}
	if _, err := c.goal(ctx, row, plan.ServesGoal); err != nil {
		return plan.Proposal{}, err
	}
	zone := zoneFor(row.Zone)
	f := plan.Filling{From: from, To: to, Group: g, Zone: zone, Now: c.app.millis(), Members: int64(row.Members), Serves: plan.ServesGoal}
	if f.Fixtures, err = c.Fixtures(ctx); err != nil {
		return plan.Proposal{}, err
	}
	if f.Limits, err = c.Limits(ctx); err != nil {
		return plan.Proposal{}, err
	}
	end, err := plan.Moment(to, "23:59", zone)
	if err != nil {
		return plan.Proposal{}, err
	}
	sent, planned, _, err := c.weighed(ctx, []community.GroupKey{g}, f.Now, end+week, community.ID{})
	if err != nil {
		return plan.Proposal{}, err
	}
	f.Posts = append(sent[g], planned[g]...)
	items, err := c.app.store.Items(ctx, community.Scope{Org: c.org}, store.ItemFilter{From: from, To: to, Group: g})
	if err != nil {
		return plan.Proposal{}, err
	}
	for _, i := range items {
		if i.State != plan.ItemSkipped {
			f.Taken = append(f.Taken, i.Held())
		}
	}
	topics, err := c.app.store.Topics(ctx, c.org, true)
	for _, t := range topics {
		f.Ideas = append(f.Ideas, t.Idea())
	}
	if err != nil {
		return plan.Proposal{}, err
	}
	return plan.Fill(f)
}

// Fill makes items of what is proposed, as it is proposed now; only names slots with dates ("morning@2006-01-02"), empty = all.
// What has a text is laid before a second person at once; the rest waits as a draft until somebody writes it.
func (c calendars) Fill(ctx context.Context, user string, g community.GroupKey, from, to string, only []string, reason string) ([]plan.Item, error) {
	p, err := c.Propose(ctx, g, from, to)
	if err != nil {
		return nil, err
	}
	var out []plan.Item
	for _, content := range p.Items {
		if len(only) > 0 && !slices.Contains(only, content.Held()) {
			continue
		}
		i, err := c.SaveItem(ctx, user, community.ID{}, 0, content, reason)
		if community.CodeOf(err) == community.CodeConflict {
			continue // somebody was faster
		}
		if err != nil {
			return out, err
		}
		if strings.TrimSpace(i.Text) != "" {
			asked, err := c.AskItem(ctx, user, i.ID, reason)
			if err == nil {
				i = asked
			} else if code := community.CodeOf(err); code != community.CodeRefused && code != community.CodeTooLarge && code != community.CodeBadInput {
				return out, err
			}
		}
		out = append(out, i)
	}
	return out, nil
}

// Punctuality says how the slots kept their times in a group in a month ("2006-01"), since something was first planned there.
func (c calendars) Punctuality(ctx context.Context, g community.GroupKey, month string) ([]plan.Punctuality, error) {
	row, err := c.mine(ctx, g)
	if err != nil {
		return nil, err
	}
	fixtures, err := c.Fixtures(ctx)
	if err != nil {
		return nil, err
	}
	items, err := c.app.store.Items(ctx, community.Scope{Org: c.org}, store.ItemFilter{Group: g, To: month + "-31"})
	if err != nil || len(items) == 0 {
		return nil, err
	}
	var out []plan.Punctuality
	for _, f := range fixtures {
		var turns []plan.Told
		for _, i := range items {
			for _, p := range i.Places {
				if i.Fixture == f.ID && p.Group == g {
					turns = append(turns, plan.Told{Date: i.Date, State: p.State, DidAt: p.DidAt})
				}
			}
		}
		line, err := plan.Punctual(f, g, zoneFor(row.Zone), month, items[0].Date, turns, c.app.millis())
		if err != nil {
			return nil, err
		}
		if line.Turns > 0 {
			out = append(out, line)
		}
	}
	return out, nil
}
