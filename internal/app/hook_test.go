package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/north/hook"
)

// heard is what a hook's caller is answered.
type heard struct {
	Status   int
	OK       bool              `json:"ok"`
	Repeated bool              `json:"repeated"`
	Posted   community.Posted  `json:"posted"`
	Code     community.Code    `json:"code"`
	Field    string            `json:"field"`
	Message  map[string]string `json:"message"`
}

// calls posts a body to a path with headers (name, value, …).
func (s *site) calls(path, body string, headers ...string) heard {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.base+path, strings.NewReader(body))
	check(s.t, err)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	check(s.t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	check(s.t, err)
	var got heard
	if err := json.Unmarshal(raw, &got); err != nil {
		s.t.Fatalf("%s answered %d %q: %v", path, resp.StatusCode, raw, err)
	}
	got.Status = resp.StatusCode
	return got
}

func (s *site) hook(signed bool, scopes ...community.BotScope) (community.Bot, string) {
	s.t.Helper()
	b, token, err := s.app.Hands(s.org, nil).AddHook(s.t.Context(), "test", community.Bot{Name: fmt.Sprint("商城", len(scopes), signed), Scopes: scopes}, signed, "试")
	check(s.t, err)
	return b, token
}

// spoken counts how often our side said something.
func (s *site) spoken(text string) int {
	n := 0
	for _, one := range s.world.Sent() {
		if one.Text == text {
			n++
		}
	}
	return n
}

func TestOutsideSystemSpeaksGivesWorkAndWakesPeople(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "")
		_, token := s.hook(false, community.HookScopes...)
		if got := s.calls("/hook/"+token, `{"text":"订单 1042 已发货"}`); got.Status != 202 || !got.OK || got.Posted.Group != "周末徒步群" || got.Posted.Level != community.Native {
			t.Errorf("message = %+v", got)
		}
		await(t, func() bool { return s.spoken("订单 1042 已发货") == 1 })
		if got := s.calls("/hook", `{"kind":"task","group":"周末徒步群","text":"给张三补发一张券","due":120}`, "Authorization", "Bearer "+token); got.Status != 202 || got.Posted.Action == "" {
			t.Errorf("task = %+v", got)
		}
		await(t, func() bool {
			tasks, _, err := s.desk.FindTasks(t.Context(), community.TaskFilter{})
			return err == nil && len(tasks) == 1 && tasks[0].Verb == community.Todo && tasks[0].Text == "给张三补发一张券" && tasks[0].Due < time.Now().Add(3*time.Hour).UnixMilli()
		})
		got := s.calls("/hook/"+token, `{"kind":"alarm","text":"支付回调失败"}`)
		id, err := community.ParseID(got.Posted.Alarm)
		check(t, err)
		al, err := s.app.Store().AlarmOf(t.Context(), s.org, "hook:"+id.String())
		if err != nil || al.Kind != duty.KindHook || al.Detail != "支付回调失败" {
			t.Errorf("alarm = %+v, %v", al, err)
		}
		trail, _, err := s.desk.FindAudit(t.Context(), community.AuditFilter{})
		check(t, err)
		verbs := map[string]int{}
		for _, a := range trail {
			verbs[a.Verb]++
		}
		if verbs["bot.act"] != 2 || verbs["hook.alarm"] != 1 {
			t.Errorf("audit = %v, want two acts and an alarm", verbs)
		}
	})
}

func TestKeyMakesARepeatedCallHaveItsEffectOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "")
		_, token := s.hook(false, community.BotSend)
		first := s.calls("/hook/"+token, `{"text":"一次"}`, "Idempotency-Key", "order-1")
		again := s.calls("/hook/"+token, `{"text":"一次"}`, "Idempotency-Key", "order-1")
		if first.Status != 202 || first.Repeated || again.Status != 202 || !again.Repeated || again.Posted != first.Posted {
			t.Errorf("answers = %+v, %+v; want the same, the second marked", first, again)
		}
		if got := s.calls("/hook/"+token, `{"text":"别的"}`, "Idempotency-Key", "order-1"); got.Status != 409 || got.Code != community.CodeConflict {
			t.Errorf("another body under the key = %+v, want a conflict", got)
		}
		if got := s.calls("/hook/"+token, `{"text":"","kind":"message"}`, "Idempotency-Key", "order-2"); got.Status != 400 {
			t.Errorf("an empty one = %+v", got)
		}
		if got := s.calls("/hook/"+token, `{"text":"好了"}`, "Idempotency-Key", "order-2"); got.Status != 202 || got.Repeated {
			t.Errorf("after a refusal the key may be used: %+v", got)
		}
		await(t, func() bool { return s.spoken("好了") == 1 && s.spoken("一次") > 0 })
		if n := s.spoken("一次"); n != 1 {
			t.Errorf("said %d times, want once", n)
		}
	})
}

func TestSignedHookRefusesForgedOldAndReplayedCalls(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "")
		b, token := s.hook(true, community.BotSend)
		body := `{"text":"签过名"}`
		sign := func(at time.Time, key, over string) []string {
			stamp := strconv.FormatInt(at.Unix(), 10)
			return []string{"X-Qunluo-Timestamp", stamp, "X-Qunluo-Signature", hook.Sign(key, stamp, []byte(over))}
		}
		good := sign(time.Now(), b.Secret, body)
		for name, tc := range map[string]struct {
			headers []string
			status  int
			code    community.Code
		}{
			"none":       {nil, 401, community.CodeForbidden},
			"wrong key":  {sign(time.Now(), "qls_X", body), 401, community.CodeForbidden},
			"other body": {sign(time.Now(), b.Secret, body+" "), 401, community.CodeForbidden},
			"old":        {sign(time.Now().Add(-6*time.Minute), b.Secret, body), 403, community.CodeClock},
			"future":     {sign(time.Now().Add(6*time.Minute), b.Secret, body), 403, community.CodeClock},
			"no time":    {[]string{"X-Qunluo-Timestamp", "soon", "X-Qunluo-Signature", "sha256=00"}, 400, community.CodeBadInput},
		} {
			if got := s.calls("/hook/"+token, body, tc.headers...); got.Status != tc.status || got.Code != tc.code || got.Message["zh"] == "" || got.Message["en"] == "" {
				t.Errorf("%s = %+v, want %d %s", name, got, tc.status, tc.code)
			}
		}
		if got := s.calls("/hook/"+token, body, good...); got.Status != 202 {
			t.Errorf("rightly signed = %+v", got)
		}
		if got := s.calls("/hook/"+token, body, good...); got.Status != 409 {
			t.Errorf("replayed = %+v, want a conflict", got)
		}
		if got := s.calls("/hook/"+token, body, append(good, "Idempotency-Key", "mine")...); got.Status != 409 {
			t.Errorf("replayed under a key of somebody else's = %+v, want a conflict", got)
		}
		s.restart()
		var got heard
		await(t, func() bool { // hooks are read soon after the start; before that nobody is told that the token is wrong
			got = s.calls("/hook/"+token, body, good...)
			return got.Status != http.StatusServiceUnavailable
		})
		if got.Status != 409 {
			t.Errorf("replayed after a restart = %+v, want a conflict", got)
		}
		await(t, func() bool { return s.spoken("签过名") == 1 })

		keyed := append(sign(time.Now().Add(time.Second), b.Secret, body), "X-Request-Id", "r-1")
		first, again := s.calls("/hook/"+token, body, keyed...), s.calls("/hook/"+token, body, keyed...)
		if first.Status != 202 || first.Repeated || again.Status != 202 || !again.Repeated {
			t.Errorf("signed under a key = %+v, again %+v; want the answer repeated", first, again)
		}
		bad := `{"text":"  "}`
		failed := sign(time.Now(), b.Secret, bad)
		for range 2 {
			if got := s.calls("/hook/"+token, bad, failed...); got.Status != 400 {
				t.Errorf("what comes to nothing may come again: %+v", got)
			}
		}
	})
}

func TestHookRefusesWhatItMayNotOrCannotRead(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "")
		_, token := s.hook(false, community.BotSend)
		_, bot := s.attach(community.Bot{})
		for name, tc := range map[string]struct {
			path, body string
			status     int
			field      string
			headers    []string
		}{
			"no token":        {"/hook", `{"text":"x"}`, 401, "", nil},
			"wrong token":     {"/hook/qlk_NOBODY", `{"text":"x"}`, 403, "", nil},
			"a bot's token":   {"/hook/" + bot, `{"text":"x"}`, 403, "", nil},
			"empty":           {"/hook/" + token, ``, 400, "", nil},
			"half":            {"/hook/" + token, `{"text":"x`, 400, "", nil},
			"list":            {"/hook/" + token, `[1]`, 400, "", nil},
			"two":             {"/hook/" + token, `{"text":"x"}{"text":"y"}`, 400, "", nil},
			"number":          {"/hook/" + token, `{"text":5}`, 400, "text", nil},
			"misspelt":        {"/hook/" + token, `{"txet":"x"}`, 400, "", nil},
			"no UTF-8":        {"/hook/" + token, "{\"text\":\"\xff\"}", 400, "", nil},
			"NUL":             {"/hook/" + token, `{"text":"a\u0000b"}`, 400, "text", nil},
			"blank":           {"/hook/" + token, `{"text":"  "}`, 400, "text", nil},
			"kind":            {"/hook/" + token, `{"kind":"ban","text":"x"}`, 400, "kind", nil},
			"no such group":   {"/hook/" + token, `{"group":"别人的群","text":"x"}`, 404, "group", nil},
			"beyond scope":    {"/hook/" + token, `{"kind":"alarm","text":"x"}`, 403, "kind", nil},
			"long":            {"/hook/" + token, `{"text":"` + strings.Repeat("长", 4001) + `"}`, 413, "text", nil},
			"huge":            {"/hook/" + token, `{"text":"` + strings.Repeat("x", 1<<20) + `"}`, 413, "", nil},
			"image of a file": {"/hook/" + token, `{"text":"x","image":"file:///etc/passwd"}`, 400, "image", nil},
			"due":             {"/hook/" + token, `{"text":"x","due":5}`, 400, "due", nil},
			"form":            {"/hook/" + token, `text=x`, 415, "", []string{"Content-Type", "application/x-www-form-urlencoded"}},
			"key":             {"/hook/" + token, `{"text":"x"}`, 400, "", []string{"Idempotency-Key", strings.Repeat("k", 200)}},
		} {
			got := s.calls(tc.path, tc.body, tc.headers...)
			if got.Status != tc.status || got.OK || got.Code == "" || got.Field != tc.field || got.Message["zh"] == "" || got.Message["en"] == "" {
				t.Errorf("%s = %+v, want %d about %q", name, got, tc.status, tc.field)
			}
		}
		if len(s.world.Sent()) != 0 {
			t.Errorf("something was said: %+v", s.world.Sent())
		}
		if got := s.asBot(token); got != http.StatusForbidden {
			t.Errorf("a hook's token at the bots' door = %d, want 403", got)
		}
		resp, err := http.Get(s.base + "/hook/" + token)
		check(t, err)
		resp.Body.Close()
		if resp.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("GET = %d, want 405", resp.StatusCode)
		}
	})
}

func TestFreezeHoldsHooksButNotWorkForPeople(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "")
		b, token := s.hook(false, community.HookScopes...)
		hands := s.app.Hands(s.org, nil)
		check(t, hands.Freeze(t.Context(), "test", 0, true, "停"))
		if got := s.calls("/hook/"+token, `{"text":"x"}`); got.Status != 423 || got.Code != community.CodeFrozen {
			t.Errorf("frozen = %+v", got)
		}
		if got := s.calls("/hook/"+token, `{"kind":"task","text":"看一下"}`); got.Status != 202 {
			t.Errorf("task while frozen = %+v", got)
		}
		await(t, func() bool {
			tasks, _, err := s.desk.FindTasks(t.Context(), community.TaskFilter{})
			return err == nil && len(tasks) == 1
		})
		seen, err := hands.TryHook(t.Context(), b.ID, community.Post{Text: "试试"}, false)
		if err != nil || seen.Group != "周末徒步群" || s.spoken("试试") != 0 {
			t.Errorf("try = %+v, %v", seen, err)
		}
		_, fresh, err := hands.RotateHook(t.Context(), "test", b.ID, "换")
		check(t, err)
		if old, now := s.calls("/hook/"+token, `{"kind":"task","text":"旧"}`), s.calls("/hook/"+fresh, `{"kind":"task","text":"新"}`); old.Status != 403 || now.Status != 202 {
			t.Errorf("after rotating: old %d, new %d", old.Status, now.Status)
		}
	})
}

// asBot is the status that a token gets at the bots' door.
func (s *site) asBot(token string) int {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.base+"/north/onebot/v11/get_login_info", strings.NewReader("{}"))
	check(s.t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	check(s.t, err)
	check(s.t, resp.Body.Close())
	return resp.StatusCode
}
