package policy

import (
	"slices"
	"strings"
	"testing"
)

func TestListIsUsedMovedAndDroppedWithoutTouchingTheRest(t *testing.T) {
	one := ListRef{List: "L1", Version: 1, Asset: strings.Repeat("a", 64), Name: "广告"}
	two := one
	two.Version, two.Asset = 2, strings.Repeat("b", 64)
	before := mustDefault(PresetGeneral)
	book, changed := UseList(before, one, "words-1", RuleDry)
	if got := ListsOf(book); !changed || !slices.Equal(got, []ListUse{{one, "words-1", RuleDry, "rules[5].params.lists[0].asset"}}) {
		t.Fatalf("used: %v, %v", changed, got)
	}
	if len(ListsOf(before)) != 0 || len(book.Rules) != len(before.Rules)+1 {
		t.Error("the book before was changed, or more than a rule was added")
	}
	if _, again := UseList(book, one, "words-1", RuleDry); again {
		t.Error("using it so once more changes something")
	}
	moved, changed := MoveList(book, two)
	if got := ListsOf(moved); !changed || got[0].Version != 2 || got[0].Asset != two.Asset || ListsOf(book)[0].Version != 1 {
		t.Errorf("moved: %v, %v; before %v", changed, got, ListsOf(book))
	}
	if _, other := MoveList(book, ListRef{List: "L2", Version: 9}); other {
		t.Error("another list moved this one")
	}
	live, changed := UseList(moved, two, "words-1", RuleLive)
	if got := ListsOf(live); !changed || got[0].Mode != RuleLive {
		t.Errorf("switched on: %v", got)
	}
	gone, changed := DropList(live, "L1")
	if !changed || len(DiffBooks(before, gone)) != 0 {
		t.Errorf("dropped: %v, different from the book before: %v", changed, DiffBooks(before, gone))
	}
	mixed := live
	mixed.Rules = []Rule{rule1("keyword", map[string]any{"lists": []wordList{{Words: []string{"自己的"}}, {Name: "广告", List: "L1", Version: 2, Asset: two.Asset}}})}
	rest, _ := DropList(mixed, "L1")
	if len(rest.Rules) != 1 || len(listsIn(rest.Rules[0])) != 1 || listsIn(rest.Rules[0])[0].Words[0] != "自己的" {
		t.Errorf("a rule that holds phrases of its own: %+v", rest.Rules)
	}
}
