package app_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"qunluo/internal/app"
	"qunluo/internal/browsertest"
	"qunluo/internal/community"
	"qunluo/internal/connect/wecom/wecomtest"
	"qunluo/internal/console"
	"qunluo/internal/measure"
)

// choose puts a picture that the page itself draws into a field for files.
func (w *screen) choose(name string, files ...string) {
	w.t.Helper()
	got := w.eval(fmt.Sprintf(`(() => { const e = document.querySelector('[name=%q]'); if (!e) return "no field"; const all = new DataTransfer();
 for (const [i, name] of %s.entries()) { const c = document.createElement("canvas"); c.width = 480; c.height = 300; const g = c.getContext("2d"); g.fillStyle = ["#2a7", "#27a", "#a52"][i %% 3]; g.fillRect(0, 0, 480, 300); g.fillStyle = "#fff"; g.fillRect(40 + 30 * i, 60, 200, 120);
  const raw = atob(c.toDataURL("image/png").split(",")[1]); all.items.add(new File([Uint8Array.from(raw, x => x.charCodeAt(0))], name, {type: "image/png"})); }
 e.files = all.files; return ""; })()`, name, "["+`"`+strings.Join(files, `","`)+`"`+"]"))
	if got != "" {
		w.t.Fatalf("choose %s: %s", name, got)
	}
}

// TestSendsAreMadeAndFollowedInABrowser walks a mass send with pictures, a moment and the readings of articles at both widths.
func TestSendsAreMadeAndFollowedInABrowser(t *testing.T) {
	browsertest.Need(t)
	t.Parallel()
	for _, width := range []int64{1440, 390} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			c := startCompany(t, "", "week")
			const password = "a-long-enough-password-1"
			_, err := c.app.Store().SaveUser(t.Context(), "test", community.User{Org: c.org, Login: "ming", Name: "小明", Role: "owner", Lang: "zh-CN", Enabled: true, Hash: console.HashPassword(password)}, "")
			check(t, err)
			doors, err := c.app.Handler(app.Doors{})
			check(t, err)
			web := httptest.NewServer(doors)
			t.Cleanup(web.Close)
			w := look(t, web.URL, width, "zh-CN")
			w.open("/signin")
			w.put("login", "ming")
			w.put("password", password)
			w.press("button.btn-primary")
			massInBrowser(w, c)
			momentInBrowser(w, c)
			articlesInBrowser(w, c)
			w.silent()
		})
	}
}

func massInBrowser(w *screen, c *company) {
	w.open("/broadcasts/new")
	w.put("text", "周六读书会，西门集合。带上第三章，海报里有路线。")
	w.put("link", "https://q.example/c")
	w.put("link_title", "报名")
	w.choose("files", "海报.png", "路线.png")
	w.press(`button[formaction="/broadcasts/estimate"]`)
	w.shot("send-estimate")
	if got := w.eval(`document.querySelector("main").innerText`); !strings.Contains(got, "海报.png") || !strings.Contains(got, "wecom-confirm") || !strings.Contains(got, "可以发送") {
		w.t.Errorf("the estimate says %s", got)
	}
	w.press(`form .btn-list button.btn-primary`)
	w.wants("the mass send", "success")
	await(w.t, func() bool {
		return c.asked("周六读书会，西门集合。带上第三章，海报里有路线。") == "li wr6; wang wr1,wr2,wr3; zhao wr4,wr5"
	})
	c.corp.Tap(c.of("wang", "周六读书会，西门集合。带上第三章，海报里有路线。").ID, "wr2")
	c.look()
	at := w.eval(`location.pathname`)
	await(w.t, func() bool {
		w.open(at)
		return strings.Contains(w.eval(`document.querySelector("main").innerText`), "个附件都已发出")
	})
	w.shot("send-results")
	w.open("/inbox")
	w.eval(`(document.querySelectorAll("article.task details").forEach(d => { d.open = true }), "")`)
	w.shot("send-inbox")
	if got := w.eval(`document.querySelector("main").innerText`); !strings.Contains(got, "读书4群 等 2 个群") || !strings.Contains(got, "读书5群") || !strings.Contains(got, "海报.png") {
		w.t.Errorf("the inbox says %s", got)
	}
	w.open("/m")
	w.eval(`(document.querySelectorAll("article details").forEach(d => d.open = true), "")`)
	w.shot("send-phone")
	if got := w.eval(`document.body.innerText`); !strings.Contains(got, "读书5群") || !strings.Contains(got, "路线.png") {
		w.t.Errorf("the phone says %s", got)
	}
}

func momentInBrowser(w *screen, c *company) {
	c.corp.AddContact("owner", wecomtest.Contact{ID: "wm0", Name: "书友0"})
	w.open("/moments")
	w.shot("send-moments-empty")
	w.press(`main a[href$="/new"]`)
	w.put("text", "周六读书会，西门集合。")
	w.put("employees", "owner, helper")
	w.put("tags", "意向/高")
	w.choose("files", "一.png", "二.png", "三.png")
	w.shot("send-moment-form")
	w.press(`form .btn-list button.btn-primary`)
	w.wants("the moment", "success")
	id := c.corp.Moments()[0].ID
	c.corp.Publish(id, "owner")
	c.corp.React(id, []string{"wm0", "wm1", "wm3"}, []string{"wm0"})
	w.answer("read_now", "reading the reactions")
	w.open("/moments")
	w.shot("send-moments")
	w.press(`main a[href*="/post?m="]`)
	w.shot("send-moment")
	if got := w.eval(`document.querySelector("main").innerText`); !strings.Contains(got, "1 / 2 已发表") || !strings.Contains(got, "书友0") || !strings.Contains(got, "等确认") {
		w.t.Errorf("the moment says %s", got)
	}
}

func articlesInBrowser(w *screen, c *company) {
	n := openNewsroom(w.t)
	last := measure.DaysToAsk(nil, c.app.Now(), articleZone)
	n.tell(last[0].String(), article("1_1", "第三章导读", 120, 180)+","+article("1_2", "征稿：写给第一次参加读书会的人", 40, 44))
	n.tell(last[3].String(), article("1_1", "第三章导读", 20, 31))
	n.refuse[last[2].String()] = `{"errcode":61500,"errmsg":"date format error"}`
	account := publish(w.t, c.app, c.org, n.URL, "service", true)
	publish(w.t, c.app, c.org, n.URL, "subscription", false)
	check(w.t, c.app.Articles(c.org).Read(w.t.Context(), account.Key))
	w.open("/articles")
	w.shot("send-articles")
	if got := w.eval(`document.querySelector("main").innerText`); !strings.Contains(got, "第三章导读") || !strings.Contains(got, "问过，平台没给") || !strings.Contains(got, "这个账号做不到的") || !strings.Contains(got, "按人（经我们的短链）") {
		w.t.Errorf("the articles say %s", got)
	}
}
