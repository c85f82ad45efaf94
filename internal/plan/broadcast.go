package plan

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qunluo/internal/community"
)

// State is where a mass send or an SOP stands.
type State string

// States. An SOP is running, paused or cancelled.
const (
	Draft     State = "draft"
	Scheduled State = "scheduled" // waits for its time
	Running   State = "running"
	Paused    State = "paused"
	Cancelled State = "cancelled"
	Finished  State = "finished" // nothing of it waits any more
)

// Bounds of what people may write, and of how many groups one mass send reaches.
const (
	MaxTitle   = 100  // characters
	MaxText    = 4000 // characters
	MaxTargets = 10000
)

// Filter says which groups: those that have one of the tags, are on the platform and among the groups; an empty part does
// not filter. A filter that is empty altogether means every group.
type Filter struct {
	Tags     []string             `json:"tags,omitempty"`
	Groups   []community.GroupKey `json:"groups,omitempty"`
	Platform community.Platform   `json:"platform,omitempty"`
}

// Takes reports whether the filter means a group.
func (f Filter) Takes(g community.Group) bool {
	return !g.Desk &&
		(f.Platform == "" || f.Platform == g.Platform) &&
		(len(f.Groups) == 0 || slices.Contains(f.Groups, g.Key)) &&
		(len(f.Tags) == 0 || slices.ContainsFunc(f.Tags, func(tag string) bool { return slices.Contains(g.Tags, tag) }))
}

// Broadcast (群发) is one text for many groups at one time.
type Broadcast struct {
	ID      community.ID
	Org     community.OrgKey
	Title   string
	Text    string
	Link    Attached // goes with the text; the zero value = nothing
	Pieces  []Piece  // go with it too
	ByLink  bool     // where a platform does not take a piece, a link stands in its place
	Filter  Filter
	Start   int64
	State   State
	User    string // who made it
	Force   string // why it goes although the guard or the link check would stop it; "" = it does not
	Created int64
	Counts  Counts
	AI      string // the language model that its text came from; "" = none: see Marked

	Library    community.ID // of the library, that it is made of; not kept with it
	LibraryWhy string       // why it goes although that has expired
}

// Check says what is wrong with a mass send: CodeBadInput or CodeTooLarge.
func (b Broadcast) Check() error {
	if err := checkWords(b.Title, markedFor(b.AI, b.Text)); err != nil {
		return err
	}
	if err := b.Link.check(); err != nil {
		return err
	}
	return checkPieces(b.Pieces)
}

// Attached is a link that goes with a text: as a card where the platform takes one, else as a line below it.
type Attached struct {
	URL   string `json:"url"`
	Title string `json:"title"`
}

// Bounds of a link.
const (
	MaxLink      = 1000 // bytes
	MaxLinkTitle = 60   // characters
)

func (a Attached) check() error {
	switch {
	case a == Attached{}:
		return nil
	case !webAddress(a.URL):
		return community.Errorf(community.CodeBadInput, "link: want an address that begins with https://, at most %d bytes", MaxLink)
	case strings.TrimSpace(a.Title) == "" || utf8.RuneCountInString(a.Title) > MaxLinkTitle || !legible(a.Title):
		return community.Errorf(community.CodeBadInput, "link_title: want 1 to %d characters", MaxLinkTitle)
	}
	return nil
}

func webAddress(url string) bool {
	return (strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://")) && len(url) <= MaxLink && !strings.ContainsAny(url, " \t\r\n\"<>\x00") && utf8.ValidString(url)
}

// Whole is the text with the link as its last line.
func (a Attached) Whole(text string) string {
	if a.URL == "" {
		return text
	}
	return text + "\n" + a.Title + " " + a.URL
}

func checkWords(title, text string) error {
	switch {
	case strings.TrimSpace(title) == "":
		return community.Errorf(community.CodeBadInput, "title: empty")
	case utf8.RuneCountInString(title) > MaxTitle:
		return community.Errorf(community.CodeTooLarge, "title: more than %d characters", MaxTitle)
	case !legible(title):
		return community.Errorf(community.CodeBadInput, "title: not UTF-8, or it holds a NUL")
	}
	return checkText(text)
}

func checkText(text string) error {
	switch {
	case strings.TrimSpace(text) == "":
		return community.Errorf(community.CodeBadInput, "text: empty")
	case utf8.RuneCountInString(text) > MaxText:
		return community.Errorf(community.CodeTooLarge, "text: more than %d characters", MaxText)
	case !legible(text):
		return community.Errorf(community.CodeBadInput, "text: not UTF-8, or it holds a NUL")
	}
	return nil
}

// legible reports whether a text is one that can be kept.
func legible(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }

// Now is the state as people see it: what waits for nothing any more is finished.
func (b Broadcast) Now() State {
	if b.State == Running && b.Counts.All > 0 && b.Counts.Open() == 0 {
		return Finished
	}
	return b.State
}

// moves says which states may follow a state by a person's hand.
var moves = map[State][]State{
	Draft:     {Scheduled, Cancelled},
	Scheduled: {Paused, Cancelled},
	Running:   {Paused, Cancelled},
	Paused:    {Scheduled, Running, Cancelled},
	Cancelled: {Scheduled, Running},
}

// MayBecome reports whether a person may bring a mass send or an SOP from one state to another.
func MayBecome(from, to State) bool { return slices.Contains(moves[from], to) }

// Kind says what a target belongs to.
type Kind string

// Kinds of targets.
const (
	OfBroadcast Kind = "broadcast"
	OfSOP       Kind = "sop"
)

// TargetState is where one send stands.
type TargetState string

// States of a target. Sent and Failed are those of its action.
const (
	Waiting TargetState = "waiting"
	Blocked TargetState = "blocked" // the guard holds it; Why says the reasons
	Sending TargetState = "sending" // an action is under way, or waits for a person
	Sent    TargetState = "sent"
	Failed  TargetState = "failed"
	NotSent TargetState = "not_sent" // it will not be sent
)

// Mark says whether a send kept its time.
type Mark string

// Marks.
const (
	OnTime   Mark = "on_time"
	Late     Mark = "late"
	NoSend   Mark = "not_sent"
	NoMark   Mark = "" // it still has time
	Overdue  Mark = "overdue"
	minuteMS      = 60_000
)

// Target is one send: a group, its text and its time. What becomes of its action decides what becomes of it.
type Target struct {
	ID        community.ID
	Org       community.OrgKey
	Kind      Kind
	Source    community.ID // of the mass send or SOP
	Group     community.GroupKey
	GroupID   community.ID
	GroupName string
	Slot      string // unique within source and group; "" for a mass send
	Version   int    // of the SOP
	Text      string
	Link      Attached // of the mass send, as its pieces
	Pieces    []Piece
	ByLink    bool
	Due       int64
	Round     int             // counts resumes and retries
	Kept      TargetState     // as it stands in the row; State says what it means
	Order     json.RawMessage // what was asked of the belt, word for word, so that asking again is the same
	Why       []Reason
	Force     string // a person lets it pass the guard, and why
	Taken     int64  // when it was handed to the belt
	Action    community.ID
	Verb      community.Verb
	Did       community.State // of the action; "" = there is none yet
	Mode      community.Level
	Detail    string
	Message   string           // the platform's id of what was sent
	Parts     []community.Fate // what became of the pieces on their way; empty = there are none, or nothing yet
	DidAt     int64            // when the action came to its state
	Reminded  []int64
	Told      TargetState // what the platform says of this group: Sending while its sender has yet to confirm, Sent or Failed; "" = nothing
	Sender    string      // who must confirm there, or did, as the platform calls them
	Missed    string      // why this group does not get it: a Mass… word of community
	Name      string      // of the sender, where it is known
	User      string      // who made its source
	Ended     bool        // its source is cancelled
	Paused    bool        // its source is paused

	Library  community.ID // the item of the library that it says; zero = none is named
	Values   map[string]string
	LibraryN int // the item's version that was sent; 0 = it has not gone yet
}

// outcomes leads from the state of an action to that of its target; what is missing is under way.
var outcomes = map[community.State]TargetState{
	community.Acked: Sent, community.Confirmed: Sent, community.Failed: Failed, community.Cancelled: NotSent,
}

// State is where the send stands.
func (t Target) State() TargetState {
	if t.Kept != Sending {
		if t.Ended && t.Kept != NotSent {
			return NotSent
		}
		return t.Kept
	}
	s, ended := outcomes[t.Did]
	switch {
	case t.Told == Sent:
		return Sent
	case t.Told == Failed && s != NotSent:
		return Failed
	case t.Told == Sending && s == Sent:
		return Sending // it went to other groups; a word about the whole is none about this one
	case ended:
		return s
	}
	return Sending
}

// Lost are the pieces that did not go as they are: words stand in their place.
func (t Target) Lost() []community.Fate {
	var out []community.Fate
	for _, f := range t.Parts {
		if f.How == community.PartWords {
			out = append(out, f)
		}
	}
	return out
}

// Mark says whether it kept its time: late is more than l.Late minutes after it was due.
func (t Target) Mark(l Limits, now int64) Mark {
	late := t.Due + int64(l.Late)*minuteMS
	switch t.State() {
	case Sent:
		if t.DidAt <= late {
			return OnTime
		}
		return Late
	case Failed, NotSent:
		return NoSend
	}
	if now > late {
		return Overdue
	}
	return NoMark
}

// Remindable reports whether a person is waited for.
func (t Target) Remindable() bool {
	return t.State() == Sending && (t.Did == community.HumanTask || t.Told == Sending && !t.Did.Final() && t.Did != community.Unknown)
}

// ToConfirm reports whether a sender's tap is waited for at the platform.
func (t Target) ToConfirm() bool {
	return t.Remindable() && t.Verb == community.MassSend && t.Mode == community.Assisted
}

// RemindNow reports whether a sender who has not confirmed is to be reminded by itself now: each l.Remind hours, at most
// MaxReminders times altogether, not in quiet hours and not once it is given up.
func (t Target) RemindNow(l Limits, zone *time.Location, now int64) bool {
	last := t.Taken
	if n := len(t.Reminded); n > 0 {
		last = t.Reminded[n-1]
	}
	return l.Remind > 0 && t.ToConfirm() && len(t.Reminded) < MaxReminders && now >= last+int64(l.Remind)*3600*1000 && !l.Quiet(now, zone) && !t.Lapsed(l, now)
}

// Lapsed reports whether a sender's tap is waited for no longer: what is not confirmed l.GiveUp hours after it was due is
// taken back.
func (t Target) Lapsed(l Limits, now int64) bool {
	return t.ToConfirm() && now > max(t.Due, t.Taken)+int64(l.GiveUp)*3600*1000
}

// Bounds of reminding.
const (
	MaxReminders = 3
	reminderSpan = 24 * 3600 * 1000
)

// MayRemind says whether the person may be reminded now: at most MaxReminders within 24 h. When not, next says from when on.
func MayRemind(reminded []int64, now int64) (next int64, ok bool) {
	var recent []int64
	for _, at := range reminded {
		if at > now-reminderSpan {
			recent = append(recent, at)
		}
	}
	if len(recent) < MaxReminders {
		return 0, true
	}
	slices.Sort(recent)
	return recent[len(recent)-MaxReminders] + reminderSpan, false
}

// Counts says how many targets stand where.
type Counts struct {
	All                                              int
	Waiting, Blocked, Sending, Sent, Failed, NotSent int
	Person                                           int // of those sending: how many wait for a person
}

// Add counts a target.
func (c *Counts) Add(t Target) {
	c.All++
	switch t.State() {
	case Waiting:
		c.Waiting++
	case Blocked:
		c.Blocked++
	case Sending:
		c.Sending++
		if t.Remindable() {
			c.Person++
		}
	case Sent:
		c.Sent++
	case Failed:
		c.Failed++
	default:
		c.NotSent++
	}
}

// Open is how many may still be sent.
func (c Counts) Open() int { return c.Waiting + c.Blocked + c.Sending }

// VerbFor chooses how a text gets into a group by what its connections can do: say it, let the owner confirm a mass send, or
// (as a send that becomes a task) let a person paste it.
func VerbFor(send, mass community.Level) (community.Verb, community.Level) {
	switch {
	case send == community.Native:
		return community.Send, community.Native
	case mass == community.Native || mass == community.Assisted:
		return community.MassSend, community.Assisted
	case send == community.Assisted:
		return community.Send, community.Assisted
	}
	return community.Send, community.Human
}
