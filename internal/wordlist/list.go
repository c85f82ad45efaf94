// Package wordlist knows the word lists (词库) of an organisation: what an entry is, which words of an imported list would
// wreck ordinary talk and why, when a word has proved itself wrong, and the small lists that come with the program. It decides
// and explains; rows, files and rulebooks are others' business.
package wordlist

import (
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// Bounds of lists.
const (
	MaxName     = 40       // characters of a list's name or a category
	MaxNote     = 500      // characters
	MaxViews    = 120      // bytes of the names of a word's views
	MaxLists    = 200      // of an organisation
	MaxLevel    = 10       // rungs
	MaxFile     = 20 << 20 // bytes of a file that is imported
	MaxByHand   = 1000     // words that one form or command changes
	maxExpiries = 253402300800000
)

// List is a word list of an organisation.
type List struct {
	Key     int64
	ID      community.ID
	Org     community.OrgKey
	Name    string
	Note    string
	Pack    string // name of the shipped list that it began as; "" = none
	Version int    // of its words; 0 = it never had any
	Created int64  // UTC ms
	Changed int64  // when its version was made, UTC ms
	By      string // who made it
	Closed  int64  // when it was put away, UTC ms; 0 = in use

	Active, Held, Suspended int // words by state: in use, in quarantine, suspended
	Groups, Behind          int // groups that use it; of these, with an older version
}

// Check says whether name and note can be a list's.
func (l List) Check() error {
	if l.Name = strings.TrimSpace(l.Name); l.Name == "" || utf8.RuneCountInString(l.Name) > MaxName || !oneLine(l.Name) {
		return community.Errorf(community.CodeBadInput, "name: want 1 to %d characters in one line", MaxName)
	}
	if utf8.RuneCountInString(l.Note) > MaxNote || !utf8.ValidString(l.Note) {
		return community.Errorf(community.CodeBadInput, "note: at most %d characters", MaxNote)
	}
	return nil
}

func oneLine(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 })
}

// State is what becomes of a word in rulebooks: only active ones go there.
type State string

// States of a word.
const (
	Active    State = "active"
	Held      State = "held"      // in quarantine: it would hit ordinary talk, or looks as if
	Suspended State = "suspended" // it proved wrong, or a person took it out for a while
)

// States lists the states in the order in which pages offer them.
func States() []State { return []State{Active, Held, Suspended} }

// Entry is a word as a list holds it.
type Entry struct {
	lexicon.Word
	State State
	Why   string // reasons as codes (ParseReasons); of a released one what the person said
	Since int    // the version from which on it is so
}

// Fold is the form in which two entries are the same.
func (e Entry) Fold() string { return lexicon.FoldPhrase(e.Text) }

// Check says whether an entry can be one.
func (e Entry) Check() error {
	if err := lexicon.CheckPhrase(e.Text); err != nil {
		return community.Errorf(community.CodeBadInput, "%q: %w", shown(e.Text), err)
	}
	if utf8.RuneCountInString(e.Category) > MaxName || !oneLine(e.Category) {
		return community.Errorf(community.CodeBadInput, "category: at most %d characters in one line", MaxName)
	}
	if e.Level < 0 || e.Level > MaxLevel {
		return community.Errorf(community.CodeBadInput, "level: want 0 to %d", MaxLevel)
	}
	if e.Expires < 0 || e.Expires > maxExpiries {
		return community.Errorf(community.CodeBadInput, "expires: no such day")
	}
	if _, ok := lexicon.ReadViews(e.Views, e.Text); !ok || len(e.Views) > MaxViews || !oneLine(e.Views) {
		return community.Errorf(community.CodeBadInput, "views: %q", shown(e.Views))
	}
	return nil
}

func shown(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// Kinds of changes, as a version names them.
const (
	ByAdd      = "add"
	ByEdit     = "edit"
	ByRemove   = "remove"
	ByImport   = "import"
	ByRollback = "rollback"
	ByRelease  = "release"
	BySuspend  = "suspend"
	ByPack     = "pack"
)

// Version is a version of a list: who changed what, when and why.
type Version struct {
	Number  int
	At      int64 // UTC ms
	User    string
	Kind    string // one of the above
	Note    string
	Added   int
	Removed int
	Changed int
	Asset   string // hash of its content once a group used it
}

// Change is one word's difference between two versions.
type Change struct {
	Before, After *Entry // nil: the word was not there, or is not
}

// Use says that a group uses a list.
type Use struct {
	Group   community.GroupRow
	Version int    // the list's version in the group's rulebook in force
	Mode    string // of the rule that names it: live, dry, off
	At      int64  // since when, UTC ms
	By      string
	Fault   string // why its rulebook could not be brought to the newest version; "" = it could
}

// Runs of work on a list.
const (
	RunImport  = "import"  // a file was read, is linted and waits to be taken in
	RunPublish = "publish" // groups' rulebooks are brought to a version
)

// States of a run.
const (
	RunBusy  = "busy"
	RunReady = "ready" // linted: a person takes it in or not
	RunDone  = "done"
	RunFault = "fault"
	RunGone  = "gone" // thrown away
)

// Run is a piece of work on a list that takes its time.
type Run struct {
	ID     community.ID
	List   int64
	Kind   string
	State  string
	Done   int64
	Of     int64
	At     int64 // UTC ms
	User   string
	Note   string
	File   string // import: the file's name
	Error  string
	Report Report
}

// Filter is a question about the words of a list.
type Filter struct {
	Text     string // part of the word; "" = any
	Category string // "-" = without one
	State    State
	Version  int // 0 = now
	Page     community.Page
}

// Counted is how many words a category has.
type Counted struct {
	Name string
	N    int
}

// FoldOf is the form in which a part of a word is looked for.
func FoldOf(text string) string { return lexicon.FoldPhrase(text) }

// Head are the names of the columns of files: in Chinese (0) or English.
func Head(lang int) []string {
	if lang == 0 {
		return []string{"词语", "类别", "级别", "变体", "到期", "状态", "原因"}
	}
	return []string{"word", "category", "level", "views", "expires", "state", "why"}
}

// Named is a word on which a hit rests, as people know it.
type Named struct {
	List    string `json:"list"`    // its name
	Version int    `json:"version"` // in the book then in force
	Word    string `json:"word"`
}
