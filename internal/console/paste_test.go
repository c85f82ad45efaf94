package console

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"qunluo/internal/community"
)

// paste posts the form as a browser does.
func (v *visitor) paste(path string, fields ...string) (int, string) {
	v.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i+1 < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			v.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		v.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, v.base+path, &body)
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return v.send(req)
}

const pasteReportJSON = `{"dry_run":true,"rows":3,"added":1,"duplicates":1,"bad":1,"asked":{"live":true},"units":[{"run":{"format":"wechat-paste"},"messages":2,"rows":3,"added":1,"duplicates":1,"bad":1,` +
	`"preview":[{"at":1763870000000,"name":"小满妈","text":"早上好","known":true},{"at":1763870060000,"name":"\u202e发票王","text":"代开发票\n加我"}],"bad_rows":[{"place":1,"why":"before","text":"没有名字的话"}]}]}`

const rosterReportJSON = `{"dry_run":true,"rows":4,"added":1,"asked":{"live":true},"units":[{"run":{"format":"roster-names"},"rows":4,"added":1,"rosters":[{"at":1763870000000,"before":1763000000000,"members":3,"joined":1,"gone":1,` +
	`"samples":["+ 正经人","- 发票王"],"maybe_renamed":[{"from":"发票王","to":"正经人"}],"renamed":[{"from":"老周","to":"周老师"}]}]}]}`

// TestPastePageShowsTheDifferenceBeforeItSaves, on the desk and on the phone.
func TestPastePageShowsTheDifferenceBeforeItSaves(t *testing.T) {
	for _, root := range []string{"/groups/" + fakeID(20).String() + "/paste", "/m/paste/" + fakeID(20).String()} {
		h := newHouse()
		h.groups[0].Accounts = nil
		h.imports = []community.ImportRow{{Key: 1, ID: fakeID(500), Group: 1, Name: "粘贴聊天.txt", Format: "wechat-paste", State: "dry", Report: []byte(pasteReportJSON)}}
		v := openWith(t, h.fullDeps()).as("mod")
		_, form := v.get(root)
		if !strings.Contains(form, "2026-11-23 16:00") || !strings.Contains(form, `name="text"`) {
			t.Fatalf("%s: no form that knows the time", root)
		}
		_, page := v.paste(root, "_token", tokenField.FindStringSubmatch(form)[1], "kind", "talk", "at", "2026-11-23 15:59", "text", "小满妈 15:00\n早上好")
		if !h.asked(`wechat-paste zone "Asia/Shanghai" group 1 "" chats [] keep false dry true at`) {
			t.Errorf("%s: asked for %q", root, h.did)
		}
		for _, want := range []string{"保存后新增 1 条", "已有", "发票王", "代开发票", "第 1 行", "没有名字的话", root + "/" + fakeID(500).String() + "/save"} {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the difference does not say %q", root, want)
			}
		}
		if strings.Contains(page, "\u202e") {
			t.Errorf("%s: a name turns the page's writing round", root)
		}
		v.post(root + "/" + fakeID(500).String() + "/save")
		if !h.asked("commit " + fakeID(500).String()) {
			t.Errorf("%s: not saved: %q", root, h.did)
		}
		h.imports[0].State = "done"
		if _, page = v.get(root + "/" + fakeID(500).String()); !strings.Contains(page, "已保存") || !strings.Contains(page, "/undo") {
			t.Errorf("%s: what is saved cannot be taken back", root)
		}
		v.post(root+"/"+fakeID(500).String()+"/undo", "reason", "贴错群了")
		if !h.asked("undo import " + fakeID(500).String() + ": 贴错群了") {
			t.Errorf("%s: not taken back: %q", root, h.did)
		}
	}
}

// TestPastedListShowsWhoCameWentAndChangedNames, and asks about those who may have.
func TestPastedListShowsWhoCameWentAndChangedNames(t *testing.T) {
	h := newHouse()
	h.imports = []community.ImportRow{{Key: 1, ID: fakeID(500), Group: 1, Name: "粘贴名单.txt", Format: "roster-names", State: "dry", Report: []byte(rosterReportJSON)}}
	v := openWith(t, h.fullDeps()).as("mod")
	at := "/groups/" + fakeID(20).String() + "/paste/" + fakeID(500).String()
	_, page := v.get(at)
	for _, want := range []string{"进群", "退群", "改名", "原来叫 老周", "“发票王” 改名成了 “正经人”"} {
		if !strings.Contains(page, want) {
			t.Errorf("the difference does not say %q", want)
		}
	}
	v.post(at+"/again", "same:正经人", "1", "same:谁都不是", "1")
	if !h.asked("again "+fakeID(500).String()+" roster-names") || !h.asked(`renamed map[正经人:发票王]`) {
		t.Errorf("tried again with %q", h.did)
	}
	h.imports[0].Group = 2
	if status, _ := v.get(at); status != http.StatusNotFound {
		t.Errorf("another group's text = %d, want 404", status)
	}
}

// TestBadPasteIsSaidAndKeepsNothing: empty, too long, no time, no form token.
func TestBadPasteIsSaidAndKeepsNothing(t *testing.T) {
	h := newHouse()
	v := openWith(t, h.fullDeps()).as("mod")
	root := "/groups/" + fakeID(20).String() + "/paste"
	_, form := v.get(root)
	for name, tc := range map[string]struct {
		text, at string
		status   int
		says     string
	}{
		"empty": {"", "2026-11-23 15:59", 422, "没有内容"}, "blanks and a mark": {"\uFEFF \n\t\n", "2026-11-23 15:59", 422, "没有内容"},
		"5 MB": {strings.Repeat("字", 5<<20/3), "2026-11-23 15:59", 413, "太长了，没有保存任何内容"}, "no time": {"小满妈\n", "昨天下午", 422, "昨天下午"},
	} {
		status, page := v.paste(root, "_token", tokenField.FindStringSubmatch(form)[1], "kind", "roster", "at", tc.at, "text", tc.text)
		if status != tc.status || !strings.Contains(page, tc.says) {
			t.Errorf("%s = %d, want %d and %q", name, status, tc.status, tc.says)
		}
	}
	if status, _ := v.paste(root, "_token", "made up", "at", "2026-11-23 15:59", "text", "小满妈"); status != http.StatusForbidden {
		t.Errorf("a form of somebody else = %d, want 403", status)
	}
	if h.asked("import ") {
		t.Errorf("something was kept: %q", h.did)
	}
}

// TestWeChatGroupIsMadeFromNothing: with who looks after it, its limit and its code; what is wrong is said at the field.
func TestWeChatGroupIsMadeFromNothing(t *testing.T) {
	h := newHouse()
	v := openWith(t, h.fullDeps()).as("owner")
	for says, form := range map[string][]string{
		"请填 1 到 60 个字": {"name", "", "zone", "Asia/Shanghai"}, "请填 2 到 100000": {"name", "宝妈群", "zone", "Asia/Shanghai", "most", "一百"},
		"已经有叫这个名字": {"name", h.groups[0].Name, "zone", "Asia/Shanghai"}, "看不见的控制字符": {"name", "宝妈\u202e群", "zone", "Asia/Shanghai"},
	} {
		if status, page := v.post("/groups/new", form...); status != 422 || !strings.Contains(page, says) {
			t.Errorf("%q = %d, want 422 and %q", form, status, says)
		}
	}
	_, page := v.post("/groups/new", "name", "宝妈一群", "zone", "Asia/Shanghai", "keeper", fakeID(2).String(), "most", "400")
	if !h.asked("add group 宝妈一群 for " + fakeID(2).String() + ", at most 400") {
		t.Errorf("did %q", h.did)
	}
	if !strings.Contains(page, "人工通道") || !strings.Contains(page, "粘贴成员名单") || !strings.Contains(page, "周舟") {
		t.Error("the new group's page does not say what to do next, or who looks after it")
	}
}
