package wechaty

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/wechaty/wire"
)

const (
	firstPause   = 2 * time.Second
	longestPause = 2 * time.Minute
	settled      = 30 * time.Second // a connection that lived so long starts the pauses over
	maxAnswer    = 64 << 20
	fetchTries   = 3
	askEach      = 30 * time.Second // how often we look whether the service is still there
	peopleLive   = time.Hour        // how long a name is believed
	maxPeople    = 20_000
)

// Session is one WeChat account behind a puppet service.
type Session struct {
	dial     Dial
	host     connect.Host
	endpoint string
	token    string
	pin      string // SHA-256 of the certificate, hex; "" = a service that is near
	rate     int
	budget   *connect.Budget

	feed   *connect.Feed
	echoes connect.Echoes

	mu         sync.Mutex
	conn       *grpc.ClientConn // nil while no events flow
	self, name string
	stopped    error // why nothing may be done: restricted, logged out
	rooms      map[string]room
	people     map[string]community.Who // by room and member
	learned    map[community.Verb]int64 // verbs found missing, until UTC ms
}

type room struct {
	name, owner string
	admins      []string
	until       time.Time
}

var (
	_ connect.Session      = (*Session)(nil)
	_ connect.MemberLister = (*Session)(nil)
	_ connect.GroupLister  = (*Session)(nil)
)

// Run keeps the connection until ctx ends, and returns ctx's error: what is wrong may be mended at the service. A
// restriction of the account lasts until the next Run.
func (s *Session) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	workers.Go(func() { s.feed.Run(ctx) })
	defer workers.Wait()
	defer cancel()
	s.setStopped(nil)
	defer s.report("offline", nil)
	s.report("connecting", nil)
	return connect.Redial{First: firstPause, Longest: longestPause, Settled: settled, Hopeless: []community.Code{community.CodeForbidden}, Tell: s.report}.Run(ctx, s.once)
}

// once connects and follows the events until they end.
func (s *Session) once(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	conn, err := grpc.NewClient("passthrough:///"+s.endpoint,
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) { return s.dial(ctx, "tcp", address) }),
		grpc.WithTransportCredentials(credentials.NewTLS(s.security())), grpc.WithNoProxy(),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(wire.Codec{}), grpc.MaxCallRecvMsgSize(maxAnswer)))
	if err != nil {
		return unreachable("puppet 服务的地址用不了。", "the puppet service's address is not usable")
	}
	defer func() { _ = conn.Close() }()
	stream, err := conn.NewStream(s.asked(ctx), &grpc.StreamDesc{StreamName: "Event", ServerStreams: true}, "/wechaty.Puppet/Event")
	if err == nil {
		err = errors.Join(stream.SendMsg(&wire.Message{}), stream.CloseSend())
	}
	if err != nil {
		return s.notThere(err)
	}
	s.setConn(conn)
	defer s.setConn(nil)
	var workers sync.WaitGroup
	workers.Go(func() { s.watch(ctx, cancel) })
	defer workers.Wait()
	defer cancel()
	for {
		var e wire.Message
		if err := stream.RecvMsg(&e); err != nil {
			return s.notThere(err)
		}
		if err := s.take(ctx, &e); err != nil {
			if ctx.Err() != nil {
				return err
			}
			s.report("online", err) // this event is given up, the connection is not
		}
	}
}

// watch asks for the version now and then, and ends the connection when nothing comes back: services do not agree on
// heartbeats.
func (s *Session) watch(ctx context.Context, lost context.CancelFunc) {
	for connect.Sleep(ctx, askEach) {
		_, err := s.call(ctx, "Version", &wire.Message{})
		if code := community.CodeOf(err); code == community.CodeTimeout || code == community.CodeUnreachable {
			lost()
			return
		}
	}
}

// security accepts the certificate with the fingerprint; without one any, which only a service that is near may have: the
// services' own certificates are signed by nobody.
func (s *Session) security() *tls.Config {
	name, _, _ := strings.Cut(s.token, "_")
	return &tls.Config{ServerName: name, MinVersion: tls.VersionTLS12, InsecureSkipVerify: true, //nolint:gosec // verified below
		VerifyConnection: func(c tls.ConnectionState) error {
			if s.pin == "" {
				return nil
			}
			sum := sha256.Sum256(c.PeerCertificates[0].Raw)
			if subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(s.pin)) != 1 {
				return errPin
			}
			return nil
		}}
}

var errPin = errors.New("the certificate has another fingerprint")

// asked carries the token.
func (s *Session) asked(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Wechaty "+s.token)
}

// notThere says why the events ended, or never began.
func (s *Session) notThere(err error) error {
	words := shortened(s.hush(err.Error()))
	switch code, _ := meaningOf(err); {
	case code == community.CodeForbidden:
		return connect.Trouble(community.CodeForbidden, "puppet 服务不认这个令牌。请填上服务启动时的那一个。", "the puppet service refuses the token: enter the one that it was started with")
	case status.Code(err) == codes.AlreadyExists:
		return connect.Trouble(community.CodeConflict, "另一个程序正在用这个 puppet 服务。它一次只服务一个：请停掉另一个。",
			"another program follows this puppet service, which serves one at a time: stop the other")
	case strings.Contains(words, errPin.Error()):
		return connect.Trouble(community.CodeForbidden, "puppet 服务的证书指纹与填写的不同：可能换了证书，也可能有人冒充。核对后再改。",
			"the puppet service's certificate has another fingerprint: it was renewed, or somebody poses as it; check before changing it here")
	}
	return unreachable("连不上 puppet 服务，或与它的连接断了。请看它是否在运行、地址是否正确。", "the puppet service cannot be reached, or was lost: "+words)
}

func unreachable(zh, en string) error { return connect.Trouble(community.CodeUnreachable, zh, en) }

// take acts on one event.
func (s *Session) take(ctx context.Context, e *wire.Message) error {
	p, err := readPayload(first(e.Say(2), "{}"))
	if err != nil {
		return err
	}
	handle, ok := handlers[e.Count(1)]
	if !ok {
		return nil
	}
	return handle(s, ctx, p)
}

var handlers = map[uint64]func(s *Session, ctx context.Context, p payload) error{
	wire.EventMessage: (*Session).heard, wire.EventRoomJoin: (*Session).joined, wire.EventRoomLeave: (*Session).left, wire.EventRoomTopic: (*Session).renamed,
	wire.EventLogin: (*Session).loggedIn, wire.EventLogout: (*Session).loggedOut, wire.EventScan: (*Session).scan, wire.EventError: (*Session).troubled,
}

func (s *Session) loggedIn(ctx context.Context, p payload) error {
	if p.ContactID == "" {
		return community.Errorf(community.CodeBadInput, "login without contactId")
	}
	name := ""
	if got, err := s.call(ctx, "ContactPayload", new(wire.Message).Text(1, p.ContactID)); err == nil {
		name = got.Say(4)
	}
	s.mu.Lock()
	s.self, s.name = p.ContactID, name
	if community.CodeOf(s.stopped) != community.CodeRestricted {
		s.stopped = nil
	}
	s.mu.Unlock()
	s.report("online", nil)
	return nil
}

func (s *Session) loggedOut(ctx context.Context, p payload) error {
	if restricts(p.Data) {
		return s.restrict(ctx, p.Data)
	}
	s.setStopped(connect.Trouble(community.CodeUnreachable, "微信号已退出登录："+clipped(p.Data)+"。请在 puppet 服务里重新登录。",
		"the WeChat account is logged out: "+clipped(p.Data)+". Log in again at the puppet service"))
	s.report("online", nil) // which says failed now
	return nil
}

func (s *Session) scan(context.Context, payload) error {
	s.mu.Lock()
	restricted := community.CodeOf(s.stopped) == community.CodeRestricted
	s.mu.Unlock()
	if !restricted {
		s.setStopped(connect.Trouble(community.CodeUnreachable, "puppet 服务在等扫码登录。请在它的日志或页面里用专门的小号扫码。",
			"the puppet service waits for a login by QR code: scan it there with the separate account"))
		s.report("online", nil)
	}
	return nil
}

// troubled hears of an error of the puppet; only one that tells of a restriction counts.
func (s *Session) troubled(ctx context.Context, p payload) error {
	if words := first(p.GError, p.Data); restricts(words) {
		return s.restrict(ctx, words)
	}
	return nil
}

// hold stops everything.
func (s *Session) hold(words string) {
	s.setStopped(connect.Trouble(community.CodeRestricted, "平台限制了这个微信号，一切动作已停止："+clipped(s.hush(words))+"。请先在手机上看清楚；确认可以继续时，停用再启用这个连接。",
		"the platform restricts this WeChat account, every action has stopped: "+clipped(s.hush(words))+". Look at it on the phone first; to go on, switch the connection off and on"))
	s.report("online", nil) // which says failed now
}

// restrict stops everything and tells the house.
func (s *Session) restrict(ctx context.Context, words string) error {
	s.hold(words)
	now := time.Now().UnixMilli()
	s.mu.Lock()
	self, name := s.self, s.name
	s.mu.Unlock()
	return s.feed.Put(ctx, connect.Inbound{Type: community.AccountRestricted, Key: "restricted:" + id(now), OccurredAt: now, Group: community.Ref{ID: self, Desk: true},
		Actor: community.Who{ID: self, Name: name, Role: community.RoleSelf}, Body: community.Body{Reason: clipped(s.hush(words))}})
}

// heard fetches a message and tells it.
func (s *Session) heard(ctx context.Context, p payload) error {
	if p.MessageID == "" {
		return community.Errorf(community.CodeBadInput, "message without messageId")
	}
	m, err := s.fetch(ctx, p.MessageID)
	if err != nil {
		return community.Errorf(community.CodeUnreachable, "message %s is lost: it cannot be fetched: %w", clipped(p.MessageID), err)
	}
	kind, body, told := bodyOf(m)
	if !told {
		return nil
	}
	in := connect.Inbound{Type: kind, Key: "m:" + p.MessageID, OccurredAt: timeOf(m), Body: body}
	talker, where := m.Say(wire.MsgTalker), m.Say(wire.MsgRoom)
	if where == "" {
		in.Private, in.Group = true, community.Ref{ID: talker}
		in.Actor = community.Who{ID: talker}
		return s.feed.Put(ctx, in)
	}
	in.Group, in.Actor = s.place(ctx, where), s.who(ctx, where, talker)
	switch kind {
	case community.MessageCreated:
		in.Body.Caused = s.echoes.Take("send:" + body.Message)
	case community.MessageDeleted:
		in.Body.Caused = s.echoes.Take("recall:" + body.Message)
	}
	return s.feed.Put(ctx, in)
}

func (s *Session) fetch(ctx context.Context, name string) (m *wire.Message, err error) {
	for try := range fetchTries {
		if try > 0 && !connect.Sleep(ctx, time.Second) {
			return nil, ctx.Err()
		}
		if m, err = s.call(ctx, "MessagePayload", new(wire.Message).Text(1, name)); err == nil {
			return m, nil
		}
	}
	return nil, err
}

func (s *Session) joined(ctx context.Context, p payload) error {
	if p.RoomID == "" || len(p.Invitees) == 0 {
		return community.Errorf(community.CodeBadInput, "room-join without roomId or inviteeIdList")
	}
	return s.each(ctx, p, community.MemberJoined, p.Invitees, p.Inviter, "invite")
}

func (s *Session) left(ctx context.Context, p payload) error {
	if p.RoomID == "" || len(p.Removees) == 0 {
		return community.Errorf(community.CodeBadInput, "room-leave without roomId or removeeIdList")
	}
	return s.each(ctx, p, community.MemberLeft, p.Removees, p.Remover, "")
}

// each tells of everybody who came or went.
func (s *Session) each(ctx context.Context, p payload, kind community.Type, members []string, by, scene string) error {
	at := millis(p.Timestamp)
	group := s.place(ctx, p.RoomID)
	for _, member := range members {
		in := connect.Inbound{Type: kind, Key: strings.Join([]string{string(kind), p.RoomID, member, by, id(at)}, ":"), OccurredAt: at, Group: group, Actor: s.who(ctx, p.RoomID, member)}
		if kind == community.MemberLeft {
			in.Body.Reason = "unknown"
			if by == member {
				in.Body.Reason = "left"
			}
		}
		if by != "" && by != member {
			in.Subject, in.By = in.Actor, s.who(ctx, p.RoomID, by)
			if in.Body.Scene = scene; kind == community.MemberLeft {
				in.Body.Reason = "kicked"
			}
		}
		if kind == community.MemberLeft && (in.By.ID == "" || in.By.Role == community.RoleSelf) {
			in.Body.Caused = s.echoes.Take("remove:" + p.RoomID + ":" + member)
		}
		if err := s.feed.Put(ctx, in); err != nil {
			return err
		}
		if in.Actor.Role == community.RoleSelf && kind == community.MemberLeft {
			s.report("online", connect.Trouble(community.CodeRefused, "这个微信号被移出了「"+clipped(first(group.Name, group.ID))+"」。请重新拉它进群。",
				"the account was removed from "+clipped(first(group.Name, group.ID))+": invite it again"))
		}
	}
	return nil
}

func (s *Session) renamed(ctx context.Context, p payload) error {
	if p.RoomID == "" || p.Topic == "" {
		return community.Errorf(community.CodeBadInput, "room-topic without roomId or newTopic")
	}
	s.mu.Lock()
	r := s.rooms[p.RoomID]
	r.name = p.Topic
	s.rooms[p.RoomID] = r
	s.mu.Unlock()
	at := millis(p.Timestamp)
	return s.feed.Put(ctx, connect.Inbound{Type: community.GroupUpdated, Key: "topic:" + p.RoomID + ":" + id(at), OccurredAt: at,
		Group: community.Ref{ID: p.RoomID, Name: p.Topic}, Actor: s.who(ctx, p.RoomID, p.Changer), Body: community.Body{Text: connect.Clip(p.Topic)}})
}

// place is a room with its name, as far as it can be known.
func (s *Session) place(ctx context.Context, where string) community.Ref {
	r, _ := s.room(ctx, where) // without its name it is still the room
	return community.Ref{ID: where, Name: r.name}
}

func (s *Session) room(ctx context.Context, where string) (room, error) {
	s.mu.Lock()
	r := s.rooms[where]
	s.mu.Unlock()
	if time.Now().Before(r.until) {
		return r, nil
	}
	got, err := s.call(ctx, "RoomPayload", new(wire.Message).Text(1, where))
	if err != nil {
		return r, err
	}
	r = room{got.Say(wire.RoomTopic), got.Say(wire.RoomOwner), got.All(wire.RoomAdmins), time.Now().Add(peopleLive)}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rooms[where] = r
	return r, nil
}

// who is a member of a room with name and rank, as far as they can be known.
func (s *Session) who(ctx context.Context, where, member string) community.Who {
	if member == "" {
		return community.Who{}
	}
	key := where + "\x00" + member
	s.mu.Lock()
	w, known := s.people[key]
	s.mu.Unlock()
	if known {
		return w
	}
	w, err := s.askWho(ctx, where, member)
	if err != nil {
		return w
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.people) > maxPeople {
		clear(s.people)
	}
	s.people[key] = w
	return w
}

func (s *Session) askWho(ctx context.Context, where, member string) (community.Who, error) {
	r, _ := s.room(ctx, where) // then only the rank is missing
	w := community.Who{ID: member, Role: community.RoleMember}
	s.mu.Lock()
	self := s.self
	s.mu.Unlock()
	switch {
	case member == self:
		w.Role = community.RoleSelf
	case member == r.owner:
		w.Role = community.RoleOwner
	case slices.Contains(r.admins, member):
		w.Role = community.RoleAdmin
	}
	got, err := s.call(ctx, "RoomMemberPayload", new(wire.Message).Text(1, where).Text(2, member))
	if err != nil {
		return w, err
	}
	w.Card, w.Name = got.Say(2), got.Say(5)
	return w, nil
}

func (s *Session) setConn(conn *grpc.ClientConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn = conn
	clear(s.people) // names may have changed meanwhile
	clear(s.rooms)
}

func (s *Session) setStopped(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = why
}

func (s *Session) report(state string, err error) {
	s.mu.Lock()
	h := connect.Health{State: state, Self: s.self, Name: s.name, At: time.Now().UnixMilli()}
	if s.stopped != nil && state == "online" {
		h.State, err = "failed", s.stopped
	}
	s.mu.Unlock()
	if err != nil && !errors.Is(err, context.Canceled) {
		h.Code, h.Detail, h.Say = community.CodeOf(err), s.hush(err.Error()), connect.SayOf(err)
	}
	s.host.Report(h)
}

// hush keeps the token out of what is reported.
func (s *Session) hush(text string) string { return strings.ReplaceAll(text, s.token, connect.Masked) }

// clipped shortens words for a sentence and takes away what could turn the sentence around.
func clipped(words string) string {
	words = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f {
			return -1
		}
		return r
	}, words)
	if runes := []rune(words); len(runes) > 80 {
		return string(runes[:80]) + "…"
	}
	return words
}

func shortened(words string) string {
	const most = 300
	if len(words) <= most {
		return words
	}
	return strings.ToValidUTF8(words[:most], "") + "…"
}
