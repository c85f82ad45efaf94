package plan

import "qunluo/internal/community"

// Kinds of pages.
const (
	PageOfManuscript = "manuscript"
	PageOfDigest     = "digest"
)

// WebPage is a page of our own that everybody may read who has its address.
type WebPage struct {
	ID        community.ID
	Code      string // in its address
	Org       community.OrgKey
	Kind      string       // what it was made of
	Ref       community.ID // and which
	Version   int          // of Sheet, from 1
	Withdrawn int64        // 0 = it stands
	Why       string       // it was withdrawn
	Short     community.ID // the short link that counts its openings; zero = none
	Created   int64
	Updated   int64
	Sheet
}

// Sheet is what a page shows.
type Sheet struct {
	Title    string       `json:"title"`
	Author   string       `json:"author,omitempty"`
	Blocks   []SheetBlock `json:"blocks"`
	Link     Attached     `json:"link,omitzero"`
	Pictures []Piece      `json:"pictures,omitempty"`
	Of       int          `json:"of"`             // the version of what it was made of
	Lang     string       `json:"lang,omitempty"` // of a digest that nobody edited: its words' language
}

// SheetBlock is a paragraph, or a picture by its place in Pictures, from 1.
type SheetBlock struct {
	Text    string `json:"text,omitempty"`
	Picture int    `json:"picture,omitempty"`
}

// SheetVersion is what a page showed at one time.
type SheetVersion struct {
	Version int
	Sheet
	User string
	Note string
	At   int64
}

// SheetOf is the page of a version of a manuscript.
func (w Writing) SheetOf(version int) Sheet {
	s := Sheet{Title: w.Title, Author: w.Author, Link: w.Link, Pictures: w.Pictures, Of: version}
	for _, b := range w.Blocks() {
		if b.Picture < 0 {
			s.Blocks = append(s.Blocks, SheetBlock{Text: b.Text})
			continue
		}
		s.Blocks = append(s.Blocks, SheetBlock{Picture: b.Picture + 1})
	}
	return s
}

// Files lists the kept files that a page shows.
func (s Sheet) Files() []community.ID {
	var out []community.ID
	for _, p := range s.Pictures {
		out = append(out, p.File)
	}
	return out
}
