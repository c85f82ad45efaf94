package feishu

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/conntest"
)

const (
	appID    = "cli_a1"
	secret   = "app-secret-1"
	verify   = "verify-token-1"
	sealKey  = "encrypt-key-1"
	groupID  = "oc_1"
	selfID   = "ou_bot"
	memberID = "ou_aqing"
)

// tenant is 飞书's side, after its documents.
type tenant struct {
	t       *testing.T
	network *conntest.Network
	to      connect.HTTPReceiver

	mu      sync.Mutex
	serial  int
	tokens  int
	last    []byte
	swallow int
	stop    chan struct{}
	pushing sync.WaitGroup
	done    []conntest.Done
	calls   []string
	uploads int
}

func newTenant(t *testing.T) *tenant {
	f := &tenant{t: t, network: conntest.NewNetwork(t), stop: make(chan struct{})}
	f.network.Serve(t, f)
	t.Cleanup(func() { close(f.stop); f.pushing.Wait() })
	return f
}

func (f *tenant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	path := strings.TrimPrefix(r.URL.Path, "/open-apis")
	body := map[string]any{}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			f.t.Error(err)
		}
	} else if raw, err := io.ReadAll(r.Body); err == nil && len(raw) > 0 {
		if err := json.Unmarshal(raw, &body); err != nil {
			f.t.Error(err)
		}
	}
	if path == "/auth/v3/tenant_access_token/internal" {
		f.give(w, body)
		return
	}
	f.mu.Lock()
	valid := r.Header.Get("Authorization") == fmt.Sprint("Bearer t-", f.tokens)
	answer := `{"code":99991663,"msg":"Invalid access token"}`
	if valid {
		answer = f.obey(r.Method, path, body)
	}
	swallowed := f.swallow > 0 && r.Method != http.MethodGet && valid
	if swallowed {
		f.swallow--
	}
	f.mu.Unlock()
	if swallowed {
		select {
		case <-r.Context().Done():
		case <-f.stop:
		}
		return
	}
	_, _ = io.WriteString(w, answer)
}

func (f *tenant) give(w io.Writer, body map[string]any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if body["app_id"] != appID || body["app_secret"] != secret {
		_, _ = io.WriteString(w, `{"code":10014,"msg":"app secret invalid"}`)
		return
	}
	f.tokens++
	_, _ = fmt.Fprintf(w, `{"code":0,"msg":"ok","tenant_access_token":"t-%d","expire":7200}`, f.tokens)
}

// obey does a call. The caller holds mu.
func (f *tenant) obey(method, path string, body map[string]any) string {
	line, _ := json.Marshal(body)
	f.calls = append(f.calls, method+" "+path+" "+string(line))
	did := func(d conntest.Done) string {
		d.Group = groupID
		f.done = append(f.done, d)
		return `{"code":0,"msg":"success","data":{}}`
	}
	text := func(name string) string { s, _ := body[name].(string); return s }
	chat, _ := strings.CutPrefix(path, "/im/v1/chats/"+groupID)
	switch key := method + " " + chat; {
	case path == "/bot/v3/info":
		return `{"code":0,"msg":"ok","bot":{"open_id":"` + selfID + `","app_name":"小群"}}`
	case method == "GET" && path == "/im/v1/chats":
		return `{"code":0,"data":{"items":[{"chat_id":"` + groupID + `","name":"周末徒步"}],"has_more":false}}`
	case key == "GET /members":
		return `{"code":0,"data":{"items":[{"member_id":"` + memberID + `","name":"阿青"}],"has_more":false}}`
	case key == "DELETE /members":
		list, _ := body["id_list"].([]any)
		return did(conntest.Done{Verb: community.Remove, Member: fmt.Sprint(list...)})
	case key == "PUT /moderation":
		return did(conntest.Done{Verb: community.MuteAll, No: text("moderation_setting") == "all_members"})
	case key == "GET /announcement":
		return `{"code":0,"data":{"revision":"12"}}`
	case key == "PATCH /announcement":
		return f.announced(body, did)
	case key == "PUT " && path == "/im/v1/chats/"+groupID:
		return did(conntest.Done{Verb: community.Rename, Text: text("name")})
	case path == "/im/v1/images":
		f.uploads++
		return fmt.Sprintf(`{"code":0,"data":{"image_key":"img_%d"}}`, f.uploads)
	case method == "POST" && path == "/im/v1/messages":
		return f.sent(text("content"), did)
	case method == "DELETE" && strings.HasPrefix(path, "/im/v1/messages/"):
		return did(conntest.Done{Verb: community.RecallMsg, Message: strings.TrimPrefix(path, "/im/v1/messages/")})
	case method == "POST" && path == "/im/v1/pins":
		return did(conntest.Done{Verb: community.Essence, Message: text("message_id")})
	}
	return `{"code":232006,"msg":"Your request specifies a chat_id which is invalid."}`
}

func (f *tenant) sent(content string, did func(conntest.Done) string) string {
	d := conntest.Done{Verb: community.Send, Text: content}
	if strings.Contains(content, `"user_id":"`+memberID) {
		d.Member = memberID
	}
	did(d)
	f.serial++
	return fmt.Sprintf(`{"code":0,"data":{"message_id":"om_sent%d"}}`, f.serial)
}

func (f *tenant) announced(body map[string]any, did func(conntest.Done) string) string {
	list, _ := body["requests"].([]any)
	if body["revision"] != "12" || len(list) != 1 {
		return `{"code":232011,"msg":"bad revision"}`
	}
	return did(conntest.Done{Verb: community.Announce, Text: fmt.Sprint(list[0])})
}

// seal is what Unseal opens.
func seal(plain []byte) string {
	sum := sha256.Sum256([]byte(sealKey))
	block, err := aes.NewCipher(sum[:])
	if err != nil {
		panic(err)
	}
	pad := aes.BlockSize - len(plain)%aes.BlockSize
	plain = append(append([]byte{}, plain...), bytes.Repeat([]byte{byte(pad)}, pad)...)
	iv := []byte("0123456789abcdef")
	out := make([]byte, len(plain))
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(out, plain)
	return base64.StdEncoding.EncodeToString(append(iv, out...))
}

// request is a callback as the platform makes it.
func request(body []byte) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/connect/x/", bytes.NewReader(body))
	r.Header.Set("X-Lark-Request-Timestamp", "1700000000")
	r.Header.Set("X-Lark-Request-Nonce", "n1")
	r.Header.Set("X-Lark-Signature", Sign("1700000000", "n1", sealKey, body))
	return r
}

func post(to connect.HTTPReceiver, r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	to.ServeConnect(rec, r)
	return rec
}

func sealed(plain string) []byte {
	raw, err := json.Marshal(map[string]string{"encrypt": seal([]byte(plain))})
	if err != nil {
		panic(err)
	}
	return raw
}

// tell pushes an event until it is taken.
func (f *tenant) tell(kind, event string) {
	f.mu.Lock()
	f.serial++
	body := sealed(fmt.Sprintf(`{"schema":"2.0","header":{"event_id":"ev%d","event_type":%q,"create_time":"%d","token":%q,"app_id":%q},"event":%s}`, f.serial, kind, time.Now().UnixMilli(), verify, appID, event))
	f.last = body
	f.mu.Unlock()
	f.push(body)
}

func (f *tenant) push(body []byte) {
	f.mu.Lock()
	to := f.to
	f.mu.Unlock()
	f.pushing.Go(func() {
		for post(to, request(body)).Code == http.StatusServiceUnavailable {
			select {
			case <-f.stop:
				return
			case <-time.After(time.Second):
			}
		}
	})
}

func (f *tenant) says(text string) string {
	f.mu.Lock()
	f.serial++
	id := "om_" + strconv.Itoa(f.serial)
	f.mu.Unlock()
	content, _ := json.Marshal(map[string]string{"text": text})
	inner, _ := json.Marshal(string(content))
	f.tell("im.message.receive_v1", fmt.Sprintf(`{"sender":{"sender_id":{"open_id":%q},"sender_type":"user"},"message":{"message_id":%q,"create_time":"%d","chat_id":%q,"chat_type":"group","message_type":"text","content":%s}}`, memberID, id, time.Now().UnixMilli(), groupID, inner))
	return id
}

func (f *tenant) counterpart() *conntest.Counterpart {
	user := `"users":[{"name":"阿青","user_id":{"open_id":"` + memberID + `"}}]`
	about := func(kind, more string) func() {
		return func() { f.tell(kind, `{"chat_id":"`+groupID+`","operator_id":{"open_id":"`+memberID+`"},`+more+`}`) }
	}
	return &conntest.Counterpart{
		Settings: json.RawMessage(settings), Self: selfID, Group: groupID, Member: memberID,
		Meet: func(s connect.Session) { f.mu.Lock(); defer f.mu.Unlock(); f.to = s.(connect.HTTPReceiver) },
		Provoke: map[community.Type]func(){
			community.MessageCreated: func() { f.says("走哪条线") }, community.MessageDeleted: about("im.message.recalled_v1", `"message_id":"om_9"`),
			community.MemberJoined: about("im.chat.member.user.added_v1", user), community.MemberLeft: about("im.chat.member.user.deleted_v1", user),
			community.GroupUpdated: about("im.chat.updated_v1", `"after_change":{"name":"徒步二群"}`), community.GroupDissolved: about("im.chat.disbanded_v1", `"name":"x"`),
		},
		Again:   func() { f.push(f.last) },
		Message: func() string { return f.says("请撤回我") },
		Ask:     func() string { return "none" },
		Did: func() []conntest.Done {
			f.mu.Lock()
			defer f.mu.Unlock()
			return append([]conntest.Done{}, f.done...)
		},
		Swallow: func() { f.mu.Lock(); defer f.mu.Unlock(); f.swallow++ },
		Cut:     f.network.Cut, Mend: f.network.Mend,
		Deliver: func(raw []byte) { post(f.to, request(raw)) },
		Malformed: [][]byte{[]byte(`{`), []byte(`{"encrypt":"x"}`), sealed(`[]`), sealed(`{"header":{"token":"` + verify + `"}}`),
			sealed(`{"header":{"event_id":"e","event_type":"im.message.receive_v1","token":"` + verify + `"},"event":{}}`)},
		Oversized: bytes.Repeat([]byte("x"), maxBody+1),
	}
}

const settings = `{"app_id":"` + appID + `","app_secret":"` + secret + `","verification_token":"` + verify + `","encrypt_key":"` + sealKey + `","base_url":"http://feishu.test"}`

func TestFeishuPassesTheExamination(t *testing.T) {
	way := &conntest.Way{}
	conntest.Exercise(t, conntest.Rig{
		Connector: New(&http.Client{Transport: way}),
		Bad: []conntest.Bad{{Settings: `{}`, Field: "app_id"}, {Settings: `{"app_id":"cli_a"}`, Field: "app_secret"}, {Settings: `{"app_id":"a b","app_secret":"` + secret + `"}`, Field: "app_id"},
			{Settings: `{"app_id":"cli_a","app_secret":"` + secret + `","base_url":"ws://x/"}`, Field: "base_url"}},
		Secrets: []string{secret, verify, sealKey},
		Start: func(t *testing.T) *conntest.Counterpart {
			f := newTenant(t)
			way.To = f.network.Client(t)
			return f.counterpart()
		},
	})
}

type living struct {
	*Session
	f    *tenant
	host *conntest.Host
}

func live(t *testing.T, set string) *living {
	f := newTenant(t)
	host := conntest.NewHost()
	s, err := New(f.network.Client(t)).Open(t.Context(), json.RawMessage(set), host)
	if err != nil {
		t.Fatal(err)
	}
	f.to = s.(connect.HTTPReceiver)
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.Run(ctx) })
	t.Cleanup(func() { stop(); wg.Wait() })
	synctest.Wait()
	return &living{s.(*Session), f, host}
}

func TestWrongSecretSaysWhatToDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, strings.Replace(settings, secret, "other", 1))
		all := l.host.Healths()
		if h := all[len(all)-1]; h.State != "failed" || h.Code != community.CodeForbidden || !strings.Contains(h.Say[0], "App Secret 不对") || h.Say[1] == "" {
			t.Errorf("health = %+v", h)
		}
	})
}

func TestForgedCallbacksAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, settings)
		event := func(token string) []byte {
			return sealed(`{"header":{"event_id":"e1","event_type":"im.chat.disbanded_v1","token":"` + token + `"},"event":{"chat_id":"` + groupID + `"}}`)
		}
		unsigned := request(event(verify))
		unsigned.Header.Del("X-Lark-Signature")
		other := request(event(verify))
		other.Header.Set("X-Lark-Request-Nonce", "n2")
		open := request([]byte(`{"header":{"event_id":"e1","event_type":"im.chat.disbanded_v1","token":"` + verify + `"},"event":{"chat_id":"` + groupID + `"}}`))
		for name, r := range map[string]*http.Request{"unsigned": unsigned, "other nonce": other, "wrong token": request(event("guess"))} {
			if got := post(l, r); got.Code != 403 {
				t.Errorf("%s = %d, want 403", name, got.Code)
			}
		}
		if got := post(l, open); got.Code != 400 {
			t.Errorf("not sealed = %d, want 400", got.Code)
		}
		if len(l.host.Of(community.GroupDissolved)) != 0 {
			t.Error("a forged event was taken")
		}
		if got := post(l, request(event(verify))); got.Code != 200 || len(l.host.Of(community.GroupDissolved)) != 1 {
			t.Errorf("the right one = %d", got.Code)
		}
	})
}

func TestAddressIsConfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, settings)
		r := request(sealed(`{"challenge":"c-1","token":"` + verify + `","type":"url_verification"}`))
		r.Header.Del("X-Lark-Signature")
		if got := post(l, r); got.Code != 200 || strings.TrimSpace(got.Body.String()) != `{"challenge":"c-1"}` {
			t.Errorf("answered %d %s", got.Code, got.Body)
		}
	})
}

// TestSealedTextOfTheDocumentOpens: the example of document 接收事件 (key "test key").
func TestSealedTextOfTheDocumentOpens(t *testing.T) {
	got, err := Unseal("test key", "P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk=")
	if err != nil || string(got) != "hello world" {
		t.Errorf("unsealed %q, %v", got, err)
	}
}

func TestPicturesAreUploadedOnceAndStandInTheMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live(t, settings)
		a := community.Action{ID: community.DeriveID(community.ID{}, "x", 1), Verb: community.Send, To: community.Address{Group: groupID},
			Segments: []community.Segment{{Kind: "text", Text: "看"}, {Kind: "image", File: &community.Medium{Hash: "h", Name: "a.png", Data: []byte("PNG")}}}}
		for range 2 {
			if _, err := l.Do(t.Context(), a); err != nil {
				t.Fatal(err)
			}
		}
		sent := l.f.calls[len(l.f.calls)-1]
		if l.f.uploads != 1 || !strings.Contains(sent, `img_1`) || !strings.Contains(sent, `"msg_type":"post"`) || !strings.Contains(sent, a.ID.String()) {
			t.Errorf("%d uploads, sent %s", l.f.uploads, sent)
		}
	})
}

func TestMessagesOfEveryKindAreRead(t *testing.T) {
	for kind, tc := range map[string]struct{ content, text, ref string }{
		"text":  {`{"text":"@_user_1 你好"}`, "@阿青 你好", ""},
		"image": {`{"image_key":"img_1"}`, "[图片]", "feishu:om_1:img_1:image"},
		"file":  {`{"file_key":"f_1","file_name":"章程.pdf"}`, "[文件]", "feishu:om_1:f_1:file"},
		"post":  {`{"title":"通知","content":[[{"tag":"text","text":"周六"},{"tag":"img","image_key":"img_2"}]]}`, "通知\n周六[图片]", "feishu:om_1:img_2:image"},
		"vote":  {`{}`, "[vote]", ""},
		"audio": {`{"file_key":`, "[语音]", "feishu:om_1::file"},

		"merge_forward": {`{}`, "[merge_forward]", ""},
		"share_user":    {`{"user_id":"ou_1"}`, "[share_user]", ""},
		"interactive":   {`{"title":"x"}`, "[interactive]", ""},
	} {
		m := toldMessage{ID: "om_1", Type: kind, Content: tc.content}
		if kind == "text" {
			if err := json.Unmarshal([]byte(`[{"key":"@_user_1","id":{"open_id":"ou_aqing"},"name":"阿青"}]`), &m.Mentions); err != nil {
				t.Fatal(err)
			}
		}
		var b community.Body
		m.write(&b)
		found := ""
		for _, seg := range b.Segments {
			if seg.Kind != "text" && seg.Kind != "at" && seg.Kind != "unknown" {
				found = seg.Ref
			}
		}
		want := map[string]community.Class{"image": community.Image, "file": community.File, "audio": community.Voice, "vote": community.Other,
			"merge_forward": community.Forward, "share_user": community.Card, "interactive": community.Share}[kind]
		if b.Class != want {
			t.Errorf("%s is of class %d, want %d", kind, b.Class, want)
		}
		if b.Text != tc.text || found != tc.ref {
			t.Errorf("%s: %q %q, want %q %q", kind, b.Text, found, tc.text, tc.ref)
		}
	}
}

func FuzzSealedCallbacks(f *testing.F) {
	f.Add(sealKey, seal([]byte("x")))
	f.Add("", "")
	f.Add("k", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	f.Fuzz(func(t *testing.T, key, text string) {
		if got, err := Unseal(key, text); err == nil && len(got) > len(text) {
			t.Errorf("unsealed more than came: %d of %d", len(got), len(text))
		}
	})
}
