package console

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/i18n"
)

// said reports whether something was asked of the house.
func (h *house) asked(words string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.ContainsFunc(h.did, func(s string) bool { return strings.Contains(s, words) })
}

// TestDutyPageTellsWhoAndWhenNobody: who is on now, the gaps, every alarm, the hand-over.
func TestDutyPageTellsWhoAndWhenNobody(t *testing.T) {
	h := newHouse()
	_, body := open(t, h).as("mod").get("/duty")
	for _, want := range []string{"现在值班", "没人", "交接", "押金群有两单待退", "收到", "一键封控", "测试告警", "直播答疑加人", "等人去做 1", "原本就禁言 1"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(body, `action="/duty/settings"`) {
		t.Error("a moderator is offered the owner's settings")
	}
	if _, home := open(t, h).as("owner").get("/"); !strings.Contains(home, "值班：") {
		t.Error("the top bar does not say who is on duty")
	}
}

// TestShiftsAreAddedSwappedAndUndone, with a sentence for what is wrong.
func TestShiftsAreAddedSwappedAndUndone(t *testing.T) {
	h := newHouse()
	v := open(t, h).as("mod")
	anna := fakeID(1).String()
	_, body := v.post("/duty/shifts", "user", anna, "weekday", "2", "start", "08:00", "end", "20:00")
	if !h.asked("shift "+anna+" 08:00 20:00") || !strings.Contains(body, "/duty/undo/"+fakeID(650).String()) {
		t.Errorf("adding a shift: %v, no way back", h.did)
	}
	if _, body = v.post("/duty/undo/" + fakeID(650).String()); !h.asked("undo-duty") || !strings.Contains(body, "已撤销") {
		t.Errorf("undo: %v", h.did)
	}
	v.post("/duty/changes", "stretch", fakeID(600).String()+"@2026-11-23", "user", fakeID(2).String())
	if !h.asked("change 2026-11-23 " + fakeID(600).String()) {
		t.Errorf("swap: %v", h.did)
	}
	for want, form := range map[string][]string{
		"时间没有看懂": {"/duty/shifts", "user", anna, "weekday", "2", "start", "早上", "end", "20:00"},
		"请选星期几":  {"/duty/shifts", "user", anna, "weekday", "9", "start", "08:00", "end", "20:00"},
		"请选一位":   {"/duty/shifts", "weekday", "1", "start", "08:00", "end", "20:00"},
		"日期不对":   {"/duty/changes", "user", anna, "date", "明天", "start", "08:00", "end", "20:00"},
		"交接不能是空": {"/duty/notes", "text", "  "},
	} {
		if status, body := v.post(form[0], form[1:]...); status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%v = %d, does not say %q", form, status, want)
		}
	}
	if status, _ := v.post("/duty/shifts/" + fakeID(600).String() + "/remove"); status != http.StatusOK || !h.asked("unshift") {
		t.Errorf("removing = %d, %v", status, h.did)
	}
}

// TestAlarmPageTimesEveryStep and says in words why a way failed.
func TestAlarmPageTimesEveryStep(t *testing.T) {
	h := newHouse()
	v := open(t, h).as("mod")
	_, body := v.get("/duty/alarms/" + fakeID(630).String())
	for _, want := range []string{"告警出现", "轮到 林晓", "通知 林晓 没有成功（邮件）", "已通知 林晓（Webhook）", "从 林晓 转到下一位", "时间到了没有回应", "企业微信应用消息", "收到"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if _, body = v.get("/duty/alarms/" + fakeID(631).String()); !strings.Contains(body, "哪些时间的聊天没有收到") || !strings.Contains(body, "Go 语言学习交流群") || !strings.Contains(body, "平台说账号受限") {
		t.Error("the page of a lost account does not say which minutes are missing")
	}
	if _, body = v.post("/duty/alarms/" + fakeID(630).String() + "/ack"); !h.asked("ack "+fakeID(2).String()) || !strings.Contains(body, "已收到") {
		t.Errorf("acknowledging: %v", h.did)
	}
	if status, body := v.post("/duty/alarms/" + fakeID(632).String() + "/ack"); status != http.StatusOK || strings.Contains(body, "已收到") {
		t.Errorf("acknowledging what is over = %d", status)
	}
	if status, _ := v.get("/duty/alarms/" + fakeID(999).String()); status != http.StatusNotFound {
		t.Errorf("an alarm that is none = %d", status)
	}
}

// TestLockdownSaysWhomItAffectsFirst: number of groups and people, what a person must do by hand, and a reason.
func TestLockdownSaysWhomItAffectsFirst(t *testing.T) {
	h := newHouse()
	v := open(t, h).as("mod")
	_, body := v.get("/duty/lockdown?tag=&hours=2")
	for _, want := range []string{"3 个群", "441 人", "做不到全员禁言", "开始封控"} {
		if !strings.Contains(body, want) {
			t.Errorf("the question does not say %q", want)
		}
	}
	if _, body = v.post("/duty/lockdown", "g", fakeID(20).String(), "hours", "2"); h.asked("lock ") || !strings.Contains(body, "请写下封控的原因") {
		t.Errorf("without a reason: %v", h.did)
	}
	if _, body = v.post("/duty/lockdown", "g", fakeID(20).String(), "hours", "2", "reason", "诈骗链接"); !h.asked("lock 诈骗链接") || !strings.Contains(body, "/duty/lockdown/"+fakeID(640).String()+"/off") {
		t.Errorf("with a reason: %v", h.did)
	}
	if _, body = v.get("/duty/lockdown?tag=none"); !strings.Contains(body, "alert") {
		t.Error("groups that are not there give no sentence")
	}
}

// TestWaysAreSetAndSecretsStay: a secret is never shown, and kept when the field stays empty.
func TestWaysAreSetAndSecretsStay(t *testing.T) {
	h := newHouse()
	v := open(t, h).as("mod")
	v.post("/me/notify", "kind0", duty.ByWebhook, "address0", "https://example.com/hook", "secret0", "s3cret", "kind1", duty.ByMail, "address1", "a@example.com")
	_, body := v.post("/me/notify", "kind0", duty.ByWebhook, "address0", "https://example.com/hook", "secret0", "", "kind1", duty.ByGroup, "group1", fakeID(20).String())
	if !strings.Contains(body, "已保存") || strings.Contains(body, "s3cret") {
		t.Error("saving says nothing, or shows the secret")
	}
	for want, form := range map[string][]string{
		"地址没有填对": {"kind0", duty.ByMail, "address0", "nobody"},
		"请填密钥":   {"kind0", duty.ByWebhook, "address0", "https://example.com/other"},
	} {
		if status, body := v.post("/me/notify", form...); status != http.StatusUnprocessableEntity || !strings.Contains(body, want) {
			t.Errorf("%v = %d, does not say %q", form, status, want)
		}
	}
	if status, _ := v.get("/users/" + fakeID(1).String() + "/notify"); status != http.StatusForbidden {
		t.Errorf("a moderator sees how the owner is told: %d", status)
	}
}

// TestPhoneNeedsALinkOrASession and gives a device a moderator's rights, though it is the owner's.
func TestPhoneNeedsALinkOrASession(t *testing.T) {
	h := newHouse()
	v := open(t, h)
	if _, body := v.get("/m"); !strings.Contains(body, `name="password"`) {
		t.Error("a stranger sees the phone's page")
	}
	if status, _ := v.get("/m/in/bad"); status != http.StatusForbidden {
		t.Errorf("a bad link = %d", status)
	}
	if status, body := v.post("/m/in/good"); status != http.StatusOK || !strings.Contains(body, "m-tabs") {
		t.Fatalf("the link = %d", status)
	}
	if status, body := v.get("/users"); status != http.StatusOK || !strings.Contains(body, `name="password"`) {
		t.Errorf("the device opens the owner's pages: %d", status)
	}
	_, body := v.get("/m")
	for _, want := range []string{"移出", "做不到", "转交下一位", "收到", "核对", "复制"} {
		if !strings.Contains(body, want) {
			t.Errorf("the phone does not say %q", want)
		}
	}
	if status, body := v.post("/m/tasks/"+fakeID(300).String()+"/refuse", "reason", ""); status != http.StatusOK || strings.Contains(body, "已记为") {
		t.Errorf("a refusal without reason = %d", status)
	}
	v.post("/m/tasks/" + fakeID(300).String() + "/hand-on")
	v.post("/m/review/" + fakeID(200).String() + "/kept")
	if !h.asked("task-hand-on "+fakeID(1).String()) || !h.asked("kept") {
		t.Errorf("done = %v", h.did)
	}
	if status, _ := v.post("/m/tasks/" + fakeID(300).String() + "/eat"); status != http.StatusNotFound {
		t.Errorf("a step nobody knows = %d", status)
	}
	if _, body := v.post("/m/out"); !strings.Contains(body, `name="password"`) {
		t.Error("leaving does not end it")
	}
}

// TestHeldActionIsReleasedFromThePhone: what waits for a person's word gets it in one tap, or is declined with a reason.
func TestHeldActionIsReleasedFromThePhone(t *testing.T) {
	h := newHouse()
	h.tasks[0].Action.Hold = "removal_cap"
	id := h.tasks[0].ID.String()
	v := open(t, h).as("mod")
	if _, body := v.get("/m"); !strings.Contains(body, "/m/tasks/"+id+"/release") || !strings.Contains(body, "不放行") {
		t.Error("the phone offers neither to release nor to decline what is held")
	}
	v.post("/m/tasks/" + id + "/release")
	if h.tasks[0].State != "expired" {
		t.Errorf("the task is %s, want its wait over", h.tasks[0].State)
	}
	if _, body := open(t, newHouse()).as("mod").get("/m"); strings.Contains(body, "/release") {
		t.Error("what is not held can be released")
	}
}

// TestStepsAreExactPerPlatform: plain WeChat cannot mute one person, and its notice is the owner's and admins' alone.
func TestStepsAreExactPerPlatform(t *testing.T) {
	h := newHouse()
	for i := range h.groups {
		h.groups[i].Platform = "wechat"
	}
	v := open(t, h).as("mod")
	_, body := v.get("/m")
	for _, want := range []string{"微信群不能单独禁言一个人", "只有群主和管理员能发公告", "点成员列表下的“－”"} {
		if !strings.Contains(body, want) {
			t.Errorf("the card does not say %q", want)
		}
	}
	k := &call{Words: (&Console{words: mustWords(t)}).words.In("zh-CN")}
	for _, verb := range append(slices.Clone(community.Verbs), community.TakeOver, community.HandOver, community.MoveOut) {
		for _, p := range []community.Platform{"wechat", "wecom", "qq", "telegram"} {
			if len(taskSteps(k, p, verb)) == 0 {
				t.Errorf("%s on %s has no steps", verb, p)
			}
		}
	}
}

// TestPhoneControlsAreLargeEnough: at 390 px nothing one presses is lower than 44 px.
func TestPhoneControlsAreLargeEnough(t *testing.T) {
	browser := browse(t)
	h := newHouse()
	v := open(t, h)
	signIn(t, browser, v.base, "mod")
	w := newWindow(t, browser, 390)
	for _, page := range []string{"/m", "/m/review", "/m/duty"} {
		if wrong := w.visit(v.base+page, ""); wrong != "" {
			t.Errorf("%s: %s", page, wrong)
		}
		small, err := chromedp.Run(w.ctx, chromedp.Evaluate[string](`[...document.querySelectorAll("button,summary,nav a,input:not([type=hidden]),textarea")].filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 44).map(e => e.outerHTML.slice(0, 80) + " " + Math.round(e.getBoundingClientRect().height)).join("; ")`))
		if err != nil || small != "" {
			t.Errorf("%s: lower than 44 px: %s, %v", page, small, err)
		}
	}
}

func mustWords(t *testing.T) *i18n.Catalogue {
	t.Helper()
	words, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	return words
}
