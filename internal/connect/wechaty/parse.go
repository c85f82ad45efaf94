package wechaty

import (
	"encoding/json"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/wechaty/wire"
)

// MaxPayload bounds what one event says, in bytes.
const MaxPayload = 1 << 20

// payload is what events say, all kinds in one.
type payload struct {
	MessageID string   `json:"messageId"`
	ContactID string   `json:"contactId"` // login, logout
	RoomID    string   `json:"roomId"`
	Invitees  []string `json:"inviteeIdList"`
	Inviter   string   `json:"inviterId"`
	Removees  []string `json:"removeeIdList"`
	Remover   string   `json:"removerId"`
	Changer   string   `json:"changerId"`
	Topic     string   `json:"newTopic"`
	Timestamp float64  `json:"timestamp"`
	Data      string   `json:"data"` // logout, error, heartbeat: words
	GError    string   `json:"gerror"`
}

// readPayload reads an event's JSON. CodeBadInput, CodeTooLarge: it is not usable.
func readPayload(text string) (payload, error) {
	var p payload
	if len(text) > MaxPayload {
		return p, community.Errorf(community.CodeTooLarge, "event of %d bytes, at most %d", len(text), MaxPayload)
	}
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return p, community.Errorf(community.CodeBadInput, "an event that is not readable: %w", err)
	}
	return p, nil
}

// millis makes a time that may be in seconds or in milliseconds UTC milliseconds; 0 = none.
func millis(t float64) int64 {
	switch {
	case t <= 0 || t > 1e14:
		return 0
	case t < 1e11:
		return int64(t * 1000)
	}
	return int64(t)
}

// kinds are the puppet's own numbers of what a message is: servers send those and not the protocol's.
var kinds = map[uint64]struct {
	class   community.Class
	segment string // "" = only the label
	label   string
}{
	1: {community.File, "file", "[文件]"}, 2: {community.Voice, "audio", "[语音]"}, 3: {community.Card, "card", "[名片]"}, 4: {community.Forward, "card", "[聊天记录]"},
	5: {community.Sticker, "face", "[表情]"}, 6: {community.Image, "image", "[图片]"}, 8: {community.Location, "card", "[位置]"}, 9: {community.Share, "card", "[小程序]"},
	10: {community.Other, "card", "[群接龙]"}, 11: {community.Transfer, "card", "[转账]"}, 12: {community.RedPack, "card", "[红包]"}, 14: {community.Link, "link", "[链接]"},
	15: {community.Video, "video", "[视频]"}, 16: {community.Other, "card", "[动态]"},
}

// bodyOf is what a message says; the type it has, and false where it is none to be told.
func bodyOf(m *wire.Message) (community.Type, community.Body, bool) {
	body := community.Body{Message: m.Say(wire.MsgID)}
	kind := m.Count(wire.MsgKind)
	if kind == wire.KindRecalled {
		body.Message = strings.TrimSpace(m.Say(wire.MsgText))
		return community.MessageDeleted, body, body.Message != "" && !strings.ContainsAny(body.Message, "<> ")
	}
	text := connect.Clip(m.Say(wire.MsgText))
	k, known := kinds[kind]
	if !known {
		body.Text = text
		body.Segments = mentions(text, m.All(wire.MsgMentions))
		return community.MessageCreated, body, text != "" || kind == wire.KindText
	}
	name := connect.Clip(m.Say(wire.MsgFile))
	body.Class, body.Text = k.class, strings.TrimSpace(k.label+" "+name)
	body.Segments = []community.Segment{{Kind: k.segment, Ref: "wechaty:" + body.Message, Text: name}}
	return community.MessageCreated, body, true
}

// mentions puts who is mentioned before the text, which shows their names already; nil = nobody is.
func mentions(text string, ids []string) []community.Segment {
	var out []community.Segment
	for _, who := range ids {
		switch who {
		case "", "@all":
		default:
			out = append(out, community.Segment{Kind: "at", Ref: who})
		}
	}
	if len(out) == 0 {
		return nil
	}
	return append(out, community.Segment{Kind: "text", Text: text})
}

// timeOf is when a message was received, UTC ms.
func timeOf(m *wire.Message) int64 {
	if at := m.Within(wire.MsgTime); at.Count(1) != 0 {
		return millis(float64(at.Count(1))) + int64(at.Count(2)/1e6)
	}
	return millis(float64(m.Count(wire.MsgOldTime)))
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

func id(n int64) string { return strconv.FormatInt(n, 10) }
