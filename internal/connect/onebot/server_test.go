package onebot

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/conntest"
	"qunluo/internal/connect/onebot/wire"
)

const (
	testToken  = "s3cret-t0ken"
	testSecret = "s1gning-k3y"
)

// pipes is a network in memory: what is dialled arrives at Accept.
type pipes struct {
	arrived chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

func newPipes() *pipes { return &pipes{arrived: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.arrived:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

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

// implementation is a OneBot v11 implementation with one QQ group, forward (it serves) or reverse (it dials).
type implementation struct {
	t       *testing.T
	network *pipes
	idsText bool // ids are strings

	mu       sync.Mutex
	conns    map[*websocket.Conn]bool
	posting  chan string   // HTTP: events on their way
	cutting  chan struct{} // HTTP: closed by cut
	refusing bool
	swallow  int
	missing  map[string]bool
	answers  map[string]string // action → raw answer without echo, instead of doing it
	hold     []func()          // answers held back, to be sent in another order
	holding  int
	members  map[string]map[string]any
	requests map[string]string // flag → sub_type
	next     int64
	last     []byte // the last event
	calls    []call
	done     []conntest.Done
}

type call struct {
	Action string          `json:"action"`
	Params json.RawMessage `json:"params"`
	Echo   json.RawMessage `json:"echo"`
}

const (
	selfID   = "3081234567"
	groupID  = "712345678"
	memberID = "1284567890"
)

func newImplementation(t *testing.T) *implementation {
	person := func(id, name, role string) map[string]any {
		return map[string]any{"group_id": json.Number(groupID), "user_id": json.Number(id), "nickname": name, "card": "", "role": role}
	}
	i := &implementation{
		t: t, network: newPipes(), cutting: make(chan struct{}), conns: map[*websocket.Conn]bool{}, missing: map[string]bool{}, answers: map[string]string{},
		requests: map[string]string{}, next: 1000,
		members: map[string]map[string]any{
			selfID: person(selfID, "小群", "admin"), memberID: person(memberID, "阿青", "member"), "900": person("900", "群主", "owner"),
		},
	}
	server := &http.Server{Handler: http.HandlerFunc(i.serve)}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(i.network)
	}()
	t.Cleanup(func() {
		i.cut()
		_ = server.Close()
		<-served
	})
	return i
}

// client dials over the network in memory.
func (i *implementation) client() *http.Client { return clientOver(i.t, i.network) }

func clientOver(t *testing.T, p *pipes) *http.Client {
	transport := &http.Transport{DialContext: p.dial, DisableKeepAlives: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func (i *implementation) serve(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	refusing := i.refusing
	i.mu.Unlock()
	switch {
	case refusing:
		http.Error(w, "gone", http.StatusBadGateway)
		return
	case r.Header.Get("Authorization") != "Bearer "+testToken:
		http.Error(w, "token", http.StatusUnauthorized)
		return
	}
	if r.Header.Get("Upgrade") == "" {
		i.overHTTP(w, r)
		return
	}
	conn, err := websocket.Accept(w, r, nil)
	if err == nil {
		i.live(conn)
	}
}

// overHTTP answers one call that came by HTTP; one that is swallowed lasts until the connection is cut.
func (i *implementation) overHTTP(w http.ResponseWriter, r *http.Request) {
	params, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	i.mu.Lock()
	cutting := i.cutting
	i.mu.Unlock()
	said := make(chan string, 1)
	i.answer(func(text string) { said <- text }, call{Action: strings.TrimPrefix(r.URL.Path, "/"), Params: params, Echo: json.RawMessage("null")})
	select {
	case text := <-said:
		_, _ = w.Write([]byte(text))
	case <-cutting:
		panic(http.ErrAbortHandler)
	case <-r.Context().Done():
	}
}

// posts lets the implementation post its events to the session, signed, one after another; what is not taken comes again.
func (i *implementation) posts(s connect.Session) {
	i.posting = make(chan string, 64)
	over, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-over:
				return
			case text := <-i.posting:
				for post(s, text, wire.Signature(testSecret, []byte(text))) == http.StatusServiceUnavailable {
					select {
					case <-over:
						return
					case <-time.After(200 * time.Millisecond):
					}
				}
			}
		}
	}()
	i.t.Cleanup(func() { close(over); <-done })
}

// post gives the session an event and returns the HTTP status.
func post(s connect.Session, body, signature string) int {
	r := httptest.NewRequest(http.MethodPost, "/connect/a/", strings.NewReader(body))
	r.Header.Set("X-Self-ID", selfID)
	if signature != "" {
		r.Header.Set("X-Signature", signature)
	}
	w := httptest.NewRecorder()
	s.(connect.HTTPReceiver).ServeConnect(w, r)
	return w.Code
}

// dialInto is the reverse role: it dials the session and lives on the connection until it is cut.
func (i *implementation) dialInto(s connect.Session) {
	network := newPipes()
	server := &http.Server{Handler: http.HandlerFunc(s.(connect.HTTPReceiver).ServeConnect)}
	served, lived := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(network)
	}()
	header := http.Header{"Authorization": {"Token " + testToken}, "X-Self-ID": {selfID}, "X-Client-Role": {"Universal"}}
	conn, answer, err := websocket.Dial(context.Background(), "ws://qunluo/connect/a/", &websocket.DialOptions{
		HTTPClient: clientOver(i.t, network), HTTPHeader: header,
	})
	if err != nil {
		i.t.Errorf("dial in: %v (%v)", err, answer)
		close(lived)
	} else {
		go func() {
			defer close(lived)
			i.live(conn)
		}()
	}
	i.t.Cleanup(func() {
		i.cut()
		_ = server.Close()
		<-served
		<-lived
	})
}

// live says hello and answers calls until the connection ends.
func (i *implementation) live(conn *websocket.Conn) {
	conn.SetReadLimit(-1)
	i.mu.Lock()
	cut := i.refusing // before this connection was known
	if !cut {
		i.conns[conn] = true
	}
	i.mu.Unlock()
	if cut {
		_ = conn.CloseNow()
		return
	}
	defer func() {
		i.mu.Lock()
		delete(i.conns, conn)
		i.mu.Unlock()
		_ = conn.CloseNow()
	}()
	i.write(conn, `{"time":1763870401,"self_id":`+selfID+`,"post_type":"meta_event","meta_event_type":"lifecycle","sub_type":"connect"}`)
	for {
		_, data, err := conn.Read(context.Background())
		if err != nil {
			return
		}
		var c call
		dec := json.NewDecoder(strings.NewReader(string(data)))
		if err := dec.Decode(&c); err != nil {
			i.t.Errorf("a call that is not JSON: %s", data)
			return
		}
		i.answer(func(text string) { i.write(conn, text) }, c)
	}
}

func (i *implementation) write(conn *websocket.Conn, text string) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	_ = conn.Write(ctx, websocket.MessageText, []byte(text)) // a cut connection is part of the game
}

// answer does a call and answers it, unless told otherwise.
func (i *implementation) answer(write func(string), c call) {
	i.mu.Lock()
	i.calls = append(i.calls, c)
	var p map[string]any
	dec := json.NewDecoder(strings.NewReader(string(c.Params)))
	dec.UseNumber()
	_ = dec.Decode(&p)
	text, isSet := i.answers[c.Action]
	var events []string
	if !isSet {
		text, events = i.obey(c.Action, p)
	}
	reply := strings.TrimSuffix(text, "}") + `,"echo":` + string(c.Echo) + "}"
	swallow := i.swallow > 0 && !strings.HasPrefix(c.Action, "get_")
	if swallow {
		i.swallow--
	}
	send := func() { write(reply) }
	held := i.holding > 0 && !strings.HasPrefix(c.Action, "get_")
	var release []func()
	if held {
		i.hold = append(i.hold, send)
		if len(i.hold) == i.holding {
			release, i.hold, i.holding = i.hold, nil, 0
		}
	}
	i.mu.Unlock()
	switch {
	case held:
		slices.Reverse(release)
		for _, send := range release {
			send()
		}
	case !swallow:
		send()
	}
	for _, event := range events {
		i.tell(event)
	}
}

const (
	allIsWell      = `{"status":"ok","retcode":0,"data":null}`
	notImplemented = `{"status":"failed","retcode":-1,"data":null,"msg":"%s not implemented"}`
	notAllowed     = `{"status":"failed","retcode":100,"data":null,"wording":"ERR_NOT_GROUP_ADMIN: 权限不足"}`
)

// obey does one action as an implementation would and gives the answer and the events that follow. mu is held.
func (i *implementation) obey(action string, p map[string]any) (string, []string) {
	if i.missing[action] {
		return fmt.Sprintf(notImplemented, action), nil
	}
	group, user := text(p["group_id"]), text(p["user_id"])
	if group != "" && group != groupID {
		return `{"status":"failed","retcode":100,"data":null,"message":"没有这个群"}`, nil
	}
	notice := func(rest string) string {
		return i.stamp(`"post_type":"notice","group_id":` + groupID + `,"operator_id":` + selfID + `,"user_id":` + user + "," + rest)
	}
	admin := i.members[selfID]["role"] == "admin"
	do := func(d conntest.Done) { d.Group = group; i.done = append(i.done, d) }
	switch action {
	case "get_login_info":
		return `{"status":"ok","retcode":0,"data":{"user_id":` + i.id(selfID) + `,"nickname":"小群"}}`, nil
	case "get_group_member_info":
		return `{"status":"ok","retcode":0,"data":` + string(mustJSON(i.members[user])) + `}`, nil
	case "get_group_member_list":
		ids := make([]string, 0, len(i.members))
		for id := range i.members {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		rows := make([]any, len(ids))
		for n, id := range ids {
			rows[n] = i.members[id]
		}
		return `{"status":"ok","retcode":0,"data":` + string(mustJSON(rows)) + `}`, nil
	case "get_group_info":
		return fmt.Sprintf(`{"status":"ok","retcode":0,"data":{"group_id":%s,"member_count":%d,"max_member_count":0}}`, groupID, len(i.members)), nil
	case "get_group_list":
		return `{"status":"ok","retcode":0,"data":[{"group_id":` + i.id(groupID) + `,"group_name":"周末徒步群"}]}`, nil
	case "send_group_msg":
		said, mention := plainText(p["message"])
		i.next++
		do(conntest.Done{Verb: community.Send, Member: mention, Text: said})
		return fmt.Sprintf(`{"status":"ok","retcode":0,"data":{"message_id":%d}}`, i.next), []string{
			i.stamp(fmt.Sprintf(`"post_type":"message_sent","message_type":"group","sub_type":"normal","message_id":%d,"group_id":%s,"user_id":%s,"message":%s,"sender":{"nickname":"小群","role":"%s"}`,
				i.next, i.id(groupID), i.id(selfID), mustJSON(p["message"]), i.members[selfID]["role"])),
		}
	case "set_group_add_request":
		flag := text(p["flag"])
		sort, ok := i.requests[flag]
		if !ok || text(p["sub_type"]) != sort {
			return `{"status":"failed","retcode":100,"data":null,"wording":"FLAG_NOT_FOUND"}`, nil
		}
		i.done = append(i.done, conntest.Done{
			Verb: community.Approve, Group: groupID, Message: sort + ":" + flag, Text: text(p["reason"]), No: p["approve"] == false,
		})
		return allIsWell, nil
	}
	if !admin {
		return notAllowed, nil
	}
	switch action {
	case "delete_msg":
		id := text(p["message_id"])
		i.done = append(i.done, conntest.Done{Verb: community.RecallMsg, Message: id})
		user = memberID
		return allIsWell, []string{notice(`"notice_type":"group_recall","message_id":` + id)}
	case "set_group_ban":
		seconds, _ := strconv.ParseInt(text(p["duration"]), 10, 64)
		if seconds == 0 {
			do(conntest.Done{Verb: community.Unmute, Member: user})
			return allIsWell, []string{notice(`"notice_type":"group_ban","sub_type":"lift_ban","duration":0`)}
		}
		do(conntest.Done{Verb: community.Mute, Member: user, Seconds: seconds})
		return allIsWell, []string{notice(`"notice_type":"group_ban","sub_type":"ban","duration":` + text(p["duration"]))}
	case "set_group_whole_ban":
		user = "0"
		do(conntest.Done{Verb: community.MuteAll, No: p["enable"] == false})
		return allIsWell, []string{notice(`"notice_type":"group_ban","sub_type":"ban","duration":-1`)}
	case "set_group_kick":
		delete(i.members, user)
		do(conntest.Done{Verb: community.Remove, Member: user, No: p["reject_add_request"] == true})
		return allIsWell, []string{notice(`"notice_type":"group_decrease","sub_type":"kick"`)}
	case "set_group_card":
		do(conntest.Done{Verb: community.SetCard, Member: user, Text: text(p["card"])})
		return allIsWell, []string{notice(`"notice_type":"group_card","card_new":` + string(mustJSON(p["card"])) + `,"card_old":""`)}
	case "set_essence_msg", "delete_essence_msg":
		i.done = append(i.done, conntest.Done{Verb: community.Essence, Group: groupID, Message: text(p["message_id"]), No: action == "delete_essence_msg"})
		return allIsWell, nil
	case "set_group_name":
		do(conntest.Done{Verb: community.Rename, Text: text(p["group_name"])})
		return allIsWell, nil
	case "_send_group_notice":
		do(conntest.Done{Verb: community.Announce, Text: text(p["content"])})
		return allIsWell, nil
	}
	return fmt.Sprintf(notImplemented, action), nil
}

// stamp completes an event.
func (i *implementation) stamp(rest string) string {
	return fmt.Sprintf(`{"time":%d,"self_id":%s,%s}`, time.Now().Unix(), i.id(selfID), rest)
}

// id writes an id as this implementation does.
func (i *implementation) id(id string) string {
	if i.idsText {
		return strconv.Quote(id)
	}
	return id
}

// event tells the application, and waits for it to be there if need be.
func (i *implementation) event(text string) {
	for range 1000 {
		if i.tell(text) > 0 {
			return
		}
		<-time.After(10 * time.Millisecond)
	}
	i.t.Error("nobody is connected to be told")
}

// tell tells whoever is connected and says how many they are.
func (i *implementation) tell(text string) int {
	i.mu.Lock()
	i.last = []byte(text)
	conns := make([]*websocket.Conn, 0, len(i.conns))
	for c := range i.conns {
		conns = append(conns, c)
	}
	posting := i.posting
	i.mu.Unlock()
	if posting != nil {
		posting <- text
		return 1
	}
	for _, c := range conns {
		i.write(c, text)
	}
	return len(conns)
}

// says lets the member speak and gives the message's id.
func (i *implementation) says(line string) string {
	i.mu.Lock()
	i.next++
	id := strconv.FormatInt(i.next, 10)
	event := i.stamp(fmt.Sprintf(`"post_type":"message","message_type":"group","sub_type":"normal","message_id":%s,"group_id":%s,"user_id":%s,"message":[{"type":"text","data":{"text":%s}}],"raw_message":%[4]s,"font":0,"sender":{"user_id":%[3]s,"nickname":"阿青","card":"","role":"member"}`,
		id, i.id(groupID), i.id(memberID), mustJSON(line)))
	i.mu.Unlock()
	i.event(event)
	return id
}

func (i *implementation) notice(rest string) {
	i.event(i.stamp(`"post_type":"notice","group_id":` + i.id(groupID) + `,"user_id":` + i.id(memberID) + "," + rest))
}

func (i *implementation) asks() string {
	i.mu.Lock()
	i.next++
	flag := fmt.Sprintf("%d|%s", i.next, groupID)
	i.requests[flag] = "add"
	i.mu.Unlock()
	i.event(i.stamp(`"post_type":"request","request_type":"group","sub_type":"add","comment":"朋友介绍","flag":` + strconv.Quote(flag) +
		`,"group_id":` + i.id(groupID) + `,"user_id":` + i.id("556677")))
	return "add:" + flag
}

func (i *implementation) cut() {
	i.mu.Lock()
	i.refusing = true
	conns := i.conns
	i.conns = map[*websocket.Conn]bool{}
	close(i.cutting)
	i.cutting = make(chan struct{})
	i.mu.Unlock()
	for c := range conns {
		_ = c.CloseNow()
	}
}

func (i *implementation) set(change func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	change()
}

func (i *implementation) did() []conntest.Done {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.done)
}

func (i *implementation) called(action string) []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	var params []string
	for _, c := range i.calls {
		if c.Action == action {
			params = append(params, string(c.Params))
		}
	}
	return params
}

// text is an id or a word of a call's parameters.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// plainText reads what a call wants to be said, and who is mentioned.
func plainText(v any) (said, mention string) {
	list, _ := v.([]any)
	for _, seg := range list {
		data, _ := seg.(map[string]any)["data"].(map[string]any)
		said += text(data["text"])
		if qq := text(data["qq"]); qq != "" {
			mention = qq
		}
	}
	return said, mention
}
