package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"qunluo/internal/browsertest"
	"qunluo/internal/community"
)

// TestNewcomerCaresForAWeChatGroupByHand walks it in a browser at both widths: a group from nothing with its code, its
// rules changed to what can be done there, members and talk pasted, the task done, and the removal seen in the next list.
func TestNewcomerCaresForAWeChatGroupByHand(t *testing.T) {
	browsertest.Need(t)
	t.Parallel()
	for _, width := range []int64{1440, 390} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			s := startShift(t, "", "")
			w := look(t, s.base, width, "zh-CN")
			w.signIn("ming")
			careByHand(w, s)
			w.silent()
		})
	}
}

func careByHand(w *screen, s *shift) {
	w.open("/groups")
	w.press(`a[href="/groups/new"]`)
	w.put("name", "宝妈一群")
	w.put("most", "400")
	w.shot("hand-new")
	w.press(`form button.btn-primary`)
	w.wants("the group and its code", "success")
	w.shot("hand-code")
	slug := w.eval(`(document.body.innerText.match(/\/j\/[A-Za-z0-9_-]+/) || [""])[0]`)
	if res, err := http.Get(s.base + slug); slug == "" || err != nil || res.StatusCode >= 500 {
		w.t.Errorf("the code's address %q answers %v %v", slug, res, err)
	} else {
		check(w.t, res.Body.Close())
	}
	rows, _, err := s.desk.FindGroups(w.t.Context(), community.GroupFilter{Platform: "wechat"})
	check(w.t, err)
	if len(rows) != 1 || len(rows[0].Accounts) != 0 {
		w.t.Fatalf("groups: %+v", rows)
	}
	id := rows[0].ID.String()
	rulesByHand(w, "/rules/"+id)
	w.open("/groups/" + id)
	w.shot("hand-group")
	w.tap(`[popovertarget="mode"]:not([popovertargetaction])`)
	w.eval(`(document.querySelector("#mode [name=reason]").value = "按同事商量的", "")`)
	w.press(`#mode button[type=submit]`)
	if rows, _, err = s.desk.FindGroups(w.t.Context(), community.GroupFilter{Platform: "wechat"}); err != nil || rows[0].Mode != community.Live {
		w.t.Fatalf("the rules do not act: %v %+v", err, rows)
	}
	pasteByHand(w, "/groups/"+id, "roster", "小满妈\n发票王\n大刘\n阿敏")
	now := time.Now().In(time.FixedZone("", 8*3600))
	day := now.Format("2006-01-02 15:04")
	pasteByHand(w, "/groups/"+id, "talk", "小满妈 "+day+"\n早上好\n\n发票王 "+day+"\n动动手指赚钱，加V领取资料\n\n发票王 "+day+"\n动动手指赚钱，日入三千\n\n发票王 "+day+"\n刷单返利，动动手指赚钱")
	await(w.t, func() bool {
		tasks, _, err := s.desk.FindTasks(w.t.Context(), community.TaskFilter{})
		for _, k := range tasks {
			if k.Verb == community.Remove {
				return true
			}
		}
		return err != nil
	})
	w.open("/inbox")
	w.shot("hand-inbox")
	if got := w.eval(`document.querySelector("main").innerText`); !strings.Contains(got, "发票王") || !strings.Contains(got, "点“－”") && !strings.Contains(got, "移出") {
		w.t.Errorf("the inbox does not say how to remove 发票王: %s", got)
	}
	w.open("/m")
	w.shot("hand-phone")
	w.press(`nav a[href="/m/paste"]`)
	w.press(`main a[href="/m/paste/` + id + `"]`)
	w.put("kind", "roster")
	w.put("text", "小满妈\n大刘\n阿敏")
	w.press(`main form button.btn-primary`)
	w.shot("hand-difference")
	if got := w.eval(`document.querySelector("main").innerText`); !strings.Contains(got, "退群") || !strings.Contains(got, "发票王") {
		w.t.Errorf("the difference: %s", got)
	}
	w.press(`form[action$="/save"] button`)
	w.shot("hand-saved")
	tasks, _, err := s.desk.FindTasks(w.t.Context(), community.TaskFilter{State: "done"})
	check(w.t, err)
	if len(tasks) != 1 || tasks[0].Verb != community.Remove {
		w.t.Errorf("closed by the list: %+v", tasks)
	}
	showAbilities(w)
}

// showAbilities looks at the matrix, and opens the public page of it as a stranger would.
func showAbilities(w *screen) {
	w.open("/connections/abilities")
	w.shot("hand-matrix")
	if got := w.eval(`document.querySelector("main").textContent`); !strings.Contains(got, "宝妈一群") || !strings.Contains(got, "群助手") {
		w.t.Error("the matrix lacks the group or the account")
	}
	w.open("/settings")
	w.tap(`form[action="/settings/abilities"] input[name="on"]`)
	w.press(`form[action="/settings/abilities"] button`)
	w.wants("the page is public", "success")
	w.open(w.eval(`new URL(document.querySelector('a[href*="/abilities/"]').href).pathname`))
	w.shot("hand-public")
	if got := w.eval(`document.body.innerText`); !strings.Contains(got, "WeChat") && !strings.Contains(got, "微信") || !strings.Contains(got, "warn") && !strings.Contains(got, "警告") || strings.Contains(got, "宝妈一群") || strings.Contains(got, "群助手") {
		w.t.Errorf("the public page says %s", got)
	}
}

// rulesByHand begins with a preset, takes what is offered for what cannot be done, and publishes.
func rulesByHand(w *screen, at string) {
	w.open(at)
	w.press(`form:has([value="general"]) button`)
	w.wants("what cannot be done here", "danger")
	w.shot("hand-rules")
	w.press(`#degrade button`)
	w.wants("one click takes the offer", "success")
	if w.eval(`!!document.querySelector("#degrade")`) == "true" {
		w.t.Error("it is still offered")
	}
	w.tap(`[popovertarget="publish"]`)
	w.eval(`(document.querySelector("#publish [name=reason]").value = "第一版", "")`)
	w.press(`#publish button[type=submit]`)
	w.wants("published", "success")
	w.open(at)
	first := w.eval(`[...document.querySelectorAll("article[id^=rule-]")].length`)
	if first == "0" {
		w.t.Error("no rules")
	}
	for _, rule := range strings.Fields(w.eval(`[...document.querySelectorAll("article[id^=rule-]")].map(e => e.id).join(" ")`)) {
		if w.eval(`document.querySelector('#`+rule+` button[value=live]').getAttribute("aria-pressed")`) != "true" {
			w.press(`#` + rule + ` button[value="live"]`)
		}
	}
	if w.eval(`!!document.querySelector('[popovertarget="publish"]')`) == "true" {
		w.tap(`[popovertarget="publish"]`)
		w.eval(`(document.querySelector("#publish [name=reason]").value = document.querySelector("#publish [name=move_none]").value = "全部打开", "")`)
		w.press(`#publish button[type=submit]`)
		w.wants("published again", "success")
	}
}

// pasteByHand pastes, looks at the difference and saves.
func pasteByHand(w *screen, at, kind, text string) {
	w.open(at)
	w.press(`#channel a[href$="kind=` + kind + `"]`)
	w.put("text", text)
	w.shot("hand-paste-" + kind)
	w.press(`main form button.btn-primary`)
	w.shot("hand-preview-" + kind)
	w.press(`form[action$="/save"] button`)
	w.wants("saved "+kind, "success")
}
