package satori

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/satori/element"
)

// MaxFrame bounds one frame, in bytes.
const MaxFrame = 1 << 20

// Opcodes of frames.
const (
	opEvent    = 0
	opPing     = 1
	opPong     = 2
	opIdentify = 3
	opReady    = 4
)

type frame struct {
	Op   *int            `json:"op"`
	Body json.RawMessage `json:"body"`
}

// readFrame gives a frame's opcode and body. CodeBadInput: it is none.
func readFrame(data []byte) (op int, body json.RawMessage, err error) {
	var f frame
	if err := json.Unmarshal(data, &f); err != nil || f.Op == nil {
		return 0, nil, community.Errorf(community.CodeBadInput, "a frame that is no {op, body}")
	}
	return *f.Op, f.Body, nil
}

// Parse reads the body of an EVENT. self is our account's id; epoch stands in the keys of what has no id of its own. nil
// and no error: an event that says nothing to us. CodeBadInput: it lacks what its type needs.
func Parse(body []byte, self, epoch string) (*connect.Inbound, error) {
	e, err := readEvent(body)
	if err != nil {
		return nil, err
	}
	return parse(e, self, epoch)
}

func readEvent(body []byte) (*event, error) {
	var e event
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(&e); err != nil {
		return nil, community.Errorf(community.CodeBadInput, "an event that is not readable: %w", err)
	}
	if e.Type == "" {
		return nil, community.Errorf(community.CodeBadInput, "an event without type")
	}
	return &e, nil
}

// reading is an event being read.
type reading struct {
	*event
	self string
	in   connect.Inbound
}

// readers read the types of events that we know.
var readers = map[string]func(r *reading) error{
	"message-created":      (*reading).said,
	"message-updated":      (*reading).edited,
	"message-deleted":      (*reading).recalled,
	"guild-member-added":   (*reading).joined,
	"guild-member-removed": (*reading).left,
	"guild-member-updated": (*reading).changed,
	"guild-member-request": (*reading).asked,
	"guild-added":          (*reading).weJoined,
	"guild-updated":        (*reading).renamed,
	"guild-removed":        (*reading).weLeft,
	"guild-deleted":        (*reading).weLeft, // older names
	"guild-member-deleted": (*reading).left,
	"reaction-added":       (*reading).reacted,
	"reaction-removed":     (*reading).unreacted,
}

func parse(e *event, self, epoch string) (*connect.Inbound, error) {
	read, ok := readers[e.Type]
	if !ok {
		return nil, nil
	}
	r := &reading{event: e, self: self}
	r.in.OccurredAt, r.in.Key = e.Timestamp, fmt.Sprintf("%s:%d:%d", epoch, e.number(), e.Timestamp)
	r.place()
	if r.in.Group.ID == "" {
		return nil, community.Errorf(community.CodeBadInput, "%s without guild or channel", e.Type)
	}
	r.in.Actor = r.who(e.User, e.Member)
	if err := read(r); err != nil {
		return nil, err
	}
	return &r.in, nil
}

// place finds the group: the guild, or the channel where it stands in none.
func (r *reading) place() {
	g, c := r.Guild, r.Channel
	if m := r.Message; m != nil {
		if g == nil {
			g = m.Guild
		}
		if c == nil {
			c = m.Channel
		}
		if r.User == nil {
			r.User = m.User
		}
		if r.Member == nil {
			r.Member = m.Member
		}
	}
	r.Guild, r.Channel = g, c
	switch {
	case g != nil && g.ID != "":
		r.in.Group = community.Ref{ID: string(g.ID), Name: g.Name}
	case c != nil:
		r.in.Group = community.Ref{ID: string(c.ID), Name: c.Name}
	}
	r.in.Private = c != nil && c.Type == channelDirect
}

// channelID is the event's channel; "" = as the group.
func (r *reading) channelID() string {
	if r.Channel == nil {
		return ""
	}
	return string(r.Channel.ID)
}

func (r *reading) who(u *user, m *member) community.Who {
	if u == nil && m != nil {
		u = m.User
	}
	if u == nil {
		return community.Who{}
	}
	return whoOf(u, m, r.self)
}

func whoOf(u *user, m *member, self string) community.Who {
	w := community.Who{ID: string(u.ID), Name: first(u.Name, u.Nick)}
	if m != nil {
		w.Card, w.Role, w.JoinedAt = first(m.Nick, m.Name), rankOf(m.Roles), max(0, m.JoinedAt)
	}
	switch {
	case w.ID == self:
		w.Role = community.RoleSelf
	case u.IsBot && w.Role == community.RoleNone:
		w.Role = community.RoleBot
	}
	return w
}

// lacks says that an event has not what its type needs.
func (r *reading) lacks(what string) error {
	return community.Errorf(community.CodeBadInput, "%s without %s", r.Type, what)
}

// about fills in which message the event is about.
func (r *reading) about(kind community.Type) error {
	if r.Message == nil || r.Message.ID == "" {
		return r.lacks("message.id")
	}
	r.in.Type = kind
	r.in.Body.Message = nameOf(r.in.Group.ID, r.channelID(), string(r.Message.ID))
	return nil
}

func (r *reading) said() error {
	if r.in.Actor.ID == "" {
		return r.lacks("user.id")
	}
	if err := r.about(community.MessageCreated); err != nil {
		return err
	}
	r.in.Key = messageKey(r.in.Group.ID, r.in.Body.Message)
	r.compose()
	return nil
}

func messageKey(group, message string) string { return "m:" + group + ":" + message }

func (r *reading) edited() error {
	if err := r.about(community.MessageEdited); err != nil {
		return err
	}
	r.compose()
	return nil
}

// compose writes what the message holds into the body.
func (r *reading) compose() {
	got := element.ParseKeeping(r.Message.Content)
	body := &r.in.Body
	body.Text, body.Segments = connect.Clip(got.Text), got.Segments
	body.Class = classOf(got.Segments)
	quote := got.Quote
	if quote == "" && r.Message.Quote != nil {
		quote = string(r.Message.Quote.ID)
	}
	if quote != "" {
		body.ReplyTo, body.Class = nameOf(r.in.Group.ID, r.channelID(), quote), community.Reply
	}
	for i := range body.Segments {
		body.Segments[i].Text = connect.Clip(body.Segments[i].Text)
	}
}

// classes are what a message is that holds nothing but such segments.
var classes = map[string]community.Class{
	"image": community.Image, "audio": community.Voice, "video": community.Video, "file": community.File, "face": community.Sticker,
	"unknown": community.Other,
}

func classOf(segments []community.Segment) community.Class {
	class, found := community.Text, false
	for _, s := range segments {
		c, ok := classes[s.Kind]
		switch {
		case !ok && strings.TrimSpace(s.Text) != "" || s.Kind == "at_all":
			return community.Text
		case ok && !found:
			class, found = c, true
		}
	}
	return class
}

// recalled has the operator as actor; a gateway that names none leaves the author, and says no more.
func (r *reading) recalled() error {
	if r.Operator != nil {
		r.in.Actor = r.who(r.Operator, nil)
	}
	return r.about(community.MessageDeleted)
}

// member checks that somebody is named.
func (r *reading) member(kind community.Type) error {
	r.in.Type = kind
	if r.in.Actor.ID == "" {
		return r.lacks("user.id")
	}
	return nil
}

// doneBy notes who did it; false = nobody else is named.
func (r *reading) doneBy() bool {
	if r.Operator == nil || r.Operator.ID == "" || string(r.Operator.ID) == r.in.Actor.ID {
		return false
	}
	r.in.Subject, r.in.By = r.in.Actor, r.who(r.Operator, nil)
	return true
}

func (r *reading) joined() error {
	if r.doneBy() {
		r.in.Body.Scene = "invite"
	}
	return r.member(community.MemberJoined)
}

func (r *reading) left() error {
	r.in.Body.Reason = "unknown"
	switch {
	case r.doneBy():
		r.in.Body.Reason = "kicked"
	case r.Operator != nil && string(r.Operator.ID) == r.in.Actor.ID:
		r.in.Body.Reason = "left"
	}
	return r.member(community.MemberLeft)
}

func (r *reading) changed() error {
	r.in.Body.Card, r.in.Body.Role = r.in.Actor.Card, r.in.Actor.Role
	r.doneBy()
	return r.member(community.MemberUpdated)
}

func (r *reading) asked() error {
	if r.Message == nil || r.Message.ID == "" {
		return r.lacks("message.id")
	}
	r.in.Body.Message, r.in.Body.Text = string(r.Message.ID), connect.Clip(element.Parse(r.Message.Content).Text)
	return r.member(community.JoinRequested)
}

func (r *reading) ourselves(kind community.Type) error {
	r.in.Type = kind
	by := r.in.Actor
	r.in.Actor = community.Who{ID: r.self, Role: community.RoleSelf}
	if by.ID != "" && by.ID != r.self && r.Operator == nil {
		r.in.Subject, r.in.By = r.in.Actor, by
	}
	r.doneBy()
	return nil
}

func (r *reading) weJoined() error { return r.ourselves(community.MemberJoined) }

func (r *reading) weLeft() error {
	r.in.Body.Reason = "kicked"
	return r.ourselves(community.MemberLeft)
}

func (r *reading) renamed() error {
	if r.in.Group.Name == "" {
		return r.lacks("guild.name")
	}
	r.in.Type, r.in.Body.Text = community.GroupUpdated, connect.Clip(r.in.Group.Name)
	return nil
}

func (r *reading) reacted() error { return r.sign(community.ReactionAdded) }

func (r *reading) unreacted() error { return r.sign(community.ReactionRemoved) }

// sign reads a reaction: the emoji stands in the event, or is all the message holds.
func (r *reading) sign(kind community.Type) error {
	if err := r.about(kind); err != nil {
		return err
	}
	r.in.Body.Text = connect.Clip(element.Parse(r.Message.Content).Text)
	if r.Emoji != nil {
		r.in.Body.Text = connect.Clip(first(r.Emoji.Name, string(r.Emoji.ID)))
	}
	return nil
}

func id(n int64) string { return strconv.FormatInt(n, 10) }
