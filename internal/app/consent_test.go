package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"qunluo/internal/browsertest"
	"qunluo/internal/cli"
	"qunluo/internal/community"
)

// owner sets a served house up and signs in.
func owner(t *testing.T, base, setup string) *person {
	t.Helper()
	const password = "a-long-enough-password-1"
	p := newPerson(t, base)
	path := strings.TrimPrefix(setup, base)
	code, _ := p.send(path, path, url.Values{"org": {"读书会"}, "login": {"ming"}, "name": {"小明"}, "password": {password}, "again": {password}})
	if code != http.StatusOK {
		t.Fatalf("set-up answered %d", code)
	}
	p = newPerson(t, base)
	if code, _ := p.send("/signin", "/signin", url.Values{"login": {"ming"}, "password": {password}}); code != http.StatusOK {
		t.Fatalf("sign-in answered %d", code)
	}
	return p
}

// TestPersonalWeChatIsAddedOnlyByWhoTakesTheRisk is the console's way to it, on both databases.
func TestPersonalWeChatIsAddedOnlyByWhoTakesTheRisk(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		a, doors := serve(t, dbURL)
		p := owner(t, doors.URL, doors.Setup)
		const page = "/connections/new?kind=wechaty"
		code, body := p.get(page)
		for _, want := range []string{"永久封禁", `name="accept_risk"`, "愿意承担", "绝不用群主本人的号"} {
			if code != http.StatusOK || !strings.Contains(body, want) {
				t.Errorf("the form (%d) lacks %s", code, want)
			}
		}
		if strings.Contains(body, `name="accept_risk" value="1" checked`) {
			t.Error("the consent is given before anybody gave it")
		}
		fields := func() url.Values {
			return url.Values{"_name": {"小号"}, "endpoint": {"127.0.0.1:1"}, "token": {"puppet_test_1"}, "rate": {"6"}}
		}
		org, err := a.Store().Org(t.Context(), "", false)
		check(t, err)
		desk := a.Store().For(community.Scope{Org: org})
		code, body = p.send(page, page, fields())
		if all, err := desk.Accounts(t.Context()); code != http.StatusUnprocessableEntity || !strings.Contains(body, "不勾选就不能添加") || err != nil || len(all) != 0 {
			t.Errorf("without consent: %d with %d accounts (%v), want 422, the reason and none", code, len(all), err)
		}
		given := fields()
		given.Set("accept_risk", "1")
		if code, body = p.send(page, page, given); code != http.StatusOK || !strings.Contains(body, "已添加 小号") {
			t.Fatalf("with consent: %d %s", code, excerpt(body))
		}
		rows, _, err := desk.FindAudit(t.Context(), community.AuditFilter{Verb: "account.save"})
		check(t, err)
		if len(rows) != 1 || rows[0].Reason != "读过封号风险，愿意承担" || strings.Contains(string(rows[0].After), "puppet_test_1") {
			t.Errorf("audit = %+v, want who took the risk, without the token", rows)
		}
	})
}

// TestSatoriAccountIsOnItsOwnPlatform is the console's way to a gateway.
func TestSatoriAccountIsOnItsOwnPlatform(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		_, doors := serve(t, dbURL)
		p := owner(t, doors.URL, doors.Setup)
		const page = "/connections/new?kind=satori"
		fields := url.Values{"_name": {"飞书小助手"}, "url": {"http://127.0.0.1:1/satori"}, "token": {"t"}, "platform": {"feishu"}, "rate": {"30"}}
		code, body := p.send(page, page, fields)
		if code != http.StatusOK || !strings.Contains(body, ">飞书<") {
			t.Fatalf("adding: %d, want its page with the platform; %s", code, excerpt(body))
		}
		if _, list := p.get("/connections"); !strings.Contains(list, "Satori 网关(多平台) · 飞书") {
			t.Error("the list of connections does not say which platform this is")
		}
		_, rest, _ := strings.Cut(body, `action="/connections/`)
		id, _, _ := strings.Cut(rest, `"`)
		id, _, _ = strings.Cut(id, "/")
		await(t, func() bool {
			_, body = p.get("/connections/" + id)
			return strings.Contains(body, "连不上网关 http://127.0.0.1:1/satori")
		})
		fields.Set("platform", "discord")
		if _, body = p.send("/connections/"+id, "/connections/"+id, fields); !strings.Contains(body, "请另加一个连接") {
			t.Errorf("moved to another platform: %s", excerpt(body))
		}
		fields.Set("platform", "a b")
		if code, body = p.send("/connections/"+id, "/connections/"+id, fields); code != http.StatusUnprocessableEntity || !strings.Contains(body, "要填平台的名字") {
			t.Errorf("no platform's name: %d %s", code, excerpt(body))
		}
	})
}

// TestCommandLineAsksForTheSameConsent is the command line's way to both.
func TestCommandLineAsksForTheSameConsent(t *testing.T) {
	both(t, func(t *testing.T, w terminal) {
		wechaty := []string{"account", "add", "wechaty", "小号", "--with", "endpoint=127.0.0.1:8788", "--with", "token=puppet_test_1", "--disabled"}
		code, _, talk := w.types(t, wechaty...)
		if code != cli.ExitFailed || !strings.Contains(talk, "banned for good") || !strings.Contains(talk, "--accept-risk") {
			t.Errorf("without consent: exit %d %q, want the risk and how to take it", code, talk)
		}
		var added struct{ Connector, Platform string }
		w.must(t, &added, append(wechaty, "--accept-risk")...)
		if added.Connector != "wechaty" || added.Platform != "wechat" {
			t.Errorf("added %+v", added)
		}
		if code, _, _ := w.types(t, "account", "add", "sim", "演练", "--accept-risk"); code != cli.ExitUsage {
			t.Errorf("a consent nobody asks for: exit %d, want usage", code)
		}
		w.must(t, &added, "account", "add", "satori", "飞书", "--with", "url=http://127.0.0.1:1/satori", "--with", "platform=feishu", "--disabled")
		if added.Platform != "lark" {
			t.Errorf("added %+v, want it on lark", added)
		}
		code, _, talk = w.types(t, "account", "set", "飞书", "--with", "platform=discord")
		if code != cli.ExitFailed || !strings.Contains(talk, "add another connection") {
			t.Errorf("moved to another platform: exit %d %q", code, talk)
		}
	})
}

// TestGatewayFormsWorkInABrowser fills in both forms as a person does. Nothing may stick out.
func TestGatewayFormsWorkInABrowser(t *testing.T) {
	browsertest.Need(t)
	t.Parallel()
	for lang, width := range map[string]int64{"zh-CN": 1440, "en": 390} {
		t.Run(lang, func(t *testing.T) {
			s := startShift(t, "", "")
			users, err := s.app.Store().Users(t.Context(), s.org)
			check(t, err)
			users[0].Lang = lang
			_, err = s.app.Store().SaveUser(t.Context(), "test", users[0], "")
			check(t, err)
			w := look(t, s.base, width, lang)
			w.signIn("ming")
			w.open("/connections")
			w.shot("connections")
			w.open("/connections/new?kind=wechaty")
			w.put("endpoint", "puppet.example:8788")
			w.put("token", "puppet_test_1")
			w.shot("wechaty-form")
			w.press(`main form button.btn-primary`)
			w.shot("wechaty-refused")
			w.wants("without fingerprint and consent", "danger")
			w.put("endpoint", "127.0.0.1:1")
			w.put("token", "puppet_test_1")
			w.tap(`[name=accept_risk]`)
			w.press(`main form button.btn-primary`)
			w.wants("personal WeChat", "success")
			w.shot("wechaty-added")
			w.open("/connections/new?kind=satori")
			w.put("url", "http://127.0.0.1:1/satori")
			w.put("platform", "lark")
			w.shot("satori-form")
			w.press(`main form button.btn-primary`)
			w.wants("a gateway", "success")
			await(t, func() bool {
				w.open(strings.TrimPrefix(w.eval("location.href"), s.base))
				return strings.Contains(w.eval("document.body.innerText"), "http://127.0.0.1:1/satori")
			})
			w.shot("satori-added")
		})
	}
}
