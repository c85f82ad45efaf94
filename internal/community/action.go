package community

import "encoding/json"

// Verb is something we can do on a platform.
type Verb string

// Verbs.
const (
	Send       Verb = "message.send"
	RecallMsg  Verb = "message.recall"
	Mute       Verb = "member.mute"
	Unmute     Verb = "member.unmute"
	Remove     Verb = "member.remove"
	Approve    Verb = "join_request.decide"
	SetCard    Verb = "member.set_card"
	MuteAll    Verb = "group.mute_all"
	Announce   Verb = "group.announce"
	Rename     Verb = "group.rename"
	ListMember Verb = "member.list"
	Essence    Verb = "message.essence"  // puts a message on the group's essence shelf (群精华), pins it; Refuse takes it off
	Invite     Verb = "invite.create"    // a code or link to join by; Args: an InviteOrder, Receipt.Data: an InviteMade
	MassSend   Verb = "mass_send.create" // Args: a MassOrder, Receipt.Data: a MassMade
	MassRemind Verb = "mass_send.remind" // asks again the person who must confirm; Message names the mass send
	MassCancel Verb = "mass_send.cancel"

	// What a connection rarely offers and people are asked for. Not among Verbs: no page lists them as abilities.
	Remind    Verb = "member.remind"   // a word to a member in private: Text
	RenewCode Verb = "code.renew"      // the next QR code behind a fixed address, by Until
	Todo      Verb = "person.todo"     // whatever an outside system asks of people: Text, by Until
	OpenNext  Verb = "group.open_next" // the next sub group before this one is full, by Until
)

// TakeOver asks a co-owner to look after a group whose account is lost. It is always a person's work, so it is not among
// Verbs, of which connections say what they can do.
const TakeOver Verb = "group.take_over"

// HandOver asks for a group's ownership to be given to somebody else, where no connection can do that: Text says who to whom.
// MoveOut asks a co-owner to tell a group's people where it goes on while its account is lost: Text is ready to paste. Both
// are always a person's work.
const (
	HandOver Verb = "group.hand_over"
	MoveOut  Verb = "group.move_out"
)

// Match asks a person to make a platform agree with what is kept here, where no interface can: Text says what.
const Match Verb = "platform.match"

// NoticeRule is the Rule of messages by which people on duty are told something. A notice that nobody can send makes no
// alarm of its own: that would be told by another notice.
const NoticeRule = "duty.notice"

// WhyExclusive is why a person is asked about what was not sent: it holds something exclusive that is not for that group (Task.Why).
const WhyExclusive = "exclusive"

// ReachRule is the Rule of messages to the silent part of a group, one member at a time: nobody is alarmed about one of them.
const ReachRule = "tier.reach"

// Verbs lists every verb in the order pages show them.
var Verbs = []Verb{Send, RecallMsg, Mute, Unmute, Remove, Approve, SetCard, MuteAll, Announce, Rename, ListMember,
	Essence, Invite, MassSend, MassRemind, MassCancel}

// Repeatable reports whether an action whose outcome is unknown may simply be done again: doing it twice has the effect
// of doing it once (DESIGN §3 step 4).
func (v Verb) Repeatable() bool {
	switch v {
	case Mute, Unmute, RecallMsg, Rename, SetCard, MuteAll, Essence, MassCancel:
		return true
	}
	return false
}

// ReadBack reports whether an action may be repeated only after reading the member list and finding the same stay.
func (v Verb) ReadBack() bool { return v == Remove || v == Approve }

// State is where an action stands.
type State string

// States of an action.
const (
	Planned   State = "planned"
	Queued    State = "queued"
	Sent      State = "sent"
	Acked     State = "acked"
	Confirmed State = "confirmed"
	Unknown   State = "unknown"
	HumanTask State = "human_task"
	Failed    State = "failed"
	Cancelled State = "cancelled"
)

// Final reports whether nothing more will happen to the action by itself.
func (s State) Final() bool { return s == Confirmed || s == Failed || s == Cancelled }

// Cause says who wanted an action.
type Cause string

// Causes.
const (
	ByRule   Cause = "rule"
	ByPerson Cause = "person"
	BySystem Cause = "system" // the lift of a mute, an undo's counterpart
	ByBot    Cause = "bot"    // an attached bot: held by a freeze and by the cap on removals, as a rule is
)

// Address is an action's target in the platform's own ids; filled right before it is carried out.
type Address struct {
	Group   string `json:"group,omitempty"`
	Member  string `json:"member,omitempty"`
	Message string `json:"message,omitempty"`

	Also []string `json:"also,omitempty"` // recall: the other messages that the send became
}

// Action is something to be done on a platform. Its ID is also the idempotency key and, where a person must do it, the
// id of the task.
type Action struct {
	ID        ID              `json:"id"`
	Decision  ID              `json:"decision,omitzero"`
	Group     GroupKey        `json:"group"`
	Account   AccountKey      `json:"account,omitempty"` // 0: whichever account serves the group
	Verb      Verb            `json:"verb"`
	Target    MemberKey       `json:"target,omitempty"`
	Event     int64           `json:"event,omitempty"`   // number of the event acted upon (recall, reply)
	Message   string          `json:"message,omitempty"` // the platform's message id (recall) or request flag (approve)
	Of        ID              `json:"of,omitzero"`       // recall, essence: our own send that it concerns; its Message is looked up when it is carried out
	Text      string          `json:"text,omitempty"`    // send: what to say; approve: the reason
	ReplyTo   string          `json:"reply_to,omitempty"`
	Segments  []Segment       `json:"segments,omitempty"` // send: what Text alone cannot say (pictures, files, links); empty = Text
	Args      json.RawMessage `json:"args,omitempty"`     // what a verb needs besides, as the verb's comment says
	Mention   bool            `json:"mention,omitempty"`  // send: begin with @target
	Seconds   int64           `json:"seconds,omitempty"`  // mute
	Until     int64           `json:"until,omitempty"`    // mute: its end, UTC ms; a late attempt mutes for the rest only. What people are asked for: by when it is needed
	Block     bool            `json:"block,omitempty"`    // remove: and refuse new requests
	Refuse    bool            `json:"refuse,omitempty"`   // approve: say no
	Cause     Cause           `json:"cause"`
	Rule      string          `json:"rule,omitempty"`
	NotBefore int64           `json:"not_before,omitempty"`
	Deadline  int64           `json:"deadline,omitempty"` // after it the action is cancelled, never sent late; 0 = none
	Hold      string          `json:"hold,omitempty"`     // non-empty: a person must release it first; says why (e.g. "removal_cap")
	Library   FromLibrary     `json:"library,omitzero"`   // send, mass_send: the item of the library that it says
	To        Address         `json:"-"`
}

// FromLibrary names an item of the library in what is said. Version 0 = the item is named only: right before the words are kept to be
// sent, LibraryMark in them becomes what the item says then, with Name for {name} in it. A decision holds the name alone, so that it is
// decided again in the same way, whatever the item says meanwhile.
type FromLibrary struct {
	Item    ID     `json:"item"`
	Version int    `json:"version,omitempty"`
	Name    string `json:"name,omitempty"`
}

// LibraryMark stands in words for what an item of the library says (Action.Library).
const LibraryMark = "{library}"

// Receipt is a platform's answer to an action.
type Receipt struct {
	State   State           `json:"state"`             // Acked, Confirmed, Failed or Unknown
	Message string          `json:"message,omitempty"` // send: the platform's id of what was sent
	Also    []string        `json:"also,omitempty"`    // send: those of what else it became, where a platform cuts one into several
	Code    Code            `json:"code,omitempty"`
	Detail  string          `json:"detail,omitempty"` // the platform's words
	Data    json.RawMessage `json:"data,omitempty"`   // what a verb brings back, as the verb's comment says
	Parts   []Fate          `json:"parts,omitempty"`  // send: what became of pictures, recordings, films and files
}

// InviteOrder is the Args of invite.create.
type InviteOrder struct {
	Kind     string   `json:"kind"`               // "qr" or "link"
	State    string   `json:"state,omitempty"`    // our mark, at most 30 characters: comes back with who joins by it
	Overflow bool     `json:"overflow,omitempty"` // when the group is full, the platform opens the next one
	Base     string   `json:"base,omitempty"`     // overflow: how new groups are called, at most 40 characters
	BaseID   int      `json:"base_id,omitempty"`  // overflow: the first serial number
	Groups   []string `json:"groups,omitempty"`   // the platform's ids, at most 5; empty = the action's group
	Approve  bool     `json:"approve,omitempty"`  // who comes by it must be let in first
	Expires  int64    `json:"expires,omitempty"`  // UTC ms; 0 = as long as the platform lets it live
}

// InviteMade is the Data of invite.create's receipt.
type InviteMade struct {
	ID      string `json:"id"`                // the platform's id of the code
	URL     string `json:"url,omitempty"`     // the link, or what the code says
	Image   string `json:"image,omitempty"`   // address of the code's picture
	Expires int64  `json:"expires,omitempty"` // UTC ms; 0 = not known to end
}

// MassOrder is the Args of mass_send.create.
type MassOrder struct {
	Groups []string `json:"groups,omitempty"` // the platform's ids; empty = the action's group
	Sender string   `json:"sender,omitempty"` // who must confirm; empty = each group's owner
}

// MassMade is the Data of mass_send.create's receipts: how far it has come. The receipt's Message is the first part's id,
// which names the whole.
type MassMade struct {
	Parts    []MassPart `json:"parts"`
	Reminded int        `json:"reminded,omitempty"` // how often within the last 24 h
}

// Why groups do not get a mass send.
const (
	MassQuota     = "quota"     // the platform's quota of the group is used up
	MassRefused   = "refused"   // the platform does not take the group or the sender
	MassMissed    = "missed"    // the sender confirmed, the group did not get it
	MassCancelled = "cancelled" // it was taken back before the sender confirmed
	MassLapsed    = "lapsed"    // nobody confirmed
)

// MassPart is what one person must confirm.
type MassPart struct {
	ID     string   `json:"id"`
	Sender string   `json:"sender"`
	Groups []string `json:"groups"`           // not yet told about
	Sent   []string `json:"sent,omitempty"`   // groups that got it
	Failed []string `json:"failed,omitempty"` // groups that will not get it
	At     int64    `json:"at,omitempty"`     // confirmed, UTC ms; 0 = still waiting
	Why    string   `json:"why,omitempty"`    // why groups will not get it: one of the Mass… words
}

// PersonDecision is the Data of a person.decided event.
type PersonDecision struct {
	Kind     string   `json:"kind"` // "act" (do Actions), "bot" (an attached bot wants Actions), "undo" (of Decision), "false_hit", "dismiss", "release" (a held action), "strike", "report" (about Report alone)
	User     string   `json:"user"`
	Decision ID       `json:"decision,omitzero"`
	Action   ID       `json:"action,omitzero"`
	Actions  []Action `json:"actions,omitempty"` // ids are derived by the step
	Reason   string   `json:"reason,omitempty"`

	Strike *PersonStrike  `json:"strike,omitempty"`
	Report *ReportVerdict `json:"report,omitempty"` // the decision ends a case of reports, too
	Listed *Listed        `json:"listed,omitempty"` // kind "listed": who comes stands on a shared list
}

// Listed says that somebody who comes was found on a shared list, and what that list does there: the answer of a look-up that is
// recorded as an event, so that it is decided upon again in the same way.
type Listed struct {
	Member  MemberKey `json:"member"`
	Source  string    `json:"source"` // what we call the list
	Class   string    `json:"class"`
	Effect  string    `json:"effect"` // dry, hold, refuse, allowed
	Event   int64     `json:"event"`  // by which they come
	Request bool      `json:"request,omitempty"`
	Flag    string    `json:"flag,omitempty"` // of the request
	Text    string    `json:"text,omitempty"` // what a refused applicant is told
}

// PersonStrike is a strike that a moderator gives on the evidence of a message.
type PersonStrike struct {
	Member  MemberKey `json:"member"`
	Name    string    `json:"name,omitempty"`    // for the warning
	Event   int64     `json:"event"`             // number of the message
	Message string    `json:"message,omitempty"` // its id on the platform; "" = it cannot be recalled any more
	Rule    string    `json:"rule,omitempty"`    // whose ladder; "" = the book's
	Article string    `json:"article,omitempty"` // id of the article of the rules that was breached; "" = none is named
}

// ReceiptData is the Data of an action.receipt event.
type ReceiptData struct {
	Action  ID      `json:"action"`
	State   State   `json:"state"`
	Attempt int     `json:"attempt,omitempty"`
	Receipt Receipt `json:"receipt"`
	User    string  `json:"user,omitempty"` // who reported a human task
	Mode    Level   `json:"mode,omitempty"`
	Why     string  `json:"why,omitempty"` // human task: the reason's code where Receipt.Detail is not it
}

// Level says how a connection can do a verb.
type Level string

// Levels of ability.
const (
	Native   Level = "native"
	Assisted Level = "assisted" // a person confirms
	Human    Level = "human"    // a task card with the text ready
	None     Level = "none"
)

// Ability is one verb's level with its evidence.
type Ability struct {
	Level    Level  `json:"level"`
	Evidence string `json:"evidence"`          // declared, probed, learned
	Note     string `json:"note,omitempty"`    // why, in a word: "bot is not an admin"
	MaxAge   int64  `json:"max_age,omitempty"` // seconds: recall only younger messages
	Rate     int    `json:"rate,omitempty"`    // per minute; 0 = no limit known
	Checked  int64  `json:"checked,omitempty"` // UTC ms
	// NotBefore is from when on the platform allows it in this group again, UTC ms; 0 = now.
	NotBefore int64 `json:"not_before,omitempty"`
	// Limits hold over restarts: what would pass one waits.
	Limits []Limit `json:"limits,omitempty"`
}

// Limit is how often something may be done: at most Count times within any Window.
type Limit struct {
	Count  int      `json:"count"`
	Window int64    `json:"window"` // seconds
	Per    LimitPer `json:"per"`
}

// LimitPer says what a limit counts: all that an account does, or what it does in one group, or to one member.
type LimitPer string

// What limits count.
const (
	PerAccount LimitPer = "account"
	PerGroup   LimitPer = "group"
	PerMember  LimitPer = "member"
)

// Task is something a person must do because no connection can: its ID is the action's.
type Task struct {
	ID       ID              `json:"id"`
	Group    GroupKey        `json:"group"`
	Verb     Verb            `json:"verb"`
	Target   MemberKey       `json:"target"`
	State    string          `json:"state"` // open, claimed, done, refused, expired
	Assignee string          `json:"assignee"`
	Why      string          `json:"why"` // code: no_ability, no_recall, too_old, refused, offline, late, unknown_outcome, to_confirm, removal_cap, unofficial_gateway, frozen
	Text     string          `json:"text"`
	Created  int64           `json:"created"`
	Due      int64           `json:"due"`
	DoneBy   string          `json:"done_by"`
	DoneAt   int64           `json:"done_at"`
	Note     string          `json:"note"`
	Evidence int             `json:"evidence"` // how often it was asked for
	Extra    json.RawMessage `json:"extra,omitempty"`
	Quiet    bool            `json:"-"` // opening it: no alarm goes with it
}
