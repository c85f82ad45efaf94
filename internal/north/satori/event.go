package satori

import (
	"strconv"

	"qunluo/internal/community"
	"qunluo/internal/connect/satori/element"
	"qunluo/internal/north"
)

// Platform is what this gateway is called to clients.
const Platform = "qunluo"

// Login is the bot as the protocol shows it.
type Login struct {
	SN       int      `json:"sn"`
	Adapter  string   `json:"adapter"`
	Platform string   `json:"platform"`
	SelfID   string   `json:"self_id"`
	User     User     `json:"user"`
	Status   int      `json:"status"` // 1 = online
	Features []string `json:"features"`
}

// User is a person, or the bot itself.
type User struct {
	ID    string `json:"id"`
	Name  string `json:"name,omitempty"`
	IsBot bool   `json:"is_bot,omitempty"`
}

// Guild is a group.
type Guild struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// Channel is a group's one channel.
type Channel struct {
	ID   string `json:"id"`
	Type int    `json:"type"` // 0 = text
	Name string `json:"name,omitempty"`
}

// Member is a person in a group.
type Member struct {
	User     *User  `json:"user,omitempty"`
	Nick     string `json:"nick,omitempty"`
	JoinedAt int64  `json:"joined_at,omitempty"` // ms
	Roles    []Role `json:"roles,omitempty"`
}

// Role is what a member is.
type Role struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// Message is a message.
type Message struct {
	ID        string   `json:"id"`
	Content   string   `json:"content"`
	Channel   *Channel `json:"channel,omitempty"`
	Guild     *Guild   `json:"guild,omitempty"`
	Member    *Member  `json:"member,omitempty"`
	User      *User    `json:"user,omitempty"`
	CreatedAt int64    `json:"created_at,omitempty"` // ms
}

// Event is what happened.
type Event struct {
	SN        int64    `json:"sn"`
	ID        int64    `json:"id"` // the same, for older clients
	Type      string   `json:"type"`
	Timestamp int64    `json:"timestamp"` // ms
	Platform  string   `json:"platform"`  // this and self_id for older clients
	SelfID    string   `json:"self_id"`
	Login     Login    `json:"login"`
	Guild     *Guild   `json:"guild,omitempty"`
	Channel   *Channel `json:"channel,omitempty"`
	User      *User    `json:"user,omitempty"`
	Member    *Member  `json:"member,omitempty"`
	Operator  *User    `json:"operator,omitempty"`
	Message   *Message `json:"message,omitempty"`
}

// types are the protocol's words for our types of events; those that are absent are not told.
var types = map[community.Type]string{
	community.MessageCreated: "message-created", community.MessageEdited: "message-updated", community.MessageDeleted: "message-deleted",
	community.MemberJoined: "guild-member-added", community.MemberLeft: "guild-member-removed",
	community.MemberUpdated: "guild-member-updated", community.JoinRequested: "guild-member-request",
	community.ReactionAdded: "reaction-added", community.ReactionRemoved: "reaction-removed",
}

// EventOf prints an event; nil = the protocol has no word for it.
func EventOf(h north.Happening, login Login) *Event {
	kind, ok := types[h.Type]
	if !ok {
		return nil
	}
	group := text(int64(h.Group))
	e := &Event{SN: h.Number, ID: h.Number, Type: kind, Timestamp: h.At, Platform: Platform, SelfID: login.User.ID, Login: login,
		Guild: &Guild{ID: group}, Channel: &Channel{ID: group}}
	about := h.Actor
	if h.Type != community.MessageDeleted && h.Subject.ID != 0 {
		about = h.Subject
	}
	e.User, e.Member = userOf(about), memberOf(about, false)
	if h.By.ID != 0 {
		e.Operator = userOf(h.By)
	}
	switch h.Type {
	case community.MessageCreated:
		e.Message = messageOf(h)
	case community.JoinRequested:
		e.Message = &Message{ID: text(h.Number), Content: element.Escape(h.Text)}
	case community.MessageDeleted, community.MessageEdited, community.ReactionAdded, community.ReactionRemoved:
		if h.Message == 0 {
			return nil // of a message that is not on record
		}
		e.Message = &Message{ID: text(h.Message), Content: contentOf(h)}
	}
	return e
}

func messageOf(h north.Happening) *Message {
	return &Message{ID: text(h.Number), Content: contentOf(h), CreatedAt: h.At}
}

func contentOf(h north.Happening) string {
	quote := ""
	if h.Quote != 0 {
		quote = text(h.Quote)
	}
	return element.Print(h.Text, quote, h.Segments)
}

func userOf(p north.Person) *User {
	if p.ID == 0 {
		return nil
	}
	return &User{ID: text(p.ID), Name: p.Name, IsBot: p.Role == community.RoleSelf || p.Role == community.RoleBot}
}

func memberOf(p north.Person, whole bool) *Member {
	if p.ID == 0 {
		return nil
	}
	m := &Member{Nick: p.Card, JoinedAt: p.Joined}
	if p.Role == community.RoleOwner || p.Role == community.RoleAdmin || p.Role == community.RoleMember {
		m.Roles = []Role{{ID: string(p.Role)}}
	}
	if whole {
		m.User = userOf(p)
	}
	return m
}

func text(n int64) string { return strconv.FormatInt(n, 10) }
