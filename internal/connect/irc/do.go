package irc

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

const (
	maxPieces   = 12 // lines that one message may take
	lessonLives = 6 * time.Hour
)

// recipe says how a verb becomes lines, and what it needs.
type recipe struct {
	member, text bool
	op           bool // only a channel operator can
	lines        func(o *order) ([]string, error)
}

var recipes = map[community.Verb]recipe{
	community.Send:     {text: true, lines: (*order).send},
	community.Mute:     {member: true, op: true, lines: (*order).mute},
	community.Unmute:   {member: true, op: true, lines: (*order).unmute},
	community.Remove:   {member: true, op: true, lines: (*order).remove},
	community.MuteAll:  {op: true, lines: (*order).muteAll},
	community.Announce: {text: true, op: true, lines: (*order).announce},
}

// notes say why the rest cannot be.
var notes = map[community.Verb]string{
	community.RecallMsg: "what was said on IRC stays said", community.SetCard: "a nick belongs to its bearer", community.Rename: "a channel's name is its identity",
	community.Invite: "an IRC address carries no mark; invite by hand, or give the channel's name", community.Approve: "IRC knows no requests to join",
	community.Essence: "IRC keeps no messages",
}

func declared(rate int) map[community.Verb]community.Ability {
	verbs := make(map[community.Verb]community.Ability, len(recipes)+len(notes)+1)
	for v := range recipes {
		verbs[v] = community.Ability{Level: community.Native, Evidence: "declared"}
	}
	for v, why := range notes {
		verbs[v] = community.Ability{Level: community.None, Evidence: "declared", Note: why}
	}
	verbs[community.Send] = community.Ability{Level: community.Native, Evidence: "declared", Rate: rate}
	verbs[community.ListMember] = community.Ability{Level: community.Native, Evidence: "declared", Note: "who is in the channel now"}
	return verbs
}

// Abilities is what our own sign in a channel (@, +) allows, as the server shows it.
func (s *Session) Abilities(group string) connect.Abilities {
	verbs := declared(s.rate)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.link != nil && s.link.online && group != "" {
		s.lower(verbs, s.link, s.link.channels[fold(group)])
	}
	for verb, at := range s.learned {
		if time.Since(at) < lessonLives {
			verbs[verb] = community.Ability{Level: community.None, Evidence: "learned", Note: "this server does not know the command", Checked: at.UnixMilli()}
		}
	}
	return connect.Abilities{Verbs: verbs, ReadsAll: true, Presence: true, Media: connect.Media{ByWeb: true}}
}

// lower takes away what our rank in a channel does not allow. The caller holds mu.
func (s *Session) lower(verbs map[community.Verb]community.Ability, l *link, at *room) {
	human := func(v community.Verb, note string) {
		verbs[v] = community.Ability{Level: community.Human, Evidence: "probed", Note: note, Checked: time.Now().UnixMilli()}
	}
	if at == nil {
		for v := range recipes {
			human(v, "our account is not in the channel")
		}
		return
	}
	rank := ""
	if own := at.members[fold(l.nick)]; own != nil {
		rank = own.rank
	}
	op := strings.ContainsAny(rank, "~&@%")
	for v, how := range recipes {
		switch {
		case !how.op:
		case op:
			a := verbs[v]
			a.Evidence, a.Checked = "probed", time.Now().UnixMilli()
			verbs[v] = a
		case v != community.Announce || at.locked:
			human(v, "our account is no operator (@) of the channel")
		}
	}
	if at.moderated && rank == "" {
		human(community.Send, "the channel is moderated (+m) and our account has no voice")
	}
}

// order is an action being carried out on a link.
type order struct {
	a    community.Action
	l    *link
	room *room
	nick string // the member's present nick
	id   string // of the message sent
}

// Do carries an action out. MuteAll with Refuse lifts it. The receipt is acked when the server has worked through the
// lines and refused none. CodeLimited: the budget of lines is used up, nothing was sent.
func (s *Session) Do(ctx context.Context, a community.Action) (connect.Receipt, error) {
	if a.Verb == community.ListMember {
		return s.readRoster(ctx, a)
	}
	how, ok := recipes[a.Verb]
	if !ok {
		return connect.Receipt{}, community.Errorf(community.CodeUnsupported, "IRC cannot do %q", a.Verb)
	}
	if err := complete(a, how); err != nil {
		return connect.Receipt{}, err
	}
	if a.Verb == community.Mute && a.Until > 0 && a.Until <= time.Now().UnixMilli() {
		return connect.Receipt{State: community.Acked, Detail: "the mute's end has passed"}, nil
	}
	o, lines, err := s.prepare(a, how)
	if err != nil {
		return connect.Receipt{}, err
	}
	heard, err := s.command(ctx, o.l, lines)
	if err == nil {
		err = s.judge(a.Verb, heard)
	}
	if err != nil {
		return connect.Receipt{}, err
	}
	receipt := connect.Receipt{State: community.Acked}
	if a.Verb == community.Send {
		receipt.Message = s.said(ctx, o)
	}
	return receipt, nil
}

func complete(a community.Action, how recipe) error {
	lacks := ""
	switch {
	case !isChannel(a.To.Group) || a.To.Group != word(a.To.Group):
		lacks = "channel"
	case how.member && word(a.To.Member) == "":
		lacks = "member"
	case how.text && strings.TrimSpace(a.Text) == "" && len(a.Segments) == 0:
		lacks = "text"
	}
	if lacks == "" {
		return nil
	}
	return community.Errorf(community.CodeBadInput, "%s without a usable %s", a.Verb, lacks)
}

// prepare makes the action's lines from what is known of the channel now.
func (s *Session) prepare(a community.Action, how recipe) (*order, []string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.link == nil || !s.link.online {
		return nil, nil, community.Errorf(community.CodeUnreachable, "not connected")
	}
	o := &order{a: a, l: s.link, room: s.link.channels[fold(a.To.Group)]}
	if o.room == nil {
		return nil, nil, community.Errorf(community.CodeRefused, "our account is not in %s", a.To.Group)
	}
	o.nick = word(o.l.nickOf(a.To.Member))
	if at := o.room.members[fold(o.nick)]; at != nil {
		o.nick = at.nick
	}
	lines, err := how.lines(o)
	if err != nil {
		return nil, nil, err
	}
	for what, verb := range map[string]community.Verb{"mute": community.Mute, "unmute": community.Unmute, "kick": community.Remove} {
		if verb == a.Verb {
			s.echoes.Expect(what+":"+fold(a.To.Group)+":"+a.To.Member, a.ID)
		}
	}
	return o, lines, nil
}

// text is what is said, with pictures and links as addresses.
func (o *order) text() string {
	text := o.a.Text
	if len(o.a.Segments) > 0 {
		var out strings.Builder
		for _, seg := range o.a.Segments {
			switch seg.Kind {
			case "quote":
			case "text", "at_all", "face":
				out.WriteString(seg.Text)
			case "at":
				out.WriteString(o.l.nickOf(seg.Ref))
			default:
				out.WriteString(strings.TrimSpace(seg.Text + " " + seg.Ref))
			}
		}
		text = out.String()
	}
	if o.a.Mention && o.a.To.Member != "" {
		text = o.nick + ": " + text
	}
	return text
}

func (o *order) send() ([]string, error) {
	head := "PRIVMSG " + o.room.name + " :"
	address := o.l.address
	if address == "" {
		address = strings.Repeat("x", 10+1+63)
	}
	parts := pieces(o.text(), maxLine-2-len(":"+o.l.nick+"!"+address+" ")-len(head))
	if len(parts) == 0 {
		return nil, community.Errorf(community.CodeBadInput, "%s without a usable text", o.a.Verb)
	}
	if len(parts) > maxPieces {
		return nil, community.Errorf(community.CodeTooLarge, "the message takes %d lines on IRC, at most %d are sent", len(parts), maxPieces)
	}
	for i := range parts {
		parts[i] = head + parts[i]
	}
	return parts, nil
}

func (o *order) mute() ([]string, error) {
	return []string{fmt.Sprintf("MODE %s +%c %s", o.room.name, o.l.muteMode(), o.l.masks(o.nick)[0])}, nil
}

// unmute takes off every mask that we may have set.
func (o *order) unmute() ([]string, error) {
	masks := o.l.masks(o.nick)
	line := fmt.Sprintf("MODE %s -%s %s", o.room.name, strings.Repeat(string(o.l.muteMode()), len(masks)), strings.Join(masks, " "))
	return []string{line}, nil
}

func (o *order) remove() ([]string, error) {
	kick := fmt.Sprintf("KICK %s %s :%s", o.room.name, o.nick, cutTo(trail(o.a.Text), 200))
	if o.a.Block {
		return []string{fmt.Sprintf("MODE %s +b %s", o.room.name, o.l.masks(o.nick)[0]), kick}, nil
	}
	return []string{kick}, nil
}

func (o *order) muteAll() ([]string, error) {
	return []string{"MODE " + o.room.name + map[bool]string{true: " -m", false: " +m"}[o.a.Refuse]}, nil
}

func (o *order) announce() ([]string, error) {
	text := trail(o.a.Text)
	if len(text) > 300 {
		return nil, community.Errorf(community.CodeTooLarge, "a topic of %d bytes, servers take 300", len(text))
	}
	return []string{"TOPIC " + o.room.name + " :" + text}, nil
}

func cutTo(text string, most int) string {
	if parts := pieces(text, most); len(parts) > 0 {
		return parts[0]
	}
	return ""
}

// command sends lines and a PING, and gives the numerics that came until its PONG.
func (s *Session) command(ctx context.Context, l *link, lines []string) ([]Line, error) {
	s.turn.Lock()
	defer s.turn.Unlock()
	if err := s.wait(ctx, len(lines)+1); err != nil {
		return nil, err
	}
	s.mu.Lock()
	if s.link != l {
		s.mu.Unlock()
		return nil, community.Errorf(community.CodeUnreachable, "the connection is gone before sending")
	}
	s.count++
	c := &call{token: fmt.Sprintf("q%s-%d", s.epoch, s.count), done: make(chan struct{})}
	l.call = c
	s.mu.Unlock()
	if err := l.write(append(slices.Clone(lines), "PING :"+c.token)...); err != nil {
		return nil, community.Errorf(community.CodeTimeout, "perhaps sent: %w", err)
	}
	timer := time.NewTimer(callTimeout)
	defer timer.Stop()
	why := ""
	select {
	case <-c.done:
		return c.heard, nil // the reader lets go of it before
	case <-ctx.Done():
		why = "sent, given up waiting"
	case <-l.ended:
		why = "sent, then the connection was cut"
	case <-timer.C:
		why = "sent, no answer in " + callTimeout.String()
	}
	s.mu.Lock()
	if l.call == c {
		l.call = nil
	}
	s.mu.Unlock()
	return nil, community.Errorf(community.CodeTimeout, "%s", why)
}

// pace is a bucket of lines.
type pace struct {
	perMinute, burst, left float64
	at                     time.Time
}

// wait takes lines from the budget; when they would come too late, CodeLimited and nothing is taken.
func (s *Session) wait(ctx context.Context, lines int) error {
	s.mu.Lock()
	now := time.Now()
	p := &s.pace
	p.left = min(p.burst, p.left+now.Sub(p.at).Minutes()*p.perMinute)
	p.at = now
	short := time.Duration((float64(lines) - p.left) / p.perMinute * float64(time.Minute))
	if short > callTimeout {
		s.mu.Unlock()
		return community.Errorf(community.CodeLimited, "over %d lines a minute", s.rate)
	}
	p.left -= float64(lines)
	s.mu.Unlock()
	if short > 0 && !connect.Sleep(ctx, short) {
		return community.Errorf(community.CodeUnreachable, "given up before sending")
	}
	return nil
}

// refusals are the numerics by which a server says no.
var refusals = map[string]struct {
	code community.Code
	text string
}{
	"401": {community.CodeRefused, "nobody of that nick is there"}, "403": {community.CodeRefused, "there is no such channel"},
	"404": {community.CodeRefused, "our account may not speak there"}, "407": {community.CodeRefused, "too many targets"},
	"421": {community.CodeUnsupported, "the server does not know the command"}, "441": {community.CodeRefused, "the member is not in the channel"},
	"442": {community.CodeRefused, "our account is not in the channel"}, "461": {community.CodeBadInput, "the command lacks something"},
	"467": {community.CodeRefused, "a key is set already"}, "472": {community.CodeUnsupported, "the server does not know the mode"},
	"478": {community.CodeRefused, "the channel's list is full: take old bans off"}, "481": {community.CodeRefused, "that takes an operator of the server"},
	"482": {community.CodeRefused, "our account is no operator of the channel"}, "484": {community.CodeRefused, "the member is protected"},
	"263": {community.CodeLimited, "the server asks to try later"}, "439": {community.CodeLimited, "the server asks to try later"},
}

// judge looks for a refusal among what was heard, and learns from it.
func (s *Session) judge(verb community.Verb, heard []Line) error {
	for _, in := range heard {
		no, ok := refusals[in.Command]
		if !ok {
			continue
		}
		if no.code == community.CodeUnsupported {
			s.learn(verb, true)
		}
		return community.Errorf(no.code, "%s: %s (%s %s)", verb, no.text, in.Command, s.hush(clipped(in.last())))
	}
	s.learn(verb, false)
	return nil
}

func (s *Session) learn(verb community.Verb, missing bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if missing {
		s.learned[verb] = time.Now()
		return
	}
	delete(s.learned, verb)
}

// said lets what we said come back as an event: servers do not echo it.
func (s *Session) said(ctx context.Context, o *order) string {
	s.mu.Lock()
	e := s.event(Line{}, community.MessageCreated, o.room.name)
	e.Actor = community.Who{ID: s.selfID(o.l), Name: o.l.nick, Role: community.RoleSelf}
	e.Body = community.Body{Text: clip(o.text()), Message: e.Key, Caused: o.a.ID}
	s.mu.Unlock()
	_ = s.feed.Put(ctx, e) // else only the record lacks it: the receipt says that it was sent
	return e.Body.Message
}

// Members reads who is in a channel now. It is presence: who is not there has not left for that.
func (s *Session) Members(ctx context.Context, group string) ([]community.Who, error) {
	s.mu.Lock()
	l := s.link
	ready := l != nil && l.online
	inside := ready && l.channels[fold(group)] != nil
	s.mu.Unlock()
	switch {
	case !ready:
		return nil, community.Errorf(community.CodeUnreachable, "not connected")
	case !inside:
		return nil, community.Errorf(community.CodeNotFound, "our account is not in that channel")
	}
	heard, err := s.command(ctx, l, []string{"NAMES " + word(group)})
	if err == nil {
		err = s.judge(community.ListMember, heard)
	}
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	at := l.channels[fold(group)]
	if at == nil || !slices.ContainsFunc(heard, func(in Line) bool { return in.Command == "366" }) {
		return nil, community.Errorf(community.CodeConflict, "the list of names has no end")
	}
	list := make([]community.Who, 0, len(at.members))
	for _, nick := range sortedSeats(at.members) {
		list = append(list, s.who(l, group, at.members[nick].nick))
	}
	return list, nil
}

// Groups tells which channels we are in.
func (s *Session) Groups(context.Context) ([]community.Ref, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.link == nil || !s.link.online {
		return nil, community.Errorf(community.CodeUnreachable, "not connected")
	}
	refs := make([]community.Ref, 0, len(s.link.channels))
	for _, name := range sorted(s.link.channels) {
		refs = append(refs, community.Ref{ID: name, Name: s.link.channels[name].name})
	}
	return refs, nil
}

// readRoster is ListMember: the list comes as an event.
func (s *Session) readRoster(ctx context.Context, a community.Action) (connect.Receipt, error) {
	people, err := s.Members(ctx, a.To.Group)
	if err != nil {
		return connect.Receipt{}, err
	}
	data, err := json.Marshal(people)
	if err != nil {
		return connect.Receipt{}, err
	}
	s.mu.Lock()
	e := s.event(Line{}, community.RosterRead, a.To.Group)
	s.mu.Unlock()
	e.Body = community.Body{Data: data, Caused: a.ID, Scene: community.Presence}
	if err := s.feed.Put(ctx, e); err != nil {
		return connect.Receipt{}, community.Errorf(community.CodeUnreachable, "list read, no room for it: %w", err)
	}
	return connect.Receipt{State: community.Confirmed}, nil
}
