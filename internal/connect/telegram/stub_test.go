package telegram

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/conntest"
)

const (
	testToken  = "7700112233:AAEx-s3cret_t0ken-of-a-test-bot"
	testSecret = "push-s3cret-0001"
	selfID     = "7700112233"
	groupID    = "-1001987654321"
	memberID   = "512345678"
	ownerID    = "90001"
)

// cloud is a Bot API server with one supergroup, which holds what it is asked for.
type cloud struct {
	t       *testing.T
	network *conntest.Network

	mu       sync.Mutex
	next     int64
	updates  []json.RawMessage // not yet confirmed
	wake     chan struct{}
	told     int64
	last     json.RawMessage
	again    []json.RawMessage       // told once more, whatever was confirmed
	sink     func(update []byte) int // webhook: pushes, answers the status
	files    map[string][]byte       // by path
	status   string                  // our bot's in the group
	swallow  int
	answers  map[string]string // method → raw answer instead of doing it
	calls    []string          // method and form
	pending  map[string]string // join requests: user → flag
	texts    map[string]string // messages: id → text
	byBot    map[string]bool
	asked    map[string]int // polls and probes, counted
	offsets  []int64
	allowed  string
	done     []conntest.Done
	pushing  sync.WaitGroup
	stopPush chan struct{}
}

func newCloud(t *testing.T) *cloud {
	c := &cloud{
		t: t, network: conntest.NewNetwork(t), next: 100, wake: make(chan struct{}), status: "administrator", answers: map[string]string{},
		pending: map[string]string{}, texts: map[string]string{}, byBot: map[string]bool{}, asked: map[string]int{}, stopPush: make(chan struct{}),
	}
	c.network.Serve(t, c)
	t.Cleanup(func() { close(c.stopPush); c.pushing.Wait() })
	return c
}

func (c *cloud) set(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

func (c *cloud) number() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next++
	return c.next
}

// tell queues an update; parts is what stands beside update_id.
func (c *cloud) tell(parts string) {
	c.deliver(json.RawMessage(fmt.Sprintf(`{"update_id":%d,%s}`, c.number(), parts)))
}

func (c *cloud) deliver(update json.RawMessage) {
	c.mu.Lock()
	c.last = update
	sink := c.sink
	if sink == nil {
		if n := updateID(update); n != 0 && n <= c.told {
			c.again = append(c.again, update)
		} else {
			c.updates = append(c.updates, update)
			c.told = max(c.told, n)
		}
		close(c.wake)
		c.wake = make(chan struct{})
	}
	c.mu.Unlock()
	if sink != nil {
		c.push(sink, update)
	}
}

// push repeats an update until it is taken, as Telegram does.
func (c *cloud) push(sink func([]byte) int, update []byte) {
	c.pushing.Go(func() {
		for sink(update) != http.StatusOK {
			select {
			case <-c.stopPush:
				return
			case <-time.After(time.Second):
			}
		}
	})
}

func (c *cloud) chat() string {
	return `"chat":{"id":` + groupID + `,"type":"supergroup","title":"周末徒步群"}`
}

func (c *cloud) says(text string) string {
	n := strconv.FormatInt(c.number(), 10)
	c.set(func() { c.texts[n] = text })
	c.tell(fmt.Sprintf(`"message":{"message_id":%s,"from":{"id":%s,"is_bot":false,"first_name":"阿青"},%s,"date":%d,"text":%q}`,
		n, memberID, c.chat(), time.Now().Unix(), text))
	return n
}

func (c *cloud) becomes(kind, who, by, before, after, more string) {
	c.tell(fmt.Sprintf(`%q:{%s,"from":{"id":%s,"is_bot":false,"first_name":"群主"},"date":%d,"old_chat_member":{"user":{"id":%s,"first_name":"某人"},%s},"new_chat_member":{"user":{"id":%s,"first_name":"某人"},%s}%s}`,
		kind, c.chat(), by, time.Now().Unix(), who, before, who, after, more))
}

func (c *cloud) asks() string {
	now := time.Now().Unix()
	flag := memberID + ":" + strconv.FormatInt(now, 10)
	c.set(func() { c.pending[memberID] = flag })
	c.tell(fmt.Sprintf(`"chat_join_request":{%s,"from":{"id":%s,"is_bot":false,"first_name":"阿青"},"user_chat_id":%s,"date":%d,"bio":"喜欢爬山"}`,
		c.chat(), memberID, memberID, now))
	return flag
}

// ServeHTTP implements the Bot API.
func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if at, ok := strings.CutPrefix(r.URL.Path, "/file/bot"+testToken+"/"); ok {
		c.mu.Lock()
		data, there := c.files[at]
		c.mu.Unlock()
		if !there {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = w.Write(data)
		return
	}
	token, method, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/bot"), "/")
	if token != testToken {
		c.refuse(w, 401, "Unauthorized")
		return
	}
	if method == "getUpdates" {
		c.poll(w, r)
		return
	}
	form := map[string]string{}
	if err := r.ParseMultipartForm(1 << 20); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		c.t.Errorf("%s: %v", method, err)
	}
	if r.MultipartForm != nil {
		for name, list := range r.MultipartForm.File {
			form[name] = fmt.Sprintf("content:%s:%d", list[0].Filename, list[0].Size)
		}
	}
	for name := range r.PostForm {
		form[name] = r.PostForm.Get(name)
	}
	c.mu.Lock()
	c.asked[method]++
	reads := strings.HasPrefix(method, "get")
	if !reads {
		line, _ := json.Marshal(form)
		c.calls = append(c.calls, method+" "+string(line))
	}
	answer, set := c.answers[method]
	if !set {
		answer = c.obey(method, form)
	}
	swallowed := c.swallow > 0 && !reads
	if swallowed {
		c.swallow--
	}
	c.mu.Unlock()
	if swallowed {
		select {
		case <-r.Context().Done():
		case <-c.stopPush:
		}
		return
	}
	var coded struct {
		Code int `json:"error_code"`
	}
	if json.Unmarshal([]byte(answer), &coded) == nil && coded.Code != 0 {
		w.WriteHeader(coded.Code)
	}
	_, _ = io.WriteString(w, answer)
}

func (c *cloud) refuse(w http.ResponseWriter, code int, words string) {
	w.WriteHeader(code)
	_, _ = fmt.Fprintf(w, `{"ok":false,"error_code":%d,"description":%q}`, code, words)
}

func (c *cloud) poll(w http.ResponseWriter, r *http.Request) {
	var ask struct {
		Offset  int64           `json:"offset"`
		Timeout int64           `json:"timeout"`
		Allowed json.RawMessage `json:"allowed_updates"`
	}
	if err := json.NewDecoder(r.Body).Decode(&ask); err != nil {
		c.t.Errorf("getUpdates: %v", err)
	}
	limit := time.After(time.Duration(ask.Timeout) * time.Second)
	for first := true; ; first = false {
		c.mu.Lock()
		if first {
			c.offsets, c.allowed = append(c.offsets, ask.Offset), string(ask.Allowed)
		}
		if refusal, ok := c.answers["getUpdates"]; ok {
			c.mu.Unlock()
			_, _ = io.WriteString(w, refusal)
			return
		}
		kept := c.updates[:0]
		for _, u := range c.updates {
			if updateID(u) >= ask.Offset {
				kept = append(kept, u)
			}
		}
		c.updates = kept
		list, wake := append(c.again, c.updates...), c.wake
		c.again = nil
		c.mu.Unlock()
		if len(list) > 0 {
			out, _ := json.Marshal(map[string]any{"ok": true, "result": list})
			_, _ = w.Write(out)
			return
		}
		select {
		case <-wake:
		case <-limit:
			_, _ = io.WriteString(w, `{"ok":true,"result":[]}`)
			return
		case <-r.Context().Done():
			return
		}
	}
}

// obey does a call as the group would have it done. The caller holds mu.
func (c *cloud) obey(method string, f map[string]string) string {
	if method != "getMe" && method != "getFile" && !strings.Contains(method, "ebhook") && f["chat_id"] != groupID {
		return `{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}`
	}
	did := func(d conntest.Done) string {
		d.Group = f["chat_id"]
		c.done = append(c.done, d)
		return `{"ok":true,"result":true}`
	}
	switch method {
	case "getMe":
		return `{"ok":true,"result":{"id":` + selfID + `,"is_bot":true,"first_name":"小群","username":"xiaoqun_bot","can_read_all_group_messages":false}}`
	case "getChatMember":
		return `{"ok":true,"result":` + c.ownStanding() + `}`
	case "getChatAdministrators":
		return `{"ok":true,"result":[{"status":"creator","is_anonymous":false,"user":{"id":` + ownerID + `,"is_bot":false,"first_name":"群主"}}]}`
	case "getChat":
		return `{"ok":true,"result":{"id":` + groupID + `,"type":"supergroup","title":"周末徒步群","permissions":{"can_send_messages":true,"can_send_photos":true,"can_invite_users":true}}}`
	case "getWebhookInfo":
		return `{"ok":true,"result":{"url":"https://qunluo.example/connect/a/","pending_update_count":0}}`
	case "setWebhook", "deleteWebhook", "unbanChatMember":
		return `{"ok":true,"result":true}`
	case "getFile":
		if _, ok := c.files["photos/"+f["file_id"]]; !ok {
			return `{"ok":false,"error_code":400,"description":"Bad Request: wrong file_id or the file is temporarily unavailable"}`
		}
		return fmt.Sprintf(`{"ok":true,"result":{"file_id":%q,"file_unique_id":"u","file_size":%d,"file_path":"photos/%s"}}`, f["file_id"], len(c.files["photos/"+f["file_id"]]), f["file_id"])
	case "sendPhoto":
		c.next++
		did(conntest.Done{Verb: community.Send, Text: f["caption"]})
		return fmt.Sprintf(`{"ok":true,"result":{"message_id":%d,"date":%d,"chat":{"id":%s,"type":"supergroup"},"caption":%q,"photo":[{"file_id":"small","file_unique_id":"s","width":1,"height":1},{"file_id":"again","file_unique_id":"b","width":9,"height":9}]}}`, c.next, time.Now().Unix(), groupID, f["caption"])
	case "sendMessage":
		c.next++
		n := strconv.FormatInt(c.next, 10)
		c.texts[n], c.byBot[n] = f["text"], true
		var marks []struct {
			User struct {
				ID int64 `json:"id"`
			} `json:"user"`
		}
		_ = json.Unmarshal([]byte(f["entities"]), &marks)
		d := conntest.Done{Verb: community.Send, Text: f["text"]}
		if len(marks) > 0 {
			d.Member = strconv.FormatInt(marks[0].User.ID, 10)
		}
		did(d)
		return fmt.Sprintf(`{"ok":true,"result":{"message_id":%s,"date":%d,"chat":{"id":%s,"type":"supergroup"},"text":%q}}`, n, time.Now().Unix(), groupID, f["text"])
	}
	return c.moderate(method, f, did)
}

func (c *cloud) moderate(method string, f map[string]string, did func(conntest.Done) string) string {
	switch method {
	case "deleteMessage":
		return did(conntest.Done{Verb: community.RecallMsg, Message: f["message_id"]})
	case "restrictChatMember":
		until, _ := strconv.ParseInt(f["until_date"], 10, 64)
		if strings.Contains(f["permissions"], `"can_send_messages":true`) {
			return did(conntest.Done{Verb: community.Unmute, Member: f["user_id"]})
		}
		return did(conntest.Done{Verb: community.Mute, Member: f["user_id"], Seconds: until - time.Now().Unix()})
	case "banChatMember":
		return did(conntest.Done{Verb: community.Remove, Member: f["user_id"]})
	case "approveChatJoinRequest", "declineChatJoinRequest":
		return did(conntest.Done{Verb: community.Approve, Message: c.pending[f["user_id"]], No: method[0] == 'd'})
	case "setChatPermissions":
		return did(conntest.Done{Verb: community.MuteAll, No: strings.Contains(f["permissions"], `"can_send_messages":true`)})
	case "pinChatMessage":
		if n := f["message_id"]; c.byBot[n] {
			return did(conntest.Done{Verb: community.Announce, Text: c.texts[n]})
		}
		return did(conntest.Done{Verb: community.Essence, Message: f["message_id"]})
	case "setChatTitle":
		return did(conntest.Done{Verb: community.Rename, Text: f["title"]})
	case "createChatInviteLink":
		did(conntest.Done{Verb: community.Invite, Text: f["name"]})
		return fmt.Sprintf(`{"ok":true,"result":{"invite_link":"https://t.me/+x1","name":%q,"creator":{"id":%s,"is_bot":true,"first_name":"小群"},"creates_join_request":false,"is_primary":false,"is_revoked":false}}`, f["name"], selfID)
	}
	return `{"ok":false,"error_code":404,"description":"Not Found: method not found"}`
}

func (c *cloud) ownStanding() string {
	who := `"user":{"id":` + selfID + `,"is_bot":true,"first_name":"小群"}`
	if c.status != "administrator" {
		return `{"status":"` + c.status + `",` + who + `}`
	}
	return `{"status":"administrator","can_be_edited":false,"is_anonymous":false,"can_manage_chat":true,"can_delete_messages":true,"can_restrict_members":true,` +
		`"can_promote_members":false,"can_change_info":true,"can_invite_users":true,"can_pin_messages":true,` + who + `}`
}

func (c *cloud) did() []conntest.Done {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]conntest.Done{}, c.done...)
}

// polled is from where it was polled so far, and what was asked for last.
func (c *cloud) polled() ([]int64, string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]int64{}, c.offsets...), c.allowed
}

func (c *cloud) called(method string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, line := range c.calls {
		if rest, ok := strings.CutPrefix(line, method+" "); ok {
			out = append(out, rest)
		}
	}
	return out
}

// pushTo lets updates be pushed into a session.
func (c *cloud) pushTo(s connect.Session) {
	network := conntest.NewNetwork(c.t)
	network.Serve(c.t, http.HandlerFunc(s.(connect.HTTPReceiver).ServeConnect))
	client := network.Client(c.t)
	c.set(func() {
		c.sink = func(update []byte) int {
			req, _ := http.NewRequest("POST", "http://qunluo/connect/a/", strings.NewReader(string(update)))
			req.Header.Set("X-Telegram-Bot-Api-Secret-Token", testSecret)
			answer, err := client.Do(req)
			if err != nil {
				return 0
			}
			_ = answer.Body.Close()
			return answer.StatusCode
		}
	})
}
