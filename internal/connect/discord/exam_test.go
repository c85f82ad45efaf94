package discord

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/conntest"
)

const (
	testToken = "MTA1.discord-secret"
	guildID   = "900"
	homeID    = "901"
	selfID    = "100"
	ownerID   = "101"
	memberID  = "102"
)

// cloud is Discord's side, after its documents: the Gateway and the calls that we make.
type cloud struct {
	t       *testing.T
	network *conntest.Network

	mu      sync.Mutex
	conn    *websocket.Conn
	seq     int64
	next    int64
	last    []byte
	bits    int64 // permissions of the bot's role
	swallow int
	missing bool

	close   websocket.StatusCode
	resumed int
	stop    chan struct{}
	done    []conntest.Done
	calls   []string
	texts   map[string]string
}

func newCloud(t *testing.T) *cloud {
	c := &cloud{t: t, network: conntest.NewNetwork(t), next: 2000, bits: mayModerate | mayKick | mayMessages | mayNicknames | mayManage, stop: make(chan struct{}), texts: map[string]string{}}
	c.network.Serve(t, c)
	t.Cleanup(func() { close(c.stop) })
	return c
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/gw" {
		c.gateway(w, r)
		return
	}
	body, err := c.body(r)
	if err != nil {
		c.t.Error(err)
	}
	if r.Header.Get("Authorization") != "Bot "+testToken {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"message":"401: Unauthorized","code":0}`)
		return
	}
	status, answer := c.obey(r.Method, strings.TrimPrefix(r.URL.Path, "/api/v10"), r.URL.Query().Get("after"), body)
	c.mu.Lock()
	swallowed := c.swallow > 0 && r.Method != http.MethodGet
	if swallowed {
		c.swallow--
	}
	c.mu.Unlock()
	if swallowed {
		select {
		case <-r.Context().Done():
		case <-c.stop:
		}
		return
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, answer)
}

// body reads JSON, or the JSON that stands beside files.
func (c *cloud) body(r *http.Request) (map[string]any, error) {
	var out map[string]any
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(r.FormValue("payload_json")), &out); err != nil {
			return nil, err
		}
		out["files"] = fmt.Sprint(r.MultipartForm.File["files[0]"][0].Filename, " ", r.MultipartForm.File["files[0]"][0].Size)
		return out, nil
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil || len(raw) == 0 {
		return nil, err
	}
	return out, json.Unmarshal(raw, &out)
}

func (c *cloud) obey(method, path, after string, body map[string]any) (int, string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	line, _ := json.Marshal(body)
	c.calls = append(c.calls, method+" "+path+" "+string(line))
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	did := func(d conntest.Done) (int, string) {
		d.Group = guildID
		c.done = append(c.done, d)
		return http.StatusNoContent, ""
	}
	switch {
	case path == "/gateway/bot":
		return 200, `{"url":"ws://discord.test/gw","shards":1}`
	case method == "GET" && path == "/guilds/"+guildID+"/members":
		if after != "0" {
			return 200, `[]`
		}
		return 200, fmt.Sprintf(`[{"user":{"id":%q,"username":"xiaoqun","bot":true},"roles":["r1"]},{"user":{"id":%q,"username":"owner"},"roles":[]},{"user":{"id":%q,"username":"aqing","global_name":"阿青"},"roles":[]}]`, selfID, ownerID, memberID)
	case method == "POST" && len(parts) == 3 && parts[2] == "messages":
		c.next++
		id := strconv.FormatInt(c.next, 10)
		text, _ := body["content"].(string)
		c.texts[id] = text
		d := conntest.Done{Verb: community.Send, Text: text}
		if strings.HasPrefix(text, "<@") {
			d.Member, _, _ = strings.Cut(text[2:], ">")
		}
		did(d)
		nonce, _ := json.Marshal(body["nonce"])
		c.tell("MESSAGE_CREATE", fmt.Sprintf(`{"id":%q,"channel_id":%q,"guild_id":%q,"author":{"id":%q,"username":"xiaoqun","bot":true},"member":{"roles":["r1"]},"content":%q,"timestamp":%q,"nonce":%s}`, id, parts[1], guildID, selfID, text, stamp(), nonce))
		return 200, fmt.Sprintf(`{"id":%q,"channel_id":%q,"content":%q}`, id, parts[1], text)
	case method == "DELETE" && len(parts) == 4 && parts[2] == "messages":
		return did(conntest.Done{Verb: community.RecallMsg, Message: spot(parts[1], parts[3])})
	case method == "PUT" && len(parts) == 4 && parts[2] == "pins":
		if text, ours := c.texts[parts[3]]; ours {
			return did(conntest.Done{Verb: community.Announce, Text: text})
		}
		return did(conntest.Done{Verb: community.Essence, Message: spot(parts[1], parts[3])})
	case method == "DELETE" && len(parts) == 4 && parts[2] == "members":
		return did(conntest.Done{Verb: community.Remove, Member: parts[3]})
	case method == "PATCH" && len(parts) == 4 && parts[2] == "members":
		return c.member(parts[3], body, did)
	case method == "PATCH" && path == "/guilds/"+guildID:
		name, _ := body["name"].(string)
		return did(conntest.Done{Verb: community.Rename, Text: name})
	}
	return 404, `{"message":"Unknown","code":10003}`
}

func (c *cloud) member(id string, body map[string]any, did func(conntest.Done) (int, string)) (int, string) {
	if nick, ok := body["nick"].(string); ok {
		if c.missing {
			return 405, `{"message":"405: Method Not Allowed","code":0}`
		}
		return did(conntest.Done{Verb: community.SetCard, Member: id, Text: nick})
	}
	until, _ := body["communication_disabled_until"].(string)
	if until == "" {
		return did(conntest.Done{Verb: community.Unmute, Member: id})
	}
	return did(conntest.Done{Verb: community.Mute, Member: id, Seconds: (millis(until) - time.Now().UnixMilli()) / 1000})
}

func stamp() string { return time.Now().UTC().Format(time.RFC3339Nano) }

// gateway speaks to a bot that connects.
func (c *cloud) gateway(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer conn.CloseNow()
	_ = conn.Write(r.Context(), websocket.MessageText, []byte(`{"op":10,"d":{"heartbeat_interval":41250}}`))
	for {
		_, raw, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		var f frame
		if json.Unmarshal(raw, &f) != nil {
			return
		}
		if why := c.hear(r.Context(), conn, f); why != 0 {
			_ = conn.Close(why, "")
			return
		}
	}
}

func (c *cloud) hear(ctx context.Context, conn *websocket.Conn, f frame) websocket.StatusCode {
	c.mu.Lock()
	defer c.mu.Unlock()
	var d struct {
		Token   string `json:"token"`
		Intents int    `json:"intents"`
		Session string `json:"session_id"`
	}
	_ = json.Unmarshal(f.Data, &d)
	switch f.Op {
	case opHeartbeat:
		_ = conn.Write(ctx, websocket.MessageText, []byte(`{"op":11}`))
	case opIdentify, opResume:
		switch {
		case d.Token != testToken:
			return 4004
		case c.close != 0:
			return c.close
		}
		c.conn = conn
		if f.Op == opResume {
			c.resumed++
			c.tell("RESUMED", `{}`)
			return 0
		}
		c.tell("READY", `{"v":10,"session_id":"s1","resume_gateway_url":"ws://discord.test/gw","user":{"id":"`+selfID+`","username":"xiaoqun"},"guilds":[{"id":"`+guildID+`","unavailable":true}]}`)
		c.tell("GUILD_CREATE", c.guild())
	}
	return 0
}

func (c *cloud) guild() string {
	return fmt.Sprintf(`{"id":%q,"name":"周末徒步","owner_id":%q,"system_channel_id":%q,"roles":[{"id":%q,"permissions":"0"},{"id":"r1","permissions":"%d"}],"channels":[{"id":%q,"type":0}],"members":[{"user":{"id":%q},"roles":["r1"]}]}`,
		guildID, ownerID, homeID, guildID, c.bits, homeID, selfID)
}

// tell sends an event. The caller holds mu.
func (c *cloud) tell(kind, data string) {
	c.seq++
	c.push(fmt.Appendf(nil, `{"op":0,"s":%d,"t":%q,"d":%s}`, c.seq, kind, data))
}

func (c *cloud) push(raw []byte) {
	c.last = raw
	if c.conn != nil {
		_ = c.conn.Write(context.Background(), websocket.MessageText, raw) // the other end may be gone
	}
}

func (c *cloud) tells(kind, data string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tell(kind, data)
}

func (c *cloud) says(text string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next++
	id := strconv.FormatInt(c.next, 10)
	c.tell("MESSAGE_CREATE", fmt.Sprintf(`{"id":%q,"channel_id":%q,"guild_id":%q,"author":{"id":%q,"username":"aqing","global_name":"阿青"},"member":{"nick":"青","roles":[]},"content":%q,"timestamp":%q}`, id, homeID, guildID, memberID, text, stamp()))
	return spot(homeID, id)
}

func (c *cloud) who() string {
	return fmt.Sprintf(`{"guild_id":%q,"user":{"id":%q,"username":"aqing"},"roles":[],"joined_at":%q}`, guildID, memberID, stamp())
}

func (c *cloud) counterpart(client *http.Client) *conntest.Counterpart {
	settings := `{"token":"` + testToken + `","server":"http://discord.test/api/v10"}`
	return &conntest.Counterpart{
		Settings: json.RawMessage(settings), Self: selfID, Group: guildID, Member: memberID,
		Provoke: map[community.Type]func(){
			community.MessageCreated: func() { c.says("有人一起吗") },
			community.MessageEdited: func() {
				c.tells("MESSAGE_UPDATE", fmt.Sprintf(`{"id":"77","channel_id":%q,"guild_id":%q,"author":{"id":%q,"username":"aqing"},"content":"改了","edited_timestamp":%q}`, homeID, guildID, memberID, stamp()))
			},
			community.MessageDeleted: func() {
				c.tells("MESSAGE_DELETE", fmt.Sprintf(`{"id":"78","channel_id":%q,"guild_id":%q}`, homeID, guildID))
			},
			community.MemberJoined: func() { c.tells("GUILD_MEMBER_ADD", c.who()) },
			community.MemberLeft:   func() { c.tells("GUILD_MEMBER_REMOVE", c.who()) },
			community.MemberMuted: func() {
				c.tells("GUILD_MEMBER_UPDATE", fmt.Sprintf(`{"guild_id":%q,"user":{"id":%q},"roles":[],"communication_disabled_until":%q}`, guildID, memberID, time.Now().Add(time.Hour).UTC().Format(time.RFC3339)))
			},
			community.GroupUpdated: func() {
				c.tells("GUILD_UPDATE", fmt.Sprintf(`{"id":%q,"name":"徒步 %s","owner_id":%q}`, guildID, stamp(), ownerID))
			},
		},
		Again:   func() { c.mu.Lock(); defer c.mu.Unlock(); c.again() },
		Message: func() string { return c.says("一条消息") },
		Ask:     func() string { return "none" },
		Did: func() []conntest.Done {
			c.mu.Lock()
			defer c.mu.Unlock()
			return append([]conntest.Done{}, c.done...)
		},
		Swallow: func() { c.mu.Lock(); defer c.mu.Unlock(); c.swallow++ },
		Cut:     func() { c.network.Cut(); c.mu.Lock(); defer c.mu.Unlock(); c.conn = nil },
		Mend:    c.network.Mend,
		Missing: func(_ community.Verb, missing bool) { c.mu.Lock(); defer c.mu.Unlock(); c.missing = missing },
		Demote: func() {
			c.tells("GUILD_ROLE_UPDATE", fmt.Sprintf(`{"guild_id":%q,"role":{"id":"r1","permissions":"0"}}`, guildID))
		},
		Deliver:   func(raw []byte) { c.mu.Lock(); defer c.mu.Unlock(); c.push(raw) },
		Malformed: [][]byte{[]byte(`{`), []byte(`{"op":0,"t":"MESSAGE_CREATE","d":{"id":"x"}}`), []byte(`{"op":0,"t":"GUILD_MEMBER_ADD","d":[]}`)},
		Oversized: []byte(`{"op":0,"t":"X","d":"` + strings.Repeat("x", maxFrame) + `"}`),
	}
}

// again delivers the last event once more. A changed name is no change the second time. The caller holds mu.
func (c *cloud) again() {
	last := c.last
	if strings.Contains(string(last), "GUILD_UPDATE") {
		c.push(fmt.Appendf(nil, `{"op":0,"s":%d,"t":"GUILD_CREATE","d":%s}`, c.seq, c.guild()))
	}
	c.push(last)
}

func rig(t *testing.T, way *conntest.Way) conntest.Rig {
	return conntest.Rig{
		Connector: New(&http.Client{Transport: way}),
		Bad:       []conntest.Bad{{Settings: `{}`, Field: "token"}, {Settings: `{"token":"Bot ` + testToken + `"}`, Field: "token"}, {Settings: `{"token":"` + testToken + `","channel":"general"}`, Field: "channel"}, {Settings: `{"token":"` + testToken + `","server":"ws://x/"}`, Field: "server"}},
		Secrets:   []string{testToken},
		Start: func(t *testing.T) *conntest.Counterpart {
			c := newCloud(t)
			way.To = c.network.Client(t)
			return c.counterpart(way.To)
		},
	}
}

func TestDiscordPassesTheExamination(t *testing.T) {
	conntest.Exercise(t, rig(t, &conntest.Way{}))
}

// living is a session at work.
type living struct {
	*Session
	c    *cloud
	host *conntest.Host
}

func live(t *testing.T, settings string, prepare func(c *cloud)) *living {
	c := newCloud(t)
	if prepare != nil {
		prepare(c)
	}
	if settings == "" {
		settings = string(c.counterpart(nil).Settings)
	}
	host := conntest.NewHost()
	s, err := New(c.network.Client(t)).Open(t.Context(), json.RawMessage(settings), host)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.Run(ctx) })
	t.Cleanup(func() { stop(); wg.Wait() })
	synctest.Wait()
	return &living{s.(*Session), c, host}
}

func (l *living) last() connect.Health {
	all := l.host.Healths()
	return all[len(all)-1]
}

func TestWrongTokenAndMissingIntentsSayWhatToDo(t *testing.T) {
	for name, tc := range map[string]struct {
		settings string
		close    websocket.StatusCode
		say      string
	}{
		"token":   {`{"token":"wrong","server":"http://discord.test/api/v10"}`, 0, "重新生成"},
		"intents": {"", 4014, "特权意图"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := live(t, tc.settings, func(c *cloud) { c.close = tc.close })
				if h := l.last(); h.State != "failed" || h.Code != community.CodeForbidden || !strings.Contains(h.Say[0], tc.say) || h.Say[1] == "" {
					t.Errorf("health = %+v, want failed, with what to do", h)
				}
			})
		})
	}
}

func TestBrokenConnectionIsResumedWhereItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, "", nil)
		l.c.says("一")
		l.c.mu.Lock()
		_ = l.c.conn.CloseNow()
		l.c.mu.Unlock()
		time.Sleep(5 * time.Second)
		l.c.mu.Lock()
		resumed := l.c.resumed
		l.c.mu.Unlock()
		if resumed != 1 || l.last().State != "online" {
			t.Errorf("resumed %d times, now %+v; want once and online", resumed, l.last())
		}
	})
}

func TestCopiesCallNobodyAndContentIsAttached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, "", nil)
		a := community.Action{ID: community.DeriveID(community.ID{}, "x", 1), Verb: community.Send, To: community.Address{Group: guildID},
			Segments: []community.Segment{{Kind: "text", Text: "@everyone 看"}, {Kind: "image", Ref: "https://a.example/x.png", File: &community.Medium{Name: "x.png", Data: []byte("PNG")}}}}
		if _, err := l.Do(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		sent := l.c.calls[len(l.c.calls)-1]
		if !strings.Contains(sent, `"files":"x.png 3"`) || !strings.Contains(sent, `"parse":[]`) || !strings.Contains(sent, `"enforce_nonce":true`) || strings.Contains(sent, "a.example") {
			t.Errorf("sent %s, want the content, nobody called, and our id as nonce", sent)
		}
	})
}

func TestAttachmentsKnowWhenTheirAddressEnds(t *testing.T) {
	seg, class, _ := attachment{Name: "a.png", Type: "image/png", URL: "https://cdn.discord.test/a.png?ex=65f0a1b2&is=1&hm=2"}.segment()
	if seg.Kind != "image" || class != community.Image || seg.Expires != 0x65f0a1b2*1000 {
		t.Errorf("segment = %+v", seg)
	}
}
