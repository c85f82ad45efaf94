package satori

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"qunluo/internal/community"
	"qunluo/internal/connect/onebot/wire"
	"qunluo/internal/httpd"
	"qunluo/internal/north"
)

// Opcodes of frames.
const (
	opEvent    = 0
	opPing     = 1
	opPong     = 2
	opIdentify = 3
	opReady    = 4
)

const (
	// MaxFrame bounds what a bot may send at once, in bytes.
	MaxFrame     = 1 << 20
	writeTimeout = 10 * time.Second
	identifyIn   = 10 * time.Second // how long a client may take to say who it is
	silence      = time.Minute      // how long one may be silent: clients ping every 10 s
	strangers    = 64               // connections that have not said yet who they are
)

// Server answers bots.
type Server struct {
	n       *north.North
	unknown atomic.Int64
}

// New makes a server.
func New(n *north.North) *Server { return &Server{n: n} }

// ServeHTTP takes what comes below the protocol's prefix: /v1/events and /v1/<method>.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, ok := strings.CutPrefix(r.URL.Path, "/v1/")
	switch {
	case !ok:
		http.NotFound(w, r)
	case name == "events":
		s.events(w, r)
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", "POST")
		http.Error(w, "", http.StatusMethodNotAllowed)
	default:
		s.call(w, r, name)
	}
}

// statuses are what codes are in HTTP; any other is 500.
var statuses = map[community.Code]int{
	community.CodeNone: http.StatusOK, north.CodeAsync: http.StatusAccepted, community.CodeBadInput: http.StatusBadRequest,
	community.CodeTooLarge: http.StatusRequestEntityTooLarge, community.CodeForbidden: http.StatusForbidden,
	community.CodeNotFound: http.StatusNotFound, community.CodeUnsupported: http.StatusNotFound, community.CodeLimited: http.StatusTooManyRequests,
	community.CodeConflict: http.StatusConflict, community.CodeFrozen: http.StatusConflict, community.CodeRefused: http.StatusUnprocessableEntity,
	community.CodeUnreachable: http.StatusBadGateway, community.CodeTimeout: http.StatusGatewayTimeout, community.CodeBusy: http.StatusServiceUnavailable,
}

func (s *Server) refuse(w http.ResponseWriter, err error) {
	status, ok := statuses[community.CodeOf(err)]
	if !ok {
		status = http.StatusInternalServerError
	}
	if status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "60")
	}
	http.Error(w, s.n.Sentence(err), status)
}

// call answers a method.
func (s *Server) call(w http.ResponseWriter, r *http.Request, name string) {
	token := north.Bearer(r.Header.Get("Authorization"))
	if token == "" {
		http.Error(w, s.n.Sentence(community.Errorf(community.CodeForbidden, "no token")), http.StatusUnauthorized)
		return
	}
	bot, err := s.n.Know(token, httpd.ClientIP(r.Context()).String())
	if err != nil {
		s.refuse(w, err)
		return
	}
	if err := addressed(r.Header, bot); err != nil {
		s.refuse(w, err)
		return
	}
	seat, err := s.n.Sit(r.Context(), bot)
	if err != nil {
		s.refuse(w, err)
		return
	}
	defer seat.Leave()
	params, err := readParams(w, r)
	var data any
	if err == nil {
		data, err = do(r.Context(), seat, name, params)
	}
	s.n.Note(bot, name, err)
	if code := community.CodeOf(err); code != community.CodeNone && code != north.CodeAsync {
		s.refuse(w, err)
		return
	}
	body, failed := wire.Compact(data)
	if failed != nil {
		s.refuse(w, failed)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(statuses[community.CodeOf(err)])
	_, _ = w.Write(body) // a caller that is gone needs no answer
}

// addressed checks the login that a call names, in the headers of newer or older clients; naming none is fine.
func addressed(h http.Header, bot community.Bot) error {
	for _, name := range []string{"Satori-Platform", "X-Platform"} {
		if v := h.Get(name); v != "" && v != Platform {
			return community.Errorf(community.CodeForbidden, "%s: this token's login is on %s", name, Platform)
		}
	}
	for _, name := range []string{"Satori-User-ID", "X-Self-ID"} {
		if v := h.Get(name); v != "" && v != text(north.SelfID(bot)) {
			return community.Errorf(community.CodeForbidden, "%s: this token's login is %d", name, north.SelfID(bot))
		}
	}
	return nil
}

func readParams(w http.ResponseWriter, r *http.Request) (wire.Fields, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxFrame))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, community.Errorf(community.CodeTooLarge, "body of more than %d bytes", MaxFrame)
	case err != nil:
		return nil, community.Errorf(community.CodeBadInput, "the body cannot be read")
	case len(body) == 0:
		return nil, nil
	}
	var params wire.Fields
	if json.Unmarshal(body, &params) != nil {
		return nil, community.Errorf(community.CodeBadInput, "the body is not a JSON object")
	}
	return params, nil
}

// frame is what goes over the WebSocket.
type frame struct {
	Op   int `json:"op"`
	Body any `json:"body,omitempty"`
}

// events serves a WebSocket: the client says who it is, is told that it is ready, and then what happens.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	if s.unknown.Add(1) > strangers {
		s.unknown.Add(-1)
		s.refuse(w, community.Errorf(community.CodeLimited, "too many connections that have not identified"))
		return
	}
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		s.unknown.Add(-1)
		return // Accept has answered
	}
	conn.SetReadLimit(MaxFrame)
	seat, after, err := s.identify(r, conn)
	s.unknown.Add(-1)
	if err != nil {
		_ = conn.Close(websocket.StatusPolicyViolation, north.Brief(err.Error()))
		return
	}
	defer seat.Leave()
	l := &link{s.n, seat, conn}
	err = l.serve(after)
	s.n.Log().Debug("bot went", "bot", seat.Bot().Name, "why", err)
}

// identify waits for IDENTIFY and gives the client its seat, and the number to go on from.
func (s *Server) identify(r *http.Request, conn *websocket.Conn) (*north.Seat, int64, error) {
	ctx, cancel := context.WithTimeout(r.Context(), identifyIn)
	defer cancel()
	var first struct {
		Op   int `json:"op"`
		Body struct {
			Token string `json:"token"`
			SN    int64  `json:"sn"`
		} `json:"body"`
	}
	for first.Op != opIdentify {
		_, data, err := conn.Read(ctx)
		if err != nil {
			return nil, 0, err
		}
		if json.Unmarshal(data, &first) != nil || first.Op != opIdentify && first.Op != opPing {
			return nil, 0, community.Errorf(community.CodeBadInput, "want IDENTIFY first")
		}
	}
	if first.Body.Token == "" {
		first.Body.Token = north.Bearer(r.Header.Get("Authorization"))
	}
	bot, err := s.n.Know(first.Body.Token, httpd.ClientIP(r.Context()).String())
	if err != nil {
		return nil, 0, err
	}
	seat, err := s.n.Sit(r.Context(), bot)
	if err != nil {
		return nil, 0, err
	}
	after, err := seat.Start(first.Body.SN)
	if err != nil {
		seat.Leave()
	}
	return seat, after, err
}

// link is an identified connection.
type link struct {
	n    *north.North
	seat *north.Seat
	conn *websocket.Conn
}

// errGone says that the other end closed or was lost.
var errGone = errors.New("connection ended")

func (l *link) serve(after int64) error {
	var work sync.WaitGroup
	defer work.Wait()
	ctx, stop := context.WithCancelCause(l.seat.Context())
	defer stop(errGone)
	work.Go(func() { // whoever ends it first, the other end hears why
		<-ctx.Done()
		why := context.Cause(ctx)
		if errors.Is(why, errGone) {
			_ = l.conn.Close(websocket.StatusNormalClosure, "")
			return
		}
		_ = l.conn.Close(websocket.StatusPolicyViolation, north.Brief(why.Error()))
	})
	login := loginOf(l.seat)
	ready := frame{opReady, map[string]any{"logins": []Login{login}, "proxy_urls": []string{}}}
	if err := l.write(ctx, ready); err != nil {
		stop(err)
		return err
	}
	work.Go(func() {
		stop(l.seat.Follow(after, func(h north.Happening) error {
			e := EventOf(h, login)
			if e == nil {
				return nil
			}
			return l.write(ctx, frame{opEvent, e})
		}, nil))
	})
	stop(l.listen(ctx))
	return context.Cause(ctx)
}

// listen answers pings; a client that is silent too long is gone.
func (l *link) listen(ctx context.Context) error {
	for {
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), silence)
		_, data, err := l.conn.Read(limit)
		cancel()
		if err != nil {
			return errors.Join(errGone, err)
		}
		var f struct {
			Op int `json:"op"`
		}
		if json.Unmarshal(data, &f) != nil {
			return community.Errorf(community.CodeBadInput, "a frame is not JSON")
		}
		if f.Op == opPing {
			if err := l.write(ctx, frame{Op: opPong}); err != nil {
				return err
			}
		}
	}
}

// write sends a frame. CodeTimeout: the other end does not read.
func (l *link) write(ctx context.Context, f frame) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	data, err := wire.Compact(f)
	if err != nil {
		return err
	}
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout) // half a frame would end the link
	defer cancel()
	err = l.conn.Write(limit, websocket.MessageText, data)
	if err != nil && limit.Err() != nil {
		l.n.Log().Info("bot cut off: it reads too slowly", "bot", l.seat.Bot().Name)
		return community.Errorf(community.CodeTimeout, "reads too slowly: %w", err)
	}
	return err
}
