package onebot

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
)

// part is a segment with those of its data that we read.
type part struct {
	kind                                                              string
	text, qq, name, id, file, url, title, content, summary, sub, data string
	raw                                                               json.RawMessage // of kinds that are kept as they came
}

// field is where a value of the segment's data belongs; nil = not read.
func (p *part) field(name string) *string {
	switch name {
	case "text":
		return &p.text
	case "qq":
		return &p.qq
	case "name":
		return &p.name
	case "id":
		return &p.id
	case "file":
		return &p.file
	case "url":
		return &p.url
	case "title":
		return &p.title
	case "content":
		return &p.content
	case "summary":
		return &p.summary
	case "sub_type":
		return &p.sub
	case "data":
		return &p.data
	}
	return nil
}

// shape says how a kind of segment is shown. text gets what stands after the label.
type shape struct {
	kind  string          // ours
	class community.Class // of a message that has nothing else to read
	label string
	text  func(p part) string
	ref   func(p part) string
}

var shapes = map[string]shape{
	"image":    {kind: "image", class: community.Image, label: "[图片]", ref: address},
	"record":   {kind: "audio", class: community.Voice, label: "[语音]", ref: address},
	"video":    {kind: "video", class: community.Video, label: "[视频]", ref: address},
	"file":     {kind: "file", class: community.File, label: "[文件]", text: fileName, ref: address},
	"face":     {kind: "face", class: community.Sticker, label: "[表情]", ref: ident},
	"mface":    {kind: "face", class: community.Sticker, label: "[表情]", ref: address},
	"forward":  {kind: "card", class: community.Forward, label: "[聊天记录]", ref: ident},
	"json":     {kind: "card", class: community.Share, label: "[卡片]", text: prompt, ref: jump},
	"xml":      {kind: "card", class: community.Share, label: "[卡片]"},
	"share":    {kind: "link", class: community.Link, label: "[链接]", text: titled, ref: address},
	"music":    {kind: "card", class: community.Share, label: "[音乐]", text: titled, ref: address},
	"location": {kind: "card", class: community.Location, label: "[位置]", text: titled},
	"contact":  {kind: "card", class: community.Card, label: "[名片]", ref: ident},
	"poke":     {kind: "unknown", class: community.Poke, label: "[戳一戳]"},
	"dice":     {kind: "face", class: community.Sticker, label: "[骰子]"},
	"rps":      {kind: "face", class: community.Sticker, label: "[猜拳]"},
	"markdown": {kind: "unknown", class: community.Text, text: func(p part) string { return p.content }},
}

// keepsRaw reports whether a kind's data is kept as it came.
func keepsRaw(kind string) bool {
	switch kind {
	case "text", "at", "reply", "image", "record", "video", "face":
		return false
	}
	s, known := shapes[kind]
	return !known || s.kind == "card" || s.kind == "unknown"
}

// compose writes a message's parts into the body: text as a person reads it, class, what it answers, segments. What the
// body keeps of the parts is copied into own.
func compose(own *words, parts []part, body *community.Body) {
	if len(parts) == 1 && parts[0].kind == "text" {
		body.Text = clip(own.join([]string{parts[0].text}))
		return
	}
	var (
		shown    = make([]string, 0, 8)
		segments = make([]community.Segment, 0, len(parts))
		words    bool // something to read besides labels
		class    = community.Text
		only     = true
	)
	for i := range parts {
		seg, text, is := parts[i].segment()
		own.keep(&seg.Text, &seg.Ref)
		switch seg.Kind {
		case "text", "at", "at_all":
			words = words || strings.TrimSpace(text) != ""
		case "quote":
			body.ReplyTo = seg.Ref
		default:
			if class == community.Text {
				class = is
			}
		}
		only = only && seg.Kind == "text"
		shown = append(shown, text)
		segments = append(segments, seg)
	}
	body.Text = clip(own.join(shown))
	if !only {
		body.Segments = segments
	}
	switch {
	case body.ReplyTo != "":
		body.Class = community.Reply
	case !words:
		body.Class = class
	}
}

// segment gives our form of a part, what a person sees of it, and its class.
func (p *part) segment() (seg community.Segment, shown string, class community.Class) {
	switch p.kind {
	case "text":
		return community.Segment{Kind: "text", Text: p.text}, p.text, community.Text
	case "at":
		return p.at()
	case "reply":
		return community.Segment{Kind: "quote", Ref: p.id}, "", community.Reply
	}
	s, known := shapes[p.kind]
	if !known {
		return community.Segment{Kind: "unknown", Text: "[" + p.kind + "]", Raw: p.raw}, "[" + p.kind + "]", community.Other
	}
	seg, shown = community.Segment{Kind: s.kind, Raw: p.raw}, s.label
	if p.kind == "image" && (p.sub == "1" || strings.Contains(p.summary, "表情")) {
		s.class, shown = community.Sticker, "[动画表情]"
	}
	if s.text != nil {
		seg.Text = s.text(*p)
		shown = strings.TrimSpace(shown + " " + seg.Text)
	}
	if s.ref != nil {
		seg.Ref = s.ref(*p)
	}
	return seg, shown, s.class
}

func (p *part) at() (community.Segment, string, community.Class) {
	if p.qq == "all" {
		return community.Segment{Kind: "at_all"}, "@全体成员", community.Text
	}
	name := p.name
	if name == "" {
		name = p.qq
	}
	shown := "@" + strings.TrimPrefix(name, "@")
	return community.Segment{Kind: "at", Ref: p.qq, Text: shown}, shown, community.Text
}

func address(p part) string {
	if p.url != "" {
		return p.url
	}
	if strings.HasPrefix(p.file, "base64://") {
		return "" // the content itself: never carried along
	}
	return p.file
}

func fileName(p part) string {
	if p.name != "" {
		return p.name
	}
	if strings.Contains(p.file, "://") {
		return ""
	}
	return p.file
}

func ident(p part) string { return p.id }

func titled(p part) string { return p.title }

// card is what we read of the JSON inside a card.
type card struct {
	Prompt string `json:"prompt"`
	Meta   map[string]struct {
		JumpURL string `json:"jumpUrl"`
	} `json:"meta"`
}

func (p part) card() card {
	var c card
	_ = json.Unmarshal([]byte(p.data), &c) // a card of another shape shows its label only
	return c
}

func prompt(p part) string { return p.card().Prompt }

func jump(p part) string {
	c := p.card()
	names := make([]string, 0, len(c.Meta))
	for name := range c.Meta {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if c.Meta[name].JumpURL != "" {
			return c.Meta[name].JumpURL
		}
	}
	return ""
}

// clip cuts a text at community.MaxText and marks the cut.
func clip(text string) string {
	const mark = "…"
	if len(text) <= community.MaxText {
		return text
	}
	end := community.MaxText - len(mark)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + mark
}
