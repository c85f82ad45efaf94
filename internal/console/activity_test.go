package console

import (
	"strings"
	"testing"
)

func TestActivityHoldsBackWhatIsNotKnown(t *testing.T) {
	h := newHouse()
	h.deaf = true
	v := open(t, h).as("owner")
	status, body := v.get("/activity?days=7&g=" + fakeID(20).String())
	if status != 200 {
		t.Fatalf("status %d", status)
	}
	for _, want := range []string{"未知", "不给出：未知的日子超过五分之一", "不给出：从未读到成员名单", "覆盖 0 / 7 天"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page of a group that nobody listened to does not say %q", want)
		}
	}
	_, sheet := v.get("/activity.csv?days=7&g=" + fakeID(20).String())
	if want := "2026-11-23,0,1,,,,0,7,,0,30,,,,\n"; !strings.HasSuffix(sheet, want) {
		t.Errorf("last line of %q, want %q: empty, not zero", sheet, want)
	}
}

func TestActivitySaysWhatNumbersRestOn(t *testing.T) {
	v := open(t, newHouse()).as("owner")
	_, body := v.get("/activity?days=30&g=" + fakeID(20).String())
	for _, want := range []string{"41 人 / 现在在群 187 人", "人群：名单", "/members?never=1&amp;g=" + fakeID(20).String(), "定义", "Asia/Shanghai"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for path, want := range map[string]string{"/activity": "共 7 天", "/activity?tag=%E5%AD%A6%E4%B9%A0": "共 30 天", "/activity?from=2026-11-01&to=2026-11-10": "共 10 天", "/activity?from=2026-11-20&to=2026-11-10": "起止日期不对"} {
		if _, body := v.get(path); !strings.Contains(body, want) {
			t.Errorf("%s does not say %q", path, want)
		}
	}
}

func TestListsFilterByTag(t *testing.T) {
	v := open(t, newHouse()).as("owner")
	for _, path := range []string{"/", "/inbox", "/groups", "/members", "/messages", "/review", "/strikes", "/strikes?view=mutes", "/rules", "/activity"} {
		if path == "/rules" {
			v = open(t, furnished()).as("owner")
		}
		_, body := v.get(path)
		if !strings.Contains(body, `<select class="form-select" name="tag">`) || !strings.Contains(body, `<option value="学习"`) {
			t.Errorf("%s offers no tag", path)
		}
	}
	if _, body := v.get("/groups?tag=nobody"); strings.Contains(body, "产品交流3群</bdi></div>") {
		t.Error("a tag that no group has still shows groups")
	}
}
