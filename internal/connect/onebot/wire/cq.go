package wire

import (
	"encoding/json"
	"strings"
)

// ReadCQ reads a text with CQ codes ([CQ:at,qq=10001]) as the segments it stands for. A code that is not closed is text.
func ReadCQ(text string) []Part {
	var parts []Part
	for text != "" {
		start := strings.Index(text, "[CQ:")
		end := -1
		if start >= 0 {
			end = strings.IndexByte(text[start:], ']')
		}
		if end < 0 {
			return append(parts, Part{Kind: "text", Text: plainCQ(text)})
		}
		if start > 0 {
			parts = append(parts, Part{Kind: "text", Text: plainCQ(text[:start])})
		}
		parts = append(parts, readCode(text[start+len("[CQ:"):start+end]))
		text = text[start+end+1:]
	}
	return parts
}

// readCode reads what stands between "[CQ:" and "]".
func readCode(code string) Part {
	kind, rest, _ := strings.Cut(code, ",")
	p := Part{Kind: kind}
	raw := map[string]string{}
	for rest != "" {
		var pair string
		pair, rest, _ = strings.Cut(rest, ",")
		name, value, _ := strings.Cut(pair, "=")
		value = plainCQ(value)
		raw[name] = value
		if to := p.Field(name); to != nil {
			*to = value
		}
	}
	if KeepsRaw(kind) {
		p.Raw, _ = json.Marshal(raw) // texts always encode
	}
	return p
}

// plainCQ takes the escapes away.
func plainCQ(text string) string {
	if !strings.Contains(text, "&") {
		return text
	}
	return strings.NewReplacer("&#91;", "[", "&#93;", "]", "&#44;", ",", "&amp;", "&").Replace(text)
}
