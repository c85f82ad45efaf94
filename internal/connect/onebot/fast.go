package onebot

import (
	"encoding/binary"
	"encoding/json"
	"math/bits"
	"unicode/utf8"
	"unsafe"

	"qunluo/internal/connect/onebot/wire"
)

// readFast reads a group message whose message is a list of segments, into n in one pass over the frame. False says
// nothing about the frame but that decodeSlow must read it: it is of another kind, not JSON, or unusual (a key with an
// escape, invalid UTF-8, a fraction where a whole number belongs). Where it is true both give the same; a fuzz test
// compares them. The strings in n share the frame's memory.
func readFast(data []byte, n *note) bool {
	s := scan{in: data}
	s.space()
	for more := s.open('{', '}'); more; more = s.next('}') {
		n.readField(&s, s.key())
	}
	s.space()
	if s.bad || s.at != len(s.in) || n.kind != "group" || !n.listed {
		return false
	}
	return n.postType == "message" || n.postType == "message_sent"
}

func (n *note) readField(s *scan, key []byte) {
	switch string(key) {
	case "time":
		n.time = s.whole()
	case "self_id":
		n.quoted = s.peek() == '"'
		n.self = s.id()
	case "message_id":
		n.message = s.id()
	case "group_id":
		n.group = s.id()
	case "user_id":
		n.user = s.id()
	case "group_name":
		n.groupName = s.text()
	case "post_type":
		n.postType = s.word()
	case "message_type":
		n.kind = s.word()
	case "sub_type":
		n.subType = s.word()
	case "sender":
		n.nickname, n.card, n.role = "", "", ""
		for more := s.open('{', '}'); more; more = s.next('}') {
			n.readSender(s, s.key())
		}
	case "message":
		n.listed, n.used, n.parts = true, 0, nil
		for more := s.open('[', ']'); more; more = s.next(']') {
			n.readSegment(s)
		}
	case "echo", "retcode":
		s.fail() // an answer, perhaps a long one
	default:
		s.skip(0)
	}
}

func (n *note) readSender(s *scan, key []byte) {
	switch string(key) {
	case "nickname":
		n.nickname = s.text()
	case "card":
		n.card = s.text()
	case "role":
		n.role = s.word()
	default:
		s.skip(0)
	}
}

func (n *note) readSegment(s *scan) {
	p := n.nextPart()
	var raw []byte
	for more := s.open('{', '}'); more; more = s.next('}') {
		switch string(s.key()) {
		case "type":
			p.Kind = s.word()
		case "data":
			kind, start := p.Kind, s.at
			*p = wire.Part{Kind: kind}
			for more := s.open('{', '}'); more; more = s.next('}') {
				readData(p, s, s.key())
			}
			raw = s.in[start:s.at]
		default:
			s.skip(0)
		}
	}
	if wire.KeepsRaw(p.Kind) {
		p.Raw = append(json.RawMessage(nil), raw...)
	}
}

// nextPart is the place of one more part: in room while there is some.
func (n *note) nextPart() *wire.Part {
	if n.parts == nil && n.used < len(n.room) {
		n.used++
		n.room[n.used-1] = wire.Part{}
		return &n.room[n.used-1]
	}
	if n.parts == nil {
		n.parts = append(make([]wire.Part, 0, 16), n.room[:]...)
	}
	n.parts = append(n.parts, wire.Part{})
	return &n.parts[len(n.parts)-1]
}

func readData(p *wire.Part, s *scan, key []byte) {
	to := p.Field(string(key))
	if to == nil {
		s.skip(0)
		return
	}
	switch c := s.peek(); {
	case c == '"':
		*to = s.text()
	case c == '-' || c >= '0' && c <= '9':
		*to = shared(s.number())
	default:
		*to = ""
		s.skip(0)
	}
}

// maxDepth bounds nesting; deeper frames go to decodeSlow.
const maxDepth = 64

// scan walks over JSON as strictly as encoding/json does. At the first thing that it does not take it is bad, stands at
// the end, and everything it gives is empty.
type scan struct {
	in  []byte
	at  int
	bad bool
}

func (s *scan) fail() { s.at, s.bad = len(s.in), true }

func (s *scan) space() {
	for s.at < len(s.in) && s.in[s.at] <= ' ' && isSpace(s.in[s.at]) {
		s.at++
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

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

// open steps into an object or a list. It reports whether there is something in it.
func (s *scan) open(first, last byte) bool {
	if !s.take(first) {
		s.fail()
		return false
	}
	s.space()
	return !s.take(last)
}

// next steps behind a value, to the following one in the object or list; it reports whether there is one.
func (s *scan) next(last byte) bool {
	s.space()
	if s.take(',') {
		s.space()
		return !s.bad
	}
	if !s.take(last) {
		s.fail()
	}
	return false
}

// key reads a name and goes to its value. It shares the frame's memory.
func (s *scan) key() []byte {
	name := s.plain()
	s.space()
	if !s.take(':') {
		s.fail()
	}
	s.space()
	return name
}

// stop goes to the next byte that is no ordinary part of a string, eight bytes at a time: a quote, a backslash or a
// control character. It is that byte; 0 at the end.
func (s *scan) stop() byte {
	const each, high = 0x0101010101010101, 0x8080808080808080
	in, at := s.in, s.at
	for ; at+8 <= len(in); at += 8 {
		// Of x-each &^ x the lowest high bit that is set marks the first byte that is 0 (Hacker's Delight, 6-1).
		w := binary.LittleEndian.Uint64(in[at:])
		quote, back := w^each*'"', w^each*'\\'
		if marks := ((quote-each)&^quote | (back-each)&^back | (w-each*' ')&^w) & high; marks != 0 {
			s.at = at + bits.TrailingZeros64(marks)/8
			return in[s.at]
		}
	}
	for ; at < len(in); at++ {
		if c := in[at]; c == '"' || c == '\\' || c < ' ' {
			s.at = at
			return c
		}
	}
	s.at = at
	return 0
}

// plain is a string without an escape.
func (s *scan) plain() []byte {
	if !s.take('"') {
		s.fail()
		return nil
	}
	start := s.at
	if s.stop() != '"' {
		s.fail()
		return nil
	}
	s.at++
	return s.in[start : s.at-1]
}

// shared is a string over the frame's own memory.
func shared(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// word is a string as the protocol's own words are: ASCII, without escapes; null is "".
func (s *scan) word() string {
	if s.peek() == 'n' {
		s.literal("null")
		return ""
	}
	b := s.plain()
	for _, c := range b {
		if c >= utf8.RuneSelf {
			s.fail()
			return ""
		}
	}
	return shared(b)
}

// text is a string with its escapes resolved; null is "". Invalid UTF-8 and lone surrogates are not taken.
func (s *scan) text() string {
	if s.peek() == 'n' {
		s.literal("null")
		return ""
	}
	if !s.take('"') {
		s.fail()
		return ""
	}
	start := s.at
	b := s.in[start:start]
	switch s.stop() {
	case '"':
		b = s.in[start:s.at]
		s.at++
	case '\\':
		b = s.escaped(start)
	default:
		s.fail()
	}
	if !utf8.Valid(b) {
		s.fail()
	}
	if s.bad {
		return ""
	}
	return shared(b)
}

// escaped goes on with a text at its first escape.
func (s *scan) escaped(start int) []byte {
	out := append(make([]byte, 0, s.at-start+64), s.in[start:s.at]...)
	for {
		from := s.at
		c := s.stop()
		out = append(out, s.in[from:s.at]...)
		switch {
		case c == '"':
			s.at++
			return out
		case c != '\\' || s.at+1 >= len(s.in):
			s.fail()
			return nil
		case s.in[s.at+1] == 'u':
			out = utf8.AppendRune(out, s.rune())
		case unescape[s.in[s.at+1]] == 0:
			s.fail()
		default:
			out = append(out, unescape[s.in[s.at+1]])
			s.at += 2
		}
	}
}

// unescape maps the letter after a backslash; 0 = not an escape.
var unescape = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// rune reads \uXXXX, or two of them that make a surrogate pair.
func (s *scan) rune() rune {
	high := s.hex4()
	if high < 0xd800 || high >= 0xe000 {
		return high
	}
	low := s.hex4()
	if high >= 0xdc00 || low < 0xdc00 || low >= 0xe000 {
		s.fail()
		return 0
	}
	return (high-0xd800)<<10 + (low - 0xdc00) + 0x10000
}

func (s *scan) hex4() rune {
	if s.at+6 > len(s.in) || s.in[s.at] != '\\' || s.in[s.at+1] != 'u' {
		s.fail()
		return 0
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
			s.fail()
			return 0
		}
	}
	s.at += 6
	return r
}

// id is a whole number as it stands, or a string; null is "".
func (s *scan) id() string {
	if c := s.peek(); c == '"' || c == 'n' {
		return s.text()
	}
	b := s.number()
	if !wire.IsWhole(b) {
		s.fail()
		return ""
	}
	return shared(b)
}

// whole is a whole number of at most 18 digits.
func (s *scan) whole() int64 {
	b := s.number()
	if len(b) > 18 {
		s.fail()
	}
	var n int64
	for _, c := range b {
		if c < '0' || c > '9' {
			s.fail()
		}
		n = n*10 + int64(c-'0')
	}
	return n
}

// number is a number as it stands.
func (s *scan) number() []byte {
	start := s.at
	s.take('-')
	if !s.take('0') {
		s.digits()
	}
	if s.take('.') {
		s.digits()
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.at++
		if c := s.peek(); c == '+' || c == '-' {
			s.at++
		}
		s.digits()
	}
	if s.bad {
		return nil
	}
	return s.in[start:s.at]
}

func (s *scan) digits() {
	start := s.at
	for s.at < len(s.in) && s.in[s.at] >= '0' && s.in[s.at] <= '9' {
		s.at++
	}
	if s.at == start {
		s.fail()
	}
}

func (s *scan) literal(word string) {
	if len(s.in)-s.at < len(word) || string(s.in[s.at:s.at+len(word)]) != word {
		s.fail()
		return
	}
	s.at += len(word)
}

// skip passes over a value of any kind.
func (s *scan) skip(depth int) {
	if depth > maxDepth {
		s.fail()
		return
	}
	switch s.peek() {
	case '"':
		s.skipText()
	case '{':
		for more := s.open('{', '}'); more; more = s.next('}') {
			s.key()
			s.skip(depth + 1)
		}
	case '[':
		for more := s.open('[', ']'); more; more = s.next(']') {
			s.skip(depth + 1)
		}
	case 't':
		s.literal("true")
	case 'f':
		s.literal("false")
	case 'n':
		s.literal("null")
	default:
		s.number()
	}
}

// skipText passes over a string.
func (s *scan) skipText() {
	for s.at++; ; {
		switch s.stop() {
		case '"':
			s.at++
			return
		case '\\':
			s.skipEscape()
		default:
			s.fail()
			return
		}
	}
}

// skipEscape passes over a backslash and what belongs to it.
func (s *scan) skipEscape() {
	switch {
	case s.at+1 >= len(s.in):
		s.fail()
	case s.in[s.at+1] == 'u':
		s.hex4()
	case unescape[s.in[s.at+1]] == 0:
		s.fail()
	default:
		s.at += 2
	}
}
