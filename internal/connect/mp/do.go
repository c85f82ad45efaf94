package mp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/wxapi"
)

const (
	maxText  = 2048       // bytes of a customer-service message (unverified)
	maxScene = 64         // characters of a code's mark
	maxLife  = 30 * 86400 // seconds that a temporary code lives (unverified)
)

// Do says something to a follower, or makes a code. A follower whose call is still open gets it as the answer of that
// call; everybody else as a customer-service message.
func (s *Session) Do(ctx context.Context, a community.Action) (connect.Receipt, error) {
	if s.can.Level(a.Verb) != community.Native {
		return connect.Receipt{}, community.Errorf(community.CodeUnsupported, "this Official Account cannot do %q", a.Verb)
	}
	switch a.Verb {
	case community.Send:
		return s.send(ctx, a)
	case community.Invite:
		return s.invite(ctx, a)
	case community.ListMember:
		return s.listMembers(ctx, a)
	}
	return connect.Receipt{}, community.Errorf(community.CodeUnsupported, "an Official Account cannot do %q", a.Verb)
}

// listMembers reads who follows and tells the list as an event.
func (s *Session) listMembers(ctx context.Context, a community.Action) (connect.Receipt, error) {
	people, err := s.Members(ctx, s.app)
	if err != nil {
		return connect.Receipt{}, err
	}
	data, err := json.Marshal(people)
	if err != nil {
		return connect.Receipt{}, err
	}
	at := time.Now().UnixMilli()
	in := connect.Inbound{Type: community.RosterRead, Key: fmt.Sprintf("roster:%d", at), OccurredAt: at, Group: s.desk(), Body: community.Body{Data: data, Caused: a.ID}}
	if err := s.host.Receive(ctx, in); err != nil {
		return connect.Receipt{}, community.Errorf(community.CodeUnreachable, "list read and not taken: %w", err)
	}
	return connect.Receipt{State: community.Confirmed}, nil
}

func (s *Session) send(ctx context.Context, a community.Action) (connect.Receipt, error) {
	switch {
	case a.To.Member == "":
		return connect.Receipt{}, community.Errorf(community.CodeBadInput, "send: an Official Account writes to one follower at a time")
	case a.Text == "":
		return connect.Receipt{}, community.Errorf(community.CodeBadInput, "send: an empty message")
	case len(a.Text) > maxText:
		return connect.Receipt{}, community.Errorf(community.CodeTooLarge, "send: %d bytes, at most %d", len(a.Text), maxText)
	}
	if s.passive(a.To.Member, a.Text) {
		return connect.Receipt{State: community.Acked, Detail: "answer of the call"}, nil
	}
	body := map[string]any{"touser": a.To.Member, "msgtype": "text", "text": map[string]any{"content": a.Text}}
	if err := s.learn(ctx, s.api.Write(ctx, "message/custom/send", body, nil)); err != nil {
		return connect.Receipt{}, err
	}
	return connect.Receipt{State: community.Acked}, nil
}

// invite makes a code whose mark comes back with who follows or scans by it: temporary with an end, else permanent (the
// platform has 100,000 of those, unverified).
func (s *Session) invite(ctx context.Context, a community.Action) (connect.Receipt, error) {
	var o community.InviteOrder
	if len(a.Args) > 0 && json.Unmarshal(a.Args, &o) != nil {
		return connect.Receipt{}, community.Errorf(community.CodeBadInput, "invite: the order cannot be read")
	}
	if o.State == "" || utf8.RuneCountInString(o.State) > maxScene {
		return connect.Receipt{}, community.Errorf(community.CodeBadInput, "invite: state must have 1 to %d characters", maxScene)
	}
	body := map[string]any{"action_name": "QR_LIMIT_STR_SCENE", "action_info": map[string]any{"scene": map[string]any{"scene_str": o.State}}}
	if o.Expires > 0 {
		now := time.Now().UnixMilli()
		left := min(max((o.Expires-now)/1000, 60), maxLife)
		o.Expires = now + left*1000
		body["action_name"], body["expire_seconds"] = "QR_STR_SCENE", left
	}
	var got struct {
		Ticket string `json:"ticket"`
		URL    string `json:"url"`
	}
	if err := s.learn(ctx, s.api.Write(ctx, "qrcode/create", body, &got)); err != nil {
		return connect.Receipt{}, err
	}
	if got.Ticket == "" {
		return connect.Receipt{}, community.Errorf(community.CodeTimeout, "qrcode/create: the answer holds no ticket")
	}
	made, err := json.Marshal(community.InviteMade{ID: wxapi.Clip(got.Ticket, 256), URL: wxapi.Clip(got.URL, 512), Expires: o.Expires,
		Image: "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=" + url.QueryEscape(got.Ticket)})
	return connect.Receipt{State: community.Confirmed, Data: made}, err
}
