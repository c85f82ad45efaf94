package lexicon

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Contact is a way to reach somebody outside the group.
type Contact struct {
	Span community.Span
	Kind string // phone, email, wechat, qq
}

// contactHints are the words behind which an id of a messenger stands.
var contactHints = []struct{ word, kind string }{
	{"微信", "wechat"}, {"薇信", "wechat"}, {"威信", "wechat"}, {"v信", "wechat"}, {"vx", "wechat"}, {"wx", "wechat"},
	{"weixin", "wechat"}, {"wechat", "wechat"}, {"加v", "wechat"}, {"加薇", "wechat"}, {"私信v", "wechat"},
	{"qq", "qq"}, {"扣扣", "qq"}, {"企鹅号", "qq"}, {"q群", "qq"}, {"加q", "qq"}, {"qq群", "qq"},
}

var hintMatcher = sync.OnceValue(func() *Matcher {
	phrases := make([]string, len(contactHints))
	for i, h := range contactHints {
		phrases[i] = h.word
	}
	m, err := Compile(phrases)
	if err != nil {
		panic(err) // the list above is wrong
	}
	return m
})

// Contacts appends every way of contact in text to buf, in order of position and without overlaps: mobile numbers of
// mainland China (blanks and dashes inside allowed), addresses of e-mail, and ids of WeChat and QQ behind a word that
// announces them.
func Contacts(text string, buf []Contact) []Contact {
	from := len(buf)
	buf = phones(text, buf)
	buf = emails(text, buf)
	var room [16]Match
	for _, m := range hintMatcher().Find(text, room[:0]) {
		if c, ok := idAfter(text, m.Span, contactHints[m.Phrase].kind); ok {
			buf = append(buf, c)
		}
	}
	return apart(buf, from)
}

// apart puts what was found from an index on into order and leaves out what overlaps what began before it.
func apart(buf []Contact, from int) []Contact {
	found := buf[from:]
	slices.SortStableFunc(found, func(a, b Contact) int {
		if a.Span.Start != b.Span.Start {
			return a.Span.Start - b.Span.Start
		}
		return b.Span.End - a.Span.End
	})
	kept := found[:0]
	for _, c := range found {
		if len(kept) == 0 || c.Span.Start >= kept[len(kept)-1].Span.End {
			kept = append(kept, c)
		}
	}
	return buf[:from+len(kept)]
}

// phones finds runs of exactly eleven digits that begin with 13 to 19.
func phones(text string, buf []Contact) []Contact {
	fold := folding()
	var run [11]byte
	n, start, end, gap := 0, 0, 0, 0
	flush := func() {
		if n == 11 && run[0] == '1' && run[1] >= '3' {
			buf = append(buf, Contact{community.Span{Start: start, End: end}, "phone"})
		}
		n = 0
	}
	for i, r := range text {
		f := fold.fold(r)
		switch {
		case isDigit(f):
			if n == 0 {
				start = i
			}
			if n < len(run) {
				run[n] = byte(f)
			}
			n, gap, end = n+1, 0, i+utf8.RuneLen(r)
		case n > 0 && gap == 0 && (f == ' ' || f == '-'):
			gap++
		default:
			flush()
		}
	}
	flush()
	return buf
}

func emails(text string, buf []Contact) []Contact {
	for i := 0; ; {
		k := strings.IndexByte(text[i:], '@')
		if k < 0 {
			return buf
		}
		at := i + k
		start, end := at, at+1
		for start > i && (isLabelByte(text[start-1]) || text[start-1] == '.' || text[start-1] == '+') {
			start--
		}
		end, _ = hostEnd(text, end)
		if start < at && strings.IndexByte(text[at+1:end], '.') > 0 {
			buf = append(buf, Contact{community.Span{Start: start, End: end}, "email"})
		}
		i = max(end, at+1)
	}
}

// idAfter reads the id behind a hint, with at most MaxGap symbols and filling words between.
func idAfter(text string, hint community.Span, kind string) (Contact, bool) {
	fold := folding()
	start := hint.End
	for skipped := 0; start < len(text) && skipped < MaxGap; skipped++ {
		r, n := utf8.DecodeRuneInString(text[start:])
		if !fold.isSkip(r) && !strings.ContainsRune("号群是为加我", r) {
			break
		}
		start += n
	}
	end, first, length, digitsOnly := start, rune(0), 0, true
	for end < len(text) {
		r, n := utf8.DecodeRuneInString(text[end:])
		f := fold.fold(r)
		if !isASCIIWord(f) && f != '_' && f != '-' {
			break
		}
		if length == 0 {
			first = f
		}
		digitsOnly = digitsOnly && isDigit(f)
		end += n
		length++
	}
	ok := kind == "wechat" && length >= 6 && length <= 20 && (isASCIILetter(first) || digitsOnly) ||
		kind == "qq" && digitsOnly && length >= 5 && length <= 11
	return Contact{community.Span{Start: hint.Start, End: end}, kind}, ok
}
