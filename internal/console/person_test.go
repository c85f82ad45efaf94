package console

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/identity"
)

// kin says who is one human among the invented members: 43 and 44 are.
type kin struct {
	h   *house
	did []string
}

func (n *kin) member(id community.ID) community.Member {
	m, err := n.h.MemberByID(context.Background(), id)
	if err != nil {
		panic(err)
	}
	return m
}

func (n *kin) Person(ctx context.Context, m community.MemberKey) ([]identity.Account, error) {
	a, b := n.member(fakeID(43)), n.member(fakeID(44))
	list := []identity.Account{{Member: a, Tags: []string{"意向/高", "\u202e<b>很长的标签"}}, {Member: b}}
	if m == b.Key {
		slices.Reverse(list)
	} else if m != a.Key {
		return nil, nil
	}
	for i := range list {
		list[i].Places, _ = n.h.Memberships(ctx, list[i].Key)
	}
	return list, nil
}

func (n *kin) Facts(context.Context, community.MemberKey, community.Page) ([]identity.FactRow, int, error) {
	accounts := []community.Member{n.member(fakeID(43)), n.member(fakeID(44))}
	at := fakeNow.UnixMilli()
	return []identity.FactRow{
		{Fact: identity.Fact{ID: fakeID(991), Kind: identity.Undone, At: at, User: "cli", Reason: "弄错了"}, Accounts: accounts},
		{Fact: identity.Fact{ID: fakeID(990), Kind: identity.Merged, At: at - 1000, User: "cli", Reason: "他自己说的", Evidence: identity.SameName}, Accounts: accounts, Undone: true},
		{Fact: identity.Fact{ID: fakeID(989), Kind: identity.Merged, At: at - 2000, User: "cli", Reason: "他自己说的"}, Accounts: accounts},
	}, 3, nil
}

func (n *kin) Suggestions(_ context.Context, _ community.MemberKey, p community.Page) ([]identity.Pair, int, error) {
	pair := identity.Pair{Match: identity.Match{Evidence: identity.SameName, Value: "江南烟雨客"}, A: n.member(fakeID(43)), B: n.member(fakeID(44)), GroupsA: []string{"茶友群", "跑友群"}}
	return []identity.Pair{{Match: identity.Match{Evidence: identity.SameUnion}, A: pair.A, B: pair.B}, pair}, 2, nil
}

func (n *kin) note(format string, args ...any) {
	n.did = append(n.did, fmt.Sprintf(format, args...))
}

func (n *kin) Merge(_ context.Context, _ string, one, two community.ID, e identity.Evidence, reason string) (identity.Fact, error) {
	if one == two {
		return identity.Fact{}, community.Errorf(community.CodeConflict, "one already")
	}
	n.note("merge %s %s %s: %s", one, two, e, reason)
	return identity.Fact{}, nil
}

func (n *kin) Split(_ context.Context, _ string, m community.ID, reason string) (identity.Fact, error) {
	n.note("split %s: %s", m, reason)
	return identity.Fact{}, nil
}

func (n *kin) UndoFact(_ context.Context, _ string, f community.ID, reason string) (identity.Fact, error) {
	n.note("undo %s: %s", f, reason)
	return identity.Fact{}, nil
}

func (n *kin) Apart(_ context.Context, _ string, one, two community.ID, apart bool, reason string) error {
	n.note("apart %s %s %t: %s", one, two, apart, reason)
	return nil
}

// TestPersonsAreMergedAndSplitByOwnersOnly works every form of the pages of persons.
func TestPersonsAreMergedAndSplitByOwnersOnly(t *testing.T) {
	h := furnished()
	d := h.fullDeps()
	n := &kin{h: h}
	d.Persons = func(community.OrgKey, []community.GroupKey) Persons { return n }
	v := openWith(t, d).as("owner")
	a, b := fakeID(43).String(), fakeID(44).String()
	status, body := v.get("/members/" + a)
	if status != 200 || !strings.Contains(body, "/members/"+b+"/split") || !strings.Contains(body, "意向/高") || !strings.Contains(body, "person=1") {
		t.Errorf("the page of a member with two accounts = %d, and shows too little", status)
	}
	for _, f := range [][]string{
		{"/members/" + a + "/merge", "other", b, "evidence", "name", "reason", "他自己说的"},
		{"/members/" + a + "/split", "reason", "弄错了"},
		{"/members/" + a + "/apart", "other", b, "reason", "不是"},
		{"/members/links/" + fakeID(989).String() + "/undo", "reason", "弄错了"},
	} {
		if status, _ := v.post(f[0], f[1:]...); status != 200 {
			t.Errorf("%s = %d", f[0], status)
		}
	}
	want := []string{"merge " + a + " " + b + " name: 他自己说的", "split " + a + ": 弄错了", "apart " + a + " " + b + " true: 不是", "undo " + fakeID(989).String() + ": 弄错了"}
	if !slices.Equal(n.did, want) {
		t.Errorf("did %q, want %q", n.did, want)
	}
	for _, f := range [][]string{
		{"/members/" + a + "/merge", "other", b},                                       // no reason
		{"/members/" + a + "/merge", "other", "nobody-at-all", "reason", "x"},          // nobody
		{"/members/" + a + "/merge", "other", a, "reason", "x"},                        // twice
		{"/members/" + a + "/merge", "other", strings.Repeat("长", 500), "reason", "x"}, // huge
		{"/members/" + a + "/apart", "other", "<script>", "reason", "x"},
	} {
		if status, body := v.post(f[0], f[1:]...); status != 200 || !strings.Contains(body, "alert-danger") {
			t.Errorf("%v = %d, want the page back with a word", f, status)
		}
	}
	if len(n.did) != len(want) {
		t.Errorf("bad input did %q", n.did[len(want):])
	}
	mod := openWith(t, d).as("mod")
	if status, body := mod.get("/members/links"); status != 200 || strings.Contains(body, "/merge") {
		t.Errorf("a moderator's suggestions = %d, or offer merging", status)
	}
	if status, _ := mod.post("/members/"+a+"/merge", "other", b, "reason", "x"); status != 403 {
		t.Errorf("a moderator merges: %d, want 403", status)
	}
}
