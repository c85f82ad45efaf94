package satori

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"qunluo/internal/community"
	"qunluo/internal/connect/conntest"
)

const (
	testToken = "s3cret-t0ken"
	selfID    = "514"
	groupID   = "g-700"
	memberID  = "u-20001"
	ownerID   = "u-900"
	gateway   = "http://gateway.example/satori"
)

// stub is a gateway with one group, whose channel has the group's id, and a guild with two channels.
type stub struct {
	t       *testing.T
	network *conntest.Network

	mu       sync.Mutex
	conns    map[*websocket.Conn]bool
	refusing bool
	silent   bool // pings are not answered
	swallow  int
	logins   string   // JSON
	features []string // of our login
	status   int
	sn       int64
	next     int
	last     string            // the last event frame
	asked    []int64           // sn of every IDENTIFY
	calls    []string          // "method {params}"
	answers  map[string]string // method → "status body", instead of doing it
	headers  http.Header       // of the last call
	rows     []string          // member list
	roles    string            // of our own account
	ahead    time.Duration     // of the gateway's clock
	done     []conntest.Done
}

var allMethods = []string{"message.create", "message.delete", "guild.list", "guild.member.list", "guild.member.mute", "guild.member.kick", "guild.member.approve", "channel.list"}

func newStub(t *testing.T) *stub {
	g := &stub{t: t, network: conntest.NewNetwork(t), conns: map[*websocket.Conn]bool{}, features: allMethods, status: 1, answers: map[string]string{}, roles: `[{"id":"admin"}]`}
	g.network.Serve(t, http.HandlerFunc(g.serve))
	return g
}

func (g *stub) set(f func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f()
}

func (g *stub) login() string {
	features, _ := json.Marshal(g.features)
	return fmt.Sprintf(`{"sn":1,"adapter":"mock","platform":"discord","self_id":%q,"user":{"id":%q,"name":"小群"},"status":%d,"features":%s}`, selfID, selfID, g.status, features)
}

func (g *stub) serve(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	refusing, ahead := g.refusing, g.ahead
	g.mu.Unlock()
	w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
	method, ok := strings.CutPrefix(r.URL.Path, "/satori/v1/")
	switch {
	case refusing:
		http.Error(w, "gone", http.StatusBadGateway)
	case !ok:
		http.NotFound(w, r)
	case method == "events":
		if conn, err := websocket.Accept(w, r, nil); err == nil {
			g.live(conn)
		}
	case r.Header.Get("Authorization") != "Bearer "+testToken:
		http.Error(w, "token", http.StatusUnauthorized)
	default:
		g.call(w, r, method)
	}
}

func (g *stub) live(conn *websocket.Conn) {
	defer conn.CloseNow()
	conn.SetReadLimit(MaxFrame)
	ctx := context.Background()
	for {
		_, data, err := conn.Read(ctx)
		if err != nil {
			g.set(func() { delete(g.conns, conn) })
			return
		}
		var f struct {
			Op   int
			Body struct {
				Token string
				SN    int64
			}
		}
		_ = json.Unmarshal(data, &f)
		switch f.Op {
		case opPing:
			g.mu.Lock()
			silent := g.silent
			g.mu.Unlock()
			if silent {
				continue
			}
			_ = conn.Write(ctx, websocket.MessageText, []byte(`{"op":2}`))
		case opIdentify:
			if f.Body.Token != testToken {
				_ = conn.Close(4004, "invalid token")
				return
			}
			g.mu.Lock()
			logins := g.logins
			if logins == "" {
				logins = `[{"platform":"lark","self_id":"ou_1","user":{"id":"ou_1","name":"另一个"},"status":1},` + g.login() + `]`
			}
			g.asked = append(g.asked, f.Body.SN)
			g.conns[conn] = true
			g.mu.Unlock()
			_ = conn.Write(ctx, websocket.MessageText, []byte(`{"op":4,"body":{"logins":`+logins+`,"proxy_urls":[]}}`))
		}
	}
}

// push sends a raw frame to every connection.
func (g *stub) push(frame string) {
	g.mu.Lock()
	conns := make([]*websocket.Conn, 0, len(g.conns))
	for c := range g.conns {
		conns = append(conns, c)
	}
	g.mu.Unlock()
	for _, c := range conns {
		_ = c.Write(context.Background(), websocket.MessageText, []byte(frame))
	}
}

// event tells what happened, with the next number.
func (g *stub) event(kind, rest string) {
	g.mu.Lock()
	g.sn++
	frame := fmt.Sprintf(`{"op":0,"body":{"sn":%d,"type":%q,"timestamp":%d,"login":{"platform":"discord","user":{"id":%q}},%s}}`,
		g.sn, kind, time.Now().UnixMilli(), selfID, rest)
	g.last = frame
	g.mu.Unlock()
	g.push(frame)
}

const here = `"guild":{"id":"` + groupID + `","name":"周末徒步群"},"channel":{"id":"` + groupID + `","type":0}`

const aqing = `"user":{"id":"` + memberID + `","name":"阿青"},"member":{"nick":"青","roles":[{"id":"member"}]}`

// says lets the member say something and gives the message's id.
func (g *stub) says(content string) string { return g.saysIn(here, content) }

func (g *stub) saysIn(place, content string) string {
	g.mu.Lock()
	g.next++
	name := fmt.Sprint("m", g.next)
	g.mu.Unlock()
	text, _ := json.Marshal(content)
	g.event("message-created", place+","+aqing+`,"message":{"id":"`+name+`","content":`+string(text)+`}`)
	return name
}

func (g *stub) asks() string {
	g.mu.Lock()
	g.next++
	name := fmt.Sprint("r", g.next)
	g.mu.Unlock()
	g.event("guild-member-request", here+`,"user":{"id":"u-30001","name":"新来的"},"message":{"id":"`+name+`","content":"想学 &lt;徒步&gt;"}`)
	return name
}

// params are what calls carry.
type params struct {
	Channel   string `json:"channel_id"`
	Guild     string `json:"guild_id"`
	User      string `json:"user_id"`
	Message   string `json:"message_id"`
	Content   string `json:"content"`
	Duration  int64  `json:"duration"`
	Permanent bool   `json:"permanent"`
	Approve   bool   `json:"approve"`
	Comment   string `json:"comment"`
	Next      string `json:"next"`
}

func (g *stub) call(w http.ResponseWriter, r *http.Request, method string) {
	var p params
	var raw json.RawMessage
	if json.NewDecoder(r.Body).Decode(&raw) != nil || json.Unmarshal(raw, &p) != nil {
		http.Error(w, "body", http.StatusBadRequest)
		return
	}
	g.mu.Lock()
	g.calls = append(g.calls, method+" "+string(raw))
	g.headers = r.Header.Clone()
	answer, instead := g.answers[method]
	swallow := g.swallow > 0 && !instead && method != "channel.list"
	if swallow {
		g.swallow--
	}
	data := `{}`
	status := http.StatusOK
	if instead {
		var text string
		_, _ = fmt.Sscanf(answer, "%d", &status)
		_, text, _ = strings.Cut(answer, " ")
		data = text
	} else if data = g.do(method, p); data == "" {
		status, data = http.StatusNotFound, "not found"
	}
	g.mu.Unlock()
	if swallow {
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(status)
	_, _ = w.Write([]byte(data))
}

// do does a method; "" = there is no such thing.
func (g *stub) do(method string, p params) string {
	note := func(d conntest.Done) string { g.done = append(g.done, d); return `{}` }
	switch method {
	case "message.create":
		g.next++
		note(conntest.Done{Verb: community.Send, Group: p.Channel, Text: p.Content, Member: mentioned(p.Content)})
		return fmt.Sprintf(`[{"id":"m%d","content":"x"}]`, g.next)
	case "message.delete":
		return note(conntest.Done{Verb: community.RecallMsg, Message: p.Message})
	case "guild.member.mute":
		verb := community.Mute
		if p.Duration == 0 {
			verb = community.Unmute
		}
		return note(conntest.Done{Verb: verb, Group: p.Guild, Member: p.User, Seconds: (p.Duration + 999) / 1000})
	case "guild.member.kick":
		return note(conntest.Done{Verb: community.Remove, Group: p.Guild, Member: p.User})
	case "guild.member.approve":
		return note(conntest.Done{Verb: community.Approve, Message: p.Message, Text: p.Comment, No: !p.Approve})
	case "guild.list":
		return `{"data":[{"id":"` + groupID + `","name":"周末徒步群"}]}`
	case "channel.list":
		return `{"data":[{"id":"` + groupID + `","type":0}]}`
	case "guild.member.list":
		return g.members(p)
	}
	return ""
}

// members pages two at a time.
func (g *stub) members(p params) string {
	if p.Guild != groupID {
		return ""
	}
	rows := g.rows
	if rows == nil {
		rows = []string{`{"user":{"id":"` + ownerID + `","name":"群主"},"roles":[{"id":"owner"}]}`, `{"user":{"id":"` + selfID + `","name":"小群"},"roles":` + g.roles + `}`,
			`{"user":{"id":"` + memberID + `","name":"阿青"},"nick":"青","joined_at":1700000000000}`}
	}
	at := 0
	_, _ = fmt.Sscanf(p.Next, "after-%d", &at)
	end := min(at+2, len(rows))
	next := ""
	if end < len(rows) {
		next = fmt.Sprintf(`,"next":"after-%d"`, end)
	}
	return `{"data":[` + strings.Join(rows[at:end], ",") + `]` + next + `}`
}

func mentioned(content string) string {
	_, rest, ok := strings.Cut(content, `<at id="`)
	if !ok {
		return ""
	}
	who, _, _ := strings.Cut(rest, `"`)
	return who
}

func (g *stub) did() []conntest.Done {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.done)
}

func (g *stub) called() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.calls)
}
