package wire

import (
	"encoding/json"
	"strconv"

	"qunluo/internal/community"
)

// Fields is a JSON object whose values are still to be read. Names are matched exactly, the last of equal ones counts.
type Fields map[string]json.RawMessage

// Reader reads fields and keeps the first error.
type Reader struct{ Err error }

// Text reads a text.
func (r *Reader) Text(doc Fields, name string) string {
	text, err := doc.Text(name)
	r.note(err)
	return text
}

// ID reads an id, as it stands.
func (r *Reader) ID(doc Fields, name string) string {
	id, err := doc.ID(name)
	r.note(err)
	return id
}

// Number reads a whole number.
func (r *Reader) Number(doc Fields, name string) int64 {
	n, err := doc.Number(name)
	r.note(err)
	return n
}

// Object reads an object; nil where there is none.
func (r *Reader) Object(doc Fields, name string) Fields {
	raw := doc[name]
	if len(raw) == 0 || raw[0] != '{' {
		return nil // a null sender, or a notice without a file
	}
	var inner Fields
	r.note(json.Unmarshal(raw, &inner))
	return inner
}

// Parts reads the message: segments, or a text with CQ codes in it.
func (r *Reader) Parts(doc Fields) []Part {
	raw := doc["message"]
	if len(raw) > 0 && raw[0] == '[' {
		return r.segments(raw)
	}
	if len(raw) > 0 && raw[0] == '{' { // one segment without its list
		return r.segments(append(append([]byte{'['}, raw...), ']'))
	}
	name := "message"
	if len(raw) == 0 || string(raw) == "null" {
		name = "raw_message"
	}
	return ReadCQ(r.Text(doc, name))
}

func (r *Reader) segments(raw json.RawMessage) []Part {
	var list []Fields
	if err := json.Unmarshal(raw, &list); err != nil {
		r.note(community.Errorf(community.CodeBadInput, "message is not a list of segments"))
		return nil
	}
	parts := make([]Part, 0, len(list))
	for _, seg := range list {
		p := Part{Kind: r.Text(seg, "type")}
		data := r.Object(seg, "data")
		for name, value := range data {
			if to := p.Field(name); to != nil {
				*to = scalar(value)
			}
		}
		if KeepsRaw(p.Kind) {
			p.Raw = seg["data"]
		}
		parts = append(parts, p)
	}
	return parts
}

func (r *Reader) note(err error) {
	if r.Err == nil {
		r.Err = err
	}
}

// Text is a text; null is "".
func (doc Fields) Text(name string) (string, error) {
	raw := doc[name]
	if len(raw) == 0 || string(raw) == "null" {
		return "", nil
	}
	if raw[0] != '"' {
		return "", wrong(name, "a text")
	}
	return unquote(raw), nil
}

// ID takes a whole number or a string and keeps its digits as they are.
func (doc Fields) ID(name string) (string, error) {
	raw := doc[name]
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return "", nil
	case raw[0] == '"':
		return unquote(raw), nil
	case IsWhole(raw):
		return string(raw), nil
	}
	return "", wrong(name, "an id")
}

// Number takes a number, also as a string or with a fraction, which is cut off.
func (doc Fields) Number(name string) (int64, error) {
	raw := doc[name]
	if len(raw) == 0 || string(raw) == "null" {
		return 0, nil
	}
	text := string(raw)
	if raw[0] == '"' {
		text = unquote(raw)
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f > 1e15 || f < -1e15 || f != f {
		return 0, wrong(name, "a number")
	}
	return int64(f), nil
}

// scalar is a value inside a segment: the text of a string, the digits of a number, else nothing.
func scalar(raw json.RawMessage) string {
	switch {
	case len(raw) == 0:
		return ""
	case raw[0] == '"':
		return unquote(raw)
	case raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9':
		return string(raw)
	}
	return ""
}

func unquote(raw json.RawMessage) string {
	var text string
	_ = json.Unmarshal(raw, &text) // raw came out of a valid document and begins with a quote
	return text
}

// IsWhole reports whether raw is a whole number as JSON writes it.
func IsWhole(raw []byte) bool {
	if len(raw) > 0 && raw[0] == '-' {
		raw = raw[1:]
	}
	for _, c := range raw {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(raw) > 0
}

// IsQuoted reports whether raw is a string.
func IsQuoted(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] == '"' }

func wrong(name, want string) error {
	return community.Errorf(community.CodeBadInput, "%s is not %s", name, want)
}
