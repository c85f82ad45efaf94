package policy

import (
	"slices"
	"strings"
	"testing"

	"qunluo/internal/lexicon"
)

// watching is a rule that looks for words through views.
func watching(views []string, phrases ...string) Rule {
	return Rule{ID: "w", Name: "w", Kind: "keyword", Mode: RuleLive, Params: params(map[string]any{"lists": []wordList{
		{Name: "广告", Words: phrases, Views: views},
	}})}
}

func TestHitNamesTheDisguise(t *testing.T) {
	for _, c := range []struct {
		views []string
		text  string
		why   string // "" = no hit
	}{
		{nil, "快来刷單返利", ""},
		{nil, "快来刷单返利", "keyword 广告"},
		{[]string{"auto"}, "快来刷单返利", "keyword 广告"},
		{[]string{"auto"}, "快来刷單返利", "keyword 广告 via traditional"},
		{[]string{"auto"}, "快来shua dan fan li", "keyword 广告 via pinyin"},
		{[]string{"auto"}, "快来唰单饭粒", "keyword 广告 via sound"},
		{[]string{"traditional"}, "快来唰单饭粒", ""},
		{[]string{"wide"}, "快来返利刷单", "keyword 广告 via swap"},
	} {
		r := newRoom(t, live(watching(c.views, "刷单返利")))
		got := ""
		if d := r.says(1, c.text); d != nil && len(d.Hits) > 0 {
			got, _, _ = strings.Cut(d.Hits[0].Why, ";")
		}
		if got != c.why {
			t.Errorf("%v, %q: why = %q, want %q", c.views, c.text, got, c.why)
		}
	}
}

func TestAllowListOutranksViews(t *testing.T) {
	book := live(watching([]string{"auto"}, "刷单返利"))
	book.Allow.Phrases = []string{"刷單返利防骗指南"}
	r := newRoom(t, book)
	if d := r.says(1, "请看刷單返利防骗指南"); d != nil && (len(d.Strikes) > 0 || len(d.Actions) > 0) {
		t.Errorf("an allowed text was punished: %+v", d)
	}
}

func TestUnknownViewIsSaidWithItsPath(t *testing.T) {
	_, err := Parse(params(live(watching([]string{"auto", "backwards"}, "刷单返利"))))
	if err == nil || !strings.Contains(err.Error(), "rules[0].params.lists[0].views[1]") {
		t.Errorf("err = %v, want the path of the view", err)
	}
}

// Every view that a list may be given is one that lexicon knows, and all of lexicon's are offered.
func TestViewsOfTheFormAreThoseOfLexicon(t *testing.T) {
	var offered []string
	for _, ch := range viewChoices() {
		if _, ok := lexicon.ReadViews(ch.Value, "刷单返利"); !ok {
			t.Errorf("%s is offered and not known", ch.Value)
		}
		offered = append(offered, ch.Value)
	}
	for _, name := range lexicon.ViewNames() {
		if !slices.Contains(offered, name) {
			t.Errorf("%s is known and not offered", name)
		}
	}
}

func TestWordsOfNamedListsHaveTheirOwnViews(t *testing.T) {
	k := newKeep()
	hash := k.put(lexicon.PackList([]lexicon.Word{
		{Number: 1, Text: "刷单返利", Views: lexicon.ViewsAuto}, {Number: 2, Text: "真人荷官"},
	}))
	r := k.room(t, live(naming("named", hash)))
	if d := r.says(1, "唰单饭粒"); d == nil || len(d.Hits) != 1 || !strings.HasPrefix(d.Hits[0].Why, "keyword 自家词库 via sound") {
		t.Errorf("a word with views was not seen: %+v", d)
	}
	if d := r.says(2, "珍人荷馆"); d != nil && len(d.Hits) > 0 {
		t.Errorf("a word without views was seen in disguise: %+v", d.Hits)
	}
}

// Two books whose words are the same and whose views are not must not share a matcher.
func TestViewsAreAPartOfWhatBooksShare(t *testing.T) {
	lib := NewLibrary(nil)
	for _, c := range []struct {
		views []string
		hits  int
	}{{nil, 0}, {[]string{"auto"}, 1}, {nil, 0}} {
		rb, err := lib.Parse(params(live(watching(c.views, "刷单返利"))))
		if err != nil {
			t.Fatal(err)
		}
		r := &room{t: t, rb: rb, s: NewState(7), now: noon}
		n := 0
		if d := r.says(1, "唰单饭粒"); d != nil {
			n = len(d.Hits)
		}
		if n != c.hits {
			t.Errorf("views %v: %d hits, want %d", c.views, n, c.hits)
		}
	}
}
