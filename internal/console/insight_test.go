package console

import (
	"html"
	"strings"
	"testing"

	"qunluo/internal/measure"
)

func TestOpenQuestionsAreAWorkList(t *testing.T) {
	v := open(t, newHouse()).as("owner")
	g := fakeID(20).String()
	_, body := v.get("/questions?days=10&g=" + g)
	for _, want := range []string{"20 个有回应 / 30 个提问", "待回复的提问", "/messages/" + g + "/", "响应时间 · 中位数", "<svg", "n = 30，结束 20", "人群：成员的提问", "/questions.csv"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if n := strings.Count(body, "问于"); n != 10 {
		t.Errorf("%d open questions are listed, want 10", n)
	}
	if _, all := v.get("/questions?days=10&state=certain&g=" + g); !strings.Contains(all, "平台的回复 · 5 分钟") || strings.Contains(all, "问于") {
		t.Error("questions answered for certain do not say by what and how soon")
	}
	_, sheet := v.get("/questions.csv?days=2&state=all&g=" + g)
	if lines := strings.Count(sheet, "\n"); lines != 7 || !strings.Contains(sheet, ",15\n") {
		t.Errorf("sheet of %d lines: %q, want a head and six questions", lines, sheet)
	}
}

func TestNoQuestionsAreNoFigures(t *testing.T) {
	h := newHouse()
	h.quiet = true
	_, body := open(t, h).as("owner").get("/questions?days=7")
	for _, want := range []string{"没有这样的提问", "人数太少", "不给出"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page without questions does not say %q", want)
		}
	}
	if strings.Contains(body, "NaN") {
		t.Error("NaN stands on the page")
	}
}

func TestTriangleLeadsToItsPeople(t *testing.T) {
	v := open(t, newHouse()).as("owner")
	g := fakeID(20).String()
	_, body := v.get("/retention?g=" + g)
	for _, want := range []string{"每周队列", "人群：在看得到的时间里的首次发言者", "/retention/people?g=" + g, "留群曲线", "参与曲线", "<svg", "95% 区间", "log-rank", "累计发生率", "n = 150"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if _, joined := v.get("/retention?by=join&g=" + g); !strings.Contains(joined, "人群：在看得到的时间里的入群者") {
		t.Error("cohorts by joining do not name their population")
	}
	at := strings.Index(body, "/retention/people?")
	link, _, _ := strings.Cut(body[at:], `"`)
	status, people := v.get(strings.ReplaceAll(link, "&amp;", "&"))
	if status != 200 || !strings.Contains(people, "人看得到") {
		t.Errorf("the people behind %s: status %d", link, status)
	}
	for _, bad := range []string{"/retention/people?g=" + g + "&week=x&j=1", "/retention/people?g=" + g + "&week=2026-11-16&j=99", "/retention/people?week=2026-11-16&j=1"} {
		if status, _ := v.get(bad); status != 404 {
			t.Errorf("%s: status %d, want 404", bad, status)
		}
	}
}

func TestRetentionOfOneMemberIsTooFew(t *testing.T) {
	h := newHouse()
	h.quiet = true
	v := open(t, h).as("owner")
	_, body := v.get("/retention?g=" + fakeID(20).String())
	for _, want := range []string{"人数太少", "还没有完整的一周", "不给出"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page of a group of one does not say %q", want)
		}
	}
	if strings.Contains(body, "NaN") {
		t.Error("NaN stands on the page")
	}
	if _, none := v.get("/retention"); !strings.Contains(none, "选一个群") {
		t.Error("without a group the page does not ask for one")
	}
}

func TestGlossaryDefinesEveryMetric(t *testing.T) {
	v := open(t, newHouse()).as("owner")
	_, body := v.get("/glossary")
	for _, m := range measure.Metrics() {
		if !strings.Contains(body, html.EscapeString(m.Formula)) || strings.Contains(body, "["+m.Area+".") {
			t.Errorf("the formula of %s.%s is missing, or words of it", m.Area, m.Name)
		}
	}
	for _, want := range []string{"基尼系数", "响应时间 · 中位数", "W4（第 22–28 天）", "名单：那天在群的成员"} {
		if !strings.Contains(body, want) {
			t.Errorf("the glossary does not say %q", want)
		}
	}
}
