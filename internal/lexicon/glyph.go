package lexicon

import (
	"strings"
	"sync"
	"unicode/utf8"
)

// glyphs is the folding of phrases that are looked for through views: [Fold], then traditional characters, letters that look like
// Latin ones and numbers as words. They cost nothing: a rune more in a class of the matcher's table. It is kept apart from
// [Fold], upon which [Hash] stands.
var glyphs = sync.OnceValue(func() *foldTable { return makeGlyphs(true) })

// forms is glyphs without the numbers: they have a sound and parts like other characters.
var forms = sync.OnceValue(func() *foldTable { return makeGlyphs(false) })

// lookalikes are letters of other alphabets by the Latin letter that they look like.
var lookalikes = [...]struct {
	letter rune
	alike  string
}{
	{'a', "аαɑᴀ"}, {'b', "ьʙƅ"}, {'c', "сϲᴄ"}, {'d', "ԁᴅ"}, {'e', "еєᴇ"}, {'f', "ꜰƒ"}, {'g', "ɡɢց"}, {'h', "һнʜ"}, {'i', "іɪιı"},
	{'j', "јᴊϳ"}, {'k', "кκᴋ"}, {'l', "ӏʟ"}, {'m', "мᴍ"}, {'n', "ɴո"}, {'o', "оοᴏօ"}, {'p', "рρᴘ"}, {'q', "ԛզ"}, {'r', "ʀг"},
	{'s', "ѕꜱ"}, {'t', "тτᴛ"}, {'u', "υսᴜ"}, {'v', "ѵνᴠ"}, {'w', "ԝωᴡ"}, {'x', "хχ"}, {'y', "уγʏ"}, {'z', "ᴢ"},
}

// numerals are the words of digits, 0 first.
var numerals = [...]string{"零〇", "一壹弌", "二贰弍", "三叁叄弎", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖"}

// numbered gives the digit of each word for one.
func numbered() map[rune]rune {
	to := map[rune]rune{}
	for i, words := range numerals {
		for _, r := range words {
			to[r] = '0' + rune(i)
		}
	}
	return to
}

func makeGlyphs(numbers bool) *foldTable {
	plain := folding()
	t := &foldTable{base: plain.base, skip: plain.skip, astral: map[rune]rune{}}
	t.kinds = sync.OnceValue(func() *classes { return newClasses(t) })
	to := map[rune]rune{}
	for _, l := range lookalikes {
		for _, r := range l.alike {
			to[r] = l.letter
		}
	}
	for r := rune(0); r < 26; r++ { // flags' letters, and those in squares
		for _, first := range []rune{0x1f1e6, 0x1f130, 0x1f150, 0x1f170} {
			to[first+r] = 'a' + r
		}
	}
	for r, digit := range numbered() {
		if numbers {
			to[r] = digit
		}
	}
	for s := string(unpack(simplifiedTable)); s != ""; {
		from, n := utf8.DecodeRuneInString(s)
		r, m := utf8.DecodeRuneInString(s[n:])
		if to[r] != 0 {
			r = to[r]
		}
		if s = s[n+m:]; to[from] == 0 {
			to[from] = r
		}
	}
	further := func(r rune) rune {
		if next := to[r]; next != 0 {
			return next
		}
		return r
	}
	for r, next := range plain.astral {
		t.astral[r] = further(next)
	}
	for r := range t.base {
		t.base[r] = uint16(further(rune(t.base[r]))) // all of them lie in the basic plane
	}
	for from, next := range to {
		if from >= 1<<16 {
			t.astral[from] = next
		}
	}
	t.listPairs()
	return t
}

// listPairs lists every rune that does not fold to itself, in order.
func (t *foldTable) listPairs() {
	for r := rune(0); r < 0x2fa20; r++ {
		if next := t.fold(r); next != r {
			t.pairs = append(t.pairs, foldPair{r, next})
		}
	}
}

// glyphView says by which view two runes that fold alike beyond [Fold] are the same.
func glyphView(r rune) View {
	switch {
	case isNumeral(r):
		return Digits
	case isTabled(r):
		return Traditional
	}
	return Letters
}

// isNumeral reports whether a rune is a word for a digit.
func isNumeral(r rune) bool {
	for _, words := range numerals {
		if strings.ContainsRune(words, r) {
			return true
		}
	}
	return false
}
