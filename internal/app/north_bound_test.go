package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/policy"
)

// answer is what a OneBot call is answered.
type answer struct {
	Status  string          `json:"status"`
	Retcode int             `json:"retcode"`
	Data    json.RawMessage `json:"data"`
	Wording string          `json:"wording"`
}

// call asks over OneBot's HTTP.
func (s *site) call(token, action string, params map[string]any) answer {
	s.t.Helper()
	var a answer
	check(s.t, json.Unmarshal([]byte(s.post("/north/onebot/v11/"+action, token, params, nil)), &a))
	return a
}

func (s *site) post(path, token string, body any, status *int) string {
	s.t.Helper()
	raw, err := json.Marshal(body)
	check(s.t, err)
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.base+path, bytes.NewReader(raw))
	check(s.t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	check(s.t, err)
	defer res.Body.Close()
	out, err := io.ReadAll(res.Body)
	check(s.t, err)
	if status != nil {
		*status = res.StatusCode
	}
	return string(out)
}

func (s *site) kick(token, name string) answer {
	return s.call(token, "set_group_kick", map[string]any{"group_id": s.group.Key, "user_id": s.key(name)})
}

// TestBotObeysFreezeCapAndImmunity is a bot under the rules of the house.
func TestBotObeysFreezeCapAndImmunity(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "")
		_, token := s.attach(community.Bot{})
		hands := s.app.Hands(s.org, nil)
		book, err := json.Marshal(policy.Book{Mode: community.Observe, Zone: "Asia/Shanghai", Night: policy.Hours{From: "23:00", To: "07:00"}, MemoryDays: 30, RemovalsMax: 1,
			Ladder: policy.DefaultLadder(), WarnText: policy.DefaultWarnText, Immune: policy.DefaultImmune()})
		check(t, err)
		_, err = hands.Publish(plain(t.Context()), "test", s.group.Key, book, "")
		check(t, err)
		s.say("10001", "我是群主")
		await(t, func() bool {
			rows, _, err := s.desk.FindMessages(t.Context(), community.MessageFilter{Group: s.group.Key})
			return err == nil && len(rows) == 1
		})
		if a := s.kick(token, "群主"); a.Retcode != 1403 || a.Wording == "" {
			t.Errorf("removing the owner: %+v, want 1403 with a sentence", a)
		}
		check(t, hands.Freeze(t.Context(), "test", s.group.Key, true, "试"))
		if a := s.kick(token, "大刘"); a.Retcode != 102 || !strings.Contains(a.Wording, "冻结") || !strings.Contains(a.Wording, "frozen") {
			t.Errorf("while frozen: %+v, want 102 with a sentence in both languages", a)
		}
		check(t, hands.Freeze(t.Context(), "test", s.group.Key, false, "好了"))
		if a := s.kick(token, "大刘"); a.Status != "ok" {
			t.Errorf("the first removal: %+v, want ok", a)
		}
		if a := s.kick(token, "阿青"); a.Status != "async" || a.Retcode != 1 {
			t.Errorf("beyond the cap: %+v, want async", a)
		}
		if _, there := s.world.Member(simGroup, "20003"); !there {
			t.Error("the removal beyond the cap was done")
		}
		tasks, n, err := s.desk.FindTasks(t.Context(), community.TaskFilter{})
		check(t, err)
		if n != 1 || tasks[0].Why != "removal_cap" {
			t.Errorf("tasks = %d %+v, want one for the cap", n, tasks)
		}
		if a := s.call(token, "set_group_ban", map[string]any{"group_id": s.group.Key, "user_id": s.key("老周"), "duration": 600}); a.Status != "ok" {
			t.Errorf("mute: %+v", a)
		}
		rows, _, err := s.desk.FindActions(t.Context(), community.ActionFilter{Group: s.group.Key, Verb: community.Mute})
		check(t, err)
		if len(rows) != 1 || rows[0].Cause != community.ByBot || rows[0].User != "bot:小工具" {
			t.Fatalf("actions = %+v, want one mute by the bot", rows)
		}
		check(t, hands.Undo(t.Context(), "test", rows[0].Decision, "误会"))
		await(t, func() bool { m, _ := s.world.Member(simGroup, "20001"); return m.MutedUntil <= s.app.Now() })
		s.left(3)
	})
}

// TestWhatNobodyCanDoIsAnsweredAsAsync works with a connection that can do nothing.
func TestWhatNobodyCanDoIsAnsweredAsAsync(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "*=none,member.list=native")
		_, token := s.attach(community.Bot{})
		a := s.call(token, "send_group_msg", map[string]any{"group_id": s.group.Key, "message": "请看公告"})
		if a.Status != "async" || a.Retcode != 1 || !strings.Contains(string(a.Data), "message_id") {
			t.Errorf("a send nobody can do: %+v, want async with its number", a)
		}
		tasks, n, err := s.desk.FindTasks(t.Context(), community.TaskFilter{})
		check(t, err)
		if n != 1 || tasks[0].Text != "请看公告" {
			t.Fatalf("tasks = %+v, want a card with the text", tasks)
		}
		var login struct{ Features []string }
		check(t, json.Unmarshal([]byte(s.post("/north/satori/v1/login.get", token, map[string]any{}, nil)), &login))
		if got := strings.Join(login.Features, " "); strings.Contains(got, "message.create") || strings.Contains(got, "kick") || !strings.Contains(got, "guild.member.list") {
			t.Errorf("features = %s, want no message.create nor kick, but the lists", got)
		}
	})
}

// TestBotTakesBackAndQuotesWhatItSent uses the number it got before the platform had one.
func TestBotTakesBackAndQuotesWhatItSent(t *testing.T) {
	s := startSite(t, "", "")
	_, token := s.attach(community.Bot{}, community.BotSend, community.BotRead)
	sent := func(text string) int64 {
		a := s.call(token, "send_group_msg", map[string]any{"group_id": s.group.Key, "message": text})
		var d struct {
			ID int64 `json:"message_id"`
		}
		if check(t, json.Unmarshal(a.Data, &d)); a.Status != "ok" || d.ID == 0 {
			t.Fatalf("send: %+v", a)
		}
		return d.ID
	}
	first := sent("写错了")
	sent(fmt.Sprintf("[CQ:reply,id=%d]应该是这样", first))
	list := s.world.Sent()
	if len(list) != 2 || list[1].ReplyTo != list[0].ID {
		t.Fatalf("sent = %+v, want the second in answer to the first", list)
	}
	if a := s.call(token, "get_msg", map[string]any{"message_id": first}); a.Status != "ok" || !strings.Contains(string(a.Data), "写错了") {
		t.Errorf("get_msg: %+v", a)
	}
	if a := s.call(token, "delete_msg", map[string]any{"message_id": first}); a.Status != "ok" || !s.world.Sent()[0].Recalled {
		t.Errorf("its own message without the scope recall: %+v, want it taken back", a)
	}
	s.say("20001", "别人的话")
	await(t, func() bool {
		rows, _, err := s.desk.FindMessages(t.Context(), community.MessageFilter{Group: s.group.Key, Text: "别人"})
		return err == nil && len(rows) == 1
	})
	rows, _, err := s.desk.FindMessages(t.Context(), community.MessageFilter{Group: s.group.Key, Text: "别人"})
	check(t, err)
	if a := s.call(token, "delete_msg", map[string]any{"message_id": rows[0].Number}); a.Retcode != 1403 {
		t.Errorf("somebody else's message without the scope recall: %+v, want 1403", a)
	}
}

// TestBotSeesItsGroupsOnly has two groups and a bot of one.
func TestBotSeesItsGroupsOnly(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "")
		s.world.AddGroup("sim-2", "别的群")
		other := connect.Inbound{Type: community.MessageCreated, Group: community.Ref{ID: "sim-2", Name: "别的群"}, Key: "x1", OccurredAt: s.app.Now(), Actor: community.Who{ID: "777", Name: "外人"}, Body: community.Body{Text: "秘密", Message: "x1"}}
		accounts, err := s.desk.Accounts(t.Context())
		check(t, err)
		other.Account = accounts[0].Key
		out, err := s.app.Engine().Apply(t.Context(), other)
		check(t, err)
		hidden := out[0].Group
		_, token := s.attach(community.Bot{Groups: []community.GroupKey{s.group.Key}})
		if a := s.call(token, "get_group_list", nil); strings.Contains(string(a.Data), "别的群") || !strings.Contains(string(a.Data), "周末徒步群") {
			t.Errorf("groups = %s", a.Data)
		}
		check(t, s.app.Store().CatchUp(t.Context()))
		for action, params := range map[string]map[string]any{
			"get_group_info": {"group_id": hidden}, "get_group_member_list": {"group_id": hidden}, "get_msg": {"message_id": out[0].Number},
			"send_group_msg": {"group_id": hidden, "message": "x"}, "delete_msg": {"message_id": out[0].Number}, "get_stranger_info": {"user_id": 7},
			"set_group_whole_ban": {"group_id": hidden}, "set_group_kick": {"group_id": hidden, "user_id": s.key("老周")},
		} {
			if a := s.call(token, action, params); a.Retcode != 100 || strings.Contains(string(a.Data), "秘密") {
				t.Errorf("%s outside its groups: %+v, want 100", action, a)
			}
		}
		if n := len(s.world.Sent()) + len(s.world.Deeds()); n != 0 {
			t.Errorf("%d things were done outside the bot's groups", n)
		}
	})
}

// satoriFrame is a frame of the Satori connection.
type satoriFrame struct {
	Op   int `json:"op"`
	Body struct {
		SN      int64  `json:"sn"`
		Type    string `json:"type"`
		Message struct {
			Content string `json:"content"`
		} `json:"message"`
		Logins []struct {
			Platform string   `json:"platform"`
			Features []string `json:"features"`
		} `json:"logins"`
	} `json:"body"`
}

// events opens a Satori connection after a number; 0 = from now on.
func (s *site) events(token string, sn int64) (*websocket.Conn, func() (satoriFrame, error)) {
	s.t.Helper()
	conn, _, err := websocket.Dial(s.t.Context(), "ws"+strings.TrimPrefix(s.base, "http")+"/north/satori/v1/events", nil)
	check(s.t, err)
	s.t.Cleanup(func() { _ = conn.CloseNow() })
	check(s.t, conn.Write(s.t.Context(), websocket.MessageText, fmt.Appendf(nil, `{"op":3,"body":{"token":%q,"sn":%d}}`, token, sn)))
	return conn, func() (satoriFrame, error) {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_, data, err := conn.Read(ctx)
		var f satoriFrame
		if err == nil {
			err = json.Unmarshal(data, &f)
		}
		return f, err
	}
}

func TestSatoriClientGetsWhatItMissed(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "")
		b, token := s.attach(community.Bot{})
		conn, next := s.events(token, 0)
		ready, err := next()
		check(t, err)
		if ready.Op != 4 || len(ready.Body.Logins) != 1 || ready.Body.Logins[0].Platform != "qunluo" || len(ready.Body.Logins[0].Features) < 10 {
			t.Fatalf("first frame %+v, want READY with what can be done", ready)
		}
		check(t, conn.Write(t.Context(), websocket.MessageText, []byte(`{"op":1,"body":{}}`)))
		if pong, err := next(); err != nil || pong.Op != 2 {
			t.Fatalf("after PING: %+v, %v; want PONG", pong, err)
		}
		s.say("20001", "第一句")
		first, err := next()
		check(t, err)
		if first.Body.Type != "message-created" || first.Body.Message.Content != "第一句" {
			t.Fatalf("event %+v", first)
		}
		check(t, conn.CloseNow())
		for i := range 5 {
			s.say("20001", fmt.Sprint("错过的", i))
		}
		await(t, func() bool {
			rows, _, err := s.desk.FindMessages(t.Context(), community.MessageFilter{Group: s.group.Key})
			return err == nil && len(rows) == 6
		})
		_, next = s.events(token, first.Body.SN)
		if f, err := next(); err != nil || f.Op != 4 {
			t.Fatalf("READY: %+v, %v", f, err)
		}
		for i := range 5 {
			f, err := next()
			if check(t, err); f.Body.Message.Content != fmt.Sprint("错过的", i) {
				t.Errorf("missed event %d is %+v", i, f.Body)
			}
		}
		began := time.Now()
		check(t, s.app.Hands(s.org, nil).DeleteBot(t.Context(), "test", b.ID, "不用了"))
		for err = nil; err == nil; {
			_, err = next()
		}
		if websocket.CloseStatus(err) != websocket.StatusPolicyViolation || time.Since(began) > 2*time.Second {
			t.Errorf("after revoking: %v after %s, want a policy close within 2 s", err, time.Since(began))
		}
		var status int
		s.post("/north/satori/v1/login.get", token, nil, &status)
		if status != http.StatusForbidden {
			t.Errorf("a call with the revoked token: HTTP %d, want 403", status)
		}
	})
}

func TestBadSatoriInput(t *testing.T) {
	s := startSite(t, "", "")
	_, token := s.attach(community.Bot{}, community.BotRead, community.BotMute)
	for _, first := range []string{`{"op":3,"body":{"token":"qlk_wrong"}}`, `{"op":0}`, `{"op":`, ``, `[]`} {
		conn, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(s.base, "http")+"/north/satori/v1/events", nil)
		check(t, err)
		check(t, conn.Write(t.Context(), websocket.MessageText, []byte(first)))
		if _, _, err = conn.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusPolicyViolation {
			t.Errorf("first frame %q: %v, want a policy close", first, err)
		}
	}
	for _, c := range []struct {
		method, token string
		body          any
		want          int
	}{
		{"login.get", "", nil, 401}, {"login.get", "qlk_wrong", nil, 403}, {"coffee.make", token, nil, 404}, {"message.create", token, map[string]any{"channel_id": "1", "content": "x"}, 403},
		{"guild.get", token, map[string]any{"guild_id": "x"}, 400}, {"guild.get", token, map[string]any{"guild_id": 1.5}, 400}, {"guild.get", token, []int{1}, 400}, {"guild.get", token, map[string]any{"guild_id": "999"}, 404},
		{"guild.member.mute", token, map[string]any{"guild_id": s.group.Key, "user_id": "999999", "duration": 1000}, 404}, {"guild.member.list", token, map[string]any{"guild_id": s.group.Key, "next": "-1"}, 400},
		{"message.create", token, map[string]any{"content": strings.Repeat("x", 1<<20)}, 413}, {"guild.member.mute", token, map[string]any{"guild_id": s.group.Key, "user_id": s.key("老周"), "duration": 1500}, 200},
	} {
		var got int
		if body := s.post("/north/satori/v1/"+c.method, c.token, c.body, &got); got != c.want {
			t.Errorf("%s %.60v: HTTP %d %.100s, want %d", c.method, c.body, got, body, c.want)
		}
	}
	if m, _ := s.world.Member(simGroup, "20001"); m.MutedUntil == 0 {
		t.Error("1500 ms did not mute")
	}
}

func TestBadBotsAreRefusedByField(t *testing.T) {
	a := house(t, "")
	org, err := a.Store().Org(t.Context(), "测试", false)
	check(t, err)
	hands := a.Hands(org, nil)
	read := []community.BotScope{community.BotRead}
	for field, b := range map[string]community.Bot{
		"name:":          {Name: "  ", Scopes: read},
		"name: ":         {Name: strings.Repeat("长", 41), Scopes: read},
		"scopes:":        {Name: "a"},
		"scopes: no":     {Name: "a", Scopes: []community.BotScope{"root"}},
		"mode:":          {Name: "a", Scopes: read, Mode: "telnet"},
		"url: want":      {Name: "a", Scopes: read, Mode: community.BotReverse, URL: "http://127.0.0.1/"},
		"url: want http": {Name: "a", Scopes: read, Mode: community.BotPush},
		"url: carries":   {Name: "a", Scopes: read, Mode: community.BotReverse, URL: "ws://127.0.0.1/?access_token=hunter2"},
		"secret:":        {Name: "a", Scopes: read, Secret: "x\ny"},
	} {
		_, token, err := hands.AttachBot(t.Context(), "test", b, "")
		if community.CodeOf(err) != community.CodeBadInput || !strings.HasPrefix(err.Error(), strings.TrimSpace(field)) || token != "" || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%+v: %v, want bad input that begins with %s", b, err, field)
		}
	}
	b, token, err := hands.AttachBot(t.Context(), "test", community.Bot{Name: "a", Scopes: read}, "")
	if err != nil || !strings.HasPrefix(token, "qlk_") || strings.Contains(b.Hash, token) || len(b.Hash) != 64 {
		t.Fatalf("a good bot: %q %q, %v", token, b.Hash, err)
	}
	if _, _, err := hands.AttachBot(t.Context(), "test", community.Bot{Name: "a", Scopes: read}, ""); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("the same name again: %v, want conflict", err)
	}
}
