package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"mime"
	"net"
	"net/smtp"
	"strings"
	"time"

	"qunluo/internal/community"
)

// How a mail server is spoken to.
const (
	StartTLS = "starttls" // plain first, then TLS, or nothing at all
	TLS      = "tls"      // TLS from the first byte
	PlainTLS = "none"     // no TLS: only for a server on this machine
)

// mailLimit bounds the whole talk with a mail server.
const mailLimit = 20 * time.Second

// Mailer sends mails through one server.
type Mailer struct {
	Host     string // HOST:PORT; "" = no mail
	From     string
	User     string // "" = the server wants none
	Password string
	TLS      string      // StartTLS, TLS or PlainTLS
	Trust    *tls.Config // nil = the machine's own roots
}

// Send gives a mail to the server. community.CodeUnsupported: no mail server is set; CodeUnreachable: it did not answer;
// CodeRefused: it said no. A mail whose last answer was lost may be sent twice: its Message-ID is the same.
func (m *Mailer) Send(ctx context.Context, to string, msg Message) error {
	if m.Host == "" {
		return community.Errorf(community.CodeUnsupported, "no mail server is set (mail.host)")
	}
	if strings.ContainsAny(to+m.From, "\r\n") {
		return community.Errorf(community.CodeBadInput, "address: more than one line")
	}
	ctx, stop := context.WithTimeout(ctx, mailLimit)
	defer stop()
	conn, err := m.dial(ctx)
	if err != nil {
		return community.Errorf(community.CodeUnreachable, "mail server: %w", err)
	}
	defer conn.Close()
	until, _ := ctx.Deadline()
	if err := conn.SetDeadline(until); err != nil {
		return err
	}
	return m.talk(conn, to, msg)
}

func (m *Mailer) host() string {
	host, _, err := net.SplitHostPort(m.Host)
	if err != nil {
		return m.Host
	}
	return host
}

func (m *Mailer) trust() *tls.Config {
	c := &tls.Config{}
	if m.Trust != nil {
		c = m.Trust.Clone()
	}
	c.ServerName = m.host()
	return c
}

func (m *Mailer) dial(ctx context.Context) (net.Conn, error) {
	if m.TLS == TLS {
		d := tls.Dialer{Config: m.trust()}
		return d.DialContext(ctx, "tcp", m.Host)
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", m.Host)
}

// talk speaks SMTP (RFC 5321). With StartTLS nothing is said in the clear but the greeting.
func (m *Mailer) talk(conn net.Conn, to string, msg Message) error {
	c, err := smtp.NewClient(conn, m.host())
	if err != nil {
		return community.Errorf(community.CodeUnreachable, "mail server: %w", err)
	}
	defer c.Close()
	if m.TLS != TLS && m.TLS != PlainTLS {
		if err := c.StartTLS(m.trust()); err != nil {
			return community.Errorf(community.CodeRefused, "STARTTLS: %w", err)
		}
	}
	if m.User != "" {
		if err := c.Auth(smtp.PlainAuth("", m.User, m.Password, m.host())); err != nil {
			return community.Errorf(community.CodeRefused, "sign in to the mail server: %w", err)
		}
	}
	return m.hand(c, to, msg)
}

func (m *Mailer) hand(c *smtp.Client, to string, msg Message) error {
	if err := c.Mail(m.From); err != nil {
		return community.Errorf(community.CodeRefused, "sender: %w", err)
	}
	if err := c.Rcpt(to); err != nil {
		return community.Errorf(community.CodeRefused, "receiver: %w", err)
	}
	w, err := c.Data()
	if err != nil {
		return community.Errorf(community.CodeRefused, "mail: %w", err)
	}
	if _, err := w.Write(m.letter(to, msg)); err != nil {
		return community.Errorf(community.CodeUnreachable, "mail: %w", err)
	}
	if err := w.Close(); err != nil {
		return community.Errorf(community.CodeRefused, "mail: %w", err)
	}
	_ = c.Quit() // the mail is the server's already
	return nil
}

// letter writes a mail (RFC 5322) in UTF-8.
func (m *Mailer) letter(to string, msg Message) []byte {
	_, host, _ := strings.Cut(m.From, "@")
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\n", m.From, to)
	fmt.Fprintf(&b, "Subject: %s\r\n", mime.BEncoding.Encode("utf-8", strings.NewReplacer("\r", " ", "\n", " ").Replace(msg.Title)))
	fmt.Fprintf(&b, "Date: %s\r\nMessage-ID: <%s@%s>\r\n", time.UnixMilli(msg.At).UTC().Format(time.RFC1123Z), msg.ID, host)
	b.WriteString("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\nAuto-Submitted: auto-generated\r\n\r\n")
	text := msg.Text
	if msg.URL != "" {
		text += "\n\n" + msg.URL
	}
	coded := base64.StdEncoding.EncodeToString([]byte(text + "\n"))
	for len(coded) > 76 {
		b.WriteString(coded[:76] + "\r\n")
		coded = coded[76:]
	}
	b.WriteString(coded + "\r\n")
	return b.Bytes()
}
