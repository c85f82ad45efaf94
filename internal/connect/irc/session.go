package irc

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

const (
	dialTimeout  = 20 * time.Second
	callTimeout  = 15 * time.Second
	writeTimeout = 10 * time.Second
	greetTimeout = time.Minute
	idlePing     = time.Minute     // how long silence may last before we ask
	idleEnd      = 2 * time.Minute // and before the connection counts as lost
	firstPause   = 2 * time.Second
	longestPause = 5 * time.Minute
	settled      = time.Minute
)

// Session is one account's connection to a server.
type Session struct {
	dial              Dial
	host              connect.Host
	server            string
	tls               bool
	want              string // the nick we would like
	rooms             []string
	account, password string
	rate              int // lines a minute
	epoch             string
	feed              *connect.Feed
	echoes            connect.Echoes
	turn              sync.Mutex // one action's lines at a time, so that refusals can be told apart

	mu      sync.Mutex
	link    *link // nil while not connected
	count   int64 // of lines that became events
	pace    pace
	learned map[community.Verb]time.Time
}

var (
	_ connect.Session      = (*Session)(nil)
	_ connect.MemberLister = (*Session)(nil)
	_ connect.GroupLister  = (*Session)(nil)
)

// link is one connection with what the server has told on it. Everything below conn is guarded by the session's mu.
type link struct {
	conn  net.Conn
	ended chan struct{}

	nick, address string // ours; address "user@host" once known
	greeted       bool   // registered
	online        bool
	waiting       map[string]bool   // channels not answered yet, folded
	troubles      [2][]string       // channels not entered, and why: Chinese, English
	lists         string            // channel modes that take a mask
	always, onSet string            // channel modes that take a parameter; only when set
	ranks         string            // signs of ranks, highest first: "@+"
	rankModes     string            // their modes: "ov"
	caps          []string          // offered
	channels      map[string]*room  // folded
	people        map[string]string // folded nick → address
	ids           map[string]string // folded nick → id, for those who changed it
	call          *call
	why           error
}

// room is a channel we are in.
type room struct {
	name      string
	members   map[string]*seat // by folded nick
	listing   map[string]*seat // NAMES under way
	moderated bool
	locked    bool // +t: only operators set the topic
}

type seat struct {
	nick string
	rank string // signs, highest first
}

// call is an action under way: its refusals, and other answers it asked for.
type call struct {
	token string
	heard []Line
	done  chan struct{}
}

// Run keeps the connection until ctx ends; it returns ctx's error, everything else is reported and tried again.
func (s *Session) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	workers.Go(func() { s.feed.Run(ctx) })
	defer workers.Wait()
	defer cancel()
	defer s.report("offline", nil)
	s.report("connecting", nil)
	return connect.Redial{First: firstPause, Longest: longestPause, Settled: settled, Hopeless: []community.Code{community.CodeForbidden}, Tell: s.report}.Run(ctx, s.once)
}

// once connects, registers, joins and reads until the connection ends.
func (s *Session) once(ctx context.Context) error {
	conn, err := s.connect(ctx)
	if err != nil {
		return err
	}
	l := &link{
		conn: conn, ended: make(chan struct{}), nick: s.want, waiting: map[string]bool{}, lists: "b", always: "k", onSet: "l", ranks: "@+",
		rankModes: "ov", channels: map[string]*room{}, people: map[string]string{}, ids: map[string]string{},
	}
	s.setLink(l)
	var workers sync.WaitGroup
	workers.Go(func() {
		select {
		case <-ctx.Done():
			_ = l.write("QUIT :bye") // best effort: we leave anyway
			_ = conn.Close()
		case <-l.ended:
		}
	})
	workers.Go(func() { s.watch(l) })
	defer workers.Wait()
	defer s.setLink(nil)
	defer func() { close(l.ended); _ = conn.Close() }()
	if err := s.register(l); err != nil {
		return err
	}
	return s.listen(ctx, l)
}

func (s *Session) connect(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, err := s.dial(ctx, "tcp", s.server)
	if err != nil {
		return nil, community.Errorf(community.CodeUnreachable, "dial: %w", err)
	}
	if !s.tls {
		return conn, nil
	}
	name, _, _ := net.SplitHostPort(s.server)
	secured := tls.Client(conn, &tls.Config{ServerName: name, MinVersion: tls.VersionTLS12})
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, community.Errorf(community.CodeUnreachable, "TLS: %w (is it the server's port for TLS?)", err)
	}
	return secured, nil
}

// register says who we are. Servers that know no CAP pass over it.
func (s *Session) register(l *link) error {
	lines := []string{"CAP LS 302"}
	if s.password != "" && s.account == "" {
		lines = append(lines, "PASS :"+s.password)
	}
	lines = append(lines, "NICK "+s.want, "USER "+word(strings.ToLower(s.want))+" 0 * :"+s.want)
	return l.write(lines...)
}

// write sends lines; its error means that they may or may not have arrived.
func (l *link) write(lines ...string) error {
	_ = l.conn.SetWriteDeadline(time.Now().Add(writeTimeout)) // a pipe without deadlines still ends with its connection
	if _, err := io.WriteString(l.conn, strings.Join(lines, "\r\n")+"\r\n"); err != nil {
		return community.Errorf(community.CodeUnreachable, "write: %w", err)
	}
	return nil
}

// watch asks when the server is silent for long; the read deadline ends a connection that stays so.
func (s *Session) watch(l *link) {
	ticker := time.NewTicker(idlePing)
	defer ticker.Stop()
	for {
		select {
		case <-l.ended:
			return
		case <-ticker.C:
			if l.write("PING :still-there") != nil {
				_ = l.conn.Close()
				return
			}
		}
	}
}

// listen reads lines until the connection ends and says why.
func (s *Session) listen(ctx context.Context, l *link) error {
	r := bufio.NewReaderSize(l.conn, maxRead+2)
	began := time.Now()
	for {
		limit := time.Now().Add(idleEnd)
		s.mu.Lock()
		greeted := l.greeted
		s.mu.Unlock()
		if !greeted {
			limit = began.Add(greetTimeout)
		}
		_ = l.conn.SetReadDeadline(limit)
		line, err := readLine(r)
		if err == nil && len(line.Command) > 0 {
			err = s.take(ctx, l, line)
		}
		switch code := community.CodeOf(err); {
		case err == nil:
		case code == community.CodeBadInput || code == community.CodeTooLarge:
			s.report("online", err) // the line was refused, the connection lives
		case code == community.CodeForbidden || code == community.CodeRefused:
			return err
		default:
			return s.ending(l, err)
		}
	}
}

func (s *Session) ending(l *link, err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.why != nil {
		return l.why
	}
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		return community.Errorf(community.CodeUnreachable, "nothing heard for too long")
	}
	return community.Errorf(community.CodeUnreachable, "connection lost: %w", err)
}

// readLine reads the next line; a zero Line is an empty one. A line that is too long is passed over whole.
func readLine(r *bufio.Reader) (Line, error) {
	data, err := r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		n := len(data)
		for errors.Is(err, bufio.ErrBufferFull) {
			data, err = r.ReadSlice('\n')
			n += len(data)
		}
		if err != nil {
			return Line{}, err
		}
		return Line{}, community.Errorf(community.CodeTooLarge, "line of %d bytes, at most %d", n, maxRead)
	}
	if err != nil {
		return Line{}, err
	}
	text := strings.TrimRight(string(data), "\r\n")
	if text == "" {
		return Line{}, nil
	}
	return ParseLine([]byte(text))
}

// hears is what the protocol's lines do to a connection while it is being made.
var hears = map[string]func(s *Session, l *link, in Line) error{
	"PING": func(_ *Session, l *link, in Line) error { return l.write("PONG :" + trail(in.last())) },
	"CAP":  (*Session).onCap, "AUTHENTICATE": (*Session).onAuthenticate, "900": nil,
	"903": func(_ *Session, l *link, _ Line) error { return l.write("CAP END") },
	"902": (*Session).onRefusedLogin, "904": (*Session).onRefusedLogin, "905": (*Session).onRefusedLogin, "908": (*Session).onRefusedLogin,
	"464": (*Session).onRefusedLogin, "465": (*Session).onBanned,
	"433": (*Session).onNickTaken, "432": (*Session).onBadNick, "436": (*Session).onNickTaken, "437": (*Session).onNickTaken,
	"001": (*Session).onWelcome, "005": (*Session).onSupport, "376": (*Session).onReady, "422": (*Session).onReady,
	"403": (*Session).onNoEntry, "405": (*Session).onNoEntry, "471": (*Session).onNoEntry, "473": (*Session).onNoEntry,
	"474": (*Session).onNoEntry, "475": (*Session).onNoEntry, "476": (*Session).onNoEntry, "477": (*Session).onNoEntry, "489": (*Session).onNoEntry,
	"353": (*Session).onNames, "366": (*Session).onNamesEnd, "352": (*Session).onWho, "324": (*Session).onModes,
	"ERROR": (*Session).onError, "PONG": (*Session).onPong,
}

// take acts on one line: protocol first, then the answers that an action waits for, then what becomes events.
func (s *Session) take(ctx context.Context, l *link, in Line) error {
	s.note(l, in)
	if do := hears[in.Command]; do != nil {
		if err := do(s, l, in); err != nil {
			return err
		}
	}
	tell := tells[in.Command]
	if tell == nil {
		return nil
	}
	events, err := s.told(l, in, tell)
	if err != nil {
		return err
	}
	for _, one := range events {
		if err := s.feed.Put(ctx, one); err != nil {
			return err
		}
	}
	return s.after(l, in)
}

func (s *Session) told(l *link, in Line, tell func(*Session, *link, Line) ([]connect.Inbound, error)) ([]connect.Inbound, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return tell(s, l, in)
}

// note gives an action under way the numerics that answer it.
func (s *Session) note(l *link, in Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.call != nil && in.Command[0] >= '0' && in.Command[0] <= '9' && len(l.call.heard) < 20_000 {
		l.call.heard = append(l.call.heard, in)
	}
}

// joined marks the PING behind what we ask of a channel that we have entered.
const joined = "joined:"

func (s *Session) onPong(l *link, in Line) error {
	if name, ok := strings.CutPrefix(in.last(), joined); ok {
		s.arrived(l, name)
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.call != nil && in.last() == l.call.token {
		close(l.call.done)
		l.call = nil
	}
	return nil
}

// wantedCaps are the IRCv3 offers that we take.
var wantedCaps = []string{"server-time", "message-tags", "multi-prefix", "userhost-in-names", "account-tag"}

func (s *Session) onCap(l *link, in Line) error {
	switch in.param(1) {
	case "LS":
		for _, offer := range strings.Fields(in.last()) {
			name, _, _ := strings.Cut(offer, "=")
			l.caps = append(l.caps, name)
		}
		if in.param(2) == "*" {
			return nil // more follow
		}
		return s.askCaps(l)
	case "ACK":
		if slices.Contains(strings.Fields(in.last()), "sasl") {
			return l.write("AUTHENTICATE PLAIN")
		}
		return l.write("CAP END")
	case "NAK":
		return l.write("CAP END")
	}
	return nil
}

func (s *Session) askCaps(l *link) error {
	want := wantedCaps
	if s.account != "" {
		if !slices.Contains(l.caps, "sasl") {
			return connect.Trouble(community.CodeForbidden, "服务器不提供 SASL 登录。请把登录账号留空，或换一台服务器。",
				"the server offers no SASL: leave account empty, or use another server")
		}
		want = append(slices.Clone(want), "sasl")
	}
	take := slices.DeleteFunc(slices.Clone(want), func(name string) bool { return !slices.Contains(l.caps, name) })
	if len(take) == 0 {
		return l.write("CAP END")
	}
	return l.write("CAP REQ :" + strings.Join(take, " "))
}

func (s *Session) onAuthenticate(l *link, in Line) error {
	if in.param(0) != "+" {
		return nil
	}
	return l.write("AUTHENTICATE " + base64.StdEncoding.EncodeToString([]byte("\x00"+s.account+"\x00"+s.password)))
}

func (s *Session) onRefusedLogin(_ *link, in Line) error {
	words := s.hush(clipped(in.last()))
	return connect.Trouble(community.CodeForbidden, "服务器拒绝登录，请检查账号和密码（"+words+"）。", "the server refuses the password: check account and password ("+words+")")
}

func (s *Session) onBanned(_ *link, in Line) error {
	words := s.hush(clipped(in.last()))
	return connect.Trouble(community.CodeForbidden, "服务器封禁了我们，请联系服务器的管理员（"+words+"）。", "the server has banned us: ask its operators ("+words+")")
}

func (s *Session) onNickTaken(l *link, _ Line) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.greeted {
		return nil
	}
	if len(l.nick) > len(s.want)+4 {
		return community.Errorf(community.CodeConflict, "nick %s is taken, and so is it with _ behind it", s.want)
	}
	l.nick += "_"
	return l.write("NICK " + l.nick)
}

func (s *Session) onBadNick(l *link, _ Line) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.greeted {
		return nil
	}
	return connect.Trouble(community.CodeForbidden, "服务器不接受昵称 "+s.want+"，请换一个。", "the server does not take the nick "+s.want+": choose another one")
}

func (s *Session) onWelcome(l *link, in Line) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.greeted, l.nick = true, in.param(0)
	return nil
}

func (s *Session) onSupport(l *link, in Line) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range in.Params {
		name, value, _ := strings.Cut(one, "=")
		switch name {
		case "CHANMODES":
			kinds := append(strings.Split(value, ","), "", "", "")
			l.lists, l.always, l.onSet = kinds[0], kinds[1], kinds[2]
		case "PREFIX":
			if modes, signs, ok := strings.Cut(strings.TrimPrefix(value, "("), ")"); ok && len(modes) == len(signs) {
				l.rankModes, l.ranks = modes, signs
			}
		}
	}
	return nil
}

// onReady joins the channels: the server has said all it had to say.
func (s *Session) onReady(l *link, _ Line) error {
	s.mu.Lock()
	for _, name := range s.rooms {
		l.waiting[fold(name)] = true
	}
	s.mu.Unlock()
	for part := range slices.Chunk(s.rooms, 5) {
		if err := l.write("JOIN " + strings.Join(part, ",")); err != nil {
			return err
		}
	}
	return nil
}

// entries say why a channel could not be joined, and what to do, in Chinese and English.
var entries = map[string][2]string{
	"403": {"没有这个频道", "there is no such channel"}, "405": {"已在太多频道里", "we are in too many channels"},
	"471": {"频道已满", "the channel is full"}, "476": {"频道名不被允许", "the channel's name is not allowed"},
	"473": {"频道只对受邀者开放：请让人邀请，再暂停并恢复连接", "the channel is by invitation only: have us invited, then pause and resume the connection"},
	"474": {"我们被封禁：请让人解除，再暂停并恢复连接", "we are banned there: have the ban taken off, then pause and resume the connection"},
	"475": {"频道要密码", "the channel wants a key"},
	"477": {"频道只对登记过的昵称开放：请填账号和密码", "the channel is for registered nicks: fill in account and password"},
	"489": {"频道只对加密连接开放：请打开 TLS", "the channel is for encrypted connections: switch TLS on"},
}

func (s *Session) onNoEntry(l *link, in Line) error {
	s.mu.Lock()
	name := in.param(1)
	if !l.waiting[fold(name)] {
		s.mu.Unlock()
		return nil
	}
	for lang, why := range entries[in.Command] {
		l.troubles[lang] = append(l.troubles[lang], clipped(name)+": "+why)
	}
	s.mu.Unlock()
	s.arrived(l, name)
	return nil
}

// arrived notes that a channel is settled; with the last one we are online.
func (s *Session) arrived(l *link, name string) {
	s.mu.Lock()
	delete(l.waiting, fold(name))
	ready := len(l.waiting) == 0 && !l.online
	l.online = l.online || ready
	zh, en := strings.Join(l.troubles[0], "；"), strings.Join(l.troubles[1], "; ")
	online := l.online
	s.mu.Unlock()
	switch {
	case en != "" && online:
		s.report("online", connect.Trouble(community.CodeRefused, "进不去："+zh+"。", "cannot join "+en))
	case ready:
		s.report("online", nil)
	}
}

func (s *Session) onError(l *link, in Line) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.why = community.Errorf(community.CodeUnreachable, "the server closes the connection: %s", s.hush(clipped(in.last())))
	return nil
}

func (s *Session) setLink(l *link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.link = l
}

func (s *Session) report(state string, err error) {
	s.mu.Lock()
	h := connect.Health{State: state, At: time.Now().UnixMilli()}
	if s.link != nil && s.link.greeted {
		h.Self, h.Name = s.selfID(s.link), s.link.nick
	}
	s.mu.Unlock()
	if err != nil && !errors.Is(err, context.Canceled) {
		h.Code, h.Detail, h.Say = community.CodeOf(err), s.hush(err.Error()), connect.SayOf(err)
	}
	s.host.Report(h)
}

// selfID is our account's id. The caller holds mu.
func (s *Session) selfID(l *link) string { return fold(l.nick) }

func (s *Session) hush(text string) string {
	if s.password == "" {
		return text
	}
	coded := base64.StdEncoding.EncodeToString([]byte("\x00" + s.account + "\x00" + s.password))
	return strings.NewReplacer(s.password, connect.Masked, coded, connect.Masked).Replace(text)
}

// key numbers an event. The caller holds mu.
func (s *Session) key() string {
	s.count++
	return s.epoch + ":" + strconv.FormatInt(s.count, 10)
}

// clipped shortens what others chose for a sentence, and takes away what could turn the sentence around.
func clipped(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f {
			return -1
		}
		return r
	}, plain(name))
	if runes := []rune(name); len(runes) > 80 {
		return string(runes[:80]) + "…"
	}
	return name
}

var folding = strings.NewReplacer("[", "{", "]", "}", `\`, "|", "~", "^")

// fold is a name as servers compare it (rfc1459).
func fold(name string) string { return folding.Replace(strings.ToLower(name)) }
