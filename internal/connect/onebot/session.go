package onebot

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/onebot/wire"
)

const (
	dialTimeout  = 20 * time.Second
	firstPause   = time.Second
	longestPause = time.Minute
	settled      = 30 * time.Second // a link that lived so long starts the pauses over
)

// Session is one account's connection to its OneBot implementation.
type Session struct {
	client *http.Client
	host   connect.Host
	mode   string // forward, reverse or http
	url    string
	token  string
	secret string // http: events are signed with it
	want   string // the account that must be logged in; "" = any
	rate   int    // sends per minute

	feed     *connect.Feed
	echoes   connect.Echoes
	arrivals chan *arrival // reverse: connections on their way to Run
	urgent   chan string   // groups whose rank is to be asked
	posts    chan struct{} // http: a slot for each event that is being handed over
	handing  sync.Mutex    // http: held while one is, so that order is kept

	mu         sync.Mutex
	running    bool
	link       *link // nil while not connected
	self, name string
	offline    string // why the platform threw the account out; until the next connection
	restricted string // why the platform restricted it; until the next Run
	why        string // the platform's words about restricted or offline
	proved     bool   // somebody came who had the right secret
	knock      time.Time
	budget     *connect.Budget
	learned    map[community.Verb]time.Time // verbs found missing, and when
	ranks      map[string]ranked            // by group
	silenced   map[string]int64             // groups where we are muted: until, UTC ms
}

var (
	_ connect.Session      = (*Session)(nil)
	_ connect.HTTPReceiver = (*Session)(nil)
	_ connect.MemberLister = (*Session)(nil)
	_ connect.GroupLister  = (*Session)(nil)
)

// arrival is a connection that dialled in. Run answers on taken once it owns the connection.
type arrival struct {
	conn  *websocket.Conn
	taken chan struct{}
}

// Run keeps the connection until ctx ends. It returns ctx's error only: whatever else is wrong (a refused token, another
// account) may be mended at the other end, so it is reported and tried again.
func (s *Session) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	workers.Go(func() { s.feed.Run(ctx) })
	workers.Go(func() { s.probe(ctx) })
	defer workers.Wait()
	defer cancel()
	s.setRunning(true)
	defer s.setRunning(false)
	defer s.report("offline", nil)
	s.report("connecting", nil)
	if s.mode == modeReverse {
		return s.listen(ctx)
	}
	return s.dialOn(ctx)
}

// dialOn dials, serves, and dials again after growing, jittered pauses.
func (s *Session) dialOn(ctx context.Context) error {
	return connect.Redial{First: firstPause, Longest: longestPause, Settled: settled, Hopeless: []community.Code{community.CodeForbidden, community.CodeConflict}, Tell: s.report}.Run(ctx, s.dialOnce)
}

// stateAfter is failed where somebody must do something, else connecting.
func stateAfter(err error) string {
	if code := community.CodeOf(err); code == community.CodeForbidden || code == community.CodeConflict {
		return "failed"
	}
	return "connecting"
}

func (s *Session) dialOnce(ctx context.Context) error {
	if s.mode == modeHTTP {
		return s.visit(ctx)
	}
	header := http.Header{}
	if s.token != "" {
		header.Set("Authorization", "Bearer "+s.token)
	}
	dialCtx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, answer, err := websocket.Dial(dialCtx, s.url, &websocket.DialOptions{HTTPClient: s.client, HTTPHeader: header})
	if err != nil {
		if answer != nil && (answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden) {
			return community.Errorf(community.CodeForbidden, "the implementation refuses the token: HTTP %d", answer.StatusCode)
		}
		if answer != nil {
			return community.Errorf(community.CodeUnreachable, "no WebSocket there: HTTP %d", answer.StatusCode)
		}
		return community.Errorf(community.CodeUnreachable, "dial: %w", err)
	}
	return s.serve(newLink(ctx, conn))
}

// listen serves the connection that dialled in last; an older one is closed, it is half dead anyway.
func (s *Session) listen(ctx context.Context) error {
	var (
		current *link
		over    chan error
	)
	stop := func() {
		if current != nil {
			current.close()
			<-over
			current, over = nil, nil
		}
	}
	defer stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case a := <-s.arrivals:
			stop()
			l, done := newLink(ctx, a.conn), make(chan error, 1)
			current, over = l, done
			go func() { done <- s.serve(l) }()
			close(a.taken)
		case err := <-over:
			current, over = nil, nil
			s.report(stateAfter(err), err)
		}
	}
}

// ServeConnect takes a reverse connection: X-Client-Role must be Universal, X-Self-ID our account, and the token right
// (Authorization: Bearer or Token, or access_token in the query). 401, 403 and 400 say which is wrong; 503 = not
// running.
func (s *Session) ServeConnect(w http.ResponseWriter, r *http.Request) {
	switch {
	case s.mode == modeHTTP:
		s.posted(w, r)
		return
	case s.mode != modeReverse:
		http.Error(w, "this connection dials by itself", http.StatusNotFound)
		return
	case !s.tokenIsRight(r):
		s.knocked(wrongToken)
		http.Error(w, "wrong token", http.StatusUnauthorized)
		return
	case !strings.EqualFold(r.Header.Get("X-Client-Role"), "Universal"):
		http.Error(w, "X-Client-Role must be Universal", http.StatusBadRequest)
		return
	case r.Header.Get("X-Self-ID") != s.want:
		http.Error(w, "X-Self-ID is another account", http.StatusForbidden)
		return
	case !s.isRunning():
		http.Error(w, "not running", http.StatusServiceUnavailable)
		return
	}
	s.opened()
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // Accept has answered
	}
	a := &arrival{conn: conn, taken: make(chan struct{})}
	timer := time.NewTimer(dialTimeout)
	defer timer.Stop()
	select {
	case s.arrivals <- a:
		<-a.taken
	case <-timer.C:
		_ = conn.CloseNow() // Run has ended in between
	}
}

func (s *Session) tokenIsRight(r *http.Request) bool {
	given := r.URL.Query().Get("access_token")
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, rest, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") && !strings.EqualFold(scheme, "Token") {
			return false
		}
		given = strings.TrimSpace(rest)
	}
	got, want := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(s.token))
	return subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

// serve reads a link until it ends and says why.
func (s *Session) serve(l *link) error {
	s.setLink(l)
	var workers sync.WaitGroup
	workers.Go(l.watch)
	workers.Go(func() { s.greet(l) })
	defer workers.Wait()
	defer l.close()
	defer s.setLink(nil)
	for {
		data, err := l.read()
		if err == nil {
			err = s.take(l, data)
		}
		switch code := community.CodeOf(err); {
		case err == nil:
		case code == community.CodeTooLarge || code == community.CodeBadInput:
			s.report("online", err) // the frame was refused, the connection lives
		case code == community.CodeConflict:
			return err
		default:
			return l.reason(err)
		}
	}
}

// take acts on one frame.
func (s *Session) take(l *link, data []byte) error {
	var f frame
	if err := l.decode(data, &f); err != nil {
		return err
	}
	in, err := s.note(l, f)
	if err != nil || in == nil {
		return err
	}
	return s.enqueue(l, *in)
}

// note acts on what a frame says and gives the event in it; nil = it is none. l may be nil.
func (s *Session) note(l *link, f frame) (*connect.Inbound, error) {
	if f.self != "" && s.want != "" && f.self != s.want {
		return nil, community.Errorf(community.CodeConflict, "account %s is logged in there, not %s", f.self, s.want)
	}
	if f.quoted && l != nil {
		l.quoted.Store(true)
	}
	switch f.kind {
	case Answer:
		if l != nil {
			l.answered(f.answer)
		}
	case Heartbeat:
		if l != nil {
			l.interval.Store(f.interval)
		}
		s.backOnline(f.online)
	case Offline:
		s.throwOut(f.detail)
	case Event:
		s.learnFrom(f)
		s.tellOfSelf(f)
		in := s.caused(f.in)
		return &in, nil
	}
	return nil, nil
}

// enqueue waits while the feed is full: not reading is how the other end learns to slow down.
func (s *Session) enqueue(l *link, in connect.Inbound) error {
	if s.feed.Try(in) {
		return nil
	}
	l.stuck.Store(true)
	defer l.stuck.Store(false)
	if err := s.feed.Put(l.ctx, in); err != nil {
		return err
	}
	l.heard.Store(time.Now().UnixMilli())
	return nil
}

// greet asks who we are, and tells the operator.
func (s *Session) greet(l *link) {
	s.report("online", nil)
	got, err := l.call(l.ctx, "get_login_info", map[string]any{}, false)
	if err != nil || got.status == "failed" {
		return // known from the settings or the first frame then
	}
	var r wire.Reader
	data := r.Object(wire.Fields{"data": got.data}, "data")
	id, name := r.ID(data, "user_id"), r.Text(data, "nickname")
	if r.Err != nil || id == "" {
		return
	}
	if s.want != "" && id != s.want {
		l.fail(community.Errorf(community.CodeConflict, "account %s is logged in there, not %s", id, s.want))
		return
	}
	s.mu.Lock()
	s.self, s.name = id, name
	s.mu.Unlock()
	s.report("online", nil)
}

// isUnknown reports whether it is not known yet which account is logged in.
func (s *Session) isUnknown() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.self == ""
}

func (s *Session) report(state string, err error) {
	s.mu.Lock()
	h := connect.Health{State: state, Self: s.self, Name: s.name, At: time.Now().UnixMilli()}
	stopped, restricted, why := s.stopped(), s.restricted != "", s.why
	s.mu.Unlock()
	if err == nil && stopped != "" && state == "online" {
		err = community.Errorf(community.CodeRefused, "%s", stopped)
	}
	if stopped != "" && state == "online" {
		h.State = "failed"
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		h.Code, h.Detail = community.CodeOf(err), s.hush(err.Error())
		if h.Say = connect.SayOf(err); h.Say[0] == "" {
			h.Say = words[h.Code]
		}
	}
	if h.State == "failed" && stopped != "" {
		h.Say = stoppedWords(restricted, s.hush(why))
	}
	s.host.Report(h)
}

// hush keeps the token and the secret out of what is reported.
func (s *Session) hush(text string) string {
	for _, secret := range []string{s.token, s.secret} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, connect.Masked)
		}
	}
	return text
}

func (s *Session) setRunning(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = on
	if on {
		s.restricted, s.offline = "", ""
	}
}

func (s *Session) isRunning() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running
}

func (s *Session) setLink(l *link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.link = l
	if l != nil {
		s.offline = ""
		clear(s.ranks) // the account may have become something else meanwhile
	}
}

// linked is the living link, or CodeUnreachable.
func (s *Session) linked() (*link, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.link == nil {
		return nil, community.Errorf(community.CodeUnreachable, "not connected")
	}
	return s.link, nil
}
