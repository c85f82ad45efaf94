package plan

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// pollHint says how to answer; members answer in the group, on any platform.
const pollHint = "回复数字投票，一人一票，以最后一次为准。"

// optionLines are the options of a poll below its text; "" = it has none.
func optionLines(list []string) string {
	if len(list) == 0 {
		return ""
	}
	var b strings.Builder
	for i, o := range list {
		b.WriteString("\n" + strconv.Itoa(i+1) + ". " + o)
	}
	return b.String() + "\n" + pollHint
}

// PollDays is how long a poll and a question of the day take answers.
const PollDays = 3

// Answer is what a member said after a poll came.
type Answer struct {
	Member community.MemberKey
	Text   string
	At     int64
}

// Choice reads the number of an option from what somebody said: "2", "２", "选2", "2！". 0 = it is none.
func Choice(text string, options int) int {
	text = strings.TrimSpace(text)
	for _, lead := range []string{"选", "投", "我选", "我投", "+", "＋"} {
		if rest, ok := strings.CutPrefix(text, lead); ok {
			text = strings.TrimSpace(rest)
		}
	}
	text = strings.TrimRightFunc(text, func(r rune) bool {
		return unicode.IsPunct(r) || unicode.IsSpace(r) || r == '号' || r == '～' || r == '~'
	})
	if utf8.RuneCountInString(text) != 1 {
		return 0
	}
	r, _ := utf8.DecodeRuneInString(text)
	n := 0
	switch {
	case r >= '1' && r <= '9':
		n = int(r - '0')
	case r >= '１' && r <= '９':
		n = int(r - '０')
	default:
		n = slices.Index([]rune("一二三四五六七八九"), r) + 1
	}
	if n > options {
		return 0
	}
	return n
}

// Outcome is how a poll, or a question of the day (no options), came out in one group.
type Outcome struct {
	Votes   []int // by option
	Voters  int   // members with a vote; of a question: who said something
	Said    int   // messages in the span
	Present int   // members in the group
}

// Count counts what members said between a poll's coming and its end: the last choice of each counts. Without options
// everybody who said something is counted once.
func Count(options int, list []Answer) Outcome {
	out := Outcome{Votes: make([]int, options), Said: len(list)}
	last := map[community.MemberKey]int{}
	when := map[community.MemberKey]int64{}
	for _, a := range list {
		n := 0
		if options > 0 {
			if n = Choice(a.Text, options); n == 0 {
				continue
			}
		}
		if at, seen := when[a.Member]; !seen || a.At >= at {
			last[a.Member], when[a.Member] = n, a.At
		}
	}
	out.Voters = len(last)
	for _, n := range last {
		if n > 0 {
			out.Votes[n-1]++
		}
	}
	return out
}

// TopicState is where a topic of the queue stands.
type TopicState string

// States of a topic.
const (
	TopicWaits TopicState = "waiting"
	TopicUsed  TopicState = "used"
	TopicOut   TopicState = "out" // a person took it out
)

// Topic waits in the queue until an item is made of it.
type Topic struct {
	ID      community.ID
	Org     community.OrgKey
	Title   string
	Text    string
	Class   Class
	Format  string
	Options []string // of a poll
	State   TopicState
	User    string
	Reason  string // why it stands although something like it was asked
	Created int64
	Used    int64  // when an item was made of it
	AI      string // the language model that its text came from; "" = none
}

// Check says what is wrong with a topic: CodeBadInput, CodeTooLarge.
func (t Topic) Check() error {
	if err := checkWords(t.Title, t.Text); err != nil {
		return err
	}
	switch {
	case t.Class.place() < 0:
		return community.Errorf(community.CodeBadInput, "class: want useful, interactive or promotion")
	case t.Format == "":
		return community.Errorf(community.CodeBadInput, "format: missing")
	case utf8.RuneCountInString(t.Reason) > MaxReason || !legible(t.Reason):
		return community.Errorf(community.CodeBadInput, "reason: more than %d characters", MaxReason)
	}
	return checkOptions(t.Options)
}

// Idea is the topic as a proposal uses it.
func (t Topic) Idea() Idea {
	return Idea{ID: t.ID, Title: t.Title, Text: t.Text, Class: t.Class, Format: t.Format, Options: t.Options, AI: t.AI}
}

// RepeatDays is how far back a topic may not be repeated without a reason.
const RepeatDays = 180

// Former is a topic or an item that was before.
type Former struct {
	ID    community.ID
	Title string
	Text  string
	At    int64 // when it came, or was entered
}

// Repeats lists what a text repeats: what was the same, or a near copy (lexicon.Print), within RepeatDays days before a
// moment; the newest first.
func Repeats(text string, before []Former, at int64) []Former {
	var printer lexicon.Printer
	mine, bare := printer.Print(text), bareText(text)
	var out []Former
	for _, b := range before {
		if b.At <= at-RepeatDays*dayMS || strings.TrimSpace(b.Text) == "" {
			continue
		}
		theirs := printer.Print(b.Text)
		if bareText(b.Text) == bare || !mine.IsZero() && mine.Alike(&theirs) {
			out = append(out, b)
		}
	}
	slices.SortStableFunc(out, func(a, b Former) int { return int(max(-1, min(1, b.At-a.At))) })
	return out
}

// bareText is a text without case, spaces and signs: short texts have no print.
func bareText(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
}
