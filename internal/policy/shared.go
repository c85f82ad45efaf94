package policy

import "qunluo/internal/community"

// HoldListed is why an action waits for a person: the only reason is a shared list.
const HoldListed = "blocklist"

// SharedRule and SharedKind are how hits of shared lists are told apart from those of the book's rules.
const (
	SharedRule = "blocklist"
	SharedKind = "blocklist"
)

// listed decides about somebody who comes and stands on a shared list. The book's own allow-list and immunity outrank it; where
// nothing is switched on, and in a group that only observes, it is only noted. A request may be refused by itself; somebody who
// is in already is never put out by a list: a person is asked.
func (s *State) listed(rb *Rulebook, ev *community.Event, d *community.Decision, p community.PersonDecision) {
	l := p.Listed
	d.User = ""
	if l == nil || l.Member == 0 {
		d.Verdict, d.Why = community.Faulted, "listed: nobody is named"
		return
	}
	d.Member, d.Why = l.Member, ""
	hit := community.RuleHit{Rule: SharedRule, Kind: SharedKind, Why: "blocklist " + l.Class + " " + l.Source}
	known := member{}
	if m := s.members[l.Member]; m != nil {
		known = *m
	}
	switch {
	case l.Effect == "allowed" || rb.immune(l.Member, known.Role, known.Mark):
		d.Verdict, hit.Why = community.Spared, sparedAllowed+"list"+sparedMark+hit.Why
	case l.Effect == "dry" || rb.book.Mode == community.Observe:
		d.Verdict, hit.Dry = community.DryHit, true
	default:
		d.Verdict, hit.Chose = community.Hit, true
		s.answerListed(ev, d, *l)
	}
	d.Hits = []community.RuleHit{hit}
}

func (s *State) answerListed(ev *community.Event, d *community.Decision, l community.Listed) {
	a := community.Action{Verb: community.Remove, Target: l.Member, Rule: SharedRule}
	if l.Request {
		a = community.Action{Verb: community.Approve, Target: l.Member, Event: l.Event, Message: l.Flag, Refuse: true, Text: l.Text, Rule: SharedRule}
	}
	s.addAction(ev, d, a, community.ByRule)
	if l.Effect != "refuse" || !l.Request {
		d.Actions[len(d.Actions)-1].Hold = HoldListed
	}
}
