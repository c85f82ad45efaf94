package irc

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/conntest"
)

type living struct {
	*Session
	s    *server
	host *conntest.Host
}

// live lets a session be on a server until the test ends.
func live(t *testing.T, prepare func(s *server)) *living {
	s := newServer(t)
	s.sasl = true
	if prepare != nil {
		prepare(s)
	}
	host := conntest.NewHost()
	got, err := New(s.network.Dial).Open(t.Context(), json.RawMessage(settings), host)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = got.Run(ctx) })
	t.Cleanup(func() { stop(); wg.Wait() })
	synctest.Wait()
	return &living{got.(*Session), s, host}
}

func (l *living) last() connect.Health {
	all := l.host.Healths()
	return all[len(all)-1]
}

func (l *living) tell(line string) {
	l.s.set(func() { l.s.say("%s", line) })
	synctest.Wait()
}

func TestComingAndGoingIsMarkedAsPresence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, nil)
		l.tell(":newbie!~n@h JOIN " + channel)
		l.tell(":newbie!~n@h QUIT :*.net *.split")
		l.tell(":newbie!~n@h JOIN " + channel)
		l.tell(":boss!~b@h KICK " + channel + " newbie :广告")
		joined, left := l.host.Of(community.MemberJoined), l.host.Of(community.MemberLeft)
		if len(joined) != 2 || len(left) != 2 || joined[0].Body.Scene != "presence" || left[0].Body.Reason != "presence" {
			t.Fatalf("joined %+v\nleft %+v", joined, left)
		}
		if k := left[1]; k.Body.Reason != "kicked" || k.By.ID != "boss" || k.By.Role != community.RoleAdmin || k.Subject.ID != "newbie" {
			t.Errorf("a kick reads %+v", k)
		}
	})
}

func TestWhoTakesAnotherNickStaysTheSameMember(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, nil)
		l.tell(":" + memberNick + "!~qing@10.1.2.3 NICK :Ghost[1]")
		l.tell(":Ghost[1]!~qing@10.1.2.3 PRIVMSG " + channel + " :还是我")
		got := l.host.Of(community.MessageCreated)
		if len(got) != 1 || got[0].Actor.ID != "aqing" || got[0].Actor.Name != "Ghost[1]" {
			t.Fatalf("spoke as %+v, want aqing, now called Ghost[1]", got)
		}
		a := community.Action{Verb: community.Remove, To: community.Address{Group: fold(channel), Member: "aqing"}}
		if _, err := l.Do(t.Context(), a); err != nil || !slices.Contains(l.s.heard(), "KICK "+channel+" Ghost[1] :") {
			t.Errorf("%v, sent %q; want the present nick kicked", err, l.s.heard())
		}
	})
}

func TestRefusedLoginsAreReportedWithWhatToDo(t *testing.T) {
	cases := []struct {
		prepare func(s *server)
		state   string
		words   string
	}{
		{func(s *server) { s.answers["AUTHENTICATE"] = "904 :SASL authentication failed for " + testPassword }, "failed", "check account and password"},
		{func(s *server) { s.answers["CAP"] = "465 :You are banned" }, "failed", "ask its operators"},
		{func(s *server) { s.sasl = false; s.answers["NICK"] = "432 :Erroneous nickname" }, "failed", "choose another one"},
	}
	for _, c := range cases {
		synctest.Test(t, func(t *testing.T) {
			l := live(t, c.prepare)
			if h := l.last(); h.State != c.state || !strings.Contains(h.Detail, c.words) || strings.Contains(h.Detail, testPassword) {
				t.Errorf("health %+v, want %s with %q and no password", h, c.state, c.words)
			}
		})
	}
}

func TestASilentServerIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, nil)
		time.Sleep(time.Hour)
		if l.host.State() != "online" || len(l.host.Healths()) != 2 {
			t.Fatalf("an hour of quiet: %+v", l.host.Healths())
		}
		l.s.set(func() { l.s.swallow = 1 << 30 })
		time.Sleep(4 * time.Minute)
		found := slices.ContainsFunc(l.host.Healths(), func(h connect.Health) bool { return strings.Contains(h.Detail, "nothing heard") })
		if !found {
			t.Errorf("a dead server: %+v", l.host.Healths())
		}
	})
}

func TestLinesKeepWithinTheirBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, nil)
		l.mu.Lock()
		l.Session.rate, l.Session.pace = 6, pace{perMinute: 6, burst: 4, left: 4, at: time.Now()}
		l.mu.Unlock()
		var sent, limited int
		for range 20 {
			_, err := l.Do(t.Context(), community.Action{Verb: community.Send, Text: "广播", To: community.Address{Group: fold(channel)}})
			switch community.CodeOf(err) {
			case community.CodeNone:
				sent++
			case community.CodeLimited:
				limited++
			default:
				t.Fatal(err)
			}
		}
		if sent != 2 || limited != 18 {
			t.Errorf("%d sent, %d limited; want 2 (two lines each of four) and 18", sent, limited)
		}
	})
}

func TestRefusalsMeanWhatTheySay(t *testing.T) {
	cases := []struct {
		verb         community.Verb
		command, num string
		code         community.Code
	}{
		{community.Send, "PRIVMSG", "404 " + channel + " :Cannot send to channel", community.CodeRefused},
		{community.Remove, "KICK", "482 " + channel + " :You're not channel operator", community.CodeRefused},
		{community.Remove, "KICK", "441 x " + channel + " :They aren't on that channel", community.CodeRefused},
		{community.Announce, "TOPIC", "421 TOPIC :Unknown command", community.CodeUnsupported},
		{community.Send, "PRIVMSG", "263 PRIVMSG :Please wait a while and try again", community.CodeLimited},
	}
	for _, c := range cases {
		synctest.Test(t, func(t *testing.T) {
			l := live(t, func(s *server) { s.answers[c.command] = c.num })
			a := community.Action{Verb: c.verb, Text: "话", To: community.Address{Group: fold(channel), Member: "aqing"}}
			if _, err := l.Do(t.Context(), a); community.CodeOf(err) != c.code {
				t.Errorf("%s: %v, want %s", c.num, err, c.code)
			}
			if c.code != community.CodeUnsupported {
				return
			}
			if got := l.Abilities(fold(channel)).Verbs[c.verb]; got.Level != community.None || got.Evidence != "learned" {
				t.Errorf("afterwards %s = %+v, want none, learned", c.verb, got)
			}
			l.s.set(func() { clear(l.s.answers) })
			if _, err := l.Do(t.Context(), a); err != nil || l.Abilities(fold(channel)).Level(c.verb) != community.Native {
				t.Errorf("there again: %v, %s", err, l.Abilities(fold(channel)).Level(c.verb))
			}
		})
	}
}

func TestNothingThatOthersChooseBecomesALineOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, nil)
		to := community.Address{Group: fold(channel), Member: "aqing"}
		for _, a := range []community.Action{
			{Verb: community.Send, Text: "一\r\nQUIT :x\n\x00JOIN #evil", To: to},
			{Verb: community.Announce, Text: "一\r\nQUIT :x", To: to},
			{Verb: community.Remove, Text: "一\r\nQUIT :x", To: to},
			{Verb: community.Mute, Seconds: 60, To: community.Address{Group: fold(channel), Member: "a b\r\nQUIT"}},
			{Verb: community.Send, Text: "x", To: community.Address{Group: channel + "\r\nQUIT"}},
		} {
			_, _ = l.Do(t.Context(), a) // only what is sent counts
		}
		for _, line := range l.s.heard() {
			if strings.HasPrefix(line, "QUIT") || strings.HasPrefix(line, "JOIN #evil") {
				t.Errorf("sent %q", line)
			}
		}
	})
}

func TestWhenWeAreThrownOutItSaysByWhom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, nil)
		l.tell(":boss!~b@h KICK " + channel + " " + selfNick + " :走开")
		if h := l.last(); h.State != "online" || h.Code != community.CodeRefused || !strings.Contains(h.Detail, "boss threw us out") {
			t.Errorf("health %+v", h)
		}
		if got := l.Abilities(fold(channel)).Verbs[community.Send]; got.Level != community.Human || got.Note == "" {
			t.Errorf("send = %+v, want human with a note", got)
		}
	})
}

func TestLinesAreCutAtRunesAndNothingIsLost(t *testing.T) {
	for _, text := range []string{strings.Repeat("汉", 500), strings.Repeat("word and ", 90), strings.Repeat("😀", 300), "短"} {
		parts := pieces(text, 400)
		for _, p := range parts {
			if len(p) > 400 || strings.ToValidUTF8(p, "") != p {
				t.Errorf("a piece of %d bytes: %q", len(p), p)
			}
		}
		if strings.Join(parts, "") != strings.TrimRight(text, " ") && strings.Join(parts, "") != text {
			t.Errorf("%d bytes became %d", len(text), len(strings.Join(parts, "")))
		}
	}
}

func TestSignsForColoursAreTakenOut(t *testing.T) {
	for in, want := range map[string]string{
		"\x0304,12红\x03字": "红字", "\x02粗\x02\x1d斜\x0f": "粗斜", "\x04ff0000x": "x", "\x03": "", "\x0312": "", "\x043": "", "价格\x033元": "价格元",
	} {
		if got := plain(in); got != want {
			t.Errorf("%q = %q, want %q", in, got, want)
		}
	}
}

func TestALineIsRead(t *testing.T) {
	got, err := ParseLine([]byte("@time=2026-01-02T03:04:05.678Z;x=a\\sb :n!u@h  privmsg  #c  :two words"))
	if want := "{map[time:2026-01-02T03:04:05.678Z x:a b] n!u@h PRIVMSG [#c two words]}"; fmt.Sprint(got) != want || err != nil {
		t.Errorf("%v, %v; want %s", got, err, want)
	}
	if got, _ := ParseLine([]byte("PRIVMSG #c :\xb9\xe3\xb8\xe6")); !strings.Contains(got.Params[1], "�") {
		t.Errorf("bytes of another encoding = %q, want them replaced", got.Params[1])
	}
}

func FuzzParseLine(f *testing.F) {
	for _, line := range []string{":a!b@c PRIVMSG #c :x", "@a=b;c PING", "::", "@", ": ", "001 :"} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := ParseLine(data)
		if err == nil && (l.Command == "" || strings.ToUpper(l.Command) != l.Command) {
			t.Errorf("%q read as %+v", data, l)
		}
	})
}
