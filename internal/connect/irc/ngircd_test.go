package irc_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/conntest"
	"qunluo/internal/connect/irc"
	"qunluo/internal/connect/irc/irctest"
)

const room = "#hiking"

// line is the network between a session and a server; it can be cut.
type line struct {
	mu    sync.Mutex
	cut   bool
	conns []net.Conn
}

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		return nil, io.ErrClosedPipe
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, address)
	if err == nil {
		l.conns = append(l.conns, conn)
	}
	return conn, err
}

func (l *line) set(cut bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = cut
	for _, c := range l.conns {
		if cut {
			_ = c.Close()
		}
	}
}

func settings(address, nick string) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"server":%q,"tls":false,"nick":%q,"channels":%q,"rate":600}`, address, nick, room))
}

func TestExaminationWithNgircd(t *testing.T) {
	l := &line{}
	conntest.Exercise(t, conntest.Rig{
		Connector: irc.New(l.dial), OnNetwork: true, Bad: []conntest.Bad{{Settings: `{"server":"x","nick":"a","channels":"#a"}`, Field: "server"}},
		Start: func(t *testing.T) *conntest.Counterpart {
			l.set(false)
			address := irctest.Start(t)
			owner := irctest.Join(t, address, "owner", room)
			member := irctest.Join(t, address, "AQing", room)
			return network(t, l, address, owner, member)
		},
	})
}

func network(t *testing.T, l *line, address string, owner, member *irctest.User) *conntest.Counterpart {
	said := 0
	say := func() string {
		said++
		member.Send(fmt.Sprintf("PRIVMSG %s :第 %d 句", room, said))
		return fmt.Sprint(said)
	}
	crown := func() {
		owner.Wait("xiaoqun")
		owner.Send("MODE " + room + " +o xiaoqun")
		owner.Settle()
	}
	return &conntest.Counterpart{
		Settings: settings(address, "xiaoqun"), Self: "xiaoqun", Group: room, Member: "aqing", Untimed: true,
		Meet: func(connect.Session) { crown() },
		Provoke: map[community.Type]func(){
			community.MessageCreated: func() { say() },
			community.MemberJoined:   func() { irctest.Join(t, address, fmt.Sprintf("newbie%d", len(owner.Saw("JOIN"))), room) },
			community.MemberUpdated: func() {
				owner.Send("MODE " + room + " +o AQing")
				owner.Send("MODE " + room + " -o AQing")
			},
			community.GroupUpdated: func() { owner.Send("TOPIC " + room + " :周六见") },
		},
		Message: say,
		Ask:     func() string { return "nobody asks on IRC" },
		Did:     func() []conntest.Done { return seen(owner) },
		Cut:     func() { l.set(true) },
		Mend:    func() { l.set(false) },
		Demote: func() {
			owner.Send("MODE " + room + " -o xiaoqun")
			owner.Settle()
		},
		Deliver: nil,
	}
}

// seen reads what our account did off another user's lines.
func seen(u *irctest.User) []conntest.Done {
	u.Settle()
	var out []conntest.Done
	for _, text := range u.Saw(":xiaoqun!") {
		in, err := irc.ParseLine([]byte(text))
		if err != nil || len(in.Params) < 2 {
			continue
		}
		d := conntest.Done{Group: in.Params[0]}
		last := in.Params[len(in.Params)-1]
		switch in.Command {
		case "PRIVMSG":
			d.Verb, d.Text = community.Send, last
			if strings.HasPrefix(last, "AQing: ") {
				d.Member = "aqing"
			}
		case "TOPIC":
			d.Verb, d.Text = community.Announce, last
		case "KICK":
			d.Verb, d.Member = community.Remove, strings.ToLower(in.Params[1])
		case "MODE":
			d.Verb = map[string]community.Verb{"+b": community.Mute, "-b": community.Unmute, "+m": community.MuteAll, "-m": community.MuteAll}[in.Params[1]]
			d.No = in.Params[1] == "-m"
			if strings.Contains(last, "aqing@") {
				d.Member = "aqing"
			}
		}
		out = append(out, d)
	}
	return out
}

// session lets our account be on a server, as an operator of the channel.
func session(t *testing.T, address string, owner *irctest.User) (connect.Session, *conntest.Host) {
	t.Helper()
	host := conntest.NewHost()
	s, err := irc.New(nil).Open(t.Context(), settings(address, "xiaoqun"), host)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
	host.Until(t, "online", func() bool { return host.State() == "online" })
	owner.Send("MODE " + room + " +o xiaoqun")
	host.Until(t, "we are an operator", func() bool {
		a := s.Abilities(room).Verbs[community.Mute]
		return a.Level == community.Native && a.Evidence == "probed"
	})
	return s, host
}

func do(t *testing.T, s connect.Session, a community.Action) {
	t.Helper()
	a.To.Group = room
	if _, err := s.Do(t.Context(), a); err != nil {
		t.Fatalf("%s: %v", a.Verb, err)
	}
}

func TestAMutedMemberIsNotHeardAndHeardAgainAfterwards(t *testing.T) {
	address := irctest.Start(t)
	owner, member := irctest.Join(t, address, "owner", room), irctest.Join(t, address, "AQing", room)
	s, host := session(t, address, owner)
	to := community.Address{Member: "aqing"}
	do(t, s, community.Action{Verb: community.Mute, Seconds: 600, To: to})
	member.Send("PRIVMSG " + room + " :听不见我")
	member.Send("NICK Another")
	member.Send("PRIVMSG " + room + " :换个名字")
	member.Settle()
	owner.Settle()
	if got := append(owner.Saw("听不见我"), owner.Saw("换个名字")...); len(got) != 0 || len(member.Saw(" 404 ")) != 2 {
		t.Errorf("while muted the channel saw %v, the member was refused with %v; want nothing, twice 404", got, member.Saw(" 404 "))
	}
	if got := host.Of(community.MemberMuted); len(got) != 1 || got[0].By.Role != community.RoleSelf {
		t.Errorf("mutes told: %+v, want one, by us", got)
	}
	do(t, s, community.Action{Verb: community.Unmute, To: to})
	member.Send("PRIVMSG " + room + " :听见了吗")
	owner.Wait("听见了吗")
}

func TestSilenceForAllAndItsEnd(t *testing.T) {
	address := irctest.Start(t)
	owner, member := irctest.Join(t, address, "owner", room), irctest.Join(t, address, "AQing", room)
	s, _ := session(t, address, owner)
	do(t, s, community.Action{Verb: community.MuteAll})
	member.Send("PRIVMSG " + room + " :安静时")
	member.Settle()
	do(t, s, community.Action{Verb: community.MuteAll, Refuse: true})
	member.Send("PRIVMSG " + room + " :放开后")
	owner.Wait("放开后")
	if got := owner.Saw("安静时"); len(got) != 0 || len(member.Saw(" 404 ")) != 1 {
		t.Errorf("during the silence the channel saw %v, refusals %v", got, member.Saw(" 404 "))
	}
}

func TestARemovedMemberIsToldWhyAndABlockedOneStaysOut(t *testing.T) {
	address := irctest.Start(t)
	owner, member := irctest.Join(t, address, "owner", room), irctest.Join(t, address, "AQing", room)
	s, host := session(t, address, owner)
	to := community.Address{Member: "aqing"}
	do(t, s, community.Action{Verb: community.Remove, Text: "第三次广告\r\nQUIT", To: to})
	member.Wait("KICK " + room + " AQing :第三次广告 QUIT")
	member.Send("JOIN " + room)
	owner.Settle()
	do(t, s, community.Action{Verb: community.Remove, Block: true, To: to})
	member.Settle()
	member.Send("JOIN " + room)
	member.Wait(" 474 ")
	host.Until(t, "both removals are told", func() bool { return len(host.Of(community.MemberLeft)) == 2 })
	for _, in := range host.Of(community.MemberLeft) {
		if in.Body.Reason != "kicked" || in.By.Role != community.RoleSelf || in.Actor.ID != "aqing" {
			t.Errorf("told as %+v", in)
		}
	}
}

func TestAClosedChannelIsReportedWithWhatToDo(t *testing.T) {
	address := irctest.Start(t)
	owner := irctest.Join(t, address, "owner", room)
	owner.Send("MODE " + room + " +i")
	owner.Settle()
	host := conntest.NewHost()
	s, err := irc.New(nil).Open(t.Context(), settings(address, "xiaoqun"), host)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
	host.Until(t, "the refusal", func() bool {
		all := host.Healths()
		if len(all) == 0 {
			return false
		}
		h := all[len(all)-1]
		return h.Code == community.CodeRefused && strings.Contains(h.Detail, room+": the channel is by invitation only")
	})
	a := community.Action{Verb: community.Send, Text: "进不来", To: community.Address{Group: room}}
	if _, err := s.Do(t.Context(), a); community.CodeOf(err) != community.CodeRefused {
		t.Errorf("sending there: %v, want refused", err)
	}
}

func TestATakenNickGetsATail(t *testing.T) {
	address := irctest.Start(t)
	owner := irctest.Join(t, address, "owner", room)
	irctest.Join(t, address, "xiaoqun", room)
	host := conntest.NewHost()
	s, err := irc.New(nil).Open(t.Context(), settings(address, "xiaoqun"), host)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
	host.Until(t, "online", func() bool { return host.State() == "online" })
	if h := host.Healths(); h[len(h)-1].Self != "xiaoqun_" {
		t.Errorf("we are %q, want xiaoqun_", h[len(h)-1].Self)
	}
	long := strings.Repeat("很长的一段话，要分成几行才说得完。", 40)
	do(t, s, community.Action{Verb: community.Send, Text: long})
	owner.Settle()
	var heard strings.Builder
	for _, text := range owner.Saw(":xiaoqun_!") {
		if in, err := irc.ParseLine([]byte(text)); err == nil && in.Command == "PRIVMSG" {
			heard.WriteString(in.Params[1])
		}
	}
	if heard.String() != long {
		t.Errorf("of %d bytes %d were heard", len(long), heard.Len())
	}
}
