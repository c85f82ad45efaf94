package dingtalk

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
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
	clientID = "dingapp1"
	secret   = "ding-secret-1"
	hookKey  = "hook-token-1"
	signKey  = "SECsign-1"
	groupID  = "cid/1=="
	memberID = "staff1"
)

// org is 钉钉's side, after its documents.
type org struct {
	t       *testing.T
	network *conntest.Network

	mu      sync.Mutex
	out     chan []byte // frames for whoever is connected
	serial  int
	last    []byte
	acked   []string
	swallow int
	errcode int
	stop    chan struct{}
	done    []conntest.Done
	calls   []string
	sent    map[string]bool
}

func newOrg(t *testing.T) *org {
	o := &org{t: t, network: conntest.NewNetwork(t), stop: make(chan struct{}), sent: map[string]bool{}, out: make(chan []byte, 1000)}
	o.network.Serve(t, o)
	t.Cleanup(func() { close(o.stop) })
	return o
}

func (o *org) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/connect" {
		o.stream(w, r)
		return
	}
	body := map[string]any{}
	if raw, err := io.ReadAll(r.Body); err != nil || json.Unmarshal(raw, &body) != nil {
		o.t.Errorf("%s: a body that is no JSON", r.URL.Path)
	}
	o.mu.Lock()
	status, answer := o.obey(r, body)
	swallowed := o.swallow > 0 && (strings.Contains(r.URL.Path, "groupMessages") || r.URL.Path == "/robot/send")
	if swallowed {
		o.swallow--
	}
	o.mu.Unlock()
	if swallowed {
		select {
		case <-r.Context().Done():
		case <-o.stop:
		}
		return
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, answer)
}

// obey does a call. The caller holds mu.
func (o *org) obey(r *http.Request, body map[string]any) (int, string) {
	line, _ := json.Marshal(body)
	o.calls = append(o.calls, r.URL.Path+" "+string(line))
	text := func(name string) string { s, _ := body[name].(string); return s }
	switch r.URL.Path {
	case "/v1.0/gateway/connections/open":
		if text("clientId") != clientID || text("clientSecret") != secret {
			return 401, `{"code":"authFailed","message":"鉴权失败"}`
		}
		return 200, `{"endpoint":"ws://stream.test/connect","ticket":"tk-1"}`
	case "/v1.0/oauth2/accessToken":
		if text("appKey") != clientID || text("appSecret") != secret {
			return 400, `{"code":"invalidClientIdOrSecret","message":"无效的clientId或者clientSecret"}`
		}
		return 200, `{"accessToken":"at-1","expireIn":7200}`
	case "/robot/send":
		return o.hook(r, body)
	}
	if r.Header.Get("x-acs-dingtalk-access-token") != "at-1" {
		return 400, `{"code":"InvalidAuthentication","message":"不合法的access_token"}`
	}
	switch r.URL.Path {
	case "/v1.0/robot/groupMessages/send":
		o.serial++
		key := fmt.Sprint("key", o.serial)
		o.sent[key] = true
		d := conntest.Done{Verb: community.Send, Group: text("openConversationId"), Text: text("msgParam")}
		if strings.Contains(d.Text, "@"+memberID) {
			d.Member = memberID
		}
		o.done = append(o.done, d)
		return 200, fmt.Sprintf(`{"processQueryKey":%q}`, key)
	case "/v1.0/robot/groupMessages/recall":
		keys, _ := body["processQueryKeys"].([]any)
		key := fmt.Sprint(keys...)
		if !o.sent[key] {
			return 200, fmt.Sprintf(`{"successResult":[],"failedResult":{%q:"not found"}}`, key)
		}
		o.done = append(o.done, conntest.Done{Verb: community.RecallMsg, Message: key})
		return 200, fmt.Sprintf(`{"successResult":[%q],"failedResult":{}}`, key)
	}
	return 404, `{"code":"InvalidAction.NotFound","message":"Specified api is not found"}`
}

// hook takes a webhook's message, signed as the document says.
func (o *org) hook(r *http.Request, body map[string]any) (int, string) {
	q := r.URL.Query()
	_, want := Sign(signKey, time.Now().UnixMilli())
	switch {
	case q.Get("access_token") != hookKey:
		return 200, `{"errcode":300001,"errmsg":"token is not exist"}`
	case q.Get("sign") != want:
		return 200, `{"errcode":310000,"errmsg":"sign not match, more: [https://ding-doc.dingtalk.com/doc#/serverapi2/qf2nxq]"}`
	case o.errcode != 0:
		return 200, fmt.Sprintf(`{"errcode":%d,"errmsg":"no"}`, o.errcode)
	}
	words, _ := body["text"].(map[string]any)
	d := conntest.Done{Verb: community.Send, Text: fmt.Sprint(words["content"])}
	if at, _ := body["at"].(map[string]any); at != nil {
		if list, _ := at["atUserIds"].([]any); len(list) > 0 {
			d.Member = fmt.Sprint(list[0])
		}
	}
	o.done = append(o.done, d)
	return 200, `{"errcode":0,"errmsg":"ok"}`
}

// stream speaks to a robot that connects: frames go out in order, answers are noted.
func (o *org) stream(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("ticket") != "tk-1" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	conn.SetReadLimit(-1)
	ctx, cancel := context.WithCancel(r.Context())
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		defer cancel()
		for {
			_, raw, err := conn.Read(ctx)
			if err != nil {
				return
			}
			var a struct {
				Code    int `json:"code"`
				Headers struct {
					Message string `json:"messageId"`
				} `json:"headers"`
			}
			if json.Unmarshal(raw, &a) == nil && a.Code == 200 {
				o.mu.Lock()
				o.acked = append(o.acked, a.Headers.Message)
				o.mu.Unlock()
			}
		}
	}()
	defer func() { _ = conn.CloseNow(); cancel(); <-gone }()
	for {
		select {
		case raw := <-o.out:
			if conn.Write(ctx, websocket.MessageText, raw) != nil {
				return
			}
		case <-ctx.Done():
			return
		case <-o.stop:
			return
		}
	}
}

func (o *org) push(raw []byte) {
	o.mu.Lock()
	o.last = raw
	o.mu.Unlock()
	o.out <- raw
}

func (o *org) next() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.serial++
	return o.serial
}

// tell sends a frame of a kind about a topic or event.
func (o *org) tell(kind, topic, event, data string) {
	n := o.next()
	inner, _ := json.Marshal(data)
	o.push(fmt.Appendf(nil, `{"specVersion":"1.0","type":%q,"headers":{"topic":%q,"messageId":"m%d","eventType":%q,"eventId":"e%d","eventBornTime":"%d"},"data":%s}`, kind, topic, n, event, n, time.Now().UnixMilli(), inner))
}

func (o *org) says(text string) string {
	id := fmt.Sprint("msg", o.next())
	words, _ := json.Marshal(text)
	o.tell("CALLBACK", topicMessage, "", fmt.Sprintf(`{"conversationId":%q,"conversationType":"2","conversationTitle":"周末徒步","msgId":%q,"senderStaffId":%q,"senderNick":"阿青","createAt":%d,"msgtype":"text","text":{"content":%s}}`,
		groupID, id, memberID, time.Now().UnixMilli(), words))
	return id
}

func (o *org) did() []conntest.Done {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]conntest.Done{}, o.done...)
}

const streamSettings = `{"client_id":"` + clientID + `","client_secret":"` + secret + `","base_url":"http://api.test"}`
const hookSettings = `{"mode":"webhook","access_token":"` + hookKey + `","sign":"` + signKey + `","group":"徒步群","base_url":"http://oapi.test"}`

func (o *org) counterpart() *conntest.Counterpart {
	about := func(event, more string) func() {
		return func() {
			o.tell("EVENT", "*", event, `{"openConversationId":"`+groupID+`","userId":["`+memberID+`"],"operator":"boss"`+more+`}`)
		}
	}
	return &conntest.Counterpart{
		Settings: json.RawMessage(streamSettings), Self: clientID, Group: groupID, Member: memberID,
		Provoke: map[community.Type]func(){
			community.MessageCreated: func() { o.says("@小群 走哪条线") }, community.MemberJoined: about("chat_add_member", ""), community.MemberLeft: about("chat_remove_member", ""),
			community.GroupUpdated: about("chat_update_title", `,"title":"徒步二群"`), community.GroupDissolved: about("chat_disband", ""),
		},
		Again: func() { o.push(o.last) },
		Message: func() string {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.sent["own"] = true
			return "own"
		},
		Ask: func() string { return "none" }, Did: o.did,
		Swallow: func() { o.mu.Lock(); defer o.mu.Unlock(); o.swallow++ },
		Cut:     o.network.Cut, Mend: o.network.Mend,
		Deliver: o.push,
		Malformed: [][]byte{[]byte(`{`), []byte(`{"type":"CALLBACK","headers":{}}`), []byte(`{"type":"CALLBACK","headers":{"messageId":"x","topic":"` + topicMessage + `"},"data":"[]"}`),
			[]byte(`{"type":"EVENT","headers":{"messageId":"x","eventType":"chat_quit"},"data":"{}"}`)},
		Oversized: []byte(`{"type":"X","data":"` + strings.Repeat("x", maxFrame) + `"}`),
	}
}

func exam(t *testing.T, prepare func(o *org) *conntest.Counterpart) {
	way := &conntest.Way{}
	conntest.Exercise(t, conntest.Rig{
		Connector: New(&http.Client{Transport: way}),
		Bad: []conntest.Bad{{Settings: `{}`, Field: "client_id"}, {Settings: `{"client_id":"a"}`, Field: "client_secret"}, {Settings: `{"mode":"webhook"}`, Field: "access_token"}, {Settings: `{"mode":"webhook","access_token":"` + hookKey + `"}`, Field: "group"},
			{Settings: `{"mode":"webhook","access_token":"https://x/?access_token=` + hookKey + `","group":"g"}`, Field: "access_token"}, {Settings: `{"mode":"webhook","access_token":"` + hookKey + `","group":"g","sign":"x"}`, Field: "sign"},
			{Settings: `{"client_id":"a","client_secret":"` + secret + `","base_url":"ws://x/"}`, Field: "base_url"}},
		Secrets: []string{secret, hookKey, signKey},
		Start: func(t *testing.T) *conntest.Counterpart {
			o := newOrg(t)
			way.To = o.network.Client(t)
			return prepare(o)
		},
	})
}

func TestDingTalkStreamPassesTheExamination(t *testing.T) { exam(t, (*org).counterpart) }

func TestDingTalkWebhookPassesTheExamination(t *testing.T) {
	exam(t, func(o *org) *conntest.Counterpart {
		return &conntest.Counterpart{Settings: json.RawMessage(hookSettings), Self: "徒步群", Group: "徒步群", Member: memberID, Deaf: true, NoIDs: true,
			Message: func() string { return "m" }, Ask: func() string { return "none" }, Did: o.did, Swallow: func() { o.mu.Lock(); defer o.mu.Unlock(); o.swallow++ }}
	})
}

func live(t *testing.T, settings string) (connect.Session, *org, *conntest.Host) {
	o := newOrg(t)
	host := conntest.NewHost()
	s, err := New(o.network.Client(t)).Open(t.Context(), json.RawMessage(settings), host)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.Run(ctx) })
	t.Cleanup(func() { stop(); wg.Wait() })
	synctest.Wait()
	return s, o, host
}

func lastOf(h *conntest.Host) connect.Health {
	all := h.Healths()
	return all[len(all)-1]
}

func TestWrongSecretsSayWhatToDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, _, host := live(t, strings.Replace(streamSettings, secret, "other", 1))
		if h := lastOf(host); h.State != "failed" || h.Code != community.CodeForbidden || !strings.Contains(h.Say[0], "Client Secret 不对") || h.Say[1] == "" {
			t.Errorf("stream: %+v", h)
		}
	})
	for wrong, say := range map[string]string{hookKey: "access_token 不对", signKey: "加签密钥不对"} {
		synctest.Test(t, func(t *testing.T) {
			s, _, host := live(t, strings.Replace(hookSettings, wrong, "SECother", 1))
			_, err := s.Do(t.Context(), community.Action{Verb: community.Send, Text: "x", To: community.Address{Group: "徒步群"}})
			if h := lastOf(host); community.CodeOf(err) != community.CodeForbidden || h.State != "failed" || !strings.Contains(h.Say[0], say) {
				t.Errorf("webhook with a wrong %.5s: %v, %+v", wrong, err, h)
			}
		})
	}
}

// TestWhatIsAnsweredIsOnDisk: the platform sends again what was not answered.
func TestWhatIsAnsweredIsOnDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o, host := live(t, streamSettings)
		answered := func() int { o.mu.Lock(); defer o.mu.Unlock(); return len(o.acked) }
		host.Refuse(community.Errorf(community.CodeBusy, "disk full"))
		o.says("别丢了我")
		time.Sleep(2 * time.Second)
		if n := answered(); n != 0 {
			t.Errorf("answered %d frames although the host took nothing", n)
		}
		host.Refuse(nil)
		time.Sleep(5 * time.Second)
		if n := answered(); n != 1 || len(host.Of(community.MessageCreated)) != 1 {
			t.Errorf("answered %d, taken %d; want one each", n, len(host.Of(community.MessageCreated)))
		}
	})
}

func TestPingIsAnsweredWithItsWordsAndDisconnectFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o, host := live(t, streamSettings)
		o.tell("SYSTEM", "ping", "", `{"opaque":"1"}`)
		synctest.Wait()
		o.mu.Lock()
		acked := len(o.acked)
		o.mu.Unlock()
		if acked != 1 {
			t.Errorf("a ping got %d answers, want one", acked)
		}
		o.tell("SYSTEM", "disconnect", "", `{"reason":"persistent connection is timeout"}`)
		time.Sleep(5 * time.Second)
		o.says("还在吗")
		synctest.Wait()
		if lastOf(host).State != "online" || len(host.Of(community.MessageCreated)) != 1 {
			t.Errorf("after a disconnect: %+v, %d messages", lastOf(host), len(host.Of(community.MessageCreated)))
		}
	})
}

// TestWebhookIsSignedAsTheDocumentSays: the value was computed by the document's recipe with another language's library.
func TestWebhookIsSignedAsTheDocumentSays(t *testing.T) {
	stamp, sign := Sign("SECkey", 1577262236757)
	if stamp != "1577262236757" || sign != "rcA80jHmZlGchKlyTzArKbDyhGRZnTMFe9ph7V424mA=" {
		t.Errorf("signed %s %s", stamp, sign)
	}
}

func TestOthersWordsAreNotRecalledByARobot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, _ := live(t, streamSettings)
		_, err := s.Do(t.Context(), community.Action{Verb: community.RecallMsg, To: community.Address{Group: groupID, Message: "msg1"}})
		if community.CodeOf(err) != community.CodeRefused {
			t.Errorf("recall of somebody's words: %v, want refused", err)
		}
	})
}
