package h5

import (
	"context"
	"net/http"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/h5/view"
	"qunluo/internal/httpd"
	"qunluo/internal/i18n"
)

// Sheets shows pages that were made of drafts and digests.
type Sheets interface {
	// Sheet gives what a page shows; community.CodeNotFound. Of one that was withdrawn it says so alone.
	Sheet(ctx context.Context, code string) (Sheet, error)
	// SheetFile reads a picture of a page that stands; community.CodeNotFound, or CodeLate when its content is gone.
	SheetFile(ctx context.Context, code string, file community.ID) (community.Medium, error)
}

// Sheet is what such a page shows.
type Sheet struct {
	Title, Author   string
	At              int64 // UTC ms: since when it shows this
	Blocks          []Block
	Link, LinkTitle string // where it leads; "" = nowhere
	Withdrawn       bool
}

// Block is a paragraph, or a picture.
type Block struct {
	Text    string
	Picture community.ID // zero = it is text
	Name    string       // of the picture
}

// sheet shows a page of a draft or a digest.
func (p *pages) sheet(w http.ResponseWriter, r *http.Request) error {
	if p.deps.Sheets == nil {
		return community.Errorf(community.CodeNotFound, "no page here")
	}
	code := r.PathValue("code")
	s, err := p.deps.Sheets.Sheet(r.Context(), code)
	if err != nil {
		return err
	}
	if s.Withdrawn {
		p.say(w, r, http.StatusGone, "sheet_gone")
		return nil
	}
	words := p.words(r)
	out := view.Sheet{Title: plain(s.Title), By: i18n.Time(s.At, time.FixedZone("", 8*3600)), Link: s.Link, Button: plain(s.LinkTitle), Foot: words.T("h5.item_foot")}
	if s.Author != "" {
		out.By = plain(s.Author) + " · " + out.By
	}
	for _, b := range s.Blocks {
		if b.Picture.IsZero() {
			out.Blocks = append(out.Blocks, view.SheetBlock{Text: plain(b.Text)})
			continue
		}
		out.Blocks = append(out.Blocks, view.SheetBlock{Picture: "/d/" + code + "/" + b.Picture.String(), Text: b.Name})
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	p.render(w, r, http.StatusOK, words, out.Title, view.SheetPage(out))
	return nil
}

// sheetFile gives a picture of a page; nothing on the way keeps a copy, so that a page that is withdrawn is gone.
func (p *pages) sheetFile(w http.ResponseWriter, r *http.Request) error {
	if p.deps.Sheets == nil {
		return community.Errorf(community.CodeNotFound, "no page here")
	}
	file, err := community.ParseID(r.PathValue("file"))
	if err != nil {
		return community.Errorf(community.CodeNotFound, "no file is called so")
	}
	f, err := p.deps.Sheets.SheetFile(r.Context(), r.PathValue("code"), file)
	if err == nil {
		httpd.SendFile(unkept{w}, f.Name, f.Type, f.Data)
	}
	return err
}
