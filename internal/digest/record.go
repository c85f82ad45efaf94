package digest

import (
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
)

// States of a record.
const (
	Draft   = "draft"   // waits for a person
	Sent    = "sent"    // handed over as a mass send
	Dropped = "dropped" // a person did not want it
)

// MostText bounds the text of a digest, characters: longer ones are not read in a chat.
const MostText = 4000

// MostDays is how many days a digest may tell of.
const MostDays = 7

// Record is a digest that is kept, with the words that will be sent.
type Record struct {
	ID        community.ID
	Group     community.GroupKey
	GroupID   community.ID
	GroupName string
	From      int64 // first day, counted from 1970-01-01 in the group's zone
	To        int64 // last day, included
	Made      int64 // UTC ms
	User      string
	Found     Digest
	Text      string
	Edited    int64 // UTC ms; 0 = as it was composed
	State     string
	Sent      string // the mass send, "" = none
	Version   int    // counted up by each change
}

// Weekly reports whether a record tells of more than a day.
func (r Record) Weekly() bool { return r.To > r.From }

// CheckText says what is wrong with the words of a digest: CodeBadInput or CodeTooLarge.
func CheckText(text string) error {
	switch n := utf8.RuneCountInString(text); {
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0) || strings.TrimSpace(text) == "":
		return community.Errorf(community.CodeBadInput, "text: want words to send")
	case n > MostText:
		return community.Errorf(community.CodeTooLarge, "text: %d characters, at most %d", n, MostText)
	}
	return nil
}

// Watch says that a group's digests are drafted by themselves.
type Watch struct {
	Group  community.GroupKey
	Org    community.OrgKey
	Daily  bool   // each morning of the day before
	Weekly bool   // on Mondays of the week before
	Hour   int    // 0..23 in the group's zone
	Lang   string // of the words
}

// Check says what is wrong: CodeBadInput.
func (w Watch) Check() error {
	if w.Hour < 0 || w.Hour > 23 {
		return community.Errorf(community.CodeBadInput, "hour: want 0 to 23")
	}
	return nil
}

// Spans are the stretches [from, to] of which digests are due: today, a weekday (0 = Monday) at an hour of the group's zone.
func (w Watch) Spans(today int64, weekday, hour int) (out [][2]int64) {
	if hour < w.Hour {
		return nil
	}
	if w.Daily {
		out = append(out, [2]int64{today - 1, today - 1})
	}
	if w.Weekly && weekday == 0 {
		out = append(out, [2]int64{today - 7, today - 1})
	}
	return out
}
