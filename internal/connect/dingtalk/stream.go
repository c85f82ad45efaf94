package dingtalk

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/webapi"
)

const (
	dialTimeout  = 20 * time.Second
	pingEach     = 30 * time.Second
	firstPause   = time.Second
	longestPause = 30 * time.Second
	maxFrame     = 1 << 20 // bytes
	maxID        = 200
	topicMessage = "/v1.0/im/bot/messages/get"
)

// frame is what the platform sends over the long connection (Stream 协议描述).
type frame struct {
	Type    string `json:"type"` // SYSTEM, CALLBACK, EVENT
	Headers struct {
		Topic   string `json:"topic"`
		Message string `json:"messageId"`
		Event   string `json:"eventType"`
		Born    string `json:"eventBornTime"` // ms
		ID      string `json:"eventId"`
	} `json:"headers"`
	Data string `json:"data"` // JSON
}

// Run keeps the connection until ctx ends.
func (s *Session) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()
	workers.Go(func() { s.feed.Run(ctx) })
	defer s.tell.Tell("offline", nil)
	s.tell.Known(s.robot, "")
	s.tell.Tell("connecting", nil)
	return connect.Redial{First: firstPause, Longest: longestPause, Settled: longestPause, Hopeless: []community.Code{community.CodeForbidden}, Tell: s.tell.Tell}.Run(ctx, s.once)
}

// ticket asks where to connect.
func (s *Session) ticket(ctx context.Context) (string, error) {
	var got struct {
		Endpoint string `json:"endpoint"`
		Ticket   string `json:"ticket"`
	}
	type m = map[string]string
	err := s.ask(ctx, webapi.Call{Method: http.MethodPost, Path: "/v1.0/gateway/connections/open", Body: map[string]any{
		"clientId": s.id, "clientSecret": s.secret, "ua": "qunluo/1", "subscriptions": []m{{"type": "EVENT", "topic": "*"}, {"type": "CALLBACK", "topic": topicMessage}}}}, &got)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(got.Endpoint)
	if err != nil || u.Host == "" || got.Ticket == "" {
		return "", community.Errorf(community.CodeUnreachable, "the platform named no endpoint")
	}
	u.RawQuery = url.Values{"ticket": {got.Ticket}}.Encode()
	return u.String(), nil
}

func (s *Session) once(ctx context.Context) error {
	at, err := s.ticket(ctx)
	if err != nil {
		return err
	}
	dialCtx, cancel := context.WithTimeout(ctx, dialTimeout)
	conn, _, err := websocket.Dial(dialCtx, at, &websocket.DialOptions{HTTPClient: s.api.HTTP()})
	cancel()
	if err != nil {
		return community.Errorf(community.CodeUnreachable, "dial: the long connection was not taken")
	}
	conn.SetReadLimit(-1) // frames are bounded where they are read
	lineCtx, stop := context.WithCancelCause(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer conn.CloseNow()
	defer stop(nil)
	s.tell.Tell("online", nil)
	workers.Go(func() { alive(lineCtx, conn, stop) })
	err = s.serve(lineCtx, conn)
	if cause := context.Cause(lineCtx); cause != nil && ctx.Err() == nil {
		return cause
	}
	return err
}

// alive ends a connection whose other end answers no ping.
func alive(ctx context.Context, conn *websocket.Conn, stop context.CancelCauseFunc) {
	for connect.Sleep(ctx, pingEach) {
		pingCtx, cancel := context.WithTimeout(ctx, dialTimeout)
		err := conn.Ping(pingCtx)
		cancel()
		if err != nil {
			stop(community.Errorf(community.CodeUnreachable, "the platform no longer answers"))
			_ = conn.CloseNow()
			return
		}
	}
}

// serve reads frames and answers each once what it tells is safely on disk: what was not answered, the platform sends again.
func (s *Session) serve(ctx context.Context, conn *websocket.Conn) error {
	for {
		raw, err := webapi.ReadFrame(ctx, conn, maxFrame)
		if community.CodeOf(err) == community.CodeTooLarge {
			s.tell.Tell("online", err)
			continue
		}
		if err != nil {
			return err
		}
		var f frame
		if json.Unmarshal(raw, &f) != nil {
			s.tell.Tell("online", community.Errorf(community.CodeBadInput, "a frame that cannot be read"))
			continue
		}
		if f.Headers.Message == "" {
			s.tell.Tell("online", community.Errorf(community.CodeBadInput, "a frame without messageId"))
			continue
		}
		if f.Type == "SYSTEM" && f.Headers.Topic == "disconnect" {
			return community.Errorf(community.CodeUnreachable, "the platform asks to connect anew")
		}
		if err := s.take(ctx, conn, f); err != nil {
			return err
		}
	}
}

func (s *Session) take(ctx context.Context, conn *websocket.Conn, f frame) error {
	data := `{"response":null}`
	switch f.Type {
	case "SYSTEM":
		data = f.Data // a ping wants its words back
	case "CALLBACK", "EVENT":
		in, err := s.parse(f)
		if err != nil {
			s.tell.Tell("online", err)
		}
		if len(in) > 0 && !s.feed.Offer(ctx, in...) {
			return ctx.Err()
		}
		if f.Type == "EVENT" {
			data = `{"status":"SUCCESS","message":"ok"}`
		}
	}
	answer, err := json.Marshal(map[string]any{"code": 200, "message": "OK", "data": data, "headers": map[string]string{"messageId": f.Headers.Message, "contentType": "application/json"}})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	return conn.Write(ctx, websocket.MessageText, answer)
}

// message is what addresses the robot (机器人接收消息).
type message struct {
	Conversation string `json:"conversationId"`
	Kind         string `json:"conversationType"` // 1 = private, 2 = group
	Title        string `json:"conversationTitle"`
	ID           string `json:"msgId"`
	Sender       string `json:"senderStaffId"`
	SenderID     string `json:"senderId"`
	Nick         string `json:"senderNick"`
	Admin        bool   `json:"isAdmin"`
	At           int64  `json:"createAt"` // ms
	Type         string `json:"msgtype"`
	Text         struct {
		Content string `json:"content"`
	} `json:"text"`
	Content struct {
		Code        string `json:"downloadCode"`
		Name        string `json:"fileName"`
		Recognition string `json:"recognition"`
		Rich        []struct {
			Text string `json:"text"`
			Code string `json:"downloadCode"`
			Type string `json:"type"`
		} `json:"richText"`
	} `json:"content"`
}

// parse reads a frame. CodeBadInput: it is not usable.
func (s *Session) parse(f frame) ([]connect.Inbound, error) {
	if f.Type == "EVENT" {
		return s.happened(f)
	}
	if f.Headers.Topic != topicMessage {
		return nil, nil
	}
	var m message
	if json.Unmarshal([]byte(f.Data), &m) != nil || m.ID == "" || m.Conversation == "" || len(m.ID) > maxID || len(m.Conversation) > maxID || m.At < 0 || m.At > 1<<43 {
		return nil, community.Errorf(community.CodeBadInput, "a message that cannot be read")
	}
	in := connect.Inbound{Type: community.MessageCreated, Key: m.ID, OccurredAt: m.At, Group: community.Ref{ID: m.Conversation, Name: webapi.Clip(m.Title, 200)},
		Private: m.Kind == "1", Body: community.Body{Message: m.ID}}
	in.Actor = community.Who{ID: webapi.Clip(m.Sender, maxID), Name: webapi.Clip(m.Nick, 200)}
	if in.Actor.ID == "" {
		in.Actor.ID = webapi.Clip(m.SenderID, maxID) // somebody of another organisation
	}
	m.write(&in.Body)
	return []connect.Inbound{in}, nil
}

// carried are the types of messages that carry a file.
var carried = map[string]struct {
	kind, label string
	class       community.Class
}{
	"picture": {"image", "[图片]", community.Image}, "audio": {"audio", "[语音]", community.Voice}, "video": {"video", "[视频]", community.Video}, "file": {"file", "[文件]", community.File},
}

func (m *message) write(b *community.Body) {
	how, isFile := carried[m.Type]
	switch {
	case m.Type == "text":
		b.Text = strings.TrimSpace(m.Text.Content)
	case isFile:
		b.Text, b.Class = how.label, how.class
		if m.Content.Recognition != "" {
			b.Text = m.Content.Recognition
		}
		b.Segments = []community.Segment{{Kind: how.kind, Ref: "dingtalk:" + m.Content.Code, Text: webapi.Clip(m.Content.Name, 200)}}
	case m.Type == "richText":
		for _, p := range m.Content.Rich {
			if p.Code != "" {
				b.Text += "[图片]"
				b.Segments = append(b.Segments, community.Segment{Kind: "image", Ref: "dingtalk:" + p.Code})
				continue
			}
			b.Text += p.Text
			b.Segments = append(b.Segments, community.Segment{Kind: "text", Text: webapi.Clip(p.Text, community.MaxText)})
		}
	default:
		b.Text, b.Class = "["+webapi.Clip(m.Type, 40)+"]", community.Other
	}
	b.Text = webapi.Clip(b.Text, community.MaxText)
}

// happenings are the events that we read (群会话事件; the fields are unverified). One line per type.
var happenings = map[string]community.Type{
	"chat_add_member": community.MemberJoined, "chat_remove_member": community.MemberLeft, "chat_quit": community.MemberLeft,
	"chat_update_title": community.GroupUpdated, "chat_disband": community.GroupDissolved,
}

// happened reads an event about a group.
func (s *Session) happened(f frame) ([]connect.Inbound, error) {
	kind, ok := happenings[f.Headers.Event]
	if !ok {
		return nil, nil
	}
	var e struct {
		Conversation string   `json:"openConversationId"`
		Users        []string `json:"userId"`
		Operator     string   `json:"operator"`
		Title        string   `json:"title"`
		At           int64    `json:"timeStamp"`
	}
	if json.Unmarshal([]byte(f.Data), &e) != nil || e.Conversation == "" || len(e.Conversation) > maxID || f.Headers.ID == "" {
		return nil, community.Errorf(community.CodeBadInput, "%s: an event that cannot be read", webapi.Clip(f.Headers.Event, 40))
	}
	at, _ := strconv.ParseInt(f.Headers.Born, 10, 64)
	if at < 100_000_000_000 || at > 1<<43 {
		at = 0
	}
	base := connect.Inbound{Type: kind, Key: f.Headers.ID, OccurredAt: at, Group: community.Ref{ID: e.Conversation}}
	switch kind {
	case community.GroupUpdated:
		base.Body.Text = webapi.Clip(e.Title, 200)
		return []connect.Inbound{base}, nil
	case community.GroupDissolved:
		return []connect.Inbound{base}, nil
	}
	var out []connect.Inbound
	for i, user := range e.Users {
		in := base
		in.Key += ":" + strconv.Itoa(i)
		in.Actor = community.Who{ID: webapi.Clip(user, maxID)}
		by := community.Who{ID: webapi.Clip(e.Operator, maxID)}
		switch {
		case f.Headers.Event == "chat_remove_member":
			in.Subject, in.By, in.Body.Reason = in.Actor, by, "kicked"
		case kind == community.MemberLeft:
			in.Body.Reason = "left"
		case by.ID != "" && by.ID != in.Actor.ID:
			in.Subject, in.By, in.Body.Scene = in.Actor, by, "invite"
		}
		out = append(out, in)
	}
	return out, nil
}
