package feishu

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/webapi"
)

const (
	maxText    = 100_000 // bytes of a message's content (document 发送消息: 150 KB)
	maxMembers = 100_000
	maxPages   = 2000
)

// order is an action being carried out.
type order struct {
	*Session
	ctx context.Context // of this one Do
	a   community.Action
}

// recipes say how a verb is done. One line per verb. 飞书 has no mute of one member.
var recipes = map[community.Verb]func(o *order) (connect.Receipt, error){
	community.Send: (*order).send, community.RecallMsg: (*order).recall, community.Remove: (*order).remove, community.Rename: (*order).rename,
	community.MuteAll: (*order).muteAll, community.Announce: (*order).announce, community.Essence: (*order).essence,
}

// Do carries an action out. A send carries our id, by which the platform drops what it gets twice within an hour.
func (s *Session) Do(ctx context.Context, a community.Action) (connect.Receipt, error) {
	if a.Verb == community.ListMember {
		return s.roster(ctx, a)
	}
	how, ok := recipes[a.Verb]
	switch {
	case !ok:
		return connect.Receipt{}, community.Errorf(community.CodeUnsupported, "飞书 cannot do %q", a.Verb)
	case !s.tell.Online():
		return connect.Receipt{}, community.Errorf(community.CodeUnreachable, "not connected")
	case a.To.Group == "" || strings.ContainsAny(a.To.Group+a.To.Message, "/?#"):
		return connect.Receipt{}, lacking(a, "group or message")
	}
	rc, err := how(&order{s, ctx, a})
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

func lacking(a community.Action, what string) error {
	return community.Errorf(community.CodeBadInput, "%s without a usable %s", a.Verb, what)
}

func (o *order) done(method, path string, query url.Values, body any) (connect.Receipt, error) {
	if err := o.call(o.ctx, webapi.Call{Method: method, Path: "/open-apis/im/v1" + path, Query: query, Body: body, Writes: true}, nil); err != nil {
		return connect.Receipt{}, err
	}
	return connect.Receipt{State: community.Acked}, nil
}

// part is a piece of rich text.
type part map[string]string

// words are what is said: plain, or as rich text where it holds pictures, links or mentions.
func (o *order) words() (kind, content, plain string, err error) {
	segs := o.a.Segments
	if len(segs) == 0 {
		segs = []community.Segment{{Kind: "text", Text: o.a.Text}}
	}
	if o.a.Mention && o.a.To.Member != "" {
		segs = append([]community.Segment{{Kind: "at", Ref: o.a.To.Member}, {Kind: "text", Text: " "}}, segs...)
	}
	var parts []part
	var text strings.Builder
	rich := false
	for _, seg := range segs {
		switch {
		case seg.File != nil:
			key, err := o.upload(seg.File)
			if err != nil {
				return "", "", "", err
			}
			parts, rich = append(parts, part{"tag": "img", "image_key": key}), true
			text.WriteString("[图片]")
		case seg.Kind == "at" && seg.Ref != "":
			parts, rich = append(parts, part{"tag": "at", "user_id": seg.Ref}), true
			text.WriteString(seg.Text)
		case seg.Kind == "link":
			parts, rich = append(parts, part{"tag": "a", "text": firstOf(seg.Text, seg.Ref), "href": seg.Ref}), true
			text.WriteString(firstOf(seg.Text, seg.Ref))
		case seg.Kind != "quote" && !seg.IsMedia() && seg.Text != "":
			parts = append(parts, part{"tag": "text", "text": seg.Text})
			text.WriteString(seg.Text)
		}
	}
	plain = text.String()
	var raw []byte
	if kind = "text"; rich {
		kind = "post"
		raw, err = json.Marshal(map[string]any{"zh_cn": map[string]any{"title": "", "content": [][]part{parts}}})
	} else {
		raw, err = json.Marshal(map[string]string{"text": plain})
	}
	return kind, string(raw), plain, err
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// send says something, and lets it come back as an event: 飞书 does not tell a bot what it said.
func (o *order) send() (connect.Receipt, error) {
	kind, content, plain, err := o.words()
	switch {
	case err != nil:
		return connect.Receipt{}, err
	case strings.TrimSpace(plain) == "" && kind == "text":
		return connect.Receipt{}, lacking(o.a, "text")
	case len(content) > maxText:
		return connect.Receipt{}, community.Errorf(community.CodeTooLarge, "a message of %d bytes, at most %d", len(content), maxText)
	}
	body := map[string]string{"msg_type": kind, "content": content}
	if !o.a.ID.IsZero() {
		body["uuid"] = o.a.ID.String()
	}
	c := webapi.Call{Method: http.MethodPost, Path: "/open-apis/im/v1/messages", Query: url.Values{"receive_id_type": {"chat_id"}}, Body: body, Writes: true}
	if o.a.ReplyTo != "" && !strings.ContainsAny(o.a.ReplyTo, "/?#") {
		c.Path, c.Query = "/open-apis/im/v1/messages/"+o.a.ReplyTo+"/reply", nil
	} else {
		body["receive_id"] = o.a.To.Group
	}
	var got struct {
		ID string `json:"message_id"`
	}
	if err := o.call(o.ctx, c, &got); err != nil {
		return connect.Receipt{}, err
	}
	in := connect.Inbound{Type: community.MessageCreated, Key: got.ID, OccurredAt: time.Now().UnixMilli(), Group: community.Ref{ID: o.a.To.Group},
		Actor: community.Who{ID: o.tell.Self(), Role: community.RoleSelf}, Body: community.Body{Message: got.ID, Text: webapi.Clip(plain, community.MaxText), Caused: o.a.ID}}
	_ = o.feed.Put(o.ctx, in) // else only the record lacks it: the receipt says that it was sent
	return connect.Receipt{State: community.Acked, Message: got.ID}, nil
}

// upload hands a picture to the platform, once.
func (o *order) upload(m *community.Medium) (string, error) {
	o.mu.Lock()
	key := o.images[m.Hash]
	o.mu.Unlock()
	if key != "" && m.Hash != "" {
		return key, nil
	}
	var got struct {
		Key string `json:"image_key"`
	}
	err := o.call(o.ctx, webapi.Call{Method: http.MethodPost, Path: "/open-apis/im/v1/images",
		Fields: []webapi.Part{{Name: "image_type", Data: []byte("message")}, {Name: "image", File: m.Name, Data: m.Data}}}, &got)
	if err == nil && got.Key == "" {
		err = community.Errorf(community.CodeUnreachable, "the answer holds no image_key")
	}
	if err != nil {
		return "", err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.images) > 1000 {
		clear(o.images)
	}
	o.images[m.Hash] = got.Key
	return got.Key, nil
}

// recall takes back what we said; others' words where the bot is the group's owner, admin or founder.
func (o *order) recall() (connect.Receipt, error) {
	if o.a.To.Message == "" {
		return connect.Receipt{}, lacking(o.a, "message")
	}
	o.echoes.Expect("d"+o.a.To.Message, o.a.ID)
	rc, err := o.done(http.MethodDelete, "/messages/"+o.a.To.Message, nil, nil)
	if community.CodeOf(err) == community.CodeNotFound {
		return connect.Receipt{State: community.Acked, Detail: "it was gone already"}, nil
	}
	return rc, err
}

func (o *order) remove() (connect.Receipt, error) {
	if o.a.To.Member == "" {
		return connect.Receipt{}, lacking(o.a, "member")
	}
	o.echoes.Expect("l"+o.a.To.Group+o.a.To.Member, o.a.ID)
	var got struct {
		Invalid []string `json:"invalid_id_list"`
	}
	err := o.call(o.ctx, webapi.Call{Method: http.MethodDelete, Path: "/open-apis/im/v1/chats/" + o.a.To.Group + "/members", Query: url.Values{"member_id_type": {"open_id"}},
		Body: map[string]any{"id_list": []string{o.a.To.Member}}, Writes: true}, &got)
	if err == nil && len(got.Invalid) > 0 {
		err = community.Errorf(community.CodeNotFound, "飞书 knows no such member")
	}
	if err != nil {
		return connect.Receipt{}, err
	}
	return connect.Receipt{State: community.Acked}, nil
}

func (o *order) rename() (connect.Receipt, error) {
	if strings.TrimSpace(o.a.Text) == "" {
		return connect.Receipt{}, lacking(o.a, "text")
	}
	return o.done(http.MethodPut, "/chats/"+o.a.To.Group, nil, map[string]string{"name": o.a.Text})
}

func (o *order) muteAll() (connect.Receipt, error) {
	setting := "only_owner"
	if o.a.Refuse {
		setting = "all_members"
	}
	return o.done(http.MethodPut, "/chats/"+o.a.To.Group+"/moderation", nil, map[string]string{"moderation_setting": setting})
}

func (o *order) essence() (connect.Receipt, error) {
	switch {
	case o.a.To.Message == "":
		return connect.Receipt{}, lacking(o.a, "message")
	case o.a.Refuse:
		return o.done(http.MethodDelete, "/pins/"+o.a.To.Message, nil, nil)
	}
	return o.done(http.MethodPost, "/pins", nil, map[string]string{"message_id": o.a.To.Message})
}

// announce puts a paragraph on top of the group's announcement (document 更新群公告信息).
func (o *order) announce() (connect.Receipt, error) {
	if strings.TrimSpace(o.a.Text) == "" {
		return connect.Receipt{}, lacking(o.a, "text")
	}
	var now struct {
		Revision string `json:"revision"`
	}
	at := "/chats/" + o.a.To.Group + "/announcement"
	if err := o.call(o.ctx, webapi.Call{Method: http.MethodGet, Path: "/open-apis/im/v1" + at}, &now); err != nil {
		return connect.Receipt{}, err
	}
	type m = map[string]any
	blocks, err := json.Marshal(m{"blocks": []m{{"type": "paragraph", "paragraph": m{"elements": []m{{"type": "textRun", "textRun": m{"text": o.a.Text, "style": m{}}}}, "style": m{}}}}})
	if err != nil {
		return connect.Receipt{}, err
	}
	request, err := json.Marshal(m{"requestType": "InsertBlocksRequestType", "insertBlocksRequest": m{"payload": string(blocks), "location": m{"zoneId": "0", "index": 0, "startOfZone": true}}})
	if err != nil {
		return connect.Receipt{}, err
	}
	return o.done(http.MethodPatch, at, nil, m{"revision": now.Revision, "requests": []string{string(request)}})
}

// pages reads a list to its end.
func (s *Session) pages(ctx context.Context, path string, query url.Values, take func(raw json.RawMessage) error) error {
	for range maxPages {
		var got struct {
			Items json.RawMessage `json:"items"`
			Next  string          `json:"page_token"`
			More  bool            `json:"has_more"`
		}
		if err := s.call(ctx, webapi.Call{Method: http.MethodGet, Path: "/open-apis/im/v1" + path, Query: query}, &got); err != nil {
			return err
		}
		if len(got.Items) > 0 {
			if err := take(got.Items); err != nil {
				return err
			}
		}
		if !got.More || got.Next == "" {
			return nil
		}
		query.Set("page_token", got.Next)
	}
	return community.Errorf(community.CodeTooLarge, "a list of more than %d pages", maxPages)
}

// Members reads a group's whole list. The list holds people only: our own account is added.
func (s *Session) Members(ctx context.Context, group string) ([]community.Who, error) {
	if group == "" || strings.ContainsAny(group, "/?#") {
		return nil, community.Errorf(community.CodeNotFound, "no such group")
	}
	out := []community.Who{{ID: s.tell.Self(), Role: community.RoleSelf}}
	err := s.pages(ctx, "/chats/"+group+"/members", url.Values{"member_id_type": {"open_id"}, "page_size": {"100"}}, func(raw json.RawMessage) error {
		var page []struct {
			ID   string `json:"member_id"`
			Name string `json:"name"`
		}
		if json.Unmarshal(raw, &page) != nil || len(out)+len(page) > maxMembers {
			return community.Errorf(community.CodeUnreachable, "a page that cannot be read, or too many members")
		}
		for _, p := range page {
			out = append(out, community.Who{ID: p.ID, Name: p.Name, Role: community.RoleMember})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Groups lists the groups that the bot is in.
func (s *Session) Groups(ctx context.Context) ([]community.Ref, error) {
	var out []community.Ref
	err := s.pages(ctx, "/chats", url.Values{"page_size": {"100"}}, func(raw json.RawMessage) error {
		var page []struct {
			ID   string `json:"chat_id"`
			Name string `json:"name"`
		}
		if json.Unmarshal(raw, &page) != nil {
			return community.Errorf(community.CodeUnreachable, "a page that cannot be read")
		}
		for _, p := range page {
			out = append(out, community.Ref{ID: p.ID, Name: p.Name})
		}
		return nil
	})
	return out, err
}

func (s *Session) roster(ctx context.Context, a community.Action) (connect.Receipt, error) {
	people, err := s.Members(ctx, a.To.Group)
	if err != nil {
		return connect.Receipt{}, err
	}
	return s.feed.Roster(ctx, a, people)
}

// ReadMedia reads a picture or file of a message that the bot was told of (document 获取消息中的资源文件).
func (s *Session) ReadMedia(ctx context.Context, seg community.Segment, most int64) (community.Medium, error) {
	p := strings.Split(seg.Ref, ":")
	if len(p) != 4 || p[0] != "feishu" || strings.ContainsAny(seg.Ref, "/?#") {
		return community.Medium{}, community.Errorf(community.CodeUnsupported, "not a resource of 飞书")
	}
	token, err := s.access.Valid(ctx, "", s.bearer)
	if err != nil {
		return community.Medium{}, err
	}
	got, err := s.api.Do(ctx, webapi.Call{Method: http.MethodGet, Path: "/open-apis/im/v1/messages/" + p[1] + "/resources/" + p[2],
		Query: url.Values{"type": {p[3]}}, Header: http.Header{"Authorization": {"Bearer " + token}}, Most: most})
	switch {
	case err != nil:
		return community.Medium{}, err
	case got.Status == http.StatusOK && !strings.HasPrefix(got.Header.Get("Content-Type"), "application/json"):
		return community.Medium{Data: got.Body}, nil
	}
	var no struct {
		Code int    `json:"code"`
		Msg  string `json:"msg"`
	}
	_ = json.Unmarshal(got.Body, &no) // else the status says it
	if no.Code == 234003 || no.Code == 234001 || got.Status == http.StatusNotFound {
		return community.Medium{}, community.Errorf(community.CodeLate, "飞书 no longer has it")
	}
	return community.Medium{}, s.refused(no.Code, got.Status, fmt.Sprintf("HTTP %d %s", got.Status, no.Msg))
}
