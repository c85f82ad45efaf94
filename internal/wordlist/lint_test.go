package wordlist

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"qunluo/internal/lexicon"
)

func codesOf(l Linted) (out []string) {
	for _, r := range l.Reasons {
		out = append(out, r.Code)
	}
	return out
}

func TestEachRowIsLintedWithItsReason(t *testing.T) {
	has := Present{Categories: map[string]bool{"广告": true}, Words: map[string]Entry{}}
	for _, e := range []Entry{
		{Word: lexicon.Word{Number: 4, Text: "代开发票", Views: "auto"}, State: Active},
		{Word: lexicon.Word{Number: 5, Text: "vip", Category: "广告", Views: "auto"}, State: Active},
	} {
		has.Words[e.Fold()] = e
	}
	long := strings.Repeat("长", 65)
	for _, c := range []struct {
		row     Row
		verdict Verdict
		codes   []string
	}{
		{Row{Text: "刷单返利"}, Keep, nil},
		{Row{Text: "好"}, Reject, []string{"single"}},
		{Row{Text: " 好,"}, Reject, []string{"trimmed", "single"}},
		{Row{Text: "b"}, Reject, []string{"single"}},
		{Row{Text: "💰"}, Reject, []string{"single"}},
		{Row{Text: "💰💰"}, Keep, nil},
		{Row{Text: "1989"}, Reject, []string{"numeral"}},
		{Row{Text: "13800138000"}, Reject, []string{"numeral"}},
		{Row{Text: "sb"}, Quarantine, []string{"short", "borders"}},
		{Row{Text: "x123"}, Quarantine, []string{"short", "borders"}},
		{Row{Text: "http"}, Keep, []string{"borders"}},
		{Row{Text: "加v信"}, Keep, nil},
		{Row{Text: "\ufeff兼职日结， "}, Keep, []string{"trimmed"}},
		{Row{Text: ""}, Reject, []string{"empty"}},
		{Row{Text: "  \t"}, Reject, []string{"empty"}},
		{Row{Text: ",,,"}, Keep, nil}, // nothing but symbols: found as it stands
		{Row{Text: "上\n下"}, Reject, []string{"line"}},
		{Row{Text: long}, Reject, []string{"long"}},
		{Row{Text: "坏\xff字"}, Reject, []string{"utf8"}},
		{Row{Text: "\u200b\u200b"}, Reject, []string{"empty"}},
		{Row{Text: "代 开-发票"}, Keep, []string{"replaces"}},
		{Row{Text: "代开发票"}, Reject, []string{"present"}},
		{Row{Text: "新词语", Category: "别的"}, Keep, []string{"unknown"}},
		{Row{Text: "新词语", Category: strings.Repeat("长", 41)}, Reject, []string{"category"}},
		{Row{Text: "新词语", Level: "高"}, Keep, []string{"level"}},
		{Row{Text: "新词语", Level: "11"}, Keep, []string{"level"}},
		{Row{Text: "新词语", Expires: "明天"}, Reject, []string{"expires"}},
		{Row{Text: "新词语", Expires: "2027/1/2"}, Keep, nil},
		{Row{Text: "VIP", Category: "广告"}, Quarantine, []string{"short", "borders", "replaces"}},
	} {
		got := Lint([]Row{c.row}, has, time.UTC)[0]
		if got.Verdict() != c.verdict || !slices.Equal(codesOf(got), c.codes) {
			t.Errorf("%q: %s %v, want %s %v", c.row.Text, got.Verdict(), codesOf(got), c.verdict, c.codes)
		}
		if got.Verdict() != Reject {
			if err := got.Entry.Check(); err != nil {
				t.Errorf("%q: kept, but %v", c.row.Text, err)
			}
		}
	}
	twice := Lint([]Row{{Line: 1, Text: "刷单"}, {Line: 7, Text: "刷 单!"}, {Line: 8, Text: "兼职刷单"}}, Present{}, time.UTC)
	if got := codesOf(twice[1]); !slices.Equal(got, []string{"duplicate"}) || twice[1].Reasons[0].Args[0] != "1" {
		t.Errorf("a repeated word: %v", twice[1].Reasons)
	}
	if got := codesOf(twice[2]); !slices.Equal(got, []string{"contains"}) || twice[2].Reasons[0].Args[0] != "刷单" {
		t.Errorf("a word that holds another: %v", twice[2].Reasons)
	}
	released := Lint([]Row{{Text: "VIP", Category: "广告", Level: "2"}}, has, time.UTC)
	if Settle(released, has); released[0].Entry.State != Active || released[0].Verdict() != Keep {
		t.Errorf("a released word that comes again: %+v, want it released still", released[0])
	}
}

func TestReasonsHaveWordsAndComeBack(t *testing.T) {
	for _, code := range Codes() {
		r := Reason{code, []string{"甲|乙;丙", "2", "3.0"}}
		words := r.Words()
		if words[0] == "" || words[1] == "" || strings.Contains(words[0]+words[1], "{") && code != "empty" {
			t.Errorf("%s: %q", code, words)
		}
		back := ParseReasons(joinReasons([]Reason{r, {Code: "short"}}))
		if len(back) != 2 || back[0].Code != code || len(back[0].Args) != 3 || back[1].Code != "short" {
			t.Errorf("%s came back as %+v", code, back)
		}
	}
}

// TestOrdinaryWordsAreQuarantinedAndWhatAdvertisersSayIsNot: what members say often is held back; what only people say who
// came once to advertise stays.
func TestOrdinaryWordsAreQuarantinedAndWhatAdvertisersSayIsNot(t *testing.T) {
	list := Lint([]Row{{Line: 1, Text: "周末爬山"}, {Line: 2, Text: "兼职刷单"}, {Line: 3, Text: "真人荷官"}}, Present{}, time.UTC)
	p, err := NewPast(list)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2000 {
		text := fmt.Sprintf("第%d次聊今天的天气", i)
		if i%50 == 0 {
			text = "周末爬山去吗"
		}
		p.Add(Message{Text: text, Day: int64(i / 200), Ordinary: true})
		if i%20 == 0 {
			p.Add(Message{Text: "兼职刷单加我", Day: int64(i / 200)})
		}
	}
	r := p.Judge()
	if got := codesOf(list[0]); !slices.Equal(got, []string{"common"}) || list[0].Reasons[0].Words()[0] != "平常的话：2000 条历史消息里有 40 条（每万条 200.0 条）" {
		t.Errorf("an ordinary word: %+v", list[0].Reasons)
	}
	if list[1].Verdict() != Keep || list[2].Verdict() != Keep {
		t.Errorf("the others: %v %v, want both kept", list[1].Reasons, list[2].Reasons)
	}
	want := Report{Rows: 3, Kept: 2, Quarantined: 1, Long: 3, LongKept: 2, Messages: 2100, Ordinary: 2000, Judged: true, Limit: r.Limit, Before: 140, After: 100, Others: 100}
	r.Top, r.TopKept, r.Reasons = nil, nil, nil
	if fmt.Sprint(r) != fmt.Sprint(want) {
		t.Errorf("report = %+v, want %+v", r, want)
	}
}

// TestDisguiseThatOrdinaryTalkWearsIsNotLookedFor: a word that members' talk sounds like loses that view and keeps the others, and itself.
func TestDisguiseThatOrdinaryTalkWearsIsNotLookedFor(t *testing.T) {
	list := Lint([]Row{{Line: 1, Text: "刷单返利"}, {Line: 2, Text: "真人荷官"}}, Present{}, time.UTC)
	p, err := NewPast(list)
	if err != nil {
		t.Fatal(err)
	}
	for i := range MinMessages {
		text := fmt.Sprintf("第%d次聊今天的天气", i)
		if i == 7 {
			text = "唰单饭粒是什么"
		}
		p.Add(Message{Text: text, Day: int64(i / 200), Ordinary: true})
	}
	p.Add(Message{Text: "真人禾官，唰单饭粒"})
	r := p.Judge()
	if r.Before != 2 || r.After != 1 || r.Others != 1 || r.Kept != 2 {
		t.Errorf("report = %+v, want of two messages hit the passer-by's alone left, and both words", r)
	}
	left, _ := lexicon.ReadViews(list[0].Entry.Views, list[0].Entry.Text)
	if want := lexicon.CarefulViews(list[0].Entry.Text) &^ lexicon.Sound; left != want {
		t.Errorf("%s is looked for as %q, want %q", list[0].Entry.Text, left, want)
	}
	if got := list[0].Reasons[0].Words()[1]; list[0].Verdict() != Keep || got != "would hit ordinary talk in the disguises sound (1 of 1000 past messages), and is not looked for in these" {
		t.Errorf("the reason is %q", got)
	}
	if list[1].Entry.Views != lexicon.ViewsAuto || len(list[1].Reasons) != 0 {
		t.Errorf("the other word: %q, %v", list[1].Entry.Views, list[1].Reasons)
	}
}

func TestTooLittlePastJudgesNothing(t *testing.T) {
	list := Lint([]Row{{Line: 1, Text: "周末爬山"}}, Present{}, time.UTC)
	p, err := NewPast(list)
	if err != nil {
		t.Fatal(err)
	}
	for range MinMessages - 1 {
		p.Add(Message{Text: "周末爬山", Ordinary: true})
	}
	if r := p.Judge(); r.Judged || r.Kept != 1 || r.Before != MinMessages-1 || r.After != MinMessages-1 {
		t.Errorf("report = %+v, want nothing judged and the hits told", r)
	}
}

func TestPrecisionIsWilsonsInterval(t *testing.T) {
	for _, c := range []struct {
		judged, wrong int
		low, high     float64
		fails         bool
	}{
		{0, 0, 0, 1, false}, {10, 3, .397, .892, false}, {10, 8, .057, .510, false}, {10, 9, .018, .404, true}, {9, 9, 0, .299, false}, {20, 16, .081, .416, true}, {100, 55, .356, .548, false},
	} {
		s := Score{Judged: c.judged, Wrong: c.wrong}
		_, low, high := s.Precision()
		if math.Abs(low-c.low) > .001 || math.Abs(high-c.high) > .001 || s.Fails() != c.fails {
			t.Errorf("%d judged, %d wrong: %.3f to %.3f, fails %v", c.judged, c.wrong, low, high, s.Fails())
		}
	}
}

func TestPacksAreGoodLists(t *testing.T) {
	seen := map[string]string{}
	for _, p := range Packs() {
		entries := p.Entries()
		if len(entries) < 30 || p.Title[0] == "" || p.Title[1] == "" || p.Summary[1] == "" {
			t.Errorf("pack %s: %d words", p.Name, len(entries))
		}
		var rows []Row
		for i, e := range entries {
			if err := e.Check(); err != nil {
				t.Errorf("pack %s: %v", p.Name, err)
			}
			if other, twice := seen[e.Fold()]; twice {
				t.Errorf("%q stands in %s and %s", e.Text, other, p.Name)
			}
			seen[e.Fold()] = p.Name
			rows = append(rows, Row{Line: i + 1, Text: e.Text, Category: e.Category})
		}
		for _, l := range Lint(rows, Present{}, time.UTC) {
			if l.Verdict() != Keep {
				t.Errorf("pack %s: %q is linted: %v", p.Name, l.Entry.Text, codesOf(l))
			}
		}
		if got, ok := PackByName(p.Name); !ok || got.Title != p.Title {
			t.Errorf("pack %s is not found by its name", p.Name)
		}
	}
}
