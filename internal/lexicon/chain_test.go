package lexicon

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestChainFindsWhatWalkingFinds compares the two ways of reading a text, on words and texts of very few characters.
func TestChainFindsWhatWalkingFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[长短a1]{1,5}|长{6,20}短?`)
		list := rapid.SliceOfN(word, 1, 12).Draw(t, "list")
		text := rapid.StringMatching(`([长短a1]|-| |\n|x){0,60}`).Draw(t, "text")
		m, err := Compile(list)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(sorted(naive(list, text)), sorted(m.Find(text, nil))); diff != "" {
			t.Errorf("walking (-definition +got):\n%s", diff)
		}
		read, _ := m.words.read(text, 0, len(text), nil)
		if diff := cmp.Diff(m.words.find(text, nil), read); diff != "" {
			t.Errorf("the chain (-walking +chain):\n%s", diff)
		}
	})
}

// TestSwitchingToTheChainLosesNothing reads texts that turn hostile in the middle.
func TestSwitchingToTheChainLosesNothing(t *testing.T) {
	list := []string{strings.Repeat("长", MaxPhrase-1) + "短", "长", "长长", "短长", "长-短"}
	m := compile(t, list...)
	for _, text := range []string{
		strings.Repeat("长", 300) + "短长", strings.Repeat("a长", 50) + strings.Repeat("长", 200) + "短-长" + strings.Repeat("长", 63) + "短",
		strings.Repeat(strings.Repeat("长", 300)+"短-长，也短长。", 9), strings.Repeat("长", 150) + "\n" + strings.Repeat("长", 150) + strings.Repeat(".", 8) + "短",
	} {
		if diff := cmp.Diff(sorted(naive(list, text)), sorted(m.Find(text, nil))); diff != "" {
			t.Errorf("%.20s… (-definition +matcher):\n%s", text, diff)
		}
	}
}
