package policy

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
)

func TestContradictionsAreTold(t *testing.T) {
	reply := func(pattern, text string) Rule {
		return Rule{ID: "answer", Name: "答疑", Kind: "reply", Mode: RuleLive, Params: params(map[string]any{"match": "contains", "patterns": []string{pattern}, "text": text})}
	}
	links := func(p map[string]any) Rule {
		return Rule{ID: "links", Name: "站外链接", Kind: "link", Mode: RuleLive, Params: params(p)}
	}
	flood := func(windows ...floodWindow) Rule {
		return Rule{ID: "flood", Name: "刷屏", Kind: "flood", Mode: RuleLive, Params: params(map[string]any{"windows": windows})}
	}
	lock := Rule{ID: "lock", Name: "类型锁", Kind: "lock", Mode: RuleLive, Params: params(map[string]any{"locks": []string{"link"}})}
	for name, c := range map[string]struct {
		book Book
		want string
	}{
		"an answer that one is punished for": {live(word("ads", "加微信"), reply("怎么加微信", "找群主")), "reply_is_hit answer,ads 怎么加微信"},
		"the same in a book with articles": {with2(live(word("ads", "加微信"), with(word("dry", "团购"), func(r *Rule) { r.Mode = RuleDry }), reply("怎么加微信", "找群主")), func(b *Book) {
			b.Charter.Articles = []Article{{ID: "calm", Level: LevelBase, Title: "不团购", Rules: []string{"dry"}}}
		}), "reply_is_hit answer,ads 怎么加微信"},
		"our own link":                   {live(links(nil), reply("报名", "在 https://sign.example/up 报名")), "own_link answer,links https://sign.example/up"},
		"our own link, allowed":          {live(links(map[string]any{"allow": []string{"sign.example"}}), reply("报名", "在 https://sign.example/up 报名")), ""},
		"a word that is allowed":         {with2(live(word("ads", "兼 职")), func(b *Book) { b.Allow.Phrases = []string{"兼职"} }), "allowed_phrase ads 兼 职"},
		"a word in a longer allowed one": {with2(live(word("ads", "兼职")), func(b *Book) { b.Allow.Phrases = []string{"兼职律师"} }), ""},
		"a host that is allowed":         {with2(live(links(map[string]any{"block": []string{"a.example"}})), func(b *Book) { b.Allow.Hosts = []string{"example"} }), "allowed_host links a.example"},
		"one word, two consequences":     {live(word("one", "赌"), with(word("two", "赌"), func(r *Rule) { r.StartRung = 3 })), "same_word one,two 赌"},
		"one word, one consequence":      {live(word("one", "赌"), word("two", "赌")), ""},
		"a rule that is off":             {live(with(word("ads", "加微信"), func(r *Rule) { r.Mode = RuleOff }), reply("怎么加微信", "找群主")), ""},
		"a lock over an allowed domain":  {live(links(map[string]any{"allow": []string{"ok.example"}}), lock), "lock_over_allow links,lock 站外链接"},
		"a window that never matters":    {live(flood(floodWindow{Seconds: 10, Messages: 8}, floodWindow{Seconds: 60, Messages: 5})), "short_window flood 10"},
		"a night that allows more":       {live(flood(floodWindow{Seconds: 10, Messages: 8, NightMessages: 20})), "loose_night flood 10"},
		"beyond the ladder":              {live(with(word("ads", "加微信"), func(r *Rule) { r.StartRung = 5 })), "start_rung ads 5"},
	} {
		raw, err := json.Marshal(c.book)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		all := Contradictions(raw)
		for _, x := range all {
			got = x.Code + " " + strings.Join(x.Rules, ",") + " " + x.Args[0]
			if words := x.Words(); strings.ContainsAny(words[0]+words[1], "{}") || words[0] == "" {
				t.Errorf("%s: words = %q", name, words)
			}
		}
		if got != c.want || len(all) > 1 {
			t.Errorf("%s: %q (%d), want %q", name, got, len(all), c.want)
		}
	}
}

func with2(b Book, change func(*Book)) Book {
	change(&b)
	return b
}

// What the house offers does not contradict itself, and a broken book has no contradictions but problems.
func TestPresetsDoNotContradictThemselves(t *testing.T) {
	for _, p := range Presets() {
		book := mustDefault(p.Name)
		book.Mode = community.Live
		raw, err := json.Marshal(book)
		if err != nil {
			t.Fatal(err)
		}
		if got := Contradictions(raw); got != nil {
			t.Errorf("%s: %+v", p.Name, got)
		}
	}
	if got := Contradictions([]byte(`{"rules":`)); got != nil {
		t.Errorf("a broken book: %+v", got)
	}
	many := make([]string, 300)
	for i := range many {
		many[i] = "词" + strings.Repeat("甲", i%60+1) + string(rune('一'+i))
	}
	ads := Rule{ID: "ads", Name: "广告", Kind: "keyword", Mode: RuleLive, Params: params(map[string]any{"lists": []wordList{{Words: many}}})}
	raw, err := json.Marshal(with2(live(ads), func(b *Book) { b.Allow.Phrases = slices.Clone(many) }))
	if err != nil {
		t.Fatal(err)
	}
	if got := Contradictions(raw); len(got) != maxContradictions {
		t.Errorf("%d told, want %d", len(got), maxContradictions)
	}
}
