package wire

import (
	"encoding/json"
	"slices"
	"strings"
	"unsafe"

	"qunluo/internal/community"
)

// Part is a segment with those of its data that we read.
type Part struct {
	Kind                                                              string
	Text, QQ, Name, ID, File, URL, Title, Content, Summary, Sub, Data string
	Raw                                                               json.RawMessage // of kinds that are kept as they came
}

// Field is where a value of the segment's data belongs; nil = not read.
func (p *Part) Field(name string) *string {
	switch name {
	case "text":
		return &p.Text
	case "qq":
		return &p.QQ
	case "name":
		return &p.Name
	case "id":
		return &p.ID
	case "file":
		return &p.File
	case "url":
		return &p.URL
	case "title":
		return &p.Title
	case "content":
		return &p.Content
	case "summary":
		return &p.Summary
	case "sub_type":
		return &p.Sub
	case "data":
		return &p.Data
	}
	return nil
}

// Words holds copies of what a frame says, one behind the other: a message needs one piece of memory, and none of the
// frame's. The zero value is ready.
type Words []byte

// Keep makes each string a copy.
func (w *Words) Keep(list ...*string) {
	for _, s := range list {
		start := len(*w)
		*w = append(*w, *s...)
		*s = shared((*w)[start:])
	}
}

// join is a text of all parts.
func (w *Words) join(parts []string) string {
	start := len(*w)
	for _, s := range parts {
		*w = append(*w, s...)
	}
	return shared((*w)[start:])
}

func shared(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// shape says how a kind of segment is shown. text gets what stands after the label.
type shape struct {
	kind  string          // ours
	class community.Class // of a message that has nothing else to read
	label string
	text  func(p Part) string
	ref   func(p Part) string
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
	"markdown": {kind: "unknown", class: community.Text, text: func(p Part) string { return p.Content }},
}

// KeepsRaw reports whether a kind's data is kept as it came.
func KeepsRaw(kind string) bool {
	switch kind {
	case "text", "at", "reply", "image", "record", "video", "face":
		return false
	}
	s, known := shapes[kind]
	return !known || s.kind == "card" || s.kind == "unknown"
}

// Compose writes a message's parts into the body: text as a person reads it, class, what it answers, segments. What the
// body keeps of the parts is copied into own.
func Compose(own *Words, parts []Part, body *community.Body) {
	if len(parts) == 1 && parts[0].Kind == "text" {
		body.Text = community.Clip(own.join([]string{parts[0].Text}))
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
		own.Keep(&seg.Text, &seg.Ref)
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
	body.Text = community.Clip(own.join(shown))
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
func (p *Part) segment() (seg community.Segment, shown string, class community.Class) {
	switch p.Kind {
	case "text":
		return community.Segment{Kind: "text", Text: p.Text}, p.Text, community.Text
	case "at":
		return p.at()
	case "reply":
		return community.Segment{Kind: "quote", Ref: p.ID}, "", community.Reply
	}
	s, known := shapes[p.Kind]
	if !known {
		return community.Segment{Kind: "unknown", Text: "[" + p.Kind + "]", Raw: p.Raw}, "[" + p.Kind + "]", community.Other
	}
	seg, shown = community.Segment{Kind: s.kind, Raw: p.Raw}, s.label
	if p.Kind == "image" && (p.Sub == "1" || strings.Contains(p.Summary, "表情")) {
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

func (p *Part) at() (community.Segment, string, community.Class) {
	if p.QQ == "all" {
		return community.Segment{Kind: "at_all"}, "@全体成员", community.Text
	}
	shown := p.Name
	if shown == "" {
		shown = p.QQ
	}
	shown = "@" + strings.TrimPrefix(shown, "@")
	return community.Segment{Kind: "at", Ref: p.QQ, Text: shown}, shown, community.Text
}

func address(p Part) string {
	if p.URL != "" {
		return p.URL
	}
	if strings.HasPrefix(p.File, "base64://") {
		return "" // the content itself: never carried along
	}
	return p.File
}

func fileName(p Part) string {
	if p.Name != "" {
		return p.Name
	}
	if strings.Contains(p.File, "://") {
		return ""
	}
	return p.File
}

func ident(p Part) string { return p.ID }

func titled(p Part) string { return p.Title }

// card is what we read of the JSON inside a card.
type card struct {
	Prompt string `json:"prompt"`
	Meta   map[string]struct {
		JumpURL string `json:"jumpUrl"`
	} `json:"meta"`
}

func (p Part) card() card {
	var c card
	_ = json.Unmarshal([]byte(p.Data), &c) // a card of another shape shows its label only
	return c
}

func prompt(p Part) string { return p.card().Prompt }

func jump(p Part) string {
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
