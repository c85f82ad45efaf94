package onebot

import (
	"encoding/json"
	"unicode/utf8"

	"qunluo/internal/connect/onebot/wire"
)

// readFast reads a group message whose message is a list of segments, into n in one pass over the frame. False says
// nothing about the frame but that decodeSlow must read it: it is of another kind, not JSON, or unusual (a key with an
// escape, invalid UTF-8, a fraction where a whole number belongs). Where it is true both give the same; a fuzz test
// compares them.
func readFast(data []byte, n *note) bool {
	s := scan{in: data}
	s.space()
	if !s.object(func(key []byte) bool { return n.readField(&s, key) }) {
		return false
	}
	s.space()
	if s.at != len(s.in) || n.kind != "group" || n.parts == nil {
		return false
	}
	return n.postType == "message" || n.postType == "message_sent"
}

func (n *note) readField(s *scan, key []byte) (ok bool) {
	switch string(key) {
	case "time":
		n.time, ok = s.whole()
	case "self_id":
		n.quoted = s.peek() == '"'
		n.self, ok = s.id()
	case "message_id":
		n.message, ok = s.id()
	case "group_id":
		n.group, ok = s.id()
	case "user_id":
		n.user, ok = s.id()
	case "group_name":
		n.groupName, ok = s.text()
	case "post_type":
		n.postType, ok = s.word()
	case "message_type":
		n.kind, ok = s.word()
	case "sub_type":
		n.subType, ok = s.word()
	case "sender":
		n.nickname, n.card, n.role = "", "", ""
		ok = s.peek() == '{' && s.object(func(key []byte) bool { return n.readSender(s, key) })
	case "message":
		n.parts = make([]wire.Part, 0, 4)
		ok = s.peek() == '[' && s.list(func() bool { return n.readSegment(s) })
	case "echo", "retcode":
		return false // an answer, perhaps a long one
	default:
		ok = s.skip(0)
	}
	return ok
}

func (n *note) readSender(s *scan, key []byte) (ok bool) {
	switch string(key) {
	case "nickname":
		n.nickname, ok = s.text()
	case "card":
		n.card, ok = s.text()
	case "role":
		n.role, ok = s.word()
	default:
		ok = s.skip(0)
	}
	return ok
}

func (n *note) readSegment(s *scan) bool {
	if s.peek() != '{' {
		return false
	}
	n.parts = append(n.parts, wire.Part{})
	p := &n.parts[len(n.parts)-1]
	var raw []byte
	ok := s.object(func(key []byte) (ok bool) {
		switch string(key) {
		case "type":
			p.Kind, ok = s.word()
		case "data":
			kind := p.Kind
			*p = wire.Part{Kind: kind}
			start := s.at
			ok = s.peek() == '{' && s.object(func(key []byte) bool { return readData(p, s, key) })
			raw = s.in[start:s.at]
		default:
			ok = s.skip(0)
		}
		return ok
	})
	if ok && wire.KeepsRaw(p.Kind) {
		p.Raw = append(json.RawMessage(nil), raw...)
	}
	return ok
}

func readData(p *wire.Part, s *scan, key []byte) (ok bool) {
	to := p.Field(string(key))
	if to == nil {
		return s.skip(0)
	}
	switch c := s.peek(); {
	case c == '"':
		*to, ok = s.text()
		return ok
	case c == '-' || c >= '0' && c <= '9':
		start := s.at
		ok = s.number()
		*to = string(s.in[start:s.at])
		return ok
	}
	*to = ""
	return s.skip(0)
}

// maxDepth bounds nesting; deeper frames go to decodeSlow.
const maxDepth = 64

// scan walks over JSON as strictly as encoding/json does. Every method returns false at the first thing it does not
// take; the scan is then of no more use.
type scan struct {
	in []byte
	at int
}

func (s *scan) space() {
	for s.at < len(s.in) {
		switch s.in[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

// peek is the next byte; 0 at the end.
func (s *scan) peek() byte {
	if s.at < len(s.in) {
		return s.in[s.at]
	}
	return 0
}

func (s *scan) take(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.at++
	return true
}

// object calls member for each key, with the scan standing at its value; the key is valid during the call only.
func (s *scan) object(member func(key []byte) bool) bool {
	if !s.take('{') {
		return false
	}
	s.space()
	if s.take('}') {
		return true
	}
	for {
		start := s.at + 1
		if !s.take('"') || !s.plain() {
			return false
		}
		key := s.in[start : s.at-1]
		s.space()
		if !s.take(':') {
			return false
		}
		s.space()
		if !member(key) {
			return false
		}
		s.space()
		if s.take('}') {
			return true
		}
		if !s.take(',') {
			return false
		}
		s.space()
	}
}

// list calls item for each value, with the scan standing at it.
func (s *scan) list(item func() bool) bool {
	if !s.take('[') {
		return false
	}
	s.space()
	if s.take(']') {
		return true
	}
	for {
		if !item() {
			return false
		}
		s.space()
		if s.take(']') {
			return true
		}
		if !s.take(',') {
			return false
		}
		s.space()
	}
}

// plain passes over the rest of a string that has no escape, and its closing quote.
func (s *scan) plain() bool {
	for s.at < len(s.in) {
		c := s.in[s.at]
		if c == '\\' || c < ' ' || c >= utf8.RuneSelf {
			return false
		}
		s.at++
		if c == '"' {
			return true
		}
	}
	return false
}

// word is a string as the protocol's own words are: short, ASCII, without escapes; null is "".
func (s *scan) word() (string, bool) {
	if s.peek() == 'n' {
		return "", s.literal("null")
	}
	start := s.at + 1
	if !s.take('"') || !s.plain() {
		return "", false
	}
	return known(s.in[start : s.at-1]), true
}

// known gives the protocol's commonest words without making a copy.
func known(b []byte) string {
	switch string(b) {
	case "message":
		return "message"
	case "group":
		return "group"
	case "normal":
		return "normal"
	case "member":
		return "member"
	case "admin":
		return "admin"
	case "owner":
		return "owner"
	case "text":
		return "text"
	case "at":
		return "at"
	case "image":
		return "image"
	case "reply":
		return "reply"
	case "face":
		return "face"
	}
	return string(b)
}

// text is a string with its escapes resolved; null is "". Invalid UTF-8 and lone surrogates are not taken.
func (s *scan) text() (string, bool) {
	if s.peek() == 'n' {
		return "", s.literal("null")
	}
	if !s.take('"') {
		return "", false
	}
	start := s.at
	for s.at < len(s.in) {
		c := s.in[s.at]
		switch {
		case c == '"':
			b := s.in[start:s.at]
			s.at++
			return string(b), utf8.Valid(b)
		case c == '\\':
			return s.escaped(start)
		case c < ' ':
			return "", false
		}
		s.at++
	}
	return "", false
}

// escaped goes on with a text at its first escape.
func (s *scan) escaped(start int) (string, bool) {
	out := append(make([]byte, 0, s.at-start+64), s.in[start:s.at]...)
	for s.at < len(s.in) {
		c := s.in[s.at]
		switch {
		case c == '"':
			s.at++
			return string(out), utf8.Valid(out)
		case c < ' ':
			return "", false
		case c != '\\':
			out = append(out, c)
			s.at++
			continue
		}
		if s.at+1 >= len(s.in) {
			return "", false
		}
		if s.in[s.at+1] == 'u' {
			r, ok := s.rune()
			if !ok {
				return "", false
			}
			out = utf8.AppendRune(out, r)
			continue
		}
		c = unescape[s.in[s.at+1]]
		if c == 0 {
			return "", false
		}
		out = append(out, c)
		s.at += 2
	}
	return "", false
}

// unescape maps the letter after a backslash; 0 = not an escape.
var unescape = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// rune reads \uXXXX, or two of them that make a surrogate pair.
func (s *scan) rune() (rune, bool) {
	high, ok := s.hex4()
	if !ok || high >= 0xdc00 && high < 0xe000 {
		return 0, false
	}
	if high < 0xd800 || high >= 0xe000 {
		return high, true
	}
	low, ok := s.hex4()
	if !ok || low < 0xdc00 || low >= 0xe000 {
		return 0, false
	}
	return (high-0xd800)<<10 + (low - 0xdc00) + 0x10000, true
}

func (s *scan) hex4() (rune, bool) {
	if s.at+6 > len(s.in) || s.in[s.at] != '\\' || s.in[s.at+1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range s.in[s.at+2 : s.at+6] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	s.at += 6
	return r, true
}

// id is a whole number as it stands, or a string; null is "".
func (s *scan) id() (string, bool) {
	if c := s.peek(); c == '"' || c == 'n' {
		return s.text()
	}
	start := s.at
	if !s.number() || !wire.IsWhole(s.in[start:s.at]) {
		return "", false
	}
	return string(s.in[start:s.at]), true
}

// whole is a whole number of at most 18 digits.
func (s *scan) whole() (int64, bool) {
	start := s.at
	if !s.number() || s.at-start > 18 {
		return 0, false
	}
	var n int64
	for _, c := range s.in[start:s.at] {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// number passes over a number.
func (s *scan) number() bool {
	s.take('-')
	if !s.take('0') && !s.digits() {
		return false
	}
	if s.take('.') && !s.digits() {
		return false
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.at++
		if c := s.peek(); c == '+' || c == '-' {
			s.at++
		}
		return s.digits()
	}
	return true
}

func (s *scan) digits() bool {
	start := s.at
	for s.at < len(s.in) && s.in[s.at] >= '0' && s.in[s.at] <= '9' {
		s.at++
	}
	return s.at > start
}

func (s *scan) literal(word string) bool {
	if len(s.in)-s.at < len(word) || string(s.in[s.at:s.at+len(word)]) != word {
		return false
	}
	s.at += len(word)
	return true
}

// skip passes over a value of any kind.
func (s *scan) skip(depth int) bool {
	if depth > maxDepth {
		return false
	}
	switch s.peek() {
	case '"':
		return s.skipText()
	case '{':
		return s.object(func([]byte) bool { return s.skip(depth + 1) })
	case '[':
		return s.list(func() bool { return s.skip(depth + 1) })
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case 'n':
		return s.literal("null")
	}
	return s.number()
}

// skipText passes over a string.
func (s *scan) skipText() bool {
	for s.at++; s.at < len(s.in); s.at++ {
		switch c := s.in[s.at]; {
		case c == '"':
			s.at++
			return true
		case c < ' ':
			return false
		case c == '\\':
			s.at++
			if s.at >= len(s.in) {
				return false
			}
			if s.in[s.at] == 'u' {
				s.at--
				if _, ok := s.hex4(); !ok {
					return false
				}
				s.at--
			} else if unescape[s.in[s.at]] == 0 {
				return false
			}
		}
	}
	return false
}
