package app

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"qunluo/internal/bulk"
	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/console"
	"qunluo/internal/policy"
	"qunluo/internal/rights"
	"qunluo/internal/tag"
)

// bulks is what touches many people at once, bounded as hands are.
type bulks struct{ *hands }

// Bulks makes the handle through which many are touched at once.
func (a *App) Bulks(org community.OrgKey, groups []community.GroupKey) bulks {
	return bulks{a.Hands(org, groups)}
}

// Bounds of what is chosen one by one.
const (
	maxBulk   = 10_000 // people of one run
	bulkNames = 5      // of those left out for one reason
	dayMillis = 24 * 3600 * 1000
)

// Rules are the organisation's limits.
func (b bulks) Rules(ctx context.Context) (bulk.Rules, error) { return b.app.bulkRules(ctx, b.org) }

func (a *App) bulkRules(ctx context.Context, org community.OrgKey) (bulk.Rules, error) {
	var r bulk.Rules
	_, err := a.store.Setting(ctx, org, "bulk", &r)
	return r.Or(), err
}

// person is what the guard knows of whoever acts: "cli" is whoever sits at the machine, by no name.
func (b bulks) person(ctx context.Context, user string) (bulk.Person, error) {
	if user == "cli" {
		return bulk.Person{ID: user, Owner: true, On: true}, nil
	}
	users, err := b.app.store.Users(ctx, b.org)
	for _, u := range users {
		if u.ID.String() == user {
			return bulk.Person{ID: user, Known: true, Owner: confirms(u), On: u.Enabled}, err
		}
	}
	return bulk.Person{ID: user}, err
}

// Others counts who could be the second person for what somebody proposes.
func (b bulks) Others(ctx context.Context, user string, k bulk.Kind) (int, error) {
	users, err := b.app.store.Users(ctx, b.org)
	n := 0
	for _, u := range users {
		if u.Enabled && u.ID.String() != user && may(u, k) {
			n++
		}
	}
	return n, err
}

// may says whether somebody could be the second person: who judges, and for what only owners confirm, who holds an owner's powers.
func may(u community.User, k bulk.Kind) bool {
	if bulk.OwnersOnly(k) {
		return confirms(u)
	}
	return rights.May(rights.Role(u.Role), rights.Judge)
}

// confirms says whether somebody confirms what only owners do: an owner or an admin.
func confirms(u community.User) bool { return rights.May(rights.Role(u.Role), rights.Users) }

// Known gives who has a login and password, for doors without a session. CodeForbidden: nobody.
func (b bulks) Known(ctx context.Context, login, password string) (string, error) {
	u, err := b.app.store.UserByLogin(ctx, login)
	none := community.Errorf(community.CodeForbidden, "no such login, or another password")
	if community.CodeOf(err) == community.CodeNotFound {
		return "", none
	}
	if err != nil {
		return "", err
	}
	fits, err := console.PasswordFits(u.Hash, password)
	if err == nil && (!fits || !u.Enabled || u.Org != b.org) {
		err = none
	}
	return u.ID.String(), err
}

// chooser finds whom an order is about; books and rosters are read once per group.
type chooser struct {
	bulks
	books map[community.GroupKey]*policy.Rulebook
}

func (b bulks) chooser() *chooser {
	return &chooser{b, map[community.GroupKey]*policy.Rulebook{}}
}

func (c *chooser) book(ctx context.Context, g community.GroupKey) (*policy.Rulebook, error) {
	if rb := c.books[g]; rb != nil {
		return rb, nil
	}
	row, err := c.mine(ctx, g)
	if err != nil {
		return nil, err
	}
	rb, err := c.bookInForce(ctx, row)
	c.books[g] = rb
	return rb, err
}

// places gives the rows that an order is about: one per member and group, or (tags) one per member.
func (c *chooser) places(ctx context.Context, o bulk.Order) ([]community.MemberRow, error) {
	if len(o.Picked) > 0 {
		return c.picked(ctx, o)
	}
	var out []community.MemberRow
	f := o.Members
	f.Persons, f.Page = false, community.Page{}
	for rows, err := range c.desk().AllMembers(ctx, f) {
		if err != nil {
			return nil, err
		}
		for _, m := range rows {
			here, err := c.spread(ctx, o, m)
			if err != nil {
				return nil, err
			}
			if out = append(out, here...); len(out) > maxBulk {
				return nil, community.Errorf(community.CodeTooLarge, "more than %d people at once: narrow the filter", maxBulk)
			}
		}
	}
	return out, nil
}

func (c *chooser) picked(ctx context.Context, o bulk.Order) ([]community.MemberRow, error) {
	if len(o.Picked) > maxBulk {
		return nil, community.Errorf(community.CodeTooLarge, "more than %d people at once", maxBulk)
	}
	var out []community.MemberRow
	seen := map[community.ID]bool{}
	for _, id := range o.Picked {
		if seen[id] {
			continue
		}
		seen[id] = true
		m, err := c.desk().MemberByID(ctx, id)
		if err != nil {
			return nil, err
		}
		here, err := c.spread(ctx, o, community.MemberRow{Member: m, Group: o.Members.Group})
		if err != nil {
			return nil, err
		}
		out = append(out, here...)
	}
	return out, nil
}

// spread turns a row of a list into the rows that are acted upon: with a group that one, else every group they are in.
func (c *chooser) spread(ctx context.Context, o bulk.Order, m community.MemberRow) ([]community.MemberRow, error) {
	if labels(o.Kind) && !o.Params.Stay {
		m.Group, m.GroupName, m.LeftAt = 0, "", 0 // a person is tagged wherever they are
		return []community.MemberRow{m}, nil
	}
	places, err := c.desk().Memberships(ctx, m.Key)
	if err != nil {
		return nil, err
	}
	group := m.Group
	return slices.DeleteFunc(places, func(p community.MemberRow) bool {
		if group != 0 {
			return p.Group != group
		}
		return p.LeftAt != 0
	}), nil
}

// labels reports whether a kind sticks a tag on people or takes one off.
func labels(k bulk.Kind) bool { return k == bulk.Tag || k == bulk.Untag }

// labelScope is what a tag of a run is stuck on.
func labelScope(p bulk.Params) tag.Scope {
	if p.Stay {
		return tag.Stay
	}
	return tag.Person
}

// fact is what is known of one of them now, and the message that a strike would rest on.
func (c *chooser) fact(ctx context.Context, k bulk.Kind, p bulk.Params, m community.MemberRow) (bulk.Fact, community.MessageRow, error) {
	f := bulk.Fact{Left: m.LeftAt != 0, Role: m.Role, Mark: m.Mark, Ours: m.Role == community.RoleSelf, Muted: m.MutedTill > c.app.millis()+p.Seconds*1000}
	var said community.MessageRow
	if labels(k) {
		worn, err := c.desk().TagWorn(ctx, labelScope(p), m.Group, m.Key, p.Tag)
		f.Tagged = worn
		return f, said, err
	}
	if m.Group == 0 {
		return f, said, nil
	}
	rb, err := c.book(ctx, m.Group)
	if err != nil {
		return f, said, err
	}
	f.Immune = rb.Immune(m.Key, m.Role, m.Mark)
	if k != bulk.Strike {
		return f, said, nil
	}
	last, err := c.evidence(ctx, p, m)
	if err != nil || len(last) == 0 {
		f.Silent = true
		return f, said, err
	}
	err = c.unpunished(ctx, m.Group, community.PersonStrike{Member: m.Key, Event: last[0].Number})
	if f.Struck = community.CodeOf(err) == community.CodeConflict; f.Struck {
		err = nil
	}
	return f, last[0], err
}

// evidence is the message that a strike rests on: the one that was named, else the member's last.
func (c *chooser) evidence(ctx context.Context, p bulk.Params, m community.MemberRow) ([]community.MessageRow, error) {
	if p.Event == 0 {
		last, _, err := c.desk().FindMessages(ctx, community.MessageFilter{Group: m.Group, Member: m.Key, Limit: 1, Bare: true})
		return last, err
	}
	named, err := c.desk().Around(ctx, m.Group, p.Event, 0, 0)
	if community.CodeOf(err) == community.CodeNotFound {
		return nil, nil
	}
	return slices.DeleteFunc(named, func(r community.MessageRow) bool { return r.Member != m.Key }), err
}

// leftOut collects who is left out, by reason in order of appearance.
type leftOut []bulk.Left

func (l *leftOut) add(why, name string) {
	i := slices.IndexFunc(*l, func(x bulk.Left) bool { return x.Why == why })
	if i < 0 {
		*l, i = append(*l, bulk.Left{Why: why}), len(*l)
	}
	at := &(*l)[i]
	if at.N++; len(at.Names) < bulkNames {
		at.Names = append(at.Names, name)
	}
}

// Preview says what an order would do now: exactly to whom, who is left out and why, and what it needs.
func (b bulks) Preview(ctx context.Context, user string, o bulk.Order) (bulk.Preview, error) {
	var v bulk.Preview
	if !slices.Contains(bulk.OnPeople, o.Kind) {
		return v, community.Errorf(community.CodeBadInput, "kind: no %q for chosen people", o.Kind)
	}
	if err := o.Params.Check(o.Kind); err != nil {
		return v, err
	}
	if o.Kind == bulk.Tag {
		if _, err := tag.Name(o.Params.Tag); err != nil {
			return v, err
		}
	}
	var err error
	if o.Kind == bulk.Undo {
		err = b.chooseDecisions(ctx, o, &v)
	} else {
		err = b.choosePeople(ctx, o, &v)
	}
	if err != nil {
		return v, err
	}
	seen := map[community.MemberKey]bool{}
	for _, it := range v.Items {
		seen[it.Member] = true
	}
	v.People = int64(len(seen))
	rules, err := b.Rules(ctx)
	if err != nil {
		return v, err
	}
	v.Limit = rules.Limits[o.Kind]
	if v.Spent, err = b.app.store.BulkSpent(ctx, b.org, o.Kind, user, b.app.millis()-dayMillis); err != nil {
		return v, err
	}
	v.Need, v.Err = rules.Need(o.Kind, len(v.Items), v.Spent)
	v.Others, err = b.Others(ctx, user, o.Kind)
	return v, err
}

func (b bulks) choosePeople(ctx context.Context, o bulk.Order, v *bulk.Preview) error {
	c := b.chooser()
	rows, err := c.places(ctx, o)
	if err != nil {
		return err
	}
	var out leftOut
	for _, m := range rows {
		f, _, err := c.fact(ctx, o.Kind, o.Params, m)
		if err != nil {
			return err
		}
		if why := bulk.Exempt(o.Kind, f); why != "" {
			out.add(why, calledHere(m))
			continue
		}
		v.Items = append(v.Items, bulk.Item{N: len(v.Items) + 1, Group: m.Group, Member: m.Key, MemberID: m.ID, Name: calledHere(m), InGroup: m.GroupName, State: "planned"})
	}
	v.Out = out
	return nil
}

func calledHere(m community.MemberRow) string {
	for _, name := range []string{m.Card, m.Name, m.External} {
		if name != "" {
			return name
		}
	}
	return m.ID.String()
}

// chooseDecisions finds what a mass undo takes back.
func (b bulks) chooseDecisions(ctx context.Context, o bulk.Order, v *bulk.Preview) error {
	f := o.Decisions
	if f.Rule == "" && f.From == 0 && f.Group == 0 {
		return community.Errorf(community.CodeBadInput, "undo: name a group, a rule or a time from which on")
	}
	var out leftOut
	for f.Page = (community.Page{Limit: 200}); ; f.Page.Offset += 200 {
		rows, _, err := b.desk().FindDecisions(ctx, f)
		if err != nil {
			return err
		}
		for _, d := range rows {
			if len(d.Strikes) == 0 && len(d.Actions) == 0 || !d.Undoes.IsZero() {
				continue // it did nothing to anybody
			}
			if why := bulk.Exempt(bulk.Undo, bulk.Fact{Undone: d.Resolution == "undone" || d.Resolution == "false_hit"}); why != "" {
				out.add(why, d.MemberName)
				continue
			}
			v.Items = append(v.Items, bulk.Item{N: len(v.Items) + 1, Group: d.Group, Member: d.Member, Ref: d.ID, MemberID: d.MemberID, Name: d.MemberName, InGroup: d.GroupName, State: "planned"})
		}
		if len(v.Items) > maxBulk {
			return community.Errorf(community.CodeTooLarge, "more than %d decisions at once: narrow the filter", maxBulk)
		}
		if len(rows) < 200 {
			v.Out = out
			return nil
		}
	}
}

// Propose keeps an order: it waits for a second person where there are many, and for its time. CodeConflict: not as many as
// the preview said. CodeForbidden: so many need people who are known by name, or an owner.
func (b bulks) Propose(ctx context.Context, user string, o bulk.Order, reason string) (bulk.Proposal, error) {
	var none bulk.Proposal
	if reason == "" {
		return none, community.Errorf(community.CodeBadInput, "reason: needed; the second person and those concerned may ask")
	}
	v, err := b.Preview(ctx, user, o)
	if err != nil {
		return none, err
	}
	if v.Err != nil {
		return none, v.Err
	}
	if o.Expect != 0 && o.Expect != len(v.Items) {
		return none, community.Errorf(community.CodeConflict, "%d now, the preview said %d: look again", len(v.Items), o.Expect)
	}
	p := bulk.Proposal{Org: b.org, Kind: o.Kind, User: user, Reason: reason, Params: o.Params, Total: len(v.Items), People: v.People, Out: v.Out}
	return b.add(ctx, p, v.Items, false)
}

// add keeps a proposal; alone lets what one person may do at once be done elsewhere and only counts it.
func (b bulks) add(ctx context.Context, p bulk.Proposal, items []bulk.Item, alone bool) (bulk.Proposal, error) {
	rules, err := b.Rules(ctx)
	if err != nil {
		return p, err
	}
	who, err := b.person(ctx, p.User)
	if err != nil {
		return p, err
	}
	others, err := b.Others(ctx, p.User, p.Kind)
	if err != nil {
		return p, err
	}
	now := b.app.millis()
	p, err = b.app.store.AddBulk(ctx, p, items, now-dayMillis, func(p bulk.Proposal, spent bulk.Spent) (bulk.Proposal, error) {
		need, err := rules.Need(p.Kind, p.Total, spent)
		if err != nil {
			return p, err
		}
		if err = bulk.MayPropose(p.Kind, need, who); err != nil {
			return p, err
		}
		if p, err = bulk.Open(p, need, rules, who, now); err == nil {
			err = bulk.Alone(p.Kind, need, others)
		}
		if err == nil && alone && p.State == bulk.Approved && need.Cool == 0 {
			return bulk.End(p, bulk.Done, p.User, "", now)
		}
		return p, err
	}, b.audit(p.User, "bulk.propose", "", p.Reason))
	if err == nil {
		b.moved()
	}
	return p, err
}

func (b bulks) moved() {
	b.app.jobs.Wake()
	b.app.live.tell(taskChange(b.org))
}

// mustWait says whether n of a kind cannot go on at once. The caps are errors, as in pass.
func (h *hands) mustWait(ctx context.Context, k bulk.Kind, user string, n int) (bool, error) {
	rules, err := h.app.bulkRules(ctx, h.org)
	if err != nil {
		return false, err
	}
	spent, err := h.app.store.BulkSpent(ctx, h.org, k, user, h.app.millis()-dayMillis)
	if err != nil {
		return false, err
	}
	need, err := rules.Need(k, n, spent)
	return need.Second || need.Cool > 0, err
}

// pass lets something that touches many go on at once, or proposes it and answers with *bulk.Waits. It is for what has a door
// of its own: lockdowns, mass sends, exports.
func (h *hands) pass(ctx context.Context, p bulk.Proposal) error {
	b := bulks{h}
	p.Org = h.org
	p, err := b.add(ctx, p, []bulk.Item{{Ref: p.Params.Ref}}, true)
	if err != nil || p.State == bulk.Done {
		return err
	}
	return &bulk.Waits{Proposal: p.ID, Err: connect.Trouble(community.CodeConflict, "数量超过一个人可以独自确认的上限，已提交复核，等第二个人确认（编号 "+p.ID.String()+"）。",
		"this is more than one person may confirm alone: it was proposed and waits for a second person ("+p.ID.String()+")")}
}

// List lists proposals, those that wait for a second person first.
func (b bulks) List(ctx context.Context, state bulk.State, page community.Page) ([]bulk.Proposal, int, error) {
	by, err := b.covered(ctx)
	if err != nil {
		return nil, 0, err
	}
	return b.app.store.Bulks(ctx, b.scope(), by, state, page)
}

// covered lists the people who see no more than the handle: what they propose may be seen although it names nobody. All of them
// where the handle sees everything.
func (b bulks) covered(ctx context.Context) ([]string, error) {
	if b.groups == nil {
		return nil, nil
	}
	users, err := b.app.store.Users(ctx, b.org)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, u := range users {
		kept, err := b.app.store.KeptBy(ctx, u)
		if err != nil {
			return nil, err
		}
		sees := rights.Of(u).Sees(kept, false)
		if sees != nil && !slices.ContainsFunc(sees, func(g community.GroupKey) bool { return !slices.Contains(b.groups, g) }) {
			out = append(out, u.ID.String())
		}
	}
	return out, nil
}

// ByID gives a proposal; CodeNotFound.
func (b bulks) ByID(ctx context.Context, id community.ID) (bulk.Proposal, error) {
	p, err := b.app.store.BulkByID(ctx, id)
	within := true
	if err == nil && b.groups != nil {
		var by []string
		if by, err = b.covered(ctx); err == nil {
			within, err = b.app.store.BulkWithin(ctx, id, b.scope(), by)
		}
	}
	if err == nil && (p.Org != b.org || !within) {
		err = community.Errorf(community.CodeNotFound, "proposal %s: not found", id)
	}
	return p, err
}

// Items lists the people of a run, beginning after one.
func (b bulks) Items(ctx context.Context, id community.ID, state string, after, most int) ([]bulk.Item, error) {
	if _, err := b.ByID(ctx, id); err != nil {
		return nil, err
	}
	return b.app.store.BulkItems(ctx, id, state, after, most)
}

// MayDecide says whether somebody may be the second person; nil = they may.
func (b bulks) MayDecide(ctx context.Context, user string, p bulk.Proposal) error {
	who, err := b.person(ctx, user)
	if err != nil {
		return err
	}
	return bulk.MayDecide(p, who, b.app.millis())
}

// Decide is the second person's word.
func (b bulks) Decide(ctx context.Context, user string, id community.ID, yes bool, answer string) (bulk.Proposal, error) {
	p, err := b.ByID(ctx, id)
	if err != nil {
		return p, err
	}
	rules, err := b.Rules(ctx)
	if err != nil {
		return p, err
	}
	who, err := b.person(ctx, user)
	if err != nil {
		return p, err
	}
	if !yes && answer == "" {
		return p, community.Errorf(community.CodeBadInput, "reason: say why not")
	}
	from := p.State
	verb := "bulk.approve"
	if !yes {
		verb = "bulk.refuse"
	}
	if p, err = bulk.Decide(p, who, yes, answer, rules, b.app.millis()); err == nil {
		err = b.app.store.MoveBulk(ctx, from, p, b.audit(user, verb, "", answer))
	}
	b.moved()
	return p, err
}

// Cancel calls a proposal off before it starts, or stops it under way: the rest is not done.
func (b bulks) Cancel(ctx context.Context, user string, id community.ID, reason string) (bulk.Proposal, error) {
	p, err := b.ByID(ctx, id)
	if err != nil {
		return p, err
	}
	to, verb := bulk.Withdrawn, "bulk.withdraw"
	if p.State == bulk.Running {
		to, verb = bulk.Stopped, "bulk.stop"
	}
	return b.end(ctx, p, to, user, verb, reason)
}

// Undo takes back what was done, as far as that can be.
func (b bulks) Undo(ctx context.Context, user string, id community.ID, reason string) (bulk.Proposal, error) {
	p, err := b.ByID(ctx, id)
	if err != nil {
		return p, err
	}
	if p.Progress.Done == 0 {
		return p, community.Errorf(community.CodeConflict, "nothing of it can be taken back here")
	}
	return b.end(ctx, p, bulk.Undoing, user, "bulk.undo", reason)
}

func (b bulks) end(ctx context.Context, p bulk.Proposal, to bulk.State, user, verb, reason string) (bulk.Proposal, error) {
	from := p.State
	p, err := bulk.End(p, to, user, reason, b.app.millis())
	if err == nil {
		err = b.app.store.MoveBulk(ctx, from, p, b.audit(user, verb, "", reason))
	}
	b.moved()
	return p, err
}

// SetRules changes the limits. Tighter ones hold at once; what is looser than before waits for a second person: *bulk.Waits.
func (b bulks) SetRules(ctx context.Context, user string, r bulk.Rules, reason string) error {
	was, err := b.Rules(ctx)
	if err != nil {
		return err
	}
	r = r.Or()
	if err := r.Check(); err != nil {
		return err
	}
	if r.Looser(was) {
		order, err := json.Marshal(r)
		if err != nil {
			return err
		}
		return b.pass(ctx, bulk.Proposal{Kind: bulk.Loosen, User: user, Reason: reason, Params: bulk.Params{Order: order}, Total: 1})
	}
	return b.putRules(ctx, user, was, r, reason)
}

func (b bulks) putRules(ctx context.Context, user string, was, r bulk.Rules, reason string) error {
	audit := b.audit(user, "bulk.rules", "setting:bulk", reason)
	audit.Before, _ = json.Marshal(was) // plain values
	audit.After, _ = json.Marshal(r)    // plain values
	return b.app.store.PutSetting(ctx, b.org, "bulk", r, audit)
}

// Export lets rows of people leave the house: nil = now. approved is the proposal under which they were allowed, if any.
func (b bulks) Export(ctx context.Context, user, path string, rows int, approved string) error {
	if rows == 0 {
		return nil
	}
	if approved == "" {
		return b.pass(ctx, bulk.Proposal{Kind: bulk.Export, User: user, Reason: path, Params: bulk.Params{Path: path}, Total: rows, People: int64(rows)})
	}
	id, err := community.ParseID(approved)
	if err != nil {
		return community.Errorf(community.CodeBadInput, "proposal: %w", err)
	}
	p, err := b.ByID(ctx, id)
	if err == nil {
		err = bulk.Fetchable(p, user, path, b.app.millis())
	}
	if err == nil && rows > p.Total+p.Total/10 {
		err = community.Errorf(community.CodeConflict, "%d rows now, %s were allowed: ask again", rows, strconv.Itoa(p.Total))
	}
	return err
}

func bulkKey(p bulk.Proposal, it bulk.Item) string { return fmt.Sprintf("bulk:%s:%d", p.ID, it.N) }
