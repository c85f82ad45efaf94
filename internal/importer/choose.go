package importer

import (
	"fmt"
	"slices"
	"strings"

	"qunluo/internal/community"
)

// Target is the group that a unit's events go into, when somebody chose another than the file names.
type Target struct {
	Group    community.Ref
	Platform community.Platform // "" = as the file says
	How      string             // TargetChosen, TargetNew or TargetRemembered; "" = as the file says
}

// How a target came about: words of UnitReport.GroupHow.
const (
	TargetChosen     = "chosen"     // an existing group, named by the operator
	TargetNew        = "new"        // a group of that name is made by the import
	TargetRemembered = "remembered" // chosen at an earlier import of the same source
)

// Source is what a unit's chat is called in its file, for remembering where it goes: its platform's id, else its name.
func (u *Unit) Source() string {
	if u.Chat.ID != "" {
		return "id:" + u.Chat.ID
	}
	return "name:" + u.label()
}

// Platform is where the chat comes from, as far as that is known before it is read.
func (u *Unit) Platform() community.Platform {
	if u.Chat.Platform != "" {
		return u.Chat.Platform
	}
	return u.Format.Platform
}

// label is the chat's name, else its id, else the unit's own name.
func (u *Unit) label() string {
	switch {
	case u.Chat.Name != "":
		return u.Chat.Name
	case u.Chat.ID != "":
		return u.Chat.ID
	}
	return u.Name
}

// shown is the label with the id beside it.
func (u *Unit) shown() string {
	if u.Chat.ID == "" || u.Chat.ID == u.label() {
		return u.label()
	}
	return fmt.Sprintf("%s (%s)", u.label(), u.Chat.ID)
}

func (u *Unit) called(name string) bool { return u.Chat.ID == name || u.label() == name }

// maxShown bounds the chats that an error lists.
const maxShown = 20

// sources are the chats of units, each once, in order; several files may belong to one.
func sources(units []*Unit) (list []string, shown string) {
	var names []string
	for _, u := range units {
		if src := u.Source(); !slices.Contains(list, src) {
			list = append(list, src)
			if len(list) <= maxShown {
				names = append(names, u.shown())
			}
		}
	}
	if len(list) > maxShown {
		names = append(names, "…")
	}
	return list, strings.Join(names, ", ")
}

// Choice is a chat that may be chosen: by Value, shown as Text.
type Choice struct {
	Value string `json:"value"`
	Text  string `json:"text"`
}

// Choices lists the chats, each once; private ones only where they are asked for.
func (s *Set) Choices(opt Options) []Choice {
	var list []Choice
	seen := map[string]bool{}
	for _, u := range s.Units {
		src := u.Source()
		if seen[src] || u.Chat.Private && !opt.Private {
			continue
		}
		seen[src] = true
		value := u.Chat.ID
		if value == "" {
			value = u.label()
		}
		list = append(list, Choice{value, u.shown()})
	}
	return list
}

// Pick leaves the chats that are named by their id or name; the others are listed as not chosen. A name that no chat has,
// or two, is a Fault.
func (s *Set) Pick(chats []string) error {
	keep := map[string]bool{}
	for _, name := range chats {
		found := slices.DeleteFunc(slices.Clone(s.Units), func(u *Unit) bool { return !u.called(name) })
		switch list, shown := sources(found); len(list) {
		case 0:
			_, all := sources(s.Units)
			return &Fault{Code: faultChat, What: name + " (" + all + ")"}
		case 1:
			keep[list[0]] = true
		default:
			return &Fault{Code: FaultSeveral, What: shown}
		}
	}
	s.keep(func(u *Unit) bool { return keep[u.Source()] })
	return nil
}

// Sole makes sure that the set can go into one group. Of several chats the one that bears a name of the group is taken
// and the others are listed as not chosen; without such a one it is a Fault that lists them. Private chats, which are
// skipped unless asked for, do not count.
func (s *Set) Sole(opt Options, names ...string) *Fault {
	public := slices.DeleteFunc(slices.Clone(s.Units), func(u *Unit) bool { return u.Chat.Private && !opt.Private })
	list, shown := sources(public)
	if len(list) < 2 {
		return nil
	}
	fits := slices.DeleteFunc(public, func(u *Unit) bool {
		return !slices.ContainsFunc(names, func(n string) bool { return n != "" && u.called(n) })
	})
	if one, _ := sources(fits); len(one) == 1 {
		s.keep(func(u *Unit) bool { return u.Source() == one[0] })
		return nil
	}
	return &Fault{Code: FaultSeveral, What: shown}
}

// Nothing is the Fault of a set without chats: what is wrong with its one file, or with each of several.
func (s *Set) Nothing() *Fault {
	if len(s.Ignored) == 1 {
		return &Fault{Code: s.Ignored[0].Why, What: s.Ignored[0].Path}
	}
	return &Fault{Code: faultNothing, Files: s.Ignored}
}

// keep leaves the units that want says yes to.
func (s *Set) keep(want func(*Unit) bool) {
	s.Units = slices.DeleteFunc(s.Units, func(u *Unit) bool {
		if want(u) {
			return false
		}
		s.Ignored = append(s.Ignored, Ignored{u.Name, faultNotChosen})
		return true
	})
}
