package console

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestHeldAccountSaysWhenWhyAndWhatToDo: its page and the lists say so, and the owner's word, with a reason, lets it go.
func TestHeldAccountSaysWhenWhyAndWhatToDo(t *testing.T) {
	h := newHouse()
	h.accounts[0].Restricted, h.accounts[0].RestrictedWhy = fakeNow.UnixMilli()-3600_000, "账号异常\u202e<b>"
	path := "/connections/" + h.accounts[0].ID.String()
	v := open(t, h).as("owner")
	_, page := v.get(path)
	for _, want := range []string{"2026-11-23 15:00", "账号异常", "&lt;b&gt;", "恢复使用", "申诉"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(page, "\u202e") {
		t.Error("the platform's words turn the page's writing round")
	}
	if _, list := v.get("/connections"); !strings.Contains(list, "被平台限制") {
		t.Error("the list does not say that the platform holds the account back")
	}
	v.post(path + "/release")
	if slices.ContainsFunc(h.did, func(s string) bool { return strings.Contains(s, "unrestrict") }) {
		t.Error("it was let go without a reason")
	}
	v.post(path+"/release", "reason", "手机上能发言了")
	if !slices.ContainsFunc(h.did, func(s string) bool { return strings.Contains(s, "unrestrict account 1: 手机上能发言了") }) {
		t.Errorf("did %q", h.did)
	}
	if _, page := v.get(path); strings.Contains(page, "申诉") {
		t.Error("the page still says that it is held back")
	}
	m := open(t, h).as("mod")
	if status, _ := m.post(path+"/release", "reason", "我说可以"); status != http.StatusForbidden {
		t.Errorf("a moderator's word answers %d, want 403", status)
	}
}
