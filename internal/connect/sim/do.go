package sim

import (
	"context"
	"encoding/json"
	"maps"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// Failure is a fault on purpose.
type Failure string

// Failures of a verb.
const (
	NoFailure   Failure = ""
	Timeout     Failure = "timeout"     // done, but the answer never comes: CodeTimeout
	Refuse      Failure = "refuse"      // the platform says no: CodeRefused
	Limited     Failure = "limited"     // too often: CodeLimited, not done
	Slow        Failure = "slow"        // done after 10 s
	Unreachable Failure = "unreachable" // CodeUnreachable, not done
)

func isFailure(word string) bool {
	switch Failure(word) {
	case Timeout, Refuse, Limited, Slow, Unreachable:
		return true
	}
	return false
}

// Fail switches a fault of a verb on, or with NoFailure off.
func (s *Session) Fail(verb community.Verb, how Failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures[verb] = how
}

// SetLevel changes what the account can do.
func (s *Session) SetLevel(verb community.Verb, level community.Level) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.levels[verb] = community.Ability{Level: level, Evidence: "declared"}
}

// needsAdmin lists the verbs that only a group's owner or admin can do to others.
var needsAdmin = map[community.Verb]bool{
	community.RecallMsg: true, community.Mute: true, community.Unmute: true, community.Remove: true,
	community.Approve: true, community.SetCard: true, community.MuteAll: true, community.Announce: true,
	community.Rename: true,
}

// Abilities is what the settings grant, and in a group where the account is no admin only what a plain member can do.
func (s *Session) Abilities(groupID string) connect.Abilities {
	s.mu.Lock()
	verbs := maps.Clone(s.levels)
	s.mu.Unlock()
	abilities := connect.Abilities{Verbs: verbs, ReadsAll: true, Media: s.world.takes(groupID)}
	if groupID == "" {
		return abilities
	}
	us, there := s.world.Member(groupID, s.self)
	for verb, a := range verbs {
		if a.Level != community.Native && a.Level != community.Assisted {
			continue
		}
		switch {
		case !there:
			verbs[verb] = community.Ability{Level: community.None, Evidence: "probed", Note: "not in the group"}
		case needsAdmin[verb] && !us.mayAct():
			verbs[verb] = community.Ability{Level: community.Human, Evidence: "probed", Note: "bot is not an admin"}
		case needsAdmin[verb]:
			verbs[verb] = community.Ability{Level: a.Level, Evidence: "probed"}
		}
	}
	return abilities
}

// Do carries an action out in the world. CodeNotFound: no such group, member, message or request; CodeRefused: our
// account or the target's rank does not allow it; CodeUnsupported: the settings do not grant the verb.
func (s *Session) Do(ctx context.Context, a community.Action) (connect.Receipt, error) {
	how, err := s.permit(a.Verb)
	if err != nil {
		return connect.Receipt{}, err
	}
	if how == Slow {
		if err := s.wait(ctx, s.clock()+slowness); err != nil {
			return connect.Receipt{}, community.Errorf(community.CodeUnreachable, "given up before it was done: %w", err)
		}
	}
	receipt, err := s.world.do(s, a)
	if err == nil && how == Timeout {
		return connect.Receipt{}, community.Errorf(community.CodeTimeout, "no answer to %s", a.Verb)
	}
	return receipt, err
}

// Members reads a group's full list.
func (s *Session) Members(_ context.Context, groupID string) ([]community.Who, error) {
	if _, err := s.permit(community.ListMember); err != nil {
		return nil, err
	}
	list := s.world.Members(groupID)
	if list == nil {
		return nil, community.Errorf(community.CodeNotFound, "no simulated group %q", groupID)
	}
	return s.roster(list), nil
}

// History gives what was said in a group since a time, as far as the world remembers it.
func (s *Session) History(_ context.Context, groupID string, since int64) ([]connect.Inbound, error) {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	g := s.world.group(groupID)
	if g == nil {
		return nil, community.Errorf(community.CodeNotFound, "no simulated group %q", groupID)
	}
	var list []connect.Inbound
	for _, id := range s.world.order {
		m := s.world.messages[id]
		if m == nil || m.group != groupID || m.at < since || m.recalled {
			continue
		}
		who := g.who(community.Who{ID: m.author})
		if m.author == s.self {
			who.Role = community.RoleSelf
		}
		list = append(list, connect.Inbound{Type: community.MessageCreated, Key: id, Group: g.Ref, Actor: who, OccurredAt: m.at,
			Body: community.Body{Text: m.text, Message: id, Name: who.Name, Card: who.Card, Role: who.Role}})
	}
	return list, nil
}

// Groups tells which groups the account is in.
func (s *Session) Groups(context.Context) ([]community.Ref, error) {
	var mine []community.Ref
	for _, g := range s.world.Groups() {
		if _, ok := s.world.Member(g.ID, s.self); ok {
			mine = append(mine, g)
		}
	}
	return mine, nil
}

func (s *Session) roster(list []Member) []community.Who {
	people := make([]community.Who, len(list))
	for i, m := range list {
		people[i] = m.Who
		if m.ID == s.self {
			people[i].Role = community.RoleSelf
		}
	}
	return people
}

// permit says whether the verb may be tried at all, and which fault awaits it.
func (s *Session) permit(verb community.Verb) (Failure, error) {
	s.mu.Lock()
	level, how := s.levels[verb].Level, s.failures[verb]
	s.mu.Unlock()
	if level != community.Native && level != community.Assisted {
		return how, community.Errorf(community.CodeUnsupported, "the simulator cannot do %q", verb)
	}
	switch how {
	case Refuse:
		return how, community.Errorf(community.CodeRefused, "the platform said no to %s", verb)
	case Limited:
		return how, community.Errorf(community.CodeLimited, "too often: %s", verb)
	case Unreachable:
		return how, community.Errorf(community.CodeUnreachable, "nobody answered %s", verb)
	}
	return how, nil
}

// order is an action on its way through the world.
type order struct {
	w      *World
	s      *Session
	g      *group
	us     *Member
	target *Member // nil when there is none of that id
	a      community.Action
	now    int64
}

// orders says how the world obeys each verb.
var orders = map[community.Verb]func(order) (connect.Receipt, error){
	community.Send: order.send, community.RecallMsg: order.recall,
	community.Mute: order.mute, community.Unmute: order.unmute, community.Remove: order.remove,
	community.Approve: order.approve, community.SetCard: order.setCard, community.MuteAll: order.muteAll,
	community.Announce: order.announce, community.Rename: order.rename, community.ListMember: order.list,
}

func (w *World) do(s *Session, a community.Action) (connect.Receipt, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	obey, ok := orders[a.Verb]
	if !ok {
		return connect.Receipt{}, community.Errorf(community.CodeUnsupported, "the simulator cannot do %q", a.Verb)
	}
	g := w.group(a.To.Group)
	if g == nil {
		return connect.Receipt{}, community.Errorf(community.CodeNotFound, "no simulated group %q", a.To.Group)
	}
	us := g.member(s.self)
	if us == nil {
		return connect.Receipt{}, community.Errorf(community.CodeRefused, "our account is not in the group")
	}
	if !w.room(2) {
		return connect.Receipt{}, community.Errorf(community.CodeLimited, "a session has %d events waiting", maxWaiting)
	}
	return obey(order{w: w, s: s, g: g, us: us, target: g.member(a.To.Member), a: a, now: w.clock()})
}

func (o order) send() (connect.Receipt, error) {
	text, mention := o.a.Text, ""
	if o.a.Mention && o.a.To.Member != "" {
		who := o.g.who(community.Who{ID: o.a.To.Member})
		text, mention = "@"+who.Shown()+" "+text, who.ID
	}
	if text == "" {
		return connect.Receipt{}, community.Errorf(community.CodeBadInput, "an empty message")
	}
	in := said(o.g.ID, o.s.self, text)
	in.Body.ReplyTo = o.a.ReplyTo
	if len(o.a.Segments) > 0 {
		in.Body.Segments = o.a.Segments
	}
	if mention != "" {
		in.Body.Segments = []community.Segment{
			{Kind: "at", Ref: mention, Text: text[:len(text)-len(o.a.Text)-1]}, {Kind: "text", Text: " " + o.a.Text},
		}
	}
	id, ok := o.tell(in)
	if !ok {
		return connect.Receipt{}, community.Errorf(community.CodeRefused, "our account is muted")
	}
	o.w.sent = bounded(o.w.sent, Sent{
		ID: id, Group: o.g.ID, Text: text, ReplyTo: o.a.ReplyTo, Mention: mention, Action: o.a.ID, At: o.now, Segments: o.a.Segments,
	})
	return connect.Receipt{State: community.Acked, Message: id}, nil
}

func (o order) recall() (connect.Receipt, error) {
	id := o.a.To.Message
	m := o.w.messages[id]
	if m == nil || m.group != o.g.ID {
		return connect.Receipt{}, community.Errorf(community.CodeNotFound, "no message %q", id)
	}
	if m.recalled {
		return acked("was recalled already")
	}
	if m.author != o.s.self && !o.outranks(o.g.member(m.author)) {
		return o.notAllowed()
	}
	o.tell(connect.Inbound{Type: community.MessageDeleted, Actor: o.us.Who, Body: community.Body{Message: id}})
	for i := range o.w.sent {
		if o.w.sent[i].ID == id {
			o.w.sent[i].Recalled = true
		}
	}
	return o.did(Deed{Message: id, Member: m.author})
}

func (o order) mute() (connect.Receipt, error) {
	if o.target == nil {
		return o.nobody()
	}
	if !o.outranks(o.target) {
		return o.notAllowed()
	}
	until := o.a.Until
	if until == 0 {
		until = o.now + o.a.Seconds*1000
	}
	seconds := (until - o.now + 999) / 1000
	if seconds <= 0 {
		return acked("the mute's end has passed")
	}
	o.tell(connect.Inbound{
		Type: community.MemberMuted, Actor: o.target.Who, By: o.us.Who, Body: community.Body{Seconds: seconds},
	})
	return o.did(Deed{Member: o.target.ID, Until: until})
}

func (o order) unmute() (connect.Receipt, error) {
	if o.target == nil {
		return o.nobody()
	}
	if !o.outranks(o.target) {
		return o.notAllowed()
	}
	if o.target.MutedUntil > o.now {
		o.tell(connect.Inbound{Type: community.MemberMuted, Actor: o.target.Who, By: o.us.Who})
	}
	return o.did(Deed{Member: o.target.ID})
}

func (o order) remove() (connect.Receipt, error) {
	if o.target == nil {
		return o.nobody()
	}
	if !o.outranks(o.target) {
		return o.notAllowed()
	}
	id := o.target.ID
	if o.a.Block {
		o.g.blocked[id] = true
	}
	o.tell(connect.Inbound{
		Type: community.MemberLeft, Actor: o.target.Who, By: o.us.Who, Body: community.Body{Reason: "kicked"},
	})
	return o.did(Deed{Member: id, Block: o.a.Block})
}

func (o order) approve() (connect.Receipt, error) {
	if !o.us.mayAct() {
		return o.notAllowed()
	}
	flag := o.a.Message
	asked, ok := o.w.requests[flag]
	if !ok || asked.Group.ID != o.g.ID {
		return connect.Receipt{}, community.Errorf(community.CodeNotFound, "no join request %q", flag)
	}
	delete(o.w.requests, flag)
	answer := connect.Inbound{
		Type: community.JoinHandled, Actor: asked.Actor, By: o.us.Who,
		Body: community.Body{Message: flag, Reason: "approved", Text: o.a.Text},
	}
	if o.a.Refuse {
		answer.Body.Reason = "refused"
	}
	o.tell(answer)
	if !o.a.Refuse {
		o.tell(connect.Inbound{
			Type: community.MemberJoined, Actor: asked.Actor, By: o.us.Who, Body: community.Body{Scene: "request"},
		})
	}
	return o.did(Deed{Member: asked.Actor.ID, Message: flag, Text: o.a.Text, Refuse: o.a.Refuse})
}

func (o order) setCard() (connect.Receipt, error) {
	if o.target == nil {
		return o.nobody()
	}
	if o.target != o.us && !o.outranks(o.target) {
		return o.notAllowed()
	}
	o.target.Card = o.a.Text // also to nothing, which an event cannot say
	o.tell(connect.Inbound{Type: community.MemberUpdated, Actor: o.target.Who, By: o.us.Who})
	return o.did(Deed{Member: o.target.ID, Text: o.a.Text})
}

func (o order) muteAll() (connect.Receipt, error) {
	if !o.us.mayAct() {
		return o.notAllowed()
	}
	o.g.allMuted = !o.a.Refuse
	o.tell(connect.Inbound{
		Type: community.GroupUpdated, Actor: o.us.Who, By: o.us.Who, Body: community.Body{Data: flagged("mute_all", o.g.allMuted)},
	})
	return o.did(Deed{Refuse: o.a.Refuse})
}

func (o order) announce() (connect.Receipt, error) {
	if !o.us.mayAct() {
		return o.notAllowed()
	}
	o.g.notice = o.a.Text
	o.tell(connect.Inbound{
		Type: community.GroupUpdated, Actor: o.us.Who, By: o.us.Who, Body: community.Body{Data: noticed(o.a.Text)}, // a text would be its name
	})
	return o.did(Deed{Text: o.a.Text})
}

func noticed(text string) json.RawMessage {
	data, _ := json.Marshal(map[string]string{"notice": text}) // always encodes
	return data
}

func (o order) rename() (connect.Receipt, error) {
	if !o.us.mayAct() {
		return o.notAllowed()
	}
	if o.a.Text == "" {
		return connect.Receipt{}, community.Errorf(community.CodeBadInput, "an empty name")
	}
	o.g.Name = o.a.Text
	o.tell(connect.Inbound{
		Type: community.GroupUpdated, Actor: o.us.Who, By: o.us.Who, Body: community.Body{Text: o.a.Text, Reason: "name"},
	})
	return o.did(Deed{Text: o.a.Text})
}

func (o order) list() (connect.Receipt, error) {
	people := make([]Member, len(o.g.members))
	for i, m := range o.g.members {
		people[i] = *m
	}
	data, err := json.Marshal(o.s.roster(people))
	if err != nil {
		return connect.Receipt{}, err
	}
	o.tell(connect.Inbound{Type: community.RosterRead, Body: community.Body{Data: data}})
	return acked("")
}

// tell lets the event of an order happen and gives its message id.
func (o order) tell(in connect.Inbound) (string, bool) {
	in.Group, in.OccurredAt, in.Body.Caused = o.g.Ref, o.now, o.a.ID
	ok := o.w.happen(o.g, &in)
	return in.Body.Message, ok
}

func (o order) did(d Deed) (connect.Receipt, error) {
	d.Verb, d.Action, d.Group, d.At = o.a.Verb, o.a.ID, o.g.ID, o.now
	o.w.deeds = bounded(o.w.deeds, d)
	return acked("")
}

// outranks reports whether our account stands above the target; one who is gone stands below everybody.
func (o order) outranks(target *Member) bool {
	if target == nil {
		return o.us.mayAct()
	}
	return rank(o.us.Role) > rank(target.Role)
}

func rank(r community.Role) int {
	switch r {
	case community.RoleOwner:
		return 3
	case community.RoleAdmin:
		return 2
	}
	return 1
}

func (o order) notAllowed() (connect.Receipt, error) {
	return connect.Receipt{}, community.Errorf(community.CodeRefused, "our account is %s: not allowed to do %s here", o.us.Role, o.a.Verb)
}

func (o order) nobody() (connect.Receipt, error) {
	return connect.Receipt{}, community.Errorf(community.CodeNotFound, "no member %q in the group", o.a.To.Member)
}

func acked(detail string) (connect.Receipt, error) {
	return connect.Receipt{State: community.Acked, Detail: detail}, nil
}

func flagged(name string, on bool) json.RawMessage {
	data, _ := json.Marshal(map[string]bool{name: on}) // always encodes
	return data
}
