package wecombot

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/conntest"
	"qunluo/internal/connect/peertest"
)

const (
	botID   = "BOT"
	secret  = "bot-secret-77"
	groupID = "wrCHAT"
	member  = "zhangsan"
)

// platform is the platform's side of the long connection. The vendor's own client examines it below.
type platform struct {
	t   *testing.T
	srv *httptest.Server

	mu      sync.Mutex
	conn    *websocket.Conn
	down    bool
	swallow bool
	calls   []frame // every command but pings, with its body
	dials   int
	last    []byte
	serial  int
}

func newPlatform(t *testing.T) *platform {
	p := &platform{t: t}
	p.srv = httptest.NewServer(http.HandlerFunc(p.accept))
	t.Cleanup(func() {
		p.cut(true)
		p.srv.Close()
	})
	return p
}

func (p *platform) url() string { return "ws" + strings.TrimPrefix(p.srv.URL, "http") }

func (p *platform) accept(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.dials++
	down := p.down
	p.mu.Unlock()
	if down {
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	}
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	conn.SetReadLimit(4 << 20)
	defer conn.CloseNow()
	for {
		_, raw, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		p.hear(conn, raw)
	}
}

// hear answers a frame as the platform does.
func (p *platform) hear(conn *websocket.Conn, raw []byte) {
	var f frame
	if json.Unmarshal(raw, &f) != nil {
		return
	}
	code, said := 0, "ok"
	p.mu.Lock()
	if f.Cmd == cmdSubscribe {
		var who struct {
			Bot    string `json:"bot_id"`
			Secret string `json:"secret"`
		}
		if json.Unmarshal(f.Body, &who) != nil || who.Bot != botID || who.Secret != secret {
			code, said = 853000, "invalid bot_id or secret"
		} else {
			p.conn = conn
		}
	}
	if f.Cmd != cmdPing {
		p.calls = append(p.calls, f)
	}
	mute := p.swallow && f.Cmd == cmdSend
	if mute {
		p.swallow = false
	}
	p.mu.Unlock()
	if mute {
		return
	}
	answer := frame{Errcode: &code, Errmsg: said}
	answer.Headers.ReqID = f.Headers.ReqID
	p.write(conn, answer)
}

func (p *platform) write(conn *websocket.Conn, f frame) {
	raw, err := json.Marshal(f)
	if err != nil {
		panic(err)
	}
	_ = conn.Write(context.Background(), websocket.MessageText, raw) // the other end may be gone
}

// push sends raw bytes to whoever is connected.
func (p *platform) push(raw []byte) {
	p.mu.Lock()
	conn := p.conn
	p.last = raw
	p.mu.Unlock()
	if conn != nil {
		_ = conn.Write(context.Background(), websocket.MessageText, raw)
	}
}

// says lets somebody speak to the bot; body is laid over a plain message.
func (p *platform) says(text string, more map[string]any) string {
	p.mu.Lock()
	p.serial++
	id := fmt.Sprintf("msg%04d", p.serial)
	p.mu.Unlock()
	body := map[string]any{"msgid": id, "aibotid": botID, "chatid": groupID, "chattype": "group", "from": map[string]any{"userid": member},
		"create_time": time.Now().Unix(), "msgtype": "text", "text": map[string]any{"content": text}}
	for k, v := range more {
		body[k] = v
	}
	raw, err := json.Marshal(map[string]any{"cmd": cmdMessage, "headers": map[string]any{"req_id": "req-" + id}, "body": body})
	if err != nil {
		panic(err)
	}
	p.push(raw)
	return id
}

func (p *platform) event(kind string) {
	p.push([]byte(`{"cmd":"aibot_event_callback","headers":{"req_id":"ev1"},"body":{"msgid":"e1","create_time":1760000000,"aibotid":"BOT","from":{"userid":"u"},"msgtype":"event","event":{"eventtype":"` + kind + `"}}}`))
}

func (p *platform) cut(down bool) {
	p.mu.Lock()
	conn := p.conn
	p.down, p.conn = down, nil
	p.mu.Unlock()
	if conn != nil {
		_ = conn.CloseNow()
	}
}

// sent are the commands that spoke: "cmd req_id chat text".
func (p *platform) sent() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []string
	for _, f := range p.calls {
		var b struct {
			Chat     string `json:"chatid"`
			Markdown struct {
				Content string `json:"content"`
			} `json:"markdown"`
		}
		if f.Cmd == cmdSubscribe || json.Unmarshal(f.Body, &b) != nil {
			continue
		}
		id := f.Headers.ReqID
		if f.Cmd == cmdSend {
			id = "-"
		}
		all = append(all, strings.Join([]string{f.Cmd, id, b.Chat, b.Markdown.Content}, " "))
	}
	return all
}

func (p *platform) settings() json.RawMessage {
	return json.RawMessage(`{"bot_id":"` + botID + `","secret":"` + secret + `","url":"` + p.url() + `"}`)
}

func TestLeafPassesTheExamination(t *testing.T) {
	conntest.Exercise(t, conntest.Rig{
		Connector: New(nil), Secrets: []string{secret}, OnNetwork: true,
		Bad: []conntest.Bad{
			{Settings: `{"secret":"` + secret + `"}`, Field: "bot_id"}, {Settings: `{"bot_id":"B"}`, Field: "secret"},
			{Settings: `{"bot_id":"B","secret":"` + secret + `","url":"https://h/"}`, Field: "url"},
		},
		Start: func(t *testing.T) *conntest.Counterpart {
			p := newPlatform(t)
			return &conntest.Counterpart{
				Settings: p.settings(), Self: botID, Group: groupID, Member: member, NoIDs: true,
				Provoke: map[community.Type]func(){community.MessageCreated: func() { p.says("@小助手 今天走哪条线", nil) }},
				Again:   func() { p.push(p.last) },
				Message: func() string { return "m" }, Ask: func() string { return "f" },
				Did: func() []conntest.Done {
					var all []conntest.Done
					for _, line := range p.sent() {
						words := strings.SplitN(line, " ", 4)
						all = append(all, conntest.Done{Verb: community.Send, Group: groupID, Member: member, Text: words[3]})
					}
					return all
				},
				Swallow: func() { p.mu.Lock(); p.swallow = true; p.mu.Unlock() },
				Cut:     func() { p.cut(true) }, Mend: func() { p.mu.Lock(); p.down = false; p.mu.Unlock() },
				Deliver: p.push, Malformed: [][]byte{[]byte("{"), []byte("[]"), []byte(`{"cmd":"aibot_msg_callback"}`), []byte(`{"cmd":"aibot_msg_callback","headers":{"req_id":"r"},"body":{"msgid":""}}`),
					[]byte(`{"cmd":"aibot_msg_callback","headers":{"req_id":"r"},"body":7}`)},
				Oversized: []byte(`{"cmd":"x","body":"` + strings.Repeat("x", maxFrame) + `"}`),
			}
		},
	})
}

// online lets a session run until the test ends.
func online(t *testing.T, p *platform) (*Session, *conntest.Host) {
	t.Helper()
	host := conntest.NewHost()
	s, err := New(nil).Open(t.Context(), p.settings(), host)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() {
		defer close(over)
		_ = s.Run(ctx)
	}()
	t.Cleanup(func() { stop(); <-over })
	host.Until(t, "online", func() bool { return host.State() == "online" })
	return s.(*Session), host
}

func TestDisplacedBotDoesNotFightForItsPlace(t *testing.T) {
	p := newPlatform(t)
	s, host := online(t, p)
	p.event("disconnected_event")
	host.Until(t, "displaced", func() bool { return host.State() == "failed" })
	last := host.Healths()[len(host.Healths())-1]
	if last.Code != community.CodeConflict || !strings.Contains(last.Say[0], "别处连上") || !strings.Contains(last.Say[1], "off and on") {
		t.Errorf("health = %+v, want a conflict that says what to do", last)
	}
	host.Until(t, "account.displaced", func() bool { return len(host.Of(community.AccountDisplaced)) == 1 })
	if in := host.Of(community.AccountDisplaced)[0]; !in.Group.Desk {
		t.Errorf("%+v, want it on the account's desk", in)
	}
	time.Sleep(2 * firstPause) // longer than a reconnecting client would wait
	p.mu.Lock()
	dials := p.dials
	p.mu.Unlock()
	if dials != 1 {
		t.Errorf("dialled %d times, want once: no fight", dials)
	}
	if _, err := s.Do(t.Context(), community.Action{Verb: community.Send, Text: "x", To: community.Address{Group: groupID}}); community.CodeOf(err) != community.CodeUnreachable {
		t.Errorf("speaking while displaced: %v, want unreachable", err)
	}
}

func TestReplyWithinFiveSecondsAnswersDirectly(t *testing.T) {
	p := newPlatform(t)
	s, host := online(t, p)
	id := p.says("@小助手 群规在哪", nil)
	host.Until(t, "the question", func() bool { return len(host.Of(community.MessageCreated)) == 1 })
	say := community.Action{Verb: community.Send, Text: "请看公告", ReplyTo: id, To: community.Address{Group: groupID}}
	for range 2 { // answered once directly; then its place is used up
		if _, err := s.Do(t.Context(), say); err != nil {
			t.Fatal(err)
		}
	}
	s.mu.Lock()
	s.replies["old"] = reply{"req-old", time.Now().Add(-replyWithin)}
	s.mu.Unlock()
	say.ReplyTo = "old"
	if _, err := s.Do(t.Context(), say); err != nil {
		t.Fatal(err)
	}
	want := []string{"aibot_respond_msg req-" + id + "  请看公告", "aibot_send_msg - " + groupID + " 请看公告", "aibot_send_msg - " + groupID + " 请看公告"}
	if got := p.sent(); !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
}

func TestWrongSecretIsSaid(t *testing.T) {
	p := newPlatform(t)
	host := conntest.NewHost()
	s, err := New(nil).Open(t.Context(), json.RawMessage(`{"bot_id":"BOT","secret":"wrong-`+secret+`","url":"`+p.url()+`"}`), host)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() { defer close(over); _ = s.Run(ctx) }()
	host.Until(t, "failed", func() bool { return host.State() == "failed" })
	if h := host.Healths()[len(host.Healths())-1]; h.Code != community.CodeForbidden || h.Say[0] == "" || strings.Contains(h.Detail, secret) {
		t.Errorf("health = %+v, want forbidden, in words, without the secret", h)
	}
	stop()
	<-over
}

func TestEveryKindOfMessageIsRead(t *testing.T) {
	read := func(body string) connect.Inbound {
		t.Helper()
		f := frame{Cmd: cmdMessage, Body: json.RawMessage(body)}
		in, _, err := parse(&f)
		if err != nil || len(in) != 1 {
			t.Fatalf("%s: %v", body, err)
		}
		return in[0]
	}
	head := `"msgid":"m","aibotid":"B","chatid":"c","chattype":"group","from":{"userid":"u"},`
	for body, want := range map[string]string{
		`{` + head + `"msgtype":"text","text":{"content":"早"}}`:                                                                                              "0 早 []",
		`{` + head + `"msgtype":"voice","voice":{"content":"写成字"}}`:                                                                                          "2 写成字 [audio]",
		`{` + head + `"msgtype":"image","image":{"url":"https://h/i","aeskey":"k"}}`:                                                                         "1  [image https://h/i]",
		`{` + head + `"msgtype":"file","file":{"url":"https://h/f"}}`:                                                                                        "4  [file https://h/f]",
		`{` + head + `"msgtype":"video","video":{"url":"https://h/v"}}`:                                                                                      "3  [video https://h/v]",
		`{` + head + `"msgtype":"hologram"}`:                                                                                                                 "99  [unknown]",
		`{` + head + `"msgtype":"text","text":{"content":"是的"},"quote":{"msgtype":"text","text":{"content":"去吗"}}}`:                                          "0 是的 [quote text]",
		`{` + head + `"msgtype":"mixed","mixed":{"msg_item":[{"msgtype":"text","text":{"content":"看"}},{"msgtype":"image","image":{"url":"https://h/i"}}]}}`: "0 看 [text image https://h/i]",
	} {
		in := read(body)
		var segs []string
		for _, seg := range in.Body.Segments {
			segs = append(segs, strings.TrimSpace(seg.Kind+" "+seg.Ref))
		}
		if got := fmt.Sprintf("%d %s %v", in.Body.Class, in.Body.Text, segs); got != want {
			t.Errorf("%s\n got %s\nwant %s", body, got, want)
		}
		if raw, err := json.Marshal(in); err != nil || strings.Contains(string(raw), `"k"`) {
			t.Errorf("the key of a picture is kept: %s", raw)
		}
	}
	if in := read(`{"msgid":"m","chattype":"single","from":{"userid":"u"},"msgtype":"text","text":{"content":"私下"}}`); !in.Private || in.Group.ID == "" {
		t.Errorf("a private word = %+v, want it marked private", in)
	}
	if in := read(`{` + head + `"msgtype":"text","text":{"content":"` + strings.Repeat("长", 100_000) + `"}}`); len(in.Body.Text) > community.MaxText {
		t.Errorf("a text of %d bytes was kept", len(in.Body.Text))
	}
}

// vendor's own client against our stand-in: what it understands, our client may be tested with.
const vendorScript = `
const sdk = require("@wecom/aibot-node-sdk");
const WSClient = sdk.WSClient || sdk.default.WSClient || sdk.default;
const client = new WSClient({ botId: "BOT", secret: process.env.SECRET, wsUrl: process.env.QL_WS });
client.on("authenticated", () => console.log("AUTHENTICATED"));
client.on("error", (e) => console.log("ERROR " + e.message));
client.on("message.text", async (f) => {
  console.log("HEARD " + f.body.text.content);
  const a = await client.reply(f, { msgtype: "markdown", markdown: { content: "直接回答" } });
  console.log("REPLIED " + (a && a.errcode));
  const b = await client.sendMessage("wrCHAT", { msgtype: "markdown", markdown: { content: "主动发送" } });
  console.log("SENT " + (b && b.errcode));
  client.disconnect();
  process.exit(0);
});
client.connect();
`

func TestVendorsClientAcceptsOurPlatform(t *testing.T) {
	peertest.Need(t, "wecom")
	p := newPlatform(t)
	peer := peertest.Start(t, peertest.Script{Peers: "wecom", Name: "bot.js", Files: map[string]string{"bot.js": vendorScript},
		Env: []string{"QL_WS=" + p.url(), "SECRET=" + secret}, Ready: "AUTHENTICATED"})
	id := p.says("@小助手 在吗", nil)
	peer.Until(t, "HEARD @小助手 在吗")
	peer.Until(t, "REPLIED 0")
	peer.Until(t, "SENT 0")
	want := []string{"aibot_respond_msg req-" + id + "  直接回答", "aibot_send_msg - " + groupID + " 主动发送"}
	if got := p.sent(); !slices.Equal(got, want) {
		t.Errorf("the vendor's client sent %q, want %q", got, want)
	}
}
