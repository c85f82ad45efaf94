package lexicon

import (
	"strings"
	"sync"
	"unicode/utf8"

	"qunluo/internal/community"
)

// hiddenHints are the words behind which an id of a messenger stands, with the ways in which they are hidden. Behind each an id must
// follow: that is why weak signs suffice.
var hiddenHints = []struct{ word, kind string }{
	{"微信", "wechat"}, {"微信号", "wechat"}, {"威信", "wechat"}, {"v信", "wechat"}, {"vx", "wechat"}, {"wx", "wechat"}, {"加微", "wechat"}, {"加薇", "wechat"},
	{"加v", "wechat"}, {"v×", "wechat"}, {"+v", "wechat"}, {"私信v", "wechat"}, {"wechat", "wechat"}, {"薇", "wechat"}, {"卫星号", "wechat"},
	{"qq", "qq"}, {"扣扣", "qq"}, {"企鹅号", "qq"}, {"q群", "qq"}, {"扣群", "qq"}, {"加q", "qq"}, {"+q", "qq"}, {"qq群", "qq"}, {"企鹅群", "qq"},
}

var hiddenMatcher = sync.OnceValue(func() *Matcher {
	phrases := make([]Phrase, len(hiddenHints))
	for i, h := range hiddenHints {
		phrases[i] = Phrase{h.word, WideViews(h.word) &^ (Swap | Initials)}
	}
	m, err := CompileViews(phrases)
	if err != nil {
		panic(err) // the list above is wrong
	}
	return m
})

// maxBetween is how many symbols may stand between two digits of a number that is written apart.
const maxBetween = 2

// HiddenContacts is [Contacts], and what is written so that a filter should not see it: the announcing word in any disguise (薇, ➕v, wei信,
// q裙), numbers with words and symbols for digits and with symbols between them.
func HiddenContacts(text string, buf []Contact) []Contact {
	from := len(buf)
	buf = phones(text, buf)
	buf = emails(text, buf)
	buf = hiddenPhones(text, buf)
	var room [16]Match
	for _, m := range hintMatcher().Find(text, room[:0]) {
		if c, ok := idAfter(text, m.Span, contactHints[m.Phrase].kind); ok {
			buf = append(buf, c)
		}
	}
	for _, m := range hiddenMatcher().Find(text, room[:0]) {
		kind := hiddenHints[m.Phrase].kind
		c, ok := idAfter(text, m.Span, kind)
		if !ok {
			c, ok = numberAfter(text, m.Span, kind)
		}
		if ok {
			buf = append(buf, c)
		}
	}
	return apart(buf, from)
}

// digitAt reads a rune as a digit, however it is written; -1 when it is none.
func digitAt(r rune) int {
	if r == '幺' {
		return 1
	}
	if f := glyphs().fold(r); isDigit(f) {
		return int(f - '0')
	}
	return -1
}

// hiddenPhones finds runs of exactly eleven digits that begin with 13 to 19, whatever stands for a digit, with few symbols between.
func hiddenPhones(text string, buf []Contact) []Contact {
	fold := folding()
	var run [11]int
	n, start, end, gap := 0, 0, 0, 0
	flush := func() {
		if n == 11 && run[0] == 1 && run[1] >= 3 {
			buf = append(buf, Contact{community.Span{Start: start, End: end}, "phone"})
		}
		n = 0
	}
	for i, r := range text {
		d := digitAt(r)
		switch {
		case d >= 0:
			if n == 0 {
				start = i
			}
			if n < len(run) {
				run[n] = d
			}
			n, gap, end = n+1, 0, i+utf8.RuneLen(r)
		case n > 0 && gap < maxBetween && fold.isSkip(r):
			gap++
		default:
			flush()
		}
	}
	flush()
	return buf
}

// numberAfter reads digits behind a hint, whatever stands for them, with few symbols between.
func numberAfter(text string, hint community.Span, kind string) (Contact, bool) {
	fold := folding()
	n, end, gap := 0, hint.End, 0
	for i, r := range text[hint.End:] {
		if digitAt(r) >= 0 {
			n, gap, end = n+1, 0, hint.End+i+utf8.RuneLen(r)
			continue
		}
		most := maxBetween
		if n == 0 {
			most = MaxGap
		}
		if gap++; gap > most || !fold.isSkip(r) && (n > 0 || !strings.ContainsRune("号群裙是为加我", r)) {
			break
		}
	}
	ok := kind == "qq" && n >= 5 && n <= 11 || kind == "wechat" && n >= 6 && n <= 20
	return Contact{community.Span{Start: hint.Start, End: end}, kind}, ok
}
