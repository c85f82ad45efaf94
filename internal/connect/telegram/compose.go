package telegram

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// media is what a message carries besides words.
type media struct {
	kind  string // of the segment
	class community.Class
	label string
	ref   string
	text  string
}

// fileRef names a file of the Bot API: its address is asked for (getFile) when somebody wants to see it.
func fileRef(f *file) string { return "telegram:" + f.ID }

// carried says what a message carries; kind "" = only words.
func (m *message) carried() media {
	switch {
	case len(m.Photo) > 0:
		return media{"image", community.Image, "[图片]", fileRef(largest(m.Photo)), ""}
	case m.Sticker != nil:
		return media{"face", community.Sticker, "[表情]", fileRef(m.Sticker), m.Sticker.Emoji}
	case m.Animation != nil: // comes with a document of the same content
		return media{"face", community.Sticker, "[动画表情]", fileRef(m.Animation), ""}
	case m.Voice != nil:
		return media{"audio", community.Voice, "[语音]", fileRef(m.Voice), ""}
	case m.Audio != nil:
		return media{"audio", community.File, "[音频]", fileRef(m.Audio), first(m.Audio.Title, m.Audio.Name)}
	case m.Video != nil:
		return media{"video", community.Video, "[视频]", fileRef(m.Video), ""}
	case m.VideoNote != nil:
		return media{"video", community.Video, "[视频]", fileRef(m.VideoNote), ""}
	case m.Document != nil:
		return media{"file", community.File, "[文件]", fileRef(m.Document), m.Document.Name}
	case m.Contact != nil:
		return media{"card", community.Card, "[名片]", numbered(m.Contact.UserID), m.Contact.FirstName}
	case m.Venue != nil:
		return media{"card", community.Location, "[位置]", "", m.Venue.Title}
	case m.Location != nil:
		return media{"card", community.Location, "[位置]", "", ""}
	case m.Poll != nil:
		return media{"card", community.Other, "[投票]", "", m.Poll.Question}
	case m.Dice != nil:
		return media{"face", community.Sticker, "[骰子]", "", m.Dice.Emoji + " " + strconv.Itoa(m.Dice.Value)}
	}
	return media{}
}

func largest(sizes []file) *file {
	best := &sizes[0]
	for i := range sizes {
		if sizes[i].Width > best.Width {
			best = &sizes[i]
		}
	}
	return best
}

func numbered(n int64) string {
	if n == 0 {
		return ""
	}
	return id(n)
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// compose writes a message into the body: text as a person reads it, class, what it answers, segments.
func (p *parser) compose(m *message, body *community.Body) {
	words, entities := m.Text, m.Entities
	if words == "" {
		words, entities = m.Caption, m.CaptionEntries
	}
	var segments []community.Segment
	if m.answers() {
		body.ReplyTo, body.Class = id(m.ReplyTo.ID), community.Reply
		segments = append(segments, community.Segment{Kind: "quote", Ref: body.ReplyTo})
	}
	shown := words
	carried := m.carried()
	if carried.kind != "" {
		segments = append(segments, community.Segment{Kind: carried.kind, Ref: carried.ref, Text: connect.Clip(carried.text)})
		shown = strings.TrimSpace(strings.TrimSpace(carried.label+" "+carried.text) + " " + words)
		if words == "" && body.Class == community.Text {
			body.Class = carried.class
		}
	}
	spans := p.spans(words, entities)
	if len(segments) > 0 || len(spans) > 1 || len(spans) == 1 && spans[0].Kind != "text" {
		body.Segments = append(segments, spans...)
	}
	body.Text = connect.Clip(shown)
	if m.ForwardOrigin != nil && body.Class == community.Text {
		body.Class = community.Forward
	}
}

// answers reports whether the message answers another; in a topic everything formally answers the topic's beginning.
func (m *message) answers() bool {
	return m.ReplyTo != nil && m.ReplyTo.ID != 0 && !(m.Topic && m.ReplyTo.TopicCreated != nil)
}

// spans cuts text at what its entities mark: mentions and links. Entities count in UTF-16; those that do not fit are
// passed over.
func (p *parser) spans(text string, entities []entity) []community.Segment {
	if text == "" {
		return nil
	}
	units := utf16.Encode([]rune(text))
	slices.SortStableFunc(entities, func(a, b entity) int { return a.Offset - b.Offset })
	var out []community.Segment
	done := 0
	for _, e := range entities {
		if e.Offset < done || e.Length <= 0 || e.Offset > len(units) || e.Length > len(units)-e.Offset {
			continue
		}
		shown := string(utf16.Decode(units[e.Offset : e.Offset+e.Length]))
		seg, ok := p.marked(e, shown)
		if !ok {
			continue
		}
		if e.Offset > done {
			out = append(out, community.Segment{Kind: "text", Text: string(utf16.Decode(units[done:e.Offset]))})
		}
		out = append(out, seg)
		done = e.Offset + e.Length
	}
	if done < len(units) {
		out = append(out, community.Segment{Kind: "text", Text: string(utf16.Decode(units[done:]))})
	}
	return out
}

func (p *parser) marked(e entity, shown string) (community.Segment, bool) {
	switch e.Type {
	case "text_mention":
		if e.User == nil {
			return community.Segment{}, false
		}
		p.out.seen = append(p.out.seen, *e.User)
		return community.Segment{Kind: "at", Ref: id(e.User.ID), Text: shown}, true
	case "mention": // by user name: whose id it is, the Bot API does not say
		return community.Segment{Kind: "at", Ref: shown, Text: shown}, true
	case "text_link":
		return community.Segment{Kind: "link", Ref: e.URL, Text: shown}, true
	case "url":
		return community.Segment{Kind: "link", Ref: shown, Text: shown}, true
	}
	return community.Segment{}, false
}

// envelope are a message's parts that are no content.
var envelope = map[string]bool{
	"message_id": true, "message_thread_id": true, "from": true, "sender_chat": true, "date": true, "chat": true,
	"edit_date": true, "is_topic_message": true, "sender_boost_count": true, "author_signature": true, "via_bot": true,
	"has_protected_content": true, "media_group_id": true, "is_from_offline": true, "effect_id": true,
}

// unknownPart names the content of a message that we cannot read, as the Bot API calls it.
func unknownPart(raw json.RawMessage) string {
	var parts map[string]json.RawMessage
	_ = json.Unmarshal(raw, &parts) // it was read as a message before
	var names []string
	for name := range parts {
		if !envelope[name] {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "empty message"
	}
	return connect.Clip(slices.Min(names))
}
