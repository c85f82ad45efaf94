package satori

import (
	"context"
	"strconv"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/satori/element"
)

// recipe says what a verb needs and how it is done.
type recipe struct {
	member, message, flag, text bool
	do                          func(o *order) (connect.Receipt, error)
}

var recipes = map[community.Verb]recipe{
	community.Send:       {text: true, do: (*order).send},
	community.RecallMsg:  {message: true, do: (*order).recall},
	community.Mute:       {member: true, do: (*order).mute},
	community.Unmute:     {member: true, do: (*order).unmute},
	community.Remove:     {member: true, do: (*order).remove},
	community.Approve:    {flag: true, do: (*order).approve},
	community.ListMember: {do: (*order).list},
}

// order is an action being carried out.
type order struct {
	*Session
	ctx context.Context // of this one Do
	a   community.Action
}

// Do carries an action out. CodeLimited: over the budget of sends or the platform says so, certainly not done. CodeRefused
// carries the gateway's words.
func (s *Session) Do(ctx context.Context, a community.Action) (connect.Receipt, error) {
	how, ok := recipes[a.Verb]
	if !ok {
		return connect.Receipt{}, community.Errorf(community.CodeUnsupported, "Satori cannot do %q", a.Verb)
	}
	if lacks := how.lacks(a); lacks != "" {
		return connect.Receipt{}, community.Errorf(community.CodeBadInput, "%s without %s", a.Verb, lacks)
	}
	if err := s.ready(); err != nil {
		return connect.Receipt{}, err
	}
	if !s.offers(methods[a.Verb]) {
		return connect.Receipt{}, community.Errorf(community.CodeUnsupported, "the login's features do not list %s", methods[a.Verb])
	}
	got, err := how.do(&order{s, ctx, a})
	return got, s.judge(a, err)
}

// lacks names what an action does not say although its verb needs it; "" = nothing.
func (how recipe) lacks(a community.Action) string {
	switch {
	case a.To.Group == "" && !how.flag:
		return "group"
	case how.member && a.To.Member == "":
		return "member"
	case how.message && a.To.Message == "":
		return "message"
	case how.flag && a.Message == "":
		return "flag"
	case how.text && a.Text == "" && len(a.Segments) == 0:
		return "text"
	}
	return ""
}

// offers reports whether the login has a method, as far as it says.
func (s *Session) offers(method string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.features == nil || s.features[method]
}

func acked() connect.Receipt { return connect.Receipt{State: community.Acked} }

// send speaks in the channel of what is answered, else where the member spoke last, else in the guild's first channel.
func (o *order) send() (connect.Receipt, error) {
	channel, quote := read(o.a.ReplyTo)
	channel, err := o.speakingIn(channel)
	if err != nil {
		return connect.Receipt{}, err
	}
	if !o.budget.Take() {
		return connect.Receipt{}, community.Errorf(community.CodeLimited, "over %d sends a minute", o.rate)
	}
	content := element.Print(o.a.Text, quote, o.segments())
	var made []message
	if err := o.call(o.ctx, "message.create", map[string]any{"channel_id": channel, "content": content}, &made); err != nil {
		return connect.Receipt{}, err
	}
	if len(made) == 0 {
		return connect.Receipt{}, community.Errorf(community.CodeTimeout, "message.create: the gateway names no message that it made")
	}
	receipt := acked()
	for i, m := range made {
		name := nameOf(o.a.To.Group, channel, string(m.ID))
		if i == 0 {
			receipt.Message = name
		} else {
			receipt.Also = append(receipt.Also, name)
		}
		o.tell(name, quote, channel, i == 0)
	}
	if len(made) > 1 {
		receipt.Detail = "sent as " + strconv.Itoa(len(made)) + " messages"
	}
	return receipt, nil
}

// segments are the action's, with the mention before them; nil = its text alone.
func (o *order) segments() []community.Segment {
	list := inlined(o.a.Segments)
	if !o.a.Mention || o.a.To.Member == "" {
		return list
	}
	if len(list) == 0 {
		list = []community.Segment{{Kind: "text", Text: o.a.Text}}
	}
	return append([]community.Segment{{Kind: "at", Ref: o.a.To.Member}, {Kind: "text", Text: " "}}, list...)
}

// tell lets what we said come back as an event: gateways do not tell a bot its own words. One that does has the same key.
func (o *order) tell(name, quote, channel string, whole bool) {
	body := community.Body{Message: name, Caused: o.a.ID}
	if whole {
		body.Text = connect.Clip(o.a.Text)
	}
	if quote != "" {
		body.ReplyTo, body.Class = nameOf(o.a.To.Group, channel, quote), community.Reply
	}
	o.echoes.Expect(sendEcho(o.a.To.Group, name), o.a.ID)
	_ = o.feed.Put(o.ctx, o.own(community.MessageCreated, messageKey(o.a.To.Group, name), body)) // else only the record lacks it: the receipt says that it was sent
}

// own is an event about our account doing something.
func (o *order) own(kind community.Type, key string, body community.Body) connect.Inbound {
	o.mu.Lock()
	defer o.mu.Unlock()
	return connect.Inbound{Type: kind, Key: key, OccurredAt: time.Now().UnixMilli(), Group: community.Ref{ID: o.a.To.Group},
		Actor: community.Who{ID: o.self, Name: o.name, Role: community.RoleSelf}, Body: body}
}

// recall takes back a message and what else the same send became; the first, by whose id the send is known, goes last. One
// of the others that the gateway refuses may be gone by an attempt before: the rest is taken back, and it is said.
func (o *order) recall() (connect.Receipt, error) {
	refused := 0
	for _, name := range o.a.To.Also {
		switch err := o.takeBack(name); community.CodeOf(err) {
		case community.CodeNone:
		case community.CodeRefused, community.CodeNotFound:
			refused++
		default:
			return connect.Receipt{}, err
		}
	}
	receipt := acked()
	if refused > 0 {
		receipt.Detail = strconv.Itoa(refused) + " of " + strconv.Itoa(len(o.a.To.Also)+1) + " messages were not taken back, or before"
	}
	return receipt, o.takeBack(o.a.To.Message)
}

func (o *order) takeBack(name string) error {
	channel, message := read(name)
	o.echoes.Expect(recallEcho(o.a.To.Group, name), o.a.ID)
	return o.call(o.ctx, "message.delete", map[string]any{"channel_id": first(channel, o.a.To.Group), "message_id": message}, nil)
}

// mute mutes for what remains, so that a late attempt does not mute for longer.
func (o *order) mute() (connect.Receipt, error) {
	ms := o.a.Seconds * 1000
	if o.a.Until > 0 {
		ms = o.a.Until - time.Now().UnixMilli()
	}
	if ms <= 0 {
		return connect.Receipt{State: community.Acked, Detail: "the mute's end has passed"}, nil
	}
	return acked(), o.silence(ms)
}

func (o *order) unmute() (connect.Receipt, error) { return acked(), o.silence(0) }

func (o *order) silence(ms int64) error {
	return o.call(o.ctx, "guild.member.mute", map[string]any{"guild_id": o.a.To.Group, "user_id": o.a.To.Member, "duration": ms}, nil)
}

func (o *order) remove() (connect.Receipt, error) {
	o.echoes.Expect(leaveEcho(o.a.To.Group, o.a.To.Member), o.a.ID)
	return acked(), o.call(o.ctx, "guild.member.kick", map[string]any{"guild_id": o.a.To.Group, "user_id": o.a.To.Member, "permanent": o.a.Block}, nil)
}

func (o *order) approve() (connect.Receipt, error) {
	return acked(), o.call(o.ctx, "guild.member.approve", map[string]any{"message_id": o.a.Message, "approve": !o.a.Refuse, "comment": o.a.Text}, nil)
}

// list is ListMember: the list comes as an event.
func (o *order) list() (connect.Receipt, error) {
	people, err := o.Members(o.ctx, o.a.To.Group)
	if err != nil {
		return connect.Receipt{}, err
	}
	return o.feed.Roster(o.ctx, o.a, people)
}

// Members reads a group's full list, page by page.
func (s *Session) Members(ctx context.Context, group string) ([]community.Who, error) {
	if err := s.ready(); err != nil {
		return nil, err
	}
	if !s.offers("guild.member.list") {
		return nil, community.Errorf(community.CodeUnsupported, "the login's features do not list guild.member.list")
	}
	rows, err := whole[member](ctx, s, "guild.member.list", map[string]any{"guild_id": group})
	if err != nil {
		return nil, outward(err)
	}
	self := s.ownID()
	seen := make(map[string]bool, len(rows))
	people := make([]community.Who, 0, len(rows))
	for i := range rows {
		if rows[i].User == nil || rows[i].User.ID == "" {
			return nil, community.Errorf(community.CodeBadInput, "member list has a row without user.id")
		}
		who := whoOf(rows[i].User, &rows[i], self)
		if who.Role == community.RoleNone {
			who.Role = community.RoleMember
		}
		if who.Role == community.RoleSelf {
			s.noteRank(group, rankOf(rows[i].Roles))
		}
		if !seen[who.ID] {
			seen[who.ID] = true
			people = append(people, who)
		}
	}
	if len(people) == 0 {
		return nil, community.Errorf(community.CodeConflict, "member list is empty: not even our account is on it")
	}
	return people, nil
}

// outward keeps this room's own codes inside.
func outward(err error) error {
	if community.CodeOf(err) == codeNoRank {
		return community.Errorf(community.CodeRefused, "%w", err)
	}
	return err
}

func (s *Session) noteRank(group string, role community.Role) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ranks[group] = rank{role, time.Now()}
}

// Groups tells which groups the account is in.
func (s *Session) Groups(ctx context.Context) ([]community.Ref, error) {
	if err := s.ready(); err != nil {
		return nil, err
	}
	if !s.offers("guild.list") {
		return nil, community.Errorf(community.CodeUnsupported, "the login's features do not list guild.list")
	}
	rows, err := whole[guild](ctx, s, "guild.list", map[string]any{})
	if err != nil {
		return nil, outward(err)
	}
	groups := make([]community.Ref, 0, len(rows))
	for _, g := range rows {
		if g.ID == "" {
			return nil, community.Errorf(community.CodeBadInput, "guild list has a row without id")
		}
		groups = append(groups, community.Ref{ID: string(g.ID), Name: g.Name})
	}
	return groups, nil
}
