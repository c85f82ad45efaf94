package drift

import (
	"maps"
	"slices"
	"strings"
)

// Contact is somebody whom an employee has as a contact.
type Contact struct {
	ID, Name, Remark string
}

// Desk is an employee's contacts, on one side.
type Desk struct {
	Employee string
	Contacts []Contact
}

// follow is one contact on both sides.
type follow struct {
	name        string
	here, there map[string]string // remark, by employee
}

// CompareContacts tells whose contacts differ, and which remarks and names do. Employees that could not be read there are
// left out.
func CompareContacts(here, there []Desk, unread []string) (list []Line, looked int) {
	all := map[string]*follow{}
	at := func(c Contact) *follow {
		f := all[c.ID]
		if f == nil {
			f = &follow{here: map[string]string{}, there: map[string]string{}}
			all[c.ID] = f
		}
		return f
	}
	names := map[string][2]string{}
	for _, d := range here {
		if slices.Contains(unread, d.Employee) {
			continue
		}
		for _, c := range d.Contacts {
			f := at(c)
			f.name, f.here[d.Employee] = c.Name, c.Remark
			names[c.ID] = [2]string{c.Name, names[c.ID][1]}
		}
	}
	for _, d := range there {
		for _, c := range d.Contacts {
			f := at(c)
			f.there[d.Employee] = c.Remark
			if c.Name != "" {
				f.name = c.Name
			}
			names[c.ID] = [2]string{names[c.ID][0], c.Name}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(all)) {
		list = append(list, all[id].lines(id, names[id])...)
	}
	return list, len(all)
}

func (f *follow) lines(id string, names [2]string) []Line {
	var out []Line
	here, there := slices.Sorted(maps.Keys(f.here)), slices.Sorted(maps.Keys(f.there))
	if !slices.Equal(here, there) {
		var differ []string
		for _, e := range append(slices.Clone(here), there...) {
			if slices.Contains(here, e) != slices.Contains(there, e) {
				differ = append(differ, e)
			}
		}
		out = append(out, Line{Part: Contacts, Subject: id, Field: Follow, Name: f.name, Here: named(here), There: named(there), Why: sided(len(here), len(there)),
			Ways: []Way{{Kind: Take, Args: map[string]string{"desks": strings.Join(differ, ",")}}, {Kind: Ask}}})
	}
	for _, e := range here {
		remark, both := f.there[e]
		if !both || remark == f.here[e] {
			continue
		}
		push := Way{Kind: Push, Chore: "contact.remark", Args: map[string]string{"employee": e, "contact": id, "remark": f.here[e]}}
		out = append(out, Line{Part: Contacts, Subject: id, Field: Remark, Owner: e, Name: f.name, Here: f.here[e], There: remark, Why: Differs,
			Ways: []Way{{Kind: Take, Args: map[string]string{"desks": e}}, push}})
	}
	if len(here) > 0 && len(there) > 0 && names[1] != "" && names[0] != names[1] { // the contact's own: nobody else can change it there
		out = append(out, Line{Part: Contacts, Subject: id, Field: Name, Name: f.name, Here: names[0], There: names[1], Why: Differs,
			Ways: []Way{{Kind: Take, Args: map[string]string{"desks": strings.Join(there, ",")}}}})
	}
	return out
}

// sided says which side has something, by how many are on each.
func sided(here, there int) string {
	switch {
	case there == 0:
		return OnlyHere
	case here == 0:
		return OnlyThere
	}
	return Differs
}
