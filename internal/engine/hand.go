package engine

import (
	"context"
	"encoding/json"
	"fmt"

	"qunluo/internal/community"
)

// The ways of a person: everything done by hand goes over the same belt and leaves the same trail.

// Decide takes a person's decision in as an event, with its audit row, and gives what was decided.
func (e *Engine) Decide(ctx context.Context, g community.GroupKey, p community.PersonDecision, audit community.Audit) ([]community.Decision, error) {
	return e.DecideOnce(ctx, g, e.o.Store.NewID().String(), p, audit)
}

// DecideOnce is Decide under a key: what was taken in under the same key before is not taken again and decides nothing.
func (e *Engine) DecideOnce(ctx context.Context, g community.GroupKey, key string, p community.PersonDecision, audit community.Audit) ([]community.Decision, error) {
	data, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	out, err := e.Apply(ctx, community.Inbound{
		Type: community.PersonDecided, GroupKey: g, Key: key, Body: community.Body{Data: data}, Audit: &audit,
	})
	if err != nil {
		return nil, err
	}
	for _, d := range out[0].Decisions {
		if d.Verdict == community.Faulted {
			return nil, community.Errorf(community.CodeConflict, "decision %s: %s", p.Kind, d.Why)
		}
	}
	return out[0].Decisions, nil
}

// Publish puts a rulebook in force from now on. book holds the whole rulebook with its version. draft is what becomes of
// the group's draft: "" = it goes, community.DraftKept. With it goes what the group is told, if anything: both or neither.
func (e *Engine) Publish(ctx context.Context, g community.GroupKey, book json.RawMessage, user, note, draft string, audit community.Audit, tell *community.PersonDecision) error {
	in := []community.Inbound{{
		Type: community.RulebookPublished, GroupKey: g, Key: e.o.Store.NewID().String(),
		Body: community.Body{Data: book, Reason: note, Source: user, State: draft}, Audit: &audit,
	}}
	if tell != nil {
		data, err := json.Marshal(tell)
		if err != nil {
			return err
		}
		in = append(in, community.Inbound{Type: community.PersonDecided, GroupKey: g, Key: e.o.Store.NewID().String(), Body: community.Body{Data: data}})
	}
	_, err := e.Apply(ctx, in...)
	return err
}

// Report takes a person's word about a task: done or refused. CodeConflict when it was closed before; the message says
// by whom.
func (e *Engine) Report(ctx context.Context, id community.ID, user, note string, done bool, audit community.Audit) error {
	k, err := e.o.Store.TaskNow(ctx, id)
	if err != nil {
		return err
	}
	if k.State != "open" && k.State != "claimed" {
		return community.Errorf(community.CodeConflict, "already %s by %s", k.State, k.DoneBy)
	}
	state := community.Failed
	if done {
		state = community.Acked
	}
	return e.receiptEvent(ctx, k.Group, community.ReceiptData{
		Action: id, State: state, User: user, Mode: community.Human, Receipt: community.Receipt{State: state, Detail: note},
	}, &audit)
}

// Undone takes an import back as one: an event in every group it wrote to.
func (e *Engine) Undone(ctx context.Context, run int64, groups []community.GroupKey, audit community.Audit) error {
	data, err := json.Marshal(map[string]int64{"import": run})
	if err != nil {
		return err
	}
	in := make([]community.Inbound, 0, len(groups))
	for _, g := range groups {
		in = append(in, community.Inbound{
			Type: community.ImportUndone, GroupKey: g, Key: fmt.Sprintf("import:%d", run), Body: community.Body{Data: data},
		})
	}
	if len(in) == 0 {
		return nil
	}
	in[0].Audit = &audit
	_, err = e.Apply(ctx, in...)
	return err
}
