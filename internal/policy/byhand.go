package policy

import (
	"slices"

	"qunluo/internal/community"
)

// personStrike is a moderator's strike on the evidence of a message. It counts as any other: the ladder of the rule it is
// given under, or of the book, says what follows, and the third live one removes. Nothing of it is held: a person decided.
func (s *State) personStrike(rb *Rulebook, ev *community.Event, d *community.Decision, p community.PersonDecision) {
	g := p.Strike
	if g == nil || g.Member == 0 || g.Event == 0 {
		d.Verdict, d.Why = community.Faulted, "person.decided: a strike needs a member and a message"
		return
	}
	m := s.touch(g.Member)
	d.Member = g.Member
	if rb.immune(g.Member, m.Role, m.Mark) {
		d.Why = "strike: the member is immune"
		return
	}
	r, ok := rb.underWhich(g, p.Reason)
	if !ok {
		d.Verdict, d.Why = community.Faulted, "person.decided: the rules have no article "+g.Article
		return
	}
	scope := ""
	if r.OwnStrikes {
		scope = r.ID
	}
	n, rung := r.step(m.liveStrikes(ev.At, scope)+1, r.StartRung)
	d.Rung, d.Article = n, r.article
	row := community.Strike{
		ID: community.DeriveID(ev.ID, "strike:"+r.ID, 0), Decision: d.ID, Group: ev.Group, Member: g.Member, Rule: r.ID,
		Book: rb.book.Version, Article: r.article, Event: g.Event, User: p.User, At: ev.At, Expires: ev.At + rb.memory,
	}
	d.Strikes = append(d.Strikes, row)
	m.addStrike(ev.At, strike{ID: row.ID, Decision: d.ID, Rule: r.ID, Expires: row.Expires})
	for _, a := range handActions(rb, r, g, m, n, rung, ev.At) {
		s.addAction(ev, d, a, community.ByPerson)
		if a.Verb == community.Remove {
			s.await(rb, ev.At, awaited{Action: d.Actions[len(d.Actions)-1].ID, Member: g.Member, Name: g.Name, Reason: r.reason, Rule: r.ID, Article: r.article})
		}
	}
}

// underWhich is the rule under which a person gives a strike: the named one; the one that enforces the named article; for an
// article that people judge, its own consequences; otherwise the book's ladder. false: there is no such article.
func (rb *Rulebook) underWhich(g *community.PersonStrike, reason string) (*rule, bool) {
	number, id := 0, g.Rule
	var a Article
	if g.Article != "" {
		n := rb.book.Charter.Number(g.Article)
		if n == 0 {
			return nil, false
		}
		a, _ = rb.book.Charter.At(n)
		if rb.book.Version > 0 {
			number = n
		}
		for _, named := range a.Rules {
			if r := rb.find(named); id == "" && r != nil && r.sanction {
				id = named
			}
		}
	}
	r := rb.find(id)
	if r == nil || !r.sanction {
		r = &rule{Rule: Rule{ID: id}, ladder: rb.book.handLadder(a), reason: reason}
	}
	if number == 0 || number == r.article {
		return r, true
	}
	own := *r
	own.article = number
	return &own, true
}

// handActions turns a rung into a person's actions: recall, mute, remove, then the warning.
func handActions(rb *Rulebook, r *rule, g *community.PersonStrike, m *member, n int, rung Rung, now int64) []community.Action {
	var out []community.Action
	add := func(act string, a community.Action) {
		if slices.Contains(rung.Actions, act) {
			a.Target, a.Event, a.Rule = g.Member, g.Event, r.ID
			out = append(out, a)
		}
	}
	if g.Message != "" {
		add(ActRecall, community.Action{Verb: community.RecallMsg, Message: g.Message})
	}
	add(ActMute, community.Action{Verb: community.Mute, Until: max(now+rung.MuteSeconds*1000, m.MutedTill)})
	add(ActRemove, community.Action{Verb: community.Remove, Block: rung.Block})
	add(ActWarn, community.Action{Verb: community.Send, Mention: true, Text: warning(rb, r, n, g.Name), Deadline: now + warnLasts})
	return out
}
