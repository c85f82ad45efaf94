package wecombot

import (
	"encoding/json"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// Commands of the protocol.
const (
	cmdSubscribe = "aibot_subscribe"
	cmdPing      = "ping"
	cmdRespond   = "aibot_respond_msg"
	cmdSend      = "aibot_send_msg"
	cmdMessage   = "aibot_msg_callback"
	cmdEvent     = "aibot_event_callback"
)

// maxFrame bounds a frame, in bytes.
const maxFrame = 1 << 20

// frame is what goes over the line in both directions; an answer has no cmd.
type frame struct {
	Cmd     string `json:"cmd,omitempty"`
	Headers struct {
		ReqID string `json:"req_id"`
	} `json:"headers"`
	Body    json.RawMessage `json:"body,omitempty"`
	Errcode *int            `json:"errcode,omitempty"`
	Errmsg  string          `json:"errmsg,omitempty"`
}

// part is a piece of a message.
type part struct {
	Msgtype string `json:"msgtype"`
	Text    struct {
		Content string `json:"content"`
	} `json:"text"`
	Voice struct {
		Content string `json:"content"`
	} `json:"voice"`
	Image media `json:"image"`
	File  media `json:"file"`
	Video media `json:"video"`
	Mixed struct {
		Items []part `json:"msg_item"`
	} `json:"mixed"`
}

// media is at an address for five minutes, sealed with a key of its own, which we do not keep.
type media struct {
	URL string `json:"url"`
}

// spoken is a message or event as the platform tells it.
type spoken struct {
	part
	MsgID    string `json:"msgid"`
	ChatID   string `json:"chatid"`
	ChatType string `json:"chattype"`
	Created  int64  `json:"create_time"` // seconds; 0 = not told
	From     struct {
		UserID string `json:"userid"`
	} `json:"from"`
	Quote *part `json:"quote"`
	Event struct {
		Type string `json:"eventtype"`
	} `json:"event"`
}

// maxID bounds an id, in bytes.
const maxID = 128

// parse reads a callback. It is pure. displaced = somebody else took the bot's one place.
func parse(f *frame) (in []connect.Inbound, displaced bool, err error) {
	var s spoken
	if json.Unmarshal(f.Body, &s) != nil {
		return nil, false, community.Errorf(community.CodeBadInput, "%s: the body cannot be read", f.Cmd)
	}
	if f.Cmd == cmdEvent {
		return nil, s.Event.Type == "disconnected_event", nil
	}
	if s.MsgID == "" || s.From.UserID == "" || len(s.MsgID) > maxID || len(s.ChatID) > maxID || len(s.From.UserID) > maxID || s.Created < 0 || s.Created > 1<<40 {
		return nil, false, community.Errorf(community.CodeBadInput, "%s: a message without usable ids", f.Cmd)
	}
	one := connect.Inbound{
		Type: community.MessageCreated, Key: s.MsgID, OccurredAt: s.Created * 1000, Group: community.Ref{ID: s.ChatID},
		Actor: community.Who{ID: s.From.UserID}, Body: community.Body{Message: s.MsgID},
	}
	if s.ChatType != "group" || s.ChatID == "" {
		one.Private, one.Group = true, community.Ref{ID: "single:" + s.From.UserID}
	}
	if s.Quote != nil {
		one.Body.Segments = append(one.Body.Segments, community.Segment{Kind: "quote", Text: cut(s.Quote.words())})
	}
	one.Body.Text, one.Body.Class = cut(s.words()), s.class()
	one.Body.Segments = append(one.Body.Segments, expiring(s.segments(), s.Created)...)
	if len(one.Body.Segments) == 1 && one.Body.Segments[0].Kind == "text" {
		one.Body.Segments = nil
	}
	return []connect.Inbound{one}, false, nil
}

// words is what a person would read.
func (p *part) words() string {
	switch p.Msgtype {
	case "text":
		return strings.ToValidUTF8(p.Text.Content, "\uFFFD")
	case "voice":
		return strings.ToValidUTF8(p.Voice.Content, "\uFFFD") // the platform has written it down
	case "mixed":
		var list []string
		for i := range p.Mixed.Items {
			if said := p.Mixed.Items[i].words(); said != "" {
				list = append(list, said)
			}
		}
		return strings.Join(list, "\n")
	}
	return ""
}

func (p *part) class() community.Class {
	if class, ok := classes[p.Msgtype]; ok {
		return class
	}
	return community.Other
}

var classes = map[string]community.Class{
	"text": community.Text, "mixed": community.Text, "voice": community.Voice, "image": community.Image, "file": community.File, "video": community.Video,
}

func (p *part) segments() []community.Segment {
	switch p.Msgtype {
	case "text":
		return []community.Segment{{Kind: "text", Text: cut(p.words())}}
	case "voice":
		return []community.Segment{{Kind: "audio", Text: cut(p.words())}}
	case "image":
		return []community.Segment{{Kind: "image", Ref: p.Image.URL}}
	case "file":
		return []community.Segment{{Kind: "file", Ref: p.File.URL}}
	case "video":
		return []community.Segment{{Kind: "video", Ref: p.Video.URL}}
	case "mixed":
		var all []community.Segment
		for i := range p.Mixed.Items {
			if p.Mixed.Items[i].Msgtype != "mixed" {
				all = append(all, p.Mixed.Items[i].segments()...)
			}
		}
		return all
	}
	return []community.Segment{{Kind: "unknown", Text: cut(p.Msgtype)}}
}

// linkLives is how long the platform keeps what a link leads to, in seconds.
const linkLives = 300

// expiring notes until when the links of a message are good.
func expiring(parts []community.Segment, created int64) []community.Segment {
	for i := range parts {
		if parts[i].IsMedia() && created > 0 {
			parts[i].Expires = (created + linkLives) * 1000
		}
	}
	return parts
}

// cut bounds a text as events are bounded.
func cut(text string) string {
	if len(text) <= community.MaxText {
		return text
	}
	return strings.ToValidUTF8(text[:community.MaxText], "")
}
