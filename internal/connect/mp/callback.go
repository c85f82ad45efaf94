package mp

import (
	"context"
	crand "crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/wxcrypt"
)

const (
	// answerWithin is how long a call may wait for the disk: the platform gives up after 5 s and tries again.
	answerWithin = 4 * time.Second
	// replyWithin is how long, once what was said is on disk, the call is kept open for an answer of ours.
	replyWithin = 1500 * time.Millisecond
)

// caller is a follower whose call is still open: what we say to them now is its answer.
type caller struct {
	reply chan string // one place: the first answer goes out with the call
}

// ServeConnect takes the platform's calls: GET checks our address, POST brings a message or an event. It answers 200 only
// once what the call says is safely on disk; a message's answer, if one is decided in time, is the answer's body. Refused:
// 400 unreadable, 403 wrong signature or clock, 413 too large, 405; 503 asks the platform to try again.
func (s *Session) ServeConnect(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	q, err := wxcrypt.ReadQuery(r.URL.Query())
	if err != nil {
		s.refuse(w, err)
		return
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		s.greet(w, r, q)
	case http.MethodPost:
		s.called(w, r, q)
	default:
		w.Header().Set("Allow", "GET, POST")
		http.Error(w, "GET or POST", http.StatusMethodNotAllowed)
	}
}

// signed verifies the plain signature over token, timestamp and nonce, in constant time.
func (s *Session) signed(q wxcrypt.Query, signature string) bool {
	parts := []string{s.token, q.Timestamp, q.Nonce}
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(signature)) == 1
}

// greet answers the check of our address with the bare text: it is signed plainly in both modes.
func (s *Session) greet(w http.ResponseWriter, r *http.Request, q wxcrypt.Query) {
	if !s.signed(q, r.URL.Query().Get("signature")) {
		s.refuse(w, errSignature())
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, q.Echo) // whoever called may be gone
}

func errSignature() error {
	return community.Errorf(community.CodeForbidden, "wrong signature: the token here and on the platform differ, or somebody else called")
}

func (s *Session) called(w http.ResponseWriter, r *http.Request, q wxcrypt.Query) {
	raw, err := s.open(w, r, q)
	if err != nil {
		s.refuse(w, err)
		return
	}
	how, err := s.window.Admit(q, time.Now().Unix())
	if err != nil {
		s.refuse(w, err)
		return
	}
	answer := ""
	if how == wxcrypt.Fresh {
		if answer, err = s.take(r.Context(), raw); err != nil {
			s.window.Failed(q)
			s.refuse(w, err)
			return
		}
		s.window.Taken(q)
	}
	s.set(func() { s.call = connect.Health{} })
	s.answer(w, raw, answer)
}

// open reads a call's body and, in safe mode, opens it. An account set to safe mode takes nothing that is not sealed.
func (s *Session) open(w http.ResponseWriter, r *http.Request, q wxcrypt.Query) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, wxcrypt.MaxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, community.Errorf(community.CodeTooLarge, "a call of more than %d bytes", wxcrypt.MaxBody)
	case err != nil:
		return nil, community.Errorf(community.CodeBadInput, "a call broke off")
	case s.crypt != nil:
		return s.crypt.Open(q, body)
	case !s.signed(q, r.URL.Query().Get("signature")):
		return nil, errSignature()
	}
	return body, nil
}

// take hands over what a call says; nil once it is safe. It gives what to answer a follower who wrote, if that is decided
// while the call is open.
func (s *Session) take(ctx context.Context, raw []byte) (string, error) {
	in, f, err := parse(s.desk(), raw)
	if err != nil || len(in) == 0 {
		return "", err
	}
	s.mu.Lock()
	running := s.running
	s.mu.Unlock()
	if !running {
		return "", community.Errorf(community.CodeBusy, "the connection is not running")
	}
	c := s.expect(f.From)
	defer s.forget(f.From, c)
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	err = s.host.Receive(ctx, in...)
	switch {
	case community.CodeOf(err) == community.CodePrivate:
		return "", nil // one to one, and that is switched off: nothing is kept
	case err != nil:
		return "", community.Errorf(community.CodeBusy, "not taken: %w", err)
	}
	return c.wait(ctx), nil
}

// wait gives the first answer that comes in time.
func (c *caller) wait(ctx context.Context) string {
	timer := time.NewTimer(replyWithin)
	defer timer.Stop()
	select {
	case text := <-c.reply:
		return text
	case <-timer.C:
	case <-ctx.Done():
	}
	return ""
}

// expect opens a place for an answer to a follower; the latest call of theirs has it.
func (s *Session) expect(follower string) *caller {
	c := &caller{reply: make(chan string, 1)}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting[follower] = c
	return c
}

func (s *Session) forget(follower string, c *caller) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting[follower] == c {
		delete(s.waiting, follower)
	}
}

// passive takes the place of a follower whose call is open, once.
func (s *Session) passive(follower, text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.waiting[follower]
	if c == nil {
		return false
	}
	delete(s.waiting, follower)
	c.reply <- text // has room: it is given out once
	return true
}

// reply is the XML of a passive answer.
type reply struct {
	XMLName xml.Name `xml:"xml"`
	To      cdata    `xml:"ToUserName"`
	From    cdata    `xml:"FromUserName"`
	Created int64    `xml:"CreateTime"`
	Type    cdata    `xml:"MsgType"`
	Content cdata    `xml:"Content"`
}

type cdata struct {
	Text string `xml:",cdata"`
}

// answer ends a call: with words for the follower, or "success" alone, which stops repeats.
func (s *Session) answer(w http.ResponseWriter, raw []byte, text string) {
	if text == "" {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "success")
		return
	}
	var f frame
	if err := wxcrypt.ReadXML(raw, &f); err != nil {
		_, _ = io.WriteString(w, "success") // cannot happen: it was read a moment ago
		return
	}
	now := time.Now().Unix()
	body, err := xml.Marshal(reply{To: cdata{f.From}, From: cdata{f.To}, Created: now, Type: cdata{"text"}, Content: cdata{text}})
	if err == nil && s.crypt != nil {
		var random [16]byte
		_, _ = crand.Read(random[:]) // never fails
		body, err = s.crypt.Seal(random, strconv.FormatInt(now, 10), hex.EncodeToString(random[:6]), body)
	}
	if err != nil {
		_, _ = io.WriteString(w, "success")
		return
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	_, _ = w.Write(body)
}

// refuse answers a call that was not taken, and tells the operator where it is theirs to mend.
func (s *Session) refuse(w http.ResponseWriter, err error) {
	code := community.CodeOf(err)
	status := statuses[code]
	if status == 0 {
		status = http.StatusServiceUnavailable
	}
	s.set(func() {
		s.call = connect.Health{State: "online", Code: code, Detail: err.Error(), Say: callWords[code]}
	})
	http.Error(w, http.StatusText(status), status) // the reason is for the operator, not for whoever calls
}

var statuses = map[community.Code]int{
	community.CodeBadInput: http.StatusBadRequest, community.CodeTooLarge: http.StatusRequestEntityTooLarge,
	community.CodeForbidden: http.StatusForbidden, community.CodeClock: http.StatusForbidden, community.CodeConflict: http.StatusForbidden,
	community.CodeBusy: http.StatusServiceUnavailable,
}

// callWords are what the operator is told about calls that were not taken.
var callWords = map[community.Code][2]string{
	community.CodeForbidden: {"有回调的签名不对，没有收下。如果公众平台的 Token、EncodingAESKey 或消息加解密方式刚改过，请把这里改成一样的；否则可能有人冒充公众平台。",
		"A call has a wrong signature and was not taken. If Token, EncodingAESKey or the encryption mode were changed on the platform, enter the same here; otherwise somebody may be posing as it."},
	community.CodeClock: {"回调的时间与这台服务器相差超过十分钟，没有收下。请校准服务器时间（NTP）。",
		"A call is dated more than ten minutes from this server's clock and was not taken. Set the clock (NTP)."},
	community.CodeBadInput: {"收到读不懂的回调，没有收下。", "A call could not be read and was not taken."},
	community.CodeTooLarge: {"收到过大的回调（超过 1 MiB），没有收下。", "A call larger than 1 MiB was not taken."},
	community.CodeConflict: {"同一个随机数的回调来了两次、内容不同，没有收下：可能有人在重放。",
		"A call came twice under one nonce with different content and was not taken: somebody may be replaying."},
	community.CodeBusy: {"暂时来不及把回调写到磁盘，已请公众平台稍后重发。", "Calls could not be written to disk just now; the platform was asked to send them again."},
}
