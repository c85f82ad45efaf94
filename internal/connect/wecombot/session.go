package wecombot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/webapi"
)

const (
	dialTimeout   = 20 * time.Second
	answerTimeout = 5 * time.Second
	pingEach      = 30 * time.Second
	firstPause    = time.Second
	longestPause  = 30 * time.Second
	replyWithin   = 5 * time.Second
	maxReplies    = 1000
	maxText       = 20_480 // bytes of a reply
)

// Session is one bot's connection.
type Session struct {
	client      *http.Client
	host        connect.Host
	url         string
	bot, secret string

	feed *connect.Feed

	mu      sync.Mutex
	line    *line
	replies map[string]reply // by message id: what may still be answered directly
	serial  int
}

// reply is a message that may be answered within five seconds.
type reply struct {
	reqID string
	at    time.Time
}

// line is a living connection.
type line struct {
	conn *websocket.Conn
	ctx  context.Context
	stop context.CancelCauseFunc

	mu      sync.Mutex
	waiting map[string]chan *frame // by req_id
	turn    chan struct{}          // held while a call waits for its receipt: the platform wants one after another
}

var (
	_ connect.Connector = (*Connector)(nil)
	_ connect.Session   = (*Session)(nil)
)

// errDisplaced ends all connecting.
var errDisplaced = errors.New("somebody else took the bot's place")

// Run keeps the connection until ctx ends. Once displaced it rests, without connecting, until ctx ends.
func (s *Session) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()
	workers.Go(func() { s.feed.Run(ctx) })
	defer s.report("offline", nil)
	s.report("connecting", nil)
	for pause := firstPause; ; pause = min(pause*2, longestPause) {
		began := time.Now()
		err := s.once(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errDisplaced):
			return s.rest(ctx)
		case time.Since(began) > longestPause:
			pause = firstPause
		}
		state := "connecting"
		if community.CodeOf(err) == community.CodeForbidden {
			state, pause = "failed", longestPause
		}
		s.report(state, err)
		if !connect.Sleep(ctx, pause/2+rand.N(pause/2)) {
			return ctx.Err()
		}
	}
}

// rest says that we were displaced, and waits.
func (s *Session) rest(ctx context.Context) error {
	now := time.Now().UnixMilli()
	s.report("failed", community.Errorf(community.CodeConflict, "%w", errDisplaced))
	_ = s.feed.Put(ctx, connect.Inbound{Type: community.AccountDisplaced, Key: fmt.Sprintf("displaced:%d", now), OccurredAt: now,
		Group: community.Ref{ID: s.bot, Desk: true}, Body: community.Body{Reason: "displaced"}}) // fails only when ctx has ended
	<-ctx.Done()
	return ctx.Err()
}

// once dials, subscribes and serves until the connection ends.
func (s *Session) once(ctx context.Context) error {
	dialCtx, cancel := context.WithTimeout(ctx, dialTimeout)
	conn, _, err := websocket.Dial(dialCtx, s.url, &websocket.DialOptions{HTTPClient: s.client})
	cancel()
	if err != nil {
		return community.Errorf(community.CodeUnreachable, "dial: %s", s.hush(err.Error()))
	}
	conn.SetReadLimit(-1) // frames are read in pieces and bounded there
	lineCtx, stop := context.WithCancelCause(ctx)
	l := &line{conn: conn, ctx: lineCtx, stop: stop, waiting: map[string]chan *frame{}, turn: make(chan struct{}, 1)}
	var workers sync.WaitGroup
	defer workers.Wait()
	defer conn.CloseNow()
	defer stop(nil)
	workers.Go(func() { s.greet(l) })
	err = s.serve(l)
	s.setLine(nil)
	if cause := context.Cause(lineCtx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// greet subscribes and keeps the connection alive.
func (s *Session) greet(l *line) {
	body := map[string]string{"bot_id": s.bot, "secret": s.secret}
	if err := s.call(l.ctx, l, cmdSubscribe, "", body); err != nil {
		if community.CodeOf(err) == community.CodeRefused {
			err = community.Errorf(community.CodeForbidden, "subscribe: %w", err)
		}
		l.fail(err)
		return
	}
	s.setLine(l)
	s.report("online", nil)
	for connect.Sleep(l.ctx, pingEach) {
		if err := s.call(l.ctx, l, cmdPing, "", nil); err != nil {
			l.fail(community.Errorf(community.CodeUnreachable, "the other end no longer answers"))
			return
		}
	}
}

func (l *line) fail(err error) {
	l.stop(err)
	_ = l.conn.CloseNow()
}

// serve reads frames until the connection ends.
func (s *Session) serve(l *line) error {
	for {
		f, err := l.read()
		if code := community.CodeOf(err); code == community.CodeBadInput || code == community.CodeTooLarge {
			s.report("online", err) // the frame was refused, the connection lives
			continue
		}
		if err != nil {
			return err
		}
		if f.Cmd == "" {
			l.answered(f)
			continue
		}
		if err := s.take(l, f); err != nil {
			if errors.Is(err, errDisplaced) {
				return err
			}
			s.report("online", err)
		}
	}
}

// read gives the next frame; one that is too large is skipped.
func (l *line) read() (*frame, error) {
	data, err := webapi.ReadFrame(l.ctx, l.conn, maxFrame)
	if err != nil {
		return nil, err
	}
	var f frame
	if json.Unmarshal(data, &f) != nil || f.Headers.ReqID == "" {
		return nil, community.Errorf(community.CodeBadInput, "a frame that cannot be read")
	}
	return &f, nil
}

// take acts on what the platform tells.
func (s *Session) take(l *line, f *frame) error {
	if f.Cmd != cmdMessage && f.Cmd != cmdEvent {
		return nil
	}
	in, displaced, err := parse(f)
	switch {
	case err != nil:
		return err
	case displaced:
		return errDisplaced
	}
	for _, one := range in {
		s.remember(one.Body.Message, f.Headers.ReqID)
		if err := s.feed.Put(l.ctx, one); err != nil { // when it is full we do not read: the platform slows down
			return err
		}
	}
	return nil
}

// remember notes how a message may be answered directly.
func (s *Session) remember(message, reqID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.replies) >= maxReplies {
		clear(s.replies)
	}
	s.replies[message] = reply{reqID, time.Now()}
}

// call sends a frame and waits for its receipt. CodeTimeout: sent and not answered.
func (s *Session) call(ctx context.Context, l *line, cmd, reqID string, body any) error {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return community.Errorf(community.CodeUnreachable, "not sent: %w", ctx.Err())
	}
	if reqID == "" {
		s.mu.Lock()
		s.serial++
		reqID = fmt.Sprintf("%s_%d_%d", cmd, time.Now().UnixMilli(), s.serial)
		s.mu.Unlock()
	}
	f := frame{Cmd: cmd}
	f.Headers.ReqID = reqID
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return err
		}
		f.Body = raw
	}
	raw, err := json.Marshal(f)
	if err != nil {
		return err
	}
	answer := l.expect(reqID)
	defer l.forget(reqID)
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	if err := l.conn.Write(ctx, websocket.MessageText, raw); err != nil {
		return community.Errorf(community.CodeTimeout, "%s: the connection broke while sending", cmd)
	}
	select {
	case got := <-answer:
		return judge(cmd, got)
	case <-l.ctx.Done():
		return community.Errorf(community.CodeTimeout, "%s: the connection ended before the receipt", cmd)
	case <-ctx.Done():
		return community.Errorf(community.CodeTimeout, "%s: no receipt", cmd)
	}
}

// judge reads a receipt.
func judge(cmd string, got *frame) error {
	if got.Errcode == nil || *got.Errcode == 0 {
		return nil
	}
	code := community.CodeRefused
	if *got.Errcode == 45009 || *got.Errcode == 846607 || *got.Errcode == -1 {
		code = community.CodeLimited
	}
	return community.Errorf(code, "%s: errcode %d: %s", cmd, *got.Errcode, shorten(got.Errmsg))
}

func (l *line) expect(reqID string) chan *frame {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := make(chan *frame, 1)
	l.waiting[reqID] = c
	return c
}

func (l *line) forget(reqID string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.waiting, reqID)
}

func (l *line) answered(f *frame) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.waiting[f.Headers.ReqID]; c != nil {
		select {
		case c <- f:
		default:
		}
	}
}

// Do speaks. A reply to something said within the last five seconds answers it directly; everything else is sent unasked.
func (s *Session) Do(ctx context.Context, a community.Action) (connect.Receipt, error) {
	switch {
	case a.Verb != community.Send:
		return connect.Receipt{}, community.Errorf(community.CodeUnsupported, "a bot cannot do %q", a.Verb)
	case a.Text == "" || a.To.Group == "":
		return connect.Receipt{}, community.Errorf(community.CodeBadInput, "message.send without text or group")
	case len(a.Text) > maxText:
		return connect.Receipt{}, community.Errorf(community.CodeTooLarge, "a text of %d bytes, at most %d", len(a.Text), maxText)
	}
	s.mu.Lock()
	l, to := s.line, s.replies[a.ReplyTo]
	delete(s.replies, a.ReplyTo)
	s.mu.Unlock()
	if l == nil {
		return connect.Receipt{}, community.Errorf(community.CodeUnreachable, "not connected")
	}
	body := map[string]any{"msgtype": "markdown", "markdown": map[string]any{"content": a.Text}}
	cmd, reqID := cmdRespond, to.reqID
	if a.ReplyTo == "" || time.Since(to.at) > replyWithin-time.Second {
		cmd, reqID, body["chatid"] = cmdSend, "", strings.TrimPrefix(a.To.Group, "single:")
	}
	if err := s.call(ctx, l, cmd, reqID, body); err != nil {
		return connect.Receipt{}, err
	}
	return connect.Receipt{State: community.Confirmed}, nil // the receipt is the platform's word that it was sent
}

// Abilities says what a bot can do: speak.
func (s *Session) Abilities(string) connect.Abilities { return declared() }

func declared() connect.Abilities {
	return connect.Abilities{Verbs: map[community.Verb]community.Ability{community.Send: {Level: community.Native, Evidence: "declared"}}}
}

func (s *Session) setLine(l *line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line = l
}

func (s *Session) report(state string, err error) {
	h := connect.Health{State: state, Self: s.bot, At: time.Now().UnixMilli()}
	if err != nil {
		h.Code, h.Detail = community.CodeOf(err), s.hush(err.Error())
		h.Say = words[h.Code]
	}
	s.host.Report(h)
}

// words are what the operator is told.
var words = map[community.Code][2]string{
	community.CodeConflict: {"这个机器人在别处连上了，一个机器人同时只能有一个连接。请确认另一处要不要用；要在这里用，先断开另一处，再停用并重新启用这个连接。",
		"This bot is connected elsewhere; only one connection is possible at a time. To use it here, end the other one, then switch this connection off and on."},
	community.CodeForbidden: {"机器人的 BotID 或 Secret 不对，或者没有开启长连接(API 模式)。请到管理后台核对。",
		"The bot's id or secret is wrong, or its long connection (API mode) is not switched on. Check in the admin console."},
	community.CodeUnreachable: {"连不上企业微信的长连接，会自动重试。", "WeCom's long connection cannot be reached; it is retried."},
}

// hush keeps the secret out of what is told.
func (s *Session) hush(text string) string { return strings.ReplaceAll(text, s.secret, connect.Masked) }

func shorten(text string) string {
	if len(text) <= 300 {
		return text
	}
	return strings.ToValidUTF8(text[:300], "")
}
