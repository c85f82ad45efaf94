package policy

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"qunluo/internal/community"
)

func answering(id string, expressions ...string) Rule {
	return Rule{ID: id, Name: id, Kind: "reply", Mode: RuleLive, Params: params(map[string]any{"match": "regexp", "regexps": expressions, "text": "好"})}
}

// A rule over its budget is faulted for the message; the others go on, the next message is judged by all.
func TestRuleOverItsBudgetIsFaultedForThatMessageOnly(t *testing.T) {
	rules := []Rule{word("ads", "加微信领"), answering("hello", "^你好$")}
	for i := range 20 {
		rules = append(rules, answering(fmt.Sprint("slow", i), strings.Split(strings.Repeat("(a|aa|a?)*$,", 9)+"x", ",")[:9]...))
	}
	r := newRoom(t, live(rules...))
	long := strings.Repeat("a", 15_000)
	d := r.says(1, "加微信领 "+long)
	if d == nil || d.Verdict != community.Hit || !d.Hits[0].Chose || d.Hits[0].Rule != "ads" {
		t.Fatalf("decision = %s, want the keyword's hit in spite of the others", gist(d))
	}
	faults := 0
	for _, h := range d.Hits[1:] {
		if !strings.HasPrefix(h.Why, "over_budget work ") || !h.Dry {
			t.Errorf("hit = %+v, want a fault", h)
		}
		faults++
	}
	if most := maxRegexpWork / len(long); faults < 20-most/9-1 {
		t.Errorf("%d rules faulted", faults)
	}
	if r.s.look.work > maxRegexpWork {
		t.Errorf("expressions looked at %d bytes, at most %d", r.s.look.work, maxRegexpWork)
	}
	d = r.says(2, strings.Repeat("b", maxRegexpText+1))
	if d == nil || d.Verdict != community.Faulted || !strings.Contains(d.Why, "over_budget text") || len(d.Actions)+len(d.Strikes) > 0 {
		t.Errorf("a text too long for expressions: %+v", d)
	}
	r.want(r.says(3, "你好"), "served !hello send")
}

// Every bound that is said refuses a book beyond it, with the place.
func TestBooksBeyondTheirBoundsAreRefused(t *testing.T) {
	many := func(n int, make func(i int) Rule) Book {
		var rules []Rule
		for i := range n {
			rules = append(rules, make(i))
		}
		return live(rules...)
	}
	phrases := func(n int) []string {
		out := make([]string, n)
		for i := range out {
			out[i] = fmt.Sprint("词", i)
		}
		return out
	}
	for name, c := range map[string]struct {
		book Book
		code string
	}{
		"rules":                 {many(MaxRules+1, func(i int) Rule { return word(fmt.Sprint("w", i), "词") }), "too_many"},
		"expressions":           {many(21, func(i int) Rule { return answering(fmt.Sprint("r", i), strings.Split("a,b,c,d,e,f,g,h,i,j", ",")...) }), "too_many_regexps"},
		"expression_characters": {live(answering("r", strings.Repeat("a", maxRegexp+1))), "bad_regexp"},
		"phrase_characters":     {live(word("w", strings.Repeat("长", 65))), "phrase_long"},
		"phrases": {many(3, func(i int) Rule {
			return Rule{ID: fmt.Sprint("w", i), Name: "w", Kind: "keyword", Mode: RuleLive, Params: params(map[string]any{"lists": []wordList{{Words: phrases(70_000)}}})}
		}), "too_many"},
	} {
		_, err := Parse(params(c.book))
		var problems Problems
		if community.CodeOf(err) != community.CodeBadInput || !errors.As(err, &problems) || problems[0].Code != c.code {
			t.Errorf("%s: %.200v, want %s", name, err, c.code)
		}
	}
	if _, err := Parse(make([]byte, MaxBook+1)); community.CodeOf(err) != community.CodeTooLarge {
		t.Errorf("book_bytes: %v", err)
	}
	for _, l := range Limits() {
		if l.Most <= 0 || l.Title[0] == "" || l.Title[1] == "" || l.Over[0] == "" || l.Over[1] == "" {
			t.Errorf("limit %+v says not everything", l)
		}
	}
}
