package policy

import (
	"strings"

	"qunluo/internal/community"
)

// Words that somebody only quotes or forwards never count against them: a member could be framed by being made to answer.
// What is quoted is taken from the platform, never from what a text looks like: a forward is quoted as a whole, and of an answer
// the beginning that repeats the message answered. Whoever types the shape of a quotation quotes nothing.

// quoteOpens are what may stand before quoted words at the beginning of a text, and quoteEnds what ends them.
const (
	quoteOpens = "「“\"『>"
	quoteEnd   = "」"
	quoteRule  = "- - -"
)

// quoted is how many bytes at the beginning of a message are others' words.
func quoted(b *community.Body) int {
	if b.Class == community.Forward {
		return len(b.Text)
	}
	answers := b.ReplyTo != ""
	for _, seg := range b.Segments {
		if seg.Kind != "quote" {
			continue
		}
		answers = true
		if n := begins(b.Text, seg.Text); n > 0 {
			return n
		}
	}
	if !answers || !strings.HasPrefix(b.Text, "「") {
		return 0
	}
	head, rest, found := strings.Cut(b.Text, quoteEnd) // as WeChat for PCs copies an answer: 「name：words」, a line of dashes, the answer
	if rest = strings.TrimLeft(rest, "\r\n"); !found || !strings.HasPrefix(rest, quoteRule) {
		return 0
	}
	return len(head) + len(quoteEnd)
}

// begins gives how far a text repeats quoted words at its beginning; 0 = it does not.
func begins(text, words string) int {
	words = strings.TrimSpace(words)
	if words == "" {
		return 0
	}
	open := len(text) - len(strings.TrimLeft(text, quoteOpens+" \r\n"))
	if open == 0 || !strings.HasPrefix(text[open:], words) {
		return 0 // without a mark before them they are the writer's own
	}
	return open + len(words)
}

// framed reports whether a finding rests on others' words alone.
func (l *look) framed(f *finding) bool {
	return f.last > 0 && f.last <= quoted(&l.ev.Body)
}
