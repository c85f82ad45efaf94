package storetest

import (
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/shelf"
	"qunluo/internal/store"
)

func cardsAreKept(t *testing.T, s *store.Store) {
	ctx := t.Context()
	l := NewLog(s)
	evs := l.Append(t, say(tea, "anna", "水开了先烫杯", at("2026-01-01 10:00:00")), say(tea, "bert", "我用的是山泉水", at("2026-01-01 10:01:00")))
	fine(t, s.CatchUp(ctx))
	const org = community.OrgKey(1)
	by := community.Audit{User: "lin"}
	desk := s.For(community.Scope{Org: org})
	m, g, err := s.SaidAs(ctx, evs[0].Number)
	fine(t, err)
	if m.Text != "水开了先烫杯" || g != evs[0].Group || m.Author != evs[0].Actor || m.Recalled || m.Hit || m.Forbidden {
		t.Fatalf("said = %+v in %d", m, g)
	}
	v, err := s.AddCard(ctx, org, shelf.Card{Group: g, Number: evs[0].Number, Author: m.Author, SaidAt: m.At, Text: m.Text, Tags: []string{"泡茶"}, By: shelf.ByHand, User: "lin"}, by)
	fine(t, err)
	if _, err := s.AddCard(ctx, org, shelf.Card{Group: g, Number: evs[0].Number}, by); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("a second card of a message: %v, want a conflict", err)
	}
	rule := shelf.Rule{On: true, Reactions: 2, Days: 7}
	if on, err := s.EssenceWatched(ctx); err != nil || on {
		t.Errorf("watched without a rule: %v, %v", on, err)
	}
	fine(t, s.SaveEssenceRule(ctx, org, 0, &rule, by))
	if r, own, err := s.EssenceRule(ctx, org, g); err != nil || own || r.Reactions != 2 {
		t.Errorf("rule = %+v, %v, %v", r, own, err)
	}
	if r, own, err := s.EssenceRule(ctx, org, 0); err != nil || own || !r.On {
		t.Errorf("rule of all = %+v, %v, %v; want it, and no group's own", r, own, err)
	}
	if on, err := s.EssenceWatched(ctx); err != nil || !on {
		t.Errorf("watched = %v, %v", on, err)
	}
	like := say(tea, "anna", "👍", time.Now().UnixMilli()) // marks of long ago are dropped
	like.Type, like.Key, like.Body = community.ReactionAdded, "like", community.Body{Text: "👍", Message: evs[1].Body.Message}
	if like.Body.Message == "" {
		like.Body.Message = "m2"
	}
	l.Append(t, like)
	for range 2 { // noting twice is noting once
		if _, err := s.NoteMarks(ctx); err != nil {
			t.Fatal(err)
		}
	}
	due, err := s.DueCards(ctx, 10)
	if err != nil || len(due) != 1 || due[0].Org != org || due[0].Message != like.Body.Message {
		t.Fatalf("due = %+v, %v; want the message that was liked", due, err)
	}
	if marks, err := s.Marks(ctx, due[0]); err != nil || len(marks) != 1 || marks[0].Kind != shelf.MarkReaction+"👍" {
		t.Errorf("marks = %+v, %v", marks, err)
	}
	fine(t, s.SettleCard(ctx, due[0], nil))
	if due, err := s.DueCards(ctx, 10); err != nil || len(due) != 0 {
		t.Errorf("due after it was settled = %+v, %v", due, err)
	}
	for _, scope := range []community.Scope{{Org: org + 1}, {Org: org, Groups: []community.GroupKey{g + 1}}} {
		if list, n, err := s.For(scope).Cards(ctx, shelf.CardFilter{Text: "烫杯"}); err != nil || n != 0 || len(list) != 0 {
			t.Errorf("%+v sees %d, %v", scope, n, err)
		}
	}
	if list, n, err := desk.Cards(ctx, shelf.CardFilter{Text: "烫杯", Group: g, Tag: "泡茶"}); err != nil || n != 1 || list[0].ID != v.ID || !list[0].There || list[0].Author != m.Author {
		t.Errorf("found %+v, %v", list, err)
	}
	v.Removed = m.At
	fine(t, s.ChangeCard(ctx, org, v, by))
	if err := s.ChangeCard(ctx, org, v, by); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("a change of what was: %v, want a conflict", err)
	}
	if n, err := s.EraseCards(ctx, org, []community.MemberKey{m.Author}, by); err != nil || n != 1 {
		t.Errorf("erased %d, %v; want the card, though it was taken off", n, err)
	}
	if c, err := desk.Card(ctx, v.ID); err != nil || c.Text != "" || c.Author != 0 || c.Erased == 0 {
		t.Errorf("card = %+v, %v; want nothing of it", c, err)
	}
	if _, err := s.AddCard(ctx, org, shelf.Card{Group: g, Number: evs[1].Number, Author: m.Author}, by); community.CodeOf(err) != community.CodeRefused {
		t.Errorf("another card of the person: %v, want it refused", err)
	}
}
