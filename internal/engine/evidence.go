package engine

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/store"
)

// echoWindow is how long the same words count as the echo of a send of ours, in milliseconds.
const echoWindow = 10 * 60 * 1000

// waitsFor is how long an action waits for evidence, in milliseconds.
const waitsFor = 24 * 3600 * 1000

// plan remembers actions that evidence may confirm later; those that waited too long are forgotten.
func (g *group) plan(actions []community.Action, now int64) {
	g.open = slices.DeleteFunc(g.open, func(o store.OpenAction) bool { return o.Updated < now-waitsFor })
	for _, a := range actions {
		g.open = append(g.open, store.OpenAction{Action: a, State: community.Queued, Updated: now})
	}
}

// echo recognises our own doing: a message of one of our accounts, or the words of an open human send, is evidence of
// that action. It is marked before the event is written, so that nobody ever decides on it and replay agrees.
func (g *group) echo(ev *community.Event) {
	if ev.Type != community.MessageCreated || !ev.Body.Caused.IsZero() {
		return
	}
	for i := range g.open {
		if said(&g.open[i], ev) {
			ev.Body.Caused = g.open[i].Action.ID
			return
		}
	}
}

// said reports whether a message is the echo of a send: the id the platform gave us, or the same words soon after, from
// our own account or, where a person was asked to send them, from anybody.
func said(o *store.OpenAction, ev *community.Event) bool {
	if o.Action.Verb != community.Send {
		return false
	}
	if o.Message != "" && o.Message == ev.Body.Message {
		return true
	}
	byUs := ev.Body.Role == community.RoleSelf || o.State == community.HumanTask
	return byUs && ev.OccurredAt-o.Updated < echoWindow && o.Updated-ev.OccurredAt < echoWindow && sameWords(o.Action.Text, ev.Body.Text)
}

// sameWords compares what we wanted said with what was said; a platform may put a mention in front.
func sameWords(want, got string) bool {
	want, got = strings.TrimSpace(want), strings.TrimSpace(got)
	return want != "" && (want == got || strings.HasPrefix(got, "@") && strings.HasSuffix(got, want))
}

// matches says which open action an event is evidence of: -1 when none.
func (g *group) matches(ev *community.Event) int {
	if ev.Type == community.MessageCreated && ev.Body.Caused.IsZero() {
		return -1
	}
	for i := range g.open {
		if proves(&g.open[i], ev) {
			return i
		}
	}
	return -1
}

func proves(o *store.OpenAction, ev *community.Event) bool {
	a := &o.Action
	switch ev.Type {
	case community.MessageCreated:
		return a.Verb == community.Send && ev.Body.Caused == a.ID
	case community.MessageDeleted:
		return a.Verb == community.RecallMsg && ev.Body.Message != "" && (a.Message == ev.Body.Message || o.Message == ev.Body.Message)
	case community.MemberMuted:
		return a.Target == subject(ev) && (a.Verb == community.Mute && ev.Body.Seconds > 0 || a.Verb == community.Unmute && ev.Body.Seconds == 0)
	case community.MemberLeft:
		return a.Verb == community.Remove && a.Target == subject(ev) && ev.Body.Reason != community.Presence
	case community.JoinHandled:
		return a.Verb == community.Approve && a.Message != "" && a.Message == ev.Body.Message
	}
	return false
}

func subject(ev *community.Event) community.MemberKey {
	if ev.Subject != 0 {
		return ev.Subject
	}
	return ev.Actor
}

// confirm takes an event as evidence: the actions that wanted it are confirmed and every task that asked for it is closed.
func (e *Engine) confirm(ctx context.Context, b *batch, g *group, ev *community.Event, now int64) error {
	i := g.matches(ev)
	if i < 0 {
		return nil
	}
	return e.proved(ctx, b, g, i, ev, now)
}

// confirmGone takes a member list as evidence: whoever was to be removed before it was read, and is not on it, is gone. A
// list without anybody says nothing.
func (e *Engine) confirmGone(ctx context.Context, b *batch, it *item, now int64) error {
	ev, g := &it.draft.Event, it.g
	if len(it.here) == 0 || ev.Body.Scene == community.Presence {
		return nil // away is not gone
	}
	for i := 0; i < len(g.open); {
		if !goneBy(&g.open[i], it) {
			i++
			continue
		}
		if err := e.proved(ctx, b, g, i, ev, now); err != nil {
			return err
		}
	}
	return e.confirmOld(ctx, b, it, now)
}

// goneBy reports whether a member list proves an open removal.
func goneBy(o *store.OpenAction, it *item) bool {
	return o.Action.Verb == community.Remove && o.State != community.Queued && o.Updated <= it.draft.Event.OccurredAt && !it.here[o.Action.Target]
}

// notListed writes into a member list whose removal it proves, so that deciders know of it, and replay.
func (e *Engine) notListed(ctx context.Context, b *batch, it *item) error {
	ev := &it.draft.Event
	ev.Body.Removed = nil
	if len(it.here) == 0 || ev.Body.Scene == community.Presence {
		return nil
	}
	for i := range it.g.open {
		if o := &it.g.open[i]; goneBy(o, it) {
			ev.Body.Removed = append(ev.Body.Removed, o.Action.Target)
		}
	}
	asked, err := b.tx.RemovalTasks(ctx, it.g.key)
	if err != nil {
		return err
	}
	for _, k := range asked {
		if k.Target != 0 && k.Created <= ev.OccurredAt && !it.here[k.Target] {
			ev.Body.Removed = append(ev.Body.Removed, k.Target)
		}
	}
	slices.Sort(ev.Body.Removed)
	ev.Body.Removed = slices.Compact(ev.Body.Removed)
	return nil
}

// proved ends what an event is evidence of, beginning with the i-th open action.
func (e *Engine) proved(ctx context.Context, b *batch, g *group, i int, ev *community.Event, now int64) error {
	first := g.open[i].Action
	for _, o := range g.take(first, func(s community.State) bool { return true }) {
		rc := community.Receipt{State: community.Confirmed, Message: o.Message, Detail: string(ev.Type)}
		if ev.Type == community.MessageCreated {
			rc.Message = ev.Body.Message // the echo may be here before the platform's answer
		}
		if err := e.endAction(ctx, b, o.Action.ID, "", rc, "", ev.Number, now); err != nil {
			return err
		}
	}
	if !merges(first) {
		return nil
	}
	return b.tx.CloseTasksFor(ctx, g.key, first.Target, first.Verb, string(ev.Type), ev.Number, now)
}

// confirmOld closes the tasks of removals that are no longer remembered: people may take days.
func (e *Engine) confirmOld(ctx context.Context, b *batch, it *item, now int64) error {
	ev := &it.draft.Event
	asked, err := b.tx.RemovalTasks(ctx, it.g.key)
	if err != nil {
		return err
	}
	rc := community.Receipt{State: community.Confirmed, Detail: string(ev.Type)}
	for _, k := range asked {
		if k.Target == 0 || k.Created > ev.OccurredAt || it.here[k.Target] {
			continue
		}
		if err := e.endAction(ctx, b, k.ID, "", rc, "", ev.Number, now); err != nil {
			return err
		}
		if err := b.tx.CloseTasksFor(ctx, it.g.key, k.Target, community.Remove, string(ev.Type), ev.Number, now); err != nil {
			return err
		}
	}
	return nil
}

// unproved takes back what the rows of an undone import were evidence of: what they confirmed waits again, and so do the
// people's tasks that they closed.
func (e *Engine) unproved(ctx context.Context, b *batch, it *item, now int64) error {
	var undone struct {
		Import int64 `json:"import"`
	}
	if err := json.Unmarshal(it.draft.Event.Body.Data, &undone); err != nil {
		return err
	}
	again, err := b.tx.Unprove(ctx, it.g.key, undone.Import, now)
	if err != nil {
		return err
	}
	it.g.open = append(it.g.open, again...)
	b.tasks = b.tasks || len(again) > 0
	return nil
}

// endAction moves an action to the state of a receipt and closes its task. event is the number of what proved it, 0 = a
// person's word.
func (e *Engine) endAction(ctx context.Context, b *batch, id community.ID, mode community.Level, rc community.Receipt, user string, event, now int64) error {
	moved, err := b.tx.MoveAction(ctx, id, rc.State, mode, rc, 0, user, now)
	if err != nil || !moved {
		return err
	}
	b.tasks = true
	if event != 0 {
		if err := b.tx.Proved(ctx, id, event); err != nil {
			return err
		}
	}
	return b.tx.CloseTask(ctx, id, closing(rc.State), user, rc.Detail, event, now)
}

// merges reports whether two such actions on one member are one wish: their tasks are one, and what ends one ends all.
func merges(a community.Action) bool { return a.Target != 0 && a.Verb != community.Send }

// take removes from memory the action itself and those that are the same wish, as far as their state allows.
func (g *group) take(a community.Action, may func(community.State) bool) []store.OpenAction {
	var taken []store.OpenAction
	g.open = slices.DeleteFunc(g.open, func(o store.OpenAction) bool {
		same := o.Action.ID == a.ID || merges(a) && o.Action.Verb == a.Verb && o.Action.Target == a.Target && may(o.State)
		if same {
			taken = append(taken, o)
		}
		return same
	})
	return taken
}

// aim remembers which message an action about our own send is about, once that is known.
func (e *Engine) aim(g community.GroupKey, id community.ID, message string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	known := e.groups.get(g)
	if known == nil {
		return // it is read again with what stands on disk
	}
	for i := range known.open {
		if known.open[i].Action.ID == id {
			known.open[i].Message = message
		}
	}
}

// moved keeps the memory of open actions in step with a receipt.
func (g *group) moved(id community.ID, state community.State, message string, now int64) *community.Action {
	for i := range g.open {
		o := &g.open[i]
		if o.Action.ID != id {
			continue
		}
		a := o.Action
		if state.Final() {
			g.open = append(g.open[:i], g.open[i+1:]...)
			return &a
		}
		o.State, o.Updated = state, now
		if message != "" {
			o.Message = message
		}
		return &a
	}
	return nil
}
