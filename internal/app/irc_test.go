package app_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/connect/irc/irctest"
	"qunluo/internal/policy"
)

// TestAFloodOnIRCIsReallySilenced is the whole way on a server that nobody here wrote: connect, observe, publish, and a
// member who floods is not heard any more, until the mute's end.
func TestAFloodOnIRCIsReallySilenced(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		const room = "#hiking"
		address := irctest.Start(t)
		owner, member := irctest.Join(t, address, "owner", room), irctest.Join(t, address, "AQing", room)
		a := house(t, url)
		ctx := t.Context()
		org, err := a.Store().Org(ctx, "测试", false)
		check(t, err)
		hands := a.Hands(org, nil)
		settings, err := json.Marshal(map[string]any{"server": address, "tls": false, "nick": "xiaoqun", "channels": room, "rate": 600})
		check(t, err)
		_, err = hands.SaveAccount(ctx, "test", community.Account{Connector: "irc", Name: "频道助手", Settings: settings, Enabled: true}, "")
		check(t, err)
		desk := a.Store().For(community.Scope{Org: org})
		var group community.GroupRow
		await(t, func() bool {
			rows, _, err := desk.FindGroups(ctx, community.GroupFilter{})
			if err != nil || len(rows) != 1 || rows[0].Name != room || rows[0].Members < 3 {
				return false
			}
			group = rows[0]
			return true
		})
		owner.Send("MODE " + room + " +o xiaoqun")
		owner.Settle()
		flood := func(from, to int) {
			for i := from; i <= to; i++ {
				member.Send(fmt.Sprintf("PRIVMSG %s :刷屏 %d", room, i))
			}
			member.Settle()
		}
		heard := func(n int) func() bool {
			return func() bool {
				_, total, err := desk.FindMessages(ctx, community.MessageFilter{Group: group.Key})
				return err == nil && total >= n
			}
		}
		flood(1, 6)
		await(t, heard(6))
		if len(owner.Saw("MODE "+room+" +b")) != 0 {
			t.Fatal("something was done while the group was only observed")
		}
		book := policy.Book{Mode: community.Live, Zone: "Asia/Shanghai", Night: policy.Hours{From: "23:00", To: "07:00"}, MemoryDays: 30, RemovalsMax: 10, RemovalsPct: 100,
			Ladder: policy.DefaultLadder(), WarnText: policy.DefaultWarnText, Immune: policy.DefaultImmune(), Rules: []policy.Rule{
				{ID: "flood", Name: "刷屏", Kind: "flood", Mode: "live", Ladder: []policy.Rung{{Actions: []string{policy.ActMute}, MuteSeconds: 600}},
					Params: json.RawMessage(`{"windows":[{"seconds":60,"messages":3}]}`)},
			}}
		raw, err := json.Marshal(book)
		check(t, err)
		_, err = hands.Publish(plain(ctx), "test", group.Key, raw, "试行")
		check(t, err)
		flood(7, 12)
		await(t, func() bool { return len(owner.Saw("MODE "+room+" +b")) > 0 })
		member.Send("PRIVMSG " + room + " :静音后还说")
		member.Settle()
		owner.Settle()
		if got := owner.Saw("静音后还说"); len(got) != 0 || len(member.Saw(" 404 ")) == 0 {
			t.Errorf("after the mute the channel saw %v, the server refused %v", got, member.Saw(" 404 "))
		}
		var muted community.ActionRow
		await(t, func() bool {
			rows, _, err := desk.FindActions(ctx, community.ActionFilter{Group: group.Key, Verb: community.Mute, State: community.Confirmed})
			if err == nil && len(rows) > 0 {
				muted = rows[0]
			}
			return muted.Target != 0
		})
		_, err = hands.Act(ctx, "test", []community.Action{{Verb: community.Unmute, Group: group.Key, Target: muted.Target}}, "说好了")
		check(t, err)
		await(t, func() bool { return len(owner.Saw("MODE "+room+" -b")) > 0 })
		member.Send("PRIVMSG " + room + " :听见了吗")
		owner.Wait("听见了吗")
	})
}
