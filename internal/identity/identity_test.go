package identity_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"qunluo/internal/community"
	"qunluo/internal/identity"
)

// log is a link log under construction.
type log struct {
	t     *testing.T
	facts []identity.Fact
}

func (l *log) add(kind identity.Kind, moves []identity.Move, err error) identity.Fact {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
	f := identity.Fact{Number: int64(len(l.facts) + 1), Kind: kind, Moves: moves}
	l.facts = append(l.facts, f)
	return f
}

func (l *log) book() identity.Book { return identity.Fold(l.facts) }

func (l *log) merge(a, b community.MemberKey) identity.Fact {
	l.t.Helper()
	moves, err := identity.Merge(l.book(), a, b, identity.PersonKey(100+len(l.facts)))
	return l.add(identity.Merged, moves, err)
}

func (l *log) undo(f identity.Fact) {
	l.t.Helper()
	moves, err := identity.Undo(l.book(), f)
	l.add(identity.Undone, moves, err)
}

func TestMergesAddUpAndAreTakenBackOneByOne(t *testing.T) {
	l := &log{t: t}
	first, second := l.merge(1, 2), l.merge(3, 4)
	third := l.merge(4, 1)
	if got := l.book().Members(l.book()[1]); len(got) != 4 {
		t.Fatalf("accounts = %v, want four", got)
	}
	if _, err := identity.Undo(l.book(), first); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("taking back what a later merge stands on: %v, want conflict", err)
	}
	l.undo(third)
	want := identity.Book{1: first.Moves[0].To, 2: first.Moves[0].To, 3: second.Moves[0].To, 4: second.Moves[0].To}
	if d := cmp.Diff(want, l.book()); d != "" {
		t.Errorf("after the undo (-want +got):\n%s", d)
	}
	l.undo(first)
	l.undo(second)
	if len(l.book()) != 0 {
		t.Errorf("book = %v, want nobody merged", l.book())
	}
}

func TestSplitOfTwoLeavesTwo(t *testing.T) {
	l := &log{t: t}
	l.merge(1, 2)
	moves, err := identity.Split(l.book(), 2)
	split := l.add(identity.Parted, moves, err)
	if len(l.book()) != 0 {
		t.Fatalf("book = %v, want nobody merged", l.book())
	}
	l.undo(split)
	if got := l.book(); got[1] == 0 || got[1] != got[2] {
		t.Errorf("book = %v, want 1 and 2 as one again", got)
	}
	if _, err := identity.Split(l.book(), 9); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("split of somebody alone: %v, want conflict", err)
	}
}

func TestSplitOfThreeKeepsTheOthersTogether(t *testing.T) {
	l := &log{t: t}
	l.merge(1, 2)
	l.merge(1, 3)
	moves, err := identity.Split(l.book(), 1)
	l.add(identity.Parted, moves, err)
	if got := l.book(); got[1] != 0 || got[2] == 0 || got[2] != got[3] {
		t.Errorf("book = %v, want 2 and 3 as one and 1 alone", got)
	}
}

func TestAnUndoNeverLeavesAPersonOfOneAccount(t *testing.T) {
	l := &log{t: t}
	first := l.merge(1, 2)
	l.merge(2, 3)
	if _, err := identity.Undo(l.book(), first); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("undo that would leave 3 alone in a person: %v, want conflict", err)
	}
	if _, err := identity.Undo(l.book(), identity.Fact{Kind: identity.Undone}); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("undo of an undo: %v, want conflict", err)
	}
}

func TestMergeIsRefusedTwiceAndBeyondTheBound(t *testing.T) {
	l := &log{t: t}
	l.merge(1, 2)
	for _, pair := range [][2]community.MemberKey{{1, 2}, {2, 1}, {1, 1}} {
		if _, err := identity.Merge(l.book(), pair[0], pair[1], 9); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("merge %v: %v, want conflict", pair, err)
		}
	}
	for m := community.MemberKey(3); m <= identity.MaxAccounts; m++ {
		l.merge(1, m)
	}
	if _, err := identity.Merge(l.book(), 1, 1000, 9); community.CodeOf(err) != community.CodeTooLarge {
		t.Errorf("one account too many: %v, want too large", err)
	}
}

func TestSuggestionsRestOnWhatTells(t *testing.T) {
	never := func(_, _ community.MemberKey) bool { return false }
	c := func(m community.MemberKey, p community.Platform, e identity.Evidence, v string) identity.Candidate {
		return identity.Candidate{Member: m, Platform: p, Evidence: e, Value: v}
	}
	byFile := c(8, "qq", identity.SameName, "江南烟雨客")
	byFile.Certainty = community.NameOnly
	for name, row := range map[string]struct {
		list  []identity.Candidate
		of    identity.Book
		apart bool
		want  []identity.Match
	}{
		"the same unionid": {list: []identity.Candidate{c(2, "mp", identity.SameUnion, "u1"), c(1, "wecom", identity.SameUnion, "u1")},
			want: []identity.Match{{One: 1, Two: 2, Evidence: identity.SameUnion}}},
		"a distinctive name on two platforms": {list: []identity.Candidate{c(1, "qq", identity.SameName, "江南烟雨客"), c(2, "wecom", identity.SameName, "江南烟雨客")},
			want: []identity.Match{{One: 1, Two: 2, Evidence: identity.SameName, Value: "江南烟雨客"}}},
		"a name that a file knows and a connection too": {list: []identity.Candidate{c(1, "qq", identity.SameName, "江南烟雨客"), byFile},
			want: []identity.Match{{One: 1, Two: 8, Evidence: identity.SameName, Value: "江南烟雨客"}}},
		"a name two bear on one platform": {list: []identity.Candidate{c(1, "qq", identity.SameName, "江南烟雨客"), c(3, "qq", identity.SameName, "江南烟雨客"), c(2, "wecom", identity.SameName, "江南烟雨客")}},
		"a short name":                    {list: []identity.Candidate{c(1, "qq", identity.SameName, "小王"), c(2, "wecom", identity.SameName, "小王")}},
		"a word in place of a name":       {list: []identity.Candidate{c(1, "qq", identity.SameName, "微信用户"), c(2, "wecom", identity.SameName, "微信用户")}},
		"one letter over and over":        {list: []identity.Candidate{c(1, "qq", identity.SameName, "。。aaaaaaa"), c(2, "wecom", identity.SameName, "。。aaaaaaa")}},
		"a short id":                      {list: []identity.Candidate{c(1, "irc", identity.SameID, "tom"), c(2, "telegram", identity.SameID, "tom")}},
		"already one": {list: []identity.Candidate{c(1, "mp", identity.SameUnion, "u1"), c(2, "wecom", identity.SameUnion, "u1")},
			of: identity.Book{1: 7, 2: 7}},
		"somebody said no": {list: []identity.Candidate{c(1, "mp", identity.SameUnion, "u1"), c(2, "wecom", identity.SameUnion, "u1")}, apart: true},
		"the strongest evidence counts, once": {list: []identity.Candidate{c(1, "mp", identity.SameName, "江南烟雨客"), c(2, "wecom", identity.SameName, "江南烟雨客"), c(1, "mp", identity.SameUnion, "u1"), c(2, "wecom", identity.SameUnion, "u1"), c(2, "wecom", identity.SameUnion, "u1")},
			want: []identity.Match{{One: 1, Two: 2, Evidence: identity.SameUnion}}},
	} {
		apart := never
		if row.apart {
			apart = func(_, _ community.MemberKey) bool { return true }
		}
		got := identity.Suggest(row.list, row.of, apart)
		if len(got) != len(row.want) || len(got) > 0 && !cmp.Equal(got, row.want) {
			t.Errorf("%s: %v, want %v", name, got, row.want)
		}
	}
}
