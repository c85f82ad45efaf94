package console

import (
	"strings"
	"testing"
)

// TestMatrixShowsEveryAccountAndGroup: platform, account and group as rows, verbs as columns, how we know and how often;
// filters narrow it, also to what cannot be done.
func TestMatrixShowsEveryAccountAndGroup(t *testing.T) {
	h := newHouse()
	h.groups[2].Accounts, h.groups[2].Platform = nil, "wechat"
	h.accounts[0].Restricted = fakeNow.UnixMilli()
	v := open(t, h).as("mod")
	_, page := v.get("/connections/abilities")
	for _, want := range []string{"小助手", "演练场", h.groups[0].Name, "经 小助手", "人工通道", "被平台限制", "sticky-top", "撤回消息", "d-md-none", "平台不允许"} {
		if !strings.Contains(page, want) {
			t.Errorf("the matrix does not say %q", want)
		}
	}
	if strings.Contains(page, "s3cret-token") {
		t.Error("the matrix tells a secret")
	}
	if _, page = v.get("/connections/abilities?verb=member.mute"); strings.Contains(page, `<th scope="col" class="text-wrap">撤回消息`) || !strings.Contains(page, "禁言") {
		t.Error("asked for one verb, it shows others")
	}
	if _, page = v.get("/connections/abilities?level=none&verb=member.mute&q=" + h.groups[2].Name); !strings.Contains(page, h.groups[2].Name) {
		t.Error("a group of plain WeChat can mute?")
	}
	if _, list := v.get("/connections"); !strings.Contains(list, "/connections/abilities") {
		t.Error("nothing leads to the matrix")
	}
}

// TestPublicPageIsSwitchedInSettings, by an owner.
func TestPublicPageIsSwitchedInSettings(t *testing.T) {
	h := newHouse()
	v := open(t, h).as("owner")
	v.post("/settings/abilities", "on", "1")
	if !h.public.On || h.public.Names {
		t.Errorf("set to %+v", h.public)
	}
	if _, page := v.get("/settings"); !strings.Contains(page, "/abilities/"+fakeID(9).String()) {
		t.Error("the settings do not tell the page's address")
	}
	v.post("/settings/abilities", "names", "1")
	if h.public.On || !h.public.Names {
		t.Errorf("set to %+v", h.public)
	}
	if status, _ := open(t, h).as("mod").post("/settings/abilities", "on", "1"); status != 403 {
		t.Errorf("a moderator's switch answers %d", status)
	}
}
