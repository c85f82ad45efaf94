// Package element is the elements in which Satori writes messages: both our client and our server speak them.
package element

import (
	"encoding/json"
	"html"
	"strings"

	"qunluo/internal/community"
)

// Escape makes a text safe inside elements.
func Escape(text string) string { return escaper.Replace(text) }

var (
	escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	quoter  = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")
)

// Print writes a message as elements: what it answers ("" = nothing), then its segments, or its text where it has none.
func Print(text, quote string, segments []community.Segment) string {
	var out strings.Builder
	if quote != "" {
		tag(&out, "quote", "id", quote)
	}
	if len(segments) == 0 {
		out.WriteString(Escape(text))
	}
	for _, s := range segments {
		print, ok := printers[s.Kind]
		switch {
		case s.Kind == "quote":
		case ok && (s.Ref != "" || s.Kind == "at_all"):
			print(&out, s)
		default:
			out.WriteString(Escape(s.Text))
		}
	}
	return out.String()
}

// printers write our kinds of segments that have a form here; the others are text.
var printers = map[string]func(out *strings.Builder, s community.Segment){
	"at": func(out *strings.Builder, s community.Segment) {
		tag(out, "at", "id", s.Ref, "name", strings.TrimPrefix(s.Text, "@"))
	},
	"at_all": func(out *strings.Builder, _ community.Segment) { tag(out, "at", "type", "all") },
	"image":  func(out *strings.Builder, s community.Segment) { tag(out, "img", "src", s.Ref) },
	"audio":  func(out *strings.Builder, s community.Segment) { tag(out, "audio", "src", s.Ref) },
	"video":  func(out *strings.Builder, s community.Segment) { tag(out, "video", "src", s.Ref) },
	"file":   func(out *strings.Builder, s community.Segment) { tag(out, "file", "src", s.Ref, "title", s.Text) },
	"face":   func(out *strings.Builder, s community.Segment) { tag(out, "face", "id", s.Ref) },
	"link": func(out *strings.Builder, s community.Segment) {
		out.WriteString(`<a href="` + quoter.Replace(s.Ref) + `">` + Escape(s.Text) + `</a>`)
	},
}

func tag(out *strings.Builder, name string, attrs ...string) {
	out.WriteString("<" + name)
	for i := 0; i+1 < len(attrs); i += 2 {
		if attrs[i+1] != "" {
			out.WriteString(" " + attrs[i] + `="` + quoter.Replace(attrs[i+1]) + `"`)
		}
	}
	out.WriteString("/>")
}

// Parsed is what elements say.
type Parsed struct {
	Text     string              // as a person reads it
	Segments []community.Segment // empty when there is only text
	Quote    string              // the message answered
}

// Parse reads elements. It never fails: what is no element is text, elements it does not know are what stands inside them.
func Parse(content string) Parsed { return read(content, false) }

// ParseKeeping is Parse, but an element that it does not know and that holds nothing becomes a segment of kind unknown
// with the element in Raw, {"type", "attrs"}: what a gateway's platform shows there is not lost.
func ParseKeeping(content string) Parsed { return read(content, true) }

func read(content string, keep bool) Parsed {
	p := parser{keep: keep}
	for content != "" {
		start := strings.IndexByte(content, '<')
		if start != 0 {
			if start < 0 {
				start = len(content)
			}
			p.say(html.UnescapeString(content[:start]))
			content = content[start:]
			continue
		}
		content = p.markup(content)
	}
	return p.done()
}

type parser struct {
	segments []community.Segment
	text     strings.Builder
	quote    string
	inQuote  int    // how deep inside a quote: it is shown by the platform
	link     string // the open link's address
	keep     bool   // what is not known becomes a segment
}

// markup takes what begins with "<" and gives the rest.
func (p *parser) markup(s string) string {
	if strings.HasPrefix(s, "<!--") {
		if end := strings.Index(s, "-->"); end >= 0 {
			return s[end+3:]
		}
		return ""
	}
	end := closing(s)
	if end < 0 || !isName(s[1:]) {
		p.say("<")
		return s[1:]
	}
	inner, rest := s[1:end], s[end+1:]
	if name, ok := strings.CutPrefix(inner, "/"); ok {
		p.leave(strings.TrimSpace(name))
		return rest
	}
	inner, empty := strings.CutSuffix(inner, "/")
	name, attrs, _ := strings.Cut(strings.TrimSpace(inner), " ")
	p.enter(name, readAttrs(attrs), empty)
	return rest
}

// closing finds the ">" that ends a tag, outside of quotes; -1 = none.
func closing(s string) int {
	quote := byte(0)
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i
		case c == '<':
			return -1
		}
	}
	return -1
}

func isName(s string) bool {
	s = strings.TrimPrefix(s, "/")
	return s != "" && (s[0] >= 'a' && s[0] <= 'z' || s[0] >= 'A' && s[0] <= 'Z')
}

// readAttrs reads name="value" pairs.
func readAttrs(s string) map[string]string {
	attrs := map[string]string{}
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		name, rest, valued := strings.Cut(s, "=")
		if space := strings.IndexAny(name, " \t\n"); space >= 0 || !valued {
			if space < 0 {
				space = len(name)
			}
			attrs[name[:space]], s = "", s[space:]
			continue
		}
		if rest == "" || rest[0] != '"' && rest[0] != '\'' {
			value, after, _ := strings.Cut(rest, " ")
			attrs[name], s = html.UnescapeString(value), after
			continue
		}
		value, after, _ := strings.Cut(rest[1:], rest[:1])
		attrs[name], s = html.UnescapeString(value), after
	}
	return attrs
}

// media are elements that name something by address.
var media = map[string]struct{ kind, label string }{
	"img": {"image", "[图片]"}, "image": {"image", "[图片]"}, "audio": {"audio", "[语音]"}, "video": {"video", "[视频]"}, "file": {"file", "[文件]"},
}

func (p *parser) enter(name string, attrs map[string]string, empty bool) {
	if name == "quote" {
		p.quote = attrs["id"]
		if !empty {
			p.inQuote++
		}
		return
	}
	if p.inQuote > 0 {
		return
	}
	m, isMedia := media[name]
	switch {
	case name == "at" && (attrs["type"] == "all" || attrs["type"] == "here"):
		p.add(community.Segment{Kind: "at_all"}, "@全体成员")
	case name == "at" && attrs["id"] != "":
		shown := attrs["name"]
		if shown == "" {
			shown = attrs["id"]
		}
		p.add(community.Segment{Kind: "at", Ref: attrs["id"], Text: "@" + shown}, "@"+shown)
	case isMedia:
		src := attrs["src"]
		if src == "" {
			src = attrs["url"]
		}
		p.add(community.Segment{Kind: m.kind, Ref: src, Text: attrs["title"]}, m.label)
	case name == "face" || name == "emoji":
		p.add(community.Segment{Kind: "face", Ref: attrs["id"], Text: attrs["name"]}, "[表情]")
	case name == "a":
		p.link = attrs["href"]
	case name == "br":
		p.say("\n")
	case name == "p" || name == "message":
		p.breakLine()
	case name == "at" || name == "sharp": // of a role, or of a channel
		p.say(signs[name] + first(attrs["name"], attrs["role"], attrs["id"]))
	case empty && p.keep:
		p.unknown(name, attrs)
	}
}

var signs = map[string]string{"at": "@", "sharp": "#"}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

func (p *parser) unknown(name string, attrs map[string]string) {
	raw, err := json.Marshal(map[string]any{"type": name, "attrs": attrs})
	if err != nil {
		raw = nil // strings always encode
	}
	p.add(community.Segment{Kind: "unknown", Raw: raw}, "["+name+"]")
}

func (p *parser) leave(name string) {
	switch name {
	case "quote":
		p.inQuote = max(0, p.inQuote-1)
	case "p", "message":
		p.breakLine()
	case "a":
		if p.link != "" && p.inQuote == 0 {
			p.say(" " + p.link)
		}
		p.link = ""
	}
}

func (p *parser) breakLine() {
	if p.inQuote == 0 && p.text.Len() > 0 && !strings.HasSuffix(p.text.String(), "\n") {
		p.say("\n")
	}
}

func (p *parser) say(text string) {
	if p.inQuote > 0 || text == "" {
		return
	}
	p.text.WriteString(text)
	if n := len(p.segments); n > 0 && p.segments[n-1].Kind == "text" {
		p.segments[n-1].Text += text
		return
	}
	p.segments = append(p.segments, community.Segment{Kind: "text", Text: text})
}

func (p *parser) add(s community.Segment, shown string) {
	p.text.WriteString(shown)
	p.segments = append(p.segments, s)
}

func (p *parser) done() Parsed {
	out := Parsed{Text: strings.TrimSuffix(p.text.String(), "\n"), Segments: p.segments, Quote: p.quote}
	if n := len(p.segments); n == 0 || n == 1 && p.segments[0].Kind == "text" {
		out.Segments = nil
	}
	return out
}
