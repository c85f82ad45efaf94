package lexicon

import (
	"strings"
	"unicode"
)

// alikes are characters of one alphabet that are taken for each other, beyond lookalikes: what stands for them is the first.
var alikes = strings.NewReplacer("i", "l", "1", "l", "|", "l", "0", "o", "5", "s", "rn", "m", "vv", "w", "〇", "o", "○", "o")

// Skeleton is what a name looks like at a glance: two names with the same skeleton are taken for each other. Hidden characters, blanks and
// signs do not count; letters of other alphabets stand for those they look like, traditional characters for the simplified, capitals for
// small letters (the idea of UTS #39 §4, with our own tables). "" = nothing is left to look at.
func Skeleton(name string) string {
	table := forms()
	return alikes.Replace(strings.Map(func(r rune) rune {
		r = table.fold(r)
		if table.isSkip(r) && r != '|' && r != '○' || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name))
}
