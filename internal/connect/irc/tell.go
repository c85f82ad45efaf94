package irc

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// tells turns lines into events. The caller holds mu.
var tells = map[string]func(s *Session, l *link, in Line) ([]connect.Inbound, error){
	"PRIVMSG": (*Session).onMessage, "NOTICE": (*Session).onMessage, "JOIN": (*Session).onJoin, "PART": (*Session).onPart, "QUIT": (*Session).onQuit,
	"KICK": (*Session).onKick, "NICK": (*Session).onNick, "MODE": (*Session).onMode, "TOPIC": (*Session).onTopic,
}

// event begins an event of a channel.
func (s *Session) event(in Line, kind community.Type, channel string) connect.Inbound {
	at := time.Now()
	if told, err := time.Parse(time.RFC3339, in.Tags["time"]); err == nil {
		at = told
	}
	return connect.Inbound{Type: kind, Key: s.key(), OccurredAt: at.UnixMilli(), Group: community.Ref{ID: fold(channel), Name: channel}}
}

// id is a member's id: the nick, or the one they had when we first saw them.
func (l *link) id(nick string) string {
	if id, ok := l.ids[fold(nick)]; ok {
		return id
	}
	return fold(nick)
}

// nickOf is how the member with an id is called now.
func (l *link) nickOf(id string) string {
	for nick, whose := range l.ids {
		if whose == id {
			return nick
		}
	}
	return id
}

func (s *Session) who(l *link, channel, nick string) community.Who {
	w := community.Who{ID: l.id(nick), Name: nick, Role: community.RoleMember}
	if room := l.channels[fold(channel)]; room != nil {
		if at := room.members[fold(nick)]; at != nil {
			w.Role = roleOf(at.rank)
		}
	}
	if fold(nick) == fold(l.nick) {
		w.Role = community.RoleSelf
	}
	return w
}

func roleOf(rank string) community.Role {
	switch {
	case strings.ContainsAny(rank, "~"):
		return community.RoleOwner
	case strings.ContainsAny(rank, "&@"):
		return community.RoleAdmin
	}
	return community.RoleMember
}

func (s *Session) onMessage(l *link, in Line) ([]connect.Inbound, error) {
	target, text := in.param(0), in.last()
	if len(in.Params) < 2 {
		return nil, community.Errorf(community.CodeBadInput, "%s without a target or a text", in.Command)
	}
	if in.address() == "" || !l.greeted {
		return nil, nil // the server itself speaks
	}
	l.people[fold(in.nick())] = in.address()
	if rest, ok := strings.CutPrefix(text, "\x01"); ok {
		action, is := strings.CutPrefix(strings.TrimSuffix(rest, "\x01"), "ACTION ")
		if !is {
			return nil, nil // asks our program, not us
		}
		text = "* " + in.nick() + " " + action
	}
	target = strings.TrimLeft(target, l.ranks) // to the operators only
	e := s.event(in, community.MessageCreated, target)
	if !isChannel(target) {
		e.Group, e.Private = community.Ref{ID: l.id(in.nick()), Name: in.nick()}, true
	}
	e.Actor = s.who(l, target, in.nick())
	e.Body.Text, e.Body.Message = clip(plain(text)), in.Tags["msgid"]
	if e.Body.Message == "" {
		e.Body.Message = e.Key
	} else {
		e.Key = "m" + e.Body.Message
	}
	return []connect.Inbound{e}, nil
}

func clip(text string) string {
	if len(text) > community.MaxText {
		return strings.ToValidUTF8(text[:community.MaxText], "")
	}
	return text
}

func (s *Session) onJoin(l *link, in Line) ([]connect.Inbound, error) {
	name := in.param(0)
	if in.nick() == "" || !isChannel(name) {
		return nil, community.Errorf(community.CodeBadInput, "JOIN without a nick or a channel")
	}
	if in.address() != "" {
		l.people[fold(in.nick())] = in.address()
	}
	if fold(in.nick()) == fold(l.nick) {
		l.address = in.address()
		l.channels[fold(name)] = &room{name: name, members: map[string]*seat{}}
		return nil, nil
	}
	room := l.channels[fold(name)]
	if room == nil {
		return nil, nil
	}
	room.members[fold(in.nick())] = &seat{nick: in.nick()}
	e := s.event(in, community.MemberJoined, room.name)
	e.Actor = s.who(l, name, in.nick())
	e.Body.Scene = community.Presence
	return []connect.Inbound{e}, nil
}

func (s *Session) onPart(l *link, in Line) ([]connect.Inbound, error) {
	room := l.channels[fold(in.param(0))]
	if room == nil {
		return nil, nil
	}
	if fold(in.nick()) == fold(l.nick) {
		delete(l.channels, fold(in.param(0)))
		return nil, nil
	}
	return s.gone(l, in, room), nil
}

func (s *Session) onQuit(l *link, in Line) ([]connect.Inbound, error) {
	var out []connect.Inbound
	for _, name := range sorted(l.channels) {
		if room := l.channels[name]; room.members[fold(in.nick())] != nil {
			out = append(out, s.gone(l, in, room)...)
		}
	}
	delete(l.ids, fold(in.nick()))
	delete(l.people, fold(in.nick()))
	return out, nil
}

func (s *Session) gone(l *link, in Line, room *room) []connect.Inbound {
	e := s.event(in, community.MemberLeft, room.name)
	e.Actor = s.who(l, room.name, in.nick())
	e.Body.Reason = community.Presence
	delete(room.members, fold(in.nick()))
	return []connect.Inbound{e}
}

func sorted(rooms map[string]*room) []string {
	names := make([]string, 0, len(rooms))
	for name := range rooms {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (s *Session) onKick(l *link, in Line) ([]connect.Inbound, error) {
	room, nick := l.channels[fold(in.param(0))], in.param(1)
	if room == nil || nick == "" {
		return nil, nil
	}
	e := s.event(in, community.MemberLeft, room.name)
	e.Actor = s.who(l, room.name, nick)
	e.Subject, e.By = e.Actor, s.who(l, room.name, in.nick())
	e.Body.Reason, e.Body.Text = "kicked", clip(plain(in.param(2)))
	delete(room.members, fold(nick))
	if fold(nick) == fold(l.nick) {
		delete(l.channels, fold(in.param(0)))
	}
	return []connect.Inbound{s.caused(e, "kick")}, nil
}

// after reports what happened to ourselves, once its event is on its way.
func (s *Session) after(l *link, in Line) error {
	s.mu.Lock()
	ours := in.Command == "KICK" && fold(in.param(1)) == fold(l.nick)
	s.mu.Unlock()
	if ours {
		who, where := clipped(in.nick()), clipped(in.param(0))
		s.report("online", connect.Trouble(community.CodeRefused, who+" 把我们踢出了 "+where+"。请与对方说好，再暂停并恢复连接。",
			who+" threw us out of "+where+": settle it with them, then pause and resume the connection"))
	}
	if in.Command == "JOIN" && fold(in.nick()) == fold(l.nick) {
		name := word(in.param(0))
		return l.write("WHO "+name, "MODE "+name, "PING :"+joined+name) // with the PONG we know all of it
	}
	return nil
}

func (s *Session) onNick(l *link, in Line) ([]connect.Inbound, error) {
	old, now := fold(in.nick()), in.param(0)
	if now == "" {
		return nil, community.Errorf(community.CodeBadInput, "NICK without a nick")
	}
	if old == fold(l.nick) {
		l.nick = now
	}
	id := l.id(in.nick())
	delete(l.ids, old)
	if id != fold(now) && fold(now) != fold(l.nick) {
		l.ids[fold(now)] = id
	}
	if address, ok := l.people[old]; ok {
		delete(l.people, old)
		l.people[fold(now)] = address
	}
	var out []connect.Inbound
	for _, name := range sorted(l.channels) {
		room := l.channels[name]
		at := room.members[old]
		if at == nil {
			continue
		}
		delete(room.members, old)
		at.nick = now
		room.members[fold(now)] = at
		e := s.event(in, community.MemberUpdated, room.name)
		e.Actor = s.who(l, room.name, now)
		out = append(out, e)
	}
	return out, nil
}

// onMode reads what is set and unset in a channel: ranks, mutes, silence for all.
func (s *Session) onMode(l *link, in Line) ([]connect.Inbound, error) {
	room := l.channels[fold(in.param(0))]
	if room == nil || len(in.Params) < 2 {
		return nil, nil
	}
	var out []connect.Inbound
	rest, set := in.Params[2:], true
	for _, mode := range in.param(1) {
		if mode == '+' || mode == '-' {
			set = mode == '+'
			continue
		}
		arg := ""
		if takes := strings.ContainsRune(l.rankModes+l.lists+l.always, mode) || set && strings.ContainsRune(l.onSet, mode); takes && len(rest) > 0 {
			arg, rest = rest[0], rest[1:]
		}
		if e, ok := s.moded(l, room, in, mode, set, arg); ok {
			out = append(out, e)
		}
	}
	return out, nil
}

func (s *Session) moded(l *link, room *room, in Line, mode rune, set bool, arg string) (connect.Inbound, bool) {
	if i := strings.IndexRune(l.rankModes, mode); i >= 0 {
		return s.ranked(l, room, in, l.ranks[i:i+1], set, arg)
	}
	switch {
	case mode == 'm':
		room.moderated = set
		e := s.event(in, community.GroupUpdated, room.name)
		e.Actor = s.who(l, room.name, in.nick())
		e.By = e.Actor
		e.Body.Data = json.RawMessage(`{"mute_all":` + map[bool]string{true: "true", false: "false"}[set] + `}`)
		return e, true
	case mode == 't':
		room.locked = set
	case mode == l.muteMode() && arg != "":
		return s.masked(l, room, in, set, arg)
	}
	return connect.Inbound{}, false
}

func (s *Session) ranked(l *link, room *room, in Line, sign string, set bool, nick string) (connect.Inbound, bool) {
	at := room.members[fold(nick)]
	if at == nil {
		return connect.Inbound{}, false
	}
	before := roleOf(at.rank)
	at.rank = strings.ReplaceAll(at.rank, sign, "")
	if set {
		at.rank += sign
	}
	if roleOf(at.rank) == before {
		return connect.Inbound{}, false
	}
	e := s.event(in, community.MemberUpdated, room.name)
	e.Actor = s.who(l, room.name, nick)
	e.Subject, e.By = e.Actor, s.who(l, room.name, in.nick())
	e.Body.Role = roleOf(at.rank)
	return e, true
}

// masked is a mute or its end, if the mask is that of somebody here.
func (s *Session) masked(l *link, room *room, in Line, set bool, mask string) (connect.Inbound, bool) {
	for _, nick := range sortedSeats(room.members) {
		if !slices.ContainsFunc(l.masks(nick), func(ours string) bool { return strings.EqualFold(ours, mask) }) {
			continue
		}
		e := s.event(in, community.MemberMuted, room.name)
		e.Actor = s.who(l, room.name, room.members[nick].nick)
		e.Subject, e.By = e.Actor, s.who(l, room.name, in.nick())
		if set {
			e.Body.Seconds = 366 * 86400 // it has no end of its own
		}
		return s.caused(e, map[bool]string{true: "mute", false: "unmute"}[set]), true
	}
	return connect.Inbound{}, false
}

func sortedSeats(seats map[string]*seat) []string {
	names := make([]string, 0, len(seats))
	for name := range seats {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// muteMode is the list that silences: q where it is one, else b.
func (l *link) muteMode() rune {
	if strings.ContainsRune(l.lists, 'q') && !strings.ContainsRune(l.rankModes, 'q') {
		return 'q'
	}
	return 'b'
}

// masks are those that we use for a member, the best first: user and host, so that another nick does not help.
func (l *link) masks(nick string) []string {
	masks := []string{nick + "!*@*"}
	if address := l.people[fold(nick)]; address != "" && !strings.ContainsAny(address, "*? ") {
		masks = append([]string{"*!" + address}, masks...)
	}
	return masks
}

func (s *Session) onTopic(l *link, in Line) ([]connect.Inbound, error) {
	room := l.channels[fold(in.param(0))]
	if room == nil {
		return nil, nil
	}
	e := s.event(in, community.GroupUpdated, room.name)
	e.Actor = s.who(l, room.name, in.nick())
	data, err := json.Marshal(map[string]string{"notice": clip(plain(in.param(1)))})
	e.Body.Data = data
	return []connect.Inbound{e}, err
}

// caused names the action of ours behind an event.
func (s *Session) caused(e connect.Inbound, what string) connect.Inbound {
	if e.By.Role == community.RoleSelf {
		e.Body.Caused = s.echoes.Take(what + ":" + e.Group.ID + ":" + e.Actor.ID)
	}
	return e
}

// onNames gathers who is in a channel.
func (s *Session) onNames(l *link, in Line) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	room := l.channels[fold(in.param(2))]
	if room == nil {
		return nil
	}
	if room.listing == nil {
		room.listing = map[string]*seat{}
	}
	for _, one := range strings.Fields(in.last()) {
		name := strings.TrimLeft(one, l.ranks)
		rank := one[:len(one)-len(name)]
		name, address, _ := strings.Cut(name, "!")
		if address != "" {
			l.people[fold(name)] = address
		}
		room.listing[fold(name)] = &seat{nick: name, rank: rank}
	}
	return nil
}

func (s *Session) onNamesEnd(l *link, in Line) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if room := l.channels[fold(in.param(1))]; room != nil && room.listing != nil {
		room.members, room.listing = room.listing, nil
	}
	return nil
}

func (s *Session) onWho(l *link, in Line) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(in.Params) >= 6 {
		l.people[fold(in.param(5))] = in.param(2) + "@" + in.param(3)
	}
	return nil
}

func (s *Session) onModes(l *link, in Line) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if room := l.channels[fold(in.param(1))]; room != nil {
		room.moderated = strings.Contains(in.param(2), "m")
		room.locked = strings.Contains(in.param(2), "t")
	}
	return nil
}
