package app_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/wecom/wecomtest"
	"qunluo/internal/policy"
)

// TestCustomerGroupIsReadKeptAndSentTo is the whole way of a 企业微信 group: connect, a callback, the member with the code
// they came by, a rule's removal as a task that closes by itself, and a mass send that its owner confirms.
func TestCustomerGroupIsReadKeptAndSentTo(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		a, doors := serve(t, url)
		ctx := t.Context()
		corp := wecomtest.New()
		corp.AddChat("wrHIKE", "周末徒步群", "owner", wecomtest.Member{ID: "wmZHOU", Name: "老周", Joined: time.Now().Unix() - 86400, Scene: 1})
		srv := httptest.NewServer(corp)
		t.Cleanup(srv.Close)
		org, err := a.Store().Org(ctx, "测试", false)
		check(t, err)
		hands := a.Hands(org, nil)
		account, err := hands.SaveAccount(ctx, "test", community.Account{Connector: "wecom", Name: "企业微信", Enabled: true,
			Settings: wecomtest.Settings(srv.URL, map[string]any{"contacts": false})}, "")
		check(t, err)
		desk := a.Store().For(community.Scope{Org: org})
		var group community.GroupRow
		await(t, func() bool {
			rows, _, err := desk.FindGroups(ctx, community.GroupFilter{})
			if err != nil || len(rows) != 1 || rows[0].Name != "周末徒步群" || rows[0].Members != 2 {
				return false
			}
			group = rows[0]
			return true
		})
		called := doors.URL + "/connect/" + account.ID.String() + "/"
		tell := func(detail string, fields ...string) {
			t.Helper()
			xml := corp.Event("change_external_chat", "update", append(fields, wecomtest.Field("ChatId", "wrHIKE"), wecomtest.Field("UpdateDetail", detail))...)
			if status, err := corp.Post(srv.Client(), called, xml); err != nil || status != http.StatusOK {
				t.Fatalf("callback = %d, %v; want 200", status, err)
			}
		}
		member := func(id string) *community.MemberRow {
			rows, _, err := desk.FindMembers(ctx, community.MemberFilter{Group: group.Key})
			if i := slices.IndexFunc(rows, func(m community.MemberRow) bool { return m.External == id }); err == nil && i >= 0 {
				return &rows[i]
			}
			return nil
		}

		joined := time.Now().Unix()
		corp.Join("wrHIKE", wecomtest.Member{ID: "wmAD", Name: "加微信领资料", Joined: joined, Scene: 3, State: "poster-7", Inviter: "owner"})
		tell("add_member")
		await(t, func() bool {
			m := member("wmAD")
			return m != nil && m.State == "poster-7" && m.Scene == "qr" && m.Inviter == "owner" && m.JoinedAt == joined*1000
		})

		raw, err := json.Marshal(policy.Book{Mode: community.Live, Zone: "Asia/Shanghai", Night: policy.Hours{From: "23:00", To: "07:00"}, MemoryDays: 30, RemovalsMax: 10, RemovalsPct: 100,
			Ladder: []policy.Rung{{Actions: []string{policy.ActRemove}}}, WarnText: policy.DefaultWarnText, Immune: policy.DefaultImmune(), Rules: []policy.Rule{
				{ID: "ads", Name: "广告", Kind: "keyword", Mode: "live", Params: json.RawMessage(`{"lists":[{"name":"广告","words":["加微信"]}]}`)}}})
		check(t, err)
		_, err = hands.Publish(plain(ctx), "test", group.Key, raw, "试行")
		check(t, err)
		// What customers write comes by another way than the connection (pasted, or the paid archive): here by the door itself.
		check(t, a.Intake().Host(account.Key, "wecom").Receive(ctx, connect.Inbound{Type: community.MessageCreated, Key: "m1", OccurredAt: a.Now(),
			Group: community.Ref{ID: "wrHIKE"}, Actor: community.Who{ID: "wmAD", Name: "加微信领资料"}, Body: community.Body{Text: "加微信领资料", Message: "m1"}}))
		var task community.TaskRow
		await(t, func() bool {
			rows, n, err := desk.FindTasks(ctx, community.TaskFilter{Group: group.Key})
			if err != nil || n != 1 || rows[0].Verb != community.Remove {
				return false
			}
			task = rows[0]
			return true
		})
		if task.TargetRef != "wmAD" || task.Why != "no_ability" {
			t.Errorf("task = %+v, want the removal of wmAD, which no interface can do", task.Task)
		}
		corp.Leave("wrHIKE", "wmAD") // the owner does it on the phone
		tell("del_member", wecomtest.Field("QuitScene", "1"))
		await(t, func() bool {
			done, err := desk.TaskByID(ctx, task.ID)
			return err == nil && done.State == "done"
		})
		await(t, func() bool { m := member("wmAD"); return m != nil && m.LeftAt != 0 })

		ids, err := hands.Act(ctx, "test", []community.Action{{Group: group.Key, Verb: community.MassSend, Text: "周六八点西门集合"}}, "周末活动")
		check(t, err)
		state := func() community.State {
			rows, _, err := desk.FindActions(ctx, community.ActionFilter{Decision: ids[0]})
			if err != nil || len(rows) != 1 {
				return ""
			}
			return rows[0].State
		}
		await(t, func() bool { return state() == community.HumanTask })
		masses := corp.Masses()
		if len(masses) != 1 || masses[0].Text != "周六八点西门集合" || masses[0].Sender != "owner" {
			t.Fatalf("mass sends = %+v, want one asked of the owner", masses)
		}
		corp.Tap(masses[0].ID)
		out, err := hands.DoChore(ctx, "test", account.Key, "mass.list", nil, "")
		check(t, err)
		if len(out.Rows) != 0 {
			t.Errorf("after the tap %v still waits", out.Rows)
		}
		await(t, func() bool { return state() == community.Confirmed })

		if rep, err := a.AsDecided(ctx, group.Key); err != nil || rep.Different != 0 {
			t.Errorf("replay: %+v, %v; want none different", rep, err)
		}
	})
}
