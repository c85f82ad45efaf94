package storetest

import (
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/identity"
	"qunluo/internal/store"
)

// twoPlatforms writes what the same human says in a group of one platform and in a group of another, and gives both accounts
// and the events.
func twoPlatforms(t *testing.T, s *store.Store) (one, two community.Member, evs []community.Event) {
	t.Helper()
	l := NewLog(s)
	evs = l.Append(t, join(tea, "江南烟雨客", at("2026-01-01 09:00:00")), say(tea, "江南烟雨客", "这边早", at("2026-01-01 10:00:00")), say(tea, "ben", "早", at("2026-01-01 10:01:00")))
	other := NewLog(s)
	other.Platform, other.Account = "qq", 0
	run := community.Ref{ID: "run", Name: "跑友群"}
	evs = append(evs, other.Append(t, join(run, "江南烟雨客", at("2026-01-02 09:00:00")), say(run, "江南烟雨客", "那边早", at("2026-01-02 10:00:00")), say(run, "江南烟雨客", "跑吗", at("2026-01-02 10:05:00")))...)
	caughtUp(t, s)
	return known(t, s, evs[0].Actor), known(t, s, evs[3].Actor), evs
}

func known(t *testing.T, s *store.Store, m community.MemberKey) community.Member {
	t.Helper()
	list := must(desk(s).MembersByKey(t.Context(), []community.MemberKey{m}))(t)
	if len(list) != 1 {
		t.Fatalf("member %d: %v", m, list)
	}
	return list[0]
}

// personsAreMerged: a merge shows messages of both accounts as one person's and counts them in a list of persons; a split and
// an undo take that back; what is kept is always what the log adds up to, and every step is audited.
func personsAreMerged(t *testing.T, s *store.Store) {
	ctx := t.Context()
	one, two, evs := twoPlatforms(t, s)
	audit := community.Audit{User: "test", Reason: "他自己说的"}
	said := func() []string {
		return texts(first(desk(s).FindMessages(ctx, community.MessageFilter{Member: one.Key, Person: true})))
	}
	same(t, "before", said(), []string{"这边早"})
	f := must(s.MergeMembers(ctx, one, two, identity.SameName, audit))(t)
	same(t, "merged", said(), []string{"跑吗", "那边早", "这边早"})
	same(t, "in one group", texts(first(desk(s).FindMessages(ctx, community.MessageFilter{Member: one.Key, Person: true, Group: evs[3].Group}))), []string{"跑吗", "那边早"})
	same(t, "without asking for the person", texts(first(desk(s).FindMessages(ctx, community.MessageFilter{Member: one.Key}))), []string{"这边早"})
	person := must(desk(s).Person(ctx, two.Key))(t)
	same(t, "accounts", []any{len(person), person[0].Key, person[1].Key, person[0].Places[0].GroupName}, []any{2, two.Key, one.Key, "跑友群"})
	personsListed(t, s, one, 2, 3)
	if _, err := s.MergeMembers(ctx, two, one, "", audit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("merged twice: %v, want conflict", err)
	}
	row := must(desk(s).PersonFact(ctx, f.ID))(t)
	same(t, "fact", []any{row.Kind, row.Evidence, row.Reason, len(row.Accounts), row.Undone}, []any{identity.Merged, identity.SameName, "他自己说的", 2, false})
	undo := must(s.UndoPerson(ctx, row.Fact, one, audit))(t)
	same(t, "undone", said(), []string{"这边早"})
	if _, err := s.UndoPerson(ctx, row.Fact, one, audit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("undone twice: %v, want conflict", err)
	}
	if _, err := s.UndoPerson(ctx, undo, one, audit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("an undo undone: %v, want conflict", err)
	}
	must(s.MergeMembers(ctx, one, two, "", audit))(t)
	split := must(s.SplitMember(ctx, two, audit))(t)
	same(t, "split", said(), []string{"这边早"})
	must(s.UndoPerson(ctx, split, two, audit))(t)
	same(t, "split undone", said(), []string{"跑吗", "那边早", "这边早"})
	list, n, err := desk(s).PersonFacts(ctx, one.Key, community.Page{Limit: 2})
	if err != nil || n != 5 || len(list) != 2 || list[0].Kind != identity.Undone {
		t.Errorf("facts = %d of %d (%v), want 2 of 5, the undo first", len(list), n, err)
	}
	folded, kept, err := desk(s).PersonFold(ctx)
	if err != nil || len(folded) != 2 {
		t.Errorf("log adds up to %v (%v), want two", folded, err)
	}
	same(t, "kept", kept, folded)
	_, audits, err := desk(s).FindAudit(ctx, community.AuditFilter{Subject: "member:" + one.ID.String()})
	if err != nil || audits != 3 {
		t.Errorf("audit rows = %d (%v), want 3", audits, err)
	}
	if err := s.Rebuild(ctx, nil); err != nil {
		t.Fatal(err)
	}
	same(t, "built anew", said(), []string{"跑吗", "那边早", "这边早"})
}

// personsListed: in a list of persons, both accounts are one row with their sums; in a list of members they are two.
func personsListed(t *testing.T, s *store.Store, one community.Member, accounts int, messages int64) {
	t.Helper()
	for _, sort := range []string{"", "messages", "strikes", "joined", "last_word"} {
		list, n, err := desk(s).FindMembers(t.Context(), community.MemberFilter{Persons: true, Page: community.Page{Sort: sort, Desc: true}})
		if err != nil || n != 2 || len(list) != 2 {
			t.Fatalf("persons by %q = %v, %d (%v), want two", sort, list, n, err)
		}
		for _, row := range list {
			if row.Key == one.Key {
				same(t, "person", []any{row.Accounts, row.Messages}, []any{accounts, messages})
			}
		}
	}
	list, n, err := desk(s).FindMembers(t.Context(), community.MemberFilter{Text: "江南"})
	if err != nil || n != 2 || list[0].Accounts != accounts {
		t.Errorf("members = %v, %d (%v), want two accounts", list, n, err)
	}
	if _, _, err := desk(s).FindMembers(t.Context(), community.MemberFilter{Persons: true, Joined: community.DaySpan{From: 1, To: 2}}); community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("persons by days: %v, want bad input", err)
	}
}

func first[T any](list []T, _ int, err error) []T {
	if err != nil {
		panic(err)
	}
	return list
}

// matchesAreSuggested: the same name and the same unionid are suggested and nothing is merged; a no is remembered until it is
// taken back; a scope sees only its own people.
func matchesAreSuggested(t *testing.T, s *store.Store) {
	ctx := t.Context()
	one, two, evs := twoPlatforms(t, s)
	ask := func(m community.MemberKey) []identity.Pair {
		return first(desk(s).Suggestions(ctx, m, community.Page{}))
	}
	list := ask(0)
	if len(list) != 1 || list[0].Evidence != identity.SameName || list[0].A.Key != one.Key || list[0].B.Key != two.Key || list[0].GroupsA[0] != tea.Name {
		t.Fatalf("suggestions = %+v, want the two", list)
	}
	same(t, "of somebody else", len(ask(evs[2].Actor)), 0)
	audit := community.Audit{User: "test", Reason: "不是同一个人"}
	if err := s.SetApart(ctx, two, one, true, audit); err != nil {
		t.Fatal(err)
	}
	if err := s.SetApart(ctx, one, two, true, audit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("said twice: %v, want conflict", err)
	}
	same(t, "after a no", len(ask(0)), 0)
	if err := s.SetApart(ctx, one, two, false, audit); err != nil {
		t.Fatal(err)
	}
	same(t, "the no taken back", len(ask(one.Key)), 1)
	l := NewLog(s)
	l.Know(t, community.Who{ID: "u-ben", Union: "oUnion"})
	other := NewLog(s)
	other.Platform, other.Account = "mp", 0
	other.Know(t, community.Who{ID: "oFollower", Union: "oUnion"})
	list = ask(0)
	if len(list) != 2 || list[0].Evidence != identity.SameUnion || list[0].A.External != "u-ben" || list[0].Value != "" {
		t.Errorf("suggestions = %+v, want the unionid first, and it shown to nobody", list)
	}
	if own, _, err := s.For(community.Scope{Org: 1, Groups: []community.GroupKey{evs[0].Group}}).Suggestions(ctx, 0, community.Page{}); err != nil || len(own) != 0 {
		t.Errorf("in a scope of one group: %v (%v), want none", own, err)
	}
	must(s.MergeMembers(ctx, one, two, identity.SameName, audit))(t)
	same(t, "merged ones are suggested no more", len(ask(one.Key)), 0)
}

// personDoubles: a human who is in two sub groups by two accounts counts as being in two.
func personDoubles(t *testing.T, s *store.Store) {
	ctx := t.Context()
	one, two, evs := twoPlatforms(t, s)
	root := NewLog(s).Append(t, say(threeGroups[2], "root", "主群", at("2026-01-01 08:00:00")))
	for _, g := range []community.GroupKey{evs[0].Group, evs[3].Group} {
		row := must(desk(s).GroupByKey(ctx, g))(t)
		row.Parent = root[0].Group
		if err := s.SetGroup(ctx, row.Group, community.Audit{User: "test"}); err != nil {
			t.Fatal(err)
		}
	}
	if list := first(desk(s).Doubles(ctx, 0, community.Page{})); len(list) != 0 {
		t.Fatalf("before the merge: %v, want none", list)
	}
	must(s.MergeMembers(ctx, one, two, "", community.Audit{User: "test"}))(t)
	list, n, err := desk(s).Doubles(ctx, root[0].Group, community.Page{})
	if err != nil || n != 1 || len(list) != 1 || len(list[0].Places) != 2 {
		t.Fatalf("after the merge: %+v, %d (%v), want one in two places", list, n, err)
	}
	stay, leave := list[0].Places[0], list[0].Places[1]
	same(t, "places", []any{list[0].Member.Key, stay.Member, stay.Platform, leave.Member}, []any{one.Key, two.Key, community.Platform("qq"), one.Key})
}

// contactTagsFollow: tags of a desk's contacts are kept as its last list has them; others' stay.
func contactTagsFollow(t *testing.T, s *store.Store) {
	ctx := t.Context()
	one, two, evs := twoPlatforms(t, s)
	put := func(g community.GroupKey, tags map[community.MemberKey][]string) {
		t.Helper()
		tx := must(s.BeginLog(ctx))(t)
		if err := tx.TagContacts(ctx, g, tags); err != nil {
			t.Fatal(tx.Rollback(ctx, err))
		}
		if err := tx.Commit(ctx); err != nil {
			t.Fatal(err)
		}
	}
	put(evs[0].Group, map[community.MemberKey][]string{one.Key: {"等级/高", "城市/杭州"}, two.Key: {"等级/低"}})
	put(evs[3].Group, map[community.MemberKey][]string{two.Key: {"来源/朋友"}})
	put(evs[0].Group, map[community.MemberKey][]string{one.Key: {"等级/高"}})
	same(t, "tags of one", must(desk(s).MemberTags(ctx, one.Key))(t), []string{"等级/高"})
	same(t, "tags of two", must(desk(s).MemberTags(ctx, two.Key))(t), []string{"来源/朋友"})
	list := first(desk(s).FindMembers(ctx, community.MemberFilter{Group: evs[0].Group, Text: "江南"}))
	same(t, "in the list", list[0].Tags, []string{"等级/高"})
}
