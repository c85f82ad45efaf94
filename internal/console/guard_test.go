package console

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/plan"
)

func TestLimitsAreShownChangedAndPutBack(t *testing.T) {
	h := furnished()
	h.audit = append(h.audit, community.Audit{ID: fakeID(900), Org: 1, At: fakeNow.UnixMilli(), User: "cli", Verb: "setting.set", Subject: plan.LimitsSubject, Reason: "活动多",
		Before: []byte(`{"quiet_from":"22:30","quiet_to":"08:00","per_day":1,"per_week":7,"per_member":5,"member_share":30,"late":10,"give_up":24,"remind":2}`),
		After:  []byte(`{"quiet_from":"22:30","quiet_to":"08:00","per_day":2,"per_week":7,"per_member":5,"member_share":30,"late":10,"give_up":24,"remind":2}`)})
	v := open(t, h).as("owner")
	_, body := v.get("/broadcasts/limits")
	for _, want := range []string{"22:30", "免打扰从", "wechat-inducement", "2019-10-28", "未核实", "活动多", "改回这次之前", "&#34;per_day&#34;:1"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(body, "&#34;per_week&#34;:7") {
		t.Error("what did not change is listed as changed")
	}
	good := url.Values{"quiet_from": {"21:00"}, "quiet_to": {"09:00"}, "per_day": {"3"}, "per_week": {"7"}, "per_member": {"5"}, "member_share": {"30"}, "late": {"10"}, "give_up": {"24"}, "remind": {"0"}, "reason": {"早睡"}}
	for name, bad := range map[string][2]string{"clock": {"quiet_from", "9点"}, "number": {"per_day", "many"}, "huge": {"give_up", "999999"}} {
		form := url.Values{}
		for k, v := range good {
			form[k] = v
		}
		form.Set(bad[0], bad[1])
		if status, body := post(v, "/broadcasts/limits", form); status != 200 || !strings.Contains(body, bad[1]) || !strings.Contains(body, "is-invalid") {
			t.Errorf("%s = %d; want the form again with what was written", name, status)
		}
	}
	if _, body := post(v, "/broadcasts/limits", good); len(h.did) != 0 || !strings.Contains(body, "在哪个群看") || !strings.Contains(body, "还没有改") {
		t.Errorf("limits changed without a word on their figure: %q", h.did)
	}
	good.Set("move", "leaves")
	good.Set("move_days", "28")
	if post(v, "/broadcasts/limits", good); len(h.did) != 0 {
		t.Errorf("limits changed with a figure of no group: %q", h.did)
	}
	good.Set("move_g", h.groups[0].ID.String())
	post(v, "/broadcasts/limits", good)
	post(v, "/broadcasts/limits/undo", url.Values{"audit": {fakeID(900).String()}, "reason": {"太多"}})
	post(v, "/broadcasts/limits/undo", url.Values{"audit": {"nothing"}})
	if len(h.did) != 2 || !strings.Contains(h.did[0], "21:00 QuietTo:09:00 PerDay:3") || !strings.HasSuffix(h.did[0], "早睡") || !strings.Contains(h.did[1], "PerDay:1") || !strings.HasSuffix(h.did[1], "太多") {
		t.Errorf("did %q, want the change and what was before the older one", h.did)
	}
	if status, _ := open(t, furnished()).as("mod").get("/broadcasts/limits/edit"); status != 403 {
		t.Errorf("a moderator's way to change limits = %d, want 403", status)
	}
}

func TestLinkRulesAreEditedOneByOne(t *testing.T) {
	h := furnished()
	v := open(t, h).as("owner")
	if _, body := v.get("/broadcasts/links?rule=abroad"); !strings.Contains(body, "t.me") || !strings.Contains(body, "删掉这条规则") {
		t.Error("the rule's form does not show its hosts, or cannot drop it")
	}
	if status, _ := v.get("/broadcasts/links?rule=none"); status != 404 {
		t.Errorf("an unknown rule = %d, want 404", status)
	}
	n := len(plan.DefaultLinkRules())
	good := url.Values{"id": {"own"}, "since": {"2026-12-01"}, "kind": {"host"}, "hosts": {"bad.example\r\nworse.example"}, "refuse": {"1"}, "reason_zh": {"不许"}, "reason_en": {"no"}, "instead_zh": {"换"}, "instead_en": {"other"}, "reason": {"新规"}}
	bad := url.Values{"id": {"own"}, "since": {"some day"}, "kind": {"host"}}
	if status, body := post(v, "/broadcasts/links", bad); status != 200 || !strings.Contains(body, "some day") {
		t.Errorf("a bad rule = %d; want the form again", status)
	}
	post(v, "/broadcasts/links", good)
	post(v, "/broadcasts/links/drop", url.Values{"was": {"abroad"}})
	post(v, "/broadcasts/links/reset", url.Values{"reason": {"重来"}})
	want := []string{"%d link rules: 新规", "%d link rules: ", "0 link rules: 重来"}
	want[0], want[1] = strings.Replace(want[0], "%d", strconv.Itoa(n+1), 1), strings.Replace(want[1], "%d", strconv.Itoa(n-1), 1)
	if !slices.Equal(h.did, want) {
		t.Errorf("did %q, want %q", h.did, want)
	}
}

// TestWhatNoDatabaseKeepsIsLeftOut: bytes that are no text, in an address or a form, never reach the rooms.
func TestWhatNoDatabaseKeepsIsLeftOut(t *testing.T) {
	values := url.Values{"q": {"a\x00b", "好\xff"}, "fine": {"好 😀"}}
	if !storable(values) || values["q"][0] != "ab" || values["q"][1] != "好\uFFFD" || values["fine"][0] != "好 😀" || storable(values) {
		t.Errorf("values = %q", values)
	}
	h := furnished()
	v := open(t, h).as("owner")
	post(v, "/broadcasts", url.Values{"text": {"今晚\x00直播\xff"}})
	if want := "send \"今晚直播\uFFFD\" at 0 to {[] [] }, force \"\""; !slices.Contains(h.did, want) {
		t.Errorf("did %q, want %q", h.did, want)
	}
	if status, body := v.get("/groups?q=%00%ff"); status != 200 || strings.Contains(body, "\x00") {
		t.Errorf("a search for bytes = %d", status)
	}
}
