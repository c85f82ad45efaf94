// Package drift holds what is kept here of an account's contacts and groups against what stands at its platform, and says
// line by line what differs and what may be done about it.
package drift

import (
	"slices"
	"strings"

	"qunluo/internal/community"
)

// Part is a part of a report; each is read by itself.
type Part string

// Parts of a report.
const (
	Contacts  Part = "contacts"
	Tags      Part = "tags"
	Welcomes  Part = "welcomes"
	Groups    Part = "groups"
	Transfers Part = "transfers"
)

// Parts lists them in the order pages show them.
var Parts = [...]Part{Contacts, Tags, Welcomes, Groups, Transfers}

// Field is what of a thing differs.
type Field string

// Fields.
const (
	Follow  Field = "follow" // whose contact somebody is: employees, with commas
	Remark  Field = "remark" // an employee's name for a contact
	Name    Field = "name"
	Tagged  Field = "tags"
	Text    Field = "text"
	Known   Field = "known" // a group that only one side knows
	Owner   Field = "owner"
	Notice  Field = "notice"
	Members Field = "members" // each side: who only is there
	Handed  Field = "handed"  // how far a hand-over is
)

// WayKind is a way out of a difference.
type WayKind string

// Ways.
const (
	Take WayKind = "take" // theirs comes here
	Push WayKind = "push" // ours is written there
	Ask  WayKind = "ask"  // a person does there what no interface can
)

// Way is a way out with what it needs: a chore of the connection, or the desks or the group that it reads.
type Way struct {
	Kind  WayKind           `json:"kind"`
	Chore string            `json:"chore,omitempty"`
	Args  map[string]string `json:"args,omitempty"`
}

// Line is one difference.
type Line struct {
	ID          community.ID // zero before it is kept
	Part        Part
	Subject     string // the platform's id of what differs
	Field       Field
	Owner       string // the employee whose it is; "" = none's
	Name        string
	Here, There string
	Why         string // a code that doors say in words
	Since       int64  // first seen, or asked for (UTC ms)
	Seen        int64  // last seen
	Ways        []Way
	Task        community.ID // a person is at it; zero = nobody
}

// Why a line is there.
const (
	OnlyHere  = "only_here"
	OnlyThere = "only_there"
	Differs   = "differs"
	Unchosen  = "unchosen" // the settings of the connection leave the group out
	NotDone   = "not_done" // done there, not seen here
)

// Way gives the way of a kind.
func (l Line) Way(kind WayKind) (Way, bool) {
	i := slices.IndexFunc(l.Ways, func(w Way) bool { return w.Kind == kind })
	if i < 0 {
		return Way{}, false
	}
	return l.Ways[i], true
}

// State is how a part was read last.
type State string

// States of a part.
const (
	Never  State = ""
	Busy   State = "reading"
	Read   State = "read"
	Partly State = "partly" // Unread could not be read
	Failed State = "failed"
)

// Reading is what one reading of a part brought.
type Reading struct {
	Part   Part
	State  State
	At     int64 // UTC ms
	Looked int   // how many things were held against each other
	Lines  int   // how many differ in all; a page may show fewer
	Unread []string
	Why    [2]string // in the platform's words, Chinese and English
}

// Came says how a part was read: what is unread makes it partly read.
func Came(part Part, looked int, unread []string, at int64) Reading {
	r := Reading{Part: part, State: Read, At: at, Looked: looked, Unread: unread}
	if len(unread) > 0 {
		r.State = Partly
	}
	return r
}

// Report is a connection's parts and their lines.
type Report struct {
	Readings []Reading
	Lines    []Line
}

// Of gives how a part was read last.
func (r Report) Of(part Part) Reading {
	for _, one := range r.Readings {
		if one.Part == part {
			return one
		}
	}
	return Reading{Part: part}
}

// In gives the lines of a part.
func (r Report) In(part Part) []Line {
	var out []Line
	for _, l := range r.Lines {
		if l.Part == part {
			out = append(out, l)
		}
	}
	return out
}

// mostNamed bounds how many names a line tells.
const mostNamed = 20

// named writes names as a line tells them, the number first where there are more than one.
func named(names []string) string {
	slices.Sort(names)
	more := ""
	if len(names) > mostNamed {
		names, more = names[:mostNamed], " …"
	}
	return strings.Join(names, ", ") + more
}
