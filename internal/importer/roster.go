package importer

import "qunluo/internal/community"

// roster is who is known by which names in one file: account names and group nicknames as they were, never forgotten
// while the file is read.
type roster struct {
	byName map[string][]string // ids, at most two: two already mean "not by name"
	ids    map[string]bool
}

func newRoster() *roster {
	return &roster{byName: map[string][]string{}, ids: map[string]bool{}}
}

// add notes names of a member. Beyond maxRoster names nothing is added: sentences then stay name_only.
func (r *roster) add(id string, names ...string) {
	if id == "" || len(r.byName) >= maxRoster {
		return
	}
	r.ids[id] = true
	for _, name := range names {
		if name == "" {
			continue
		}
		got := r.byName[name]
		if len(got) == 2 || len(got) == 1 && got[0] == id {
			continue
		}
		r.byName[name] = append(got, id)
	}
}

const maxRoster = 100_000

// find gives the member of a name, alone or rendered as 昵称(id): of such a rendering only the last bracket is an id, and
// it must be the id of a member with that very name. A name that two members bear is found, but only as a name.
func (r *roster) find(name string) (community.Who, bool) {
	switch ids := r.byName[name]; len(ids) {
	case 1:
		return community.Who{ID: ids[0], Name: name}, true
	case 2:
		return nameOnly(name), true
	}
	return r.rendered(name)
}

func (r *roster) rendered(name string) (community.Who, bool) {
	if len(name) < 3 || name[len(name)-1] != ')' {
		return community.Who{}, false
	}
	for i := len(name) - 2; i > 0; i-- {
		if name[i] != '(' {
			continue
		}
		id, shown := name[i+1:len(name)-1], name[:i]
		if !r.ids[id] {
			return community.Who{}, false
		}
		for _, owner := range r.byName[shown] {
			if owner == id {
				return community.Who{ID: id, Name: shown}, true
			}
		}
		return community.Who{}, false
	}
	return community.Who{}, false
}

func nameOnly(name string) community.Who {
	return community.Who{ID: name, Name: name, Certainty: community.NameOnly}
}

// recalls remembers who said what lately, to find the message that a recall without an id speaks of.
type recalls struct {
	ring [256]said
	n    int
}

type said struct {
	who, message string
	at           int64
}

const recallWindow = 2 * 60 * 1000 // ms

// said notes a message that has an id.
func (r *recalls) said(who string, at int64, message string) {
	if message == "" {
		return
	}
	r.ring[r.n%len(r.ring)] = said{who, message, at}
	r.n++
}

// link gives the sender's last message of the two minutes before that no recall was linked to yet; "" = none.
func (r *recalls) link(who string, at int64) string {
	for i := r.n - 1; i >= 0 && i >= r.n-len(r.ring); i-- {
		s := &r.ring[i%len(r.ring)]
		if s.who == who && s.message != "" && s.at <= at && at-s.at <= recallWindow {
			id := s.message
			s.message = ""
			return id
		}
	}
	return ""
}
