package wechaty

import (
	"context"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/wechaty/wire"
)

const (
	callTimeout = 15 * time.Second
	recallAge   = 120 // seconds within which the app takes a message back
	lessonLives = 6 * time.Hour
	perDay      = 300 // sends of an account
	removesADay = 20
)

// meanings are gRPC's codes and ours.
var meanings = map[codes.Code]community.Code{
	codes.Unimplemented: community.CodeUnsupported, codes.Unauthenticated: community.CodeForbidden, codes.PermissionDenied: community.CodeForbidden,
	codes.ResourceExhausted: community.CodeLimited, codes.DeadlineExceeded: community.CodeTimeout, codes.Canceled: community.CodeTimeout,
	codes.Unavailable: community.CodeTimeout,
}

// restrictions are words by which WeChat or a puppet tells that the account is held back; lower case.
var restrictions = []string{"风控", "封禁", "封号", "被限制", "限制登录", "异常", "违规", "频繁", "account restricted", "restricted", "banned", "blocked", "too frequent"}

// restricts reports whether words tell of a restriction.
func restricts(words string) bool {
	words = strings.ToLower(words)
	for _, sign := range restrictions {
		if strings.Contains(words, sign) {
			return true
		}
	}
	return false
}

// unsupported are words by which a puppet says that it cannot do something.
var unsupported = []string{"not implement", "unsupported", "not support", "unimplemented"}

// meaningOf is what a failed call means, with the service's words.
func meaningOf(err error) (community.Code, string) {
	st := status.Convert(err)
	words := st.Message()
	lower := strings.ToLower(words)
	if code, ok := meanings[st.Code()]; ok {
		if st.Code() == codes.Unavailable && strings.Contains(lower, "while dialing") {
			return community.CodeUnreachable, words
		}
		return code, words
	}
	for _, sign := range unsupported {
		if strings.Contains(lower, sign) {
			return community.CodeUnsupported, words
		}
	}
	switch {
	case strings.Contains(lower, "timeout"), strings.Contains(lower, "rst_stream"), strings.Contains(lower, "transport"):
		return community.CodeTimeout, words
	case restricts(words):
		return community.CodeRestricted, words
	}
	return community.CodeRefused, words
}

// call makes one call. CodeUnreachable: certainly not done. CodeTimeout: nobody knows.
func (s *Session) call(ctx context.Context, method string, ask *wire.Message) (*wire.Message, error) {
	s.mu.Lock()
	conn := s.conn
	s.mu.Unlock()
	if conn == nil {
		return nil, community.Errorf(community.CodeUnreachable, "%s: not connected", method)
	}
	ctx, cancel := context.WithTimeout(s.asked(ctx), callTimeout)
	defer cancel()
	var got wire.Message
	if err := conn.Invoke(ctx, "/wechaty.Puppet/"+method, ask, &got); err != nil {
		code, words := meaningOf(err)
		return nil, community.Errorf(code, "%s: %s", method, shortened(s.hush(words)))
	}
	return &got, nil
}

// recipe says what a verb needs and how it is done.
type recipe struct {
	member, message, text bool
	do                    func(o *order) (connect.Receipt, error)
}

var recipes = map[community.Verb]recipe{
	community.Send:       {text: true, do: (*order).send},
	community.RecallMsg:  {message: true, do: (*order).recall},
	community.Remove:     {member: true, do: (*order).remove},
	community.Announce:   {text: true, do: (*order).announce},
	community.Rename:     {text: true, do: (*order).rename},
	community.ListMember: {do: (*order).list},
}

// order is an action being carried out.
type order struct {
	*Session
	ctx context.Context // of this one Do
	a   community.Action
}

// declared is what the protocol offers and what the app leaves to people.
func declared(rate int) map[community.Verb]community.Ability {
	verbs := connect.ByHand("wechat").Verbs
	for v := range recipes {
		verbs[v] = community.Ability{Level: community.Native, Evidence: "declared"}
	}
	for _, v := range []community.Verb{community.Mute, community.Unmute} {
		verbs[v] = community.Ability{Level: community.Human, Evidence: "declared", Note: "no such thing in the app: remind or remove"}
	}
	verbs[community.Send] = community.Ability{Level: community.Native, Evidence: "declared", Rate: rate,
		Limits: []community.Limit{{Count: perDay, Window: 86400, Per: community.PerAccount}}}
	verbs[community.Remove] = community.Ability{Level: community.Native, Evidence: "declared",
		Limits: []community.Limit{{Count: removesADay, Window: 86400, Per: community.PerAccount}}}
	verbs[community.RecallMsg] = community.Ability{Level: community.Native, Evidence: "declared", MaxAge: recallAge}
	return verbs
}

// Abilities is what the account can do: what the protocol offers, less what this puppet was found not to do; nothing once
// the account is restricted or logged out.
func (s *Session) Abilities(string) connect.Abilities {
	verbs := declared(s.rate)
	now := time.Now().UnixMilli()
	s.mu.Lock()
	defer s.mu.Unlock()
	for v, until := range s.learned {
		if now < until {
			verbs[v] = community.Ability{Level: community.None, Evidence: "learned", Note: "not implemented there"}
		}
	}
	if s.stopped != nil {
		for v, a := range verbs {
			if a.Level == community.Native {
				verbs[v] = community.Ability{Level: community.Human, Evidence: "learned", Note: "restricted or logged out"}
			}
		}
	}
	return connect.Abilities{Verbs: verbs, GroupLimit: 500, ReadsAll: true, Media: connect.Media{ByWeb: true}}
}

// Do carries an action out. CodeLimited: over the budget, certainly not done. CodeRestricted: the platform holds the account
// back, and from now on everything is refused.
func (s *Session) Do(ctx context.Context, a community.Action) (connect.Receipt, error) {
	how, ok := recipes[a.Verb]
	if !ok {
		return connect.Receipt{}, community.Errorf(community.CodeUnsupported, "a puppet cannot do %q", a.Verb)
	}
	if lacks := how.lacks(a); lacks != "" {
		return connect.Receipt{}, community.Errorf(community.CodeBadInput, "%s without %s", a.Verb, lacks)
	}
	if err := s.mayAct(); err != nil {
		return connect.Receipt{}, err
	}
	if (a.Verb == community.Send || a.Verb == community.Announce || a.Verb == community.Remove) && !s.budget.Take() {
		return connect.Receipt{}, community.Errorf(community.CodeLimited, "over %d actions a minute", s.rate)
	}
	got, err := how.do(&order{s, ctx, a})
	return got, s.judge(a, err)
}

func (how recipe) lacks(a community.Action) string {
	switch {
	case a.To.Group == "":
		return "group"
	case how.member && a.To.Member == "":
		return "member"
	case how.message && a.To.Message == "":
		return "message"
	case how.text && a.Text == "" && len(a.Segments) == 0:
		return "text"
	}
	return ""
}

// mayAct gives an error where nothing may be done now.
func (s *Session) mayAct() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case community.CodeOf(s.stopped) == community.CodeRestricted:
		return community.Errorf(community.CodeRefused, "%s", s.stopped)
	case s.stopped != nil:
		return community.Errorf(community.CodeUnreachable, "%s", s.stopped)
	case s.conn == nil || s.self == "":
		return community.Errorf(community.CodeUnreachable, "not connected")
	}
	return nil
}

// judge learns from how an action ended.
func (s *Session) judge(a community.Action, err error) error {
	code := community.CodeOf(err)
	s.mu.Lock()
	switch code {
	case community.CodeNone:
		delete(s.learned, a.Verb)
	case community.CodeUnsupported:
		s.learned[a.Verb] = time.Now().Add(lessonLives).UnixMilli()
	}
	s.mu.Unlock()
	if code == community.CodeRestricted {
		s.hold(err.Error()) // the code tells the house
	}
	return err
}

func acked() connect.Receipt { return connect.Receipt{State: community.Acked} }

func (o *order) send() (connect.Receipt, error) {
	text, at := o.words()
	got, err := o.call(o.ctx, "MessageSendText", new(wire.Message).Text(1, o.a.To.Group).Text(2, text).Text(3, at))
	if err != nil {
		return connect.Receipt{}, err
	}
	receipt := acked()
	receipt.Message = first(got.Say(2), got.Within(1).Say(1)) // older services
	if receipt.Message == "" {
		return receipt, nil
	}
	o.echoes.Expect("send:"+receipt.Message, o.a.ID)
	_ = o.feed.Put(o.ctx, o.own(community.MessageCreated, "m:"+receipt.Message, community.Body{Message: receipt.Message, Text: connect.Clip(text), Caused: o.a.ID})) // else only the record lacks it
	return receipt, nil
}

// words are the action's text, and whom it mentions. Pictures and files go as their addresses.
func (o *order) words() (text, at string) {
	text = o.a.Text
	if len(o.a.Segments) > 0 {
		var all strings.Builder
		for _, seg := range o.a.Segments {
			switch seg.Kind {
			case "image", "audio", "video", "file", "link":
				all.WriteString(strings.TrimSpace(seg.Text + " " + seg.Ref))
			case "quote":
			default:
				all.WriteString(seg.Text)
			}
		}
		text = all.String()
	}
	if o.a.Mention && o.a.To.Member != "" {
		at = o.a.To.Member
		who := o.who(o.ctx, o.a.To.Group, at)
		text = "@" + first(who.Card, who.Name, at) + "\u2005" + text
	}
	return text, at
}

// own is an event about our account doing something.
func (o *order) own(kind community.Type, key string, body community.Body) connect.Inbound {
	o.mu.Lock()
	defer o.mu.Unlock()
	return connect.Inbound{Type: kind, Key: key, OccurredAt: time.Now().UnixMilli(), Group: community.Ref{ID: o.a.To.Group},
		Actor: community.Who{ID: o.self, Name: o.name, Role: community.RoleSelf}, Body: body}
}

func (o *order) recall() (connect.Receipt, error) {
	o.echoes.Expect("recall:"+o.a.To.Message, o.a.ID)
	got, err := o.call(o.ctx, "MessageRecall", new(wire.Message).Text(1, o.a.To.Message))
	if err == nil && got.Count(1) == 0 {
		err = community.Errorf(community.CodeRefused, "MessageRecall: the app did not take it back: too old, or not our own")
	}
	return acked(), err
}

func (o *order) remove() (connect.Receipt, error) {
	o.echoes.Expect("remove:"+o.a.To.Group+":"+o.a.To.Member, o.a.ID)
	_, err := o.call(o.ctx, "RoomDel", new(wire.Message).Text(1, o.a.To.Group).Text(2, o.a.To.Member))
	return acked(), err
}

// announce and rename fill in both the field that older services read and the newer one.
func (o *order) announce() (connect.Receipt, error) { return o.set("RoomAnnounce") }

func (o *order) rename() (connect.Receipt, error) { return o.set("RoomTopic") }

func (o *order) set(method string) (connect.Receipt, error) {
	_, err := o.call(o.ctx, method, new(wire.Message).Text(1, o.a.To.Group).Inner(2, new(wire.Message).Text(1, o.a.Text)).Text(3, o.a.Text))
	return acked(), err
}

// list is ListMember: the list comes as an event.
func (o *order) list() (connect.Receipt, error) {
	people, err := o.Members(o.ctx, o.a.To.Group)
	if err != nil {
		return connect.Receipt{}, err
	}
	return o.feed.Roster(o.ctx, o.a, people)
}

// Members reads a room's full list.
func (s *Session) Members(ctx context.Context, group string) ([]community.Who, error) {
	got, err := s.call(ctx, "RoomMemberList", new(wire.Message).Text(1, group))
	if err != nil {
		return nil, err
	}
	ids := got.All(1)
	if len(ids) == 0 {
		return nil, community.Errorf(community.CodeConflict, "member list is empty: not even our account is on it")
	}
	people := make([]community.Who, 0, len(ids))
	for _, member := range ids {
		who, err := s.askWho(ctx, group, member)
		if err != nil {
			return nil, err
		}
		people = append(people, who)
	}
	return people, nil
}

// Groups tells which rooms the account is in.
func (s *Session) Groups(ctx context.Context) ([]community.Ref, error) {
	got, err := s.call(ctx, "RoomList", &wire.Message{})
	if err != nil {
		return nil, err
	}
	groups := make([]community.Ref, 0, len(got.All(1)))
	for _, where := range got.All(1) {
		r, err := s.room(ctx, where)
		if err != nil {
			return nil, err
		}
		groups = append(groups, community.Ref{ID: where, Name: r.name})
	}
	return groups, nil
}
