package drift

import (
	"slices"
	"strings"
)

// Wishes are the lines that a person is at.
func Wishes(lines []Line) []Line {
	return slices.DeleteFunc(slices.Clone(lines), func(l Line) bool { return l.Task.IsZero() })
}

// WishedChats is what is wanted of groups here: a name or an owner that a person was asked to bring about stays wanted, though
// a reading took over theirs.
func WishedChats(here []Chat, wishes []Line) []Chat {
	here = slices.Clone(here)
	for i := range here {
		for _, w := range wishes {
			switch {
			case w.Subject != here[i].ID:
			case w.Field == Name:
				here[i].Name = w.Here
			case w.Field == Owner:
				here[i].Owner = w.Here
			}
		}
	}
	return here
}

// WishedDesks is whose contacts are wanted to be whose.
func WishedDesks(here []Desk, wishes []Line) []Desk {
	here = slices.Clone(here)
	for _, w := range wishes {
		if w.Field != Follow || strings.HasSuffix(w.Here, "…") {
			continue
		}
		one := Contact{ID: w.Subject, Name: w.Name}
		for i := range here {
			keep := slices.Clone(here[i].Contacts)
			if at := slices.IndexFunc(keep, func(c Contact) bool { return c.ID == w.Subject }); at >= 0 {
				one = keep[at]
				keep = slices.Delete(keep, at, at+1)
			}
			here[i].Contacts = keep
		}
		for employee := range strings.SplitSeq(w.Here, ", ") {
			at := slices.IndexFunc(here, func(d Desk) bool { return d.Employee == employee })
			switch {
			case employee == "":
			case at < 0:
				here = append(here, Desk{Employee: employee, Contacts: []Contact{one}})
			default:
				here[at].Contacts = append(here[at].Contacts, one)
			}
		}
	}
	return here
}

// Standing adds the differences of members that a person is at and that cannot be read any more: who was wanted is known to
// the task alone.
func Standing(lines, wishes []Line) []Line {
	for _, w := range wishes {
		if w.Field == Members && !slices.ContainsFunc(lines, func(l Line) bool { return l.Subject == w.Subject && l.Field == Members }) {
			lines = append(lines, w)
		}
	}
	return lines
}
