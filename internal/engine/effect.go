package engine

import (
	"cmp"
	"context"
	"encoding/json"

	"qunluo/internal/community"
	"qunluo/internal/store"
)

// effect does what an event itself changes in the tables, apart from anything decided about it. One line per type.
func (e *Engine) effect(ctx context.Context, b *batch, it *item, now int64) error {
	ev := &it.draft.Event
	switch ev.Type {
	case community.ActionReceipt:
		return e.receipt(ctx, b, it.g, ev, now)
	case community.PersonDecided:
		return e.judged(ctx, b, it, now)
	case community.RulebookPublished:
		return e.published(ctx, b, ev)
	case community.MemberMarked:
		return e.registry.Mark(ctx, b.tx, ev)
	case community.GroupUpdated:
		if ev.Body.Text == "" {
			return nil // something else about the group
		}
		return b.tx.NameGroup(ctx, ev.Group, ev.Body.Text)
	case community.AccountOnline:
		return b.tx.AccountHeard(ctx, ev.Account, now, HearingSlack)
	case community.AccountOffline, community.AccountDisplaced:
		return b.tx.AccountLost(ctx, ev.Account, lossOf(ev), true, min(ev.OccurredAt, now), now)
	case community.MessageCreated, community.MessageDeleted, community.MemberMuted, community.MemberLeft:
		return e.confirm(ctx, b, it.g, ev, now)
	case community.JoinRequested:
		if err := b.tx.Asked(ctx, ev); err != nil {
			return err
		}
		return b.tx.AskLists(ctx, ev, ev.Actor)
	case community.JoinHandled:
		if err := b.tx.JoinAnswered(ctx, ev.Group, subject(ev), community.JoinSettled, ev.OccurredAt); err != nil {
			return err
		}
		return e.confirm(ctx, b, it.g, ev, now)
	case community.MemberJoined:
		if err := b.tx.JoinAnswered(ctx, ev.Group, subject(ev), community.JoinedSince, ev.OccurredAt); err != nil {
			return err
		}
		return b.tx.AskLists(ctx, ev, subject(ev))
	case community.AccountRestricted:
		return e.limited(ctx, b, ev, now)
	case community.AppealWritten:
		return b.tx.AppealWritten(ctx, ev)
	case community.MemberConfirmed:
		return b.tx.Confirmed(ctx, ev)
	case community.MemberReported:
		return b.tx.Reported(ctx, ev, it.list)
	case community.ShieldSet:
		return b.tx.ShieldSet(ctx, ev, it.list)
	case community.TimerFired:
		return b.tx.ShieldTimed(ctx, ev)
	case community.ReactionAdded:
		return b.tx.Reacted(ctx, ev)
	case community.RosterRead:
		return e.confirmGone(ctx, b, it, now)
	case community.MediaRead:
		return b.tx.NoteReading(ctx, ev)
	case community.ImportUndone:
		return e.unproved(ctx, b, it, now)
	}
	return nil
}

// receipt moves an action on, and opens or closes the task that goes with it.
func (e *Engine) receipt(ctx context.Context, b *batch, g *group, ev *community.Event, now int64) error {
	var r community.ReceiptData
	if err := json.Unmarshal(ev.Body.Data, &r); err != nil {
		return err
	}
	if err := heard(ctx, b, r); err != nil {
		return err
	}
	if len(r.Receipt.Also) > 0 { // its first message may have come back, and ended it, before
		if err := b.tx.AlsoSent(ctx, r.Action, r.Receipt.Also); err != nil {
			return err
		}
	}
	moved, err := b.tx.MoveAction(ctx, r.Action, r.State, r.Mode, r.Receipt, r.Attempt, r.User, now)
	if err != nil || !moved {
		return err
	}
	if err := made(ctx, b, r); err != nil {
		return err
	}
	a := g.moved(r.Action, r.State, r.Receipt.Message, now)
	if err := decided(ctx, b, a, r.State, now); err != nil {
		return err
	}
	if r.State == community.HumanTask && a != nil {
		b.tasks = true
		k := store.TaskFor(a, cmp.Or(r.Why, r.Receipt.Detail), now)
		if k.Why == community.WhyExclusive {
			k.Text = r.Receipt.Detail // not the words: they are not to be pasted
		}
		return b.tx.OpenTask(ctx, k)
	}
	how := closing(r.State)
	if how == "" {
		return nil
	}
	b.tasks = true
	if err := b.tx.CloseTask(ctx, r.Action, how, r.User, r.Receipt.Detail, 0, now); err != nil || a == nil || r.User == "" || !merges(*a) {
		return err
	}
	return e.answered(ctx, b, g, a, r, now)
}

// decided notes the answer to a request to be let in once it was given.
func decided(ctx context.Context, b *batch, a *community.Action, state community.State, now int64) error {
	if a == nil || a.Verb != community.Approve || state != community.Acked && state != community.Confirmed {
		return nil
	}
	answer := community.JoinApproved
	if a.Refuse {
		answer = community.JoinRefused
	}
	return b.tx.JoinAnswered(ctx, a.Group, a.Target, answer, now)
}

// heard keeps what a platform says became of a mass send in each group, even of one that a person has ended here.
func heard(ctx context.Context, b *batch, r community.ReceiptData) error {
	var mass community.MassMade
	if len(r.Receipt.Data) == 0 || json.Unmarshal(r.Receipt.Data, &mass) != nil || len(mass.Parts) == 0 {
		return nil // it is what another verb brings back
	}
	return b.tx.MassHeard(ctx, r.Action, mass)
}

// made keeps the code that a platform made, where something waits for it.
func made(ctx context.Context, b *batch, r community.ReceiptData) error {
	var code community.InviteMade
	if len(r.Receipt.Data) == 0 || json.Unmarshal(r.Receipt.Data, &code) != nil || code.URL == "" && code.Image == "" {
		return nil // it is what another verb brings back
	}
	return b.tx.InviteMade(ctx, r.Action, code)
}

// answered ends the other actions that a person's answer to one task answers too.
func (e *Engine) answered(ctx context.Context, b *batch, g *group, a *community.Action, r community.ReceiptData, now int64) error {
	waiting := func(s community.State) bool { return s == community.HumanTask }
	for _, o := range g.take(*a, waiting) {
		if o.Action.ID == a.ID {
			g.open = append(g.open, o) // the platform's own word on it may still come
			continue
		}
		if err := e.endAction(ctx, b, o.Action.ID, r.Mode, r.Receipt, r.User, 0, now); err != nil {
			return err
		}
	}
	return nil
}

// closing is how a task ends when its action comes to a state; "" = it stays.
func closing(s community.State) string {
	switch s {
	case community.Acked, community.Confirmed:
		return "done"
	case community.Failed:
		return "refused"
	case community.Cancelled:
		return "expired"
	}
	return ""
}

// judged notes on the decision what a person made of it, and keeps what it says of the message as a labelled case.
func (e *Engine) judged(ctx context.Context, b *batch, it *item, now int64) error {
	ev := &it.draft.Event
	var p community.PersonDecision
	if err := json.Unmarshal(ev.Body.Data, &p); err != nil {
		return err
	}
	if p.Report != nil && len(it.list) > 0 && (p.Strike == nil || len(it.list[0].Strikes) > 0) {
		if err := b.tx.ReportsSettled(ctx, p, it.list[0], now); err != nil || p.Decision.IsZero() && p.Strike == nil {
			return err
		}
	}
	c := community.Case{ID: community.DeriveID(ev.ID, "case", 0), Group: ev.Group, Want: community.WantHit, Decision: p.Decision, User: p.User, At: now, Why: p.Reason}
	if g := p.Strike; g != nil && len(it.list) > 0 && len(it.list[0].Strikes) > 0 { // what no rule found
		c.Event, c.Rule, c.Decision = g.Event, g.Rule, it.list[0].ID
		return b.tx.Label(ctx, c)
	}
	if p.Decision.IsZero() {
		return nil
	}
	if want, says := corrections[p.Kind]; says && p.Report == nil { // a report's verdict is about people's word, no rule's
		c.Want = want
		if err := b.tx.LabelDecision(ctx, c); err != nil {
			return err
		}
	}
	return b.tx.Resolve(ctx, p.Decision, resolutions[p.Kind], p.User, p.Reason, now)
}

// corrections say what a kind of person's decision says of the message; "" = what was said of it no longer holds.
var corrections = map[string]community.Want{
	"kept": community.WantHit, "release": community.WantHit, "false_hit": community.WantNone, "undo": "",
}

// resolutions say how a kind of person's decision is noted.
var resolutions = map[string]string{
	"kept": "kept", "undo": "undone", "false_hit": "false_hit", "dismiss": "dismissed", "release": "kept",
}

// published notes a rulebook version. The event carries the whole book; note and person stand in the body.
func (e *Engine) published(ctx context.Context, b *batch, ev *community.Event) error {
	var book struct {
		Version int            `json:"version"`
		Mode    community.Mode `json:"mode"`
	}
	if err := json.Unmarshal(ev.Body.Data, &book); err != nil {
		return err
	}
	if book.Mode == "" {
		book.Mode = community.Observe
	}
	return b.tx.Published(ctx, community.BookRow{
		Group: ev.Group, Version: book.Version, At: ev.At, User: ev.Body.Source, Note: ev.Body.Reason, Body: ev.Body.Data,
	}, book.Mode, ev.Body.State == community.DraftKept)
}

// limited stops what an account sends when the platform limits it, and tells whoever is on duty.
func (e *Engine) limited(ctx context.Context, b *batch, ev *community.Event, now int64) error {
	if err := b.tx.Restrict(ctx, ev.Account, now, cmp.Or(ev.Body.Text, ev.Body.Reason)); err != nil {
		return err
	}
	return b.tx.AccountLost(ctx, ev.Account, lossOf(ev), false, ev.OccurredAt, now)
}

// HearingSlack is how long an account may be unheard of before the time counts as missing, in milliseconds: it is seen
// every half minute.
const HearingSlack = 90_000

// lossOf is what the platform said about the loss of one of our accounts: the event's type and its words.
func lossOf(ev *community.Event) string {
	words := ev.Body.Text
	if words == "" {
		words = ev.Body.Reason
	}
	if words == "" {
		return string(ev.Type)
	}
	return string(ev.Type) + ": " + words
}
