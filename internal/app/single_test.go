package app_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"qunluo/internal/bulk"
	"qunluo/internal/community"
)

// waitsFor gives the proposal that an act became.
func waitsFor(t *testing.T, err error) community.ID {
	t.Helper()
	var w *bulk.Waits
	if !errors.As(err, &w) {
		t.Fatalf("%v, want it to wait for a second person", err)
	}
	return w.Proposal
}

// TestSingleActsAddUpToTheSameLimits: who removes, mutes or punishes one by one meets the limit of a run over many; beyond it a second
// person decides, and small runs and single acts count together.
func TestSingleActsAddUpToTheSameLimits(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		n := startNight(t, dbURL, `{"scene":"quiet"}`)
		ctx, b, hands := t.Context(), n.app.Bulks(n.org, nil), n.app.Hands(n.org, nil)
		n.tight()
		here := true
		all, err := b.Preview(ctx, n.id("anna"), bulk.Order{Kind: bulk.Mute, Params: bulk.Params{Seconds: 600}, Members: community.MemberFilter{Group: n.group.Key, Present: &here}})
		check(t, err)
		who := func(i int) community.MemberKey { return all.Items[i].Member }
		one := func(user string, v community.Verb, i int) error {
			_, err := hands.Act(ctx, n.id(user), []community.Action{{Verb: v, Group: n.group.Key, Target: who(i), Seconds: 600}}, "广告")
			return err
		}
		check(t, one("anna", community.Remove, 0))
		check(t, one("anna", community.Remove, 1))
		id := waitsFor(t, one("anna", community.Remove, 2))
		if p := n.bulk(id); p.State != bulk.Waiting || p.Kind != bulk.Remove || p.Total != 1 || !p.Second || p.Reason != "广告" {
			t.Errorf("the third removal = %+v", p)
		}
		check(t, one("ben", community.Remove, 3)) // another person's own two
		check(t, one("anna", community.Mute, 4))
		_, err = b.Decide(ctx, n.id("anna"), id, true, "")
		codeIs(t, "one's own word", err, community.CodeForbidden)
		_, err = b.Decide(ctx, n.id("ben"), id, true, "")
		check(t, err)
		// a small run and what was done one by one are one sum
		p, err := b.Propose(ctx, n.id("anna"), bulk.Order{Kind: bulk.Mute, Params: bulk.Params{Seconds: 600}, Members: community.MemberFilter{Group: n.group.Key}, Picked: []community.ID{all.Items[2].MemberID, all.Items[5].MemberID}}, "刷屏")
		check(t, err)
		if p.State != bulk.Waiting {
			t.Errorf("one mute and a run of two = %s, want to wait", p.State)
		}
		spent, err := n.app.Store().BulkSpent(ctx, n.org, bulk.Remove, n.id("anna"), 0)
		check(t, err)
		if spent != (bulk.Spent{Alone: 2, All: 4}) {
			t.Errorf("spent = %+v, want two alone and four in all", spent)
		}
		_, err = hands.Act(ctx, n.id("anna"), []community.Action{{Verb: community.Mute, Group: n.group.Key, Target: who(2), Seconds: 60}, {Verb: community.Mute, Group: n.group.Key, Target: who(5), Seconds: 60}}, "x")
		codeIs(t, "two at once past the guard", err, community.CodeBadInput)
		n.end()
		n.pass(25 * time.Hour)
		n.open()
		hands = n.app.Hands(n.org, nil)
		check(t, one("anna", community.Mute, 5)) // a day later they count no more
		n.bulkIs(id, bulk.Done)
	})
}

// TestNothingDoneIsNothingCounted: an act that comes to nothing is not counted.
func TestNothingDoneIsNothingCounted(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		n := startNight(t, dbURL, `{"scene":"quiet"}`)
		ctx, hands := t.Context(), n.app.Hands(n.org, nil)
		people, _, err := n.app.Store().For(community.Scope{Org: n.org}).FindMembers(ctx, community.MemberFilter{Group: n.group.Key})
		check(t, err)
		check(t, hands.Mark(ctx, n.id("ming"), people[0].ID, community.RoleStaff, "客服"))
		for range 10 {
			_, err := hands.Strike(ctx, n.id("anna"), n.group.Key, community.PersonStrike{Member: people[0].Key, Event: 1}, "x")
			codeIs(t, "a strike against who is immune", err, community.CodeForbidden)
		}
		spent, err := n.app.Store().BulkSpent(ctx, n.org, bulk.Strike, n.id("anna"), 0)
		check(t, err)
		if spent.Alone != 0 {
			t.Errorf("%d strikes are counted", spent.Alone)
		}
	})
}

// TestASmallExportIsCountedAndRecorded: rows of people that leave as a file are counted and stand in the trail, however few, and
// staff may let out no more alone than the limit.
func TestASmallExportIsCountedAndRecorded(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		n := startNight(t, dbURL, `{"scene":"quiet"}`)
		ctx, b := t.Context(), n.app.Bulks(n.org, nil)
		check(t, b.Export(ctx, n.id("anna"), "/hits.csv?rule=ads", 60, ""))
		check(t, b.Export(ctx, n.id("anna"), "/reports.csv", 40, ""))
		err := b.Export(ctx, n.id("anna"), "/questions.csv", 1, "")
		codeIs(t, "the hundred-and-first row by staff", err, community.CodeForbidden)
		var said interface{ Say() [2]string }
		if !errors.As(err, &said) || !strings.Contains(said.Say()[0], "请所有者导出") {
			t.Errorf("it is not said what can be done: %v", err)
		}
		trail, _, err := n.app.Store().For(community.Scope{Org: n.org}).FindAudit(ctx, community.AuditFilter{Verb: "bulk.propose", Page: community.Page{Limit: 10}})
		check(t, err)
		if i := slices.IndexFunc(trail, func(a community.Audit) bool {
			return strings.Contains(string(a.After), `"total":60`) || strings.Contains(string(a.After), `"total": 60`)
		}); i < 0 || trail[i].User != n.id("anna") || trail[i].Reason != "/hits.csv?rule=ads" {
			t.Errorf("the trail: %+v", trail)
		}
		spent, err := n.app.Store().BulkSpent(ctx, n.org, bulk.Export, n.id("anna"), 0)
		check(t, err)
		if spent.Alone != 100 {
			t.Errorf("%d rows are counted, want 100", spent.Alone)
		}
	})
}
