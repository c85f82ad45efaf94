package shelf

import (
	"slices"
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Where a card comes from.
const (
	ByHand   = "hand"
	ByPeople = "people" // enough people reacted or answered
	ByNotice = "notice" // the platform said that it was put among the group's best
	ByDigest = "digest" // a digest held it for a good answer
	ByLive   = "live"   // a question that was answered in a live Q&A
)

// Card is a message that is kept: its text was copied and outlives the log. Of its author it holds the reference alone: what they are
// called is read where members are kept.
type Card struct {
	ID        community.ID
	Group     community.GroupKey
	GroupID   community.ID
	GroupName string
	Number    int64 // the message's place in the log; 0 = it is of a live Q&A
	Author    community.MemberKey
	AuthorID  community.ID
	Name      string // what the author is called now
	SaidAt    int64
	Text      string
	Note      string // of whoever keeps it
	Tags      []string
	By        string // ByHand …
	Why       Why
	User      string // who made it by hand
	Made      int64
	Removed   int64 // 0 = it stands
	Erased    int64 // its words and its author were erased; 0 = they are there
	There     bool  // the message can still be read in the log
	Recalled  bool  // it was recalled since
	Version   int
}

// CardFilter asks for cards.
type CardFilter struct {
	Group   community.GroupKey // 0 = any
	Member  community.MemberKey
	Tag     string
	Text    string // words of text or note; "" = any
	Removed bool   // those taken off, in place of the others
	community.Page
}

// Mark is that somebody reacted to a message, answered it, or put it among the best.
type Mark struct {
	Kind   string // MarkReaction (with its sign), MarkAnswer, MarkNotice
	Member community.MemberKey
	At     int64
}

// Kinds of marks. That of a reaction is followed by its sign.
const (
	MarkReaction = "r:"
	MarkAnswer   = "a"
	MarkNotice   = "n"
)

// MarkOf says what an event marks: the message's id on its platform and the kind; taken: the mark is taken off. "" = nothing.
func MarkOf(ev *community.Event) (message, kind string, taken bool) {
	switch b := &ev.Body; ev.Type {
	case community.ReactionAdded, community.ReactionRemoved:
		return b.Message, MarkReaction + b.Text, ev.Type == community.ReactionRemoved
	case community.MessageCreated:
		return b.ReplyTo, MarkAnswer, false
	case community.GroupUpdated:
		if b.Reason == "essence_add" || b.Reason == "essence_delete" {
			return b.Message, MarkNotice, b.Reason == "essence_delete"
		}
	}
	return "", "", false
}

// Count adds to a message the marks that came in the days that a rule counts; a notice counts whenever it came.
func (m *Said) Count(r Rule, marks []Mark) {
	for _, k := range marks {
		late := k.At > m.At+int64(r.Days)*86_400_000
		switch {
		case k.Kind == MarkNotice:
			m.Noticed = true
		case late:
		case k.Kind == MarkAnswer:
			m.Answered = append(m.Answered, k.Member)
		case strings.HasPrefix(k.Kind, MarkReaction):
			m.Reacted = append(m.Reacted, k.Member)
		}
	}
}

// Why says what a card rests on.
type Why struct {
	Reactions int `json:"reactions,omitempty"` // people who reacted
	Replies   int `json:"replies,omitempty"`   // people who answered
	Least     int `json:"least,omitempty"`     // how many were asked for
}

// Rule says when a message becomes a card by itself; in one group, or in all of an organisation that have none of their own.
type Rule struct {
	On        bool     `json:"on"`
	Reactions int      `json:"reactions"` // people who react, at least; 0 = do not look
	Replies   int      `json:"replies"`   // people who answer, at least; 0 = do not look
	Notice    bool     `json:"notice"`    // what the platform says is among the best
	Digest    bool     `json:"digest"`    // the good answers of a digest that is sent
	Least     int      `json:"least"`     // characters of its text
	Days      int      `json:"days"`      // after it was said, reactions and answers count
	Tags      []string `json:"tags,omitempty"`
}

// DefaultRule is a rule as forms begin with it. It is off.
func DefaultRule() Rule {
	return Rule{Reactions: 5, Replies: 5, Notice: true, Digest: true, Least: 10, Days: 7}
}

// Bounds of a rule.
const (
	MaxPeople = 1000
	MaxDays   = 30
	MaxCard   = 8000 // characters of a card's text; what is longer is cut
	MaxNote   = 500  // characters
)

// Check says what is wrong with a rule: CodeBadInput, naming the field.
func (r Rule) Check() error {
	bad := func(field string, least, most int) error {
		return community.Errorf(community.CodeBadInput, "%s: want %d to %d", field, least, most)
	}
	switch {
	case r.Reactions < 0 || r.Reactions > MaxPeople:
		return bad("reactions", 0, MaxPeople)
	case r.Replies < 0 || r.Replies > MaxPeople:
		return bad("replies", 0, MaxPeople)
	case r.Least < 0 || r.Least > MaxCard:
		return bad("least", 0, MaxCard)
	case r.Days < 1 || r.Days > MaxDays:
		return bad("days", 1, MaxDays)
	case len(r.Tags) > MaxTags:
		return community.Errorf(community.CodeTooLarge, "tags: more than %d", MaxTags)
	case r.On && r.Reactions == 0 && r.Replies == 0 && !r.Notice && !r.Digest:
		return community.Errorf(community.CodeBadInput, "on: it would never make a card")
	}
	return CheckTags(r.Tags)
}

// Said is a message with what is known of it.
type Said struct {
	Author    community.MemberKey
	At        int64
	Text      string
	Words     bool // people wrote it: a text, no copy, not by a bot
	Hit       bool // a rule hit it
	Recalled  bool
	Reacted   []community.MemberKey // who reacts, in the days that count; the author's own do not count
	Answered  []community.MemberKey // who answered
	Noticed   bool                  // the platform put it among the best
	OfDigest  bool
	Forbidden bool // its author's words were erased from the cards
}

// Keep says whether a message becomes a card by a rule, whereby and resting on what.
func (r Rule) Keep(m Said) (by string, why Why, keep bool) {
	if !r.On || m.Recalled || m.Hit || m.Forbidden || strings.TrimSpace(m.Text) == "" {
		return "", Why{}, false
	}
	why = Why{Reactions: others(m.Reacted, m.Author), Replies: others(m.Answered, m.Author)}
	switch {
	case r.Notice && m.Noticed: // people of the group chose it: no more is asked of it
		return ByNotice, why, true
	case r.Digest && m.OfDigest:
		return ByDigest, why, true
	case !m.Words || utf8.RuneCountInString(strings.TrimSpace(m.Text)) < r.Least:
		return "", Why{}, false
	case r.Reactions > 0 && why.Reactions >= r.Reactions:
		why.Least = r.Reactions
		return ByPeople, why, true
	case r.Replies > 0 && why.Replies >= r.Replies:
		why.Least = r.Replies
		return ByPeople, why, true
	}
	return "", Why{}, false
}

// others counts people, each once, without one.
func others(list []community.MemberKey, but community.MemberKey) int {
	list = slices.Clone(list)
	slices.Sort(list)
	n := 0
	for _, m := range slices.Compact(list) {
		if m != but && m != 0 {
			n++
		}
	}
	return n
}

// Copied is the text of a message as a card keeps it.
func Copied(text string) string {
	r := []rune(text)
	if len(r) > MaxCard {
		return string(r[:MaxCard-1]) + "…"
	}
	return text
}
