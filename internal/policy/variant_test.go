package policy

import (
	"encoding/json"
	"slices"
	"testing"
)

func raised(t *testing.T, v any) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestVariantsChangeOneThingEach: every variant is a readable book that differs from today's in exactly one field of one rule,
// and the list is the same each time.
func TestVariantsChangeOneThingEach(t *testing.T) {
	b := blank()
	b.Rules = []Rule{
		{ID: "ads", Name: "广告", Kind: "keyword", Mode: RuleLive, Params: raised(t, map[string]any{"lists": []any{map[string]any{"words": []string{"团购", "代购"}}, map[string]any{"words": []string{"刷单"}, "views": []string{"auto"}}}})},
		{ID: "flood", Name: "刷屏", Kind: "flood", Mode: RuleLive, Params: raised(t, map[string]any{"windows": []any{map[string]any{"seconds": 60, "messages": 6, "same": 3}}})},
		{ID: "copies", Name: "复制", Kind: "copies", Mode: RuleDry, Params: raised(t, map[string]any{"minutes": 15, "copies": 3, "senders": 2, "alone": 0})},
		{ID: "new", Name: "新人", Kind: "probation", Mode: RuleLive, Params: raised(t, map[string]any{"hours": 24, "messages": 0, "no_links": true})},
		{ID: "learned", Name: "学习", Kind: "learned", Mode: RuleLive, Params: raised(t, map[string]any{"model": "x"})},
		{ID: "gone", Name: "停用", Kind: "flood", Mode: RuleOff, Params: raised(t, map[string]any{"windows": []any{map[string]any{"seconds": 60, "messages": 6}}})},
		{ID: "hi", Name: "欢迎", Kind: "welcome", Mode: RuleLive, Params: raised(t, map[string]any{})},
	}
	list := Variants(b, []string{"昨天的团购真好"})
	whats := map[string]int{}
	for _, v := range list {
		whats[v.Rule+" "+v.What]++
		next, ok := v.Put(b)
		if !ok {
			t.Fatalf("%s does not fit the book it was made from", v.Key())
		}
		if got := DiffBooks(b, next); len(got) != 1 || got[0].Rule != v.Rule {
			t.Errorf("%s changes %+v, want one field", v.Key(), got)
		}
	}
	for want, n := range map[string]int{"ads word_out": 1, "ads views_on": 1, "ads views_off": 1, "ads mode_dry": 1, "flood number_up": 4, "flood number_down": 4, "copies mode_live": 1, "copies number_up": 4,
		"new number_up": 2, "learned caution": 2, "gone mode_dry": 0, "hi mode_dry": 0} {
		if whats[want] != n {
			t.Errorf("%s: %d changes, want %d", want, whats[want], n)
		}
	}
	again := Variants(b, []string{"昨天的团购真好"})
	if !slices.EqualFunc(list, again, func(x, y Variant) bool { return x.Key() == y.Key() && string(x.To.Params) == string(y.To.Params) }) {
		t.Error("listed twice, the changes differ")
	}
	if string(b.Rules[0].Params) != string(raised(t, map[string]any{"lists": []any{map[string]any{"words": []string{"团购", "代购"}}, map[string]any{"words": []string{"刷单"}, "views": []string{"auto"}}}})) {
		t.Error("listing changes changed the book itself")
	}
}

// TestVariantFitsOnlyTheRuleItWasMadeFrom: a rule that somebody changed meanwhile is not overwritten.
func TestVariantFitsOnlyTheRuleItWasMadeFrom(t *testing.T) {
	b := blank()
	b.Rules = []Rule{{ID: "flood", Name: "刷屏", Kind: "flood", Mode: RuleLive, Params: raised(t, map[string]any{"windows": []any{map[string]any{"seconds": 60, "messages": 6}}})}}
	v := Variants(b, nil)[0]
	other := b
	other.Rules = []Rule{b.Rules[0]}
	other.Rules[0].Params = json.RawMessage(`{"windows":[{"messages":6,"seconds":60}]}`) // written otherwise, the same
	if _, ok := v.Put(other); !ok {
		t.Error("the same rule, written otherwise, is refused")
	}
	other.Rules[0].Params = raised(t, map[string]any{"windows": []any{map[string]any{"seconds": 60, "messages": 9}}})
	if _, ok := v.Put(other); ok {
		t.Error("a rule that changed is overwritten")
	}
	if _, ok := v.Put(blank()); ok {
		t.Error("a rule that is gone is put back")
	}
	b.Rules[0].Params = json.RawMessage(`[1`)
	if got := Variants(b, nil); len(got) != 1 || got[0].What != ModeDry {
		t.Errorf("of half a rule: %+v, want its mode alone", got)
	}
}
