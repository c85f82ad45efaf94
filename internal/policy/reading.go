package policy

import (
	"encoding/json"
	"slices"

	"qunluo/internal/community"
)

// maxAtFault bounds how many messages with pictures are remembered as being at fault.
const maxAtFault = 256

// stepReading judges what was read in a message's pictures by the same rules, as if the words stood in the message: the
// recall goes to the message, the strike's evidence is the message, and one that was at fault already is not so again. It
// is no message of its own: it stands in no window, is answered by no reply and copied nowhere.
func stepReading(rb *Rulebook, s *State, ev *community.Event) []community.Decision {
	var reading community.Reading
	if json.Unmarshal(ev.Body.Data, &reading) != nil || reading.Event == 0 || ev.Actor == 0 || ev.Body.Text == "" {
		return nil
	}
	if slices.Contains(s.now.AtFault, reading.Event) || s.isOurs(ev) {
		return nil
	}
	s.now.Unproved = ev.Origin == community.OriginUnofficial
	l := &s.look
	l.reset(rb, s, ev)
	l.evidence = reading.Event
	for _, p := range reading.Parts {
		if p.Kind == community.ReadQR && inText(p.Span, ev.Body.Text) {
			l.codes = append(l.codes, p.Span)
		}
	}
	l.member = s.touch(ev.Actor)
	l.judgeAll()
	l.replies, l.copies = nil, nil
	if l.used == 0 {
		return nil
	}
	out := l.conclude()
	if len(out) > 0 && len(out[0].Strikes) > 0 {
		s.blame(reading.Event)
	}
	return out
}

func inText(s community.Span, text string) bool {
	return 0 <= s.Start && s.Start < s.End && s.End <= len(text)
}

// blame remembers that a message with pictures was at fault.
func (s *State) blame(number int64) {
	old := s.now.AtFault
	if len(old) >= maxAtFault {
		old = old[len(old)-maxAtFault+1:]
	}
	s.now.AtFault = append(slices.Clone(old), number)
}

// Reads reports whether the pictures of an event that was just stepped over are wanted to be read: the book looks at
// pictures, there are some, and something could be held against their author.
func (k *Keeper) Reads(ev *community.Event) bool {
	if !k.inForce().pictures || ev.Type != community.MessageCreated && ev.Type != community.MessageEdited {
		return false
	}
	if ev.Actor == 0 || !ev.Body.Caused.IsZero() || k.state.isOurs(ev) || len(ev.Body.Pictures()) == 0 {
		return false
	}
	m := k.state.members[ev.Actor]
	return m == nil || !k.inForce().immune(ev.Actor, m.Role, m.Mark)
}
