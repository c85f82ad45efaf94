package admit

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// Said is a text of a group's channel: what was said there, or what is planned to be sent there.
type Said struct {
	Group  community.GroupKey
	Source string // SaidMessage, SaidBroadcast or SaidSOP
	Ref    string // of it: the message's number, or the id of what sends it
	Text   string
	At     int64 // UTC ms; 0 = it has no time yet
}

// Sources of texts.
const (
	SaidMessage   = "message"
	SaidBroadcast = "broadcast"
	SaidSOP       = "sop"
)

// Copied is a text of one group that stands in another, however it was changed.
type Copied struct{ Mine, Theirs Said }

// Voice is what a group's channel says, ready to be compared.
type Voice struct {
	said   []Said
	prints []lexicon.Print
}

// Hear makes the voice of texts. What is too short to tell copies from small talk, and lists that grow, are left out.
func Hear(list []Said) Voice {
	var v Voice
	var printer lexicon.Printer
	for _, s := range list {
		if lexicon.IsRollCall(s.Text) {
			continue
		}
		if p := printer.Print(s.Text); !p.IsZero() {
			v.said, v.prints = append(v.said, s), append(v.prints, p)
		}
	}
	return v
}

// Len is how many texts may be compared.
func (v Voice) Len() int { return len(v.said) }

// Copies gives the texts of a voice that are near-copies of one of another, each once, with the first it is like.
func (v Voice) Copies(other Voice) []Copied {
	var out []Copied
	for i := range v.prints {
		for j := range other.prints {
			if v.prints[i].Alike(&other.prints[j]) {
				out = append(out, Copied{v.said[i], other.said[j]})
				break
			}
		}
	}
	return out
}

// Overlap is what a group shares with another of one's own.
type Overlap struct {
	Group    community.GroupKey
	GroupID  community.ID
	Name     string
	Shared   int      // people in both, each once however many accounts they have
	Copies   int      // texts of the group that are near-copies of the other's
	Examples []Copied // the first of them, at most CopyExamples
	Sister   bool     // one offer in several rooms: one code leads to both, or they belong to one main group
}

// CopyExamples bounds how many near-copies of an overlap are shown.
const CopyExamples = 3

// Any reports whether anything is shared.
func (o Overlap) Any() bool { return o.Shared > 0 || o.Copies > 0 }

// Difference is what a group gives that others do not, as its operator wrote it. Nothing is overwritten: a new text is a new version.
type Difference struct {
	Group   community.GroupKey
	Version int // 0 = nobody wrote any
	Text    string
	Against []community.GroupKey // the groups that it tells this one from
	User    string
	At      int64 // UTC ms
}

// MaxDifference bounds a difference, in characters.
const MaxDifference = 200

// CheckDifference says what is wrong with a text: community.CodeBadInput.
func CheckDifference(text string) error {
	n := utf8.RuneCountInString(text)
	if strings.TrimSpace(text) == "" || n > MaxDifference || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return community.Errorf(community.CodeBadInput, "difference: want 1 to %d characters", MaxDifference)
	}
	return nil
}

// OverlapCheck is what a group shares with the others of its operator, and whether the difference is written.
type OverlapCheck struct {
	People     int       // of the group, staff and bots left out
	Said       int       // its texts that were compared
	Others     int       // groups whose people were compared: all that the operator may see
	Heard      int       // of them, those whose texts were compared
	Overlaps   []Overlap // that share anything, the most first
	Difference Difference
	Open       bool // a code leads or led to it already
}

// Missing are the overlapping groups that the difference does not speak of. Sisters give the same by intent and are left out.
func (c OverlapCheck) Missing() (out []Overlap) {
	for _, o := range c.Overlaps {
		if o.Any() && !o.Sister && (c.Difference.Version == 0 || !slices.Contains(c.Difference.Against, o.Group)) {
			out = append(out, o)
		}
	}
	return out
}

// MayOpen reports whether a first code may lead to the group.
func (c OverlapCheck) MayOpen() bool { return c.Open || len(c.Missing()) == 0 }

// ErrSameAsOthers says that a group overlaps with others and that nobody wrote what it gives that they do not.
var ErrSameAsOthers = errors.New("it overlaps with other groups: write what it gives that they do not")

// Rank puts overlaps in order, those with most shared people first, and leaves out such that share nothing.
func Rank(list []Overlap) []Overlap {
	list = slices.DeleteFunc(list, func(o Overlap) bool { return !o.Any() })
	slices.SortStableFunc(list, func(a, b Overlap) int {
		return cmp.Or(b.Shared-a.Shared, b.Copies-a.Copies, cmp.Compare(a.Group, b.Group))
	})
	return list
}
