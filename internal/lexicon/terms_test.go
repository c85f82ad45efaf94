package lexicon

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTermsOfChineseAreNeighbours(t *testing.T) {
	for text, want := range map[string][]string{
		"押金什么":        {"押金", "金什", "什么", "么"},
		"押":           {"押"},
		"退 押金，ＶＩＰ群8折": {"退", "押金", "金", "vip", "群", "8", "折"},
		"Go1.26 go1":  {"go1", "26"},
		"👍!!":         nil,
		"押金押金":        {"押金", "金押", "金"},
	} {
		if got := Terms(text); !slices.Equal(got, want) {
			t.Errorf("Terms(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestQueryFindsEveryTextThatContainsIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		runes := rapid.SliceOfN(rapid.SampledFrom([]rune("押金退款aAｂ1, 𠮷💰")), 0, 20)
		text, query := string(runes.Draw(t, "text")), string(runes.Draw(t, "query"))
		if !Contains(text, query) {
			return
		}
		terms := Terms(text)
		for _, q := range Query(query) {
			if !slices.ContainsFunc(terms, func(s string) bool {
				return s == q.Text || q.Prefix && strings.HasPrefix(s, q.Text)
			}) {
				t.Fatalf("%q contains %q, but the index of it has no %v: %q", text, query, q, terms)
			}
		}
	})
}

func TestContainsRechecksWhatTheIndexCannotKnow(t *testing.T) {
	for _, c := range []struct {
		text, query string
		want        bool
	}{
		{"退押金什么时候到", "押金", true},
		{"押运黄金", "押金", false},
		{"押金 金什", "押金什", false},
		{"押金什么", "押金 什么", true},
		{"ＶＩＰ群", "vi", true},
		{"svip", "vip", false},
		{"abc", "，", false},
		{"押金", "押", true},
	} {
		if got := Contains(c.text, c.query); got != c.want {
			t.Errorf("Contains(%q, %q) = %v, want %v", c.text, c.query, got, c.want)
		}
	}
}
