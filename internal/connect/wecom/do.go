package wecom

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/wxapi"
)

// recipes is how each verb is done. A verb that is not here is a person's, or nobody's.
var recipes = map[community.Verb]func(s *Session, ctx context.Context, a community.Action) (connect.Receipt, error){
	community.ListMember: (*Session).listMembers,
	community.Invite:     (*Session).invite,
	community.MassSend:   (*Session).massSend,
	community.MassRemind: (*Session).massRemind,
	community.MassCancel: (*Session).massCancel,
	community.Send:       (*Session).send,
}

// Do carries an action out. mass_send.create and message.send give a receipt while the owner has yet to confirm; the
// confirmation comes as an action.receipt event. CodeRefused: a quota is used up, the words say until when.
func (s *Session) Do(ctx context.Context, a community.Action) (connect.Receipt, error) {
	do, ok := recipes[a.Verb]
	if !ok {
		return connect.Receipt{}, community.Errorf(community.CodeUnsupported, "企业微信 cannot do %q", a.Verb)
	}
	return do(s, ctx, a)
}

// declared is what an app can do in a customer group (platforms' documents; a person's tap cannot be probed).
func declared() connect.Abilities {
	native := func(note string) community.Ability {
		return community.Ability{Level: community.Native, Evidence: "declared", Note: note}
	}
	human := func(note string) community.Ability {
		return community.Ability{Level: community.Human, Evidence: "declared", Note: note}
	}
	assisted := func(note string) community.Ability {
		return community.Ability{Level: community.Assisted, Evidence: "declared", Note: note}
	}
	return connect.Abilities{GroupLimit: 500, Overflow: true, Media: sendable(), Verbs: map[community.Verb]community.Ability{
		community.ListMember: native(""),
		community.Invite:     native("join way"),
		community.MassSend:   assisted("owner taps send"),
		community.MassRemind: native("three a day"),
		community.MassCancel: native("until confirmed"),
		community.Send:       assisted("owner taps send"),
		community.Remove:     human("owner removes"),
		community.RecallMsg:  human("owner recalls"),
		community.Mute:       human("owner reminds"),
		community.Unmute:     human("no interface"),
		community.Announce:   human("owner edits notice"),
		community.Rename:     human("owner renames"),
	}}
}

// Abilities says what the app can do; it is the same in every customer group but for when the next mass send may be.
func (s *Session) Abilities(group string) connect.Abilities {
	all := declared()
	s.masses.mu.Lock()
	until := s.masses.used.free(s.quota, group, time.Now())
	s.masses.mu.Unlock()
	if until.IsZero() {
		return all
	}
	for _, verb := range []community.Verb{community.MassSend, community.Send} {
		able := all.Verbs[verb]
		able.NotBefore = until.UnixMilli()
		all.Verbs[verb] = able
	}
	return all
}

// listMembers reads a group and tells the list as an event.
func (s *Session) listMembers(ctx context.Context, a community.Action) (connect.Receipt, error) {
	now, err := s.chatNow(ctx, a.To.Group)
	if err != nil {
		return connect.Receipt{}, err
	}
	list, err := connect.RosterEvent(community.Ref{ID: a.To.Group, Name: now.name}, now.list, time.Now().UnixMilli(), a.ID)
	if err != nil {
		return connect.Receipt{}, err
	}
	if err := s.host.Receive(ctx, list); err != nil {
		return connect.Receipt{}, community.Errorf(community.CodeUnreachable, "list read and not taken: %w", err)
	}
	s.rolls.put(a.To.Group, now, false)
	return connect.Receipt{State: community.Confirmed}, nil
}

// Bounds of a join way.
const (
	maxJoinGroups = 5
	maxMark       = 30 // characters
	maxBase       = 40 // characters
)

// invite makes a code to join by (加入群聊). Both kinds are codes here: a customer group has no bare link.
func (s *Session) invite(ctx context.Context, a community.Action) (connect.Receipt, error) {
	var order community.InviteOrder
	if len(a.Args) > 0 && json.Unmarshal(a.Args, &order) != nil {
		return connect.Receipt{}, community.Errorf(community.CodeBadInput, "invite: the order cannot be read")
	}
	if len(order.Groups) == 0 && a.To.Group != "" {
		order.Groups = []string{a.To.Group}
	}
	if err := checkInvite(order); err != nil {
		return connect.Receipt{}, err
	}
	var made struct {
		ID string `json:"config_id"`
	}
	err := s.ask(ctx, func() error { return s.api.Write(ctx, "externalcontact/groupchat/add_join_way", joinWay(order), &made) })
	if err != nil {
		return connect.Receipt{}, err
	}
	code, err := s.joinCode(ctx, made.ID)
	if err != nil {
		return connect.Receipt{}, community.Errorf(community.CodeTimeout, "code %s is made, its picture cannot be read: %w", made.ID, err)
	}
	data, err := json.Marshal(community.InviteMade{ID: made.ID, Image: code})
	if err != nil {
		return connect.Receipt{}, err
	}
	return connect.Receipt{State: community.Confirmed, Message: made.ID, Data: data}, nil
}

func checkInvite(o community.InviteOrder) error {
	switch {
	case o.Kind != "" && o.Kind != "qr" && o.Kind != "link":
		return community.Errorf(community.CodeBadInput, "invite: no kind %q", wxapi.Clip(o.Kind, 20))
	case len(o.Groups) == 0 || len(o.Groups) > maxJoinGroups:
		return community.Errorf(community.CodeBadInput, "invite: %d groups, want 1 to %d", len(o.Groups), maxJoinGroups)
	case utf8.RuneCountInString(o.State) > maxMark:
		return community.Errorf(community.CodeBadInput, "invite: the mark is longer than %d characters", maxMark)
	case utf8.RuneCountInString(o.Base) > maxBase:
		return community.Errorf(community.CodeBadInput, "invite: the name of new groups is longer than %d characters", maxBase)
	case o.Expires != 0:
		return community.Errorf(community.CodeUnsupported, "invite: a join way does not end by itself")
	case o.Approve:
		return community.Errorf(community.CodeUnsupported, "invite: who comes by a join way cannot be held back")
	}
	return nil
}

func joinWay(o community.InviteOrder) map[string]any {
	way := map[string]any{"scene": 2, "chat_id_list": o.Groups, "state": o.State, "remark": o.State, "auto_create_room": 0}
	if o.Overflow {
		way["auto_create_room"] = 1
		if o.Base != "" {
			way["room_base_name"], way["room_base_id"] = o.Base, max(o.BaseID, 1)
		}
	}
	return way
}

// joinCode reads the address of a join way's picture.
func (s *Session) joinCode(ctx context.Context, id string) (string, error) {
	var got struct {
		Way struct {
			Code string `json:"qr_code"`
		} `json:"join_way"`
	}
	err := s.ask(ctx, func() error {
		return s.api.Read(ctx, "externalcontact/groupchat/get_join_way", map[string]any{"config_id": id}, &got)
	})
	return got.Way.Code, err
}

// Notify sends a card to an employee (应用消息). The platform drops the same card sent twice within half an hour, so one
// whose answer was lost may be sent again.
func (s *Session) Notify(ctx context.Context, to, title, text, link string) error {
	if to == "" || strings.ContainsAny(to, "|@") || title == "" {
		return community.Errorf(community.CodeBadInput, "notify: one userid and a title are needed")
	}
	body := map[string]any{"touser": to, "agentid": s.agent, "enable_duplicate_check": 1, "duplicate_check_interval": 1800}
	if link == "" {
		body["msgtype"], body["text"] = "text", map[string]any{"content": wxapi.Clip(title+"\n"+text, 2048)}
	} else {
		body["msgtype"] = "textcard"
		body["textcard"] = map[string]any{"title": wxapi.Clip(title, 128), "description": wxapi.Clip(text, 512), "url": link}
	}
	var got struct {
		Invalid string `json:"invaliduser"`
	}
	if err := s.ask(ctx, func() error { return s.api.Write(ctx, "message/send", body, &got) }); err != nil {
		return err
	}
	if got.Invalid != "" {
		return community.Errorf(community.CodeNotFound, "employee %q is unknown or cannot see the app", wxapi.Clip(to, 64))
	}
	return nil
}

func agentQuery(id int64) url.Values { return url.Values{"agentid": {strconv.FormatInt(id, 10)}} }
