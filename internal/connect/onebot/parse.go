package onebot

import (
	"encoding/json"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/onebot/wire"
)

// MaxFrame bounds an event's frame, in bytes. Larger ones are refused, the connection is kept.
const MaxFrame = 1 << 20

// Kind says what a frame is.
type Kind int

// Kinds of frames.
const (
	Ignored   Kind = iota // understood, but of no interest here (honours, friend requests, typing)
	Event                 // something happened: the Inbound
	Heartbeat             // the implementation is alive
	Lifecycle             // the connection was established
	Answer                // to a call of ours
	Offline               // the platform threw our account out or restricted it
)

// Parse reads one frame. It is pure and keeps no part of the frame. Only with Kind Event the Inbound is filled; its Key
// is the message id, a request's flag, or for notices, which have no id, time:notice_type:group:user:operator and the
// message id if there is one. CodeTooLarge and CodeBadInput say why a frame was refused, without repeating it.
func Parse(data []byte) (connect.Inbound, Kind, error) {
	var f frame
	err := decode(data, &f)
	return f.in, f.kind, err
}

// frame is all that a connection needs of a frame.
type frame struct {
	kind     Kind
	in       connect.Inbound
	self     string
	selfRole community.Role // our rank in the group, when the frame tells
	quoted   bool           // ids come as strings here
	interval int64          // heartbeat: ms
	online   bool           // heartbeat: the account is logged in
	detail   string         // offline: the platform's words
	answer   answer
}

// answer is the answer to a call.
type answer struct {
	echo    string // JSON, as it came
	status  string
	retcode int64
	words   string
	data    json.RawMessage
}

// decode reads a frame into f, which is empty. What readFast takes is a message, and goes without the table of
// meanings: what is called through a table must live on the heap.
func decode(data []byte, f *frame) (err error) {
	if len(data) > MaxFrame {
		return community.Errorf(community.CodeTooLarge, "frame of %d bytes, at most %d", len(data), MaxFrame)
	}
	var n note
	if !readFast(data, &n) {
		*f, err = decodeSlow(data)
		return err
	}
	n.begin(f)
	if err := n.groupMessage(f); err != nil {
		*f = frame{}
		return err
	}
	f.kind = Event
	f.names()
	return nil
}

// note is a frame that has a post_type, as both decoders give it.
type note struct {
	time                            int64
	self, message, group, user      string
	groupName                       string
	nickname, card, role            string
	postType, kind, subType         string // kind: message_type, notice_type or request_type
	quoted                          bool
	parts                           []wire.Part
	listed                          bool // the fast decoder saw the list of parts: used of them are in room, or all in parts
	used                            int
	room                            [4]wire.Part
	operator, target, flag, comment string
	duration                        int64
	cardNew, cardOld, words         string
	fileName, fileID, fileURL       string
	emoji                           string // of a reaction
	taken                           bool   // reaction: it was taken back
}

// list is the parts, wherever they are.
func (n *note) list() []wire.Part {
	if n.parts == nil {
		return n.room[:n.used]
	}
	return n.parts
}

// begin fills in what all kinds of events have.
func (n *note) begin(f *frame) {
	f.self, f.quoted = n.self, n.quoted
	f.in.OccurredAt = millis(n.time)
	f.in.Group = community.Ref{ID: n.group, Name: n.groupName}
}

// frame turns a note into what it means, by its post_type and kind.
func (n *note) frame() (frame, error) {
	var f frame
	n.begin(&f)
	meaning, ok := meanings[sort{n.postType, n.kind}]
	if !ok {
		if n.postType == "" {
			return f, community.Errorf(community.CodeBadInput, "frame has neither post_type nor echo")
		}
		return f, nil
	}
	f.kind = Event
	if err := meaning(n, &f); err != nil {
		return frame{}, err
	}
	f.names()
	return f, nil
}

// names puts the actor's names into the body.
func (f *frame) names() {
	in := &f.in
	in.Body.Name, in.Body.Card, in.Body.Role = in.Actor.Name, in.Actor.Card, in.Actor.Role
}

// size is about how many bytes of words a message needs.
func (n *note) size() int {
	size := len(n.self) + len(n.group) + len(n.groupName) + len(n.message) + len(n.user) + len(n.nickname) + len(n.card)
	list := n.list()
	for i := range list {
		p := &list[i]
		size += 2*(len(p.Text)+len(p.Name)) + 3*len(p.QQ) + len(p.ID) + len(p.URL)
	}
	return size + 16
}

// sort is a note's post_type and kind.
type sort struct{ postType, kind string }

// meanings says what each post_type.kind means to us; the others are ignored.
var meanings = map[sort]func(*note, *frame) error{
	{"message", "group"}:         (*note).groupMessage,
	{"message_sent", "group"}:    (*note).groupMessage,
	{"message", "private"}:       (*note).privateMessage,
	{"message_sent", "private"}:  (*note).privateMessage,
	{"notice", "group_increase"}: (*note).increase,
	{"notice", "group_decrease"}: (*note).decrease,
	{"notice", "group_ban"}:      (*note).ban,
	{"notice", "group_recall"}:   (*note).recall,
	{"notice", "group_admin"}:    (*note).admin,
	{"notice", "group_card"}:     (*note).cardChange,
	{"notice", "group_upload"}:   (*note).upload,
	{"notice", "essence"}:        (*note).essence,
	{"notice", "notify"}:         (*note).notify,

	{"notice", "group_msg_emoji_like"}: (*note).reaction,
	{"notice", "bot_offline"}:          (*note).offline,
	{"request", "group"}:               (*note).request,
}

func (n *note) groupMessage(f *frame) error {
	if n.group == "" || n.user == "" || n.message == "" {
		return missing("group_id, user_id or message_id")
	}
	own := make(wire.Words, 0, n.size())
	own.Keep(&f.self, &f.in.Group.ID, &f.in.Group.Name, &n.message, &n.user, &n.nickname, &n.card)
	in := &f.in
	in.Type, in.Key, in.Body.Message = community.MessageCreated, n.message, n.message
	if n.subType == "notice" {
		in.Type = community.SystemText
	}
	in.Actor = n.sender()
	if in.Actor.Role == community.RoleSelf {
		f.selfRole = rank(n.role)
	}
	wire.Compose(&own, n.list(), &in.Body)
	return nil
}

func (n *note) privateMessage(f *frame) error {
	if n.user == "" || n.message == "" {
		return missing("user_id or message_id")
	}
	in := &f.in
	in.Type, in.Key, in.Body.Message = community.MessageCreated, n.message, n.message
	in.Private, in.Group = true, community.Ref{}
	in.Actor = n.sender()
	wire.Compose(new(wire.Words), n.parts, &in.Body)
	return nil
}

func (n *note) increase(f *frame) error {
	f.in.Type = community.MemberJoined
	f.in.Body.Scene = map[string]string{"approve": "request", "invite": "invite"}[n.subType]
	return n.about(f)
}

func (n *note) decrease(f *frame) error {
	f.in.Type = community.MemberLeft
	f.in.Body.Reason = "unknown"
	switch n.subType {
	case "leave":
		f.in.Body.Reason, n.operator = "left", ""
	case "kick":
		f.in.Body.Reason = "kicked"
	case "kick_me":
		f.in.Body.Reason, n.user = "kicked", n.self
	}
	return n.about(f)
}

func (n *note) ban(f *frame) error {
	if isNobody(n.user) {
		f.in.Type = community.GroupUpdated
		f.in.Actor, f.in.By = n.who(n.operator), n.who(n.operator)
		f.in.Body.Data = json.RawMessage(`{"mute_all":` + strconv.FormatBool(n.subType != "lift_ban") + `}`)
		return n.named(f)
	}
	f.in.Type = community.MemberMuted
	if n.subType != "lift_ban" {
		f.in.Body.Seconds = max(n.duration, 0)
	}
	if n.user == n.self && f.in.Body.Seconds > 0 {
		f.detail = "muted"
	}
	return n.about(f)
}

func (n *note) recall(f *frame) error {
	if n.message == "" {
		return missing("message_id")
	}
	f.in.Type, f.in.Body.Message = community.MessageDeleted, n.message
	f.in.Actor = n.who(n.user)
	if !isNobody(n.operator) && n.operator != n.user {
		f.in.Actor, f.in.Subject = n.who(n.operator), n.who(n.user)
	}
	return n.named(f)
}

func (n *note) admin(f *frame) error {
	f.in.Type = community.MemberUpdated
	n.role = map[string]string{"set": "admin", "unset": "member"}[n.subType]
	if err := n.about(f); err != nil {
		return err
	}
	if n.user == n.self {
		f.selfRole = rank(n.role)
		return nil
	}
	f.in.Actor.Role, f.in.Subject.Role = rank(n.role), rank(n.role)
	return nil
}

func (n *note) cardChange(f *frame) error {
	f.in.Type = community.MemberUpdated
	f.in.Body.Data, _ = json.Marshal(map[string]string{"card_new": n.cardNew, "card_old": n.cardOld}) // always encodes
	err := n.about(f)
	f.in.Actor.Card = n.cardNew
	return err
}

func (n *note) upload(f *frame) error {
	f.in.Type = community.MessageCreated
	f.in.Actor = n.who(n.user)
	wire.Compose(new(wire.Words), []wire.Part{{Kind: "file", Name: n.fileName, URL: n.fileURL}}, &f.in.Body)
	n.message = n.fileID // two files may come in one second
	return n.named(f)
}

func (n *note) essence(f *frame) error {
	f.in.Type = community.GroupUpdated
	f.in.Actor, f.in.By = n.who(n.operator), n.who(n.operator)
	f.in.Body.Reason, f.in.Body.Message = "essence_"+n.subType, n.message
	return n.named(f)
}

// reaction is a sign put on a message, an extension of some implementations.
func (n *note) reaction(f *frame) error {
	if n.message == "" || n.emoji == "" {
		return missing("message_id or likes")
	}
	f.in.Type = community.ReactionAdded
	if n.taken {
		f.in.Type = community.ReactionRemoved
	}
	f.in.Actor, f.in.Body.Message, f.in.Body.Text = n.who(n.user), n.message, n.emoji
	if err := n.named(f); err != nil {
		return err
	}
	f.in.Key += ":" + n.emoji
	return nil
}

// notify is many small things, of which only a poke in a group is told.
func (n *note) notify(f *frame) error {
	if n.subType != "poke" || isNobody(n.group) {
		f.kind, f.in = Ignored, connect.Inbound{}
		return nil
	}
	f.in.Type = community.MessageCreated
	f.in.Actor = n.who(n.user)
	f.in.Body.Class, f.in.Body.Text = community.Poke, "[戳一戳] @"+n.target
	if n.operator == "" {
		n.operator = n.target
	}
	return n.named(f)
}

func (n *note) offline(f *frame) error {
	f.kind, f.in, f.detail = Offline, connect.Inbound{}, n.words
	return nil
}

func (n *note) request(f *frame) error {
	if n.flag == "" || isNobody(n.group) {
		return missing("flag or group_id")
	}
	in := &f.in
	in.Type, in.Actor = community.JoinRequested, n.who(n.user)
	in.Body.Scene, in.Body.Message, in.Body.Text = "request", "add:"+n.flag, community.Clip(n.comment)
	if n.subType == "invite" {
		in.Body.Scene, in.Body.Message, in.Subject = "invite", "invite:"+n.flag, n.who(n.self)
	}
	in.Key = in.Body.Message
	return nil
}

// about fills a notice that concerns the member user and was brought about by operator.
func (n *note) about(f *frame) error {
	if isNobody(n.user) {
		return missing("user_id")
	}
	f.in.Actor = n.who(n.user)
	if !isNobody(n.operator) && n.operator != n.user {
		f.in.By = n.who(n.operator)
		if f.in.Type != community.MemberJoined {
			f.in.Subject = f.in.Actor
		}
	}
	return n.named(f)
}

// named gives a notice its key.
func (n *note) named(f *frame) error {
	if isNobody(n.group) {
		return missing("group_id")
	}
	parts := []string{strconv.FormatInt(n.time, 10), n.kind, n.group, n.user, n.operator}
	if n.message != "" {
		parts = append(parts, n.message)
	}
	f.in.Key = strings.Join(parts, ":")
	return nil
}

func (n *note) sender() community.Who {
	who := community.Who{ID: n.user, Name: n.nickname, Card: n.card, Role: rank(n.role)}
	if n.user == n.self || n.postType == "message_sent" {
		who.Role = community.RoleSelf
	}
	return who
}

func (n *note) who(id string) community.Who {
	if isNobody(id) {
		return community.Who{}
	}
	if id == n.self {
		return community.Who{ID: id, Role: community.RoleSelf}
	}
	return community.Who{ID: id}
}

func rank(role string) community.Role {
	switch role {
	case "owner":
		return community.RoleOwner
	case "admin", "administrator":
		return community.RoleAdmin
	case "member":
		return community.RoleMember
	}
	return community.RoleNone
}

func isNobody(id string) bool { return id == "" || id == "0" }

// millis takes seconds, as the protocol says, or milliseconds, as some bridges send.
func millis(t int64) int64 {
	if t > 100_000_000_000 {
		return t
	}
	return t * 1000
}

func missing(what string) error {
	return community.Errorf(community.CodeBadInput, "frame without %s", what)
}
