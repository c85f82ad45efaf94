package policy

import (
	"strings"
	"testing"

	"qunluo/internal/community"
)

func TestPatternHits(t *testing.T) {
	r := newRoom(t, live(rule1("pattern", map[string]any{"patterns": []string{`日赚\d+元`, `x*`}})))
	r.want(r.says(1, "在家日赚800元"), "hit !x rung1 strike:x recall send")
	if d := r.says(2, "在家日赚很多元"); d != nil && len(d.Hits) > 0 {
		t.Errorf("hits = %+v", d.Hits)
	}
}

func TestAllowListOutranksPatterns(t *testing.T) {
	book := live(rule1("pattern", map[string]any{"patterns": []string{`日赚\d+元`}}))
	book.Allow.Phrases = []string{"日赚800元是骗局"}
	if d := newRoom(t, book).says(1, "日赚800元是骗局"); d != nil && len(d.Strikes) > 0 {
		t.Errorf("strikes = %+v", d.Strikes)
	}
}

func TestCostlyPatternsAreRefusedWithTheReason(t *testing.T) {
	for text, want := range map[string]string{
		"(":                                 "regular expression",
		strings.Repeat("a", maxPattern+1):   "at most 1024",
		`((a{1,100}){1,10})b{1,1000}c{900}`: "steps",
		`(a{1,1000}){1,1000}`:               "regular expression", // RE2 refuses it by itself
	} {
		_, err := Parse(params(live(rule1("pattern", map[string]any{"patterns": []string{text}}))))
		if err == nil || !strings.Contains(err.Error(), "rules[0].params.patterns[0]") || !strings.Contains(err.Error(), want) {
			t.Errorf("%.30s: err = %v, want %q", text, err, want)
		}
	}
}

func TestPatternsOfABookAreCounted(t *testing.T) {
	many := func(id string, n int) Rule {
		list := make([]string, n)
		for i := range list {
			list[i] = "x" + strings.Repeat("y", i)
		}
		return Rule{ID: id, Name: id, Kind: "pattern", Mode: RuleLive, Params: params(map[string]any{"patterns": list})}
	}
	if _, err := Parse(params(live(many("a", 100), many("b", 100)))); err != nil {
		t.Errorf("200 patterns: %v", err)
	}
	if _, err := Parse(params(live(many("a", 101), many("b", 100)))); err == nil || !strings.Contains(err.Error(), "at most 200 patterns") {
		t.Errorf("201 patterns: %v", err)
	}
}

// An expression that explodes elsewhere, over the longest text that is looked at and one longer by far.
func TestPatternsTakeLinearTime(t *testing.T) {
	r := newRoom(t, live(rule1("pattern", map[string]any{"patterns": []string{`(a+)+$b`, `(a|a)*c`}})))
	if d := r.says(1, strings.Repeat("a", 1<<20)); d != nil && len(d.Hits) > 0 {
		t.Errorf("hits = %+v", d.Hits)
	}
	if got := head("好好好", 4); got != "好" {
		t.Errorf("head = %q, want whole runes", got)
	}
}

func TestContactsInDisguiseHit(t *testing.T) {
	r := newRoom(t, live(rule1("contact", map[string]any{"kinds": []string{"wechat", "qq"}})))
	for who, c := range []struct{ text, why string }{
		{"加薇芯 abc12345", "contact wechat"}, {"q裙 12345678", "contact qq"}, {"微信：abc12345", "contact wechat"},
		{"电话 13800138000", ""}, {"微信群里说", ""},
	} {
		got := ""
		if d := r.says(community.MemberKey(who+1), c.text); d != nil && len(d.Hits) > 0 {
			got, _, _ = strings.Cut(d.Hits[0].Why, ";")
		}
		if got != c.why {
			t.Errorf("%q: why = %q, want %q", c.text, got, c.why)
		}
	}
	plain := newRoom(t, live(rule1("contact", map[string]any{"kinds": []string{"wechat"}, "plain": true})))
	if d := plain.says(1, "加薇芯 abc12345"); d != nil && len(d.Hits) > 0 {
		t.Errorf("as written only: %+v", d.Hits)
	}
}

// What an old book decided about newcomers stays decided: probation knows contacts as they are written.
func TestProbationKeepsToContactsAsWritten(t *testing.T) {
	rb := ready(t, live(rule1("probation", map[string]any{"hours": 24, "no_contact": true})))
	for text, want := range map[string]bool{"微信：abc12345": true, "加徽芯 abc12345": false} {
		got := Test(rb, Probe{Text: text, JoinedMs: hour, At: noon})
		if hit := len(got.Decisions) > 0 && len(got.Decisions[0].Hits) > 0; hit != want {
			t.Errorf("%q: hit %v, want %v", text, hit, want)
		}
	}
}
