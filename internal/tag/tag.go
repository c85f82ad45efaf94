// Package tag keeps the words that people and rules stick on persons, on stays in groups and on groups, and decides which of
// them a rule would put on or take off.
package tag

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Scope is what a tag is stuck on.
type Scope string

// Scopes of tags. A tag of a stay ends with the stay: a rejoin begins without it.
const (
	Person Scope = "person"
	Stay   Scope = "stay"
	Group  Scope = "group"
)

// Scopes lists them in the order in which pages offer them.
func Scopes() []Scope { return []Scope{Person, Stay, Group} }

// ParseScope reads a scope: community.CodeBadInput.
func ParseScope(text string) (Scope, error) {
	if s := Scope(text); slices.Contains(Scopes(), s) {
		return s, nil
	}
	return "", community.Errorf(community.CodeBadInput, "scope %q: want person, stay or group", text)
}

// Colours that tags may have; "" = none. They are names, so that dark and light pages may differ.
func Colours() []string {
	return []string{"blue", "green", "orange", "red", "purple", "teal", "yellow"}
}

// Tag is a word of an organisation for one scope.
type Tag struct {
	Scope   Scope
	Name    string
	Family  string // the category; "" = none
	Colour  string // one of Colours; "" = none
	Note    string
	Created int64 // UTC ms; 0 = nobody wrote it down, it is only worn
	User    string
	Worn    int    // by how many of what the reader may see
	Auto    int    // of these, put there by a rule
	Rule    string // what a live rule that gives it is called; "" = none
}

// Bounds of words. Names are counted in characters, all of them besides in bytes.
const (
	MaxName   = 30
	MaxFamily = 20
	maxNote   = 200
	maxBytes  = 100
)

// separators stand between tags where several are typed, so that no tag can hold one.
const separators = " ,，、;；\t\n\r　"

// Name reads a tag as somebody typed it, without blanks around it: community.CodeBadInput for what is empty, too long, holds
// what separates tags, or a character that cannot be seen (controls, directions, invisible joiners).
func Name(text string) (string, error) { return word(text, "tag", MaxName, separators) }

// family reads a category; "" is none.
func family(text string) (string, error) {
	if strings.TrimSpace(text) == "" {
		return "", nil
	}
	return word(text, "category", MaxFamily, "\t\n\r")
}

func word(text, what string, most int, without string) (string, error) {
	text = strings.TrimSpace(text)
	bad := func(why string) (string, error) {
		return "", community.Errorf(community.CodeBadInput, "%s: %s", what, why)
	}
	switch {
	case !utf8.ValidString(text):
		return bad("not UTF-8")
	case text == "":
		return bad("empty")
	case utf8.RuneCountInString(text) > most || len(text) > maxBytes:
		return bad("longer than the bound")
	case strings.ContainsAny(text, without):
		return bad("holds a blank or a comma, which stand between tags")
	case strings.ContainsFunc(text, unseen):
		return bad("holds a character that cannot be seen")
	}
	return text, nil
}

// unseen reports what has no shape of its own: controls, formats such as changes of direction, and private or broken code points.
func unseen(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp) || r == utf8.RuneError
}

// Check reads a tag as it is to be written down, and gives it trimmed: community.CodeBadInput.
func (t Tag) Check() (Tag, error) {
	var err error
	if _, err = ParseScope(string(t.Scope)); err != nil {
		return t, err
	}
	if t.Name, err = Name(t.Name); err != nil {
		return t, err
	}
	if t.Family, err = family(t.Family); err != nil {
		return t, err
	}
	if t.Colour != "" && !slices.Contains(Colours(), t.Colour) {
		return t, community.Errorf(community.CodeBadInput, "colour %q: want one of %s", t.Colour, strings.Join(Colours(), ", "))
	}
	if t.Note = strings.TrimSpace(t.Note); utf8.RuneCountInString(t.Note) > maxNote {
		return t, community.Errorf(community.CodeBadInput, "note: want at most %d characters", maxNote)
	}
	return t, nil
}

// Hand is the source of what a person stuck on by hand; Ruled of what a rule did. Other sources (a code's mark, the contacts
// of a platform) are named by who wrote them.
const Hand = "hand"

// ByRule is the source that a rule writes.
func ByRule(id community.ID) string { return "rule:" + id.String() }

// Ruled reports whether a source is a rule.
func Ruled(source string) bool { return strings.HasPrefix(source, "rule:") }

// Worn is a tag on something, with where it came from.
type Worn struct {
	Target
	Tag    string
	Source string
	Why    string // of a rule: what held then
	At     int64  // UTC ms
	User   string
}

// Target is what wears a tag: a person (Member), a stay (Group, Member, Stay), a group (Group).
type Target struct {
	Group  community.GroupKey
	Member community.MemberKey
	Stay   community.ID
}

// Edit is a tag put on many groups at once, or taken off.
type Edit struct {
	ID       community.ID
	Tag      string
	Put      bool
	Total    int // groups that it changed
	User     string
	Reason   string
	At       int64 // UTC ms
	Undone   int64 // UTC ms; 0 = it stands
	UndoneBy string
	UndoNote string
	Kept     int // groups that the undoing left as they were, since somebody changed them later
}

// Changes reports whether an edit by hand changes something that wears a tag by a source, or (has is false) does not wear it: what a rule put
// there becomes a person's.
func Changes(source string, has, put bool) bool {
	if has && put {
		return Ruled(source)
	}
	return has != put
}

// Order sticks a tag on one thing by hand, or takes it off.
type Order struct {
	Scope  Scope
	Name   string
	On     bool
	Member community.ID // of persons and stays
	Group  community.ID // of stays and groups
	Reason string
}

// EditOrder says which groups are to be tagged at once.
type EditOrder struct {
	Name   string
	Put    bool
	Picked []community.ID        // named one by one; none = all that the filter finds
	Filter community.GroupFilter // with no group picked
	Expect int                   // how many the preview said; 0 = whatever
}

// EditPreview is what an edit would do now.
type EditPreview struct {
	Tag    string // as it is called now
	Put    bool
	Chosen int                  // groups looked at
	Groups []community.GroupKey // those that would change
	Names  []string             // of the first of them
}
