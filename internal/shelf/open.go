package shelf

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Reader is who stands before an exclusive item.
type Reader struct {
	Member  community.MemberKey  // whose address it is; 0 = nobody's
	Groups  []community.GroupKey // where that member is now
	Closed  bool                 // the address was closed
	Devices int                  // devices that opened it before
	Known   bool                 // this device did
}

// MaxDevices is on how many devices one personal address opens.
const MaxDevices = 3

// Why somebody is refused.
const (
	RefusedStranger = "stranger" // the address is nobody's
	RefusedLeft     = "left"     // its person is in none of the groups (any more)
	RefusedClosed   = "closed"
	RefusedDevices  = "devices" // too many devices opened it: it was handed on
)

// Open says why an exclusive item does not open to somebody; "" = it does.
func (i Item) Open(r Reader) string {
	switch {
	case r.Closed || i.Archived:
		return RefusedClosed
	case r.Member == 0:
		return RefusedStranger
	case !meets(i.Groups, r.Groups):
		return RefusedLeft
	case !r.Known && r.Devices >= MaxDevices:
		return RefusedDevices
	}
	return ""
}

func meets(a, b []community.GroupKey) bool {
	for _, x := range a {
		for _, y := range b {
			if x == y {
				return true
			}
		}
	}
	return false
}

// Moments stands for employees' pages (朋友圈) where an exclusive item may go to a group: whoever is a contact sees it there.
const Moments community.GroupKey = -1

// Release says that an exclusive item may go to a group that is none of its own.
type Release struct {
	Group  community.GroupKey
	Reason string
	User   string
	At     int64
}

// Withheld is something that was stopped because it holds an exclusive item.
type Withheld struct {
	Task  community.ID // by which it waits for a release
	Group community.GroupKey
	By    community.Cause
	Rule  string // "" = none
}

// leastPart is how many letters and digits of an exclusive text in a row are held to be taken from it.
const leastPart = 30

// Tells reports whether a text gives away an exclusive item: its address, its text, or a stretch of leastPart letters and digits of it,
// whatever stands between them.
func (i Item) Tells(text string) bool {
	if i.URL != "" && strings.Contains(text, i.URL) {
		return true
	}
	own, said := bare(i.Text), bare(text)
	n := utf8.RuneCountInString(own)
	if n == 0 {
		return false
	}
	if n <= leastPart {
		return n >= 8 && strings.Contains(said, own) // of fewer, everybody might write the same
	}
	r := []rune(own)
	for from := 0; from+leastPart <= n; from++ {
		if strings.Contains(said, string(r[from:from+leastPart])) {
			return true
		}
	}
	return false
}

// bare is a text without what is neither letter nor digit, in lower case.
func bare(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
}

// Beyond lists the groups to which an exclusive item may not go: neither its own nor released.
func (i Item) Beyond(groups []community.GroupKey, released []Release) []community.GroupKey {
	var out []community.GroupKey
	for _, g := range groups {
		own := meets(i.Groups, []community.GroupKey{g})
		for _, r := range released {
			own = own || r.Group == g
		}
		if !own {
			out = append(out, g)
		}
	}
	return out
}
