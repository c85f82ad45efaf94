package satori

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

const (
	dialTimeout  = 20 * time.Second
	readyIn      = 15 * time.Second // how long the gateway may take for READY
	firstPause   = time.Second
	longestPause = time.Minute
	settled      = 30 * time.Second // a link that lived so long starts the pauses over
	maxKnown     = 20_000
)

// Session is one login of a gateway.
type Session struct {
	client   *http.Client
	host     connect.Host
	base     string // the gateway's address without /v1
	token    string
	platform string // as the gateway calls it
	want     string // the account; "" = the only one on that platform
	rate     int
	budget   *connect.Budget

	feed   *connect.Feed
	echoes connect.Echoes
	place  place

	mu         sync.Mutex
	link       *link // nil while not connected
	self, name string
	away       bool            // the account is not logged in at its platform
	features   map[string]bool // nil = the gateway does not say
	learned    map[community.Verb]lesson
	denied     map[denial]lesson
	ranks      map[string]rank        // our own, by group
	texts      map[string]textChannel // where a guild is spoken to
	spoke      map[string]string      // guild and member → the channel they last spoke in
	clockOff   bool
}

var (
	_ connect.Session      = (*Session)(nil)
	_ connect.MemberLister = (*Session)(nil)
	_ connect.GroupLister  = (*Session)(nil)
)

// Run keeps the connection until ctx ends. It returns ctx's error only: whatever else is wrong may be mended at the
// gateway, so it is reported and tried again.
func (s *Session) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	s.place.recall(ctx)
	workers.Go(func() { s.feed.Run(ctx) })
	workers.Go(func() { s.place.keepOn(ctx) })
	defer workers.Wait()
	defer cancel()
	defer s.report("offline", nil)
	s.report("connecting", nil)
	return connect.Redial{First: firstPause, Longest: longestPause, Settled: settled, Hopeless: []community.Code{community.CodeForbidden, community.CodeConflict}, Tell: s.report}.Run(ctx, s.once)
}

// once dials, identifies and serves until the connection ends.
func (s *Session) once(ctx context.Context) error {
	dialCtx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	header := http.Header{}
	if s.token != "" {
		header.Set("Authorization", "Bearer "+s.token)
	}
	conn, answer, err := websocket.Dial(dialCtx, "ws"+strings.TrimPrefix(s.base, "http")+"/v1/events", &websocket.DialOptions{HTTPClient: s.client, HTTPHeader: header})
	if err != nil {
		return s.notThere(answer, err)
	}
	s.compareClock(answer.Header.Get("Date"))
	l := newLink(ctx, conn)
	defer l.close()
	if err := s.identify(l); err != nil {
		return err
	}
	defer s.setLink(nil)
	var workers sync.WaitGroup
	workers.Go(l.watch)
	defer workers.Wait()
	defer l.close()
	return s.serve(l)
}

// notThere says why the gateway could not be dialled.
func (s *Session) notThere(answer *http.Response, err error) error {
	switch {
	case answer == nil:
		return unreachable("连不上网关 "+s.base+"。请看它是否在运行、地址是否正确。", "the gateway "+s.base+" cannot be reached: is it running, is the address right? ("+shortened(s.hush(err.Error()))+")")
	case answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden:
		return badToken()
	}
	return unreachable("网关的地址上没有 Satori。请看地址是否正确，例如 Koishi 默认以 /satori 结尾。",
		"there is no Satori at the gateway's address ("+answer.Status+"): is it right? Koishi's ends with /satori by default")
}

func badToken() error {
	return connect.Trouble(community.CodeForbidden, "网关不认这个令牌。请在这里填上与网关中设置相同的令牌。",
		"the gateway refuses the token: enter the one that is set in the gateway")
}

// identify says who we are, and finds our login among those that the gateway has.
func (s *Session) identify(l *link) error {
	stop := time.AfterFunc(readyIn, func() {
		l.fail(unreachable("网关没有应答登录(READY)。", "the gateway did not answer IDENTIFY with READY"))
	})
	defer stop.Stop()
	body := map[string]any{"token": s.token}
	if sn := s.place.begin(); sn > 0 {
		body["sn"] = sn
	}
	if err := l.write(opIdentify, body); err != nil {
		return l.reason(unreachable("与网关的连接断了。", "the connection broke while identifying"))
	}
	for {
		data, err := l.read()
		if err != nil {
			return l.reason(refusal(err))
		}
		op, raw, err := readFrame(data)
		if err != nil || op != opReady {
			continue // nothing counts before READY
		}
		var ready struct {
			Logins []login `json:"logins"`
		}
		if err := json.Unmarshal(raw, &ready); err != nil {
			return unreachable("网关的 READY 读不懂。", "the gateway's READY is not readable")
		}
		own, err := s.choose(ready.Logins)
		if err != nil {
			return err
		}
		s.become(own)
		s.setLink(l)
		s.report("online", nil)
		return nil
	}
}

// refusal says what a connection that was closed before READY means.
func refusal(err error) error {
	switch status := websocket.CloseStatus(err); {
	case status == websocket.StatusPolicyViolation || status == 3000 || status == 3003 || status >= 4000 && status <= 4009:
		return badToken()
	}
	return unreachable("网关在登录时断开了连接。", "the gateway closed the connection before READY")
}

// choose finds our login. CodeConflict: there is none, or more than one; the sentence lists what there is.
func (s *Session) choose(logins []login) (*login, error) {
	var fit []*login
	var names []string
	for i := range logins {
		l := &logins[i]
		names = append(names, clipped(l.Platform+" "+l.self()+" "+l.name()))
		if s.isOurs(l.Platform, l.self()) {
			fit = append(fit, l)
		}
	}
	slices.Sort(names)
	list := strings.Join(names[:min(len(names), 20)], "; ")
	switch len(fit) {
	case 1:
		return fit[0], nil
	case 0:
		return nil, connect.Trouble(community.CodeConflict, "网关上没有这个平台的这个账号。网关上有："+first(list, "一个也没有")+"。请改“平台”和“账号”，或先在网关里登录。",
			"the gateway has no such account on that platform; it has: "+first(list, "none")+". Change platform and account, or log in at the gateway first")
	}
	return nil, connect.Trouble(community.CodeConflict, "网关在这个平台上有几个账号，请在“账号”里填一个："+list+"。",
		"the gateway has several accounts on that platform; fill in one of them: "+list)
}

func (s *Session) isOurs(platform, self string) bool {
	return strings.EqualFold(platform, s.platform) && (s.want == "" || self == s.want)
}

// become notes what a login of ours says about itself.
func (s *Session) become(own *login) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.self, s.name, s.away = own.self(), own.name(), !own.online()
	s.features = nil
	if own.Features != nil {
		s.features = make(map[string]bool, len(own.Features))
		for _, f := range own.Features {
			s.features[f] = true
		}
	}
}

// serve reads a link until it ends and says why.
func (s *Session) serve(l *link) error {
	for {
		data, err := l.read()
		if err == nil {
			err = s.take(l, data)
		}
		switch code := community.CodeOf(err); {
		case err == nil:
		case code == community.CodeTooLarge || code == community.CodeBadInput:
			s.report("online", err) // the frame was refused, the connection lives
		case websocket.CloseStatus(err) == websocket.StatusPolicyViolation:
			return l.reason(badToken())
		default:
			return l.reason(unreachable("与网关的连接断了，正在重连。", "the connection to the gateway was lost: "+shortened(s.hush(err.Error()))))
		}
	}
}

// take acts on one frame.
func (s *Session) take(l *link, data []byte) error {
	op, body, err := readFrame(data)
	if err != nil || op != opEvent {
		return err
	}
	e, err := readEvent(body)
	if err != nil {
		return err
	}
	platform, self := e.whose()
	if platform != "" && !s.isOurs(platform, first(self, s.ownID())) {
		return nil // of another login of the gateway
	}
	if strings.HasPrefix(e.Type, "login-") {
		return s.loginChanged(l, e)
	}
	s.noteFuture(e.Timestamp)
	sn := e.number()
	in, err := parse(e, s.ownID(), s.place.arrive(sn))
	if err != nil || in == nil {
		return err
	}
	s.learnFrom(e, in)
	s.place.wait(in.Key, sn)
	l.stuck.Store(true)
	defer l.stuck.Store(false)
	if err := s.feed.Put(l.ctx, s.caused(*in)); err != nil {
		return err
	}
	l.heard.Store(time.Now().UnixMilli())
	return nil
}

// loginChanged follows our login as it goes and comes at its platform.
func (s *Session) loginChanged(_ *link, e *event) error {
	if e.Login == nil {
		return community.Errorf(community.CodeBadInput, "%s without login", e.Type)
	}
	own := *e.Login
	if e.Type == "login-removed" {
		gone := 0
		own.Status = &gone
	}
	s.mu.Lock()
	was := s.features
	s.mu.Unlock()
	s.become(&own)
	if own.Features == nil {
		s.mu.Lock()
		s.features = was
		s.mu.Unlock()
	}
	s.report("online", nil) // which says failed while the account is away
	return nil
}

// caused names the action of ours behind an event, where it is known.
func (s *Session) caused(in connect.Inbound) connect.Inbound {
	if in.By.ID != "" && in.By.Role != community.RoleSelf {
		return in
	}
	switch in.Type {
	case community.MessageCreated:
		in.Body.Caused = s.echoes.Take(sendEcho(in.Group.ID, in.Body.Message))
	case community.MessageDeleted:
		in.Body.Caused = s.echoes.Take(recallEcho(in.Group.ID, in.Body.Message))
	case community.MemberLeft:
		in.Body.Caused = s.echoes.Take(leaveEcho(in.Group.ID, in.Actor.ID))
	}
	return in
}

func sendEcho(group, message string) string   { return "send:" + group + ":" + message }
func recallEcho(group, message string) string { return "recall:" + group + ":" + message }
func leaveEcho(group, member string) string   { return "leave:" + group + ":" + member }

// learnFrom notes what an event says about ourselves and about where people speak.
func (s *Session) learnFrom(e *event, in *connect.Inbound) {
	s.mu.Lock()
	group := in.Group.ID
	if in.Type == community.MessageCreated && e.Channel != nil && string(e.Channel.ID) != group {
		if len(s.spoke) > maxKnown {
			clear(s.spoke)
		}
		s.spoke[group+"\x00"+in.Actor.ID] = string(e.Channel.ID)
	}
	if in.Type == community.MemberUpdated && in.Actor.Role == community.RoleSelf && e.Member != nil {
		s.ranks[group] = rank{rankOf(e.Member.Roles), time.Now()}
	}
	thrown := in.Type == community.MemberLeft && in.Actor.Role == community.RoleSelf
	if thrown {
		delete(s.ranks, group)
	}
	s.mu.Unlock()
	if thrown {
		name := clipped(first(in.Group.Name, group))
		s.report("online", connect.Trouble(community.CodeRefused, "机器人被移出了「"+name+"」。请重新把它加进群。", "the bot was removed from "+name+": add it to the group again"))
	}
}

func (s *Session) ownID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.self
}

func (s *Session) setLink(l *link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.link = l
	if l != nil {
		clear(s.texts) // channels may have changed meanwhile
		clear(s.denied)
	}
}

// ready gives an error unless calls may be made now.
func (s *Session) ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.link == nil:
		return community.Errorf(community.CodeUnreachable, "not connected")
	case s.away:
		return community.Errorf(community.CodeUnreachable, "%s", errAway)
	}
	return nil
}

var errAway = connect.Trouble(community.CodeUnreachable, "网关连上了，但账号在平台上不在线。请到网关里看它的登录。",
	"the gateway is there, but the account is not online at its platform: look at its login in the gateway")

func (s *Session) report(state string, err error) {
	s.mu.Lock()
	h := connect.Health{State: state, Self: s.self, Name: s.name, At: time.Now().UnixMilli()}
	if s.away && state == "online" {
		h.State, err = "failed", errAway
	}
	if err == nil && s.clockOff && state == "online" {
		err = errClock
	}
	s.mu.Unlock()
	if err != nil && !errors.Is(err, context.Canceled) {
		h.Code, h.Detail, h.Say = community.CodeOf(err), s.hush(err.Error()), connect.SayOf(err)
	}
	s.host.Report(h)
}

// hush keeps the token out of what is reported.
func (s *Session) hush(text string) string {
	if s.token == "" {
		return text
	}
	return strings.ReplaceAll(text, s.token, connect.Masked)
}

// clockLimit is how far the gateway's clock may be from ours.
const clockLimit = 2 * time.Minute

var errClock = connect.Trouble(community.CodeClock, "网关的时钟与这台服务器相差超过两分钟。请校准两边的时间(NTP)，否则消息的时间和禁言的时长不准。",
	"the gateway's clock and this server's are more than two minutes apart: set both (NTP), or times of messages and mutes are wrong")

// compareClock looks at the date of an HTTP answer.
func (s *Session) compareClock(date string) {
	at, err := http.ParseTime(date)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clockOff = time.Since(at).Abs() > clockLimit
}

// noteFuture looks at an event's time: one that lies ahead of us proves a clock wrong.
func (s *Session) noteFuture(at int64) {
	if at <= 0 || time.Until(time.UnixMilli(at)) <= clockLimit {
		return
	}
	s.mu.Lock()
	known := s.clockOff
	s.clockOff = true
	s.mu.Unlock()
	if !known {
		s.report("online", nil)
	}
}

// clipped shortens a name for a sentence and takes away what could turn the sentence around.
func clipped(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f {
			return -1
		}
		return r
	}, strings.TrimSpace(name))
	if runes := []rune(name); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return name
}

func shortened(words string) string {
	const most = 300
	if len(words) <= most {
		return words
	}
	return strings.ToValidUTF8(words[:most], "") + "…"
}
