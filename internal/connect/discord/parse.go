package discord

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/webapi"
)

type user struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	Global   string `json:"global_name"`
	Bot      bool   `json:"bot"`
}

func (u user) shown() string {
	if u.Global != "" {
		return u.Global
	}
	return u.Username
}

type person struct {
	User   user     `json:"user"`
	Nick   string   `json:"nick"`
	Roles  []string `json:"roles"`
	Joined string   `json:"joined_at"`
	Muted  string   `json:"communication_disabled_until"`
	Guild  string   `json:"guild_id"`
}

type attachment struct {
	Name string `json:"filename"`
	Type string `json:"content_type"`
	URL  string `json:"url"`
}

type message struct {
	ID          string       `json:"id"`
	Channel     string       `json:"channel_id"`
	Guild       string       `json:"guild_id"`
	Author      user         `json:"author"`
	Member      person       `json:"member"`
	Content     *string      `json:"content"`
	At          string       `json:"timestamp"`
	Edited      string       `json:"edited_timestamp"`
	Mentions    []user       `json:"mentions"`
	Attachments []attachment `json:"attachments"`
	Nonce       any          `json:"nonce"`
	Reference   struct {
		Message string `json:"message_id"`
		Channel string `json:"channel_id"`
		Type    int    `json:"type"` // 1 = it is forwarded, not answered
	} `json:"message_reference"`
}

type server struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Owner       string `json:"owner_id"`
	System      string `json:"system_channel_id"`
	Unavailable bool   `json:"unavailable"`
	Roles       []struct {
		ID   string `json:"id"`
		Bits string `json:"permissions"`
	} `json:"roles"`
	Channels []struct {
		ID   string `json:"id"`
		Type int    `json:"type"`
	} `json:"channels"`
	Members []person `json:"members"`
}

// readers are the events that we read. One line per type.
var readers = map[string]func(s *Session, f frame) ([]connect.Inbound, error){
	"READY":               (*Session).ready,
	"GUILD_CREATE":        (*Session).guildSeen,
	"GUILD_UPDATE":        (*Session).guildChanged,
	"GUILD_DELETE":        (*Session).guildGone,
	"GUILD_ROLE_CREATE":   (*Session).roleChanged,
	"GUILD_ROLE_UPDATE":   (*Session).roleChanged,
	"MESSAGE_CREATE":      (*Session).said,
	"MESSAGE_UPDATE":      (*Session).edited,
	"MESSAGE_DELETE":      (*Session).deleted,
	"GUILD_MEMBER_ADD":    (*Session).joined,
	"GUILD_MEMBER_REMOVE": (*Session).left,
	"GUILD_MEMBER_UPDATE": (*Session).changed,
}

// parse reads a dispatched event. CodeBadInput: it is not usable.
func (s *Session) parse(f frame) ([]connect.Inbound, error) {
	read, ok := readers[f.Type]
	if !ok {
		return nil, nil
	}
	return read(s, f)
}

func unreadable(f frame) error {
	return community.Errorf(community.CodeBadInput, "%s: an event that cannot be read", webapi.Clip(f.Type, 40))
}

func millis(stamp string) int64 {
	at, err := time.Parse(time.RFC3339, stamp)
	if err != nil {
		return 0
	}
	return at.UnixMilli()
}

func (s *Session) ready(f frame) ([]connect.Inbound, error) {
	var r struct {
		Session string `json:"session_id"`
		Resume  string `json:"resume_gateway_url"`
		User    user   `json:"user"`
		Guilds  []struct {
			ID string `json:"id"`
		} `json:"guilds"`
	}
	if json.Unmarshal(f.Data, &r) != nil || r.User.ID == "" {
		return nil, unreadable(f)
	}
	s.mu.Lock()
	s.session, s.resume, s.awaited = r.Session, r.Resume, map[string]bool{}
	for _, g := range r.Guilds {
		s.awaited[g.ID] = true
	}
	s.mu.Unlock()
	s.tell.Known(r.User.ID, r.User.shown())
	return nil, nil
}

// guildSeen learns a server: its name, roles, channels and what we are in it.
func (s *Session) guildSeen(f frame) ([]connect.Inbound, error) {
	var v server
	if json.Unmarshal(f.Data, &v) != nil || !isID(v.ID) {
		return nil, unreadable(f)
	}
	self := s.tell.Self()
	g := &guild{name: v.Name, owner: v.Owner, home: v.System, roles: map[string]int64{}}
	for _, r := range v.Roles {
		g.roles[r.ID], _ = strconv.ParseInt(r.Bits, 10, 64)
	}
	for _, c := range v.Channels {
		if c.ID == s.channel {
			g.home = c.ID
			break
		}
		if g.home == "" && c.Type == 0 {
			g.home = c.ID
		}
	}
	for _, m := range v.Members {
		if m.User.ID == self {
			g.own = m.Roles
		}
	}
	s.mu.Lock()
	s.guilds[v.ID] = g
	delete(s.awaited, v.ID)
	s.mu.Unlock()
	return nil, nil
}

func (s *Session) guildChanged(f frame) ([]connect.Inbound, error) {
	var v server
	if json.Unmarshal(f.Data, &v) != nil || !isID(v.ID) {
		return nil, unreadable(f)
	}
	s.mu.Lock()
	g := s.guilds[v.ID]
	renamed := g != nil && v.Name != "" && g.name != v.Name
	if g != nil {
		g.name, g.owner = v.Name, v.Owner
	}
	s.mu.Unlock()
	if !renamed {
		return nil, nil
	}
	return []connect.Inbound{s.event(community.GroupUpdated, v.ID, "", f, community.Body{Text: v.Name})}, nil
}

func (s *Session) guildGone(f frame) ([]connect.Inbound, error) {
	var v server
	if json.Unmarshal(f.Data, &v) != nil || !isID(v.ID) {
		return nil, unreadable(f)
	}
	if v.Unavailable {
		return nil, nil // Discord's own trouble
	}
	s.mu.Lock()
	name := ""
	if g := s.guilds[v.ID]; g != nil {
		name = g.name
	}
	delete(s.guilds, v.ID)
	s.mu.Unlock()
	s.tell.Tell("online", connect.Trouble(community.CodeRefused, "机器人已不在服务器「"+name+"」里。请重新邀请它。", "the bot is no longer in the server "+name+": invite it again"))
	return nil, nil
}

func (s *Session) roleChanged(f frame) ([]connect.Inbound, error) {
	var v struct {
		Guild string `json:"guild_id"`
		Role  struct {
			ID   string `json:"id"`
			Bits string `json:"permissions"`
		} `json:"role"`
	}
	if json.Unmarshal(f.Data, &v) != nil || !isID(v.Guild) {
		return nil, unreadable(f)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.guilds[v.Guild]; g != nil {
		g.roles[v.Role.ID], _ = strconv.ParseInt(v.Role.Bits, 10, 64)
	}
	return nil, nil
}

// event makes an inbound of a server. What has no id of its own is known by the session and its number in it.
func (s *Session) event(kind community.Type, group, key string, f frame, body community.Body) connect.Inbound {
	s.mu.Lock()
	defer s.mu.Unlock()
	if key == "" {
		key = s.session + ":" + strconv.FormatInt(f.Seq, 10)
	}
	in := connect.Inbound{Type: kind, Key: key, OccurredAt: time.Now().UnixMilli(), Group: community.Ref{ID: group}, Body: body}
	if g := s.guilds[group]; g != nil {
		in.Group.Name = g.name
	}
	return in
}

func (s *Session) who(group string, u user, p person) community.Who {
	w := community.Who{ID: u.ID, Name: u.shown(), Card: p.Nick, JoinedAt: millis(p.Joined)}
	s.mu.Lock()
	w.Role = s.guilds[group].role(group, u.ID, p.Roles)
	s.mu.Unlock()
	switch {
	case u.ID == s.tell.Self():
		w.Role = community.RoleSelf
	case u.Bot:
		w.Role = community.RoleBot
	}
	return w
}

func (s *Session) said(f frame) ([]connect.Inbound, error) {
	var m message
	if json.Unmarshal(f.Data, &m) != nil || !isID(m.ID) || !isID(m.Channel) || m.Author.ID == "" || m.Content == nil {
		return nil, unreadable(f)
	}
	group := m.Guild
	if group == "" {
		group = m.Channel
	}
	in := s.event(community.MessageCreated, group, "m"+m.ID, f, m.body())
	in.Private, in.OccurredAt, in.Actor = m.Guild == "", millis(m.At), s.who(group, m.Author, m.Member)
	if in.Actor.Role == community.RoleSelf {
		if nonce, ok := m.Nonce.(string); ok {
			in.Body.Caused, _ = community.ParseID(nonce)
		}
		if in.Body.Caused.IsZero() {
			in.Body.Caused = s.echoes.Take("m" + m.ID)
		}
	}
	return []connect.Inbound{in}, nil
}

// spot names a message with the channel it stands in.
func spot(channel, message string) string { return channel + ":" + message }

func (m *message) body() community.Body {
	b := community.Body{Message: spot(m.Channel, m.ID)}
	if m.Content != nil {
		b.Text = *m.Content
	}
	for _, u := range m.Mentions {
		b.Text = strings.NewReplacer("<@"+u.ID+">", "@"+u.shown(), "<@!"+u.ID+">", "@"+u.shown()).Replace(b.Text)
	}
	b.Text = webapi.Clip(b.Text, community.MaxText)
	switch {
	case m.Reference.Message != "" && m.Reference.Type == 1:
		b.Class = community.Forward
	case m.Reference.Message != "":
		b.ReplyTo, b.Class = spot(m.Reference.Channel, m.Reference.Message), community.Reply
	}
	for i, a := range m.Attachments {
		seg, class, label := a.segment()
		if i == 0 {
			if b.Text != "" {
				b.Segments = append(b.Segments, community.Segment{Kind: "text", Text: b.Text})
			}
			b.Class = class
		}
		b.Segments = append(b.Segments, seg)
		b.Text = strings.TrimSpace(b.Text + " " + label)
	}
	return b
}

// kinds of attachments by the beginning of their type.
var kinds = []struct {
	begins, kind, label string
	class               community.Class
}{
	{"image/", "image", "[图片]", community.Image}, {"video/", "video", "[视频]", community.Video}, {"audio/", "audio", "[语音]", community.Voice}, {"", "file", "[文件]", community.File},
}

// segment is an attachment; its address is good until the time in it (parameter ex, hexadecimal seconds).
func (a attachment) segment() (community.Segment, community.Class, string) {
	seg := community.Segment{Ref: a.URL}
	if u, err := url.Parse(a.URL); err == nil {
		if at, err := strconv.ParseInt(u.Query().Get("ex"), 16, 64); err == nil {
			seg.Expires = at * 1000
		}
	}
	for _, k := range kinds {
		if strings.HasPrefix(a.Type, k.begins) {
			seg.Kind = k.kind
			if k.kind == "file" {
				seg.Text = webapi.Clip(a.Name, 200)
			}
			return seg, k.class, k.label
		}
	}
	return seg, community.File, "[文件]"
}

func (s *Session) edited(f frame) ([]connect.Inbound, error) {
	var m message
	if json.Unmarshal(f.Data, &m) != nil || !isID(m.ID) || !isID(m.Channel) {
		return nil, unreadable(f)
	}
	if m.Content == nil || m.Edited == "" || m.Guild == "" || m.Author.ID == "" {
		return nil, nil // a preview was added, or the like
	}
	in := s.event(community.MessageEdited, m.Guild, "e"+m.ID+":"+m.Edited, f, m.body())
	in.OccurredAt, in.Actor = millis(m.Edited), s.who(m.Guild, m.Author, m.Member)
	return []connect.Inbound{in}, nil
}

func (s *Session) deleted(f frame) ([]connect.Inbound, error) {
	var m message
	if json.Unmarshal(f.Data, &m) != nil || !isID(m.ID) || !isID(m.Channel) {
		return nil, unreadable(f)
	}
	if m.Guild == "" {
		return nil, nil
	}
	body := community.Body{Message: spot(m.Channel, m.ID), Caused: s.echoes.Take("d" + m.ID)}
	return []connect.Inbound{s.event(community.MessageDeleted, m.Guild, "d"+m.ID, f, body)}, nil
}

func (s *Session) one(f frame) (person, error) {
	var p person
	if json.Unmarshal(f.Data, &p) != nil || !isID(p.Guild) || p.User.ID == "" {
		return p, unreadable(f)
	}
	return p, nil
}

func (s *Session) joined(f frame) ([]connect.Inbound, error) {
	p, err := s.one(f)
	if err != nil {
		return nil, err
	}
	in := s.event(community.MemberJoined, p.Guild, "j"+p.User.ID+":"+p.Joined, f, community.Body{Scene: "link"})
	in.Actor = s.who(p.Guild, p.User, p)
	if at := millis(p.Joined); at != 0 {
		in.OccurredAt = at
	}
	return []connect.Inbound{in}, nil
}

// left is a departure: Discord does not say whether by one's own will.
func (s *Session) left(f frame) ([]connect.Inbound, error) {
	p, err := s.one(f)
	if err != nil {
		return nil, err
	}
	in := s.event(community.MemberLeft, p.Guild, "", f, community.Body{Reason: "unknown", Caused: s.echoes.Take("l" + p.Guild + p.User.ID)})
	if !in.Body.Caused.IsZero() {
		in.Body.Reason = "kicked"
	}
	in.Actor = s.who(p.Guild, p.User, p)
	return []connect.Inbound{in}, nil
}

// changed is a member's new standing: muted, unmuted, another name.
func (s *Session) changed(f frame) ([]connect.Inbound, error) {
	p, err := s.one(f)
	if err != nil {
		return nil, err
	}
	if p.User.ID == s.tell.Self() {
		s.mu.Lock()
		if g := s.guilds[p.Guild]; g != nil {
			g.own = p.Roles
		}
		s.mu.Unlock()
	}
	key := ""
	body, kind := community.Body{}, community.MemberUpdated
	if caused := s.echoes.Take("u" + p.Guild + p.User.ID); !caused.IsZero() {
		kind, body.Caused = community.MemberMuted, caused
	}
	if until := millis(p.Muted); until > time.Now().UnixMilli() {
		kind, body.Seconds, key = community.MemberMuted, (until-time.Now().UnixMilli()+999)/1000, "u"+p.User.ID+":"+p.Muted
	}
	in := s.event(kind, p.Guild, key, f, body)
	in.Actor = s.who(p.Guild, p.User, p)
	if kind == community.MemberUpdated {
		in.Body.Role = in.Actor.Role
	}
	return []connect.Inbound{in}, nil
}
