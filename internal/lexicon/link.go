package lexicon

import (
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Link is an address in a text.
type Link struct {
	Span community.Span // with scheme and path
	Host string         // lower case, dots written "."
}

// endings are the last labels that make a bare domain a link. Left out are those that are also endings of file names (md,
// py, sh, rs, zip, …) or words that begin a sentence (in, it, is, to, …), for who forgets the blank after a full stop:
// such a domain counts when it has a scheme, "www." or a path.
var endings = wordSet(`
	com net org cn cc top xyz vip info biz io me co tv app dev site online store shop club live link fun icu ltd
	group pro wang ink red mobi asia tech space website cloud art design wiki news chat game games bet casino win loan
	click buzz cyou sbs cfd one today world life video email social plus run zone fit team center company men party
	edu gov int mil hk tw mo jp kr sg th vn ph uk eu de fr ru ua es nl pl se ca au nz br mx ar ch
	gg gl ly tk ml ga cf gq pw ws la im fm ai
	中国 网址 公司 网络 商城 网店 中文网 在线 集团 我爱你`)

// wordSet makes a set of blank-separated words.
func wordSet(list string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(list) {
		out[w] = true
	}
	return out
}

// Links appends every link in text to buf: with a scheme, or a bare domain with a known ending. An address of e-mail is
// no link. It allocates only when buf must grow or a host is not plain lower case.
func Links(text string, buf []Link) []Link {
	from := 0 // the end of the last link: no other reaches back over it
	for i := 0; i < len(text); {
		b := text[i]
		if b > 0xe3 && b < 0xef && threeByte(text, i) != 0 { // ideographs, of which texts consist
			i += 3
			continue
		}
		if b != '.' && b != 0xe3 && b != 0xef || dotLen(text, i) == 0 { // 。｡．
			i++
			continue
		}
		link, next, ok := linkAround(text, from, i)
		if ok {
			buf = append(buf, link)
			from = link.Span.End
		}
		i = next
	}
	return buf
}

// dotLen is the length of the dot at i: ".", or a Chinese full stop squeezed between ASCII letters or digits, which is
// how domains are disguised. 0 = no dot.
func dotLen(text string, i int) int {
	n := 0
	switch {
	case text[i] == '.':
		return 1
	case strings.HasPrefix(text[i:], "。"), strings.HasPrefix(text[i:], "．"), strings.HasPrefix(text[i:], "｡"):
		n = 3
	default:
		return 0
	}
	if i > 0 && isASCIIWord(rune(text[i-1])) && i+n < len(text) && isASCIIWord(rune(text[i+n])) {
		return n
	}
	return 0
}

func isLabelByte(b byte) bool { return isASCIIWord(rune(b)) || b == '-' || b == '_' }

// linkAround reads the host around a dot, not looking back beyond from. next is where to look on.
func linkAround(text string, from, dot int) (link Link, next int, ok bool) {
	start := dot
	for start > from && isLabelByte(text[start-1]) {
		start--
	}
	end, plain := hostEnd(text, start)
	next = max(end, dot+dotLen(text, dot))
	if start == dot || end <= dot+1 || start > 0 && text[start-1] == '@' {
		return link, next, false
	}
	scheme := max(schemeStart(text, start), from)
	host := text[start:end]
	if !plain {
		host = strings.NewReplacer("。", ".", "．", ".", "｡", ".").Replace(host)
	}
	host = strings.ToLower(host)
	if end < len(text) && text[end] == '@' && scheme == start || !isHost(host, scheme < start, end < len(text) && text[end] == '/') {
		return link, next, false
	}
	tail := linkEnd(text, end) // only of a link: who is none gives nothing to go on from, and the next would walk as far
	return Link{Span: community.Span{Start: scheme, End: tail}, Host: host}, max(tail, next), true
}

// hostEnd walks over labels and single dots. plain: all dots were ".".
func hostEnd(text string, i int) (end int, plain bool) {
	plain = true
	for i < len(text) {
		if isLabelByte(text[i]) {
			i++
			continue
		}
		d := dotLen(text, i)
		if d > 0 && i+d < len(text) && isLabelByte(text[i+d]) {
			plain = plain && d == 1
			i += d
			continue
		}
		if d > 0 {
			if n := hanEnding(text[i+d:]); n > 0 {
				return i + d + n, plain
			}
		}
		return i, plain
	}
	return i, plain
}

// hanEnding is the length of a Chinese top level at the start of text; 0 = none. The longest one wins.
func hanEnding(text string) int {
	best := 0
	for i, runes := 0, 0; i < len(text) && runes < 3; runes++ {
		_, n := utf8.DecodeRuneInString(text[i:])
		i += n
		if endings[text[:i]] && n > 1 {
			best = i
		}
	}
	return best
}

// schemeStart finds "scheme://" (with user info) before a host; start itself when there is none.
func schemeStart(text string, start int) int {
	i := start
	if i >= 1 && text[i-1] == '@' {
		return start
	}
	if !strings.HasSuffix(text[:i], "://") {
		return start
	}
	i -= 3
	end := i
	for i > 0 && isASCIILetter(rune(text[i-1])) {
		i--
	}
	if end-i < 2 {
		return start
	}
	return i
}

// linkEnd goes over port, path, query and fragment: printable ASCII, without closing punctuation at the end.
func linkEnd(text string, i int) int {
	host := i
	if i+1 < len(text) && text[i] == ':' && isDigit(rune(text[i+1])) {
		for i++; i < len(text) && isDigit(rune(text[i])); i++ {
		}
	}
	if i >= len(text) || text[i] != '/' && text[i] != '?' && text[i] != '#' {
		return i
	}
	for i < len(text) && text[i] > ' ' && text[i] < 0x7f && !strings.ContainsRune("<>\"`", rune(text[i])) {
		i++
	}
	for i > host+1 && strings.IndexByte(".,;:!?)]}'", text[i-1]) >= 0 {
		i--
	}
	return i
}

// isHost decides whether dotted labels are an address.
func isHost(host string, scheme, path bool) bool {
	dot := strings.LastIndexByte(host, '.')
	last := host[dot+1:]
	if last == "" || len(host) > 253 || strings.Contains(host, "..") {
		return false
	}
	if scheme || endings[last] {
		return scheme || !allDigits(host[:dot])
	}
	if !path && !strings.HasPrefix(host, "www.") {
		return false
	}
	return len(last) >= 2 && !strings.ContainsAny(last, "0123456789-_")
}

func allDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(rune(s[i])) && s[i] != '.' {
			return false
		}
	}
	return true
}

// HostIn reports whether host is one of list or below one of them.
func HostIn(host string, list []string) bool {
	for _, h := range list {
		if host == h || len(host) > len(h) && host[len(host)-len(h)-1] == '.' && strings.HasSuffix(host, h) {
			return true
		}
	}
	return false
}

// HostOf reads the host of an address with a scheme ("https://a.b/c"), lower case; "" when there is none.
func HostOf(address string) string {
	if links := Links(address, nil); len(links) > 0 {
		return links[0].Host
	}
	return ""
}
