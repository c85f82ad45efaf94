package discord

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/webapi"
)

const (
	maxText     = 2000       // characters of a message
	longestMute = 28 * 86400 // seconds
	pageSize    = 1000       // of members
	maxMembers  = 1_000_000
)

// order is an action being carried out.
type order struct {
	*Session
	ctx  context.Context // of this one Do
	a    community.Action
	home string
}

// recipes say how a verb is done. One line per verb.
var recipes = map[community.Verb]func(o *order) (connect.Receipt, error){
	community.Send: (*order).send, community.RecallMsg: (*order).recall, community.Mute: (*order).mute, community.Unmute: (*order).unmute,
	community.Remove: (*order).remove, community.SetCard: (*order).setCard, community.Rename: (*order).rename,
	community.Essence: (*order).essence, community.Announce: (*order).announce,
}

// Do carries an action out. A mute lasts at most 28 days. A send carries our id as its nonce, so that Discord itself drops
// one that it gets twice.
func (s *Session) Do(ctx context.Context, a community.Action) (connect.Receipt, error) {
	if a.Verb == community.ListMember {
		return s.roster(ctx, a)
	}
	how, ok := recipes[a.Verb]
	if !ok {
		return connect.Receipt{}, community.Errorf(community.CodeUnsupported, "Discord cannot do %q", a.Verb)
	}
	if !s.tell.Online() {
		return connect.Receipt{}, community.Errorf(community.CodeUnreachable, "not connected")
	}
	s.mu.Lock()
	g := s.guilds[a.To.Group]
	o := &order{Session: s, ctx: ctx, a: a}
	if g != nil {
		o.home = g.home
	}
	s.mu.Unlock()
	if g == nil {
		return connect.Receipt{}, community.Errorf(community.CodeRefused, "the bot is not in server %s", a.To.Group)
	}
	rc, err := how(o)
	s.learn(a.Verb, err)
	return rc, err
}

func (s *Session) learn(verb community.Verb, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch community.CodeOf(err) {
	case community.CodeNone:
		delete(s.learned, verb)
	case community.CodeUnsupported:
		s.learned[verb] = time.Now()
	}
}

// call makes a call and reads what Discord says.
func (s *Session) call(ctx context.Context, c webapi.Call, out any) error {
	c.Header = http.Header{"Authorization": {"Bot " + s.token}}
	got, err := s.api.Do(ctx, c)
	if err != nil {
		return err
	}
	if err := s.judge(got); err != nil {
		return err
	}
	if out == nil || got.Status == http.StatusNoContent {
		return nil
	}
	if json.Unmarshal(got.Body, out) != nil {
		code := community.CodeUnreachable
		if c.Writes {
			code = community.CodeTimeout
		}
		return community.Errorf(code, "the answer cannot be read")
	}
	return nil
}

// judge says what an answer means (Opcodes and Status Codes, HTTP and JSON).
func (s *Session) judge(got webapi.Answer) error {
	if got.Status >= 200 && got.Status < 300 {
		return nil
	}
	var no struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}
	_ = json.Unmarshal(got.Body, &no) // a proxy's page says nothing more
	said := fmt.Sprintf("HTTP %d, code %d: %s", got.Status, no.Code, s.api.Hush(no.Message))
	switch {
	case got.Status == http.StatusUnauthorized:
		return badToken()
	case got.Status == http.StatusTooManyRequests:
		return community.Errorf(community.CodeLimited, "%s", said)
	case got.Status == http.StatusMethodNotAllowed:
		return community.Errorf(community.CodeUnsupported, "%s", said)
	case got.Status == http.StatusNotFound:
		return community.Errorf(community.CodeNotFound, "%s", said)
	case no.Code == 50013 || no.Code == 50001:
		return connect.Trouble(community.CodeRefused, "机器人在服务器里没有这项权限，或它的身份组排在对方之下。", "The bot lacks the permission, or its role stands below the member's ("+said+").")
	case got.Status >= 500:
		return community.Errorf(community.CodeTimeout, "%s", said)
	}
	return community.Errorf(community.CodeRefused, "%s", said)
}

func acked() (connect.Receipt, error) { return connect.Receipt{State: community.Acked}, nil }

func (o *order) done(c webapi.Call) (connect.Receipt, error) {
	c.Writes = true
	if err := o.call(o.ctx, c, nil); err != nil {
		return connect.Receipt{}, err
	}
	return acked()
}

func lacking(a community.Action, what string) error {
	return community.Errorf(community.CodeBadInput, "%s without a usable %s", a.Verb, what)
}

// words is what is said, and the one thing that goes with it.
func (o *order) words() (text string, file *community.Medium) {
	text = o.a.Text
	if len(o.a.Segments) > 0 {
		var b strings.Builder
		for _, seg := range o.a.Segments {
			switch {
			case seg.File != nil:
				file = seg.File
			case seg.Kind == "at" && isID(seg.Ref):
				b.WriteString("<@" + seg.Ref + ">")
			case seg.Kind == "link":
				b.WriteString(strings.TrimSpace(seg.Text + " " + seg.Ref))
			case seg.Kind != "quote" && !seg.IsMedia():
				b.WriteString(seg.Text)
			}
		}
		text = b.String()
	}
	if o.a.Mention && isID(o.a.To.Member) {
		text = "<@" + o.a.To.Member + "> " + text
	}
	return text, file
}

// say sends and gives the message's channel and id.
func (o *order) say() (channel, id string, err error) {
	text, file := o.words()
	switch n := utf8.RuneCountInString(text); {
	case strings.TrimSpace(text) == "" && file == nil:
		return "", "", lacking(o.a, "text")
	case n > maxText:
		return "", "", community.Errorf(community.CodeTooLarge, "a message of %d characters, Discord takes %d", n, maxText)
	}
	channel = o.home
	body := map[string]any{"content": text, "allowed_mentions": o.mentions()}
	if !o.a.ID.IsZero() {
		body["nonce"], body["enforce_nonce"] = o.a.ID.String(), true
	}
	if at, m, ok := strings.Cut(o.a.ReplyTo, ":"); ok && isID(at) && isID(m) {
		channel = at
		body["message_reference"] = map[string]any{"message_id": m, "fail_if_not_exists": false}
	}
	if !isID(channel) {
		return "", "", community.Errorf(community.CodeRefused, "the server has no channel that the bot may speak in")
	}
	c := webapi.Call{Method: http.MethodPost, Path: "/channels/" + channel + "/messages", Body: body, Writes: true}
	if file != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return "", "", err
		}
		c.Body, c.Fields = nil, []webapi.Part{{Name: "payload_json", Data: raw}, {Name: "files[0]", File: file.Name, Data: file.Data}}
	}
	var got message
	if err := o.call(o.ctx, c, &got); err != nil {
		return "", "", err
	}
	o.echoes.Expect("m"+got.ID, o.a.ID)
	return channel, got.ID, nil
}

// mentions lets nobody be called but who is meant.
func (o *order) mentions() map[string]any {
	users := []string{}
	if o.a.Mention && isID(o.a.To.Member) {
		users = append(users, o.a.To.Member)
	}
	for _, seg := range o.a.Segments {
		if seg.Kind == "at" && isID(seg.Ref) {
			users = append(users, seg.Ref)
		}
	}
	return map[string]any{"parse": []string{}, "users": users}
}

func (o *order) send() (connect.Receipt, error) {
	channel, id, err := o.say()
	if err != nil {
		return connect.Receipt{}, err
	}
	return connect.Receipt{State: community.Acked, Message: spot(channel, id)}, nil
}

// announce says and pins.
func (o *order) announce() (connect.Receipt, error) {
	channel, id, err := o.say()
	if err != nil {
		return connect.Receipt{}, err
	}
	rc := connect.Receipt{State: community.Acked, Message: spot(channel, id)}
	if _, err := o.done(webapi.Call{Method: http.MethodPut, Path: "/channels/" + channel + "/pins/" + id}); err != nil {
		rc.State, rc.Code, rc.Detail = community.Failed, community.CodeOf(err), "sent, but not pinned: "+err.Error()
	}
	return rc, nil
}

func (o *order) message() (channel, id string, err error) {
	channel, id, ok := strings.Cut(o.a.To.Message, ":")
	if !ok || !isID(channel) || !isID(id) {
		return "", "", lacking(o.a, "message")
	}
	return channel, id, nil
}

func (o *order) recall() (connect.Receipt, error) {
	channel, id, err := o.message()
	if err != nil {
		return connect.Receipt{}, err
	}
	o.echoes.Expect("d"+id, o.a.ID)
	rc, err := o.done(webapi.Call{Method: http.MethodDelete, Path: "/channels/" + channel + "/messages/" + id})
	if community.CodeOf(err) == community.CodeNotFound {
		return connect.Receipt{State: community.Acked, Detail: "it was gone already"}, nil
	}
	return rc, err
}

func (o *order) essence() (connect.Receipt, error) {
	channel, id, err := o.message()
	if err != nil {
		return connect.Receipt{}, err
	}
	method := http.MethodPut
	if o.a.Refuse {
		method = http.MethodDelete
	}
	return o.done(webapi.Call{Method: method, Path: "/channels/" + channel + "/pins/" + id})
}

// member changes a member.
func (o *order) member(body map[string]any) (connect.Receipt, error) {
	if !isID(o.a.To.Member) {
		return connect.Receipt{}, lacking(o.a, "member")
	}
	return o.done(webapi.Call{Method: http.MethodPatch, Path: "/guilds/" + o.a.To.Group + "/members/" + o.a.To.Member, Body: body})
}

func (o *order) mute() (connect.Receipt, error) {
	now := time.Now()
	until := o.a.Until
	if until == 0 {
		until = now.UnixMilli() + o.a.Seconds*1000
	}
	if until <= now.UnixMilli() {
		return connect.Receipt{State: community.Acked, Detail: "the mute's end has passed"}, nil
	}
	until = min(until, now.UnixMilli()+longestMute*1000)
	o.echoes.Expect("u"+o.a.To.Group+o.a.To.Member, o.a.ID)
	return o.member(map[string]any{"communication_disabled_until": time.UnixMilli(until).UTC().Format(time.RFC3339)})
}

func (o *order) unmute() (connect.Receipt, error) {
	o.echoes.Expect("u"+o.a.To.Group+o.a.To.Member, o.a.ID)
	return o.member(map[string]any{"communication_disabled_until": nil})
}

func (o *order) setCard() (connect.Receipt, error) { return o.member(map[string]any{"nick": o.a.Text}) }

// remove kicks; with Block it bans.
func (o *order) remove() (connect.Receipt, error) {
	if !isID(o.a.To.Member) {
		return connect.Receipt{}, lacking(o.a, "member")
	}
	o.echoes.Expect("l"+o.a.To.Group+o.a.To.Member, o.a.ID)
	if o.a.Block {
		return o.done(webapi.Call{Method: http.MethodPut, Path: "/guilds/" + o.a.To.Group + "/bans/" + o.a.To.Member, Body: map[string]any{}})
	}
	return o.done(webapi.Call{Method: http.MethodDelete, Path: "/guilds/" + o.a.To.Group + "/members/" + o.a.To.Member})
}

func (o *order) rename() (connect.Receipt, error) {
	if strings.TrimSpace(o.a.Text) == "" {
		return connect.Receipt{}, lacking(o.a, "text")
	}
	return o.done(webapi.Call{Method: http.MethodPatch, Path: "/guilds/" + o.a.To.Group, Body: map[string]any{"name": o.a.Text}})
}

// Members reads a server's whole list, page by page.
func (s *Session) Members(ctx context.Context, group string) ([]community.Who, error) {
	s.mu.Lock()
	known := s.guilds[group] != nil
	s.mu.Unlock()
	if !known {
		return nil, community.Errorf(community.CodeNotFound, "the bot is not in server %s", webapi.Clip(group, 40))
	}
	var out []community.Who
	after := "0"
	for len(out) < maxMembers {
		var page []person
		err := s.call(ctx, webapi.Call{Method: http.MethodGet, Path: "/guilds/" + group + "/members", Query: url.Values{"limit": {strconv.Itoa(pageSize)}, "after": {after}}}, &page)
		if err != nil {
			return nil, err
		}
		for _, p := range page {
			out = append(out, s.who(group, p.User, p))
			after = p.User.ID
		}
		if len(page) < pageSize {
			return out, nil
		}
	}
	return nil, community.Errorf(community.CodeTooLarge, "more than %d members", maxMembers)
}

// roster reads the list and lets it come as an event.
func (s *Session) roster(ctx context.Context, a community.Action) (connect.Receipt, error) {
	people, err := s.Members(ctx, a.To.Group)
	if err != nil {
		return connect.Receipt{}, err
	}
	return s.feed.Roster(ctx, a, people)
}
