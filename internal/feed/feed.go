// Package feed reads what an RSS, Atom or JSON feed says: bytes in, titles and addresses out. It fetches nothing, and believes
// nothing of what a stranger wrote but its words: no markup, no control characters, no address that a browser could not open.
package feed

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/mmcdole/gofeed"
	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"

	"qunluo/internal/community"
)

// Bounds of a feed.
const (
	MaxBytes   = 5 << 20 // of the document
	MaxItems   = 200     // of it that are read, in its order
	MaxTitle   = 160     // characters
	maxSummary = 300     // characters
	maxLink    = 1000    // bytes
	maxID      = 500     // bytes
	maxDepth   = 64      // of elements within each other; deeper ones would use up the parser's stack
)

// Feed is what a feed says.
type Feed struct {
	Title string // "" = it has none
	Items []Item // in its order; each ID once
}

// Item is one entry. One without words or without an address is left out.
type Item struct {
	ID      string // what the feed calls it, else its address; valid text, at most maxID bytes
	Title   string // plain words in one line, 1 to MaxTitle characters
	Summary string // plain words in one line; "" = none
	Link    string // http or https, absolute
	At      int64  // when it appeared (UTC ms); 0 = not said, or nothing that could be read
}

// Read reads a document that came from an address with a content type ("" = none was said). CodeTooLarge: it is larger than MaxBytes;
// CodeBadInput: it is no feed, is broken, or its elements stand too deep in each other. A feed without entries is one.
func Read(body []byte, from, contentType string) (Feed, error) {
	if len(body) > MaxBytes {
		return Feed{}, community.Errorf(community.CodeTooLarge, "feed: more than %d bytes", MaxBytes)
	}
	text := plainText(body, contentType)
	if gofeed.DetectFeedType(bytes.NewReader(text[:min(len(text), 4096)])) == gofeed.FeedTypeUnknown {
		return Feed{}, community.Errorf(community.CodeBadInput, "feed: this is no RSS, Atom or JSON feed")
	}
	if err := shallow(text); err != nil {
		return Feed{}, err
	}
	f, err := gofeed.NewParser().Parse(bytes.NewReader(text))
	if err != nil {
		return Feed{}, community.Errorf(community.CodeBadInput, "feed: it is broken: %s", Words(err.Error(), 200))
	}
	base, err := url.Parse(from)
	if err != nil {
		base = &url.URL{}
	}
	out := Feed{Title: Words(f.Title, MaxTitle)}
	seen := map[string]bool{}
	for _, i := range f.Items {
		one, ok := itemOf(i, base)
		if !ok || seen[one.ID] {
			continue
		}
		seen[one.ID] = true
		if out.Items = append(out.Items, one); len(out.Items) == MaxItems {
			break
		}
	}
	return out, nil
}

func itemOf(i *gofeed.Item, base *url.URL) (Item, bool) {
	out := Item{Title: Words(i.Title, MaxTitle), Summary: Words(i.Description, maxSummary), Link: address(i.Link, base)}
	if out.Title == "" { // short messages have none (RSS 2.0: a title or a description)
		out.Title = clipped(out.Summary, MaxTitle)
	}
	if out.Title == out.Summary {
		out.Summary = ""
	}
	for _, at := range []*time.Time{i.PublishedParsed, i.UpdatedParsed} {
		if at != nil && at.Year() > 1990 && at.Year() < 2200 {
			out.At = at.UnixMilli()
			break
		}
	}
	out.ID = strings.ToValidUTF8(strings.TrimSpace(i.GUID), "")
	if out.ID == "" || len(out.ID) > maxID || strings.ContainsRune(out.ID, 0) {
		out.ID = out.Link
	}
	if len(out.ID) > maxID {
		out.ID = strings.ToValidUTF8(out.ID[:maxID], "")
	}
	return out, out.Title != "" && out.Link != ""
}

// address is an absolute address that may be opened; "" = it is none.
func address(text string, base *url.URL) string {
	u, err := base.Parse(strings.TrimSpace(text))
	if err != nil || strings.TrimSpace(text) == "" || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return ""
	}
	out := u.String()
	if len(out) > maxLink || strings.ContainsFunc(out, func(r rune) bool {
		return r <= ' ' || r == '"' || r == '<' || r == '>' || r == utf8.RuneError || unicode.IsSpace(r)
	}) {
		return ""
	}
	return out
}

// Words is what is said in some markup: one line without tags, scripts, control characters and marks that turn the reading
// direction, of at most so many characters.
func Words(markup string, most int) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(markup))
	silent := ""
	for b.Len() < 8*most {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		name, _ := z.TagName()
		switch {
		case kind == html.StartTagToken && (string(name) == "script" || string(name) == "style"):
			silent = string(name)
		case kind == html.EndTagToken && string(name) == silent:
			silent = ""
		case kind == html.TextToken && silent == "":
			b.Write(z.Text())
		case kind == html.StartTagToken || kind == html.EndTagToken || kind == html.SelfClosingTagToken:
			if len(name) > 1 && string(name) != "em" && string(name) != "strong" && string(name) != "span" { // what breaks a line parts words
				b.WriteByte(' ')
			}
		}
	}
	return clipped(b.String(), most)
}

func clipped(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || r == utf8.RuneError || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfeff || r == 0x200e || r == 0x200f || r == 0x200b:
			return -1
		}
		return r
	}, text)
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return string(runes)
}

var (
	prologue = regexp.MustCompile(`^\s*<\?xml[^>]{0,300}\?>`)
	declared = regexp.MustCompile(`(?i)encoding\s*=\s*["']\s*([a-z0-9._:-]{1,40})`)
	typed    = regexp.MustCompile(`(?i)charset\s*=\s*["']?([a-z0-9._:-]{1,40})`)
)

// plainText is a document as UTF-8, without its prologue. The document's own word about its encoding counts, else that of the content type,
// else what is no UTF-8 is read as GB18030, which most such feeds are in.
func plainText(body []byte, contentType string) []byte {
	label := ""
	switch {
	case bytes.HasPrefix(body, []byte{0xff, 0xfe}):
		label = "utf-16le"
	case bytes.HasPrefix(body, []byte{0xfe, 0xff}):
		label = "utf-16be"
	case bytes.HasPrefix(body, []byte{0xef, 0xbb, 0xbf}):
		body = body[3:]
	default:
		if m := declared.FindSubmatch(prologue.Find(body)); m != nil {
			label = string(m[1])
		} else if m := typed.FindStringSubmatch(contentType); m != nil {
			label = m[1]
		}
	}
	if utf8.Valid(body) && !strings.HasPrefix(label, "utf-16") { // whatever is declared
		label = ""
	} else if label == "" {
		label = "gb18030"
	}
	if enc, name := charset.Lookup(label); enc != nil && name != "utf-8" {
		if got, err := enc.NewDecoder().Bytes(body); err == nil {
			body = bytes.TrimPrefix(got, []byte("\ufeff"))
		}
	}
	body = bytes.ToValidUTF8(prologue.ReplaceAll(body, nil), []byte("\ufffd"))
	return bytes.Map(func(r rune) rune { // what XML does not allow
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' {
			return -1
		}
		return r
	}, body)
}

// shallow looks whether the elements of a document stand at most maxDepth deep in each other: CodeBadInput. It reads as the parser does; where it
// cannot go on, neither can that.
func shallow(text []byte) error {
	d := xml.NewDecoder(bytes.NewReader(text))
	d.Strict = false
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for depth := 0; ; {
		token, err := d.Token()
		if err != nil {
			return nil
		}
		switch token.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return community.Errorf(community.CodeBadInput, "feed: elements stand more than %d deep in each other", maxDepth)
			}
		case xml.EndElement:
			depth--
		}
	}
}
