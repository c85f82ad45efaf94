package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/store"
)

// Wait says that a job has nothing to do before a time (UTC ms); it does not count as an attempt.
type Wait struct {
	Until int64
	Why   string
}

func (w *Wait) Error() string { return w.Why }

// LaterThan is Until.
func (w *Wait) LaterThan() int64 { return w.Until }

// hurried is an error that wants the next try not after a time: then a person is asked.
type hurried struct {
	error
	by int64 // UTC ms
}

func (h *hurried) Unwrap() error { return h.error }

// NotAfter is by.
func (h *hurried) NotAfter() int64 { return h.by }

// frozenPause is how soon a held action looks again, in milliseconds.
const frozenPause = 1000

// lockedPause is how soon a mass send that a lockdown holds looks again, in milliseconds.
const lockedPause = 30_000

// attempt is one try at carrying an action out.
type attempt struct {
	store.ActionNow
	n       int
	account community.AccountKey
	session connect.Session
	able    community.Ability
	why     string // why a person is asked; "" = the receipt's detail says it
}

// tooOld reports whether a recall comes after the platform's deadline: then the next step is a person's.
func (t *attempt) tooOld(now int64) bool {
	if t.Action.Verb != community.RecallMsg || t.SaidAt == 0 || t.able.Level != community.Native {
		return false
	}
	return community.RecallOf(t.able, community.Human, t.SaidAt, now).Step != community.RecallNow
}

// stays reports whether a recall is of what nobody can take back on that platform, also not in its app: then a correction
// is all that is left.
func (t *attempt) stays(now int64) bool {
	if t.Action.Verb != community.RecallMsg {
		return false
	}
	return community.RecallOf(t.able, connect.ByHand(t.Platform).Level(community.RecallMsg), t.SaidAt, now).Step == community.RecallCorrect
}

// CarryOut carries an action out once: natively if the account can, by asking the platform where a person must confirm
// there (that is a task too), else as a task for a person. n counts the tries from
// 1. The outcome comes back through Apply as action.receipt. An error means: try the job again later.
func (e *Engine) CarryOut(ctx context.Context, id community.ID, n int) error {
	now, err := e.o.Store.ActionNow(ctx, id)
	if err != nil {
		return err
	}
	t := &attempt{ActionNow: now, n: n}
	if done, err := e.settled(ctx, t); done || err != nil {
		return err
	}
	if held, err := e.withhold(ctx, t, t.Action); held || err != nil {
		return err
	}
	e.choose(t)
	switch {
	case t.able.Level == community.None && len(now.Held) > 0:
		return e.ask(ctx, t, community.Receipt{Code: community.CodeRestricted, Detail: "restricted"})
	case t.session == nil && t.able.Level == community.Native:
		return e.unreachable(ctx, t)
	case t.stays(e.now()):
		return e.ask(ctx, t, community.Receipt{Code: community.CodeUnsupported, Detail: "no_recall"})
	case t.tooOld(e.now()):
		return e.ask(ctx, t, community.Receipt{Code: community.CodeLate, Detail: "too_old"})
	case t.able.Level != community.Native && t.able.Level != community.Assisted:
		return e.ask(ctx, t, community.Receipt{Code: community.CodeUnsupported, Detail: "no_ability"})
	}
	if !e.lanes.enter(ctx, t.account) {
		return t.wait(e.now()+e.lanes.pause(t.account), "the account has its hands full")
	}
	defer e.lanes.leave(t.account)
	return e.do(ctx, t)
}

// says are the verbs by which something is said to groups.
var says = []community.Verb{community.Send, community.Announce, community.MassSend}

// withhold stops what would tell a group something that is exclusive to others. A person sees it, and lets it go once it is released.
func (e *Engine) withhold(ctx context.Context, t *attempt, a community.Action) (bool, error) {
	if e.o.Exclusive == nil || !slices.Contains(says, a.Verb) {
		return false, nil
	}
	what, err := e.o.Exclusive.Withholds(ctx, t.Org, a)
	if err != nil || what == "" {
		return false, err
	}
	t.why, t.able.Level = community.WhyExclusive, community.Human
	return true, e.ask(ctx, t, community.Receipt{Code: community.CodeRefused, Detail: what})
}

// settled handles what needs no call at all: ended, held, late, or of unknown outcome.
func (e *Engine) settled(ctx context.Context, t *attempt) (bool, error) {
	a, now := &t.Action, e.now()
	switch {
	case t.State.Final() || t.State == community.HumanTask || t.State == community.Acked || t.State == community.Unknown:
		return true, nil
	case a.Deadline != 0 && now > a.Deadline && t.State != community.Sent && !t.mayBeLate(now):
		return true, e.report(ctx, t, community.Cancelled, community.Receipt{Code: community.CodeLate, Detail: "deadline"})
	case a.Verb == community.Mute && a.Until != 0 && now >= a.Until:
		return true, e.report(ctx, t, community.Cancelled, community.Receipt{Code: community.CodeLate, Detail: "mute would be over"})
	case t.Twin:
		return true, e.report(ctx, t, community.Cancelled, community.Receipt{Detail: "already removed"})
	case t.Frozen && a.Cause != community.ByPerson && a.Verb != community.Todo: // people are asked all the same
		return true, &Wait{Until: now + frozenPause, Why: "frozen"}
	case a.Deadline != 0 && now > a.Deadline && t.State != community.Sent:
		return true, e.ask(ctx, t, community.Receipt{Code: community.CodeLate, Detail: "late"})
	case t.Locked && a.Verb == community.MassSend && t.State != community.Sent:
		return true, &Wait{Until: now + lockedPause, Why: "lockdown"}
	case t.State == community.Sent:
		return e.resume(ctx, t)
	case !a.Of.IsZero() && a.To.Message == "":
		return e.waitFor(ctx, t)
	}
	return false, nil
}

// mayBeLate reports whether a person is to decide about an action whose deadline passed: a mute that was wanted long
// enough to still matter. Words come too late; and who freezes a group does not want its queue as a pile of tasks.
func (t *attempt) mayBeLate(now int64) bool {
	return t.Action.Verb == community.Mute && t.Action.Until > now && !t.Frozen
}

// wait puts the action off, not beyond its deadline: then a person decides, or it is dropped.
func (t *attempt) wait(until int64, why string) error {
	if end := t.Action.Deadline; end != 0 && until > end {
		until = end + 1
	}
	return &Wait{Until: until, Why: why}
}

// sendPause is how soon an action about a send of ours that is under way looks again, in milliseconds.
const sendPause = 500

// waitFor lets an action about a send of ours wait until the platform has said what it calls it. What was never sent needs
// nothing more.
func (e *Engine) waitFor(ctx context.Context, t *attempt) (bool, error) {
	switch t.Before {
	case community.Failed, community.Cancelled:
		return true, e.report(ctx, t, community.Cancelled, community.Receipt{Detail: "was never sent"})
	case community.HumanTask, community.Unknown, community.Acked, community.Confirmed:
		return true, e.ask(ctx, t, community.Receipt{Detail: "no_ability"}) // a person sent it, or the platform gives no id
	}
	return true, &Wait{Until: e.now() + sendPause, Why: "what it is about is not sent yet"}
}

// resume decides about an action that was sent before we stopped or lost the line: its outcome is unknown. What may be
// repeated is; remove and approve are read back first; everything else is asked of a person, never sent blindly again.
func (e *Engine) resume(ctx context.Context, t *attempt) (bool, error) {
	switch {
	case t.Action.Verb.Repeatable():
		return false, nil
	case t.Action.Verb == community.Remove:
		return e.readBack(ctx, t)
	case t.Action.Verb == community.Send:
		return e.lookBack(ctx, t)
	}
	return true, e.unknown(ctx, t)
}

// unknown says that nobody can tell what came of an action, and asks a person to look.
func (e *Engine) unknown(ctx context.Context, t *attempt) error {
	if err := e.report(ctx, t, community.Unknown, community.Receipt{Code: community.CodeTimeout, Detail: "no answer"}); err != nil {
		return err
	}
	return e.ask(ctx, t, community.Receipt{Code: community.CodeTimeout, Detail: "unknown_outcome"})
}

// maxUnanswered is after how many tries without an answer even a repeatable action is handed to a person.
const maxUnanswered = 5

// maxLimited is after how many tries that came too often a removal, which has no deadline, is handed to a person: within
// half a minute.
const maxLimited = 5

// readBack looks whether the member is still there: gone = it worked; there = it may be done again.
func (e *Engine) readBack(ctx context.Context, t *attempt) (bool, error) {
	e.choose(t)
	lister, ok := t.session.(connect.MemberLister)
	if !ok {
		return true, e.ask(ctx, t, community.Receipt{Code: community.CodeTimeout, Detail: "unknown_outcome"})
	}
	list, err := lister.Members(ctx, t.Action.To.Group)
	if err != nil {
		return true, fmt.Errorf("read members back: %w", err)
	}
	for _, who := range list {
		if who.ID == t.Action.To.Member {
			return false, nil
		}
	}
	return true, e.report(ctx, t, community.Confirmed, community.Receipt{Detail: "not in the member list"})
}

// choose picks the account that can do it best: native before assisted before human. No living session that could tell
// counts as native-but-unreachable when the group has accounts, as none when it has not. An account that the platform
// holds back does nothing.
func (e *Engine) choose(t *attempt) {
	t.session, t.account, t.able = nil, 0, community.Ability{Level: community.None}
	dead := false
	for _, key := range t.Accounts {
		if t.Action.Account != 0 && t.Action.Account != key || slices.Contains(t.Held, key) {
			continue
		}
		s := e.o.Sessions(key)
		if s == nil {
			dead = true
			continue
		}
		able := s.Abilities(t.Action.To.Group).Of(t.Action.Verb)
		if rank[able.Level] > rank[t.able.Level] || t.session == nil {
			t.session, t.account, t.able = s, key, able
		}
	}
	if t.session == nil && dead {
		t.able.Level = community.Native
	}
}

var rank = map[community.Level]int{community.None: 0, community.Human: 1, community.Assisted: 2, community.Native: 3}

// giveUpAfter is after how many tries without a living connection a person is asked.
const giveUpAfter = 3

func (e *Engine) unreachable(ctx context.Context, t *attempt) error {
	if t.n >= giveUpAfter {
		return e.ask(ctx, t, community.Receipt{Code: community.CodeUnreachable, Detail: "offline"})
	}
	return community.Errorf(community.CodeUnreachable, "no connection serves the group now")
}

// do makes the call. That an attempt is made is on disk before the call, so that a crash in between is seen.
func (e *Engine) do(ctx context.Context, t *attempt) error {
	a, parts, err := e.ready(ctx, t)
	if err != nil {
		return e.putOff(t, err)
	}
	if len(parts) > 0 { // what was fetched is known only now
		if held, err := e.withhold(ctx, t, a); held || err != nil {
			return err
		}
	}
	about := ""
	if !t.Action.Of.IsZero() {
		about = t.Action.To.Message
		e.aim(t.Action.Group, t.Action.ID, about)
	}
	moved, until, err := e.o.Store.MarkSent(ctx, t.Action.ID, t.able.Level, t.n, about, parts, store.Spending{
		Account: t.account, Verb: t.Action.Verb, Group: t.Action.Group, Member: t.Action.Target, Limits: t.able.Limits,
	}, e.now())
	switch {
	case err != nil:
		return err
	case until > 0:
		return t.wait(until, "the limit of the platform is reached")
	case !moved:
		return nil
	}
	if a.Verb == community.Mute && a.Until != 0 {
		a.Seconds = max(1, (a.Until-e.now()+999)/1000)
	}
	rc, err := t.session.Do(ctx, a)
	rc.Parts = parts
	switch {
	case err != nil:
		return e.failed(ctx, t, rc, err)
	case rc.State == "":
		rc.State = community.Acked
	}
	if t.able.Level == community.Assisted && rc.State == community.Acked {
		rc.Detail = "to_confirm" // the platform waits for a person; what comes of it the session tells as a receipt
		return e.ask(ctx, t, rc)
	}
	return e.report(ctx, t, rc.State, rc)
}

// ready makes the parts of a send ready that lie elsewhere.
func (e *Engine) ready(ctx context.Context, t *attempt) (community.Action, []community.Fate, error) {
	a := t.Action
	if e.o.Media == nil || a.Verb != community.Send && a.Verb != community.MassSend || !slices.ContainsFunc(a.Segments, community.Segment.IsMedia) {
		return a, nil, nil
	}
	source, err := e.o.Store.HeardBy(ctx, a.Event)
	if err != nil {
		return a, nil, err
	}
	way := Way{Account: source, Same: source != 0 && source == t.account, Last: t.n >= giveUpAfter, Can: t.session.Abilities(a.To.Group).Media}
	if source != 0 {
		way.Source = e.o.Sessions(source)
	}
	if e.o.Exclusive != nil {
		if way.Look, err = e.o.Exclusive.Looks(ctx, t.Org, a); err != nil {
			return a, nil, err
		}
	}
	return e.o.Media.Ready(ctx, a, way)
}

// putOff tries again later, not after the action's deadline.
func (e *Engine) putOff(t *attempt, err error) error {
	if t.Action.Deadline != 0 {
		return &hurried{err, t.Action.Deadline + 1}
	}
	return err
}

// failed sorts a refusal by what may follow from it.
func (e *Engine) failed(ctx context.Context, t *attempt, rc community.Receipt, err error) error {
	rc.Code, rc.Detail = community.CodeOf(err), err.Error()
	switch rc.Code {
	case community.CodeUnsupported:
		rc.Detail = "no_ability"
		return e.ask(ctx, t, rc)
	case community.CodeTimeout:
		late := t.Action.Deadline != 0 && e.now() > t.Action.Deadline
		if t.n < maxUnanswered && !late && (t.Action.Verb.Repeatable() || t.Action.Verb.ReadBack() || e.canLookBack(t)) {
			return err // the row says "sent": the next try resumes
		}
		return e.unknown(ctx, t)
	case community.CodeRestricted:
		return e.restricted(ctx, t, rc)
	case community.CodeUnreachable, community.CodeLimited:
		if back := e.o.Store.Requeue(ctx, t.Action.ID); back != nil {
			return errors.Join(err, back)
		}
		if t.n >= giveUpAfter && rc.Code == community.CodeUnreachable {
			return e.ask(ctx, t, community.Receipt{Code: rc.Code, Detail: "offline"})
		}
		if t.n >= maxLimited && t.Action.Verb == community.Remove {
			return e.ask(ctx, t, community.Receipt{Code: rc.Code, Detail: "late"})
		}
		return e.putOff(t, err)
	case community.CodeRefused, community.CodeForbidden:
		t.why = "refused" // the detail holds the platform's words
		return e.ask(ctx, t, rc)
	}
	if t.Action.Verb == community.Remove { // who ought to be gone is still there: a person looks
		t.why = "refused"
		return e.ask(ctx, t, rc)
	}
	return e.report(ctx, t, community.Failed, rc)
}

// ask makes it a task for a person, with the text ready.
func (e *Engine) ask(ctx context.Context, t *attempt, rc community.Receipt) error {
	return e.report(ctx, t, community.HumanTask, rc)
}

// report lets the outcome come back as an event.
func (e *Engine) report(ctx context.Context, t *attempt, state community.State, rc community.Receipt) error {
	rc.State = state
	level := t.able.Level
	if state == community.HumanTask && level != community.Assisted {
		level = community.Human
	}
	return e.receiptEvent(ctx, t.Action.Group, community.ReceiptData{
		Action: t.Action.ID, State: state, Attempt: t.n, Receipt: rc, Mode: level, Why: t.why,
	}, nil)
}

func (e *Engine) receiptEvent(ctx context.Context, g community.GroupKey, r community.ReceiptData, audit *community.Audit) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	key := fmt.Sprintf("%s:%d:%s:%s", r.Action, r.Attempt, r.State, r.User)
	if r.Why == community.WhyExclusive { // what was let go may be held again
		key += fmt.Sprintf(":%d", e.now())
	}
	_, err = e.Apply(ctx, community.Inbound{
		Type: community.ActionReceipt, GroupKey: g, Body: community.Body{Data: data},
		Key: key, Audit: audit,
	})
	return err
}

// Wake lets a timer fire: it appends timer.fired to the group.
func (e *Engine) Wake(ctx context.Context, w store.WakePayload) error {
	_, err := e.Apply(ctx, community.Inbound{
		Type: community.TimerFired, GroupKey: w.Group, Key: fmt.Sprintf("%s:%d", w.Key, w.At), OccurredAt: w.At,
		Body: community.Body{Message: w.Key},
	})
	return err
}
