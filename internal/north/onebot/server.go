package onebot

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"qunluo/internal/community"
	"qunluo/internal/connect/onebot/wire"
	"qunluo/internal/httpd"
	"qunluo/internal/north"
)

const (
	writeTimeout = 10 * time.Second // a reader that takes longer is cut off; what it missed it can have again
	underway     = 32               // calls of one connection that wait for their outcome
)

// Server answers bots that dial us: WebSocket at "" (both), "/api" (calls) and "/event" (events), else HTTP calls.
type Server struct {
	n *north.North
}

// New makes a server.
func New(n *north.North) *Server { return &Server{n} }

// role is what goes over a connection.
type role struct{ events, calls bool }

var roles = map[string]role{"": {true, true}, "/": {true, true}, "/api": {calls: true}, "/api/": {calls: true}, "/event": {events: true}, "/event/": {events: true}}

// ServeHTTP takes what comes below the protocol's prefix.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	bot, ok := s.admit(w, r)
	if !ok {
		return
	}
	at, isSocket := roles[r.URL.Path]
	if isSocket && strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		s.socket(w, r, bot, at)
		return
	}
	s.call(w, r, bot)
}

// admit finds the bot, or answers 401 (no token), 403 (wrong) or 429 (too often wrong).
func (s *Server) admit(w http.ResponseWriter, r *http.Request) (community.Bot, bool) {
	token := north.Bearer(r.Header.Get("Authorization"))
	if token == "" {
		token = r.URL.Query().Get("access_token")
	}
	if token == "" {
		http.Error(w, s.n.Sentence(community.Errorf(community.CodeForbidden, "no token")), http.StatusUnauthorized)
		return community.Bot{}, false
	}
	bot, err := s.n.Know(token, httpd.ClientIP(r.Context()).String())
	switch community.CodeOf(err) {
	case community.CodeNone:
		return bot, true
	case community.CodeLimited:
		w.Header().Set("Retry-After", "60")
		http.Error(w, s.n.Sentence(err), http.StatusTooManyRequests)
	case community.CodeBusy:
		w.Header().Set("Retry-After", "1")
		http.Error(w, s.n.Sentence(err), http.StatusServiceUnavailable)
	default:
		http.Error(w, s.n.Sentence(err), http.StatusForbidden)
	}
	return bot, false
}

func (s *Server) socket(w http.ResponseWriter, r *http.Request, bot community.Bot, at role) {
	seat, err := s.n.Sit(r.Context(), bot)
	if err != nil {
		http.Error(w, s.n.Sentence(err), http.StatusTooManyRequests)
		return
	}
	defer seat.Leave()
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // Accept has answered
	}
	from, err := seat.Start(0)
	if err != nil {
		_ = conn.Close(websocket.StatusInternalError, "")
		return
	}
	err = newLink(s.n, seat, conn).serve(at, from, nil)
	s.n.Log().Debug("bot went", "bot", bot.Name, "why", err)
}

// link is one WebSocket connection of a bot, either way round.
type link struct {
	n     *north.North
	seat  *north.Seat
	conn  *websocket.Conn
	slots chan struct{}
}

func newLink(n *north.North, seat *north.Seat, conn *websocket.Conn) *link {
	conn.SetReadLimit(MaxFrame)
	return &link{n, seat, conn, make(chan struct{}, underway)}
}

// errGone says that the other end closed or was lost.
var errGone = errors.New("connection ended")

// serve works until either end closes or the seat is taken away, and says why. looked, which may be nil, is told how far
// the bot was told what happened.
func (l *link) serve(at role, from int64, looked func(int64)) error {
	var work sync.WaitGroup
	defer work.Wait()
	ctx, stop := context.WithCancelCause(l.seat.Context())
	defer stop(errGone)
	work.Go(func() { // whoever ends it first, the other end hears why
		<-ctx.Done()
		_ = l.conn.Close(farewell(context.Cause(ctx)))
	})
	if at.events {
		work.Go(func() { stop(l.tell(ctx, from, looked)) })
		work.Go(func() { stop(l.beat(ctx)) })
	}
	err := l.listen(ctx, at, &work)
	stop(err)
	return context.Cause(ctx)
}

// farewell is the close frame for a reason.
func farewell(why error) (websocket.StatusCode, string) {
	switch {
	case errors.Is(why, errGone):
		return websocket.StatusNormalClosure, ""
	case community.CodeOf(why) == community.CodeTimeout:
		return websocket.StatusPolicyViolation, "reads too slowly"
	}
	words := why.Error()
	return websocket.StatusPolicyViolation, words[:min(len(words), 120)]
}

// tell sends events.
func (l *link) tell(ctx context.Context, from int64, looked func(int64)) error {
	first, err := lifecycle(l.seat.Self(), l.n.Now(), "connect")
	if err != nil {
		return err
	}
	if err := l.write(ctx, first); err != nil {
		return err
	}
	return l.seat.Follow(from, func(h north.Happening) error {
		frame, err := Frame(h, l.seat.Self())
		if err != nil || frame == nil || isStale(h, l.n.Now()) {
			return err
		}
		return l.write(ctx, frame)
	}, looked)
}

func (l *link) beat(ctx context.Context) error {
	tick := time.NewTicker(beatEach * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
			frame, err := heartbeat(l.seat.Self(), l.n.Now())
			if err == nil {
				err = l.write(ctx, frame)
			}
			if err != nil {
				return err
			}
		}
	}
}

// write sends a frame. CodeTimeout: the other end does not read.
func (l *link) write(ctx context.Context, frame []byte) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout) // half a frame would end the link
	defer cancel()
	err := l.conn.Write(limit, websocket.MessageText, frame)
	if err != nil && limit.Err() != nil {
		l.n.Log().Info("bot cut off: it reads too slowly", "bot", l.seat.Bot().Name)
		return community.Errorf(community.CodeTimeout, "reads too slowly: %w", err)
	}
	return err
}

// listen reads calls and answers them. Deciding keeps the order of the calls; waiting for what comes of them does not.
func (l *link) listen(ctx context.Context, at role, work *sync.WaitGroup) error {
	for {
		_, data, err := l.conn.Read(context.WithoutCancel(ctx))
		if err != nil {
			return errors.Join(errGone, err)
		}
		if !at.calls {
			continue
		}
		c, err := ReadCall(data)
		var out reply
		if err == nil {
			out, err = do(l.seat, c)
		}
		if err != nil || out.pending == nil || c.Async {
			data, waited := out.data, err
			if err == nil {
				data, waited = out.finish(ctx, c.Async)
			}
			if err := l.answer(ctx, c, data, waited); err != nil {
				return err
			}
			continue
		}
		select {
		case l.slots <- struct{}{}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		work.Go(func() {
			defer func() { <-l.slots }()
			data, err := out.finish(ctx, false)
			_ = l.answer(ctx, c, data, err) // a connection that cannot be written to ends by its reader
		})
	}
}

func (l *link) answer(ctx context.Context, c Call, data any, err error) error {
	l.n.Note(l.seat.Bot(), c.Action, err)
	a := answerOf(l.n, data, err)
	a.Echo = c.Echo
	frame, err := wire.Compact(a)
	if err != nil {
		return err
	}
	return l.write(ctx, frame)
}

// call answers an HTTP call: POST /<action> with JSON or a form, or GET with a query.
func (s *Server) call(w http.ResponseWriter, r *http.Request, bot community.Bot) {
	seat, err := s.n.Sit(r.Context(), bot)
	if err != nil {
		http.Error(w, s.n.Sentence(err), http.StatusTooManyRequests)
		return
	}
	defer seat.Leave()
	c, err := httpCall(w, r)
	var data any
	if err == nil {
		var out reply
		if out, err = do(seat, c); err == nil {
			data, err = out.finish(r.Context(), c.Async)
		}
	}
	s.n.Note(bot, c.Action, err)
	body, failed := wire.Compact(answerOf(s.n, data, err))
	if failed != nil {
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(statusOf(c, err))
	_, _ = w.Write(body) // a caller that is gone needs no answer
}

func statusOf(c Call, err error) int {
	switch _, known := actions[c.Action]; {
	case community.CodeOf(err) == community.CodeTooLarge:
		return http.StatusRequestEntityTooLarge
	case c.Action == "" && err != nil:
		return http.StatusBadRequest
	case !known:
		return http.StatusNotFound
	}
	return http.StatusOK
}

func httpCall(w http.ResponseWriter, r *http.Request) (Call, error) {
	action := strings.Trim(r.URL.Path, "/")
	if r.Method == http.MethodGet {
		return callOf(action, r.URL.Query()), nil
	}
	kind := r.Header.Get("Content-Type")
	r.Body = http.MaxBytesReader(w, r.Body, MaxFrame)
	if strings.HasPrefix(kind, "application/x-www-form-urlencoded") {
		if err := r.ParseForm(); err != nil {
			return Call{}, community.Errorf(community.CodeBadInput, "the form cannot be read")
		}
		return callOf(action, r.PostForm), nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return Call{}, community.Errorf(community.CodeTooLarge, "body of more than %d bytes", MaxFrame)
		}
		return Call{}, community.Errorf(community.CodeBadInput, "the body cannot be read")
	}
	c := Call{}.named(action)
	if len(body) > 0 && json.Unmarshal(body, &c.Params) != nil {
		return Call{}, community.Errorf(community.CodeBadInput, "the body is not a JSON object")
	}
	return c, nil
}
