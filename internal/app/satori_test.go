package app_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"qunluo/internal/app"
	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/sim"
	"qunluo/internal/policy"
	"qunluo/internal/store"
	"qunluo/internal/store/storetest"
)

// guestHouse is a second house, which has the group of a site by Satori.
type guestHouse struct {
	app   *app.App
	org   community.OrgKey
	desk  *store.Desk
	group community.GroupRow
}

// byGateway lets a house connect to a Satori gateway and waits for its one group.
func byGateway(t *testing.T, dbURL string, settings map[string]string, members int) *guestHouse {
	t.Helper()
	g := &guestHouse{app: house(t, dbURL)}
	var err error
	g.org, err = g.app.Store().Org(t.Context(), "客人", false)
	check(t, err)
	raw, err := json.Marshal(settings)
	check(t, err)
	_, err = g.app.Hands(g.org, nil).SaveAccount(t.Context(), "test", community.Account{Connector: "satori", Name: "网关", Enabled: true, Settings: raw}, "")
	check(t, err)
	g.desk = g.app.Store().For(community.Scope{Org: g.org})
	await(t, func() bool {
		rows, _, err := g.desk.FindGroups(t.Context(), community.GroupFilter{})
		if err != nil || len(rows) != 1 || rows[0].Members < members {
			return false
		}
		g.group = rows[0]
		return true
	})
	return g
}

func (g *guestHouse) account(t *testing.T) community.Account {
	t.Helper()
	all, err := g.desk.Accounts(t.Context())
	check(t, err)
	return all[0]
}

func (g *guestHouse) publish(t *testing.T, rules ...policy.Rule) {
	t.Helper()
	raw, err := json.Marshal(policy.Book{Mode: community.Live, Zone: "Asia/Shanghai", MemoryDays: 30, RemovalsMax: 10, RemovalsPct: 100,
		Night:  policy.Hours{From: "23:00", To: "07:00"},
		Ladder: policy.DefaultLadder(), WarnText: policy.DefaultWarnText, Immune: policy.DefaultImmune(), Rules: rules})
	check(t, err)
	_, err = g.app.Hands(g.org, nil).Publish(plain(t.Context()), "test", g.group.Key, raw, "试行")
	check(t, err)
}

var satoriRules = []policy.Rule{
	{ID: "ads", Name: "广告", Kind: "keyword", Mode: "live", Params: json.RawMessage(`{"lists":[{"name":"广告","words":["加微信"]}]}`)},
	{ID: "rules", Name: "群规", Kind: "reply", Mode: "live", Params: json.RawMessage(`{"match":"contains","patterns":["群规"],"text":"请看群公告","quote":true,"priority":1,"group_cooldown":0,"member_cooldown":0}`)},
	{ID: "hello", Name: "欢迎", Kind: "welcome", Mode: "live", Params: json.RawMessage(`{"entries":[{"text":"欢迎 {name}"}],"coalesce":0}`)},
}

// TestGroupOverSatoriIsWelcomedAnsweredAndKeptInOrder is the whole way over two houses: what our Satori client wants, our
// Satori server does in the simulated group.
func TestGroupOverSatoriIsWelcomedAnsweredAndKeptInOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		s := startSite(t, url, "")
		_, token := s.attach(community.Bot{})
		second := url
		if url != "" {
			second = storetest.PostgresURL(t)
		}
		g := byGateway(t, second, map[string]string{"url": s.base + "/north/satori", "token": token, "platform": "qunluo", "rate": "120"}, 5)
		if a := g.account(t); a.Platform != "qunluo" || g.group.Platform != "qunluo" || g.group.Name != "周末徒步群" {
			t.Errorf("account on %s, group %s on %s; want 周末徒步群 on qunluo", a.Platform, g.group.Name, g.group.Platform)
		}
		g.publish(t, satoriRules...)
		asked := s.say("20003", "群规在哪 <i>看</i> &？")
		await(t, func() bool { return s.sent("请看群公告") })
		for _, m := range s.world.Sent() {
			if strings.Contains(m.Text, "请看群公告") && m.ReplyTo != asked {
				t.Errorf("the answer quotes %q, want %q", m.ReplyTo, asked)
			}
		}
		g.keepsOrder(t, s)
		_, err := s.world.Ask(simGroup, community.Who{ID: "30001", Name: "新来的"}, "想学徒步")
		check(t, err)
		g.letIn(t)
		await(t, func() bool { _, there := s.world.Member(simGroup, "30001"); return there })
		await(t, func() bool { return s.sent("欢迎 新来的") })
		rep, err := g.app.AsDecided(t.Context(), g.group.Key)
		check(t, err)
		if rep.Different != 0 || rep.Decisions < 4 {
			t.Errorf("replay: %d decisions, %d different; want at least 4, none different", rep.Decisions, rep.Different)
		}
		g.isReconciled(t, s)
		if messages, _, err := g.desk.FindMessages(t.Context(), community.MessageFilter{Group: g.group.Key, Text: "群规在哪"}); err != nil || len(messages) != 1 || messages[0].Text != "群规在哪 <i>看</i> &？" {
			t.Errorf("the question arrived as %+v (%v)", messages, err)
		}
	})
}

// TestGroupThroughKoishiOverSatori has a real Koishi between the houses: it hears and acts in the first by OneBot, and is
// the second's Satori gateway.
func TestGroupThroughKoishiOverSatori(t *testing.T) {
	s := startSite(t, "", "")
	b, token := s.attach(community.Bot{})
	ws := "ws" + strings.TrimPrefix(s.base, "http") + "/north/onebot/v11"
	k := startKoishi(t, fmt.Sprintf("  adapter-onebot: {selfId: '%s', protocol: ws, endpoint: '%s', token: %s}\n  qlgate: {}\n", selfOf(b), ws, token), "QL_GATE=gate-t0ken")
	k.says("online", is("online", selfOf(b)))
	g := byGateway(t, "", map[string]string{"url": fmt.Sprintf("http://127.0.0.1:%d/satori", k.port), "token": "gate-t0ken", "platform": "onebot", "rate": "120"}, 5)
	if a := g.account(t); a.Platform != "qq" || g.group.Platform != "qq" || g.group.Name != "周末徒步群" {
		t.Errorf("account on %s, group %s on %s; want 周末徒步群 on qq: Koishi's onebot has QQ's ids", a.Platform, g.group.Name, g.group.Platform)
	}
	g.publish(t, satoriRules...)
	asked := s.say("20003", "群规在哪 <i>看</i> &？")
	await(t, func() bool { return s.sent("请看群公告") })
	for _, m := range s.world.Sent() {
		if strings.Contains(m.Text, "请看群公告") && m.ReplyTo != asked {
			t.Errorf("the answer quotes %q, want %q", m.ReplyTo, asked)
		}
	}
	g.keepsOrder(t, s)
	_, err := s.world.Ask(simGroup, community.Who{ID: "30001", Name: "新来的"}, "想学徒步")
	check(t, err)
	g.letIn(t)
	await(t, func() bool { _, there := s.world.Member(simGroup, "30001"); return there })
	await(t, func() bool { return s.sent("欢迎") })
	messages, _, err := g.desk.FindMessages(t.Context(), community.MessageFilter{Group: g.group.Key, Text: "群规在哪"})
	if err != nil || len(messages) != 1 || messages[0].Text != "群规在哪 <i>看</i> &？" {
		t.Errorf("the question arrived as %+v (%v)", messages, err)
	}
}

// keepsOrder lets somebody advertise until a person must release the removal.
func (g *guestHouse) keepsOrder(t *testing.T, s *site) {
	t.Helper()
	first := s.say("20001", "加微信领资料")
	await(t, func() bool { return s.did(community.RecallMsg, func(d sim.Deed) bool { return d.Message == first }) })
	s.say("20001", "快加 微信")
	await(t, func() bool { m, _ := s.world.Member(simGroup, "20001"); return m.MutedUntil > s.app.Now()+80_000_000 })
	_, err := s.world.Happen(connect.Inbound{Type: community.MemberMuted, Group: community.Ref{ID: simGroup}, Actor: community.Who{ID: "20001"}}) // so that it can be said once more
	check(t, err)
	s.say("20001", "加微信！！")
	var task community.TaskRow
	await(t, func() bool {
		rows, _, err := g.desk.FindTasks(t.Context(), community.TaskFilter{})
		for _, row := range rows {
			if row.Verb == community.Remove {
				task = row
			}
		}
		return err == nil && task.Why == policy.HoldGateway
	})
	if _, there := s.world.Member(simGroup, "20001"); !there {
		t.Fatal("removed on the word of an unofficial gateway, and nobody was asked")
	}
	check(t, g.app.Hands(g.org, nil).TaskRelease(t.Context(), "test", task.ID, "看过证据"))
	await(t, func() bool { _, there := s.world.Member(simGroup, "20001"); return !there })
}

// letIn answers the one join request that has come.
func (g *guestHouse) letIn(t *testing.T) {
	t.Helper()
	flag := ""
	await(t, func() bool {
		for ev, err := range g.app.Store().Events(t.Context(), store.EventScan{Group: g.group.Key}) {
			check(t, err)
			if ev.Type == community.JoinRequested {
				flag = ev.Body.Message
			}
		}
		return flag != ""
	})
	_, err := g.app.Hands(g.org, nil).Act(t.Context(), "test", []community.Action{{Verb: community.Approve, Group: g.group.Key, Message: flag}}, "看过")
	check(t, err)
}

// isReconciled lets somebody leave while the connection is off: the list that is read after it comes back tells it.
func (g *guestHouse) isReconciled(t *testing.T, s *site) {
	t.Helper()
	a := g.account(t)
	hands := g.app.Hands(g.org, nil)
	a.Enabled = false
	_, err := hands.SaveAccount(t.Context(), "test", a, "")
	check(t, err)
	await(t, func() bool {
		return len(g.app.Intake().Health(a.Key).State) == 0 || g.app.Intake().Health(a.Key).State == "offline"
	})
	_, err = s.world.Leave(simGroup, "20002")
	check(t, err)
	s.say("20003", "断线时说的话")
	await(t, func() bool { return gone(t, s.desk, s.group.Key, "大刘") }) // else the first house still lists him
	a.Enabled = true
	_, err = hands.SaveAccount(t.Context(), "test", a, "")
	check(t, err)
	await(t, func() bool { return gone(t, g.desk, g.group.Key, "大刘") })
	await(t, func() bool {
		rows, _, err := g.desk.FindMessages(t.Context(), community.MessageFilter{Group: g.group.Key, Text: "断线时"})
		return err == nil && len(rows) == 1
	})
	a.Settings = []byte(strings.Replace(string(a.Settings), "qunluo", "discord", 1))
	if _, err := hands.SaveAccount(t.Context(), "test", a, ""); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("an account moved to another platform: %v, want a conflict", err)
	}
}

func gone(t *testing.T, desk *store.Desk, g community.GroupKey, name string) bool {
	t.Helper()
	rows, _, err := desk.FindMembers(t.Context(), community.MemberFilter{Group: g, Text: name})
	check(t, err)
	return len(rows) == 1 && rows[0].LeftAt != 0
}
