package irc

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/connect/conntest"
)

const (
	testPassword = "s3cret pass-phrase"
	selfNick     = "xiaoqun"
	memberNick   = "AQing"
	channel      = "#徒步"
)

// server is an IRC server with one channel, which does what an operator there asks for.
type server struct {
	t       *testing.T
	network *conntest.Network
	over    sync.WaitGroup

	mu      sync.Mutex
	out     chan string // to our session; nil = nobody is connected
	nick    string
	sasl    bool
	op      bool
	swallow int
	answers map[string]string // command → line instead of doing it
	taken   map[string]bool   // nicks
	got     []string
	done    []conntest.Done
	count   int
}

func newServer(t *testing.T) *server {
	s := &server{t: t, network: conntest.NewNetwork(t), op: true, answers: map[string]string{}, taken: map[string]bool{}}
	s.over.Go(func() {
		for {
			conn, err := s.network.Accept()
			if err != nil {
				return
			}
			s.over.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() {
		s.network.Cut()
		_ = s.network.Close()
		s.over.Wait()
	})
	return s
}

func (s *server) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// serve reads what the session sends; writing has a goroutine of its own, as a network has buffers.
func (s *server) serve(conn net.Conn) {
	out := make(chan string, 1000)
	s.set(func() { s.out, s.nick = out, "" })
	s.over.Go(func() {
		for line := range out {
			if _, err := conn.Write([]byte(line + "\r\n")); err != nil {
				_ = conn.Close()
				for range out { // nobody reads any more
				}
				return
			}
		}
	})
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		if len(lines.Text()) > maxLine-2 {
			s.t.Errorf("a line of %d bytes: %s", len(lines.Text()), lines.Text())
		}
		in, err := ParseLine(lines.Bytes())
		if err != nil {
			s.t.Errorf("%q: %v", lines.Text(), err)
		}
		s.mu.Lock()
		s.got = append(s.got, lines.Text())
		s.obey(in)
		s.mu.Unlock()
	}
	s.set(func() {
		if s.out == out {
			s.out = nil
		}
		close(out)
	})
	_ = conn.Close()
}

// say sends a line to the session. The caller holds mu.
func (s *server) say(format string, args ...any) {
	if s.out != nil {
		s.out <- fmt.Sprintf(format, args...)
	}
}

func (s *server) numeric(code, rest string) { s.say(":irc.test %s %s %s", code, s.nick, rest) }

func (s *server) says(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	s.say(":%s!~qing@10.1.2.3 PRIVMSG %s :%s", memberNick, channel, text)
	return fmt.Sprint(s.count)
}

// obey does what a line asks for. The caller holds mu.
func (s *server) obey(in Line) {
	if answer, ok := s.answers[in.Command]; ok {
		s.numeric(strings.Fields(answer)[0], answer[4:])
		return
	}
	switch in.Command {
	case "CAP":
		s.cap(in)
	case "AUTHENTICATE":
		if in.param(0) == "PLAIN" {
			s.say("AUTHENTICATE +")
			return
		}
		s.numeric("903", ":SASL authentication successful")
	case "NICK":
		if s.taken[in.param(0)] {
			s.numeric("433", in.param(0)+" :Nickname is already in use")
			return
		}
		s.nick = in.param(0)
		if !s.sasl {
			s.welcome()
		}
	case "JOIN":
		s.say(":%s!~us@10.0.0.1 JOIN %s", s.nick, channel)
		s.names()
	case "NAMES":
		s.names()
	case "WHO":
		s.numeric("352", channel+" ~qing 10.1.2.3 irc.test "+memberNick+" H :0 阿青")
		s.numeric("315", channel+" :End of WHO list")
	case "PING":
		if s.swallow > 0 {
			s.swallow--
			return
		}
		s.say(":irc.test PONG irc.test :%s", in.last())
	case "PRIVMSG", "KICK", "TOPIC", "MODE":
		s.act(in)
	}
}

func (s *server) welcome() {
	s.numeric("001", ":Welcome")
	s.numeric("005", "CHANMODES=beI,k,l,imnt PREFIX=(ov)@+ CASEMAPPING=rfc1459 :are supported")
	s.numeric("376", ":End of MOTD")
}

func (s *server) cap(in Line) {
	switch in.param(0) {
	case "LS":
		if s.sasl {
			s.say(":irc.test CAP * LS :multi-prefix sasl=PLAIN")
		}
	case "REQ":
		s.say(":irc.test CAP * ACK :%s", in.last())
	case "END":
		s.welcome()
	}
}

func (s *server) names() {
	sign := map[bool]string{true: "@"}[s.op]
	s.numeric("353", "= "+channel+" :"+sign+s.nick+" "+memberNick+" @boss")
	s.numeric("366", channel+" :End of NAMES list")
}

func (s *server) act(in Line) {
	if in.Command != "PRIVMSG" && !s.op && len(in.Params) > 1 {
		s.numeric("482", channel+" :You're not channel operator")
		return
	}
	d := conntest.Done{Group: fold(in.param(0))}
	switch in.Command {
	case "PRIVMSG":
		d.Verb, d.Text = community.Send, in.last()
		if strings.HasPrefix(d.Text, memberNick+": ") {
			d.Member = fold(memberNick)
		}
	case "KICK":
		d.Verb, d.Member = community.Remove, fold(in.param(1))
		s.say(":%s!~us@10.0.0.1 KICK %s %s :%s", s.nick, channel, in.param(1), in.param(2))
	case "TOPIC":
		d.Verb, d.Text = community.Announce, in.last()
		s.say(":%s!~us@10.0.0.1 TOPIC %s :%s", s.nick, channel, in.last())
	case "MODE":
		if len(in.Params) < 2 {
			s.numeric("324", channel+" +nt")
			return
		}
		s.mode(in, &d)
	}
	s.done = append(s.done, d)
}

func (s *server) mode(in Line, d *conntest.Done) {
	verbs := map[string]community.Verb{"+b": community.Mute, "-bb": community.Unmute, "+m": community.MuteAll, "-m": community.MuteAll}
	d.Verb, d.No = verbs[in.param(1)], in.param(1) == "-m"
	if len(in.Params) > 2 && in.param(2) == "*!~qing@10.1.2.3" {
		d.Member = fold(memberNick)
	}
	s.say(":%s!~us@10.0.0.1 MODE %s %s", s.nick, channel, strings.Join(in.Params[1:], " "))
}

// heard is every line that the session sent.
func (s *server) heard() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.got...)
}

func (s *server) did() []conntest.Done {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]conntest.Done{}, s.done...)
}
