package app_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"qunluo/client"
	"qunluo/internal/community"
)

// program makes a key for a user of a role and gives a client that uses it.
func (s *site) program(role string, scopes ...string) *client.Client {
	s.t.Helper()
	ctx := s.t.Context()
	if need, err := s.app.Store().NeedsSetup(ctx); err != nil || need { // no organisation is without an owner
		check(s.t, err)
		_, err = s.app.Store().SaveUser(ctx, "test", community.User{Org: s.org, Login: "owner", Role: "owner", Enabled: true}, "")
		check(s.t, err)
	}
	u, err := s.app.Store().UserByLogin(ctx, role)
	if community.CodeOf(err) == community.CodeNotFound {
		u, err = s.app.Store().SaveUser(ctx, "test", community.User{Org: s.org, Login: role, Name: role, Role: role, Enabled: true}, "")
	}
	check(s.t, err)
	k := community.Token{User: u.ID, Name: "测试", Expires: time.Now().Add(time.Hour).UnixMilli()}
	for _, text := range scopes {
		sc, err := community.ParseTokenScope(text)
		check(s.t, err)
		k.Scopes = append(k.Scopes, sc)
	}
	_, secret, err := s.app.Tokens(s.org).Make(ctx, "test", k, "试")
	check(s.t, err)
	return &client.Client{Base: s.base, Token: secret, Tries: 1}
}

// asked sends one raw call and gives the answer with its body.
func (s *site) asked(c *client.Client, method, path, body string, headers ...string) (*http.Response, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, c.Base+"/api/v1"+path, strings.NewReader(body))
	check(s.t, err)
	req.Header.Set("Authorization", "Bearer "+c.Token)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	check(s.t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	check(s.t, err)
	return resp, string(raw)
}

func codeOf(err error) string {
	var p *client.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}

type thing struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Text       string `json:"text"`
	Number     int64  `json:"number"`
	State      string `json:"state"`
	Verb       string `json:"verb"`
	DoneBy     string `json:"done_by"`
	Resolution string `json:"resolution"`
	Decision   string `json:"decision"`
}

// TestProgramGoesTheWholeWay reads groups, members and messages, has something said that only a person can say, closes the task,
// mutes, and takes that back.
func TestProgramGoesTheWholeWay(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "")
		ctx := t.Context()
		c := s.program("owner", "all:admin")
		var groups client.Page[thing]
		check(t, c.Get(ctx, "/groups", nil, &groups))
		if groups.Total != 1 || len(groups.Items) != 1 || groups.Items[0].Name != "周末徒步群" {
			t.Fatalf("groups = %+v", groups)
		}
		group := groups.Items[0].ID
		var one thing
		check(t, c.Get(ctx, "/groups/"+group, nil, &one))
		var people []string
		for m, err := range client.All[thing](ctx, c, "/members", url.Values{"group": {group}, "limit": {"2"}}) {
			check(t, err)
			people = append(people, m.Name)
		}
		if one.ID != group || len(people) != 5 {
			t.Errorf("group = %+v, members = %v; want five, two at a time", one, people)
		}
		for _, text := range []string{"早上好", "明天去爬山吗", "去"} {
			s.say("20001", text)
		}
		var said []string
		await(t, func() bool {
			said = nil
			for m, err := range client.All[thing](ctx, s.program("owner", "content:read"), "/messages", url.Values{"group": {group}, "limit": {"2"}}) {
				check(t, err)
				said = append(said, m.Text)
			}
			return len(said) == 3
		})
		if strings.Join(said, ",") != "去,明天去爬山吗,早上好" {
			t.Errorf("messages = %v, want the newest first", said)
		}

		var members client.Page[thing]
		check(t, c.Get(ctx, "/members", url.Values{"group": {group}, "text": {"老周"}}, &members))
		if len(members.Items) != 1 {
			t.Fatalf("members called 老周 = %+v", members)
		}
		mute := map[string]any{"group": group, "reason": "刷屏", "seconds": 600}
		var done, again thing
		check(t, c.Post(ctx, "/members/"+members.Items[0].ID+"/mute", "mute-1", mute, &done))
		check(t, c.Post(ctx, "/members/"+members.Items[0].ID+"/mute", "mute-1", mute, &again))
		if done.Decision == "" || again != done {
			t.Errorf("muted = %+v, again = %+v; want the same decision", done, again)
		}
		mute["seconds"] = 700
		if err := c.Post(ctx, "/members/"+members.Items[0].ID+"/mute", "mute-1", mute, nil); codeOf(err) != "conflict" {
			t.Errorf("another mute under the key = %v, want a conflict", err)
		}
		var decisions client.Page[thing]
		check(t, c.Get(ctx, "/decisions", nil, &decisions))
		if decisions.Total != 1 || decisions.Items[0].ID != done.Decision {
			t.Errorf("decisions = %+v, want the one mute", decisions)
		}
		await(t, func() bool {
			var actions client.Page[thing]
			check(t, s.program("owner", "order:read").Get(ctx, "/actions", url.Values{"decision": {done.Decision}}, &actions))
			return len(actions.Items) == 1 && (actions.Items[0].State == "confirmed" || actions.Items[0].State == "acked")
		})
		var undone thing
		check(t, c.Post(ctx, "/decisions/"+done.Decision+"/undo", "", map[string]string{"reason": "弄错了"}, &undone))
		if undone.Resolution != "undone" {
			t.Errorf("after the undo = %+v", undone)
		}
		if err := c.Post(ctx, "/decisions/"+done.Decision+"/undo", "", map[string]string{"reason": "弄错了"}, nil); codeOf(err) != "conflict" {
			t.Errorf("undone twice = %v, want a conflict", err)
		}
	})
}

// TestWhatNoConnectionCanDoIsATaskThatProgramsClose has a platform that can do nothing.
func TestWhatNoConnectionCanDoIsATaskThatProgramsClose(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "message.send=human")
		ctx := t.Context()
		c := s.program("moderator", "people:act", "order:act")
		var groups client.Page[thing]
		check(t, c.Get(ctx, "/groups", nil, &groups))
		check(t, c.Post(ctx, "/groups/"+groups.Items[0].ID+"/send", "", map[string]string{"text": "今晚八点见", "reason": "通知"}, nil))
		var tasks client.Page[thing]
		await(t, func() bool {
			check(t, s.program("moderator", "order:read").Get(ctx, "/tasks", nil, &tasks))
			return len(tasks.Items) == 1
		})
		var me struct {
			User string `json:"user_id"`
		}
		check(t, c.Get(ctx, "/me", nil, &me))
		task := tasks.Items[0]
		if task.Verb != string(community.Send) || task.Text != "今晚八点见" {
			t.Errorf("task = %+v", task)
		}
		check(t, c.Post(ctx, "/tasks/"+task.ID+"/claim", "", map[string]string{}, &task))
		if task.State != "claimed" {
			t.Errorf("claimed = %+v", task)
		}
		check(t, c.Post(ctx, "/tasks/"+task.ID+"/done", "", map[string]string{"note": "发了"}, &task))
		if task.State != "done" || task.DoneBy != me.User {
			t.Errorf("done = %+v, want by %s", task, me.User)
		}
		if err := c.Post(ctx, "/tasks/"+task.ID+"/done", "", map[string]string{}, nil); codeOf(err) != "conflict" {
			t.Errorf("done twice = %v, want a conflict", err)
		}
	})
}

// TestTokenOpensNoMoreThanItsScopesAndItsUser tries keys that are wrong, ended, narrow, or of somebody with fewer rights.
func TestTokenOpensNoMoreThanItsScopesAndItsUser(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "")
		ctx := t.Context()
		group := s.group.ID.String()
		refused := func(what string, c *client.Client, method, path, body string, status int) {
			t.Helper()
			resp, raw := s.asked(c, method, path, body, "Idempotency-Key", "k")
			if resp.StatusCode != status || resp.Header.Get("Content-Type") != "application/problem+json" || !strings.Contains(raw, `"request_id":"`) {
				t.Errorf("%s = %d %s, want %d", what, resp.StatusCode, raw, status)
			}
		}
		bad := &client.Client{Base: s.base, Token: "qlk_NOBODY"}
		refused("unknown", bad, "GET", "/groups", "", 401)
		refused("narrow: another area", s.program("owner", "people:admin"), "GET", "/messages", "", 403)
		refused("narrow: reading only", s.program("owner", "people:read"), "POST", "/groups/"+group+"/send", `{"text":"x","reason":"y"}`, 403)
		refused("narrow: no settings", s.program("owner", "people:act"), "POST", "/groups/"+group+"/mode", `{"mode":"live","reason":"y"}`, 403)
		refused("a moderator's own rights", s.program("moderator", "all:admin"), "POST", "/groups/"+group+"/mode", `{"mode":"live","reason":"y"}`, 403)

		c := s.program("moderator", "all:read")
		check(t, c.Get(ctx, "/groups", nil, nil))
		list, err := s.app.Tokens(s.org).List(ctx)
		check(t, err)
		if list[0].LastUsed == 0 {
			t.Errorf("last use of %s is not noted", list[0].Name)
		}
		u, err := s.app.Store().UserByLogin(ctx, "moderator")
		check(t, err)
		u.Enabled = false
		_, err = s.app.Store().SaveUser(ctx, "test", u, "")
		check(t, err)
		refused("a user who may no longer sign in", c, "GET", "/groups", "", 401)

		mine := s.program("owner", "all:read")
		list, err = s.app.Tokens(s.org).List(ctx)
		check(t, err)
		check(t, s.app.Tokens(s.org).Revoke(ctx, "test", list[0].ID, "丢了"))
		refused("revoked", mine, "GET", "/groups", "", 401)
		if _, raw := s.asked(s.program("owner", "system:read"), "GET", "/audit?verb=token.revoke", ""); strings.Contains(raw, "qlk_") || strings.Contains(raw, list[0].Hash) {
			t.Errorf("the trail holds a secret: %s", raw)
		}
	})
}

// TestBadInputIsSaidPlaceByPlace sends what cannot be read, too much, or not what the operation wants.
func TestBadInputIsSaidPlaceByPlace(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "")
		send := "/groups/" + s.group.ID.String() + "/send"
		good := `{"text":"好","reason":"试"}`
		c := s.program("owner", "all:admin")
		for name, tc := range map[string]struct {
			method, path, body string
			status             int
			about              string
			headers            []string
		}{
			"no key":          {"POST", send, good, 422, "header.Idempotency-Key", []string{"Idempotency-Key", ""}},
			"a strange key":   {"POST", send, good, 422, "header.Idempotency-Key", []string{"Idempotency-Key", strings.Repeat("k", 101)}},
			"half":            {"POST", send, `{"text":"x`, 422, "body", nil},
			"nothing":         {"POST", send, ``, 422, "body", nil},
			"list":            {"POST", send, `[1]`, 422, "body", nil},
			"wrong type":      {"POST", send, `{"text":5,"reason":"试"}`, 422, "body.text", nil},
			"missing":         {"POST", send, `{"text":"x"}`, 422, "body", nil},
			"misspelt":        {"POST", send, `{"txet":"x","text":"x","reason":"y"}`, 422, "body.txet", nil},
			"empty":           {"POST", send, `{"text":"","reason":"y"}`, 422, "body.text", nil},
			"NUL":             {"POST", send, `{"text":"a\u0000b","reason":"y"}`, 422, "body", nil},
			"no UTF-8":        {"POST", send, "{\"text\":\"\xff\",\"reason\":\"y\"}", 422, "body", nil},
			"huge":            {"POST", send, `{"text":"` + strings.Repeat("x", 3<<20) + `","reason":"y"}`, 413, "", nil},
			"a form":          {"POST", send, `text=x`, 415, "", []string{"Content-Type", "application/x-www-form-urlencoded"}},
			"no id":           {"GET", "/groups/none", "", 422, "path.id", nil},
			"no such group":   {"GET", "/groups/" + strings.Repeat("0", 22), "", 404, "", nil},
			"no such page":    {"GET", "/groups?cursor=xyz", "", 422, "query.cursor", nil},
			"too many":        {"GET", "/groups?limit=1000", "", 422, "query.limit", nil},
			"no number":       {"GET", "/groups?limit=many", "", 422, "query.limit", nil},
			"no such filter":  {"GET", "/groups?colour=red", "", 422, "query.colour", nil},
			"no such order":   {"GET", "/groups?sort=colour", "", 422, "", nil},
			"no such way":     {"DELETE", "/groups", "", 405, "", nil},
			"nowhere":         {"GET", "/nothing", "", 404, "", nil},
			"no time":         {"GET", "/messages?from=yesterday", "", 422, "query.from", nil},
			"no such verdict": {"GET", "/decisions?verdict=bad", "", 422, "query.verdict", nil},
		} {
			headers := append([]string{"Idempotency-Key", "k-" + strings.ReplaceAll(name, " ", "-")}, tc.headers...)
			resp, raw := s.asked(c, tc.method, tc.path, tc.body, headers...)
			if resp.StatusCode != tc.status || resp.Header.Get("Content-Type") != "application/problem+json" || tc.about != "" && !strings.Contains(raw, `"location":"`+tc.about+`"`) || !strings.Contains(raw, `"code":"`) {
				t.Errorf("%s = %d %s, want %d about %q", name, resp.StatusCode, raw, tc.status, tc.about)
			}
		}
		if got := len(s.world.Sent()); got != 0 {
			t.Errorf("%d things were said, want none", got)
		}
	})
}

// TestOneKeyIsOneEffectHoweverManyAsk sends the same call many times at once.
func TestOneKeyIsOneEffectHoweverManyAsk(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "")
		c := s.program("owner", "people:act")
		var wg sync.WaitGroup
		var mu sync.Mutex
		bodies := map[string]int{}
		for range 12 {
			wg.Go(func() {
				resp, raw := s.asked(c, "POST", "/groups/"+s.group.ID.String()+"/send", `{"text":"只说一次","reason":"试"}`, "Idempotency-Key", "one")
				mu.Lock()
				defer mu.Unlock()
				if resp.StatusCode == 200 {
					bodies[raw]++
				} else if resp.StatusCode != 409 {
					t.Errorf("answered %d %s", resp.StatusCode, raw)
				}
			})
		}
		wg.Wait()
		if len(bodies) != 1 {
			t.Errorf("answers = %v, want one and the same", bodies)
		}
		resp, raw := s.asked(c, "POST", "/groups/"+s.group.ID.String()+"/send", `{"text":"只说一次","reason":"试"}`, "Idempotency-Key", "one")
		if resp.Header.Get("Idempotency-Replayed") != "true" || bodies[raw] == 0 {
			t.Errorf("asked again = %d %s, want the first answer", resp.StatusCode, raw)
		}
		await(t, func() bool { return s.spoken("只说一次") > 0 })
		var decisions client.Page[thing]
		check(t, s.program("owner", "order:read").Get(t.Context(), "/decisions", nil, &decisions))
		if n := s.spoken("只说一次"); n != 1 || decisions.Total != 1 {
			t.Errorf("said %d times in %d decisions, want once", n, decisions.Total)
		}
	})
}

// TestTooManyCallsAreToldWhenToComeAgain uses a key up.
func TestTooManyCallsAreToldWhenToComeAgain(t *testing.T) {
	s := startSite(t, "", "")
	c := s.program("owner", "all:read")
	for n := range 200 {
		resp, raw := s.asked(c, "GET", "/me", "")
		if resp.StatusCode == 429 {
			if n < 60 || resp.Header.Get("Retry-After") == "" || !strings.Contains(raw, `"code":"limited"`) {
				t.Errorf("call %d = 429 %s, want none of the first sixty refused, and Retry-After", n, raw)
			}
			return
		}
	}
	t.Error("200 calls at once were all answered")
}

// TestDescriptionNeedsNoTokenAndNothingFromOutside reads the OpenAPI document.
func TestDescriptionNeedsNoTokenAndNothingFromOutside(t *testing.T) {
	s := startSite(t, "", "")
	for _, path := range []string{"/openapi.json", "/docs"} {
		resp, err := http.Get(s.base + "/api/v1" + path)
		check(t, err)
		raw, err := io.ReadAll(resp.Body)
		check(t, errors.Join(err, resp.Body.Close()))
		if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/json" || !bytes.Contains(raw, []byte(`"openapi": "3.1.0"`)) || bytes.Contains(raw, []byte("http://")) || bytes.Contains(raw, []byte("https://")) {
			t.Errorf("%s = %d %s", path, resp.StatusCode, resp.Header.Get("Content-Type"))
		}
	}
}
