package console

import (
	"strings"
	"testing"
)

func TestFiveNumbersLeadToTheirPeople(t *testing.T) {
	v := open(t, newHouse()).as("owner")
	g := fakeID(20).String()
	_, body := v.get("/board?days=90&g=" + g)
	for _, want := range []string{"获客", "激活", "留存（W4）", "推荐（K）", "收入", "248.00 CNY", "298.00 CNY", "10.00 USD", "what=activated", "what=week4", "what=guests", "what=paid", "人群：7 天已走完的入群者"} {
		if !strings.Contains(body, want) {
			t.Errorf("the board does not say %q", want)
		}
	}
	for _, what := range []string{"came", "activated", "week4", "guests", "paid"} {
		if status, people := v.get("/board/people?days=90&g=" + g + "&what=" + what); status != 200 || !strings.Contains(people, "算在上面吗") || !strings.Contains(people, "<table") {
			t.Errorf("people of %s: %d", what, status)
		}
	}
	if status, _ := v.get("/board/people?g=" + g + "&what=nothing"); status != 404 {
		t.Errorf("an unknown number = %d, want 404", status)
	}
}

func TestJourneyNamesWhatControlsEachStep(t *testing.T) {
	v := open(t, newHouse()).as("owner")
	g := fakeID(20).String()
	_, body := v.get("/journey?g=" + g)
	for _, want := range []string{"申请入群 → 放行", "入群 → 第一次发言", "/requests?g=" + g, "/charter?g=" + g, "/points/rules?g=" + g, "14 天内", "现在各在哪里", "沉默", "最多人走的路", "成员 → 沉默"} {
		if !strings.Contains(body, want) {
			t.Errorf("the journey does not say %q", want)
		}
	}
	if status, people := v.get("/journey/people?step=3&g=" + g); status != 200 || !strings.Contains(people, "入群 → 第一次发言") {
		t.Errorf("people of a step: %d", status)
	}
	for _, bad := range []string{"-1", "99", "x", ""} {
		if status, _ := v.get("/journey/people?g=" + g + "&step=" + bad); status != 404 {
			t.Errorf("step %q = %d, want 404", bad, status)
		}
	}
	_, bonds := v.get("/bonds?g=" + g)
	for _, want := range []string{"有来有往", "20 条有来有往 / 50 条", "来往人数"} {
		if !strings.Contains(bonds, want) {
			t.Errorf("the page of who talks with whom does not say %q", want)
		}
	}
}

func TestQuietGroupHasNoNumbersButSaysSo(t *testing.T) {
	h := newHouse()
	h.quiet = true
	v := open(t, h).as("owner")
	for _, at := range []string{"/board", "/journey", "/bonds", "/payments"} {
		status, body := v.get(at)
		if status != 200 || strings.Contains(body, "NaN") || strings.Contains(body, "100.0%") {
			t.Errorf("%s of a quiet group: %d", at, status)
		}
	}
}

func TestPaymentsAreEnteredVoidedAndRefusedWithTheLine(t *testing.T) {
	h := newHouse()
	v := open(t, h).as("owner")
	_, body := v.get("/payments")
	for _, want := range []string{"99.00 CNY", "已作废", "记错了人", "记一笔", "从文件记"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	g := fakeID(20).String()
	_, said := v.post("/payments", "g", g, "member", "小满", "amount", "12.5", "currency", "CNY", "at", "2026-11-20 10:00")
	if !strings.Contains(said, "记了 1 笔") {
		t.Errorf("one payment: %q", excerptOf(said, "记"))
	}
	_, said = v.post("/payments", "g", g, "csv", "member,amount,at\n小满,12,2026-11-20\n小满,十二,2026-11-20\n")
	if !strings.Contains(said, "第 3 行") || !strings.Contains(said, "金额要写成") {
		t.Errorf("a bad line is not named: %q", excerptOf(said, "行"))
	}
	v.post("/payments/"+fakeID(900).String()+"/void", "reason", "重复")
	if last := h.did[len(h.did)-1]; last != "void "+fakeID(900).String()+" 重复" {
		t.Errorf("did %q", last)
	}
	_, sheet := v.get("/payments.csv")
	if !strings.Contains(sheet, "'=小满") || !strings.Contains(sheet, "-99.00") {
		t.Errorf("sheet = %q: want harmless names and plain amounts", sheet)
	}
}

func excerptOf(body, around string) string {
	at := max(0, strings.Index(body, around)-100)
	return body[at:min(len(body), at+400)]
}
