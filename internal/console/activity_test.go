package console

import (
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/measure"
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
	for path, want := range map[string]string{"/activity": "共 30 天", "/activity?tag=%E5%AD%A6%E4%B9%A0": "共 30 天", "/activity?from=2026-11-01&to=2026-11-10": "共 10 天", "/activity?from=2026-11-20&to=2026-11-10": "起止日期不对"} {
		if _, body := v.get(path); !strings.Contains(body, want) {
			t.Errorf("%s does not say %q", path, want)
		}
	}
}

// TestFiguresLeadToExactlyTheirPeople follows every kind of link of the page and looks at what is asked of the desk.
func TestFiguresLeadToExactlyTheirPeople(t *testing.T) {
	h := newHouse()
	v := open(t, h).as("owner")
	g := fakeID(20).String()
	_, body := v.get("/activity?days=30&g=" + g)
	day := func(s string) int64 {
		d, err := measure.ParseDay(s)
		if err != nil {
			t.Fatal(err)
		}
		return int64(d)
	}
	span := func(from, to string) community.DaySpan { return community.DaySpan{From: day(from), To: day(to)} }
	month, week := span("2026-10-25", "2026-11-23"), span("2026-11-17", "2026-11-23")
	for path, want := range map[string]community.MemberFilter{
		"/members?spoke_from=2026-11-17&spoke_to=2026-11-23":              {Spoke: week},
		"/members?spoke_from=2026-10-25&spoke_to=2026-11-23":              {Spoke: month},
		"/members?spoke_from=2026-10-25&spoke_to=2026-11-23&said_first=3": {Spoke: month, First: 3}, // the top 10 % of 30
		"/members?spoke_from=2026-10-25&spoke_to=2026-11-23&said_most=1":  {Spoke: month, Most: 1},
		"/members?spoke_from=2026-11-22&spoke_to=2026-11-22":              {Spoke: span("2026-11-22", "2026-11-22")}, // DAU of a day
		"/members?joined_from=2026-10-25&joined_to=2026-11-23":            {Joined: month},
		"/members?left_from=2026-10-25&left_to=2026-11-23":                {Left: month},
	} {
		at := path + "&g=" + g
		if !strings.Contains(body, strings.ReplaceAll(`href="`+at+`"`, "&", "&amp;")) {
			t.Errorf("the page does not lead to %s", at)
		}
		if status, _ := v.get(at); status != 200 {
			t.Errorf("%s: status %d", at, status)
		}
		want.Group, want.Page = 1, community.Page{Limit: listLimit}
		if h.askedMembers != want {
			t.Errorf("%s asks for %+v, want %+v", at, h.askedMembers, want)
		}
	}
	for only, want := range map[string]community.MessageFilter{"counted": {Counted: true}, "recalled": {Recalled: true}} {
		at := "/messages?only=" + only + "&from=2026-10-25&to=2026-11-23&g=" + g
		if !strings.Contains(body, strings.ReplaceAll(`href="`+at+`"`, "&", "&amp;")) {
			t.Errorf("the page does not lead to %s", at)
		}
		v.get(at)
		want.Group, want.Limit, want.Days = 1, listLimit, month
		if h.askedMessages != want {
			t.Errorf("%s asks for %+v, want %+v", at, h.askedMessages, want)
		}
	}
	if n := strings.Count(body, `class="stat-value`) - strings.Count(body, `<a class="text-reset"`); n != 0 {
		t.Errorf("%d figures lead nowhere", n)
	}
	_, body = v.get("/activity?tag=%E5%AD%A6%E4%B9%A0&days=7")
	if !strings.Contains(body, `/members?spoke_from=2026-11-17&amp;spoke_to=2026-11-23&amp;tag=%E5%AD%A6%E4%B9%A0"`) {
		t.Error("the week of a tag does not lead to its speakers")
	}
}

func TestMemberListSaysWhomItCounts(t *testing.T) {
	h := newHouse()
	v := open(t, h).as("owner")
	_, body := v.get("/members?spoke_from=2026-11-17&spoke_to=2026-11-23&said_first=5")
	for _, want := range []string{"2026-11-17 到 2026-11-23（含两端）发过言的人", "只列说得最多的 5 人", "期间消息", "期间发言天数", "sort=said_days"} {
		if !strings.Contains(body, want) {
			t.Errorf("the list does not say %q", want)
		}
	}
	for _, bad := range []string{"spoke_from=2026-11-17", "spoke_from=x&spoke_to=2026-11-23", "spoke_from=2026-11-23&spoke_to=2026-11-17", "spoke_from=1000-01-01&spoke_to=2026-11-17", "joined_from=2026-11-17&joined_to=9999999999"} {
		status, body := v.get("/members?" + bad)
		if status != 200 || !strings.Contains(body, "日期不对") || h.askedMembers.Chosen() {
			t.Errorf("%s: status %d, asked %+v", bad, status, h.askedMembers)
		}
	}
	for there, want := range map[string]bool{"here": true, "left": false} {
		v.get("/members?spoke_from=2026-11-17&spoke_to=2026-11-23&there=" + there)
		if p := h.askedMembers.Present; p == nil || *p != want {
			t.Errorf("there=%s asks for %v", there, p)
		}
	}
	_, sheet := v.get("/members.csv?spoke_from=2026-11-17&spoke_to=2026-11-23")
	if lines := strings.Split(strings.TrimSpace(sheet), "\n"); len(lines) < 3 || !strings.Contains(lines[0], "期间消息") {
		t.Errorf("the file has %d lines, first %q", len(lines), lines[0])
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
