package feishu

import (
	"encoding/json"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/webapi"
)

const maxID = 128

type ids struct {
	Open string `json:"open_id"`
}

type told struct {
	Chat     string `json:"chat_id"`
	Name     string `json:"name"` // of the chat
	Operator ids    `json:"operator_id"`
	Users    []struct {
		Name string `json:"name"`
		ID   ids    `json:"user_id"`
	} `json:"users"`
	After struct {
		Name string `json:"name"`
	} `json:"after_change"`
	MessageID string `json:"message_id"` // recalled
	Sender    struct {
		ID   ids    `json:"sender_id"`
		Type string `json:"sender_type"`
	} `json:"sender"`
	Message toldMessage `json:"message"`
}

// toldMessage is a message as it is told.
type toldMessage struct {
	ID       string `json:"message_id"`
	Parent   string `json:"parent_id"`
	Created  string `json:"create_time"` // ms
	Chat     string `json:"chat_id"`
	ChatType string `json:"chat_type"`
	Type     string `json:"message_type"`
	Content  string `json:"content"` // JSON
	Mentions []struct {
		Key  string `json:"key"`
		ID   ids    `json:"id"`
		Name string `json:"name"`
	} `json:"mentions"`
}

// readers are the events that we read. One line per type; others are taken and mean nothing.
var readers = map[string]func(s *Session, e envelope, t *told) []connect.Inbound{
	"im.message.receive_v1":          (*Session).said,
	"im.message.recalled_v1":         (*Session).recalled,
	"im.chat.member.user.added_v1":   (*Session).came,
	"im.chat.member.user.deleted_v1": (*Session).went,
	"im.chat.updated_v1":             (*Session).renamed,
	"im.chat.disbanded_v1":           (*Session).ended,
	"im.chat.member.bot.deleted_v1":  (*Session).thrownOut,
	"im.chat.member.bot.added_v1":    (*Session).invited,
}

// parse reads an event. CodeBadInput: it is not usable.
func (s *Session) parse(e envelope) ([]connect.Inbound, error) {
	if e.Header.ID == "" || e.Header.Type == "" || len(e.Header.ID) > maxID {
		return nil, community.Errorf(community.CodeBadInput, "an event without id or type")
	}
	read, ok := readers[e.Header.Type]
	if !ok {
		return nil, nil
	}
	var t told
	if json.Unmarshal(e.Event, &t) != nil {
		return nil, community.Errorf(community.CodeBadInput, "%s: an event that cannot be read", webapi.Clip(e.Header.Type, 60))
	}
	if t.Chat == "" {
		t.Chat = t.Message.Chat
	}
	if t.Chat == "" || len(t.Chat) > maxID {
		return nil, community.Errorf(community.CodeBadInput, "%s: an event without a usable chat", webapi.Clip(e.Header.Type, 60))
	}
	return read(s, e, &t), nil
}

// event makes an inbound; what an event tells of several people is told apart by n.
func event(kind community.Type, e envelope, t *told, n int, body community.Body) connect.Inbound {
	in := connect.Inbound{Type: kind, Key: e.Header.ID, OccurredAt: number(e.Header.Created), Group: community.Ref{ID: t.Chat}, Body: body}
	if n > 0 {
		in.Key += ":" + strconv.Itoa(n)
	}
	return in
}

func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 100_000_000_000 || n > 1<<43 {
		return 0
	}
	return n
}

func (s *Session) person(id, name string) community.Who {
	w := community.Who{ID: webapi.Clip(id, maxID), Name: webapi.Clip(name, 200)}
	if id == s.tell.Self() {
		w.Role = community.RoleSelf
	}
	return w
}

func (s *Session) said(e envelope, t *told) []connect.Inbound {
	m := &t.Message
	if m.ID == "" || len(m.ID) > maxID {
		return nil
	}
	body := community.Body{Message: m.ID, ReplyTo: webapi.Clip(m.Parent, maxID)}
	m.write(&body)
	in := event(community.MessageCreated, e, t, 0, body)
	in.Key, in.Private = m.ID, m.ChatType == "p2p"
	if at := number(m.Created); at != 0 {
		in.OccurredAt = at
	}
	in.Actor = s.person(t.Sender.ID.Open, "")
	if t.Sender.Type == "app" && in.Actor.Role == community.RoleNone {
		in.Actor.Role = community.RoleBot
	}
	return []connect.Inbound{in}
}

// content is what messages hold, of any type.
type content struct {
	Text  string `json:"text"`
	Title string `json:"title"`
	Image string `json:"image_key"`
	File  string `json:"file_key"`
	Name  string `json:"file_name"`
	Post  [][]struct {
		Tag   string `json:"tag"`
		Text  string `json:"text"`
		Href  string `json:"href"`
		User  string `json:"user_id"`
		Name  string `json:"user_name"`
		Image string `json:"image_key"`
	} `json:"content"`
}

// carried are the types of messages that carry a file: the segment's kind, the class, the label, and what the resource is
// called when it is read.
var carried = map[string]struct {
	kind, label, resource string
	class                 community.Class
}{
	"image": {"image", "[图片]", "image", community.Image}, "audio": {"audio", "[语音]", "file", community.Voice},
	"media": {"video", "[视频]", "file", community.Video}, "file": {"file", "[文件]", "file", community.File}, "sticker": {"face", "[表情]", "file", community.Sticker},
}

// cards are the types of messages that show something from elsewhere.
var cards = map[string]community.Class{
	"merge_forward": community.Forward, "share_user": community.Card, "share_chat": community.Card, "interactive": community.Share, "location": community.Location,
}

// ref names a resource of a message, as ReadMedia reads it.
func ref(message, key, resource string) string {
	return "feishu:" + message + ":" + key + ":" + resource
}

// write puts a message's content into a body.
func (m *toldMessage) write(b *community.Body) {
	var c content
	_ = json.Unmarshal([]byte(m.Content), &c) // what cannot be read is an unknown kind below
	how, isFile := carried[m.Type]
	switch {
	case m.Type == "text":
		b.Text = c.Text
	case m.Type == "post":
		m.post(b, &c)
	case isFile:
		key := c.File
		if how.resource == "image" {
			key = c.Image
		}
		b.Text, b.Class = how.label, how.class
		b.Segments = []community.Segment{{Kind: how.kind, Ref: ref(m.ID, key, how.resource), Text: webapi.Clip(c.Name, 200)}}
	default:
		b.Text, b.Class = "["+webapi.Clip(m.Type, 40)+"]", community.Other
		if class, ok := cards[m.Type]; ok {
			b.Class = class
		}
		b.Segments = []community.Segment{{Kind: "unknown", Text: b.Text}}
	}
	m.mentioned(b)
	b.Text = webapi.Clip(b.Text, community.MaxText)
	if b.ReplyTo != "" && b.Class == community.Text {
		b.Class = community.Reply
	}
}

// mentioned puts names in the place of 飞书's marks.
func (m *toldMessage) mentioned(b *community.Body) {
	for _, at := range m.Mentions {
		if at.Key == "" || len(at.Key) > 40 {
			continue
		}
		b.Text = strings.ReplaceAll(b.Text, at.Key, "@"+at.Name)
		b.Segments = append(b.Segments, community.Segment{Kind: "at", Ref: at.ID.Open, Text: "@" + at.Name})
	}
	if len(m.Mentions) > 0 && m.Type == "text" {
		b.Segments = append([]community.Segment{{Kind: "text", Text: b.Text}}, b.Segments...)
	}
}

// post is rich text: its words, and its pictures as parts.
func (m *toldMessage) post(b *community.Body, c *content) {
	var text strings.Builder
	text.WriteString(c.Title)
	for _, line := range c.Post {
		if text.Len() > 0 {
			text.WriteByte('\n')
		}
		for _, p := range line {
			switch p.Tag {
			case "at":
				text.WriteString("@" + p.Name)
			case "img":
				text.WriteString("[图片]")
				b.Segments = append(b.Segments, community.Segment{Kind: "image", Ref: ref(m.ID, p.Image, "image")})
			case "a":
				text.WriteString(p.Text)
				b.Segments = append(b.Segments, community.Segment{Kind: "link", Ref: p.Href, Text: p.Text})
			default:
				text.WriteString(p.Text)
			}
		}
	}
	b.Text = text.String()
	if len(b.Segments) > 0 {
		b.Segments = append([]community.Segment{{Kind: "text", Text: webapi.Clip(strings.ReplaceAll(b.Text, "[图片]", ""), community.MaxText)}}, b.Segments...)
	}
}

func (s *Session) recalled(e envelope, t *told) []connect.Inbound {
	return []connect.Inbound{event(community.MessageDeleted, e, t, 0, community.Body{Message: webapi.Clip(t.MessageID, maxID), Caused: s.echoes.Take("d" + t.MessageID)})}
}

func (s *Session) came(e envelope, t *told) []connect.Inbound {
	var out []connect.Inbound
	for i, u := range t.Users {
		in := event(community.MemberJoined, e, t, i, community.Body{})
		in.Actor, in.Group.Name = s.person(u.ID.Open, u.Name), t.Name
		if t.Operator.Open != "" && t.Operator.Open != u.ID.Open {
			in.Subject, in.By, in.Body.Scene = in.Actor, s.person(t.Operator.Open, ""), "invite"
		}
		out = append(out, in)
	}
	return out
}

func (s *Session) went(e envelope, t *told) []connect.Inbound {
	var out []connect.Inbound
	for i, u := range t.Users {
		in := event(community.MemberLeft, e, t, i, community.Body{Reason: "left", Caused: s.echoes.Take("l" + t.Chat + u.ID.Open)})
		in.Actor = s.person(u.ID.Open, u.Name)
		if t.Operator.Open != u.ID.Open {
			in.Subject, in.By, in.Body.Reason = in.Actor, s.person(t.Operator.Open, ""), "kicked"
		}
		out = append(out, in)
	}
	return out
}

func (s *Session) renamed(e envelope, t *told) []connect.Inbound {
	if t.After.Name == "" {
		return nil
	}
	in := event(community.GroupUpdated, e, t, 0, community.Body{Text: webapi.Clip(t.After.Name, 200)})
	in.Actor = s.person(t.Operator.Open, "")
	return []connect.Inbound{in}
}

func (s *Session) ended(e envelope, t *told) []connect.Inbound {
	return []connect.Inbound{event(community.GroupDissolved, e, t, 0, community.Body{})}
}

func (s *Session) thrownOut(_ envelope, t *told) []connect.Inbound {
	s.tell.Tell("online", connect.Trouble(community.CodeRefused, "机器人被移出了群「"+webapi.Clip(t.Name, 60)+"」。请重新把它加进群。", "the bot was removed from "+webapi.Clip(t.Name, 60)+": add it again"))
	return nil
}

func (s *Session) invited(e envelope, t *told) []connect.Inbound {
	in := event(community.GroupCreated, e, t, 0, community.Body{Text: webapi.Clip(t.Name, 200)})
	in.Group.Name = webapi.Clip(t.Name, 200)
	return []connect.Inbound{in}
}
