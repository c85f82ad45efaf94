package admit

import (
	"slices"
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
)

// What a short link is for.
const (
	ForArticle = "article" // an article of the Official Account, or a page
	ForMoment  = "moment"  // one post in a personal 朋友圈, which no interface counts
	ForOther   = "other"
	ForReport  = "report" // of a morning report: made for it, listed with it
)

// ShortFors lists what short links are for, as forms offer them.
var ShortFors = []string{ForArticle, ForMoment, ForOther}

// Short is an address of ours (/l/{slug}) that leads to one target for ever and counts who opens it. Known counts openings by
// addresses made for a person, Unknown all others; a phone counts once a day.
type Short struct {
	Key     int64
	ID      community.ID
	Org     community.OrgKey
	Slug    string
	Title   string
	Target  string
	For     string
	Created int64
	By      string // user id
	Closed  int64  // 0 = in use
	Known   int64
	Unknown int64
	People  int64 // who opened an address made for them
	Made    int64 // addresses made for a person
}

// Check says what is wrong with a short link: CodeBadInput with the field's name.
func (s Short) Check() error {
	switch n := utf8.RuneCountInString(s.Title); {
	case strings.TrimSpace(s.Title) == "" || n > MaxName:
		return community.Errorf(community.CodeBadInput, "title: want 1 to %d characters", MaxName)
	case !GoodLink(s.Target):
		return community.Errorf(community.CodeBadInput, "target: want an address that begins with https:// or http://")
	case s.For != ForReport && !slices.Contains(ShortFors, s.For):
		return community.Errorf(community.CodeBadInput, "for: want one of %s", strings.Join(ShortFors, ", "))
	}
	return nil
}

// Reading is what one person opened of a short link, by the address that was made for them.
type Reading struct {
	Short  community.ID
	Title  string
	Member community.Member
	Token  string
	Opens  int64
	First  int64 // UTC ms; 0 = never
	Last   int64
}

// LeadTag is the tag that whoever reacts to a moment of ours gets.
const LeadTag = "朋友圈线索"

// Lead is somebody who reacted to moments (客户朋友圈).
type Lead struct {
	Member   community.Member
	Likes    int64
	Comments int64
	Last     int64 // UTC ms
}

// ShortDay is one day of a short link.
type ShortDay struct {
	Day            int64
	Known, Unknown int64
}

// Mine puts the address that was made for a person in the place of each of our short addresses in a text: at begins every
// public address, own gives the address for a slug ("" = leave it). An address that is for somebody already stays.
func Mine(text, at string, own func(slug string) string) string {
	if at == "" {
		return text
	}
	head := at + "/l/"
	var out strings.Builder
	for {
		i := strings.Index(text, head)
		if i < 0 {
			out.WriteString(text)
			return out.String()
		}
		rest := text[i+len(head):]
		n := strings.IndexFunc(rest, func(r rune) bool { return !('a' <= r && r <= 'z' || '0' <= r && r <= '9') })
		if n < 0 {
			n = len(rest)
		}
		slug := rest[:n]
		out.WriteString(text[:i])
		if made := own(slug); made != "" && !strings.HasPrefix(rest[n:], "/") {
			out.WriteString(made)
		} else {
			out.WriteString(head + slug)
		}
		text = rest[n:]
	}
}
