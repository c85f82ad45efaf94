// Package admit decides how people come in: which QR code or link a fixed address shows now, when the next one is
// needed, and in which of several groups a person should stay.
package admit

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Kinds of code.
const (
	Channel = "channel" // 渠道活码: one per source; its mark comes back with who joins by it
	Group   = "group"   // 群活码: one fixed address that leads to the next group when one is full
)

// Kinds lists them as forms offer them.
var Kinds = []string{Channel, Group}

// Code is a fixed address /j/{slug} with what it leads to. A channel code and a group code differ in what they are made
// for; both rotate over their entries.
type Code struct {
	Key      int64
	ID       community.ID
	Org      community.OrgKey
	Kind     string
	Slug     string // of the public address
	Name     string // for operators, 1 to 60 characters
	Line     string // one sentence for those who scan: what the group gives, at most 80 characters
	State    string // the source's mark, at most 30 characters; unique among the living codes
	Tags     []string
	Welcome  string // said to who joins by the mark; {{name}} is their name; "" = nothing
	Overflow bool   // where the platform can, it opens the next group itself
	Base     string // overflow: how new groups are called, at most 40 characters
	Entries  []Entry
	Created  int64
	By       string // user id
	Closed   int64  // 0 = in use
	Change   int    // when it is saved: the number of its change, 0 = it is new
}

// Entry is a QR picture or a link to one group.
type Entry struct {
	Key       int64
	ID        community.ID
	Code      int64
	Group     community.GroupKey
	GroupName string
	Link      string // what the QR code says; "" = there is only a picture
	Picture   string // hash of the picture, hex; "" = drawn from the link
	Expires   int64  // UTC ms; 0 = does not end
	Most      int64  // scans it lives for; 0 = no bound
	Scans     int64
	Created   int64
	Removed   int64
	Action    community.ID // the order that asked the platform for it; zero = by hand
	Task      community.ID // the open question about it to a person; zero = none
	Warned    int64        // when it was last asked, UTC ms
}

// Bounds of a code, in characters.
const (
	MaxName    = 60
	MaxLine    = 80
	MaxState   = 30
	MaxWelcome = 500
	MaxBase    = 40
	MaxTags    = 10
	MaxTag     = 30
	MaxEntries = 200
	maxLink    = 1000 // bytes
)

// Check says what is wrong with a code: community.CodeBadInput with the field's name in the message.
func (c Code) Check() error {
	for _, f := range []struct {
		name, text string
		least, max int
	}{
		{"name", c.Name, 1, MaxName}, {"line", c.Line, 0, MaxLine}, {"state", c.State, 0, MaxState},
		{"welcome", c.Welcome, 0, MaxWelcome}, {"base", c.Base, 0, MaxBase},
	} {
		if n := utf8.RuneCountInString(f.text); n < f.least || n > f.max || !utf8.ValidString(f.text) {
			return community.Errorf(community.CodeBadInput, "%s: want %d to %d characters", f.name, f.least, f.max)
		}
	}
	switch {
	case c.Kind != Channel && c.Kind != Group:
		return community.Errorf(community.CodeBadInput, "kind: want channel or group")
	case c.Kind == Channel && c.State == "":
		return community.Errorf(community.CodeBadInput, "state: a channel code needs a mark")
	case strings.ContainsFunc(c.State, noMark):
		return community.Errorf(community.CodeBadInput, "state: letters, digits, - and _ only")
	case len(c.Tags) > MaxTags:
		return community.Errorf(community.CodeBadInput, "tags: at most %d", MaxTags)
	}
	for _, t := range c.Tags {
		if n := utf8.RuneCountInString(t); n < 1 || n > MaxTag || strings.ContainsFunc(t, unicode.IsControl) {
			return community.Errorf(community.CodeBadInput, "tags: want 1 to %d characters each", MaxTag)
		}
	}
	return nil
}

func noMark(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_' }

// Check says what is wrong with an entry: community.CodeBadInput with the field's name in the message.
func (e Entry) Check(now int64) error {
	switch {
	case e.Group == 0:
		return community.Errorf(community.CodeBadInput, "group: an entry leads to a group")
	case e.Link != "" && !GoodLink(e.Link):
		return community.Errorf(community.CodeBadInput, "link: want an http or https address of at most %d bytes", maxLink)
	case e.Expires != 0 && e.Expires <= now:
		return community.Errorf(community.CodeBadInput, "expires: has passed")
	case e.Most < 0 || e.Most > 1e9:
		return community.Errorf(community.CodeBadInput, "most: want 0 to 1,000,000,000 scans")
	}
	return nil
}

// GoodLink reports whether a text is a web address that a page may offer: http or https, a host, no blanks or controls.
func GoodLink(s string) bool {
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok {
		rest, ok = strings.CutPrefix(s, "http://")
	}
	bad := func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r) || r == '"' || r == '<' || r == '>'
	}
	return ok && len(s) <= maxLink && utf8.ValidString(s) && rest != "" && rest[0] != '/' && !strings.ContainsFunc(s, bad)
}

// Shows reports whether there is anything to show: a picture or a link.
func (e Entry) Shows() bool { return e.Link != "" || e.Picture != "" }

// Greeting is the welcome to a person by name; "" when the code has none.
func (c Code) Greeting(name string) string { return strings.ReplaceAll(c.Welcome, "{{name}}", name) }

// Flow is what came through a code. Joins and Leaves count stays that began by its mark; Here counts people who are in a
// group now and came by it.
type Flow struct {
	Scans  int64
	Joins  int64
	Leaves int64
	Here   int64
}

// Net is joins less leaves.
func (f Flow) Net() int64 { return f.Joins - f.Leaves }

// Filter asks for codes.
type Filter struct {
	Text   string // part of the name or mark
	Kind   string
	Tag    string             // of a group they lead to
	Group  community.GroupKey // that they lead to; 0 = any
	Closed bool               // those no longer in use instead
	Page   community.Page
}

// Row is a code with what lists show about it.
type Row struct {
	Code
	Flow
	Now      Choice
	Warnings []Warning
	Sizes    Sizes
	Aways    Aways // of the groups it leads to, those that go on elsewhere
}

// Away says where the address leads because its group goes on elsewhere.
func (r Row) Away() (Away, bool) { return Leads(r.Code, r.Now, r.Aways) }

// Marked reports whether joins can be counted: without a mark no platform says who came by the code.
func (c Code) Marked() bool { return c.State != "" }

// DayFlow is a day of a code, in Asia/Shanghai.
type DayFlow struct {
	Date string // "2006-01-02"
	Flow        // Here is not told by day
}

// Comer is somebody who came by a code's mark and was not seen to yet.
type Comer struct {
	Member   community.MemberKey
	Group    community.GroupKey
	Name     string
	JoinedAt int64
}

// CapRule is what a person set about a group's size: Most 0 = as the connection says, Lead 0 = the default.
type CapRule struct {
	Most   int64
	Lead   int64 // days
	Task   community.ID
	Warned int64
}

// DefaultLead is how many days before a group is full a person is asked.
const DefaultLead = 7
