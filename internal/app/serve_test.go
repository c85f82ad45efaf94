package app_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"qunluo/internal/app"
	"qunluo/internal/community"
	"qunluo/internal/config"
	"qunluo/internal/console"
	"qunluo/internal/store/storetest"
)

// serve opens the doors of a house on a free port.
func serve(t *testing.T, dbURL string, changes ...func(*config.Config)) (*app.App, app.Served) {
	t.Helper()
	cfg := config.Config{DataDir: storetest.DataDir(t), Database: config.Database{URL: dbURL}, Server: config.Server{Listen: "127.0.0.1:0", LocalListen: "127.0.0.1:0"}}
	for _, change := range changes {
		change(&cfg)
	}
	a, err := app.Open(t.Context(), app.Options{Config: cfg})
	check(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ready, ended := make(chan app.Served, 1), make(chan error, 1)
	go func() { ended <- a.Serve(ctx, app.Doors{}, func(s app.Served) { ready <- s }) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		check(t, a.Close())
	})
	select {
	case s := <-ready:
		return a, s
	case <-time.After(20 * time.Second):
		t.Fatal("the doors did not open")
	}
	panic("unreachable")
}

// TestDoorThatIsTakenNamesItsSetting: a second server on one machine is told which address to change, in both languages.
func TestDoorThatIsTakenNamesItsSetting(t *testing.T) {
	_, first := serve(t, "")
	taken := strings.TrimPrefix(first.Local, "http://")
	for setting, server := range map[string]config.Server{
		"server.listen":       {Listen: taken},
		"server.local_listen": {Listen: "127.0.0.1:0", LocalListen: taken},
	} {
		a, err := app.Open(t.Context(), app.Options{Config: config.Config{DataDir: storetest.DataDir(t), Server: server}})
		check(t, err)
		err = a.Serve(t.Context(), app.Doors{}, func(app.Served) { t.Error("open") })
		said, ok := errors.AsType[interface {
			error
			Words() [2]string
		}](err)
		if !ok {
			t.Fatalf("%s: %v", setting, err)
		}
		for _, words := range said.Words() {
			if !strings.Contains(words, setting) || !strings.Contains(words, taken) {
				t.Errorf("%s: %s", setting, words)
			}
		}
		check(t, a.Close())
	}
}

// person is somebody at a browser without script.
type person struct {
	t    *testing.T
	base string
	http *http.Client
}

func newPerson(t *testing.T, base string) *person {
	jar, err := cookiejar.New(nil)
	check(t, err)
	return &person{t, base, &http.Client{Jar: jar}}
}

func (p *person) get(path string) (int, string) {
	p.t.Helper()
	res, err := p.http.Get(p.base + path)
	check(p.t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	check(p.t, err)
	return res.StatusCode, string(raw)
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)

// send fills in the form of a page and posts it, hidden fields and all.
func (p *person) send(page, to string, fields url.Values) (int, string) {
	p.t.Helper()
	_, body := p.get(page)
	for _, m := range hidden.FindAllStringSubmatch(body, -1) {
		if !fields.Has(m[1]) {
			fields.Set(m[1], m[2])
		}
	}
	res, err := p.http.PostForm(p.base+to, fields)
	check(p.t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	check(p.t, err)
	return res.StatusCode, string(raw)
}

// TestNewcomerSetsUpImportsAndSeesEveryPage is the first day with a fresh installation, on both databases.
func TestNewcomerSetsUpImportsAndSeesEveryPage(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		a, doors := serve(t, dbURL)
		ctx := t.Context()
		if doors.Setup == "" {
			t.Fatal("a fresh installation gave no set-up link")
		}
		p := newPerson(t, doors.URL)
		setup := strings.TrimPrefix(doors.Setup, doors.URL)
		password := "a-long-enough-password-1"
		code, body := p.send(setup, setup, url.Values{"org": {"读书会"}, "login": {"ming"}, "name": {"小明"}, "password": {password}, "again": {password}})
		if code != http.StatusOK || strings.Contains(body, `name="again"`) {
			t.Fatalf("set-up answered %d: %s", code, excerpt(body))
		}
		if code, _ := newPerson(t, doors.URL).get(setup); code == http.StatusOK {
			t.Errorf("the set-up link works a second time: %d", code)
		}
		p = newPerson(t, doors.URL)
		if code, body := p.send("/signin", "/signin", url.Values{"login": {"ming"}, "password": {password}}); code != http.StatusOK || !strings.Contains(body, "小明") {
			t.Fatalf("sign-in answered %d: %s", code, excerpt(body))
		}
		org, err := a.Store().Org(ctx, "", false)
		check(t, err)
		_, run, err := a.Import(ctx, "ming", org, console.ImportOrder{}, []string{history(t, 120)}, nil)
		check(t, err)
		check(t, a.Store().CatchUp(ctx))
		desk := a.Store().For(community.Scope{Org: org})
		g, err := desk.GroupByKey(ctx, run.Group)
		check(t, err)
		messages, _, err := desk.FindMessages(ctx, community.MessageFilter{Group: g.Key, Limit: 1})
		check(t, err)
		_, err = a.Hands(org, nil).SaveAccount(ctx, "ming", community.Account{Connector: "sim", Name: "模拟", Settings: []byte(`{"scene":"quiet"}`), Enabled: true}, "")
		check(t, err)
		accounts, err := desk.Accounts(ctx)
		check(t, err)
		pages := []string{"/", "/inbox", "/inbox?state=done", "/groups", "/groups?sort=members&desc=1", "/groups/" + g.ID.String(), "/groups.csv",
			"/members", "/members?group=" + g.ID.String(), "/members?never=1", "/members?sort=last_word", "/members?sort=messages&desc=1&group=" + g.ID.String(),
			"/members?sort=strikes&desc=1", "/members.csv", "/members/" + messages[0].MemberID.String(), "/messages", "/messages?q=" + url.QueryEscape("读第"),
			"/messages?q=" + url.QueryEscape("读"), "/messages?q=" + url.QueryEscape(`" OR 1=1 --'`), "/messages.csv",
			fmt.Sprintf("/messages/%s/%d", g.ID, messages[0].Number), "/review", "/review?state=all", "/strikes", "/rules", "/rules/" + g.ID.String(),
			"/rules/" + g.ID.String() + "/book", "/rules/" + g.ID.String() + "/test", "/rules/" + g.ID.String() + "/replay", "/rules/" + g.ID.String() + "/versions",
			"/rules/" + g.ID.String() + "/json", "/imports", "/imports/" + run.ID.String(), "/connections", "/connections/new?kind=onebot", "/connections/new?kind=sim",
			"/connections/" + accounts[0].ID.String(), "/users", "/users/new", "/me", "/audit", "/audit.csv", "/settings"}
		for _, path := range pages {
			if code, body := p.get(path); code != http.StatusOK {
				t.Errorf("GET %s = %d: %s", path, code, excerpt(body))
			}
		}
		for _, path := range []string{"/groups/xxx", "/members/-", "/messages/" + g.ID.String() + "/999999", "/nowhere"} {
			if code, _ := p.get(path); code != http.StatusNotFound {
				t.Errorf("GET %s = %d, want 404", path, code)
			}
		}
		if code, body := newPerson(t, doors.Local).get("/readyz"); code != http.StatusOK {
			t.Errorf("readyz = %d %s", code, body)
		}
		if _, body := newPerson(t, doors.Local).get("/metrics"); !strings.Contains(body, "qunluo_projection_lag") {
			t.Error("metrics tell nothing of the projections")
		}
	})
}

var tags = regexp.MustCompile(`(?s)<(script|style).*?</(script|style)>|<[^>]+>|\s+`)

func excerpt(body string) string {
	text := []rune(tags.ReplaceAllString(body, " "))
	return string(text[:min(len(text), 600)])
}

// TestReverseConnectionReachesTheBelt lets an implementation dial us, through the whole server.
func TestReverseConnectionReachesTheBelt(t *testing.T) {
	a, doors := serve(t, "")
	ctx := t.Context()
	org, err := a.Store().Org(ctx, "测试", false)
	check(t, err)
	account, err := a.Hands(org, nil).SaveAccount(ctx, "test", community.Account{Connector: "onebot", Name: "反向", Enabled: true,
		Settings: []byte(`{"mode":"reverse","token":"secret-token","self":"10000"}`)}, "")
	check(t, err)
	dial := func(token string) (*websocket.Conn, *http.Response, error) {
		return websocket.Dial(ctx, "ws"+strings.TrimPrefix(doors.URL, "http")+"/connect/"+account.ID.String()+"/", &websocket.DialOptions{HTTPHeader: http.Header{
			"X-Self-ID": {"10000"}, "X-Client-Role": {"Universal"}, "Authorization": {"Bearer " + token}}})
	}
	var conn *websocket.Conn
	await(t, func() bool {
		c, _, err := dial("secret-token")
		if err == nil {
			conn = c
		}
		return err == nil
	})
	defer conn.CloseNow()
	if c, _, err := dial("wrong"); err == nil {
		if _, _, err := c.Read(ctx); err == nil {
			t.Error("a wrong token was let in")
		}
	}
	frame := fmt.Sprintf(`{"time":%d,"self_id":10000,"post_type":"message","message_type":"group","sub_type":"normal","message_id":77,"group_id":500,"user_id":20001,`+
		`"message":"反向连接的第一句","raw_message":"反向连接的第一句","sender":{"user_id":20001,"nickname":"老周","role":"member"}}`, time.Now().Unix())
	check(t, conn.Write(ctx, websocket.MessageText, []byte(frame)))
	await(t, func() bool {
		rows, _, err := a.Store().For(community.Scope{Org: org}).FindMessages(ctx, community.MessageFilter{Text: "反向连接"})
		return err == nil && len(rows) == 1
	})
}

// TestRestartKeepsTheHouse closes a house in the middle of its life and opens it again.
func TestRestartKeepsTheHouse(t *testing.T) {
	dir := t.TempDir()
	cfg := config.Config{DataDir: dir}
	a, err := app.Open(t.Context(), app.Options{Config: cfg})
	check(t, err)
	org, err := a.Store().Org(t.Context(), "测试", false)
	check(t, err)
	_, run, err := a.Import(t.Context(), "cli", org, console.ImportOrder{}, []string{history(t, 40)}, nil)
	check(t, err)
	check(t, a.Close())
	check(t, os.Remove(filepath.Join(dir, "qunluo.views.db"))) // projections may be thrown away at any time
	a, err = app.Open(t.Context(), app.Options{Config: cfg})
	check(t, err)
	defer a.Close()
	check(t, a.Store().CatchUp(t.Context()))
	rows, _, err := a.Store().For(community.Scope{Org: org}).FindMessages(t.Context(), community.MessageFilter{Group: run.Group, Limit: 200})
	check(t, err)
	if len(rows) != 40 {
		t.Errorf("messages after the restart = %d, want 40", len(rows))
	}
}
