package app_test

import (
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"qunluo/internal/community"
	"qunluo/internal/connect/conntest"
	"qunluo/internal/connect/wechaty/wechatytest"
	"qunluo/internal/connect/wechaty/wire"
	"qunluo/internal/policy"
)

// TestWeChatGroupIsKeptInOrderUntilThePlatformRestricts is the whole way of a personal WeChat account: read the group,
// answer, warn; muting is asked of people, removing waits for a tap, and the first restriction ends everything.
func TestWeChatGroupIsKeptInOrderUntilThePlatformRestricts(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		on, err := net.Listen("tcp", "127.0.0.1:0")
		check(t, err)
		p := wechatytest.New(t, on, func() { _ = on.Close() })
		a := house(t, url)
		ctx := t.Context()
		org, err := a.Store().Org(ctx, "测试", false)
		check(t, err)
		hands := a.Hands(org, nil)
		settings, _ := json.Marshal(map[string]any{"endpoint": on.Addr().String(), "token": wechatytest.Token, "rate": 20, "accept_risk": true})
		account, err := hands.SaveAccount(ctx, "test", community.Account{Connector: "wechaty", Name: "小号", Settings: settings, Enabled: true}, "")
		check(t, err)
		g := &guestHouse{app: a, org: org, desk: a.Store().For(community.Scope{Org: org})}
		await(t, func() bool {
			rows, _, err := g.desk.FindGroups(ctx, community.GroupFilter{})
			if err != nil || len(rows) != 1 || rows[0].Name != "周末徒步群" || rows[0].Members != 3 || rows[0].Platform != "wechat" {
				return false
			}
			g.group = rows[0]
			return true
		})
		g.publish(t, satoriRules...)
		p.Says("群规在哪里看？")
		await(t, func() bool { return did(p, community.Send, "请看群公告") })
		ad := p.Says("加微信领资料")
		await(t, func() bool { return recalled(p, ad) })
		p.Says("快加 微信")
		mute := g.task(t, community.Mute)
		if mute.Why != "no_ability" {
			t.Errorf("the mute is a task because of %q, want no_ability", mute.Why)
		}
		p.Says("加微信！！")
		remove := g.task(t, community.Remove)
		if remove.Why != policy.HoldGateway || did(p, community.Remove, "") {
			t.Errorf("the removal waits because of %q, done = %v; want it held", remove.Why, did(p, community.Remove, ""))
		}
		check(t, hands.TaskRelease(ctx, "test", remove.ID, "看过证据"))
		await(t, func() bool { return did(p, community.Remove, "") })
		p.Moved(wire.EventRoomJoin, `"inviteeIdList":["wxid_new"]`, fmt.Sprintf(`"inviterId":%q`, wechatytest.OwnerID))
		await(t, func() bool { return did(p, community.Send, "欢迎") })
		rep, err := a.AsDecided(ctx, g.group.Key)
		check(t, err)
		if rep.Different != 0 || rep.Decisions < 5 {
			t.Errorf("replay: %d decisions, %d different; want at least 5, none different", rep.Decisions, rep.Different)
		}
		p.Fail("MessageSendText", status.Error(codes.Unknown, "操作过于频繁，请稍后再试"))
		p.Says("群规呢？")
		await(t, func() bool { return a.Intake().Health(account.Key).Code == community.CodeRestricted })
		p.Fail("MessageSendText", nil)
		before := len(p.Did())
		p.Says("群规？？")
		g.task(t, community.Send)
		if more := p.Did()[before:]; len(more) != 0 {
			t.Errorf("a restricted account did %+v", more)
		}
	})
}

// task waits for an open task of a verb.
func (g *guestHouse) task(t *testing.T, v community.Verb) community.TaskRow {
	t.Helper()
	var found community.TaskRow
	await(t, func() bool {
		rows, _, err := g.desk.FindTasks(t.Context(), community.TaskFilter{})
		i := slices.IndexFunc(rows, func(r community.TaskRow) bool { return r.Verb == v })
		if i >= 0 {
			found = rows[i]
		}
		return err == nil && i >= 0
	})
	return found
}

func did(p *wechatytest.Puppet, v community.Verb, text string) bool {
	return slices.ContainsFunc(p.Did(), func(d conntest.Done) bool { return d.Verb == v && strings.Contains(d.Text, text) })
}

func recalled(p *wechatytest.Puppet, message string) bool {
	return slices.ContainsFunc(p.Did(), func(d conntest.Done) bool { return d.Verb == community.RecallMsg && d.Message == message })
}
