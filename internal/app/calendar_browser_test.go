package app_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"qunluo/internal/app"
	"qunluo/internal/browsertest"
	"qunluo/internal/community"
	"qunluo/internal/console"
	"qunluo/internal/plan"
)

// TestTomorrowIsFilledInThreeClicks counts them: the menu, the button in tomorrow's column, the confirmation. Then an item is put on
// the next day by the keyboard.
func TestTomorrowIsFilledInThreeClicks(t *testing.T) {
	browsertest.Need(t)
	p := startPlanner(t, "")
	ctx := t.Context()
	const password = "a-long-enough-password-1"
	_, err := p.app.Store().SaveUser(ctx, "test", community.User{Org: p.org, Login: "ming", Name: "小明", Role: "owner", Lang: "zh-CN", Enabled: true, Hash: console.HashPassword(password)}, "")
	check(t, err)
	_, err = p.app.Calendars(p.org, nil).AddTopic(ctx, p.lin, plan.Topic{Title: "记书", Text: "你最近读的一本书是什么？哪一句话让你停下来？", Class: plan.Useful, Format: "article"})
	check(t, err)
	doors, err := p.app.Handler(app.Doors{})
	check(t, err)
	web := httptest.NewServer(doors)
	t.Cleanup(web.Close)
	w := look(t, web.URL, 1440, "zh-CN")
	w.open("/signin")
	w.put("login", "ming")
	w.put("password", password)
	w.press("button.btn-primary")
	clicks := 0
	click := func(css string) { clicks++; w.press(css) }
	click(`a[href="/calendar"]`)
	w.shot("calendar-empty")
	click(`[data-day="2026-11-28"] .calendar-fill`)
	w.shot("calendar-fill")
	click(`main form button.btn-primary`)
	w.wants("filling", "success")
	w.shot("calendar-filled")
	if got := w.eval(`document.querySelector('[data-day="2026-11-28"]').innerText`); clicks > 3 || !strings.Contains(got, "记书") || !strings.Contains(got, "等批准") {
		t.Errorf("after %d clicks tomorrow says %s", clicks, got)
	}
	at := w.eval(`(() => { const i = document.querySelector('[data-day="2026-11-28"] [data-item]'); i.focus(); return i.dataset.item; })()`)
	w.eval(`(setTimeout(() => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight", altKey: true, bubbles: true})), 0), "")`)
	await(t, func() bool {
		id, err := community.ParseID(at)
		check(t, err)
		i, err := p.app.Calendars(p.org, nil).Item(ctx, id)
		check(t, err)
		return i.Date == "2026-11-29" && i.State == plan.ItemDraft
	})
	w.open("/calendar?view=week&at=2026-11-28")
	if got := w.eval(fmt.Sprintf(`document.querySelector('[data-item=%q]').closest("[data-day]").dataset.day`, at)); got != "2026-11-29" {
		t.Errorf("the item stands on %s", got)
	}
	w.shot("calendar-week")
	w.open("/calendar/" + at)
	w.shot("calendar-item")
	w.silent()
}
