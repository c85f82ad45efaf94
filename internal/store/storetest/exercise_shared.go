package storetest

import (
	"testing"

	"qunluo/internal/blocklist"
	"qunluo/internal/community"
	"qunluo/internal/replay"
	"qunluo/internal/store"
)

// listsAreShared: our own list is published version by version; a list of others is followed once, its entries take the place of
// the old ones, a changed key waits for a person; what is set and found is kept, and all of it ends with the subscription.
func listsAreShared(t *testing.T, s *store.Store) {
	ctx, l := t.Context(), NewLog(s)
	ev := l.Append(t, say(tea, "listed", "早", at("2026-01-01 10:00:00")))[0]
	by := func(verb string) community.Audit {
		return community.Audit{Org: 1, User: "ming", Verb: verb, Reason: "试"}
	}
	coded := func(what string, err error, want community.Code) {
		t.Helper()
		if got := community.CodeOf(err); got != want {
			t.Errorf("%s: %v, want %q", what, err, want)
		}
	}
	_, err := s.OwnList(ctx, 1)
	coded("no list yet", err, community.CodeNotFound)
	own := store.OwnList{Org: 1, ID: "abc", Name: "我们的", Secret: []byte{1, 2}, Salt: "s", Hashed: true, Version: 1, Made: 5, Body: []byte("{}")}
	coded("published", s.SaveOwnList(ctx, own, by("")), "")
	coded("the same version again", s.SaveOwnList(ctx, own, by("")), community.CodeConflict)
	own.Version, own.Body = 2, []byte(`{"x":1}`)
	coded("the next", s.SaveOwnList(ctx, own, by("")), "")
	got := must(s.OwnListByID(ctx, "abc"))(t)
	same(t, "own list", got, own)
	mine := blocklist.Mine{Platform: "qq", External: "1", Class: "ads", Evidence: 3, Added: 5, Expires: 9, Why: "广告", User: "ming", Name: "广告号"}
	coded("an entry", s.PutMine(ctx, 1, mine, by("blocklist.put")), "")
	mine.Withdrawn = 7
	coded("withdrawn", s.PutMine(ctx, 1, mine, by("blocklist.withdraw")), "")
	same(t, "entries", must(s.Mine(ctx, 1))(t), []blocklist.Mine{mine})

	sub := must(s.AddSubscription(ctx, blocklist.Subscription{Org: 1, Name: "友社", URL: "https://x.example", Key: "k1", Later: blocklist.Hold, User: "ming"}, by("")))(t)
	_, err = s.AddSubscription(ctx, blocklist.Subscription{Org: 1, Name: "友社", URL: "https://x.example", Key: "k1"}, by(""))
	coded("followed twice", err, community.CodeConflict)
	fetched := sub
	fetched.Tried, fetched.Fetched, fetched.List, fetched.Version, fetched.Digest, fetched.Salt = 20, 20, "abc", 4, "d", "salt"
	doc := &blocklist.Document{Entries: []blocklist.Entry{{ID: "n1", Class: "fraud", Evidence: 2, Added: 1, Expires: 99}, {ID: "n2", Class: "ads", Evidence: 1, Added: 1, Expires: 99}, {ID: "n2", Class: "ads"}}}
	coded("fetched", s.FetchedList(ctx, fetched, doc), "")
	doc.Entries = doc.Entries[:1]
	coded("fetched again", s.FetchedList(ctx, fetched, doc), "")
	list := must(s.Subscriptions(ctx, 1))(t)
	if len(list) != 1 || list[0].Entries != 1 || list[0].Version != 4 || list[0].Later != blocklist.Hold {
		t.Errorf("subscriptions = %+v", list)
	}
	if e, found, err := s.OnList(ctx, sub.ID, "n1"); err != nil || !found || e.Class != "fraud" || e.Evidence != 2 {
		t.Errorf("on the list = %+v, %v, %v", e, found, err)
	}
	if _, found, err := s.OnList(ctx, sub.ID, "n2"); err != nil || found {
		t.Errorf("what is on it no longer is found: %v, %v", found, err)
	}
	fetched.NewKey, fetched.State, fetched.Error = "k2", "stopped", "key"
	coded("another key", s.FetchedList(ctx, fetched, nil), "")
	wrong := fetched
	wrong.NewKey = "k3"
	coded("a key that nobody showed", s.TrustKey(ctx, wrong, by("blocklist.trust")), community.CodeConflict)
	coded("trusted", s.TrustKey(ctx, fetched, by("blocklist.trust")), "")
	if list = must(s.Subscriptions(ctx, 0))(t); list[0].Key != "k2" || list[0].NewKey != "" || list[0].State != "on" || list[0].Entries != 1 {
		t.Errorf("after the new key: %+v", list)
	}
	coded("an effect", s.SetListEffect(ctx, sub, ev.Group, blocklist.Dry, by("blocklist.set")), "")
	coded("another", s.SetListEffect(ctx, sub, ev.Group, blocklist.Refuse, by("blocklist.set")), "")
	same(t, "effects", must(s.ListEffects(ctx, sub.ID))(t), map[community.GroupKey]blocklist.Effect{ev.Group: blocklist.Refuse})

	m := community.Member{Key: ev.Actor, Org: 1, ID: community.ID{7}}
	coded("let in", s.LetIn(ctx, m, true, by("blocklist.let")), "")
	coded("let in twice", s.LetIn(ctx, m, true, by("blocklist.let")), community.CodeConflict)
	same(t, "let in", must(s.IsLetIn(ctx, 1, ev.Actor))(t), true)
	same(t, "elsewhere", must(s.IsLetIn(ctx, 2, ev.Actor))(t), false)
	coded("no longer", s.LetIn(ctx, m, false, by("blocklist.let")), "")
	hit := blocklist.Hit{Subscription: sub.ID, Source: "友社", Group: ev.Group, Member: ev.Actor, Class: "fraud", Effect: "refuse", Request: true, Decision: community.ID{8}}
	for range 2 {
		coded("found", s.NoteListed(ctx, 1, hit, ev.Number), "")
	}
	hits, n, err := desk(s).ListHits(ctx, community.Page{})
	if err != nil || n != 1 || hits[0].Effect != "refuse" || hits[0].GroupName != "茶友群" || hits[0].MemberName != "listed" || !hits[0].Request || hits[0].At == 0 {
		t.Errorf("hits = %+v, %v; want the one", hits, err)
	}
	coded("unsubscribed", s.DropSubscription(ctx, sub, by("")), "")
	if _, found, err := s.OnList(ctx, sub.ID, "n1"); err != nil || found {
		t.Errorf("after the end it still has an effect: %v, %v", found, err)
	}
	if list := must(s.Subscriptions(ctx, 1))(t); len(list) != 0 {
		t.Errorf("after the end: %+v", list)
	}
	if _, n, err := desk(s).ListHits(ctx, community.Page{}); err != nil || n != 1 {
		t.Errorf("what was found stays on record: %d, %v", n, err)
	}
}

// suggestionsAreKept: a weighing settles a group's suggestions, one of each change; a person's word ends an open one, once.
func suggestionsAreKept(t *testing.T, s *store.Store) {
	ctx, l := t.Context(), NewLog(s)
	ev := l.Append(t, say(tea, "weighed", "早", at("2026-01-01 10:00:00")))[0]
	weigh := func(at int64, settle func([]replay.Suggestion) []replay.Suggestion) {
		t.Helper()
		w := replay.Weighing{Group: ev.Group, At: at, Days: 30, Messages: 900, Judged: 40, Tried: 12, Better: 1}
		if err := s.SettleSuggestions(ctx, w, settle); err != nil {
			t.Fatal(err)
		}
	}
	one := replay.Suggestion{Group: ev.Group, State: replay.Open, At: 10, Seen: 10, Book: 3}
	one.Rule, one.What, one.Field, one.Before, one.After = "flood", "number_up", "params.count", "5", "8"
	one.Would.False = 2
	weigh(10, func(had []replay.Suggestion) []replay.Suggestion {
		if len(had) != 0 {
			t.Errorf("had %+v before the first", had)
		}
		return []replay.Suggestion{one}
	})
	weigh(20, func(had []replay.Suggestion) []replay.Suggestion {
		if len(had) != 1 || had[0].Rule != "flood" || had[0].Would.False != 2 || had[0].ID.IsZero() {
			t.Fatalf("had %+v, want the one of before", had)
		}
		had[0].Seen, had[0].Book = 20, 4
		return had
	})
	list, n, err := desk(s).FindSuggestions(ctx, ev.Group, replay.Open, community.Page{})
	if err != nil || n != 1 || list[0].Seen != 20 || list[0].At != 10 || list[0].Book != 4 || list[0].GroupName != "茶友群" {
		t.Fatalf("suggestions = %+v, %v", list, err)
	}
	if _, n, err := s.For(community.Scope{Org: 2}).FindSuggestions(ctx, 0, "", community.Page{}); err != nil || n != 0 {
		t.Errorf("another organisation sees %d (%v)", n, err)
	}
	got := list[0]
	got.State, got.User, got.Reason = replay.Dismissed, "ming", "不想改"
	audit := community.Audit{Org: 1, User: "ming", Verb: "suggestion.dismiss"}
	if err := s.EndSuggestion(ctx, got, audit); err != nil {
		t.Fatal(err)
	}
	if err := s.EndSuggestion(ctx, got, audit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("dismissed twice: %v, want a conflict", err)
	}
	if by, err := desk(s).SuggestionByID(ctx, got.ID); err != nil || by.State != replay.Dismissed || by.Reason != "不想改" || by.Ended == 0 {
		t.Errorf("dismissed = %+v, %v", by, err)
	}
	if _, err := desk(s).SuggestionByID(ctx, s.NewID()); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("one that is not there: %v", err)
	}
	rounds := must(desk(s).Weighings(ctx, ev.Group, community.Page{}))(t)
	if len(rounds) != 1 || rounds[0].At != 20 || rounds[0].Judged != 40 || rounds[0].Better != 1 {
		t.Errorf("weighings = %+v, want the last alone", rounds)
	}
}
