package wechaty

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/conntest"
	"qunluo/internal/connect/peertest"
)

// mockService is a puppet service with a puppet that invents one room, in which a member speaks every 800 ms.
const mockService = `
process.on('unhandledRejection', () => {})
const { mock, PuppetMock } = require('wechaty-puppet-mock')
const { PuppetServer } = require('wechaty-puppet-service')
async function main () {
  const mocker = new mock.Mocker()
  const puppet = new PuppetMock({ mocker })
  const did = (what, ...rest) => console.log('DID ' + JSON.stringify([what, ...rest]))
  for (const name of ['messageSendText', 'roomDel', 'roomTopic', 'roomAnnounce', 'messageRecall']) {
    const own = puppet[name].bind(puppet)
    puppet[name] = async (...args) => { did(name, ...args); return own(...args) }
  }
  const server = new PuppetServer({ endpoint: '127.0.0.1:' + process.env.PORT, puppet, token: process.env.TOKEN })
  await server.start()
  await puppet.start()
  const [self, owner, member] = ['小群', '群主', '阿青'].map(name => mocker.createContact({ name }))
  mocker.login(self)
  const room = mocker.createRoom({ topic: '周末徒步群', ownerId: owner.id, memberIdList: [self.id, owner.id, member.id] })
  let n = 0
  setInterval(() => member.say('第 ' + (++n) + ' 句').to(room), 800)
  console.log('READY ' + JSON.stringify({ self: self.id, owner: owner.id, member: member.id, room: room.id }))
  process.stdin.on('data', (line) => {
    if (String(line).includes('topic')) room.topic('新名字').by(owner)
    if (String(line).includes('leave')) room.remove(member).by(owner)
  })
}
main().catch(e => { console.log('FAILED ' + e.stack); process.exit(1) })
`

// TestRealPuppetService talks to Wechaty's own service, with its mock puppet: the wire, the events, and that each call is
// answered. The mock accepts everything, so no effect is proved by it.
func TestRealPuppetService(t *testing.T) {
	if !slices.Contains(strings.Split(os.Getenv("QL_REQUIRE"), ","), "wechaty") {
		t.Skip("nightly: QL_REQUIRE does not name wechaty")
	}
	const token = "puppet_mock_0b7ba5a1-3f6e-4f3c-8a3a-1d8f0c1e5a77"
	free, err := net.Listen("tcp", "127.0.0.1:0") // it takes no port 0
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(free.Addr().String())
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	peer := peertest.Start(t, peertest.Script{Peers: "wechaty", Name: "main.cjs", Files: map[string]string{"main.cjs": mockService}, Env: []string{"PORT=" + port, "TOKEN=" + token, "WECHATY_LOG=silent"}})
	var made struct{ Self, Owner, Member, Room string }
	_, line, _ := strings.Cut(peer.Until(t, "READY "), "READY ")
	if err := json.Unmarshal([]byte(line), &made); err != nil {
		t.Fatal(err)
	}
	host := conntest.NewHost()
	raw, _ := json.Marshal(map[string]any{"endpoint": "127.0.0.1:" + port, "token": token, "rate": 20, "accept_risk": true})
	s, err := New(nil).Open(t.Context(), raw, host)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() { defer close(over); _ = s.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-over })
	host.Until(t, "online as the mock's account", func() bool {
		all := host.Healths()
		return host.State() == "online" && all[len(all)-1].Self == made.Self && all[len(all)-1].Name == "小群"
	})
	host.Until(t, "the member speaks", func() bool { return len(host.Of(community.MessageCreated)) > 1 })
	in := host.Of(community.MessageCreated)[0]
	if in.Group != (community.Ref{ID: made.Room, Name: "周末徒步群"}) || in.Actor.ID != made.Member || in.Actor.Name != "阿青" || !strings.HasPrefix(in.Body.Text, "第 ") || in.Body.Class != community.Text || in.OccurredAt < 1_600_000_000_000 {
		t.Errorf("heard %+v", in)
	}
	groups, err := s.(connect.GroupLister).Groups(t.Context())
	if err != nil || len(groups) != 1 || groups[0].Name != "周末徒步群" {
		t.Errorf("groups = %+v, %v", groups, err)
	}
	people, err := s.(connect.MemberLister).Members(t.Context(), made.Room)
	if err != nil || len(people) != 3 || !slices.ContainsFunc(people, func(w community.Who) bool {
		return w.ID == made.Owner && w.Role == community.RoleOwner && w.Name == "群主"
	}) {
		t.Errorf("members = %+v, %v", people, err)
	}
	at := community.Address{Group: made.Room, Member: made.Member}
	for _, c := range []struct {
		a    community.Action
		did  string
		code community.Code
	}{
		{community.Action{Verb: community.Send, Text: "大家好", Mention: true, To: at}, `DID ["messageSendText","` + made.Room + `","@阿青` + "\u2005" + `大家好"`, ""},
		{community.Action{Verb: community.Announce, Text: "周末徒步", To: at}, `DID ["roomAnnounce","` + made.Room + `","周末徒步"]`, ""},
		{community.Action{Verb: community.Rename, Text: "新群名", To: at}, `DID ["roomTopic","` + made.Room + `","新群名"]`, ""},
		{community.Action{Verb: community.Remove, To: at}, `DID ["roomDel","` + made.Room + `","` + made.Member + `"]`, ""},
		{community.Action{Verb: community.RecallMsg, To: community.Address{Group: made.Room, Message: in.Body.Message}}, `DID ["messageRecall"`, community.CodeRefused},
		{community.Action{Verb: community.Mute, Seconds: 60, To: at}, "", community.CodeUnsupported},
	} {
		if _, err := s.Do(t.Context(), c.a); community.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", c.a.Verb, err, c.code)
		}
		if !strings.Contains(peer.Said(), c.did) {
			t.Errorf("%s: the puppet was not asked for %s", c.a.Verb, c.did)
		}
	}
	peer.Tell(t, "topic")
	host.Until(t, "the new topic", func() bool {
		list := host.Of(community.GroupUpdated)
		return len(list) > 0 && list[0].Body.Text == "新名字" && list[0].Actor.ID == made.Owner
	})
	peer.Tell(t, "leave")
	host.Until(t, "the member is removed", func() bool {
		list := host.Of(community.MemberLeft)
		return len(list) > 0 && list[0].Actor.ID == made.Member && list[0].By.ID == made.Owner && list[0].Body.Reason == "kicked"
	})
}
