package storetest

import (
	"encoding/json"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/store"
)

// listOf is a member list on which the platform tells how people came.
func listOf(t *testing.T, when int64, people ...community.Who) community.Inbound {
	t.Helper()
	data, err := json.Marshal(people)
	if err != nil {
		t.Fatal(err)
	}
	return community.Inbound{Type: community.RosterRead, Group: tea, OccurredAt: when, Body: community.Body{Data: data}}
}

// came is a row of such a list.
func came(name, date, scene, state, inviter string) community.Who {
	w := who(name)
	w.JoinedAt, w.Scene, w.State, w.Inviter = at(date), scene, state, inviter
	return w
}

// listTellsSource: a list alone gives a stay its joining, scene, code and inviter, once and for each rejoining anew.
func listTellsSource(t *testing.T, s *store.Store) {
	l := NewLog(s)
	l.Know(t, who("anna"), who("ben"), who("cora"))
	ben := came("ben", "2026-01-02 08:00:00", "qr", "spring", "u-anna")
	first := listOf(t, at("2026-01-01 10:00:00"), came("anna", "2025-06-01 09:00:00", "invite", "", ""), came("cora", "2026-01-01 09:00:00", "qr", "", ""))
	told := join(tea, "cora", at("2026-01-01 09:00:00")) // the same joining told by an event without its code
	told.Body.Scene, told.Body.State = "", ""
	evs := l.Append(t, told, first, say(tea, "ben", "来了", at("2026-01-02 09:00:00")), listOf(t, at("2026-01-02 10:00:00"), came("anna", "2025-06-01 09:00:00", "invite", "", ""), ben,
		came("cora", "2026-01-01 09:00:00", "qr", "poster", "")),
		listOf(t, at("2026-01-03 10:00:00"), ben),
		listOf(t, at("2026-01-05 10:00:00"), ben, came("anna", "2026-01-04 09:00:00", "link", "again", "u-ben")))
	caughtUp(t, s)
	rows, _, err := desk(s).FindMembers(t.Context(), community.MemberFilter{Group: evs[0].Group, Page: community.Page{Sort: "name"}})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]any{}
	stays := map[string]int{}
	for _, m := range rows {
		got[m.External] = []any{m.JoinedAt, m.Scene, m.State, m.Inviter, m.LeftAt != 0}
		stays[m.External] = len(must(desk(s).Stays(t.Context(), m.Key))(t))
	}
	same(t, "ben", got["u-ben"], []any{ben.JoinedAt, "qr", "spring", "anna", false})
	same(t, "anna, who came again", got["u-anna"], []any{at("2026-01-04 09:00:00"), "link", "again", "ben", false})
	same(t, "cora, told twice", got["u-cora"], []any{at("2026-01-01 09:00:00"), "qr", "poster", "", true})
	same(t, "stays", stays, map[string]int{"u-anna": 2, "u-ben": 1, "u-cora": 1})
	days := must(desk(s).Activity(t.Context(), evs[0].Group, "", day(t, "2026-01-01"), day(t, "2026-01-04")))(t).Daily
	same(t, "joins by day", []int64{days[0].Joins, days[1].Joins, days[2].Joins, days[3].Joins}, []int64{1, 1, 0, 1})
}

// notesAreKept: what a session keeps is read back by prefix, changes, ends, and goes with its account.
func notesAreKept(t *testing.T, s *store.Store) {
	ctx := t.Context()
	a := must(s.SaveAccount(ctx, community.Account{Org: 1, Platform: "wecom", Connector: "wecom", Name: "企微", Settings: []byte("{}")}, community.Audit{User: "test"}))(t)
	put := func(name, value string) {
		t.Helper()
		if err := s.PutNote(ctx, a.Key, name, json.RawMessage(value)); err != nil {
			t.Fatal(err)
		}
	}
	put("quota/群一", `[1,2]`)
	put("quota/群一", `{"b":1, "a":2}`)
	put("quota/二", `3`)
	put("quotb", `4`)
	put("gone", `5`)
	put("gone", ``)
	if err := s.PutNote(ctx, a.Key+1, "quota/other", json.RawMessage("1")); err != nil {
		t.Fatal(err)
	}
	got := must(s.Notes(ctx, a.Key, "quota/"))(t)
	same(t, "by prefix", got, map[string]json.RawMessage{"quota/群一": json.RawMessage(`{"b":1, "a":2}`), "quota/二": json.RawMessage("3")})
	same(t, "all", len(must(s.Notes(ctx, a.Key, ""))(t)), 3)
	for name, value := range map[string]string{"": "1", "x": "not json", string(make([]byte, 300)): "1", "\xff": "1"} {
		if err := s.PutNote(ctx, a.Key, name, json.RawMessage(value)); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("note %.20q = %q: %v, want bad input", name, value, err)
		}
	}
	if err := s.PutNote(ctx, a.Key, "big", make([]byte, 5<<20)); community.CodeOf(err) != community.CodeTooLarge {
		t.Errorf("5 MiB: %v, want too large", err)
	}
	if err := s.DeleteAccount(ctx, 1, a.Key, community.Audit{User: "test"}); err != nil {
		t.Fatal(err)
	}
	same(t, "after the account is gone", len(must(s.Notes(ctx, a.Key, ""))(t)), 0)
}
