package drift

import (
	"cmp"
	"maps"
	"slices"
)

// Chat is a group on one side.
type Chat struct {
	ID, Name, Owner, Notice string
	NoticeKept              bool              // here: what its notice was last agreed to be is known
	OwnerLeft               bool              // there: the owner has left the company
	Unchosen                bool              // there: the settings leave it out
	Members                 map[string]string // names by id
}

// CompareChats tells which groups only one side knows, and which differ in name, owner, notice or members. Groups whose id is
// in unread are left out.
func CompareChats(here, there []Chat, unread []string) (list []Line, looked int) {
	ours, theirs := byID(here), byID(there)
	ids := maps.Clone(ours)
	maps.Copy(ids, theirs)
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		if slices.Contains(unread, id) {
			continue
		}
		looked++
		our, known := ours[id]
		their, standing := theirs[id]
		switch {
		case !known:
			why := OnlyThere
			if their.Unchosen {
				why = Unchosen
			}
			list = append(list, Line{Part: Groups, Subject: id, Field: Known, Owner: their.Owner, Name: their.Name, There: cmp.Or(their.Name, id), Why: why,
				Ways: []Way{{Kind: Take, Args: map[string]string{"group": id, "owner": their.Owner}}}})
		case !standing:
			list = append(list, Line{Part: Groups, Subject: id, Field: Known, Owner: our.Owner, Name: our.Name, Here: cmp.Or(our.Name, id), Why: OnlyHere,
				Ways: []Way{{Kind: Take, Args: map[string]string{"gone": id}}, {Kind: Ask}}})
		default:
			list = append(list, our.against(their)...)
		}
	}
	return list, looked
}

func byID(list []Chat) map[string]Chat {
	out := make(map[string]Chat, len(list))
	for _, c := range list {
		out[c.ID] = c
	}
	return out
}

// against holds a group here against the same there.
func (c Chat) against(there Chat) []Line {
	take := Way{Kind: Take, Args: map[string]string{"group": c.ID}}
	line := func(f Field, here, there string, ways ...Way) Line {
		return Line{Part: Groups, Subject: c.ID, Field: f, Name: cmp.Or(c.Name, c.ID), Here: here, There: there, Why: Differs, Ways: append([]Way{take}, ways...)}
	}
	var out []Line
	if there.Name != "" && c.Name != there.Name {
		out = append(out, line(Name, c.Name, there.Name, Way{Kind: Ask}))
	}
	if c.Owner != "" && there.Owner != "" && c.Owner != there.Owner {
		back := Way{Kind: Ask}
		if there.OwnerLeft {
			back = Way{Kind: Push, Chore: "transfer.groups", Args: map[string]string{"from": there.Owner, "to": c.Owner, "groups": c.ID}}
		}
		out = append(out, line(Owner, c.Owner, there.Owner, back))
	}
	if c.NoticeKept && c.Notice != there.Notice {
		out = append(out, line(Notice, c.Notice, there.Notice, Way{Kind: Ask}))
	}
	if onlyHere, onlyThere := missing(c.Members, there.Members), missing(there.Members, c.Members); len(onlyHere)+len(onlyThere) > 0 {
		out = append(out, line(Members, named(onlyHere), named(onlyThere), Way{Kind: Ask}))
	}
	return out
}

// missing names who is on one list and not on the other.
func missing(on, from map[string]string) []string {
	var out []string
	for id, name := range on {
		if _, ok := from[id]; !ok {
			out = append(out, cmp.Or(name, id))
		}
	}
	return out
}
