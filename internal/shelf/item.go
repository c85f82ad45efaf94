package shelf

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Kind says what an item of the library is.
type Kind string

// Kinds of items.
const (
	Post    Kind = "post"
	Welcome Kind = "welcome"
	Script  Kind = "script" // 话术: what people say by hand
	Paper   Kind = "file"
	Picture Kind = "picture"
	Poster  Kind = "poster"
)

// Kinds lists the kinds as forms offer them.
func Kinds() []Kind { return []Kind{Post, Welcome, Script, Paper, Picture, Poster} }

// Bounds of an item.
const (
	MaxTitle  = 100  // characters
	MaxText   = 4000 // characters
	MaxTags   = 20
	MaxTag    = 30 // characters
	MaxFiles  = 9
	MaxURL    = 1000 // bytes
	MaxReason = 500  // characters
)

// File is content that is kept for an item.
type File struct {
	ID    community.ID `json:"id"`
	Name  string       `json:"name"`
	Type  string       `json:"type"` // as the bytes say, e.g. image/png
	Bytes int64        `json:"bytes"`
}

// Content is what people write of an item: every edit is a version of it.
type Content struct {
	Title   string   `json:"title"`
	Text    string   `json:"text"`
	URL     string   `json:"url,omitempty"` // where it leads; "" = nowhere
	Files   []File   `json:"files,omitempty"`
	Poster  string   `json:"poster,omitempty"` // the name of a poster
	Tags    []string `json:"tags,omitempty"`
	Expires string   `json:"expires,omitempty"` // the last day on which it may be sent; "" = it stays good
}

// Item is one piece of the library.
type Item struct {
	ID  community.ID
	Org community.OrgKey
	Content
	Kind      Kind
	Version   int // of Content, from 1
	Archived  bool
	Exclusive bool                 // opens to current members of Groups only, each by an address of their own
	Groups    []community.GroupKey // of an exclusive item
	Short     community.ID         // the short link that counts its openings; zero = there is none
	Maker     string
	Created   int64
	Updated   int64
	Changed   int64 // counts every change: who changes it names the one they saw
}

// Version is what an item was at one time.
type Version struct {
	Version int
	Content
	User string
	Note string
	At   int64
}

// Filter asks for items of the library.
type Filter struct {
	Kind     Kind // "" = any
	Tag      string
	Text     string // in title or text; "" = any
	Expired  string // only items whose last day comes before this one; "" = any
	Archived bool   // those put away, in place of the others
	community.Page
}

// Order says how an item is used.
type Order struct {
	Values   map[string]string // of variables, by name
	Override string            // why it is used although it has expired
}

// Preview is what one group of a platform would get of an item.
type Preview struct {
	Platform community.Platform
	Group    string // whose name was filled in; "" = there is none on the platform
	ByHand   bool   // a person puts it in
	Text     string
	Missing  []string // variables that nobody gave a value
	Lost     []string // files that do not go there as they are
}

// Check says what is wrong with an item: CodeBadInput, naming the field, or CodeTooLarge.
func (c Content) Check(kind Kind) error {
	bad := func(field, format string, args ...any) error {
		return community.Errorf(community.CodeBadInput, field+": "+format, args...)
	}
	switch n := utf8.RuneCountInString(c.Title); {
	case !slices.Contains(Kinds(), kind):
		return bad("kind", "want one of %v", Kinds())
	case strings.TrimSpace(c.Title) == "" || n > MaxTitle || !legible(c.Title):
		return bad("title", "want 1 to %d characters", MaxTitle)
	case utf8.RuneCountInString(c.Text) > MaxText:
		return community.Errorf(community.CodeTooLarge, "text: more than %d characters", MaxText)
	case !legible(c.Text):
		return bad("text", "not UTF-8, or it holds a NUL")
	case len(c.Files) > MaxFiles:
		return community.Errorf(community.CodeTooLarge, "files: more than %d", MaxFiles)
	case c.URL != "" && !webAddress(c.URL):
		return bad("url", "want an address that begins with https://, at most %d bytes", MaxURL)
	case len(c.Tags) > MaxTags:
		return community.Errorf(community.CodeTooLarge, "tags: more than %d", MaxTags)
	}
	if err := c.checkKind(kind); err != nil {
		return err
	}
	if c.Expires != "" {
		if _, err := time.Parse(time.DateOnly, c.Expires); err != nil {
			return bad("expires", "want 2006-01-02")
		}
	}
	return CheckTags(c.Tags)
}

// checkKind says what an item of a kind lacks.
func (c Content) checkKind(kind Kind) error {
	lacks := ""
	switch kind {
	case Paper:
		if len(c.Files) == 0 {
			lacks = "files: an item that is a file needs one"
		}
	case Picture:
		if len(c.Files) == 0 || slices.ContainsFunc(c.Files, func(f File) bool { return !strings.HasPrefix(f.Type, "image/") }) {
			lacks = "files: want pictures"
		}
	case Poster:
		if c.Poster == "" {
			lacks = "poster: say which"
		}
	default:
		if strings.TrimSpace(c.Text) == "" {
			lacks = "text: empty"
		}
	}
	if lacks != "" {
		return community.Errorf(community.CodeBadInput, "%s", lacks)
	}
	return nil
}

// CheckTags says what is wrong with tags: CodeBadInput.
func CheckTags(tags []string) error {
	for i, t := range tags {
		if strings.TrimSpace(t) != t || t == "" || utf8.RuneCountInString(t) > MaxTag || !legible(t) || strings.ContainsFunc(t, unfit) || slices.Contains(tags[:i], t) {
			return community.Errorf(community.CodeBadInput, "tags: want each once, of 1 to %d characters, without commas", MaxTag)
		}
	}
	return nil
}

// unfit reports whether a character has no place in a tag.
func unfit(r rune) bool {
	return strings.ContainsRune(",，、", r) || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
}

// Tags reads tags that people typed, between commas or in lines; none twice.
func Tags(text string) []string {
	var out []string
	for _, t := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",，、\n\r", r) }) {
		if t = strings.TrimSpace(t); t != "" && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

// legible reports whether a text is one that can be kept.
func legible(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }

func webAddress(url string) bool {
	return (strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://")) && len(url) <= MaxURL && !strings.ContainsAny(url, " \t\r\n\"<>\x00") && utf8.ValidString(url)
}

// WarnDays is how many days before its last one an item is said to end soon.
const WarnDays = 7

// How an item stands on a day.
const (
	Good    = "good"
	Soon    = "soon" // its last day comes within WarnDays days
	Expired = "expired"
)

// Standing says how an item stands at a moment, by the calendar of a zone. It may be sent until the end of its last day.
func (c Content) Standing(now int64, zone *time.Location) string {
	last, err := time.ParseInLocation(time.DateOnly, c.Expires, zone)
	if c.Expires == "" || err != nil {
		return Good
	}
	at := time.UnixMilli(now).In(zone)
	switch {
	case !at.Before(last.AddDate(0, 0, 1)):
		return Expired
	case !at.Before(last.AddDate(0, 0, -WarnDays)):
		return Soon
	}
	return Good
}

// Leads reports whether there is a link to open: the item leads somewhere, its text names its link, or it is exclusive and has a page.
func (i Item) Leads() bool {
	return i.URL != "" || i.Exclusive || slices.Contains(Variables(i.Text), VarLink)
}

// MayUse says whether an item may go out at a moment: CodeConflict when it was put away, CodeRefused once it has expired and override does
// not say why it goes all the same.
func (i Item) MayUse(at int64, zone *time.Location, override string) error {
	switch {
	case i.Archived:
		return community.Errorf(community.CodeConflict, "it was put away")
	case i.Standing(at, zone) == Expired && strings.TrimSpace(override) == "":
		return community.Errorf(community.CodeRefused, "it was good until %s: say why it goes all the same", i.Expires)
	case utf8.RuneCountInString(override) > MaxReason:
		return community.Errorf(community.CodeBadInput, "override: more than %d characters", MaxReason)
	}
	return nil
}

// Change is one field that differs between two versions.
type Change struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// Difference lists what differs between two versions, in the order of the form.
func Difference(a, b Content) []Change {
	files := func(c Content) string {
		var out []string
		for _, f := range c.Files {
			out = append(out, f.Name)
		}
		return strings.Join(out, "\n")
	}
	var out []Change
	for _, f := range []struct{ name, a, b string }{
		{"title", a.Title, b.Title}, {"text", a.Text, b.Text}, {"url", a.URL, b.URL}, {"files", files(a), files(b)}, {"poster", a.Poster, b.Poster},
		{"tags", strings.Join(a.Tags, ", "), strings.Join(b.Tags, ", ")}, {"expires", a.Expires, b.Expires},
	} {
		if f.a != f.b {
			out = append(out, Change{f.name, f.a, f.b})
		}
	}
	return out
}

// Places where an item is used.
const (
	InCalendar  = "calendar"
	InBroadcast = "broadcast"
	InWelcome   = "welcome" // a rulebook in force says it to those who come
	InCharter   = "charter" // it stands in the written rules

	InStep     = "step"     // a step of an SOP names it
	InGreeting = "greeting" // a rulebook in force names it in a welcome
)

// Named reports whether a place names the item, and so says it as it is when it goes.
func (u Use) Named() bool { return u.Place == InStep || u.Place == InGreeting }

// SaidOf counts what was said of an item by name in one of its versions.
type SaidOf struct {
	Version  int
	Steps    int // by steps of SOPs
	Welcomes int // by rules
	At       int64
}

// Use is one place where an item was used.
type Use struct {
	Item     community.ID
	Version  int
	Place    string
	Ref      community.ID // the item of the calendar, the mass send; of an SOP; zero = a group's book
	Title    string
	Groups   []community.GroupKey // empty = by a filter, to any
	User     string
	At       int64
	Override string // why it was used although it had expired; "" = it had not
}
