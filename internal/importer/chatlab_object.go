package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// labObject is a message or member object of ChatLab. Only the fields named here are read; the last of several equal
// keys counts, as in encoding/json.
type labObject struct {
	Kind        string // _type of a JSONL line
	Sender      string // also platformId of a member
	Name        string // accountName
	Card        string // groupNickname
	Content     string
	MessageID   string
	ReplyTo     string
	Time        int64
	HasTime     bool
	Type        int64
	HasType     bool
	Own         json.RawMessage // x_qunluo
	Roles       json.RawMessage
	NumbersText int  // numbers that came as "1" or 1.0
	Replaced    bool // lone surrogates or bytes that are no UTF-8 became U+FFFD
}

// labField says what a key of a ChatLab object is.
type labField struct {
	text func(*labObject) *string
	num  func(*labObject) (*int64, *bool)
	raw  func(*labObject) *json.RawMessage
}

var labFields = map[string]labField{
	"_type":             {text: func(o *labObject) *string { return &o.Kind }},
	"sender":            {text: func(o *labObject) *string { return &o.Sender }},
	"platformId":        {text: func(o *labObject) *string { return &o.Sender }},
	"accountName":       {text: func(o *labObject) *string { return &o.Name }},
	"groupNickname":     {text: func(o *labObject) *string { return &o.Card }},
	"content":           {text: func(o *labObject) *string { return &o.Content }},
	"platformMessageId": {text: func(o *labObject) *string { return &o.MessageID }},
	"replyToMessageId":  {text: func(o *labObject) *string { return &o.ReplyTo }},
	"timestamp":         {num: func(o *labObject) (*int64, *bool) { return &o.Time, &o.HasTime }},
	"type":              {num: func(o *labObject) (*int64, *bool) { return &o.Type, &o.HasType }},
	"x_qunluo":          {raw: func(o *labObject) *json.RawMessage { return &o.Own }},
	"roles":             {raw: func(o *labObject) *json.RawMessage { return &o.Roles }},
}

// parse reads an object: the fast scan for what exporters write, encoding/json for everything else.
func (o *labObject) parse(line []byte, in *names) error {
	*o = labObject{}
	if o.fast(line, in) {
		return nil
	}
	*o = labObject{}
	return o.slow(line)
}

// slow is the reference: any JSON, with numbers written as text or with a fraction of zero.
func (o *labObject) slow(line []byte) error {
	if depth(line) > maxDepth {
		return errTooDeep
	}
	var m map[string]json.RawMessage
	if err := json.Unmarshal(line, &m); err != nil {
		return err
	}
	if m == nil {
		return errNoObject
	}
	for key, raw := range m {
		f, ok := labFields[key]
		if !ok || string(raw) == "null" {
			continue
		}
		if key == "platformId" && len(m["sender"]) > 0 {
			continue // a message that also has one: sender counts
		}
		if err := o.field(key, f, raw); err != nil {
			return err
		}
	}
	return nil
}

type labError string

func (e labError) Error() string { return string(e) }

const (
	errTooDeep  = labError(badDepth)
	errNoObject = labError(badJSON)
)

// badObject says why an object could not be read; what encoding/json says about single bytes helps nobody.
func badObject(err error) string {
	var known labError
	if errors.As(err, &known) {
		return string(known)
	}
	return badJSON
}

func (o *labObject) field(key string, f labField, raw json.RawMessage) error {
	switch {
	case f.raw != nil:
		*f.raw(o) = raw
	case f.num != nil:
		n, plain, ok := wholeNumber(raw)
		if !ok {
			return labError(badNumber)
		}
		to, has := f.num(o)
		*to, *has = n, true
		if !plain {
			o.NumbersText++
		}
	default:
		s, err := labText(raw)
		if err != nil {
			return labError(badText)
		}
		o.Replaced = o.Replaced || !utf8.Valid(raw) || strings.Count(s, "\uFFFD") > bytes.Count(raw, []byte("\uFFFD"))
		*f.text(o) = s
	}
	return nil
}

// labText takes a string; ids are also met as numbers.
func labText(raw json.RawMessage) (string, error) {
	if raw[0] == '"' {
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	}
	if c := raw[0]; c == '-' || c >= '0' && c <= '9' {
		return string(raw), nil
	}
	return "", errNoObject
}

// wholeNumber reads 12, 12.0, 1.2e1, "12" and "12.0"; plain tells the first from the others.
func wholeNumber(raw []byte) (n int64, plain, ok bool) {
	s := string(raw)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, true, true
	}
	s = strings.TrimSpace(strings.Trim(s, `"`))
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, false, true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false, false
	}
	return int64(f), false, true
}

// maxDepth bounds nesting in anything read.
const maxDepth = 64

// depth is how deep brackets nest outside strings, up to maxDepth+1.
func depth(b []byte) int {
	now, most := 0, 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			for i++; i < len(b) && b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			if now++; now > most {
				if most = now; most > maxDepth {
					return most
				}
			}
		case '}', ']':
			now--
		}
	}
	return most
}

// fast scans a flat object with known fields without allocating more than its texts. It answers false for whatever it
// is not sure about: numbers with a fraction, lone surrogates, bytes that are no UTF-8, control characters, errors.
func (o *labObject) fast(b []byte, in *names) bool {
	if !utf8.Valid(b) {
		return false
	}
	p := labScan{b: b, in: in}
	if !p.byte('{') {
		return false
	}
	if p.byte('}') {
		return p.end()
	}
	for {
		key, ok := p.key()
		if !ok || !p.byte(':') || !o.fastField(&p, key) {
			return false
		}
		if p.byte(',') {
			continue
		}
		return p.byte('}') && p.end()
	}
}

func (o *labObject) fastField(p *labScan, key []byte) bool {
	switch string(key) {
	case "content":
		return p.text(&o.Content, false)
	case "platformMessageId":
		return p.text(&o.MessageID, false)
	case "replyToMessageId":
		return p.text(&o.ReplyTo, false)
	case "timestamp":
		return p.number(&o.Time, &o.HasTime)
	case "type":
		return p.number(&o.Type, &o.HasType)
	case "sender":
		return p.text(&o.Sender, true)
	case "accountName":
		return p.text(&o.Name, true)
	case "groupNickname":
		return p.text(&o.Card, true)
	case "_type":
		return p.text(&o.Kind, true)
	case "x_qunluo":
		return p.nested(&o.Own)
	case "roles":
		return p.nested(&o.Roles)
	case "platformId":
		return false
	}
	return p.skip()
}

// labScan is a place in an object.
type labScan struct {
	b  []byte
	i  int
	in *names
}

func (p *labScan) space() {
	for p.i < len(p.b) {
		switch p.b[p.i] {
		case ' ', '\t', '\r', '\n':
			p.i++
		default:
			return
		}
	}
}

func (p *labScan) byte(c byte) bool {
	p.space()
	if p.i < len(p.b) && p.b[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *labScan) end() bool {
	p.space()
	return p.i == len(p.b)
}

// key reads a key without escapes.
func (p *labScan) key() ([]byte, bool) {
	if !p.byte('"') {
		return nil, false
	}
	n := bytes.IndexByte(p.b[p.i:], '"')
	if n < 0 {
		return nil, false
	}
	key := p.b[p.i : p.i+n]
	p.i += n + 1
	for _, c := range key {
		if c < 0x20 || c == '\\' {
			return nil, false
		}
	}
	return key, true
}

func (p *labScan) null() bool {
	p.space()
	if bytes.HasPrefix(p.b[p.i:], []byte("null")) {
		p.i += 4
		return true
	}
	return false
}

// text reads a string or null. A field that came before keeps its value when null follows; then the fast way ends.
func (p *labScan) text(to *string, shared bool) bool {
	if p.null() {
		return *to == ""
	}
	if !p.byte('"') {
		return false
	}
	start := p.i
	for p.i < len(p.b) {
		switch c := p.b[p.i]; {
		case c == '"':
			raw := p.b[start:p.i]
			p.i++
			if shared {
				*to = p.in.get(raw)
			} else {
				*to = string(raw)
			}
			return true
		case c == '\\':
			return p.escaped(to, start)
		case c < 0x20:
			return false
		}
		p.i++
	}
	return false
}

var labEscapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (p *labScan) escaped(to *string, start int) bool {
	out := make([]byte, 0, len(p.b)-start)
	out = append(out, p.b[start:p.i]...)
	for p.i < len(p.b) {
		c := p.b[p.i]
		switch {
		case c == '"':
			p.i++
			*to = string(out)
			return true
		case c < 0x20:
			return false
		case c != '\\':
			out = append(out, c)
			p.i++
			continue
		}
		if p.i+1 >= len(p.b) {
			return false
		}
		e := labEscapes[p.b[p.i+1]]
		if e != 0 {
			out = append(out, e)
			p.i += 2
			continue
		}
		r, ok := p.unicode()
		if !ok {
			return false
		}
		out = utf8.AppendRune(out, r)
	}
	return false
}

// unicode reads \uXXXX outside the surrogates, or a proper pair.
func (p *labScan) unicode() (rune, bool) {
	hi, ok := hex4(p.b[p.i:])
	if !ok {
		return 0, false
	}
	p.i += 6
	if hi < 0xD800 || hi > 0xDFFF {
		return hi, true
	}
	lo, ok := hex4(p.b[p.i:])
	if !ok || hi >= 0xDC00 || lo < 0xDC00 || lo > 0xDFFF {
		return 0, false
	}
	p.i += 6
	return (hi-0xD800)<<10 + (lo - 0xDC00) + 0x10000, true
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range b[2:6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// nested takes an object or array, checked by encoding/json. The bytes are the line's own.
func (p *labScan) nested(to *json.RawMessage) bool {
	p.space()
	start, nest := p.i, 0
	for ; p.i < len(p.b); p.i++ {
		switch p.b[p.i] {
		case '"':
			for p.i++; p.i < len(p.b) && p.b[p.i] != '"'; p.i++ {
				if p.b[p.i] == '\\' {
					p.i++
				}
			}
		case '{', '[':
			nest++
		case '}', ']':
			if nest--; nest == 0 {
				p.i++
				*to = p.b[start:p.i]
				return depth(*to) < maxDepth && json.Valid(*to)
			}
		}
		if nest == 0 {
			return false
		}
	}
	return false
}

// skip passes over a text, a word or a plain number; anything nested ends the fast way.
func (p *labScan) skip() bool {
	p.space()
	rest := p.b[p.i:]
	for _, word := range []string{"null", "true", "false"} {
		if bytes.HasPrefix(rest, []byte(word)) {
			p.i += len(word)
			return true
		}
	}
	if len(rest) > 0 && rest[0] == '"' {
		var s string
		return p.text(&s, false)
	}
	var n int64
	var has bool
	return p.number(&n, &has)
}

// number reads a whole number of at most 18 digits, or null.
func (p *labScan) number(to *int64, has *bool) bool {
	if p.null() {
		return !*has
	}
	start, neg := p.i, false
	if p.i < len(p.b) && p.b[p.i] == '-' {
		neg = true
		p.i++
		start++
	}
	var n int64
	for p.i < len(p.b) && p.b[p.i] >= '0' && p.b[p.i] <= '9' {
		n = n*10 + int64(p.b[p.i]-'0')
		if p.i++; p.i-start > 18 {
			return false
		}
	}
	size := p.i - start
	if size == 0 || size > 1 && p.b[start] == '0' || p.i < len(p.b) && (p.b[p.i] == '.' || p.b[p.i] == 'e' || p.b[p.i] == 'E') {
		return false
	}
	if neg {
		n = -n
	}
	*to, *has = n, true
	return true
}
