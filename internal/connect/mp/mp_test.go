package mp

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/wxcrypt"
)

const (
	appID  = "wx0123456789abcdef"
	secret = "app-secret-value"
	token  = "callback-token"
	aesKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
)

// platform is the REST side as documents describe it.
type platform struct {
	*httptest.Server
	mu     sync.Mutex
	calls  []string
	bodies []string
	answer map[string]string // by path; "" = the usual one
	tokens int
}

func newPlatform(t *testing.T) *platform {
	p := &platform{answer: map[string]string{}}
	p.Server = httptest.NewServer(http.HandlerFunc(p.serve))
	t.Cleanup(p.Close)
	return p
}

func (p *platform) serve(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/cgi-bin/")
	body, _ := io.ReadAll(r.Body)
	p.calls, p.bodies = append(p.calls, path), append(p.bodies, string(body))
	if said := p.answer[path]; said != "" {
		_, _ = io.WriteString(w, said)
		return
	}
	switch path {
	case "token":
		p.tokens++
		fmt.Fprintf(w, `{"access_token":"T%d","expires_in":7200}`, p.tokens)
	case "user/get":
		if r.URL.Query().Get("next_openid") == "" {
			_, _ = io.WriteString(w, `{"total":3,"count":2,"data":{"openid":["oA","oB"]},"next_openid":"oB"}`)
			return
		}
		_, _ = io.WriteString(w, `{"total":3,"count":1,"data":{"openid":["oC"]},"next_openid":"oC"}`)
	case "qrcode/create":
		_, _ = io.WriteString(w, `{"ticket":"gQH+/t","expire_seconds":60,"url":"http://weixin.qq.com/q/x"}`)
	default:
		_, _ = io.WriteString(w, `{"errcode":0,"errmsg":"ok"}`)
	}
}

// host keeps what the session says.
type host struct {
	mu     sync.Mutex
	in     []connect.Inbound
	err    error
	health []connect.Health
	after  func(in connect.Inbound) // what a rule does about it
}

func (h *host) Receive(_ context.Context, in ...connect.Inbound) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err != nil {
		return h.err
	}
	h.in = append(h.in, in...)
	if h.after != nil {
		go h.after(in[0])
	}
	return nil
}

func (h *host) Report(s connect.Health) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.health = append(h.health, s)
}

func (h *host) last() connect.Health {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.health) == 0 {
		return connect.Health{}
	}
	return h.health[len(h.health)-1]
}

// rig is a running session with its platform.
type rig struct {
	*Session
	t    *testing.T
	p    *platform
	host *host
}

func start(t *testing.T, change func(m map[string]any)) *rig {
	t.Helper()
	p, h := newPlatform(t), &host{}
	m := map[string]any{"app_id": appID, "secret": secret, "token": token, "certified": true, "base_url": p.URL}
	if change != nil {
		change(m)
	}
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(p.Client()).Open(t.Context(), raw, h)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() { over <- s.Run(ctx) }()
	t.Cleanup(func() { stop(); <-over })
	r := &rig{s.(*Session), t, p, h}
	r.until("online", func() bool { return h.last().State == "online" })
	return r
}

func (r *rig) until(what string, ok func() bool) {
	r.t.Helper()
	for range 500 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	r.t.Fatalf("%s did not come about; health %+v", what, r.host.last())
}

func sign(parts ...string) string {
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

var nonces int

// post calls as the platform does in plain mode.
func (r *rig) post(body string, change func(q url.Values)) *httptest.ResponseRecorder {
	nonces++
	stamp, nonce := strconv.FormatInt(time.Now().Unix(), 10), fmt.Sprint("n", nonces)
	q := url.Values{"timestamp": {stamp}, "nonce": {nonce}, "signature": {sign(token, stamp, nonce)}, "openid": {"oA"}}
	if change != nil {
		change(q)
	}
	w := httptest.NewRecorder()
	r.ServeConnect(w, httptest.NewRequest(http.MethodPost, "/connect/x/?"+q.Encode(), strings.NewReader(body)))
	return w
}

func note(fields string) string {
	return "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oA]]></FromUserName><CreateTime>1790000000</CreateTime>" + fields + "</xml>"
}

func happened(event, key string) string {
	return note("<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[" + event + "]]></Event><EventKey><![CDATA[" + key + "]]></EventKey>")
}

func TestCallsBecomeEventsOfTheDesk(t *testing.T) {
	for name, tc := range map[string]struct {
		body string
		want connect.Inbound
	}{
		"follow by a code": {happened("subscribe", "qrscene_spring-01"), connect.Inbound{Type: community.FollowerAdded, Body: community.Body{Scene: "qr", State: "spring-01"}}},
		"follow":           {happened("subscribe", ""), connect.Inbound{Type: community.FollowerAdded, Body: community.Body{Scene: "search"}}},
		"unfollow":         {happened("unsubscribe", ""), connect.Inbound{Type: community.FollowerRemoved, Body: community.Body{Reason: "left"}}},
		"scan":             {happened("SCAN", "spring-01"), connect.Inbound{Type: community.Scanned, Body: community.Body{Scene: "qr", State: "spring-01"}}},
		"menu":             {happened("CLICK", "join"), connect.Inbound{Type: community.MenuClicked, Body: community.Body{Scene: "click", State: "join"}}},
		"menu to a page":   {happened("VIEW", "https://q.example/a"), connect.Inbound{Type: community.MenuClicked, Body: community.Body{Scene: "view", Text: "https://q.example/a"}}},
		"a message": {note("<MsgType>text</MsgType><Content><![CDATA[怎么入群]]></Content><MsgId>77</MsgId>"),
			connect.Inbound{Type: community.MessageCreated, Private: true, Key: "77", Body: community.Body{Text: "怎么入群", Message: "77"}}},
	} {
		in, _, err := parse(community.Ref{ID: appID, Desk: true}, []byte(tc.body))
		if err != nil || len(in) != 1 {
			t.Errorf("%s: %d events, %v", name, len(in), err)
			continue
		}
		got := in[0]
		if got.Key == "" || got.OccurredAt != 1_790_000_000_000 || !got.Group.Desk || got.Actor.ID != "oA" {
			t.Errorf("%s: %+v", name, got)
		}
		if tc.want.Key != "" && got.Key != tc.want.Key {
			t.Errorf("%s: key %q, want %q", name, got.Key, tc.want.Key)
		}
		if got.Type != tc.want.Type || got.Private != tc.want.Private || fmt.Sprint(got.Body) != fmt.Sprint(tc.want.Body) {
			t.Errorf("%s = %+v, want %+v", name, got, tc.want)
		}
	}
	a, _, _ := parse(community.Ref{}, []byte(happened("SCAN", "one")))
	b, _, _ := parse(community.Ref{}, []byte(happened("SCAN", "two")))
	if a[0].Key == b[0].Key {
		t.Error("two scans of one second have one key")
	}
	if in, _, err := parse(community.Ref{}, []byte(happened("TEMPLATESENDJOBFINISH", ""))); err != nil || len(in) != 0 {
		t.Errorf("a report on a template message: %v, %v; want nothing", in, err)
	}
}

func TestAddressCheckAnswersTheBareText(t *testing.T) {
	r := start(t, nil)
	ask := func(signature string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		r.ServeConnect(w, httptest.NewRequest(http.MethodGet, "/?"+url.Values{"timestamp": {"1"}, "nonce": {"2"}, "signature": {signature}, "echostr": {"7361"}}.Encode(), nil))
		return w
	}
	if w := ask(sign(token, "1", "2")); w.Code != http.StatusOK || w.Body.String() != "7361" {
		t.Errorf("answer %d %q, want 7361", w.Code, w.Body)
	}
	if w := ask(sign("other", "1", "2")); w.Code != http.StatusForbidden {
		t.Errorf("a wrong token is answered %d", w.Code)
	}
}

func TestWhatIsNotThePlatformsIsRefused(t *testing.T) {
	r := start(t, nil)
	good := happened("subscribe", "")
	hour := strconv.FormatInt(time.Now().Unix()-3600, 10)
	for name, tc := range map[string]struct {
		body   string
		change func(q url.Values)
		want   int
	}{
		"wrong signature": {good, func(q url.Values) { q.Set("signature", sign("x", "y")) }, 403},
		"no signature":    {good, func(q url.Values) { q.Del("signature") }, 403},
		"an hour off":     {good, func(q url.Values) { q.Set("timestamp", hour); q.Set("signature", sign(token, hour, q.Get("nonce"))) }, 403},
		"twice a value":   {good, func(q url.Values) { q.Add("nonce", "x") }, 400},
		"no XML":          {"hello", nil, 400},
		"half of it":      {good[:60], nil, 400},
		"a DOCTYPE":       {`<!DOCTYPE x [<!ENTITY a "b">]>` + good, nil, 400},
		"nobody":          {"<xml><MsgType>text</MsgType></xml>", nil, 400},
		"too large":       {"<xml>" + strings.Repeat("x", 2<<20) + "</xml>", nil, 413},
	} {
		if w := r.post(tc.body, tc.change); w.Code != tc.want {
			t.Errorf("%s: %d, want %d", name, w.Code, tc.want)
		}
	}
	if len(r.host.in) != 0 {
		t.Errorf("taken: %+v", r.host.in)
	}
	if h := r.host.last(); h.Code == community.CodeNone || h.Say[0] == "" || strings.Contains(fmt.Sprint(r.host.health), token) {
		t.Errorf("health = %+v, want a sentence without the token", h)
	}
	if w := r.post(good, nil); w.Code != 200 || w.Body.String() != "success" {
		t.Errorf("a good call after them: %d %q", w.Code, w.Body)
	}
}

func TestReplayedCallsAreTakenOnce(t *testing.T) {
	r := start(t, nil)
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	same := func(q url.Values) {
		q.Set("timestamp", stamp)
		q.Set("nonce", "fixed")
		q.Set("signature", sign(token, stamp, "fixed"))
	}
	for range 50 {
		if w := r.post(happened("subscribe", ""), same); w.Code != 200 {
			t.Fatalf("a repeat is answered %d", w.Code)
		}
	}
	if len(r.host.in) != 1 {
		t.Errorf("taken %d times, want once", len(r.host.in))
	}
}

func TestNothingIsAcknowledgedThatIsNotTaken(t *testing.T) {
	r := start(t, nil)
	r.host.err = community.Errorf(community.CodeBusy, "disk full")
	if w := r.post(happened("subscribe", ""), nil); w.Code != http.StatusServiceUnavailable {
		t.Errorf("answered %d, want 503: the platform tries again", w.Code)
	}
	r.host.err = community.Errorf(community.CodePrivate, "private chats are off")
	if w := r.post(note("<MsgType>text</MsgType><Content>hi</Content><MsgId>1</MsgId>"), nil); w.Code != 200 || w.Body.String() != "success" {
		t.Errorf("a private message that is not wanted: %d %q, want success", w.Code, w.Body)
	}
}

func TestAnswerDecidedInTimeGoesOutWithTheCall(t *testing.T) {
	for _, safe := range []bool{false, true} {
		r := start(t, func(m map[string]any) {
			if safe {
				m["aes_key"] = aesKey
			}
		})
		r.host.after = func(in connect.Inbound) {
			a := community.Action{Verb: community.Send, Text: "回复 1 入群 <&>", To: community.Address{Group: appID, Member: in.Actor.ID}}
			if rc, err := r.Do(context.Background(), a); err != nil || rc.State != community.Acked {
				t.Errorf("send: %+v, %v", rc, err)
			}
		}
		body := note("<MsgType>text</MsgType><Content>你好</Content><MsgId>9</MsgId>")
		var said struct {
			To      string `xml:"ToUserName"`
			From    string `xml:"FromUserName"`
			Content string `xml:"Content"`
		}
		answered := r.post(body, nil)
		if safe {
			if answered.Code == 200 {
				t.Error("safe mode takes a plain message")
			}
			answered = r.sealed(body)
		}
		raw := answered.Body.Bytes()
		if safe {
			raw = r.opened(raw)
		}
		if err := xml.Unmarshal(raw, &said); err != nil || said.Content != "回复 1 入群 <&>" || said.To != "oA" || said.From != "gh_1" {
			t.Errorf("safe %v: answer %+v, %v", safe, said, err)
		}
		if slices.Contains(r.p.calls, "message/custom/send") {
			t.Error("the answer was sent a second time as a customer-service message")
		}
	}
}

// sealed calls in safe mode.
func (r *rig) sealed(body string) *httptest.ResponseRecorder {
	crypt, err := wxcrypt.New(token, aesKey, appID)
	if err != nil {
		r.t.Fatal(err)
	}
	nonces++
	stamp, nonce := strconv.FormatInt(time.Now().Unix(), 10), fmt.Sprint("s", nonces)
	enc, err := crypt.Encrypt([16]byte{1}, []byte(body))
	if err != nil {
		r.t.Fatal(err)
	}
	q := url.Values{"timestamp": {stamp}, "nonce": {nonce}, "signature": {sign(token, stamp, nonce)}, "msg_signature": {crypt.Sign(stamp, nonce, enc)}, "encrypt_type": {"aes"}}
	w := httptest.NewRecorder()
	r.ServeConnect(w, httptest.NewRequest(http.MethodPost, "/?"+q.Encode(), strings.NewReader("<xml><ToUserName>gh_1</ToUserName><Encrypt>"+enc+"</Encrypt></xml>")))
	return w
}

func (r *rig) opened(raw []byte) []byte {
	var e struct{ Encrypt, MsgSignature, TimeStamp, Nonce string }
	if err := xml.Unmarshal(raw, &e); err != nil {
		r.t.Fatalf("%s: %v", raw, err)
	}
	crypt, err := wxcrypt.New(token, aesKey, appID)
	if err != nil || !crypt.Verify(e.MsgSignature, e.TimeStamp, e.Nonce, e.Encrypt) {
		r.t.Fatalf("the sealed answer is not signed: %v", err)
	}
	plain, err := crypt.Decrypt(e.Encrypt)
	if err != nil {
		r.t.Fatal(err)
	}
	return plain
}

func TestLaterAnswersAreCustomerServiceMessages(t *testing.T) {
	r := start(t, nil)
	a := community.Action{Verb: community.Send, Text: "直播开始了", To: community.Address{Group: appID, Member: "oB"}}
	if rc, err := r.Do(t.Context(), a); err != nil || rc.State != community.Acked {
		t.Fatalf("send: %+v, %v", rc, err)
	}
	i := slices.Index(r.p.calls, "message/custom/send")
	if i < 0 || r.p.bodies[i] != `{"msgtype":"text","text":{"content":"直播开始了"},"touser":"oB"}` {
		t.Errorf("calls %v %v", r.p.calls, r.p.bodies)
	}
	r.p.mu.Lock()
	r.p.answer["message/custom/send"] = `{"errcode":45015,"errmsg":"response out of time limit"}`
	r.p.mu.Unlock()
	_, err := r.Do(t.Context(), a)
	if community.CodeOf(err) != community.CodeRefused || !strings.Contains(connect.SayOf(err)[0], "48 小时") {
		t.Errorf("too late: %v, says %q", err, connect.SayOf(err))
	}
	for _, bad := range []community.Action{{Verb: community.Send, Text: "x"}, {Verb: community.Send, To: community.Address{Member: "oB"}}} {
		if _, err := r.Do(t.Context(), bad); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("%+v: %v, want bad_input", bad, err)
		}
	}
	if _, err := r.Do(t.Context(), community.Action{Verb: community.Mute}); community.CodeOf(err) != community.CodeUnsupported {
		t.Errorf("mute: %v, want unsupported", err)
	}
}

func TestStaleTokenIsRefreshedOnce(t *testing.T) {
	r := start(t, nil)
	r.p.mu.Lock()
	r.p.answer["message/custom/send"] = `{"errcode":42001,"errmsg":"access_token expired"}`
	before := r.p.tokens
	r.p.mu.Unlock()
	_, err := r.Do(t.Context(), community.Action{Verb: community.Send, Text: "x", To: community.Address{Member: "oB"}})
	if err == nil || r.p.tokens != before+1 {
		t.Errorf("err %v, %d tokens asked for; want an error and one more", err, r.p.tokens-before)
	}
	if strings.Contains(fmt.Sprint(err), secret) || strings.Contains(fmt.Sprint(err), "T1") {
		t.Errorf("the error holds a secret: %v", err)
	}
}

func TestCodesCarryOurMark(t *testing.T) {
	r := start(t, nil)
	a := community.Action{Verb: community.Invite, Args: json.RawMessage(`{"kind":"qr","state":"spring-01"}`)}
	rc, err := r.Do(t.Context(), a)
	var made community.InviteMade
	if err != nil || json.Unmarshal(rc.Data, &made) != nil || made.ID != "gQH+/t" || !strings.HasSuffix(made.Image, "ticket=gQH%2B%2Ft") {
		t.Fatalf("made %+v, %v", made, err)
	}
	i := slices.Index(r.p.calls, "qrcode/create")
	if !strings.Contains(r.p.bodies[i], `"scene_str":"spring-01"`) || !strings.Contains(r.p.bodies[i], "QR_LIMIT_STR_SCENE") {
		t.Errorf("asked for %s", r.p.bodies[i])
	}
	a.Args = json.RawMessage(fmt.Sprintf(`{"state":"x","expires":%d}`, time.Now().UnixMilli()+3600_000))
	if _, err := r.Do(t.Context(), a); err != nil || !strings.Contains(r.p.bodies[len(r.p.bodies)-1], `"expire_seconds":3`) {
		t.Errorf("a code for an hour: %v, %s", err, r.p.bodies[len(r.p.bodies)-1])
	}
	for _, kind := range []map[string]any{{"certified": false}, {"kind": "subscription"}} {
		s := start(t, func(m map[string]any) {
			for k, v := range kind {
				m[k] = v
			}
		})
		if _, err := s.Do(t.Context(), a); community.CodeOf(err) != community.CodeUnsupported || s.Abilities("").Level(community.Invite) != community.None {
			t.Errorf("%v: %v, want unsupported and said so", kind, err)
		}
	}
}

func TestFollowersAreReadToTheLast(t *testing.T) {
	r := start(t, nil)
	r.p.mu.Lock()
	r.p.answer["user/info/batchget"] = `{"user_info_list":[{"openid":"oA","unionid":"u-A"},{"openid":"oB"},{"openid":"oNOBODY","unionid":"u-X"}]}`
	r.p.mu.Unlock()
	list, err := r.Members(t.Context(), appID)
	if err != nil || len(list) != 3 || list[2].ID != "oC" || list[0].Union != "u-A" || list[1].Union != "" {
		t.Fatalf("followers %+v, %v", list, err)
	}
	r.p.mu.Lock()
	r.p.answer["user/info/batchget"] = `{"errcode":48001,"errmsg":"api unauthorized"}`
	r.p.mu.Unlock()
	if list, err = r.Members(t.Context(), appID); err != nil || len(list) != 3 || list[0].Union != "" {
		t.Errorf("an account that may not ask for unionids: %+v, %v, want its followers all the same", list, err)
	}
	r.p.mu.Lock()
	r.p.answer["user/get"] = `{"total":3,"count":1,"data":{"openid":["oA"]},"next_openid":""}`
	r.p.mu.Unlock()
	if list, err := r.Members(t.Context(), appID); err == nil {
		t.Errorf("an incomplete list is given out: %+v", list)
	}
}

func TestAddressNotOnTheAllowListIsSaid(t *testing.T) {
	p, h := newPlatform(t), &host{}
	p.answer["token"] = `{"errcode":40164,"errmsg":"invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist"}`
	s, err := New(p.Client()).Open(t.Context(), fmt.Appendf(nil, `{"app_id":%q,"secret":%q,"token":%q,"base_url":%q}`, appID, secret, token, p.URL), h)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.(*Session).Groups(t.Context()); community.CodeOf(err) != community.CodeForbidden || !strings.Contains(connect.SayOf(err)[1], "allow-list") {
		t.Errorf("err = %v, says %q", err, connect.SayOf(err))
	}
}

func TestBadSettingsAreNamed(t *testing.T) {
	for settings, field := range map[string]string{
		`{}`: "app_id", `{"app_id":"a b","secret":"s","token":"t"}`: "app_id",
		`{"app_id":"wx1","secret":"s","token":"t","aes_key":"short"}`: "aes_key", `{"app_id":"wx1","secret":"s","token":"t","kind":"robot"}`: "kind",
	} {
		_, err := New(nil).Open(t.Context(), json.RawMessage(settings), &host{})
		if community.CodeOf(err) != community.CodeBadInput || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v, want bad_input naming %s", settings, err, field)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(happened("subscribe", "qrscene_x")))
	f.Add([]byte(note("<MsgType>text</MsgType><Content>x</Content><MsgId>1</MsgId>")))
	f.Fuzz(func(t *testing.T, raw []byte) {
		in, _, err := parse(community.Ref{ID: appID, Desk: true}, raw)
		for _, one := range in {
			if err != nil || one.Key == "" || one.Type == "" || len(one.Body.Text) > community.MaxText {
				t.Errorf("%+v, %v", one, err)
			}
		}
	})
}
