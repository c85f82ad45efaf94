package notify

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/safehttp"
)

// TestSignatureIsThatOfThePublishedVector is the example of the Standard Webhooks specification.
func TestSignatureIsThatOfThePublishedVector(t *testing.T) {
	got := Sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("signature = %s, want %s", got, want)
	}
}

func TestWebhookIsSignedAndSaysWhat(t *testing.T) {
	const secret = "a plain secret"
	var seen *http.Request
	var body []byte
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Clone(t.Context())
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusNoContent)
	}))
	defer s.Close()
	h := &Hooks{Client: safehttp.New([]netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")})}
	m := Message{ID: "alarm.3", At: 1_777_000_000_000, Title: "待办", Text: "移出 张三", URL: "https://q.example/m"}
	if err := h.Post(t.Context(), s.URL+"/hook", secret, "alarm", m, 1_777_000_001_000); err != nil {
		t.Fatal(err)
	}
	if got := seen.Header.Get("webhook-signature"); got != Sign(secret, "alarm.3", "1777000001", body) || seen.Header.Get("webhook-id") != "alarm.3" {
		t.Errorf("headers = %v", seen.Header)
	}
	var said struct {
		Type string
		Data struct{ Title, Text, URL string }
	}
	if err := json.Unmarshal(body, &said); err != nil || said.Type != "alarm" || said.Data.Text != m.Text || said.Data.URL != m.URL {
		t.Errorf("body = %s, %v", body, err)
	}
}

func TestWebhookThatFailsSaysWhy(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }))
	defer s.Close()
	m := Message{ID: "x"}
	open := &Hooks{Client: safehttp.New([]netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")})}
	if err := open.Post(t.Context(), s.URL+"/s3cret", "k", "alarm", m, 0); community.CodeOf(err) != community.CodeRefused || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("410 = %v, want refused, without the address", err)
	}
	shut := &Hooks{Client: safehttp.New(nil)}
	if err := shut.Post(t.Context(), s.URL+"/s3cret", "k", "alarm", m, 0); community.CodeOf(err) != community.CodeForbidden || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("inside address = %v, want forbidden, without the address", err)
	}
}

// postOffice is a mail server of a few lines.
type postOffice struct {
	ln     net.Listener
	tls    *tls.Config
	trust  *tls.Config
	plain  bool // offers no STARTTLS
	refuse string
	mails  chan []string // all lines of one talk
}

func openPost(t *testing.T) *postOffice {
	t.Helper()
	keys := httptest.NewTLSServer(http.NotFoundHandler()) // its certificate is good for 127.0.0.1
	t.Cleanup(keys.Close)
	pool := x509.NewCertPool()
	pool.AddCert(keys.Certificate())
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &postOffice{ln: ln, tls: &tls.Config{Certificates: keys.TLS.Certificates}, trust: &tls.Config{RootCAs: pool}, mails: make(chan []string, 4)}
	t.Cleanup(func() { ln.Close() })
	return p
}

func (p *postOffice) mailer() *Mailer {
	return &Mailer{Host: p.ln.Addr().String(), From: "qunluo@example.com", User: "q", Password: "s3cret", Trust: p.trust}
}

// serve answers one talk.
func (p *postOffice) serve() {
	go func() {
		conn, err := p.ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		p.talk(conn)
	}()
}

func (p *postOffice) talk(conn net.Conn) {
	var lines []string
	defer func() { p.mails <- lines }()
	r := bufio.NewReader(conn)
	say := func(s string) { fmt.Fprint(conn, s+"\r\n") }
	say("220 post")
	for data := false; ; {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		lines = append(lines, line)
		word, _, _ := strings.Cut(strings.ToUpper(line), " ")
		switch {
		case data:
			if data = line != "."; !data {
				say("250 taken")
			}
		case p.refuse != "" && strings.HasPrefix(strings.ToUpper(line), p.refuse):
			say("550 no")
		case word == "EHLO" && p.plain:
			say("250 post")
		case word == "EHLO":
			say("250-post\r\n250-STARTTLS\r\n250 AUTH PLAIN")
		case word == "STARTTLS" && p.plain:
			say("502 what")
		case word == "STARTTLS":
			say("220 go")
			secure := tls.Server(conn, p.tls)
			conn, r = secure, bufio.NewReader(secure)
		case word == "AUTH":
			say("235 welcome")
		case word == "DATA":
			say("354 go")
			data = true
		case word == "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func TestMailGoesOutUnderTLS(t *testing.T) {
	p := openPost(t)
	p.serve()
	m := Message{ID: "alarm.1", At: 1_777_000_000_000, Title: "待办：移出 张三\nBcc: x@evil", Text: strings.Repeat("请在十分钟内点收到。", 20), URL: "https://q.example/m"}
	if err := p.mailer().Send(t.Context(), "anna@example.com", m); err != nil {
		t.Fatal(err)
	}
	lines := <-p.mails
	all := strings.Join(lines, "\n")
	for _, want := range []string{"STARTTLS", "AUTH PLAIN", "RCPT TO:<anna@example.com>", "Message-ID: <alarm.1@example.com>", "Subject: =?utf-8?b?"} {
		if !strings.Contains(all, want) {
			t.Errorf("the talk lacks %q:\n%s", want, all)
		}
	}
	for _, l := range lines {
		if len(l) > 998 || strings.HasPrefix(l, "Bcc") {
			t.Errorf("line %q", l)
		}
	}
	_, coded, _ := strings.Cut(all, "auto-generated\n\n")
	coded, _, _ = strings.Cut(coded, "\n.\n")
	text, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(coded, "\n", ""))
	if err != nil || string(text) != m.Text+"\n\n"+m.URL+"\n" {
		t.Errorf("body = %q, %v", text, err)
	}
}

func TestMailSaysWhyItFailed(t *testing.T) {
	for name, c := range map[string]struct {
		set  func(*postOffice, *Mailer)
		want community.Code
	}{
		"no server is set":               {func(_ *postOffice, m *Mailer) { m.Host = "" }, community.CodeUnsupported},
		"nobody answers":                 {func(p *postOffice, _ *Mailer) { p.ln.Close() }, community.CodeUnreachable},
		"no TLS offered, nothing sent":   {func(p *postOffice, _ *Mailer) { p.plain = true; p.serve() }, community.CodeRefused},
		"a certificate nobody knows":     {func(p *postOffice, m *Mailer) { m.Trust = nil; p.serve() }, community.CodeRefused},
		"the receiver is not known":      {func(p *postOffice, _ *Mailer) { p.refuse = "RCPT"; p.serve() }, community.CodeRefused},
		"the password is wrong":          {func(p *postOffice, _ *Mailer) { p.refuse = "AUTH"; p.serve() }, community.CodeRefused},
		"an address of more than a line": {func(_ *postOffice, m *Mailer) { m.From = "a@b\r\nRCPT TO:<x>" }, community.CodeBadInput},
	} {
		t.Run(name, func(t *testing.T) {
			p := openPost(t)
			m := p.mailer()
			c.set(p, m)
			err := m.Send(t.Context(), "anna@example.com", Message{ID: "x"})
			if community.CodeOf(err) != c.want {
				t.Errorf("%v, want code %q", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the error holds the password: %v", err)
			}
		})
	}
}
