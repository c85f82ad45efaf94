package onebot

import (
	"bytes"
	"encoding/json"
	"strconv"

	"qunluo/internal/community"
)

// fields is a JSON object whose values are still to be read. Names are matched exactly, the last of equal ones counts.
type fields map[string]json.RawMessage

// decodeSlow reads any frame with encoding/json.
func decodeSlow(data []byte) (frame, error) {
	var doc fields
	if err := json.Unmarshal(data, &doc); err != nil || doc == nil {
		return frame{}, community.Errorf(community.CodeBadInput, "frame is not a JSON object")
	}
	postType, err := doc.text("post_type")
	if err != nil {
		return frame{}, err
	}
	switch {
	case postType == "meta_event":
		return doc.meta()
	case postType == "" && (doc["echo"] != nil || doc["retcode"] != nil):
		return doc.answer()
	}
	n, err := doc.note(postType)
	if err != nil {
		return frame{}, err
	}
	return n.frame()
}

func (doc fields) meta() (frame, error) {
	var r reader
	kind := r.text(doc, "meta_event_type")
	f := frame{self: r.id(doc, "self_id"), quoted: isQuoted(doc["self_id"]), interval: r.number(doc, "interval")}
	switch kind {
	case "heartbeat":
		f.kind = Heartbeat
		f.online = string(r.object(doc, "status")["online"]) == "true"
	case "lifecycle":
		f.kind = Lifecycle
	}
	return f, r.err
}

func (doc fields) answer() (frame, error) {
	var r reader
	a := answer{
		echo: string(bytes.TrimSpace(doc["echo"])), status: r.text(doc, "status"), retcode: r.number(doc, "retcode"),
		data: doc["data"],
	}
	for _, name := range []string{"wording", "message", "msg"} {
		if words := r.text(doc, name); words != "" && a.words == "" {
			a.words = words
		}
	}
	return frame{kind: Answer, answer: a}, r.err
}

func (doc fields) note(postType string) (note, error) {
	var r reader
	sender := r.object(doc, "sender")
	n := note{
		time: r.number(doc, "time"), self: r.id(doc, "self_id"), message: r.id(doc, "message_id"),
		group: r.id(doc, "group_id"), user: r.id(doc, "user_id"), groupName: r.text(doc, "group_name"),
		nickname: r.text(sender, "nickname"), card: r.text(sender, "card"), role: r.text(sender, "role"),
		postType: postType, subType: r.text(doc, "sub_type"), quoted: isQuoted(doc["self_id"]),
	}
	switch postType {
	case "message", "message_sent":
		n.kind = r.text(doc, "message_type")
		n.parts = r.parts(doc)
	case "notice":
		n.kind = r.text(doc, "notice_type")
		n.operator, n.target, n.duration = r.id(doc, "operator_id"), r.id(doc, "target_id"), r.number(doc, "duration")
		n.cardNew, n.cardOld = r.text(doc, "card_new"), r.text(doc, "card_old")
		n.fileName, n.words = r.text(r.object(doc, "file"), "name"), r.text(doc, "message")
	case "request":
		n.kind = r.text(doc, "request_type")
		n.flag, n.comment = r.id(doc, "flag"), r.text(doc, "comment")
	}
	return n, r.err
}

// reader reads fields and keeps the first error.
type reader struct{ err error }

func (r *reader) text(doc fields, name string) string {
	text, err := doc.text(name)
	r.note(err)
	return text
}

func (r *reader) id(doc fields, name string) string {
	id, err := doc.id(name)
	r.note(err)
	return id
}

func (r *reader) number(doc fields, name string) int64 {
	n, err := doc.number(name)
	r.note(err)
	return n
}

func (r *reader) object(doc fields, name string) fields {
	raw := doc[name]
	if len(raw) == 0 || raw[0] != '{' {
		return nil // a null sender, or a notice without a file
	}
	var inner fields
	r.note(json.Unmarshal(raw, &inner))
	return inner
}

// parts reads the message: segments, or a text with CQ codes in it.
func (r *reader) parts(doc fields) []part {
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
	return readCQ(r.text(doc, name))
}

func (r *reader) segments(raw json.RawMessage) []part {
	var list []fields
	if err := json.Unmarshal(raw, &list); err != nil {
		r.note(community.Errorf(community.CodeBadInput, "message is not a list of segments"))
		return nil
	}
	parts := make([]part, 0, len(list))
	for _, seg := range list {
		p := part{kind: r.text(seg, "type")}
		data := r.object(seg, "data")
		for name, value := range data {
			if to := p.field(name); to != nil {
				*to = scalar(value)
			}
		}
		if keepsRaw(p.kind) {
			p.raw = seg["data"]
		}
		parts = append(parts, p)
	}
	return parts
}

func (r *reader) note(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (doc fields) text(name string) (string, error) {
	raw := doc[name]
	if len(raw) == 0 || string(raw) == "null" {
		return "", nil
	}
	if raw[0] != '"' {
		return "", wrong(name, "a text")
	}
	return unquote(raw), nil
}

// id takes a whole number or a string and keeps its digits as they are.
func (doc fields) id(name string) (string, error) {
	raw := doc[name]
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return "", nil
	case raw[0] == '"':
		return unquote(raw), nil
	case isWhole(raw):
		return string(raw), nil
	}
	return "", wrong(name, "an id")
}

// number takes a number, also as a string or with a fraction, which is cut off.
func (doc fields) number(name string) (int64, error) {
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

func isWhole(raw []byte) bool {
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

func isQuoted(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] == '"' }

func wrong(name, want string) error {
	return community.Errorf(community.CodeBadInput, "%s is not %s", name, want)
}
