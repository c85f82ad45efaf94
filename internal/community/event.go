package community

import (
	"encoding/json"
	"unicode/utf8"
)

// Type is the wire name of a kind of event: the same in Go, SQL, JSON and the API.
type Type string

// Types of events.
const (
	MessageCreated    Type = "message.created"
	MessageEdited     Type = "message.edited"
	MessageDeleted    Type = "message.deleted" // a recall; Body.Message names the message
	MemberJoined      Type = "member.joined"   // Body.Scene, Body.State, Body.By (inviter)
	MemberLeft        Type = "member.left"     // Body.Reason: left, kicked or unknown; Body.By (operator)
	MemberUpdated     Type = "member.updated"  // name, card or role
	MemberMuted       Type = "member.muted"    // Body.Seconds; 0 = lifted
	MemberMarked      Type = "member.marked"   // by a person of ours: Body.Role is the mark (see Member.Mark), Body.Source who said so, Body.Reason why
	MemberInvited     Type = "member.invited"
	JoinRequested     Type = "join_request.created" // Body.Message = the platform's flag, Body.Text = comment
	JoinHandled       Type = "join_request.handled"
	GroupUpdated      Type = "group.updated"
	RosterRead        Type = "roster.read" // Body.Data: []Who, the full list at one instant
	ActionReceipt     Type = "action.receipt"
	TimerFired        Type = "timer.fired"
	MediaRead         Type = "media.read"         // what stands in a message's pictures: Body.Text; Body.Message names the message, Body.Data is a Reading
	RulebookPublished Type = "rulebook.published" // Body.Data: the whole rulebook
	PersonDecided     Type = "person.decided"     // Body.Data: a PersonDecision
	ImportUndone      Type = "import.undone"
	GroupMerged       Type = "group.merged_into"
	GroupMoved        Type = "group.moved" // the platform calls the same group by another id from now on: Body.State
	SystemText        Type = "system.text" // a platform's sentence that was not understood
	GroupCreated      Type = "group.created"
	GroupDissolved    Type = "group.dissolved"
	ReactionAdded     Type = "reaction.added" // Body.Message names the message, Body.Text the sign
	ReactionRemoved   Type = "reaction.removed"
	FollowerAdded     Type = "follower.added" // of an account, on its desk; Body.Scene, Body.State (the code's mark)
	FollowerRemoved   Type = "follower.removed"
	MenuClicked       Type = "menu.clicked"   // Body.State = the entry's key, Body.Text = what it says or where it leads
	Scanned           Type = "scan"           // of a code by somebody already there; Body.State = the code's mark
	AccountOnline     Type = "account.online" // the account's own state, on its desk or in a group
	AccountOffline    Type = "account.offline"
	AccountMuted      Type = "account.muted"
	AccountRestricted Type = "account.restricted"
	AccountDisplaced  Type = "account.displaced" // somebody else took the account's one place
)

// Origin says how an event reached us.
type Origin int8

// Origins. Unofficial is live, told by a gateway that is not the platform's own: its word cannot be proved, and nothing
// that cannot be taken back may follow from it unasked.
const (
	OriginLive       Origin = 0
	OriginImport     Origin = 1
	OriginSim        Origin = 2
	OriginUnofficial Origin = 3
)

// String is the word used in JSON and on pages.
func (o Origin) String() string { return [...]string{"live", "import", "sim", "unofficial"}[o] }

// Mark qualifies an event's time.
type Mark int8

// Marks. Late: At lies after occurred_at because the group had already moved on; such an event is judged by its content
// and not counted in flood windows. Skewed: the platform's clock ran ahead of ours.
const (
	OnTime Mark = 0
	Late   Mark = 1
	Skewed Mark = 2
)

// Class is the kind of content of a message. The numbers are those of ChatLab v0.0.2.
type Class int16

// Classes of message content.
const (
	Text     Class = 0
	Image    Class = 1
	Voice    Class = 2
	Video    Class = 3
	File     Class = 4
	Sticker  Class = 5
	Link     Class = 7
	Location Class = 8
	RedPack  Class = 20
	Transfer Class = 21
	Poke     Class = 22
	Call     Class = 23
	Share    Class = 24
	Reply    Class = 25
	Forward  Class = 26
	Card     Class = 27
	System   Class = 80
	Recalled Class = 81
	Other    Class = 99
)

// Rough is the kind of content as far as programs agree on it that export the same chat: one calls a quotation a text,
// another a reply.
func (c Class) Rough() Class {
	switch c {
	case Reply:
		return Text
	case Sticker:
		return Image
	case Share, Forward, Card, Location, File, RedPack, Transfer:
		return Link
	}
	return c
}

// Segment is a part of a message. Kinds: text, at, at_all, image, audio, video, file, link, app (mini program), face, quote,
// card, unknown.
type Segment struct {
	Kind string          `json:"kind"`
	Text string          `json:"text,omitempty"` // shown text; for at: the shown name
	Ref  string          `json:"ref,omitempty"`  // at: platform id; image, file, link: address; app: that of its picture; quote: message id
	Raw  json.RawMessage `json:"raw,omitempty"`  // unknown kinds as they came; app: its appid, page and title
	// Expires is until when the address is good, UTC ms; 0 = not known.
	Expires int64 `json:"expires,omitempty"`
	// File is the content, where it was fetched to be sent; nil = the address is all there is.
	File *Medium `json:"-"`
}

// Body is what an event says. Text lives only here: decisions, cases and tasks keep the event's id and byte offsets.
type Body struct {
	Text     string          `json:"text,omitempty"`     // what a person reads, UTF-8, at most MaxText bytes
	Class    Class           `json:"class,omitempty"`    // messages only
	Message  string          `json:"message,omitempty"`  // the platform's id of the message concerned
	ReplyTo  string          `json:"reply_to,omitempty"` // the platform's id of the message answered
	Name     string          `json:"name,omitempty"`     // the actor's account name at the time
	Card     string          `json:"card,omitempty"`     // the actor's name in the group at the time
	Role     Role            `json:"role,omitempty"`     // the actor's role at the time
	Segments []Segment       `json:"segments,omitempty"` // empty when the message is only text
	Scene    string          `json:"scene,omitempty"`    // join: qr, invite, search, link, request
	State    string          `json:"state,omitempty"`    // join: the code's own mark
	Reason   string          `json:"reason,omitempty"`   // left, kicked, unknown; or a person's words
	Seconds  int64           `json:"seconds,omitempty"`  // mute
	Caused   ID              `json:"caused,omitzero"`    // the action of ours that brought this about
	Low      int64           `json:"low,omitempty"`      // departures known as an interval (Low, occurred_at]
	Source   string          `json:"source,omitempty"`   // where in a file: original type, line
	Removed  []MemberKey     `json:"removed,omitempty"`  // member list: whose asked-for removal it proves, since they are not on it
	Data     json.RawMessage `json:"data,omitempty"`     // anything a type adds, as JSON

	// Elsewhere is what a message was found to be a copy of in the organisation's groups when it came in, newest first. It says
	// what stands in other groups: it leaves by no door but those that ask who may see them, so JSON has none of it.
	Elsewhere []Elsewhere `json:"-"`
}

// Elsewhere is an earlier copy of a message, in its own group or another.
type Elsewhere struct {
	Group GroupKey
	Event int64 // number
	At    int64 // UTC ms
	Who   int   // 0 = the message's own author; others are counted from 1
}

// Completion is Body.Data of a message.edited that completes a message which a copy by hand had cut: which event, and from
// which byte on the words are new.
type Completion struct {
	Event int64 `json:"completes"`
	From  int   `json:"from"`
}

// DraftKept is Body.State of a rulebook.published that leaves the group's draft alone, as when only the mode changes.
const DraftKept = "draft_kept"

// Presence is the Body.Scene of a member.joined and of a roster.read, and the Body.Reason of a member.left, where coming
// and going says who is there and not who belongs (IRC): a first arrival begins a stay, only a removal ends it.
const Presence = "presence"

// MaxText bounds Body.Text, in bytes. Longer messages are cut at a rune and marked by the leaf.
const MaxText = 64 << 10

// Clip cuts a text at MaxText and marks the cut.
func Clip(text string) string {
	const mark = "…"
	if len(text) <= MaxText {
		return text
	}
	end := MaxText - len(mark)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + mark
}

// MaxName bounds names of people and groups, in bytes: longer ones are cut at a rune when they come in.
const MaxName = 512

// Event is a row of a group's log. It is never changed once written.
type Event struct {
	Number     int64 // place in the partition's log; rises with commits, may have holes
	ID         ID
	Group      GroupKey
	Seq        int64 // place in the group's log, from 1, without holes
	Account    AccountKey
	Type       Type
	Origin     Origin
	Mark       Mark
	OccurredAt int64 // the platform's time
	ReceivedAt int64 // ours
	At         int64 // the time decisions use: never runs back within a group
	Actor      MemberKey
	Subject    MemberKey // whom it happened to, when that is not the actor
	By         MemberKey // inviter or operator
	Import     int64     // the import run it came with; 0 = none
	Body       Body
}

// Inbound is an event on its way in: what a leaf, a file or a person says, before the belt gives it number and keys.
type Inbound struct {
	Account    AccountKey // set by the host for leaves
	Type       Type
	Key        string // the source's own id, unique per account and type
	OccurredAt int64  // 0 = the source gives none: the time of receipt
	Group      Ref    // as the platform names it; or GroupKey
	GroupKey   GroupKey
	Actor      Who
	Subject    Who
	By         Who
	ActorKey   MemberKey // for events of our own making
	SubjectKey MemberKey
	Private    bool // a private chat: refused at intake unless switched on
	Unofficial bool // told by a gateway that is not the platform's own; set by the host for leaves
	Body       Body
	Audit      *Audit // written in the same transaction
}

// Audit is a row of the audit trail: who did what to which thing, when, why, before and after.
type Audit struct {
	ID      ID
	Org     OrgKey
	At      int64
	User    string // user id, or "cli", "system"
	Verb    string // "rulebook.publish"
	Subject string // "group:<id>"
	Reason  string
	Before  json.RawMessage
	After   json.RawMessage
}
