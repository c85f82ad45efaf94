package plan

import (
	"fmt"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Writing (稿件) is what people write once for many channels: every edit is a version of it.
type Writing struct {
	Title    string   `json:"title"`
	Author   string   `json:"author,omitempty"`
	Text     string   `json:"text"`            // plain; a line that is nothing but [图1] says where the first picture stands
	Brief    string   `json:"brief,omitempty"` // what groups get in place of the text, and the digest of an article; "" = the text itself
	Link     Attached `json:"link,omitzero"`
	Pictures []Piece  `json:"pictures,omitempty"`
	Cover    Piece    `json:"cover,omitzero"` // of an article; a zero file = none
	Class    Class    `json:"class"`
	To       To       `json:"to"`
}

// To says where a manuscript is to go.
type To struct {
	Groups   bool           `json:"groups"` // to the groups that Filter means
	Filter   Filter         `json:"filter,omitzero"`
	Page     bool           `json:"page"`               // as a page of our own that everybody may read
	Accounts []community.ID `json:"accounts,omitempty"` // into the draft boxes of these official accounts
}

// Manuscript is one draft with what became of it in each channel.
type Manuscript struct {
	ID  community.ID
	Org community.OrgKey
	Writing
	Version  int // of Writing, from 1
	Archived bool
	Maker    string
	Created  int64
	Updated  int64
	Changed  int64 // counts every change: who changes it names the one they saw
	Went     []Went
}

// WritingVersion is what a manuscript was at one time.
type WritingVersion struct {
	Version int
	Writing
	User string
	Note string
	At   int64
}

// Bounds of a manuscript.
const (
	MaxWriting  = 20_000 // characters of its text
	MaxBrief    = 1_000  // characters
	MaxAuthor   = 40     // characters
	MaxAccounts = 20
)

// Check says what is wrong with what was written: CodeBadInput or CodeTooLarge, naming the field. Where it goes is looked at when it goes.
func (w Writing) Check() error {
	bad := func(field, format string, args ...any) error {
		return community.Errorf(community.CodeBadInput, field+": "+format, args...)
	}
	if err := checkWords(w.Title, "–"); err != nil {
		return err
	}
	switch {
	case strings.TrimSpace(w.Text) == "":
		return bad("text", "empty")
	case utf8.RuneCountInString(w.Text) > MaxWriting:
		return community.Errorf(community.CodeTooLarge, "text: more than %d characters", MaxWriting)
	case utf8.RuneCountInString(w.Brief) > MaxBrief:
		return community.Errorf(community.CodeTooLarge, "brief: more than %d characters", MaxBrief)
	case utf8.RuneCountInString(w.Author) > MaxAuthor:
		return community.Errorf(community.CodeTooLarge, "author: more than %d characters", MaxAuthor)
	case !legible(w.Text) || !legible(w.Brief) || !legible(w.Author):
		return bad("text", "not UTF-8, or it holds a NUL")
	case w.Class.place() < 0:
		return bad("class", "want useful, interactive or promotion")
	case len(w.To.Accounts) > MaxAccounts:
		return community.Errorf(community.CodeTooLarge, "accounts: more than %d", MaxAccounts)
	}
	if err := w.Link.check(); err != nil {
		return err
	}
	for _, p := range w.Pictures {
		if p.Kind != "image" {
			return bad("pictures", "%s is no picture", p.Name)
		}
	}
	if !w.Cover.File.IsZero() && w.Cover.Kind != "image" {
		return bad("cover", "%s is no picture", w.Cover.Name)
	}
	return checkPieces(w.Pictures)
}

// mark is a line that says where a picture stands.
var mark = regexp.MustCompile(`^\s*\[(?:图|pic) ?([1-9])\]\s*$`)

// Block is a part of a manuscript in its order: a paragraph, or a picture.
type Block struct {
	Text    string
	Picture int // in Pictures, from 0; -1 = it is text
}

// Blocks gives the text with its pictures where its marks say; those that no mark names come at the end.
func (w Writing) Blocks() []Block {
	var out []Block
	placed := map[int]bool{}
	for line := range strings.Lines(w.labelled(w.Text)) {
		line = strings.TrimRight(line, "\r\n")
		if m := mark.FindStringSubmatch(line); m != nil {
			n, _ := strconv.Atoi(m[1])
			if n <= len(w.Pictures) && !placed[n-1] {
				placed[n-1] = true
				out = append(out, Block{Picture: n - 1})
			}
			continue
		}
		if strings.TrimSpace(line) != "" {
			out = append(out, Block{Text: line, Picture: -1})
		}
	}
	for i := range w.Pictures {
		if !placed[i] {
			out = append(out, Block{Picture: i})
		}
	}
	return out
}

// Plain is the text without marks of pictures.
func (w Writing) Plain() string {
	var b strings.Builder
	for line := range strings.Lines(w.Text) {
		if !mark.MatchString(strings.TrimRight(line, "\r\n")) {
			b.WriteString(line)
		}
	}
	return strings.TrimSpace(b.String())
}

// asContent is the manuscript as the rules of content look at it.
func (w Writing) asContent(text string) Content {
	return Content{Title: w.Title, Text: text, Link: w.Link, Class: w.Class}
}

// labelled puts the label of advertisements before a text where the manuscript is one.
func (w Writing) labelled(text string) string {
	if w.Advertises() == "" {
		return text
	}
	c := w.asContent(text)
	c.Class = Promotion
	return Labelled(c)
}

// Advertises says why a manuscript is an advertisement; "" = it is none.
func (w Writing) Advertises() string {
	return Advertises(w.asContent(w.Title + "\n" + w.Text + "\n" + w.Brief))
}

// Remarks looks at the words as 三有三不 does; of time nothing is said, a manuscript stands in no slot.
func (w Writing) Remarks() []Remark {
	return slices.DeleteFunc(Remarks(w.asContent(w.Plain()), nil), func(r Remark) bool { return r.Rule == OffSlot })
}

// All is every word of a manuscript, for what looks at links and at what is exclusive.
func (w Writing) All() string {
	return w.Link.Whole(strings.Join([]string{w.Title, w.Brief, w.Plain()}, "\n"))
}

// Files lists the kept files of a manuscript, each once.
func (w Writing) Files() []community.ID {
	var out []community.ID
	for _, p := range append(slices.Clone(w.Pictures), w.Cover) {
		if !p.File.IsZero() && !slices.Contains(out, p.File) {
			out = append(out, p.File)
		}
	}
	return out
}

// CoverOf is the picture that stands for an article: the cover, else the first picture.
func (w Writing) CoverOf() (Piece, bool) {
	switch {
	case !w.Cover.File.IsZero():
		return w.Cover, true
	case len(w.Pictures) > 0:
		return w.Pictures[0], true
	}
	return Piece{}, false
}

// MaxDigest is how many characters the digest of an article has at most (公众号 document draft/add).
const MaxDigest = 128

// ArticleOf makes an article without its cover. pictures are the addresses of its pictures at the platform, in the order of Pictures; one that is missing is left
// out. page is where the manuscript can be read on our own page; "" = nowhere.
func (w Writing) ArticleOf(pictures []string, page string) community.Article {
	a := community.Article{Title: strings.TrimSpace(w.Title), Author: strings.TrimSpace(w.Author), Digest: strings.TrimSpace(w.Brief), Source: w.Link.URL}
	if utf8.RuneCountInString(a.Digest) > MaxDigest {
		a.Digest = string([]rune(a.Digest)[:MaxDigest-1]) + "…"
	}
	if a.Source == "" {
		a.Source = page
	}
	var b strings.Builder
	for _, block := range w.Blocks() {
		switch {
		case block.Picture < 0:
			fmt.Fprintf(&b, "<p>%s</p>", html.EscapeString(block.Text))
		case block.Picture < len(pictures) && pictures[block.Picture] != "":
			fmt.Fprintf(&b, `<p><img src="%s"/></p>`, html.EscapeString(pictures[block.Picture]))
		}
	}
	a.HTML = b.String()
	return a
}

// WritingChange is one field that differs between two versions.
type WritingChange struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// Against lists what differs from an earlier version, in the order of the form.
func (w Writing) Against(was Writing) []WritingChange {
	names := func(list []Piece) string {
		var out []string
		for _, p := range list {
			out = append(out, p.Name)
		}
		return strings.Join(out, "\n")
	}
	var out []WritingChange
	for _, f := range []struct{ name, a, b string }{
		{"title", was.Title, w.Title}, {"author", was.Author, w.Author}, {"text", was.Text, w.Text}, {"brief", was.Brief, w.Brief}, {"link", was.Link.URL, w.Link.URL},
		{"pictures", names(was.Pictures), names(w.Pictures)}, {"cover", was.Cover.Name, w.Cover.Name}, {"class", string(was.Class), string(w.Class)}, {"to", was.To.String(), w.To.String()},
	} {
		if f.a != f.b || f.name == "to" && !slices.Equal(was.To.Filter.Groups, w.To.Filter.Groups) {
			out = append(out, WritingChange{f.name, f.a, f.b})
		}
	}
	return out
}

func chosen(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("(%d)", n)
}

// String says where a manuscript goes, for comparing versions.
func (t To) String() string {
	var out []string
	if t.Groups {
		out = append(out, strings.TrimSpace(fmt.Sprintf("groups %s %s", strings.Join(t.Filter.Tags, ", "), chosen(len(t.Filter.Groups)))))
	}
	if t.Page {
		out = append(out, "page")
	}
	if len(t.Accounts) > 0 {
		out = append(out, fmt.Sprintf("accounts (%d)", len(t.Accounts)))
	}
	return strings.Join(out, "; ")
}
