package storetest

import (
	"encoding/json"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/store"
)

// chartersAreKept: the page of a group's rules has an address by chance, that can be shut and changed; strikes name the article;
// who agreed to which version is kept, whatever way they did, and so is who has not.
func chartersAreKept(t *testing.T, s *store.Store) {
	l, ctx := NewLog(s), t.Context()
	l.Know(t, who("anna"), who("ben"), who("cleo"))
	evs := l.Append(t, rosterOf(tea, at("2026-01-01 09:00:00"), "anna", "ben", "cleo"), say(tea, "anna", "我已阅读并同意", at("2026-01-01 10:00:00")), say(tea, "ben", "加微信领红包", at("2026-01-01 10:01:00")))
	g, anna, ben := evs[1].Group, evs[1].Actor, evs[2].Actor
	page := must(s.CharterPageOf(ctx, g))(t)
	if page.Slug != "" {
		t.Fatalf("a page before there is one: %+v", page)
	}
	audit := community.Audit{Org: 1, User: "ming", Verb: "charter.page"}
	page = must(s.SetCharterPage(ctx, g, store.PageChange{}, audit))(t)
	same(t, "kept", must(s.SetCharterPage(ctx, g, store.PageChange{}, audit))(t).Slug, page.Slug)
	shut := must(s.SetCharterPage(ctx, g, store.PageChange{Closed: true}, audit))(t)
	if shut.Slug != page.Slug || shut.Closed == 0 || len(page.Slug) != 16 {
		t.Errorf("shut = %+v", shut)
	}
	other := must(s.SetCharterPage(ctx, g, store.PageChange{Another: true}, audit))(t)
	if other.Slug == page.Slug || other.Closed != 0 {
		t.Errorf("another address = %+v", other)
	}
	same(t, "found by its address", must(s.CharterPageAt(ctx, other.Slug))(t).Group, g)
	if _, err := s.CharterPageAt(ctx, page.Slug); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("the former address: %v, want not found", err)
	}

	agrees := decisionOn(evs[1])
	agrees.Verdict, agrees.Confirmed = community.Served, 3
	breach := decisionOn(evs[2])
	breach.Strikes = []community.Strike{{ID: community.DeriveID(breach.ID, "strike", 0), Decision: breach.ID, Group: g, Member: ben, Rule: "ad", Book: 3, Article: 2, Event: breach.Event, At: breach.At, Expires: at("2030-01-01 00:00:00")}}
	decided(t, s, agrees)
	decided(t, s, breach)
	tx := must(s.BeginLog(ctx))(t)
	if err := tx.Published(ctx, community.BookRow{Group: g, Version: 3, User: "ming", Body: []byte(`{"rules":[{"id":"ad","name":"广告"}]}`)}, community.Live, false); err != nil {
		t.Fatal(tx.Rollback(ctx, err))
	}
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	strikes, _, err := desk(s).FindStrikes(ctx, community.StrikeFilter{Group: g})
	if err != nil || len(strikes) != 1 || strikes[0].Article != 2 || strikes[0].RuleCalled() != "广告 (ad)" {
		t.Errorf("strikes = %+v, %v", strikes, err)
	}
	data, err := json.Marshal(community.Confirmation{Version: 4, Way: community.ConfirmedByHand, User: "ming", Note: "电话里说的"})
	if err != nil {
		t.Fatal(err)
	}
	said := l.Append(t, community.Inbound{Type: community.MemberConfirmed, GroupKey: g, SubjectKey: anna, Key: "c", OccurredAt: at("2026-01-02 10:00:00"), Body: community.Body{Data: data}})
	for range 2 { // told twice
		tx := must(s.BeginLog(ctx))(t)
		if err := tx.Confirmed(ctx, &said[0]); err != nil {
			t.Fatal(tx.Rollback(ctx, err))
		}
		if err := tx.Commit(ctx); err != nil {
			t.Fatal(err)
		}
	}
	caughtUp(t, s)
	all, n, err := desk(s).FindConfirmations(ctx, community.ConfirmationFilter{Group: g})
	if err != nil || n != 2 || len(all) != 2 {
		t.Fatalf("confirmations = %+v, %v", all, err)
	}
	same(t, "the latest", []any{all[0].Version, all[0].Way, all[0].User, all[0].Note, all[0].MemberName}, []any{4, community.ConfirmedByHand, "ming", "电话里说的", "anna"})
	same(t, "in chat", []any{all[1].Version, all[1].Way, all[1].Number}, []any{3, community.ConfirmedInChat, evs[1].Number})
	for _, f := range []community.ConfirmationFilter{{Group: g, Version: 3}, {Member: anna, Way: community.ConfirmedByHand}, {Text: "ANN", Version: 4}, {Text: "nn", Way: community.ConfirmedInChat}} {
		if _, n, err := desk(s).FindConfirmations(ctx, f); err != nil || n != 1 && f.Text != "ANN" {
			t.Errorf("%+v: %d, %v", f, n, err)
		}
	}
	missing, n, err := desk(s).FindConfirmations(ctx, community.ConfirmationFilter{Group: g, Missing: true, Version: 3, Page: community.Page{Sort: "name"}})
	if err != nil || n != 2 || missing[0].MemberName != "ben" || missing[1].MemberName != "cleo" || missing[0].Version != 0 {
		t.Errorf("without = %+v, %v", missing, err)
	}
	if _, n, _ := desk(s).FindConfirmations(ctx, community.ConfirmationFilter{Group: g, Missing: true, Version: 5}); n != 3 {
		t.Errorf("without the fifth = %d, want everybody", n)
	}
	sums := must(desk(s).ConfirmationSums(ctx, g, 5))(t)
	same(t, "sums", sums, community.ConfirmationSums{Present: 3, Confirmed: 1, Ways: map[community.ConfirmWay]int{community.ConfirmedByHand: 1}})
	v, when, err := s.ConfirmedVersion(ctx, g, anna)
	same(t, "anna's version", []any{v, when, err}, []any{4, at("2026-01-02 10:00:00"), nil})
	if list, n, _ := s.For(community.Scope{Org: 2}).FindConfirmations(ctx, community.ConfirmationFilter{Group: g}); n != 0 || len(list) != 0 {
		t.Errorf("another organisation sees %d", n)
	}
}

// decisionOn is a decision of policy about an event.
func decisionOn(ev community.Event) community.Decision {
	return community.Decision{ID: community.DeriveID(ev.ID, "policy", 0), Decider: "policy", Group: ev.Group, Event: ev.Number, Seq: ev.Seq, At: ev.At,
		Member: ev.Actor, Book: 3, Verdict: community.Hit, Hits: []community.RuleHit{{Rule: "ad", Kind: "keyword", Chose: true}}}
}
