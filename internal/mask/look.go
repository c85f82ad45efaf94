package mask

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// contactKinds are what lexicon's ways of contact stand for.
var contactKinds = map[string]Kind{"phone": Phone, "email": Mail, "wechat": Account, "qq": Account}

// looks finds what looks like something to be hidden, whoever it belongs to.
func looks(text string, f flat) (out []found) {
	for _, l := range lexicon.Links(text, nil) {
		out = append(out, found{l.Span, owner{Link, 0}})
	}
	for _, c := range lexicon.HiddenContacts(text, nil) {
		out = append(out, found{c.Span, owner{contactKinds[c.Kind], 0}})
	}
	out = append(out, schemes(text)...)
	out = append(out, numbers(f)...)
	out = append(out, tokens(f)...)
	out = append(out, spoken(f)...)
	for i := range text {
		if n := len(open); strings.HasPrefix(text[i:], open) || strings.HasPrefix(text[i:], end) { // both are as long
			out = append(out, found{community.Span{Start: i, End: i + n}, owner{Sign, 0}})
		}
	}
	return out
}

// schemes finds addresses with a scheme whose host no rule of lexicon takes for one (localhost, numbers, other scripts).
func schemes(text string) (out []found) {
	for from := 0; ; {
		i := strings.Index(text[from:], "://")
		if i < 0 {
			return out
		}
		i += from
		begin, stop := i, i+3
		for begin > 0 && (isASCIIWord(rune(text[begin-1])) || text[begin-1] == '+' || text[begin-1] == '-') {
			begin--
		}
		for stop < len(text) && text[stop] > ' ' && text[stop] < 0x7f {
			stop++
		}
		out = append(out, found{community.Span{Start: begin, End: stop}, owner{Link, 0}})
		from = stop
	}
}

func isASCIIWord(r rune) bool {
	return r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)) || r == '_'
}

// hanDigits are digits written as characters.
const hanDigits = "零〇一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖"

func digit(r rune) (value byte, ok bool) {
	if r >= '0' && r <= '9' {
		return byte(r), true
	}
	if strings.ContainsRune(hanDigits, r) {
		return '?', true
	}
	return 0, false
}

// numbers finds digits in a row, with at most two blanks, dashes or dots between two of them. Dates stay.
func numbers(f flat) (out []found) {
	for i := 0; i < len(f.runes); {
		if _, ok := digit(f.runes[i]); !ok {
			i++
			continue
		}
		first, last, gap := i, i, 0
		var run []byte
		for ; i < len(f.runes); i++ {
			r := f.runes[i]
			v, ok := digit(r)
			if !ok && r == 'x' && len(run) == 17 {
				v, ok = 'x', true
			}
			if ok {
				run, last, gap = append(run, v), i, 0
				continue
			}
			if gap++; gap > 2 || !strings.ContainsRune(" -.·_()+", r) {
				break
			}
		}
		i = last + 1
		if kind, hide := numberKind(run, f.runes[first:last+1]); hide {
			out = append(out, found{f.span(first, last+1), owner{kind, 0}})
		}
	}
	return out
}

func numberKind(run []byte, written []rune) (Kind, bool) {
	switch plain := !strings.ContainsRune(string(run), '?'); {
	case len(run) < minRun:
		return "", false
	case !plain:
		return Number, len(run) > minRun // 一二三四五 is counting
	case isDate(string(written)):
		return "", false
	case len(run) == 18 && isCard(run):
		return Card, true
	case len(run) >= 12 && len(run) <= 19 && luhn(run):
		return Bank, true
	}
	return Number, true
}

// isDate reports whether digits are a day: 2026-11-29, 2026.1.5, with or without a time behind.
func isDate(s string) bool {
	day, _, _ := strings.Cut(s, " ")
	parts := strings.FieldsFunc(day, func(r rune) bool { return r == '-' || r == '.' })
	if len(parts) != 3 || len(parts[0]) != 4 || len(parts[1]) > 2 || len(parts[2]) > 2 || parts[0] < "1990" || parts[0] > "2099" {
		return false
	}
	rest := strings.TrimSpace(s[len(day):])
	return len(rest) <= 2
}

// isCard checks an identity card's last character (GB 11643-1999: weights 2^(17-i) mod 11).
func isCard(run []byte) bool {
	sum, weight := 0, []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	for i, w := range weight {
		sum += int(run[i]-'0') * w
	}
	return "10x98765432"[sum%11] == run[17]
}

// luhn checks a bank card's last digit (ISO/IEC 7812-1, annex B).
func luhn(run []byte) bool {
	sum := 0
	for i := range run {
		d := int(run[len(run)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// tokens finds words of letters with digits, and words too long to be any.
func tokens(f flat) (out []found) {
	for i := 0; i < len(f.runes); {
		from, letters, digits := i, false, false
		for ; i < len(f.runes) && (isASCIIWord(f.runes[i]) || i > from && f.runes[i] == '-'); i++ {
			letters = letters || unicode.IsLetter(f.runes[i])
			digits = digits || unicode.IsDigit(f.runes[i])
		}
		if n := i - from; letters && (digits && n >= minCode || n >= minPlain) {
			out = append(out, found{f.span(from, i), owner{Code, 0}})
		}
		if i == from {
			i++
		}
	}
	return out
}

// everybody are who is spoken to by "@" and is nobody in particular.
var everybody = []string{"所有人", "全体成员", "全体", "大家", "all", "everyone", "here", "channel"}

// spoken finds whoever is spoken to by "@", known to the house or not: up to a blank or a mark.
func spoken(f flat) (out []found) {
	for i := 0; i < len(f.runes); i++ {
		if f.runes[i] != '@' {
			continue
		}
		to := i + 1
		for to < len(f.runes) && to-i <= 24 && !unicode.IsSpace(f.runes[to]) && f.runes[to] != 0x2005 && !strings.ContainsRune("@,，。!！?？:：;；、()（）\"“”", f.runes[to]) {
			to++
		}
		if to == i+1 || isEverybody(string(f.runes[i+1:to])) {
			continue
		}
		out = append(out, found{f.span(i+1, to), owner{Member, 0}})
		i = to - 1
	}
	return out
}

// isEverybody looks at the whole word where it is in letters: Allen is somebody. Chinese goes on without a blank.
func isEverybody(s string) bool {
	for _, w := range everybody {
		if rest, ok := strings.CutPrefix(s, w); ok && (rest == "" || w[0] >= utf8.RuneSelf) {
			return true
		}
	}
	return false
}
