package app_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect/wecom/wecomtest"
	"qunluo/internal/duty"
	"qunluo/internal/store"
)

// TestWhoLeavesHandsEverythingOver: an owner of customer groups, with contacts, a group on a platform without an interface, a
// shift and a claimed task, leaves. What fails is listed with its reason and works when tried again.
func TestWhoLeavesHandsEverythingOver(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		a, _ := serve(t, url)
		ctx := t.Context()
		corp := wecomtest.New()
		for _, chat := range [][2]string{{"wrA", "甲群"}, {"wrB", "乙群"}} {
			corp.AddChat(chat[0], chat[1], "owner", wecomtest.Member{ID: "helper", Name: "林晓", Employee: true, Joined: time.Now().Unix() - 86400, Scene: 1})
		}
		for _, id := range []string{"wm1", "wm2"} {
			corp.AddContact("owner", wecomtest.Contact{ID: id, Name: "客户" + id, Added: time.Now().Unix() - 999, Tags: []string{"t1"}})
		}
		srv := httptest.NewServer(corp)
		t.Cleanup(srv.Close)
		org, err := a.Store().Org(ctx, "测试", false)
		check(t, err)
		hands := a.Hands(org, nil)
		account, err := hands.SaveAccount(ctx, "test", community.Account{Connector: "wecom", Name: "企业微信", Enabled: true, Settings: wecomtest.Settings(srv.URL, nil)}, "")
		check(t, err)
		quiet, err := hands.SaveAccount(ctx, "test", community.Account{Connector: "sim", Name: "模拟", Enabled: true, Settings: []byte(`{"scene":"quiet"}`)}, "")
		check(t, err)
		desk := a.Store().For(community.Scope{Org: org})
		member := func(external string) community.Member {
			t.Helper()
			var found community.Member
			await(t, func() bool {
				rows, _, err := desk.FindMembers(ctx, community.MemberFilter{Text: external})
				i := slices.IndexFunc(rows, func(m community.MemberRow) bool { return m.External == external })
				if err == nil && i >= 0 {
					found = rows[i].Member
				}
				return err == nil && i >= 0
			})
			return found
		}
		roster, err := json.Marshal([]community.Who{{ID: "chen-qq", Name: "老陈", Role: community.RoleOwner}, {ID: "somebody", Name: "群友", Role: community.RoleMember}})
		check(t, err)
		_, err = a.Engine().Apply(ctx, community.Inbound{Type: community.RosterRead, Account: quiet.Key, Key: "r1", Group: community.Ref{ID: "g9", Name: "别处的群"}, OccurredAt: a.Now(), Body: community.Body{Data: roster}})
		check(t, err)
		await(t, func() bool {
			rows, _, err := desk.FindMembers(ctx, community.MemberFilter{Text: "helper"})
			groups, _, more := desk.FindGroups(ctx, community.GroupFilter{Platform: "wecom"})
			return err == nil && more == nil && len(rows) == 1 && len(groups) == 2 && groups[0].Members == 2 && groups[1].Members == 2
		})
		owner, helper, there := member("owner"), member("helper"), member("chen-qq")
		_, err = a.Persons(org, nil).Merge(ctx, "test", owner.ID, there.ID, "", "同一个人")
		check(t, err)
		_, err = hands.DoChore(ctx, "test", account.Key, "contact.read", nil, "读一次")
		check(t, err)
		await(t, func() bool {
			rows, _, err := desk.FindGroups(ctx, community.GroupFilter{Desks: true})
			return err == nil && slices.ContainsFunc(rows, func(g community.GroupRow) bool { return g.External == wecomtest.ID+":owner" && g.Members == 2 })
		})
		tags, err := desk.MemberTags(ctx, memberOnDesk(t, desk, "wm1"))
		check(t, err)
		if !slices.Equal(tags, []string{"意向/高"}) {
			t.Errorf("tags of a contact = %v, want 意向/高", tags)
		}
		users := map[string]community.User{}
		for _, login := range []string{"chen", "lin"} {
			users[login], err = a.Store().SaveUser(ctx, "test", community.User{Org: org, Login: login, Name: login, Role: "owner", Lang: "zh-CN", Enabled: true, Hash: "x"}, "")
			check(t, err)
		}
		from, to := users["chen"].ID.String(), users["lin"].ID.String()
		_, err = a.Duty(org, nil).AddShift(ctx, "test", duty.Shift{User: from, Weekday: 1, Start: 60, End: 120}, "")
		check(t, err)
		same, err := a.Duty(org, nil).AddShift(ctx, "test", duty.Shift{User: from, Weekday: 2, Start: 60, End: 120}, "")
		check(t, err)
		twin, err := a.Duty(org, nil).AddShift(ctx, "test", duty.Shift{User: to, Weekday: 2, Start: 60, End: 120}, "")
		check(t, err)
		group, err := desk.GroupByKey(ctx, groupCalled(t, desk, "别处的群"))
		check(t, err)
		_, err = hands.Act(ctx, "test", []community.Action{{Group: group.Key, Verb: community.Remind, Target: there.Key, Text: "回个话"}}, "提醒")
		check(t, err)
		var task community.TaskRow
		await(t, func() bool {
			rows, _, err := desk.FindTasks(ctx, community.TaskFilter{Group: group.Key})
			if err == nil && len(rows) > 0 {
				task = rows[0]
			}
			return err == nil && len(rows) > 0
		})
		check(t, hands.TaskClaim(ctx, from, task.ID, ""))

		book := a.Handovers(org, nil)
		order := duty.Handover{FromUser: from, ToUser: to, FromMember: owner.Key, ToMember: helper.Key, Reason: "离职"}
		for name, bad := range map[string]duty.Handover{"nobody": {Reason: "x"}, "to oneself": {FromUser: from, ToUser: from, Reason: "x"}, "a stranger": {FromUser: from, ToUser: "nobody", Reason: "x"}, "no reason": {FromUser: from, ToUser: to}} {
			if _, err := book.Begin(ctx, "test", bad); community.CodeOf(err) != community.CodeBadInput {
				t.Errorf("%s: %v, want bad input", name, err)
			}
		}
		look, err := book.Look(ctx, order)
		check(t, err)
		if kinds := kindsOf(look); kinds != "task shift shift group group group contacts " {
			t.Errorf("listed = %s", kinds)
		}
		ho, err := book.Begin(ctx, "test", order) // the owner is still employed: the platform refuses both groups
		check(t, err)
		await(t, func() bool {
			ho, err = book.ByID(ctx, ho.ID)
			return err == nil && ho.Count().Open == 0
		})
		n := ho.Count()
		if n.Done != 3 || n.Failed != 3 || n.Asked != 1 { // task, shift, contacts; two groups and the twin shift; the other platform
			t.Fatalf("counts = %+v of %+v", n, ho.Items)
		}
		for _, it := range ho.Items {
			if it.Kind == duty.HandGroup && it.State == duty.HandFailed && (it.Why != duty.SaidNo || len(it.Detail.Rows) != 1 || it.Detail.Rows[0][1] != "90500") {
				t.Errorf("a refused group says %+v", it)
			}
		}
		if k, err := desk.TaskByID(ctx, task.ID); err != nil || k.Assignee != to {
			t.Errorf("the task is with %q (%v), want the taker", k.Assignee, err)
		}
		corp.Resign("owner")
		_, err = a.Duty(org, nil).RemoveShift(ctx, "test", twin.ID, "")
		check(t, err)
		ho, err = book.Retry(ctx, "test", ho.ID, 0)
		check(t, err)
		await(t, func() bool {
			ho, err = book.ByID(ctx, ho.ID)
			return err == nil && ho.Count().Open == 0
		})
		if n := ho.Count(); n.Done != 6 || n.Failed != 0 || n.Asked != 1 {
			t.Errorf("after the retry %+v of %+v", n, ho.Items)
		}
		if did := corp.Did(); !slices.Contains(did, "transfer wrA helper") || !slices.Contains(did, "transfer wrB helper") {
			t.Errorf("the platform did %v", did)
		}
		roster2, err := a.Store().Roster(ctx, org)
		check(t, err)
		if slices.ContainsFunc(roster2.Shifts, func(s duty.Shift) bool { return s.User == from }) || !slices.ContainsFunc(roster2.Shifts, func(s duty.Shift) bool { return s.ID == same.ID && s.User == to }) {
			t.Errorf("shifts = %+v, want all with the taker", roster2.Shifts)
		}
		if _, err := book.Retry(ctx, "test", ho.ID, 0); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("retry of nothing: %v, want conflict", err)
		}
		asked(t, hands.TaskDone, desk, ho)
		if ho, err = book.ByID(ctx, ho.ID); err != nil || ho.Count().Done != 7 {
			t.Errorf("at the end %+v (%v), want all done", ho.Count(), err)
		}
		_, audits, err := desk.FindAudit(ctx, community.AuditFilter{Subject: "handover:" + ho.ID.String()})
		if err != nil || audits < 8 {
			t.Errorf("audit rows = %d (%v), want one for the beginning and one for each result", audits, err)
		}
	})
}

// asked does the task that the handover made.
func asked(t *testing.T, done func(ctx context.Context, user string, id community.ID, note string) error, desk *store.Desk, ho duty.Handover) {
	t.Helper()
	for _, it := range ho.Items {
		if it.State != duty.HandAsked {
			continue
		}
		await(t, func() bool {
			k, err := desk.TaskByID(t.Context(), it.Action)
			return err == nil && k.Verb == community.HandOver && k.Text != ""
		})
		check(t, done(t.Context(), "test", it.Action, "转好了"))
	}
}

func kindsOf(h duty.Handover) string {
	out := ""
	for _, it := range h.Items {
		out += string(it.Kind) + " "
	}
	return out
}

func groupCalled(t *testing.T, desk *store.Desk, name string) community.GroupKey {
	t.Helper()
	rows, _, err := desk.FindGroups(t.Context(), community.GroupFilter{Text: name})
	if err != nil || len(rows) != 1 {
		t.Fatalf("group %s: %d (%v)", name, len(rows), err)
	}
	return rows[0].Key
}

// memberOnDesk finds somebody who is on a desk only.
func memberOnDesk(t *testing.T, desk *store.Desk, external string) community.MemberKey {
	t.Helper()
	groups, _, err := desk.FindGroups(t.Context(), community.GroupFilter{Desks: true})
	check(t, err)
	for _, g := range groups {
		rows, _, err := desk.FindMembers(t.Context(), community.MemberFilter{Group: g.Key})
		check(t, err)
		for _, m := range rows {
			if m.External == external {
				return m.Key
			}
		}
	}
	t.Fatalf("nobody is %s", external)
	return 0
}
