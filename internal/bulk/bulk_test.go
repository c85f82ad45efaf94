package bulk_test

import (
	"testing"

	"qunluo/internal/bulk"
	"qunluo/internal/community"
)

const now = int64(1_790_000_000_000)

func person(id string, owner bool) bulk.Person {
	return bulk.Person{ID: id, Known: true, Owner: owner, On: true}
}

func wantCode(t *testing.T, what string, err error, want community.Code) {
	t.Helper()
	if got := community.CodeOf(err); got != want {
		t.Errorf("%s: code %q (%v), want %q", what, got, err, want)
	}
}

func TestWhatNeedsASecondPerson(t *testing.T) {
	r := bulk.Default()
	for _, c := range []struct {
		kind   bulk.Kind
		n      int
		spent  bulk.Spent
		second bool
		code   community.Code
	}{
		{bulk.Remove, 5, bulk.Spent{}, false, ""},
		{bulk.Remove, 6, bulk.Spent{}, true, ""},
		{bulk.Remove, 3, bulk.Spent{Alone: 3, All: 3}, true, ""}, // five and five again are ten
		{bulk.Mute, 50, bulk.Spent{}, false, ""},
		{bulk.Mute, 51, bulk.Spent{}, true, ""},
		{bulk.Export, 101, bulk.Spent{}, true, ""},
		{bulk.Loosen, 1, bulk.Spent{}, true, ""},
		{bulk.Remove, 201, bulk.Spent{}, false, community.CodeTooLarge},
		{bulk.Remove, 10, bulk.Spent{All: 495}, false, community.CodeLimited},
		{bulk.Remove, 0, bulk.Spent{}, false, community.CodeBadInput},
		{"dance", 1, bulk.Spent{}, false, community.CodeBadInput},
	} {
		need, err := r.Need(c.kind, c.n, c.spent)
		wantCode(t, string(c.kind), err, c.code)
		if err == nil && need.Second != c.second {
			t.Errorf("%d of %s after %+v: second %v, want %v", c.n, c.kind, c.spent, need.Second, c.second)
		}
	}
	if need, _ := r.Need(bulk.Remove, 1, bulk.Spent{}); need.Cool != 600_000 {
		t.Errorf("removals cool off %d ms, want ten minutes", need.Cool)
	}
}

func TestNobodyIsTheirOwnSecondPerson(t *testing.T) {
	r, anna, ben := bulk.Default(), person("anna", false), person("ben", false)
	p, err := bulk.Open(bulk.Proposal{Kind: bulk.Remove, User: "anna", Total: 9}, bulk.Need{Second: true, Cool: 600_000}, r, anna, now)
	if err != nil || p.State != bulk.Waiting || p.Expires != now+24*3600_000 {
		t.Fatalf("proposal = %+v, %v", p, err)
	}
	if _, err := bulk.Open(bulk.Proposal{User: "cli"}, bulk.Need{Second: true}, r, bulk.Person{ID: "cli", Owner: true, On: true}, now); community.CodeOf(err) != community.CodeForbidden {
		t.Errorf("proposed by nobody known: %v", err)
	}
	wantCode(t, "herself", bulk.MayDecide(p, anna, now), community.CodeForbidden)
	wantCode(t, "by no name", bulk.MayDecide(p, bulk.Person{ID: "cli", Owner: true, On: true}, now), community.CodeForbidden)
	wantCode(t, "switched off", bulk.MayDecide(p, bulk.Person{ID: "ben", Known: true}, now), community.CodeForbidden)
	wantCode(t, "too late", bulk.MayDecide(p, ben, p.Expires), community.CodeLate)
	yes, err := bulk.Decide(p, ben, true, "看过了", r, now+1)
	if err != nil || yes.State != bulk.Approved || yes.Decider != "ben" || yes.Starts != now+1+600_000 {
		t.Fatalf("approved = %+v, %v", yes, err)
	}
	_, err = bulk.Decide(yes, person("ming", true), false, "", r, now+2)
	wantCode(t, "twice", err, community.CodeConflict)
	export := p
	export.Kind = bulk.Export
	wantCode(t, "export by a moderator", bulk.MayDecide(export, ben, now), community.CodeForbidden)
	if err := bulk.MayDecide(export, person("ming", true), now); err != nil {
		t.Errorf("export by an owner: %v", err)
	}
}

func TestStatesFollowEachOther(t *testing.T) {
	allowed := map[[2]bulk.State]bool{
		{bulk.Waiting, bulk.Approved}: true, {bulk.Waiting, bulk.Refused}: true, {bulk.Waiting, bulk.Expired}: true, {bulk.Waiting, bulk.Withdrawn}: true,
		{bulk.Approved, bulk.Running}: true, {bulk.Approved, bulk.Withdrawn}: true, {bulk.Approved, bulk.Done}: true,
		{bulk.Running, bulk.Done}: true, {bulk.Running, bulk.Stopped}: true,
		{bulk.Done, bulk.Undoing}: true, {bulk.Stopped, bulk.Undoing}: true, {bulk.Undoing, bulk.Undone}: true,
	}
	for _, from := range bulk.States {
		for _, to := range bulk.States {
			_, err := bulk.End(bulk.Proposal{State: from}, to, "anna", "", now)
			if (err == nil) != allowed[[2]bulk.State{from, to}] {
				t.Errorf("%s → %s: %v", from, to, err)
			}
		}
	}
}

func TestWhoIsLeftOutAndWhy(t *testing.T) {
	for _, c := range []struct {
		kind bulk.Kind
		f    bulk.Fact
		want string
	}{
		{bulk.Remove, bulk.Fact{Role: community.RoleMember}, ""},
		{bulk.Remove, bulk.Fact{Left: true}, "left"},
		{bulk.Remove, bulk.Fact{Role: community.RoleOwner}, "immune"},
		{bulk.Mute, bulk.Fact{Mark: community.RoleStaff}, "staff"},
		{bulk.Mute, bulk.Fact{Immune: true}, "immune"},
		{bulk.Mute, bulk.Fact{Muted: true}, "muted"},
		{bulk.Remove, bulk.Fact{Ours: true, Left: true}, "ours"},
		{bulk.Strike, bulk.Fact{Silent: true}, "silent"},
		{bulk.Strike, bulk.Fact{Struck: true}, "struck"},
		{bulk.Tag, bulk.Fact{Role: community.RoleOwner}, ""},
		{bulk.Tag, bulk.Fact{Tagged: true}, "tagged"},
		{bulk.Untag, bulk.Fact{}, "untagged"},
		{bulk.Undo, bulk.Fact{Undone: true}, "undone"},
	} {
		if got := bulk.Exempt(c.kind, c.f); got != c.want {
			t.Errorf("%s of %+v: %q, want %q", c.kind, c.f, got, c.want)
		}
	}
}

func TestPaceHoldsTheHour(t *testing.T) {
	const hour, minute = 3600_000, 60_000
	for _, c := range []struct {
		per  int
		done []int64
		free int
		next int64
	}{
		{3, nil, 3, now},
		{3, []int64{now - 10*minute, now - hour}, 2, now},
		{2, []int64{now - 10*minute, now - 40*minute}, 0, now + 20*minute},
		{2, []int64{now - 5*minute, now - 40*minute, now - 10*minute}, 0, now + 50*minute},
		{0, nil, 1, now},
	} {
		free, next := bulk.Pace(c.per, c.done, now)
		if free != c.free || next != c.next {
			t.Errorf("pace %d after %v = %d, %d; want %d, %d", c.per, c.done, free, next, c.free, c.next)
		}
	}
}

func TestLooserLimitsAreSeen(t *testing.T) {
	was := bulk.Default()
	with := func(k bulk.Kind, l bulk.Limit) bulk.Rules {
		return bulk.Rules{Limits: map[bulk.Kind]bulk.Limit{k: l}, Expiry: was.Expiry}.Or()
	}
	for _, c := range []struct {
		what   string
		r      bulk.Rules
		looser bool
	}{
		{"the same", was, false},
		{"tighter", with(bulk.Remove, bulk.Limit{Soft: 1, Run: 10, Day: 20, Cool: 30}), false},
		{"more alone", with(bulk.Remove, bulk.Limit{Soft: 6, Run: 200, Day: 500, Cool: 10}), true},
		{"no cooling", with(bulk.Remove, bulk.Limit{Soft: 5, Run: 200, Day: 500}), true},
		{"more a day", with(bulk.Mute, bulk.Limit{Soft: 50, Run: 1000, Day: 3001}), true},
		{"the guard over itself", with(bulk.Loosen, bulk.Limit{Soft: 9, Run: 9, Day: 20}), false}, // cannot be set
	} {
		if got := c.r.Looser(was); got != c.looser {
			t.Errorf("%s: looser %v, want %v", c.what, got, c.looser)
		}
		if err := c.r.Check(); err != nil {
			t.Errorf("%s: %v", c.what, err)
		}
	}
	wantCode(t, "nonsense", with(bulk.Mute, bulk.Limit{Soft: -1, Run: 0}).Check(), community.CodeBadInput)
}

func TestExportIsFetchedByWhoAskedOnly(t *testing.T) {
	p := bulk.Proposal{Kind: bulk.Export, State: bulk.Done, User: "ming", Decided: now, Params: bulk.Params{Path: "/members.csv?g=1"}}
	wantCode(t, "as asked", bulk.Fetchable(p, "ming", "/members.csv?g=1", now+1), "")
	wantCode(t, "another's", bulk.Fetchable(p, "anna", "/members.csv?g=1", now+1), community.CodeForbidden)
	wantCode(t, "something else", bulk.Fetchable(p, "ming", "/members.csv", now+1), community.CodeNotFound)
	wantCode(t, "days later", bulk.Fetchable(p, "ming", "/members.csv?g=1", now+25*3600_000), community.CodeLate)
	p.State = bulk.Waiting
	wantCode(t, "unconfirmed", bulk.Fetchable(p, "ming", "/members.csv?g=1", now+1), community.CodeConflict)
}
