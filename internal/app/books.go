package app

import (
	"context"
	"encoding/json"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/console"
	"qunluo/internal/policy"
	"qunluo/internal/replay"
	"qunluo/internal/store"
)

// books knows rulebooks and lets them judge a group's past.
type books struct{ app *App }

// Check gives everything that is wrong with a rulebook for a group; empty = good.
func (b books) Check(ctx context.Context, g community.GroupKey, raw json.RawMessage) []console.Fault {
	rb, err := b.app.library.Parse(raw)
	if err == nil {
		err = b.app.placedIn(ctx, g, rb)
	}
	if err == nil {
		return nil
	}
	problems := problemsOf(err)
	if len(problems) == 0 {
		return []console.Fault{{Code: string(community.CodeOf(err)), Text: [2]string{err.Error(), err.Error()}}}
	}
	faults := make([]console.Fault, len(problems))
	for i, p := range problems {
		faults[i] = console.Fault{Path: p.Path, Code: p.Code, Text: p.Words()}
	}
	return faults
}

// Try says what the book would do about one message from a member without history.
func (b books) Try(_ context.Context, _ community.GroupKey, raw json.RawMessage, text string) ([]community.Decision, error) {
	rb, err := b.app.library.Parse(raw)
	if err != nil {
		return nil, err
	}
	return policy.Test(rb, policy.Probe{Text: text, Role: community.RoleMember, At: b.app.millis()}).Decisions, nil
}

// Ready makes a book ready to judge, with the content that it names.
func (b books) Ready(raw json.RawMessage) (*policy.Rulebook, error) { return b.app.library.Parse(raw) }

// maxReplayRows bounds what a replay lists; its counts are exact.
const maxReplayRows = 200

// Replay runs a book over a group's recorded events in [from, to); with base it tells only what is different.
func (b books) Replay(ctx context.Context, g community.GroupKey, raw, base json.RawMessage, from, to int64) (console.ReplayReport, error) {
	start := time.Now()
	rep := console.ReplayReport{From: from, To: to}
	rb, err := b.app.library.Parse(raw)
	if err != nil {
		return rep, err
	}
	span := replay.Span{From: from, To: to, Examples: maxReplayRows}
	events := b.app.store.EventsByTime(ctx, g, to)
	if len(base) == 0 {
		err = b.whatIf(ctx, &rep, g, rb, events, span)
	} else {
		err = b.diff(ctx, &rep, g, rb, base, events, span)
	}
	if err == nil {
		rep.Labelled, err = b.app.caseSums(ctx, g, rb)
	}
	rep.Millis = time.Since(start).Milliseconds()
	return rep, err
}

func (b books) whatIf(ctx context.Context, rep *console.ReplayReport, g community.GroupKey, rb *policy.Rulebook, events replay.Events, span replay.Span) error {
	o, err := replay.WhatIf(g, rb, events, span)
	if err != nil {
		return err
	}
	rep.Events = o.Messages
	for _, r := range o.Rules {
		rep.PerRule = append(rep.PerRule, console.ReplayCount{Rule: r.Rule, Hits: r.Hits + r.Dry, Members: r.Members, Would: r.Would})
	}
	rep.Would, rep.Concerned = o.Would, o.Concerned
	rep.Rows, err = b.app.evidence(ctx, o.Examples, maxReplayRows)
	return err
}

func (b books) diff(ctx context.Context, rep *console.ReplayReport, g community.GroupKey, rb *policy.Rulebook, base json.RawMessage, events replay.Events, span replay.Span) error {
	old, err := b.app.library.Parse(base)
	if err != nil {
		return err
	}
	c, err := replay.Diff(g, old, rb, events, span)
	if err != nil {
		return err
	}
	rep.Events = c.Messages
	rep.Would, rep.Concerned = c.Would, c.Concerned
	for _, r := range c.Rules {
		rep.PerRule = append(rep.PerRule, countOf(r))
	}
	now, before := sides(c)
	if rep.Rows, err = b.app.evidence(ctx, now, maxReplayRows); err != nil {
		return err
	}
	rep.Gone, err = b.app.evidence(ctx, before, maxReplayRows)
	return err
}

// sides parts a comparison into what the second book hits and what only the first did.
func sides(c *replay.Comparison) (now, gone []replay.Hit) {
	for _, ch := range c.Changes {
		now = append(now, ch.B...)
		if len(ch.B) == 0 {
			gone = append(gone, ch.A...)
		}
	}
	return now, gone
}

// evidence puts hits beside the messages they rest on, at most so many: several hits of one event are one row, whose Why
// is what would follow. What a rule does by the clock (several newcomers welcomed at once) rests on no event: its number is 0.
func (a *App) evidence(ctx context.Context, hits []replay.Hit, most int) ([]community.DecisionRow, error) {
	var list []community.DecisionRow
	var numbers []int64
	for _, h := range hits {
		if n := len(list); n > 0 && h.Event != 0 && list[n-1].Event == h.Event {
			list[n-1].Hits = append(list[n-1].Hits, ruleHit(h))
			continue
		}
		if len(list) == most {
			break
		}
		if h.Event != 0 {
			numbers = append(numbers, h.Event)
		}
		list = append(list, community.DecisionRow{Decision: community.Decision{
			Group: h.Group, Event: h.Event, Seq: h.Seq, At: h.OccurredAt, Member: h.Member, Verdict: h.Verdict, Rung: h.Rung, Why: h.Would,
			Hits: []community.RuleHit{ruleHit(h)},
		}})
	}
	messages, err := a.store.MessagesAt(ctx, numbers)
	for i := range list {
		row := &list[i]
		found := false
		if row.Message, found = messages[row.Event]; !found && row.Event != 0 && err == nil {
			err = community.Errorf(community.CodeNotFound, "event %d: not found", row.Event)
		}
		row.MemberName, row.MemberID, row.GroupName = row.Message.Name, row.Message.MemberID, row.Message.GroupName
	}
	return list, err
}

func ruleHit(h replay.Hit) community.RuleHit {
	return community.RuleHit{Rule: h.Rule, Kind: h.Kind, Spans: h.Spans, Dry: h.Dry, Why: h.Why, Chose: h.Chose}
}

// AsDecided replays a group's live events with the books then in force and compares with what is stored, byte for byte.
func (a *App) AsDecided(ctx context.Context, g community.GroupKey) (replay.Report, error) {
	keeper := policy.NewDecider(a.library).New(g)
	return replay.AsDecided(keeper, a.store.Events(ctx, store.EventScan{Group: g}), a.store.StoredDecisions(ctx, g, policy.Name))
}
