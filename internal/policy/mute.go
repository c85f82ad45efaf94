package policy

import "qunluo/internal/community"

// under is a mute that another one was laid over.
type under struct {
	Till int64        `json:"till"`
	By   community.ID `json:"by,omitzero"` // the decision; zero = the platform's own
}

// maxUnder bounds how many mutes are remembered beneath one.
const maxUnder = 8

// mute lays a mute over what still holds.
func (m *member) mute(now, till int64, by community.ID) {
	var kept []under
	for _, u := range m.Under {
		if u.Till > now {
			kept = append(kept, u)
		}
	}
	if m.MutedTill > now {
		kept = append(kept, under{m.MutedTill, m.MutedBy})
	}
	m.Under = kept[max(0, len(kept)-maxUnder):]
	m.MutedTill, m.MutedBy = till, by
}

// unmute lifts every mute.
func (m *member) unmute() { m.MutedTill, m.MutedBy, m.Under = 0, community.ID{}, nil }

// forgo takes a decision's mute away and gives until when the member is muted then: 0 = no longer. changed: the platform has
// to be told.
func (m *member) forgo(now int64, decision community.ID) (till int64, changed bool) {
	var kept []under
	for _, u := range m.Under {
		if u.By != decision && u.Till > now {
			kept = append(kept, u)
		}
	}
	m.Under = kept
	if m.MutedBy != decision || m.MutedTill <= now {
		return m.MutedTill, false
	}
	if len(kept) == 0 {
		return 0, true
	}
	top, was := kept[len(kept)-1], m.MutedTill
	m.Under, m.MutedTill, m.MutedBy = kept[:len(kept)-1:len(kept)-1], top.Till, top.By
	return top.Till, top.Till != was
}

// backText asks for somebody to be brought back whose removal was taken back.
const backText = "移出已撤销，这个人已经不在群里：请把他请回来；当时若拒绝了他再次进群，请先解除。"

// restore puts back what one action of an undone decision changed: the mute that held before, or a person is asked to bring
// back who was removed.
func (s *State) restore(ev *community.Event, d *community.Decision, a community.Action) {
	known := s.members[a.Target]
	switch {
	case known == nil:
	case a.Verb == community.Mute:
		till, changed := s.touch(a.Target).forgo(ev.At, a.Decision)
		switch {
		case changed && till == 0:
			s.addAction(ev, d, community.Action{Verb: community.Unmute, Target: a.Target, Rule: a.Rule}, community.BySystem)
		case changed:
			below := *known
			s.addAction(ev, d, community.Action{Verb: community.Mute, Until: till, Target: a.Target, Rule: a.Rule}, community.BySystem)
			known.MutedBy, known.Under = below.MutedBy, below.Under // it is the earlier one that holds again
		}
	case a.Verb == community.Remove && a.Hold == "" && known.Gone:
		s.addAction(ev, d, community.Action{Verb: community.Todo, Target: a.Target, Rule: a.Rule, Text: backText, Until: ev.At + daySeconds*1000}, community.BySystem)
	}
}
