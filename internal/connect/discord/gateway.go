package discord

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coder/websocket"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/webapi"
)

const (
	dialTimeout  = 20 * time.Second
	firstPause   = time.Second
	longestPause = time.Minute
	maxFrame     = 4 << 20 // bytes
)

// Opcodes of the Gateway.
const (
	opDispatch  = 0
	opHeartbeat = 1
	opIdentify  = 2
	opResume    = 6
	opReconnect = 7
	opInvalid   = 9
	opHello     = 10
	opAck       = 11
)

// intents are the kinds of events we ask for: guilds, members, moderation, messages, message content.
const intents = 1<<0 | 1<<1 | 1<<2 | 1<<9 | 1<<15

// frame is one message of the Gateway.
type frame struct {
	Op   int             `json:"op"`
	Seq  int64           `json:"s,omitempty"`
	Type string          `json:"t,omitempty"`
	Data json.RawMessage `json:"d"`
}

// fatal are close codes after which connecting again is of no use before a person has done something.
var fatal = map[websocket.StatusCode]error{
	4004: badToken(),
	4013: connect.Trouble(community.CodeForbidden, "Discord 不认识请求的意图，请升级群落。", "Discord does not know the intents that were asked for: update Qunluo."),
	4014: connect.Trouble(community.CodeForbidden, "机器人没有打开特权意图。请在开发者后台 Bot 页打开 Server Members Intent 和 Message Content Intent。",
		"The bot's privileged intents are off. Switch on Server Members Intent and Message Content Intent in the developer portal, page Bot."),
}

func badToken() error {
	return connect.Trouble(community.CodeForbidden, "机器人令牌不对或已被重置。请在开发者后台重新生成并填到这里。", "The bot's token is wrong or was reset. Make a new one in the developer portal and enter it here.")
}

// Run keeps the connection until ctx ends.
func (s *Session) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()
	workers.Go(func() { s.feed.Run(ctx) })
	defer s.tell.Tell("offline", nil)
	s.tell.Tell("connecting", nil)
	return connect.Redial{First: firstPause, Longest: longestPause, Settled: longestPause, Hopeless: []community.Code{community.CodeForbidden}, Tell: s.tell.Tell}.Run(ctx, s.once)
}

// address is where the Gateway stands: where a session may be resumed, else where Discord says now.
func (s *Session) address(ctx context.Context) (string, error) {
	s.mu.Lock()
	at := s.resume
	if s.session == "" {
		at = ""
	}
	s.mu.Unlock()
	if at == "" {
		var got struct {
			URL string `json:"url"`
		}
		if err := s.call(ctx, webapi.Call{Method: http.MethodGet, Path: "/gateway/bot"}, &got); err != nil {
			return "", err
		}
		at = got.URL
	}
	u, err := url.Parse(at)
	if err != nil || u.Host == "" {
		return "", community.Errorf(community.CodeUnreachable, "Discord named no Gateway")
	}
	u.RawQuery = "v=10&encoding=json"
	return u.String(), nil
}

// once connects and serves until the connection ends.
func (s *Session) once(ctx context.Context) error {
	at, err := s.address(ctx)
	if err != nil {
		return err
	}
	dialCtx, cancel := context.WithTimeout(ctx, dialTimeout)
	conn, _, err := websocket.Dial(dialCtx, at, &websocket.DialOptions{HTTPClient: s.api.HTTP()})
	cancel()
	if err != nil {
		s.forget()
		return community.Errorf(community.CodeUnreachable, "dial: %s", s.api.Hush(err.Error()))
	}
	conn.SetReadLimit(-1) // frames are bounded where they are read
	l := &line{conn: conn}
	l.ctx, l.stop = context.WithCancelCause(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer conn.CloseNow()
	defer l.stop(nil)
	err = s.serve(l, &workers)
	if why := fatal[websocket.CloseStatus(err)]; why != nil {
		s.forget()
		return why
	}
	if cause := context.Cause(l.ctx); cause != nil && ctx.Err() == nil {
		return cause
	}
	return err
}

// line is a living connection.
type line struct {
	conn  *websocket.Conn
	ctx   context.Context
	stop  context.CancelCauseFunc
	mu    sync.Mutex
	acked bool
}

func (l *line) write(op int, data any) error {
	raw, err := json.Marshal(map[string]any{"op": op, "d": data})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(l.ctx, dialTimeout)
	defer cancel()
	return l.conn.Write(ctx, websocket.MessageText, raw)
}

// forget gives up a session that cannot be resumed.
func (s *Session) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.session, s.resume, s.seq = "", "", 0
}

func (s *Session) serve(l *line, workers *sync.WaitGroup) error {
	for {
		raw, err := webapi.ReadFrame(l.ctx, l.conn, maxFrame)
		if community.CodeOf(err) == community.CodeTooLarge {
			s.tell.Tell("online", err)
			continue
		}
		if err != nil {
			return err
		}
		var f frame
		if json.Unmarshal(raw, &f) != nil {
			s.tell.Tell("online", community.Errorf(community.CodeBadInput, "a frame that cannot be read"))
			continue
		}
		if err := s.take(l, f, workers); err != nil {
			return err
		}
	}
}

// take acts on a frame; an error ends the connection.
func (s *Session) take(l *line, f frame, workers *sync.WaitGroup) error {
	switch f.Op {
	case opHello:
		return s.hello(l, f, workers)
	case opHeartbeat:
		return l.write(opHeartbeat, s.last())
	case opAck:
		l.mu.Lock()
		l.acked = true
		l.mu.Unlock()
		if !s.tell.Online() { // a server that Discord itself cannot reach is not waited for
			s.tell.Tell("online", nil)
		}
	case opReconnect:
		return community.Errorf(community.CodeUnreachable, "Discord asks to connect anew")
	case opInvalid:
		if string(f.Data) != "true" {
			s.forget()
		}
		return community.Errorf(community.CodeUnreachable, "the session ended")
	case opDispatch:
		return s.dispatch(l, f)
	}
	return nil
}

func (s *Session) last() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seq == 0 {
		return nil
	}
	return s.seq
}

// hello says who we are, or resumes where we were, and keeps the connection alive.
func (s *Session) hello(l *line, f frame, workers *sync.WaitGroup) error {
	var h struct {
		Each int64 `json:"heartbeat_interval"`
	}
	if json.Unmarshal(f.Data, &h) != nil || h.Each < 1000 || h.Each > 10*60_000 {
		h.Each = 41_250
	}
	each := time.Duration(h.Each) * time.Millisecond
	workers.Go(func() { s.beat(l, each) })
	s.mu.Lock()
	session, seq := s.session, s.seq
	s.mu.Unlock()
	if session != "" {
		return l.write(opResume, map[string]any{"token": s.token, "session_id": session, "seq": seq})
	}
	return l.write(opIdentify, map[string]any{"token": s.token, "intents": intents,
		"properties": map[string]string{"os": "linux", "browser": "qunluo", "device": "qunluo"}})
}

// beat tells that we live; a beat that was not acknowledged ends the connection.
func (s *Session) beat(l *line, each time.Duration) {
	l.mu.Lock()
	l.acked = true
	l.mu.Unlock()
	for connect.Sleep(l.ctx, each) {
		l.mu.Lock()
		alive := l.acked
		l.acked = false
		l.mu.Unlock()
		if !alive || l.write(opHeartbeat, s.last()) != nil {
			l.stop(community.Errorf(community.CodeUnreachable, "Discord no longer answers"))
			_ = l.conn.CloseNow()
			return
		}
	}
}

// dispatch takes one event. The number counts once it is queued for the host, so that a resumed session brings it again
// otherwise.
func (s *Session) dispatch(l *line, f frame) error {
	in, err := s.parse(f)
	if err != nil {
		s.tell.Tell("online", err)
	}
	for _, one := range in {
		if err := s.feed.Put(l.ctx, one); err != nil {
			return err
		}
	}
	s.mu.Lock()
	s.seq = max(s.seq, f.Seq)
	known := len(s.awaited) == 0
	s.mu.Unlock()
	if !s.tell.Online() && known {
		s.tell.Tell("online", nil)
	}
	return nil
}
