package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"

	"qunluo/internal/community"
)

// Segment is a part of a message as it stands in JSON.
type Segment struct {
	Type string            `json:"type"`
	Data map[string]string `json:"data"`
}

// Print writes a message in the protocol's form: what it answers ("" = nothing), then its segments, or its text where it
// has none. What the protocol has no form for is its text.
func Print(text, quote string, segments []community.Segment) []Segment {
	out := make([]Segment, 0, len(segments)+1)
	if quote != "" {
		out = append(out, Segment{"reply", map[string]string{"id": quote}})
	}
	if len(segments) == 0 {
		return append(out, Segment{"text", map[string]string{"text": text}})
	}
	for _, s := range segments {
		if s.Kind == "quote" {
			if quote == "" && s.Ref != "" {
				out = append([]Segment{{"reply", map[string]string{"id": s.Ref}}}, out...)
			}
			continue
		}
		kind, data := printed(s)
		if len(data) > 0 {
			out = append(out, Segment{kind, data})
		}
	}
	return out
}

// printers write the kinds of our segments; a kind that is absent, or that gives nothing, is text.
var printers = map[string]func(s community.Segment) (kind string, data map[string]string){
	"at": func(s community.Segment) (string, map[string]string) {
		return "at", known("qq", s.Ref, "name", strings.TrimPrefix(s.Text, "@"))
	},
	"at_all": func(community.Segment) (string, map[string]string) { return "at", known("qq", "all") },
	"image":  media("image"), "audio": media("record"), "video": media("video"),
	"file": func(s community.Segment) (string, map[string]string) {
		if s.File != nil {
			return "file", known("file", inline(s.File), "name", s.File.Name)
		}
		return "file", known("file", s.Ref, "url", s.Ref, "name", s.Text)
	},
	"face": func(s community.Segment) (string, map[string]string) {
		if strings.Trim(s.Ref, "0123456789") != "" {
			return media("image")(s)
		}
		return "face", known("id", s.Ref)
	},
	"link": func(s community.Segment) (string, map[string]string) {
		return "share", known("url", s.Ref, "title", s.Text)
	},
}

// media prints content as base64:// where it was fetched, else its address.
func media(kind string) func(s community.Segment) (string, map[string]string) {
	return func(s community.Segment) (string, map[string]string) {
		if s.File != nil {
			return kind, known("file", inline(s.File))
		}
		return kind, known("file", s.Ref, "url", s.Ref)
	}
}

func inline(m *community.Medium) string {
	return "base64://" + base64.StdEncoding.EncodeToString(m.Data)
}

func printed(s community.Segment) (string, map[string]string) {
	if print, ok := printers[s.Kind]; ok {
		if kind, data := print(s); len(data) > 0 {
			return kind, data
		}
	}
	text := s.Text
	if text == "" {
		text = labels[s.Kind]
	}
	return "text", known("text", text)
}

// labels stand for what has neither address nor words.
var labels = map[string]string{"image": "[图片]", "audio": "[语音]", "video": "[视频]", "file": "[文件]", "face": "[表情]", "card": "[卡片]"}

// known makes data of names and values; nothing when the first value is empty.
func known(pairs ...string) map[string]string {
	if pairs[1] == "" {
		return nil
	}
	data := make(map[string]string, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			data[pairs[i]] = pairs[i+1]
		}
	}
	return data
}

// Compact writes JSON as JavaScript's JSON.stringify would: no spaces, no HTML escapes, line separators as they are. A
// receiver that checks a signature over its own writing then finds the same bytes.
func Compact(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return plainSeparators(bytes.TrimSuffix(out.Bytes(), []byte("\n"))), nil
}

// plainSeparators undoes the escapes that encoding/json always makes. A backslash that is itself escaped begins none.
func plainSeparators(data []byte) []byte {
	if !bytes.Contains(data, []byte(`\u202`)) {
		return data
	}
	out := make([]byte, 0, len(data))
	for i := 0; i < len(data); i++ {
		if data[i] != '\\' || i+1 >= len(data) {
			out = append(out, data[i])
			continue
		}
		if rest := data[i:]; bytes.HasPrefix(rest, []byte(`\u2028`)) || bytes.HasPrefix(rest, []byte(`\u2029`)) {
			out = append(out, map[byte]string{'8': "\u2028", '9': "\u2029"}[rest[5]]...)
			i += 5
			continue
		}
		out = append(out, data[i], data[i+1])
		i++
	}
	return out
}
