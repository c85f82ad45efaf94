package telegram

import (
	"encoding/json"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// MaxUpdate bounds one update, in bytes.
const MaxUpdate = 1 << 20

// forever is how long a mute without end counts, in seconds: what Telegram itself takes for ever.
const forever = 366 * 86400

// Update is what one update says.
type Update struct {
	ID     int64
	Events []connect.Inbound
	// Service says that the events come from service messages about joining and leaving, which a bot that is an admin is
	// told of as chat_member as well.
	Service bool
	own     *memberChange // about our own account
	seen    []user        // people named in it
}

// Parse reads an update. self is our account's id, "" while not known. CodeBadInput or CodeTooLarge: the update is not
// usable; its ID is set all the same where it could be read.
func Parse(data []byte, self string) (Update, error) {
	if len(data) > MaxUpdate {
		return Update{ID: updateID(data)}, community.Errorf(community.CodeTooLarge, "update of %d bytes, at most %d", len(data), MaxUpdate)
	}
	var raw update
	if err := json.Unmarshal(data, &raw); err != nil {
		return Update{ID: updateID(data)}, community.Errorf(community.CodeBadInput, "update is not readable: %w", err)
	}
	if raw.ID == nil {
		return Update{}, community.Errorf(community.CodeBadInput, "update without update_id")
	}
	p := &parser{self: self, out: Update{ID: *raw.ID}}
	if err := p.read(&raw); err != nil {
		return Update{ID: *raw.ID}, err
	}
	return p.out, nil
}

// updateID finds the number of an update that is not usable otherwise; 0 = none.
func updateID(data []byte) int64 {
	var only struct {
		ID int64 `json:"update_id"`
	}
	_ = json.Unmarshal(data, &only) // a type error elsewhere leaves what could be read
	return only.ID
}

type parser struct {
	self string
	out  Update
}

func (p *parser) read(raw *update) error {
	switch {
	case len(raw.Message) > 0:
		return p.message(raw.Message, false)
	case len(raw.EditedMessage) > 0:
		return p.message(raw.EditedMessage, true)
	case raw.ChatMember != nil:
		return p.changed(raw.ChatMember)
	case raw.MyChatMember != nil:
		p.out.own = raw.MyChatMember
		return p.changed(raw.MyChatMember)
	case raw.JoinRequest != nil:
		return p.asked(raw.JoinRequest)
	case raw.MessageReacted != nil:
		return p.reacted(raw.MessageReacted)
	}
	return nil // a kind nobody asked for
}

// add completes an event with what the update says of it. An update's events are told apart by their place in it.
func (p *parser) add(c chat, at int64, in connect.Inbound) {
	if in.Key == "" {
		in.Key = "u" + strconv.FormatInt(p.out.ID, 10)
		if n := len(p.out.Events); n > 0 {
			in.Key += ":" + strconv.Itoa(n)
		}
	}
	in.OccurredAt, in.Group, in.Private = at*1000, community.Ref{ID: id(c.ID), Name: c.Title}, c.Type == "private"
	p.out.Events = append(p.out.Events, in)
}

func (p *parser) who(u *user) community.Who {
	if u == nil {
		return community.Who{}
	}
	p.out.seen = append(p.out.seen, *u)
	w := community.Who{ID: id(u.ID), Name: strings.TrimSpace(u.FirstName + " " + u.LastName)}
	if w.Name == "" {
		w.Name = u.Username
	}
	switch {
	case w.ID == p.self:
		w.Role = community.RoleSelf
	case u.IsBot:
		w.Role = community.RoleBot
	}
	return w
}

// sender is who speaks: a person, or a chat whose admins speak in its name.
func (p *parser) sender(m *message) community.Who {
	if m.SenderChat == nil {
		return p.who(m.From)
	}
	w := community.Who{ID: id(m.SenderChat.ID), Name: m.SenderChat.Title}
	if m.SenderChat.ID == m.Chat.ID || m.AutoForward {
		w.Role = community.RoleAdmin
	}
	return w
}

func (p *parser) message(raw json.RawMessage, edited bool) error {
	var m message
	if err := json.Unmarshal(raw, &m); err != nil {
		return community.Errorf(community.CodeBadInput, "message is not readable: %w", err)
	}
	if m.ID == 0 || m.Chat.ID == 0 {
		return community.Errorf(community.CodeBadInput, "message without message_id or chat")
	}
	if m.Chat.Type == "channel" {
		return nil
	}
	if p.service(&m) {
		return nil
	}
	in := connect.Inbound{Type: community.MessageCreated, Key: messageKey(m.Chat.ID, m.ID), Actor: p.sender(&m)}
	at := m.Date
	if edited {
		in.Type, in.Key = community.MessageEdited, ""
		at = max(at, m.EditDate)
	}
	in.Body.Message = id(m.ID)
	p.compose(&m, &in.Body)
	if in.Body.Text == "" && len(in.Body.Segments) == 0 {
		in.Type, in.Key, in.Body.Text = community.SystemText, "", "["+unknownPart(raw)+"]"
	}
	p.add(m.Chat, at, in)
	return nil
}

func messageKey(chat, message int64) string { return "m" + id(chat) + ":" + id(message) }

// service reads the messages by which Telegram tells what happened; false = somebody says something.
func (p *parser) service(m *message) bool {
	switch {
	case m.MigrateTo != 0:
		p.moved(m, m.Chat.ID, m.MigrateTo)
	case m.MigrateFrom != 0:
		p.moved(m, m.MigrateFrom, m.Chat.ID)
	case len(m.Joined) > 0:
		p.out.Service = true
		for i := range m.Joined {
			p.joinedBy(m, &m.Joined[i])
		}
	case m.Left != nil:
		p.out.Service = true
		in := connect.Inbound{Type: community.MemberLeft, Actor: p.who(m.Left), Body: community.Body{Reason: "left"}}
		p.doneBy(&in, m.From, m.Left.ID, "kicked")
		p.add(m.Chat, m.Date, in)
	case m.Title != "":
		p.add(m.Chat, m.Date, connect.Inbound{Type: community.GroupUpdated, Actor: p.sender(m), Body: community.Body{Text: m.Title}})
	default:
		return false
	}
	return true
}

func (p *parser) joinedBy(m *message, u *user) {
	in := connect.Inbound{Type: community.MemberJoined, Actor: p.who(u)}
	if m.From != nil && m.From.ID != u.ID {
		in.Subject, in.By, in.Body.Scene = in.Actor, p.who(m.From), "invite"
	}
	p.add(m.Chat, m.Date, in)
}

// doneBy notes who did it, where that was somebody else, and the reason that this makes of it.
func (p *parser) doneBy(in *connect.Inbound, from *user, member int64, reason string) {
	if from == nil || from.ID == 0 || from.ID == member {
		return
	}
	in.Subject, in.By = in.Actor, p.who(from)
	if reason != "" {
		in.Body.Reason = reason
	}
}

// moved is a group that became a supergroup: Telegram gives it another id. Both chats tell it, the event is one.
func (p *parser) moved(m *message, from, to int64) {
	old := chat{ID: from, Title: m.Chat.Title}
	p.add(old, m.Date, connect.Inbound{Type: community.GroupMoved, Key: movedKey(id(from)), Body: community.Body{State: id(to)}})
}

func movedKey(from string) string { return "moved:" + from }

// changed is a member's change of standing: joining, leaving, muting, another rank.
func (p *parser) changed(c *memberChange) error {
	if c.Chat.ID == 0 || c.New.User.ID == 0 || c.New.Status == "" {
		return community.Errorf(community.CodeBadInput, "a member's change without chat, user or status")
	}
	if c.Chat.Type == "private" || c.Chat.Type == "channel" {
		return nil
	}
	in := connect.Inbound{Actor: p.who(&c.New.User)}
	before, after := c.Old.present(), c.New.present()
	switch {
	case !before && after:
		in.Type = community.MemberJoined
		p.doneBy(&in, &c.From, c.New.User.ID, "")
		in.Body.Scene, in.Body.State = c.way(in.By.ID != "")
	case before && !after:
		in.Type, in.Body.Reason = community.MemberLeft, "left"
		p.doneBy(&in, &c.From, c.New.User.ID, "kicked")
	case !before && !after:
		return nil // banned or let off while away
	case c.Old.muted() != c.New.muted():
		in.Type = community.MemberMuted
		p.doneBy(&in, &c.From, c.New.User.ID, "")
		if c.New.muted() {
			in.Body.Seconds = rest(c.New.Until, c.Date)
		}
	default:
		in.Type, in.Body.Role = community.MemberUpdated, roleOf(c.New)
		p.doneBy(&in, &c.From, c.New.User.ID, "")
	}
	p.add(c.Chat, c.Date, in)
	if after && c.New.muted() && id(c.New.User.ID) == p.self {
		p.add(c.Chat, c.Date, connect.Inbound{Type: community.AccountMuted, Actor: in.Actor, Body: community.Body{Seconds: rest(c.New.Until, c.Date)}})
	}
	return nil
}

// way says how a member came in, and by whose mark.
func (c *memberChange) way(brought bool) (scene, state string) {
	if c.Link != nil {
		state = c.Link.Name
	}
	switch {
	case c.ViaRequest:
		return "request", state
	case c.Link != nil || c.ViaFolder:
		return "link", state
	case brought:
		return "invite", state
	}
	return "search", state
}

func rest(until, now int64) int64 {
	if until <= now {
		return forever
	}
	return until - now
}

func roleOf(m member) community.Role {
	switch m.Status {
	case "creator":
		return community.RoleOwner
	case "administrator":
		return community.RoleAdmin
	}
	return community.RoleMember
}

func (p *parser) asked(r *joinRequest) error {
	if r.Chat.ID == 0 || r.From.ID == 0 {
		return community.Errorf(community.CodeBadInput, "a join request without chat or user")
	}
	in := connect.Inbound{
		Type: community.JoinRequested, Actor: p.who(&r.From), Body: community.Body{Message: flag(r.From.ID, r.Date), Text: connect.Clip(r.Bio)},
	}
	if r.Link != nil {
		in.Body.Scene, in.Body.State = "link", r.Link.Name
	}
	p.add(r.Chat, r.Date, in)
	return nil
}

func flag(user, date int64) string { return id(user) + ":" + id(date) }

func (p *parser) reacted(r *reacted) error {
	if r.Chat.ID == 0 || r.MessageID == 0 {
		return community.Errorf(community.CodeBadInput, "a reaction without chat or message")
	}
	if r.Chat.Type == "channel" {
		return nil
	}
	who := p.who(r.User)
	if r.User == nil && r.Actor != nil {
		who = community.Who{ID: id(r.Actor.ID), Name: r.Actor.Title}
	}
	tell := func(kind community.Type, some, others []reaction) {
		for _, one := range some {
			if !holds(others, one) {
				p.add(r.Chat, r.Date, connect.Inbound{Type: kind, Actor: who, Body: community.Body{Message: id(r.MessageID), Text: one.sign()}})
			}
		}
	}
	tell(community.ReactionRemoved, r.Old, r.New)
	tell(community.ReactionAdded, r.New, r.Old)
	return nil
}

func holds(list []reaction, one reaction) bool {
	for _, r := range list {
		if r == one {
			return true
		}
	}
	return false
}

func id(n int64) string { return strconv.FormatInt(n, 10) }
