package plan

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Piece goes with a text: a picture, a film, a file, or a mini program (小程序) with its picture.
type Piece struct {
	Kind  string       `json:"kind"`          // image, video, file or app
	File  community.ID `json:"file,omitzero"` // the kept content; of an app: its picture
	Name  string       `json:"name"`          // of the file
	Type  string       `json:"type"`          // as the bytes say, e.g. image/png
	Bytes int64        `json:"bytes"`
	App   App          `json:"app,omitzero"`
}

// App is a mini program on one of its pages.
type App struct {
	ID    string `json:"appid"`
	Page  string `json:"page"`
	Title string `json:"title"`
	Link  string `json:"link,omitempty"` // what stands in its place where a platform takes no mini program; "" = nothing
}

// Bounds of pieces.
const (
	MaxPieces   = 9
	maxAppID    = 64   // bytes
	maxAppPage  = 1024 // bytes
	maxAppTitle = 64   // bytes (企业微信, document 92135)
)

// KindOf says as what content of a type goes.
func KindOf(contentType string) string {
	switch {
	case strings.HasPrefix(contentType, "image/"):
		return "image"
	case strings.HasPrefix(contentType, "video/"):
		return "video"
	}
	return "file"
}

// UploadRef is how a segment names kept content.
func UploadRef(id community.ID) string { return community.UploadScheme + id.String() }

// Segment is the piece as a part of a message.
func (p Piece) Segment() community.Segment {
	seg := community.Segment{Kind: p.Kind, Text: p.Name, Ref: UploadRef(p.File)}
	if p.Kind == "app" {
		seg.Text = p.App.Title
		seg.Raw, _ = json.Marshal(p.App) // plain values
	}
	return seg
}

// Called is what people call the piece.
func (p Piece) Called() string { return cmp.Or(p.App.Title, p.Name) }

func (a App) fault() string {
	switch {
	case a.ID == "" || len(a.ID) > maxAppID || strings.ContainsAny(a.ID, " \t\r\n\x00") || !utf8.ValidString(a.ID):
		return "app: want an appid"
	case a.Page == "" || len(a.Page) > maxAppPage || strings.ContainsAny(a.Page, " \t\r\n\x00") || !utf8.ValidString(a.Page):
		return "app_page: want the page's path"
	case strings.TrimSpace(a.Title) == "" || len(a.Title) > maxAppTitle || !legible(a.Title):
		return fmt.Sprintf("app_title: want 1 to %d bytes", maxAppTitle)
	case a.Link != "" && !webAddress(a.Link):
		return "app_link: want an address that begins with https://"
	}
	return ""
}

func checkPieces(list []Piece) error {
	if len(list) > MaxPieces {
		return community.Errorf(community.CodeTooLarge, "pieces: more than %d", MaxPieces)
	}
	apps := 0
	for _, p := range list {
		if p.Kind == "app" {
			apps++
		}
		fault := ""
		switch {
		case !slices.Contains([]string{"image", "video", "file", "app"}, p.Kind):
			fault = "kind: unknown"
		case p.File.IsZero():
			fault = "file: missing"
		case p.Name == "" || !legible(p.Name):
			fault = "name: missing"
		case p.Kind == "app":
			fault = p.App.fault()
		}
		if apps > 1 {
			fault = "app: at most one"
		}
		if fault != "" {
			return community.Errorf(community.CodeBadInput, "%s", fault)
		}
	}
	return nil
}

// Post is what is said in a group.
type Post struct {
	Text   string
	Link   Attached
	Pieces []Piece
	ByLink bool // what the platform does not take goes as a link in the text
}

// Post is what a mass send says.
func (b Broadcast) Post() Post { return Post{b.Text, b.Link, b.Pieces, b.ByLink} }

// Post is what is said in the target's group.
func (t Target) Post() Post { return Post{t.Text, t.Link, t.Pieces, t.ByLink} }

// Carries is what a group's connection takes besides words, as the ability matrix says.
type Carries struct {
	Hand   bool                // a person puts it in: anything goes
	Card   bool                // a link goes beside the text, and counts as a piece
	Upload map[string]int64    // kinds of pieces, each with the most bytes
	Only   map[string][]string // types of content that a kind is restricted to; absent = any
	Most   int                 // pieces of one message; 0 = any number
}

// Misfit is a piece that a group does not get as it is. Code says why: CodeUnsupported (not this kind, or not this type of
// content), CodeTooLarge (more than Most bytes), CodeLimited (more than Most pieces).
type Misfit struct {
	Piece  int
	Code   community.Code
	Most   int64
	Linked bool // a link stands in its place
}

// misfit says what is in the way of a piece that comes after others.
func (c Carries) misfit(p Piece, before int) (community.Code, int64) {
	most, takes := c.Upload[p.Kind]
	switch {
	case c.Hand:
		return community.CodeNone, 0
	case !takes || c.Only[p.Kind] != nil && !slices.Contains(c.Only[p.Kind], p.Type):
		return community.CodeUnsupported, 0
	case p.Bytes > most:
		return community.CodeTooLarge, most
	case c.Most > 0 && before >= c.Most:
		return community.CodeLimited, int64(c.Most)
	}
	return community.CodeNone, 0
}

// Fit makes a post what a group can get, and says what does not go as it is. public is the address of this server, where
// content can be read by a link; "" = nowhere. What does not fit and has no link stays a piece: whoever sends it says so.
func Fit(p Post, c Carries, public string) (Post, []Misfit) {
	out := Post{Text: p.Text, Link: p.Link, ByLink: p.ByLink}
	if !c.Card {
		out.Text, out.Link = p.Link.Whole(p.Text), Attached{}
	}
	taken := 0
	if out.Link.URL != "" {
		taken = 1
	}
	var gone []Misfit
	for i, piece := range p.Pieces {
		code, most := c.misfit(piece, taken)
		if code == community.CodeNone {
			taken++
			out.Pieces = append(out.Pieces, piece)
			continue
		}
		link := piece.linkAt(public)
		m := Misfit{i, code, most, p.ByLink && link != ""}
		if gone = append(gone, m); m.Linked {
			out.Text += "\n" + piece.Called() + " " + link
		} else {
			out.Pieces = append(out.Pieces, piece)
		}
	}
	return out, gone
}

// Spoken is every word of a post, for the link check: its text, its link and what stands for mini programs.
func Spoken(p Post) string {
	text := p.Link.Whole(p.Text)
	for _, piece := range p.Pieces {
		if piece.App.Link != "" {
			text += "\n" + piece.App.Title + " " + piece.App.Link
		}
	}
	return text
}

// FilePath is where the public pages show kept content that may be read by whoever has its address.
const FilePath = "/f/"

// linkAt is an address that stands for the piece; "" = there is none.
func (p Piece) linkAt(public string) string {
	switch {
	case p.Kind == "app":
		return p.App.Link
	case public == "":
		return ""
	}
	return public + FilePath + p.File.String()
}
