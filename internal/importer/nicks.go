package importer

import (
	"strconv"

	"qunluo/internal/community"
)

// nicks follows who is behind an IRC nick inside one set of files: the identity is the first nick of a chain of
// renames. Two rules where the record leaves room: a rename onto a nick that is already known returns to that nick's
// identity (people come and go between imtxc and imtxc_away, and logs without quits hide the going), and a nick that
// comes back after a departure is another person only if user and host are both known and both differ.
type nicks struct {
	m map[string]nick
}

type nick struct {
	id   string // identity: the first nick of the chain, "~2" and so on after another person took the nick
	host string // user@host, "" = not seen
	gone bool
	gen  int // how many persons had this nick
}

// maxNicks bounds the table; a set with more forgets the chains it knew and goes on with nick = identity.
const maxNicks = 200_000

// who gives the identity behind a nick now. IRC members are known by name alone.
func (n *nicks) who(name string) community.Who {
	return community.Who{ID: n.get(name).id, Name: name, Certainty: community.NameOnly}
}

func (n *nicks) get(name string) nick {
	if got, ok := n.m[name]; ok {
		return got
	}
	if n.m == nil || len(n.m) >= maxNicks {
		n.m = map[string]nick{}
	}
	got := nick{id: name, gen: 1}
	n.m[name] = got
	return got
}

// rename moves a person from one nick to another and gives the identity, under the new name. The old nick keeps its
// identity for the way back.
func (n *nicks) rename(from, to string) community.Who {
	old := n.get(from)
	known, ok := n.m[to]
	next := nick{id: old.id, host: old.host, gen: known.gen + 1}
	if ok && !differ(known.host, old.host) {
		next.id, next.gen = known.id, known.gen
		if next.host == "" {
			next.host = known.host
		}
	}
	old.gone = true
	n.m[from] = old
	n.m[to] = next
	return n.who(to)
}

// arrive notes a join; another person's return to a nick starts a new identity.
func (n *nicks) arrive(name, host string) {
	got := n.get(name)
	if got.gone && differ(got.host, host) {
		got.gen++
		got.id = name + "~" + strconv.Itoa(got.gen)
	}
	got.gone = false
	if host != "" {
		got.host = host
	}
	n.m[name] = got
}

// depart notes a part, quit or kick.
func (n *nicks) depart(name, host string) {
	got := n.get(name)
	got.gone = true
	if host != "" {
		got.host = host
	}
	n.m[name] = got
}

// differ reports whether two user@host are both known and agree in neither half.
func differ(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	ua, ha := cutAt(a)
	ub, hb := cutAt(b)
	return ua != ub && ha != hb
}

func cutAt(s string) (user, host string) {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '@' {
			return s[:i], s[i+1:]
		}
	}
	return s, s
}
