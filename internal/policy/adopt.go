package policy

import "slices"

// Adopt makes the state fit a new book. What a rule remembers stays where the rule's id, kind and windows are the same;
// otherwise it starts empty. A rule that was dry and is live now starts at zero: its shadow ladder and its cooldowns
// are gone. Strikes are rows of their own and stay until they expire, whatever becomes of their rule.
func Adopt(s *State, old, next *Rulebook) {
	keeps := func(id string) bool {
		a, b := old.find(id), next.find(id)
		return a != nil && b != nil && a.Kind == b.Kind && a.dry == b.dry
	}
	s.adoptCharter(old, next, keeps)
	for key := range s.cool {
		if !keeps(key.rule) {
			delete(s.cool, key)
		}
	}
	s.now.Pending = slices.DeleteFunc(slices.Clone(s.now.Pending), func(p pending) bool { return !keeps(p.Rule) })
	if !next.looksForCopies() {
		s.echoes = echoes{}
	}
	if len(next.opinions) == 0 {
		s.now.Talk = voices{}
	}
	// a defence that muted everybody is remembered without its rule: its end lifts the mute
	s.now.Raids = slices.DeleteFunc(slices.Clone(s.now.Raids), func(w raidWatch) bool { return !keeps(w.Rule) && !w.Muted })
	from := slotsFrom(old, next)
	for _, m := range s.members {
		m.Shadow = slices.DeleteFunc(slices.Clone(m.Shadow), func(x shadow) bool { return !keeps(x.Rule) })
		m.Suspected = slices.DeleteFunc(slices.Clone(m.Suspected), func(x suspected) bool { return !keeps(x.Rule) })
		m.moveFloods(from)
	}
}

// slotsFrom says for each flood rule of the next book which slot of the old one it takes over; -1 = none.
func slotsFrom(old, next *Rulebook) []int {
	from := make([]int, len(next.slots))
	for i, r := range next.slots {
		from[i] = slices.IndexFunc(old.slots, func(o *rule) bool {
			return o.ID == r.ID && o.does.(*flood).sameMemory(r.does.(*flood))
		})
	}
	return from
}

func (m *member) moveFloods(from []int) {
	if m.floods == nil {
		return
	}
	moved := make([]ring, len(from))
	for i, k := range from {
		if k >= 0 && k < len(m.floods) {
			moved[i] = m.floods[k]
		}
	}
	m.floods = moved
}
