package replay

import (
	"bytes"
	"encoding/json"
	"iter"

	"qunluo/internal/community"
	"qunluo/internal/policy"
)

// Events is a group's log. A yielded error ends the replay and is returned.
type Events = iter.Seq2[community.Event, error]

// Decisions is what is stored, in the order of Decision.Event.
type Decisions = iter.Seq2[community.Decision, error]

// MaxDifferences is how many differences a Report shows; all are counted.
const MaxDifferences = 20

// Report is the result of AsDecided.
type Report struct {
	Events      int64        `json:"events"`    // stepped over
	Messages    int64        `json:"messages"`  // of these, messages
	Decisions   int64        `json:"decisions"` // compared
	Erased      int64        `json:"erased"`    // bodies that are gone: their decisions are taken over and not compared
	Imported    int64        `json:"imported"`  // left out: imports are never decided upon
	Different   int64        `json:"different"` // events whose decisions are not those stored
	Differences []Difference `json:"differences,omitempty"`
}

// Difference is an event whose replayed decisions are not the stored ones. Both lists are canonical JSON.
type Difference struct {
	Event  int64             `json:"event"` // number
	Seq    int64             `json:"seq"`
	Type   community.Type    `json:"type,omitempty"` // empty: stored decisions about an event that is not in the log
	Stored []json.RawMessage `json:"stored,omitempty"`
	Now    []json.RawMessage `json:"now,omitempty"`
}

// Erased reports whether an event's words are gone: a message with nothing in its body.
func Erased(ev *community.Event) bool {
	b := &ev.Body
	return ev.Type == community.MessageCreated && b.Text == "" && b.Message == "" && b.Class == community.Text && len(b.Segments) == 0
}

// AsDecided steps k, fresh or restored from a snapshot, over the group's live and simulated events in the order of
// their sequence and compares what it decides with what is stored. Decisions of other deciders are passed over. k is
// used up.
//
// Errors: the sources' own; community.CodeBadInput when the events or the decisions are not in order.
func AsDecided(k *policy.Keeper, events Events, stored Decisions) (Report, error) {
	var rep Report
	next, stop := iter.Pull2(stored)
	defer stop()
	shelf := &shelf{next: next}
	last := int64(0)
	for ev, err := range events {
		if err != nil {
			return rep, err
		}
		if ev.Seq <= last {
			return rep, community.Errorf(community.CodeBadInput, "replay: sequence %d after %d", ev.Seq, last)
		}
		last = ev.Seq
		if ev.Origin == community.OriginImport {
			rep.Imported++
			continue
		}
		if err := k.Ready(&ev); err != nil {
			return rep, err
		}
		strays, recorded, err := shelf.upTo(ev.Number)
		if err != nil {
			return rep, err
		}
		rep.stray(strays)
		rep.step(k, &ev, recorded)
	}
	strays, err := shelf.rest()
	rep.stray(strays)
	return rep, err
}

func (rep *Report) step(k *policy.Keeper, ev *community.Event, recorded []community.Decision) {
	rep.Events++
	if ev.Type == community.MessageCreated {
		rep.Messages++
	}
	if Erased(ev) {
		rep.Erased++
		k.Take(ev, recorded)
		return
	}
	now := k.Step(ev)
	rep.Decisions += int64(len(recorded))
	if !equal(recorded, now) {
		rep.differ(Difference{Event: ev.Number, Seq: ev.Seq, Type: ev.Type, Stored: canonical(recorded), Now: canonical(now)})
	}
}

func (rep *Report) stray(list []community.Decision) {
	for _, d := range list {
		rep.differ(Difference{Event: d.Event, Seq: d.Seq, Stored: canonical([]community.Decision{d})})
	}
}

func (rep *Report) differ(d Difference) {
	rep.Different++
	if len(rep.Differences) < MaxDifferences {
		rep.Differences = append(rep.Differences, d)
	}
}

func equal(a, b []community.Decision) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !bytes.Equal(policy.Canonical(a[i]), policy.Canonical(b[i])) {
			return false
		}
	}
	return true
}

func canonical(list []community.Decision) []json.RawMessage {
	var out []json.RawMessage
	for _, d := range list {
		out = append(out, policy.Canonical(d))
	}
	return out
}

// shelf walks the stored decisions beside the events.
type shelf struct {
	next  func() (community.Decision, error, bool)
	ahead *community.Decision
	last  int64
}

// take gives policy's next decision; nil at the end.
func (s *shelf) take() (*community.Decision, error) {
	if d := s.ahead; d != nil {
		s.ahead = nil
		return d, nil
	}
	for {
		d, err, ok := s.next()
		if !ok || err != nil {
			return nil, err
		}
		if d.Decider != policy.Name {
			continue
		}
		if d.Event < s.last {
			return nil, community.Errorf(community.CodeBadInput, "replay: decision about event %d after %d", d.Event, s.last)
		}
		s.last = d.Event
		return &d, nil
	}
}

// upTo gives the decisions about earlier events that nobody asked for, and those about this one.
func (s *shelf) upTo(number int64) (strays, own []community.Decision, err error) {
	for {
		d, err := s.take()
		if err != nil || d == nil {
			return strays, own, err
		}
		switch {
		case d.Event < number:
			strays = append(strays, *d)
		case d.Event == number:
			own = append(own, *d)
		default:
			s.ahead = d
			return strays, own, nil
		}
	}
}

func (s *shelf) rest() (strays []community.Decision, err error) {
	strays, _, err = s.upTo(1<<63 - 1)
	return strays, err
}
