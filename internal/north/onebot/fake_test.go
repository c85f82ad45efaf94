package onebot

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"qunluo/internal/community"
	"qunluo/internal/north"
)

// pipes is a network in memory: what is dialled arrives at Accept. A write waits for its reader.
type pipes struct {
	arrived chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.arrived:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "memory"} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.arrived <- theirs:
		return ours, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// house is one group with one bot, in memory. What is wished is done at once, unless fate says otherwise.
type house struct {
	mu     sync.Mutex
	bots   []community.Bot
	log    []north.Happening
	wishes []north.Wish
	fate   community.State
	refuse error
}

func (h *house) AllBots(context.Context) ([]community.Bot, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]community.Bot{}, h.bots...), nil
}

func (h *house) BotUsed(context.Context, int64, int64, int64) error { return nil }

func (h *house) LogHead(context.Context) (int64, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return int64(len(h.log)), nil
}

func (h *house) Happened(_ context.Context, _ community.Bot, after, until int64) ([]north.Happening, int64, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	until = min(until, after+50)
	return append([]north.Happening{}, h.log[after:until]...), until, nil
}

func (h *house) Happening(_ context.Context, _ community.Bot, n int64) (north.Happening, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n < 1 || n > int64(len(h.log)) {
		return north.Happening{}, community.Errorf(community.CodeNotFound, "event %d: not found", n)
	}
	return h.log[n-1], nil
}

func (h *house) Groups(context.Context, community.Bot) ([]north.Group, error) {
	return []north.Group{{Key: 7, Name: "茶友<群>", Members: 2}}, nil
}

func (h *house) Members(context.Context, community.Bot, community.GroupKey) ([]north.Person, error) {
	return []north.Person{{ID: 3, Name: "老周", Role: community.RoleOwner, Joined: 1_700_000_000_000}, {ID: 4_000_000_001, Name: "助手"}}, nil
}

func (h *house) Member(_ context.Context, _ community.Bot, g community.GroupKey, id int64) (north.Person, error) {
	if id != 3 || g != 0 && g != 7 {
		return north.Person{}, community.Errorf(community.CodeNotFound, "member %d: not found", id)
	}
	return north.Person{ID: 3, Name: "老周", Card: "周哥", Role: community.RoleOwner}, nil
}

func (h *house) Can(context.Context, community.Bot, community.GroupKey, community.Verb) community.Level {
	return community.Native
}

func (h *house) Begin(_ context.Context, _ community.Bot, w north.Wish) (north.Begun, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.refuse != nil {
		return north.Begun{}, h.refuse
	}
	h.wishes = append(h.wishes, w)
	return north.Begun{Number: 900 + int64(len(h.wishes)), Action: community.ID{1}}, nil
}

func (h *house) Fate(context.Context, community.ID) (community.State, community.Code, string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.fate, community.CodeNone, "", nil
}

func (h *house) wished() []north.Wish {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]north.Wish{}, h.wishes...)
}

// place is a server with its house, in a bubble.
type place struct {
	t     *testing.T
	h     *house
	n     *north.North
	net   *pipes
	token string
}

func open(t *testing.T, change func(*house)) *place {
	token, hash := north.NewToken()
	h := &house{fate: community.Confirmed, bots: []community.Bot{{Key: 1, Org: 1, Name: "助手", Hash: hash, Scopes: community.BotScopes, Enabled: true}}}
	if change != nil {
		change(h)
	}
	say := func(key string, args ...any) string { return fmt.Sprint(key, args) }
	n := north.New(north.Options{House: north.House{Bots: h, Log: h, Places: h, Hands: h}, Say: say, Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	p := &place{t: t, h: h, n: n, net: &pipes{arrived: make(chan net.Conn), closed: make(chan struct{})}, token: token}
	ctx, stop := context.WithCancel(context.Background())
	server := &http.Server{Handler: New(n)}
	var work sync.WaitGroup
	work.Go(func() { _ = n.Run(ctx) })
	work.Go(func() { _ = server.Serve(p.net) })
	t.Cleanup(func() {
		stop()
		synctest.Wait()
		_ = server.Close()
		work.Wait()
		time.Sleep(time.Second) // a connection that was refused a body lingers
	})
	synctest.Wait()
	return p
}

func (p *place) client() *http.Client {
	transport := &http.Transport{DialContext: p.net.dial, DisableKeepAlives: true}
	p.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// dial opens a WebSocket as a bot does.
func (p *place) dial(path string) *websocket.Conn {
	p.t.Helper()
	conn, _, err := websocket.Dial(context.Background(), "ws://qunluo"+path, &websocket.DialOptions{HTTPClient: p.client(), HTTPHeader: http.Header{"Authorization": {"Bearer " + p.token}}})
	if err != nil {
		p.t.Fatal(err)
	}
	conn.SetReadLimit(-1)
	p.t.Cleanup(func() { _ = conn.CloseNow() })
	return conn
}

func (p *place) read(conn *websocket.Conn) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_, data, err := conn.Read(ctx)
	return string(data), err
}

// ask sends a call and gives the answer; events in between are passed over.
func (p *place) ask(conn *websocket.Conn, frame string) string {
	p.t.Helper()
	if err := conn.Write(context.Background(), websocket.MessageText, []byte(frame)); err != nil {
		p.t.Fatal(err)
	}
	got, err := p.read(conn)
	if err != nil {
		p.t.Fatalf("%s: %v", frame, err)
	}
	return got
}

// happen lets messages be said in the group.
func (p *place) happen(n int, text string) {
	p.h.mu.Lock()
	for range n {
		p.h.log = append(p.h.log, north.Happening{Number: int64(len(p.h.log) + 1), Type: community.MessageCreated, At: time.Now().UnixMilli(), Group: 7,
			Actor: north.Person{ID: 3, Name: "老周", Role: community.RoleOwner}, Text: text})
	}
	p.h.mu.Unlock()
	p.n.Committed()
}

// Raise is not for bots.
func (h *house) Read(context.Context, community.Bot, int64, string) (int64, error) {
	return 0, community.Errorf(community.CodeUnsupported, "no bot reads pictures here")
}

func (h *house) Raise(context.Context, community.Bot, string) (community.ID, error) {
	return community.ID{}, community.Errorf(community.CodeUnsupported, "bots raise no alarms")
}
