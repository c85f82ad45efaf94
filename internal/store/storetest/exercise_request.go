package storetest

import (
	"context"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/store"
)

// asks is a request to be let in.
func asks(name, text string, when int64) community.Inbound {
	in := say(tea, name, text, when)
	in.Type = community.JoinRequested
	return in
}

// joinsKept: a request waits until it is answered; whoever asks again has one request that waits.
func joinsKept(t *testing.T, s *store.Store) {
	l := NewLog(s)
	evs := l.Append(t, asks("anna", "我是老周介绍来的", at("2026-01-05 10:00:00")), asks("ben", "", at("2026-01-05 10:00:01")), asks("anna", "还是我", at("2026-01-05 11:00:00")))
	ctx := t.Context()
	inTx := func(do func(ctx context.Context, tx *store.Tx) error) {
		t.Helper()
		tx, err := s.BeginLog(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := do(ctx, tx); err != nil {
			t.Fatal(tx.Rollback(ctx, err))
		}
		if err := tx.Commit(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for i := range evs {
		inTx(func(ctx context.Context, tx *store.Tx) error { return tx.Asked(ctx, &evs[i]) })
	}
	inTx(func(ctx context.Context, tx *store.Tx) error { return tx.Asked(ctx, &evs[2]) }) // told twice
	find := func(f community.JoinFilter) []community.JoinRow {
		t.Helper()
		list, n, err := desk(s).FindJoins(ctx, f)
		if err != nil || n != len(list) {
			t.Fatalf("%d of %d: %v", len(list), n, err)
		}
		return list
	}
	waiting := find(community.JoinFilter{Group: evs[0].Group})
	if len(waiting) != 2 || waiting[0].External != "u-ben" || waiting[1].External != "u-anna" || waiting[1].Text != "还是我" || waiting[1].Flag == "" {
		t.Fatalf("waiting = %+v", waiting)
	}
	if over := find(community.JoinFilter{Answered: true}); len(over) != 1 || over[0].Answer != community.JoinAgain || over[0].Number != evs[0].Number {
		t.Errorf("over = %+v", over)
	}
	inTx(func(ctx context.Context, tx *store.Tx) error {
		return tx.JoinAnswered(ctx, evs[1].Group, evs[1].Actor, community.JoinRefused, at("2026-01-05 12:00:00"))
	})
	inTx(func(ctx context.Context, tx *store.Tx) error { // who is in after all was refused all the same
		return tx.JoinAnswered(ctx, evs[1].Group, evs[1].Actor, community.JoinedSince, at("2026-01-05 13:00:00"))
	})
	one := find(community.JoinFilter{Number: evs[1].Number, Answered: true})
	if len(one) != 1 || one[0].Answer != community.JoinRefused || one[0].Answered != at("2026-01-05 12:00:00") {
		t.Errorf("ben = %+v", one)
	}
	if left := find(community.JoinFilter{}); len(left) != 1 {
		t.Errorf("still waiting = %+v", left)
	}
	if none := find(community.JoinFilter{Tag: "没有"}); len(none) != 0 {
		t.Errorf("by a tag that no group has = %+v", none)
	}
	if _, _, err := desk(s).FindJoins(ctx, community.JoinFilter{Page: community.Page{Sort: "shoe"}}); community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("by shoe: %v", err)
	}
}
