package app

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"qunluo/internal/bulk"
	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/measure"
	"qunluo/internal/policy"
	"qunluo/internal/store"
	"qunluo/internal/tag"
	"qunluo/internal/wordlist"
)

// hands is what a person changes, bounded by an organisation and the groups they may see (nil = all).
type hands struct {
	app    *App
	org    community.OrgKey
	groups []community.GroupKey
}

// Hands makes the handle through which one person changes things.
func (a *App) Hands(org community.OrgKey, groups []community.GroupKey) *hands {
	return &hands{a, org, groups}
}

// scope is what the handle may see.
func (h *hands) scope() community.Scope { return community.Scope{Org: h.org, Groups: h.groups} }

// desk reads what the handle may see.
func (h *hands) desk() *store.Desk { return h.app.store.For(h.scope()) }

// mine says whether a group lies inside the handle; community.CodeNotFound otherwise.
func (h *hands) mine(ctx context.Context, g community.GroupKey) (community.GroupRow, error) {
	if h.groups != nil && !slices.Contains(h.groups, g) {
		return community.GroupRow{}, community.Errorf(community.CodeNotFound, "group %d: not found", g)
	}
	return h.desk().GroupByKey(ctx, g)
}

// sees asks whether a group lies in the scope, without its figures. community.CodeNotFound: it does not.
func (h *hands) sees(ctx context.Context, g community.GroupKey) error {
	if h.groups != nil && !slices.Contains(h.groups, g) {
		return community.Errorf(community.CodeNotFound, "group %d: not found", g)
	}
	return h.desk().HasGroup(ctx, g)
}

// inside reports whether all of some groups are among those that somebody sees (nil = all).
func inside(groups, seen []community.GroupKey) bool {
	return seen == nil || !slices.ContainsFunc(groups, func(g community.GroupKey) bool { return !slices.Contains(seen, g) })
}

// errBeyond refuses what would touch groups that somebody does not see: community.CodeForbidden.
func errBeyond() error {
	return connect.Trouble(community.CodeForbidden, "它也发给你看不到的群：请找能看到全部这些群的人。", "It also goes to groups that you do not see: ask somebody who sees all of them.")
}

func (h *hands) decision(ctx context.Context, id community.ID) (community.DecisionRow, error) {
	return h.desk().DecisionByID(ctx, id)
}

func (h *hands) audit(user, verb, subject, reason string) community.Audit {
	return community.Audit{Org: h.org, User: user, Verb: verb, Subject: subject, Reason: reason}
}

// Act does something by a person's hand: one decision per group.
//
// A removal or a mute counts towards what one person may do alone: *bulk.Waits when it was proposed to a second person instead.
func (h *hands) Act(ctx context.Context, user string, actions []community.Action, reason string) (ids []community.ID, err error) {
	if len(actions) == 0 {
		return nil, community.Errorf(community.CodeBadInput, "actions: empty")
	}
	for i := range actions {
		s, counts := singleOf(actions[i])
		switch {
		case !counts:
		case len(actions) > 1:
			return nil, community.Errorf(community.CodeBadInput, "actions: one member at a time; many are a run of their own")
		default:
			if err := h.sees(ctx, s.group); err != nil {
				return nil, err
			}
			err = h.singly(ctx, user, reason, s, func() (err error) {
				ids, err = h.act(ctx, user, actions, reason)
				return err
			})
			return ids, err
		}
	}
	return h.act(ctx, user, actions, reason)
}

func (h *hands) act(ctx context.Context, user string, actions []community.Action, reason string) ([]community.ID, error) {
	var order []community.GroupKey
	byGroup := map[community.GroupKey][]community.Action{}
	for _, a := range actions {
		if byGroup[a.Group] == nil {
			if err := h.sees(ctx, a.Group); err != nil {
				return nil, err
			}
			order = append(order, a.Group)
		}
		a.Cause = community.ByPerson
		if err := h.withheld(ctx, a); err != nil {
			return nil, err
		}
		if err := h.personal(ctx, &a); err != nil {
			return nil, err
		}
		byGroup[a.Group] = append(byGroup[a.Group], a)
	}
	ids := make([]community.ID, 0, len(order))
	for _, g := range order {
		after, err := json.Marshal(byGroup[g])
		if err != nil {
			return ids, err
		}
		audit := h.audit(user, "action.act", subjectOf("group", int64(g)), reason)
		audit.After = after
		p := community.PersonDecision{Kind: "act", User: user, Actions: byGroup[g], Reason: reason}
		made, err := h.app.engine.Decide(ctx, g, p, audit)
		if err != nil {
			return ids, err
		}
		if len(made) == 0 {
			return ids, community.Errorf(community.CodeConflict, "nothing came of it in group %d", g)
		}
		ids = append(ids, made[0].ID)
	}
	return ids, nil
}

// Strike gives a member a strike by hand; what the ladder says follows. community.CodeForbidden when the member is immune;
// CodeConflict when the message is the evidence of a live strike already, a rule's or a person's: nobody climbs the ladder
// twice for one message, or because a button was pressed twice.
func (h *hands) Strike(ctx context.Context, user string, g community.GroupKey, s community.PersonStrike, reason string) (community.ID, error) {
	return h.strike(ctx, user, g, s, reason, nil)
}

// strike is Strike; with a verdict it ends a case of reports, too.
func (h *hands) strike(ctx context.Context, user string, g community.GroupKey, s community.PersonStrike, reason string, verdict *community.ReportVerdict) (community.ID, error) {
	var none community.ID
	if err := h.sees(ctx, g); err != nil {
		return none, err
	}
	if s.Member == 0 || s.Event == 0 {
		return none, community.Errorf(community.CodeBadInput, "strike: needs a member and a message")
	}
	if reason == "" {
		return none, community.Errorf(community.CodeBadInput, "strike: needs a reason")
	}
	h.app.striking.Lock()
	defer h.app.striking.Unlock()
	if err := h.unpunished(ctx, g, s); err != nil {
		return none, err
	}
	id := none
	one := single{kind: bulk.Strike, params: bulk.Params{Rule: s.Rule, Article: s.Article, Event: s.Event}, group: g, member: s.Member}
	err := h.singly(ctx, user, reason, one, func() (err error) {
		id, err = h.strikeNow(ctx, user, g, s, reason, verdict)
		return err
	})
	return id, err
}

func (h *hands) strikeNow(ctx context.Context, user string, g community.GroupKey, s community.PersonStrike, reason string, verdict *community.ReportVerdict) (community.ID, error) {
	var none community.ID
	audit := h.audit(user, "strike.give", subjectOf("group", int64(g)), reason)
	var err error
	if audit.After, err = json.Marshal(s); err != nil {
		return none, err
	}
	made, err := h.app.engine.Decide(ctx, g, community.PersonDecision{Kind: "strike", User: user, Strike: &s, Reason: reason, Report: verdict}, audit)
	switch {
	case err != nil:
		return none, err
	case len(made) == 0 || len(made[0].Strikes) == 0:
		return none, community.Errorf(community.CodeForbidden, "the member is immune by the group's rulebook")
	}
	return made[0].ID, nil
}

func (h *hands) unpunished(ctx context.Context, g community.GroupKey, s community.PersonStrike) error {
	live, _, err := h.desk().FindStrikes(ctx, community.StrikeFilter{Group: g, Member: s.Member, Live: true, Now: h.app.millis(), Page: community.Page{Limit: 200}})
	if err == nil && slices.ContainsFunc(live, func(had community.StrikeRow) bool { return had.Event == s.Event }) {
		err = community.Errorf(community.CodeConflict, "message %d is the evidence of a strike already: take that back first", s.Event)
	}
	return err
}

// Undo takes a decision back. community.CodeConflict when it was undone before.
func (h *hands) Undo(ctx context.Context, user string, id community.ID, reason string) error {
	return h.judge(ctx, user, id, "undo", reason)
}

// Judge closes a decision in the review queue: "kept", "false_hit", "dismiss" or "release".
func (h *hands) Judge(ctx context.Context, user string, id community.ID, kind, reason string) error {
	switch kind {
	case "kept", "false_hit", "dismiss", "release":
		return h.judge(ctx, user, id, kind, reason)
	}
	return community.Errorf(community.CodeBadInput, "kind: no %q", kind)
}

// Answer does to the member of a decision what a reviewer wants, and closes the decision as kept where it is open. Ids with an error:
// it was done, and the decision is open still.
func (h *hands) Answer(ctx context.Context, user string, id community.ID, o community.ReviewOrder, reason string) ([]community.ID, error) {
	d, err := h.decision(ctx, id)
	if err != nil {
		return nil, err
	}
	a, err := o.Action(d)
	if err != nil {
		return nil, err
	}
	ids, err := h.Act(ctx, user, []community.Action{a}, reason)
	if err != nil || d.Resolution != "" {
		return ids, err
	}
	if err = h.judge(ctx, user, id, "kept", reason); community.CodeOf(err) == community.CodeConflict {
		err = nil // somebody was there first
	}
	return ids, err
}

func (h *hands) judge(ctx context.Context, user string, id community.ID, kind, reason string) error {
	d, err := h.decision(ctx, id)
	if err != nil {
		return err
	}
	if d.Resolution == "undone" || d.Resolution == "false_hit" {
		return community.Errorf(community.CodeConflict, "already undone by %s", d.ResolvedBy)
	}
	p := community.PersonDecision{Kind: kind, User: user, Decision: id, Reason: reason}
	if kind == "release" {
		if p.Action = heldAction(d.Decision); p.Action.IsZero() {
			return community.Errorf(community.CodeConflict, "nothing is held")
		}
	}
	if d.Report != nil && (kind == "kept" || kind == "dismiss" || kind == "false_hit") {
		row, err := h.desk().ReportByID(ctx, d.Report.Case)
		if err != nil {
			return err
		}
		if row.State == community.ReportOpen || row.State == community.ReportRaised {
			p.Report = verdictOf(row, kind == "kept")
		}
	}
	if one, counts := releasedSingle(d.Decision, p.Action); counts {
		return h.singly(ctx, user, reason, one, func() error { return h.judged(ctx, user, d, p) })
	}
	return h.judged(ctx, user, d, p)
}

// releasedSingle is what a release does to a member, where that counts.
func releasedSingle(d community.Decision, id community.ID) (single, bool) {
	for _, a := range d.Actions {
		if a.ID == id && !id.IsZero() {
			return singleOf(a)
		}
	}
	return single{}, false
}

func (h *hands) judged(ctx context.Context, user string, d community.DecisionRow, p community.PersonDecision) error {
	id, kind, reason := d.ID, p.Kind, p.Reason
	before, _ := json.Marshal(map[string]any{"resolution": d.Resolution, "verdict": d.Verdict}) // plain values
	audit := h.audit(user, "decision."+kind, "decision:"+id.String(), reason)
	audit.Before = before
	made, err := h.app.engine.Decide(ctx, d.Group, p, audit)
	switch {
	case err != nil:
		return err
	case kind == "release":
		return released(made)
	case len(wordlist.WordsOf(d.Decision)) > 0:
		err = h.app.store.AddJob(ctx, store.Job{Kind: jobWordWatch, Key: id.String(), RunAt: h.app.millis()})
		h.app.jobs.Wake()
	}
	return err
}

// released looks whether a release let anything go: what was released, dismissed or forgotten before is held no longer.
func released(made []community.Decision) error {
	if len(made) == 0 || len(made[0].Actions) == 0 {
		return community.Errorf(community.CodeConflict, "nothing is held any more")
	}
	return nil
}

func heldAction(d community.Decision) community.ID {
	for _, a := range d.Actions {
		if a.Hold != "" {
			return a.ID
		}
	}
	return community.ID{}
}

// TaskClaim takes a task. community.CodeConflict when somebody else has it.
func (h *hands) TaskClaim(ctx context.Context, user string, id community.ID, _ string) error {
	if err := h.myTask(ctx, id); err != nil {
		return err
	}
	return h.app.store.ClaimTask(ctx, id, user, h.audit(user, "task.claim", "task:"+id.String(), ""))
}

// TaskDone reports a task as done.
func (h *hands) TaskDone(ctx context.Context, user string, id community.ID, note string) error {
	if err := h.myTask(ctx, id); err != nil {
		return err
	}
	if k, err := h.desk().TaskByID(ctx, id); err != nil {
		return err
	} else if k.Why == community.WhyExclusive && (k.State == "open" || k.State == "claimed") {
		return stillExclusive(k.Text)
	}
	return h.app.engine.Report(ctx, id, user, note, true, h.audit(user, "task.done", "task:"+id.String(), note))
}

// TaskRelease lets the held action of a task go. community.CodeConflict when nothing is held, or not any more.
func (h *hands) TaskRelease(ctx context.Context, user string, id community.ID, note string) error {
	k, err := h.desk().TaskByID(ctx, id)
	switch {
	case err != nil:
		return err
	case k.State != "open" && k.State != "claimed":
		return community.Errorf(community.CodeConflict, "already %s by %s", k.State, k.DoneBy)
	case k.Why == community.WhyExclusive:
		return h.releaseExclusive(ctx, user, k, note)
	case k.Action.Hold == "":
		return community.Errorf(community.CodeConflict, "nothing is held: a person must do this one")
	}
	p := community.PersonDecision{Kind: "release", User: user, Decision: k.Action.Decision, Action: id, Reason: note}
	made, err := h.app.engine.Decide(ctx, k.Group, p, h.audit(user, "task.release", "task:"+id.String(), note))
	if err != nil {
		return err
	}
	return released(made)
}

// releaseExclusive lets go what was stopped for something exclusive, once that was released for the group. CodeConflict: it was not.
func (h *hands) releaseExclusive(ctx context.Context, user string, k community.TaskRow, note string) error {
	what, err := h.app.still(ctx, h.org, k.Action, k.Text)
	if err != nil {
		return err
	}
	if what != "" {
		return stillExclusive(what)
	}
	if err := h.app.store.LetGo(ctx, k.Action, h.audit(user, "task.release", "", note)); err != nil {
		return err
	}
	h.app.jobs.Wake()
	return nil
}

// stillExclusive says what has to be released first.
func stillExclusive(what string) error {
	what = strings.ReplaceAll(what, "\n", " ")
	return connect.Trouble(community.CodeConflict, "里面有专属内容 "+what+"：先在素材库里写明原因放行到这个群，它会自己发出去；不发就写明原因记为做不到。",
		"It holds something exclusive, "+what+": release it for this group in the library, with a reason, and it goes by itself; or say why it is not to go.")
}

// TaskRefuse reports that a task cannot be done; note says why and is needed.
func (h *hands) TaskRefuse(ctx context.Context, user string, id community.ID, note string) error {
	if note == "" {
		return community.Errorf(community.CodeBadInput, "note: say why it cannot be done")
	}
	if err := h.myTask(ctx, id); err != nil {
		return err
	}
	return h.app.engine.Report(ctx, id, user, note, false, h.audit(user, "task.refuse", "task:"+id.String(), note))
}

func (h *hands) myTask(ctx context.Context, id community.ID) error {
	_, err := h.desk().TaskByID(ctx, id)
	return err
}

// Publish puts a rulebook in force and returns its version. A book that is not sound gives community.CodeBadInput, and so does, after a
// group's first, one of which nobody says what it should move (measure.WithAim).
// CodeConflict: labelled cases that stand right now would stand wrong.
func (h *hands) Publish(ctx context.Context, user string, g community.GroupKey, raw json.RawMessage, note string) (int, error) {
	return h.publishDespite(ctx, user, g, raw, note, "")
}

// publishDespite is Publish; despite says why labelled cases may be broken by it.
func (h *hands) publishDespite(ctx context.Context, user string, g community.GroupKey, raw json.RawMessage, note, despite string) (int, error) {
	return h.publishTelling(ctx, user, g, raw, note, despite, "")
}

// publishTelling is publishDespite; tell is what the group is told, "" = nothing.
func (h *hands) publishTelling(ctx context.Context, user string, g community.GroupKey, raw json.RawMessage, note, despite, tell string) (int, error) {
	return h.putBook(ctx, user, g, raw, note, despite, tell, true)
}

// putBook is publishTelling; without ask the caller keeps what the change should move itself.
func (h *hands) putBook(ctx context.Context, user string, g community.GroupKey, raw json.RawMessage, note, despite, tell string, ask bool) (int, error) {
	group, err := h.mine(ctx, g)
	if err != nil {
		return 0, err
	}
	rb, err := h.app.library.Parse(raw)
	if err != nil {
		return 0, err
	}
	if err := h.placed(ctx, group, rb); err != nil {
		return 0, err
	}
	if err := h.greetable(ctx, user, group, raw); err != nil {
		return 0, err
	}
	broken, err := h.breaks(ctx, group, rb)
	if err != nil {
		return 0, err
	}
	if len(broken) > 0 && despite == "" {
		return 0, refusedFor(broken)
	}
	last, err := h.app.store.LastBook(ctx, g)
	if err != nil {
		return 0, err
	}
	var aim measure.Aim
	if ask = ask && last > 0; ask { // a group's first book changes nothing
		if aim, err = h.asked(ctx, g); err != nil {
			return 0, err
		}
	}
	book := rb.Book()
	book.Version = last + 1
	if book.Group == "" {
		book.Group = group.Name
	}
	notice, err := h.telling(ctx, user, group, book, tell)
	if err != nil {
		return 0, err
	}
	facts := broken.facts(despite)
	if notice != nil {
		facts = append(facts, fact{"notice", notice.Actions[0].Text})
	}
	if err := h.publish(ctx, user, g, book, note, "rulebook.publish", notice, facts...); err != nil || !ask {
		return book.Version, err
	}
	return book.Version, h.noteAim(ctx, user, aim, change{measure.AdjustRule, note, "book:" + strconv.Itoa(book.Version), []community.GroupKey{g}})
}

// fact is something more that the trail says of a change.
type fact struct {
	name  string
	value any
}

// Verbs of the trail under which a book is published and the draft stays: modeVerb is a change of mode, wordsVerb brings a
// word list to a version.
const (
	modeVerb  = "group.mode"
	wordsVerb = "rulebook.words"
)

func (h *hands) publish(ctx context.Context, user string, g community.GroupKey, book policy.Book, note, verb string, tell *community.PersonDecision, facts ...fact) error {
	raw, err := json.Marshal(book)
	if err != nil {
		return err
	}
	audit := h.audit(user, verb, subjectOf("group", int64(g)), note)
	after := map[string]any{"version": book.Version, "mode": book.Mode}
	for _, f := range facts {
		after[f.name] = f.value
	}
	audit.After, _ = json.Marshal(after) // plain values
	draft := ""
	if verb != "rulebook.publish" {
		draft = community.DraftKept
	}
	if err := h.app.engine.Publish(ctx, g, raw, user, note, draft, audit, tell); err != nil {
		return err
	}
	return h.noteLists(ctx, user, g, book)
}

// SaveDraft keeps the group's one draft; an empty book deletes it.
func (h *hands) SaveDraft(ctx context.Context, user string, g community.GroupKey, book json.RawMessage, note string) error {
	if err := h.sees(ctx, g); err != nil {
		return err
	}
	return h.app.store.SaveDraft(ctx, h.org, community.BookRow{Group: g, User: user, Note: note, Body: book})
}

// SetMode switches a group between observing and acting: the book in force is published anew with the other mode.
func (h *hands) SetMode(ctx context.Context, user string, g community.GroupKey, mode community.Mode, reason string) error {
	if mode != community.Observe && mode != community.Live {
		return community.Errorf(community.CodeBadInput, "mode: want observe or live")
	}
	group, err := h.mine(ctx, g)
	if err != nil {
		return err
	}
	book, err := h.inForce(ctx, group)
	if err != nil {
		return err
	}
	book.Mode = mode
	book.Version++
	return h.publish(ctx, user, g, book, reason, modeVerb, nil)
}

// inForce is the group's book in force: the last published one, or the default that holds until then.
func (h *hands) inForce(ctx context.Context, group community.GroupRow) (policy.Book, error) {
	rb, err := h.bookInForce(ctx, group)
	if err != nil {
		return policy.Book{}, err
	}
	book := rb.Book()
	if book.Version == 0 {
		book.Group, book.Zone = group.Name, group.Zone
	}
	return book, nil
}

// bookInForce is the same, made ready.
func (h *hands) bookInForce(ctx context.Context, group community.GroupRow) (*policy.Rulebook, error) {
	last, err := h.app.store.LastBook(ctx, group.Key)
	if err != nil || last == 0 {
		return h.app.library.Default(), err
	}
	raw, err := h.app.store.BookBody(ctx, group.Key, last)
	if err != nil {
		return nil, err
	}
	return h.app.library.Parse(raw)
}

// Freeze holds (or frees) automatic actions of one group, or of all with g = 0.
func (h *hands) Freeze(ctx context.Context, user string, g community.GroupKey, on bool, reason string) error {
	if g != 0 {
		if err := h.sees(ctx, g); err != nil {
			return err
		}
	}
	if err := h.app.store.Freeze(ctx, h.org, g, on, h.audit(user, "freeze", "", reason)); err != nil {
		return err
	}
	h.app.live.tell(freezeChange(h.org, g))
	return nil
}

// SetGroup changes a group's tags, zone and parent.
func (h *hands) SetGroup(ctx context.Context, user string, g community.Group, reason string) error {
	row, err := h.mine(ctx, g.Key)
	if err != nil {
		return err
	}
	if err := checkZone(g.Zone); err != nil {
		return err
	}
	if g.Parent == g.Key {
		return community.Errorf(community.CodeBadInput, "parent: a group cannot be its own main group")
	}
	if g.Parent != 0 {
		parent, err := h.mine(ctx, g.Parent)
		if err != nil {
			return err
		}
		if parent.Parent == g.Key {
			return community.Errorf(community.CodeBadInput, "parent: %s is a sub group of this one", parent.Name)
		}
	}
	if err := h.mayKeep(ctx, g.Keeper); err != nil {
		return err
	}
	for i, name := range g.Tags {
		if slices.Contains(row.Tags, name) {
			continue // however it came to be called so
		}
		if g.Tags[i], err = tag.Name(name); err != nil {
			return err
		}
	}
	g.Org, g.ID = h.org, row.ID
	return h.app.store.SetGroup(ctx, g, h.audit(user, "group.set", "", reason))
}

// AddGroup makes a group of plain WeChat that people bring by hand: roster and talk are pasted, what is to be done becomes
// tasks. most is its size limit; 0 = as is usual. community.CodeConflict when there is one of that name.
func (h *hands) AddGroup(ctx context.Context, user string, g community.Group, most int64, reason string) (community.Group, error) {
	if !goodName(g.Name) {
		return g, community.Errorf(community.CodeBadInput, "name: want 1 to %d bytes in one line", maxGroupName)
	}
	if most < 0 || most > 1e7 {
		return g, community.Errorf(community.CodeBadInput, "most: want 0 to 10,000,000 members")
	}
	if g.Zone == "" {
		g.Zone = store.DefaultZone
	}
	if err := checkZone(g.Zone); err != nil {
		return g, err
	}
	if err := h.mayKeep(ctx, g.Keeper); err != nil {
		return g, err
	}
	if h.groups != nil {
		return g, community.Errorf(community.CodeForbidden, "only who sees all groups may add one")
	}
	if g.Platform == "" {
		g.Platform = "wechat"
	}
	g.Org = h.org
	return h.app.store.AddGroup(ctx, g, most, h.audit(user, "group.add", "", reason))
}

// mayKeep says whether a person may look after a group: community.CodeBadInput if not.
func (h *hands) mayKeep(ctx context.Context, user string) error {
	return (&watch{h}).known(ctx, user)
}

// account gives one of the organisation's accounts; CodeNotFound.
func (h *hands) account(ctx context.Context, key community.AccountKey) (community.Account, error) {
	accounts, err := h.desk().Accounts(ctx)
	if err != nil {
		return community.Account{}, err
	}
	i := slices.IndexFunc(accounts, func(a community.Account) bool { return a.Key == key })
	if i < 0 {
		return community.Account{}, community.Errorf(community.CodeNotFound, "account %d: not found", key)
	}
	return accounts[i], nil
}

// SaveAccount makes or changes an account; the connection follows at once.
func (h *hands) SaveAccount(ctx context.Context, user string, a community.Account, reason string) (community.Account, error) {
	kind := h.app.wires.kind(a.Connector)
	if kind == nil {
		return a, community.Errorf(community.CodeBadInput, "connector: no %q", a.Connector)
	}
	if err := h.app.wires.Check(ctx, a.Connector, a.Settings); err != nil {
		return a, err
	}
	a.Org = h.org
	if a.Platform == "" {
		a.Platform = kind.Info().Platform
	}
	if err := placed(kind, &a); err != nil {
		return a, err
	}
	a, err := h.app.store.SaveAccount(ctx, a, h.audit(user, "account.save", "", reason))
	h.app.wires.look()
	return a, err
}

// placed puts an account on the platform that its settings name. CodeConflict: it is on another, and so are its groups.
func placed(kind connect.Connector, a *community.Account) error {
	placer, ok := kind.(connect.Placer)
	if !ok {
		return nil
	}
	to := placer.PlatformOf(a.Settings)
	if a.Key != 0 && to != a.Platform {
		return connect.Trouble(community.CodeConflict, "这个连接的群都在平台 "+string(a.Platform)+" 上，不能改到 "+string(to)+"。请另加一个连接。",
			"the groups of this connection are on "+string(a.Platform)+"; it cannot move to "+string(to)+": add another connection")
	}
	a.Platform = to
	return nil
}

// Unrestrict takes a person's word that the platform holds an account back no longer: it is used again, with a new session.
func (h *hands) Unrestrict(ctx context.Context, user string, key community.AccountKey, reason string) error {
	if reason == "" {
		return community.Errorf(community.CodeBadInput, "reason: say how you know that the platform lets the account go")
	}
	if err := h.app.store.Unrestrict(ctx, h.org, key, h.audit(user, "account.unrestrict", "", reason)); err != nil {
		return err
	}
	h.app.wires.close(key) // what the session remembers of the restriction goes with it
	h.app.wires.look()
	return nil
}

// DeleteAccount forgets a connection and its secrets.
func (h *hands) DeleteAccount(ctx context.Context, user string, key community.AccountKey, reason string) error {
	err := h.app.store.DeleteAccount(ctx, h.org, key, h.audit(user, "account.delete", "", reason))
	h.app.wires.look()
	return err
}
