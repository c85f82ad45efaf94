package app_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"qunluo/internal/app"
	"qunluo/internal/community"
	"qunluo/internal/config"
	"qunluo/internal/connect"
	"qunluo/internal/connect/sim"
	"qunluo/internal/north"
	"qunluo/internal/store"
	"qunluo/internal/store/storetest"
)

// site is a served house whose simulated group the test can reach.
type site struct {
	t     *testing.T
	app   *app.App
	world *sim.World
	org   community.OrgKey
	desk  *store.Desk
	group community.GroupRow
	base  string // http://127.0.0.1:port
	opts  app.Options
	end   func()
}

const simGroup = "sim-1"

func startSite(t *testing.T, dbURL, abilities string, set ...func(*app.Options)) *site {
	t.Helper()
	s := &site{t: t}
	scene := sim.Scene{Name: "test", Open: func(clock func() int64) (*sim.World, sim.Script) {
		if s.world == nil {
			s.world = sim.NewWorld(clock)
			s.world.AddGroup(simGroup, "周末徒步群", sim.Member{Who: community.Who{ID: "10000", Name: "群助手", Role: community.RoleAdmin}},
				sim.Member{Who: community.Who{ID: "10001", Name: "群主", Role: community.RoleOwner}}, sim.Member{Who: community.Who{ID: "20001", Name: "老周"}},
				sim.Member{Who: community.Who{ID: "20002", Name: "大刘"}}, sim.Member{Who: community.Who{ID: "20003", Name: "阿青"}})
		}
		return s.world, nil
	}}
	s.opts = app.Options{Config: config.Config{DataDir: storetest.DataDir(t), Database: config.Database{URL: dbURL}, Server: config.Server{Listen: "127.0.0.1:0"}}, Scenes: []sim.Scene{scene}}
	for _, one := range set {
		one(&s.opts)
	}
	s.start()
	t.Cleanup(func() { s.end() })
	a := s.app
	var err error
	s.org, err = a.Store().Org(t.Context(), "徒步社", false)
	check(t, err)
	_, err = a.Hands(s.org, nil).SaveAccount(t.Context(), "test", community.Account{Connector: "sim", Name: "群助手", Enabled: true,
		Settings: []byte(`{"scene":"test","abilities":"` + abilities + `"}`)}, "")
	check(t, err)
	s.desk = a.Store().For(community.Scope{Org: s.org})
	await(t, func() bool {
		rows, _, err := s.desk.FindGroups(t.Context(), community.GroupFilter{})
		if err != nil || len(rows) != 1 || rows[0].Members < 5 {
			return false
		}
		s.group = rows[0]
		return true
	})
	return s
}

// start opens the program and serves until end is called.
func (s *site) start() {
	s.t.Helper()
	a, err := app.Open(s.t.Context(), s.opts)
	check(s.t, err)
	s.app = a
	ctx, stop := context.WithCancel(context.Background())
	ready, ended := make(chan app.Served, 1), make(chan error, 1)
	go func() { ended <- a.Serve(ctx, app.Doors{}, func(d app.Served) { ready <- d }) }()
	s.base = (<-ready).URL
	s.end = func() {
		stop()
		if err := <-ended; err != nil {
			s.t.Error(err)
		}
		check(s.t, a.Close())
	}
}

// restart ends the program and starts it again over the same data.
func (s *site) restart() {
	s.t.Helper()
	s.end()
	s.start()
	s.desk = s.app.Store().For(community.Scope{Org: s.org})
}

// attach makes a bot with every scope, or those given.
func (s *site) attach(b community.Bot, scopes ...community.BotScope) (community.Bot, string) {
	s.t.Helper()
	if b.Scopes = scopes; len(scopes) == 0 {
		b.Scopes = community.BotScopes
	}
	if b.Name == "" {
		b.Name = "小工具"
	}
	b, token, err := s.app.Hands(s.org, nil).AttachBot(s.t.Context(), "test", b, "试用")
	check(s.t, err)
	return b, token
}

func (s *site) key(name string) string {
	s.t.Helper()
	rows, _, err := s.desk.FindMembers(s.t.Context(), community.MemberFilter{Group: s.group.Key, Text: name})
	check(s.t, err)
	if len(rows) != 1 {
		s.t.Fatalf("members called %s = %d, want 1", name, len(rows))
	}
	return strconv.FormatInt(int64(rows[0].Key), 10)
}

// say lets a member say something and gives the platform's id of it.
func (s *site) say(member, text string, segments ...community.Segment) string {
	s.t.Helper()
	in, err := s.world.Happen(connect.Inbound{Type: community.MessageCreated, Group: community.Ref{ID: simGroup}, Actor: community.Who{ID: member},
		Body: community.Body{Text: text, Segments: segments}})
	check(s.t, err)
	if len(in) != 1 {
		s.t.Fatalf("%s could not say %q", member, text)
	}
	return in[0].Body.Message
}

func (s *site) sent(part string) bool {
	for _, m := range s.world.Sent() {
		if strings.Contains(m.Text, part) {
			return true
		}
	}
	return false
}

func (s *site) did(verb community.Verb, fits func(sim.Deed) bool) bool {
	for _, d := range s.world.Deeds() {
		if d.Verb == verb && fits(d) {
			return true
		}
	}
	return false
}

// obeyed lets koishi do everything a bot does and looks for the effect in the simulated group.
func (s *site) obeyed(k *koishi, self string) {
	t := s.t
	t.Helper()
	k.says("online", is("online", self))
	s.say("20001", "@群助手 ping 好了吗 <i>&", community.Segment{Kind: "at", Ref: "10000", Text: "@群助手"}, community.Segment{Kind: "text", Text: " ping 好了吗 <i>&"})
	got := k.says("got", func(line map[string]any) bool { return strings.Contains(fmt.Sprint(line["got"]), "ping") })
	if got["user"] != s.key("老周") || got["guild"] != fmt.Sprint(s.group.Key) {
		t.Errorf("heard of user %v in guild %v, want %s in %d", got["user"], got["guild"], s.key("老周"), s.group.Key)
	}
	if elements := fmt.Sprint(got["elements"]); !strings.Contains(elements, "type:at") || !strings.Contains(elements, "id:"+self) {
		t.Errorf("elements %s: the mention is not of the bot %s", elements, self)
	} else if !strings.Contains(elements, "content: ping 好了吗 <i>&") {
		t.Errorf("elements %s: the text has suffered", elements)
	}
	await(t, func() bool { return s.sent("pong <b>&") })
	asked := s.say("20001", "quote 一下")
	await(t, func() bool { return s.sent("@老周 收到") })
	for _, m := range s.world.Sent() {
		if strings.Contains(m.Text, "收到") && m.ReplyTo != asked {
			t.Errorf("the answer quotes %q, want %q", m.ReplyTo, asked)
		}
	}
	s.say("20001", "list")
	if members := fmt.Sprint(k.says("members", nil)["members"]); strings.Count(members, "id:") != 5 || !strings.Contains(members, "name:大刘") || !strings.Contains(members, "id:"+self) {
		t.Errorf("members = %s, want 5 with 大刘 and the bot", members)
	}
	s.say("20001", "mute "+s.key("大刘"))
	k.says("done", is("done", "mute"))
	if m, _ := s.world.Member(simGroup, "20002"); m.MutedUntil < s.app.Now()+50_000 || m.MutedUntil > s.app.Now()+61_000 {
		t.Errorf("大刘 is muted until %d, want a minute from %d", m.MutedUntil, s.app.Now())
	}
	mine := s.say("20003", "delete 这句")
	k.says("done", is("done", "delete"))
	if !s.did(community.RecallMsg, func(d sim.Deed) bool { return d.Message == mine }) {
		t.Errorf("message %s was not recalled", mine)
	}
	k.says("event", is("event", "message-deleted"))
	s.say("20001", "kick "+s.key("大刘"))
	k.says("done", is("done", "kick"))
	if _, there := s.world.Member(simGroup, "20002"); there {
		t.Error("大刘 is still in the group")
	}
	_, err := s.world.Ask(simGroup, community.Who{ID: "30001", Name: "新来的"}, "想学徒步 & 摄影")
	check(t, err)
	if r := k.says("request", nil); r["text"] != "想学徒步 & 摄影" && r["text"] != "想学徒步 &amp; 摄影" {
		t.Errorf("the request says %v", r["text"])
	}
	k.says("done", is("done", "approve"))
	await(t, func() bool { _, there := s.world.Member(simGroup, "30001"); return there })
	k.says("event", is("event", "guild-member-added"))
	for _, line := range k.lines() {
		if line["failed"] != nil {
			t.Errorf("koishi failed: %v", line)
		}
		if line["user"] == self && line["got"] != nil {
			t.Errorf("the bot heard itself: %v", line)
		}
	}
	s.left(4)
}

// left looks for the trail: an audit row and a decision by the bot for each action, the same when replayed.
func (s *site) left(least int) {
	s.t.Helper()
	rows, n, err := s.desk.FindAudit(s.t.Context(), community.AuditFilter{Verb: "bot.act"})
	check(s.t, err)
	if n < least || rows[0].User != "bot:小工具" {
		s.t.Errorf("audit rows = %d by %q, want at least %d by bot:小工具", n, rows[0].User, least)
	}
	rep, err := s.app.AsDecided(s.t.Context(), s.group.Key)
	check(s.t, err)
	if rep.Different != 0 || rep.Decisions < int64(least) {
		s.t.Errorf("replay: %d decisions, %d different; want at least %d, none different", rep.Decisions, rep.Different, least)
	}
}

func selfOf(b community.Bot) string { return strconv.FormatInt(north.SelfID(b), 10) }

func TestKoishiOverOneBotForward(t *testing.T) {
	t.Parallel()
	s := startSite(t, "", "")
	b, token := s.attach(community.Bot{})
	ws := "ws" + strings.TrimPrefix(s.base, "http") + "/north/onebot/v11"
	k := startKoishi(t, fmt.Sprintf("  adapter-onebot: {selfId: '%s', protocol: ws, endpoint: '%s', token: %s}\n", selfOf(b), ws, token))
	s.obeyed(k, selfOf(b))
}

func TestKoishiOverOneBotReverse(t *testing.T) {
	t.Parallel()
	s := startSite(t, "", "")
	const first = "4000000001" // the first bot of a new house
	k := startKoishi(t, fmt.Sprintf("  adapter-onebot: {selfId: '%s', protocol: ws-reverse, path: /onebot}\n", first))
	b, _ := s.attach(community.Bot{Mode: community.BotReverse, URL: fmt.Sprintf("ws://127.0.0.1:%d/onebot", k.port)})
	if selfOf(b) != first {
		t.Fatalf("self = %s, want %s", selfOf(b), first)
	}
	s.obeyed(k, first)
}

func TestKoishiOverOneBotHTTP(t *testing.T) {
	t.Parallel()
	s := startSite(t, "", "")
	const first, secret = "4000000001", "sekret"
	// Koishi needs our token to start and we need its port: the token is made by a bot of another mode first.
	b, token := s.attach(community.Bot{})
	k := startKoishi(t, fmt.Sprintf("  qlbody: {}\n  adapter-onebot: {selfId: '%s', protocol: http, path: /onebot, endpoint: '%s', token: %s, secret: %s}\n",
		first, s.base+"/north/onebot/v11", token, secret))
	b.Mode, b.URL, b.Secret = community.BotPush, fmt.Sprintf("http://127.0.0.1:%d/onebot", k.port), secret
	_, err := s.app.Store().SaveBot(t.Context(), b, community.Audit{User: "test", Verb: "bot.save"})
	check(t, err)
	s.obeyed(k, first)
}

func TestKoishiOverSatori(t *testing.T) {
	t.Parallel()
	s := startSite(t, "", "")
	b, token := s.attach(community.Bot{})
	k := startKoishi(t, "  qlsat: {}\n", "QL_ENDPOINT="+s.base+"/north/satori", "QL_TOKEN="+token)
	s.obeyed(k, selfOf(b))
}
