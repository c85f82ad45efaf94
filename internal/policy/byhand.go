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
	r := rb.find(g.Rule)
	if r == nil || !r.sanction {
		r = &rule{Rule: Rule{ID: g.Rule}, ladder: rb.book.Ladder, reason: p.Reason}
	}
	scope := ""
	if r.OwnStrikes {
		scope = r.ID
	}
	n, rung := r.step(m.liveStrikes(ev.At, scope)+1, r.StartRung)
	d.Rung = n
	row := community.Strike{
		ID: community.DeriveID(ev.ID, "strike:"+g.Rule, 0), Decision: d.ID, Group: ev.Group, Member: g.Member, Rule: g.Rule,
		Book: rb.book.Version, Event: g.Event, User: p.User, At: ev.At, Expires: ev.At + rb.memory,
	}
	d.Strikes = append(d.Strikes, row)
	m.addStrike(ev.At, strike{ID: row.ID, Decision: d.ID, Rule: g.Rule, Expires: row.Expires})
	for _, a := range handActions(rb, r, g, m, n, rung, ev.At) {
		s.addAction(ev, d, a, community.ByPerson)
		if a.Verb == community.Remove {
			s.await(rb, ev.At, awaited{Action: d.Actions[len(d.Actions)-1].ID, Member: g.Member, Name: g.Name, Reason: r.reason, Rule: g.Rule})
		}
	}
}

// handActions turns a rung into a person's actions: recall, mute, remove, then the warning.
func handActions(rb *Rulebook, r *rule, g *community.PersonStrike, m *member, n int, rung Rung, now int64) []community.Action {
	var out []community.Action
	add := func(act string, a community.Action) {
		if slices.Contains(rung.Actions, act) {
			a.Target, a.Event, a.Rule = g.Member, g.Event, g.Rule
			out = append(out, a)
		}
	}
	if g.Message != "" {
		add(ActRecall, community.Action{Verb: community.RecallMsg, Message: g.Message})
	}
	add(ActMute, community.Action{Verb: community.Mute, Until: max(now+rung.MuteSeconds*1000, m.MutedTill)})
	add(ActRemove, community.Action{Verb: community.Remove, Block: rung.Block})
	add(ActWarn, community.Action{Verb: community.Send, Mention: true, Text: warning(rb, r.reason, n, g.Name), Deadline: now + warnLasts})
	return out
}
