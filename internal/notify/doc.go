// Package notify tells one person something by one way: a mail or a signed webhook. It knows addresses and how they are
// reached; what is told, to whom and what follows is decided elsewhere.
package notify

// Message is what a person is told.
type Message struct {
	ID    string // the same for every try, so that a receiver can drop repeats
	At    int64  // UTC ms
	Title string
	Text  string
	URL   string // where to look; "" = nowhere
	Data  any    // webhook: what a program reads
}
