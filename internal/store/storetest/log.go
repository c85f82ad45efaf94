package storetest

import (
	"context"
	"encoding/json"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/store"
)

// Log writes events as the belt does, without deciding.
type Log struct {
	store    *store.Store
	registry *store.Registry
	seq      map[community.GroupKey]int64
	Org      community.OrgKey
	Platform community.Platform
	Account  community.AccountKey // 0 for imports
	Run      int64                // the import that events come with; 0 = live
}

// NewLog begins to write into a store that nobody else writes to.
func NewLog(s *store.Store) *Log {
	return &Log{store: s, registry: store.NewRegistry(), seq: map[community.GroupKey]int64{}, Org: 1, Platform: "sim", Account: 1}
}

// Append writes events in one transaction and gives them back with their numbers and keys. People on rosters become
// members.
func (l *Log) Append(t testing.TB, in ...community.Inbound) []community.Event {
	t.Helper()
	ctx := t.Context()
	tx, err := l.store.BeginLog(ctx)
	if err != nil {
		t.Fatal(err)
	}
	events, err := l.write(ctx, tx, in)
	if err != nil {
		t.Fatal(tx.Rollback(ctx, err))
	}
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	return events
}

func (l *Log) write(ctx context.Context, tx *store.Tx, in []community.Inbound) ([]community.Event, error) {
	last, err := tx.Numbers(ctx, len(in))
	if err != nil {
		return nil, err
	}
	o := store.Origin{Account: l.Account, Org: l.Org, Platform: l.Platform}
	drafts, events := make([]*store.Draft, len(in)), make([]community.Event, len(in))
	for i := range in {
		d := &store.Draft{Key: in[i].Key}
		if d.Event, err = l.event(ctx, tx, o, &in[i]); err != nil {
			return nil, err
		}
		d.Event.Number = last - int64(len(in)-1-i)
		d.Seal()
		drafts[i], events[i] = d, d.Event
	}
	dups, err := tx.InsertEvents(ctx, drafts)
	if err == nil && len(dups) > 0 {
		err = community.Errorf(community.CodeConflict, "events %v are there already", dups)
	}
	return events, err
}

func (l *Log) event(ctx context.Context, tx *store.Tx, o store.Origin, in *community.Inbound) (community.Event, error) {
	g := in.GroupKey
	var err error
	if g == 0 {
		if g, err = l.registry.Group(ctx, tx, o, in.Group); err != nil {
			return community.Event{}, err
		}
	}
	l.seq[g]++
	ev := community.Event{ID: l.store.NewID(), Group: g, Seq: l.seq[g], Account: l.Account, Type: in.Type, OccurredAt: in.OccurredAt,
		ReceivedAt: in.OccurredAt, At: in.OccurredAt, Import: l.Run, Body: in.Body}
	if l.Run != 0 {
		ev.Origin = community.OriginImport
	}
	if ev.Actor, err = l.registry.Member(ctx, tx, o, g, in.Actor); err != nil {
		return ev, err
	}
	if ev.Subject, err = l.registry.Member(ctx, tx, o, g, in.Subject); err != nil {
		return ev, err
	}
	if in.SubjectKey != 0 {
		ev.Subject = in.SubjectKey
	}
	if ev.By, err = l.registry.Member(ctx, tx, o, g, in.By); err != nil {
		return ev, err
	}
	if ev.Body.Name == "" {
		ev.Body.Name, ev.Body.Card = in.Actor.Name, in.Actor.Card
	}
	return ev, nil
}

// Mark says in a group's log what a member is, as the belt does.
func (l *Log) Mark(t testing.TB, g community.GroupKey, m community.MemberKey, mark community.Role) {
	t.Helper()
	ctx := t.Context()
	tx, err := l.store.BeginLog(ctx)
	if err != nil {
		t.Fatal(err)
	}
	in := community.Inbound{Type: community.MemberMarked, GroupKey: g, SubjectKey: m, Key: l.store.NewID().String(), Body: community.Body{Role: mark}}
	events, err := l.write(ctx, tx, []community.Inbound{in})
	if err == nil {
		err = l.registry.Mark(ctx, tx, &events[0])
	}
	if err != nil {
		t.Fatal(tx.Rollback(ctx, err))
	}
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
}

// Know makes members without an event of theirs, as the belt does for people on a roster.
func (l *Log) Know(t testing.TB, who ...community.Who) {
	t.Helper()
	ctx := t.Context()
	tx, err := l.store.BeginLog(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range who {
		if _, err := l.registry.Member(ctx, tx, store.Origin{Account: l.Account, Org: l.Org, Platform: l.Platform}, 0, w); err != nil {
			t.Fatal(tx.Rollback(ctx, err))
		}
	}
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
}

// canonical is the stored form of a decision.
func canonical(d community.Decision) []byte {
	raw, err := json.Marshal(d)
	if err != nil {
		panic(err)
	}
	return raw
}
