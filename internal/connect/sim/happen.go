package sim

import (
	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// happening changes the world as an event says and completes the event; false = it cannot happen (the speaker is muted,
// the leaver not there) and nobody hears of it. g is nil in a private chat only.
type happening func(w *World, g *group, in *connect.Inbound) bool

// happenings says what each type of event does to the world. Other types change nothing and are delivered as they are.
var happenings = map[community.Type]happening{
	community.MessageCreated: (*World).spoken,
	community.MessageDeleted: (*World).recalled,
	community.MessageEdited:  (*World).edited,
	community.MemberJoined:   (*World).joined,
	community.MemberLeft:     (*World).left,
	community.MemberUpdated:  (*World).updated,
	community.MemberMuted:    (*World).muted,
	community.JoinRequested:  (*World).requested,
	community.GroupUpdated:   (*World).renamed,
}

// Say lets a member say something. The result is what was delivered: nothing when the member is muted or not there.
func (w *World) Say(groupID, member, text string) ([]connect.Inbound, error) {
	return w.Happen(said(groupID, member, text))
}

// Answer is Say in answer to a message.
func (w *World) Answer(groupID, member, message, text string) ([]connect.Inbound, error) {
	in := said(groupID, member, text)
	in.Body.ReplyTo = message
	return w.Happen(in)
}

// Whisper lets somebody write to our accounts in a private chat.
func (w *World) Whisper(who community.Who, text string) ([]connect.Inbound, error) {
	return w.Happen(connect.Inbound{
		Type: community.MessageCreated, Private: true, Actor: who, Body: community.Body{Text: text},
	})
}

// Join lets somebody into a group; scene is qr, invite, search, link or request, state the code's mark, inviter the
// platform's id or "".
func (w *World) Join(groupID string, who community.Who, scene, state, inviter string) ([]connect.Inbound, error) {
	return w.Happen(connect.Inbound{
		Type: community.MemberJoined, Group: community.Ref{ID: groupID}, Actor: who, By: community.Who{ID: inviter},
		Body: community.Body{Scene: scene, State: state},
	})
}

// Leave lets a member go by himself.
func (w *World) Leave(groupID, member string) ([]connect.Inbound, error) {
	return w.Happen(connect.Inbound{
		Type: community.MemberLeft, Group: community.Ref{ID: groupID}, Actor: community.Who{ID: member},
	})
}

// Ask lets somebody ask to be let in. The event's Body.Message is the flag that Approve needs.
func (w *World) Ask(groupID string, who community.Who, comment string) ([]connect.Inbound, error) {
	return w.Happen(connect.Inbound{
		Type: community.JoinRequested, Group: community.Ref{ID: groupID}, Actor: who, Body: community.Body{Text: comment},
	})
}

// TakeBack lets a member recall a message: his own, or as an admin anybody's.
func (w *World) TakeBack(groupID, member, message string) ([]connect.Inbound, error) {
	return w.Happen(connect.Inbound{
		Type: community.MessageDeleted, Group: community.Ref{ID: groupID}, Actor: community.Who{ID: member},
		Body: community.Body{Message: message},
	})
}

// Edit lets a member change what a message of his says.
func (w *World) Edit(groupID, member, message, text string) ([]connect.Inbound, error) {
	return w.Happen(connect.Inbound{
		Type: community.MessageEdited, Group: community.Ref{ID: groupID}, Actor: community.Who{ID: member},
		Body: community.Body{Message: message, Text: text},
	})
}

// Rename gives a member another name in the group, or another role; empty leaves as it is.
func (w *World) Rename(groupID, member, card string, role community.Role) ([]connect.Inbound, error) {
	return w.Happen(connect.Inbound{
		Type: community.MemberUpdated, Group: community.Ref{ID: groupID},
		Actor: community.Who{ID: member, Card: card, Role: role},
	})
}

// Happen lets events happen, one after another, and returns those that did, completed: Key, message id, time, names and
// roles as they are in the world. CodeNotFound = no such group; CodeBusy = a session's queue is full: hand it over
// first, then let the rest happen (what happened is in the result).
func (w *World) Happen(ins ...connect.Inbound) ([]connect.Inbound, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	done := make([]connect.Inbound, 0, len(ins))
	for _, in := range ins {
		g := w.group(in.Group.ID)
		if g == nil && !in.Private {
			return done, community.Errorf(community.CodeNotFound, "no simulated group %q", in.Group.ID)
		}
		if !w.room(1) {
			return done, community.Errorf(community.CodeBusy, "a session has %d events waiting", maxWaiting)
		}
		if w.happen(g, &in) {
			done = append(done, in)
		}
	}
	return done, nil
}

// happen completes one event, changes the world and tells the sessions.
func (w *World) happen(g *group, in *connect.Inbound) bool {
	if in.OccurredAt == 0 {
		in.OccurredAt = w.clock()
	}
	hearers := w.in(g) // before the event: who is removed hears of it
	if change, ok := happenings[in.Type]; ok && !change(w, g, in) {
		return false
	}
	if in.Key == "" {
		in.Key = w.nextID("e")
	}
	if g != nil {
		in.Group = g.Ref
	}
	in.Body.Name, in.Body.Card, in.Body.Role = in.Actor.Name, in.Actor.Card, in.Actor.Role
	for _, s := range hearers {
		s.hear(*in)
	}
	return true
}

func said(groupID, member, text string) connect.Inbound {
	return connect.Inbound{
		Type: community.MessageCreated, Group: community.Ref{ID: groupID}, Actor: community.Who{ID: member},
		Body: community.Body{Text: text},
	}
}

func (w *World) spoken(g *group, in *connect.Inbound) bool {
	if in.Body.Message == "" {
		in.Body.Message = w.nextID("m")
	}
	if in.Key == "" {
		in.Key = in.Body.Message
	}
	if g == nil {
		return true
	}
	m := g.member(in.Actor.ID)
	if m == nil || m.MutedUntil > in.OccurredAt || g.allMuted && !m.mayAct() {
		return false
	}
	in.Actor = m.Who
	w.remember(in.Body.Message, &message{group: g.ID, author: m.ID, text: in.Body.Text, at: in.OccurredAt})
	return true
}

func (w *World) edited(g *group, in *connect.Inbound) bool {
	m := w.messages[in.Body.Message]
	if g == nil || m == nil || m.group != g.ID || m.recalled || m.author != in.Actor.ID {
		return false
	}
	author := g.member(m.author)
	if author == nil {
		return false
	}
	in.Actor, m.text = author.Who, in.Body.Text
	return true
}

func (w *World) recalled(g *group, in *connect.Inbound) bool {
	m := w.messages[in.Body.Message]
	if g == nil || m == nil || m.group != g.ID || m.recalled {
		return false
	}
	by := g.member(in.Actor.ID)
	if by == nil || m.author != by.ID && !by.mayAct() {
		return false
	}
	m.recalled = true
	in.Actor = by.Who
	if m.author != by.ID {
		in.Subject = g.who(community.Who{ID: m.author})
	}
	return true
}

func (w *World) joined(g *group, in *connect.Inbound) bool {
	if g == nil || in.Actor.ID == "" || g.member(in.Actor.ID) != nil {
		return false
	}
	g.add(Member{Who: in.Actor})
	in.Actor, in.By = g.who(in.Actor), g.who(in.By)
	return true
}

func (w *World) left(g *group, in *connect.Inbound) bool {
	if g == nil || g.member(in.Actor.ID) == nil {
		return false
	}
	in.Actor, in.By = g.who(in.Actor), g.who(in.By)
	if in.Body.Reason == "" {
		in.Body.Reason = "left"
	}
	if in.By.ID != "" {
		in.Subject = in.Actor
	}
	g.drop(in.Actor.ID)
	return true
}

func (w *World) updated(g *group, in *connect.Inbound) bool {
	if g == nil || g.member(in.Actor.ID) == nil {
		return false
	}
	m := g.member(in.Actor.ID)
	if in.Actor.Name != "" {
		m.Name = in.Actor.Name
	}
	if in.Actor.Card != "" {
		m.Card = in.Actor.Card
	}
	if in.Actor.Role != community.RoleNone {
		m.Role = in.Actor.Role
	}
	in.Actor, in.By = m.Who, g.who(in.By)
	if in.By.ID != "" {
		in.Subject = in.Actor
	}
	return true
}

func (w *World) muted(g *group, in *connect.Inbound) bool {
	if g == nil || g.member(in.Actor.ID) == nil {
		return false
	}
	m := g.member(in.Actor.ID)
	m.MutedUntil = 0
	if in.Body.Seconds > 0 {
		m.MutedUntil = in.OccurredAt + in.Body.Seconds*1000
	}
	in.Actor, in.Subject, in.By = m.Who, m.Who, g.who(in.By)
	return true
}

func (w *World) requested(g *group, in *connect.Inbound) bool {
	if g == nil || g.blocked[in.Actor.ID] || g.member(in.Actor.ID) != nil {
		return false
	}
	if in.Body.Message == "" {
		in.Body.Message = w.nextID("r")
	}
	if in.Key == "" {
		in.Key = in.Body.Message
	}
	w.requests[in.Body.Message] = *in
	return true
}

func (w *World) renamed(g *group, in *connect.Inbound) bool {
	if g == nil {
		return false
	}
	if in.Group.Name != "" {
		g.Name = in.Group.Name
	}
	return true
}

// who completes what is known of somebody; the zero Who stays.
func (g *group) who(who community.Who) community.Who {
	if m := g.member(who.ID); m != nil {
		return m.Who
	}
	return who
}
