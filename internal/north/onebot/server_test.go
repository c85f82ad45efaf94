package onebot

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"qunluo/internal/community"
	"qunluo/internal/north"
)

func TestCallsAreAnsweredAsTheProtocolSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := open(t, nil)
		conn := p.dial("/api")
		for _, c := range []struct{ call, want string }{
			{`{"action":"get_login_info","echo":2}`, `{"status":"ok","retcode":0,"data":{"nickname":"助手","user_id":4000000001},"echo":2}`},
			{`{"action":"get_group_list","params":{},"echo":{"b":1, "a":"<x>"}}`, `{"status":"ok","retcode":0,"data":[{"group_id":7,"group_name":"茶友<群>","member_count":2,"max_member_count":0}],"echo":{"b":1,"a":"<x>"}}`},
			{`{"action":"get_group_member_info","params":{"group_id":"7","user_id":"3"},"echo":"e"}`, `{"status":"ok","retcode":0,"data":{"group_id":7,"user_id":3,"nickname":"老周","card":"周哥","sex":"unknown","age":0,"join_time":0,"last_sent_time":0,"role":"owner"},"echo":"e"}`},
			{`{"action":"send_group_msg","params":{"group_id":7,"message":"[CQ:reply,id=5][CQ:at,qq=3] 早&amp;好"}}`, `{"status":"ok","retcode":0,"data":{"message_id":901}}`},
			{`{"action":"send_msg","params":{"message_type":"group","group_id":"7","message":{"type":"text","data":{"text":"早"}}}}`, `{"status":"ok","retcode":0,"data":{"message_id":902}}`},
			{`{"action":"set_group_ban_async","params":{"group_id":7,"user_id":3,"duration":"60"}}`, `"status":"async","retcode":1,"data":null`},
			{`{"action":"set_group_ban","params":{"group_id":7,"user_id":3,"duration":0}}`, `"status":"ok"`},
			{`{"action":"set_group_add_request","params":{"flag":"12","sub_type":"add","approve":false,"reason":"满了"}}`, `"status":"ok"`},
			{`{"action":"set_group_kick","params":{"group_id":7,"user_id":3,"reject_add_request":true}}`, `"status":"ok"`},
			{`{"action":"delete_msg","params":{"message_id":5}}`, `"status":"ok"`},
		} {
			if got := p.ask(conn, c.call); !strings.Contains(got, c.want) {
				t.Errorf("%s\n got %s\nwant %s", c.call, got, c.want)
			}
		}
		w := p.h.wished()
		want := []north.Wish{
			{Verb: community.Send, Group: 7, Quote: 5, Text: "@3 早&好"}, {Verb: community.Send, Group: 7, Text: "早"},
			{Verb: community.Mute, Group: 7, Member: 3, Seconds: 60}, {Verb: community.Unmute, Group: 7, Member: 3},
			{Verb: community.Approve, Message: 12, Refuse: true, Text: "满了"}, {Verb: community.Remove, Group: 7, Member: 3, Block: true},
			{Verb: community.RecallMsg, Message: 5},
		}
		if len(w) != len(want) {
			t.Fatalf("%d wishes, want %d", len(w), len(want))
		}
		for i := range want {
			got := w[i]
			got.Segments = nil
			a, _ := json.Marshal(got)
			b, _ := json.Marshal(want[i])
			if string(a) != string(b) {
				t.Errorf("wish %d = %s, want %s", i, a, b)
			}
		}
	})
}

func TestBadCallsAreRefusedAndTheConnectionKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := open(t, nil)
		conn := p.dial("/api/")
		for _, c := range []struct{ call, want string }{
			{`{"action":"send_group_msg","params":{"group_id":7,`, `"retcode":1400`},
			{``, `"retcode":1400`},
			{`[]`, `"retcode":1400`},
			{`{"echo":"x"}`, `"retcode":1400,"data":null,"message":"north.bad_input[why the frame names no action]","wording":"north.bad_input[why the frame names no action]","echo":"x"`},
			{`{"action":5,"echo":1}`, `"echo":1`},
			{`{"action":"make_coffee","params":[],"echo":1}`, `"retcode":1400`},
			{`{"action":"make_coffee","echo":1}`, `"retcode":1404`},
			{`{"action":"send_private_msg","params":{"user_id":3,"message":"x"}}`, `"retcode":1404`},
			{`{"action":"send_msg","params":{"user_id":3,"message":"x"}}`, `"retcode":1404`},
			{`{"action":"send_group_msg","params":{"group_id":7.5,"message":"x"}}`, `"retcode":1400`},
			{`{"action":"send_group_msg","params":{"group_id":"seven","message":"x"}}`, `"retcode":1400`},
			{`{"action":"send_group_msg","params":{"group_id":7,"message":""}}`, `"retcode":1400`},
			{`{"action":"send_group_msg","params":{"group_id":7,"message":5}}`, `"retcode":1400`},
			{`{"action":"send_group_msg","params":{"group_id":7,"message":"` + strings.Repeat("长", 6000) + `"}}`, `"retcode":1400`},
			{`{"action":"send_group_msg","params":{"group_id":7,"message":[{"type":"image","data":{"file":"file:///etc/passwd"}}]}}`, `"retcode":1404`},
			{`{"action":"send_group_msg","params":{"group_id":7,"message":[{"type":"image","data":{"file":"base64://AAAA"}}]}}`, `"retcode":1404`},
			{`{"action":"set_group_ban","params":{"group_id":7,"user_id":3,"duration":-5}}`, `"retcode":1400`},
			{`{"action":"set_group_ban","params":{"group_id":7}}`, `"retcode":1400`},
			{`{"action":"delete_msg","params":{"message_id":"99999999999999999999"}}`, `"retcode":1400`},
			{`{"action":"get_group_info","params":{"group_id":8}}`, `"retcode":100`},
			{`{"action":"get_msg","params":{"message_id":77}}`, `"retcode":100`},
		} {
			if got := p.ask(conn, c.call); !strings.Contains(got, c.want) || !strings.Contains(got, `"status":"failed"`) || !strings.Contains(got, `"wording":"north.`) {
				t.Errorf("%.80s\n got %s\nwant %s", c.call, got, c.want)
			}
		}
		if n := len(p.h.wished()); n != 0 {
			t.Errorf("%d wishes came of bad calls", n)
		}
		if got := p.ask(conn, `{"action":"get_status"}`); !strings.Contains(got, `"online":true`) {
			t.Errorf("after bad calls: %s", got)
		}
	})
}

func TestHugeFrameEndsTheConnectionWithAReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := open(t, nil)
		conn := p.dial("/api")
		go func() { _ = conn.Write(context.Background(), websocket.MessageText, make([]byte, MaxFrame+1)) }()
		_, err := p.read(conn)
		if websocket.CloseStatus(err) != websocket.StatusMessageTooBig {
			t.Errorf("a frame of over %d bytes: %v, want too big", MaxFrame, err)
		}
	})
}

func TestEventsComeInOrderAndNothingFromBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := open(t, nil)
		p.happen(3, "从前")
		conn := p.dial("")
		first, err := p.read(conn)
		if err != nil || !strings.Contains(first, `"meta_event_type":"lifecycle","sub_type":"connect"`) {
			t.Fatalf("first %s, %v; want the lifecycle", first, err)
		}
		p.happen(120, "现在 <&>")
		for i := range 120 {
			got, err := p.read(conn)
			if err != nil {
				t.Fatal(err)
			}
			var ev struct {
				ID   int64  `json:"message_id"`
				Raw  string `json:"raw_message"`
				Time int64  `json:"time"`
			}
			if json.Unmarshal([]byte(got), &ev) != nil || ev.ID != int64(i+4) || ev.Raw != "现在 <&>" || !strings.Contains(got, "<&>") {
				t.Fatalf("event %d = %s", i, got)
			}
		}
	})
}

func TestOwnMessagesNeverComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := open(t, nil)
		conn := p.dial("/event")
		if _, err := p.read(conn); err != nil {
			t.Fatal(err)
		}
		p.h.mu.Lock()
		p.h.log = append(p.h.log, north.Happening{Number: 1, Type: community.MessageCreated, At: time.Now().UnixMilli(), Group: 7, Own: true, Text: "自己说的"})
		p.h.mu.Unlock()
		p.happen(1, "别人说的")
		if got, err := p.read(conn); err != nil || !strings.Contains(got, "别人说的") {
			t.Errorf("got %s, %v; want the other's message only", got, err)
		}
	})
}

func TestSlowReaderIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := open(t, nil)
		conn := p.dial("")
		if _, err := p.read(conn); err != nil {
			t.Fatal(err)
		}
		p.happen(2000, strings.Repeat("很长的话", 200)) // nobody reads
		time.Sleep(3 * writeTimeout)
		synctest.Wait()
		if here := p.n.Here()[1]; here != 0 {
			t.Errorf("%d connections of a bot that does not read are kept", here)
		}
		again := p.dial("")
		if _, err := p.read(again); err != nil {
			t.Errorf("it may not come back: %v", err)
		}
	})
}

func TestRevokedTokenCutsTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := open(t, nil)
		conn := p.dial("")
		if _, err := p.read(conn); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		p.h.mu.Lock()
		p.h.bots[0].Enabled = false
		p.h.mu.Unlock()
		p.n.Changed(t.Context())
		_, err := p.read(conn)
		var closed websocket.CloseError
		if !errors.As(err, &closed) || closed.Code != websocket.StatusPolicyViolation || !strings.Contains(closed.Reason, "revoked") {
			t.Errorf("after revoking: %v, want a close that says so", err)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("it took %s, want at most 2 s", took)
		}
		if status, _ := p.http(http.MethodPost, "/get_status", "Bearer "+p.token, ""); status != http.StatusForbidden {
			t.Errorf("a call with the revoked token: HTTP %d, want 403", status)
		}
	})
}

// http is a call by HTTP.
func (p *place) http(method, path, auth, body string) (int, string) {
	p.t.Helper()
	req, err := http.NewRequest(method, "http://qunluo"+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Authorization", auth)
	req.Header.Set("Content-Type", "application/json")
	res, err := p.client().Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return res.StatusCode, string(raw)
}

func TestHTTPCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := open(t, nil)
		for _, c := range []struct {
			method, path, auth, body string
			status                   int
			want                     string
		}{
			{"POST", "/get_login_info", "Token " + p.token, "", 200, `"user_id":4000000001`},
			{"POST", "/get_login_info", "Bearer " + p.token, "{}", 200, `"status":"ok"`},
			{"GET", "/get_group_info?group_id=7&access_token=" + p.token, "", "", 200, `"group_id":7`},
			{"POST", "/send_group_msg", "Token " + p.token, `{"group_id":7,"message":"早"}`, 200, `"message_id":901`},
			{"POST", "/send_group_msg", "Token " + p.token, `{"group_id":7,"mess`, 400, `"retcode":1400`},
			{"POST", "/send_group_msg", "Token " + p.token, `{"message":"` + strings.Repeat("x", MaxFrame) + `"}`, 413, `"retcode":1400`},
			{"POST", "/make_coffee", "Token " + p.token, `{}`, 404, `"retcode":1404`},
			{"POST", "/get_login_info", "", "", 401, "north.forbidden"},
			{"POST", "/get_login_info", "Basic " + p.token, "", 401, "north.forbidden"},
			{"POST", "/get_login_info", "Token qlk_wrong", "", 403, "north.forbidden"},
		} {
			if status, got := p.http(c.method, c.path, c.auth, c.body); status != c.status || !strings.Contains(got, c.want) {
				t.Errorf("%s %.40s %.12s: HTTP %d %.200s; want %d with %s", c.method, c.path, c.auth, status, got, c.status, c.want)
			}
		}
	})
}

func TestManyWrongTokensAreToldToWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := open(t, nil)
		seen := map[int]int{}
		for range 30 {
			status, _ := p.http(http.MethodPost, "/get_status", "Bearer guess", "")
			seen[status]++
		}
		if seen[403] > 12 || seen[429] < 18 || seen[200] != 0 {
			t.Errorf("30 wrong tokens: %v, want about ten times 403, then 429", seen)
		}
		if status, _ := p.http(http.MethodPost, "/get_status", "Bearer "+p.token, ""); status != 200 {
			t.Errorf("the right token afterwards: HTTP %d, want 200", status)
		}
	})
}

func TestOutcomesHaveTheirRetcodes(t *testing.T) {
	for _, c := range []struct {
		fate   community.State
		refuse error
		want   string
	}{
		{community.Confirmed, nil, `"status":"ok","retcode":0`},
		{community.Acked, nil, `"status":"ok","retcode":0`},
		{community.HumanTask, nil, `"status":"async","retcode":1`},
		{community.Queued, nil, `"status":"async","retcode":1`},
		{community.Failed, nil, `"status":"failed","retcode":102`},
		{community.Cancelled, nil, `"status":"failed","retcode":102`},
		{"", community.Errorf(community.CodeFrozen, "held"), `"retcode":102`},
		{"", community.Errorf(community.CodeForbidden, "immune"), `"retcode":1403`},
		{"", community.Errorf(community.CodeNotFound, "no"), `"retcode":100`},
		{"", community.Errorf(community.CodeLimited, "no"), `"retcode":429`},
		{"", errors.New("disk full at /secret/path"), `"retcode":103,"data":null,"message":"north.internal[]"`},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := open(t, func(h *house) { h.fate, h.refuse = c.fate, c.refuse })
			if got := p.ask(p.dial("/api"), `{"action":"set_group_kick","params":{"group_id":7,"user_id":3}}`); !strings.Contains(got, c.want) {
				t.Errorf("%s %v: %s, want %s", c.fate, c.refuse, got, c.want)
			}
		})
	}
}

func TestTokenDoesOnlyWhatItsScopesSay(t *testing.T) {
	calls := map[community.BotScope]string{
		community.BotRead:    `{"action":"get_group_list"}`,
		community.BotSend:    `{"action":"send_group_msg","params":{"group_id":7,"message":"x"}}`,
		community.BotRecall:  `{"action":"delete_msg","params":{"message_id":5}}`,
		community.BotMute:    `{"action":"set_group_whole_ban","params":{"group_id":7,"enable":true}}`,
		community.BotRemove:  `{"action":"set_group_kick","params":{"group_id":7,"user_id":3}}`,
		community.BotApprove: `{"action":"set_group_add_request","params":{"flag":"1","approve":true}}`,
	}
	for _, scope := range community.BotScopes {
		synctest.Test(t, func(t *testing.T) {
			p := open(t, func(h *house) { h.bots[0].Scopes = []community.BotScope{scope} })
			conn := p.dial("/api")
			for other, call := range calls {
				got := p.ask(conn, call)
				if ok := strings.Contains(got, `"status":"ok"`); ok != (other == scope) || !ok && !strings.Contains(got, `"retcode":1403`) {
					t.Errorf("with scope %s: %s gives %s", scope, call, got)
				}
			}
		})
	}
}

func TestSendsHaveABudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := open(t, nil)
		conn := p.dial("/api")
		refused := 0
		for range 40 {
			if got := p.ask(conn, `{"action":"send_group_msg","params":{"group_id":7,"message":"x"}}`); strings.Contains(got, `"retcode":429`) {
				refused++
			}
		}
		if n := len(p.h.wished()); n != 30 || refused != 10 {
			t.Errorf("%d of 40 sends in a minute were let through, %d refused; want 30 and 10", n, refused)
		}
	})
}

// A bot that comes before the bots are read is asked to come again: told that its token is wrong, many give up for good.
func TestBotThatComesAtOnceAfterAStartIsAskedToComeAgain(t *testing.T) {
	token, hash := north.NewToken()
	h := &house{bots: []community.Bot{{Key: 1, Org: 1, Name: "助手", Hash: hash, Scopes: community.BotScopes, Enabled: true}}}
	say := func(key string, args ...any) string { return key }
	n := north.New(north.Options{House: north.House{Bots: h, Log: h, Places: h, Hands: h}, Say: say, Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	ask := func(token string) int {
		r := httptest.NewRequest(http.MethodGet, "/get_login_info", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		New(n).ServeHTTP(w, r)
		return w.Code
	}
	if got := ask(token); got != http.StatusServiceUnavailable {
		t.Errorf("before the bots are read = %d, want 503", got)
	}
	n.Changed(t.Context())
	if got := ask(token); got != http.StatusOK {
		t.Errorf("afterwards = %d, want 200", got)
	}
	if got := ask("qlb_WRONG"); got != http.StatusForbidden {
		t.Errorf("a wrong token = %d, want 403", got)
	}
}
