package policy

import (
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// look is one message under judgement: what all rules share. It is reused from message to message.
type look struct {
	rb     *Rulebook
	ev     *community.Event
	state  *State
	member *member // nil only for a message without an author

	evidence int64 // number of the message at fault: the event's, or the one that a reading is about

	matches  []lexicon.Match
	listed   []lexicon.Match  // words of named lists
	allowed  []community.Span // phrases of the allow list
	links    []lexicon.Link
	linked   bool             // links is filled
	trusted  []community.Span // links of the text that the allow list names
	bare     bool             // some link, allowed or not
	codes    []community.Span // a reading's QR codes
	contacts []lexicon.Contact
	reached  bool // contacts is filled
	hidden   []lexicon.Contact
	lifted   bool // hidden is filled
	hash     uint64
	hashed   bool
	printer  lexicon.Printer
	print    lexicon.Print
	sketched bool   // print is filled
	ownLine  uint64 // the name of what is said, if it is a line of the group's own
	near     []int  // places of echoes
	doubts   []doubt

	work   int                 // what expressions looked at so far, bytes
	faults []community.RuleHit // rules that were over their budget

	findings []*finding
	used     int     // how many of findings are this message's
	judging  *rule   // for the one who must explain a panic
	replies  []*rule // replies whose patterns match
	copies   []*rule // mirrors that choose the message
	agreed   *rule   // by whose words the author agrees to the rules
}

func (l *look) reset(rb *Rulebook, s *State, ev *community.Event) {
	l.rb, l.ev, l.state, l.member, l.evidence = rb, ev, s, nil, ev.Number
	l.matches, l.allowed, l.links, l.contacts = l.matches[:0], l.allowed[:0], l.links[:0], l.contacts[:0]
	l.listed, l.trusted, l.codes, l.bare = l.listed[:0], l.trusted[:0], l.codes[:0], false
	l.hidden, l.lifted = l.hidden[:0], false
	l.linked, l.reached, l.hashed, l.hash, l.sketched, l.ownLine = false, false, false, 0, false, 0
	l.work, l.faults, l.doubts = 0, nil, l.doubts[:0]
	l.used, l.judging, l.replies, l.copies, l.agreed = 0, nil, l.replies[:0], l.copies[:0], nil
}

// read finds every phrase once, for all rules.
func (l *look) read() {
	l.matches = l.rb.matcher.Find(l.ev.Body.Text, l.matches)
	for _, m := range l.matches {
		if l.rb.owners[m.Phrase].rule == ownerAllow {
			l.allowed = append(l.allowed, m.Span)
		}
	}
	l.inLists()
}

// find opens a finding of a rule.
func (l *look) find(r *rule, why string) *finding {
	if l.used == len(l.findings) {
		l.findings = append(l.findings, &finding{})
	}
	f := l.findings[l.used]
	l.used++
	*f = finding{rule: r, why: why, rung: r.StartRung}
	return f
}

// spare records that a rule would have hit if the text were not allowed.
func (l *look) spare(r *rule, why string, span community.Span) {
	for _, f := range l.findings[:l.used] {
		if f.rule == r && f.spared {
			f.span(span)
			return
		}
	}
	f := l.find(r, why)
	f.spared = true
	f.span(span)
}

func (l *look) hitBy(r *rule) bool {
	for _, f := range l.findings[:l.used] {
		if f.rule == r && !f.spared {
			return true
		}
	}
	return false
}

// isAllowed reports whether a span lies inside an allowed phrase, or inside a link to an allowed domain.
func (l *look) isAllowed(s community.Span) bool {
	inside := func(a community.Span) bool { return a.Start <= s.Start && s.End <= a.End }
	if slices.ContainsFunc(l.allowed, inside) {
		return true
	}
	if len(l.rb.hosts) > 0 {
		l.linksOf()
	}
	return slices.ContainsFunc(l.trusted, inside)
}

// counts reports whether the message belongs into windows: a late one, and an edit, are judged by their content only.
func (l *look) counts() bool {
	return l.ev.Mark != community.Late && l.ev.Type == community.MessageCreated
}

func (l *look) night() bool {
	return l.rb.night.holds(l.state.clock.minute(l.rb.loc, l.ev.At))
}

// linksOf gives the links of the text that the allow list does not name.
func (l *look) linksOf() []lexicon.Link {
	if l.linked {
		return l.links
	}
	l.linked = true
	l.links = lexicon.Links(l.ev.Body.Text, l.links)
	for _, seg := range l.ev.Body.Segments {
		if seg.Kind == "link" {
			l.links = append(l.links, lexicon.Link{Host: lexicon.HostOf(seg.Ref)}) // no span: it is not in the text
		}
	}
	l.bare = len(l.links) > 0
	if len(l.rb.hosts) == 0 {
		return l.links
	}
	l.links = slices.DeleteFunc(l.links, func(k lexicon.Link) bool {
		free := lexicon.HostIn(k.Host, l.rb.hosts)
		if free && k.Span.End > 0 {
			l.trusted = append(l.trusted, k.Span)
		}
		return free
	})
	return l.links
}

// isBareLink reports whether the message is a link of which nobody says where it leads.
func (l *look) isBareLink() bool {
	l.linksOf()
	return l.ev.Body.Class == community.Link && !l.bare
}

// apps says whether the message holds mini-programs, and whether the allow list names all of them.
func (l *look) apps() (is, free bool) {
	free = true
	for _, seg := range l.ev.Body.Segments {
		if id, app := seg.App(); app {
			is, free = true, free && slices.Contains(l.rb.book.Allow.Apps, id)
		}
	}
	return is, is && free
}

func (l *look) contactsOf() []lexicon.Contact {
	if !l.reached {
		l.reached = true
		l.contacts = lexicon.Contacts(l.ev.Body.Text, l.contacts)
	}
	return l.contacts
}

// hiddenOf gives the contacts of the text, those in disguise too.
func (l *look) hiddenOf() []lexicon.Contact {
	if !l.lifted {
		l.lifted = true
		l.hidden = lexicon.HiddenContacts(l.ev.Body.Text, l.hidden)
	}
	return l.hidden
}

// foldHosts makes host lists comparable with lexicon.Link.Host.
func foldHosts(hosts []string) []string {
	out := make([]string, len(hosts))
	for i, h := range hosts {
		folded := []rune(h)
		for k, r := range folded {
			folded[k] = lexicon.Fold(r)
		}
		out[i] = string(folded)
	}
	return out
}
