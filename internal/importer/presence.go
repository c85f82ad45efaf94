package importer

import (
	"bytes"
	"errors"
	"io"
	"strings"
)

// In public channels coming and going is presence, not membership (formats.md §14). Before any event is made a first
// reading finds what is mere presence, and those rows are skipped on purpose, counted under two words:
//
//   - skipRejoin: somebody's departures (part, quit) and the join after them, when they show up again (join, speak, change
//     the nick) within rejoinWithin of the departure; and a join of somebody whose last sign is no older than that and
//     whose departure nobody recorded.
//   - skipNetsplit: the quits of netsplitSize or more people within netsplitWithin of each other, and the next join of
//     each of them, whenever it comes.
//
// A kick is a decision about membership and stays, with the join after it. People are followed through changes of nick.
// Only what is read together is seen together: a departure at the end of a set stays.
const (
	rejoinWithin   = 24 * 3600 * 1000 // ms
	netsplitWithin = 60 * 1000        // ms
	netsplitSize   = 5

	skipRejoin   = "presence_rejoin"
	skipNetsplit = "presence_netsplit"
)

// presence is the first reading. It holds two bits a line and a little for each person.
type presence struct {
	people   nicks
	signs    map[string]*sign
	quits    []quit // of the last minute
	rejoin   lineSet
	netsplit lineSet
}

// sign is what was last seen of a person.
type sign struct {
	last  int64 // a join, a word or a change of nick, local ms
	here  bool
	gone  int64   // the last departure that is open
	lines []int64 // of the departures that are open
	split bool    // went in a netsplit and did not come back
}

type quit struct {
	at, line int64
	id       string
}

// lineSet is a set of line numbers.
type lineSet []uint64

func (b *lineSet) set(n int64) {
	for int64(len(*b)) <= n/64 {
		*b = append(*b, 0)
	}
	(*b)[n/64] |= 1 << (n % 64)
}

func (b lineSet) has(n int64) bool { return n/64 < int64(len(b)) && b[n/64]&(1<<(n%64)) != 0 }

// why is the word under which a line is skipped; "" = it is not.
func (p *presence) why(line int64) string {
	switch {
	case p.netsplit.has(line):
		return skipNetsplit
	case p.rejoin.has(line):
		return skipRejoin
	}
	return ""
}

// presence reads the files once, in their order, for what the second reading skips.
func (r *ircReader) presence(files []File, days map[string]int64) (*presence, error) {
	p := &presence{signs: map[string]*sign{}}
	first := *r
	first.facts, first.lineNo = &Facts{}, 0
	for _, f := range files {
		if err := first.look(f, days[f.Path], p); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (r *ircReader) look(f File, day int64, p *presence) error {
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	l := newLines(in)
	r.begin(l, day)
	for {
		line, err := l.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		r.lineNo++
		if l.long || len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if s := r.shape(r, line); s.ok && s.skip == "" {
			p.line(s.rest, r.last, r.lineNo, r.facts)
		}
	}
}

func (p *presence) line(line []byte, at, no int64, facts *Facts) {
	if nick, _, ok := bytes.Cut(line, []byte("> ")); ok && len(nick) > 1 && nick[0] == '<' {
		p.shows(p.who(bareNick(decodeLine(nick[1:], facts))), at)
		return
	}
	s := decodeLine(line, facts)
	words, ok := strings.CutPrefix(s, "=== ")
	if !ok {
		if words, ok = strings.CutPrefix(s, "*** "); !ok {
			return
		}
	}
	for _, n := range ircNotices {
		if m := n.re.FindStringSubmatch(words); m != nil {
			p.notice(n.kind, m, at, no)
			return
		}
	}
}

func (p *presence) notice(kind string, m []string, at, no int64) {
	switch kind {
	case "rename":
		p.shows(p.people.rename(m[1], m[2]).ID, at)
	case "join":
		p.people.arrive(m[1], m[2])
		p.join(p.who(m[1]), at, no)
	case "part", "quit":
		id := p.who(m[1])
		p.people.depart(m[1], m[2])
		p.depart(id, at, no, kind == "quit")
	case "kick":
		p.people.depart(m[1], "")
		*p.of(p.who(m[1])) = sign{}
	}
}

func (p *presence) who(nick string) string { return p.people.get(nick).id }

func (p *presence) of(id string) *sign {
	s, ok := p.signs[id]
	if !ok {
		if len(p.signs) >= maxNicks {
			clear(p.signs) // a set with more people forgets whom it knew
		}
		s = &sign{}
		p.signs[id] = s
	}
	return s
}

// shows: somebody spoke or changed the nick, so they are here.
func (p *presence) shows(id string, at int64) {
	s := p.of(id)
	p.back(s, at)
	s.here, s.last, s.split = true, at, false
}

// back takes open departures for presence when they are young enough.
func (p *presence) back(s *sign, at int64) (young bool) {
	young = len(s.lines) > 0 && at-s.gone <= rejoinWithin
	for _, line := range s.lines {
		if young {
			p.rejoin.set(line)
		}
	}
	s.lines = s.lines[:0]
	return young
}

func (p *presence) join(id string, at, no int64) {
	s := p.of(id)
	switch young := p.back(s, at); {
	case s.split:
		p.netsplit.set(no)
	case young, s.here && at-s.last <= rejoinWithin:
		p.rejoin.set(no)
	}
	s.here, s.last, s.split = true, at, false
}

func (p *presence) depart(id string, at, no int64, quits bool) {
	s := p.of(id)
	if len(s.lines) == 0 || at-s.gone > rejoinWithin {
		s.lines = s.lines[:0]
	}
	s.here, s.gone, s.lines = false, at, append(s.lines, no)
	if !quits {
		return
	}
	for len(p.quits) > 0 && at-p.quits[0].at > netsplitWithin {
		p.quits = p.quits[1:]
	}
	p.quits = append(p.quits, quit{at, no, id})
	people := map[string]bool{}
	for _, q := range p.quits {
		people[q.id] = true
	}
	if len(people) < netsplitSize {
		return
	}
	for _, q := range p.quits {
		p.netsplit.set(q.line)
		if s := p.of(q.id); !s.here {
			s.split, s.lines = true, s.lines[:0]
		}
	}
}

// bareNick takes the sign of an operator or of voice off a nick.
func bareNick(nick string) string {
	if len(nick) > 1 && strings.IndexByte("@+%", nick[0]) >= 0 {
		return nick[1:]
	}
	return nick
}
