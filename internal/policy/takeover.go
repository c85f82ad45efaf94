package policy

import "qunluo/internal/community"

// Take puts a recorded decision into the state in place of judging the event anew: for an event whose words are erased,
// so that its strikes and mutes still count for what follows. What cannot be known any more is what a later repeat of
// the same words would have been compared with.
func (k *Keeper) Take(ev *community.Event, recorded []community.Decision) {
	s := k.state
	s.begin()
	defer s.sweep(ev.At)
	if ev.Type != community.MessageCreated || ev.Actor == 0 || !ev.Body.Caused.IsZero() || s.isOurs(ev) {
		return
	}
	m := s.touch(ev.Actor)
	m.Gone = false
	l := &s.look
	l.reset(k.rb, s, ev)
	l.member = m
	for i := range recorded {
		s.take(l, m, &recorded[i])
	}
	l.noteAll()
	m.Messages++
}

func (s *State) take(l *look, m *member, d *community.Decision) {
	for _, h := range d.Hits {
		r := l.rb.find(h.Rule)
		if r == nil || d.Verdict == community.Spared {
			continue
		}
		if r.sanction {
			l.find(r, h.Why) // a flood window begins anew
		}
		if h.Dry && r.sanction && !r.Remind {
			m.addShadow(d.At, shadow{Rule: r.ID, Expires: d.At + l.rb.memory})
		}
	}
	for _, x := range d.Strikes {
		m.addStrike(d.At, strike{ID: x.ID, Decision: x.Decision, Rule: x.Rule, Expires: x.Expires})
	}
	for _, a := range d.Actions {
		switch a.Verb {
		case community.Mute:
			m.mute(d.At, a.Until, d.ID)
		case community.Remove:
			if a.Hold == "" {
				s.mayRemove(l.rb, d.At, a.Target)
			}
		}
	}
	if d.Verdict == community.Hit {
		s.remember(l.rb, d)
	}
	s.takeCooldown(l, d)
}

// takeCooldown silences a reply that spoke.
func (s *State) takeCooldown(l *look, d *community.Decision) {
	for _, h := range d.Hits {
		r := l.rb.find(h.Rule)
		if r == nil {
			continue
		}
		if p, ok := r.does.(*reply); ok {
			p.coolDown(l, r)
		}
	}
}

// Would says what a hit's consequence would be: for the hit that gave the consequence the decision's verbs, for one in
// dry run what its shadow ladder says ("recall+warn"); empty for the others.
func Would(d *community.Decision, h community.RuleHit) string {
	if h.Dry {
		return shadowWould(h.Why)
	}
	if !h.Chose {
		return ""
	}
	out := ""
	for _, a := range d.Actions {
		word, ok := verbActs[a.Verb]
		if !ok {
			continue
		}
		if a.Verb == community.Send && a.Rule == h.Rule && d.Verdict == community.Served {
			word = "answer"
		}
		if out != "" {
			out += "+"
		}
		out += word
		if a.Hold != "" {
			out += "(held)"
		}
	}
	return out
}

var verbActs = map[community.Verb]string{
	community.RecallMsg: ActRecall, community.Send: ActWarn, community.Mute: ActMute, community.Remove: ActRemove,
}
