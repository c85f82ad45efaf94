package plan

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qunluo/internal/community"
)

// ItemState is where an item of the calendar stands.
type ItemState string

// States of an item. What became of one that was handed over, its mass sends say.
const (
	ItemDraft    ItemState = "draft"
	ItemAsked    ItemState = "asked"    // waits for a second person
	ItemApproved ItemState = "approved" // goes at its time
	ItemSent     ItemState = "sent"     // handed over in every group
	ItemSkipped  ItemState = "skipped"
	ItemFailed   ItemState = "failed" // could not be handed over in some group; Why says why
)

// Content is what people write of an item: every edit is a version of it.
type Content struct {
	Title   string               `json:"title"`
	Text    string               `json:"text"`
	Link    Attached             `json:"link,omitzero"`
	Class   Class                `json:"class"`
	Format  string               `json:"format"`  // one of measure's
	Minutes int64                `json:"minutes"` // cost: of work
	Fen     int64                `json:"fen"`     // and of money
	Serves  string               `json:"serves"`  // the groups' goal as a whole (ServesGoal), or a figure that one of its targets names
	Groups  []community.GroupKey `json:"groups"`
	Fixture string               `json:"fixture,omitempty"` // the slot it stands in; "" = none
	Date    string               `json:"date"`              // "2006-01-02", in each group's zone
	At      string               `json:"at"`                // "HH:MM"
	Reason  string               `json:"reason,omitempty"`  // why it goes although it is beyond the mix
	Topic   community.ID         `json:"topic,omitzero"`    // of the topic queue, that it was made of
	Options []string             `json:"options,omitempty"` // of a poll: members answer with its number

	Library    community.ID `json:"library,omitzero"`      // of the library, that it was made of
	LibraryWhy string       `json:"library_why,omitempty"` // why it goes although that has expired

	AI string `json:"ai,omitempty"` // the language model that its text came from; "" = none: it is sent with the mark
}

// ServesGoal says that an item serves the groups' goal as a whole.
const ServesGoal = "goal"

// Bounds of an item.
const (
	MaxItemGroups = 200
	MaxReason     = 500 // characters
	maxMinutes    = 60 * 24 * 30
	maxFen        = 100_000_000_00
	MaxOptions    = 9
	maxOption     = 60 // characters
)

// Item is one post of the calendar.
type Item struct {
	ID  community.ID
	Org community.OrgKey
	Content
	State    ItemState
	Version  int // of Content, from 1
	Approved int // the version last approved; 0 = none was
	Maker    string
	Asker    string
	Approver string
	Override string // why it was approved without a second person; "" = there was one
	Why      string // why it was skipped, or could not go
	Created  int64
	Updated  int64
	Places   []Place
	Changed  int64 // counts every change: who decides names the one they saw
}

// Place is an item in one of its groups.
type Place struct {
	Group     community.GroupKey
	GroupID   community.ID
	Name      string
	Zone      string
	Goal      int // the version of the group's goal that it serves
	Due       int64
	Broadcast community.ID // the mass send that it became; zero = it is not handed over
	Missed    string       // why it did not become one
	State     TargetState  // of the mass send's target; "" = there is none yet
	DidAt     int64
}

// Version is what an item was at one time.
type ItemVersion struct {
	Version int
	Content
	User string
	At   int64
}

// Check says what is wrong with what was written: CodeBadInput, CodeTooLarge. A draft needs no text yet.
func (c Content) Check() error {
	bad := func(field, format string, args ...any) error {
		return community.Errorf(community.CodeBadInput, field+": "+format, args...)
	}
	text := c.Text
	if strings.TrimSpace(text) == "" {
		text = "–"
	}
	if err := checkWords(c.Title, markedFor(c.AI, text)); err != nil {
		return err
	}
	if err := c.Link.check(); err != nil {
		return err
	}
	switch {
	case c.Class.place() < 0:
		return bad("class", "want useful, interactive or promotion")
	case c.Format == "":
		return bad("format", "missing")
	case c.Minutes < 0 || c.Minutes > maxMinutes:
		return bad("minutes", "want 0 to %d", maxMinutes)
	case c.Fen < 0 || c.Fen > maxFen:
		return bad("fen", "want 0 to %d", maxFen)
	case c.Serves == "" || len(c.Serves) > 100:
		return bad("serves", "say which goal of the group it serves")
	case len(c.Groups) == 0 || len(c.Groups) > MaxItemGroups:
		return bad("groups", "want 1 to %d", MaxItemGroups)
	case utf8.RuneCountInString(c.Reason) > MaxReason || !legible(c.Reason):
		return bad("reason", "want at most %d characters", MaxReason)
	}
	if _, err := time.Parse(time.DateOnly, c.Date); err != nil {
		return bad("date", "want 2006-01-02")
	}
	if _, err := clockOf(c.At); err != nil {
		return bad("at", "%w", err)
	}
	for i, g := range c.Groups {
		if slices.Contains(c.Groups[:i], g) {
			return bad("groups", "one stands twice")
		}
	}
	return checkOptions(c.Options)
}

func checkOptions(list []string) error {
	if len(list) == 0 {
		return nil
	}
	if len(list) < 2 || len(list) > MaxOptions {
		return community.Errorf(community.CodeBadInput, "options: want 2 to %d", MaxOptions)
	}
	for i, o := range list {
		if strings.TrimSpace(o) == "" || utf8.RuneCountInString(o) > maxOption || !legible(o) || strings.ContainsAny(o, "\r\n") || slices.Contains(list[:i], o) {
			return community.Errorf(community.CodeBadInput, "options: want each once, of 1 to %d characters", maxOption)
		}
	}
	return nil
}

// Moment is when a local date and time come in a zone (UTC ms). A time that the zone's clock leaves out comes as much later
// or earlier as the clock jumps; one that it shows twice comes once. CodeBadInput.
func Moment(date, at string, zone *time.Location) (int64, error) {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return 0, community.Errorf(community.CodeBadInput, "date: want 2006-01-02")
	}
	minute, err := clockOf(at)
	if err != nil {
		return 0, community.Errorf(community.CodeBadInput, "at: %w", err)
	}
	return time.Date(day.Year(), day.Month(), day.Day(), minute/60, minute%60, 0, 0, zone).UnixMilli(), nil
}

// Due is when it goes in a zone; 0 when its date or time cannot be read.
func (c Content) Due(zone *time.Location) int64 {
	at, err := Moment(c.Date, c.At, zone)
	if err != nil {
		return 0
	}
	return at
}

// Held is what an item occupies in a group: a slot on a date, once. "" = nothing.
func (c Content) Held() string {
	if c.Fixture == "" {
		return ""
	}
	return c.Fixture + "@" + c.Date
}

// Begun reports whether it was handed over in a group.
func (i Item) Begun() bool {
	return slices.ContainsFunc(i.Places, func(p Place) bool { return !p.Broadcast.IsZero() })
}

// First is when it goes in the first of its groups.
func (i Item) First() int64 {
	var first int64
	for _, p := range i.Places {
		if first == 0 || p.Due < first {
			first = p.Due
		}
	}
	return first
}

// MayEdit says whether an item may be changed: CodeConflict once it was handed over or skipped.
func (i Item) MayEdit() error {
	if i.Begun() || i.State == ItemSent || i.State == ItemSkipped {
		return community.Errorf(community.CodeConflict, "it is %s and is changed no more", i.State)
	}
	return nil
}

// MayAsk says whether an item may be laid before a second person: CodeConflict when it does not stand as a draft,
// CodeBadInput when it has no text or its time is over.
func (i Item) MayAsk(now int64) error {
	if i.State != ItemDraft && i.State != ItemFailed || i.Begun() {
		return community.Errorf(community.CodeConflict, "it is %s", i.State)
	}
	if err := checkText(i.Text); err != nil {
		return err
	}
	return i.ahead(now)
}

func (i Item) ahead(now int64) error {
	for _, p := range i.Places {
		if p.Due <= now {
			return community.Errorf(community.CodeBadInput, "date: its time in %s is over", p.Name)
		}
	}
	return nil
}

// MayApprove says whether a person may approve the version of an item that they saw. writers wrote in it since it was last
// approved. CodeConflict: it does not wait, or was changed meanwhile. CodeForbidden: they wrote in it or asked for it, and
// either somebody else could (others > 0) or no override says why nobody is there. CodeBadInput: its time is over.
func (i Item) MayApprove(user string, version int, writers []string, others int, override string, now int64) error {
	switch own := user == i.Asker || slices.Contains(writers, user); {
	case i.State != ItemAsked:
		return community.Errorf(community.CodeConflict, "it is %s and waits for nobody", i.State)
	case i.Version != version:
		return community.Errorf(community.CodeConflict, "it was changed: version %d, not %d", i.Version, version)
	case own && others > 0:
		return community.Errorf(community.CodeForbidden, "who wrote or asked does not approve; %d others may", others)
	case own && strings.TrimSpace(override) == "":
		return community.Errorf(community.CodeForbidden, "nobody else may approve here: say in writing why it goes without a second person")
	case utf8.RuneCountInString(override) > MaxReason:
		return community.Errorf(community.CodeBadInput, "override: more than %d characters", MaxReason)
	}
	return i.ahead(now)
}

// MaySkip says whether an item may be skipped for a reason: CodeBadInput without one, CodeConflict when it is over.
func (i Item) MaySkip(reason string) error {
	if strings.TrimSpace(reason) == "" {
		return community.Errorf(community.CodeBadInput, "reason: empty")
	}
	return i.MayEdit()
}
