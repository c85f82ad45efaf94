package importer

import (
	"encoding/json"
	"io"
	"strings"

	"qunluo/internal/community"
)

// SniffLen is how much of a file Sniff sees, in bytes.
const SniffLen = 64 << 10

// MaxLine bounds a line, a CSV record or a JSON object in a list, in bytes. Longer ones are bad rows.
const MaxLine = 1 << 20

// GuessedZone is what a file without a zone is read in when the operator gives none; such times carry zone_guessed.
const GuessedZone = "Asia/Shanghai"

// Format is one kind of file.
type Format struct {
	Name     string    // "chatlab-jsonl": stable, used by --format and in reports
	Title    [2]string // Chinese, English
	Platform community.Platform

	// Sniff says how sure it is that a file is of this format, 0..100, from its first SniffLen bytes and its path.
	Sniff func(head []byte, path string) int
	// Chat groups files that are one chat (one file a day); nil = every file is a unit of its own. An empty answer
	// means the same.
	Chat func(path string) string
	// Chats lists the chats inside one file, by name and id as far as the file tells; nil = a file is one chat that it
	// does not name.
	Chats func(f File) ([]Chat, error)
	// Gather adds the further files that a unit's file names, found by their path, and gives the names of those that are
	// not there; nil = a file names none.
	Gather func(u *Unit, find func(path string) (File, bool)) (missing []string)
	// Zoneless reports whether the times in the file need a zone that the file does not give; nil = never.
	Zoneless func(head []byte, path string) bool
	// Read streams a unit's rows. It fills in what it learns about the file in facts. The Row belongs to Read and is
	// valid until yield returns; an error of yield ends the reading and is returned.
	Read func(u *Unit, opt Options, facts *Facts, yield Yield) error
}

// Formats lists every format that can be read. Of equal certainty the earlier wins.
func Formats() []Format {
	return []Format{
		chatlabLines(),
		chatlabJSON(),
		telegram(),
		telegramHTML(),
		chatlog(),
		chatlogCSV(),
		weFlow(),
		qqChat(),
		discord(),
		weChatMsg(),
		gitter(),
		qqText(),
		irc(),
		irssi(),
		weechat(),
		chatlogRooms(),
		rosterTableFormat(),
		rosterNamesFormat(),
		pasted(),
	}
}

// FormatNamed finds a format by its name.
func FormatNamed(name string) (Format, bool) {
	for _, f := range Formats() {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}

// sniffAll gives the surest format; ok is false when nobody recognises the file.
func sniffAll(head []byte, path string) (best Format, sure int, ok bool) {
	for _, f := range Formats() {
		if c := f.Sniff(head, path); c > sure {
			best, sure, ok = f, c, true
		}
	}
	return best, sure, ok
}

// File is one file of a unit. Open may be called several times.
type File struct {
	Path string // absolute, with slashes; members of archives below the archive's name
	Cut  int    // how much of Path people need not see
	Size int64  // bytes; -1 = not known
	Open func() (io.ReadCloser, error)
	// Changed is when the file was last written to, UTC ms; 0 = not known. Only lists of members without a time look at it.
	Changed int64
}

// Shown is the path for people: from what was named on.
func (f File) Shown() string { return f.Path[min(f.Cut, len(f.Path)):] }

// Chat is a chat as its file names it, known before the file is read.
type Chat struct {
	ID       string // the platform's; "" = the file gives none
	Name     string
	Platform community.Platform // "" = the format's
	Private  bool
	Index    int    // its place in the file, from 1; 0 = the file is the chat
	key      string // what stands in the file to tell its rows from those of other chats
}

// Unit is one chat to import: one file, or the day files of one channel, or one chat of an account export.
type Unit struct {
	Name     string // for people: path or folder and channel
	Format   Format
	Sure     int // 0..100
	Files    []File
	Chat     Chat
	Target   Target
	NeedZone bool // the files give no zone: ask, or GuessedZone is taken and marked
	Bytes    int64
	Missing  []string // further files that were named and not found
	scratch  scratch
}

// Options is what the operator decided. The zero value reads a file as it is.
type Options struct {
	Format   string // name of the format, when the sniffed one is wrong; used by Open
	Zone     string // IANA name or ±HH:MM; "" = the file's own, else GuessedZone
	Group    community.Ref
	Platform community.Platform // "" = as the file says
	Self     community.Who      // who "你" is
	Now      int64              // UTC ms: later times (by over a day) are bad rows; 0 = no bound
	Private  bool               // private chats too; they are skipped otherwise
	At       int64              // UTC ms: when a list of members was read, or a text copied; 0 = the file does not say either
	Limits   Limits             // zero fields take DefaultLimits
	Look     Look               // what is there already; nil = nobody looks, near-matches are not found
	KeepNear bool               // near-matches are taken in too; else they are left out and listed
	Bearers  Bearers            // who bears names that a file knows alone; nil = nobody is asked
	Renamed  map[string]string  // old names by new ones, of those who took another name, as a person says
	Show     int                // of a trial: how many messages, and names of each kind of change, are shown
}

// Row is one row of a file.
type Row struct {
	Place  int64  // line, or ordinal of the object in its list; from 1
	File   string // path, when a unit has several
	Kind   string // original type, for the report: "0 text", "join"
	Events []community.Inbound
	Skip   string // why the row is left out on purpose; a code: "private", "empty", "other_chat", "duplicate"
	Bad    string // why the row cannot be read: a code of bad.go
	Raw    []byte // of a bad row: what stood there (its first bytes are enough)
}

// Yield takes a row.
type Yield func(*Row) error

// Facts is what a format learns about a file while reading it.
type Facts struct {
	Version  string
	Exporter string
	Platform community.Platform
	Group    community.Ref
	chat     string   // the chat as keys have it
	Guessed  bool     // the file gives no id of the group: Group.ID was made from a name
	Zone     string   // the zone in which local times were read; "" = only instants in the file
	ZoneHow  string   // file, given, dialect, derived, guessed
	OwnTotal int64    // messages by the exporter's own count; -1 = it says nothing
	Messages int64    // ours, to compare with it
	Missing  []string // files that belong to it and were not found

	Fixes     map[string]int64 // what was put right on the way, by code: "number_as_text", "cut", …
	Sentences []string         // system sentences not understood, at most maxSamples
	Unparsed  int64
	Doubtful  int64 // understood, but not who is meant
	Ambiguous int64 // local times that exist twice
}

const maxSamples = 20

// fix counts something put right.
func (f *Facts) fix(code string) {
	if f.Fixes == nil {
		f.Fixes = map[string]int64{}
	}
	f.Fixes[code]++
}

func (f *Facts) sentence(s string) {
	if len(f.Sentences) < maxSamples {
		f.Sentences = append(f.Sentences, clip(s, 200))
	}
}

// ref is the group a unit's events belong to: the operator's word first, then the file's id, then a name. What keys are
// made of is the file's own id where it has one, so that two chats put into one group stay apart; without one it is the
// group's, so that files of one chat meet there.
func (f *Facts) ref(opt Options, id, name string) community.Ref {
	f.Guessed = id == "" && opt.Group.ID == ""
	ref := community.Ref{ID: id, Name: name}
	if ref.ID == "" {
		ref.ID = name
	}
	if opt.Group.ID != "" {
		ref.ID = opt.Group.ID
	}
	if opt.Group.Name != "" {
		ref.Name = opt.Group.Name
	}
	f.Group, f.chat = ref, ref.ID
	if id != "" {
		f.chat = id
	}
	return ref
}

// source puts the tokens of Body.Source together: the original type, then marks (minute, zone_guessed, inferred).
func source(parts ...string) string {
	n := 0
	for _, p := range parts {
		if p != "" {
			parts[n] = p
			n++
		}
	}
	return strings.Join(parts[:n], " ")
}

// Marks in Body.Source, separated by spaces. An exact time has none.
const (
	MarkMinute      = "minute"       // the source knows the time to the minute; order within it is the file's
	MarkZoneGuessed = "zone_guessed" // local time read in GuessedZone because nobody knew better
	MarkReported    = "reported"     // told by a person who copied it, not taken from a record
	MarkInferred    = "inferred"     // taken out of a sentence that has more than one reading, or none with known names
)

// mustJSON is for values that always marshal.
func mustJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
